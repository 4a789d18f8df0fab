import { createHash } from "node:crypto";
import { readFile, rm } from "node:fs/promises";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { ReportModel } from "../src/report/shape.ts";
import { Cli, configuration } from "./support/cli.ts";

let cli: Cli;
beforeAll(async () => {
  cli = await Cli.resident("cli-report");
});
afterAll(() => cli.close());

const record = (id: string, time: string) =>
  `---\nid: ${id}\ntitle: ${id}\nseverity: high\n${time}\n---\ntext of ${id}\n`;

test("a report tells what was kept, deleted, removed at the source and signed by which key, and warns of a period nobody watched", async () => {
  const workspace = await cli.workspace(
    configuration("- { id: incidents, use: incident-log/markdown, path: ./incidents }"),
  );
  const ok = async (...args: string[]) => {
    const done = await workspace.run(...args);
    expect(done.code, done.all).toBe(0);
    return done;
  };
  const report = async (period: string) => {
    const done = await ok("report", "--period", period, "--out", `${period}.json`);
    const model = JSON.parse(await readFile(workspace.path(`${period}.json`), "utf8")) as ReportModel;
    return { model, stderr: done.stderr };
  };
  const year = String(new Date().getFullYear());
  const noticed = `detected: ${new Date(Date.now() - 86_400_000).toISOString()}`;
  const secret = record("INC-3", noticed);
  await workspace.write("incidents/INC-1.md", record("INC-1", noticed));
  await workspace.write("incidents/INC-2.md", record("INC-2", noticed));
  await workspace.write("incidents/INC-3.md", secret);
  await workspace.write("incidents/INC-9.md", record("INC-9", noticed.replace("detected", "resolved")));
  await ok("collect");
  await rm(workspace.path("incidents/INC-2.md"));
  await rm(workspace.path("incidents/INC-3.md"));
  await ok("collect");
  await ok("hold", "place", "case-7", "--authority", "legal", "--incident", "INC-1");
  await ok("dispose", createHash("sha256").update(secret).digest("hex"), "--authority", "dpo", "--reason", "order");
  const before = (await ok("keys", "list")).all;
  await ok("keys", "rotate");

  const { model, stderr } = await report(year);
  const { keys, vkey } = model.ledger;
  const entries = await workspace.entries();
  const indexOf = (kind: string) => entries.findIndex((entry) => entry.kind === kind);
  expect(model.verification?.ok).toBe(true);
  expect(stderr).not.toContain("watched");
  expect(keys.map(({ entry, introducedBy }) => [entry, introducedBy])).toEqual([
    [0, []],
    [indexOf("key"), [keys[0]?.keyId]],
  ]);
  expect(keys[1]?.vkey).toBe(vkey);
  expect(before).toContain(keys[0]?.keyId);
  expect(model.erased.incidents).toEqual({ files: 1, entries: [indexOf("disposal")] });
  expect(model.holds.map(({ id, entry, authority, incident }) => [id, entry, authority, incident])).toEqual([
    ["case-7", indexOf("hold"), "legal", "INC-1"],
  ]);
  const requirement = model.controls.flatMap((c) => c.requirements).find(({ id }) => id === "a528.hold.active");
  expect([requirement?.result, requirement?.entries]).toEqual(["indeterminate", [indexOf("hold")]]);
  const runs = entries.flatMap((entry, i) => (entry.kind === "run" ? [i] : []));
  expect(model.incidents.rows.map(({ id, goneSince }) => [id, goneSince]).sort()).toEqual([
    ["INC-1", null],
    ["INC-2", runs[1]],
    ["INC-9", null],
  ]);
  expect(model.cover.watched).toBe("some");

  const past = await report("2019");
  expect(past.model.incidents.rows).toEqual([]);
  expect(past.stderr).toContain("nothing was watched in 2019");
  const future = await report(`${Number(year) + 5}`);
  expect(future.model.incidents.rows).toEqual([]);
  expect(future.stderr).toContain("begins after the last record of the log");
}, 120_000);
