import type { Instant, Interval } from "../lib/time.ts";
import { daysBetween, timeOn } from "./calendar.ts";
import { randomFrom } from "./random.ts";
import { ZONE } from "./settings.ts";

/** One line of the scheduler's log. */
export interface JobRun {
  readonly number: number;
  readonly job: string;
  readonly started: Instant;
  /** Absent for a run that did not take place. */
  readonly ended?: Instant;
  readonly result: "ok" | "failed" | "missed";
  readonly detail: string;
  /** When the line was written. */
  readonly written: Instant;
}

/** A report that a job sends by itself. */
export interface Ping {
  readonly at: Instant;
  /** Below `/hooks/<instance>/`. */
  readonly path: string;
  readonly output: string;
}

interface Job {
  readonly name: string;
  readonly time: string;
  /** 1 is Monday; every day without it. */
  readonly weekday?: number;
  /** Minutes, shortest and longest. */
  readonly lasts: readonly [number, number];
  readonly fails: number;
  readonly misses: number;
  readonly done: readonly [string, ...string[]];
  readonly failed: readonly [string, ...string[]];
}

const MINUTE = 60_000;

// Not between two and three: that hour comes twice in October, and the log has no zone.
const JOBS: readonly Job[] = [
  {
    name: "nightly-backup",
    time: "01:15",
    lasts: [22, 41],
    fails: 0.013,
    misses: 0.006,
    done: ["snapshot uploaded and checked"],
    failed: ["upload timed out after 3 attempts", "snapshot is 40 % smaller than the day before; not accepted"],
  },
  {
    name: "restore-test",
    time: "04:00",
    weekday: 7,
    lasts: [48, 75],
    fails: 0.06,
    misses: 0,
    done: ["latest snapshot restored, row counts match", "latest snapshot restored, 3 documents compared"],
    failed: ["restored database lacks the last 20 minutes", "no free disk on the restore host"],
  },
  {
    name: "cert-renewal",
    time: "05:30",
    weekday: 1,
    lasts: [1, 2],
    fails: 0.05,
    misses: 0.04,
    done: ["no certificate is due", "certificate renewed and loaded"],
    failed: ["the authority answered 429, retry next week"],
  },
];

/** The scheduler's log over a span, in the order in which it was written. */
export function makeJobRuns(span: Interval, seed: string): JobRun[] {
  const runs = JOBS.flatMap((job) => runsOf(job, span, seed));
  return runs.sort((a, b) => a.written - b.written).map((run, i) => ({ ...run, number: 41_000 + i }));
}

function runsOf(job: Job, span: Interval, seed: string): Omit<JobRun, "number">[] {
  const days = daysBetween(span.from, span.to, ZONE).filter((day) => (job.weekday ?? day.dayOfWeek) === day.dayOfWeek);
  return days
    .flatMap((day): Omit<JobRun, "number">[] => {
      // By job and day, so that one day does not change with the length of the story.
      const random = randomFrom(`${seed}/${job.name}/${day}`);
      const started = timeOn(day, job.time, ZONE) + random.int(0, 20) * 1_000;
      const common = { job: job.name, started };
      if (random.chance(job.misses)) {
        const written = started + 6 * 60 * MINUTE;
        return [{ ...common, result: "missed", detail: "host was down at the scheduled time", written }];
      }
      const ended = started + random.int(job.lasts[0] * 60, job.lasts[1] * 60) * 1_000;
      const failed = random.chance(job.fails);
      const detail = random.pick(failed ? job.failed : job.done);
      return [{ ...common, ended, result: failed ? "failed" : "ok", detail, written: ended }];
    })
    .filter(({ written }) => written >= span.from && written < span.to);
}

/** The weekly copy to another provider reports by itself, after it ran on Saturday morning. */
export function makePings(span: Interval, seed: string): Ping[] {
  const saturdays = daysBetween(span.from, span.to, ZONE).filter((day) => day.dayOfWeek === 6);
  return saturdays
    .flatMap((day, i): Ping[] => {
      const random = randomFrom(`${seed}/${OFFSITE_JOB}/${day}`);
      const at = timeOn(day, "06:30", ZONE) + random.int(0, 40 * 60) * 1_000;
      // Once it stayed silent, and nobody noticed before the next report.
      if (i === 5) return [];
      const failed = i === 20;
      const output = failed
        ? "rsync: connection closed by the other side (code 12)\n"
        : `copied ${random.int(180, 240)} GB\n`;
      return [{ at, path: failed ? `${OFFSITE_JOB}/12` : OFFSITE_JOB, output }];
    })
    .filter(({ at }) => at >= span.from && at < span.to);
}

export const OFFSITE_JOB = "offsite-copy";
