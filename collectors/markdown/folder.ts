import { constants, type Dirent, type Stats } from "node:fs";
import { type FileHandle, lstat, open, opendir, realpath } from "node:fs/promises";
import { join, sep } from "node:path";

/** Why a file or a folder was left out. */
export type Left = "too-large" | "unreadable" | "link" | "too-many";

export interface FoundFile {
  /** Relative to the folder, with `/`. */
  readonly name: string;
  /** Where the bytes are, all links followed, inside the folder. */
  readonly path: string;
}

export interface LeftOut {
  readonly name: string;
  readonly why: Left;
  /** For people. */
  readonly detail: string;
}

/** More records than any register has; more would be a wrong path. With the list of files it makes the 10,000 captures that a run may have. */
const MAX_FILES = 9_999;
/** Of all files together, below the 1 GiB that a run may have. */
export const MAX_TOTAL_BYTES = 960 * 1024 * 1024;
const MAX_FILE_BYTES = 64 * 1024 * 1024;
/** Everything looked at on the way to them. */
const MAX_SEEN = 200_000;
const MAX_DEPTH = 32;

export const codeOf = (thrown: unknown): string => String((thrown as NodeJS.ErrnoException)?.code ?? "unknown error");

/**
 * All `*.md` below a folder in the order of their names, and everything that should have been among them and was not.
 * Links are followed to files inside the folder only, and never to folders; names that begin with a dot are skipped.
 * Throws the error of the file system where the folder itself cannot be read.
 */
export async function walkFolder(folder: string): Promise<{ root: string; files: FoundFile[]; left: LeftOut[] }> {
  const root = await realpath(folder);
  const files: FoundFile[] = [];
  const left: LeftOut[] = [];
  const waiting: { name: string; depth: number }[] = [{ name: "", depth: 0 }];
  let seen = 0;
  for (let at = waiting.pop(); at; at = waiting.pop()) {
    let entries: Dirent[] = [];
    try {
      for await (const entry of await opendir(join(root, at.name))) {
        if (++seen > MAX_SEEN) break;
        entries.push(entry);
      }
    } catch (error) {
      if (at.name === "") throw error;
      left.push({ name: `${at.name}/`, why: "unreadable", detail: `the folder cannot be read (${codeOf(error)})` });
      entries = [];
    }
    for (const entry of entries) {
      if (entry.name.startsWith(".")) continue;
      const name = at.name === "" ? entry.name : `${at.name}/${entry.name}`;
      if (entry.isDirectory()) {
        if (at.depth < MAX_DEPTH) waiting.push({ name, depth: at.depth + 1 });
        else left.push({ name: `${name}/`, why: "too-many", detail: `folders nested deeper than ${MAX_DEPTH}` });
      } else if (entry.isSymbolicLink()) {
        const found = await followLink(root, name);
        if (found) ("why" in found ? left : (files as (FoundFile | LeftOut)[])).push(found);
      } else if (/\.md$/i.test(name) && entry.isFile()) files.push({ name, path: join(root, name) });
    }
    if (seen > MAX_SEEN) {
      left.push({ name: "", why: "too-many", detail: `more than ${MAX_SEEN} names in the folder; is the path right?` });
      break;
    }
  }
  const byName = (a: { name: string }, b: { name: string }) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0);
  files.sort(byName);
  if (files.length > MAX_FILES) {
    left.push({ name: "", why: "too-many", detail: `${files.length} files; the first ${MAX_FILES} were collected` });
    files.length = MAX_FILES;
  }
  return { root, files, left: left.sort(byName) };
}

async function followLink(root: string, name: string): Promise<FoundFile | LeftOut | undefined> {
  let path: string;
  let target: Stats;
  try {
    path = await realpath(join(root, name));
    target = await lstat(path);
  } catch (error) {
    if (!/\.md$/i.test(name)) return undefined;
    return { name, why: "unreadable", detail: `the link leads nowhere (${codeOf(error)})` };
  }
  const inside = path.startsWith(root.endsWith(sep) ? root : root + sep);
  if (target.isDirectory()) {
    // What is inside the folder is reached without the link.
    return inside || path === root
      ? undefined
      : { name: `${name}/`, why: "link", detail: "a link to a folder outside; links are not followed" };
  }
  if (!/\.md$/i.test(name) || !target.isFile()) return undefined;
  if (!inside) return { name, why: "link", detail: "a link to a file outside the folder; put the file itself here" };
  return { name, path };
}

/**
 * The bytes of a file of at most MAX_FILE_BYTES and of at most `room`, or why they were left out. The size is checked on what was opened and
 * again on what was read, as the file may grow or be swapped meanwhile.
 */
export async function readFound(
  file: FoundFile,
  room: number,
): Promise<{ bytes: Uint8Array } | (LeftOut & { size?: number })> {
  const unreadable = (why: string) => ({ name: file.name, why: "unreadable", detail: why }) as const;
  const tooLarge = (size: number) => {
    const detail = `${size} bytes; a record has at most ${MAX_FILE_BYTES}. Move it out of the folder, or upload it`;
    return { name: file.name, why: "too-large", detail, size } as const;
  };
  let handle: FileHandle;
  try {
    // Not through a link put there after the walk, and not waiting for the writer of a pipe.
    handle = await open(file.path, constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0));
  } catch (error) {
    return unreadable(`the file cannot be read (${codeOf(error)})`);
  }
  try {
    const { size } = await handle.stat();
    if (size > MAX_FILE_BYTES) return tooLarge(size);
    if (size > room) {
      const detail = `all files together have more than ${MAX_TOTAL_BYTES} bytes; is the path right?`;
      return { name: file.name, why: "too-many", detail, size };
    }
    const buffer = Buffer.allocUnsafe(size + 1);
    let length = 0;
    for (;;) {
      const { bytesRead } = await handle.read(buffer, length, buffer.length - length, length);
      if (bytesRead === 0) return { bytes: buffer.subarray(0, length) };
      length += bytesRead;
      if (length > size) return unreadable("the file grew while it was read; it is collected with the next run");
    }
  } catch (error) {
    return unreadable(`the file cannot be read (${codeOf(error)})`);
  } finally {
    await handle.close();
  }
}
