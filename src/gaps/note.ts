import type { Draft } from "../evidence/entry.ts";
import { type Instant, iso } from "../lib/time.ts";
import type { Gap } from "../slots/gap.ts";
import type { History } from "../slots/history.ts";
import type { Conditions } from "./conditions.ts";
import { type AnyGap, gapsIn } from "./gap.ts";
import type { LevelRule } from "./level.ts";

type Note = Extract<Draft, { kind: "gap" }>;

/**
 * Entries for gaps that the ledger does not know yet, for the end of those it knows, and for those whose acceptance ran
 * out: each gap is opened once, closed once, and opened again once after each acceptance, whoever else notes it at the
 * same time. A hole is there without them as well; they say why.
 */
export function gapNotes(
  history: History,
  conditions: Conditions,
  asOf: Instant,
  rules: readonly LevelRule[] = [],
): Note[] {
  return gapsIn(history, conditions, asOf, rules).flatMap((gap) => {
    const notes: Note[] = [];
    if (gap.noted === undefined) notes.push(note(gap, "open", "open", causeOf(gap, history)));
    else if (ranOut(gap)) notes.push(note(gap, "open", `open:${gap.accepted?.index}`, causeOf(gap, history)));
    const closed = gap.records.some(({ action }) => action === "close" || action === "close-late");
    if (gap.closedAt !== undefined && gap.settled && !closed) {
      notes.push(note(gap, gap.state === "closed-late" ? "close-late" : "close", "close", gap.cause));
    }
    return notes;
  });
}

/** True for an open gap whose newest acceptance has passed and that nobody was told of since. */
function ranOut({ state, accepted, records }: AnyGap): boolean {
  if (state !== "open" || accepted === undefined) return false;
  return !records.some(({ action, index }) => action === "open" && index > accepted.index);
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
 * Why, as a closed code: what was noted or the last attempt said; or, where nothing was attempted, whether Custody ran at all from the end of the first
 * missing period to the moment when the last could still have been collected in time.
 */
export function causeOf(gap: Pick<Gap, "cause" | "slots" | "from" | "to">, history: History): string {
  if (gap.cause !== undefined) return gap.cause;
  const from = gap.slots[0]?.to ?? gap.from;
  const to = gap.slots.at(-1)?.due ?? gap.to;
  const ran = [...history.instances.values()].some((i) => i.runs.some((run) => run.at >= from && run.at <= to));
  return ran ? "not-attempted" : "custody-not-running";
}
