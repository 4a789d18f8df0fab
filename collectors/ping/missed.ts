import { holes, type Instant, type Interval, iso } from "../../src/lib/time.ts";
import { parseRhythm, type Rhythm } from "./rhythm.ts";

/** A job as the configuration expects it. */
export interface ExpectedJob {
  readonly job: string;
  /** `daily` or a duration. */
  readonly every: string;
  /** Milliseconds. */
  readonly grace: number;
  /** Expected from then on, where the configuration says so. */
  readonly since?: Instant | undefined;
}

export interface Expectation {
  readonly zone: string;
  /** What is judged: reports that fell due in here. */
  readonly window: Interval;
  readonly jobs: readonly ExpectedJob[];
  /** When a job reported that it had ended, well or badly; from `lookback` before the window on. */
  readonly reports: readonly { readonly job: string; readonly at: Instant }[];
  /** When the inbox could be reached. */
  readonly listening: readonly Interval[];
}

export interface Missed {
  readonly job: string;
  /** When the report was expected at the latest, without the grace. */
  readonly expected: Instant;
  /** The silence it is told by. */
  readonly silent: Interval;
  /** Parts of the silence in which the inbox did not listen, so that a report may have been lost. */
  readonly deaf: readonly Interval[];
}

/** Misses of one job in one window; bounds what a damaged schedule can cost. */
const MAX_MISSED = 10_000;

/** How long before a window reports must be known to judge it. */
export function lookback(job: ExpectedJob, zone: string): number {
  return 2 * (parseRhythm(job.every, zone)?.longest ?? 0) + job.grace;
}

/**
 * Reports that did not come. A report is due one step after the one before it, plus the grace; a job that stays silent
 * is missed again at each boundary of its calendar (midnight for a daily one), from a step after the first time on.
 * Pure, and the same for a window whether it is judged once, in parts, or again years later: whether something is missed
 * at a moment depends on the reports and the listening within `lookback` before that moment, and on nothing else.
 */
export function missedPings({ zone, window, jobs, reports, listening }: Expectation): Missed[] {
  return jobs.flatMap((job) => {
    const rhythm = parseRhythm(job.every, zone);
    if (!rhythm) return [];
    const own = reports.filter((report) => report.job === job.job).map((report) => report.at);
    const reach = lookback(job, zone);
    const known = [...own, ...(job.since === undefined ? [] : [job.since])].sort((a, b) => a - b);
    return [...silences(known, window, reach)]
      .flatMap((silence) =>
        missesIn(silence, job, rhythm, window).filter((missed) => isProven(missed, listening, silence.known, rhythm)),
      )
      .map((missed) => ({ ...missed, deaf: holes(missed.silent, listening) }));
  });
}

interface Silence extends Interval {
  /** Whether it begins with a report, or with the edge of what is known. */
  readonly known: boolean;
}

function* silences(reports: readonly Instant[], window: Interval, reach: number): Generator<Silence> {
  let from = window.from - reach;
  let known = false;
  for (const at of reports) {
    if (at >= window.to) break;
    if (at > from || !known) {
      if (at > from) yield { from, to: at, known };
      from = Math.max(at, from);
      known = at >= window.from - reach;
    }
  }
  yield { from, to: window.to, known };
}

function missesIn(silence: Silence, job: ExpectedJob, rhythm: Rhythm, window: Interval): Omit<Missed, "deaf">[] {
  const { since } = job;
  const missed: Omit<Missed, "deaf">[] = [];
  const judged = { from: window.from, to: Math.min(window.to, silence.to) };
  let again = window.from;
  if (silence.known) {
    const expected = rhythm.after(silence.from);
    const due = expected + job.grace;
    if (due >= judged.from && due < judged.to) {
      missed.push({ job: job.job, expected, silent: { from: silence.from, to: due } });
    }
    again = rhythm.after(expected) + job.grace;
  }
  for (const boundary of rhythm.boundaries(Math.max(again, judged.from), judged.to)) {
    if (since !== undefined && boundary < rhythm.after(since) + job.grace) continue;
    const from = Math.max(silence.from, boundary - rhythm.longest - job.grace);
    if (missed.length >= MAX_MISSED) break;
    missed.push({ job: job.job, expected: boundary, silent: { from, to: boundary } });
  }
  return missed;
}

/** Where nobody listened nothing was missed; and a job that was never heard of counts only after a whole step of listening. */
function isProven(
  missed: Omit<Missed, "deaf">,
  listening: readonly Interval[],
  known: boolean,
  rhythm: Rhythm,
): boolean {
  const { silent } = missed;
  const deaf = holes(silent, listening).reduce((sum, hole) => sum + hole.to - hole.from, 0);
  const heard = silent.to - silent.from - deaf;
  return known ? heard > 0 : heard >= rhythm.longest;
}

/** The identity of a missed report. */
export function missedId({ job, expected }: Missed): string {
  return `${job}@${iso(expected)}`;
}
