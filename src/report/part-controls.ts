import { type Block, type Cell, type Column, cell, line } from "./blocks.ts";
import { findingLines } from "./control-findings.ts";
import { CASE_WORDS, type CaseRow, type CaseWord, type ControlReport, type RequirementRow } from "./controls-shape.ts";
import { groupedBy } from "./order.ts";
import { INDEX_TITLE } from "./part-index.ts";
import { type Remarks, remarksOf } from "./remarks.ts";
import { resultCell } from "./result-cell.ts";
import type { ReportModel } from "./shape.ts";
import { count, entryList, localTime, localUntil, plural, type Wording } from "./words.ts";

/** Records told with their own words; of the others the names. */
const TOLD = 12;

/** IDs of slots carry their start in UTC; on paper it stands by the organisation's clock. */
export function readableId(id: string, zone: string): string {
  return id.replace(/@(\d{4}-\d\d-\d\dT[\d:.]+Z)$/, (_, at: string) => ` ${localTime(at, zone)}`);
}

/** The requirement with its result, and over the whole width why. */
function requirementRows(row: RequirementRow, remarks: Remarks, zone: string, wording: Wording): (readonly Cell[])[] {
  const why = [
    ...(row.reason === null ? [] : [line(remarks.short(row.reason))]),
    ...caseLines(row.cases?.rows ?? [], remarks, wording),
    ...failingLines(row, remarks, zone, wording),
    ...row.accepted.map(({ waiver, entry, owner, until, ids, n }) =>
      line(
        `Accepted by ${owner} until ${localUntil(until, zone)} (${waiver}, record ${entry}): ${ids.length === 0 ? `all ${n}` : ids.join(", ")}`,
      ),
    ),
    ...judgedLines(row),
  ];
  return [
    [
      [line(row.text), line(`${row.id}; ${wording.bases[row.basis] ?? row.basis}: ${row.note}`, "muted")],
      resultCell(row.result, wording),
      shareCell(row, wording),
      cell(entryList(row.entries)),
    ],
    ...(why.length === 0 ? [] : [[why]]),
  ];
}

/** n of N, and apart from it what was not decided one way or the other. */
function shareCell({ met, of, cases }: RequirementRow, wording: Wording): Cell {
  const apart = CASE_WORDS.filter((word) => word !== "met" && word !== "not_met" && (cases?.counts[word] ?? 0) > 0);
  return [
    ...cell(met === null || of === null ? null : `${count(met)} of ${count(of)}`),
    ...apart.map((word) => line(`${count(cases?.counts[word] ?? 0)} ${wording.results[word].word}`, "muted")),
    ...(cases !== null && cases.byCustody > 0 ? [line(`${count(cases.byCustody)} by Custody`, "muted")] : []),
  ];
}

/** By which versions of the rules, where any was asked. */
function judgedLines({ judgedBy }: RequirementRow): Cell {
  if (judgedBy.length === 0) return [];
  const versions = judgedBy.map(({ name, version, entry, cases, reachesBack }) => {
    const back = reachesBack > 0 ? `, ${count(reachesBack)} of them begun before it was logged` : "";
    return `${name} ${version} (record ${entry}): ${count(cases)}${back}`;
  });
  return [line(`judged by ${versions.join("; ")}`, "muted")];
}

/** What failed, but for what stands among the verdicts already: all of it by name. */
function failingLines({ failing: all, cases }: RequirementRow, remarks: Remarks, zone: string, wording: Wording): Cell {
  const told = new Set(cases?.rows.map(({ id }) => id));
  const failing = all.filter(({ id }) => !told.has(id));
  if (failing.length === 0) return [];
  const whyOf = (cause: string | null) => (cause === null ? "" : ` (${wording.reasons[cause] ?? cause})`);
  const groups = groupedBy(failing, ({ what, cause }) => (what === "" ? "" : `${remarks.short(what)}${whyOf(cause)}`));
  const shown = [...groups].map(([what, same]) => {
    const names = same.map(({ id }) => readableId(id, zone)).join(", ");
    return what === "" ? names : `${names}: ${what}`;
  });
  return [line(`Concerns ${shown.join("; ")}`, "muted")];
}

