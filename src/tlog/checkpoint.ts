import { base64, fromBase64 } from "../lib/digest.ts";
import type { Hash } from "./merkle.ts";
import { type Note, parseNote, type Signer, signNote } from "./note.ts";

/** Size and root of the log: what a signature stands for. */
export interface Head {
  readonly size: number;
  readonly root: Hash;
}

export interface Checkpoint extends Head {
  readonly origin: string;
  readonly note: Note;
}

/** C2SP tlog-checkpoint body: origin, size, root, each a line. Custody writes no extension lines. */
export function checkpointText(origin: string, head: Head): string {
  return `${origin}\n${head.size}\n${base64(head.root)}\n`;
}

/** A signed checkpoint. Ed25519 is deterministic: the same log at the same size gives the same bytes. */
export async function signCheckpoint(origin: string, head: Head, signers: readonly Signer[]): Promise<Uint8Array> {
  return new TextEncoder().encode(await signNote(checkpointText(origin, head), signers));
}

/** Reads a checkpoint; undefined when malformed. Signatures are not checked here (`checkNote`). */
export function parseCheckpoint(bytes: Uint8Array): Checkpoint | undefined {
  const note = parseNote(bytes);
  if (note === undefined) return undefined;
  const lines = note.text.split("\n");
  const [origin = "", size = "", root = ""] = lines;
  // Exactly origin, size, root and the end of the last line: extension lines are not part of this format.
  if (lines.length !== 4 || origin === "" || !/^(0|[1-9]\d{0,15})$/.test(size)) return undefined;
  const hash = fromBase64(root);
  if (hash?.length !== 32 || !Number.isSafeInteger(Number(size))) return undefined;
  return { origin, size: Number(size), root: hash, note };
}
