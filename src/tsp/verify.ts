import { hex, sameBytes } from "../lib/digest.ts";
import { CustodyError, isCustodyError } from "../lib/errors.ts";
import type { Instant } from "../lib/time.ts";
import { HASHES, hashOf, schemeOf } from "./algorithm.ts";
import { type Certificate, parseCertificate } from "./certificate.ts";
import { findPath } from "./chain.ts";
import { algorithmName } from "./oid.ts";
import { problem, type StampProblem } from "./problem.ts";
import { verifySignature } from "./signature.ts";
import { checkAttributes, checkBinding, checkPurpose, isNamedBy } from "./signer.ts";
import { parseToken, type Token } from "./token.ts";

/** What a time stamp is held against. */
export interface StampExpectation {
  /** Hash of the stamped bytes, by whichever hash the token uses (told apart by length). */
  readonly digest: Uint8Array;
  /** The nonce of the request; only whoever asked knows it. */
  readonly nonce?: bigint;
  /** Certificates that the person who checks trusts. Never taken from the token. */
  readonly roots: readonly Certificate[];
  /** Further certificates that may lie on the path, such as a chain kept beside the token; DER, untrusted, the first 32. */
  readonly intermediates?: readonly Uint8Array[];
  /** When it is looked at, for `standing`; without it the token is looked at as at its own time. */
  readonly at?: Instant;
}

const MAX_INTERMEDIATES = 32;

/** A time stamp that counts. */
export interface VerifiedStamp {
  readonly verified: true;
  /** The service's time, and the range in which the true time lies by the accuracy it states (inclusive). */
  readonly genTime: Instant;
  readonly earliest: Instant;
  readonly latest: Instant;
  /** Subject of the service's certificate. */
  readonly signer: string;
  /** Signer first, trusted root last. */
  readonly chain: readonly Certificate[];
  /** The first end of validity on the chain: stamp again before it. */
  readonly validUntil: Instant;
  /**
   * `expired` once `at` lies after `validUntil`. The chain is always judged at the token's own time, so an expired stamp
   * still verifies; but from then on it rests on that time alone: nobody has to protect or revoke the service's key any
   * more, and whoever gets hold of it could make such a stamp today. A later stamp over this one closes that hole.
   */
  readonly standing: "anchored" | "expired";
  readonly token: Token;
}

/** A time stamp that does not count, and every reason that was found; nothing else of it is to be believed. */
export interface RefusedStamp {
  readonly verified: false;
  readonly problems: readonly [StampProblem, ...StampProblem[]];
}

/**
 * Checks a TimeStampToken (RFC 3161 §2.2, RFC 5652 §5.6, RFC 5816, RFC 5280 §6.1): it stamps this digest, its service signed
 * it with a certificate for time stamps that leads to one of the roots, and all of them were valid at the token's time.
 * Revocation is not looked up. Whatever the bytes are, the answer is one of the two; the only thing thrown is USAGE, by a
 * browser that cannot check at all.
 */
export async function verifyToken(der: Uint8Array, expected: StampExpectation): Promise<VerifiedStamp | RefusedStamp> {
  try {
    return await check(parseToken(der), expected);
  } catch (thrown) {
    // The readers refuse with these two; anything else is not the token's doing and must not be blamed on it.
    if (!isCustodyError(thrown, "INPUT_INVALID") && !isCustodyError(thrown, "INPUT_TOO_LARGE")) throw thrown;
    return { verified: false, problems: [problem("malformed", thrown.message)] };
  }
}

