import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { chmod, chown, mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import type { IndexLocation } from "../../src/index/database.ts";
import { serverPlace } from "../../src/index/place.ts";
import { findPrograms, SERVER_ENV } from "../../src/index/programs.ts";

const run = promisify(execFile);

/** A folder that any id may enter; the caller removes it. */
export async function openFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "custody-pg-"));
  await chmod(folder, 0o755);
  return folder;
}

/** Where a private index of a test lies: nothing of it outside one folder, also for root. Close all databases, then `remove`. */
export async function privateLocation(): Promise<{
  readonly location: IndexLocation & { kind: "private" };
  remove(): Promise<void>;
}> {
  const folder = await openFolder();
  const location = {
    kind: "private",
    dir: join(folder, "workspace", "data", "index"),
    home: join(folder, "home"),
  } as const;
  return { location, remove: () => rm(folder, { recursive: true, force: true }) };
}

export interface GivenPostgres {
  /** With user and password. */
  readonly url: string;
  readonly password: string;
  /** Stops it; `start` brings it back at the same address. */
  halt(): Promise<void>;
  start(): Promise<void>;
  stop(): Promise<void>;
}

/** A real Postgres as somebody else would run it: on loopback TCP, with a password. Thrown away by `stop`. */
export async function givenPostgres(): Promise<GivenPostgres> {
  const folder = await openFolder();
  const place = await serverPlace(join(folder, "workspace"), join(folder, "home"));
  const programs = await findPrograms(place);
  const password = "p@ss/word#1";
  const data = join(folder, "data");
  const passwordFile = join(folder, "password");
  await writeFile(passwordFile, `${password}\n`);
  await mkdir(data, { mode: 0o700 });
  if (place.runAs) await chown(data, place.runAs.uid, place.runAs.gid);
  const options = { cwd: folder, env: SERVER_ENV, ...place.runAs };
  const auth = [
    "-U",
    "custody",
    "-E",
    "UTF8",
    "--no-locale",
    "--auth=scram-sha-256",
    "--pwfile",
    passwordFile,
    "--no-sync",
  ];
  await run(programs.initdb, ["-D", data, ...auth], options);
  const port = await freePort();
  const settings = [`port=${port}`, "listen_addresses=127.0.0.1", "unix_socket_directories=", "fsync=off"].flatMap(
    (s) => ["-c", s],
  );
  let halt = async () => {};
  const start = async () => {
    const server = spawn(programs.postgres, ["-D", data, ...settings], {
      ...options,
      stdio: ["ignore", "ignore", "pipe"],
    });
    const ended = once(server, "exit");
    await new Promise<void>((resolve, reject) => {
      let said = "";
      server.stderr.on("data", (text: Buffer) => {
        said += text;
        if (said.includes("ready to accept connections")) resolve();
      });
      void ended.then(() => reject(new Error(said)));
    });
    halt = async () => {
      server.kill("SIGINT");
      await ended;
    };
  };
  await start();
  return {
    url: `postgres://custody:${encodeURIComponent(password)}@127.0.0.1:${port}/postgres`,
    password,
    halt: () => halt(),
    start,
    stop: async () => {
      await halt();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  return typeof address === "object" && address ? address.port : 0;
}
