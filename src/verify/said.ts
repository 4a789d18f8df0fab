import { type Entry, isKind } from "../evidence/entry.ts";
import { History } from "../slots/history.ts";
import type { HeadRecord } from "../trust/anchor.ts";
import { Disposals } from "../trust/disposals.ts";
import type { KeyRecord } from "../trust/keyring.ts";

/** Records of one kind that are kept; whoever holds the key can sign any number, nobody needs more. */
const MAX_KEPT = 20_000;

/** What the records say that verification itself goes by. */
export class Said {
  readonly history = new History();
  readonly disposals = new Disposals();
  readonly keys: KeyRecord[] = [];
  readonly heads: HeadRecord[] = [];

  add(index: number, entry: Entry): void {
    this.history.add(index, entry);
    if (isKind(entry, "disposal")) this.disposals.add(index, entry);
    else if (isKind(entry, "key")) keep(this.keys, { index, entry });
    else if (isKind(entry, "head")) keep(this.heads, { index, entry });
  }
}

function keep<T>(list: T[], one: T): void {
  if (list.length < MAX_KEPT) list.push(one);
}
