import type { BlobRef } from "../evidence/blob.ts";
import { type Entry, isKind } from "../evidence/entry.ts";
import type { Fact, FactKind, FactOf, Problem } from "../evidence/fact.ts";
import { decodeManifest, type Manifest, type ManifestCapture } from "../evidence/manifest.ts";
import { type Digest, matching } from "../lib/digest.ts";
import { messageOf } from "../lib/errors.ts";
import { fromIso, type Interval } from "../lib/time.ts";
import type { Capture, Collector } from "./define.ts";
import { readCapture } from "./reading.ts";

/** A fact and where it comes from: entry, item and ordinal name this revision for ever. */
export interface FoundFact<F extends Fact = Fact> {
  readonly fact: F;
  readonly instance: string;
  /** Index of the entry in the ledger. */
  readonly entry: number;
  /** The entry's own time, epoch ms: when the ledger took this revision. */
  readonly at: number;
  /** Position of the capture in its manifest. */
  readonly position: number;
  /** Digest of the evidence item. */
  readonly item: Digest;
  /** Position among the facts of the capture. */
  readonly ordinal: number;
  /** The file, page or address that the bytes are of. */
  readonly origin?: string;
}

export interface FoundProblem extends Problem {
  readonly instance: string;
  readonly entry: number;
  readonly item?: Digest;
}

export interface Found {
  readonly facts: readonly FoundFact[];
  readonly problems: readonly FoundProblem[];
}

/** Bytes by digest; undefined for what is not there, because it was disposed of or lost. */
export type BlobSource = (digest: Digest) => Promise<Uint8Array | undefined>;

/**
 * Whether a file that an entry names was lawfully deleted since: by which record, and when. Its bytes are then not read even
 * where they are still, or again, in the store.
 */
export type Disposal = (digest: Digest, entry: number) => { readonly index: number; readonly at: string } | undefined;

const NEVER: Disposal = () => undefined;

/** How a place is marked that cannot be read because its file was lawfully deleted: nothing that anybody could mend. */
const DISPOSED = "it was disposed of";

/** True for a problem that only says that a file was lawfully deleted. */
export function isDisposed({ message }: { readonly message: string }): boolean {
  return message.startsWith(DISPOSED);
}

/** A capture of an entry: its record in the manifest, and what the reader is given; no `capture` where the bytes are gone. */
export interface StoredCapture {
  readonly record: ManifestCapture;
  readonly capture?: Capture;
  /** Other bytes lie in its place: they are not read. */
  readonly altered?: true;
}

interface Evidence {
  readonly instance: string;
  readonly use: string;
  readonly manifest: BlobRef | undefined;
}

/** Instance, collector and manifest of an entry whose captures hold facts; undefined for all other kinds. */
function evidenceOf(entry: Entry): Evidence | undefined {
  if (!isKind(entry, "run") && !isKind(entry, "intake") && !isKind(entry, "import")) return undefined;
  return { instance: entry.instance, use: entry.use, manifest: entry.manifest };
}

function windowOf(manifest: Manifest): Interval {
  return { from: fromIso(manifest.window.from), to: fromIso(manifest.window.to) };
}

/** Other bytes lie in the place of those that were recorded: what they say was never collected. */
const ALTERED = "not as it was recorded, so it was not read; run `custody verify`";

async function* openCaptures(manifest: Manifest, blob: BlobSource): AsyncGenerator<StoredCapture> {
  for (const record of manifest.captures) {
    const found = await blob(record.digest);
    const bytes = matching(found, record.digest);
    if (bytes === undefined) yield { record, ...(found === undefined ? {} : { altered: true }) };
    else {
      const capture: Capture = {
        bytes,
        mediaType: record.mediaType,
        origin: record.origin,
        capturedAt: fromIso(record.capturedAt),
        window: windowOf(manifest),
        ...(record.parameters === undefined ? {} : { parameters: record.parameters }),
      };
      yield { record, capture };
    }
  }
}

/** The captures of a run, intake or import entry, in their order, one at a time. Throws INPUT_INVALID for a manifest that is none. */
export async function* capturesOf(entry: Entry, blob: BlobSource): AsyncGenerator<StoredCapture> {
  const manifest = await manifestOf(entry, blob);
  if (manifest) yield* openCaptures(manifest, blob);
}

