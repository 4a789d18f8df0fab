import type { Stamp } from "../calendar/stamp.ts";
import { EXEMPTION_GROUNDS, GROUNDS, readExemption } from "../evidence/exemption.ts";
import {
  beganAt,
  breachCases,
  type Found,
  type Incident,
  idOf,
  incidentCase,
  isPast,
  type LawCase,
  lawCalendar,
  momentOf,
  type Situation,
  stamped,
} from "./case.ts";
import { type ClockAnswer, judgeClock, type Setting, startInWords } from "./clock.ts";
import { ownAsks, ownAsksMore, ownNotice, stricterOf } from "./own-notice.ts";
import type { Law, LawStep } from "./shape.ts";
import { isMarked, lawDay, type Standing, standingOf, stepOn } from "./steps.ts";
import { isOver } from "./untimed.ts";
import { type LawVerdict, worst } from "./verdict.ts";

/** A verdict with the case it is about. */
export interface CaseVerdict extends LawVerdict {
  readonly about: LawCase;
  /** The version of the step by which it was judged; undefined where none holds. */
  readonly step: LawStep | undefined;
}

type Answer = Omit<LawVerdict, "id" | "done">;
const answer = (word: LawVerdict["word"], reason: string): Answer => ({ word, reason });

/**
 * Judges one step of a law for an incident: for each role and set of data where the law is about breaches. Never throws for
 * what stands in the records. A law that does not bind, and a step that is about something else, are `not_applicable`.
 */
export function judgeStep(law: Law, id: string, incident: Incident, situation: Situation): CaseVerdict[] {
  const cases = law.about === "breach" ? breachCases(incident, situation.policy) : [incidentCase(incident)];
  return cases.map((about) => {
    const { asOf, zone, policy } = situation;
    const day = lawDay(beganAt(about), asOf, policy?.zone ?? zone);
    const step = stepOn(law, id, day);
    const end = step && endOf(about, law, step);
    const judged = judgeCase(law, step, day, about, end, situation);
    return {
      id: idOf(about),
      done: end !== undefined,
      about,
      step,
      ...judged,
      reason: inWords(law, step, about, judged, standingOf(law, policy, day)),
    };
  });
}

function inWords(
  law: Law,
  step: LawStep | undefined,
  about: LawCase,
  { word, reason }: Answer,
  { on, why }: Standing,
): string {
  if (step === undefined || word === "not_applicable") return reason;
  if (!on) return `${reason}; they count by themselves, because ${law.title} is off: ${why}`;
  const unchecked = step.checked === false ? ", not checked against its text" : "";
  const from = about.roleFrom === undefined ? "" : `; ${about.roleFrom}`;
  return `${reason}${toldHow(step, about)} (${law.title} ${step.article}${unchecked})${from}`;
}

/** By what is known that it was told, and to the authority by whom and under which number. */
function toldHow({ done }: LawStep, { breach, byMessage }: LawCase): string {
  if (done === undefined || breach === undefined || breach[done] === null) return "";
  const said = byMessage?.includes(done) ? "; the time is that of the message" : "";
  if (done !== "authorityAt") return said;
  const by = breach.authorityBy === undefined ? "" : `; told by ${breach.authorityBy}`;
  return `${said}${by}${breach.authorityReference === undefined ? "" : `; reference ${breach.authorityReference}`}`;
}

/** What ends a step. */
function endOf(about: LawCase, law: Law, step: LawStep): Found | undefined {
  if (law.about === "incident") return momentOf(about, law, `${law.law}.${step.id}`);
  const { incident, breach, place } = about;
  if (step.done === undefined || breach === undefined) return undefined;
  const stamp = stamped(incident, breach[step.done], `breaches.${place}.${step.done}`);
  return stamp && { stamp };
}

