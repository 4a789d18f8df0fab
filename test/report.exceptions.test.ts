import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test, vi } from "vitest";
import type { ControlAssessment } from "../src/assess/assess.ts";
import { Waivers } from "../src/findings/waiver.ts";
import { canonical } from "../src/lib/canonical.ts";
import { documentOf } from "../src/report/document.ts";
import type { ReportInput } from "../src/report/input.ts";
import { buildReport } from "../src/report/model.ts";
import { exceptionsPart } from "../src/report/part-exceptions.ts";
import { accountInput, NAMES, printed, tableBelow } from "./support/account.ts";
import { ActLog, OPERATOR, SHELL } from "./support/acts.ts";
import { reportInput, wording } from "./support/report-input.ts";

const CANARY = "suggested-class-canary";
vi.mock("../src/findings/class.ts", () => ({
  SUGGESTED: CANARY,
  suggestedClass: () => ({ word: CANARY, why: CANARY }),
}));

const base = reportInput();
const [some] = base.controls.flatMap(({ requirements }) => requirements);
if (some === undefined) throw new Error("a catalogue without requirements");
type Requirement = ControlAssessment["requirements"][number];

/** One control with these requirements. */
const controls = (...requirements: Partial<Requirement>[]): ControlAssessment[] => [
  {
    ...(base.controls[0] as ControlAssessment),
    requirements: requirements.map((over, i) => ({ ...some, basis: "policy", id: `a526.rule.${i}`, ...over })),
  },
];
const FAILED: Partial<Requirement> = {
  id: "a526.owner.present",
  result: "not_met",
  reason: "1 of 5 incidents without an owner",
  n: 4,
  of: 5,
  failing: [{ id: "INC-2026-001", instance: "incidents", what: "no owner", entries: [30] }],
  entries: [30],
};
const built = (log: ActLog, over: Partial<ReportInput> = {}) => buildReport(accountInput(log, over));
const page = (log: ActLog, over: Partial<ReportInput> = {}) => exceptionsPart(built(log, over), wording);

/** The waivers of a log as the ledger's fold has them. */
function waived({ acts }: ActLog): Partial<ReportInput> {
  const waivers = new Waivers();
  for (const { index, entry } of acts) waivers.add(index, entry);
  return { exceptions: { acts, names: NAMES, waivers: waivers.all, voidWaivers: waivers.troubles } };
}

function grant(log: ActLog, waiver: string, fields: Record<string, unknown>, over = {}) {
  const words = { reason: `because of ${waiver}` };
  const rule = { requirement: "a526.owner.present", owner: "p-otto" };
  return log.add("waiver", { waiver, act: "grant", ...rule, ...fields }, { words, ...over });
}

describe("failed checks", () => {
  test("where there is none, the part is there and says what was tested", () => {
    const over = { controls: controls({ result: "met" }, { result: "met" }, { result: "no_data" }) };
    const model = built(new ActLog(), over);
    expect(model.exceptions).toMatchObject({ tested: 3, rows: [] });
    const blocks = exceptionsPart(model, wording);
    expect(blocks[0]).toMatchObject({ kind: "heading", text: "Exceptions" });
    expect(printed(blocks)).toContain("0 of 3 requirements were not met");
    expect(printed(blocks)).toContain("2 met, 1 no data");
    expect(printed(blocks)).toContain("Not failed, and not fulfilled either: 1 no data.");
  });

  test("have requirement, facts, extent and records; what is only recommended is not among them", () => {
    const over = { controls: controls(FAILED, { result: "invalid" }, { basis: "recommended", result: "no_target" }) };
    const [first, second, ...more] = built(new ActLog(), over).exceptions.rows;
    expect(first).toMatchObject({
      requirement: "a526.owner.present",
      facts: "1 of 5 incidents without an owner",
      extent: { failing: 1, of: 5 },
      entries: [30],
    });
    expect([second?.result, more]).toEqual(["invalid", []]);
    const [row, facts] = tableBelow(page(new ActLog(), over), "Failed checks");
    expect(row?.[1]).toBe("not met");
    // Which ones stands with the control.
    expect(row?.slice(2)).toEqual(["1 of 5", "nobody", "–", "30"]);
    expect(facts).toEqual(["1 of 5 incidents without an owner"]);
  });

  test("name who accepted them until when, and the findings about them", () => {
    const log = new ActLog("2026-08-01T08:00Z");
    log.add("finding", { finding: "FND-2026-001", act: "open", requirement: "a526.owner.present" });
    log.add("finding", { finding: "FND-2026-002", act: "open", requirement: "a526.other" });
    const accepted = {
      waiver: "WVR-2026-001",
      entry: 7,
      granted: 0,
      until: Date.parse("2026-12-31T23:00:00.000Z"),
      owner: "p-otto",
      n: 1,
      ids: ["INC-2026-001"],
      later: 1,
    };
    const over = { controls: controls({ ...FAILED, result: "waived", waived: [accepted] }) };
    const model = built(log, over);
    expect(model.exceptions.rows[0]).toMatchObject({ findings: ["FND-2026-001"], result: "waived" });
    const [row] = tableBelow(exceptionsPart(model, wording), "Failed checks");
    expect(row?.[3]).toBe(
      "1 by otto until the end of 31 Dec 2026 | WVR-2026-001, record 7 | 1 of these had failed before",
    );
    expect(row?.[4]).toBe("FND-2026-001");
  });
});

