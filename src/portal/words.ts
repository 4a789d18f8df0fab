import type { ResultWord } from "../assess/vocabulary.ts";
import type { Instant, Interval } from "../lib/time.ts";
import { forPeople, wallClock } from "../lib/zone.ts";
import type { RunRecord } from "../slots/history.ts";
import type { SlotState } from "../slots/state.ts";

/** How the pages say things. A mark is never colour alone: the word stands beside it. */
export type Mark = "good" | "bad" | "unsure" | "plain";

export const STATES: Readonly<Record<SlotState, readonly [word: string, mark: Mark]>> = {
  collected: ["collected", "good"],
  late: ["late", "unsure"],
  partial: ["only in part", "bad"],
  failed: ["failed", "bad"],
  unavailable: ["source away", "bad"],
  missed: ["missed", "bad"],
  paused: ["paused", "plain"],
  due: ["due now", "unsure"],
  open: ["under way", "plain"],
};

export const OUTCOMES: Readonly<Record<RunRecord["outcome"], readonly [word: string, mark: Mark]>> = {
  collected: ["collected", "good"],
  partial: ["only in part", "unsure"],
  failed: ["failed", "bad"],
  unavailable: ["source away", "bad"],
};

export const TRIGGERS: Readonly<Record<RunRecord["trigger"], string>> = {
  schedule: "on schedule",
  interim: "a look in between",
  manual: "by hand",
  "catch-up": "to catch up",
  backfill: "asked for again",
};

export const FRESHNESS: Readonly<Record<"current" | "stale" | "never", readonly [word: string, mark: Mark]>> = {
  current: ["up to date", "good"],
  stale: ["out of date", "bad"],
  never: ["nothing yet", "unsure"],
};

export const RESULTS: Readonly<Record<ResultWord, readonly [word: string, mark: Mark]>> = {
  met: ["met", "good"],
  nil: ["nothing happened, confirmed", "good"],
  not_met: ["not met", "bad"],
  invalid: ["contradictory", "bad"],
  pending: ["still running", "unsure"],
  indeterminate: ["cannot be decided", "unsure"],
  waived: ["accepted until a date", "unsure"],
  no_data: ["no data", "plain"],
  not_applicable: ["does not apply", "plain"],
  no_target: ["no target", "plain"],
};

const CAUSES: Readonly<Record<string, string>> = {
  "custody-not-running": "Custody was not running",
  "not-attempted": "Custody was running, but nobody asked the source",
  "not-listening": "the inbox was not listening all the time",
  truncated: "the source gave only part of its answer",
  sampled: "the source gives only samples",
  retention: "the source no longer held it",
  "too-large": "the source gave more than is collected at once",
  unreadable: "part of it could not be read",
  interrupted: "the run was interrupted",
  SOURCE_UNREACHABLE: "the source could not be reached",
  SOURCE_ANSWER: "the source answered something unexpected",
  SOURCE_REFUSED: "the source refused access",
  SOURCE_MISCONFIGURED: "the settings do not fit the source",
  SOURCE_TOO_LARGE: "the source's answer was too large",
  SOURCE_TRUNCATED: "the source's answer broke off",
  SECRET_UNAVAILABLE: "the secret for the source could not be read",
  BUG: "a mistake in Custody or in the collector",
};

/** A closed code in words; one of a later version as it is. */
export function causeInWords(code: string | undefined): string {
  return code === undefined ? "the reason is not known" : (CAUSES[code] ?? code);
}

/** `20 Nov 2026, 17:40`: for tables whose heading names the zone. Stays in one line. */
export function inTable(at: Instant, zone: string): string {
  return forPeople(at, zone)
    .slice(0, -zone.length - 1)
    .replaceAll(" ", "\u00a0");
}

/** With a capital at its beginning and a stop at its end. */
export function sentence(text: string): string {
  const whole = /[.!?]$/.test(text) ? text : `${text}.`;
  return whole.charAt(0).toUpperCase() + whole.slice(1);
}

function isMidnight(at: Instant, zone: string): boolean {
  const { hour, minute, second, millisecond } = wallClock(at, zone);
  return hour + minute + second + millisecond === 0;
}

/** `20 Nov 2026` for one local day, `1 to 30 Nov 2026` by its days, else both times. Without the zone. */
export function spanInTable({ from, to }: Interval, zone: string): string {
  if (!isMidnight(from, zone) || !isMidnight(to, zone)) return `${inTable(from, zone)} to ${inTable(to, zone)}`;
  const [first, last] = [day(from, zone), day(to - 1, zone)];
  return first === last ? first : `${first} to ${last}`;
}

/** The local date. */
export function day(at: Instant, zone: string): string {
  return inTable(at, zone).split(",")[0] ?? "";
}

/** A time as commands take it: the local day where it is its beginning, else to the second in UTC. */
export function asFlag(at: Instant, zone: string): string {
  const w = wallClock(at, zone);
  return isMidnight(at, zone) ? w.toPlainDate().toString() : new Date(at).toISOString();
}

export function many(n: number, one: string, more = `${one}s`): string {
  return `${n} ${n === 1 ? one : more}`;
}

/** `12 kB`. */
export function bytesInWords(size: number): string {
  if (size < 1000) return many(size, "byte");
  if (size < 1_000_000) return `${Math.round(size / 1000)} kB`;
  return `${(size / 1_000_000).toFixed(1)} MB`;
}
