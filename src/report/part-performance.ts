import { RESULTS, type ResultWord } from "../assess/vocabulary.ts";
import { type Block, type Cell, cell, line } from "./blocks.ts";
import { lengthText } from "./case-cells.ts";
import { unnoticedBlocks } from "./part-unnoticed.ts";
import type { PerformanceRow } from "./performance-shape.ts";
import { muted, tableOf } from "./rows.ts";
import type { ReportModel } from "./shape.ts";
import { count, localLimit, plural, type Wording } from "./words.ts";

/** How fast incidents were dealt with: numbers by version of the rules, clock and severity, and every miss by its name. */

export function performancePages(model: ReportModel, wording: Wording): Block[] {
  const { rows, incidents } = model.performance;
  const head: Block = { kind: "heading", level: 1, text: "Performance against the deadlines" };
  if (model.rules.versions.length === 0) return [head, { kind: "paragraph", text: wording.performance.noRules }];
  if (rows.length === 0)
    return [
      head,
      {
        kind: "paragraph",
        text: `${plural(incidents, "incident")} in the period, 0 clocks: ${wording.performance.none}`,
      },
    ];
  const ours = rows.filter(({ byCustody }) => !byCustody);
  const custody = rows.filter(({ byCustody }) => byCustody);
  return [
    head,
    { kind: "paragraph", text: wording.performance.intro },
    ...(ours.length === 0 ? [] : [performanceTable(ours)]),
    ...(custody.length === 0
      ? []
      : [
          { kind: "heading", level: 2, text: "Incidents that Custody opened itself" } as const,
          performanceTable(custody),
        ]),
    ...unnoticedBlocks(model, wording),
    ...elsewhereBlocks(model, wording),
    ...missBlocks(rows, model, wording),
  ];
}

function performanceTable(rows: readonly PerformanceRow[]): Block {
  return {
    kind: "table",
    small: true,
    columns: [
      { title: "Clock", share: 42 },
      { title: "Severity and deadline", share: 30 },
      { title: "n", share: 6, align: "right" },
      { title: "met", share: 7, align: "right" },
      { title: "missed", share: 9, align: "right" },
      { title: "Besides", share: 24 },
      { title: "Median", share: 24 },
      { title: "9 of 10", share: 14 },
      { title: "Longest", share: 14 },
    ],
    rows: rows.map((row, i): Cell[] => [
      isSameClock(row, rows[i - 1]) ? [] : clockCell(row),
      [
        line(row.severity ?? "severity not known", "bold"),
        line(
          `${row.words ?? "no deadline known"}, ${row.calendar === null ? "by the clock" : `calendar ${row.calendar}`}`,
        ),
      ],
      [line(count(row.n), "bold")],
      cell(count(row.met)),
      row.notMet > 0 ? [{ text: count(row.notMet), style: "bold" }] : cell("0"),
      besidesCell(row),
      ...lengthCells(row),
    ]),
  };
}

/** A clock is named at the first of its severities. */
const isSameClock = (row: PerformanceRow, before: PerformanceRow | undefined): boolean =>
  before !== undefined && row.target === before.target && row.rules?.entry === before.rules?.entry;

function clockCell({ target, from, to, rules }: PerformanceRow): Cell {
  return [
    line(target, "bold"),
    ...(from === null || to === null ? [] : [line(`from when ${from} until ${to}`)]),
    line(rules === null ? "no rules" : `${rules.name} ${rules.version}, record ${rules.entry}`, "muted"),
  ];
}

function besidesCell({ pending, indeterminate, invalid, noData, noTarget, carriedIn }: PerformanceRow): Cell {
  const parts = (
    [
      [pending, "pending"],
      [indeterminate, "indeterminate"],
      [invalid, "invalid"],
      [noData, "no data"],
      [noTarget, "without a number in the rules"],
    ] as const
  ).filter(([n]) => n > 0);
  const cells = parts.map(([n, word]) => line(`${count(n)} ${word}`));
  const carried = carriedIn > 0 ? [line(`of all, ${count(carriedIn)} carried in`, "muted")] : [];
  return cells.length + carried.length === 0 ? cell(null) : [...cells, ...carried];
}

