import { readActs } from "../acts/acting.ts";
import type { AssessmentInput } from "../assess/assess.ts";
import { type Catalogue, catalogueOf } from "../assess/catalogue.ts";
import { placesOf } from "../assess/one-id.ts";
import { newestOf, sharedIds, spanOf } from "../assess/population.ts";
import { named, SignOffs } from "../assess/sign-off.ts";
import type { Custody } from "../custody.ts";
import type { RecordedAct } from "../evidence/act.ts";
import type { Recorded } from "../evidence/batch.ts";
import { type BlobRef, blobRefs } from "../evidence/blob.ts";
import { type EntryOf, isKind } from "../evidence/entry.ts";
import type { Observed } from "../evidence/fact.ts";
import { Waivers, withOwners } from "../findings/waiver.ts";
import { Conditions } from "../gaps/conditions.ts";
import { gapsIn } from "../gaps/gap.ts";
import type { Access, EvidenceItem } from "../handling/item.ts";
import type { RegisterIncident } from "../incidents/incident.ts";
import { RegisterLog } from "../incidents/open.ts";
import { OWN_REGISTER } from "../incidents/register.ts";
import { type LawFile, lawsIn } from "../laws.ts";
import type { Json } from "../lib/canonical.ts";
import { matching } from "../lib/digest.ts";
import { CustodyError } from "../lib/errors.ts";
import { fromIso, type Interval } from "../lib/time.ts";
import { namesOf } from "../people.ts";
import { policyTimeline } from "../policies.ts";
import type { PolicyTimeline } from "../policy/timeline.ts";
import { evidenceOf } from "../remembering.ts";
import { Changes } from "../report/changes.ts";
import { HumanActs } from "../report/human-acts.ts";
import { toldAsIn } from "../report/incident-case.ts";
import type { DisposedInput, EvidenceItem as EvidenceFile, ObservedProblem, UploadInput } from "../report/input.ts";
import { linksOf } from "../reviews/links.ts";
import { History } from "../slots/history.ts";
import { Frontier } from "../tlog/frontier.ts";
import { leafHash } from "../tlog/merkle.ts";
import type { HeadRecord } from "../trust/anchor.ts";
import type { Disposals } from "../trust/disposals.ts";
import { Holds } from "../trust/holds.ts";
import type { KeyRecord } from "../trust/keyring.ts";
import { Leaves } from "../verify/leaves.ts";
import { catalogueBytes } from "../work.ts";
import { type EventsInLog, ownFacts } from "./own-facts.ts";

/** What the first records of a log hold, facts and all. */
export interface Gathered {
  readonly history: History;
  readonly conditions: Conditions;
  readonly signOffs: SignOffs;
  readonly waivers: Waivers;
  /** Since when the register is kept in this log. */
  readonly registerLog: RegisterLog;
  /** Which rules of the organisation were in force when, by these records. */
  readonly policies: PolicyTimeline;
  /** Incidents of it that were opened by mistake; they are in no population. */
  readonly mistaken: RegisterIncident[];
  /** Every event with what was decided about it. */
  readonly events: EventsInLog;
  readonly frontier: Frontier;
  readonly facts: Observed[];
  readonly problems: ObservedProblem[];
  readonly evidence: EvidenceFile[];
  readonly uploads: UploadInput[];
  readonly disposed: DisposedInput[];
  readonly blobs: Map<string, BlobRef>;
  /** Heads that left the store, and what the log says of its keys; the latter also past the reported size. */
  readonly heads: HeadRecord[];
  readonly keys: KeyRecord[];
  readonly holds: { readonly index: number; readonly entry: EntryOf<"hold"> }[];
  /** What people recorded, in the order of the log, and the names behind the random IDs as far as they are there. */
  readonly acts: RecordedAct[];
  readonly names: ReadonlyMap<string, string>;
  /** Everything that people did, also what is no act on a register; and what was changed about collecting and judging. */
  readonly humanActs: HumanActs;
  readonly changes: Changes;
  /** Reports and packs that were recorded. */
  readonly reports: { readonly index: number; readonly entry: EntryOf<"report"> }[];
  /** Things kept as evidence of incidents. */
  readonly items: readonly EvidenceItem[];
  /** Every time that evidence was opened, and what may not be deleted. */
  readonly accesses: Access[];
  readonly kept: Holds;
  readonly leaves: Leaves;
  /** The laws as data that were in force at the end of what was read. */
  readonly laws: readonly LawFile[];
  genesis: EntryOf<"genesis">;
  config: EntryOf<"config"> | undefined;
  chainHead: string;
}

