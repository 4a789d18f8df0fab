import { isDeepStrictEqual } from "node:util";
import { type Block, type Cell, cell, line } from "./blocks.ts";
import { contractBlocks, lawBlocks } from "./part-rules-laws.ts";
import {
  calendarBlocks,
  changesInWords,
  choiceBlocks,
  clauseBlocks,
  deadlineBlocks,
  newRows,
  severityBlocks,
} from "./part-rules-text.ts";
import type { RulesText, RulesVersion } from "./rules-shape.ts";
import type { ReportModel } from "./shape.ts";
import { count, fill, localTime, momentCell, plural, type Wording } from "./words.ts";

/** By which rules: every version that counts, with all that was decided in reading it. */

/** Incidents named one by one for each version; all are in the JSON. */
const INCIDENTS_NAMED = 60;
/** Versions named on page 1. */
const ON_COVER = 3;

export const versionName = ({ name, version }: Pick<RulesVersion, "name" | "version">): string =>
  `${name}, version ${version}`;

export function rulesPage(model: ReportModel, wording: Wording): Block[] {
  const { versions, others, laws } = model.rules;
  const zone = model.organisation.zone;
  const none = versions.length === 0;
  return [
    { kind: "heading", level: 1, text: "By which rules" },
    { kind: "paragraph", text: none ? wording.rules.none : wording.rules.intro },
    ...(none ? [] : [versionsTable(versions, zone)]),
    ...(others === 0
      ? []
      : [
          {
            kind: "paragraph",
            text: fill(wording.rules.others, { n: plural(others, "version") }),
            style: "muted",
          } as const,
        ]),
    ...versions.flatMap((one, i) => versionBlocks(one, versions.slice(0, i), model, wording)),
    ...lawBlocks(laws, versions, wording),
  ];
}

function versionsTable(versions: readonly RulesVersion[], zone: string): Block {
  return {
    kind: "table",
    small: true,
    columns: [
      { title: "Rules", share: 30 },
      { title: "Logged", share: 22 },
      { title: "In force from", share: 22 },
      { title: "until", share: 22 },
      { title: "Incidents of the period judged by it", share: 26 },
    ],
    rows: versions.map((one) => [
      [line(versionName(one), "bold"), line(ORIGINS[one.origin], "muted"), line(one.digest, "mono")],
      [...momentCell(one.logged, zone), line(`record ${one.entry}`, "muted")],
      momentCell(one.from, zone),
      one.to === null ? cell("still in force") : momentCell(one.to, zone),
      judgedCell(one),
    ]),
  };
}

const ORIGINS: Readonly<Record<RulesVersion["origin"], string>> = {
  shipped: "as shipped with Custody, word for word",
  "shipped-name": "named like rules that ship with Custody; another text",
  own: "the organisation's own",
};

function judgedCell({ standing, judged, reachesBack, text }: RulesVersion): Cell {
  const back = judged.filter((one) => one.reachesBack).length;
  return [
    line(STANDINGS[standing]),
    ...(standing === "in-force" || standing === "earlier"
      ? [line(judged.length === 0 ? "0 incidents" : plural(judged.length, "incident"), "bold")]
      : []),
    ...(reachesBack
      ? [
          line(
            `reaches back: logged only later than ${back === 0 ? "the period began" : plural(back, "of them", "of them")}`,
          ),
        ]
      : []),
    ...(text === null ? [{ text: "its text is gone or cannot be read", mark: "bad" } as const] : []),
  ];
}

const STANDINGS: Readonly<Record<RulesVersion["standing"], string>> = {
  "in-force": "in force in the period",
  earlier: "before the period; what began under it is judged by it",
  later: "later: nothing in this report is judged by it",
  never: "never in force: another one began no later",
};

function versionBlocks(
  one: RulesVersion,
  before: readonly RulesVersion[],
  model: ReportModel,
  wording: Wording,
): Block[] {
  const zone = model.organisation.zone;
  if (one.standing === "later" || one.standing === "never") return [];
  const head: Block[] = [
    { kind: "heading", level: 2, text: versionName(one), room: 140 },
    {
      kind: "paragraph",
      text: `Record ${one.entry}; in force from ${localTime(one.from, zone)}${one.to === null ? "" : ` until ${localTime(one.to, zone)}`}. ${judgedText(one)}`,
    },
  ];
  const { text } = one;
  if (text === null) return [...head, { kind: "notice", tone: "bad", title: wording.rules.gone, lines: [] }];
  // What an earlier version of the same rules says as well stands there once.
  const earlier = before.findLast(({ name, text: other }) => name === one.name && other !== null);
  return [
    ...head,
    ...(one.changes === null
      ? []
      : [
          {
            kind: "paragraph",
            text: `Against version ${one.changes.version} (record ${one.changes.entry}): ${changesInWords(one.changes)}.`,
          } as const,
        ]),
    documentBlock(text, earlier, zone),
    ...notesBlocks(text, earlier, wording),
    ...textBlocks(text, earlier, wording),
  ];
}

