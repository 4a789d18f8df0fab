import { holes, type Instant, type Interval, union } from "../lib/time.ts";
import type { InstanceHistory, PlanRecord } from "./history.ts";

/** When nothing was required, in order; `to` is Infinity where no end is planned. */
export interface Suspension {
  /** Paused: slots that end in it are accounted for as `paused`. */
  readonly paused: readonly Interval[];
  /** Retired: slots that begin in it do not exist. */
  readonly retired: readonly Interval[];
}

/** A plan never reaches back behind its own entry: nothing that was required is excused afterwards. */
const effect = (plan: PlanRecord): Interval => ({
  from: Math.max(plan.from, plan.at),
  to: plan.action === "retire" ? Number.POSITIVE_INFINITY : (plan.to ?? Number.POSITIVE_INFINITY),
});

/** Pauses and retirements as planned by entries logged up to `asOf`. A resume ends both, and what was planned for later. */
export function suspensionOf(history: InstanceHistory, asOf: Instant): Suspension {
  let paused: Interval[] = [];
  let retired: Interval[] = [];
  for (const plan of history.plans) {
    if (plan.at > asOf) continue;
    const during = effect(plan);
    if (plan.action === "pause") paused = union([...paused, during]);
    else if (plan.action === "retire") retired = union([...retired, during]);
    else {
      paused = paused.flatMap((pause) => holes(pause, [during]));
      retired = retired.flatMap((retirement) => holes(retirement, [during]));
    }
  }
  return { paused, retired };
}

/** True where one of the intervals contains the instant. */
export function contains(intervals: readonly Interval[], at: Instant): boolean {
  return intervals.some(({ from, to }) => from <= at && at < to);
}

/** Whether anything is required of the instance at this moment. */
export function expectationOf(history: InstanceHistory, asOf: Instant): "expected" | "paused" | "retired" {
  const { paused, retired } = suspensionOf(history, asOf);
  if (contains(retired, asOf)) return "retired";
  return contains(paused, asOf) ? "paused" : "expected";
}
