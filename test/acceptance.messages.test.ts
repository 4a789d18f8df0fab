import { expect, test } from "vitest";
import type { FactOf } from "../src/evidence/fact.ts";
import { attestedBy } from "../src/policy/attested.ts";
import { rulesText } from "../src/report/rules-text.ts";
import { reviewFacts } from "../src/reviews/facts.ts";
import { AS_OF, at, HOUR, incident, judged, MINUTE, type PolicyName, said, word } from "./support/acceptance.ts";
import { choicesIn, policyOf } from "./support/acceptance-choices.ts";
import { type Message, message, OVER, report, review, tagged } from "./support/acceptance-records.ts";
import { ActLog } from "./support/acts.ts";
import { signOff } from "./support/assessing.ts";
import { t } from "./support/entries.ts";

const SENT = "a526.communication.sent";
const RHYTHM = "a526.updates.cadence";

type Incident = Partial<FactOf<"incident">>;

/** One incident that is over, with these messages. */
function told(policy: PolicyName, requirement: string, fields: Incident, messages: readonly Message[]) {
  return judged(policy, requirement, [incident({ ...OVER, ...fields, messages: [...messages] })]);
}

/** The same, as pairs of what is expected and what was sent. */
function each(
  policy: PolicyName,
  requirement: string,
  fields: Incident,
  cases: readonly (readonly [expected: string, ...messages: Message[]])[],
) {
  for (const [expected, ...messages] of cases) {
    const answer = told(policy, requirement, fields, messages);
    expect(answer.result, `${expected}: ${said(answer)}`).toBe(expected);
  }
}

const email = (when = "03T10:30", more: Partial<Message> = {}) => message(when, "email", more);
const page = (when = "03T10:20", more: Partial<Message> = {}) =>
  message(when, "status-page", { audience: "public", ...more });

test("M-01 each severity is told over the channels of the table", () => {
  each("critical-low", SENT, { severity: "Critical" }, [
    ["met", email(), page()],
    ["not_met", email()],
    ["not_met", page()],
  ]);
  each("critical-low", SENT, { severity: "High" }, [
    ["met", email(), page()],
    ["not_met", email()],
  ]);
  const MEDIUM = { severity: "Medium", tags: ["user-visible"] };
  each("critical-low", SENT, MEDIUM, [["met", page()], ["not_met", email()], ["not_met"]]);
  each("critical-low", SENT, { severity: "Low" }, [["not_applicable"]]);
  const open = incident({ severity: "Critical" });
  expect(word("critical-low", SENT, [open]), "nobody is late while it goes on").toBe("pending");
  const unnamed = message("03T10:30", "email", { audience: null });
  expect(told("critical-low", SENT, { severity: "Critical" }, [unnamed, page()]).result).toBe("indeterminate");
});

test("M-02 nothing is said about incidents on social media", () => {
  const CHANNELS = "a526.comms.forbidden_channel";
  each("critical-low", CHANNELS, { severity: "High" }, [
    ["met", email()],
    ["not_met", email(), message("03T12:00", "social")],
    ["indeterminate", message("03T12:00", "megaphone")],
  ]);
});

test("M-03 of incidents that hit many a summary is published with timeline, cause and prevention", () => {
  const SUMMARY = "a526.communication.summary";
  const BROAD = { severity: "High", tags: ["broad-impact"] };
  each("critical-low", SUMMARY, BROAD, [
    ["met", page("04T10:00", { purpose: "summary" })],
    ["not_met", page("04T10:00", { purpose: "update" })],
    ["not_met", email("04T10:00", { purpose: "summary", audience: "internal" })],
  ]);
  each("critical-low", SUMMARY, { severity: "High" }, [["not_applicable", page()]]);
  const about = incident({ ...BROAD, ...OVER });
  const published = (sections: readonly string[]) =>
    word("critical-low", SUMMARY, [about, review({ publishedAt: at("05T10:00"), sections: [...sections] })]);
  expect(published(["timeline", "root cause", "prevention"])).toBe("met");
  expect(published(["timeline", "root cause"])).toBe("not_met");
});

/** Updates on the status page, every so many minutes from eleven to two. */
const hourly = (minutes: number, count: number) =>
  Array.from({ length: count }, (_, i) =>
    page("03T11:00", { purpose: "update", at: at("03T10:30") + (i + 1) * minutes * MINUTE }),
  );

