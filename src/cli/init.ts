import { access, mkdir, writeFile } from "node:fs/promises";
import { basename, join, relative, resolve } from "node:path";
import { createInterface } from "node:readline/promises";
import { stringify } from "yaml";
import { collectors } from "../../collectors/index.ts";
import { loadConfig } from "../config.ts";
import { Custody, s3Options } from "../custody.ts";
import { createLedger, newOrigin } from "../ledger/create.ts";
import { createKey, loadKey } from "../ledger/keys.ts";
import { type Clock, systemClock } from "../lib/clock.ts";
import { CustodyError } from "../lib/errors.ts";
import { isZone } from "../lib/zone.ts";
import type { Store } from "../store/store.ts";
import { isKeyName } from "../tlog/note.ts";
import { declareNow } from "../work.ts";
import type { GlobalFlags } from "./context.ts";
import { newOutput, type Output } from "./output.ts";

interface Flags extends GlobalFlags {
  readonly name?: string;
  readonly zone?: string;
  readonly origin?: string;
  readonly store?: string;
  readonly endpoint?: string;
  readonly region?: string;
  readonly createBucket?: boolean;
}

/** `custody init [DIR]`: asks for what is missing on a terminal, takes flags elsewhere. Begins a ledger once, or finishes a begun one. */
export async function init(flags: Flags, dir = "."): Promise<number> {
  const output = newOutput(flags.json ?? false);
  const root = resolve(dir);
  const path = join(root, "custody.yaml");
  if (!(await exists(path))) {
    const answers = await ask(flags, root);
    await mkdir(root, { recursive: true });
    await writeFile(path, configText(answers), { flag: "wx", mode: 0o600 });
  } else {
    output.note(`${path} is there already and is used as it is.`);
  }
  const custody = await beginWorkspace(path, systemClock, { createBucket: flags.createBucket ?? false, ...(flags.origin ? { origin: flags.origin } : {}) });
  try {
    await declareNow(custody);
    const head = await (await custody.ledger()).publish();
    const { origin, vkey } = await custody.ledger();
    afterwards(output, custody, dir);
    output.object({ ok: true, root, origin, vkey, size: head.size });
    return 0;
  } finally {
    await custody.close();
  }
}

export interface Begin {
  readonly origin?: string;
  readonly createBucket?: boolean;
  readonly simulatedUntil?: number;
}

/** Makes folders, key, store and ledger for a configuration that exists; the only code that does. Safe to repeat after it was stopped half-way. */
export async function beginWorkspace(path: string, clock: Clock, begin: Begin): Promise<Custody> {
  const config = await loadConfig(path, collectors);
  const { folders } = config;
  if (begin.origin !== undefined && !isKeyName(begin.origin)) {
    throw new CustodyError("USAGE", `"${begin.origin}" cannot name a log: no spaces and no +`);
  }
  for (const folder of [folders.keys, folders.state]) await mkdir(folder, { recursive: true, mode: 0o700 });
  await mkdir(folders.reports, { recursive: true });
  const custody = new Custody(config, clock);
  const signer = (await exists(config.vkey))
    ? await loadKey(folders.keys, await custody.pinnedKey())
    : await createKey(folders.keys, begin.origin ?? newOrigin(config.organisation.name));
  if (!(await exists(config.vkey))) await writeFile(config.vkey, `${signer.verifier.vkey}\n`, { flag: "wx" });
  const store = await emptyStore(custody, begin.createBucket ?? false);
  const parts = await custody.parts(store);
  const ledger = await createLedger(parts, {
    zone: config.organisation.zone,
    ...(begin.simulatedUntil === undefined ? {} : { simulatedUntil: begin.simulatedUntil }),
  });
  custody.adopt(store, ledger);
  return custody;
}

async function emptyStore(custody: Custody, createBucket: boolean): Promise<Store> {
  const { config, clock } = custody;
  if (config.store.kind === "folder") {
    const { FolderStore, createFolderStore } = await import("../store/folder.ts");
    // A folder with something in it is opened, not made: what it holds decides whether a begun ledger is finished.
    return (await exists(config.store.path)) ? FolderStore.open(config.store.path) : createFolderStore(config.store.path);
  }
  const { createBucket: create, S3Store } = await import("../store/s3.ts");
  const options = s3Options(config, clock);
  if (createBucket) await create(options);
  const { probeStore, requireFit } = await import("../store/probe.ts");
  const store = await S3Store.open(options);
  const { randomBytes } = await import("node:crypto");
  requireFit(await probeStore(store, randomBytes));
  return store;
}

interface Answers {
  readonly name: string;
  readonly zone: string;
  readonly store: unknown;
}

async function ask(flags: Flags, root: string): Promise<Answers> {
  const here = Intl.DateTimeFormat().resolvedOptions().timeZone;
  const prompt = process.stdin.isTTY && process.stderr.isTTY ? createInterface({ input: process.stdin, output: process.stderr }) : undefined;
  const answer = async (given: string | undefined, question: string, otherwise: string): Promise<string> =>
    given ?? ((await prompt?.question(`${question} [${otherwise}] `))?.trim() || otherwise);
  try {
    const name = await answer(flags.name, "Name of the organisation?", basename(root) || "My organisation");
    const zone = await answer(flags.zone, "Its time zone?", isZone(here) ? here : "UTC");
    if (!isZone(zone)) throw new CustodyError("USAGE", `"${zone}" is not a time zone; expected a name such as Europe/Berlin or UTC`);
    return { name, zone, store: storeSetting(flags) };
  } finally {
    prompt?.close();
  }
}

function storeSetting({ store = "file:./data/store", endpoint, region }: Flags): unknown {
  if (store.startsWith("file:")) return store;
  const [, bucket, prefix] = /^s3:\/\/([^/]+)(?:\/(.+?))?\/?$/.exec(store) ?? [];
  if (bucket === undefined) throw new CustodyError("USAGE", `--store ${store}: expected file:PATH or s3://BUCKET/PREFIX`);
  return {
    bucket,
    ...(prefix === undefined ? {} : { prefix }),
    ...(endpoint === undefined ? {} : { endpoint }),
    ...(region === undefined ? {} : { region }),
    accessKey: "${env:CUSTODY_S3_ACCESS_KEY}",
    secretKey: "${env:CUSTODY_S3_SECRET_KEY}",
  };
}

function configText({ name, zone, store }: Answers): string {
  const settings = stringify({ organisation: { name, zone }, store, collectors: [{ id: "custody", use: "cron-health/custody" }] });
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
  output.line(`Your workspace is ready in ${at(config.root)}.`);
  output.line();
  output.line("Back up these two, apart from the store and from each other's machine:");
  output.line(`  ${at(config.folders.keys)}   the signing key: without it nothing can be added any more`);
  output.line(`  ${at(config.folders.state)}  what this machine has seen: it reveals a store that was set back`);
  output.line(`Give ${at(config.vkey)} to your auditor now: whoever has it can check everything without trusting you.`);
  output.line();
  output.line("Next:");
  if (dir !== ".") output.line(`  cd ${dir}`);
  output.line("  custody sources     what can be connected; add it to custody.yaml");
  output.line("  custody collect     collect what is due");
  output.line("  custody serve       keep collecting on schedule");
  output.line("A laptop that sleeps misses runs, and says so in every report. Let `custody serve` run on a machine that stays on,");
  output.line("or have any scheduler call `custody collect` every hour.");
}

async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}
