import type { PackReplay, RowsAgain } from "../acts/replaying.ts";
import { clean } from "../report/clean.ts";

/** What a replay found, told as what was done: what was drawn again, and which rows were read again. Pure. */

type Replay = PackReplay["replayed"][number];

/** One sample: its result first, then each step, then the rows of its population. */
export function replayLines(replay: Replay): string[] {
  const { sample, lines, rows } = replay;
  return [
    `${sample}: ${resultInWords(replay)}`,
    ...lines.map(({ what, entry, result, text }) => `  ${what} (record ${entry}): ${result}: ${clean(text, 600)}`),
    ...(rows === undefined ? [] : rowLines(rows)),
  ];
}

/** That rows come out the same is said of draws that were made again only, and of the population only as far as it was read. */
function resultInWords({ result, lines, rows }: Replay): string {
  if (result === "different") return "DIFFERENT";
  if (result === "unknown") return "cannot be drawn again from this pack";
  const count = (what: string) => lines.filter((line) => line.what === what).length;
  const [draws, picks] = [count("draw"), count("pick")];
  const drawn =
    draws > 0
      ? `${draws === 1 ? "its draw" : `its ${draws} draws`} made again: the same rows come out`
      : picks > 0
        ? "rows were picked by hand and none was drawn, so nothing could be drawn again"
        : "nothing was drawn from it, so nothing could be drawn again";
  if (rows === undefined) return drawn;
  const of = rows.same + rows.elsewhere + rows.differ.length;
  return `${drawn}; ${rows.same} of ${of} rows of the population read again`;
}

function rowLines({ same, byFile, elsewhere, notRead, unlike, neverRead, differ, lacking }: RowsAgain): string[] {
  const of = same + elsewhere + differ.length;
  const named = (names: readonly string[], count: number) =>
    `${names.map((row) => clean(row, 200)).join(", ")}${count > names.length ? " …" : ""}`;
  const read =
    same + differ.length === 0
      ? [`0 of ${of} read again: whether the evidence says what they say, this pack does not show`]
      : [
          `${same} of ${of} read again from evidence in the pack and the same${byFile === 0 ? "" : `, ${byFile} of them from the same file as another record brought it`}${differ.length === 0 ? "" : `; ${differ.length} not the same`}`,
        ];
  const why = neverRead
    ? "what they say follows from many records of the log, and is read where the log is kept"
    : `${elsewhere === 1 ? "its" : "their"} evidence, or the words of the records that make ${elsewhere === 1 ? "it" : "them"}, are outside this pack`;
  return [
    ...(of === 0 ? [] : read),
    ...(elsewhere > 0 ? [`${elsewhere} not read again: ${why}: ${named(notRead, elsewhere)}`] : []),
    ...(unlike.length > 0
      ? [
          `of these, the same file as another record brought it reads otherwise, so look at it: ${named(unlike, unlike.length)}`,
        ]
      : []),
    ...(differ.length > 0 ? [`the evidence says something else of ${named(differ, differ.length)}`] : []),
    ...(lacking.length > 0 ? [`of the period and not in the population: ${named(lacking, lacking.length)}`] : []),
  ].map((line) => `  rows: ${line}`);
}
