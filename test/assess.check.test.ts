import { describe, expect, test } from "vitest";
import type { Check } from "../src/assess/catalogue.ts";
import type { ResultWord } from "../src/assess/vocabulary.ts";
import type { Observed } from "../src/evidence/fact.ts";
import {
  AS_OF,
  assessOne,
  dailyRuns,
  fact,
  PERIOD,
  REGISTER,
  type Setting,
  seen,
  signOff,
  TEN_DAYS,
  wholeRegister,
} from "./support/assessing.ts";
import { config, genesis, instance, plan, run, t } from "./support/entries.ts";

/** Facts on different places of the same evidence file. */
const all = (...facts: Parameters<typeof seen>[0][]): Observed[] => facts.map((f, ordinal) => seen(f, { ordinal }));
const incident = (id: string, fields: Parameters<typeof fact<"incident">>[2] = {}) =>
  fact("incident", id, { detectedAt: t("2026-11-03T10:00Z"), ...fields });

type Row = [name: string, setting: Setting, result: ResultWord, numbers: string, reason: RegExp, failing?: string[]];

function table(check: Check, rows: Row[]) {
  test.each(rows)("%s", (_, setting, result, numbers, reason, failing = []) => {
    const answer = assessOne(check, setting);
    expect([answer.result, `${answer.n}/${answer.of}`], answer.reason).toEqual([result, numbers]);
    expect(answer.reason).toMatch(reason);
    expect(answer.failing.map((f) => f.id)).toEqual(failing);
  });
}

const without = (...days: number[]) => [
  ...wholeRegister().slice(0, 2),
  ...dailyRuns(
    "register",
    TEN_DAYS.filter((d) => !days.includes(d)),
  ),
];

describe("slots", () => {
  const partial = run("2026-11-05T01:00Z", {
    instance: "register",
    outcome: "partial",
    reason: "truncated",
    covered: [["2026-11-04", "2026-11-04T12:00Z"]],
    window: ["2026-11-04", "2026-11-05"],
  });
  const backfill = run("2026-11-09T01:00Z", {
    instance: "register",
    trigger: "backfill",
    covered: [["2026-11-04", "2026-11-05"]],
  });
  table({ kind: "slots" }, [
    ["all collected in time is met", {}, "met", "10/10", /^10 of 10 pieces of expected evidence collected in time$/],
    [
      "one missed is not met",
      { entries: without(4) },
      "not_met",
      "9/10",
      /1 missed/,
      ["register@2026-11-04T00:00:00.000Z"],
    ],
    [
      "one late is not met",
      { entries: [...without(4), backfill] },
      "not_met",
      "9/10",
      /1 came late/,
      ["register@2026-11-04T00:00:00.000Z"],
    ],
    [
      "one incomplete is not met",
      { entries: [...without(4), partial] },
      "not_met",
      "9/10",
      /1 incomplete/,
      ["register@2026-11-04T00:00:00.000Z"],
    ],
    ["open ones alone are pending", { asOf: t("2026-11-10T12:00Z") }, "pending", "9/9", /1 not due yet/],
    [
      "a miss beside open ones is not met",
      { entries: without(4), asOf: t("2026-11-10T12:00Z") },
      "not_met",
      "8/9",
      /1 missed/,
      ["register@2026-11-04T00:00:00.000Z"],
    ],
    [
      "paused ones are not met, but no failure",
      {
        entries: [
          ...wholeRegister().slice(0, 2),
          plan("2026-11-07", "pause", { instance: "register", to: "2026-11-08" }),
          ...dailyRuns(
            "register",
            TEN_DAYS.filter((d) => d !== 7),
          ),
        ],
      },
      "no_data",
      "9/10",
      /1 paused by a person/,
    ],
    [
      "what never came is no data",
      { entries: wholeRegister().slice(0, 2) },
      "no_data",
      "0/0",
      /nothing in this period from register/,
    ],
    [
      "a period before the first slot is no data",
      { period: { from: t("2026-10-01"), to: t("2026-10-11") } },
      "no_data",
      "0/0",
      /nothing in this period/,
    ],
    [
      "a late start is said",
      { period: { from: t("2026-10-20"), to: t("2026-11-11") } },
      "met",
      "10/10",
      /only in part of the period \(register since 1 Nov 2026\)/,
    ],
  ]);

  test("the reason of a failed attempt is passed on with its entry", () => {
    const failed = run("2026-11-05T01:00Z", {
      instance: "register",
      window: ["2026-11-04", "2026-11-05"],
      reason: "unreachable",
    });
    const { failing } = assessOne({ kind: "slots" }, { entries: [...without(4), failed] });
    expect(failing).toEqual([
      {
        id: "register@2026-11-04T00:00:00.000Z",
        instance: "register",
        what: "failed",
        cause: "unreachable",
        entries: [11],
      },
    ]);
  });

  test("one whole source does not make up for one that never came", () => {
    const silent = instance({ ...REGISTER, id: "second" });
    const [first, ...rest] = wholeRegister();
    const entries = [first!, config("2026-10-31", [REGISTER, silent]), ...rest.slice(1)];
    expect(assessOne({ kind: "slots" }, { entries })).toMatchObject({
      result: "no_data",
      reason: expect.stringMatching(/second/),
    });
  });
});

