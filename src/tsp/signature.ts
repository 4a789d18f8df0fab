import type { webcrypto } from "node:crypto";
import { concat, sameBytes } from "../lib/digest.ts";
import { CustodyError } from "../lib/errors.ts";
import { type HashName, readAlgorithm, type Scheme } from "./algorithm.ts";
import { decode, encodeOid, open, readBitBytes, readInteger, readOid, TAG } from "./der.ts";
import { OID } from "./oid.ts";

/**
 * All cryptography of time stamps, through WebCrypto alone: the same code runs in Node and in a browser, and nothing here
 * does arithmetic with keys itself.
 */
function subtle(): webcrypto.SubtleCrypto {
  const found: webcrypto.SubtleCrypto | undefined = globalThis.crypto?.subtle;
  if (found !== undefined) return found;
  // "Could not look" must never pass for "is not right".
  throw new CustodyError("USAGE", "this browser gives a page from such an address no cryptography to check with", {
    remedy: "Open the page as a file from your own disk, or over https.",
  });
}

/** Hash of bytes. SHA-1 is here only for the certificate's identifier in RFC 3161's own attribute (see `signer.ts`). */
export async function hashBytes(hash: HashName | "SHA-1", bytes: Uint8Array): Promise<Uint8Array> {
  return new Uint8Array(await subtle().digest(hash, bytes));
}

/** A public key that signatures are checked with; everything about it is within the bounds below. */
export type PublicKey =
  | { readonly kind: "rsa"; readonly spki: Uint8Array }
  | { readonly kind: "ec"; readonly spki: Uint8Array; readonly curve: string; readonly bytes: number }
  | { readonly kind: "ed25519"; readonly spki: Uint8Array };

const CURVES: Readonly<Record<string, { readonly curve: string; readonly bytes: number }>> = {
  [OID.p256]: { curve: "P-256", bytes: 32 },
  [OID.p384]: { curve: "P-384", bytes: 48 },
  [OID.p521]: { curve: "P-521", bytes: 66 },
};

/** Below is no security, above only work for whoever checks. */
const RSA_BITS = { least: 2048, most: 8192 };

/**
 * Reads a SubjectPublicKeyInfo (RFC 5280 §4.1.2.7). `undefined` for a key of a kind or size that does not count; throws
 * INPUT_INVALID for one that is none.
 */
export function readPublicKey(spki: Uint8Array): PublicKey | undefined {
  const where = "public key";
  const cursor = open(decode(spki, TAG.sequence, where), where);
  const algorithm = readAlgorithm(cursor.next(TAG.sequence, "algorithm"), where);
  const key = readBitBytes(cursor.next(TAG.bits, "subjectPublicKey"), where);
  cursor.end();
  if (algorithm.oid === OID.rsaEncryption) {
    const numbers = open(decode(key, TAG.sequence, where), where);
    const modulus = numbers.next(TAG.integer, "modulus").content;
    const exponent = readInteger(numbers.next(TAG.integer, "publicExponent"), where);
    numbers.end();
    const digits = modulus[0] === 0 ? modulus.subarray(1) : modulus;
    const bits = digits.length * 8 - Math.clz32(digits[0] ?? 0) + 24;
    const fits = bits >= RSA_BITS.least && bits <= RSA_BITS.most && (modulus[0] ?? 0x80) < 0x80;
    return fits && exponent >= 3n && exponent < 1n << 33n && exponent % 2n === 1n ? { kind: "rsa", spki } : undefined;
  }
  if (algorithm.oid === OID.ecPublicKey && algorithm.parameters?.tag === TAG.oid) {
    const curve = CURVES[readOid(algorithm.parameters, where)];
    // 0x04: an uncompressed point, the form every browser takes.
    if (curve === undefined || key.length !== 1 + 2 * curve.bytes || key[0] !== 0x04) return undefined;
    return { kind: "ec", spki, ...curve };
  }
  const plain = sameBytes(algorithm.bytes, concat([Uint8Array.of(TAG.sequence, 5), encodeOid(OID.ed25519)]));
  return plain && key.length === 32 ? { kind: "ed25519", spki } : undefined;
}

/**
 * Whether the signature over the message is by this key. False also where key and scheme do not go together. Throws USAGE
 * where the browser cannot check such signatures at all.
 */
export async function verifySignature(
  key: PublicKey,
  scheme: Scheme,
  message: Uint8Array,
  signature: Uint8Array,
): Promise<boolean> {
  try {
    if (key.kind === "rsa" && (scheme.kind === "rsa" || scheme.kind === "rsa-pss")) {
      const name = scheme.kind === "rsa" ? "RSASSA-PKCS1-v1_5" : "RSA-PSS";
      const salt = scheme.kind === "rsa-pss" ? { saltLength: scheme.salt } : {};
      return await check(key.spki, { name, hash: scheme.hash }, { name, ...salt }, signature, message);
    }
    if (key.kind === "ec" && scheme.kind === "ecdsa") {
      const raw = rawEcdsa(signature, key.bytes);
      const imported = { name: "ECDSA", namedCurve: key.curve };
      return raw !== undefined && (await check(key.spki, imported, { name: "ECDSA", hash: scheme.hash }, raw, message));
    }
    if (key.kind === "ed25519" && scheme.kind === "ed25519") {
      return await check(key.spki, { name: "Ed25519" }, { name: "Ed25519" }, signature, message);
    }
    return false;
  } catch (thrown) {
    if (key.kind === "ed25519" && (thrown as { name?: unknown } | undefined)?.name === "NotSupportedError") {
      throw new CustodyError("USAGE", "this browser cannot check Ed25519 signatures", {
        remedy: "Use a newer browser.",
      });
    }
    // Points off the curve, signatures of the wrong length: WebCrypto throws what is simply no signature by this key.
    return false;
  }
}

async function check(
  spki: Uint8Array,
  key: webcrypto.RsaHashedImportParams | webcrypto.EcKeyImportParams | webcrypto.Algorithm,
  scheme: webcrypto.Algorithm | webcrypto.RsaPssParams | webcrypto.EcdsaParams,
  signature: Uint8Array,
  message: Uint8Array,
): Promise<boolean> {
  const imported = await subtle().importKey("spki", spki, key, false, ["verify"]);
  return subtle().verify(scheme, imported, signature, message);
}

/** ECDSA's two numbers from DER (RFC 5480 §A) to the fixed width that WebCrypto takes. */
function rawEcdsa(signature: Uint8Array, width: number): Uint8Array | undefined {
  const where = "signature";
  const cursor = open(decode(signature, TAG.sequence, where), where);
  const numbers = [cursor.next(TAG.integer, "r"), cursor.next(TAG.integer, "s")];
  cursor.end();
  const raw = new Uint8Array(2 * width);
  for (const [i, { content }] of numbers.entries()) {
    const padded = content[0] === 0 && (content[1] ?? 0) >= 0x80;
    const digits = padded ? content.subarray(1) : content;
    // A negative number, one with needless zeros, or one too long: another spelling of the same signature is refused.
    if (digits.length === 0 || digits.length > width || (!padded && (digits[0] ?? 0) >= 0x80)) return undefined;
    if (!padded && digits[0] === 0) return undefined;
    raw.set(digits, (i + 1) * width - digits.length);
  }
  return raw;
}
