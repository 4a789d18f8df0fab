import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { readFile, rm } from "node:fs/promises";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { dispose as disposeOf } from "../src/acts/disposing.ts";
import { systemClock } from "../src/lib/clock.ts";
import { Cli, configuration, SECRETS, Workspace } from "./support/cli.ts";
import { FakeClock } from "./support/clock.ts";
import { beginInThePast } from "./support/past-workspace.ts";
import { startS3Server } from "./support/s3-server.ts";
import { newWorkspace } from "./support/workspace.ts";

let cli: Cli;
beforeAll(async () => {
  cli = await Cli.resident("cli-dispose");
});
afterAll(() => cli.close());

const INCIDENTS = "- { id: incidents, use: incident-log/markdown, path: ./incidents }";
const incident = (id: string, text: string) => `---
id: ${id}
title: ${id}
severity: high
detected: 2026-11-02T08:00:00+01:00
---
${text}
`;
const digestOf = (text: string) => createHash("sha256").update(text).digest("hex");
const CAUSE = ["--authority", "dpo", "--reason", "order"];

async function collected(more = ""): Promise<{ workspace: Workspace; one: string; two: string }> {
  const workspace = await cli.workspace(configuration(INCIDENTS, more));
  const [one, two] = [incident("INC-1", "one"), incident("INC-2", "two")];
  await workspace.write("incidents/INC-1.md", one);
  await workspace.write("incidents/INC-2.md", two);
  expect((await workspace.run("collect")).code).toBe(0);
  return { workspace, one: digestOf(one), two: digestOf(two) };
}

async function uploaded(workspace: Workspace, text: string): Promise<string> {
  await workspace.write("note.txt", text);
  const done = await workspace.run("upload", "note.txt", "--control", "A.5.27", "--reason", "because", "--json");
  expect(done.code, done.all).toBe(0);
  return digestOf(text);
}

const isThere = (workspace: Workspace, digest: string) =>
  existsSync(workspace.path("data/store/blob/sha256", digest.slice(0, 2), digest));

