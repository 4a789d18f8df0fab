import { z } from "zod";
import { BlobRef } from "./blob.ts";
import { Digest, Head, Id, Label, Time, Window } from "./terms.ts";

/**
 * The records of what people do about incidents, and of the rules they are judged by: the fields of each kind beside the
 * common ones. Words of people (titles, reasons, names) are in `body`, a JSON blob that can be disposed of; what is here
 * stays for ever. Nothing is edited: a record with `corrects` takes the place of an earlier one of its kind, which stays
 * readable and is told as corrected.
 */

/** A fact as a source told it, in one of its revisions. `id` is the source's own, or a name made of it where it has spaces. */
export const FactRef = z.looseObject({
  instance: Id,
  kind: Id,
  id: Id,
  /** Which word about it was looked at: entry, position of the fact's file, and the file. */
  entry: z.int().min(0),
  item: Digest.optional(),
  ordinal: z.int().min(0).optional(),
});
export type FactRef = z.infer<typeof FactRef>;

/** A thing of our own records: `incident` `INC-2026-004`. */
export const RecordRef = z.looseObject({
  type: z.enum(["incident", "event", "action", "finding", "evidence", "activity", "gap", "entry", "file", "external"]),
  id: Id,
});
export type RecordRef = z.infer<typeof RecordRef>;

/** Values of an act: identifiers, words of closed lists, times, counts. Which belong to which act, the room that reads them says. */
const Values = z.record(
  z.string().regex(/^[a-z][a-zA-Z]{0,39}$/),
  z.union([Label, z.int(), z.boolean(), z.array(Label).max(64)]),
);

/** What every act may say beside its own fields. */
const act = {
  /** When it happened, by whoever recorded it; the record's own `at` is when it was logged. */
  happened: Time,
  /** How exactly that is known, in milliseconds: 60000 for a minute, 86400000 for a day. Exact without it. */
  precision: z
    .int()
    .min(1)
    .max(366 * 86_400_000)
    .optional(),
  /** Index of an earlier record of this kind about the same thing that this one replaces. */
  corrects: z.int().min(0).optional(),
  body: BlobRef.optional(),
};

