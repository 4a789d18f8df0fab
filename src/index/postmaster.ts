import { execFile, spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { chown, type FileHandle, link, mkdir, open, readFile, rename, rm, stat } from "node:fs/promises";
import { connect } from "node:net";
import { join } from "node:path";
import { promisify } from "node:util";
import { systemClock } from "../lib/clock.ts";
import { CustodyError, messageOf } from "../lib/errors.ts";
import { ignore, type ServerPlace, SOCKET_NAME } from "./place.ts";
import { type Programs, SERVER_ENV } from "./programs.ts";

/**
 * Starting and stopping the server process. Nobody holds a lock for it: Postgres has its own (`postmaster.pid`, and the
 * shared memory tied to its data), so of several that start at once one stays and the others end by themselves.
 * Waiting for a process takes real time, also where the ledger's clock is a simulated one.
 */

/** The only role and database of a private server; its socket lies in a folder closed to others. */
export const PRIVATE_ROLE = "custody";
export const PRIVATE_DATABASE = "postgres";

const run = promisify(execFile);

const POLL_MS = 20;
const STOP_MS = 30_000;
const MAX_LOG_BYTES = 1024 * 1024;

/** Small: one server beside one Node process on somebody's laptop. What is acknowledged is on the disk, as everywhere. */
const SETTINGS = {
  listen_addresses: "",
  unix_socket_permissions: "0700",
  cluster_name: "custody",
  max_connections: "60",
  shared_buffers: "16MB",
  fsync: "on",
  full_page_writes: "on",
  wal_level: "minimal",
  max_wal_senders: "0",
  max_wal_size: "64MB",
  min_wal_size: "32MB",
  io_method: "sync",
  huge_pages: "off",
  jit: "off",
  max_parallel_workers_per_gather: "0",
  log_timezone: "UTC",
  timezone: "UTC",
  log_checkpoints: "off",
  logging_collector: "off",
} as const;

/** Process id of the live server over this data, or undefined. A file left by a crash names a process that is gone, or another one that was given the same number. */
export async function runningPid(place: ServerPlace): Promise<number | undefined> {
  const pid = await pidIn(join(place.data, "postmaster.pid"));
  return pid !== undefined && (await servesData(pid, place.data)) ? pid : undefined;
}

/**
 * Makes a server run, if none does. Resolves when one listens, ours or the one that somebody else started meanwhile, or
 * when there may be something to wait for; the caller connects and comes back if need be. Throws INDEX_UNUSABLE when it
 * cannot run, INDEX_UNREACHABLE when somebody killed it meanwhile.
 */
export async function startServer(place: ServerPlace, programs: Programs): Promise<void> {
  if (!(await exists(join(place.data, "PG_VERSION")))) await initialise(place, programs);
  if ((await runningPid(place)) !== undefined) {
    await systemClock.sleep(POLL_MS); // it starts or stops just now
    return;
  }
  await clearStale(join(place.data, "postmaster.pid"), place);
  await clearStale(join(place.socket, `${SOCKET_NAME}.lock`), place);
  const log = await openLog(place);
  const before = (await log.stat()).size;
  let ended: { readonly how: string; readonly killed: boolean } | undefined;
  try {
    const options = Object.entries({ ...SETTINGS, unix_socket_directories: place.socket }).flatMap(([k, v]) => [
      "-c",
      `${k}=${v}`,
    ]);
    const child = spawn(programs.postgres, ["-D", place.data, ...options], {
      cwd: place.folder,
      env: SERVER_ENV,
      // A session of its own and no pipe to us: the server outlives whoever happened to need it first.
      detached: true,
      stdio: ["ignore", log.fd, log.fd],
      ...place.runAs,
    });
    child.on("error", (error) => {
      ended = { how: messageOf(error), killed: false };
    });
    child.on("exit", (code, signal) => {
      ended ??= { how: `it ended with ${signal ?? `code ${code}`}`, killed: signal !== null };
    });
    while (ended === undefined && !(await listens(place))) await systemClock.sleep(POLL_MS);
    child.unref();
  } finally {
    await log.close();
  }
  if (ended?.killed)
    throw new CustodyError("INDEX_UNREACHABLE", `the private Postgres was killed while it started: ${ended.how}`);
  if (ended !== undefined) await judgeEnd(place, before, ended.how);
}

/** Ends the server in order: it disconnects everybody, writes what is open, and is gone when this resolves. */
export async function stopServer(place: ServerPlace): Promise<void> {
  const pid = await runningPid(place);
  if (pid === undefined) return;
  signal(pid, "SIGINT");
  for (let waited = 0; await servesData(pid, place.data); waited += POLL_MS) {
    if (waited > STOP_MS) {
      throw new CustodyError(
        "INDEX_UNREACHABLE",
        `the private Postgres (process ${pid}) does not stop; see ${place.log}`,
      );
    }
    await systemClock.sleep(POLL_MS);
  }
}

/** Ends at once a server whose data folder was moved away from under it: nothing of it is needed any more. */
export async function stopDiscarded(place: ServerPlace, data: string): Promise<void> {
  const pid = await pidIn(join(data, "postmaster.pid"));
  if (pid === undefined) return;
  if (await servesData(pid, place.data)) signal(pid, "SIGQUIT");
  for (let waited = 0; await servesData(pid, place.data); waited += POLL_MS) {
    if (waited > STOP_MS) {
      throw new CustodyError("INDEX_UNREACHABLE", `the private Postgres (process ${pid}) does not stop`);
    }
    await systemClock.sleep(POLL_MS);
  }
}

/** Removes a server for good, with all it holds. */
export async function removeServer(place: ServerPlace): Promise<void> {
  await stopServer(place);
  for (const path of new Set([place.data, place.socket, place.log])) await rm(path, { recursive: true, force: true });
  if (place.folder !== place.workspace) await rm(place.folder, { recursive: true, force: true });
}

/** Made aside and renamed: a data folder is whole or it is not there, and of two makers one wins. */
async function initialise(place: ServerPlace, programs: Programs): Promise<void> {
  const draft = `${place.data}.${randomBytes(6).toString("hex")}`;
  await mkdir(draft, { mode: 0o700 });
  try {
    if (place.runAs) await chown(draft, place.runAs.uid, place.runAs.gid);
    const options = [
      "-U",
      PRIVATE_ROLE,
      "-E",
      "UTF8",
      "--no-locale",
      "--auth-local=trust",
      "--auth-host=reject",
      "--wal-segsize=4",
    ];
    await run(programs.initdb, ["-D", draft, ...options], { cwd: place.folder, env: SERVER_ENV, ...place.runAs });
    await rename(draft, place.data).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== "ENOTEMPTY" && error.code !== "EEXIST") throw error;
    });
  } catch (cause) {
    const said = (cause as { stderr?: string }).stderr?.trim() || messageOf(cause);
    throw new CustodyError("INDEX_UNUSABLE", `${place.data}: the private Postgres could not be set up: ${said}`, {
      cause,
      remedy: "Make room (50 MB) and make the folder writable, then try again.",
    });
  } finally {
    await rm(draft, { recursive: true, force: true });
  }
}

