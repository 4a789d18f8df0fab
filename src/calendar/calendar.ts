import { Temporal } from "temporal-polyfill";
import type { Instant, Interval } from "../lib/time.ts";
import { union } from "../lib/time.ts";
import { atWallClock, startOfDay, wallClock } from "../lib/zone.ts";
import { minuteOf } from "./minute.ts";
import { type CalendarData, WEEKDAYS } from "./shape.ts";

/** One local day of a calendar. A zone that leaves a day out gives it no length, and no work. */
export interface BusinessDay {
  /** Days since 1970-01-01, as the local calendar counts. */
  readonly number: number;
  readonly start: Instant;
  /** Start of the next day. */
  readonly end: Instant;
  /** Working time in order; empty on days without work. */
  readonly open: readonly Interval[];
  /** Milliseconds of `open`. */
  readonly worked: number;
  /**
   * `sure`: what the calendar says holds. `unlisted`: a working day of a year whose holidays are not (all) listed, so it may be
   * one. `before`, `after`: outside the calendar's validity; nothing is known, and `open` is empty.
   */
  readonly standing: "sure" | "unlisted" | "before" | "after";
}

/** A calendar made ready for counting. It remembers the days it has worked out. */
export interface Calendar {
  readonly data: CalendarData;
  /** The local date at an instant, as the number of its day. */
  dayAt(at: Instant): number;
  day(number: number): BusinessDay;
}

export const DAY = 86_400_000;

/** Instants that calendars are asked about; sources that err by centuries must not make them count for hours. */
export const EARLIEST: Instant = Date.UTC(1900, 0, 1);
export const LATEST: Instant = Date.UTC(2400, 0, 1);

/** The date of a day's number, `2026-11-20`. */
export function dateOf(number: number): string {
  return new Date(number * DAY).toISOString().slice(0, 10);
}

/** The number of a date's day. */
export function numberOf(date: string): number {
  return Math.round(Date.parse(`${date}T00:00:00Z`) / DAY);
}

/** Makes a calendar ready for counting; `data` must have passed `CalendarShape`. */
export function openCalendar(data: CalendarData): Calendar {
  const { zone } = data;
  const listed = data.holidays === "none" ? [] : data.holidays;
  const holidays = new Set(listed.map(({ date }) => numberOf(date)));
  const special = new Map((data.days ?? []).map(({ date, hours }) => [numberOf(date), hours]));
  const listedYears = new Set(listed.map(({ date }) => date.slice(0, 4)));
  const first = data.validFrom === undefined ? Number.NEGATIVE_INFINITY : numberOf(data.validFrom);
  const last = data.validTo === undefined ? Number.POSITIVE_INFINITY : numberOf(data.validTo);
  const starts = new Map<number, Instant>();
  const days = new Map<number, BusinessDay>();

  function startOf(number: number): Instant {
    const known = starts.get(number);
    if (known !== undefined) return known;
    const start = startOfDay(plainDate(number), zone);
    starts.set(number, start);
    return start;
  }

  function standingOf(number: number, working: boolean): BusinessDay["standing"] {
    if (number < first) return "before";
    if (number > last) return "after";
    if (!working || data.holidays === "none" || special.has(number)) return "sure";
    return data.unlistedHolidays || !listedYears.has(dateOf(number).slice(0, 4)) ? "unlisted" : "sure";
  }

  function day(number: number): BusinessDay {
    const known = days.get(number);
    if (known !== undefined) return known;
    const [start, end] = [startOf(number), startOf(number + 1)];
    // 1970-01-01 was a Thursday.
    const weekday = WEEKDAYS[(((number + 3) % 7) + 7) % 7] ?? "mon";
    const spans = special.get(number) ?? (holidays.has(number) ? [] : (data.hours[weekday] ?? []));
    const outside = number < first || number > last;
    const open = outside ? [] : openOf(spans, { number, start, end }, zone);
    const made: BusinessDay = {
      number,
      start,
      end,
      open,
      worked: open.reduce((sum, { from, to }) => sum + to - from, 0),
      standing: standingOf(number, open.length > 0),
    };
    days.set(number, made);
    return made;
  }

  function dayAt(at: Instant): number {
    let number = Math.floor(at / DAY);
    while (startOf(number) > at) number -= 1;
    while (startOf(number + 1) <= at) number += 1;
    // Where clocks went back just after midnight, the wall showed the day before once more.
    const start = startOf(number);
    if (at - start < BACK_AT_MOST && startOf(number + 1) - start !== DAY) return wallDay(at, zone);
    return number;
  }

  return Object.freeze({ data, dayAt, day });
}

/** Longest time that a change of clocks shows twice, with room to spare. */
const BACK_AT_MOST = 4 * 3_600_000;

function plainDate(number: number): Temporal.PlainDate {
  return Temporal.PlainDate.from(dateOf(number));
}

function wallDay(at: Instant, zone: string): number {
  return numberOf(wallClock(at, zone).toPlainDate().toString());
}

/**
 * The working time of a day as instants of its wall-clock bounds, so that a day with a change of clocks has its true length: a
 * bound that the clock skips is the next valid moment, one that it shows twice is the first.
 */
function openOf(
  spans: readonly (readonly [string, string])[],
  { number, start, end }: { number: number; start: Instant; end: Instant },
  zone: string,
): Interval[] {
  const steady = end - start === DAY;
  const midnight = steady ? undefined : plainDate(number).toPlainDateTime();
  const instantOf = (clock: string): Instant => {
    const minute = minuteOf(clock);
    if (minute === 1_440) return end;
    if (minute === 0) return start;
    if (midnight === undefined) return start + minute * 60_000;
    return Math.min(end, Math.max(start, atWallClock(midnight.add({ minutes: minute }), zone)));
  };
  return union(spans.map(([from, to]) => ({ from: instantOf(from), to: instantOf(to) })));
}
