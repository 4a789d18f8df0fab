import { ed25519 } from "@noble/curves/ed25519.js";
import { sha256, sha512 } from "@noble/hashes/sha2.js";
import type { Platform, Sha256 } from "./platform.ts";

/** The primitives where there is no Node: plain JavaScript, since WebCrypto hashes neither at once nor piece by piece. */

const { Point } = ed25519;

export const newSha256: Platform["newSha256"] = () => {
  const hash = sha256.create();
  const self: Sha256 = {
    update: (bytes) => {
      hash.update(bytes);
      return self;
    },
    digest: ((form?: "hex") => (form === undefined ? hash.digest() : hex(hash.digest()))) as Sha256["digest"],
  };
  return self;
};

export const ed25519Check: Platform["ed25519Check"] = (raw) => {
  const key = pointOf(raw);
  return (message, signature) => {
    if (key === undefined || signature.length !== 64) return false;
    const r = signature.subarray(0, 32);
    const s = littleEndian(signature.subarray(32));
    if (s >= Point.Fn.ORDER) return false;
    const k = littleEndian(sha512(concat([r, raw, message]))) % Point.Fn.ORDER;
    // What OpenSSL does: R is computed and its bytes are compared, so no other spelling and no torsion in R passes.
    // (The library's own `verify` multiplies by the cofactor first, and would accept signatures that Node refuses.)
    const found = Point.BASE.multiplyUnsafe(s).subtract(key.multiplyUnsafe(k));
    return sameBytes(found.toBytes(), r);
  };
};

/** A point off the curve is the key of no signature. */
function pointOf(raw: Uint8Array): InstanceType<typeof Point> | undefined {
  try {
    return Point.fromBytes(raw, false);
  } catch {
    return undefined;
  }
}

function littleEndian(bytes: Uint8Array): bigint {
  return BigInt(`0x${hex(Uint8Array.from(bytes).reverse())}`);
}

const DIGITS = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, "0"));

export const hex: Platform["hex"] = (bytes) => {
  let text = "";
  for (const byte of bytes) text += DIGITS[byte];
  return text;
};

export const fromHex: Platform["fromHex"] = (text) => {
  const pairs = /^(?:[0-9a-fA-F]{2})*/.exec(text)?.[0] ?? "";
  return Uint8Array.from({ length: pairs.length / 2 }, (_, i) => Number.parseInt(pairs.slice(2 * i, 2 * i + 2), 16));
};

/** As many characters as one call takes arguments without a doubt. */
const SPREAD = 8192;

export const base64: Platform["base64"] = (bytes) => {
  let binary = "";
  for (let at = 0; at < bytes.length; at += SPREAD) binary += String.fromCharCode(...bytes.subarray(at, at + SPREAD));
  return btoa(binary);
};

export const fromBase64: Platform["fromBase64"] = (text) => {
  let binary: string;
  try {
    binary = atob(text);
  } catch {
    return undefined;
  }
  return btoa(binary) === text ? Uint8Array.from(binary, (c) => c.charCodeAt(0)) : undefined;
};

export const sameBytes: Platform["sameBytes"] = (a, b) => {
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i += 1) if (a[i] !== b[i]) return false;
  return true;
};

export const concat: Platform["concat"] = (parts) => {
  const all = new Uint8Array(parts.reduce((length, part) => length + part.length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
};
