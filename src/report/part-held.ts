import { type Block, type Cell, cell, line } from "./blocks.ts";
import { timeCell } from "./case-cells.ts";
import { doerInWords } from "./doer.ts";
import type { HeldRow } from "./learning-shape.ts";
import { muted, tableOf } from "./rows.ts";
import type { ReportModel } from "./shape.ts";
import type { Wording } from "./words.ts";

/** Exercises, trainings and reviews of other things than incidents. */
export function heldBlocks({ learning, organisation: { zone } }: ReportModel, wording: Wording): Block[] {
  const words = wording.account.learning;
  const kinds = new Set(learning.held.map(({ type }) => type));
  const rows = [...learning.held, ...learning.heldBefore.filter(({ type }) => !kinds.has(type))];
  const before = new Set(learning.heldBefore);
  const head = { kind: "heading", level: 2, text: "Exercises, trainings and other reviews" } as const;
  if (rows.length === 0) return [head, { kind: "paragraph", text: words.heldNone }];
  return [
    head,
    { kind: "paragraph", text: words.heldIntro },
    ...tableOf(
      [
        { title: "What", share: 30 },
        { title: "Held", share: 18 },
        { title: "Participants", share: 22 },
        { title: "Shown by", share: 22 },
        { title: "Recorded, approved by", share: 26 },
        { title: "Actions", share: 13 },
        { title: "Record", share: 9 },
      ],
      rows,
      (row) => heldCells(row, before.has(row), zone),
      wording,
    ),
  ];
}

function heldCells(row: HeldRow, isBefore: boolean, zone: string): readonly Cell[] {
  const { held, approval: approved, withdrawn } = row;
  return [
    [
      line(`${row.id}: ${row.type.replaceAll("-", " ")}`, "bold"),
      line(row.title),
      ...muted(row.values.map(({ name, value }) => `${name}: ${value}`).join("; ")),
    ],
    [
      ...timeCell(held, zone),
      ...(isBefore ? [line("before the period", "bold")] : []),
      ...(withdrawn === null ? [] : [line(`withdrawn by record ${withdrawn.entry}`, "bold")]),
    ],
    cell(row.participants.join(", ")),
    row.evidence.length === 0
      ? cell("nothing but the record")
      : row.evidence.map((digest) => line(`${digest.slice(0, 16)}…`, "mono")),
    [
      line(doerInWords(held.by)),
      ...muted(
        approved === null ? "not approved" : `approved by ${doerInWords(approved.by)}, record ${approved.entry}`,
      ),
    ],
    cell(row.actions.join(", ")),
    cell(held.entry),
  ];
}
