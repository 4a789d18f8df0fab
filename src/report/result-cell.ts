import type { ResultWord } from "../assess/vocabulary.ts";
import type { Cell, Mark } from "./blocks.ts";
import type { Wording } from "./words.ts";

/** Shape beside a result word. */
export const RESULT_MARKS: Readonly<Record<ResultWord, Mark>> = {
  met: "good",
  nil: "good",
  not_met: "bad",
  invalid: "bad",
  pending: "open",
  no_data: "unsure",
  indeterminate: "unsure",
  waived: "unsure",
  not_applicable: "open",
  no_target: "open",
};

/** A machine result: the same word with the same mark wherever it stands. */
export const resultCell = (result: ResultWord, wording: Wording): Cell => [
  { text: wording.results[result].word, style: "bold", mark: RESULT_MARKS[result] },
];
