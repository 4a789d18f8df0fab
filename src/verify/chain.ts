import { batchKey, type Recorded } from "../evidence/batch.ts";
import { decodeEntry, type Entry, MAX_BATCH_BYTES, NO_PREVIOUS } from "../evidence/entry.ts";
import { digestOf } from "../lib/digest.ts";
import { leafHash } from "../tlog/merkle.ts";
import type { Findings } from "./finding.ts";
import { Leaves } from "./leaves.ts";
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
  for (const [i, first] of batches.entries()) {
    const key = batchKey(first);
    const until = batches[i + 1] ?? Number.POSITIVE_INFINITY;
    if (first !== next) {
      if (first > next) findings.add("entry-missing", batchKey(next), `entries ${next} to ${first - 1}`, "no batch");
      else findings.add("entry-altered", key, `a batch that begins with entry ${next}`, `one that begins with ${first}`);
      prev = undefined;
      next = first;
    }
    const lines = splitLines((await reader.get(key)) ?? new Uint8Array());
    if (lines === undefined) {
      findings.add("entry-altered", key, "whole lines", "a cut or empty batch");
      prev = undefined;
      continue;
    }
    for (const line of lines) {
      const digest = digestOf(line);
      const decoded = decode(line);
      // A line that swallowed others, or was cut in two, must not shift every entry after it.
      const index: number = decoded.entry && decoded.entry.index > next && decoded.entry.index < until ? decoded.entry.index : next;
      const where = `${key} entry ${index}`;
      leaves.set(index, leafHash(line));
      next = index + 1;
      if (decoded.entry === undefined) {
        findings.add("entry-malformed", where, "canonical JSON with the common fields", decoded.problem);
        prev = digest;
        continue;
      }
      const { entry } = decoded;
      if (entry.index !== index) findings.add("chain-broken", where, `index ${index}`, `index ${entry.index}`);
      if (prev !== undefined && entry.prev !== prev) findings.add("chain-broken", where, `prev ${prev}`, `prev ${entry.prev}`);
      if (entry.at < at) findings.add("chain-broken", where, `a time not before ${at}`, entry.at);
      prev = digest;
      at = entry.at > at ? entry.at : at;
      yield { index, digest, bytes: line, entry };
    }
  }
}

function decode(line: Uint8Array): { entry: Entry; problem?: never } | { entry?: never; problem: string } {
  try {
    return { entry: decodeEntry(line) };
  } catch (error) {
    return { problem: (error as Error).message.slice(0, 300) };
  }
}

/** The lines of a batch; undefined when it is empty, too long, or its last line is cut. */
function splitLines(bytes: Uint8Array): Uint8Array[] | undefined {
  if (bytes.length === 0 || bytes.length > MAX_BATCH_BYTES + 256 || bytes.at(-1) !== 0x0a) return undefined;
  const lines: Uint8Array[] = [];
  for (let start = 0; start < bytes.length; ) {
    const end = bytes.indexOf(0x0a, start);
    lines.push(bytes.subarray(start, end));
    start = end + 1;
  }
  return lines;
}