describe("exists", () => {
  table({ kind: "exists", over: "incident", where: { severity: ["high"] }, atLeast: 2 }, [
    [
      "enough is met",
      { facts: all(incident("1", { severity: "High" }), incident("2", { severity: "HIGH " })) },
      "met",
      "2/2",
      /2 incidents of at least 2/,
    ],
    [
      "too few is not met",
      { facts: all(incident("1", { severity: "high" }), incident("2", { severity: "low" })) },
      "not_met",
      "1/2",
      /1 incident of at least 2/,
    ],
    ["none is not met", {}, "not_met", "0/2", /0 incidents of at least 2/],
    [
      "too few in a running period is pending",
      { facts: all(incident("1", { severity: "high" })), asOf: t("2026-11-10T12:00Z") },
      "pending",
      "1/2",
      /not over/,
    ],
    [
      "too few with unread places cannot be decided",
      { problems: [{ instance: "register", entry: 11 }] },
      "indeterminate",
      "0/2",
      /could not be read \(register: 1\)/,
    ],
    [
      "none from a source that never delivered is no data",
      { entries: wholeRegister().slice(0, 2) },
      "no_data",
      "0/2",
      /register never delivered anything/,
    ],
  ]);
});

describe("present", () => {
  table({ kind: "present", over: "incident", fields: ["owner", "severity"] }, [
    [
      "all there is met",
      { facts: all(incident("1", { owner: "p1", severity: "low" })) },
      "met",
      "1/1",
      /1 of 1 incident with owner and severity/,
    ],
    [
      "one empty field is not met",
      { facts: all(incident("1", { owner: "p1", severity: "low" }), incident("2", { owner: "p1" })) },
      "not_met",
      "1/2",
      /1 of 2 incidents without/,
      ["2"],
    ],
    [
      "white space is empty",
      { facts: all(incident("1", { owner: "  ", severity: "low" })) },
      "not_met",
      "0/1",
      /1 of 1/,
      ["1"],
    ],
    ["no record is no data", {}, "no_data", "0/0", /no incident was seen in the period, so there is nothing to judge/],
    [
      "a failure shows in spite of holes",
      { facts: all(incident("1")), entries: without(10) },
      "not_met",
      "0/1",
      /1 of 1.*besides, expected evidence is missing \(register: 1 of 10\)/,
      ["1"],
    ],
    [
      "a population with a hole at its end is not met",
      { facts: all(incident("1", { owner: "p", severity: "low" })), entries: without(10) },
      "indeterminate",
      "1/1",
      /but expected evidence is missing/,
    ],
    [
      "a register keeps what an earlier hole hid",
      { facts: all(incident("1", { owner: "p", severity: "low" })), entries: without(4) },
      "met",
      "1/1",
      /with owner/,
    ],
    [
      "unread places in the newest look cannot be decided",
      { facts: all(incident("1", { owner: "p", severity: "low" })), problems: [{ instance: "register", entry: 11 }] },
      "indeterminate",
      "1/1",
      /could not be read/,
    ],
    [
      "what was mended since does not matter",
      { facts: all(incident("1", { owner: "p", severity: "low" })), problems: [{ instance: "register", entry: 3 }] },
      "met",
      "1/1",
      /with owner/,
    ],
    [
      "a source that never came is no data",
      { entries: wholeRegister().slice(0, 2) },
      "no_data",
      "0/0",
      /register never delivered anything/,
    ],
  ]);

  test("a condition that nothing meets makes it not applicable", () => {
    const check: Check = { kind: "present", over: "incident", where: { closedAt: "present" }, fields: ["resolvedAt"] };
    const facts = all(incident("1"), incident("2"));
    expect(assessOne(check, { facts })).toMatchObject({
      result: "not_applicable",
      reason: expect.stringMatching(/none of the 2 incidents/),
    });
    expect(assessOne(check, { facts, entries: without(10) }).result).toBe("indeterminate");
  });

  test("an incident that Custody opened itself is named apart, however the check ends", () => {
    const [own, other] = [
      incident("INC-1", { origin: "custody", severity: "Sev3" }),
      incident("INC-2", { severity: "Sev1" }),
    ];
    const check: Check = { kind: "present", over: "incident", fields: ["severity"] };
    const reasonOf = (...facts: Parameters<typeof all>) => assessOne(check, { facts: all(...facts) }).reason;
    expect(reasonOf(own, other)).toBe("2 of 2 incidents with severity; 1 of all these opened by Custody itself");
    expect(reasonOf(own, incident("INC-2"))).toMatch(
      /^1 of 2 .*; 1 of all these opened by Custody itself \(1 as required\)$/,
    );
    expect(reasonOf(other)).not.toContain("Custody itself");
  });

  test("items inside a record are judged one by one", () => {
    const check: Check = { kind: "present", over: "review", each: "actions", fields: ["owner", "due"] };
    const actions = [
      { item: "a", owner: "p", due: "2026-12-01" },
      { item: "b", owner: "p", due: null },
    ];
    const answer = assessOne(check, { facts: all(fact("review", "r1", { date: t("2026-11-05"), actions })) });
    expect(answer).toMatchObject({ result: "not_met", n: 1, of: 2 });
    expect(answer.failing).toEqual([{ id: "r1#2", instance: "register", what: "without due", entries: [2] }]);
    const none = assessOne(check, { facts: all(fact("review", "r1", { date: t("2026-11-05") })) });
    expect(none.result).toBe("not_applicable");
  });

  test("alerts hidden by a hole stay hidden: no later look shows them", () => {
    const check: Check = { kind: "present", over: "alert", fields: ["severity"] };
    const prom = instance({ id: "prom", use: "alert-history/prometheus", family: "alert-history" });
    const runs = dailyRuns(
      "prom",
      TEN_DAYS.filter((d) => d !== 4),
    );
    const facts = [seen(fact("alert", "a", { startsAt: t("2026-11-02"), severity: "page" }), { instance: "prom" })];
    const answer = assessOne(
      check,
      { facts, entries: [genesis("2026-10-20"), config("2026-10-31", [prom]), ...runs] },
      { from: { families: ["alert-history"], facts: ["alert"] } },
    );
    expect(answer).toMatchObject({ result: "indeterminate", n: 1, of: 1 });
  });
});

