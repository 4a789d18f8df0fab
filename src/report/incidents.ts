import { reviewsFor } from "../assess/case.ts";
import { placesOf } from "../assess/one-id.ts";
import { linkKey, sharedIds } from "../assess/population.ts";
import type { FactKind, FactOf, Observed } from "../evidence/fact.ts";
import { type Interval, iso } from "../lib/time.ts";
import { type CaseFields, type CaseRecords, caseRecords } from "./cases-input.ts";
import { clean, cleanOrNull } from "./clean.ts";
import { isoOrNull } from "./coverage.ts";
import type { SourceReport } from "./coverage-shape.ts";
import type { GoneSince } from "./gone.ts";
import {
  alsoRows,
  asRulesSpell,
  begun,
  caseSeverities,
  casesOf,
  type IncidentCase,
  isIncident,
  namesOfCase,
  recordsOf,
  refOf,
  type Seen,
  toldBy,
} from "./incident-case.ts";
import type { DoubleId, IncidentRegister, IncidentRow, MistakenRow, NilStatement } from "./incidents-shape.ts";
import type { RegisterInput, ReportInput } from "./input.ts";
import { groupedBy, sortedBy } from "./order.ts";
import type { Populations } from "./registers.ts";

/** Facts of the period beside the incidents that rows and sheets tell of. */
export interface Beside {
  readonly reviews: readonly (Omit<Observed, "fact"> & { readonly fact: FactOf<"review"> })[];
  readonly actions: readonly (Omit<Observed, "fact"> & { readonly fact: FactOf<"action"> })[];
  readonly evidence: readonly (Omit<Observed, "fact"> & { readonly fact: FactOf<"evidence"> })[];
}

export function besideOf(populations: Populations): Beside {
  const of = <K extends FactKind>(kind: K) =>
    (populations.get(kind)?.records ?? []).filter(
      (one): one is Observed & { readonly fact: FactOf<K> } => one.fact.kind === kind,
    );
  return { reviews: of("review"), actions: of("action"), evidence: of("evidence") };
}

/** Whether a record that names an incident names this one. */
export function isAbout(one: IncidentCase): (incident: string | null) => boolean {
  const names = namesOfCase(one);
  return (incident) => incident !== null && names.has(linkKey(incident));
}

/** The reviews of an incident, whichever of its records they name. */
export function reviewsOfCase(one: IncidentCase, { reviews }: Beside): Beside["reviews"] {
  const facts = reviews.map(({ fact }) => fact);
  const named = new Set(recordsOf(one).flatMap(({ fact }) => reviewsFor(fact, facts)));
  return reviews.filter(({ fact }) => named.has(fact));
}

const TIMES = {
  occurred: "occurredAt",
  detected: "detectedAt",
  acknowledged: "acknowledgedAt",
  contained: "containedAt",
  resolved: "resolvedAt",
  closed: "closedAt",
} as const;

interface Setting {
  readonly input: Pick<ReportInput, "period" | "asOf">;
  readonly cases: CaseRecords;
  readonly imported: ReadonlySet<number>;
  readonly gone: GoneSince;
  readonly beside: Beside;
  readonly sheets: ReadonlySet<IncidentCase>;
}

