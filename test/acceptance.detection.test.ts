import { expect, test } from "vitest";
import { severityWords } from "../src/cli/severity-words.ts";
import { type FactOf, wholeFact } from "../src/evidence/fact.ts";
import { OWN_REGISTER } from "../src/incidents/register.ts";
import { Told } from "../src/notify/told.ts";
import {
  at,
  fact,
  from,
  HOUR,
  incident,
  judged,
  MINUTE,
  type PolicyName,
  rulesOf,
  said,
  word,
} from "./support/acceptance.ts";
import { TEN_DAYS } from "./support/assessing.ts";
import { entry, t } from "./support/entries.ts";
import { shippedPolicy } from "./support/rules.ts";

/** How incidents are noticed and what is watched: the rules D of the acceptance list, by the policies that have them. */

const ALERTS = { id: "monitor", family: "alert-history" };
const SOURCES = { sources: [ALERTS] };

/** An alert of the monitoring, from the third at ten on. */
const alert = (name: string, lasted: number | null, fields: Partial<FactOf<"alert">> = {}, id = name) =>
  from(
    "monitor",
    fact("alert", id, {
      name,
      startsAt: at("03T10:00"),
      endsAt: lasted === null ? null : at("03T10:00") + lasted,
      state: lasted === null ? "firing" : "resolved",
      ...fields,
    }),
  );

const decided = (id: string, fields: Partial<FactOf<"decision">> = {}, instance = "monitor", kind = "alert") =>
  fact("decision", `9:${id}`, {
    kind: "decision",
    about: { instance, kind, id },
    decision: "event-only",
    decidedAt: at("03T11:00"),
    by: "anna",
    rule: null,
    reason: "looked at: a test of the provider",
    incident: null,
    duplicateOf: null,
    together: 1,
    precision: {},
    supersededAt: null,
    again: null,
    ...fields,
  });

const report = (id: string, channel: string, fields: Partial<FactOf<"event">> = {}) =>
  fact("event", id, { kind: "event", title: "something is odd", channel, receivedAt: at("03T10:00"), ...fields });

const rule = (name: string) => from("monitor", fact("alert-rule", name, { name, expression: "up == 0" }));
const monitorsOf = (name: PolicyName, kinds: readonly string[]) =>
  shippedPolicy(name).upkeep.monitors.filter(({ alertsOn }) => alertsOn.join() === kinds.join());

test("D-01 three checks from outside, every day; each downtime has an alert and a decision", () => {
  expect(monitorsOf("critical-low", ["downtime"]).map(({ id }) => id)).toEqual([
    "web-interface",
    "code-api",
    "runner-api",
  ]);
  const days = (list: readonly number[]) =>
    word("critical-low", "a816.alerts.collected", [], { sources: [{ ...ALERTS, days: list }] });
  expect(days(TEN_DAYS)).toBe("met");
  expect(days(TEN_DAYS.filter((day) => day !== 4))).toBe("not_met");
  const down = alert("WebDown", 12 * MINUTE);
  expect(word("critical-low", "a525.alerts.decided", [down, decided("WebDown")], SOURCES)).toBe("met");
  expect(word("critical-low", "a525.alerts.decided", [down], SOURCES)).toBe("not_met");
  const again = decided("WebDown", { again: "the alert came back" });
  expect(word("critical-low", "a525.alerts.decided", [down, again], SOURCES)).toBe("indeterminate");
  // Each of the three has its rule for alerts; one that the rules name and that is not there is a failure.
  const three = ["web-interface", "code-api", "runner-api"];
  const others = monitorsOf("critical-low", ["exhaustion", "errors", "latency"]).flatMap(({ id, alertsOn }) =>
    alertsOn.map((kind) => `${id}-${kind}`),
  );
  const watched = (names: readonly string[]) =>
    judged("critical-low", "a816.systems.covered", [...others, ...names].map(rule), {
      ...SOURCES,
      mend: (text) =>
        text.replaceAll(
          /id: (\S+), title: ([^,]+), alertsOn: \[downtime\],/g,
          "id: $1, title: $2, alertsOn: [downtime], alerts: { downtime: [$1-down] },",
        ),
    });
  expect(watched(three.map((id) => `${id}-down`)).result).toBe("met");
  for (const left of three) {
    const answer = watched(three.filter((id) => id !== left).map((id) => `${id}-down`));
    expect([answer.result, answer.n, answer.of], left).toEqual(["not_met", 11, 12]);
  }
});

