import { describe, expect, test } from "vitest";
import { Changes } from "../src/report/changes.ts";
import { documentOf } from "../src/report/document.ts";
import { HumanActs } from "../src/report/human-acts.ts";
import type { ReportInput } from "../src/report/input.ts";
import { buildReport } from "../src/report/model.ts";
import { statementPart, whoPart } from "../src/report/part-who.ts";
import { accountInput, NAMES, printed, tableBelow } from "./support/account.ts";
import { ActLog, OPERATOR, OWNER, SHELL } from "./support/acts.ts";
import { blobRef, config, entry, instance } from "./support/entries.ts";
import { wording } from "./support/report-input.ts";

const NOBODY = new ActLog();
const built = (over: Partial<ReportInput> = {}) => buildReport(accountInput(NOBODY, over));

describe("signer, operator and key holder", () => {
  const only = { people: { anna: { role: "owner" }, audi: { role: "auditor" } } };

  test("that are one person are said to be one, on page 1 and on the sign-off page", () => {
    const model = built(only);
    expect(model.who).toMatchObject({ onePerson: "anna", operators: ["anna"] });
    expect(printed(whoPart(model, wording))).toContain(
      "ONE PERSON: anna is the one who may sign what is recorded, operates the installation",
    );
    const blocks = documentOf(model, wording);
    const second = blocks.findIndex(({ kind }) => kind === "part");
    expect(printed(blocks.slice(0, second))).toContain("One person signs, operates and holds the key: anna");
  });

  test.each<[string, Partial<ReportInput>]>([
    ["an operator beside the owner", { people: { anna: { role: "owner" }, ben: { role: "operator" } } }],
    ["two owners", { people: { anna: { role: "owner" }, cleo: { role: "owner" } } }],
    ["somebody else who holds the key", { people: { ...only.people, notary: { role: "auditor", holdsKey: true } } }],
    [
      "two who hold the key",
      { people: { anna: { role: "owner", holdsKey: true }, notary: { role: "auditor", holdsKey: true } } },
    ],
    ["nobody named", { people: {} }],
  ])("are not said to be one with %s", (_, over) => {
    const model = built(over);
    expect(model.who.onePerson).toBeNull();
    expect(printed(documentOf(model, wording))).not.toMatch(/one person/i);
  });

  test("who holds the key is named where the configuration says so, and is the one person where it is the same", () => {
    const one = built({ people: { anna: { role: "owner", holdsKey: true }, audi: { role: "auditor" } } });
    expect(one.cover.keyHolder).toBe("anna");
    expect(one.who).toMatchObject({ onePerson: "anna", keyHolders: { said: true, names: ["anna"] } });
    expect(printed(whoPart(one, wording))).toContain("ONE PERSON: anna");
    const two = built({ people: { anna: { role: "owner", holdsKey: true }, ben: { role: "operator" } } });
    expect(two.who).toMatchObject({ onePerson: null, several: [] });
    expect(two.who.keyHolders).toEqual({ said: true, names: ["anna"] });
  });

  test("who is more than one of them is said", () => {
    const model = built({ people: { anna: { role: "owner" }, ben: { role: "operator" } } });
    expect(model.who.several).toEqual([{ name: "ben", parts: ["operates", "key"] }]);
    expect(printed(whoPart(model, wording))).toContain("ben operates the installation and can reach the signing key.");
  });
});

describe("acts of people", () => {
  const log = new ActLog("2026-08-01T08:00Z");
  log.add("incident", { incident: "INC-2026-009", act: "open" }, { by: OPERATOR });
  const waiver = { requirement: "a.b", owner: "p-anna", until: "2027-01-01T00:00:00.000Z", act: "grant" };
  for (const by of [SHELL, OPERATOR, OWNER]) log.add("waiver", { waiver: "WVR-2026-001", ...waiver }, { by });
  for (const act of ["approve", "record"])
    log.add("activity", { activity: "REV-2026-001", type: "incident-review", act }, { by: SHELL });
  log.add("incident", { incident: "INC-2026-009", act: "note" }, { by: OWNER, at: "2026-10-01T08:00Z" });
  const acts = new HumanActs();
  for (const { index, entry: one } of log.acts) acts.add(index, one);
  acts.add(90, {
    ...entry("identity", "2026-08-02T08:00Z", { person: "p-anna", identity: blobRef("x") }),
    actor: OWNER,
  });
  acts.add(91, entry("config", "2026-08-02T08:00Z", {}));
  const model = built({ who: { names: NAMES, acts: acts.all } });
  const blocks = whoPart(model, wording);

  test("are counted by how they were recognised; on a bare shell none is a sign-off", () => {
    expect(model.who.acts).toBe(6);
    expect(model.who.byRecognition).toEqual([
      { recognised: "token", proven: true, acts: 3, signing: 2, counting: 1 },
      { recognised: "unauthenticated", proven: false, acts: 3, signing: 2, counting: 0 },
    ]);
    expect(tableBelow(blocks, "What people did in the period")).toEqual([
      ["by personal token", "3", "2", "1"],
      ["nobody checked who that was", "3", "2", "0"],
    ]);
    expect(printed(blocks)).toContain(
      "3 of 6 acts were recorded without anybody proving who they are: 0 of these count as a sign-off (2 meant as one)",
    );
  });

  test("of one person with and without a token are two rows, with kinds and records", () => {
    expect(model.who.people.map(({ by, acts: n, kinds }) => [by.name, by.proven, n, kinds])).toEqual([
      ["anna", true, 1, [{ kind: "waiver", acts: 1 }]],
      [
        "otto",
        true,
        2,
        [
          { kind: "incident", acts: 1 },
          { kind: "waiver", acts: 1 },
        ],
      ],
      [
        "anna",
        false,
        3,
        [
          { kind: "activity", acts: 2 },
          { kind: "waiver", acts: 1 },
        ],
      ],
    ]);
  });

  test("a sign-off that counts for nothing is not counted as one", () => {
    const void1 = { ...log.acts[3], entry: 3 };
    const signOff = {
      entry: void1.entry,
      at: 0,
      subject: "x",
      requirements: [],
      seen: 1,
      by: { id: "p-anna", role: "owner" },
    };
    const over = { voidSignOffs: [{ ...signOff, window: { from: 0, to: 1 }, why: "too early" }] };
    const { byRecognition } = built({ who: { names: NAMES, acts: acts.all }, ...over }).who;
    expect(byRecognition[0]?.counting).toBe(0);
  });
});

