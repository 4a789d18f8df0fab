import { createPublicKey, generateKeyPairSync, type KeyObject, sign } from "node:crypto";
import { CustodyError } from "../lib/errors.ts";
import { newVerifier, type Verifier } from "./verifier.ts";

/** Something that signs notes: a key file today, a key service another day. */
export interface Signer {
  readonly verifier: Verifier;
  sign(message: Uint8Array): Promise<Uint8Array>;
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
