import { expect, test } from "vitest";
import type { FactOf } from "../src/evidence/fact.ts";
import { gapMeaning, marksOf } from "../src/policy/gap-rule.ts";
import { severityOf } from "../src/policy/policy.ts";
import { SHIPPED_POLICIES } from "../src/policy/shipped.ts";
import { at, HOUR, incident, judged, MINUTE, type PolicyName, said, word } from "./support/acceptance.ts";
import { shippedPolicy } from "./support/rules.ts";

/** Severities and response times: the rules V of the acceptance list, by the policies that have them. */

const RESPONSE = "a526.response.timely";
const NOTICED = at("03T10:00");
const DAY = 24 * HOUR;
type Fields = Partial<FactOf<"incident">>;

const responded = (severity: string, after: number, fields: Fields = {}) =>
  incident({ severity, respondedAt: NOTICED + after, ...fields });

/** Every row: a policy, a severity, the last moment in time, and the same a millisecond later. */
function lastMoment(policy: PolicyName, requirement: string, field: keyof Fields, rows: readonly [string, number][]) {
  for (const [severity, limit] of rows) {
    const done = (after: number) => [incident({ severity, [field]: NOTICED + after })];
    expect(word(policy, requirement, done(limit)), `${severity} at its limit`).toBe("met");
    expect(word(policy, requirement, done(limit + 1)), `${severity} after it`).toBe("not_met");
  }
}

const given = (...list: [after: number, severity: string, reason?: string][]): Fields => ({
  severity: list.at(-1)?.[1] ?? null,
  severities: list.map(([after, severity, reason = "as it looks"]) => ({
    at: NOTICED + after,
    severity,
    by: "anna",
    reason,
  })),
});

test("V-0 Critical within 1 hour, High 4, Medium 1 business day, Low 5, from noticed to first response", () => {
  // Tuesday 3 November: 1 business day ends with Wednesday, 5 with Tuesday the 10th, both at midnight in Berlin.
  const midnight = (day: number) => at(`${String(day).padStart(2, "0")}T22:59:59.999`) - NOTICED;
  lastMoment("critical-low", RESPONSE, "respondedAt", [
    ["Critical", HOUR],
    ["High", 4 * HOUR],
    ["Medium", midnight(4)],
    ["Low", midnight(10)],
  ]);
  expect(word("critical-low", RESPONSE, [incident({ severity: "Low" })])).toBe("not_met");
  const open = incident({ severity: "Low", detectedAt: at("06T10:00") });
  expect(word("critical-low", RESPONSE, [open])).toBe("pending");
});

test("V-1 levels without numbers: an owner is what is judged, and how long it took is told", () => {
  const answer = judged("critical-low-untimed", RESPONSE, [responded("Critical", 43 * MINUTE)]);
  expect(answer.result).toBe("no_target");
  expect(answer.cases?.[0]?.verdict.what).toMatch(/^responded to after 43 min; your rules set no number \(Critical\)/);
  const owner = (fields: Fields) => word("critical-low-untimed", "a526.owner.present", [incident(fields)]);
  expect(owner({ severity: "High", owner: "Anna Muster" })).toBe("met");
  expect(owner({ severity: "High" })).toBe("not_met");
  expect(owner({ severity: "Low" })).toBe("not_applicable");
});

test("V-2 Sev1 within 15 minutes, Sev2 2 hours, Sev3 24, Sev4 72, all by the clock", () => {
  lastMoment("sev1-4", RESPONSE, "respondedAt", [
    ["Sev1", 15 * MINUTE],
    ["Sev2", 2 * HOUR],
    ["Sev3", 24 * HOUR],
    ["Sev4", 72 * HOUR],
  ]);
  const coarse = responded("Sev1", 15 * MINUTE, { precision: { respondedAt: MINUTE } });
  expect(word("sev1-4", RESPONSE, [coarse])).toBe("indeterminate");
});

