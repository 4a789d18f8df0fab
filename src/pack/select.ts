import { type BlobRef, blobRefs, MANIFEST_TYPE } from "../evidence/blob.ts";
import { type Entry, isKind } from "../evidence/entry.ts";
import { fromIso, type Instant, type Interval } from "../lib/time.ts";
import { Disposals } from "../trust/disposals.ts";
import { parseManifest, spreadLast } from "../verify/blobs.ts";
import type { Omitted } from "./pack-json.ts";

/**
 * Which evidence files belong into the pack of a period: a function of the records and manifests in the pack alone, so that
 * whoever verifies it finds the same answer without the store it came from.
 *
 * A file is `required` if a record names it, itself or through a manifest that is in the pack, and that record is either
 * structural (without it the log cannot be read or checked) or concerns the period. Manifests of other records need not
 * be in the pack, so what only they name is not known to it and is counted nowhere.
 */

/** Records without whose files a log can neither be read nor checked; they are in every pack. */
const STRUCTURAL: ReadonlySet<string> = new Set([
  "genesis",
  "config",
  "policy",
  "key",
  "head",
  "identity",
  "masking-rule",
  "hold",
  "disposal",
]);

/**
 * True if a record concerns the period: it was logged in it, or what it is about meets it. Kinds unknown to this version go
 * by `window`, where they have one as others do.
 */
export function concerns(entry: Entry, period: Interval): boolean {
  return [fromIso(entry.at), ...subjectOf(entry)].some((when) =>
    typeof when === "number" ? when >= period.from && when < period.to : when.from < period.to && when.to > period.from,
  );
}

/** The times that a record is about, beside its own. */
function subjectOf(entry: Entry): (Instant | Interval)[] {
  if (isKind(entry, "intake")) return [fromIso(entry.received)];
  if (isKind(entry, "upload")) return entry.captured === undefined ? [] : [fromIso(entry.captured)];
  if (isKind(entry, "plan")) return [intervalOf(entry.from, entry.to)].filter((span) => span !== undefined);
  const window = "window" in entry ? (entry.window as { from?: unknown; to?: unknown } | null) : null;
  const span = intervalOf(window?.from, window?.to ?? null);
  return span === undefined ? [] : [span];
}

/** An interval from two times of records, without end where there is none; undefined for anything else. */
function intervalOf(from: unknown, to: unknown): Interval | undefined {
  try {
    const end = to === undefined ? Number.POSITIVE_INFINITY : fromIso(String(to));
    return { from: fromIso(String(from)), to: end };
  } catch {
    return undefined;
  }
}

/** A blob that records name. */
export interface NamedBlob {
  readonly digest: string;
  /** As the first record that names it says; where records contradict each other verification says so. */
  readonly size: number;
  readonly mediaType: string;
  /** The pack must hold it. */
  readonly required: boolean;
  /** It is required, or the maker of the pack asked for it beyond that. */
  readonly wanted: boolean;
  /** The newest record that names it. */
  readonly last: number;
}

/** What the records and manifests of a pack name. */
export interface Selection {
  readonly blobs: ReadonlyMap<string, NamedBlob>;
  /** What was lawfully deleted, as far as the records of the pack say; such files are neither required nor omitted. */
  readonly disposed: ReadonlySet<string>;
}

interface Known {
  readonly ref: BlobRef;
  required: boolean;
  wanted: boolean;
  isManifest: boolean;
  last: number;
  /** What a manifest names, once it was read. */
  refs?: readonly BlobRef[];
}

/** Takes in the records of a log in order, and then its manifests. */
export class Selector {
  readonly #period: Interval;
  readonly #blobs = new Map<string, Known>();
  readonly #disposals = new Disposals();

  constructor(period: Interval) {
    this.#period = period;
  }

