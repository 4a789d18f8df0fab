import type pg from "pg";
import { CustodyError } from "../../src/lib/errors.ts";
import { type Attempt, failureOf } from "./failure.ts";

/** Rows with every value as the text that the server sent; null is SQL's. */
export interface Rows {
  readonly columns: readonly { readonly name: string; readonly oid: number }[];
  readonly rows: readonly (readonly (string | null)[])[];
}

export interface Session {
  /**
   * One statement. The extended protocol takes no second one behind a semicolon.
   * Throws SOURCE_MISCONFIGURED, SOURCE_REFUSED, SOURCE_ANSWER, SOURCE_UNREACHABLE, SOURCE_TOO_LARGE, ABORTED.
   */
  run(text: string, values?: readonly string[], attempt?: Omit<Attempt, "doing">): Promise<Rows>;
  /** Ends the transaction without writing anything, and the connection. Never throws. */
  close(): Promise<void>;
}

const CONNECT_MS = 10_000;
/** Bytes that one answer may have; a single row of a gigabyte would otherwise be gathered in memory. */
const MAX_ANSWER_BYTES = 64 * 1024 * 1024;

/**
 * Connects and begins a transaction that cannot write and sees one moment of the database. Values stay text: bigint,
 * numeric and timestamps would lose digits as JavaScript numbers and dates.
 */
export async function openSession(connection: string, timeoutMs: number, signal: AbortSignal): Promise<Session> {
  if (!/^postgres(ql)?:\/\//.test(connection)) {
    throw new CustodyError(
      "SOURCE_MISCONFIGURED",
      "the secret that `connection` refers to is not a postgres:// address",
      {
        remedy: "It must begin with postgres:// and name user, password, host and database.",
      },
    );
  }
  const failure = (thrown: unknown, attempt: Attempt) =>
    signal.aborted
      ? new CustodyError("ABORTED", "stopped while asking the database")
      : failureOf(thrown, attempt, connection);

  let client: pg.Client;
  try {
    // Only who asks a Postgres pays for the package.
    const { default: postgres } = await import("pg");
    client = new postgres.Client({
      connectionString: connection,
      application_name: "custody",
      connectionTimeoutMillis: CONNECT_MS,
      // The server's own limit comes first; this one is for a server that no longer answers.
      query_timeout: timeoutMs + 10_000,
      types: { getTypeParser: () => (text: string) => text },
    });
  } catch (thrown) {
    throw failure(thrown, { doing: "connect" });
  }
  // What breaks off while nobody waits for an answer; the next statement fails with it.
  let broken: unknown;
  client.on("error", (error) => {
    broken ??= error;
  });
  const stop = () => void client.connection.stream.destroy();
  signal.addEventListener("abort", stop, { once: true });

  const close = async () => {
    signal.removeEventListener("abort", stop);
    // Without waiting for an answer: a transaction that only read has nothing to keep.
    await client.end().catch(() => {});
  };

  let answerBytes = 0;
  const run: Session["run"] = async (text, values = [], attempt = {}) => {
    if (signal.aborted) throw new CustodyError("ABORTED", "stopped before asking the database");
    answerBytes = 0;
    try {
      if (broken !== undefined) throw broken;
      const query = { text, values: [...values], rowMode: "array" as const, queryMode: "extended" };
      const result = await client.query<(string | null)[]>(query);
      return { columns: result.fields.map(({ name, dataTypeID }) => ({ name, oid: dataTypeID })), rows: result.rows };
    } catch (thrown) {
      if (answerBytes > MAX_ANSWER_BYTES) {
        throw new CustodyError(
          "SOURCE_TOO_LARGE",
          `the database sent more than ${MAX_ANSWER_BYTES} bytes for a few rows`,
          {
            remedy: "Leave long columns out of `query`, or cut them with left(column, 1000).",
          },
        );
      }
      throw failure(thrown, { doing: "query", ...attempt });
    }
  };

  try {
    if (signal.aborted) throw new CustodyError("ABORTED", "stopped before asking the database");
    await client.connect();
    const { stream } = client.connection;
    stream.on("data", (chunk: Buffer) => {
      answerBytes += chunk.length;
      if (answerBytes > MAX_ANSWER_BYTES) stream.destroy();
    });
  } catch (thrown) {
    await close();
    throw failure(thrown, { doing: "connect" });
  }
  try {
    await run("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY");
    const settings = { statement_timeout: `${timeoutMs}ms`, lock_timeout: `${timeoutMs}ms`, DateStyle: "ISO, YMD" };
    for (const [name, value] of Object.entries(settings)) await run("SELECT set_config($1, $2, true)", [name, value]);
  } catch (thrown) {
    await close();
    throw thrown;
  }
  return { run, close };
}
