import { z } from "zod";
import type { Fact, Problem } from "../../src/evidence/fact.ts";
import type { Json } from "../../src/lib/canonical.ts";
import type { Instant } from "../../src/lib/time.ts";
import { isZone } from "../../src/lib/zone.ts";
import { cleanText, isUnknown, readYesNo } from "../incident-log/text.ts";
import { readWrittenTime, settleTime } from "../incident-log/times.ts";

const TIMES = ["occurredAt", "detectedAt", "acknowledgedAt", "containedAt", "resolvedAt", "closedAt"] as const;
const TEXTS = ["title", "severity", "status", "nature", "owner", "commander", "review"] as const;

type MappedField = "id" | "personalData" | (typeof TIMES)[number] | (typeof TEXTS)[number];

const Column = z.string().min(1).max(200);
const optional = Object.fromEntries(
  [...TIMES, ...TEXTS, "personalData"].map((field) => [field, Column.optional()]),
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

/** Incidents in a page of rows. Never throws. */
export function* readRows(bytes: Uint8Array, origin: string, parameters: Json | undefined): Iterable<Fact | Problem> {
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
  for (const [field, name] of Object.entries(columns) as [MappedField, string | undefined][]) {
    if (name === undefined) continue;
    const column = page.columns[at.get(name) ?? -1];
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
    const time = (field: MappedField): Instant | null => {
      const written = value(field);
      if (written === null || written.trim() === "" || naive.has(field)) return null;
      const settled = settleTime(readWrittenTime(written), cleanText(written), zone);
      if (typeof settled === "number") return settled;
      found.push(problem(where, `${columns[field]}: ${settled}`));
      return null;
    };
    const id = text("id");
    if (id === null) {
      yield problem(where, `column "${columns.id}" is empty, so the incident has no id; it was not read`);
      continue;
    }
    if (seen.has(id)) yield problem(where, `a second row has the id "${id}"; return one row per incident`);
    seen.add(id);
    const said = text("personalData");
    const personalData = said === null || isUnknown(said) ? null : (readYesNo(said) ?? null);
    if (said !== null && personalData === null && !isUnknown(said)) {
      found.push(problem(where, `${columns.personalData}: expected yes or no, found "${said.slice(0, 60)}"`));
    }
    yield {
      kind: "incident",
      id,
      title: text("title") ?? id,
      severity: text("severity"),
      status: text("status"),
      nature: text("nature"),
      occurredAt: time("occurredAt"),
      detectedAt: time("detectedAt"),
      acknowledgedAt: time("acknowledgedAt"),
      containedAt: time("containedAt"),
      resolvedAt: time("resolvedAt"),
      closedAt: time("closedAt"),
      owner: text("owner"),
      commander: text("commander"),
      personalData,
      review: text("review"),
    };
    yield* found;
  }
}

function parsePage(bytes: Uint8Array): z.output<typeof Page> | undefined {
  try {
    return Page.parse(JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes)));
  } catch {
    return undefined;
  }
}
