import type { EntryOf } from "../evidence/entry.ts";
import type { Hash } from "../tlog/merkle.ts";
import type { Verifier } from "../tlog/note.ts";

/** A `key` entry and its place in the log. */
export interface KeyRecord {
  readonly index: number;
  readonly entry: EntryOf<"key">;
}

/** What the log says of a key that is reached from the pinned ones. */
export interface RingKey {
  readonly verifier: Verifier;
  /** Index of the entry that introduced it; undefined for a pinned key. */
  readonly introduced?: number;
  /** Index of the entry from which on it signs no more. */
  readonly retired?: number;
  readonly revoked?: {
    readonly index: number;
    readonly compromisedSince?: string;
    readonly reason?: string;
    readonly incident?: string;
  };
}

/**
 * The keys that count for one log: those pinned outside of it, and those reached from them by signed statements in it.
 * A key found in the store without such a statement never counts.
 */
export interface KeyRing {
  readonly keys: readonly RingKey[];
  /** Ranges of records [from, to) that a person attested after a revocation, by entry index. */
  readonly attested: readonly {
    readonly index: number;
    readonly key: string;
    readonly from: number;
    readonly to: number;
  }[];
  /** Statements that do not count, and why, in words for a finding. */
  readonly refused: readonly { readonly index: number; readonly expected: string; readonly found: string }[];
}

/** Walks forward from the pinned keys. `rootAt` gives the root of the first entries, as far as they are known. */
export function keyRing(
  pinned: readonly Verifier[],
  _statements: readonly KeyRecord[],
  _rootAt: (size: number) => Hash | undefined,
): KeyRing {
  return { keys: pinned.map((verifier) => ({ verifier })), attested: [], refused: [] };
}

/** Keys whose signature on a checkpoint of this size counts, leaving revocation aside. */
export function checkpointKeys(ring: KeyRing, size: number): Verifier[] {
  return ring.keys.filter((key) => key.retired === undefined || size <= key.retired).map((key) => key.verifier);
}
