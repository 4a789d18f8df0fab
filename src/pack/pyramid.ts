import { concat, sha256 } from "../lib/digest.ts";
import { type Hash, nodeHash, splitPoint } from "../tlog/merkle.ts";
import { TILE_WIDTH } from "../tlog/tile.ts";

const HASH_BYTES = 32;
const NODE = Uint8Array.of(0x01);

/** Hashes of one row of a tree, side by side. */
class Row {
  #bytes: Uint8Array = new Uint8Array(TILE_WIDTH * HASH_BYTES);
  length = 0;

  push(hash: Hash): void {
    const at = this.length * HASH_BYTES;
    if (at === this.#bytes.length) {
      const wider = new Uint8Array(this.#bytes.length * 2);
      wider.set(this.#bytes);
      this.#bytes = wider;
    }
    this.#bytes.set(hash, at);
    this.length += 1;
  }

  slice(from: number, to: number): Uint8Array {
    return this.#bytes.subarray(from * HASH_BYTES, to * HASH_BYTES);
  }
}

/**
 * A tree with every complete subtree kept, in 64 bytes for each leaf: root, tiles and any number of proofs without hashing
 * anything twice.
 */
export class Pyramid {
  /** Row `k` holds the roots of complete subtrees of 2^k leaves. */
  readonly #rows: Row[] = [new Row()];

  get size(): number {
    return this.#rows[0]?.length ?? 0;
  }

  append(leaf: Hash): void {
    let hash = leaf;
    for (let k = 0; ; k += 1) {
      const row = this.#rows[k] ?? new Row();
      this.#rows[k] = row;
      row.push(hash);
      if (row.length % 2 === 1) return;
      hash = sha256(NODE, row.slice(row.length - 2, row.length));
    }
  }

  root(): Hash {
    return this.size === 0 ? sha256() : this.#hash(0, this.size);
  }

  /** Bytes of a hash tile of this width (C2SP tlog-tiles). */
  tile(level: number, n: number, width: number): Uint8Array {
    const row = this.#rows[level * 8];
    return Uint8Array.from(row?.slice(n * TILE_WIDTH, n * TILE_WIDTH + width) ?? concat([]));
  }

  /** Inclusion proof of a leaf (RFC 6962 §2.1.1), from the leaf up. */
  proof(index: number): Hash[] {
    const walk = (from: number, to: number): Hash[] => {
      if (to - from === 1) return [];
      const middle = from + splitPoint(to - from);
      return index < middle
        ? [...walk(from, middle), this.#hash(middle, to)]
        : [...walk(middle, to), this.#hash(from, middle)];
    };
    return walk(0, this.size);
  }

  /** Hash of the leaves [from, to), which the tree splits at `from`. */
  #hash(from: number, to: number): Hash {
    const width = to - from;
    const k = Math.round(Math.log2(width));
    if (2 ** k === width) return Uint8Array.from(this.#rows[k]?.slice(from / width, from / width + 1) ?? []);
    const middle = from + splitPoint(width);
    return nodeHash(this.#hash(from, middle), this.#hash(middle, to));
  }
}
