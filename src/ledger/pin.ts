import { randomUUID } from "node:crypto";
import { link, open, readFile, rename, unlink } from "node:fs/promises";
import { dirname } from "node:path";
import { hex } from "../lib/digest.ts";
import { errno, realDisk, syncFolder } from "../store/disk.ts";
import { parseVkey, type Verifier } from "../tlog/note.ts";

/**
 * Pins another key in a `ledger.vkey`: the old line stays as `ledger.vkey.<key ID>`, the new one takes its place in one step.
 * Only for the workspace that holds the new key's file; other places walk forward from the pin they have.
 */
export async function repin(path: string, key: Verifier): Promise<void> {
  const before = parseVkey(await readFile(path, "utf8"));
  if (before.vkey === key.vkey) return;
  const folder = dirname(path);
  await write(`${path}.${hex(before.id)}`, before, "keep");
  await write(path, key, "replace");
  await syncFolder(realDisk, folder);
}

async function write(path: string, { vkey }: Verifier, existing: "keep" | "replace"): Promise<void> {
  const next = `${path}.${randomUUID()}.tmp`;
  const file = await open(next, "wx", 0o644);
  try {
    await file.writeFile(`${vkey}\n`);
    await file.sync();
  } finally {
    await file.close();
  }
  if (existing === "replace") return rename(next, path);
  try {
    await link(next, path);
  } catch (error) {
    // Without hard links it is renamed; what is there already says the same.
    if (errno(error) !== "EEXIST") return rename(next, path);
  }
  await unlink(next);
}
