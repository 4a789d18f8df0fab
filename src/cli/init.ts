import { randomBytes } from "node:crypto";
import { access, link, mkdir, open, rename, rm, unlink } from "node:fs/promises";
import { basename, dirname, join, relative, resolve } from "node:path";
import { createInterface } from "node:readline/promises";
import { stringify } from "yaml";
import { collectors } from "../../collectors/index.ts";
import { loadConfig, parseConfig } from "../config/config.ts";
import { Custody, s3Options } from "../custody.ts";
import { publish } from "../daemon/mirroring.ts";
import { createLedger, type Genesis, newOrigin } from "../ledger/create.ts";
import { createKey } from "../ledger/keys.ts";
import { Ledger, type LedgerParts } from "../ledger/ledger.ts";
import { type Clock, systemClock } from "../lib/clock.ts";
import { CustodyError, isCustodyError } from "../lib/errors.ts";
import { didYouMean } from "../lib/nearest.ts";
import { didYouMeanZone, isZone } from "../lib/zone.ts";
import { configuredPolicy } from "../policies.ts";
import { isShipped, LIKE, SHIPPED_POLICIES } from "../policy/shipped.ts";
import type { Store } from "../store/store.ts";
import { isKeyName } from "../tlog/note.ts";
import { declareNow } from "../work.ts";
import type { GlobalFlags } from "./context.ts";
import { newOutput, type Output } from "./output.ts";
import { type Before, configAfter, lookBack, tellBefore } from "./successor.ts";

export interface StoreFlags {
  readonly store?: string;
  readonly endpoint?: string;
  readonly region?: string;
}

interface Flags extends GlobalFlags, StoreFlags {
  readonly name?: string;
  readonly zone?: string;
  readonly policy?: string;
  readonly origin?: string;
  readonly join?: string;
  readonly key?: string;
  readonly createBucket?: boolean;
  readonly successorOf?: string;
  readonly oldKey?: string;
  readonly reason?: string;
}

/** `custody init [DIR]`: asks for what is missing on a terminal, takes flags elsewhere. Begins a ledger once, or finishes a begun one. */
export function init(flags: Flags, dir?: string): Promise<number> {
  return initTo(newOutput(flags.json ?? false), flags, dir);
}

/** The same, said wherever the caller wants it. */
export async function initTo(output: Output, flags: Flags, dir = "."): Promise<number> {
  if (flags.join !== undefined) {
    const foreign = (["name", "zone", "policy", "origin", "store", "createBucket", "successorOf"] as const).find(
      (f) => flags[f],
    );
    if (foreign !== undefined)
      throw new CustodyError(
        "USAGE",
        `--${foreign.replace(/[A-Z]/g, (c) => `-${c.toLowerCase()}`)} does not go with --join: the log is there already`,
      );
    return (await import("./join.ts")).join(flags, dir);
  }
  if (flags.key !== undefined) throw new CustodyError("USAGE", "--key goes with --join");
  const root = resolve(dir);
  const path = join(root, "custody.yaml");
  if (flags.origin !== undefined) checkOrigin(flags.origin);
  const before =
    flags.successorOf === undefined ? undefined : await lookBack(flags.successorOf, flags.oldKey, flags.reason, output);
  if (before === undefined && (flags.oldKey ?? flags.reason) !== undefined)
    throw new CustodyError("USAGE", "--old-key and --reason belong to --successor-of");
  const written = !(await exists(path)) && (await writeConfig(path, flags, before, output));
  if (!written) output.note(`${path} is there already and is used as it is${unusedFlags(flags)}.`);
  const begin = {
    createBucket: flags.createBucket ?? false,
    ...(flags.origin ? { origin: flags.origin } : {}),
    ...(before ? { predecessor: before.predecessor } : {}),
  };
  const custody = await beginWorkspace(path, systemClock, begin).catch(async (error: unknown) => {
    // A place that was refused must not stay in the configuration that this very call wrote.
    if (written && isCustodyError(error, "STORE_EXISTS")) await unlink(path);
    throw error;
  });
  try {
    await declareNow(custody);
    const head = await publish(custody, output.note);
    const { origin, vkey } = await custody.ledger();
    if (before !== undefined) await writeOnce(join(root, "predecessor.vkey"), `${before.key.vkey}\n`, 0o644);
    afterwards(output, custody, dir);
    if (before !== undefined) tellBefore(before, output);
    const old = before && { predecessor: before.predecessor, old: before.result?.verdicts.integrity ?? null };
    output.object({ ok: true, root, origin, vkey, size: head.size, ...old });
    return 0;
  } finally {
    await custody.close();
  }
}

