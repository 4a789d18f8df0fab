import type { Instant } from "../lib/time.ts";

/** A moment as exactly as it is known: it lies in [at, at + precision). */
export interface Stamp {
  readonly at: Instant;
  /** Milliseconds; 1 is exact. */
  readonly precision: number;
}

interface Placed {
  readonly stamp: Stamp;
  /** Record number: the order in which they were written down. */
  readonly entry: number;
}

/**
 * Puts what happened into an order that the times allow. Where times do not tell which came first (equal ones, or a day
 * beside a minute of that day), `fits` may choose; else the order of the records stands. `follow` is told of each as it
 * gets its place.
 */
export function inOrder<T extends Placed>(
  things: readonly T[],
  fits: (thing: T) => boolean,
  follow: (thing: T) => void,
): void {
  const left = [...things].sort((a, b) => a.stamp.at - b.stamp.at || a.entry - b.entry);
  while (left.length > 0) {
    const places = couldBeFirst(left);
    const next = places.find((place) => fits(left[place] as T)) ?? (places[0] as number);
    const [thing] = left.splice(next, 1);
    follow(thing as T);
  }
}

/** Places of those that none of the others certainly precedes, in the order of their records. */
function couldBeFirst(left: readonly Placed[]): number[] {
  let end = Number.POSITIVE_INFINITY;
  const places: number[] = [];
  for (const [place, { stamp }] of left.entries()) {
    // Sorted by beginning: from here on everything comes after something that is over.
    if (stamp.at >= end) break;
    places.push(place);
    end = Math.min(end, stamp.at + Math.max(1, stamp.precision));
  }
  return places.sort((a, b) => (left[a]?.entry ?? 0) - (left[b]?.entry ?? 0));
}
