import { open, unlink } from "node:fs/promises";
import { pipeline } from "node:stream/promises";
import { recordAccess } from "../acts/handing-out.ts";
import { publish } from "../daemon/mirroring.ts";
import { blobKey, blobRefs } from "../evidence/blob.ts";
import { type Entry, isKind } from "../evidence/entry.ts";
import { isDigest, newDigest } from "../lib/digest.ts";
import { CustodyError } from "../lib/errors.ts";
import { unprovenWords } from "../people.ts";
import { disposalInWords } from "../words.ts";
import { type GlobalFlags, withCustody } from "./context.ts";
import { parseIndex } from "./prove.ts";
import { predecessorText } from "./successor.ts";

/** `custody log`: the newest records, a line each. */
export function log(flags: GlobalFlags & { readonly number?: string }): Promise<number> {
  const count = parseIndex(flags.number ?? "20");
  return withCustody(flags, async (custody, output) => {
    const ledger = await custody.view();
    const entries: Entry[] = [];
    for await (const { entry } of ledger.read(0)) {
      const before = isKind(entry, "genesis") ? entry.predecessor : undefined;
      if (before !== undefined) output.line(predecessorText(before));
      break;
    }
    for await (const { entry } of ledger.read(Math.max(0, ledger.size - count))) {
      entries.push(entry);
      output.line(`${String(entry.index).padStart(6)}  ${entry.at}  ${entry.kind.padEnd(9)} ${summary(entry)}`);
    }
    output.object({ ok: true, size: ledger.size, entries });
    return 0;
  });
}

/** What identifies an entry at a glance, from whatever fields its kind has. */
function summary(entry: Entry): string {
  const fields = entry as Record<string, unknown>;
  return ["instance", "slot", "outcome", "action", "origin", "gap", "cause"]
    .map((name) => fields[name])
    .filter((value): value is string => typeof value === "string")
    .join("  ");
}

/** `custody show INDEX`: the record as its bytes say it, and its hash. */
export function show(flags: GlobalFlags, index: string): Promise<number> {
  const wanted = parseIndex(index);
  return withCustody(flags, async (custody, output) => {
    for await (const { entry, digest, bytes } of (await custody.view()).read(wanted)) {
      output.line(JSON.stringify(entry, null, 2));
      output.line(`SHA-256 of its ${bytes.length} bytes: ${digest}`);
      const disposals = await custody.disposals();
      const gone = blobRefs(entry).flatMap((ref) => disposals.explains(ref.digest, entry.index) ?? []);
      const disposed = [...new Map(gone.map((one) => [one.digest, one])).values()];
      for (const one of disposed) output.line(`${one.digest} ${disposalInWords(one)}`);
      output.object({ ok: true, digest, entry, ...(disposed.length > 0 ? { disposed } : {}) });
      return 0;
    }
    throw new CustodyError("NOT_FOUND", `there is no record ${wanted}`, { remedy: "`custody log` lists the newest." });
  });
}

/**
 * `custody get DIGEST`: the bytes of an evidence file of any size, checked against their name. Those of incident evidence leave
 * only with a reason, and once the record of who took them is signed.
 */
export function get(
  flags: GlobalFlags & { readonly out?: string; readonly reason?: string },
  digest: string,
): Promise<number> {
  return withCustody(flags, async (custody, output) => {
    if (!isDigest(digest)) throw new CustodyError("USAGE", `"${digest}" is not a SHA-256 of 64 lower-case hex digits`);
    if (flags.json && flags.out === undefined) {
      throw new CustodyError("USAGE", "--json prints one object, and the bytes are none", {
        remedy: "Add --out FILE for the bytes.",
      });
    }
    const parts = await (await custody.store()).read(blobKey(digest));
    if (parts === undefined) {
      const disposed = (await custody.disposals()).explains(digest, -1);
      if (disposed !== undefined) {
        throw new CustodyError("NOT_FOUND", `${digest} ${disposalInWords(disposed)}`, {
          remedy: `It is not there any more, lawfully: custody show ${disposed.index}`,
        });
      }
      throw new CustodyError("NOT_FOUND", `there is no evidence file ${digest}`, {
        remedy: "`custody show NUMBER` prints the digests of a record.",
      });
    }
    const accessed = await recordAccess(custody, digest, flags.reason);
    if (accessed !== undefined) {
      await publish(custody, output.note);
      const unproven = unprovenWords(accessed.by);
      // On stdout there may be the bytes.
      output.note(`This is evidence (${accessed.items.join(", ")}); that you took it is in the log.`);
      if (unproven !== undefined) output.note(unproven);
    }
    if (flags.out === undefined) await write(parts, digest, process.stdout);
    else {
      const size = await writeNew(parts, digest, flags.out);
      output.line(`${flags.out}: ${size} bytes, as they were recorded`);
      const more = accessed === undefined ? {} : { evidence: accessed.items, entries: accessed.entries };
      output.object({ ok: true, digest, size, out: flags.out, ...more });
    }
    return 0;
  });
}

/** Writes a file that is not there yet; one whose bytes turn out wrong is not left behind. */
async function writeNew(parts: AsyncIterable<Uint8Array>, digest: string, out: string): Promise<number> {
  const file = await open(out, "wx");
  try {
    return await write(parts, digest, file.createWriteStream());
  } catch (error) {
    await unlink(out).catch(() => undefined);
    throw error;
  } finally {
    await file.close().catch(() => undefined);
  }
}

/** Passes bytes on as they come. Throws VERIFICATION_FAILED at their end when they are not what their name says. */
async function write(parts: AsyncIterable<Uint8Array>, digest: string, to: NodeJS.WritableStream): Promise<number> {
  const hash = newDigest();
  let size = 0;
  async function* hashed() {
    for await (const part of parts) {
      hash.update(part);
      size += part.length;
      yield part;
    }
  }
  await pipeline(hashed, to, { end: to !== process.stdout });
  if (hash.digest("hex") !== digest) {
    throw new CustodyError("VERIFICATION_FAILED", `${blobKey(digest)} does not hold the bytes it is named after`, {
      remedy: "These bytes are no evidence. `custody verify` says what else differs.",
    });
  }
  return size;
}
