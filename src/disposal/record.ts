import type { BlobRef } from "../evidence/blob.ts";
import type { Actor, Draft, EntryOf } from "../evidence/entry.ts";
import { indexesOf, type NamedFile } from "./naming.ts";

type Disposal = EntryOf<"disposal">;
type Item = Disposal["items"][number];

/** Limits of the entry's kind. */
const MAX_INDEXES = 256;
const MAX_ITEMS = 64;
/** Indexes in one entry: with 64 digests and up to 12 digits each well below the size of an entry. */
const MAX_INDEXES_IN_ENTRY = 3_000;

export interface DisposalCause {
  readonly reason: Disposal["reason"];
  readonly authority: string;
  readonly body?: BlobRef | undefined;
}

/** The `disposal` entries for these files: every entry that names one is listed, over several items and entries where need be. */
export function disposalDrafts(files: readonly NamedFile[], cause: DisposalCause, actor: Actor): Draft[] {
  const items = files.flatMap(itemsOf);
  const groups: Item[][] = [];
  let room = 0;
  for (const item of items) {
    const last = groups.at(-1);
    if (last === undefined || last.length === MAX_ITEMS || item.entries.length > room) {
      groups.push([item]);
      room = MAX_INDEXES_IN_ENTRY - item.entries.length;
    } else {
      last.push(item);
      room -= item.entries.length;
    }
  }
  const { reason, authority, body } = cause;
  return groups.map((group) => ({
    kind: "disposal",
    actor,
    items: group,
    reason,
    authority,
    ...(body === undefined ? {} : { body }),
  }));
}

function itemsOf(file: NamedFile): Item[] {
  const { digest, size } = file;
  const entries = indexesOf(file);
  const items: Item[] = [];
  for (let from = 0; from < entries.length; from += MAX_INDEXES)
    items.push({ digest, size, entries: entries.slice(from, from + MAX_INDEXES) });
  return items;
}
