import { type Block, type Cell, cell, line } from "./blocks.ts";
import { lengthText } from "./case-cells.ts";
import type { NoticeTimes, UnnoticedRow } from "./performance-shape.ts";
import { tableOf } from "./rows.ts";
import type { ReportModel } from "./shape.ts";
import { count, localTime, type Wording } from "./words.ts";

/** How long incidents went on before they were noticed: figures, and every incident that Custody opened itself by its name. */
export function unnoticedBlocks(model: ReportModel, wording: Wording): Block[] {
  const { people, custody, rows } = model.performance.unnoticed;
  const zone = model.organisation.zone;
  return [
    { kind: "heading", level: 2, text: "How long it went on before it was noticed" },
    { kind: "paragraph", text: wording.performance.unnoticed },
    {
      kind: "table",
      small: true,
      columns: [
        { title: "Incidents", share: 34 },
        { title: "n", share: 8, align: "right" },
        { title: "Median", share: 18 },
        { title: "9 of 10", share: 18 },
        { title: "Longest", share: 28 },
        { title: "Not counted", share: 36 },
      ],
      rows: [
        timesRow("of people and their sources", people),
        ...(rows.length === 0 ? [] : [timesRow("opened by Custody itself, for gaps", custody)]),
      ],
    },
    ...(rows.length === 0
      ? []
      : tableOf(
          [
            { title: "Opened by Custody", share: 30 },
            { title: "Began", share: 24 },
            { title: "Noticed", share: 24 },
            { title: "Unnoticed for", share: 20 },
            { title: "Responded to, counted from when it was noticed", share: 30 },
            { title: "Record", share: 10 },
          ],
          rows,
          (row) => [
            [line(row.id, "bold")],
            cell(row.began === null ? "not known; when it was noticed at the latest" : localTime(row.began, zone)),
            cell(row.noticed === null ? null : localTime(row.noticed, zone)),
            cell(row.took === null ? null : lengthText(row.took)),
            cell(respondedText(row)),
            cell(row.entry),
          ],
          wording,
        )),
  ];
}

function timesRow(whose: string, { n, median, p90, worst, worstId, inexact, unknown, invalid }: NoticeTimes): Cell[] {
  const left = (
    [
      [inexact, "known too inexactly"],
      [unknown, "without both times"],
      [invalid, "noticed before it began"],
    ] as const
  ).flatMap(([some, words]) => (some > 0 ? [line(`${count(some)} ${words}`)] : []));
  return [
    [line(whose, "bold")],
    cell(count(n)),
    cell(lengthText(median)),
    cell(lengthText(p90)),
    [line(lengthText(worst)), ...(worstId === null ? [] : [line(worstId, "muted")])],
    left.length === 0 ? cell(null) : left,
  ];
}

function respondedText({ atOnce, responded, over }: UnnoticedRow): string {
  if (atOnce) return "in the moment in which it was noticed: one deed, which is no length";
  if (responded !== null) return `after ${lengthText(responded)}`;
  return over ? "no time recorded" : "not yet";
}
