import { expect, test } from "vitest";
import { shippedLaws } from "../src/laws.ts";
import { SHIPPED_POLICIES } from "../src/policy/shipped.ts";
import { AS_OF, at, HOUR, incident, judged, type PolicyName, said } from "./support/acceptance.ts";
import { policyOf } from "./support/acceptance-choices.ts";
import { type Breach, breach } from "./support/breaches.ts";

const laws = shippedLaws();

/** A breach known on Tuesday the third at ten; `since` says how much later something was done. */
const AWARE = at("03T10:00");
const since = (hours: number) => AWARE + hours * HOUR;

const breached = (fields: Partial<Breach>, closed = true) =>
  incident({
    personalData: "yes",
    personalDataBy: "anna",
    personalDataAt: AWARE,
    awareAt: AWARE,
    ...(closed ? { resolvedAt: at("05T10:00"), closedAt: at("08T10:00") } : {}),
    breaches: [breach({ awareAt: AWARE, facts: "f", effects: "e", remedy: "r", ...fields })],
  });

function each(
  policy: PolicyName,
  requirement: string,
  cases: readonly (readonly [expected: string, fields: Partial<Breach>, asOf?: number])[],
) {
  for (const [expected, fields, asOf] of cases) {
    const answer = judged(policy, requirement, [breached(fields)], { laws, asOf: asOf ?? AS_OF });
    expect(answer.result, `${expected}: ${said(answer)}`).toBe(expected);
  }
}

test("N-01 the authority is told within 72 hours, or it is decided by whom, when and why a risk is unlikely", () => {
  const AUTHORITY = "a526.breach.authority";
  const risk = { role: "controller", risk: "risk" } as const;
  const unlikely = {
    role: "controller",
    risk: "unlikely",
    riskBy: "anna",
    riskAt: since(5),
    riskReason: "encrypted",
  } as const;
  each("sev1-4", AUTHORITY, [
    ["met", { ...risk, authorityAt: since(72) }],
    ["not_met", { ...risk, authorityAt: since(100) }],
    ["not_met", risk],
    ["pending", risk, since(20)],
    ["not_applicable", { role: "processor", controllerAt: since(1) }],
  ]);
  each("sev1-4", AUTHORITY, [
    ["met", unlikely],
    ["not_met", { ...unlikely, riskBy: null }],
    ["not_met", { ...unlikely, riskReason: null }],
    // Late with reasons: whether it could not be done earlier is for a person.
    ["indeterminate", { ...risk, authorityAt: since(100), delayReason: "the mail server was down too" }],
  ]);
  // A stricter number of the rules counts, and reasons excuse nothing there; a weaker one takes nothing from the law.
  const numbered = (hours: number) => (text: string) =>
    text.replace("{ term: within 72h,", `{ term: within ${hours}h,`);
  const under = (hours: number, fields: Partial<Breach>, asOf = AS_OF) =>
    judged("sev1-4", AUTHORITY, [breached(fields)], { laws, asOf, mend: numbered(hours) });
  expect(under(24, { ...risk, authorityAt: since(24) }).result).toBe("met");
  const late = under(24, { ...risk, authorityAt: since(25), delayReason: "nobody was there" });
  expect([late.result, said(late)]).toEqual(["not_met", expect.stringContaining("your own rules, within 24h")]);
  expect(under(24, risk, since(20)).cases?.[0]?.verdict.due).toBe(since(24));
  expect(under(24, unlikely).result).toBe("met");
  expect(under(96, { ...risk, authorityAt: since(90) }).result, "later than the law says").toBe("not_met");
});

