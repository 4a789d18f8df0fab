import { holes, type Instant, type Interval, union } from "../lib/time.ts";
import type { InstanceHistory, RunRecord } from "./history.ts";
import { suspensionOf } from "./plan.ts";
import { type RequiredSlot, requiredSlots, type Slot } from "./slot.ts";

/**
 * - `open`: not yet over; `due`: over, and still in its grace.
 * - `collected`: fully covered by what was logged in time.
 * - `partial`, `failed`, `unavailable`, `missed`: it was not, and how it stood at the end of the grace.
 * - `late`: one of these, fully covered afterwards; for ever.
 * - `paused`: a pause that was logged before covers its end, or the instance was retired by then; for ever.
 */
export const SLOT_STATES = [
  "collected",
  "partial",
  "failed",
  "unavailable",
  "missed",
  "paused",
  "late",
  "due",
  "open",
] as const;
export type SlotState = (typeof SLOT_STATES)[number];

/** How a slot can stand that was not covered in time. */
export type HoleState = "partial" | "failed" | "unavailable" | "missed";

export interface AssessedSlot extends Slot {
  readonly state: SlotState;
  /** What of the slot was covered by `asOf`, in time or not; in order, joined. */
  readonly covered: readonly Interval[];
  /** Snapshot sources: the moments seen in it, or in its grace. */
  readonly instants: readonly Instant[];
  /** Entry indexes of the runs that covered some of it or tried to, in order. */
  readonly runs: readonly number[];
  /** Why it is not collected, as the last attempt in time at what is missing said: a closed code. */
  readonly reason?: string;
  /** When the run was logged that made the coverage full. */
  readonly fullAt?: Instant;
  /** Of a late slot: how it stood when its grace ended. */
  readonly was?: HoleState;
}

/**
 * Every slot that counts, meets the period and has begun by `asOf`, in order, each in exactly one state: a function of
 * the entries logged up to `asOf` and of nothing else. After its grace a state changes to `late` at most.
 */
export function slotsOf(history: InstanceHistory, period: Interval, asOf: Instant): AssessedSlot[] {
  const slots = requiredSlots(history, period, asOf);
  const runs = runsBySlot(slots, history.runs, asOf);
  const { paused, retired } = suspensionOf(history, asOf);
  const suspended = union([...paused, ...retired]);
  return slots.map((slot, i) => assess(slot, runs[i] ?? [], suspended, asOf));
}

/** How many slots are in each state; the sum is the number of slots. */
export function tally(slots: readonly { readonly state: SlotState }[]): Record<SlotState, number> {
  const counts = Object.fromEntries(SLOT_STATES.map((state) => [state, 0])) as Record<SlotState, number>;
  for (const { state } of slots) counts[state] += 1;
  return counts;
}

/** Per slot, in their order, the runs that covered some of it or tried to, in the order of the ledger. */
export function runsBySlot(slots: readonly RequiredSlot[], runs: Iterable<RunRecord>, asOf: Instant): RunRecord[][] {
  const found: RunRecord[][] = slots.map(() => []);
  const byId = new Map(slots.map((slot, i) => [slot.id, i]));
  const longestGrace = slots.reduce((longest, slot) => Math.max(longest, slot.due - slot.to), 0);
  for (const run of runs) {
    if (run.at > asOf) continue;
    const add = (i: number) => {
      const list = found[i];
      if (list && list.at(-1) !== run) list.push(run);
    };
    const addMeeting = (from: Instant, to: Instant) => {
      for (let i = firstAfter(slots, from); i < slots.length && (slots[i]?.from ?? to) < to; i++) add(i);
    };
    for (const { from, to } of run.covered) addMeeting(from, to);
    // A moment may stand for each slot whose grace it is in.
    for (const moment of run.instants) addMeeting(moment - longestGrace - 1, moment + 1);
    if (run.slot === undefined) addMeeting(run.window.from, Math.min(run.window.to, run.at + 1));
    else {
      const named = byId.get(run.slot);
      if (named !== undefined) add(named);
    }
  }
  return found;
}

/** Position of the first slot that ends after an instant. */
function firstAfter(slots: readonly Slot[], at: Instant): number {
  let low = 0;
  let high = slots.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((slots[middle]?.to ?? 0) > at) high = middle;
    else low = middle + 1;
  }
  return low;
}

