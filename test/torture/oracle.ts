import { mkdir, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { Recorded } from "../../src/evidence/batch.ts";
import type { BlobRef } from "../../src/evidence/blob.ts";
import { blobKey } from "../../src/evidence/blob.ts";
import { Ledger, type LedgerParts } from "../../src/ledger/ledger.ts";
import { base64, digestOf } from "../../src/lib/digest.ts";
import { MemoryStore } from "../../src/store/memory.ts";
import type { Store } from "../../src/store/store.ts";
import type { Verifier } from "../../src/tlog/note.ts";
import { verifyLedger } from "../../src/verify/verify.ts";
import { judgeLedger, Told } from "../support/ledger-oracle.ts";
import type { Place } from "./scenario.ts";
import { isIntact } from "./second-reader.ts";
import type { Tally } from "./tally.ts";

/** What writers were told, evidence included, and how much of it was counted already. */
export class Account extends Told {
  readonly blobs: BlobRef[] = [];
  #counted = 0;

  /** What was acknowledged since this was asked last. */
  countNew(): number {
    const all = this.appended.length + this.blobs.length;
    const fresh = all - this.#counted;
    this.#counted = all;
    return fresh;
  }
}

/**
 * The store as it lies there, before anybody mends anything: no finding, and nothing that was acknowledged is missing.
 * Counts losses before it throws.
 */
export async function inspect(store: Store, key: Verifier, account: Account, tally: Tally): Promise<void> {
  tally.add("acknowledged", account.countNew());
  const entries = await entriesIn(store);
  const lost = [
    ...account.appended.filter(({ index, digest }) => entries[index] !== digest).map(({ name }) => name),
    ...(await missingBlobs(store, account.blobs)),
  ];
  tally.add("lost", lost.length);
  if (lost.length > 0) throw new Error(`${lost.length} acknowledged are lost: ${lost.slice(0, 5).join(", ")}`);
  const { findings } = await verifyLedger(store, { keys: [key] });
  if (findings.length > 0) throw new Error(`the store is broken: ${JSON.stringify(findings.slice(0, 3))}`);
  tally.add("verified");
}

/** `inspect`, then everything that must hold once a new process has opened the ledger and signed; then what it holds. */
export async function judge(parts: LedgerParts, account: Account, tally: Tally): Promise<number> {
  await inspect(parts.store, parts.signer.verifier, account, tally);
  const entries = await judgeLedger(parts, account);
  tally.add("verified");
  return entries;
}

/** Asks the second verifier, which shares no code with ours, about a copy of the store and every head that was ever signed. */
export async function askSecondReader(parts: LedgerParts, account: Account, tally: Tally, place: Place): Promise<void> {
  const folder = join(await place.folder(), "store");
  for await (const { key } of parts.store.list("")) {
    await mkdir(dirname(join(folder, key)), { recursive: true });
    await writeFile(join(folder, key), (await parts.store.get(key)) ?? new Uint8Array());
  }
  const heads = account.heads.map(({ size, root }) => `${size}:${base64(root)}`);
  if (await isIntact(place.root, folder, parts.signer.verifier.vkey, heads)) tally.add("second");
}

/** Everything in a log, read by a process that has just been started. */
export async function recordsOf(parts: LedgerParts): Promise<Recorded[]> {
  const found: Recorded[] = [];
  for await (const recorded of (await Ledger.open(parts)).read()) found.push(recorded);
  return found;
}

export function copyOf(store: MemoryStore): MemoryStore {
  const copy = new MemoryStore();
  for (const [key, bytes] of store.objects) copy.objects.set(key, bytes);
  return copy;
}

/** Digests of the entries in `seq/` by index, worked out without the ledger's own reader. */
async function entriesIn(store: Store): Promise<string[]> {
  const digests: string[] = [];
  for await (const { key } of store.list("seq/")) {
    if (Number(key.slice(-12)) !== digests.length)
      throw new Error(`${key} comes after ${digests.length} entries: an index is used twice or left out`);
    const lines = Buffer.from((await store.get(key)) ?? [])
      .toString("utf8")
      .trimEnd()
      .split("\n");
    digests.push(...lines.map((line) => digestOf(Buffer.from(line))));
  }
  return digests;
}

async function missingBlobs(store: Store, blobs: readonly BlobRef[]): Promise<string[]> {
  const missing: string[] = [];
  for (const { digest } of blobs) {
    const bytes = await store.get(blobKey(digest));
    if (bytes === undefined || digestOf(bytes) !== digest) missing.push(blobKey(digest));
  }
  return missing;
}
