import { expect } from "vitest";
import type { Appended } from "../../src/ledger/ledger.ts";
import { Ledger, type LedgerParts } from "../../src/ledger/ledger.ts";
import { hex } from "../../src/lib/digest.ts";
import type { Store } from "../../src/store/store.ts";
import type { Head } from "../../src/tlog/checkpoint.ts";
import { Frontier } from "../../src/tlog/frontier.ts";
import { leafHash, verifyConsistency } from "../../src/tlog/merkle.ts";
import { consistencyProof } from "../../src/tlog/proof.ts";
import { verifyLedger } from "../../src/verify/verify.ts";
import { derivedObjects } from "./derived.ts";
import { entriesOf } from "./ledger.ts";

/** What writers were told: only what was acknowledged can be held against the ledger. */
export class Told {
  /** Names are those of `accessDraft`, each used once. */
  readonly appended: (Appended & { readonly name: string; readonly once?: string | undefined })[] = [];
  /** What `publish` answered, and whatever else was signed. */
  readonly heads: Head[] = [];
}

/**
 * What must hold whatever happened before: nothing acknowledged is lost or there twice, no key is used twice, every head
 * ever signed is one of this log's, every object follows from `seq/`, and the verifier finds nothing. Publishes once.
 * Returns the number of entries.
 */
export async function judgeLedger(parts: LedgerParts, told: Told): Promise<number> {
  const ledger = await Ledger.open(parts);
  const last = await ledger.publish();
  const entries = await entriesOf(ledger);
  expect(entries.map(({ index, entry }) => [index, entry.index])).toEqual(entries.map((_, i) => [i, i]));
  expect(last.size).toBe(entries.length);

  const keys = entries.flatMap(({ entry }) => entry.once ?? []);
  expect(new Set(keys).size, "keys").toBe(keys.length);
  const names = entries.map(({ entry }) => (entry as { purpose?: unknown }).purpose).filter((n) => n !== undefined);
  expect(new Set(names).size, "names").toBe(names.length);
  for (const { index, digest, name, once, repeated } of told.appended) {
    const found = entries[index];
    expect(found?.digest, `${name} at ${index}`).toBe(digest);
    if (repeated) expect(found?.entry.once).toBe(once);
    else expect(found?.entry).toMatchObject({ purpose: name, ...(once === undefined ? {} : { once }) });
  }

  const wanted = new Set(told.heads.map(({ size }) => size));
  const roots = new Map<number, string>();
  const frontier = Frontier.empty();
  for (const { bytes } of entries) {
    frontier.append(leafHash(bytes));
    if (wanted.has(frontier.size)) roots.set(frontier.size, hex(frontier.root()));
  }
  for (const { size, root } of told.heads) {
    if (size > 0) expect(hex(root), `head of size ${size} of ${entries.length}`).toBe(roots.get(size));
  }
  for (const head of told.heads.slice(0, 5)) {
    const proof = await consistencyProof((key) => parts.store.get(key), head.size, last.size);
    expect(verifyConsistency(head, last, proof)).toBe(true);
  }

  const { findings, checked } = await verifyLedger(parts.store, { keys: [parts.signer.verifier] });
  expect(findings).toEqual([]);
  expect(checked).toMatchObject({ entries: entries.length, unsigned: 0 });
  const objects = await logObjects(parts.store);
  for (const [key, bytes] of derivedObjects(objects))
    expect(Buffer.from(objects.get(key) ?? []).equals(bytes), key).toBe(true);
  return entries.length;
}

async function logObjects(store: Store): Promise<Map<string, Uint8Array>> {
  const objects = new Map<string, Uint8Array>();
  for (const prefix of ["seq/", "tile/"]) {
    for await (const { key } of store.list(prefix)) objects.set(key, (await store.get(key)) ?? new Uint8Array());
  }
  return objects;
}
