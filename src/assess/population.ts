import type { Fact, FactKind, FactOf, Observed } from "../evidence/fact.ts";
import type { Instant, Interval } from "../lib/time.ts";
import type { InstanceHistory } from "../slots/history.ts";
import { withEarlierLooks } from "./earlier-looks.ts";
import { contents, idsOf } from "./one-id.ts";
import { FACT_KINDS } from "./vocabulary.ts";

/** The kinds of facts that a collector can find, by its name; undefined for one that this build does not have. */
export type Yields = (use: string) => readonly FactKind[] | undefined;

/** What the source itself said it holds, against what was read, for one run. */
export interface SourceCount {
  /** Index of the run's entry. */
  readonly entry: number;
  readonly window: Interval;
  /** Facts of any kind that the run read. */
  readonly facts: number;
  /** Places that could not be read. */
  readonly problems: number;
  /** The source's own count; undefined where it gives none. */
  readonly total: number | undefined;
}

/** What one instance adds to a population. */
export interface PopulationPart {
  readonly instance: string;
  readonly count: number;
  readonly began: number;
  readonly counts: readonly SourceCount[];
}

/** All records of one kind that meet a period: the newest word about each. */
export interface Population {
  readonly kind: FactKind;
  /** In order of their start, undated ones first. */
  readonly records: readonly Observed[];
  /** Of these, how many began in the period: incidents detected, alerts started, reviews dated, jobs started. */
  readonly began: number;
  /** Of these, how many bear no time at all. They are kept: dropping them would hide them. */
  readonly undated: number;
  /** One for each instance that can show this kind, in order of their ids. */
  readonly parts: readonly PopulationPart[];
}

/** When a record began and ended; null is "not said". */
export interface Span {
  readonly from: Instant | null;
  readonly to: Instant | null;
  /** True where a missing end means that it goes on. */
  readonly lasting: boolean;
}

/** An incident lasts from the first time that it names until it is closed, or resolved where it was never closed. */
function incidentSpan(incident: FactOf<"incident">): Span {
  const starts = [incident.occurredAt, incident.detectedAt].filter((at) => at !== null);
  const start = starts.length > 0 ? Math.min(...starts) : (incident.acknowledgedAt ?? incident.containedAt);
  const field = incident.closedAt === null ? "resolvedAt" : "closedAt";
  const to = incident[field];
  // Where its records differ it may have gone on until the later time: no period loses it to a link.
  const longer = incident.linked === undefined ? 0 : Math.max(0, (incident.precision[field] ?? 1) - 1);
  return { from: start, to: to === null ? null : to + longer, lasting: true };
}

/** The time that a record is about. */
export function spanOf(fact: Fact): Span {
  switch (fact.kind) {
    case "incident":
      return incidentSpan(fact);
    case "alert":
    case "silence":
      return { from: fact.startsAt, to: fact.endsAt, lasting: true };
    case "review":
      return { from: fact.date, to: fact.date, lasting: false };
    case "job-run":
      return { from: fact.startedAt ?? fact.endedAt, to: fact.startedAt ?? fact.endedAt, lasting: false };
    case "action":
      return { from: fact.createdAt, to: fact.verifiedAt ?? fact.doneAt ?? fact.cancelledAt, lasting: true };
    case "event":
      return { from: fact.receivedAt, to: fact.receivedAt, lasting: false };
    case "decision":
      return { from: fact.decidedAt, to: fact.decidedAt, lasting: false };
    case "activity":
      return { from: fact.at, to: fact.at, lasting: false };
    case "evidence":
      return { from: fact.collectedAt, to: fact.disposedAt, lasting: true };
    case "alert-rule":
      return { from: null, to: null, lasting: true };
  }
}