/** Writes the configuration that the answers make. False when somebody else did so meanwhile. */
async function writeConfig(path: string, flags: Flags, before: Before | undefined, output: Output): Promise<boolean> {
  const given = flags.store === undefined ? undefined : storeSetting(flags);
  const text =
    (before && (await configAfter(before, dirname(path), given))) ??
    configText(await ask(flags, dirname(path), output));
  try {
    await configuredPolicy(await parseConfig(text, path, collectors));
  } catch (error) {
    if (!isCustodyError(error, "CONFIG_INVALID")) throw error;
    const mistakes = error.message.replaceAll(`${path}:`, "").replace(/^\d+: /gm, "");
    throw new CustodyError("USAGE", mistakes, { remedy: "Give other flags; nothing was written." });
  }
  await mkdir(dirname(path), { recursive: true });
  return writeOnce(path, text, 0o600);
}

/** Makes a file with all of its content or not at all, whenever the process ends. False when there is one already. */
export async function writeOnce(path: string, text: string, mode: number): Promise<boolean> {
  const unfinished = `${path}.${randomBytes(6).toString("hex")}.tmp`;
  const file = await open(unfinished, "wx", mode);
  try {
    await file.writeFile(text);
    await file.sync();
    await link(unfinished, path);
    return true;
  } catch (error) {
    const { code = "" } = error as NodeJS.ErrnoException;
    if (code === "EEXIST") return false;
    // Without hard links the name is taken by renaming, which two calls at the very same moment could both do.
    if (!["EPERM", "ENOTSUP", "ENOSYS"].includes(code)) throw error;
    if (await exists(path)) return false;
    await rename(unfinished, path);
    return true;
  } finally {
    await file.close();
    await rm(unfinished, { force: true });
  }
}

function unusedFlags(flags: Flags): string {
  const given = (["name", "zone", "policy", "store", "endpoint", "region"] as const).filter(
    (flag) => flags[flag] !== undefined,
  );
  if (given.length === 0) return "";
  const mend =
    flags.name !== undefined || flags.zone !== undefined
      ? " (name and zone are mended in the file itself; the next `custody collect` records it)"
      : "";
  return `; ${given.map((flag) => `--${flag}`).join(", ")} changed nothing${mend}`;
}

function checkOrigin(origin: string): void {
  if (isKeyName(origin)) return;
  throw new CustodyError("USAGE", `--origin "${origin}": the name of a log has no spaces and no +`, {
    remedy: "Choose something like example.com/evidence, or leave it out.",
  });
}

export interface Begin {
  readonly origin?: string;
  readonly createBucket?: boolean;
  readonly simulatedUntil?: number;
  readonly predecessor?: Genesis["predecessor"];
}

/**
 * Makes folders, key, store and ledger for a configuration that exists; the only code that does. Safe to repeat after it was
 * stopped half-way. Throws STORE_EXISTS for a store that holds anything else, before anything else is made.
 */
export async function beginWorkspace(path: string, clock: Clock, begin: Begin): Promise<Custody> {
  const config = await loadConfig(path, collectors);
  const { folders } = config;
  const custody = new Custody(config, clock);
  const store = await emptyStore(custody, begin.createBucket ?? false);
  if (!(await exists(config.vkey))) {
    await refuseForeign(store);
    const { verifier } = await createKey(folders.keys, begin.origin ?? newOrigin(config.organisation.name));
    await writeOnce(config.vkey, `${verifier.vkey}\n`, 0o644);
  }
  await mkdir(folders.state, { recursive: true, mode: 0o700 });
  await mkdir(folders.reports, { recursive: true });
  const parts = await custody.parts(store);
  custody.adopt(store, await beginLedger(parts, config.organisation.zone, begin));
  return custody;
}

/** A workspace that was never begun owns nothing in any store. */
async function refuseForeign(store: Store): Promise<void> {
  for await (const { key } of store.list("")) {
    throw new CustodyError("STORE_EXISTS", `${store.place} is not empty: it holds ${key}`, {
      remedy: "A log is begun once. Use the workspace that belongs to this store, or name an empty place with --store.",
    });
  }
}

