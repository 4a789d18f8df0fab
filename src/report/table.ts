import type { Block, Cell, Column } from "./blocks.ts";
import { look } from "./look.ts";
import type { Element, Sheet } from "./sheet.ts";
import { ID, type SetLine } from "./typeset.ts";

interface CellLine {
  readonly set: SetLine;
  readonly colour: string;
  /** Of its letters, in points. */
  readonly size: number;
  readonly mark: "good" | "bad" | "unsure" | "open" | undefined;
  /** Of the first line of its paragraph, where a mark was left room for. */
  readonly indent: number;
  readonly first: boolean;
}

/** A number that ends where the next text begins would read as one with it. */
const GAP = 8;

interface Grid {
  readonly columns: readonly Column[];
  readonly x: readonly number[];
  readonly widths: readonly number[];
  readonly size: number;
  readonly line: number;
  /** Room around the text of a cell. */
  readonly pad: { readonly x: number; readonly y: number };
}

/** Lines of a cell in a width, marks included. */
export function cellLines(sheet: Sheet, cell: Cell, size: number, width: number): CellLine[] {
  return cell.flatMap(({ text, style, mark, whole }) => {
    const indent = mark ? size * 0.95 : 0;
    const font = style === "bold" ? "bold" : style === "mono" ? "mono" : "regular";
    // A marked word is coloured, a marked sentence is not.
    const colour =
      style === "muted" ? look.colour.muted : mark && style === "bold" ? look.colour[mark] : look.colour.ink;
    const usual = style === "mono" ? size * 0.92 : size;
    const room = width - indent;
    // A name of a record reads as two where it is broken.
    const unbroken = whole ? [text] : (text.match(ID) ?? []);
    const needs = Math.max(0, ...unbroken.map((one) => sheet.type.single(one, font, usual).width));
    // A hair less than would just fit; below the least nobody could read it.
    const scaled = needs > room ? Math.max(look.size.least, (usual * room * 0.999) / needs) : usual;
    return sheet
      .set(text, font, scaled, room)
      .map((set, i) => ({ set, colour, size: scaled, mark, indent, first: i === 0 }));
  });
}

export function putCellLine(
  sheet: Sheet,
  line: CellLine,
  x: number,
  width: number,
  baseline: number,
  size: number,
  right: boolean,
): void {
  if (line.mark && line.first) sheet.mark(line.mark, x, baseline, size);
  sheet.put(line.set, right ? x + width - line.set.width : x + line.indent, baseline, line.size, line.colour);
}

/** By the shares, but no column narrower than the longest word of its head; the others give what it lacks. */
function widthsOf(sheet: Sheet, columns: readonly Column[], size: number, padX: number): number[] {
  const total = columns.reduce((n, c) => n + c.share, 0);
  const asked = columns.map((c) => (c.share / total) * sheet.width);
  const least = columns.map(({ title, align }, i) => {
    const words = title.split(" ").map((word) => sheet.type.single(word, "bold", size).width);
    const gap = align === "right" && i < columns.length - 1 ? GAP : 0;
    return Math.max(...words) + 2 * padX + gap + 0.1;
  });
  const lacking = asked.reduce((n, width, i) => n + Math.max(0, (least[i] ?? 0) - width), 0);
  const spare = asked.reduce((n, width, i) => n + Math.max(0, width - (least[i] ?? 0)), 0);
  if (lacking === 0 || spare < lacking) return asked;
  return asked.map((width, i) => {
    const over = width - (least[i] ?? 0);
    return over <= 0 ? (least[i] ?? 0) : width - (over / spare) * lacking;
  });
}

function gridOf(sheet: Sheet, { columns, small, dense }: Table): Grid {
  const size = dense ? look.size.dense : small ? look.size.small : look.size.table;
  const pad = dense ? look.denseCell : look.cell;
  const widths = widthsOf(sheet, columns, size, pad.x);
  let at = sheet.left;
  const x = widths.map((w) => {
    const here = at;
    at += w;
    return here;
  });
  return { columns, x, widths, size, line: size * (dense ? 1.25 : 1.3), pad };
}

/** What goes over the whole width; where it continues the row above, it stands in a little. */
function wideGrid(sheet: Sheet, grid: Grid, indent: number): Grid {
  return { ...grid, columns: [{ title: "", share: 1 }], x: [sheet.left + indent], widths: [sheet.width - indent] };
}

function inner(grid: Grid, i: number): { x: number; width: number } {
  const gap = grid.columns[i]?.align === "right" && i < grid.columns.length - 1 ? GAP : 0;
  return { x: (grid.x[i] ?? 0) + grid.pad.x, width: (grid.widths[i] ?? 0) - 2 * grid.pad.x - gap };
}

function headLines(sheet: Sheet, grid: Grid): SetLine[][] {
  return grid.columns.map((c, i) => sheet.set(c.title, "bold", grid.size, inner(grid, i).width));
}

function heightOf(lines: readonly (readonly unknown[])[], grid: Grid): number {
  return Math.max(...lines.map((l) => l.length)) * grid.line + 2 * grid.pad.y;
}

