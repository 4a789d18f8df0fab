import { type Instant, type Interval, union } from "../lib/time.ts";
import type { InstanceHistory, RunRecord } from "./history.ts";
import { contains, suspensionOf } from "./plan.ts";
import { firstSlot, type RequiredSlot, slotAt, slotsFrom } from "./slot.ts";
import { type AssessedSlot, assess, runsBySlot, slotsOf } from "./state.ts";

/** A slot with the runs that have to do with it, and what came of them when it was last looked at. */
interface Watched {
  readonly slot: RequiredSlot;
  readonly runs: RunRecord[];
  assessed: AssessedSlot | undefined;
}

const ALL_TIME: Interval = { from: Number.NEGATIVE_INFINITY, to: Number.POSITIVE_INFINITY };

/**
 * Every slot that counts and has begun by `asOf`, in order, except those that are `collected` or `paused`: the same as
 * `slotsOf` gives, for the work of what is new since it was last asked. It is what a daemon asks every minute for ever.
 */
export function unsettledSlots(history: InstanceHistory, asOf: Instant): AssessedSlot[] {
  const known = history.unsettled.slots(history, asOf);
  return known ?? slotsOf(history, ALL_TIME, asOf).filter(isOpen);
}

/** The slot that contains a moment, whether it counts or not; undefined before the first configuration. */
export function currentSlot(history: InstanceHistory, asOf: Instant): RequiredSlot | undefined {
  return history.unsettled.current(history, asOf);
}

const isOpen = ({ state }: AssessedSlot): boolean => state !== "collected" && state !== "paused";

/**
 * What is known of an instance's slots so far. Once an entry was logged after a slot's due time, no later entry changes
 * more about it than that a hole becomes late. So a slot is settled then, and only holes are kept of the settled ones.
 */
export class Unsettled {
  /** Holes, late ones too, of what is settled. */
  #holes: Watched[] = [];
  /** Slots that may still become anything, in order, up to the current one. */
  #open: Watched[] = [];
  /** Up to where slots are settled; undefined before the first that counts. */
  #settledTo: Instant | undefined;
  #settledAt: Instant = Number.NEGATIVE_INFINITY;
  /** Up to where slots were looked for. */
  #extendedTo: Instant | undefined;
  /** How many runs, configurations and plans are in all this. */
  #runs = 0;
  #configs = 0;
  #plans = 0;
  #paused: readonly Interval[] = [];
  #retired: readonly Interval[] = [];
  #suspended: readonly Interval[] = [];
  #now: { readonly configs: number; readonly slot: RequiredSlot } | undefined;

  /** What `unsettledSlots` promises; undefined for a moment before the newest entry, or before one that it was asked for. */
  slots(history: InstanceHistory, asOf: Instant): AssessedSlot[] | undefined {
    if (asOf < history.log.asOf || asOf < this.#settledAt) return undefined;
    if (!this.#begin(history, asOf)) return [];
    this.#replan(history, asOf);
    this.#extend(history, asOf);
    this.#share(history, asOf);
    const found = [...this.#holes, ...this.#open].flatMap((one) => {
      if (one.slot.from > asOf) return [];
      one.assessed = this.#assess(one, asOf);
      return isOpen(one.assessed) ? [one.assessed] : [];
    });
    this.#settle(history, asOf);
    return found;
  }

  current(history: InstanceHistory, at: Instant): RequiredSlot | undefined {
    const { configs } = history;
    const known = this.#now;
    if (known?.configs === configs.length && known.slot.from <= at && at < known.slot.to && !changes(history, at)) {
      return known.slot;
    }
    const slot = slotAt(history, at, at);
    this.#now = slot && { configs: configs.length, slot };
    return slot;
  }

  #begin(history: InstanceHistory, asOf: Instant): boolean {
    if (this.#settledTo !== undefined) return true;
    this.#settledTo = firstSlot(history, asOf)?.from;
    return this.#settledTo !== undefined;
  }

  /** A changed configuration or plan says anew what is required of all that is not settled. */
  #replan(history: InstanceHistory, asOf: Instant): void {
    const { configs, plans, runs } = history;
    if (configs.length === this.#configs && plans.length === this.#plans) return;
    this.#configs = configs.length;
    this.#plans = plans.length;
    const { paused, retired } = suspensionOf(history, asOf);
    this.#paused = paused;
    this.#retired = retired;
    this.#suspended = union([...this.#paused, ...this.#retired]);
    for (const hole of this.#holes) hole.assessed = undefined;
    this.#open = [];
    this.#extendedTo = undefined;
    this.#share(history, asOf);
    this.#extend(history, asOf);
    // Nothing logged before the first of them began can have to do with them.
    this.#distribute(this.#open, runs.slice(firstSince(runs, this.#settledTo ?? 0)), asOf);
  }

  /** Adds the slots that have begun since. */
  #extend(history: InstanceHistory, asOf: Instant): void {
    const from = this.#extendedTo ?? this.#settledTo ?? asOf;
    if (from > asOf) return;
    for (const slot of slotsFrom(history, from, asOf)) {
      if (slot.from > asOf) break;
      this.#extendedTo = slot.to;
      if (!contains(this.#retired, slot.from)) this.#open.push({ slot, runs: [], assessed: undefined });
    }
  }

  #share(history: InstanceHistory, asOf: Instant): void {
    const { runs } = history;
    if (runs.length === this.#runs) return;
    const fresh = runs.slice(this.#runs);
    this.#runs = runs.length;
    this.#distribute([...this.#holes, ...this.#open], fresh, asOf);
  }

  #distribute(watched: readonly Watched[], runs: readonly RunRecord[], asOf: Instant): void {
    const shares = runsBySlot(
      watched.map(({ slot }) => slot),
      runs,
      asOf,
    );
    shares.forEach((own, i) => {
      const one = watched[i];
      if (one === undefined || own.length === 0) return;
      one.runs.push(...own);
      one.assessed = undefined;
    });
  }

  #assess({ slot, runs, assessed }: Watched, asOf: Instant): AssessedSlot {
    const passes = assessed?.state === "open" || assessed?.state === "due";
    return assessed === undefined || passes ? assess(slot, runs, this.#suspended, asOf) : assessed;
  }

  #settle(history: InstanceHistory, asOf: Instant): void {
    const until = Math.min(history.log.asOf, asOf);
    let settled = 0;
    for (const one of this.#open) {
      if (one.slot.due >= until || one.assessed === undefined) break;
      settled += 1;
      this.#settledTo = one.slot.to;
      if (isOpen(one.assessed)) this.#holes.push(one);
    }
    this.#open.splice(0, settled);
    this.#settledAt = asOf;
  }
}

/** True where a change of configuration acts later than it was logged, so that what is current follows from the past. */
function changes({ configs }: InstanceHistory, at: Instant): boolean {
  return (configs.at(-1)?.at ?? 0) > at;
}

/** Position of the first run logged at or after an instant. */
export function firstSince(runs: readonly RunRecord[], at: Instant): number {
  let low = 0;
  let high = runs.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((runs[middle]?.at ?? at) < at) low = middle + 1;
    else high = middle;
  }
  return low;
}
