import type { Instant, Interval } from "../lib/time.ts";
import { type Due, type DueReason, dueAt, dueBetween, endingDay } from "./bounds.ts";
import { type BusinessDay, type Calendar, DAY, dateOf, EARLIEST, LATEST } from "./calendar.ts";

/**
 * Business days and business hours. Counting is done twice where the calendar does not know a day: once as if every unknown day
 * were worked (nothing can be due earlier), once as if unlisted holidays lay where they delay most (nothing is due later).
 */

/** How many holidays a calendar without list may lack, for a term over so many working days: two weeks and one in ten. */
export function holidaysLacking(workingDays: number): number {
  return 10 + Math.ceil(workingDays / 10);
}

/** What a walk over the days of a calendar takes unknown days for, and what it met. */
interface Walk {
  readonly reading: "earliest" | "latest";
  /** How many more days may be taken for unlisted holidays. */
  spare: number;
  met: DueReason | undefined;
  /** Working days that were walked over. */
  days: number;
}

/** No count goes on for ever, whatever the calendar. */
const HORIZON: Instant = LATEST + 100 * 366 * DAY;

/** The working time of a day in a reading; undefined where the calendar has ended and so nothing bounds it. */
function openOf(day: BusinessDay, walk: Walk): readonly Interval[] | undefined {
  if (day.start > HORIZON) {
    walk.met = "time-out-of-range";
    return undefined;
  }
  if (day.standing === "sure") return day.open;
  if (day.standing === "unlisted") {
    walk.met ??= "holidays-unlisted";
    if (walk.reading === "earliest" || walk.spare <= 0) return day.open;
    walk.spare -= 1;
    return [];
  }
  walk.met = day.standing === "before" ? "before-calendar" : "after-calendar";
  if (walk.reading === "earliest") return day.end > day.start ? [{ from: day.start, to: day.end }] : [];
  return day.standing === "before" ? [] : undefined;
}

/**
 * When so many business days are over. The local date of the start is day zero and never counts, also after hours (unless the
 * calendar rolls); only dates with working time count. Due with the end of the last one, or with its last working time where
 * the calendar says `dayEnds: close`.
 */
export function daysDue(start: Instant, count: number, calendar: Calendar): Due {
  const due = bothWays(calendar, holidaysLacking(count), (walk) => walkDays(start, count, calendar, walk));
  return calendar.data.dayEnds === "close" ? due : endingDay(due);
}

function walkDays(start: Instant, count: number, calendar: Calendar, walk: Walk): Instant | undefined {
  let number = calendar.dayAt(start);
  if (calendar.data.afterHours === "roll") {
    const arrived = dayOfArrival(start, number, calendar, walk);
    if (arrived === undefined) return undefined;
    number = arrived;
  }
  for (;;) {
    number += 1;
    const day = calendar.day(number);
    const open = openOf(day, walk);
    if (open === undefined) return undefined;
    if (open.length === 0) continue;
    walk.days += 1;
    if (walk.days < count) continue;
    if (calendar.data.dayEnds !== "close") return day.end;
    // Of a day outside the calendar nobody knows when work ends: not before the day begins.
    const known = day.standing === "sure" || day.standing === "unlisted";
    return known ? (open.at(-1)?.to ?? day.end) : day.start;
  }
}

/** Day zero where what comes in after work counts as coming in when work begins again. */
function dayOfArrival(start: Instant, from: number, calendar: Calendar, walk: Walk): number | undefined {
  for (let number = from; ; number += 1) {
    const open = openOf(calendar.day(number), walk);
    if (open === undefined) return undefined;
    if (start < (open.at(-1)?.to ?? Number.NEGATIVE_INFINITY)) return number;
  }
}

/** When so much working time has passed. A sum that is reached exactly when work ends is due then, not at the next opening. */
export function hoursDue(start: Instant, ms: number, calendar: Calendar): Due {
  const first: Walk = { reading: "earliest", spare: 0, met: undefined, days: 0 };
  const earliest = walkHours(start, ms, calendar, first);
  if (first.met === undefined && earliest !== undefined) return dueAt(earliest);
  return bothWays(calendar, holidaysLacking(first.days), (walk) => walkHours(start, ms, calendar, walk));
}

