import { describe, expect, test } from "vitest";
import { judgeStep } from "../src/law/judge.ts";
import { stepNamed } from "../src/law/steps.ts";
import { shippedLaws } from "../src/laws.ts";
import { iso } from "../src/lib/time.ts";
import type { Policy } from "../src/policy/policy.ts";
import { type Breach, breach, type Incident, incident, on, rules } from "./support/breaches.ts";
import { t } from "./support/entries.ts";

const laws = shippedLaws();
const LATER = "2028-06-01";
const everything = rules({ laws: [on("gdpr"), on("nis2"), on("dora"), on("cra")] });

function judge(
  step: string,
  about: Incident,
  {
    asOf = LATER,
    policy = everything,
    tells = true,
  }: { asOf?: string; policy?: Policy | "none"; tells?: boolean } = {},
) {
  const named = stepNamed(laws, step);
  if (named === undefined) throw new Error(`no step ${step}`);
  return judgeStep(named.law, named.id, about, {
    policy: policy === "none" ? undefined : policy,
    asOf: t(asOf),
    zone: "Europe/Berlin",
    tells,
  });
}
const word = (...all: Parameters<typeof judge>) => judge(...all)[0]?.word;
const due = (...all: Parameters<typeof judge>) => {
  const at = judge(...all)[0]?.due;
  return at === undefined ? undefined : iso(at).replace(/(:00)?\.000Z$/, "Z");
};
const reason = (...all: Parameters<typeof judge>) => judge(...all)[0]?.reason ?? "";

/** A controller that knew and told. */
const told = (awareAt: string, authorityAt: string | null, more: Partial<Breach> = {}) =>
  incident({
    breaches: [breach({ awareAt: t(awareAt), authorityAt: authorityAt === null ? null : t(authorityAt), ...more })],
  });

