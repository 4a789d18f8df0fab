import { wallClock } from "../lib/zone.ts";
import { SLOT_STATES, type SlotState } from "../slots/state.ts";
import { type BarPattern, type Block, type Cell, cell, line } from "./blocks.ts";
import { HOLES } from "./coverage.ts";
import type { GapRow, SourceReport } from "./coverage-shape.ts";
import type { ReportModel, Span } from "./shape.ts";
import { count, entryList, fill, localSpan, localTime, localUntil, moment, plural, type Wording } from "./words.ts";

export const PATTERNS: Readonly<Record<SlotState, BarPattern>> = {
  collected: "solid",
  late: "grey",
  partial: "half",
  failed: "hatched",
  unavailable: "hatched",
  missed: "hatched",
  paused: "dotted",
  due: "empty",
  open: "empty",
};

const MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"] as const;

/** The first of each month, or of each day in a short period, by the organisation's clock. */
function ticks({ period, organisation }: ReportModel): { at: number; text: string }[] {
  const [from, to] = [Date.parse(period.from), Date.parse(period.to)];
  const start = wallClock(from, organisation.zone).toPlainDate();
  const days = (to - from) / 86_400_000;
  const step = days > 1_100 ? { years: 1 } : days > 45 ? { months: 1 } : days > 12 ? { days: 7 } : { days: 1 };
  const found: { at: number; text: string }[] = [];
  let date = "years" in step ? start.with({ month: 1, day: 1 }) : "months" in step ? start.with({ day: 1 }) : start;
  while (found.length < 40) {
    const at = date.toZonedDateTime(organisation.zone).epochMilliseconds;
    if (at >= to) break;
    if (at >= from) {
      const month = MONTHS[date.month - 1] ?? "";
      const text =
        "years" in step
          ? String(date.year)
          : "months" in step
            ? date.month === 1
              ? `${month} ${date.year}`
              : month
            : `${date.day} ${month}`;
      found.push({ at: (at - from) / (to - from), text });
    }
    date = date.add(step);
  }
  return found;
}

function reasonWords(code: string, wording: Wording): string {
  return wording.reasons[code] ?? code.replace(/\.$/, "");
}

function stateWords(states: { readonly [S in SlotState]?: number }, wording: Wording): string {
  return SLOT_STATES.flatMap((s) =>
    (states[s] ?? 0) > 0 ? [`${count(states[s] ?? 0)} ${wording.slotStates[s].word}`] : [],
  ).join(", ");
}

/** Stretches with holes, in words: at most a few, the part on gaps has all. */
function barWords(source: SourceReport, model: ReportModel, wording: Wording): string {
  const zone = model.organisation.zone;
  const bad = source.bar.filter((b) => HOLES.includes(b.state) || b.state === "late");
  if (source.expected === 0) {
    return source.firstSuccess === null
      ? "Nothing is expected before the first answer, and there was none."
      : "No evidence is expected in this period.";
  }
  if (bad.length === 0) return "Nothing that was expected in the period is missing, incomplete or late.";
  const shown = bad.slice(0, 6).map((b) => `${localSpan(b, zone)} ${wording.slotStates[b.state].word}`);
  const more = bad.length > 6 ? `; ${plural(bad.length - 6, "more stretch", "more stretches")}` : "";
  return `Not in time: ${shown.join("; ")}${more}. Everything else that is over was collected in time or paused.`;
}

/** `not watched before 18 Nov 2026`, or the stretch where it is another than the first. */
export function unwatchedText({ from, to }: Span, model: ReportModel, wording: Wording): string {
  const zone = model.organisation.zone;
  if (from !== model.period.from) return `${wording.unwatched} ${localSpan({ from, to }, zone)}`;
  const whole = to === model.period.to || to === model.ledger.asOf;
  return whole ? `${wording.unwatched} in this period` : `${wording.unwatched} before ${localTime(to, zone)}`;
}

function unwatchedWords(source: SourceReport, model: ReportModel, wording: Wording): string[] {
  const texts = source.unwatched.slice(0, 6).map((u) => unwatchedText(u, model, wording));
  if (texts.length === 0) return [];
  const more = source.unwatched.length - texts.length;
  const text = `${texts.join("; ")}${more > 0 ? `; and ${plural(more, "more stretch", "more stretches")}` : ""}.`;
  return [`${text.charAt(0).toUpperCase()}${text.slice(1)}`];
}

