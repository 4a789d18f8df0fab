import { type Incident, rulesOf, tellers } from "../assess/case.ts";
import { RESULT_OF } from "../assess/judgement.ts";
import { judgeReview, type Review } from "../assess/review-clock.ts";
import { judgeTarget, type TargetVerdict } from "../assess/targets.ts";
import { judgeUpdates } from "../assess/updates.ts";
import type { Observed } from "../evidence/fact.ts";
import type { Instant } from "../lib/time.ts";
import type { PolicyTimeline } from "../policy/timeline.ts";
import { clean, cleanOrNull } from "./clean.ts";
import { isoOrNull } from "./coverage.ts";
import { policyUse, type Seen } from "./incident-case.ts";
import type { DutyRow } from "./notifications-shape.ts";
import type { SheetClock } from "./sheets-shape.ts";

/** Every clock that ran for one incident, judged by the rules that counted for it. */

export interface ClockSetting {
  readonly policies: PolicyTimeline;
  readonly asOf: Instant;
  readonly reviews: readonly Review[];
  /** Whether a source can say what was sent. */
  readonly tells: (instance: string) => boolean;
}

export function clockSetting(
  incidents: readonly Observed[],
  reviews: readonly Review[],
  policies: PolicyTimeline,
  asOf: Instant,
): ClockSetting {
  return { policies, asOf, reviews, tells: tellers(incidents) };
}

/** The clocks of the organisation's rules; none where there are no rules, or they say nothing about it. */
export function policyClocks({ fact, instance }: Seen, { policies, asOf, reviews, tells }: ClockSetting): SheetClock[] {
  const rules = rulesOf(policies, fact, asOf);
  if (!("policy" in rules)) return [];
  const { targets, updates } = rules.policy;
  const told = { tellsMessages: tells(instance) };
  const incident: Incident = fact;
  return [
    ...Object.keys(targets).flatMap((name) => clocksOf(name, judgeTarget(incident, name, policies, asOf, told))),
    ...Object.keys(updates).flatMap((name) =>
      clocksOf(`updates: ${name}`, judgeUpdates(incident, name, policies, asOf, told)),
    ),
    ...(["review", "publicReview"] as const).flatMap((kind) =>
      clocksOf(kind === "review" ? "review" : "public review", judgeReview(incident, kind, reviews, policies, asOf)),
    ),
  ];
}

function clocksOf(name: string, { rule, clocks, verdict }: TargetVerdict): SheetClock[] {
  if (rule !== "applies") return [];
  return (clocks.length > 0 ? clocks : [verdict]).map((one) => ({
    basis: "policy",
    name: clean(name, 80),
    level: cleanOrNull(one.level),
    target: cleanOrNull(one.target),
    due: isoOrNull(one.due),
    took: one.took ?? null,
    ended: one.ended ?? false,
    word: RESULT_OF[one.word],
    what: clean(one.what ?? "", 1_500),
    policy: policyUse(one.policy),
  }));
}

/** A duty of law or contract, as one of the clocks of an incident. */
export function clockOfDuty(duty: DutyRow): SheetClock {
  const whose = [duty.role, duty.dataset].filter((part) => part !== null).join(" of ");
  return {
    basis: duty.basis,
    name: `${duty.name}${whose === "" ? "" : ` (${whose})`}`,
    level: null,
    target: duty.term,
    due: duty.due,
    took: duty.took,
    ended: duty.done !== null,
    word: duty.word,
    what: duty.reason,
    policy: duty.policy,
  };
}
