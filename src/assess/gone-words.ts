import type { Observed } from "../evidence/fact.ts";
import type { GoneWords } from "../evidence/gone-words.ts";
import type { Verdict } from "./judgement.ts";
import { unlessUnread } from "./looked-at.ts";

/**
 * Texts that were lawfully disposed of, or are missing: nobody can tell any more whether a reason was given. That is no
 * failure of whoever wrote the record, and nothing in their favour either.
 */

/**
 * The verdict on a record, judged as it is now and as if there had been something in every text that is gone. Where the two
 * differ it rests on what is gone, and cannot be decided; where both fail, what fails without that is told.
 */
export function eitherWay(observed: Observed, judge: (observed: Observed) => Verdict | undefined): Verdict | undefined {
  const verdict = unlessUnread(observed, () => judge(observed));
  if (observed.ifKept === undefined) return verdict;
  const { fact, gone } = observed.ifKept;
  const kept = judge({ ...observed, fact });
  if (kept?.word === verdict?.word) return kept ?? verdict;
  return { ...kept, ...verdict, ...undecidable(gone, verdict?.word === "bad" ? verdict.what : undefined) };
}

/** That it cannot be decided, because of these words. `missing`: what is not there, which may have been among them. */
export function undecidable(gone: readonly GoneWords[], missing?: string): { word: "unclear"; what: string } {
  const which = gone.map(goneInWords).join("; ");
  return { word: "unclear", what: missing === undefined ? which : `${missing}, as far as can be read: ${which}` };
}

function goneInWords({ entry, why, disposal }: GoneWords): string {
  if (why === "disposed") {
    const by = disposal === undefined ? "" : ` by record ${disposal}`;
    return `the words of record ${entry} were disposed of${by}`;
  }
  return `the words of record ${entry} are ${why}; run \`custody verify\``;
}
