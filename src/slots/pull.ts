import type { Instant } from "../lib/time.ts";
import { type Cadence, windowAt } from "./cadence.ts";

/**
 * How often to look, apart from how often evidence is required. Looks are due at fixed times, not some time after the
 * last one: what takes a minute to collect would otherwise come a minute later each time, and lose a day every now and then.
 */
export type Pull = {
  /** Moves its looks, and the ends of its slots, by this many milliseconds, so that not all begin in the same minute. */
  readonly shift: number;
} & (
  | { /** Milliseconds between looks. */ readonly every: number }
  | { /** A look at the beginning of each window. */ readonly cadence: Cadence }
);

/** True where the time of a look has come since the last one, also where the clock was set back since. */
export function isLookDue(pull: Pull, last: Instant | undefined, now: Instant): boolean {
  return last === undefined || lookBefore(pull, now) !== lookBefore(pull, last);
}

/** When the newest look was due. */
function lookBefore(pull: Pull, at: Instant): Instant {
  const shifted = at - pull.shift;
  if ("cadence" in pull) return windowAt(pull.cadence, shifted).from;
  return Math.floor(shifted / pull.every) * pull.every;
}

/** When the next look is due after this moment. */
export function lookAfter(pull: Pull, at: Instant): Instant {
  const shifted = at - pull.shift;
  if ("cadence" in pull) return windowAt(pull.cadence, shifted).to + pull.shift;
  return (Math.floor(shifted / pull.every) + 1) * pull.every + pull.shift;
}

const MINUTE = 60_000;
/** A later look costs at most this part of the time there is. */
const SHARE = 4;

/**
 * By how much the looks of an instance are moved, in whole minutes: always the same for the same ID, and spread over as
 * many minutes as there are other instances, `most` at most. Never more than a quarter of the grace or of the time between
 * looks, so that no evidence is late for it.
 */
export function shiftOf(id: string, others: number, most: number, grace: number, every: number): number {
  const minutes = Math.floor(Math.min(others * MINUTE, most, grace / SHARE, every / SHARE) / MINUTE);
  return minutes <= 0 ? 0 : (hashOf(id) % (minutes + 1)) * MINUTE;
}

/** FNV-1a with its bits mixed once more: small, and even enough to spread a few names. */
function hashOf(text: string): number {
  let hash = 0x811c9dc5;
  for (const unit of new TextEncoder().encode(text)) hash = Math.imul(hash ^ unit, 0x01000193);
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  return (hash ^ (hash >>> 13)) >>> 0;
}