test("D-02 compute, database and storage raise alerts on exhaustion, errors and latency", () => {
  const metrics = monitorsOf("critical-low", ["exhaustion", "errors", "latency"]);
  expect(metrics.map(({ id }) => id)).toEqual(["compute", "database", "storage"]);
  const all = shippedPolicy("critical-low").upkeep.monitors.flatMap(({ id, alertsOn }) =>
    alertsOn.map((kind) => `${id}-${kind}`),
  );
  expect(all).toHaveLength(12);
  const covered = (names: readonly string[], text?: (text: string) => string) =>
    judged("critical-low", "a816.systems.covered", names.map(rule), { ...SOURCES, ...(text ? { mend: text } : {}) });
  expect(covered(all).result).toBe("met");
  const without = covered(all.filter((name) => name !== "storage-latency"));
  expect(without).toMatchObject({ result: "indeterminate", n: 11, of: 12 });
  expect(said(without)).toMatch(/Storage, latency: your rules do not name the rule for alerts/);
  // Named by the owner, a rule may be called anything, and is missed where it is not there.
  const named = (text: string) =>
    text.replace("{ id: storage, title: Storage,", "{ id: storage, title: Storage, alerts: { latency: [DiskSlow] },");
  const others = all.filter((name) => name !== "storage-latency");
  expect(covered([...others, "DiskSlow"], named).result).toBe("met");
  expect(covered(others, named).result).toBe("not_met");
  expect(word("critical-low", "a816.systems.covered"), "no source of alert rules").toBe("no_data");
});

test("D-03 logs are kept for 30 days and looked through", () => {
  expect(shippedPolicy("critical-low").upkeep.logs).toMatchObject({ keep: "30d" });
  // No source that can be connected knows how old the oldest line is: never claimed.
  expect(word("critical-low", "a815.logs.kept")).toBe("no_data");
  const review = (when: string, fields: Partial<FactOf<"activity">> = {}) =>
    fact("activity", `review-${when}`, {
      kind: "activity",
      type: "log-review",
      title: "Review of logs",
      at: at(when),
      precision: {},
      participants: ["anna"],
      incidents: [],
      documented: true,
      approvedBy: "anna",
      approvedAt: at(when),
      values: {},
      ...fields,
    });
  const reviewed = (facts: FactOf<"activity">[], mend?: (text: string) => string) =>
    word("critical-low", "a815.logs.reviewed", facts, mend ? { mend } : {});
  expect(reviewed([review("05T10:00")])).toBe("met");
  expect(reviewed([review("05T10:00", { approvedBy: null, approvedAt: null })])).toBe("not_met");
  expect(reviewed([]), "no interval is named").toBe("no_data");
  const weekly = (text: string) => text.replace("logs: { keep: 30d,", "logs: { keep: 30d, reviewed: weekly,");
  // Two weeks end in the period: that from Monday 26 October, and that from Monday 2 November.
  const october = { at: t("2026-10-28T10:00Z"), approvedAt: t("2026-10-28T10:00Z") };
  const before = wholeFact<"activity">({ ...review("05T10:00"), ...october, id: "LR-0" } as never);
  expect(reviewed([before, review("05T10:00")], weekly)).toBe("met");
  expect(reviewed([review("05T10:00")], weekly), "the week that began before the period").toBe("not_met");
  expect(reviewed([before, review("10T10:00")], weekly)).toBe("not_met");
});

/** Each report has a decision that says what, by whom, when and why. */
function everyReportDecided(name: PolicyName, channels: readonly string[]): void {
  const ways = shippedPolicy(name).sources.map(({ id }) => id);
  expect(ways).toEqual(expect.arrayContaining([...channels]));
  const reports = channels.map((channel, i) => report(`EVT-${i}`, channel));
  const decisions = reports.map(({ id }) => decided(id, {}, OWN_REGISTER, "event"));
  expect(word(name, "a525.reports.decided", [...reports, ...decisions])).toBe("met");
  expect(judged(name, "a525.reports.decided", [...reports, ...decisions.slice(1)])).toMatchObject({
    result: "not_met",
    failing: [{ id: "EVT-0" }],
  });
  expect(word(name, "a525.decision.complete", [...reports, ...decisions])).toBe("met");
}

