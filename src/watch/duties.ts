import { type Duty, type People, whoFor } from "../duties/duty.ts";
import type { Instant } from "../lib/time.ts";
import { forPeople } from "../lib/zone.ts";
import type { WatchLog } from "./log.ts";

const DAY = 24 * 3_600_000;
/** The log is verified every day; after so long nobody has. */
const UNVERIFIED_AFTER = 3 * DAY;

/** Why a check came to no result, by its code, in words. */
const WHY: Readonly<Record<string, string>> = {
  "too-large": "the log is larger than the daemon verifies by itself",
  unreachable: "the store did not answer",
  interrupted: "Custody was stopped before it was through",
};

/**
 * What somebody must do because Custody could not look after itself. What it found to be wrong is a gap of its own
 * (`integrity`, `disk`, `certificate`, …), and told as such: here is only that it did not find out. Pure.
 */
export function watchDuties(
  log: WatchLog,
  place: { readonly now: Instant; readonly zone: string; readonly people: People; readonly since: Instant | undefined },
): Duty[] {
  const { now, zone, people, since } = place;
  // Where no daemon looks after it, its keeper does so by another way.
  if (log.newest("integrity") === undefined && log.disks.length === 0) return [];
  const last = log.newestKnown("integrity");
  const from = last?.at ?? since;
  if (from === undefined || now - from < UNVERIFIED_AFTER) return [];
  const tried = log.newest("integrity");
  const why = tried?.result === "unknown" ? WHY[tried.codes[0] ?? ""] : undefined;
  const who = whoFor("operator", people);
  return [
    {
      id: "watch:integrity",
      title: "The log was not verified for days",
      what: `${last === undefined ? "Custody has never verified this log by itself" : `Custody verified it last on ${forPeople(last.at, zone)}`}${why === undefined ? "" : `: ${why}`}.`,
      lost: "Nothing, as far as is known; a change would not have been noticed.",
      todo: "Let `custody serve` run, or verify by hand:",
      commands: ["custody verify"],
      ...(who === undefined ? {} : { who }),
    },
  ];
}
