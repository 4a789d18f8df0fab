import { writeFile } from "node:fs/promises";
import { blobKey } from "../evidence/blob.ts";
import type { Entry } from "../evidence/entry.ts";
import { digestOf, isDigest } from "../lib/digest.ts";
import { CustodyError } from "../lib/errors.ts";
import { type GlobalFlags, withCustody } from "./context.ts";
import { parseIndex } from "./prove.ts";

/** `custody log`: the newest records, a line each. */
export function log(flags: GlobalFlags & { readonly number?: string }): Promise<number> {
  const count = parseIndex(flags.number ?? "20");
  return withCustody(flags, async (custody, output) => {
    const ledger = await custody.ledger();
    const entries: Entry[] = [];
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
    for await (const { entry, digest, bytes } of (await custody.ledger()).read(wanted)) {
      output.line(JSON.stringify(entry, null, 2));
      output.line(`SHA-256 of its ${bytes.length} bytes: ${digest}`);
      output.object({ ok: true, digest, entry });
      return 0;
    }
    throw new CustodyError("NOT_FOUND", `there is no record ${wanted}`, { remedy: "`custody log` lists the newest." });
  });
}

/** `custody get DIGEST`: the bytes of an evidence file, checked against their name. */
export function get(flags: GlobalFlags & { readonly out?: string }, digest: string): Promise<number> {
  return withCustody(flags, async (custody, output) => {
    if (!isDigest(digest)) throw new CustodyError("USAGE", `"${digest}" is not a SHA-256 of 64 lower-case hex digits`);
    const bytes = await (await custody.store()).get(blobKey(digest));
    if (bytes === undefined) throw new CustodyError("NOT_FOUND", `there is no evidence file ${digest}`);
    if (digestOf(bytes) !== digest) {
      throw new CustodyError("VERIFICATION_FAILED", `${blobKey(digest)} does not hold the bytes it is named after`, { remedy: "Run `custody verify`." });
    }
    if (flags.out !== undefined) {
      await writeFile(flags.out, bytes, { flag: "wx" });
      output.line(`${flags.out}: ${bytes.length} bytes, as they were recorded`);
      output.object({ ok: true, digest, size: bytes.length, out: flags.out });
    } else process.stdout.write(bytes);
    return 0;
  });
}
