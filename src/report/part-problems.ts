import { type Block, cell, line, mono } from "./blocks.ts";
import type { ProblemRow } from "./evidence-shape.ts";
import { marks } from "./part-index.ts";
import type { ReportModel } from "./shape.ts";
import { localSpan, moment, momentCell, plural, type Wording } from "./words.ts";

const mendedText = ({ mendedBy }: ProblemRow): string =>
  `mended since${mendedBy === null ? "" : ` record ${mendedBy}`}: a later look shows it no more`;

/** What people should mend, and what did not come in the ordinary way. */
export function problemsPart(model: ReportModel, wording: Wording): Block[] {
  const zone = model.organisation.zone;
  const blocks: Block[] = [
    { kind: "heading", level: 1, text: "Problems found in the sources" },
    { kind: "paragraph", text: model.problems.length === 0 ? wording.problemsNone : wording.problemsIntro },
  ];
  if (model.problems.length > 0) {
    blocks.push({
      kind: "table",
      small: true,
      columns: [
        { title: "Where", share: 34 },
        { title: "What, and what to do", share: 50 },
        { title: "Source", share: 14 },
        { title: "Records", share: 12 },
      ],
      rows: model.problems.map((p) => [
        cell(p.where),
        p.mended ? [line(p.message), line(mendedText(p), "muted")] : cell(p.message),
        cell(p.instance),
        cell(p.firstEntry === p.lastEntry ? p.firstEntry : `${p.firstEntry} … ${p.lastEntry}`),
      ]),
    });
  }
  blocks.push({ kind: "heading", level: 1, text: "Imported and handed in" });
  blocks.push({ kind: "paragraph", text: model.imported.length === 0 ? wording.importedNone : wording.importedIntro });
  if (model.imported.length > 0) {
    blocks.push({
      kind: "table",
      small: true,
      columns: [
        { title: "Origin", share: 32 },
        { title: "Collector", share: 16 },
        { title: "Covers", share: 26 },
        { title: "Taken over", share: 24 },
        { title: "Record", share: 10 },
        { title: "SHA-256", share: 18 },
      ],
      rows: model.imported.map((row) => [
        [line(row.origin), ...marks(row)],
        cell(row.instance),
        cell(row.covers === null ? null : localSpan(row.covers, zone)),
        momentCell(row.lastCollected, zone),
        cell(row.firstEntry),
        [line(`${row.digest.slice(0, 16)}…`, "mono")],
      ]),
    });
  }
  if (model.attached.length > 0) {
    blocks.push({ kind: "heading", level: 3, text: "Files that people added to what they recorded" });
    blocks.push({
      kind: "table",
      small: true,
      columns: [
        { title: "Recorded", share: 24 },
        { title: "Record", share: 12 },
        { title: "With", share: 30 },
        { title: "File", share: 30 },
        { title: "SHA-256", share: 24 },
      ],
      rows: model.attached.map((row) => [
        momentCell(row.at, zone),
        cell(row.entry),
        cell(row.about === null ? row.kind : `${row.kind} ${row.about}`),
        [line(plural(row.size, "byte")), line(row.mediaType, "muted")],
        [line(`${row.digest.slice(0, 16)}…`, "mono")],
      ]),
    });
  }
  if (model.uploads.length === 0 && model.attached.length === 0)
    blocks.push({ kind: "paragraph", text: wording.uploadsNone });
  for (const upload of model.uploads) {
    blocks.push({ kind: "heading", level: 3, text: `Record ${upload.entry}, handed in ${moment(upload.at, zone)}` });
    blocks.push({
      kind: "pairs",
      rows: [
        { label: "By", cell: cell(upload.by) },
        {
          label: "For",
          cell: cell(
            [...upload.controls, ...(upload.incident === null ? [] : [`incident ${upload.incident}`])].join(", "),
          ),
        },
        { label: "Because", cell: cell(upload.reason) },
        {
          label: "Captured, as said",
          cell: cell(upload.captured === null ? "not said" : moment(upload.captured, zone)),
        },
        ...upload.files.map((f) => ({
          label: "File",
          cell: [line(`${f.name} (${plural(f.size, "byte")})`), ...mono(f.digest)],
        })),
      ],
    });
  }
  return blocks;
}
