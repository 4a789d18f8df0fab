import { z } from "zod";
import { When, Whens } from "./condition.ts";
import { AUDIENCES, Deadline, Line, Name, PURPOSES, Rhythm, rule, SeverityLabel, Short, Time, Word } from "./words.ts";

/** What must be done while an incident is open: in which time, by whom, told to whom. */

/** A clock: from one time of an incident to another, with a deadline for each severity. */
export const Target = z.strictObject({
  from: Time.describe("Where the clock starts."),
  orFrom: Time.optional().describe("Where it starts instead while the first is not recorded."),
  to: Time.describe("Where it ends."),
  terms: z
    .record(SeverityLabel, Deadline)
    .describe("The deadline of each severity; a severity that is not here has none."),
  calendar: Word.optional().describe("Which calendar counts business time."),
  done: z
    .strictObject({
      channels: z.array(Word).min(1),
      audience: z.enum(AUDIENCES).optional(),
      all: z.boolean().default(true).describe("True: all of them, and the latest counts. False: the first one counts."),
    })
    .optional()
    .describe("Counts as done only by messages on these channels, not by the recorded time alone."),
  when: Whens.optional(),
  byHand: z.boolean().default(false).describe("True where dates are entered by hand, as for a sprint."),
  ...rule,
});

export const Updates = z.strictObject({
  from: Time,
  to: Time,
  terms: z.record(SeverityLabel, Rhythm),
  calendar: Word.optional(),
  channels: z.array(Word).min(1).describe("Which messages count."),
  audience: z.enum(AUDIENCES).optional(),
  grace: z
    .string()
    .regex(/^(?:0|[1-9]\d{0,4})(?:s|m|h)$/, "expected a duration such as 0m or 5m")
    .default("0m"),
  evenWithoutNews: z.boolean().default(false),
  atLeastOne: z.boolean().default(false).describe("True: at least one even where there is no number."),
  when: Whens.optional(),
  ...rule,
});

export const Assigned = z.strictObject({
  severities: z.array(SeverityLabel).min(1),
  person: z.boolean().default(true).describe("True: a person by name, not a team or a queue."),
  ...rule,
});

export const Escalation = z.strictObject({
  chain: z.array(Word).default([]).describe("In this order."),
  immediate: z
    .strictObject({ severities: z.array(SeverityLabel).min(1), to: Word, term: Deadline, ...rule })
    .optional(),
  further: z
    .array(z.strictObject({ id: Word, when: When, to: Word, term: Deadline.default("at once"), ...rule }))
    .default([]),
  fields: z.array(z.enum(["at", "from", "to", "reason"])).default([]),
  says: Line.optional(),
  refs: rule.refs,
});

export const Channel = z.strictObject({
  id: Word,
  title: Short,
  public: z.boolean().default(false),
  aliases: z.array(Short).default([]).describe("How sources spell it."),
  says: Line.optional(),
  refs: rule.refs,
});

export const Told = z.strictObject({
  id: Word,
  when: Whens.optional(),
  channels: z.array(Word).default([]),
  any: z.boolean().default(false).describe("True: one of the channels is enough. False: each of them."),
  audience: z.enum(AUDIENCES).optional(),
  purpose: z.enum(PURPOSES).optional(),
  from: Time.optional().describe("Where its clock starts; what comes earlier is told, not judged."),
  term: Deadline.default("no number"),
  last: Time.optional().describe("The last message belongs to this time."),
  everyAffected: z.boolean().default(false).describe("True: as many must be reached as are affected."),
  recommended: z.boolean().default(false).describe("True: the procedure only says that it may be done."),
  ...rule,
});

export const Communications = z.strictObject({
  channels: z.array(Channel).min(1),
  required: z.array(Told).default([]),
  forbidden: z.array(z.strictObject({ channel: Word, audience: z.enum(AUDIENCES).optional(), ...rule })).default([]),
  order: z
    .strictObject({ channels: z.array(Word).min(2), ...rule })
    .optional()
    .describe("The first message on each, in this order."),
  independent: z.strictObject({ channels: z.array(Word).min(1), attested: Name, ...rule }).optional(),
  attested: z
    .array(z.strictObject({ id: Word, ...rule }))
    .default([])
    .describe("What only a person can say of the messages, when a review is approved."),
  summary: z
    .strictObject({ when: Whens, sections: z.array(Short).default([]), leavesOut: z.array(Short).default([]), ...rule })
    .optional(),
  nothingToDisclose: z.strictObject({ place: Short, ...rule }).optional(),
});

/** Steps by the part of the work they belong to. */
export const PHASES = ["investigation", "containment", "eradication", "recovery"] as const;

export const Measure = z.strictObject({
  id: Word.describe("As it stands in the record of an incident."),
  phase: z.enum(PHASES),
  title: Short,
  when: Whens.optional(),
  term: Deadline.default("no number"),
  mayNotApply: z.boolean().default(true).describe("True: may be marked as not applicable, with a reason."),
  before: Time.optional().describe("Must be done before this time of the incident."),
  ...rule,
});

export const Recovery = z.strictObject({
  checks: z
    .array(z.strictObject({ id: Word, title: Short, when: Whens.optional(), ...rule }))
    .min(1)
    .describe("Each with a result, after the fix and before it is called resolved."),
  collectionResumes: z
    .boolean()
    .default(false)
    .describe("True: the next expected run of each collector concerned succeeded."),
  backfill: z.boolean().default(false).describe("True: what is missing is asked for again; it stays marked as late."),
});

export const Evidence = z.strictObject({
  beforeCleanup: z.strictObject({ when: Whens.optional(), ...rule }).optional(),
  hold: z
    .strictObject({ when: Whens.optional(), ...rule })
    .optional()
    .describe("Nothing is deleted while it is open."),
  neverEdited: z.strictObject({ ...rule }).optional(),
  kept: z.array(z.strictObject({ id: Word, what: Short, place: Short, ...rule })).default([]),
  window: z
    .strictObject({ when: Whens.optional(), queries: z.boolean().default(false), ...rule })
    .optional()
    .describe("Evidence of the time concerned is collected, with what was asked."),
});
