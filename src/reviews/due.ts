import type { Temporal } from "temporal-polyfill";
import type { Instant } from "../lib/time.ts";
import { startOfDay, wallClock } from "../lib/zone.ts";

/** Until when something is to be done: a day is over with its last millisecond in the zone, however long it was. */
export function endOfDay(date: Temporal.PlainDate, zone: string): Instant {
  return startOfDay(date.add({ days: 1 }), zone) - 1;
}

const AHEAD = /^\+(\d{1,4})(d|w|mo|y)$/;
const UNITS = { d: "days", w: "weeks", mo: "months", y: "years" } as const;

/**
 * `+14d`, `+2w`, `+1mo`, `+1y` from today by the calendar of the zone, to the end of that day: a month after 31 January ends
 * with February. Undefined for anything else.
 */
export function dueAhead(text: string, zone: string, now: Instant): Instant | undefined {
  const [, count = "", unit = ""] = AHEAD.exec(text.trim()) ?? [];
  if (unit === "") return undefined;
  const today = wallClock(now, zone).toPlainDate();
  return endOfDay(today.add({ [UNITS[unit as keyof typeof UNITS]]: Number(count) }), zone);
}
