import { z } from "zod";
import { INCIDENT_TIMES } from "../../src/evidence/case-facts.ts";
import type { FactInput, Problem } from "../../src/evidence/fact.ts";
import type { Json } from "../../src/lib/canonical.ts";
import { isZone } from "../../src/lib/zone.ts";
import { Exactness } from "../incident-log/exactness.ts";
import { LISTS, type ListName, readLists, type WrittenItem } from "../incident-log/items.ts";
import { cleanText, isUnknown, readCount, readOften, readYesNo } from "../incident-log/text.ts";
import { readWrittenTime, type SettledTime, settleTime } from "../incident-log/times.ts";
import { readArray, readItems } from "./lists.ts";

const TIMES = [...INCIDENT_TIMES, "personalDataAt"] as const;
const TEXTS = [
  "title",
  "severity",
  "status",
  "nature",
  "owner",
  "commander",
  "review",
  "personalDataBy",
  "detectedBy",
  "cause",
  "causeKey",
  "supplier",
  "closedBy",
  "closureReason",
] as const;
const IMPACTS = ["confidentiality", "integrity", "availability"] as const;
const OTHERS = ["personalData", "tags", "affected", "reopened", ...IMPACTS, ...LISTS] as const;

type MappedField = "id" | (typeof TIMES)[number] | (typeof TEXTS)[number] | (typeof OTHERS)[number];

const Column = z.string().min(1).max(200);
const optional = Object.fromEntries(
  [...TIMES, ...TEXTS, ...OTHERS].map((field) => [field, Column.optional()]),
) as Record<Exclude<MappedField, "id">, z.ZodOptional<typeof Column>>;

/** Which column of the result says what about an incident. */
export const Columns = z.strictObject({
  id: Column.describe("column with the incident's own number, which never changes"),
  ...optional,
});
export type Columns = z.output<typeof Columns>;

/** What `read` must know beside the rows; kept with each page of them. */
const Rules = z.looseObject({ columns: Columns, zone: z.string().refine(isZone).optional() });

export function keepRules(columns: Columns, zone: string | undefined): Json {
  const named: Record<string, string> = {};
  for (const [field, column] of Object.entries(columns)) if (column !== undefined) named[field] = column;
  return zone === undefined ? { columns: named } : { columns: named, zone };
}

/** A page of rows as it is kept. `first` is the number of its first row in the whole result, from 1. */
export const Page = z.looseObject({
  v: z.literal(1),
  first: z.int().min(1),
  columns: z.array(z.looseObject({ name: z.string(), oid: z.int(), type: z.string() })).max(1_700),
  rows: z.array(z.array(z.string().nullable())),
});

/** `timestamp without time zone` and `date`: times that only a declared zone makes instants. */
const NAIVE = new Set([1114, 1082]);
/** `timestamp`, with a zone or without: the server leaves zeros out when it prints one. */
const EXACT = new Set([1184, 1114]);

/** Lists of which an empty one says that there was nothing, where a column is named for them. */
const TELLING = ["messages", "breaches"] as const;

const MAX_MARKS = 50;

