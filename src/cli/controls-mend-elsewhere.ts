import type { RequirementAssessment } from "../assess/assess.ts";
import { writeThere } from "../incidents/written-elsewhere.ts";
import { clean } from "../report/clean.ts";
import { mendOf } from "./controls-mend.ts";

/** What to do next about a requirement, where the incidents that it names may be kept in other registers: no command changes those. */

type Named = Pick<RequirementAssessment, "id" | "result" | "failing"> & {
  readonly cases?: RequirementAssessment["cases"] | undefined;
};

export function nextFor({ id, result, failing, cases = [] }: Named, period: string): string | undefined {
  const mend = mendOf(id, result, period);
  const command = /^custody incident (?!open\b)[a-z-]+ ID[^(]*/.exec(mend ?? "")?.[0].trimEnd();
  if (mend === undefined || command === undefined || failing.length === 0) return mend;
  const kept = failing.filter(({ instance }) => instance !== undefined && !instance.startsWith("custody:"));
  const [first] = kept;
  if (first?.instance === undefined) return mend;
  const { instance } = first;
  const origin = cases.find((one) => one.id === first.id && one.observed.instance === instance)?.observed.origin;
  const there = `${writeThere(command, { instance, origin })}, then: custody collect ${instance}`;
  const words = clean(kept.length > 1 ? `${there} (and so for ${kept.length - 1} more)` : there, 500);
  // Those of our own beside them go on with the command.
  const own = kept.length < failing.length ? `${command}; for ${clean(first.id, 120)}: ` : "";
  return `${own}${words}${mend.slice(command.length)}`;
}
