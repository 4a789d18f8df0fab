import { readFile, writeFile } from "node:fs/promises";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { newToken, tokenLine } from "../src/people.ts";
import { Cli, Workspace } from "./support/cli.ts";

let cli: Cli;
beforeAll(async () => {
  cli = await Cli.resident("cli-incident");
});
afterAll(() => cli.close());

const [OWNER, OPERATOR, AUDITOR] = [newToken(), newToken(), newToken()];
const YEAR = new Date().getUTCFullYear();
const FIRST = `INC-${YEAR}-001`;

/** A workspace that keeps its register in the log. */
async function aRegister() {
  const folder = await cli.place();
  const made = await cli.run(folder, ["init", "--name", "Example GmbH", "--zone", "Europe/Berlin"]);
  expect(made.code, made.all).toBe(0);
  const workspace = new Workspace(cli, folder);
  const path = workspace.path("custody.yaml");
  const without = (await readFile(path, "utf8")).replace(/^people:.*\n(?: .*\n)*/m, "");
  await writeFile(
    path,
    `${without}
people:
  anna: { role: owner, token: "${tokenLine(OWNER)}" }
  ben: { role: operator, token: "${tokenLine(OPERATOR)}" }
  aud: { role: auditor, token: "${tokenLine(AUDITOR)}" }
register: true
`,
  );
  const as =
    (token: string | undefined) =>
    (...args: string[]) =>
      cli.run(folder, ["incident", ...args], { env: { CUSTODY_TOKEN: token } });
  return { workspace, anna: as(OWNER), ben: as(OPERATOR), aud: as(AUDITOR), shell: as(undefined) };
}

const acts = async (workspace: Workspace) =>
  (await workspace.entries()).filter(({ kind }) => kind === "incident").reverse();
const inOrder = (entries: Record<string, unknown>[]) => [...entries].sort((a, b) => Number(a.index) - Number(b.index));

