import { execFile } from "node:child_process";
import { readFile, writeFile } from "node:fs/promises";
import { request } from "node:http";
import { join } from "node:path";
import { promisify } from "node:util";
import { describe, expect, onTestFinished, test } from "vitest";
import { hookOf } from "../src/cli/hooks.ts";
import type { Custody } from "../src/custody.ts";
import { startRunning } from "../src/daemon/running.ts";
import { isKind } from "../src/evidence/entry.ts";
import { CustodyError } from "../src/lib/errors.ts";
import { FakeClock } from "./support/clock.ts";
import { describeWith } from "./support/tools.ts";
import { keptLog, newWorkspace } from "./support/workspace.ts";

const TOKEN = "tok-4711-aBcDeFgH";
const CONFIG = `
collectors:
  - { id: jobs, use: cron-health/ping, token: "\${file:./token}", jobs: [{ job: backup, every: daily }] }
  - { id: alerts, use: alert-history/alertmanager, url: http://127.0.0.1:9, token: "\${file:./token}" }
  - { id: closed, use: alert-history/alertmanager, url: http://127.0.0.1:9 }
  - { id: own, use: cron-health/custody }
`;

async function listening() {
  const clock = new FakeClock("2026-11-20T12:00:00.000Z");
  const custody = await newWorkspace(CONFIG, clock);
  await writeFile(join(custody.config.root, "token"), `${TOKEN}\n`);
  const log = keptLog();
  const running = await startRunning(custody, log);
  onTestFinished(() => running.stop());
  const post = (path: string, init: { token?: string | null; body?: string | Uint8Array; type?: string } = {}) =>
    fetch(`${running.url}${path}`, {
      method: "POST",
      headers: {
        ...(init.token === null ? {} : { authorization: `Bearer ${init.token ?? TOKEN}` }),
        ...(init.type === undefined ? {} : { "content-type": init.type }),
      },
      ...(init.body === undefined ? {} : { body: init.body }),
    });
  return { clock, custody, running, post, log };
}

async function intakes(custody: Custody) {
  const found = [];
  for await (const { entry } of (await custody.ledger()).read()) if (isKind(entry, "intake")) found.push(entry);
  return found;
}

describe("the inbox", () => {
  test("has a message in the ledger when it answers, and names its record", async () => {
    const { custody, post, clock } = await listening();
    const answer = await post("hooks/jobs/backup", { body: "42 files" });
    expect(answer.status).toBe(202);
    const { record } = (await answer.json()) as { record: number };
    const [entry] = await intakes(custody);
    expect(entry).toMatchObject({ index: record, instance: "jobs", received: new Date(clock.now()).toISOString() });
    const bytes = await (await custody.ledger()).blob(entry?.evidence[0]?.digest ?? "");
    expect(JSON.parse(Buffer.from(bytes ?? []).toString())).toMatchObject({
      job: "backup",
      signal: "success",
      output: "42 files",
    });
  });

  test("takes the report of a job that nobody expects, and says so to its sender", async () => {
    const { custody, post } = await listening();
    const answer = await post("hooks/jobs/bakcup/0");
    expect([answer.status, await answer.json()]).toEqual([
      202,
      expect.objectContaining({
        hint: 'no job "bakcup" is listed under `jobs`, so nobody misses its reports; did you mean "backup"?',
      }),
    ]);
    expect(await intakes(custody)).toHaveLength(1);
    expect(await (await post("hooks/jobs/backup")).json()).not.toHaveProperty("hint");
  });

  test("takes the same message once and answers a repetition with 200 and the first record", async () => {
    const { custody, post } = await listening();
    const body = await readFile(
      new URL("recordings/alertmanager/alertmanager-webhooks.jsonl", import.meta.url),
      "utf8",
    );
    const message = JSON.stringify(JSON.parse(body.split("\n")[0] ?? "").body ?? JSON.parse(body.split("\n")[0] ?? ""));
    const first = await post("hooks/alerts", { body: message, type: "application/json" });
    const again = await post("hooks/alerts/", { body: message, type: "text/plain" });
    expect([first.status, again.status]).toEqual([202, 200]);
    expect(((await again.json()) as { record: number }).record).toBe(
      ((await first.json()) as { record: number }).record,
    );
    expect(await intakes(custody)).toHaveLength(1);
  });

  test("answers 401 for a missing or wrong token, and takes nothing", async () => {
    const { custody, post } = await listening();
    for (const token of [null, "", "wrong", `${TOKEN}x`, TOKEN.slice(0, -1), TOKEN.toUpperCase()]) {
      const answer = await post("hooks/jobs/backup", { token });
      expect(answer.status).toBe(401);
      expect(answer.headers.get("www-authenticate")).toBe("Bearer");
      expect(await answer.text()).toBe("The token is missing or wrong.\n");
    }
    expect(await intakes(custody)).toHaveLength(0);
  });

  test("makes no difference between an unknown collector, one without an inbox and one whose inbox has no token", async () => {
    const { post } = await listening();
    const answers = await Promise.all(
      ["hooks/nobody/x", "hooks/own", "hooks/closed", "hooks/", "hooks/__proto__", "hooks/constructor/y"].map(
        async (path) => {
          const answer = await post(path, { body: "x" });
          return `${answer.status} ${await answer.text()}`;
        },
      ),
    );
    expect(new Set(answers)).toEqual(new Set(["404 There is no such inbox.\n"]));
  });

  test("refuses with 400 what its collector can never take, in plain words", async () => {
    const { post, custody } = await listening();
    const answer = await post("hooks/alerts", { body: "{}" });
    expect(answer.status).toBe(400);
    expect(answer.headers.get("content-type")).toBe("text/plain; charset=utf-8");
    expect(await answer.text()).toContain("expected a webhook message of Alertmanager");
    expect((await post("hooks/jobs/bad%20name")).status).toBe(400);
    expect((await post("hooks/jobs/backup/999")).status).toBe(400);
    expect(await intakes(custody)).toHaveLength(0);
  });

  test("decodes an address once and takes no segment that hides another", async () => {
    const { running, custody } = await listening();
    const { port } = new URL(running.url);
    for (const path of [
      "/hooks/jobs/a%2Fb",
      "/hooks/jobs/..%2f..%2fx",
      "/hooks/jobs/%00",
      "/hooks/jobs/%zz",
      "/hooks/jobs//backup",
      "/hooks/jobs/%252e%252e",
    ]) {
      // Not by fetch, which would tidy the address up.
      const status = await new Promise((resolve) => {
        request({ port, path, method: "POST", headers: { authorization: `Bearer ${TOKEN}` } }, (answer) =>
          resolve(answer.resume().statusCode),
        ).end();
      });
      expect([path, status]).toEqual([path, 400]);
    }
    expect(await intakes(custody)).toHaveLength(0);
  });

  test("takes 1 MiB whole and refuses more without reading it", async () => {
    const { post } = await listening();
    const big = Buffer.alloc(1024 * 1024, 0x61);
    expect((await post("hooks/jobs/backup", { body: big, type: "application/x-anything" })).status).toBe(202);
    const more = await post("hooks/jobs/backup", { body: Buffer.concat([big, Buffer.from("b")]) });
    expect(more.status).toBe(413);
    expect(await more.text()).toContain("1 MiB");
  });

  test("asks for a repetition with 503, never with 4xx, while the store or the token cannot be had", async () => {
    const { post, custody, log } = await listening();
    const ledger = await custody.ledger();
    const append = ledger.append.bind(ledger);
    for (const code of ["STORE_UNREACHABLE", "STORE_FULL"] as const) {
      ledger.append = () => Promise.reject(new CustodyError(code, "the store is away"));
      const answer = await post("hooks/jobs/backup");
      expect([answer.status, answer.headers.get("retry-after")]).toEqual([503, "15"]);
    }
    ledger.append = append;
    await writeFile(join(custody.config.root, "token"), "");
    expect((await post("hooks/jobs/backup")).status).toBe(503);
    expect(log.lines.filter(({ level }) => level === "error")).toHaveLength(3);
    expect(JSON.stringify(log.lines)).not.toContain(TOKEN);
  });

  test("answers anything but POST with 405", async () => {
    const { running } = await listening();
    const answer = await fetch(`${running.url}hooks/jobs/backup`);
    expect([answer.status, answer.headers.get("allow")]).toEqual([405, "POST"]);
  });
});

