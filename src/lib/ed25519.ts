import { ed25519Check, fromHex, hex } from "./platform.ts";

/** 2^255 - 19, the field's prime. */
const P = (1n << 255n) - 19n;

/**
 * y of the points of small order. The key that is one of them "signs" whatever message for whoever likes: no honest machine
 * ever made it. (±1: the neutral point and the one of order 2; 0: order 4; the others: order 8.)
 */
const SMALL_ORDER: readonly bigint[] = [
  0n,
  1n,
  P - 1n,
  littleEndian(fromHex("c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a")),
  littleEndian(fromHex("26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05")),
];

/**
 * True for 32 bytes that may be a key: the canonical spelling of a y (RFC 8032 §5.1.3), and none of small order. Libraries
 * differ about the others, so they are refused before any of them is asked.
 */
export function isEd25519Key(raw: Uint8Array): boolean {
  if (raw.length !== 32) return false;
  const y = littleEndian(raw) & ((1n << 255n) - 1n);
  return y < P && !SMALL_ORDER.includes(y);
}

/**
 * Checks signatures by one Ed25519 key, in the strictest reading of RFC 8032 and equally wherever it runs: keys as
 * `isEd25519Key` says, S below the order of the base point, R compared byte for byte with what it must be. Never throws;
 * bytes that are no key are the key of no signature.
 */
export function ed25519Verifier(raw: Uint8Array): (message: Uint8Array, signature: Uint8Array) => boolean {
  if (!isEd25519Key(raw)) return () => false;
  const check = ed25519Check(raw);
  return (message, signature) => signature.length === 64 && check(message, signature);
}

function littleEndian(bytes: Uint8Array): bigint {
  return BigInt(`0x${hex(Uint8Array.from(bytes).reverse()) || "0"}`);
}
