import type { Population } from "../assess/population.ts";
import type { FactKind, FactOf, Observed } from "../evidence/fact.ts";
import { type Instant, type Interval, iso } from "../lib/time.ts";
import { clean, cleanOrNull } from "./clean.ts";
import { isoOrNull } from "./coverage.ts";
import type { GoneSince } from "./gone.ts";
import { groupedBy, sortedBy } from "./order.ts";
import type {
  ActionRow,
  AlertSummary,
  IncidentRegister,
  IncidentRow,
  JobSummary,
  NilStatement,
  ReviewRow,
  SourceReport,
} from "./shape.ts";

type Seen<K extends FactKind> = Omit<Observed, "fact"> & { readonly fact: FactOf<K> };

export type Populations = ReadonlyMap<FactKind, Population>;

/** The records of a kind that meet the period, as the checks of the controls count them. */
function recordsOf<K extends FactKind>(populations: Populations, kind: K): Seen<K>[] {
  return (populations.get(kind)?.records ?? []).filter((o): o is Seen<K> => o.fact.kind === kind);
}

function begun({ fact }: Seen<"incident">): Instant | null {
  return (
    fact.detectedAt ?? fact.occurredAt ?? fact.acknowledgedAt ?? fact.containedAt ?? fact.resolvedAt ?? fact.closedAt
  );
}

function incidentRow(
  seen: Seen<"incident">,
  period: Interval,
  imported: ReadonlySet<number>,
  gone: GoneSince,
): IncidentRow {
  const { fact } = seen;
  const start = begun(seen);
  const end = fact.closedAt ?? fact.resolvedAt;
  return {
    id: clean(fact.id),
    instance: seen.instance,
    title: clean(fact.title),
    severity: cleanOrNull(fact.severity),
    status: cleanOrNull(fact.status),
    nature: cleanOrNull(fact.nature),
    occurred: isoOrNull(fact.occurredAt),
    detected: isoOrNull(fact.detectedAt),
    acknowledged: isoOrNull(fact.acknowledgedAt),
    contained: isoOrNull(fact.containedAt),
    resolved: isoOrNull(fact.resolvedAt),
    closed: isoOrNull(fact.closedAt),
    owner: cleanOrNull(fact.owner),
    commander: cleanOrNull(fact.commander),
    personalData: fact.personalData,
    review: cleanOrNull(fact.review),
    imported: imported.has(seen.entry),
    entry: seen.entry,
    digest: seen.item,
    carriedIn: start !== null && start < period.from,
    carriedOut: start !== null && (end === null || end >= period.to),
    goneSince: gone(seen),
  };
}

function nilStatement(
  sources: readonly SourceReport[],
  unread: number,
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
    ...claim,
  };
}

/** Incidents that were open at any time of the period. `sources` are the reports of those that yield incidents. */
export function incidentRegister(
  populations: Populations,
  period: Interval,
  imported: ReadonlySet<number>,
  sources: readonly SourceReport[],
  unread: number,
  gone: GoneSince,
  claim: Pick<NilStatement, "confirmedBy" | "claim">,
): IncidentRegister {
  const all = recordsOf(populations, "incident");
  const dated = all.filter((seen) => begun(seen) !== null);
  const rows = sortedBy(
    dated,
    (s) => begun(s) ?? 0,
    (s) => s.fact.id,
  ).map((s) => incidentRow(s, period, imported, gone));
  const undated = sortedBy(
    all.filter((s) => begun(s) === null),
    (s) => s.fact.id,
  ).map((s) => incidentRow(s, period, imported, gone));
  return {
    rows,
    undated,
    bySeverity: sortedBy(
      [...groupedBy(rows, (r) => r.severity ?? "not given")].map(([severity, of]) => ({
        severity,
        incidents: of.length,
      })),
      (r) => r.severity,
    ),
    nil: rows.length === 0 && undated.length === 0 ? nilStatement(sources, unread, claim) : null,
  };
}

