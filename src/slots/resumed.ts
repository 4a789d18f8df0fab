import type { Instant, Interval } from "../lib/time.ts";
import { gapsOf } from "./gap.ts";
import type { InstanceHistory, RunRecord } from "./history.ts";
import { expectationOf } from "./plan.ts";

/** Whether evidence is collected again as usual after a stretch of time in which it was not. Pure. */

/** A source from which nothing came as usual in that time, and not again since. */
export interface NotResumed {
  readonly instance: string;
  /** After the name of the source. */
  readonly why: string;
}

/**
 * Of the sources from which something was missing during `trouble`, or of which a run failed in it: those without a full run
 * of their own that began after it. A backfill fetches what was missing and shows nothing about now. One that is still paused
 * since then has not resumed either; one that was retired is expected no more.
 */
export function notResumed(
  histories: Iterable<InstanceHistory>,
  { from, to }: Interval,
  asOf: Instant,
): readonly NotResumed[] {
  return [...histories].flatMap((history): NotResumed[] => {
    if (!history.configured || expectationOf(history, asOf) === "retired") return [];
    const runs = history.runs.filter(({ at }) => at <= asOf);
    const instance = history.id;
    if (pausedSince(history, { from, to }, asOf)) return [{ instance, why: "is still paused" }];
    if (!isConcerned(history, runs, { from, to }, asOf)) return [];
    const after = runs.filter((run) => run.trigger !== "backfill" && run.started >= to);
    const newest = after.at(-1);
    if (newest === undefined) return [{ instance, why: "was not asked since it was over" }];
    if (newest.outcome !== "collected") return [{ instance, why: `did not come through in its newest run` }];
    return [];
  });
}

function isConcerned(
  history: InstanceHistory,
  runs: readonly RunRecord[],
  { from, to }: Interval,
  asOf: Instant,
): boolean {
  const meets = (one: Interval) => one.from < to && one.to > from;
  return (
    runs.some((run) => run.outcome !== "collected" && run.at >= from && run.at < to) ||
    gapsOf(history, asOf).some(meets)
  );
}

/** True for a source that is still expected and from which something was missing in that time, or of which a run failed in it. */
export function isInterrupted(history: InstanceHistory, time: Interval, asOf: Instant): boolean {
  if (!history.configured || expectationOf(history, asOf) === "retired") return false;
  const runs = history.runs.filter(({ at }) => at <= asOf);
  return isConcerned(history, runs, time, asOf);
}

/** Paused now, by a pause that was begun in the time of trouble. */
function pausedSince(history: InstanceHistory, { from, to }: Interval, asOf: Instant): boolean {
  if (expectationOf(history, asOf) !== "paused") return false;
  const newest = history.plans.findLast((plan) => plan.action === "pause" && plan.at <= asOf);
  return newest !== undefined && newest.at >= from && newest.at < to;
}
