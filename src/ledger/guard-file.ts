import { randomUUID } from "node:crypto";
import { link, open, readFile, rename, rm, stat, writeFile } from "node:fs/promises";
import { dirname } from "node:path";
import { base64, fromBase64 } from "../lib/digest.ts";
import { CustodyError } from "../lib/errors.ts";
import { diskFailure, errno, realDisk, syncFolder } from "../store/disk.ts";
import type { Head } from "../tlog/checkpoint.ts";
import type { Guard } from "./guard.ts";

const SHORTEN_ABOVE = 256 * 1024;

/** Who died while shortening the file keeps others from it no longer than this, in ms. */
const ABANDONED = 10 * 60_000;

/**
 * A guard in a file of lines `<size> <root in base64>`, appended and never shortened by a writer, so that any number of
 * processes can keep it without a lock. Above so many bytes somebody puts a file with the newest line in its place.
 */
export function fileGuard(path: string, shortenAbove = SHORTEN_ABOVE): Guard {
  return {
    place: path,
    newest: () => newestIn(path),
    add: async (head) => {
      let size: number;
      try {
        size = await append(path, head);
      } catch (thrown) {
        throw diskFailure(thrown, "write", path);
      }
      // The head is kept. A file that stays long, on a full disk above all, is no reason to say otherwise.
      if (size > shortenAbove) await shorten(path).catch(() => undefined);
    },
  };
}

/** Durable in the file that bears the name now. Returns its size. */
async function append(path: string, head: Head): Promise<number> {
  // The line feed comes first: a line that was cut by a crash cannot swallow this one.
  const line = `\n${lineOf(head)}`;
  for (;;) {
    const file = await open(path, "a", 0o600);
    try {
      await file.appendFile(line);
      await file.sync();
      const { size, ino } = await file.stat();
      if (size <= line.length) await syncFolder(realDisk, dirname(path));
      // Else somebody has put a shorter file in its place meanwhile.
      if ((await inodeOf(path)) === ino) return size;
    } finally {
      await file.close();
    }
  }
}

/** The name under which the long file stays until the short one holds all that was added meanwhile. */
const longName = (path: string) => `${path}.long`;

/**
 * While the file is being exchanged a head may stand in the long one only. The long one goes after its newest head was
 * added to the short one: whoever read that before, and then finds the long one gone, finds it on a second look.
 */
async function newestIn(path: string): Promise<Head | undefined> {
  const texts = [await readOrNothing(path), await readOrNothing(longName(path)), await readOrNothing(path)];
  return newestOf(texts.join("\n"));
}

/**
 * Puts a file with the newest head only in the place of the long one. One process at a time, as another would put its file
 * over one that has been appended to. Whoever appends to the old one meanwhile is either seen here, after the exchange, or
 * sees the exchange and appends again. Safe to be killed in at any point.
 */
async function shorten(path: string): Promise<void> {
  const lock = `${path}.lock`;
  const held = await open(lock, "wx", 0o600).catch(() => undefined);
  if (held === undefined) return removeAbandoned(lock);
  const { ino } = await held.stat();
  // Who slept for long may have been taken for dead, and the lock given to another.
  const stillMine = async () => (await inodeOf(lock)) === ino;
  try {
    await settle(path);
    await link(path, longName(path));
    const next = `${path}.next`;
    await writeShort(next, newestOf(await readFile(path, "utf8")));
    if (!(await stillMine())) return;
    await rename(next, path);
    await syncFolder(realDisk, dirname(path));
    await settle(path);
  } finally {
    if (await stillMine()) await rm(lock, { force: true });
    await held.close();
  }
}

async function writeShort(path: string, head: Head | undefined): Promise<void> {
  const file = await open(path, "w", 0o600);
  try {
    await file.writeFile(head === undefined ? "" : lineOf(head));
    await file.sync();
  } finally {
    await file.close();
  }
}

/** Ends an exchange, one's own or a dead one's: what was added to the long file late comes into the short one. */
async function settle(path: string): Promise<void> {
  const long = longName(path);
  const inode = await inodeOf(long);
  if (inode === undefined) return;
  if (inode !== (await inodeOf(path))) {
    const late = newestOf(await readOrNothing(long));
    const kept = newestOf(await readOrNothing(path));
    if (late !== undefined && late.size > (kept?.size ?? -1)) await append(path, late);
  }
  await rm(long, { force: true });
}

/** By the file system's own times: the clock may have jumped. */
async function removeAbandoned(lock: string): Promise<void> {
  const own = `${lock}.${randomUUID()}`;
  try {
    await writeFile(own, "");
    if ((await stat(own)).mtimeMs - (await stat(lock)).mtimeMs > ABANDONED) await rm(lock, { force: true });
  } finally {
    await rm(own, { force: true });
  }
}

async function inodeOf(path: string): Promise<number | undefined> {
  try {
    return (await stat(path)).ino;
  } catch (thrown) {
    if (errno(thrown) === "ENOENT") return undefined;
    throw thrown;
  }
}

function lineOf({ size, root }: Head): string {
  return `${size} ${base64(root)}\n`;
}

async function readOrNothing(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, "utf8");
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw new CustodyError("NO_GUARD", `${path} cannot be read: ${(cause as Error).message}`, {
      cause,
      remedy: "Make the file readable for the user that runs Custody.",
    });
  }
}

/** A line that cannot be read counts for nothing: a crash may have cut it. */
function newestOf(text = ""): Head | undefined {
  let newest: Head | undefined;
  for (const line of text.split("\n")) {
    const [, size, base = ""] = /^(\d{1,15}) ([A-Za-z0-9+/]{43}=)$/.exec(line) ?? [];
    const root = fromBase64(base);
    if (size === undefined || root === undefined) continue;
    if (newest === undefined || Number(size) > newest.size) newest = { size: Number(size), root };
  }
  return newest;
}
