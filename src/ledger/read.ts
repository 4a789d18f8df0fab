import { batchKey, type Link, parseBatch, type Recorded } from "../evidence/batch.ts";
import { decodeEntry, type Entry } from "../evidence/entry.ts";
import { digestOf } from "../lib/digest.ts";
import type { Store } from "../store/store.ts";
import { parseCheckpoint } from "../tlog/checkpoint.ts";
import { bundleKey, decodeBundle, TILE_WIDTH } from "../tlog/tile.ts";
import { altered } from "./contradiction.ts";
import { START } from "./log.ts";

/** Entries of bundle `n` of a log of this size; where its partial bundle is gone the full one serves (C2SP tlog-tiles). */
export async function readBundle(store: Store, n: number, size: number): Promise<Uint8Array[]> {
  const width = Math.min(TILE_WIDTH, size - n * TILE_WIDTH);
  const key = bundleKey(n, width);
  const bytes = await store.get(key);
  if (bytes !== undefined) return decodeBundle(bytes, width, key);
  const full = await store.get(bundleKey(n));
  if (full === undefined) throw altered(store, key, "is missing");
  return decodeBundle(full, TILE_WIDTH, bundleKey(n)).slice(0, width);
}

/** So few entries are read from their batches even where a bundle has them. */
const FEW = 64;

/**
 * Entries from an index on, in order: whole bundles up to `signed`, the size of a published checkpoint, then batches up to
 * `end`. The chain is checked from the entry before `from` on and must end in the hash of `end`; only who has read to the end
 * has been told so. `known` is the beginning of a batch not after `from`, whose chain was checked before: where little or
 * nothing after it is signed, nothing before it is read again.
 * Throws LEDGER_ALTERED.
 */
export async function* readEntries(
  store: Store,
  from: number,
  signed: number,
  end: Link,
  known?: Link,
): AsyncGenerator<Recorded> {
  if (from >= end.index) return;
  const isNear = known !== undefined && (known.index >= signed || end.index - known.index <= FEW);
  // It begins with the bundle that holds `from`, or with the last one: the batches after it continue its hash.
  const first = Math.floor(Math.max(0, Math.min(from, signed - 1)) / TILE_WIDTH);
  let next: Link = isNear ? known : START;
  for (let n = first; !isNear && n * TILE_WIDTH < signed; n += 1) {
    for (const [i, bytes] of (await readBundle(store, n, signed)).entries()) {
      // Who follows the log has seen what lies before, up to the entry whose hash the next one continues.
      if (n * TILE_WIDTH + i < from - 1 && n * TILE_WIDTH + i < signed - 1) continue;
      const [index, entry, digest] = [n * TILE_WIDTH + i, entryOf(bytes), digestOf(bytes)];
      if (entry === undefined || (next.index > 0 && entry.prev !== next.prev))
        throw altered(store, bundleKey(n), `holds an entry ${index} that does not continue the chain`);
      next = { index: index + 1, prev: digest, at: entry.at };
      if (index >= from) yield { index, digest, bytes, entry };
    }
  }
  while (next.index < end.index) {
    const bytes = await store.get(batchKey(next.index));
    if (bytes === undefined) throw altered(store, batchKey(next.index), "has disappeared");
    for (const recorded of parseBatch(bytes, next)) {
      next = { index: recorded.index + 1, prev: recorded.digest, at: recorded.entry.at };
      if (recorded.index >= from) yield recorded;
    }
  }
  if (next.prev !== end.prev)
    throw altered(store, "tile/entries", `and seq/ up to entry ${end.index} do not end in the hash that was committed`);
}

/**
 * All that is committed, signed or not, without a head to compare it with: the bundles up to what the checkpoint claims, then
 * the batches. The chain is checked on the way, nothing else is. Throws LEDGER_ALTERED.
 */
export async function* readAll(store: Store): AsyncGenerator<Recorded> {
  const checkpoint = await store.get("checkpoint");
  const signed = (checkpoint && parseCheckpoint(checkpoint))?.size ?? 0;
  let next: Link = START;
  for (let n = 0; n * TILE_WIDTH < signed; n += 1) {
    for (const [i, bytes] of (await readBundle(store, n, signed)).entries()) {
      const [index, entry, digest] = [n * TILE_WIDTH + i, entryOf(bytes), digestOf(bytes)];
      if (entry === undefined || entry.prev !== next.prev)
        throw altered(store, bundleKey(n), `holds an entry ${index} that does not continue the chain`);
      next = { index: index + 1, prev: digest, at: entry.at };
      yield { index, digest, bytes, entry };
    }
  }
  for (;;) {
    const bytes = await store.get(batchKey(next.index));
    if (bytes === undefined) return;
    for (const recorded of parseBatch(bytes, next)) {
      next = { index: recorded.index + 1, prev: recorded.digest, at: recorded.entry.at };
      yield recorded;
    }
  }
}

function entryOf(bytes: Uint8Array): Entry | undefined {
  try {
    return decodeEntry(bytes);
  } catch {
    return undefined;
  }
}
