import { type Head, signCheckpoint } from "../../src/tlog/checkpoint.ts";
import { Frontier } from "../../src/tlog/frontier.ts";
import { leafHash } from "../../src/tlog/merkle.ts";
import { generateKey, newSigner, type Signer } from "../../src/tlog/note.ts";
import { consistencyProof } from "../../src/tlog/proof.ts";
import { encodeTile, tileKey } from "../../src/tlog/tile.ts";

/** A log of leaves without a store: heads, checkpoints and proofs at every size. */
export class SmallLog {
  readonly origin: string;
  signer: Signer;
  readonly #frontier = Frontier.empty();
  readonly #tiles = new Map<string, Uint8Array>();
  readonly #heads: Head[] = [];

  constructor(origin = "example.org/log", signer = newSigner(origin, generateKey())) {
    this.origin = origin;
    this.signer = signer;
    this.#note();
  }

  /** Grows up to a size; `what` makes logs differ from there on. */
  grow(size: number, what = "entry"): this {
    while (this.#frontier.size < size) {
      const leaf = leafHash(new TextEncoder().encode(`${what} ${this.#frontier.size}`));
      for (const tile of this.#frontier.append(leaf))
        this.#tiles.set(tileKey(tile.level, tile.n), encodeTile(tile.hashes));
      this.#note();
    }
    return this;
  }

  head(size: number): Head {
    return this.#heads[size] ?? { size, root: new Uint8Array(32) };
  }

  checkpoint(size: number, signers: readonly Signer[] = [this.signer]): Promise<Uint8Array> {
    return signCheckpoint(this.origin, this.head(size), signers);
  }

  proof(first: number, second: number): Promise<Uint8Array[]> {
    return consistencyProof(async (key) => this.#tiles.get(key), first, second);
  }

  /** Every unfinished tile is kept too: a proof may ask for it at any size. */
  #note(): void {
    const { size } = this.#frontier;
    this.#heads[size] = { size, root: this.#frontier.root() };
    for (const tile of this.#frontier.partials()) {
      this.#tiles.set(tileKey(tile.level, tile.n, tile.hashes.length), encodeTile(tile.hashes));
    }
  }
}
