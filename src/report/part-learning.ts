import { type Block, type Cell, cell, line } from "./blocks.ts";
import { lengthText } from "./case-cells.ts";
import { doerInWords } from "./doer.ts";
import type { ReviewDetail } from "./learning-shape.ts";
import { actionBlocks } from "./part-actions.ts";
import { heldBlocks } from "./part-held.ts";
import { erasedBlocks } from "./part-shortcomings.ts";
import { trendBlocks } from "./part-trends.ts";
import { remarksOf } from "./remarks.ts";
import { resultCell } from "./result-cell.ts";
import { muted, tableOf } from "./rows.ts";
import type { ReportModel } from "./shape.ts";
import { limitCell, localTime, plural, type Wording } from "./words.ts";

/** Whether it has records of this log. */
const hasOwn = ({ learning: { reviews, actions, held, deadlines } }: ReportModel): boolean =>
  actions.length + held.length + deadlines.length + reviews.filter(({ source }) => source === null).length > 0;

/** What was learned: reviews with their deadlines, actions to their effect, exercises and trainings, what comes back. */
export function learningPart(model: ReportModel, wording: Wording): Block[] {
  const words = wording.account.learning;
  const erased = erasedBlocks(model, "reviews", wording);
  const heading = { kind: "heading", level: 1, text: "Learning from incidents" } as const;
  if (model.learning.reviews.length === 0 && !hasOwn(model)) {
    return [
      heading,
      ...erased,
      { kind: "paragraph", text: words.none },
      ...heldBlocks(model, wording),
      ...trendBlocks(model, wording),
      ...troubleBlocks(model),
    ];
  }
  return [
    heading,
    ...erased,
    { kind: "paragraph", text: words.intro },
    ...deadlineBlocks(model, wording),
    ...reviewBlocks(model, wording),
    ...actionBlocks(model, wording),
    ...heldBlocks(model, wording),
    ...trendBlocks(model, wording),
    ...troubleBlocks(model),
  ];
}

function deadlineBlocks(model: ReportModel, wording: Wording): Block[] {
  const { deadlines } = model.learning;
  const { zone } = model.organisation;
  const remarks = remarksOf(model, wording);
  const words = wording.account.learning;
  const head = { kind: "heading", level: 2, text: "Reviews that were due" } as const;
  if (deadlines.length === 0) return [head, { kind: "paragraph", text: words.deadlinesNone }];
  return [
    head,
    { kind: "paragraph", text: words.deadlinesIntro },
    {
      kind: "table",
      small: true,
      columns: [
        { title: "Incident, and below the facts", share: 40 },
        { title: "Judged by", share: 34 },
        { title: "Due", share: 24 },
        { title: "Machine result", share: 24 },
        { title: "Record", share: 12 },
      ],
      rows: deadlines.flatMap((row) => [
        [
          [line(row.incident, "bold"), ...muted(row.level)],
          [line(row.target ?? "–"), ...muted(row.rules)],
          limitCell(row.due, zone),
          resultCell(row.result, wording),
          cell(row.entry),
        ],
        [
          [
            line(remarks.short(row.what ?? "–")),
            ...muted(
              row.took === null ? null : row.ended ? `took ${lengthText(row.took)}` : `${lengthText(row.took)} so far`,
            ),
          ],
        ],
      ]),
    },
  ];
}

/** A source that gives a day gives no time of day, whatever the zone makes of its midnight. */
function writtenText({ written, source }: { written: string | null; source: string | null }, zone: string) {
  if (written === null) return null;
  return source !== null && written.endsWith("T00:00:00.000Z") ? localTime(written, "UTC") : localTime(written, zone);
}

