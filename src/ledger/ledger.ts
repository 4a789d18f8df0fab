import { createReadStream } from "node:fs";
import { stat } from "node:fs/promises";
import { parseBatch, type Recorded } from "../evidence/batch.ts";
import { type BlobRef, blobKey } from "../evidence/blob.ts";
import { type Draft, measureDraft } from "../evidence/entry.ts";
import type { Clock } from "../lib/clock.ts";
import { digestOf, newDigest } from "../lib/digest.ts";
import { CustodyError } from "../lib/errors.ts";
import { errno } from "../store/disk.ts";
import { MAX_OBJECT, type Store } from "../store/store.ts";
import type { Head } from "../tlog/checkpoint.ts";
import type { Signer, Verifier } from "../tlog/note.ts";
import type { KeyRing } from "../trust/keyring.ts";
import {
  type Appended,
  type Checked,
  commit,
  fits,
  group,
  noteKey,
  type Taken,
  takeIn,
  timeForRecord,
} from "./append.ts";
import { ensure } from "./claim.ts";
import { altered, requireContinued } from "./contradiction.ts";
import { type Guard, headsOf, noGuard } from "./guard.ts";
import { Log } from "./log.ts";
import { requireNewestBatch } from "./newest-batch.ts";
import { restoreLog } from "./open.ts";
import { publishLog } from "./publish.ts";
import { readEntries } from "./read.ts";
import { Keys, type LedgerKeys } from "./signing.ts";

export type { Appended } from "./append.ts";

/** Largest file that `putFile` takes, in bytes. */
export const MAX_FILE_BYTES = MAX_OBJECT;

interface Call {
  readonly drafts: readonly Checked[];
  resolve(appended: Appended[]): void;
  reject(error: unknown): void;
}

export interface LedgerParts extends LedgerKeys {
  readonly store: Store;
  readonly guard: Guard;
  readonly clock: Clock;
  /** Name and version, written into every entry. */
  readonly software: string;
  /** Finds the keys anew, when the log says something about them that was not known. */
  readonly rekey?: () => Promise<LedgerKeys>;
  /** Heads that lie where they were brought, outside of store and guard: whoever writes must continue these too. */
  readonly elsewhere?: () => Promise<readonly (Head & { readonly from: string })[]>;
  /** Told when an open ledger refuses to go on. */
  readonly onHalt?: (error: CustodyError) => void;
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
  readonly #keys: Keys;
  /** Size of the newest checkpoint known to be in the store. */
  #published: number;
  #taken: Taken | undefined;
  #line: Promise<unknown> = Promise.resolve();
  #waiting: Call[] = [];
  #halted: CustodyError | undefined;

  private constructor(parts: LedgerParts, keys: Keys, log: Log, published: number) {
    this.#parts = parts;
    this.#keys = keys;
    this.#log = log;
    this.#published = published;
  }

  /**
   * Opens a ledger for writing: reads and checks the checkpoint and the newest batch that it covers, follows what was committed
   * since, compares with the guard.
   * Repairs nothing yet; the next `publish` brings tiles and checkpoint up to what is committed. Throws NOT_A_STORE where
   * there is no checkpoint, NO_GUARD without a guard, and LEDGER_… for a store that contradicts itself or the guard.
   */
  static async open(parts: LedgerParts): Promise<Ledger> {
    const { store, guard } = parts;
    const keys = new Keys(parts, parts.rekey);
    // Before the store: whoever raised the guard had committed that much by then, and others may go on meanwhile.
    const guarded = await headsOf(guard);
    const checkpoint = await keys.checkpoint(store);
    if (checkpoint === undefined) {
      throw new CustodyError("NOT_A_STORE", `${store.place} holds no checkpoint, so it is not a Custody store`, {
        remedy: "Check `store:` in custody.yaml for a typing mistake; `custody init` makes a new store.",
      });
    }
    if (guarded.length === 0) throw noGuard(guard, checkpoint);
    const known = [
      ...guarded.map((head) => ({ ...head, from: guard.place })),
      ...newest((await parts.elsewhere?.()) ?? []),
    ].sort((a, b) => a.size - b.size);
    const ledger = new Ledger(parts, keys, await restoreLog(store, checkpoint), checkpoint.size);
    // Who only reads has every record in the bundles, and may look at what is left.
    if (!parts.blind) await requireNewestBatch(store, checkpoint.size);
    for (const head of known) {
      // A process that died between guard and checkpoint leaves the guard ahead: the batches tell.
      await ledger.#follow(head.size);
      await requireContinued(store, head, head.from, ledger.#log.head());
    }
    await ledger.#follow();
    return ledger;
  }

  /** A ledger of which nothing is known yet; only `createLedger` calls it. */
  static empty(parts: LedgerParts): Ledger {
    return new Ledger(parts, new Keys(parts, parts.rekey), new Log(), 0);
  }

  get origin(): string {
    return this.#keys.signer.verifier.name;
  }

  /** The key that signs. */
  get vkey(): string {
    return this.#keys.signer.verifier.vkey;
  }

  get verifier(): Verifier {
    return this.#keys.signer.verifier;
  }

  /** The keys that sign statements about keys: the newest that is here, and all others that count and are here. */
  get voices(): readonly Signer[] {
    return this.#keys.voices;
  }

  /** What the log says about its keys, where more than the pinned one had to be looked at. */
  get ring(): KeyRing | undefined {
    return this.#keys.ring;
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
   * in between is refused by the store, which checks the hash. Throws INPUT_INVALID for a file that cannot be read.
   */
  async putFile(path: string, mediaType: string): Promise<BlobRef> {
    const { store } = this.#parts;
    try {
      const { size } = await stat(path);
      if (size > MAX_FILE_BYTES) {
        throw new CustodyError("INPUT_TOO_LARGE", `${path}: ${size} bytes; at most ${MAX_FILE_BYTES} (5 GiB)`, {
          remedy: "Split the file.",
        });
      }
      const hash = newDigest();
      for await (const part of createReadStream(path)) hash.update(part as Uint8Array);
      const digest = hash.digest("hex");
      await this.#unlessHalted(async () => {
        const result = await store.createFrom(blobKey(digest), { size, digest, open: () => createReadStream(path) });
        if (result === "exists") await checkStored(store, digest);
      });
      return { digest, size, mediaType };
    } catch (cause) {
      if (cause instanceof CustodyError || errno(cause) === undefined) throw cause;
      throw new CustodyError("INPUT_INVALID", `${path} could not be read (${errno(cause)})`, { cause });
    }
  }

