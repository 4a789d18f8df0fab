import { type Block, type Cell, type Column, cell, line } from "./blocks.ts";
import { RESULT_MARKS } from "./part-cover.ts";
import type { ControlReport, EvidenceRow, ReportModel, RequirementRow } from "./shape.ts";
import { count, entryList, localSpan, localTime, momentCell, plural, type Wording } from "./words.ts";

/** Failing records printed beside a requirement; how many there are is always said. */
const FAILING_SHOWN = 12;

/** IDs of slots carry their start in UTC; on paper it stands by the organisation's clock. */
function readableId(id: string, zone: string): string {
  return id.replace(/@(\d{4}-\d\d-\d\dT[\d:.]+Z)$/, (_, at: string) => ` ${localTime(at, zone)}`);
}

function requirementRow(row: RequirementRow, zone: string, wording: Wording): readonly Cell[] {
  const failing = row.failing
    .slice(0, FAILING_SHOWN)
    .map((f) => {
      const cause = f.cause === null ? "" : ` (${wording.reasons[f.cause] ?? f.cause})`;
      return f.what === "" ? readableId(f.id, zone) : `${readableId(f.id, zone)}: ${f.what}${cause}`;
    })
    .join("; ");
  const more =
    row.failing.length > FAILING_SHOWN
      ? `; and ${count(row.failing.length - FAILING_SHOWN)} more of ${count(row.failing.length)}`
      : "";
  const reason = [
    ...(row.reason === null ? [] : [line(row.reason)]),
    ...(failing === "" ? [] : [line(`Concerns ${failing}${more}`, "muted")]),
  ];
  return [
    [line(row.text), line(`${wording.bases[row.basis] ?? row.basis}: ${row.note}`, "muted"), line(row.id, "muted")],
    [{ text: wording.results[row.result].word, style: "bold", mark: RESULT_MARKS[row.result] }],
    cell(row.met === null || row.of === null ? null : `${count(row.met)} of ${count(row.of)}`),
    reason.length === 0 ? cell(null) : reason,
    cell(entryList(row.entries)),
  ];
}

const EVIDENCE_COLUMNS: readonly Column[] = [
  { title: "Origin", share: 28 },
  { title: "Collector", share: 13 },
  { title: "Covers", share: 18 },
  { title: "Collected at", share: 22.5 },
  { title: "Record", share: 11 },
  { title: "SHA-256", share: 18 },
];

function recordCell(row: EvidenceRow): Cell {
  if (row.firstEntry === row.lastEntry) return cell(row.firstEntry);
  return [line(`${row.firstEntry} … ${row.lastEntry}`), line(`${count(row.captures)} times`, "muted")];
}

function evidenceRow(row: EvidenceRow, zone: string): readonly Cell[] {
  return [
    [line(row.origin), ...marks(row)],
    cell(row.instance),
    cell(row.covers === null ? null : localSpan(row.covers, zone)),
    momentCell(row.lastCollected, zone),
    recordCell(row),
    [line(`${row.digest.slice(0, 16)}…`, "mono")],
  ];
}

/** What a reader must know about a file: late, masked. */
export function marks(row: EvidenceRow): Cell {
  return [
    ...(row.late ? [line("collected late", "bold")] : []),
    ...(row.masked > 0 ? [line(`secrets or names masked in ${plural(row.masked, "place")}`, "muted")] : []),
  ];
}

function controlBlocks(control: ControlReport, model: ReportModel, wording: Wording): Block[] {
  const zone = model.organisation.zone;
  const counts = Object.entries(control.results)
    .filter(([, n]) => n > 0)
    .map(([result, n]) => `${count(n)} ${wording.results[result as keyof typeof wording.results].word}`);
  const evidence: Block[] =
    control.evidence.length === 0
      ? [{ kind: "paragraph", text: "No evidence file of the period feeds this control." }]
      : [
          {
            kind: "paragraph",
            text: `${plural(control.files, "capture")} with ${plural(control.distinct, "distinct content")}, from ${control.instances.join(", ")}.${control.distinct > control.evidence.length ? ` The newest ${count(control.evidence.length)} are below; all are in the evidence index.` : ""}`,
          },
          {
            kind: "table",
            small: true,
            columns: EVIDENCE_COLUMNS,
            rows: control.evidence.map((row) => evidenceRow(row, zone)),
          },
        ];
  return [
    { kind: "part", layout: "portrait" },
    { kind: "heading", level: 2, text: `${control.id} ${control.title}` },
    {
      kind: "pairs",
      rows: [
        { label: "Asks for", cell: [line(control.asks)] },
        {
          label: "Machine results",
          cell: [line(`${counts.join(", ")}; ${plural(control.requirements.length, "requirement")}`, "bold")],
        },
      ],
    },
    { kind: "heading", level: 3, text: "Requirements" },
    {
      kind: "table",
      small: true,
      columns: [
        { title: "Requirement and its basis", share: 38 },
        { title: "Machine result", share: 19 },
        { title: "n of N", share: 10 },
        { title: "Why", share: 38 },
        { title: "Records", share: 11 },
      ],
      rows: control.requirements.map((row) => requirementRow(row, zone, wording)),
    },
    // Before the evidence, which is long as a rule: behind it the boxes would often stand alone on a page.
    { kind: "boxes", titles: ["Management's comment", "Auditor's conclusion (left blank by the machine)"], height: 66 },
    { kind: "heading", level: 3, text: "Evidence" },
    ...evidence,
  ];
}

/** Control by control. */
export function controlsPart(model: ReportModel, wording: Wording): Block[] {
  return [
    { kind: "part", layout: "portrait" },
    { kind: "heading", level: 1, text: "Controls" },
    { kind: "paragraph", text: wording.controlsIntro },
    ...(model.controls.length === 0
      ? [{ kind: "paragraph", text: "No catalogue of controls is in force." } as const]
      : []),
    ...model.controls.flatMap((control, i) =>
      i === 0 ? controlBlocks(control, model, wording).slice(1) : controlBlocks(control, model, wording),
    ),
  ];
}