describe("waivers", () => {
  test("in force, expired and taken back are told apart, with who, what and until when", () => {
    const log = new ActLog("2026-07-02T08:00Z");
    grant(log, "WVR-2026-001", { until: "2027-01-01T00:00:00.000Z", incidents: ["INC-2026-001"] });
    grant(log, "WVR-2026-002", { until: "2026-08-01T00:00:00.000Z", earlier: true });
    grant(log, "WVR-2026-003", { until: "2027-01-01T00:00:00.000Z" });
    log.add(
      "waiver",
      {
        waiver: "WVR-2026-003",
        act: "revoke",
        requirement: "a526.owner.present",
        owner: "p-otto",
        until: "2027-01-01T00:00:00.000Z",
      },
      { at: "2026-09-01T08:00Z" },
    );
    const rows = tableBelow(page(log, waived(log)), "Accepted until a date (waivers)");
    expect(rows.map((row) => row[1])).toEqual([
      "in force | until 1 Jan 2027, 01:00",
      "expired | held until 1 Aug 2026, 02:00 | counts no more",
      "taken back | on 1 Sep 2026, 10:00, record 3 | counts no more",
    ]);
    expect(rows.map((row) => row[3])).toEqual([
      "INC-2026-001 | 0 failures of this report",
      "all that failed | also what had failed before | 0 failures of this report",
      "all that failed | 0 failures of this report",
    ]);
    expect(rows[0]?.slice(4)).toEqual(["otto answers for it | signed by anna", "because of WVR-2026-001", "0"]);
  });

  test("that ended before the period are told only where the check still fails", () => {
    const log = new ActLog("2026-05-02T08:00Z");
    grant(log, "WVR-2026-001", { until: "2026-06-01T00:00:00.000Z" });
    grant(log, "WVR-2026-002", { until: "2026-06-01T00:00:00.000Z", requirement: "a526.other" });
    const quiet = built(log, { ...waived(log), controls: controls({ result: "met" }) }).exceptions;
    expect([quiet.waivers, quiet.waiversBefore]).toEqual([[], 2]);
    const failing = built(log, { ...waived(log), controls: controls(FAILED) }).exceptions;
    expect(failing.waivers.map(({ id, state }) => [id, state])).toEqual([["WVR-2026-001", "expired"]]);
  });

  test("by somebody whom nobody checked count for nothing, and that is said", () => {
    const log = new ActLog("2026-07-02T08:00Z");
    grant(log, "WVR-2026-001", { until: "2027-01-01T00:00:00.000Z" }, { by: SHELL });
    const model = built(log, waived(log));
    expect([model.exceptions.waivers, model.exceptions.voidWaivers.length]).toEqual([[], 1]);
    expect(printed(exceptionsPart(model, wording))).toContain(
      "Record 0, WVR-2026-001: it does not count: nobody proved who did it",
    );
  });
});

