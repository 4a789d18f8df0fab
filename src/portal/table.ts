import type { Mark } from "./words.ts";

/** One cell; the first of a row is its heading. Everything is plain text and escaped by the template. */
export interface Cell {
  readonly text: string;
  /** In small print below. */
  readonly sub?: string | undefined;
  readonly mark?: Mark | undefined;
  readonly href?: string | undefined;
}

export interface Table {
  /** For those who do not see the page. */
  readonly caption: string;
  readonly columns: readonly string[];
  readonly rows: readonly (readonly Cell[])[];
  /** Instead of a table without rows. */
  readonly empty: string;
}

export function marked([text, mark]: readonly [string, Mark], sub?: string): Cell {
  return { text, mark, sub };
}