describe("ordered", () => {
  const check: Check = {
    kind: "ordered",
    over: "incident",
    pairs: [
      ["occurredAt", "detectedAt"],
      ["resolvedAt", "closedAt"],
    ],
  };
  const at = (occurred: string | null, detected: string | null, fields = {}) =>
    all(
      incident("1", {
        occurredAt: occurred === null ? null : t(occurred),
        detectedAt: detected === null ? null : t(detected),
        ...fields,
      }),
    );
  table(check, [
    [
      "a possible order is met",
      { facts: at("2026-11-03T10:00:01.500Z", "2026-11-03T10:04:00.250Z") },
      "met",
      "1/1",
      /in a possible order/,
    ],
    ["the same moment is met", { facts: at("2026-11-03T10:00Z", "2026-11-03T10:00Z") }, "met", "1/1", /possible/],
    [
      "detected before it occurred is not met",
      { facts: at("2026-11-03T10:05:10.123Z", "2026-11-03T10:04:00.250Z") },
      "not_met",
      "0/1",
      /contradict/,
      ["1"],
    ],
    [
      "an hour apart is not met in spite of round times",
      { facts: at("2026-11-03T11:00Z", "2026-11-03T10:00Z") },
      "not_met",
      "0/1",
      /contradict/,
      ["1"],
    ],
    [
      "a minute cannot contradict its own seconds",
      { facts: at("2026-11-03T10:05:30.123Z", "2026-11-03T10:05:00Z", { precision: { detectedAt: 60_000 } }) },
      "indeterminate",
      "0/1",
      /cannot be decided/,
      ["1"],
    ],
    [
      "a date cannot contradict its own hours",
      { facts: at("2026-11-03T10:05Z", "2026-11-03", { precision: { detectedAt: 86_400_000 } }) },
      "indeterminate",
      "0/1",
      /cannot be decided/,
      ["1"],
    ],
    [
      "a minute before a moment within it may still be after it",
      { facts: at("2026-11-03T08:12:00Z", "2026-11-03T08:12:30.000Z", { precision: { occurredAt: 60_000 } }) },
      "indeterminate",
      "0/1",
      /cannot be decided/,
      ["1"],
    ],
    [
      "a minute that ends before the other time is met",
      { facts: at("2026-11-03T08:12:00Z", "2026-11-03T08:12:59.999Z", { precision: { occurredAt: 60_000 } }) },
      "met",
      "1/1",
      /possible/,
    ],
    [
      "the first moment after a minute is not met",
      { facts: at("2026-11-03T08:13:00.000Z", "2026-11-03T08:12:00Z", { precision: { detectedAt: 60_000 } }) },
      "not_met",
      "0/1",
      /contradict/,
      ["1"],
    ],
    [
      "round times that are exact are decided",
      { facts: at("2026-11-03T10:00:00.001Z", "2026-11-03T10:00:00.000Z") },
      "not_met",
      "0/1",
      /contradict/,
      ["1"],
    ],
    [
      "an exact hour against a minute in it is decided",
      { facts: at("2026-11-03T10:17Z", "2026-11-03T10:00:00.000Z", { precision: { occurredAt: 60_000 } }) },
      "not_met",
      "0/1",
      /contradict/,
      ["1"],
    ],
    [
      "the same day twice is met",
      {
        facts: at("2026-11-03", "2026-11-03", { precision: { occurredAt: 86_400_000, detectedAt: 86_400_000 } }),
      },
      "met",
      "1/1",
      /possible/,
    ],
    [
      "a missing time is not compared",
      { facts: at(null, "2026-11-03T10:00Z") },
      "no_data",
      "0/0",
      /no record has two times/,
    ],
    [
      "closed before resolved is not met",
      {
        facts: at(null, "2026-11-03T10:00Z", { resolvedAt: t("2026-11-05T10:01Z"), closedAt: t("2026-11-04T10:01Z") }),
      },
      "not_met",
      "0/1",
      /contradict/,
      ["1"],
    ],
    [
      "recovered before it was contained is no contradiction",
      {
        facts: at(null, "2026-11-03T10:00Z", {
          resolvedAt: t("2026-11-03T11:01Z"),
          closedAt: t("2026-11-04T10:01Z"),
          containedAt: t("2026-11-04T09:01Z"),
        }),
      },
      "met",
      "1/1",
      /possible/,
    ],
    ["no record is no data", {}, "no_data", "0/0", /nothing to judge/],
  ]);

  test("the times are named in plain words", () => {
    const facts = at("2026-11-03T10:05:10.123Z", "2026-11-03T10:04:00.250Z");
    expect(assessOne(check, { facts }).failing[0]?.what).toBe("time occurred is after time detected");
  });

  test("of a source that does not say how exactly it knows its times the zeros at their end do", () => {
    const over: Check = { kind: "ordered", over: "alert", pairs: [["startsAt", "endsAt"]] };
    const prom = instance({
      id: "prom",
      use: "alert-history/prometheus",
      family: "alert-history",
      cadence: "daily",
      zone: "Europe/Berlin",
    });
    const entries = [
      genesis("2026-10-20", { zone: "Europe/Berlin" }),
      config("2026-10-31", [prom], { zone: "Europe/Berlin" }),
      run("2026-11-11T11:00Z", { instance: "prom", covered: [["2026-10-30T23:00Z", "2026-11-11T11:00Z"]] }),
    ];
    const result = (startsAt: string, endsAt: string) =>
      assessOne(
        over,
        {
          entries,
          facts: [seen(fact("alert", "a", { startsAt: t(startsAt), endsAt: t(endsAt) }), { instance: "prom" })],
        },
        { from: { families: ["alert-history"], facts: ["alert"] } },
      ).result;
    expect(result("2026-11-03T10:05Z", "2026-11-03T00:00+01:00")).toBe("indeterminate");
    expect(result("2026-11-03T10:05:30Z", "2026-11-03T10:05:00Z")).toBe("indeterminate");
    expect(result("2026-11-03T10:06:30Z", "2026-11-03T10:05:00Z")).toBe("not_met");
  });
});

