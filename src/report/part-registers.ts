import { type Block, type Cell, cell, line, mono } from "./blocks.ts";
import { marks } from "./part-controls.ts";
import { erasedBlocks } from "./part-shortcomings.ts";
import type { IncidentRow, NilStatement, ReportModel } from "./shape.ts";
import { count, entryList, fill, localSpan, localTime, moment, momentCell, plural, type Wording } from "./words.ts";

function nilText({ erased }: ReportModel, nil: NilStatement, wording: Wording): string {
  if (nil.sources === 0) return wording.nilNoSource;
  const proven = nil.slots > 0 && nil.slotsCovered === nil.slots && nil.unread === 0 && erased.incidents.files === 0;
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
  if (nil.claim !== null) return `${text} ${nil.claim}`;
  return `${text} ${nil.confirmedBy === null ? wording.nilUnconfirmed : fill(wording.nilConfirmed, { by: nil.confirmedBy })}`;
}

function incidentCells(row: IncidentRow, zone: string): readonly Cell[] {
  const remarks = [
    ...(row.imported ? ["imported"] : []),
    ...(row.carriedIn ? ["began before the period"] : []),
    ...(row.carriedOut ? ["not ended in the period"] : []),
    ...(row.goneSince === null ? [] : [`no longer at the source since record ${row.goneSince}`]),
  ];
  return [
    [line(row.id, "bold"), line(row.title), ...(remarks.length > 0 ? [line(remarks.join(", "), "muted")] : [])],
    [
      line(row.severity ?? "–", "bold"),
      line([row.status, row.nature].filter((x) => x !== null).join(", ") || "–", "muted"),
    ],
    momentCell(row.detected, zone),
    momentCell(row.acknowledged, zone),
    momentCell(row.contained, zone),
    momentCell(row.resolved, zone),
    momentCell(row.closed, zone),
    [line(row.owner ?? "–"), line(row.commander ?? "–", "muted")],
    [
      line(`personal data: ${row.personalData ?? "not said"}`),
      line(row.review === null ? "no review named" : `review: ${row.review}`),
      line(`record ${row.entry}`, "muted"),
    ],
  ];
}

function incidentTable(rows: readonly IncidentRow[], zone: string): Block {
  return {
    kind: "table",
    small: true,
    columns: [
      { title: "ID and title", share: 24 },
      { title: "Severity, status", share: 11 },
      { title: "Detected", share: 17 },
      { title: "Acknowledged", share: 17 },
      { title: "Contained", share: 17 },
      { title: "Resolved", share: 17 },
      { title: "Closed", share: 17 },
      { title: "Owner, commander", share: 13 },
      { title: "Further", share: 16 },
    ],
    rows: rows.map((row) => incidentCells(row, zone)),
  };
}

/** The incident register, or what its emptiness shows. */
export function incidentsPart(model: ReportModel, wording: Wording): Block[] {
  const { rows, undated, nil } = model.incidents;
  const zone = model.organisation.zone;
  const blocks: Block[] = [
    { kind: "part", layout: "landscape" },
    { kind: "heading", level: 1, text: "Incident register" },
    ...erasedBlocks(model, "incidents", wording),
  ];
  if (nil)
    return [
      ...blocks,
      { kind: "notice", title: "No incident of this period in the register", lines: [nilText(model, nil, wording)] },
    ];
  blocks.push({ kind: "paragraph", text: wording.registerIntro });
  if (rows.length > 0) blocks.push(incidentTable(rows, zone));
  if (undated.length > 0) {
    blocks.push({ kind: "heading", level: 2, text: "Records without any time" });
    blocks.push({
      kind: "paragraph",
      text: "They cannot be placed in a period, so they stand in every report until the source gives them a time.",
    });
    blocks.push(incidentTable(undated, zone));
  }
  return blocks;
}

