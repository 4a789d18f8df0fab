import type { Instant } from "../lib/time.ts";
import { forPeople } from "../lib/zone.ts";
import { freshnessOf } from "../slots/freshness.ts";
import type { History } from "../slots/history.ts";
import { expectationOf } from "../slots/plan.ts";
import { many } from "./words.ts";

/** What was looked at, said so that nobody has to infer from silence that all else is well. */
export function lookedInWords(history: History, now: Instant, zone: string): string {
  const watched = [...history.instances.values()].filter((one) => expectationOf(one, now) === "expected");
  const current = watched.filter((one) => freshnessOf(one, now).state === "current").length;
  return `Looked at ${many(watched.length, "collector")}, ${current} of them up to date, as of ${forPeople(now, zone)}.`;
}
