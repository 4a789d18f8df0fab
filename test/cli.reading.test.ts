import { execFileSync } from "node:child_process";
import { cp, mkdtemp, readFile, rename, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { Cli, configuration, type Done, Workspace } from "./support/cli.ts";
import { beginInThePast } from "./support/past-workspace.ts";

const INCIDENTS = "- { id: incidents, use: incident-log/markdown, path: ./incidents }";
const RECORDED = resolve(import.meta.dirname, "recordings/markdown/company/incidents");

let cli: Cli;
beforeAll(async () => {
  cli = await Cli.resident("cli-reading");
});
afterAll(() => cli.close());

async function collected(): Promise<Workspace> {
  const workspace = await cli.workspace(configuration(INCIDENTS));
  await cp(RECORDED, workspace.path("incidents"), { recursive: true });
  expect((await workspace.run("collect")).code).toBe(0);
  return workspace;
}

const sha256 = (path: string) => execFileSync("sha256sum", [path], { encoding: "utf8" }).slice(0, 64);

describe("reading", () => {
  let workspace: Workspace;
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "custody-read-"));
    workspace = new Workspace(cli, folder);
    await workspace.configure(INCIDENTS);
    await cp(RECORDED, workspace.path("incidents"), { recursive: true });
    await beginInThePast(folder, 1);
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));
  const run = (...args: string[]): Promise<Done> => workspace.run(...args);

  test("log and show print the records and their hashes", async () => {
    const log = await run("log", "-n", "2");
    expect(log.stdout.trimEnd().split("\n")).toHaveLength(2);
    expect(log.stdout).toMatch(/^ +2 {2}\S+Z {2}run +incidents/m);
    const shown = await run("show", "0");
    expect(shown.stdout).toContain('"kind": "genesis"');
    const { digest, entry } = (await run("show", "1", "--json")).json<{ digest: string; entry: { prev: string } }>();
    expect(digest).toMatch(/^[0-9a-f]{64}$/);
    expect(entry.prev).toBe((await run("show", "0", "--json")).json<{ digest: string }>().digest);
    const none = await run("show", "999");
    expect(none).toMatchObject({ code: 2, stdout: "" });
    expect(none.stderr).toContain("there is no record 999");
  });

  test("get gives the bytes as they were recorded, to the terminal or into a new file", async () => {
    const name = "INC-2026-014.md";
    const digest = sha256(workspace.path("incidents", name));
    expect((await run("get", digest)).stdout).toBe(await readFile(workspace.path("incidents", name), "utf8"));
    expect((await run("get", digest, "--out", "copy.md")).code).toBe(0);
    const again = await run("get", digest, "--out", "copy.md");
    expect(again.code).toBe(2);
    expect(again.stderr).toContain("copy.md: this is there already and is not overwritten");
    expect((await run("get", digest, "--out", "no/such/folder/x")).code).toBe(2);
    expect((await run("get", "0".repeat(64))).code).toBe(2);
    expect((await run("get", "xyz")).code).toBe(2);
    expect((await run("get", digest, "--json")).stderr).toContain("Add --out FILE");
    expect((await run("get", digest, "--json", "--out", "copy2.md")).json()).toMatchObject({ ok: true, digest });
  });

  test("prove gives a receipt for a record and for an evidence file", async () => {
    expect((await run("prove", "2")).stdout).toMatch(/^c2sp\.org\/tlog-proof@v1\n/);
    const digest = sha256(workspace.path("incidents", "INC-2026-014.md"));
    expect((await run("prove", digest, "--json")).json()).toMatchObject({ ok: true, index: 2 });
    expect((await run("prove", digest, "--out", "receipt.tlog-proof")).stdout).toContain("record 2 is in the log");
    expect((await run("prove", "999")).code).toBe(2);
    expect((await run("prove", "f".repeat(64))).code).toBe(2);
  });

  test("verify needs no more than the folder and the key, as a file or as text", async () => {
    const place = await cli.place();
    const store = workspace.path("data/store");
    const vkey = (await readFile(workspace.path("ledger.vkey"), "utf8")).trim();
    expect((await cli.run(place, ["verify", store, "--key", workspace.path("ledger.vkey")])).code).toBe(0);
    expect((await cli.run(place, ["verify", store, "--key", vkey])).code).toBe(0);
    const without = await cli.run(place, ["verify", store]);
    expect(without.code).toBe(2);
    expect(without.stderr).toContain("Add --key ledger.vkey");
    const other = await cli.workspace();
    const wrong = await cli.run(place, ["verify", store, "--key", other.path("ledger.vkey"), "--json"]);
    expect(wrong.code, wrong.all).toBe(1);
    const empty = await cli.place();
    const none = await cli.run(place, ["verify", empty, "--key", vkey]);
    expect([1, 2]).toContain(none.code);
    expect((await cli.run(place, ["verify", store, "--key", "nonsense"])).code).toBe(2);
  });

  test("verify compares with a known head, in hex and in base64, and finds another one", async () => {
    const { size, root } = await workspace.verified();
    const hex = /^[0-9a-f]{64}$/.test(root) ? root : Buffer.from(root, "base64").toString("hex");
    const base64 = Buffer.from(hex, "hex").toString("base64");
    expect((await run("verify", "--since", `${size}:${hex}`, "--since", `${size}:${base64}`)).code).toBe(0);
    const forked = await run("verify", "--since", `${size}:${"0".repeat(64)}`, "--json");
    expect(forked.code).toBe(1);
    expect(forked.json()).toMatchObject({ ok: false, findings: [{ code: "forked" }] });
    const ahead = await run("verify", "--since", `${size + 5}:${hex}`, "--json");
    expect(ahead.json()).toMatchObject({ ok: false, findings: [{ code: "rolled-back" }] });
    for (const head of ["nonsense", "3", ":abc", `${size}:short`]) {
      expect((await run("verify", "--since", head)).code).toBe(2);
    }
  });

  test("verify fails for a verdict that is required and not given, and knows their names", async () => {
    expect((await run("verify", "--require", "time")).code).toBe(1);
    expect((await run("verify", "--require", "freshness,completeness")).code).toBe(0);
    const unknown = await run("verify", "--require", "beauty");
    expect(unknown.code).toBe(2);
    expect(unknown.stderr).toContain("expected some of time, independence");
  });

  test("a receipt is checked by the key alone, and a changed one is refused with exit 1", async () => {
    expect((await run("prove", "1", "--out", "one.tlog-proof")).code).toBe(0);
    const good = await run("verify", "one.tlog-proof", "--key", "ledger.vkey", "--json");
    expect(good.code, good.all).toBe(0);
    expect(good.json()).toMatchObject({ ok: true, index: 1 });
    const text = await readFile(workspace.path("one.tlog-proof"), "utf8");
    await writeFile(workspace.path("two.tlog-proof"), text.replace("index 1", "index 2"));
    expect((await run("verify", "two.tlog-proof", "--key", "ledger.vkey")).code).toBe(1);
  });

  test("report names what is wrong with its flags", async () => {
    for (const [flags, message] of [
      [[], "--period is missing"],
      [["--period", "last year"], '"last year" is not a period'],
      [["--period", "2026-13"], '"2026-13" is not a period'],
      [["--period", "2026-12-31..2026-01-01"], "ends before it begins"],
      [["--period", "2026", "--out", "report.docx"], "expected a name that ends in .pdf or .json"],
      [["--period", "2026", "--at", "99999"], "the log has"],
      [["--period", "2026", "--at", "soon"], '"soon"'],
      [["--period", "2026", "--control", "A.1"], "there is no control A.1"],
      [["--period", "2026", "--out", "/dev/null/report.pdf"], "/dev/null"],
    ] as const) {
      const done = await run("report", ...flags);
      expect(done.code, done.all).toBe(2);
      expect(done.stderr).toContain(message);
    }
  });

  test("report writes the file it is asked for and answers with one object", async () => {
    const done = await run("report", "--period", String(new Date().getUTCFullYear()), "--out", "r.pdf", "--json");
    expect(done.code, done.all).toBe(0);
    expect(done.json()).toMatchObject({ ok: true, out: workspace.path("r.pdf"), pages: expect.any(Number) });
    expect((await readFile(workspace.path("r.pdf"))).subarray(0, 5).toString()).toBe("%PDF-");
  });

  test("every reading command answers --json with exactly one object", async () => {
    for (const args of [
      ["log"],
      ["show", "0"],
      ["gaps"],
      ["sources"],
      ["verify"],
      ["prove", "0"],
      ["store", "probe"],
    ]) {
      const done = await run(...args, "--json");
      expect(done.code, args.join(" ")).toBe(0);
      expect(done.json(), args.join(" ")).toMatchObject({ ok: true });
    }
  });
});

