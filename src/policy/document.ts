import { z } from "zod";
import { Cadence, Clock, DateOrMonth, Line, Name, Refs, rule, SeverityLabel, Short, Word } from "./words.ts";

/** The procedure as a document, and what its owner has to keep up beside incidents. */

/** What can stand at the head of a procedure. */
export const HEADER = [
  "id",
  "version",
  "owner",
  "approvedBy",
  "effectiveFrom",
  "lastEdited",
  "lastReviewed",
  "review",
] as const;

export const Document = z.strictObject({
  header: z.array(z.enum(HEADER)).default([]).describe("What must stand at its head, by its own words."),
  id: Name.optional().describe("As the document itself says it."),
  owner: Short.optional().describe("Role or name; a role is better."),
  approvedBy: Short.optional().describe("Who approved it; somebody else than the owner where there is somebody else."),
  effectiveFrom: DateOrMonth.optional().describe(
    "From when on it holds. Never counts for the time before it was logged.",
  ),
  lastEdited: DateOrMonth.optional(),
  lastReviewed: DateOrMonth.optional(),
  review: z
    .strictObject({
      every: z
        .string()
        .regex(/^[1-9]\d{0,2}(?:mo|y)$/, "expected months or years, such as 12mo or 1y")
        .optional(),
      after: z.array(SeverityLabel).optional().describe("After an incident of these severities as well."),
      within: Clock.optional().describe(
        "How long after such an incident was closed; no number unless your procedure has one.",
      ),
      ...rule,
    })
    .optional(),
  references: z
    .array(z.strictObject({ id: Word, title: Short, place: Short.optional().describe("Path or address."), ...rule }))
    .max(100)
    .default([])
    .describe("Other documents that the procedure relies on."),
  says: Line.optional(),
  refs: Refs,
});

export const Exception = z.strictObject({
  id: Word,
  rule: Short.describe("Which rule is not followed."),
  reason: Line,
  owner: Short,
  until: DateOrMonth,
  refs: Refs,
});

export const AcceptedGap = z.strictObject({
  id: Word,
  about: Short,
  reason: Line,
  owner: Short,
  until: DateOrMonth.optional(),
  refs: Refs,
});

const JobName = Short.describe(
  "The scheduled job whose runs show it, as the watcher of jobs calls it; without it nobody can see whether it was done.",
);

/** What has to run all the time, and is shown by evidence of its own. */
export const Upkeep = z.strictObject({
  monitors: z
    .array(
      z.strictObject({
        id: Word,
        title: Short,
        alertsOn: z.array(Short).default([]),
        alerts: z
          .record(Short, z.array(Short).min(1))
          .default({})
          .describe("The names of the rules that raise them, by what they alert on."),
        ...rule,
      }),
    )
    .default([])
    .describe("What must be watched."),
  collectors: z
    .array(
      z.strictObject({
        family: Word,
        cadence: Cadence,
        controls: z.array(Name).min(1),
        ...rule,
      }),
    )
    .default([])
    .describe("Which evidence the procedure itself says is collected, how often and for what."),
  backups: z
    .strictObject({
      every: Cadence,
      job: JobName.optional(),
      encrypted: z.boolean().optional(),
      separateProvider: z.boolean().optional(),
      separateRegion: z.boolean().optional(),
      region: Short.optional().describe("Where they must lie."),
      ...rule,
    })
    .optional(),
  restores: z
    .strictObject({
      every: Cadence,
      job: JobName.optional(),
      within: Clock.optional().describe("How long a restore may take at most."),
      strict: z.boolean().default(false).describe("True: under this duration, not exactly it."),
      ...rule,
    })
    .optional(),
  logs: z
    .strictObject({
      keep: Clock.optional().describe("For how long logs are there."),
      reviewed: Cadence.optional().describe("How often somebody looks through them."),
      warnBefore: Clock.optional().describe("How long before logs of an open incident are gone somebody is told."),
      ...rule,
    })
    .optional(),
  heads: z
    .strictObject({ every: Cadence, job: JobName.optional(), of: Short, where: Short.optional(), ...rule })
    .optional(),
  onCall: z
    .strictObject({
      levels: z.array(Word).min(1).describe("First, second …: each with somebody named at every moment."),
      named: z.record(Word, Short).default({}).describe("Who it is, by level; a role is better than a name."),
      continuous: z.boolean().default(true),
      alertChannels: z.array(Word).default([]).describe("Where alerts arrive; each is tested."),
      runbook: z.boolean().default(false).describe("Whom to call must stand in a runbook, dated."),
      ...rule,
    })
    .optional(),
  retention: z
    .array(
      z.strictObject({
        id: Word,
        what: Short,
        keep: z.string().regex(/^[1-9]\d{0,3}(?:d|mo|y)$/, "expected how long, such as 30d, 12mo or 3y"),
        ...rule,
      }),
    )
    .default([]),
  practices: z
    .array(z.strictObject({ id: Word, shownBy: Line.describe("What shows it."), every: Cadence.optional(), ...rule }))
    .default([])
    .describe("What else the procedure promises, that a person has to show."),
});
