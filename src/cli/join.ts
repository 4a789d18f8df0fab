import { access, mkdir, rm } from "node:fs/promises";
import { dirname, isAbsolute, join as joinPath, relative, resolve } from "node:path";
import { stringify } from "yaml";
import { collectors } from "../../collectors/index.ts";
import { type Config, overlap, parseConfig } from "../config/config.ts";
import { Custody, openPlace, readPinnedKey } from "../custody.ts";
import { blobKey } from "../evidence/blob.ts";
import { type EntryOf, isKind } from "../evidence/entry.ts";
import { fileGuard } from "../ledger/guard.ts";
import { openKeys } from "../ledger/signers.ts";
import { systemClock } from "../lib/clock.ts";
import { base64, digestOf, hex } from "../lib/digest.ts";
import { CustodyError, isCustodyError } from "../lib/errors.ts";
import type { Store } from "../store/store.ts";
import { parseCheckpoint } from "../tlog/checkpoint.ts";
import { parseVkey, type Verifier } from "../tlog/note.ts";
import { FINDING_CODES } from "../verify/finding.ts";
import { type KnownHead, type VerifyResult, verifyLedger } from "../verify/verify.ts";
import type { GlobalFlags } from "./context.ts";
import { parseHead } from "./head.ts";
import { type StoreFlags, storeSetting, writeOnce } from "./init.ts";
import { newOutput, type Output } from "./output.ts";

export interface JoinFlags extends GlobalFlags, StoreFlags {
  readonly join?: string;
  readonly key?: string;
}

/** What a joined workspace goes by. */
interface Joined {
  readonly config: Config;
  readonly text: string;
  readonly pinned: Verifier;
  /** The record that the configuration was taken from. */
  readonly record: number;
  readonly result: VerifyResult;
}

/**
 * `custody init DIR --join STORE --key VKEY`: a second machine for a log that exists. Everything is looked at before anything is
 * written: the whole log, that it continues a state that a person knows from elsewhere, the signing key that the operator has put
 * there. Copies nothing secret. May be run again until nothing is left to complain about.
 */
export async function join(flags: JoinFlags, dir: string): Promise<number> {
  const output = newOutput(flags.json ?? false);
  const root = resolve(dir);
  const path = joinPath(root, "custody.yaml");
  if (await isThere(path))
    throw new CustodyError("USAGE", `${path} is there already, so this folder is a workspace`, {
      remedy: "Join in another folder. Nothing was changed.",
    });
  const joined = await lookAt(flags, path, output);
  await requireKey(joined, output);

  const { config, pinned, result, text } = joined;
  const written: string[] = [];
  const custody = new Custody(config, systemClock);
  try {
    await mkdir(config.folders.state, { recursive: true, mode: 0o700 });
    await mkdir(config.folders.reports, { recursive: true });
    const guard = joinPath(config.folders.state, "head");
    if (!(await isThere(guard))) written.push(guard);
    await fileGuard(guard).add({ size: result.size, root: Buffer.from(result.root ?? "", "base64") });
    if (await writeOnce(config.vkey, `${pinned.vkey}\n`, 0o644)) written.push(config.vkey);
    // As every writer does: tries out the store, compares with all guards, takes the key.
    const ledger = await custody.ledger();
    if (!(await writeOnce(path, text, 0o600))) throw new CustodyError("USAGE", `${path} was made meanwhile`);
    tell(joined, custody, dir, output);
    output.object({
      ok: true,
      root,
      origin: ledger.origin,
      vkey: ledger.vkey,
      size: ledger.size,
      config: joined.record,
    });
    return 0;
  } catch (error) {
    for (const file of written) await rm(file, { force: true });
    throw error;
  } finally {
    await custody.close();
  }
}

