import { access, readFile, stat } from "node:fs/promises";
import { join, resolve } from "node:path";
import { collectors } from "../../collectors/index.ts";
import { configPath, loadConfig } from "../config/config.ts";
import { Custody, readPinnedKey } from "../custody.ts";
import { fileGuard } from "../ledger/guard.ts";
import { systemClock } from "../lib/clock.ts";
import { CustodyError } from "../lib/errors.ts";
import { parseVkey, type Verifier } from "../tlog/note.ts";
import { FINDING_CODES } from "../verify/finding.ts";
import { checkReceipt } from "../verify/receipt.ts";
import { type KnownHead, type VerifyResult, verifyLedger } from "../verify/verify.ts";
import type { GlobalFlags } from "./context.ts";
import { parseHead } from "./head.ts";
import { newOutput, type Output } from "./output.ts";

interface Flags extends GlobalFlags {
  readonly key?: string;
  readonly since?: string[];
  readonly quick?: boolean;
  readonly require?: string;
}

/** `custody verify [STORE]`: exit 0 when nothing differs from what was signed, 1 when something does or a required verdict is not given. */
export async function verify(flags: Flags, place?: string): Promise<number> {
  const output = newOutput(flags.json ?? false);
  if (place !== undefined && (await stat(place).catch(() => undefined))?.isFile()) return receipt(place, flags, output);
  const since = (flags.since ?? []).map(parseHead);
  const required = requiredVerdicts(flags.require);
  const { store, key, heads } =
    place === undefined ? await fromWorkspace(flags, output) : await fromFolder(place, flags);
  try {
    output.progress(`verifying ${store.place} …`);
    const result = await verifyLedger(store, {
      keys: [key],
      since: [...heads, ...since],
      quick: flags.quick ?? false,
      now: systemClock.now(),
    });
    const unmet = required.filter((name) => !GOOD[name]?.includes(result.verdicts[name].word));
    output.object({ ...result, ...(flags.require === undefined ? {} : { unmet }) });
    print(result, unmet, output);
    return result.ok && unmet.length === 0 ? 0 : 1;
  } finally {
    await store.close();
  }
}

/** `custody verify FILE.tlog-proof`: a receipt, checked without any store. Throws VERIFICATION_FAILED. */
async function receipt(path: string, flags: Flags, output: Output): Promise<number> {
  const { size } = await stat(path);
  if (size > MAX_RECEIPT_BYTES)
    throw new CustodyError("INPUT_TOO_LARGE", `${path}: ${size} bytes; a receipt has at most ${MAX_RECEIPT_BYTES}`);
  const key =
    flags.key === undefined
      ? await readPinnedKey((await loadConfig(configPath(flags.config), collectors)).vkey)
      : await givenKey(flags.key);
  const { entry, index, checkpoint, digests } = checkReceipt(await readFile(path, "utf8"), [key]);
  output.line(
    `${path}: record ${index} (${entry.kind}, ${entry.at}) is in the log ${checkpoint.origin} of ${checkpoint.size} records, as signed.`,
  );
  for (const digest of digests) output.line(`  it names the evidence file ${digest}`);
  output.object({ ok: true, index, origin: checkpoint.origin, size: checkpoint.size, entry, digests });
  return 0;
}

async function fromWorkspace(flags: Flags, output: Output) {
  const config = await loadConfig(configPath(flags.config), collectors);
  const custody = new Custody(config, systemClock);
  const key = flags.key === undefined ? await custody.pinnedKey() : await givenKey(flags.key);
  const newest = await fileGuard(join(config.folders.state, "head")).newest();
  if (newest === undefined) {
    output.note(
      `custody: ${join(config.folders.state, "head")} is missing, so what this machine has seen of the log is not known: a store that was set back to an earlier state would look intact.\n  Name a state that you know from a report with --since SIZE:ROOT.`,
    );
  }
  const heads: KnownHead[] =
    newest === undefined ? [] : [{ ...newest, from: join(config.folders.state, "head"), held: "guard" }];
  return { store: await custody.store(), key, heads };
}

/** A store elsewhere: the key must come from elsewhere too, or from the workspace that the folder is part of. */
async function fromFolder(place: string, flags: Flags) {
  const path = resolve(place);
  if (!(await stat(path).catch(() => undefined))?.isDirectory()) {
    throw new CustodyError("NOT_A_STORE", `${path} is neither the folder of a store nor a receipt`, {
      remedy: "Name the folder of a store, or leave it out inside a workspace.",
    });
  }
  if (flags.key === undefined) {
    throw new CustodyError("KEY_NOT_PINNED", "a store that is named by its folder needs the key to check it with", {
      remedy: "Add --key ledger.vkey, with the key as the organisation published it; never one from the store itself.",
    });
  }
  const { FolderStore } = await import("../store/folder.ts");
  return { store: await FolderStore.open(path), key: await givenKey(flags.key), heads: [] as KnownHead[] };
}

/** A file with a key, or the key itself. */
async function givenKey(given: string): Promise<Verifier> {
  const isFile = await access(given).then(
    () => true,
    () => false,
  );
  return isFile || !given.includes("+") ? readPinnedKey(resolve(given)) : parseVkey(given);
}

const MAX_RECEIPT_BYTES = 1024 * 1024;

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

function print(result: VerifyResult, unmet: readonly string[], output: Output): void {
  output.line(`${result.origin ?? "unknown log"}: ${result.size} records${result.asOf ? ` up to ${result.asOf}` : ""}`);
  for (const [name, { word, reason }] of Object.entries(result.verdicts)) {
    output.line(`  ${name.toUpperCase().padEnd(13)} ${word.padEnd(14)} ${reason}`);
  }
  output.line(
    `  checked: ${result.checked.entries} records, ${result.checked.blobs} evidence files, ${result.checked.bytes} bytes${result.checked.unsigned > 0 ? `; ${result.checked.unsigned} newest records are not signed yet` : ""}`,
  );
  for (const finding of result.findings.slice(0, 50)) {
    output.line(`  ${finding.code}: ${FINDING_CODES[finding.code]}`);
    output.line(`    where:    ${finding.where}`);
    output.line(`    expected: ${finding.expected}`);
    output.line(`    found:    ${finding.found}`);
  }
  if (result.found > 50) output.line(`  … and ${result.found - 50} more (all of them with --json)`);
  for (const name of unmet) output.line(`  required and not met: ${name}`);
}
