import { type Block, type Cell, line, type Mark } from "./blocks.ts";
import type { FindingRow, FindingWord, SaidRow } from "./exceptions-shape.ts";
import { type Remarks, remarksOf } from "./remarks.ts";
import { muted } from "./rows.ts";
import type { ReportModel } from "./shape.ts";
import { count, entryList, localLimit, localSpan, localTime, plural, type Wording } from "./words.ts";

const MARKS: Readonly<Record<FindingWord, Mark>> = {
  open: "bad",
  planned: "open",
  done: "unsure",
  verified: "good",
  closed: "good",
};

/** Findings with requirement, evidence, gap and everything that became of them. */
export function findingBlocks(model: ReportModel, wording: Wording): Block[] {
  const { exceptions, organisation } = model;
  const { zone } = organisation;
  const remarks = remarksOf(model, wording);
  const words = wording.account.exceptions;
  const { findings, findingsBefore } = exceptions;
  const head = { kind: "heading", level: 2, text: "Findings" } as const;
  const before: Block[] =
    findingsBefore === 0
      ? []
      : [
          {
            kind: "paragraph",
            text: `${plural(findingsBefore, "own finding")} closed before the period ${findingsBefore === 1 ? "is" : "are"} not listed.`,
            style: "muted",
          },
        ];
  if (findings.length === 0) return [head, { kind: "paragraph", text: words.findingsNone }, ...before];
  return [
    head,
    { kind: "paragraph", text: words.findingsIntro },
    {
      kind: "table",
      small: true,
      columns: [
        { title: "Finding", share: 26 },
        { title: "Requirement, and below the gap and its extent", share: 60 },
        { title: "Owner, due", share: 24 },
        { title: "Status and life", share: 46 },
        { title: "Evidence", share: 26 },
      ],
      rows: findings.flatMap((row) => [
        [
          [
            line(row.id, "bold"),
            ...muted(words.origins[row.origin] ?? row.origin, row.reference === null ? null : `no. ${row.reference}`),
          ],
          [
            ...(row.requirementText === null ? [] : [line(row.requirementText)]),
            ...muted(row.requirement, row.control),
          ],
          [
            line(row.owner ?? "nobody"),
            line(
              row.due === null ? "no date" : `${localLimit(row.due, zone)}${row.overdue ? ", overdue" : ""}`,
              row.overdue ? "bold" : "muted",
            ),
          ],
          lifeCell(row, zone, words.states),
          [
            ...row.files.map((digest) => line(`${digest.slice(0, 16)}…`, "mono")),
            ...muted(`records ${entryList(row.entries)}`),
          ],
        ],
        [
          [
            ...gapLines(row, remarks, zone),
            ...said("Cause", row.cause),
            ...said("Correction", row.correction),
            ...said("Corrective action", row.correctiveAction),
            ...stepLines(row),
          ],
        ],
      ]),
    },
    ...before,
  ];
}

function gapLines({ gap, extent, window }: FindingRow, remarks: Remarks, zone: string): Cell {
  const beside = [
    ...(extent === null ? [] : [`${count(extent.failing)} of ${count(extent.of)}`]),
    ...(window === null ? [] : [localSpan(window, zone)]),
  ];
  return [line(gap === null ? "–" : remarks.short(gap)), ...muted(beside.join("; "))];
}

function said(label: string, row: SaidRow | null): Cell {
  if (row === null) return muted(`${label}: not said`);
  return [line(`${label}: ${row.text ?? "said without words"} (record ${row.entry})`)];
}

function stepLines({ steps }: FindingRow): Cell {
  return muted(
    steps.length === 0 ? null : `Actions: ${steps.map(({ action, state }) => `${action} ${state}`).join(", ")}`,
  );
}

/** What became of it, one line each, oldest first. */
function lifeCell(row: FindingRow, zone: string, states: Readonly<Record<string, string>>): Cell {
  const told = (what: string, one: SaidRow | null): string[] =>
    one === null
      ? []
      : [
          `${what} ${localTime(one.at, zone)} by ${one.by}${one.proven ? "" : " (nobody checked)"}, record ${one.entry}`,
        ];
  const result = row.verified?.result === "effective" ? "it helped" : "it did not help";
  const steps = [
    ...told("opened", row.opened),
    ...told("done", row.done),
    ...told(`looked at (${result})`, row.verified),
    ...(row.verified !== null && row.verified.by === row.done?.by
      ? ["whoever did it is who looked whether it helped: nobody else did"]
      : []),
    ...row.afterLook.map(
      ({ id, at, entry }) => `the look came before this: ${id}, ${localTime(at, zone)}, record ${entry}`,
    ),
    ...told(row.closed?.without ? "closed without looking whether it helped," : "closed", row.closed),
    ...(row.reopened > 0 ? [`opened again ${row.reopened === 1 ? "once" : `${row.reopened} times`}`] : []),
    ...(row.notes.length > 0 ? [plural(row.notes.length, "note")] : []),
  ];
  return [{ text: states[row.state] ?? row.state, style: "bold", mark: MARKS[row.state] }, ...muted(...steps)];
}
