import { randomBytes } from "node:crypto";
import { mkdir, open, rename, stat, unlink } from "node:fs/promises";
import { basename, extname, join } from "node:path";
import { pipeline } from "node:stream/promises";
import { checkActs, checkFiles } from "../acts/hashing-again.ts";
import { itemNamed, type Kept, nowIn, readKept, recordHandling } from "../acts/keeping-custody.ts";
import type { Custody } from "../custody.ts";
import { publish } from "../daemon/mirroring.ts";
import { blobKey } from "../evidence/blob.ts";
import type { EvidenceItem, ItemFile } from "../handling/item.ts";
import { newDigest } from "../lib/digest.ts";
import { CustodyError } from "../lib/errors.ts";
import { personFor, personId, unprovenWords } from "../people.ts";
import { clean } from "../report/clean.ts";
import { type GlobalFlags, withCustody } from "./context.ts";
import { checkName, checkWords, readWhen, refuseAny } from "./item-fields.ts";
import { carefully, faultsOf, itemRecord } from "./item-words.ts";
import type { Output } from "./output.ts";

interface Flags extends GlobalFlags {
  readonly reason?: string;
  readonly out?: string;
  readonly file?: string[];
  readonly for?: string;
  readonly at?: string;
  readonly note?: string;
}

/**
 * `custody evidence access ID`: somebody looks at it, or is given it. With --out the bytes are hashed, the access is recorded
 * and signed, and only then they leave: whoever has them is in the log.
 */
export function access(flags: Flags, id: string): Promise<number> {
  return withCustody(flags, async (custody, output) => {
    personFor(custody.config, "hand-out");
    const kept = await readKept(custody);
    const item = itemNamed(kept, id);
    const problems: string[] = [];
    if (!flags.reason?.trim()) problems.push("--reason is missing: why does somebody look at it?");
    checkWords("--reason", flags.reason, problems);
    checkWords("--note", flags.note, problems);
    checkName(custody, "--for", flags.for, problems);
    const when = readWhen(custody, "--at", flags.at, problems);
    if (flags.out !== undefined && flags.at !== undefined)
      problems.push("--at with --out: what is handed out now is recorded as now");
    const chosen = filesChosen(item, flags, problems);
    const targets = flags.out === undefined ? [] : await targetsOf(flags.out, chosen, problems);
    refuseAny(problems, "Nothing was recorded, and nothing was handed out.");

    const given = flags.for === undefined ? undefined : await personId(custody, flags.for);
    const words = { reason: flags.reason ?? "", ...(flags.note?.trim() ? { note: flags.note } : {}) };
    const now = when ?? nowIn(custody, kept);
    if (flags.out !== undefined) {
      output.progress(`${id}: hashing …`);
      await refuseAltered(custody, output, item, chosen, kept);
    }
    const { by, entries } = await recordHandling(
      custody,
      id,
      [
        {
          act: given === undefined ? "access" : "export",
          ...(item.physical ? { physical: true } : {}),
          ...(item.incident === undefined ? {} : { incident: item.incident }),
          ...(given === undefined ? {} : { to: given }),
          ...(chosen.length === 0 ? {} : { digests: chosen.map(({ digest }) => digest) }),
          ...(flags.out === undefined ? {} : { result: "matches" as const }),
          words,
          when: now,
        },
      ],
      "hand-out",
    );
    await publish(custody, output.note);
    for (const { file, path } of targets) {
      await handOut(custody, file, path);
      output.line(`${clean(path, 400)}: ${file.size} bytes, ${file.digest}`);
    }
    const after = await readKept(custody);
    const now_ = itemNamed(after, id);
    output.line(
      `${id}: ${given === undefined ? "the access" : "that it was given out"} is recorded (record ${entries[0]}), signed${targets.length > 0 ? " before the bytes left" : ""}.`,
    );
    const event = now_.events.find(({ entry }) => entry === entries[0]);
    if (event?.allowed.word === "no")
      output.line("! Whoever did this was not authorised to handle it; the record says so.");
    for (const fault of faultsOf(now_, carefully(after.speaking))) output.line(`! ${fault}`);
    const unproven = unprovenWords(by);
    if (unproven !== undefined) output.line(unproven);
    output.object({
      ok: true,
      entries,
      files: targets.map(({ file, path }) => ({ path, digest: file.digest, size: file.size })),
      evidence: itemRecord(now_, after.speaking),
    });
    return 0;
  });
}

