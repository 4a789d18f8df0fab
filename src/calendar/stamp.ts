import type { Instant } from "../lib/time.ts";
import { wallClock } from "../lib/zone.ts";
import { type Calendar, DAY, EARLIEST, LATEST } from "./calendar.ts";

/** A time as a record has it, and how exactly. */
export interface Stamp {
  readonly at: Instant;
  /** Milliseconds: the true time lies in [at, at + precision). 0 and 1 are exact; a date alone is 86400000. */
  readonly precision: number;
}

/** By how much a clock of a source may be ahead of ours before its times are taken for wrong. */
export const AHEAD = 5 * 60_000;

/**
 * The last millisecond that the stamp can mean. A date alone ends with its local day, which a change of clocks makes an hour
 * longer or shorter.
 */
export function lastOf({ at, precision }: Stamp, calendar: Calendar): Instant {
  if (precision === DAY) {
    const day = calendar.day(calendar.dayAt(at));
    if (day.start === at) return day.end - 1;
  }
  return at + Math.max(0, Math.ceil(precision) - 1);
}

/**
 * When the first of several happened, or the last: some moment between the bounds that their times leave, where they are known
 * less exactly. Undefined of none.
 */
export function earliestOf(stamps: readonly Stamp[], calendar: Calendar): Stamp | undefined {
  return between(stamps, calendar, Math.min);
}

export function latestOf(stamps: readonly Stamp[], calendar: Calendar): Stamp | undefined {
  return between(stamps, calendar, Math.max);
}

function between(stamps: readonly Stamp[], calendar: Calendar, pick: typeof Math.min): Stamp | undefined {
  if (stamps.length < 2) return stamps[0];
  const at = pick(...stamps.map((one) => one.at));
  const last = pick(...stamps.map((one) => lastOf(one, calendar)));
  return stamps.find((one) => one.at === at && lastOf(one, calendar) === last) ?? { at, precision: last - at + 1 };
}

/** True for a time that no record of an incident can have. */
export function isAbsurd({ at, precision }: Stamp): boolean {
  return !(at >= EARLIEST && at < LATEST && precision >= 0 && precision <= 366 * DAY);
}

/** True where the stamp says one instant. */
export function isExact({ precision }: Stamp): boolean {
  return precision <= 1;
}

/**
 * The first and the last millisecond of the stamp, and both sides of every midnight and change of clocks between them: where a
 * count from the start can jump, also backwards (a month from 30 March 23:00 is due after one from 31 March).
 */
export function turnsOf(stamp: Stamp, calendar: Calendar): Instant[] {
  const last = lastOf(stamp, calendar);
  const turns = [stamp.at, last];
  if (stamp.at === last) return turns;
  for (let number = calendar.dayAt(stamp.at); ; number += 1) {
    const { start, end } = calendar.day(number);
    if (start > last) break;
    turns.push(start - 1, start);
    if (end - start !== DAY) turns.push(...changesWithin(start, end, calendar.data.zone));
  }
  return turns.filter((at) => at >= stamp.at && at <= last);
}

function changesWithin(from: Instant, to: Instant, zone: string): Instant[] {
  const next = wallClock(from, zone).getTimeZoneTransition("next")?.epochMilliseconds;
  return next === undefined || next >= to ? [] : [next - 1, next];
}
