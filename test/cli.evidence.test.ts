import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { chmod, open, readdir, readFile, stat, truncate, writeFile } from "node:fs/promises";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { newToken, tokenLine } from "../src/people.ts";
import { Cli, configuration, type RunOptions, type Workspace } from "./support/cli.ts";

let cli: Cli;
beforeAll(async () => {
  cli = await Cli.resident("cli-evidence");
});
afterAll(() => cli.close());

const TOKENS = { anna: newToken(), otto: newToken(), vera: newToken() };
const PEOPLE = `people:
  anna: { role: owner, token: "${tokenLine(TOKENS.anna)}" }
  otto: { role: operator, token: "${tokenLine(TOKENS.otto)}" }
  vera: { role: auditor, token: "${tokenLine(TOKENS.vera)}" }
`;
const INCIDENTS = "- { id: incidents, use: incident-log/markdown, path: ./incidents }";
const digestOf = (bytes: string | Uint8Array) => createHash("sha256").update(bytes).digest("hex");

interface Shown {
  readonly id: string;
  readonly state: string;
  readonly holder: { readonly id: string; readonly name: string } | null;
  readonly collected: { readonly at: string };
  readonly collectedBy: { readonly name: string };
  readonly missing: string[];
  readonly fields: Record<string, { readonly value: unknown; readonly entry: number }>;
  readonly files: {
    readonly digest: string;
    readonly name: string;
    readonly hashedAt: string;
    readonly hashedBy: { readonly name: string };
    readonly derived: unknown;
    readonly verified: { readonly result: string } | null;
    readonly disposed: { readonly index: number } | null;
  }[];
  readonly holes: { readonly kind: string; readonly text: string }[];
  readonly faults: string[];
  readonly holds: { readonly id: string; readonly to: string | null }[];
  readonly events: {
    readonly act: string;
    readonly entry: number;
    readonly by: { readonly name: string };
    readonly auth: string;
    readonly allowed: string;
    readonly result: string | null;
    readonly remarks: string[];
  }[];
}

async function newPlace() {
  const workspace = await cli.workspace(configuration(INCIDENTS, PEOPLE));
  const as = (who: keyof typeof TOKENS | undefined, args: readonly string[], options: RunOptions = {}) =>
    cli.run(workspace.folder, args, {
      ...options,
      env: { CUSTODY_TOKEN: who === undefined ? undefined : TOKENS[who] },
    });
  const evidence = (who: keyof typeof TOKENS | undefined, ...args: string[]) => as(who, ["evidence", ...args]);
  const show = async (id = "EVD") =>
    (await workspace.run("evidence", "show", `${id}`, "--json")).json<{ evidence: Shown }>().evidence;
  return { workspace, as, evidence, show };
}

const ADD = ["--incident", "INC-2026-001", "--title", "auth log", "--source", "auth.example.com", "--method", "export"];
const BY = ["--authorised-by", "anna"];

async function added(place: Awaited<ReturnType<typeof newPlace>>, text = "GET /admin 200\n"): Promise<string> {
  await place.workspace.write("auth.log", text);
  const done = await place.evidence("anna", "add", "auth.log", ...ADD, ...BY, "--json");
  expect(done.code, done.all).toBe(0);
  return done.json<{ evidence: Shown }>().evidence.id;
}

const blobPath = (workspace: Workspace, digest: string) =>
  workspace.path("data/store/blob/sha256", digest.slice(0, 2), digest);

