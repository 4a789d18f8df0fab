import { describe, expect, test } from "vitest";
import type { Check } from "../src/assess/catalogue.ts";
import { judgeAction } from "../src/assess/deadline-checks.ts";
import { performance } from "../src/assess/performance.ts";
import { judgeReview } from "../src/assess/review-clock.ts";
import { runningClocks } from "../src/assess/running.ts";
import { judgeUpdates } from "../src/assess/updates.ts";
import type { Fact, FactInput, FactOf } from "../src/evidence/fact.ts";
import { wholeFact } from "../src/evidence/fact.ts";
import { PolicyTimeline } from "../src/policy/timeline.ts";
import { AS_OF, assessOne, dailyRuns, fact, PERIOD, seen, TEN_DAYS, wholeRegister } from "./support/assessing.ts";
import { inForce, logged, shippedPolicy } from "./support/rules.ts";

const at = (text: string) => Date.parse(text);
const MINUTE = 60_000;
const incident = (id: string, fields: Partial<FactOf<"incident">> = {}) => fact("incident", id, fields);
const all = (...facts: Fact[]) => facts.map((found, ordinal) => seen(found, { ordinal }));

describe("one answer from many verdicts", () => {
  const policies = inForce("sev1-4");
  const check: Check = { kind: "target", target: "respond" };
  const noticed = at("2026-11-03T10:00:00Z");
  const done = (id: string, minutes: number, over: Partial<FactOf<"incident">> = {}) =>
    incident(id, { severity: "Sev1", detectedAt: noticed, respondedAt: noticed + minutes * MINUTE, ...over });
  const answer = (facts: Fact[], setting: Parameters<typeof assessOne>[1] = {}) => {
    const { result, n, of, reason, failing } = assessOne(
      check,
      { policies, facts: all(...facts), ...setting },
      {
        from: { families: ["incident-log"], facts: ["incident"] },
      },
    );
    return { result, numbers: `${n}/${of}`, reason, failing: failing.map(({ id }) => id) };
  };
  const running = incident("R", { severity: "Sev4", detectedAt: at("2026-11-10T10:00:00Z") });
  const unknown = done("U", 1, { severity: "huge" });
  const wrong = done("W", -1);
  const noStart = done("N", 1, { detectedAt: null });

  test.each<[string, Fact[], string, string, string[]]>([
    ["all in time", [done("A", 1), done("B", 15)], "met", "2/2", []],
    [
      "one late among everything else",
      [done("A", 1), done("B", 16), running, unknown, wrong, noStart],
      "not_met",
      "1/2",
      ["B"],
    ],
    ["one that contradicts itself", [done("A", 1), wrong, unknown, noStart, running], "invalid", "1/1", ["W"]],
    ["one that cannot be decided", [done("A", 1), unknown, noStart, running], "indeterminate", "1/1", ["U"]],
    ["one without its start", [done("A", 1), noStart, running], "no_data", "1/1", ["N"]],
    ["one that runs", [done("A", 1), running], "pending", "1/1", ["R"]],
    ["none at all", [], "no_data", "0/0", []],
  ])("%s", (_, facts, result, numbers, failing) => {
    const found = answer(facts);
    expect(found, found.reason).toMatchObject({ result, numbers, failing });
  });

  test("what was not judged is told apart, and never in the numbers", () => {
    expect(answer([done("A", 1), done("B", 16), running, unknown, wrong, noStart]).reason).toMatch(
      /^1 of 2 incidents not responded to in time; besides, 1 not due or not finished yet, 1 cannot be decided, 1 with records that contradict themselves, 1 without the times that it takes/,
    );
  });

  test("what was not seen leaves a good answer open and hides no miss", () => {
    const entries = [
      ...wholeRegister().slice(0, 2),
      ...dailyRuns(
        "register",
        TEN_DAYS.filter((day) => day < 9),
      ),
    ];
    expect(answer([done("A", 1)], { entries })).toMatchObject({ result: "indeterminate", numbers: "1/1" });
    expect(answer([done("B", 16)], { entries })).toMatchObject({ result: "not_met", numbers: "0/1" });
  });

  test("without rules, without this rule, without a number", () => {
    expect(answer([done("A", 16)], { policies: new PolicyTimeline([]) })).toMatchObject({
      result: "no_data",
      reason: expect.stringMatching(/^needs your rules: set `policy:`/),
    });
    expect(answer([done("A", 16)], { policies: inForce("p0-p2") })).toMatchObject({
      result: "not_applicable",
      reason: expect.stringMatching(/^your rules set no time for this/),
    });
    const untimed = answer([done("A", 16, { severity: "High" })], { policies: inForce("critical-low-untimed") });
    expect(untimed).toMatchObject({ result: "no_target", numbers: "0/0" });
  });

  test("rules that changed within the period judge what came after them, and are named", () => {
    const strict = shippedPolicy("sev1-4", (text) =>
      text.replace("Sev1: within 15m", "Sev1: within 5m").replace('version: "1.0"', 'version: "2"'),
    );
    const two = new PolicyTimeline([logged(shippedPolicy("sev1-4")), logged(strict, at("2026-11-05T00:00:00Z"), 9)]);
    const later = at("2026-11-06T10:00:00Z");
    const found = answer([done("A", 10), done("B", 10, { detectedAt: later, respondedAt: later + 10 * MINUTE })], {
      policies: two,
    });
    expect(found).toMatchObject({ result: "not_met", numbers: "1/2", failing: ["B"] });
    expect(found.reason).toMatch(/judged by the rules of then \(sev1-4 1\.0, record 3; sev1-4 2, record 9\)/);
  });

  test("those that Custody opened are told apart", () => {
    expect(answer([done("A", 1), done("C", 2, { origin: "custody" })]).reason).toMatch(
      /1 of all these opened by Custody itself/,
    );
  });
});