function judgeCase(
  law: Law,
  step: LawStep | undefined,
  day: string,
  about: LawCase,
  end: Found | undefined,
  situation: Situation,
): Answer {
  const { asOf, policy } = situation;
  const { incident } = about;
  const standing = standingOf(law, policy, day);
  const alone = !standing.on && step !== undefined && law.about === "breach" && ownAsks(step, policy);
  if (!standing.on && !alone) return answer("not_applicable", `${law.title} is off: ${standing.why}`);
  if (step === undefined) return answer("not_applicable", `${law.title} had no such rule on ${day}`);
  const concerned = law.about === "breach" ? ofBreach(step, about, asOf) : ofMarks(law, step, about, asOf);
  if (concerned !== undefined) {
    const more: Setting = { law, step, about, end, asOf, calendar: lawCalendar(situation) };
    return (ownAsksMore(step, about, policy) ? ownNotice(more, policy) : undefined) ?? concerned;
  }
  if (step.onlyIf !== undefined && momentOf(about, law, step.onlyIf) === undefined)
    return answer("not_applicable", `${startInWords({ law }, { from: step.onlyIf })} is not recorded`);
  if (situation.tells === false && end === undefined && about.breach === undefined)
    return { ...untold(), word: "no_data", reason: "its source tells of no breaches and no reports to authorities" };
  if (step.needs !== undefined) {
    const texts = judgeTexts(step, about, asOf);
    return alone ? { ...texts, own: true, reason: `your own rules: ${texts.reason}` } : texts;
  }
  if (end !== undefined && end.stamp === undefined) return answer("no_data", "it was done; when is not recorded");
  const setting: Setting = { law, step, about, end, asOf, calendar: lawCalendar(situation) };
  const lifted = liftedBy(step, about, setting);
  if (lifted?.verdict !== undefined) return lifted.verdict;
  const own = ownNotice(setting, policy);
  const judged =
    alone && own !== undefined ? own : stricterOf(afterwards(step, about, end?.stamp, judgeClocks(setting)), own);
  return lifted === undefined ? judged : { ...judged, reason: `${judged.reason}; ${lifted.reason}` };

  /** By when it would have to be told; whether it was nobody can say. */
  function untold(): Pick<Answer, "due" | "dueUntil" | "term"> {
    if (step === undefined || step.clocks.length === 0) return {};
    const { due, dueUntil, term } = judgeClocks({ law, step, about, end, asOf, calendar: lawCalendar(situation) });
    return { due, dueUntil, term };
  }

  function judgeClocks(all: Setting): Answer {
    const answers = step === undefined ? [] : step.clocks.flatMap((clock) => judgeClock(all, clock) ?? []);
    if (answers.length === 0) return nothingCounts(all);
    return combined(answers, end !== undefined, incident, asOf);
  }
}

/** No clock counts: nothing to do, or not yet. */
function nothingCounts({ step, about, law, end, asOf }: Setting): Answer {
  if (end !== undefined) return answer("met", "done, though nothing asked for it");
  const { ongoingAt } = step;
  if (ongoingAt === undefined) return answer("not_applicable", "no clock of it counts for this incident");
  if (isPast(about.incident, "resolvedAt", asOf))
    return answer("not_applicable", "not needed: the incident was over before it would have been due");
  const begun = momentOf(about, law, ongoingAt.from) !== undefined;
  return answer(
    "pending",
    begun
      ? "needed only where the incident still goes on when it would be due"
      : `its time counts from ${startInWords({ law }, ongoingAt)}, which is not recorded`,
  );
}

