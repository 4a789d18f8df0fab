import { RESULTS } from "../assess/vocabulary.ts";
import { type Block, cell, line } from "./blocks.ts";
import { failedBlocks, glanceBlocks } from "./part-glance.ts";
import { erasedBlocks, unwatchedSentence } from "./part-shortcomings.ts";
import type { ReportModel } from "./shape.ts";
import { count, type Wording } from "./words.ts";

/** The numbers by control, and nothing that adds them up to one. */
export function summaryPart(model: ReportModel, wording: Wording): Block[] {
  return [
    { kind: "part", layout: "portrait" },
    { kind: "heading", level: 1, text: "Summary" },
    ...glanceBlocks(model, wording),
    ...failedBlocks(model, wording),
    ...resultBlocks(model, wording),
    ...evidenceBlocks(model, wording),
    ...incidentBlocks(model, wording),
  ];
}

/** A column's share by its longest word, so that no heading is broken inside one. */
function widthOf(title: string): number {
  return 6 + 1.1 * Math.max(...title.split(" ").map((word) => word.length));
}

function resultBlocks({ controls }: ReportModel, wording: Wording): Block[] {
  // met and not met stand there even when there is none: an absent column would hide the zero.
  const used = RESULTS.filter((r) => r === "met" || r === "not_met" || controls.some((c) => c.results[r] > 0));
  return [
    { kind: "heading", level: 2, text: "Machine results by control" },
    {
      kind: "table",
      small: true,
      columns: [
        { title: "Control", share: 60 },
        ...used.map((r) => ({
          title: wording.results[r].word,
          share: widthOf(wording.results[r].word),
          align: "right" as const,
        })),
        { title: "of", share: 8, align: "right" as const },
      ],
      rows: controls.map((c) => [
        cell(`${c.id} ${c.title}`),
        ...used.map((r) => cell(c.results[r])),
        cell(c.requirements.length),
      ]),
    },
    {
      kind: "paragraph",
      text: used.map((r) => `${wording.results[r].word}: ${wording.results[r].meaning}`).join(" "),
      style: "muted",
    },
  ];
}

const STATES = ["collected", "late", "partial", "failed", "unavailable", "missed", "paused", "due", "open"] as const;

/** The same evidence as verification and the controls count it, so that no reader finds two numbers for one thing. */
export function otherCounts({ cover: { slots } }: ReportModel): string[] {
  const { expected, pending, inLog, register } = slots;
  const over = expected - pending;
  const outside = inLog - over;
  return [
    `${count(expected)} = ${count(over)} that are over + ${count(pending)} not due yet.`,
    `Verification counts what is over in the whole log: ${count(inLog)}${outside === 0 ? "" : ` = ${count(over)} + ${count(outside)} outside this period`}.`,
    ...(register === 0
      ? []
      : [
          `The controls count the months of the register in the log itself too: ${count(expected + register)} = ${count(expected)} + ${count(register)}.`,
        ]),
  ];
}

function evidenceBlocks(model: ReportModel, wording: Wording): Block[] {
  const unwatched = unwatchedSentence(model, wording);
  const states = STATES.map((state) => ({ state, n: model.sources.reduce((sum, s) => sum + s.states[state], 0) }));
  return [
    { kind: "heading", level: 2, text: "Expected evidence of the period" },
    {
      kind: "pairs",
      rows: [
        { label: "Expected", cell: [line(count(model.cover.slots.expected))] },
        ...states
          .filter(({ n }) => n > 0)
          .map(({ state, n }) => ({
            label: wording.slotStates[state].word,
            cell: [line(`${count(n)} (${wording.slotStates[state].meaning})`)],
          })),
        ...(model.cover.slots.expected + model.cover.slots.inLog === 0
          ? []
          : [{ label: "In other counts", cell: otherCounts(model).map((text) => line(text)) }]),
        ...(unwatched === undefined ? [] : [{ label: wording.unwatched, cell: [line(unwatched)] }]),
      ],
    },
  ];
}

function incidentBlocks(model: ReportModel, wording: Wording): Block[] {
  const { rows, byCustody, nil, undated, bySeverity } = model.incidents;
  const head: Block[] = [
    { kind: "heading", level: 2, text: "Incidents of the period" },
    ...erasedBlocks(model, "incidents", wording),
  ];
  if (nil)
    return [
      ...head,
      {
        kind: "paragraph",
        text: "No incident of this period was found; what that shows is said in the incident register.",
      },
    ];
  const carried = rows.filter((r) => r.carriedIn).length;
  const open = rows.filter((r) => r.carriedOut).length;
  return [
    ...head,
    {
      kind: "pairs",
      rows: [
        {
          label: "Incidents",
          cell: [
            line(`${count(rows.length)} (${count(carried)} began before the period, ${count(open)} not ended in it)`),
          ],
        },
        {
          label: "By severity",
          cell: cell(bySeverity.map(({ severity, incidents }) => `${severity}: ${count(incidents)}`).join(", ")),
        },
        {
          label: "In all",
          cell: cell(
            `${count(rows.length + byCustody.length + undated.length)}: these, ${count(byCustody.length)} that Custody opened itself and ${count(undated.length)} without any time`,
          ),
        },
        ...(undated.length > 0 ? [{ label: "Without any time", cell: [line(count(undated.length))] }] : []),
      ],
    },
  ];
}
