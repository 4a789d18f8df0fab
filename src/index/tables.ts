import type { Connection, Value } from "./database.ts";

type ColumnType = "bigint" | "text" | "json" | "boolean";

interface Table {
  /** In the order of the table. */
  readonly columns: Readonly<Record<string, ColumnType>>;
  /** The columns that name a row and give the rows their one order. */
  readonly key: readonly string[];
}

/** The tables of the schema `index` with what is written to them; `migrations/` makes them. */
export const TABLES = {
  position: { columns: { origin: "text", size: "bigint", digest: "text", readers: "text" }, key: ["origin"] },
  entry: {
    columns: {
      index: "bigint",
      kind: "text",
      at: "bigint",
      instance: "text",
      once: "text",
      digest: "text",
      body: "json",
    },
    key: ["index"],
  },
  run: {
    columns: {
      entry: "bigint",
      instance: "text",
      use: "text",
      trigger: "text",
      slot: "text",
      at: "bigint",
      started: "bigint",
      ended: "bigint",
      window_from: "bigint",
      window_to: "bigint",
      outcome: "text",
      reason: "text",
      covered: "json",
      instants: "json",
      requests: "bigint",
      total: "bigint",
      items: "bigint",
      facts: "bigint",
      problems: "bigint",
      clock_offset: "bigint",
    },
    key: ["entry"],
  },
  item: {
    columns: {
      entry: "bigint",
      ordinal: "bigint",
      instance: "text",
      digest: "text",
      size: "bigint",
      media_type: "text",
      origin: "text",
      captured_at: "bigint",
      modified_at: "bigint",
      masked: "bigint",
    },
    key: ["entry", "ordinal"],
  },
  fact: {
    columns: {
      instance: "text",
      kind: "text",
      id: "text",
      revision: "bigint",
      entry: "bigint",
      item: "bigint",
      ordinal: "bigint",
      digest: "text",
      last_entry: "bigint",
      sightings: "bigint",
      latest: "boolean",
      title: "text",
      severity: "text",
      status: "text",
      started_at: "bigint",
      ended_at: "bigint",
      data: "json",
    },
    key: ["entry", "item", "ordinal"],
  },
  problem: {
    columns: { entry: "bigint", ordinal: "bigint", instance: "text", item: "text", place: "text", message: "text" },
    key: ["entry", "ordinal"],
  },
} as const satisfies Record<string, Table>;

export type TableName = keyof typeof TABLES;
type Written<T extends ColumnType> = T extends "bigint" ? number | null : T extends "boolean" ? boolean : string | null;

/** A row as it is written; JSON columns hold JSON text. */
export type Row<T extends TableName> = {
  -readonly [C in keyof (typeof TABLES)[T]["columns"]]: Written<(typeof TABLES)[T]["columns"][C] & ColumnType>;
};

/** Rows per statement: a capture may give 200,000 facts. */
const CHUNK = 5_000;

/** Adds rows, thousands per round trip. */
export async function insertRows<T extends TableName>(
  connection: Connection,
  name: T,
  rows: readonly Row<T>[],
): Promise<void> {
  const columns = Object.entries<ColumnType>(TABLES[name].columns);
  const names = columns.map(([column]) => `"${column}"`).join(", ");
  const arrays = columns.map(([, type], i) => `$${i + 1}::${type}[]`).join(", ");
  for (let from = 0; from < rows.length; from += CHUNK) {
    const part: readonly Readonly<Record<string, string | number | boolean | null>>[] = rows.slice(from, from + CHUNK);
    const values: Value[] = columns.map(([column]) => part.map((row) => row[column] ?? null));
    await connection.query(`insert into "index"."${name}" (${names}) select * from unnest(${arrays})`, values);
  }
}
