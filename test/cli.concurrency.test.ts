import { cp } from "node:fs/promises";
import { resolve } from "node:path";
import { afterAll, beforeAll, describe, expect, onTestFinished, test, vi } from "vitest";
import type { Entry } from "../src/evidence/entry.ts";
import { History } from "../src/slots/history.ts";
import { slotsOf } from "../src/slots/state.ts";
import { Cli, configuration, type Done, SECRETS, Workspace } from "./support/cli.ts";
import { beginInThePast } from "./support/past-workspace.ts";
import { startS3Server } from "./support/s3-server.ts";
import { THOROUGH } from "./support/tools.ts";

const COLLECTORS = `- { id: incidents, use: incident-log/markdown, cadence: daily, grace: 1h, path: ./incidents }
- { id: own, use: cron-health/custody, cadence: daily, grace: 1h }`;
const RECORDED = resolve(import.meta.dirname, "recordings/markdown/company/incidents");
const DAYS = 6;
const ROUNDS = 2;

let cli: Cli;
beforeAll(async () => {
  cli = await Cli.compile("cli-concurrency");
});
afterAll(() => cli.close());

interface Collected {
  readonly ok: boolean;
  readonly runs: { slot: string; outcome: string; entry: number }[];
}
interface Uploaded {
  readonly entry: number;
  readonly evidence: { digest: string }[];
}

/** A workspace whose last evidence is days old, so that several processes find the same slots to catch up. */
async function workspaceOn(config: string): Promise<Workspace> {
  const workspace = new Workspace(cli, await cli.place());
  await workspace.write("custody.yaml", config);
  await cp(RECORDED, workspace.path("incidents"), { recursive: true });
  await beginInThePast(workspace.folder, DAYS);
  return workspace;
}

/** Runs four processes at once, several times, and gives what they acknowledged. */
async function hammer(workspace: Workspace, env: Record<string, string>) {
  const collects: Collected[] = [];
  const uploads: Uploaded[] = [];
  const run = (...args: string[]): Promise<Done> => cli.run(workspace.folder, [...args, "--json"], { env });
  for (let round = 0; round < ROUNDS; round += 1) {
    const files = await Promise.all(
      [1, 2].map((n) => workspace.write(`evidence-${round}-${n}.txt`, `evidence ${round} ${n}\n`)),
    );
    const done = await Promise.all([
      run("collect"),
      run("collect"),
      ...files.map((file) => run("upload", file, "--control", "A.5.28", "--reason", "concurrency")),
    ]);
    for (const one of done) expect(one.code, one.all).toBe(0);
    collects.push(...done.slice(0, 2).map((one) => one.json<Collected>()));
    uploads.push(...done.slice(2).map((one) => one.json<Uploaded>()));
  }
  return { collects, uploads };
}

async function check(workspace: Workspace, env: Record<string, string>): Promise<void> {
  const { collects, uploads } = await hammer(workspace, env);
  const log = (await cli.run(workspace.folder, ["log", "-n", "100000", "--json"], { env })).json<{
    entries: Entry[];
  }>();
  const { entries } = log;

  // No index twice and none left out.
  expect(entries.map(({ index }) => index)).toEqual(entries.map((_, i) => i));
  // Every acknowledged entry is there, and is what was acknowledged.
  expect(uploads).toHaveLength(2 * ROUNDS);
  for (const { entry, evidence } of uploads) {
    expect(entries[entry]).toMatchObject({ kind: "upload", evidence: [{ digest: evidence[0]?.digest }] });
  }
  expect(new Set(uploads.map(({ entry }) => entry)).size).toBe(uploads.length);
  for (const { slot, outcome, entry } of collects.flatMap(({ runs }) => runs)) {
    expect(entries[entry]).toMatchObject({ kind: "run", slot, outcome });
  }
  // Whoever was first: one full result for a slot that is over, one note for a gap.
  const once = entries.flatMap((entry) => (entry.once === undefined ? [] : [entry.once]));
  expect(once.length).toBe(new Set(once).size);
  const history = new History();
  for (const entry of entries) history.add(entry.index, entry);
  for (const instance of history.instances.values()) {
    const slots = slotsOf(instance, { from: 0, to: Date.now() }, Date.now());
    expect(slots.length).toBeGreaterThanOrEqual(DAYS);
    expect(new Set(slots.map(({ id }) => id)).size).toBe(slots.length);
    const over = slots.filter(({ state }) => state !== "open" && state !== "collected");
    expect(over.length, "several slots were caught up").toBeGreaterThanOrEqual(DAYS - 2);
    expect(new Set(over.map(({ state }) => state))).toEqual(new Set(["late"]));
  }

  const verify = await cli.run(workspace.folder, ["verify", "--json"], { env });
  expect(verify.code, verify.all).toBe(0);
  expect(verify.json()).toMatchObject({ ok: true, size: entries.length, findings: [] });
}

describe("four processes that collect and upload at once", () => {
  test("over one folder lose nothing and contradict each other nowhere", async () => {
    await check(await workspaceOn(configuration(COLLECTORS)), {});
  }, 120_000);

  test.skipIf(!THOROUGH)(
    "over one bucket lose nothing and contradict each other nowhere (in CI only)",
    async () => {
      const server = await startS3Server({
        credentials: { accessKeyId: SECRETS.accessKey, secretAccessKey: SECRETS.secretKey },
      });
      onTestFinished(() => server.stop());
      const env = { CUSTODY_S3_ACCESS_KEY: SECRETS.accessKey, CUSTODY_S3_SECRET_KEY: SECRETS.secretKey };
      for (const [name, value] of Object.entries(env)) vi.stubEnv(name, value);
      onTestFinished(() => {
        vi.unstubAllEnvs();
      });
      const folder = await cli.place();
      const flags = ["--name", "A", "--zone", "UTC", "--store", "s3://evidence", "--endpoint", server.endpoint];
      // Makes the bucket; the workspace itself lies under another prefix.
      const made = await cli.run(folder, ["init", ...flags, "--create-bucket"], { env });
      expect(made.code, made.all).toBe(0);
      const store = `{ bucket: evidence, prefix: other, endpoint: "${server.endpoint}", accessKey: "\${env:CUSTODY_S3_ACCESS_KEY}", secretKey: "\${env:CUSTODY_S3_SECRET_KEY}" }`;
      await check(await workspaceOn(configuration(COLLECTORS).replace("file:./data/store", store)), env);
    },
    120_000,
  );
});
