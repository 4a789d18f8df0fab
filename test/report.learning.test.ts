import { describe, expect, test } from "vitest";
import type { Subject, Verdict } from "../src/assess/judgement.ts";
import type { Observed } from "../src/evidence/fact.ts";
import { buildReport } from "../src/report/model.ts";
import { learningPart } from "../src/report/part-learning.ts";
import { trendsOf } from "../src/reviews/trends.ts";
import { accountInput, NAMES, printed, tableBelow } from "./support/account.ts";
import { ActLog, OPERATOR, OWNER, SHELL } from "./support/acts.ts";
import { incident, reportInput, wording } from "./support/report-input.ts";

const digest = (letter: string) => letter.repeat(64);
const file = (letter: string, mediaType = "application/pdf") => ({ digest: digest(letter), size: 10, mediaType });
const built = (log: ActLog, over = {}) => buildReport(accountInput(log, over));
const page = (log: ActLog, over = {}) => learningPart(built(log, over), wording);

/** Actions in each state there is. */
function actions(): ActLog {
  const log = new ActLog("2026-08-01T08:00Z");
  const open = (action: string, due: string | undefined, over = {}) =>
    log.add(
      "action",
      { action, act: "open", ...(due ? { due } : {}), owner: "p-anna", incident: "INC-2026-001", ...over },
      { words: { title: `to do ${action}` } },
    );
  open("ACT-2026-001", "2026-09-01T00:00:00.000Z");
  open("ACT-2026-002", "2026-12-01T00:00:00.000Z");
  open("ACT-2026-003", "2026-08-10T00:00:00.000Z");
  log.add(
    "action",
    { action: "ACT-2026-003", act: "replan", due: "2026-09-20T00:00:00.000Z" },
    { at: "2026-08-20T08:00Z", words: { reason: "the supplier is late" } },
  );
  log.add(
    "action",
    { action: "ACT-2026-003", act: "done", evidence: [file("c")], tracker: "github:example/infra#412" },
    { at: "2026-09-10T08:00Z", by: OPERATOR },
  );
  log.add(
    "action",
    { action: "ACT-2026-003", act: "verify", result: "effective" },
    { at: "2026-09-25T08:00Z", words: { text: "the old key is refused since" } },
  );
  open("ACT-2026-004", undefined, { owner: undefined });
  log.add("action", { action: "ACT-2026-004", act: "done" }, { at: "2026-09-26T08:00Z", by: SHELL });
  return log;
}

describe("actions", () => {
  const model = built(actions());
  const rows = tableBelow(learningPart(model, wording), "Actions");

  test("are counted by how they stand, the missed and planned anew too", () => {
    expect(model.learning.actionCounts).toEqual({
      total: 4,
      open: 2,
      overdue: 1,
      done: 1,
      effective: 1,
      checked: 0,
      cancelled: 0,
      replanned: 1,
      late: 2,
      unowned: 1,
      undated: 1,
    });
    expect(printed(learningPart(model, wording))).toContain(
      "4 actions: 2 to be done (1 of them overdue), 1 done and not looked at yet, 1 done and found to help",
    );
  });

  test("keep the first date, that it was missed, and why there is another", () => {
    const row = rows.find(([first]) => first?.startsWith("ACT-2026-003")) ?? [];
    expect(row[3]).toBe(
      "10 Aug 2026, 02:00, missed | planned anew: 20 Sep 2026, 02:00 | the supplier is late, record 3",
    );
    expect(row[5]).toContain("cccccccccccccccc… | github:example/infra#412");
    expect(row[5]).toContain("otto (operator, by personal token), record 4");
    expect(row[6]).toBe(
      "it helped | the old key is refused since | anna (owner, by personal token), 25 Sep 2026, 10:00, record 5",
    );
    expect(row[7]).toBe("2, 3, 4, 5");
  });

  test("that nothing shows, nobody owns and nobody looked at say so", () => {
    const row = rows.find(([first]) => first?.startsWith("ACT-2026-004")) ?? [];
    expect(row.slice(2, 4)).toEqual(["nobody", "no date"]);
    expect(row[5]).toContain("nothing shows it");
    expect(row[5]).toContain("anna (nobody checked who that was)");
    expect(row[6]).toBe("nobody looked yet");
  });

  test("of before the period are listed while they are not looked at, and no longer after that", () => {
    const log = new ActLog("2026-05-01T08:00Z");
    for (const action of ["ACT-2026-011", "ACT-2026-012"]) {
      log.add("action", { action, act: "open", owner: "p-anna" }, { words: { title: action } });
      log.add("action", { action, act: "done" });
    }
    log.add("action", { action: "ACT-2026-012", act: "verify", result: "effective" });
    expect(built(log).learning.actions.map(({ id }) => id)).toEqual(["ACT-2026-011"]);
  });
});