test("V-3 acknowledged in public within 30 minutes or 4 business hours; resolved within 8 business hours or 5 business days", () => {
  const told = (page: number | null, email: number | null): FactOf<"incident">["messages"] =>
    (
      [
        [page, "status-page"],
        [email, "email"],
      ] as const
    ).flatMap(([after, channel]) =>
      after === null
        ? []
        : [
            {
              at: NOTICED + after,
              channel,
              audience: "customers",
              purpose: "acknowledgement",
              reached: null,
              of: null,
            },
          ],
    );
  const acknowledged = (severity: string, page: number | null, email: number | null) =>
    word("p0-p2", "a526.acknowledgement.timely", [
      incident({ severity, acknowledgedAt: NOTICED, messages: told(page, email) }),
    ]);
  for (const severity of ["P0", "P1"]) {
    expect(acknowledged(severity, 5 * MINUTE, 30 * MINUTE)).toBe("met");
    expect(acknowledged(severity, 5 * MINUTE, 30 * MINUTE + 1)).toBe("not_met");
    expect(acknowledged(severity, 5 * MINUTE, null), "the status page alone is no acknowledgement").toBe("not_met");
  }
  // Noticed at 11:00 in Berlin: four business hours end at 15:00.
  expect(acknowledged("P2", HOUR, 4 * HOUR)).toBe("met");
  expect(acknowledged("P2", HOUR, 4 * HOUR + 1)).toBe("not_met");
  // Eight business hours: six are left of Tuesday, two of Wednesday are over at 11:00. Five business days end on the 10th.
  lastMoment("p0-p2", "a526.resolution.timely", "resolvedAt", [
    ["P1", at("04T10:00") - NOTICED],
    ["P2", at("10T22:59:59.999") - NOTICED],
  ]);
  expect(word("p0-p2", "a526.resolution.timely", [incident({ severity: "P0", resolvedAt: NOTICED + DAY })])).toBe(
    "no_target",
  );
});

test("V-4 triaged in less than 15 minutes, 1 hour and 4 hours, or the next business day", () => {
  lastMoment("p1-p4", "a526.triage.within_target", "triagedAt", [
    ["P1", 15 * MINUTE - 1],
    ["P2", HOUR - 1],
    ["P3", 4 * HOUR - 1],
    ["P4", at("04T22:59:59.999") - NOTICED],
  ]);
});

test("V-5 a near-miss without any harm can be recorded under every set of rules", () => {
  for (const name of SHIPPED_POLICIES.filter((one) => one !== "p0-p2")) {
    const harmless = shippedPolicy(name).severities.filter(({ noImpact }) => noImpact);
    expect(harmless, name).toHaveLength(1);
    expect(word(name, "a525.severity.in_taxonomy", [incident({ severity: harmless[0]?.label ?? null })])).toBe("met");
  }
  // These rules have no such level, and say so where it is asked for.
  const policy = shippedPolicy("p0-p2");
  expect(policy.severities.some(({ noImpact }) => noImpact)).toBe(false);
  expect(policy.choices.some(({ refs }) => refs?.includes("V-5"))).toBe(true);
  expect(word("p0-p2", "a525.severity.in_taxonomy", [incident({ severity: "near-miss" })])).toBe("not_met");
  expect(severityOf(shippedPolicy("sev1-4"), "Sev4")?.means).toMatch(/near-miss/i);
});

test("V-6 a failed check of a backup is Medium, a hole in the logs is Low", () => {
  const policy = shippedPolicy("critical-low");
  const rule = (kind: string) => policy.gaps.find((one) => one.kind === kind)?.severity;
  expect([rule("backup-verification-failed"), rule("logging-gap")]).toEqual(["Medium", "Low"]);
  expect(gapMeaning(policy, { requirement: "cadence", family: "log-retention" })).toMatchObject({
    kind: "logging-gap",
    severity: "Low",
  });
  // Evidence of another kind that did not come: these rules do not speak of it, so a person decides.
  expect(gapMeaning(policy, { requirement: "cadence", family: "incident-log" })).toBeUndefined();
  // What no source shows a person records as an incident with the mark: then it is at least as grave as its rule.
  const marked = (tag: string, severity: string) =>
    judged("critical-low", "a525.severity.minimum", [incident({ severity, tags: [tag] })]);
  expect(marked("backup-verification-failed", "Medium").result).toBe("met");
  const low = marked("backup-verification-failed", "Low");
  expect([low.result, said(low)]).toEqual([
    "not_met",
    expect.stringContaining('at least Medium by your rule "backup-check"'),
  ]);
  expect(marked("logging-gap", "Low").result).toBe("met");
  expect(marked("something-else", "Low").result).toBe("not_applicable");
});

test("V-7 stale evidence is Sev3, opens an incident of its own, and that one has the time of a Sev3", () => {
  const meaning = gapMeaning(shippedPolicy("sev1-4"), { requirement: "cadence", family: "cron-health" });
  expect(meaning).toMatchObject({ kind: "stale-evidence", severity: "Sev3", rule: { opensIncident: true } });
  expect(gapMeaning(shippedPolicy("p1-p4"), { requirement: "cadence" }), "elsewhere a person decides").toBeUndefined();
  const own = (after: number) => responded("Sev3", after, { origin: "custody", tags: [...marksOf("stale-evidence")] });
  const inTime = judged("sev1-4", RESPONSE, [own(DAY)]);
  expect(inTime.result, said(inTime)).toBe("met");
  expect(inTime.reason).toMatch(/1 of all these opened by Custody itself/);
  expect(word("sev1-4", RESPONSE, [own(DAY + 1)])).toBe("not_met");
  const grave = (severity: string) =>
    word("sev1-4", "a525.severity.minimum", [
      incident({ severity, tags: ["stale-evidence"], detectedBy: "cron-health" }),
    ]);
  expect([grave("Sev2"), grave("Sev3"), grave("Sev4")]).toEqual(["met", "met", "not_met"]);
});

