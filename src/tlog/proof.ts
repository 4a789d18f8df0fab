import { base64, fromBase64 } from "../lib/digest.ts";
import { CustodyError } from "../lib/errors.ts";
import { type Hash, nodeHash, rootOf, splitPoint } from "./merkle.ts";
import { decodeTile, partialWidth, TILE_WIDTH, tileKey } from "./tile.ts";

/** Bytes of an object by key: all that building a proof needs. */
export type Fetch = (key: string) => Promise<Uint8Array | undefined>;

/** Hashes of one tile of a tree of this size, falling back from a partial to the full tile (C2SP tlog-tiles). */
async function tile(fetch: Fetch, size: number, level: number, n: number): Promise<Hash[]> {
  const full = Math.floor(size / TILE_WIDTH ** (level + 1));
  const width = n < full ? TILE_WIDTH : partialWidth(size, level);
  const key = tileKey(level, n, width);
  const bytes = (await fetch(key)) ?? (await fetch(tileKey(level, n)))?.subarray(0, width * 32);
  if (bytes === undefined)
    throw new CustodyError("LEDGER_ALTERED", `${key}: the tree of size ${size} needs it and it is not there`);
  return decodeTile(bytes, width, key);
}

/** The unfinished tile of every level of a tree of this size, lowest first: what a `Frontier` is restored from. */
export async function edgeTiles(fetch: Fetch, size: number): Promise<Hash[][]> {
  const levels: Hash[][] = [];
  for (let level = 0; Math.floor(size / TILE_WIDTH ** level) > 0; level += 1) {
    const n = Math.floor(size / TILE_WIDTH ** (level + 1));
    levels.push(partialWidth(size, level) === 0 ? [] : await tile(fetch, size, level, n));
  }
  return levels;
}

/** Reads subtrees out of the tiles of one tree, each tile at most once. */
class Tree {
  readonly #fetch: Fetch;
  readonly #size: number;
  readonly #tiles = new Map<string, Promise<Hash[]>>();

  constructor(fetch: Fetch, size: number) {
    this.#fetch = fetch;
    this.#size = size;
  }

  #tile(level: number, n: number): Promise<Hash[]> {
    const key = `${level}/${n}`;
    let found = this.#tiles.get(key);
    if (found === undefined) {
      found = tile(this.#fetch, this.#size, level, n);
      this.#tiles.set(key, found);
    }
    return found;
  }

  /** Hash of the leaves [from, to). Complete aligned subtrees come from the highest tile that holds them. */
  async hash(from: number, to: number): Promise<Hash> {
    const width = to - from;
    if (2 ** Math.round(Math.log2(width)) === width) {
      const level = Math.floor(Math.round(Math.log2(width)) / 8);
      const unit = TILE_WIDTH ** level;
      const first = from / unit;
      const hashes = await this.#tile(level, Math.floor(first / TILE_WIDTH));
      const at = first % TILE_WIDTH;
      return rootOf(hashes.slice(at, at + width / unit));
    }
    const k = splitPoint(width);
    return nodeHash(await this.hash(from, from + k), await this.hash(from + k, to));
  }
}

/** Inclusion proof of entry `index` in the tree of this size (RFC 6962 §2.1.1), built from tiles. */
export async function inclusionProof(fetch: Fetch, index: number, size: number): Promise<Hash[]> {
  const tree = new Tree(fetch, size);
  const walk = async (from: number, to: number): Promise<Hash[]> => {
    if (to - from === 1) return [];
    const middle = from + splitPoint(to - from);
    return index < middle
      ? [...(await walk(from, middle)), await tree.hash(middle, to)]
      : [...(await walk(middle, to)), await tree.hash(from, middle)];
  };
  if (index < 0 || index >= size)
    throw new CustodyError("NOT_FOUND", `entry ${index} is not in a log of ${size} entries`);
  return walk(0, size);
}

/** Consistency proof between two sizes of one log (RFC 6962 §2.1.2), built from tiles of the larger. */
export async function consistencyProof(fetch: Fetch, first: number, second: number): Promise<Hash[]> {
  const tree = new Tree(fetch, second);
  const walk = async (from: number, to: number, complete: boolean): Promise<Hash[]> => {
    if (first === to) return complete ? [] : [await tree.hash(from, to)];
    const middle = from + splitPoint(to - from);
    return first <= middle
      ? [...(await walk(from, middle, complete)), await tree.hash(middle, to)]
      : [...(await walk(middle, to, false)), await tree.hash(from, middle)];
  };
  return first === 0 || first === second ? [] : walk(0, second, true);
}

/** A receipt: C2SP tlog-proof. `extra` carries the entry itself. */
export interface Receipt {
  readonly extra: Uint8Array;
  readonly index: number;
  readonly proof: readonly Hash[];
  /** The signed checkpoint, byte for byte. */
  readonly checkpoint: string;
}

const HEADER = "c2sp.org/tlog-proof@v1";

export function encodeReceipt(receipt: Receipt): string {
  return [
    HEADER,
    `extra ${base64(receipt.extra)}`,
    `index ${receipt.index}`,
    ...receipt.proof.map(base64),
    "",
    receipt.checkpoint,
  ].join("\n");
}

/** Reads a receipt; undefined when malformed. Nothing in it is believed before `rootFromInclusion` and the signature agree. */
export function parseReceipt(text: string): Receipt | undefined {
  const split = text.indexOf("\n\n");
  if (split < 0 || text.length > 1024 * 1024) return undefined;
  const [header, extra, index, ...hashes] = text.slice(0, split).split("\n");
  const entry = extra?.startsWith("extra ") ? fromBase64(extra.slice(6)) : undefined;
  const number = /^index (0|[1-9]\d{0,15})$/.exec(index ?? "")?.[1];
  const proof = hashes.map(fromBase64);
  if (header !== HEADER || entry === undefined || number === undefined || proof.length > 63) return undefined;
  if (!proof.every((hash): hash is Uint8Array => hash?.length === 32)) return undefined;
  return { extra: entry, index: Number(number), proof, checkpoint: text.slice(split + 2) };
}