/** Alerts, silences and jobs. */
export function operationsPart(model: ReportModel, wording: Wording): Block[] {
  const zone = model.organisation.zone;
  const { alerts, jobs } = model;
  const blocks: Block[] = [
    { kind: "part", layout: "portrait" },
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

/** Reviews and the actions they name. */
export function reviewsPart(model: ReportModel, wording: Wording): Block[] {
  const zone = model.organisation.zone;
  const blocks: Block[] = [
    { kind: "heading", level: 1, text: "Reviews and actions" },
    ...erasedBlocks(model, "reviews", wording),
  ];
  if (model.reviews.length === 0) return [...blocks, { kind: "paragraph", text: wording.reviewsNone }];
  blocks.push({
    kind: "table",
    small: true,
    columns: [
      { title: "Review", share: 30 },
      { title: "Of incident", share: 16 },
      { title: "Date", share: 16 },
      { title: "Author, approved by", share: 20 },
      { title: "Sections", share: 32 },
      { title: "Actions", share: 10, align: "right" },
      { title: "Record", share: 10 },
    ],
    rows: model.reviews.map((r) => [
      [line(r.id, "bold"), line(r.title)],
      [line(r.incident ?? "–"), ...(r.severity === null ? [] : [line(r.severity, "muted")])],
      cell(r.date === null ? null : localTime(r.date, zone)),
      [line(r.author ?? "–"), line(r.approvedBy === null ? "not approved" : `approved by ${r.approvedBy}`, "muted")],
      [
        line(r.sections.length === 0 ? "none with text" : r.sections.join(", ")),
        ...(r.empty.length === 0 ? [] : [line(`empty: ${r.empty.join(", ")}`, "bold")]),
      ],
      cell(r.actions),
      cell(r.entry),
    ]),
  });
  blocks.push({ kind: "heading", level: 2, text: "Actions named in the reviews" });
  if (model.actions.length === 0) blocks.push({ kind: "paragraph", text: "The reviews name no action." });
  else {
    blocks.push({
      kind: "table",
      small: true,
      columns: [
        { title: "Action", share: 50 },
        { title: "Review", share: 18 },
        { title: "Owner", share: 18 },
        { title: "Due, as written", share: 18 },
        { title: "Record", share: 10 },
      ],
      rows: model.actions.map((a) => [cell(a.item), cell(a.review), cell(a.owner), cell(a.due), cell(a.entry)]),
    });
  }
  return blocks;
}

/** What people should mend, and what did not come in the ordinary way. */
export function exceptionsPart(model: ReportModel, wording: Wording): Block[] {
  const zone = model.organisation.zone;
  const blocks: Block[] = [
    { kind: "heading", level: 1, text: "Problems found in the sources" },
    { kind: "paragraph", text: model.problems.length === 0 ? wording.problemsNone : wording.problemsIntro },
  ];
  if (model.problems.length > 0) {
    blocks.push({
      kind: "table",
      small: true,
      columns: [
        { title: "Where", share: 34 },
        { title: "What, and what to do", share: 50 },
        { title: "Source", share: 14 },
        { title: "Records", share: 12 },
      ],
      rows: model.problems.map((p) => [
        cell(p.where),
        cell(p.message),
        cell(p.instance),
        cell(p.firstEntry === p.lastEntry ? p.firstEntry : `${p.firstEntry} … ${p.lastEntry}`),
      ]),
    });
  }
  blocks.push({ kind: "heading", level: 1, text: "Imported and handed in" });
  blocks.push({ kind: "paragraph", text: model.imported.length === 0 ? wording.importedNone : wording.importedIntro });
  if (model.imported.length > 0) {
    blocks.push({
      kind: "table",
      small: true,
      columns: [
        { title: "Origin", share: 32 },
        { title: "Collector", share: 16 },
        { title: "Covers", share: 26 },
        { title: "Taken over", share: 24 },
        { title: "Record", share: 10 },
        { title: "SHA-256", share: 18 },
      ],
      rows: model.imported.map((row) => [
        [line(row.origin), ...marks(row)],
        cell(row.instance),
        cell(row.covers === null ? null : localSpan(row.covers, zone)),
        momentCell(row.lastCollected, zone),
        cell(row.firstEntry),
        [line(`${row.digest.slice(0, 16)}…`, "mono")],
      ]),
    });
  }
  if (model.uploads.length === 0) blocks.push({ kind: "paragraph", text: wording.uploadsNone });
  for (const upload of model.uploads) {
    blocks.push({ kind: "heading", level: 3, text: `Record ${upload.entry}, handed in ${moment(upload.at, zone)}` });
    blocks.push({
      kind: "pairs",
      rows: [
        { label: "By", cell: cell(upload.by) },
        {
          label: "For",
          cell: cell(
            [...upload.controls, ...(upload.incident === null ? [] : [`incident ${upload.incident}`])].join(", "),
          ),
        },
        { label: "Because", cell: cell(upload.reason) },
        {
          label: "Captured, as said",
          cell: cell(upload.captured === null ? "not said" : moment(upload.captured, zone)),
        },
        ...upload.files.map((f) => ({
          label: "File",
          cell: [line(`${f.name} (${plural(f.size, "byte")})`), ...mono(f.digest)],
        })),
      ],
    });
  }
  return blocks;
}
