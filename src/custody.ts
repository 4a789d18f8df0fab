import { randomBytes } from "node:crypto";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type { Config } from "./config/config.ts";
import { type EntryOf, isKind } from "./evidence/entry.ts";
import type { Database } from "./index/database.ts";
import { fileGuard, type Guard, joinGuards } from "./ledger/guard.ts";
import { loadKey } from "./ledger/keys.ts";
import { Ledger, type LedgerParts } from "./ledger/ledger.ts";
import type { Clock } from "./lib/clock.ts";
import { CustodyError, isCustodyError, messageOf } from "./lib/errors.ts";
import { History } from "./slots/history.ts";
import { SOFTWARE } from "./software.ts";
import type { Store } from "./store/store.ts";
import { parseVkey, type Verifier } from "./tlog/note.ts";

/** What of a ledger can be had without the right to write. */
export type LedgerView = Pick<Ledger, "origin" | "vkey" | "size" | "read" | "blob">;

/**
 * The composition root: builds the parts from a configuration, each on its first use, so that a command pays only for what
 * it needs.
 */
export class Custody {
  readonly config: Config;
  readonly clock: Clock;
  #store: Promise<Store> | undefined;
  #ledger: Promise<Ledger> | undefined;
  #view: Promise<LedgerView> | undefined;
  #database: Promise<Database> | undefined;
  readonly #history = new History();
  #folding: Promise<void> = Promise.resolve();
  #newestConfig: EntryOf<"config"> | undefined;
  #folded = 0;

  constructor(config: Config, clock: Clock) {
    this.config = config;
    this.clock = clock;
  }

  /** Takes the place of what `ledger()` would open: for `init` and `demo`, which have just begun it. */
  adopt(store: Store, ledger: Ledger): void {
    this.#store = Promise.resolve(store);
    this.#ledger = Promise.resolve(ledger);
  }

  /** The store, as it is; read-only commands need no more. */
  store(): Promise<Store> {
    this.#store ??= openStore(this.config, this.clock).catch((error: unknown) => {
      // What failed may work the next time: a daemon outlives the outage.
      this.#store = undefined;
      throw error;
    });
    return this.#store;
  }

  /** The key that was pinned when the workspace was made. Throws KEY_NOT_PINNED. */
  pinnedKey(): Promise<Verifier> {
    return readPinnedKey(this.config.vkey);
  }

  /** What this installation has seen of the log: a file, and with a given Postgres a row there as well. */
  async guard(): Promise<Guard> {
    const file = fileGuard(join(this.config.folders.state, "head"));
    if (this.config.index.kind === "private") return file;
    const { guardRow } = await import("./index/guard-row.ts");
    const { name } = await this.pinnedKey();
    const row: Guard = {
      place: `the guard row of ${name}`,
      newest: async () => guardRow(await this.database(), name).newest(),
      add: async (head) => guardRow(await this.database(), name).add(head),
    };
    return joinGuards(file, row, (error) => isCustodyError(error, "INDEX_UNREACHABLE"));
  }

  /** The ledger, for writing: the store keeps its promises, the key is ours, the state extends what we have seen. */
  ledger(): Promise<Ledger> {
    this.#ledger ??= this.#openLedger().catch((error: unknown) => {
      this.#ledger = undefined;
      throw error;
    });
    return this.#ledger;
  }

  /**
   * The ledger for reading: checked against pinned key and guard like any other, but nothing is tried out on the store and
   * the signing key is not needed, so an auditor, or anybody on a full disk, can look.
   */
  view(): Promise<LedgerView> {
    if (this.#ledger !== undefined) return this.#ledger;
    this.#view ??= this.#openView().catch((error: unknown) => {
      this.#view = undefined;
      throw error;
    });
    return this.#view;
  }

  async #openView(): Promise<LedgerView> {
    const verifier = await this.pinnedKey();
    const sign = () => Promise.reject(new CustodyError("BUG", "the ledger was opened for reading"));
    const signer = { verifier, sign };
    const parts = { signer, guard: await this.guard(), clock: this.clock, software: SOFTWARE };
    return Ledger.open({ ...parts, store: await this.store() });
  }

  async #openLedger(): Promise<Ledger> {
    const { requireFit, probeStore } = await import("./store/probe.ts");
    const store = await this.store();
    requireFit(await probeStore(store, randomBytes));
    return Ledger.open(await this.parts(store));
  }

  async parts(store: Store): Promise<LedgerParts> {
    const signer = await loadKey(this.config.folders.keys, await this.pinnedKey());
    return { store, signer, guard: await this.guard(), clock: this.clock, software: SOFTWARE };
  }

  /** Everything the ledger says about slots, up to its end at the time of the call. */
  history(): Promise<History> {
    this.#folding = this.#folding
      .catch(() => {})
      .then(async () => {
        for await (const { index, entry } of (await this.view()).read(this.#folded)) {
          this.#history.add(index, entry);
          if (isKind(entry, "config")) this.#newestConfig = entry;
          this.#folded = index + 1;
        }
      });
    return this.#folding.then(() => this.#history);
  }

  /** The newest `config` entry as far as `history()` has read. */
  get newestConfig(): EntryOf<"config"> | undefined {
    return this.#newestConfig;
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
    return openDatabase({
      kind: "given",
      url: typeof index.url === "string" ? index.url : this.config.reveal(index.url),
    });
  }

  /** Facts of an entry by the collectors of this installation, whatever is configured now. */
  async factReader() {
    const { readFacts } = await import("./collector/facts.ts");
    return (entry: Parameters<typeof readFacts>[0], blob: Parameters<typeof readFacts>[1]) =>
      readFacts(entry, blob, this.config.collectors);
  }

  /** Every secret of this installation that can be had now, for masking. One that cannot be had cannot leak either. */
  secrets(): string[] {
    return secretRefs([this.config.instances.map((i) => i.config), this.config.store, this.config.index]).flatMap(
      (ref) => {
        try {
          return [this.config.reveal(ref)];
        } catch {
          return [];
        }
      },
    );
  }

  /** What is wrong with secrets that the configuration refers to, a sentence each; said before it matters. */
  secretTroubles(): string[] {
    return this.config.instances.flatMap(({ id, config }) =>
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
    const closing = [this.#database, this.#ledger, this.#ledger === undefined ? this.#store : undefined];
    for (const part of closing) await (await part?.catch(() => undefined))?.close();
  }
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
        "Put the file back, or name the key with --key. Take it from where the organisation published it, never from the store.",
    });
  }
  return parseVkey(text);
}

/** Opens the store that the configuration names. Creates nothing. */
export async function openStore(config: Config, clock: Clock): Promise<Store> {
  const { store } = config;
  if (store.kind === "folder") {
    const { FolderStore } = await import("./store/folder.ts");
    return FolderStore.open(store.path);
  }
  const { S3Store } = await import("./store/s3.ts");
  return S3Store.open(s3Options(config, clock));
}

export function s3Options(config: Config, clock: Clock) {
  const { store } = config;
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
  };
}

function secretRefs(value: unknown): { secret: string }[] {
  if (typeof value !== "object" || value === null) return [];
  if ("secret" in value && typeof value.secret === "string") return [{ secret: value.secret }];
  return Object.values(value).flatMap(secretRefs);
}
