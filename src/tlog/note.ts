import { createPublicKey, generateKeyPairSync, type KeyObject, sign, verify } from "node:crypto";
import { base64, concat, fromBase64, hex, sameBytes, sha256 } from "../lib/digest.ts";
import { CustodyError } from "../lib/errors.ts";

/**
 * C2SP signed-note: a text, an empty line, and one line per signature,
 * `— <key name> <base64(4-byte key ID || signature)>`. Only Ed25519 (type 0x01) is known here; others are kept and ignored.
 */
const ED25519 = 0x01;
const RAW_KEY_BYTES = 32;
const SPKI_PREFIX = Buffer.from("302a300506032b6570032100", "hex");
const encoder = new TextEncoder();

/** A public key that notes are checked with. */
export interface Verifier {
  readonly name: string;
  /** 4 bytes. */
  readonly id: Uint8Array;
  /** 32 bytes. */
  readonly raw: Uint8Array;
  /** `<name>+<8 hex>+<base64>`: the form in which keys are pinned and published. */
  readonly vkey: string;
  verify(message: Uint8Array, signature: Uint8Array): boolean;
}

/** Something that signs notes: a key file today, a key service another day. */
export interface Signer {
  readonly verifier: Verifier;
  sign(message: Uint8Array): Promise<Uint8Array>;
}

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

/** Key names are printable, without white space or `+` (signed-note); both are separators of the formats that carry them. */
export function isKeyName(name: string): boolean {
  return /^[^\s+\u0000-\u001f\u007f]{1,200}$/u.test(name);
}

/** Key ID of an Ed25519 note key: the first 4 bytes of SHA-256(name || 0x0A || 0x01 || key). */
function keyId(name: string, raw: Uint8Array): Uint8Array {
  return sha256(encoder.encode(`${name}\n`), Uint8Array.of(ED25519), raw).subarray(0, 4);
}

/** A verifier for a raw Ed25519 public key. */
export function newVerifier(name: string, raw: Uint8Array): Verifier {
  if (!isKeyName(name)) throw new CustodyError("KEY_UNUSABLE", `"${name}" cannot name a key: no spaces, no +`);
  const key = createPublicKey({ key: concat([SPKI_PREFIX, raw]) as Buffer, format: "der", type: "spki" });
  const id = keyId(name, raw);
  return {
    name,
    id,
    raw,
    vkey: `${name}+${hex(id)}+${base64(concat([Uint8Array.of(ED25519), raw]))}`,
    verify: (message, signature) => signature.length === 64 && verify(null, message, key, signature),
  };
}

/** Reads `<name>+<8 hex>+<base64>`. Throws KEY_UNUSABLE with what is wrong. */
export function parseVkey(text: string): Verifier {
  const match = /^([^\s+]+)\+([0-9a-f]{8})\+([A-Za-z0-9+/=]+)$/u.exec(text.trim());
  const bytes = match?.[3] === undefined ? undefined : fromBase64(match[3]);
  if (!match || bytes === undefined) {
    throw new CustodyError("KEY_UNUSABLE", "not a verifier key; expected <name>+<8 hex digits>+<base64>");
  }
  if (bytes[0] !== ED25519 || bytes.length !== 1 + RAW_KEY_BYTES) {
    throw new CustodyError("KEY_UNUSABLE", "a verifier key of another kind; expected Ed25519 (type 1)");
  }
  const verifier = newVerifier(match[1] ?? "", bytes.subarray(1));
  if (hex(verifier.id) !== match[2]) {
    throw new CustodyError(
      "KEY_UNUSABLE",
      `the key ID ${match[2]} does not belong to this key; expected ${hex(verifier.id)}`,
    );
  }
  return verifier;
}

/** A signer over a private Ed25519 key. */
export function newSigner(name: string, key: KeyObject): Signer {
  if (key.asymmetricKeyType !== "ed25519") {
    throw new CustodyError("KEY_UNUSABLE", `expected an Ed25519 key, found ${key.asymmetricKeyType ?? key.type}`);
  }
  const raw = Buffer.from(
    createPublicKey(key as unknown as Parameters<typeof createPublicKey>[0]).export({ format: "jwk" }).x ?? "",
    "base64url",
  );
  return { verifier: newVerifier(name, raw), sign: async (message) => sign(null, message, key) };
}

/** A new private key from the machine's random source. */
export function generateKey(): KeyObject {
  return generateKeyPairSync("ed25519").privateKey;
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
