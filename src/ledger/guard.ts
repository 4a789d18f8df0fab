import { randomUUID } from "node:crypto";
import { open, readFile, rename } from "node:fs/promises";
import { dirname } from "node:path";
import { base64, fromBase64 } from "../lib/digest.ts";
import { CustodyError } from "../lib/errors.ts";
import { diskFailure, realDisk, syncFolder } from "../store/disk.ts";
import type { Head } from "../tlog/checkpoint.ts";
import { EMPTY_ROOT } from "../tlog/merkle.ts";

/**
 * The newest head that this installation has signed or accepted, kept outside the store: what makes a store that was set
 * back to an older state visible. Any number of processes may keep one guard; the largest size counts.
 */
export interface Guard {
  readonly place: string;
  /** The newest head; undefined when there is no guard yet. */
  newest(): Promise<Head | undefined>;
  /** Where several guards are one: the newest head of each, smallest first. The log must continue all of them. */
  heads?(): Promise<readonly Head[]>;
  /** Adds a head; durable when it resolves. */
  add(head: Head): Promise<void>;
}

/** What a new guard among several has seen: any log continues it. */
const NOTHING: Head = { size: 0, root: EMPTY_ROOT };

/** The heads that the log must continue, smallest first; none when there is no guard yet. */
export async function headsOf(guard: Guard): Promise<Head[]> {
  const heads = guard.heads ? await guard.heads() : [await guard.newest()];
  return heads.filter((head) => head !== undefined);
}

/** `stored` is what the store's checkpoint says, for a person to accept or not. */
export function noGuard({ place }: Guard, stored: Head | undefined): CustodyError {
  return new CustodyError(
    "NO_GUARD",
    `${place} is missing or holds no head: it keeps the newest state of the log that this installation has seen`,
    {
      remedy: `Put it back from a backup${
        stored
          ? `, or, if this store is known to be right, accept its state once with --accept-head ${stored.size}:${base64(stored.root)}`
          : ""
      }`,
    },
  );
}

/**
 * Two guards as one: both are told, and the log must continue both. The second may be out of reach (`unreachable` says which
 * errors mean that): then the first stands alone, as evidence must not wait for a database.
 */
export function joinGuards(first: Guard, second: Guard, unreachable: (error: unknown) => boolean): Guard {
  const unlessUnreachable = async <T>(ask: Promise<T>): Promise<T | undefined> => {
    try {
      return await ask;
    } catch (error) {
      if (unreachable(error)) return undefined;
      throw error;
    }
  };
  const heads = async () => {
    const a = await first.newest();
    const b = await unlessUnreachable(second.newest().then((head) => head ?? NOTHING));
    if (a === undefined && (b ?? NOTHING) === NOTHING) return [];
    return [a ?? NOTHING, ...(b === undefined ? [] : [b])].sort((x, y) => x.size - y.size);
  };
  return {
    place: `${first.place} and ${second.place}`,
    heads,
    newest: async () => (await heads()).at(-1),
    add: async (head) => {
      await first.add(head);
      await unlessUnreachable(second.add(head));
    },
  };
}

const COMPACT_ABOVE = 256 * 1024;

/**
 * A guard in a file of lines `<size> <root in base64>`, appended and never shortened by a writer, so that any number of
 * processes can keep it without a lock.
 */
export function fileGuard(path: string): Guard {
  return {
    place: path,
    newest: async () => newestOf(await readOrNothing(path)),
    add: async (head) => {
      try {
        await append(path, head);
      } catch (thrown) {
        throw diskFailure(thrown, "write", path);
      }
    },
  };
}

async function append(path: string, head: Head): Promise<void> {
  // The line feed comes first: a line that was cut by a crash cannot swallow this one.
  const line = `\n${lineOf(head)}`;
  const file = await open(path, "a", 0o600);
  try {
    await file.appendFile(line);
    await file.sync();
    const { size } = await file.stat();
    if (size <= line.length) await syncFolder(realDisk, dirname(path));
    if (size > COMPACT_ABOVE) await compact(path);
  } finally {
    await file.close();
  }
}

/**
 * Keeps the newest head only. A head that another process appends to the file that is replaced here is lost from the guard,
 * which only means that a rollback to within that very moment would go unseen.
 */
async function compact(path: string): Promise<void> {
  const newest = newestOf(await readOrNothing(path));
  if (newest === undefined) return;
  // A name of its own: two processes may do this at once.
  const next = `${path}.${randomUUID()}`;
  const file = await open(next, "wx", 0o600);
  try {
    await file.writeFile(lineOf(newest));
    await file.sync();
  } finally {
    await file.close();
  }
  await rename(next, path);
  await syncFolder(realDisk, dirname(path));
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
