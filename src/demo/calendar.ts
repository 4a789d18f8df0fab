import { Temporal } from "temporal-polyfill";
import type { Instant } from "../lib/time.ts";
import { atWallClock, startOfDay, wallClock } from "../lib/zone.ts";

/** The local day that holds an instant. */
export const dayOf = (at: Instant, zone: string): Temporal.PlainDate => wallClock(at, zone).toPlainDate();

/** A time of day such as `01:15` on a local day. */
export function timeOn(day: Temporal.PlainDate, time: string, zone: string): Instant {
  return atWallClock(day.toPlainDateTime(Temporal.PlainTime.from(time)), zone);
}

/** Local days, from the one that holds `from` to the one that holds `to`, both included. */
export function daysBetween(from: Instant, to: Instant, zone: string): Temporal.PlainDate[] {
  const days: Temporal.PlainDate[] = [];
  const last = dayOf(to, zone);
  for (let day = dayOf(from, zone); Temporal.PlainDate.compare(day, last) <= 0; day = day.add({ days: 1 }))
    days.push(day);
  return days;
}

/** The first day of the month that lies so many months from the one that holds an instant. */
export function monthOf(at: Instant, zone: string, months = 0): Temporal.PlainDate {
  return dayOf(at, zone).with({ day: 1 }).add({ months });
}

/** `2026-W07`, the ISO week of a local day. */
export function weekName(at: Instant, zone: string): string {
  const { yearOfWeek, weekOfYear } = dayOf(at, zone);
  return `${yearOfWeek}-W${String(weekOfYear).padStart(2, "0")}`;
}

/** Monday of the week that lies so many weeks from the one that holds an instant. */
export function weekOf(at: Instant, zone: string, weeks = 0): Temporal.PlainDate {
  const day = dayOf(at, zone);
  return day.subtract({ days: day.dayOfWeek - 1 }).add({ weeks });
}

/** `2026-02-03T04:12+01:00`: a local time with its offset, as careful people write it. */
export const withOffset = (at: Instant, zone: string): string =>
  wallClock(at, zone).toString({ smallestUnit: "minute", timeZoneName: "never" });

/** `2026-02-03 04:12:09`: a local time without any zone, as many programs write it. */
export const withoutZone = (at: Instant, zone: string): string =>
  wallClock(at, zone).toPlainDateTime().toString({ smallestUnit: "second" }).replace("T", " ");

export { startOfDay };
