import { NOUNS } from "../assess/vocabulary.ts";
import type { FactKind } from "../evidence/fact.ts";
import { type Block, type Cell, cell, line } from "./blocks.ts";
import { sampleBlocks } from "./part-samples.ts";
import type { PopulationRow, PopulationSourceRow } from "./populations-shape.ts";
import type { ReportModel } from "./shape.ts";
import { count, entryList, localSpan, plural, type Wording } from "./words.ts";

/** What there was to judge, source by source: what was asked, what was found, and whether that is all. */

export function populationsPages(model: ReportModel, wording: Wording): Block[] {
  const { kinds, withoutSource } = model.populations;
  const zone = model.organisation.zone;
  const apart = model.scope.filter(({ notConnected }) => notConnected !== null);
  return [
    { kind: "heading", level: 1, text: "Populations and completeness" },
    { kind: "paragraph", text: wording.populations.intro },
    ...(kinds.length === 0
      ? [{ kind: "paragraph", text: "0 sources: nothing connected shows any record." } as const]
      : [
          {
            kind: "table",
            small: true,
            columns: [
              { title: "Population and source, what was asked for", share: 54 },
              { title: "Found", share: 10, align: "right" },
              { title: "Of these", share: 34 },
              { title: "Expected evidence seen", share: 24 },
              { title: "Records", share: 16 },
            ],
            rows: kinds.flatMap((row, i) => [
              ...(row.sources.length === 1 ? [] : [totalRow(row)]),
              ...row.sources.flatMap((source) =>
                sourceRows(row, source, toldBefore(source, kinds.slice(0, i)), zone, wording),
              ),
            ]),
          } as const,
        ]),
    ...(withoutSource.length === 0
      ? []
      : [
          {
            kind: "paragraph",
            text: `Nothing that is connected shows ${withoutSource.map((kind) => NOUNS[kind][1]).join("; ")}: of these nothing is known.`,
          } as const,
        ]),
    ...(apart.length === 0
      ? []
      : [
          {
            kind: "paragraph",
            text: `Not connected, so that nothing of them is counted: ${apart.map(({ system, notConnected }) => `${system} (${notConnected})`).join("; ")}.`,
          } as const,
        ]),
    ...sampleBlocks(model, wording),
  ];
}

function nameOf({ kind }: PopulationRow) {
  const [, many] = NOUNS[kind];
  return line(many.charAt(0).toUpperCase() + many.slice(1), "bold");
}

function totalRow(row: PopulationRow): Cell[] {
  return [
    [nameOf(row), line(`${count(row.sources.length)} sources together`)],
    [line(count(row.total), "bold")],
    splitCell(row),
    [],
    [],
  ];
}

type Split = Pick<PopulationRow, "began" | "carriedIn" | "elsewhere" | "undated" | "byCustody"> &
  Pick<PopulationSourceRow, "linked">;

function splitCell({ began, carriedIn, elsewhere, undated, byCustody, linked = 0 }: Split): Cell {
  return [
    line(`${count(began)} began in the period`),
    ...(carriedIn > 0 ? [line(`${count(carriedIn)} carried in from before`)] : []),
    ...(elsewhere > 0 ? [line(`${count(elsewhere)} of later, about something of the period`)] : []),
    ...(undated > 0 ? [line(`${count(undated)} without a beginning`)] : []),
    ...(linked > 0 ? [line(`besides, ${count(linked)} counted under another record: linked as the same`)] : []),
    ...(byCustody > 0 ? [line(`of all these, ${count(byCustody)} opened by Custody itself`, "bold")] : []),
  ];
}

/** The kind of records beside which the same count of the same source is told already. */
const toldBefore = (
  { instance, counted }: PopulationSourceRow,
  before: readonly PopulationRow[],
): FactKind | undefined =>
  counted === null
    ? undefined
    : before.find(({ sources }) =>
        sources.some((one) => one.instance === instance && one.counted?.entry === counted.entry),
      )?.kind;

function sourceRows(
  population: PopulationRow,
  source: PopulationSourceRow,
  before: FactKind | undefined,
  zone: string,
  wording: Wording,
): Cell[][] {
  const { instance, use, query, asked, runs, found, reconciled, expected, covered, unread } = source;
  const own = reconciled === "own";
  const word = wording.populations.reconciled[reconciled];
  const name = own ? `the register of this log: ${word}` : instance;
  const asking = asked === null ? "no run asked for a time of the period" : localSpan(asked, zone);
  return [
    [
      [
        ...(population.sources.length === 1 ? [nameOf(population)] : []),
        line(use === null ? name : `${name} (${use})`),
        ...(own ? [] : [line(asked === null ? asking : `${asking}; ${plural(runs, "run")}`, "muted")]),
        ...(own ? [] : query.map((text) => line(text, "mono"))),
      ],
      cell(count(found)),
      splitCell(source),
      own
        ? cell("all of it")
        : [
            line(`${count(covered)} of ${count(expected)}`),
            ...(unread > 0 ? [{ text: `${plural(unread, "place")} could not be read`, mark: "bad" } as const] : []),
          ],
      cell(
        source.firstEntry === null
          ? null
          : entryList(
              source.firstEntry === source.lastEntry
                ? [source.firstEntry]
                : [source.firstEntry, source.lastEntry ?? source.firstEntry],
            ).replace(", ", " … "),
      ),
    ],
    ...(own ? [] : [[countCell(source, before, wording)]]),
  ];
}

function unreadWords(reconciled: PopulationSourceRow["reconciled"], unread: number): string {
  if (unread === 0) return "";
  return reconciled === "agrees"
    ? `; the counts agree, and ${plural(unread, "value")} in these records cannot be read`
    : `; ${plural(unread, "place")} could not be read`;
}

function countCell(
  { reconciled, counted, runsBy, differences }: PopulationSourceRow,
  before: FactKind | undefined,
  wording: Wording,
): Cell {
  const word = wording.populations.reconciled[reconciled];
  if (counted === null) return [line(word)];
  const mark =
    reconciled === "agrees" ? "unsure" : reconciled !== "same" ? "bad" : runsBy.differs > 0 ? "unsure" : "good";
  if (before !== undefined)
    return [{ text: word, mark }, line(`the same count as for ${NOUNS[before][1]} above (record ${counted.entry})`)];
  const { own, read, unread, entry } = counted;
  const numbers = `newest: ${count(own)} by its own count, ${count(read)} read (record ${entry})`;
  const all = runsBy.same + runsBy.differs + runsBy.uncounted;
  const runs = [
    line(
      `all that was counted was read whole in ${count(runsBy.same)} of ${plural(all, "run")}${runsBy.differs > 0 ? `, not in ${count(runsBy.differs)}` : ""}${runsBy.uncounted > 0 ? `; ${count(runsBy.uncounted)} without a count` : ""}`,
      "muted",
    ),
  ];
  if (reconciled === "same") return [{ text: word, mark }, line(numbers), ...runs];
  const apart = own - read;
  const difference =
    apart === 0 ? "" : `; ${apart > 0 ? `${count(apart)} not read` : `${count(-apart)} more read than it counts`}`;
  return [
    { text: word, mark },
    line(`${numbers}${difference}${unreadWords(reconciled, unread)}`),
    ...differences.map((text) => line(text, "muted")),
    ...(differences.length === 0 ? [line("nothing recorded says what it is", "muted")] : []),
    ...runs,
  ];
}