describe("GDPR 33(1): the authority within 72 hours", () => {
  // 2026: Berlin is +02:00 from 29 March to 25 October; Easter is on 5 April, holidays 3 and 6 April.
  test.each<[why: string, aware: string, told: string, word: string]>([
    ["just in time", "2026-11-16T09:30Z", "2026-11-19T09:30Z", "met"],
    [
      "one second after, within the hour that is not counted",
      "2026-11-16T09:30Z",
      "2026-11-19T09:30:01Z",
      "indeterminate",
    ],
    ["at the last moment of the widest reading", "2026-11-16T09:30Z", "2026-11-19T10:00Z", "indeterminate"],
    ["one millisecond after every reading", "2026-11-16T09:30Z", "2026-11-19T10:00:00.001Z", "not_met"],
    ["on a Friday, strictly in time on Monday", "2026-11-20T16:40Z", "2026-11-23T16:40Z", "met"],
    [
      "on a Friday, two working days end with Tuesday",
      "2026-11-20T16:40Z",
      "2026-11-24T22:59:59.999Z",
      "indeterminate",
    ],
    ["on a Friday, Wednesday is too late", "2026-11-20T16:40Z", "2026-11-24T23:00Z", "not_met"],
    ["before Easter, two working days end with Tuesday", "2026-04-01T10:00Z", "2026-04-07T21:59Z", "indeterminate"],
    ["before Easter, Wednesday is too late", "2026-04-01T10:00Z", "2026-04-07T22:00Z", "not_met"],
    ["clocks go forward: 72 hours stay 72 hours", "2026-03-27T12:00Z", "2026-03-30T12:00Z", "met"],
    ["clocks go forward: the wall says an hour more", "2026-03-27T12:00Z", "2026-03-30T12:00:01Z", "indeterminate"],
    ["clocks go back: 72 hours stay 72 hours", "2026-10-23T12:00Z", "2026-10-26T12:00Z", "met"],
    ["clocks go back: one second after", "2026-10-23T12:00Z", "2026-10-26T12:00:01Z", "indeterminate"],
    ["over the end of the year", "2026-12-30T10:00Z", "2027-01-02T10:00Z", "met"],
    // 31 December is a Thursday, 1 January a holiday: the second working day is Monday 4 January.
    ["over the end of the year, on Monday", "2026-12-30T10:00Z", "2027-01-04T22:59Z", "indeterminate"],
    ["over the end of the year, on Tuesday", "2026-12-30T10:00Z", "2027-01-05T23:00Z", "not_met"],
    ["over a leap day", "2028-02-28T10:00Z", "2028-03-02T10:00Z", "met"],
    ["long after", "2026-11-16T09:30Z", "2026-12-16T09:30Z", "not_met"],
  ])("%s", (_, aware, at, expected) => {
    expect(word("gdpr.authority", told(aware, at))).toBe(expected);
  });

  test.each<[why: string, asOf: string, word: string, reason: RegExp]>([
    ["runs before it is due", "2026-11-19T09:29Z", "pending", /not done yet; due in at least 1 min/],
    ["is undecided between the strict end and the last reading", "2026-11-19T09:45Z", "indeterminate", /1182\/71/],
    [
      "is missed once every reading has passed and nobody was told",
      "2026-11-19T10:01Z",
      "not_met",
      /not done, and due/,
    ],
  ])("%s", (_, asOf, expected, why) => {
    const running = told("2026-11-16T09:30Z", null);
    expect(word("gdpr.authority", running, { asOf })).toBe(expected);
    expect(reason("gdpr.authority", running, { asOf })).toMatch(why);
    expect(due("gdpr.authority", running, { asOf })).toBe("2026-11-19T09:30Z");
  });

  test("closing the incident does not end it: a notice that never came is missed, not unknown", () => {
    const closed = { ...told("2026-11-16T09:30Z", null), closedAt: t("2026-11-17T10:00Z") };
    expect(word("gdpr.authority", closed, { asOf: "2026-11-18T00:00Z" })).toBe("pending");
    expect(word("gdpr.authority", closed)).toBe("not_met");
  });

  test("where nobody recorded when it was known, the time counts from when it was noticed, and that is said", () => {
    const unknown = incident({
      detectedAt: t("2026-11-16T09:30Z"),
      breaches: [breach({ authorityAt: t("2026-11-20T10:00Z") })],
    });
    expect(word("gdpr.authority", unknown)).toBe("not_met");
    expect(reason("gdpr.authority", unknown)).toMatch(
      /when somebody knew is not recorded; counted from when it was noticed/,
    );
    expect(reason("gdpr.authority", { ...unknown, supplier: "host" })).toMatch(/record when the supplier told you/);
    const neither = incident({ breaches: [breach({ authorityAt: t("2026-11-20T10:00Z") })] });
    expect(word("gdpr.authority", neither)).toBe("no_data");
  });

  test("where nothing says when it began, a notice that never came is missed once it is late even from the closing on", () => {
    const never = incident({ closedAt: t("2026-11-16T09:30Z"), breaches: [breach()] });
    expect(word("gdpr.authority", never, { asOf: "2026-11-19T09:00Z" })).toBe("no_data");
    expect(word("gdpr.authority", never, { asOf: "2026-11-19T09:45Z" })).toBe("no_data");
    expect(word("gdpr.authority", never, { asOf: "2026-11-19T10:01Z" })).toBe("not_met");
    expect(reason("gdpr.authority", never)).toMatch(/late even counted from when the incident was over/);
  });

  test("times that are known by the minute or the day decide only what is sure", () => {
    const coarse = (precision: number, at: string) => ({
      ...told("2026-11-16T09:30Z", at),
      precision: { "breaches.0.authorityAt": precision },
    });
    expect(word("gdpr.authority", coarse(60_000, "2026-11-19T09:29Z"))).toBe("met");
    expect(word("gdpr.authority", coarse(60_000, "2026-11-19T09:30Z"))).toBe("indeterminate");
    expect(word("gdpr.authority", coarse(86_400_000, "2026-11-17T23:00Z"))).toBe("met");
    expect(word("gdpr.authority", coarse(86_400_000, "2026-11-18T23:00Z"))).toBe("indeterminate");
    expect(word("gdpr.authority", coarse(86_400_000, "2026-11-19T23:00Z"))).toBe("not_met");
  });

  test("a notice before anybody knew is no notice in time", () => {
    expect(word("gdpr.authority", told("2026-11-16T09:30Z", "2026-11-15T09:30Z"))).toBe("invalid");
  });

  test("a time that is not listed as a working day anywhere stays undecided, never a false miss", () => {
    const plain = { ...told("2026-11-20T16:40Z", "2026-12-01T12:00Z") };
    expect(word("gdpr.authority", plain, { policy: "none" })).toBe("indeterminate");
    expect(word("gdpr.authority", told("2026-11-20T16:40Z", "2026-12-20T12:00Z"), { policy: "none" })).toBe("not_met");
  });

  describe("late", () => {
    const late = (delayReason: string | null) => told("2026-11-16T09:30Z", "2026-11-21T10:00Z", { delayReason });
    test("needs reasons for the delay, and with them a person has to judge it", () => {
      expect(word("gdpr.authority", late(null))).toBe("not_met");
      expect(reason("gdpr.authority", late(null))).toMatch(
        /after it was due, at least .* however it is counted, and no reasons for the delay are recorded/,
      );
      expect(word("gdpr.authority", late("   "))).toBe("not_met");
      expect(word("gdpr.authority", late("The log host was sealed."))).toBe("indeterminate");
      expect(reason("gdpr.authority", late("Sealed."))).toMatch(
        /whether it could not be done earlier a person has to say/,
      );
    });

    test("reasons do not stand in for a notice", () => {
      expect(word("gdpr.authority", told("2026-11-16T09:30Z", null, { delayReason: "Busy." }))).toBe("not_met");
    });
  });

  describe("a decision that risk is unlikely", () => {
    const decided = (more: Partial<Breach>) =>
      told("2026-11-16T09:30Z", null, {
        risk: "unlikely",
        riskBy: "anna",
        riskAt: t("2026-11-16T12:00Z"),
        riskReason: "The disk was encrypted.",
        ...more,
      });
    test.each<[why: string, more: Partial<Breach>, word: string, reason: RegExp]>([
      ["lifts it with who, when and why", {}, "met", /decided to be unlikely/],
      ["lifts nothing without who", { riskBy: null }, "not_met", /but not who/],
      ["lifts nothing without when", { riskAt: null }, "not_met", /but not when/],
      ["lifts nothing without why", { riskReason: " " }, "not_met", /but not why/],
      [
        "lifts nothing with none of them",
        { riskBy: null, riskAt: null, riskReason: null },
        "not_met",
        /not who, when, why/,
      ],
      [
        "needs a person's eye where it came after the time was over",
        { riskAt: t("2026-11-25T12:00Z") },
        "indeterminate",
        /only after the notice would have been due/,
      ],
      ["cannot be older than what it is about", { riskAt: t("2026-11-10T12:00Z") }, "invalid", /time that cannot be/],
      ["of another word lifts nothing", { risk: "risk" }, "not_met", /not done/],
    ])("%s", (_, more, expected, why) => {
      expect(word("gdpr.authority", decided(more))).toBe(expected);
      expect(reason("gdpr.authority", decided(more))).toMatch(why);
    });

    test("that is incomplete is still only pending before it is due", () => {
      expect(word("gdpr.authority", decided({ riskBy: null }), { asOf: "2026-11-17T10:00Z" })).toBe("pending");
    });
  });
});

