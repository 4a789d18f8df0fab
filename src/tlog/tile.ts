import { concat } from "../lib/digest.ts";
import { CustodyError } from "../lib/errors.ts";
import type { Hash } from "./merkle.ts";

/** C2SP tlog-tiles: tile height 8, so 256 hashes to a tile. */
export const TILE_WIDTH = 256;
const HASH_BYTES = 32;

/** Number of a tile as the specification spells it: 1234067 → `x001/x234/067`. */
function tileNumber(n: number): string {
  const groups: string[] = [];
  let rest = n;
  do {
    groups.unshift(String(rest % 1000).padStart(3, "0"));
    rest = Math.floor(rest / 1000);
  } while (rest > 0);
  return groups.map((group, i) => (i < groups.length - 1 ? `x${group}` : group)).join("/");
}

/** Key of a hash tile; `width` below 256 is a partial one. */
export function tileKey(level: number, n: number, width: number = TILE_WIDTH): string {
  return `tile/${level}/${tileNumber(n)}${width < TILE_WIDTH ? `.p/${width}` : ""}`;
}

/** Key of an entry bundle; `width` below 256 is a partial one. */
export function bundleKey(n: number, width: number = TILE_WIDTH): string {
  return `tile/entries/${tileNumber(n)}${width < TILE_WIDTH ? `.p/${width}` : ""}`;
}

export interface TileName {
  /** `entries` for a bundle. */
  readonly level: number | "entries";
  readonly n: number;
  readonly width: number;
}

const TILE_KEY = /^tile\/(entries|0|[1-9]\d?)\/((?:x\d{3}\/)*\d{3})(?:\.p\/([1-9]\d{0,2}))?$/;

/** Reads a key back; undefined for anything that no log would have written. */
export function parseTileKey(key: string): TileName | undefined {
  const match = TILE_KEY.exec(key);
  if (!match) return undefined;
  const [, level = "", number = "", width] = match;
  const n = Number(number.replaceAll(/[x/]/g, ""));
  const name: TileName = {
    level: level === "entries" ? "entries" : Number(level),
    n,
    width: width === undefined ? TILE_WIDTH : Number(width),
  };
  if (!Number.isSafeInteger(n) || name.width > TILE_WIDTH || (name.level !== "entries" && name.level > 63))
    return undefined;
  const back = name.level === "entries" ? bundleKey(n, name.width) : tileKey(name.level, n, name.width);
  return back === key ? name : undefined;
}

/** How wide the unfinished tile of a level is in a tree of this size; 0 for none. */
export function partialWidth(size: number, level: number): number {
  return Math.floor(size / TILE_WIDTH ** level) % TILE_WIDTH;
}

/** Every tile (without bundles) that a tree of this size has, the unfinished ones at this very size. */
export function* tilesOf(size: number): Generator<TileName & { level: number }> {
  for (let level = 0; Math.floor(size / TILE_WIDTH ** level) > 0; level += 1) {
    const full = Math.floor(size / TILE_WIDTH ** (level + 1));
    for (let n = 0; n < full; n += 1) yield { level, n, width: TILE_WIDTH };
    const width = partialWidth(size, level);
    if (width > 0) yield { level, n: full, width };
  }
}

export function encodeTile(hashes: readonly Hash[]): Uint8Array {
  return concat(hashes);
}

/** Hashes of a tile. Throws LEDGER_ALTERED when its length is not that of `width` hashes. */
export function decodeTile(bytes: Uint8Array, width: number, key: string): Hash[] {
  if (bytes.length !== width * HASH_BYTES) {
    throw new CustodyError("LEDGER_ALTERED", `${key}: ${bytes.length} bytes; expected ${width * HASH_BYTES}`);
  }
  return Array.from({ length: width }, (_, i) => bytes.subarray(i * HASH_BYTES, (i + 1) * HASH_BYTES));
}

/** An entry bundle: each entry behind its length as two bytes, most significant first. */
export function encodeBundle(entries: readonly Uint8Array[]): Uint8Array {
  return concat(
    entries.flatMap((entry) => {
      if (entry.length > 0xffff)
        throw new CustodyError("INPUT_TOO_LARGE", `an entry of ${entry.length} bytes; at most 65535`);
      return [Uint8Array.of(entry.length >> 8, entry.length & 0xff), entry];
    }),
  );
}

/** Entries of a bundle. Throws LEDGER_ALTERED when it does not hold exactly `width` of them. */
export function decodeBundle(bytes: Uint8Array, width: number, key: string): Uint8Array[] {
  const entries: Uint8Array[] = [];
  let at = 0;
  while (at + 2 <= bytes.length) {
    const length = ((bytes[at] ?? 0) << 8) | (bytes[at + 1] ?? 0);
    if (at + 2 + length > bytes.length) break;
    entries.push(bytes.subarray(at + 2, at + 2 + length));
    at += 2 + length;
  }
  if (at !== bytes.length || entries.length !== width) {
    throw new CustodyError(
      "LEDGER_ALTERED",
      `${key}: expected ${width} entries, found ${entries.length} and ${bytes.length - at} bytes left over`,
    );
  }
  return entries;
}
