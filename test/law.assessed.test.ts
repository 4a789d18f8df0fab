import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import type { Check } from "../src/assess/catalogue.ts";
import { lawClocks, spokenClocks } from "../src/law/clocks.ts";
import { shippedLaws } from "../src/laws.ts";
import { iso } from "../src/lib/time.ts";
import { loadPolicy } from "../src/policy/load.ts";
import { PolicyTimeline } from "../src/policy/timeline.ts";
import {
  AS_OF,
  assessIn,
  assessOne,
  type Setting,
  seen,
  shippedCatalogue,
  wholeRegister,
} from "./support/assessing.ts";
import { type Breach, breach, type Incident, incident, inForce, on, rules } from "./support/breaches.ts";
import { t } from "./support/entries.ts";

const laws = shippedLaws();
const authority: Check = { kind: "law", step: "gdpr.authority" };
const FROM = { from: { families: ["incident-log"], facts: ["incident" as const] } };
const assess = (check: Check, incidents: readonly Incident[], setting: Setting = {}) =>
  assessOne(
    check,
    {
      facts: incidents.map((one, ordinal) => seen({ ...one, id: `INC-${ordinal + 1}` }, { ordinal })),
      laws,
      policies: inForce(rules()),
      ...setting,
    },
    { ...FROM, basis: "law" },
  );

const about = (more: Partial<Breach>, over: Partial<Incident> = {}) =>
  incident({
    detectedAt: t("2026-11-03T10:00Z"),
    breaches: [breach({ awareAt: t("2026-11-03T10:00Z"), ...more })],
    ...over,
  });
const inTime = about({ authorityAt: t("2026-11-04T10:00Z") });
const never = about({});
const margin = about({ authorityAt: t("2026-11-06T10:30Z") });
const none = incident({ personalData: "no", detectedAt: t("2026-11-03T10:00Z") });
const undecided = incident({
  personalData: null,
  detectedAt: t("2026-11-03T10:00Z"),
  closedAt: t("2026-11-04T10:00Z"),
});
const running = about({ awareAt: t("2026-11-10T10:00Z") }, { detectedAt: t("2026-11-10T10:00Z") });
const processor = about({ role: "processor", controllerAt: t("2026-11-03T12:00Z") });

