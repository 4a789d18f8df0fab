import { chmod, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import pg from "pg";
import { privateServer } from "../../src/index/private-postgres.ts";

export interface Postgres {
  /** Runs statements as the owner of everything. */
  admin(sql: string): Promise<void>;
  /** Connection string of a role that signs in with a password. */
  address(role: string, password: string, database?: string): string;
  /** Ends the server as a power cut would: nobody is told. */
  kill(): Promise<void>;
  stop(): Promise<void>;
}

/** A real server of its own, without a port, where every role but the owner needs its password. */
export async function startPostgres(): Promise<Postgres> {
  const folder = await mkdtemp(join(tmpdir(), "cpg-"));
  // For root the server runs as another id, which must get in.
  await chmod(folder, 0o755);
  const server = await privateServer(join(folder, "index"), { home: join(folder, "home") });
  await server.ensure();
  const { data } = server.place;
  const { user, database, host } = server.connection;
  const admin = async (sql: string) => {
    const client = new pg.Client({ ...server.connection, password: "", ssl: false });
    await client.connect();
    try {
      await client.query(sql);
    } finally {
      await client.end();
    }
  };
  await writeFile(join(data, "pg_hba.conf"), `local all ${user} trust\nlocal all all scram-sha-256\n`);
  await admin("SELECT pg_reload_conf()");
  return {
    admin,
    address: (role, password, name = database) =>
      `postgres://${role}:${encodeURIComponent(password)}@/${name}?host=${encodeURIComponent(host)}`,
    async kill() {
      process.kill(Number.parseInt(await readFile(join(data, "postmaster.pid"), "utf8"), 10), "SIGQUIT");
    },
    async stop() {
      await server.release();
      await rm(folder, { recursive: true, force: true });
    },
  };
}
