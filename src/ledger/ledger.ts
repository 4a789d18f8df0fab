import { createReadStream } from "node:fs";
import { stat } from "node:fs/promises";
import { batchKey, type Link, parseBatch, type Recorded } from "../evidence/batch.ts";
import { type BlobRef, blobKey } from "../evidence/blob.ts";
import { checkDraft, decodeEntry, type Draft } from "../evidence/entry.ts";
import type { Clock } from "../lib/clock.ts";
import { digestOf, newDigest } from "../lib/digest.ts";
import { CustodyError } from "../lib/errors.ts";
import type { Store } from "../store/store.ts";
import type { Head } from "../tlog/checkpoint.ts";
import type { Signer } from "../tlog/note.ts";
import { bundleKey, decodeBundle, TILE_WIDTH } from "../tlog/tile.ts";
import { type Appended, commit, fitBatches, type Taken, takeIn, type Timed } from "./append.ts";
import { ensure } from "./claim.ts";
import type { Guard } from "./guard.ts";
import { type Log, START } from "./log.ts";
import { checkGuard, readCheckpoint, restoreLog } from "./open.ts";
import { publishLog } from "./publish.ts";

export type { Appended } from "./append.ts";

/** Largest file that `putFile` takes: the most that one S3 put can carry. */
export const MAX_FILE_BYTES = 5 * 1024 ** 3;

interface Call {
  readonly drafts: readonly Timed[];
  resolve(appended: Appended[]): void;
  reject(error: unknown): void;
}

export interface LedgerParts {
  readonly store: Store;
  readonly signer: Signer;
  readonly guard: Guard;
  readonly clock: Clock;
  /** Name and version, written into every entry. */
  readonly software: string;
}

/**
 * The ledger as its writers see it. Any number of them, in any number of processes, may write to one store.
 *
 * Within a process calls are put in line: one commit at a time, and what waits meanwhile is committed together.
 * After a `fatal` error the ledger refuses to go on: the store contradicts what was signed.
 */
export class Ledger {
  readonly #parts: LedgerParts;
  readonly #log: Log;
  /** Size of the newest checkpoint known to be in the store. */
  #published: number;
  #taken: Taken | undefined;
  #line: Promise<unknown> = Promise.resolve();
  #waiting: Call[] = [];
  #halted: CustodyError | undefined;

  private constructor(parts: LedgerParts, log: Log, published: number) {
    this.#parts = parts;
    this.#log = log;
    this.#published = published;
  }

