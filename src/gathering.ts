import type { AssessmentInput } from "./assess/assess.ts";
import { type Catalogue, loadCatalogue } from "./assess/catalogue.ts";
import { named, SignOffs } from "./assess/sign-off.ts";
import { readFacts, recordsOf } from "./collector/facts.ts";
import type { Custody } from "./custody.ts";
import type { Recorded } from "./evidence/batch.ts";
import { type BlobRef, blobRefs } from "./evidence/blob.ts";
import { type EntryOf, isKind } from "./evidence/entry.ts";
import type { Observed } from "./evidence/fact.ts";
import { Conditions } from "./gaps/conditions.ts";
import { CustodyError } from "./lib/errors.ts";
import { fromIso, type Interval } from "./lib/time.ts";
import type { DisposedInput, EvidenceItem, ObservedProblem, UploadInput } from "./report/input.ts";
import { History } from "./slots/history.ts";
import { Frontier } from "./tlog/frontier.ts";
import { leafHash } from "./tlog/merkle.ts";
import type { HeadRecord } from "./trust/anchor.ts";
import type { Disposals } from "./trust/disposals.ts";
import type { KeyRecord } from "./trust/keyring.ts";
import { Leaves } from "./verify/leaves.ts";
import { catalogueBytes } from "./work.ts";

/** What the first records of a log hold, facts and all. */
export interface Gathered {
  readonly history: History;
  readonly conditions: Conditions;
  readonly signOffs: SignOffs;
  readonly frontier: Frontier;
  readonly facts: Observed[];
  readonly problems: ObservedProblem[];
  readonly evidence: EvidenceItem[];
  readonly uploads: UploadInput[];
  readonly disposed: DisposedInput[];
  readonly blobs: Map<string, BlobRef>;
  /** Heads that left the store, and what the log says of its keys; the latter also past the reported size. */
  readonly heads: HeadRecord[];
  readonly keys: KeyRecord[];
  readonly holds: { readonly index: number; readonly entry: EntryOf<"hold"> }[];
  readonly leaves: Leaves;
  genesis: EntryOf<"genesis">;
  config: EntryOf<"config"> | undefined;
  chainHead: string;
}

/** The catalogue that was in force at the end of what was read; the one of this build where the log has none. */
export async function catalogueIn(
  custody: Custody,
  { config }: Pick<Gathered, "config">,
): Promise<{ readonly bytes: Uint8Array; readonly catalogue: Catalogue }> {
  const logged = config?.catalogue && (await (await custody.view()).blob(config.catalogue.digest));
  const bytes = logged ?? (await catalogueBytes());
  return { bytes, catalogue: loadCatalogue(new TextDecoder().decode(bytes)) };
}

/** What was read, as assessment takes it; `names` are those of the people behind random IDs. */
export function assessmentOf(
  { config }: Pick<Custody, "config">,
  {
    history,
    facts,
    problems,
    signOffs,
  }: Pick<Gathered, "history" | "facts" | "signOffs"> & Pick<AssessmentInput, "problems">,
  catalogue: Catalogue,
  period: Interval,
  names: ReadonlyMap<string, string>,
): AssessmentInput {
  return {
    catalogue,
    period,
    histories: history,
    facts,
    problems,
    asOf: history.asOf,
    yields: (use) => config.collectors.find(({ name }) => name === use)?.facts,
    signOffs: signOffs.counting.map((one) => named(one, names)),
  };
}