test("N-01 N-02 where the law is off, the terms of one's own rules count as rules", () => {
  const off = (text: string) =>
    text.replace(/\{ law: gdpr, on: true, why: [^,}]*/, "{ law: gdpr, on: false, why: No data of the EU.");
  const asked = (requirement: string, fields: Partial<Breach>, asOf = AS_OF, more = (text: string) => text) =>
    judged("sev1-4", requirement, [breached(fields)], { laws, asOf, mend: (text) => more(off(text)) });
  const risk = { role: "controller", risk: "risk" } as const;
  const late = asked("a526.breach.authority", { ...risk, authorityAt: since(100) });
  expect([late.result, late.basis, said(late)]).toEqual([
    "not_met",
    "policy",
    expect.stringMatching(/your own rules, within 72h.*GDPR is off/),
  ]);
  expect(late.reason).toContain("1 of 1 duty of your rules");
  expect(asked("a526.breach.authority", { ...risk, authorityAt: since(72) }).result).toBe("met");
  expect(asked("a526.breach.authority", risk).result).toBe("not_met");
  expect(asked("a526.breach.authority", risk, since(20)).result).toBe("pending");
  expect(asked("a526.breach.people", { ...risk, risk: "high" }).result).toBe("not_met");
  expect(asked("a526.breach.people", risk).result, "the rules mean a high risk only").toBe("not_applicable");
  // Rules without such a term ask for nothing there.
  const without = (text: string) => text.replace(/\n {2}authority: \{[^\n]*/, "");
  expect(asked("a526.breach.authority", risk, AS_OF, without)).toMatchObject({
    result: "not_applicable",
    basis: "law",
  });
});

test("N-02 the people concerned are told where the risk for them is high, or an exemption is recorded", () => {
  const PEOPLE = "a526.breach.people";
  const high = { role: "controller", risk: "high", authorityAt: since(10) } as const;
  each("sev1-4", PEOPLE, [
    // Without undue delay is no number: how long it took is told.
    ["no_target", { ...high, subjectsAt: since(30) }],
    ["met", { ...high, exemption: "unreadable: all of it was encrypted" }],
    ["met", { ...high, exemption: "averted: the link was dead within a minute" }],
    ["met", { ...high, exemption: "public-notice: 2 million without an address" }],
    // Which of the grounds it is a person has to say, and why.
    ["indeterminate", { ...high, exemption: "all of it was encrypted" }],
    ["indeterminate", { ...high, exemption: "because: we did not want to" }],
    ["indeterminate", { ...high, exemption: "unreadable:" }],
    ["not_met", { ...high, exemption: " " }],
    ["not_met", high],
  ]);
  const some = { role: "controller", risk: "risk", authorityAt: since(10) } as const;
  each("sev1-4", PEOPLE, [["not_applicable", some]]);
  // With a number of one's own, or for every risk, the rules ask for more than the law.
  const more = (fields: Partial<Breach>, text: string) =>
    judged("sev1-4", PEOPLE, [breached(fields)], {
      laws,
      mend: (all) => all.replace("subjects: { when: high-risk, term: no number,", `subjects: { ${text},`),
    }).result;
  const told = (hours: number) => more({ ...high, subjectsAt: since(hours) }, "when: high-risk, term: within 24h");
  expect([told(24), told(25)]).toEqual(["met", "not_met"]);
  const anybody = (fields: Partial<Breach>) => more({ ...some, ...fields }, "when: any-risk, term: within 24h");
  expect([anybody({ subjectsAt: since(24) }), anybody({ subjectsAt: since(25) }), anybody({})]).toEqual([
    "met",
    "not_met",
    "not_met",
  ]);
});

test("N-03 controllers are told within the 48 hours of the contract; the law names no number", () => {
  const CONTRACT = "a526.breach.contract";
  each("critical-low", CONTRACT, [
    ["met", { role: "processor", controllerAt: since(48) }],
    ["not_met", { role: "processor", controllerAt: since(49) }],
    ["not_met", { role: "processor" }],
    ["pending", { role: "processor" }, since(20)],
  ]);
  const LAW = "a526.breach.controller";
  each("critical-low", LAW, [
    ["no_target", { role: "processor", controllerAt: since(100) }],
    ["not_met", { role: "processor" }],
  ]);
  // Where the rules call their number law and no contract, it is judged with the law.
  const own = (hours: number) =>
    judged("p0-p2", LAW, [breached({ role: "processor", controllerAt: since(hours) })], {
      laws,
      mend: (text) => text.replace("controllers: { term: no number,", "controllers: { term: within 48h,"),
    }).result;
  expect([own(48), own(49)]).toEqual(["met", "not_met"]);
  const choice = policyOf("critical-low").choices.find(({ refs }) => refs?.includes("N-03"));
  expect(choice).toMatchObject({ id: "fixed-hours-for-controllers", improve: true });
});

test("N-04 of each incident it is recorded whether personal data is concerned, by whom and when", () => {
  const over = { resolvedAt: at("05T10:00"), closedAt: at("08T10:00") };
  const decided = { personalData: "no", personalDataBy: "anna", personalDataAt: AWARE } as const;
  for (const policy of SHIPPED_POLICIES) {
    const says = (fields: Parameters<typeof incident>[0]) => {
      const answer = judged(policy, "a525.personal_data.decided", [incident({ ...over, ...fields })]);
      return answer.result;
    };
    expect(says(decided), policy).toBe("met");
    expect(says({}), policy).toBe("not_met");
    expect(says({ ...decided, personalDataBy: null }), policy).toBe("not_met");
    expect(says({ ...decided, personalDataAt: null }), policy).toBe("not_met");
    expect(says({ resolvedAt: null, closedAt: null }), policy).toBe("pending");
    // Nor is it closed with everything that the rules ask for.
    expect(said(judged(policy, "a526.closed.complete", [incident(over)])), policy).toContain(
      "nobody decided whether personal data is concerned",
    );
  }
});

test("N-05 every breach of personal data is documented with facts, effects and remedy, told or not", () => {
  const REGISTER = "a526.breach.register";
  const unlikely = { role: "controller", risk: "unlikely", riskBy: "anna", riskAt: since(5), riskReason: "x" } as const;
  each("p1-p4", REGISTER, [
    ["met", unlikely],
    ["not_met", { ...unlikely, remedy: null }],
  ]);
  expect(said(judged("p1-p4", REGISTER, [breached({ ...unlikely, effects: null })], { laws }))).toMatch(/effects/);
  const none = incident({ personalData: "no", personalDataBy: "anna", personalDataAt: AWARE });
  expect(judged("p1-p4", REGISTER, [none], { laws }).result, "no breach, no entry").toBe("not_applicable");
});