describe("linked", () => {
  const check: Check = {
    kind: "linked",
    over: "incident",
    where: { resolvedAt: "present" },
    to: "review",
    theirs: "incident",
    ours: "review",
    wait: { field: "resolvedAt", days: 5 },
  };
  const resolved = incident("INC-7", { resolvedAt: t("2026-11-04T10:00Z") });
  const review = (fields: Parameters<typeof fact<"review">>[2]) =>
    fact("review", "reviews/pir-7.md", { date: t("2026-11-06"), ...fields });
  table(check, [
    [
      "a review that names the incident is met",
      { facts: all(resolved, review({ incident: "inc-7" })) },
      "met",
      "1/1",
      /with a review/,
    ],
    [
      "an incident that names the review is met",
      { facts: all({ ...resolved, review: "PIR-7.md" }, review({})) },
      "met",
      "1/1",
      /with a review/,
    ],
    ["none is not met", { facts: all(resolved) }, "not_met", "0/1", /1 of 1 incident without a review/, ["INC-7"]],
    [
      "a review of another incident does not count",
      { facts: all(resolved, review({ incident: "INC-70" })) },
      "not_met",
      "0/1",
      /without/,
      ["INC-7"],
    ],
    [
      "a review that names no incident does not count",
      { facts: all(resolved, review({})) },
      "not_met",
      "0/1",
      /without/,
      ["INC-7"],
    ],
    [
      "a link to what is not there does not count",
      { facts: all({ ...resolved, review: "pir-8" }) },
      "not_met",
      "0/1",
      /without/,
      ["INC-7"],
    ],
    [
      "one resolved just now is pending",
      { facts: all({ ...resolved, resolvedAt: t("2026-11-08T10:00Z") }) },
      "pending",
      "0/1",
      /not finished yet/,
      ["INC-7"],
    ],
    [
      "one that is not resolved needs none",
      { facts: all(incident("INC-8")) },
      "not_applicable",
      "0/0",
      /the only incident is not one/,
    ],
    ["no record is no data", {}, "no_data", "0/0", /nothing to judge/],
  ]);

  test("without any source of reviews nobody can miss one", () => {
    const postgres = { ...REGISTER, use: "incident-log/postgres" };
    const entries = [genesis("2026-10-20"), config("2026-10-31", [postgres]), ...dailyRuns("register", TEN_DAYS)];
    expect(assessOne(check, { entries, facts: all(resolved) })).toMatchObject({
      result: "no_data",
      reason: "nothing connected feeds this: no source of reviews",
    });
  });
});

