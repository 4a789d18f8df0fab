import { type Block, type Cell, type Column, cell, line } from "./blocks.ts";
import { sourceLine, timeLine } from "./case-cells.ts";
import { titledTable } from "./rows.ts";
import type { IncidentSheet } from "./sheets-shape.ts";
import { count, type Wording } from "./words.ts";

/** What people did and said: severity, roles, escalations, messages, measures. */
export function saidBlocks(sheet: IncidentSheet, zone: string, wording: Wording): Block[] {
  const when: Column = { title: "When", share: 37 };
  const from: Column = { title: "Source", share: 22 };
  const reason: Column = { title: "Why", share: 46 };
  return [
    ...titledTable(
      "Severity",
      [when, { title: "Severity", share: 18 }, { title: "By", share: 20 }, reason, from],
      saysMore(sheet) ? sheet.severities : [],
      (row, i) => [
        timeLine(row, zone),
        [line(row.severity, "bold")],
        cell(row.by),
        cell(row.reason ?? (i === 0 ? null : "no reason recorded")),
        sourceLine(row.told),
      ],
      wording,
    ),
    ...titledTable(
      "People",
      [when, { title: "Role", share: 24 }, { title: "Who", share: 40 }, from],
      // Without any time they stand at the top of the sheet.
      sheet.people.some(({ at }) => at !== null) ? sheet.people : [],
      (row) => [timeLine(row, zone), cell(row.role), cell(row.who), sourceLine(row.told)],
      wording,
    ),
    ...titledTable(
      "Escalations",
      [when, { title: "From", share: 20 }, { title: "To", share: 20 }, reason, from],
      sheet.escalations,
      (row) => [
        timeLine(row, zone),
        cell(row.from),
        cell(row.to),
        cell(row.reason ?? "no reason recorded"),
        sourceLine(row.told),
      ],
      wording,
    ),
    ...titledTable(
      "Communications",
      [when, { title: "To, by", share: 24 }, { title: "Reached", share: 20 }, { title: "What", share: 42 }, from],
      sheet.messages,
      (row) => [
        timeLine(row, zone),
        [line(row.audience ?? "not said to whom"), line(row.channel ?? "not said how", "muted")],
        reachedCell(row, sheet),
        [
          line(row.purpose ?? "–"),
          ...(row.recipients === null ? [] : [line(`to ${row.recipients}`)]),
          ...(row.text === null ? [] : [line(row.text)]),
        ],
        sourceLine(row.told),
      ],
      wording,
    ),
    ...titledTable(
      "Measures of the response",
      [when, { title: "Measure", share: 36 }, { title: "State", share: 20 }, { title: "Why", share: 30 }, from],
      sheet.measures,
      (row) => [
        timeLine(row, zone),
        cell(row.measure),
        cell(row.result === "not-applicable" ? "does not apply" : row.result),
        cell(row.reason),
        sourceLine(row.told),
      ],
      wording,
    ),
  ];
}

/** One severity of which nobody said when, who or why is at the top of the sheet already. */
function saysMore({ severities }: IncidentSheet): boolean {
  const [first] = severities;
  return severities.length > 1 || (first !== undefined && (first.at ?? first.by ?? first.reason) !== null);
}

/** Who received it, against those who are affected as far as either is said. */
function reachedCell({ reached, of, audience }: IncidentSheet["messages"][number], { impact }: IncidentSheet): Cell {
  const outside = audience === "customers" || audience === "subjects" || audience === "public";
  const against = of ?? (outside ? impact.affected : null);
  if (reached === null)
    return [line("not counted"), ...(against === null ? [] : [line(`${count(against)} affected`, "muted")])];
  return cell(against === null ? count(reached) : `${count(reached)} of ${count(against)} affected`);
}
