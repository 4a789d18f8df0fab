import { constants } from "node:fs";
import { access, open, stat } from "node:fs/promises";
import { resolve } from "node:path";
import { mediaTypeOf } from "../cli/upload.ts";
import type { Custody } from "../custody.ts";
import type { BlobRef } from "../evidence/blob.ts";
import { MAX_FILE_BYTES } from "../ledger/ledger.ts";
import { CustodyError } from "../lib/errors.ts";

/** Files that people attach to what they record. */

/** As many as a record names. */
export const MAX_ATTACHED = 16;

/** What is wrong with these files, a line each; none where all of them can be taken. Writes nothing. */
export async function attachmentProblems(files: readonly string[], flag = "--file"): Promise<string[]> {
  const problems: string[] = [];
  if (files.length > MAX_ATTACHED)
    problems.push(`${flag}: ${files.length} files; at most ${MAX_ATTACHED} in one record, pack the others into one`);
  for (const file of files.slice(0, MAX_ATTACHED)) {
    const why = await whyNot(file);
    if (why !== undefined) problems.push(`${flag} ${file}: ${why}`);
  }
  return problems;
}

async function whyNot(file: string): Promise<string | undefined> {
  const found = await stat(file).catch(() => undefined);
  if (found === undefined) return "no such file";
  if (!found.isFile()) return found.isDirectory() ? "a folder; name the files, or pack it into one" : "not a file";
  if (found.size === 0) return "empty; it shows nothing";
  if (found.size > MAX_FILE_BYTES) return `${found.size} bytes; at most 5 GiB, split it`;
  const readable = await access(file, constants.R_OK).then(
    () => true,
    () => false,
  );
  return readable ? undefined : "may not be read by this user";
}

/** Stores the files, streamed, as they are. Throws INPUT_INVALID where one cannot be read to its end. */
export async function attach(custody: Custody, files: readonly string[]): Promise<BlobRef[]> {
  const ledger = await custody.ledger();
  const refs: BlobRef[] = [];
  for (const file of files) refs.push(await ledger.putFile(resolve(file), mediaTypeOf(file)));
  return refs;
}

/** All bytes of a file of at most `limit`, read once: what was looked at is what is stored. Throws USAGE and INPUT_TOO_LARGE. */
export async function readWhole(file: string, limit: number, what: string): Promise<Uint8Array> {
  const why = await whyNot(file);
  if (why !== undefined) throw new CustodyError("USAGE", `${file}: ${why}`, { remedy: `Name the file with ${what}.` });
  const handle = await open(file, "r");
  try {
    const buffer = Buffer.alloc(limit + 1);
    let length = 0;
    for (;;) {
      const { bytesRead } = await handle.read(buffer, length, buffer.length - length, length);
      length += bytesRead;
      if (length > limit)
        throw new CustodyError("INPUT_TOO_LARGE", `${file}: more than ${limit} bytes; that is not ${what}`);
      if (bytesRead === 0) return Uint8Array.from(buffer.subarray(0, length));
    }
  } finally {
    await handle.close();
  }
}
