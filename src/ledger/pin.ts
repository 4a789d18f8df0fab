import { randomUUID } from "node:crypto";
import { link, open, readdir, readFile, rename, unlink } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
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

const MAX_KEY_BYTES = 1024;

/**
 * The keys that were pinned in a `ledger.vkey` before, as `repin` left them beside it; those that are no key of this name are
 * passed over. They are trusted for nothing new: they tell what was signed before from what a stranger signed.
 */
export async function earlierPins(path: string, name: string): Promise<Verifier[]> {
  const names = await readdir(dirname(path)).catch(() => []);
  const left = names.filter((one) => one.startsWith(`${basename(path)}.`) && /\.[0-9a-f]{8}$/.test(one)).sort();
  const keys = await Promise.all(
    left.map(async (one) => {
      try {
        const key = parseVkey((await readFile(join(dirname(path), one), "utf8")).slice(0, MAX_KEY_BYTES));
        return key.name === name ? [key] : [];
      } catch {
        return [];
      }
    }),
  );
  return keys.flat();
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