  /**
   * A record, in the order of the log; only records that are proven to be the log's. Returns whether it concerns the period.
   * `wanted`: its files are to be in the pack even if it does not.
   */
  add(index: number, entry: Entry, wanted = false): boolean {
    const inPeriod = concerns(entry, this.#period);
    const required = inPeriod || STRUCTURAL.has(entry.kind);
    if (isKind(entry, "disposal")) this.#disposals.add(index, entry);
    for (const ref of blobRefs(entry)) this.#note(ref, { index, required, wanted: required || wanted });
    return inPeriod;
  }

  /**
   * Follows manifests and decides. `manifest` gives the bytes of one that is in the pack, proven to have the hash of its
   * name, or undefined; it is asked for every blob that some record calls a manifest.
   */
  async select(manifest: (blob: NamedBlob) => Promise<Uint8Array | undefined>): Promise<Selection> {
    // What a manifest names is required if it is; one that turns out to be required later is followed again. Which record
    // names it last is told on at the end, once to each: one manifest may be named anew any number of times.
    const queue = [...this.#blobs.values()].filter((blob) => blob.isManifest);
    for (const known of queue) {
      if (known.refs === undefined) {
        const bytes = await manifest(named(known));
        if (bytes === undefined) continue;
        known.refs = blobRefs(parseManifest(bytes));
      }
      const { required, wanted, last } = known;
      for (const ref of known.refs) {
        const inner = this.#note(ref, { index: last, required, wanted });
        if (inner.changed && inner.known.isManifest) queue.push(inner.known);
      }
    }
    spreadLast(new Set(queue), ({ refs = [] }) => refs.flatMap(({ digest }) => this.#blobs.get(digest) ?? []));
    const blobs = new Map([...this.#blobs].map(([digest, known]) => [digest, named(known)]));
    const disposed = [...blobs.values()].filter(({ digest, last }) => this.#disposals.explains(digest, last));
    return { blobs, disposed: new Set(disposed.map(({ digest }) => digest)) };
  }

  #note(
    ref: BlobRef,
    by: { readonly index: number; readonly required: boolean; readonly wanted: boolean },
  ): { known: Known; changed: boolean } {
    const isManifest = ref.mediaType === MANIFEST_TYPE;
    const known = this.#blobs.get(ref.digest);
    if (known === undefined) {
      const added = { ref, isManifest, required: by.required, wanted: by.wanted, last: by.index };
      this.#blobs.set(ref.digest, added);
      return { known: added, changed: true };
    }
    const { required, wanted, isManifest: before } = known;
    known.required ||= by.required;
    known.wanted ||= by.wanted;
    known.isManifest ||= isManifest;
    known.last = Math.max(known.last, by.index);
    const changed = known.required !== required || known.wanted !== wanted || known.isManifest !== before;
    return { known, changed };
  }
}

function named({ ref, required, wanted, last }: Known): NamedBlob {
  return { digest: ref.digest, size: ref.size, mediaType: ref.mediaType, required, wanted, last };
}
/** What does not fit between a pack's list of omissions, its records, and the evidence files in it. */
export interface Misfit {
  readonly digest: string;
  readonly expected: string;
  readonly found: string;
}

/**
 * Compares the list of omissions with what the records require. Every named file must be in the pack, lawfully deleted, or
 * listed; what is required may be missing only where the list says that it was withheld or deleted later; nothing else
 * may be listed. That somebody withheld something is for people to judge: it is in the list, and printed.
 */
export function judgeOmissions(
  selection: Selection,
  omitted: readonly Omitted[],
  has: (digest: string) => boolean,
): Misfit[] {
  const misfits: Misfit[] = [];
  const listed = new Map(omitted.map((item) => [item.digest, item]));
  for (const { digest, size, required } of selection.blobs.values()) {
    const item = listed.get(digest);
    if (has(digest)) {
      if (item) misfits.push({ digest, expected: "not in the pack, as its list says", found: "an evidence file" });
    } else if (selection.disposed.has(digest)) {
      if (item) misfits.push({ digest, expected: "not in the list, as it was lawfully deleted", found: item.reason });
    } else if (item === undefined) {
      misfits.push({ digest, expected: "in the pack or in its list of omissions", found: "neither" });
    } else if (required && item.reason === "outside-period") {
      misfits.push({ digest, expected: "in the pack, as its records concern the period", found: "left out" });
    } else if (item.size !== size) {
      misfits.push({ digest, expected: `${size} bytes in the list, as its record says`, found: `${item.size} bytes` });
    }
  }
  for (const [i, { digest }] of omitted.entries()) {
    if (i > 0 && digest <= (omitted[i - 1]?.digest ?? ""))
      misfits.push({ digest, expected: "each once in the list, in ascending order", found: "another order" });
    if (!selection.blobs.has(digest))
      misfits.push({
        digest,
        expected: "in the list only what records of the pack name",
        found: "a file of no record",
      });
  }
  return misfits;
}
