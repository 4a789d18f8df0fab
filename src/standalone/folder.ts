import { constants } from "node:fs";
import { lstat, open, readdir } from "node:fs/promises";
import { join } from "node:path";
import { CustodyError } from "../lib/errors.ts";
import type { PackFiles } from "../pack/reader.ts";
import { MAX_MEMBERS } from "../pack/zip.ts";

/** Never follow a link, never wait for the other end of a pipe. */
const READ = constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0);
const PIECE = 1024 ** 2;
const MAX_WHOLE_BYTES = 64 * 1024 ** 2;
/** The deepest path of a pack has six parts. */
const MAX_DEPTH = 12;

interface Found {
  readonly key: string;
  readonly size: number;
  readonly instead?: string;
}

/**
 * The files below a folder that somebody may have prepared: listed once, and only what was listed as an ordinary file is ever
 * opened. Links are not followed. Reads and nothing else.
 */
export async function folderFiles(root: string): Promise<PackFiles> {
  const listed = new Map<string, Found>();
  const walk = async (folder: string, depth: number): Promise<void> => {
    for (const item of await readdir(join(root, folder), { withFileTypes: true })) {
      const key = `${folder}${item.name}`;
      if (item.isDirectory() && depth < MAX_DEPTH) {
        await walk(`${key}/`, depth + 1);
        continue;
      }
      const size = item.isFile() ? (await lstat(join(root, key))).size : 0;
      listed.set(key, item.isFile() ? { key, size } : { key, size, instead: kindOf(item) });
      if (listed.size > MAX_MEMBERS)
        throw new CustodyError("INPUT_TOO_LARGE", `${root}: more than ${MAX_MEMBERS} files`);
    }
  };
  await walk("", 0);

  async function* pieces(key: string): AsyncGenerator<Uint8Array> {
    const handle = await open(join(root, key), READ);
    try {
      if (!(await handle.stat()).isFile()) throw new CustodyError("STORE_UNFIT", `${key} is no ordinary file any more`);
      for (;;) {
        const buffer = Buffer.allocUnsafeSlow(Math.min(PIECE, Math.max(1, listed.get(key)?.size ?? 0)));
        const { bytesRead } = await handle.read(buffer, 0, buffer.length, null);
        if (bytesRead === 0) return;
        yield buffer.subarray(0, bytesRead);
      }
    } finally {
      await handle.close();
    }
  }

  const known = (key: string): Found | undefined => {
    const found = listed.get(key);
    return found?.instead === undefined ? found : undefined;
  };
  return {
    top: undefined,
    damaged: new Set(),
    get: async (key) => {
      if (known(key) === undefined) return undefined;
      const parts: Uint8Array[] = [];
      let size = 0;
      for await (const part of pieces(key)) {
        parts.push(part);
        size += part.length;
        if (size > MAX_WHOLE_BYTES)
          throw new CustodyError("INPUT_TOO_LARGE", `${key}: more than ${MAX_WHOLE_BYTES} bytes`);
      }
      return Buffer.concat(parts);
    },
    read: async (key) => (known(key) === undefined ? undefined : pieces(key)),
    list: async function* (prefix) {
      for (const found of listed.values()) if (found.key.startsWith(prefix)) yield found;
    },
  };
}

function kindOf(item: { isSymbolicLink(): boolean; isDirectory(): boolean }): string {
  if (item.isSymbolicLink()) return "a symbolic link";
  return item.isDirectory() ? "a folder below all that a pack has" : "a device, pipe or socket";
}
