import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { setTimeout as delay } from "node:timers/promises";
import { beforeAll, expect, test } from "vitest";
import { createLedger } from "../src/ledger/create.ts";
import { fileGuard } from "../src/ledger/guard.ts";
import { createKey } from "../src/ledger/keys.ts";
import type { LedgerParts } from "../src/ledger/ledger.ts";
import { systemClock } from "../src/lib/clock.ts";
import { fromBase64 } from "../src/lib/digest.ts";
import { createFolderStore } from "../src/store/folder.ts";
import { createBucket, S3Store } from "../src/store/s3.ts";
import type { Store } from "../src/store/store.ts";
import { compiled } from "./support/compiled.ts";
import { temporaryFolder } from "./support/ledger.ts";
import { judgeLedger, Told } from "./support/ledger-oracle.ts";
import type { WorkerLine, WorkerTask } from "./support/ledger-worker.ts";
import { RGW_PROGRAMS, startRgw } from "./support/rgw.ts";
import { startS3Server } from "./support/s3-server.ts";
import { describeWith, rounds, THOROUGH } from "./support/tools.ts";

const PROCESSES = 4;

let program = "";
beforeAll(async () => {
  program = join(await compiled("ledger", ["test/support/ledger-worker.ts"]), "test/support/ledger-worker.js");
}, 60_000);

/** A process that appends and signs, and what it was told. */
class Worker {
  /** The newest slot it was answered about. */
  slot: number;
  readonly #process: ChildProcess;
  readonly #ended: Promise<unknown>;
  readonly #first: Promise<void>;
  #errors = "";

  constructor(task: WorkerTask, told: Told) {
    this.slot = task.slot;
    this.#process = spawn(process.execPath, ["--no-warnings", program, JSON.stringify(task)], {
      stdio: ["pipe", "pipe", "pipe"],
    });
    this.#ended = once(this.#process, "close");
    this.#process.stderr?.on("data", (data) => {
      this.#errors += data;
    });
    this.#first = new Promise((resolve) => {
      createInterface({ input: this.#process.stdout as NodeJS.ReadableStream }).on("line", (text) => {
        const line = JSON.parse(text) as WorkerLine;
        if ("size" in line) told.heads.push({ size: line.size, root: fromBase64(line.root) as Uint8Array });
        else {
          told.appended.push(...line.appended);
          this.slot = line.slot;
        }
        resolve();
      });
    });
  }

  /** Resolves when it was told something for the first time. Throws when it ended before. */
  async begun(): Promise<void> {
    await Promise.race([this.#first, this.#ended.then(() => expect(this.#errors, "ended by itself").toBe("running"))]);
  }

  async kill(): Promise<void> {
    this.#process.kill("SIGKILL");
    await this.#ended;
    expect(this.#process.signalCode, this.#errors).toBe("SIGKILL");
  }

  /** Asks it to end; it signs once more. */
  async stop(): Promise<void> {
    this.#process.stdin?.end();
    await this.#ended;
    expect([this.#process.exitCode, this.#errors]).toEqual([0, ""]);
  }
}

/** Four processes at work on one store for a while; one of them is killed again and again, at any moment, and replaced. */
async function atOnce(
  store: Store,
  where: WorkerTask["store"],
  during: number,
): Promise<{ entries: number; kills: number }> {
  const folder = await temporaryFolder();
  const signer = await createKey(join(folder, "keys"), "example-0a1b2c3d");
  const guard = join(folder, "head");
  const parts: LedgerParts = { store, signer, guard: fileGuard(guard), clock: systemClock, software: "custody/test" };
  await createLedger(parts, { zone: "UTC" });
  const told = new Told();
  const task = { store: where, guard, keys: join(folder, "keys"), vkey: signer.verifier.vkey };
  const start = (who: string, slot: number) => new Worker({ ...task, who, slot }, told);
  const workers = Array.from({ length: PROCESSES }, (_, i) => start(`p${i}`, 0));
  await Promise.all(workers.map((worker) => worker.begun()));
  const until = Date.now() + during;
  let kills = 0;
  while (Date.now() < until) {
    const victim = workers[0] as Worker;
    await delay(Math.random() * 400);
    await victim.kill();
    kills += 1;
    workers[0] = start(`k${kills}`, victim.slot + 1);
    await workers[0].begun();
  }
  await Promise.all(workers.map((worker) => worker.stop()));

  const last = Math.max(...told.heads.map(({ size }) => size));
  expect(told.appended.length).toBeGreaterThan(PROCESSES * 2);
  expect((await parts.guard.newest())?.size).toBe(last);
  const entries = await judgeLedger(parts, told);
  expect(entries).toBe(last);
  return { entries, kills };
}

test("four processes on one folder, one of them killed again and again: nothing acknowledged is lost, doubled or contradicted", async () => {
  const folder = join(await temporaryFolder(), "store");
  const store = await createFolderStore(folder);
  const { kills } = await atOnce(store, { folder }, rounds(8_000, 2_000));
  expect(kills).toBeGreaterThan(rounds(2, 0));
}, 120_000);

async function onBucket(
  endpoint: string,
  credentials: { accessKeyId: string; secretAccessKey: string },
): Promise<void> {
  const s3 = { endpoint, credentials, bucket: "processes", prefix: "log", region: "us-east-1", forcePathStyle: true };
  await createBucket({ ...s3, clock: systemClock });
  const store = await S3Store.open({ ...s3, clock: systemClock });
  const { kills } = await atOnce(store, { s3 }, rounds(4_000, 1_000));
  expect(kills).toBeGreaterThan(0);
  await store.close();
}

test("four processes on one bucket, one of them killed again and again", async () => {
  const server = await startS3Server();
  try {
    await onBucket(server.endpoint, server.credentials);
  } finally {
    await server.stop();
  }
}, 120_000);

describeWith(RGW_PROGRAMS, "four processes on one bucket of a real S3 server", () => {
  // As the one above, and the store is all that differs; that it keeps what a log needs, `store.rgw.test.ts` shows everywhere.
  test.skipIf(!THOROUGH)(
    "one of them killed again and again: nothing acknowledged is lost, doubled or contradicted (in CI only)",
    async () => {
      const rgw = await startRgw();
      try {
        await onBucket(rgw.endpoint, rgw.credentials);
      } finally {
        await rgw.stop();
      }
    },
    300_000,
  );
});
