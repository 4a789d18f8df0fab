import type { Observed } from "../evidence/fact.ts";
import type { Instant } from "../lib/time.ts";

/** A job whose newest word is bad. */
export interface FailingJob {
  readonly instance: string;
  readonly job: string;
  readonly outcome: "failure" | "missed";
  readonly at: Instant;
}

/** What is older has become part of the record; it is on the page of controls and in the report. */
const LOOK_BACK = 31 * 24 * 3_600_000;

/** Jobs that failed, or did not report, and have not gone well since. `counts` says whose jobs are people's own. */
export function failingJobs(
  facts: readonly Observed[],
  now: Instant,
  counts: (instance: string) => boolean,
): FailingJob[] {
  const newest = new Map<string, { instance: string; job: string; outcome: string; at: Instant }>();
  for (const { fact, instance } of facts) {
    if (fact.kind !== "job-run" || fact.outcome === "started" || !counts(instance)) continue;
    const at = fact.endedAt ?? fact.startedAt;
    const key = JSON.stringify([instance, fact.job]);
    if (at === null || at < (newest.get(key)?.at ?? now - LOOK_BACK)) continue;
    newest.set(key, { instance, job: fact.job, outcome: fact.outcome, at });
  }
  return [...newest.values()].filter((job): job is FailingJob => job.outcome === "failure" || job.outcome === "missed");
}
