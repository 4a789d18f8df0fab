import { NIL_RETURN } from "../assess/nil.ts";
import { type Block, type Cell, cell, type Line, line, type Mark } from "./blocks.ts";
import type { NilRow, SignOffRow } from "./confirmations-shape.ts";
import { groupedBy } from "./order.ts";
import type { ReportModel } from "./shape.ts";
import { count, entryList, moment, momentCell, plural, type Wording } from "./words.ts";

const MARKS: Readonly<Record<NilRow["state"], Mark>> = {
  confirmed: "good",
  withdrawn: "bad",
  refused: "bad",
  confirmable: "open",
  running: "open",
  occupied: "open",
  unwatched: "unsure",
};

/** Sources named for one claim before the rest is only counted; the JSON has all. */
const SOURCES_SHOWN = 6;

/** States in which all that the source counts was read, and none of it belongs to the claim. */
const NONE_OF_IT: readonly NilRow["state"][] = ["confirmed", "confirmable", "running"];

function restsOn({ sources, state, about }: NilRow): Line[] {
  const shown = sources.slice(0, SOURCES_SHOWN).map(({ instance, slots, covered, late, total }) => {
    const other =
      total !== null && total > 0 && NONE_OF_IT.includes(state) ? `, no ${about} of this time among them` : "";
    const own = total === null ? "uncounted" : `its own count: ${plural(total, "record")}${other}`;
    const after = late > 0 ? `, ${count(late)} late` : "";
    return line(`${instance}: ${count(covered)} of ${count(slots)} covered${after}; ${own}`);
  });
  const rest = sources.length - shown.length;
  return rest > 0 ? [...shown, line(`and ${count(rest)} more`, "muted")] : shown;
}

function nilCells(row: NilRow, zone: string, wording: Wording): readonly Cell[] {
  const who = row.confirmed.map(({ by, at, entry }) => line(`${by}, ${moment(at, zone)}, record ${entry}`));
  const tried = [...new Set([...row.holes.flatMap((hole) => hole.entries), ...row.entries])].sort((a, b) => a - b);
  return [
    [line(row.period.label, "bold"), line(`no ${row.about}`), line(row.requirement, "muted")],
    [{ text: wording.nilStates[row.state] ?? row.state, style: "bold", mark: MARKS[row.state] }],
    [line(row.reason)],
    row.sources.length === 0 ? cell(null) : restsOn(row),
    who.length === 0 ? cell("nobody") : who,
    cell(entryList(tried)),
  ];
}

/** A claim that a later record contradicts counts no more, whoever signed it. */
function countsCell({ entry, subject }: SignOffRow, nils: readonly NilRow[]): Cell {
  const own = nils.filter(({ confirmed }) => confirmed.some((one) => one.entry === entry));
  if (own.length === 0 && subject === NIL_RETURN)
    return [{ text: "not judged here: its time is not wholly in the period", mark: "open" }];
  const gone = own.filter(({ state }) => state === "withdrawn");
  if (gone.length === 0) return [{ text: "yes", mark: "good" }];
  const whole = gone.length === own.length ? "no" : "in part";
  const why = [...new Set(gone.map(({ reason }) => reason))].join("; ");
  return [{ text: `${whole}: withdrawn, ${why}`, style: "bold", mark: "bad" }];
}

/** Requirements that ask for the same claim, and stand alike, are one row. */
function joined(rows: readonly NilRow[]): NilRow[] {
  const same = groupedBy(rows, ({ requirement: _, ...rest }) => JSON.stringify(rest));
  return [...same.values()].map((of) => ({
    ...(of[0] as NilRow),
    requirement: of.map(({ requirement }) => requirement).join(", "),
  }));
}

/** Records were found, nobody confirmed that there were none, and all that was expected came: there is nothing to read of it. */
const isPlain = ({ state, confirmed, holes }: NilRow): boolean =>
  state === "occupied" && confirmed.length === 0 && holes.length === 0;

/** Such months are one line for each claim, however many they are. */
function plainBlocks(rows: readonly NilRow[]): Block[] {
  const claims = groupedBy(joined(rows), ({ about, requirement }) => JSON.stringify([about, requirement]));
  return [...claims.values()].map((of) => {
    const { about, requirement } = of[0] as NilRow;
    const months = of.map(({ period, entries }) => `${period.label} (${plural(entries.length, "record")})`);
    return {
      kind: "paragraph",
      text: `Nothing to confirm, as there were some: no ${about} (${requirement}), for ${plural(of.length, "period")}: ${months.join(", ")}.`,
    } as const;
  });
}

/** What people confirmed and signed: that nothing happened, month by month, and everything else. */
export function confirmationsPart(model: ReportModel, wording: Wording): Block[] {
  const zone = model.organisation.zone;
  const { nilReturns, signOffs } = model;
  const told = nilReturns.filter(({ state, sources, confirmed }) => {
    const watched = sources.some(({ slots }) => slots > 0);
    return confirmed.length > 0 || watched || state !== "unwatched";
  });
  const blocks: Block[] = [
    { kind: "heading", level: 1, text: "Confirmations by people" },
    { kind: "heading", level: 2, text: "Nil returns: that nothing happened" },
    { kind: "paragraph", text: told.length === 0 ? wording.nilReturnsNone : wording.nilReturnsIntro },
  ];
  const plain = told.filter(isPlain);
  const rows = told.filter((row) => !isPlain(row));
  if (rows.length > 0) {
    blocks.push({
      kind: "table",
      small: true,
      columns: [
        { title: "Period and claim", share: 20 },
        { title: "State", share: 15 },
        { title: "Why", share: 38 },
        { title: "Rests on", share: 28 },
        { title: "Confirmed by", share: 28 },
        { title: "Records against it", share: 12 },
      ],
      rows: joined(rows).map((row) => nilCells(row, zone, wording)),
    });
  }
  blocks.push(...plainBlocks(plain));
  blocks.push({ kind: "heading", level: 2, text: "Signed" });
  blocks.push({ kind: "paragraph", text: signOffs.length === 0 ? wording.signOffsNone : wording.signOffsIntro });
  if (signOffs.length > 0) {
    blocks.push({
      kind: "table",
      small: true,
      columns: [
        { title: "What", share: 22 },
        { title: "Period", share: 22 },
        { title: "By", share: 22 },
        { title: "When", share: 22 },
        { title: "Counts", share: 30 },
        { title: "Record", share: 10 },
      ],
      rows: signOffs.map((row) => [
        [line(row.subject.replaceAll("-", " "), "bold"), ...row.requirements.map((id) => line(id, "muted"))],
        cell(row.period.label),
        cell(row.by),
        momentCell(row.at, zone),
        row.void === null
          ? countsCell(row, nilReturns)
          : [{ text: `no: ${row.void}`, style: "bold" as const, mark: "bad" as const }],
        cell(row.entry),
      ]),
    });
  }
  return blocks;
}
