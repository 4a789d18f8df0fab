import { parseBatchKey } from "../evidence/batch.ts";
import { blobKey } from "../evidence/blob.ts";
import { isDigest } from "../lib/digest.ts";
import { parseTileKey, TILE_WIDTH, type TileName } from "../tlog/tile.ts";
import type { Findings } from "./finding.ts";
import type { LogReader } from "./reader.ts";

/** Every object of a store by what it is. */
export interface Inventory {
  /** First index of each batch, ascending. */
  readonly batches: number[];
  readonly tiles: { readonly key: string; readonly name: TileName }[];
  /** Size by digest. */
  readonly blobs: Map<string, number>;
}

/** Lists a store and sorts its objects; what has no place in the format, or is listed twice, is a `stray`. */
export async function takeInventory(reader: LogReader, findings: Findings): Promise<Inventory> {
  const inventory: Inventory = { batches: [], tiles: [], blobs: new Map() };
  const seen = new Set<string>();
  for await (const { key, size, instead } of reader.list("")) {
    if (seen.has(key)) {
      findings.add("stray", key, "one object of this name", "another one");
      continue;
    }
    seen.add(key);
    if (instead !== undefined) {
      findings.add("stray", key, "an ordinary object", instead);
      continue;
    }
    const batch = parseBatchKey(key);
    const tile = tileOf(key);
    const digest = key.slice(key.lastIndexOf("/") + 1);
    if (key === "checkpoint") continue;
    if (batch !== undefined) inventory.batches.push(batch);
    else if (tile !== undefined) inventory.tiles.push({ key, name: tile });
    else if (isDigest(digest) && blobKey(digest) === key) inventory.blobs.set(digest, size);
    else findings.add("stray", key, "one of blob/, seq/, tile/, checkpoint as the format names them", "another name");
  }
  inventory.batches.sort((a, b) => a - b);
  return inventory;
}

/** A tile's name, where the entries it would stand for have numbers that a log can reach. */
function tileOf(key: string): TileName | undefined {
  const name = parseTileKey(key);
  const level = name === undefined || name.level === "entries" ? 0 : name.level;
  return name !== undefined && Number.isSafeInteger(name.n * TILE_WIDTH ** (level + 1)) ? name : undefined;
}
