import { DECISIONS } from "../events/decision.ts";
import { type Block, type Cell, cell, line } from "./blocks.ts";
import { eventSource, lengthText, timeCell } from "./case-cells.ts";
import type { DecisionRow, EventDecisions } from "./decisions-shape.ts";
import { NOBODY_CHECKED } from "./doer.ts";
import { bulkBlocks, changeBlocks, EVENTS_SHOWN, ruleBlocks } from "./part-intake.ts";
import { titledTable } from "./rows.ts";
import type { ReportModel } from "./shape.ts";
import { count, fill, type Wording } from "./words.ts";

/** What was decided about alerts and reports, and what still waits. */

export function decisionsPart(model: ReportModel, wording: Wording): Block[] {
  const { decisions } = model;
  const { cases } = wording;
  const { events, undecidedTotal, rules } = decisions;
  const heading: Block = { kind: "heading", level: 1, text: "Event decisions" };
  if (!decisions.known || events === 0) {
    const sources = decisions.sources.map(({ instance }) => eventSource(instance)).join(", ");
    // A line only: it stands on the page of what comes before it.
    return [
      heading,
      {
        kind: "paragraph",
        text: fill(cases.decisionsNone, { sources: sources === "" ? "no source that tells of alerts" : sources }),
      },
      ...(rules.length === 0 ? [] : ruleBlocks(model, wording)),
    ];
  }
  const numbers = {
    events: count(events),
    decided: count(events - undecidedTotal),
    undecided: count(undecidedTotal),
  };
  // Where nobody decides about events, a list of all of them says no more than their number.
  if (undecidedTotal === events && rules.length === 0)
    return [heading, { kind: "paragraph", text: fill(cases.decisionsUnused, numbers) }, backlogBlock(decisions)];
  return [
    heading,
    { kind: "paragraph", text: fill(cases.decisionsIntro, numbers) },
    becameBlock(decisions),
    ...sourceBlocks(decisions, wording),
    ...lagBlocks(decisions, wording),
    ...undecidedBlocks(model, wording),
    ...ruleBlocks(model, wording),
    ...bulkBlocks(model, wording),
    ...changeBlocks(model, wording),
    ...decidedBlocks(model, wording),
  ];
}

/** How many became an incident, also where none did. */
function becameBlock({ sources, events }: EventDecisions): Block {
  const became = sources.reduce((sum, { byPerson, byRule }) => sum + byPerson.incident + byRule.incident, 0);
  return { kind: "paragraph", text: `${count(became)} of ${count(events)} were decided to be an incident.` };
}

function sourceBlocks({ sources, people }: EventDecisions, wording: Wording): Block[] {
  const number = (title: string) => ({ title, share: 10, align: "right" as const });
  const words = DECISIONS.map((word) => wording.cases.decisionWords[word]);
  return [
    ...titledTable(
      "By source: told = by people + by rule + undecided",
      [
        { title: "Source", share: 24 },
        number("Told"),
        ...words.map((word) => number(`${word}, people`)),
        ...words.slice(0, 3).map((word) => number(`${word}, rule`)),
        number("Undecided"),
        number("Look again"),
      ],
      sources,
      (row) => [
        cell(eventSource(row.instance)),
        cell(count(row.told)),
        ...DECISIONS.map((word) => cell(count(row.byPerson[word]))),
        // No rule can know of what something is a duplicate.
        ...DECISIONS.slice(0, 3).map((word) => cell(count(row.byRule[word]))),
        cell(count(row.undecided)),
        cell(count(row.again)),
      ],
      wording,
    ),
    ...titledTable(
      "By person",
      [
        { title: "Who", share: 40 },
        ...words.map((word) => number(word)),
        { title: "Nobody checked who that was", share: 20, align: "right" },
      ],
      people,
      (row) => [
        cell(row.name),
        ...DECISIONS.map((word) => cell(count(row.decisions[word]))),
        cell(count(row.unproven)),
      ],
      wording,
    ),
  ];
}

const KINDS: Readonly<Record<string, string>> = {
  alert: "alerts",
  event: "reports by people",
  "job-run": "runs of jobs",
  silence: "silences",
  "alert-rule": "alert rules",
};

function lagBlocks({ lags }: EventDecisions, wording: Wording): Block[] {
  const number = (title: string) => ({ title, share: 18, align: "right" as const });
  const table = titledTable(
    "How soon it was decided",
    [
      { title: "Events", share: 26 },
      { title: "Decided by", share: 18 },
      number("Known exactly"),
      number("Not exactly"),
      number("Median"),
      number("9 of 10 within"),
      number("Longest"),
    ],
    lags,
    (row) => [
      cell(KINDS[row.kind] ?? row.kind),
      cell(row.by === "person" ? "a person" : "a rule"),
      cell(count(row.exact)),
      cell(count(row.inexact)),
      cell(lengthText(row.median)),
      cell(lengthText(row.p90)),
      cell(lengthText(row.worst)),
    ],
    wording,
  );
  return table.length === 0 ? [] : [...table, { kind: "paragraph", text: wording.cases.lagNote, style: "muted" }];
}

