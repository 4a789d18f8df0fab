import { dirname, join } from "node:path";
import { CustodyError } from "../lib/errors.ts";
import { type Disk, diskFailure, errno, syncFolder } from "./disk.ts";
import { compareKeys } from "./key.ts";
import type { StoredObject } from "./store.ts";

/** No key has as many segments; a deeper folder is somebody's trap and is listed, not entered. */
const MAX_DEPTH = 64;

/** How many folders are remembered as looked at. */
const MAX_KNOWN = 8_192;

/** The folders of a folder store: which are there, that none of them is a link, and what lies in them. */
export class Folders {
  readonly root: string;
  readonly #disk: Disk;
  /** Set for a sibling, which lives beside this one and is made on the first write. */
  readonly #beside: Folders | undefined;
  /** Proven to be folders; a path inside the root, `""` for the root. */
  readonly #known = new Set<string>();
  /** Proven to be folders whose names are durable. */
  readonly #durable = new Set<string>();
  #identity: { dev: number; ino: number } | undefined;

  constructor(root: string, disk: Disk, beside?: Folders) {
    this.root = root;
    this.#disk = disk;
    this.#beside = beside;
  }

  /** The file system of the store. */
  async device(): Promise<number> {
    await (this.#beside ?? this).checkRoot();
    return (this.#beside ?? this).#identity?.dev ?? 0;
  }

  /** Throws unless the store's folder is there and is the one it was at first. */
  async checkRoot(): Promise<void> {
    if (this.#beside) return this.#beside.checkRoot();
    let found: { dev: number; ino: number; isDirectory(): boolean };
    try {
      found = await this.#disk.lstat(this.root);
    } catch (thrown) {
      if (errno(thrown) !== "ENOENT") throw diskFailure(thrown, "look at", this.root);
      throw new CustodyError("NOT_A_STORE", `${this.root} is gone`, { cause: thrown, remedy: "Mount or restore it." });
    }
    this.#identity ??= { dev: found.dev, ino: found.ino };
    if (found.isDirectory() && found.dev === this.#identity.dev && found.ino === this.#identity.ino) return;
    throw new CustodyError("STORE_UNREACHABLE", `${this.root} was exchanged or unmounted while it was in use`, {
      remedy: "Mount or restore it, then start again.",
    });
  }

  /** True when all folders above a key are there. Throws STORE_UNFIT when one of them is something else. */
  async exist(key: string): Promise<boolean> {
    for (const folder of above(key)) {
      if (this.#known.has(folder)) continue;
      if (!(await this.#isFolder(folder))) return false;
      this.#remember(this.#known, folder);
    }
    return true;
  }

  /** Makes the folders above a key, except the store's own, and their names durable. */
  async make(key: string): Promise<void> {
    for (const folder of above(key)) {
      if (this.#durable.has(folder)) continue;
      if (folder !== "" || this.#beside) await this.#makeFolder(folder);
      this.#remember(this.#durable, folder);
    }
  }

  /** Every file below whose key begins with `prefix`, in order of key. */
  async *walk(prefix: string): AsyncGenerator<StoredObject> {
    await this.checkRoot();
    yield* this.#walk("", prefix, 0);
    // A disk unmounted meanwhile must not pass for one that holds less.
    await this.checkRoot();
  }

  async *#walk(folder: string, prefix: string, depth: number): AsyncGenerator<StoredObject> {
    for (const { key, kind } of await this.#names(folder)) {
      if (kind === "folder" && depth < MAX_DEPTH && !isNoText(key)) {
        // Folders that cannot hold such a key are not entered.
        if (`${key}/`.startsWith(prefix) || prefix.startsWith(`${key}/`)) yield* this.#walk(key, prefix, depth + 1);
      } else if (key.startsWith(prefix)) {
        const object = await this.#object(key, kind);
        if (object) yield object;
      } else if (prefix.startsWith(`${key}/`)) {
        throw notAFolder(join(this.root, key), kind);
      }
    }
  }

  /** What lies in a folder, in the order of the keys below it: the name of a folder sorts as if it ended in a slash. */
  async #names(folder: string): Promise<{ key: string; kind: string }[]> {
    const path = join(this.root, folder);
    try {
      const entries = await this.#disk.readdir(path, { withFileTypes: true });
      return entries
        .map((entry) => ({ key: folder === "" ? entry.name : `${folder}/${entry.name}`, kind: kindOf(entry) }))
        .sort((a, b) => compareKeys(sortable(a), sortable(b)));
    } catch (thrown) {
      // Only a sibling's root may be missing; what vanished since its parent was read is no longer there to list.
      if (errno(thrown) === "ENOENT") return [];
      throw diskFailure(thrown, "list", path);
    }
  }

  async #object(key: string, kind: string): Promise<StoredObject | undefined> {
    if (isNoText(key)) return { key, size: 0, instead: `${kind} whose name is not text` };
    const path = join(this.root, key);
    try {
      const { size } = await this.#disk.lstat(path);
      if (kind === "file") return { key, size };
      return { key, size, instead: kind === "folder" ? "folder that lies too deep" : kind };
    } catch (thrown) {
      if (errno(thrown) === "ENOENT") return undefined;
      throw diskFailure(thrown, "look at", path);
    }
  }

  async #isFolder(folder: string): Promise<boolean> {
    const path = join(this.root, folder);
    try {
      const found = await this.#disk.lstat(path);
      if (found.isDirectory()) return true;
      throw notAFolder(path, kindOf(found));
    } catch (thrown) {
      if (errno(thrown) === "ENOENT") return false;
      throw diskFailure(thrown, "look at", path);
    }
  }

  /** Another process may have made it a moment ago and not have come to the fsync yet, so that is done in any case. */
  async #makeFolder(folder: string): Promise<void> {
    const path = join(this.root, folder);
    try {
      await this.#disk.mkdir(path);
    } catch (thrown) {
      if (errno(thrown) !== "EEXIST") throw diskFailure(thrown, "make the folder", path);
      await this.#isFolder(folder);
    }
    try {
      await syncFolder(this.#disk, dirname(path));
    } catch (thrown) {
      throw diskFailure(thrown, "make durable", dirname(path));
    }
    this.#remember(this.#known, folder);
  }

  #remember(set: Set<string>, folder: string): void {
    if (set.size >= MAX_KNOWN) set.clear();
    set.add(folder);
  }
}

/** The folders above a key from the top: `""`, `a`, `a/b` for `a/b/c`. */
function above(key: string): string[] {
  const segments = key.split("/");
  return segments.map((_, depth) => segments.slice(0, depth).join("/"));
}

/** A name that is not UTF-8 is read with replacement characters, and nothing is found under it again. */
function isNoText(name: string): boolean {
  return name.includes("\ufffd");
}

function sortable(name: { key: string; kind: string }): string {
  return name.kind === "folder" ? `${name.key}/` : name.key;
}

interface Kinds {
  isFile(): boolean;
  isDirectory(): boolean;
  isSymbolicLink(): boolean;
  isFIFO(): boolean;
  isSocket(): boolean;
}

/** What a name stands for, in words. */
export function kindOf(entry: Kinds): string {
  if (entry.isFile()) return "file";
  if (entry.isDirectory()) return "folder";
  if (entry.isSymbolicLink()) return "symbolic link";
  if (entry.isFIFO()) return "named pipe";
  return entry.isSocket() ? "socket" : "device";
}

function notAFolder(path: string, found: string): CustodyError {
  return new CustodyError("STORE_UNFIT", `${path} must be a folder and is a ${found}`, {
    remedy: "Custody never makes such a thing in its store: find out who did, and move it away.",
  });
}
