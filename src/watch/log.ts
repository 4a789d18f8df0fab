import type { BlobRef } from "../evidence/blob.ts";
import { type Entry, type EntryOf, isKind } from "../evidence/entry.ts";
import { fromIso, type Instant } from "../lib/time.ts";

export type Check = EntryOf<"self-check">["check"];

/** What Custody found when it looked after itself, as the log has it. */
export interface SelfCheck {
  readonly index: number;
  readonly at: Instant;
  readonly check: Check;
  readonly result: "good" | "bad" | "unknown";
  readonly started: Instant;
  readonly ended: Instant;
  readonly codes: readonly string[];
  readonly value: number | undefined;
  readonly size: number | undefined;
  readonly body: BlobRef | undefined;
}

/** Of the disk so many are kept: a month, if one is made a day. */
const KEPT = 40;

/** A fold over the entries of a ledger, in their order: the newest of each check, and those of the disk. It holds no clock. */
export class WatchLog {
  readonly #newest = new Map<Check, SelfCheck>();
  readonly #newestKnown = new Map<Check, SelfCheck>();
  readonly #deliveries = new Map<string, { channel: string; delivered: number; failed: number }>();
  #disks: SelfCheck[] = [];

  /** How many notices were brought to each channel, and how many could not be. */
  get deliveries(): readonly { readonly channel: string; readonly delivered: number; readonly failed: number }[] {
    return [...this.#deliveries.values()];
  }

  /** The newest of every check that came to a result. */
  get results(): readonly SelfCheck[] {
    return [...this.#newestKnown.values()];
  }

  /** The newest of a check, whatever came of it. */
  newest(check: Check): SelfCheck | undefined {
    return this.#newest.get(check);
  }

  /** The newest that came to a result. */
  newestKnown(check: Check): SelfCheck | undefined {
    return this.#newestKnown.get(check);
  }

  /** The newest of the disk, oldest first. */
  get disks(): readonly SelfCheck[] {
    return this.#disks;
  }

  add(index: number, entry: Entry): void {
    if (isKind(entry, "delivery")) {
      const { channel, outcome } = entry;
      const of = this.#deliveries.get(channel) ?? { channel, delivered: 0, failed: 0 };
      of[outcome] += 1;
      this.#deliveries.set(channel, of);
    }
    if (!isKind(entry, "self-check")) return;
    const { check, result, codes = [], value, seen, body } = entry;
    const one: SelfCheck = {
      index,
      at: fromIso(entry.at),
      check,
      result,
      started: fromIso(entry.started),
      ended: fromIso(entry.ended),
      codes,
      value,
      size: seen?.size,
      body,
    };
    this.#newest.set(check, one);
    if (result !== "unknown") this.#newestKnown.set(check, one);
    if (check === "disk") this.#disks = [...this.#disks, one].slice(-KEPT);
  }
}
