import { beganAt, type Population, type PopulationPart, type SourceCount } from "../assess/population.ts";
import { newestLook, placesOfRun, standingPlaces } from "../assess/unread.ts";
import { FACT_KINDS } from "../assess/vocabulary.ts";
import type { FactKind, Observed } from "../evidence/fact.ts";
import { countPlaces } from "../evidence/place.ts";
import type { Interval } from "../lib/time.ts";
import { clean } from "./clean.ts";
import { span } from "./coverage.ts";
import type { SourceReport } from "./coverage-shape.ts";
import type { EvidenceItem, ObservedProblem, ReportInput } from "./input.ts";
import { byText } from "./order.ts";
import type { PopulationRow, PopulationSourceRow, PopulationsPart } from "./populations-shape.ts";
import { sampleRows } from "./sample-rows.ts";

/** Addresses and paths that are named one by one. */
const QUERIES_NAMED = 2;
/** Places that could not be read, named one by one. */
const DIFFERENCES_NAMED = 5;

/** Everything that there was to judge, and what was drawn from it. */
export function populationsPart(
  input: ReportInput,
  populations: ReadonlyMap<FactKind, Population>,
  sources: readonly SourceReport[],
  items: readonly EvidenceItem[],
): PopulationsPart {
  const rows = FACT_KINDS.flatMap((kind) => {
    const population = populations.get(kind);
    return population === undefined ? [] : [populationRow(input, population, sources, items)];
  });
  return {
    kinds: rows.filter((row) => row.sources.length > 0),
    withoutSource: rows.filter((row) => row.sources.length === 0).map(({ kind }) => kind),
    ...sampleRows(input),
  };
}

interface Numbers {
  readonly began: number;
  readonly carriedIn: number;
  readonly elsewhere: number;
  readonly undated: number;
  readonly byCustody: number;
}

/** Each record is counted once: it began in the period, before it, elsewhere, or nobody knows when. */
function numbersOf(records: readonly Observed[], period: Interval): Numbers {
  const numbers = { began: 0, carriedIn: 0, elsewhere: 0, undated: 0, byCustody: 0 };
  for (const { fact } of records) {
    const at = beganAt(fact);
    if (at === null) numbers.undated += 1;
    else if (at >= period.to) numbers.elsewhere += 1;
    else if (at >= period.from) numbers.began += 1;
    else numbers.carriedIn += 1;
    if (fact.kind === "incident" && fact.origin === "custody") numbers.byCustody += 1;
  }
  return numbers;
}

function populationRow(
  input: ReportInput,
  { kind, records, parts }: Population,
  sources: readonly SourceReport[],
  items: readonly EvidenceItem[],
): PopulationRow {
  const { register, period } = input;
  const own = register?.instance;
  // Kept in the log itself, it is a source of incidents also while it is empty.
  const known = own === undefined || register?.kept === undefined || kind !== "incident" ? [] : [own];
  const missing = known.filter((instance) => !parts.some((part) => part.instance === instance));
  const all = [...parts, ...missing.map((instance) => ({ instance, count: 0, began: 0, counts: [] }))];
  return {
    kind,
    total: records.length,
    ...numbersOf(records, period),
    sources: all
      .sort((a, b) => byText(a.instance, b.instance))
      .map((part) => {
        const mine = records.filter(({ instance }) => instance === part.instance);
        const row = part.instance === own ? ownRow(part, mine, period) : sourceRow(input, part, mine, sources, items);
        const linked = toldUnderAnother(records, part.instance);
        return linked === 0 ? row : { ...row, linked };
      }),
  };
}

/** Records of a source that are no incident of their own here: links make them one with the record that gives it its name. */
function toldUnderAnother(records: readonly Observed[], source: string): number {
  return records.reduce((sum, { fact, instance }) => {
    const linked = fact.kind === "incident" ? (fact.linked ?? []) : [];
    const own = linked.filter((one) => one.instance === source).length;
    return sum + own - (own > 0 && instance === source ? 1 : 0);
  }, 0);
}

const NOT_ASKED = {
  query: [],
  asked: null,
  runs: 0,
  firstEntry: null,
  lastEntry: null,
  counted: null,
  runsBy: { same: 0, differs: 0, uncounted: 0 },
  differences: [],
  expected: 0,
  covered: 0,
  unread: 0,
} as const;

function ownRow({ instance }: PopulationPart, records: readonly Observed[], period: Interval): PopulationSourceRow {
  const numbers = { found: records.length, ...numbersOf(records, period) };
  return { ...NOT_ASKED, instance, use: null, reconciled: "own", ...numbers };
}

