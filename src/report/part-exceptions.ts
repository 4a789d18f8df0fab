import { RESULTS } from "../assess/vocabulary.ts";
import { type Block, type Cell, cell, line } from "./blocks.ts";
import type { ExceptionRow, ExceptionsPart, Misfit, WaiverRow } from "./exceptions-shape.ts";
import { findingBlocks } from "./part-findings.ts";
import { remarksOf } from "./remarks.ts";
import { resultCell } from "./result-cell.ts";
import { muted, tableOf } from "./rows.ts";
import type { ReportModel } from "./shape.ts";
import { count, entryList, fill, localTime, localUntil, plural, type Wording } from "./words.ts";

/** Everything that failed, what was accepted of it, and findings. It is there also where it is empty. */
export function exceptionsPart(model: ReportModel, wording: Wording): Block[] {
  const { exceptions } = model;
  const words = wording.account.exceptions;
  return [
    { kind: "heading", level: 1, text: "Exceptions" },
    { kind: "heading", level: 2, text: "Failed checks" },
    ...(exceptions.rows.length === 0
      ? [{ kind: "paragraph", text: noneText(exceptions, wording) } as const]
      : [{ kind: "paragraph", text: words.intro } as const, exceptionTable(model, wording)]),
    ...unansweredBlocks(exceptions, wording),
    { kind: "heading", level: 2, text: "Accepted until a date (waivers)" },
    ...(exceptions.waivers.length === 0
      ? [{ kind: "paragraph", text: words.waiversNone } as const]
      : [{ kind: "paragraph", text: words.waiversIntro } as const, ...waiverTable(model, wording)]),
    ...(exceptions.waiversBefore === 0
      ? []
      : [
          {
            kind: "paragraph",
            text: `${plural(exceptions.waiversBefore, "more")} had ended before the period.`,
            style: "muted",
          } as const,
        ]),
    ...misfitBlocks("Records of acceptance that count for nothing", exceptions.voidWaivers),
    ...findingBlocks(model, wording),
    ...misfitBlocks("Records about findings that do not fit the others", exceptions.troubles),
  ];
}

function noneText({ tested, results }: ExceptionsPart, wording: Wording): string {
  const told = RESULTS.filter((word) => results[word] > 0).map(
    (word) => `${count(results[word])} ${wording.results[word].word}`,
  );
  return fill(wording.account.exceptions.none, {
    tested: plural(tested, "requirement"),
    results: told.length === 0 ? "none" : told.join(", "),
  });
}

/** Each with its facts; the control it belongs to has every record by its name. */
function exceptionTable(model: ReportModel, wording: Wording): Block {
  const { zone } = model.organisation;
  const remarks = remarksOf(model, wording);
  return {
    kind: "table",
    small: true,
    columns: [
      { title: "Requirement, and below the facts", share: 52 },
      { title: "Machine result", share: 17 },
      { title: "Extent", share: 12 },
      { title: "Accepted", share: 22 },
      { title: "Findings", share: 16 },
      { title: "Records", share: 16 },
    ],
    rows: model.exceptions.rows.flatMap((row) => [
      [
        [
          line(row.text),
          ...muted(`${row.control}, ${row.requirement}; ${wording.bases[row.basis] ?? row.basis}: ${row.note}`),
        ],
        resultCell(row.result, wording),
        cell(row.extent === null ? null : `${count(row.extent.failing)} of ${count(row.extent.of)}`),
        acceptedCell(row, zone),
        cell(row.findings.join(", ")),
        cell(entryList(row.entries)),
      ],
      ...(row.facts === null ? [] : [[[line(remarks.short(row.facts))]]]),
    ]),
  };
}

function acceptedCell({ accepted }: ExceptionRow, zone: string): Cell {
  if (accepted.length === 0) return cell("nobody");
  return accepted.flatMap(({ waiver, by, until, n, later, entry }) => [
    line(`${count(n)} by ${by} until ${localUntil(until, zone)}`),
    ...muted(`${waiver}, record ${entry}`, later > 0 ? `${count(later)} of these had failed before` : null),
  ]);
}

function unansweredBlocks({ unanswered }: ExceptionsPart, wording: Wording): Block[] {
  if (unanswered.length === 0) return [];
  const counts = unanswered.map(
    ({ result, requirements }) => `${count(requirements.length)} ${wording.results[result].word}`,
  );
  return [{ kind: "paragraph", text: fill(wording.account.exceptions.unanswered, { counts: counts.join(", ") }) }];
}

const WAIVER_STATES = { "in-force": "in force", expired: "expired", revoked: "taken back" } as const;

function waiverTable({ exceptions, organisation: { zone } }: ReportModel, wording: Wording): Block[] {
  return tableOf(
    [
      { title: "Waiver", share: 16 },
      { title: "Stands", share: 18 },
      { title: "Accepts that this is not met", share: 26 },
      { title: "Covers", share: 24 },
      { title: "Who", share: 20 },
      { title: "Because", share: 32 },
      { title: "Record", share: 9 },
    ],
    exceptions.waivers,
    (row) => [
      [line(row.id, "bold"), ...muted(`granted ${localTime(row.granted, zone)}`)],
      standsCell(row, zone),
      cell(row.requirement),
      [
        line(row.incidents.length === 0 ? "all that failed" : row.incidents.join(", ")),
        ...muted(row.earlier ? "also what had failed before" : null, `${plural(row.covers, "failure")} of this report`),
      ],
      [line(`${row.owner} answers for it`), ...muted(`signed by ${row.by}`)],
      cell(row.reason),
      cell(row.entry),
    ],
    wording,
  );
}

function standsCell({ state, until, revoked }: WaiverRow, zone: string): Cell {
  const words = {
    "in-force": `until ${localUntil(until, zone)}`,
    expired: `held until ${localUntil(until, zone)}`,
    revoked: revoked === null ? null : `on ${localTime(revoked.at, zone)}, record ${revoked.entry}`,
  };
  return [
    { text: WAIVER_STATES[state], style: "bold", mark: state === "in-force" ? "unsure" : "bad" },
    ...muted(words[state], state === "in-force" ? null : "counts no more"),
  ];
}

function misfitBlocks(title: string, misfits: readonly Misfit[]): Block[] {
  if (misfits.length === 0) return [];
  return [
    { kind: "notice", title, lines: misfits.map(({ entry, about, why }) => `Record ${entry}, ${about}: ${why}`) },
  ];
}
