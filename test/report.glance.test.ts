import { describe, expect, test } from "vitest";
import type { RequirementRow } from "../src/report/controls-shape.ts";
import type { ExceptionRow } from "../src/report/exceptions-shape.ts";
import { glanceOf } from "../src/report/glance.ts";
import { GLANCE_WORDS, type GlanceRow, type GlanceWord } from "../src/report/glance-shape.ts";
import { gravestFirst } from "../src/report/gravity.ts";
import { followUpRows } from "../src/report/learning-followups.ts";
import { buildReport } from "../src/report/model.ts";
import type { BreachRow, DutyRow } from "../src/report/notifications-shape.ts";
import { summaryPart } from "../src/report/part-summary.ts";
import type { PerformanceRow } from "../src/report/performance-shape.ts";
import type { ReportModel } from "../src/report/shape.ts";
import { printed } from "./support/account.ts";
import { reportInput, wording } from "./support/report-input.ts";

const model = buildReport(reportInput());
const [, , first, ...rest] = summaryPart(model, wording);

const rowOf = (given: Partial<ReportModel>, about: GlanceWord): GlanceRow => {
  const row = glanceOf({ ...model, ...given }).find((one) => one.about === about);
  if (row === undefined) throw new Error(`no ${about}`);
  return row;
};
const page = (given: Partial<ReportModel>): string => {
  const whole = { ...model, ...given };
  return printed(summaryPart({ ...whole, glance: glanceOf(whole) }, wording));
};

describe("the first lines of the summary", () => {
  test("count what is not as required among all that was looked at, the gravest first", () => {
    expect(model.glance.map(({ about }) => about)).toEqual(GLANCE_WORDS);
    expect(GLANCE_WORDS.slice(0, 4)).toEqual(["duties", "breaches", "running", "personal-data"]);
    const failed = model.exceptions.rows.filter(({ result }) => result !== "waived").length;
    expect(rowOf({}, "failed")).toMatchObject({ n: failed, of: model.exceptions.tested });
    expect(rowOf({}, "gaps")).toMatchObject({ of: model.cover.gaps.total });
  });

  test("stand before the numbers by control, and call nothing good", () => {
    expect(first).toMatchObject({ kind: "heading", text: wording.account.glance.title });
    const [pairs] = rest;
    const lines = pairs?.kind === "pairs" ? pairs.rows.flatMap(({ cell: [head] }) => (head ? [head] : [])) : [];
    expect(lines.find(({ text }) => text.endsWith("contradict themselves"))).toMatchObject({ mark: "bad" });
    expect(lines.filter(({ mark }) => mark === "good")).toEqual([]);
    for (const { text, mark } of lines)
      expect(mark === undefined).toBe(text.startsWith("0 ") && !text.includes("cannot be shown"));
  });
});

describe("deadlines", () => {
  const row = (term: string, over: Partial<PerformanceRow>) =>
    ({
      target: "respond",
      term,
      met: 0,
      notMet: 0,
      pending: 0,
      indeterminate: 0,
      invalid: 0,
      noData: 0,
      misses: [],
      ...over,
    }) as unknown as PerformanceRow;
  const performance = {
    incidents: 30,
    rows: [
      row("within 1h", { met: 8, notMet: 4, noData: 17, indeterminate: 1, pending: 2 }),
      row("no number", { noData: 30 }),
    ],
    unnoticed: model.performance.unnoticed,
  };

  test("without a number are not counted, and only those that are decided are what the missed are of", () => {
    expect(rowOf({ performance }, "deadlines")).toMatchObject({ n: 4, of: 12, unknown: 18, running: 2 });
    expect(page({ performance })).toContain("4 of 12 decided were missed; 18 cannot be shown; 2 not over yet");
  });
});

const told = { instance: "incidents", entry: 41, digest: null };

