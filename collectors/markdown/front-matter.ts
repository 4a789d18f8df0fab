import { isAlias, isMap, isScalar, isSeq, LineCounter, type Node, parseDocument } from "yaml";
import type { WrittenItem, WrittenValue } from "../incident-log/items.ts";

/** One `key: value` of a record, from the front matter or from a line below the heading. */
export interface Field {
  /** As the author wrote it. */
  readonly key: string;
  /** "" where nothing follows the key. */
  readonly value: string;
  /** 1-based, in the file. */
  readonly line: number;
}

/** A key with a list below it, or with one entry of such a list. */
export interface NestedField {
  readonly key: string;
  readonly line: number;
  readonly items: readonly WrittenItem[];
}

export interface LineProblem {
  readonly line: number;
  readonly message: string;
}

export interface FrontMatter {
  /** `broken`: it is there and cannot be read, so what the file is stays unknown. */
  readonly state: "none" | "read" | "broken";
  readonly fields: readonly Field[];
  /** Lists and maps, also those of plain values, which are among the fields as well. */
  readonly nested: readonly NestedField[];
  readonly problems: readonly LineProblem[];
  /** Index of the first line of the body. */
  readonly bodyStart: number;
}

/** Front matter is a few lines; anything longer is a mistake or an attack on the parser. */
const MAX_LINES = 500;
const MAX_CHARACTERS = 32_768;
/** Longest value; what is beyond it is cut. */
export const MAX_VALUE = 2_000;

/** Key as it is compared: `detected_at`, `detectedAt` and `Detected at` are the same. */
export function plainKey(key: string): string {
  return key.toLowerCase().replace(/[^\p{L}\p{N}]/gu, "");
}

/**
 * Reads the YAML between two `---` lines at the start of a file. Every scalar stays the text that the author wrote
 * (`1.10`, `no`, `2026-11-20`), aliases are never followed, nested values are left alone: nothing in the YAML can
 * grow, run or reach a prototype.
 */
export function readFrontMatter(lines: readonly string[]): FrontMatter {
  const none = { state: "none", fields: [], nested: [], problems: [], bodyStart: 0 } as const;
  const fence = lines[0]?.trimEnd();
  if (fence === "+++") {
    const message = "found front matter in TOML (+++); write it in YAML between two lines of ---";
    return { ...none, state: "broken", problems: [{ line: 1, message }] };
  }
  if (fence !== "---") return none;
  const end = lines.slice(0, MAX_LINES).findIndex((line, i) => i > 0 && /^(---|\.\.\.)\s*$/.test(line));
  if (end < 0) {
    const message = `the front matter that starts here has no closing --- within ${MAX_LINES} lines; add it`;
    return { ...none, state: "broken", problems: [{ line: 1, message }] };
  }
  const source = lines.slice(1, end).join("\n");
  if (source.length > MAX_CHARACTERS) {
    const message = `the front matter has ${source.length} characters; expected at most ${MAX_CHARACTERS}`;
    return { ...none, state: "broken", problems: [{ line: 1, message }], bodyStart: end + 1 };
  }
  return { ...readYaml(source), bodyStart: end + 1 };
}

function readYaml(source: string): Omit<FrontMatter, "bodyStart"> {
  const counter = new LineCounter();
  // The opening fence is line 1 of the file, so line 1 of the YAML is line 2.
  const lineAt = (offset: number | undefined) => counter.linePos(offset ?? 0).line + 1;
  const broken = (line: number, message: string) =>
    ({ state: "broken", fields: [], nested: [], problems: [{ line, message }] }) as const;
  let document: ReturnType<typeof parseDocument>;
  try {
    // Duplicate keys are looked for below: the library compares every pair.
    document = parseDocument(source, {
      schema: "failsafe",
      uniqueKeys: false,
      lineCounter: counter,
      prettyErrors: false,
    });
  } catch {
    // Nesting beyond its stack is the one thing the library throws for.
    return broken(1, "the front matter is nested too deeply to be read; write plain `key: value` lines");
  }
  const error = document.errors[0];
  if (error) {
    const hint = "write `key: value` lines, and put text that contains a colon or a # into quotes";
    return broken(lineAt(error.pos[0]), `the front matter is not YAML: ${error.message.split("\n")[0]}; ${hint}`);
  }
  if (document.contents === null) return { state: "read", fields: [], nested: [], problems: [] };
  if (!isMap(document.contents)) return broken(2, "expected `key: value` lines in the front matter");

  const fields: Field[] = [];
  const nested: NestedField[] = [];
  const problems: LineProblem[] = [];
  for (const { key, value } of document.contents.items) {
    if (!isScalar(key)) continue;
    const line = lineAt(key.range?.[0]);
    if (isSeq(value) || isMap(value)) {
      const entries = isSeq(value) ? value.items : [value];
      const items = entries.map((entry) => readItem(entry as Node | null, line, lineAt));
      nested.push({ key: field(key.value, "", line).key, line, items });
    }
    if (isScalar(value) || value === null) {
      fields.push(field(key.value, value?.value, line));
    } else if (isSeq(value) && value.items.every((item) => isScalar(item))) {
      fields.push(field(key.value, value.items.map((item) => String(item.value)).join(", "), line));
    } else if (isAlias(value)) {
      problems.push({ line, message: `"${String(key.value)}" refers to another value (*…); write the value itself` });
    }
  }
  return { state: "read", fields, nested, problems };
}

/** One entry of a list: a word, or keys with a value each. Deeper nesting and references are no value. */
function readItem(entry: Node | null, above: number, lineAt: (offset: number | undefined) => number): WrittenItem {
  const line = entry?.range ? lineAt(entry.range[0]) : above;
  if (!isMap(entry)) {
    const text = isScalar(entry) ? field("", entry.value, line).value : "";
    return { line, values: isScalar(entry) || entry === null ? text : [{ key: "(nested)", text: null, line }] };
  }
  const values = entry.items.map(({ key, value }): WrittenValue => {
    const at = isScalar(key) && key.range ? lineAt(key.range[0]) : line;
    const name = isScalar(key) ? String(key.value) : "(nested)";
    const single = isScalar(value) || value === null;
    const { key: cut, value: text } = field(name, isScalar(value) ? value.value : "", at);
    return { key: cut, text: single ? text : null, line: at };
  });
  return { line, values };
}

/** A field with its value cut to a length at which no later pattern can become slow. */
export function field(key: unknown, value: unknown, line: number): Field {
  const text = (of: unknown, length: number) =>
    String(of ?? "")
      .slice(0, length)
      .trim();
  return { key: text(key, 200), value: text(value, MAX_VALUE), line };
}