export const actKinds = {
  /** The organisation's own rules, from when on they hold. The first one of a log reaches back. */
  policy: {
    policy: Id,
    version: Label,
    effective: Time,
    definition: BlobRef,
  },
  /** One act on an incident of the register. */
  incident: { incident: Id, act: Label, ...act, values: Values.optional() },
  /** A report of something that may be an incident, by a person: mail, call, chat. Alerts of sources are events by themselves. */
  event: {
    event: Id,
    channel: Label,
    /** `report`, also where nothing is said: it came in then. `acknowledge`: whoever reported it was answered then. */
    act: z.enum(["report", "acknowledge"]).optional(),
    evidence: z.array(BlobRef).max(16).optional(),
    ...act,
  },
  /** What was decided about events. Either facts of sources or reports of our own, up to 64 in one decision. */
  "event-decision": {
    facts: z.array(FactRef).max(64).optional(),
    events: z.array(Id).max(64).optional(),
    decision: z.enum(["incident", "event-only", "false-positive", "duplicate"]),
    /** `incident`: which one it became, or belongs to. `duplicate`: of which event. */
    incident: Id.optional(),
    duplicateOf: Id.optional(),
    /** The approved intake rule by which it was decided, as the policy names it. */
    rule: Id.optional(),
    /** How many events were decided at once, where that took more than this record; else those of this record. */
    together: z.int().min(1).optional(),
    /** True where whoever decided about several says that each was looked at by itself. */
    each: z.boolean().optional(),
    ...act,
  },
  /** A step to be taken: containment, correction, improvement. */
  action: {
    action: Id,
    act: z.enum(["open", "assign", "replan", "done", "verify", "cancel", "reopen", "follow"]),
    type: z.enum(["containment", "eradication", "recovery", "corrective", "preventive", "improvement"]).optional(),
    incident: Id.optional(),
    finding: Id.optional(),
    activity: Id.optional(),
    owner: Id.optional(),
    due: Time.optional(),
    result: z.enum(["effective", "not-effective", "not-applicable"]).optional(),
    /** Where it is followed elsewhere: `github:owner/name#12`, the number of a commit or of a ticket. */
    tracker: z
      .string()
      .regex(/^[A-Za-z0-9][A-Za-z0-9._:@/+#-]{0,199}$/, "expected letters, digits and . _ : @ / + # -")
      .optional(),
    evidence: z.array(BlobRef).max(16).optional(),
    ...act,
  },
  /** Two things that belong together. Only this merges records of different sources. */
  link: {
    from: z.union([RecordRef, FactRef]),
    to: z.union([RecordRef, FactRef]),
    relation: z.enum(["same", "alert", "evidence", "review", "cause", "duplicate", "risk", "follows", "about"]),
    act: z.enum(["add", "remove"]),
    ...act,
  },
  /** A failed check that is accepted until a day, by somebody. */
  waiver: {
    waiver: Id,
    act: z.enum(["grant", "revoke"]),
    requirement: Id,
    /** Only for these records; for all where none is named. */
    incidents: z.array(Id).max(64).optional(),
    owner: Id,
    until: Time,
    /** Also for what had failed before it was granted. Without it only what is named, or begins later, is meant. */
    earlier: z.boolean().optional(),
    ...act,
  },
  /** A requirement that was not met, and what became of it. */
  finding: {
    finding: Id,
    act: z.enum(["open", "note", "cause", "correct", "plan", "done", "verify", "close", "reopen", "assign", "replan"]),
    origin: z.enum(["own", "internal-audit", "external-audit", "customer", "authority"]).optional(),
    requirement: Id.optional(),
    control: Id.optional(),
    /** How many of how many. */
    extent: z.looseObject({ failing: z.int().min(0), of: z.int().min(0) }).optional(),
    /** The time that was looked at. */
    window: Window.optional(),
    entries: z.array(z.int().min(0)).max(256).optional(),
    owner: Id.optional(),
    due: Time.optional(),
    result: z.enum(["effective", "not-effective"]).optional(),
    evidence: z.array(BlobRef).max(16).optional(),
    ...act,
  },
  /** A choice out of a population, by hand or drawn so that anybody draws the same. */
  sample: {
    sample: Id,
    act: z.enum(["freeze", "draw", "pick", "mark"]),
    /** The population as it was frozen: one canonical JSON blob. */
    population: BlobRef.optional(),
    /** The time that the population is of; in every act of a sample, so that packs of that time hold all of them. */
    window: Window.optional(),
    /** `freeze`: rows of the population; `draw`: how many were asked for. */
    size: z.int().min(0).optional(),
    /** The log when the population was frozen, and the head that seeds the draw. */
    seen: Head.optional(),
    seed: Head.optional(),
    /** What was chosen, in order. */
    chosen: z.array(Id).max(256).optional(),
    result: z.enum(["accepted", "flagged", "not-applicable"]).optional(),
    ...act,
  },
  /** A thing kept as evidence of an incident, and whose hands it passes through. */
  custody: {
    evidence: Id,
    act: z.enum([
      "collect",
      "receive",
      "store",
      "access",
      "transfer",
      "export",
      "verify",
      "copy",
      "return",
      "release",
      "dispose",
      "describe",
      /** Who may handle it from here on, or may not any more. */
      "authorise",
    ]),
    incident: Id.optional(),
    physical: z.boolean().optional(),
    /** Whoever held it before, and holds it now: random IDs. */
    from: Id.optional(),
    to: Id.optional(),
    /** The files of this log that are the thing, or a copy of it. */
    digests: z.array(Digest).max(64).optional(),
    /** `verify`: whether it was found as it had been. */
    result: z.enum(["matches", "differs"]).optional(),
    /** Files that this record brings in, the thing itself or what was made of it; or puts under another incident. */
    evidenceFiles: z.array(BlobRef).max(16).optional(),
    values: Values.optional(),
    ...act,
  },
  /** Something that was held: an exercise, a training, a review of an incident or of the rules. */
  activity: {
    activity: Id,
    type: z.enum([
      "incident-review",
      "exercise",
      "training",
      "procedure-review",
      "contact-check",
      "log-review",
      "recurrence-review",
      "trend-review",
      "restore-test",
      "test-report",
    ]),
    act: z.enum(["record", "document", "approve", "withdraw", "publish"]),
    incidents: z.array(Id).max(64).optional(),
    participants: z.array(Id).max(256).optional(),
    /** The document, as it was approved. */
    document: BlobRef.optional(),
    evidence: z.array(BlobRef).max(16).optional(),
    values: Values.optional(),
    ...act,
  },
} as const;