/** Incidents in a page of rows. Never throws. */
export function* readRows(
  bytes: Uint8Array,
  origin: string,
  parameters: Json | undefined,
): Iterable<FactInput | Problem> {
  const problem = (where: string, message: string): Problem => ({ kind: "problem", where, message });
  const rules = Rules.safeParse(parameters);
  const page = parsePage(bytes);
  if (!page || !rules.success) {
    yield problem(
      origin,
      page ? "which column says what was not kept with these rows" : "expected a page of rows in JSON",
    );
    return;
  }
  const { columns, zone } = rules.data;
  const at = new Map(page.columns.map(({ name }, i) => [name, i]));
  const naive = new Set<MappedField>();
  const exact = new Set<MappedField>();
  for (const [field, name] of Object.entries(columns) as [MappedField, string | undefined][]) {
    if (name === undefined) continue;
    const column = page.columns[at.get(name) ?? -1];
    if (column && EXACT.has(column.oid)) exact.add(field);
    if (!column) yield problem(origin, `the result has no column "${name}"`);
    else if (!zone && NAIVE.has(column.oid) && (TIMES as readonly string[]).includes(field)) {
      naive.add(field);
      const message = `column "${name}" (${column.type}) has no zone, so its times were not read; return it as timestamptz, for instance ${name} AT TIME ZONE 'Europe/Berlin', or set \`zone:\` for this collector`;
      yield problem(origin, message);
    }
  }

  const seen = new Set<string>();
  for (const [i, row] of page.rows.entries()) {
    const where = `${origin}, row ${page.first + i}`;
    const found: Problem[] = [];
    const value = (field: MappedField) => {
      const name = columns[field];
      return name === undefined ? null : (row[at.get(name) ?? -1] ?? null);
    };
    const text = (field: MappedField) => cleanText(value(field) ?? "") || null;
    const id = text("id");
    const doubt = (field: MappedField | "impact", message: string) =>
      void found.push({
        ...problem(where, message),
        about: [{ kind: "incident", id: id ?? "", fields: filledBy(field) }],
      });
    const report = (field: MappedField, message: string) => doubt(field, `${columns[field]}: ${message}`);
    const settle = (written: string) => settleTime(readWrittenTime(written), cleanText(written), zone);
    const time = (field: MappedField): SettledTime | null => {
      const written = value(field);
      if (written === null || written.trim() === "" || naive.has(field)) return null;
      const settled = settle(written);
      if (typeof settled === "object") return exact.has(field) ? { at: settled.at, precision: 1 } : settled;
      report(field, settled);
      return null;
    };
    const count = (field: MappedField, read = readCount): number | null => {
      const said = text(field);
      if (said === null || isUnknown(said)) return null;
      const number = read(said);
      if (number === undefined) report(field, `expected a number, found "${said.slice(0, 60)}"`);
      return number ?? null;
    };
    const marks = (): string[] => {
      const all = readArray(value("tags") ?? "");
      if (all.length > MAX_MARKS) report("tags", `${all.length} words; only the first ${MAX_MARKS} were read`);
      return all.slice(0, MAX_MARKS);
    };
    const exactness = new Exactness();
    const lists = (): ReturnType<typeof readLists> => {
      const written: Partial<Record<ListName | "impact", readonly WrittenItem[]>> = {};
      for (const list of LISTS) {
        const items = readItems(value(list) ?? "");
        if (typeof items === "string") report(list, items);
        else written[list] = items;
      }
      const impact = IMPACTS.map((key) => ({ key, text: value(key) ?? "", line: 1 }));
      written.impact = [{ line: 1, values: impact }];
      return readLists(written, { settle, report: (_, message, list) => doubt(list, message) }, exactness);
    };
    if (id === null) {
      yield problem(where, `column "${columns.id}" is empty, so the incident has no id; it was not read`);
      continue;
    }
    if (seen.has(id)) yield problem(where, `a second row has the id "${id}"; return one row per incident`);
    seen.add(id);
    const said = text("personalData");
    const personalData = said === null || isUnknown(said) ? null : (readYesNo(said) ?? null);
    if (said !== null && personalData === null && !isUnknown(said)) {
      report("personalData", `expected yes or no, found "${said.slice(0, 60)}"`);
    }
    const times = Object.fromEntries(TIMES.map((field) => [field, time(field)])) as Record<
      (typeof TIMES)[number],
      SettledTime | null
    >;
    const texts = Object.fromEntries(TEXTS.map((field) => [field, text(field)])) as Record<
      (typeof TEXTS)[number],
      string | null
    >;
    const listed = lists();
    const tellsOf = TELLING.filter((list) => columns[list] !== undefined && at.has(columns[list]));
    yield {
      kind: "incident",
      id,
      ...texts,
      title: texts.title ?? id,
      severity: texts.severity ?? (columns.severity ? null : (listed.severities.at(-1)?.severity ?? null)),
      ...exactness.each(times),
      personalData,
      tags: marks(),
      ...listed,
      ...(tellsOf.length === 0 ? {} : { tellsOf: [...tellsOf] }),
      affected: count("affected"),
      reopened: count("reopened", readOften) ?? 0,
      precision: exactness.precision,
    };
    yield* found;
  }
}

/** The fields of an incident that a column fills. */
function filledBy(field: MappedField | "impact"): string[] {
  if (field === "severities") return ["severities", "severity", "severitiesSeen"];
  if (field === "measures") return ["measures", "measuresAt"];
  return [(IMPACTS as readonly string[]).includes(field) ? "impact" : field];
}

function parsePage(bytes: Uint8Array): z.output<typeof Page> | undefined {
  try {
    return Page.parse(JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes)));
  } catch {
    return undefined;
  }
}
