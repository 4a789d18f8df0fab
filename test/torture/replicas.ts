import { once } from "node:events";
import { cp, mkdir, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { collectors } from "../../collectors/index.ts";
import { beginWorkspace } from "../../src/cli/init.ts";
import { loadConfig } from "../../src/config/config.ts";
import { Custody } from "../../src/custody.ts";
import { publish } from "../../src/daemon/mirroring.ts";
import { batchKey } from "../../src/evidence/batch.ts";
import { type Clock, systemClock } from "../../src/lib/clock.ts";
import { runTasks, tasksNow } from "../../src/schedule/collect.ts";
import { slotsOf } from "../../src/slots/state.ts";
import { declareNow, runParts } from "../../src/work.ts";
import { type GivenPostgres, givenPostgres } from "../support/index-postgres.ts";
import { RGW_PROGRAMS, startRgw } from "../support/rgw.ts";
import { startS3Server } from "../support/s3-server.ts";
import { findProgram } from "../support/tools.ts";
import { type Running, start } from "./process.ts";
import type { Random } from "./random.ts";
import type { Place, Scenario } from "./scenario.ts";
import type { Tally } from "./tally.ts";

const MINUTE = 60_000;
const REPLICAS = 3;
/** After the last blow everything due is there within this. */
const SETTLES_WITHIN = 150_000;

/** Who began while the database was away may go on for this long after it is back, in ms. */
const EXCUSED = 20_000;

/** How much is asked of the replicas. */
export interface Plan {
  readonly instances: number;
  /** Minutes that nobody collected when they start. */
  readonly behind: number;
  /** How long they are maltreated, in ms. */
  readonly chaos: number;
  /** A replica is killed this often, in ms. */
  readonly killEvery: readonly [number, number];
  /** How often the database goes away, and for how long, in ms. */
  readonly outages: number;
  readonly outage: number;
  /** Ceph instead of the S3 server of the tests. */
  readonly ceph: boolean;
  /** All three are asked for everything at the end, instead of one. */
  readonly thorough: boolean;
}

export const replicas: Scenario = {
  name: "replicas",
  about:
    "three daemons over one Postgres and one S3 server; one is killed every few seconds, the database goes away twice",
  async run(random, budget, tally, place) {
    const ceph = RGW_PROGRAMS.every((program) => findProgram(program) !== undefined);
    if (!ceph) tally.remarks.push("without Ceph, which is not installed");
    for (const round of budget.rounds()) {
      tally.add("rounds");
      const chaos = Math.max(30_000, Math.min(240_000, budget.left * 0.6));
      const plan = {
        instances: 50,
        behind: 8,
        chaos,
        killEvery: [2_000, 6_000],
        outages: 2,
        outage: 6_000,
        ceph,
        thorough: true,
      } as const;
      await maltreat(plan, random.of(round), tally, place);
    }
  },
};

/** What came of it, for who wants to know more than the tally says. */
export interface Report {
  /** Slots that were expected, by a count of minutes that shares no code with the program. */
  readonly slots: number;
  readonly kills: number;
  readonly outages: number;
  readonly records: number;
  /** Requests that the source got, and how many of them while it was being asked for the same collector already. */
  readonly asked: number;
  readonly atOnce: number;
  /** Runs that were recorded without being the result of a slot. */
  readonly others: number;
}

/** Throws when a slot has no result or two, when the log does not verify, or when anybody computes other states from it. */
export async function maltreat(plan: Plan, random: Random, tally: Tally, place: Place): Promise<Report> {
  const server = plan.ceph ? await startRgw() : await startS3Server();
  try {
    const database = await givenPostgres();
    try {
      const source = await startSource(random.of("source"));
      try {
        return await withReplicas({ plan, random, tally, place, server, database, source });
      } finally {
        await source.stop();
      }
    } finally {
      await database.stop();
    }
  } finally {
    await server.stop();
  }
}

interface Setting {
  readonly plan: Plan;
  readonly random: Random;
  readonly tally: Tally;
  readonly place: Place;
  readonly server: {
    readonly endpoint: string;
    readonly credentials: { accessKeyId: string; secretAccessKey: string };
  };
  readonly database: GivenPostgres;
  readonly source: Source;
}

async function withReplicas(setting: Setting): Promise<Report> {
  const { plan, random, tally, place, database, source } = setting;
  const machines = await prepare(setting);
  const main = join(place.compiled, "program/main.js");
  const begin = (i: number) => start(["--no-warnings", main, "serve"], { cwd: machines[i] as string });
  const running: Running[] = machines.map((_, i) => begin(i));
  let [kills, outages, over] = [0, 0, false];
  try {
    const until = performance.now() + plan.chaos;
    const database_ = (async () => {
      for (let n = 0; n < plan.outages; n += 1) {
        await delay(plan.chaos / (plan.outages + 1));
        if (over) return;
        source.excused = Number.POSITIVE_INFINITY;
        await database.halt();
        await delay(plan.outage);
        await database.start();
        source.excused = performance.now() + EXCUSED;
        outages += 1;
      }
    })();
    while (performance.now() < until) {
      await delay(random.between(...plan.killEvery));
      const i = random.between(0, REPLICAS - 1);
      const victim = running[i] as Running;
      victim.kill();
      const { killed, code, stderr } = await victim.ended;
      if (!killed) throw new Error(`a replica ended by itself with ${code}: ${stderr.slice(-2_000)}`);
      kills += 1;
      tally.add("kills");
      running[i] = begin(i);
    }
    await database_;
    const to = Math.floor(Date.now() / MINUTE) * MINUTE;
    const found = await settled(machines[0] as string, to);
    for (const one of running) await one.line("listens on");
    for (const one of running) process.kill(one.pid, "SIGTERM");
    for (const one of running) {
      const { code, stderr } = await one.ended;
      if (code !== 0) throw new Error(`a replica that was told to stop ended with ${code}: ${stderr.slice(-2_000)}`);
    }
    const { slots, others, records } = await judge(setting, machines, to);
    if (slots !== found) throw new Error(`${found} slots while they ran, ${slots} afterwards`);
    tally.add("acknowledged", slots);
    const { asked, atOnce, inexcusable } = source;
    if (inexcusable > 0)
      throw new Error(`${inexcusable} times two replicas asked for one collector while the database answered`);
    tally.remarks.push(
      `${slots} slots, ${asked} requests of which ${atOnce} at once with another (while the database was away), ${others} further runs, ${outages} outages`,
    );
    return { slots, kills, outages, records, asked, atOnce, others };
  } finally {
    over = true;
    for (const one of running) one.kill();
    await Promise.all(running.map((one) => one.ended));
  }
}

/** Three machines: the first has begun the log some minutes ago and stopped; the others join it as a person would let them. */
async function prepare(setting: Setting): Promise<string[]> {
  const { plan, place, server, database, source } = setting;
  const folder = await place.folder();
  await writeFile(join(folder, "source.mjs"), PLUGIN);
  const secret = async (name: string, value: string) => {
    await writeFile(join(folder, name), `${value}\n`, { mode: 0o600 });
    return `"\${file:${join(folder, name)}}"`;
  };
  const keys = [
    await secret("access", server.credentials.accessKeyId),
    await secret("secret", server.credentials.secretAccessKey),
  ];
  const lines = Array.from(
    { length: plan.instances },
    (_, i) =>
      `  - { id: s${i}, use: cron-health/minutes, cadence: 1m, grace: 12h, pull: 12h, jitter: 0s, name: s${i}, url: "${source.url}" }`,
  );
  const config = `organisation: { name: Three Machines, zone: UTC }
store: { bucket: evidence, prefix: log, region: us-east-1, endpoint: "${server.endpoint}", accessKey: ${keys[0]}, secretKey: ${keys[1]} }
index: ${await secret("index", database.url)}
portal: { listen: "127.0.0.1:0" }
plugins: ["${join(folder, "source.mjs")}"]
collectors:
${lines.join("\n")}
`;
  const machines = Array.from({ length: REPLICAS }, (_, i) => join(folder, `machine-${i}`));
  const [first = "", ...others] = machines;
  await mkdir(first, { mode: 0o700 });
  await writeFile(join(first, "custody.yaml"), config);
  const behind: Clock = { now: () => Date.now() - plan.behind * MINUTE, sleep: systemClock.sleep };
  const custody = await beginWorkspace(join(first, "custody.yaml"), behind, { createBucket: true });
  let head: string;
  try {
    await declareNow(custody);
    const tasks = tasksNow(custody.config.instances, await custody.history(), behind.now(), 0);
    const signal = new AbortController().signal;
    await runTasks(tasks, runParts(custody, signal), signal, () => {}, 8);
    const { size, root } = await publish(custody);
    head = `${size}:${Buffer.from(root).toString("base64")}`;
  } finally {
    await custody.close();
  }
  for (const machine of others) await joinAs(machine, first, head, setting);
  return machines;
}

async function joinAs(machine: string, first: string, head: string, { place, server }: Setting): Promise<void> {
  await mkdir(join(machine, "data"), { recursive: true, mode: 0o700 });
  await cp(join(first, "data/keys"), join(machine, "data/keys"), { recursive: true });
  const main = join(place.compiled, "program/main.js");
  const where = ["--join", "s3://evidence/log", "--endpoint", server.endpoint, "--region", "us-east-1"];
  const env = {
    CUSTODY_S3_ACCESS_KEY: server.credentials.accessKeyId,
    CUSTODY_S3_SECRET_KEY: server.credentials.secretAccessKey,
  };
  const { ended } = start(
    ["--no-warnings", main, "init", machine, ...where, "--key", join(first, "ledger.vkey"), "--accept-head", head],
    { env },
  );
  const { code, stderr } = await ended;
  if (code !== 0) throw new Error(`a machine could not join: ${stderr}`);
}

/** A record as it lies in the bucket, read by nothing of the program but its keys. */
interface Raw {
  readonly index: number;
  readonly kind: string;
  readonly once?: string;
  readonly instance?: string;
  readonly outcome?: string;
  readonly window?: { readonly from: string };
}

/** The records as they lie in the bucket, each time those that are new. */
class Reader {
  readonly records: Raw[] = [];
  readonly #custody: Custody;

  private constructor(custody: Custody) {
    this.#custody = custody;
  }

  static async open(machine: string): Promise<Reader> {
    return new Reader(new Custody(await loadConfig(join(machine, "custody.yaml"), collectors), systemClock));
  }

  async more(): Promise<void> {
    const store = await this.#custody.store();
    for (;;) {
      const bytes = await store.get(batchKey(this.records.length));
      if (bytes === undefined) return;
      for (const line of new TextDecoder().decode(bytes).trimEnd().split("\n"))
        this.records.push(JSON.parse(line) as Raw);
    }
  }

  close(): Promise<void> {
    return this.#custody.close();
  }
}

const nameOf = (instance: string, from: number) => `${instance}@${new Date(from).toISOString()}`;

/** Every minute of every collector from its first look on: how many results the records hold of it. */
function results(records: readonly Raw[], to: number): Map<string, number> {
  const counts = new Map<string, number>();
  for (const { kind, instance, window } of records) {
    if (kind !== "run" || instance === undefined || window === undefined || counts.has(instance)) continue;
    counts.set(instance, 0);
    for (let from = Date.parse(window.from); from < to; from += MINUTE) counts.set(nameOf(instance, from), 0);
  }
  const slots = new Map([...counts].filter(([name]) => name.includes("@")));
  for (const { kind, once, outcome } of records) {
    const slot = once?.replace(/^slot:/, "") ?? "";
    const known = slots.get(slot);
    if (kind !== "run" || known === undefined) continue;
    if (outcome !== "collected") throw new Error(`${once} is the key of a run that is ${outcome}`);
    slots.set(slot, known + 1);
  }
  return slots;
}

/** Waits until every slot before `to` has a result; how many there are. */
async function settled(machine: string, to: number): Promise<number> {
  const reader = await Reader.open(machine);
  const patience = performance.now() + SETTLES_WITHIN;
  try {
    for (;;) {
      await reader.more();
      const slots = results(reader.records, to);
      const missing = [...slots].filter(([, count]) => count === 0).map(([slot]) => slot);
      if (missing.length === 0) return slots.size;
      if (performance.now() > patience)
        throw new Error(`${missing.length} of ${slots.size} slots have no result, such as ${missing.slice(0, 5)}`);
      await delay(500);
    }
  } finally {
    await reader.close();
  }
}

async function judge({ plan, tally, place }: Setting, machines: readonly string[], to: number) {
  const reader = await Reader.open(machines[0] as string);
  await reader.more();
  await reader.close();
  const { records } = reader;
  const slots = results(records, to);
  const wrong = [...slots].filter(([, count]) => count !== 1);
  tally.add("lost", wrong.length);
  if (wrong.length > 0)
    throw new Error(`not one result: ${wrong.slice(0, 5).map(([slot, count]) => `${slot} has ${count}`)}`);
  if (records.some(({ index }, i) => index !== i)) throw new Error("an index is used twice or left out");

  const main = join(place.compiled, "program/main.js");
  for (const machine of plan.thorough ? machines : machines.slice(0, 1)) {
    const { code, stdout, stderr } = await start(["--no-warnings", main, "verify", "--json"], { cwd: machine }).ended;
    if (code !== 0) throw new Error(`verification failed: ${stdout.slice(0, 2_000)} ${stderr}`);
    const { size } = JSON.parse(stdout) as { size: number };
    if (size !== records.length) throw new Error(`${records.length} records, ${size} of them signed`);
    tally.add("verified");
  }
  const asOf = Date.now();
  const states = await Promise.all(machines.map((machine) => statesOf(machine, to, asOf)));
  const expected = [...slots.keys()].map((slot) => `${slot} collected`).sort();
  for (const [i, found] of states.entries()) {
    const odd =
      found.find((one, n) => one !== expected[n]) ?? (found.length === expected.length ? undefined : found.length);
    if (odd !== undefined)
      throw new Error(`machine ${i} computes ${odd} (${found.length} slots, ${expected.length} counted)`);
  }
  const runs = records.filter(({ kind }) => kind === "run").length;
  return { slots: slots.size, others: runs - slots.size, records: records.length };
}

/** Every slot before `to` and its state, as this machine computes it from the ledger alone. */
async function statesOf(machine: string, to: number, asOf: number): Promise<string[]> {
  const custody = new Custody(await loadConfig(join(machine, "custody.yaml"), collectors), systemClock);
  try {
    const { instances } = await custody.history();
    const period = { from: Number.NEGATIVE_INFINITY, to };
    const all = [...instances.values()].flatMap((one) => slotsOf(one, period, asOf));
    return all.map(({ instance, from, state }) => `${nameOf(instance, from)} ${state}`).sort();
  } finally {
    await custody.close();
  }
}

interface Source {
  readonly url: string;
  asked: number;
  atOnce: number;
  /** Of these, those for which there is no excuse. */
  inexcusable: number;
  /** Up to then (of `performance`) replicas may not know of each other. */
  excused: number;
  stop(): Promise<void>;
}

/** A source on a real socket that takes its time, and counts who is asked for by two at once. */
async function startSource(random: Random): Promise<Source> {
  const under = new Map<string, number>();
  const server = createServer(async (request, response) => {
    const name = new URL(request.url ?? "/", "http://source").searchParams.get("collector") ?? "";
    const now = (under.get(name) ?? 0) + 1;
    under.set(name, now);
    made.asked += 1;
    if (now > 1) made.atOnce += 1;
    if (now > 1 && performance.now() > made.excused) made.inexcusable += 1;
    let counted = true;
    const over = () => {
      if (counted) under.set(name, (under.get(name) ?? 1) - 1);
      counted = false;
    };
    response.on("close", over);
    await delay(random.between(20, 1_000));
    over();
    response.writeHead(200, { "content-type": "application/json" }).end(`{"collector":"${name}","seen":[]}`);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const made: Source = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    asked: 0,
    atOnce: 0,
    inexcusable: 0,
    excused: 0,
    async stop() {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
  return made;
}

/** A collector as a user writes one: the source is asked over HTTP for the minute of the slot. */
const PLUGIN = `export default {
  name: "cron-health/minutes", title: "Minutes", family: "cron-health", mode: "window", facts: [], cadence: "1m", grace: "1h",
  reader: 1, blindSpots: [], permissions: [],
  config: { safeParse: (data) => ({ success: true, data }) },
  source: ({ url }) => ({ base: url }),
  async *collect(run) {
    yield await run.get("/minutes", { collector: run.config.name, from: run.window.from });
    return { seen: "full", total: 0 };
  },
  read: () => [],
};
`;
