import type { Temporal } from "temporal-polyfill";
import { CustodyError } from "../lib/errors.ts";
import type { Instant, Interval } from "../lib/time.ts";
import { atWallClock, isZone, startOfDay, wallClock } from "../lib/zone.ts";
import { type Cron, daysPerYear, fireTimes, parseCron, spellCron } from "./cron.ts";

/**
 * How often evidence is required: windows that tile time without hole or overlap, anchored at the local midnight of a
 * zone. Their bounds are wall-clock times, so a day with a change of clocks has its true length: a skipped bound falls
 * on the next valid minute (and is dropped where another bound is there already), a repeated one counts once, the first
 * time.
 */
export interface Cadence {
  /** As written: `monthly`, `15m`, `30 7 * * 1-5`. */
  readonly text: string;
  /** IANA zone of the wall clock. */
  readonly zone: string;
  readonly unit: "minute" | "day" | "week" | "month" | "cron";
  /** How many units one window has; minutes divide a day, months divide a year, days, weeks and crons are one. */
  readonly count: number;
  /** Of unit `cron`: a window lasts from each time that it fires to the next. */
  readonly cron?: Cron;
}

const WORDS: Readonly<Record<string, Pick<Cadence, "unit" | "count">>> = {
  hourly: { unit: "minute", count: 60 },
  daily: { unit: "day", count: 1 },
  weekly: { unit: "week", count: 1 },
  monthly: { unit: "month", count: 1 },
  quarterly: { unit: "month", count: 3 },
  yearly: { unit: "month", count: 12 },
};

const DAY_MINUTES = 24 * 60;
const MINUTE = 60_000;

const dividers = (whole: number) => Array.from({ length: whole }, (_, i) => i + 1).filter((n) => whole % n === 0);

/** What `parseCadence` reads, for people. */
export function possible(): string {
  const minutes = dividers(DAY_MINUTES).filter((n) => n < 60);
  const hours = dividers(24).filter((n) => n < 24);
  return `${Object.keys(WORDS).join(", ")}, minutes that divide a day (${minutes.map((n) => `${n}m`).join(" ")}) or hours that do (${hours.map((n) => `${n}h`).join(" ")})`;
}

/**
 * Reads a cadence as records spell it: hourly, daily, weekly (ISO week, from Monday), monthly, quarterly, yearly, an
 * interval such as `15m` or `6h` that divides a day, or a cron expression in its normal form (FORMAT §13.1). Throws
 * INPUT_INVALID for any other text and for an unknown zone. What people write is read by `readCadence`.
 */
export function parseCadence(text: string, zone: string): Cadence {
  if (!isZone(zone)) {
    throw new CustodyError("INPUT_INVALID", `unknown time zone "${zone.slice(0, 60)}"`, {
      remedy: "name an IANA time zone such as Europe/Berlin or UTC",
    });
  }
  const word = Object.hasOwn(WORDS, text) ? WORDS[text] : undefined;
  if (word) return { text, zone, ...word };
  if (text.split(" ").length === 5) return cronCadence(text, zone);
  const [, number, unit] = /^([1-9]\d{0,3})([mh])$/.exec(text) ?? [];
  const minutes = Number(number) * (unit === "h" ? 60 : 1);
  if (minutes === DAY_MINUTES) return { text, zone, unit: "day", count: 1 };
  if (DAY_MINUTES % minutes === 0) return { text, zone, unit: "minute", count: minutes };
  const why = number === undefined ? "is not a cadence" : "does not divide a day";
  throw new CustodyError("INPUT_INVALID", `"${text.slice(0, 60)}" ${why}`, { remedy: `use one of ${possible()}` });
}

function cronCadence(text: string, zone: string): Cadence {
  const cron = parseCron(text);
  const normal = spellCron(cron);
  if (normal === text) return { text, zone, unit: "cron", count: 1, cron };
  throw new CustodyError("INPUT_INVALID", `"${text.slice(0, 60)}" is not the normal form of this cron expression`, {
    remedy: `write ${normal}`,
  });
}

