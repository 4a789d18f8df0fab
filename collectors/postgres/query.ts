import { CustodyError } from "../../src/lib/errors.ts";
import { type Interval, iso } from "../../src/lib/time.ts";
import { wallClock } from "../../src/lib/zone.ts";
import type { Rows, Session } from "./session.ts";

/** Asked of the server at a time. Grows and shrinks with the size of the rows. */
const MAX_FETCH = 1_000;
const FIRST_FETCH = 100;
const FETCH_BYTES = 4 * 1024 * 1024;

const PREPARE = "PREPARE custody_query AS\n";
const DECLARE = "DECLARE custody_rows NO SCROLL CURSOR FOR\n";

/** The server's side of a run: what makes its answer reproducible. */
export interface ServerState {
  readonly version: string;
  readonly database: string;
  readonly role: string;
  readonly zone: string;
  /** Transaction ids that the rows were visible to. */
  readonly snapshot: string;
}

export async function readServerState(session: Session): Promise<ServerState> {
  const { rows } = await session.run(
    "SELECT current_setting('server_version'), current_database(), current_user, current_setting('TimeZone'), txid_current_snapshot()",
  );
  const [version, database, role, zone, snapshot] = (rows[0] ?? []).map((value) => value ?? "");
  return {
    version: version ?? "",
    database: database ?? "",
    role: role ?? "",
    zone: zone ?? "",
    snapshot: snapshot ?? "",
  };
}

/**
 * Opens a cursor over the user's own query. The server says which of $1 and $2 it uses and as what; it takes no second
 * statement, and nothing but a query that reads.
 * @returns the parameters as they were sent
 */
export async function openCursor(
  session: Session,
  sql: string,
  window: Interval,
  zone: string | undefined,
): Promise<string[]> {
  await session.run(PREPARE + sql, [], { sql, prefix: PREPARE });
  const { rows } = await session.run(
    "SELECT unnest(parameter_types)::oid::int8, unnest(parameter_types)::text FROM pg_prepared_statements WHERE name = 'custody_query'",
  );
  if (rows.length > 2) {
    throw new CustodyError("SOURCE_MISCONFIGURED", `the query uses $${rows.length}; only $1 and $2 have a value`, {
      remedy: "Use $1 for the start and $2 for the end of the window, and no other parameter.",
    });
  }
  const values = rows.map(([oid, type], i) =>
    parameter(i === 0 ? window.from : window.to, `$${i + 1}`, oid ?? "", type ?? "", zone),
  );
  await session.run("DEALLOCATE custody_query");
  await session.run(DECLARE + sql, values, { sql, prefix: DECLARE });
  return values;
}

/** A bound of the window in the type that the query gives it. A naive one is a wall time, and needs to know whose. */
function parameter(at: number, name: string, oid: string, type: string, zone: string | undefined): string {
  switch (oid) {
    case "1184": // timestamptz
    case "25": // text
    case "1043": // varchar
      return iso(at);
    case "1114": // timestamp
      if (zone) return wallClock(at, zone).toPlainDateTime().toString();
      throw new CustodyError("SOURCE_MISCONFIGURED", `the query compares ${name} with times that have no zone`, {
        remedy: "Set `zone:` for this collector to the zone in which the database keeps them.",
      });
    default:
      throw new CustodyError("SOURCE_MISCONFIGURED", `the query uses ${name} as ${type}; it is a time`, {
        remedy: `Write ${name}::timestamptz in the query.`,
      });
  }
}

/** The rows in the order of the query, a few at a time; ends after `limit` rows. */
export async function* fetchRows(session: Session, limit: number): AsyncGenerator<Rows> {
  let size = FIRST_FETCH;
  for (let left = limit; left > 0; ) {
    const batch = await session.run(`FETCH FORWARD ${Math.min(size, left)} FROM custody_rows`);
    yield batch;
    if (batch.rows.length < Math.min(size, left)) return;
    left -= batch.rows.length;
    const average = batch.rows.reduce((sum, row) => sum + sizeOf(row), 0) / batch.rows.length;
    size = Math.max(1, Math.min(MAX_FETCH, Math.floor(FETCH_BYTES / (average + 1))));
  }
}

/** About the bytes of a row. */
export function sizeOf(row: readonly (string | null)[]): number {
  return row.reduce((sum, value) => sum + (value?.length ?? 4) + 3, 2);
}

/** Names of types by OID, `timestamp with time zone` for 1184. */
export async function typeNames(session: Session, oids: readonly number[]): Promise<Map<number, string>> {
  const { rows } = await session.run(
    "SELECT oid::int8, format_type(oid, NULL) FROM pg_catalog.pg_type WHERE oid = ANY($1::oid[])",
    [`{${[...new Set(oids)].join(",")}}`],
  );
  return new Map(rows.map(([oid, name]) => [Number(oid), name ?? "unknown"]));
}
