import { placesOf } from "../assess/one-id.ts";
import { newestOf, populationsOf } from "../assess/population.ts";
import type { Collector } from "../collector/define.ts";
import { readFacts } from "../collector/facts.ts";
import { actsOfKind, decodeWords, isAct, type RecordedAct } from "../evidence/act.ts";
import type { Recorded } from "../evidence/batch.ts";
import { blobKey } from "../evidence/blob.ts";
import { type Entry, isKind } from "../evidence/entry.ts";
import type { Observed } from "../evidence/fact.ts";
import { incidentFacts } from "../incidents/facts.ts";
import { foldRegister, OWN_REGISTER } from "../incidents/register.ts";
import { canonical } from "../lib/canonical.ts";
import { base64, digestOf } from "../lib/digest.ts";
import { fromIso } from "../lib/time.ts";
import { PACK_FILES } from "../pack/pack-json.ts";
import { below, type PackFiles } from "../pack/reader.ts";
import { type PackResult, verifyPack } from "../pack/verify.ts";
import { reviewFacts } from "../reviews/facts.ts";
import {
  EXCLUDED_NAMED,
  MAX_POPULATION_BYTES,
  type Population,
  populationOrProblem,
  rowName,
} from "../samples/population.ts";
import { type Replayed, type ReplayParts, replaySample, worst } from "../samples/replay.ts";
import { fieldsOfRow, KINDS_OF } from "../samples/rows.ts";
import { foldSamples, type Sample, type Samples } from "../samples/sample.ts";
import { History } from "../slots/history.ts";
import { leafHash } from "../tlog/merkle.ts";
import type { Verifier } from "../tlog/verifier.ts";
import { Disposals } from "../trust/disposals.ts";
import { Leaves } from "../verify/leaves.ts";
import type { LogReader } from "../verify/reader.ts";
import { revisionOf } from "./freezing.ts";

/** Samples drawn again out of a pack: no workspace, no clock, and nothing of the organisation's but the file. */

export interface PackReplay {
  readonly verified: PackResult;
  readonly samples: Samples;
  readonly replayed: readonly (Replayed & { readonly rows: RowsAgain | undefined })[];
}

/** How far the rows of a population can be read again from the evidence files in the pack. `unknown`: of none of them that could be done. */
export interface RowsAgain {
  readonly result: "same" | "different" | "unknown";
  /** Rows that were read again and are the same. */
  readonly same: number;
  /** Of these: the record that the row rests on brought its list outside the pack, and the very same file was read as another record brought it. */
  readonly byFile: number;
  /**
   * Rows that were not read again: the evidence that they rest on is outside this pack, or no reader of this program reads it
   * again from a pack (decisions, pieces of evidence).
   */
  readonly elsewhere: number;
  /** Names of these; up to 20. */
  readonly notRead: readonly string[];
  /** Of these: the very same file, as another record in the pack brought it, was read as saying something else; up to 20. */
  readonly unlike: readonly string[];
  /** No row of this kind is read again from any pack. */
  readonly neverRead: boolean;
  /** Rows that say something else than the evidence, and records of the period that the population lacks; up to 20 each. */
  readonly differ: readonly string[];
  readonly lacking: readonly string[];
}

const MAX_BLOB_BYTES = 64 * 1024 ** 2;
const MAX_NAMED = 20;

/**
 * Verifies a pack, draws its samples again, and reads the rows of their populations again from the evidence in it. `wanted`:
 * only these samples. What the pack does not hold is said to be unknown, never to be right.
 */
export async function replayPack(
  files: PackFiles,
  {
    keys,
    collectors,
    wanted,
  }: {
    readonly keys: readonly Verifier[];
    readonly collectors: readonly Collector[];
    readonly wanted: readonly string[];
  },
): Promise<PackReplay> {
  const leaves = new Leaves();
  const entries: Entry[] = [];
  const verified = await verifyPack(files, {
    keys,
    quick: false,
    seen: ({ index, entry, bytes }: Recorded) => {
      leaves.set(index, leafHash(bytes));
      if (isAct(entry) || CARRIES.has(entry.kind)) entries.push(entry);
    },
  });
  const blob = blobsOf(below(files, PACK_FILES.store));
  const acts = await actsOf(entries, blob);
  const samples = foldSamples(acts);
  const rootAt = (size: number) => {
    const root = leaves.root(size);
    return root === undefined ? undefined : base64(root);
  };
  const replayed = [];
  for (const sample of samples.samples.filter(({ id }) => wanted.length === 0 || wanted.includes(id))) {
    const population = await populationIn(sample, blob);
    const rows = "rows" in population ? await readAgain(population, { entries, acts, blob, collectors }) : undefined;
    const own = replaySample(sample, { population, rootAt });
    const result = rows?.result === "different" ? "different" : worst([own]);
    replayed.push({ ...own, result, rows });
  }
  return { verified, samples, replayed };
}

