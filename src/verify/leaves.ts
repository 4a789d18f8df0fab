import { hex, sameBytes } from "../lib/digest.ts";
import { Frontier, type FullTile } from "../tlog/frontier.ts";
import type { Hash } from "../tlog/merkle.ts";

const HASH_BYTES = 32;
/** Leaves kept together. Small, so that a hostile store with one far-off index in each object costs little. */
const CHUNK = 32;

interface Chunk {
  readonly bytes: Uint8Array;
  readonly known: Uint8Array;
}

/**
 * Leaf hashes by index; an index may be unknown. Names and numbers in a hostile store give any index below 2^53, so memory
 * follows from how many leaves there are, never from how high they say they are.
 */
export class Leaves {
  readonly #chunks = new Map<number, Chunk>();
  #length = 0;

  /** One past the highest index known. */
  get length(): number {
    return this.#length;
  }

  /** How many leaves are known from the first one on without a hole. */
  get unbroken(): number {
    let count = 0;
    for (;;) {
      const missing = this.#chunks.get(count / CHUNK)?.known.indexOf(0) ?? 0;
      if (missing >= 0) return count + missing;
      count += CHUNK;
    }
  }

  set(index: number, leaf: Hash): void {
    const n = Math.floor(index / CHUNK);
    let chunk = this.#chunks.get(n);
    if (chunk === undefined) {
      chunk = { bytes: new Uint8Array(CHUNK * HASH_BYTES), known: new Uint8Array(CHUNK) };
      this.#chunks.set(n, chunk);
    }
    const at = index - n * CHUNK;
    chunk.bytes.set(leaf, at * HASH_BYTES);
    chunk.known[at] = 1;
    this.#length = Math.max(this.#length, index + 1);
  }

  get(index: number): Hash | undefined {
    const n = Math.floor(index / CHUNK);
    const chunk = this.#chunks.get(n);
    const at = index - n * CHUNK;
    return chunk?.known[at] === 1 ? chunk.bytes.subarray(at * HASH_BYTES, (at + 1) * HASH_BYTES) : undefined;
  }

  /** Root of the first `size` leaves; undefined when one of them is unknown. */
  root(size: number): Hash | undefined {
    return this.grow(size)?.root();
  }

  /** Roots at many sizes, in one pass; a size is left out when one of its leaves is unknown. */
  roots(sizes: Iterable<number>): ReadonlyMap<number, Hash> {
    const { unbroken } = this;
    const wanted = [...new Set(sizes)].filter((size) => size >= 0 && size <= unbroken).sort((a, b) => a - b);
    const found = new Map<number, Hash>();
    const frontier = Frontier.empty();
    for (const size of wanted) {
      while (frontier.size < size) frontier.append(this.get(frontier.size) as Hash);
      found.set(size, frontier.root());
    }
    return found;
  }

  /** The tree of the first `size` leaves, its full tiles told one by one; undefined when a leaf is unknown. */
  grow(size: number, full: (tile: FullTile) => void = () => {}): Frontier | undefined {
    if (size > this.unbroken) return undefined;
    const frontier = Frontier.empty();
    for (let index = 0; index < size; index += 1) {
      for (const tile of frontier.append(this.get(index) as Hash)) full(tile);
    }
    return frontier;
  }
}

/** For findings: the hash at an index, or that there is none. */
export function describeLeaf(leaf: Hash | undefined): string {
  return leaf === undefined ? "nothing" : `an entry with leaf hash ${hex(leaf)}`;
}

export function sameLeaf(a: Hash | undefined, b: Hash | undefined): boolean {
  return a === undefined || b === undefined ? a === b : sameBytes(a, b);
}