describe("GDPR: the other duties", () => {
  const aware = t("2026-11-16T09:30Z");
  const processor = (more: Partial<Breach> = {}, over: Partial<Incident> = {}) =>
    incident({ breaches: [breach({ role: "processor", dataset: "acme", awareAt: aware, ...more })], ...over });

  test.each<[why: string, about: Incident, word: string, reason: RegExp]>([
    [
      "told: how long it took, without a verdict",
      processor({ controllerAt: t("2026-11-16T12:00Z") }),
      "no_target",
      /done after 2 h 30 min; no number/,
    ],
    [
      "not told while it goes on: waits, with the time so far",
      processor(),
      "pending",
      /not done yet, 563 d after it began/,
    ],
    [
      "not told and closed",
      processor({}, { closedAt: t("2026-11-18") }),
      "not_met",
      /not done, and the incident is closed/,
    ],
    [
      "not told and over",
      processor({}, { resolvedAt: t("2026-11-18") }),
      "not_met",
      /not done, and the incident is over/,
    ],
    ["told before it was known", processor({ controllerAt: t("2026-11-15T12:00Z") }), "invalid", /before the start/],
  ])("33(2): %s", (_, about, expected, why) => {
    expect(word("gdpr.controller", about)).toBe(expected);
    expect(reason("gdpr.controller", about)).toMatch(why);
    expect(word("gdpr.authority", about)).toBe("not_applicable");
  });

  test("34: only where the risk is high", () => {
    const risk = (level: Breach["risk"], more: Partial<Breach> = {}, over: Partial<Incident> = {}) =>
      incident({ breaches: [breach({ awareAt: aware, risk: level, ...more })], ...over });
    const closedAt = t("2026-11-18");
    expect(word("gdpr.people", risk("risk"))).toBe("not_applicable");
    expect(word("gdpr.people", risk(null))).toBe("pending");
    expect(word("gdpr.people", risk(null, {}, { closedAt }))).toBe("no_data");
    expect(word("gdpr.people", risk("high"))).toBe("pending");
    expect(word("gdpr.people", risk("high", {}, { closedAt }))).toBe("not_met");
    expect(word("gdpr.people", risk("high", { subjectsAt: t("2026-11-17") }))).toBe("no_target");
    expect(word("gdpr.people", risk("high", { exemption: "unreadable: encrypted" }, { closedAt }))).toBe("met");
    expect(word("gdpr.people", risk("high", { exemption: "Encrypted." }, { closedAt }))).toBe("indeterminate");
    expect(word("gdpr.people", risk("high", { exemption: " " }, { closedAt }))).toBe("not_met");
  });

  test("33(3) and 33(5): facts, effects and remedy", () => {
    const texts = { facts: "a", effects: "b", remedy: "c" };
    const written = (more: Partial<Breach>, over: Partial<Incident> = {}) =>
      incident({ breaches: [breach({ awareAt: aware, ...more })], ...over });
    const closedAt = t("2026-11-18");
    expect(word("gdpr.register", written(texts, { closedAt }))).toBe("met");
    expect(word("gdpr.register", written({ ...texts, remedy: null }))).toBe("pending");
    expect(reason("gdpr.register", written({ ...texts, remedy: null }, { closedAt }))).toMatch(/remedy not recorded/);
    expect(word("gdpr.register", written({ ...texts, remedy: null }, { closedAt }))).toBe("not_met");
    expect(word("gdpr.authority-content", written({}))).toBe("not_applicable");
    expect(word("gdpr.authority-content", written({ authorityAt: t("2026-11-17") }))).toBe("not_met");
    expect(word("gdpr.authority-content", written({ ...texts, authorityAt: t("2026-11-17") }))).toBe("met");
  });
});

