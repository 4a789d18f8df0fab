import type { RequirementAssessment } from "../assess/assess.ts";
import { type Noun, whichOf } from "../assess/counted.ts";
import { counted } from "../assess/vocabulary.ts";

/** What the shares under `custody controls --period` are shares of. */

type Counted = Pick<RequirementAssessment, "n" | "of" | "noun">;

/** `8 of 20 incidents as required`; none where nothing was counted. */
export function shareLines({ n, of, noun }: Counted): string[] {
  return noun === undefined || of === 0 ? [] : [`    as required: ${n} of ${counted(of, noun)}`];
}

/** Which things are counted, each kind once, below all of them. */
export function countedLines(requirements: readonly Counted[]): string[] {
  const nouns = new Map<string, Noun>();
  for (const { of, noun } of requirements) if (noun !== undefined && of > 0) nouns.set(noun[1], noun);
  const lines = [...nouns.values()].flatMap((noun) => {
    const which = whichOf(noun);
    return which === undefined ? [] : [`  ${noun[1]}: ${which}`];
  });
  if (lines.length === 0) return [];
  return [
    "",
    "Of what a share is: of what the requirement is about and could be decided; the rest is told beside it.",
    ...lines.sort(),
  ];
}

/** The same for programs. */
export const countedRecord = (noun: Noun | undefined): object =>
  noun === undefined ? {} : { counted: { what: noun[1], which: whichOf(noun) ?? null } };