describe("law and personal data", () => {
  const duty = (word: DutyRow["word"], name = "gdpr.authority") =>
    ({ incident: "INC-1", told, name, word, due: null }) as DutyRow;
  const breach = {
    incident: "INC-1",
    title: "Documents were visible",
    told,
    recorded: false,
    duties: [duty("met"), duty("no_data"), duty("no_data", "gdpr.people")],
  } as unknown as BreachRow;
  const notifications = {
    ...model.notifications,
    yes: 2,
    breaches: [breach],
    running: [
      {
        incident: "INC-2",
        told,
        name: "gdpr.authority",
        title: "The supervisory authority is told",
        source: "GDPR Art. 33(1)",
        due: "2026-10-05T12:22:00.000Z",
        term: "72h",
        undecided: true,
        reason: "",
      },
    ],
  };

  test("a duty that nobody can show is no failure and no success, and names its incident", () => {
    expect(rowOf({ notifications }, "duties")).toMatchObject({ n: 0, of: 1, unknown: 2 });
    const blocks = summaryPart({ ...model, notifications, glance: glanceOf({ ...model, notifications }) }, wording);
    const pairs = blocks.find(({ kind }) => kind === "pairs");
    const [duties] = pairs?.kind === "pairs" ? pairs.rows : [];
    expect(duties?.cell[0]).toMatchObject({ mark: "unsure", text: expect.stringContaining("2 cannot be shown") });
    expect(duties?.cell[1]?.text).toContain("INC-1: cannot be shown: gdpr.authority, gdpr.people");
  });

  test("an incident with personal data and no record of the breach is named", () => {
    expect(rowOf({ notifications }, "breaches")).toMatchObject({ n: 1, of: 2, named: [{ id: "INC-1", entry: 41 }] });
  });

  test("a time that runs is named with its end, also before somebody decided", () => {
    expect(page({ notifications })).toContain(
      "if personal data is concerned, which nobody decided, due 5 Oct 2026, 14:22",
    );
  });
});

test("alerts that cannot wait are named apart, and are bad", () => {
  const backlog = [
    { severity: "info", count: 3, oldest: "2026-07-02T08:00:00.000Z", age: 9 },
    { severity: "critical", count: 8, oldest: "2026-08-02T08:00:00.000Z", age: 5 },
  ];
  const decisions = { ...model.decisions, events: 314, undecidedTotal: 11, backlog };
  expect(rowOf({ decisions }, "events").named.map(({ severity }) => severity)).toEqual(["critical", "info"]);
  expect(page({ decisions })).toContain("(critical): 8 without a decision");
});

test("evidence that was handed over and never confirmed is named", () => {
  const event = { act: "transfer", to: "Dr. Ostermann", at: "2026-07-07T13:00:00.000Z", entry: 55 };
  const item = {
    id: "EVD-1",
    contiguous: true,
    events: [
      { ...event, confirmed: false },
      { ...event, confirmed: true },
      { ...event, confirmed: null },
    ],
  };
  const custody = { ...model.custody, items: [item] } as unknown as ReportModel["custody"];
  expect(rowOf({ custody }, "handovers")).toMatchObject({ n: 1, of: 2 });
  expect(page({ custody })).toContain("EVD-1: to Dr. Ostermann, since 7 Jul 2026, 15:00, record 55");
});

test("findings count as failed where they are overdue, by their id", () => {
  const finding = { origin: "external-audit", control: "A.5.24", due: "2026-07-21T21:59:59.999Z", entries: [7] };
  const findings = [
    { ...finding, id: "FND-1", state: "open", overdue: false },
    { ...finding, id: "FND-2", state: "open", overdue: true },
    { ...finding, id: "FND-3", state: "closed", overdue: false },
  ];
  const exceptions = { ...model.exceptions, findings } as unknown as ReportModel["exceptions"];
  const row = rowOf({ exceptions }, "findings");
  expect([row.n, row.of, row.named.map(({ id }) => id)]).toEqual([1, 3, ["FND-2", "FND-1"]]);
});

test("what a review names has an outcome only where an action of the same words is recorded", () => {
  const review = {
    id: "PIR-1",
    incident: "INC-1",
    withdrawn: null,
    named: ["Rotate the key", "Look for others", "Tell whom"].map((item) => ({ item, owner: null, due: null })),
  } as unknown as Parameters<typeof followUpRows>[0][number];
  const tracked = [
    { id: "ACT-1", title: "rotate the key.", incident: "INC-1", activity: null },
    { id: "ACT-2", title: "Look for others", incident: "INC-9", activity: null },
  ];
  const followUps = followUpRows([review], tracked);
  expect(followUps.map(({ action }) => action)).toEqual(["ACT-1", null, null]);
  expect(page({ learning: { ...model.learning, followUps } })).toContain("2 of 3 actions with no outcome recorded");
});

