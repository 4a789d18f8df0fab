import type { Population } from "../assess/population.ts";
import type { FactKind, FactOf, Observed } from "../evidence/fact.ts";
import { iso } from "../lib/time.ts";
import { clean, cleanOrNull } from "./clean.ts";
import { isoOrNull } from "./coverage.ts";
import type { AlertSummary, JobSummary } from "./operations-shape.ts";
import { groupedBy, sortedBy } from "./order.ts";

type Seen<K extends FactKind> = Omit<Observed, "fact"> & { readonly fact: FactOf<K> };

export type Populations = ReadonlyMap<FactKind, Population>;

/** The records of a kind that meet the period, as the checks of the controls count them. */
function recordsOf<K extends FactKind>(populations: Populations, kind: K): Seen<K>[] {
  return (populations.get(kind)?.records ?? []).filter((o): o is Seen<K> => o.fact.kind === kind);
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
