import { type Block, type Cell, type Column, cell, type Line, line } from "./blocks.ts";
import type { EvidenceRow } from "./evidence-shape.ts";
import { groupedBy, sortedBy } from "./order.ts";
import type { ReportModel } from "./shape.ts";
import { count, localSpan, plural, type Wording } from "./words.ts";

/** The last pages: plain words, and every evidence file with its full digest, a line each. */

export const INDEX_TITLE = "Evidence index";

/** The digest sets the width: it is copied out whole, so it is never broken. */
const COLUMNS: readonly Column[] = [
  { title: "Record", share: 42 },
  { title: "Covers", share: 75 },
  { title: "Collected at (UTC)", share: 74 },
  { title: "Bytes", share: 34, align: "right" },
  { title: "SHA-256", share: 272 },
];

/** What a reader must know about a file: late, masked. */
export function marks(row: EvidenceRow): Line[] {
  return [
    ...(row.late ? [line("collected late", "bold")] : []),
    ...(row.keptFor === null ? [] : [line(`asked for later, because of incident ${row.keptFor}`)]),
    ...(row.masked > 0 ? [line(`secrets or names masked in ${plural(row.masked, "place")}`)] : []),
  ];
}

/** The same in a narrow column. */
function shortMarks({ late, keptFor, masked }: EvidenceRow): Line[] {
  return [
    ...(late ? [line("late", "bold")] : []),
    ...(keptFor === null ? [] : [line(`for ${keptFor}`)]),
    ...(masked > 0 ? [line(`${count(masked)} masked`)] : []),
  ];
}

/** `27 Nov to 3 Dec 2025`: a year that both days share is said once. */
const shortSpan = (span: string): string => span.replace(/^(\d+ \w+) (\d{4}) to (\d+ \w+ \2)$/, "$1 to $3");

function fileCells(row: EvidenceRow, zone: string): Cell[] {
  const { firstEntry, lastEntry, covers, lastCollected, size, digest, captures } = row;
  return [
    cell(firstEntry === lastEntry ? firstEntry : `${firstEntry} … ${lastEntry}`),
    [
      ...cell(covers === null ? null : shortSpan(localSpan(covers, zone))),
      ...shortMarks(row),
      ...(captures > 1 ? [line(`${count(captures)} times`)] : []),
    ],
    cell(lastCollected.replace("T", " ").replace(/\.\d+Z$/, "Z")),
    cell(count(size)),
    [{ text: digest, style: "mono", whole: true }],
  ];
}

/** The files of one collector, those of one origin together. */
function collectorBlocks(rows: readonly EvidenceRow[], zone: string): Block[] {
  const [{ instance, use }] = rows as [EvidenceRow];
  const origins = [...groupedBy(rows, ({ origin }) => origin)];
  return [
    { kind: "heading", level: 2, text: `${instance} (${use}): ${plural(rows.length, "distinct content")}` },
    {
      kind: "table",
      dense: true,
      columns: COLUMNS,
      rows: origins.flatMap(([origin, files]) => [
        [[line(origin, "bold")]],
        ...files.map((file) => fileCells(file, zone)),
      ]),
    },
  ];
}

/** Plain words, and every evidence file with its full digest. */
export function appendixPart(model: ReportModel, wording: Wording): Block[] {
  const { evidence } = model;
  const zone = model.organisation.zone;
  const byCollector = groupedBy(evidence, ({ instance, use }) => JSON.stringify([instance, use]));
  const groups = sortedBy(
    [...byCollector.values()].map((rows) => ({
      rows: sortedBy(
        rows,
        ({ origin }) => origin,
        ({ firstEntry }) => firstEntry,
        ({ digest }) => digest,
      ),
      name: `${rows[0]?.instance ?? ""} ${rows[0]?.use ?? ""}`,
    })),
    ({ name }) => name,
  );
  return [
    { kind: "heading", level: 1, text: "Glossary" },
    { kind: "pairs", small: true, rows: wording.glossary.map((g) => ({ label: g.term, cell: [line(g.meaning)] })) },
    { kind: "heading", level: 1, text: INDEX_TITLE },
    {
      kind: "paragraph",
      text: evidence.length === 0 ? "No evidence file belongs to the period." : wording.indexIntro,
    },
    ...groups.flatMap(({ rows }) => collectorBlocks(rows, zone)),
  ];
}
