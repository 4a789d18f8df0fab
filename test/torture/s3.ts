import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { createLedger } from "../../src/ledger/create.ts";
import { Ledger, type LedgerParts } from "../../src/ledger/ledger.ts";
import type { Clock } from "../../src/lib/clock.ts";
import { CustodyError, type ErrorCode } from "../../src/lib/errors.ts";
import { createBucket, S3Store, type S3StoreOptions } from "../../src/store/s3.ts";
import { generateKey, newSigner } from "../../src/tlog/note.ts";
import { verifyLedger } from "../../src/verify/verify.ts";
import { type FaultProxy, type Lie, type NetworkFault, startFaultProxy } from "../support/fault-proxy.ts";
import { memoryGuard } from "../support/ledger.ts";
import { RGW_PROGRAMS, startRgw } from "../support/rgw.ts";
import { startS3Server } from "../support/s3-server.ts";
import { findProgram } from "../support/tools.ts";
import { append, publish, putEvidence } from "./life.ts";
import { Account, askSecondReader, judge } from "./oracle.ts";
import type { Random } from "./random.ts";
import { at, type Budget, type Place, type Scenario, Skipped } from "./scenario.ts";
import { Tally } from "./tally.ts";

/** A server, and a bucket in it. */
type Bucket = Omit<S3StoreOptions, "clock" | "prefix"> & { readonly endpoint: string };

/** Pauses between tries are for the sake of the server; here they would only cost time. */
const hasty: Clock = { now: () => Date.now(), sleep: (ms) => delay(Math.min(ms, 5)) };

const NETWORK: readonly ((random: Random) => NetworkFault)[] = [
  ...(
    [
      "500-before",
      "500-after",
      "503-before",
      "503-after",
      "reset-before",
      "reset-within",
      "reset-after",
      "silence-before",
      "silence-after",
      "truncate",
      "twice",
    ] as const
  ).map((fault) => () => fault),
  (random) => `late:${random.between(1, 40)}`,
  (random) => `again:${random.between(1, 40)}`,
  (random) => `slow:${random.between(1, 60)}`,
];
/** Rounds at once. */
const LANES = 4;
const LIES: readonly Lie[] = ["wrong-etag", "lost-write", "stale", "gone", "flipped"];

/** What a writer may be told when the network fails: nothing else is true. */
const UNKNOWN: readonly ErrorCode[] = ["STORE_UNREACHABLE"];

export const s3: Scenario = {
  name: "s3",
  about: "a network that fails in fourteen ways and a server that lies in five, between writers and an S3 server",
  async run(random, budget, tally, place) {
    const server = await startS3Server();
    try {
      await onServer(server, 300, random, budget, tally, place);
    } finally {
      await server.stop();
    }
  },
};

export const ceph: Scenario = {
  name: "ceph",
  about: "the same before a real S3 server, Ceph's RADOS gateway",
  async run(random, budget, tally, place) {
    const missing = RGW_PROGRAMS.filter((program) => findProgram(program) === undefined);
    if (missing.length > 0) throw new Skipped(`${missing.join(", ")} not installed`);
    const rgw = await startRgw();
    try {
      await onServer(rgw, 1_500, random, budget, tally, place);
    } finally {
      await rgw.stop();
    }
  },
};

async function onServer(
  {
    endpoint,
    credentials,
  }: Pick<Bucket, "endpoint"> & { credentials: { accessKeyId: string; secretAccessKey: string } },
  /** After how many ms of silence a writer gives up. */
  patience: number,
  random: Random,
  budget: Budget,
  tally: Tally,
  place: Place,
): Promise<void> {
  const bucket: Bucket = {
    endpoint,
    credentials,
    bucket: "torture",
    region: "us-east-1",
    forcePathStyle: true,
    timeouts: { connect: 1_000, idle: patience },
  };
  await createBucket({ ...bucket, prefix: "any", timeouts: {}, clock: hasty });
  const proxy = await startFaultProxy(endpoint);
  try {
    const rounds = budget.rounds();
    const lane = async () => {
      for (const round of rounds) {
        tally.add("rounds");
        const own = random.of(round);
        const lie = round % 3 === 2 ? own.pick(LIES) : undefined;
        await at(`round ${round}, ${lie ?? "network"}`, () => disturbed(bucket, proxy, round, lie, own, tally, place));
      }
    };
    // Most of the time is spent waiting for answers that do not come.
    await Promise.all(Array.from({ length: budget.isShort ? 2 : LANES }, lane));
  } finally {
    tally.add("requests", proxy.disturbed);
    await proxy.stop();
  }
}

