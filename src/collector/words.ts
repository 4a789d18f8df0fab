import { forPeople } from "../lib/zone.ts";
import type { Claim } from "./claim.ts";
import type { RunRequest } from "./run.ts";

const many = (n: number, one: string): string => `${n} ${one}${n === 1 ? "" : "s"}`;

const VERBS: Record<Claim["outcome"], string> = {
  collected: "collected",
  partial: "only partly collected",
  failed: "not collected",
  unavailable: "not collected, the source was not available",
};

/**
 * What a run came to, for people: source, period, result, and what to do where something is to be done. `said`: without source and
 * period, so that what is the same of several can be told once.
 */
export function describeRun(
  { instance, window }: RunRequest,
  claim: Claim,
  found: { readonly items: number; readonly facts: number; readonly problems: number; readonly repeated: boolean },
): { readonly message: string; readonly said: string } {
  const at = (instant: number) => forPeople(instant, instance.zone).replace(` ${instance.zone}`, "");
  const period = `${at(window.from)} to ${at(window.to)} ${instance.zone}`;
  const subject = `${instance.collector.title} (${instance.id}), ${period}`;
  const told = (said: string) => ({ message: `${subject}: ${said}`, said });
  if (found.repeated) return told("already collected by another run.");
  const counts = [many(found.items, "evidence file"), many(found.facts, "fact")];
  if (found.problems > 0) counts.push(`${many(found.problems, "problem")} to mend at the source`);
  const why = claim.detail === undefined ? "" : `: ${claim.detail}`;
  const kept = claim.outcome === "collected" || found.items > 0 ? ` ${counts.join(", ")}.` : "";
  const remedy = claim.remedy === undefined ? "" : ` ${claim.remedy}`;
  return told(`${VERBS[claim.outcome]}${why}.${kept}${remedy}`);
}
