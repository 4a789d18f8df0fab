import type { KeyObject } from "node:crypto";
import { base64, concat, fromBase64, hex, sameBytes, sha256 } from "../lib/digest.ts";
import { CustodyError } from "../lib/errors.ts";
import type { Instant } from "../lib/time.ts";
import type { Note } from "./note.ts";
import { newSigner } from "./signer.ts";
import { newVerifier, type Verifier } from "./verifier.ts";

/**
 * C2SP tlog-cosignature, Ed25519 (type 0x04): a witness's word that it saw this checkpoint at this second, and that it
 * continues every one it saw before. On a note it is a signature line whose bytes are an 8-byte time and the signature;
 * the type is part of the key ID, so neither can pass for a signature of the log.
 */
const COSIGNATURE = 0x04;
const TIME_BYTES = 8;
const SIGNATURE_BYTES = 64;
/** The end of the year 9999: as far as a record can spell a time. */
const MAX_SECONDS = 253_402_300_799;
const encoder = new TextEncoder();

/** The public key of a witness. */
export interface Cosigner {
  readonly name: string;
  /** 4 bytes: the first of SHA-256(name || 0x0A || 0x04 || key). */
  readonly id: Uint8Array;
  /** 32 bytes. */
  readonly raw: Uint8Array;
  /** `<name>+<8 hex>+<base64>`, with the type 0x04 before the key: what the witness publishes. */
  readonly vkey: string;
  /** Whether the signature (64 bytes) is this key's over the text of this note at this second. */
  verify(text: string, seconds: number, signature: Uint8Array): boolean;
}

/** A witness's private key. */
export interface CosigningKey {
  readonly cosigner: Cosigner;
  sign(message: Uint8Array): Promise<Uint8Array>;
}

/** One witness's word on one note. */
export interface Cosignature {
  readonly by: Cosigner;
  /** When the witness says it saw the note; to the second. */
  readonly time: Instant;
}

/** A cosigner for a raw Ed25519 public key. Throws KEY_UNUSABLE for a name that cannot name a key. */
export function newCosignerKey(name: string, raw: Uint8Array): Cosigner {
  return over(newVerifier(name, raw));
}

/** Reads the vkey of a witness. Throws KEY_UNUSABLE with what is wrong; also for the key of a log (type 0x01). */
export function parseCosignerKey(text: string): Cosigner {
  const match = /^([^\s+]+)\+([0-9a-f]{8})\+([A-Za-z0-9+/=]+)$/u.exec(text.trim());
  const bytes = match?.[3] === undefined ? undefined : fromBase64(match[3]);
  if (!match || bytes === undefined) {
    throw new CustodyError("KEY_UNUSABLE", "not a witness's key; expected <name>+<8 hex digits>+<base64>");
  }
  if (bytes[0] !== COSIGNATURE || bytes.length !== 33) {
    const what = bytes[0] === 1 ? "the key of a log (type 1)" : "a key of another kind";
    throw new CustodyError("KEY_UNUSABLE", `${what}; expected a witness's key (Ed25519 cosignature, type 4)`, {
      remedy: "Take the key that `custody witness init` printed, or the one that the witness publishes.",
    });
  }
  const cosigner = newCosignerKey(match[1] ?? "", bytes.subarray(1));
  if (hex(cosigner.id) !== match[2]) {
    throw new CustodyError(
      "KEY_UNUSABLE",
      `the key ID ${match[2]} does not belong to this key; expected ${hex(cosigner.id)}`,
    );
  }
  return cosigner;
}

/** A witness over a private Ed25519 key; it must sign nothing but cosignatures of this one name. */
export function newCosigner(name: string, key: KeyObject): CosigningKey {
  const signer = newSigner(name, key);
  return { cosigner: over(signer.verifier), sign: (message) => signer.sign(message) };
}

/** The signature line, with its newline, that says that the text (of a checkpoint, with its last newline) was seen then. */
export async function cosign(checkpointText: string, key: CosigningKey, seconds: number): Promise<string> {
  if (!isTime(seconds)) {
    throw new CustodyError(
      "INPUT_INVALID",
      `a cosignature at ${seconds}; expected whole seconds since 1970, more than 0`,
    );
  }
  const time = new Uint8Array(TIME_BYTES);
  new DataView(time.buffer).setBigUint64(0, BigInt(seconds));
  const signature = await key.sign(cosignedMessage(checkpointText, seconds));
  return `— ${key.cosigner.name} ${base64(concat([key.cosigner.id, time, signature]))}\n`;
}

/**
 * The cosignatures by known witnesses on a note, in its order. `bad` are known witnesses in whose name stands what is no
 * cosignature of theirs over this text: such a note is refused whatever else it carries. Lines by others are ignored.
 */
export function readCosignatures(
  note: Note,
  known: readonly Cosigner[],
): { readonly cosignatures: readonly Cosignature[]; readonly bad: readonly Cosigner[] } {
  const cosignatures: Cosignature[] = [];
  const bad: Cosigner[] = [];
  for (const { name, id, bytes } of note.signatures) {
    const by = known.find((k) => k.name === name && sameBytes(k.id, id));
    if (by === undefined) continue;
    const seconds = readSeconds(bytes);
    if (seconds !== undefined && by.verify(note.text, seconds, bytes.subarray(TIME_BYTES))) {
      cosignatures.push({ by, time: seconds * 1000 });
    } else if (!bad.includes(by)) {
      bad.push(by);
    }
  }
  return { cosignatures, bad };
}

/** What a witness signs. */
export function cosignedMessage(text: string, seconds: number): Uint8Array {
  return encoder.encode(`cosignature/v1\ntime ${seconds}\n${text}`);
}

function over({ name, raw, verify }: Verifier): Cosigner {
  const typed = concat([Uint8Array.of(COSIGNATURE), raw]);
  const id = sha256(encoder.encode(`${name}\n`), typed).subarray(0, 4);
  return {
    name,
    id,
    raw,
    vkey: `${name}+${hex(id)}+${base64(typed)}`,
    verify: (text, seconds, signature) => isTime(seconds) && verify(cosignedMessage(text, seconds), signature),
  };
}

/** Zero is no time: it would say that nothing was seen. */
function isTime(seconds: number): boolean {
  return Number.isSafeInteger(seconds) && seconds > 0 && seconds <= MAX_SECONDS;
}

function readSeconds(blob: Uint8Array): number | undefined {
  if (blob.length !== TIME_BYTES + SIGNATURE_BYTES) return undefined;
  const seconds = new DataView(blob.buffer, blob.byteOffset, TIME_BYTES).getBigUint64(0);
  return seconds <= BigInt(MAX_SECONDS) ? Number(seconds) : undefined;
}
