import { z } from "zod";
import { When } from "./condition.ts";
import { BulkLimits, IntakeRules } from "./intake-rule.ts";
import { Clock, Deadline, Line, RANKS, rule, SeverityLabel, Short, Word } from "./words.ts";

/** How bad an incident is, in the organisation's own words, and what decides it. */

export const Severity = z.strictObject({
  label: SeverityLabel.describe("As it stands in records."),
  rank: z.enum(RANKS).describe("Which of the four ranks it is; this is what reports of different organisations share."),
  title: Short.optional(),
  means: Line,
  examples: z.array(Line).max(40).default([]),
  aliases: z.array(Short).max(40).default([]).describe("How other registers spell it."),
  noImpact: z.boolean().default(false).describe("True where near-misses without any harm are recorded under it."),
  ...rule,
});

/** What is known of an incident sets the least severity it can have. */
export const MinimumRule = z.strictObject({
  id: Word,
  when: When,
  severity: SeverityLabel.describe("At least this one."),
  mayBeLowered: z.boolean().default(true).describe("False: lowering it needs the role under `closing`."),
  ...rule,
});

/** A measured signal that is over its limit for too long must have an incident. */
export const SignalRule = z.strictObject({
  id: Word,
  signal: Word.describe("What is measured; alerts are mapped to it by name."),
  longerThan: Clock.optional().describe("Longer than this; exactly this long does not count."),
  above: z
    .strictObject({ value: z.number().min(0), unit: z.string().regex(/^[a-zA-Z%/]{1,12}$/) })
    .optional()
    .describe("Above this value; exactly this value does not count."),
  severity: SeverityLabel,
  ...rule,
});

/** What kind of gap in evidence, or finding of Custody itself, is which severity. */
export const GAP_KINDS = [
  "stale-evidence",
  "control-failure",
  "backup-verification-failed",
  "backup-unrecoverable",
  "logging-gap",
  "log-altered",
  "key-compromised",
  "alert-path-down",
  "policy-deviation",
  "near-miss",
] as const;

export const GapRule = z.strictObject({
  id: Word,
  kind: z.enum(GAP_KINDS),
  severity: SeverityLabel,
  opensIncident: z.boolean().describe("True: Custody opens an incident for it, marked as its own and counted apart."),
  mayBeLowered: z.boolean().default(true),
  ...rule,
});

export const Nature = z.strictObject({ id: Word, title: Short, aliases: z.array(Short).default([]), ...rule });

export const Source = z.strictObject({
  id: Word,
  title: Short,
  aliases: z.array(Short).max(40).default([]),
  families: z.array(Word).default([]).describe("Which collectors bring it, by family."),
  says: Line.optional(),
  refs: rule.refs,
});

/** How what may be an incident is taken in and decided about. */
export const Intake = z.strictObject({
  everyReport: z.boolean().default(true).describe("True: each report and each alert is decided, whatever comes of it."),
  decide: z
    .record(SeverityLabel, Deadline)
    .default({})
    .describe("How long after a report somebody must have decided, by the severity that it gets."),
  calendar: Word.optional().describe("Which calendar counts business time here."),
  filters: z.array(z.strictObject({ id: Word, source: Word, subjectContains: Short.optional(), ...rule })).default([]),
  acknowledgeReports: z.strictObject({ term: Deadline, ...rule }).optional(),
  embargo: z.strictObject({ term: Deadline, noLegalAction: z.boolean().default(false), ...rule }).optional(),
  vulnerabilities: z
    .array(
      z.strictObject({
        id: Word,
        when: When.optional(),
        reachable: z.boolean(),
        severity: SeverityLabel,
        fixed: Deadline,
        fixedBy: z.literal("date-by-hand").optional().describe("The date is entered by hand, as for a sprint."),
        tracked: z.boolean().default(true),
        ...rule,
      }),
    )
    .default([]),
  rules: IntakeRules.default([]).describe("Which events are decided by a rule instead of a person."),
  bulk: BulkLimits.optional().describe("From how many decisions at once on somebody is told."),
  says: Line.optional(),
  refs: rule.refs,
});
