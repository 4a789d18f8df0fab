import { termOrProblem } from "../calendar/term.ts";
import { judgeTerm } from "../calendar/verdict.ts";
import type { IncidentTime } from "../evidence/case-facts.ts";
import type { Policy } from "../policy/policy.ts";
import { type LawCase, momentOf } from "./case.ts";
import type { Setting } from "./clock.ts";
import type { LawStep } from "./shape.ts";
import { judgeUntimed } from "./untimed.ts";
import { type LawVerdict, ofTerm, worst } from "./verdict.ts";

/** A notice that a law asks for and the organisation's own rules as well: where those are stricter, they count. */

type Answer = Omit<LawVerdict, "id" | "done">;

interface OwnRule {
  readonly term: string;
  readonly from: IncidentTime;
  readonly orFrom: IncidentTime | undefined;
  /** Whether it counts for every risk, where the law wants a high one. */
  readonly anyRisk: boolean;
}

/** What the rules say of the notice that ends a step. Terms of contracts are judged with the contracts. */
function ownRule(step: LawStep, policy: Policy | undefined): OwnRule | undefined {
  const { authority, controllers, subjects } = policy?.breach ?? {};
  if (step.done === "authorityAt" && authority !== undefined)
    return { term: authority.term, from: authority.from, orFrom: authority.orFrom, anyRisk: false };
  if (step.done === "controllerAt" && controllers?.basis === "law")
    return { term: controllers.term, from: controllers.from, orFrom: controllers.orFrom, anyRisk: false };
  if (step.done === "subjectsAt" && subjects !== undefined)
    return { term: subjects.term, from: "awareAt", orFrom: "detectedAt", anyRisk: subjects.when === "any-risk" };
  return undefined;
}

/** Whether the rules ask by themselves for what this step is about, so that it counts where the law does not. */
export function ownAsks(step: LawStep, policy: Policy | undefined): boolean {
  if (step.needs === undefined) return ownRule(step, policy) !== undefined;
  return (step.after === undefined ? policy?.breach?.register : policy?.breach?.authority) !== undefined;
}

/** Whether the rules want people to be told of this one, though the law does not. */
export function ownAsksMore(step: LawStep, { breach, role }: LawCase, policy: Policy | undefined): boolean {
  const isTheirs = role !== undefined && step.roles?.includes(role) !== false;
  return isTheirs && breach?.risk === "risk" && step.risks !== undefined && ownRule(step, policy)?.anyRisk === true;
}

/** The verdict by the rules of the organisation alone; undefined where they say nothing of this notice. */
export function ownNotice(
  { step, law, about, end, asOf, calendar }: Setting,
  policy: Policy | undefined,
): Answer | undefined {
  const rule = ownRule(step, policy);
  if (rule === undefined) return undefined;
  const { term, from, orFrom } = rule;
  const stampOf = (field: IncidentTime) => momentOf(about, law, field)?.stamp;
  const start = stampOf(from) ?? (orFrom === undefined ? undefined : stampOf(orFrom));
  const course = { start, end: end?.stamp, asOf, calendar };
  const parsed = termOrProblem(term);
  const judged =
    typeof parsed === "string" || parsed.op === "at-once"
      ? judgeUntimed(about.incident, course)
      : ofTerm(judgeTerm({ ...course, over: false, term: parsed }));
  return { ...judged, term, own: true, reason: `your own rules, ${term}: ${judged.reason}` };
}

/** Of what the law gives and what the rules give: the rules where they are due earlier, and whatever failed. */
export function stricterOf(judged: Answer, own: Answer | undefined): Answer {
  if (own?.due === undefined || (judged.due !== undefined && judged.due <= own.due)) return judged;
  if (judged.word === "not_met" || judged.word === "invalid") return judged;
  // The law has no number, and the rules have: theirs decides.
  return judged.word === "no_target" ? own : (worst([own, judged]) ?? judged);
}
