import { createReadStream } from "node:fs";
import { open, stat } from "node:fs/promises";
import { join } from "node:path";
import { newDigest } from "../lib/digest.ts";
import { CustodyError } from "../lib/errors.ts";
import { PACK_FILES } from "../pack/pack-json.ts";
import { type PackFiles, zipFiles } from "../pack/reader.ts";
import { folderFiles } from "./folder.ts";

/** What lies at a path, as far as verification tells things apart. */
export type Kind = "pack-zip" | "pack-folder" | "store" | "receipt" | "file" | "other";

const RECEIPT = "c2sp.org/tlog-proof@v1";

/** Looks at what is there: a folder by what lies in it, a file by its first bytes or its name. Throws NOT_FOUND. */
export async function kindOf(path: string): Promise<Kind> {
  const found = await stat(path).catch(() => undefined);
  if (found === undefined)
    throw new CustodyError("NOT_FOUND", `${path} is not there, or may not be read`, {
      remedy: "Name a pack (a ZIP file, or the folder it was unpacked into), a store, or a receipt.",
    });
  if (found.isDirectory()) {
    if (await isFile(join(path, PACK_FILES.json))) return "pack-folder";
    // A store without its checkpoint, or without any batch, is a broken one and must be told so.
    const isStore = (await isFile(join(path, "checkpoint"))) || (await isFolder(join(path, "seq")));
    return isStore ? "store" : "other";
  }
  if (!found.isFile()) return "other";
  const handle = await open(path, "r");
  try {
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(RECEIPT.length), 0, RECEIPT.length, 0);
    const begin = buffer.subarray(0, bytesRead).toString("latin1");
    // What was damaged at its beginning is still told by its name.
    if (begin.startsWith("PK") || path.toLowerCase().endsWith(".zip")) return "pack-zip";
    return begin === RECEIPT || path.endsWith(".tlog-proof") ? "receipt" : "file";
  } finally {
    await handle.close();
  }
}

/** Opens a pack. The caller closes it. */
export async function openPack(
  path: string,
  kind: "pack-zip" | "pack-folder",
): Promise<{ files: PackFiles; close(): Promise<void> }> {
  if (kind === "pack-folder") return { files: await folderFiles(path), close: async () => {} };
  const handle = await open(path, "r");
  try {
    const { size } = await handle.stat();
    const slice = async (from: number, to: number): Promise<Uint8Array> => {
      const buffer = Buffer.allocUnsafeSlow(to - from);
      let done = 0;
      while (done < buffer.length) {
        const { bytesRead } = await handle.read(buffer, done, buffer.length - done, from + done);
        if (bytesRead === 0) break;
        done += bytesRead;
      }
      return buffer.subarray(0, done);
    };
    return { files: await zipFiles({ size, slice }), close: () => handle.close() };
  } catch (thrown) {
    await handle.close();
    throw thrown;
  }
}

/** SHA-256 of a file, read in pieces. */
export async function digestOfFile(path: string): Promise<string> {
  const hash = newDigest();
  for await (const part of createReadStream(path)) hash.update(part as Uint8Array);
  return hash.digest("hex");
}

async function isFolder(path: string): Promise<boolean> {
  return (await stat(path).catch(() => undefined))?.isDirectory() ?? false;
}

async function isFile(path: string): Promise<boolean> {
  return (await stat(path).catch(() => undefined))?.isFile() ?? false;
}
