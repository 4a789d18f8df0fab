import type { Instant } from "../lib/time.ts";
import { atWallClock, startOfDay, wallClock } from "../lib/zone.ts";

/**
 * The same time of day on the same day number so many months later; on the last day of the month where that has no such day
 * (31 January and one month: 28 or 29 February). A time that the clock skips is the next valid one.
 */
export function addMonths(at: Instant, months: number, zone: string): Instant {
  const wall = wallClock(at, zone);
  const later = wall.toPlainDateTime().add({ months });
  const found = atWallClock(later, zone);
  // A time shown twice: the one with the offset that it started with, where it has one.
  const again = later.toZonedDateTime(zone, { disambiguation: "later" });
  return again.offset === wall.offset && again.toPlainDateTime().equals(later) ? again.epochMilliseconds : found;
}

/** The end of that day: the first instant of the next one. */
export function endOfMonthsLater(at: Instant, months: number, zone: string): Instant {
  return startOfDay(wallClock(at, zone).toPlainDate().add({ months }).add({ days: 1 }), zone);
}
