import type { EntryOf } from "../evidence/entry.ts";
import { isProven } from "../evidence/proof.ts";

/** A file that was lawfully deleted. */
export interface Disposed {
  readonly digest: string;
  readonly size: number;
  /** The `disposal` entry; it speaks for references in earlier entries only. */
  readonly index: number;
  readonly at: string;
  readonly by: string;
  readonly authority: string;
  readonly reason: string;
  /** Set where whoever recorded it did not show who they are. */
  readonly unproven?: true;
  /** Set where the bytes are still in the store: the deletion is not finished. */
  readonly remains?: true;
}

/** Which files were disposed of, from `disposal` entries in order; the last one for a file counts. */
export class Disposals {
  readonly #by = new Map<string, Disposed>();
  #newest: number | undefined;

  add(index: number, entry: EntryOf<"disposal">): void {
    this.#newest = index;
    for (const { digest, size } of entry.items) {
      this.#by.set(digest, {
        digest,
        size,
        index,
        at: entry.at,
        by: entry.actor.id,
        authority: entry.authority,
        reason: entry.reason,
        ...(entry.actor.type === "person" && !isProven(entry.actor) ? { unproven: true as const } : {}),
      });
    }
  }

  /** The disposal that explains why a file is not there, if every record that names it (`lastNamed` the newest) is older. */
  explains(digest: string, lastNamed: number): Disposed | undefined {
    const found = this.#by.get(digest);
    return found !== undefined && lastNamed < found.index ? found : undefined;
  }

  get all(): readonly Disposed[] {
    return [...this.#by.values()];
  }

  /** Index of the newest `disposal` entry; undefined where there is none. */
  get newest(): number | undefined {
    return this.#newest;
  }
}
