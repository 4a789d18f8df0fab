import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { createLedger } from "../../src/ledger/create.ts";
import { fileGuard } from "../../src/ledger/guard.ts";
import { createKey } from "../../src/ledger/keys.ts";
import type { LedgerParts } from "../../src/ledger/ledger.ts";
import { systemClock } from "../../src/lib/clock.ts";
import { fromBase64 } from "../../src/lib/digest.ts";
import { createFolderStore } from "../../src/store/folder.ts";
import { createBucket, S3Store } from "../../src/store/s3.ts";
import type { Store } from "../../src/store/store.ts";
import type { WorkerLine, WorkerTask } from "../support/ledger-worker.ts";
import { RGW_PROGRAMS, startRgw } from "../support/rgw.ts";
import { startS3Server } from "../support/s3-server.ts";
import { findProgram } from "../support/tools.ts";
import { Account, askSecondReader, judge } from "./oracle.ts";
import { type Running, start } from "./process.ts";
import type { Random } from "./random.ts";
import { at, type Budget, type Place, type Scenario } from "./scenario.ts";
import type { Tally } from "./tally.ts";

const PROCESSES = 8;
/** How long one store is worked on, in ms. */
const ONE_STORE = 20_000;

/** Eight processes at once on one store, of which any is killed at any time. */
export const writers: Scenario = {
  name: "writers",
  about:
    "eight processes append, with keys and without, and sign at once on one folder, bucket and Ceph; any is killed at any time",
  async run(random, budget, tally, place) {
    const real = RGW_PROGRAMS.every((program) => findProgram(program) !== undefined);
    const kinds = budget.isShort ? 1 : real ? 3 : 2;
    if (kinds < 3) tally.remarks.push(kinds < 2 ? "on a folder only" : "without Ceph");
    await many("folder", budget.share(1 / kinds), random.of("folder"), tally, place, async () => {
      const folder = join(await place.folder(), "store");
      return { where: { folder }, store: await createFolderStore(folder) };
    });
    if (kinds < 2) return;
    const server = await startS3Server();
    try {
      await many("bucket", budget.share(1 / (kinds - 1)), random.of("bucket"), tally, place, inBuckets(server));
    } finally {
      await server.stop();
    }
    if (kinds < 3) return;
    const rgw = await startRgw();
    try {
      await many("Ceph", budget, random.of("ceph"), tally, place, inBuckets(rgw));
    } finally {
      await rgw.stop();
    }
  },
};

interface Opened {
  readonly where: WorkerTask["store"];
  readonly store: Store;
}

function inBuckets({
  endpoint,
  credentials,
}: {
  endpoint: string;
  credentials: { accessKeyId: string; secretAccessKey: string };
}): () => Promise<Opened> {
  let stores = 0;
  return async () => {
    const s3 = {
      endpoint,
      credentials,
      bucket: "writers",
      prefix: `s${stores}`,
      region: "us-east-1",
      forcePathStyle: true,
    };
    stores += 1;
    await createBucket({ ...s3, clock: systemClock });
    return { where: { s3 }, store: await S3Store.open({ ...s3, clock: systemClock }) };
  };
}

async function many(
  what: string,
  budget: Budget,
  random: Random,
  tally: Tally,
  place: Place,
  open: () => Promise<Opened>,
): Promise<void> {
  for (const round of budget.rounds()) {
    tally.add("rounds");
    await at(`${what}, round ${round}`, async () => {
      await atOnce(await open(), Math.min(ONE_STORE, budget.left), random.of(round), tally, place);
    });
  }
}

async function atOnce({ where, store }: Opened, ms: number, random: Random, tally: Tally, place: Place): Promise<void> {
  const folder = await place.folder();
  const keys = join(folder, "keys");
  const signer = await createKey(keys, "torture-0a1b2c3d");
  const guard = join(folder, "head");
  const parts: LedgerParts = { store, signer, guard: fileGuard(guard), clock: systemClock, software: "torture" };
  await createLedger(parts, { zone: "UTC" });
  const account = new Account();
  const task = { store: where, guard, keys, vkey: signer.verifier.vkey };
  const begin = (who: string, slot: number) => new Writer(place, { ...task, who, slot }, account);
  const all = Array.from({ length: PROCESSES }, (_, i) => begin(`p${i}`, 0));
  const until = performance.now() + ms;
  let deaths = 0;
  do {
    await delay(random.between(0, 250));
    const i = random.between(0, PROCESSES - 1);
    const victim = all[i] as Writer;
    if (!(await victim.hasBegun())) throw new Error(await victim.complaint());
    victim.running.kill();
    const { killed, stderr } = await victim.running.ended;
    if (!killed) throw new Error(`a writer ended by itself: ${stderr}`);
    tally.add("kills");
    deaths += 1;
    all[i] = begin(`k${deaths}`, victim.slot + 1);
  } while (performance.now() < until);
  for (const writer of all) if (!(await writer.hasBegun())) throw new Error(await writer.complaint());
  for (const { running } of all) running.hint();
  for (const { running } of all) {
    const { code, stderr } = await running.ended;
    if (code !== 0 || stderr !== "") throw new Error(`a writer ended with ${code}: ${stderr}`);
  }
  await judge(parts, account, tally);
  await askSecondReader(parts, account, tally, place);
  await store.close();
}

class Writer {
  readonly running: Running;
  /** The newest slot it was answered about. */
  slot: number;

  constructor(place: Place, task: WorkerTask, account: Account) {
    this.slot = task.slot;
    const program = join(place.compiled, "test/support/ledger-worker.js");
    this.running = start(["--no-warnings", program, JSON.stringify(task)], {
      told: (text) => {
        const line = JSON.parse(text) as WorkerLine;
        if ("size" in line) account.heads.push({ size: line.size, root: fromBase64(line.root) as Uint8Array });
        else {
          account.appended.push(...line.appended);
          this.slot = line.slot;
        }
      },
    });
  }

  /** False when it ended before it was told anything. */
  async hasBegun(): Promise<boolean> {
    return (await this.running.line("appended")) !== undefined;
  }

  async complaint(): Promise<string> {
    const { code, stderr } = await this.running.ended;
    return `a writer ended by itself with ${code}: ${stderr}`;
  }
}
