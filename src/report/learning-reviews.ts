import type { Population } from "../assess/population.ts";
import { wordOf } from "../evidence/act.ts";
import type { FactKind, FactOf } from "../evidence/fact.ts";
import { OWN_REGISTER } from "../incidents/register.ts";
import { type Interval, iso } from "../lib/time.ts";
import type { Activities, Activity } from "../reviews/activity.ts";
import { writtenAt } from "../reviews/facts.ts";
import { clean, cleanOrNull } from "./clean.ts";
import { isoOrNull } from "./coverage.ts";
import { deedRow, type Names, nameOf } from "./doer.ts";
import type { ReviewDetail } from "./learning-shape.ts";
import { sortedBy } from "./order.ts";

type Said = Pick<
  ReviewDetail,
  "id" | "title" | "incident" | "severity" | "author" | "written" | "sections" | "empty" | "named" | "entry"
>;

/** Reviews of the period and of its incidents: those that sources have, and those of this log with their approvals. */
export function reviewDetails(
  populations: ReadonlyMap<FactKind, Population>,
  { all }: Activities,
  names: Names,
  period: Interval,
): ReviewDetail[] {
  const records = (populations.get("review")?.records ?? []).flatMap(({ fact, instance, entry, item }) =>
    fact.kind === "review" ? [{ fact, instance, entry, item }] : [],
  );
  const sourced = records
    .filter(({ instance }) => instance !== OWN_REGISTER)
    .map(({ fact, instance, entry, item }) => ({
      ...saidBy(fact, entry),
      source: instance,
      missing: null,
      approval: null,
      approvedAsSaid: cleanOrNull(fact.approvedBy),
      voidApprovals: [],
      versions: 1,
      withdrawn: null,
      published: null,
      controlChange: fact.controlChange === null ? null : { decision: fact.controlChange, reason: null },
      digest: item === "" ? null : item,
    }));
  const ofPeriod = new Set(records.flatMap(({ fact, instance }) => (instance === OWN_REGISTER ? [fact.id] : [])));
  const own = [...all.values()]
    .filter((one) => one.type === "incident-review" && (isNamed(one.id, ofPeriod) || wasWithdrawnIn(one, period)))
    .map((one) => ownReview(one, names));
  return sortedBy(
    [...sourced, ...own],
    (row) => row.written ?? "",
    (row) => row.id,
    (row) => row.entry,
  );
}

/** A review of several incidents is told once for each: `REV-2026-001`, `REV-2026-001+INC-2026-002`. */
const isNamed = (id: string, told: ReadonlySet<string>) =>
  told.has(id) || [...told].some((one) => one.startsWith(`${id}+`));

const wasWithdrawnIn = ({ withdrawn }: Activity, { from, to }: Interval) =>
  withdrawn !== undefined && withdrawn.at >= from && withdrawn.at < to;

function saidBy(fact: FactOf<"review">, entry: number): Said {
  return {
    id: clean(fact.id, 120),
    title: clean(fact.title),
    incident: cleanOrNull(fact.incident),
    severity: cleanOrNull(fact.severity),
    author: cleanOrNull(fact.author),
    written: isoOrNull(fact.date),
    sections: fact.sections.map((one) => clean(one, 80)),
    empty: fact.empty.map((one) => clean(one, 80)),
    named: fact.actions.map(({ item, owner, due }) => ({
      item: clean(item),
      owner: cleanOrNull(owner),
      due: cleanOrNull(due),
    })),
    entry,
  };
}

function ownReview(activity: Activity, names: Names): ReviewDetail {
  const { newest, approval, withdrawn, published, controlChange } = activity;
  const { words, values } = newest;
  const texts = (name: string): readonly string[] => {
    const value = Object.hasOwn(words, name) ? words[name] : undefined;
    return Array.isArray(value) ? (value as readonly string[]) : [];
  };
  const [items, owners, dues] = [texts("actionItems"), texts("actionOwners"), texts("actionDues")];
  const author = typeof values.author === "string" ? nameOf(values.author, names) : null;
  return {
    id: clean(activity.id, 120),
    title: clean(activity.title),
    source: null,
    incident: cleanOrNull(activity.incidents.join(", ")) ?? cleanOrNull(wordOf({ words }, "incident")),
    severity: typeof values.severity === "string" ? clean(values.severity, 80) : null,
    author: author ?? cleanOrNull(wordOf({ words }, "author")),
    written: iso(writtenAt(activity).at),
    sections: texts("sections").map((one) => clean(one, 80)),
    empty: texts("empty").map((one) => clean(one, 80)),
    missing: newest.missing,
    approval: approval === undefined ? null : { ...deedRow(approval, names), byAuthor: approval.byAuthor },
    approvedAsSaid: null,
    voidApprovals: activity.void.map((one) => ({ ...deedRow(one, names), why: clean(one.why) })),
    versions: activity.versions.length,
    withdrawn: withdrawn === undefined ? null : { ...deedRow(withdrawn, names), reason: cleanOrNull(withdrawn.reason) },
    published: published === undefined ? null : { ...deedRow(published, names), url: cleanOrNull(published.url) },
    controlChange:
      controlChange === undefined
        ? null
        : { decision: controlChange.decision, reason: cleanOrNull(controlChange.reason) },
    named: items.map((item, i) => ({
      item: clean(item),
      owner: cleanOrNull(owners[i]),
      due: cleanOrNull(dues[i]),
    })),
    digest: newest.document?.digest ?? null,
    entry: newest.entry,
  };
}
