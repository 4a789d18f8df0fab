import { expect, test } from "vitest";
import type { FactOf } from "../src/evidence/fact.ts";
import { at, fact, HOUR, incident, judged, type PolicyName, said, word } from "./support/acceptance.ts";
import { choicesIn, policyOf } from "./support/acceptance-choices.ts";
import { action, OVER, review, tagged } from "./support/acceptance-records.ts";
import { t } from "./support/entries.ts";

const EXISTS = "a527.review.exists";
const TIMELY = "a527.review.timely";
const COMPLETE = "a527.review.complete";

type Review = Partial<FactOf<"review">>;
type Incident = Partial<FactOf<"incident">>;

/** Resolved on Tuesday the third, closed on Monday the ninth; the fifth business day after it is Tuesday the tenth. */
const LONG: Incident = { resolvedAt: at("03T14:00"), closedAt: at("09T09:00"), closedBy: "anna" };
const approved = (when: string, more: Review = {}) => review({ approvedBy: "bert", approvedAt: at(when), ...more });

/** One incident with its review, and what is said of it. */
function each(
  policy: PolicyName,
  requirement: string,
  about: Incident,
  cases: readonly (readonly [expected: string, review?: FactOf<"review"> | undefined, more?: Incident])[],
) {
  for (const [expected, own, more] of cases) {
    const answer = judged(policy, requirement, [incident({ ...LONG, ...about, ...more }), ...(own ? [own] : [])]);
    expect(answer.result, `${expected}: ${said(answer)}`).toBe(expected);
  }
}

test("P-01 each Critical and High incident is reviewed within 5 business days, in five parts", () => {
  for (const severity of ["Critical", "High"])
    each("critical-low", EXISTS, { severity }, [["met", review()], ["not_met"]]);
  each("critical-low", EXISTS, { severity: "Medium" }, [["not_applicable"]]);
  each("critical-low", TIMELY, { severity: "High" }, [
    ["met", approved("10T22:59")],
    ["not_met", approved("10T23:00")],
    ["not_met"],
    ["pending", undefined, { resolvedAt: at("04T14:00") }],
  ]);
  const parts = ["timeline", "root cause", "impact", "response", "prevention"];
  each("critical-low", COMPLETE, { severity: "High" }, [
    ["met", review({ sections: parts })],
    ["not_met", review({ sections: parts.slice(1) })],
    ["not_met", review({ sections: parts.slice(0, 4), empty: ["prevention"] })],
  ]);
  expect(choicesIn("critical-low").find(({ refs }) => refs?.includes("P-01"))).toMatchObject({ id: "review-starts" });
});

test("P-02 the review of a Sev1 or Sev2 is in time, named in its record, and says whether controls are strengthened", () => {
  each("sev1-4", TIMELY, { severity: "Sev2" }, [
    ["met", approved("10T10:00")],
    ["not_met", approved("11T10:00")],
  ]);
  const tickets = (own: Review, named: string | null) =>
    judged(
      "sev1-4",
      "a527.review.linked",
      [
        { ...seenIn("tickets"), fact: incident({ ...LONG, severity: "Sev2", review: named }) },
        { ...seenIn("tickets"), fact: review(own) },
      ],
      { sources: [{ id: "tickets", family: "incident-log" }], register: false },
    ).result;
  expect(tickets({}, "REV-1")).toBe("met");
  expect(tickets({}, null)).toBe("not_met");
  expect(tickets({ incident: null }, null), "of no incident that was seen").toBe("indeterminate");
  each("sev1-4", "a527.control_change_decision", { severity: "Sev1" }, [
    ["met", review({ controlChange: "no" })],
    ["not_met", review()],
  ]);
  expect(policyOf("sev1-4").review).toMatchObject({ linked: true, controlDecision: true, keptIn: "object storage" });
});

const seenIn = (instance: string) => ({ instance, entry: 2, item: "a".repeat(64), ordinal: 0 });