test("D-04 reports to the security mailbox and the support chat are each decided on", () => {
  everyReportDecided("critical-low", ["security-mailbox", "support-chat"]);
});

/** Every incident says which of the sources it is from; what nobody reported is counted as none. */
function sourcesTold(name: PolicyName, six: readonly string[]): void {
  expect(shippedPolicy(name).sources.map(({ id }) => id)).toEqual(six);
  const [first = "", second = ""] = six;
  const answer = judged(name, "a525.detection.source", [
    incident({ detectedBy: first }, "A"),
    incident({ detectedBy: second }, "B"),
    incident({ detectedBy: first }, "C"),
  ]);
  expect(answer.result, said(answer)).toBe("met");
  expect(answer.reason).toContain(`by source: ${six.map((id, i) => `${id} ${[2, 1][i] ?? 0}`).join(", ")}`);
  const over = { resolvedAt: at("03T12:00"), closedAt: at("04T12:00") };
  expect(word(name, "a525.detection.source", [incident({ detectedBy: "a dream" })])).toBe("not_met");
  expect(word(name, "a525.detection.source", [incident(over)])).toBe("not_met");
  expect(word(name, "a525.detection.source", [incident()])).toBe("pending");
}

test("D-05 six ways to notice an incident, each incident names one", () => {
  sourcesTold("sev1-4", [
    "collector-gap-alert",
    "cron-health",
    "external-disclosure",
    "customer-report",
    "edge-alert",
    "code-alert",
  ]);
});

test("D-06 six other ways to notice an incident, each incident names one", () => {
  sourcesTold("p1-p4", [
    "error-tracker",
    "service-metrics",
    "external-report",
    "secret-scanning",
    "dependency-alert",
    "manual",
  ]);
});

test("D-07 all reports and alerts are logged and triaged: what, by whom, when", () => {
  everyReportDecided("critical-low-untimed", ["support", "monitoring", "responsible-disclosure"]);
  const one = report("EVT-1", "support");
  const complete = (fields: Partial<FactOf<"decision">>) =>
    word("critical-low-untimed", "a525.decision.complete", [one, decided("EVT-1", fields, OWN_REGISTER, "event")]);
  expect(complete({})).toBe("met");
  // By good practice alone: no rule says that a reason must be given.
  for (const lacks of [{ by: null }, { decidedAt: null }, { reason: null }]) expect(complete(lacks)).toBe("no_target");
  const became = decided("EVT-1", { decision: "incident", incident: "INC-1" }, OWN_REGISTER, "event");
  const grown = (facts: Parameters<typeof word>[2]) =>
    word("critical-low-untimed", "a525.incident.linked_to_event", facts);
  expect(grown([one, became, incident()])).toBe("met");
  expect(grown([one, incident()])).toBe("no_target");
});

test("D-08 each gap is told on the channel of the rules, and what could not be brought is said", () => {
  expect(shippedPolicy("sev1-4").gapNotices).toMatchObject({ channel: "chat" });
  const told = new Told();
  const brought = (index: number, outcome: string, gaps: string[], more = {}) =>
    told.add(
      index,
      entry("delivery", `2026-11-0${index}T08:00:00Z`, {
        notice: `n-${index}`,
        about: "digest",
        channel: "chat",
        use: "discord",
        outcome,
        attempts: 3,
        sent: `2026-11-0${index}T08:00:00.000Z`,
        gaps,
        through: index,
        ...more,
      }),
    );
  brought(3, "delivered", ["gap-a"]);
  brought(4, "failed", ["gap-b"], { cause: "ANSWER_STATUS" });
  const channel = told.channel("chat", "discord");
  expect(channel.mentions.get("gap-a")).toEqual({ index: 3, at: at("03T08:00") });
  expect(channel.mentions.has("gap-b"), "what did not arrive is not told").toBe(false);
  expect(channel.last).toMatchObject({ outcome: "failed", cause: "ANSWER_STATUS" });
  brought(5, "delivered", ["gap-b"]);
  expect(told.channel("chat", "discord").mentions.get("gap-b")?.index).toBe(5);
});