describe("outcome", () => {
  const check: Check = { kind: "outcome", over: "job-run", field: "outcome", bad: ["missed"], running: ["started"] };
  const jobs = instance({ id: "jobs" });
  const entries = [genesis("2026-10-20"), config("2026-10-31", [jobs]), ...dailyRuns("jobs", TEN_DAYS)];
  const job = (id: string, outcome: "success" | "failure" | "started" | "missed") =>
    seen(fact("job-run", id, { job: "backup", startedAt: t("2026-11-03"), outcome }), { instance: "jobs" });
  const assess = (...facts: Observed[]) =>
    assessOne(check, { entries, facts }, { from: { families: ["cron-health"], facts: ["job-run"] } });

  test.each<[string, Observed[], ResultWord, string]>([
    ["success is met", [job("1", "success")], "met", "1/1"],
    ["another bad end than the one asked for is met", [job("1", "failure")], "met", "1/1"],
    ["a miss is not met", [job("1", "success"), job("2", "missed")], "not_met", "1/2"],
    ["a run that goes on is pending", [job("1", "success"), job("2", "started")], "pending", "1/2"],
    ["a miss beside one that goes on is not met", [job("1", "missed"), job("2", "started")], "not_met", "0/2"],
    ["no run is no data", [], "no_data", "0/0"],
  ])("%s", (_, facts, result, numbers) => {
    const answer = assess(...facts);
    expect([answer.result, `${answer.n}/${answer.of}`], answer.reason).toEqual([result, numbers]);
  });
});

