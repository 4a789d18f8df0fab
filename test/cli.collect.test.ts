import { execFileSync } from "node:child_process";
import { chmod, cp, mkdir, readdir, readFile, rm, symlink, truncate, writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { Cli, configuration, SECRETS, Workspace } from "./support/cli.ts";
import { HttpSource, html, json, serverError } from "./support/http-source.ts";

let cli: Cli;
beforeAll(async () => {
  cli = await Cli.resident("cli-collect");
});
afterAll(() => cli.close());

const INCIDENTS = "- { id: incidents, use: incident-log/markdown, path: ./incidents }";
const RECORDED = resolve(import.meta.dirname, "recordings/markdown/company/incidents");

interface RunAnswer {
  readonly ok: boolean;
  readonly size: number;
  readonly runs: { slot: string; outcome: string; entry: number; message: string }[];
}

interface RunEntry {
  readonly kind: string;
  readonly index: number;
  readonly instance: string;
  readonly outcome: string;
  readonly reason?: string;
  readonly items: number;
  readonly covered: unknown[];
  readonly found: { facts: number; problems: number };
}

/** A workspace whose folder of incidents holds the recorded ones. */
async function withIncidents(): Promise<Workspace> {
  const workspace = await cli.workspace(configuration(INCIDENTS));
  await cp(RECORDED, workspace.path("incidents"), { recursive: true });
  return workspace;
}

async function runs(workspace: Workspace): Promise<RunEntry[]> {
  return (await workspace.entries()).filter(({ kind }) => kind === "run") as unknown as RunEntry[];
}

describe("a folder of records", () => {
  test("is collected, said in one line, and verified", async () => {
    const workspace = await withIncidents();
    const done = await workspace.run("collect");
    expect(done).toMatchObject({ code: 0, stderr: "" });
    expect(done.stdout).toMatch(/^collected {3}incidents@\S+ {2}Incident records in a folder .* evidence files, /m);
    expect(done.stdout).toContain("The log has 3 records now, signed.");
    expect((await workspace.verified()).size).toBe(3);
  });

  test("twice is two runs; named twice it is one", async () => {
    const workspace = await withIncidents();
    const done = await workspace.run("collect", "incidents", "incidents", "--json");
    expect(done.json<RunAnswer>().runs).toHaveLength(1);
    await workspace.run("collect");
    expect(await runs(workspace)).toHaveLength(2);
  });

  test("with broken front matter, without dates and with a naive local time is collected, and each place is named", async () => {
    const workspace = await withIncidents();
    await workspace.write(
      "incidents/broken.md",
      '---\nid: INC-1\ntitle: "never closed\nseverity: [\n---\n\n# Broken\n',
    );
    await workspace.write(
      "incidents/undated.md",
      "---\nid: INC-2\ntitle: No dates at all\nseverity: Sev2\n---\n\nText\n",
    );
    await workspace.write(
      "incidents/naive.md",
      "---\nid: INC-3\ntitle: Naive\ndetectedAt: 2026-11-20 14:00\n---\n\nText\n",
    );
    const done = await workspace.run("collect");
    expect(done.code, done.all).toBe(0);
    expect(done.stdout).toMatch(/^ +broken\.md:\d+: /m);
    expect(done.stdout).toMatch(/^ +naive\.md:4: .*zone/m);
    const [run] = await runs(workspace);
    expect(run).toMatchObject({ outcome: "collected" });
    expect(run?.found.facts).toBeGreaterThanOrEqual(2);
    // Whatever could not be read is evidence all the same.
    const keys = await workspace.keys();
    for (const name of ["broken.md", "undated.md", "naive.md"]) {
      const digest = execFileSync("sha256sum", [workspace.path("incidents", name)], { encoding: "utf8" }).slice(0, 64);
      expect(keys).toContain(`blob/sha256/${digest.slice(0, 2)}/${digest}`);
    }
    await workspace.verified();
  });

  test("that is missing ends as failed, exit 2, with the place and what to do, and is in the log", async () => {
    const workspace = await cli.workspace(configuration(INCIDENTS));
    const done = await workspace.run("collect");
    expect(done.code, done.all).toBe(2);
    expect(done.stdout).toMatch(
      /^failed {6}incidents@.*\/incidents, does not exist\. Correct `path` of this collector/m,
    );
    expect(await runs(workspace)).toMatchObject([{ outcome: "failed", reason: "SOURCE_MISCONFIGURED", covered: [] }]);
    await workspace.verified();
  });

  test("that is a file ends as failed, exit 2", async () => {
    const workspace = await cli.workspace(configuration(INCIDENTS));
    await workspace.write("incidents", "a file");
    const done = await workspace.run("collect", "--json");
    expect(done.code).toBe(2);
    expect(done.json<RunAnswer>()).toMatchObject({ ok: false, runs: [{ outcome: "failed" }] });
  });

  test.skipIf(process.getuid?.() === 0)("that may not be read ends as failed, exit 2 (root may read all)", async () => {
    const workspace = await withIncidents();
    await chmod(workspace.path("incidents"), 0o000);
    const done = await workspace.run("collect");
    await chmod(workspace.path("incidents"), 0o700);
    expect(done.code).toBe(2);
    expect(done.stdout).toContain("permission");
  });

  test("with a file of 2 GB is collected without it, in little memory, and says so", async () => {
    const workspace = await withIncidents();
    const huge = await workspace.write("incidents/huge.md", "---\nid: INC-9\n---\n");
    await truncate(huge, 2 * 1024 ** 3);
    const plain = await cli.workspace();
    const usual = (await plain.run("collect")).peak;
    const done = await workspace.run("collect");
    expect(done.code, done.all).toBe(2);
    expect(done.stdout).toMatch(/^partial {5}incidents@.*huge\.md/m);
    expect(done.peak).toBeLessThan(usual + 64);
    const [run] = await runs(workspace);
    expect(run).toMatchObject({ outcome: "partial", reason: "too-large" });
    const before = (await (await withIncidents()).run("collect", "--json")).json<RunAnswer>();
    expect(before.runs[0]?.outcome).toBe("collected");
    expect(run?.items).toBeGreaterThan(3);
    await workspace.verified();
  });

  test("with a link out of it does not follow it", async () => {
    const workspace = await withIncidents();
    await writeFile(workspace.path("private.md"), "not evidence");
    await symlink(workspace.path("private.md"), workspace.path("incidents/link.md"));
    const done = await workspace.run("collect");
    expect(done.code).toBe(2);
    expect(done.stdout).toMatch(/^partial .*link\.md/m);
  });
});

describe("files with a mapping", () => {
  test("of 2 GB are left where they are, and the run says which", async () => {
    const workspace = await cli.workspace(
      configuration(
        "- { id: backups, use: cron-health/file, path: runs.csv, format: csv, job: backup, fields: { outcome: result, endedAt: ended } }",
      ),
    );
    await truncate(await workspace.write("runs.csv", "result,ended\nok,2026-11-20T10:00:00Z\n"), 2 * 1024 ** 3);
    const done = await workspace.run("collect");
    expect(done.code).toBe(2);
    expect(done.stdout).toMatch(/^partial .*runs\.csv is larger than 64 MiB/m);
    expect(done.peak).toBeLessThan(250);
  });

  test("whose past is shorter than the window are partial, which nobody can mend: exit 0", async () => {
    const workspace = await cli.workspace(
      configuration(
        "- { id: backups, use: cron-health/file, cadence: yearly, path: runs.csv, format: csv, job: backup, fields: { outcome: result, endedAt: ended } }",
      ),
    );
    await workspace.write("runs.csv", `result,ended\nok,${new Date(Date.now() - 60_000).toISOString()}\n`);
    const done = await workspace.run("collect");
    expect(done.code, done.all).toBe(0);
    expect(done.stdout).toMatch(/^partial .*what was before is not in it/m);
  });
});

describe("a source over HTTP", () => {
  async function source(): Promise<HttpSource> {
    const started = await new HttpSource().start();
    onTestFinished(() => started.stop());
    return started;
  }
  const prometheus = (url: string) =>
    configuration(
      `- { id: prom, use: alert-history/alertmanager, url: "${url}", basic: { user: custody, password: "\${env:SOURCE_PASSWORD}" } }`,
    );
  const env = { SOURCE_PASSWORD: SECRETS.password };

  test("that answers with a web page is named so; with everything else it is never evidence of nothing", async () => {
    const web = (await source()).on("*", html());
    const workspace = await cli.workspace(prometheus(web.url));
    const done = await cli.run(workspace.folder, ["collect"], { env });
    expect(done.code, done.all).toBe(3);
    expect(done.stdout).toMatch(/^failed .*(HTML|web page)/m);
    expect(await runs(workspace)).toMatchObject([{ outcome: "failed", reason: "SOURCE_ANSWER", covered: [] }]);
    await workspace.verified();
  });

  test("that answers 500 is unavailable after its retries", async () => {
    const broken = (await source()).on("*", serverError());
    const workspace = await cli.workspace(prometheus(broken.url));
    const done = await cli.run(workspace.folder, ["collect"], { env });
    expect(done.code, done.all).toBe(3);
    expect(done.stdout).toMatch(/^unavailable .*500/m);
    expect(broken.seen.length).toBeGreaterThan(1);
    expect(await runs(workspace)).toMatchObject([{ outcome: "unavailable" }]);
  }, 60_000);

  test("that closes the connection or does not listen is unavailable", async () => {
    const silent = (await source()).on("*", "hang-up");
    const workspace = await cli.workspace(prometheus(silent.url));
    expect((await cli.run(workspace.folder, ["collect"], { env })).code).toBe(3);
    await silent.stop();
    const gone = await cli.run(workspace.folder, ["collect"], { env });
    expect(gone.code).toBe(3);
    expect(await runs(workspace)).toMatchObject([{ outcome: "unavailable" }, { outcome: "unavailable" }]);
  }, 60_000);

  test("that refuses the password is failed, exit 2, and the password is in no byte of output or store", async () => {
    const strict = (await source()).on("*", (seen) => ({
      status: 401,
      headers: { "content-type": "text/plain" },
      // A source that repeats what it was shown.
      body: `denied: ${seen.headers.authorization} ${SECRETS.password}`,
    }));
    const workspace = await cli.workspace(prometheus(strict.url));
    const done = await cli.run(workspace.folder, ["collect"], { env });
    expect(done.code, done.all).toBe(2);
    await expectNoSecret(workspace);
  });

  test("that repeats the password in its answer is collected with the password masked", async () => {
    const chatty = await source();
    chatty.on("/api/v2/status", json({ versionInfo: { version: "0.27.0" }, note: SECRETS.password }));
    chatty.on("/api/v2/alerts", json([]));
    chatty.on("/api/v2/silences", json([]));
    const workspace = await cli.workspace(prometheus(chatty.url));
    const done = await cli.run(workspace.folder, ["collect"], { env });
    expect(done.code, done.all).toBe(0);
    await expectNoSecret(workspace);
  });

  test("whose secret is not set is failed, and the others are collected all the same", async () => {
    const workspace = await cli.workspace(
      configuration(
        `- { id: prom, use: alert-history/alertmanager, url: "http://127.0.0.1:9", bearer: "\${env:NOT_SET}" }\n- { id: custody, use: cron-health/custody }`,
      ),
    );
    const done = await workspace.run("collect", "--json");
    expect(done.code).toBe(2);
    const { runs: made } = done.json<RunAnswer>();
    expect(made.map(({ slot, outcome }) => [slot.split("@")[0], outcome]).sort()).toEqual([
      ["custody", "collected"],
      ["prom", "failed"],
    ]);
    expect(made.find(({ outcome }) => outcome === "failed")?.message).toContain("NOT_SET");
  });

  async function expectNoSecret(workspace: Workspace): Promise<void> {
    const spellings = [SECRETS.password, encodeURIComponent(SECRETS.password)].map((text) => Buffer.from(text));
    for (const key of await workspace.keys()) {
      const bytes = await readFile(workspace.path("data/store", key));
      for (const spelling of spellings) expect(bytes.includes(spelling), key).toBe(false);
    }
  }
});

describe("the store", () => {
  test("that is named wrong is an error and nothing is made", async () => {
    const workspace = await withIncidents();
    await workspace.configure(INCIDENTS);
    await writeFile(
      workspace.path("custody.yaml"),
      configuration(INCIDENTS).replace("file:./data/store", "file:./data/stor"),
    );
    for (const command of [["collect"], ["log"], ["verify"], ["prove", "0"]]) {
      const done = await workspace.run(...command);
      expect(done.code, done.all).toBe(2);
      expect(done.stderr).toContain(`${workspace.path("data/stor")} is not a folder`);
    }
    await expect(readFile(workspace.path("data/stor"))).rejects.toMatchObject({ code: "ENOENT" });
  });

  test("that is any other folder is refused as no Custody store, and nothing is written into it", async () => {
    const workspace = await withIncidents();
    await mkdir(workspace.path("holidays"));
    await writeFile(workspace.path("holidays/beach.jpg"), "x");
    await writeFile(
      workspace.path("custody.yaml"),
      configuration(INCIDENTS).replace("file:./data/store", "file:./holidays"),
    );
    const done = await workspace.run("collect");
    expect(done.code).toBe(2);
    expect(done.stderr).toContain("holds no checkpoint, so it is not a Custody store");
    expect(execFileSync("ls", ["-A", workspace.path("holidays")], { encoding: "utf8" })).toBe("beach.jpg\n");
  });

  test("of another workspace is told apart by its key", async () => {
    const [one, other] = [await withIncidents(), await withIncidents()];
    await writeFile(
      one.path("custody.yaml"),
      configuration(INCIDENTS).replace("file:./data/store", `file:${other.path("data/store")}`),
    );
    const done = await one.run("collect");
    expect(done.code).toBe(2);
    expect(done.stderr).toContain("they belong to different ledgers");
  });

  test("that was set back to an earlier state halts the writer with exit 4", async () => {
    const workspace = await withIncidents();
    await cp(workspace.path("data/store"), workspace.path("copy"), { recursive: true });
    expect((await workspace.run("collect")).code).toBe(0);
    await rm(workspace.path("data/store"), { recursive: true });
    await cp(workspace.path("copy"), workspace.path("data/store"), { recursive: true });
    const done = await workspace.run("collect");
    expect(done.code).toBe(4);
    expect(done.stderr).toMatch(/gone|older/);
    const verify = await workspace.run("verify", "--json");
    expect(verify.code).toBe(1);
    expect(verify.json()).toMatchObject({ ok: false, findings: [{ code: "rolled-back" }] });
  });
});

describe("a store whose newest records are gone from seq/", () => {
  test.each(["missing", "other"] as const)(
    "(%s) halts the writer, status says so, and it goes on once they are back",
    async (how) => {
      const workspace = await withIncidents();
      await workspace.run("collect");
      const newest =
        (await workspace.keys())
          .filter((key) => key.startsWith("seq/"))
          .sort()
          .at(-1) ?? "";
      const path = workspace.path("data/store", newest);
      const bytes = await readFile(path);
      await rm(path);
      if (how === "other") await writeFile(path, bytes.toString("latin1").replace("collected", "neglected"), "latin1");
      const before = await workspace.keys();
      const looked = await workspace.run("status");
      expect([looked.code, looked.stdout]).toEqual([4, expect.stringContaining(`HALTED`)]);
      expect(looked.stdout).toContain(newest);
      const done = await workspace.run("collect");
      expect([done.code, done.stderr]).toEqual([4, expect.stringContaining(newest)]);
      expect(done.stderr).toContain("custody verify");
      expect(await workspace.keys()).toEqual(before);
      expect((await workspace.run("status", "--json")).json()).toMatchObject({
        ok: false,
        halted: { code: "LEDGER_ALTERED" },
      });
      // Who only reads can still do so.
      expect((await workspace.run("log")).code).toBe(0);
      await writeFile(path, bytes);
      // The last writer was halted, and nobody has tried since.
      expect((await workspace.run("status")).stdout).toContain("`custody collect` goes on");
      expect((await workspace.run("collect")).code).toBe(0);
      expect((await workspace.run("status")).code).toBe(0);
      await workspace.verified();
    },
  );
});

describe("heads that are due", () => {
  test("leave with a collection; one that cannot is told and makes it 3 at most; --dry-run sends nothing", async () => {
    const workspace = await cli.workspace(
      configuration("- { id: custody, use: cron-health/custody }", "heads: [{ use: file, path: ./board }]\n"),
    );
    const failed = await workspace.run("collect");
    expect([failed.code, failed.stderr]).toEqual([3, expect.stringContaining("there is no folder")]);
    expect(failed.stdout).toContain("records now, signed");
    const told = await workspace.run("status");
    expect(told.stdout).toMatch(/TROUBLE[^\n]*\n {2}next try /);
    await mkdir(workspace.path("board"));
    await rm(workspace.path("data/state/heads.json"));
    expect((await workspace.run("collect", "--dry-run")).code).toBe(0);
    expect(await readdir(workspace.path("board"))).toEqual([]);
    const sent = await workspace.run("collect");
    expect([sent.code, sent.stdout]).toEqual([0, expect.stringContaining("file: written to")]);
    const { size } = await workspace.verified();
    expect(sent.stdout).toContain(`The log has ${size} records now, signed.`);
    const later = await workspace.run("collect", "--json");
    expect(later.json()).toMatchObject({ ok: true, heads: [] });
  });
});

describe("a full disk", () => {
  const mounted = (folder: string): boolean => {
    try {
      execFileSync("mount", ["-t", "tmpfs", "-o", "size=2m", "tmpfs", folder], { stdio: "ignore" });
      return true;
    } catch {
      return false;
    }
  };

  test("is said, costs nothing that was collected, and is forgotten once there is room", async (context) => {
    const folder = await cli.place();
    const disk = join(folder, "disk");
    await mkdir(disk);
    if (!mounted(disk)) context.skip("needs the right to mount a small disk");
    onTestFinished(() => {
      execFileSync("umount", ["-l", disk]);
    });
    await writeFile(
      join(folder, "custody.yaml"),
      configuration(INCIDENTS).replace("file:./data/store", "file:./disk/store"),
    );
    const workspace = new Workspace(cli, folder);
    await cp(RECORDED, workspace.path("incidents"), { recursive: true });
    expect((await workspace.run("init")).code).toBe(0);
    expect((await workspace.run("collect")).code).toBe(0);
    const before = await workspace.verified();

    await writeFile(join(disk, "filler"), Buffer.alloc(900_000, "x"));
    // Does not fit any more: 600 kB in two files, and then not a single byte.
    const noise = (n: number) => Buffer.from(Array.from({ length: n }, (_, i) => (i * i * 31) % 251)).toString("hex");
    await workspace.write("incidents/large-1.md", `# A\n\n${noise(300_000)}\n`);
    await workspace.write("incidents/large-2.md", `# B\n\n${noise(310_000)}\n`);
    const full = await workspace.run("collect");
    expect(full.code, full.all).toBe(2);
    expect(full.stderr).toContain("there is no room left");
    expect(full.stderr).toContain("Make room on this disk");
    const json = await workspace.run("collect", "--json");
    expect(json.code).toBe(2);
    expect(json.json()).toMatchObject({ ok: false, error: { code: "STORE_FULL" } });

    // Nothing acknowledged is lost, and reading needs no room.
    const meanwhile = await workspace.verified();
    expect(meanwhile.size).toBeGreaterThanOrEqual(before.size);
    await rm(join(disk, "filler"));
    const again = await workspace.run("collect");
    expect(again.code, again.all).toBe(0);
    expect((await workspace.verified()).size).toBeGreaterThan(before.size);
    expect((await runs(workspace)).at(-1)).toMatchObject({ outcome: "collected" });
  }, 60_000);
});

test("the same outcome of many periods is told once", async () => {
  const workspace = await cli.workspace(
    configuration("- { id: jobs, use: incident-log/markdown, path: ./none, cadence: daily }"),
  );
  const done = await workspace.run("collect", "--backfill", "--from", "2026-01-01", "--to", "2026-02-01");
  expect(done.stdout.match(/^failed .*/gm)).toEqual([
    expect.stringMatching(
      /^failed {6}jobs: 31 periods, 1 Jan 2026 to 31 Jan 2026: not collected: the folder .* does not exist/,
    ),
  ]);
  expect(await runs(workspace)).toHaveLength(31);
});

describe("what is asked again", () => {
  test("in words that make no period is refused before anything is written", async () => {
    const workspace = await withIncidents();
    for (const [flags, message] of [
      [["--backfill"], "--from is missing"],
      [["--from", "tomorrow"], '"tomorrow" is neither a day'],
      [["--from", "2026-02-30"], "there is no day 2026-02-30"],
      [["--from", "2100-01-01"], "is still to come"],
      [["--from", "2026-01-02", "--to", "2026-01-01"], "--to 2026-01-01 is not after --from 2026-01-02"],
      [["incident"], 'there is no collector "incident"; did you mean "incidents"?'],
    ] as const) {
      const done = await workspace.run("collect", ...flags);
      expect(done.code).toBe(2);
      expect(done.stderr).toContain(message);
    }
    expect(await workspace.entries()).toHaveLength(2);
  });

  test("is every period once, up to as many as a person can mean", async () => {
    const workspace = await withIncidents();
    const back = await workspace.run("collect", "--backfill", "--from", "2026-01-01", "--to", "2026-04-01", "--json");
    expect(back.code, back.all).toBe(0);
    expect(back.json<RunAnswer>().runs.map(({ slot }) => slot)).toEqual([
      "incidents@2025-12-31T23:00:00.000Z",
      "incidents@2026-01-31T23:00:00.000Z",
      "incidents@2026-02-28T23:00:00.000Z",
    ]);
    const told = await workspace.run("collect", "--from", "2026-01-01", "--to", "2026-02-01");
    expect(told.stdout).toMatch(/incidents: 1 period is from before Custody watched it.*neither in time nor late/);
    const often = await cli.workspace(configuration(INCIDENTS.replace("path:", "cadence: 15m, path:")));
    const all = await often.run("collect", "--backfill", "--from", "2001-01-01");
    expect(all.code).toBe(2);
    expect(all.stderr).toContain("more than 5000 periods");
  });

  test("is nothing of a source that knows only the present, unless the time reaches up to it", async () => {
    const manager = await new HttpSource().start();
    onTestFinished(() => manager.stop());
    manager.on("/api/v2/status", json({ versionInfo: {} })).on("*", json([]));
    const am = `- { id: am, use: alert-history/alertmanager, url: "${manager.url}", cadence: hourly, grace: 1m }`;
    const workspace = await cli.workspace(configuration(am));
    const past = await workspace.run("collect", "--backfill", "--from", "2026-01-01", "--to", "2026-01-03");
    expect([past.code, past.stdout]).toEqual([2, ""]);
    expect(past.stderr).toMatch(/am: this source knows only the present; there is nothing of that time.* gaps stay\./);
    expect(manager.seen).toHaveLength(0);
    const now = await workspace.run("collect", "--backfill", "--from", "2026-01-01");
    expect([now.code, now.stdout.match(/^collected/gm)]).toEqual([0, ["collected"]]);
    expect(now.stderr).toMatch(/am: only the present can be taken.* its gaps stay/);
    expect(manager.seen).toHaveLength(3);
  });

  test("--dry-run names what would be asked and writes nothing", async () => {
    const workspace = await withIncidents();
    await workspace.configure(`${INCIDENTS}\n- { id: own, use: cron-health/custody }`);
    const dry = await workspace.run("collect", "--dry-run");
    expect(dry.code).toBe(0);
    expect(dry.stdout).toMatch(/^incidents@\S+ \(interim\)$/m);
    expect(dry.stdout).toMatch(/^own \(for the first time\)$/m);
    expect(await workspace.entries()).toHaveLength(2);
  });

  test("nothing to do is said in words", async () => {
    const workspace = await withIncidents();
    await workspace.run("pause", "incidents", "--reason", "moving house");
    expect((await workspace.run("collect")).stdout).toContain("is paused or retired");
    await workspace.configure("[]");
    expect((await workspace.run("collect")).stdout).toContain("No collectors are configured");
  });
});