/** One pass over the first `size` entries and the captures that they name. */
export async function readLedger(custody: Custody, size: number): Promise<Gathered> {
  const ledger = await custody.view();
  const blob = (digest: string) => ledger.blob(digest);
  const history = new History();
  const frontier = Frontier.empty();
  const found: Omit<Gathered, "genesis"> = {
    history,
    conditions: new Conditions(),
    signOffs: new SignOffs(),
    frontier,
    facts: [],
    problems: [],
    evidence: [],
    uploads: [],
    disposed: [],
    blobs: new Map(),
    heads: [],
    keys: [],
    holds: [],
    leaves: new Leaves(),
    config: undefined,
    chainHead: "",
  };
  let genesis: EntryOf<"genesis"> | undefined;
  for await (const recorded of ledger.read()) {
    const { entry, index } = recorded;
    const leaf = leafHash(recorded.bytes);
    found.leaves.set(index, leaf);
    if (isKind(entry, "key")) found.keys.push({ index, entry });
    if (index >= size) continue;
    if (isKind(entry, "head")) found.heads.push({ index, entry });
    if (isKind(entry, "hold")) found.holds.push({ index, entry });
    history.add(index, entry);
    found.conditions.add(index, entry);
    found.signOffs.add(index, entry);
    frontier.append(leaf);
    found.chainHead = recorded.digest;
    for (const ref of blobRefs(entry)) found.blobs.set(ref.digest, ref);
    if (isKind(entry, "genesis")) genesis = entry;
    if (isKind(entry, "config")) found.config = entry;
    if (isKind(entry, "upload")) {
      const disposals = await custody.disposals();
      found.uploads.push(await uploadOf(entry, blob, disposals));
      const named = { entry: index, at: fromIso(entry.at), covers: undefined, source: undefined };
      for (const ref of entry.evidence) noteDisposed(ref, disposals, named, found);
    }
    await readEvidence(custody, recorded, blob, found);
  }
  if (genesis === undefined)
    throw new CustodyError("LEDGER_ALTERED", "the log does not begin with a genesis record", {
      remedy: "Run `custody verify`.",
    });
  return { ...found, genesis };
}

type Blob = (digest: string) => Promise<Uint8Array | undefined>;

async function readEvidence(
  custody: Custody,
  { entry, index }: Recorded,
  blob: Blob,
  found: Omit<Gathered, "genesis">,
): Promise<void> {
  if (!isKind(entry, "run") && !isKind(entry, "intake") && !isKind(entry, "import")) return;
  const disposals = await custody.disposals();
  const read = await readFacts(entry, blob, custody.config.collectors, (digest) => disposals.explains(digest, index));
  found.facts.push(...read.facts);
  found.problems.push(...read.problems);
  const source = { instance: entry.instance, use: entry.use };
  const covers = "window" in entry ? { from: fromIso(entry.window.from), to: fromIso(entry.window.to) } : undefined;
  for (const ref of entry.evidence)
    noteDisposed(ref, disposals, { entry: index, at: fromIso(entry.at), covers, source }, found);
  const kept: Blob = async (digest) =>
    disposals.explains(digest, index) === undefined ? await blob(digest) : undefined;
  for (const record of await recordsOf(entry, kept)) {
    const { digest, size, mediaType, origin, capturedAt, masked } = record;
    found.blobs.set(digest, { digest, size, mediaType });
    noteDisposed(record, disposals, { entry: index, at: fromIso(capturedAt), covers, source }, found);
    found.evidence.push({
      instance: entry.instance,
      use: entry.use,
      kind: entry.kind,
      entry: index,
      capturedAt: fromIso(capturedAt),
      digest,
      size,
      mediaType,
      origin,
      covers,
      late: isKind(entry, "run") && (entry.trigger === "backfill" || entry.trigger === "catch-up"),
      masked: masked.reduce((sum, { count }) => sum + count, 0),
    });
  }
}

/** Notes a file that an entry names and that was lawfully deleted since, whenever that was: its bytes are not there to report on. */
function noteDisposed(
  { digest, size }: Pick<BlobRef, "digest" | "size">,
  disposals: Disposals,
  named: Pick<DisposedInput, "entry" | "at" | "covers" | "source">,
  found: Pick<Gathered, "disposed">,
): void {
  const disposal = disposals.explains(digest, named.entry);
  if (disposal !== undefined) found.disposed.push({ digest, size, ...named, disposal });
}

async function uploadOf(entry: EntryOf<"upload">, blob: Blob, disposals: Disposals): Promise<UploadInput> {
  const gone = disposals.explains(entry.manifest.digest, entry.index) !== undefined;
  const bytes = gone ? undefined : await blob(entry.manifest.digest);
  const unnamed = gone ? "(name disposed of)" : "unnamed";
  const manifest =
    bytes === undefined
      ? {}
      : (JSON.parse(new TextDecoder().decode(bytes)) as {
          reason?: unknown;
          files?: { digest: string; name: unknown }[];
        });
  const nameOf = (digest: string) => manifest.files?.find((file) => file.digest === digest)?.name;
  return {
    entry: entry.index,
    at: fromIso(entry.at),
    by: entry.actor.id,
    controls: entry.controls,
    captured: entry.captured === undefined ? undefined : fromIso(entry.captured),
    incident: entry.incident,
    reason: typeof manifest.reason === "string" ? manifest.reason : undefined,
    files: entry.evidence.map(({ digest, size }) => ({ name: String(nameOf(digest) ?? unnamed), digest, size })),
  };
}
