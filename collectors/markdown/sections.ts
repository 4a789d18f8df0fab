/** A heading and what stands below it, up to the next heading. */
export interface Section {
  /** 1 to 6. */
  readonly level: number;
  /** As written, without marks of emphasis. */
  readonly heading: string;
  /** 1-based, in the file. */
  readonly line: number;
  /** The lines below, and the number of the first of them. */
  readonly body: readonly string[];
  readonly bodyLine: number;
}

export interface Action {
  readonly item: string;
  readonly owner: string | null;
  readonly due: string | null;
  /** Line among those that were read, from 0. */
  readonly row?: number;
}

/** Further words for the columns of a table of actions. */
export type ColumnWords = Readonly<Record<string, readonly string[] | undefined>>;

const MAX_SECTIONS = 1_000;
const MAX_ACTIONS = 1_000;

/**
 * Splits a text at its headings, in one pass without backtracking. What stands before the first heading has level 0.
 * Headings inside fenced code are code.
 */
export function splitSections(lines: readonly string[], start: number): Section[] {
  const sections: { level: number; heading: string; line: number; body: string[]; bodyLine: number }[] = [
    { level: 0, heading: "", line: start + 1, body: [], bodyLine: start + 1 },
  ];
  let fence: string | undefined;
  for (let i = start; i < lines.length && sections.length < MAX_SECTIONS; i++) {
    const line = lines[i] ?? "";
    const current = sections.at(-1)!;
    const mark = /^ {0,3}(`{3,}|~{3,})/.exec(line)?.[1];
    if (fence !== undefined) {
      if (mark?.startsWith(fence)) fence = undefined;
      current.body.push(line);
      continue;
    }
    if (mark) fence = mark;
    const atx = mark ? null : /^ {0,3}(#{1,6})[ \t]+(.*)$/.exec(line);
    if (atx) {
      sections.push({ level: atx[1]!.length, heading: plainHeading(atx[2]!), line: i + 1, body: [], bodyLine: i + 2 });
      continue;
    }
    const underline = /^ {0,3}(=+|-{2,})\s*$/.exec(line)?.[1];
    const above = current.body.at(-1);
    if (underline && above !== undefined && isParagraph(above)) {
      current.body.pop();
      const level = underline.startsWith("=") ? 1 : 2;
      sections.push({ level, heading: plainHeading(above), line: i, body: [], bodyLine: i + 2 });
      continue;
    }
    current.body.push(line);
  }
  return sections;
}

/** A line that an underline turns into a heading; under `Author: Anna` a `---` is meant as a rule. */
const isParagraph = (line: string) =>
  line.trim() !== "" && !/^\s*([|>#*+-]|\d+[.)])/.test(line) && !/^[^:]{1,40}:(\s|$)/.test(line);

function plainHeading(text: string): string {
  return text
    .slice(0, 500)
    .replace(/[ \t]+#+[ \t]*$/, "")
    .replace(/[*_`]+/g, "")
    .trim();
}

/** Name of a section as facts carry it: lower case, without numbering and closing colon. */
export function sectionName(heading: string): string {
  return heading
    .toLowerCase()
    .replace(/^\d+(\.\d+)*[.)]?\s+/, "")
    .replace(/\s*:$/, "")
    .trim();
}

/** True where somebody wrote something: comments, `<placeholders>`, TBD and an empty table are nothing. */
export function hasText(body: readonly string[]): boolean {
  let comment = false;
  let tableLines = 0;
  for (const line of body) {
    let text = line.trim();
    if (comment) {
      const end = text.indexOf("-->");
      if (end < 0) continue;
      comment = false;
      text = text.slice(end + 3).trim();
    }
    const open = text.indexOf("<!--");
    if (open >= 0) {
      const end = text.indexOf("-->", open + 4);
      comment = end < 0;
      text = (text.slice(0, open) + (end < 0 ? "" : text.slice(end + 3))).trim();
    }
    if (text.startsWith("|")) {
      // The first two lines of a table are its head.
      tableLines++;
      if (tableLines > 2 && /[^|\s:-]/.test(text)) return true;
      continue;
    }
    text = text.replace(/^([-*+]|\d+[.)])(\s+\[[ x]\])?(\s+|$)/i, "");
    if (text === "" || /^<[^<>]{0,200}>$/.test(text) || /^(tbd|todo)[.:]?$/i.test(text) || /^[-_* ]+$/.test(text))
      continue;
    return true;
  }
  return false;
}

