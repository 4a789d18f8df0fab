import { cp, readFile } from "node:fs/promises";
import { resolve } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { Cli, configuration, type Workspace } from "./support/cli.ts";
import { THOROUGH } from "./support/tools.ts";

const RECORDED = resolve(import.meta.dirname, "recordings/markdown/company/incidents");
const COLLECTORS = `- { id: incidents, use: incident-log/markdown, path: ./incidents }
- { id: own, use: cron-health/custody }`;
const MOMENTS = THOROUGH ? 26 : 4;
/** Workspaces side by side, one per core. */
const LANES = 2;
const RECORDS = 40;

let cli: Cli;
beforeAll(async () => {
  cli = await Cli.compile("cli-kill");
});
afterAll(() => cli.close());

async function workspaceWithIncidents(): Promise<Workspace> {
  const workspace = await cli.workspace(configuration(COLLECTORS));
  await cp(RECORDED, workspace.path("incidents"), { recursive: true });
  return workspace;
}

/** New versions of many records, so that a large part of the run is the storing of them. */
async function rewrite(workspace: Workspace, version: number): Promise<void> {
  const write = (n: number) =>
    workspace.write(
      `incidents/many/INC-${n}.md`,
      `---\nid: INC-${n}\ntitle: Disk full\nseverity: Sev3\ndetectedAt: 2026-11-20T16:40:10Z\n---\n\nVersion ${version}.\n`,
    );
  await Promise.all(Array.from({ length: RECORDS }, (_, n) => write(n)));
}

type Killed = { readonly killed: boolean; readonly answer: string };

/** Starts a collect and kills it as soon as it has come so far, unless it has ended before. */
async function killWhen(workspace: Workspace, reached: () => boolean | Promise<boolean>): Promise<Killed> {
  const child = cli.start(workspace.folder, ["collect", "--json"]);
  let answer = "";
  child.stdout.on("data", (part) => {
    answer += String(part);
  });
  let over = false;
  const ended = new Promise<NodeJS.Signals | null>((done) => child.once("close", (_, signal) => done(signal)));
  const close = ended.then((signal) => {
    over = true;
    return signal === "SIGKILL";
  });
  while (!over && !(await reached())) await new Promise((resolve) => setTimeout(resolve, 1));
  child.kill("SIGKILL");
  return { killed: await close, answer };
}

const batches = async (workspace: Workspace) =>
  (await workspace.keys()).filter((key) => key.startsWith("seq/")).map((key) => Number(key.slice(-12)));

/** Whether a record lies in the store that no signature covers. */
async function hasUnsigned(workspace: Workspace): Promise<boolean> {
  const [, size = "0"] = (await readFile(workspace.path("data/store/checkpoint"), "utf8")).split("\n");
  return Math.max(...(await batches(workspace))) >= Number(size);
}

const sizeIn = (answer: string): number => (answer === "" ? 0 : (JSON.parse(answer) as { size: number }).size);

/** A moment of a run: a part of its usual duration, or the moment in which its first record lies in the store. */
type Moment = number | "recorded";

/** Kills a collect at each of these moments; after each the next start must take it from there. */
async function killAt(moments: readonly Moment[]): Promise<{ killed: number; unsigned: number }> {
  const workspace = await workspaceWithIncidents();
  await workspace.run("collect");
  let version = 0;
  // As long as the newest one took: the machine may have become busier or idle since the first.
  let usual = 0;
  const collect = async () => {
    const started = performance.now();
    const ran = await workspace.run("collect", "--json");
    usual = performance.now() - started;
    return ran;
  };
  const killOnce = async (moment: Moment, haste: number): Promise<Killed> => {
    version += 1;
    await rewrite(workspace, version);
    if (moment === "recorded") {
      const before = (await batches(workspace)).length;
      return killWhen(workspace, async () => (await batches(workspace)).length > before);
    }
    const at = performance.now() + usual * moment * haste;
    return killWhen(workspace, () => performance.now() >= at);
  };
  await rewrite(workspace, version);
  let acknowledged = sizeIn((await collect()).stdout);
  let [killed, unsigned] = [0, 0];
  for (const [i, moment] of moments.entries()) {
    // On a busy machine one run takes several times as long as the next: what ended before its moment is begun anew.
    for (let haste = 1; haste > 0.2; haste *= 0.6) {
      const end = await killOnce(moment, haste);
      acknowledged = Math.max(acknowledged, sizeIn(end.answer));
      if (!end.killed) continue;
      killed += 1;
      break;
    }
    if (await hasUnsigned(workspace)) unsigned += 1;
    // What was left behind is intact as it lies there, before anybody mends it.
    if (i % 5 === 0) expect((await workspace.verified()).size).toBeGreaterThanOrEqual(acknowledged);

    const next = await collect();
    expect(next.code, `killed at ${moment} of ${usual} ms: ${next.all}`).toBe(0);
    const size = sizeIn(next.stdout);
    expect(size, "both runs of the next start are there beside everything before").toBeGreaterThanOrEqual(
      acknowledged + 2,
    );
    acknowledged = size;
  }
  const { size } = await workspace.verified();
  expect(size).toBe(acknowledged);
  const entries = await workspace.entries();
  expect(entries.map(({ index }) => index)).toEqual(Array.from({ length: size }, (_, i) => i));
  return { killed, unsigned };
}

describe("kill -9 of a collect", () => {
  test(`at ${MOMENTS} moments of it: each time the next start recovers by itself, and nothing acknowledged is lost`, async () => {
    // Spread evenly over the run, beginning where Node itself has started, with a fixed jitter.
    const parts = Array.from({ length: MOMENTS }, (_, i) => 0.15 + 0.85 * ((i + ((i * 7919) % 13) / 13) / MOMENTS));
    const lanes = Array.from({ length: LANES }, (_, lane): Moment[] => [
      ...parts.filter((_part, i) => i % LANES === lane),
      "recorded",
      "recorded",
    ]);
    const done = await Promise.all(lanes.map(killAt));
    const total = (what: "killed" | "unsigned") => done.reduce((sum, lane) => sum + lane[what], 0);
    expect(total("killed"), "many were killed before their end").toBeGreaterThan(MOMENTS / 4);
    expect(total("unsigned"), "some were killed between the record and its signature").toBeGreaterThan(0);
  }, 300_000);
});
