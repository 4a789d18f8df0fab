import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { Cli } from "./support/cli.ts";
import { unpacked } from "./support/pack.ts";
import { registerWorkspace } from "./support/register-workspace.ts";

let cli: Cli;
beforeAll(async () => {
  cli = await Cli.resident("cli-finding");
}, 120_000);
afterAll(() => cli.close());

const CHECK = "a526.owner.present";
const LIMIT = { timeout: 180_000 };

test(
  "a finding begins from a failed check, is worked at, found not to help, and closed once it helped",
  LIMIT,
  async () => {
    const { workspace, as, period } = await registerWorkspace(cli, 3, 2);
    const opened = await as(
      "anna",
      "finding",
      "open",
      "--requirement",
      CHECK,
      "--period",
      period,
      "--owner",
      "otto",
      "--due",
      "2099-12-31",
    );
    expect(opened.code, opened.all).toBe(0);
    expect(opened.stdout).toContain("Extent: 2 of 3");
    const records = async () => (await workspace.entries()).filter(({ kind }) => kind === "finding");
    expect(await records()).toMatchObject([
      {
        finding: expect.stringMatching(/^FND-\d{4}-001$/),
        act: "open",
        origin: "own",
        requirement: CHECK,
        control: "A.5.26",
        extent: { failing: 2, of: 3 },
        actor: { auth: "token", role: "owner" },
        due: "2099-12-31T23:00:00.000Z",
      },
    ]);
    const [{ finding: id = "" } = {}] = (await records()) as { finding?: string }[];
    // It stands with the requirement that it names, and with no other of that control.
    const named = await as("anna", "controls", CHECK, "--period", period);
    expect(named.stdout).toContain(`    finding ${id} (found by the organisation itself, ${CHECK})`);
    const other = await as("anna", "controls", "a526.closure.approved", "--period", period);
    expect([other.code, other.stdout]).toEqual([0, expect.not.stringContaining(`finding ${id}`)]);
    const show = await as("anna", "finding", "show", id);
    expect(show.stdout).toContain("- INC-001 (register): without somebody who is responsible");
    expect(show.stdout).toContain("otto answers for it");

    const list = await as("anna", "finding", "list");
    expect(list.stdout).toContain("minor (suggested, yours to decide)");
    for (const other of ["otto", "audi"] as const)
      expect((await as(other, "finding", "list")).all).not.toMatch(/minor|suggested/);
    expect(JSON.stringify(await workspace.entries())).not.toMatch(/minor|suggested|anna|otto/);
    // What is suggested to the owner leaves no trace where an auditor reads: neither in a report nor in a pack.
    for (const [command, out] of [
      ["report", "r.json"],
      ["export", "p.zip"],
    ] as const)
      expect((await as("anna", command, "--period", period, "--out", out)).all).toContain(out);
    const { folder, files } = await unpacked(join(workspace.folder, "p.zip"));
    const told = [...files.keys()].filter((name) => /^report\/.*\.json$/.test(name));
    expect(told).toHaveLength(1);
    for (const path of [join(workspace.folder, "r.json"), ...told.map((name) => join(folder, name))]) {
      const text = await readFile(path, "utf8");
      expect([text.includes(id), /suggested|yours to decide|a single lapse/.test(text)]).toEqual([true, false]);
      expect(JSON.stringify(JSON.parse(text).exceptions)).not.toMatch(/\b(minor|major|observation)\b/);
    }

    const early = await as("otto", "finding", "done", id, "--text", "done");
    expect([early.code, early.stderr]).toEqual([2, expect.stringContaining("nobody has said why it happened")]);
    const nothing = await as("otto", "finding", "verify", id);
    expect([nothing.code, nothing.stderr]).toEqual([
      2,
      expect.stringMatching(/nothing was done yet.*\n.*say it in words.*\n.*--result is missing/),
    ]);
    expect(await records()).toHaveLength(1);
    const unsigned = await as("otto", "finding", "close", id, "--text", "not needed");
    expect([unsigned.code, unsigned.stderr]).toEqual([
      2,
      expect.stringContaining("is a sign-off: who did it is operator"),
    ]);

    const steps: [string[], RegExp][] = [
      [["correct", id, "--text", "owners were named"], /is open\./],
      [["cause", id, "--text", "nobody told the night shift"], /why it happened is known, what is to be done is not/],
      [["plan", id, "--text", "a field that must be filled in", "--due", "+30d"], /what is to be done is known/],
      [["done", id, "--text", "commit 4711"], /whether it helped has to be looked at/],
      [["verify", id, "--result", "not-effective", "--text", "two more since"], /As it did not help it is open again/],
      [["plan", id, "--text", "the form refuses it"], /what is to be done is known/],
      [["done", id, "--text", "commit 4712"], /whether it helped/],
      [["verify", id, "--result", "effective", "--text", "none since"], /it can be closed/],
      [["close", id], /is closed/],
    ];
    for (const [args, said] of steps) {
      const done = await as("otto", "finding", ...args);
      expect([done.code, done.stdout], args.join(" ")).toEqual([0, expect.stringMatching(said)]);
    }
    // From today to the end of that day in Berlin, as an action takes it.
    const due = String((await records()).find(({ act }) => act === "plan")?.due);
    expect(due).toMatch(/T2[23]:00:00\.000Z$/);
    const days = (Date.parse(due) - Date.now()) / 86_400_000;
    expect(days > 30 && days <= 31.1, due).toBe(true);
    const [found] = (await as("anna", "finding", "list", "--json")).json<{ findings: object[] }>().findings;
    expect(found).toMatchObject({
      id,
      state: "closed",
      reopened: 1,
      cause: { proven: true },
      closed: { without: false },
    });
    expect((await workspace.verified()).ok).toBe(true);
  },
);

