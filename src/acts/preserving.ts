import { incidentsIn, incidentWindow, type Memory, recordId } from "../assess/preservation.ts";
import type { InstanceConfig } from "../collector/define.ts";
import { capturesOf, readFacts } from "../collector/facts.ts";
import { type RunResult, runCollector } from "../collector/run.ts";
import type { Custody } from "../custody.ts";
import type { Draft, Entry } from "../evidence/entry.ts";
import type { FactOf, Observed } from "../evidence/fact.ts";
import { CustodyError } from "../lib/errors.ts";
import { didYouMean } from "../lib/nearest.ts";
import { holes, type Interval, iso } from "../lib/time.ts";
import { actor } from "../people.ts";
import { runTasks, tasksNow } from "../schedule/collect.ts";
import { expectationOf } from "../slots/plan.ts";
import { type Hold, Holds } from "../trust/holds.ts";
import { declareNow, runParts } from "../work.ts";
import { openRegister } from "./open-register.ts";

/** Keeps everything about the time of an incident: collects it now and forbids to dispose of it. */

export interface PreserveRequest {
  /** As the register has it; `INSTANCE/ID` where two registers use the same. */
  readonly incident: string;
  readonly from?: number | undefined;
  readonly to?: number | undefined;
  readonly authority: string;
}

/** What one source still gave. */
export interface KeptFrom {
  readonly instance: InstanceConfig;
  readonly result: RunResult;
  /** Of the window, what the source did not give any more. */
  readonly forgotten: readonly Interval[];
}

export interface Preserved {
  readonly incident: string;
  /** As the records name it. */
  readonly record: string;
  readonly window: Interval;
  readonly kept: readonly KeptFrom[];
  /** Holds placed now, by the record that did. */
  readonly holds: readonly { readonly hold: string; readonly entry: number }[];
  /** Every hold in force on it, also those that stood before. */
  readonly inForce: readonly string[];
}

/** Throws NOT_FOUND for an incident that no register has, and USAGE where two have it. */
export async function preserveIncident(
  custody: Custody,
  request: PreserveRequest,
  signal: AbortSignal,
  done: (kept: KeptFrom) => void,
): Promise<Preserved> {
  const by = await actor(custody);
  await declareNow(custody);
  const found = await findIncident(custody, request, signal);
  const now = custody.clock.now();
  const own = found.fact && incidentWindow(found.fact, now);
  const from = request.from ?? own?.from;
  const to = Math.min(request.to ?? own?.to ?? now, now);
  if (from === undefined) {
    throw new CustodyError("USAGE", `${found.id}: the register gives it no time`, {
      remedy: "Say from when on: --from DAY.",
    });
  }
  if (to <= from) throw new CustodyError("USAGE", "--to is not after --from, or --from is still to come");
  const window = { from, to };
  const record = recordId(found.id);
  const history = await custody.history();
  const relevant = custody.config.instances.filter(({ id }) => {
    const known = history.instances.get(id);
    return known === undefined || expectationOf(known, now) !== "retired";
  });
  const parts = runParts(custody, signal);
  const kept: KeptFrom[] = [];
  for (const instance of relevant) {
    if (signal.aborted) break;
    const result = await runCollector({
      ...parts.of(instance, window),
      ...(instance.timeout === undefined ? {} : { limits: { runTimeout: instance.timeout } }),
      instance,
      window,
      trigger: "backfill",
      incident: record,
    });
    const one = { instance, result, forgotten: forgottenIn(instance, window, result) };
    kept.push(one);
    done(one);
  }
  const before = await standingHolds(custody);
  const drafts = holdDrafts(before, found.id, relevant, window, request.authority, by);
  const appended = drafts.length === 0 ? [] : await (await custody.ledger()).append(drafts);
  const holds = drafts.map(({ hold }, i) => ({ hold, entry: appended[i]?.index ?? 0 }));
  const standing = before.standing.filter(
    (hold) => isAbout(hold, record) || isAround(hold, relevantIds(relevant), window),
  );
  const inForce = [...standing, ...related(before.standing, record)].map(({ id }) => id);
  const names = [...new Set([...inForce, ...drafts.map(({ hold }) => hold)])];
  return { incident: found.id, record, window, kept, holds, inForce: names };
}