function rowOf(one: IncidentCase, setting: Setting): IncidentRow {
  const {
    input: { period, asOf },
    cases,
    imported,
    gone,
    beside,
    sheets,
  } = setting;
  const { told, own } = one;
  const { fact } = told;
  const [start, end] = [begun(told), fact.closedAt ?? fact.resolvedAt];
  const severities = caseSeverities(one, cases.policies, asOf);
  const times = Object.fromEntries(Object.entries(TIMES).map(([name, field]) => [name, isoOrNull(fact[field])]));
  const precision = Object.entries(TIMES).flatMap(([name, field]) => {
    const by = Object.hasOwn(fact.precision, field) ? (fact.precision[field] ?? 1) : 1;
    return by > 1 ? [[name, by] as const] : [];
  });
  const mine = isAbout(one);
  const actions = beside.actions.filter((action) => mine(action.fact.incident));
  const links = recordsOf(one).flatMap((seen) => cases.links.of(refOf(seen)));
  return {
    id: clean(fact.id),
    instance: clean(told.instance),
    place: cleanOrNull(one.place),
    title: clean(fact.title),
    severity: fact.severity === null ? null : clean(asRulesSpell(fact.severity, told, cases.policies, asOf)),
    severityFirst: cleanOrNull(severities.first),
    severityPeak: cleanOrNull(severities.peak),
    severityUnknown: severities.unknown.map((word) => clean(word, 80)),
    status: cleanOrNull(fact.status),
    nature: cleanOrNull(fact.nature),
    type: cleanOrNull(own?.impact.type),
    ...(times as Record<keyof typeof TIMES, string | null>),
    precision: Object.fromEntries(precision),
    owner: cleanOrNull(fact.owner),
    commander: cleanOrNull(fact.commander),
    personalData: fact.personalData,
    personalDataBy: cleanOrNull(fact.personalDataBy),
    personalDataAt: isoOrNull(fact.personalDataAt),
    breaches: fact.breaches.length,
    review: cleanOrNull(fact.review),
    reviews: reviewsOfCase(one, beside).map((review) => ({
      id: clean(review.fact.id),
      date: isoOrNull(review.fact.date),
      approved: isoOrNull(review.fact.approvedAt),
      approvedBy: cleanOrNull(review.fact.approvedBy),
      entry: review.entry,
    })),
    linked: {
      alerts: links.filter(({ relation }) => relation === "alert").length,
      evidence: beside.evidence.filter((item) => mine(item.fact.incident)).length,
      actions: actions.length,
      actionsOpen: actions.filter((action) => action.fact.doneAt === null && action.fact.cancelledAt === null).length,
    },
    also: alsoRows(one),
    imported: imported.has(told.entry),
    entry: told.entry,
    digest: told.item,
    carriedIn: start !== null && start < period.from,
    carriedOut: start !== null && (end === null || end >= period.to),
    goneSince: gone(told),
    sheet: sheets.has(one),
  };
}

/** Everything that the register of a report is made of. */
export interface RegisterSources {
  readonly all: readonly IncidentCase[];
  readonly beside: Beside;
  readonly sheets: ReadonlySet<IncidentCase>;
  readonly imported: ReadonlySet<number>;
  readonly gone: GoneSince;
  /** Reports of the sources that yield incidents. */
  readonly sources: readonly SourceReport[];
  readonly unread: number;
  readonly claim: Pick<NilStatement, "confirmedBy" | "claim">;
}

/** The incidents that were open at any time of the period. */
export function incidentRegister(input: ReportInput, from: RegisterSources): IncidentRegister {
  const { period, register } = input;
  const cases = caseRecords(input);
  const { all, sources, unread, claim } = from;
  const setting = { ...from, input, cases };
  const row = (one: IncidentCase) => rowOf(one, setting);
  const inOrder = sortedBy(
    all,
    ({ told }) => begun(told) ?? 0,
    ({ told }) => told.fact.id,
    ({ told }) => told.instance,
  );
  const isOurs = ({ told }: IncidentCase) => told.fact.origin === "custody";
  const isDated = ({ told }: IncidentCase) => begun(told) !== null;
  const rows = inOrder.filter((one) => isDated(one) && !isOurs(one)).map(row);
  return {
    rows,
    byCustody: inOrder.filter((one) => isDated(one) && isOurs(one)).map(row),
    undated: inOrder.filter((one) => !isDated(one)).map(row),
    records: all.reduce((n, one) => n + recordsOf(one).length, 0),
    bySeverity: sortedBy(
      [...groupedBy(rows, (r) => countedAs(r) ?? "not given")].map(([severity, of]) => ({
        severity,
        incidents: of.length,
      })),
      (r) => r.severity,
    ),
    nil: all.length === 0 ? nilStatement(sources, unread, keptIn(register, period), claim) : null,
    doubles: doublesOf(all, input),
    mistaken: mistakenRows(register, period),
  };
}

