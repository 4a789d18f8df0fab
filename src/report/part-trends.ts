import { type Block, type Cell, cell, line } from "./blocks.ts";
import { lengthText } from "./case-cells.ts";
import type { Tally, TrendsPart } from "./learning-shape.ts";
import type { NoticeTimes } from "./performance-shape.ts";
import { tableOf } from "./rows.ts";
import type { ReportModel } from "./shape.ts";
import { count, fill, localSpan, localTime, plural, type Wording } from "./words.ts";

/** Incidents by quarter, and causes that came back. Counted, never judged. */
export function trendBlocks({ learning: { trends }, organisation: { zone } }: ReportModel, wording: Wording): Block[] {
  const words = wording.account.learning;
  const head = { kind: "heading", level: 2, text: "Trends and causes that came back" } as const;
  if (trends === null) return [head, { kind: "paragraph", text: words.trendsNone }];
  const intro = fill(words.trendsIntro, {
    n: plural(trends.incidents, "incident"),
    window: localSpan(trends.window, zone),
  });
  if (trends.incidents === 0) {
    return [head, { kind: "paragraph", text: intro }, ...undatedBlocks(trends, wording)];
  }
  return [
    head,
    { kind: "paragraph", text: intro },
    ...tableOf(
      [
        { title: "Quarter", share: 14 },
        { title: "Incidents", share: 12, align: "right" },
        { title: "By severity", share: 28 },
        { title: "By nature", share: 28 },
        { title: "By how they were noticed", share: 28 },
      ],
      trends.quarters,
      (row) => [
        [line(row.quarter, "bold")],
        cell(count(row.incidents)),
        tallyCell(row.bySeverity),
        tallyCell(row.byNature),
        tallyCell(row.byDetection),
      ],
      wording,
    ),
    { kind: "paragraph", text: unnoticedText(trends) },
    ...causeBlocks(trends, zone, wording),
    ...undatedBlocks(trends, wording),
  ];
}

function tallyCell(tallies: readonly Tally[]): Cell {
  return cell(tallies.map(({ word, n }) => `${word ?? "not said"}: ${count(n)}`).join(", "));
}

/** Until they were noticed; those that Custody opened itself are in no figure of people. */
function unnoticedText({ unnoticed: { people, custody, byCustody } }: TrendsPart): string {
  const told = ({ n, median, worst, worstId, inexact, unknown, invalid }: NoticeTimes) =>
    `${n === 0 ? "0" : `a median of ${lengthText(median)} and ${lengthText(worst)} at the longest (${worstId}) of ${count(n)}`} known exactly enough, ${count(inexact + unknown + invalid)} not`;
  const own =
    byCustody === 0
      ? ""
      : ` Of the ${plural(byCustody, "incident")} that Custody opened itself for gaps: ${told(custody)}.`;
  return `From when it began to when it was noticed: ${told(people)}.${own}`;
}

function causeBlocks({ causes }: TrendsPart, zone: string, wording: Wording): Block[] {
  const words = wording.account.learning;
  if (causes.length === 0) return [{ kind: "paragraph", text: words.causesNone }];
  return [
    { kind: "paragraph", text: words.causesIntro },
    ...tableOf(
      [
        { title: "Cause", share: 22 },
        { title: "Incidents", share: 34 },
        { title: "First action about it done", share: 20 },
        { title: "Came again after that", share: 26 },
        { title: "Before, and later", share: 26 },
      ],
      causes,
      ({ cause, incidents, firstActionDone, again, before, later }) => [
        [line(cause, "bold")],
        cell(incidents.join(", ")),
        cell(firstActionDone === null ? "nothing was done yet" : localTime(firstActionDone, zone)),
        again.length === 0 ? cell("none") : [{ text: again.join(", "), style: "bold", mark: "bad" }],
        [
          ...(before.length === 0 ? [] : [line(`before: ${before.join(", ")}`)]),
          ...(later.length === 0 ? [] : [line(`later: ${later.join(", ")}`)]),
          ...(before.length + later.length === 0 ? [line("–")] : []),
        ],
      ],
      wording,
    ),
  ];
}

function undatedBlocks({ withoutCause, undated }: TrendsPart, wording: Wording): Block[] {
  if (withoutCause + undated === 0) return [];
  const text = fill(wording.account.learning.withoutCause, {
    n: count(withoutCause),
    undated: plural(undated, "incident"),
  });
  return [{ kind: "paragraph", text, style: "muted" }];
}
