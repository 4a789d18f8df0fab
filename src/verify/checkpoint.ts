import { type Checkpoint, parseCheckpoint } from "../tlog/checkpoint.ts";
import { checkNote } from "../tlog/note.ts";
import { checkpointKeys, type KeyRing } from "../trust/keyring.ts";
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

/**
 * True if a key that counts signed it. A note with a bad signature by a known key is refused whatever else it carries;
 * signatures by other keys count for nothing.
 */
export function judgeCheckpoint(checkpoint: Checkpoint, ring: KeyRing, findings: Findings): boolean {
  const keys = checkpointKeys(ring, checkpoint.size).filter((key) => key.name === checkpoint.origin);
  const { signedBy, bad } = checkNote(checkpoint.note, keys);
  if (bad.length > 0) {
    findings.add(
      "signature-invalid",
      "checkpoint",
      `a signature by ${bad[0]?.vkey} over these bytes`,
      "one that does not match them",
    );
    return false;
  }
  if (signedBy.length === 0) {
    const names = [...new Set(checkpoint.note.signatures.map((s) => s.name))].join(", ");
    findings.add(
      "key-untrusted",
      "checkpoint",
      ring.keys.map((k) => k.verifier.vkey).join(" or "),
      `signatures by other keys (${names || "none"})`,
    );
    return false;
  }
  return true;
}