function textBlocks(text: RulesText, earlier: RulesVersion | undefined, wording: Wording): Block[] {
  return [
    ...severityBlocks(text, earlier, wording),
    ...deadlineBlocks(text, earlier, wording),
    ...calendarBlocks(text, earlier, wording),
    ...contractBlocks(text, earlier, wording),
    ...choiceBlocks(text, earlier, wording),
    ...clauseBlocks(text, earlier, wording),
  ];
}

function judgedText({ judged }: RulesVersion): string {
  if (judged.length === 0) return "0 incidents of the period were judged by it.";
  const names = judged.map(({ id, reachesBack }) => (reachesBack ? `${id} (reaches back)` : id));
  const shown = names.slice(0, INCIDENTS_NAMED);
  const more = names.length - shown.length;
  return `Judged by it: ${shown.join(", ")}${more > 0 ? `, and ${count(more)} more` : ""}.`;
}

function documentBlock(text: RulesText, earlier: RulesVersion | undefined, organisationZone: string): Block {
  const { title, note, zone, document } = text;
  const before = earlier?.text;
  if (
    earlier !== undefined &&
    before !== null &&
    isDeepStrictEqual([title, note, zone, document], [before?.title, before?.note, before?.zone, before?.document])
  )
    return {
      kind: "paragraph",
      text: `Title, document ID, owner, approval, days and reviews are told as in version ${earlier.version} (record ${earlier.entry}).`,
    };
  const open = "not filled in";
  return {
    kind: "pairs",
    rows: [
      { label: "Title", cell: [line(title), ...(note === null ? [] : [line(note, "muted")])] },
      { label: "Document", cell: cell(document.id ?? "no document ID") },
      { label: "Owner", cell: cell(document.owner ?? open) },
      { label: "Approved by", cell: cell(document.approvedBy ?? open) },
      { label: "Holds from, it says", cell: cell(document.effectiveFrom ?? open) },
      { label: "Last edited", cell: cell(document.lastEdited ?? open) },
      { label: "Last reviewed", cell: cell(document.lastReviewed ?? open) },
      { label: "To be reviewed", cell: cell(document.review ?? "it does not say") },
      ...(zone === organisationZone ? [] : [{ label: "Zone", cell: cell(zone) }]),
    ],
  };
}

function notesBlocks(text: RulesText, earlier: RulesVersion | undefined, wording: Wording): Block[] {
  const told = ({ exceptions, notes }: RulesText) => [
    ...exceptions.map(
      ({ kind, about, reason, owner, until }) =>
        `${kind === "exception" ? "Exception" : "Accepted"}: ${about}. ${reason} (${owner}, ${until === null ? "without an end" : `until ${until}`})`,
    ),
    ...notes,
  ];
  const all = told(text);
  const { rows, line: said } = newRows(all, earlier, told, (one) => one);
  if (all.length === 0 && said.length === 0) return [];
  return [
    { kind: "heading", level: 3, text: "Open places and exceptions" },
    { kind: "paragraph", text: wording.rules.notes, style: "muted" },
    ...said,
    ...(rows.length === 0
      ? []
      : [{ kind: "list", ordered: false, items: rows.map((one) => ({ text: one })) } as const]),
  ];
}

/** The lines of page 1 that say by which rules. */
export function rulesLines({ rules, organisation }: ReportModel): Cell {
  const counting = rules.versions.filter(({ standing }) => standing === "in-force" || standing === "earlier");
  if (counting.length === 0) return [line("no rules of the organisation are in the log")];
  const shown = counting.slice(-ON_COVER);
  const more = counting.length - shown.length;
  return [
    ...(more > 0 ? [line(`${plural(more, "earlier version")} and`)] : []),
    ...shown.map((one) =>
      line(
        `${versionName(one)} (record ${one.entry}), from ${localTime(one.from, organisation.zone)}${one.to === null ? "" : ` until ${localTime(one.to, organisation.zone)}`}${one.reachesBack ? "; reaches back" : ""}${one.text === null ? "; its text is gone" : ""}`,
      ),
    ),
  ];
}
