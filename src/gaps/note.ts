import type { Draft } from "../evidence/entry.ts";
import { type Instant, iso } from "../lib/time.ts";
import { ends, type Gap } from "../slots/gap.ts";
import type { GapRecord, History } from "../slots/history.ts";
import { waitedAfter } from "../slots/waiting.ts";
import type { Conditions } from "./conditions.ts";
import { type AnyGap, gapsIn } from "./gap.ts";
import type { LevelRule } from "./level.ts";

type Note = Extract<Draft, { kind: "gap" }>;

/**
 * Entries for gaps that the ledger does not know yet, for the end of those it knows, and for those whose acceptance ran
 * out or that grew after their end: each gap is opened once, closed once, and opened again once after each acceptance and
 * each end, whoever else notes it at the same time. A hole is there without them as well; they say why.
 * `channels` are those that notices go over now.
 */
export function gapNotes(
  history: History,
  conditions: Conditions,
  asOf: Instant,
  rules: readonly LevelRule[] = [],
  channels?: readonly string[],
): Note[] {
  return gapsIn(history, conditions, asOf, rules).flatMap((gap) => {
    const notes: Note[] = [];
    const before = endedBy(gap);
    if (gap.noted === undefined) notes.push(note(gap, "open", "open", causeOf(gap, history)));
    else if (before !== undefined)
      notes.push(note(gap, "open", `open:${before.index}`, causeOf(missingOf(gap), history)));
    const closed = closeRecord(gap) !== undefined;
    if (isGone(gap, channels)) notes.push(note(gap, "close", "close", gap.cause));
    if (gap.closedAt !== undefined && gap.settled && !closed) {
      const times = gap.records.filter(ends).length;
      const once = times === 0 ? "close" : `close:${times + 1}`;
      notes.push(note(gap, gap.state === "closed-late" ? "close-late" : "close", once, gap.cause));
    }
    return notes;
  });
}

/** Nothing is brought any more over a channel that was taken out of the configuration, so it cannot become well either. */
function isGone({ requirement, instance, state, noted }: AnyGap, channels: readonly string[] | undefined): boolean {
  if (channels === undefined || requirement !== "delivery" || noted === undefined) return false;
  return state !== "closed" && !channels.some((id) => instance === `channel:${id}`);
}

/** The newest record that opened it, or opened it again. */
export const openRecord = ({ records }: Pick<AnyGap, "records">): GapRecord | undefined =>
  records.findLast(({ action }) => action === "open");

/** The record of its end, unless it was opened again since. */
export function closeRecord({ records }: Pick<AnyGap, "records">): GapRecord | undefined {
  const last = records.findLast((record) => record.action === "open" || ends(record));
  return last !== undefined && ends(last) ? last : undefined;
}

/** Of an open gap, what ended it before and nobody was told of since: the newest acceptance, which has passed, or an end. */
function endedBy(gap: AnyGap): Pick<GapRecord, "index"> | undefined {
  if (gap.state !== "open") return undefined;
  const { accepted } = gap;
  const opened = openRecord(gap)?.index ?? -1;
  return accepted !== undefined && accepted.index > opened ? accepted : closeRecord(gap);
}

/** What of a gap is still missing, with its own reason: the rest came meanwhile. */
function missingOf(gap: AnyGap): Pick<AnyGap, "instance" | "cause" | "slots" | "from" | "to"> {
  const slots = gap.slots.filter(({ state }) => state !== "late");
  if (closeRecord(gap) === undefined || slots.length === 0) return gap;
  const cause = slots.findLast(({ reason }) => reason !== undefined)?.reason;
  return { instance: gap.instance, from: gap.from, to: gap.to, slots, ...(cause === undefined ? {} : { cause }) };
}

function note(gap: AnyGap, action: Note["action"], once: string, cause: string | undefined): Note {
  // Of a collector that never delivered the record says since when that is overdue; of the rest, what is known of them.
  const to = gap.requirement === "first" && action === "open" ? gap.opened : gap.to;
  return {
    kind: "gap",
    actor: { type: "system", id: "custody" },
    once: `gap:${gap.id}:${once}`,
    gap: gap.id,
    instance: gap.instance,
    requirement: gap.requirement,
    action,
    window: { from: iso(gap.from), to: iso(to) },
    slots: Math.max(1, gap.slots.length),
    ...(cause === undefined ? {} : { cause }),
    ...(action === "open" && gap.level === "urgent" ? { level: gap.level } : {}),
  };
}

/**
 * Why, as a closed code: what was noted or the last attempt said; or, where nothing was attempted, that it waited after attempts that had
 * failed, or else whether Custody ran at all from the end of the first missing period to the moment when the last could still have
 * been collected in time.
 */
export function causeOf(gap: Pick<Gap, "instance" | "cause" | "slots" | "from" | "to">, history: History): string {
  if (gap.cause !== undefined) return gap.cause;
  const known = history.instances.get(gap.instance);
  if (known && gap.slots.length > 0 && gap.slots.every((slot) => waitedAfter(known, slot) !== undefined))
    return "waiting-after-failures";
  const from = gap.slots[0]?.to ?? gap.from;
  const to = gap.slots.at(-1)?.due ?? gap.to;
  const ran = [...history.instances.values()].some((i) => i.runs.some((run) => run.at >= from && run.at <= to));
  return ran ? "not-attempted" : "custody-not-running";
}
