import { type Block, type Cell, cell, line } from "./blocks.ts";
import { narrowTime, sourceCell } from "./case-cells.ts";
import { titledTable } from "./rows.ts";
import type { IncidentSheet } from "./sheets-shape.ts";
import { count, limitCell, localLimit, localTime, momentCell, plural, type Wording } from "./words.ts";

/** What stands beside an incident: steps, reviews, evidence, links, what was accepted, and its closing. */

export function besideBlocks(sheet: IncidentSheet, zone: string, wording: Wording): Block[] {
  return [
    ...titledTable(
      "Actions",
      [
        { title: "Action", share: 42 },
        { title: "Owner", share: 18 },
        { title: "Due", share: 24 },
        { title: "Done", share: 24 },
        { title: "Effect", share: 20 },
        { title: "Record", share: 11 },
      ],
      sheet.actions,
      (row) => [
        [line(row.id, "bold"), line(row.title), ...(row.type === null ? [] : [line(row.type, "muted")])],
        cell(row.owner ?? "no owner"),
        [
          ...limitCell(row.due, zone),
          ...(row.replanned === null ? [] : [line(`set anew: ${localLimit(row.replanned, zone)}`, "muted")]),
        ],
        doneCell(row, zone),
        [
          line(row.result ?? "not checked"),
          ...(row.verified === null ? [] : [line(localTime(row.verified, zone), "muted")]),
          line(plural(row.files, "file"), "muted"),
        ],
        cell(row.entry),
      ],
      wording,
    ),
    ...titledTable(
      "Reviews",
      [
        { title: "Review", share: 46 },
        { title: "Dated", share: 24 },
        { title: "Approved", share: 24 },
        { title: "By", share: 22 },
        { title: "Source", share: 22 },
      ],
      sheet.reviews,
      (row) => [
        [
          line(row.id, "bold"),
          line(row.title),
          ...(row.empty.length > 0 ? [line(`empty: ${row.empty.join(", ")}`, "muted")] : []),
        ],
        narrowTime({ at: row.date, precision: row.precision }, zone),
        row.approved === null
          ? cell(row.approvedBy === null ? "not approved" : "approved, no time recorded")
          : momentCell(row.approved, zone),
        [line(row.approvedBy ?? "–"), line(`written by ${row.author ?? "nobody named"}`, "muted")],
        sourceCell(row.told),
      ],
      wording,
    ),
    ...titledTable(
      "Evidence kept for it",
      [
        { title: "Item", share: 44 },
        { title: "Collected", share: 24 },
        { title: "Held by", share: 18 },
        { title: "SHA-256", share: 34 },
        { title: "Record", share: 11 },
      ],
      [
        ...sheet.evidence.map((row): readonly Cell[] => [
          [
            line(row.id, "bold"),
            line(row.title),
            ...(row.physical ? [line("physical thing", "muted")] : []),
            ...(row.holes > 0 ? [line(`${plural(row.holes, "hole")} in its chain of custody`, "bold")] : []),
          ],
          momentCell(row.collected, zone),
          cell(row.holder),
          row.digests.length === 0
            ? cell("no file")
            : row.digests.map((digest) => line(`${digest.slice(0, 16)}…`, "mono")),
          cell(row.entry),
        ]),
        ...sheet.uploads.map((row): readonly Cell[] => [
          [line(row.name), line("handed in", "muted")],
          cell(null),
          cell(null),
          [line(`${row.digest.slice(0, 16)}…`, "mono")],
          cell(row.entry),
        ]),
      ],
      (cells) => cells,
      wording,
    ),
    ...titledTable(
      "Links",
      [
        { title: "Relation", share: 18 },
        { title: "With", share: 62 },
        { title: "Why", share: 40 },
        { title: "Record", share: 11 },
      ],
      sheet.links,
      (row) => [cell(row.relation), cell(row.other), cell(row.reason), cell(row.entry)],
      wording,
    ),
    ...titledTable(
      "Failures of checks that somebody accepted for it",
      [
        { title: "Waiver", share: 22 },
        { title: "Requirement", share: 44 },
        { title: "Owner", share: 22 },
        { title: "Until", share: 30 },
        { title: "Record", share: 11 },
      ],
      sheet.waivers,
      (row) => [
        cell(row.id),
        cell(row.requirement),
        cell(row.owner),
        [
          ...momentCell(row.until, zone),
          ...(row.revoked === null ? [] : [line(`taken back by record ${row.revoked}`, "bold")]),
        ],
        cell(row.entry),
      ],
      wording,
    ),
    ...closingBlocks(sheet),
    ...(sheet.troubles.length === 0
      ? []
      : [
          { kind: "heading", level: 3, text: "Records of it that do not fit" } as const,
          {
            kind: "list",
            ordered: false,
            items: sheet.troubles.map(({ entry, text }) => ({ text: `record ${entry}: ${text}` })),
          } as const,
        ]),
  ];
}

function doneCell({ done, cancelled }: IncidentSheet["actions"][number], zone: string): Cell {
  if (done !== null) return momentCell(done, zone);
  if (cancelled !== null) return [line("cancelled"), line(localTime(cancelled, zone), "muted")];
  return cell("not done");
}

/** How it was closed, and what of the conditions of the rules does not hold as of this report. */
function closingBlocks({ closing }: IncidentSheet): Block[] {
  if (closing === null) return [];
  const { closed, needs, open } = closing;
  const waived = closed === null || closed.waived.length === 0 ? null : closed.waived.join(", ");
  const holding = needs.filter((need) => !open.some((one) => one.need === need));
  return [
    { kind: "heading", level: 3, text: "Closing" },
    {
      kind: "pairs",
      small: true,
      rows: [
        {
          label: "Closed by",
          cell: cell(closed === null ? "not closed" : `${closed.by}, record ${closed.entry}`),
        },
        ...(closed === null ? [] : [{ label: "In what state", cell: cell(closed.reason ?? "no reason recorded") }]),
        ...(waived === null
          ? []
          : [
              {
                label: "Closed although",
                cell: [line(`${waived} did not hold`, "bold"), line(closed?.waiver ?? "no reason recorded")],
              },
            ]),
        {
          label: "Conditions that hold",
          cell: cell(
            `${count(holding.length)} of ${count(needs.length)}${holding.length === 0 ? "" : `: ${holding.join(", ")}`}`,
          ),
        },
        {
          label: "That do not hold",
          cell: open.length === 0 ? cell("none") : open.map(({ need, text }) => line(`${need}: ${text}`)),
        },
      ],
    },
  ];
}
