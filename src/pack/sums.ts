import { blobKey } from "../evidence/blob.ts";
import { isDigest, newDigest } from "../lib/digest.ts";
import type { Findings } from "../verify/finding.ts";
import { PACK_FILES, type PackJson } from "./pack-json.ts";
import type { PackFiles } from "./reader.ts";

const LINE = /^([0-9a-f]{64}) {2}(.{1,1000})\n$/;
/** Digest, two blanks, the longest path, and the end of the line. */
const MAX_LINE_BYTES = 1100;

/** SHA-256 of what is in a pack, each file read once. */
export class Hashes {
  readonly #files: PackFiles;
  readonly #known = new Map<string, string>();
  /** Evidence files whose bytes have another digest than their name. */
  readonly #altered = new Map<string, string>();

  constructor(files: PackFiles) {
    this.#files = files;
  }

  /** Verification has hashed an evidence file: the digest in its name, and that of its bytes. */
  note(digest: string, found: string): void {
    if (found !== digest) this.#altered.set(digest, found);
  }

  /**
   * SHA-256 of a file; undefined when there is none. Of large files nothing is kept but this. Evidence files are not read
   * again: what verification has found them to be, else what they are called.
   */
  async of(path: string): Promise<string | undefined> {
    const digest = path.slice(path.lastIndexOf("/") + 1);
    const isBlob = isDigest(digest) && path === PACK_FILES.store + blobKey(digest);
    const known = isBlob ? (this.#altered.get(digest) ?? digest) : this.#known.get(path);
    if (known !== undefined) return known;
    const parts = await this.#files.read(path);
    if (parts === undefined) return undefined;
    const hash = newDigest();
    for await (const part of parts) hash.update(part);
    const found = hash.digest("hex");
    this.#known.set(path, found);
    return found;
  }
}

/** The files outside `store/` against the list in pack.json: each is there as listed, and there are no others. */
export async function checkListed(
  pack: PackJson,
  sizes: ReadonlyMap<string, number>,
  hashes: Hashes,
  findings: Findings,
): Promise<void> {
  const unlisted = new Set([...sizes.keys()].filter((path) => !path.startsWith(PACK_FILES.store)));
  for (const own of [PACK_FILES.json, PACK_FILES.sums]) unlisted.delete(own);
  const names = new Set<string>();
  let before = "";
  for (const { path, size, digest } of pack.files) {
    if (path < before) findings.add("pack-altered", path, `pack.json to name it before ${before}`, "it after that");
    before = path;
    // Some disks hold only one of two names that differ by case: then what is seen is not what was checked.
    if (names.has(path.toLowerCase())) findings.add("pack-altered", path, "each file once in pack.json", "it twice");
    names.add(path.toLowerCase());
    unlisted.delete(path);
    const found = sizes.get(path);
    if (path.startsWith(PACK_FILES.store) || found === undefined)
      findings.add("pack-altered", path, `a file of ${size} bytes, as pack.json says`, "no such file outside store/");
    else if (found !== size) findings.add("pack-altered", path, `${size} bytes, as pack.json says`, `${found} bytes`);
    else {
      const actual = await hashes.of(path);
      if (actual !== digest)
        findings.add("pack-altered", path, `SHA-256 ${digest}, as pack.json says`, `SHA-256 ${actual ?? "of nothing"}`);
    }
  }
  for (const path of unlisted) findings.add("pack-altered", path, "only files that pack.json lists", "another file");
}

/** SHA256SUMS against every file but itself. */
export async function checkSums(
  files: PackFiles,
  sizes: ReadonlyMap<string, number>,
  hashes: Hashes,
  findings: Findings,
): Promise<void> {
  const where = PACK_FILES.sums;
  if (!sizes.has(where)) {
    findings.add("pack-altered", where, "a list of all files with their SHA-256", "no such file");
    return;
  }
  const unlisted = new Set(sizes.keys());
  unlisted.delete(where);
  let before = "";
  for await (const line of linesOf(files, where)) {
    const [, digest = "", path = ""] = LINE.exec(line) ?? [];
    const inOrder = path > before;
    before = path;
    if (!inOrder || !unlisted.delete(path)) {
      findings.add(
        "pack-altered",
        where,
        "a SHA-256, two blanks, and each file of the pack once, in order",
        `"${line.trimEnd()}"`,
      );
      continue;
    }
    const actual = await hashes.of(path);
    if (actual !== digest) findings.add("pack-altered", `${where}: ${path}`, `SHA-256 ${actual}`, `SHA-256 ${digest}`);
  }
  for (const path of unlisted) findings.add("pack-altered", where, `a line for ${path}`, "none");
}

/** Lines, each with its end, of a file that may have millions of them. An overlong one comes as far as its first bytes, in pieces. */
async function* linesOf(files: PackFiles, path: string): AsyncGenerator<string> {
  const decoder = new TextDecoder("utf-8", { ignoreBOM: true });
  let rest = "";
  for await (const part of (await files.read(path)) ?? []) {
    const lines = (rest + decoder.decode(part, { stream: true })).split("\n");
    rest = lines.pop() ?? "";
    for (const line of lines) yield `${line}\n`;
    if (rest.length > MAX_LINE_BYTES) {
      yield rest.slice(0, MAX_LINE_BYTES);
      rest = "";
    }
  }
  if (rest !== "") yield rest;
}