/** Kinds that say what sources are expected to tell, or carry what they told. */
const CARRIES: ReadonlySet<string> = new Set(["genesis", "config", "plan", "gap", "run", "intake", "import"]);

type Blob = (digest: string) => Promise<Uint8Array | undefined>;

/** Evidence of the pack by its digest; what has another hash is not it. */
function blobsOf(store: LogReader): Blob {
  return async (digest) => {
    const bytes = await store.get(blobKey(digest)).catch(() => undefined);
    return bytes !== undefined && bytes.length <= MAX_BLOB_BYTES && digestOf(bytes) === digest ? bytes : undefined;
  };
}

async function actsOf(entries: readonly Entry[], blob: Blob): Promise<RecordedAct[]> {
  const acts: RecordedAct[] = [];
  const disposals = new Disposals();
  for (const entry of entries) if (isKind(entry, "disposal")) disposals.add(entry.index, entry);
  for (const entry of entries) {
    if (!isAct(entry)) continue;
    // Of the others it matters that they are there, and when.
    const body = "body" in entry && KINDS_READ.has(entry.kind) ? entry.body : undefined;
    const bytes = body && (await blob(body.digest));
    const words = bytes && decodeWords(bytes);
    const lawful = body === undefined ? undefined : disposals.explains(body.digest, entry.index);
    const gone =
      body === undefined || words !== undefined
        ? {}
        : lawful === undefined
          ? { gone: "missing" as const }
          : { gone: "disposed" as const, disposal: lawful.index };
    acts.push({ index: entry.index, at: fromIso(entry.at), entry, words: words ?? {}, ...gone });
  }
  return acts.sort((a, b) => a.index - b.index);
}

/** Acts whose words are needed here. */
const KINDS_READ: ReadonlySet<string> = new Set(["sample", "incident", "action", "activity"]);

async function populationIn({ population }: Sample, blob: Blob): Promise<ReplayParts["population"]> {
  if (population.size > MAX_POPULATION_BYTES) return { wrong: `it is said to have ${population.size} bytes` };
  const bytes = await blob(population.digest);
  if (bytes === undefined)
    return { missing: `the population (${population.digest}) is not in the pack, or not as it was recorded` };
  const read = populationOrProblem(bytes);
  return typeof read === "string" ? { wrong: read } : read;
}

