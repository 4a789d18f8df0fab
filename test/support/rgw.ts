import { execFile } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { type AddressInfo, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

/** Programs of the real S3 server: Debian's ceph-mon, ceph-osd, ceph-common and radosgw. */
export const RGW_PROGRAMS = ["ceph-mon", "ceph-osd", "ceph", "monmaptool", "radosgw", "radosgw-admin"] as const;

interface Credentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
}

export interface Rgw {
  readonly endpoint: string;
  readonly credentials: Credentials;
  /** Makes a further user, who owns nothing and may do what policies allow. */
  addUser(name: string): Promise<Credentials>;
  stop(): Promise<void>;
}

/** Starts a Ceph RADOS gateway in a folder and on ports of its own, in about 12 s. Give the hook 120 s. */
export async function startRgw(): Promise<Rgw> {
  // A port that was free may be taken by whoever else starts at the same time; a further try has other ones.
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await startOnce();
    } catch (error) {
      if (attempt === 3) throw error;
    }
  }
}

async function startOnce(): Promise<Rgw> {
  const folder = await mkdtemp(join(tmpdir(), "custody-rgw-"));
  const [s3, mon] = await Promise.all([freePort(), freePort()]);
  const script = fileURLToPath(new URL("ceph-rgw.sh", import.meta.url));
  try {
    // With pipes the daemons would keep them open, and the call would never return.
    await run("bash", ["-c", `exec "$0" "$@" >"$1.log" 2>&1`, script, folder, String(s3), String(mon)]);
  } catch (thrown) {
    const log = await readFile(`${folder}.log`, "utf8").catch(() => "");
    await stop(folder);
    throw new Error(`Ceph did not start: ${log.slice(-2_000)}`, { cause: thrown });
  }
  return {
    endpoint: `http://127.0.0.1:${s3}`,
    credentials: { accessKeyId: "AKTEST", secretAccessKey: "SKTEST" },
    async addUser(name) {
      const [accessKeyId, secretAccessKey] = [`AK-${name}`, `SK-${name}`];
      const user = [`--uid=${name}`, `--display-name=${name}`];
      const keys = [`--access-key=${accessKeyId}`, `--secret-key=${secretAccessKey}`];
      const to = ["-c", join(folder, "ceph.conf"), "-n", "client.rgw"];
      await run("radosgw-admin", [...to, "user", "create", ...user, ...keys], { timeout: 60_000 });
      return { accessKeyId, secretAccessKey };
    },
    stop: () => stop(folder),
  };
}

const run = promisify(execFile);

async function stop(folder: string): Promise<void> {
  const pids = await Promise.all(["rgw", "osd", "mon"].map((name) => pidOf(join(folder, `${name}.pid`), folder)));
  // Everything is in memory and in this folder, so there is nothing to end in order.
  for (const pid of pids) if (pid !== undefined) process.kill(pid, "SIGKILL");
  for (const pid of pids) while (pid !== undefined && isAlive(pid)) await delay(20);
  await rm(folder, { recursive: true, force: true });
  await rm(`${folder}.log`, { force: true });
}

/** The process of a pid file, if it still is one of ours: its command line names this folder. */
async function pidOf(file: string, folder: string): Promise<number | undefined> {
  try {
    const pid = Number((await readFile(file, "utf8")).trim());
    return (await readFile(`/proc/${pid}/cmdline`, "utf8")).includes(folder) ? pid : undefined;
  } catch {
    return undefined;
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

async function freePort(): Promise<number> {
  const server = createServer();
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, "close");
  return port;
}
