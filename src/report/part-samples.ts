import { type Block, type Cell, cell, line } from "./blocks.ts";
import { NOBODY_CHECKED } from "./doer.ts";
import type { ByRow, SampleRow } from "./populations-shape.ts";
import { tableOf } from "./rows.ts";
import type { ReportModel } from "./shape.ts";
import { count, localSpan, moment, plural, type Wording } from "./words.ts";

/** Samples, with everything that is needed to draw them again. */

/** Rows of one choice printed; one record names 256 at most, and all are in the JSON. */
const ROWS_SHOWN = 100;
/** Marked rows printed for each sample. */
const MARKS_SHOWN = 60;

export function sampleBlocks(model: ReportModel, wording: Wording): Block[] {
  const { samples, sampleTroubles } = model.populations;
  const zone = model.organisation.zone;
  return [
    { kind: "heading", level: 2, text: "Samples" },
    { kind: "paragraph", text: wording.populations.everything },
    ...(samples.length === 0
      ? [{ kind: "paragraph", text: wording.populations.noSamples } as const]
      : [{ kind: "paragraph", text: wording.populations.replay } as const]),
    ...samples.flatMap((sample) => oneSample(sample, zone, wording)),
    ...(sampleTroubles.length === 0
      ? []
      : [
          { kind: "heading", level: 3, text: "Records about samples that do not fit, and count for nothing" } as const,
          {
            kind: "list",
            ordered: false,
            items: sampleTroubles.map(({ entry, id, text }) => ({ text: `${id}, record ${entry}: ${text}` })),
          } as const,
        ]),
  ];
}

const who = ({ by, proven }: ByRow): string => `${by}${proven ? "" : ` (${NOBODY_CHECKED})`}`;

function oneSample(sample: SampleRow, zone: string, wording: Wording): Block[] {
  const { id, of, window, sources, frozen, population, seen, picks, draws, marks, unmarked, replay } = sample;
  const about = of ?? "a population whose text is gone";
  const flagged = marks.filter(({ result }) => result === "flagged").length;
  return [
    {
      kind: "heading",
      level: 3,
      text: `${id}: ${about}${window === null ? "" : `, ${localSpan(window, zone)}`}`,
      room: 120,
    },
    {
      kind: "pairs",
      rows: [
        {
          label: "Population",
          cell: [
            line(`${plural(population.rows, "row")}${sources.length === 0 ? "" : `, of ${sources.join(", ")} only`}`),
            line(`SHA-256 ${population.digest}`, "mono"),
            line(`as the log of ${count(seen.size)} records shows it, root ${seen.root}`, "muted"),
          ],
        },
        {
          label: "Frozen",
          cell: [line(`record ${frozen.entry}, by ${who(frozen)}`), line(moment(frozen.at, zone), "muted")],
        },
        ...picks.map((pick) => ({
          label: "Picked by hand",
          cell: [
            line(
              `${plural(pick.rows.length, "row")}, record ${pick.entry}, by ${who(pick)}: ${pick.reason ?? "the reason is gone"}`,
            ),
            rowsLine(pick.rows),
          ],
        })),
        ...draws.map((draw) => ({
          label: "Drawn",
          cell: [
            line(
              `${plural(draw.rows.length, "row")} of ${count(draw.asked)} asked for, record ${draw.entry}, by ${who(draw)}`,
            ),
            line(`Fingerprint: ${draw.seed.size}:${draw.seed.root}`, "mono"),
            line(draw.words === null ? "The auditor's words are gone" : `The auditor's words: ${draw.words}`),
            rowsLine(draw.rows),
          ],
        })),
        ...(picks.length + draws.length === 0 ? [{ label: "Chosen", cell: cell("0 rows so far") }] : []),
        {
          label: "Looked at",
          cell: cell(
            `${plural(marks.length, "row")} marked, ${count(flagged)} of them flagged; ${count(unmarked)} chosen and not marked`,
          ),
        },
        ...(replay === null ? [] : [{ label: "Drawn again", cell: replayCell(replay, draws.length > 0, wording) }]),
      ],
    },
    ...(marks.length === 0
      ? []
      : tableOf(
          [
            { title: "Row", share: 34 },
            { title: "Marked", share: 16 },
            { title: "Note", share: 40 },
            { title: "By", share: 22 },
            { title: "Record", share: 10 },
          ],
          marks,
          (mark) => [
            cell(mark.row),
            [{ text: mark.result, style: "bold", mark: MARKS[mark.result] }],
            cell(mark.note),
            cell(who(mark)),
            cell(mark.entry),
          ],
          wording,
          { most: MARKS_SHOWN },
        )),
  ];
}

const MARKS = { accepted: "good", flagged: "bad", "not-applicable": "open" } as const;

function rowsLine(rows: readonly string[]) {
  const shown = rows.slice(0, ROWS_SHOWN);
  const more = rows.length - shown.length;
  return line(`${shown.join(", ")}${more > 0 ? `, and ${count(more)} more in the JSON form of this report` : ""}`);
}

function replayCell({ result, lines }: NonNullable<SampleRow["replay"]>, drawn: boolean, wording: Wording): Cell {
  const mark = { same: "good", different: "bad", unknown: "unsure" } as const;
  return [
    // Where nothing was drawn, no rows came out again.
    result === "same" && !drawn
      ? { text: wording.populations.replayed.undrawn, style: "bold" }
      : { text: wording.populations.replayed[result], style: "bold", mark: mark[result] },
    ...lines.map((text) => line(text, "muted")),
  ];
}