const EXPECTATIONS = { expected: "", paused: "; paused now", retired: "; retired" } as const;

function freshnessWords(source: SourceReport, zone: string): Cell {
  const to = source.freshness.coveredTo;
  switch (source.freshness.state) {
    case "current":
      return [{ text: `current${to === null ? "" : `: seen up to ${localTime(to, zone)}`}`, mark: "good" }];
    case "stale":
      return [
        {
          text: `stale${source.freshness.staleSince === null ? "" : ` since ${localTime(source.freshness.staleSince, zone)}`}${to === null ? "" : `; seen up to ${localTime(to, zone)}`}`,
          mark: "bad",
        },
      ];
    case "never":
      return [{ text: "never answered", mark: "bad" }];
  }
}

function sourceBlocks(source: SourceReport, model: ReportModel, wording: Wording): Block[] {
  const zone = model.organisation.zone;
  const [from, to] = [Date.parse(model.period.from), Date.parse(model.period.to)];
  const at = (time: string) => (Date.parse(time) - from) / (to - from);
  const { runs } = source;
  const attempts = `${plural(runs.total, "run")}: ${count(runs.collected)} collected, ${count(runs.partial)} partial, ${count(runs.failed)} failed, ${count(runs.unavailable)} could not reach it; ${count(runs.backfill)} of them later, to fill a gap${runs.forIncidents > 0 ? `; ${count(runs.forIncidents)} to keep what tells of an incident` : ""}`;
  const seen =
    source.mode === "snapshot"
      ? `${plural(source.moments, "moment")} (this source knows only the present)`
      : source.covered.length === 0
        ? "nothing"
        : source.covered.length <= 4
          ? source.covered.map((s) => localSpan(s, zone)).join("; ")
          : `${plural(source.covered.length, "stretch", "stretches")} from ${localTime(source.covered[0]?.from ?? "", zone)} to ${localTime(source.covered.at(-1)?.to ?? "", zone)}`;
  const rows: { label: string; cell: Cell }[] = [
    {
      label: "Required",
      cell: [
        line(
          `${source.cadence}, at most ${source.grace} after each ends, ${source.zone}${EXPECTATIONS[source.expectation]}${source.configured ? "" : "; not in the newest configuration"}`,
        ),
      ],
    },
    {
      label: "Since",
      cell: [line(source.firstSuccess === null ? "never answered" : moment(source.firstSuccess, zone))],
    },
    {
      label: "Expected evidence",
      cell: [
        line(
          source.expected === 0
            ? "0 in this period"
            : `${count(source.expected)} = ${stateWords(source.states, wording)}`,
        ),
      ],
    },
    { label: "Freshness", cell: freshnessWords(source, zone) },
    { label: "Really seen", cell: [line(seen)] },
    ...beforeRow(source, zone),
    { label: "Runs", cell: [line(attempts)] },
    {
      label: "Found",
      cell: [
        line(
          `${plural(source.files, "capture")}, ${plural(source.facts, "fact")} read from them, each once however often it was read`,
        ),
        ...(source.factsBefore > 0
          ? [line(`of these facts ${count(source.factsBefore)} began before the period`)]
          : []),
      ],
    },
    {
      label: "Source's own count",
      cell: [
        line(
          source.ownTotal === null
            ? "it gives none: uncounted"
            : `${count(source.ownTotal.total)} by its own count, ${count(source.ownTotal.found)} read, of whatever time they tell, in that run alone (record ${source.ownTotal.entry}, ${localTime(source.ownTotal.at, zone)})`,
        ),
      ],
    },
  ];
  if (source.reasons.length > 0)
    rows.push({
      label: "Not everything, because",
      cell: source.reasons.map((r) => line(`${reasonWords(r.reason, wording)} (${plural(r.runs, "run")})`)),
    });
  rows.push({
    label: "Cannot show",
    cell:
      source.blindSpots.length === 0
        ? [line("its author names no blind spot")]
        : source.blindSpots.map((b) => line(`• ${b}`)),
  });
  return [
    { kind: "heading", level: 2, text: `${source.title} (${source.instance})` },
    {
      kind: "bar",
      segments: [
        ...source.unwatched.map((u) => ({
          from: at(u.from),
          to: at(u.to),
          pattern: "crossed" as const,
          label: wording.unwatched,
        })),
        ...source.bar.map((b) => ({ from: at(b.from), to: at(b.to), pattern: PATTERNS[b.state] })),
      ],
      ticks: ticks(model),
      words: [...unwatchedWords(source, model, wording), barWords(source, model, wording)].join(" "),
    },
    { kind: "pairs", small: true, rows },
  ];
}

