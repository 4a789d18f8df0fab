import { execFile } from "node:child_process";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { beforeAll, describe, expect, onTestFinished, test } from "vitest";
import type { Entry } from "../src/evidence/entry.ts";
import { compiledProgram } from "./support/compiled.ts";
import { HttpSource } from "./support/http-source.ts";
import { type LogLine, serving } from "./support/serving.ts";
import { writeWorkspace } from "./support/workspace.ts";

let program = "";
beforeAll(async () => {
  program = await compiledProgram();
});

const ZOD = pathToFileURL(join(import.meta.dirname, "../node_modules/zod/index.js")).href;

const plugin = (name: string, body: string) => `import { z } from "${ZOD}";
export default {
  name: "cron-health/${name}", title: "${name}", family: "cron-health", mode: "window", facts: [],
  cadence: "hourly", grace: "1h", reader: 1, blindSpots: [], permissions: [], config: z.object({}),
  async *collect(run) { ${body} },
  *read() {},
};
`;

function run(folder: string, ...args: string[]): Promise<{ code: number | null; stdout: string; stderr: string }> {
  return new Promise((resolve) => {
    const child = execFile(
      process.execPath,
      [join(program, "program/main.js"), ...args],
      { cwd: folder },
      (_, stdout, stderr) => resolve({ code: child.exitCode, stdout, stderr }),
    );
  });
}

async function workspace(rest: string, files: Readonly<Record<string, string>> = {}): Promise<string> {
  const folder = await writeWorkspace(rest);
  for (const [name, text] of Object.entries(files)) await writeFile(join(folder, name), text);
  const { code, stderr } = await run(folder, "init");
  if (code !== 0) throw new Error(stderr);
  return folder;
}

async function records(folder: string): Promise<Entry[]> {
  return (JSON.parse((await run(folder, "log", "-n", "1000", "--json")).stdout) as { entries: Entry[] }).entries;
}

const begins = (instance: string) => (line: LogLine) => line.msg === "run begins" && line.instance === instance;

describe("SIGTERM", () => {
  test("ends within ten seconds although one collector never comes back and another ignores that it is to stop", async () => {
    const folder = await workspace(
      "plugins: [./silent.mjs, ./deaf.mjs]\ncollectors:\n  - { id: silent, use: cron-health/silent }\n  - { id: deaf, use: cron-health/deaf }",
      {
        "silent.mjs": plugin("silent", "await new Promise(() => {});"),
        "deaf.mjs": plugin("deaf", "for (;;) { try { await new Promise((r) => setTimeout(r, 20)); } catch {} }"),
      },
    );
    const daemon = await serving(program, folder);
    await daemon.logged(begins("silent"));
    await daemon.logged(begins("deaf"));
    const began = performance.now();
    daemon.child.kill("SIGTERM");
    expect(await daemon.ended).toEqual({ code: 0, signal: null });
    expect(performance.now() - began).toBeLessThan(10_000);
    const runs = (await records(folder)).filter(({ kind }) => kind === "run");
    expect(runs).toMatchObject(runs.map(() => ({ outcome: "failed", reason: "interrupted", covered: [] })));
    expect(runs.map((entry) => "instance" in entry && entry.instance).sort()).toEqual(["deaf", "silent"]);
    expect((await run(folder, "verify")).code).toBe(0);
  });

  test("a second signal ends it at once, with the code of that signal", async () => {
    const folder = await workspace(
      "plugins: [./stubborn.mjs]\ncollectors: [{ id: stubborn, use: cron-health/stubborn }]",
      {
        // What it does when it is told to stop keeps the whole process from doing anything else for a while.
        "stubborn.mjs": plugin(
          "stubborn",
          "await new Promise((resolve) => run.signal.addEventListener('abort', resolve)); const end = Date.now() + 1500; while (Date.now() < end);",
        ),
      },
    );
    const daemon = await serving(program, folder);
    await daemon.logged(begins("stubborn"));
    daemon.child.kill("SIGTERM");
    await daemon.logged(({ msg }) => msg.startsWith("stopping"));
    daemon.child.kill("SIGINT");
    expect(await daemon.ended).toEqual({ code: 130, signal: null });
  });
});

test("custody collect ends although a collector goes on by itself", async () => {
  const folder = await workspace(
    "plugins: [./deaf.mjs]\ncollectors: [{ id: deaf, use: cron-health/deaf, timeout: 1s }]",
    { "deaf.mjs": plugin("deaf", "for (;;) { try { await new Promise((r) => setTimeout(r, 20)); } catch {} }") },
  );
  const { code, stdout } = await run(folder, "collect");
  expect([code, stdout]).toEqual([3, expect.stringContaining("it took longer than 1 s")]);
});

