import { type BlobRef, blobKey, blobRefs, MANIFEST_TYPE } from "../evidence/blob.ts";
import type { Recorded } from "../evidence/batch.ts";
import { newDigest } from "../lib/digest.ts";
import type { Findings } from "./finding.ts";
import type { Inventory } from "./inventory.ts";
import type { LogReader } from "./reader.ts";

/** Which entries name a blob, and how large they say it is. */
export class References {
  readonly #by = new Map<string, { ref: BlobRef; entries: number[] }>();

  add(recorded: Recorded): void {
    this.#note(blobRefs(recorded.entry), recorded.index);
  }

  /** What a manifest names counts as named by the entries that name the manifest. */
  addManifest(digest: string, value: unknown): void {
    for (const entry of this.#by.get(digest)?.entries ?? []) this.#note(blobRefs(value), entry);
  }

  get all(): IterableIterator<{ ref: BlobRef; entries: number[] }> {
    return this.#by.values();
  }

  #note(refs: readonly BlobRef[], entry: number): void {
    for (const ref of refs) {
      const known = this.#by.get(ref.digest);
      if (known === undefined) this.#by.set(ref.digest, { ref, entries: [entry] });
      else if (known.entries.at(-1) !== entry) known.entries.push(entry);
    }
  }
}

/**
 * Every blob against its name, and every named blob against the store. `quick` looks at names and sizes only, and says so
 * in what it counts. Returns how many blobs and bytes were hashed.
 */
export async function verifyBlobs(
  reader: LogReader,
  inventory: Inventory,
  references: References,
  findings: Findings,
  quick: boolean,
): Promise<{ blobs: number; bytes: number }> {
  for (const { ref } of [...references.all]) {
    if (ref.mediaType !== MANIFEST_TYPE || !inventory.blobs.has(ref.digest)) continue;
    const bytes = await reader.get(blobKey(ref.digest));
    references.addManifest(ref.digest, parseOrNothing(bytes));
  }
  for (const { ref, entries } of references.all) {
    const size = inventory.blobs.get(ref.digest);
    const where = `${blobKey(ref.digest)} named by entry ${entries.slice(0, 5).join(", ")}`;
    if (size === undefined) findings.add("blob-missing", where, `${ref.size} bytes`, "no such object");
    else if (size !== ref.size) findings.add("blob-altered", where, `${ref.size} bytes`, `${size} bytes`);
  }
  if (quick) return { blobs: 0, bytes: 0 };
  let blobs = 0;
  let bytes = 0;
  for (const digest of inventory.blobs.keys()) {
    const hash = newDigest();
    for await (const part of (await reader.read(blobKey(digest))) ?? []) {
      hash.update(part);
      bytes += part.length;
    }
    blobs += 1;
    const found = hash.digest("hex");
    if (found !== digest) findings.add("blob-altered", blobKey(digest), `bytes with SHA-256 ${digest}`, `bytes with SHA-256 ${found}`);
  }
  return { blobs, bytes };
}

/** A manifest that is not JSON names nothing; that its bytes were changed is found by their hash. */
function parseOrNothing(bytes: Uint8Array | undefined): unknown {
  try {
    return JSON.parse(new TextDecoder().decode(bytes));
  } catch {
    return undefined;
  }
}
