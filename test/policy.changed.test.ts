import { describe, expect, test } from "vitest";
import { judgeReview } from "../src/assess/review-clock.ts";
import { judgeTarget } from "../src/assess/targets.ts";
import type { Policy } from "../src/policy/policy.ts";
import { SHIPPED_POLICIES } from "../src/policy/shipped.ts";
import { PolicyTimeline } from "../src/policy/timeline.ts";
import { fact } from "./support/assessing.ts";
import { t } from "./support/entries.ts";
import { NOW, shared, verdictsUnder } from "./support/golden.ts";
import { logged, shippedPolicy } from "./support/rules.ts";

/** The same rules with other numbers, under another version. */
const withTerms = (change: (amount: number) => number) => (policy: Policy) => {
  const terms = JSON.stringify({ ...policy, version: "2" }).replaceAll(
    /\b(within|under|every) (\d+)(m|h|bh|bd)\b/g,
    (whole, op: string, amount: string, unit: string) =>
      whole === "every 1bd" ? whole : `${op} ${change(Number(amount))}${unit}`,
  );
  return JSON.parse(terms) as Policy;
};
const STRICTER = withTerms((amount) => Math.max(1, Math.floor(amount / 3)));
const LAXER = withTerms((amount) => amount * 3);

/** Every verdict with all that a report tells of it, by what it is about. */
function told(verdicts: ReturnType<typeof verdictsUnder>, about: ReadonlySet<string>) {
  return [...verdicts].filter(([id]) => about.has(id)).map(([id, found]) => [id, [...found]] as const);
}

/** Those of which every time that is recorded lies before this month. */
const LAST_MONTH_ENDS = t("2026-12-31T23:00Z");
const past = new Set(
  [...shared.incidents, ...shared.reports]
    .filter((one) => {
      const times = JSON.stringify(one).match(/"\d{4}-\d\d-\d\d[^"]*"/g) ?? [];
      const noticed = "received" in one || "detected" in one || "answered" in one;
      return noticed && times.every((time) => Date.parse(time.slice(1, -1)) < LAST_MONTH_ENDS);
    })
    .map(({ id }) => id),
);

describe.each(SHIPPED_POLICIES)("%s, changed today", (name) => {
  const before = verdictsUnder(name, undefined, ["berlin"]);

  test.each([
    ["stricter", STRICTER],
    ["laxer", LAXER],
  ] as const)("%s rules leave every verdict on last month's incidents as it was", (_, mend) => {
    expect(past.size).toBeGreaterThan(90);
    expect(told(verdictsUnder(name, { at: NOW, mend }, ["berlin"]), past)).toEqual(told(before, past));
  });

  // One of them sets no time that stricter numbers could change.
  if (name !== "critical-low-untimed") {
    test("the same rules would have given other verdicts, in force then", () => {
      const missed = (verdicts: ReturnType<typeof verdictsUnder>) =>
        told(verdicts, past).flatMap(([, found]) => found.filter(([, { word }]) => word === "bad")).length;
      const then = verdictsUnder(name, { at: t(shared.rulesSince), mend: STRICTER }, ["berlin"]);
      expect(missed(then)).toBeGreaterThan(missed(before));
    });
  }
});

describe("an incident around the moment of a change", () => {
  const at = t("2026-06-10T08:00Z");
  const old = shippedPolicy("sev1-4");
  const rules = (mend: (policy: Policy) => Policy) => new PolicyTimeline([logged(old), logged(mend(old), at, 9)]);
  const noticed = (detectedAt: number, after: number) =>
    fact("incident", "INC-1", { severity: "Sev1", detectedAt, respondedAt: detectedAt + after });
  const respond = (mend: (policy: Policy) => Policy, detectedAt: number, minutes: number) => {
    const { verdict, policy } = judgeTarget(noticed(detectedAt, minutes * 60_000), "respond", rules(mend), NOW);
    return [verdict.word, policy?.version, policy?.entry];
  };

  test("is judged by the new rules where its clock starts exactly at the change, by the old ones a millisecond before", () => {
    expect(respond(STRICTER, at - 1, 15)).toEqual(["ok", "1.0", 3]);
    expect(respond(STRICTER, at, 15)).toEqual(["bad", "2", 9]);
    expect(respond(LAXER, at - 1, 16)).toEqual(["bad", "1.0", 3]);
    expect(respond(LAXER, at, 16)).toEqual(["ok", "2", 9]);
  });

  test("is undecided where nobody knows on which side of the change its clock started", () => {
    const vague = { ...noticed(at - 30_000, 60_000), precision: { detectedAt: 60_000 } };
    expect(judgeTarget(vague, "respond", rules(STRICTER), NOW).verdict.word).toBe("unclear");
  });

  test("has each of its clocks judged by the rules of when that one started", () => {
    const timeline = rules(STRICTER);
    const incident = { ...noticed(at - 3_600_000, 15 * 60_000), resolvedAt: at };
    // Five business days end with 17 June; the new rules give one.
    const approvedAt = t("2026-06-15T08:00Z");
    const review = fact("review", "R-1", { incident: "INC-1", approvedBy: "Bert", approvedAt });
    expect(judgeTarget(incident, "respond", timeline, NOW)).toMatchObject({
      verdict: { word: "ok" },
      policy: { entry: 3 },
    });
    expect(judgeReview(incident, "review", [review], timeline, NOW)).toMatchObject({
      verdict: { word: "bad" },
      policy: { entry: 9 },
    });
    const earlier = { ...incident, resolvedAt: at - 1 };
    expect(judgeReview(earlier, "review", [review], timeline, NOW)).toMatchObject({
      verdict: { word: "ok" },
      policy: { entry: 3 },
    });
  });
});
