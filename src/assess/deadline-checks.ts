import { judgeTerm } from "../calendar/verdict.ts";
import type { FactOf } from "../evidence/fact.ts";
import { limitForPeople } from "../lib/zone.ts";
import type { Policy } from "../policy/policy.ts";
import { judgeByRules, type RuleWording } from "./by-rules.ts";
import { type Incident, rulesAt, severitiesOf } from "./case.ts";
import type { CheckOf } from "./catalogue.ts";
import { calendarOf, tell, timeForPeople, verdictWord, writtenTerm } from "./clock.ts";
import { type Circumstances, type Judgement, recordsOf, type Subject, type Verdict } from "./judgement.ts";
import { NOUNS } from "./vocabulary.ts";

/** Checks of deadlines beside those of incidents: of actions, and of deciding on reports. */

/** An action: done by its date, or planned anew before that. What was missed once stays missed. */
export function judgeAction(action: FactOf<"action">, asOf: number, zone: string): Verdict {
  const dues = [
    ...(action.due === null ? [] : [{ due: action.due, set: action.createdAt }]),
    ...action.replanned.flatMap(({ due, at }) => (due === null ? [] : [{ due, set: at }])),
  ];
  const last = dues.at(-1);
  const { cancelledAt } = action;
  if (last === undefined)
    return cancelledAt === null ? { word: "no_data", what: "it has no due date" } : { word: "skip" };
  const doneAt = action.doneAt ?? action.verifiedAt;
  for (const [i, { due }] of dues.entries()) {
    const next = dues[i + 1];
    if (next === undefined) break;
    if (next.set === null) return { word: "unclear", due, what: "when it was planned anew is not recorded" };
    if (next.set > due)
      return {
        word: "bad",
        due,
        what: `was due ${limitForPeople(due, zone, timeForPeople)} and planned anew only ${timeForPeople(next.set, zone)}`,
      };
  }
  const { due } = last;
  const first = dues[0]?.due ?? due;
  const moved =
    dues.length > 1
      ? `; planned anew ${dues.length - 1 === 1 ? "once" : `${dues.length - 1} times`}, first due ${limitForPeople(first, zone, timeForPeople)}`
      : "";
  const was = limitForPeople(due, zone, timeForPeople);
  if (cancelledAt !== null) {
    // Called off in time it is owed no more; later, it was missed already.
    return cancelledAt > due
      ? { word: "bad", due, what: `was due ${was} and cancelled only ${timeForPeople(cancelledAt, zone)}${moved}` }
      : { word: "skip" };
  }
  if (doneAt === null) {
    return asOf > due
      ? { word: "bad", due, what: `was due ${was} and is not done${moved}` }
      : { word: "open", due, what: `due ${was}${moved}` };
  }
  const precision = action.precision.doneAt ?? 0;
  if (doneAt > due) return { word: "bad", due, what: `was due ${was} and done ${timeForPeople(doneAt, zone)}${moved}` };
  if (doneAt + Math.max(0, Math.ceil(precision) - 1) > due && precision > 1)
    return { word: "unclear", due, what: `was due ${was}; when it was done is not recorded exactly enough${moved}` };
  return { word: "ok", due, what: `done in time${moved}` };
}

export function checkActionsDeadline(_: CheckOf<"actions-deadline">, circumstances: Circumstances): Judgement {
  const { asOf, zone } = circumstances;
  const subjects = recordsOf(circumstances, "action").flatMap((observed): Subject[] => {
    const { fact } = observed;
    return fact.kind === "action" ? [{ id: fact.id, observed, verdict: judgeAction(fact, asOf, zone) }] : [];
  });
  const wording: RuleWording = {
    noun: NOUNS.action,
    bad: "neither done nor planned anew by the due date",
    ok: "done or planned anew by the due date",
    rule: "due dates for actions",
  };
  return judgeByRules(circumstances, "action", subjects, wording);
}