/** Those with a length and those without are all clocks of the row. */
function lengthCells({ n, lengths, byCustody }: PerformanceRow): Cell[] {
  const { exact, toMinute, inexact, median, p90, worst } = lengths;
  const known = exact + toMinute;
  const none = n - known - inexact;
  const of = [
    ...(known === 0
      ? []
      : [
          line(
            `of ${count(known)}${toMinute === 0 ? "" : `, ${toMinute === known ? "" : `${count(toMinute)} `}to the minute`}`,
            "muted",
          ),
        ]),
    ...(inexact === 0 ? [] : [line(`${count(inexact)} known less exactly`, "muted")]),
    ...(none === 0 || byCustody ? [] : [line(`${count(none)} without a length`, "muted")]),
  ];
  return [[line(lengthText(median)), ...of], cell(lengthText(p90)), cell(lengthText(worst))];
}

/** Reviews, laws and contracts have clocks too; each of them stands with its facts in a part of its own. */
function elsewhereBlocks({ learning, notifications }: ReportModel, wording: Wording): Block[] {
  const duties = [...notifications.breaches.flatMap((one) => one.duties), ...notifications.reports];
  const kinds = [
    ["Reviews of incidents", "Learning from incidents", learning.deadlines.map(({ result }) => result)],
    ...(["law", "contract"] as const).map((basis): [string, string, ResultWord[]] => [
      basis === "law" ? "Duties of law" : "Duties of contract",
      "Notifications and register of breaches",
      duties.filter((one) => one.basis === basis).map(({ word }) => word),
    ]),
  ] as const;
  const number = (title: string) => ({ title, share: 12, align: "right" as const });
  return [
    { kind: "heading", level: 2, text: "Clocks that stand in other parts" },
    {
      kind: "table",
      small: true,
      columns: [
        { title: "Clocks", share: 30 },
        number("n"),
        number("met"),
        number("missed"),
        { title: "Besides", share: 50 },
        { title: "Each of them under", share: 50 },
      ],
      rows: kinds.map(([name, where, words]) => {
        const besides = RESULTS.filter((word) => word !== "met" && word !== "not_met").flatMap((word) => {
          const n = words.filter((one) => one === word).length;
          return n === 0 ? [] : [`${count(n)} ${wording.results[word].word}`];
        });
        const missed = words.filter((word) => word === "not_met").length;
        return [
          [line(name, "bold")],
          [line(count(words.length), "bold")],
          cell(count(words.filter((word) => word === "met").length)),
          missed > 0 ? [line(count(missed), "bold")] : cell("0"),
          cell(besides.join(", ")),
          cell(where),
        ];
      }),
    },
  ];
}

function missBlocks(rows: readonly PerformanceRow[], model: ReportModel, wording: Wording): Block[] {
  const zone = model.organisation.zone;
  const clocks = rows.reduce((sum, { n }) => sum + n, 0);
  const all = rows.flatMap((row) => row.misses.map((miss) => ({ row, miss })));
  const head: Block = { kind: "heading", level: 2, text: "Every deadline that was missed" };
  if (all.length === 0) return [head, { kind: "paragraph", text: `0 of ${plural(clocks, "clock")} missed.` }];
  return [
    head,
    { kind: "paragraph", text: wording.performance.misses },
    ...tableOf(
      [
        { title: "Incident", share: 20 },
        { title: "Clock and deadline", share: 28 },
        { title: "Was due", share: 20 },
        { title: "Took, or takes so far", share: 18 },
        { title: "What the records say", share: 46 },
        { title: "Record", share: 9 },
      ],
      all,
      ({ row, miss }) => [
        [line(miss.id, "bold"), line(row.byCustody ? `${miss.instance}; opened by Custody` : miss.instance, "muted")],
        [
          line(`${row.target}, ${row.severity ?? "severity not known"}: ${row.words ?? "–"}`),
          ...muted(row.rules && `${row.rules.name} ${row.rules.version}, record ${row.rules.entry}`),
        ],
        dueCell(miss.due, zone),
        cell(lengthText(miss.took)),
        cell(miss.what),
        cell(miss.entry),
      ],
      wording,
      // None that failed may be left out.
      { most: all.length },
    ),
  ];
}

/** To the second: a deadline can be missed by one. */
function dueCell(due: string | null, zone: string): Cell {
  return due === null
    ? cell(null)
    : [line(due.replace("T", " ").replace(/\.000Z$/, "Z")), line(localLimit(due, zone), "muted")];
}