function walkHours(start: Instant, ms: number, calendar: Calendar, walk: Walk): Instant | undefined {
  let left = ms;
  for (let number = calendar.dayAt(start); ; number += 1) {
    const open = openOf(calendar.day(number), walk);
    if (open === undefined) return undefined;
    if (open.length > 0) walk.days += 1;
    for (const { from, to } of open) {
      const begins = Math.max(from, start);
      if (begins >= to) continue;
      if (left <= to - begins) return begins + left;
      left -= to - begins;
    }
  }
}

function bothWays(calendar: Calendar, spare: number, walkOnce: (walk: Walk) => Instant | undefined): Due {
  const early: Walk = { reading: "earliest", spare: 0, met: undefined, days: 0 };
  const earliest = walkOnce(early) ?? HORIZON;
  if (early.met === undefined) return dueAt(earliest);
  const late: Walk = { reading: "latest", spare, met: undefined, days: 0 };
  const latest = walkOnce(late);
  const reason = late.met ?? early.met;
  return dueBetween(earliest, latest, reason, calendarReason(reason, calendar));
}

/** Why a calendar does not decide, for people. */
export function calendarReason(reason: DueReason, { data }: Calendar): string {
  const name = data.id === undefined ? "the calendar" : `the calendar "${data.id}"`;
  switch (reason) {
    case "before-calendar":
      return `${name} begins on ${data.validFrom}; add the working days and holidays before that`;
    case "after-calendar":
      return `${name} ends on ${data.validTo}; add the working days and holidays after that`;
    case "time-out-of-range":
      return `${name} has too little working time for this`;
    default:
      return `${name} ${listedInWords(data)} the holidays that could move this; list them`;
  }
}

/** Up to which year the holidays are listed: what is beyond is what is missing. */
function listedInWords({ holidays, unlistedHolidays }: Calendar["data"]): string {
  const years = holidays === "none" || unlistedHolidays ? [] : holidays.map(({ date }) => date.slice(0, 4)).sort();
  const [first, last] = [years[0], years.at(-1)];
  if (first === undefined || last === undefined) return "does not list";
  return `lists holidays of ${first === last ? first : `${first} to ${last}`} only, not`;
}

/** Working time between two instants. Where the calendar does not know a day, `least` and `most` say what it can be. */
export interface Worked {
  /** Milliseconds; undefined where only the bounds are known. */
  readonly ms: number | undefined;
  readonly least: number;
  readonly most: number;
  readonly reason?: DueReason;
}

/** The working time in [from, to); zero where `to` is not after `from`. */
export function workedBetween(from: Instant, to: Instant, calendar: Calendar): Worked {
  const within = { from: Math.max(from, EARLIEST), to: Math.min(to, LATEST) };
  if (within.to <= within.from) return { ms: 0, least: 0, most: 0 };
  const early: Walk = { reading: "earliest", spare: 0, met: undefined, days: 0 };
  const most = sumOf(within, calendar, early);
  if (early.met === undefined) return { ms: most, least: most, most };
  const late: Walk = { reading: "latest", spare: holidaysLacking(early.days), met: undefined, days: 0 };
  const least = sumOf(within, calendar, late);
  return { ms: least === most ? most : undefined, least, most, reason: early.met };
}

function sumOf(within: Interval, calendar: Calendar, walk: Walk): number {
  let sum = 0;
  for (let number = calendar.dayAt(within.from); ; number += 1) {
    const day = calendar.day(number);
    if (day.start >= within.to) return sum;
    const open = openOf(day, walk) ?? [];
    if (open.length > 0) walk.days += 1;
    for (const span of open) sum += Math.max(0, Math.min(span.to, within.to) - Math.max(span.from, within.from));
  }
}

/** A date on which work is or may be done. */
export interface BusinessDate {
  /** `2026-11-20`. */
  readonly date: string;
  readonly start: Instant;
  readonly end: Instant;
  /** False where the calendar does not know whether it is one. */
  readonly sure: boolean;
  readonly standing: BusinessDay["standing"];
}

/** The dates with working time that the interval meets, in order; those that may be one are marked. */
export function businessDates(within: Interval, calendar: Calendar): BusinessDate[] {
  const from = Math.max(within.from, EARLIEST);
  const to = Math.min(within.to, LATEST);
  const found: BusinessDate[] = [];
  if (to <= from) return found;
  for (let number = calendar.dayAt(from); ; number += 1) {
    const { start, end, open, standing } = calendar.day(number);
    if (start >= to) return found;
    const sure = standing === "sure";
    if (end > start && (open.length > 0 || standing === "before" || standing === "after"))
      found.push({ date: dateOf(number), start, end, sure, standing });
  }
}
