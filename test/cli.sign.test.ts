import { execFile } from "node:child_process";
import { cp, mkdtemp, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { newToken, tokenLine } from "../src/people.ts";
import { Cli, Workspace } from "./support/cli.ts";
import { type QuietMonth, quietMonth } from "./support/quiet-month.ts";
import { describeWith } from "./support/tools.ts";

const exec = promisify(execFile);
let cli: Cli;
beforeAll(async () => {
  cli = await Cli.resident("cli-sign");
});
afterAll(() => cli.close());

const TOKEN = newToken();
const PEOPLE = `  anna: { role: owner, token: "${tokenLine(TOKEN)}" } # signs
  otto: { role: operator }`;
const MONTHS = "January February March April May June July August September October November December".split(" ");

interface Claim {
  readonly requirement: string;
  readonly state: string;
  readonly reason: string;
  readonly holes: { readonly instance: string; readonly from: string }[];
  readonly signed: { readonly entry: number; readonly by: { readonly name: string } }[];
}

/** Months by the days on which a source was away; making one takes long, so that the tests have copies of it. */
const made = new Map<string, QuietMonth>();
const cleaning: (() => Promise<unknown>)[] = [];
afterAll(async () => {
  for (const clean of cleaning.reverse()) await clean();
});

async function madeMonth(down: readonly number[]): Promise<QuietMonth> {
  const known = made.get(down.join());
  if (known !== undefined) return known;
  const folder = await mkdtemp(join(tmpdir(), "custody-sign-"));
  cleaning.push(() => rm(folder, { recursive: true, force: true }));
  const quiet = await quietMonth(folder, { down, people: PEOPLE }, (clean) => cleaning.push(clean));
  await quiet.close();
  made.set(down.join(), quiet);
  return quiet;
}

async function aMonth(down: readonly number[] = []) {
  const folder = await cli.place();
  const quiet = await madeMonth(down);
  await cp(quiet.folder, folder, { recursive: true });
  const workspace = new Workspace(cli, folder);
  const as = (token: string | undefined, ...args: string[]) => cli.run(folder, args, { env: { CUSTODY_TOKEN: token } });
  const anna = (...args: string[]) => as(TOKEN, ...args);
  const claims = async () =>
    (await anna("sign", "--month", quiet.month, "--json")).json<{ nilReturns: Claim[] }>().nilReturns;
  const [year = "", month = ""] = quiet.month.split("-");
  return { ...quiet, workspace, as, anna, claims, name: `${MONTHS[Number(month) - 1]} ${year}` };
}

async function pdfText(workspace: Workspace, name: string): Promise<string> {
  const { stdout } = await exec("pdftotext", [workspace.path(name), "-"], { maxBuffer: 64 * 1024 * 1024 });
  return stdout.replace(/\s+/g, " ");
}

describeWith(["pdftotext"], "a month in which nothing happened", () => {
  test("is a confirmed nil return everywhere, once an owner said so in one step", { timeout: 120_000 }, async () => {
    const { anna, as, claims, month, name, workspace } = await aMonth();
    expect((await claims()).map(({ requirement, state }) => [requirement, state])).toEqual([
      ["a525.alerts.nil", "confirmable"],
      ["a526.register.nil", "confirmable"],
      ["a816.alerts.nil", "confirmable"],
    ]);
    expect((await workspace.run("report", "--period", month, "--out", "before.pdf")).code).toBe(0);
    const before = await pdfText(workspace, "before.pdf");
    expect(before).toContain("No person has confirmed that nothing happened.");
    expect(before).toContain("nobody yet: no person has confirmed anything in this report");

    // Nobody signs without being known, looking at it, or being asked.
    const stranger = await as(undefined, "sign", "nil-return", "--month", month, "--yes");
    expect([stranger.code, stranger.all]).toEqual([
      2,
      expect.stringContaining("a sign-off counts only from somebody who shows who they are"),
    ]);
    const wrong = await as(newToken(), "sign", "nil-return", "--month", month, "--yes");
    expect([wrong.code, wrong.all]).toEqual([2, expect.stringContaining("belongs to nobody under `people:`")]);
    const unasked = await anna("sign", "nil-return", "--month", month);
    expect([unasked.code, unasked.all]).toEqual([2, expect.stringContaining("add --yes")]);
    expect(unasked.stdout).toContain("register (incident-log/markdown):");
    expect(unasked.stdout).toMatch(
      /prom \(alert-history\/alertmanager\): (\d+) of \1 pieces of expected evidence came; none found in this time; uncounted/,
    );
    // Local time, and once what two controls ask for.
    expect(unasked.stdout).toMatch(/^From 1 \w{3} \d{4}, 00:00 UTC up to, not including, 1 \w{3} \d{4}, 00:00 UTC\.$/m);
    expect(
      unasked.stdout.match(/^No alert \(A\.5\.25 and A\.8\.16; a525\.alerts\.nil, a816\.alerts\.nil\)/gm),
    ).toHaveLength(1);
    const list = await anna("sign", "--month", month);
    expect(list.stdout.match(/, no alert /g)).toHaveLength(1);
    expect((await workspace.entries()).filter(({ kind }) => kind === "sign-off")).toEqual([]);

    const signed = await anna("sign", "nil-return", "--month", month, "--yes", "--json");
    expect(signed.code, signed.all).toBe(0);
    const [entry] = (await workspace.entries()).filter(({ kind }) => kind === "sign-off");
    expect(entry).toMatchObject({
      subject: "nil-return",
      requirements: ["a525.alerts.nil", "a526.register.nil", "a816.alerts.nil"],
      actor: { type: "person", role: "owner", auth: "token" },
    });
    expect(signed.json()).toMatchObject({ ok: true, signed: [{ entry: entry?.index }] });
    const again = await anna("sign", "nil-return", "--month", month, "--yes");
    expect([again.code, again.all]).toEqual([
      0,
      expect.stringContaining("Everything that can be confirmed of this time is."),
    ]);

    expect((await claims()).map(({ state }) => state)).toEqual(["confirmed", "confirmed", "confirmed"]);
    expect((await workspace.run("report", "--period", month, "--out", "after.pdf")).code).toBe(0);
    expect((await workspace.run("report", "--period", month, "--out", "after.json")).code).toBe(0);
    const text = await pdfText(workspace, "after.pdf");
    expect(text).toContain("Confirmed by anna (owner): this is a nil return.");
    expect(text).toContain(`anna (owner): nil return, ${name} (record ${entry?.index})`);
    expect(text).not.toContain("cannot be confirmed: ");
    const model = JSON.parse(await readFile(workspace.path("after.json"), "utf8"));
    expect(model.incidents.nil).toMatchObject({ confirmedBy: "anna (owner)", claim: null });
    expect(model.nilReturns.map(({ state }: { state: string }) => state)).toEqual([
      "confirmed",
      "confirmed",
      "confirmed",
    ]);
    const results = model.controls.flatMap(
      ({ requirements }: { requirements: { id: string; result: string }[] }) => requirements,
    );
    expect(results.find(({ id }: { id: string }) => id === "a526.register.nil").result).toBe("nil");
    // Neither the token nor the name is in a record.
    const records = JSON.stringify(await workspace.entries());
    expect(records).not.toMatch(/anna|custody_/);
    expect((await workspace.verified()).ok).toBe(true);
  });

  test("cannot be confirmed when a source was away for a day, and the day is named everywhere", {
    timeout: 120_000,
  }, async () => {
    const { anna, claims, from, month, name, workspace } = await aMonth([12]);
    const day = `12 ${name.slice(0, 3)} ${name.slice(-4)}`;
    const words = `cannot be confirmed: prom was not collected on ${day}`;
    const asked = await anna("sign", "nil-return", "--month", month, "--yes");
    expect([asked.code, asked.all]).toEqual([1, expect.stringContaining(words)]);
    expect(asked.all).toContain(`--requirement a526.register.nil`);
    const json = await anna("sign", "nil-return", "--month", month, "--yes", "--json");
    expect(json.json()).toMatchObject({ ok: false, signed: [] });
    const [alerts, register] = await claims();
    expect(alerts).toMatchObject({ state: "refused", holes: [{ instance: "prom" }] });
    expect(Date.parse(alerts?.holes[0]?.from ?? "")).toBe(from + 11 * 86_400_000);
    expect(register?.state).toBe("confirmable");
    expect((await workspace.run("report", "--period", month, "--out", "r.pdf")).code).toBe(0);
    expect((await workspace.run("report", "--period", month, "--out", "r.json")).code).toBe(0);
    expect(await pdfText(workspace, "r.pdf")).toContain(words);
    expect(await readFile(workspace.path("r.json"), "utf8")).toContain(words);
    expect((await workspace.entries()).some(({ kind }) => kind === "sign-off")).toBe(false);
    // What the other source says can be confirmed by itself.
    const one = await anna("sign", "nil-return", "--month", month, "--requirement", "a526.register.nil", "--yes");
    expect(one.code, one.all).toBe(0);
    expect((await claims()).map(({ state }) => state)).toEqual(["refused", "confirmed", "refused"]);
  });

  test("is withdrawn everywhere by a record that turns up afterwards, with both records", {
    timeout: 120_000,
  }, async () => {
    const { anna, claims, month, name, workspace } = await aMonth();
    expect((await anna("sign", "nil-return", "--month", month, "--yes")).code).toBe(0);
    await workspace.write(
      "incidents/INC-9.md",
      `---\nid: INC-9\ntitle: Found late\nseverity: high\ndetected: ${month}-12T08:00:00Z\nresolved: ${month}-12T09:00:00Z\n---\nLate.\n`,
    );
    await workspace.run("collect", "register");
    const [alerts, register] = await claims();
    expect([alerts?.state, register?.state]).toEqual(["confirmed", "withdrawn"]);
    expect(register?.signed[0]?.by.name).toBe("anna");
    expect(register?.reason).toMatch(
      /^1 incident from register, so nothing to confirm; what anna \(owner\) confirmed on .* is withdrawn$/,
    );
    expect((await workspace.run("report", "--period", month, "--out", "r.pdf")).code).toBe(0);
    const text = await pdfText(workspace, "r.pdf");
    expect(text).toContain(`nil return, ${name}`);
    expect(text).toContain("withdrawn in part");
    expect(text).toContain("INC-9");
  });
});

describe("custody sign", () => {
  test("says what is wrong with how it is asked, and signs what the catalogue leaves to a person", {
    timeout: 120_000,
  }, async () => {
    const { anna, month, workspace } = await aMonth();
    for (const [args, why] of [
      [["nil-return"], "expected --month or --period"],
      [["nil-return", "--month", month, "--period", month], "expected --month or --period"],
      [["nil-return", "--month", "2026"], "expected a month such as 2026-10"],
      [["nil-return", "--month", "2126-10"], "October 2126 is not over yet"],
      [["nil-return", "--month", month, "--requirement", "a526.register.nill"], "a526.register.nil"],
      [["monthly-reviev", "--month", month], "monthly-review"],
      [["recurring-incidents", "--month", month, "--yes"], "is signed quarterly"],
    ] as const) {
      const done = await anna("sign", ...args);
      expect([done.code, done.all], args.join(" ")).toEqual([2, expect.stringContaining(why)]);
    }
    const done = await anna("sign", "monthly-review", "--month", month, "--note", "Talked it over.", "--yes");
    expect(done.code, done.all).toBe(0);
    expect(done.stdout).toContain("Remark: Talked it over.");
    expect((await workspace.run("report", "--period", month, "--recommended", "--out", "r.json")).code).toBe(0);
    const model = JSON.parse(await readFile(workspace.path("r.json"), "utf8"));
    const found = model.controls
      .flatMap(({ requirements }: { requirements: { id: string }[] }) => requirements)
      .find(({ id }: { id: string }) => id === "a536.review.signed");
    expect(found).toMatchObject({ result: "met", met: 1, of: 1 });

    // All acts of a person are one person's.
    const paused = await anna("pause", "prom", "--reason", "because");
    expect(paused.code, paused.all).toBe(0);
    const entries = await workspace.entries();
    const acts = entries.filter(({ kind }) => kind === "plan" || kind === "sign-off") as { actor: { id: string } }[];
    expect(acts).toHaveLength(2);
    expect(new Set(acts.map(({ actor }) => actor.id)).size).toBe(1);
    expect(acts[0]?.actor).toMatchObject({ auth: "token", role: "owner" });
    const named = entries.filter(({ kind }) => kind === "identity") as { person?: string }[];
    expect(named.filter(({ person }) => person === acts[0]?.actor.id)).toHaveLength(1);
    expect((await anna("whoami", "--json")).json()).toMatchObject({ id: acts[0]?.actor.id });
  });
});

describe("personal tokens", () => {
  test("are made once, kept as a hash, and put in without touching anything else of the file", async () => {
    const workspace = await cli.workspace();
    const before = (await readFile(workspace.path("custody.yaml"), "utf8")).replace(/\npeople:[^\n]*/, "");
    const text = `${before}\n# Who may what.\npeople:\n  anna:   # the owner\n    role: owner\n    osUser: anna\n  otto: { role: operator }  # runs it\n`;
    await workspace.write("custody.yaml", text);
    const printed = await workspace.run("people", "token", "anna");
    expect([printed.code, await readFile(workspace.path("custody.yaml"), "utf8")]).toEqual([0, text]);
    const token = /custody_[\w-]{43}/.exec(printed.stdout)?.[0] ?? "";
    expect(printed.stdout).toContain(`token: ${tokenLine(token)}`);
    const written = (await workspace.run("people", "token", "anna", "--write", "--json")).json<{
      token: string;
      line: string;
    }>();
    expect(await readFile(workspace.path("custody.yaml"), "utf8")).toBe(
      text.replace("    role: owner\n", `    token: ${written.line}\n    role: owner\n`),
    );
    const otto = (await workspace.run("people", "token", "otto", "--write", "--json")).json<{
      token: string;
      line: string;
    }>();
    expect(await readFile(workspace.path("custody.yaml"), "utf8")).toContain(
      `  otto: { token: ${otto.line}, role: operator }  # runs it\n`,
    );
    const whoami = (value: string) =>
      cli.run(workspace.folder, ["whoami", "--json"], { env: { CUSTODY_TOKEN: value } });
    expect((await whoami(written.token)).json()).toMatchObject({
      name: "anna",
      role: "owner",
      auth: "token",
      id: null,
    });
    expect((await whoami(token)).code).toBe(2);
    expect((await whoami("")).code).toBe(2);
    await writeFile(workspace.path("otto.token"), `${otto.token}\n`, { mode: 0o600 });
    const file = await workspace.run("whoami", "--token-file", "otto.token", "--json");
    expect(file.json()).toMatchObject({ name: "otto", role: "operator" });
    const refused = await workspace.run("sign", "nil-return", "--month", "2026-01", "--token-file", "otto.token");
    expect([refused.code, refused.all]).toEqual([2, expect.stringContaining("otto is operator and may not sign")]);
    expect((await workspace.run("whoami", "--token-file", "none")).all).toContain("--token-file none: cannot be read");
    expect((await workspace.run("people")).stdout).toMatch(
      /anna {2}owner {2}has a token.*\notto {2}operator {2}has a token/,
    );
    expect((await workspace.run("people", "token", "ana")).all).toContain('did you mean "anna"');
    const unknown = await workspace.run("people", "token", "__proto__");
    expect(unknown.code).toBe(2);
    const mode = (await stat(workspace.path("custody.yaml"))).mode & 0o777;
    expect(mode).toBe((await stat(join(workspace.folder, "custody.yaml"))).mode & 0o777);
  });
});