describe("nil", () => {
  const signed = [signOff()];
  const signOffs = signed;
  table({ kind: "nil", over: "incident" }, [
    ["an empty register that nobody confirmed is pending", {}, "pending", "10/10", /not confirmed by a person yet$/],
    [
      "an empty register that somebody confirmed is a nil return",
      { signOffs },
      "nil",
      "10/10",
      /and anna \(owner\) confirmed it on 11 Nov 2026 \(record 20\)$/,
    ],
    [
      "a confirmation of something else does not count",
      { signOffs: [signOff({ requirements: ["y"] })] },
      "pending",
      "10/10",
      /not confirmed/,
    ],
    [
      "a confirmation of a part does not count",
      { signOffs: [signOff({ window: { from: PERIOD.from, to: PERIOD.to - 1 } })] },
      "pending",
      "10/10",
      /not confirmed/,
    ],
    [
      "with incidents there is nothing to confirm",
      { signOffs, facts: all(incident("1")) },
      "not_applicable",
      "0/0",
      /1 incident from register/,
    ],
    [
      "a hole anywhere forbids it",
      { signOffs, entries: without(4) },
      "indeterminate",
      "9/10",
      /^cannot be confirmed: register was not collected on 4 Nov 2026 \(9 of 10 pieces of expected evidence came\); what anna \(owner\) confirmed on 11 Nov 2026 \(record 20\) is withdrawn$/,
      ["register@2026-11-04T00:00:00.000Z"],
    ],
    [
      "a partial slot forbids it",
      {
        signOffs,
        entries: [
          ...without(4),
          run("2026-11-05T01:00Z", {
            instance: "register",
            outcome: "partial",
            covered: [["2026-11-04", "2026-11-04T12:00Z"]],
          }),
        ],
      },
      "indeterminate",
      "9/10",
      /register was only collected in part on 4 Nov 2026/,
      ["register@2026-11-04T00:00:00.000Z"],
    ],
    [
      "a count of the source's own forbids it",
      { signOffs, entries: wholeRegister({ total: 3 }) },
      "indeterminate",
      "10/10",
      /register itself counts 3 and 0 were read/,
    ],
    [
      "without a count it says so",
      { signOffs, entries: wholeRegister({ total: undefined }) },
      "nil",
      "10/10",
      /uncounted/,
    ],
    [
      "unread places forbid it",
      { signOffs, problems: [{ instance: "register", entry: 11 }] },
      "indeterminate",
      "10/10",
      /could not be read/,
    ],
    ["a running period is pending", { signOffs, asOf: t("2026-11-10T12:00Z") }, "pending", "9/10", /not over/],
    [
      "a period that began unwatched forbids it",
      {
        signOffs: [signOff({ window: { from: 0, to: PERIOD.to } })],
        period: { from: t("2026-10-20"), to: PERIOD.to },
      },
      "indeterminate",
      "1/2",
      /20 Oct 2026 to 31 Oct 2026: cannot be confirmed: no evidence was expected from register in this period/,
    ],
    [
      "a source that never came is no data",
      { signOffs, entries: wholeRegister().slice(0, 2) },
      "no_data",
      "0/0",
      /never delivered/,
    ],
  ]);
});

