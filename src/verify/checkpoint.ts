import { hex } from "../lib/digest.ts";
import { type Checkpoint, parseCheckpoint } from "../tlog/checkpoint.ts";
import { checkNote, type Verifier } from "../tlog/note.ts";
import { checkpointKeys, type KeyRing, type RingKey } from "../trust/keyring.ts";
import type { Findings } from "./finding.ts";
import type { LogReader } from "./reader.ts";

/** The checkpoint as it lies in the store; believed only once `judgeCheckpoint` has seen who signed it. */
export async function readCheckpoint(reader: LogReader, findings: Findings): Promise<Checkpoint | undefined> {
  const bytes = await reader.get("checkpoint");
  if (bytes === undefined) {
    findings.add("checkpoint-missing", "checkpoint", "a signed checkpoint", "no such object");
    return undefined;
  }
  const checkpoint = parseCheckpoint(bytes);
  if (checkpoint === undefined) {
    findings.add(
      "checkpoint-malformed",
      "checkpoint",
      "origin, size, root, an empty line and signatures",
      `${bytes.length} other bytes`,
    );
  }
  return checkpoint;
}

/** What is known beside the trusted keys. */
export interface Beside {
  /** Keys that were trusted here before the given ones. */
  readonly earlier: readonly Verifier[];
  /** No record speaks of a trusted key. */
  readonly isStrange: boolean;
}

/** Those of these keys that signed the checkpoint rightly. */
export function signersOf({ note, origin }: Checkpoint, keys: readonly Verifier[]): Verifier[] {
  return checkNote(
    note,
    keys.filter(({ name }) => name === origin),
  ).signedBy;
}

/** A key in the few characters that people tell apart: its ID. */
export function keyId({ id }: Pick<Verifier, "id">): string {
  return hex(id);
}

/**
 * `counts` if a key that counts signed it, or one that did until it was revoked (`judgeRevocations` then says up to where). A note
 * with a bad signature by a known key is refused whatever else it carries; signatures by other keys count for nothing. What is
 * known `beside` makes nothing count; it tells an older state, and a wrong key, from a stranger's log.
 */
export function judgeCheckpoint(
  checkpoint: Checkpoint,
  ring: KeyRing,
  beside: Beside,
  findings: Findings,
): "counts" | "wrong" | "untrusted" {
  const keys = ring.keys.filter(({ verifier }) => verifier.name === checkpoint.origin);
  const known = keys.filter(({ former }) => !former).map(({ verifier }) => verifier);
  const { signedBy, bad } = checkNote(checkpoint.note, known);
  if (bad.length > 0) {
    findings.add(
      "signature-invalid",
      "checkpoint",
      `a signature by ${bad[0]?.vkey} over these bytes`,
      "one that does not match them",
    );
    return "wrong";
  }
  const counting = checkpointKeys(ring, checkpoint.size);
  const revoked = keys.filter((key) => key.revoked !== undefined).map(({ verifier }) => verifier);
  if (signedBy.some((key) => counting.includes(key) || revoked.includes(key))) return "counts";
  const found = foundOn(checkpoint, keys, signedBy, beside, ring);
  findings.add("key-untrusted", "checkpoint", wanted(ring), found);
  return "untrusted";
}

function wanted(ring: KeyRing): string {
  const reached = ring.keys.filter(({ former, retired }) => !former && retired === undefined);
  return reached.map(({ verifier }) => verifier.vkey).join(" or ");
}

function foundOn(
  checkpoint: Checkpoint,
  keys: readonly RingKey[],
  signedBy: readonly Verifier[],
  { earlier, isStrange }: Beside,
  ring: KeyRing,
): string {
  const { note, size } = checkpoint;
  const retired = keys.find(({ verifier, retired }) => retired !== undefined && signedBy.includes(verifier));
  if (retired !== undefined)
    return `${size} records signed by ${retired.verifier.vkey} alone, which was retired at entry ${retired.retired}`;
  const former = keys.filter((key) => key.former).map(({ verifier }) => verifier);
  const [older] = checkNote(note, former).signedBy;
  if (older !== undefined)
    return `a signature by ${older.vkey} alone, an older key than the trusted one; whoever trusts that one names it with --key`;
  const [replaced] = signersOf(checkpoint, earlier);
  if (replaced !== undefined) {
    const now = ring.keys.filter((key) => key.introduced === undefined && !key.former).map(({ verifier }) => verifier);
    return `${size} records signed by ${keyId(replaced)}, which ${now.map(keyId).join(" and ")} replaced here: an older state of this log`;
  }
  const names = [...new Set(note.signatures.map((s) => `${s.name}+${hex(s.id)}`))].join(", ");
  const strange = isStrange ? "; no record of this log names a key that is trusted here: is it the right key?" : "";
  return `signatures by other keys (${names || "none"})${strange}`;
}