describe("role and set of data", () => {
  test("several in one incident have clocks of their own", () => {
    const both = incident({
      breaches: [
        breach({ role: "controller", dataset: "staff", awareAt: t("2026-11-16T09:30Z"), authorityAt: t("2026-11-17") }),
        breach({ role: "processor", dataset: "acme", awareAt: t("2026-11-16T15:00Z") }),
      ],
      closedAt: t("2026-11-18"),
    });
    expect(judge("gdpr.authority", both).map(({ id, word: w }) => [id, w])).toEqual([
      ["INC-1#controller/staff", "met"],
      ["INC-1#processor/acme", "not_applicable"],
    ]);
    expect(judge("gdpr.controller", both).map(({ word: w }) => w)).toEqual(["not_applicable", "not_met"]);
  });

  test("of several, one without its time does not take that of another", () => {
    const aware = t("2026-11-16T09:30Z");
    const two = incident({
      detectedAt: t("2026-11-14T09:30Z"),
      awareAt: aware,
      breaches: [
        breach({ dataset: "staff", authorityAt: t("2026-11-18") }),
        breach({ role: "processor", awareAt: aware }),
      ],
    });
    expect(word("gdpr.authority", two)).toBe("not_met");
    expect(word("gdpr.authority", { ...two, breaches: two.breaches.slice(0, 1) })).toBe("met");
  });

  test("nobody decided the role: the data's own by the rules, else the usual one, and it is said", () => {
    const policy = rules({
      datasets: [{ id: "acme", role: "processor", says: "x" }],
      breach: { usualRole: "controller" } as NonNullable<Policy["breach"]>,
    });
    const unknown = (dataset: string | null) =>
      incident({
        breaches: [breach({ role: null, dataset, awareAt: t("2026-11-16T09:30Z") })],
        closedAt: t("2026-11-18"),
      });
    expect(word("gdpr.controller", unknown("acme"), { policy })).toBe("not_met");
    expect(reason("gdpr.controller", unknown("acme"), { policy })).toMatch(
      /nobody recorded the role; processor of acme/,
    );
    expect(word("gdpr.authority", unknown("other"), { policy })).toBe("not_met");
    expect(reason("gdpr.authority", unknown("other"), { policy })).toMatch(/controller is the usual one/);
    expect(word("gdpr.authority", unknown("other"), { policy: "none" })).toBe("no_data");
  });

  test("personal data without a record of the breach is judged by the usual role, and is no_data without one", () => {
    const bare = incident({ detectedAt: t("2026-11-16T09:30Z"), closedAt: t("2026-11-18") });
    const policy = rules({ breach: { usualRole: "processor" } as NonNullable<Policy["breach"]> });
    expect(word("gdpr.controller", bare, { policy })).toBe("not_met");
    expect(word("gdpr.controller", bare)).toBe("no_data");
    expect(word("gdpr.controller", bare, { policy, tells: false })).toBe("no_data");
  });

  test("undecided whether personal data is concerned: open while it goes on, no_data at closure; none: not its subject", () => {
    expect(word("gdpr.authority", incident({ personalData: null }))).toBe("pending");
    expect(word("gdpr.authority", incident({ personalData: null, closedAt: t("2026-11-18") }))).toBe("no_data");
    expect(word("gdpr.authority", incident({ personalData: "no" }))).toBe("not_applicable");
  });
});

