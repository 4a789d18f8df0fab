import { randomBytes } from "node:crypto";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { SignOffs } from "./assess/sign-off.ts";
import type { Config, StorePlace } from "./config/config.ts";
import { type ActKind, isAct } from "./evidence/act.ts";
import { type EntryOf, isKind } from "./evidence/entry.ts";
import { MaskingRules } from "./evidence/masking.ts";
import { Waivers } from "./findings/waiver.ts";
import { GapCases } from "./gaps/cases.ts";
import { Conditions } from "./gaps/conditions.ts";
import { forgetHalt, noteHalt } from "./halted.ts";
import { HeadLog } from "./heads/due.ts";
import { RegisterLog } from "./incidents/open.ts";
import type { Database } from "./index/database.ts";
import { Reach } from "./index/reach.ts";
import type { PostgresTurns } from "./index/turns.ts";
import { fileGuard, type Guard, joinGuards } from "./ledger/guard.ts";
import { Ledger, type LedgerParts } from "./ledger/ledger.ts";
import { openKeys, viewKeys } from "./ledger/signers.ts";
import type { Clock } from "./lib/clock.ts";
import { CustodyError, isCustodyError, messageOf } from "./lib/errors.ts";
import { fromIso, type Instant } from "./lib/time.ts";
import { unlessLost } from "./lost-store.ts";
import { Told } from "./notify/told.ts";
import { ownTurns, sharedTurns, type Turns } from "./schedule/turns.ts";
import { History } from "./slots/history.ts";
import { SOFTWARE } from "./software.ts";
import type { S3StoreOptions } from "./store/s3-client.ts";
import type { Store } from "./store/store.ts";
import { parseVkey, type Verifier } from "./tlog/note.ts";
import { Disposals } from "./trust/disposals.ts";
import { newestKey } from "./trust/keyring.ts";
import { ClockWatch, type Reference } from "./watch/clock.ts";
import { WatchLog } from "./watch/log.ts";

/** What of a ledger can be had without the right to write. */
export type LedgerView = Pick<Ledger, "origin" | "vkey" | "size" | "read" | "blob">;

/**
 * The composition root: builds the parts from a configuration, each on its first use, so that a command pays only for what
 * it needs.
 */
export class Custody {
  #config: Config;
  readonly clock: Clock;
  #store: Promise<Store> | undefined;
  #ledger: Promise<Ledger> | undefined;
  #view: Promise<LedgerView> | undefined;
  #database: Promise<Database> | undefined;
  #turns: Turns | undefined;
  #postgresTurns: Promise<PostgresTurns> | undefined;
  readonly #reach: Reach;
  readonly #history = new History();
  #folding: Promise<void> = Promise.resolve();
  #newestConfig: EntryOf<"config"> | undefined;
  readonly #maskingRules = new MaskingRules();
  readonly #disposals = new Disposals();
  readonly #headLog = new HeadLog();
  readonly #signOffs = new SignOffs();
  readonly #register = new RegisterLog();
  readonly #waivers = new Waivers();
  readonly #identities: { readonly index: number; readonly entry: EntryOf<"identity"> }[] = [];
  readonly #policies: { readonly index: number; readonly entry: EntryOf<"policy">; readonly zone: string }[] = [];
  readonly #letters: { readonly index: number; readonly at: Instant; readonly instance: string }[] = [];
  readonly #conditions = new Conditions();
  readonly #gapCases = new GapCases();
  readonly #acts: { readonly index: number; readonly entry: EntryOf<ActKind> }[] = [];
  readonly #told = new Told();
  readonly #watchLog = new WatchLog();
  /** Compares the machine's clock with an outside one; undefined where there is none to ask. */
  clockWatch: ClockWatch | undefined;
  #folded = 0;
  #configRefused: Instant | undefined;

  constructor(config: Config, clock: Clock) {
    this.#config = config;
    this.clock = clock;
    this.clockWatch = clockWatchOf(config, clock);
    this.#reach = new Reach(clock, () => "the address under `index:`");
  }

  /** The configuration in force. A daemon may be given another one: whoever works for long asks for it each time. */
  get config(): Config {
    return this.#config;
  }

  /** Puts another configuration in force. Store, index and folders must be the same. */
  reconfigure(config: Config): void {
    const { clock: before } = this.#config;
    this.#config = config;
    this.#configRefused = undefined;
    const { reference, limit, warn } = config.clock;
    if (before.reference !== reference || before.limit !== limit || before.warn !== warn)
      this.clockWatch = clockWatchOf(config, this.clock);
  }

