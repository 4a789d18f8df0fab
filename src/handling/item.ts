import type { RecordedAct } from "../evidence/act.ts";
import type { Entry, EntryOf } from "../evidence/entry.ts";
import type { GoneWords } from "../evidence/gone-words.ts";
import type { Instant, Interval } from "../lib/time.ts";
import type { Disposals, Disposed } from "../trust/disposals.ts";
import type { Holds } from "../trust/holds.ts";
import type { FieldValue } from "./fields.ts";
import type { Stamp } from "./order.ts";

/** A thing kept as evidence of an incident, as its records tell it: what it is, in whose hands it was, and where they say nothing. */

export type HandlingAct = EntryOf<"custody">["act"];

/** Evidence files that somebody was given otherwise than through the item: `access` records. */
export interface Access {
  readonly index: number;
  readonly at: Instant;
  readonly entry: EntryOf<"access">;
}

export interface HandlingInput {
  readonly acts: readonly RecordedAct[];
  readonly holds: Holds;
  readonly disposals: Disposals;
  readonly accesses: readonly Access[];
  /** Every record that names a file; without it those of the item alone are known. */
  readonly recordsOf?: (digest: string) => readonly Entry[];
  /** The incidents that a file tells of, by the readers of sources. */
  readonly incidentsOf?: (digest: string) => ReadonlySet<string>;
}

/** Whether whoever did something was allowed to, as far as the records tell. */
export interface Allowed {
  readonly word: "yes" | "no" | "unknown";
  /** `no`, `unknown`: why. */
  readonly why?:
    | "not-authorised"
    | "authorised-later"
    | "role"
    | "unproven"
    | "no-role"
    | "receiver-not-authorised"
    | undefined;
}

export interface ItemEvent {
  readonly act: HandlingAct;
  readonly stamp: Stamp;
  readonly loggedAt: Instant;
  readonly entry: number;
  /** Who recorded it, and how they were recognised. */
  readonly by: string;
  readonly role: string | undefined;
  readonly auth: string | undefined;
  readonly from: string | undefined;
  readonly to: string | undefined;
  readonly reason: string | undefined;
  /** Where the words of the record, the reason among them, are gone. */
  readonly gone?: GoneWords | undefined;
  /** What else was said: what was changed, where it was put, to whom it was sent. */
  readonly note: string | undefined;
  readonly result: "matches" | "differs" | undefined;
  readonly digests: readonly string[];
  /** `access`: what the files were handed out for, where a record about files says so. */
  readonly purpose: string | undefined;
  /** Records that this one took the place of. */
  readonly replaced: readonly number[];
  readonly allowed: Allowed;
  /** Recorded more than a day after it happened; `perhaps` where the time is not known that exactly. */
  readonly late: "no" | "perhaps" | "yes";
  /** By how much the clock of the machine was behind the log, in milliseconds. */
  readonly clockBehind: number | undefined;
  /** `transfer`: whether whoever took it over said so. */
  readonly confirmed: "receiver" | "giver-only" | "third-person" | undefined;
}

export interface ItemFile {
  readonly digest: string;
  readonly size: number;
  readonly mediaType: string;
  /** As it was called when it was brought in. */
  readonly name: string | undefined;
  /** The record that brought it in. */
  readonly entry: number;
  /** When its hash was computed, by whom. */
  readonly hashedAt: Instant;
  readonly hashedBy: string;
  /** Files it was made of, and how; undefined for an original. */
  readonly derived: { readonly from: readonly string[]; readonly change: string } | undefined;
  readonly disposed: Disposed | undefined;
  /** The newest time that its bytes were hashed again. */
  readonly verified:
    | { readonly at: Instant; readonly entry: number; readonly result: "matches" | "differs" }
    | undefined;
}

export type HoleKind =
  /** No record says how it was collected. */
  | "no-beginning"
  /** Something happened to it before it was collected. */
  | "before-beginning"
  /** It was collected a second time. */
  | "twice"
  /** Somebody handed it on who did not have it. */
  | "other-hands"
  /** It came to somebody, and nobody is named from whom. */
  | "no-giver"
  /** It was handed on, and nobody is named to whom. */
  | "no-receiver"
  /** Handed over at one time and received at a later one. */
  | "on-its-way"
  /** It had been returned or released, and came back. */
  | "nobody"
  /** Something happened to it after it was returned, released or disposed of. */
  | "after-end"
  /** Its bytes were not those that were recorded. */
  | "altered"
  /** Said to be disposed of, while its files can only go by a record of their own. */
  | "disposal-unrecorded";

/** Where the chain does not close. */
export interface Hole {
  readonly kind: HoleKind;
  /** The time of which nothing is known for certain; from equals to where it is one moment. */
  readonly from: Instant;
  readonly to: Instant;
  /** The records between which it lies. */
  readonly entries: readonly number[];
  /** Who held it before, by the records. */
  readonly holder: string | undefined;
  /** Who is named instead, and who has it after. */
  readonly named: string | undefined;
  readonly next: string | undefined;
}

/** A record that does not fit, in words; it is kept and shown. */
export interface Trouble {
  readonly entry: number;
  readonly text: string;
}

export interface ItemHold {
  readonly id: string;
  readonly index: number;
  readonly from: Instant;
  /** Undefined while it stands. */
  readonly to: Instant | undefined;
}

export interface Authorisation {
  readonly person: string;
  /** From when on it counts: never before it was recorded. */
  readonly from: Instant;
  readonly to: Instant | undefined;
  readonly entry: number;
}

export interface FieldSaid {
  readonly value: FieldValue;
  readonly entry: number;
}

export interface EvidenceItem {
  readonly id: string;
  /** Digest of the words of its first record. */
  readonly body: string | undefined;
  readonly incident: string | undefined;
  readonly physical: boolean;
  readonly title: string;
  readonly fields: ReadonlyMap<string, FieldSaid>;
  /** Fields that a custody record should have, and this one has not. */
  readonly missing: readonly string[];
  readonly files: readonly ItemFile[];
  readonly collected: Stamp | undefined;
  readonly collectedBy: string | undefined;
  readonly state: "held" | "returned" | "released" | "disposed" | "unknown";
  /** Who has it now; undefined after its end, and where nobody knows. */
  readonly holder: string | undefined;
  readonly holderSince: Instant | undefined;
  readonly ended: Stamp | undefined;
  readonly location: string | undefined;
  readonly covers: Interval | undefined;
  /** In the order in which they happened. */
  readonly events: readonly ItemEvent[];
  readonly holes: readonly Hole[];
  readonly handlers: readonly Authorisation[];
  readonly holds: readonly ItemHold[];
  readonly originalKept: boolean | undefined;
  readonly troubles: readonly Trouble[];
}