async function beginLedger(parts: LedgerParts, zone: string, { simulatedUntil, predecessor }: Begin): Promise<Ledger> {
  try {
    return await createLedger(parts, {
      zone,
      ...(simulatedUntil === undefined ? {} : { simulatedUntil }),
      ...(predecessor === undefined ? {} : { predecessor }),
    });
  } catch (error) {
    if (!isCustodyError(error, "STORE_EXISTS")) throw error;
    const ledger = await Ledger.open(parts);
    // Stopped between the first record and the second: nothing but the beginning is there.
    if (ledger.size <= 1) return ledger;
    throw new CustodyError(
      "STORE_EXISTS",
      `this workspace was begun already: the log ${ledger.origin} in ${parts.store.place} has ${ledger.size} records`,
      { remedy: "Nothing was changed. Go on with `custody collect`; a new log needs a new folder." },
    );
  }
}

async function emptyStore(custody: Custody, createBucket: boolean): Promise<Store> {
  const { config, clock } = custody;
  if (config.store.kind === "folder") {
    const { FolderStore, createFolderStore } = await import("../store/folder.ts");
    // A folder with something in it is opened, not made: what it holds decides whether a begun ledger is finished.
    return (await exists(config.store.path))
      ? FolderStore.open(config.store.path)
      : createFolderStore(config.store.path);
  }
  const { createBucket: create, S3Store } = await import("../store/s3.ts");
  const options = s3Options(config, clock);
  if (createBucket) await create(options, { lock: options.lock !== undefined });
  const { probeStore, requireFit } = await import("../store/probe.ts");
  const store = await S3Store.open(options);
  requireFit(await probeStore(store, randomBytes));
  return store;
}

interface Answers {
  readonly policy?: string | undefined;
  readonly name: string;
  readonly zone: string;
  readonly store: unknown;
}

async function ask(flags: Flags, root: string, output: Output): Promise<Answers> {
  const here = Intl.DateTimeFormat().resolvedOptions().timeZone;
  const prompt =
    process.stdin.isTTY && process.stderr.isTTY
      ? createInterface({ input: process.stdin, output: process.stderr })
      : undefined;
  // Without it a question would stay open for ever where the input has ended.
  const ended = new AbortController();
  prompt?.once("close", () => ended.abort());
  const missing = (["name", "zone"] as const).filter((flag) => flags[flag] === undefined);
  if (prompt === undefined && missing.length > 0) {
    const flagged = missing.map((flag) => `--${flag}`).join(" and ");
    throw new CustodyError(
      "USAGE",
      `${flagged} ${missing.length === 1 ? "is" : "are"} missing, and here is no terminal to ask on`,
      {
        remedy:
          'Both stand in the log from its beginning, such as --name "Example GmbH" --zone Europe/Berlin. Nothing was written.',
      },
    );
  }
  const answer = async (given: string | undefined, question: string, otherwise: string): Promise<string> => {
    if (given !== undefined) return given;
    const asked = prompt?.question(`${question} [${otherwise}] `, { signal: ended.signal }).catch((cause: unknown) => {
      throw new CustodyError("ABORTED", "the questions were not answered; nothing was written", { cause });
    });
    return (await asked)?.trim() || otherwise;
  };
  try {
    const name = await answer(flags.name, "Name of the organisation?", basename(root) || "My organisation");
    let zone = await answer(flags.zone, "Its time zone?", isZone(here) ? here : "UTC");
    while (!isZone(zone)) {
      const wrong = `"${zone}" is not a time zone; expected a name such as Europe/Berlin or UTC${didYouMeanZone(zone)}`;
      if (prompt === undefined || flags.zone !== undefined)
        throw new CustodyError("USAGE", wrong, { remedy: "Name one with --zone; nothing was written." });
      output.note(wrong.endsWith("?") ? wrong : `${wrong}.`);
      zone = await answer(undefined, "Its time zone?", isZone(here) ? here : "UTC");
    }
    const policy =
      flags.policy ?? (prompt && (await askRules((q, otherwise) => answer(undefined, q, otherwise), root, output)));
    return { name, zone, store: storeSetting(flags), policy };
  } finally {
    prompt?.close();
  }
}

const NONE_YET = "none yet";

