import { Temporal } from "temporal-polyfill";
import type { Instant } from "../lib/time.ts";
import { startOfDay } from "../lib/zone.ts";
import type { Policy } from "./policy.ts";

/** Up to when the calendars of the rules know what they count: after that nobody can say when business time is over. */

/** The names of the calendars by which some rule counts. */
export function usedCalendars({
  targets,
  updates,
  review,
  publicReview,
  contracts,
  breach,
  intake,
}: Policy): Set<string | undefined> {
  const rules = [
    ...Object.values(targets),
    ...Object.values(updates),
    review,
    publicReview,
    ...contracts,
    breach?.controllers,
    intake,
  ];
  return new Set(rules.map((one) => one?.calendar));
}

export interface CalendarEnd {
  readonly calendar: string;
  /** The last year whose holidays are listed, or the last day for which the calendar holds. */
  readonly last: string;
  /** The first moment of which it does not know whether work goes on. */
  readonly at: Instant;
}

/** When each calendar that counts comes to its end; none for one that lists no holidays at all, or has no need to. */
export function calendarEnds(policy: Policy): CalendarEnd[] {
  const used = usedCalendars(policy);
  return Object.entries(policy.calendars).flatMap(([calendar, { holidays, validTo, zone, unlistedHolidays }]) => {
    if (!used.has(calendar)) return [];
    const years = holidays === "none" || unlistedHolidays ? [] : holidays.map(({ date }) => date.slice(0, 4)).sort();
    const year = years.at(-1);
    const ends = [
      ...(year === undefined ? [] : [{ last: year, day: `${year}-12-31` }]),
      ...(validTo === undefined ? [] : [{ last: validTo, day: validTo }]),
    ].sort((a, b) => (a.day < b.day ? -1 : 1));
    const [first] = ends;
    if (first === undefined) return [];
    return [{ calendar, last: first.last, at: startOfDay(Temporal.PlainDate.from(first.day).add({ days: 1 }), zone) }];
  });
}
