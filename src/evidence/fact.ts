import { z } from "zod";
import type { Instant } from "../lib/time.ts";

/**
 * What `read()` finds in a capture. Facts are derived, so they can be rebuilt; a capture cannot.
 *
 * The identity of a fact is (instance, kind, id): the id is the source's own and stays the same when the fact changes.
 * Times are milliseconds since 1970 in UTC; null is "the source does not say". A fact never invents what is not there.
 */
const Time = z.number().int().nullable();
const Text = z.string().nullable();

export const Fact = z.discriminatedUnion("kind", [
  z.strictObject({
    kind: z.literal("incident"),
    id: z.string(),
    title: z.string(),
    /** The organisation's own word (Sev1, P2, Critical). */
    severity: Text,
    status: Text,
    /** availability, security or both, where the source says so. */
    nature: Text,
    occurredAt: Time,
    detectedAt: Time,
    acknowledgedAt: Time,
    containedAt: Time,
    resolvedAt: Time,
    closedAt: Time,
    owner: Text,
    commander: Text,
    personalData: z.enum(["yes", "no"]).nullable(),
    review: Text,
  }),
  z.strictObject({
    kind: z.literal("review"),
    id: z.string(),
    title: z.string(),
    /** The incident it is about, by the id the author wrote. */
    incident: Text,
    severity: Text,
    author: Text,
    date: Time,
    approvedBy: Text,
    /** Headings that have text under them, lower case. */
    sections: z.array(z.string()),
    /** Headings that stand there empty. */
    empty: z.array(z.string()),
    actions: z.array(z.strictObject({ item: z.string(), owner: Text, due: Text })),
  }),
  z.strictObject({
    kind: z.literal("alert"),
    id: z.string(),
    name: z.string(),
    severity: Text,
    startsAt: z.number().int(),
    /** null while it goes on, or where the source did not see its end. */
    endsAt: Time,
    state: z.enum(["firing", "resolved", "suppressed", "pending"]),
    labels: z.record(z.string(), z.string()),
  }),
  z.strictObject({
    kind: z.literal("silence"),
    id: z.string(),
    by: Text,
    comment: Text,
    matches: z.string(),
    startsAt: z.number().int(),
    endsAt: z.number().int(),
  }),
  z.strictObject({
    kind: z.literal("alert-rule"),
    id: z.string(),
    name: z.string(),
    severity: Text,
    expression: z.string(),
  }),
  z.strictObject({
    kind: z.literal("job-run"),
    id: z.string(),
    job: z.string(),
    startedAt: Time,
    endedAt: Time,
    outcome: z.enum(["success", "failure", "started", "missed"]),
    detail: Text,
  }),
]);
export type Fact = z.infer<typeof Fact>;
export type FactKind = Fact["kind"];
export type FactOf<K extends FactKind> = Extract<Fact, { kind: K }>;

/** A fact with where it was read: enough to find the bytes again and to tell the newest word about a thing. */
export interface Observed {
  readonly fact: Fact;
  /** The configured collector it came through. */
  readonly instance: string;
  /** Index of the ledger entry (run, intake or import) that recorded the bytes. */
  readonly entry: number;
  /** Digest of the bytes it was read from. */
  readonly item: string;
  /** Position of its capture among those of the entry. */
  readonly position?: number;
  /** Position among the facts of its capture; entry, position and ordinal order all words about a thing. */
  readonly ordinal: number;
  /** The entry's own time. */
  readonly at?: Instant;
  /** When the bytes were captured, where that is at hand. */
  readonly capturedAt?: Instant;
}

/** Something in the bytes that a person should mend at the source. The bytes are kept as they are either way. */
export interface Problem {
  readonly kind: "problem";
  /** File and line, row, or JSON path. */
  readonly where: string;
  /** Expected, found, and what to do. */
  readonly message: string;
}
