import type { WrittenItem, WrittenValue } from "../incident-log/items.ts";
import { readMarks } from "../incident-log/text.ts";

/** Text of a list; a longer one is no history of one incident. */
const MAX_CHARACTERS = 256 * 1024;

/** Marks in a column: an array as the server prints it, `{a,"b c"}`, an array in JSON, or text with commas. */
export function readArray(text: string): string[] {
  const array = /^\{(.*)\}$/s.exec(text.trim())?.[1];
  const plain =
    array === undefined
      ? text
      : array.replace(/"((?:[^"\\]|\\.)*)"/gs, (_, quoted: string) => quoted.replace(/\\(.)/gs, "$1"));
  return readMarks(plain.replaceAll('"', ""));
}

/**
 * Entries of a list that a `json` or `jsonb` column holds, for instance from `json_agg`.
 * @returns the entries, or what is wrong
 */
export function readItems(text: string): readonly WrittenItem[] | string {
  if (text.trim() === "") return [];
  if (text.length > MAX_CHARACTERS) return `${text.length} characters; expected at most ${MAX_CHARACTERS}`;
  let list: unknown;
  try {
    list = JSON.parse(text);
  } catch {
    list = undefined;
  }
  if (list === null) return [];
  if (!Array.isArray(list)) return "expected a list in JSON, for instance json_agg(json_build_object('at', …))";
  return list.map(readItem);
}

function readItem(entry: unknown): WrittenItem {
  if (typeof entry !== "object" || entry === null || Array.isArray(entry)) {
    return { line: 1, values: scalar(entry) ?? [{ key: "(nested)", text: null, line: 1 }] };
  }
  return {
    line: 1,
    values: Object.entries(entry).map(([key, value]): WrittenValue => ({ key, text: scalar(value), line: 1 })),
  };
}

/** As in YAML every single value is the text of it. Null where it is none. */
function scalar(value: unknown): string | null {
  if (value === null) return "";
  return typeof value === "string" || typeof value === "number" || typeof value === "boolean" ? String(value) : null;
}