test("M-04 updates come every hour, and once per business day for the least severity, even without news", () => {
  const P0 = { severity: "P0", acknowledgedAt: at("03T10:30"), resolvedAt: at("03T14:00") };
  each("p0-p2", RHYTHM, P0, [
    ["met", ...hourly(60, 3)],
    ["not_met", ...hourly(61, 3)],
    ["not_met", ...hourly(60, 2)],
    ["met", ...hourly(30, 6)],
  ]);
  each("p0-p2", RHYTHM, { ...P0, severity: "P1" }, [["not_met", page("03T11:00")]]);
  // 3 November 2026 is a Tuesday: one update on Wednesday, and on the day on which it is resolved.
  const P2 = { severity: "P2", acknowledgedAt: at("03T10:30"), resolvedAt: at("05T15:00"), closedAt: at("05T16:00") };
  const days = (...when: string[]) => when.map((one) => page(one));
  each("p0-p2", RHYTHM, P2, [
    ["met", ...days("03T11:00", "04T09:00", "05T09:00")],
    ["not_met", ...days("03T11:00", "05T09:00")],
  ]);
  const coarse = incident({ ...OVER, ...P0, messages: hourly(60, 3), precision: { "messages.1": 10 * MINUTE } });
  expect(word("p0-p2", RHYTHM, [coarse]), "not known to the minute").toBe("indeterminate");
});

test("M-05 acknowledged is public: on the status page and by e-mail, and the later of the two counts", () => {
  const ACK = "a526.acknowledgement.timely";
  const P1 = { severity: "P1", acknowledgedAt: at("03T10:05") };
  each("p0-p2", ACK, P1, [
    ["met", page("03T10:10"), email("03T10:30")],
    ["not_met", page("03T10:10"), email("03T10:31")],
  ]);
  // The recorded time alone is none.
  expect(told("p0-p2", ACK, P1, [page("03T10:10")]).result).not.toBe("met");
  each("p0-p2", SENT, { severity: "P1" }, [
    ["met", page("03T10:10", { purpose: "acknowledgement" }), email("03T10:30", { purpose: "acknowledgement" })],
    ["not_met", page("03T10:10", { purpose: "acknowledgement" })],
  ]);
});

test("M-06 the status page comes first, then e-mail; that e-mail is independent is confirmed by a person", () => {
  const ORDER = "a526.comms.order";
  each("p0-p2", ORDER, { severity: "P1" }, [
    ["met", page("03T10:10"), email("03T10:30")],
    ["not_met", page("03T10:40"), email("03T10:30")],
    ["not_met", email("03T10:30")],
  ]);
  const coarse = incident({
    severity: "P1",
    ...OVER,
    messages: [page("03T10:00"), email("03T10:30")],
    precision: { "messages.0": HOUR },
  });
  expect(word("p0-p2", ORDER, [coarse])).toBe("indeterminate");

  const OWN = "a526.comms.independent";
  const year = { from: t("2026-01-01"), to: t("2027-01-01") };
  expect(word("p0-p2", OWN, [], { register: false })).toBe("no_data");
  const confirmed = signOff({ subject: "independent-channel", window: year, requirements: [], at: year.to });
  const zone = { register: false, signOffs: [confirmed], period: year, asOf: year.to + HOUR };
  expect(judged("p0-p2", OWN, [], zone)).toMatchObject({ result: "met", n: 1, of: 1 });
  // Half a year is no year, and a person who confirmed something else confirmed nothing here.
  const half = signOff({ subject: "independent-channel", window: { ...year, to: t("2026-07-01") }, requirements: [] });
  const yearly = { result: "not_met", basis: "policy", n: 0, of: 1 };
  expect(judged("p0-p2", OWN, [], { ...zone, signOffs: [half] })).toMatchObject(yearly);
  expect(judged("p0-p2", OWN, [], { ...zone, signOffs: [] }), "nobody ever").toMatchObject(yearly);
  // Rules that do not speak of it are not broken by it; rules that want it more often are.
  const only = judged("p1-p4", OWN, [], { ...zone, signOffs: [half] });
  expect(only).toMatchObject({ result: "no_target", basis: "recommended" });
  const often = (text: string) => text.replace("attested: yearly", "attested: quarterly");
  const twice = judged("p0-p2", OWN, [], { ...zone, signOffs: [half], mend: often });
  expect(twice).toMatchObject({ result: "not_met", n: 2, of: 4 });
  const other = signOff({ subject: "test-alert", window: year, requirements: [], at: year.to });
  expect(judged("p0-p2", OWN, [], { ...zone, signOffs: [other] })).toMatchObject(yearly);
});

