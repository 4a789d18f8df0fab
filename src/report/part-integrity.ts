import { type Block, type Cell, cell, type Line, line, mono } from "./blocks.ts";
import type { KeyRow } from "./ledger-shape.ts";
import type { ReportModel } from "./shape.ts";
import { count, entryList, fill, moment, momentCell, plural, type Wording } from "./words.ts";

/** Bytes that `base64 -d` gives 4 of: the key ID at the start of every signature of that key, as far as its letters are fixed. */
function keyPrefix(keyId: string): string {
  return Buffer.from(keyId, "hex").toString("base64").slice(0, 5);
}

/** The flags that make the same file again. */
function againCommand({ period, ledger, asked }: ReportModel): string {
  const { controls, recommended } = asked;
  const quoted = (text: string) => (/^[A-Za-z0-9.-]+$/.test(text) ? text : `'${text.replaceAll("'", "")}'`);
  return [
    `--period ${quoted(period.label)} --at ${ledger.size}`,
    ...(controls === null ? [] : [`--control ${controls.map(quoted).join(" ")}`]),
    ...(recommended ? ["--recommended"] : []),
  ].join(" ");
}

/** What the fingerprint covers, what verification found, and how to repeat it. */
export function integrityPart(model: ReportModel, wording: Wording): Block[] {
  const { ledger, verification } = model;
  const zone = model.organisation.zone;
  const values = {
    size: ledger.size,
    last: ledger.size - 1,
    root: ledger.root,
    origin: ledger.origin,
    vkey: ledger.vkey,
    keyData: ledger.vkey.split("+").slice(2).join("+"),
    keyPrefix: keyPrefix(ledger.keyId),
    again: againCommand(model),
  };
  const blocks: Block[] = [
    { kind: "heading", level: 1, text: "Integrity" },
    ...wording.integrity.map(
      (text) => ({ kind: "paragraph", text: fill(text, { ...values, size: count(ledger.size) }) }) as const,
    ),
    {
      kind: "pairs",
      rows: [
        { label: "Log (origin)", cell: mono(ledger.origin) },
        { label: "Size", cell: [line(`${count(ledger.size)} records, numbered 0 to ${ledger.size - 1}`)] },
        { label: "Root", cell: mono(ledger.root) },
        { label: "Chain head", cell: mono(ledger.chainHead) },
        { label: "Key", cell: [{ text: ledger.vkey, style: "mono", whole: true }, ...onlyKey(model)] },
        { label: "Key ID", cell: mono(ledger.keyId) },
        { label: "As of", cell: cell(moment(ledger.asOf, zone)) },
      ],
    },
    ...keyBlocks(model, wording),
    { kind: "heading", level: 2, text: "Verification when this report was made" },
  ];
  if (verification === null) blocks.push({ kind: "paragraph", text: wording.notVerified });
  else {
    const c = verification.checked;
    blocks.push({
      kind: "paragraph",
      text: `Recomputed from the stored bytes: ${plural(c.entries, "record")}, ${plural(c.blobs, "evidence file")} (${plural(c.bytes, "byte")}).`,
    });
    blocks.push({
      kind: "table",
      columns: [
        { title: "Question", share: 24 },
        { title: "Machine result", share: 24 },
        { title: "Why", share: 60 },
      ],
      rows: verification.verdicts.map((v) => [cell(v.about), [line(v.word, "bold")], cell(v.reason)]),
    });
    if (verification.findings.length > 0) {
      blocks.push({
        kind: "heading",
        level: 3,
        text: `What verification found wrong: ${count(verification.found)}${verification.found > verification.findings.length ? `, of which ${count(verification.findings.length)} are listed` : ""}`,
      });
      blocks.push({
        kind: "table",
        small: true,
        columns: [
          { title: "Code", share: 20 },
          { title: "Where", share: 34 },
          { title: "Expected", share: 26 },
          { title: "Found", share: 26 },
        ],
        rows: verification.findings.map((f) => [
          [line(f.code, "bold")],
          cell(f.where),
          cell(f.expected),
          cell(f.found),
        ]),
      });
    }
  }
  blocks.push(...disposedBlocks(model, wording));
  if (model.unreadable.length > 0) {
    blocks.push({
      kind: "notice",
      title: "Records this version cannot read",
      lines: [fill(wording.unreadable, { entries: entryList(model.unreadable) })],
    });
  }
  blocks.push({ kind: "heading", level: 1, text: "How to verify this report" });
  blocks.push({
    kind: "list",
    ordered: true,
    items: wording.steps.map((step) => ({
      text: fill(step.text, values),
      code: step.code?.map((c) => fill(c, values)),
    })),
  });
  return blocks;
}

