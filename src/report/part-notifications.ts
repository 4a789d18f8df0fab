import { type Block, type Cell, cell, line } from "./blocks.ts";
import { lengthText, sourceCell, timeCell } from "./case-cells.ts";
import type { BreachRow, DutyRow } from "./notifications-shape.ts";
import { resultCell } from "./result-cell.ts";
import { muted, titledTable } from "./rows.ts";
import type { ReportModel } from "./shape.ts";
import { count, fill, limitCell, localTime, type Wording } from "./words.ts";

/** Who had to be told of incidents, and when they were. */

export function notificationsPart(model: ReportModel, wording: Wording): Block[] {
  const { notifications } = model;
  const { cases } = wording;
  const heading: Block = { kind: "heading", level: 1, text: "Notifications and register of breaches" };
  if (notifications.incidents === 0) return [heading, { kind: "paragraph", text: cases.notificationsNothing }];
  const values = {
    decided: count(notifications.decided),
    of: count(notifications.incidents),
    yes: count(notifications.yes),
    no: count(notifications.no),
  };
  return [
    heading,
    { kind: "paragraph", text: fill(cases.notificationsIntro, values) },
    ...lawBlocks(model, wording),
    ...(notifications.breaches.length === 0
      ? [{ kind: "notice" as const, title: fill(cases.notificationsNil, values), lines: [] }]
      : breachBlocks(model, wording)),
    ...reportBlocks(model, wording),
    ...undecidedBlocks(model, wording),
  ];
}

function breachBlocks({ notifications: { breaches }, organisation: { zone } }: ReportModel, wording: Wording): Block[] {
  return [
    ...titledTable(
      "Breaches of personal data, also those of which nobody was told",
      [
        { title: "Incident, role, data", share: 36 },
        { title: "Known since", share: 23 },
        { title: "Risk: who, when, why", share: 30 },
        { title: "Authority told", share: 23 },
        { title: "Controller told", share: 23 },
        { title: "People told", share: 23 },
        { title: "Facts, effects, remedy", share: 32 },
      ],
      breaches,
      (row) => breachCells(row, zone, wording),
      wording,
    ),
    ...dutyTable(
      "What law and contract asked for in these",
      breaches.flatMap(({ duties }) => duties),
      zone,
      wording,
    ),
  ];
}

function breachCells(row: BreachRow, zone: string, { cases }: Wording): readonly Cell[] {
  const { risk, authority, controller, subjects, recorded } = row;
  const told = [authority, controller, subjects].some(({ at }) => at !== null);
  const notTold = recorded && !told && risk.word === "unlikely";
  const text = (name: string, value: string | null) => line(`${name}: ${value ?? "not recorded"}`);
  return [
    [
      line(row.incident, "bold"),
      line(row.title),
      line(
        [row.role ?? "role not recorded", row.dataset, row.people === null ? null : `${count(row.people)} people`]
          .filter((x) => x !== null)
          .join(", "),
      ),
      ...sourceCell(row.told).map((one) => line(one.text, "muted")),
      ...(recorded ? [] : [line(cases.unrecorded, "bold")]),
    ],
    timeCell(row.aware, zone),
    [
      line(risk.word ?? "not decided", "bold"),
      ...(risk.word === null
        ? []
        : [
            line(
              `by ${risk.by ?? "nobody who is named"}, ${risk.decided.at === null ? "no time recorded" : localTime(risk.decided.at, zone)}`,
              "muted",
            ),
            line(risk.reason ?? "no reason recorded"),
          ]),
      ...(notTold ? [line(cases.breachNotNotified, "bold")] : []),
    ],
    timeCell(authority, zone),
    timeCell(controller, zone),
    [...timeCell(subjects, zone), ...(row.exemption === null ? [] : [line(`need not be told: ${row.exemption}`)])],
    [
      text("facts", row.facts),
      text("effects", row.effects),
      text("remedy", row.remedy),
      ...(row.delay === null ? [] : [line(`reasons of delay: ${row.delay}`)]),
    ],
  ];
}

const DUTY_COLUMNS = [
  { title: "Incident, role", share: 34 },
  { title: "What, by which article, and below why", share: 56 },
  { title: "Due (strict)", share: 24 },
  { title: "Done", share: 24 },
  { title: "Took", share: 18 },
  { title: "Machine result", share: 22 },
];

/** All of them, each with the reason of its result: none that failed may be left out. */
function dutyTable(title: string, duties: readonly DutyRow[], zone: string, wording: Wording): Block[] {
  if (duties.length === 0) return [];
  return [
    { kind: "heading", level: 3, text: title },
    {
      kind: "table",
      small: true,
      columns: DUTY_COLUMNS,
      rows: duties.flatMap((duty) => [dutyCells(duty, zone, wording), [cell(duty.reason)]]),
    },
  ];
}

function dutyCells(row: DutyRow, zone: string, wording: Wording): readonly Cell[] {
  return [
    [
      line(row.incident, "bold"),
      ...muted([row.role, row.dataset, `record ${row.told.entry}`].filter((x) => x !== null).join(", ")),
    ],
    [
      line(row.title),
      ...muted(
        [row.source, row.term, row.name, row.checked ? null : "not checked against its text"]
          .filter((x) => x !== null)
          .join(", "),
      ),
    ],
    limitCell(row.due, zone),
    timeCell({ at: row.done, precision: row.precision }, zone),
    row.took === null
      ? cell(null)
      : [line(lengthText(row.took)), ...(row.done === null ? [line("so far", "muted")] : [])],
    resultCell(row.word, wording),
  ];
}

/** Laws that are about incidents as a whole, where they are on. */
function reportBlocks({ notifications: { reports }, organisation: { zone } }: ReportModel, wording: Wording): Block[] {
  return dutyTable("Reports under laws about incidents", reports, zone, wording);
}

function undecidedBlocks({ notifications: { undecided, incidents } }: ReportModel, wording: Wording): Block[] {
  return titledTable(
    `Without a decision whether personal data was concerned: ${count(undecided.length)} of ${count(incidents)}`,
    [
      { title: "Incident", share: 60 },
      { title: "State", share: 40 },
      { title: "Source", share: 40 },
    ],
    undecided,
    (row) => [
      [line(row.incident, "bold"), line(row.title)],
      cell(`${row.closed ? "closed" : "not closed"}${row.unclear ? ", recorded as unclear" : ", nothing recorded"}`),
      sourceCell(row.told),
    ],
    wording,
  );
}

/** Which laws are on in one sentence; why, the part on rules says. */
function lawBlocks({ notifications: { laws, unjudged } }: ReportModel, { cases }: Wording): Block[] {
  const names = (on: boolean) =>
    laws
      .filter((law) => law.on === on)
      .map(({ title, changed }) => (changed ? `${title} (other rules of the period said otherwise)` : title))
      .join(", ") || "none";
  return [
    ...(laws.length === 0
      ? []
      : [{ kind: "paragraph" as const, text: fill(cases.lawsNote, { on: names(true), off: names(false) }) }]),
    ...(unjudged.length === 0
      ? []
      : [{ kind: "paragraph" as const, text: fill(cases.unjudged, { ids: unjudged.join(", ") }) }]),
  ];
}