function filesChosen(item: EvidenceItem, { file = [], out }: Flags, problems: string[]): ItemFile[] {
  const there = item.files.filter(({ disposed }) => disposed === undefined);
  for (const digest of file) {
    const known = item.files.find((one) => one.digest === digest);
    if (known === undefined)
      problems.push(
        `--file "${clean(digest, 70)}": ${item.id} has no such file; it has ${there.map((one) => one.digest).join(", ") || "none"}`,
      );
    else if (known.disposed !== undefined)
      problems.push(`--file ${digest}: it was disposed of (record ${known.disposed.index})`);
  }
  const chosen = file.length === 0 ? there : there.filter(({ digest }) => file.includes(digest));
  if (out !== undefined && chosen.length === 0 && problems.length === 0)
    problems.push(`--out: ${item.id} has no file that could be handed out`);
  return chosen;
}

/** Where each file goes: one file to the name given; several into a folder, each under a number and its own name. */
async function targetsOf(
  out: string,
  chosen: readonly ItemFile[],
  problems: string[],
): Promise<{ readonly file: ItemFile; readonly path: string }[]> {
  const found = await stat(out).catch(() => undefined);
  const [only] = chosen;
  if (chosen.length === 1 && only !== undefined && !found?.isDirectory()) {
    if (found !== undefined) problems.push(`--out ${clean(out, 200)}: it is there already and is not overwritten`);
    return [{ file: only, path: out }];
  }
  if (found !== undefined && !found.isDirectory()) {
    problems.push(`--out ${clean(out, 200)}: ${chosen.length} files go into a folder, and this is a file`);
    return [];
  }
  if (found === undefined && extname(out) !== "" && chosen.length > 1) {
    const picked = chosen.map(({ digest, name }) => `${digest}${name === undefined ? "" : ` (${clean(name, 80)})`}`);
    problems.push(
      `--out ${clean(out, 200)}: these are ${chosen.length} files, which go into a folder, and this looks like the name of one; name a folder, or pick one with --file: ${picked.join(", ")}`,
    );
    return [];
  }
  const targets = chosen.map((file, i) => ({ file, path: join(out, `${i + 1}-${plainName(file)}`) }));
  for (const { path } of targets)
    if ((await stat(path).catch(() => undefined)) !== undefined)
      problems.push(`--out: ${clean(path, 200)} is there already and is not overwritten`);
  return targets;
}

/** A name from elsewhere must not lead out of the folder, nor hide what it is. */
function plainName({ name, digest }: ItemFile): string {
  const plain = basename(name ?? "")
    .replace(/[^A-Za-z0-9._-]+/g, "_")
    .replace(/^\.+/, "")
    .slice(0, 120);
  return plain === "" ? digest : plain;
}

/** Hashes before anything is recorded as handed out. What differs is recorded as that, and does not leave. */
async function refuseAltered(
  custody: Custody,
  output: Output,
  item: EvidenceItem,
  chosen: readonly ItemFile[],
  kept: Kept,
): Promise<void> {
  const { bad } = await checkFiles(custody, chosen);
  if (bad.length === 0) return;
  const acts = checkActs({ good: [], bad }, nowIn(custody, kept), "found when it was to be handed out");
  const { entries } = await recordHandling(custody, item.id, acts, "hand-out");
  await publish(custody, output.note);
  const digests = bad.map(({ file }) => file.digest).join(", ");
  throw new CustodyError(
    "VERIFICATION_FAILED",
    `${item.id}: the stored bytes of ${digests} are not those that were recorded; this is recorded now (record ${entries.join(", ")})`,
    {
      remedy: "Nothing was handed out. `custody verify` says what else differs; a mirror or a pack may hold the bytes.",
    },
  );
}

/** Writes under another name beside it and renames at the end, so that no part of a file is taken for all of it. */
async function handOut(custody: Custody, { digest }: ItemFile, path: string): Promise<void> {
  const parts = await (await custody.store()).read(blobKey(digest));
  if (parts === undefined) throw new CustodyError("NOT_FOUND", `${digest} was there a moment ago and is gone`);
  await mkdir(join(path, ".."), { recursive: true });
  // The name is taken first: nobody's file is overwritten.
  await (await open(path, "wx", 0o600)).close();
  const partial = `${path}.${randomBytes(4).toString("hex")}.part`;
  try {
    const hash = newDigest();
    const file = await open(partial, "wx", 0o600);
    async function* hashed(all: AsyncIterable<Uint8Array>) {
      for await (const part of all) {
        hash.update(part);
        yield part;
      }
    }
    await pipeline(hashed(parts), file.createWriteStream());
    if (hash.digest("hex") !== digest)
      throw new CustodyError("VERIFICATION_FAILED", `the stored bytes of ${digest} changed while they were read`, {
        remedy: "Nothing was handed out; `custody evidence verify` records what is there now.",
      });
    await rename(partial, path);
  } catch (error) {
    await unlink(partial).catch(() => undefined);
    await unlink(path).catch(() => undefined);
    throw error;
  }
}