/** Every key of the log: since when it signs, which one introduced it, and whether it still counts. */
function keyBlocks({ ledger, organisation }: ReportModel, wording: Wording): Block[] {
  const { zone } = organisation;
  if (ledger.keys.length < 2) return [];
  return [
    { kind: "heading", level: 2, text: "Keys of the log" },
    { kind: "paragraph", text: wording.keys },
    {
      kind: "pairs",
      rows: ledger.keys.map((key) => ({
        label: key.keyId,
        cell: [
          { text: key.vkey, style: "mono", whole: true },
          line(
            key.since === null || key.entry === null
              ? "no record says since when it signs"
              : `since ${moment(key.since, zone)}, record ${key.entry}`,
          ),
          line(`${introduction(key)}; ${keyState(key, zone)}`, (key.retired ?? key.revoked) ? "bold" : "muted"),
        ],
      })),
    },
  ];
}

function onlyKey({ ledger, organisation }: ReportModel): Cell {
  const [key, second] = ledger.keys;
  if (key?.since == null || second !== undefined) return [];
  return [line(`the only key of this log, since ${moment(key.since, organisation.zone)}`, "muted")];
}

function introduction({ entry, introducedBy }: KeyRow): string {
  if (introducedBy.length > 0) return `introduced by the key ${introducedBy.join(", ")}`;
  return entry === 0 ? "the key with which the log was begun" : "introduced after the records of this report";
}

function keyState({ retired, revoked }: KeyRow, zone: string): string {
  if (revoked !== null) {
    const why = revoked.reason === null ? "" : ` (${revoked.reason})`;
    const since = revoked.compromisedSince === null ? "" : `; in doubt since ${moment(revoked.compromisedSince, zone)}`;
    return `revoked ${moment(revoked.at, zone)}, record ${revoked.entry}${why}${since}`;
  }
  if (retired !== null) return `retired ${moment(retired.at, zone)}, record ${retired.entry}: it signs no more`;
  return "not retired, not revoked";
}

/** How many evidence files of the period were lawfully deleted, and each with who decided it and why. */
function disposedBlocks({ disposed, organisation }: ReportModel, wording: Wording): Block[] {
  if (disposed.files === 0) return [];
  const reasons = disposed.reasons.map(({ reason, files }) => `${count(files)} for ${reason}`).join(", ");
  return [
    { kind: "heading", level: 2, text: "Evidence that was lawfully deleted" },
    {
      kind: "paragraph",
      text: fill(wording.disposed, {
        n: plural(disposed.files, "evidence file"),
        bytes: plural(disposed.bytes, "byte"),
        reasons,
      }),
    },
    {
      kind: "table",
      small: true,
      columns: [
        { title: "Deleted", share: 18 },
        { title: "Reason and authority", share: 24 },
        { title: "Record", share: 10 },
        { title: "Named by", share: 12 },
        { title: "Bytes", share: 10, align: "right" },
        { title: "SHA-256", share: 34 },
      ],
      rows: disposed.rows.map((row) => [
        momentCell(row.at, organisation.zone),
        [line(row.reason), line(row.authority, "muted")],
        cell(row.entry),
        cell(row.firstEntry === row.lastEntry ? row.firstEntry : `${row.firstEntry} … ${row.lastEntry}`),
        cell(count(row.size)),
        [line(row.digest, "mono")],
      ]),
    },
  ];
}

/** What drawing the report needed and could not do: only the one who draws knows. */
export interface Drawn {
  readonly fonts: readonly { readonly file: string; readonly digest: string }[];
  /** Characters that no font had, with how often each was printed as its code. */
  readonly unprintable: readonly { readonly codePoint: number; readonly times: number }[];
  readonly rightToLeft: number;
}

/** The last part: fonts, and what could not be printed. */
export function fontsPart(drawn: Drawn, wording: Wording): Block[] {
  const total = drawn.unprintable.reduce((n, u) => n + u.times, 0);
  const words: Line[] = drawn.unprintable.map((u) =>
    line(`U+${u.codePoint.toString(16).toUpperCase().padStart(4, "0")}: ${plural(u.times, "time")}`),
  );
  return [
    // Kept together with its table, so that the last page never holds a line or two alone.
    { kind: "heading", level: 1, text: "Fonts and characters", room: 90 + 22 * drawn.fonts.length },
    {
      kind: "paragraph",
      text: total === 0 ? `${wording.fontsIntro} Every character could be printed.` : wording.fontsIntro,
    },
    {
      kind: "table",
      small: true,
      columns: [
        { title: "Font file", share: 40 },
        { title: "SHA-256", share: 60 },
      ],
      rows: drawn.fonts.map((f) => [cell(f.file), mono(f.digest)]),
    },
    ...(total === 0
      ? []
      : [
          { kind: "paragraph", text: fill(wording.unprintable, { n: plural(total, "character") }) } as const,
          { kind: "pairs", rows: [{ label: "Shown as codes", cell: words }] } as const,
        ]),
    ...(drawn.rightToLeft === 0
      ? []
      : [
          {
            kind: "paragraph",
            text: fill(wording.rightToLeft, { n: plural(drawn.rightToLeft, "character") }),
          } as const,
        ]),
  ];
}
