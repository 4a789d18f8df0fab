import { randomBytes } from "node:crypto";
import { encodeBatch, parseBatch, type Recorded } from "../evidence/batch.ts";
import { type Draft, encodeEntry, type Entry, MAX_BATCH_BYTES, MAX_BATCH_ENTRIES } from "../evidence/entry.ts";
import type { Clock } from "../lib/clock.ts";
import { digestOf, sameBytes } from "../lib/digest.ts";
import { CustodyError } from "../lib/errors.ts";
import { iso } from "../lib/time.ts";
import type { Store } from "../store/store.ts";
import { claim } from "./claim.ts";
import type { Log } from "./log.ts";

export interface Appended {
  readonly index: number;
  /** SHA-256 of the entry's bytes. */
  readonly digest: string;
  /** The idempotency key was taken before: `index` and `digest` are those of the earlier entry, nothing was added. */
  readonly repeated: boolean;
}

/** Idempotency keys of the log, and the entries that hold them. */
export type Taken = Map<string, { readonly index: number; readonly digest: string }>;

/** Differences between the machine's clock and the record's time below this are not worth a field. */
const CLOCK_NOTE_ABOVE = 1_000;

/** A draft, and what the clock said when it was handed in. */
export interface Timed {
  readonly draft: Draft;
  readonly now: number;
}

/** Drafts as entries that continue the log. `at` never goes back; the clock's own reading stands beside it when it differs. */
function build(drafts: readonly Timed[], log: Log, software: string): Recorded[] {
  const batch = randomBytes(16).toString("hex");
  let { index, prev, at } = log.link;
  return drafts.map(({ draft, now }) => {
    const clock = iso(now);
    at = clock > at ? clock : at;
    const behind = Date.parse(at) - now > CLOCK_NOTE_ABOVE;
    const entry = { v: 1, index, prev, batch, at, ...(behind ? { clock } : {}), software, ...draft } as Entry;
    const bytes = encodeEntry(entry);
    const digest = digestOf(bytes);
    const recorded = { index, digest, bytes, entry };
    index += 1;
    prev = digest;
    return recorded;
  });
}

/** Splits drafts so that each part fits a batch; one call that fits is one batch, all of it or nothing. */
export function fitBatches(drafts: readonly Timed[]): Timed[][] {
  const parts: Timed[][] = [];
  let bytes = 0;
  for (const timed of drafts) {
    const size = batchBytes(timed.draft);
    const last = parts.at(-1);
    if (last === undefined || last.length === MAX_BATCH_ENTRIES || bytes + size > MAX_BATCH_BYTES) {
      parts.push([timed]);
      bytes = size;
    } else {
      last.push(timed);
      bytes += size;
    }
  }
  return parts;
}

/** At least what a draft takes in a batch: the common fields that the ledger adds stay below 1 KiB. */
function batchBytes(draft: Draft): number {
  return Buffer.byteLength(JSON.stringify(draft)) + 1024;
}

/**
 * Commits drafts as one batch: claims the next place in `seq/`, and when somebody else was first takes their batch in and
 * tries the place after it. The claim is the commit point; nothing under `tile/` is written here.
 * Throws STORE_UNREACHABLE when the outcome stays unknown: the batch may still be there, which the next call finds.
 */
export async function commit(
  store: Store,
  log: Log,
  drafts: readonly Timed[],
  taken: Taken | undefined,
  clock: Clock,
  software: string,
): Promise<Appended[]> {
  for (;;) {
    const fresh = firstOfEach(drafts, taken);
    if (fresh.length === 0) return answer(drafts, taken, []);
    const entries = build(fresh, log, software);
    const bytes = encodeBatch(entries.map((e) => e.bytes));
    if (bytes.length > MAX_BATCH_BYTES) throw new CustodyError("INPUT_TOO_LARGE", `a batch of ${bytes.length} bytes; at most ${MAX_BATCH_BYTES}`);
    const there = await claim(store, log.nextKey, bytes, clock);
    const mine = sameBytes(there, bytes);
    takeIn(log, mine ? entries : parseBatch(there, log.link), taken);
    if (mine) return answer(drafts, taken, entries);
  }
}

/** Applies entries to the log and notes their idempotency keys. */
export function takeIn(log: Log, entries: readonly Recorded[], taken: Taken | undefined): void {
  log.apply(entries);
  if (taken === undefined) return;
  for (const { index, digest, entry } of entries) {
    // The first holder counts, should a foreign writer ever have used a key twice.
    if (entry.once !== undefined && !taken.has(entry.once)) taken.set(entry.once, { index, digest });
  }
}

function firstOfEach(drafts: readonly Timed[], taken: Taken | undefined): Timed[] {
  const seen = new Set<string>();
  return drafts.filter(({ draft: { once } }) => {
    if (once === undefined) return true;
    if (taken?.has(once) || seen.has(once)) return false;
    seen.add(once);
    return true;
  });
}

function answer(drafts: readonly Timed[], taken: Taken | undefined, added: readonly Recorded[]): Appended[] {
  const unkeyed = added.filter((e) => e.entry.once === undefined);
  const own = new Map(added.flatMap((e) => (e.entry.once === undefined ? [] : [[e.entry.once, e] as const])));
  return drafts.map(({ draft: { once } }) => {
    const mine = once === undefined ? unkeyed.shift() : own.get(once);
    if (once !== undefined) own.delete(once);
    const found = mine ?? (once === undefined ? undefined : taken?.get(once));
    if (found === undefined) throw new CustodyError("BUG", "an appended entry has no place");
    return { index: found.index, digest: found.digest, repeated: mine === undefined };
  });
}