/** A start that ended at once: fine when another server has the data, or when the old one's last processes still let go of it. */
async function judgeEnd(place: ServerPlace, before: number, ended: string): Promise<void> {
  const said = (await readFile(place.log)).subarray(before).toString("utf8");
  if (/lock file ".*" (already exists|is empty)|could not create lock file|shared memory block/.test(said)) {
    await systemClock.sleep(POLL_MS);
    return;
  }
  if (await listens(place)) return;
  const lines = said.split("\n").filter((line) => line.trim() !== "");
  const reason = lines.filter((line) => /FATAL|PANIC|could not/.test(line)).at(-1) ?? lines.at(-1) ?? ended;
  const full = /No space left/.test(said);
  throw new CustodyError(
    "INDEX_UNUSABLE",
    `the private Postgres does not start: ${reason.trim()} (log: ${place.log})`,
    {
      remedy: full
        ? "Make room on the disk, then try again."
        : `The index can be made again from the ledger: move ${place.data} aside, then run \`custody index rebuild\`.`,
    },
  );
}

/**
 * Takes away a lock file that names a living process which is not the server: after a restart of the machine the number may
 * belong to anybody. (One that names a dead process Postgres replaces by itself.) Should another starter have replaced the
 * file between our look and our move, its file is put back; if even that fails its server notices and ends, and the next
 * use starts one: Postgres ties data to shared memory as well, so two never run over the same data.
 */
async function clearStale(path: string, place: ServerPlace): Promise<void> {
  const judged = await readFile(path, "utf8").catch(ignore("ENOENT"));
  const pid = judged === undefined ? undefined : firstNumber(judged);
  if (pid === undefined || !alive(pid) || (await servesData(pid, place.data))) return;
  const aside = `${path}.${randomBytes(6).toString("hex")}`;
  try {
    await rename(path, aside);
  } catch (error) {
    return ignore("ENOENT")(error);
  }
  if ((await readFile(aside, "utf8")) !== judged) await link(aside, path).catch(ignore("EEXIST"));
  await rm(aside);
}

async function pidIn(path: string): Promise<number | undefined> {
  const text = await readFile(path, "utf8").catch(ignore("ENOENT"));
  return text === undefined ? undefined : firstNumber(text);
}

function firstNumber(text: string): number | undefined {
  const pid = Math.abs(Number.parseInt(text, 10));
  return Number.isSafeInteger(pid) && pid > 1 ? pid : undefined;
}

/** True when this process is a server that was started over this data, as its own command line says. Readable across ids, also in containers where root may not look into other processes. */
async function servesData(pid: number, data: string): Promise<boolean> {
  if (!alive(pid)) return false;
  if (process.platform === "linux") {
    const line = await readFile(`/proc/${pid}/cmdline`, "utf8").catch(() => "");
    return line.split("\0").includes(data);
  }
  const { stdout } = await run("/bin/ps", ["-ww", "-o", "command=", "-p", String(pid)]).catch(() => ({ stdout: "" }));
  return stdout.includes(` -D ${data} `);
}

function alive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}

function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name);
  } catch (error) {
    ignore("ESRCH")(error);
  }
}

/** True when somebody accepts connections at the socket. */
function listens(place: ServerPlace): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(join(place.socket, SOCKET_NAME));
    socket.once("connect", () => {
      socket.destroy();
      resolve(true);
    });
    socket.once("error", () => resolve(false));
  });
}

async function openLog(place: ServerPlace): Promise<FileHandle> {
  const size = await stat(place.log).then(
    (s) => s.size,
    () => 0,
  );
  if (size > MAX_LOG_BYTES) await rename(place.log, `${place.log}.1`).catch(ignore("ENOENT"));
  return await open(place.log, "a", 0o600);
}

async function exists(path: string): Promise<boolean> {
  return await stat(path).then(
    () => true,
    () => false,
  );
}