describe("which laws bind", () => {
  test("without rules the GDPR does, and the others say why not", () => {
    expect(word("gdpr.authority", told("2026-11-16T09:30Z", "2026-11-17"), { policy: "none" })).toBe("met");
    expect(reason("nis2.early-warning", incident({ tags: ["significant-incident"] }), { policy: "none" })).toMatch(
      /NIS2 is off: .*below the threshold of size/,
    );
    expect(reason("dora.initial", incident(), { policy: "none" })).toMatch(/DORA is off: It binds financial entities/);
    expect(reason("cra.incident-final", incident(), { policy: "none" })).toMatch(
      /off: It binds whoever ships a product/,
    );
  });

  test("rules switch one off with their own reason, or on from a day", () => {
    const off = rules({ laws: [{ law: "gdpr", on: false, why: "We have no such data." }] });
    expect(reason("gdpr.authority", told("2026-11-16", null), { policy: off })).toBe(
      "GDPR is off: We have no such data.",
    );
    const later = rules({ laws: [{ law: "nis2", on: true, why: "Grown.", from: "2026-12-01" }] });
    const significant = (at: string) => incident({ tags: ["significant-incident"], awareAt: t(at) });
    expect(word("nis2.early-warning", significant("2026-11-30T22:59Z"), { policy: later })).toBe("not_applicable");
    expect(word("nis2.early-warning", significant("2026-11-30T23:00Z"), { policy: later })).toBe("not_met");
  });

  test("what began before a rule applied is not judged by it", () => {
    const exploited = (at: string) => incident({ tags: ["exploited-vulnerability"], awareAt: t(at) });
    expect(word("cra.vulnerability-warning", exploited("2026-09-10T21:59Z"))).toBe("not_applicable");
    expect(word("cra.vulnerability-warning", exploited("2026-09-10T22:00Z"))).toBe("not_met");
    expect(word("gdpr.authority", told("2018-05-24T21:59Z", null))).toBe("not_applicable");
  });
});

/** Reports recorded for a law: `{ "nis2.notification": "2026-11-17" }`. */
const steps = (tags: string[], all: Record<string, string | null>, more: Partial<Incident> = {}) =>
  incident({
    tags,
    lawSteps: Object.entries(all).map(([step, at]) => ({ step, at: at === null ? null : t(at) })),
    ...more,
  });