test("D-09 stale evidence is looked for every day, and the watcher's own run is evidence", () => {
  const watcher = { id: "own", family: "cron-health", use: "cron-health/custody" };
  const watched = (days: readonly number[]) =>
    judged("sev1-4", "a816.jobs.watched", [], { sources: [{ ...watcher, days }] });
  expect(watched(TEN_DAYS).result).toBe("met");
  const hole = watched(TEN_DAYS.filter((day) => day !== 6));
  expect(hole.result).toBe("not_met");
  expect(hole.failing.map(({ id }) => id)).toEqual(["own@2026-11-06T00:00:00.000Z"]);
  expect(shippedPolicy("sev1-4").upkeep.practices).toMatchObject([{ id: "watcher-runs", every: "daily" }]);
  expect(word("sev1-4", "a816.jobs.watched"), "nobody watches").toBe("no_data");
});

/** What becomes of a signal: decided to be an incident of this severity, or whatever else. */
const treated = (name: string, lasted: number | null, ...more: (FactOf<"decision"> | FactOf<"incident">)[]) =>
  judged("p0-p2", "a816.outages.recorded", [alert(name, lasted), ...more], SOURCES);
const became = (name: string, severity: string) => [
  decided(name, { decision: "incident", incident: "INC-1" }),
  incident({ severity }),
];

test("D-10 intake or alarms down for more than 5 minutes, the dashboard for more than 15, is a P1", () => {
  const limits: [string, number][] = [
    ["ingest-errors", 5],
    ["alarm-dispatch-failing", 5],
    ["dashboard-down", 15],
  ];
  for (const [signal, minutes] of limits) {
    const limit = minutes * MINUTE;
    expect(treated(signal, limit).result, "exactly so long does not count").toBe("not_applicable");
    const ignored = treated(signal, limit + 1);
    expect(ignored.result).toBe("not_met");
    expect(said(ignored)).toMatch(/unclassified: it lasted .*, at least P1 by your rule/);
    for (const severity of ["P0", "P1"])
      expect(treated(signal, limit + 1, ...became(signal, severity)).result).toBe("met");
    expect(treated(signal, limit + 1, ...became(signal, "P2")).result).toBe("not_met");
    expect(treated(signal, limit + 1, decided(signal)).result, "decided to be nothing").toBe("not_met");
    expect(treated(signal, limit + 1, ...became(signal, "huge")).result).toBe("indeterminate");
    expect(treated(signal, limit + 1, incident({ severity: "P1" })).result, "nobody linked the two").toBe(
      "indeterminate",
    );
  }
  const name = "HighErrorRate";
  const labelled = alert(name, HOUR, { labels: { signal: "ingest_errors" } });
  expect(word("p0-p2", "a816.outages.recorded", [labelled], SOURCES)).toBe("not_met");
  const endless = alert("dashboard-down", null, { startsAt: at("11T11:50") });
  expect(
    word("p0-p2", "a816.outages.recorded", [endless], {
      ...SOURCES,
      period: { from: at("01T00:00"), to: at("12T00:00") },
    }),
  ).not.toBe("not_met");
});

test("D-11 slow intake, a slow monthly report and one token issued wrongly are P2", () => {
  const above = (signal: string) => shippedPolicy("p0-p2").signals.find((one) => one.signal === signal)?.above;
  expect(above("ingest-latency-high")).toEqual({ value: 2, unit: "s" });
  expect(above("monthly-report-render")).toEqual({ value: 2, unit: "min" });
  for (const signal of ["ingest-latency-high", "monthly-report-render"]) {
    expect(treated(signal, MINUTE).result).toBe("not_met");
    expect(treated(signal, MINUTE, ...became(signal, "P2")).result).toBe("met");
    const mistaken = treated(signal, MINUTE, decided(signal, { decision: "false-positive" }));
    expect(mistaken.result).toBe("indeterminate");
  }
  const token = (severity: string) =>
    word("p0-p2", "a525.severity.minimum", [incident({ severity, tags: ["device-token-misissued"] })]);
  expect(token("P2")).toBe("met");
  // P2 is the lowest here: less than it is only a word that the rules do not have.
  expect(token("minor")).toBe("indeterminate");
});

