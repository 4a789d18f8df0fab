import { z } from "zod";
import { INCIDENT_TIMES } from "../evidence/case-facts.ts";
import { Zone as AnyZone } from "../evidence/terms.ts";
import { parseDuration } from "../lib/time.ts";
import { didYouMeanZone } from "../lib/zone.ts";
import { termMistake } from "./term.ts";

/** What the rules of an organisation are made of: closed lists of words, and short texts. */

/** Worst first. Each organisation maps its own words onto these. */
export const RANKS = ["critical", "high", "medium", "low"] as const;
export type Rank = (typeof RANKS)[number];

/** Who is told; as the messages of an incident have it. */
export const AUDIENCES = [
  "customers",
  "public",
  "internal",
  "authority",
  "subjects",
  "controller",
  "supplier",
] as const;
/** What a message is for; as the messages of an incident have it. */
export const PURPOSES = ["acknowledgement", "update", "notice", "resolution", "summary", "formal"] as const;

const shown = (input: unknown) => `"${String(input).slice(0, 60)}"`;

/** Characters that would act where the text is printed, or hide what stands beside them. */
const ACTING = /[\u0000-\u001f\u007f-\u009f\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff]/;
const printable = (text: string) => !ACTING.test(text);
const NOT_PRINTABLE = "holds a line break or a character that cannot be seen; write it in one line";

/** One sentence or two. */
export const Line = z.string().trim().min(1).max(600).refine(printable, NOT_PRINTABLE);
export const Short = z.string().trim().min(1).max(160).refine(printable, NOT_PRINTABLE);

/** A name inside the rules. A number in it would be wrong as soon as the rule changes. */
export const Word = z.string().regex(/^[a-z]+(?:-[a-z]+)*$/, {
  error: ({ input }) =>
    `expected lower-case words with dashes and no digits, such as status-page; found ${shown(input)}`,
});

/** A name of something that has its name from elsewhere: a rule of a source, a contract. */
export const Name = z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._:@/+-]{0,99}$/, {
  error: ({ input }) => `expected letters, digits and . _ : @ / + - without spaces; found ${shown(input)}`,
});

/** It stands in records as it is, and those hold plain letters only. */
export const SeverityLabel = z.string().regex(/^[A-Za-z0-9][A-Za-z0-9 ._-]{0,39}$/, {
  error: ({ input }) =>
    `expected plain letters a to z, digits, spaces and . _ - (write ae, oe, ue for umlauts; the original word may stand under \`aliases\`), 40 at most; found ${shown(input)}`,
});

/** What an unwritten place looks like: `[assign name]`, `<name>`, TBD, TODO. */
const PLACEHOLDER = /\[[^\]]{2,80}\]|<[a-z][^>]{1,60}>|\b(?:TBD|TODO|FIXME|XXX)\b/i;

/** The unwritten place in a text, as it stands there; undefined where it is filled in. */
export function placeholderIn(text: string): string | undefined {
  return PLACEHOLDER.exec(text)?.[0];
}

const DATE = /^(\d{4})-(\d\d)(?:-(\d\d))?$/;

/** True for a day or month that the calendar has. */
function isDate(text: string): boolean {
  const [, year, month, day = "01"] = DATE.exec(text) ?? [];
  if (year === undefined || Number(year) < 1970) return false;
  const at = new Date(Date.UTC(Number(year), Number(month) - 1, Number(day)));
  // A day that the month does not have falls into another one.
  return at.getUTCMonth() === Number(month) - 1;
}

const notADate = ({ input }: { input?: unknown }, expected: string) =>
  DATE.test(String(input)) ? `there is no day ${String(input)}` : `expected ${expected}; found ${shown(input)}`;

/** A day. */
export const Day = z.string().refine((text) => isDate(text) && text.length === 10, {
  error: (issue) => notADate(issue, "a day such as 2026-11-20"),
});

/** A day, a month where no more is known, or a place that is not filled in yet. */
export const DateOrMonth = z.string().refine((text) => isDate(text) || placeholderIn(text) === text.trim(), {
  error: (issue) => notADate(issue, "a day such as 2026-11-20, or a month such as 2025-03"),
});

export const Time = z.enum(INCIDENT_TIMES);
export const Zone = z.string().check(({ value, issues }) => {
  if (AnyZone.safeParse(value).success) return;
  issues.push({
    code: "custom",
    input: value,
    message: `expected a time zone such as Europe/Berlin or UTC; found ${shown(value)}${didYouMeanZone(value)}`,
  });
});

/** How long, by the clock: `15m`, `4h`, `30d`. */
export const Clock = z.string().refine((text) => (parseDuration(text) ?? 0) > 0, {
  error: ({ input }) => `expected a duration such as 15m, 4h or 30d; found ${shown(input)}`,
});

/** A deadline: `within 15m`, `under 1h`, `within 5bd`, `at once`; or `no number`. */
export const Deadline = z.string().check(({ value, issues }) => {
  const mistake = termMistake(value, "deadline");
  if (mistake !== undefined) issues.push({ code: "custom", input: value, message: mistake });
});

/** How often: `every 60m`, `every 1bd`; or `no number`. */
export const Rhythm = z.string().check(({ value, issues }) => {
  const mistake = termMistake(value, "rhythm");
  if (mistake !== undefined) issues.push({ code: "custom", input: value, message: mistake });
});

/** How often something is expected, as a word: a cadence of slots. */
export const Cadence = z.enum(["hourly", "daily", "weekly", "monthly", "quarterly", "yearly", "on-event"]);

/** A rule of the acceptance list that this one answers to. */
export const Refs = z
  .array(z.string().regex(/^[A-Z]-\d{1,3}$/, "expected an id such as G-01"))
  .max(20)
  .optional()
  .describe("Ids of the acceptance list that this answers to; left out in rules of your own.");

/** What every rule has: the procedure in short own words, printed beside each result. */
export const rule = {
  says: Line.describe("What your procedure says, in short own words; printed beside each result."),
  refs: Refs,
};