test("M-07 customers are written to and not called; the messenger is only an offer", () => {
  each("p0-p2", "a526.comms.forbidden_channel", { severity: "P2" }, [
    ["met", email(), message("03T10:40", "messenger")],
    ["not_met", email(), message("03T10:40", "phone")],
    ["met", message("03T10:40", "phone", { audience: "internal" })],
  ]);
});

test("M-08 whoever approves a review says with it that it holds facts, no blame and no story", () => {
  const ATTESTED = "a527.review.attested";
  const P0 = incident({ severity: "P0", ...OVER });
  const all = attestedBy(policyOf("p0-p2")).map(({ id }) => id);
  expect(all).toEqual(["facts-only", "no-blame", "no-story"]);
  const approved = (attested: string[] | null) => review({ approvedBy: "bert", approvedAt: at("05T10:00"), attested });
  expect(word("p0-p2", ATTESTED, [P0, approved(all)])).toBe("met");
  const short = judged("p0-p2", ATTESTED, [P0, approved(["facts-only", "no-blame"])]);
  expect([short.result, said(short)]).toEqual(["not_met", expect.stringContaining("No story is invented")]);
  expect(word("p0-p2", ATTESTED, [P0, approved(null)]), "its source does not tell").toBe("indeterminate");
  expect(word("sev1-4", ATTESTED, [incident({ severity: "Sev1", ...OVER }), approved([])])).toBe("not_applicable");

  const log = new ActLog("2026-11-04T08:00Z");
  const document = { digest: "a".repeat(64), size: 1, mediaType: "text/markdown" };
  const about = { activity: "REV-1", type: "incident-review", document };
  log.add("activity", { ...about, act: "record", incidents: ["INC-1"] }, { words: { title: "Review" } });
  log.add("activity", { ...about, act: "approve", values: { attested: all } });
  expect(reviewFacts(log.acts, "custody:register").map(({ fact }) => fact)).toEqual([
    expect.objectContaining({ kind: "review", attested: all }),
  ]);
});

test("M-09 customers are told after containment, until it is resolved, and how long that took is told", () => {
  const HIGH = { severity: "High", containedAt: at("03T12:00") };
  const notice = email("03T13:30");
  const end = email("03T14:05", { purpose: "resolution" });
  each("critical-low-untimed", SENT, HIGH, [
    ["met", notice, end],
    ["not_met", notice],
    ["not_met", end],
  ]);
  each("critical-low-untimed", RHYTHM, HIGH, [["met", email("03T13:00", { purpose: "update" })]]);
  const none = told("critical-low-untimed", RHYTHM, HIGH, [message("03T13:00", "phone")]);
  expect([none.result, said(none)]).toEqual(["not_met", expect.stringContaining("your rules ask for one at least")]);

  const TIMELY = "a526.communication.timely";
  const took = told("critical-low-untimed", TIMELY, HIGH, [notice, end]);
  expect([took.result, took.cases?.[0]?.verdict.took, took.cases?.[0]?.verdict.what]).toEqual([
    "no_target",
    1.5 * HOUR,
    expect.stringContaining("told after 1 h 30 min; your rules set no number"),
  ]);
  const before = told("critical-low-untimed", TIMELY, HIGH, [email("03T11:30"), end]);
  expect([before.result, before.cases?.[0]?.verdict.what]).toEqual([
    "no_target",
    expect.stringContaining("told 30 min before it was contained"),
  ]);
  const numbered = (text: string) =>
    text.replace("from: containedAt, term: no number", "from: containedAt, term: within 1h");
  const late = judged("critical-low-untimed", TIMELY, [incident({ ...OVER, ...HIGH, messages: [notice, end] })], {
    mend: numbered,
  });
  expect(late.result, said(late)).toBe("not_met");
});

