import { cp, readFile } from "node:fs/promises";
import { resolve } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { Cli, configuration, type Workspace } from "./support/cli.ts";
import { THOROUGH } from "./support/tools.ts";

const RECORDED = resolve(import.meta.dirname, "recordings/markdown/company/incidents");
const COLLECTORS = `- { id: incidents, use: incident-log/markdown, path: ./incidents }
- { id: own, use: cron-health/custody }`;
const MOMENTS = THOROUGH ? 26 : 8;
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

/** Starts a collect and kills it after so many milliseconds, unless it has ended before. */
async function killAfter(workspace: Workspace, ms: number): Promise<{ killed: boolean; answer: string }> {
  const child = cli.start(workspace.folder, ["collect", "--json"]);
  let answer = "";
  child.stdout.on("data", (part) => {
    answer += String(part);
  });
  const ended = new Promise<NodeJS.Signals | null>((done) => child.once("close", (_, signal) => done(signal)));
  const timer = setTimeout(() => child.kill("SIGKILL"), ms);
  const killed = (await ended) === "SIGKILL";
  clearTimeout(timer);
  return { killed, answer };
}

/** Whether a record lies in the store that no signature covers. */
async function hasUnsigned(workspace: Workspace): Promise<boolean> {
  const [, size = "0"] = (await readFile(workspace.path("data/store/checkpoint"), "utf8")).split("\n");
  const batches = (await workspace.keys()).filter((key) => key.startsWith("seq/")).map((key) => Number(key.slice(-12)));
  return Math.max(...batches) >= Number(size);
}

const sizeIn = (answer: string): number => (answer === "" ? 0 : (JSON.parse(answer) as { size: number }).size);

/** Kills a collect at each of these parts of its duration; after each the next start must take it from there. */
async function killAt(parts: readonly number[]): Promise<{ killed: number; unsigned: number }> {
  const workspace = await workspaceWithIncidents();
  await workspace.run("collect");
  await rewrite(workspace, -1);
  const started = performance.now();
  let acknowledged = sizeIn((await workspace.run("collect", "--json")).stdout);
  const whole = performance.now() - started;
  let [killed, unsigned] = [0, 0];
  for (const [i, part] of parts.entries()) {
    await rewrite(workspace, i);
    const end = await killAfter(workspace, whole * part);
    if (end.killed) killed += 1;
    if (await hasUnsigned(workspace)) unsigned += 1;
    acknowledged = Math.max(acknowledged, sizeIn(end.answer));
    // What was left behind is intact as it lies there, before anybody mends it.
    if (i % 5 === 0) expect((await workspace.verified()).size).toBeGreaterThanOrEqual(acknowledged);

    const next = await workspace.run("collect", "--json");
    expect(next.code, `killed at ${part} of ${whole} ms: ${next.all}`).toBe(0);
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
    const lanes = Array.from({ length: LANES }, (_, lane) => parts.filter((_part, i) => i % LANES === lane));
    const done = await Promise.all(lanes.map(killAt));
    const total = (what: "killed" | "unsigned") => done.reduce((sum, lane) => sum + lane[what], 0);
    expect(total("killed"), "many were killed before their end").toBeGreaterThan(MOMENTS / 4);
    expect(total("unsigned"), "some were killed between the record and its signature").toBeGreaterThan(0);
  }, 180_000);
});