describe("updates", () => {
  const policies = inForce("p0-p2");
  const begun = at("2026-06-10T08:00:00Z");
  const told = (...minutes: number[]) =>
    minutes.map((m) => ({
      at: begun + m * MINUTE,
      channel: "status-page",
      audience: null,
      purpose: null,
      reached: null,
      of: null,
    }));
  const judge = (fields: Partial<FactOf<"incident">>, asOf = at("2026-12-01T00:00:00Z")) =>
    judgeUpdates(incident("INC-1", { detectedAt: begun, acknowledgedAt: begun, ...fields }), "public", policies, asOf)
      .verdict;

  test("every 60 minutes, to the minute, until the end", () => {
    const ended = { severity: "P1", resolvedAt: begun + 150 * MINUTE };
    expect(judge({ ...ended, messages: told(60, 120) }).word).toBe("ok");
    expect(judge({ ...ended, messages: told(60, 121) }).word).toBe("bad");
    expect(judge({ ...ended, messages: told(60) }).word).toBe("bad");
    expect(judge({ ...ended, messages: [] }).word).toBe("bad");
    expect(judge({ ...ended, messages: told(60, 121) }).what).toMatch(
      /silent for 1 h 1 min; longest silence 1 h 1 min; your rules say every 60m \(P1\)/,
    );
  });

  test("while it runs the next one has a time", () => {
    const found = judge({ severity: "P1", messages: told(50) }, begun + 70 * MINUTE);
    expect(found).toMatchObject({ word: "open", due: begun + 110 * MINUTE });
    expect(judge({ severity: "P1", messages: told(50) }, begun + 111 * MINUTE).word).toBe("bad");
  });

  test("once per business day for the lowest", () => {
    const ended = { severity: "P2", resolvedAt: at("2026-06-12T10:00:00Z") };
    expect(judge({ ...ended, messages: told(30, 24 * 60, 48 * 60) }).word).toBe("ok");
    expect(judge({ ...ended, messages: told(30, 48 * 60) }).word).toBe("bad");
  });

  test("one at least where no number is set", () => {
    const rules = inForce("p1-p4");
    const fields = { severity: "P1", nature: "outage", detectedAt: begun, resolvedAt: begun + 90 * MINUTE };
    const chat = {
      at: begun + MINUTE,
      channel: "team-chat",
      audience: "internal" as const,
      purpose: null,
      reached: null,
      of: null,
    };
    const one = (over: Partial<FactOf<"incident">>) =>
      judgeUpdates(incident("I", { ...fields, ...over }), "internal", rules, begun * 2);
    expect(one({ messages: [chat] }).verdict).toMatchObject({ word: "ok" });
    expect(one({ messages: [] }).verdict).toMatchObject({ word: "bad" });
    expect(one({ nature: "security" }).rule).toBe("elsewhere");
    expect(one({ nature: null }).verdict.word).toBe("unclear");
  });
});

