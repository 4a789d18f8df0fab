import { batchKey, encodeBatch } from "../evidence/batch.ts";
import { decodeEntry } from "../evidence/entry.ts";
import { sameBytes } from "../lib/digest.ts";
import type { Store } from "../store/store.ts";
import { TILE_WIDTH } from "../tlog/tile.ts";
import { altered } from "./contradiction.ts";
import { readBundle } from "./read.ts";

/**
 * The newest signed batch must lie under its key as the tree holds it: whoever goes on behind a batch that is gone or edited
 * would sign over the loss. Only the newest, so that opening costs the same for ever; `custody verify` looks at all of them.
 * `size` is that of the checkpoint. Throws LEDGER_ALTERED.
 */
export async function requireNewestBatch(store: Store, size: number): Promise<void> {
  if (size === 0) return;
  const entries = await newestBatch(store, size);
  const key = batchKey(size - entries.length);
  const there = await store.get(key);
  if (there === undefined)
    throw altered(
      store,
      key,
      `is missing: it held the newest ${entries.length} of the ${size} records that are signed`,
    );
  if (!sameBytes(there, encodeBatch(entries))) throw altered(store, key, "does not hold the records that are signed");
}

/** The entries at the end that were committed together: at most a bundle's width, so they lie in two bundles at most. */
async function newestBatch(store: Store, size: number): Promise<Uint8Array[]> {
  let n = Math.floor((size - 1) / TILE_WIDTH);
  let entries = await readBundle(store, n, size);
  const id = batchOf(entries.at(-1));
  if (n > 0 && entries.every((entry) => batchOf(entry) === id)) {
    n -= 1;
    entries = [...(await readBundle(store, n, size)), ...entries];
  }
  const first = entries.findLastIndex((entry) => batchOf(entry) !== id) + 1;
  return entries.slice(first);
}

const batchOf = (entry: Uint8Array | undefined): string => (entry === undefined ? "" : decodeEntry(entry).batch);
