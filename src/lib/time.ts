import { CustodyError } from "./errors.ts";

/** Milliseconds since 1970-01-01T00:00:00Z. */
export type Instant = number;

/** Start included, end excluded; never empty. */
export interface Interval {
  readonly from: Instant;
  readonly to: Instant;
}

/** The spelling of every time in a record: UTC with milliseconds, `2026-11-20T16:40:10.123Z`. */
export function iso(at: Instant): string {
  return new Date(at).toISOString();
}

const RECORD_TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/;

/** Reads the spelling of `iso`, and only that. */
export function fromIso(text: string): Instant {
  const at = RECORD_TIME.test(text) ? Date.parse(text) : Number.NaN;
  if (Number.isNaN(at) || iso(at) !== text) {
    throw new CustodyError("INPUT_INVALID", `"${text}" is not a time like 2026-11-20T16:40:10.123Z`);
  }
  return at;
}

/** RFC 3339 as sources write it: date and time with `Z` or an offset, with or without a fraction (also more than three digits), a colon in the offset optional. */
const SOURCE_TIME = /^(\d{4}-\d\d-\d\d)[T ](\d\d:\d\d)(:\d\d)?(\.\d+)?\s*(Z|[+-]\d\d:?\d\d)$/i;

/**
 * Reads a time with its zone as a source writes it. `undefined` for anything else, above all for a naive local time:
 * guessing a zone would invent evidence.
 */
export function parseSourceTime(text: string): Instant | undefined {
  const match = SOURCE_TIME.exec(text.trim());
  if (!match) return undefined;
  const [, date, minute, second = ":00", fraction = "", zone = "Z"] = match;
  const offset = zone.toUpperCase() === "Z" ? "Z" : zone.replace(/^([+-]\d\d):?(\d\d)$/, "$1:$2");
  const at = Date.parse(`${date}T${minute}${second}${fraction.slice(0, 4)}${offset}`);
  if (Number.isNaN(at)) return undefined;
  // Date.parse rolls 30 February over into March; the day must survive the round trip.
  const day = Date.parse(`${date}T00:00:00Z`);
  return !Number.isNaN(day) && iso(day).startsWith(date ?? "") ? at : undefined;
}

const UNITS = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const;

/** Milliseconds of a duration such as `90s`, `15m`, `6h`, `3d`. A day here is 24 hours. */
export function parseDuration(text: string): number | undefined {
  const match = /^(\d{1,6})(ms|s|m|h|d)$/.exec(text);
  if (!match) return undefined;
  return Number(match[1]) * UNITS[match[2] as keyof typeof UNITS];
}

/** Shortest exact spelling that `parseDuration` reads back. */
export function formatDuration(ms: number): string {
  for (const unit of ["d", "h", "m", "s"] as const) {
    if (ms >= UNITS[unit] && ms % UNITS[unit] === 0) return `${ms / UNITS[unit]}${unit}`;
  }
  return `${ms}ms`;
}

/** The intervals in order, touching and overlapping ones joined. */
export function union(intervals: readonly Interval[]): Interval[] {
  const sorted = [...intervals].filter((i) => i.to > i.from).sort((a, b) => a.from - b.from || a.to - b.to);
  const joined: { from: Instant; to: Instant }[] = [];
  for (const { from, to } of sorted) {
    const last = joined.at(-1);
    if (last && from <= last.to) last.to = Math.max(last.to, to);
    else joined.push({ from, to });
  }
  return joined;
}

/** What of `whole` is in none of `parts`. */
export function holes(whole: Interval, parts: readonly Interval[]): Interval[] {
  const open: Interval[] = [];
  let cursor = whole.from;
  for (const part of union(parts)) {
    if (part.to <= cursor) continue;
    if (part.from >= whole.to) break;
    if (part.from > cursor) open.push({ from: cursor, to: part.from });
    cursor = Math.max(cursor, part.to);
  }
  if (cursor < whole.to) open.push({ from: cursor, to: whole.to });
  return open;
}
