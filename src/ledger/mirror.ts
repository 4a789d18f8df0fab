import { batchKey, type Link, parseBatch, type Recorded } from "../evidence/batch.ts";
import { type BlobRef, blobKey, blobRefs, MANIFEST_TYPE } from "../evidence/blob.ts";
import { isKind } from "../evidence/entry.ts";
import { digestOf, sameBytes } from "../lib/digest.ts";
import { CustodyError } from "../lib/errors.ts";
import { type Copied, copyBytes, copyHashed, eachAtOnce } from "../store/copy.ts";
import type { Store } from "../store/store.ts";
import { type Checkpoint, parseCheckpoint } from "../tlog/checkpoint.ts";
import { altered, requireContinued } from "./contradiction.ts";
import { Log } from "./log.ts";
import { restoreLog } from "./open.ts";

/** Blobs under way at once. */
const LANES = 8;
/** Full tiles are written after so many entries, so that a long way does not fill the memory. */
const TILES_EVERY = 4_096;
/** Manifests are read whole; larger ones are of no writer of ours. */
const MAX_MANIFEST_BYTES = 32 * 1024 * 1024;
const REMEMBERED = 50_000;
/** Of what is wrong so many are named. */
const MAX_NAMED = 1_000;

export interface MirrorParts {
  readonly source: Store;
  readonly mirror: Store;
  /** True for a checkpoint of the source that may be believed: one that was just published here, or that a key that counts signed. */
  readonly trusted: (checkpoint: Checkpoint) => boolean;
  /** Files that could not be copied before; they are tried again. */
  readonly missing?: readonly BlobRef[];
  /** Records that the mirror is known to have had: one that has none now is not filled again unasked. */
  readonly had?: number;
  readonly signal?: AbortSignal;
  /** Told now and then how far it has come, in records. */
  readonly progress?: (records: number, of: number) => void;
}

export interface Mirrored {
  /** Records that the mirror's checkpoint covered before, and covers now. */
  readonly before: number;
  readonly size: number;
  /** Objects that were not there and are now. */
  readonly copied: number;
  /** Files that records name and the source does not have, or not with their bytes, and that no disposal in what was read explains. */
  readonly missing: readonly BlobRef[];
  /** Keys under which the mirror holds other bytes. Nothing was overwritten. */
  readonly differs: readonly string[];
}

/**
 * Brings a mirror up to the source's checkpoint, from the mirror's own: blobs, then the batch that names them, batch after
 * batch; tiles as they follow from the entries; the checkpoint last. So a mirror is whole at whatever moment it was
 * interrupted, and what runs again finds what is there.
 *
 * What is copied is checked on the way: the chain, the root, the hash of every blob. Throws LEDGER_ROLLED_BACK and
 * LEDGER_FORKED when the source does not continue what the mirror holds, LEDGER_ALTERED when source or mirror hold a record
 * or a tile with other bytes, STORE_EXISTS when the mirror holds another log or anything else.
 */
export async function mirrorLedger(parts: MirrorParts): Promise<Mirrored> {
  const { source, mirror, signal } = parts;
  // Before the source: what the mirror holds was in the source then, whoever is copying at the same time.
  const found = await mirror.get("checkpoint");
  const checkpoint = await trustedCheckpoint(parts);
  const held = await heldBy(mirror, found, checkpoint.origin, parts.had ?? 0);
  if (held !== undefined) await requireContinued(source, held, mirror.place, checkpoint);
  const log = held === undefined || held.size === 0 ? new Log() : await restoreLog(source, held);
  const disposed = await disposedLater(source, log.link, checkpoint.size, signal);
  const copy = new Copier(parts, disposed);
  await copy.blobs(
    (parts.missing ?? []).map((ref) => ({ ref, index: -1 })),
    signal,
  );
  let unwritten = 0;
  while (log.size < checkpoint.size) {
    signal?.throwIfAborted();
    const key = log.nextKey;
    const { bytes, entries } = await readBatch(source, log.link);
    await copy.blobs(
      entries.flatMap(({ index, entry }) => blobRefs(entry).map((ref) => ({ ref, index }))),
      signal,
    );
    await copy.object(key, bytes);
    log.apply(entries);
    unwritten += entries.length;
    if (unwritten < TILES_EVERY || log.size >= checkpoint.size) continue;
    for (const tile of log.derived()) if (!tile.key.includes(".p/")) await copy.object(tile.key, tile.bytes);
    log.written(log.size);
    unwritten = 0;
    parts.progress?.(log.size, checkpoint.size);
  }
  const head = log.head();
  if (head.size !== checkpoint.size || !sameBytes(head.root, checkpoint.root))
    throw altered(source, "checkpoint", `of ${checkpoint.size} records is not that of its ${head.size} records`);
  for (const tile of log.derived()) await copy.object(tile.key, tile.bytes);
  await putCheckpoint(mirror, checkpoint);
  return {
    before: held?.size ?? 0,
    size: checkpoint.size,
    copied: copy.copied,
    missing: copy.missing,
    differs: copy.differs,
  };
}

