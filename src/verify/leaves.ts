import { hex, sameBytes } from "../lib/digest.ts";
import { Frontier, type FullTile } from "../tlog/frontier.ts";
import type { Hash } from "../tlog/merkle.ts";

const HASH_BYTES = 32;

/** Leaf hashes by index, in one block of memory; an index may be unknown. */
export class Leaves {
  #bytes = new Uint8Array(1024 * HASH_BYTES);
  #known = new Uint8Array(1024);
  #length = 0;

  get length(): number {
    return this.#length;
  }

  set(index: number, leaf: Hash): void {
    while (index >= this.#known.length) this.#grow();
    this.#bytes.set(leaf, index * HASH_BYTES);
    this.#known[index] = 1;
    this.#length = Math.max(this.#length, index + 1);
  }

  get(index: number): Hash | undefined {
    return this.#known[index] === 1 ? this.#bytes.subarray(index * HASH_BYTES, (index + 1) * HASH_BYTES) : undefined;
  }

  /** Root of the first `size` leaves; undefined when one of them is unknown. */
  root(size: number): Hash | undefined {
    return this.grow(size)?.root();
  }

  /** The tree of the first `size` leaves, its full tiles told one by one; undefined when a leaf is unknown. */
  grow(size: number, full: (tile: FullTile) => void = () => {}): Frontier | undefined {
    const frontier = Frontier.empty();
    for (let index = 0; index < size; index += 1) {
      const leaf = this.get(index);
      if (leaf === undefined) return undefined;
      for (const tile of frontier.append(leaf)) full(tile);
    }
    return frontier;
  }

  #grow(): void {
    const bytes = new Uint8Array(this.#bytes.length * 2);
    bytes.set(this.#bytes);
    this.#bytes = bytes;
    const known = new Uint8Array(this.#known.length * 2);
    known.set(this.#known);
    this.#known = known;
  }
}

/** For findings: the hash at an index, or that there is none. */
export function describeLeaf(leaf: Hash | undefined): string {
  return leaf === undefined ? "nothing" : `an entry with leaf hash ${hex(leaf)}`;
}

export function sameLeaf(a: Hash | undefined, b: Hash | undefined): boolean {
  return a === undefined || b === undefined ? a === b : sameBytes(a, b);
}
