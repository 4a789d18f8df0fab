import { execFile, execFileSync } from "node:child_process";
import { watch } from "node:fs";
import { cp, mkdtemp, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { Cli, Workspace } from "./support/cli.ts";
import { temporaryFolder } from "./support/ledger.ts";
import { unpacked } from "./support/pack.ts";
import { beginInThePast } from "./support/past-workspace.ts";
import { describeWith } from "./support/tools.ts";

const INCIDENTS = "- { id: incidents, use: incident-log/markdown, path: ./incidents }";
const RECORDED = resolve(import.meta.dirname, "recordings/markdown/company/incidents");
// Some tests run the program many times over.
vi.setConfig({ testTimeout: 120_000 });
const DAY = 86_400_000;
const day = (ago: number) => new Date(Date.now() - ago * DAY).toISOString().slice(0, 10);
/** Contains the day on which the log began, and today. */
const PERIOD = `${day(3)}..${day(0)}`;

interface Answer {
  readonly ok: boolean;
  readonly out: string;
  readonly digest: string;
  readonly size: number;
  readonly root: string;
  readonly key: string;
  readonly evidence: number;
  readonly withheld: number;
  readonly logged: boolean;
}

let cli: Cli;
beforeAll(async () => {
  cli = await Cli.resident("cli-export");
  // What is shipped beside the code, for packs.
}, 120_000);
afterAll(() => cli.close());

/** Resolves when any file is made in the folder from now on. */
const appears = (folder: string) =>
  new Promise<void>((seen) => {
    const watcher = watch(folder, () => {
      watcher.close();
      seen();
    }).unref();
  });

const sum = (path: string) => execFileSync("sha256sum", [path], { encoding: "utf8" }).slice(0, 64);

describeWith(["unzip", "sha256sum"], "custody export", () => {
  let workspace: Workspace;
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "custody-export-"));
    workspace = new Workspace(cli, folder);
    await workspace.configure(INCIDENTS);
    await cp(RECORDED, workspace.path("incidents"), { recursive: true });
    await beginInThePast(folder, 2);
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  test("writes a pack that sha256sum and our own verifier find good, and notes it in the log", async () => {
    const done = await workspace.run("export", "--period", PERIOD, "--out", "pack.zip", "--json");
    expect(done.code).toBe(0);
    const answer = done.json<Answer>();
    expect(answer).toMatchObject({ ok: true, out: workspace.path("pack.zip"), withheld: 0, logged: true });
    expect(answer.digest).toBe(sum(answer.out));
    expect(answer.evidence).toBeGreaterThan(0);
    const made = await unpacked(answer.out);
    execFileSync("sha256sum", ["--check", "--strict", "--quiet", "SHA256SUMS"], { cwd: made.folder });
    const kinds = (await workspace.entries()).slice(-3).map((entry) => entry.kind);
    expect(kinds.sort()).toEqual(["access", "head", "report"]);
    await workspace.verified();
  });

  test("tells in plain words what is in it and what to send to the auditor", async () => {
    const done = await workspace.run("export", "--period", PERIOD, "--out", "words.zip");
    expect(done.code).toBe(0);
    expect(done.stdout).toMatch(/^words\.zip: \d+ bytes; \d+ records, \d+ evidence files, \d+ receipts/);
    expect(done.stdout).toMatch(/^Head \d+:[A-Za-z0-9+/]{43}=$/m);
    expect(done.stdout).toContain(await readFile(workspace.path("ledger.vkey"), "utf8"));
    // The record that names the report is not in the pack: its receipt proves the report beside it.
    const [, record = ""] = /custody prove (\d+) --out words\.receipt$/m.exec(done.stdout) ?? [];
    const receipt = await workspace.run("prove", record, "--out", "words.receipt");
    expect([receipt.code, receipt.stderr]).toEqual([0, ""]);
    const made = await unpacked(workspace.path("words.zip"));
    const [pdf = ""] = (await readdir(join(made.folder, "report"))).filter((name) => name.endsWith(".pdf"));
    const report = sum(join(made.folder, "report", pdf));
    expect((await workspace.entries())[Number(record)]).toMatchObject({
      kind: "report",
      files: expect.arrayContaining([{ form: "pdf", sha256: report }]),
    });
    const checked = await workspace.run("verify", "words.receipt", "--key", "ledger.vkey");
    expect(checked.code, checked.all).toBe(0);
  });

  test("of one size is the same in any time zone and locale, run after run", async () => {
    const first = (await workspace.run("export", "--period", PERIOD, "--out", "one.zip", "--json")).json<Answer>();
    const before = (await workspace.entries()).length;
    for (const [name, env] of [
      ["two.zip", { TZ: "Pacific/Kiritimati", LANG: "de_DE.UTF-8", LC_ALL: "de_DE.UTF-8" }],
      ["three.zip", { TZ: "America/St_Johns", LANG: "C", LC_ALL: "C" }],
    ] as const) {
      const args = ["export", "--period", PERIOD, "--at", String(first.size), "--out", name, "--json"];
      const again = (await cli.run(folder, args, { env })).json<Answer>();
      expect(again.digest).toBe(first.digest);
      expect(sum(again.out)).toBe(first.digest);
    }
    // Handing out the same again is no news.
    expect((await workspace.entries()).length).toBe(before);
  });

  test("withholds what is named, with its reason", async () => {
    const digest = sum(workspace.path("incidents", "INC-2026-014.md"));
    const args = ["export", "--period", PERIOD, "--out", "held.zip", "--withhold", digest];
    expect((await workspace.run(...args)).stderr).toContain("--withhold needs --reason");
    const done = await workspace.run(...args, "--reason", "names a customer", "--json");
    expect(done.json<Answer>()).toMatchObject({ ok: true, withheld: 1 });
    const { files } = await unpacked(workspace.path("held.zip"));
    expect([...files.keys()].some((name) => name.endsWith(digest))).toBe(false);
    expect(new TextDecoder().decode(files.get("README.txt"))).toContain("names a customer");
  });

  test.each<[string, string[], string]>([
    ["no period", ["--out", "x.zip"], "--period is missing"],
    ["a period that is none", ["--period", "2026-Q5", "--out", "x.zip"], '"2026-Q5" is not a period'],
    ["a period to come", ["--period", "2999", "--out", "x.zip"], "the period 2999 has not begun"],
    ["another kind of file", ["--period", PERIOD, "--out", "x.tar"], "expected a name that ends in .zip"],
    ["a size that is none", ["--period", PERIOD, "--at", "x", "--out", "x.zip"], '"x"'],
    ["a size to come", ["--period", PERIOD, "--at", "99999", "--out", "x.zip"], "--at 99999"],
    [
      "what is no digest",
      ["--period", PERIOD, "--out", "x.zip", "--withhold", "abc", "--reason", "y"],
      "64 hex digits",
    ],
    ["a reason for nothing", ["--period", PERIOD, "--out", "x.zip", "--reason", "y"], "name them with --withhold"],
    ["no such folder", ["--period", PERIOD, "--out", "none/x.zip"], "no such file or folder"],
  ])("refuses %s", async (_name, args, words) => {
    const before = (await workspace.entries()).length;
    const done = await workspace.run("export", ...args);
    expect(done).toMatchObject({ code: 2, stdout: "" });
    expect(done.stderr).toContain(words);
    // Up to then nothing was written but what every command may note.
    expect((await workspace.entries()).length - before).toBeLessThanOrEqual(1);
    expect(await stat(workspace.path("x.zip")).catch(() => undefined)).toBeUndefined();
  });

  test("never overwrites", async () => {
    await workspace.write("there.zip", "mine");
    const done = await workspace.run("export", "--period", PERIOD, "--out", "there.zip");
    expect(done.code).toBe(2);
    expect(done.stderr).toContain("there.zip is there already and is not overwritten");
    expect(await readFile(workspace.path("there.zip"), "utf8")).toBe("mine");
  });

  test("killed at any moment leaves nothing under the pack's name, or the whole pack", async () => {
    const out = await temporaryFolder();
    const args = ["export", "--period", PERIOD, "--at", "2", "--out"];
    const whole = (await workspace.run(...args, join(out, "whole.zip"), "--json")).json<Answer>();
    for (let seen = 0; seen < 3; seen += 1) {
      const path = join(out, `killed-${seen}.zip`);
      const child = cli.start(folder, [...args, path]);
      const ended = new Promise((end) => child.on("exit", end));
      // Killed as soon as the file under work is seen, or when it is done.
      await Promise.race([appears(out), ended]);
      child.kill("SIGKILL");
      await ended;
      if ((await readdir(out)).includes(`killed-${seen}.zip`)) expect(sum(path)).toBe(whole.digest);
    }
    await workspace.verified();
  });

  test("an interrupt leaves nothing", async () => {
    const out = await temporaryFolder();
    const child = cli.start(folder, ["export", "--period", PERIOD, "--at", "2", "--out", join(out, "x.zip")]);
    const ended = new Promise<number | null>((end) => child.on("exit", end));
    await Promise.race([appears(out), ended]);
    child.kill("SIGINT");
    const code = await ended;
    const left = await readdir(out);
    expect(code === 0 ? left : [code, left]).toEqual(code === 0 ? ["x.zip"] : [3, []]);
  });

  test("says where evidence is gone, and hands out nothing", async () => {
    const digest = sum(workspace.path("incidents", "INC-2026-014.md"));
    const path = workspace.path("data/store/blob/sha256", digest.slice(0, 2), digest);
    const bytes = await readFile(path);
    await rm(path);
    try {
      const done = await workspace.run("export", "--period", PERIOD, "--out", "gone.zip");
      expect(done.code).toBe(1);
      expect(done.stderr).toContain(`${digest}: ${bytes.length} bytes expected, no such file found`);
      expect(done.stderr).toContain("--withhold");
    } finally {
      await writeFile(path, bytes);
    }
  });
});

