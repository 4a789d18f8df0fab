import { type Block, type Cell, type Column, line } from "./blocks.ts";
import { count, fill, type Wording } from "./words.ts";

/** Rows printed of one table; how many more there are is always said, and the JSON has all. */
export const ROWS_SHOWN = 60;

/** A small table of the first `most` rows and whatever else is to be `kept`, and how many more there are of all. */
export function tableOf<T>(
  columns: readonly Column[],
  rows: readonly T[],
  cells: (row: T, index: number) => readonly Cell[],
  wording: Wording,
  { most = ROWS_SHOWN, of = rows.length, kept = () => false }: Limits<T> = {},
): Block[] {
  const shown = rows.filter((row, i) => i < most || kept(row));
  return [{ kind: "table", small: true, columns, rows: shown.map(cells) }, ...moreBlocks(of - shown.length, wording)];
}

interface Limits<T> {
  readonly most?: number;
  readonly of?: number;
  /** True for a row that is printed however many there are: whatever failed. */
  readonly kept?: (row: T) => boolean;
}

/** The same under its heading; nothing where there are no rows. */
export function titledTable<T>(title: string, ...table: Parameters<typeof tableOf<T>>): Block[] {
  const [, rows] = table;
  return rows.length === 0 ? [] : [{ kind: "heading", level: 3, text: title, room: 70 }, ...tableOf(...table)];
}

/** How many more there are than are printed; nothing where all are. */
export function moreBlocks(rest: number, wording: Wording): Block[] {
  return rest > 0 ? [{ kind: "paragraph", text: fill(wording.account.more, { n: count(rest) }), style: "muted" }] : [];
}

/** Texts as muted lines; those that are null are left out. */
export const muted = (...texts: readonly (string | null)[]): Cell =>
  texts.flatMap((text) => (text === null || text === "" ? [] : [line(text, "muted")]));