async function readBatch(source: Store, link: Link): Promise<{ bytes: Uint8Array; entries: Recorded[] }> {
  const key = batchKey(link.index);
  const bytes = await source.get(key);
  if (bytes === undefined) throw altered(source, key, "is missing");
  return { bytes, entries: parseBatch(bytes, link) };
}

/**
 * The last disposal of each file in what is to be copied, by the file's digest. Read beforehand: what is disposed of must not
 * be carried to a place where a lock would keep it for years.
 */
async function disposedLater(
  source: Store,
  from: Link,
  size: number,
  signal: AbortSignal | undefined,
): Promise<ReadonlyMap<string, number>> {
  const disposed = new Map<string, number>();
  let link = from;
  while (link.index < size) {
    signal?.throwIfAborted();
    const { entries } = await readBatch(source, link);
    for (const { index, digest, entry } of entries) {
      if (isKind(entry, "disposal")) for (const item of entry.items) disposed.set(item.digest, index);
      link = { index: index + 1, prev: digest, at: entry.at };
    }
  }
  return disposed;
}

/** A file and the record that names it. */
interface NamedBlob {
  readonly ref: BlobRef;
  readonly index: number;
}

interface WithBytes extends Checkpoint {
  readonly bytes: Uint8Array;
}

async function trustedCheckpoint({ source, trusted }: MirrorParts): Promise<WithBytes> {
  const bytes = await source.get("checkpoint");
  const checkpoint = bytes && parseCheckpoint(bytes);
  if (bytes === undefined || checkpoint === undefined || !trusted(checkpoint))
    throw altered(source, "checkpoint", "is missing, or is not signed by a key that counts here");
  return { ...checkpoint, bytes };
}

