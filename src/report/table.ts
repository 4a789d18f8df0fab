import type { Block, Cell, Column } from "./blocks.ts";
import { look } from "./look.ts";
import type { Element, Sheet } from "./sheet.ts";
import type { SetLine } from "./typeset.ts";

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
    const needs = whole ? sheet.type.single(text, font, usual).width : 0;
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
function widthsOf(sheet: Sheet, columns: readonly Column[], size: number): number[] {
  const total = columns.reduce((n, c) => n + c.share, 0);
  const asked = columns.map((c) => (c.share / total) * sheet.width);
  const least = columns.map(({ title, align }, i) => {
    const words = title.split(" ").map((word) => sheet.type.single(word, "bold", size).width);
    const gap = align === "right" && i < columns.length - 1 ? GAP : 0;
    return Math.max(...words) + 2 * look.cell.x + gap + 0.1;
  });
  const lacking = asked.reduce((n, width, i) => n + Math.max(0, (least[i] ?? 0) - width), 0);
  const spare = asked.reduce((n, width, i) => n + Math.max(0, width - (least[i] ?? 0)), 0);
  if (lacking === 0 || spare < lacking) return asked;
  return asked.map((width, i) => {
    const over = width - (least[i] ?? 0);
    return over <= 0 ? (least[i] ?? 0) : width - (over / spare) * lacking;
  });
}

function gridOf(sheet: Sheet, columns: readonly Column[], size: number): Grid {
  const widths = widthsOf(sheet, columns, size);
  let at = sheet.left;
  const x = widths.map((w) => {
    const here = at;
    at += w;
    return here;
  });
  return { columns, x, widths, size, line: size * 1.36 };
}

function inner(grid: Grid, i: number): { x: number; width: number } {
  const gap = grid.columns[i]?.align === "right" && i < grid.columns.length - 1 ? GAP : 0;
  return { x: (grid.x[i] ?? 0) + look.cell.x, width: (grid.widths[i] ?? 0) - 2 * look.cell.x - gap };
}

function headLines(sheet: Sheet, grid: Grid): SetLine[][] {
  return grid.columns.map((c, i) => sheet.set(c.title, "bold", grid.size, inner(grid, i).width));
}

function heightOf(lines: readonly (readonly unknown[])[], grid: Grid): number {
  return Math.max(...lines.map((l) => l.length)) * grid.line + 2 * look.cell.y;
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
        y + look.cell.y + n * grid.line + grid.size * 1.05,
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

/** Draws one row, over several pages if it is taller than one. */
function drawRow(sheet: Sheet, grid: Grid, head: readonly SetLine[][], table: Element, cells: readonly Cell[]): void {
  const lines = grid.columns.map((_, i) => cellLines(sheet, cells[i] ?? [], grid.size, inner(grid, i).width));
  const count = Math.max(...lines.map((l) => l.length));
  const row = sheet.element("TR", table);
  const elements = grid.columns.map(() => sheet.element("TD", row));
  const whole = count * grid.line + 2 * look.cell.y;
  const turnPage = () => {
    sheet.addPage();
    drawHead(sheet, grid, head, undefined);
  };
  const page = sheet.end - look.top - heightOf(head, grid);
  if (whole > sheet.room && (whole <= page || sheet.room < page / 3)) turnPage();
  for (let from = 0; from < count; ) {
    const fit = Math.max(1, Math.floor((sheet.room - 2 * look.cell.y) / grid.line));
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
            y + look.cell.y + n * grid.line + grid.size * 1.05,
            grid.size,
            grid.columns[i]?.align === "right",
          );
        }
      });
    }
    sheet.y += (to - from) * grid.line + 2 * look.cell.y;
    sheet.artifact(() => sheet.rule(sheet.y));
    from = to;
    if (from < count) turnPage();
  }
  for (const element of elements) element.end();
  row.end();
}

/** A table whose head comes again on every page. */
export function drawTable(sheet: Sheet, block: Extract<Block, { kind: "table" }>): void {
  const grid = gridOf(sheet, block.columns, block.small ? look.size.small : look.size.table);
  const head = headLines(sheet, grid);
  sheet.need(heightOf(head, grid) + 3 * grid.line + 2 * look.cell.y);
  const table = sheet.element("Table");
  drawHead(sheet, grid, head, table);
  for (const cells of block.rows) drawRow(sheet, grid, head, table, cells);
  table.end();
  sheet.y += 10;
}
