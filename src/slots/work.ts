import type { Instant, Interval } from "../lib/time.ts";
import type { InstanceHistory } from "./history.ts";
import { expectationOf } from "./plan.ts";
import { type Slot, slotAt } from "./slot.ts";
import { slotsOf } from "./state.ts";

/**
 * - `due`: over, not full, and what is logged now is in time.
 * - `catch-up`: past its grace; full coverage now makes it late instead of a hole.
 * - `interim`: not yet over; what is known now may be gone or changed at its end.
 */
export interface Work {
  readonly slot: Slot;
  readonly why: "due" | "catch-up" | "interim";
  /** Runs that tried since the slot was over, so that a caller can wait longer each time. */
  readonly attempts: number;
  /** When the last of them was logged. */
  readonly lastAttempt?: Instant;
}

const ALL_TIME: Interval = { from: Number.NEGATIVE_INFINITY, to: Number.POSITIVE_INFINITY };

/**
 * What an instance should collect now, in the order in which to do it: due slots, then slots to catch up (only for
 * sources that can be asked about the past), each oldest first, then the current slot if the last run is `pull`
 * milliseconds old or there was none. Nothing while paused, once retired, or without a place in the configuration.
 */
export function dueWork(history: InstanceHistory, asOf: Instant, pull: number): Work[] {
  if (!history.configured || expectationOf(history, asOf) !== "expected") return [];
  const current = slotAt(history, asOf, asOf);
  if (!current) return [];
  const unfinished = slotsOf(history, ALL_TIME, asOf).filter(
    ({ state, to }) => to <= asOf && state !== "collected" && state !== "late" && state !== "paused",
  );
  const due = unfinished.filter((slot) => asOf <= slot.due);
  const past = current.mode === "window" ? unfinished.filter((slot) => slot.due < asOf) : [];
  const logged = due.length + past.length > 0 ? new Map(history.runs.map((run) => [run.index, run.at])) : undefined;
  const work = (why: Work["why"]) => (slot: Slot & { readonly runs: readonly number[] }) => {
    const tries = slot.runs.map((index) => logged?.get(index) ?? 0).filter((at) => at >= slot.to);
    const lastAttempt = tries.at(-1);
    const { id, instance, from, to, due } = slot;
    const bare: Slot = { id, instance, from, to, due };
    return { slot: bare, why, attempts: tries.length, ...(lastAttempt === undefined ? {} : { lastAttempt }) };
  };
  const lastRun = history.runs.findLast((run) => run.at <= asOf);
  const interim = !lastRun || asOf - lastRun.at >= pull ? [{ ...current, runs: [] }] : [];
  return [...due.map(work("due")), ...past.map(work("catch-up")), ...interim.map(work("interim"))];
}