/** What the mirror says that it holds; undefined when it was never finished. Throws unless it is ours to fill. */
async function heldBy(
  mirror: Store,
  bytes: Uint8Array | undefined,
  origin: string,
  had: number,
): Promise<Checkpoint | undefined> {
  const held = bytes && parseCheckpoint(bytes);
  if (bytes !== undefined && held === undefined) throw altered(mirror, "checkpoint", "is not a checkpoint");
  if (held !== undefined && held.origin !== origin) {
    throw new CustodyError("STORE_EXISTS", `${mirror.place} holds the log "${held.origin}"; this one is "${origin}"`, {
      remedy: "Name a place of its own under `mirror:`. Nothing was copied.",
    });
  }
  if (held !== undefined) return held;
  if (had > 0) {
    throw new CustodyError(
      "LEDGER_ROLLED_BACK",
      `${mirror.place} held ${had} records and has no checkpoint any more: it was emptied, or another disk is mounted there`,
      {
        remedy:
          "Nothing was copied. Find out what happened; if a new mirror is to begin there, run `custody store mirror --anew`.",
      },
    );
  }
  for await (const { key } of mirror.list("")) {
    if (/^(blob|seq|tile)\//.test(key)) continue;
    throw new CustodyError(
      "STORE_EXISTS",
      `${mirror.place} holds ${JSON.stringify(key)}, so it is no empty place for a mirror`,
      {
        remedy: "Name an empty place under `mirror:`. Nothing was copied.",
      },
    );
  }
  return undefined;
}

/** Copies objects and keeps count. */
class Copier {
  copied = 0;
  readonly differs: string[] = [];
  readonly #missing = new Map<string, BlobRef>();
  readonly #disposed: ReadonlyMap<string, number>;
  /** Digests that were settled in this run. */
  readonly #done = new Set<string>();
  readonly #source: Store;
  readonly #mirror: Store;

  constructor({ source, mirror }: MirrorParts, disposed: ReadonlyMap<string, number>) {
    this.#disposed = disposed;
    this.#source = source;
    this.#mirror = mirror;
  }

  get missing(): BlobRef[] {
    return [...this.#missing.values()].filter(({ digest }) => !this.#disposed.has(digest));
  }

  /** A record or a tile: with other bytes in the mirror it is another log, and nothing further is copied. */
  async object(key: string, bytes: Uint8Array): Promise<void> {
    if (this.#count(await copyBytes(this.#mirror, key, bytes)) === "differs")
      throw altered(this.#mirror, key, "holds other bytes than the store that it mirrors");
  }

  /** Blobs and everything that manifests among them name, at any depth. */
  async blobs(named: readonly NamedBlob[], signal: AbortSignal | undefined): Promise<void> {
    for (let level = this.#fresh(named); level.length > 0; ) {
      const next: NamedBlob[] = [];
      await eachAtOnce(
        level,
        LANES,
        async ({ ref, index }) => {
          await this.#blob(ref);
          if (ref.mediaType !== MANIFEST_TYPE) return;
          for (const inner of await this.#namedIn(ref)) next.push({ ref: inner, index });
        },
        signal,
      );
      level = this.#fresh(next);
    }
  }

  async #blob(ref: BlobRef): Promise<void> {
    const key = blobKey(ref.digest);
    const done = await copyHashed(this.#source, this.#mirror, key, ref);
    if (done === "missing" || done === "altered") {
      if (this.#missing.size < MAX_NAMED) this.#missing.set(ref.digest, ref);
    } else if (this.#count(done) === "differs" && this.differs.length < MAX_NAMED) this.differs.push(key);
  }

  #count(done: Copied): Copied {
    if (done === "copied") this.copied += 1;
    return done;
  }

  /** Those that were not settled yet, without those of which a later record says that they were disposed of. */
  #fresh(named: readonly NamedBlob[]): NamedBlob[] {
    if (this.#done.size > REMEMBERED) this.#done.clear();
    return named.filter(({ ref: { digest, mediaType }, index }) => {
      if ((this.#disposed.get(digest) ?? -1) > index) return false;
      // A file that one record calls a manifest is looked into even when another calls it something else.
      const name = mediaType === MANIFEST_TYPE ? `${digest} manifest` : digest;
      if (this.#done.has(name)) return false;
      this.#done.add(name);
      return true;
    });
  }

  async #namedIn({ digest, size }: BlobRef): Promise<BlobRef[]> {
    if (size > MAX_MANIFEST_BYTES) return [];
    const bytes = await this.#source.get(blobKey(digest));
    if (bytes === undefined || bytes.length > MAX_MANIFEST_BYTES || digestOf(bytes) !== digest) return [];
    try {
      return blobRefs(JSON.parse(new TextDecoder().decode(bytes)));
    } catch {
      // Not JSON, or nested deeper than any of ours: it names nothing.
      return [];
    }
  }
}

/** A larger one that another copier has put meanwhile stays. */
async function putCheckpoint(mirror: Store, { bytes, size }: WithBytes): Promise<void> {
  const there = await mirror.get("checkpoint");
  if (there !== undefined && sameBytes(there, bytes)) return;
  if (((there && parseCheckpoint(there)?.size) ?? 0) > size) return;
  await mirror.replace("checkpoint", bytes);
  const after = await mirror.get("checkpoint");
  if (after === undefined || ((parseCheckpoint(after)?.size ?? 0) <= size && !sameBytes(after, bytes)))
    throw altered(mirror, "checkpoint", "does not stay as it was put");
}
