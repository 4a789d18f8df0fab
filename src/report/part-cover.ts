import { RESULTS } from "../assess/vocabulary.ts";
import { type Block, type Cell, cell, type Line, line, type Mark, mono } from "./blocks.ts";
import {
  brokenBlocks,
  erasedBlocks,
  erasedText,
  isUnproven,
  unwatchedBlocks,
  unwatchedSentence,
} from "./part-shortcomings.ts";
import type { ReportModel } from "./shape.ts";
import { count, fill, localSpan, moment, plural, type Wording } from "./words.ts";

/** Shape beside a result word. */
export const RESULT_MARKS: Readonly<Record<(typeof RESULTS)[number], Mark>> = {
  met: "good",
  nil: "good",
  not_met: "bad",
  invalid: "bad",
  pending: "open",
  no_data: "unsure",
  indeterminate: "unsure",
  waived: "unsure",
  not_applicable: "open",
  no_target: "open",
};

function holesSentence(model: ReportModel, wording: Wording): string {
  const { cover, organisation } = model;
  const { slots, gaps } = cover;
  const unwatched = unwatchedSentence(model, wording);
  const pending = slots.pending > 0 ? ` (${count(slots.pending)} not due yet)` : "";
  const holes =
    slots.expected === 0
      ? wording.holesNothing
      : gaps.longest === null
        ? fill(unwatched === undefined ? wording.holesNone : wording.holesElse, { pending })
        : fill(wording.holesSome, {
            holes: count(slots.holes),
            expected: count(slots.expected),
            late: count(slots.late),
            gaps: plural(gaps.total, "gap"),
            open: count(gaps.open),
            title: gaps.longest.title,
            instance: gaps.longest.instance,
            span: localSpan(gaps.longest, organisation.zone),
          });
  return [
    ...(unwatched === undefined || slots.expected === 0 ? [] : [unwatched]),
    holes,
    ...(cover.silent.length === 0 ? [] : [fill(wording.silent, { names: cover.silent.join(", ") })]),
  ].join(" ");
}

function systemLines(model: ReportModel): Line[] {
  const { systems } = model.cover;
  const out: Line[] = [
    line(
      `${count(systems.inScope)} in scope: ${count(systems.connected)} connected, ${count(systems.notConnected)} not connected`,
    ),
  ];
  for (const row of model.scope) {
    const by = row.sources.map((s) => `${s.id}: ${SOURCE_STATES[s.state]}`).join(", ");
    if (row.notConnected !== null)
      out.push({ text: `${row.system}: not connected (${row.notConnected})`, mark: "bad" });
    else
      out.push({
        text: `${row.system} (${by})`,
        mark: row.sources.every((s) => s.state === "collecting") ? "good" : "unsure",
      });
  }
  return out;
}

/** Since when somebody outside has seen the log, and what stands before that. */
function outsideLines(model: ReportModel, wording: Wording): Line[] {
  const { cover, organisation, verification } = model;
  if (isUnproven(model)) return [line(wording.notJudged)];
  if (cover.anchor !== null)
    return [
      line(`${moment(cover.anchor.at, organisation.zone)}: ${cover.anchor.what}`),
      line(wording.beforeProof, "muted"),
    ];
  const ended = verification?.verdicts.some(({ about, word }) => about === "TIME" && word === "expired");
  return [line(ended ? wording.proofsEnded : wording.operatorsWord)];
}

export const SOURCE_STATES = {
  collecting: "collecting",
  stale: "stale",
  never: "never answered",
  paused: "paused",
  retired: "retired",
  unknown: "not configured",
} as const;

/** Systems named on page 1 before the rest is only counted; all are in the part on scope. */
const SYSTEMS_ON_COVER = 8;

