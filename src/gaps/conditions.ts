import { type Entry, type EntryOf, isKind } from "../evidence/entry.ts";
import { fromIso, type Instant, iso } from "../lib/time.ts";
import { gapId } from "../slots/gap.ts";
import type { GapRecord } from "../slots/history.ts";
import { gapRecord } from "../slots/record.ts";
import { type Signal, signalOf } from "./signal.ts";

/** Something about Custody itself that is or was bad, from the entry that began it on. */
export interface Condition {
  readonly id: string;
  readonly instance: string;
  readonly requirement: string;
  readonly from: Instant;
  /** How often it became bad: what comes back soon is the same condition. */
  readonly times: number;
  /** Since when it is good; none while it is bad. */
  readonly goodSince: Instant | undefined;
  readonly cause: string | undefined;
  /** Nothing that comes later belongs to it. */
  readonly over: boolean;
  /** What was noted and decided about it, in the order of the ledger. */
  readonly records: readonly GapRecord[];
}

interface RevokedKey {
  readonly of: Building;
  /** Records must be attested. */
  readonly stolen: boolean;
  /** A person has attested them, or seen that it was lost. */
  seen: boolean;
}

type Building = { -readonly [K in keyof Condition]: Condition[K] } & { records: GapRecord[] };

const DAY = 24 * 3_600_000;
/** What follows from slots, and is not folded here. */
const OF_COLLECTORS: ReadonlySet<string> = new Set(["cadence", "first"]);

/**
 * How long a condition must be good before its end is told: one that comes back earlier is the same one. None for what
 * is of the top level: there each time is told.
 */
export function settleTime(requirement: string): number {
  return requirement === "integrity" || requirement === "key" ? 0 : DAY;
}

/**
 * A fold over the entries of a ledger, in their order, from the first one: conditions of Custody itself. They are bad
 * from the first entry that says so to the first that says otherwise; a revoked key until a person attested what was signed
 * with it, or, where nobody else had it, until a person has seen it. It holds no clock.
 */
export class Conditions {
  readonly #all = new Map<string, Building>();
  readonly #newest = new Map<string, Building>();
  readonly #revoked = new Map<string, RevokedKey>();

  /** Every condition there ever was, oldest first. */
  get all(): readonly Condition[] {
    return [...this.#all.values()];
  }

  /** Takes the next entry, at this index of the ledger. */
  add(index: number, entry: Entry): void {
    const at = fromIso(entry.at);
    if (isKind(entry, "gap")) this.#addRecord(gapRecord(index, at, entry));
    else if (isKind(entry, "key")) this.#addKey(at, entry);
    else {
      const signal = signalOf(entry);
      if (signal !== undefined) this.#addSignal(at, signal);
    }
  }

  #addSignal(at: Instant, { instance, requirement, bad, cause }: Signal): void {
    const name = `${requirement} ${instance}`;
    const last = this.#newest.get(name);
    const settled = last?.goodSince !== undefined && at - last.goodSince >= settleTime(requirement);
    if (last === undefined || last.over || settled) {
      if (last) last.over = true;
      if (bad) this.#newest.set(name, this.#begin(instance, requirement, at, cause));
    } else if (bad) {
      if (last.goodSince !== undefined) last.times += 1;
      last.goodSince = undefined;
      last.cause = cause;
    } else last.goodSince ??= at;
  }

  #addKey(at: Instant, entry: EntryOf<"key">): void {
    const known = this.#revoked.get(entry.key);
    if (entry.action === "revoke" && known === undefined) {
      const of = this.#begin("custody", "key", at, entry.reason ?? "compromised");
      this.#revoked.set(entry.key, { of, stolen: entry.compromisedSince !== undefined, seen: false });
    }
    if (entry.action === "attest" && known !== undefined) this.#seeKey(known, at);
  }

  #seeKey(key: RevokedKey, at: Instant): void {
    key.seen = true;
    if ([...this.#revoked.values()].every(({ of, seen }) => of !== key.of || seen)) key.of.goodSince ??= at;
  }

  #addRecord(record: GapRecord): void {
    if (OF_COLLECTORS.has(record.requirement)) return;
    const known = this.#all.get(record.gap);
    // What another version or part noted is shown as it was noted.
    const of = known ?? (record.action === "open" ? this.#noted(record) : undefined);
    if (of === undefined || of.requirement !== record.requirement) return;
    of.records.push(record);
    if (record.action === "close" || record.action === "close-late") {
      of.goodSince ??= record.at;
      of.over = true;
    }
    if (record.action !== "acknowledge" || record.actor.type !== "person") return;
    for (const key of this.#revoked.values()) if (key.of === of && !key.stolen) this.#seeKey(key, record.at);
  }

  #noted({ gap, instance, requirement, window, cause }: GapRecord): Building {
    const condition = blank(gap, instance, requirement, window.from, cause);
    this.#all.set(gap, condition);
    return condition;
  }

  #begin(instance: string, requirement: string, at: Instant, cause: string | undefined): Building {
    const id = gapId(instance, requirement, iso(at));
    const known = this.#all.get(id);
    const condition = known ?? blank(id, instance, requirement, at, cause);
    this.#all.set(id, condition);
    // Two that begin at the same moment, as by a clock that was set back, have one ID, and are one.
    if (known?.goodSince !== undefined) {
      known.times += 1;
      known.goodSince = undefined;
      known.cause = cause;
      known.over = false;
    }
    return condition;
  }
}

function blank(id: string, instance: string, requirement: string, from: Instant, cause: string | undefined): Building {
  return { id, instance, requirement, from, times: 1, goodSince: undefined, cause, over: false, records: [] };
}
