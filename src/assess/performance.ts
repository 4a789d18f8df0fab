import type { FactOf, Observed } from "../evidence/fact.ts";
import type { Instant, Interval } from "../lib/time.ts";
import type { Policy } from "../policy/policy.ts";
import type { PolicyTimeline } from "../policy/timeline.ts";
import { type PolicyRef, tellers } from "./case.ts";
import type { Verdict } from "./judgement.ts";
import { judgeTarget } from "./targets.ts";

/** How fast incidents were dealt with, as numbers: by version of the rules, by clock and by severity. */

/** A clock that was missed, so that none hides behind a number. */
export interface Miss {
  readonly id: string;
  readonly instance: string;
  readonly entry: number;
  /** In plain words. */
  readonly what: string;
  readonly due: Instant | undefined;
  readonly took: number | undefined;
}

/** Lengths of those whose times are known to the minute; none is made up between two. Incidents that Custody opened itself give none. */
export interface Lengths {
  /** How many of them are known exactly, and how many to the minute or second: as far apart as the times are written. */
  readonly exact: number;
  readonly toMinute: number;
  /** How many more were done, and are not recorded exactly enough to be counted here. */
  readonly inexact: number;
  /** Of an even number the longer one of the two in the middle. */
  readonly median: number | undefined;
  /** Nine of ten took no longer. */
  readonly p90: number | undefined;
  readonly worst: number | undefined;
}

export interface PerformanceRow {
  /** The version of the rules; undefined where there are none. */
  readonly policy: PolicyRef | undefined;
  readonly target: string;
  /** In the words of the rules; undefined where the severity is not known. */
  readonly level: string | undefined;
  /** The deadline as the rules spell it. */
  readonly term: string | undefined;
  /** True for incidents that Custody opened itself; they are counted apart. */
  readonly byCustody: boolean;
  /** Clocks, which is the sum of the numbers below. */
  readonly n: number;
  readonly met: number;
  readonly notMet: number;
  readonly pending: number;
  readonly indeterminate: number;
  readonly invalid: number;
  readonly noData: number;
  readonly noTarget: number;
  /** Of all these, how many belong to incidents that began in the period; the others were open from before. */
  readonly began: number;
  readonly carriedIn: number;
  readonly lengths: Lengths;
  readonly misses: readonly Miss[];
}

interface Clock {
  readonly observed: Observed & { readonly fact: FactOf<"incident"> };
  readonly verdict: Verdict;
  readonly target: string;
}

/**
 * The performance of a period. `incidents` are those that were open at any time in it, each in its newest state. Rows come in
 * the order of the rules: oldest version first, its clocks as they stand there, the worst severity first.
 */
export function performance(
  incidents: readonly Observed[],
  policies: PolicyTimeline,
  period: Interval,
  asOf: Instant,
): PerformanceRow[] {
  const known = policies.all.flatMap(({ policy }) => policy ?? []);
  const targets = [...new Set(known.flatMap((policy) => Object.keys(policy.targets)))];
  const tells = tellers(incidents);
  const rows = new Map<string, Clock[]>();
  for (const observed of incidents) {
    if (!isIncident(observed)) continue;
    for (const target of targets) {
      const { rule, verdict, clocks } = judgeTarget(observed.fact, target, policies, asOf, {
        tellsMessages: tells(observed.instance),
      });
      if (rule !== "applies") continue;
      // What nothing but a severity that is none of the rules' makes undecided belongs to no clock of a severity.
      const beside = clocks.some(({ word }) => word === verdict.word)
        ? []
        : [{ ...verdict, level: undefined, target: undefined }];
      for (const one of [...clocks, ...beside]) {
        const key = JSON.stringify([one.policy?.entry, target, one.level, observed.fact.origin === "custody"]);
        const row = rows.get(key);
        if (row === undefined) rows.set(key, [{ observed, verdict: one, target }]);
        else row.push({ observed, verdict: one, target });
      }
    }
  }
  return [...rows.values()].map((clocks) => rowOf(clocks, period)).sort(inOrder(policies, targets));
}

function isIncident(observed: Observed): observed is Clock["observed"] {
  return observed.fact.kind === "incident";
}

function rowOf(clocks: readonly Clock[], period: Interval): PerformanceRow {
  const [first] = clocks as readonly [Clock, ...Clock[]];
  const count = (word: Verdict["word"]) => clocks.filter(({ verdict }) => verdict.word === word).length;
  const byCustody = first.observed.fact.origin === "custody";
  const began = clocks.filter(({ observed: { fact } }) => {
    const at = fact.detectedAt ?? fact.occurredAt;
    return at !== null && at >= period.from && at < period.to;
  }).length;
  return {
    policy: first.verdict.policy,
    target: first.target,
    level: first.verdict.level,
    term: first.verdict.target,
    byCustody,
    n: clocks.length,
    met: count("ok"),
    notMet: count("bad"),
    pending: count("open"),
    indeterminate: count("unclear"),
    invalid: count("invalid"),
    noData: count("no_data"),
    noTarget: count("no_target"),
    began,
    carriedIn: clocks.length - began,
    // What opened by itself while somebody was there was answered at once: no length of anything that people did.
    lengths: lengthsOf(byCustody ? [] : clocks.map(({ verdict }) => verdict)),
    misses: clocks
      .filter(({ verdict }) => verdict.word === "bad")
      .map(({ observed: { fact, instance, entry }, verdict: { what = "", due, took } }) => ({
        id: fact.id,
        instance,
        entry,
        what,
        due,
        took,
      })),
  };
}

const MINUTE = 60_000;

/** Only of what was done; what still runs, or contradicts itself, has no length yet. */
function lengthsOf(verdicts: readonly Verdict[]): Lengths {
  const done = verdicts.filter(({ word, ended }) => ended && word !== "invalid" && word !== "no_data");
  const counted = done.filter(({ took, precision = 1 }) => took !== undefined && precision <= MINUTE);
  const lengths = counted.map(({ took = 0 }) => took).sort((a, b) => a - b);
  const exact = counted.filter((one) => one.exact).length;
  const at = (place: number) => lengths[Math.min(place, lengths.length - 1)];
  return {
    exact,
    toMinute: lengths.length - exact,
    inexact: done.filter(({ took }) => took !== undefined).length - lengths.length,
    median: at(Math.floor(lengths.length / 2)),
    p90: at(Math.ceil(lengths.length * 0.9) - 1),
    worst: lengths.at(-1),
  };
}

function inOrder(policies: PolicyTimeline, targets: readonly string[]) {
  const levels = (entry: number | undefined): Policy["severities"] =>
    policies.all.find((one) => one.entry === entry)?.policy?.severities ?? [];
  const place = ({ policy, level }: PerformanceRow) => {
    const found = levels(policy?.entry).findIndex(({ label }) => label === level);
    return found < 0 ? Number.MAX_SAFE_INTEGER : found;
  };
  return (a: PerformanceRow, b: PerformanceRow): number =>
    (a.policy?.entry ?? -1) - (b.policy?.entry ?? -1) ||
    targets.indexOf(a.target) - targets.indexOf(b.target) ||
    place(a) - place(b) ||
    Number(a.byCustody) - Number(b.byCustody);
}