/** Coverage per source: what was expected, what was seen, and the holes. */
export function coveragePart(model: ReportModel, wording: Wording): Block[] {
  return [
    { kind: "heading", level: 1, text: "Coverage by source" },
    { kind: "paragraph", text: wording.coverageIntro },
    {
      kind: "legend",
      items: [
        { pattern: "solid", text: "collected in time" },
        { pattern: "grey", text: "late" },
        { pattern: "half", text: "partial" },
        { pattern: "hatched", text: "failed, unavailable or missed" },
        { pattern: "dotted", text: "paused" },
        { pattern: "crossed", text: `${wording.unwatched}: nothing was expected` },
        { pattern: "empty", text: "not due yet" },
      ],
    },
    ...(model.sources.length === 0
      ? [{ kind: "paragraph", text: "No source was ever configured." } as const]
      : model.sources.flatMap((s) => sourceBlocks(s, model, wording))),
  ];
}

function gapText(gap: GapRow, model: ReportModel, wording: Wording): Cell {
  const zone = model.organisation.zone;
  const what = gap.what ?? fill(wording.gap, { title: gap.title, instance: gap.instance, span: localSpan(gap, zone) });
  const lines = [line(what, "bold")];
  lines.push(line(gap.cause === null ? "No cause is recorded." : `Cause: ${reasonWords(gap.cause, wording)}.`));
  const state = [wording.gapStates[gap.state] ?? `${gap.state}.`];
  if (gap.closed !== null) state.push(`Closed ${localTime(gap.closed, zone)}.`);
  if (gap.acknowledged !== null) state.push(`Acknowledged ${localTime(gap.acknowledged, zone)}.`);
  for (const { at, until, by, entry } of gap.acceptances.slice(0, -1))
    state.push(`Accepted ${localTime(at, zone)} until ${localUntil(until, zone)} by ${by} (record ${entry}).`);
  if (gap.acceptedUntil !== null)
    state.push(`Accepted until ${localUntil(gap.acceptedUntil, zone)}${acceptedBy(gap)}.`);
  if (gap.state === "open" && gap.what === null)
    state.push(`While it is open, ${gap.instance} cannot be called complete for this time.`);
  lines.push(line(state.join(" ")));
  lines.push(line(gap.id, "muted"));
  return lines;
}

function acceptedBy({ acceptedBy: by }: GapRow): string {
  if (by === null) return "";
  return ` by ${by.id}${by.auth === "unauthenticated" ? ", whom nobody checked" : ""}`;
}

/** Every gap of the period, oldest first. */
export function gapsPart(model: ReportModel, wording: Wording): Block[] {
  const zone = model.organisation.zone;
  return [
    { kind: "heading", level: 1, text: "Gaps" },
    { kind: "paragraph", text: model.gaps.length === 0 ? wording.gapsNone : wording.gapsIntro },
    ...(model.gaps.length === 0
      ? []
      : [
          {
            kind: "table" as const,
            columns: [
              { title: "What was not collected", share: 56 },
              { title: "From (included), to (excluded)", share: 22 },
              { title: "Expected evidence", share: 14 },
              { title: "Records of attempts", share: 14 },
            ],
            rows: model.gaps.map((gap) => [
              gapText(gap, model, wording),
              [line(localTime(gap.from, zone)), line(localTime(gap.to, zone)), line(zone, "muted")],
              gap.what === null
                ? [line(count(gap.slots)), line(stateWords(gap.states, wording), "muted")]
                : cell("none"),
              cell(entryList(gap.entries)),
            ]),
          },
        ]),
  ];
}

/** What is known of the time before anything was required, apart from everything that was collected when it was due. */
function beforeRow({ before }: SourceReport, zone: string): { label: string; cell: Cell }[] {
  const told = (spans: SourceReport["before"]["imported"], how: string) =>
    spans.length === 0
      ? []
      : [
          line(
            `${how}: ${spans.length <= 4 ? spans.map((s) => localSpan(s, zone)).join("; ") : plural(spans.length, "stretch", "stretches")}`,
          ),
        ];
  const cell = [
    ...told(before.imported, "imported, and dated only by when that was"),
    ...told(before.collected, "read from the source afterwards"),
  ];
  return cell.length === 0 ? [] : [{ label: "Before it was watched", cell }];
}
