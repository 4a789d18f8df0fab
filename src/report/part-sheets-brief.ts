import { type Block, type Cell, cell, type Line, line } from "./blocks.ts";
import { lengthText, sourceCell } from "./case-cells.ts";
import { severityCell, timesLine } from "./part-incidents.ts";
import { alike } from "./part-sheet-clocks.ts";
import type { Remarks } from "./remarks.ts";
import { resultCell } from "./result-cell.ts";
import { moreBlocks } from "./rows.ts";
import type { ReportModel } from "./shape.ts";
import type { BriefSheet, SheetClock } from "./sheets-shape.ts";
import { entryList, type Wording } from "./words.ts";

/** Incidents without a whole sheet: their times, what came of each clock, and their records. */

/** Printed whatever came of them; of the others only those of which something failed. */
const PRINTED = 150;

export function briefBlocks(model: ReportModel, remarks: Remarks, wording: Wording): Block[] {
  const { brief } = model.sheets;
  if (brief.length === 0) return [];
  const shown = brief.filter(({ clocks }, i) => i < PRINTED || clocks.some(({ word }) => word === "not_met"));
  return [
    { kind: "heading", level: 2, text: "The other incidents, in a few lines each" },
    { kind: "paragraph", text: wording.cases.briefIntro },
    {
      kind: "table",
      small: true,
      columns: [
        { title: "Incident, and below its times and records", share: 44 },
        { title: "Severity, state", share: 20 },
        { title: "What was due, and what came of it", share: 76 },
      ],
      rows: shown.flatMap((one) => briefRows(one, model, remarks, wording)),
    },
    ...moreBlocks(brief.length - shown.length, wording),
  ];
}

function briefRows(one: BriefSheet, model: ReportModel, remarks: Remarks, wording: Wording): (readonly Cell[])[] {
  const { zone } = model.organisation;
  const { rows, byCustody, undated } = model.incidents;
  const row = [...rows, ...byCustody, ...undated].find(
    ({ id, instance, place }) => id === one.id && instance === one.told.instance && place === one.place,
  );
  const source = sourceCell(one.told).map(({ text }) => text);
  return [
    [
      [
        line(one.id, "bold"),
        line(one.title),
        line([...source, ...(one.byCustody ? ["opened by Custody"] : [])].join(", "), "muted"),
      ],
      row === undefined ? cell(null) : severityCell(row),
      one.clocks.length === 0
        ? cell(one.policy === null ? wording.cases.noPolicy : wording.cases.noClocks)
        : alike(one.clocks).flatMap((clock) => clockLines(clock, remarks, wording)),
    ],
    [[...(row === undefined ? [] : [line(timesLine(row, zone))]), line(`Records: ${entryList(one.entries)}`, "muted")]],
  ];
}

function clockLines(
  { name, target, due, took, ended, word, what }: SheetClock,
  remarks: Remarks,
  wording: Wording,
): Line[] {
  const facts = [
    ...(target === null ? [] : [target]),
    ...(due === null ? [] : [`due ${due.replace("T", " ").replace(/\.\d+Z$/, "Z")}`]),
    ...(took === null || word === "no_data" ? [] : [`${lengthText(took)}${ended ? "" : " so far"}`]),
  ];
  const head = resultCell(word, wording).map((one) => ({
    ...one,
    style: undefined,
    text: `${name}: ${one.text}${facts.length === 0 ? "" : ` (${facts.join(", ")})`}`,
  }));
  return [...head, ...(word === "met" ? [] : [line(remarks.short(what), "muted")])];
}
