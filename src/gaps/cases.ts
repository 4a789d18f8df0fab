import { type Entry, type EntryOf, isKind } from "../evidence/entry.ts";
import { isProven } from "../evidence/proof.ts";
import { fromIso, type Instant } from "../lib/time.ts";
import { ends } from "../slots/gap.ts";
import type { GapRecord } from "../slots/history.ts";
import { gapRecord } from "../slots/record.ts";

/** The incident that Custody opened for a gap, as far as the records of the log tell of it. */
export interface OpenedCase {
  readonly incident: string;
  /** Somebody, or Custody for somebody, has recorded that it was responded to. */
  readonly responded: boolean;
  readonly withdrawn: boolean;
}

/** A gap that was noted, with all that was noted and decided about it. */
export interface NotedGap {
  readonly gap: string;
  /** The record that noted it first. */
  readonly noted: GapRecord;
  /** What came after that, in the order of the log. */
  readonly later: readonly GapRecord[];
  /** Undefined while there is no incident of Custody's for it. */
  readonly opened: OpenedCase | undefined;
}

interface Building {
  readonly gap: string;
  readonly noted: GapRecord;
  readonly later: GapRecord[];
}

/** How the incident for a gap is called: one gap can have one only, whoever opens it and how often. */
export const caseOf = (gap: string): string => `INC-${gap}`;

/** True for what somebody does about a gap: they have seen it, or accept it until a day. */
export function isAnswer({ action, actor, until }: GapRecord): boolean {
  return actor.type === "person" && (action === "acknowledge" || (action === "accept" && until !== undefined));
}

/** A fold over the entries of a ledger, in their order: gaps as they were noted, and the incidents that were opened for them. */
export class GapCases {
  readonly #gaps = new Map<string, Building>();
  readonly #opened = new Map<string, { -readonly [K in keyof OpenedCase]: OpenedCase[K] }>();
  readonly #said = new Set<string>();
  #changes = 0;

  add(index: number, entry: Entry): void {
    if (isKind(entry, "gap")) {
      this.#changes += 1;
      this.#addRecord(gapRecord(index, fromIso(entry.at), entry));
      return;
    }
    if (entry.kind === "policy") this.#changes += 1;
    if (entry.once?.startsWith("gap:")) this.#said.add(entry.once);
    if (isKind(entry, "incident")) this.#addAct(entry);
  }

  /** Grows with everything that may ask for an incident, or for a word about one. */
  get changes(): number {
    return this.#changes;
  }

  /** Every gap that was noted, by when that was. */
  get all(): readonly NotedGap[] {
    return [...this.#gaps.values()].map((one) => ({ ...one, opened: this.#opened.get(caseOf(one.gap)) }));
  }

  /** True where a record with this key is there. */
  has(once: string): boolean {
    return this.#said.has(once);
  }

  /** The incident that was opened for a gap; undefined where none was. */
  incidentOf(gap: string): string | undefined {
    return this.#opened.get(caseOf(gap))?.incident;
  }

  #addRecord(record: GapRecord): void {
    const known = this.#gaps.get(record.gap);
    if (known !== undefined) known.later.push(record);
    else if (record.action === "open") this.#gaps.set(record.gap, { gap: record.gap, noted: record, later: [] });
  }

  #addAct(entry: EntryOf<"incident">): void {
    const { incident, act, values, actor } = entry;
    const known = this.#opened.get(incident);
    if (known === undefined) {
      if (act === "open" && values?.origin === "custody" && actor.type === "system")
        this.#opened.set(incident, { incident, responded: false, withdrawn: false });
      return;
    }
    if (act === "stamp" && values?.time === "responded") known.responded = true;
    if (act === "withdraw" && isProven(actor) && actor.role === "owner") known.withdrawn = true;
    if (act === "reopen") known.withdrawn = false;
  }
}

/** When a gap was answered first after a record that opened it: by a person, or by its end. Undefined while it is not. */
export function answeredAt(later: readonly GapRecord[]): Instant | undefined {
  return later.find((record) => isAnswer(record) || ends(record))?.at;
}
