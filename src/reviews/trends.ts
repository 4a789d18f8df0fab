import type { FactOf } from "../evidence/fact.ts";
import { wasOneDeed } from "../evidence/one-deed.ts";
import type { Instant, Interval } from "../lib/time.ts";
import { wallClock } from "../lib/zone.ts";
import { momentOf } from "./propose.ts";

/** What happens how often, how long it takes, and what comes back. Counted, never judged. */

type Incident = FactOf<"incident">;

export interface Count {
  /** `2026-Q3`, by the zone's calendar. */
  readonly quarter: string;
  /** Null where the register says none. */
  readonly severity: string | null;
  readonly nature: string | null;
  readonly detectedBy: string | null;
  readonly n: number;
}

/**
 * Times of some incidents in milliseconds. Times to the minute are as far apart as they are written; any that are known less
 * exactly are as long as they may have been: nothing is rounded down.
 */
export interface Times {
  /** How many of the incidents were counted. */
  readonly n: number;
  readonly mean: number | null;
  readonly median: number | null;
  /** Nine of ten took no longer. */
  readonly p90: number | null;
  readonly worst: number | null;
  readonly worstId: string | null;
  /** Not counted, and why: over, known too inexactly; not over, or nobody wrote down when; ended before it began. */
  readonly inexact: number;
  readonly unknown: number;
  readonly invalid: number;
}

/** From its begin to when it was noticed, and from then on to the answer and to the end. */
export interface AllTimes {
  readonly notice: Times;
  readonly respond: Times;
  readonly resolve: Times;
}

export interface TimesOf extends AllTimes {
  readonly severity: string | null;
}

/** Incidents that Custody opened itself, out of gaps: what they took says nothing of how fast people are, so it stands apart. */
export interface ByCustody extends AllTimes {
  readonly n: number;
  /** Answered in the moment in which they were noticed: one deed, and no length, so in no time. */
  readonly atOnce: number;
}

/** Incidents that share a cause, and what came after something was done about it. */
export interface RepeatedCause {
  readonly causeKey: string;
  /** In the order in which they happened. */
  readonly incidents: readonly string[];
  /** When the first of the actions about them was done; null while none is. */
  readonly firstClosed: Instant | null;
  /** Came again within twelve months after that. */
  readonly repeats: readonly string[];
  /** Came again before anything was done, and after the twelve months. */
  readonly before: readonly string[];
  readonly later: readonly string[];
}

export interface Trends {
  readonly counts: readonly Count[];
  /** All incidents first, then each severity; without those that Custody opened itself. */
  readonly times: readonly TimesOf[];
  readonly byCustody: ByCustody;
  readonly causes: readonly RepeatedCause[];
  /** In no quarter: nobody wrote down when. */
  readonly undated: readonly string[];
  /** Without a cause by name: cannot be told to repeat. */
  readonly withoutCause: number;
  readonly n: number;
}

/** A time is used where all that is not known of it is at most this much, or this part of it. */
export const EXACT_ENOUGH = { ms: 120_000, part: 20 } as const;

/**
 * Trends over the incidents that were noticed in the period; repeated causes over all incidents, where one of them was.
 * Each incident is to be given once, whichever registers have it.
 */
export function trendsOf(
  incidents: readonly Incident[],
  actions: readonly FactOf<"action">[],
  zone: string,
  period: Interval = { from: Number.NEGATIVE_INFINITY, to: Number.POSITIVE_INFINITY },
): Trends {
  const within = (one: Incident) => {
    const at = momentOf(one);
    return at !== null && at >= period.from && at < period.to;
  };
  const own = incidents.filter(within);
  const people = own.filter(({ origin }) => origin !== "custody");
  const severities = [...new Set(people.map(({ severity }) => severity))].sort(byWord);
  return {
    counts: countsOf(own, zone),
    times: [
      { severity: null, ...allTimes(people) },
      ...severities
        .filter((severity) => severity !== null)
        .map((severity) => ({ severity, ...allTimes(people.filter((one) => one.severity === severity)) })),
    ],
    byCustody: timesByCustody(own),
    causes: causesOf(incidents, actions, zone).filter(({ incidents: ids }) => own.some(({ id }) => ids.includes(id))),
    undated: incidents.filter((one) => momentOf(one) === null).map(({ id }) => id),
    withoutCause: own.filter(({ causeKey }) => causeKey === null).length,
    n: own.length,
  };
}

const byWord = (a: string | null, b: string | null) =>
  a === b ? 0 : a === null ? 1 : b === null ? -1 : a < b ? -1 : 1;

export function quarterOf(at: Instant, zone: string): string {
  const { year, month } = wallClock(at, zone);
  return `${year}-Q${Math.ceil(month / 3)}`;
}

function countsOf(incidents: readonly Incident[], zone: string): Count[] {
  const counts = new Map<string, { -readonly [K in keyof Count]: Count[K] }>();
  for (const one of incidents) {
    const { severity, nature, detectedBy } = one;
    const quarter = quarterOf(momentOf(one) ?? 0, zone);
    const key = JSON.stringify([quarter, severity, nature, detectedBy]);
    const count = counts.get(key);
    if (count === undefined) counts.set(key, { quarter, severity, nature, detectedBy, n: 1 });
    else count.n += 1;
  }
  return [...counts.values()].sort(
    (a, b) =>
      byWord(a.quarter, b.quarter) ||
      byWord(a.severity, b.severity) ||
      byWord(a.nature, b.nature) ||
      byWord(a.detectedBy, b.detectedBy),
  );
}

