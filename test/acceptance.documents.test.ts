import { expect, test } from "vitest";
import type { AddedFile } from "../src/assess/conduct-shown.ts";
import type { FactOf } from "../src/evidence/fact.ts";
import { PolicyTimeline } from "../src/policy/timeline.ts";
import { rulesText } from "../src/report/rules-text.ts";
import { AS_OF, at, fact, incident, judged, type PolicyName, rulesOf, said, word } from "./support/acceptance.ts";
import { t } from "./support/entries.ts";
import { logged, shippedPolicy } from "./support/rules.ts";

/** The procedure as a document and who looks after it: the rules G of the acceptance list, by the policies that have them. */

const HEADER = "a524.procedure.header";
const REVIEWED = "a524.procedure.reviewed";

/** With this line instead of that one, which must be there. */
const mend =
  (...changes: readonly (readonly [from: string | RegExp, to: string])[]) =>
  (text: string): string =>
    changes.reduce((left, [from, to]) => {
      const right = left.replace(from, to);
      if (right === left) throw new Error(`the policy has no ${from}`);
      return right;
    }, text);

const held = (type: string, when: string, fields: Partial<FactOf<"activity">> = {}) =>
  fact("activity", `${type}-${when}`, {
    kind: "activity",
    type,
    title: type,
    at: t(when),
    precision: {},
    participants: ["anna"],
    incidents: [],
    documented: true,
    approvedBy: "bert",
    approvedAt: t(when),
    values: {},
    ...fields,
  });

