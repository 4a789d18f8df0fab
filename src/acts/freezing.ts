import { placesOf } from "../assess/one-id.ts";
import { newestOf, type PopulationPart, populationsOf } from "../assess/population.ts";
import { newestLook, placesOfRun, standingPlaces } from "../assess/unread.ts";
import type { Custody } from "../custody.ts";
import type { Actor } from "../evidence/entry.ts";
import type { Fact, Observed } from "../evidence/fact.ts";
import { countPlaces } from "../evidence/place.ts";
import { OWN_REGISTER } from "../incidents/register.ts";
import { digestOf } from "../lib/digest.ts";
import { CustodyError } from "../lib/errors.ts";
import { didYouMean } from "../lib/nearest.ts";
import { fromIso, type Interval, iso } from "../lib/time.ts";
import {
  decodePopulation,
  EXCLUDED_NAMED,
  type ExcludedRows,
  encodePopulation,
  inOrder,
  MAX_ROWS,
  POPULATION_TYPE,
  type Population,
  type PopulationSource,
  populationOf,
  populationOrProblem,
} from "../samples/population.ts";
import { fieldsOfRow, KINDS_OF } from "../samples/rows.ts";
import type { Sample } from "../samples/sample.ts";
import { slotsOf } from "../slots/state.ts";
import { begin } from "./numbering.ts";
import { openSamples } from "./open-samples.ts";
import { openSigning, queriesOf, type Signing } from "./signing.ts";

/** Populations: what is frozen, so that anybody can choose from the same rows later. */

export interface FreezeRequest {
  /** What people call it: `incidents`. */
  readonly of: string;
  readonly period: Interval;
  /** Only these sources; all of them where none is named. */
  readonly only: readonly string[];
  readonly id?: string | undefined;
}

/** The kind of records that people mean. Throws USAGE. */
export function kindOfRecords(of: string): Fact["kind"] {
  const kind = Object.hasOwn(KINDS_OF, of) ? KINDS_OF[of] : undefined;
  if (kind !== undefined) return kind;
  const known = Object.keys(KINDS_OF);
  throw new CustodyError("USAGE", `--of ${of.slice(0, 40)}: there is no such population${didYouMean(of, known)}`, {
    remedy: `There is ${known.join(", ")}.`,
  });
}

/**
 * Freezes a population as the log shows it now, at a signed size. Throws USAGE, NOT_FOUND for a source that is none,
 * INPUT_TOO_LARGE for more rows than one population has; writes nothing then.
 */
export async function freezePopulation(
  custody: Custody,
  request: FreezeRequest,
): Promise<{
  readonly id: string;
  readonly index: number;
  readonly by: Actor;
  readonly population: Population;
  readonly digest: string;
}> {
  kindOfRecords(request.of);
  const signing = await openSigning(custody);
  const population = await populationIn(custody, signing, request);
  const bytes = encodePopulation(population);
  // What nobody could read again is not frozen.
  decodePopulation(bytes);
  const { samples } = await openSamples(custody);
  const blob = await (await custody.ledger()).put(bytes, POPULATION_TYPE);
  const begun = await begin(
    custody,
    { series: "SMP", kind: "sample", taken: samples.map(({ id }) => id), own: request.id },
    (sample) => ({
      kind: "sample",
      sample,
      act: "freeze",
      happened: iso(custody.clock.now()),
      population: blob,
      window: population.period,
      size: population.rows.length,
      seen: population.seen,
    }),
    "sample",
  );
  return { ...begun, population, digest: blob.digest };
}

/** The population that these records show. Reads manifests for the addresses that were asked, and nothing else. */
export async function populationIn(
  custody: Custody,
  signing: Pick<Signing, "found" | "seen">,
  { of, period, only }: FreezeRequest,
): Promise<Population> {
  const kind = kindOfRecords(of);
  const { found, seen } = signing;
  const { history, facts } = found;
  const yields = (use: string) => custody.config.collectors.find(({ name }) => name === use)?.facts;
  const whole = populationsOf(facts, history.instances, yields, period, history.asOf).get(kind);
  const parts = whole?.parts ?? [];
  const unknown = only.filter((id) => !parts.some(({ instance }) => instance === id));
  if (unknown.length > 0) {
    const ids = parts.map(({ instance }) => instance);
    throw new CustodyError(
      "NOT_FOUND",
      unknown.map((id) => `--source ${id.slice(0, 60)}: no source of ${of}${didYouMean(id, ids)}`).join("\n"),
      { remedy: ids.length > 0 ? `There is ${ids.join(", ")}.` : `Nothing that is connected shows ${of}.` },
    );
  }
  const meant = (instance: string) => only.length === 0 || only.includes(instance);
  const records = (whole?.records ?? []).filter(({ instance }) => meant(instance));
  if (records.length > MAX_ROWS)
    // Before anything is made of them.
    populationOf({ rows: Array(records.length) } as never);
  const sources = await Promise.all(
    parts.filter(({ instance }) => meant(instance)).map((part) => sourceOf(custody, signing, part, period)),
  );
  const placeOf = placesOf(newestOf(facts));
  return populationOf({
    of,
    period: { from: iso(period.from), to: iso(period.to) },
    zone: custody.config.organisation.zone,
    only: [...only].sort(inOrder),
    seen,
    asOf: iso(history.asOf),
    undated: records.filter(isUndated).length,
    sources,
    excluded: excludedOf(
      newestOf(facts).filter((o) => o.fact.kind === kind),
      new Set(whole?.records),
      meant,
    ),
    rows: records.map((one) => rowOf(one, placeOf(one))),
  });
}

