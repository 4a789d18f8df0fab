import { z } from "zod";
import type { RecordedAct } from "./act.ts";

/** Words that a record had and that are not here any more: what was among them, and what was not, nobody can tell. */
export const GoneWords = z.strictObject({
  /** Index of the record. */
  entry: z.number().int(),
  why: z.enum(["disposed", "missing", "unreadable"]),
  /** Index of the record by which they were disposed of. */
  disposal: z.number().int().optional(),
});
export type GoneWords = z.output<typeof GoneWords>;

/** What is gone of the words of a record; undefined where nothing is. */
export function goneWords({
  index,
  gone,
  disposal,
}: Pick<RecordedAct, "index" | "gone" | "disposal">): GoneWords | undefined {
  if (gone === undefined) return undefined;
  return { entry: index, why: gone, ...(disposal === undefined ? {} : { disposal }) };
}

/** Stands for a text that is gone wherever it is asked how something would look if it were still there. */
export const GONE_TEXT = "(gone)";
