import { base64, concat, fromBase64, hex, sha256 } from "../lib/digest.ts";
import { ed25519Verifier, isEd25519Key } from "../lib/ed25519.ts";
import { CustodyError } from "../lib/errors.ts";

/** C2SP signed-note: the type of an Ed25519 key. */
const ED25519 = 0x01;
const RAW_KEY_BYTES = 32;
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

/** Key names are printable, without white space or `+` (signed-note); both are separators of the formats that carry them. */
export function isKeyName(name: string): boolean {
  return /^[^\s+\u0000-\u001f\u007f]{1,200}$/u.test(name);
}

/** Key ID of an Ed25519 note key: the first 4 bytes of SHA-256(name || 0x0A || 0x01 || key). */
function keyId(name: string, raw: Uint8Array): Uint8Array {
  return sha256(encoder.encode(`${name}\n`), Uint8Array.of(ED25519), raw).subarray(0, 4);
}

/** A verifier for a raw Ed25519 public key. Throws KEY_UNUSABLE for a name or bytes that cannot be a key's. */
export function newVerifier(name: string, raw: Uint8Array): Verifier {
  if (!isKeyName(name)) throw new CustodyError("KEY_UNUSABLE", `"${name}" cannot name a key: no spaces, no +`);
  if (!isEd25519Key(raw)) {
    throw new CustodyError("KEY_UNUSABLE", `the key of "${name}" is no Ed25519 key that anybody could have made`);
  }
  const id = keyId(name, raw);
  return {
    name,
    id,
    raw,
    vkey: `${name}+${hex(id)}+${base64(concat([Uint8Array.of(ED25519), raw]))}`,
    verify: ed25519Verifier(raw),
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