describe("custody dispose", () => {
  test("says everything that is wrong with how it is asked, and does nothing", async () => {
    const { workspace, one } = await collected();
    const size = (await workspace.verified()).size;
    for (const [args, why] of [
      [[], "expected digests of evidence files, or --due, or --unfinished"],
      [["xyz", ...CAUSE], "is not a SHA-256"],
      [["0".repeat(64), ...CAUSE], "no record names an evidence file"],
      [[one], "--authority: by whose decision"],
      [[one, "--authority", "dpo"], "--reason: why"],
      [[one, "--authority", "Dr. Anna Muster", "--reason", "order"], "no names, they could never be removed"],
      [[one, "--authority", "dpo", "--reason", "bored"], "--reason: expected one of retention, erasure-request"],
      [[one, "--due", ...CAUSE], "expected digests of evidence files, or --due, or --unfinished"],
      [[one, "--mistake"], "only what one upload alone names"],
    ] as const) {
      const done = await workspace.run("dispose", ...args);
      expect(done.code, done.all).toBe(2);
      expect(done.stderr).toContain(why);
    }
    const config = (await workspace.entries()).find(({ kind }) => kind === "config") as { config: { digest: string } };
    const structural = await workspace.run("dispose", config.config.digest, ...CAUSE);
    expect(structural.stderr).toContain("a configuration or catalogue, by which is known what was expected (record 1)");
    expect((await workspace.verified()).size).toBe(size);
    expect(isThere(workspace, one)).toBe(true);
  }, 120_000);

  test("a hold forbids it, by any of its ways, until it is released", async () => {
    const { workspace, one, two } = await collected();
    const ways: (readonly string[])[] = [["--incident", "INC-1"], []];
    for (const [i, way] of ways.entries()) {
      const id = `hold-${i}`;
      const placed = await workspace.run("hold", "place", id, "--authority", "court/1", "--note", "keep", ...way);
      expect(placed.code, placed.all).toBe(0);
      expect(placed.stdout).toContain(i === 0 ? "It covers one evidence file so far" : "evidence files so far");
      const refused = await workspace.run("dispose", one, ...CAUSE);
      expect(refused.code, refused.all).toBe(2);
      expect(refused.stderr).toContain(`${one} is under the hold ${id}`);
      expect((await workspace.run("hold", "release", id, "--authority", "court/2")).code).toBe(0);
    }
    expect((await workspace.run("hold", "release", "hold-0", "--authority", "x")).stderr).toContain(
      "no hold hold-0 in force",
    );
    const early = await workspace.run(
      "hold",
      "place",
      "early",
      "--authority",
      "court/1",
      "--note",
      "soon",
      "--incident",
      "INC-999",
    );
    expect([early.code, early.stdout]).toEqual([0, expect.stringContaining("covers nothing so far")]);
    await workspace.run("hold", "release", "early", "--authority", "court/1");
    const none = await workspace.run("hold", "list");
    expect(none.stdout).toMatch(/hold-0 {2}released .*\n[\s\S]*No hold is in force/);
    expect((await workspace.run("hold", "place", "hold-0", "--authority", "court/1")).stderr).toContain(
      "was used before",
    );
    expect((await workspace.run("hold", "release", "hold-0")).stderr).toContain("--authority is missing");
    await workspace.run("hold", "place", "other", "--authority", "court/1", "--incident", "INC-2");
    expect((await workspace.run("dispose", one, ...CAUSE)).code).toBe(0);
    expect((await workspace.run("dispose", two, ...CAUSE)).code).toBe(2);
    expect((await workspace.run("hold", "place", "x", "--authority", "c", "--digest", "0".repeat(64))).code).toBe(2);
    expect((await workspace.run("hold", "place", "x", "--authority", "c", "--collector", "incident")).stderr).toContain(
      "incidents",
    );
    await workspace.verified();
  }, 120_000);

  test("an upload by mistake goes with its name and its reason, and counts as deleted in the report", async () => {
    const { workspace } = await collected();
    const digest = await uploaded(workspace, "private letter");
    const done = await workspace.run("dispose", digest, "--mistake", "--json");
    expect(done.code, done.all).toBe(0);
    expect(done.json<{ files: unknown[] }>().files).toHaveLength(2);
    expect(isThere(workspace, digest)).toBe(false);
    const entries = await workspace.entries();
    const disposal = entries.at(-1) as { reason: string; authority: string; actor: { id: string }; items: unknown[] };
    expect(disposal).toMatchObject({ kind: "disposal", reason: "mistake", authority: disposal.actor.id });
    await workspace.verified();
    expect((await workspace.run("report", "--period", "2026", "--out", "r.json")).code).toBe(0);
    const report = JSON.parse(await readFile(workspace.path("r.json"), "utf8")) as {
      uploads: { files: { name: string }[]; reason: null }[];
      disposed: { files: number; reasons: unknown[] };
    };
    expect(report.uploads).toMatchObject([{ reason: null, files: [{ name: "(name disposed of)" }] }]);
    expect(report.disposed).toMatchObject({ files: 1, reasons: [{ reason: "mistake", files: 1 }] });
    expect((await workspace.run("report", "--period", "2026", "--out", "r.pdf")).code).toBe(0);
    const upload = entries.find(({ kind }) => kind === "upload") as { index: number };
    expect((await workspace.run("show", String(upload.index))).stdout).toContain(
      `${digest} was disposed of on ${new Date(systemClock.now()).toISOString().slice(0, 10)}`,
    );
    // The same bytes may be handed in again: they are new evidence, and must be there.
    await uploaded(workspace, "private letter");
    expect(isThere(workspace, digest)).toBe(true);
    expect((await workspace.run("get", digest)).stdout).toBe("private letter");
    await workspace.verified();
    await rm(workspace.path("data/store/blob/sha256", digest.slice(0, 2), digest));
    const broken = await workspace.run("verify", "--json");
    expect(broken.code).toBe(1);
    expect(broken.json<{ findings: { code: string }[] }>().findings).toMatchObject([{ code: "blob-missing" }]);
  }, 120_000);

  test("what the source still has comes back with the next run, as was said", async () => {
    const { workspace, one } = await collected();
    const done = await workspace.run("dispose", one, ...CAUSE);
    expect(done.stdout).toContain("The newest run of incidents still found it at the source");
    expect(isThere(workspace, one)).toBe(false);
    expect((await workspace.run("collect")).code).toBe(0);
    expect(isThere(workspace, one)).toBe(true);
    const verified = await workspace.verified();
    expect(verified.findings).toEqual([]);
    // Now it is evidence anew, and can be disposed of anew.
    await rm(workspace.path("incidents/INC-1.md"));
    expect((await workspace.run("collect")).code).toBe(0);
    const again = await workspace.run("dispose", one, ...CAUSE);
    expect(again.stdout).not.toContain("still found it at the source");
    expect(isThere(workspace, one)).toBe(false);
    await workspace.verified();
  }, 120_000);

  test("what is past its time is listed and disposed of together, but what is held", async () => {
    const folder = await cli.place();
    const workspace = new Workspace(cli, folder);
    await workspace.configure(INCIDENTS, "retention:\n  - { family: incident-log, keep: 400d }\n");
    for (const id of ["INC-1", "INC-2"]) await workspace.write(`incidents/${id}.md`, incident(id, "old"));
    await beginInThePast(folder, 500);
    const [one, two] = [digestOf(incident("INC-1", "old")), digestOf(incident("INC-2", "old"))];
    const listed = (await workspace.run("retention", "--json")).json<{ due: { digest: string }[]; files: number }>();
    expect(listed.due.map(({ digest }) => digest)).toEqual(expect.arrayContaining([one, two]));
    expect(isThere(workspace, one)).toBe(true);
    await workspace.run("hold", "place", "h", "--authority", "court", "--digest", two);
    expect((await workspace.run("retention")).stdout).toMatch(new RegExp(`${two}.*stays: hold h`));
    const done = await workspace.run("dispose", "--due", "--authority", "policy", "--json");
    expect(done.code, done.all).toBe(0);
    expect([isThere(workspace, one), isThere(workspace, two)]).toEqual([false, true]);
    expect((await workspace.entries()).at(-1)).toMatchObject({
      kind: "disposal",
      reason: "retention",
      authority: "policy",
    });
    await workspace.verified();
    await workspace.run("hold", "release", "h", "--authority", "court");
    expect((await workspace.run("dispose", "--due", "--authority", "policy")).code).toBe(0);
    expect(isThere(workspace, two)).toBe(false);
    expect((await workspace.run("retention")).stdout).toContain("Nothing is past the time");
    expect((await workspace.run("dispose", "--due", "--authority", "policy")).stdout).toContain(
      "nothing to dispose of",
    );
    await workspace.verified();
  }, 120_000);
});

