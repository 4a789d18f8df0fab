import { CustodyError } from "../lib/errors.ts";
import { type Instant, type Interval, iso } from "../lib/time.ts";
import { windowAt, windows } from "./cadence.ts";
import type { ConfigRecord, InstanceHistory } from "./history.ts";
import { contains, suspensionOf } from "./plan.ts";
import { isSuccess } from "./record.ts";

/** One period for which evidence is required, half-open. */
export interface Slot {
  /** `<instance>@<from>`, the start as records spell it. */
  readonly id: string;
  readonly instance: string;
  readonly from: Instant;
  readonly to: Instant;
  /** End of the grace: what is logged up to and including this moment is in time. */
  readonly due: Instant;
}

/** A slot with how its source can be asked. */
export interface RequiredSlot extends Slot {
  readonly mode: "window" | "snapshot" | "inbox";
}

/** One answer holds at most this many slots: a quarter of an hour for 57 years, a minute for almost 4. */
export const MAX_SLOTS = 2_000_000;

interface Segment extends Interval {
  readonly config: ConfigRecord;
}

/** Which configuration rules when: a change acts at the next boundary of the cadence before it. */
function segmentsOf(history: InstanceHistory, asOf: Instant): Segment[] {
  const configs = history.configs.filter((config) => config.at <= asOf);
  const segments: Segment[] = [];
  let from = Number.NEGATIVE_INFINITY;
  let current = 0;
  for (let config = configs[current]; config; config = configs[current]) {
    const change = configs[current + 1];
    if (!change) {
      segments.push({ from, to: Number.POSITIVE_INFINITY, config });
      break;
    }
    const window = windowAt(config.cadence, change.at);
    const to = window.from === change.at ? change.at : window.to;
    if (to > from) segments.push({ from, to, config });
    current = configs.findLastIndex((later) => later.at <= to);
    from = to;
  }
  return segments;
}

/** A cadence that was configured and is not in force yet, and from when on it is. */
export function changeAhead(history: InstanceHistory, asOf: Instant): { cadence: string; from: Instant } | undefined {
  const segments = segmentsOf(history, asOf);
  const last = segments.at(-1);
  if (last === undefined || last.from <= asOf) return undefined;
  const { cadence } = last.config.record;
  return segments.at(-2)?.config.record.cadence === cadence ? undefined : { cadence, from: last.from };
}

/**
 * All slots that the cadences in force up to `asOf` give, from the one that contains `start`, without end, whether they
 * count or not. Whoever iterates stops.
 */
export function* slotsFrom(history: InstanceHistory, start: Instant, asOf: Instant): Generator<RequiredSlot> {
  for (const segment of segmentsOf(history, asOf)) {
    const { record, cadence, grace } = segment.config;
    for (const window of windows(cadence, { from: Math.max(start, segment.from), to: segment.to })) {
      // The first window after a change of cadence begins where the old cadence ended.
      const from = Math.max(window.from, segment.from);
      const id = `${history.id}@${iso(from)}`;
      yield { id, instance: history.id, from, to: window.to, due: window.to + grace, mode: record.mode };
    }
  }
}

/** The slot that contains an instant, whether it counts or not; undefined before the first configuration. */
export function slotAt(history: InstanceHistory, at: Instant, asOf: Instant): RequiredSlot | undefined {
  for (const slot of slotsFrom(history, at, asOf)) return slot;
  return undefined;
}

/**
 * The first slot that counts, known from the first success on. A slot counts when the first success could still be in
 * time for it and saw it from its start (a snapshot source: saw it at all). What lies earlier is `before`.
 */
export function firstSlot(history: InstanceHistory, asOf: Instant): RequiredSlot | undefined {
  if (history.firstSuccess === undefined || history.firstSuccess > asOf) return undefined;
  const run = history.runs.find(isSuccess);
  const moment = run?.instants[0];
  const earliest = run?.covered[0]?.from ?? moment;
  if (run === undefined || earliest === undefined) return undefined;
  const start = Math.max(history.configuredSince, Math.min(earliest, moment ?? earliest));
  for (const slot of slotsFrom(history, start, asOf)) {
    if (slot.due < run.at) continue;
    const seen = slot.mode === "snapshot" && moment !== undefined ? moment < slot.to : earliest <= slot.from;
    if (seen) return slot;
  }
  return undefined;
}

/** Slots that count, meet the period and have begun by `asOf`, in order. Throws INPUT_TOO_LARGE above MAX_SLOTS. */
export function requiredSlots(history: InstanceHistory, period: Interval, asOf: Instant): RequiredSlot[] {
  const first = firstSlot(history, asOf);
  if (!first || !(period.from < period.to)) return [];
  const { retired } = suspensionOf(history, asOf);
  const slots: RequiredSlot[] = [];
  for (const slot of slotsFrom(history, Math.max(first.from, period.from), asOf)) {
    if (slot.from > asOf || slot.from >= period.to) break;
    if (contains(retired, slot.from)) continue;
    if (slots.length === MAX_SLOTS) {
      throw new CustodyError("INPUT_TOO_LARGE", `more than ${MAX_SLOTS} slots of ${history.id} in one period`, {
        remedy: "ask for a shorter period, or require the evidence less often",
      });
    }
    slots.push(slot);
  }
  return slots;
}