// To say that it was seen is no response: that counts only where nothing else is on record.
const answered = ({ respondedAt }: Incident) => (respondedAt !== null ? "respondedAt" : "acknowledgedAt");

function allTimes(incidents: readonly Incident[]): AllTimes {
  return {
    notice: noticeTimes(incidents),
    respond: timesOf(incidents, answered),
    resolve: timesOf(incidents, () => "resolvedAt"),
  };
}

/** Until it was noticed. Where both times are one, it began then at the latest, and how long it took is not known. */
export function noticeTimes(incidents: readonly Incident[]): Times {
  const isKnown = ({ origin, occurredAt, detectedAt }: Incident) => origin !== "custody" || occurredAt !== detectedAt;
  const times = timesOf(incidents.filter(isKnown), () => "detectedAt", "occurredAt");
  return { ...times, unknown: times.unknown + incidents.filter((one) => !isKnown(one)).length };
}

/** Of all these, the ones that Custody opened itself. */
export function timesByCustody(incidents: readonly Incident[]): ByCustody {
  const own = incidents.filter(({ origin }) => origin === "custody");
  const counted = own.filter((one) => !wasOneDeed(one, answered(one)));
  return { n: own.length, atOnce: own.length - counted.length, ...allTimes(own), respond: timesOf(counted, answered) };
}

type EndField = "detectedAt" | "respondedAt" | "acknowledgedAt" | "resolvedAt";

/** What a time may hide behind it. Two times to the second or to the minute are as far apart as they are written, as in every clock. */
const unseen = (precision: number) => (precision <= 60_000 ? 0 : precision - 1);

/** From when it was noticed, or from another time, to this field. */
function timesOf(
  incidents: readonly Incident[],
  endOf: (one: Incident) => EndField,
  start: "detectedAt" | "occurredAt" = "detectedAt",
): Times {
  const used: { id: string; ms: number }[] = [];
  let [inexact, unknown, invalid] = [0, 0, 0];
  for (const one of incidents) {
    const field = endOf(one);
    const [from, to] = [one[start], one[field]];
    if (from === null || to === null) {
      unknown += 1;
      continue;
    }
    const vague = (one.precision[start] ?? 1) - 1 + (one.precision[field] ?? 1) - 1;
    const longest = to + unseen(one.precision[field] ?? 1) - from;
    if (longest < 0) invalid += 1;
    else if (vague > EXACT_ENOUGH.ms && vague * EXACT_ENOUGH.part > longest) inexact += 1;
    else used.push({ id: one.id, ms: longest });
  }
  used.sort((a, b) => a.ms - b.ms || (a.id < b.id ? -1 : 1));
  const ms = used.map((one) => one.ms);
  const at = (place: number) => ms[place] ?? 0;
  const n = ms.length;
  const none = n === 0;
  const worst = used.at(-1);
  return {
    n,
    mean: none ? null : Math.ceil(ms.reduce((sum, one) => sum + one, 0) / n),
    median: none ? null : Math.ceil((at((n - 1) >> 1) + at(n >> 1)) / 2),
    p90: none ? null : at(Math.ceil((n * 9) / 10) - 1),
    worst: worst?.ms ?? null,
    worstId: worst?.id ?? null,
    inexact,
    unknown,
    invalid,
  };
}

/** For how long a cause that somebody acted on must not come back, in months. */
const WATCHED_MONTHS = 12;

/** Causes of two incidents or more, the one with the most repeats first. */
export function causesOf(
  incidents: readonly Incident[],
  actions: readonly FactOf<"action">[],
  zone: string,
): RepeatedCause[] {
  const byCause = new Map<string, { id: string; at: Instant }[]>();
  for (const one of incidents) {
    const at = momentOf(one);
    if (one.causeKey === null || at === null) continue;
    const key = one.causeKey.trim().toLowerCase();
    const list = byCause.get(key);
    if (list === undefined) byCause.set(key, [{ id: one.id, at }]);
    else list.push({ id: one.id, at });
  }
  const closed = new Map<string, Instant>();
  for (const { incident, doneAt } of actions) {
    if (incident === null || doneAt === null) continue;
    closed.set(incident, Math.min(closed.get(incident) ?? doneAt, doneAt));
  }
  const causes: RepeatedCause[] = [];
  for (const [causeKey, list] of byCause) {
    if (list.length < 2) continue;
    list.sort((a, b) => a.at - b.at || (a.id < b.id ? -1 : 1));
    const ends = list.map(({ id }) => closed.get(id)).filter((at) => at !== undefined);
    const firstClosed = ends.length === 0 ? null : Math.min(...ends);
    const until =
      firstClosed === null ? null : wallClock(firstClosed, zone).add({ months: WATCHED_MONTHS }).epochMilliseconds;
    const ids = (wanted: (at: Instant) => boolean) =>
      list.filter(({ at }, i) => i > 0 && wanted(at)).map(({ id }) => id);
    causes.push({
      causeKey,
      incidents: list.map(({ id }) => id),
      firstClosed,
      before: ids((at) => firstClosed === null || at <= firstClosed),
      repeats: ids((at) => firstClosed !== null && at > firstClosed && at <= (until ?? 0)),
      later: ids((at) => until !== null && at > until),
    });
  }
  return causes.sort((a, b) => b.repeats.length - a.repeats.length || (a.causeKey < b.causeKey ? -1 : 1));
}
