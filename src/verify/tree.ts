import { batchKey } from "../evidence/batch.ts";
import { base64, sameBytes } from "../lib/digest.ts";
import type { Head } from "../tlog/checkpoint.ts";
import { leafHash } from "../tlog/merkle.ts";
import { bundleKey, decodeBundle, encodeTile, TILE_WIDTH, type TileName, tileKey, tilesOf } from "../tlog/tile.ts";
import { carefulReader } from "./careful.ts";
import { Findings } from "./finding.ts";
import type { Inventory } from "./inventory.ts";
import { describeLeaf, Leaves, sameLeaf } from "./leaves.ts";
import type { LogReader } from "./reader.ts";

/** The three places in which the store keeps each entry or its hash. */
interface Copies {
  readonly seq: Leaves;
  readonly tiles: Leaves;
  readonly bundles: Leaves;
}

/**
 * The copy of the leaves that gives this head, `seq` itself if it does; undefined without one. Tells nothing: what is wrong
 * with the others is `verifyTree`'s.
 */
export async function rightCopy(
  reader: LogReader,
  inventory: Inventory,
  seq: Leaves,
  head: Head,
): Promise<Leaves | undefined> {
  if (gives(seq, head)) return seq;
  const quiet = new Findings();
  const careful = carefulReader(reader, quiet);
  for (const copy of [leavesFromTiles, leavesFromBundles]) {
    const leaves = await copy(careful, inventory, quiet);
    if (gives(leaves, head)) return leaves;
  }
  return undefined;
}

function gives(leaves: Leaves, { size, root }: Head): boolean {
  const found = leaves.root(size);
  return found !== undefined && sameBytes(found, root);
}

/**
 * Compares everything under `tile/` and `seq/` with the signed root. The copy whose leaves hash to that root is right; every
 * other copy is compared with it and differences are named where they are. Without such a copy the tree is broken as a whole.
 * Returns the right copy: `seq` itself where its entries are the signed ones.
 */
export async function verifyTree(
  reader: LogReader,
  inventory: Inventory,
  seq: Leaves,
  head: Head,
  findings: Findings,
): Promise<Leaves | undefined> {
  requireObjects(inventory, head.size, findings);
  const copies: Copies = {
    seq,
    tiles: await leavesFromTiles(reader, inventory, findings),
    bundles: await leavesFromBundles(reader, inventory, findings),
  };
  const right = [copies.seq, copies.tiles, copies.bundles].find((leaves) => gives(leaves, head));
  if (right === undefined) {
    const root = seq.root(head.size);
    findings.add(
      "tree-mismatch",
      "checkpoint",
      `root ${base64(head.root)} over ${head.size} entries`,
      root ? `root ${base64(root)} from seq/` : "not all entries",
    );
  }
  const truth = right ?? seq;
  if (right !== undefined && right !== seq) compareEntries(inventory, seq, right, head.size, findings);
  await compareTiles(reader, inventory, truth, Math.min(truth.unbroken, Math.max(head.size, seq.unbroken)), findings);
  await compareBundles(reader, inventory, copies.bundles, truth, findings);
  return right;
}

function requireObjects(inventory: Inventory, size: number, findings: Findings): void {
  const there = new Set(inventory.tiles.map((t) => t.key));
  let missing = 0;
  const require = (key: string, full: string) => {
    if (there.has(key) || there.has(full)) return;
    missing += 1;
    findings.add("tile-missing", key, `needed for size ${size}`, "no such object");
  };
  for (const { level, n, width } of tilesOf(size)) {
    // A signed size may be any number; what is not there need not be counted to its end.
    if (missing > Findings.LIMIT) return;
    require(tileKey(level, n, width), tileKey(level, n));
    if (level === 0) require(bundleKey(n, width), bundleKey(n));
  }
}

async function leavesFromTiles(reader: LogReader, inventory: Inventory, findings: Findings): Promise<Leaves> {
  const leaves = new Leaves();
  for (const { key, name } of widestFirst(inventory, 0)) {
    const bytes = (await reader.get(key)) ?? new Uint8Array();
    if (bytes.length !== name.width * 32) {
      findings.add("tile-altered", key, `${name.width * 32} bytes`, `${bytes.length} bytes`);
      continue;
    }
    for (let i = 0; i < name.width; i += 1) leaves.set(name.n * TILE_WIDTH + i, bytes.subarray(i * 32, (i + 1) * 32));
  }
  return leaves;
}