describe("custody evidence", () => {
  test("begins a record, hands the thing on, hands its bytes out, checks them, and closes it", async () => {
    const place = await newPlace();
    const { workspace, evidence, show } = place;
    const text = "GET /admin 200\n";
    const id = await added(place, text);
    expect(id).toMatch(/^EVD-\d{4}-001$/);
    const begun = await show(id);
    expect(begun).toMatchObject({
      state: "held",
      holder: { name: "anna" },
      collectedBy: { name: "anna" },
      holes: [],
      faults: [],
      files: [{ digest: digestOf(text), name: "auth.log", hashedBy: { name: "anna" }, verified: null }],
    });
    // Hashed at once: what a check of this asks for.
    expect(Date.parse(begun.files[0]?.hashedAt ?? "") - Date.parse(begun.collected.at)).toBeLessThan(60_000);
    expect(begun.missing).toEqual(["tool", "personalData"]);

    const told = await evidence("otto", "describe", id, "tool=journalctl 252 (Debian)", "personalData=yes", "rows=1");
    expect(told.code, told.all).toBe(0);
    const given = await evidence("anna", "transfer", id, "--to", "otto", "--reason", "analysis");
    expect(given.code, given.all).toBe(0);
    expect(given.stdout).toContain("Now: held by otto");
    expect(given.stdout).toContain("otto has not confirmed it: only the giver recorded it");
    const taken = await evidence("otto", "receive", id, "--from", "anna");
    expect(taken.code, taken.all).toBe(0);

    const out = await evidence("vera", "access", id, "--reason", "sampling", "--out", "copy.log");
    expect(out.code, out.all).toBe(0);
    expect(out.stdout).toContain("signed before the bytes left");
    expect(await readFile(workspace.path("copy.log"), "utf8")).toBe(text);
    const again = await evidence("vera", "access", id, "--reason", "sampling", "--out", "copy.log");
    expect([again.code, again.stderr]).toEqual([2, expect.stringContaining("is there already and is not overwritten")]);

    // Where nothing can be written the record is there all the same: it comes before the first byte.
    const nowhere = await evidence("vera", "access", id, "--reason", "sampling", "--out", "/proc/copy.log");
    expect([nowhere.code, nowhere.stderr]).toEqual([2, expect.stringContaining("/proc/copy.log")]);

    expect((await evidence("otto", "verify")).code).toBe(0);
    await workspace.write("auth-redacted.log", "GET /*** 200\n");
    const derived = await evidence(
      "otto",
      "derive",
      id,
      "auth-redacted.log",
      "--what",
      "redaction",
      "--reason",
      "names",
    );
    expect(derived.code, derived.all).toBe(0);
    expect(derived.stdout).toContain(`before  ${digestOf(text)}`);

    const now = await show(id);
    expect(now.events.map(({ act, allowed }) => `${act} ${allowed}`)).toEqual([
      "collect yes",
      "describe yes",
      "transfer yes",
      "receive yes",
      "access yes",
      "access yes",
      "verify yes",
      "copy yes",
    ]);
    expect(now.events.find(({ act }) => act === "transfer")?.remarks).toEqual([]);
    expect(now).toMatchObject({ holder: { name: "otto" }, missing: [], faults: [] });
    expect(now.files.map((file) => [file.name, file.derived])).toEqual([
      ["auth.log", null],
      ["auth-redacted.log", { from: [digestOf(text)], change: "redaction" }],
    ]);
    expect(existsSync(blobPath(workspace, digestOf(text)))).toBe(true);

    const list = await workspace.run("evidence", "list", "--incident", "INC-2026-001");
    expect(list.stdout).toContain(`${id}  INC-2026-001  auth log; held by otto since`);
    expect((await workspace.run("evidence", "list", "--incident", "INC-9")).stdout).toContain("Nothing is kept");
    const released = await evidence("otto", "release", id, "--reason", "closed");
    expect([released.code, released.stdout]).toEqual([0, expect.stringContaining("Now: released on")]);
    const late = await evidence("anna", "access", id, "--reason", "curious");
    expect(late.stdout).toContain("it was handled by anna after its record had ended");
    const file = await workspace.run("evidence", "show", id);
    expect(file.stdout.indexOf("To look at first")).toBeLessThan(file.stdout.indexOf("What happened to it"));
    await workspace.verified();
  }, 120_000);

  test("says everything that is wrong at once, and records nothing", async () => {
    const place = await newPlace();
    const { workspace, evidence } = place;
    const id = await added(place);
    const { size } = await workspace.verified();
    const bad = await evidence(
      "anna",
      "add",
      "nowhere.log",
      "--method",
      "magic",
      "--incident",
      "INC 1",
      "--authorised-by",
      "ana",
      "--collected-at",
      "2999-01-01",
      "--field",
      "rows=many",
      "--field",
      "qery=x",
      "--from-capture",
      "abc",
    );
    expect(bad.code).toBe(2);
    for (const part of [
      "nowhere.log: no such file",
      "--title is missing",
      "--method: expected one of api, export",
      '--incident "INC 1": expected letters',
      'did you mean "anna"',
      "has not come yet",
      'rows: expected a whole number, found "many"',
      'there is no field "qery"; did you mean "query"?',
      '--from-capture "abc"',
      "files and --from-capture in one call",
    ])
      expect(bad.stderr).toContain(part);
    for (const [args, why] of [
      [["show", "EVD-1999-001"], "there is no evidence EVD-1999-001"],
      [["transfer", id], "--to is missing"],
      [["transfer", id, "--to", "anna", "--reason", "x"], "--to and --from are the same person"],
      [["transfer", id, "--to", "otto", "--reason", "x", "--corrects", "0"], "this is no record about"],
      [["access", id], "--reason is missing"],
      [["derive", id, "auth.log", "--what", "redaction", "--reason", "x"], "nothing was changed"],
      [["derive", id, "auth.log", "--what", "magic", "--reason", "x"], "--what: expected one of copy, redaction"],
      [["release", id], "--reason is missing"],
      [["describe", id, "personalData=maybe"], "personalData: expected yes or no"],
      [["describe", id], "what is to be said?"],
      [["store", id], "--location is missing"],
      [["authorise", id], "--person is missing"],
      [["authorise", id, "--person", "otto", "--withdraw"], "not all of these are authorised"],
      [["verify", id, "--found", "intact"], "is no physical thing"],
      [["dispose", id], "files are disposed of by a command of their own"],
      [["sheet", id, "--out", "x.pdf"], "a name that ends in .md"],
    ] as const) {
      const done = await evidence("anna", ...args);
      expect([args.join(" "), done.code, done.stderr]).toEqual([args.join(" "), 2, expect.stringContaining(why)]);
    }
    expect((await workspace.verified()).size).toBe(size);
  }, 180_000);

  test("a bare shell may record, and is never taken for anybody", async () => {
    const { workspace, evidence, show } = await newPlace();
    await workspace.write("auth.log", "x\n");
    const done = await evidence(undefined, "add", "auth.log", ...ADD, ...BY, "--json");
    expect(done.code, done.all).toBe(0);
    const { id } = done.json<{ evidence: Shown }>().evidence;
    const told = await evidence(undefined, "transfer", id, "--to", "otto", "--reason", "analysis");
    expect(told.stdout).toContain("Nobody proved who they are on this shell");
    expect(told.stdout).toContain("whether it was allowed is not known: nobody proved who they are");
    const shown = await show(id);
    expect(shown.events.map(({ auth, allowed }) => [auth, allowed])).toEqual([
      ["unauthenticated", "unknown"],
      ["unauthenticated", "unknown"],
    ]);
    expect(shown.holes).toEqual([]);
    // An auditor looks, and does not handle.
    const wrong = await evidence("vera", "transfer", id, "--to", "anna", "--reason", "x");
    expect([wrong.code, wrong.stderr]).toEqual([2, expect.stringContaining("vera is auditor and may not")]);
    const stranger = await cli.run(workspace.folder, ["evidence", "release", id, "--reason", "x"], {
      env: { CUSTODY_TOKEN: newToken() },
    });
    expect([stranger.code, stranger.stderr]).toEqual([2, expect.stringContaining("belongs to nobody")]);
  }, 120_000);

  test("a stored byte that changed is found, recorded, and does not leave", async () => {
    const place = await newPlace();
    const { workspace, evidence, show } = place;
    const text = "GET /admin 200\n";
    const id = await added(place, text);
    const path = blobPath(workspace, digestOf(text));
    await chmod(path, 0o600);
    await writeFile(path, text.replace("200", "404"));
    const refused = await evidence("anna", "access", id, "--reason", "look", "--out", "copy.log");
    expect([refused.code, refused.stderr]).toEqual([1, expect.stringContaining("are not those that were recorded")]);
    expect(existsSync(workspace.path("copy.log"))).toBe(false);
    const checked = await evidence("anna", "verify", id, "--reason", "quarterly");
    expect([checked.code, checked.stdout]).toEqual([1, expect.stringContaining("DIFFERS")]);
    const shown = await show(id);
    expect(shown.events.map(({ act, result }) => [act, result])).toEqual([
      ["collect", null],
      ["verify", "differs"],
      ["verify", "differs"],
    ]);
    expect(shown.holes.map(({ kind }) => kind)).toEqual(["altered", "altered"]);
    expect(shown.files[0]?.verified?.result).toBe("differs");
    // Put back it is what it was, and what was found before stays found.
    await writeFile(path, text);
    expect((await evidence("anna", "verify", id)).code).toBe(0);
    expect((await show(id)).holes).toHaveLength(2);
    await workspace.verified();
  }, 120_000);

  test("a file of 200 MiB passes through a small memory, and its copy is all of it", async () => {
    const { workspace, as } = await newPlace();
    const file = workspace.path("disk.img");
    await (await open(file, "w")).close();
    await truncate(file, 200 * 1024 * 1024);
    const done = await as("anna", ["evidence", "add", "disk.img", ...ADD, ...BY, "--json"]);
    expect(done.code, done.all).toBe(0);
    const { id, files } = done.json<{ evidence: Shown }>().evidence;
    const out = await as("anna", ["evidence", "access", id, "--reason", "analysis", "--out", "copy.img"]);
    expect(out.code, out.all).toBe(0);
    expect((await stat(workspace.path("copy.img"))).size).toBe(200 * 1024 * 1024);
    const checked = await as("anna", ["evidence", "verify", id]);
    expect(checked.stdout).toContain(`${files[0]?.digest}  as it was recorded`);
    const { peak: usual } = await as("anna", ["evidence", "show", id]);
    for (const { peak } of [done, out, checked]) expect(peak - usual).toBeLessThan(80);
  }, 180_000);

  test("of an incident that no register has is kept, and said, beside JSON as well", async () => {
    const { workspace, evidence } = await newPlace();
    await workspace.write("auth.log", "GET /");
    for (const json of [[], ["--json"]]) {
      const kept = await evidence("anna", "add", "auth.log", ...ADD, ...BY, ...json);
      expect([kept.code, kept.stderr]).toEqual([
        0,
        expect.stringContaining("! No register has an incident INC-2026-001 so far"),
      ]);
      if (json.length > 0) expect(kept.json()).toMatchObject({ ok: true });
    }
    const [{ evidence: id = "" } = {}] = (await workspace.entries()).filter(({ kind }) => kind === "custody") as {
      evidence?: string;
    }[];
    const other = await evidence("anna", "describe", id, "incident=INC-9");
    expect([other.code, other.stderr]).toEqual([
      0,
      expect.stringContaining("No register has an incident INC-9 so far"),
    ]);
    await workspace.run("incident", "open", "--title", "Intruder", "--id", "INC-9");
    expect((await evidence("anna", "describe", id, "incident=INC-9")).stderr).toBe("");
  });

  test("what the log has already becomes evidence with what the log knows of it; a hold is shown, a disposal told", async () => {
    const { workspace, as, evidence, show } = await newPlace();
    const text =
      "---\nid: INC-1\ntitle: Intruder\nseverity: Sev1\ndetectedAt: 2026-11-02T08:00:00+01:00\n---\nWords of Anna.\n";
    await workspace.write("incidents/INC-1.md", text);
    expect((await workspace.run("collect")).code).toBe(0);
    const digest = digestOf(text);
    const unknown = await evidence("anna", "add", "--from-capture", "0".repeat(64), "--title", "x", ...BY);
    expect([unknown.code, unknown.stderr]).toEqual([2, expect.stringContaining("no record names a file")]);
    const done = await evidence(
      "anna",
      "add",
      "--from-capture",
      digest,
      "--incident",
      "INC-1",
      "--title",
      "the page",
      ...BY,
      "--json",
    );
    expect(done.code, done.all).toBe(0);
    const { id } = done.json<{ evidence: Shown }>().evidence;
    const begun = await show(id);
    expect(begun.fields).toMatchObject({
      method: { value: "copy" },
      source: { value: expect.stringContaining("incidents: ") },
      tool: { value: expect.stringContaining("incident-log/markdown") },
      collectedBy: { value: "custody" },
    });
    expect(begun).toMatchObject({ holder: { name: "anna" }, holes: [], holds: [] });

    const held = await workspace.run("hold", "place", "case-1", "--authority", "dpo", "--incident", "INC-1");
    expect(held.code, held.all).toBe(0);
    expect((await show(id)).holds).toMatchObject([{ id: "case-1", to: null }]);
    // What is put under another incident is under its holds too, as disposal sees it.
    const other = await workspace.run("hold", "place", "case-2", "--authority", "dpo", "--incident", "INC-2");
    expect(other.code, other.all).toBe(0);
    expect((await show(id)).holds.map((hold) => hold.id)).toEqual(["case-1"]);
    const moved = await evidence("anna", "describe", id, "incident=INC-2");
    expect(moved.code, moved.all).toBe(0);
    expect((await show(id)).holds.map((hold) => hold.id)).toEqual(["case-1", "case-2"]);
    const kept = await evidence("anna", "release", id, "--reason", "x");
    expect([kept.code, kept.stderr]).toEqual([2, expect.stringContaining("the hold case-1")]);
    const cause = ["--authority", "dpo", "--reason", "order"];
    expect((await workspace.run("dispose", digest, ...cause)).stderr).toContain("under the hold case-1");
    expect((await workspace.run("hold", "release", "case-1", "--authority", "dpo")).code).toBe(0);
    expect((await workspace.run("dispose", digest, ...cause)).stderr).toContain("under the hold case-2");
    expect((await workspace.run("hold", "release", "case-2", "--authority", "dpo")).code).toBe(0);

    const gone = await workspace.run("dispose", digest, ...cause);
    expect(gone.code, gone.all).toBe(0);
    const after = await show(id);
    expect(after).toMatchObject({ state: "disposed", holder: null, files: [{ disposed: { reason: "order" } }] });
    const told = await workspace.run("evidence", "show", id);
    expect(told.stdout).toContain("Now: disposed of by");
    expect(told.stdout).toContain("DISPOSED of on");
    const out = await evidence("anna", "access", id, "--reason", "x", "--out", "copy.md");
    expect([out.code, out.stderr]).toEqual([2, expect.stringContaining("no file that could be handed out")]);
    expect((await evidence("anna", "verify", id)).stderr).toContain("has no file to hash");
    const anew = await as("anna", ["evidence", "add", "--from-capture", digest, "--title", "x", ...BY]);
    expect([anew.code, anew.stderr]).toEqual([2, expect.stringContaining("was disposed of")]);
    await workspace.verified();
  }, 180_000);

  test("a laptop: seal, room, and an end of its own", async () => {
    const { evidence, show } = await newPlace();
    const done = await evidence(
      "anna",
      "add",
      "--physical",
      "laptop, silver",
      ...ADD.map((one) => (one === "export" ? "seizure" : one)),
      ...BY,
      "--collected-by",
      "Paul Example",
      "--collected-at",
      "2026-01-05",
      "--field",
      "location=reception",
      "--json",
    );
    expect(done.code, done.all).toBe(0);
    const { id } = done.json<{ evidence: Shown }>().evidence;
    const store = await evidence("anna", "store", id, "--location", "safe, room 2");
    expect(store.code, store.all).toBe(0);
    expect(await show(id)).toMatchObject({
      holder: { name: "Paul Example" },
      fields: { location: { value: "safe, room 2" } },
      missing: ["personalData"],
    });
    expect((await evidence("anna", "verify", id)).stderr).toContain("say --found intact");
    expect((await evidence("anna", "verify", id, "--found", "intact")).code).toBe(0);
    // Somebody who never had it.
    const wrong = await evidence("anna", "transfer", id, "--from", "otto", "--to", "vera", "--reason", "x");
    expect(wrong.stdout).toMatch(/! Between .* it came from Paul Example to otto, and nobody recorded how/);
    const entry = (await show(id)).events.at(-1)?.entry;
    const mended = await evidence(
      "anna",
      "transfer",
      id,
      "--from",
      "Paul Example",
      "--to",
      "vera",
      "--reason",
      "wrong name",
      "--corrects",
      String(entry),
    );
    expect([mended.code, mended.stdout]).toEqual([0, expect.not.stringContaining("nobody recorded how")]);
    const dispose = ["dispose", id, "--authority", "dpo", "--method", "shredded", "--reason", "no longer needed"];
    const gone = await evidence("anna", ...dispose);
    expect([gone.code, gone.stdout]).toEqual([0, expect.stringContaining("Now: disposed of on")]);
    expect((await evidence("anna", ...dispose)).stderr).toContain("is disposed of already");
  }, 180_000);

  test("hostile words are shown as what they are, on the screen and on the sheet", async () => {
    const place = await newPlace();
    const { workspace, evidence } = place;
    await workspace.write("a\u202etxt.exe\u001b[31m", "x");
    const done = await evidence(
      "anna",
      "add",
      "a\u202etxt.exe\u001b[31m",
      "--title",
      "x | y <script>alert(1)</script> [click](https://evil.example) `code` **bold**\u001b[2J",
      "--source",
      "line one\n# not a heading\n| a | b |",
      "--method",
      "export",
      "--authorised-by",
      "Eve | <b>*Root*</b>",
      "--json",
    );
    expect(done.code, done.all).toBe(0);
    const { id } = done.json<{ evidence: Shown }>().evidence;
    const shown = await workspace.run("evidence", "show", id);
    const list = await workspace.run("evidence", "list");
    const made = await workspace.run("evidence", "sheet", id, "--out", "sheet.md");
    expect(made.code, made.all).toBe(0);
    const sheet = await readFile(workspace.path("sheet.md"), "utf8");
    const control = /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/;
    for (const text of [shown.stdout, list.stdout, sheet, done.stderr]) expect(text).not.toMatch(control);
    expect(shown.stdout).toContain("[U+202E]");
    expect(sheet).not.toMatch(/<script|<b>|(?<!\\)\]\(|https:|^# not/m);
    expect(sheet).toContain("x \\| y &lt;script&gt;");
    expect(sheet).toContain("Eve \\| &lt;b&gt;\\*Root\\*&lt;/b&gt;");
    // Every row of a table has as many cells as its head.
    const cells = (line: string) => line.replace(/\\\|/g, "").split("|").length;
    const rows = sheet.split("\n").filter((line) => line.startsWith("|"));
    let width = 0;
    for (const [i, line] of rows.entries()) {
      if (/^\|-+\|/.test(rows[i + 1] ?? "") || /^\|( \|)+$/.test(line)) width = cells(line);
      expect(cells(line), line).toBe(width);
    }
    expect(sheet).toContain(digestOf("x"));
    const twice = await workspace.run("evidence", "sheet", id, "--out", "sheet.md");
    expect(twice.code).toBe(2);
    // The bytes leave under a name that leads nowhere.
    await workspace.write("out/.keep", "");
    const out = await evidence("anna", "access", id, "--reason", "look", "--out", "out");
    expect(out.code, out.all).toBe(0);
    expect((await readdir(workspace.path("out"))).filter((name) => name !== ".keep")).toEqual(["1-a_txt.exe_31m"]);
  }, 120_000);

  test("killed at any moment, it leaves a whole record or none, and no part of a file under its name", async () => {
    const place = await newPlace();
    const { workspace, evidence } = place;
    const bytes = Buffer.alloc(24 * 1024 * 1024, "evidence ");
    await workspace.write("disk.img", bytes);
    const killed = async (ms: number, args: readonly string[]) => {
      const child = cli.start(workspace.folder, ["evidence", ...args], { env: { CUSTODY_TOKEN: TOKENS.anna } });
      child.stdout.resume();
      child.stderr.resume();
      const timer = setTimeout(() => child.kill("SIGKILL"), ms);
      await new Promise((done) => child.once("close", done));
      clearTimeout(timer);
    };
    for (const ms of [250, 450, 650, 900]) await killed(ms, ["add", "disk.img", ...ADD, ...BY]);
    const done = await evidence("anna", "add", "disk.img", ...ADD, ...BY, "--json");
    expect(done.code, done.all).toBe(0);
    const { id } = done.json<{ evidence: Shown }>().evidence;
    for (const [i, ms] of [300, 500, 700, 900].entries()) {
      await killed(ms, ["access", id, "--reason", "look", "--out", `copy-${i}.img`]);
      const copy = await readFile(workspace.path(`copy-${i}.img`)).catch(() => undefined);
      // A name that was taken and not filled is empty, never a part.
      expect([undefined, 0, bytes.length]).toContain(copy?.length);
      const accesses = (await workspace.entries()).filter((entry) => entry.act === "access").length;
      const left = (await readdir(workspace.folder)).filter(
        (name) => /^copy-\d\.img/.test(name) && !name.endsWith(".part"),
      );
      // Whatever is there outside was recorded before.
      expect(accesses).toBeGreaterThanOrEqual(left.length);
    }
    const all = (await workspace.run("evidence", "list", "--json")).json<{ evidence: Shown[] }>().evidence;
    expect(new Set(all.map((one) => one.id)).size).toBe(all.length);
    for (const item of all) expect(item.files.map(({ digest }) => digest)).toEqual([digestOf(bytes)]);
    await workspace.verified();
  }, 240_000);

  test("what was preserved for an incident can be given a custody record at once, however many files it is", async () => {
    const { workspace, evidence, show } = await newPlace();
    const page = (n: number) =>
      `---\nid: INC-${n}\ntitle: Intruder ${n}\nseverity: Sev1\ndetectedAt: 2026-11-02T08:00:00+01:00\n---\nWords.\n`;
    for (let n = 1; n <= 20; n += 1) await workspace.write(`incidents/INC-${n}.md`, page(n));
    const done = await workspace.run("preserve", "INC-1", "--as-evidence", "--json");
    expect(done.code, done.all).toBe(0);
    const [thing, ...more] = done.json<{ evidence: { id: string; files: number; instance: string }[] }>().evidence;
    expect([thing?.files, thing?.instance, more]).toEqual([21, "incidents", []]);
    const shown = await show(thing?.id ?? "");
    // The pages, and the list of what lay in the folder.
    expect(shown.files.map(({ digest }) => digest)).toEqual(
      expect.arrayContaining(Array.from({ length: 20 }, (_, i) => digestOf(page(i + 1)))),
    );
    expect(shown).toMatchObject({
      holes: [],
      missing: ["authorisedBy", "personalData"],
      fields: { method: { value: "copy" } },
    });
    expect(shown.holds.map(({ id, to }) => [id, to])).toContainEqual(["preserve-INC-1", null]);
    expect((await evidence("anna", "verify", thing?.id ?? "")).code).toBe(0);
    await workspace.verified();
  }, 120_000);

  test("two who begin a record at once get two numbers", async () => {
    const { workspace, evidence } = await newPlace();
    await Promise.all(["a", "b", "c"].map((name) => workspace.write(`${name}.log`, name)));
    const done = await Promise.all(
      ["a", "b", "c"].map((name) => evidence("anna", "add", `${name}.log`, ...ADD, ...BY)),
    );
    expect(done.map(({ code }) => code)).toEqual([0, 0, 0]);
    const { evidence: all } = (await workspace.run("evidence", "list", "--json")).json<{ evidence: Shown[] }>();
    expect(all.map(({ id }) => id.slice(-3)).sort()).toEqual(["001", "002", "003"]);
    expect(new Set(all.map(({ files }) => files[0]?.digest)).size).toBe(3);
  }, 120_000);
});
