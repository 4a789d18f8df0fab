import { standingAt } from "../findings/waiver.ts";
import type { Circumstances, Subject } from "./judgement.ts";
import { counted } from "./vocabulary.ts";

/** What only holidays that nobody listed could save, and what the organisation itself said of it. */

/**
 * The same verdicts, where what holidays leave open is not met if somebody accepted that it is not: for this very requirement and
 * this very record. What is over counts too, as it was said; what was taken back does not.
 */
export function withAdmissions(
  subjects: readonly Subject[],
  { waivers = [], requirement, asOf }: Pick<Circumstances, "waivers" | "requirement" | "asOf">,
): readonly Subject[] {
  const own = waivers.filter(
    (one) => one.requirement === requirement.id && ["in-force", "expired"].includes(standingAt(one, asOf)),
  );
  if (own.length === 0) return subjects;
  return subjects.map((subject) => {
    const { id, verdict } = subject;
    if (verdict.word !== "unclear" || verdict.byHolidays !== true) return subject;
    const said = own.find(({ incidents }) => incidents.includes(id));
    if (said === undefined) return subject;
    const what = `not met by the organisation's own words: ${said.id} accepts it (record ${said.index}); ${verdict.what ?? ""}`;
    return { ...subject, verdict: { ...verdict, word: "bad", what } };
  });
}

/** That holidays are not listed is a remark of its own, beside whatever it leaves open. */
export function holidaysNote(cases: readonly Subject[], noun: readonly [one: string, many: string]): string[] {
  const n = cases.filter(({ verdict: { byHolidays, word } }) => byHolidays === true && word === "unclear").length;
  const what = "your rules do not list the holidays of their calendar (`calendars`), which could decide";
  return n === 0 ? [] : [`${what} ${counted(n, noun)}`];
}
