import { OWN_REGISTER } from "../incidents/register.ts";
import { type Block, type Cell, cell, line } from "./blocks.ts";
import { narrowTime, natureText, timeCell } from "./case-cells.ts";
import type { IncidentRow, NilStatement } from "./incidents-shape.ts";
import { erasedBlocks } from "./part-shortcomings.ts";
import type { ReportModel } from "./shape.ts";
import { count, fill, moment, momentCell, plural, type Wording } from "./words.ts";

/** The incident register, and what its emptiness shows. */

function nilText(model: ReportModel, nil: NilStatement, wording: Wording): string {
  const own = nil.own === null ? "" : fill(wording.nilOwn, { since: moment(nil.own.since, model.organisation.zone) });
  if (nil.sources === 0 && nil.own === null) return wording.nilNoSource;
  if (nil.sources === 0) return `${own} ${nilEnd(nil, wording)}`;
  const proven =
    nil.slots > 0 && nil.slotsCovered === nil.slots && nil.unread === 0 && model.erased.incidents.files === 0;
  const text = fill(proven ? wording.nilProven : wording.nilUnproven, {
    sources: plural(nil.sources, "source of incident records", "sources of incident records"),
    slots: count(nil.slots),
    covered: count(nil.slotsCovered),
    late: count(nil.slotsLate),
    zero: count(nil.zeroTotals),
    uncounted: count(nil.uncounted),
    other: count(nil.sources - nil.zeroTotals - nil.uncounted),
    unread: count(nil.unread),
  });
  return `${text}${own === "" ? "" : ` ${own}`} ${nilEnd(nil, wording)}`;
}

function nilEnd({ claim, confirmedBy }: NilStatement, wording: Wording): string {
  if (claim !== null) return claim;
  return confirmedBy === null ? wording.nilUnconfirmed : fill(wording.nilConfirmed, { by: confirmedBy });
}

/** What was opened by mistake stands apart, with the reason and who said so. */
function mistakenBlocks({ incidents: { mistaken }, organisation: { zone } }: ReportModel, wording: Wording): Block[] {
  if (mistaken.length === 0) return [];
  return [
    { kind: "heading", level: 2, text: "Opened by mistake and withdrawn" },
    { kind: "paragraph", text: wording.mistakenIntro },
    {
      kind: "table",
      small: true,
      columns: [
        { title: "ID and title", share: 34 },
        { title: "Noticed", share: 20 },
        { title: "Why it was a mistake", share: 42 },
        { title: "Withdrawn by", share: 18 },
        { title: "Record", share: 10 },
      ],
      rows: mistaken.map((row) => [
        [line(row.id, "bold"), line(row.title)],
        momentCell(row.opened, zone),
        cell(row.reason),
        cell(row.by),
        cell(row.entry),
      ]),
    },
  ];
}

function idCell(row: IncidentRow): Cell {
  const remarks = [
    ...(row.imported ? ["imported"] : []),
    ...(row.carriedIn ? ["began before the period"] : []),
    ...(row.carriedOut ? ["not ended in the period"] : []),
    ...(row.goneSince === null ? [] : [`no longer at the source since record ${row.goneSince}`]),
    ...row.also.map(
      ({ id, instance, entry, severity }) =>
        `the same as ${id} of ${instance} (record ${entry})${severity === null || severity === row.severity ? "" : `, which says ${severity}`}`,
    ),
  ];
  return [
    line(row.id, "bold"),
    line(row.title),
    line(row.instance === OWN_REGISTER ? `record ${row.entry}` : `${row.instance}, record ${row.entry}`, "muted"),
    ...(row.place === null ? [] : [line(`in ${row.place}; another record bears this ID too`, "muted")]),
    ...(remarks.length > 0 ? [line(remarks.join("; "), "muted")] : []),
  ];
}

export function severityCell(row: IncidentRow): Cell {
  const [first, peak] = [row.severityFirst ?? row.severity ?? "not given", row.severityPeak];
  return [
    line(peak === null || peak === first ? first : `${first} → ${peak}`, "bold"),
    ...(row.severityUnknown.length > 0
      ? [line(`"${row.severityUnknown.join('", "')}" is none of the rules`, "muted")]
      : []),
    ...(peak === null && row.severity !== null && row.severity !== first ? [line(`now ${row.severity}`, "muted")] : []),
    line(row.status ?? "–", "muted"),
  ];
}

function personalDataCell(row: IncidentRow, zone: string): Cell {
  if (row.personalData === null) return [line("not said")];
  return [
    line(row.personalData, "bold"),
    ...(row.breaches > 0 ? [line(plural(row.breaches, "breach", "breaches"))] : []),
    ...(row.personalDataBy === null ? [] : [line(row.personalDataBy, "muted")]),
    ...(row.personalDataAt === null ? [] : [line(dayOf(row.personalDataAt, zone), "muted")]),
  ];
}

/** The day by the organisation's clock. */
const dayOf = (at: string, zone: string): string => narrowTime({ at, precision: 86_400_000 }, zone)[0]?.text ?? "–";

