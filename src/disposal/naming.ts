import type { Recorded } from "../evidence/batch.ts";
import { type BlobRef, blobRefs, MANIFEST_TYPE } from "../evidence/blob.ts";
import { type Entry, isKind } from "../evidence/entry.ts";
import { digestOf } from "../lib/digest.ts";
import { Disposals } from "../trust/disposals.ts";
import { Holds } from "../trust/holds.ts";

/** Who names which file, over a whole ledger: what a disposal must list, and what a hold or a term is judged by. */

export interface NamedFile {
  readonly digest: string;
  size: number;
  readonly mediaType: string;
  /** Indexes of every entry that names it, itself or through a list, in no order. */
  readonly entries: Set<number>;
  /** Lists (manifests) that name it. */
  readonly lists: Set<string>;
  /** What it names itself, where it is a list; undefined where it is none, or is gone. */
  contents: readonly string[] | undefined;
  isList: boolean;
}

/** Bytes by digest; undefined for what is not there. */
export type Blob = (digest: string) => Promise<Uint8Array | undefined>;

/** Lists read at once: a bucket answers each after some time. */
const AT_ONCE = 8;
/** Lists named by lists, at most this deep; ours are one deep. */
const MAX_DEPTH = 8;

/** What a ledger says that bears on disposal. */
export class Naming {
  readonly files = new Map<string, NamedFile>();
  /** Entries that name a file, by index. */
  readonly entries = new Map<number, Entry>();
  readonly disposals = new Disposals();
  readonly holds = new Holds();
  /** Entries looked at so far. */
  size = 0;
  readonly #unread = new Set<string>();

  /** Takes in the entries from where it stands, and reads the lists that they name. */
  async follow(entries: AsyncIterable<Recorded>, blob: Blob): Promise<void> {
    for await (const { index, entry } of entries) {
      for (const ref of blobRefs(entry)) this.#note(ref, index, entry);
      if (isKind(entry, "disposal")) this.disposals.add(index, entry);
      this.holds.add(index, entry);
      this.size = index + 1;
    }
    for (let depth = 0; this.#unread.size > 0 && depth < MAX_DEPTH; depth += 1) {
      const lists = [...this.#unread];
      this.#unread.clear();
      for (let from = 0; from < lists.length; from += AT_ONCE) {
        const some = lists.slice(from, from + AT_ONCE);
        await Promise.all(some.map(async (digest) => this.#open(digest, await blob(digest))));
      }
    }
  }

  /** Every entry that names a file, oldest first. */
  records(file: NamedFile): Entry[] {
    return indexesOf(file).flatMap((index) => this.entries.get(index) ?? []);
  }

  #note(ref: BlobRef, index: number, entry: Entry): void {
    this.entries.set(index, entry);
    const file = this.#file(ref);
    file.entries.add(index);
    if (file.isList) this.#spread(file, index, new Set());
  }

  #file({ digest, size, mediaType }: BlobRef): NamedFile {
    let file = this.files.get(digest);
    if (file === undefined) {
      file = { digest, size, mediaType, entries: new Set(), lists: new Set(), contents: undefined, isList: false };
      this.files.set(digest, file);
    }
    if (mediaType === MANIFEST_TYPE && !file.isList) {
      file.isList = true;
      this.#unread.add(digest);
    }
    return file;
  }

  /** What a list names counts as named by an entry that names the list. */
  #spread(list: NamedFile, index: number, seen: Set<string>): void {
    if (seen.has(list.digest)) return;
    seen.add(list.digest);
    for (const digest of list.contents ?? []) {
      const file = this.files.get(digest);
      if (file === undefined) continue;
      file.entries.add(index);
      if (file.isList) this.#spread(file, index, seen);
    }
  }

  #open(digest: string, bytes: Uint8Array | undefined): void {
    const list = this.files.get(digest);
    // Bytes that are not those recorded name nothing, here as in verification.
    if (list === undefined || bytes === undefined || digestOf(bytes) !== digest) return;
    const refs = blobRefs(parse(bytes));
    list.contents = [...new Set(refs.map((ref) => ref.digest))];
    for (const ref of refs) this.#file(ref).lists.add(digest);
    for (const index of list.entries) this.#spread(list, index, new Set());
  }
}

/** Indexes of the entries that name a file, ascending. */
export function indexesOf({ entries }: NamedFile): number[] {
  return [...entries].sort((a, b) => a - b);
}

/** Index of the newest entry that names it; -1 for none. */
export function lastNamed({ entries }: NamedFile): number {
  let last = -1;
  for (const index of entries) if (index > last) last = index;
  return last;
}

function parse(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder().decode(bytes));
  } catch {
    return undefined;
  }
}
