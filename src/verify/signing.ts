import type { Checkpoint } from "../tlog/checkpoint.ts";
import type { Verifier } from "../tlog/verifier.ts";
import type { KeyRecord, KeyRing } from "../trust/keyring.ts";
import { signersOf } from "./checkpoint.ts";

/** A record by which one key leads to the next. */
export interface KeyStep {
  readonly index: number;
  /** The key that it introduces. */
  readonly key: string;
  /** Those of the keys known before that signed it. */
  readonly by: readonly string[];
}

/** Which keys were trusted, which signed, and how the ones lead to the others. All of them vkeys. */
export interface SigningKeys {
  readonly pinned: readonly string[];
  /** On the checkpoint, rightly and by a key of the log. */
  readonly signed: readonly string[];
  /** From the pinned keys to those of `signed` that are none of them, in the order of the log. */
  readonly steps: readonly KeyStep[];
}

/** What the keys of a checkpoint that counts are, for people who compare keys. */
export function signingKeys(
  pinned: readonly Verifier[],
  checkpoint: Checkpoint | undefined,
  ring: KeyRing,
  statements: readonly KeyRecord[],
): SigningKeys {
  const trusted = pinned.map(({ vkey }) => vkey);
  if (checkpoint === undefined) return { pinned: trusted, signed: [], steps: [] };
  const known = new Map(ring.keys.filter((key) => !key.former).map((key) => [key.verifier.vkey, key]));
  const signed = signersOf(
    checkpoint,
    [...known.values()].map(({ verifier }) => verifier),
  ).map(({ vkey }) => vkey);
  const steps = new Map<string, KeyStep>();
  const open = [...signed];
  for (let vkey = open.pop(); vkey !== undefined; vkey = open.pop()) {
    const index = known.get(vkey)?.introduced;
    if (index === undefined || steps.has(vkey) || trusted.includes(vkey)) continue;
    const named = statements.find((one) => one.index === index)?.entry.signatures ?? [];
    const by = [...new Set(named.map(({ key }) => key))].filter((key) => key !== vkey && known.has(key));
    steps.set(vkey, { index, key: vkey, by });
    open.push(...by);
  }
  return { pinned: trusted, signed, steps: [...steps.values()].sort((a, b) => a.index - b.index) };
}
