import { type Instant, iso } from "../lib/time.ts";
import { freshnessOf } from "../slots/freshness.ts";
import { acknowledgedIn, act, type Gap, gapId, gapsOf } from "../slots/gap.ts";
import type { GapRecord, History, InstanceHistory } from "../slots/history.ts";
import { suspensionOf } from "../slots/plan.ts";
import { firstSince } from "../slots/unsettled.ts";
import { type Condition, type Conditions, settleTime } from "./conditions.ts";
import { type Level, type LevelRule, levelOf } from "./level.ts";

/**
 * Anything that people are told about as a gap. `requirement` says what is lacking: `cadence` (expected evidence, by slots),
 * `first` (a collector that never delivered anything), or a condition of Custody itself: `delivery` of notices, `integrity`,
 * `key`, `clock`, `disk`, `certificate`, `index`, `mirror`, or as whoever noted it called it.
 */
export interface AnyGap extends Omit<Gap, "requirement" | "state"> {
  readonly requirement: string;
  /** `closed`: what was bad is good again; nothing was late. */
  readonly state: Gap["state"] | "closed";
  readonly level: Level;
  /** How often a condition became bad within itself; 1 for all others. */
  readonly times: number;
  /** Its end may be told: it will not come back as the same one. */
  readonly settled: boolean;
  /** Of holes that nothing fills any more: when evidence came in again after them, if it did. */
  readonly backSince?: Instant;
  /** Every record about it, in the order of the ledger. */
  readonly records: readonly GapRecord[];
}

/** All gaps known at `asOf`, also the closed ones, oldest first: a function of the ledger, and `rules` for their level. */
export function gapsIn(
  history: Pick<History, "instances">,
  conditions: Conditions,
  asOf: Instant,
  rules: readonly LevelRule[] = [],
): AnyGap[] {
  const ofCollectors = [...history.instances.values()].flatMap((instance) => gapsOfInstance(instance, asOf, rules));
  const own = conditions.all.filter(({ from }) => from <= asOf).map((condition) => ofCondition(condition, asOf));
  return [...ofCollectors, ...own].sort((a, b) => a.from - b.from);
}

/** Those of one collector: holes in its evidence, and that there never was any. */
export function gapsOfInstance(instance: InstanceHistory, asOf: Instant, rules: readonly LevelRule[] = []): AnyGap[] {
  const holes = gapsOf(instance, asOf).map((gap): AnyGap => {
    const records = recordsOf(instance, gap.id, "cadence", asOf);
    const level = levelIn(records) ?? levelOf("cadence", instance.record, rules);
    const backSince = stays(gap, instance) ? backAfter(gap, instance, asOf) : undefined;
    const settled = gap.state === "closed-late";
    return { ...gap, level, times: 1, settled, records, ...(backSince === undefined ? {} : { backSince }) };
  });
  return [...firstGap(instance, asOf, rules), ...holes];
}

/** True where the source cannot be asked about that time any more. */
export function stays({ cause, state }: Pick<AnyGap, "cause" | "state">, { record }: InstanceHistory): boolean {
  return state !== "closed-late" && (record.mode !== "window" || cause === "retention");
}

function backAfter({ to }: Gap, { runs }: InstanceHistory, asOf: Instant): Instant | undefined {
  for (let i = firstSince(runs, to); i < runs.length; i += 1) {
    const run = runs[i];
    if (run === undefined || run.at > asOf) return undefined;
    if (run.outcome === "collected") return run.at;
  }
  return undefined;
}

/**
 * A collector that was configured and never collected anything: since one window and its grace have passed, pauses not
 * counted, until its first success or its retirement. Later it is only there if somebody was told of it.
 */