test("what somebody else found is entered by hand; everything wrong with it is told at once", LIMIT, async () => {
  const { workspace, as, period } = await registerWorkspace(cli, 1);
  const before = (await workspace.entries()).length;
  const wrong = await as(
    undefined,
    "finding",
    "open",
    "--origin",
    "extrenal-audit",
    "--extent",
    "5/2",
    "--due",
    "2026-02-30",
    "--entry",
    "99999",
    "--evidence",
    "none.pdf",
    "--owner",
    "ana",
    "--at",
    "2099-01-01",
  );
  expect(wrong.code).toBe(2);
  for (const text of [
    'did you mean "external-audit"',
    "--extent: expected",
    "--due: there is no day",
    "--entry 99999: the log has",
    "--evidence none.pdf: no such file",
    '--owner: "ana"',
    "--at:",
  ])
    expect(wrong.stderr).toContain(text);
  const met = await as(undefined, "finding", "open", "--requirement", CHECK, "--period", period);
  expect([met.code, met.stderr]).toEqual([2, expect.stringContaining("There is nothing to find")]);
  const unruled = ["--requirement", "a526.triage.within_target", "--period", period];
  const far = await as(undefined, "finding", "open", ...unruled, "--due", "+99y");
  expect([far.code, far.stderr]).toEqual([2, expect.stringContaining('--due: "+99y" is more than 50 years ahead')]);
  const empty = await as(undefined, "finding", "open", ...unruled, "--due", "2020-01-01");
  expect([empty.code, empty.stderr]).toEqual([2, expect.stringContaining("--due 2020-01-01 has passed already")]);
  const idle = await as(undefined, "finding", "open", ...unruled);
  expect([idle.code, idle.stderr]).toEqual([2, expect.stringContaining("There is nothing to find")]);
  const unknown = await as(undefined, "finding", "open", "--requirement", "a526.owner.presnt", "--period", period);
  expect([unknown.code, unknown.stderr]).toEqual([2, expect.stringContaining(`did you mean "${CHECK}"`)]);
  expect((await workspace.entries()).length).toBe(before);

  await workspace.write("report.pdf", "%PDF-1.7\n");
  const opened = await as(
    undefined,
    "finding",
    "open",
    "--origin",
    "external-audit",
    "--reference",
    "NC 3/2025",
    "--rule",
    "Causes are found",
    "--control",
    "A.5.27",
    "--gap",
    "Two of five name none\u202e",
    "--extent",
    "2/5",
    "--evidence",
    "report.pdf",
    "--id",
    "LAST-1",
  );
  expect(opened.code, opened.all).toBe(0);
  expect(opened.stdout).toContain("Nobody proved who they are");
  const shown = await as(undefined, "finding", "show", "LAST-1");
  expect(shown.stdout).toContain("external audit, their number NC 3/2025");
  expect(shown.stdout).toContain("Missing: Two of five name none[U+202E]");
  const beside = await as(undefined, "controls", "A.5.27", "--period", period);
  expect(beside.stdout).toMatch(
    / {2}finding LAST-1 \(external audit, NC 3\/2025\): open; Two of five name none\[U\+202E\]; record \d+\n/,
  );
  const records = await as(undefined, "controls", "A.5.27", "--period", period, "--json");
  expect(records.json()).toMatchObject({ controls: [{ findings: [{ id: "LAST-1", state: "open", overdue: false }] }] });
  // One that names no requirement stands at the control, whichever of its requirements is asked for.
  const alone = await as(undefined, "controls", "a527.review.exists", "--period", period);
  expect([alone.code, alone.stdout.split("finding LAST-1 (").length]).toEqual([0, 2]);
  const taken = await as(
    undefined,
    "finding",
    "open",
    "--origin",
    "customer",
    "--rule",
    "x",
    "--gap",
    "y",
    "--id",
    "LAST-1",
  );
  expect([taken.code, taken.stderr]).toEqual([2, expect.stringContaining("LAST-1 is taken")]);
  // Nobody has proved who they are, so it stays open; an owner may close it and say why.
  expect((await as(undefined, "finding", "close", "LAST-1", "--text", "x")).code).toBe(2);
  expect((await as("anna", "finding", "close", "LAST-1")).stderr).toContain("say with --text why");
  const closed = await as("anna", "finding", "close", "LAST-1", "--text", "the auditor has taken it back");
  expect([closed.code, closed.stdout]).toEqual([0, expect.stringContaining("without anybody verifying")]);
});