describe("NIS2", () => {
  const aware = { awareAt: t("2026-11-16T09:30Z") };
  const significant = (all: Record<string, string | null>, more: Partial<Incident> = {}, tags: string[] = []) =>
    steps(["significant-incident", ...tags], all, { ...aware, ...more });

  test.each<[step: string, why: string, about: Incident, word: string]>([
    ["early-warning", "24 hours are in time", significant({ "nis2.early-warning": "2026-11-17T09:30Z" }), "met"],
    [
      "early-warning",
      "the hour of the event is not counted",
      significant({ "nis2.early-warning": "2026-11-17T10:00Z" }),
      "indeterminate",
    ],
    [
      "early-warning",
      "after that it is late",
      significant({ "nis2.early-warning": "2026-11-17T10:00:01Z" }),
      "not_met",
    ],
    ["early-warning", "none at all", significant({}), "not_met"],
    ["early-warning", "recorded without its time", significant({ "nis2.early-warning": null }), "no_data"],
    ["notification", "72 hours", significant({ "nis2.notification": "2026-11-19T09:30Z" }), "met"],
    [
      "notification",
      "trust services have 24 hours",
      significant({ "nis2.notification": "2026-11-18T09:30Z" }, {}, ["trust-service"]),
      "not_met",
    ],
    [
      "notification",
      "trust services within 24 hours",
      significant({ "nis2.notification": "2026-11-17T09:00Z" }, {}, ["trust-service"]),
      "met",
    ],
    ["status-report", "nobody asked", significant({}), "not_applicable"],
    [
      "status-report",
      "asked and not given, closed",
      significant({ "nis2.status-requested": "2026-11-20" }, { closedAt: t("2026-12-20") }),
      "not_met",
    ],
    ["status-report", "asked and not given yet", significant({ "nis2.status-requested": "2026-11-20" }), "pending"],
    [
      "status-report",
      "asked and given",
      significant({ "nis2.status-requested": "2026-11-20", "nis2.status-report": "2026-11-21" }),
      "no_target",
    ],
    [
      "final",
      "a month after the notification",
      significant(
        { "nis2.notification": "2026-11-18T12:00Z", "nis2.final": "2026-12-18T12:00Z" },
        { resolvedAt: t("2026-11-20") },
      ),
      "met",
    ],
    [
      "final",
      "too late",
      significant(
        { "nis2.notification": "2026-11-18T12:00Z", "nis2.final": "2026-12-21T12:00Z" },
        { resolvedAt: t("2026-11-20") },
      ),
      "not_met",
    ],
    [
      "final",
      "none",
      significant({ "nis2.notification": "2026-11-18T12:00Z" }, { resolvedAt: t("2026-11-20") }),
      "not_met",
    ],
    [
      "final",
      "went on: a month after it was over",
      significant(
        { "nis2.notification": "2026-11-18T12:00Z", "nis2.final": "2027-02-03T12:00Z" },
        { resolvedAt: t("2027-01-10T12:00Z") },
      ),
      "met",
    ],
    [
      "final",
      "went on: later than a month after it was over",
      significant(
        { "nis2.notification": "2026-11-18T12:00Z", "nis2.final": "2027-02-13T12:00Z" },
        { resolvedAt: t("2027-01-10T12:00Z") },
      ),
      "not_met",
    ],
    [
      "final",
      "still goes on: its time has not begun",
      significant({ "nis2.notification": "2026-11-18T12:00Z" }),
      "pending",
    ],
    [
      "final",
      "without a notification nobody knows when it was due",
      significant({}, { closedAt: t("2026-12-20") }),
      "no_data",
    ],
    [
      "progress",
      "not needed: over before",
      significant({ "nis2.notification": "2026-11-18T12:00Z" }, { resolvedAt: t("2026-11-20") }),
      "not_applicable",
    ],
    [
      "progress",
      "went on: in time",
      significant(
        { "nis2.notification": "2026-11-18T12:00Z", "nis2.progress": "2026-12-18T11:00Z" },
        { resolvedAt: t("2027-01-10") },
      ),
      "met",
    ],
    [
      "progress",
      "went on: none",
      significant({ "nis2.notification": "2026-11-18T12:00Z" }, { resolvedAt: t("2027-01-10") }),
      "not_met",
    ],
    [
      "progress",
      "over within the margin: nobody can say",
      significant({ "nis2.notification": "2026-11-18T12:00Z" }, { resolvedAt: t("2026-12-18T15:00Z") }),
      "indeterminate",
    ],
    ["early-warning", "decided not to be significant", steps(["not-significant"], {}, aware), "not_applicable"],
    ["early-warning", "nobody decided, open", steps([], {}, aware), "pending"],
    ["early-warning", "nobody decided, closed", steps([], {}, { ...aware, closedAt: t("2026-11-18") }), "no_data"],
  ])("%s: %s", (step, _, about, expected) => {
    expect(word(`nis2.${step}`, about), reason(`nis2.${step}`, about)).toBe(expected);
  });

  test("a month ends with the month where that has no such day, also in a leap year", () => {
    const final = (notified: string) => significant({ "nis2.notification": notified }, { resolvedAt: t(notified) });
    const at = (notified: string) => due("nis2.final", final(notified), { asOf: notified });
    expect(at("2027-01-31T11:00Z")).toBe("2027-02-28T11:00Z");
    expect(at("2028-01-31T11:00Z")).toBe("2028-02-29T11:00Z");
    expect(at("2027-03-31T10:00Z")).toBe("2027-04-30T10:00Z");
    expect(at("2027-12-31T11:00Z")).toBe("2028-01-31T11:00Z");
    // The same time of day on the wall, though the clock went forward in between.
    expect(at("2027-03-10T11:00Z")).toBe("2027-04-10T10:00Z");
  });

  test("before a month is over it is open whether a progress report is needed", () => {
    const about = significant({ "nis2.notification": "2026-11-18T12:00Z" });
    expect(word("nis2.progress", about, { asOf: "2026-12-01" })).toBe("pending");
    expect(word("nis2.final", about, { asOf: "2026-12-01" })).toBe("pending");
    expect(due("nis2.final", about, { asOf: "2026-12-01" })).toBe("2026-12-18T12:00Z");
  });
});

