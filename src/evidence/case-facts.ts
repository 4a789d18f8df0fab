import { z } from "zod";
import { GoneWords } from "./gone-words.ts";

/** What is known of incidents, of what was decided about them, and of what was done: facts of registers, ours and others'. */

export const Time = z.number().int().nullable();
export const Text = z.string().nullable();

/** Left out by a reader whose source cannot know it. */
const MaybeTime = Time.default(null);
const MaybeText = Text.default(null);
const Count = z.number().int().min(0).nullable().default(null);
const YesNo = z.enum(["yes", "no"]).nullable().default(null);

/**
 * By how much a time may be later than it says, in milliseconds, by the name of the field: `{ detectedAt: 60000 }` where the
 * source gives minutes only. A field that is not here is exact.
 */
const Precision = z.record(z.string(), z.number().int().min(1)).default({});

/** The times of an incident, in the order in which they usually come. */
export const INCIDENT_TIMES = [
  "occurredAt",
  "detectedAt",
  "createdAt",
  "acknowledgedAt",
  "respondedAt",
  "triagedAt",
  "commanderAt",
  "awareAt",
  "containedAt",
  "eradicatedAt",
  "recoveredAt",
  "verifiedAt",
  "resolvedAt",
  "publishedAt",
  "closedAt",
] as const;
export type IncidentTime = (typeof INCIDENT_TIMES)[number];

/** One severity that an incident had, from when on; the first is the one it was given first. */
const Assigned = z.strictObject({
  at: Time,
  severity: z.string(),
  by: Text,
  /** Why it was given or changed; null where nobody said. */
  reason: Text,
});

const Escalation = z.strictObject({ at: Time, from: Text, to: Text, reason: Text });

/** Something that was said to somebody about it. */
const Message = z.strictObject({
  at: Time,
  /** As the policy names it: status-page, email, slack, phone, social-media. */
  channel: Text,
  audience: z.enum(["customers", "public", "internal", "authority", "subjects", "controller", "supplier"]).nullable(),
  purpose: z.enum(["acknowledgement", "update", "notice", "resolution", "summary", "formal"]).nullable(),
  /** How many received it, of how many that are affected. */
  reached: Count,
  of: Count,
});

/** A breach of personal data, for one role and one set of data: each has clocks of its own. */
const Breach = z.strictObject({
  role: z.enum(["controller", "processor"]).nullable(),
  /** Whose data, or which contract: an identifier. */
  dataset: Text,
  awareAt: Time,
  risk: z.enum(["unlikely", "risk", "high"]).nullable(),
  riskBy: Text,
  riskAt: Time,
  /** When that was written down first, where the source shows it: a decision that was dated back is none. */
  riskLoggedAt: Time.optional(),
  riskReason: Text,
  authorityAt: Time,
  /** Who told it, and under which number it is known there; left out where the source does not say. */
  authorityBy: z.string().optional(),
  authorityReference: z.string().optional(),
  controllerAt: Time,
  subjectsAt: Time,
  /** Why subjects need not be told. */
  exemption: Text,
  delayReason: Text,
  facts: Text,
  effects: Text,
  remedy: Text,
  people: Count,
});

/** A report under another law, by the name of the step in the rules: `nis2.early-warning`. */
const LawStep = z.strictObject({ step: z.string(), at: Time });

