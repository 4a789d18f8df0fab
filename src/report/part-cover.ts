import { type Block, type Cell, type Line, line, mono } from "./blocks.ts";
import { rulesLines } from "./part-rules.ts";
import { SOURCE_STATES } from "./part-scope.ts";
import { brokenBlocks, erasedText, isUnproven, unwatchedBlocks, unwatchedSentence } from "./part-shortcomings.ts";
import { onePersonLines } from "./part-who.ts";
import { muted } from "./rows.ts";
import type { ReportModel } from "./shape.ts";
import { count, fill, localSpan, moment, plural, type Wording } from "./words.ts";

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

/** The same of what people signed: the newest. */
const SIGNED_ON_COVER = 3;
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
      : [
          ...cover.signed.slice(-SIGNED_ON_COVER).map((s) => line(s)),
          ...muted(
            cover.signed.length > SIGNED_ON_COVER
              ? `and ${count(cover.signed.length - SIGNED_ON_COVER)} before, listed under "Document control and sign-off"`
              : null,
          ),
        ];
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
          `${count(cover.files.imported)} of ${plural(files, "capture")} were imported later, ${count(cover.files.uploaded)} handed in by people; the captures have ${plural(model.evidence.length, "distinct content")}`,
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
      cell: [
        line(cover.keyHolder ?? "the operator of this installation; nobody is named in the configuration"),
        ...onePersonLines(model, wording),
      ],
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
        { label: "Rules", cell: rulesLines(model) },
        { label: "Log", cell: mono(ledger.origin) },
        { label: "Size and root", cell: [line(`${count(ledger.size)} records`), line(ledger.root, "mono")] },
      ],
    },
  ];
}