test(
  "a failed check is accepted by an owner only, for what it names, and is not met again when it is taken back",
  LIMIT,
  async () => {
    const { workspace, as, period } = await registerWorkspace(cli, 3, 2);
    const until = new Date(Date.now() + 20 * 86_400_000).toISOString().slice(0, 10);
    const waive = (...args: string[]) => [
      "waive",
      CHECK,
      "--until",
      until,
      "--owner",
      "otto",
      "--reason",
      "small team",
      ...args,
    ];
    for (const [person, why] of [
      [undefined, "counts only from somebody who shows who they are"],
      ["otto", "may not sign"],
    ] as const)
      expect((await as(person, ...waive())).stderr).toContain(why);
    const wrong = await as(
      "anna",
      "waive",
      "a526.owner.presnt",
      "--until",
      "2099-01-01",
      "--owner",
      "oto",
      "--reason",
      " ",
      "--incident",
      "a b",
    );
    expect(wrong.code).toBe(2);
    for (const text of [
      `did you mean "${CHECK}"`,
      "more than 366 days away",
      '--owner: "oto"',
      "--reason is missing",
      "--incident a b",
    ])
      expect(wrong.stderr).toContain(text);
    expect(
      (await as("anna", "waive", "a526.register.nil", "--until", until, "--owner", "otto", "--reason", "x")).stderr,
    ).toContain("cannot be accepted");
    expect((await workspace.entries()).filter(({ kind }) => kind === "waiver")).toEqual([]);

    const result = async () => {
      await as("anna", "report", "--period", period, "--out", "r.json");
      const { readFile, rm } = await import("node:fs/promises");
      const model = JSON.parse(await readFile(workspace.path("r.json"), "utf8"));
      await rm(workspace.path("r.json"));
      const all = model.controls.flatMap((one: { requirements: object[] }) => one.requirements);
      return all.find((one: { id: string }) => one.id === CHECK) as { result: string; reason: string };
    };
    expect((await result()).result).toBe("not_met");
    // These had failed before: only what is named counts.
    expect((await as("anna", ...waive("--incident", "INC-001"))).code).toBe(0);
    expect(await result()).toMatchObject({
      result: "not_met",
      reason: expect.stringContaining("1 of them accepted by otto"),
    });
    const second = await as("anna", ...waive("--earlier"));
    expect([second.code, second.stdout]).toEqual([0, expect.stringContaining("also what had failed before now")]);
    // All that failed is accepted; what lies before anybody watched still cannot be decided.
    expect(await result()).toMatchObject({ result: "indeterminate", reason: expect.stringContaining("granted later") });
    const status = await as("anna", "status");
    expect(status.stdout).toMatch(/WVR-\d{4}-001: what is accepted will soon not be accepted any more/);
    const list = await as(undefined, "waive");
    const ids = [...list.stdout.matchAll(/^(WVR-\d{4}-\d{3}) {2}a526/gm)].map(([, id]) => id ?? "");
    expect(ids).toHaveLength(2);
    const back = await as(undefined, "waive", "--revoke", ids[1] ?? "", "--reason", "a mistake");
    expect(back.code, back.all).toBe(0);
    const after = await result();
    expect(after).toMatchObject({ result: "not_met", reason: expect.stringContaining(`${ids[1]} held until`) });
    expect((await as(undefined, "waive", "--revoke", ids[1] ?? "", "--reason", "x")).stderr).toContain(
      "taken back already",
    );
    expect((await workspace.verified()).ok).toBe(true);
  },
);