describe("reviews", () => {
  const resolvedAt = at("2026-04-02T16:00:00+02:00");
  const base = { severity: "Sev1", detectedAt: resolvedAt - 3_600_000, resolvedAt };
  const review = (fields: Partial<FactOf<"review">>) => fact("review", "REV-1", { incident: "INC-1", ...fields });
  const judge = (
    fields: Partial<FactOf<"incident">>,
    reviews: FactOf<"review">[],
    asOf = at("2026-06-01T00:00:00Z"),
    name: Parameters<typeof inForce>[0] = "sev1-4",
    kind: "review" | "publicReview" = "review",
  ) => {
    const { rule, verdict } = judgeReview(
      incident("INC-1", { ...base, ...fields }),
      kind,
      reviews,
      inForce(name),
      asOf,
    );
    return rule === "applies" ? verdict.word : rule;
  };

  test("approved within five business days over Easter", () => {
    expect(judge({}, [review({ approvedAt: at("2026-04-13T23:59:59+02:00") })])).toBe("ok");
    expect(judge({}, [review({ approvedAt: at("2026-04-14T00:00:00+02:00") })])).toBe("bad");
    expect(judge({}, [])).toBe("bad");
    expect(judge({}, [], at("2026-04-13T12:00:00Z"))).toBe("open");
    expect(judge({}, [review({ incident: "INC-2", approvedAt: resolvedAt + 1 })])).toBe("bad");
    expect(judge({ review: "docs/rev-1.md" }, [fact("review", "rev-1.md", { approvedAt: resolvedAt + 1 })])).toBe("ok");
  });

  test("one that is there and not approved does not count", () => {
    expect(judge({}, [review({ date: resolvedAt + 1 })])).toBe("bad");
    expect(judge({}, [review({ date: resolvedAt + 1, approvedBy: "anna" })])).toBe("no_data");
    expect(judge({}, [review({ date: at("2026-05-01T00:00:00Z"), approvedBy: "anna" })])).toBe("bad");
  });

  test("by the worst severity that it ever had", () => {
    expect(judge({ severity: "Sev3" }, [])).toBe("elsewhere");
    const severities = [{ at: resolvedAt - 1, severity: "Sev2", by: null, reason: null }];
    expect(judge({ severity: "Sev3", severities }, [])).toBe("bad");
    expect(judge({ severity: "whatever" }, [])).toBe("unclear");
    const lower = [{ at: resolvedAt - 1, severity: "Sev3", by: null, reason: null }];
    expect(judge({ severity: "whatever", severities: lower }, [])).toBe("unclear");
    const worst = [{ at: resolvedAt - 1, severity: "Sev1", by: null, reason: null }];
    expect(judge({ severity: "whatever", severities: worst }, [])).toBe("bad");
  });

  test("of one that is not resolved nothing is due yet", () => {
    expect(judge({ resolvedAt: null }, [])).toBe("open");
    // It was over when it was closed at the latest, and no review came since.
    expect(judge({ resolvedAt: null, closedAt: resolvedAt }, [])).toBe("bad");
    expect(judge({ resolvedAt: null, closedAt: resolvedAt, untold: ["resolvedAt"] }, [])).toBe("no_data");
  });

  test("a P1 of exactly one hour needs none, of more it needs a published one", () => {
    expect(judge({ severity: "P1" }, [], undefined, "p0-p2", "publicReview")).toBe("elsewhere");
    expect(judge({ severity: "P1", detectedAt: resolvedAt - 3_600_001 }, [], undefined, "p0-p2", "publicReview")).toBe(
      "bad",
    );
    const published = {
      severity: "P1",
      detectedAt: resolvedAt - 3_600_001,
      publishedAt: at("2026-04-15T23:59:59+02:00"),
    };
    expect(judge(published, [], undefined, "p0-p2", "publicReview")).toBe("ok");
    expect(
      judge({ ...published, publishedAt: published.publishedAt + 1_000 }, [], undefined, "p0-p2", "publicReview"),
    ).toBe("bad");
    expect(
      judge(
        { severity: "P1", detectedAt: resolvedAt - 3_600_000, precision: { resolvedAt: MINUTE } },
        [],
        undefined,
        "p0-p2",
      ),
    ).toBe("unclear");
  });

  test("rules without a number still wait for one", () => {
    expect(judge({ severity: "Low" }, [], undefined, "critical-low-untimed")).toBe("open");
    expect(
      judge({ severity: "Low" }, [review({ approvedAt: resolvedAt + 5 })], undefined, "critical-low-untimed"),
    ).toBe("no_target");
  });
});

