import { newSha256, type Sha256 } from "./platform.ts";

export { base64, concat, fromBase64, fromHex, hex, sameBytes } from "./platform.ts";

/** Lower-case hex SHA-256, as `sha256sum` prints it. */
export type Digest = string;

const DIGEST = /^[0-9a-f]{64}$/;

export function isDigest(text: string): text is Digest {
  return DIGEST.test(text);
}

/** SHA-256 as 32 raw bytes of all parts one after another. */
export function sha256(...parts: Uint8Array[]): Uint8Array {
  const hash = newSha256();
  for (const part of parts) hash.update(part);
  return hash.digest();
}

/** SHA-256 as lower-case hex. */
export function digestOf(bytes: Uint8Array): Digest {
  return newSha256().update(bytes).digest("hex");
}

/** The bytes that were meant; undefined where others are there in their place, or none: neither says anything. */
export function matching<T extends Uint8Array>(bytes: T | undefined, digest: Digest): T | undefined {
  return bytes !== undefined && digestOf(bytes) === digest ? bytes : undefined;
}

/** An incremental SHA-256, for what does not fit into memory. */
export function newDigest(): Sha256 {
  return newSha256();
}
