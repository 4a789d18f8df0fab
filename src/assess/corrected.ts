import type { Observed } from "../evidence/fact.ts";
import type { Judgement, Subject } from "./judgement.ts";

/** Answers that rest on records which took the place of earlier ones say so: whoever reads them can look at both. */

const NAMED = 5;

/** `record 12, in place of record 6`. Nothing for what was never corrected. */
function correctionsOf({ fact }: Observed): readonly string[] {
  if (fact.kind !== "incident") return [];
  return (fact.corrected ?? []).map(
    ({ entry, of }) => `record ${entry}, in place of ${of.length === 1 ? "record" : "records"} ${of.join(" and ")}`,
  );
}

function toldOf(subject: Subject): Subject {
  const corrections = correctionsOf(subject.observed);
  if (corrections.length === 0 || subject.verdict.word === "skip") return subject;
  const { what } = subject.verdict;
  const told = `it was corrected afterwards: ${corrections.slice(0, NAMED).join("; ")}`;
  const text = what === undefined || what === "" ? told : `${what}; ${told}`;
  return { ...subject, verdict: { ...subject.verdict, what: text } };
}

/** The same answer, with what was corrected named in its notes and beside each record that it is about. */
export function tellCorrected(judgement: Judgement): Judgement {
  const corrected = judgement.records.filter((one) => correctionsOf(one).length > 0);
  if (corrected.length === 0) return judgement;
  const ids = [...new Set(corrected.map(({ fact }) => fact.id))];
  const rest = ids.length - NAMED;
  const named = `${ids.slice(0, NAMED).join(", ")}${rest > 0 ? ` and ${rest} more` : ""}`;
  return {
    ...judgement,
    notes: [
      ...(judgement.notes ?? []),
      `records of incidents were corrected afterwards, and count as corrected (${named})`,
    ],
    ...(judgement.cases === undefined ? {} : { cases: judgement.cases.map(toldOf) }),
  };
}
