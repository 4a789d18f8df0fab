import { createReadStream } from "node:fs";
import { lstat, readdir, unlink } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import { newDigest } from "../lib/digest.ts";
import { CustodyError } from "../lib/errors.ts";
import { diskFailure, errno, realDisk, syncFolder } from "./disk.ts";
import { checkKey } from "./key.ts";

/**
 * The right to delete, which a `Store` does not have: a capability of its own with a credential of its own. Only a lawful
 * disposal reaches for it.
 */
export interface Remover {
  /** For messages: where it deletes, without any secret. */
  readonly place: string;
  /** Whether anything lies there under this key, in whatever version; also proves that the credential can look. */
  find(key: string): Promise<Found>;
  /**
   * Deletes an object with all its versions, and reads back that none is left. One that was gone already is no error. What
   * cannot be deleted before a date is left and said. Throws what a store throws; then it may be deleted or not.
   */
  remove(key: string): Promise<Removed>;
  close(): Promise<void>;
}

export interface Found {
  /** Versions of the object, 0 for none. */
  readonly versions: number;
  /** Until when Object Lock forbids to delete one of them, epoch ms. */
  readonly lockedUntil?: number | undefined;
}

export interface Removed {
  /** Versions deleted now. */
  readonly deleted: number;
  /** Set where something is left: until when Object Lock forbids to delete it, epoch ms. */
  readonly lockedUntil?: number | undefined;
}

/** Deletes from the folder of a store, with the rights of this user. `digest` of a key's last part lets unfinished copies be found. */
export async function folderRemover(path: string): Promise<Remover> {
  const place = await realDisk.realpath(resolve(path)).catch((thrown: unknown) => {
    throw diskFailure(thrown, "open", resolve(path));
  });
  const at = (key: string) => {
    checkKey(key);
    return join(place, key);
  };
  const isThere = async (path: string): Promise<boolean> => {
    try {
      const found = await lstat(path);
      if (found.isFile()) return true;
    } catch (thrown) {
      if (errno(thrown) === "ENOENT" || errno(thrown) === "ENOTDIR") return false;
      throw diskFailure(thrown, "look at", path);
    }
    throw new CustodyError("STORE_UNFIT", `${path} must be an ordinary file and is none, so it is not deleted`, {
      remedy: "Custody never makes such a thing in its store: find out who did.",
    });
  };
  return {
    place,
    find: async (key) => ({ versions: (await isThere(at(key))) ? 1 : 0 }),
    async remove(key) {
      const file = at(key);
      const there = await isThere(file);
      try {
        if (there) {
          await unlink(file);
          await syncFolder(realDisk, dirname(file));
        }
        await removeUnfinished(`${place}.tmp`, key.slice(key.lastIndexOf("/") + 1));
      } catch (thrown) {
        throw diskFailure(thrown, "delete", file);
      }
      if (await isThere(file))
        throw new CustodyError("STORE_UNREACHABLE", `${file} was deleted and is there again`, {
          remedy: "Somebody writes it at this moment. Run the same command again.",
        });
      return { deleted: there ? 1 : 0 };
    },
    close: async () => {},
  };
}

/** Whole copies that a writer left beside the store when it was killed before it could give them their name. */
async function removeUnfinished(folder: string, digest: string): Promise<void> {
  const names = await readdir(folder, { withFileTypes: true }).catch(() => []);
  for (const entry of names) {
    if (!entry.isFile()) continue;
    const path = join(folder, entry.name);
    const hash = newDigest();
    try {
      for await (const part of createReadStream(path)) hash.update(part as Uint8Array);
      if (hash.digest("hex") === digest) await unlink(path);
    } catch (thrown) {
      if (errno(thrown) !== "ENOENT") throw thrown;
    }
  }
}
