import type { Block, Cell, Column } from "./blocks.ts";
import { look } from "./look.ts";
import type { Element, Sheet } from "./sheet.ts";
import type { SetLine } from "./typeset.ts";

interface CellLine {
  readonly set: SetLine;
  readonly colour: string;
  readonly mark: "good" | "bad" | "unsure" | "open" | undefined;
  /** Of the first line of its paragraph, where a mark was left room for. */
  readonly indent: number;
  readonly first: boolean;
}

interface Grid {
  readonly columns: readonly Column[];
  readonly x: readonly number[];
  readonly widths: readonly number[];
  readonly size: number;
  readonly line: number;
}

/** Lines of a cell in a width, marks included. */
export function cellLines(sheet: Sheet, cell: Cell, size: number, width: number): CellLine[] {
  return cell.flatMap(({ text, style, mark }) => {
    const indent = mark ? size * 0.95 : 0;
    const font = style === "bold" ? "bold" : style === "mono" ? "mono" : "regular";
    // A marked word is coloured, a marked sentence is not.
    const colour =
      style === "muted" ? look.colour.muted : mark && style === "bold" ? look.colour[mark] : look.colour.ink;
    const scaled = style === "mono" ? size * 0.92 : size;
    return sheet
      .set(text, font, scaled, width - indent)
      .map((set, i) => ({ set, colour, mark, indent, first: i === 0 }));
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
  const mono = line.set.pieces.every((p) => p.font.id === "mono");
  if (line.mark && line.first) sheet.mark(line.mark, x, baseline, size);
  sheet.put(
    line.set,
    right ? x + width - line.set.width : x + line.indent,
    baseline,
    mono ? size * 0.92 : size,
    line.colour,
  );
}

function gridOf(sheet: Sheet, columns: readonly Column[], size: number): Grid {
  const total = columns.reduce((n, c) => n + c.share, 0);
  const widths = columns.map((c) => (c.share / total) * sheet.width);
  let at = sheet.left;
  const x = widths.map((w) => {
    const here = at;
    at += w;
    return here;
  });
  return { columns, x, widths, size, line: size * 1.36 };
}

function inner(grid: Grid, i: number): { x: number; width: number } {
  // A number that ends where the next text begins would read as one with it.
  const gap = grid.columns[i]?.align === "right" && i < grid.columns.length - 1 ? 8 : 0;
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
