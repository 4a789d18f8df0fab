import { holds } from "../policy/condition.ts";
import { minimaOfGaps } from "../policy/gap-rule.ts";
import { severityOf, severityOrder } from "../policy/policy.ts";
import { severitiesOf, severityHistory } from "./case.ts";
import { bad, ifTold, judgeIncidents, OK, together, unclear, under } from "./conduct.ts";
import type { Circumstances, Judgement } from "./judgement.ts";

/** What the rules say of severities, the time for each aside. */

/** Every severity that an incident had is one that the rules define. */
export function severityKnown(circumstances: Circumstances): Judgement {
  return judgeIncidents(
    circumstances,
    {
      rule: "severities",
      set: () => true,
      bad: "with a severity that your rules do not have",
      ok: "with a severity of your rules",
    },
    ({ incident, policy }) => {
      const { given, unknown } = severitiesOf(incident, policy);
      if (unknown.length > 0) {
        const labels = policy.severities.map(({ label }) => label).join(", ");
        const words = unknown.map((word) => `"${word}"`).join(" and ");
        return bad(
          `${words} ${unknown.length === 1 ? "is no severity" : "are no severities"} of your rules (${labels})`,
        );
      }
      return given.length === 0 || incident.severity === null ? unclear("no severity is recorded") : OK;
    },
  );
}

/** Each change of severity says when, by whom and why. */
export function severityReasons(circumstances: Circumstances): Judgement {
  const judged = judgeIncidents(
    circumstances,
    {
      rule: "reason for a change of severity",
      set: ({ severityChanges }) => severityChanges?.reason === true,
      bad: "whose severity was changed without a reason",
      ok: "with a reason for each change of severity",
    },
    ({ incident, policy }) => {
      const { severities, severity } = incident;
      const changes = severities.slice(1).map((change) => {
        const missing = (["at", "by", "reason"] as const).filter((field) => !filled(change[field]));
        if (missing.length === 0) return OK;
        const words = missing.map((field) => ({ at: "when", by: "by whom", reason: "why" })[field]).join(", ");
        return bad(`the change to ${change.severity} does not say ${words}`);
      });
      if ((severities.at(-1)?.severity ?? null) !== severity)
        changes.push(unclear("its source does not show whether and why its severity was changed"));
      const told = new Set(severityHistory(incident).map(({ word }) => severityOf(policy, word)?.label));
      for (const { severity: word, entry } of incident.severitiesSeen ?? [])
        if (!told.has(severityOf(policy, word)?.label))
          changes.push(
            unclear(
              `its source said ${word} when it was seen before (record ${entry}), and does not say why it changed`,
            ),
          );
      return together(changes);
    },
  );
  return ifTold(
    circumstances,
    judged,
    "changes of severity",
    (one) => one.severities.length > 0 || one.severitiesSeen !== undefined,
  );
}

const filled = (value: unknown) => typeof value === "number" || (typeof value === "string" && value.trim() !== "");

/** What is known of an incident sets the least severity that it must have. */
export function severityMinimum(circumstances: Circumstances): Judgement {
  return judgeIncidents(
    circumstances,
    {
      rule: "least severity",
      set: ({ minimumSeverity, gaps }) => minimumSeverity.length > 0 || gaps.length > 0,
      bad: "below the least severity that your rules set",
      ok: "at or above the least severity that your rules set",
    },
    ({ incident, policy, view }) => {
      const { peak, unknown } = severitiesOf(incident, policy);
      const order = (label: string | null | undefined) => severityOrder(policy, label ?? null) ?? Number.MAX_VALUE;
      const verdicts = [...policy.minimumSeverity, ...minimaOfGaps(policy)].flatMap((rule) => {
        const least = order(rule.severity);
        const condition = holds(rule.when, view);
        if (condition === "no") return [];
        const verdict = () => {
          if (peak === undefined || (order(peak) > least && unknown.length > 0))
            return unclear(`at least ${rule.severity} by your rule "${rule.id}", and its severity is not known`);
          if (order(peak) > least) return bad(`${peak}, and at least ${rule.severity} by your rule "${rule.id}"`);
          const now = severityOf(policy, severityHistory(incident).at(-1)?.word ?? null)?.label;
          if (rule.mayBeLowered || order(now) <= least) return OK;
          return unclear(
            `lowered to ${now ?? "a word that your rules do not have"}, below ${rule.severity} by your rule "${rule.id}"; whether whoever did it was allowed to is not on record`,
          );
        };
        return under(condition, verdict()) ?? [];
      });
      return together(verdicts);
    },
  );
}
