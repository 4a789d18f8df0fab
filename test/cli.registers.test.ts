import { readFile } from "node:fs/promises";
import { afterAll, beforeAll, expect, test } from "vitest";
import { Cli } from "./support/cli.ts";
import { registerWorkspace } from "./support/register-workspace.ts";

let cli: Cli;
beforeAll(async () => {
  cli = await Cli.resident("cli-registers");
}, 120_000);
afterAll(() => cli.close());

test("incidents of a register elsewhere are spoken of by status, by the list and by who asks for one of them", {
  timeout: 60_000,
}, async () => {
  const { as } = await registerWorkspace(cli, 2);
  const listed = await as("otto", "incident", "list");
  expect(listed.stdout).not.toContain("The register of this log is empty.");
  expect(listed.stdout).toContain("None is kept in the register of this log.");
  expect(listed.stdout).toContain("register holds 2 incidents in a register of its own: ");
  expect(listed.stdout).toMatch(
    /^register\/INC-002 {2}.*\n.*kept in the register that register collects \(.*INC-002\.md\)/m,
  );
  const shown = await as("otto", "incident", "show", "INC-002", "--json");
  expect([shown.code, shown.json()]).toEqual([
    2,
    {
      ok: false,
      error: {
        code: "NOT_FOUND",
        message: expect.stringMatching(/^INC-002 is kept in the register that register collects \(.*INC-002\.md\)/),
        remedy: expect.stringContaining("Read and change it there"),
      },
    },
  ]);
  const due = await as("otto", "incident", "list", "--due", "--json");
  expect(due.json()).toMatchObject({ ok: true, zone: "Europe/Berlin" });
  const status = await as("otto", "status");
  expect([status.code, status.stdout]).toEqual([0, expect.not.stringMatching(/register.*is empty/i)]);
  const listedOf = (await as("otto", "incident", "list", "--json")).json() as { elsewhere: { incident: string }[] };
  expect(listedOf.elsewhere.map(({ incident }) => incident)).toEqual(["register/INC-001", "register/INC-002"]);
  const changed = await as("otto", "incident", "note", "INC-002", "x");
  expect([changed.code, changed.stderr]).toEqual([2, expect.stringContaining("INC-002 is kept in the register that")]);
});

test("what is open stands first in every list, the gravest in front, with what is still to decide, wherever it is kept", {
  timeout: 60_000,
}, async () => {
  const workspace = await cli.workspace();
  await workspace.configure(
    "- { id: register, use: incident-log/markdown, path: ./incidents, cadence: daily }",
    'index: "postgres://127.0.0.1:9/none"\npolicy: critical-low-untimed\n',
  );
  const since = new Date(Date.now() - 3_600_000).toISOString();
  const open = (id: string, severity: string, more: string) =>
    `---\nid: ${id}\ntitle: "About ${id}"\nseverity: ${severity}\ndetected: ${since}\n${more}---\n\nWords.\n`;
  await workspace.write("incidents/1.md", open("INC-1", "Low", "owner: Ada\npersonal_data: no\n"));
  await workspace.write("incidents/2.md", open("INC-2", "Critical", ""));
  expect((await workspace.run("collect")).code).toBe(0);
  await workspace.run("incident", "open", "--title", "Ours", "--id", "INC-3", "--severity", "Low", "--owner", "Ada");
  for (const args of [["status"], ["incident", "list", "--due"]]) {
    const { stdout } = await workspace.run(...args);
    expect(stdout).toContain("Open incidents (3), the gravest first:\n- register/INC-2  Critical  About INC-2\n");
    expect(stdout).toContain("To decide yet: who is responsible; whether personal data is concerned.");
    expect(stdout).toMatch(/- INC-3 {2}Low {2}Ours\n {4}open for .*; Ada\n {4}To decide yet: whether personal/);
  }
  const { stdout } = await workspace.run("incident", "list");
  expect(stdout).toMatch(/^INC-3 {2}Low[\s\S]*^register\/INC-2 {2}Critical[\s\S]*^register\/INC-1 {2}Low/m);
  expect(stdout).toContain("register holds 2 incidents in a register of its own: 2 open, 0 resolved and not closed.");
  expect(stdout).toContain("1 incident in the register of this log, 1 open");
});