/** What the manifest of such an entry says of its captures, in their order; none where the manifest is gone or altered. Throws as `capturesOf`. */
export async function recordsOf(entry: Entry, blob: BlobSource): Promise<readonly ManifestCapture[]> {
  return (await manifestOf(entry, blob))?.captures ?? [];
}

async function manifestOf(entry: Entry, blob: BlobSource): Promise<Manifest | undefined> {
  const ref = evidenceOf(entry)?.manifest;
  const bytes = ref && matching(await blob(ref.digest), ref.digest);
  return bytes && decodeManifest(bytes);
}

/**
 * All facts of an entry, read again from its captures by the readers of today. Entries of other kinds have none. What
 * cannot be read is a problem; only `blob` itself may throw.
 */
export async function readFacts(
  entry: Entry,
  blob: BlobSource,
  collectors: readonly Collector[],
  disposal: Disposal = NEVER,
): Promise<Found> {
  const evidence = evidenceOf(entry);
  if (!evidence?.manifest) return { facts: [], problems: [] };
  const facts: FoundFact[] = [];
  const problems: FoundProblem[] = [];
  const { instance, use, manifest: ref } = evidence;
  const problem = (where: string, message: string, item?: Digest, about?: Problem["about"]) =>
    problems.push({
      kind: "problem",
      where,
      message,
      instance,
      entry: entry.index,
      ...(item ? { item } : {}),
      ...(about ? { about } : {}),
    });

  const gone = (digest: Digest) => {
    const found = disposal(digest, entry.index);
    return (
      found && `${DISPOSED} on ${found.at.slice(0, 10)} (record ${found.index}), so what it said is not known here`
    );
  };
  const away = gone(ref.digest);
  if (away !== undefined) {
    problem(`blob ${ref.digest}`, away);
    return { facts, problems };
  }
  const there: BlobSource = async (digest) => (gone(digest) === undefined ? await blob(digest) : undefined);

  const collector = collectors.find((candidate) => candidate.name === use);
  if (!collector) problem(use, "this installation has no collector of that name, so its evidence was not read");
  const found = await blob(ref.digest);
  const bytes = matching(found, ref.digest);
  if (!bytes) problem(`blob ${ref.digest}`, `the list of captures is ${found ? ALTERED : "not in the store"}`);
  if (!collector || !bytes) return { facts, problems };

  let manifest: Manifest;
  try {
    manifest = decodeManifest(bytes);
    windowOf(manifest);
  } catch (thrown) {
    problem(`blob ${ref.digest}`, messageOf(thrown));
    return { facts, problems };
  }
  const at = fromIso(entry.at);
  let position = 0;
  for await (const { record, capture, altered } of openCaptures(manifest, there)) {
    if (!capture) {
      const away = altered ? ALTERED : "not in the store";
      const why = gone(record.digest) ?? `the evidence file ${record.digest} is ${away}`;
      problem(record.origin, why, record.digest);
    } else {
      const reading = readCapture(collector, capture);
      for (const [ordinal, fact] of reading.facts.entries()) {
        facts.push({
          fact,
          instance,
          entry: entry.index,
          at,
          position,
          item: record.digest,
          ordinal,
          origin: record.origin,
        });
      }
      for (const { where, message, about } of reading.problems) problem(where, message, record.digest, about);
    }
    position++;
  }
  return { facts, problems };
}

/**
 * The newest revision of each fact, by (instance, kind, id), in the order in which they were first seen. Newest is by
 * ledger order: entry, then capture, then ordinal. The order of the input does not matter.
 */
export function latestFacts(found: Iterable<FoundFact>): FoundFact[] {
  const latest = new Map<string, FoundFact>();
  for (const one of [...found].sort(byRevision)) {
    latest.set(JSON.stringify([one.instance, one.fact.kind, one.fact.id]), one);
  }
  return [...latest.values()];
}

function byRevision(a: FoundFact, b: FoundFact): number {
  return a.entry - b.entry || a.position - b.position || a.ordinal - b.ordinal;
}

/** The facts of one kind. */
export function ofKind<K extends FactKind>(found: Iterable<FoundFact>, kind: K): FoundFact<FactOf<K>>[] {
  return [...found].filter((one): one is FoundFact<FactOf<K>> => one.fact.kind === kind);
}
