import type { Interval } from "../lib/time.ts";
import type { Actions } from "../reviews/action.ts";
import type { Activities, Activity } from "../reviews/activity.ts";
import { clean } from "./clean.ts";
import { deedRow, type Names, nameOf } from "./doer.ts";
import type { HeldRow, LearningPart } from "./learning-shape.ts";
import { byText, sortedBy } from "./order.ts";

/** Exercises, trainings and reviews of other things than incidents: those of the period, and of each type the one before. */
export function heldRows(
  { all }: Activities,
  actions: Actions,
  names: Names,
  { from, to }: Interval,
): Pick<LearningPart, "held" | "heldBefore"> {
  const own = [...all.values()].filter(({ type }) => type !== "incident-review");
  const inside = own.filter(({ newest: { at } }) => at >= from && at < to);
  const before = new Map<string, Activity>();
  for (const one of own) {
    const { at } = one.newest;
    const known = before.get(one.type);
    if (one.withdrawn === undefined && at < from && (known === undefined || known.newest.at < at))
      before.set(one.type, one);
  }
  const row = (one: Activity) => heldRow(one, actions, names);
  const ordered = (rows: readonly HeldRow[]) =>
    sortedBy(
      rows,
      ({ held }) => held.at,
      ({ id }) => id,
    );
  return { held: ordered(inside.map(row)), heldBefore: ordered([...before.values()].map(row)) };
}

function heldRow(activity: Activity, actions: Actions, names: Names): HeldRow {
  const { newest, approval, withdrawn } = activity;
  const files = [...(newest.document ? [newest.document] : []), ...newest.evidence];
  return {
    id: clean(activity.id, 120),
    type: activity.type,
    title: clean(activity.title),
    held: deedRow(newest, names),
    participants: activity.participants.map((id) => nameOf(id, names)),
    incidents: activity.incidents.map((id) => clean(id, 120)),
    values: Object.entries(newest.values)
      .filter(([name]) => name !== "missing" && name !== "author")
      .map(([name, value]) => ({ name: clean(name, 40), value: clean(String(value), 200) }))
      .sort((a, b) => byText(a.name, b.name)),
    evidence: [...new Set(files.map(({ digest }) => digest))],
    approval: approval === undefined ? null : deedRow(approval, names),
    withdrawn: withdrawn === undefined ? null : deedRow(withdrawn, names),
    actions: [...actions.all.values()]
      .filter((one) => one.activity === activity.id)
      .map(({ id }) => clean(id, 120))
      .sort(byText),
  };
}
