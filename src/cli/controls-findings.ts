import { foundBy, isAbout, namesAtMost, namesRequirement, standingInWords } from "../findings/about-control.ts";
import { type Finding, foldFindings, isOverdue } from "../findings/finding.ts";
import { iso } from "../lib/time.ts";
import { limitForPeople } from "../lib/zone.ts";
import { clean } from "../report/clean.ts";
import type { Gathered } from "../views/gathering.ts";

/**
 * Findings beside what they name, whoever found them: one that names a requirement stands with that requirement, one that names
 * only the control stands once at the control.
 */

interface ControlIds {
  readonly id: string;
  readonly requirements: readonly { readonly id: string }[];
}

/**
 * The findings about each of these controls, as of the newest record that was read. Where `only` one requirement was asked for,
 * those that name another one are none of its business.
 */
export function findingsBeside(
  controls: readonly ControlIds[],
  { acts, history: { asOf } }: Pick<Gathered, "acts" | "history">,
  zone: string,
  only?: string,
) {
  const all = foldFindings(acts).findings;
  const about = (id: string): readonly Finding[] => {
    const control = controls.find((one) => one.id === id);
    if (control === undefined) return [];
    return all.filter((one) => isAbout(one, control) && (only === undefined || namesAtMost(one, only)));
  };
  const line = (one: Finding) => findingLine(one, isOverdue(one, asOf), zone);
  return {
    /** Those of a requirement. */
    under: (requirement: string): string[] =>
      all.filter((one) => namesRequirement(one, requirement)).map((one) => `    ${line(one)}`),
    /** Those of a control that stand at none of these of its requirements. */
    lines: (id: string, shown: readonly { readonly id: string }[]): string[] =>
      about(id)
        .filter((one) => !shown.some((requirement) => namesRequirement(one, requirement.id)))
        .map((one) => `  ${line(one)}`),
    records: (id: string) =>
      about(id).map((one) => ({
        id: one.id,
        origin: one.origin,
        reference: one.reference ?? null,
        requirement: one.requirement ?? null,
        control: one.control ?? null,
        state: one.state,
        due: one.due === undefined ? null : iso(one.due),
        overdue: isOverdue(one, asOf),
        entry: one.opened.index,
      })),
  };
}

function findingLine(finding: Finding, overdue: boolean, zone: string): string {
  const { id, origin, reference, requirement, due, gap, requirementText, opened, state } = finding;
  const what = gap ?? requirementText;
  const who = [foundBy(origin, reference), ...(requirement === undefined ? [] : [requirement])].join(", ");
  const until = state === "closed" || due === undefined ? "" : `, due ${limitForPeople(due, zone)}`;
  const gapInWords = what === undefined ? "" : `; ${clean(what, 300)}`;
  return `finding ${clean(id)} (${clean(who, 200)}): ${standingInWords(finding, overdue)}${until}${gapInWords}; record ${opened.index}`;
}