/** A row without its name. */
export function rowOf(
  { fact, instance, entry, item, position, ordinal }: Observed,
  place?: string,
): Omit<Population["rows"][number], "row"> {
  return {
    instance,
    id: fact.id,
    ...(place === undefined ? {} : { place: place.slice(0, 2_000) }),
    revision: revisionOf({ instance, entry, item, position, ordinal }),
    fields: fieldsOfRow(fact),
  };
}

/** The word that a row rests on. What our own records tell follows from all of them: the last one about it is named. */
export function revisionOf({
  instance,
  entry,
  item,
  position,
  ordinal,
}: Pick<Observed, "instance" | "entry" | "item" | "ordinal"> & {
  readonly position?: number | undefined;
}): Population["rows"][number]["revision"] {
  if (instance === OWN_REGISTER) return { entry, ordinal: 0 };
  return { entry, item, ordinal, ...(position === undefined ? {} : { position }) };
}

/** True where the fact says no time at all, in the words of its row. */
function isUndated({ fact }: Observed): boolean {
  const times = Object.entries(fact).filter(
    ([field, value]) => /(?:At|^date|^at)$/.test(field) && typeof value === "number",
  );
  return times.length === 0;
}

async function sourceOf(
  custody: Custody,
  signing: Pick<Signing, "found">,
  { instance, count, began, counts }: PopulationPart,
  period: Interval,
): Promise<PopulationSource> {
  const { history } = signing.found;
  const own = history.instances.get(instance);
  const runs = counts.map(({ entry }) => entry);
  const among = new Set(runs);
  const counted = counts.findLast(({ total }) => total !== undefined);
  const places = signing.found.problems.filter((one) => one.instance === instance);
  const slots = own === undefined ? [] : slotsOf(own, period, history.asOf);
  const asked = await queriesOf(custody, signing, instance, runs);
  return {
    instance,
    use: own?.record.use ?? null,
    query: asked.slice(0, 8).map((text) => text.slice(0, 2_000)),
    runs: runs.length,
    first: runs[0] ?? null,
    last: runs.at(-1) ?? null,
    rows: count,
    began,
    counted:
      counted?.total === undefined
        ? null
        : { entry: counted.entry, own: counted.total, read: counted.facts, unread: placesOfRun(counted, places) },
    reconciled:
      counted?.total === undefined
        ? "uncounted"
        : counted.total === counted.facts && counted.problems === 0
          ? "same"
          : "differs",
    expected: slots.length,
    covered: slots.filter(({ state }) => state === "collected" || state === "late").length,
    unread: countPlaces(
      standingPlaces(
        places.filter(({ entry }) => among.has(entry)),
        newestLook(own?.runs ?? [], showsAll(custody, own?.record.use)),
      ),
    ),
  };
}

const showsAll = ({ config }: Pick<Custody, "config">, use: string | undefined): boolean =>
  config.collectors.find(({ name }) => name === use)?.whole === true;

function excludedOf(
  all: readonly Observed[],
  inPeriod: ReadonlySet<Observed>,
  meant: (instance: string) => boolean,
): ExcludedRows[] {
  const groups = new Map<string, { instance: string; reason: string; ids: string[] }>();
  for (const observed of all) {
    const { instance, fact } = observed;
    const reason = !meant(instance) ? "other-source" : inPeriod.has(observed) ? undefined : "outside-period";
    if (reason === undefined) continue;
    const key = `${instance} ${reason}`;
    const group = groups.get(key) ?? { instance, reason, ids: [] };
    groups.set(key, group);
    group.ids.push(fact.id);
  }
  return [...groups.values()].map(({ instance, reason, ids }) => ({
    instance,
    reason,
    count: ids.length,
    named: ids
      .sort(inOrder)
      .slice(0, EXCLUDED_NAMED)
      .map((id) => id.slice(0, 2_000)),
  }));
}

/** The population of a sample out of the store. Throws NOT_FOUND where it is gone, VERIFICATION_FAILED where it is another. */
export async function readPopulation(custody: Custody, sample: Sample): Promise<Population> {
  const { digest } = sample.population;
  const disposed = (await custody.disposals()).explains(digest, sample.frozen.index);
  if (disposed !== undefined)
    throw new CustodyError(
      "NOT_FOUND",
      `the population of ${sample.id} was disposed of on ${disposed.at.slice(0, 10)} (record ${disposed.index})`,
    );
  const bytes = await (await custody.view()).blob(digest);
  if (bytes === undefined)
    throw new CustodyError("NOT_FOUND", `the population of ${sample.id} (${digest}) is not in the store`, {
      remedy: "Run `custody verify`.",
    });
  const population =
    digestOf(bytes) === digest ? populationOrProblem(bytes) : "its bytes are not those that were recorded";
  if (typeof population !== "string") return population;
  throw new CustodyError("VERIFICATION_FAILED", `the population of ${sample.id}: ${population}`, {
    remedy: "Run `custody verify`.",
  });
}

/** The period of a population as instants. */
export const periodOf = ({ period }: Population): Interval => ({ from: fromIso(period.from), to: fromIso(period.to) });
