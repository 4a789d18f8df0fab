import { openSigning } from "../acts/signing.ts";
import type { ControlAssessment, RequirementAssessment } from "../assess/assess.ts";
import type { Failing } from "../assess/judgement.ts";
import { RESULTS, type ResultWord } from "../assess/vocabulary.ts";
import { CustodyError } from "../lib/errors.ts";
import { nearest } from "../lib/nearest.ts";
import { iso } from "../lib/time.ts";
import { dateForPeople, wallClock } from "../lib/zone.ts";
import { clean } from "../report/clean.ts";
import { withCustody } from "./context.ts";
import type { Flags } from "./controls.ts";
import { countedLines, countedRecord, shareLines } from "./controls-counted.ts";
import { findingsBeside } from "./controls-findings.ts";
import { nextFor } from "./controls-mend-elsewhere.ts";
import { legendOf } from "./controls-notes.ts";
import { oneInFull, policiesOf } from "./controls-one.ts";
import { parsePeriod } from "./moment.ts";
import { together } from "./together.ts";

/** Failing records that are named under a check when all are listed; of one that is asked for by its name, all of them. */
const NAMED = 5;

/** `custody controls --period P`: how each requirement stands, why, and which records fail it; this year where none is named. */
export function results(flags: Flags, only?: string): Promise<number> {
  return withCustody(flags, async (custody, output) => {
    const { zone } = custody.config.organisation;
    const given = flags.period ?? String(wallClock(custody.clock.now(), zone).year);
    const [period, wanted] = together(
      () => parsePeriod(given, zone),
      () => wordsOf(flags.result),
    );
    const { controls, found } = await openSigning(custody).then((signing) => ({
      controls: chosen(signing.controls(period), only),
      found: signing.found,
    }));
    const listed = controls
      .map((control) => ({
        ...control,
        requirements: control.requirements.filter(
          ({ id, result, basis }) =>
            isNamed(id, only) || (wanted.includes(result) && (flags.recommended || basis !== "recommended")),
        ),
      }))
      .filter(({ requirements }) => requirements.length > 0);
    output.line(
      `${clean(period.label)}: ${dateForPeople(period.from, zone)} to ${dateForPeople(period.to, zone)} (${zone}), on ${found.frontier.size} records.`,
    );
    output.line("Results of checks by machine; what follows from them is for you and the auditor to say.");
    const shown = listed.flatMap(({ requirements }) => requirements);
    const single = controls[0]?.requirements.find(({ id }) => isNamed(id, only))?.id;
    const findings = findingsBeside(controls, found, zone, single);
    const legend = legendOf(shown.length > 1 ? shown.map(({ notes }) => notes) : []);
    for (const { id, plain, requirements } of listed) {
      output.line();
      output.line(`${clean(id)}  ${clean(plain)}`);
      for (const requirement of requirements) {
        const lines = isNamed(requirement.id, only)
          ? oneInFull(requirement, given)
          : linesOf(requirement, given, legend.marks);
        for (const text of [...lines, ...findings.under(requirement.id)]) output.line(text);
      }
      for (const text of findings.lines(id, requirements)) output.line(text);
    }
    if (legend.lines.length > 0) {
      output.line("\nWhere a number stands in brackets:");
      for (const text of legend.lines) output.line(`  ${clean(text, 400)}`);
    }
    if (shown.length > 1 && shown.some(({ result }) => result === "not_met"))
      output.line(
        `\nWhat can no longer be put right becomes a finding: custody finding open --requirement NAME --period ${clean(given, 40)}`,
      );
    for (const text of countedLines(shown)) output.line(text);
    if (listed.length === 0) output.line("\nNone has such a result.");
    output.object({
      ok: true,
      period: { from: iso(period.from), to: iso(period.to), label: period.label, zone },
      size: found.frontier.size,
      controls: listed.map(({ id, title, counts, requirements }) => ({
        id,
        title,
        counts,
        findings: findings.records(id),
        requirements: requirements.map(
          ({ id: name, basis, text, note, result, reason, deciding, notes, n, of, noun, failing, entries, cases }) => ({
            id: name,
            basis,
            text,
            note,
            policies: policiesOf(cases),
            result,
            reason,
            deciding,
            notes,
            n,
            of,
            ...countedRecord(noun),
            failing,
            entries,
          }),
        ),
      })),
    });
    return 0;
  });
}

const isNamed = (id: string, only: string | undefined) => only?.toLowerCase() === id;

function linesOf(
  { id, result, deciding, notes, failing, cases, basis, ...share }: RequirementAssessment,
  period: string,
  marks: (notes: readonly string[]) => string,
): string[] {
  // With the others, how a failure is recorded is said once, below all of them.
  const named = { id, failing, cases };
  const mend =
    nextFor({ ...named, result: result === "not_met" ? "indeterminate" : result }, "") ??
    nextFor({ ...named, result }, clean(period, 40));
  const mark = basis === "recommended" ? "  (recommended)" : "";
  const shown = failing.slice(0, NAMED);
  const rest = failing.length - shown.length;
  return [
    `  ${result.replaceAll("_", " ").padEnd(15)}${clean(id)}${mark}${marks(notes)}`,
    `    ${clean(deciding, 800)}`,
    ...shareLines(share),
    ...(marks(notes) === "" ? notes.map((note) => `    note: ${clean(note, 400)}`) : []),
    ...shown.map((one) => `      - ${failingLine(one)}`),
    ...(rest > 0 ? [`      and ${rest} more: name ${id} to see all`] : []),
    ...(mend === undefined ? [] : [`    next: ${mend}`]),
  ];
}

const failingLine = ({ id, instance, what, entries }: Failing) =>
  `${clean(id, 120)}${instance === undefined ? "" : ` (${clean(instance)})`}${what === "" ? "" : `: ${clean(what)}`}${
    entries.length > 0 ? `; record ${entries.slice(0, 3).join(", ")}` : ""
  }`;

/** The controls, one of them, or the one that has the requirement that was named, with that requirement alone. */
function chosen(controls: readonly ControlAssessment[], only: string | undefined): ControlAssessment[] {
  const name = only?.toLowerCase();
  if (name === undefined) return [...controls];
  const found = controls.flatMap((control) => {
    if (control.id.toLowerCase() === name) return [control];
    const requirements = control.requirements.filter(({ id }) => id === name);
    return requirements.length > 0 ? [{ ...control, requirements }] : [];
  });
  if (found.length > 0) return found;
  const known = controls.flatMap(({ id, requirements }) => [id, ...requirements.map((one) => one.id)]);
  const near = nearest(only ?? "", known);
  throw new CustodyError("NOT_FOUND", `there is no control or requirement ${clean(only ?? "")}`, {
    remedy: `${near === undefined ? "" : `Did you mean ${near}? `}\`custody controls\` lists them all.`,
  });
}

/** The words of results that were asked for, all where none was. Throws USAGE for a word that is none. */
function wordsOf(given: readonly string[] = []): readonly ResultWord[] {
  const words = given.map((word) => word.toLowerCase().replaceAll(/[\s-]/g, "_"));
  const wrong = words.filter((word) => !(RESULTS as readonly string[]).includes(word));
  if (wrong.length > 0)
    throw new CustodyError("USAGE", `--result ${wrong.map((word) => clean(word)).join(", ")}: no such result`, {
      remedy: `There are ${RESULTS.join(", ")}.`,
    });
  return words.length === 0 ? RESULTS : (words as ResultWord[]);
}
