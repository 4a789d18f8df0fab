import { WEEKDAYS, type Weekday } from "../calendar/shape.ts";

/** Working time as people say it, `mon-fri 09:00-17:00`, and as a calendar has it. */

export type Hours = Partial<Record<Weekday, [string, string][]>>;

export const OFFICE_HOURS = "mon-fri 09:00-17:00";

const DAYS = /^([a-z]{3})(?:-([a-z]{3}))?$/;
const PART = /^(\d\d:\d\d)-(\d\d:\d\d)$/;

/** The hours in a text such as `mon-thu 09:00-12:00 13:00-17:00, fri 09:00-15:00`; undefined where it is none. */
export function hoursIn(text: string): Hours | undefined {
  const hours: Hours = {};
  for (const line of text.split(",")) {
    const [days = "", ...parts] = line.trim().toLowerCase().split(/\s+/);
    const [, first = "", last = first] = DAYS.exec(days) ?? [];
    const [from, to] = [first, last].map((day) => (WEEKDAYS as readonly string[]).indexOf(day)) as [number, number];
    if (from < 0 || to < from || parts.length === 0) return undefined;
    const spans = parts
      .map((part) => PART.exec(part))
      .map((found) => found && ([found[1], found[2]] as [string, string]));
    if (!spans.every((span) => span !== null)) return undefined;
    for (const day of WEEKDAYS.slice(from, to + 1)) hours[day] = [...(hours[day] ?? []), ...spans];
  }
  return hours;
}
