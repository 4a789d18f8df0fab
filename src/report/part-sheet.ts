import { type Block, type Cell, cell, line } from "./blocks.ts";
import { lengthText, natureText, policyText, sourceLine, timeLine, timeText } from "./case-cells.ts";
import type { ToldBy } from "./incidents-shape.ts";
import { besideBlocks } from "./part-sheet-beside.ts";
import { clockBlocks } from "./part-sheet-clocks.ts";
import { saidBlocks } from "./part-sheet-said.ts";
import type { Remarks } from "./remarks.ts";
import { titledTable } from "./rows.ts";
import type { ReportModel } from "./shape.ts";
import type { IncidentSheet, TimelineRow } from "./sheets-shape.ts";
import { count, type Wording } from "./words.ts";

/** The sheet of one incident. */

/** Rows of a timeline that are printed; how many more there are is said. */
const TIMELINE_PRINTED = 120;
/** So long after it happened a record is told to be late: without judging it. */
const LATER = 86_400_000;

export function sheetBlocks(sheet: IncidentSheet, model: ReportModel, remarks: Remarks, wording: Wording): Block[] {
  const zone = model.organisation.zone;
  return [
    { kind: "heading", level: 2, text: `${sheet.id} ${sheet.title}`, room: 120 },
    { kind: "pairs", small: true, rows: headRows(sheet, model) },
    ...timelineBlocks(sheet, zone, wording),
    ...clockBlocks(sheet, remarks, zone, wording),
    ...saidBlocks(sheet, zone, wording),
    ...besideBlocks(sheet, zone, wording),
    ...nothingBlocks(sheet),
  ];
}

/** A review may have the cause that the register lacks; what it says is in its own words. */
export function causeInReviews(
  { reviews }: Pick<IncidentSheet, "reviews">,
  all: ReportModel["learning"]["reviews"],
): string {
  const found = reviews.flatMap(({ id }) => {
    const section = all.find((one) => one.id === id)?.sections.find((heading) => /\bcause/i.test(heading));
    return section === undefined ? [] : [`; its review ${id} says one under "${section}"`];
  });
  return found.join("");
}

type Pairs = Extract<Block, { kind: "pairs" }>["rows"];

function headRows(sheet: IncidentSheet, { learning, organisation: { zone } }: ReportModel): Pairs {
  const { severityFirst, severityPeak, policy, personalData, impact, also } = sheet;
  const severity =
    severityPeak === null || severityPeak === severityFirst
      ? (severityFirst ?? "not given")
      : `${severityFirst ?? "not given"} first, ${severityPeak} at worst`;
  const cia = ["confidentiality", "integrity", "availability"] as const;
  const said = [
    ...cia.flatMap((what) => (impact[what] === null ? [] : [`${what} ${impact[what]}`])),
    ...(impact.affected === null ? [] : [`${count(impact.affected)} affected`]),
  ];
  const nature = natureText(sheet.nature);
  const known = [nature, sheet.type, sheet.detectedBy && `noticed by ${sheet.detectedBy}`].filter(
    (text) => text !== null && text !== "",
  );
  // What nobody said stands in one line, so that no sheet is mostly dashes.
  const unsaid = [
    ...(nature === null ? ["nature"] : []),
    ...(sheet.type === null ? ["type"] : []),
    ...(sheet.detectedBy === null ? ["how it was noticed"] : []),
    ...cia.filter((what) => impact[what] === null).map((what) => `impact on ${what}`),
    ...(impact.affected === null ? ["how many were affected"] : []),
    ...(sheet.supplier === null ? ["a supplier as its origin"] : []),
  ];
  return [
    { label: "Why it has a sheet", cell: cell(sheet.because) },
    {
      label: "Told by",
      cell: [
        line(inWords(sheet.told)),
        ...(sheet.place === null ? [] : [line(`in ${sheet.place}; another record bears this ID too`, "muted")]),
        ...also.map((other) => line(`the same as ${other.id}: ${inWords(other)}`, "muted")),
      ],
    },
    { label: "Severity, state", cell: [line(`${severity}; ${sheet.status ?? "no state given"}`, "bold")] },
    ...(known.length === 0 ? [] : [{ label: "Nature, type, noticed by", cell: cell(known.join(", ")) }]),
    ...(sheet.byCustody ? [{ label: "Opened by", cell: cell("Custody itself, by a rule of the organisation") }] : []),
    ...(sheet.tags.length > 0 ? [{ label: "Marks", cell: cell(sheet.tags.join(", ")) }] : []),
    ...(said.length === 0 ? [] : [{ label: "Impact", cell: cell(said.join("; ")) }]),
    ...(sheet.supplier === null
      ? []
      : [
          {
            label: "Supplier",
            cell: cell(`${sheet.supplier}${sheet.ticket === null ? "" : `, ticket ${sheet.ticket}`}`),
          },
        ]),
    {
      label: "Personal data",
      cell:
        personalData === null
          ? cell("no decision is recorded")
          : [
              line(
                `${personalData.decision}; ${personalData.by === null ? "who decided is not recorded" : `decided by ${personalData.by}`}`,
                "bold",
              ),
              line(
                `${personalData.at === null ? "no time recorded" : timeText(personalData, zone)}; ${inWords(personalData.told)}`,
                "muted",
              ),
              ...(personalData.reason === null ? [line("no reason is recorded")] : [line(personalData.reason)]),
            ],
    },
    {
      label: "Cause",
      cell: cell(
        sheet.cause === null
          ? `not recorded in the register${causeInReviews(sheet, learning.reviews)}`
          : `${sheet.cause}${sheet.causeKey === null ? "" : ` (by the name by which one that comes back is found: ${sheet.causeKey})`}`,
      ),
    },
    ...peopleRow(sheet),
    ...(unsaid.length === 0 ? [] : [{ label: "Not recorded", cell: cell(unsaid.join(", ")) }]),
    ...(sheet.reopened > 0 ? [{ label: "Reopened", cell: cell(count(sheet.reopened)) }] : []),
    { label: "Judged by", cell: cell(policyText(policy)) },
  ];
}