/** What a source that can be asked about the past did not give of the window. */
function forgottenIn({ collector }: InstanceConfig, window: Interval, { draft }: RunResult): Interval[] {
  if (collector.mode !== "window" || draft.outcome === "failed" || draft.outcome === "unavailable") return [];
  const covered = draft.covered.map(({ from, to }) => ({ from: Date.parse(from), to: Date.parse(to) }));
  // What happened after the run began is still to come.
  const asked = { from: window.from, to: Math.min(window.to, Date.parse(draft.started)) };
  return asked.from < asked.to ? holes(asked, covered) : [];
}

interface FoundIncident {
  readonly id: string;
  readonly fact: FactOf<"incident"> | undefined;
}

async function findIncident(
  custody: Custody,
  { incident, from }: PreserveRequest,
  signal: AbortSignal,
): Promise<FoundIncident> {
  const look = async () => matching(await registerFacts(custody), incident);
  let found = await look();
  if (found.matches.length === 0) {
    // It may have been written down a moment ago.
    await collectRegisters(custody, signal);
    found = await look();
  }
  const [first, ...more] = found.matches;
  if (more.length > 0) {
    const names = found.matches.map((one) => `${one.instance}/${one.fact.id}`);
    throw new CustodyError("USAGE", `${incident} is in ${found.matches.length} registers`, {
      remedy: `Say which: ${names.join(" or ")}.`,
    });
  }
  if (first !== undefined) return { id: first.fact.id, fact: first.fact };
  // What is not in a register yet can be preserved all the same, if somebody says from when on.
  if (from !== undefined) return { id: incident, fact: undefined };
  throw new CustodyError("NOT_FOUND", `no register has an incident ${incident}${didYouMean(incident, found.known)}`, {
    remedy: "Write it down first, or say from when on: --from DAY. Nothing was collected.",
  });
}

function matching(facts: readonly Observed[], incident: string) {
  const all = incidentsIn(facts);
  const matches = all.filter(({ fact, instance }) => fact.id === incident || `${instance}/${fact.id}` === incident);
  return { matches, known: all.map(({ fact }) => fact.id) };
}

const canSay = (custody: Custody, use: string): boolean =>
  custody.config.collectors.find(({ name }) => name === use)?.facts.includes("incident") ?? false;

async function collectRegisters(custody: Custody, signal: AbortSignal): Promise<void> {
  const registers = custody.config.instances.filter(({ collector }) => canSay(custody, collector.name));
  const tasks = tasksNow(registers, await custody.history(), custody.clock.now(), 0);
  await runTasks(tasks, runParts(custody, signal), signal, () => {});
}

/** The incidents as our own register has them, and as the newest look at each other shows them, with messages and imports since. */
export async function registerFacts(custody: Custody): Promise<Observed[]> {
  return [...(await ownFacts(custody)), ...(await sourceFacts(custody))];
}

/** The same without our own register. */
export async function sourceFacts(custody: Custody): Promise<Observed[]> {
  const history = await custody.history();
  const disposals = await custody.disposals();
  const ledger = await custody.view();
  const facts: Observed[] = [];
  for (const { record, runs, imports } of history.instances.values()) {
    if (!canSay(custody, record.use)) continue;
    const newest = runs.findLast(({ items }) => items > 0);
    const entries = [...imports.map(({ index }) => index), ...(newest === undefined ? [] : [newest.index])];
    for (const index of entries) {
      const entry = await entryAt(custody, index);
      if (entry === undefined) continue;
      const read = await readFacts(
        entry,
        (digest) => ledger.blob(digest),
        custody.config.collectors,
        (digest, named) => disposals.explains(digest, named),
      );
      facts.push(...read.facts);
    }
  }
  return facts;
}

/** The incidents of our own register; nothing is read where it is empty. */
export async function ownFacts(custody: Custody): Promise<Observed[]> {
  const { kept } = await custody.registerLog();
  return kept === undefined ? [] : [...(await openRegister(custody)).facts];
}

async function entryAt(custody: Custody, index: number): Promise<Entry | undefined> {
  for await (const recorded of (await custody.view()).read(index)) return recorded.entry;
  return undefined;
}