/** Page 1: what a reader must know before believing any other page. */
export function coverPart(model: ReportModel, wording: Wording): Block[] {
  const { cover, organisation, ledger } = model;
  const zone = organisation.zone;
  const systems = systemLines(model);
  const unproven = isUnproven(model);
  const { files: deleted, rows } = model.disposed;
  const entries = [...new Set(rows.map((row) => row.entry))];
  const erased = erasedText({ files: deleted, entries }, wording.erasedCover);
  const shown = systems.slice(0, SYSTEMS_ON_COVER + 1);
  if (systems.length > shown.length)
    shown.push(line(`and ${plural(systems.length - shown.length, "more system")}, listed under "Scope and method"`));
  const files = cover.files.collected + cover.files.imported + cover.files.uploaded;
  const signed: Cell =
    cover.signed.length === 0
      ? [line("nobody yet: no person has confirmed anything in this report")]
      : cover.signed.map((s) => line(s));
  const pairs: { label: string; cell: Cell }[] = [
    {
      label: "Period",
      cell: [
        line(`${model.period.label}: ${localSpan(model.period, zone)}, ${zone}`, "bold"),
        line(`${moment(model.period.from, zone)} up to, not including, ${moment(model.period.to, zone)}`, "muted"),
      ],
    },
    {
      label: "In operation since",
      cell: [
        line(cover.inOperationSince === null ? "no source has answered yet" : moment(cover.inOperationSince, zone)),
        ...(unproven ? [line(wording.asRecordsSay, "muted")] : []),
      ],
    },
    {
      label: "Earliest outside proof",
      cell: outsideLines(model, wording),
    },
    {
      label: "Imported share",
      cell: [
        line(
          `${count(cover.files.imported)} of ${plural(files, "evidence file")} were imported later, ${count(cover.files.uploaded)} handed in by people`,
        ),
        ...(unproven ? [line(wording.asRecordsSay, "muted")] : []),
      ],
    },
    { label: "Systems", cell: shown },
    { label: "Known holes", cell: [line(unproven ? wording.notJudged : holesSentence(model, wording))] },
    ...(erased === undefined ? [] : [{ label: "Lawfully deleted", cell: [line(erased)] }]),
    {
      label: "Administers",
      cell: [
        line(cover.administers.length === 0 ? "nobody is named in the configuration" : cover.administers.join(", ")),
      ],
    },
    {
      label: "Holds the signing key",
      cell: [line(cover.keyHolder ?? "the operator of this installation; nobody is named in the configuration")],
    },
    { label: "Signed", cell: signed },
    { label: "To check", cell: wording.check.map((text) => line(text)) },
  ];
  return [
    {
      kind: "cover",
      title: wording.title,
      subtitle: organisation.name,
      lines: [
        `ISMS scope: ${plural(cover.systems.inScope, "system")}${organisation.soa === null ? "; no statement of applicability named" : `; statement of applicability ${organisation.soa}`}`,
      ],
    },
    ...brokenBlocks(model, wording),
    ...unwatchedBlocks(model, wording),
    ...(model.demo
      ? [
          {
            kind: "notice",
            title: fill(wording.demo, { until: moment(model.demo.simulatedUntil, zone) }),
            lines: [],
          } as const,
        ]
      : []),
    { kind: "pairs", rows: pairs },
    { kind: "notice", title: "No audit opinion", lines: [wording.noOpinion] },
    {
      kind: "pairs",
      rows: [
        { label: "Report", cell: mono(model.id) },
        {
          label: "As of",
          cell: [line(moment(ledger.asOf, zone)), line("the time of the last record it stands on", "muted")],
        },
        { label: "Log", cell: mono(ledger.origin) },
        { label: "Size and root", cell: [line(`${count(ledger.size)} records`), line(ledger.root, "mono")] },
      ],
    },
  ];
}

/** A column's share by its longest word, so that no heading is broken inside one. */
function widthOf(title: string): number {
  return 6 + 1.1 * Math.max(...title.split(" ").map((word) => word.length));
}

/** The numbers by control, and nothing that adds them up to one. */
export function summaryPart(model: ReportModel, wording: Wording): Block[] {
  // met and not met stand there even when there is none: an absent column would hide the zero.
  const used = RESULTS.filter((r) => r === "met" || r === "not_met" || model.controls.some((c) => c.results[r] > 0));
  const { slots } = model.cover;
  const unwatched = unwatchedSentence(model, wording);
  const states = (
    ["collected", "late", "partial", "failed", "unavailable", "missed", "paused", "due", "open"] as const
  ).map((state) => ({
    state,
    n: model.sources.reduce((sum, s) => sum + s.states[state], 0),
  }));
  const blocks: Block[] = [
    { kind: "part", layout: "portrait" },
    { kind: "heading", level: 1, text: "Summary" },
    { kind: "heading", level: 2, text: "Machine results by control" },
    {
      kind: "table",
      columns: [
        { title: "Control", share: 34 },
        ...used.map((r) => ({
          title: wording.results[r].word,
          share: widthOf(wording.results[r].word),
          align: "right" as const,
        })),
        { title: "of", share: 8, align: "right" as const },
      ],
      rows: model.controls.map((c) => [
        [line(c.id, "bold"), line(c.title)],
        ...used.map((r) => cell(c.results[r])),
        cell(c.requirements.length),
      ]),
    },
    {
      kind: "list",
      ordered: false,
      items: used.map((r) => ({ text: `${wording.results[r].word}: ${wording.results[r].meaning}` })),
    },
    { kind: "heading", level: 2, text: "Expected evidence of the period" },
    {
      kind: "pairs",
      rows: [
        { label: "Expected", cell: [line(count(slots.expected))] },
        ...states
          .filter(({ n }) => n > 0)
          .map(({ state, n }) => ({
            label: wording.slotStates[state].word,
            cell: [line(`${count(n)} (${wording.slotStates[state].meaning})`)],
          })),
        ...(unwatched === undefined ? [] : [{ label: wording.unwatched, cell: [line(unwatched)] }]),
      ],
    },
    { kind: "heading", level: 2, text: "Incidents of the period" },
    ...erasedBlocks(model, "incidents", wording),
  ];
  if (model.incidents.nil)
    blocks.push({
      kind: "paragraph",
      text: "No incident of this period was found; what that shows is said in the incident register.",
    });
  else {
    const carried = model.incidents.rows.filter((r) => r.carriedIn).length;
    const open = model.incidents.rows.filter((r) => r.carriedOut).length;
    blocks.push({
      kind: "pairs",
      rows: [
        {
          label: "Incidents",
          cell: [
            line(
              `${count(model.incidents.rows.length)} (${count(carried)} began before the period, ${count(open)} not ended in it)`,
            ),
          ],
        },
        ...model.incidents.bySeverity.map((s) => ({
          label: `Severity ${s.severity}`,
          cell: [line(count(s.incidents))],
        })),
        ...(model.incidents.undated.length > 0
          ? [{ label: "Without any time", cell: [line(count(model.incidents.undated.length))] }]
          : []),
      ],
    });
  }
  return blocks;
}

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
        {
          label: "Your rules",
          cell: model.policy
            ? [line(model.policy.name), ...(model.policy.digest ? [line(model.policy.digest, "mono")] : [])]
            : cell('no policy is logged: requirements that need one show "no target" or "no data"'),
        },
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