describe("a step of a law", () => {
  test.each<[why: string, incidents: Incident[], result: string, numbers: string, reason: RegExp]>([
    ["met of those that it concerns", [inTime, none, processor], "met", "1/1", /^1 of 1 duty of law fulfilled/],
    [
      "a failure shows beside everything else",
      [inTime, never, undecided, margin],
      "not_met",
      "1/2",
      /1 of 2 duties of law not fulfilled; besides, 1 that cannot be decided, 1 without/,
    ],
    [
      "what cannot be decided stands before met",
      [inTime, margin],
      "indeterminate",
      "1/1",
      /1 of 2 .* that cannot be decided; besides, 1 of 1 duty of law fulfilled/,
    ],
    ["what is not recorded stands before met", [inTime, undecided], "no_data", "1/1", /1 of 2/],
    ["what runs is pending", [inTime, running], "pending", "1/1", /not done or not decided yet/],
    ["nothing that it is about", [none, none], "not_applicable", "0/0", /none of the 2 cases.*no personal data/],
    ["no incident", [], "no_data", "0/0", /no incident was seen/],
  ])("%s", (_, incidents, result, numbers, reason) => {
    const answer = assess(authority, incidents);
    expect([answer.result, `${answer.n}/${answer.of}`], answer.reason).toEqual([result, numbers]);
    expect(answer.reason).toMatch(reason);
  });

  test("names the incident, the role and what is missing, with the record", () => {
    const answer = assess(authority, [inTime, never]);
    expect(answer.failing).toMatchObject([
      {
        id: "INC-2#controller",
        instance: "register",
        what: expect.stringMatching(/not done.*GDPR Art\. 33\(1\)/),
        entries: [2],
      },
    ]);
    expect(answer.entries).toContain(2);
  });

  test("that has no number is told, and never met by that", () => {
    expect(assess({ kind: "law", step: "gdpr.controller" }, [processor]).result).toBe("no_target");
  });

  test("is judged without rules where the law binds by itself", () => {
    const began = t("2026-11-01T10:00Z");
    const early = about({ awareAt: began }, { detectedAt: began });
    expect(assess(authority, [early], { policies: new PolicyTimeline([]) }).result).toBe("not_met");
    // Without rules nobody listed the holidays: what they could change stays undecided.
    expect(assess(authority, [never], { policies: new PolicyTimeline([]) }).result).toBe("indeterminate");
  });

  test("of a law that is off prints why, by default and by the rules", () => {
    const warning: Check = { kind: "law", step: "nis2.early-warning" };
    const significant = incident({ tags: ["significant-incident"], detectedAt: t("2026-11-03T10:00Z") });
    // Something of its source tells of reports: without that a missing one would be no sign.
    const other = incident({ tags: ["not-significant"], lawSteps: [{ step: "nis2.other", at: null }] });
    for (const incidents of [[], [significant, other]]) {
      const byDefault = assess(warning, incidents);
      expect(byDefault.result).toBe("not_applicable");
      expect(byDefault.reason).toMatch(/off unless your rules switch it on: .*below the threshold of size/);
      const policy = rules({ laws: [{ law: "nis2", on: false, why: "Nine people." }] });
      expect(assess(warning, incidents, { policies: inForce(policy) }).reason).toMatch(
        /off by your rules: Nine people/,
      );
      const binding = assess(warning, incidents, { policies: inForce(rules({ laws: [on("nis2")] })) });
      expect(binding.result).toBe(incidents.length === 0 ? "no_data" : "not_met");
    }
  });

  test("of a source that tells of no breaches is no_data, and not missed", () => {
    const policy = rules({ breach: { usualRole: "controller", decision: { says: "x" } } });
    const bare = incident({ detectedAt: t("2026-11-03T10:00Z"), closedAt: t("2026-11-04T10:00Z") });
    const answer = assess(authority, [bare], { policies: inForce(policy) });
    expect(answer.result).toBe("no_data");
    expect(answer.failing[0]?.what).toMatch(/its source tells of no breaches/);
    // Another incident of the same source has a breach: so it can tell of them.
    expect(assess(authority, [bare, inTime], { policies: inForce(policy) }).result).toBe("not_met");
  });

  test("is undecided where the text of the rules is gone, and not judged by others", () => {
    expect(assess(authority, [never], { policies: inForce(undefined) }).result).toBe("indeterminate");
  });

  test("is judged by the rules that were in force when it began", () => {
    const off = rules({ laws: [{ law: "gdpr", on: false, why: "No such data then." }] });
    const entry = { policy: "ours", version: "2", effective: "2026-11-05T00:00:00.000Z", definition: { digest: "e" } };
    const older = { policy: "ours", version: "1", effective: "2018-01-01T00:00:00.000Z", definition: { digest: "d" } };
    const policies = new PolicyTimeline([
      { index: 1, at: t("2018-01-01"), entry: older, policy: off },
      { index: 2, at: t("2026-11-05"), entry, policy: rules() },
    ]);
    const after = about({ awareAt: t("2026-11-05T10:00Z") }, { detectedAt: t("2026-11-05T10:00Z") });
    const answer = assess(authority, [never, after], { policies });
    expect(answer.failing.map(({ id }) => id)).toEqual(["INC-2#controller"]);
  });

  test("is not said to be met of a period that was not seen whole", () => {
    const entries = wholeRegister().slice(0, -1);
    expect(assess(authority, [inTime], { entries }).result).toBe("indeterminate");
    expect(assess(authority, [never], { entries }).result).toBe("not_met");
  });

  test("that no law has is no_data", () => {
    expect(assess({ kind: "law", step: "gdpr.nothing" }, [never]).reason).toMatch(/no law that is at hand has a step/);
    expect(assess(authority, [never], { laws: undefined }).result).toBe("no_data");
  });
});

describe("contracts", () => {
  const check: Check = { kind: "contract" };
  const policy = rules({
    contracts: ["acme", "globex"].map((id, i) => ({
      id,
      role: "processor" as const,
      term: `within ${(i + 1) * 24}h`,
      from: "awareAt" as const,
      says: "x",
    })),
  });
  const both = about({ role: "processor", dataset: null, controllerAt: t("2026-11-04T22:00Z") });

  test("are judged customer by customer, and the strictest is told", () => {
    const answer = assess(check, [both], { policies: inForce(policy) });
    expect([answer.result, answer.n, answer.of]).toEqual(["not_met", 1, 2]);
    expect(answer.failing).toMatchObject([
      { id: "INC-1#processor:acme", what: expect.stringMatching(/first to be due of 2/) },
    ]);
  });

  test("need rules, and rules that name one", () => {
    expect(assess(check, [both], { policies: new PolicyTimeline([]) }).reason).toMatch(/^needs your rules/);
    expect(assess(check, [both]).result).toBe("not_applicable");
    expect(assess(check, []).result).toBe("not_applicable");
    expect(assess(check, [], { policies: inForce(policy) }).result).toBe("no_data");
  });
});

