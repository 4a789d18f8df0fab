import type { Recorded } from "../evidence/batch.ts";
import { type BlobRef, blobKey, blobRefs, MANIFEST_TYPE } from "../evidence/blob.ts";
import { digestOf, newDigest } from "../lib/digest.ts";
import type { Disposals, Disposed } from "../trust/disposals.ts";
import type { Findings } from "./finding.ts";
import type { Inventory } from "./inventory.ts";
import type { LogReader } from "./reader.ts";

/** What one put to a bucket can carry, so the largest evidence file there can be. */
const MAX_BLOB_BYTES = 5 * 1024 ** 3;
/** Manifests are read whole, into memory. */
const MAX_MANIFEST_BYTES = 32 * 1024 ** 2;
/** Brackets open at once: as deep as canonical JSON goes. */
const MAX_MANIFEST_DEPTH = 65;

/** What the log says of one blob. */
interface Named {
  readonly digest: string;
  /** Every size that is claimed; more than one is a contradiction. */
  readonly sizes: Set<number>;
  isManifest: boolean;
  /** The first entries that name it, each once and in order, for messages. */
  readonly entries: number[];
  /** The last entry that names it. */
  last: number;
  /** What it names itself, where it is a manifest that was read. */
  inside?: readonly Named[];
}

/** How blobs are looked at. */
export interface BlobOptions {
  readonly quick: boolean;
  readonly disposals: Disposals;
  /** Disposals of which it cannot be told, because of something else, whether they hold: what they would explain is not judged. */
  readonly doubtful?: Disposals;
  readonly omitted?: ReadonlySet<string>;
  /** Told of each evidence file that was hashed the digest in its name and that of its bytes. */
  readonly hashed?: (digest: string, found: string) => void;
}

/** What was hashed, and what is lawfully not there. */
export interface BlobTally {
  readonly blobs: number;
  readonly bytes: number;
  readonly disposed: readonly Disposed[];
  /** Not there, and perhaps lawfully so. */
  readonly unjudged: readonly Disposed[];
  readonly omitted: number;
}

/** Receipts and checkpoints are small. */
const MAX_RECEIPT_BYTES = 4 * 1024 ** 2;
const ENTRIES_TOLD = 5;
const SIZES_TOLD = 3;

/** Which entries name a blob, and how large they say it is. */
export class References {
  readonly #by = new Map<string, Named>();
  readonly #manifests: Named[] = [];

  add(recorded: Recorded): void {
    for (const ref of blobRefs(recorded.entry)) this.#note(ref, [recorded.index]);
  }