test("failed requirements are told by law, personal data, time and severity, not as the catalogue has them", () => {
  const incidents = {
    ...model.incidents,
    rows: [
      { id: "INC-A", severityPeak: "Sev3" },
      { id: "INC-B", severityPeak: "Sev1" },
    ],
  } as unknown as ReportModel["incidents"];
  const rules = {
    ...model.rules,
    versions: [{ text: { severities: ["Sev1", "Sev2", "Sev3"].map((label) => ({ label })) } }],
  } as unknown as ReportModel["rules"];
  const cases = { rows: [{ due: "2026-07-07T13:00:00.000Z" }] };
  const controls = [
    { requirements: [{ id: "timed", cases } as unknown as RequirementRow] },
  ] as unknown as ReportModel["controls"];
  const row = (requirement: string, basis: string, id: string) =>
    ({ requirement, basis, failing: [{ id, what: "", cause: null }] }) as unknown as ExceptionRow;
  const given = [
    row("files", "policy", "alerts@x"),
    row("mild", "policy", "INC-A"),
    row("worst", "policy", "INC-B"),
    row("timed", "policy", "INC-A"),
    row("personal_data", "policy", "INC-A"),
    row("told", "law", "INC-A"),
  ];
  const order = gravestFirst(given, { rules, incidents, controls }).map(({ requirement }) => requirement);
  expect(order).toEqual(["told", "personal_data", "timed", "worst", "mild", "files"]);
});

describe("what runs by itself, and what is not looked at", () => {
  test("runs that failed and systems that are not connected are told by name; what was not there gets no line", () => {
    const job = (name: string, failure: number) => ({
      instance: "backups",
      job: name,
      runs: 9,
      success: 9 - failure,
      failure,
      missed: 0,
      unfinished: 0,
    });
    const jobs = { jobs: [job("nightly dump", 1), job("weekly restore", 2), job("sync", 0)], failures: [] };
    expect(rowOf({ jobs }, "jobs")).toMatchObject({
      n: 3,
      of: 27,
      named: [{ id: "weekly restore", what: "2 failed and 0 missed of 9 runs" }, { id: "nightly dump" }],
    });
    const [system] = model.scope;
    const scope = [{ ...system, system: "Payroll", notConnected: "no interface" }] as unknown as ReportModel["scope"];
    expect(rowOf({ scope }, "systems")).toMatchObject({
      n: 1,
      of: 1,
      named: [{ id: "Payroll", what: "no interface" }],
    });
    const text = page({ jobs, scope });
    expect(text).toContain("weekly restore: 2 failed");
    expect(text).not.toContain("Nothing was there");
  });

  test("alerts that wait are told by what they say, not by their number", () => {
    const waiting = { event: "alerts:dcf37e4a2d09", title: "Disk full", severity: "critical", entry: 7 };
    const decisions = {
      ...model.decisions,
      events: 3,
      undecidedTotal: 1,
      undecided: [waiting],
      backlog: [{ severity: "critical", count: 1, oldest: "2026-08-01T00:00:00.000Z", age: 1 }],
    } as unknown as ReportModel["decisions"];
    expect(rowOf({ decisions }, "events").named).toMatchObject([{ id: "Disk full", severity: "critical", entry: 7 }]);
  });
});

describe("what was accepted", () => {
  const until = "2027-01-30T23:00:00.000Z";
  const waiver = (id: string, state: "in-force" | "expired", entry: number) => ({
    id,
    requirement: "a526.communication.sent",
    state,
    granted: "2026-10-01T00:00:00.000Z",
    until,
    revoked: null,
    owner: "mara",
    by: "mara",
    incidents: ["INC-33"],
    earlier: true,
    reason: null,
    covers: 1,
    entry,
  });

  test("is told with how it stands, what counts no more in front", () => {
    const waivers = [waiver("WVR-1", "in-force", 24), waiver("WVR-2", "expired", 25)];
    const exceptions = { ...model.exceptions, waivers };
    expect(rowOf({ exceptions }, "waivers")).toMatchObject({ n: 1, of: 2, named: [{ id: "WVR-2" }, { id: "WVR-1" }] });
    expect(page({ exceptions })).toContain("1 of 2 in force");
    expect(page({ exceptions })).toMatch(/a526.communication.sent, INC-33, in force until .*Jan 2027/);
  });

  test("is said beside what is not met", () => {
    const [row] = model.exceptions.rows.filter(({ result }) => result === "not_met");
    if (row === undefined) throw new Error("nothing failed");
    const accepted = [{ waiver: "WVR-1", by: "mara", until, n: 1, later: 0, entry: 24 }];
    const rows = [{ ...row, accepted }];
    expect(page({ exceptions: { ...model.exceptions, rows } })).toMatch(
      /1 of these accepted until .*Jan 2027.*, record 24\./,
    );
  });
});

test("page 2 says since when nobody outside has confirmed anything, or who did first", () => {
  const bare = { ...model.cover, anchor: null };
  const sound = { verification: null };
  expect(page({ ...sound, cover: bare })).toContain("None: nobody outside has confirmed any record");
  const anchor = { at: "2026-08-01T10:00:00.000Z", what: "a time stamp" };
  expect(page({ ...sound, cover: { ...bare, anchor } })).toContain("The earliest at 1 Aug 2026, 12:00: a time stamp");
});