describe("DORA", () => {
  const major = (all: Record<string, string | null>, more: Partial<Incident> = {}) =>
    steps(["major-incident"], all, { awareAt: t("2026-11-16T09:30Z"), ...more });

  test.each<[step: string, why: string, about: Incident, word: string]>([
    [
      "initial",
      "4 hours after classification",
      major({ "dora.classified": "2026-11-16T12:00Z", "dora.initial": "2026-11-16T16:00Z" }),
      "met",
    ],
    [
      "initial",
      "the hour of the event is not counted",
      major({ "dora.classified": "2026-11-16T12:00Z", "dora.initial": "2026-11-16T17:00Z" }),
      "indeterminate",
    ],
    [
      "initial",
      "5 hours after classification",
      major({ "dora.classified": "2026-11-16T12:00Z", "dora.initial": "2026-11-16T17:00:01Z" }),
      "not_met",
    ],
    [
      "initial",
      "in 4 hours, but more than 24 after it was known",
      major({ "dora.classified": "2026-11-17T08:00Z", "dora.initial": "2026-11-17T11:00Z" }),
      "not_met",
    ],
    [
      "initial",
      "classified late: the 4 hours alone count",
      major({ "dora.classified": "2026-11-18T08:00Z", "dora.initial": "2026-11-18T12:00Z" }),
      "met",
    ],
    [
      "initial",
      "classified late, and told too late",
      major({ "dora.classified": "2026-11-18T08:00Z", "dora.initial": "2026-11-18T14:00Z" }),
      "not_met",
    ],
    [
      "initial",
      "classified in the margin of the 24 hours",
      major({ "dora.classified": "2026-11-17T09:45Z", "dora.initial": "2026-11-17T12:00Z" }),
      "indeterminate",
    ],
    ["initial", "nobody told", major({ "dora.classified": "2026-11-16T12:00Z" }), "not_met"],
    [
      "initial",
      "told in 24 hours, classification not recorded",
      major({ "dora.initial": "2026-11-16T16:00Z" }),
      "no_data",
    ],
    ["initial", "not told at all, classification not recorded", major({}), "not_met"],
    [
      "initial",
      "due on a Saturday: noon on Monday may be in time",
      major(
        { "dora.classified": "2026-11-21T10:00Z", "dora.initial": "2026-11-23T11:00Z" },
        { awareAt: t("2026-11-21T09:00Z") },
      ),
      "indeterminate",
    ],
    [
      "initial",
      "due on a Saturday: after noon on Monday",
      major(
        { "dora.classified": "2026-11-21T10:00Z", "dora.initial": "2026-11-23T11:00:01Z" },
        { awareAt: t("2026-11-21T09:00Z") },
      ),
      "not_met",
    ],
    [
      "intermediate",
      "72 hours from when the initial one was handed in",
      major({ "dora.initial": "2026-11-16T16:00Z", "dora.intermediate": "2026-11-19T16:00Z" }),
      "met",
    ],
    [
      "intermediate",
      "not from when it was due",
      major({ "dora.initial": "2026-11-16T10:00Z", "dora.intermediate": "2026-11-19T12:00Z" }),
      "not_met",
    ],
    ["intermediate", "without an initial one its time has not begun", major({}), "pending"],
    [
      "final",
      "a month from the intermediate report",
      major({ "dora.intermediate": "2026-11-18T12:00Z", "dora.final": "2026-12-18T12:00Z" }),
      "met",
    ],
    [
      "final",
      "a month from its last version",
      major({
        "dora.intermediate": "2026-11-18T12:00Z",
        "dora.intermediate-update": "2026-11-30T12:00Z",
        "dora.final": "2026-12-30T12:00Z",
      }),
      "met",
    ],
    ["final", "none", major({ "dora.intermediate": "2026-11-18T12:00Z" }), "not_met"],
  ])("%s: %s", (step, _, about, expected) => {
    expect(word(`dora.${step}`, about), reason(`dora.${step}`, about)).toBe(expected);
  });

  test("says that its steps were not checked against the text", () => {
    expect(reason("dora.initial", major({}))).toMatch(/not checked against its text/);
  });

  test("of several later versions the last one counts", () => {
    const about = major({ "dora.intermediate": "2026-11-18T12:00Z" });
    const updates = ["2026-11-25T12:00Z", "2026-12-05T12:00Z"].map((at) => ({
      step: "dora.intermediate-update",
      at: t(at),
    }));
    expect(due("dora.final", { ...about, lawSteps: [...about.lawSteps, ...updates] }, { asOf: "2026-12-06" })).toBe(
      "2027-01-05T12:00Z",
    );
  });
});

