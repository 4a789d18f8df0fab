import { createPrivateKey, type KeyObject } from "node:crypto";

/** A private key from its 32 bytes in hex. */
export function privateKeyOf(seed: string): KeyObject {
  const der = Buffer.concat([Buffer.from("302e020100300506032b657004220420", "hex"), Buffer.from(seed, "hex")]);
  return createPrivateKey({ key: der, format: "der", type: "pkcs8" });
}
