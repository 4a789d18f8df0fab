import { CustodyError } from "../lib/errors.ts";

/** Characters of the longest key; with a bucket's prefix it stays under the 1,024 bytes of S3. */
export const MAX_KEY_LENGTH = 512;

/** A segment is one folder or file name: never hidden from `ls`, never an option for a shell command, at most 200 characters. */
const SEGMENT = /^[a-z0-9_][a-z0-9._-]{0,199}$/;

/**
 * True for a key that a store accepts: `/`-separated segments of `[a-z0-9._-]` that begin with a letter, a digit or `_`,
 * at most 512 characters. That rules out the empty key, `.`, `..`, a slash at either end and everything that two file
 * systems could spell differently.
 */
export function isKey(key: string): boolean {
  return key.length <= MAX_KEY_LENGTH && key.split("/").every((segment) => SEGMENT.test(segment));
}

/** Throws INPUT_INVALID unless `isKey`. */
export function checkKey(key: string): void {
  if (isKey(key)) return;
  throw new CustodyError("INPUT_INVALID", `${quote(key)} is not a store key: segments of a-z 0-9 . _ - joined by "/"`);
}

/** What `list` may be asked for: the beginning of a key, cut anywhere, or nothing. */
export function checkPrefix(prefix: string): void {
  if (prefix === "" || isKey(prefix) || isKey(prefix.replace(/\/$/, ""))) return;
  throw new CustodyError("INPUT_INVALID", `${quote(prefix)} is not the beginning of a store key`);
}

/** The name of a store beside a store. */
export function checkName(name: string): void {
  if (SEGMENT.test(name)) return;
  throw new CustodyError("INPUT_INVALID", `${quote(name)} is not a name for a store: a-z 0-9 . _ - only`);
}

/** Code-unit order, the one order of `list` in every store. */
export function compareKeys(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** Foreign text for a message: one line, bounded, unmistakable. */
export function quote(text: string): string {
  return JSON.stringify(text.length > 120 ? `${text.slice(0, 120)}…` : text);
}
