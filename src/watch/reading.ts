import type { Instant } from "../lib/time.ts";

/** How far an outside clock was ahead of ours, in milliseconds, and by how much that may be wrong. */
export interface ClockReading {
  /** `ntp`, `https`, or `s3` for the store's own server. */
  readonly use: string;
  readonly offset: number;
  readonly uncertainty: number;
  /** By our clock. */
  readonly at: Instant;
}

/** How exactly the machine's clock must agree with the reference, in milliseconds. */
export interface ClockLimits {
  /** Further away nothing is collected. */
  readonly limit: number;
  /** Further away is told. */
  readonly warn: number;
}

/**
 * - `right`: within what is allowed, or it cannot be told apart from it.
 * - `off`: further away than `warn`, for certain.
 * - `wrong`: further away than `limit`, for certain.
 */
export type ClockState = "right" | "off" | "wrong";

/** What a reading says for certain: its own uncertainty counts in favour of our clock. */
export function stateOf(
  { offset, uncertainty }: Pick<ClockReading, "offset" | "uncertainty">,
  { limit, warn }: ClockLimits,
): ClockState {
  const least = Math.abs(offset) - uncertainty;
  return least > limit ? "wrong" : least > warn ? "off" : "right";
}

/** An offset for people: `1.2 s`, `14 min`, `26 h`, without a sign. */
export function offsetInWords(ms: number): string {
  const size = Math.abs(ms);
  if (size < 10_000) return `${(size / 1_000).toFixed(1)} s`;
  if (size < 120_000) return `${Math.round(size / 1_000)} s`;
  return size < 2 * 3_600_000 ? `${Math.round(size / 60_000)} min` : `${Math.round(size / 3_600_000)} h`;
}
