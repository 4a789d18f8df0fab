import type { Actor } from "../evidence/entry.ts";
import { canonicalBytes } from "../lib/canonical.ts";
import { digestOf } from "../lib/digest.ts";
import type { Instant, Interval } from "../lib/time.ts";
import type { GapRecord, InstanceHistory } from "./history.ts";
import type { AssessedSlot } from "./state.ts";
import { unsettledSlots } from "./unsettled.ts";

/** Somebody's act about a gap, with the entry that records it. */
export interface GapAct {
  readonly index: number;
  readonly at: Instant;
  readonly actor: Actor;
  /** What the gap was when they acted. */
  readonly window: Interval;
  readonly slots: number;
}

/** One contiguous hole: neighbouring slots without full coverage when their grace ended. What follows an accepted one is another. */
export interface Gap {
  /** Follows from instance, requirement and first slot, so it is the same whoever computes it and however it grows. */
  readonly id: string;
  readonly instance: string;
  /** What was required; `cadence` is the only requirement so far. */
  readonly requirement: "cadence";
  readonly from: Instant;
  readonly to: Instant;
  readonly slots: readonly AssessedSlot[];
  /** `closed-late`: all of it was covered afterwards. `accepted`: until `acceptedUntil`. */
  readonly state: "open" | "accepted" | "closed-late";
  /** When the grace of its first slot ended. */
  readonly opened: Instant;
  /** Set when closed late: when the run was logged that covered the last of it. */
  readonly closedAt?: Instant;
  /** As noted in the ledger, else as the last attempt said: a closed code. */
  readonly cause?: string;
  /** The entry that announced it, if one did. The hole is there either way. */
  readonly noted?: GapAct;
  readonly acknowledged?: GapAct;
  readonly accepted?: GapAct;
  /** Of the newest acceptance, also when it has passed. */
  readonly acceptedUntil?: Instant;
}

const HOLES: ReadonlySet<string> = new Set(["partial", "failed", "unavailable", "missed", "late"]);

/** The ID of the gap that begins with this slot. */
export function gapId(instance: string, requirement: string, firstSlot: string): string {
  return `gap-${digestOf(canonicalBytes([instance, requirement, firstSlot])).slice(0, 12)}`;
}

interface Hole {
  readonly id: string;
  readonly slots: AssessedSlot[];
  /** What was noted and decided about it. */
  readonly own: readonly GapRecord[];
  /** What begins then or later is no part of it. */
  readonly reach: Instant;
}

/** All gaps of an instance known at `asOf`, in order, also the closed ones. */
export function gapsOf(history: InstanceHistory, asOf: Instant): Gap[] {
  const holes: Hole[] = [];
  let last: AssessedSlot | undefined;
  for (const slot of unsettledSlots(history, asOf)) {
    if (!HOLES.has(slot.state)) continue;
    const hole = holes.at(-1);
    // A slot whose grace ended before its predecessor's starts a gap of its own: the ID of a gap, once known, stays.
    if (hole && last?.to === slot.from && last.due <= slot.due && slot.from < hole.reach) hole.slots.push(slot);
    else holes.push(holeFrom(slot, history, asOf));
    last = slot;
  }
  return holes.flatMap((hole) => describe(hole, asOf));
}

/** A gap that was accepted ends with what was known of it then: nobody has accepted what came after. */
function holeFrom(first: AssessedSlot, history: InstanceHistory, asOf: Instant): Hole {
  const id = gapId(first.instance, "cadence", first.id);
  const records = history.gapsById.get(id) ?? [];
  const own = records.filter((record) => record.at <= asOf && record.requirement === "cadence");
  const accepted = own.filter(accepts).map(({ window }) => window.to);
  return { id, slots: [first], own, reach: accepted.length === 0 ? Number.POSITIVE_INFINITY : Math.max(...accepted) };
}

/** An acceptance without an end is none: somebody must come back to it. */
const accepts = ({ action, until }: GapRecord): boolean => action === "accept" && until !== undefined;

function describe({ id, slots, own }: Hole, asOf: Instant): Gap[] {
  const [first] = slots;
  const last = slots.at(-1);
  if (!first || !last) return [];
  const noted = own.find((record) => record.action === "open");
  const accepted = own.findLast(accepts);
  const cause = own.findLast((record) => record.cause !== undefined)?.cause ?? slots.findLast((s) => s.reason)?.reason;
  const closed = slots.every((slot) => slot.state === "late");
  const until = accepted?.until;
  const acknowledged = acknowledgedIn(own, closed, until, asOf);
  const gap: Gap = {
    id,
    instance: first.instance,
    requirement: "cadence",
    from: first.from,
    to: last.to,
    slots,
    state: closed ? "closed-late" : until !== undefined && asOf < until ? "accepted" : "open",
    opened: first.due,
    ...(closed ? { closedAt: Math.max(...slots.map((slot) => slot.fullAt ?? 0)) } : {}),
    ...(cause === undefined ? {} : { cause }),
    ...(noted ? { noted: act(noted) } : {}),
    ...(acknowledged ? { acknowledged: act(acknowledged) } : {}),
    ...(accepted ? { accepted: act(accepted) } : {}),
    ...(until === undefined ? {} : { acceptedUntil: until }),
  };
  return [gap];
}

/** The first one. What was seen before an acceptance ran out, or before it was open again, must be seen again. */
export function acknowledgedIn(
  records: readonly GapRecord[],
  closed: boolean,
  acceptedUntil: Instant | undefined,
  asOf: Instant,
): GapRecord | undefined {
  const since = acceptedUntil !== undefined && acceptedUntil <= asOf ? acceptedUntil : Number.NEGATIVE_INFINITY;
  const ended = closed ? undefined : records.findLast(ends);
  const again = ended && records.find(({ action, index }) => action === "open" && index > ended.index);
  const after = ended === undefined ? -1 : (again?.index ?? Number.POSITIVE_INFINITY);
  return records.find(({ action, at, index }) => action === "acknowledge" && at >= since && index > after);
}

/** True for the record of a gap's end. One that grows afterwards, by a hole next to it, is open again. */
export const ends = ({ action }: Pick<GapRecord, "action">): boolean => action === "close" || action === "close-late";

/** What a record says of who acted on what. */
export const act = ({ index, at, actor, window, slots }: GapRecord): GapAct => ({ index, at, actor, window, slots });
