import { batchKey, type Link, type Recorded } from "../evidence/batch.ts";
import { NO_PREVIOUS } from "../evidence/entry.ts";
import type { Head } from "../tlog/checkpoint.ts";
import { Frontier } from "../tlog/frontier.ts";
import { leafHash } from "../tlog/merkle.ts";
import { bundleKey, encodeBundle, encodeTile, TILE_WIDTH, tileKey } from "../tlog/tile.ts";

export interface DerivedObject {
  readonly key: string;
  readonly bytes: Uint8Array;
}

/** Places that a log remembers, at most: whoever follows it comes back to one of the last. */
const PLACES = 1_024;

/** Where the log begins. */
export const START: Link = { index: 0, prev: NO_PREVIOUS, at: "" };

/**
 * The end of the log in memory: where the chain stands, the right edge of the tree, and the objects under `tile/` that
 * committed entries have made due. Everything it gives follows from the entries it was given; it does no I/O.
 */
export class Log {
  #link: Link;
  /** Where the chain stood before each of the last batches, in order, and where it stands. */
  #places: Link[];
  #statements = 0;
  readonly #frontier: Frontier;
  /** Entries of the unfinished bundle. */
  #edge: Uint8Array[];
  /** Full tiles and bundles not yet written. */
  #due: DerivedObject[] = [];
  /** The size at which everything was written last. */
  #written: number;

  /** The log at the size that a checkpoint signs: all that it needs was written before it. */
  constructor(link: Link = START, frontier: Frontier = Frontier.empty(), edge: readonly Uint8Array[] = []) {
    this.#link = link;
    this.#places = [link];
    this.#frontier = frontier;
    this.#edge = [...edge];
    this.#written = link.index;
  }

  get link(): Link {
    return this.#link;
  }

  /** Where the chain stood at the last beginning of a batch that is not after `index`, as far as it is remembered. */
  placeBefore(index: number): Link | undefined {
    return this.#places.findLast((place) => place.index <= index);
  }

  get size(): number {
    return this.#link.index;
  }

  /** Statements about keys among the entries that it was given. */
  get statements(): number {
    return this.#statements;
  }

  /** Key under which the next batch will lie. */
  get nextKey(): string {
    return batchKey(this.size);
  }

  head(): Head {
    return { size: this.#frontier.size, root: this.#frontier.root() };
  }

  /** Takes in the entries of a committed batch, which continue the chain (`parseBatch` has checked them). */
  apply(entries: readonly Recorded[]): void {
    for (const { index, digest, bytes, entry } of entries) {
      this.#edge.push(bytes);
      if (entry.kind === "key") this.#statements += 1;
      if (this.#edge.length === TILE_WIDTH) {
        this.#due.push({ key: bundleKey((index + 1) / TILE_WIDTH - 1), bytes: encodeBundle(this.#edge) });
        this.#edge = [];
      }
      for (const tile of this.#frontier.append(leafHash(bytes))) {
        this.#due.push({ key: tileKey(tile.level, tile.n), bytes: encodeTile(tile.hashes) });
      }
      this.#link = { index: index + 1, prev: digest, at: entry.at };
    }
    this.#places.push(this.#link);
    if (this.#places.length > 2 * PLACES) this.#places = this.#places.slice(-PLACES);
  }

  /** Every object that a checkpoint of this size needs and that is not known to be written: full ones and the partials of this very size. */
  derived(): DerivedObject[] {
    if (this.#written === this.size) return [];
    const partials = this.#frontier.partials().map(({ level, n, hashes }) => ({
      key: tileKey(level, n, hashes.length),
      bytes: encodeTile(hashes),
    }));
    const bundle =
      this.#edge.length === 0
        ? []
        : [{ key: bundleKey(Math.floor(this.size / TILE_WIDTH), this.#edge.length), bytes: encodeBundle(this.#edge) }];
    return [...this.#due, ...bundle, ...partials];
  }

  /** All that `derived()` gave at this size is in the store. Counts for nothing when the log has grown since. */
  written(size: number): void {
    if (size !== this.size) return;
    this.#written = size;
    this.#due = [];
  }
}