  /** What a manifest names counts as named by the entries that name the manifest. */
  addManifest(manifest: Named, value: unknown): void {
    const inside = new Set<Named>();
    for (const ref of blobRefs(value)) inside.add(this.#note(ref, [...manifest.entries, manifest.last]));
    manifest.inside = [...inside];
  }

  /** A manifest that was read may be named again, later, by another one: then so is what it names. */
  spread(): void {
    spreadLast(this.#manifests, ({ inside = [] }) => inside);
  }

  /** For findings: the records that name a blob, or nothing. */
  namedBy(digest: string): string {
    const entries = this.#by.get(digest)?.entries ?? [];
    return entries.length === 0 ? "" : ` named by entry ${entries.join(", ")}`;
  }

  names(digest: string): boolean {
    return this.#by.has(digest);
  }

  get all(): IterableIterator<Named> {
    return this.#by.values();
  }

  /** Blobs that are called manifests, each once; what is added while it is iterated comes at the end. */
  get manifests(): Iterable<Named> {
    return this.#manifests;
  }

  #note({ digest, size, mediaType }: BlobRef, entries: readonly number[]): Named {
    const known = this.#by.get(digest) ?? { digest, sizes: new Set(), isManifest: false, entries: [], last: -1 };
    this.#by.set(digest, known);
    known.sizes.add(size);
    // One entry that calls it a manifest is enough: what it lists is evidence then.
    if (mediaType === MANIFEST_TYPE && !known.isManifest) {
      known.isManifest = true;
      this.#manifests.push(known);
    }
    for (const entry of entries) {
      known.last = Math.max(known.last, entry);
      noteFirst(known.entries, entry);
    }
    return known;
  }
}

/** Keeps the smallest few numbers, each once and in order: manifests are read after all entries. */
function noteFirst(entries: number[], entry: number): void {
  const at = entries.findIndex((known) => known >= entry);
  if (entries[at] === entry) return;
  entries.splice(at < 0 ? entries.length : at, 0, entry);
  entries.length = Math.min(entries.length, ENTRIES_TOLD);
}

/**
 * Whatever a manifest names is named by the newest record that names the manifest, at any depth. From the newest on, so that
 * each is gone through once.
 */
export function spreadLast<T extends { last: number }>(manifests: Iterable<T>, inside: (one: T) => readonly T[]): void {
  const done = new Set<T>();
  for (const manifest of [...manifests].sort((a, b) => b.last - a.last)) {
    const { last } = manifest;
    const open = [manifest];
    for (let one = open.pop(); one !== undefined; one = open.pop()) {
      if (done.has(one)) continue;
      done.add(one);
      one.last = Math.max(one.last, last);
      for (const inner of inside(one)) open.push(inner);
    }
  }
}

/**
 * Every blob against its name, and every named blob against the store. `quick` looks at names and sizes only (and at the
 * bytes of manifests), and says so in what it counts. Returns how many blobs and bytes were hashed.
 */
export async function verifyBlobs(
  reader: LogReader,
  inventory: Inventory,
  references: References,
  findings: Findings,
  options: BlobOptions,
): Promise<BlobTally> {
  const disposed: Disposed[] = [];
  const unjudged: Disposed[] = [];
  let omitted = 0;
  const followed = await followManifests(reader, inventory, references);
  for (const { digest, sizes, isManifest, entries, last } of references.all) {
    const found = inventory.blobs.get(digest);
    const where = `${blobKey(digest)} named by entry ${entries.join(", ")}`;
    const told = [...sizes]
      .slice(0, SIZES_TOLD)
      .map((size) => `${size} bytes`)
      .join(" and ");
    const lawfully = options.disposals.explains(digest, last);
    if (lawfully !== undefined) disposed.push(found === undefined ? lawfully : { ...lawfully, remains: true });
    if (found === undefined) {
      if (lawfully !== undefined) continue;
      const perhaps = options.doubtful?.explains(digest, last);
      if (options.omitted?.has(digest)) omitted += 1;
      else if (perhaps !== undefined) unjudged.push(perhaps);
      else findings.add("blob-missing", where, told, "no such object");
    } else if (sizes.size !== 1 || !sizes.has(found)) findings.add("blob-altered", where, told, `${found} bytes`);
    if (isManifest && [...sizes].some((size) => size > MAX_MANIFEST_BYTES)) {
      findings.add("entry-malformed", where, `a manifest of at most ${MAX_MANIFEST_BYTES} bytes`, told);
    }
  }
  // What only a list named that is gone itself.
  for (const one of options.disposals.all) {
    if (references.names(one.digest)) continue;
    disposed.push(inventory.blobs.has(one.digest) ? { ...one, remains: true } : one);
  }
  if (options.quick) return { blobs: 0, bytes: 0, disposed, unjudged, omitted };
  let blobs = 0;
  let bytes = 0;
  for (const [digest, size] of inventory.blobs) {
    if (size > MAX_BLOB_BYTES) {
      findings.add("blob-altered", blobKey(digest), `at most ${MAX_BLOB_BYTES} bytes`, `${size} bytes`);
      continue;
    }
    // A list was hashed when it was read for what it names.
    if (followed.get(digest) === size) {
      blobs += 1;
      bytes += size;
      options.hashed?.(digest, digest);
      continue;
    }
    const hash = newDigest();
    let read = 0;
    for await (const part of (await reader.read(blobKey(digest))) ?? []) {
      hash.update(part);
      read += part.length;
      // A file that grows while it is read has no end.
      if (read > size) break;
    }
    blobs += 1;
    bytes += read;
    const found = hash.digest("hex");
    options.hashed?.(digest, found);
    if (found !== digest)
      findings.add(
        "blob-altered",
        `${blobKey(digest)}${references.namedBy(digest)}`,
        `bytes with SHA-256 ${digest}`,
        `bytes with SHA-256 ${found}`,
      );
  }
  return { blobs, bytes, disposed, unjudged, omitted };
}

/** Bytes of a blob that have the hash of its name, at most 4 MiB; undefined otherwise. */
export async function hashedBlob(
  reader: LogReader,
  inventory: Inventory,
  digest: string,
): Promise<Uint8Array | undefined> {
  if ((inventory.blobs.get(digest) ?? Number.POSITIVE_INFINITY) > MAX_RECEIPT_BYTES) return undefined;
  const bytes = await reader.get(blobKey(digest));
  return bytes !== undefined && digestOf(bytes) === digest ? bytes : undefined;
}

/**
 * Notes what manifests name, also manifests named by manifests. Bytes that are not those recorded name nothing. Gives the sizes
 * of those that have the hash of their name.
 */
async function followManifests(
  reader: LogReader,
  inventory: Inventory,
  references: References,
): Promise<Map<string, number>> {
  const followed = new Map<string, number>();
  for (const manifest of references.manifests) {
    const size = inventory.blobs.get(manifest.digest);
    if (size === undefined || size > MAX_MANIFEST_BYTES) continue;
    const bytes = await reader.get(blobKey(manifest.digest));
    if (bytes === undefined || digestOf(bytes) !== manifest.digest) continue;
    references.addManifest(manifest, parseManifest(bytes));
    followed.set(manifest.digest, bytes.length);
  }
  references.spread();
  return followed;
}

/** A manifest that is not JSON, or nested deeper than any of ours, names nothing. */
export function parseManifest(bytes: Uint8Array): unknown {
  if (isDeep(bytes)) return undefined;
  try {
    return JSON.parse(new TextDecoder().decode(bytes));
  } catch {
    return undefined;
  }
}

/** More than MAX_MANIFEST_DEPTH brackets open at once, outside of strings: told without building what they hold. */
function isDeep(bytes: Uint8Array): boolean {
  let depth = 0;
  let quoted = false;
  for (let i = 0; i < bytes.length; i += 1) {
    const byte = bytes[i];
    if (quoted) {
      if (byte === 0x5c) i += 1;
      else if (byte === 0x22) quoted = false;
    } else if (byte === 0x22) quoted = true;
    else if (byte === 0x5b || byte === 0x7b) {
      depth += 1;
      if (depth > MAX_MANIFEST_DEPTH) return true;
    } else if (byte === 0x5d || byte === 0x7d) depth -= 1;
  }
  return false;
}