test("one that is stopped between its record and its deletion is finished by doing it again", async () => {
  const clock = new FakeClock(Date.parse("2026-11-20T10:00Z"));
  const custody = await newWorkspace(`collectors:\n  ${INCIDENTS}\n`, clock, { index: "./data/index" });
  const ledger = await custody.ledger();
  const evidence = await ledger.put(new TextEncoder().encode("x"), "text/plain");
  const manifest = await ledger.put(new TextEncoder().encode("{}"), "application/json");
  const actor = { type: "person", id: "p-1" };
  await ledger.append([{ kind: "upload", actor, evidence: [evidence], controls: ["A.5.27"], manifest }]);
  const ask = {
    digests: [evidence.digest],
    due: false,
    unfinished: false,
    contents: false,
    lists: false,
    mistake: false,
  };
  const cause = { reason: "order", authority: "dpo", note: undefined } as const;
  const stop = (text: string) => {
    if (text.startsWith("deleting")) throw new Error("killed");
  };
  await expect(disposeOf(custody, { ...ask, ...cause }, stop)).rejects.toThrow("killed");
  const { verifyLedger } = await import("../src/verify/verify.ts");
  const verify = async () => verifyLedger(await custody.store(), { keys: [await custody.pinnedKey()] });
  const between = await verify();
  expect(between.ok).toBe(true);
  expect(between.disposed).toMatchObject([{ digest: evidence.digest, remains: true }]);
  expect(between.verdicts.integrity.reason).toContain(
    "1 is to be deleted lawfully and still there (deletion not finished)",
  );

  // A hold that came in between still stops the deletion.
  const hold = { kind: "hold", actor, hold: "h", authority: "court" } as const;
  await ledger.append([{ ...hold, action: "place" }]);
  const nothing = { reason: undefined, authority: undefined, note: undefined };
  await expect(disposeOf(custody, { ...ask, ...nothing }, () => {})).rejects.toThrow("under the hold h");
  await ledger.append([{ ...hold, action: "release" }]);

  const size = ledger.size;
  const finished = await disposeOf(custody, { ...ask, ...nothing, digests: [], unfinished: true }, () => {});
  expect(finished).toMatchObject({ records: [], files: [{ digest: evidence.digest, deleted: 1, left: [] }] });
  expect(ledger.size).toBe(size);
  const after = await verify();
  expect(after.ok).toBe(true);
  expect(after.disposed[0]?.remains).toBeUndefined();
  expect(await disposeOf(custody, { ...ask, ...nothing }, () => {})).toMatchObject({
    records: [],
    files: [{ deleted: 0, left: [] }],
  });
});

