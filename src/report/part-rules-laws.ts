import { type Block, type Cell, cell, line } from "./blocks.ts";
import { groupedBy } from "./order.ts";
import { subjectBlocks } from "./part-rules-text.ts";
import { muted, tableOf } from "./rows.ts";
import type { LawRow, LawStanding, LawStepRow, RulesText, RulesVersion } from "./rules-shape.ts";
import type { Wording } from "./words.ts";

/** Laws and contracts, as far as they count for the period. */

export const contractBlocks = (text: RulesText, earlier: RulesVersion | undefined, wording: Wording) =>
  subjectBlocks(text, earlier, {
    title: "Contracts, by customer or set of data",
    of: ({ contracts }) => contracts,
    nameOf: ({ id }) => id,
    draw: (rows) =>
      tableOf(
        [
          { title: "Contract", share: 26 },
          { title: "Tell the other side", share: 26 },
          { title: "Holds", share: 18 },
          { title: "As the rules say it", share: 32 },
        ],
        rows,
        ({ id, title, role, words, from, calendar, validFrom, validTo, document, datasets, says }) => [
          [
            line(id, "bold"),
            ...(title === null ? [] : [line(title)]),
            ...muted(`as ${role}`, datasets.length === 0 ? null : `for ${datasets.join(", ")}`),
          ],
          [line(`${words} from when ${from}`), ...muted(calendar === null ? "by the clock" : `calendar ${calendar}`)],
          cell(validity(validFrom, validTo)),
          [line(`“${says}”`), ...muted(document)],
        ],
        wording,
      ),
  });

const validity = (from: string | null, to: string | null): string =>
  from === null && to === null
    ? "without dates"
    : `${from === null ? "" : `from ${from}`}${to === null ? "" : ` until ${to}`}`.trim();

export function lawBlocks(laws: readonly LawRow[], versions: readonly RulesVersion[], wording: Wording): Block[] {
  if (laws.length === 0) return [];
  return [
    { kind: "heading", level: 2, text: "Laws" },
    { kind: "paragraph", text: wording.rules.laws },
    // Without rules of its own, what a law asks for stands with the incidents that it is about.
    ...(versions.length === 0 ? [shortBlock(laws)] : [lawTable(laws, versions), ...laws.flatMap(stepBlocks)]),
  ];
}

const shortBlock = (laws: readonly LawRow[]): Block => ({
  kind: "list",
  ordered: false,
  items: laws.map(({ title, act, standings }) => ({
    text: `${title} (${act}): ${standings.map(({ on, why }) => `${on ? "on" : "off"}. ${why}`).join(" ")}`,
  })),
});

function lawTable(laws: readonly LawRow[], versions: readonly RulesVersion[]): Block {
  return {
    kind: "table",
    small: true,
    columns: [
      { title: "Law", share: 24 },
      { title: "On or off, and why", share: 46 },
      { title: "Data it is judged by", share: 32 },
    ],
    rows: laws.map((law) => [
      [line(law.title, "bold"), line(law.act)],
      standingCell(law, versions),
      [line(law.digest, "mono"), line(law.binds, "muted")],
    ]),
  };
}

/** Versions that say the same are told together. */
function standingCell({ standings }: LawRow, versions: readonly RulesVersion[]): Cell {
  const alike = groupedBy(standings, ({ on, why, by, decidedBy, from }) =>
    JSON.stringify([on, why, by, decidedBy, from]),
  );
  return [...alike.values()].flatMap((group) => {
    const [{ on, why, by, decidedBy, from }] = group as [LawStanding];
    const said = group.map(({ entry }) => {
      const version = versions.find((one) => one.entry === entry);
      return `${version === undefined ? "?" : version.version} (record ${entry ?? "?"})`;
    });
    const whose =
      by === "default"
        ? "the organisation's rules say nothing"
        : `by the rules, ${said.length === 1 ? "version" : "versions"} ${said.join(", ")}`;
    return [
      line(`${on ? "on" : "off"}: ${whose}`, "bold"),
      line(`${why}${decidedBy === null ? "" : ` Decided by ${decidedBy}.`}${from === null ? "" : ` From ${from} on.`}`),
    ];
  });
}

function stepBlocks({ title, steps }: LawRow): Block[] {
  if (steps.length === 0) return [];
  return [
    { kind: "heading", level: 3, text: `${title}: what it asks for` },
    {
      kind: "table",
      small: true,
      columns: [
        { title: "Step", share: 30 },
        { title: "Article", share: 16 },
        { title: "In which time", share: 32 },
        { title: "Holds for what began", share: 20 },
        { title: "Text checked by", share: 20 },
      ],
      rows: steps.map(stepRow),
    },
  ];
}

function stepRow({ title, article, terms, validFrom, validTo, checked, note }: LawStepRow): Cell[] {
  return [
    [line(title), ...(note === null ? [] : [line(note, "muted")])],
    cell(article),
    terms.length === 0 ? cell("recorded texts, no clock") : terms.map((term) => line(term)),
    cell(`from ${validFrom}${validTo === null ? "" : ` until ${validTo}`}`),
    checked === null ? [{ text: "not checked", mark: "unsure" }] : cell(checked),
  ];
}