/** Alerts that overlap the period, by source, name and severity; every one of them is in the evidence. */
export function alertSummary(populations: Populations): Omit<AlertSummary, "confirmedBy" | "claim"> {
  const alerts = recordsOf(populations, "alert");
  const silences = recordsOf(populations, "silence");
  const groups = groupedBy(alerts, (a) => JSON.stringify([a.instance, a.fact.name, a.fact.severity]));
  const rows = [...groups.values()].map((of) => {
    const first = of[0] as Seen<"alert">;
    const starts = of.map((a) => a.fact.startsAt).sort((a, b) => a - b);
    return {
      instance: first.instance,
      name: clean(first.fact.name),
      severity: cleanOrNull(first.fact.severity),
      alerts: of.length,
      first: iso(starts[0] ?? 0),
      last: iso(starts.at(-1) ?? 0),
      unended: of.filter((a) => a.fact.endsAt === null).length,
      entries: [...new Set(of.map((a) => a.entry))].sort((a, b) => a - b),
    };
  });
  return {
    total: alerts.length,
    firing: alerts.filter((a) => a.fact.endsAt === null).length,
    rows: sortedBy(
      rows,
      (r) => -r.alerts,
      (r) => r.instance,
      (r) => r.name,
      (r) => r.severity ?? "",
    ),
    silences: sortedBy(
      silences.map((s) => ({
        id: clean(s.fact.id),
        by: cleanOrNull(s.fact.by),
        comment: cleanOrNull(s.fact.comment),
        matches: clean(s.fact.matches),
        from: iso(s.fact.startsAt),
        to: iso(s.fact.endsAt),
        entry: s.entry,
      })),
      (s) => s.from,
      (s) => s.id,
    ),
    rules: recordsOf(populations, "alert-rule").length,
  };
}

/** Runs of jobs in the period: how many of each, and each one that failed or was missed. */
export function jobSummary(populations: Populations): JobSummary {
  const runs = recordsOf(populations, "job-run");
  const jobs = [...groupedBy(runs, (r) => `${r.instance}\n${r.fact.job}`).values()].map((of) => {
    const first = of[0] as Seen<"job-run">;
    const count = (outcome: string) => of.filter((r) => r.fact.outcome === outcome).length;
    return {
      instance: first.instance,
      job: clean(first.fact.job),
      runs: of.length,
      success: count("success"),
      failure: count("failure"),
      missed: count("missed"),
      unfinished: count("started"),
    };
  });
  const failures = runs.flatMap(({ fact, instance, entry }) =>
    fact.outcome === "failure" || fact.outcome === "missed"
      ? [
          {
            instance,
            job: clean(fact.job),
            at: isoOrNull(fact.startedAt ?? fact.endedAt),
            outcome: fact.outcome,
            detail: cleanOrNull(fact.detail),
            entry,
          },
        ]
      : [],
  );
  return {
    jobs: sortedBy(
      jobs,
      (j) => j.instance,
      (j) => j.job,
    ),
    failures: sortedBy(
      failures,
      (f) => f.at ?? "",
      (f) => f.job,
      (f) => f.entry,
    ),
  };
}

/** Reviews of the period and of its incidents, and the actions they name. */
export function reviewRows(populations: Populations): { reviews: ReviewRow[]; actions: ActionRow[] } {
  const seen = recordsOf(populations, "review");
  const reviews = seen.map(({ fact, entry, item }) => ({
    id: clean(fact.id),
    title: clean(fact.title),
    incident: cleanOrNull(fact.incident),
    severity: cleanOrNull(fact.severity),
    author: cleanOrNull(fact.author),
    date: isoOrNull(fact.date),
    approvedBy: cleanOrNull(fact.approvedBy),
    sections: fact.sections.map((s) => clean(s, 80)),
    empty: fact.empty.map((s) => clean(s, 80)),
    actions: fact.actions.length,
    entry,
    digest: item,
  }));
  const actions = seen.flatMap(({ fact, entry }) =>
    fact.actions.map((a) => ({
      review: clean(fact.id),
      item: clean(a.item),
      owner: cleanOrNull(a.owner),
      due: cleanOrNull(a.due),
      entry,
    })),
  );
  return { reviews, actions };
}
