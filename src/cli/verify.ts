import { readFile, stat } from "node:fs/promises";
import { join, resolve } from "node:path";
import { collectors } from "../../collectors/index.ts";
import { configPath, loadConfig } from "../config/config.ts";
import { Custody, readPinnedKey } from "../custody.ts";
import { Brought, knownHere, type Silent } from "../daemon/known-heads.ts";
import type { Contradiction } from "../daemon/publishing.ts";
import { indexFindings } from "../indexing.ts";
import { earlierPins } from "../ledger/pin.ts";
import { systemClock } from "../lib/clock.ts";
import { CustodyError } from "../lib/errors.ts";
import { packLines } from "../pack/say.ts";
import { verifyPack } from "../pack/verify.ts";
import { digestOfFile, kindOf, openPack } from "../standalone/open.ts";
import type { Verifier } from "../tlog/note.ts";
import { checkReceipt, MAX_RECEIPT_BYTES } from "../verify/receipt.ts";
import { evidenceLine, findingLines, receiptLines, unjudgedLines, verdictLines } from "../verify/say.ts";
import { type KnownHead, type VerifyOptions, type VerifyResult, verifyLedger } from "../verify/verify.ts";
import { joinOutside, NOBODY, outsideOf } from "../views/outside.ts";
import { disposalInWords } from "../words.ts";
import type { GlobalFlags } from "./context.ts";
import { givenKey } from "./given-key.ts";
import { newOutput, type Output } from "./output.ts";
import { predecessorText } from "./successor.ts";
import { type Copies, openCopies } from "./verify-copies.ts";
import { givenHeads, givenOutside } from "./verify-known.ts";

interface Flags extends GlobalFlags {
  readonly key?: string;
  readonly since?: string[];
  readonly quick?: boolean;
  readonly file?: string;
  readonly require?: string;
  readonly mirror?: boolean;
  readonly versions?: boolean;
  readonly index?: boolean;
  readonly tsaRoots?: string[];
  readonly witness?: string[];
}

/** `custody verify [STORE|PACK|RECEIPT]`: exit 0 when nothing differs from what was signed, 1 when something does or a required verdict is not given. */
export function verify(flags: Flags, place?: string): Promise<number> {
  return verifyTo(newOutput(flags.json ?? false), flags, place);
}

/** The same, said wherever the caller wants it. */
export async function verifyTo(output: Output, flags: Flags, place?: string): Promise<number> {
  const kind = place === undefined ? "store" : await kindOf(place);
  const isReceipt = kind === "receipt" || kind === "file";
  if (flags.file !== undefined && !isReceipt)
    throw new CustodyError("USAGE", "--file goes with a receipt: custody verify RECEIPT --file EVIDENCE");
  if (place !== undefined && isReceipt) return receipt(place, flags, output);
  const required = requiredVerdicts(flags.require);
  if (place !== undefined && (flags.mirror || flags.versions || flags.index)) {
    throw new CustodyError("USAGE", "--mirror, --versions and --index look at the places that custody.yaml names", {
      remedy: "Leave out the store, and run the command in its workspace.",
    });
  }
  if (place !== undefined && (kind === "pack-zip" || kind === "pack-folder")) {
    return pack(place, kind, required, flags, output);
  }
  const given = await givenOutside(flags.tsaRoots ?? [], flags.witness ?? []);
  const { store, key, heads, outside, custody, ...asked } =
    place === undefined
      ? await fromWorkspace(flags, output)
      : { ...(await fromFolder(place, flags)), custody: undefined };
  let copies: Copies | undefined;
  try {
    const since = await givenHeads(flags.since ?? [], key.name);
    const brought = new Brought();
    const options = {
      keys: [key],
      earlier: asked.earlier,
      quick: flags.quick ?? false,
      now: systemClock.now(),
      outside: joinOutside(given, outside),
    };
    if (custody !== undefined && (flags.mirror || flags.versions))
      copies = await openCopies(custody, flags, options, output);
    output.progress(`verifying ${store.place} …`);
    const result = await verifyLedger(store, {
      ...options,
      since: [...heads, ...(copies?.heads ?? []), ...since],
      further: [
        tellRefused(asked.refused),
        ...(copies?.further ?? []),
        ...(custody && flags.index ? [lookAtIndex(custody, output)] : []),
      ],
      seen: (recorded) => brought.add(recorded),
    });
    const silent = [...asked.silent, ...(result.asOf === undefined ? [] : brought.among(asked.empty))];
    for (const { place, why } of silent)
      output.note(
        `custody: ${place} did not say which state of the log it knows (${why}), so the log was not held against it.`,
      );
    const unmet = unmetOf(result, required);
    print(result, unmet, output);
    const beside = copies?.tell(result, output) ?? {};
    output.object({ ...result, ...beside, silent, ...(flags.require === undefined ? {} : { unmet }) });
    return result.ok && unmet.length === 0 ? 0 : 1;
  } finally {
    await copies?.close();
    await (custody ?? store).close();
  }
}

