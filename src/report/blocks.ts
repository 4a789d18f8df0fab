/**
 * The report as a sequence of blocks: what is said in which order, before anybody decides how it looks on paper. Every
 * form of the report (PDF now) draws the same blocks.
 */

/** One paragraph of a cell or a list, in one style. */
export interface Line {
  readonly text: string;
  readonly style?: "bold" | "mono" | "muted" | undefined;
  /** Draws a mark before the text; the text says the same in words. */
  readonly mark?: Mark | undefined;
  /** Is set smaller rather than broken, so that it is copied out whole. */
  readonly whole?: true | undefined;
}

/** Shapes, not only colours, so that print in black and white says the same. */
export type Mark = "good" | "bad" | "unsure" | "open";

export type Cell = readonly Line[];

export interface Column {
  readonly title: string;
  /** Share of the width. */
  readonly share: number;
  readonly align?: "left" | "right" | undefined;
}

export interface BarSegment {
  /** From 0 to 1, of the whole period. */
  readonly from: number;
  readonly to: number;
  readonly pattern: BarPattern;
  /** Stands inside where there is room; the words of the bar say the same. */
  readonly label?: string | undefined;
}

export type BarPattern = "solid" | "grey" | "half" | "hatched" | "dotted" | "crossed" | "empty";

export type Block =
  | { readonly kind: "cover"; readonly title: string; readonly subtitle: string; readonly lines: readonly string[] }
  | {
      readonly kind: "part";
      readonly layout: "portrait" | "landscape";
      /** Goes on where the page before ends, if that lies the same way. */
      readonly joins?: true;
    }
  | { readonly kind: "heading"; readonly level: 1 | 2 | 3; readonly text: string; readonly room?: number }
  | { readonly kind: "paragraph"; readonly text: string; readonly style?: "muted" | undefined }
  | {
      readonly kind: "notice";
      readonly title: string;
      readonly lines: readonly string[];
      /** Bad news, which nobody may overlook. */
      readonly tone?: "bad" | undefined;
    }
  | {
      readonly kind: "pairs";
      readonly rows: readonly { readonly label: string; readonly cell: Cell }[];
      readonly small?: true | undefined;
    }
  | {
      readonly kind: "table";
      readonly columns: readonly Column[];
      /** A row of one cell, where there are more columns, goes over the whole width; it belongs to the row above it. */
      readonly rows: readonly (readonly Cell[])[];
      readonly small?: boolean | undefined;
      /** For lists of hundreds, one line each: rows of one cell are headings of those below them. */
      readonly dense?: true | undefined;
    }
  | {
      readonly kind: "bar";
      readonly segments: readonly BarSegment[];
      readonly ticks: readonly { readonly at: number; readonly text: string }[];
      readonly words: string;
    }
  | { readonly kind: "legend"; readonly items: readonly { readonly pattern: BarPattern; readonly text: string }[] }
  | {
      readonly kind: "list";
      readonly ordered: boolean;
      readonly items: readonly { readonly text: string; readonly code?: readonly string[] | undefined }[];
    }
  | { readonly kind: "boxes"; readonly titles: readonly string[]; readonly height: number };

export function line(text: string, style?: Line["style"]): Line {
  return style ? { text, style } : { text };
}

/** A cell of plain lines; null and empty text become a dash, so that nothing looks forgotten. */
export function cell(...texts: readonly (string | number | null)[]): Cell {
  return texts.map((text) => ({ text: text === null || text === "" ? "–" : String(text) }));
}

export function mono(text: string): Cell {
  return [{ text, style: "mono" }];
}
