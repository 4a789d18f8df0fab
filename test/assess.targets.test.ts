import { describe, expect, test } from "vitest";
import { judgeTarget } from "../src/assess/targets.ts";
import type { FactOf } from "../src/evidence/fact.ts";
import { PolicyTimeline } from "../src/policy/timeline.ts";
import { fact } from "./support/assessing.ts";
import { inForce, logged, shippedPolicy } from "./support/rules.ts";

type Fields = Partial<FactOf<"incident">>;
const at = (text: string) => Date.parse(text);
const LATER = at("2026-12-31T12:00:00Z");
const incident = (fields: Fields) => fact("incident", "INC-1", fields);
const word = (timeline: PolicyTimeline, target: string, fields: Fields, asOf = LATER) => {
  const { rule, verdict } = judgeTarget(incident(fields), target, timeline, asOf);
  return rule === "applies" ? verdict.word : rule;
};
const what = (timeline: PolicyTimeline, target: string, fields: Fields, asOf = LATER) =>
  judgeTarget(incident(fields), target, timeline, asOf).verdict.what;

describe("sev1-4: response by the clock", () => {
  const rules = inForce("sev1-4");
  const noticed = at("2026-06-10T10:00:00Z");

  test.each([
    ["Sev1", 15 * 60_000, "ok"],
    ["Sev1", 15 * 60_000 + 1, "bad"],
    ["Sev 1", 15 * 60_000, "ok"],
    ["sev1", 15 * 60_000, "ok"],
    ["Sev2", 2 * 3_600_000, "ok"],
    ["Sev2", 2 * 3_600_000 + 1, "bad"],
    ["Sev3", 24 * 3_600_000, "ok"],
    ["Sev4", 72 * 3_600_000, "ok"],
    ["Sev4", 72 * 3_600_000 + 1, "bad"],
  ] as const)("%s after %d ms", (severity, took, expected) => {
    expect(word(rules, "respond", { severity, detectedAt: noticed, respondedAt: noticed + took })).toBe(expected);
  });

  test("hours by the clock count the hour that a change of clocks takes away, once", () => {
    const before = at("2026-03-28T12:00:00+01:00");
    const wall = { severity: "Sev3", detectedAt: before };
    expect(word(rules, "respond", { ...wall, respondedAt: at("2026-03-29T13:00:00+02:00") })).toBe("ok");
    expect(word(rules, "respond", { ...wall, respondedAt: at("2026-03-29T13:00:00.001+02:00") })).toBe("bad");
    const autumn = { severity: "Sev3", detectedAt: at("2026-10-24T12:00:00+02:00") };
    expect(word(rules, "respond", { ...autumn, respondedAt: at("2026-10-25T11:00:00+01:00") })).toBe("ok");
    expect(word(rules, "respond", { ...autumn, respondedAt: at("2026-10-25T11:30:00+01:00") })).toBe("bad");
  });

  test("tells what happened, in which time, and what the rules say", () => {
    const fields = { severity: "Sev1", detectedAt: noticed, respondedAt: noticed + 43 * 60_000 };
    expect(what(rules, "respond", fields)).toBe(
      "responded to after 43 min; your rules say within 15m (Sev1), by 2026-06-10 12:15 (+02:00)",
    );
    const { verdict, policy } = judgeTarget(incident(fields), "respond", rules, LATER);
    expect(verdict).toMatchObject({ took: 43 * 60_000, exact: true, level: "Sev1", target: "within 15m" });
    expect(verdict.due).toBe(noticed + 15 * 60_000);
    expect(policy).toMatchObject({ name: "sev1-4", version: "1.0", entry: 3, reachesBack: false });
  });

  test("a rule without a number tells how long it took", () => {
    const fields = { severity: "Sev2", detectedAt: noticed, createdAt: noticed + 5_000 };
    expect(word(rules, "record", fields)).toBe("no_target");
    expect(what(rules, "record", fields)).toBe("recorded after 5 s; your rules set no number (Sev2)");
  });

  test("of what is closed, the time in which it was noticed was left out: never good, and bad where it is too late even so", () => {
    const closed = { severity: "Sev1", closedAt: noticed + 86_400_000 };
    const responded = { ...closed, respondedAt: noticed + 3_600_000 };
    expect(word(rules, "respond", responded)).toBe("no_data");
    expect(what(rules, "respond", responded)).toContain("it was left out, and the incident is closed");
    expect(word(rules, "respond", { ...responded, createdAt: noticed + 50 * 60_000 })).toBe("no_data");
    expect(word(rules, "respond", { ...responded, createdAt: noticed })).toBe("bad");
    expect(what(rules, "respond", { ...responded, createdAt: noticed })).toContain("from when it was entered");
    // Where it goes on it may be said yet, and a source that has no such time leaves nothing out.
    expect(word(rules, "respond", { severity: "Sev1", respondedAt: noticed })).toBe("no_data");
    expect(word(rules, "respond", { ...responded, untold: ["detectedAt"] })).toBe("no_data");
  });

  test("what only a coarse time can tell stays undecided", () => {
    const coarse = { severity: "Sev1", detectedAt: noticed, precision: { respondedAt: 60_000 } };
    expect(word(rules, "respond", { ...coarse, respondedAt: noticed + 14 * 60_000 })).toBe("ok");
    expect(word(rules, "respond", { ...coarse, respondedAt: noticed + 15 * 60_000 })).toBe("unclear");
    expect(word(rules, "respond", { ...coarse, respondedAt: noticed + 16 * 60_000 })).toBe("bad");
    const days = { severity: "Sev4", precision: { detectedAt: 86_400_000, respondedAt: 86_400_000 } };
    const day = at("2026-06-09T22:00:00Z");
    expect(word(rules, "respond", { ...days, detectedAt: day, respondedAt: day + 86_400_000 })).toBe("ok");
    expect(word(rules, "respond", { ...days, detectedAt: day, respondedAt: day + 3 * 86_400_000 })).toBe("unclear");
    expect(word(rules, "respond", { ...days, detectedAt: day, respondedAt: day + 5 * 86_400_000 })).toBe("bad");
  });

  test("what is missing or impossible is said, never guessed", () => {
    expect(word(rules, "respond", { severity: "Sev1", respondedAt: noticed })).toBe("no_data");
    expect(word(rules, "respond", { severity: "Sev1", detectedAt: noticed, closedAt: noticed + 1 })).toBe("no_data");
    expect(word(rules, "respond", { severity: "Sev1", detectedAt: noticed, respondedAt: noticed - 1 })).toBe("invalid");
    expect(word(rules, "respond", { severity: "urgent", detectedAt: noticed, respondedAt: noticed })).toBe("unclear");
    expect(word(rules, "respond", { detectedAt: noticed, respondedAt: noticed })).toBe("unclear");
    expect(what(rules, "respond", { severity: "urgent", detectedAt: noticed, respondedAt: noticed })).toMatch(
      /"urgent" is none of your rules/,
    );
  });

  test("while it runs it is pending until it is too late", () => {
    const running = { severity: "Sev1", detectedAt: noticed };
    expect(word(rules, "respond", running, noticed + 15 * 60_000)).toBe("open");
    expect(word(rules, "respond", running, noticed + 15 * 60_000 + 1)).toBe("bad");
    expect(what(rules, "respond", running, noticed + 60_000)).toBe(
      "not responded to yet; your rules say within 15m (Sev1), by 2026-06-10 12:15 (+02:00)",
    );
  });

  test("rules that have no such clock are not about it", () => {
    expect(word(rules, "triage", { severity: "Sev1", detectedAt: noticed })).toBe("none");
    expect(word(rules, "toString", { severity: "Sev1", detectedAt: noticed })).toBe("none");
  });
});

