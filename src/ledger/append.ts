import { encodeBatch, type Link, parseBatch, type Recorded } from "../evidence/batch.ts";
import { type Draft, type Entry, encodeEntry, MAX_BATCH_BYTES, MAX_BATCH_ENTRIES } from "../evidence/entry.ts";
import type { Clock } from "../lib/clock.ts";
import { digestOf, sameBytes } from "../lib/digest.ts";
import { CustodyError } from "../lib/errors.ts";
import { iso } from "../lib/time.ts";
import { claim } from "./claim.ts";
import type { LedgerParts } from "./ledger.ts";
import type { Log } from "./log.ts";
import type { Seal } from "./seal.ts";
import type { Keys } from "./signing.ts";

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

/** The last moment that a record can spell, as a clock that has lost its mind may say any. */
const END_OF_TIME = Date.parse("9999-12-31T23:59:59.999Z");

/** The time of day for a record. Throws CLOCK_WRONG for one that no record can spell: it would be left out without a word. */
export function timeForRecord(clock: Clock): number {
  const now = clock.now();
  if (now >= 0 && now <= END_OF_TIME) return now;
  throw new CustodyError(
    "CLOCK_WRONG",
    `this machine's clock says ${now} ms since 1970, which is no date of a record`,
    {
      remedy: "Set the clock, then run the same command again. Nothing was written.",
    },
  );
}

/** A draft that makes a valid entry, what the clock said when it was handed in, and at most how many bytes its entry has. */
export interface Checked {
  readonly draft: Draft;
  readonly now: number;
  readonly size: number;
}

/** Entries that continue the log. `at` never goes back; the clock's own reading stands beside it when it differs. */
export function buildEntries(drafts: readonly Checked[], link: Link, software: string, seal: Seal): Recorded[] {
  let { index, prev, at } = link;
  const contents = drafts.map(({ draft, now }) => {
    const clock = iso(now);
    if (clock > at) at = clock;
    const behind = Date.parse(at) - now > CLOCK_NOTE_ABOVE;
    const { prev: _prev, batch: _batch, ...said } = draft as Draft & { prev?: unknown; batch?: unknown };
    return { ...said, v: 1, index: index++, at, ...(behind ? { clock } : {}), software };
  });
  const batch = seal.make(prev, contents);
  return contents.map((content) => {
    const entry = { ...content, prev, batch } as Entry;
    const bytes = encodeEntry(entry);
    prev = digestOf(bytes);
    return { index: entry.index, digest: prev, bytes, entry };
  });
}

/** True for what fits one batch: all of it or nothing. */
export function fits(drafts: readonly Checked[]): boolean {
  // Each entry ends in a line feed.
  const bytes = drafts.reduce((sum, { size }) => sum + size + 1, 0);
  return drafts.length <= MAX_BATCH_ENTRIES && bytes <= MAX_BATCH_BYTES;
}

/** Splits a list into as few groups as the test allows, in order. What does not fit alone stands alone. */
export function group<T>(items: readonly T[], fit: (group: readonly T[]) => boolean): T[][] {
  const groups: T[][] = [];
  for (const item of items) {
    const last = groups.at(-1);
    if (last && fit([...last, item])) last.push(item);
    else groups.push([item]);
  }
  return groups;
}

/**
 * Commits drafts that fit a batch: claims the next place in `seq/`, and when somebody else was first takes their batch in
 * and tries the place after it. The claim is the commit point; nothing under `tile/` is written here. `taken` may be left
 * out when no draft has a key. Throws STORE_UNREACHABLE when the outcome stays unknown: the batch may still be there, which
 * the next call finds.
 */
export async function commit(
  { store, clock, software }: Pick<LedgerParts, "store" | "clock" | "software">,
  keys: Keys,
  log: Log,
  drafts: readonly Checked[],
  taken: Taken | undefined,
): Promise<Appended[]> {
  for (;;) {
    const fresh = firstOfEach(drafts, taken);
    if (fresh.length === 0) return answer(drafts, new Map(), taken);
    const entries = buildEntries(fresh, log.link, software, await keys.seal());
    const bytes = encodeBatch(entries.map((e) => e.bytes));
    // Nobody could read it, and nobody could ever take it away.
    if (bytes.length > MAX_BATCH_BYTES) throw new CustodyError("BUG", `a batch of ${bytes.length} bytes`);
    const there = await claim(store, log.nextKey, bytes, clock);
    const mine = sameBytes(there, bytes);
    takeIn(log, mine ? entries : await keys.requireSealed(store, parseBatch(there, log.link)), taken);
    if (mine) return answer(drafts, new Map(fresh.map((draft, i) => [draft, entries[i]])), taken);
  }
}

/** Applies entries to the log and notes their idempotency keys. */
export function takeIn(log: Log, entries: readonly Recorded[], taken: Taken | undefined): void {
  log.apply(entries);
  if (taken) for (const recorded of entries) noteKey(taken, recorded);
}

/** The first holder counts, should a foreign writer ever have used a key twice. */
export function noteKey(taken: Taken, { index, digest, entry: { once } }: Recorded): void {
  if (once !== undefined && !taken.has(once)) taken.set(once, { index, digest });
}

/** Those without a key, and of each key that is not taken the first. */
function firstOfEach(drafts: readonly Checked[], taken: Taken | undefined): Checked[] {
  const seen = new Set<string>();
  return drafts.filter(({ draft: { once } }) => {
    if (once === undefined) return true;
    if (taken?.has(once) || seen.has(once)) return false;
    seen.add(once);
    return true;
  });
}

function answer(
  drafts: readonly Checked[],
  added: ReadonlyMap<Checked, Recorded | undefined>,
  taken: Taken | undefined,
): Appended[] {
  return drafts.map((checked) => {
    const own = added.get(checked);
    const found = own ?? taken?.get(checked.draft.once ?? "");
    if (found === undefined) throw new CustodyError("BUG", "an appended entry has no place");
    return { index: found.index, digest: found.digest, repeated: own === undefined };
  });
}
