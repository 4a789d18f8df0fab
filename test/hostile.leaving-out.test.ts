import { expect, test } from "vitest";
import { withEarlierLooks } from "../src/assess/earlier-looks.ts";
import { performance } from "../src/assess/performance.ts";
import { judgeReview } from "../src/assess/review-clock.ts";
import { type FactOf, type Observed, wholeFact } from "../src/evidence/fact.ts";
import type { Instant } from "../src/lib/time.ts";
import { PolicyTimeline } from "../src/policy/timeline.ts";
import { AS_OF, at, fact, incident, judged, MINUTE, PERIOD, rulesOf, said } from "./support/acceptance.ts";
import { seen } from "./support/assessing.ts";
import { t } from "./support/entries.ts";
import { logged, shippedPolicy } from "./support/rules.ts";

/** Leaving something out, closing, asking about another period or writing a new version makes nothing better than it was. */

const RESPONSE = "a526.response.timely";
const SETTING = { sources: [{ id: "tickets", family: "incident-log" }], register: false };
const FOLDER = { sources: [{ id: "tickets", family: "incident-log", use: "incident-log/markdown" }], register: false };
const look = (found: FactOf<"incident"> | FactOf<"review">, entry: number, when?: Instant): Observed =>
  seen(found, { instance: "tickets", entry, ordinal: 0, ...(when === undefined ? {} : { capturedAt: when }) });

test("an incident that is closed after its time without the time recorded is missed, as it was while it was open", () => {
  const word = (fields: Partial<FactOf<"incident">>) =>
    judged("sev1-4", RESPONSE, [incident({ severity: "Sev1", ...fields })]);
  expect(word({}).result).toBe("not_met");
  const closed = word({ closedAt: at("03T12:00") });
  expect(closed.result).toBe("not_met");
  expect(said(closed)).toMatch(/closed after 2 h without the time recorded at which it was responded to/);
  // By its date alone it may have been closed in time.
  expect(word({ closedAt: at("03T00:00"), precision: { closedAt: 86_400_000 } }).result).toBe("no_data");
  const early = word({ closedAt: at("03T10:15") });
  expect(early.result).toBe("no_data");
  expect(said(early)).toMatch(/closed without the time recorded/);
});

test("of a source that never tells a time it says nothing that it is missing, unless everything can be written there", () => {
  const about = incident({ severity: "Sev1", closedAt: at("03T12:00") });
  expect(judged("sev1-4", RESPONSE, [look(about, 3)], SETTING).result).toBe("no_data");
  expect(judged("sev1-4", RESPONSE, [look(about, 3)], FOLDER).result).toBe("not_met");
  // Told once, of whatever incident and in whatever period, it can be told.
  const old = t("2026-03-03T10:00Z");
  const other = incident(
    { severity: "Sev1", detectedAt: old, respondedAt: old + MINUTE, closedAt: old + 5 * MINUTE },
    "INC-0",
  );
  expect(judged("sev1-4", RESPONSE, [look(about, 3), look(other, 3)], SETTING).result).toBe("not_met");
});

test("a review is late from when the incident was closed, also where nobody says when it was over", () => {
  const REVIEW = "a527.review.timely";
  const about = incident({
    severity: "Sev1",
    detectedAt: t("2026-10-20T10:00Z"),
    respondedAt: t("2026-10-20T10:01Z"),
    closedAt: t("2026-11-02T10:00Z"),
  });
  const answer = judged("sev1-4", REVIEW, [about]);
  expect(answer.result).toBe("not_met");
  expect(said(answer)).toMatch(/counted from when it was closed/);
  expect(judged("sev1-4", REVIEW, [{ ...about, closedAt: at("06T10:00") }]).result).toBe("no_data");
});

test("updates that were missed while it was open stay missed where it is closed without its end", () => {
  const message = {
    at: at("03T10:10"),
    channel: "status-page",
    audience: "public",
    purpose: "update",
    reached: null,
    of: null,
  };
  const about = (closedAt: Instant) =>
    incident({ severity: "P0", acknowledgedAt: at("03T10:10"), closedAt, messages: [message] as never });
  const word = (closedAt: Instant) => judged("p0-p2", "a526.updates.cadence", [about(closedAt)]);
  expect(word(at("03T14:00")).result).toBe("not_met");
  expect(said(word(at("03T14:00")))).toMatch(/counted until it was closed/);
  expect(word(at("03T11:00")).result).toBe("no_data");
});

