import { actInWords, eventAct } from "../handling/words.ts";
import { type Block, type Cell, cell, line, mono } from "./blocks.ts";
import { NO_TIME, timeCell } from "./case-cells.ts";
import type { CustodyEvent, CustodyFile, CustodyItem, CustodyPart } from "./custody-shape.ts";
import { doerInWords } from "./doer.ts";
import { holdBlocks } from "./part-holds.ts";
import { muted, tableOf } from "./rows.ts";
import type { ReportModel } from "./shape.ts";
import { count, entryList, fill, localTime, moment, momentCell, plural, type Wording } from "./words.ts";

/** Things printed with all their events; of the others one row in the table, and everything in the JSON. */
const ITEMS_TOLD = 25;

/** Incident evidence and whose hands it passed through, holds, and who looked at evidence. */
export function custodyPart(model: ReportModel, wording: Wording): Block[] {
  const { custody } = model;
  const words = wording.account.custody;
  const head = { kind: "heading", level: 1, text: "Chain of custody of incident evidence" } as const;
  const none = custody.items.length === 0;
  return [
    head,
    { kind: "paragraph", text: none ? words.none : words.intro },
    ...(none ? [] : [{ kind: "paragraph", text: countsText(custody, wording) } as const, ...itemTable(model, wording)]),
    ...custody.items.slice(0, ITEMS_TOLD).flatMap((item) => itemBlocks(item, model, wording)),
    ...holdBlocks(model, wording),
    ...readBlocks(model, wording),
  ];
}

function countsText({ items, counts, itemsBefore }: CustodyPart, wording: Wording): string {
  const text = fill(wording.account.custody.counts, {
    items: plural(items.length, "thing"),
    contiguous: count(counts.contiguous),
    holed: count(counts.holed),
    doubted: count(counts.doubted),
    incomplete: count(counts.incomplete),
    files: plural(counts.files, "file"),
    verified: count(counts.verified),
    altered: count(counts.altered),
    disposed: count(counts.disposed),
  });
  return itemsBefore === 0 ? text : `${text} ${plural(itemsBefore, "more")} had left custody before the period.`;
}

function itemTable({ custody, organisation: { zone } }: ReportModel, wording: Wording): Block[] {
  return tableOf(
    [
      { title: "Evidence", share: 30 },
      { title: "Of incident", share: 17 },
      { title: "Collected", share: 22 },
      { title: "Now", share: 26 },
      { title: "Chain", share: 18 },
      { title: "Files, hashed again", share: 20 },
      { title: "Not said", share: 24 },
    ],
    custody.items,
    (item) => [
      [
        line(item.id, "bold"),
        line(item.title === "" ? "no title" : item.title),
        ...muted(item.physical ? "physical" : null),
      ],
      cell(item.incident),
      [
        ...timeCell(item.collected ?? NO_TIME, zone),
        ...muted(item.collectedBy === null ? null : `by ${item.collectedBy}`),
      ],
      cell(item.now),
      [
        item.contiguous
          ? item.doubts.length > 0
            ? { text: "not confirmed", style: "bold", mark: "unsure" }
            : { text: "closes", style: "bold", mark: "good" }
          : { text: plural(item.holes.length, "hole"), style: "bold", mark: "bad" },
        ...muted(item.holds.some(({ to }) => to === null) ? "under hold" : null),
      ],
      hashedCell(item.files, zone),
      cell(item.missing.join("; ")),
    ],
    wording,
  );
}

function hashedCell(files: readonly CustodyFile[], zone: string): Cell {
  if (files.length === 0) return cell(null);
  const again = files.flatMap(({ verified }) => (verified === null ? [] : [verified]));
  const newest = again
    .map(({ at }) => at)
    .sort()
    .at(-1);
  const bad = again.filter(({ result }) => result === "differs").length;
  return [
    line(`${count(again.length)} of ${plural(files.length, "file")}`),
    ...(bad > 0 ? [{ text: `${count(bad)} ALTERED`, style: "bold", mark: "bad" } as const] : []),
    ...muted(newest === undefined ? "never since" : `last ${localTime(newest, zone)}`),
  ];
}

