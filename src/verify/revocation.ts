import { fromIso } from "../lib/time.ts";
import type { Checkpoint } from "../tlog/checkpoint.ts";
import { checkNote } from "../tlog/note.ts";
import type { Anchor } from "../trust/anchor.ts";
import { checkpointKeys, compromisedKeys, type KeyRing, type RingKey, type SafeSizes } from "../trust/keyring.ts";
import type { Findings } from "./finding.ts";

/** What a verification needs to know of the log's keys once the anchors are known. */
export interface Revoking {
  /** The ring that found the anchors. */
  readonly ring: KeyRing;
  /** The ring as it is when a key that was compromised counts up to its safe size only. */
  settle(safe: SafeSizes): KeyRing;
  /** The log says nothing of the trusted keys, so no statement in it can count: that is told once, of the checkpoint. */
  readonly isStrange?: boolean;
  /** Where an entry lies, for findings. */
  place(index: number): string;
}

/**
 * A key that was revoked as compromised counts only for the largest head that somebody outside dated before
 * `compromisedSince`; records after it stand once a key that counts has signed over them and a person has attested them.
 * Adds the findings about statements that do not count, too. Returns the ring that stands.
 */
export function judgeRevocations(
  { ring, settle, place, isStrange }: Revoking,
  anchors: readonly Anchor[],
  checkpoint: Checkpoint | undefined,
  findings: Findings,
): KeyRing {
  const compromised = compromisedKeys(ring);
  const safe = new Map(compromised.map((key) => [key.verifier.vkey, safeSize(key.revoked.compromisedSince, anchors)]));
  const settled = safe.size === 0 ? ring : settle(safe);
  const counts = checkpoint !== undefined && judgeSigners(checkpoint, ring, settled, safe, findings);
  // Whoever cannot follow the keys past a stolen one is told that, not what follows from it.
  const window = Math.max(0, ...compromised.map((key) => key.revoked.index));
  const before = new Set(ring.refused.map(({ index }) => index));
  const all = counts ? settled.refused.filter(({ index }) => before.has(index) || index >= window) : ring.refused;
  // Without a checkpoint that counts the first cause is the key.
  const refused = isStrange && checkpoint === undefined ? [] : all;
  for (const { index, expected, found } of refused) findings.add("key-untrusted", place(index), expected, found);
  for (const key of checkpoint === undefined ? [] : compromised) {
    const end = Math.min(key.revoked.index, retiredAt(settled, key) ?? key.revoked.index);
    const attested = settled.attested.filter((one) => one.key === key.verifier.vkey);
    for (const [from, to] of uncovered(safe.get(key.verifier.vkey) ?? 0, end, attested)) {
      findings.add(
        "key-revoked",
        to - from === 1 ? place(from) : `seq/ entries ${from} to ${to - 1}`,
        `records that nobody else can have signed, or that a person attested: custody keys attest --key ${idOf(key)} --from ${from} --to ${to}`,
        `records from when ${key.verifier.vkey} may have been in other hands (${causeOf(key)}), and no outside proof from before that`,
      );
    }
  }
  return settled;
}

/** The largest head that was dated outside before this moment; whether the proof still stands by itself does not matter for that. */
function safeSize(compromisedSince: string, anchors: readonly Anchor[]): number {
  const since = fromIso(compromisedSince);
  return anchors.reduce((size, anchor) => (anchor.latest < since ? Math.max(size, anchor.size) : size), 0);
}

/** True if a key that still counts signed the checkpoint; else says how far the word of those that did still goes. */
function judgeSigners(
  checkpoint: Checkpoint,
  ring: KeyRing,
  settled: KeyRing,
  safe: SafeSizes,
  findings: Findings,
): boolean {
  const signed = (keys: KeyRing["keys"]) =>
    checkNote(
      checkpoint.note,
      keys.filter((key) => !key.former && key.verifier.name === checkpoint.origin).map(({ verifier }) => verifier),
    ).signedBy;
  const counting = checkpointKeys(settled, checkpoint.size);
  if (signed(settled.keys).some((key) => counting.includes(key))) return true;
  const signers = signed(ring.keys).map(({ vkey }) => vkey);
  const revoked = ring.keys.filter((key) => key.revoked !== undefined && signers.includes(key.verifier.vkey));
  // Its word stands up to its safe size, or to where it was given up.
  const stands = Math.max(0, ...revoked.map((key) => safe.get(key.verifier.vkey) ?? key.revoked?.index ?? 0));
  if (checkpoint.size <= stands) return true;
  if (revoked.length > 0) {
    findings.add(
      "key-revoked",
      "checkpoint",
      `${checkpoint.size} records signed by a key that was not revoked`,
      revoked.map((key) => `a signature by ${key.verifier.vkey}, which was ${revocationOf(key)}`).join(" and ") +
        `; its word stands for the first ${stands} records`,
    );
    return false;
  }
  const through = ring.keys.filter((key) => !key.former && key.revoked?.compromisedSince !== undefined);
  findings.add(
    "key-revoked",
    "checkpoint",
    "a key that is reached without a stolen one: pin the new key as the organisation publishes it, never one from the store",
    `${signers.join(" and ")}, reached only through ${through.map((key) => `${key.verifier.vkey}, which was ${revocationOf(key)}`).join(" and ")}`,
  );
  return false;
}

function retiredAt(ring: KeyRing, { verifier }: RingKey): number | undefined {
  return ring.keys.find((key) => key.verifier.vkey === verifier.vkey)?.retired;
}

function idOf({ verifier }: RingKey): string {
  return verifier.vkey.slice(verifier.name.length + 1).slice(0, 8);
}

function causeOf({ revoked }: RingKey): string {
  const incident = revoked?.incident === undefined ? "" : `, incident ${revoked.incident}`;
  return `${revoked?.reason ?? "revoked"}${revoked?.compromisedSince ? ` since ${revoked.compromisedSince}` : ""}${incident}`;
}

function revocationOf(key: RingKey): string {
  return `revoked at entry ${key.revoked?.index} (${causeOf(key)})`;
}

/** What of [from, to) no attested range covers, in order. */
function uncovered(
  from: number,
  to: number,
  ranges: readonly { readonly from: number; readonly to: number }[],
): [number, number][] {
  const left: [number, number][] = [];
  let next = from;
  for (const range of [...ranges].sort((a, b) => a.from - b.from)) {
    if (range.from > next) left.push([next, Math.min(range.from, to)]);
    next = Math.max(next, range.to);
    if (next >= to) break;
  }
  if (next < to) left.push([next, to]);
  return left.filter(([start, end]) => start < end);
}
