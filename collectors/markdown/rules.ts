import { z } from "zod";
import type { Json } from "../../src/lib/canonical.ts";
import { isZone } from "../../src/lib/zone.ts";
import { type OwnWords, TERMS, type Term } from "./vocabulary.ts";

/**
 * What the configuration says about reading the files. It is kept with every file as its parameters, because `read` is
 * given nothing else, years later perhaps.
 */
export interface ReadingRules {
  readonly zone: string | undefined;
  readonly words: OwnWords;
}

export const Zone = z.string().refine(isZone, "expected a time zone such as Europe/Berlin or UTC");

const Word = z.string().trim().min(1).max(60);
const OwnWord = z.union([Word.transform((word): string[] => [word]), z.array(Word).min(1).max(10)]).optional();

/** `fields: { detectedAt: entdeckt }`: the organisation's own words for what a record may say. */
export const Words = z
  .strictObject(Object.fromEntries(TERMS.map((term) => [term, OwnWord])) as Record<Term, typeof OwnWord>)
  .transform((own) => Object.fromEntries(Object.entries(own).filter(([, words]) => words !== undefined)) as OwnWords);

const Rules = z.looseObject({ zone: Zone.optional().catch(undefined), words: Words.catch({}) });

/** The rules as they are kept with a file. */
export function keepRules({ zone, words }: ReadingRules): Json {
  return zone === undefined ? { words } : { zone, words };
}

/** The rules that were kept with a file; what is missing or damaged is as if the configuration had not said it. */
export function keptRules(parameters: Json | undefined): ReadingRules {
  const { data } = Rules.safeParse(parameters);
  return { zone: data?.zone, words: data?.words ?? {} };
}