const RESOLVED = t("2026-11-02T10:00Z");
const done = incident({
  severity: "Sev1",
  respondedAt: at("03T10:01"),
  detectedAt: at("01T10:00"),
  resolvedAt: RESOLVED,
  closedAt: RESOLVED,
});
const review = (fields: Partial<FactOf<"review">> = {}) =>
  wholeFact<"review">({
    ...{ kind: "review", id: "R-1", title: "R", incident: "INC-1", severity: "Sev1", author: "A", date: null },
    ...{ approvedBy: "B", sections: [], empty: [], actions: [] },
    ...fields,
  } as never);

test("an approval without a date was given between the last look without it and the first with it", () => {
  const rules = rulesOf("sev1-4");
  const word = (approvedSeen: FactOf<"review">["approvedSeen"], date: Instant | null = null, asOf = t("2026-12-20")) =>
    judgeReview(done, "review", [review({ date, approvedSeen })], rules, asOf).verdict;
  // Due with the end of the 9th; by the latest reading of a calendar without holidays of 2026 some weeks later.
  const shown = (to: Instant, from: Instant | null = null) => ({
    entry: 9,
    to,
    without: from === null ? null : 7,
    from,
  });
  const early = word(shown(t("2026-11-06T10:00Z")));
  expect(early.word, early.what).toBe("ok");
  expect(early.what).toMatch(/record 9 of 2026-11-06 .* is the first that shows it/);
  expect(early).toMatchObject({ exact: false, ended: true, took: undefined });
  expect(word(shown(t("2026-12-15T10:00Z"))).word).toBe("unclear");
  const late = word(shown(t("2026-12-18T10:00Z"), t("2026-12-17T10:00Z")));
  expect(late.word, late.what).toBe("bad");
  expect(late.what).toMatch(/record 7 of 2026-12-17 .* does not/);
  expect(word(shown(t("2026-12-18T10:00Z")), t("2026-12-17")).word, "dated after it was due").toBe("bad");
  const both = word(shown(t("2026-12-18T10:00Z"), t("2026-12-17T10:00Z")), t("2026-11-03"));
  expect(both.word, "its date alone would say that it may have been in time").toBe("bad");
  // A date that is later than the look that shows it says nothing.
  expect(word(shown(t("2026-11-06T10:00Z")), t("2026-12-17")).word).toBe("ok");
  expect(word(undefined).word).toBe("no_data");
});

test("looks at a register date the approvals in it that bear no time", () => {
  const on = (day: string) => t(`2026-11-${day}T08:00Z`);
  const looks = (...reviews: [entry: number, day: string, by: string | null][]) => [
    look(done, 3),
    ...reviews.map(([entry, day, by]) => look(review({ approvedBy: by }), entry, on(day))),
  ];
  const answer = (...reviews: Parameters<typeof looks>) =>
    judged("sev1-4", "a527.review.timely", looks(...reviews), SETTING);
  expect(answer([4, "05", null], [5, "06", "B"], [6, "10", "B"]).result).toBe("met");
  expect(answer([4, "05", null], [5, "10", "B"]).result).not.toBe("met");
  // Taken back and given anew, it stands since then only.
  expect(answer([4, "05", "B"], [5, "06", null], [6, "10", "B"]).result).not.toBe("met");
});

