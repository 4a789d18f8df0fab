import { access, readFile, stat } from "node:fs/promises";
import { join, relative, resolve } from "node:path";
import { isMap, parseDocument } from "yaml";
import { collectors } from "../../collectors/index.ts";
import { type Config, loadConfig } from "../config/config.ts";
import { Custody, readPinnedKey } from "../custody.ts";
import type { Genesis } from "../ledger/create.ts";
import { systemClock } from "../lib/clock.ts";
import { base64 } from "../lib/digest.ts";
import { CustodyError } from "../lib/errors.ts";
import type { Store } from "../store/store.ts";
import type { Head } from "../tlog/checkpoint.ts";
import type { Verifier } from "../tlog/note.ts";
import { FINDING_CODES, printable } from "../verify/finding.ts";
import { type VerifyResult, verifyLedger } from "../verify/verify.ts";
import { givenKey } from "./given-key.ts";
import type { Output } from "./output.ts";

export const REASONS = ["lost-key", "halted", "restored-backup", "yearly"] as const;

/** The log that a new one goes on from. */
export interface Before {
  readonly predecessor: NonNullable<Genesis["predecessor"]>;
  readonly key: Verifier;
  /** Its workspace, where it has one. */
  readonly config: Config | undefined;
  /** What was found in its store; undefined when it could not be read. */
  readonly result: VerifyResult | undefined;
  /** How anybody checks it against what the new log says of it. */
  readonly command: string;
}

/**
 * Looks at the log that is to be succeeded, as far as it can be read: the folder of a workspace, or that of a store together
 * with its key. Its newest head that is known goes into the new log. Throws USAGE, and NOT_A_STORE when nothing of it is left.
 */
export async function lookBack(
  where: string,
  oldKey: string | undefined,
  reason: string | undefined,
  output: Output,
): Promise<Before> {
  const why = REASONS.find((one) => one === reason);
  if (why === undefined)
    throw new CustodyError("USAGE", `--reason ${reason ?? ""}: expected ${REASONS.join(", ")} with --successor-of`);
  const place = resolve(where);
  if (!(await stat(place).catch(() => undefined))?.isDirectory())
    throw new CustodyError("USAGE", `--successor-of ${where}: there is no such folder`, {
      remedy: "Name the folder of the workspace, or the folder of its store together with --old-key.",
    });
  const config = (await isThere(join(place, "custody.yaml")))
    ? await loadConfig(join(place, "custody.yaml"), collectors)
    : undefined;
  if (config === undefined && oldKey === undefined)
    throw new CustodyError("USAGE", `${place} holds no custody.yaml, so the key of that log must be named`, {
      remedy: "Add --old-key with the line of its ledger.vkey, or the file; never one from the store itself.",
    });
  const key = oldKey === undefined ? await readPinnedKey(config?.vkey ?? "") : await givenKey("--old-key", oldKey);
  const custody = config && new Custody(config, systemClock);
  try {
    const seen = await custody?.guard().then((guard) => guard.newest());
    const { store, trouble } = await openOld(custody, place);
    if (store === undefined) output.note(`custody: the old store could not be read: ${trouble}`);
    const since = seen === undefined ? [] : [{ ...seen, from: "the old workspace", held: "guard" as const }];
    output.progress(`looking at ${store?.place ?? "what is left of it"} …`);
    const result = store && (await verifyLedger(store, { keys: [key], since, now: systemClock.now() }));
    const head = newestKnown(result, seen);
    if (head === undefined) {
      throw new CustodyError(
        "NOT_A_STORE",
        `nothing of the log ${key.name} can be read: no signed state of it is known`,
        {
          remedy: "Begin a new log without --successor-of, and keep what is left of the old one.",
        },
      );
    }
    const storeFolder = config === undefined ? place : config.store.kind === "folder" ? config.store.path : undefined;
    const root = base64(head.root);
    return {
      predecessor: { origin: key.name, size: head.size, root, reason: why },
      key,
      config,
      result,
      command:
        storeFolder === undefined
          ? `custody verify -c ${shown(config?.path ?? "")} --since ${head.size}:${root}`
          : `custody verify ${shown(storeFolder)} --key predecessor.vkey --since ${head.size}:${root}`,
    };
  } finally {
    await custody?.close();
  }
}