describe("the statement of completeness", () => {
  const changes = new Changes();
  const [prom, jobs] = [instance({ id: "prom", use: "alert-history/prometheus" }), instance({ id: "jobs" })];
  const at = (day: string) => `2026-08-${day}T08:00Z`;
  changes.add(1, config("2026-06-01T08:00Z", [jobs, { ...prom, cadence: "hourly" }]));
  changes.add(2, { ...config(at("03"), [{ ...prom, cadence: "weekly" }]), software: "custody/next" });
  changes.add(
    3,
    config(at("04"), [{ ...prom, cadence: "weekly" }], { config: blobRef("another", "application/yaml") }),
  );
  changes.add(4, {
    ...entry("plan", at("05"), { instance: "prom", action: "pause", from: "2026-08-05T00:00:00.000Z" }),
    actor: OWNER,
  });
  changes.add(5, entry("run", at("06"), {}));
  const statement: ReportInput["statement"] = { names: NAMES, changes: changes.all, reports: [] };

  test("lists every change of what is collected in the period with its record, and who where that is known", () => {
    const model = built({ statement });
    expect(model.completeness.changes.map(({ entry: by, what }) => [by, ...what])).toEqual([
      [
        2,
        "collector jobs removed",
        "collector prom: cadence hourly became weekly",
        expect.stringContaining("became custody/next"),
      ],
      [3, expect.stringContaining("became")],
      [4, "collector prom: paused from 2026-08-05T00:00:00.000Z"],
    ]);
    const rows = tableBelow(statementPart(model, wording), "Changes in the period");
    expect(rows.map((row) => row[2])).toEqual(["the program", "the program", "anna (owner, by personal token)"]);
  });

  test("has blank lines where nobody signed, and says what the records show", () => {
    const blocks = statementPart(built({ statement }), wording);
    expect(blocks.filter(({ kind }) => kind === "boxes")).toHaveLength(1);
    expect(printed(blocks)).toContain(
      "3 sources, of which none never answered; 1 system in scope not connected; 4 gaps",
    );
  });

  test("names who signed it for the whole period, and not who signed it for a part", () => {
    const { period } = accountInput(NOBODY);
    const signOff = { entry: 77, at: period.to + 1, subject: "completeness-statement", requirements: [], seen: 1 };
    const by = { id: "p-anna", role: "owner", name: "anna" };
    const whole = built({ signOffs: [{ ...signOff, window: period, by }] });
    expect(whole.completeness.signed).toEqual([{ by: "anna (owner)", at: expect.any(String), entry: 77 }]);
    expect(statementPart(whole, wording).some(({ kind }) => kind === "boxes")).toBe(false);
    const part = built({ signOffs: [{ ...signOff, window: { ...period, to: period.to - 1 }, by }] });
    expect(part.completeness.signed).toEqual([]);
  });
});

test("reports and packs of the same time that were recorded before stand under document control", () => {
  const report = (index: number, from: string, mediaType: string) => ({
    index,
    entry: entry("report", "2026-10-01T08:00Z", {
      period: { from: `${from}T00:00:00.000Z`, to: `${from.slice(0, 8)}28T00:00:00.000Z` },
      size: 40,
      report: { ...blobRef(`r${index}`), mediaType },
    }) as never,
  });
  const pack = "application/vnd.custody.pack+json";
  const reports = [
    report(5, "2026-07-01", pack),
    report(6, "2026-05-01", pack),
    report(7, "2026-08-01", "application/pdf"),
  ];
  const model = built({ statement: { names: NAMES, changes: [], reports } });
  expect(model.earlier.map(({ entry: by, what, size }) => [by, what, size])).toEqual([
    [5, "pack", 40],
    [7, "report", 40],
  ]);
  const page = whoPart(model, wording);
  expect(printed(page)).toContain("record 7");
  expect(page.filter(({ kind }) => kind === "boxes").map((block) => "titles" in block && block.titles)).toContainEqual([
    wording.account.statement.auditor,
  ]);
});
