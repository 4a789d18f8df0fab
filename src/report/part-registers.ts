import { type Block, cell, line } from "./blocks.ts";
import { erasedBlocks } from "./part-shortcomings.ts";
import type { ReportModel } from "./shape.ts";
import { count, entryList, fill, localSpan, momentCell, plural, type Wording } from "./words.ts";

/** Alerts, silences and jobs. */
export function operationsPart(model: ReportModel, wording: Wording): Block[] {
  const zone = model.organisation.zone;
  const { alerts, jobs } = model;
  const blocks: Block[] = [
    { kind: "heading", level: 1, text: "Alerts" },
    ...erasedBlocks(model, "alerts", wording),
    { kind: "paragraph", text: alerts.rows.length === 0 ? wording.alertsNone : wording.alertsIntro },
  ];
  const claim =
    alerts.claim ?? (alerts.confirmedBy === null ? null : fill(wording.nilConfirmed, { by: alerts.confirmedBy }));
  if (alerts.rows.length === 0 && claim !== null) blocks.push({ kind: "paragraph", text: claim });
  if (alerts.rows.length > 0) {
    blocks.push({
      kind: "paragraph",
      text: `${plural(alerts.total, "alert")}; ${count(alerts.firing)} with no end recorded. ${plural(alerts.rules, "alert rule")} known.`,
    });
    blocks.push({
      kind: "table",
      small: true,
      columns: [
        { title: "Alert", share: 25 },
        { title: "Severity", share: 12 },
        { title: "Source", share: 14 },
        { title: "Count", share: 9, align: "right" },
        { title: "No end", share: 10, align: "right" },
        { title: "First began", share: 24 },
        { title: "Last began", share: 24 },
        { title: "Records", share: 16 },
      ],
      rows: alerts.rows.map((row) => [
        cell(row.name),
        cell(row.severity),
        cell(row.instance),
        cell(count(row.alerts)),
        cell(count(row.unended)),
        momentCell(row.first, zone),
        momentCell(row.last, zone),
        cell(entryList(row.entries)),
      ]),
    });
  }
  if (alerts.silences.length > 0) {
    blocks.push({ kind: "heading", level: 2, text: "Silences: alerts that were muted" });
    blocks.push({
      kind: "table",
      small: true,
      columns: [
        { title: "Matches", share: 30 },
        { title: "By", share: 16 },
        { title: "Comment", share: 28 },
        { title: "Period", share: 30 },
        { title: "Record", share: 10 },
      ],
      rows: alerts.silences.map((s) => [
        cell(s.matches),
        cell(s.by),
        cell(s.comment),
        cell(localSpan(s, zone)),
        cell(s.entry),
      ]),
    });
  }
  blocks.push({ kind: "heading", level: 1, text: "Runs of jobs" }, ...erasedBlocks(model, "jobs", wording));
  if (jobs.jobs.length === 0) blocks.push({ kind: "paragraph", text: wording.jobsNone });
  else {
    const number = (title: string) => ({ title, share: 11, align: "right" as const });
    blocks.push({
      kind: "table",
      columns: [
        { title: "Job", share: 34 },
        { title: "Source", share: 18 },
        number("Runs"),
        number("Success"),
        number("Failure"),
        number("Missed"),
        number("No end"),
      ],
      rows: jobs.jobs.map((j) => [
        cell(j.job),
        cell(j.instance),
        ...[j.runs, j.success, j.failure, j.missed, j.unfinished].map((n) => cell(count(n))),
      ]),
    });
    blocks.push({ kind: "heading", level: 2, text: "Failed and missed runs" });
    if (jobs.failures.length === 0) blocks.push({ kind: "paragraph", text: "None among the runs that were recorded." });
    else {
      blocks.push({
        kind: "table",
        small: true,
        columns: [
          { title: "Job", share: 24 },
          { title: "When", share: 22 },
          { title: "Outcome", share: 14 },
          { title: "Detail", share: 38 },
          { title: "Record", share: 10 },
        ],
        rows: jobs.failures.map((f) => [
          [line(f.job), line(f.instance, "muted")],
          momentCell(f.at, zone),
          [{ text: f.outcome === "failure" ? "failed" : "missed", style: "bold", mark: "bad" }],
          cell(f.detail),
          cell(f.entry),
        ]),
      });
    }
  }
  return blocks;
}
