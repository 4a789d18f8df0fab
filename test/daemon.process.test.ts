import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { readdir, readFile, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { beforeAll, describe, expect, onTestFinished, test } from "vitest";
import type { Entry } from "../src/evidence/entry.ts";
import { compiledProgram } from "./support/compiled.ts";
import { HttpSource } from "./support/http-source.ts";
import { writeWorkspace } from "./support/workspace.ts";

let cli = "";
beforeAll(async () => {
  cli = await compiledProgram();
});

interface Ended {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

function custody(
  folder: string,
  ...args: string[]
): { child: ChildProcess; ended: Promise<Ended>; line(part: string): Promise<string> } {
  const child = spawn(process.execPath, [join(cli, "program/main.js"), ...args], {
    cwd: folder,
    stdio: ["ignore", "pipe", "pipe"],
  });
  onTestFinished(() => {
    child.kill("SIGKILL");
  });
  const said = { stdout: "", stderr: "" };
  child.stderr.on("data", (text) => {
    said.stderr += text;
  });
  const lines: string[] = [];
  const waiting: (() => void)[] = [];
  const reader = createInterface({ input: child.stdout });
  reader.on("line", (text) => {
    said.stdout += `${text}\n`;
    lines.push(text);
    for (const wake of waiting.splice(0)) wake();
  });
  const ended = once(child, "close").then(([code, signal]): Ended => ({ code, signal, ...said }));
  const line = async (part: string): Promise<string> => {
    for (;;) {
      const found = lines.find((text) => text.includes(part));
      if (found !== undefined) return found;
      const more = new Promise<"more">((resolve) => waiting.push(() => resolve("more")));
      const next = await Promise.race([more, ended]);
      if (next !== "more") throw new Error(`ended without saying "${part}": ${next.stderr}`);
    }
  };
  return { child, ended, line };
}

async function run(folder: string, ...args: string[]): Promise<Ended> {
  return custody(folder, ...args).ended;
}

async function workspace(rest: string): Promise<string> {
  const folder = await writeWorkspace(rest);
  const { code, stderr } = await run(folder, "init");
  if (code !== 0) throw new Error(stderr);
  return folder;
}

async function hangingSource(): Promise<{ source: HttpSource; asked: Promise<void> }> {
  const source = await new HttpSource().start();
  onTestFinished(() => source.stop());
  const asked = new Promise<void>((resolve) => {
    source.on("*", () => {
      resolve();
      return "silence";
    });
  });
  return { source, asked };
}

const urlIn = (line: string): string => /http:\S+/.exec(line)?.[0] ?? "";

describe("custody serve", () => {
  test("ends well on SIGTERM in the middle of a run: an honest record, everything signed, exit 0 within ten seconds", async () => {
    const { source, asked } = await hangingSource();
    const folder = await workspace(`collectors: [{ id: prom, use: alert-history/prometheus, url: "${source.url}" }]`);
    const daemon = custody(folder, "serve");
    const url = urlIn(await daemon.line("listens on"));
    expect(await (await fetch(`${url}health`)).text()).toBe("alive\n");
    await asked;
    const signalled = Date.now();
    daemon.child.kill("SIGTERM");
    const { code, stderr } = await daemon.ended;
    expect([code, stderr]).toEqual([0, expect.stringContaining('"stopped"')]);
    expect(Date.now() - signalled).toBeLessThan(10_000);

    const log = JSON.parse((await run(folder, "log", "--json")).stdout) as { entries: Entry[]; size: number };
    expect(log.entries.at(-1)).toMatchObject({
      kind: "run",
      instance: "prom",
      outcome: "failed",
      reason: "interrupted",
      covered: [],
    });
    const verified = JSON.parse((await run(folder, "verify", "--json")).stdout) as { ok: boolean; size: number };
    expect(verified).toMatchObject({ ok: true, size: log.size });
    // Every line of the log is JSON, and names its run.
    const lines = stderr
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line) as Record<string, unknown>);
    const begun = lines.find(({ msg }) => msg === "run begins");
    expect(lines.find(({ outcome }) => outcome === "failed")).toMatchObject({ run: begun?.run, instance: "prom" });

    const status = await run(folder, "status");
    expect(status.stdout).toContain("The daemon");
    const listened = JSON.parse(await readFile(join(folder, "data/state/listening.json"), "utf8")) as {
      from: number;
      to: number;
    }[];
    expect(listened).toHaveLength(1);
    expect(listened[0]?.to).toBeGreaterThanOrEqual(signalled);
  });

  test("ends at once on a second signal", async () => {
    const { source, asked } = await hangingSource();
    const folder = await workspace(`collectors: [{ id: prom, use: alert-history/prometheus, url: "${source.url}" }]`);
    const daemon = custody(folder, "serve");
    await daemon.line("listens on");
    await asked;
    daemon.child.kill("SIGTERM");
    daemon.child.kill("SIGINT");
    const { code } = await daemon.ended;
    // The signals may come in either order; and the first may have been enough before the second arrived.
    expect([0, 130, 143]).toContain(code);
  });

  test("says that the port is taken, and what to do", async () => {
    const taken = createServer();
    await new Promise<void>((resolve) => taken.listen(0, "127.0.0.1", resolve));
    onTestFinished(() => void taken.close());
    const { port } = taken.address() as { port: number };
    const folder = await workspace("collectors: []");
    const path = join(folder, "custody.yaml");
    await writeFile(path, (await readFile(path, "utf8")).replace("127.0.0.1:0", `127.0.0.1:${port}`));
    const { code, stderr } = await run(folder, "serve");
    expect(code).toBe(2);
    expect(stderr).toContain(`the address 127.0.0.1:${port} is taken`);
    expect(stderr).toContain("portal: { listen: 127.0.0.1:PORT }");
  });

  test("stops with exit 4 and says so when the store contradicts what was signed", async () => {
    const folder = await workspace(`collectors: [{ id: jobs, use: cron-health/ping, token: "\${file:./token}" }]`);
    await writeFile(join(folder, "token"), "tok-4711-aBcDeFgH\n");
    const daemon = custody(folder, "serve");
    const url = urlIn(await daemon.line("listens on"));
    const post = () =>
      fetch(`${url}hooks/jobs/backup`, { method: "POST", headers: { authorization: "Bearer tok-4711-aBcDeFgH" } });
    const first = await post();
    expect(first.status).toBe(202);
    // Somebody writes into the place of the records to come.
    for (let index = 1; index < 20; index += 1) {
      const key = join(folder, "data/store/seq/00000000", String(index).padStart(12, "0"));
      await writeFile(key, "rubbish\n", { flag: "wx" }).catch(() => {});
    }
    // The daemon may find out by itself before it is asked; it never takes the message.
    const second = await post().catch(() => undefined);
    expect([503, undefined]).toContain(second?.status);
    const { code, stderr } = await daemon.ended;
    expect(code).toBe(4);
    expect(stderr).toContain("Nothing more is written");
    expect(stderr).not.toContain("tok-4711");
  });

  test("refuses a store that is none instead of waiting for it", async () => {
    const folder = await writeWorkspace("collectors: []");
    const { code, stderr } = await run(folder, "serve");
    expect([code, (await readdir(folder)).sort()]).toEqual([2, ["custody.yaml"]]);
    expect(stderr.split("\n")[0]).toMatch(/^custody: /);
  });
});

test("custody status tells from the ledger alone what ran, what is due and whether the daemon lives", async () => {
  const folder = await workspace(`collectors: [{ id: own, use: cron-health/custody, cadence: hourly }]`);
  const never = await run(folder, "status");
  expect([never.code, never.stdout]).toEqual([0, expect.stringContaining("The daemon has never run here")]);
  expect((await run(folder, "collect")).code).toBe(0);
  const daemon = custody(folder, "serve");
  await daemon.line("listens on");
  const { code, stdout } = await run(folder, "status");
  expect(code).toBe(0);
  expect(stdout).toMatch(
    /own \(cron-health\/custody\): up to date\n {2}last run .* UTC: collected\n {2}seen up to .* UTC\n/,
  );
  expect(stdout).toContain("The daemon is running.");
  const answer = JSON.parse((await run(folder, "status", "--json")).stdout) as {
    instances: { id: string; slots: object[] }[];
  };
  expect(answer.instances).toMatchObject([
    { id: "own", freshness: "current", lastRun: { outcome: "collected" }, openGaps: 0 },
  ]);
  expect(await readdir(join(folder, "data"))).not.toContain("index");
  daemon.child.kill("SIGTERM");
  expect((await daemon.ended).code).toBe(0);
});