/** Reads and checks all of the log, and makes the configuration out of what it holds. Writes nothing. */
async function lookAt(flags: JoinFlags, path: string, output: Output): Promise<Joined> {
  const root = dirname(path);
  const pinned = await givenKey(flags.key);
  await requireSamePin(joinPath(root, "ledger.vkey"), pinned);
  const store = storeSetting({ ...flags, store: whereOf(flags.join ?? "", root) });
  const asked = await parseConfig(
    stringify({ organisation: { name: "joining", zone: "UTC" }, store }),
    path,
    collectors,
  );
  const opened = await openPlace(asked, systemClock, asked.store);
  try {
    await requireLog(opened, pinned);
    const known = await knownHeads(flags, joinPath(root, "data/state/head"));
    output.progress(`reading the whole log in ${opened.place} …`);
    let config: EntryOf<"config"> | undefined;
    const result = await verifyLedger(opened, {
      keys: [pinned],
      since: known,
      quick: true,
      now: systemClock.now(),
      seen: ({ entry }) => {
        if (isKind(entry, "config")) config = entry;
      },
    });
    requireIntact(result, opened);
    if (known.length === 0) throw notAccepted(result, opened);
    const text = await configOf(config, opened, store, asked, path);
    return { config: await parse(text, path), text, pinned, record: config?.index ?? 0, result };
  } finally {
    await opened.close();
  }
}

/** A folder is named from where the command is run, and written as it is found from anywhere. */
function whereOf(given: string, root: string): string {
  if (given === "") throw new CustodyError("USAGE", "--join: expected file:PATH or s3://BUCKET/PREFIX");
  const path = /^file:(.+)$/.exec(given)?.[1];
  if (path === undefined) return given;
  if (!isAbsolute(path) && !relative(root, resolve(path)).startsWith(".."))
    throw new CustodyError("USAGE", `--join ${given}: a store that others use lies outside of the new workspace`);
  return `file:${resolve(path)}`;
}

async function givenKey(given: string | undefined): Promise<Verifier> {
  if (given === undefined)
    throw new CustodyError("USAGE", "--join needs --key: the key of the log, or a file with it", {
      remedy:
        "It is the line in `ledger.vkey` on the first machine. Bring it here by a way of your own; one from the store would prove nothing.",
    });
  return (await isThere(given)) || !given.includes("+") ? readPinnedKey(resolve(given)) : parseVkey(given);
}

async function requireSamePin(path: string, pinned: Verifier): Promise<void> {
  if (!(await isThere(path)) || (await readPinnedKey(path)).vkey === pinned.vkey) return;
  throw new CustodyError("KEY_NOT_PINNED", `${path} pins another key than --key names`, {
    remedy: "Find out which one is right, and move the file away if it belongs to another log. Nothing was changed.",
  });
}

async function requireLog(store: Store, pinned: Verifier): Promise<void> {
  const bytes = await store.get("checkpoint");
  const checkpoint = bytes && parseCheckpoint(bytes);
  if (checkpoint === undefined)
    throw new CustodyError("NOT_A_STORE", `${store.place} holds no log that could be joined`, {
      remedy: "Check --join, --endpoint and --region against `store:` on the first machine. Nothing was written.",
    });
  if (checkpoint.origin === pinned.name) return;
  throw new CustodyError(
    "KEY_NOT_PINNED",
    `${store.place} holds the log "${checkpoint.origin}"; the key that you named is of "${pinned.name}"`,
    { remedy: "Store and key belong to different logs: check both. Nothing was written." },
  );
}

/** What the person knows of the log from elsewhere, and what an earlier attempt here has seen. */
async function knownHeads(flags: JoinFlags, guard: string): Promise<KnownHead[]> {
  const seen = (await isThere(guard)) ? await fileGuard(guard).newest() : undefined;
  return [
    ...(flags.acceptHead === undefined ? [] : [parseHead(flags.acceptHead)]),
    ...(seen === undefined ? [] : [{ ...seen, from: guard, held: "guard" as const }]),
  ];
}

function requireIntact({ verdicts: { integrity }, findings }: VerifyResult, { place }: Store): void {
  if (integrity.word === "intact") return;
  const found = findings.slice(0, 5).map(({ code, where }) => `\n  ${code}: ${FINDING_CODES[code]} (${where})`);
  throw new CustodyError(
    "VERIFICATION_FAILED",
    `the log in ${place} is not as it was signed: ${integrity.reason}${found.join("")}`,
    {
      remedy: "Nothing was written. Run `custody verify` on the first machine before anything else joins.",
    },
  );
}

function notAccepted({ size, root }: VerifyResult, { place }: Store): CustodyError {
  return new CustodyError(
    "NO_GUARD",
    `the log in ${place} is intact: ${size} records, ${root}. This machine has never seen it, so it cannot tell whether records were taken off its end`,
    {
      remedy: `Compare with the first machine (\`custody verify --json\` there prints size and root), or with a report or published head. Then run the same command with --accept-head and the state that you know to be right, such as --accept-head ${size}:${root}. Nothing was written.`,
    },
  );
}

