import { type Entry, type EntryOf, isKind } from "../evidence/entry.ts";
import { fromIso, type Interval } from "../lib/time.ts";

/** An order that evidence must not be disposed of. */
export interface Hold {
  readonly id: string;
  /** The `hold` entry that placed it. */
  readonly index: number;
  readonly at: string;
  readonly by: string;
  readonly authority: string;
  /** What it covers: all that are given must match; where none is, it covers everything. */
  readonly digests?: readonly string[] | undefined;
  readonly instances?: readonly string[] | undefined;
  readonly window?: Interval | undefined;
  readonly incident?: string | undefined;
}

/** An evidence file as a hold sees it: everything that names it, and the incidents it tells of. */
export interface Holdable {
  readonly digest: string;
  readonly records: readonly Entry[];
  /** By the id that the source gives them, as far as they could be read. */
  readonly incidents: ReadonlySet<string>;
}

/** Which holds stand, from `hold` entries in order. */
export class Holds {
  readonly #standing = new Map<string, Hold>();
  readonly #released = new Map<string, { readonly hold: Hold; readonly index: number; readonly at: string }>();
  /** Records about holds that this version cannot read: what they cover is not known. */
  readonly unreadable: number[] = [];

  add(index: number, entry: Entry): void {
    if (entry.kind !== "hold") return;
    if (!isKind(entry, "hold")) {
      this.unreadable.push(index);
      return;
    }
    const { hold: id, at } = entry;
    const before = this.#standing.get(id);
    if (entry.action === "place") {
      // The same id again adds to what is held instead of taking its place: nothing is let go by placing.
      if (before === undefined) this.#standing.set(id, placed(index, entry));
      else this.#standing.set(`${id} (record ${index})`, placed(index, entry));
      return;
    }
    for (const [key, hold] of [...this.#standing]) {
      if (hold.id !== id) continue;
      this.#standing.delete(key);
      this.#released.set(key, { hold, index, at });
    }
  }

  get standing(): readonly Hold[] {
    return [...this.#standing.values()];
  }

  /** Those that were released, with the record that did. */
  get released(): readonly { readonly hold: Hold; readonly index: number; readonly at: string }[] {
    return [...this.#released.values()];
  }

  /** The first standing hold that covers a file. */
  over(file: Holdable): Hold | undefined {
    return this.standing.find((hold) => covers(hold, file));
  }
}

function placed(index: number, entry: EntryOf<"hold">): Hold {
  const { hold: id, at, actor, authority, digests, instances, window, incident } = entry;
  return {
    id,
    index,
    at,
    by: actor.id,
    authority,
    digests,
    instances,
    window: window && { from: fromIso(window.from), to: fromIso(window.to) },
    incident,
  };
}

/** True when a hold covers a file: one record that names it is enough, and in doubt it does. */
export function covers(hold: Hold, { digest, records, incidents }: Holdable): boolean {
  if (hold.digests !== undefined && !hold.digests.includes(digest)) return false;
  const { instances, window, incident } = hold;
  if (instances === undefined && window === undefined && incident === undefined) return true;
  return records.some((entry) => {
    if (instances !== undefined && !instances.includes(text(entry, "instance") ?? "")) return false;
    if (window !== undefined && !times(entry).some((time) => time.from < window.to && time.to > window.from))
      return false;
    if (incident === undefined || incidents.has(incident) || text(entry, "incident") === incident) return true;
    // A review or a waiver is about several.
    const several = (entry as Record<string, unknown>).incidents;
    return Array.isArray(several) && several.includes(incident);
  });
}

function text(entry: Entry, member: string): string | undefined {
  const value = (entry as Record<string, unknown>)[member];
  return typeof value === "string" ? value : undefined;
}

/** When a record was made, and the time that it is about. */
function times(entry: Entry): Interval[] {
  const moment = (at: string): Interval => ({ from: fromIso(at), to: fromIso(at) + 1 });
  const about =
    isKind(entry, "run") || isKind(entry, "import")
      ? [{ from: fromIso(entry.window.from), to: fromIso(entry.window.to) }]
      : [];
  const captured = isKind(entry, "upload") && entry.captured !== undefined ? [moment(entry.captured)] : [];
  return [moment(entry.at), ...about, ...captured];
}