/** What one run means to one slot. */
interface Share {
  readonly run: RunRecord;
  /** What of the slot it covered. */
  readonly covered: readonly Interval[];
  /** Snapshot sources: the moments it may claim, in the slot or else in its grace. */
  readonly instants: readonly Instant[];
}

const touches = ({ covered, instants }: Share): boolean => covered.length + instants.length > 0;

const meet = (a: Interval, b: Interval): boolean => a.from < b.to && b.from < a.to;

/** What a run means to a slot; undefined when it neither covered some of it nor tried to. */
function shareOf(slot: RequiredSlot, run: RunRecord): Share | undefined {
  const covered = run.covered
    .filter((interval) => meet(interval, slot))
    .map(({ from, to }) => ({ from: Math.max(from, slot.from), to: Math.min(to, slot.to) }));
  const instants =
    slot.mode === "snapshot" ? run.instants.filter((moment) => slot.from <= moment && moment <= slot.due) : [];
  // A run tries for the slot that it names; one that names none, for each that its window meets.
  const tried = run.slot === undefined ? meet(run.window, slot) : run.slot === slot.id;
  const share = { run, covered, instants };
  return tried || touches(share) ? share : undefined;
}

/** The state of one slot, by the runs that have to do with it and the joined times at which nothing was required. */
export function assess(
  slot: RequiredSlot,
  runs: readonly RunRecord[],
  suspended: readonly Interval[],
  asOf: Instant,
): AssessedSlot {
  const { id, instance, from, to, due } = slot;
  const shares = runs.map((run) => shareOf(slot, run)).filter((share) => share !== undefined);
  const inTime = shares.filter(({ run }) => run.at <= due);
  const fullAt = fullSince(slot, shares);
  const collected = fullAt !== undefined && fullAt <= due;

  let state: SlotState;
  let was: HoleState | undefined;
  if (collected) state = "collected";
  else if (suspended.some((pause) => pause.from <= asOf && pause.from < to && to <= pause.to)) state = "paused";
  else if (asOf < to) state = "open";
  else if (asOf <= due) state = "due";
  else {
    const hole = holeState(slot, inTime);
    if (fullAt === undefined) state = hole;
    else [state, was] = ["late", hole];
  }
  const reason = state === "collected" || state === "paused" ? undefined : reasonOf(slot, inTime);
  return {
    id,
    instance,
    from,
    to,
    due,
    state,
    covered: union(shares.flatMap((share) => share.covered)),
    instants: shares.flatMap((share) => share.instants).sort((a, b) => a - b),
    runs: shares.map((share) => share.run.index),
    ...(reason === undefined ? {} : { reason }),
    ...(fullAt === undefined ? {} : { fullAt }),
    ...(was === undefined ? {} : { was }),
  };
}

/** When the runs together covered the whole slot: logged-at of the one that completed it. */
function fullSince(slot: RequiredSlot, shares: readonly Share[]): Instant | undefined {
  let covered: Interval[] = [];
  for (const share of shares) {
    if (share.instants.length > 0 && share.run.outcome === "collected") return share.run.at;
    if (share.covered.length === 0) continue;
    covered = union([...covered, ...share.covered]);
    if (holes(slot, covered).length === 0) return share.run.at;
  }
  return undefined;
}

function holeState(slot: RequiredSlot, inTime: readonly Share[]): HoleState {
  if (inTime.some(touches)) return "partial";
  const last = inTime.findLast(({ run }) => run.at >= slot.from);
  if (!last) return "missed";
  return last.run.outcome === "unavailable" ? "unavailable" : "failed";
}

/** What the last attempt said that asked for some of what is missing. One that failed earlier, and was made good, is no reason. */
function reasonOf(slot: RequiredSlot, inTime: readonly Share[]): string | undefined {
  const missing = holes(
    slot,
    inTime.flatMap((share) => share.covered),
  );
  const asked = ({ window }: RunRecord) => slot.mode === "snapshot" || missing.some((hole) => meet(window, hole));
  return inTime.findLast(({ run }) => run.at >= slot.from && asked(run))?.run.reason;
}