/**
 * How long the sources keep their own past: as the configuration says, else as their newest answer does. What does not say is
 * not in the list.
 */
export async function memoriesOf(custody: Custody): Promise<Memory[]> {
  const history = await custody.history();
  const memories: Memory[] = [];
  for (const instance of custody.config.instances) {
    const remembers =
      instance.remembers ?? (await saidBy(custody, instance, history.instances.get(instance.id)?.runs ?? []));
    if (remembers !== undefined) memories.push({ instance: instance.id, remembers });
  }
  return memories;
}

async function saidBy(
  custody: Custody,
  { collector }: InstanceConfig,
  runs: readonly { readonly index: number; readonly items: number }[],
): Promise<number | undefined> {
  const newest = collector.remembers === undefined ? undefined : runs.findLast(({ items }) => items > 0);
  const entry = newest && (await entryAt(custody, newest.index));
  if (entry === undefined) return undefined;
  const ledger = await custody.view();
  try {
    for await (const { capture } of capturesOf(entry, (digest) => ledger.blob(digest))) {
      const said = capture && collector.remembers?.(capture);
      if (said !== undefined) return said;
    }
  } catch {
    // A list that cannot be read is a finding of verification; here it only says nothing.
  }
  return undefined;
}

async function standingHolds(custody: Custody): Promise<Holds> {
  const holds = new Holds();
  for await (const { index, entry } of (await custody.view()).read()) holds.add(index, entry);
  return holds;
}

type HoldDraft = Extract<Draft, { kind: "hold" }>;

/** Holds on everything that tells of an incident, whatever else is held. */
const isAbout = ({ incident, digests, instances, window }: Hold, record: string): boolean =>
  incident === record && !digests && !instances && !window;

/** Holds on whatever these collectors took in about a time. */
const isAround = (hold: Hold, instances: readonly string[], { from, to }: Interval): boolean =>
  hold.window !== undefined &&
  hold.incident === undefined &&
  hold.digests === undefined &&
  hold.window.from <= from &&
  hold.window.to >= to &&
  (hold.instances === undefined || instances.every((id) => hold.instances?.includes(id)));

const relevantIds = (relevant: readonly InstanceConfig[]): string[] => relevant.map(({ id }) => id).slice(0, 256);

/** Those of the holds that were placed for this incident, by their ids. */
function related(holds: readonly Hold[], record: string): Hold[] {
  const begin = `preserve-${record}`;
  return holds.filter(({ id }) => id.startsWith(begin) && /^(-time)?(-\d+)?$/.test(id.slice(begin.length)));
}

/** Holds still in force that were placed for the same incident as the one with this id. */
export function holdsBeside(holds: readonly Hold[], id: string): Hold[] {
  const [, record] = /^preserve-(.+?)(?:-time)?(?:-\d+)?$/.exec(id) ?? [];
  if (record === undefined) return [];
  // An incident may itself end with a number.
  const names = [record, id.slice("preserve-".length)];
  return holds.filter((hold) => hold.id !== id && names.some((name) => related([hold], name).length > 0));
}

/** One hold on what tells of the incident, one on whatever was taken in about its time; none that stands already. */
function holdDrafts(
  holds: Holds,
  incident: string,
  relevant: readonly InstanceConfig[],
  window: Interval,
  authority: string,
  by: HoldDraft["actor"],
): HoldDraft[] {
  const record = recordId(incident);
  const instances = relevantIds(relevant);
  const used = new Set([...holds.standing, ...holds.released.map(({ hold }) => hold)].map(({ id }) => id));
  const free = (id: string) => {
    for (let n = 1; ; n++) {
      const name = n === 1 ? id : `${id}-${n}`;
      if (!used.has(name)) return name;
    }
  };
  const place = { kind: "hold" as const, actor: by, action: "place" as const, authority };
  const about = holds.standing.some((hold) => isAbout(hold, record));
  const around = holds.standing.some((hold) => isAround(hold, instances, window));
  return [
    ...(about ? [] : [{ ...place, hold: free(`preserve-${record}`), incident: record }]),
    ...(around || instances.length === 0
      ? []
      : [
          {
            ...place,
            hold: free(`preserve-${record}-time`),
            instances,
            window: { from: iso(window.from), to: iso(window.to) },
          },
        ]),
  ];
}
