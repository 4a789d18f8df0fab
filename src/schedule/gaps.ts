import type { Draft } from "../evidence/entry.ts";
import { type Instant, iso } from "../lib/time.ts";
import { type Gap, gapsOf } from "../slots/gap.ts";
import type { History } from "../slots/history.ts";

/**
 * Entries for gaps that the ledger does not know yet, and for the end of those it knows: each gap is opened once and closed
 * once, whoever else notes it at the same time. A hole is there without them as well; they say why.
 */
export function gapNotes(history: History, asOf: Instant): Draft[] {
  return [...history.instances.values()].flatMap((instance) =>
    gapsOf(instance, asOf).flatMap((gap) => {
      const notes: Draft[] = [];
      if (gap.noted === undefined) notes.push(note(gap, "open", causeOf(gap, history)));
      const closed = instance.gaps.some((g) => g.gap === gap.id && (g.action === "close" || g.action === "close-late"));
      if (gap.state === "closed-late" && !closed) notes.push(note(gap, "close-late", gap.cause));
      return notes;
    }),
  );
}

function note(gap: Gap, action: "open" | "close-late", cause: string | undefined): Draft {
  return {
    kind: "gap",
    actor: { type: "system", id: "custody" },
    once: `gap:${gap.id}:${action === "open" ? "open" : "close"}`,
    gap: gap.id,
    instance: gap.instance,
    requirement: gap.requirement,
    action,
    window: { from: iso(gap.from), to: iso(gap.to) },
    slots: gap.slots.length,
    ...(cause === undefined ? {} : { cause }),
  };
}

/**
 * Why, as a closed code: what was noted or the last attempt said; or, where nothing was attempted, whether Custody ran at all from the end of the first
 * missing period to the moment when the last could still have been collected in time.
 */
export function causeOf(gap: Gap, history: History): string {
  if (gap.cause !== undefined) return gap.cause;
  const from = gap.slots[0]?.to ?? gap.from;
  const to = gap.slots.at(-1)?.due ?? gap.to;
  const ran = [...history.instances.values()].some((i) => i.runs.some((run) => run.at >= from && run.at <= to));
  return ran ? "not-attempted" : "custody-not-running";
}
