import type { Instant } from "../lib/time.ts";

/** Why a due time is not known exactly. */
export const DUE_REASONS = [
  "before-calendar",
  "after-calendar",
  "holidays-unlisted",
  "legal-counting",
  "time-out-of-range",
] as const;
export type DueReason = (typeof DUE_REASONS)[number];

/** When something is due. Where that is not known, the bounds say what holds whatever the truth is. */
export interface Due {
  /** The due instant; undefined where only its bounds are known. */
  readonly at: Instant | undefined;
  /** It is not due before this. */
  readonly earliest: Instant;
  /** It is not due after this; undefined where nothing is known. */
  readonly latest: Instant | undefined;
  /** The due instant itself is too late, as it is the first of the next day. */
  readonly exclusive?: true;
  /** Why `at` is not known. */
  readonly reason?: DueReason;
  /** The same in plain words, with what to do. */
  readonly words?: string;
}

/** A due time that is known. */
export function dueAt(at: Instant): Due {
  return { at, earliest: at, latest: at };
}

/** A due time known by its bounds; exact where they are the same. */
export function dueBetween(earliest: Instant, latest: Instant | undefined, reason: DueReason, words: string): Due {
  return earliest === latest ? dueAt(earliest) : { at: undefined, earliest, latest, reason, words };
}

/** As verdicts hold it: the strict end, and where only its bounds are known the last of them too. */
export interface DueBounds {
  readonly due: Instant | undefined;
  /** Only where it is not known exactly: what it is not due after; undefined inside where nothing is known. */
  readonly dueUntil?: { readonly at: Instant | undefined };
}

export function boundsOf(due: Due | undefined): DueBounds {
  if (due === undefined || due.at !== undefined) return { due: due?.at };
  return { due: due.earliest, dueUntil: { at: due.latest } };
}

/** A due time with the end of a day: its bounds are midnights, which belong to the next day. */
export function endingDay(due: Due): Due {
  return { ...due, exclusive: true };
}

/** True for a time that is too late for a limit. */
export function isAfter(at: Instant, limit: Instant, exclusive: boolean | undefined): boolean {
  return exclusive ? at >= limit : at > limit;
}
