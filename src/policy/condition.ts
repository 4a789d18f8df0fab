import { z } from "zod";
import { parseDuration } from "../lib/time.ts";
import { Clock, Line, SeverityLabel, Word } from "./words.ts";

/** Which incidents a rule is about. Everything that is said must hold; a list of conditions is met by any one of them. */
export const When = z
  .strictObject({
    severities: z.array(SeverityLabel).min(1).optional().describe("Its highest severity is one of these."),
    tags: z.array(Word).min(1).optional().describe("It carries at least one of these marks."),
    natures: z.array(Word).min(1).optional().describe("It is of one of these kinds."),
    sources: z.array(Word).min(1).optional().describe("It was noticed by one of these."),
    longerThan: Clock.optional().describe("It lasted longer than this, exactly this long not included."),
    personalData: z.boolean().optional().describe("Personal data is concerned, or is not."),
  })
  .refine(
    (when) => Object.keys(when).length > 0,
    "expected at least one of severities, tags, natures, sources, longerThan, personalData",
  )
  .describe("Everything that is said here must hold.");
export type When = z.infer<typeof When>;

/** Any one of these; all incidents where there is none. */
export const Whens = z.array(When).max(40).describe("Any one of these.");

/** What of an incident conditions ask about. Null is unknown. */
export interface CaseView {
  /** The highest it ever had, as the policy spells it. */
  readonly severity: string | null;
  readonly tags: readonly string[];
  readonly nature: string | null;
  readonly detectedBy: string | null;
  /** How long it lasted, in milliseconds: from what at least, to what at most; null while that is unknown. */
  readonly lasted: { readonly least: number; readonly most: number } | null;
  readonly personalData: boolean | null;
}

export type Holds = "yes" | "no" | "unknown";

/** Whether a condition holds of an incident; `unknown` where what it asks for is not known, never guessed. */
export function holds(when: When, about: CaseView): Holds {
  const parts: Holds[] = [];
  const oneOf = (list: readonly string[], value: string | null) =>
    parts.push(value === null ? "unknown" : list.includes(value) ? "yes" : "no");
  // What is not asked for is not looked at: it may be what could not be read.
  if (when.severities !== undefined) oneOf(when.severities, about.severity);
  if (when.sources !== undefined) oneOf(when.sources, about.detectedBy);
  if (when.natures !== undefined) oneOf(when.natures, about.nature);
  if (when.tags !== undefined) parts.push(when.tags.some((tag) => about.tags.includes(tag)) ? "yes" : "no");
  if (when.personalData !== undefined)
    parts.push(about.personalData === null ? "unknown" : about.personalData === when.personalData ? "yes" : "no");
  if (when.longerThan !== undefined) {
    const limit = parseDuration(when.longerThan) ?? 0;
    const { lasted } = about;
    parts.push(lasted === null ? "unknown" : lasted.least > limit ? "yes" : lasted.most <= limit ? "no" : "unknown");
  }
  return parts.includes("no") ? "no" : parts.includes("unknown") ? "unknown" : "yes";
}

/** The same of a list, of which one is enough; true of everything where there is no list. */
export function anyHolds(whens: readonly When[] | undefined, about: CaseView): Holds {
  if (whens === undefined) return "yes";
  const found = whens.map((when) => holds(when, about));
  return found.includes("yes") ? "yes" : found.includes("unknown") ? "unknown" : "no";
}

/** A choice that somebody made where a procedure can be read in more than one way; printed with every report. */
export const Choice = z.strictObject({
  id: Word,
  question: Line.describe("What the procedure leaves open, or says twice."),
  taken: Line.describe("How it is read here."),
  alternatives: z.array(Line).min(1).describe("How else it could be read."),
  says: Line.describe("What the procedure says, in short own words."),
  refs: z.array(z.string()).max(20).optional(),
  improve: z.boolean().default(false).describe("True where the procedure itself should be mended."),
});
export type Choice = z.infer<typeof Choice>;
