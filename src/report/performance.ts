import { type PerformanceRow as Measured, performance } from "../assess/performance.ts";
import type { Observed } from "../evidence/fact.ts";
import type { Policy } from "../policy/policy.ts";
import { deadlineInWords, momentInWords } from "../policy/spoken.ts";
import { isBusiness } from "../policy/term.ts";
import { PolicyTimeline } from "../policy/timeline.ts";
import { clean, cleanOrNull } from "./clean.ts";
import { isoOrNull } from "./coverage.ts";
import type { ReportInput } from "./input.ts";
import { sortedBy } from "./order.ts";
import type { PerformancePart, PerformanceRow } from "./performance-shape.ts";
import { unnoticedPart } from "./unnoticed.ts";

/** How fast incidents were dealt with. `incidents` are those that were open at any time in the period. */
export function performancePart(input: ReportInput, incidents: readonly Observed[]): PerformancePart {
  const policies = input.rules?.policies ?? new PolicyTimeline([]);
  const textOf = (entry: number | undefined) => policies.all.find((one) => one.entry === entry)?.policy;
  const measured = performance(incidents, policies, input.period, input.asOf);
  return {
    incidents: incidents.length,
    rows: measured.map((row) => rowOf(row, textOf(row.policy?.entry))),
    unnoticed: unnoticedPart(incidents),
  };
}

function rowOf({ policy: ref, lengths, misses, ...row }: Measured, policy: Policy | undefined): PerformanceRow {
  const { target, level, term, byCustody, n, met, notMet, pending, indeterminate } = row;
  const { invalid, noData, noTarget, began, carriedIn } = row;
  const rule = policy !== undefined && Object.hasOwn(policy.targets, target) ? policy.targets[target] : undefined;
  return {
    rules: ref === undefined ? null : { name: ref.name, version: ref.version, entry: ref.entry },
    target,
    from: rule === undefined ? null : momentInWords(rule.from),
    to: rule === undefined ? null : momentInWords(rule.to),
    severity: cleanOrNull(level),
    term: term ?? null,
    words: term === undefined ? null : deadlineInWords(term),
    calendar: term !== undefined && isBusiness(term) ? (rule?.calendar ?? "default") : null,
    byCustody,
    n,
    met,
    notMet,
    pending,
    indeterminate,
    invalid,
    noData,
    noTarget,
    began,
    carriedIn,
    lengths: {
      exact: lengths.exact,
      toMinute: lengths.toMinute,
      inexact: lengths.inexact,
      median: lengths.median ?? null,
      p90: lengths.p90 ?? null,
      worst: lengths.worst ?? null,
    },
    misses: sortedBy(
      misses.map(({ id, instance, entry, what, due, took }) => ({
        id: clean(id, 120),
        instance,
        entry,
        due: isoOrNull(due),
        took: took ?? null,
        what: clean(what, 1_500),
      })),
      (miss) => miss.due ?? "",
      (miss) => miss.entry,
      (miss) => miss.id,
    ),
  };
}
