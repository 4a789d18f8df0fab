import { parse } from "csv-parse/sync";
import { nameBytes, textOf } from "./json.ts";

/** How a file holds its records. */
export interface RecordFormat {
  readonly format: "json" | "ndjson" | "csv";
  /** Of CSV columns. */
  readonly delimiter: string;
  /** Where the list lies in a JSON file, as `data.items`; the file itself where empty. */
  readonly records: string;
}

/** One record and its place in the file, for people. */
export interface FileRecord {
  readonly place: string;
  /** The value of a field: a column's name, or a path such as `job.name`; undefined where there is none. */
  field(name: string): unknown;
}

/** Something that is no record, and what was expected instead. */
export interface BadRecord {
  readonly place: string;
  readonly message: string;
}

/** Records of a file, and what could not be read as one; never throws, whatever the bytes are. */
export function* readRecords(bytes: Uint8Array, format: RecordFormat): Generator<FileRecord | BadRecord> {
  const text = textOf(bytes);
  if (text === undefined) {
    yield { place: "", message: `expected text in UTF-8, found ${nameBytes(bytes)}; export the file as UTF-8` };
    return;
  }
  if (format.format === "csv") yield* readCsv(bytes, text, format.delimiter);
  else if (format.format === "ndjson") yield* readLines(text);
  else yield* readList(bytes, text, format.records);
}

function* readLines(text: string): Generator<FileRecord | BadRecord> {
  let line = 0;
  for (let from = 0; from < text.length; ) {
    const end = text.indexOf("\n", from);
    const to = end < 0 ? text.length : end;
    const content = text.slice(from, to).trim();
    from = to + 1;
    line++;
    if (content === "") continue;
    yield objectAt(`line ${line}`, content) ?? {
      place: `line ${line}`,
      message: "expected a JSON object on this line",
    };
  }
}

function objectAt(place: string, json: string): FileRecord | undefined {
  try {
    return recordOf(place, JSON.parse(json));
  } catch {
    return undefined;
  }
}

function recordOf(place: string, value: unknown): FileRecord | undefined {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return undefined;
  return { place, field: (name) => follow(value, name) };
}

/** A member by its own name first, so that a name with a dot works, then by path. Inherited members do not count. */
function follow(value: unknown, path: string): unknown {
  if (typeof value !== "object" || value === null) return undefined;
  if (Object.hasOwn(value, path)) return (value as Record<string, unknown>)[path];
  const dot = path.indexOf(".");
  if (dot < 0 || !Object.hasOwn(value, path.slice(0, dot))) return undefined;
  return follow((value as Record<string, unknown>)[path.slice(0, dot)], path.slice(dot + 1));
}

function* readList(bytes: Uint8Array, text: string, path: string): Generator<FileRecord | BadRecord> {
  let file: unknown;
  try {
    file = JSON.parse(text);
  } catch {
    yield { place: "", message: `expected JSON, found ${nameBytes(bytes)}` };
    return;
  }
  const list = path === "" ? file : follow(file, path);
  if (!Array.isArray(list)) {
    const where = path === "" ? "at the top; name the place of the list with `records:`" : `at "${path}"`;
    yield { place: "", message: `expected a list of records ${where}` };
    return;
  }
  for (const [i, item] of list.entries()) {
    const place = `${path}[${i}]`;
    yield recordOf(place, item) ?? { place, message: "expected a JSON object" };
  }
}

interface Row {
  readonly record: readonly string[];
  readonly info: { readonly lines: number };
}

function* readCsv(bytes: Uint8Array, text: string, delimiter: string): Generator<FileRecord | BadRecord> {
  const rows: { cells: readonly string[]; line: number }[] = [];
  let broken: string | undefined;
  try {
    parse(text, {
      delimiter,
      bom: true,
      info: true,
      relax_column_count: true,
      skip_empty_lines: true,
      trim: true,
      // Taken one by one, so that a quote that never closes costs only what is behind it.
      on_record: (row: unknown) => {
        const { record, info } = row as Row;
        rows.push({ cells: record, line: info.lines });
        return null;
      },
    });
  } catch (error) {
    broken = error instanceof Error ? error.message : "the file is not CSV";
  }
  const [header, ...lines] = rows;
  if (!header || /^<(!doctype|html)/i.test(text.trimStart().slice(0, 20))) {
    yield { place: "", message: `expected CSV with a first line that names the columns, found ${nameBytes(bytes)}` };
    return;
  }
  const columns = new Map(header.cells.map((name, i) => [name, i]));
  for (const { cells, line } of lines) {
    const place = `line ${line}`;
    if (cells.length !== header.cells.length) {
      yield { place, message: `expected ${header.cells.length} columns as in the first line, found ${cells.length}` };
    } else {
      yield { place, field: (name) => cells[columns.get(name) ?? -1] };
    }
  }
  if (broken !== undefined) yield { place: "", message: `the CSV cannot be read to its end: ${broken.slice(0, 200)}` };
}