async function leavesFromBundles(reader: LogReader, inventory: Inventory, findings: Findings): Promise<Leaves> {
  const leaves = new Leaves();
  for (const { key, name } of widestFirst(inventory, "entries")) {
    try {
      const entries = decodeBundle((await reader.get(key)) ?? new Uint8Array(), name.width, key);
      for (const [i, entry] of entries.entries()) leaves.set(name.n * TILE_WIDTH + i, leafHash(entry));
    } catch (error) {
      findings.add("tile-altered", key, `${name.width} entries`, (error as Error).message);
    }
  }
  return leaves;
}

/** The widest object of each tile number, which holds what the narrower ones hold. */
function widestFirst(inventory: Inventory, level: TileName["level"]): Inventory["tiles"] {
  const widest = new Map<number, Inventory["tiles"][number]>();
  for (const tile of inventory.tiles) {
    if (tile.name.level !== level) continue;
    const known = widest.get(tile.name.n);
    if (known === undefined || known.name.width < tile.name.width) widest.set(tile.name.n, tile);
  }
  return [...widest.values()];
}

/** `truth` is a proven copy, so it has every index below `size`. */
function compareEntries(inventory: Inventory, seq: Leaves, truth: Leaves, size: number, findings: Findings): void {
  for (let index = 0; index < size; index += 1) {
    if (!sameLeaf(seq.get(index), truth.get(index))) {
      findings.add(
        "entry-altered",
        `${batchOf(inventory, index)} entry ${index}`,
        describeLeaf(truth.get(index)),
        describeLeaf(seq.get(index)),
      );
    }
  }
}

/** Every tile object against the tree over the true leaves, at whatever width it was published. */
async function compareTiles(
  reader: LogReader,
  inventory: Inventory,
  truth: Leaves,
  known: number,
  findings: Findings,
): Promise<void> {
  const objects = new Map<string, Inventory["tiles"]>();
  for (const tile of inventory.tiles) {
    if (tile.name.level === "entries") continue;
    const id = `${tile.name.level}/${tile.name.n}`;
    objects.set(id, [...(objects.get(id) ?? []), tile]);
  }
  const expected: { id: string; hashes: readonly Uint8Array[] }[] = [];
  const frontier = truth.grow(known, (tile) => {
    const id = `${tile.level}/${tile.n}`;
    if (objects.has(id)) expected.push({ id, hashes: tile.hashes });
  });
  for (const tile of frontier?.partials() ?? []) expected.push({ id: `${tile.level}/${tile.n}`, hashes: tile.hashes });
  for (const { id, hashes } of expected) {
    for (const { key, name } of objects.get(id) ?? []) {
      const bytes = (await reader.get(key)) ?? new Uint8Array();
      if (name.width > hashes.length)
        findings.add(
          "stray",
          key,
          `a tile of at most ${hashes.length} hashes`,
          `${name.width} hashes, more than there are entries`,
        );
      else if (!sameBytes(bytes, encodeTile(hashes.slice(0, name.width))))
        findings.add("tile-altered", key, "the hashes that follow from the entries", "other bytes");
    }
    objects.delete(id);
  }
  // Where entries are missing, what lies past the hole cannot be judged.
  if (truth.unbroken < truth.length) return;
  for (const tiles of objects.values())
    for (const { key } of tiles) findings.add("stray", key, "a tile of this log", "a tile past its end");
}

/** Every bundle object entry by entry, also the narrower ones that a wider one has replaced. */
async function compareBundles(
  reader: LogReader,
  inventory: Inventory,
  widest: Leaves,
  truth: Leaves,
  findings: Findings,
): Promise<void> {
  const read = new Set(widestFirst(inventory, "entries"));
  for (const tile of inventory.tiles) {
    const { key, name } = tile;
    if (name.level !== "entries") continue;
    const leaves = read.has(tile) ? widest : await leavesFromBundles(reader, { ...inventory, tiles: [tile] }, findings);
    for (let index = name.n * TILE_WIDTH; index < name.n * TILE_WIDTH + name.width; index += 1) {
      const [expected, found] = [truth.get(index), leaves.get(index)];
      if (expected === undefined) {
        findings.add("stray", key, `entries up to ${truth.length - 1}`, `an entry ${index} that seq/ does not have`);
        break;
      }
      if (found !== undefined && !sameLeaf(found, expected)) {
        findings.add("tile-altered", `${key} entry ${index}`, describeLeaf(expected), describeLeaf(found));
      }
    }
  }
}

/** Key of the batch that holds an entry. */
export function batchOf({ batches }: Inventory, index: number): string {
  let low = 0;
  let high = batches.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((batches[middle] ?? 0) <= index) low = middle + 1;
    else high = middle;
  }
  const first = batches[low - 1];
  return first === undefined ? "seq/" : batchKey(first);
}
