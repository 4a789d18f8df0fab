import { hex, sha256 } from "../lib/digest.ts";

/** Which rows are drawn: a function of what is recorded and nothing else. docs/FORMAT.md §18.2 is the specification. */

/** Rows of one draw: as many as one record names. */
export const MAX_DRAWN = 256;
/** Characters of the words that an auditor adds. */
export const MAX_WORDS = 400;

const DOMAIN = "custody/sample/v1";
const text = new TextEncoder();

/** What fixes a draw. */
export interface SeedParts {
  /** SHA-256 of the population's bytes, lower-case hex. */
  readonly population: string;
  /** A head of the log after the population was frozen; root in base64. */
  readonly head: { readonly size: number; readonly root: string };
  /** The auditor's own words. */
  readonly words: string;
}

/** The words as they count: Unicode NFC, Unicode White_Space of any kind and length as one space, none at the ends. */
export function plainWords(words: string): string {
  return words
    .normalize("NFC")
    .replaceAll(/\p{White_Space}+/gu, " ")
    .trim();
}

/**
 * The seed: SHA-256 over five lines, each ended by a line feed: the domain, the digest of the population, size and root of the
 * head, the words.
 */
export function seedOf({ population, head: { size, root }, words }: SeedParts): Uint8Array {
  const lines = [DOMAIN, population, String(size), root, plainWords(words)];
  return sha256(text.encode(lines.map((line) => `${line}\n`).join("")));
}

/**
 * The first `size` rows in the order of SHA-256(seed || name of the row), all of them where there are fewer. Each row has its
 * place for itself: the order in which rows come does not matter, and a larger draw begins with the smaller one.
 */
export function drawRows(rows: readonly string[], seed: Uint8Array, size: number): string[] {
  const ranked = rows.map((row) => ({ row, rank: hex(sha256(seed, text.encode(row))) }));
  ranked.sort((a, b) => (a.rank < b.rank ? -1 : a.rank > b.rank ? 1 : 0));
  return ranked.slice(0, size).map(({ row }) => row);
}
