import { blobRefs } from "../evidence/blob.ts";
import { decodeEntry, type Entry, isKind } from "../evidence/entry.ts";
import { sameBytes } from "../lib/digest.ts";
import { CustodyError } from "../lib/errors.ts";
import { type Checkpoint, parseCheckpoint } from "../tlog/checkpoint.ts";
import { leafHash, verifyInclusion } from "../tlog/merkle.ts";
import { checkNote, type Verifier } from "../tlog/note.ts";
import { encodeReceipt, inclusionProof, parseReceipt } from "../tlog/proof.ts";
import { bundleKey, decodeBundle, TILE_WIDTH } from "../tlog/tile.ts";
import {
  checkpointKeys,
  compromisedKeys,
  type KeyRecord,
  keyRing,
  MAX_STATEMENTS,
  type SafeSizes,
  sizesNamed,
} from "../trust/keyring.ts";
import { Leaves } from "./leaves.ts";
import type { LogReader } from "./reader.ts";

/** The bytes of one entry below a checkpoint, from its bundle. */
export async function entryBytes(reader: Pick<LogReader, "get">, index: number, size: number): Promise<Uint8Array> {
  if (!Number.isSafeInteger(index) || index < 0 || index >= size) {
    throw new CustodyError("NOT_FOUND", `there is no record ${index}; the log has the records 0 to ${size - 1}`);
  }
  const n = Math.floor(index / TILE_WIDTH);
  const entry = (await bundle(reader, n, Math.min(TILE_WIDTH, size - n * TILE_WIDTH)))[index - n * TILE_WIDTH];
  if (entry === undefined) throw new CustodyError("BUG", `no entry ${index} in its bundle`);
  return entry;
}

/** All entries below a checkpoint in order, a bundle at a time. */
export async function* entriesBelow(
  reader: Pick<LogReader, "get">,
  size: number,
): AsyncGenerator<{ index: number; bytes: Uint8Array }> {
  for (let first = 0; first < size; first += TILE_WIDTH) {
    const width = Math.min(TILE_WIDTH, size - first);
    for (const [i, bytes] of (await bundle(reader, first / TILE_WIDTH, width)).entries())
      yield { index: first + i, bytes };
  }
}

/** The first `width` entries of a bundle, from the partial or the full object. */
export async function bundle(reader: Pick<LogReader, "get">, n: number, width: number): Promise<Uint8Array[]> {
  const key = bundleKey(n, width);
  const partial = await reader.get(key);
  const bytes = partial ?? (await reader.get(bundleKey(n)));
  if (bytes === undefined)
    throw new CustodyError("LEDGER_ALTERED", `${key} is missing`, { remedy: "Run `custody verify`." });
  return decodeBundle(bytes, partial ? width : TILE_WIDTH, key).slice(0, width);
}

/**
 * A receipt for one entry: with it and the pinned key anybody can check, offline and without the store, that the log held
 * this entry. Reads only what is published; needs no writer and no index.
 */
export async function makeReceipt(
  reader: Pick<LogReader, "get">,
  index: number,
  keys: readonly Verifier[],
): Promise<string> {
  const bytes = await reader.get("checkpoint");
  const checkpoint = bytes && parseCheckpoint(bytes);
  if (bytes === undefined || checkpoint === undefined)
    throw new CustodyError("NOT_A_STORE", "there is no readable checkpoint here");
  const counting = await countingKeys(reader, checkpoint, keys);
  requireTrusted(checkpoint, counting);
  const extra = await entryBytes(reader, index, checkpoint.size);
  const proof = await inclusionProof((key) => reader.get(key), index, checkpoint.size);
  const receipt = encodeReceipt({ extra, index, proof, checkpoint: new TextDecoder().decode(bytes) });
  checkReceipt(receipt, counting);
  return receipt;
}

/**
 * The given keys, and where none of them has signed the checkpoint those that the log leads to from them. Without anchors the
 * word of a key that was stolen counts for nothing.
 */
async function countingKeys(
  reader: Pick<LogReader, "get">,
  { origin, note, size, root }: Checkpoint,
  keys: readonly Verifier[],
): Promise<readonly Verifier[]> {
  const own = keys.filter((key) => key.name === origin);
  if (own.length === 0 || checkNote(note, own).signedBy.length > 0) return keys;
  const leaves = new Leaves();
  const statements: KeyRecord[] = [];
  for await (const { index, bytes } of entriesBelow(reader, size)) {
    leaves.set(index, leafHash(bytes));
    const entry = decodeEntry(bytes);
    if (isKind(entry, "key") && statements.length <= MAX_STATEMENTS) statements.push({ index, entry });
  }
  const roots = leaves.roots([...sizesNamed(statements), size]);
  if (!sameBytes(roots.get(size) ?? new Uint8Array(), root)) return keys;
  const walk = (safe?: SafeSizes) => keyRing(own, statements, (length) => roots.get(length), safe);
  const ring = walk();
  const stolen = compromisedKeys(ring).map((key) => [key.verifier.vkey, 0] as const);
  return checkpointKeys(stolen.length === 0 ? ring : walk(new Map(stolen)), size);
}

/** What a receipt proves: this entry, at this index, in the log of this size. */
export interface ReceiptAnswer {
  readonly entry: Entry;
  readonly index: number;
  readonly checkpoint: Checkpoint;
  /** Of the evidence files that the record names itself. */
  readonly digests: readonly string[];
}

/** A receipt is an entry, a proof and a checkpoint, all at their largest. */
export const MAX_RECEIPT_BYTES = 1024 * 1024;

/** Checks a receipt. Throws VERIFICATION_FAILED with what does not fit. */
export function checkReceipt(text: string, keys: readonly Verifier[]): ReceiptAnswer {
  const receipt = parseReceipt(text);
  const checkpoint = receipt && parseCheckpoint(new TextEncoder().encode(receipt.checkpoint));
  if (receipt === undefined || checkpoint === undefined) {
    throw new CustodyError(
      "VERIFICATION_FAILED",
      "not a receipt; expected the form c2sp.org/tlog-proof@v1 with the record in its `extra` line",
    );
  }
  requireTrusted(checkpoint, keys);
  if (!verifyInclusion(receipt.index, checkpoint.size, leafHash(receipt.extra), receipt.proof, checkpoint.root)) {
    throw new CustodyError(
      "VERIFICATION_FAILED",
      `the receipt does not prove that record ${receipt.index} is in the log`,
    );
  }
  let entry: Entry;
  try {
    entry = decodeEntry(receipt.extra);
  } catch (cause) {
    throw new CustodyError(
      "VERIFICATION_FAILED",
      `what the receipt proves as record ${receipt.index} is not a record`,
      { cause },
    );
  }
  return { entry, index: receipt.index, checkpoint, digests: blobRefs(entry).map((ref) => ref.digest) };
}

function requireTrusted(checkpoint: Checkpoint, keys: readonly Verifier[]): void {
  const { signedBy, bad } = checkNote(
    checkpoint.note,
    keys.filter((key) => key.name === checkpoint.origin),
  );
  if (signedBy.length === 0 || bad.length > 0) {
    throw new CustodyError(
      "VERIFICATION_FAILED",
      `the checkpoint of "${checkpoint.origin}" is not signed by a key that is trusted here`,
      {
        remedy:
          "Compare the key with the one the organisation published; never take it from the store or the pack itself.",
      },
    );
  }
}
