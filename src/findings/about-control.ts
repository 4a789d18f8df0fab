import type { Finding } from "./finding.ts";
import { stateWords } from "./words.ts";

/** What of a catalogue a finding names, so that it stands where that is judged. */

interface Named {
  readonly control: string | null | undefined;
  readonly requirement: string | null | undefined;
}

interface ControlIds {
  readonly id: string;
  readonly requirements: readonly { readonly id: string }[];
}

const same = (a: string, b: string): boolean => a.trim().toLowerCase() === b.trim().toLowerCase();

/** Ids of requirements begin with their control's: `a524.` for `A.5.24`. */
const prefixOf = (control: string): string => `${control.toLowerCase().replaceAll(".", "")}.`;

/** True where it names the control, or one of its requirements, also one that a report leaves out. */
export function isAbout({ control, requirement }: Named, { id, requirements }: ControlIds): boolean {
  if (control && same(control, id)) return true;
  if (!requirement) return false;
  return requirements.some((one) => same(one.id, requirement)) || requirement.toLowerCase().startsWith(prefixOf(id));
}

/** True where it names this requirement. */
export const namesRequirement = ({ requirement }: Pick<Named, "requirement">, id: string): boolean =>
  !!requirement && same(requirement, id);

/** True where it names this requirement or none: a finding about another one says nothing of it. */
export const namesAtMost = (finding: Pick<Named, "requirement">, id: string): boolean =>
  !finding.requirement || namesRequirement(finding, id);

/** `external nonconformity` and its like: who found it, with the number under which they reported it. */
export function foundBy(origin: Finding["origin"], reference: string | null | undefined): string {
  const who = origin === "own" ? "found by the organisation itself" : origin.replaceAll("-", " ");
  return reference ? `${who}, ${reference}` : who;
}

/** How it stands at a time: `overdue: open; …` where its date has passed. */
export const standingInWords = (finding: Pick<Finding, "state" | "plan">, overdue: boolean): string =>
  `${overdue ? "overdue: " : ""}${stateWords(finding)}`;
