import { sameBytes, sha256 } from "../lib/digest.ts";

/** RFC 6962 §2.1 (= RFC 9162 §2.1) with SHA-256: hashes are 32 raw bytes. */
export type Hash = Uint8Array;

const LEAF = Uint8Array.of(0x00);
const NODE = Uint8Array.of(0x01);

/** Root of the empty tree: SHA-256 of nothing. */
export const EMPTY_ROOT: Hash = sha256();

/** Hash of an entry as a leaf. The prefix keeps a leaf from ever being read as a node. */
export function leafHash(entry: Uint8Array): Hash {
  return sha256(LEAF, entry);
}

/** Hash of an inner node. */
export function nodeHash(left: Hash, right: Hash): Hash {
  return sha256(NODE, left, right);
}

/** Largest power of two strictly less than n, for n of at least 2. Not with bit shifts: sizes may pass 2^31. */
export function splitPoint(n: number): number {
  let k = 1;
  while (k * 2 < n) k *= 2;
  return k;
}

/** Merkle tree hash of a list of hashes, all of the same height. */
export function rootOf(hashes: readonly Hash[]): Hash {
  const [only] = hashes;
  if (only === undefined) return EMPTY_ROOT;
  if (hashes.length === 1) return only;
  const k = splitPoint(hashes.length);
  return nodeHash(rootOf(hashes.slice(0, k)), rootOf(hashes.slice(k)));
}

/**
 * Root that an inclusion proof leads to (RFC 9162 §2.1.3.2), or undefined when the proof has the wrong length.
 * `index` and `size` come from a stranger: they are checked before they are used.
 */
export function rootFromInclusion(index: number, size: number, leaf: Hash, proof: readonly Hash[]): Hash | undefined {
  if (!Number.isSafeInteger(index) || !Number.isSafeInteger(size) || index < 0 || index >= size) return undefined;
  let fn = index;
  let sn = size - 1;
  let root = leaf;
  for (const hash of proof) {
    if (sn === 0) return undefined;
    if (fn % 2 === 1 || fn === sn) {
      root = nodeHash(hash, root);
      while (fn % 2 === 0 && fn !== 0) {
        fn = half(fn);
        sn = half(sn);
      }
    } else {
      root = nodeHash(root, hash);
    }
    fn = half(fn);
    sn = half(sn);
  }
  return sn === 0 ? root : undefined;
}

/** True when the proof shows that the entry with this leaf hash is number `index` of the tree of this size and root. */
export function verifyInclusion(index: number, size: number, leaf: Hash, proof: readonly Hash[], root: Hash): boolean {
  const found = rootFromInclusion(index, size, leaf, proof);
  return found !== undefined && sameBytes(found, root);
}

/** True when the proof shows that the second tree begins with the first (RFC 9162 §2.1.4.2). */
export function verifyConsistency(
  first: { size: number; root: Hash },
  second: { size: number; root: Hash },
  proof: readonly Hash[],
): boolean {
  if (![first.size, second.size].every((n) => Number.isSafeInteger(n) && n >= 0) || first.size > second.size)
    return false;
  if (first.size === second.size) return proof.length === 0 && sameBytes(first.root, second.root);
  if (first.size === 0) return proof.length === 0 && sameBytes(first.root, EMPTY_ROOT);
  const path = isPowerOfTwo(first.size) ? [first.root, ...proof] : [...proof];
  const start = path.shift();
  if (start === undefined) return false;
  let fn = first.size - 1;
  let sn = second.size - 1;
  while (fn % 2 === 1) {
    fn = half(fn);
    sn = half(sn);
  }
  let fr = start;
  let sr = start;
  for (const hash of path) {
    if (sn === 0) return false;
    if (fn % 2 === 1 || fn === sn) {
      fr = nodeHash(hash, fr);
      sr = nodeHash(hash, sr);
      while (fn % 2 === 0 && fn !== 0) {
        fn = half(fn);
        sn = half(sn);
      }
    } else {
      sr = nodeHash(sr, hash);
    }
    fn = half(fn);
    sn = half(sn);
  }
  return sn === 0 && sameBytes(fr, first.root) && sameBytes(sr, second.root);
}

const half = (n: number) => Math.floor(n / 2);
const isPowerOfTwo = (n: number) => 2 ** Math.round(Math.log2(n)) === n;
