import { concat, digestOf } from "../lib/digest.ts";
import { CustodyError } from "../lib/errors.ts";
import { decodeEntry, type Entry, MAX_BATCH_BYTES, MAX_BATCH_ENTRIES } from "./entry.ts";

/** An entry as it stands in the log. */
export interface Recorded {
  readonly index: number;
  /** SHA-256 of the entry's bytes: the next entry's `prev`. */
  readonly digest: string;
  readonly bytes: Uint8Array;
  readonly entry: Entry;
}

/** Where the chain stands: index and `prev` of the entry to come, and the time of the last. */
export interface Link {
  readonly index: number;
  readonly prev: string;
  readonly at: string;
}

/** Key of the batch whose first entry has this index: `seq/<8 digits>/<12 digits>`. */
export function batchKey(first: number): string {
  return `seq/${String(Math.floor(first / 10_000)).padStart(8, "0")}/${String(first).padStart(12, "0")}`;
}

/** Index of the first entry of the batch under this key; undefined when it is not the key of a batch. */
export function parseBatchKey(key: string): number | undefined {
  const match = /^seq\/\d{8}\/(\d{12})$/.exec(key);
  const first = Number(match?.[1] ?? Number.NaN);
  return Number.isSafeInteger(first) && batchKey(first) === key ? first : undefined;
}

const NEWLINE = Uint8Array.of(0x0a);

/** A batch: its entries, each followed by a newline. */
export function encodeBatch(entries: readonly Uint8Array[]): Uint8Array {
  return concat(entries.flatMap((entry) => [entry, NEWLINE]));
}

/** The lines of a batch, without judging them. The last one has no newline when the batch was cut. */
function* lines(bytes: Uint8Array): Generator<Uint8Array> {
  let start = 0;
  while (start < bytes.length) {
    const end = bytes.indexOf(0x0a, start);
    if (end < 0) throw new Error("the last line has no end");
    yield bytes.subarray(start, end);
    start = end + 1;
  }
}

/**
 * Reads a batch that must continue the chain at `link`. Throws LEDGER_ALTERED naming key and entry for anything that no
 * writer would have committed: a claimed place can never be replaced, so the caller must stop.
 */
export function parseBatch(bytes: Uint8Array, link: Link): Recorded[] {
  const key = batchKey(link.index);
  const altered = (index: number, what: string, cause?: unknown): never => {
    throw new CustodyError("LEDGER_ALTERED", `${key}: entry ${index}: ${what}`, {
      cause,
      remedy: "The ledger cannot go on after a batch that no writer made. Run `custody verify` for the whole picture.",
    });
  };
  if (bytes.length === 0 || bytes.length > MAX_BATCH_BYTES + MAX_BATCH_ENTRIES)
    altered(link.index, `a batch of ${bytes.length} bytes`);
  const found: Recorded[] = [];
  let { index, prev, at } = link;
  let batch: string | undefined;
  try {
    for (const line of lines(bytes)) {
      if (found.length === MAX_BATCH_ENTRIES) altered(index, `more than ${MAX_BATCH_ENTRIES} entries in a batch`);
      const entry = decodeEntry(line);
      if (entry.index !== index) altered(index, `expected index ${index}, found ${entry.index}`);
      if (entry.prev !== prev) altered(index, `expected prev ${prev}, found ${entry.prev}`);
      if (entry.at < at) altered(index, `its time ${entry.at} is before that of the entry before it, ${at}`);
      if (batch !== undefined && entry.batch !== batch) altered(index, "two batch IDs in one batch");
      const digest = digestOf(line);
      found.push({ index, digest, bytes: line, entry });
      batch = entry.batch;
      prev = digest;
      at = entry.at;
      index += 1;
    }
  } catch (error) {
    if (error instanceof CustodyError && error.code === "LEDGER_ALTERED") throw error;
    altered(index, (error as Error).message, error);
  }
  return found;
}
