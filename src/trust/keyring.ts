import type { EntryOf } from "../evidence/entry.ts";
import type { Hash } from "../tlog/merkle.ts";
import type { Verifier } from "../tlog/note.ts";
import { MAX_STATEMENTS, walkForward } from "./walk.ts";

export { MAX_STATEMENTS } from "./walk.ts";

/** A `key` entry and its place in the log. */
export interface KeyRecord {
  readonly index: number;
  readonly entry: EntryOf<"key">;
}

export interface Revocation {
  /** Index of the first statement that revokes it: from there on it counts for nothing. */
  readonly index: number;
  /** The earliest moment that any revocation of it names. */
  readonly compromisedSince?: string;
  readonly reason?: string;
  readonly incident?: string;
}

/** What the log says of a key that is reached from the pinned ones. */
export interface RingKey {
  readonly verifier: Verifier;
  /** Index of the entry that introduced it; undefined for a pinned key. */
  readonly introduced?: number;
  /**
   * A key that was there before the pinned ones, or that is only spoken of: its signature on an old head says something, it
   * makes no checkpoint count.
   */
  readonly former?: true;
  /** Index of the entry from which on it signs no more. */
  readonly retired?: number;
  readonly revoked?: Revocation;
}

/** Records that a person has looked through after a key was revoked. */
export interface Attested {
  readonly index: number;
  /** The revoked key. */
  readonly key: string;
  /** [from, to) */
  readonly from: number;
  readonly to: number;
  readonly at: string;
  /** Id of the person, and how they were recognised. */
  readonly by: string;
  readonly auth: string;
}

export interface Refused {
  readonly index: number;
  readonly expected: string;
  readonly found: string;
}

/**
 * The keys that count for one log: those pinned outside of it, and those reached from them by signed statements in it.
 * A key found in the store without such a statement never counts.
 */
export interface KeyRing {
  readonly keys: readonly RingKey[];
  /** Ranges of records that a person attested after a revocation. */
  readonly attested: readonly Attested[];
  /** Statements that do not count, and why, in words for a finding. */
  readonly refused: readonly Refused[];
}

/**
 * For each key that was revoked as compromised, by vkey: up to which size of the log its word stands, because somebody outside
 * dated that head before `compromisedSince`.
 */
export type SafeSizes = ReadonlyMap<string, number>;

/**
 * Walks forward from the pinned keys. `statements` are the `key` entries in order, `rootAt` gives the root of the first
 * entries, as far as they are known. Without `safe` the word of a key that was compromised later counts for introductions
 * until it was revoked: that ring finds the anchors from which safe sizes follow, and nothing may rest on it alone.
 */
export function keyRing(
  pinned: readonly Verifier[],
  statements: readonly KeyRecord[],
  rootAt: (size: number) => Hash | undefined,
  safe?: SafeSizes,
): KeyRing {
  return walkForward(pinned, statements, rootAt, safe);
}

/** Sizes at which a ring asks for the root. */
export function sizesNamed(statements: readonly KeyRecord[]): number[] {
  return statements.slice(0, MAX_STATEMENTS).flatMap(({ entry }) => entry.after?.size ?? []);
}

/** Keys whose signature on a checkpoint of this size counts. */
export function checkpointKeys(ring: KeyRing, size: number): Verifier[] {
  return ring.keys
    .filter((key) => !key.former && size <= Math.min(key.retired ?? size, key.revoked?.index ?? size))
    .map((key) => key.verifier);
}

/** The key that the log is signed with as far as it says: of those that count at its end the one introduced last. */
export function newestKey(ring: KeyRing): RingKey | undefined {
  return ring.keys
    .filter((key) => !key.former && key.retired === undefined && key.revoked === undefined)
    .reduce<RingKey | undefined>(
      (a, b) => (a === undefined || (b.introduced ?? -1) >= (a.introduced ?? -1) ? b : a),
      undefined,
    );
}

/** Keys that were revoked as compromised. */
export function compromisedKeys(
  ring: KeyRing,
): (RingKey & { readonly revoked: Required<Pick<Revocation, "index" | "compromisedSince">> })[] {
  return ring.keys.flatMap((key) => {
    const { index, compromisedSince } = key.revoked ?? {};
    return index === undefined || compromisedSince === undefined
      ? []
      : [{ ...key, revoked: { index, compromisedSince } }];
  });
}
