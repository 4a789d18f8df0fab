import type { Doer } from "./doer.ts";
import type { Known } from "./learning-shape.ts";
import type { Iso, Span } from "./shape.ts";

/**
 * Things kept as evidence of incidents, and whose hands they passed through. Kept apart from the evidence files that sources
 * gave, on which the results of this report stand.
 */
export interface CustodyPart {
  /** Kept at any time in the period, or belonging to an incident of it. */
  readonly items: readonly CustodyItem[];
  /** Those whose record had ended before the period, and are not listed. */
  readonly itemsBefore: number;
  readonly counts: {
    /** Of the items: whose chain closes from collection on, with a hole, without a field that should be there. */
    readonly contiguous: number;
    readonly holed: number;
    /** Without a hole, and with a handing over that was never confirmed. */
    readonly doubted: number;
    readonly incomplete: number;
    /** Files of them: all, hashed again since they came in, found altered, lawfully deleted. */
    readonly files: number;
    readonly verified: number;
    readonly altered: number;
    readonly disposed: number;
  };
  /** Who looked at evidence in the period, or was given some. */
  readonly reads: readonly ReadRow[];
}

export interface CustodyItem {
  readonly id: string;
  readonly title: string;
  readonly incident: string | null;
  readonly physical: boolean;
  readonly state: "held" | "returned" | "released" | "disposed" | "unknown";
  /** Where it is now, in one sentence. */
  readonly now: string;
  readonly holder: string | null;
  readonly holderSince: Iso | null;
  readonly collected: Known | null;
  readonly collectedBy: string | null;
  readonly location: string | null;
  readonly covers: Span | null;
  readonly fields: readonly {
    readonly name: string;
    readonly label: string;
    readonly value: string;
    readonly entry: number;
  }[];
  /** What its record should say and does not. */
  readonly missing: readonly string[];
  readonly files: readonly CustodyFile[];
  /** True where its original is kept beside what was made of it; null where nothing was. */
  readonly originalKept: boolean | null;
  readonly events: readonly CustodyEvent[];
  /** True where the chain closes from its collection on. */
  readonly contiguous: boolean;
  readonly holes: readonly (Span & {
    readonly kind: string;
    readonly text: string;
    readonly entries: readonly number[];
  })[];
  /** Handings over that whoever got it never confirmed, and who had it in hands meanwhile; in words. */
  readonly doubts: readonly string[];
  readonly handlers: readonly {
    readonly person: string;
    readonly from: Iso;
    readonly to: Iso | null;
    readonly entry: number;
  }[];
  readonly holds: readonly {
    readonly id: string;
    readonly from: Iso;
    readonly to: Iso | null;
    readonly entry: number;
  }[];
  readonly troubles: readonly { readonly entry: number; readonly text: string }[];
}

export interface CustodyFile {
  readonly digest: string;
  readonly size: number;
  readonly mediaType: string;
  readonly name: string | null;
  readonly entry: number;
  readonly hashedAt: Iso;
  readonly hashedBy: string;
  /** What it was made of, and how; null for an original. */
  readonly derived: { readonly from: readonly string[]; readonly change: string } | null;
  /** The newest time that its bytes were hashed again. */
  readonly verified: { readonly at: Iso; readonly result: "matches" | "differs"; readonly entry: number } | null;
  readonly disposed: {
    readonly at: Iso;
    readonly by: string;
    readonly authority: string;
    readonly reason: string;
    readonly entry: number;
  } | null;
}

export interface CustodyEvent extends Known {
  readonly act: string;
  readonly by: Doer;
  readonly logged: Iso;
  readonly from: string | null;
  readonly to: string | null;
  readonly reason: string | null;
  readonly note: string | null;
  readonly result: "matches" | "differs" | null;
  /** How many files it is about: none, where a thing was looked over or moved. */
  readonly files: number;
  /** Of a handing over: false where whoever got it never confirmed that. Null for everything else. */
  readonly confirmed: boolean | null;
  /** What is wrong with it beside holes: not allowed, recorded later, not confirmed. */
  readonly remarks: readonly string[];
  readonly entry: number;
}

export interface ReadRow {
  readonly at: Iso;
  readonly by: Doer;
  /** What was done: `access`, `export`, or what the files were handed out for. */
  readonly what: string;
  /** The thing, where it is one of those above. */
  readonly item: string | null;
  readonly files: number;
  readonly reason: string | null;
  readonly entry: number;
}
