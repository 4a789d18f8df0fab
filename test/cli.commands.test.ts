import { execFileSync } from "node:child_process";
import { cp, mkdtemp, open, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { Cli, configuration, Workspace } from "./support/cli.ts";
import { beginInThePast } from "./support/past-workspace.ts";

const INCIDENTS = "- { id: incidents, use: incident-log/markdown, path: ./incidents }";
const RECORDED = resolve(import.meta.dirname, "recordings/markdown/company/incidents");

let cli: Cli;
beforeAll(async () => {
  cli = await Cli.resident("cli-commands");
});
afterAll(() => cli.close());

async function collected(): Promise<Workspace> {
  const workspace = await cli.workspace(configuration(INCIDENTS));
  await cp(RECORDED, workspace.path("incidents"), { recursive: true });
  expect((await workspace.run("collect")).code).toBe(0);
  return workspace;
}

const sha256 = (path: string) => execFileSync("sha256sum", [path], { encoding: "utf8" }).slice(0, 64);

describe("the command line itself", () => {
  test("explains itself, in words and with examples", async () => {
    const folder = await cli.place();
    const help = await cli.run(folder, ["--help"]);
    expect(help).toMatchObject({ code: 0, stderr: "" });
    for (const word of ["init", "collect", "upload", "verify", "report", "Exit codes: 0 done", "Examples:"]) {
      expect(help.stdout).toContain(word);
    }
    const collect = await cli.run(folder, ["collect", "--help"]);
    expect(collect.code).toBe(0);
    for (const flag of ["--from", "--to", "--backfill", "--dry-run", "--config", "--json"]) {
      expect(collect.stdout).toContain(flag);
    }
    expect((await cli.run(folder, ["--version"])).stdout).toMatch(/^custody\/\d+\.\d+\.\d+/);
  });

  test.each([
    [["frobnicate"], "unknown command 'frobnicate'"],
    [["colect"], "Did you mean collect?"],
    [["collect", "--form", "2026-01-01"], "Did you mean --from?"],
    [["show"], "missing required argument 'number'"],
    [["gap", "ack"], "missing required argument 'id'"],
    [["show", "x"], '"x" is neither the number of a record'],
    [["log", "-n", "many"], '"many" is neither'],
    [["collect"], "there is no configuration at"],
    [["verify", "/nonexistent"], "/nonexistent is not there, or may not be read"],
  ])("a mistake in %s is said in one line with exit 2, and as one object with --json", async (args, message) => {
    const folder = await cli.place();
    const plain = await cli.run(folder, args);
    expect(plain.code).toBe(2);
    expect(plain.stdout).toBe("");
    expect(plain.stderr).toContain(message);
    expect(plain.stderr).toMatch(/^custody: /);
    const asked = await cli.run(folder, [...args, "--json"]);
    expect(asked.code).toBe(2);
    expect(asked.json()).toMatchObject({ ok: false, error: { code: expect.any(String), message: expect.any(String) } });
  });

  test("nobody reading to the end is no error", async () => {
    const workspace = await collected();
    const child = cli.start(workspace.folder, ["log", "-n", "100000"]);
    child.stdout.destroy();
    let stderr = "";
    child.stderr.on("data", (text) => {
      stderr += String(text);
    });
    expect(await new Promise((done) => child.once("close", done))).toBe(0);
    expect(stderr).toBe("");
  });

  test("the configuration may be named by flag and by environment, from anywhere", async () => {
    const workspace = await collected();
    const elsewhere = await cli.place();
    expect((await cli.run(elsewhere, ["-c", workspace.path("custody.yaml"), "log"])).code).toBe(0);
    const env = { CUSTODY_CONFIG: workspace.path("custody.yaml") };
    expect((await cli.run(elsewhere, ["log"], { env })).code).toBe(0);
  });
});

describe("upload", () => {
  test("of 200 MB is streamed in little memory, signed, and named as sha256sum names it", async () => {
    const workspace = await cli.workspace();
    const path = workspace.path("trace.bin");
    const file = await open(path, "w");
    const block = Buffer.alloc(8 * 1024 * 1024);
    for (let i = 0; i < 25; i += 1) await file.write(block.fill(i));
    await file.close();
    // The memory of a process of its own is what counts.
    const alone = (...args: string[]) => cli.run(workspace.folder, args, { apart: true });
    const done = await alone("upload", "trace.bin", "--control", "A.5.28", "--reason", "disk image", "--json");
    expect(done.code, done.all).toBe(0);
    expect(done.peak).toBeLessThan(200);
    const { evidence } = done.json<{ evidence: { digest: string; size: number }[] }>();
    expect(evidence).toMatchObject([{ digest: sha256(path), size: 25 * block.length }]);

    const digest = evidence[0]?.digest ?? "";
    const got = await alone("get", digest, "--out", "back.bin");
    expect(got.code, got.all).toBe(0);
    expect(got.peak).toBeLessThan(200);
    expect(sha256(workspace.path("back.bin"))).toBe(digest);
    expect((await workspace.run("prove", digest)).stdout).toContain("c2sp.org/tlog-proof@v1");
    await workspace.verified();
  }, 60_000);

  test("says everything that is wrong at once, and uploads nothing", async () => {
    const workspace = await cli.workspace();
    await workspace.write("there.txt", "x");
    const none = await workspace.run("upload", "there.txt", "absent.txt", "data", "--captured-at", "yesterday");
    expect(none.code).toBe(2);
    for (const message of [
      "--control is missing",
      "--reason is missing",
      "absent.txt: no such file",
      "data: not a file",
      '--captured-at: "yesterday" is neither a day',
      "Nothing was uploaded.",
    ]) {
      expect(none.stderr).toContain(message);
    }
    const odd = await workspace.run(
      ...["upload", "there.txt", "--control", "A.9.99", "--reason", "x", "--incident", "two words"],
      ...["--captured-at", "2100-01-01"],
    );
    expect(odd.code).toBe(2);
    expect(odd.stderr).toContain("there is no control A.9.99; known are A.5.24");
    expect(odd.stderr).toContain("--incident: expected the number of an incident");
    expect(odd.stderr).toContain("--captured-at 2100-01-01 is still to come");
    expect(await workspace.entries()).toHaveLength(2);
  });

  test("takes flags in any order and several controls; the file is never taken for a control", async () => {
    const workspace = await cli.workspace();
    await workspace.write("minutes.pdf", "%PDF-1.7");
    const done = await workspace.run(
      ...["upload", "--reason", "review", "--control", "A.5.27", "--control", "A.5.24", "minutes.pdf"],
      ...["--incident", "INC-2026-014", "--captured-at", "2026-11-20T14:00:00+01:00", "--source", "video call"],
    );
    expect(done.code, done.all).toBe(0);
    expect((await workspace.entries()).at(-1)).toMatchObject({
      kind: "upload",
      controls: ["A.5.27", "A.5.24"],
      incident: "INC-2026-014",
      captured: "2026-11-20T13:00:00.000Z",
      actor: { type: "person", auth: "unauthenticated" },
      evidence: [{ mediaType: "application/pdf" }],
    });
  });

  test("names nobody: the person is an ID, the same one again", async () => {
    const workspace = await cli.workspace();
    await workspace.write("a.txt", "a");
    await workspace.write("b.txt", "b");
    for (const name of ["a.txt", "b.txt"]) await workspace.run("upload", name, "--control", "A.5.28", "--reason", "x");
    const entries = await workspace.entries();
    expect(JSON.stringify(entries)).not.toContain("tester");
    const people = entries.filter(({ kind }) => kind === "upload").map(({ actor }) => (actor as { id: string }).id);
    expect(new Set(people).size).toBe(1);
    expect(entries.filter(({ kind }) => kind === "identity")).toHaveLength(1);
  });
});

describe("import", () => {
  test("takes in earlier records, shown apart, and again adds nothing", async () => {
    const workspace = await cli.workspace(configuration(INCIDENTS));
    const first = await workspace.run("import", RECORDED, "--as", "incidents", "--json");
    expect(first.code, first.all).toBe(0);
    expect(first.json()).toMatchObject({ ok: true, repeated: false, facts: expect.any(Number) });
    const { size } = await workspace.verified();
    const again = await workspace.run("import", RECORDED, "--as", "incidents");
    expect(again.code).toBe(0);
    expect(again.stdout).toContain("were imported before, as record");
    expect((await workspace.verified()).size).toBe(size);
    // No slot is covered by it, and nothing is as fresh as if it had been collected.
    const { verdicts } = (await workspace.run("verify", "--json")).json<{
      verdicts: { freshness: { word: string } };
    }>();
    expect(verdicts.freshness.word).toBe("never");
    expect((await workspace.entries()).filter(({ kind }) => kind === "import")).toHaveLength(1);
  });

  test.each([
    [["import", "absent", "--as", "incidents"], "absent: no such file or folder"],
    [["import", "."], "--as is missing"],
    [["import", ".", "--as", "incident"], 'did you mean "incidents"?'],
    [["import", ".", "--as", "own"], "does not read files"],
  ])("%s is refused, and nothing is imported", async (args, message) => {
    const workspace = await cli.workspace(configuration(`${INCIDENTS}\n- { id: own, use: cron-health/custody }`));
    const done = await workspace.run(...args);
    expect(done.code, done.all).toBe(2);
    expect(done.stderr).toContain(message);
    expect(await workspace.entries()).toHaveLength(2);
  });
});

describe("plans", () => {
  test("pause, resume and retire are records, need a reason, and act from now on", async () => {
    const workspace = await collected();
    for (const [args, message] of [
      [["pause", "incidents"], "pause needs --reason"],
      [["pause", "incident", "--reason", "x"], 'there is no collector "incident"; did you mean "incidents"?'],
      [["pause", "incidents", "--reason", "x", "--until", "2020-01-01"], "has passed already"],
      [["retire", "incidents"], "retire needs --reason"],
      [["resume", "incidents"], "incidents is expected already"],
    ] as const) {
      const refused = await workspace.run(...args);
      expect(refused.code, refused.all).toBe(2);
      expect(refused.stderr).toContain(message);
    }
    const paused = await workspace.run("pause", "incidents", "--reason", "moving house", "--until", "2100-01-01");
    expect(paused.code, paused.all).toBe(0);
    expect(paused.stdout).toContain("until 1 Jan 2100");
    expect((await workspace.run("collect")).stdout).toContain("paused or retired");
    expect((await workspace.run("resume", "incidents", "--json")).json()).toMatchObject({ ok: true });
    expect((await workspace.run("collect")).stdout).toMatch(/^collected/);
    expect((await workspace.run("retire", "incidents", "--reason", "now in the ticket system")).code).toBe(0);
    const plans = (await workspace.entries()).filter(({ kind }) => kind === "plan");
    expect(plans.map(({ action }) => action)).toEqual(["pause", "resume", "retire"]);
    // The reason is free text: it is kept beside the log, not in it.
    expect(JSON.stringify(plans)).not.toContain("moving house");
    await workspace.verified();
  });
});

describe("gaps", () => {
  let workspace: Workspace;
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "custody-gaps-"));
    workspace = new Workspace(cli, folder);
    await workspace.configure(INCIDENTS.replace("path:", "cadence: daily, grace: 1h, path:"));
    await cp(RECORDED, workspace.path("incidents"), { recursive: true });
    await beginInThePast(folder, 6);
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  test("are listed with what can be done, seen, accepted with an end, and closed late", async () => {
    const listed = await workspace.run("gaps");
    expect(listed.code).toBe(0);
    expect(listed.stdout).toMatch(/^gap-[0-9a-f]{12} +open +incidents was not completely collected/m);
    expect(listed.stdout).toContain("1 gap, 1 of them open.");
    const [gap] = (await workspace.run("gaps", "--json")).json<{
      gaps: { id: string; from: string; slots: unknown[] }[];
    }>().gaps;
    expect(gap?.slots.length).toBeGreaterThanOrEqual(5);
    const id = gap?.id ?? "";
    expect((await workspace.run("gaps", "--fail-on-gaps")).code).toBe(1);

    // A backfill of one day says what it leaves.
    const first = gap?.from ?? "";
    const next = new Date(Date.parse(first) + 86_400_000).toISOString();
    const one = await workspace.run("collect", "incidents", "--backfill", "--from", first, "--to", next);
    expect(one.stdout).toMatch(/^incidents: [4-6] periods still missing: .* to .*; `custody gaps` lists them\.$/m);

    expect((await workspace.run("gap", "ack", "gap-nonsense")).code).toBe(2);
    const before = (await workspace.entries()).length;
    for (const flags of [
      [],
      ["--until", "2100-01-01"],
      ["--reason", "x"],
      ["--reason", "x", "--until", "2020-01-01"],
    ]) {
      expect((await workspace.run("gap", "accept", id, ...flags)).code).toBe(2);
    }
    expect((await workspace.entries()).length).toBeLessThanOrEqual(before + 1);
    const seen = await workspace.run("gap", "ack", id, "--reason", "was on leave");
    expect(seen.code, seen.all).toBe(0);
    expect(seen.stdout).toContain("counts as no sign-off");
    const accepted = await workspace.run("gap", "accept", id, "--until", "2100-01-01", "--reason", "laptop was away");
    expect(accepted.code, accepted.all).toBe(0);
    expect(accepted.stdout).toMatch(/^That is for .* \(\d periods\)\. What is missing after it is another gap/m);
    expect((await workspace.run("gaps")).stdout).toMatch(/accepted +incidents .*Accepted until the end of 1 Jan 2100/);
    expect((await workspace.run("gaps", "--fail-on-gaps")).code).toBe(0);

    const caughtUp = await workspace.run("collect", "--json");
    expect(caughtUp.code, caughtUp.all).toBe(0);
    expect((await workspace.run("gaps")).stdout).toMatch(/closed-late +incidents .*stays marked as late/);
    const actions = (await workspace.entries()).filter(({ kind }) => kind === "gap").map(({ action }) => action);
    expect(actions).toEqual(["open", "acknowledge", "accept", "close-late"]);
    await workspace.verified();
  }, 60_000);

  test("verify tells holes from everything else", async () => {
    const done = await workspace.run("verify", "--require", "completeness", "--json");
    expect(done.json()).toMatchObject({ ok: true });
    expect([0, 1]).toContain(done.code);
  });
});
