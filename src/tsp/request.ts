import { CustodyError } from "../lib/errors.ts";
import { HASHES } from "./algorithm.ts";
import { encode, encodeInteger, encodeOid, TAG } from "./der.ts";

/** What is asked of a time stamp service (RFC 3161 §2.4.1). */
export interface StampRequest {
  /** Hash of the bytes to be stamped: SHA-256, SHA-384 or SHA-512, told apart by its length. */
  readonly digest: Uint8Array;
  /** Random, at least 64 bits: the answer has to carry it, so that an earlier answer cannot be sent again. */
  readonly nonce?: bigint;
  /** Default true: without the service's certificate in it a token cannot be checked for ever. */
  readonly certReq?: boolean;
  /** OID of the policy asked for. */
  readonly policy?: string;
}

const VERSION = 1n;

/**
 * TimeStampReq in DER, to be sent as `application/timestamp-query` (RFC 3161 §3.4). Throws INPUT_INVALID for a digest of
 * another length.
 */
export function encodeRequest({ digest, nonce, certReq = true, policy }: StampRequest): Uint8Array {
  const hash = HASHES.find(({ bytes }) => bytes === digest.length);
  if (hash === undefined) {
    throw new CustodyError(
      "INPUT_INVALID",
      `time stamp request: expected a digest of 32, 48 or 64 bytes, found ${digest.length}`,
    );
  }
  const algorithm = encode(TAG.sequence, encodeOid(hash.oid), encode(TAG.null));
  return encode(
    TAG.sequence,
    encodeInteger(VERSION),
    encode(TAG.sequence, algorithm, encode(TAG.octets, digest)),
    ...(policy === undefined ? [] : [encodeOid(policy)]),
    ...(nonce === undefined ? [] : [encodeInteger(nonce)]),
    // DER leaves a default out (X.690 §11.5).
    ...(certReq ? [encode(TAG.boolean, Uint8Array.of(0xff))] : []),
  );
}