function firstGap(instance: InstanceHistory, asOf: Instant, rules: readonly LevelRule[]): AnyGap[] {
  const { id, configuredSince, firstSuccess, record } = instance;
  const closedAt = firstSuccess !== undefined && firstSuccess <= asOf ? firstSuccess : retiredAt(instance, asOf);
  if (closedAt !== undefined && instance.gaps.length === 0) return [];
  const gap = gapId(id, "first", iso(configuredSince));
  const records = recordsOf(instance, gap, "first", asOf);
  const noted = records.find(({ action }) => action === "open");
  if (noted === undefined && closedAt !== undefined) return [];
  const opened = noted?.window.to ?? firstDue(instance, asOf);
  if (noted === undefined && (opened === undefined || asOf <= opened)) return [];
  const cause = instance.runs.findLast((run) => run.at <= asOf && run.reason !== undefined)?.reason;
  return [
    gapFrom(records, asOf, {
      id: gap,
      instance: id,
      requirement: "first",
      from: configuredSince,
      to: Math.max(closedAt ?? asOf, configuredSince + 1),
      opened: opened ?? asOf,
      closedAt,
      cause: closedAt === undefined ? cause : (noted?.cause ?? cause),
      level: levelOf("first", record, rules),
      times: 1,
      settled: closedAt !== undefined,
    }),
  ];
}

/** When the first evidence of a collector is overdue; undefined where it is not due at all by now. */
function firstDue(instance: InstanceHistory, asOf: Instant): Instant | undefined {
  const { dueBy } = freshnessOf(instance, asOf);
  if (dueBy === undefined) return undefined;
  const patience = dueBy - instance.configuredSince;
  let due = dueBy;
  // Time in which nothing was required is no delay.
  for (const pause of suspensionOf(instance, asOf).paused)
    if (pause.from < due) due = Math.max(due, pause.to + patience);
  return due;
}

const retiredAt = (instance: InstanceHistory, asOf: Instant): Instant | undefined =>
  suspensionOf(instance, asOf).retired.find(({ from, to }) => from <= asOf && asOf < to)?.from;

function ofCondition(condition: Condition, asOf: Instant): AnyGap {
  const { id, instance, requirement, from, times, cause, over } = condition;
  const records = condition.records.filter((record) => record.at <= asOf);
  const closedAt = condition.goodSince;
  const settled = closedAt !== undefined && (over || asOf - closedAt >= settleTime(requirement));
  const level = levelOf(requirement, undefined, []);
  const to = Math.max(closedAt ?? asOf, from + 1);
  return gapFrom(records, asOf, {
    id,
    instance,
    requirement,
    from,
    to,
    opened: from,
    closedAt,
    cause,
    level,
    times,
    settled,
  });
}

interface Found {
  readonly id: string;
  readonly instance: string;
  readonly requirement: string;
  readonly from: Instant;
  readonly to: Instant;
  readonly opened: Instant;
  readonly closedAt: Instant | undefined;
  readonly cause: string | undefined;
  readonly level: Level;
  readonly times: number;
  readonly settled: boolean;
}

/** What was found, with what people decided about it. */
function gapFrom(records: readonly GapRecord[], asOf: Instant, { closedAt, cause, ...found }: Found): AnyGap {
  const noted = records.find(({ action }) => action === "open");
  // An acceptance without an end is none: somebody must come back to it.
  const accepted = records.findLast(({ action, until }) => action === "accept" && until !== undefined);
  const until = accepted?.until;
  const acknowledged = acknowledgedIn(records, closedAt !== undefined, until, asOf);
  return {
    ...found,
    level: levelIn(records) ?? found.level,
    slots: [],
    records,
    state: closedAt !== undefined ? "closed" : until !== undefined && asOf < until ? "accepted" : "open",
    ...(closedAt === undefined ? {} : { closedAt }),
    ...(cause === undefined ? {} : { cause }),
    ...(noted ? { noted: act(noted) } : {}),
    ...(acknowledged ? { acknowledged: act(acknowledged) } : {}),
    ...(accepted ? { accepted: act(accepted) } : {}),
    ...(until === undefined ? {} : { acceptedUntil: until }),
  };
}

function recordsOf(instance: InstanceHistory, gap: string, requirement: string, asOf: Instant): GapRecord[] {
  const all = instance.gapsById.get(gap) ?? [];
  return all.filter((record) => record.requirement === requirement && record.at <= asOf);
}

/** As it was told: a later change of the configuration changes no gap that is known. */
const levelIn = (records: readonly GapRecord[]): Level | undefined =>
  records.find(({ action }) => action === "open")?.level;