/** A finding through its whole life, one of an audit long closed, and an own one closed before the period. */
function findings(): ActLog {
  const log = new ActLog("2026-02-01T08:00Z");
  const tell = (finding: string, act: string, fields = {}, over = {}) =>
    log.add("finding", { finding, act, ...fields }, { words: { text: `${act} of ${finding}` }, ...over });
  for (const [id, origin] of [
    ["FND-2026-001", "own"],
    ["FND-2026-002", "external-audit"],
  ]) {
    tell(id as string, "open", { origin }, { words: { gap: "no deputy", reference: "NC-7" } });
    tell(id as string, "close");
  }
  const window = { from: "2026-06-30T22:00:00.000Z", to: "2026-09-30T22:00:00.000Z" };
  tell(
    "FND-2026-003",
    "open",
    {
      requirement: "a526.owner.present",
      control: "A.5.26",
      extent: { failing: 2, of: 9 },
      window,
      owner: "p-otto",
      due: "2026-09-15T00:00:00.000Z",
      entries: [30],
    },
    {
      at: "2026-10-01T08:00Z",
      words: { gap: "Two incidents name nobody", requirement: "Every incident has an owner" },
    },
  );
  tell("FND-2026-003", "cause");
  tell("FND-2026-003", "correct");
  tell("FND-2026-003", "plan", {}, { by: OPERATOR });
  log.add("action", { action: "ACT-2026-009", act: "open", finding: "FND-2026-003" });
  tell("FND-2026-003", "done", {}, { by: SHELL });
  return log;
}

describe("findings", () => {
  const log = findings();
  const model = built(log);
  const rows = tableBelow(exceptionsPart(model, wording), "Findings");

  test("of the last audit are there though closed, own ones of before are counted", () => {
    expect(model.exceptions.findings.map(({ id, state }) => [id, state])).toEqual([
      ["FND-2026-002", "closed"],
      ["FND-2026-003", "done"],
    ]);
    expect(model.exceptions.findingsBefore).toBe(1);
    expect(rows[0]?.[0]).toBe("FND-2026-002 | external audit | no. NC-7");
  });

  test("have requirement, gap, extent, cause, correction, corrective action, owner, due date, life and records", () => {
    const [row = [], told = []] = rows.slice(2);
    expect(row[1]).toBe("Every incident has an owner | a526.owner.present | A.5.26");
    expect(told).toEqual([
      "Two incidents name nobody | 2 of 9; 1 Jul 2026 to 30 Sep 2026 | " +
        "Cause: cause of FND-2026-003 (record 5) | Correction: correct of FND-2026-003 (record 6) | " +
        "Corrective action: plan of FND-2026-003 (record 7) | Actions: ACT-2026-009 open",
    ]);
    expect(row[2]).toBe("otto | 15 Sep 2026, 02:00");
    expect(row[3]).toContain("done: effect not looked at | opened 1 Oct 2026, 10:00 by anna, record 4");
    expect(row[3]).toContain("by anna (nobody checked), record 9");
    expect(row[4]).toBe("records 4, 5, 6, 7, 9, 30");
  });
});

describe("how grave somebody may call it", () => {
  test("is in no part of a report, as data or on paper", () => {
    const log = findings();
    const model = built(log, { ...waived(log), controls: controls(FAILED) });
    expect(model.exceptions.rows.length + model.exceptions.findings.length).toBe(3);
    const all = `${canonical(JSON.parse(JSON.stringify(model)))}${JSON.stringify(documentOf(model, wording))}`;
    expect(all).not.toContain(CANARY);
    expect(all).not.toMatch(/\b(major|minor|observation|suggested)\b|nonconformity/i);
  });

  test("is asked for by the command of findings alone, so that no report and no pack can hold it", () => {
    const sources = readdirSync("src", { recursive: true, encoding: "utf8" }).filter((name) => name.endsWith(".ts"));
    const asking = sources.filter((name) => /findings\/class\.ts"/.test(readFileSync(join("src", name), "utf8")));
    expect(asking).toEqual(["cli/finding.ts"]);
  });
});
