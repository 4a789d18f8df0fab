import type { RecordedAct } from "../evidence/act.ts";
import { actsOfKind, wordOf } from "../evidence/act.ts";
import { type Fact, type FactOf, type Observed, wholeFact } from "../evidence/fact.ts";
import { GONE_TEXT } from "../evidence/gone-words.ts";
import { type Action, actionsOf } from "./action.ts";
import { type Activity, activitiesOf, type Version } from "./activity.ts";
import { type Deed, precisions } from "./stamp.ts";

/** Names behind random IDs, as far as they are known. */
type Names = ReadonlyMap<string, string>;

/**
 * Actions, reviews and activities as checks and reports read them, under the name of the register they belong to. `due` of an
 * action is the first date that was set; every later one stands under `replanned`. A review of several incidents is told once
 * for each.
 */
export function reviewFacts(acts: readonly RecordedAct[], instance: string, names: Names = new Map()): Observed[] {
  const asOf = acts.at(-1)?.at ?? 0;
  const { all: actions } = actionsOf(actsOfKind(acts, "action"), asOf);
  const { all: activities } = activitiesOf(actsOfKind(acts, "activity"));
  const found: Omit<Observed, "ordinal">[] = [];
  for (const action of actions.values()) {
    const last = action.records.reduce((most, { act }) => Math.max(most, act.index), 0);
    const at = action.records.reduce((most, { act }) => Math.max(most, act.at), 0);
    found.push({ fact: actionFact(action, names), instance, entry: last, item: "", at });
  }
  for (const activity of activities.values()) {
    const deeds = [activity.newest, activity.approval, activity.published, activity.withdrawn].filter(
      (one) => one !== undefined,
    );
    const entry = Math.max(...deeds.map((one) => one.entry));
    const at = Math.max(...deeds.map(({ logged }) => logged));
    const facts = activity.type === "incident-review" ? reviewsOf(activity, names) : [activityFact(activity, names)];
    if (activity.withdrawn === undefined)
      for (const fact of facts) found.push({ fact, ...ifKept(fact), instance, entry, item: "", at });
  }
  return found.map((one, ordinal) => ({ ...one, ordinal }));
}

const nameOf = (id: string | undefined, names: Names) => (id === undefined ? null : (names.get(id) ?? id));

function actionFact(action: Action, names: Names): FactOf<"action"> {
  const { opened, done, verified, cancelled, dues } = action;
  return wholeFact<"action">({
    kind: "action",
    id: action.id,
    title: action.title,
    type: action.type ?? null,
    incident: action.incident ?? null,
    finding: action.finding ?? null,
    activity: action.activity ?? null,
    owner: nameOf(action.owner, names),
    due: dues[0]?.due ?? null,
    createdAt: opened.at,
    doneAt: done?.at ?? null,
    verifiedAt: verified?.at ?? null,
    // A decision takes effect when it is known to have been made.
    cancelledAt: cancelled?.logged ?? null,
    precision: precisions({ createdAt: opened, doneAt: done, verifiedAt: verified }),
    result: verified?.result ?? null,
    evidence: done?.evidence.length ?? 0,
    replanned: dues.slice(1).map(({ set, due, reason }) => ({ at: set, due, reason: reason ?? null })),
    tracker: action.tracker ?? null,
  });
}

const textsOf = ({ words }: Version, name: string): readonly string[] => {
  const value = Object.hasOwn(words, name) ? words[name] : undefined;
  return Array.isArray(value) ? (value as readonly string[]) : [];
};

/**
 * When a review was there: with its first version in which nothing was missing, else with its first. That a later version
 * was recorded makes it neither earlier nor later; one that was corrected was another document.
 */
export function writtenAt({ versions, newest }: Pick<Activity, "versions" | "newest">): Deed {
  const own = versions.filter(({ corrected }) => corrected === undefined);
  return own.find(({ missing }) => missing === 0) ?? own[0] ?? newest;
}

function reviewsOf(activity: Activity, names: Names): FactOf<"review">[] {
  const { newest, approval, published, incidents } = activity;
  const written = writtenAt(activity);
  const { values } = newest;
  const [items, owners, dues] = ["actionItems", "actionOwners", "actionDues"].map((name) => textsOf(newest, name));
  const author = typeof values.author === "string" ? nameOf(values.author, names) : null;
  const ids: (string | null)[] = incidents.length === 0 ? [null] : [...incidents];
  return ids.map((incident, i) =>
    wholeFact<"review">({
      kind: "review",
      id: i === 0 ? activity.id : `${activity.id}+${incident}`,
      title: activity.title,
      incident: i === 0 ? (wordOf(newest, "incident") ?? incident) : incident,
      severity: typeof values.severity === "string" ? values.severity : null,
      author: author ?? wordOf(newest, "author") ?? null,
      date: written.at,
      approvedBy: nameOf(approval?.by.id, names),
      approvedAt: approval?.at ?? null,
      attested: approval === undefined ? null : [...approval.attested],
      publishedAt: published?.at ?? null,
      precision: precisions({ date: written, approvedAt: approval, publishedAt: published }),
      sections: [...textsOf(newest, "sections")],
      empty: [...textsOf(newest, "empty")],
      controlChange: activity.controlChange?.decision ?? null,
      actions: (items ?? []).map((item, at) => ({ item, owner: owners?.[at] || null, due: dues?.[at] || null })),
      ...(newest.gone === undefined ? {} : { goneWords: newest.gone }),
    }),
  );
}

/** The same review with an author, where the words that would name one are gone. */
function ifKept(fact: Fact): Pick<Observed, "ifKept"> {
  if (fact.kind !== "review" || fact.goneWords === undefined) return {};
  return { ifKept: { fact: { ...fact, author: fact.author ?? GONE_TEXT }, gone: [fact.goneWords] } };
}

function activityFact(activity: Activity, names: Names): FactOf<"activity"> {
  const { newest, approval } = activity;
  const { missing: _, author: __, ...values } = newest.values;
  return wholeFact<"activity">({
    kind: "activity",
    id: activity.id,
    type: activity.type,
    title: activity.title,
    at: newest.at,
    precision: precisions({ at: newest, approvedAt: approval }),
    participants: activity.participants.map((id) => names.get(id) ?? id),
    incidents: [...activity.incidents],
    documented: newest.document !== undefined || newest.evidence.length > 0,
    approvedBy: nameOf(approval?.by.id, names),
    approvedAt: approval?.at ?? null,
    values,
  });
}
