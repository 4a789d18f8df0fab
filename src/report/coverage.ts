import { beganAt, newestOf } from "../assess/population.ts";
import type { Observed } from "../evidence/fact.ts";
import { Conditions } from "../gaps/conditions.ts";
import { type AnyGap, gapsIn } from "../gaps/gap.ts";
import { wordsOf } from "../gaps/words.ts";
import { holes, type Instant, type Interval, iso, union } from "../lib/time.ts";
import { beforeOf } from "../slots/before.ts";
import { freshnessOf } from "../slots/freshness.ts";
import type { InstanceHistory, RunRecord } from "../slots/history.ts";
import { expectationOf } from "../slots/plan.ts";
import { type AssessedSlot, type SlotState, slotsOf, tally } from "../slots/state.ts";
import { clean, cleanOrNull } from "./clean.ts";
import type { GapRow, SourceReport, SystemRow } from "./coverage-shape.ts";
import type { EvidenceItem, ReportInput } from "./input.ts";
import { groupedBy, sortedBy } from "./order.ts";
import type { Span } from "./shape.ts";

const isAfterwards = ({ trigger }: RunRecord) => trigger === "backfill" || trigger === "catch-up";

/** States in which evidence is lacking for good or until a backfill. */
export const HOLES: readonly SlotState[] = ["partial", "failed", "unavailable", "missed"];

export function span(interval: Interval): Span {
  return { from: iso(interval.from), to: iso(interval.to) };
}

export function isoOrNull(at: Instant | null | undefined): string | null {
  return at === null || at === undefined ? null : iso(at);
}

export function meets(a: Interval, b: Interval): boolean {
  return a.from < b.to && a.to > b.from;
}

function clip(interval: Interval, to: Interval): Interval {
  return { from: Math.max(interval.from, to.from), to: Math.min(interval.to, to.to) };
}

function joinStates(slots: readonly AssessedSlot[], period: Interval): SourceReport["bar"] {
  const bar: { from: Instant; to: Instant; state: SlotState; slots: number }[] = [];
  for (const slot of slots) {
    const { from, to } = clip(slot, period);
    const last = bar.at(-1);
    if (last && last.state === slot.state && last.to === from) {
      last.to = to;
      last.slots += 1;
    } else {
      bar.push({ from, to, state: slot.state, slots: 1 });
    }
  }
  return bar.map((segment) => ({ ...span(segment), state: segment.state, slots: segment.slots }));
}

/** What of the period is over and was nobody's slot. */
function unwatchedOf(slots: readonly AssessedSlot[], period: Interval, asOf: Instant): Interval[] {
  const over = { from: period.from, to: Math.min(period.to, asOf) };
  return over.from < over.to ? holes(over, slots) : [];
}

function touches(run: RunRecord, period: Interval): boolean {
  return meets(run.window, period) || run.instants.some((at) => at >= period.from && at < period.to);
}

function newestTotal(runs: readonly RunRecord[]): SourceReport["ownTotal"] {
  const run = runs.filter((r) => r.total !== undefined).at(-1);
  return run?.total === undefined ? null : { entry: run.index, at: iso(run.at), total: run.total, found: run.facts };
}

function titleOf(input: ReportInput, history: InstanceHistory): string {
  return clean(input.about(history.record.use)?.title ?? history.record.use);
}

function beforeIn(history: InstanceHistory, period: Interval, asOf: Instant): SourceReport["before"] {
  const { until, imported, collected } = beforeOf(history, asOf);
  const within = (intervals: readonly Interval[]) =>
    intervals.filter((i) => meets(i, period)).map((i) => span(clip(i, period)));
  return { until: isoOrNull(until), imported: within(imported), collected: within(collected) };
}

