import { constants } from "node:fs";
import type { FileHandle } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import { CustodyError } from "../lib/errors.ts";
import { type Disk, diskFailure, errno, makeFolders, realDisk, syncFolder } from "./disk.ts";
import { Folders, kindOf } from "./folders.ts";
import { checkKey, checkName, checkPrefix } from "./key.ts";
import { checkedPieces, checkInMemory, checkObjectSize } from "./source.ts";
import type { Store, StoredObject, StoreSource } from "./store.ts";
import { TemporaryFolder } from "./temporary.ts";

/** Bytes read from a file at a time. */
const PIECE = 256 * 1024;

/** Never follow a link in the last step, never wait for the other end of a named pipe. */
const READ = constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0);

/**
 * A store in a folder of a local file system: a key is the path of a file.
 *
 * Created once means: written beside the store, fsynced, then link(2), which fails if the name is taken; then the folder is
 * fsynced. What lies in the folder may be hostile: links are never followed out of it and nothing but files is read.
 */
export class FolderStore implements Store {
  readonly place: string;
  readonly #disk: Disk;
  readonly #folders: Folders;
  readonly #temporary: TemporaryFolder;

  private constructor(folders: Folders, temporary: TemporaryFolder, disk: Disk) {
    this.place = folders.root;
    this.#folders = folders;
    this.#temporary = temporary;
    this.#disk = disk;
  }

  /** Opens an existing folder. Throws NOT_A_STORE when there is none: opening never makes one. */
  static async open(path: string, disk: Disk = realDisk): Promise<FolderStore> {
    let root: string;
    try {
      root = await disk.realpath(resolve(path));
      if (!(await disk.lstat(root)).isDirectory()) throw Object.assign(new Error("not a folder"), { code: "ENOTDIR" });
    } catch (thrown) {
      if (!["ENOENT", "ENOTDIR"].includes(errno(thrown) ?? "")) throw diskFailure(thrown, "open", resolve(path));
      throw new CustodyError("NOT_A_STORE", `${resolve(path)} is not a folder, so no store can be opened there`, {
        cause: thrown,
        remedy: "Check the path after `store:`; a new store is made by `custody init` only.",
      });
    }
    const folders = new Folders(root, disk);
    await folders.checkRoot();
    return new FolderStore(folders, new TemporaryFolder(`${root}.tmp`, disk), disk);
  }

