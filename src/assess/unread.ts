/** Places in the evidence that no reader could read: each counted once, however often it was looked at. */

import type { Doubted } from "../evidence/fact.ts";
import { countPlaces, type Place, places } from "../evidence/place.ts";

/** A place that could not be read, as far as that is known. */
export interface UnreadPlace extends Place {
  readonly instance: string;
  /** Index of the entry that recorded the bytes. */
  readonly entry: number;
  readonly message?: string;
  /** Digest of the evidence file that it is in. */
  readonly item?: string | null;
  /** All that it makes uncertain; left out where it may hide anything. */
  readonly about?: readonly Doubted[];
}

interface Look {
  readonly index: number;
  readonly items: number;
}

/**
 * The newest look at a source of which each shows all that it has: what an earlier one could not read and this one can was mended,
 * or is there no more. Undefined for other sources, and where nothing was read yet.
 */
export function newestLook(runs: readonly Look[], showsAll: boolean): number | undefined {
  return showsAll ? runs.findLast(({ items }) => items > 0)?.index : undefined;
}

/** Those of the newest look, where there is one; all others too where each look shows something else. */
export function standingPlaces<P extends UnreadPlace>(problems: readonly P[], newest: number | undefined): P[] {
  return newest === undefined ? [...problems] : problems.filter(({ entry }) => entry >= newest);
}

/** Places that a sentence names; how many more there are is always said. */
const PLACES_NAMED = 3;

/** `INC-8.md:8 (record 77)`: the first few by file and record, and how many more. */
export function placesInWords(problems: readonly UnreadPlace[]): string {
  const all = places(problems);
  const named = all
    .slice(0, PLACES_NAMED)
    .map(({ where, entry }) => (where === undefined ? `record ${entry}` : `${where.slice(0, 120)} (record ${entry})`));
  const rest = all.length - named.length;
  return named.join(", ") + (rest > 0 ? ` and ${rest} more` : "");
}

/** Places of one run that could not be read; by its own record, where its evidence is not there to be read again. */
export function placesOfRun(
  run: { readonly entry: number; readonly problems: number },
  all: readonly UnreadPlace[],
): number {
  return countPlaces(all.filter(({ entry }) => entry === run.entry)) || run.problems;
}
