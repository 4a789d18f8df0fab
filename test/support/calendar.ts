import { type Calendar, openCalendar } from "../../src/calendar/calendar.ts";
import { type CalendarData, parseCalendar } from "../../src/calendar/shape.ts";

/** Monday to Friday with these hours. */
export function weekdays(...spans: readonly [string, string][]): CalendarData["hours"] {
  return { mon: [...spans], tue: [...spans], wed: [...spans], thu: [...spans], fri: [...spans] };
}

const dated = (dates: readonly string[]) => dates.map((date) => ({ date, name: "holiday" }));

/** An office calendar, Monday to Friday 09:00 to 17:00, with whatever is said otherwise; no holidays at all unless listed. */
export function office(
  zone: string,
  holidays: readonly string[] | "none" = "none",
  more: Partial<CalendarData> = {},
): Calendar {
  const written = {
    zone,
    hours: weekdays(["09:00", "17:00"]),
    holidays: holidays === "none" ? "none" : dated(holidays),
    ...more,
  };
  return openCalendar(parseCalendar(written));
}

/** Berlin with the holidays of 2026 and the first of 2027. */
export const BERLIN_HOLIDAYS = [
  "2026-01-01",
  "2026-04-03",
  "2026-04-06",
  "2026-05-01",
  "2026-05-14",
  "2026-05-25",
  "2026-12-25",
  "2027-01-01",
];
