import { z } from "zod";
import { Whens } from "./condition.ts";
import { Day, Deadline, Line, Name, rule, SeverityLabel, Short, Time, Word } from "./words.ts";

/** What must be done once an incident is over, and what laws and contracts ask for. */

export const Review = z.strictObject({
  required: Whens.describe("For which incidents; any one of these."),
  deadline: Deadline.default("no number"),
  from: Time.describe("Where its clock starts."),
  calendar: Word.optional(),
  counts: z.enum(["approved", "written", "published"]).default("approved").describe("What ends the clock."),
  sections: z
    .array(z.strictObject({ heading: Short, aliases: z.array(Short).default([]), holds: Line.optional() }))
    .default([])
    .describe("Headings that must have text under them, in your own words."),
  header: z.array(z.enum(["title", "date", "severity", "duration", "author", "incident"])).default([]),
  actionFields: z.array(z.enum(["item", "owner", "due"])).default([]),
  actionsTracked: z.boolean().default(false),
  linked: z.boolean().default(false).describe("True: the record of the incident names it."),
  controlDecision: z
    .boolean()
    .default(false)
    .describe("True: says whether controls are strengthened, yes or no and why."),
  keptIn: Short.optional(),
  attested: z.array(z.strictObject({ id: Word, ...rule })).default([]),
  ...rule,
});

export const PublicReview = z.strictObject({
  required: Whens,
  deadline: Deadline.default("no number"),
  from: Time,
  calendar: Word.optional(),
  place: Short.optional().describe("Address; `<date-slug>` and the like stand for what differs."),
  sections: z.array(Short).default([]),
  leavesOut: z.array(Short).default([]),
  ...rule,
});

/** What must be true before an incident is closed. */
export const CLOSING_NEEDS = [
  "resolved",
  "owner",
  "commander",
  "cause",
  "nature",
  "severity-reasons",
  "personal-data-decision",
  "breach-notices",
  "measures",
  "fix-verified",
  "recovery-checks",
  "collection-resumed",
  "evidence-preserved",
  "messages",
  "review-approved",
  "review-published",
  "control-decision",
  "actions-owned",
  "actions-done",
  "break-glass-off",
] as const;

export const Closing = z.strictObject({
  conditions: z.array(z.strictObject({ needs: z.enum(CLOSING_NEEDS), when: Whens.optional(), ...rule })).default([]),
  byRole: z
    .array(z.strictObject({ severities: z.array(SeverityLabel).min(1), role: z.enum(["owner", "operator"]), ...rule }))
    .default([])
    .describe("Who may close it; authenticated."),
  initialStatus: Word.optional(),
  reopened: z
    .strictObject({ ...rule })
    .optional()
    .describe("Marked as resolved too early: counted and told."),
});

/** A personal-data breach. The role is decided for each incident and set of data; this is what holds where nobody decided. */
export const Breach = z.strictObject({
  decision: z.strictObject({ ...rule }).describe("Whether personal data is concerned is recorded, by whom and when."),
  usualRole: z.enum(["controller", "processor"]).optional(),
  authority: z
    .strictObject({ term: Deadline, from: Time, orFrom: Time.optional(), law: Name.optional(), ...rule })
    .optional(),
  controllers: z
    .strictObject({
      term: Deadline,
      from: Time,
      orFrom: Time.optional(),
      basis: z.enum(["law", "contract"]),
      law: Name.optional(),
      calendar: Word.optional(),
      ...rule,
    })
    .optional(),
  subjects: z
    .strictObject({ when: z.enum(["high-risk", "any-risk"]), term: Deadline, law: Name.optional(), ...rule })
    .optional(),
  register: z.strictObject({ ...rule }).optional(),
});

export const Contract = z.strictObject({
  id: Name.describe("Customer or set of data, as incidents name it."),
  title: Short.optional(),
  role: z.enum(["controller", "processor"]),
  term: Deadline.describe("From when somebody knew until the other side is told."),
  from: Time.default("awareAt"),
  calendar: Word.optional(),
  validFrom: Day.optional(),
  validTo: Day.optional(),
  document: Name.optional(),
  ...rule,
});

export const Dataset = z.strictObject({
  id: Name,
  role: z.enum(["controller", "processor"]),
  contract: Name.optional(),
  ...rule,
});

export const LAWS = ["gdpr", "nis2", "dora", "cra"] as const;

export const Law = z.strictObject({
  law: z.enum(LAWS),
  on: z.boolean(),
  why: Line.describe("Why it binds you, or why not; printed."),
  decidedBy: Short.optional(),
  from: Day.optional(),
  refs: rule.refs,
});
