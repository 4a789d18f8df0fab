import type { FactKind, Observed } from "../evidence/fact.ts";
import type { Instant, Interval } from "../lib/time.ts";
import { parseCadence, windowAt } from "../slots/cadence.ts";
import { freshnessOf } from "../slots/freshness.ts";
import type { ImportRecord, InstanceHistory, RunRecord } from "../slots/history.ts";
import { type AssessedSlot, type SlotState, slotsOf } from "../slots/state.ts";
import type { Catalogue, Requirement } from "./catalogue.ts";
import type { Yields } from "./population.ts";
import { newestLook, standingPlaces, type UnreadPlace } from "./unread.ts";
import { unsurePlaces } from "./unread-values.ts";

/** A run, or records that were brought in afterwards. */
export type Attempt = (RunRecord | ImportRecord) & { readonly imported: boolean };

/** One instance as the checks see it: what it can show and how much of the period was really seen. */
export interface Feeding {
  readonly instance: string;
  readonly history: InstanceHistory;
  /** What it can show: what its collector can find, and what was found. */
  readonly kinds: ReadonlySet<FactKind>;
  /** False for one that is no longer collected, whose records still matter: dropping them could hide a failure. */
  readonly expected: boolean;
  /** Runs and imports up to now. */
  readonly attempts: readonly Attempt[];
  /** The slots that meet the period. */
  readonly slots: readonly AssessedSlot[];
  readonly freshness: ReturnType<typeof freshnessOf>;
  /** False where nothing ever came. */
  readonly delivered: boolean;
  /** Slots whose time is over and whose records are not all known. */
  readonly unseen: readonly AssessedSlot[];
  /** Places in its evidence that could not be read, and that may hide anything. */
  readonly unread: readonly Unread[];
  /** Start of its first slot, where that is after the start of the period: before it nothing was expected. */
  readonly since: Instant | undefined;
  /** Of what is kept in the log itself: the record and file that say so, and how many incidents it holds. */
  readonly own?: { readonly entry: number; readonly item: string; readonly at: Instant; readonly total: number };
}

const SEEN: readonly SlotState[] = ["collected", "late"];
const NOT_OVER: readonly SlotState[] = ["open", "due"];

function unseenOf(slots: readonly AssessedSlot[], keeps: boolean, coveredTo: Instant | undefined): AssessedSlot[] {
  const holes = slots.filter((slot) => !SEEN.includes(slot.state) && !NOT_OVER.includes(slot.state));
  // A register looked at later still shows what happened in a hole; the hole itself stays one in the slots.
  return keeps ? holes.filter((slot) => coveredTo === undefined || slot.to > coveredTo) : holes;
}

/** A place in the evidence that no reader could read. */
export type Unread = UnreadPlace;

/** What `feedings` looks at. */
export interface Known {
  readonly catalogue: Catalogue;
  readonly period: Interval;
  readonly histories: { readonly instances: ReadonlyMap<string, InstanceHistory> };
  readonly facts: readonly Observed[];
  readonly problems: readonly Unread[];
  readonly asOf: Instant;
  readonly yields: Yields;
}

/** The places of the period's evidence that could not be read. Of a register only the newest look counts: what was mended is mended. */
function unreadOf(
  id: string,
  attempts: readonly Attempt[],
  problems: readonly Unread[],
  period: Interval,
  keeps: boolean,
): Unread[] {
  const own = problems.filter((p) => p.instance === id);
  const runs = attempts.filter((a) => !a.imported);
  if (keeps) return standingPlaces(own, newestLook(runs, true));
  const elsewhere = new Set(
    attempts.filter((a) => a.window.from >= period.to || a.window.to <= period.from).map((a) => a.index),
  );
  return own.filter((p) => !elsewhere.has(p.entry));
}

/** Every instance that may matter in the period: configured, or with slots in it, imported records, or facts. */
export function feedings({ catalogue, period, histories, facts, problems, asOf, yields }: Known): Feeding[] {
  const found = new Map<string, Set<FactKind>>();
  for (const { instance, fact } of facts) {
    const kinds = found.get(instance);
    if (kinds) kinds.add(fact.kind);
    else found.set(instance, new Set([fact.kind]));
  }
  const places = [...problems, ...unsurePlaces(facts, period, asOf)];
  return [...histories.instances.values()].flatMap((history) => {
    const { id, runs, imports } = history;
    const { family, use } = history.record;
    const slots = slotsOf(history, period, asOf);
    const expected = history.configured || slots.length > 0 || imports.length > 0;
    if (!expected && !found.has(id)) return [];
    const attempts: Attempt[] = [
      ...runs.map((run) => ({ ...run, imported: false })),
      ...imports.map((record) => ({ ...record, imported: true })),
    ].filter((attempt) => attempt.at <= asOf);
    const keeps = catalogue.families[family]?.keeps ?? false;
    const freshness = freshnessOf(history, asOf);
    const first = slots[0]?.from;
    return [
      {
        instance: id,
        history,
        kinds: new Set([...(yields(use) ?? []), ...(found.get(id) ?? [])]),
        expected,
        attempts,
        slots,
        freshness,
        delivered: freshness.state !== "never" || imports.length > 0,
        unseen: unseenOf(slots, keeps, freshness.coveredTo),
        unread: unreadOf(id, attempts, places, period, keeps),
        since: first !== undefined && first > period.from ? first : undefined,
      },
    ];
  });
}

/** True where evidence of this family that holds facts of these kinds is what the requirement wants. */
export function wants(from: Requirement["from"], family: string, kinds: ReadonlySet<FactKind>): boolean {
  if (!from.families && !from.facts) return false;
  const ofFamily = from.families?.includes(family) ?? true;
  return ofFamily && (from.facts?.some((kind) => kinds.has(kind)) ?? true);
}

/** The instances that feed a requirement. */
export function feedingOf(requirement: Requirement, all: readonly Feeding[]): Feeding[] {
  return all.filter((f) => wants(requirement.from, f.history.record.family, f.kinds));
}

/** How old the evidence for a requirement is. */
export interface RequirementFreshness {
  readonly required: Requirement["freshness"];
  /** The worst of the instances that feed it; `none` where none does. */
  readonly state: "current" | "stale" | "never" | "none";
  readonly instances: readonly {
    readonly instance: string;
    readonly state: "current" | "stale" | "never";
    readonly coveredTo: Instant | undefined;
  }[];
}

/** True where the newest period of the requirement's own cadence ended, its grace too, and the evidence does not reach its end. */
function isOverdue(required: Requirement["freshness"], feeding: Feeding, asOf: Instant): boolean {
  const { coveredTo } = feeding.freshness;
  if (required === "on-event" || coveredTo === undefined) return false;
  const config = feeding.history.configs.at(-1);
  const cadence = parseCadence(required, feeding.history.record.zone);
  return coveredTo < windowAt(cadence, asOf - (config?.grace ?? 0)).from;
}

/** Freshness of a requirement: an instance may be current by its own cadence and still too slow for this requirement. */
export function requirementFreshness(
  required: Requirement["freshness"],
  feeding: readonly Feeding[],
  asOf: Instant,
): RequirementFreshness {
  const expected = feeding.filter((f) => f.expected);
  const instances = expected.map((f) => ({
    instance: f.instance,
    state: f.freshness.state === "current" && isOverdue(required, f, asOf) ? "stale" : f.freshness.state,
    coveredTo: f.freshness.coveredTo,
  }));
  const worst = (["never", "stale", "current"] as const).find((state) => instances.some((i) => i.state === state));
  return { required, state: worst ?? "none", instances };
}