/** What this installation itself has seen counts before what the store says now, where the two differ. */
function newestKnown(result: VerifyResult | undefined, seen: Head | undefined): Head | undefined {
  const stored =
    result?.root === undefined ? undefined : { size: result.size, root: Buffer.from(result.root, "base64") };
  if (seen === undefined || seen.size === 0) return stored;
  const contradicted = result?.findings.some(({ code }) => code === "forked" || code === "rolled-back");
  return stored === undefined || contradicted || seen.size >= stored.size ? seen : stored;
}

async function openOld(
  custody: Custody | undefined,
  place: string,
): Promise<{ store: Store | undefined; trouble: string }> {
  try {
    if (custody !== undefined) return { store: await custody.store(), trouble: "" };
    const { FolderStore } = await import("../store/folder.ts");
    return { store: await FolderStore.open(place), trouble: "" };
  } catch (error) {
    if (!(error instanceof CustodyError)) throw error;
    return { store: undefined, trouble: error.message };
  }
}

/**
 * The old workspace's configuration for the new one: the same, with a store of its own (`store`, where one is named) and
 * without the old mirror. Throws USAGE where the new store would be the old one.
 */
export async function configAfter({ config }: Before, root: string, store: unknown): Promise<string | undefined> {
  if (config === undefined) return undefined;
  const document = parseDocument(await readFile(config.path, "utf8"));
  if (!isMap(document.contents)) throw new CustodyError("BUG", `${config.path} was read a moment ago`);
  if (store !== undefined) document.set("store", store);
  else if (
    config.store.kind !== "folder" ||
    !relativeWithin(config.root, config.store.path) ||
    resolve(root) === config.root
  ) {
    throw new CustodyError("USAGE", "the new log needs a store of its own; the old one is not in the old workspace", {
      remedy: "Name one with --store file:PATH or s3://BUCKET/PREFIX. Nothing was written.",
    });
  }
  document.delete("mirror");
  return document.toString();
}

function relativeWithin(root: string, path: string): boolean {
  return !relative(root, path).startsWith("..");
}

/** One line about the log before this one, for people. */
export function predecessorText({ origin, size, root, reason }: NonNullable<VerifyResult["predecessor"]>): string {
  const why = printable(reason);
  return `goes on from the log ${printable(origin)} at ${size} records (${printable(root)}): ${why}`;
}

/** Says what was found in the old log, and how to go on checking it. */
export function tellBefore({ predecessor, result, config, command }: Before, output: Output): void {
  const { origin, size, root, reason } = predecessor;
  output.line();
  output.line(`It goes on from the log ${origin} at ${size} records (${root}), because of: ${reason}.`);
  if (result === undefined)
    output.line("The old store could not be read; only what the old workspace had seen of it is known.");
  else {
    const { integrity } = result.verdicts;
    output.line(`The old log is ${integrity.word.toUpperCase()}: ${integrity.reason}.`);
    for (const { code, where } of result.findings.slice(0, 10))
      output.line(`  ${code}: ${FINDING_CODES[code]} (${where})`);
    if (result.found > 10) output.line(`  … and ${result.found - 10} more; \`custody verify\` there lists them`);
  }
  output.line(
    "Keep the old store as it is: it is the evidence up to then. Its key is in predecessor.vkey. To check it:",
  );
  output.line(`  ${command}`);
  if (config !== undefined)
    output.line(
      "custody.yaml was copied from it, without a mirror. Paths in it now begin in the new folder: look through it.",
    );
}

function shown(path: string): string {
  return relative(process.cwd(), path) || ".";
}

function isThere(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}
