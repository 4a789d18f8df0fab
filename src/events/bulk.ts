import { type Instant, type Interval, parseDuration } from "../lib/time.ts";
import type { BulkLimits } from "../policy/intake-rule.ts";
import type { EventState } from "./fold.ts";

/**
 * Many decisions in little time. That is no failure by itself: it is told, so that somebody can ask whether anybody looked. How
 * many are many, the rules of the organisation say; where they say nothing, nothing is told.
 */

/** More decisions of one person within the time than the limit. */
export interface Burst {
  /** A random ID. */
  readonly by: string;
  readonly from: Instant;
  readonly to: Instant;
  /** Decisions in all of it, and the most of them within the time of the limit. */
  readonly count: number;
  readonly most: number;
  /** The records, in order. */
  readonly entries: readonly number[];
}

/** How many of a period's decisions were recorded in its last part. */
export interface LateShare {
  readonly from: Instant;
  readonly count: number;
  readonly of: number;
  readonly over: boolean;
}

export interface Bulk {
  readonly bursts: readonly Burst[];
  /** Undefined where no limit is set, or nothing was decided. */
  readonly late: LateShare | undefined;
}

interface Act {
  readonly by: string;
  readonly logged: Instant;
  readonly index: number;
}

/** What people decided and recorded in the period, by when it was recorded; what does not count was decided as well. */
export function bulkOf(events: Iterable<EventState>, limits: BulkLimits, period: Interval): Bulk {
  const acts: Act[] = [];
  for (const { past } of events) {
    for (const { by, logged, index } of past) {
      if (by.type !== "person" || logged === undefined || index === undefined) continue;
      if (logged >= period.from && logged < period.to) acts.push({ by: by.id, logged, index });
    }
  }
  acts.sort((a, b) => a.logged - b.logged || a.index - b.index);
  return { bursts: burstsIn(acts, limits.burst), late: lateShare(acts, limits.late, period) };
}

function burstsIn(acts: readonly Act[], limit: BulkLimits["burst"]): Burst[] {
  if (limit === undefined) return [];
  const within = parseDuration(limit.within) ?? 0;
  const people = new Map<string, Act[]>();
  for (const act of acts) {
    const own = people.get(act.by);
    if (own === undefined) people.set(act.by, [act]);
    else own.push(act);
  }
  return [...people].flatMap(([by, own]) => burstsOfOne(by, own, limit.more, within)).sort((a, b) => a.from - b.from);
}

/** Windows with too many decisions; those that overlap are one burst. */
function burstsOfOne(by: string, own: readonly Act[], more: number, within: number): Burst[] {
  const found: { first: number; last: number; most: number }[] = [];
  let first = 0;
  for (const [last, { logged }] of own.entries()) {
    while (logged - (own[first] as Act).logged > within) first++;
    const count = last - first + 1;
    if (count <= more) continue;
    const open = found.at(-1);
    if (open !== undefined && first <= open.last) Object.assign(open, { last, most: Math.max(open.most, count) });
    else found.push({ first, last, most: count });
  }
  return found.map(({ first: start, last, most }) => ({
    by,
    from: (own[start] as Act).logged,
    to: (own[last] as Act).logged,
    count: last - start + 1,
    most,
    entries: [...new Set(own.slice(start, last + 1).map(({ index }) => index))],
  }));
}

function lateShare(acts: readonly Act[], limit: BulkLimits["late"], { from, to }: Interval): LateShare | undefined {
  if (limit === undefined || acts.length === 0) return undefined;
  const start = Math.ceil(to - ((to - from) * limit.last) / 100);
  const count = acts.filter(({ logged }) => logged >= start).length;
  return { from: start, count, of: acts.length, over: count * 100 > limit.more * acts.length };
}
