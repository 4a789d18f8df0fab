import { join } from "node:path";
import { createLedger } from "../../src/ledger/create.ts";
import { fileGuard } from "../../src/ledger/guard.ts";
import { createKey } from "../../src/ledger/keys.ts";
import type { LedgerParts } from "../../src/ledger/ledger.ts";
import { systemClock } from "../../src/lib/clock.ts";
import { fromBase64 } from "../../src/lib/digest.ts";
import { createFolderStore } from "../../src/store/folder.ts";
import { createBucket, S3Store } from "../../src/store/s3.ts";
import { startS3Server } from "../support/s3-server.ts";
import type { KilledLine, KilledTask } from "../support/torture-worker.ts";
import { Account, askSecondReader, inspect, judge } from "./oracle.ts";
import { start } from "./process.ts";
import type { Random } from "./random.ts";
import { at, type Budget, type Place, type Scenario } from "./scenario.ts";
import type { Tally } from "./tally.ts";

/** Deaths on one store before it is judged as a whole and left. */
const DEATHS = 20;

/** A process that dies by its own hand at a call that is named to it; the next one takes over and dies at another. */
export const killed: Scenario = {
  name: "killed",
  about: "a process kills itself (SIGKILL) at every disk call of a folder and every store call of a bucket",
  async run(random, budget, tally, place) {
    await beginnings(random.of("begin"), budget, tally, place);
    await takeovers("folder", () => onFolder(place), random.of("folder"), budget, tally, place);
    const server = await startS3Server();
    let stores = 0;
    try {
      const onBucket = async () => {
        const { endpoint, credentials } = server;
        const s3 = {
          endpoint,
          credentials,
          bucket: "killed",
          prefix: `s${stores++}`,
          region: "us-east-1",
          forcePathStyle: true,
        };
        await createBucket({ ...s3, clock: systemClock });
        return newStore({ s3 }, await S3Store.open({ ...s3, clock: systemClock }), place);
      };
      await takeovers("bucket", onBucket, random.of("bucket"), budget, tally, place);
    } finally {
      await server.stop();
    }
  },
};

interface Ground {
  readonly parts: LedgerParts;
  readonly task: Omit<KilledTask, "who" | "killAt" | "begin">;
}

async function newStore(store: KilledTask["store"], opened: LedgerParts["store"], place: Place): Promise<Ground> {
  const folder = await place.folder();
  const keys = join(folder, "keys");
  const signer = await createKey(keys, "torture-0a1b2c3d");
  const guard = join(folder, "head");
  const parts = { store: opened, signer, guard: fileGuard(guard), clock: systemClock, software: "torture" };
  return { parts, task: { store, guard, keys, vkey: signer.verifier.vkey } };
}

async function onFolder(place: Place): Promise<Ground> {
  const folder = join(await place.folder(), "store");
  return newStore({ folder }, await createFolderStore(folder), place);
}

/** Dies while it begins a ledger; another finishes. */
async function beginnings(random: Random, budget: Budget, tally: Tally, place: Place): Promise<void> {
  const part = budget.share(0.2);
  const whole = await onFolder(place);
  const { calls } = await runWorker(place, { ...whole.task, who: "w", killAt: 0, begin: true }, new Account());
  const moments = Array.from({ length: calls }, (_, i) => i + 1);
  for (const killAt of part.through(moments, random, tally, "calls of a first life", 1)) {
    await at(`beginning, killed at call ${killAt}`, async () => {
      const { parts, task } = await onFolder(place);
      const account = new Account();
      const first = await runWorker(place, { ...task, who: "w1", killAt, begin: true }, account);
      if (first.killed) tally.add("kills");
      await runWorker(place, { ...task, who: "w2", killAt: 0, begin: true }, account);
      tally.add("rounds");
      await judge(parts, account, tally);
    });
  }
}

async function takeovers(
  what: string,
  ground: () => Promise<Ground>,
  random: Random,
  budget: Budget,
  tally: Tally,
  place: Place,
): Promise<void> {
  const part = budget.share(what === "folder" ? 0.6 : 1);
  const { parts: begun, task: first } = await ground();
  await createLedger(begun, { zone: "UTC" });
  const { calls } = await runWorker(place, { ...first, who: "w", killAt: 0, begin: false }, new Account());
  const moments = Array.from({ length: calls }, (_, i) => i + 1);
  let current: (Ground & { account: Account; deaths: number }) | undefined;
  const finish = async () => {
    if (current === undefined) return;
    await judge(current.parts, current.account, tally);
    await askSecondReader(current.parts, current.account, tally, place);
    current = undefined;
  };
  for (const killAt of part.through(moments, random, tally, `calls on a ${what}`, what === "folder" ? 2 : 1)) {
    await at(`${what}, killed at call ${killAt}`, async () => {
      if (current === undefined) {
        const made = await ground();
        await createLedger(made.parts, { zone: "UTC" });
        current = { ...made, account: new Account(), deaths: 0 };
      }
      tally.add("rounds");
      const { parts, task, account } = current;
      const run = await runWorker(place, { ...task, who: `k${killAt}`, killAt, begin: false }, account);
      if (run.killed) tally.add("kills");
      current.deaths += 1;
      await inspect(parts.store, parts.signer.verifier, account, tally);
      if (current.deaths === DEATHS) await finish();
    });
  }
  await finish();
}

/** Runs a process to its end, whichever that is, and notes what it was told. */
async function runWorker(
  place: Place,
  task: KilledTask,
  account: Account,
): Promise<{ killed: boolean; calls: number }> {
  let calls = 0;
  const told = (text: string) => {
    const line = JSON.parse(text) as KilledLine;
    if ("appended" in line) account.appended.push(...line.appended);
    else if ("blob" in line) account.blobs.push(line.blob);
    else if ("size" in line) account.heads.push({ size: line.size, root: fromBase64(line.root) as Uint8Array });
    else calls = line.calls;
  };
  const program = join(place.compiled, "test/support/torture-worker.js");
  const { killed, code, stderr } = await start(["--no-warnings", program, JSON.stringify(task)], { told }).ended;
  // With so many calls behind it, it should be dead.
  if (!killed && (code !== 0 || (task.killAt > 0 && calls >= task.killAt)))
    throw new Error(`the worker ended with ${code}: ${stderr}`);
  return { killed, calls };
}