describe("severity that changed", () => {
  const rules = inForce("sev1-4");
  const noticed = at("2026-06-10T10:00:00Z");
  const minute = 60_000;
  const given = (...list: [minutes: number | null, severity: string][]): FactOf<"incident">["severities"] =>
    list.map(([minutes, severity]) => ({
      at: minutes === null ? null : noticed + minutes * minute,
      severity,
      by: null,
      reason: null,
    }));

  test("raised: the worse clock counts from when it was given, the first one goes on", () => {
    const raised = { severity: "Sev1", severities: given([0, "Sev3"], [60, "Sev1"]), detectedAt: noticed };
    expect(word(rules, "respond", { ...raised, respondedAt: noticed + 75 * minute })).toBe("ok");
    expect(word(rules, "respond", { ...raised, respondedAt: noticed + 75 * minute + 1 })).toBe("bad");
    expect(what(rules, "respond", { ...raised, respondedAt: noticed + 76 * minute })).toMatch(
      /^responded to after 16 min; .*within 15m \(Sev1\).*counted from when it became Sev1$/,
    );
    const { clocks } = judgeTarget(
      incident({ ...raised, respondedAt: noticed + 30 * minute }),
      "respond",
      rules,
      LATER,
    );
    expect(clocks.map(({ level, as, word: said }) => [level, as, said])).toEqual([
      ["Sev3", "first", "ok"],
      ["Sev1", "peak", "ok"],
    ]);
  });

  test("lowered: a miss stays a miss", () => {
    const lowered = { severity: "Sev4", severities: given([0, "Sev1"], [10, "Sev4"]), detectedAt: noticed };
    expect(word(rules, "respond", { ...lowered, respondedAt: noticed + 16 * minute })).toBe("bad");
    expect(word(rules, "respond", { ...lowered, respondedAt: noticed + 15 * minute })).toBe("ok");
  });

  test("raised when nobody knows: late only where it is late for certain", () => {
    const raised = { severity: "Sev1", severities: given([0, "Sev3"]), detectedAt: noticed };
    expect(word(rules, "respond", { ...raised, respondedAt: noticed + 15 * minute })).toBe("ok");
    expect(word(rules, "respond", { ...raised, respondedAt: noticed + 16 * minute })).toBe("unclear");
    expect(word(rules, "respond", { ...raised, respondedAt: noticed + 25 * 60 * minute })).toBe("bad");
  });

  test("one unknown word hides no miss of a known one", () => {
    const mixed = { severity: "huge", severities: given([0, "Sev1"], [5, "huge"]), detectedAt: noticed };
    expect(word(rules, "respond", { ...mixed, respondedAt: noticed + 16 * minute })).toBe("bad");
    expect(word(rules, "respond", { ...mixed, respondedAt: noticed + 10 * minute })).toBe("unclear");
  });
});

