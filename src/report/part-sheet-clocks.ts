import { type Block, type Cell, cell, line } from "./blocks.ts";
import { lengthText, policyText } from "./case-cells.ts";
import type { PolicyUse } from "./incidents-shape.ts";
import { groupedBy } from "./order.ts";
import type { Remarks } from "./remarks.ts";
import { resultCell } from "./result-cell.ts";
import type { IncidentSheet, SheetClock } from "./sheets-shape.ts";
import { limitCell, type Wording } from "./words.ts";

/** What was due for one incident, and what came of it. */

export function clockBlocks(
  { clocks, policy }: IncidentSheet,
  remarks: Remarks,
  zone: string,
  wording: Wording,
): Block[] {
  const head: Block = { kind: "heading", level: 3, text: "Clocks: what was due, and what came of it" };
  const none = policy === null ? wording.cases.noPolicy : wording.cases.noClocks;
  if (clocks.length === 0) return [head, { kind: "paragraph", text: none }];
  return [
    head,
    ...(policy === null ? [{ kind: "paragraph" as const, text: wording.cases.noPolicy }] : []),
    {
      kind: "table",
      small: true,
      columns: [
        { title: "Clock", share: 32 },
        { title: "Machine result", share: 18 },
        { title: "Due", share: 23 },
        { title: "Took", share: 16 },
        { title: "How it was counted", share: 48 },
      ],
      rows: alike(clocks).map((clock) => clockCells(clock, policy, remarks, zone, wording)),
    },
  ];
}

/** Duties that stand alike for the same reason are one row: which article each is of, its name says. */
export function alike(clocks: readonly SheetClock[]): SheetClock[] {
  const reasonOf = ({ what }: SheetClock) => what.replace(/ \([A-Z][A-Za-z0-9 ]* Art\. [^\s;]+\)/g, "");
  const groups = groupedBy(clocks, (clock) =>
    clock.basis === "policy" || clock.due !== null || clock.took !== null
      ? JSON.stringify(clock)
      : JSON.stringify([clock.basis, clock.word, reasonOf(clock), clock.policy]),
  );
  return [...groups.values()].map((same) => {
    const [first] = same as [SheetClock];
    if (same.length === 1) return first;
    return { ...first, name: same.map(({ name }) => name).join(", "), target: null, what: reasonOf(first) };
  });
}

function clockCells(
  clock: SheetClock,
  of: PolicyUse | null,
  remarks: Remarks,
  zone: string,
  wording: Wording,
): readonly Cell[] {
  const other = clock.policy !== null && clock.policy.entry !== of?.entry && clock.basis === "policy";
  return [
    [
      line(clock.name, "bold"),
      line(
        [clock.basis === "policy" ? "the rules" : clock.basis, clock.level, clock.target]
          .filter((x) => x !== null)
          .join(", "),
        "muted",
      ),
    ],
    resultCell(clock.word, wording),
    limitCell(clock.due, zone),
    clock.took === null || clock.word === "no_data"
      ? cell(null)
      : [line(lengthText(clock.took)), ...(clock.ended ? [] : [line("so far", "muted")])],
    [line(remarks.short(clock.what)), ...(other ? [line(`by ${policyText(clock.policy)}`, "muted")] : [])],
  ];
}