  /** A blob's bytes, at most 64 MiB; undefined when there is none. The caller decides what a wrong hash means. */
  blob(digest: string): Promise<Uint8Array | undefined> {
    return this.#parts.store.get(blobKey(digest));
  }

  /**
   * Adds entries; durable when it resolves, in the order given. Up to 256 drafts that fit 4 MiB are one batch: all or
   * nothing. More are several batches, of which the first may stand when a later one fails. A draft whose `once` was used
   * before adds nothing and is answered with the earlier entry. After STORE_UNREACHABLE the entries may be there or not:
   * only those with a key can be appended again without a second one.
   */
  async append(drafts: readonly Draft[]): Promise<Appended[]> {
    // Nothing takes along what waits any more.
    if (this.#halted) throw this.#halted;
    const now = timeForRecord(this.#parts.clock);
    // Checked before it waits in line: one bad draft must not fail the calls that it would share a batch with.
    const checked = drafts.map((draft) => ({ draft, now, size: measureDraft(draft) }));
    return new Promise((resolve, reject) => {
      this.#waiting.push({ drafts: checked, resolve, reject });
      // Each call has a turn of its own; the first one takes along all that wait, the others then find nothing to do.
      this.#inLine(() => this.#commitWaiting()).catch(reject);
    });
  }

  /** Brings tiles and checkpoint up to everything committed, by anybody. Returns the head that covers it. */
  publish(): Promise<Head> {
    return this.#inLine(async () => {
      const head = await publishLog(this.#parts, this.#keys, this.#log, () => this.#follow());
      this.#published = Math.max(this.#published, head.size);
      return head;
    });
  }

  /**
   * Entries from this index on, in order, up to everything committed when it is called. The chain is checked on the way
   * and must end in the hash that was committed: who has read to the end without an error has read the ledger.
   */
  async *read(from = 0): AsyncGenerator<Recorded> {
    await this.#inLine(() => this.#follow());
    try {
      yield* readEntries(this.#parts.store, from, this.#published, this.#log.link, this.#log.placeBefore(from));
    } catch (error) {
      throw this.#haltOn(error);
    }
  }

  /** Waits for what is in line. Does not publish. */
  async close(): Promise<void> {
    await this.#line;
    await this.#parts.store.close();
  }

  /** Takes in what was committed since, up to this size or to the end. */
  async #follow(until = Number.POSITIVE_INFINITY): Promise<void> {
    while (this.#log.size < until) {
      const bytes = await this.#parts.store.get(this.#log.nextKey);
      if (bytes === undefined) return;
      takeIn(
        this.#log,
        await this.#keys.requireSealed(this.#parts.store, parseBatch(bytes, this.#log.link)),
        this.#taken,
      );
    }
  }

  /** Commits all that waits: calls that fit one batch together, the others one after the other. */
  async #commitWaiting(): Promise<void> {
    const waiting = this.#waiting.splice(0);
    try {
      if (waiting.some((call) => call.drafts.some(({ draft }) => draft.once !== undefined))) await this.#loadTaken();
      for (const calls of group(waiting, (some) => fits(some.flatMap((call) => call.drafts)))) {
        const together = calls.flatMap((call) => call.drafts);
        const appended: Appended[] = [];
        for (const drafts of group(together, fits)) {
          appended.push(...(await commit(this.#parts, this.#keys, this.#log, drafts, this.#taken)));
        }
        for (const call of calls) call.resolve(appended.splice(0, call.drafts.length));
      }
    } catch (error) {
      // Those that were answered already ignore this; what waited behind a failure was not tried.
      for (const call of waiting) call.reject(error);
      throw error;
    }
  }

  /** Every idempotency key used so far, read once; from then on the set is kept up with each batch. */
  async #loadTaken(): Promise<void> {
    if (this.#taken !== undefined) return;
    const taken: Taken = new Map();
    for await (const recorded of readEntries(this.#parts.store, 0, this.#published, this.#log.link))
      noteKey(taken, recorded);
    this.#taken = taken;
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
      throw this.#haltOn(error);
    }
  }

  #haltOn(error: unknown): unknown {
    if (error instanceof CustodyError && error.kind === "fatal" && this.#halted === undefined) {
      this.#halted = error;
      this.#parts.onHalt?.(error);
    }
    return error;
  }
}

/** Published heads that are asked about: they are many after years, and the newest ones were signed after the others. */
const NEWEST_HEADS = 8;

function newest<H extends Head>(heads: readonly H[]): H[] {
  return [...heads].sort((a, b) => b.size - a.size).slice(0, NEWEST_HEADS);
}

/** Bytes under a blob's name that another writer put there must have that hash; else the store was tampered with. */
async function checkStored(store: Store, digest: string): Promise<void> {
  const parts = await store.read(blobKey(digest));
  const hash = newDigest();
  for await (const part of parts ?? []) hash.update(part);
  if (parts === undefined || hash.digest("hex") !== digest)
    throw altered(store, blobKey(digest), "does not hold the bytes it is named after");
}