/** Which rules are measured by: a shipped policy by number or name, a file of one's own, or none yet (undefined). Asks until it is one. */
async function askRules(
  ask: (question: string, otherwise: string) => Promise<string>,
  root: string,
  output: Output,
): Promise<string | undefined> {
  output.note("By which rules are your incidents measured? Other people's, until an owner of yours approves them:");
  for (const [i, name] of SHIPPED_POLICIES.entries()) output.note(`  ${i + 1}  ${name.padEnd(20)}  ${LIKE[name]}`);
  output.note("  or the path of a file of your own; `none yet` decides it later");
  for (;;) {
    const said = await ask("Your rules?", NONE_YET);
    const chosen = SHIPPED_POLICIES[Number(said) - 1] ?? said;
    if (/^none( yet)?$/i.test(chosen)) return undefined;
    if (isShipped(chosen) || (/[\\/.]/.test(chosen) && (await exists(resolve(root, chosen))))) return chosen;
    output.note(
      `there are no rules and no file called "${chosen}"${didYouMean(chosen, [...SHIPPED_POLICIES, NONE_YET])}`,
    );
  }
}

/** `--store`, `--endpoint` and `--region` as the configuration spells them. Throws USAGE. */
export function storeSetting({ store = "file:./data/store", endpoint, region }: StoreFlags): unknown {
  if (store.startsWith("file:")) return store;
  const [, bucket, prefix] = /^s3:\/\/([^/]+)(?:\/(.+?))?\/?$/.exec(store) ?? [];
  if (bucket === undefined)
    throw new CustodyError("USAGE", `--store ${store}: expected file:PATH or s3://BUCKET/PREFIX`);
  return {
    bucket,
    ...(prefix === undefined ? {} : { prefix }),
    ...(endpoint === undefined ? {} : { endpoint }),
    ...(region === undefined ? {} : { region }),
    accessKey: "${env:CUSTODY_S3_ACCESS_KEY}",
    secretKey: "${env:CUSTODY_S3_SECRET_KEY}",
  };
}

function configText({ name, zone, store, policy }: Answers): string {
  const settings = stringify({
    organisation: { name, zone },
    ...(policy === undefined ? {} : { policy }),
    store,
    collectors: [
      { id: "custody", use: "cron-health/custody" },
      { id: "heartbeat", use: "cron-health/heartbeat" },
    ],
  });
  return `# The workspace of Custody. Every key is explained in docs/configuration.md; \`custody sources\` lists what can be connected.
${settings}
# Connect your sources like this, then run \`custody collect\`:
#  - { id: incidents, use: incident-log/markdown, path: ./incidents }
#  - { id: prom,      use: alert-history/prometheus, url: http://127.0.0.1:9090 }
`;
}

function afterwards(output: Output, custody: Custody, dir: string): void {
  const { config } = custody;
  const at = (path: string) => relative(process.cwd(), path) || ".";
  output.line(
    `Your workspace for ${config.organisation.name} (${config.organisation.zone}) is ready in ${config.root}.`,
  );
  output.line();
  output.line(
    "BACK UP THE SIGNING KEY NOW. If this disk fails without a backup, nothing can be added to this log any more:",
  );
  output.line("  custody keys backup FILE   with a file on another medium; --passphrase-file encrypts it");
  output.line(
    `Back up ${at(config.folders.state)} too, apart from the store: what it has seen reveals a store that was set back.`,
  );
  output.line("Keep them out of version control: whoever has the key can sign in your name.");
  output.line(`Give ${at(config.vkey)} to your auditor now: whoever has it can check everything without trusting you.`);
  output.line();
  output.line("Next:");
  if (dir !== ".") output.line(`  cd ${dir}`);
  output.line("  custody sources     what can be connected; add it to custody.yaml");
  output.line(
    config.policy === undefined
      ? "  custody policy      your rules: `list` shows what ships, `new our-rules` begins your own; then `policy:` in custody.yaml"
      : "  custody policy show the rules you are measured by; `custody policy new our-rules` begins your own",
  );
  output.line("  custody collect     collect what is due");
  output.line("  custody serve       keep collecting on schedule");
  output.line(
    "A laptop that sleeps misses runs, and says so in every report. Let `custody serve` run on a machine that stays on,",
  );
  output.line("or have any scheduler call `custody collect` every hour.");
}

async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}
