import { batchKey, encodeBatch } from "../evidence/batch.ts";
import { blobKey } from "../evidence/blob.ts";
import { type Entry, NO_PREVIOUS } from "../evidence/entry.ts";
import { Log } from "../ledger/log.ts";
import { canonicalBytes, type Json } from "../lib/canonical.ts";
import { digestOf } from "../lib/digest.ts";
import { type Head, signCheckpoint } from "../tlog/checkpoint.ts";
import type { Signer } from "../tlog/signer.ts";
import type { Objects } from "./range.ts";

/** An entry as a forger handles it: any members, whatever the format says. */
export type Forged = Entry & { [member: string]: unknown };

const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** A copy that may be changed. */
export function copyOf(objects: Objects): Map<string, Uint8Array> {
  return new Map(objects);
}

/** Bytes that the range is known to hold. */
export function need(objects: Objects, key: string): Uint8Array {
  const bytes = objects.get(key);
  if (bytes === undefined) throw new Error(`the range holds no ${key}`);
  return bytes;
}

/** Every batch in order: its key and its entries. */
export function batchesOf(objects: Objects): { key: string; entries: Forged[] }[] {
  const keys = [...objects.keys()].filter((key) => key.startsWith("seq/")).sort();
  return keys.map((key) => ({
    key,
    entries: decoder
      .decode(need(objects, key))
      .split("\n")
      .slice(0, -1)
      .map((line) => JSON.parse(line) as Forged),
  }));
}

/** The batch that holds the first entry for which this is true, and the entry. */
export function findEntry(
  objects: Objects,
  wanted: (entry: Forged) => boolean,
): { key: string; entry: Forged; line: string } {
  for (const { key, entries } of batchesOf(objects)) {
    const at = entries.findIndex(wanted);
    const entry = entries[at];
    if (entry) return { key, entry, line: decoder.decode(need(objects, key)).split("\n")[at] ?? "" };
  }
  throw new Error("the range holds no such entry");
}

/** The text of an object with one passage exchanged; it must be there. */
export function edited(objects: Objects, key: string, find: string, put: string): Uint8Array {
  const text = decoder.decode(need(objects, key));
  if (!text.includes(find)) throw new Error(`${key} does not contain ${find}`);
  return encoder.encode(text.replace(find, put));
}

/** Every object that holds a copy of this line of a batch, with the passage exchanged in each: seq/ and the bundles. */
export function editedEverywhere(objects: Objects, line: string, find: string, put: string): Map<string, Uint8Array> {
  if (find.length !== put.length) throw new Error("in a bundle the length of an entry must stay");
  const changed = copyOf(objects);
  const other = line.replace(find, put);
  if (other === line) throw new Error(`no ${find} in the entry`);
  for (const [key, bytes] of objects) {
    if (!key.startsWith("seq/") && !key.startsWith("tile/entries/")) continue;
    const at = Buffer.from(bytes).indexOf(line);
    if (at < 0) continue;
    const copy = Buffer.from(bytes);
    copy.write(other, at);
    changed.set(key, copy);
  }
  return changed;
}

/**
 * A store written anew from entries as whoever holds the keys could: chain, tiles and checkpoint fit. Index and `prev` are
 * set here; all else is as given. Blobs stay. `sizes` are the earlier heads whose partial tiles a real store would have.
 */
export async function rewritten(
  objects: Objects,
  batches: readonly (readonly Forged[])[],
  signers: readonly Signer[],
  sizes: readonly number[] = [],
): Promise<{ objects: Map<string, Uint8Array>; head: Head }> {
  const store = new Map([...objects].filter(([key]) => key.startsWith("blob/")));
  const log = new Log();
  let prev = NO_PREVIOUS;
  for (const batch of batches) {
    const first = log.size;
    const lines = batch.map((entry, i) => {
      const forged = { ...entry, index: first + i, prev };
      const bytes = canonicalBytes(forged as unknown as Json);
      prev = digestOf(bytes);
      return { index: first + i, digest: prev, bytes, entry: forged };
    });
    store.set(batchKey(first), encodeBatch(lines.map(({ bytes }) => bytes)));
    log.apply(lines);
    if (sizes.includes(log.size)) integrate(store, log);
  }
  integrate(store, log);
  const head = log.head();
  const origin = signers[0]?.verifier.name ?? "";
  store.set("checkpoint", await signCheckpoint(origin, head, signers));
  return { objects: store, head };
}

function integrate(store: Map<string, Uint8Array>, log: Log): void {
  for (const { key, bytes } of log.derived()) store.set(key, bytes);
  log.written(log.size);
}

/** Adds a blob; its reference. */
export function addBlob(store: Map<string, Uint8Array>, bytes: Uint8Array, mediaType: string) {
  const digest = digestOf(bytes);
  store.set(blobKey(digest), bytes);
  return { digest, size: bytes.length, mediaType };
}

/** One byte changed. */
export function flipped(bytes: Uint8Array, at = Math.floor(bytes.length / 2)): Uint8Array {
  const copy = Uint8Array.from(bytes);
  copy[at] = (copy[at] ?? 0) ^ 0x01;
  return copy;
}