describe("actions", () => {
  const due = at("2026-06-10T21:59:59.999Z");
  const action = (fields: Partial<FactOf<"action">>) =>
    wholeFact<"action">({
      kind: "action",
      id: "ACT-1",
      title: "",
      type: null,
      incident: null,
      finding: null,
      activity: null,
      owner: null,
      due,
      createdAt: due - 1e9,
      doneAt: null,
      verifiedAt: null,
      cancelledAt: null,
      precision: {},
      result: null,
      evidence: 0,
      replanned: [],
      tracker: null,
      ...fields,
    } as Extract<FactInput, { kind: "action" }>);
  const judge = (fields: Partial<FactOf<"action">>, asOf = due + 1) =>
    judgeAction(action(fields), asOf, "Europe/Berlin").word;
  const replan = (when: number) => ({ replanned: [{ at: when, due: due + 1e9, reason: "later" }] });

  test("done by its date, planned anew before it, or missed for good", () => {
    expect(judge({ doneAt: due })).toBe("ok");
    expect(judge({ doneAt: due + 1 })).toBe("bad");
    expect(judge({})).toBe("bad");
    expect(judge({}, due)).toBe("open");
    expect(judge(replan(due))).toBe("open");
    expect(judge(replan(due + 1))).toBe("bad");
    expect(judge({ ...replan(due), doneAt: due + 1e9 })).toBe("ok");
    expect(judge({ ...replan(due + 1), doneAt: due + 2 })).toBe("bad");
    expect(judge({ cancelledAt: due })).toBe("skip");
    expect(judge({ due: null })).toBe("no_data");
  });
});

