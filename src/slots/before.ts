import { holes, type Instant, type Interval, union } from "../lib/time.ts";
import type { ImportRecord, InstanceHistory } from "./history.ts";
import { firstSlot } from "./slot.ts";

/** The time for which nothing was required yet, and what is known of it all the same: neither late nor contemporaneous. */
export interface Before {
  /** Start of the first slot that counts; undefined while there is none, so that all time is before. */
  readonly until: Instant | undefined;
  /** What imports cover of it, in order, joined. */
  readonly imported: readonly Interval[];
  /** What Custody itself read of it from the source: backfills, and the reach-back of first runs. */
  readonly collected: readonly Interval[];
  /** Every import, also of later time: imports never make a slot collected. */
  readonly imports: readonly ImportRecord[];
}

/** What is known of the time before the first slot, as logged up to `asOf`. */
export function beforeOf(history: InstanceHistory, asOf: Instant): Before {
  const until = firstSlot(history, asOf)?.from;
  const required = until === undefined ? [] : [{ from: until, to: Number.POSITIVE_INFINITY }];
  const earlier = (intervals: Interval[]) => union(intervals).flatMap((interval) => holes(interval, required));
  const imports = history.imports.filter((record) => record.at <= asOf);
  const runs = history.runs.filter((run) => run.at <= asOf);
  return {
    until,
    imported: earlier(imports.map((record) => record.window)),
    collected: earlier(runs.flatMap((run) => run.covered)),
    imports,
  };
}