/** The newest recorded configuration as a file, with the store as it is reached from here. */
async function configOf(
  entry: EntryOf<"config"> | undefined,
  opened: Store,
  store: unknown,
  asked: Config,
  path: string,
): Promise<string> {
  if (entry === undefined)
    throw new CustodyError("NOT_FOUND", `the log in ${opened.place} holds no configuration yet`, {
      remedy: "Run `custody collect` on the first machine once, then join. Nothing was written, as nothing is made up.",
    });
  const bytes = await opened.get(blobKey(entry.config.digest));
  if (bytes === undefined || digestOf(bytes) !== entry.config.digest)
    throw new CustodyError(
      "NOT_FOUND",
      `the configuration of record ${entry.index} is not there (${entry.config.digest})`,
      {
        remedy:
          "Copy custody.yaml from the first machine by hand, and begin with `custody status`. Nothing was written.",
      },
    );
  const recorded = JSON.parse(new TextDecoder().decode(bytes)) as Record<string, unknown>;
  const head = `# The workspace of Custody on a further machine. Taken from record ${entry.index} of the log, written ${entry.at}.
# Secrets are references as they were there: what they name must exist here too. Keep this file the same on all machines, but for
# portal.listen where several run on one host.
`;
  const same = await parse(stringify(recorded), path).then(
    (config) => config.store.kind === "s3" && overlap(config.store, asked.store),
    // Told once it is the configuration that is meant to be used.
    () => false,
  );
  return head + stringify(same ? recorded : { ...recorded, store });
}

async function parse(text: string, path: string): Promise<Config> {
  try {
    return await parseConfig(text, path, collectors);
  } catch (error) {
    if (!isCustodyError(error, "CONFIG_INVALID")) throw error;
    const mistakes = error.message.replaceAll(`${path}:`, "").replace(/^\d+: /gm, "");
    throw new CustodyError("CONFIG_INVALID", `the recorded configuration cannot be used here as it is:\n${mistakes}`, {
      remedy:
        "Put what is missing here (plug-in files above all), then run the same command again. Nothing was written.",
    });
  }
}

/** The operator has put the signing key where it belongs. Throws KEY_UNUSABLE with the file that is missing. */
async function requireKey({ config, pinned }: Joined, output: Output): Promise<void> {
  output.progress("looking for the signing key …");
  const store = await openPlace(config, systemClock, config.store);
  try {
    await openKeys(store, config.folders.keys, pinned, systemClock.now());
  } catch (error) {
    if (!isCustodyError(error, "KEY_UNUSABLE")) throw error;
    await mkdir(config.folders.keys, { recursive: true, mode: 0o700 });
    throw new CustodyError(
      "KEY_UNUSABLE",
      `everything else is right, but the signing key is not here: ${error.message}`,
      {
        cause: error,
        remedy: `This command copies nothing secret. Bring the file data/keys/${hex(pinned.id)}.pem (after a rotation also the newer ones) from the first machine into ${config.folders.keys}, by a way on which nobody else can read it, with mode 600. Then run the same command again.`,
      },
    );
  } finally {
    await store.close();
  }
}

function tell({ config, pinned, record, result }: Joined, custody: Custody, dir: string, output: Output): void {
  output.line(`This machine has joined the log ${pinned.name}: ${result.size} records, all as they were signed.`);
  output.line(`  seen up to      ${result.size}:${base64(Buffer.from(result.root ?? "", "base64"))}`);
  output.line(`  configuration   from record ${record}; look through custody.yaml`);
  for (const trouble of custody.secretTroubles()) output.note(`custody: missing here: ${trouble}`);
  if (config.index.kind === "private")
    output.note(
      "custody: `index:` is a folder, so machines cannot take turns: each asks every source, and the log takes one result. Name one Postgres for all of them under `index:` to work each slot once.",
    );
  output.line();
  output.line("Next:");
  if (dir !== ".") output.line(`  cd ${dir}`);
  output.line("  custody status      what is there, out of the log");
  output.line("  custody serve       works along with the others; any of them may be stopped at any time");
}

function isThere(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}
