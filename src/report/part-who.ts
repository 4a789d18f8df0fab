import { type Block, type Cell, cell, type Line, line } from "./blocks.ts";
import { doerInWords, recognitionInWords } from "./doer.ts";
import { changesInWords } from "./part-rules-text.ts";
import { muted, tableOf } from "./rows.ts";
import type { ReportModel } from "./shape.ts";
import type { PersonActs } from "./who-shape.ts";
import { count, fill, localSpan, moment, momentCell, plural, type Wording } from "./words.ts";

/** Reports and packs named one by one; the JSON has all. */
const EARLIER_SHOWN = 8;

/** One line for page 1 where one person is everything; nothing where they are several, or nobody is known. */
export function onePersonLines({ who }: ReportModel, wording: Wording): Line[] {
  if (who.onePerson === null) return [];
  return [line(fill(wording.account.who.onePersonShort, { name: who.onePerson }), "bold")];
}

/** Whose document this is, who signs, operates and holds the key, and what people did. */
export function whoPart(model: ReportModel, wording: Wording): Block[] {
  return [
    { kind: "heading", level: 1, text: "Document control and sign-off" },
    ...controlBlocks(model, wording),
    { kind: "heading", level: 2, text: "Who is who" },
    ...roleBlocks(model, wording),
    { kind: "boxes", titles: ["Reviewed by (name, role, date)", "Approved by (name, role, date)"], height: 54 },
    { kind: "boxes", titles: [wording.account.statement.auditor], height: 78 },
    { kind: "heading", level: 2, text: "What people did in the period" },
    ...actBlocks(model, wording),
  ];
}

function controlBlocks(model: ReportModel, wording: Wording): Block[] {
  const { earlier, ledger, organisation, period } = model;
  const { zone } = organisation;
  const words = wording.account.statement;
  const newest = earlier.slice(-EARLIER_SHOWN);
  const rest = earlier.length - newest.length;
  return [
    { kind: "paragraph", text: fill(words.control, { size: plural(ledger.size, "record") }) },
    {
      kind: "pairs",
      rows: [
        { label: "Report", cell: [line(model.id, "mono"), ...muted(`${period.label}, ${organisation.name}`)] },
        { label: "Prepared by", cell: cell(`the program ${model.software}, from the log ${ledger.origin}`) },
        { label: "As of", cell: cell(moment(ledger.asOf, zone)) },
        {
          label: "Signed in the log",
          cell: model.cover.signed.length === 0 ? cell("nobody") : model.cover.signed.map((one) => line(one)),
        },
        {
          label: "Earlier ones",
          cell:
            newest.length === 0
              ? cell(words.earlierNone)
              : [
                  ...newest.map(({ what, at, period: of, size, digest, by, entry }) =>
                    line(
                      `${what} of ${localSpan(of, zone)}, ${plural(size, "record")}, ${digest.slice(0, 16)}…, by ${by.name}, ${moment(at, zone)}, record ${entry}`,
                    ),
                  ),
                  ...muted(rest > 0 ? `and ${plural(rest, "older one")}` : null),
                ],
        },
        { label: "Distribution", cell: cell(null) },
      ],
    },
  ];
}

function roleBlocks({ who }: ReportModel, wording: Wording): Block[] {
  const words = wording.account.who;
  const named = (names: readonly string[], none: string) => cell(names.length === 0 ? none : names.join(", "));
  const { keyHolders } = who;
  const key = keyHolders.said
    ? named(keyHolders.names, words.keyUnsaid)
    : [line(words.keyUnsaid), ...muted(keyHolders.names.length === 0 ? null : keyHolders.names.join(", "))];
  return [
    {
      kind: "pairs",
      rows: [
        { label: "Signer", cell: named(who.signers, "nobody has signed anything about this period that counts") },
        { label: "Operator", cell: named(who.operators, "nobody is named in the configuration") },
        { label: "Key holder", cell: key },
      ],
    },
    ...(who.onePerson === null
      ? who.several.map(
          ({ name, parts }) =>
            ({
              kind: "paragraph",
              text: `${fill(words.several, { name, parts: listed(parts.map((part) => (part === "key" && !keyHolders.said ? words.keyReached : words.parts[part]))) })}.`,
            }) as const,
        )
      : [{ kind: "notice", title: fill(words.onePerson, { name: who.onePerson }), lines: [] } as const]),
    ...who.sameName.map(
      ({ name, ids }) =>
        ({
          kind: "paragraph",
          text: fill(words.sameName, {
            name,
            n: count(ids.length),
            ids: listed(ids.map(({ id, acts, entry }) => `${id} (${acts ? "acts" : "is named"}, record ${entry})`)),
          }),
        }) as const,
    ),
  ];
}