test("G-01 the procedure has an ID, a version, a day from which it holds, an owner and a review cycle", () => {
  const dated = mend(["  review: { every", "  lastEdited: 2025-01-01\n  lastReviewed: 2026-03-01\n  review: { every"]);
  expect(word("sev1-4", HEADER, [], { mend: dated })).toBe("met");
  // Its head names neither day, so nobody knows whether it was edited since its last review.
  expect(said(judged("sev1-4", HEADER))).toMatch(/does not say when it was edited and reviewed last/);
  expect(word("sev1-4", HEADER)).toBe("indeterminate");
  const lines: [string | RegExp, RegExp][] = [
    ["  id: incident-management-procedure\n", /names no ID/],
    ["  owner: Founder / CEO\n", /names no owner/],
    ["  effectiveFrom: 2025-01-01\n", /names no day from which it holds/],
    [/ {2}review: \{ every: 1y.*\n/, /does not say how often it is reviewed/],
  ];
  for (const [line, what] of lines) {
    const answer = judged("sev1-4", HEADER, [], { mend: mend([line, ""]) });
    expect(answer.result).toBe("not_met");
    expect(said(answer)).toMatch(what);
  }
  // Two versions are two texts, each under its own digest.
  const two = rulesOf("sev1-4").all.map(({ digest }) => digest);
  const more = new PolicyTimeline([
    logged(shippedPolicy("sev1-4")),
    logged(shippedPolicy("sev1-4", mend(['version: "1.0"', 'version: "2"'])), at("05T00:00"), 9),
  ]);
  expect(new Set([...two, ...more.all.map(({ digest }) => digest)]).size).toBe(2);
  expect(judged(more, HEADER).reason).toMatch(/sev1-4 2, record 9/);
});

test("a version of the rules is asked once, also where it reaches back or was logged again", () => {
  const policy = shippedPolicy("sev1-4");
  const once = judged(new PolicyTimeline([logged(policy)]), HEADER);
  const back = new PolicyTimeline([logged(policy, at("04T00:00"), 7)]);
  const first = logged(policy);
  const second = logged(policy, at("05T00:00"), 9);
  const again = new PolicyTimeline([
    first,
    { ...second, entry: { ...second.entry, definition: first.entry.definition } },
  ]);
  for (const timeline of [back, again]) {
    const answer = judged(timeline, HEADER);
    expect([answer.result, answer.n, answer.of, answer.failing.length]).toEqual([
      once.result,
      once.n,
      once.of,
      once.failing.length,
    ]);
    expect(answer.reason.match(/sev1-4 1\.0, record/g)).toHaveLength(1);
  }
});

test("G-02 reviewed within its cycle, and after every top-severity incident", () => {
  const cycle = (last: string) =>
    word("sev1-4", REVIEWED, [], { mend: mend(["  review: { every", `  lastReviewed: ${last}\n  review: { every`]) });
  // Looked at in the last moment of the period, which is 11 November in Berlin.
  expect(cycle("2025-11-11")).toBe("met");
  expect(cycle("2025-11-10")).toBe("not_met");
  expect(cycle("2025-11")).toBe("indeterminate");
  expect(word("sev1-4", REVIEWED), "in force since January 2025 and never reviewed").toBe("not_met");
  expect(word("sev1-4", REVIEWED, [held("procedure-review", "2026-03-01T10:00Z")])).toBe("met");
  expect(word("sev1-4", REVIEWED, [held("procedure-review", "2026-03-01T10:00Z", { approvedBy: null })])).toBe(
    "not_met",
  );

  const closed = incident({ severity: "Sev1", resolvedAt: at("04T10:00"), closedAt: at("05T10:00") });
  const within = mend(["after: [Sev1],", "after: [Sev1], within: 2d,"]);
  const after = (...more: FactOf<"activity">[]) =>
    word("sev1-4", "a524.policy.reviewed_after_incident", [closed, ...more], { mend: within });
  expect(after(held("procedure-review", "2026-11-06T10:00Z"))).toBe("met");
  // It counts whenever it was, also when the period that is looked at is over.
  const late = held("procedure-review", "2026-11-11T08:00Z");
  expect(word("sev1-4", "a524.policy.reviewed_after_incident", [closed, late])).toBe("met");
  expect(after(late)).toBe("not_met");
  expect(word("sev1-4", "a524.policy.reviewed_after_incident", [closed]), "no number is set").toBe("pending");
  // Without a number of its own it waits for the yearly review, and no longer; one that nobody approved is named.
  const AFTER = "a524.policy.reviewed_after_incident";
  const year = (day: string, more: readonly FactOf<"activity">[] = [], mended?: (text: string) => string) =>
    judged("sev1-4", AFTER, [closed, ...more], { asOf: t(`${day}T12:00Z`), ...(mended ? { mend: mended } : {}) });
  expect([year("2027-11-05").result, year("2027-11-07").result]).toEqual(["pending", "not_met"]);
  const unapproved = held("procedure-review", "2026-11-06T10:00Z", { approvedBy: null });
  expect(said(year("2026-11-10", [unapproved]))).toMatch(/of 6 Nov 2026 is not approved, and counts for nothing/);
  const never = mend(["every: 1y, ", ""]);
  expect(year("2027-11-07", [], never)).toMatchObject({ result: "no_target" });
  expect(said(judged("sev1-4", REVIEWED, [unapproved], { asOf: t("2026-11-10T12:00Z") }))).toMatch(
    /never reviewed; .* of 6 Nov 2026 is not approved/,
  );
  expect(after(held("procedure-review", "2026-11-04T10:00Z"))).toBe("not_met");
  expect(after()).toBe("not_met");
  const lesser = incident({ severity: "Sev2", resolvedAt: at("04T10:00"), closedAt: at("05T10:00") });
  expect(word("sev1-4", "a524.policy.reviewed_after_incident", [lesser])).toBe("not_applicable");
});

test("G-03 the head shows owner, last edit and last review, and what was edited since is told", () => {
  expect(word("p1-p4", HEADER)).toBe("met");
  const reviewed = (day: string) =>
    judged("p1-p4", HEADER, [], { mend: mend(["lastReviewed: 2026-03-26", `lastReviewed: ${day}`]) });
  expect(reviewed("2026-04-01").result).toBe("met");
  const before = reviewed("2026-03-25");
  expect(before.result).toBe("indeterminate");
  expect(said(before)).toMatch(/edited since its last review/);
  expect(reviewed("2027-01-01").result, "a review that is still to come").toBe("not_met");
  expect(word("p1-p4", HEADER, [], { mend: mend(["  lastReviewed: 2026-03-26\n", ""]) })).toBe("not_met");
});

test("G-04 a month is taken for some day of it, and is old only when the whole month is", () => {
  expect(word("critical-low-untimed", HEADER), "its last review is not said").toBe("indeterminate");
  expect(word("critical-low-untimed", HEADER, [held("procedure-review", "2026-03-01T10:00Z")])).toBe("met");
  expect(word("critical-low-untimed", HEADER, [], { mend: mend(["  lastEdited: 2025-03\n", ""]) })).toBe("not_met");
  const month = (last: string) =>
    word("critical-low-untimed", REVIEWED, [], {
      mend: mend(
        ["  lastEdited: 2025-03\n", `  lastEdited: 2025-03\n  lastReviewed: ${last}\n`],
        ["  review: { says:", "  review: { every: 12mo, says:"],
      ),
    });
  expect(month("2025-12")).toBe("met");
  expect(month("2025-11")).toBe("indeterminate");
  expect(month("2025-10")).toBe("not_met");
  expect(word("critical-low-untimed", REVIEWED), "it names no interval").toBe("not_applicable");
});

test("G-05 names that nobody filled in are a gap in the design", () => {
  const open = judged("p1-p4", "a524.roles.named");
  expect(open.result).toBe("not_met");
  expect(open.failing).toHaveLength(2);
  expect(said(open)).toMatch(/nobody is named as "primary-on-call" \(\[assign name\/role\]\)/);
  const named = mend(
    ['primary-on-call: "[assign name/role]"', "primary-on-call: Anna Muster"],
    ['secondary-on-call: "[assign name/role]"', "secondary-on-call: head of operations"],
  );
  expect(word("p1-p4", "a524.roles.named", [], { mend: named })).toBe("met");
  // Every other place that is left open is found as well; that alone is good practice.
  const places = judged("p1-p4", "a524.policy.no_placeholders");
  expect(places.result).toBe("no_target");
  expect(said(places)).toMatch(/onCall\.named\.primary-on-call: not filled in yet/);
  const filled = (text: string) => named(text).replaceAll(/"\[[^\]]+\]"/g, "2026-01-01");
  expect(word("p1-p4", "a524.policy.no_placeholders", [], { mend: filled })).toBe("met");
});

test("G-06 rules without numbers: how long it took is told, without a verdict", () => {
  const answered = incident({ severity: "High", respondedAt: at("03T10:43") });
  const answer = judged("critical-low-untimed", "a526.response.timely", [answered]);
  expect(answer.result).toBe("no_target");
  expect(answer.cases?.[0]?.verdict).toMatchObject({ took: 43 * 60_000, word: "no_target" });
  const design = judged("critical-low-untimed", "a524.severity.defined");
  expect(design.result, "a place to improve, no failure").toBe("no_target");
  expect(said(design)).toMatch(/no deadline with a number for Critical/);
  expect(word("sev1-4", "a524.severity.defined")).toBe("met");
});

test("G-07 the runbook that says whom to call was shown, dated, with the people in it", () => {
  const shown = (...facts: FactOf<"activity">[]) => word("critical-low-untimed", "a524.runbook.shown", facts);
  expect(shown(held("contact-check", "2026-09-01T10:00Z"))).toBe("met");
  expect(shown(held("contact-check", "2026-09-01T10:00Z", { documented: false }))).toBe("not_met");
  expect(shown(held("contact-check", "2026-09-01T10:00Z", { participants: [] }))).toBe("not_met");
  expect(shown(), "nobody showed one").toBe("no_data");
  expect(word("sev1-4", "a524.runbook.shown"), "these rules speak of none").toBe("not_applicable");
});

const LEVELS: readonly [PolicyName, readonly string[]][] = [
  ["critical-low-untimed", ["triage-owner", "incident-lead", "next-backup"]],
  ["p1-p4", ["primary-on-call", "secondary-on-call"]],
];

/** What the levels of a policy need to be named, and that being reachable is never claimed without a roster. */
function levelsNamed(name: PolicyName): void {
  const [, levels = []] = LEVELS.find(([one]) => one === name) ?? [];
  expect(shippedPolicy(name).upkeep.onCall).toMatchObject({ levels, continuous: true });
  expect(levels.length).toBeGreaterThanOrEqual(2);
  expect(judged(name, "a524.roles.staffed")).toMatchObject({ result: "no_data" });
  expect(judged(name, "a524.roles.staffed").reason).toMatch(/nothing connected feeds this/);
}

test("G-08 an ordered chain of people to escalate to, each level named", () => {
  levelsNamed("critical-low-untimed");
  expect(shippedPolicy("critical-low-untimed").escalation?.chain).toEqual([
    "triage-owner",
    "incident-lead",
    "next-backup",
    "leadership",
  ]);
  const names = (text: string) =>
    mend([
      "levels: [triage-owner, incident-lead, next-backup],",
      `levels: [triage-owner, incident-lead, next-backup], named: ${text},`,
    ]);
  const named = (text: string) => word("critical-low-untimed", "a524.roles.named", [], { mend: names(text) });
  expect(named("{ triage-owner: support lead, incident-lead: head of engineering, next-backup: founder }")).toBe("met");
  expect(named("{ triage-owner: support lead, incident-lead: head of engineering, next-backup: TBD }")).toBe("not_met");
  expect(word("critical-low-untimed", "a524.roles.named"), "it may stand in a roster").toBe("indeterminate");
});

test("G-09 a first and a second level on call, and the channels on which alerts arrive", () => {
  levelsNamed("p1-p4");
  const policy = shippedPolicy("p1-p4");
  expect(policy.upkeep.onCall?.alertChannels).toEqual(["error-tracker", "chat"]);
  expect(policy.communications?.channels.map(({ id }) => id)).toEqual(
    expect.arrayContaining(["error-tracker", "chat"]),
  );
  const tested = (days: readonly { from: number; to: number }[]) =>
    word("p1-p4", "a816.alerts.tested", [], {
      period: { from: t("2026-10-01"), to: t("2026-11-01") },
      signOffs: days.map((window) => ({
        entry: 20,
        at: at("02T08:00"),
        subject: "test-alert",
        window,
        requirements: ["a816.alerts.tested"],
        seen: 12,
        by: { id: "p-anna", role: "owner", name: "anna" },
      })),
    });
  expect(tested([{ from: t("2026-10-01"), to: t("2026-11-01") }])).toBe("met");
  expect(tested([])).toBe("no_data");
});

test("G-10 the documents that the procedure relies on are there", () => {
  const added = (name: string, size = 100, when = at("02T10:00")): AddedFile => ({ name, size, at: when, entry: 7 });
  const five = [
    "production-runbook.md",
    "secrets-management.md",
    "access-control-policy.md",
    "Backup restore and DR.pdf",
    "vulnerability-management.md",
  ].map((name) => added(name));
  const links = (files: readonly AddedFile[]) => judged("p1-p4", "a524.policy.links_resolve", [], { files });
  const whole = links(five);
  expect(whole.result, said(whole)).toBe("met");
  expect(whole.entries).toContain(7);
  const without = links(five.slice(1));
  expect(without).toMatchObject({ result: "no_data", n: 4, of: 5 });
  expect(said(without)).toMatch(/Production runbook \(docs\/ops\/production-runbook\.md\) was not added/);
  expect(links([...five.slice(1), added("production-runbook.md", 0)]).result, "an empty one").toBe("not_met");
  const later = added("production-runbook.md", 100, AS_OF + 1);
  expect(links([...five.slice(1), later]).result, "added only afterwards").toBe("no_data");
  expect(links([]).result).toBe("no_data");
});

const migrations = mend(
  [/(id: migrations-by-one, .*owner: )"\[owner: role or name\]"/, "$1founder"],
  [/(id: monthly-restore, .*owner: )"\[owner: role or name\]"/, "$1founder, until: 2026-12"],
);

test("G-11 the exception of one founder has an owner, a reason and an end", () => {
  const [exception] = shippedPolicy("p0-p2").exceptions;
  expect(exception).toMatchObject({ id: "migrations-by-one", rule: "second-pair-of-eyes", until: "2027-12-31" });
  const current = (change: (text: string) => string) =>
    judged("p0-p2", "a536.exceptions.current", [], { mend: change });
  expect(current(migrations).result).toBe("met");
  const over = current((text) => mend(["until: 2027-12-31", "until: 2026-11-09"])(migrations(text)));
  expect(over.result).toBe("not_met");
  expect(said(over)).toMatch(/"migrations-by-one" ran out on 9 Nov 2026/);
  expect(said(judged("p0-p2", "a536.exceptions.current"))).toMatch(/"migrations-by-one" names no owner/);
});

test("G-12 a gap that the procedure admits is shown and not hidden", () => {
  const [gap] = shippedPolicy("p0-p2").acceptedGaps;
  expect(gap).toMatchObject({ id: "monthly-restore", about: "restores" });
  const open = judged("p0-p2", "a536.exceptions.current", [], {
    mend: (text) => migrations(text).replace(", until: 2026-12,", ","),
  });
  expect(open.result).toBe("not_met");
  expect(said(open)).toMatch(/"monthly-restore" names no end/);
  expect(word("p0-p2", "a536.exceptions.current", [], { mend: migrations })).toBe("met");
  // As every report prints it with the rules: who, until when, and what about; without an end it says so.
  const { exceptions, notes } = rulesText(shippedPolicy("p0-p2"), AS_OF);
  expect(exceptions.find(({ id }) => id === "monthly-restore")).toMatchObject({
    kind: "accepted-gap",
    about: "restores",
    until: null,
    reason: expect.stringContaining("not done every month"),
  });
  expect(notes).toContainEqual(expect.stringContaining("monthly-restore is accepted without an end"));
});

test("G-13 what the procedure says is collected is set up as often, and ran", () => {
  const register = { id: "incidents", family: "incident-log", cadence: "monthly", days: [5] };
  const jobs = { id: "jobs", family: "cron-health" };
  const collected = (...sources: { id: string; family: string; cadence?: string; days?: number[] }[]) =>
    judged("sev1-4", "a524.collectors.reconciled", [], { sources, register: false });
  expect(collected(register, jobs).result).toBe("met");
  expect(said(collected(jobs))).toMatch(/incident-log: your rules say it is collected monthly, and nothing is set up/);
  expect(said(collected(register, { ...jobs, cadence: "weekly" }))).toMatch(
    /daily by your rules, weekly as it is set up/,
  );
  expect(said(collected(register, { ...jobs, days: [] }))).toMatch(/set up, and nothing was ever collected/);
  for (const sources of [[jobs], [register, { ...jobs, cadence: "weekly" }], [register, { ...jobs, days: [] }]])
    expect(collected(...sources).result).toBe("not_met");
});
