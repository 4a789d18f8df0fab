import { Temporal } from "temporal-polyfill";
import type { Instant, Interval } from "../lib/time.ts";
import { atWallClock, startOfDay, wallClock } from "../lib/zone.ts";

/** When notices go out; pure. */

/** A time of day, `08:00`. */
export interface TimeOfDay {
  readonly hour: number;
  readonly minute: number;
}

/** Where nothing else is configured. */
export const MORNING: TimeOfDay = { hour: 8, minute: 0 };

/** Reads `HH:MM`; undefined for anything else. */
export function parseTimeOfDay(text: string): TimeOfDay | undefined {
  const [, hour, minute] = /^([01]\d|2[0-3]):([0-5]\d)$/.exec(text) ?? [];
  return hour === undefined ? undefined : { hour: Number(hour), minute: Number(minute) };
}

/** One daily digest: the local day that names it, and the moment from which on it may leave. */
export interface DigestTurn {
  /** `2026-11-20`. */
  readonly day: string;
  readonly from: Instant;
  /** When the next one may. */
  readonly next: Instant;
}

/**
 * The newest digest whose time has come. A time of day that a change of clocks skips is the first moment after it, one that
 * comes twice is its first: each local day has exactly one.
 */
export function digestTurn(now: Instant, at: TimeOfDay, zone: string): DigestTurn {
  const today = wallClock(now, zone).toPlainDate();
  const moment = (date: Temporal.PlainDate) =>
    atWallClock(date.toPlainDateTime(Temporal.PlainTime.from({ hour: at.hour, minute: at.minute })), zone);
  const first = moment(today);
  const date = now < first ? today.subtract({ days: 1 }) : today;
  return { day: date.toString(), from: moment(date), next: moment(date.add({ days: 1 })) };
}

/** A month of the zone, half-open, `2026-10`. */
export interface Month extends Interval {
  readonly label: string;
}

/** The newest month that is over, with everything that could still be in time for it. `grace` in milliseconds. */
export function monthToReport(now: Instant, grace: number, zone: string): Month {
  const first = wallClock(now - grace, zone)
    .toPlainDate()
    .with({ day: 1 });
  const before = first.subtract({ months: 1 });
  return { from: startOfDay(before, zone), to: startOfDay(first, zone), label: before.toString().slice(0, 7) };
}
