import { isAddress } from "../collector/bucket.ts";
import type { SecretRef } from "../collector/define.ts";
import { CustodyError } from "../lib/errors.ts";

const LOOPBACK = /^(127\.\d+\.\d+\.\d+|localhost|\[::1\])$/i;

/** True for an address to which a secret may go: over an encrypted connection, or on this machine itself. */
export function isPrivateAddress(text: string): boolean {
  if (!isAddress(text)) return false;
  const { protocol, hostname } = new URL(text);
  return protocol === "https:" || LOOPBACK.test(hostname);
}

/**
 * The address behind a secret. It is one itself, so it goes over an encrypted connection only, but to this machine itself.
 * Throws SECRET_UNAVAILABLE, and SOURCE_MISCONFIGURED for anything but an address; no part of it is in the text.
 */
export function secretAddress(ref: SecretRef, reveal: (ref: SecretRef) => string, example: string): URL {
  const text = reveal(ref).trim();
  if (isPrivateAddress(text)) return new URL(text);
  throw new CustodyError("SOURCE_MISCONFIGURED", `the secret holds no address such as ${example}`, {
    remedy: "Copy the whole address into the secret, without quotes.",
  });
}
