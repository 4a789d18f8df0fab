import { type Entry, type EntryOf, isKind } from "../evidence/entry.ts";
import { History } from "../slots/history.ts";
import type { HeadRecord } from "../trust/anchor.ts";
import { Disposals } from "../trust/disposals.ts";
import { type KeyRecord, MAX_STATEMENTS } from "../trust/keyring.ts";

/** Records of one kind that are kept; whoever holds the key can sign any number, nobody needs more. */
const MAX_KEPT = 20_000;

/** Every second one of the heads goes when there are too many: the first stays, and the newest are all there. */
function thin<T>(list: T[]): void {
  if (list.length >= MAX_KEPT) list.splice(0, list.length, ...list.filter((_, i) => i % 2 === 0));
}

/** The log that another one goes on from: its newest head that was known, and why it ended. */
export type Predecessor = Pick<NonNullable<EntryOf<"genesis">["predecessor"]>, "origin" | "size" | "root" | "reason">;

/** What the records say that verification itself goes by. */
export class Said {
  readonly history = new History();
  readonly disposals = new Disposals();
  readonly keys: KeyRecord[] = [];
  readonly heads: HeadRecord[] = [];
  predecessor: Predecessor | undefined;

  add(index: number, entry: Entry): void {
    this.history.add(index, entry);
    if (index === 0 && isKind(entry, "genesis")) this.predecessor = entry.predecessor;
    if (isKind(entry, "disposal")) this.disposals.add(index, entry);
    else if (isKind(entry, "key")) keep(this.keys, { index, entry }, MAX_STATEMENTS + 1);
    else if (isKind(entry, "head")) {
      thin(this.heads);
      this.heads.push({ index, entry });
    }
  }
}

function keep<T>(list: T[], one: T, most: number): void {
  if (list.length < most) list.push(one);
}