test("an approval that is dated before a look that did not show it was given after that look", () => {
  const judge = (about: FactOf<"review">) =>
    judgeReview(done, "review", [about], rulesOf("sev1-4"), t("2026-12-20")).verdict;
  /** The verdict after these looks, the last of which is the newest word. */
  const after = (...looks: [when: string, approvedAt: string | null, precision?: number][]) => {
    const facts = looks.map(([when, approvedAt, precision = 1], i) => {
      const approval = { approvedBy: approvedAt && "B", approvedAt: approvedAt && t(approvedAt) };
      return look(review({ ...approval, precision: { approvedAt: precision } } as never), 4 + i, t(when));
    });
    const [newest] = withEarlierLooks(facts, facts.slice(-1), new Map());
    return judge(newest?.fact as FactOf<"review">);
  };
  const CLAIM = "2026-11-04T09:00Z";
  // Due with the end of the 9th; by the latest reading of a calendar without holidays of 2026 some weeks later.
  expect(after(["2026-12-18T08:00Z", CLAIM]).word, "no look speaks against it").toBe("ok");
  const backdated = after(["2026-12-17T08:00Z", null], ["2026-12-18T08:00Z", CLAIM]);
  expect(backdated, backdated.what).toMatchObject({ word: "bad", took: undefined });
  expect(backdated.what).toMatch(
    /by its own words on 2026-11-04 .*: record 5 of 2026-12-18 .* is the first that shows it, record 4 of 2026-12-17 .* does not/,
  );
  expect(after(["2026-11-04T12:00Z", null], ["2026-11-05T12:00Z", CLAIM]).word, "both in time").toBe("ok");
  expect(after(["2026-11-05T12:00Z", null], ["2026-12-18T08:00Z", CLAIM]).word).toBe("unclear");
  const between = after(["2026-11-03T12:00Z", null], ["2026-12-18T08:00Z", CLAIM]);
  expect(between.word, "a date between the two looks").toBe("ok");
  expect(between.what).not.toMatch(/by its own words/);
  const again = after(["2026-11-05T08:00Z", CLAIM], ["2026-12-17T08:00Z", null], ["2026-12-18T08:00Z", CLAIM]);
  expect(again.word, "taken back between").toBe("bad");
  const day = after(["2026-12-17T08:00Z", null], ["2026-12-18T08:00Z", "2026-12-16T23:00Z", 86_400_000]);
  expect(day.word, "of a whole day the part after the look").toBe("bad");
  const long = after(["2025-06-01T12:00Z", null], ["2026-12-18T08:00Z", "2025-05-01T12:00Z"]);
  expect(long.word, long.what).toBe("no_data");
  // What was not in its source yet may have been approved elsewhere by then; it is not shown.
  const [to, from] = [t("2026-12-18T08:00Z"), t("2026-12-17T08:00Z")];
  const absent = (claim: string) =>
    judge(review({ approvedAt: t(claim), approvedSeen: { entry: 9, to, without: 7, from, absent: true } }));
  expect(absent(CLAIM)).toMatchObject({ word: "unclear", took: undefined });
  expect(absent(CLAIM).what).toMatch(/record 7 of 2026-12-17 .* is without the review/);
  expect(absent("2026-12-16T23:30Z").word).toBe("bad");
});

test("where only holidays that nobody listed could save it, how many that takes is told", () => {
  const approvedAt = t("2026-11-11T09:00Z");
  const late = judgeReview(done, "review", [review({ date: approvedAt, approvedAt })], rulesOf2("[]"), AS_OF).verdict;
  expect(late.word, late.what).toBe("unclear");
  expect(late.what).toMatch(/in time only if at least 2 more of these days were holidays/);
});