/** Rows of the tables and points of the lists below a heading such as "Action items". */
export function readActions(body: readonly string[], words: ColumnWords = {}): Action[] {
  const actions: Action[] = [];
  let columns: { item: number; owner: number; due: number } | undefined;
  let inTable = false;
  for (const [row, line] of body.entries()) {
    if (actions.length >= MAX_ACTIONS) break;
    const text = line.trim();
    if (!text.startsWith("|")) {
      inTable = false;
      const point = /^(?:[-*+]|\d+[.)])\s+(?:\[[ x]\]\s+)?(.+)$/i.exec(text)?.[1];
      if (point !== undefined && !/^<[^<>]*>$/.test(point)) actions.push({ ...readPoint(point, words), row });
      continue;
    }
    const cells = readCells(text);
    if (!inTable) {
      inTable = true;
      columns = readColumns(cells, words);
      continue;
    }
    if (!columns || cells.every((cell) => /^:?-*:?$/.test(cell))) continue;
    const cell = (at: number) => (at < 0 ? null : unlessEmpty(cells[at] ?? ""));
    const action = { item: cell(columns.item) ?? "", owner: cell(columns.owner), due: cell(columns.due), row };
    if (action.item || action.owner || action.due) actions.push(action);
  }
  return actions;
}

function readColumns(head: readonly string[], own: ColumnWords) {
  const find = (words: RegExp, further: readonly string[] = []) =>
    head.findIndex((cell) => words.test(cell) || further.some((word) => word.toLowerCase() === cell.toLowerCase()));
  const owner = find(/^(owner|assignee|assigned to|who|responsible)$/i, own.owner);
  const due = find(/^(due|due date|due by|deadline|by|by when|when|target|target date)$/i, own.due);
  const named = find(/^(item|action|action item|task|what|description|measure)$/i, own.item);
  // A number or a status often stands first; the item is the first column that is neither.
  const item =
    named >= 0 ? named : head.findIndex((cell, i) => i !== owner && i !== due && !/^(#|no\.?|id|status)?$/i.test(cell));
  return item < 0 ? undefined : { item, owner, due };
}

function readCells(row: string): string[] {
  return row
    .replace(/^\|/, "")
    .replace(/\|\s*$/, "")
    .split(/(?<!\\)\|/)
    .map((cell) =>
      cell
        .replaceAll("\\|", "|")
        .replace(/[*_`]{1,2}/g, (mark) => (mark.startsWith("_") ? mark : ""))
        .trim(),
    );
}

function readPoint(text: string, own: ColumnWords): Action {
  const named = (words: readonly string[], further: readonly string[] = [], value: string) => {
    const any = [...words, ...further.map((word) => word.replace(/[.*+?^${}()|[\]\\]/g, "\\$&"))].join("|");
    return new RegExp(`(?<![\\p{L}\\p{N}_])(?:${any})${value}`, "iu").exec(text)?.[1];
  };
  const owner =
    named(["owner", "assignee"], own.owner, "\\s*[:=]\\s*([^,;()]+)") ?? /(?:^|\s)(@[\w.-]+)/.exec(text)?.[1];
  const due = named(["due", "deadline"], own.due, "\\s*[:=]?\\s*(\\d{4}-\\d\\d-\\d\\d)");
  return { item: text, owner: unlessEmpty(owner ?? ""), due: due ?? null };
}

function unlessEmpty(text: string): string | null {
  const plain = text.trim();
  return plain === "" || /^(-|–|—|tbd|todo|\?|<[^<>]*>)$/i.test(plain) ? null : plain;
}