function reviewBlocks(model: ReportModel, wording: Wording): Block[] {
  const zone = model.organisation.zone;
  const { reviews } = model.learning;
  const head = { kind: "heading", level: 2, text: "Reviews of incidents" } as const;
  if (reviews.length === 0) return [head, { kind: "paragraph", text: wording.reviewsNone }];
  return [
    head,
    { kind: "paragraph", text: wording.account.learning.reviewsIntro },
    ...tableOf(
      [
        { title: "Review", share: 27 },
        { title: "Of incident", share: 15 },
        { title: "Written", share: 15 },
        { title: "Completeness", share: 28 },
        { title: "Approved", share: 26 },
        { title: "Document, SHA-256", share: 19 },
        { title: "Record", share: 9 },
      ],
      reviews,
      (row) => [
        [
          line(row.id, "bold"),
          line(row.title),
          ...muted(row.source === null ? "recorded in this log" : `as ${row.source} has it`),
          ...(row.withdrawn === null
            ? []
            : [
                line(`withdrawn by record ${row.withdrawn.entry}: ${row.withdrawn.reason ?? "no reason said"}`, "bold"),
              ]),
        ],
        [line(row.incident ?? "–"), ...muted(row.severity)],
        [...cell(writtenText(row, zone)), ...muted(row.author === null ? "no author named" : `by ${row.author}`)],
        completeness(row),
        approval(row, zone),
        row.digest === null ? cell(null) : [line(`${row.digest.slice(0, 16)}…`, "mono"), ...versions(row)],
        cell(row.entry),
      ],
      wording,
    ),
    ...namedBlocks(model, wording),
  ];
}

const versions = ({ versions: n }: ReviewDetail): Cell => muted(n > 1 ? `version ${n}` : null);

function completeness({ sections, empty, missing, controlChange, published, source }: ReviewDetail): Cell {
  return [
    line(sections.length === 0 ? "no section with text" : `${plural(sections.length, "section")} with text`),
    ...(empty.length === 0 ? [] : [line(`empty: ${empty.join(", ")}`, "bold")]),
    ...(missing === null || missing === 0 ? [] : [line(`recorded with ${plural(missing, "thing")} missing`, "bold")]),
    ...muted(
      controlChange === null
        ? source === null
          ? "whether controls change: not said"
          : null
        : `controls change: ${controlChange.decision}${controlChange.reason === null ? "" : ` (${controlChange.reason})`}`,
      published === null ? null : `published, record ${published.entry}`,
    ),
  ];
}

function approval({ approval: holds, approvedAsSaid, voidApprovals, source }: ReviewDetail, zone: string): Cell {
  const said =
    holds !== null
      ? [
          line(doerInWords(holds.by)),
          line(`${localTime(holds.at, zone)}, record ${holds.entry}`, "muted"),
          ...(holds.byAuthor ? [line("the author approved it", "bold")] : []),
        ]
      : source !== null
        ? [line(approvedAsSaid === null ? "not approved" : `${approvedAsSaid}, as the source says`)]
        : [line("not approved", "bold")];
  return [...said, ...voidApprovals.map(({ entry, why }) => line(`record ${entry} does not count: ${why}`, "muted"))];
}

/** Actions that reviews name, each with the record that follows it; where there is none, nobody wrote down what became of it. */
function namedBlocks({ learning }: ReportModel, wording: Wording): Block[] {
  const tracked = new Map(learning.followUps.map(({ review, item, action }) => [`${review} ${item}`, action]));
  const named = learning.reviews.flatMap(({ id, entry, withdrawn, named: items }) =>
    items.map((item) => ({ id, entry, withdrawn, action: tracked.get(`${id} ${item.item}`) ?? null, ...item })),
  );
  if (named.length === 0) return [];
  return [
    { kind: "heading", level: 3, text: "Actions as the reviews name them" },
    ...tableOf(
      [
        { title: "Action", share: 46 },
        { title: "Review", share: 16 },
        { title: "Owner", share: 16 },
        { title: "Due, as written", share: 16 },
        { title: "What became of it", share: 22 },
        { title: "Record", share: 9 },
      ],
      named,
      (row) => [cell(row.item), cell(row.id), cell(row.owner), cell(row.due), followedCell(row), cell(row.entry)],
      wording,
    ),
  ];
}

function followedCell({ action, withdrawn }: { action: string | null; withdrawn: unknown }): Cell {
  if (action !== null) return cell(`followed as ${action}`);
  return [{ text: withdrawn === null ? "no record tells" : "its review was withdrawn", mark: "unsure" }];
}

function troubleBlocks({ learning: { troubles } }: ReportModel): Block[] {
  if (troubles.length === 0) return [];
  return [
    {
      kind: "notice",
      title: "Records about these that do not fit the others",
      lines: troubles.map(({ entry, about, why }) => `Record ${entry}, ${about}: ${why}`),
    },
  ];
}