test("what only unlisted holidays could save is not met where the organisation itself accepted that it is not", () => {
  const REVIEW = "a527.review.timely";
  const approvedAt = t("2026-11-10T09:00Z");
  const facts = [done, review({ date: approvedAt, approvedAt })];
  const waiver = {
    ...{ id: "WVR-1", index: 9, granted: at("10T12:00"), until: t("2026-12-31"), requirement: REVIEW },
    ...{ incidents: ["INC-1"], earlier: false, owner: "k", by: "k", revoked: undefined },
  };
  const answer = (over: Partial<typeof waiver> = {}) =>
    judged(rulesOf2("[]"), REVIEW, facts, { waivers: [{ ...waiver, ...over }] });
  const open = judged(rulesOf2("[]"), REVIEW, facts);
  expect(open.result, said(open)).toBe("indeterminate");
  expect(open.notes.join()).toMatch(/your rules do not list the holidays of their calendar .* decide 1 incident/);
  expect(answer()).toMatchObject({ result: "waived", waived: [{ waiver: "WVR-1", n: 1, ids: ["INC-1"] }] });
  expect(said(answer())).toMatch(/not met by the organisation's own words: WVR-1 accepts it \(record 9\)/);
  const over = answer({ until: at("10T13:00") });
  expect([over.result, over.waived], "it was said, and covers no more").toEqual(["not_met", undefined]);
  for (const other of [{ incidents: [] }, { incidents: ["INC-2"] }, { requirement: "a527.review.exists" }])
    expect(answer(other).result).toBe("indeterminate");
  expect(answer({ revoked: { index: 10, at: at("10T13:00") } as never }).result, "taken back").toBe("indeterminate");
});

/** With this list of holidays. */
function rulesOf2(holidays: string) {
  return new PolicyTimeline([
    logged(shippedPolicy("sev1-4", (text) => text.replace(/holidays: .*/, `holidays: ${holidays}`))),
  ]);
}

const alert = (startsAt: Instant) =>
  fact("alert", "a", { name: "Down", startsAt, endsAt: startsAt + MINUTE, state: "resolved" });
const WATCH = { sources: [{ id: "prom", family: "alert-history" }] };

test("an alert that nobody decided about is overdue by the rules' own time for deciding, whenever the period ends", () => {
  const word = (startsAt: Instant, period = PERIOD, policy: "sev1-4" | "p1-p4" = "sev1-4") =>
    judged(policy, "a525.alerts.decided", [seen(alert(startsAt), { instance: "prom" })], { ...WATCH, period });
  const longer = { from: PERIOD.from, to: t("2026-12-31") };
  for (const period of [PERIOD, longer]) {
    const old = word(at("05T10:00"), period, "p1-p4");
    expect(old.result, said(old)).toBe("not_met");
    expect(said(old)).toMatch(/your rules leave within 1bd at most for deciding/);
    expect(word(at("10T10:00"), period, "p1-p4").result).toBe("pending");
    // Times for a first answer to incidents are no limit for deciding: without one, none is named, and it has its own day.
    for (const day of ["05T10:00", "10T10:00"]) {
      const none = word(at(day), period);
      expect(none.result, said(none)).toBe("not_met");
      expect(said(none)).toMatch(/your rules set no time for deciding/);
      expect(said(none)).not.toMatch(/at most|72h/);
    }
  }
});

test("where the rules set a time for deciding, an alert that was decided later than that fails", () => {
  const decided = (decidedAt: Instant, policy: "sev1-4" | "p1-p4") => {
    const about = { instance: "prom", kind: "alert", id: "a" } as const;
    const decision = { about, decision: "event-only", incident: null, duplicateOf: null, by: "B", rule: null } as const;
    const rest = { decidedAt, reason: "known", supersededAt: null, again: null, together: 1 };
    const facts = [
      seen(alert(at("03T10:00")), { instance: "prom" }),
      seen(fact("decision", "D-1", { ...decision, ...rest }), { instance: "prom" }),
    ];
    return judged(policy, "a525.alerts.decided", facts, WATCH);
  };
  expect(decided(at("04T10:00"), "p1-p4").result).toBe("met");
  const late = decided(at("09T10:00"), "p1-p4");
  expect(late.result, said(late)).toBe("not_met");
  expect(said(late)).toMatch(/decided after 6 d; your rules leave within 1bd at most for deciding/);
  expect(decided(at("09T10:00"), "sev1-4").result, "no number, no limit").toBe("met");
});

test("a month that nobody watched becomes no better when another one is added to it", () => {
  const answered = incident({ severity: "Sev1", respondedAt: at("03T10:01") });
  const old = incident(
    {
      severity: "Sev1",
      detectedAt: t("2026-10-20T10:00Z"),
      respondedAt: t("2026-10-20T10:01Z"),
      closedAt: at("01T10:00"),
    },
    "INC-0",
  );
  const asked = (from: string, to: string) =>
    judged("sev1-4", RESPONSE, [look(answered, 3), look(old, 3)], {
      ...SETTING,
      period: { from: t(from), to: t(to) },
    });
  expect(asked("2026-11-02", "2026-11-11").result).toBe("met");
  const alone = asked("2026-10-01", "2026-10-31");
  const both = asked("2026-10-01", "2026-11-11");
  expect([alone.result, both.result], said(both)).toEqual(["indeterminate", "indeterminate"]);
  expect(said(both)).toMatch(/watched only in part of the period \(tickets since/);
});

test("a review that is overdue is missing, also while its incident is left open", () => {
  const left = { ...done, closedAt: null };
  const both = (about: FactOf<"incident">) =>
    ["a527.review.timely", "a527.review.exists"].map((id) => judged("sev1-4", id, [about]).result);
  expect(both(left)).toEqual(["not_met", "not_met"]);
  expect(both({ ...left, resolvedAt: at("09T10:00") })).toEqual(["pending", "pending"]);
});

test("incidents that Custody opened itself give no lengths", () => {
  const about = incident({ severity: "Sev3", origin: "custody", respondedAt: at("03T10:00") });
  const row = performance([seen(about)], rulesOf("sev1-4"), PERIOD, AS_OF).find(({ target }) => target === "respond");
  expect(row).toMatchObject({
    byCustody: true,
    met: 0,
    indeterminate: 1,
    lengths: { exact: 0, median: undefined, worst: undefined },
  });
});

const VERSION = (version: string, effective: string, more = "") =>
  shippedPolicy("sev1-4", (text) =>
    text
      .replace('version: "1.0"', `version: "${version}"`)
      .replace("effectiveFrom: 2025-01-01", `effectiveFrom: ${effective}${more}`),
  );

test("a new version of the procedure does not begin the time for its review anew", () => {
  const newer = logged(VERSION("1.1", "2026-10-01"), t("2026-10-01"), 9);
  const both = new PolicyTimeline([logged(VERSION("1.0", "2025-01-01")), newer]);
  const answer = judged(both, "a524.procedure.reviewed");
  expect(answer.result).toBe("not_met");
  expect(said(answer)).toMatch(/a review was due by 1 Jan 2026/);
  const reviewed = new PolicyTimeline([logged(VERSION("1.0", "2025-01-01", "\n  lastReviewed: 2026-05-05")), newer]);
  expect(judged(reviewed, "a524.procedure.reviewed").result).toBe("met");
});

test("each version that was in force in the period has its head judged", () => {
  const dates = "\n  lastEdited: 2025-01-01\n  lastReviewed: 2026-05-05";
  const good = logged(VERSION("1.1", "2026-10-01", dates), at("05T00:00"), 9);
  const head = (first: string) =>
    judged(
      new PolicyTimeline([
        logged(shippedPolicy("sev1-4", (text) => text.replace("  owner: Founder / CEO\n", first))),
        good,
      ]),
      "a524.procedure.header",
    );
  const answer = head("");
  expect(answer.result).toBe("not_met");
  expect(said(answer)).toMatch(/sev1-4 1.0: the procedure names no owner/);
  expect(head("  owner: CEO\n").result, "when it was reviewed is not said").toBe("indeterminate");
});

test("runs of Custody itself make no failure of other jobs look small", () => {
  const run = (id: string, outcome: "success" | "failure" | "missed", instance: string) =>
    seen(fact("job-run", id, { job: "j", startedAt: at("03T10:00"), endedAt: at("03T10:01"), outcome }), { instance });
  const sources = [
    { id: "jobs", family: "cron-health" },
    { id: "own", family: "cron-health", use: "cron-health/custody" },
  ];
  const own = Array.from({ length: 20 }, (_, i) => run(`own-${i}`, "success", "own"));
  const answer = judged("sev1-4", "a536.jobs.ran", [run("1", "missed", "jobs"), run("2", "success", "jobs"), ...own], {
    sources,
  });
  expect(answer.reason).toMatch(/^1 of 2 job runs ended as missed/);
  expect(answer.reason).toMatch(/20 runs of Custody itself that went well are in none of these numbers/);
  const failed = judged("sev1-4", "a536.jobs.ran", [run("2", "success", "jobs"), run("f", "failure", "own"), ...own], {
    sources,
  });
  expect(failed.reason).toMatch(
    /21 runs of Custody itself are in none of these numbers \(1 failure; none ended as missed\)/,
  );
  expect(failed.reason).not.toMatch(/went well/);
  const wrong = judged("sev1-4", "a536.jobs.ran", [run("2", "success", "jobs"), run("own", "missed", "own")], {
    sources,
  });
  expect([wrong.result, wrong.n, wrong.of]).toEqual(["not_met", 1, 1]);
  expect(wrong.reason).toMatch(/in none of these numbers, 1 of 1 run of Custody itself ended as missed/);
  expect(wrong.failing.map(({ what }) => what)).toEqual(["of Custody itself: j of 3 Nov 2026: missed"]);
  const both = judged("sev1-4", "a536.jobs.ran", [run("1", "missed", "jobs"), run("own", "missed", "own"), ...own], {
    sources,
  });
  expect([both.n, both.of, both.failing.map(({ what }) => what)]).toEqual([
    0,
    1,
    ["j of 3 Nov 2026: missed", "of Custody itself: j of 3 Nov 2026: missed"],
  ]);
});
