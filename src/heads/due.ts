import { type Entry, isKind } from "../evidence/entry.ts";
import { fromIso, type Instant } from "../lib/time.ts";

/** Which heads leave when; pure. All of it follows from the ledger, but for what went wrong last. */

/** The newest head that a target has, as its record says. */
export interface LastSent {
  /** Index of the record. */
  readonly index: number;
  readonly size: number;
  /** Base64. */
  readonly root: string;
  readonly sent: Instant;
  /** Digests of what was kept. */
  readonly checkpoint?: string;
  readonly receipt?: string;
}

/** What the ledger says about heads that left; fed with its entries in order. */
export class HeadLog {
  readonly #last = new Map<string, LastSent>();
  #newest = -1;

  add(index: number, entry: Entry): void {
    if (entry.kind !== "head") this.#newest = index;
    if (!isKind(entry, "head") || entry.target === undefined || entry.use === undefined) return;
    this.#last.set(name(entry.target, entry.use), {
      index,
      size: entry.size,
      root: entry.root,
      sent: fromIso(entry.sent ?? entry.at),
      ...(entry.checkpoint === undefined ? {} : { checkpoint: entry.checkpoint.digest }),
      ...(entry.receipt === undefined ? {} : { receipt: entry.receipt.digest }),
    });
  }

  /** Where a target was given another kind meanwhile, it is another target. */
  last(target: string, use: string): LastSent | undefined {
    return this.#last.get(name(target, use));
  }

  /** True when there is a record that is none of a head behind these first records: heads alone never make one due. */
  isNewSince(size: number): boolean {
    return this.#newest >= size;
  }
}

const name = (target: string, use: string): string => `${use} ${target}`;

/** A configured target as far as time goes. */
export interface Rhythm {
  readonly id: string;
  /** Milliseconds. */
  readonly every: number;
  readonly last: LastSent | undefined;
  /** There is something that it has not. */
  readonly isNew: boolean;
  /** Up to when what it gave last stands; undefined where nothing runs out, `lapsed` where it does not stand at all. */
  readonly ends?: Instant | "lapsed";
}

/** What went wrong since it last went well. */
export interface Trouble {
  readonly failures: number;
  readonly at: Instant;
  readonly code: string;
  readonly message: string;
  /** It is not asked before: it answered, and had nothing better. */
  readonly until?: Instant | undefined;
}

/** `new`: it has not the newest records. `renew`: what it gave ends soon, whether or not there is anything new. */
export type Why = "new" | "renew";

/** A time stamp is made again this long before it ends: long enough for every holiday. */
export const RENEW_BEFORE = 30 * 24 * 60 * 60_000;
const FIRST_WAIT = 60_000;
const LONGEST_WAIT = 60 * 60_000;

/** Why a head is to be sent now; undefined when it is not. */
export function whyDue(rhythm: Rhythm, trouble: Trouble | undefined, now: Instant): Why | undefined {
  const due = nextAttempt(rhythm, trouble, now);
  return due !== undefined && now >= due.at ? due.why : undefined;
}

/** When a head is sent, or tried again, next as things stand; undefined while there is nothing to send. */
export function nextDue(rhythm: Rhythm, trouble: Trouble | undefined, now: Instant): Instant | undefined {
  return nextAttempt(rhythm, trouble, now)?.at;
}

function nextAttempt(
  rhythm: Rhythm,
  trouble: Trouble | undefined,
  now: Instant,
): { at: Instant; why: Why } | undefined {
  const due = dueSince(rhythm, now);
  if (due === undefined || trouble === undefined || trouble.at > now) return due;
  const rested = restsUntil(trouble);
  // What was begun before its time, by hand, and failed is not left until its time comes.
  const begun = due.why === "new" && trouble.until === undefined;
  return { ...due, at: begun ? rested : Math.max(due.at, rested) };
}

function dueSince({ last, every, isNew, ends }: Rhythm, now: Instant): { at: Instant; why: Why } | undefined {
  if (last === undefined) return { at: now, why: "new" };
  // A record from a time when the clock was ahead must not silence a target until then.
  const at = last.sent > now + every ? now : last.sent + every;
  if (isNew) return { at, why: "new" };
  if (ends === undefined) return undefined;
  return { at: ends === "lapsed" ? at : Math.max(at, ends - RENEW_BEFORE), why: "renew" };
}

/** After a failure a minute, then twice as long each time, at most an hour. */
function restsUntil({ failures, at, until }: Trouble): Instant {
  return until ?? at + Math.min(LONGEST_WAIT, FIRST_WAIT * 2 ** Math.min(failures - 1, 20));
}
