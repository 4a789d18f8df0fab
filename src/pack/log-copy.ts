import { batchKey, encodeBatch } from "../evidence/batch.ts";
import { decodeEntry, type Entry } from "../evidence/entry.ts";
import { digestOf, newDigest } from "../lib/digest.ts";
import { CustodyError } from "../lib/errors.ts";
import { leafHash } from "../tlog/merkle.ts";
import { bundleKey, encodeBundle, TILE_WIDTH, tileKey, tilesOf } from "../tlog/tile.ts";
import type { LogReader } from "../verify/reader.ts";
import { bundle } from "../verify/receipt.ts";
import { Pyramid } from "./pyramid.ts";
import type { ZipMember } from "./zip-write.ts";

/** An entry as `read` gives it. */
export interface CopiedEntry {
  readonly index: number;
  readonly bytes: Uint8Array;
  readonly entry: Entry;
}

/** One batch: its place, and what the object of it is. */
interface Batch {
  readonly first: number;
  readonly id: string;
  count: number;
  size: number;
  readonly hash: ReturnType<typeof newDigest>;
}

interface Piece {
  readonly first: number;
  readonly count: number;
  readonly size: number;
  readonly digest: string;
}

/**
 * The first entries of a published log, read from its bundles as often as needed, one bundle in memory at a time; and what
 * follows from them: batches, bundles and tiles, byte for byte as a store of exactly this size holds them.
 */
export class LogCopy {
  readonly size: number;
  readonly tree = new Pyramid();
  readonly #reader: Pick<LogReader, "get">;
  /** Size of a checkpoint that was published: bundles of that size are there. */
  readonly #published: number;
  readonly #batches: Piece[] = [];
  readonly #bundles: Piece[] = [];
  #cached: { readonly n: number; readonly entries: readonly Uint8Array[] } | undefined;

  private constructor(reader: Pick<LogReader, "get">, size: number, published: number) {
    this.#reader = reader;
    this.size = size;
    this.#published = published;
  }

  /**
   * Reads the log up to its published size and hands every entry to `each`, also those after `size`. Throws USAGE if `size`
   * lies inside a batch: what is committed together cannot be handed out apart.
   */
  static async of(
    reader: Pick<LogReader, "get">,
    size: number,
    published: number,
    each: (entry: CopiedEntry) => void,
  ): Promise<LogCopy> {
    const copy = new LogCopy(reader, size, published);
    let batch: Batch | undefined;
    for (let n = 0; n * TILE_WIDTH < published; n += 1) {
      const entries = await copy.#bundle(n);
      for (const [i, bytes] of entries.entries()) {
        const index = n * TILE_WIDTH + i;
        const entry = decodeEntry(bytes);
        if (index === size && batch?.id === entry.batch) throw insideBatch(size, batch.first, await copy.#endOf(batch));
        if (index < size) {
          copy.tree.append(leafHash(bytes));
          if (batch !== undefined && batch.id !== entry.batch) copy.#batches.push(finished(batch));
          if (batch === undefined || batch.id !== entry.batch)
            batch = { first: index, id: entry.batch, count: 0, size: 0, hash: newDigest() };
          const line = encodeBatch([bytes]);
          batch.count += 1;
          batch.size += line.length;
          batch.hash.update(line);
        }
        each({ index, bytes, entry });
      }
      const mine = entries.slice(0, Math.max(0, size - n * TILE_WIDTH));
      if (mine.length > 0) {
        const bytes = encodeBundle(mine);
        copy.#bundles.push({
          first: n * TILE_WIDTH,
          count: mine.length,
          size: bytes.length,
          digest: digestOf(bytes),
        });
      }
    }
    if (batch !== undefined) copy.#batches.push(finished(batch));
    return copy;
  }

  /** Bytes of one entry below the published size. */
  async entry(index: number): Promise<Uint8Array> {
    const n = Math.floor(index / TILE_WIDTH);
    const bytes = (await this.#bundle(n))[index - n * TILE_WIDTH];
    if (bytes === undefined) throw new CustodyError("BUG", `entry ${index} is not in its bundle`);
    return bytes;
  }

  /** Everything of the store but blobs and the checkpoint, with its key behind `prefix`. */
  members(prefix: string): ZipMember[] {
    const range = (piece: Piece, encode: (entries: Uint8Array[]) => Uint8Array) =>
      async function* (this: LogCopy) {
        const entries: Uint8Array[] = [];
        for (let i = 0; i < piece.count; i += 1) entries.push(await this.entry(piece.first + i));
        yield encode(entries);
      }.bind(this);
    const batches = this.#batches.map((piece) => ({
      path: `${prefix}${batchKey(piece.first)}`,
      size: piece.size,
      digest: piece.digest,
      open: range(piece, encodeBatch),
    }));
    const bundles = this.#bundles.map((piece) => ({
      path: `${prefix}${bundleKey(piece.first / TILE_WIDTH, piece.count)}`,
      size: piece.size,
      digest: piece.digest,
      open: range(piece, encodeBundle),
    }));
    const tiles = [...tilesOf(this.size)].map(({ level, n, width }) => {
      const bytes = this.tree.tile(level, n, width);
      return memberOf(`${prefix}${tileKey(level, n, width)}`, bytes);
    });
    return [...batches, ...bundles, ...tiles];
  }

  async #bundle(n: number): Promise<readonly Uint8Array[]> {
    if (this.#cached?.n !== n)
      this.#cached = {
        n,
        entries: await bundle(this.#reader, n, Math.min(TILE_WIDTH, this.#published - n * TILE_WIDTH)),
      };
    return this.#cached.entries;
  }

  /** Index after the last entry of a batch. */
  async #endOf(batch: Batch): Promise<number> {
    for (let index = batch.first; index < this.#published; index += 1) {
      if (decodeEntry(await this.entry(index)).batch !== batch.id) return index;
    }
    return this.#published;
  }
}

/** A member that is in memory. */
export function memberOf(path: string, bytes: Uint8Array): ZipMember {
  return { path, size: bytes.length, digest: digestOf(bytes), open: () => [bytes] };
}

function finished({ first, count, size, hash }: Batch): Piece {
  return { first, count, size, digest: hash.digest("hex") };
}

function insideBatch(size: number, first: number, end: number): CustodyError {
  return new CustodyError(
    "USAGE",
    `--at ${size}: records ${first} to ${end - 1} were committed together, so the log never had ${size} records`,
    { remedy: `Name ${first > 0 ? `${first} or ` : ""}${end}.` },
  );
}
