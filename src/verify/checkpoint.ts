import { type Checkpoint, parseCheckpoint } from "../tlog/checkpoint.ts";
import { checkNote, type Verifier } from "../tlog/note.ts";
import type { Findings } from "./finding.ts";
import type { LogReader } from "./reader.ts";

/**
 * The checkpoint, if a trusted key signed it. A note with a bad signature by a trusted key is refused whatever else it
 * carries; signatures by other keys count for nothing.
 */
export async function verifyCheckpoint(
  reader: LogReader,
  keys: readonly Verifier[],
  findings: Findings,
): Promise<Checkpoint | undefined> {
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
    return undefined;
  }
  const trusted = keys.filter((key) => key.name === checkpoint.origin);
  const { signedBy, bad } = checkNote(checkpoint.note, trusted);
  if (bad.length > 0) {
    findings.add(
      "signature-invalid",
      "checkpoint",
      `a signature by ${bad[0]?.vkey} over these bytes`,
      "one that does not match them",
    );
    return undefined;
  }
  if (signedBy.length === 0) {
    const names = [...new Set(checkpoint.note.signatures.map((s) => s.name))].join(", ");
    findings.add(
      "key-untrusted",
      "checkpoint",
      keys.map((k) => k.vkey).join(" or "),
      `signatures by other keys (${names || "none"})`,
    );
    return undefined;
  }
  return checkpoint;
}
