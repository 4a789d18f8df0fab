import { type Block, cell, line } from "./blocks.ts";
import { rulesLines } from "./part-rules.ts";
import type { ReportModel } from "./shape.ts";
import { count, fill, moment, type Wording } from "./words.ts";

export const SOURCE_STATES = {
  collecting: "collecting",
  stale: "stale",
  never: "never answered",
  paused: "paused",
  retired: "retired",
  unknown: "not configured",
} as const;

/** What the report is about, by which rules, and how the evidence came to be. */
export function scopePart(model: ReportModel, wording: Wording): Block[] {
  const zone = model.organisation.zone;
  return [
    { kind: "heading", level: 1, text: "Scope and method" },
    {
      kind: "table",
      columns: [
        { title: "System in scope", share: 34 },
        { title: "Watched by", share: 36 },
        { title: "Not connected because", share: 30 },
      ],
      rows: model.scope.map((row) => [
        cell(row.system),
        row.sources.length === 0
          ? cell(null)
          : row.sources.map((s) => ({ text: `${s.id}: ${SOURCE_STATES[s.state]}` })),
        cell(row.notConnected),
      ]),
    },
    {
      kind: "pairs",
      rows: [
        {
          label: "Controls from",
          cell: model.catalogue
            ? [
                line(`${model.catalogue.name}, version ${model.catalogue.version}`),
                line(model.catalogue.digest, "mono"),
              ]
            : cell("no catalogue is logged"),
        },
        { label: "Rules", cell: rulesLines(model) },
        { label: "Software", cell: cell(model.software) },
        ...(model.cover.clock ? [{ label: "Clock", cell: cell(clockInWords(model.cover.clock)) }] : []),
        { label: "Log begun", cell: cell(moment(model.ledger.since, zone)) },
        ...(model.ledger.predecessor
          ? [
              {
                label: "Continues",
                cell: [
                  line(
                    `${model.ledger.predecessor.origin}, ${count(model.ledger.predecessor.size)} records: ${model.ledger.predecessor.reason}`,
                  ),
                  line(model.ledger.predecessor.root, "mono"),
                ],
              },
            ]
          : []),
      ],
    },
    { kind: "paragraph", text: fill(wording.timesNote, { zone }), style: "muted" },
    { kind: "heading", level: 2, text: "What this report cannot show" },
    { kind: "list", ordered: false, items: wording.limits.map((text) => ({ text })) },
  ];
}

/** How right the clock was by which everything is dated, without a verdict. */
function clockInWords({ measured, runs, largest, uncertainty }: NonNullable<ReportModel["cover"]["clock"]>): string {
  const seconds = (ms: number) => `${(Math.abs(ms) / 1_000).toFixed(3)} s`;
  const way = largest === 0 ? "" : largest > 0 ? " behind" : " ahead";
  return `compared with an outside one in ${measured} of ${runs} runs; furthest from it ${seconds(largest)}${way}, give or take ${seconds(uncertainty)}`;
}