describe("the clocks that run", () => {
  const now = "2026-11-04T10:00Z";
  const clocks = (one: Incident, policy = rules()) =>
    lawClocks(one, { laws, policies: inForce(policy), asOf: t(now), zone: "Europe/Berlin" });

  test("are in the order in which they are due, with what records them", () => {
    const policy = rules({
      laws: [on("nis2")],
      contracts: [{ id: "acme", role: "processor", term: "within 48h", from: "awareAt", says: "x" }],
    });
    const aware = t("2026-11-03T12:00Z");
    const several = incident({
      awareAt: aware,
      tags: ["significant-incident"],
      breaches: [
        breach({ role: "controller", dataset: "staff", awareAt: aware }),
        breach({ role: "processor", dataset: "acme", awareAt: aware }),
      ],
    });
    expect(clocks(several, policy).map(({ id, due, role, record }) => [id, due && iso(due), role, record])).toEqual([
      ["nis2.early-warning", "2026-11-04T12:00:00.000Z", undefined, "incident law-step INC-1 nis2.early-warning"],
      [
        "contract:acme",
        "2026-11-05T12:00:00.000Z",
        "processor",
        "incident breach INC-1 --role processor --dataset acme --controller-told TIME",
      ],
      [
        "gdpr.authority",
        "2026-11-06T12:00:00.000Z",
        "controller",
        "incident breach INC-1 --role controller --dataset staff --authority-told TIME",
      ],
      ["nis2.notification", "2026-11-06T12:00:00.000Z", undefined, "incident law-step INC-1 nis2.notification"],
      [
        "gdpr.controller",
        undefined,
        "processor",
        "incident breach INC-1 --role processor --dataset acme --controller-told TIME",
      ],
      [
        "gdpr.people",
        undefined,
        "controller",
        "incident breach INC-1 --role controller --dataset staff --subjects-told TIME",
      ],
      ["nis2.progress", undefined, undefined, "incident law-step INC-1 nis2.progress"],
      ["nis2.final", undefined, undefined, "incident law-step INC-1 nis2.final"],
    ]);
  });

  test("are told in words: what was missed first, and what has no number", () => {
    const both = about({ awareAt: t("2026-11-04T08:00:30Z") });
    const missed = {
      ...both,
      breaches: [...both.breaches, breach({ awareAt: t("2026-10-20T08:00Z"), dataset: "old" })],
    };
    const texts = spokenClocks(clocks(missed), t(now)).map(({ text }) => text);
    expect(texts[0]).toMatch(
      /^TOO LATE: The supervisory authority is told \(GDPR Art\. 33\(1\), as controller of old\): not done/,
    );
    expect(texts[1]).toMatch(
      /^2 d 22 h left: .*record it with `custody incident breach INC-1 --role controller --authority-told TIME`$/,
    );
    expect(spokenClocks(clocks(processor), t(now))).toEqual([]);
    const untold = about({ role: "processor" });
    expect(spokenClocks(clocks(untold), t(now))[0]?.text).toMatch(/^WITHOUT UNDUE DELAY: The controller is told/);
  });

  test("leave out what was done, lifted, or does not concern it", () => {
    expect(clocks(none)).toEqual([]);
    const done = about({ risk: "unlikely", riskBy: "a", riskAt: t("2026-11-03T11:00Z"), riskReason: "b" });
    expect(clocks(done)).toEqual([]);
    expect(clocks(about({ risk: "risk", authorityAt: t("2026-11-03T11:00Z") }))).toEqual([]);
  });
});

test("the shipped catalogue claims nothing of law on an empty register", () => {
  const text = readFileSync(new URL("../controls/policies/critical-low.yaml", import.meta.url), "utf8");
  const found = assessIn(shippedCatalogue(), { laws, policies: inForce(loadPolicy(text)) })
    .flatMap(({ requirements }) => requirements)
    .filter(({ check }) => check === "law" || check === "contract");
  expect(found.length).toBeGreaterThan(18);
  for (const { result, id } of found) expect(["no_data", "not_applicable"], id).toContain(result);
  expect(AS_OF).toBeGreaterThan(0);
});
