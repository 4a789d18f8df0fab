import { isAddress } from "../collector/bucket.ts";
import type { SecretRef } from "../collector/define.ts";
import { CustodyError } from "../lib/errors.ts";

const LOOPBACK = /^(127\.\d+\.\d+\.\d+|localhost|\[::1\])$/i;

/**
 * The address behind a secret. It is one itself, so it goes over an encrypted connection only, but to this machine itself.
 * Throws SECRET_UNAVAILABLE, and SOURCE_MISCONFIGURED for anything but an address; no part of it is in the text.
 */
export function secretAddress(ref: SecretRef, reveal: (ref: SecretRef) => string, example: string): URL {
  const text = reveal(ref).trim();
  const url = isAddress(text) ? new URL(text) : undefined;
  if (url !== undefined && (url.protocol === "https:" || LOOPBACK.test(url.hostname))) return url;
  throw new CustodyError("SOURCE_MISCONFIGURED", `the secret holds no address such as ${example}`, {
    remedy: "Copy the whole address into the secret, without quotes.",
  });
}