function sourceRow(
  input: ReportInput,
  { instance, counts }: PopulationPart,
  records: readonly Observed[],
  sources: readonly SourceReport[],
  items: readonly EvidenceItem[],
): PopulationSourceRow {
  const source = sources.find((one) => one.instance === instance);
  const history = input.history.instances.get(instance);
  const counted = counts.findLast(({ total }) => total !== undefined);
  const runs = new Set(counts.map(({ entry }) => entry));
  const asked = counts.map(({ window }) => window);
  const places = input.problems.filter((one) => one.instance === instance);
  const isSame = ({ total, facts, problems }: SourceCount) => total === facts && problems === 0;
  const same = counted !== undefined && isSame(counted);
  const agrees = counted !== undefined && hasEveryRecord(counted, places);
  const withCount = counts.filter(({ total }) => total !== undefined);
  const alike = withCount.filter(isSame).length;
  return {
    instance,
    use: history?.record.use ?? null,
    query: queriesOf(items.filter((item) => item.instance === instance && runs.has(item.entry))),
    asked:
      asked.length === 0
        ? null
        : span({
            from: asked.reduce((least, { from }) => Math.min(least, from), Number.POSITIVE_INFINITY),
            to: asked.reduce((most, { to }) => Math.max(most, to), Number.NEGATIVE_INFINITY),
          }),
    runs: counts.length,
    firstEntry: counts[0]?.entry ?? null,
    lastEntry: counts.at(-1)?.entry ?? null,
    found: records.length,
    ...numbersOf(records, input.period),
    counted:
      counted?.total === undefined
        ? null
        : { entry: counted.entry, own: counted.total, read: counted.facts, unread: placesOfRun(counted, places) },
    runsBy: { same: alike, differs: withCount.length - alike, uncounted: counts.length - withCount.length },
    reconciled:
      counts.length === 0
        ? "not-asked"
        : counted === undefined
          ? "uncounted"
          : same
            ? "same"
            : agrees
              ? "agrees"
              : "differs",
    differences:
      same || counted === undefined
        ? []
        : [...differencesOf(counted.entry, instance, input.problems), ...inboxWords(input.evidence, instance, counted)],
    expected: source?.expected ?? 0,
    covered: source === undefined ? 0 : source.states.collected + source.states.late,
    unread: countPlaces(
      standingPlaces(
        places.filter(({ entry }) => runs.has(entry)),
        newestLook(history?.runs ?? [], input.about(history?.record.use ?? "")?.whole === true),
      ),
    ),
  };
}

/** Of an inbox the count is of what came in, each recorded as it came; a run reads only what it finds missing. */
function inboxWords(evidence: readonly EvidenceItem[], instance: string, { window }: SourceCount): string[] {
  const came = evidence.filter((item) => item.kind === "intake" && item.instance === instance);
  if (came.length === 0) return [];
  const inside = came.filter(({ capturedAt }) => capturedAt >= window.from && capturedAt < window.to).length;
  return [
    `its own count is of the reports that came in; ${inside} came in the time of that run, each in a record of its own, and the run itself reads only what did not come`,
  ];
}

/** True where the counts agree, and all that could not be read are values of records that were: no place may hide another record. */
function hasEveryRecord({ entry, total, facts }: SourceCount, problems: readonly ObservedProblem[]): boolean {
  const own = problems.filter((one) => one.entry === entry);
  return total === facts && own.length > 0 && own.every(({ about }) => about !== undefined);
}

/** Addresses and paths of the newest run: what was asked is what its evidence files say. */
function queriesOf(items: readonly EvidenceItem[]): string[] {
  const newest = items.reduce((most, { entry }) => Math.max(most, entry), -1);
  const origins = new Set(items.filter(({ entry }) => entry === newest).map(({ origin }) => clean(origin, 300)));
  return named([...origins].sort(byText), QUERIES_NAMED);
}

/** The places of a run that could not be read. */
function differencesOf(entry: number, instance: string, problems: readonly ObservedProblem[]): string[] {
  const own = problems.filter((one) => one.entry === entry && one.instance === instance);
  return named(
    [...new Set(own.map(({ where, message }) => clean(`${where}: ${message}`)))].sort(byText),
    DIFFERENCES_NAMED,
  );
}

function named(all: readonly string[], most: number): string[] {
  return all.length <= most ? [...all] : [...all.slice(0, most), `and ${all.length - most} more`];
}
