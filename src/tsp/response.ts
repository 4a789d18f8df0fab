import { CustodyError } from "../lib/errors.ts";
import { decode, elementsOf, malformed, open, readNamedBits, readSmall, TAG } from "./der.ts";
import { plainText } from "./name.ts";

/** PKIStatus (RFC 3161 §2.4.2), in the order of its numbers. */
const STATUSES = [
  "granted",
  "grantedWithMods",
  "rejection",
  "waiting",
  "revocationWarning",
  "revocationNotification",
] as const;
export type StampStatus = (typeof STATUSES)[number];

/** PKIFailureInfo (RFC 3161 §2.4.2): number of the bit, and what it says. */
const FAILURES: Readonly<Record<number, string>> = {
  0: "the hash algorithm is not accepted",
  2: "the request is not permitted",
  5: "the request could not be read",
  14: "the service's clock is not available",
  15: "the policy is not supported",
  16: "an extension is not supported",
  17: "additional information is not available",
  25: "the service failed",
};

/** A service's answer. It has a token exactly when the status is `granted` or `grantedWithMods`. */
export interface StampResponse {
  readonly status: StampStatus;
  /** What the service says went wrong, as one bounded line; text from a stranger. */
  readonly failure: string | undefined;
  /** TimeStampToken in DER: what `verifyToken` takes. Nothing in it has been checked. */
  readonly token: Uint8Array | undefined;
}

/** Real answers have 1 to 10 KB. */
export const MAX_TOKEN_BYTES = 256 * 1024;
const MAX_TEXTS = 16;

/**
 * Reads a TimeStampResp in DER (RFC 3161 §2.4.2). Throws INPUT_TOO_LARGE, or INPUT_INVALID with the place: an answer such as
 * an HTML page is no response.
 */
export function parseResponse(der: Uint8Array): StampResponse {
  const where = "time stamp response";
  if (der.length > MAX_TOKEN_BYTES) {
    throw new CustodyError(
      "INPUT_TOO_LARGE",
      `${where}: expected at most ${MAX_TOKEN_BYTES} bytes, found ${der.length}`,
    );
  }
  const cursor = open(decode(der, TAG.sequence, where), where);
  const info = cursor.next(TAG.sequence, "status");
  const token = cursor.done ? undefined : cursor.next(TAG.sequence, "timeStampToken");
  cursor.end();

  const parts = open(info, where);
  const status = STATUSES[readSmall(parts.next(TAG.integer, "status"), 0, STATUSES.length - 1, where)] ?? "rejection";
  const texts = parts.optional(TAG.sequence, "statusString");
  const bits = parts.optional(TAG.bits, "failInfo");
  parts.end();

  const granted = status === "granted" || status === "grantedWithMods";
  if (granted !== (token !== undefined)) {
    throw malformed(
      where,
      info.at,
      granted ? "a token" : "no token",
      `status ${status} ${token ? "with" : "without"} one`,
    );
  }
  const reasons = bits === undefined ? [] : [...readNamedBits(bits, where)].map((b) => FAILURES[b] ?? `reason ${b}`);
  const said =
    texts === undefined ? [] : elementsOf(texts, TAG.utf8, MAX_TEXTS, where).map(({ content }) => plainText(content));
  return { status, failure: granted ? undefined : [...reasons, ...said].join("; ") || undefined, token: token?.bytes };
}