describe("tampering", () => {
  test("with a byte of a blob or of a record is found by verify, which names the place, and get hands nothing out", async () => {
    const workspace = await collected();
    const digest = sha256(workspace.path("incidents", "INC-2026-014.md"));
    const key = `blob/sha256/${digest.slice(0, 2)}/${digest}`;
    const path = workspace.path("data/store", key);
    const bytes = await readFile(path);
    await rm(path);
    await writeFile(path, Buffer.from(bytes.map((byte, i) => (i === 10 ? byte ^ 1 : byte))));
    const altered = await workspace.run("verify", "--json");
    expect(altered.code).toBe(1);
    expect(altered.json()).toMatchObject({
      ok: false,
      findings: [{ code: "blob-altered", where: expect.stringMatching(`^${key} named by entry \\d`) }],
    });
    const got = await workspace.run("get", digest, "--out", "x.md");
    expect(got.code).toBe(1);
    await expect(stat(workspace.path("x.md"))).rejects.toMatchObject({ code: "ENOENT" });
    expect((await workspace.run("get", digest)).code).toBe(1);
    await writeFile(path, bytes);
    await workspace.verified();

    await rename(path, `${path}.away`);
    const missing = (await workspace.run("verify", "--json")).json<{ findings: { code: string }[] }>();
    expect(missing.findings.map(({ code }) => code).sort()).toEqual(["blob-missing", "stray"]);
    await rename(`${path}.away`, path);

    const batch = workspace.path("data/store/seq/00000000/000000000000");
    const record = await readFile(batch);
    await writeFile(batch, Buffer.from(record.map((byte, i) => (i === 40 ? byte ^ 1 : byte))));
    const record1 = await workspace.run("verify");
    expect(record1.code).toBe(1);
    expect(record1.stdout).toContain("seq/00000000/000000000000");
    await writeFile(batch, record);

    await writeFile(workspace.path("data/store/notes.txt"), "mine");
    expect((await workspace.run("verify", "--json")).json()).toMatchObject({ findings: [{ code: "stray" }] });
  });

  test("with the workspace's own files is told apart: a lost guard, a lost key, a readable key, another key", async () => {
    const workspace = await collected();
    const guard = workspace.path("data/state/head");
    await rename(guard, `${guard}.away`);
    const unguarded = await workspace.run("collect");
    expect(unguarded.code).toBe(2);
    expect(unguarded.stderr).toMatch(/--accept-head \d+:/);
    const verify = await workspace.run("verify");
    expect(verify.code).toBe(0);
    expect(verify.stderr).toContain("what this machine has seen of the log is not known");
    await rename(`${guard}.away`, guard);

    const vkey = workspace.path("ledger.vkey");
    await rename(vkey, `${vkey}.away`);
    const unpinned = await workspace.run("collect");
    expect(unpinned.code).toBe(2);
    expect(unpinned.stderr).toContain("there is no pinned key");
    await writeFile(vkey, "nonsense\n");
    expect((await workspace.run("verify")).code).toBe(2);
    await rename(`${vkey}.away`, vkey);

    const keys = workspace.path("data/keys");
    execFileSync("chmod", ["-R", "go+r", keys]);
    const open = await workspace.run("collect");
    expect(open.code).toBe(2);
    expect(open.stderr).toContain("can be read by others");
    execFileSync("chmod", ["-R", "go-r", keys]);
    await rename(keys, `${keys}.away`);
    const keyless = await workspace.run("collect");
    expect(keyless.code).toBe(2);
    expect(keyless.stderr).toContain("Put the key back from your backup");
    expect((await workspace.run("verify")).code, "checking needs no key of one's own").toBe(0);
  });
});
