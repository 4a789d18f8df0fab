import type { Iso, Span } from "./shape.ts";

/** Evidence files of the period, files that people handed in, and those that were lawfully deleted. */

export interface EvidenceRow {
  readonly instance: string;
  readonly use: string;
  readonly origin: string;
  readonly digest: string;
  readonly size: number;
  readonly mediaType: string;
  readonly covers: Span | null;
  readonly firstCollected: Iso;
  readonly lastCollected: Iso;
  readonly captures: number;
  readonly firstEntry: number;
  readonly lastEntry: number;
  /** Collected after its slot was fixed, by a backfill. */
  readonly late: boolean;
  /** The incident because of which it was asked for later; null otherwise. */
  readonly keptFor: string | null;
  readonly masked: number;
}

export interface UploadRow {
  readonly entry: number;
  readonly at: Iso;
  readonly by: string;
  readonly controls: readonly string[];
  readonly captured: Iso | null;
  readonly incident: string | null;
  readonly files: readonly { readonly name: string; readonly digest: string; readonly size: number }[];
  readonly reason: string | null;
}

export interface DisposedPart {
  readonly files: number;
  readonly bytes: number;
  readonly reasons: readonly { readonly reason: string; readonly files: number }[];
  readonly rows: readonly {
    readonly digest: string;
    readonly size: number;
    /** The first and the last record that names it. */
    readonly firstEntry: number;
    readonly lastEntry: number;
    /** The record of its disposal, and when, by which authority and why. */
    readonly entry: number;
    readonly at: Iso;
    readonly authority: string;
    readonly reason: string;
  }[];
}

export type RegisterName = "incidents" | "reviews" | "alerts" | "jobs";

export interface Erased {
  readonly files: number;
  /** Records of their disposal. */
  readonly entries: readonly number[];
}

export interface HoldRow {
  readonly id: string;
  /** The record that placed it, when, who, and by whose order. */
  readonly entry: number;
  readonly since: Iso;
  readonly by: string;
  readonly authority: string;
  /** The record that released it; null while it stands. */
  readonly releasedEntry: number | null;
  readonly released: Iso | null;
  /** What it covers: all that are given must match; where none is, everything. */
  readonly digests: readonly string[];
  readonly instances: readonly string[];
  readonly window: Span | null;
  readonly incident: string | null;
}

export interface ProblemRow {
  readonly instance: string;
  readonly where: string;
  readonly message: string;
  readonly firstEntry: number;
  readonly lastEntry: number;
  /** True where a later look at all that the source has shows it no more. */
  readonly mended: boolean;
  /** The record of the first such look; null where it stands. */
  readonly mendedBy: number | null;
}

/** A file that somebody added to what they recorded. */
export interface AttachedRow {
  readonly entry: number;
  readonly at: Iso;
  /** Kind of the record, and what it is about. */
  readonly kind: string;
  readonly about: string | null;
  readonly digest: string;
  readonly size: number;
  readonly mediaType: string;
}
