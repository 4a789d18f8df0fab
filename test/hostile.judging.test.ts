import { expect, test } from "vitest";
import { judgeAction } from "../src/assess/deadline-checks.ts";
import { performance } from "../src/assess/performance.ts";
import type { FactOf } from "../src/evidence/fact.ts";
import { wholeFact } from "../src/evidence/fact.ts";
import { incidentFact } from "../src/incidents/facts.ts";
import { foldRegister, OWN_REGISTER } from "../src/incidents/register.ts";
import { judgeStep } from "../src/law/judge.ts";
import { shippedLaws } from "../src/laws.ts";
import { CustodyError } from "../src/lib/errors.ts";
import { loadPolicy, readPolicy } from "../src/policy/load.ts";
import { PolicyTimeline } from "../src/policy/timeline.ts";
import { AS_OF, at, HOUR, incident, judged, PERIOD, rulesOf, said } from "./support/acceptance.ts";
import { ActLog, SHELL } from "./support/acts.ts";
import { seen } from "./support/assessing.ts";
import { breach, incident as breached, rules } from "./support/breaches.ts";
import { t } from "./support/entries.ts";
import { logged, shippedPolicy } from "./support/rules.ts";

/** Ways in which somebody could look better than they were, and in which somebody could look worse. */

const RESPONSE = "a526.response.timely";
const REVIEW = "a527.review.timely";
const LATE = { severity: "Sev1", respondedAt: at("03T14:00") };

/** Resolved and closed in October; its review is due in November. */
const october = incident({
  severity: "Sev1",
  detectedAt: t("2026-10-27T10:00Z"),
  respondedAt: t("2026-10-27T10:05Z"),
  resolvedAt: t("2026-10-28T10:00Z"),
  closedAt: t("2026-10-28T12:00Z"),
});
const reviewed = (approvedAt: number) =>
  wholeFact<"review">({
    kind: "review",
    id: "R-1",
    title: "R",
    incident: "INC-1",
    severity: "Sev1",
    author: "A",
    date: approvedAt,
    approvedBy: "B",
    approvedAt,
    sections: [],
    empty: [],
    actions: [],
  } as never);

test("a review that was still to come when an incident was over is missed in the period in which it was due", () => {
  const missed = judged("sev1-4", REVIEW, [october]);
  expect(missed.result, said(missed)).toBe("not_met");
  expect(missed.reason).toContain("1 of all these over before the period, and due in it");
  expect(judged("sev1-4", REVIEW, [october, reviewed(t("2026-11-03T10:00Z"))]).result).toBe("met");
  expect(judged("sev1-4", REVIEW, [october, reviewed(t("2026-11-09T10:00Z"))]).result).toBe("not_met");
});

test("what was settled before the period, or due before it, is in none of its numbers", () => {
  const settled = [october, reviewed(t("2026-10-29T10:00Z"))];
  expect(judged("sev1-4", REVIEW, settled).result).toBe("no_data");
  const july = { ...october, detectedAt: t("2026-07-01T10:00Z"), respondedAt: t("2026-07-01T10:05Z") };
  const old = { ...july, resolvedAt: t("2026-07-02T10:00Z"), closedAt: t("2026-07-02T10:00Z") };
  expect(judged("sev1-4", REVIEW, [old]).result).toBe("no_data");
});

test("a notice to the authority that was due after the incident was over is missed where it was due", () => {
  const laws = shippedLaws();
  const aware = t("2026-10-30T10:00Z");
  const fields = { personalData: "yes" as const, detectedAt: aware, awareAt: aware, resolvedAt: aware + HOUR };
  const told = incident({
    ...fields,
    severity: "Sev1",
    breaches: [breach({ awareAt: aware, risk: "risk" })],
  });
  const answer = judged("sev1-4", "a526.breach.authority", [told], { laws });
  expect(answer.result, said(answer)).toBe("not_met");
  const done = { ...told, breaches: [breach({ awareAt: aware, risk: "risk", authorityAt: aware + 4 * HOUR })] };
  expect(judged("sev1-4", "a526.breach.authority", [done], { laws }).result).toBe("no_data");
});

