import { createHash, createPublicKey, verify } from "node:crypto";
import type { Platform } from "./platform.ts";

/** The primitives as Node has them: OpenSSL and Buffer. */

const SPKI_PREFIX = Buffer.from("302a300506032b6570032100", "hex");

export const newSha256: Platform["newSha256"] = () => createHash("sha256");

export const ed25519Check: Platform["ed25519Check"] = (raw) => {
  const key = createPublicKey({ key: Buffer.concat([SPKI_PREFIX, raw]), format: "der", type: "spki" });
  return (message, signature) => verify(null, message, key, signature);
};

export const hex: Platform["hex"] = (bytes) => view(bytes).toString("hex");

export const fromHex: Platform["fromHex"] = (text) => Uint8Array.from(Buffer.from(text, "hex"));

export const base64: Platform["base64"] = (bytes) => view(bytes).toString("base64");

export const fromBase64: Platform["fromBase64"] = (text) => {
  const bytes = Buffer.from(text, "base64");
  return bytes.toString("base64") === text ? Uint8Array.from(bytes) : undefined;
};

export const sameBytes: Platform["sameBytes"] = (a, b) => Buffer.compare(a, b) === 0;

export const concat: Platform["concat"] = (parts) => Buffer.concat(parts);

function view(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
