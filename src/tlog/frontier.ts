import { EMPTY_ROOT, type Hash, nodeHash, rootOf } from "./merkle.ts";
import { TILE_WIDTH } from "./tile.ts";

/** A tile's worth of hashes that became complete: number `n` of its level. */
export interface FullTile {
  readonly level: number;
  readonly n: number;
  readonly hashes: readonly Hash[];
}

/**
 * The right edge of a growing tree: for each level the hashes of its unfinished tile. Enough to append, to give the root
 * at every size, and to write every tile, in memory that grows with the logarithm of the size.
 */
export class Frontier {
  readonly #levels: Hash[][];
  #size: number;

  private constructor(size: number, levels: Hash[][]) {
    this.#size = size;
    this.#levels = levels;
  }

  static empty(): Frontier {
    return new Frontier(0, []);
  }

  /**
   * The frontier of a tree of this size from the unfinished tile of each level, lowest first (`partialWidths` says how wide
   * each is). The caller compares `root()` with a signed root before believing it.
   */
  static from(size: number, levels: readonly (readonly Hash[])[]): Frontier {
    return new Frontier(
      size,
      levels.map((hashes) => [...hashes]),
    );
  }

  get size(): number {
    return this.#size;
  }

  /** Adds a leaf; returns the tiles that it completed, lowest level first. */
  append(leaf: Hash): FullTile[] {
    const full: FullTile[] = [];
    let hash = leaf;
    this.#size += 1;
    for (let level = 0; ; level += 1) {
      const hashes = this.#levels[level] ?? [];
      this.#levels[level] = hashes;
      hashes.push(hash);
      if (hashes.length < TILE_WIDTH) return full;
      this.#levels[level] = [];
      // Only a full tile is ever hashed into the level above (C2SP tlog-tiles).
      full.push({ level, n: Math.floor(this.#size / TILE_WIDTH ** (level + 1)) - 1, hashes });
      hash = rootOf(hashes);
    }
  }

  /** The unfinished tile of each level that has one, at this size. */
  partials(): FullTile[] {
    return this.#levels.flatMap((hashes, level) =>
      hashes.length === 0
        ? []
        : [{ level, n: Math.floor(this.#size / TILE_WIDTH ** (level + 1)), hashes: [...hashes] }],
    );
  }

  /** Root of the tree at this size. */
  root(): Hash {
    let right: Hash | undefined;
    for (const hashes of this.#levels) {
      for (const subtree of perfectSubtrees(hashes).reverse()) {
        right = right === undefined ? subtree : nodeHash(subtree, right);
      }
    }
    return right ?? EMPTY_ROOT;
  }
}

/** A row of hashes as the roots of the perfect subtrees it splits into, largest first (the binary digits of its length). */
function perfectSubtrees(hashes: readonly Hash[]): Hash[] {
  const roots: Hash[] = [];
  let start = 0;
  for (let width = TILE_WIDTH / 2; width >= 1; width /= 2) {
    if (hashes.length & width) {
      roots.push(rootOf(hashes.slice(start, start + width)));
      start += width;
    }
  }
  return roots;
}