/** Places that hold or have seen another history of this log: as grave as a head that it does not continue. */
function tellRefused(refused: readonly Contradiction[]): NonNullable<VerifyOptions["further"]>[number] {
  return async (_, findings) => {
    for (const { code, where, expected, found } of refused) findings.add(code, where, expected, found);
  };
}

/** Whether the index says what the records say; only records that are as they were signed can tell. */
function lookAtIndex(custody: Custody, output: Output): NonNullable<VerifyOptions["further"]>[number] {
  return async (_, findings) => {
    if (findings.total > 0) {
      output.note("custody: the index was not compared: the records themselves are not as they were signed.");
      return;
    }
    output.progress("comparing the index with the log …");
    for (const { code, where, expected, found } of await indexFindings(custody))
      findings.add(code, where, expected, found);
  };
}

/** `custody verify PACK`: a pack as a ZIP file, or unpacked, by a key from elsewhere than the pack. */
async function pack(
  place: string,
  kind: "pack-zip" | "pack-folder",
  required: readonly VerdictName[],
  flags: Flags,
  output: Output,
): Promise<number> {
  const key = await keyForElsewhere(flags);
  const since = await givenHeads(flags.since ?? [], key.name);
  const outside = await givenOutside(flags.tsaRoots ?? [], flags.witness ?? []);
  const { files, close } = await openPack(place, kind);
  try {
    output.progress(`verifying ${place} …`);
    const quick = flags.quick ?? false;
    const result = await verifyPack(files, { keys: [key], since, outside, quick, now: systemClock.now() });
    const unmet = unmetOf(result, required);
    print(result, unmet, output, packLines(result));
    output.object({ ...result, ...(flags.require === undefined ? {} : { unmet }) });
    return result.ok && unmet.length === 0 ? 0 : 1;
  } finally {
    await close();
  }
}

/** `custody verify FILE.tlog-proof [--file EVIDENCE]`: a receipt, checked without any store. Throws VERIFICATION_FAILED. */
async function receipt(path: string, flags: Flags, output: Output): Promise<number> {
  const { size } = await stat(path);
  if (size > MAX_RECEIPT_BYTES)
    throw new CustodyError("INPUT_TOO_LARGE", `${path}: ${size} bytes; a receipt has at most ${MAX_RECEIPT_BYTES}`);
  const found = checkReceipt(await readFile(path, "utf8"), [await keyForElsewhere(flags)]);
  const { entry, index, checkpoint, digests } = found;
  for (const line of receiptLines(path, found)) output.line(line);
  const digest = flags.file === undefined ? undefined : await digestOfFile(flags.file);
  const named = digest === undefined || digests.includes(digest);
  if (digest !== undefined) output.line(evidenceLine(flags.file ?? "", digest, named));
  const evidence = digest === undefined ? {} : { evidence: { digest, named } };
  output.object({ ok: named, index, origin: checkpoint.origin, size: checkpoint.size, entry, digests, ...evidence });
  return named ? 0 : 1;
}