test("D-12 each level comes with examples, and one of them sets the least severity", () => {
  // As they are shown to whoever opens an incident and is asked how grave it is.
  const shown = severityWords(shippedPolicy("p1-p4"));
  const examples = Object.fromEntries(shown.map((line) => [line.slice(0, 2), line]));
  expect(examples.P1).toMatch(
    /Every request .* fails.*leak of data between organisations.*secret confirmed as compromised/,
  );
  expect(examples.P2).toMatch(
    /server errors.*failed logins from one source.*Critical vulnerability in a production dependency/,
  );
  expect(examples.P3).toMatch(/One endpoint.*Alerts do not reach the chat.*staging/);
  expect(examples.P4).toMatch(/dependency that is not critical.*Documentation out of date/);
  const secret = (severity: string) =>
    word("p1-p4", "a525.severity.minimum", [
      incident({ severity, detectedBy: "secret-scanning", tags: ["production-secret-compromised"] }),
    ]);
  expect(secret("P1")).toBe("met");
  expect(secret("P2")).toBe("not_met");
});

test("D-13 how long it took to notice is recorded and told", () => {
  const noticed = (fields: Partial<FactOf<"incident">>) =>
    judged("p1-p4", "a526.detection.timely", [incident({ severity: "P2", ...fields })]);
  const told = noticed({ occurredAt: at("03T09:17") });
  expect(told.result).toBe("no_target");
  expect(told.cases?.[0]?.verdict.what).toMatch(/^noticed after 43 min; your rules set no number \(P2\)/);
  expect(noticed({}).result, "when it began is not recorded").toBe("no_data");
  const ordered = (occurredAt: number) =>
    word("p1-p4", "a526.timeline.ordered", [incident({ occurredAt })], {
      sources: [{ id: "incidents", family: "incident-log" }],
    });
  expect(ordered(at("03T09:17"))).toBe("met");
  expect(ordered(at("03T11:17"))).toBe("not_met");
  expect(rulesOf("p1-p4").all[0]?.policy?.review?.sections.map(({ heading }) => heading)).toContain("Detection");
});

test("D-14 a critical vulnerability that can be reached is P2 and mended in 24 hours; one that cannot is P3; both are in the list", () => {
  const cve = (tag: string | null, fields: Partial<FactOf<"incident">> = {}) =>
    incident({
      severity: tag === "vulnerability-reachable" ? "P2" : "P3",
      detectedBy: "dependency-alert",
      tags: tag === null ? [] : [tag],
      ...fields,
    });
  const action = (fields: Partial<FactOf<"action">> = {}) =>
    fact("action", "ACT-1", {
      kind: "action",
      title: "raise the version",
      type: "corrective",
      incident: "INC-1",
      finding: null,
      activity: null,
      owner: "anna",
      due: at("09T10:00"),
      createdAt: at("03T11:00"),
      doneAt: null,
      verifiedAt: null,
      cancelledAt: null,
      precision: {},
      result: null,
      evidence: 0,
      replanned: [],
      tracker: "github:example/app#12",
      ...fields,
    });
  const over = { resolvedAt: at("05T10:00"), closedAt: at("06T10:00") };
  const choice = (one: FactOf<"incident">) => word("p1-p4", "a525.vulnerabilities.decided", [one]);
  expect(choice(cve("vulnerability-reachable"))).toBe("met");
  expect(choice(cve(null))).toBe("pending");
  expect(choice(cve(null, over))).toBe("not_met");
  expect(
    choice(cve("vulnerability-reachable", { tags: ["vulnerability-reachable", "vulnerability-unreachable"] })),
  ).toBe("not_met");
  expect(choice(incident({ detectedBy: "manual" })), "no vulnerability").toBe("not_applicable");

  const mended = (one: FactOf<"incident">, ...more: FactOf<"action">[]) =>
    judged("p1-p4", "a526.vulnerabilities.fixed", [one, ...more]);
  const reachable = (after: number) =>
    cve("vulnerability-reachable", { ...over, eradicatedAt: at("03T10:00") + after });
  expect(mended(reachable(24 * HOUR), action()).result).toBe("met");
  expect(mended(reachable(24 * HOUR + 1), action()).result).toBe("not_met");
  expect(said(mended(reachable(24 * HOUR)))).toMatch(/followed in a list of vulnerabilities/);
  expect(mended(cve("vulnerability-unreachable", over), action()).result).toBe("met");
  expect(said(mended(cve("vulnerability-unreachable", over), action({ due: null })))).toMatch(
    /has a date by which it is mended/,
  );
  expect(mended(cve(null), action()).result).toBe("indeterminate");
  const minimum = (severity: string) =>
    word("p1-p4", "a525.severity.minimum", [cve("vulnerability-reachable", { severity })]);
  expect(minimum("P2")).toBe("met");
  expect(minimum("P3")).toBe("not_met");
});