describe("reviews of this log", () => {
  const review = (log: ActLog, fields: Record<string, unknown>, over = {}) =>
    log.add(
      "activity",
      { activity: "REV-2026-001", type: "incident-review", act: "record", incidents: ["INC-2026-001"], ...fields },
      { at: "2026-07-20T08:00Z", ...over },
    );
  const words = {
    title: "Review of the slow API",
    author: "Jörg Müßig",
    sections: ["Summary", "Root cause"],
    empty: ["Lessons"],
  };

  test("say what is empty, who approved these bytes and how they were recognised", () => {
    const log = new ActLog("2026-07-18T08:00Z");
    review(log, { document: file("a"), values: { missing: 1 } }, { words });
    review(log, { act: "approve", document: file("a") }, { at: "2026-07-21T08:00Z", by: SHELL });
    review(log, { act: "approve", document: file("a") }, { at: "2026-07-22T08:00Z", by: OWNER });
    const [row] = built(log).learning.reviews.filter(({ source }) => source === null);
    expect(row).toMatchObject({ digest: digest("a"), empty: ["Lessons"], missing: 1, entry: 0 });
    expect(row?.approval).toMatchObject({ entry: 2, by: { name: "anna", proven: true, recognised: "token" } });
    expect(row?.voidApprovals.map(({ entry, why }) => [entry, why])).toEqual([[1, "nobody proved who did it"]]);
    const [cells = []] = tableBelow(page(log), "Reviews of incidents").filter(([first]) => first?.startsWith("REV"));
    expect(cells[3]).toContain("empty: Lessons");
    expect(cells[4]).toContain("anna (owner, by personal token)");
    expect(cells[4]).toContain("record 1 does not count: nobody proved who did it");
    expect(cells[5]).toContain("aaaaaaaaaaaaaaaa…");
  });

  test("have no approval for a version that nobody approved", () => {
    const log = new ActLog("2026-07-18T08:00Z");
    review(log, { document: file("a") }, { words });
    review(log, { act: "approve", document: file("a") }, { at: "2026-07-21T08:00Z" });
    review(log, { document: file("b") }, { at: "2026-07-23T08:00Z", words });
    const [row] = built(log).learning.reviews.filter(({ source }) => source === null);
    expect(row).toMatchObject({ approval: null, versions: 2, digest: digest("b") });
    expect(tableBelow(page(log), "Reviews of incidents").map((cells) => cells[4])).toContainEqual(
      expect.stringContaining("not approved"),
    );
  });

  test("stand beside those of sources, of which only the source says who approved them", () => {
    const cells = tableBelow(page(new ActLog()), "Reviews of incidents")[0] ?? [];
    expect(cells[0]).toContain("as incidents has it");
    expect(cells[3]).toContain("empty: lessons learned");
    expect(cells[4]).toBe("not approved");
  });
});

test("the deadline of a review has its target, rules, date, result and record; what needs none is left out", () => {
  const observed = { fact: incident("INC-2026-001"), instance: "incidents", entry: 30, item: "", ordinal: 0 };
  const subject = (id: string, verdict: Verdict): Subject => ({ id, observed: observed as Observed, verdict });
  const policy = { name: "sev1-4", version: "3", digest: "", entry: 2, reachesBack: false };
  const deadlines = [
    subject("INC-2026-001", {
      word: "bad",
      what: "there is no review",
      due: Date.parse("2026-07-21T22:00:00.000Z"),
      took: 90_000_000,
      ended: true,
      target: "within 5bd",
      level: "Sev2",
      policy,
    }),
    subject("INC-2026-002", { word: "open", what: "not resolved yet", took: 60_000 }),
    subject("INC-2026-003", { word: "skip" }),
  ];
  const model = built(new ActLog(), { learning: { acts: [], names: NAMES, deadlines } });
  expect(tableBelow(learningPart(model, wording), "Reviews that were due")).toEqual([
    [
      "INC-2026-001 | Sev2",
      "within 5bd | sev1-4 3",
      "2026-07-21 22:00:00Z | by the end of 21 Jul 2026",
      "not met",
      "30",
    ],
    ["there is no review | took 1 d 1 h"],
    ["INC-2026-002", "–", "–", "pending", "30"],
    ["not resolved yet | 1 min so far"],
  ]);
});

