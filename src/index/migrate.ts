import { CustodyError } from "../lib/errors.ts";
import type { Connection, Database } from "./database.ts";
import { indexMigrations } from "./migrations/index-schema.ts";
import { stateMigrations } from "./migrations/state-schema.ts";

/** Migration number n is the n-th of the list; it is never changed once released, only followed by another. */
const SCHEMAS = [
  ["index", indexMigrations],
  ["state", stateMigrations],
] as const;

/** "CUST" and a number: all of Custody's advisory locks, so that they cannot be those of another program on a shared server. */
export const MIGRATING = "1129665364, 2";

/**
 * Brings both schemas up to date. Any number of processes may call it at once. Each schema knows its own version, so that
 * `index` may be dropped by anybody at any time. Throws INDEX_UNUSABLE when a newer Custody has been here.
 */
export async function migrate(database: Database): Promise<void> {
  if (await current(database)) return;
  await database.transaction(async (connection) => {
    await connection.query(`select pg_advisory_xact_lock(${MIGRATING})`);
    await createSchemas(connection);
  });
}

/** Makes what is missing; within a transaction that holds the lock for migrating. */
export async function createSchemas(connection: Connection): Promise<void> {
  for (const [schema, migrations] of SCHEMAS) {
    const version = await versionOf(connection, schema);
    if (version === undefined) {
      await connection.query(`create schema if not exists "${schema}"`);
      await connection.query(`create table "${schema}".migration (number bigint primary key)`);
    }
    for (let number = (version ?? 0) + 1; number <= migrations.length; number += 1) {
      await connection.query(migrations[number - 1] ?? "");
      await connection.query(`insert into "${schema}".migration values ($1)`, [number]);
    }
  }
}

async function current(database: Database): Promise<boolean> {
  for (const [schema, migrations] of SCHEMAS) {
    const version = await versionOf(database, schema);
    if (version !== undefined && version > migrations.length) {
      throw new CustodyError(
        "INDEX_UNUSABLE",
        `the index at ${database.place} was written by a newer Custody (${schema} ${version}; this one knows ${migrations.length})`,
        { remedy: "Update Custody on this machine, or give it an index of its own." },
      );
    }
    if (version !== migrations.length) return false;
  }
  return true;
}

/** Number of the last migration; undefined when the schema was never made. */
async function versionOf(connection: Connection, schema: string): Promise<number | undefined> {
  // Not to_regclass(): it answers from the session's cache, which does not see what another process made while we waited.
  const [table] = await connection.query(
    "select from pg_catalog.pg_tables where schemaname = $1 and tablename = 'migration'",
    [schema],
  );
  if (table === undefined) return undefined;
  const [row] = await connection.query<{ version: number }>(
    `select coalesce(max(number), 0) as version from "${schema}".migration`,
  );
  return row?.version;
}