/** Reports and alerts that wait for a decision, and how long each one may. */
export function checkDecisionTime(_: CheckOf<"decision-time">, circumstances: Circumstances): Judgement {
  const decided = circumstances.populations.get("decision")?.records ?? [];
  const thing = (instance: string, id: string) => JSON.stringify([instance, id]);
  const decisions = new Map<string, FactOf<"decision">[]>();
  for (const { fact } of decided) {
    if (fact.kind !== "decision") continue;
    const key = thing(fact.about.instance, fact.about.id);
    const known = decisions.get(key);
    if (known === undefined) decisions.set(key, [fact]);
    else known.push(fact);
  }
  const known = circumstances.populations.get("incident")?.records ?? [];
  const incidents = new Map(known.flatMap(({ fact }) => (fact.kind === "incident" ? [[fact.id, fact] as const] : [])));
  const subjects = recordsOf(circumstances, "event").flatMap((observed): Subject[] => {
    const { fact } = observed;
    if (fact.kind !== "event") return [];
    const own = decisions.get(thing(observed.instance, fact.id)) ?? [];
    return [{ id: fact.id, observed, verdict: judgeDecision(fact, own, incidents, circumstances) }];
  });
  const wording: RuleWording = {
    noun: NOUNS.event,
    bad: "not decided in time",
    ok: "decided in time",
    rule: "time for deciding on reports (`intake.decide`)",
  };
  const has = ({ intake }: Policy) => Object.keys(intake?.decide ?? {}).length > 0;
  return judgeByRules(circumstances, "event", subjects, wording, has);
}

function judgeDecision(
  event: FactOf<"event">,
  decisions: readonly FactOf<"decision">[],
  incidents: ReadonlyMap<string, Incident>,
  { policies, asOf }: Circumstances,
): Verdict {
  const rules = rulesAt(policies, event.receivedAt ?? asOf);
  if (!("policy" in rules)) return { word: rules.word, what: rules.what, policy: rules.ref };
  const { policy, ref } = rules;
  const decide = policy.intake?.decide ?? {};
  if (Object.keys(decide).length === 0) return { word: "skip", policy: ref };
  if (event.receivedAt === null) return { word: "no_data", what: "when it was received is not recorded", policy: ref };
  const [first] = decisions
    .filter(({ decidedAt }) => decidedAt !== null)
    .toSorted((a, b) => (a.decidedAt ?? 0) - (b.decidedAt ?? 0));
  const named = decisions.findLast(({ incident }) => incident !== null)?.incident;
  const incident = named === undefined || named === null ? undefined : incidents.get(named);
  const level = incident && severitiesOf(incident, policy).first;
  // While nobody knows its severity, the longest of all times is the one that it cannot miss unseen.
  const candidates = level === undefined ? Object.values(decide) : Object.hasOwn(decide, level) ? [decide[level]] : [];
  const isIncident = named !== undefined && named !== null;
  if (first !== undefined && level === undefined && isIncident)
    return { word: "unclear", what: `decided to be ${named}, whose severity is not known in your rules`, policy: ref };
  const calendar = calendarOf(policy, policy.intake?.calendar);
  const start = { at: event.receivedAt, precision: event.precision.receivedAt ?? 0 };
  const end = first?.decidedAt == null ? undefined : { at: first.decidedAt, precision: first.precision.decidedAt ?? 0 };
  const verdicts = candidates.flatMap((text): Verdict[] => {
    const written = writtenTerm(text);
    if (written === undefined) return [];
    const verdict = judgeTerm({ start, end, asOf, over: false, calendar, term: written.term });
    const exact = start.precision <= 1 && (end?.precision ?? 0) <= 1;
    const what = tell(verdict, { done: "decided", written, level, ended: end !== undefined, exact, zone: policy.zone });
    const due = verdict.due?.at ?? verdict.due?.earliest;
    return [
      {
        word: verdictWord(verdict.word),
        what,
        level,
        target: written.text,
        due,
        took: verdict.took,
        exact,
        policy: ref,
      },
    ];
  });
  if (level !== undefined) return verdicts[0] ?? { word: "skip", policy: ref };
  // Not decided: late for certain only where it is late for every severity, also for the one that leaves the most time.
  const byDue = verdicts.toSorted((a, b) => (a.due ?? 0) - (b.due ?? 0));
  const kindest = byDue.find(({ word }) => word !== "bad") ?? byDue.at(-1) ?? { word: "skip" as const, policy: ref };
  // What became no incident has no severity, and so no time of its own; too late for every one of them it was all the same.
  return first === undefined || ["bad", "invalid"].includes(kindest.word) ? kindest : { word: "skip", policy: ref };
}
