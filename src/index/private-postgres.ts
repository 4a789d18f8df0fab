import pg from "pg";
import { systemClock } from "../lib/clock.ts";
import { CustodyError, isCustodyError } from "../lib/errors.ts";
import { indexFailure, serverState } from "./failure.ts";
import { abandonedBy, type ServerPlace, serverPlace } from "./place.ts";
import { PRIVATE_DATABASE, PRIVATE_ROLE, removeServer, startServer, stopServer } from "./postmaster.ts";
import { findPrograms } from "./programs.ts";

/**
 * The private Postgres of a workspace, shared by every process that works there. The first to need it starts it; each
 * holds a shared advisory lock on a connection of its own; whoever lets go last, which an exclusive lock proves, stops it.
 * A process that dies takes its lock along. A server that dies is started again by the next use. A server that was left
 * running because all died is found and used.
 */
export interface PrivateServer {
  readonly place: ServerPlace;
  /** How to connect to it. */
  readonly connection: {
    readonly host: string;
    readonly port: number;
    readonly user: string;
    readonly database: string;
  };
  /** Resolves when the server runs and is kept from stopping. Cheap when that is so already; call it before each use. */
  ensure(): Promise<void>;
  /** Says that the server did not answer although it was thought to run; the next `ensure` looks again. */
  doubt(): void;
  /** Lets go of the server, and stops it when nobody else uses it. Close all other connections first. */
  release(): Promise<void>;
}

/** "CUST", and one for the use of the server. */
const IN_USE = "1129665364, 1";
const POLL_MS = 20;
const PATIENCE_MS = 60_000;
const ATTEMPTS = 3;

export interface PrivateOptions {
  /** Where root keeps the server; `/var/lib/custody` if not said. */
  readonly home?: string;
  /** Folder of the package with the Postgres programs, where it is not the one that npm installed. */
  readonly programs?: string;
}

/** The private server of a workspace's index folder. Starts nothing yet. */
export async function privateServer(dir: string, options: PrivateOptions = {}): Promise<PrivateServer> {
  const place = await serverPlace(dir, options.home);
  const connection = { host: place.socket, port: 5432, user: PRIVATE_ROLE, database: PRIVATE_DATABASE };
  let held: pg.Client | undefined;
  let reaching: Promise<void> | undefined;
  let released = false;

  const start = async (): Promise<void> => {
    await forgetAbandoned(place);
    const programs = await findPrograms(place, options.programs);
    for (let attempt = 1; ; attempt += 1) {
      try {
        return await startServer(place, programs);
      } catch (error) {
        if (!isCustodyError(error, "INDEX_UNREACHABLE") || attempt === ATTEMPTS) throw error;
      }
    }
  };

  const reach = async (): Promise<void> => {
    for (let waited = 0; waited < PATIENCE_MS; waited += POLL_MS) {
      const found = await hold(connection, place);
      if (found instanceof pg.Client) {
        found.on("end", () => {
          if (held === found) held = undefined;
        });
        held = found;
        return;
      }
      if (found === "absent") await start();
      else await systemClock.sleep(POLL_MS);
    }
    throw new CustodyError(
      "INDEX_UNREACHABLE",
      `the private Postgres in ${place.folder} does not get ready (log: ${place.log})`,
      {
        remedy: "Try again later; if it stays so, the log says why.",
      },
    );
  };

  return {
    place,
    connection,
    async ensure() {
      if (released) throw new CustodyError("BUG", "the index is used after it was closed");
      if (held) return;
      reaching ??= reach().finally(() => {
        reaching = undefined;
      });
      await reaching;
    },
    doubt() {
      void held?.end().catch(() => {});
      held = undefined;
    },
    async release() {
      released = true;
      await reaching?.catch(() => {});
      const client = held;
      held = undefined;
      if (client) await letGo(client, place);
    },
  };
}

/** A connection that holds the lock against stopping, or why there is none. */
async function hold(
  connection: PrivateServer["connection"],
  place: ServerPlace,
): Promise<pg.Client | "absent" | "busy"> {
  const client = new pg.Client({
    ...connection,
    password: "",
    ssl: false,
    application_name: "custody (keeps the server)",
    connectionTimeoutMillis: 10_000,
  });
  // Also after the lock is held: a server that dies must not take this process with it. "end" follows.
  client.on("error", () => {});
  try {
    await client.connect();
    const { rows } = await client.query<{ got: boolean }>(`select pg_try_advisory_lock_shared(${IN_USE}) as got`);
    if (rows[0]?.got === true) return client;
    await client.end();
    return "busy";
  } catch (error) {
    void client.end().catch(() => {});
    const state = serverState(error);
    if (state === undefined) throw indexFailure(error, place.folder);
    return state;
  }
}

/**
 * Of several that let go at once, the one whose unlocking comes last gets the exclusive lock. While it has it, nobody who
 * connects can count on this server: they wait until it is gone and start a new one.
 */
async function letGo(client: pg.Client, place: ServerPlace): Promise<void> {
  try {
    await client.query(`select pg_advisory_unlock_shared(${IN_USE})`);
    const { rows } = await client.query<{ got: boolean }>(`select pg_try_advisory_lock(${IN_USE}) as got`);
    if (rows[0]?.got === true) await stopServer(place);
  } catch (error) {
    if (serverState(error) === undefined) throw indexFailure(error, place.folder);
  } finally {
    await client.end().catch(() => {});
  }
}

/** A workspace made anew under an old path: the server of the old one is stopped and removed. */
async function forgetAbandoned(place: ServerPlace): Promise<void> {
  for (const folder of await abandonedBy(place)) {
    const old = { ...place, folder, data: `${folder}/data`, socket: `${folder}/socket`, log: `${folder}/postgres.log` };
    await removeServer(old);
  }
}