test("a register whose older records were all read may still be empty in the period", () => {
  const found = { reader: 1, facts: 3, problems: 0 };
  const signOffs = [signOff()];
  const answer = assessOne(
    { kind: "nil", over: "incident" },
    { signOffs, entries: wholeRegister({ total: 3, found }) },
  );
  expect(answer.result).toBe("nil");
  expect(answer.entries).toContain(20);
});

describe("human", () => {
  const window = (from: string, to: string) =>
    signOff({ entry: 30, subject: "review", requirements: [], window: { from: t(from), to: t(to) } });
  const period = { from: t("2026-09-01"), to: t("2026-11-01") };
  table({ kind: "human", subject: "review" }, [
    ["no sign-off is no data", { period }, "no_data", "0/0", /no sign-off by a person is on record/],
    [
      "one of something else is no data",
      { period, signOffs: [{ ...window("2026-09-01", "2026-11-01"), subject: "other" }] },
      "no_data",
      "0/0",
      /no sign-off/,
    ],
    [
      "one for every month is met",
      { period, signOffs: [window("2026-09-01", "2026-10-01"), window("2026-10-01", "2026-11-01")] },
      "met",
      "2/2",
      /2 of 2/,
    ],
    [
      "a month without is not met",
      { period, signOffs: [window("2026-10-01", "2026-11-01")] },
      "not_met",
      "1/2",
      /1 of 2/,
      ["1 Sep 2026"],
    ],
    [
      "a month that is not over is pending",
      { period, asOf: t("2026-10-15"), signOffs: [window("2026-09-01", "2026-10-01")] },
      "pending",
      "1/1",
      /1 of 1/,
    ],
  ]);

  const held = (at: string, documented = true) =>
    fact("activity", `EXR-${at}`, {
      type: "exercise",
      title: "Tabletop",
      at: t(at),
      participants: [],
      incidents: [],
      documented,
      approvedBy: null,
      approvedAt: null,
      values: {},
    });
  const said = { ...window("2026-09-01", "2026-10-01"), subject: "incident-exercise" };
  table({ kind: "human", subject: "incident-exercise" }, [
    [
      "neither a sign-off nor something held is no data",
      { period },
      "no_data",
      "0/0",
      /no sign-off by a person is on record, and no exercise with a document/,
    ],
    [
      "without a document it shows nothing",
      { period, facts: all(held("2026-09-10", false)) },
      "no_data",
      "0/0",
      /no exer/,
    ],
    [
      "what was held with a document answers its own month",
      { period, facts: all(held("2026-09-10"), held("2026-10-31T23:59Z")) },
      "met",
      "2/2",
      /signed or held for 2 of 2 periods; exercise with a document on 31 Oct 2026/,
    ],
    ["and no other one", { period, facts: all(held("2026-10-01")) }, "not_met", "1/2", /1 of 2/, ["1 Sep 2026"]],
    [
      "beside a sign-off for another",
      { period, signOffs: [said], facts: all(held("2026-10-01")) },
      "met",
      "2/2",
      /2 of 2/,
    ],
    [
      "what lies ahead was not held",
      { period, asOf: t("2026-10-15"), signOffs: [said], facts: all(held("2026-10-16")) },
      "pending",
      "1/1",
      /^signed for 1 of 1/,
    ],
  ]);
});