describe("exercises and trainings", () => {
  const log = new ActLog("2026-05-01T08:00Z");
  const held = (activity: string, type: string, at: string, fields = {}) =>
    log.add("activity", { activity, type, act: "record", ...fields }, { at, words: { title: `held ${activity}` } });
  held("EXE-2026-001", "exercise", "2026-05-04T08:00Z", { participants: ["p-anna"] });
  held("EXE-2026-002", "exercise", "2026-06-04T08:00Z");
  held("TRN-2026-001", "training", "2026-08-04T22:00Z", {
    participants: ["p-anna", "p-otto"],
    precision: 86_400_000,
    evidence: [file("d")],
    values: { scenario: "ransomware" },
  });

  test("of the period are listed, and of what was not held the newest before it", () => {
    const { held: rows, heldBefore } = built(log).learning;
    expect([rows.map(({ id }) => id), heldBefore.map(({ id }) => id)]).toEqual([["TRN-2026-001"], ["EXE-2026-002"]]);
    const table = tableBelow(page(log), "Exercises, trainings and other reviews");
    expect(table[0]?.slice(0, 4)).toEqual([
      "TRN-2026-001: training | held TRN-2026-001 | scenario: ransomware",
      "5 Aug 2026 | the day only",
      "anna, otto",
      "dddddddddddddddd…",
    ]);
    expect(table[1]?.[1]).toContain("before the period");
  });
});

test("trends tell every quarter of the year, also one without incidents, and causes that came back", () => {
  const at = (text: string) => Date.parse(`${text}T09:00:00.000Z`);
  const incidents = [
    incident("A", { detectedAt: at("2025-11-02"), causeKey: "expired certificate" }),
    incident("B", { detectedAt: at("2026-07-14"), causeKey: "Expired certificate", severity: "Sev1" }),
    incident("C", { detectedAt: at("2026-08-14"), severity: null }),
  ];
  const done = [{ incident: "A", doneAt: at("2025-12-01") }] as unknown as Parameters<typeof trendsOf>[1];
  const window = { from: Date.parse("2025-09-30T22:00:00.000Z"), to: Date.parse("2026-09-30T22:00:00.000Z") };
  const found = trendsOf(incidents, done, "Europe/Berlin", window);
  const model = built(new ActLog(), { learning: { acts: [], names: NAMES, deadlines: [], trends: { window, found } } });
  const blocks = learningPart(model, wording);
  expect(tableBelow(blocks, "Trends and causes that came back").map((row) => row.slice(0, 3))).toEqual([
    ["2025-Q4", "1", "Sev2: 1"],
    ["2026-Q1", "0", "–"],
    ["2026-Q2", "0", "–"],
    ["2026-Q3", "2", "Sev1: 1, not said: 1"],
  ]);
  expect(model.learning.trends?.causes).toEqual([
    {
      cause: "expired certificate",
      incidents: ["A", "B"],
      firstActionDone: "2025-12-01T09:00:00.000Z",
      again: ["B"],
      before: [],
      later: [],
    },
  ]);
  expect(printed(blocks)).toContain("whether it came back: 1 of the incidents counted above");
});

test("where nothing is recorded one page says what was looked at, without a part of its own", () => {
  const model = buildReport(reportInput({ facts: [] }));
  const blocks = learningPart(model, wording);
  expect(blocks.filter(({ kind }) => kind === "part" || kind === "table")).toEqual([]);
  expect(printed(blocks)).toContain("0 reviews, 0 actions, and 0 exercises");
});
