import { open, readFile, rename } from "node:fs/promises";
import { dirname } from "node:path";
import { base64, fromBase64 } from "../lib/digest.ts";
import { CustodyError } from "../lib/errors.ts";
import type { Head } from "../tlog/checkpoint.ts";

/**
 * The newest head that this installation has signed or accepted, kept outside the store: what makes a store that was set
 * back to an older state visible. A file of lines `<size> <root in base64>`, appended and never shortened by a writer, so
 * that any number of processes can keep it without a lock; the largest size counts.
 */
export interface Guard {
  readonly place: string;
  /** The newest head; undefined when there is no guard yet. */
  newest(): Promise<Head | undefined>;
  /** Adds a head; durable when it resolves. */
  add(head: Head): Promise<void>;
}

const COMPACT_ABOVE = 256 * 1024;

export function fileGuard(path: string): Guard {
  return {
    place: path,
    newest: async () => newestOf(await readOrNothing(path), path),
    add: async (head) => {
      // The line feed comes first: a line that was cut by a crash cannot swallow this one.
      const line = `\n${head.size} ${base64(head.root)}\n`;
      const file = await open(path, "a", 0o600);
      try {
        await file.appendFile(line);
        await file.sync();
        if ((await file.stat()).size > COMPACT_ABOVE) await compact(path);
      } finally {
        await file.close();
      }
    },
  };
}

/**
 * Keeps the newest head only. A head that another process appends between read and rename is lost from the guard, which
 * only means that a rollback to within that very moment would go unseen here.
 */
async function compact(path: string): Promise<void> {
  const newest = newestOf(await readOrNothing(path), path);
  if (newest === undefined) return;
  const next = await open(`${path}.next`, "w", 0o600);
  try {
    await next.writeFile(`${newest.size} ${base64(newest.root)}\n`);
    await next.sync();
  } finally {
    await next.close();
  }
  await rename(`${path}.next`, path);
  const folder = await open(dirname(path), "r");
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
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

function newestOf(text: string | undefined, path: string): Head | undefined {
  if (text === undefined) return undefined;
  let newest: Head | undefined;
  for (const line of text.split("\n")) {
    const match = /^(\d{1,15}) ([A-Za-z0-9+/]{43}=)$/.exec(line);
    const root = fromBase64(match?.[2] ?? "");
    if (!match || root === undefined) continue;
    if (newest === undefined || Number(match[1]) > newest.size) newest = { size: Number(match[1]), root };
  }
  if (newest === undefined && text.trim() !== "") {
    throw new CustodyError("NO_GUARD", `${path} holds no readable head`, {
      remedy: "Put the file back from a backup, or name the newest head you know with --accept-head SIZE:ROOT.",
    });
  }
  return newest;
}
