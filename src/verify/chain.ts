import { batchKey, type Recorded } from "../evidence/batch.ts";
import { decodeEntry, type Entry, MAX_BATCH_BYTES, MAX_BATCH_ENTRIES, NO_PREVIOUS } from "../evidence/entry.ts";
import { digestOf } from "../lib/digest.ts";
import { leafHash } from "../tlog/merkle.ts";
import type { Findings } from "./finding.ts";
import type { Leaves } from "./leaves.ts";
import type { LogReader } from "./reader.ts";

/**
 * Walks `seq/` from entry 0: every line, whether readable or not, gives the leaf at its index; every readable entry is
 * checked against the chain and handed on. Lines are judged by the tree later; here only form and order are.
 */
export async function* walkChain(
  reader: LogReader,
  batches: readonly number[],
  leaves: Leaves,
  findings: Findings,
): AsyncGenerator<Recorded> {
  let next = 0;
  let prev: string | undefined = NO_PREVIOUS;
  let at = "";
  let lastBatch: string | undefined;
  for (const [i, first] of batches.entries()) {
    const key = batchKey(first);
    const until = Math.min(batches[i + 1] ?? Number.POSITIVE_INFINITY, first + MAX_BATCH_ENTRIES);
    if (first !== next) {
      if (first > next) findings.add("entry-missing", batchKey(next), `entries ${next} to ${first - 1}`, "no batch");
      else
        findings.add("entry-altered", key, `a batch that begins with entry ${next}`, `one that begins with ${first}`);
      prev = undefined;
      next = first;
    }
    const lines = splitLines((await reader.get(key)) ?? new Uint8Array());
    if (lines === undefined) {
      findings.add("entry-altered", key, `1 to ${MAX_BATCH_ENTRIES} whole lines`, "an empty, cut or overlong batch");
      prev = undefined;
      continue;
    }
    let batch: string | undefined;
    for (const line of lines) {
      const digest = digestOf(line);
      const decoded = decode(line);
      // A line that swallowed others, or was cut in two, must not shift every entry after it.
      const index: number =
        decoded.entry && decoded.entry.index > next && decoded.entry.index < until ? decoded.entry.index : next;
      const where = `${key} entry ${index}`;
      if (index > next) findings.add("entry-missing", where, `entry ${next}`, `entry ${index}`);
      leaves.set(index, leafHash(line));
      next = index + 1;
      if (decoded.entry === undefined) {
        findings.add("entry-malformed", where, "canonical JSON with the common fields", decoded.problem);
        prev = digest;
        continue;
      }
      const { entry } = decoded;
      if (entry.index !== index) findings.add("chain-broken", where, `index ${index}`, `index ${entry.index}`);
      if (prev !== undefined && entry.prev !== prev)
        findings.add("chain-broken", where, `prev ${prev}`, `prev ${entry.prev}`);
      if (entry.at < at) findings.add("chain-broken", where, `a time not before ${at}`, entry.at);
      // The ID is random for each commit: batches joined, cut in two, or cut anew show here though every entry is right.
      if (batch !== undefined && entry.batch !== batch)
        findings.add("chain-broken", where, `batch ID ${batch}`, `batch ID ${entry.batch}`);
      else if (batch === undefined && entry.batch === lastBatch)
        findings.add("chain-broken", where, "a batch ID of its own", "that of the batch before it");
      batch = entry.batch;
      prev = digest;
      at = entry.at > at ? entry.at : at;
      yield { index, digest, bytes: line, entry };
    }
    lastBatch = batch;
  }
}

function decode(line: Uint8Array): { entry: Entry; problem?: never } | { entry?: never; problem: string } {
  try {
    return { entry: decodeEntry(line) };
  } catch (error) {
    return { problem: (error as Error).message };
  }
}

/** The lines of a batch; undefined when it is empty, too long, has too many lines, or its last line is cut. */
function splitLines(bytes: Uint8Array): Uint8Array[] | undefined {
  if (bytes.length === 0 || bytes.length > MAX_BATCH_BYTES + MAX_BATCH_ENTRIES || bytes.at(-1) !== 0x0a)
    return undefined;
  const lines: Uint8Array[] = [];
  for (let start = 0; start < bytes.length; ) {
    if (lines.length === MAX_BATCH_ENTRIES) return undefined;
    const end = bytes.indexOf(0x0a, start);
    lines.push(bytes.subarray(start, end));
    start = end + 1;
  }
  return lines;
}