test("a severity that a register is written over with hides none that was seen before", () => {
  const sources = [{ id: "tickets", family: "incident-log" }];
  const setting = { sources, register: false };
  const look = (severity: string, entry: number) =>
    seen(incident({ ...LATE, severity }), { instance: "tickets", entry, ordinal: 0 });
  const lowered = judged("sev1-4", RESPONSE, [look("Sev1", 3), look("Sev4", 5)], setting);
  expect(lowered.result, said(lowered)).toBe("indeterminate");
  expect(said(lowered)).toContain("record 3 said Sev1 before");
  // Another spelling is no other severity, and what was raised is judged by what it is.
  const late = (...looks: ReturnType<typeof look>[]) => judged("sev1-4", RESPONSE, looks, setting).result;
  expect(late(look("Sev 4", 3), look("Sev4", 5))).toBe("met");
  expect(late(look("Sev4", 3), look("Sev1", 5))).toBe("not_met");
  expect(late(look("Sev4", 3))).toBe("met");
  // A miss of what it is now shows whatever it was before.
  const days = { respondedAt: at("07T14:00") };
  const both = [look("Sev1", 3), look("Sev4", 5)].map((one) => ({ ...one, fact: { ...one.fact, ...days } as never }));
  expect(judged("sev1-4", RESPONSE, both, setting).result).toBe("not_met");
  const needs = judged("sev1-4", "a527.review.exists", [look("Sev1", 3), look("Sev4", 5)].map(closed), setting);
  expect(needs.result, said(needs)).toBe("indeterminate");
});

function closed(one: ReturnType<typeof seen>) {
  return { ...one, fact: { ...one.fact, resolvedAt: at("04T10:00"), closedAt: at("04T11:00") } as never };
}

/** Opened as Sev1 at nine, four hours after it was noticed; more is said of it later. */
function opened(more: (log: ActLog) => void) {
  const log = new ActLog();
  const values = { severity: "Sev1", detectedAt: "2026-11-02T05:00:00.000Z" };
  log.add("incident", { incident: "INC-1", act: "open", values }, { at: "2026-11-02T09:00Z" });
  const stamp = {
    incident: "INC-1",
    act: "stamp",
    happened: "2026-11-02T09:05:00.000Z",
    values: { time: "responded" },
  };
  log.add("incident", stamp, { at: "2026-11-02T09:05Z" });
  more(log);
  const own = foldRegister(log.acts as never).incidents.get("INC-1");
  if (own === undefined) throw new Error("it was opened");
  return incidentFact(own, new Map());
}

test("a severity that is dated before the one that opened an incident makes no miss undone", () => {
  const word = (fact: FactOf<"incident">) => judged("sev1-4", RESPONSE, [fact]).result;
  expect(word(opened(() => undefined))).toBe("not_met");
  const back = { incident: "INC-1", act: "classify", values: { severity: "Sev4" } };
  const happened = "2026-11-02T05:00:00.000Z";
  const dated = opened((log) => log.add("incident", { ...back, happened }, { at: "2026-11-09T09:00Z" }));
  expect(dated.severities.map(({ severity }) => severity)).toEqual(["Sev4", "Sev1"]);
  expect(word(dated)).toBe("indeterminate");
  const values = { severity: "Sev4", detectedAt: "2026-11-02T05:00:00.000Z" };
  const open = { incident: "INC-1", act: "open", values, corrects: 0, happened: "2026-11-02T09:00:00.000Z" };
  const corrected = opened((log) => log.add("incident", open, { at: "2026-11-09T09:00Z" }));
  expect(corrected.severity).toBe("Sev4");
  expect(word(corrected)).toBe("indeterminate");
});