const incident = z.strictObject({
  kind: z.literal("incident"),
  id: z.string(),
  title: z.string(),
  /** The organisation's own word (Sev1, P2, Critical), as it is now. */
  severity: Text,
  status: Text,
  /** availability, security or both, where the source says so. */
  nature: Text,
  occurredAt: Time,
  detectedAt: Time,
  /** When it was entered into the register, where the register says so. */
  createdAt: MaybeTime,
  acknowledgedAt: Time,
  respondedAt: MaybeTime,
  triagedAt: MaybeTime,
  /** When a commander was named. */
  commanderAt: MaybeTime,
  /** When somebody knew that personal data, or a significant incident, is concerned. */
  awareAt: MaybeTime,
  containedAt: Time,
  eradicatedAt: MaybeTime,
  recoveredAt: MaybeTime,
  /** When the fix was checked. */
  verifiedAt: MaybeTime,
  resolvedAt: Time,
  /** When a review of it was published, where the rules ask for that. */
  publishedAt: MaybeTime,
  closedAt: Time,
  precision: Precision,
  owner: Text,
  commander: Text,
  personalData: z.enum(["yes", "no"]).nullable(),
  /** Who decided that, and when. */
  personalDataBy: MaybeText,
  personalDataAt: MaybeTime,
  review: Text,
  /** How it was noticed: a word of the policy's list of sources. */
  detectedBy: MaybeText,
  /** Marks that rules ask about: key-compromise, customer-data-accessed. */
  tags: z.array(z.string()).default([]),
  severities: z.array(Assigned).default([]),
  /**
   * Severities that were said of it and are not told any more, or not first, each with a record that says it: an earlier look at
   * its source, or a record of our own that was corrected or put behind one of an earlier date.
   */
  severitiesSeen: z.array(z.strictObject({ severity: z.string(), entry: z.number().int() })).optional(),
  /** Times that its source has told of no incident, so that it may not be able to: one that is missing says nothing. */
  untold: z.array(z.enum(INCIDENT_TIMES)).optional(),
  /** What its source has a place for, so that none of it is a sign that there was none; left out where nobody can tell. */
  tellsOf: z.array(z.enum(["messages", "breaches"])).optional(),
  escalations: z.array(Escalation).default([]),
  messages: z.array(Message).default([]),
  /** Steps that were taken at once, as the policy names them: rotate-credentials. */
  measures: z.array(z.string()).default([]),
  /** When each of these was taken, in their order; empty where the source does not say. */
  measuresAt: z.array(Time).default([]),
  breaches: z.array(Breach).default([]),
  lawSteps: z.array(LawStep).default([]),
  impact: z.strictObject({ confidentiality: Text, integrity: Text, availability: Text }).nullable().default(null),
  /** People, customers or organisations concerned. */
  affected: Count,
  supplier: MaybeText,
  cause: MaybeText,
  /** Groups repeats: causes of one key are the same cause. */
  causeKey: MaybeText,
  closedBy: MaybeText,
  closureReason: MaybeText,
  /** Conditions for closing that somebody waived when it was closed, as the policy names them. */
  waived: z.array(z.string()).default([]),
  reopened: z.number().int().min(0).default(0),
  /** `custody` for those that Custody opened by rule; they are counted apart. */
  origin: MaybeText,
  /** Records that took the place of earlier ones: the record that counts now, and those that it replaced. */
  corrected: z
    .array(z.strictObject({ entry: z.number().int().min(0), of: z.array(z.number().int().min(0)) }))
    .optional(),
  /** All records that it is made of, where links say that several are the same incident; itself first. No reader gives it. */
  linked: z
    .array(z.strictObject({ instance: z.string(), id: z.string(), entry: z.number().int(), review: Text }))
    .optional(),
  /** What these do not agree on: each value with the record that tells it. */
  differing: z
    .array(
      z.strictObject({
        field: z.string(),
        told: z.array(
          z.strictObject({ value: z.string(), instance: z.string(), id: z.string(), entry: z.number().int() }),
        ),
      }),
    )
    .optional(),
  /** What was written down about it: when it happened, how exactly that is known, and when it was written. Empty where the source does not show that. */
  written: z
    .array(
      z.strictObject({ what: z.string(), at: Time, precision: z.number().int().min(1).default(1), loggedAt: Time }),
    )
    .default([]),
});

const review = z.strictObject({
  kind: z.literal("review"),
  id: z.string(),
  title: z.string(),
  /** The incident it is about, by the id the author wrote. */
  incident: Text,
  severity: Text,
  author: Text,
  date: Time,
  approvedBy: Text,
  approvedAt: MaybeTime,
  publishedAt: MaybeTime,
  /**
   * Where its approval bears no time, or one at which a look at the source did not show it: the first record that shows it and when
   * that was seen, and the last one before that does not. It was given between them. `absent`: that one was without the review itself.
   */
  approvedSeen: z
    .strictObject({
      entry: z.number().int(),
      to: z.number().int(),
      without: z.number().int().nullable(),
      from: Time,
      absent: z.literal(true).optional(),
    })
    .optional(),
  /** What whoever approved it said with it, as the rules name it; null where its source cannot tell. */
  attested: z.array(z.string()).nullable().default(null),
  precision: Precision,
  /** Headings that have text under them, lower case. */
  sections: z.array(z.string()),
  /** Headings that stand there empty. */
  empty: z.array(z.string()),
  /** Whether it says what becomes of the controls. */
  controlChange: YesNo,
  actions: z.array(z.strictObject({ item: z.string(), owner: Text, due: Text })),
  /** Where what stands in it is gone, so that nobody can tell which parts it had. */
  goneWords: GoneWords.optional(),
});