/** Under which severity an incident is counted: the worst, where its records do not agree on how grave it is. */
function countedAs({ severity, severityPeak, also }: IncidentRow): string | null {
  const agree = also.every((other) => other.severity === null || other.severity === severity);
  return agree ? severity : (severityPeak ?? severity);
}

/** The incidents of a period; sheets, register and notifications tell of the same ones. */
export function incidentsOf(populations: Populations, input: Pick<ReportInput, "facts"> & CaseFields): IncidentCase[] {
  return casesOf(populations.get("incident")?.records ?? [], caseRecords(input), input.facts);
}

/** IDs that more than one incident bears: told by two sources, or twice in one capture by one. */
function doublesOf(all: readonly IncidentCase[], { facts }: Pick<ReportInput, "facts">): DoubleId[] {
  const across = [...groupedBy(all, ({ told }) => linkKey(told.fact.id)).values()].flatMap((of): DoubleId[] =>
    new Set(of.map(({ told }) => told.instance)).size < 2
      ? []
      : [
          doubleOf(
            "sources",
            of.map(({ told }) => told),
          ),
        ],
  );
  const shown = new Set(all.flatMap((one) => recordsOf(one).map(identity)));
  // The other one may be of a time that this report does not tell of.
  const shared = sharedIds(facts.filter((one) => isIncident(one) && shown.has(identity(one))));
  const placeOf = placesOf(shared.flat());
  const within = shared.map((of) => doubleOf("one-source", of.filter(isIncident), placeOf));
  return sortedBy(
    [...across, ...within],
    ({ id }) => id,
    ({ kind }) => kind,
  );
}

const identity = ({ instance, fact }: Observed) => JSON.stringify([instance, fact.id]);

function doubleOf(
  kind: DoubleId["kind"],
  of: readonly Seen[],
  placeOf: (one: Observed) => string | undefined = () => undefined,
): DoubleId {
  return {
    id: clean(of[0]?.fact.id ?? ""),
    kind,
    records: sortedBy(
      of.map((one) => ({
        ...toldBy(one),
        title: clean(one.fact.title),
        detected: isoOrNull(one.fact.detectedAt),
        place: cleanOrNull(placeOf(one)),
      })),
      ({ instance }) => instance,
      ({ entry }) => entry,
      ({ title }) => title,
    ),
  };
}

function nilStatement(
  sources: readonly SourceReport[],
  unread: number,
  own: NilStatement["own"],
  claim: Pick<NilStatement, "confirmedBy" | "claim">,
): NilStatement {
  return {
    sources: sources.length,
    slots: sources.reduce((n, s) => n + s.expected, 0),
    slotsCovered: sources.reduce((n, s) => n + s.states.collected + s.states.late, 0),
    slotsLate: sources.reduce((n, s) => n + s.states.late, 0),
    zeroTotals: sources.filter((s) => s.ownTotal?.total === 0).length,
    uncounted: sources.filter((s) => s.ownTotal === null).length,
    unread,
    own,
    ...claim,
  };
}

function keptIn(register: RegisterInput | undefined, { from, to }: Interval): NilStatement["own"] {
  const { kept } = register ?? {};
  if (kept === undefined || kept.from >= to || (kept.to !== undefined && kept.to <= from)) return null;
  return { since: iso(kept.from) };
}

function mistakenRows(register: RegisterInput | undefined, { from, to }: Interval): MistakenRow[] {
  const rows = (register?.mistaken ?? []).filter(({ opened }) => opened >= from && opened < to);
  return sortedBy(
    rows.map(({ id, title, opened, reason, by, entry }) => ({
      id: clean(id),
      title: clean(title),
      opened: iso(opened),
      reason: cleanOrNull(reason),
      by: clean(by),
      entry,
    })),
    (row) => row.opened,
    (row) => row.id,
  );
}
