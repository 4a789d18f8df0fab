import { writeFile } from "node:fs/promises";
import { collectors } from "../../collectors/index.ts";
import { configPath, loadConfig } from "../config/config.ts";
import { Custody } from "../custody.ts";
import { blobKey, blobRefs, MANIFEST_TYPE } from "../evidence/blob.ts";
import { decodeEntry } from "../evidence/entry.ts";
import { systemClock } from "../lib/clock.ts";
import { isDigest } from "../lib/digest.ts";
import { CustodyError } from "../lib/errors.ts";
import type { Store } from "../store/store.ts";
import { parseCheckpoint } from "../tlog/checkpoint.ts";
import type { Verifier } from "../tlog/note.ts";
import { checkReceipt, entriesBelow, makeReceipt } from "../verify/receipt.ts";
import type { GlobalFlags } from "./context.ts";
import { newOutput } from "./output.ts";

/** `custody prove DIGEST|INDEX`: reads only what is published; needs neither key nor index. */
export async function prove(flags: GlobalFlags & { readonly out?: string }, what: string): Promise<number> {
  const output = newOutput(flags.json ?? false);
  const custody = new Custody(await loadConfig(configPath(flags.config), collectors), systemClock);
  const store = await custody.store();
  try {
    const index = isDigest(what) ? await indexOf(store, what) : parseIndex(what);
    const pinned = await custody.pinnedKey();
    const receipt = await makeReceipt(store, index, [pinned]);
    if (!signedWith(receipt, pinned))
      output.note(
        "custody: this log has a newer key than the one in ledger.vkey: whoever checks this receipt needs that one. `custody keys list` prints it.",
      );
    if (flags.out !== undefined) await writeFile(flags.out, receipt);
    if (flags.json) output.object({ ok: true, index, receipt });
    else if (flags.out === undefined) process.stdout.write(receipt);
    else
      output.line(
        `${flags.out}: record ${index} is in the log. Anybody with the key can check it with this file alone: custody verify FILE --key ledger.vkey`,
      );
    return 0;
  } finally {
    await store.close();
  }
}

function signedWith(receipt: string, key: Verifier): boolean {
  try {
    checkReceipt(receipt, [key]);
    return true;
  } catch {
    return false;
  }
}

export function parseIndex(text: string): number {
  const index = /^\d{1,15}$/.test(text) ? Number(text) : Number.NaN;
  if (Number.isNaN(index))
    throw new CustodyError("USAGE", `"${text}" is neither the number of a record nor a SHA-256 of 64 hex digits`);
  return index;
}

/** The first signed entry that names a blob, itself or through its manifest. */
async function indexOf(store: Store, digest: string): Promise<number> {
  const bytes = await store.get("checkpoint");
  const size = (bytes && parseCheckpoint(bytes))?.size ?? 0;
  for await (const { index, bytes: entry } of entriesBelow(store, size)) {
    const refs = blobRefs(decodeEntry(entry));
    if (refs.some((ref) => ref.digest === digest)) return index;
    for (const ref of refs) {
      if (ref.mediaType !== MANIFEST_TYPE) continue;
      const manifest = await store.get(blobKey(ref.digest));
      // Hashes are plain text in a manifest: no need to understand it to see whether it names one.
      if (manifest !== undefined && Buffer.from(manifest).includes(digest)) return index;
    }
  }
  throw new CustodyError("NOT_FOUND", `no record names an evidence file with the SHA-256 ${digest}`, {
    remedy: "Compare the digits with `sha256sum FILE`.",
  });
}