describe("performance", () => {
  const policies = inForce("sev1-4");
  const noticed = at("2026-11-03T10:00:00Z");
  const done = (id: string, minutes: number, over: Partial<FactOf<"incident">> = {}) =>
    incident(id, { severity: "Sev1", detectedAt: noticed, respondedAt: noticed + minutes * MINUTE, ...over });

  test("counts every clock once and invents no length", () => {
    const facts = all(
      done("A", 1),
      done("B", 5),
      done("C", 20),
      done("D", 40),
      done("E", 3, { precision: { respondedAt: MINUTE } }),
      incident("F", { severity: "Sev1", detectedAt: noticed }),
      done("G", -5),
      done("H", 2, { severity: "huge" }),
      done("I", 2, { detectedAt: at("2026-10-31T10:00:00Z"), respondedAt: at("2026-10-31T10:02:00Z") }),
      done("J", 2, { origin: "custody" }),
    );
    const rows = performance(facts, policies, PERIOD, AS_OF).filter(({ target }) => target === "respond");
    expect(rows.map(({ level, byCustody, n }) => [level, byCustody, n])).toEqual([
      ["Sev1", false, 8],
      ["Sev1", true, 1],
      [undefined, false, 1],
    ]);
    const [row] = rows;
    expect(row).toMatchObject({
      met: 4,
      notMet: 3,
      pending: 0,
      indeterminate: 0,
      invalid: 1,
      noData: 0,
      noTarget: 0,
      began: 7,
      carriedIn: 1,
      term: "within 15m",
    });
    expect(row?.misses.map(({ id }) => id)).toEqual(["C", "D", "F"]);
    expect(row?.lengths).toEqual({
      exact: 5,
      toMinute: 1,
      inexact: 0,
      median: 5 * MINUTE,
      p90: 40 * MINUTE,
      worst: 40 * MINUTE,
    });
  });

  test("of two the longer one is the median; of none there is no length", () => {
    const lengths = (...facts: Fact[]) =>
      performance(all(...facts), policies, PERIOD, AS_OF).find(({ target }) => target === "respond")?.lengths;
    expect(lengths(done("A", 1), done("B", 9))?.median).toBe(9 * MINUTE);
    expect(lengths(incident("F", { severity: "Sev1", detectedAt: noticed }))).toEqual({
      exact: 0,
      toMinute: 0,
      inexact: 0,
      median: undefined,
      p90: undefined,
      worst: undefined,
    });
  });

  test("a source that tells of no messages is accused of none", () => {
    const rules = inForce("p0-p2");
    const facts = all(incident("A", { severity: "P1", detectedAt: noticed, acknowledgedAt: noticed }));
    const rowOf = (over: object) =>
      performance(
        facts.map((one) => ({ ...one, ...over })),
        rules,
        PERIOD,
        AS_OF,
      ).find(({ target }) => target === "acknowledge");
    expect(rowOf({})).toMatchObject({ notMet: 0, noData: 1 });
    expect(rowOf({ instance: "custody:register" })).toMatchObject({ notMet: 1, noData: 0 });
  });

  test("versions of the rules are never added up", () => {
    const two = new PolicyTimeline([logged(shippedPolicy("sev1-4")), logged(shippedPolicy("sev1-4"), noticed + 1, 9)]);
    const facts = all(done("A", 1), done("B", 1, { detectedAt: noticed + 1 }));
    const rows = performance(facts, two, PERIOD, AS_OF).filter(({ target }) => target === "respond");
    expect(rows.map(({ policy, n }) => [policy?.entry, n])).toEqual([
      [3, 1],
      [9, 1],
    ]);
  });
});

describe("what is due for one incident", () => {
  const noticed = at("2026-06-10T10:00:00Z");
  const late = incident("INC-1", { severity: "P1", detectedAt: noticed, triagedAt: noticed + 20 * MINUTE });
  const texts = (minutes: number) =>
    runningClocks(late, [], inForce("p1-p4"), noticed + minutes * MINUTE).map(({ text, missed }) => [
      missed,
      text.replace(/;.*/, ""),
    ]);

  test("late and not done first, then what comes next, then what was done late", () => {
    expect(texts(25)).toEqual([
      [true, "TOO LATE: not acknowledged after 25 min"],
      [true, "TOO LATE: not given a commander after 25 min"],
      [true, "TOO LATE: triaged after 20 min"],
    ]);
    const open = { ...late, triagedAt: null };
    const found = runningClocks(open, [], inForce("p1-p4"), noticed + 5 * MINUTE + 1);
    expect(found.map(({ text }) => text.slice(0, 32))).toEqual([
      "9 min left: not triaged yet; you",
      "9 min left: not acknowledged yet",
      "9 min left: not given a commande",
    ]);
    expect(found.every(({ due }) => due === noticed + 15 * MINUTE)).toBe(true);
  });

  test("what was done in time is not told, nor what has no rules", () => {
    const done = { ...late, triagedAt: noticed + 1, acknowledgedAt: noticed + 1, commanderAt: noticed + 1 };
    expect(runningClocks(done, [], inForce("p1-p4"), noticed + 25 * MINUTE)).toEqual([]);
    expect(runningClocks(late, [], new PolicyTimeline([]), noticed + 25 * MINUTE)).toEqual([]);
  });

  test("a review that is due after it was resolved has its day", () => {
    const resolved = incident("INC-2", {
      severity: "Sev1",
      detectedAt: noticed,
      respondedAt: noticed,
      resolvedAt: noticed + MINUTE,
    });
    const [clock] = runningClocks(resolved, [], inForce("sev1-4"), noticed + 2 * MINUTE);
    expect(clock?.text).toMatch(
      /^7 d .* left: not reviewed and approved yet; .*within 5bd \(Sev1\), by the end of 17 Jun 2026; no review was found$/,
    );
  });
});
