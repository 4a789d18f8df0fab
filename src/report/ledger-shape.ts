import type { Iso, Verdict } from "./shape.ts";

/** The log on which the report stands: its state, its keys, and its verification. */

export interface LedgerState {
  readonly origin: string;
  readonly size: number;
  /** Root of the tree at that size, base64 as in the checkpoint. */
  readonly root: string;
  /** SHA-256 of the last record's bytes, hex. */
  readonly chainHead: string;
  readonly vkey: string;
  readonly keyId: string;
  /** Every key of the log, oldest first. */
  readonly keys: readonly KeyRow[];
  /** Logged-at of the last record: the report's "now". */
  readonly asOf: Iso;
  readonly since: Iso;
  readonly predecessor: {
    readonly origin: string;
    readonly size: number;
    readonly root: string;
    readonly reason: string;
  } | null;
}

/** One of the keys that ever signed the log, as its own records say. */
export interface KeyRow {
  readonly keyId: string;
  readonly vkey: string;
  /** The record from which on it signs, and its time; null where no record says. */
  readonly entry: number | null;
  readonly since: Iso | null;
  /** IDs of the keys that signed its introduction. Empty for the first one. */
  readonly introducedBy: readonly string[];
  readonly retired: { readonly entry: number; readonly at: Iso } | null;
  readonly revoked: {
    readonly entry: number;
    readonly at: Iso;
    readonly reason: string | null;
    readonly compromisedSince: Iso | null;
  } | null;
}

export interface Verification {
  readonly ok: boolean;
  /** False where the records are not those that were signed: what they say proves nothing. */
  readonly proven: boolean;
  readonly verdicts: readonly (Verdict & { readonly about: string })[];
  readonly checked: { readonly entries: number; readonly blobs: number; readonly bytes: number };
  /** All findings, also those beyond the listed ones. */
  readonly found: number;
  readonly findings: readonly {
    readonly code: string;
    readonly where: string;
    readonly expected: string;
    readonly found: string;
  }[];
}
