import { mkdir, rm, rmdir, utimes, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { Instant } from "../lib/time.ts";
import type { SourceFiles } from "./sources.ts";

/** The source files on the disk, kept as the story has them. Writes and removes only what it wrote itself. */
export class SourceTree {
  readonly #root: string;
  #files: SourceFiles = new Map();

  constructor(root: string) {
    this.#root = root;
  }

  /** Brings the files to what they were at a moment; `writtenAt` gives the time that a file shows. */
  async bring(files: SourceFiles, writtenAt: (path: string) => Instant): Promise<void> {
    const gone = [...this.#files.keys()].filter((path) => !files.has(path));
    for (const path of gone) await rm(join(this.#root, path), { force: true });
    for (const [path, text] of files) {
      if (this.#files.get(path) === text) continue;
      const file = join(this.#root, path);
      await mkdir(dirname(file), { recursive: true });
      await writeFile(file, text);
      const at = writtenAt(path) / 1_000;
      await utimes(file, at, at);
    }
    this.#files = files;
    for (const folder of foldersOf(gone)) await this.#removeEmpty(folder);
  }

  /** A folder that held only what was removed goes with it, as when somebody moved it away. */
  async #removeEmpty(folder: string): Promise<void> {
    if ([...this.#files.keys()].some((path) => path.startsWith(`${folder}/`))) return;
    await rmdir(join(this.#root, folder)).catch(() => undefined);
  }
}

/** Folders of these files, deepest first. */
function foldersOf(paths: readonly string[]): string[] {
  const folders = new Set(paths.flatMap((path) => parents(path)));
  return [...folders].sort((a, b) => b.length - a.length);
}

function parents(path: string): string[] {
  const parent = dirname(path);
  return parent === "." ? [] : [parent, ...parents(parent)];
}