/** How close windows of a cadence can be together, in milliseconds, and how many begin in a day and in a year at most. */
export function densityOf({ unit, count, cron }: Cadence): {
  readonly shortest: number;
  readonly perDay: number;
  readonly perYear: number;
} {
  const hour = 60 * MINUTE;
  if (cron !== undefined) {
    const { times } = cron;
    const apart = times.map((time, i) => (times[i + 1] ?? DAY_MINUTES + (times[0] ?? 0)) - time);
    // Around a change of clocks two days' times may be closer than that; one that is alone in its day never is.
    const shortest = Math.min(22 * 60, ...apart.map((minutes) => Math.max(1, times.length > 1 ? minutes : 22 * 60)));
    return { shortest: shortest * MINUTE, perDay: times.length, perYear: times.length * daysPerYear(cron) };
  }
  const shortest = { minute: MINUTE, day: 22 * hour, week: 166 * hour, month: 670 * hour, cron: MINUTE }[unit] * count;
  const perYear = (366 * DAY_MINUTES * MINUTE) / shortest;
  return { shortest, perDay: Math.max(1, (DAY_MINUTES * MINUTE) / shortest), perYear };
}

/** First local day of the calendar window that this day is in; for intervals within a day the day itself. */
function openingDay({ unit, count }: Cadence, day: Temporal.PlainDate): Temporal.PlainDate {
  if (unit === "week") return day.subtract({ days: day.dayOfWeek - 1 });
  if (unit === "month") return day.with({ month: day.month - ((day.month - 1) % count), day: 1 });
  return day;
}

function nextDay({ unit, count }: Cadence, day: Temporal.PlainDate): Temporal.PlainDate {
  if (unit === "week") return day.add({ days: 7 });
  if (unit === "month") return day.add({ months: count });
  return day.add({ days: 1 });
}

/** Bounds of the intervals within one local day, which lasts from `start` to `end`. */
function boundsWithin(cadence: Cadence, day: Temporal.PlainDate, start: Instant, end: Instant): Instant[] {
  if (end - start === DAY_MINUTES * MINUTE) {
    return Array.from({ length: DAY_MINUTES / cadence.count }, (_, i) => start + i * cadence.count * MINUTE);
  }
  const bounds = [start];
  const midnight = day.toPlainDateTime();
  for (let minute = cadence.count; minute < DAY_MINUTES; minute += cadence.count) {
    const at = atWallClock(midnight.add({ minutes: minute }), cadence.zone);
    // Several skipped times fall on the same moment, and the last ones of a day may fall on the next.
    if (at > (bounds.at(-1) ?? start) && at < end) bounds.push(at);
  }
  return bounds;
}

/**
 * Bounds in order, each once, without end, from some bound at or before `at`. It may be an earlier one than the last:
 * clocks that go back across midnight show the day before once more after a day has begun.
 */
function* boundsFrom(cadence: Cadence, at: Instant): Generator<Instant> {
  const { zone, unit, cron } = cadence;
  if (cron !== undefined) return yield* fireTimes(cron, zone, at);
  let day = openingDay(cadence, wallClock(at, zone).toPlainDate());
  let start = startOfDay(day, zone);
  for (;;) {
    const following = nextDay(cadence, day);
    const end = startOfDay(following, zone);
    // A day that a zone leaves out has no length.
    if (end > start) {
      if (unit === "minute") yield* boundsWithin(cadence, day, start, end);
      else yield start;
    }
    day = following;
    start = end;
  }
}

/** All windows that meet the period, in order, half-open; `to` may be Infinity for a caller that stops by itself. */
export function* windows(cadence: Cadence, period: Interval): Generator<Interval> {
  if (!(period.from < period.to)) return;
  let from: Instant | undefined;
  for (const to of boundsFrom(cadence, period.from)) {
    if (from !== undefined && to > period.from) {
      if (from >= period.to) return;
      yield { from, to };
    }
    from = to;
  }
}

/** The window that contains this instant. */
export function windowAt(cadence: Cadence, at: Instant): Interval {
  for (const window of windows(cadence, { from: at, to: at + 1 })) return window;
  throw new CustodyError("BUG", `no ${cadence.text} window contains ${at}`);
}