test("of an incident that is kept elsewhere every act is refused alike, and its file and key are named everywhere", {
  timeout: 60_000,
}, async () => {
  const workspace = await cli.workspace();
  await workspace.configure(
    "- { id: register, use: incident-log/markdown, path: ./incidents, cadence: daily }",
    'index: "postgres://127.0.0.1:9/none"\npolicy: critical-low-untimed\n',
  );
  const detected = new Date(Date.now() - 100 * 3_600_000).toISOString();
  const file = (more: string) =>
    workspace.write(
      "incidents/INC-31.md",
      `---\nid: INC-31\ntitle: Mails went astray\nseverity: Critical\ndetected: ${detected}\npersonal_data: yes\n${more}---\n\nWords.\n`,
    );
  await file("breaches:\n  - { role: controller }\n");
  expect((await workspace.run("collect")).code).toBe(0);
  const refusals: Record<string, string[]> = {
    breach: ["breach", "INC-31"],
    authority: ["breach", "register/INC-31", "--role", "controller"],
    stamp: ["stamp", "INC-31", "contained"],
    close: ["close", "INC-31"],
    note: ["note", "INC-31", "x"],
    correct: ["correct", "INC-31", "5", "--because", "x"],
  };
  for (const args of Object.values(refusals)) {
    const { code, stderr } = await workspace.run("incident", ...args);
    expect([code, stderr], args.join(" ")).toEqual([
      2,
      expect.stringMatching(
        /INC-31 is kept in the register that register collects[\s\S]*Change it there: [\s\S]*INC-31\.md/,
      ),
    ]);
  }
  expect((await workspace.run("incident", "stamp", "INC-31", "contained")).stderr).toMatch(/add `contained: TIME` to/);
  const asked = ["controls", "a526.breach.authority", "--period", String(new Date().getFullYear())];
  const late = await workspace.run(...asked);
  expect(late.stdout).toMatch(/not met|indeterminate/);
  expect(late.stdout).toMatch(/next: .*add `breaches: - \{ .*INC-31\.md, then: custody collect register/);
  const due = await workspace.run("incident", "list", "--due");
  expect(due.stdout).toMatch(/authority_told: TIME \}` to .*INC-31\.md/);
  const at = new Date(Date.now() - 90 * 3_600_000).toISOString();
  await file(
    `messages:\n  - { at: ${at}, channel: phone, audience: authority }\nbreaches:\n  - { role: controller }\n`,
  );
  expect((await workspace.run("collect")).code).toBe(0);
  const told = await workspace.run(...asked);
  expect(told.stdout).toContain("1 of 1 duty of law fulfilled");
  expect((await workspace.run("incident", "list", "--due")).stdout).not.toContain("authority_told");
});

test("a review begins with the timeline, the people, the actions and the impact that are on record", {
  timeout: 60_000,
}, async () => {
  const workspace = await cli.workspace();
  const run = async (...args: string[]) => {
    const done = await workspace.run(...args);
    expect(done.code, done.all).toBe(0);
  };
  await run("incident", "open", "--title", "Login outage", "--id", "INC-7", "--owner", "Anna Muster");
  await run("incident", "assign", "INC-7", "commander", "Ben Example");
  await run("incident", "note", "INC-7", "The lock was held by a migration");
  await run("incident", "measure", "INC-7", "restart", "--type", "recovery", "--text", "Restarted the login");
  await run("incident", "cause", "INC-7", "--text", "A migration held a lock");
  await run("action", "open", "--incident", "INC-7", "--owner", "Anna Muster", "--due", "+14d", "Lock timeout");
  await run("review", "new", "INC-7");
  const draft = await readFile(workspace.path("review-INC-7.md"), "utf8");
  for (const said of [
    "Login outage",
    "The lock was held by a migration",
    "Restarted the login",
    "A migration held a lock",
    "Anna Muster",
    "Ben Example",
  ])
    expect(draft).toContain(said);
  expect(draft).toMatch(/\| Lock timeout \| Anna Muster \| \d{4}-\d\d-\d\d \|/);
});