  async get(key: string): Promise<Uint8Array | undefined> {
    const opened = await this.#openFile(key);
    if (!opened) return undefined;
    const { file, size } = opened;
    try {
      checkInMemory(this.#path(key), size);
      // A file that grows meanwhile is cut at the limit instead of filling the memory.
      const parts: Uint8Array[] = [];
      let total = 0;
      // One byte more than there should be is asked for: an answer of just that size needs no second question for its end.
      for await (const piece of readPieces(file, size + 1, PIECE * 4)) {
        parts.push(piece);
        total += piece.length;
        checkInMemory(this.#path(key), total);
        if (total === size) break;
      }
      return parts.length === 1 && parts[0] ? parts[0] : Buffer.concat(parts, total);
    } catch (thrown) {
      throw diskFailure(thrown, "read", this.#path(key));
    } finally {
      await file.close();
    }
  }

  async read(key: string): Promise<AsyncIterable<Uint8Array> | undefined> {
    checkKey(key);
    // Opened when the reading begins, so that nothing stays open when it never does.
    return (await this.#isThere(key)) ? this.#stream(key) : undefined;
  }

  async *#stream(key: string): AsyncGenerator<Uint8Array> {
    const opened = await this.#openFile(key);
    if (!opened) throw new CustodyError("STORE_UNREACHABLE", `${this.#path(key)} was there a moment ago and is gone`);
    const { file, size } = opened;
    try {
      yield* readPieces(file, size + 1, PIECE);
    } catch (thrown) {
      throw diskFailure(thrown, "read", this.#path(key));
    } finally {
      await file.close();
    }
  }

  async create(key: string, bytes: Uint8Array): Promise<"created" | "exists"> {
    checkInMemory(this.#path(key), bytes.length);
    return this.#create(key, () => [bytes]);
  }

  async createFrom(key: string, source: StoreSource): Promise<"created" | "exists"> {
    checkObjectSize(this.#path(key), source.size);
    return this.#create(key, () => checkedPieces(key, source));
  }

  async #create(key: string, pieces: () => Pieces): Promise<"created" | "exists"> {
    checkKey(key);
    if (await this.#isThere(key)) {
      // Whoever made it may not have come to these yet, and the caller will build on it.
      await this.#folders.make(key);
      await this.#sync(key);
      return "exists";
    }
    const temporary = await this.#write(key, pieces());
    const path = this.#path(key);
    let outcome: "created" | "exists" = "created";
    try {
      await this.#folders.make(key);
      await this.#disk.link(temporary, path);
    } catch (thrown) {
      if (errno(thrown) !== "EEXIST") throw linkFailure(thrown, path);
      outcome = "exists";
    } finally {
      await this.#discard(temporary);
    }
    await this.#sync(key);
    return outcome;
  }

  async replace(key: string, bytes: Uint8Array): Promise<void> {
    checkKey(key);
    checkInMemory(this.#path(key), bytes.length);
    const temporary = await this.#write(key, [bytes]);
    try {
      await this.#folders.make(key);
      await this.#disk.rename(temporary, this.#path(key));
    } catch (thrown) {
      await this.#discard(temporary);
      if (["EISDIR", "ENOTEMPTY", "EEXIST"].includes(errno(thrown) ?? "")) throw notAFile(this.#path(key), "folder");
      throw diskFailure(thrown, "replace", this.#path(key));
    }
    await this.#sync(key);
  }

  async *list(prefix: string): AsyncGenerator<StoredObject> {
    checkPrefix(prefix);
    yield* this.#folders.walk(prefix);
  }

  /** In the folder for temporary files: what is left there is tidied away after a day. */
  sibling(name: string): FolderStore {
    checkName(name);
    const root = join(this.#temporary.path, name);
    return new FolderStore(new Folders(root, this.#disk, this.#folders), this.#temporary, this.#disk);
  }

  /** In the folder for temporary files, never in the store itself. */
  async sweep(name: string): Promise<void> {
    checkName(name);
    if (dirname(this.place) !== this.#temporary.path)
      throw new CustodyError("BUG", "only what was tried is swept away");
    await this.#disk.rm(join(this.place, name), { recursive: true, force: true }).catch(() => undefined);
  }

  async close(): Promise<void> {}

  #path(key: string): string {
    return join(this.place, key);
  }

  /** Undefined for a name that is not there; `size` is that of the moment. */
  async #openFile(key: string): Promise<{ file: FileHandle; size: number } | undefined> {
    checkKey(key);
    if (!(await this.#folders.exist(key))) return this.#absent();
    try {
      const file = await this.#disk.open(this.#path(key), READ);
      const found = await file.stat().catch(async (thrown: unknown) => {
        await file.close();
        throw thrown;
      });
      if (found.isFile()) return { file, size: found.size };
      await file.close();
      throw notAFile(this.#path(key), kindOf(found));
    } catch (thrown) {
      if (errno(thrown) === "ENOENT") return this.#absent();
      // A link, or a socket: neither can be opened this way.
      if (["ELOOP", "ENXIO"].includes(errno(thrown) ?? "")) await this.#isThere(key);
      throw diskFailure(thrown, "read", this.#path(key));
    }
  }

  /** "Not there" is only believed while the store itself is: a disk that was unmounted looks empty. */
  async #absent(): Promise<undefined> {
    await this.#folders.checkRoot();
    return undefined;
  }

  async #isThere(key: string): Promise<boolean> {
    if (await this.#folders.exist(key)) {
      try {
        const found = await this.#disk.lstat(this.#path(key));
        if (found.isFile()) return true;
        throw notAFile(this.#path(key), kindOf(found));
      } catch (thrown) {
        if (errno(thrown) !== "ENOENT") throw diskFailure(thrown, "look at", this.#path(key));
      }
    }
    await this.#absent();
    return false;
  }

  async #write(key: string, pieces: Pieces): Promise<string> {
    const device = await this.#folders.device();
    await this.#temporary.ensure(device);
    const path = await this.#temporary.next();
    try {
      const file = await this.#disk.open(path, "wx");
      try {
        for await (const piece of pieces) await file.writeFile(piece);
        await file.sync();
      } finally {
        await file.close();
      }
      return path;
    } catch (thrown) {
      await this.#discard(path);
      // What the source throws is the caller's own and passes unchanged.
      throw errno(thrown) === undefined ? thrown : diskFailure(thrown, `write ${key} to`, path);
    }
  }

  async #sync(key: string): Promise<void> {
    const folder = dirname(this.#path(key));
    try {
      await syncFolder(this.#disk, folder);
    } catch (thrown) {
      throw diskFailure(thrown, "make durable", folder);
    }
  }

  /** A left-over costs room and nothing else; it goes at the next open. */
  async #discard(path: string): Promise<void> {
    await this.#disk.unlink(path).catch(() => undefined);
  }
}

/**
 * Makes an empty store in a folder that is missing or empty; everything in it is for this user only. Throws STORE_EXISTS
 * when something lies there. Only for `init`.
 */
export async function createFolderStore(path: string, disk: Disk = realDisk): Promise<FolderStore> {
  const folder = resolve(path);
  try {
    await makeFolders(disk, folder, 0o700);
    const found = await disk.readdir(folder);
    if (found.length > 0) {
      throw new CustodyError(
        "STORE_EXISTS",
        `${folder} is not empty: it holds ${found.length} files or folders already`,
        {
          remedy: "Choose another folder, or use the store that is there.",
        },
      );
    }
  } catch (thrown) {
    throw diskFailure(thrown, "make the store", folder);
  }
  return FolderStore.open(folder, disk);
}

type Pieces = Iterable<Uint8Array> | AsyncIterable<Uint8Array>;

/**
 * To the end of the file, in pieces of at most `most`; `size` is what is expected, and no more room is taken than that. A file that
 * grows meanwhile is read on in whole pieces.
 */
async function* readPieces(file: FileHandle, size: number, most: number): AsyncGenerator<Uint8Array> {
  let total = 0;
  for (;;) {
    const expected = size > total ? size - total : most;
    const buffer = Buffer.allocUnsafeSlow(Math.min(expected, most));
    const { bytesRead } = await file.read(buffer, 0, buffer.length, null);
    if (bytesRead === 0) return;
    total += bytesRead;
    yield buffer.subarray(0, bytesRead);
  }
}

function linkFailure(thrown: unknown, path: string): CustodyError {
  // link(2) answers EPERM where the file system has no hard links.
  return diskFailure(errno(thrown) === "EPERM" ? { code: "ENOTSUP" } : thrown, "create", path);
}

/** A name that holds something else than a file. */
function notAFile(path: string, found: string): CustodyError {
  return new CustodyError("STORE_UNFIT", `${path} must be an ordinary file and is a ${found}`, {
    remedy: "Custody never makes such a thing in its store: find out who did, and move it away.",
  });
}