  /** The file was read again and cannot be put in force as it is: the configuration before goes on. */
  refuseConfig(): void {
    this.#configRefused ??= this.clock.now();
  }

  /** Since when that is so; undefined where the newest configuration that was asked for is in force. */
  get configRefused(): Instant | undefined {
    return this.#configRefused;
  }

  /** Takes the place of what `ledger()` would open: for `init` and `demo`, which have just begun it. */
  adopt(store: Store, ledger: Ledger): void {
    this.#store = Promise.resolve(store);
    this.#ledger = Promise.resolve(ledger);
  }

  /** The store, as it is; read-only commands need no more. */
  store(): Promise<Store> {
    this.#store ??= openStore(this.config, this.clock).catch(async (error: unknown) => {
      // What failed may work the next time: a daemon outlives the outage.
      this.#store = undefined;
      throw await unlessLost(error, this.config);
    });
    return this.#store;
  }

  /** The second place to which what is signed is copied, opened anew for each use; undefined where none is configured. */
  async mirror(): Promise<Store | undefined> {
    const { mirror } = this.config;
    // Nobody waits long for a second copy: it is made up for later.
    return (
      mirror && openPlace(this.config, this.clock, mirror, { attempts: 2, timeouts: { connect: 3_000, idle: 15_000 } })
    );
  }

  /** The key that was pinned when the workspace was made. Throws KEY_NOT_PINNED. */
  pinnedKey(): Promise<Verifier> {
    return readPinnedKey(this.config.vkey);
  }

  /**
   * The keys that heads of this log may carry, older ones too: the pinned key, and where it signs no more those reached from it.
   * None that was revoked as stolen.
   */
  async knownKeys(): Promise<Verifier[]> {
    const pinned = await this.pinnedKey();
    const { ring } = await viewKeys(await this.store(), pinned);
    if (ring === undefined) return [pinned];
    return ring.keys.filter((key) => key.revoked === undefined).map(({ verifier }) => verifier);
  }

  /** What this installation has seen of the log: a file, and with a given Postgres a row there as well. */
  async guard(): Promise<Guard> {
    const [file, row] = await this.guards();
    return row === undefined ? file : joinGuards(file, row, isUnreachable);
  }

  /** The same, each by itself: the file first. */
  async guards(): Promise<[Guard, ...Guard[]]> {
    const file = fileGuard(join(this.config.folders.state, "head"));
    if (this.config.index.kind === "private") return [file];
    const { guardRow } = await import("./index/guard-row.ts");
    const { name } = await this.pinnedKey();
    const row: Guard = {
      place: `the guard row of ${name}`,
      newest: () => this.#reach.ask(async () => guardRow(await this.database(), name).newest()),
      add: (head) => this.#reach.ask(async () => guardRow(await this.database(), name).add(head)),
    };
    return [file, row];
  }

  /** Since when a given Postgres cannot be reached, and why; undefined while it can, and where there is none. */
  get databaseAway(): { readonly since: Instant; readonly message: string } | undefined {
    return this.#reach.away;
  }

  /**
   * Who works at what: with a given Postgres shared with everybody who uses it for the same log, else within this process. While it
   * cannot be reached, this process works by itself.
   */
  get turns(): Turns {
    this.#turns ??= this.hasReplicas ? sharedTurns(this.#turnsInPostgres(), isUnreachable) : ownTurns();
    return this.#turns;
  }

  /** True where other machines may work at the same ledger: they would use the same given Postgres. */
  get hasReplicas(): boolean {
    return this.config.index.kind === "given";
  }

  #turnsInPostgres(): Turns {
    const take: Turns["take"] = async (name, signal) => {
      this.#postgresTurns ??= this.#openTurns().catch((error: unknown) => {
        this.#postgresTurns = undefined;
        throw error;
      });
      const turns = await this.#postgresTurns;
      let taking: ReturnType<Turns["take"]> | undefined;
      try {
        return await this.#reach.ask(() => {
          taking = turns.take(name, signal);
          return taking;
        });
      } catch (error) {
        // What comes when nobody waits for it any more is given back.
        taking?.then((turn) => turn?.release()).catch(() => {});
        throw error;
      }
    };
    return { take };
  }

  async #openTurns(): Promise<PostgresTurns> {
    const { postgresTurns } = await import("./index/turns.ts");
    const { name } = await this.pinnedKey();
    const { clock } = this;
    return postgresTurns({ url: this.#indexUrl(), origin: name, clock, lost: (error) => this.#reach.failed(error) });
  }

  /** The ledger, for writing: the store keeps its promises, the key is ours, the state extends what we have seen. */
  ledger(): Promise<Ledger> {
    this.#ledger ??= this.#openLedger().catch(async (error: unknown) => {
      this.#ledger = undefined;
      throw await unlessLost(error, this.config);
    });
    return this.#ledger;
  }

  /**
   * The ledger for reading: checked against pinned key and guard like any other, but nothing is tried out on the store and
   * the signing key is not needed, so an auditor, or anybody on a full disk, can look.
   */
  view(): Promise<LedgerView> {
    if (this.#ledger !== undefined) return this.#ledger;
    this.#view ??= this.#openView().catch(async (error: unknown) => {
      this.#view = undefined;
      throw await unlessLost(error, this.config);
    });
    return this.#view;
  }

  async #openView(): Promise<LedgerView> {
    const store = await this.store();
    const rekey = async () => viewKeys(store, await this.pinnedKey());
    const parts = { ...(await rekey()), guard: await this.guard(), clock: this.clock, software: SOFTWARE, rekey };
    return Ledger.open({ ...parts, store });
  }

  async #openLedger(): Promise<Ledger> {
    const { requireFit, probeStore } = await import("./store/probe.ts");
    const store = await this.store();
    requireFit(await probeStore(store, randomBytes));
    const parts = await this.parts(store);
    const ledger = await Ledger.open(parts).catch((error: unknown) => {
      noteHalt(this.config.folders.state, error, this.clock.now());
      throw error;
    });
    forgetHalt(this.config.folders.state);
    await this.#followKey(ledger);
    return ledger;
  }

  /** A rotation that was stopped before its last step: this is the place that holds the new key, so it pins it. */
  async #followKey({ verifier, ring }: Ledger): Promise<void> {
    if (ring === undefined || newestKey(ring)?.verifier.vkey !== verifier.vkey) return;
    // Where the file cannot be written the old pin still leads to the new key.
    await this.pin(verifier).catch(() => undefined);
  }

  /** Pins the key that signs from now on; the line before stays beside it. */
  async pin(key: Verifier): Promise<void> {
    const { repin } = await import("./ledger/pin.ts");
    await repin(this.config.vkey, key);
  }

  async parts(store: Store): Promise<LedgerParts> {
    const rekey = async () => openKeys(store, this.config.folders.keys, await this.pinnedKey(), this.clock.now());
    const elsewhere = async () => {
      if (this.config.heads.length === 0) return [];
      const { Publishing } = await import("./daemon/publishing.ts");
      return (await new Publishing(this).readBack()).heads;
    };
    const guard = await this.guard();
    const onHalt = (error: CustodyError) => noteHalt(this.config.folders.state, error, this.clock.now());
    return { store, ...(await rekey()), guard, clock: this.clock, software: SOFTWARE, rekey, elsewhere, onHalt };
  }

  /** Everything the ledger says about slots, up to its end at the time of the call. */
  history(): Promise<History> {
    this.#folding = this.#folding
      .catch(() => {})
      .then(async () => {
        for await (const { index, entry } of (await this.view()).read(this.#folded)) {
          this.#history.add(index, entry);
          this.#headLog.add(index, entry);
          this.#conditions.add(index, entry);
          this.#gapCases.add(index, entry);
          this.#told.add(index, entry);
          this.#watchLog.add(index, entry);
          if (isKind(entry, "config")) this.#newestConfig = entry;
          if (isKind(entry, "masking-rule")) this.#maskingRules.add(entry);
          if (isKind(entry, "policy")) this.#policies.push({ index, entry, zone: this.#history.zone ?? "UTC" });
          if (isKind(entry, "disposal")) this.#disposals.add(index, entry);
          if (isAct(entry)) this.#acts.push({ index, entry });
          if (isKind(entry, "identity")) this.#identities.push({ index, entry });
          if (isKind(entry, "intake")) this.#letters.push({ index, at: fromIso(entry.at), instance: entry.instance });
          this.#signOffs.add(index, entry);
          this.#register.add(index, entry);
          this.#waivers.add(index, entry);
          this.#folded = index + 1;
        }
      });
    return this.#folding.then(() => this.#history);
  }

  /** The newest `config` entry as far as `history()` has read. */
  get newestConfig(): EntryOf<"config"> | undefined {
    return this.#newestConfig;
  }

  /** The masking rules in force as far as `history()` has read. */
  get maskingRules(): MaskingRules {
    return this.#maskingRules;
  }

  /** Which heads left, up to the ledger's end at the time of the call. */
  async headLog(): Promise<HeadLog> {
    await this.history();
    return this.#headLog;
  }

  /** What is or was wrong with Custody itself, up to the ledger's end at the time of the call. */
  async conditions(): Promise<Conditions> {
    await this.history();
    return this.#conditions;
  }

  /** Gaps as they were noted, and the incidents that were opened for them, up to the ledger's end at the time of the call. */
  async gapCases(): Promise<GapCases> {
    await this.history();
    return this.#gapCases;
  }

  /** What people did, without their words, up to the ledger's end at the time of the call. */
  async actEntries(): Promise<readonly { readonly index: number; readonly entry: EntryOf<ActKind> }[]> {
    await this.history();
    return this.#acts;
  }

  /** What was brought to people, up to the ledger's end at the time of the call. */
  async told(): Promise<Told> {
    await this.history();
    return this.#told;
  }

  /** What Custody found when it looked after itself, up to the ledger's end at the time of the call. */
  async watchLog(): Promise<WatchLog> {
    await this.history();
    return this.#watchLog;
  }

  /** What people signed, up to the ledger's end at the time of the call. */
  async signOffs(): Promise<SignOffs> {
    await this.history();
    return this.#signOffs;
  }

  /** Failed checks that somebody accepted, up to the ledger's end at the time of the call. */
  async waivers(): Promise<Waivers> {
    await this.history();
    return this.#waivers;
  }

  /** Since when the register is kept and what of it goes on, up to the ledger's end at the time of the call. */
  async registerLog(): Promise<RegisterLog> {
    await this.history();
    return this.#register;
  }

  /** Who the random IDs of people are, up to the ledger's end at the time of the call. */
  async identities(): Promise<readonly { readonly index: number; readonly entry: EntryOf<"identity"> }[]> {
    await this.history();
    return this.#identities;
  }

  /** The organisation's own rules as they were logged, each with its zone then, up to the ledger's end at the time of the call. */
  async policies(): Promise<
    readonly { readonly index: number; readonly entry: EntryOf<"policy">; readonly zone: string }[]
  > {
    await this.history();
    return this.#policies;
  }

  /** What came to inboxes, up to the ledger's end at the time of the call. */
  async letters(): Promise<readonly { readonly index: number; readonly at: Instant; readonly instance: string }[]> {
    await this.history();
    return this.#letters;
  }

  /** What was lawfully deleted, up to the ledger's end at the time of the call. */
  async disposals(): Promise<Disposals> {
    await this.history();
    return this.#disposals;
  }

  /** The index, brought up to the ledger. */
  async index(): Promise<Database> {
    const { followLedger } = await import("./index/follow.ts");
    const database = await this.database();
    await followLedger(database, await this.view(), await this.factReader());
    return database;
  }

  /** The index as it stands; starts the private Postgres where it does not run. */
  database(): Promise<Database> {
    this.#database ??= this.#openDatabase().catch((error: unknown) => {
      this.#database = undefined;
      throw error;
    });
    return this.#database;
  }

  /** Lets go of the index; the next use opens it anew. */
  async closeDatabase(): Promise<void> {
    const open = this.#database;
    this.#database = undefined;
    await (await open?.catch(() => undefined))?.close();
  }

  async #openDatabase(): Promise<Database> {
    const { openDatabase } = await import("./index/database.ts");
    const { index } = this.config;
    if (index.kind === "private") {
      return openDatabase({
        kind: "private",
        dir: index.folder,
        ...(index.home === undefined ? {} : { home: index.home }),
      });
    }
    return openDatabase({ kind: "given", url: this.#indexUrl() });
  }

  #indexUrl(): string {
    const { index } = this.config;
    if (index.kind === "private") throw new CustodyError("BUG", "the index is no given one");
    return typeof index.url === "string" ? index.url : this.config.reveal(index.url);
  }

  /** Facts of an entry by the collectors of this installation, whatever is configured now. */
  async factReader() {
    const { readFacts } = await import("./collector/facts.ts");
    const { collectors } = this.config;
    const disposals = await this.disposals();
    const read = (entry: Parameters<typeof readFacts>[0], blob: Parameters<typeof readFacts>[1]) =>
      readFacts(entry, blob, collectors, (digest, named) => disposals.explains(digest, named));
    const versions = collectors.map(({ name, reader }) => `${name} ${reader}`).sort();
    // What was read before a disposal is not to be found in the index after it.
    const { newest } = disposals;
    return Object.assign(read, {
      readers: [...versions, ...(newest === undefined ? [] : [`without what record ${newest} disposed of`])].join(", "),
    });
  }

  /** Every secret of this installation that can be had now, for masking. One that cannot be had cannot leak either. */
  secrets(): string[] {
    return secretRefs([
      this.config.instances.map((i) => i.config),
      this.config.store,
      this.config.mirror,
      this.config.disposal,
      this.config.heads.map((head) => head.config),
      this.config.notify.map((channel) => channel.config),
      this.config.index,
      this.config.watch,
    ]).flatMap((ref) => {
      try {
        return [this.config.reveal(ref)];
      } catch {
        return [];
      }
    });
  }

  /** What is wrong with secrets that the configuration refers to, a sentence each; said before it matters. */
  secretTroubles(): string[] {
    const watch = { id: "watch", config: this.config.watch };
    return [...this.config.instances, ...this.config.heads, ...this.config.notify, watch].flatMap(({ id, config }) =>
      secretRefs(config).flatMap((ref) => {
        try {
          this.config.reveal(ref);
          return [];
        } catch (error) {
          return [`${id}: ${messageOf(error)}`];
        }
      }),
    );
  }

  /** Lets go of everything. A checkpoint for what was appended is the command's own business. */
  async close(): Promise<void> {
    await (await this.#postgresTurns?.catch(() => undefined))?.close();
    const closing = [this.#database, this.#ledger, this.#ledger === undefined ? this.#store : undefined];
    for (const part of closing) await (await part?.catch(() => undefined))?.close();
  }
}

function clockWatchOf(config: Config, clock: Clock): ClockWatch | undefined {
  const reference = referenceOf(config);
  return reference && new ClockWatch(reference, config.clock, clock);
}

/** Who knows the time: as configured, else the server of the store. */
function referenceOf({ clock, store }: Config): Reference | undefined {
  const { reference } = clock;
  if (reference !== undefined) return { use: reference.startsWith("ntp:") ? "ntp" : "https", url: reference };
  if (store.kind !== "s3") return undefined;
  return { use: "s3", url: store.endpoint ?? `https://s3.${store.region}.amazonaws.com` };
}

/** The verifier key in a file: one line. */
export async function readPinnedKey(path: string): Promise<Verifier> {
  let text: string;
  try {
    text = await readFile(path, "utf8");
  } catch (cause) {
    throw new CustodyError("KEY_NOT_PINNED", `there is no pinned key at ${path}`, {
      cause,
      remedy:
        "Put the file back; `custody verify` also takes the key with --key. Take it from where the organisation published it, never from the store.",
    });
  }
  try {
    return parseVkey(text);
  } catch (cause) {
    if (!isCustodyError(cause)) throw cause;
    throw new CustodyError(cause.code, `${path}: ${cause.message}`, {
      cause,
      remedy: "Put the right line back, from where the organisation published it.",
    });
  }
}

/** Opens the store that the configuration names. Creates nothing. */
export async function openStore(config: Config, clock: Clock): Promise<Store> {
  return openPlace(config, clock, config.store);
}

/** Opens a store at any place that a configuration can name. Creates nothing. */
export async function openPlace(
  config: Pick<Config, "reveal">,
  clock: Clock,
  place: StorePlace,
  patience: Pick<S3StoreOptions, "attempts" | "timeouts"> = {},
): Promise<Store> {
  if (place.kind === "folder") {
    const { FolderStore } = await import("./store/folder.ts");
    return FolderStore.open(place.path);
  }
  const { S3Store } = await import("./store/s3.ts");
  return S3Store.open({ ...bucketOptions(config, clock, place), ...patience });
}

/** What the bucket of the store is opened with. */
export function s3Options(config: Config, clock: Clock) {
  return bucketOptions(config, clock, config.store);
}

/** What any bucket is opened with; its secrets are revealed here. */
export function bucketOptions(config: Pick<Config, "reveal">, clock: Clock, store: StorePlace) {
  if (store.kind !== "s3") throw new CustodyError("BUG", "not a bucket");
  return {
    bucket: store.bucket,
    prefix: store.prefix,
    region: store.region,
    checksum: store.checksum,
    clock,
    credentials: { accessKeyId: config.reveal(store.accessKey), secretAccessKey: config.reveal(store.secretKey) },
    ...(store.endpoint === undefined ? {} : { endpoint: store.endpoint }),
    ...(store.pathStyle === undefined ? {} : { forcePathStyle: store.pathStyle }),
    ...(store.lock === undefined ? {} : { lock: store.lock }),
  };
}

const isUnreachable = (error: unknown) => isCustodyError(error, "INDEX_UNREACHABLE");

function secretRefs(value: unknown): { secret: string }[] {
  if (typeof value !== "object" || value === null) return [];
  if ("secret" in value && typeof value.secret === "string") return [{ secret: value.secret }];
  return Object.values(value).flatMap(secretRefs);
}
