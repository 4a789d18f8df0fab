import type { Recorded } from "../evidence/batch.ts";
import type { BlobRef } from "../evidence/blob.ts";
import { type Entry, type EntryOf, isKind } from "../evidence/entry.ts";
import { History } from "../slots/history.ts";
import { type Hash, leafHash } from "../tlog/merkle.ts";
import type { HeadRecord } from "../trust/anchor.ts";
import { Disposals } from "../trust/disposals.ts";
import { type KeyRecord, MAX_STATEMENTS } from "../trust/keyring.ts";

/** Records of one kind that are kept; whoever holds the key can sign any number, nobody needs more. */
const MAX_KEPT = 20_000;
/** Configurations that are looked into for keys of witnesses. */
const MAX_CONFIGS = 20;

/** Every second one of the heads goes when there are too many: the first stays, and the newest are all there. */
function thin<T>(list: T[]): void {
  if (list.length >= MAX_KEPT) list.splice(0, list.length, ...list.filter((_, i) => i % 2 === 0));
}

/** The log that another one goes on from: its newest head that was known, and why it ended. */
export type Predecessor = Pick<NonNullable<EntryOf<"genesis">["predecessor"]>, "origin" | "size" | "root" | "reason">;

/** A record as it was read, and the leaf that its bytes give: by that it is told whether it is the signed one. */
interface Read<E> {
  readonly index: number;
  readonly entry: E;
  readonly leaf: Hash;
}

/** Whether the record at this index, read with this leaf, is the one that was signed. */
export type IsSigned = (index: number, leaf: Hash) => boolean;

/** What the records say that verification itself goes by. */
export class Said {
  readonly history = new History();
  readonly keys: KeyRecord[] = [];
  predecessor: Predecessor | undefined;
  readonly #disposals: Read<EntryOf<"disposal">>[] = [];
  readonly #heads: Read<EntryOf<"head">>[] = [];
  readonly #configs: { readonly index: number; readonly ref: BlobRef }[] = [];
  readonly #named = new Set<string>();

  add({ index, entry, bytes }: Pick<Recorded, "index" | "entry" | "bytes">): void {
    this.history.add(index, entry);
    if (index === 0 && isKind(entry, "genesis")) {
      this.predecessor = entry.predecessor;
      this.#named.add(entry.key);
    }
    if (isKind(entry, "disposal")) this.#disposals.push({ index, entry, leaf: leafHash(bytes) });
    else if (isKind(entry, "key")) this.#state(index, entry);
    else if (isKind(entry, "head")) {
      thin(this.#heads);
      this.#heads.push({ index, entry, leaf: leafHash(bytes) });
    } else if (isKind(entry, "config")) {
      if (this.#configs.length >= MAX_CONFIGS) this.#configs.shift();
      this.#configs.push({ index, ref: entry.config });
    }
  }

  /** True where some record speaks of this key: as that of the log, or as one that states or is stated about. */
  namesKey(vkey: string): boolean {
    return this.#named.has(vkey);
  }

  /** The newest configurations, the newest one first. */
  get configs(): readonly { readonly index: number; readonly ref: BlobRef }[] {
    return [...this.#configs].reverse();
  }

  /** Those of the disposals for which this holds. */
  disposals(isSigned: IsSigned): Disposals {
    return gathered(this.#disposals, isSigned, new Disposals(), (all, index, entry) => all.add(index, entry));
  }

  /** Those of the heads for which this holds, in their order. */
  heads(isSigned: IsSigned): HeadRecord[] {
    return gathered(this.#heads, isSigned, [] as HeadRecord[], (all, index, entry) => all.push({ index, entry }));
  }

  #state(index: number, entry: EntryOf<"key">): void {
    if (this.keys.length > MAX_STATEMENTS) return;
    this.keys.push({ index, entry });
    for (const vkey of [entry.key, ...(entry.signatures ?? []).map(({ key }) => key)]) this.#named.add(vkey);
  }
}

function gathered<E extends Entry, A>(
  read: readonly Read<E>[],
  isSigned: IsSigned,
  all: A,
  add: (all: A, index: number, entry: E) => unknown,
): A {
  for (const { index, entry, leaf } of read) if (isSigned(index, leaf)) add(all, index, entry);
  return all;
}