describeWith(["curl", "sh"], "the lines that `custody hooks` prints", () => {
  test("arrive as they are pasted into a shell, without the token in them", async () => {
    const { custody, running } = await listening();
    const { config } = custody;
    const listen = { host: "127.0.0.1", port: Number(new URL(running.url).port) };
    const [jobs] = config.instances;
    const hook = jobs && hookOf(jobs, { ...config, listen });
    const lines = hook?.lines.map(({ text }) => text) ?? [];
    expect(lines).toHaveLength(4);
    expect(lines.join("\n")).not.toContain(TOKEN);
    expect(lines.join("\n")).not.toContain("%");
    for (const line of lines) await promisify(execFile)("sh", ["-c", `true; ${line}`]);
    const signals = [];
    for (const entry of await intakes(custody)) {
      const bytes = await (await custody.ledger()).blob(entry.evidence[0]?.digest ?? "");
      const { job, signal, exitCode } = JSON.parse(Buffer.from(bytes ?? []).toString());
      signals.push([job, signal, exitCode]);
    }
    expect(signals).toEqual([
      ["backup", "start", undefined],
      ["backup", "success", undefined],
      ["backup", "fail", undefined],
      ["backup", "success", 0],
    ]);
  });
});

test("hooks names an environment variable, a file, and what is missing, and gives Alertmanager its receiver", async () => {
  const custody = await newWorkspace(
    `collectors:
  - { id: jobs, use: cron-health/ping, token: "\${env:CUSTODY_TEST_TOKEN_THAT_IS_NOT_SET}" }
  - { id: alerts, use: alert-history/alertmanager, url: http://127.0.0.1:9, token: "\${file:./to ken}" }
  - { id: closed, use: alert-history/alertmanager, url: http://127.0.0.1:9 }`,
    new FakeClock(),
  );
  await writeFile(join(custody.config.root, "to ken"), TOKEN);
  const [jobs, alerts, closed] = custody.config.instances.map((instance) => hookOf(instance, custody.config));
  expect(jobs?.lines[1]?.text).toContain('"Authorization: Bearer $CUSTODY_TEST_TOKEN_THAT_IS_NOT_SET"');
  expect(jobs?.trouble).toContain("CUSTODY_TEST_TOKEN_THAT_IS_NOT_SET");
  expect(alerts?.lines[0]?.text).toContain(`credentials_file: ${JSON.stringify(join(custody.config.root, "to ken"))}`);
  expect(alerts?.trouble).toBeUndefined();
  expect(closed).toMatchObject({ lines: [], trouble: expect.stringContaining("no token is configured") });
  expect(closed?.url).toBeUndefined();
});
