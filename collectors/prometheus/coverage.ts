import { z } from "zod";
import type { Coverage, PartialReason } from "../../src/collector/define.ts";
import { holes, type Instant, type Interval, iso, parseSourceTime, union } from "../../src/lib/time.ts";

/** A part of the window of which nothing may be claimed, and why. */
export interface Hole extends Interval {
  readonly reason: PartialReason;
  readonly detail: string;
}

const UNITS: Readonly<Record<string, number>> = {
  y: 31_536_000_000,
  w: 604_800_000,
  d: 86_400_000,
  h: 3_600_000,
  m: 60_000,
  s: 1_000,
  ms: 1,
};

/** How long Prometheus keeps samples, in milliseconds, from `15d`, `1y6w`, `15d or 10GiB`; undefined where it names no time. */
export function parseRetention(text: string): number | undefined {
  const time = text.split(" or ").find((part) => /^(\d+(y|w|d|h|ms|m|s))+$/.test(part));
  if (time === undefined) return undefined;
  let sum = 0;
  for (const [, count, unit] of time.matchAll(/(\d+)(y|w|d|h|ms|m|s)/g))
    sum += Number(count) * (UNITS[unit ?? ""] ?? 0);
  return sum > 0 ? sum : undefined;
}

const RuntimeInfo = z.looseObject({
  startTime: z.string().optional().catch(undefined),
  storageRetention: z.string().optional().catch(undefined),
});

/** Why Prometheus has no samples in an interval, as far as it tells. */
function explain(silence: Interval, asked: Interval, now: Instant, runtimeInfo: unknown): Hole {
  const info = RuntimeInfo.safeParse(runtimeInfo).data ?? {};
  const kept = parseRetention(info.storageRetention ?? "");
  const started = parseSourceTime(info.startTime ?? "");
  if (kept !== undefined && silence.from < now - kept) {
    const detail = `Prometheus keeps ${info.storageRetention} and had nothing before ${iso(silence.to)}`;
    return { ...silence, reason: "retention", detail };
  }
  if (started !== undefined && silence.from <= asked.from && started >= asked.from && started <= silence.to) {
    const detail = `Prometheus was started at ${iso(started)} and has nothing of the time before`;
    return { ...silence, reason: "retention", detail };
  }
  const detail = `Prometheus took no samples between ${iso(silence.from)} and ${iso(silence.to)}: it was down, or it scraped nothing`;
  return { ...silence, reason: "interrupted", detail };
}

const MAX_DETAILS = 5;

/**
 * What a run may claim of the interval it asked about: all of it but the times in which Prometheus was silent and the
 * pages that could not be read.
 */
export function claim(
  asked: Interval,
  now: Instant,
  silences: readonly Interval[],
  unread: readonly Hole[],
  runtimeInfo: unknown,
): Coverage {
  const missing = [
    ...union(silences)
      .map(({ from, to }) => ({ from: Math.max(from, asked.from), to: Math.min(to, asked.to) }))
      .filter(({ from, to }) => from < to)
      .map((silence) => explain(silence, asked, now, runtimeInfo)),
    ...unread.filter(({ from, to }) => from < asked.to && to > asked.from),
  ];
  const longest = missing.sort((a, b) => b.to - b.from - (a.to - a.from))[0];
  if (!longest) return { seen: "full" };
  const details = [...new Set(missing.map(({ detail }) => detail))];
  const more = details.length > MAX_DETAILS ? `; and ${details.length - MAX_DETAILS} more` : "";
  return {
    seen: "partial",
    intervals: holes(asked, missing),
    reason: longest.reason,
    detail: details.slice(0, MAX_DETAILS).join("; ") + more,
  };
}