/** Draws the head row; as content of the table the first time, as decoration when it is repeated. */
function drawHead(sheet: Sheet, grid: Grid, head: readonly SetLine[][], table: Element | undefined): void {
  const height = heightOf(head, grid);
  const { y } = sheet;
  const draw = (i: number) => {
    const { x, width } = inner(grid, i);
    for (const [n, set] of (head[i] ?? []).entries()) {
      const right = grid.columns[i]?.align === "right";
      sheet.put(
        set,
        right ? x + width - set.width : x,
        y + grid.pad.y + n * grid.line + grid.size * 1.05,
        grid.size,
        look.colour.accent,
      );
    }
  };
  sheet.artifact(() => {
    sheet.doc.rect(sheet.left, y, sheet.width, height).fill(look.colour.band);
    sheet.rule(y + height, look.colour.accent, undefined, undefined, 0.8);
    if (!table) for (const i of grid.columns.keys()) draw(i);
  });
  if (table) {
    const row = sheet.element("TR", table);
    for (const i of grid.columns.keys()) {
      const th = sheet.element("TH", row, { scope: "Column" });
      sheet.within(th, "TH", () => draw(i));
      th.end();
    }
    row.end();
  }
  sheet.y += height;
}

type Row = readonly (readonly CellLine[])[];

interface Drawing {
  readonly grid: Grid;
  /** Of the table, to be repeated on every page. */
  readonly main: Grid;
  readonly head: readonly SetLine[][];
  readonly table: Element;
}

/** Draws one row, over several pages if it is taller than one. `keep` is what should stay together on a page. */
function drawRow(sheet: Sheet, { grid, main, head, table }: Drawing, lines: Row, keep: number, ruled: boolean): void {
  const count = Math.max(...lines.map((l) => l.length));
  const row = sheet.element("TR", table);
  const span = main.columns.length - grid.columns.length + 1;
  const elements = grid.columns.map(() => sheet.element("TD", row, span > 1 ? { span } : {}));
  const turnPage = () => {
    sheet.addPage();
    drawHead(sheet, main, head, undefined);
  };
  const page = sheet.end - look.top - heightOf(head, main);
  if (keep > sheet.room && (keep <= page || sheet.room < page / 3)) turnPage();
  for (let from = 0; from < count; ) {
    const fit = Math.max(1, Math.floor((sheet.room - 2 * grid.pad.y) / grid.line));
    const to = Math.min(count, from + fit);
    const { y } = sheet;
    for (const [i, element] of elements.entries()) {
      const part = (lines[i] ?? []).slice(from, to);
      const { x, width } = inner(grid, i);
      sheet.within(element, "TD", () => {
        for (const [n, line] of part.entries()) {
          putCellLine(
            sheet,
            line,
            x,
            width,
            y + grid.pad.y + n * grid.line + grid.size * 1.05,
            grid.size,
            grid.columns[i]?.align === "right",
          );
        }
      });
    }
    sheet.y += (to - from) * grid.line + 2 * grid.pad.y;
    if (ruled || to < count) sheet.artifact(() => sheet.rule(sheet.y));
    from = to;
    if (from < count) turnPage();
  }
  for (const element of elements) element.end();
  row.end();
}

type Table = Extract<Block, { kind: "table" }>;

/** So much of what continues a row stands with it on its page. */
const BEGINNING = 4;
/** By so much it stands in, in points. */
const INDENT = 10;

/** A table whose head comes again on every page. */
export function drawTable(sheet: Sheet, block: Table): void {
  const main = gridOf(sheet, block);
  const { dense = false } = block;
  const wide = wideGrid(sheet, main, dense ? 0 : INDENT);
  const head = headLines(sheet, main);
  const rows = block.rows.map((cells) => {
    const grid = cells.length === 1 && main.columns.length > 1 ? wide : main;
    const lines: Row = grid.columns.map((_, i) => cellLines(sheet, cells[i] ?? [], grid.size, inner(grid, i).width));
    return { grid, lines, height: heightOf(lines, grid) };
  });
  // A row, and the beginning of what continues it; the heading of a group, and its first row.
  const keeps = rows.map(({ grid, height }, i) => {
    const next = rows[i + 1];
    if (next === undefined || (dense ? grid !== wide : next.grid !== wide || grid === wide)) return height;
    return height + Math.min(next.height, BEGINNING * main.line + 2 * main.pad.y);
  });
  // A head is never alone at the foot of a page: its first row stands below it, unless that is very tall.
  const least = Math.min(Math.max(3 * main.line + 2 * main.pad.y, keeps[0] ?? 0), (sheet.end - look.top) / 3);
  sheet.need(heightOf(head, main) + least);
  const table = sheet.element("Table");
  drawHead(sheet, main, head, table);
  for (const [i, { grid, lines }] of rows.entries()) {
    const ruled = dense ? grid !== wide : rows[i + 1]?.grid !== wide;
    drawRow(sheet, { grid, main, head, table }, lines, keeps[i] ?? 0, ruled);
  }
  table.end();
  sheet.y += 8;
}