/** The catalogue that was in force at the end of what was read; the one of this build where the log has none, or where it is gone or altered. */
export async function catalogueIn(
  custody: Custody,
  { config }: Pick<Gathered, "config">,
): Promise<{ readonly bytes: Uint8Array; readonly catalogue: Catalogue }> {
  const digest = config?.catalogue?.digest;
  const logged = digest && matching(await (await custody.view()).blob(digest), digest);
  const bytes = logged || (await catalogueBytes(custody.config));
  return { bytes, catalogue: catalogueOf(new TextDecoder().decode(bytes)) };
}

/** What was read, as assessment takes it; `names` are those of the people behind random IDs. */
export function assessmentOf(
  { config }: Pick<Custody, "config">,
  {
    history,
    facts,
    problems,
    signOffs,
    waivers,
    registerLog,
    policies,
    conditions,
    uploads,
    laws,
    acts,
  }: Pick<
    Gathered,
    | "acts"
    | "conditions"
    | "history"
    | "facts"
    | "signOffs"
    | "waivers"
    | "registerLog"
    | "policies"
    | "uploads"
    | "laws"
  > &
    Pick<AssessmentInput, "problems">,
  catalogue: Catalogue,
  period: Interval,
  names: ReadonlyMap<string, string>,
): AssessmentInput {
  return {
    catalogue,
    period,
    histories: history,
    facts,
    toldAs: toldAsIn(facts, linksOf(acts)),
    problems,
    asOf: history.asOf,
    yields: (use) => config.collectors.find(({ name }) => name === use)?.facts,
    signOffs: signOffs.counting.map((one) => named(one, names)),
    gaps: gapsIn(history, conditions, history.asOf, config.gaps),
    waivers: withOwners(waivers.all, names),
    laws: laws.map(({ law }) => law),
    own: { instance: OWN_REGISTER, kept: registerLog.kept },
    policies,
    files: uploads.flatMap(({ entry, at, files }) => files.map(({ name, size }) => ({ name, size, entry, at }))),
  };
}

/** What is there while the log is read. */
type Half = Omit<Gathered, "genesis" | "events" | "items" | "laws">;

/** One pass over the first `size` entries and the captures that they name. */
export async function readLedger(custody: Custody, size: number): Promise<Gathered> {
  const ledger = await custody.view();
  const blob = (digest: string) => ledger.blob(digest);
  const history = new History();
  const frontier = Frontier.empty();
  const found: Half = {
    history,
    conditions: new Conditions(),
    signOffs: new SignOffs(),
    waivers: new Waivers(),
    registerLog: new RegisterLog(),
    policies: await policyTimeline(custody, size),
    mistaken: [],
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
    acts: (await readActs(custody)).acts.filter(({ index }) => index < size),
    names: await namesOf(custody),
    humanActs: new HumanActs(),
    changes: new Changes(),
    reports: [],
    accesses: [],
    kept: new Holds(),
    leaves: new Leaves(),
    config: undefined,
    chainHead: "",
  };
  let genesis: EntryOf<"genesis"> | undefined;
  const disposals = await custody.disposals();
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
    found.waivers.add(index, entry);
    found.registerLog.add(index, entry);
    found.kept.add(index, entry);
    found.humanActs.add(index, entry);
    found.changes.add(index, entry, isKind(entry, "config") ? await settingsIn(entry, blob) : undefined);
    if (isKind(entry, "report")) found.reports.push({ index, entry });
    if (isKind(entry, "access")) found.accesses.push({ index, at: fromIso(entry.at), entry });
    frontier.append(leaf);
    found.chainHead = recorded.digest;
    for (const ref of blobRefs(entry)) found.blobs.set(ref.digest, ref);
    if (isKind(entry, "genesis")) genesis = entry;
    if (isKind(entry, "config")) found.config = entry;
    if (isKind(entry, "upload")) {
      found.uploads.push(await uploadOf(entry, blob, disposals));
      const named = { entry: index, at: fromIso(entry.at), covers: undefined, source: undefined };
      for (const ref of entry.evidence) noteDisposed(ref, disposals, named, found);
    }
    await readEvidence(custody, recorded, disposals, found);
  }
  if (genesis === undefined)
    throw new CustodyError("LEDGER_ALTERED", "the log does not begin with a genesis record", {
      remedy: "Run `custody verify`.",
    });
  found.problems.push(...misfits(found.facts, history.asOf));
  const families = new Map([...history.instances.values()].map(({ id, record }) => [id, record.family]));
  const beside = { told: found.facts, families, asOf: history.asOf, holds: found.kept, accesses: found.accesses };
  const own = await ownFacts(custody, found, beside);
  // One by one: a hundred thousand do not fit into the arguments of a call.
  for (const fact of own.facts) found.facts.push(fact);
  found.mistaken.push(...own.mistaken);
  const laws = await lawsIn(custody, found.config);
  return { ...found, events: own.events, items: own.items, laws, genesis };
}

