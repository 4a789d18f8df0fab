import { didYouMean } from "../lib/nearest.ts";
import type { Instant } from "../lib/time.ts";
import type { Policy } from "../policy/policy.ts";
import { dayOf, type LawCase } from "./case.ts";
import type { Law, LawStep } from "./shape.ts";

/** Which laws bind, and which version of a step holds when. */

/** Whether a law binds, and why; printed with the results. */
export interface Standing {
  readonly on: boolean;
  readonly why: string;
  /** Who says so. */
  readonly by: "rules" | "default";
}

/** Whether a law binds by the organisation's rules, or where they are silent by the data of the law. */
export function standingOf(law: Law, policy: Policy | undefined, day: string): Standing {
  const said = policy?.laws.find((one) => one.law === law.law);
  if (said === undefined) return { on: law.standing === "on", why: law.why, by: "default" };
  if (said.on && said.from !== undefined && day < said.from)
    return { on: false, why: `It binds from ${said.from} on, by your rules.`, by: "rules" };
  return { on: said.on, why: said.why, by: "rules" };
}

/** The version of a step that holds for what began on a day; undefined where none does yet, or any more. */
export function stepOn(law: Law, id: string, day: string): LawStep | undefined {
  return law.steps.find(
    (step) => step.id === id && step.validFrom <= day && (step.validTo === undefined || day <= step.validTo),
  );
}

/** The ids of the steps of a law, each once, in order. */
export function stepIds(law: Law): string[] {
  return [...new Set(law.steps.map(({ id }) => id))];
}

/** Finds `gdpr.authority`; undefined for what no law has. */
export function stepNamed(laws: readonly Law[], name: string): { readonly law: Law; readonly id: string } | undefined {
  const [lawName, id = ""] = name.split(".");
  const law = laws.find((one) => one.law === lawName);
  return law !== undefined && stepIds(law).includes(id) ? { law, id } : undefined;
}

/** What `custody incident law-step` can record: steps and moments of laws that are about incidents, by their whole names. */
export function recordedSteps(laws: readonly Law[]): string[] {
  return laws
    .filter(({ about }) => about === "incident")
    .flatMap((law) => [...new Set([...law.steps, ...law.moments].map(({ id }) => `${law.law}.${id}`))]);
}

/** Why a step cannot be recorded, in words; undefined where it can. What no clock would ever look at is not taken. */
export function stepProblem(laws: readonly Law[], step: string): string | undefined {
  const known = recordedSteps(laws);
  if (known.includes(step)) return undefined;
  const named = stepNamed(laws, step);
  if (named !== undefined)
    return `"${step}" is recorded with the breach: \`custody incident breach\` with --authority-told, --controller-told or --subjects-told`;
  const hint = didYouMean(step, known);
  return `no law here has a step "${step.slice(0, 60)}"${hint === "" ? `; there are ${known.join(", ")}` : hint}`;
}

/** The day by which the version is chosen: of when it began, or of today where that is not recorded. */
export function lawDay(began: Instant | undefined, asOf: Instant, zone: string): string {
  return dayOf(began ?? asOf, zone);
}

/** Whether an incident carries marks that make it one of a law: `unknown` where nobody decided. */
export function isMarked({ incident }: LawCase, law: Law, step: LawStep): "yes" | "no" | "unknown" {
  const has = (marks: readonly string[]) => marks.some((mark) => incident.tags.includes(mark));
  if (has(step.marks ?? law.marks)) return "yes";
  return has(law.notMarks) || has(law.marks) ? "no" : "unknown";
}