describe("critical-low: business days over Easter and the year's end", () => {
  const rules = inForce("critical-low");

  test("five business days over Easter end with the day", () => {
    const low = { severity: "Low", detectedAt: at("2026-04-02T16:00:00+02:00") };
    expect(word(rules, "respond", { ...low, respondedAt: at("2026-04-13T23:59:59.999+02:00") })).toBe("ok");
    expect(word(rules, "respond", { ...low, respondedAt: at("2026-04-14T00:00:00+02:00") })).toBe("bad");
    expect(what(rules, "respond", { ...low }, at("2026-04-07T12:00:00Z"))).toMatch(/by the end of 13 Apr 2026$/);
  });

  test("one business day over the year's end", () => {
    const medium = { severity: "Medium", detectedAt: at("2026-12-31T12:00:00+01:00") };
    const asOf = at("2027-02-01T00:00:00Z");
    expect(word(rules, "respond", { ...medium, respondedAt: at("2027-01-04T23:59:59+01:00") }, asOf)).toBe("ok");
    expect(word(rules, "respond", { ...medium, respondedAt: at("2027-01-05T00:00:00+01:00") }, asOf)).toBe("bad");
  });

  test("holidays that nobody listed leave open what they could change", () => {
    const unlisted = inForce("critical-low", undefined, false);
    const low = { severity: "Low", detectedAt: at("2026-04-02T16:00:00+02:00") };
    expect(word(unlisted, "respond", { ...low, respondedAt: at("2026-04-09T12:00:00+02:00") })).toBe("ok");
    expect(word(unlisted, "respond", { ...low, respondedAt: at("2026-04-13T12:00:00+02:00") })).toBe("unclear");
  });
});

describe("critical-low-untimed: no number at all", () => {
  test("is told and never judged", () => {
    const rules = inForce("critical-low-untimed");
    const fields = {
      severity: "Critical",
      detectedAt: at("2026-06-10T10:00:00Z"),
      respondedAt: at("2026-06-12T11:00:00Z"),
    };
    expect(word(rules, "respond", fields)).toBe("no_target");
    expect(what(rules, "respond", fields)).toBe("responded to after 2 d 1 h; your rules set no number (Critical)");
  });
});

describe("p1-p4: strictly under, and a commander within", () => {
  const rules = inForce("p1-p4");
  const noticed = at("2026-06-12T15:30:00Z");

  test("exactly 15 minutes is too late for triage and in time for a commander", () => {
    const fields = {
      severity: "P1",
      detectedAt: noticed,
      triagedAt: noticed + 900_000,
      commanderAt: noticed + 900_000,
    };
    expect(word(rules, "triage", fields)).toBe("bad");
    expect(word(rules, "triage", { ...fields, triagedAt: noticed + 899_999 })).toBe("ok");
    expect(word(rules, "commander", fields)).toBe("ok");
    expect(word(rules, "commander", { ...fields, commanderAt: noticed + 900_001 })).toBe("bad");
  });

  test("a severity without a clock is none of its business", () => {
    expect(word(rules, "commander", { severity: "P3", detectedAt: noticed })).toBe("elsewhere");
  });

  test("the next business day after a Friday is Monday", () => {
    const low = { severity: "P4", detectedAt: noticed };
    expect(word(rules, "triage", { ...low, triagedAt: at("2026-06-15T23:59:59.999+02:00") })).toBe("ok");
    expect(word(rules, "triage", { ...low, triagedAt: at("2026-06-16T00:00:00+02:00") })).toBe("bad");
  });
});