test("P-03 a P0, and a P1 of more than an hour, has its review published within 7 business days of resolution", () => {
  const PUBLIC = "a527.public_review";
  // Seven business days after Monday 2 November are over with Wednesday the eleventh.
  const monday = { detectedAt: at("02T09:00"), resolvedAt: at("02T14:00"), closedAt: at("11T11:00") };
  const published = (when: string) => review({ publishedAt: at(when) });
  for (const severity of ["P0", "P1"])
    each("p0-p2", PUBLIC, { severity, ...monday }, [
      ["met", published("11T10:00")],
      ["pending", review()],
    ]);
  const early = { detectedAt: t("2026-10-26T09:00Z"), resolvedAt: t("2026-10-26T14:00Z"), closedAt: at("10T10:00") };
  each("p0-p2", PUBLIC, { severity: "P0", ...early }, [
    ["met", published("04T22:59")],
    ["not_met", published("05T00:30")],
    ["not_met", review()],
  ]);
  const hour = (ms: number) => ({ severity: "P1", detectedAt: at("02T09:00"), resolvedAt: at("02T09:00") + ms });
  each("p0-p2", PUBLIC, { ...hour(HOUR), closedAt: at("02T12:00") }, [["not_applicable"]]);
  each("p0-p2", PUBLIC, { ...hour(HOUR + 1), closedAt: at("02T12:00") }, [["pending"]]);
  each("p0-p2", PUBLIC, { ...monday, severity: "P2" }, [["not_applicable"]]);
  expect(policyOf("p0-p2").publicReview?.place).toBe("/blog/postmortem/<date-slug>");
});

test("P-04 resolved and closed are kept apart, and the conflict between them is printed", () => {
  const RESOLVED = "a526.resolution.timely";
  const CLOSED = "a526.closed.complete";
  const about = { severity: "P0", personalData: "no", verifiedAt: at("03T13:30"), ...LONG } as const;
  // The clock for resolving ends with the service, whenever the review is published.
  each("p0-p2", RESOLVED, { ...about, severity: "P1", resolvedAt: at("03T15:00") }, [["met"]]);
  each("p0-p2", CLOSED, about, [
    ["met", review({ publishedAt: at("09T08:00") })],
    ["not_met", review()],
  ]);
  const ids = choicesIn("p0-p2").filter(({ refs }) => refs?.includes("P-04"));
  expect(ids.map(({ id, improve }) => [id, improve])).toEqual([
    ["resolved-or-closed", true],
    ["lowest-never-resolves", true],
  ]);
});

const TEMPLATE = [
  "what happened",
  "root cause",
  "detection",
  "impact",
  "containment and recovery steps taken",
  "what went well",
  "what to improve",
  "action items",
];

test("P-05 each P1 and P2 is reviewed within 5 business days, by the template with its head", () => {
  each("p1-p4", EXISTS, { severity: "P1" }, [["met", review()], ["not_met"]]);
  each("p1-p4", TIMELY, { severity: "P2" }, [
    ["met", approved("10T10:00")],
    ["not_met", approved("11T10:00")],
  ]);
  each("p1-p4", COMPLETE, { severity: "P2" }, [
    ["met", review({ sections: TEMPLATE })],
    ...TEMPLATE.map((left) => ["not_met", review({ sections: TEMPLATE.filter((one) => one !== left) })] as const),
  ]);
  const HEAD = "a527.review.header";
  const whole = { severity: "P2", title: "Outage", author: "anna", date: at("05T10:00") };
  each("p1-p4", HEAD, { severity: "P2" }, [
    ["met", review(whole)],
    ["not_met", review({ ...whole, author: null })],
    ["not_met", review({ ...whole, date: null })],
    ["not_met", review({ ...whole, severity: " " })],
    ["indeterminate", review(whole), { detectedAt: null, createdAt: at("03T10:00") }],
  ]);
  expect(word("critical-low", HEAD, [incident({ severity: "High", ...LONG }), review(whole)])).toBe("not_applicable");
});

