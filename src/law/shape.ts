import { z } from "zod";
import { parseLegalPeriod } from "../calendar/legal.ts";
import { INCIDENT_TIMES } from "../evidence/case-facts.ts";
import { LAWS } from "../policy/afterwards.ts";
import { Day, Line, Short, Word } from "../policy/words.ts";

/** A law as data: who must tell whom what, from when on, by when, by which article, and since when that holds. */

/** A recorded moment: a time of the incident (`awareAt`), or a report or moment recorded for a law (`dora.initial`). */
const Moment = z
  .string()
  .regex(/^(?:[a-z]+[A-Za-z]*At|[a-z0-9]+\.[a-z]+(?:-[a-z]+)*)$/, {
    error: ({ input }) =>
      `expected a time of the incident such as awareAt, or a moment of this law such as dora.initial; found "${String(input).slice(0, 60)}"`,
  })
  .refine((text) => text.includes(".") || (INCIDENT_TIMES as readonly string[]).includes(text), {
    error: ({ input }) => `no incident has a time "${String(input)}"; expected one of ${INCIDENT_TIMES.join(", ")}`,
  });

const isPeriod = (text: string) => {
  try {
    return parseLegalPeriod(text) !== undefined;
  } catch {
    return false;
  }
};
const Term = z
  .string()
  .refine((text) => text === "no number" || isPeriod(text), {
    error: ({ input }) =>
      `expected a period such as 72h, 14d or 1mo, or \`no number\`; found "${String(input).slice(0, 60)}"`,
  })
  .describe("How long; `no number` where the law says without undue delay and the like.");

/** How the end of a period is found. */
export const COUNTINGS = ["strict", "eu-1182"] as const;

const Counting = z
  .enum(COUNTINGS)
  .describe(
    "`eu-1182`: as Regulation 1182/71 counts; what only its most generous reading would let pass stays undecided. `strict`: by the clock.",
  );

const Clock = z.strictObject({
  from: Moment.describe("Where it starts."),
  orFrom: Moment.optional().describe("Where it starts if that moment is not recorded; said in the result."),
  term: Term,
  counting: Counting.default("eu-1182"),
  noon: z
    .boolean()
    .default(false)
    .describe("A deadline on a weekend or holiday may end at noon of the next working day, for some organisations."),
  marks: z.array(Word).optional().describe("Counts only where the incident carries one of these marks."),
  notMarks: z.array(Word).optional().describe("Counts only where it carries none of these marks."),
  notWhereLater: Moment.optional().describe("Does not count where this moment came only after it was due."),
  ongoing: z
    .boolean()
    .optional()
    .describe("Counts only where the incident was still going on (true) or over (false) at `ongoingAt` of the step."),
});

const Step = z.strictObject({
  id: Word.describe("Its name, after the law's: `nis2` and `early-warning` are recorded as nis2.early-warning."),
  title: Short.describe("What is done, in own words."),
  article: Short,
  validFrom: Day.describe("Judged by it is what began on this day or later."),
  validTo: Day.optional().describe("The last such day; the step of the next day has the same id."),
  marks: z.array(Word).optional().describe("Only incidents with one of these marks, instead of those of the law."),
  roles: z.array(z.enum(["controller", "processor"])).optional(),
  risks: z.array(z.enum(["unlikely", "risk", "high"])).optional(),
  done: z
    .enum(["authorityAt", "controllerAt", "subjectsAt"])
    .optional()
    .describe("What ends it, in the record of a breach; a report recorded under the name of the step otherwise."),
  needs: z
    .array(z.enum(["facts", "effects", "remedy", "people"]))
    .optional()
    .describe("Texts that must be recorded; such a step has no clock."),
  after: z.enum(["authorityAt"]).optional().describe("These texts are needed once this was done."),
  unless: z
    .enum(["risk-unlikely", "exemption"])
    .optional()
    .describe("What lifts the duty: a decision that risk is unlikely with who, when and why; or a reason not to tell."),
  lateNeeds: z.enum(["delayReason"]).optional().describe("What must be recorded where it was late."),
  onlyIf: Moment.optional().describe("Only where this moment is recorded."),
  ongoingAt: z.strictObject({ from: Moment, term: Term, counting: Counting.default("eu-1182") }).optional(),
  clocks: z.array(Clock).max(6).default([]).describe("The one that is due first counts."),
  checked: z
    .union([z.literal(false), z.strictObject({ by: Short, confidence: z.enum(["high", "medium"]) })])
    .describe("By what the text was checked; `false`: not checked, and printed as such."),
  note: Line.optional(),
});

/** A file of `controls/laws`. */
export const LawShape = z
  .strictObject({
    $schema: z.string().optional(),
    law: z.enum(LAWS),
    title: Short,
    act: Short.describe("Its number."),
    about: z.enum(["breach", "incident"]).describe("`breach`: a clock for each role and set of data."),
    binds: Line.describe("Whom it binds, in own words."),
    standing: z.enum(["on", "off"]).describe("Where the organisation's rules do not say whether it binds."),
    why: Line.describe("Why it is on or off then; printed."),
    marks: z.array(Word).default([]).describe("Marks of an incident (`custody incident tag`) that this law is about."),
    notMarks: z.array(Word).default([]).describe("Marks that say somebody decided it is not."),
    moments: z
      .array(
        z.strictObject({
          id: Word,
          title: Short,
          counts: z.enum(["first", "last"]).default("first").describe("Which record counts where there are several."),
        }),
      )
      .default([])
      .describe("Moments other than its steps that are recorded with `custody incident law-step`."),
    steps: z.array(Step).min(1).max(60),
  })
  .meta({ title: "A law with the reports it asks for" });

export type Law = z.infer<typeof LawShape>;
export type LawStep = Law["steps"][number];
export type LawClock = LawStep["clocks"][number];
