import { type Block, type Cell, cell, line } from "./blocks.ts";
import type { HoldRow } from "./evidence-shape.ts";
import type { ReportModel } from "./shape.ts";
import { localSpan, momentCell, plural, type Wording } from "./words.ts";

/** The holds of the period in a table, or that there was none. */
export function holdBlocks({ holds, organisation }: ReportModel, wording: Wording): Block[] {
  const { zone } = organisation;
  const head = { kind: "heading", level: 2, text: "Kept from deletion (holds)" } as const;
  if (holds.length === 0) return [head, { kind: "paragraph", text: wording.holdsNone }];
  return [
    head,
    { kind: "paragraph", text: wording.holds },
    {
      kind: "table",
      small: true,
      columns: [
        { title: "Hold", share: 18 },
        { title: "Ordered and placed by", share: 22 },
        { title: "Since", share: 20 },
        { title: "Until", share: 20 },
        { title: "Covers", share: 34 },
      ],
      rows: holds.map((hold) => [
        [line(hold.id, "bold")],
        [line(hold.authority), line(hold.by, "muted")],
        [...momentCell(hold.since, zone), line(`record ${hold.entry}`, "muted")],
        hold.released === null
          ? cell("still in force")
          : [...momentCell(hold.released, zone), line(`record ${hold.releasedEntry ?? ""}`, "muted")],
        coversCell(hold, zone),
      ]),
    },
  ];
}

function coversCell({ instances, window, incident, digests }: HoldRow, zone: string): Cell {
  const lines = [
    ...(instances.length > 0 ? [line(`what ${instances.join(", ")} took in`)] : []),
    ...(window === null ? [] : [line(localSpan(window, zone))]),
    ...(incident === null ? [] : [line(`incident ${incident}`)]),
    ...(digests.length > 0 ? [line(`${plural(digests.length, "file")} by SHA-256`)] : []),
  ];
  return lines.length === 0 ? cell("everything") : lines;
}