test("P-06 each action of a review says what is done, by whom and by when, and is not overdue", () => {
  const one = { item: "Harden it", owner: "anna", due: "2026-11-20" };
  each("p1-p4", "a527.actions.assigned", { severity: "P2" }, [
    ["met", review({ actions: [one] })],
    ["not_met", review({ actions: [one, { ...one, owner: null }] })],
    ["not_met", review({ actions: [{ ...one, due: " " }] })],
  ]);
  const overdue = judged("p1-p4", "a527.actions.closed", [action()]);
  expect([overdue.result, said(overdue)]).toEqual([
    "not_met",
    expect.stringContaining("was due by the end of 8 Nov 2026"),
  ]);
  expect(policyOf("p1-p4").review?.keptIn).toBe("docs/audit/incidents/");
});

test("P-07 every incident has a review, and its actions are followed to their end with something that shows it", () => {
  for (const severity of ["Critical", "Low"])
    each("critical-low-untimed", EXISTS, { severity }, [["met", review()], ["not_met"]]);
  const DONE = "a527.actions.closed";
  expect(word("critical-low-untimed", DONE, [action({ doneAt: at("08T10:00") })])).toBe("met");
  expect(word("critical-low-untimed", DONE, [action({ doneAt: at("09T10:00") })])).toBe("not_met");
  expect(word("critical-low-untimed", DONE, [action({ due: at("20T00:00") })])).toBe("pending");
  const anew = (when: string) => action({ replanned: [{ at: at(when), due: at("20T00:00"), reason: "supplier" }] });
  expect(word("critical-low-untimed", DONE, [anew("08T10:00")]), "planned anew before").toBe("pending");
  expect(word("critical-low-untimed", DONE, [anew("09T10:00")]), "and after it was due").toBe("not_met");
  const SHOWN = "a527.actions.shown";
  expect(word("critical-low-untimed", SHOWN, [action({ doneAt: at("08T10:00"), evidence: 1 })])).toBe("met");
  const bare = judged("critical-low-untimed", SHOWN, [action({ doneAt: at("08T10:00") })]);
  // Good practice: told with its number, and no failure.
  expect([bare.result, bare.n, bare.of]).toEqual(["no_target", 0, 1]);
});

test("P-08 the procedure is reviewed after a Sev1", () => {
  const AFTER = "a524.policy.reviewed_after_incident";
  const closed = incident({ severity: "Sev1", ...OVER });
  const held = (type: string, when: string) =>
    fact("activity", "REV-9", {
      kind: "activity",
      type,
      title: "Review of the procedure",
      at: at(when),
      participants: [],
      incidents: ["INC-1"],
      documented: true,
      approvedBy: "anna",
      approvedAt: at(when),
      values: {},
    });
  expect(word("sev1-4", AFTER, [incident({ severity: "Sev2", ...OVER })])).toBe("not_applicable");
  expect(word("sev1-4", AFTER, [closed])).toBe("pending");
  const reviewed = [closed, held("procedure-review", "05T10:00")];
  expect(word("sev1-4", AFTER, reviewed)).toBe("met");
  expect(word("sev1-4", AFTER, [closed, held("training", "05T10:00")]), "another activity").toBe("pending");
  const mend = (text: string) => text.replace("after: [Sev1],", "after: [Sev1], within: 24h,");
  expect(word("sev1-4", AFTER, reviewed, { mend }), "rules with a number").toBe("not_met");
});

test("P-09 a compromised secret, or access between organisations, is reviewed whatever its level", () => {
  for (const tag of ["secret-compromise", "cross-org-access"]) {
    const about = tagged("P4", [tag], LONG);
    expect(word("p1-p4", EXISTS, [about, review()]), tag).toBe("met");
    expect(word("p1-p4", EXISTS, [about]), tag).toBe("not_met");
    expect(word("p1-p4", TIMELY, [about, approved("11T10:00")]), tag).toBe("not_met");
  }
  expect(word("p1-p4", EXISTS, [tagged("P4", ["bad-deploy"], LONG)])).toBe("not_applicable");
});