/** Two writers behind the proxy; what came of it is judged without it. */
async function disturbed(
  bucket: Bucket,
  proxy: FaultProxy,
  round: number,
  lie: Lie | undefined,
  random: Random,
  tally: Tally,
  place: Place,
): Promise<void> {
  const prefix = `round-${round}`;
  const direct = await S3Store.open({ ...bucket, prefix, clock: hasty, timeouts: {} });
  const account = new Account();
  const guard = memoryGuard();
  const signer = newSigner("torture-0a1b2c3d", generateKey());
  const parts: LedgerParts = { store: direct, signer, guard, clock: hasty, software: "torture" };
  await createLedger(parts, { zone: "UTC" });

  const rate = random.pick([0.05, 0.15, 0.3]);
  proxy.disturb(`/${prefix}/`, () => {
    if (!random.chance(rate)) return undefined;
    return lie ?? random.pick(NETWORK)(random);
  });
  const large = join(await place.folder(), "large");
  await writeFile(large, Buffer.alloc(5 * 1024 * 1024, `${random.seed} `));
  const writers = [0, 1].map((i) => write(i));
  let detected = false;
  const signed = new Set<string>();
  async function write(i: number): Promise<void> {
    const own = random.of(i);
    let store: S3Store | undefined;
    let ledger: Ledger | undefined;
    let opened = 0;
    const noteSigned = () => {
      for (const { name } of account.appended.slice(opened)) if (name.startsWith(`w${i}.`)) signed.add(name);
    };
    for (let n = 0; n < 12; n += 1) {
      const name = `w${i}.${n}`;
      try {
        store ??= await S3Store.open({ ...bucket, endpoint: proxy.endpoint, prefix, clock: hasty });
        if (ledger === undefined) {
          ledger = await Ledger.open({ ...parts, store });
          opened = account.appended.length;
        }
        const what = own.between(0, 9);
        if (what === 0) account.blobs.push(await ledger.putFile(large, "application/octet-stream"));
        else if (what === 1) await putEvidence({ ledger }, account, name);
        else if (what === 2) ledger = undefined;
        else if (what < 5) {
          await publish({ ledger }, account);
          noteSigned();
        } else if (what === 5) await append({ ledger }, account, [name], `key:${own.between(0, 3)}`);
        else
          await append(
            { ledger },
            account,
            Array.from({ length: own.between(1, 70) }, (_, k) => `${name}.${k}`),
          );
      } catch (error) {
        if (!(error instanceof CustodyError) || error.code === "BUG") throw error;
        if (lie === undefined && !UNKNOWN.includes(error.code)) throw error;
        if (error.code !== "STORE_UNREACHABLE") {
          detected = true;
          ledger = undefined;
        }
      }
    }
    await ledger?.publish().then(noteSigned, (error: unknown) => {
      if (!(error instanceof CustodyError) || error.code === "BUG") throw error;
      detected ||= error.code !== "STORE_UNREACHABLE";
    });
    await store?.close();
  }
  try {
    await Promise.all(writers);
    await proxy.landAll();
  } finally {
    proxy.disturb(`/${prefix}/`, undefined);
  }
  account.heads.push(...guard.all);
  if (lie === "lost-write") await judgeLost(parts, account, signed, detected, tally);
  else await judge(parts, account, tally);
  if (lie === undefined && round % 20 === 0) await askSecondReader(parts, account, tally, place);
  await direct.close();
}

/**
 * What a server threw away is gone, against its word. It must not go unseen once it was signed. Entries at the end that
 * their writer let go of before it signed them are remembered by nobody.
 */
async function judgeLost(
  parts: LedgerParts,
  account: Account,
  signed: ReadonlySet<string>,
  detected: boolean,
  tally: Tally,
): Promise<void> {
  // A file that no entry names was never more than on its way.
  account.blobs.length = 0;
  const known = account.appended.filter(({ name }) => signed.has(name));
  account.appended.splice(0, account.appended.length, ...known);
  const scratch = new Tally();
  try {
    await judge(parts, account, scratch);
    tally.addAll(scratch);
  } catch (thrown) {
    const since = account.heads.map((head) => ({ ...head, from: "the guard", held: "guard" as const }));
    const { findings } = await verifyLedger(parts.store, { keys: [parts.signer.verifier], since });
    if (findings.length === 0 && !detected) throw thrown;
    tally.add("unmasked");
  }
}