/** Where nobody said since when, a list is enough. */
function peopleRow({ people }: IncidentSheet): Pairs {
  if (people.length === 0 || people.some(({ at }) => at !== null)) return [];
  const names = people.map(({ role, who, told }) => `${role} ${who} (record ${told.entry})`);
  return [{ label: "People", cell: cell(names.join(", ")) }];
}

export function inWords({ instance, entry, digest }: ToldBy): string {
  return digest === null ? `record ${entry}` : `${instance}, record ${entry}, sha256 ${digest.slice(0, 16)}…`;
}

function loggedCell({ at, logged }: TimelineRow): Cell {
  const late = at !== null && logged !== null ? Date.parse(logged) - Date.parse(at) : 0;
  return [
    line(logged === null ? "–" : logged.replace("T", " ").replace(/\.\d+Z$/, "Z")),
    ...(late > LATER ? [line(`${lengthText(Math.floor(late / 60_000) * 60_000)} after it`, "muted")] : []),
  ];
}

function timelineBlocks({ timeline }: IncidentSheet, zone: string, wording: Wording): Block[] {
  return titledTable(
    "Timeline",
    [
      { title: "Happened", share: 37 },
      { title: "What", share: 54 },
      { title: "Source of the time", share: 22 },
      { title: "Logged (UTC)", share: 23 },
    ],
    timeline,
    (row) => [
      timeLine(row, zone),
      [
        line(row.by === null ? row.what : `${row.what} (by ${row.by})`),
        ...row.replaced.map((one) =>
          line(`record ${one.entry} had said before: ${timeText(one, zone)}; ${one.what}`, "muted"),
        ),
        ...(row.because === null ? [] : [line(`changed because: ${row.because}`, "muted")]),
      ],
      sourceLine(row.told),
      loggedCell(row),
    ],
    wording,
    { most: TIMELINE_PRINTED },
  );
}

/** What nobody recorded, in one line, so that its absence is no accident of the page. */
function nothingBlocks(sheet: IncidentSheet): Block[] {
  const empty = [
    ["timeline", sheet.timeline],
    ["severity", sheet.severities],
    ["people", sheet.people],
    ["escalations", sheet.escalations],
    ["communications", sheet.messages],
    ["measures", sheet.measures],
    ["actions", sheet.actions],
    ["reviews", sheet.reviews],
    ["evidence items", sheet.evidence],
    ["files handed in", sheet.uploads],
    ["links", sheet.links],
    ["waivers", sheet.waivers],
  ] as const;
  const names = empty.flatMap(([name, rows]) => (rows.length === 0 ? [name] : []));
  if (names.length === 0) return [];
  return [{ kind: "paragraph", text: `0 records of it: ${names.join(", ")}.`, style: "muted" }];
}
