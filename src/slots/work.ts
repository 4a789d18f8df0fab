import type { Instant } from "../lib/time.ts";
import type { InstanceHistory, RunRecord } from "./history.ts";
import { expectationOf } from "./plan.ts";
import { isLookDue, type Pull } from "./pull.ts";
import type { Slot } from "./slot.ts";
import { currentSlot, unsettledSlots } from "./unsettled.ts";

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
  /** When the last of them ended, by its own clock: what was logged may be later, where the clock was set back since. */
  readonly lastAttempt?: Instant;
}

/** An instance that never delivered anything is tried this often at least, in milliseconds. */
const FIRST_TRIES = 60 * 60_000;

/**
 * What an instance should collect now, in the order in which to do it: due slots, then slots to catch up (only for
 * sources that can be asked about the past), each oldest first, then the current slot if a look is due by `pull`: at its
 * times, or, where it is a number, so many milliseconds after the last run. Nothing while paused, once retired, or without
 * a place in the configuration. `now` is the clock where that is behind `asOf`, because it was set back.
 */
export function dueWork(history: InstanceHistory, asOf: Instant, pull: number | Pull, now: Instant = asOf): Work[] {
  if (!history.configured || expectationOf(history, asOf) !== "expected") return [];
  const current = currentSlot(history, asOf);
  if (!current) return [];
  const unfinished = unsettledSlots(history, asOf).filter(({ state, to }) => to <= asOf && state !== "late");
  const shift = typeof pull === "number" ? 0 : pull.shift;
  const due = unfinished.filter((slot) => asOf <= slot.due && slot.to + shift <= asOf);
  const past = current.mode === "window" ? unfinished.filter((slot) => slot.due < asOf) : [];
  const work = (why: Work["why"]) => (slot: Slot & { readonly runs: readonly number[] }) => {
    const tries = slot.runs.flatMap((index) => runAt(history, index) ?? []).filter(({ at }) => at >= slot.to);
    const lastAttempt = tries.at(-1)?.ended;
    const { id, instance, from, to, due } = slot;
    const bare: Slot = { id, instance, from, to, due };
    return { slot: bare, why, attempts: tries.length, ...(lastAttempt === undefined ? {} : { lastAttempt }) };
  };
  const dueNow = due.map(work("due"));
  const lastRun = lastLook(history, asOf);
  const looks =
    typeof pull === "number"
      ? !lastRun || asOf - lastRun.at >= pull
      : // Who is asked about a slot that has just ended need not be asked twice.
        isLookDue(pull, lastRun?.started, now) && !dueNow.some(({ attempts }) => attempts === 0);
  // Nothing is expected of it before its first success, so nobody would be told that it waits a day for the next try.
  const begins = history.firstSuccess === undefined && lastRun !== undefined && asOf - lastRun.at >= FIRST_TRIES;
  const interim = looks || begins ? [work("interim")({ ...current, runs: [] })] : [];
  return [...dueNow, ...past.map(work("catch-up")), ...interim];
}

/** The newest run, but for one that was stopped before its end: whoever takes over looks again, once. */
function lastLook({ runs }: InstanceHistory, asOf: Instant): RunRecord | undefined {
  const last = runs.findLastIndex((run) => run.at <= asOf);
  const before = runs[last - 1];
  const stopped = runs[last]?.reason === "interrupted" && before?.reason !== "interrupted";
  return stopped ? before : runs[last];
}

/** The run with this entry: runs are in the order of the ledger. */
function runAt({ runs }: InstanceHistory, index: number): RunRecord | undefined {
  let low = 0;
  let high = runs.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((runs[middle]?.index ?? index) < index) low = middle + 1;
    else high = middle;
  }
  return runs[low];
}
