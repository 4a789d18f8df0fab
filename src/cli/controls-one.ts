import type { RequirementAssessment } from "../assess/assess.ts";
import type { Failing, Verdict } from "../assess/judgement.ts";
import { clean } from "../report/clean.ts";
import { shareLines } from "./controls-counted.ts";
import { nextFor } from "./controls-mend-elsewhere.ts";

/** One requirement that was asked for by its name: everything that is known of how it stands. */

/** Words for what was decided neither one way nor the other. */
const UNDECIDED: Readonly<Partial<Record<Verdict["word"], string>>> = {
  unclear: "cannot be decided",
  invalid: "contradicts itself",
  no_data: "not recorded",
  open: "not due or not finished",
  no_target: "without a number",
};

export function oneInFull(one: RequirementAssessment, period: string): string[] {
  const { id, text, basis, note, result, deciding, notes, failing, cases = [], waived = [] } = one;
  const failed = new Set(failing.map((row) => row.id));
  const beside = cases.filter(({ id: name, verdict: { word } }) => UNDECIDED[word] !== undefined && !failed.has(name));
  const mend = nextFor(one, clean(period, 40));
  const policies = policiesOf(one.cases);
  return [
    `  ${result.replaceAll("_", " ").padEnd(15)}${clean(id)}${basis === "recommended" ? "  (recommended)" : ""}`,
    `    asked:    ${clean(text, 800)}`,
    `    rests on: ${basis}: ${clean(note, 400)}`,
    `    why:      ${clean(deciding, 2_000)}`,
    ...shareLines(one),
    ...(policies.length > 0 ? [`    judged by your rules: ${policies.join("; ")}`] : []),
    ...notes.map((words) => `    note: ${clean(words, 800)}`),
    ...headed("    named by the result:", failing.map(failingInFull)),
    ...headed(
      "    besides, undecided:",
      beside.map(({ id: name, observed, verdict: { word, what = "" } }) =>
        failingInFull({
          id: name,
          instance: observed.instance,
          what: [UNDECIDED[word] ?? "", what].filter((part) => part !== "").join(", "),
          entries: [observed.entry],
        }),
      ),
    ),
    ...waived.map(({ waiver, ids }) => `    accepted as not met: ${clean(waiver)} (${clean(ids.join(", "), 400)})`),
    ...(one.entries.length > 0 ? [`    rests on the records ${one.entries.join(", ")}`] : []),
    ...(mend === undefined ? [] : [`    next: ${mend}`]),
  ];
}

const headed = (head: string, rows: readonly string[]): string[] =>
  rows.length === 0 ? [] : [head, ...rows.map((row) => `      - ${row}`)];

function failingInFull({ id, instance, what, entries }: Failing): string {
  const source = instance === undefined ? "" : ` (${clean(instance)})`;
  const records = entries.length === 0 ? "" : `; record ${entries.join(", ")}`;
  return `${clean(id, 120)}${source}${what === "" ? "" : `: ${clean(what, 800)}`}${records}`;
}

/** `sev1-4 1.0, record 12`, each version by which something was judged. */
export function policiesOf(cases: RequirementAssessment["cases"] = []): string[] {
  const used = new Map(
    cases.flatMap(({ verdict: { policy } }) => (policy === undefined ? [] : [[policy.entry, policy]])),
  );
  return [...used.values()]
    .sort((a, b) => a.entry - b.entry)
    .map(
      ({ name, version, entry, reachesBack }) =>
        `${clean(name)} ${clean(version)}, record ${entry}${reachesBack ? ", logged only after the clock had started" : ""}`,
    );
}
