import { base64, fromBase64 } from "../lib/digest.ts";
import { type Checkpoint, parseCheckpoint } from "../tlog/checkpoint.ts";
import type { Hash } from "../tlog/merkle.ts";

/** C2SP tlog-witness: what a log sends to have its checkpoint cosigned. */
export interface AddCheckpoint {
  /** Size of the checkpoint that the log believes this witness cosigned last; 0 for none. */
  readonly old: number;
  /** From that size to the checkpoint's (RFC 6962 §2.1.2). */
  readonly proof: readonly Hash[];
  readonly checkpoint: Checkpoint;
}

/** A checkpoint with 64 signatures and a proof of 63 hashes are far smaller. */
export const MAX_REQUEST_BYTES = 64 * 1024;
const MAX_PROOF_LINES = 63;

/** `checkpoint`: the signed note, byte for byte. */
export function encodeAddCheckpoint(old: number, proof: readonly Hash[], checkpoint: Uint8Array): Uint8Array {
  const head = [`old ${old}`, ...proof.map(base64), "", ""].join("\n");
  return Buffer.concat([Buffer.from(head), checkpoint]);
}

/** Reads a request; undefined when it is malformed. Neither signature nor proof is checked here. */
export function parseAddCheckpoint(bytes: Uint8Array): AddCheckpoint | undefined {
  if (bytes.length > MAX_REQUEST_BYTES) return undefined;
  const split = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).indexOf("\n\n");
  if (split < 0) return undefined;
  const [first = "", ...lines] = Buffer.from(bytes.subarray(0, split)).toString("latin1").split("\n");
  const old = /^old (0|[1-9]\d{0,15})$/.exec(first)?.[1];
  const proof = lines.map(fromBase64);
  const checkpoint = parseCheckpoint(bytes.subarray(split + 2));
  if (old === undefined || !Number.isSafeInteger(Number(old)) || proof.length > MAX_PROOF_LINES) return undefined;
  if (checkpoint === undefined || !proof.every((hash): hash is Hash => hash?.length === 32)) return undefined;
  return { old: Number(old), proof, checkpoint };
}