function meets(span: Span, period: Interval, asOf: Instant): boolean {
  if (span.from !== null && span.from >= period.to) return false;
  if (span.to === null) {
    if (span.from === null || span.from >= period.from) return true;
    // What goes on is known to go on up to now, not in a period that is still to come.
    return span.lasting && asOf >= period.from;
  }
  // Of what only its end is known, nothing says that it was there before.
  if (span.from === null) return span.to >= period.from && span.to < period.to;
  // What ended at the very start of the period belongs to the one before, unless it is that moment itself.
  return span.to > period.from || (span.from !== null && span.from >= period.from);
}

/** Incidents that were over before a period began, each in its newest state. */
export function overBefore(
  facts: readonly Observed[],
  period: Interval,
  instances: ReadonlyMap<string, InstanceHistory>,
): Observed[] {
  const incidents = facts.filter(({ fact }) => fact.kind === "incident");
  return withEarlierLooks(incidents, newestOf(incidents), instances).filter(({ fact }) => wasOverBefore(fact, period));
}

/** True for a record that was over before a period began. */
export function wasOverBefore(fact: Fact, period: Interval): boolean {
  const { from, to } = spanOf(fact);
  return to !== null && (from === null ? to < period.from : to <= period.from && from < period.from);
}

/** True for a record that belongs to a period: that was open, began or is dated in it. */
export function meetsPeriod(fact: Fact, period: Interval, asOf: Instant): boolean {
  return meets(spanOf(fact), period, asOf);
}

/** When a record counts as begun: detection for an incident, the start for all others. */
export function beganAt(fact: Fact): Instant | null {
  return fact.kind === "incident" ? (fact.detectedAt ?? fact.occurredAt) : spanOf(fact).from;
}

/** The name under which records of two files mean the same thing: without folder, ending and upper case. */
export function linkKey(text: string): string {
  const name = text.trim().split(/[/\\]/).at(-1) ?? "";
  return name.replace(/\.(md|markdown|txt|html)$/i, "").toLowerCase();
}

const revision = (a: Observed, b: Observed) =>
  a.entry - b.entry || (a.position ?? 0) - (b.position ?? 0) || a.ordinal - b.ordinal;

/**
 * The newest word about each thing: identity is (instance, kind, id), later entries and positions win. Incidents that one look
 * at their source showed under one id with different contents are two records; both stay, as nobody knows which is meant.
 */
export function newestOf(facts: Iterable<Observed>): Observed[] {
  return [...newestWords(facts).values()].flat();
}

/** Incidents that share an id at their source and are not the same, as far as its newest word about them goes. */
export function sharedIds(facts: Iterable<Observed>): Observed[][] {
  return [...newestWords(facts).values()].filter((words) => words.length > 1);
}

function newestWords(facts: Iterable<Observed>): Map<string, Observed[]> {
  const newest = new Map<string, Observed[]>();
  for (const observed of facts) {
    const { fact, instance, entry } = observed;
    const identity = JSON.stringify([instance, fact.kind, fact.id]);
    const words = newest.get(identity);
    const [known] = words ?? [];
    if (words === undefined || known === undefined) newest.set(identity, [observed]);
    else if (fact.kind === "incident" && known.entry === entry) {
      const same = words.findIndex((one) => contents(one) === contents(observed));
      if (same < 0) words.push(observed);
      else if (revision(observed, words[same] as Observed) >= 0) words[same] = observed;
    } else if (revision(observed, known) >= 0) newest.set(identity, [observed]);
  }
  return newest;
}

const before = (a: string, b: string) => (a < b ? -1 : a > b ? 1 : 0);

function inOrder(a: Observed, b: Observed): number {
  const [x, y] = [spanOf(a.fact).from, spanOf(b.fact).from];
  if (x !== y) return (x ?? Number.NEGATIVE_INFINITY) - (y ?? Number.NEGATIVE_INFINITY);
  return before(a.fact.id, b.fact.id) || before(a.instance, b.instance);
}

