import { parseBatchKey } from "../evidence/batch.ts";
import { blobKey } from "../evidence/blob.ts";
import { isDigest, sameBytes } from "../lib/digest.ts";
import { CustodyError } from "../lib/errors.ts";
import { type Copied, copyBytes, copyHashed, eachAtOnce } from "../store/copy.ts";
import { quote } from "../store/key.ts";
import type { Store, StoredObject } from "../store/store.ts";
import { type Checkpoint, parseCheckpoint } from "../tlog/checkpoint.ts";
import { parseTileKey } from "../tlog/tile.ts";
import { altered, requireContinued } from "./contradiction.ts";

/** Objects under way at once. */
const LANES = 8;
/** How often what came meanwhile is copied after it, before the source is said to be too busy. */
const MAX_ROUNDS = 5;
const MAX_NAMED = 20;

export interface DuplicateParts {
  readonly source: Store;
  readonly target: Store;
  readonly signal?: AbortSignal;
  readonly progress?: (objects: number) => void;
}

export interface Duplicated {
  /** Of the checkpoint that the target has now. */
  readonly size: number;
  /** Objects that were not there and are now. */
  readonly copied: number;
  /** Names in the source that are none of a ledger; not copied. */
  readonly strays: readonly string[];
  /** Files of the source whose bytes are not those of their name; not copied. */
  readonly damaged: readonly string[];
}

/**
 * Copies a whole ledger from place to place, object by object, the checkpoint last: until then no Custody takes the target
 * for a store. What lies there already is compared and never overwritten, so it can be run again after it was stopped.
 * Throws STORE_EXISTS for a target that holds anything else, ABORTED when the source does not come to rest.
 */
export class Duplicate {
  readonly #parts: DuplicateParts;
  /** Keys that are known to be in the target with the same bytes. */
  readonly #settled = new Set<string>();
  readonly #strays = new Set<string>();
  readonly #damaged = new Set<string>();
  #copied = 0;

  constructor(parts: DuplicateParts) {
    this.#parts = parts;
  }

  /** Throws STORE_EXISTS unless all that the target holds is of this very ledger. Call it first. */
  async checkTarget(): Promise<void> {
    const { source, target } = this.#parts;
    const left = new Set<string>();
    for await (const { key } of target.list("")) left.add(key);
    if (left.size === 0) return;
    const bytes = await target.get("checkpoint");
    const ours = await readCheckpointOf(source);
    const held = bytes && parseCheckpoint(bytes);
    if (bytes !== undefined && held?.origin !== ours.origin)
      throw occupied(target, `another log: ${held === undefined ? "no readable checkpoint" : quote(held.origin)}`);
    if (held !== undefined) {
      await requireContinued(source, held, target.place, ours).catch((cause: unknown) => {
        throw occupied(target, `${held.size} records that ${source.place} does not continue`, cause);
      });
    }
    left.delete("checkpoint");
    for await (const { key } of source.list("")) left.delete(key);
    const [foreign] = left;
    if (foreign !== undefined) throw occupied(target, `${quote(foreign)}, which ${source.place} does not have`);
  }

  /** Copies until nothing new is found, then puts the checkpoint. Again after a while it copies what came meanwhile. */
  async run(): Promise<Duplicated> {
    const { source, target } = this.#parts;
    for (let round = 1; ; round += 1) {
      const before = await readCheckpointOf(source);
      const fresh = await this.#round();
      const after = await readCheckpointOf(source);
      if (fresh === 0 && sameBytes(before.bytes, after.bytes)) {
        await putCheckpoint(target, after.bytes);
        return { size: after.size, copied: this.#copied, strays: [...this.#strays], damaged: [...this.#damaged] };
      }
      if (round === MAX_ROUNDS) {
        throw new CustodyError(
          "ABORTED",
          `${source.place} does not come to rest: after ${round} rounds there still was something new`,
          {
            remedy:
              "Stop `custody serve` and whatever else writes to it, then run the same command again; it goes on where it was.",
          },
        );
      }
    }
  }

  /** Everything that is not settled, in the order in which a writer makes it. Returns how many objects were new. */
  async #round(): Promise<number> {
    let fresh = 0;
    for (const prefix of ["blob/", "seq/", "tile/"]) {
      await eachAtOnce(
        this.#parts.source.list(prefix),
        LANES,
        async (object) => {
          if (this.#settled.has(object.key)) return;
          this.#settled.add(object.key);
          fresh += 1;
          await this.#copy(object);
          this.#parts.progress?.(this.#settled.size);
        },
        this.#parts.signal,
      );
    }
    for await (const { key } of this.#parts.source.list(""))
      if (key !== "checkpoint" && !/^(blob|seq|tile)\//.test(key)) note(this.#strays, key);
    return fresh;
  }

  async #copy({ key, size, instead }: StoredObject): Promise<void> {
    const { source, target } = this.#parts;
    const digest = key.slice(key.lastIndexOf("/") + 1);
    const isBlob = isDigest(digest) && key === blobKey(digest);
    if (instead !== undefined || (!isBlob && parseBatchKey(key) === undefined && parseTileKey(key) === undefined))
      return note(this.#strays, key);
    const done = isBlob ? await copyHashed(source, target, key, { digest, size }) : await this.#copyWhole(key);
    if (done === "differs") throw occupied(target, `${key} with other bytes than ${source.place}`);
    if (done === "missing" || done === "altered") note(this.#damaged, key);
    else if (done === "copied") this.#copied += 1;
  }

  async #copyWhole(key: string): Promise<Copied | "missing"> {
    const bytes = await this.#parts.source.get(key);
    return bytes === undefined ? "missing" : copyBytes(this.#parts.target, key, bytes);
  }
}

function note(names: Set<string>, name: string): void {
  if (names.size < MAX_NAMED) names.add(name);
}

async function readCheckpointOf(source: Store): Promise<Checkpoint & { readonly bytes: Uint8Array }> {
  const bytes = await source.get("checkpoint");
  const checkpoint = bytes && parseCheckpoint(bytes);
  if (bytes === undefined || checkpoint === undefined) throw altered(source, "checkpoint", "is missing or is none");
  return { ...checkpoint, bytes };
}

async function putCheckpoint(target: Store, bytes: Uint8Array): Promise<void> {
  const there = await target.get("checkpoint");
  if (there !== undefined && sameBytes(there, bytes)) return;
  await target.replace("checkpoint", bytes);
  const after = await target.get("checkpoint");
  if (after === undefined || !sameBytes(after, bytes))
    throw altered(target, "checkpoint", "does not stay as it was put");
}

function occupied(target: Store, found: string, cause?: unknown): CustodyError {
  return new CustodyError("STORE_EXISTS", `${target.place} holds ${found}`, {
    cause,
    remedy: "Name an empty place. Nothing there was overwritten.",
  });
}