function reviewCell(row: IncidentRow, zone: string): Cell {
  const [first] = row.reviews;
  if (first === undefined) return [line(row.review === null ? "none" : `${row.review}, not found`)];
  return [
    ...(first.date === null ? [line("no date")] : [line(dayOf(first.date, zone))]),
    line(approvedText(first, zone), "muted"),
    line(first.id, "muted"),
    ...(row.reviews.length > 1 ? [line(`and ${count(row.reviews.length - 1)} more`, "muted")] : []),
  ];
}

function approvedText({ approved, approvedBy }: IncidentRow["reviews"][number], zone: string): string {
  if (approved !== null) return `approved ${dayOf(approved, zone)}`;
  return approvedBy === null ? "not approved" : "approved, no time recorded";
}

function linkedCell({ linked, sheet }: IncidentRow): Cell {
  const open = linked.actionsOpen > 0 ? `, ${count(linked.actionsOpen)} open` : "";
  const words = [
    ...(linked.alerts > 0 ? [plural(linked.alerts, "alert")] : []),
    ...(linked.evidence > 0 ? [plural(linked.evidence, "evidence item")] : []),
    ...(linked.actions > 0 ? [`${plural(linked.actions, "action")}${open}`] : []),
  ];
  return [
    ...(words.length === 0 ? [line("none")] : words.map((text) => line(text))),
    ...(sheet ? [line("has a sheet", "muted")] : []),
  ];
}

const TIMES = ["detected", "acknowledged", "contained", "resolved", "closed"] as const;

/** All five in one line, also those that are not there. */
export function timesLine(row: IncidentRow, zone: string): string {
  return TIMES.map((name) => {
    const time = timeCell({ at: row[name], precision: row.precision[name] ?? 1 }, zone);
    const [first, ...rest] = time.map(({ text }) => text);
    return `${name} ${first}${rest.length === 0 ? "" : ` (${rest.join(", ")})`}`;
  }).join("; ");
}

function incidentTable(rows: readonly IncidentRow[], zone: string): Block {
  return {
    kind: "table",
    small: true,
    columns: [
      { title: "ID and title, below the times", share: 40 },
      { title: "Nature, type", share: 15 },
      { title: "Severity first, peak", share: 16 },
      { title: "Owner, commander", share: 19 },
      { title: "Personal data", share: 16 },
      { title: "Review", share: 20 },
      { title: "Links", share: 17 },
    ],
    rows: rows.flatMap((row) => [
      [
        idCell(row),
        [line(natureText(row.nature) ?? "–"), ...(row.type === null ? [] : [line(row.type, "muted")])],
        severityCell(row),
        [line(row.owner ?? "no owner"), line(row.commander ?? "no commander", "muted")],
        personalDataCell(row, zone),
        reviewCell(row, zone),
        linkedCell(row),
      ],
      [[line(timesLine(row, zone))]],
    ]),
  };
}

function doubleBlocks({ incidents: { doubles } }: ReportModel, wording: Wording): Block[] {
  if (doubles.length === 0) return [];
  return [
    { kind: "heading", level: 2, text: "IDs that more than one record bears" },
    { kind: "paragraph", text: wording.cases.doublesIntro },
    {
      kind: "table",
      small: true,
      columns: [
        { title: "ID", share: 18 },
        { title: "Records", share: 60 },
        { title: "What that means here", share: 46 },
      ],
      rows: doubles.map(({ id, kind, records }) => [
        [line(id, "bold")],
        records.map(({ instance, entry, title, detected, place }) =>
          line(
            `${instance}, ${place === null ? "" : `${place}, `}record ${entry}: ${title}${detected === null ? "" : ` (detected ${detected})`}`,
          ),
        ),
        cell(wording.cases.doubles[kind]),
      ]),
    },
  ];
}

/** The incident register, or what its emptiness shows. */
export function incidentsPart(model: ReportModel, wording: Wording): Block[] {
  const { rows, byCustody, undated, nil, records } = model.incidents;
  const zone = model.organisation.zone;
  const blocks: Block[] = [
    { kind: "heading", level: 1, text: "Incident register" },
    ...erasedBlocks(model, "incidents", wording),
  ];
  if (nil)
    return [
      ...blocks,
      { kind: "notice", title: "No incident of this period in the register", lines: [nilText(model, nil, wording)] },
      ...mistakenBlocks(model, wording),
    ];
  const incidents = rows.length + byCustody.length + undated.length;
  blocks.push({ kind: "paragraph", text: `${wording.registerIntro} ${wording.cases.columnsNote}` });
  if (records > incidents)
    blocks.push({
      kind: "paragraph",
      text: fill(wording.cases.merged, { records: count(records), incidents: count(incidents) }),
    });
  if (rows.length > 0) blocks.push(incidentTable(rows, zone));
  if (byCustody.length > 0)
    blocks.push(
      { kind: "heading", level: 2, text: "Opened by Custody itself" },
      { kind: "paragraph", text: wording.cases.byCustodyIntro },
      incidentTable(byCustody, zone),
    );
  if (undated.length > 0)
    blocks.push(
      { kind: "heading", level: 2, text: "Records without any time" },
      { kind: "paragraph", text: wording.cases.undatedIntro },
      incidentTable(undated, zone),
    );
  return [...blocks, ...doubleBlocks(model, wording), ...mistakenBlocks(model, wording)];
}