function countsOf(history: InstanceHistory | undefined, period: Interval): SourceCount[] {
  return (history?.runs ?? [])
    .filter((run) => run.outcome === "collected" || run.outcome === "partial")
    .filter((run) => run.window.from < period.to && run.window.to > period.from)
    .map(({ index, window, facts, problems, total }) => ({ entry: index, window, facts, problems, total }));
}

/**
 * The populations of a period, one for each kind of fact. Incidents, alerts and silences that were open at any time in
 * the period; job runs that began in it; reviews dated in it or about one of its incidents; alert rules as they were
 * last seen. What has no time at all stays in; what has one is in no period that none of its times meets. `facts` are all
 * facts up to the size that is assessed, in any order; what has no end goes on until `asOf`.
 */
export function populationsOf(
  facts: Iterable<Observed>,
  instances: ReadonlyMap<string, InstanceHistory>,
  yields: Yields,
  period: Interval,
  asOf: Instant = Number.POSITIVE_INFINITY,
): ReadonlyMap<FactKind, Population> {
  return populationsAmong(knownOf(facts, instances), instances, yields, period, asOf);
}

/** The newest word about each thing, with what earlier looks at its source add: the same for every period. */
export function knownOf(facts: Iterable<Observed>, instances: ReadonlyMap<string, InstanceHistory>): Observed[] {
  const all = [...facts];
  return withEarlierLooks(all, newestOf(all), instances);
}

/** `populationsOf`, from what `knownOf` found. */
export function populationsAmong(
  newest: readonly Observed[],
  instances: ReadonlyMap<string, InstanceHistory>,
  yields: Yields,
  period: Interval,
  asOf: Instant,
): ReadonlyMap<FactKind, Population> {
  const inPeriod = newest.filter((o) => meets(spanOf(o.fact), period, asOf));
  const incidents = new Set(inPeriod.flatMap((o) => (o.fact.kind === "incident" ? idsOf(o.fact).map(linkKey) : [])));
  // Decided, kept or done at whatever time: it belongs to what it is about.
  const thing = ({ instance, kind, id }: { instance: string; kind: string; id: string }) =>
    JSON.stringify([instance, kind, id]);
  const things = new Set(
    inPeriod.flatMap(({ instance, fact }) => {
      const linked = fact.kind === "incident" ? (fact.linked ?? []) : [];
      return [{ instance, id: fact.id }, ...linked].map((one) => thing({ ...one, kind: fact.kind }));
    }),
  );
  const kept = new Set(inPeriod);
  for (const observed of newest) {
    const { fact } = observed;
    const about = fact.kind === "review" && fact.incident !== null ? linkKey(fact.incident) : undefined;
    if (about !== undefined && incidents.has(about)) kept.add(observed);
    if (fact.kind === "decision" && things.has(thing(fact.about))) kept.add(observed);
    if (
      (fact.kind === "evidence" || fact.kind === "action") &&
      fact.incident !== null &&
      incidents.has(linkKey(fact.incident))
    )
      kept.add(observed);
  }
  return new Map(
    FACT_KINDS.map((kind) => {
      const records = [...kept].filter((o) => o.fact.kind === kind).sort(inOrder);
      const began = (o: Observed) => {
        const at = beganAt(o.fact);
        return at !== null && at >= period.from && at < period.to;
      };
      const able = [...instances.values()].filter((h) => yields(h.record.use)?.includes(kind)).map((h) => h.id);
      const showed = newest.filter((o) => o.fact.kind === kind).map((o) => o.instance);
      const parts = [...new Set([...able, ...showed])].sort(before).map((instance) => {
        const own = records.filter((o) => o.instance === instance);
        const counts = countsOf(instances.get(instance), period);
        return { instance, count: own.length, began: own.filter(began).length, counts };
      });
      const undated = records.filter((o) => spanOf(o.fact).from === null && spanOf(o.fact).to === null).length;
      return [kind, { kind, records, began: records.filter(began).length, undated, parts }];
    }),
  );
}