/**
 * Places in the evidence that nobody can read for certain: incidents of one id that say different things, and incidents that
 * begin after they were seen, which no period of now would show.
 */
function misfits(facts: readonly Observed[], asOf: number): ObservedProblem[] {
  const groups = sharedIds(facts);
  const placeOf = placesOf(groups.flat());
  const shared = groups.flatMap((words) =>
    words.slice(0, 1).map(({ instance, entry, fact: { id } }) => ({
      instance,
      entry,
      where: id,
      message: `${words.length} records are called ${id} and say different things: ${fewOf(words.map((one) => placeOf(one) ?? ""))}. All are counted, and nobody can tell which is meant. Give each a number of its own at the source.`,
    })),
  );
  const ahead = newestOf(facts.filter(({ fact }) => fact.kind === "incident")).flatMap(
    ({ fact, instance, entry, at = asOf }) => {
      const { from } = spanOf(fact);
      // A day without a time may be one ahead where its zone is another.
      if (from === null || from <= at + DAY) return [];
      const day = new Date(from).toISOString().slice(0, 10);
      return [
        {
          instance,
          entry,
          where: fact.id,
          message: `it begins on ${day}, which was still to come when it was seen; no period of now shows it. Correct it at the source.`,
        },
      ];
    },
  );
  return [...shared, ...ahead];
}

/** Files that share an id, named one by one. */
const FEW = 5;
const fewOf = (places: readonly string[]): string =>
  `${places.slice(0, FEW).join(", ")}${places.length > FEW ? ` and ${places.length - FEW} more` : ""}`;

const DAY = 86_400_000;

type Blob = (digest: string) => Promise<Uint8Array | undefined>;

/** What is in a configuration; undefined where its text is gone or altered, which others find and say. */
async function settingsIn({ config }: EntryOf<"config">, blob: Blob): Promise<Json | undefined> {
  const bytes = matching(await blob(config.digest).catch(() => undefined), config.digest);
  try {
    return bytes && (JSON.parse(new TextDecoder().decode(bytes)) as Json);
  } catch {
    return undefined;
  }
}

async function readEvidence(
  custody: Custody,
  { entry, index }: Recorded,
  disposals: Disposals,
  found: Half,
): Promise<void> {
  if (!isKind(entry, "run") && !isKind(entry, "intake") && !isKind(entry, "import")) return;
  const read = await evidenceOf(custody, entry, disposals);
  found.facts.push(...read.facts);
  found.problems.push(...read.problems);
  const source = { instance: entry.instance, use: entry.use };
  const covers = "window" in entry ? { from: fromIso(entry.window.from), to: fromIso(entry.window.to) } : undefined;
  for (const ref of entry.evidence)
    noteDisposed(ref, disposals, { entry: index, at: fromIso(entry.at), covers, source }, found);
  for (const record of await read.records()) {
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
      // What is asked for because of an incident may be there already: it keeps it, and fills no gap.
      late:
        isKind(entry, "run") &&
        entry.incident === undefined &&
        (entry.trigger === "backfill" || entry.trigger === "catch-up"),
      incident: isKind(entry, "run") ? entry.incident : undefined,
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
