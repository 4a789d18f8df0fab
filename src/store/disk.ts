import * as fs from "node:fs/promises";
import { dirname } from "node:path";
import { CustodyError } from "../lib/errors.ts";

/** The calls of `node:fs/promises` that a folder store makes; a test hands in ones that fail. */
export type Disk = Pick<
  typeof fs,
  "open" | "link" | "rename" | "unlink" | "mkdir" | "lstat" | "readdir" | "realpath" | "rm"
>;

export const realDisk: Disk = fs;

/** The errno name of a failed call, or undefined. */
export function errno(thrown: unknown): string | undefined {
  const code = (thrown as { code?: unknown } | null)?.code;
  return typeof code === "string" ? code : undefined;
}

/** What a failed call means to the caller of a store; `where` is a path, `doing` begins with a verb. */
export function diskFailure(thrown: unknown, doing: string, where: string): CustodyError {
  if (thrown instanceof CustodyError) return thrown;
  const code = errno(thrown) ?? "unknown error";
  const found = `could not ${doing} ${where} (${code})`;
  const options = { cause: thrown };
  switch (code) {
    case "ENOSPC":
    case "EDQUOT":
    case "EFBIG":
      return new CustodyError("STORE_FULL", `${found}: there is no room left`, {
        ...options,
        remedy:
          "Make room on this disk or raise its quota, then run the same command again; nothing acknowledged is lost.",
      });
    case "EACCES":
    case "EPERM":
      return new CustodyError("STORE_UNFIT", `${found}: this user may not`, {
        ...options,
        remedy:
          "Run Custody as the user that owns the store, or give this user read and write access to it and its parent folder.",
      });
    case "EROFS":
      return new CustodyError("STORE_UNFIT", `${found}: the disk is mounted read-only`, {
        ...options,
        remedy: "Mount it for writing; a disk that turns read-only by itself is usually failing.",
      });
    case "EXDEV":
      return new CustodyError("STORE_UNFIT", `${found}: the folder for temporary files is on another disk`, {
        ...options,
        remedy: "Put the store into a subfolder of the mounted disk, not at its root.",
      });
    case "ENOTSUP":
    case "EOPNOTSUPP":
    case "ENOSYS":
      return new CustodyError("STORE_UNFIT", `${found}: this file system cannot do it`, {
        ...options,
        remedy: "Put the store on a local file system with hard links, such as ext4, xfs, btrfs, zfs or APFS.",
      });
    case "ENAMETOOLONG":
    case "ENOTDIR":
    case "EISDIR":
      return new CustodyError("STORE_UNFIT", `${found}: the path cannot be used`, {
        ...options,
        remedy: "Put the store under a shorter path, with nothing but folders above it.",
      });
    default:
      return new CustodyError("STORE_UNREACHABLE", `${found}: whether it was done is not known`, {
        ...options,
        remedy: "Look at the disk and the system's log, then run the same command again.",
      });
  }
}

/** Makes the names in a folder durable. */
export async function syncFolder(disk: Disk, folder: string): Promise<void> {
  const handle = await disk.open(folder, "r");
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** Makes a folder and its missing parents, and each new name durable. */
export async function makeFolders(disk: Disk, folder: string, mode: number): Promise<void> {
  try {
    await disk.mkdir(folder, { mode });
  } catch (thrown) {
    if (errno(thrown) === "EEXIST") return;
    const parent = dirname(folder);
    if (errno(thrown) !== "ENOENT" || parent === folder) throw thrown;
    await makeFolders(disk, parent, mode);
    return makeFolders(disk, folder, mode);
  }
  await syncFolder(disk, dirname(folder));
}