/** The answer of all clocks that count: the first that is due decides. */
function combined(answers: readonly ClockAnswer[], done: boolean, incident: Incident, asOf: number): Answer {
  const begun = answers.filter(({ state }) => state !== "not-begun");
  const [waiting] = answers.filter(({ state }) => state === "not-begun");
  if (begun.length === 0 && waiting !== undefined) {
    const { reason } = waiting.verdict;
    if (done) return { ...waiting.verdict, word: "no_data", reason: `done, but ${reason}` };
    const over = isOver(incident, asOf);
    if (over !== undefined) return { ...waiting.verdict, word: "no_data", reason: `${over}, and ${reason}` };
    return { ...waiting.verdict, word: "pending", reason: `its time has not begun: ${reason}` };
  }
  // Of those that are sure, a failure stands whatever the others say; one that may not count is no failure.
  const judged = begun.map(({ state, verdict }) =>
    state === "unsure" && verdict.word === "not_met"
      ? {
          ...verdict,
          word: "indeterminate" as const,
          reason: `${verdict.reason}, but whether this time counts depends on how EU law counts periods; a lawyer has to say`,
        }
      : verdict,
  );
  const chosen = worst(judged) ?? answer("no_data", "no clock of it could be judged");
  if (waiting === undefined) return chosen;
  const note = `${chosen.reason}; besides, ${waiting.verdict.reason}`;
  if (!done) return { ...chosen, reason: note };
  // It was done: the clock whose start is missing could have been due earlier, or could lift this one.
  const word = chosen.word === "met" ? "no_data" : chosen.word === "not_met" ? "indeterminate" : chosen.word;
  return { ...chosen, word, reason: note };
}

/** Whether a law about breaches concerns this one; undefined where it does. */
function ofBreach(step: LawStep, { incident, breach, role }: LawCase, asOf: number): Answer | undefined {
  if (breach === undefined) {
    if (incident.personalData === "no") return answer("not_applicable", "no personal data is concerned");
    const closed = isPast(incident, "closedAt", asOf);
    if (incident.personalData === null)
      return closed
        ? answer("no_data", "closed, and nobody decided whether personal data is concerned")
        : answer("pending", "nobody decided yet whether personal data is concerned");
    // Whoever keeps the register has to document it: what it does not say after closing is not documented.
    const isTheirs = role === undefined || step.roles?.includes(role) !== false;
    if (closed && isTheirs && step.needs !== undefined && step.after === undefined)
      return answer("not_met", `the incident is closed, and nothing is recorded of the breach: ${textsOf(step.needs)}`);
  }
  if (role === undefined)
    return answer("no_data", "personal data is concerned, and whether as controller or processor is not recorded");
  if (step.roles?.includes(role) === false) return answer("not_applicable", `not a duty of a ${role}`);
  if (step.risks === undefined) return undefined;
  const risk = breach?.risk ?? null;
  if (risk === null && breach?.[step.done ?? "subjectsAt"] == null) {
    return isPast(incident, "closedAt", asOf)
      ? answer("no_data", "closed, and nobody decided how high the risk is")
      : answer("pending", "nobody decided yet how high the risk is");
  }
  if (risk !== null && !step.risks.includes(risk)) return answer("not_applicable", `the risk is "${risk}"`);
  return undefined;
}

/** Whether a law about incidents concerns this one, by its marks; undefined where it does. */
function ofMarks(law: Law, step: LawStep, about: LawCase, asOf: number): Answer | undefined {
  const marked = isMarked(about, law, step);
  if (marked === "yes") return undefined;
  if (marked === "no") return answer("not_applicable", "marked as not concerned, or as another kind of incident");
  const marks = [...(step.marks ?? law.marks), ...law.notMarks].join(" or ");
  return isPast(about.incident, "closedAt", asOf)
    ? answer("no_data", `closed, and nobody decided whether it is concerned; mark it ${marks}`)
    : answer("pending", `nobody decided yet whether it is concerned; mark it ${marks}`);
}

const filled = (text: string | number | null | undefined) =>
  typeof text === "number" || (typeof text === "string" && text.trim() !== "");

const textsOf = (needs: NonNullable<LawStep["needs"]>) => needs.map((name) => TEXTS[name]).join(", ");

const TEXTS = { facts: "facts", effects: "effects", remedy: "remedy", people: "number of people concerned" } as const;

/** A step that is about texts. */
function judgeTexts(step: LawStep, { incident, breach }: LawCase, asOf: number): Answer {
  if (step.after !== undefined && (breach?.[step.after] ?? null) === null)
    return answer("not_applicable", "nobody was told, so there is no content of it");
  const missing = (step.needs ?? []).filter((name) => !filled(breach?.[name]));
  if (missing.length === 0) return answer("met", "recorded");
  const reason = `${missing.map((name) => TEXTS[name]).join(", ")} not recorded`;
  const over = isOver(incident, asOf);
  if (step.after !== undefined) return answer("not_met", `told, and ${reason}`);
  return over === undefined ? answer("pending", `${reason} yet`) : answer("not_met", `${over}, and ${reason}`);
}