  /**
   * Opens a ledger for writing: reads and checks the checkpoint, follows what was committed since, compares with the guard.
   * Repairs nothing yet; the next `publish` brings tiles and checkpoint up to what is committed.
   */
  static async open(parts: LedgerParts): Promise<Ledger> {
    const { store, signer, guard } = parts;
    const checkpoint = await readCheckpoint(store, signer.verifier);
    const log = await restoreLog(store, checkpoint);
    const ledger = new Ledger(parts, log, checkpoint.size);
    const wanted = (await guard.newest())?.size ?? 0;
    const roots = new Map<number, Uint8Array>();
    await ledger.#follow((size) => {
      if (size === wanted) roots.set(size, log.head().root);
    });
    await checkGuard(store, guard, checkpoint, log, roots);
    return ledger;
  }

  /** An empty ledger over an empty store; only `createLedger` calls it. */
  static empty(parts: LedgerParts, log: Log): Ledger {
    return new Ledger(parts, log, 0);
  }

  get origin(): string {
    return this.#parts.signer.verifier.name;
  }

  get vkey(): string {
    return this.#parts.signer.verifier.vkey;
  }

  /** Number of entries committed as far as this process knows. */
  get size(): number {
    return this.#log.size;
  }

  /** True when something is committed that no checkpoint known to be in the store covers. */
  get dirty(): boolean {
    return this.#log.size > this.#published;
  }

  /** Stores bytes under their hash; durable when it resolves. The same bytes again are the same blob. */
  async put(bytes: Uint8Array, mediaType: string): Promise<BlobRef> {
    const digest = digestOf(bytes);
    await this.#unlessHalted(() => ensure(this.#parts.store, blobKey(digest), bytes, this.#parts.clock));
    return { digest, size: bytes.length, mediaType };
  }

  /**
   * Stores a file under its hash without loading it. It is read twice, for the hash and for the copy; a file that changes
   * in between is refused by the store, which checks the hash.
   */
  async putFile(path: string, mediaType: string): Promise<BlobRef> {
    const { size } = await stat(path);
    if (size > MAX_FILE_BYTES) {
      throw new CustodyError("INPUT_TOO_LARGE", `${path}: ${size} bytes; at most ${MAX_FILE_BYTES} (5 GiB)`, { remedy: "Split the file." });
    }
    const hash = newDigest();
    for await (const part of createReadStream(path)) hash.update(part as Uint8Array);
    const digest = hash.digest("hex");
    const { store } = this.#parts;
    const result = await store.createFrom(blobKey(digest), { size, digest, open: () => createReadStream(path) });
    if (result === "exists") await this.#unlessHalted(() => checkStored(store, digest));
    return { digest, size, mediaType };
  }

  /** A blob's bytes, at most 64 MiB; undefined when there is none. The caller decides what a wrong hash means. */
  blob(digest: string): Promise<Uint8Array | undefined> {
    return this.#parts.store.get(blobKey(digest));
  }

  /**
   * Adds entries; durable when it resolves, in the order given. Up to 256 drafts that fit 4 MiB are one batch: all or
   * nothing. A draft whose `once` was used before adds nothing and is answered with the earlier entry.
   */
  async append(drafts: readonly Draft[]): Promise<Appended[]> {
    // Checked before it waits in line: one bad draft must not fail the calls that it would share a batch with.
    for (const draft of drafts) checkDraft(draft);
    const now = this.#parts.clock.now();
    return new Promise((resolve, reject) => {
      this.#waiting.push({ drafts: drafts.map((draft) => ({ draft, now })), resolve, reject });
      this.#inLine(() => this.#commitWaiting()).catch((error: unknown) => {
        for (const call of this.#waiting.splice(0)) call.reject(error);
      });
    });
  }

  /** Brings tiles and checkpoint up to everything committed, by anybody. Returns the head that covers it. */
  publish(): Promise<Head> {
    return this.#inLine(async () => {
      const { store, signer, guard, clock } = this.#parts;
      for (;;) {
        await this.#follow();
        const head = await publishLog(store, this.#log, signer, guard, clock);
        if (head !== "behind") {
          this.#published = Math.max(this.#published, head.size);
          return head;
        }
        const newest = await guard.newest();
        await this.#follow();
        if (newest !== undefined && newest.size > this.#log.size) {
          throw new CustodyError("LEDGER_ROLLED_BACK", `${store.place} ends at entry ${this.#log.size}; ${guard.place} knows ${newest.size}`, {
            remedy: "Somebody put back an older state while Custody was running. Nothing was signed.",
          });
        }
      }
    });
  }

  /**
   * Entries from this index on, in order, up to everything committed when it is called. The chain is checked on the way
   * and must end in the hash that the signed tree gave, so what is read is what was signed.
   */
  async *read(from = 0): AsyncGenerator<Recorded> {
    await this.#inLine(() => this.#follow());
    yield* this.#entries(from);
  }

  /** Entries as far as this process has followed: whole bundles up to the checkpoint, batches after it. */
  async *#entries(from: number): AsyncGenerator<Recorded> {
    const { link } = this.#log;
    const signed = this.#published;
    if (from >= link.index) return;
    let next: Link = START;
    // Where a checkpoint exists, reading begins with the bundle of the entry before `from`, to have its hash.
    const first = Math.floor(Math.max(0, Math.min(from, signed - 1)) / TILE_WIDTH);
    for (let n = first; n * TILE_WIDTH < signed; n += 1) {
      for (const recorded of await this.#bundle(n, signed)) {
        if (recorded.entry.index !== recorded.index || (next.index > 0 && recorded.entry.prev !== next.prev)) {
          throw new CustodyError("LEDGER_ALTERED", `entry ${recorded.index} does not continue the chain`, { remedy: "Run `custody verify`." });
        }
        next = { index: recorded.index + 1, prev: recorded.digest, at: recorded.entry.at };
        if (recorded.index >= from) yield recorded;
      }
    }
    while (next.index < link.index) {
      const bytes = await this.#parts.store.get(batchKey(next.index));
      if (bytes === undefined) throw new CustodyError("LEDGER_ALTERED", `${this.#parts.store.place}: ${batchKey(next.index)} has disappeared`);
      for (const recorded of parseBatch(bytes, next)) {
        if (recorded.index >= link.index) break;
        next = { index: recorded.index + 1, prev: recorded.digest, at: recorded.entry.at };
        if (recorded.index >= from) yield recorded;
      }
    }
    if (next.prev !== link.prev) {
      throw new CustodyError("LEDGER_ALTERED", `the entries up to ${link.index} do not end in the hash that was signed`, { remedy: "Run `custody verify`." });
    }
  }

  /** Waits for what is in line. Does not publish. */
  async close(): Promise<void> {
    await this.#line.catch(() => {});
    await this.#parts.store.close();
  }

  async #bundle(n: number, size: number): Promise<Recorded[]> {
    const { store } = this.#parts;
    const width = Math.min(TILE_WIDTH, size - n * TILE_WIDTH);
    const key = bundleKey(n, width);
    const partial = await store.get(key);
    const bytes = partial ?? (await store.get(bundleKey(n)));
    if (bytes === undefined) throw new CustodyError("LEDGER_ALTERED", `${store.place}: ${key} is missing`, { remedy: "Run `custody verify`." });
    return decodeBundle(bytes, partial === undefined ? TILE_WIDTH : width, key)
      .slice(0, width)
      .map((entry, i) => ({ index: n * TILE_WIDTH + i, digest: digestOf(entry), bytes: entry, entry: decodeEntry(entry) }));
  }

  async #follow(seen: (size: number) => void = () => {}): Promise<void> {
    for (;;) {
      const bytes = await this.#parts.store.get(this.#log.nextKey);
      if (bytes === undefined) return;
      takeIn(this.#log, parseBatch(bytes, this.#log.link), this.#taken);
      seen(this.#log.size);
    }
  }

  async #commitWaiting(): Promise<void> {
    const waiting = this.#waiting.splice(0);
    try {
      if (this.#taken === undefined && waiting.some((call) => call.drafts.some((d) => d.draft.once !== undefined))) {
        await this.#follow();
        this.#taken = await this.#loadTaken();
      }
      for (const calls of joinCalls(waiting)) await this.#commitTogether(calls);
    } catch (error) {
      // Those that were answered already ignore this; what waited behind a failure was not tried.
      for (const call of waiting) call.reject(error);
      throw error;
    }
  }

  async #commitTogether(calls: readonly Call[]): Promise<void> {
    const { store, clock, software } = this.#parts;
    try {
      const appended: Appended[] = [];
      for (const part of fitBatches(calls.flatMap((call) => call.drafts))) {
        appended.push(...(await commit(store, this.#log, part, this.#taken, clock, software)));
      }
      for (const call of calls) call.resolve(appended.splice(0, call.drafts.length));
    } catch (error) {
      for (const call of calls) call.reject(error);
      throw error;
    }
  }

  /** Every idempotency key used so far; from then on the set is kept up with each batch. */
  async #loadTaken(): Promise<Taken> {
    const taken: Taken = new Map();
    for await (const { index, digest, entry } of this.#entries(0)) {
      if (entry.once !== undefined && !taken.has(entry.once)) taken.set(entry.once, { index, digest });
    }
    return taken;
  }

  /** One at a time, in order; nothing after a fatal error. */
  #inLine<T>(work: () => Promise<T>): Promise<T> {
    const result = this.#line.then(() => this.#unlessHalted(work));
    this.#line = result.catch(() => {});
    return result;
  }

  async #unlessHalted<T>(work: () => Promise<T>): Promise<T> {
    if (this.#halted) throw this.#halted;
    try {
      return await work();
    } catch (error) {
      if (error instanceof CustodyError && error.kind === "fatal") this.#halted = error;
      throw error;
    }
  }
}

/** Calls that go into one batch: what waits together is committed together, as long as it fits. */
function joinCalls(calls: readonly Call[]): Call[][] {
  const groups: Call[][] = [];
  for (const call of calls) {
    const last = groups.at(-1);
    if (last && fitBatches([...last.flatMap((c) => c.drafts), ...call.drafts]).length === 1) last.push(call);
    else groups.push([call]);
  }
  return groups;
}

/** Bytes under a blob's name that another writer put there must have that hash; else the store was tampered with. */
async function checkStored(store: Store, digest: string): Promise<void> {
  const parts = await store.read(blobKey(digest));
  const hash = newDigest();
  for await (const part of parts ?? []) hash.update(part);
  if (parts === undefined || hash.digest("hex") !== digest) {
    throw new CustodyError("LEDGER_ALTERED", `${store.place}: ${blobKey(digest)} does not hold the bytes it is named after`, { remedy: "Run `custody verify`." });
  }
}
