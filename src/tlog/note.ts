import { base64, concat, fromBase64, sameBytes } from "../lib/digest.ts";
import type { Signer } from "./signer.ts";
import { isKeyName, type Verifier } from "./verifier.ts";

export { generateKey, newSigner, type Signer } from "./signer.ts";
export { isKeyName, parseVkey, type Verifier } from "./verifier.ts";

/**
 * C2SP signed-note: a text, an empty line, and one line per signature,
 * `— <key name> <base64(4-byte key ID || signature)>`. Only Ed25519 (type 0x01) is known here; others are kept and ignored.
 */
const encoder = new TextEncoder();

export interface Signature {
  readonly name: string;
  /** 4 bytes. */
  readonly id: Uint8Array;
  readonly bytes: Uint8Array;
}

export interface Note {
  /** Includes its last newline: exactly what is signed. */
  readonly text: string;
  readonly signatures: readonly Signature[];
}

/** Signs a text, which must end with a newline. */
export async function signNote(text: string, signers: readonly Signer[]): Promise<string> {
  const message = encoder.encode(text);
  const lines = await Promise.all(
    signers.map(async (signer) => {
      const blob = concat([signer.verifier.id, await signer.sign(message)]);
      return `— ${signer.verifier.name} ${base64(blob)}\n`;
    }),
  );
  return `${text}\n${lines.join("")}`;
}

const MAX_NOTE_BYTES = 64 * 1024;
const MAX_SIGNATURES = 64;

/**
 * Splits a note into text and signatures; undefined when it is malformed. Strict where an encoding leaves room: any
 * changed byte either breaks the form or a signature.
 */
export function parseNote(bytes: Uint8Array): Note | undefined {
  if (bytes.length > MAX_NOTE_BYTES) return undefined;
  let source: string;
  try {
    source = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return undefined;
  }
  // The last empty line separates: a text may hold empty lines itself.
  const split = source.lastIndexOf("\n\n");
  if (split < 0 || /[\u0000-\u0009\u000b-\u001f]/.test(source)) return undefined;
  const lines = source.slice(split + 2).split("\n");
  if (lines.pop() !== "" || lines.length === 0 || lines.length > MAX_SIGNATURES) return undefined;
  const signatures: Signature[] = [];
  for (const line of lines) {
    const match = /^— (\S+) (\S+)$/u.exec(line);
    const blob = match?.[2] === undefined ? undefined : fromBase64(match[2]);
    if (!match || !isKeyName(match[1] ?? "") || blob === undefined || blob.length < 5) return undefined;
    signatures.push({ name: match[1] ?? "", id: blob.subarray(0, 4), bytes: blob.subarray(4) });
  }
  return { text: source.slice(0, split + 1), signatures };
}

/**
 * Which of the known keys signed the note. `bad` when a signature that claims to be by a known key is not: such a note is
 * refused whatever else it carries. Signatures by unknown keys are ignored.
 */
export function checkNote(note: Note, known: readonly Verifier[]): { signedBy: Verifier[]; bad: Verifier[] } {
  const message = encoder.encode(note.text);
  const signedBy: Verifier[] = [];
  const bad: Verifier[] = [];
  for (const signature of note.signatures) {
    const key = known.find((k) => k.name === signature.name && sameBytes(k.id, signature.id));
    if (key === undefined) continue;
    const list = key.verify(message, signature.bytes) ? signedBy : bad;
    if (!list.includes(key)) list.push(key);
  }
  return { signedBy, bad };
}
