import type { Instant } from "../lib/time.ts";
import { type Due, dueAt, dueBetween } from "./bounds.ts";
import { daysDue, hoursDue } from "./business.ts";
import { type Calendar, EARLIEST, LATEST } from "./calendar.ts";
import { addMonths } from "./month.ts";
import type { Term } from "./term.ts";

export type { Due } from "./bounds.ts";

/** When a term that starts here is due; for `every`, when the next one is. Undefined for `at once`, which has no number. */
export function dueOf(start: Instant, term: Term, calendar: Calendar): Due | undefined {
  if (term.op === "at-once") return undefined;
  const { amount, unit } = term;
  if (!(start >= EARLIEST && start < LATEST))
    return dueBetween(start, undefined, "time-out-of-range", "the time is outside the years 1900 to 2400; correct it");
  switch (unit) {
    case "ms":
      return dueAt(start + amount);
    case "mo":
      return dueAt(addMonths(start, amount, calendar.data.zone));
    case "y":
      return dueAt(addMonths(start, amount * 12, calendar.data.zone));
    case "bd":
      return daysDue(start, amount, calendar);
    case "bh":
      return hoursDue(start, Math.round(amount * 60) * 60_000, calendar);
  }
}