const listed = (words: readonly string[]): string =>
  words.length < 2 ? words.join("") : `${words.slice(0, -1).join(", ")} and ${words.at(-1)}`;

function actBlocks({ who }: ReportModel, wording: Wording): Block[] {
  const words = wording.account.who;
  if (who.acts === 0) return [{ kind: "paragraph", text: words.actsNone }];
  const unproven = who.byRecognition.filter(({ proven }) => !proven);
  const [acts, signing] = [
    unproven.reduce((sum, one) => sum + one.acts, 0),
    unproven.reduce((sum, one) => sum + one.signing, 0),
  ];
  return [
    { kind: "paragraph", text: words.actsIntro },
    {
      kind: "table",
      small: true,
      columns: [
        { title: "How recognised", share: 46 },
        { title: "Acts", share: 16, align: "right" },
        { title: "Signed by name", share: 20, align: "right" },
        { title: "Of these count", share: 20, align: "right" },
      ],
      rows: who.byRecognition.map((row) => [
        [
          {
            text: recognitionInWords(row.recognised),
            style: "bold",
            mark: row.proven ? ("good" as const) : ("unsure" as const),
          },
        ],
        cell(count(row.acts)),
        cell(count(row.signing)),
        cell(count(row.counting)),
      ]),
    },
    { kind: "paragraph", text: words.signedByName },
    ...(acts === 0
      ? []
      : [
          {
            kind: "paragraph",
            text: fill(words.unproven, { acts: count(acts), all: plural(who.acts, "act"), signing: count(signing) }),
          } as const,
        ]),
    ...tableOf(
      [
        { title: "Who", share: 40 },
        { title: "Acts", share: 10, align: "right" },
        { title: "Of which kind", share: 52 },
        { title: "Records", share: 18 },
      ],
      who.people,
      (row) => [cell(doerInWords(row.by)), cell(count(row.acts)), kindsCell(row), recordsCell(row)],
      wording,
    ),
  ];
}

const kindsCell = ({ kinds }: PersonActs) =>
  cell(kinds.map(({ kind, acts }) => `${kind.replaceAll("-", " ")} ${count(acts)}`).join(", "));

const recordsCell = ({ firstEntry, lastEntry }: PersonActs) =>
  cell(firstEntry === lastEntry ? firstEntry : `${firstEntry} … ${lastEntry}`);

/** What the organisation is asked to sign, what the records show to that, and the changes of the period. */
export function statementPart(model: ReportModel, wording: Wording): Block[] {
  const { completeness, organisation } = model;
  const { zone } = organisation;
  const words = wording.account.statement;
  const { changes, signed } = completeness;
  return [
    { kind: "heading", level: 1, text: "Statement of completeness", room: 260 },
    { kind: "paragraph", text: words.intro },
    { kind: "list", ordered: true, items: words.items.map((text) => ({ text })) },
    {
      kind: "paragraph",
      text: fill(words.machine, {
        sources: plural(completeness.sources, "source"),
        silent: completeness.silent.length === 0 ? "none" : completeness.silent.join(", "),
        notConnected: plural(completeness.notConnected, "system"),
        gaps: plural(completeness.gaps.total, "gap"),
        open: count(completeness.gaps.open),
        incidents: plural(completeness.incidents, "incident"),
        changes: plural(changes.length, "change"),
      }),
    },
    ...(signed.length > 0
      ? signed.map(
          ({ by, at, entry }) =>
            ({ kind: "paragraph", text: fill(words.signed, { by, at: moment(at, zone), entry }) }) as const,
        )
      : [
          { kind: "paragraph", text: words.unsigned } as const,
          { kind: "boxes", titles: ["Name and role", "Date and signature"], height: 52 } as const,
        ]),
    { kind: "heading", level: 2, text: "Changes in the period" },
    { kind: "paragraph", text: changes.length === 0 ? words.changesNone : words.changesIntro },
    ...(changes.length === 0
      ? []
      : tableOf(
          [
            { title: "Recorded", share: 24 },
            { title: "What", share: 56 },
            { title: "By", share: 26 },
            { title: "Record", share: 10 },
          ],
          changes,
          (row) => [
            momentCell(row.at, zone),
            [...row.what.map((text) => line(text)), ...rulesChanged(row, model)],
            cell(row.by === null ? "the program" : doerInWords(row.by)),
            cell(row.entry),
          ],
          wording,
        )),
  ];
}

/** Of other rules: which of their places differ from the version before. */
function rulesChanged({ kind, entry }: ReportModel["completeness"]["changes"][number], { rules }: ReportModel): Cell {
  if (kind !== "policy") return [];
  const changes = rules.versions.find((one) => one.entry === entry)?.changes ?? null;
  return changes === null ? [] : [line(`against version ${changes.version}: ${changesInWords(changes)}`, "muted")];
}