/** The record in which the controls saw the same event last, where that is another one: both are named on both pages. */
function judgedIn({ controls }: ReportModel): (id: string, entry: number) => Cell {
  const newest = new Map(
    controls.flatMap(({ requirements }) =>
      requirements.flatMap(({ cases }) => (cases?.rows ?? []).map(({ id, entry }) => [id, entry] as const)),
    ),
  );
  return (id, entry) => {
    const other = newest.get(id);
    return [line(String(entry)), ...(other === undefined || other === entry ? [] : [line(`last ${other}`, "muted")])];
  };
}

function undecidedBlocks(model: ReportModel, wording: Wording): Block[] {
  const { decisions, organisation } = model;
  const { zone } = organisation;
  const recordCell = judgedIn(model);
  const { undecided, undecidedTotal, events } = decisions;
  if (undecidedTotal === 0)
    return [
      { kind: "heading", level: 3, text: "Undecided" },
      { kind: "paragraph", text: fill(wording.cases.undecidedNone, { events: count(events) }) },
    ];
  return [
    ...titledTable(
      `Undecided: ${count(undecidedTotal)}`,
      [
        { title: "Event", share: 34 },
        { title: "Source", share: 18 },
        { title: "Severity", share: 12 },
        { title: "Began", share: 22 },
        { title: "Waits", share: 14 },
        { title: "Why no rule decided", share: 30 },
        { title: "Record", share: 10 },
      ],
      undecided,
      (row) => [
        [
          line(row.event, "bold"),
          line(row.title),
          ...(row.id === row.event ? [] : [line(`${row.id} at its source and in the checks`, "muted")]),
        ],
        cell(eventSource(row.instance)),
        cell(row.severity),
        timeCell(row.began, zone),
        cell(lengthText(whole(row.age))),
        cell(row.why.join("; ")),
        recordCell(row.id, row.entry),
      ],
      wording,
      { most: EVENTS_SHOWN, of: undecidedTotal },
    ),
    ...restBlocks(undecided.slice(EVENTS_SHOWN)),
    backlogBlock(decisions),
  ];
}

/** Nobody decided about these either: none of them is left without its name. */
function restBlocks(rest: EventDecisions["undecided"]): Block[] {
  if (rest.length === 0) return [];
  return [
    {
      kind: "paragraph",
      text: `Also undecided: ${rest.map(({ event, entry }) => `${event} (record ${entry})`).join(", ")}.`,
    },
  ];
}

function backlogBlock({ backlog }: EventDecisions): Block {
  const bySeverity = backlog.map(
    ({ severity, count: n, age }) =>
      `${count(n)} ${severity ?? "without severity"} (oldest waits ${lengthText(whole(age))})`,
  );
  return { kind: "paragraph", text: `Undecided by severity: ${bySeverity.join("; ")}.` };
}

/** Whole minutes: ages are told as of the last record, and nobody asks for seconds. */
const whole = (ms: number): number => Math.floor(ms / 60_000) * 60_000;

function decidedBlocks({ decisions, organisation: { zone } }: ReportModel, wording: Wording): Block[] {
  return titledTable(
    `Decided by people: ${count(decisions.decidedByPeople)}`,
    [
      { title: "Event", share: 34 },
      { title: "Began", share: 22 },
      { title: "Decision", share: 22 },
      { title: "Decided", share: 22 },
      { title: "By", share: 18 },
      { title: "Why", share: 34 },
      { title: "Record", share: 10 },
    ],
    decisions.decisions,
    (row) => [
      [line(row.event, "bold"), line(row.title), line(eventSource(row.instance), "muted")],
      timeCell(row.began, zone),
      decisionCell(row, wording.cases.decisionWords[row.decision]),
      timeCell(row.decided, zone),
      [line(row.by), ...(row.proven ? [] : [line(NOBODY_CHECKED, "muted")])],
      [
        line(row.reason ?? "no reason recorded"),
        ...(row.together > 1
          ? [line(`together with ${count(row.together - 1)} others${row.each ? ", each looked at" : ""}`, "muted")]
          : []),
      ],
      cell(row.entry),
    ],
    wording,
    { most: EVENTS_SHOWN, of: decisions.decidedByPeople },
  );
}

function decisionCell({ incident, duplicateOf }: DecisionRow, word: string): Cell {
  const which = incident ?? (duplicateOf === null ? null : `of ${duplicateOf}`);
  return [line(word, "bold"), ...(which === null ? [] : [line(which)])];
}