describe("the register on the command line", () => {
  test("an incident from its opening to its closing", { timeout: 180_000 }, async () => {
    const { anna, workspace } = await aRegister();
    const opened = await anna(
      "open",
      "--title",
      "Customers see each other's files",
      "--severity",
      "Sev1",
      "--owner",
      "ben",
    );
    expect([opened.code, opened.stderr]).toEqual([0, ""]);
    expect(opened.stdout).toMatch(
      new RegExp(
        `^${FIRST}: opened \\(record \\d+\\), .* Europe/Berlin\\.\n  Next: custody incident classify ${FIRST} --nature`,
      ),
    );
    for (const args of [
      ["classify", FIRST, "--nature", "security"],
      ["stamp", FIRST, "acknowledged"],
      ["assign", FIRST, "commander", "Cleo Example"],
      ["note", FIRST, "Sharing is off."],
      [
        "communicate",
        FIRST,
        "--channel",
        "email",
        "--audience",
        "customers",
        "--reached",
        "9",
        "--of",
        "9",
        "--to",
        "A",
        "--to",
        "B",
      ],
      ["measure", FIRST, "rotate-credentials", "--text", "all of them"],
      ["personal-data", FIRST, "yes", "--reason", "names and addresses"],
      ["breach", FIRST, "--role", "processor", "--dataset", "crm", "--aware", "now", "--people", "9"],
      ["tag", FIRST, "customer-data-accessed", "cross-org-access"],
      ["set", FIRST, "cause=a missing check"],
      ["stamp", FIRST, "verified", "--text", "tried it"],
      ["resolve", FIRST],
    ]) {
      const done = await anna(...args);
      expect([args.join(" "), done.code, done.stderr]).toEqual([args.join(" "), 0, ""]);
    }

    const before = await workspace.entries();
    const early = await anna("close", FIRST);
    expect([early.code, early.all]).toEqual([2, expect.stringContaining("the controller was not told (crm)")]);
    expect(await workspace.entries()).toEqual(before);
    const told = await anna("breach", FIRST, "--role", "processor", "--dataset", "crm", "--controller-told", "now");
    expect(told.stdout).toContain(`Next: custody incident close ${FIRST}`);
    const closed = await anna("close", FIRST, "--reason", "all done", "--json");
    expect(closed.json()).toMatchObject({ ok: true, incident: FIRST, state: "closed" });

    const show = await anna("show", FIRST);
    expect(show.stdout).toMatch(/owner {2,}ben\n|who +owner ben, commander Cleo Example/);
    expect(show.stdout).toContain("by anna (owner), known by token");
    expect(show.stdout).toContain("told customers by email (9 of 9 reached, A, B)");
    // What people wrote and who they named is in no record, only in files that can be disposed of.
    const records = JSON.stringify(await acts(workspace));
    for (const word of ["Customers", "Cleo", "names and addresses", "all done", "Sharing"])
      expect(records).not.toContain(word);
    expect((await workspace.verified()).ok).toBe(true);
  });

  test("every mistake is named at once, and nothing is written", { timeout: 180_000 }, async () => {
    const { anna, workspace } = await aRegister();
    const before = (await workspace.entries()).length;
    const bad = await anna(
      "open",
      "--severity",
      "Sev1!",
      "--nature",
      "weather",
      "--owner",
      "ana",
      "--detected",
      "2026-03-29T02:30",
      "--occurred",
      "yesterday",
    );
    expect(bad.code).toBe(2);
    for (const text of [
      '--detected: "2026-03-29T02:30" never was in Europe/Berlin',
      '--occurred: "yesterday" is no time',
    ])
      expect(bad.stderr).toContain(text);
    const worse = await anna(
      "open",
      "--severity",
      "Sev1!",
      "--nature",
      "weather",
      "--owner",
      "ana",
      "--commander",
      " ",
    );
    for (const text of [
      "title is missing",
      'severity is "Sev1!"',
      'nature is "weather"; expected availability, security, both',
      'owner: "ana" is nobody under `people:`; did you mean "anna"?',
      "commander:",
    ])
      expect(worse.stderr).toContain(text);
    expect(worse.stderr).toContain("Nothing was recorded.");
    const nobody = await anna("note", "INC-1999-001", "x");
    expect([nobody.code, nobody.stderr]).toEqual([
      2,
      expect.stringContaining("the register has no incident INC-1999-001"),
    ]);
    expect((await workspace.entries()).length).toBe(before);

    await anna("open", "--title", "a", "--severity", "Sev2", "--at", "2026-01-05T10:00");
    for (const [args, text] of [
      [["classify", FIRST, "--severity", "Sev1"], "changes the severity from Sev2 to Sev1 and gives no reason"],
      [
        ["resolve", FIRST, "--at", "2026-01-05T09:00"],
        "it was resolved (5 Jan 2026, 09:00 Europe/Berlin) before it was noticed (5 Jan 2026, 10:00 Europe/Berlin)",
      ],
      [["reopen", FIRST, "--reason", "x"], "reopens it although it was open"],
      [["stamp", FIRST, "closedAt"], "expected occurred, detected"],
      [["open", "--title", "b", "--id", FIRST.toLowerCase()], `the register has ${FIRST} already`],
      [["correct", FIRST, "999", "--because", "x"], "record 999 is none about"],
      [["set", FIRST, "colour=red"], "expected KEY=VALUE"],
      [["set", FIRST, "severity=Sev1", "owner=anna"], "are different records"],
      [["stamp", FIRST, "contained", "--at", `${YEAR + 1}-01-01`], "has not come yet"],
      [["note", FIRST, "x".repeat(20_001)], "20001 characters"],
    ] as const) {
      const done = await anna(...args);
      expect([args.join(" ").slice(0, 80), done.code, done.stderr.replace(/\s+/g, " ")]).toEqual([
        args.join(" ").slice(0, 80),
        2,
        expect.stringContaining(text),
      ]);
    }
    expect(await acts(workspace)).toHaveLength(1);
  });

  test("a correction takes the place of a record, which stays readable", { timeout: 180_000 }, async () => {
    const { anna } = await aRegister();
    await anna("open", "--title", "a", "--severity", "Sev2", "--at", "2026-01-05T10:00");
    const contained = (await anna("stamp", FIRST, "contained", "--at", "2026-01-05T11:00", "--json")).json<{
      entry: number;
    }>();
    const wrong = await anna("correct", FIRST, String(contained.entry), "--severity", "Sev1", "--because", "x");
    expect([wrong.code, wrong.stderr]).toEqual([2, expect.stringContaining("--severity: record")]);
    const done = await anna(
      "correct",
      FIRST,
      String(contained.entry),
      "--at",
      "2026-01-05T11:30",
      "--because",
      "read the chat again",
    );
    expect([done.code, done.stderr]).toEqual([0, ""]);
    const { incident, timeline } = (await anna("show", FIRST, "--json")).json<{
      incident: { containedAt: number };
      timeline: { act: string; replaced: unknown[] }[];
    }>();
    expect(new Date(incident.containedAt).toISOString()).toBe("2026-01-05T10:30:00.000Z");
    expect(timeline.find(({ act }) => act === "stamp")?.replaced).toHaveLength(1);
    const show = await anna("show", FIRST);
    expect(show.stdout).toMatch(
      /instead of record \d+, 5 Jan 2026, 11:00 Europe\/Berlin: contained\n {4}because: read the chat again/,
    );
    const again = await anna("correct", FIRST, String(contained.entry), "--at", "2026-01-05T11:40", "--because", "x");
    expect(again.stderr).toContain("was corrected already, by record");
  });

  test("who acts decides what counts", { timeout: 180_000 }, async () => {
    const { anna, ben, aud, shell, workspace } = await aRegister();
    const opened = await shell("open", "--title", "a", "--owner", "anna");
    expect([opened.code, opened.stdout]).toEqual([0, expect.stringContaining("recorded as unauthenticated")]);
    expect((await aud("note", FIRST, "x")).stderr).toContain("aud is auditor and may not");
    for (const somebody of [shell, ben]) {
      const refused = await somebody("withdraw", FIRST, "--reason", "a drill");
      expect([refused.code, await acts(workspace)]).toEqual([2, [expect.anything()]]);
      expect((await somebody("close", FIRST, "--waive", "no time")).code).toBe(2);
    }
    await anna("resolve", FIRST);
    const waived = await anna("close", FIRST, "--waive", "the company is wound up");
    expect([waived.code, waived.stdout]).toEqual([
      0,
      expect.stringContaining("Did not hold, and was waived: its cause is not recorded."),
    ]);
    expect((await anna("show", FIRST)).stdout).toMatch(
      /closed although .*cause.* did not hold \(the company is wound up\)/,
    );
    await anna("open", "--title", "b");
    await anna("withdraw", `INC-${YEAR}-002`, "--reason", "a drill");
    const list = await anna("list");
    expect(list.stdout).toContain("1 incident, 0 open, 0 resolved and not closed. Besides, 1 opened by mistake.");
    // The one who is named and the one who acts are the same person under one ID.
    const entries = inOrder(await workspace.entries());
    const owner = (entries.find(({ act }) => act === "open")?.values as { owner: string } | undefined)?.owner;
    expect(entries.find(({ act }) => act === "resolve")?.actor).toMatchObject({ id: owner, auth: "token" });
  });

  test("two who open at once get two numbers", { timeout: 180_000 }, async () => {
    const { anna, ben, shell, workspace } = await aRegister();
    const done = await Promise.all(
      [anna, ben, shell, anna].map((who, i) =>
        who("open", "--title", `number ${i}`, "--owner", `Person ${i}`, "--json"),
      ),
    );
    expect(done.map(({ code }) => code)).toEqual([0, 0, 0, 0]);
    const ids = done.map((one) => one.json<{ incident: string }>().incident).sort();
    expect(ids).toEqual([1, 2, 3, 4].map((n) => `INC-${YEAR}-00${n}`));
    const owners = (await acts(workspace)).map(({ values }) => (values as { owner: string }).owner);
    expect(new Set(owners).size).toBe(4);
  });

  test("killed in the middle of an opening, there is all of it or nothing", { timeout: 180_000 }, async () => {
    const { anna, workspace } = await aRegister();
    const started = performance.now();
    expect((await anna("open", "--title", "whole")).code).toBe(0);
    const whole = performance.now() - started;
    for (const part of [0.5, 0.7, 0.8, 0.88, 0.95]) {
      const child = cli.start(
        workspace.folder,
        ["incident", "open", "--title", "killed", "--severity", "Sev1", "--owner", "anna"],
        { env: { CUSTODY_TOKEN: OWNER } },
      );
      const timer = setTimeout(() => child.kill("SIGKILL"), whole * part);
      await new Promise((resolve) => child.on("exit", resolve));
      clearTimeout(timer);
    }
    expect((await anna("open", "--title", "after")).code).toBe(0);
    expect((await workspace.verified()).ok).toBe(true);
    const { incidents, troubles } = (await anna("list", "--json")).json<{
      incidents: { id: string; title: string; severity: string | null; owner: string | null }[];
      troubles: unknown[];
    }>();
    expect(troubles).toEqual([]);
    expect(incidents.map(({ id }) => id)).toEqual(
      incidents.map((_, i) => `INC-${YEAR}-${String(i + 1).padStart(3, "0")}`),
    );
    for (const one of incidents)
      if (one.title === "killed") expect(one).toMatchObject({ severity: "Sev1", owner: "anna" });
    expect(incidents.map(({ title }) => title)).toContain("after");
  });

  test("text that would act on a terminal is shown and does not act", { timeout: 180_000 }, async () => {
    const { anna } = await aRegister();
    await anna("open", "--title", "\u001b[31mred\u001b[0m \u202etxt");
    for (const done of [await anna("list"), await anna("show", FIRST)]) {
      expect(done.stdout).toContain("[U+001B][31mred");
      expect(done.stdout).not.toMatch(/[\u001b\u202e]/);
    }
  });

  test("preserve finds an incident of our own register", { timeout: 180_000 }, async () => {
    const { anna, workspace } = await aRegister();
    await anna("open", "--title", "a", "--at", "2026-01-05T10:00");
    const done = await cli.run(workspace.folder, ["preserve", FIRST], { env: { CUSTODY_TOKEN: OWNER } });
    expect([done.code, done.all]).toEqual([0, expect.stringContaining(`preserve-${FIRST}`)]);
  });
});