async function check(token: Token, expected: StampExpectation): Promise<VerifiedStamp | RefusedStamp> {
  const others = readable([...token.certificates, ...(expected.intermediates ?? []).slice(0, MAX_INTERMEDIATES)]);
  const signer = await findSigner(token, [...others, ...expected.roots]);
  const { path, problems } = signer
    ? await findPath(signer, others, expected.roots, token.genTime)
    : {
        path: undefined,
        problems: [problem("signer-missing", "time stamp: expected the certificate of its signer, found none")],
      };
  const [first, ...rest] = [
    ...checkContent(token, expected),
    ...(await checkSignature(token, signer)),
    ...(signer ? [...checkPurpose(signer), ...(await checkBinding(token.signer, signer))] : []),
    ...problems,
  ];
  if (first !== undefined) return { verified: false, problems: [first, ...rest] };
  if (path === undefined || signer === undefined) throw new CustodyError("BUG", "time stamp: no problem and no path");
  const validUntil = Math.min(...path.map((c) => c.notAfter));
  const at = expected.at ?? token.genTime;
  return {
    verified: true,
    genTime: token.genTime,
    earliest: token.genTime - (token.accuracy ?? 0),
    // Without an accuracy the last digit given is all there is to go by: services cut off what lies below it.
    latest: token.genTime + (token.accuracy ?? token.unit),
    signer: signer.subjectText,
    chain: path,
    validUntil,
    standing: at > validUntil ? "expired" : "anchored",
    token,
  };
}

/** What the token states, against what it should. */
function checkContent(token: Token, expected: StampExpectation): StampProblem[] {
  const problems: StampProblem[] = [];
  const hash = HASHES.find(({ name }) => name === hashOf(token.hashAlgorithm));
  if (hash === undefined) {
    problems.push(
      problem("algorithm-refused", `stamped hash: ${algorithmName(token.hashAlgorithm.oid)} is not accepted`),
    );
  } else if (hash.bytes !== token.digest.length) {
    problems.push(problem("malformed", `stamped hash: expected ${hash.bytes} bytes, found ${token.digest.length}`));
  }
  const found = hex(token.digest.subarray(0, 64));
  if (!sameBytes(token.digest, expected.digest)) {
    problems.push(problem("imprint-mismatch", `stamped hash: expected ${hex(expected.digest)}, found ${found}`));
  }
  if (expected.nonce !== undefined && token.nonce !== expected.nonce) {
    problems.push(problem("nonce-mismatch", `nonce: expected ${expected.nonce}, found ${token.nonce ?? "none"}`));
  }
  for (const oid of token.unknownCritical) {
    problems.push(problem("extension-unknown", `time stamp: critical extension ${oid} is not understood`));
  }
  return problems;
}

/** The signed attributes against the content, and the signature over them by the signer's key. */
async function checkSignature(token: Token, signer: Certificate | undefined): Promise<StampProblem[]> {
  const { digestAlgorithm, signatureAlgorithm, signed, signature } = token.signer;
  const hash = hashOf(digestAlgorithm);
  const scheme = hash && schemeOf(signatureAlgorithm, hash);
  if (hash === undefined || scheme === undefined) {
    const names = `${algorithmName(signatureAlgorithm.oid)} over ${algorithmName(digestAlgorithm.oid)}`;
    return [problem("algorithm-refused", `signature: ${names} is not accepted`)];
  }
  const problems = await checkAttributes(token.signer, token.content, hash);
  if (signer === undefined) return problems;
  const { key } = signer;
  if (key === undefined) {
    problems.push(
      problem("algorithm-refused", `certificate of ${signer.subjectText}: its key is too weak or of no known kind`),
    );
  } else if (!(await verifySignature(key, scheme, signed, signature))) {
    problems.push(problem("signature-invalid", `signature: not by ${signer.subjectText}`));
  }
  return problems;
}

/** The certificate that the token names as its signer's; where several do, the one that the signed reference means. */
async function findSigner(token: Token, certificates: readonly Certificate[]): Promise<Certificate | undefined> {
  const named = certificates.filter((certificate) => isNamedBy(certificate, token.signer.id));
  for (const certificate of named) {
    if ((await checkBinding(token.signer, certificate)).length === 0) return certificate;
  }
  return named[0];
}

/** Certificates that came along and cannot be read are of no use, and no harm. */
function readable(certificates: readonly Uint8Array[]): Certificate[] {
  return certificates.flatMap((der) => {
    try {
      return [parseCertificate(der)];
    } catch (thrown) {
      if (isCustodyError(thrown, "INPUT_INVALID")) return [];
      throw thrown;
    }
  });
}