test("a bucket needs a credential of its own for it, and Object Lock wins", async () => {
  const server = await startS3Server({
    credentials: { accessKeyId: SECRETS.accessKey, secretAccessKey: SECRETS.secretKey },
  });
  onTestFinished(() => server.stop());
  const env = { S3_ACCESS: SECRETS.accessKey, S3_SECRET: SECRETS.secretKey };
  const keys = `accessKey: "\${env:S3_ACCESS}", secretKey: "\${env:S3_SECRET}"`;
  const store = (more = "") => `{ bucket: evidence, endpoint: "${server.endpoint}", ${keys}${more} }`;
  const configure = (lock: string, disposal: string) =>
    `organisation: { name: A, zone: UTC }\nstore: ${store(lock)}\n${disposal}collectors:\n  ${INCIDENTS}\n`;
  const folder = await cli.place();
  const workspace = new Workspace(cli, folder);
  const run = (...args: string[]) => cli.run(folder, args, { env, limit: 120_000 });
  const locked = ", lock: { mode: governance, days: 30 }";
  await workspace.write("custody.yaml", configure(locked, ""));
  expect((await run("init", "--create-bucket")).code).toBe(0);
  await workspace.write("letter.txt", "a letter");
  expect((await run("upload", "letter.txt", "--control", "A.5.27", "--reason", "because")).code).toBe(0);
  const digest = digestOf("a letter");

  const without = await run("dispose", digest, ...CAUSE);
  expect(without.code).toBe(2);
  expect(without.stderr).toContain("there is no credential that may delete in it");

  await workspace.write("custody.yaml", configure(locked, `disposal: { ${keys} }\n`));
  const refused = await run("dispose", digest, ...CAUSE);
  expect(refused.code, refused.all).toBe(3);
  const until = new Date(Date.now() + 30 * 86_400_000).toISOString().slice(0, 10);
  expect(refused.stdout).toContain(`forbids to delete it before ${until} (Object Lock)`);
  const verified = await run("verify");
  expect(verified.code, verified.all).toBe(0);
  expect(verified.stdout).toContain("it is still there, the deletion is not finished");

  // What is not locked goes, with every version.
  await workspace.write("custody.yaml", configure("", `disposal: { ${keys} }\n`));
  await workspace.write("second.txt", "a second letter");
  expect((await run("upload", "second.txt", "--control", "A.5.27", "--reason", "because")).code).toBe(0);
  const second = await run("dispose", digestOf("a second letter"), "--mistake");
  expect(second.code, second.all).toBe(0);
  expect(second.stdout).toMatch(/deleted +15 bytes/);
  expect((await run("verify")).stdout).toContain("was disposed of on");
}, 240_000);