test("a line that got another time later was written later", () => {
  const stamp = { incident: "INC-1", act: "stamp", values: { time: "responded" }, corrects: 1 };
  const happened = "2026-11-02T05:05:00.000Z";
  const fact = opened((log) => log.add("incident", { ...stamp, happened }, { at: "2026-11-20T09:00Z" }));
  const line = fact.written.find(({ what }) => what === "stamp");
  expect(line).toMatchObject({ at: t(happened), loggedAt: t("2026-11-20T09:00Z") });
});

test("conditions that somebody unknown waived are not waived", () => {
  const close = { incident: "INC-1", act: "close", values: { waived: ["owner"] } };
  const by = (over: object) => opened((log) => log.add("incident", close, { at: "2026-11-03T09:00Z", ...over })).waived;
  expect(by({})).toEqual(["owner"]);
  expect(by({ by: SHELL })).toEqual([]);
});

const ACTION: FactOf<"action"> = wholeFact<"action">({
  kind: "action",
  id: "ACT-1",
  title: "x",
  type: null,
  incident: null,
  finding: null,
  activity: null,
  owner: "a",
  due: at("03T00:00"),
  createdAt: at("01T00:00"),
  doneAt: null,
  verifiedAt: null,
  cancelledAt: null,
  precision: {},
  result: null,
  evidence: 0,
  replanned: [],
  tracker: null,
});

test("an action that was overdue when it was cancelled was missed", () => {
  const word = (cancelledAt: number | null, over = {}) =>
    judgeAction({ ...ACTION, cancelledAt, ...over }, at("10T00:00"), "UTC").word;
  expect(word(at("09T00:00"))).toBe("bad");
  expect(word(at("03T00:00"))).toBe("skip");
  expect(word(at("09T00:00"), { due: null })).toBe("skip");
  const replanned = [{ at: at("02T00:00"), due: at("09T12:00"), reason: "more time" }];
  expect(word(at("09T00:00"), { replanned })).toBe("skip");
  expect(word(at("09T00:00"), { replanned: [{ ...replanned[0], at: at("04T00:00") }] })).toBe("bad");
});

const event = (receivedAt: number) =>
  wholeFact<"event">({ kind: "event", id: "EVT-1", title: "e", channel: "email", receivedAt, precision: {} } as never);
const decision = (decidedAt: number, word = "false-positive") =>
  wholeFact<"decision">({
    kind: "decision",
    id: "D-1",
    about: { instance: OWN_REGISTER, kind: "event", id: "EVT-1" },
    decision: word,
    decidedAt,
    by: "anna",
    rule: null,
    reason: "r",
    incident: null,
    duplicateOf: null,
    together: 1,
    precision: {},
  } as never);

test("a report that was left too long is not in time because it became no incident", () => {
  const word = (...decisions: ReturnType<typeof decision>[]) =>
    judged("p1-p4", "a525.decision.timely", [event(at("02T10:00")), ...decisions]).result;
  expect(word()).toBe("not_met");
  expect(word(decision(at("09T10:00")))).toBe("not_met");
  expect(word(decision(at("03T10:00")))).toBe("not_applicable");
});

test("what nobody can judge beside an accepted failure stays no good answer", () => {
  const waiver = {
    ...{ id: "WVR-1", index: 30, granted: at("05T00:00"), until: at("25T00:00"), requirement: RESPONSE },
    ...{ incidents: ["INC-1"], earlier: false, owner: "p", by: "p", revoked: undefined },
  };
  const unknown = incident({ severity: "Sev1", closedAt: at("03T10:10") }, "INC-2");
  const word = (facts: FactOf<"incident">[]) => judged("sev1-4", RESPONSE, facts, { waivers: [waiver] }).result;
  expect(word([incident(LATE)])).toBe("waived");
  expect(word([incident(LATE), unknown])).toBe("no_data");
});

