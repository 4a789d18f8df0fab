import { actsOfKind, type RecordedAct, standing } from "../evidence/act.ts";
import { fromIso, type Instant } from "../lib/time.ts";

/** A look whether something helped proves little where what would show it lies after the look: it is told, and not judged. */

export interface AfterLook {
  /** The action, or what was held: `EXE-2026-001`. */
  readonly id: string;
  readonly happened: Instant;
  readonly entry: number;
}

/** Actions and what was held that belong to a finding, each with when it was done, by the times that people gave. */
export function proofsOf(acts: readonly RecordedAct[]): (finding: string) => readonly AfterLook[] {
  const joined = new Map<string, Set<string>>();
  const join = (finding: string, thing: string) => joined.set(finding, (joined.get(finding) ?? new Set()).add(thing));
  for (const { entry } of actsOfKind(acts, "action"))
    if (entry.act === "open" && entry.finding !== undefined) join(entry.finding, `action ${entry.action}`);
  for (const { entry } of actsOfKind(acts, "link")) {
    const ends = [entry.from, entry.to].flatMap((end) => ("type" in end ? [end] : []));
    const things = ends.filter(({ type }) => type === "action" || type === "activity");
    for (const { id } of ends.filter(({ type }) => type === "finding"))
      for (const thing of things)
        if (entry.act === "add") join(id, `${thing.type} ${thing.id}`);
        else joined.get(id)?.delete(`${thing.type} ${thing.id}`);
  }
  const done = new Map<string, AfterLook>();
  const note = (name: string, id: string, { index, entry }: { index: number; entry: { happened: string } }) =>
    done.set(`${name} ${id}`, { id, happened: fromIso(entry.happened), entry: index });
  for (const { act } of standing(actsOfKind(acts, "action"), (entry) => `${entry.action} ${entry.act}`))
    if (act.entry.act === "done") note("action", act.entry.action, act);
  for (const { act } of standing(actsOfKind(acts, "activity"), (entry) => `${entry.activity} ${entry.act}`))
    if (act.entry.act === "record") note("activity", act.entry.activity, act);
  return (finding) =>
    [...(joined.get(finding) ?? [])]
      .flatMap((thing) => done.get(thing) ?? [])
      .sort((a, b) => a.happened - b.happened || a.entry - b.entry);
}
