import { sha256 } from "../lib/digest.ts";
import { CustodyError, isCustodyError } from "../lib/errors.ts";
import { type Certificate, parseCertificate } from "../tsp/certificate.ts";
import type { StampProblem } from "../tsp/problem.ts";
import { MAX_TOKEN_BYTES, parseResponse } from "../tsp/response.ts";
import { parseToken } from "../tsp/token.ts";
import { verifyToken } from "../tsp/verify.ts";
import type { Judged } from "./judged.ts";

/** Longer answers are none of ours, and are not even read. */
export const MAX_STAMP_BYTES = MAX_TOKEN_BYTES;
const PROBLEMS_TOLD = 3;

/**
 * A TimeStampResp (RFC 3161) over a kept checkpoint. Bad is what is wrong whoever is trusted: the token is held against the
 * certificates that came with it. What is right in itself and leads to none of the roots is unknown, never bad: else a
 * verdict on the log would depend on which certificates a person happens to have.
 */
export async function judgeStamp(
  receipt: Uint8Array,
  checkpoint: Uint8Array,
  roots: readonly Certificate[],
): Promise<Judged> {
  let token: Uint8Array | undefined;
  let along: Certificate[];
  try {
    const response = parseResponse(receipt);
    token = response.token;
    if (token === undefined) return bad(`an answer without one: ${response.failure ?? response.status}`);
    along = parseToken(token).certificates.flatMap(readable);
  } catch (thrown) {
    if (!isCustodyError(thrown, "INPUT_INVALID") && !isCustodyError(thrown, "INPUT_TOO_LARGE")) throw thrown;
    return bad(thrown.message);
  }
  const digest = sha256(checkpoint);
  try {
    const stamp = await verifyToken(token, { digest, roots });
    if (stamp.verified) {
      const { earliest, latest, validUntil, signer } = stamp;
      return { is: "good", seen: [{ by: signer, earliest, latest, validUntil }] };
    }
    const alone = await verifyToken(token, { digest, roots: along });
    if (alone.verified) {
      const { signer } = alone;
      return {
        is: "unknown",
        why:
          roots.length === 0
            ? `made by ${signer}; name the service's root certificate with --tsa-roots to have it checked`
            : `made by ${signer}, which none of the given root certificates vouches for (${told(stamp.problems)})`,
      };
    }
    if (alone.problems.every(({ code }) => code === "signer-missing"))
      return { is: "unknown", why: "made without the certificate of its service, which is not among the given ones" };
    return bad(told(alone.problems));
  } catch (thrown) {
    // Only where a browser has no cryptography for it: nothing that the stamp can be blamed for.
    if (!(thrown instanceof CustodyError) || thrown.code !== "USAGE") throw thrown;
    return { is: "unknown", why: `not checked: ${thrown.message}` };
  }
}

function bad(found: string): Judged {
  return { is: "bad", expected: "a time stamp of the kept checkpoint", found };
}

function told(problems: readonly StampProblem[]): string {
  const messages = problems.slice(0, PROBLEMS_TOLD).map(({ message }) => message);
  return `${messages.join("; ")}${problems.length > PROBLEMS_TOLD ? "; …" : ""}`;
}

/** Certificates that came along and cannot be read are of no use, and no harm. */
function readable(der: Uint8Array): Certificate[] {
  try {
    return [parseCertificate(der)];
  } catch (thrown) {
    if (isCustodyError(thrown, "INPUT_INVALID")) return [];
    throw thrown;
  }
}