test("rules that changed on the day of an incident, whose time nobody knows, decide nothing", () => {
  const second = shippedPolicy("sev1-4", (text) => text.replace('version: "1.0"', 'version: "2.0"'));
  const policies = new PolicyTimeline([logged(shippedPolicy("sev1-4")), logged(second, at("03T10:00"), 9)]);
  const day = { detectedAt: t("2026-11-02T23:00Z"), precision: { detectedAt: 86_400_000 } };
  const low = { severity: "Sev3", tags: ["key-compromise"] };
  expect(judged(policies, "a525.severity.minimum", [incident({ ...low, ...day })]).result).toBe("indeterminate");
  expect(judged(policies, "a525.severity.minimum", [incident(low)]).result).toBe("not_met");
});

test("a decision that the risk is unlikely counts from when it was written down", () => {
  const gdpr = shippedLaws().find(({ law }) => law === "gdpr");
  if (gdpr === undefined) throw new Error("there is a law");
  const awareAt = t("2026-06-01T10:00Z");
  const decided = { risk: "unlikely" as const, riskBy: "anna", riskAt: awareAt + HOUR, riskReason: "encrypted" };
  const word = (riskLoggedAt?: number) => {
    const own = breach({ awareAt, ...decided, ...(riskLoggedAt === undefined ? {} : { riskLoggedAt }) });
    const about = breached({ awareAt, detectedAt: awareAt, breaches: [own] });
    const situation = { policy: rules(), asOf: t("2026-07-01"), zone: "Europe/Berlin" };
    return judgeStep(gdpr, "authority", about, situation)[0]?.word;
  };
  expect(word()).toBe("met");
  expect(word(awareAt + 2 * HOUR)).toBe("met");
  expect(word(awareAt + 20 * 24 * HOUR)).toBe("indeterminate");
  const fact = opened((log) => {
    const values = { role: "controller", risk: "unlikely", riskAt: "2026-11-02T10:00:00.000Z" };
    log.add("incident", { incident: "INC-1", act: "breach", values }, { at: "2026-11-20T09:00Z" });
    log.add(
      "incident",
      { incident: "INC-1", act: "breach", values: { ...values, people: 3 } },
      { at: "2026-11-21T09:00Z" },
    );
  });
  expect(fact.breaches[0]?.riskLoggedAt).toBe(t("2026-11-20T09:00Z"));
});

test("a time that no calendar has is called impossible", () => {
  const never = 8.65e15;
  const about = incident({ severity: "Sev1", awareAt: never, breaches: [breach({ awareAt: never, risk: "risk" })] });
  const answer = judged("sev1-4", "a526.breach.authority", [about], { laws: shippedLaws() });
  expect(answer.result, said(answer)).toBe("invalid");
});

test("ten thousand incidents are told in numbers without each asking for all the others", () => {
  const many = Array.from({ length: 10_000 }, (_, i) =>
    seen(incident({ ...LATE, severity: i % 2 ? "Sev1" : "Sev3" }, `INC-${i}`), { ordinal: i }),
  );
  const began = process.cpuUsage().user;
  const rows = performance(many, rulesOf("sev1-4"), PERIOD, AS_OF);
  const spent = (process.cpuUsage().user - began) / 1_000;
  expect(rows.find(({ level, target }) => level === "Sev1" && target === "respond")?.notMet).toBe(5_000);
  expect(spent).toBeLessThan(10_000);
});

test("a policy file of whatever shape is read or refused, and nothing else is thrown", () => {
  const odd = [
    "{}",
    "[]",
    "~",
    "a: *b",
    "policy: [",
    "? [1]\n: 2",
    "\u0000",
    "policy: !!js/function x",
    "- - - -",
    '"',
  ];
  for (const text of odd) {
    expect(readPolicy(text).policy, text).toBeUndefined();
    expect(() => loadPolicy(text), text).toThrow(CustodyError);
  }
});