describe("Cyber Resilience Act", () => {
  const known = { awareAt: t("2026-11-16T09:30Z") };
  const exploited = (all: Record<string, string | null>, more: Partial<Incident> = {}) =>
    steps(["exploited-vulnerability"], all, { ...known, ...more });
  const severe = (all: Record<string, string | null>) => steps(["severe-product-incident"], all, known);

  test.each<[step: string, why: string, about: Incident, word: string]>([
    ["vulnerability-warning", "24 hours", exploited({ "cra.vulnerability-warning": "2026-11-17T09:00Z" }), "met"],
    [
      "vulnerability-notification",
      "72 hours",
      exploited({ "cra.vulnerability-notification": "2026-11-19T10:30Z" }),
      "not_met",
    ],
    [
      "vulnerability-final",
      "14 days from when a measure is there",
      exploited({ "cra.measure-available": "2026-11-20T12:00Z", "cra.vulnerability-final": "2026-12-04T12:00Z" }),
      "met",
    ],
    [
      "vulnerability-final",
      "the end of the 14th day is within the margin",
      exploited({ "cra.measure-available": "2026-11-20T12:00Z", "cra.vulnerability-final": "2026-12-04T22:59Z" }),
      "indeterminate",
    ],
    [
      "vulnerability-final",
      "the 15th day is late",
      exploited({ "cra.measure-available": "2026-11-20T12:00Z", "cra.vulnerability-final": "2026-12-04T23:00Z" }),
      "not_met",
    ],
    ["vulnerability-final", "no measure yet: its time has not begun", exploited({}), "pending"],
    [
      "vulnerability-final",
      "closed, and when a measure was there is not recorded",
      exploited({}, { closedAt: t("2026-12-01") }),
      "no_data",
    ],
    ["incident-warning", "is for incidents, not vulnerabilities", exploited({}), "not_applicable"],
    ["incident-warning", "none", severe({}), "not_met"],
    ["incident-notification", "72 hours", severe({ "cra.incident-notification": "2026-11-19T09:30Z" }), "met"],
    [
      "incident-final",
      "a month after the notification",
      severe({ "cra.incident-notification": "2026-11-18T12:00Z", "cra.incident-final": "2026-12-18T12:00Z" }),
      "met",
    ],
    ["incident-final", "none", severe({ "cra.incident-notification": "2026-11-18T12:00Z" }), "not_met"],
  ])("%s: %s", (step, _, about, expected) => {
    expect(word(`cra.${step}`, about), reason(`cra.${step}`, about)).toBe(expected);
  });
});