describe("what cannot be judged", () => {
  test("a requirement that needs rules says which, and is no data", () => {
    expect(assessOne({ kind: "policy", needs: "the response time" })).toMatchObject({
      result: "no_data",
      reason: "needs your rules: the response time",
      evidence: [],
    });
  });

  test("what no source knows is no data", () => {
    expect(assessOne({ kind: "unobservable", why: "nobody writes it down" })).toMatchObject({
      result: "no_data",
      reason: "not observable: nobody writes it down",
    });
  });

  describe("holds", () => {
    const check = { kind: "holds", judge: "the rest is for a person" } as const;
    const hold = (entry: number, from: string, to?: string) => ({
      id: `hold-${entry}`,
      entry,
      from: t(from),
      to: to === undefined ? undefined : t(to),
    });

    test("names those in force in the period and decides nothing", () => {
      const holds = [hold(4, "2026-10-01"), hold(5, "2026-10-01", "2026-10-20"), hold(6, "2026-11-20")];
      expect(assessOne(check, { holds }, { from: {} })).toMatchObject({
        result: "indeterminate",
        reason: "1 hold was in force in the period (hold-4, record 4); the rest is for a person",
        entries: [4],
      });
    });

    test("says that there was none, or that they are not known here", () => {
      expect(assessOne(check, { holds: [hold(6, "2026-11-20")] }, { from: {} })).toMatchObject({
        result: "no_data",
        reason: "no hold was in force in the period; the rest is for a person",
      });
      expect(assessOne(check, {}, { from: {} })).toMatchObject({ result: "no_data", entries: [] });
    });
  });

  test("what nothing feeds is no data", () => {
    const from = { families: ["roster"] };
    expect(assessOne({ kind: "slots" }, {}, { from })).toMatchObject({
      result: "no_data",
      reason: "nothing connected feeds this",
    });
    expect(assessOne({ kind: "policy", needs: "a roster" }, {}, { from }).reason).toBe(
      "needs your rules: a roster; nothing connected feeds this",
    );
  });

  test("a recommendation that is not followed is never not met, and keeps its numbers", () => {
    const answer = assessOne(
      { kind: "present", over: "incident", fields: ["owner"] },
      { facts: all(incident("1")), asOf: AS_OF },
      { basis: "recommended" },
    );
    expect(answer).toMatchObject({
      result: "no_target",
      n: 0,
      of: 1,
      reason: expect.stringMatching(/^recommended only: 1 of 1/),
    });
    expect(answer.failing).toHaveLength(1);
  });

  test("fewer evidence files than the least are no data, but a failure shows", () => {
    const check: Check = { kind: "present", over: "incident", fields: ["owner"] };
    expect(assessOne(check, { facts: all(incident("1", { owner: "p" })) }, { minimum: 2 })).toMatchObject({
      result: "no_data",
      reason: expect.stringMatching(/^1 of at least 2 evidence files/),
    });
    expect(assessOne(check, { facts: all(incident("1")) }, { minimum: 2 }).result).toBe("not_met");
  });

  test("records of a later version take the certainty away", () => {
    const entries = [
      ...wholeRegister(),
      run("2026-11-11T02:00Z", { instance: "register", outcome: "delegated" as never }),
    ];
    expect(assessOne({ kind: "slots" }, { entries })).toMatchObject({
      result: "indeterminate",
      reason: expect.stringMatching(/a later version wrote records/),
    });
  });
});
