import { lengthForPeople } from "../lib/length.ts";
import type { Instant } from "../lib/time.ts";
import type { Policy } from "../policy/policy.ts";
import type { PolicyTimeline } from "../policy/timeline.ts";
import { caseStart, type Incident, rulesOf, severitiesOf, stampOf } from "./case.ts";
import type { Verdict } from "./judgement.ts";
import { judgeReview, type Review } from "./review-clock.ts";
import { judgeTarget } from "./targets.ts";
import { judgeUpdates } from "./updates.ts";

/** A clock of an incident that runs now, or that was missed. */
export interface RunningClock {
  /** In words to people. */
  readonly text: string;
  readonly due: Instant;
  readonly missed: boolean;
}

/** One clock that the rules set for an incident, with how it stands. */
export interface IncidentClock {
  readonly kind: "target" | "updates" | "review" | "publicReview";
  /** As the rules call it; of the two reviews their kind. */
  readonly name: string;
  readonly verdict: Verdict;
  /** When it began to count, as far as that is recorded. */
  readonly since: Instant | undefined;
}

const MINUTE = 60_000;

/** Every clock of an incident by the rules in force when it was noticed, with those rules; undefined where there are none. */
export function clocksOfIncident(
  incident: Incident,
  reviews: readonly Review[],
  policies: PolicyTimeline,
  now: Instant,
): { readonly policy: Policy; readonly clocks: readonly IncidentClock[] } | undefined {
  const rules = rulesOf(policies, incident, now);
  if (!("policy" in rules)) return undefined;
  const { policy } = rules;
  const { targets, updates } = policy;
  const clocks: IncidentClock[] = [
    ...Object.entries(targets).flatMap(([name, { from }]) =>
      judgeTarget(incident, name, policies, now).clocks.map((verdict) => ({
        kind: "target" as const,
        name,
        verdict,
        since: stampOf(incident, from)?.at,
      })),
    ),
    ...Object.entries(updates).map(([name, { from }]) => ({
      kind: "updates" as const,
      name,
      verdict: judgeUpdates(incident, name, policies, now).verdict,
      since: stampOf(incident, from)?.at,
    })),
    ...(["review", "publicReview"] as const).map((kind) => ({
      kind,
      name: kind,
      verdict: judgeReview(incident, kind, reviews, policies, now).verdict,
      since: policy[kind] && stampOf(incident, policy[kind].from)?.at,
    })),
  ];
  return { policy, clocks };
}

/** A clock that somebody has to settle yet. */
export interface DueClock extends IncidentClock {
  readonly due: Instant;
  readonly late: boolean;
  /** True where the incident was, or is, of the worst severity of the rules. */
  readonly worst: boolean;
}

/** The clocks that are not settled, by when they are due. What was done, in time or too late, is over. */
export function dueClocks(
  incident: Incident,
  reviews: readonly Review[],
  policies: PolicyTimeline,
  now: Instant,
): DueClock[] {
  const found = clocksOfIncident(incident, reviews, policies, now);
  if (found === undefined) return [];
  const { policy, clocks } = found;
  const top = policy.severities[0]?.label;
  const { peak } = severitiesOf(incident, policy);
  return clocks
    .flatMap((clock): DueClock[] => {
      const { word, due, ended, level } = clock.verdict;
      if (due === undefined || ended === true || !["bad", "open", "unclear"].includes(word)) return [];
      const since = clock.since ?? caseStart(incident)?.at;
      return [{ ...clock, since, due, late: due < now, worst: (level ?? peak) === top }];
    })
    .sort((a, b) => a.due - b.due);
}

/**
 * The clocks of an incident that still run and those that were missed: what is late and not done first, then what is due next,
 * then what was done too late. What was done in time is over.
 */
export function runningClocks(
  incident: Incident,
  reviews: readonly Review[],
  policies: PolicyTimeline,
  now: Instant,
): RunningClock[] {
  const verdicts = clocksOfIncident(incident, reviews, policies, now)?.clocks.map(({ verdict }) => verdict) ?? [];
  const rank = (verdict: Verdict) => (verdict.word === "open" ? 1 : verdict.ended ? 2 : 0);
  return verdicts
    .filter(({ word, due }) => (word === "bad" || word === "open") && due !== undefined)
    .sort((a, b) => rank(a) - rank(b) || (a.due ?? 0) - (b.due ?? 0))
    .map(({ word, what = "", due = now }) => {
      if (word === "bad") return { text: `TOO LATE: ${what}`, due, missed: true };
      // Never more time left than there is.
      const left = Math.floor((due - now) / MINUTE) * MINUTE;
      return {
        text: `${left > 0 ? `${lengthForPeople(left, { round: "down" })} left` : "DUE NOW"}: ${what}`,
        due,
        missed: false,
      };
    });
}