test("M-10 a formal notice goes to all whose data or contracts are affected", () => {
  const formal = (reached: number | null) => email("03T15:00", { purpose: "formal", reached, of: 3 });
  for (const tag of ["customer-data-accessed", "contract-affected"])
    each("critical-low-untimed", SENT, { severity: "Medium", tags: [tag], affected: 3 }, [
      ["met", formal(3)],
      ["not_met", formal(2)],
      ["not_met", email("03T15:00")],
      ["indeterminate", formal(null)],
    ]);
});

test("M-11 whoever reports a vulnerability is answered; how long that took is told", () => {
  const ANSWERED = "a525.reports.acknowledged";
  const answered = judged("critical-low-untimed", ANSWERED, [report({ acknowledgedAt: at("04T10:00") })]);
  expect([answered.result, answered.cases?.[0]?.verdict.took]).toEqual(["no_target", 24 * HOUR]);
  expect(word("critical-low-untimed", ANSWERED, [report()])).toBe("pending");
  const numbered = (text: string) =>
    text.replace("acknowledgeReports: { term: no number", "acknowledgeReports: { term: within 8h");
  const inTime = report({ acknowledgedAt: at("03T18:00") });
  expect(word("critical-low-untimed", ANSWERED, [inTime], { mend: numbered })).toBe("met");
  expect(word("critical-low-untimed", ANSWERED, [report()], { mend: numbered })).toBe("not_met");
  expect(word("sev1-4", ANSWERED, [report()])).toBe("not_applicable");
  // The promise of no legal steps is printed as what no check looks at.
  expect(rulesText(policyOf("critical-low-untimed"), AS_OF).notes).toContainEqual(
    expect.stringMatching(/^intake\.embargo: no check looks at this.*no legal steps against good faith/),
  );
});

test("M-12 each party and each organisation whose data was exposed is told", () => {
  for (const tag of ["data-exposed", "cross-org-access"]) {
    const messages = (reached: number) => [email("03T15:00", { reached, of: 2 })];
    const about = (reached: number) => ({ ...tagged("P2", [tag]), ...OVER, affected: 2, messages: messages(reached) });
    expect(word("p1-p4", SENT, [about(2)])).toBe("met");
    const one = judged("p1-p4", SENT, [about(1)]);
    expect([one.result, said(one)]).toEqual(["not_met", expect.stringContaining("1 of 2 affected were reached")]);
    expect(word("p1-p4", SENT, [{ ...about(2), messages: [] }])).toBe("not_met");
  }
  const closing = { ...tagged("P2", ["cross-org-access"]), ...OVER };
  expect(said(judged("p1-p4", "a526.closed.complete", [closing]))).toContain("organisations-told");
});

test("M-13 that there was no incident is proven and confirmed, with its date, before it can be said", () => {
  const NIL = "a526.register.nil";
  const period = { from: t("2026-11-01"), to: t("2026-12-01") };
  const month = { period, asOf: period.to + 2 * HOUR };
  const signed = signOff({ requirements: [NIL], window: period, at: period.to + HOUR });
  expect(word("p0-p2", NIL, [], month)).toBe("pending");
  const confirmed = judged("p0-p2", NIL, [], { ...month, signOffs: [signed] });
  expect([confirmed.result, confirmed.nil?.signed.map((one) => one.at)]).toEqual(["nil", [period.to + HOUR]]);
  expect(word("p0-p2", NIL, [incident({ severity: "P2" })], { ...month, signOffs: [signed] })).toBe("not_applicable");
});

test("M-14 every High incident is told by e-mail, the stricter of two sentences, and the conflict is printed", () => {
  each("critical-low", SENT, { severity: "High" }, [
    ["met", email(), page()],
    ["not_met", page()],
  ]);
  const chat = message("03T11:00", "support-chat");
  each("critical-low", SENT, { severity: "Low", tags: ["individual-question"] }, [
    ["not_applicable"],
    ["not_applicable", chat],
  ]);
  const [choice] = choicesIn("critical-low").filter(({ refs }) => refs?.includes("M-14"));
  expect(choice).toMatchObject({ id: "high-by-email", improve: true, taken: expect.stringContaining("stricter") });
});