function sourceReport(
  input: ReportInput,
  history: InstanceHistory,
  evidence: readonly EvidenceItem[],
  facts: readonly Observed[],
): SourceReport {
  const { record } = history;
  const { period, asOf } = input;
  const about = input.about(record.use);
  const slots = slotsOf(history, period, asOf);
  const freshness = freshnessOf(history, asOf);
  const runs = history.runs.filter((run) => touches(run, period));
  const outcome = (word: string) => runs.filter((run) => run.outcome === word).length;
  const reasons = groupedBy(
    runs.filter((run) => run.reason !== undefined),
    (run) => clean(run.reason ?? ""),
  );
  const seen = union(
    runs
      .flatMap((run) => run.covered)
      .filter((i) => meets(i, period))
      .map((i) => clip(i, period)),
  );
  return {
    instance: history.id,
    use: record.use,
    title: titleOf(input, history),
    mode: record.mode,
    cadence: record.cadence,
    grace: record.grace,
    zone: record.zone,
    configured: history.configured,
    expectation: expectationOf(history, asOf),
    blindSpots: (about?.blindSpots ?? []).map((words) => clean(words)),
    firstSuccess: isoOrNull(history.firstSuccess),
    freshness: {
      state: freshness.state,
      coveredTo: isoOrNull(freshness.coveredTo),
      staleSince: isoOrNull(freshness.staleSince),
    },
    expected: slots.length,
    states: tally(slots),
    bar: joinStates(slots, period),
    unwatched: unwatchedOf(slots, period, asOf).map(span),
    covered: seen.map(span),
    moments: runs.reduce((n, run) => n + run.instants.filter((at) => at >= period.from && at < period.to).length, 0),
    before: beforeIn(history, period, asOf),
    runs: {
      total: runs.length,
      collected: outcome("collected"),
      partial: outcome("partial"),
      failed: outcome("failed"),
      unavailable: outcome("unavailable"),
      backfill: runs.filter((run) => isAfterwards(run) && run.incident === undefined).length,
      forIncidents: runs.filter((run) => isAfterwards(run) && run.incident !== undefined).length,
    },
    files: evidence.filter((item) => item.instance === history.id).length,
    // Two records under one id are two, here as everywhere.
    facts: newestOf(facts.filter((f) => f.instance === history.id)).length,
    factsBefore: newestOf(facts.filter((f) => f.instance === history.id)).filter(({ fact }) => {
      const began = beganAt(fact);
      return began !== null && began < input.period.from;
    }).length,
    ownTotal: newestTotal(runs),
    reasons: sortedBy(
      [...reasons].map(([reason, of]) => ({ reason, runs: of.length })),
      (row) => -row.runs,
      (row) => row.reason,
    ),
  };
}

/** Coverage of every source that is configured, or was when something of the period was collected or expected. */
export function sourceReports(
  input: ReportInput,
  evidence: readonly EvidenceItem[],
  facts: readonly Observed[],
): SourceReport[] {
  const reports = [...input.history.instances.values()].map((h) => sourceReport(input, h, evidence, facts));
  return sortedBy(
    reports.filter((s) => s.configured || s.expected > 0 || s.runs.total > 0 || s.files > 0),
    (s) => s.instance,
  );
}

function gapRow(input: ReportInput, gap: AnyGap): GapRow {
  const history = input.history.instances.get(gap.instance);
  const title = history === undefined ? clean(gap.instance) : titleOf(input, history);
  const { zone } = input.organisation;
  return {
    id: gap.id,
    instance: gap.instance,
    requirement: clean(gap.requirement),
    title,
    what: gap.requirement === "cadence" ? null : clean(wordsOf(gap, zone, "", title).title),
    ...span(gap),
    slots: gap.slots.length,
    states: Object.fromEntries(Object.entries(tally(gap.slots)).filter(([, n]) => n > 0)),
    state: gap.state,
    cause: cleanOrNull(gap.cause),
    closed: isoOrNull(gap.closedAt),
    acknowledged: isoOrNull(gap.acknowledged?.at),
    acceptedUntil: isoOrNull(gap.acceptedUntil),
    acceptedBy:
      gap.accepted === undefined
        ? null
        : {
            id: clean(input.who?.names.get(gap.accepted.actor.id) ?? gap.accepted.actor.id, 120),
            auth: gap.accepted.actor.auth ?? null,
          },
    acceptances: gap.records.flatMap(({ action, until, at, index, actor }) =>
      action === "accept" && until !== undefined
        ? [{ at: iso(at), until: iso(until), by: clean(input.who?.names.get(actor.id) ?? actor.id, 120), entry: index }]
        : [],
    ),
    entries: [...new Set([...gap.slots.flatMap((slot) => slot.runs), ...noted(gap)])].sort((a, b) => a - b),
  };
}

/** What stands for a gap without slots: the records about it. */
const noted = (gap: AnyGap): number[] => (gap.slots.length > 0 ? [] : gap.records.map(({ index }) => index));

/** The gaps that meet the period, oldest first: holes in evidence, and what was wrong with Custody itself. */
export function gapRows(input: ReportInput): GapRow[] {
  const rows = gapsIn(input.history, input.conditions ?? new Conditions(), input.asOf)
    .filter((gap) => meets(gap, input.period))
    .map((gap) => gapRow(input, gap));
  return sortedBy(
    rows,
    (row) => row.from,
    (row) => row.instance,
    (row) => row.id,
  );
}

/** The systems of the ISMS scope, each with what watches it or why nothing does. */
export function systemRows(input: ReportInput): SystemRow[] {
  const stateOf = (id: string): SystemRow["sources"][number]["state"] => {
    const history = input.history.instances.get(id);
    if (!history) return "unknown";
    const expectation = expectationOf(history, input.asOf);
    if (expectation !== "expected") return expectation;
    const { state } = freshnessOf(history, input.asOf);
    return state === "current" ? "collecting" : state;
  };
  return input.scope.map((row) => ({
    system: clean(row.system),
    sources: (row.sources ?? []).map((id) => ({ id, state: stateOf(id) })),
    notConnected: cleanOrNull(row.notConnected) ?? ((row.sources ?? []).length === 0 ? "no reason given" : null),
  }));
}
