import pg from "pg";
import { CustodyError } from "../lib/errors.ts";
import { indexFailure, serverState } from "./failure.ts";
import { migrate } from "./migrate.ts";
import { type PrivateOptions, privateServer } from "./private-postgres.ts";

/** Where the index is: on the private Postgres of a workspace (`dir` is its folder for the index), or on a given one. */
export type IndexLocation =
  | ({ readonly kind: "private"; readonly dir: string } & PrivateOptions)
  | { readonly kind: "given"; readonly url: string };

/** What a column may hold on its way in; arrays are for `unnest`. */
export type Value = string | number | boolean | null | Uint8Array | readonly (string | number | boolean | null)[];

export interface Connection {
  /**
   * Rows of one statement. `bigint` and counts are numbers (an error beyond 2^53), `bytea` is a Buffer, `json` is parsed,
   * times are kept as bigint in epoch milliseconds and nowhere as a database time.
   * Throws INDEX_UNREACHABLE (nothing a person must do; it is not known whether a change was made), INDEX_UNUSABLE, BUG.
   */
  query<T extends object>(sql: string, values?: readonly Value[]): Promise<T[]>;
}

/** The index's database. The names of its schemas are `index`, which is made from the ledger alone, and `state`. */
export interface Database extends Connection {
  /** For messages: where it is, without any secret. */
  readonly place: string;
  /** All of `work` or nothing of it. `snapshot`: read only, and everything is seen as of the beginning. */
  transaction<T>(work: (connection: Connection) => Promise<T>, mode?: "snapshot"): Promise<T>;
  /** Lets go of it; the last process that uses a private server stops it. */
  close(): Promise<void>;
}

/** Oldest Postgres whose SQL is used here. */
const MIN_VERSION = 13;

/**
 * Opens the index: starts the private server if need be, connects, brings the schemas up to date. Dear the first time
 * (about a second), so open it where it is needed and not before.
 */
export async function openDatabase(location: IndexLocation): Promise<Database> {
  const database = location.kind === "private" ? await openPrivate(location) : openGiven(location.url);
  try {
    await checkServer(database);
    await migrate(database);
  } catch (error) {
    await database.close().catch(() => {});
    throw error;
  }
  return database;
}

/** How often a private server is looked for before a use of it fails. */
const ATTEMPTS = 3;

async function openPrivate(location: IndexLocation & { kind: "private" }): Promise<Database> {
  const server = await privateServer(location.dir, location);
  // Against TLS and a password that the environment may name for other servers.
  const pool = newPool({ ...server.connection, ssl: false, password: "" });
  const connect = async () => {
    for (let attempt = 1; ; attempt += 1) {
      await server.ensure();
      try {
        return await pool.connect();
      } catch (error) {
        // Nothing was asked yet, so asking again is harmless. A server that was killed may be gone before our own connection to it has noticed.
        if (serverState(error) === undefined || attempt === ATTEMPTS) throw error;
        server.doubt();
      }
    }
  };
  return overPool(pool, server.place.folder, connect, () => server.release());
}

function openGiven(url: string): Database {
  const place = placeOf(url);
  const pool = newPool({ connectionString: url, connectionTimeoutMillis: 10_000, keepAlive: true });
  return overPool(
    pool,
    place,
    () => pool.connect(),
    async () => {},
  );
}

/** The URL as it may be shown: scheme, host, port, database; no user, no password, no options. */
export function placeOf(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || !/^postgres(ql)?:$/.test(url.protocol)) {
    // The text itself may hold a password, so it is not repeated.
    throw new CustodyError("INDEX_UNUSABLE", "index: expected a URL like postgres://user@host:5432/database", {
      remedy: "Correct `index` in custody.yaml; characters such as @ / # in a password are written %40 %2F %23.",
    });
  }
  return `postgres://${url.host || "localhost"}${url.pathname}`;
}

function newPool(config: pg.PoolConfig): pg.Pool {
  const pool = new pg.Pool({
    ...config,
    max: 4,
    idleTimeoutMillis: 10_000,
    application_name: "custody",
    statement_timeout: 120_000,
    idle_in_transaction_session_timeout: 120_000,
    types: { getTypeParser: parserOf as typeof pg.types.getTypeParser },
  });
  // A connection that breaks is thrown away by the pool, and the next use gets a new one. The listener on each connection is
  // for the moment at which the pool has handed it out and nobody awaits anything from it yet.
  pool.on("error", () => {});
  pool.on("connect", (client) => client.on("error", () => {}));
  return pool;
}

const INT8 = 20;

function parserOf(oid: number, format?: "text" | "binary"): unknown {
  return oid === INT8 && format !== "binary" ? safeInteger : pg.types.getTypeParser(oid, format as "text");
}

function safeInteger(text: string): number {
  const value = Number(text);
  if (!Number.isSafeInteger(value)) throw new CustodyError("BUG", `the index holds the number ${text}, beyond 2^53`);
  return value;
}

function overPool(
  pool: pg.Pool,
  place: string,
  connect: () => Promise<pg.PoolClient>,
  closed: () => Promise<void>,
): Database {
  const inside = async <T>(work: (client: pg.PoolClient) => Promise<T>): Promise<T> => {
    let client: pg.PoolClient | undefined;
    let failure: CustodyError | undefined;
    try {
      client = await connect();
      return await work(client);
    } catch (error) {
      failure = indexFailure(error, place);
      throw failure;
    } finally {
      // A connection in an unknown state is not given to the next one.
      client?.release(failure?.code === "INDEX_UNREACHABLE");
    }
  };
  return {
    place,
    query: (sql, values) => inside((client) => connectionOn(client).query(sql, values)),
    transaction: (work, mode) =>
      inside(async (client) => {
        await client.query(mode === "snapshot" ? "begin isolation level repeatable read read only" : "begin");
        try {
          const result = await work(connectionOn(client));
          await client.query("commit");
          return result;
        } catch (error) {
          await client.query("rollback").catch(() => {});
          throw error;
        }
      }),
    close: async () => {
      if (pool.ended) return;
      await pool.end();
      await closed();
    },
  };
}

function connectionOn(client: pg.PoolClient): Connection {
  return {
    query: async <T extends object>(sql: string, values: readonly Value[] = []) =>
      (await client.query<T & pg.QueryResultRow>(sql, values.map(parameter))).rows,
  };
}

/** Postgres cannot hold the character U+0000 in text. What sources say may have it; it is shown as U+FFFD, as in most tools. */
function parameter(value: Value): unknown {
  if (typeof value === "string") return value.replaceAll("\0", "\ufffd");
  if (Array.isArray(value)) return value.map((v) => (typeof v === "string" ? v.replaceAll("\0", "\ufffd") : v));
  return value;
}

async function checkServer(database: Database): Promise<void> {
  const [about] = await database.query<{ version: string; encoding: string }>(
    "select current_setting('server_version_num') as version, current_setting('server_encoding') as encoding",
  );
  const version = Math.floor(Number(about?.version) / 10_000);
  if (version >= MIN_VERSION && about?.encoding === "UTF8") return;
  throw new CustodyError(
    "INDEX_UNUSABLE",
    `the index at ${database.place}: expected Postgres ${MIN_VERSION} or newer with encoding UTF8, found ${version} with ${about?.encoding}`,
    { remedy: "Name another database in custody.yaml, or leave out `index` for the private one." },
  );
}
