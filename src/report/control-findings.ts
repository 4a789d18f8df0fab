import { isAbout } from "../findings/about-control.ts";
import { type Line, line } from "./blocks.ts";
import type { FindingRow } from "./exceptions-shape.ts";
import { firstStatement } from "./remarks.ts";
import type { ReportModel } from "./shape.ts";
import { localLimit, type Wording } from "./words.ts";

/** Findings beside the control that they name, also those of others: what was found by hand stands where the machine judges. */

/** The findings about a control: those that are not closed first, of these the overdue ones. */
export function findingsAbout(
  control: { readonly id: string; readonly requirements: readonly { readonly id: string }[] },
  findings: readonly FindingRow[],
): FindingRow[] {
  const rank = ({ state, overdue }: FindingRow) => (overdue ? 0 : state === "closed" ? 2 : 1);
  return findings.filter((one) => isAbout(one, control)).sort((a, b) => rank(a) - rank(b));
}

/** One line each; empty where none names the control. */
export function findingLines(
  control: { readonly id: string; readonly requirements: readonly { readonly id: string }[] },
  { exceptions, organisation: { zone } }: Pick<ReportModel, "exceptions" | "organisation">,
  wording: Wording,
): Line[] {
  const { origins, states } = wording.account.exceptions;
  return findingsAbout(control, exceptions.findings).map((row) => {
    const { id, origin, reference, state, overdue, due, requirement, requirementText, gap, opened } = row;
    const who = `${origins[origin] ?? origin}${reference === null ? "" : `, no. ${reference}`}`;
    const when = state === "closed" || due === null ? "" : `, due ${localLimit(due, zone)}`;
    const what = gap ?? requirementText;
    return line(
      `${id} (${who}${requirement === null ? "" : `; ${requirement}`}): ${overdue ? "overdue, " : ""}${states[state] ?? state}${when}${what === null ? "" : `. ${firstStatement(what)}`} (record ${opened.entry})`,
      overdue ? "bold" : undefined,
    );
  });
}
