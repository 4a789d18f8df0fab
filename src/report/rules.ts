import type { ControlAssessment } from "../assess/assess.ts";
import { type PolicyRef, rulesOf } from "../assess/case.ts";
import type { Observed } from "../evidence/fact.ts";
import { iso } from "../lib/time.ts";
import { isShipped } from "../policy/shipped.ts";
import { type PolicyInForce, PolicyTimeline } from "../policy/timeline.ts";
import { clean } from "./clean.ts";
import { isoOrNull } from "./coverage.ts";
import type { ReportInput } from "./input.ts";
import { groupedBy, sortedBy } from "./order.ts";
import { changesBetween } from "./rules-clauses.ts";
import { lawRows } from "./rules-laws.ts";
import type { JudgedIncident, RulesChanges, RulesPart, RulesStanding, RulesVersion } from "./rules-shape.ts";
import { rulesText } from "./rules-text.ts";

/** Which versions of which rules count for a report, and what was judged by each. */

/** The rules of a period. `incidents` are those that were open at any time in it. */
export function rulesPart(input: ReportInput, incidents: readonly Observed[]): RulesPart {
  const policies = input.rules?.policies ?? new PolicyTimeline([]);
  const { period, asOf } = input;
  const judged = judgedBy(input.controls, incidents, policies, asOf);
  const inPeriod = groupedBy(policies.between(period.from, period.to), ({ entry }) => String(entry));
  const all = policies.all.flatMap((one) => {
    const held = inPeriod.get(String(one.entry)) ?? [];
    const used = judged.get(one.entry) ?? [];
    const reachesBack = held.some((each) => each.reachesBack) || used.some((each) => each.reachesBack);
    const standing = standingOf(one, held.length > 0 && (one.from <= asOf || reachesBack), used.length > 0, input);
    return standing === undefined ? [] : [{ one, standing, used, reachesBack }];
  });
  const versions = all.map(
    ({ one, standing, used, reachesBack }): RulesVersion => ({
      name: one.name,
      version: one.version,
      digest: one.digest,
      entry: one.entry,
      logged: iso(one.logged),
      from: iso(one.from),
      to: isoOrNull(one.to),
      standing,
      reachesBack,
      origin: input.rules?.shipped.has(one.digest) ? "shipped" : isShipped(one.name) ? "shipped-name" : "own",
      judged: used,
      text: one.policy === undefined ? null : rulesText(one.policy, asOf),
      changes: changesOf(one, policies),
    }),
  );
  const counting = all.flatMap(({ one, standing }) => (standing === "in-force" || standing === "earlier" ? [one] : []));
  return { versions, others: policies.all.length - versions.length, laws: lawRows(input, counting) };
}

/** What is different from the version that was logged before it. */
function changesOf({ entry, policy }: PolicyInForce, { all }: PolicyTimeline): RulesChanges | null {
  const before = all.filter((one) => one.entry < entry).sort((a, b) => b.entry - a.entry)[0];
  if (policy === undefined || before?.policy === undefined) return null;
  return { version: before.version, entry: before.entry, ...changesBetween(before.policy, policy) };
}

function standingOf(
  { from, to, logged }: PolicyInForce,
  held: boolean,
  used: boolean,
  { period, asOf }: ReportInput,
): RulesStanding | undefined {
  if (held) return "in-force";
  if (used) return "earlier";
  if (to !== undefined && to <= from) return logged >= period.from && logged < period.to ? "never" : undefined;
  return from >= period.to || from > asOf ? "later" : undefined;
}

/**
 * The incidents by the version that was in force when they were noticed, and when each clock of a check started. One whose clocks
 * started under two versions stands under both.
 */
function judgedBy(
  controls: readonly ControlAssessment[],
  incidents: readonly Observed[],
  policies: PolicyTimeline,
  asOf: number,
): ReadonlyMap<number, JudgedIncident[]> {
  const found = new Map<number, Map<string, JudgedIncident>>();
  const note = ({ fact, instance, entry }: Observed, policy: PolicyRef | undefined) => {
    if (policy === undefined || fact.kind !== "incident") return;
    const own = found.get(policy.entry) ?? new Map<string, JudgedIncident>();
    found.set(policy.entry, own);
    const key = JSON.stringify([instance, fact.id]);
    const reachesBack = policy.reachesBack || (own.get(key)?.reachesBack ?? false);
    own.set(key, { id: clean(fact.id, 120), instance, entry, reachesBack });
  };
  for (const observed of incidents)
    if (observed.fact.kind === "incident") note(observed, rulesOf(policies, observed.fact, asOf).ref);
  for (const { requirements } of controls)
    for (const { cases = [] } of requirements)
      for (const { observed, verdict, clocks = [] } of cases)
        for (const { policy } of [verdict, ...clocks]) note(observed, policy);
  return new Map(
    [...found].map(([entry, own]) => [
      entry,
      sortedBy(
        [...own.values()],
        (one) => one.id,
        (one) => one.instance,
      ),
    ]),
  );
}