describe("p0-p2: acknowledged by messages, business hours", () => {
  const rules = inForce("p0-p2");
  const noticed = at("2026-06-10T08:00:00Z");
  const message = (minutes: number, channel: string, audience: "customers" | "internal" | null = "customers") => ({
    at: noticed + minutes * 60_000,
    channel,
    audience,
    purpose: null,
    reached: null,
    of: null,
  });
  const base = { severity: "P1", detectedAt: noticed, acknowledgedAt: noticed + 60_000 };

  test("the later of both channels counts, whatever time was recorded", () => {
    const both = (minutes: number) => ({
      ...base,
      messages: [message(5, "statuspage", null), message(minutes, "e-mail")],
    });
    expect(word(rules, "acknowledge", both(30))).toBe("ok");
    expect(word(rules, "acknowledge", both(31))).toBe("bad");
    expect(word(rules, "acknowledge", { ...base, messages: [message(5, "status-page")] })).toBe("bad");
    expect(what(rules, "acknowledge", { ...base, messages: [message(5, "status-page")] })).toMatch(
      /no message on email to customers, which your rules count$/,
    );
    expect(
      word(rules, "acknowledge", { ...base, messages: [message(5, "status-page"), message(5, "email", "internal")] }),
    ).toBe("bad");
    expect(word(rules, "acknowledge", { ...base, messages: [message(5, "status-page")] }, noticed + 600_000)).toBe(
      "open",
    );
  });

  test("a message to nobody knows whom counts neither as sent nor as missing", () => {
    const vague = { ...base, messages: [message(5, "status-page"), message(5, "email", null)] };
    expect(word(rules, "acknowledge", vague)).toBe("no_data");
    expect(what(rules, "acknowledge", vague)).toMatch(/^to whom the message on email went is not recorded/);
  });

  test("a source that tells of no messages gives no data", () => {
    const { verdict } = judgeTarget(incident(base), "acknowledge", rules, LATER, { tellsMessages: false });
    expect(verdict.word).toBe("no_data");
    expect(word(rules, "acknowledge", base)).toBe("bad");
  });

  test("business hours over a weekend", () => {
    const friday = { severity: "P1", detectedAt: at("2026-06-12T15:00:00+02:00") };
    expect(word(rules, "resolve", { ...friday, resolvedAt: at("2026-06-15T15:00:00+02:00") })).toBe("ok");
    expect(word(rules, "resolve", { ...friday, resolvedAt: at("2026-06-15T15:00:00.001+02:00") })).toBe("bad");
    expect(word(rules, "resolve", { severity: "P0", detectedAt: noticed, resolvedAt: noticed + 1 })).toBe("no_target");
  });
});

describe("which version of the rules", () => {
  const strict = (text: string) =>
    text.replace("Sev1: within 15m", "Sev1: within 5m").replace('version: "1.0"', 'version: "2"');
  const change = at("2026-06-15T00:00:00Z");
  const both = new PolicyTimeline([
    logged(shippedPolicy("sev1-4")),
    logged(shippedPolicy("sev1-4", strict), change, 9),
  ]);
  const judge = (detectedAt: number, rules = both, fields: Fields = {}) =>
    judgeTarget(
      incident({ severity: "Sev1", detectedAt, respondedAt: detectedAt + 600_000, ...fields }),
      "respond",
      rules,
      LATER,
    );

  test("the one in force when the clock started, to the millisecond", () => {
    expect(judge(change - 1)).toMatchObject({ verdict: { word: "ok" }, policy: { version: "1.0", entry: 3 } });
    expect(judge(change)).toMatchObject({ verdict: { word: "bad" }, policy: { version: "2", entry: 9 } });
  });

  test("a change leaves every older verdict as it was", () => {
    const alone = new PolicyTimeline([logged(shippedPolicy("sev1-4"))]);
    expect(judge(change - 1)).toEqual(judge(change - 1, alone));
  });

  test("a time that may lie on both sides of a change is not decided", () => {
    expect(judge(change - 30_000, both, { precision: { detectedAt: 60_000 } }).verdict).toMatchObject({
      word: "unclear",
    });
  });

  test("rules that were logged later say so", () => {
    const { verdict } = judge(at("2025-06-01T00:00:00Z"));
    expect(verdict.word).toBe("ok");
    expect(verdict.what).toMatch(/; these rules were logged only later \(record 3\)$/);
  });

  test("none at all, and a text that is gone", () => {
    expect(judge(change, new PolicyTimeline([])).verdict).toMatchObject({ word: "no_data" });
    expect(judge(change, new PolicyTimeline([])).verdict.what).toMatch(/needs your rules: set `policy:`/);
    const gone = new PolicyTimeline([
      logged(shippedPolicy("sev1-4")),
      { ...logged(shippedPolicy("sev1-4"), change, 9), policy: undefined },
    ]);
    expect(judge(change, gone).verdict).toMatchObject({ word: "unclear" });
    expect(judge(change - 1, gone).verdict).toMatchObject({ word: "ok" });
  });
});
