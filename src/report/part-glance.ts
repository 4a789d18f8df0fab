import { type Block, type Cell, type Line, line, type Mark } from "./blocks.ts";
import { isUrgent } from "./glance.ts";
import type { GlanceName, GlanceRow, GlanceWord } from "./glance-shape.ts";
import { gravestFirst, gravityIn } from "./gravity.ts";
import { readableId } from "./part-controls.ts";
import { isUnproven } from "./part-shortcomings.ts";
import { muted } from "./rows.ts";
import type { ReportModel } from "./shape.ts";
import { count, fill, localLimit, localTime, localUntil, plural, type Wording } from "./words.ts";

/** The first page behind the cover: what is not as required and what is open, the gravest first and by its name. */

/** Failed requirements told here; all of them are in the part on exceptions. */
const FAILED_SHOWN = 8;
/** Told with their facts; of the others the names. */
const NAMED = 4;
/** Names of what failed a requirement. */
const FAILING_NAMED = 6;

/** Not as required; of the others nobody can say that, they are open. */
const BAD: ReadonlySet<GlanceWord> = new Set([
  "duties",
  "breaches",
  "gravest",
  "deadlines",
  "reviews",
  "failed",
  "actions",
  "findings",
  "chains",
]);
/** Of these only what is decided is counted. */
const TIMED: ReadonlySet<GlanceWord> = new Set(["duties", "deadlines", "reviews"]);

export function glanceBlocks(model: ReportModel, wording: Wording): Block[] {
  const { glance, organisation } = model;
  const { zone } = organisation;
  const { title, words } = wording.account.glance;
  const isThere = ({ n, of, unknown, running }: GlanceRow) => n + unknown + running > 0 || (of ?? 0) > 0;
  return [
    { kind: "heading", level: 2, text: title },
    {
      kind: "pairs",
      rows: [
        ...glance.filter(isThere).map((row) => ({
          label: words[row.about].label,
          cell: [numberLine(row, wording), ...namedLines(row, zone, wording)],
        })),
        outsideRow(model, wording),
      ],
    },
  ];
}

/** Whether anybody outside has confirmed anything of the log, or since when nobody has. */
function outsideRow(model: ReportModel, wording: Wording) {
  const { cover, ledger, verification, organisation } = model;
  const { outside: label, outsideNone, outsideFirst } = wording.account.glance;
  const since = { since: localTime(ledger.since, organisation.zone) };
  const verdict = verification?.verdicts.find(({ about }) => about === "TIME");
  const unsure = (text: string): Cell => [{ text, style: "bold", mark: "unsure" }];
  // Of a log that is not what was signed nothing outside proves anything.
  if (isUnproven(model)) return { label, cell: unsure(wording.notJudged) };
  if (cover.anchor === null)
    return { label, cell: unsure(verdict?.word === "expired" ? wording.proofsEnded : fill(outsideNone, since)) };
  const first = fill(outsideFirst, { at: localTime(cover.anchor.at, organisation.zone), what: cover.anchor.what });
  return { label, cell: [line(first), ...muted(verdict === undefined ? null : `${verdict.word}: ${verdict.reason}`)] };
}

function numberLine(row: GlanceRow, wording: Wording): Line {
  const { words, decided, unknown, running } = wording.account.glance;
  const { about, n, of } = row;
  const share = of === null ? (about === "problems" ? plural(n, "place") : count(n)) : `${count(n)} of ${count(of)}`;
  const number = TIMED.has(about) && of !== null ? fill(decided, { n: count(n), of: count(of) }) : share;
  const beside = [
    ...(row.unknown > 0 ? [fill(unknown, { n: count(row.unknown) })] : []),
    ...(row.running > 0 ? [fill(running, { n: count(row.running) })] : []),
  ];
  const mark = markOf(row);
  return {
    text: [fill(words[about].text, { n: number }), ...beside].join("; "),
    style: mark === undefined ? undefined : "bold",
    mark,
  };
}

/** That none is bad makes the others no better: they may be open, or nobody can show them. */
function markOf({ about, n, unknown, named }: GlanceRow): Mark | undefined {
  if (n + unknown === 0) return undefined;
  if (about === "events") return named.some(({ severity }) => isUrgent(severity)) ? "bad" : "unsure";
  return n > 0 && BAD.has(about) ? "bad" : "unsure";
}

function namedLines({ named }: GlanceRow, zone: string, wording: Wording): Cell {
  const rest = named.slice(NAMED);
  const ids = [...new Set(rest.map(({ id }) => id))].join(", ");
  return [
    ...named.slice(0, NAMED).map((one) => line(nameText(one, zone), "muted")),
    ...muted(rest.length === 0 ? null : fill(wording.account.glance.more, { n: count(rest.length), ids })),
  ];
}

function nameText({ id, severity, what, due, since, entry }: GlanceName, zone: string): string {
  const head = `${id}${severity === null ? "" : ` (${severity})`}`;
  const facts = [
    ...(what === null ? [] : [what]),
    ...(since === null ? [] : [`since ${localTime(since, zone)}`]),
    ...(due === null ? [] : [`due ${localLimit(due, zone)}`]),
    ...(entry === null ? [] : [`record ${entry}`]),
  ];
  return `${head}: ${facts.join(", ")}`;
}

export function failedBlocks(model: ReportModel, wording: Wording): Block[] {
  const { failed, failedMore } = wording.account.glance;
  const all = gravestFirst(
    model.exceptions.rows.filter(({ result }) => result !== "waived"),
    model,
  );
  if (all.length === 0) return [];
  const rest = all.length - FAILED_SHOWN;
  const graveOf = gravityIn(model);
  const { zone } = model.organisation;
  return [
    { kind: "heading", level: 3, text: failed },
    {
      kind: "list",
      ordered: false,
      items: all.slice(0, FAILED_SHOWN).map(({ control, requirement, text, extent, failing, accepted }) => {
        const share = extent === null ? "" : ` Not so for ${count(extent.failing)} of ${count(extent.of)}`;
        const ids = [...new Set(failing.map(({ id }) => id))].sort((a, b) => graveOf(a).rank - graveOf(b).rank);
        const names = ids.slice(0, FAILING_NAMED).map((id) => {
          const { severity } = graveOf(id);
          return severity === null ? readableId(id, zone) : `${id} (${severity})`;
        });
        const more =
          ids.length > names.length ? ` and ${count(ids.length - names.length)} more, named under ${requirement}` : "";
        const taken = accepted.map(({ n, until, entry }) =>
          fill(wording.account.glance.accepted, { n: count(n), until: localUntil(until, zone), entry: count(entry) }),
        );
        const said = `${control} ${text}${share}${names.length === 0 ? "" : `: ${names.join(", ")}${more}`}.`;
        return { text: [said, ...taken.map((one) => `${one}.`)].join(" ") };
      }),
    },
    ...(rest > 0 ? [{ kind: "paragraph", text: fill(failedMore, { n: count(rest) }), style: "muted" } as const] : []),
  ];
}