/** Every record that is not good by its name, the gravest verdict first, those of the same words together. */
function caseLines(rows: readonly CaseRow[], remarks: Remarks, wording: Wording): Cell {
  return CASE_WORDS.flatMap((word: CaseWord) => {
    const own = rows.filter((row) => row.word === word);
    if (own.length === 0) return [];
    const groups = [...groupedBy(own, ({ what }) => remarks.short(what))];
    const nameOf = ({ id, entry }: CaseRow) => `${id} (record ${entry})`;
    const others = groups.slice(TOLD).flatMap(([, same]) => same);
    return [
      line(`${wording.results[word].word}, ${count(own.length)}:`, word === "not_met" ? "bold" : undefined),
      ...groups.slice(0, TOLD).map(([what, same]) => line(`${same.map(nameOf).join(", ")}: ${what}`, "muted")),
      ...(others.length > 0
        ? [line(`and ${count(others.length)} more of ${count(own.length)}: ${others.map(nameOf).join(", ")}`, "muted")]
        : []),
    ];
  });
}

const REQUIREMENT_COLUMNS: readonly Column[] = [
  { title: "Requirement, its basis, and below why", share: 70 },
  { title: "Machine result", share: 18 },
  { title: "n of N", share: 17 },
  { title: "Records", share: 17 },
];

/** True where nothing was judged, so that the word and one reason are all there is to say. */
const isUnanswered = ({ met, cases, failing, accepted, result }: RequirementRow): boolean =>
  (result === "no_data" || result === "not_applicable" || result === "no_target") &&
  met === null &&
  failing.length + accepted.length === 0 &&
  (cases === null || CASE_WORDS.every((word) => cases.counts[word] === 0));

/** What was judged row by row; of what was not, those of the same reason together. */
function requirementBlocks({ requirements }: ControlReport, remarks: Remarks, zone: string, wording: Wording): Block[] {
  const judged = requirements.filter((row) => !isUnanswered(row));
  const groups = groupedBy(requirements.filter(isUnanswered), ({ result, reason }) => `${result} ${reason}`);
  return [
    ...(judged.length === 0
      ? []
      : [
          {
            kind: "table",
            small: true,
            columns: REQUIREMENT_COLUMNS,
            rows: judged.flatMap((row) => requirementRows(row, remarks, zone, wording)),
          } as const,
        ]),
    ...(groups.size === 0
      ? []
      : [
          {
            kind: "table",
            small: true,
            columns: [
              { title: "Machine result", share: 19 },
              { title: "Why nothing was judged", share: 42 },
              { title: "Requirements", share: 70 },
            ],
            rows: [...groups.values()].map((rows): Cell[] => {
              const [{ result, reason }] = rows as [RequirementRow];
              return [
                resultCell(result, wording),
                cell(reason === null ? null : remarks.short(reason)),
                rows.map(({ id, text, basis }) => line(`${id}: ${text} (${wording.bases[basis] ?? basis})`)),
              ];
            }),
          } as const,
        ]),
  ];
}

/** What the control stands on; the files themselves are in the evidence index once. */
function evidenceText({ evidence, files, distinct, instances }: ControlReport): string {
  return evidence.length === 0
    ? "no evidence file of the period feeds this control"
    : `${plural(files, "capture")} with ${plural(distinct, "distinct content")}: in the "${INDEX_TITLE}" under ${instances.join(", ")}`;
}

function controlBlocks(control: ControlReport, remarks: Remarks, model: ReportModel, wording: Wording): Block[] {
  const zone = model.organisation.zone;
  const counts = Object.entries(control.results)
    .filter(([, n]) => n > 0)
    .map(([result, n]) => `${count(n)} ${wording.results[result as keyof typeof wording.results].word}`);
  const findings = findingLines(control, model, wording);
  return [
    { kind: "heading", level: 2, text: `${control.id} ${control.title}`, room: 110 },
    {
      kind: "pairs",
      rows: [
        { label: "Asks for", cell: [line(control.asks)] },
        {
          label: "Machine results",
          cell: [line(`${counts.join(", ")}; ${plural(control.requirements.length, "requirement")}`, "bold")],
        },
        { label: "Evidence", cell: [line(evidenceText(control))] },
        ...(findings.length === 0 ? [] : [{ label: "Findings", cell: findings }]),
      ],
    },
    ...requirementBlocks(control, remarks, zone, wording),
    { kind: "boxes", titles: ["Management's comment", "Auditor's conclusion (left blank by the machine)"], height: 52 },
  ];
}

/** Control by control. */
export function controlsPart(model: ReportModel, wording: Wording): Block[] {
  const remarks = remarksOf(model, wording);
  return [
    { kind: "heading", level: 1, text: "Controls" },
    { kind: "paragraph", text: wording.controlsIntro },
    ...remarks.blocks,
    ...(model.controls.length === 0
      ? [{ kind: "paragraph", text: "No catalogue of controls is in force." } as const]
      : []),
    ...model.controls.flatMap((control) => controlBlocks(control, remarks, model, wording)),
  ];
}
