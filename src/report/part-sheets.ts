import type { Block } from "./blocks.ts";
import { sheetBlocks } from "./part-sheet.ts";
import { briefBlocks } from "./part-sheets-brief.ts";
import { remarksOf } from "./remarks.ts";
import type { ReportModel } from "./shape.ts";
import { count, fill, type Wording } from "./words.ts";

/** Sheets printed; all are in the model. */
export const SHEETS_PRINTED = 40;

/** Single incidents from beginning to end. */
export function sheetsPart(model: ReportModel, wording: Wording): Block[] {
  const { rows, incidents } = model.sheets;
  const heading = { kind: "heading", level: 1, text: "Incident sheets" } as const;
  const remarks = remarksOf(model, wording);
  // Without whole sheets a line is enough, and one for each of the others.
  if (rows.length === 0)
    return [heading, { kind: "paragraph", text: noneText(model, wording) }, ...briefBlocks(model, remarks, wording)];
  const printed = rows.slice(0, SHEETS_PRINTED);
  const rest = rows.slice(SHEETS_PRINTED);
  const ids = rest.map(({ id }) => id);
  return [
    heading,
    { kind: "paragraph", text: fill(wording.cases.sheetsIntro, { n: count(rows.length), of: count(incidents) }) },
    { kind: "paragraph", text: wording.cases.timelineNote, style: "muted" },
    ...(rest.length === 0
      ? []
      : [
          {
            kind: "paragraph" as const,
            text: fill(wording.cases.sheetsMore, { n: count(rest.length), ids: ids.join(", ") }),
          },
        ]),
    ...printed.flatMap((sheet) => sheetBlocks(sheet, model, remarks, wording)),
    ...briefBlocks(model, remarks, wording),
  ];
}

const noneText = ({ sheets: { incidents }, rules }: ReportModel, { cases }: Wording): string =>
  incidents === 0
    ? cases.sheetsNone
    : fill(rules.versions.length === 0 ? cases.sheetsNoRules : cases.sheetsNoneChosen, { of: count(incidents) });
