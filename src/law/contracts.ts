import { type Calendar, openCalendar } from "../calendar/calendar.ts";
import { defaultCalendar } from "../calendar/shape.ts";
import { type Term, termOrProblem } from "../calendar/term.ts";
import { type Course, judgeTerm } from "../calendar/verdict.ts";
import type { IncidentTime } from "../evidence/case-facts.ts";
import type { Policy } from "../policy/policy.ts";
import {
  beganAt,
  breachCases,
  dayOf,
  type Incident,
  idOf,
  isPast,
  type LawCase,
  type Situation,
  stamped,
} from "./case.ts";
import { MOMENTS } from "./clock.ts";
import { judgeUntimed } from "./untimed.ts";
import { type LawVerdict, ofTerm } from "./verdict.ts";

/** Clocks of contracts: for each customer whose data an incident concerns, the terms that held then. */

export interface ContractVerdict extends LawVerdict {
  readonly about: LawCase;
  /** Id of the contract; undefined where the general rule of the organisation counts, or none. */
  readonly contract: string | undefined;
}

interface Terms {
  readonly contract: string | undefined;
  readonly title: string;
  readonly term: string;
  readonly from: IncidentTime;
  readonly orFrom: IncidentTime | undefined;
  readonly calendar: string | undefined;
}

/** Judges what contracts ask for in an incident: one verdict for each contract, several where several customers are concerned. */
export function judgeContracts(incident: Incident, situation: Situation): ContractVerdict[] {
  const { policy, asOf, zone } = situation;
  return breachCases(incident, policy).flatMap((about) => {
    const verdict = (contract: string | undefined, judged: Omit<LawVerdict, "id" | "done">): ContractVerdict => ({
      id: contract === undefined || contract === about.breach?.dataset ? idOf(about) : `${idOf(about)}:${contract}`,
      done: (about.breach?.controllerAt ?? null) !== null,
      about,
      contract,
      ...judged,
      reason: about.roleFrom === undefined ? judged.reason : `${judged.reason}; ${about.roleFrom}`,
    });
    const none = (word: LawVerdict["word"], reason: string) => [verdict(undefined, { word, reason })];
    const { breach, role } = about;
    if (breach === undefined) {
      if (incident.personalData === "no") return none("not_applicable", "no personal data is concerned");
      if (incident.personalData === null)
        return isPast(incident, "closedAt", asOf)
          ? none("no_data", "closed, and nobody decided whether personal data is concerned")
          : none("pending", "nobody decided yet whether personal data is concerned");
    }
    if (policy === undefined || (policy.contracts.length === 0 && policy.breach?.controllers?.basis !== "contract"))
      return none("not_applicable", "your rules name no contract with a time for notice");
    if (situation.tells === false && breach === undefined)
      return none("no_data", "its source tells of no breaches and no notices");
    if (role === undefined)
      return none("no_data", "personal data is concerned, and whether as controller or processor is not recorded");
    const day = dayOf(beganAt(about) ?? asOf, policy.zone ?? zone);
    const found = termsOf(about, role, policy, day);
    if (typeof found === "string") return none("no_data", found);
    if (found.length === 0) return none("not_applicable", `no contract sets a time for notice as ${role}`);
    return found.map((terms) => verdict(terms.contract, judgeTerms(terms, about, policy, situation)));
  });
}

/** The terms that count for a breach; a text where they should be known and are not. */
function termsOf({ breach }: LawCase, role: "controller" | "processor", policy: Policy, day: string): Terms[] | string {
  const dataset = breach?.dataset ?? null;
  const linked = policy.datasets.find(({ id }) => id === dataset)?.contract;
  const own = policy.contracts.filter((one) => one.role === role);
  const named = dataset === null ? own : own.filter(({ id }) => id === dataset || id === linked);
  const valid = named.filter(
    ({ validFrom, validTo }) =>
      (validFrom === undefined || validFrom <= day) && (validTo === undefined || day <= validTo),
  );
  if (valid.length > 0)
    return valid.map(({ id, title, term, from, calendar }) => ({
      contract: id,
      title: title ?? id,
      term,
      from,
      orFrom: from === "awareAt" ? "detectedAt" : undefined,
      calendar,
    }));
  const general = policy.breach?.controllers;
  if (role === "processor" && general?.basis === "contract") {
    const { term, from, orFrom, calendar } = general;
    return [{ contract: undefined, title: "your general terms", term, from, orFrom, calendar }];
  }
  if (named.length > 0) return `the terms of ${named.map(({ id }) => id).join(", ")} did not hold on ${day}`;
  return dataset === null || own.length === 0 ? [] : `no contract of your rules is named ${dataset}`;
}

function judgeTerms(
  { title, term, from, orFrom, calendar: named }: Terms,
  { incident, breach, place }: LawCase,
  policy: Policy,
  { asOf }: Situation,
): Omit<LawVerdict, "id" | "done"> {
  const timeOf = (field: IncidentTime | undefined) => {
    if (field === undefined) return undefined;
    const own =
      field === "awareAt" && breach ? stamped(incident, breach.awareAt, `breaches.${place}.awareAt`) : undefined;
    if (own !== undefined || (field === "awareAt" && incident.breaches.length > 1)) return own;
    return stamped(incident, incident[field], field);
  };
  const first = timeOf(from);
  const start = first ?? timeOf(orFrom);
  const instead =
    first === undefined && start !== undefined
      ? `; ${MOMENTS[from] ?? from} is not recorded, counted from ${MOMENTS[orFrom ?? ""] ?? orFrom}`
      : "";
  const end =
    breach === undefined ? undefined : stamped(incident, breach.controllerAt, `breaches.${place}.controllerAt`);
  const parsed = termOrProblem(term);
  const calendar = calendarOf(policy, named);
  const course = { start, end, asOf, calendar };
  const judged =
    typeof parsed === "string" || parsed.op === "at-once"
      ? judgeUntimed(incident, course)
      : judgeNumbered(parsed, { ...course, over: isPast(incident, "closedAt", asOf) });
  return { ...judged, term, reason: `${title}, ${term}: ${judged.reason}${instead}` };
}

function judgeNumbered(term: Term, course: Course): Omit<LawVerdict, "id" | "done"> {
  const judged = ofTerm(judgeTerm({ ...course, over: false, term }));
  if (course.end !== undefined || course.start !== undefined || !course.over) return judged;
  return { ...judged, word: "not_met", reason: "closed, and nobody was told" };
}

function calendarOf(policy: Policy, name: string | undefined): Calendar {
  const calendars = policy.calendars;
  const key = name !== undefined && Object.hasOwn(calendars, name) ? name : (Object.keys(calendars)[0] ?? "");
  const data = calendars[key];
  return openCalendar(data === undefined ? defaultCalendar(policy.zone) : { ...data, id: data.id ?? key });
}

/** The one of several that is due first; undefined where none has a number. */
export function strictestOf(verdicts: readonly ContractVerdict[]): ContractVerdict | undefined {
  return verdicts
    .filter(({ due, word }) => due !== undefined && word !== "not_applicable")
    .toSorted((a, b) => (a.due ?? 0) - (b.due ?? 0))[0];
}
