import { z } from "zod";
import type { Instant } from "../lib/time.ts";
import { caseFacts, Text, Time } from "./case-facts.ts";
import type { GoneWords } from "./gone-words.ts";

/**
 * What `read()` finds in a capture. Facts are derived, so they can be rebuilt; a capture cannot.
 *
 * The identity of a fact is (instance, kind, id): the id is the source's own and stays the same when the fact changes.
 * Times are milliseconds since 1970 in UTC; null is "the source does not say". A fact never invents what is not there.
 */
export const Fact = z.discriminatedUnion("kind", [
  ...caseFacts,
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
/** A fact with everything that its kind can say. */
export type Fact = z.output<typeof Fact>;
/** A fact as a reader gives it: what its source cannot know may be left out. */
export type FactInput = z.input<typeof Fact>;

/** The same fact with all that its source cannot know filled in as unknown. Throws where it is no fact. */
export function wholeFact<K extends FactKind>(fact: Extract<FactInput, { kind: K }>): FactOf<K> {
  return Fact.parse(fact) as FactOf<K>;
}

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
  /** The file, page or address that the bytes are of, as the collector names it. */
  readonly origin?: string;
  /** The entry's own time. */
  readonly at?: Instant;
  /** When the bytes were captured, where that is at hand. */
  readonly capturedAt?: Instant;
  /**
   * Where words of people that it was made of are gone: the fact as it would be if there had been something in each of them,
   * and the records whose words they were. What differs between the two nobody can tell any more.
   */
  readonly ifKept?: { readonly fact: Fact; readonly gone: readonly GoneWords[] };
  /** Values of it that stand there and could not be read: what the fact says of them is no answer. Left out where there are none. */
  readonly unread?: readonly UnreadValue[];
}

/** A value of a fact that could not be read, and where that stands. */
export interface UnreadValue {
  readonly field: string;
  readonly where: string;
  readonly message: string;
}

/** Something in the bytes that a person should mend at the source. The bytes are kept as they are either way. */
export interface Problem {
  readonly kind: "problem";
  /** File and line, row, or JSON path. */
  readonly where: string;
  /** Expected, found, and what to do. */
  readonly message: string;
  /**
   * All that it makes uncertain, where the reader is sure of that: facts of the same capture, and their fields. Left out where it
   * may hide anything, such as a whole record.
   */
  readonly about?: readonly Doubted[];
}

/** A fact with fields whose values could not be read; with none where what could not be read is nothing that a fact holds. */
export interface Doubted {
  readonly kind: FactKind;
  readonly id: string;
  readonly fields: readonly string[];
}
