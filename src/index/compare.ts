import type { Connection, Database, Value } from "./database.ts";
import { followLedger, type LedgerReader, type ReadFacts } from "./follow.ts";
import { indexMigrations } from "./migrations/index-schema.ts";
import { readPosition } from "./position.ts";
import { TABLES, type TableName } from "./tables.ts";

/** A row of the index that does not follow from the ledger, or one that should be there and is not. */
export interface Difference {
  /** Table and key, such as `fact entry 12, item 0, ordinal 3`. */
  readonly row: string;
  /** What the ledger gives, and what the index holds: the columns that differ, or that there is no such row. */
  readonly expected: string;
  readonly found: string;
}

/** Differences that are told of each table; a made-up index can hold any number. */
const MAX_DIFFERENCES = 50;
const LONGEST = 200;
/** How often both are brought to the ledger's tip before they stand at the same place, while others go on writing. */
const ATTEMPTS = 5;

/**
 * Makes a second index of the same ledger beside the first and names the rows in which they differ. The first is brought up
 * to the ledger's tip before, so being behind is no difference. The ledger decides: what differs was changed by somebody
 * else, or made by another version of Custody. Throws INDEX_UNUSABLE where the index belongs to another ledger.
 */
export async function compareIndex(
  database: Database,
  ledger: LedgerReader,
  readFacts: ReadFacts,
): Promise<Difference[]> {
  const second = beside(database);
  const drop = () => second.query('drop schema if exists "index" cascade');
  try {
    await second.transaction(async (connection) => {
      await connection.query('drop schema if exists "index" cascade');
      await connection.query('create schema "index"');
      for (const migration of indexMigrations) await connection.query(migration);
    });
    for (let attempt = 1; ; attempt += 1) {
      await followLedger(second, ledger, readFacts);
      await followLedger(database, ledger, readFacts);
      const found = await database.transaction(async (connection) => {
        const [own, other] = [await readPosition(connection), await readPosition(besideConnection(connection))];
        return own?.size === other?.size || attempt === ATTEMPTS ? await differences(connection) : undefined;
      }, "snapshot");
      if (found !== undefined) return found;
    }
  } finally {
    await drop();
  }
}

async function differences(connection: Connection): Promise<Difference[]> {
  const all: Difference[] = [];
  for (const table of Object.keys(TABLES) as TableName[]) {
    const { columns, key } = TABLES[table];
    const keys = key.map((column) => `"${column}"`).join(", ");
    const json = (alias: string) =>
      `case when ${alias} is null then null else json_build_array(${Object.keys(columns)
        .map((column) => `${alias}."${column}"::text`)
        .join(", ")}) end`;
    const rows = await connection.query<{ found: (string | null)[] | null; expected: (string | null)[] | null }>(
      `select ${json("f")} as found, ${json("e")} as expected
       from "index"."${table}" f full outer join ${SECOND}."${table}" e using (${keys})
       where f::text is distinct from e::text order by ${keys} limit ${MAX_DIFFERENCES}`,
    );
    for (const { found, expected } of rows) all.push(differenceOf(table, found, expected));
  }
  return all;
}

type Cells = readonly (string | null)[] | null;

function differenceOf(table: TableName, found: Cells, expected: Cells): Difference {
  const { columns, key } = TABLES[table];
  const names = Object.keys(columns);
  const cell = (cells: Cells, name: string) => cells?.[names.indexOf(name)] ?? null;
  const row = `${table} ${key.map((name) => `${name} ${cell(found ?? expected, name)}`).join(", ")}`;
  if (found === null || expected === null) {
    return {
      row,
      expected: expected === null ? "no such row" : "this row",
      found: found === null ? "no such row" : "this row",
    };
  }
  const different = names.filter((name) => cell(found, name) !== cell(expected, name));
  const say = (cells: Cells) => different.map((name) => `${name} ${short(cell(cells, name))}`).join(", ");
  return { row, expected: say(expected), found: say(found) };
}

function short(text: string | null): string {
  if (text === null) return "nothing";
  return text.length > LONGEST ? `${text.slice(0, LONGEST)}…` : text;
}

const SECOND = '"index_second"';

/** The same database with another schema in the place of `index`: every statement names it in quotes and with a dot, or after the word schema. */
function beside(database: Database): Database {
  return {
    ...database,
    query: (sql, values) => database.query(elsewhere(sql), values),
    transaction: (work, mode) => database.transaction((connection) => work(besideConnection(connection)), mode),
  };
}

function besideConnection(connection: Connection): Connection {
  return {
    query: <T extends object>(sql: string, values?: readonly Value[]) => connection.query<T>(elsewhere(sql), values),
  };
}

function elsewhere(sql: string): string {
  return sql.replaceAll('"index".', `${SECOND}.`).replaceAll(/(schema (?:if exists )?)"index"/g, `$1${SECOND}`);
}