/**
 * What lifts the duty: undefined where nothing is claimed to; with a verdict where it does; else what is missing for it.
 */
function liftedBy(
  step: LawStep,
  { incident, breach, place }: LawCase,
  setting: Setting,
): { readonly verdict?: Answer; readonly reason: string } | undefined {
  if (breach === undefined || setting.end !== undefined) return undefined;
  if (step.unless === "exemption") {
    if (breach.exemption === null || !filled(breach.exemption)) return undefined;
    const { ground, words } = readExemption(breach.exemption);
    const reason = "not told, for a reason that is recorded";
    if (ground === undefined || words === "") {
      const missing = ground === undefined ? `on which ground (${EXEMPTION_GROUNDS.join(", ")})` : "why, in words";
      return { reason, verdict: answer("indeterminate", `${reason}, but not ${missing}: a person has to say`) };
    }
    const text = `not told, because ${GROUNDS[ground]} ("${words}")`;
    return { reason, verdict: answer("met", `${text}; whether that holds a person has to say`) };
  }
  if (step.unless !== "risk-unlikely" || breach.risk !== "unlikely") return undefined;
  const missing = [
    ...(filled(breach.riskBy) ? [] : ["who"]),
    ...(breach.riskAt === null ? ["when"] : []),
    ...(filled(breach.riskReason) ? [] : ["why"]),
  ];
  if (missing.length > 0)
    return {
      reason: `the risk is said to be unlikely, but not ${missing.join(", ")}: it lifts nothing until that is recorded`,
    };
  const decided = stamped(incident, breach.riskAt, `breaches.${place}.riskAt`);
  const inTime = judgeDecided(step, decided, setting);
  const reason = "not told: the risk was decided to be unlikely, with who, when and why";
  if (inTime === "late")
    return {
      reason,
      verdict: answer("indeterminate", `${reason}, but only after the notice would have been due; a person has to say`),
    };
  if (inTime === "in-time" && breach.riskLoggedAt != null) {
    const written = { at: breach.riskLoggedAt, precision: 1 };
    if (judgeDecided(step, written, setting) === "late") {
      const late = `${reason}, but that was written down only after the notice would have been due; a person has to say`;
      return { reason, verdict: answer("indeterminate", late) };
    }
  }
  if (inTime === "invalid")
    return { reason, verdict: answer("invalid", "the decision on the risk has a time that cannot be; correct it") };
  return { reason, verdict: answer("met", reason) };
}

/** Whether the decision itself was taken before the notice would have been due. */
function judgeDecided(step: LawStep, decided: Stamp | undefined, setting: Setting): "in-time" | "late" | "invalid" {
  const answers = step.clocks.flatMap((clock) => judgeClock({ ...setting, end: { stamp: decided } }, clock) ?? []);
  const words = answers.filter(({ state }) => state !== "not-begun").map(({ verdict }) => verdict.word);
  if (words.includes("invalid")) return "invalid";
  return words.some((word) => word === "not_met" || word === "indeterminate") ? "late" : "in-time";
}

/** What must be recorded where it was late. */
function afterwards(step: LawStep, { breach }: LawCase, end: Stamp | undefined, judged: Answer): Answer {
  if (step.lateNeeds === undefined || end === undefined) return judged;
  if (judged.word !== "not_met" && judged.word !== "indeterminate") return judged;
  const has = filled(breach?.[step.lateNeeds]);
  if (judged.word === "indeterminate")
    return has ? judged : { ...judged, reason: `${judged.reason}; no reasons for a delay are recorded` };
  if (!has) return { ...judged, reason: `${judged.reason}, and no reasons for the delay are recorded` };
  return {
    ...judged,
    word: "indeterminate",
    reason: `${judged.reason}, with reasons for the delay; whether it could not be done earlier a person has to say`,
  };
}