/** The key that was given, or that of the workspace in which the command runs. */
async function keyForElsewhere(flags: Flags): Promise<Verifier> {
  if (flags.key !== undefined) return givenKey("--key", flags.key);
  return readPinnedKey((await loadConfig(configPath(flags.config), collectors)).vkey);
}

async function fromWorkspace(flags: Flags, output: Output) {
  const config = await loadConfig(configPath(flags.config), collectors);
  const custody = new Custody(config, systemClock);
  const key = flags.key === undefined ? await custody.pinnedKey() : await givenKey("--key", flags.key);
  const { heads, silent, missing, empty, refused } = await knownHere(custody);
  const file = join(config.folders.state, "head");
  if (missing.includes(file)) {
    output.note(
      `custody: ${file} is missing or empty, so what this machine has seen of the log is not known: a store that was set back to an earlier state would look intact.\n  Name a state that you know from a report with --since SIZE:ROOT.`,
    );
  }
  const earlier = await earlierPins(config.vkey, key.name);
  const [store, outside] = [await custody.store(), await outsideOf(config)];
  return { store, key, earlier, heads, silent, empty, refused, outside, custody };
}

/** A store elsewhere: the key must come from elsewhere too, or from the workspace that the folder is part of. */
async function fromFolder(place: string, flags: Flags) {
  const path = resolve(place);
  if (!(await stat(path).catch(() => undefined))?.isDirectory()) {
    throw new CustodyError("NOT_A_STORE", `${path} is neither the folder of a store, nor a pack, nor a receipt`, {
      remedy: "Name the folder of a store, or leave it out inside a workspace.",
    });
  }
  if (flags.key === undefined) {
    throw new CustodyError("KEY_NOT_PINNED", "a store that is named by its folder needs the key to check it with", {
      remedy: "Add --key ledger.vkey, with the key as the organisation published it; never one from the store itself.",
    });
  }
  const { FolderStore } = await import("../store/folder.ts");
  const nothing = {
    earlier: [] as Verifier[],
    heads: [] as KnownHead[],
    silent: [] as Silent[],
    empty: [] as string[],
    refused: [] as Contradiction[],
    outside: NOBODY,
  };
  return { store: await FolderStore.open(path), key: await givenKey("--key", flags.key), ...nothing };
}

const GOOD: Record<string, readonly string[]> = {
  time: ["anchored"],
  independence: ["timestamped", "witnessed", "published"],
  completeness: ["complete"],
  freshness: ["current"],
};

type VerdictName = keyof VerifyResult["verdicts"];

/** Throws USAGE for a name that no verdict has. */
function requiredVerdicts(required: string | undefined): VerdictName[] {
  const names = (required?.split(",") ?? []).map((name) => name.trim());
  const unknown = names.find((name) => GOOD[name] === undefined);
  if (unknown !== undefined) {
    throw new CustodyError("USAGE", `--require ${unknown}: expected some of ${Object.keys(GOOD).join(", ")}`, {
      remedy: "Name several with commas between them; integrity is always required.",
    });
  }
  return names as VerdictName[];
}

const unmetOf = (result: VerifyResult, required: readonly VerdictName[]) =>
  required.filter((name) => !GOOD[name]?.includes(result.verdicts[name].word));

function print(result: VerifyResult, unmet: readonly string[], output: Output, about: readonly string[] = []): void {
  for (const line of [...verdictLines(result), ...about]) output.line(line);
  if (result.predecessor !== undefined) output.line(`  ${predecessorText(result.predecessor)}`);
  for (const one of result.disposed.slice(0, 50)) {
    output.line(`  ${one.digest} ${disposalInWords(one)}`);
    if (one.remains) output.line("    it is still there, the deletion is not finished: custody dispose --unfinished");
  }
  if (result.disposed.length > 50) output.line(`  … and ${result.disposed.length - 50} more (all of them with --json)`);
  for (const line of [...unjudgedLines(result), ...findingLines(result)]) output.line(line);
  for (const name of unmet) output.line(`  required and not met: ${name}`);
}
