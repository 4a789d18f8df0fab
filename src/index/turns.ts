import pg from "pg";
import type { Clock } from "../lib/clock.ts";
import { digestOf } from "../lib/digest.ts";
import { CustodyError } from "../lib/errors.ts";
import { placeOf } from "./database.ts";
import { indexFailure } from "./failure.ts";

/**
 * Turns among the processes that use one given Postgres: session advisory locks, all of a process on one connection of its own. When
 * that connection ends, the server gives the locks to others and this side tells everybody who works under one.
 */

/** How often the connection is tried, so that its end is noticed while nothing is asked. */
const BEAT = 10_000;
const ANSWER_WITHIN = 10_000;
/** A server that does not take leave in this time finds out by itself. */
const LAST_WORDS = 1_000;

/**
 * What the server does about a process that is gone without a word, or stands still: it lets go of its locks within a minute.
 * Unknown settings of older servers are left out.
 */
const SESSION = `
  select set_config(name, value, false)
  from (values
    ('tcp_keepalives_idle', '10'), ('tcp_keepalives_interval', '5'), ('tcp_keepalives_count', '4'),
    ('tcp_user_timeout', '30000'), ('idle_session_timeout', $1)
  ) as wanted (name, value)
  where name in (select name from pg_settings)`;

/** What stands still longer than this, in ms, has lost its turns: several beats. */
const IDLE = 45_000;

/** As `Turns` of the schedule. */
export interface PostgresTurns {
  take(
    name: string,
    signal: AbortSignal,
  ): Promise<{ readonly lost: AbortSignal; release(): Promise<void> } | undefined>;
  /** Ends the connection: whatever is still held is free for others. */
  close(): Promise<void>;
}

export interface TurnsParts {
  readonly url: string;
  /** Name of the log: several may share a database. */
  readonly origin: string;
  readonly clock: Clock;
  /** After how many ms without a beat the server gives our turns to others. */
  readonly idle?: number;
  /** Told when a connection ended by itself; its turns were lost before. */
  readonly lost?: (error: CustodyError) => void;
}

interface Session {
  readonly client: pg.Client;
  /** The server's process; another one means that something between us hands connections round. */
  readonly pid: number;
  readonly held: Set<AbortController>;
  readonly ended: AbortController;
}

/** Connects when the first turn is wanted, and anew after a connection was lost. */
export function postgresTurns({ url, origin, clock, idle = IDLE, lost }: TurnsParts): PostgresTurns {
  const place = placeOf(url);
  let opening: Promise<Session> | undefined;
  let closed = false;

  function end(session: Session, error: CustodyError | undefined): void {
    if (session.ended.signal.aborted) return;
    session.ended.abort();
    opening = undefined;
    for (const holder of session.held) holder.abort(error);
    // Without waiting: a server that does not answer would not answer this either.
    session.client.end().catch(() => {});
    if (error !== undefined) lost?.(error);
  }

  async function ask<T extends pg.QueryResultRow>(session: Session, sql: string, values: string[] = []): Promise<T[]> {
    try {
      return (await session.client.query<T>(sql, values)).rows;
    } catch (thrown) {
      const error = indexFailure(thrown, place);
      end(session, error);
      throw error;
    }
  }

  async function open(): Promise<Session> {
    const client = new pg.Client({
      connectionString: url,
      connectionTimeoutMillis: ANSWER_WITHIN,
      query_timeout: ANSWER_WITHIN,
      statement_timeout: ANSWER_WITHIN,
      keepAlive: true,
      application_name: "custody turns",
    });
    const ended = new AbortController();
    let session: Session | undefined;
    const gone = (thrown: unknown) => {
      if (session) end(session, indexFailure(thrown, place));
    };
    client.on("error", gone);
    client.on("end", () => gone(new Error("Connection terminated")));
    try {
      await client.connect();
      await client.query(SESSION, [String(idle)]);
      const { rows } = await client.query<{ pid: number }>("select pg_backend_pid() as pid");
      session = { client, pid: rows[0]?.pid ?? 0, held: new Set(), ended };
    } catch (thrown) {
      client.end().catch(() => {});
      throw indexFailure(thrown, place);
    }
    void beat(session);
    return session;
  }

  async function beat(session: Session): Promise<void> {
    for (;;) {
      try {
        await clock.sleep(BEAT, session.ended.signal);
        const [row] = await ask<{ pid: number }>(session, "select pg_backend_pid() as pid");
        if (row?.pid !== session.pid) end(session, handedRound(place));
      } catch {
        return;
      }
    }
  }

  return {
    async take(name, signal) {
      if (closed || signal.aborted) return undefined;
      opening ??= open().catch((error: unknown) => {
        opening = undefined;
        throw error;
      });
      const session = await opening;
      const key = lockKey(origin, name);
      const holder = new AbortController();
      session.held.add(holder);
      try {
        const [row] = await ask<{ mine: boolean }>(session, "select pg_try_advisory_lock($1::bigint) as mine", [key]);
        if (row?.mine !== true) {
          session.held.delete(holder);
          return undefined;
        }
      } catch (error) {
        session.held.delete(holder);
        throw error;
      }
      return {
        lost: holder.signal,
        async release() {
          if (!session.held.delete(holder) || session.ended.signal.aborted) return;
          // Where this fails the connection is given up, and the lock with it.
          await ask(session, "select pg_advisory_unlock($1::bigint)", [key]).catch(() => {});
        },
      };
    },
    async close() {
      closed = true;
      const session = await opening?.catch(() => undefined);
      if (session === undefined) return;
      session.held.clear();
      session.ended.abort();
      const enough = new AbortController();
      const late = clock.sleep(LAST_WORDS, enough.signal).catch(() => {});
      await Promise.race([session.client.end().catch(() => {}), late]);
      enough.abort();
    },
  };
}

/** The lock's number: any two names of any two logs have the same one by a chance of 2^-64. */
export function lockKey(origin: string, name: string): string {
  return Buffer.from(digestOf(Buffer.from(`custody turn\n${origin}\n${name}`)), "hex")
    .readBigInt64BE()
    .toString();
}

function handedRound(place: string): CustodyError {
  return new CustodyError(
    "INDEX_UNUSABLE",
    `the index at ${place}: one connection led to several processes of the server, so no turns can be taken there`,
    { remedy: "Name the Postgres itself under `index:`, or a pool in session mode." },
  );
}