/** The population of the evidence in the pack, held against the one that was frozen. */
async function readAgain(
  population: Population,
  {
    entries,
    acts,
    blob,
    collectors,
  }: {
    readonly entries: readonly Entry[];
    readonly acts: readonly RecordedAct[];
    readonly blob: Blob;
    readonly collectors: readonly Collector[];
  },
): Promise<RowsAgain> {
  const kind = KINDS_OF[population.of];
  const history = new History();
  const facts: Observed[] = [];
  /** Records that brought files, and the list of these is outside the pack. */
  const listOutside = new Set<number>();
  for (const entry of entries) {
    if (entry.index >= population.seen.size) continue;
    history.add(entry.index, entry);
    if (!isKind(entry, "run") && !isKind(entry, "intake") && !isKind(entry, "import")) continue;
    if (entry.manifest !== undefined && (await blob(entry.manifest.digest)) === undefined) listOutside.add(entry.index);
    facts.push(...(await readFacts(entry, blob, collectors)).facts.filter(({ fact }) => fact.kind === kind));
  }
  const own = ownRows(acts.filter(({ index }) => index < population.seen.size));
  facts.push(...own.facts.filter(({ fact }) => fact.kind === kind));
  const period = { from: fromIso(population.period.from), to: fromIso(population.period.to) };
  const yields = (use: string) => collectors.find(({ name }) => name === use)?.facts;
  const asOf = fromIso(population.asOf);
  const again = kind && populationsOf(facts, history.instances, yields, period, asOf).get(kind);
  const meant = (instance: string) => population.only.length === 0 || population.only.includes(instance);
  const newest = newestOf(facts);
  const placeOf = placesOf(newest);
  const nameOf = (one: Observed) => rowName(one.instance, one.fact.id, placeOf(one)?.slice(0, 2_000));
  const found = new Map(newest.map((one) => [nameOf(one), one]));
  const belongs = new Set(again?.records.map(nameOf));
  const differ: string[] = [];
  const notRead: string[] = [];
  const unlike: string[] = [];
  const inFile = new Map(facts.map((one) => [`${one.item} ${nameOf(one)}`, one]));
  let same = 0;
  let byFile = 0;
  for (const { row, instance, id, revision, fields } of population.rows) {
    const one = found.get(row);
    const isOurs = revision.item === undefined || instance === OWN_REGISTER;
    const isHere = isOurs
      ? OWN_KINDS.has(kind ?? "") && !own.unclear.has(ownId(id))
      : (one !== undefined && one.entry >= revision.entry) ||
        // The same bytes may be in the pack because another record brought them too; what this one brought is then not known.
        (!listOutside.has(revision.entry) && (await blob(revision.item ?? "")) !== undefined);
    const twin = isHere || isOurs ? undefined : inFile.get(`${revision.item} ${row}`);
    if (twin !== undefined && canonical(fieldsOfRow(twin.fact)) === canonical(fields)) {
      same += 1;
      byFile += 1;
    } else if (!isHere) {
      notRead.push(row);
      // Settings of then, such as a zone, may have read it otherwise.
      if (twin !== undefined) unlike.push(row);
    } else if (one === undefined || !isSameRow(one, revision, fields)) differ.push(row);
    else same += 1;
  }
  const rows = new Set(population.rows.map(({ row }) => row));
  const excluded = new Set(
    population.excluded.flatMap(({ instance, named }) => named.map((id) => rowName(instance, id))),
  );
  const cut = new Set(
    population.excluded.filter(({ count }) => count > EXCLUDED_NAMED).map(({ instance }) => instance),
  );
  const lacking = [...belongs].filter((row) => {
    const { instance, fact } = found.get(row) ?? { instance: "", fact: undefined };
    if (instance === OWN_REGISTER && own.unclear.has(ownId(fact?.id ?? ""))) return false;
    return !rows.has(row) && meant(instance) && !excluded.has(row) && !cut.has(instance);
  });
  return {
    result: differ.length + lacking.length > 0 ? "different" : same === 0 && notRead.length > 0 ? "unknown" : "same",
    same,
    byFile,
    elsewhere: notRead.length,
    notRead: notRead.slice(0, MAX_NAMED),
    unlike: unlike.slice(0, MAX_NAMED),
    neverRead: kind === "decision" || kind === "evidence",
    differ: differ.slice(0, MAX_NAMED),
    lacking: lacking.slice(0, MAX_NAMED),
  };
}

/**
 * Kinds of our own records that can be read again from their records and words alone. What was decided about events rests on all
 * that sources told, and pieces of evidence on holds and accesses: `custody verify` and the records show these.
 */
const OWN_KINDS: ReadonlySet<string> = new Set(["incident", "action", "review", "activity"]);

/** A review of several incidents is a row for each; what is known of it is known of all. */
const ownId = (id: string) => id.split("+")[0] ?? id;

/** Incidents, actions, reviews and the like that are kept in the log, and those of which words are not in the pack. */
function ownRows(acts: readonly RecordedAct[]): {
  readonly facts: readonly Observed[];
  readonly unclear: ReadonlySet<string>;
} {
  const unclear = new Set<string>();
  for (const { entry, gone } of acts) {
    if (gone === undefined) continue;
    if (entry.kind === "incident") unclear.add(entry.incident);
    if (entry.kind === "action") unclear.add(entry.action);
    if (entry.kind === "activity") unclear.add(entry.activity);
  }
  // No row holds the name of a person.
  const register = foldRegister(actsOfKind(acts, "incident"));
  return { facts: [...incidentFacts(register, new Map()), ...reviewFacts(acts, OWN_REGISTER)], unclear };
}

function isSameRow(
  observed: Observed,
  revision: Population["rows"][number]["revision"],
  fields: Population["rows"][number]["fields"],
): boolean {
  return (
    canonical(revisionOf(observed)) === canonical(revision) &&
    canonical(fieldsOfRow(observed.fact)) === canonical(fields)
  );
}
