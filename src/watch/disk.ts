import type { Instant } from "../lib/time.ts";

/** One disk, and which folders of the workspace lie on it. */
export interface DiskSpace {
  readonly folders: readonly string[];
  /** Bytes that this user may still write, and all there are. */
  readonly free: number;
  readonly size: number;
}

/** What was free on a disk at a time. */
export interface DiskSample {
  readonly at: Instant;
  readonly free: number;
}

export interface DiskForecast extends DiskSpace {
  /** When it is full if it goes on like this; undefined where it does not fill up, or too little is known. */
  readonly daysLeft: number | undefined;
  readonly codes: readonly ("disk-low" | "disk-full-soon")[];
}

const DAY = 24 * 3_600_000;
/** Below this share it is told, whatever the forecast says. */
const LOW = 0.1;
const SOON_DAYS = 14;
/** Fewer days of samples are no trend. */
const LEAST_SPAN = 2 * DAY;
const LEAST_SAMPLES = 3;
/** What lies further back says nothing about today. */
const TREND_OVER = 30 * DAY;

/** How a disk will go on: a straight line through what was free in the last thirty days. Pure. */
export function forecastDisk(disk: DiskSpace, earlier: readonly DiskSample[], now: Instant): DiskForecast {
  const samples = [...earlier.filter(({ at }) => at < now && now - at <= TREND_OVER), { at: now, free: disk.free }];
  const daysLeft = daysUntilFull(samples);
  const soon = daysLeft !== undefined && daysLeft < SOON_DAYS;
  const low = disk.size > 0 && disk.free / disk.size < LOW;
  return {
    ...disk,
    daysLeft,
    codes: [...(low ? (["disk-low"] as const) : []), ...(soon ? (["disk-full-soon"] as const) : [])],
  };
}

function daysUntilFull(samples: readonly DiskSample[]): number | undefined {
  const [first, last] = [samples[0], samples.at(-1)];
  if (first === undefined || last === undefined) return undefined;
  if (samples.length < LEAST_SAMPLES || last.at - first.at < LEAST_SPAN) return undefined;
  const mean = (of: (sample: DiskSample) => number) => samples.reduce((sum, s) => sum + of(s), 0) / samples.length;
  const [at, free] = [mean((s) => s.at), mean((s) => s.free)];
  const spread = samples.reduce((sum, s) => sum + (s.at - at) ** 2, 0);
  const slope = samples.reduce((sum, s) => sum + (s.at - at) * (s.free - free), 0) / spread;
  if (!(slope < 0)) return undefined;
  return Math.max(0, last.free / -slope / DAY);
}

const UNITS = ["bytes", "KiB", "MiB", "GiB", "TiB"] as const;

/** `12 GiB`. */
export function bytesInWords(bytes: number): string {
  const unit = Math.min(UNITS.length - 1, Math.max(0, Math.floor(Math.log2(Math.max(bytes, 1)) / 10)));
  return `${(bytes / 2 ** (10 * unit)).toFixed(unit === 0 || bytes / 2 ** (10 * unit) >= 10 ? 0 : 1)} ${UNITS[unit]}`;
}

/** One sentence about a disk that needs somebody. */
export function diskInWords({ folders, free, size, daysLeft, codes }: DiskForecast): string {
  const left = `${bytesInWords(free)} of ${bytesInWords(size)} are free where ${folders.join(", ")} ${folders.length === 1 ? "lies" : "lie"}`;
  return codes.includes("disk-full-soon") && daysLeft !== undefined
    ? `${left}; full in about ${Math.floor(daysLeft)} days at this rate`
    : left;
}
