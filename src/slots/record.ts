import type { BlobRef } from "../evidence/blob.ts";
import type { Actor, EntryOf, InstanceRecord } from "../evidence/entry.ts";
import { fromIso, type Instant, type Interval, union } from "../lib/time.ts";
import type { Cadence } from "./cadence.ts";

/** What an instance had to deliver from `at` on (from the next boundary of the cadence before it, to be exact). */
export interface ConfigRecord {
  readonly index: number;
  readonly at: Instant;
  readonly record: InstanceRecord;
  readonly cadence: Cadence;
  /** Milliseconds. */
  readonly grace: number;
}

export interface PlanRecord {
  readonly index: number;
  readonly at: Instant;
  readonly action: "pause" | "resume" | "retire";
  readonly from: Instant;
  readonly to?: Instant;
  readonly actor: Actor;
  readonly body?: BlobRef;
}

/** One attempt to collect, as its entry tells it. */
export interface RunRecord {
  readonly index: number;
  /** Logged-at: what decides whether it came in time. */
  readonly at: Instant;
  readonly outcome: "collected" | "partial" | "failed" | "unavailable";
  readonly trigger: "schedule" | "interim" | "manual" | "catch-up" | "backfill";
  readonly slot?: string;
  /** What it may claim: in order, joined, nothing after `at`, nothing for a failed run. */
  readonly covered: readonly Interval[];
  /** The moments seen, in order, nothing after `at`, nothing for a failed run. */
  readonly instants: readonly Instant[];
  readonly window: Interval;
  readonly items: number;
  readonly facts: number;
  readonly problems: number;
  readonly total?: number;
  readonly reason?: string;
  /** Until when the source asked to be left alone. */
  readonly notBefore?: Instant;
  /** The incident for which it was asked. */
  readonly incident?: string;
  /** How far an outside clock was ahead of the machine's, in milliseconds, and by how much that may be wrong. */
  readonly reference?: { readonly use: string; readonly offset: number; readonly uncertainty: number };
  readonly started: Instant;
  readonly ended: Instant;
  readonly manifest?: BlobRef;
  readonly evidence: readonly BlobRef[];
}

/** Earlier records brought in: never part of a slot's state. */
export interface ImportRecord {
  readonly index: number;
  readonly at: Instant;
  readonly window: Interval;
  readonly items: number;
  readonly facts: number;
  readonly problems: number;
  readonly manifest?: BlobRef;
  readonly evidence: readonly BlobRef[];
}

/** What somebody noted or decided about a gap. */
export interface GapRecord {
  readonly index: number;
  readonly at: Instant;
  readonly gap: string;
  readonly instance: string;
  readonly requirement: string;
  readonly action: "open" | "acknowledge" | "accept" | "close" | "close-late";
  readonly window: Interval;
  readonly slots: number;
  readonly cause?: string;
  readonly until?: Instant;
  readonly level?: "normal" | "urgent";
  readonly actor: Actor;
  readonly body?: BlobRef;
}

/** True for a run that covered something on its own account: slots count from the first of these. */
export function isSuccess(run: RunRecord): boolean {
  return run.trigger !== "backfill" && run.covered.length + run.instants.length > 0;
}

/** The latest moment of the source's time that a run saw. */
export function seenTo({ covered, instants }: RunRecord): Instant | undefined {
  return laterOf(covered.at(-1)?.to, instants.at(-1));
}

/** The later of two moments that may be none. */
export function laterOf(a: Instant | undefined, b: Instant | undefined): Instant | undefined {
  return a === undefined || (b !== undefined && b > a) ? b : a;
}

const interval = (window: { from: string; to: string }): Interval => ({
  from: fromIso(window.from),
  to: fromIso(window.to),
});

/** A run entry as slots see it. */
export function runRecord(index: number, at: Instant, entry: EntryOf<"run">): RunRecord {
  const { outcome, trigger, slot, items, found, total, reason, incident, manifest, evidence } = entry;
  // A claim about the future, or one of a run that failed, is no claim.
  const claims = outcome === "collected" || outcome === "partial";
  const covered = claims ? entry.covered.map(interval).map(({ from, to }) => ({ from, to: Math.min(to, at) })) : [];
  const instants = claims ? (entry.instants ?? []).map(fromIso).filter((seen) => seen <= at) : [];
  return {
    index,
    at,
    outcome,
    trigger,
    ...(slot === undefined ? {} : { slot }),
    covered: union(covered),
    instants: instants.sort((a, b) => a - b),
    window: interval(entry.window),
    items,
    facts: found.facts,
    problems: found.problems,
    ...(total === undefined ? {} : { total }),
    ...(reason === undefined ? {} : { reason }),
    ...(entry.notBefore === undefined ? {} : { notBefore: fromIso(entry.notBefore) }),
    ...(incident === undefined ? {} : { incident }),
    ...(entry.reference === undefined ? {} : { reference: entry.reference }),
    started: fromIso(entry.started),
    ended: fromIso(entry.ended),
    ...(manifest === undefined ? {} : { manifest }),
    evidence,
  };
}

export function importRecord(index: number, at: Instant, entry: EntryOf<"import">): ImportRecord {
  const { items, found, manifest, evidence } = entry;
  return {
    index,
    at,
    window: interval(entry.window),
    items,
    facts: found.facts,
    problems: found.problems,
    ...(manifest === undefined ? {} : { manifest }),
    evidence,
  };
}

export function planRecord(index: number, at: Instant, entry: EntryOf<"plan">): PlanRecord {
  const { action, from, to, actor, body } = entry;
  return {
    index,
    at,
    action,
    from: fromIso(from),
    ...(to === undefined ? {} : { to: fromIso(to) }),
    actor,
    ...(body === undefined ? {} : { body }),
  };
}

export function gapRecord(index: number, at: Instant, entry: EntryOf<"gap">): GapRecord {
  const { gap, instance, requirement, action, window, slots, cause, until, level, actor, body } = entry;
  return {
    index,
    at,
    gap,
    instance,
    requirement,
    action,
    window: interval(window),
    slots,
    ...(cause === undefined ? {} : { cause }),
    ...(until === undefined ? {} : { until: fromIso(until) }),
    ...(level === undefined ? {} : { level }),
    actor,
    ...(body === undefined ? {} : { body }),
  };
}
