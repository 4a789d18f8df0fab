import { lengthForPeople } from "../lib/length.ts";
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

/** An offset for people, without a sign: to a tenth of a second where it is small, as it was measured. */
export function offsetInWords(ms: number): string {
  const size = Math.abs(ms);
  return size < 10_000 ? `${(size / 1_000).toFixed(1)} s` : lengthForPeople(size);
}