test("V-8 an audit trail that was altered or a backup that is lost is P0, and is not lowered silently", () => {
  const policy = shippedPolicy("p0-p2");
  expect(gapMeaning(policy, { requirement: "integrity" })).toMatchObject({
    kind: "log-altered",
    severity: "P0",
    rule: { opensIncident: true, mayBeLowered: false },
  });
  expect(policy.gaps.find(({ kind }) => kind === "backup-unrecoverable")).toMatchObject({
    severity: "P0",
    mayBeLowered: false,
  });
  const minimum = (fields: Fields) =>
    word("p0-p2", "a525.severity.minimum", [incident({ tags: [...marksOf("log-altered")], ...fields })]);
  expect(minimum({ severity: "P0" })).toBe("met");
  expect(minimum({ severity: "P1" })).toBe("not_met");
  expect(minimum(given([0, "P0"], [HOUR, "P2"]))).toBe("indeterminate");
  // A backup that could not be restored is told by a person.
  const lost = (fields: Fields) => minimum({ tags: ["backup-unrecoverable"], ...fields });
  expect([lost({ severity: "P0" }), lost({ severity: "P1" })]).toEqual(["met", "not_met"]);
  expect(lost(given([0, "P0"], [HOUR, "P1"]))).toBe("indeterminate");
});

test("V-9 a compromised key is Sev1", () => {
  const compromised = { requirement: "key", cause: "compromised" };
  expect(gapMeaning(shippedPolicy("sev1-4"), compromised)).toMatchObject({
    kind: "key-compromised",
    severity: "Sev1",
    rule: { opensIncident: true },
  });
  expect(gapMeaning(shippedPolicy("sev1-4"), { requirement: "key", cause: "lost" })).toBeUndefined();
  // Whoever else runs this has no such rule, and the worst level counts all the same.
  expect(gapMeaning(shippedPolicy("critical-low"), compromised)?.severity).toBe("Critical");
  const tags = [...marksOf("key-compromised")];
  const minimum = (fields: Fields) => word("sev1-4", "a525.severity.minimum", [incident({ tags, ...fields })]);
  expect(minimum({ severity: "Sev1", detectedBy: "cron-health" })).toBe("met");
  expect(minimum({ severity: "Sev2", detectedBy: "cron-health" })).toBe("not_met");
  expect(minimum(given([0, "Sev1"], [HOUR, "Sev3"]))).toBe("indeterminate");
});

test("V-10 severity follows impact: each change has a reason, and what grows is escalated", () => {
  const reasons = (fields: Fields) =>
    word("critical-low-untimed", "a525.severity.changes_have_reason", [incident(fields)]);
  expect(reasons(given([0, "Low"], [HOUR, "High", "more customers are hit"]))).toBe("met");
  expect(reasons(given([0, "Low"], [HOUR, "High", ""]))).toBe("not_met");
  expect(reasons({ ...given([0, "Low"]), severity: "High" })).toBe("indeterminate");
  const escalated = (to: string | null) =>
    word("critical-low-untimed", "a526.escalations.made", [
      incident({
        severity: "Medium",
        tags: ["impact-grows"],
        escalations: to === null ? [] : [{ at: NOTICED + HOUR, from: "triage-owner", to, reason: "it grows" }],
      }),
    ]);
  expect(escalated("incident-lead")).toBe("met");
  expect(escalated(null)).toBe("not_met");
});

test("V-11 customer data that may have been accessed, or access between organisations, is P1", () => {
  const minimum = (fields: Fields) =>
    word("p1-p4", "a525.severity.minimum", [incident({ detectedBy: "manual", ...fields })]);
  for (const tag of ["customer-data-accessed", "cross-org-access"]) {
    expect(minimum({ severity: "P1", tags: [tag] })).toBe("met");
    expect(minimum({ severity: "P2", tags: [tag] })).toBe("not_met");
    expect(minimum({ ...given([0, "P1"], [HOUR, "P3"]), tags: [tag] })).toBe("indeterminate");
  }
  expect(minimum({ severity: "P2", tags: [] }), "without such a mark the rule is not about it").toBe("not_applicable");
});