describe("SIGHUP", () => {
  test("refuses a broken configuration with all its mistakes, keeps the one before, and takes the mended one", async () => {
    const folder = await workspace("collectors: [{ id: own, use: cron-health/custody }]");
    const daemon = await serving(program, folder);
    await daemon.logged(begins("own"));
    const path = join(folder, "custody.yaml");
    const before = await readFile(path, "utf8");
    await writeFile(
      path,
      before.replace(
        /collectors: .*/,
        'collectors: [{ id: own, use: cron-health/custody, cadence: "61 * * * *" }, { id: own2, use: cron-health/custody, zone: Mars/Base }]',
      ),
    );
    daemon.child.kill("SIGHUP");
    const refused = await daemon.logged(({ mistakes }) => mistakes !== undefined);
    expect(refused).toMatchObject({ level: "error", code: "CONFIG_INVALID" });
    expect(refused.mistakes).toHaveLength(2);
    expect((await fetch(`${daemon.url}health`)).status).toBe(200);

    const files = daemon.stderr.length;
    await writeFile(
      path,
      before.replace(
        /collectors: .*/,
        "collectors: [{ id: own, use: cron-health/custody }, { id: own2, use: cron-health/custody }]",
      ),
    );
    daemon.child.kill("SIGHUP");
    await daemon.logged(({ added }) => Array.isArray(added) && added.includes("own2"), files);
    await daemon.logged((line) => line.instance === "own2" && line.outcome === "collected", files);
    daemon.child.kill("SIGTERM");
    expect((await daemon.ended).code).toBe(0);
    const configs = (await records(folder)).filter(({ kind }) => kind === "config");
    expect(configs.length).toBeGreaterThanOrEqual(2);
  });
});

describe("the log", () => {
  const SECRETS = {
    url: "canary-Kx81-pass",
    header: 'canary "Zq\\72" bearer',
    hook: "canary-hook-55Fw",
    env: "canaryEnvVar88",
  };

  test("holds no secret, whatever fails, and every line of a run names it", async () => {
    const source = await new HttpSource().start();
    onTestFinished(() => source.stop());
    source.on("*", () => ({ status: 500, body: `no: ${Object.values(SECRETS).join(" ")}` }));
    const folder = await workspace(
      `plugins: [./leaky.mjs]
collectors:
  - { id: leaky, use: cron-health/leaky }
  - { id: prom, use: alert-history/prometheus, url: "${source.url}", bearer: "\${file:./bearer}" }
  - { id: basic, use: alert-history/prometheus, url: "${source.url}", basic: { user: u, password: "\${env:PASS}" } }
heads:
  - { use: webhook, url: "${source.url}/head", secret: "\${file:./hook}", every: 1h }
notify:
  - { use: webhook, url: "${source.url}/notify", secret: "\${file:./hook}" }`,
      {
        bearer: `${SECRETS.header}\n`,
        hook: `${SECRETS.hook}\n`,
        // It says aloud what it should not know.
        "leaky.mjs": `import { readFileSync } from "node:fs";\n${plugin("leaky", "throw new Error(`got ${readFileSync('bearer', 'utf8').trim()} and ${readFileSync('hook', 'utf8').trim()} and ${process.env.PASS}`);")}`,
      },
    );
    const daemon = await serving(program, folder, { env: { PASS: SECRETS.url, OTHER: SECRETS.env } });
    await daemon.logged((line) => line.instance === "prom" && line.outcome !== undefined);
    await daemon.logged((line) => line.instance === "basic" && line.outcome !== undefined);
    await daemon.logged((line) => line.head !== undefined);
    await daemon.logged((line) => line.instance === "leaky" && line.outcome !== undefined);
    const before = daemon.stderr.length;
    // One that is valid only now, and the one that was valid before.
    await writeFile(join(folder, "bearer"), "canary-rotated-33\n");
    const path = join(folder, "custody.yaml");
    await writeFile(
      path,
      (await readFile(path, "utf8")).replace("cron-health/leaky }", "cron-health/leaky, pull: 30m }"),
    );
    daemon.child.kill("SIGHUP");
    const leaked = await daemon.logged((line) => line.instance === "leaky" && line.outcome !== undefined, before);
    expect(leaked.msg).toContain("got (masked:");
    daemon.child.kill("SIGTERM");
    expect((await daemon.ended).code).toBe(0);

    const all = daemon.stderr.join("\n");
    for (const secret of [
      SECRETS.url,
      SECRETS.header,
      JSON.stringify(SECRETS.header).slice(1, -1),
      SECRETS.hook,
      "canary-rotated-33",
    ])
      expect(all, secret).not.toContain(secret);
    const lines = daemon.stderr.filter((text) => text.startsWith("{")).map((text) => JSON.parse(text) as LogLine);
    for (const line of lines) expect(line).toMatchObject({ level: expect.any(String), time: expect.any(String) });
    const begun = lines.find(begins("prom"));
    expect(lines.filter((line) => line.run === begun?.run).length).toBeGreaterThan(1);
    expect(lines.find((line) => line.head !== undefined)).toMatchObject({
      run: expect.stringMatching(/^[0-9a-f]{8}$/),
    });
  });

  test("--log-level says less, and a level that is none is refused", async () => {
    const folder = await workspace("collectors: [{ id: own, use: cron-health/custody }]\nlog: { level: info }");
    const daemon = await serving(program, folder, { args: ["--log-level", "error"] });
    daemon.child.kill("SIGTERM");
    expect((await daemon.ended).code).toBe(0);
    const lines = daemon.stderr.filter((text) => text.startsWith("{")).map((text) => JSON.parse(text) as LogLine);
    expect(lines.filter(({ level }) => level !== "error")).toEqual([]);
    const wrong = await run(folder, "serve", "--log-level", "loud");
    expect([wrong.code, wrong.stderr]).toEqual([2, expect.stringContaining("--log-level: expected info, warn, error")]);
  });
});