function itemBlocks(item: CustodyItem, { organisation: { zone } }: ReportModel, wording: Wording): Block[] {
  const until = (to: string | null) => (to === null ? "still" : `until ${localTime(to, zone)}`);
  const known = item.fields.filter(({ name }) => name !== "title");
  const pairs: { label: string; cell: Cell }[] = [
    {
      label: "Chain of custody",
      cell:
        item.contiguous && item.doubts.length === 0
          ? [{ text: wording.account.custody.closed, mark: "good" }]
          : [
              ...item.holes.map(({ text }) => ({ text, style: "bold", mark: "bad" }) as const),
              ...item.doubts.map((text) => ({ text, style: "bold", mark: "unsure" }) as const),
            ],
    },
    ...(item.missing.length === 0 ? [] : [{ label: "Not said", cell: [line(item.missing.join("; "), "bold")] }]),
    {
      label: "What it is",
      cell: cell(known.map(({ label, value, entry }) => `${label}: ${value} (record ${entry})`).join("; ")),
    },
    ...item.files.map((file) => ({ label: file.name ?? "File", cell: fileCell(file, zone) })),
    ...(item.originalKept === null
      ? []
      : [
          {
            label: "Original",
            cell: cell(item.originalKept ? "kept beside what was made of it" : "NOT kept beside what was made of it"),
          },
        ]),
    {
      label: "May handle it",
      cell:
        item.handlers.length === 0
          ? cell("nobody is named: acts are judged by role")
          : item.handlers.map(({ person, from, to, entry }) =>
              line(`${person}, from ${localTime(from, zone)} ${until(to)}, record ${entry}`),
            ),
    },
    {
      label: "Holds",
      cell:
        item.holds.length === 0
          ? cell("none")
          : item.holds.map(({ id, from, to, entry }) =>
              line(`${id}, from ${localTime(from, zone)} ${until(to)}, record ${entry}`),
            ),
    },
    ...(item.troubles.length === 0
      ? []
      : [
          {
            label: "Does not fit",
            cell: item.troubles.map(({ entry, text }) => line(`record ${entry} ${text}`, "bold")),
          },
        ]),
  ];
  return [
    { kind: "heading", level: 2, text: `${item.id}: ${item.title === "" ? "no title" : item.title}` },
    {
      kind: "pairs",
      small: true,
      rows: pairs.map((row) => (row.cell.length === 0 ? { ...row, cell: cell(null) } : row)),
    },
    ...eventTable(item.events, zone, wording),
  ];
}

function fileCell(file: CustodyFile, zone: string): Cell {
  const { digest, size, mediaType, entry, hashedAt, hashedBy, derived, verified, disposed } = file;
  return [
    ...mono(digest),
    line(`${plural(size, "byte")}, ${mediaType}, record ${entry}; hashed ${moment(hashedAt, zone)} by ${hashedBy}`),
    ...(derived === null
      ? []
      : [line(`made by ${derived.change} of ${derived.from.map((one) => `${one.slice(0, 16)}…`).join(", ")}`)]),
    ...(disposed === null
      ? []
      : [
          line(
            `disposed of ${moment(disposed.at, zone)} by ${disposed.by}, by the authority ${disposed.authority} (${disposed.reason}), record ${disposed.entry}`,
            "bold",
          ),
        ]),
    ...(disposed !== null
      ? []
      : verified === null
        ? [line("not hashed again since", "muted")]
        : [
            {
              text: `hashed again ${moment(verified.at, zone)}: ${verified.result === "matches" ? "the same" : "NOT the same"}, record ${verified.entry}`,
              mark: verified.result === "matches" ? "good" : "bad",
            } as const,
          ]),
  ];
}

function eventTable(events: readonly CustodyEvent[], zone: string, wording: Wording): Block[] {
  return tableOf(
    [
      { title: "When", share: 24 },
      { title: "What, from whom, to whom", share: 30 },
      { title: "Recorded by", share: 26 },
      { title: "Why, and remarks", share: 50 },
      { title: "Record", share: 10 },
    ],
    events,
    (event) => [
      timeCell(event, zone),
      [
        line(
          isHandling(event.act) ? eventAct({ act: event.act, digests: { length: event.files } }) : event.act,
          "bold",
        ),
        ...(event.from === null ? [] : [line(`from ${event.from}`)]),
        ...(event.to === null ? [] : [line(`to ${event.to}`)]),
      ],
      cell(doerInWords(event.by)),
      [line(event.reason ?? "–"), ...muted(event.note), ...remarksOfEvent(event)],
      cell(event.entry),
    ],
    wording,
  );
}

function remarksOfEvent({ result, remarks }: CustodyEvent): Cell {
  return [...(result === "matches" ? [line("found as recorded")] : []), ...remarks.map((one) => line(one, "bold"))];
}

type Handling = Parameters<typeof actInWords>[0];
const isHandling = (act: string): act is Handling => actInWords(act as Handling) !== undefined;

function readBlocks({ custody, organisation: { zone } }: ReportModel, wording: Wording): Block[] {
  const words = wording.account.custody;
  const { reads } = custody;
  const notSeen = { kind: "paragraph", text: words.notSeen, style: "muted" } as const;
  const head = { kind: "heading", level: 2, text: "Who looked at evidence" } as const;
  if (reads.length === 0) return [head, { kind: "paragraph", text: words.readsNone }, notSeen];
  return [
    head,
    { kind: "paragraph", text: words.readsIntro },
    ...tableOf(
      [
        { title: "When", share: 24 },
        { title: "Who", share: 34 },
        { title: "What", share: 22 },
        { title: "Files", share: 9, align: "right" },
        { title: "Why", share: 30 },
        { title: "Record", share: 10 },
      ],
      reads,
      (row) => [
        momentCell(row.at, zone),
        cell(doerInWords(row.by)),
        [line(isHandling(row.what) ? actInWords(row.what) : `handed out: ${row.what}`), ...muted(row.item)],
        cell(row.files === 0 ? null : count(row.files)),
        cell(row.reason),
        cell(entryList([row.entry])),
      ],
      wording,
    ),
    notSeen,
  ];
}
