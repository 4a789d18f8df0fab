import { RESULT_OF, type Subject } from "../assess/judgement.ts";
import type { Population } from "../assess/population.ts";
import { actsOfKind, type RecordedAct } from "../evidence/act.ts";
import type { FactKind } from "../evidence/fact.ts";
import { OWN_REGISTER } from "../incidents/register.ts";
import { type Instant, type Interval, iso } from "../lib/time.ts";
import { type Action, actionsOf, inOrder, isSelfVerified } from "../reviews/action.ts";
import { activitiesOf } from "../reviews/activity.ts";
import type { Trends } from "../reviews/trends.ts";
import { clean, cleanOrNull } from "./clean.ts";
import { isoOrNull } from "./coverage.ts";
import { deedRow, type Names, nameOf } from "./doer.ts";
import { followUpRows, type Tracked, trackedOf } from "./learning-followups.ts";
import { heldRows } from "./learning-held.ts";
import { reviewDetails } from "./learning-reviews.ts";
import type { ActionCounts, ActionDetail, ActionWord, LearningPart, ReviewDeadlineRow } from "./learning-shape.ts";
import { trendsPart } from "./learning-trends.ts";
import { sortedBy } from "./order.ts";

/** What was learned from incidents: rows of reviews, actions, exercises and trends, out of records and facts. Pure. */

export interface LearningInput {
  readonly acts: readonly RecordedAct[];
  readonly names: Names;
  /** Every incident that the check of review deadlines looked at, with its verdict; empty where it did not run. */
  readonly deadlines: readonly Subject[];
  /** Over a longer time than the period, so that something can be compared. */
  readonly trends?: { readonly window: Interval; readonly found: Trends } | undefined;
}

export const NO_LEARNING: LearningInput = { acts: [], names: new Map(), deadlines: [] };

type Populations = ReadonlyMap<FactKind, Population>;

export function learningPart(
  input: LearningInput | undefined,
  populations: Populations,
  period: Interval,
  asOf: Instant,
  zone: string,
): LearningPart {
  const { acts, names, deadlines, trends } = input ?? NO_LEARNING;
  const actions = actionsOf(actsOfKind(acts, "action"), asOf);
  const activities = activitiesOf(actsOfKind(acts, "activity"));
  const known = new Set(
    (populations.get("action")?.records ?? []).flatMap(({ fact, instance }) =>
      instance === OWN_REGISTER ? [fact.id] : [],
    ),
  );
  const own = inOrder([...actions.all.values()].filter((one) => known.has(one.id) || isOf(one, period)));
  const details = own.map((one) => actionDetail(one, names));
  const reviews = reviewDetails(populations, activities, names, period);
  const sourced = (populations.get("action")?.records ?? []).flatMap(({ fact }) =>
    fact.kind === "action" ? [trackedOf(fact)] : [],
  );
  const tracked = [...[...actions.all.values()].map(ownTracked), ...sourced];
  const { held, heldBefore } = heldRows(activities, actions, names, period);
  return {
    deadlines: deadlineRows(deadlines),
    reviews,
    followUps: followUpRows(reviews, tracked),
    actions: details,
    actionCounts: countsOf(details),
    held,
    heldBefore,
    trends: trends === undefined ? null : trendsPart(trends.found, trends.window, zone),
    troubles: sortedBy(
      [...actions.troubles, ...activities.troubles].map(({ entry, about, why }) => ({
        entry,
        about: clean(about, 80),
        why: clean(why),
      })),
      (one) => one.entry,
      (one) => one.why,
    ),
  };
}

const ownTracked = ({ id, title, incident, activity }: Action): Tracked => ({
  id,
  title,
  incident: incident ?? null,
  activity: activity ?? null,
});

/** To be done, or waiting for somebody to look whether it helped, at any time in the period. */
function isOf({ opened, verified, cancelled }: Action, { from, to }: Interval): boolean {
  const ended = verified?.at ?? cancelled?.at;
  return opened.at < to && (ended === undefined || ended >= from);
}

function wordOf({ state, overdue, verified }: Action): ActionWord {
  if (state === "open") return overdue ? "overdue" : "open";
  if (state === "verified") return verified?.result === "effective" ? "effective" : "checked";
  return state;
}

function actionDetail(action: Action, names: Names): ActionDetail {
  const { done, verified, cancelled } = action;
  return {
    id: clean(action.id, 120),
    title: clean(action.title),
    type: cleanOrNull(action.type),
    incident: cleanOrNull(action.incident),
    finding: cleanOrNull(action.finding),
    activity: cleanOrNull(action.activity),
    owner: action.owner === undefined ? null : nameOf(action.owner, names),
    state: wordOf(action),
    opened: deedRow(action.opened, names),
    due: isoOrNull(action.due),
    dues: action.dues.map(({ due, set, reason, entry, missed }) => ({
      due: iso(due),
      set: iso(set),
      reason: cleanOrNull(reason),
      entry,
      missed,
    })),
    done:
      done === undefined
        ? null
        : {
            ...deedRow(done, names),
            evidence: done.evidence.map(({ digest }) => digest),
            text: cleanOrNull(done.text),
          },
    verified:
      verified === undefined
        ? null
        : {
            ...deedRow(verified, names),
            result: verified.result,
            text: cleanOrNull(verified.text),
            sameAsDone: isSelfVerified(action),
          },
    cancelled: cancelled === undefined ? null : { ...deedRow(cancelled, names), reason: cleanOrNull(cancelled.reason) },
    reopened: action.reopened,
    tracker: cleanOrNull(action.tracker),
    entries: action.records
      .flatMap(({ act, replaced }) => [act, ...replaced].map(({ index }) => index))
      .sort((a, b) => a - b),
  };
}

function countsOf(actions: readonly ActionDetail[]): ActionCounts {
  const count = (is: (one: ActionDetail) => boolean) => actions.filter(is).length;
  return {
    total: actions.length,
    open: count(({ state }) => state === "open" || state === "overdue"),
    overdue: count(({ state }) => state === "overdue"),
    done: count(({ state }) => state === "done"),
    effective: count(({ state }) => state === "effective"),
    checked: count(({ state }) => state === "checked"),
    cancelled: count(({ state }) => state === "cancelled"),
    replanned: count(({ dues }) => dues.length > 1),
    late: count(({ dues }) => dues.some(({ missed }) => missed === "yes")),
    unowned: count(({ owner }) => owner === null),
    undated: count(({ due }) => due === null),
  };
}

/** Incidents of which the rules ask no review are left out: there is nothing that had to be there. */
function deadlineRows(subjects: readonly Subject[]): ReviewDeadlineRow[] {
  const rows = subjects.flatMap(({ id, observed, verdict }): ReviewDeadlineRow[] => {
    if (verdict.word === "skip") return [];
    const { policy } = verdict;
    return [
      {
        incident: clean(id, 120),
        instance: observed.instance,
        level: cleanOrNull(verdict.level),
        target: cleanOrNull(verdict.target),
        due: isoOrNull(verdict.due),
        took: verdict.took ?? null,
        ended: verdict.ended ?? false,
        result: RESULT_OF[verdict.word],
        what: cleanOrNull(verdict.what, 1_500),
        rules: policy === undefined ? null : clean(`${policy.name} ${policy.version}`, 120),
        entry: observed.entry,
      },
    ];
  });
  return sortedBy(
    rows,
    (row) => row.due ?? "9",
    (row) => row.incident,
    (row) => row.instance,
  );
}
