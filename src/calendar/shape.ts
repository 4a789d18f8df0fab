import { z } from "zod";
import { canonicalBytes } from "../lib/canonical.ts";
import { type Digest, digestOf } from "../lib/digest.ts";
import { CustodyError } from "../lib/errors.ts";
import { mistakesOf } from "../lib/mistakes.ts";
import { didYouMeanZone, isZone } from "../lib/zone.ts";
import { calendarTroubles } from "./troubles.ts";

/** A business calendar as written: when business hours and business days are, and which days are none. Plain data. */

export const WEEKDAYS = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"] as const;
export type Weekday = (typeof WEEKDAYS)[number];

const Clock = z.string().regex(/^(?:[01]\d|2[0-3]):[0-5]\d$|^24:00$/, "expected a time of day from 00:00 to 24:00");
const Day = z.string().regex(/^\d{4}-\d\d-\d\d$/, "expected a date such as 2026-12-25");
const Name = z.string().trim().min(1).max(120);
const Hours = z.array(z.tuple([Clock, Clock])).max(8);

const Zone = z
  .string()
  .max(60)
  .refine(isZone, {
    error: ({ input }) => `expected a time zone such as Europe/Berlin${didYouMeanZone(String(input))}`,
  });

const Fields = z.strictObject({
  id: z
    .string()
    .regex(/^[a-z][a-z0-9-]{0,59}$/, "expected lower-case letters, digits and dashes")
    .optional(),
  zone: Zone.describe("IANA time zone of the wall clock."),
  hours: z
    .partialRecord(z.enum(WEEKDAYS), Hours)
    .describe('Working time of each weekday, several parts possible: {mon: [["09:00", "12:00"], ["13:00", "24:00"]]}.'),
  holidays: z
    .union([z.array(z.strictObject({ date: Day, name: Name })).max(2_000), z.literal("none")])
    .describe(
      "Days without work, each with its name. A year in which none is listed is not known; `none` says that work goes on on all of them.",
    ),
  days: z
    .array(z.strictObject({ date: Day, name: Name, hours: Hours.min(1) }))
    .max(500)
    .optional()
    .describe("Extra or shorter working days, each with its hours instead of those of the weekday."),
  unlistedHolidays: z
    .literal(true)
    .optional()
    .describe("The list of holidays is known to be incomplete: what a holiday could change stays undecided."),
  validFrom: Day.optional().describe("First day for which the calendar holds."),
  validTo: Day.optional().describe("Last day for which the calendar holds."),
  dayEnds: z
    .enum(["midnight", "close"])
    .optional()
    .describe("When a term in business days ends: with the last hour of its last day (default), or when work ends."),
  afterHours: z
    .enum(["no-roll", "roll"])
    .optional()
    .describe(
      "`roll`: what comes in after work counts as coming in when work begins again. Default `no-roll`, which is stricter.",
    ),
  says: z.string().trim().min(1).max(600).optional().describe("Where the rules say so, or why it was chosen."),
});

/** Shape and sense of a calendar: every problem is an issue of its own with its path. */
export const CalendarShape = Fields.superRefine((data, context) => {
  for (const { path, text } of calendarTroubles(data))
    context.addIssue({ code: "custom", path: [...path], message: text });
});
/** A calendar as plain data. */
export type CalendarData = z.infer<typeof Fields>;

/** More problems than a person would mend in one go are only counted. */
const MAX_PROBLEMS = 20;

/** Reads a calendar. Throws INPUT_INVALID with all its problems, each with its place below `where`. */
export function parseCalendar(value: unknown, where = "calendar"): CalendarData {
  const result = CalendarShape.safeParse(value, { reportInput: true });
  if (result.success) return result.data;
  const mistakes = mistakesOf(result.error, Fields, [], "shown");
  const lines = mistakes
    .slice(0, MAX_PROBLEMS)
    .map(({ path, text }) => `${[where, ...path.map(String)].join(".")}: ${text}`);
  if (mistakes.length > MAX_PROBLEMS) lines.push(`and ${mistakes.length - MAX_PROBLEMS} more`);
  throw new CustodyError("INPUT_INVALID", lines.join("\n"), {
    remedy: "Correct the calendar; nothing was read from it.",
  });
}

/** SHA-256 of the calendar's canonical form, so that a result can name the very calendar it was counted with. */
export function calendarDigest(data: CalendarData): Digest {
  return digestOf(canonicalBytes(data));
}

const OFFICE: readonly (readonly [string, string])[] = [["09:00", "17:00"]];

/** Used where the rules name no calendar: Monday to Friday 09:00 to 17:00, holidays unknown. */
export function defaultCalendar(zone: string): CalendarData {
  const hours = Object.fromEntries(WEEKDAYS.slice(0, 5).map((day) => [day, OFFICE.map(([a, b]) => [a, b])]));
  return {
    id: "default",
    zone,
    hours: hours as CalendarData["hours"],
    holidays: [],
    unlistedHolidays: true,
    says: "No calendar is set: Monday to Friday 09:00 to 17:00, holidays unknown.",
  };
}