describeWith(["unzip"], "an unpacked pack", () => {
  test("is checked by its own verify.mjs in an empty folder, and any flipped byte is found", async () => {
    const workspace = await cli.workspace(`organisation: { name: Example GmbH, zone: Europe/Berlin }
store: file:./data/store
collectors:
  ${INCIDENTS}
`);
    await cp(RECORDED, workspace.path("incidents"), { recursive: true });
    expect((await workspace.run("collect")).code).toBe(0);
    const answer = (
      await workspace.run("export", "--period", day(0).slice(0, 4), "--out", "p.zip", "--json")
    ).json<Answer>();
    const { folder: made, files } = await unpacked(answer.out);
    const verify = (): Promise<{ code: number | null; said: string }> =>
      new Promise((end) => {
        const args = [join(made, "verify.mjs"), made, "--key", answer.key];
        const child = execFile(process.execPath, args, { cwd: made, env: { PATH: "" } }, (_e, stdout, stderr) =>
          end({ code: child.exitCode, said: stdout + stderr }),
        );
      });
    expect(await verify()).toMatchObject({ code: 0 });
    const names = [...files.keys()];
    const some = [
      names.find((name) => name.startsWith("store/blob/")),
      names.findLast((name) => name.startsWith("store/seq/")),
      names.find((name) => name.startsWith("store/tile/0/")),
      names.find((name) => name.startsWith("receipts/")),
      "store/checkpoint",
      "heads.txt",
      "report/2026.pdf".replace("2026", day(0).slice(0, 4)),
    ] as string[];
    for (const name of some) {
      const bytes = Uint8Array.from(files.get(name) ?? []);
      const at = bytes.length >> 1;
      bytes[at] = (bytes[at] ?? 0) ^ 1;
      await writeFile(join(made, name), bytes);
      expect([name, (await verify()).code]).toEqual([name, 1]);
      await writeFile(join(made, name), files.get(name) ?? "");
    }
    expect(await verify()).toMatchObject({ code: 0 });
  }, 60_000);
});