const action = z.strictObject({
  kind: z.literal("action"),
  id: z.string(),
  title: z.string(),
  type: Text,
  incident: Text,
  finding: Text,
  activity: Text,
  owner: Text,
  due: Time,
  createdAt: Time,
  doneAt: Time,
  verifiedAt: Time,
  cancelledAt: Time,
  precision: Precision,
  result: Text,
  /** Files that show that it was done. */
  evidence: z.number().int().min(0),
  /** Each later date that was set, with the reason. */
  replanned: z.array(z.strictObject({ at: Time, due: Time, reason: Text })),
  tracker: Text,
});

/** A report of something that may be an incident, by a person. */
const event = z.strictObject({
  kind: z.literal("event"),
  id: z.string(),
  title: z.string(),
  channel: Text,
  receivedAt: Time,
  /** When whoever reported it was answered. */
  acknowledgedAt: MaybeTime,
  precision: Precision,
});

/** What was decided about one event: an alert of a source, or a report. */
const decision = z.strictObject({
  kind: z.literal("decision"),
  id: z.string(),
  about: z.strictObject({ instance: z.string(), kind: z.string(), id: z.string() }),
  decision: z.enum(["incident", "event-only", "false-positive", "duplicate"]),
  decidedAt: Time,
  by: Text,
  /** The approved rule by which it was decided. */
  rule: Text,
  reason: Text,
  incident: Text,
  duplicateOf: Text,
  /** How many events were decided by the same act. */
  together: z.number().int().min(1),
  precision: Precision,
  /** When a later decision took its place, or what it was about changed so that it counts no more. */
  supersededAt: MaybeTime,
  /** Why somebody has to look at it again; null where nothing speaks against it. */
  again: MaybeText,
});

/** An exercise, a training, a review of something else than an incident. */
const activity = z.strictObject({
  kind: z.literal("activity"),
  id: z.string(),
  type: z.string(),
  title: z.string(),
  at: Time,
  precision: Precision,
  participants: z.array(z.string()),
  incidents: z.array(z.string()),
  documented: z.boolean(),
  approvedBy: Text,
  approvedAt: Time,
  values: z.record(z.string(), z.union([z.string(), z.number(), z.boolean(), z.array(z.string())])),
});

/** A thing kept as evidence of an incident, as its records tell it now. */
const evidence = z.strictObject({
  kind: z.literal("evidence"),
  id: z.string(),
  title: z.string(),
  incident: Text,
  physical: z.boolean(),
  holder: Text,
  collectedAt: Time,
  collectedBy: Text,
  hashedAt: Time,
  verifiedAt: Time,
  released: z.boolean(),
  disposedAt: Time,
  digests: z.array(z.string()),
  /** Of the fields that a custody record should have, those that have something in them. */
  filled: z.array(z.string()),
  /** Everything that happened to it, in order. */
  events: z.array(
    z.strictObject({
      at: Time,
      act: z.string(),
      by: Text,
      from: Text,
      to: Text,
      reason: Text,
      result: Text,
      entry: z.number().int(),
      /** When it was recorded, which may be long after it happened. */
      loggedAt: MaybeTime,
      /** Whether whoever did it was allowed to at that time; null where nobody can tell. */
      allowed: YesNo,
    }),
  ),
  /** Where the chain does not close: a transfer from somebody who did not hold it. */
  holes: z.array(z.string()),
  /** What keeps a record without a hole from being closed, such as a handing over that was never confirmed; in words. */
  doubts: z.array(z.string()).default([]),
  precision: Precision,
  /** The time of the source that it is about. */
  covers: z.strictObject({ from: Time, to: Time }).nullable().default(null),
  /** Orders not to dispose of it, from when to when; `to` null while one stands. */
  holds: z.array(z.strictObject({ hold: z.string(), from: Time, to: Time })).default([]),
  /** Whether what derived files were made of is still there; null where nothing was derived. */
  originalKept: YesNo,
});

export const caseFacts = [incident, review, action, event, decision, activity, evidence] as const;
