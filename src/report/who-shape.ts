import type { Doer } from "./doer.ts";
import type { Iso, Span } from "./shape.ts";

/** Who signed, who operates, who holds the key, and what people did in the period by how they were recognised. */
export interface WhoPart {
  readonly signers: readonly string[];
  readonly operators: readonly string[];
  /** `said`: somebody is named; else it is whoever operates the installation, where the key lies. */
  readonly keyHolders: { readonly said: boolean; readonly names: readonly string[] };
  /** The one person who signs, operates and holds the key; null where they are more, or nobody is known. */
  readonly onePerson: string | null;
  /** Those who are more than one of these, with which. */
  readonly several: readonly { readonly name: string; readonly parts: readonly WhoWord[] }[];
  /** Names that stand for more than one ID in the records, with the record of each ID and whether it acted or was only named. */
  readonly sameName: readonly {
    readonly name: string;
    readonly ids: readonly { readonly id: string; readonly acts: boolean; readonly entry: number }[];
  }[];
  /** Acts of people that were recorded in the period. */
  readonly acts: number;
  readonly people: readonly PersonActs[];
  readonly byRecognition: readonly {
    readonly recognised: string | null;
    readonly proven: boolean;
    readonly acts: number;
    /** Acts that are meant as a sign-off, and how many of them count as one. */
    readonly signing: number;
    readonly counting: number;
  }[];
}

export type WhoWord = "signs" | "operates" | "key";

export interface PersonActs {
  readonly by: Doer;
  readonly acts: number;
  readonly signing: number;
  readonly counting: number;
  readonly kinds: readonly { readonly kind: string; readonly acts: number }[];
  readonly firstEntry: number;
  readonly lastEntry: number;
}

/** What the organisation says with this report: that it is all there is, as far as it knows; and what the machine can say to that. */
export interface CompletenessStatement {
  readonly sources: number;
  readonly silent: readonly string[];
  readonly notConnected: number;
  readonly gaps: { readonly total: number; readonly open: number };
  /** Incidents in the register of the period, and reports of events that nobody decided on are in their own parts. */
  readonly incidents: number;
  /** What was changed about collecting and judging in the period, with the records. */
  readonly changes: readonly ChangeRow[];
  /** Sign-offs of this statement for the whole period that count; empty where nobody signed it. */
  readonly signed: readonly { readonly by: string; readonly at: Iso; readonly entry: number }[];
}

export interface ChangeRow {
  readonly at: Iso;
  /** `config`, `plan`, `policy`, `masking-rule`, `key`. */
  readonly kind: string;
  readonly what: readonly string[];
  /** Null where the program recorded it: whoever changed a file is not known. */
  readonly by: Doer | null;
  readonly entry: number;
}

/** Reports and packs that were recorded before, of the same time or a part of it. */
export interface EarlierReport {
  readonly at: Iso;
  readonly period: Span;
  readonly size: number;
  readonly what: "report" | "pack";
  readonly digest: string;
  readonly by: Doer;
  readonly entry: number;
}
