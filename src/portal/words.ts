import type { NilState } from "../assess/nil.ts";
import type { ResultWord } from "../assess/vocabulary.ts";
import { many } from "../duties/words.ts";
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

export const NIL_STATES: Readonly<Record<NilState, readonly [word: string, mark: Mark]>> = {
  confirmed: ["confirmed", "good"],
  confirmable: ["can be confirmed", "unsure"],
  refused: ["cannot be confirmed", "bad"],
  withdrawn: ["withdrawn", "bad"],
  occupied: ["something happened", "plain"],
  running: ["not over yet", "plain"],
  unwatched: ["not watched", "plain"],
};

/** `12 kB`. */
export function bytesInWords(size: number): string {
  if (size < 1000) return many(size, "byte");
  if (size < 1_000_000) return `${Math.round(size / 1000)} kB`;
  return `${(size / 1_000_000).toFixed(1)} MB`;
}
