import { type Block, cell, line } from "./blocks.ts";
import { eventSource, lengthText } from "./case-cells.ts";
import { muted, titledTable } from "./rows.ts";
import type { ReportModel } from "./shape.ts";
import { count, entryList, fill, localTime, momentCell, plural, type Wording } from "./words.ts";

/** The rules that decide about events, and what somebody should look at in the decisions: many at once, and changed ones. */

/** Rows of each list that are printed; how many more there are is said. */
export const EVENTS_SHOWN = 30;

const STANDING: Readonly<Record<string, string>> = {
  holds: "holds",
  "not-approved": "not approved by anybody: decides nothing",
  "not-yet": "does not hold yet",
  over: "over",
  replaced: "replaced by later rules",
};

export function ruleBlocks(
  { decisions: { rules }, organisation: { zone } }: ReportModel,
  wording: Wording,
): readonly Block[] {
  const { cases } = wording;
  if (rules.length === 0) return said("Intake rules", cases.rulesNone);
  return titledTable(
    "Intake rules",
    [
      { title: "Rule, version", share: 22 },
      { title: "Decides", share: 16 },
      { title: "Why", share: 40 },
      { title: "Owner, approved by", share: 22 },
      { title: "From, until", share: 26 },
      { title: "Decided here", share: 12, align: "right" },
      { title: "In the policy", share: 18 },
    ],
    rules,
    (row) => [
      [line(row.id, "bold"), line(`version ${row.version}`), line(STANDING[row.standing] ?? row.standing, "muted")],
      cell(
        row.decision === "person"
          ? "a person has to look"
          : (cases.decisionWords[row.decision as keyof typeof cases.decisionWords] ?? row.decision),
      ),
      cell(row.reason),
      [line(row.owner), ...muted(row.approvedBy === null ? "not approved" : `approved by ${row.approvedBy}`)],
      [
        line(row.from === null ? "–" : `from ${localTime(row.from, zone)}`),
        line(`until ${localTime(row.until, zone)}`),
        ...muted(row.reviewed === null ? null : `looked at ${row.reviewed}`),
      ],
      cell(count(row.decided)),
      [line(row.policy), line(`record ${row.entry}`, "muted")],
    ],
    wording,
  );
}

const said = (title: string, text: string): readonly Block[] => [
  { kind: "heading", level: 3, text: title },
  { kind: "paragraph", text },
];

export function bulkBlocks(
  { decisions: { bulk }, organisation: { zone } }: ReportModel,
  { cases }: Wording,
): readonly Block[] {
  const { burst, late, bursts, lateShare, together, each, median } = bulk;
  const limits = [
    ...(burst === null ? [] : [`more than ${count(burst.more)} by one person within ${burst.within}`]),
    ...(late === null ? [] : [`more than ${late.more} % of them in the last ${late.last} % of the period`]),
  ].join("; ");
  const items = [
    ...bursts.map(
      ({ by, from, to, count: n, most, entries }) =>
        `${by} recorded ${count(n)} decisions from ${localTime(from, zone)} to ${localTime(to, zone)}, up to ${count(most)} within ${burst?.within ?? "the limit"} (records ${entryList(entries)}).`,
    ),
    ...(lateShare?.over
      ? [
          `${count(lateShare.count)} of ${count(lateShare.of)} decisions of the period were recorded from ${localTime(lateShare.from, zone)} on, its last ${late?.last ?? 0} %.`,
        ]
      : []),
  ];
  return [
    ...said(
      "Many decisions at once",
      `${plural(together, "event was", "events were")} decided together with others by one act; of ${count(each)} of these whoever decided says that each was looked at by itself.${
        median === null ? "" : ` Half of these were decided within ${lengthText(median)} after they began.`
      }`,
    ),
    limits === ""
      ? { kind: "paragraph", text: cases.bulkNoRule }
      : items.length === 0
        ? { kind: "paragraph", text: fill(cases.bulkNone, { limits }) }
        : { kind: "list", ordered: false, items: items.map((text) => ({ text })) },
  ];
}

export function changeBlocks(
  { decisions: { changed, repeated, again, troubles }, organisation: { zone } }: ReportModel,
  wording: Wording,
): readonly Block[] {
  const { cases } = wording;
  return [
    ...(changed.length === 0 ? said("Changed decisions", cases.changedNone) : []),
    ...titledTable(
      "Changed decisions",
      [
        { title: "Event", share: 30 },
        { title: "Was", share: 22 },
        { title: "Became", share: 22 },
        { title: "Recorded", share: 24 },
        { title: "By", share: 18 },
        { title: "Why", share: 36 },
      ],
      changed,
      (row) => [
        [line(row.event, "bold"), line(eventSource(row.instance), "muted")],
        [line(cases.decisionWords[row.was]), line(`record ${row.wasEntry ?? "–"}`, "muted")],
        [
          line(row.became === null ? "–" : cases.decisionWords[row.became]),
          line(`record ${row.becameEntry ?? "–"}${row.corrected ? ", a correction" : ""}`, "muted"),
        ],
        momentCell(row.at, zone),
        cell(row.by),
        cell(row.reason ?? "no reason recorded"),
      ],
      wording,
      { most: EVENTS_SHOWN },
    ),
    ...(repeated === 0
      ? []
      : [
          {
            kind: "paragraph",
            text: `${plural(repeated, "decision was", "decisions were")} recorded again and ${repeated === 1 ? "says" : "say"} what ${repeated === 1 ? "it" : "they"} said before.`,
            style: "muted",
          } as const,
        ]),
    ...titledTable(
      "Decided, and somebody has to look again",
      [
        { title: "Event", share: 30 },
        { title: "Source", share: 20 },
        { title: "Why", share: 90 },
      ],
      again,
      (row) => [cell(row.event), cell(eventSource(row.instance)), cell(row.why.join("; "))],
      wording,
      { most: EVENTS_SHOWN },
    ),
    ...titledTable(
      "Records of decisions and rules that do not fit",
      [
        { title: "Record", share: 12 },
        { title: "What", share: 128 },
      ],
      troubles,
      ({ entry, text }) => [cell(entry), cell(text)],
      wording,
      { most: EVENTS_SHOWN },
    ),
  ];
}
