import type { Observed } from "../evidence/fact.ts";
import { holes, type Instant, type Interval } from "../lib/time.ts";
import type { Policy } from "../policy/policy.ts";
import { parseCadence, windows } from "../slots/cadence.ts";
import { slotsOf } from "../slots/state.ts";
import type { Circumstances } from "./judgement.ts";

/**
 * Spans of a cadence that cross the border of a period. Each span belongs to the period in which it ends, so that of two periods
 * that follow each other one judges it, and never both. What happened in it before the period is looked at for that alone.
 */

/** The longest span that a cadence has; nothing earlier is in a span that ends in the period. */
const LONGEST = 367 * 86_400_000;

/** Runs of jobs before a period that a span of it may still need. */
export function runsBefore(facts: readonly Observed[], { from }: Interval): readonly Observed[] {
  return facts.filter(({ fact }) => {
    const at = fact.kind === "job-run" ? (fact.startedAt ?? fact.endedAt) : null;
    return at !== null && at < from && at >= from - LONGEST;
  });
}

/**
 * Since when it was looked at without a break of knowledge: the first slot of any source that is asked. Where people record
 * themselves what they did, since when their register is kept.
 */
function watchedSince({ feeding, period, asOf }: Circumstances): Instant {
  const before = { from: period.from - LONGEST, to: period.to };
  const firsts = feeding.flatMap(({ own, history }) =>
    own === undefined
      ? slotsOf(history, before, asOf)
          .slice(0, 1)
          .map(({ from }) => from)
      : [own.at],
  );
  return Math.min(Number.POSITIVE_INFINITY, ...firsts);
}

/**
 * Every span of the cadence that ends in the period, by the rules in force when it began. One that began before anybody looked,
 * or before there were such rules, was nobody's to keep.
 */
export function spansEndingIn(
  circumstances: Circumstances,
  everyOf: (policy: Policy) => string | undefined,
): Interval[] {
  const { policies, period } = circumstances;
  const since = watchedSince(circumstances);
  // One that reaches back stands there twice.
  const versions = new Set(policies.between(period.from - LONGEST, period.to).map(({ policy }) => policy));
  return [...versions].flatMap((policy) => {
    const every = policy && everyOf(policy);
    if (policy === undefined || every === undefined || every === "on-event") return [];
    return [...windows(parseCadence(every, policy.zone), period)].filter(({ from, to }) => {
      const rules = policies.policyAt(from);
      if (to > period.to || rules?.policy !== policy) return false;
      return from >= period.from || (from >= since && !rules.reachesBack);
    });
  });
}

/** What was not seen of the time between the beginning of the first span and the period. */
export function unseenBefore({ feeding, period, asOf }: Circumstances, spans: readonly Interval[]): Interval[] {
  const from = Math.min(period.from, ...spans.map((span) => span.from));
  if (from === period.from) return [];
  const before = { from, to: period.from };
  const sources = feeding.filter(({ own }) => own === undefined);
  return sources.flatMap(({ history }) => {
    const seen = slotsOf(history, before, asOf).filter(({ state }) => state === "collected" || state === "late");
    return holes(before, seen);
  });
}
