import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { markdownIncidents } from "../collectors/markdown-incidents.ts";
import { postgresIncidents } from "../collectors/postgres-incidents.ts";
import type { Collector } from "../src/collector/define.ts";
import { type Fact, type FactOf, type Problem, wholeFact } from "../src/evidence/fact.ts";
import { canonicalBytes, type Json } from "../src/lib/canonical.ts";
import { from, type PolicyName, word } from "./support/acceptance.ts";

/** What a register of the organisation's own can tell of an incident, and how exactly. */

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const at = (text: string) => Date.parse(text);

function found(collector: Collector, text: string, mediaType: string, origin: string, parameters: Json) {
  const window = { from: 0, to: 1 };
  const capture = { bytes: Buffer.from(text), mediaType, origin, capturedAt: 0, window, parameters };
  const all = [...collector.read(capture)];
  return {
    facts: all.flatMap((one): Fact[] => (one.kind === "problem" ? [] : [wholeFact(one)])),
    problems: all.filter((one): one is Problem => one.kind === "problem"),
  };
}

/** A record with these lines between its fences. */
function record(front: string, zone = "Europe/Berlin", body = "Text.\n") {
  const text = `---\ndetected: 2026-11-03T10:00:00.000Z\n${front.trim()}\n---\n${body}`;
  const { facts, problems } = found(markdownIncidents, text, "text/markdown; charset=utf-8", "x.md", {
    zone,
    words: {},
  });
  const incident = facts.find((fact): fact is FactOf<"incident"> => fact.kind === "incident");
  if (incident === undefined) throw new Error("no incident was read");
  const review = facts.find((fact): fact is FactOf<"review"> => fact.kind === "review");
  return { incident, review, problems, told: problems.map(({ where, message }) => `${where} ${message}`) };
}

/** Columns of one row: their type, and the value as the server prints it. */
function row(columns: Record<string, [oid: number, value: string | null]>, zone?: string) {
  const names = Object.keys(columns);
  const page = {
    v: 1,
    first: 1,
    columns: names.map((name) => ({ name, oid: columns[name]![0], type: "any" })),
    rows: [names.map((name) => columns[name]![1])],
  };
  const mapped = Object.fromEntries(names.map((name) => [name, name]));
  const rules = zone === undefined ? { columns: mapped } : { columns: mapped, zone };
  const text = Buffer.from(canonicalBytes(page)).toString();
  const { facts, problems } = found(postgresIncidents, text, "application/vnd.custody.rows+json", "rows", rules);
  return {
    incident: facts[0] as FactOf<"incident">,
    told: problems.map(({ where, message }) => `${where}: ${message}`),
  };
}
const [TEXT, DATE, NAIVE, EXACT, JSONB, ARRAY] = [25, 1082, 1114, 1184, 3802, 1009] as const;

describe("how exactly a time is known", () => {
  test.each([
    ["2026-11-20", "2026-11-19T23:00Z", 24 * HOUR],
    ["2026-03-29", "2026-03-28T23:00Z", 23 * HOUR],
    ["2026-10-25", "2026-10-24T22:00Z", 25 * HOUR],
    ["2026-12-31", "2026-12-30T23:00Z", 24 * HOUR],
    ["2024-02-29", "2024-02-28T23:00Z", 24 * HOUR],
    ["2026-11-20 08:12", "2026-11-20T07:12Z", MINUTE],
    ["2026-11-20T08:12Z", "2026-11-20T08:12Z", MINUTE],
    ["2026-11-20 08:12 Europe/Lisbon", "2026-11-20T08:12Z", MINUTE],
    ["2026-11-20T08:12:00Z", "2026-11-20T08:12Z", 1_000],
    ["2026-11-20T08:12:00.5Z", "2026-11-20T08:12:00.500Z", 100],
    ["2026-11-20T08:12:00.05Z", "2026-11-20T08:12:00.050Z", 10],
    ["2026-11-20T08:12:00.000Z", "2026-11-20T08:12Z", undefined],
    ["2026-11-20T08:12:00.123999Z", "2026-11-20T08:12:00.123Z", undefined],
  ])("%s is known as it is written", (text, instant, precision) => {
    const { incident, problems } = record(`responded: ${text}`);
    expect(problems).toEqual([]);
    expect([incident.respondedAt, incident.precision.respondedAt]).toEqual([at(instant), precision]);
  });

  test.each([
    ["a day that begins inside a skipped hour", "America/Santiago", "2026-09-06", "2026-09-06T04:00Z", 23 * HOUR],
    ["half an hour of summer time", "Australia/Lord_Howe", "2026-10-04", "2026-10-03T13:30Z", 23.5 * HOUR],
  ])("%s", (_, zone, text, instant, precision) => {
    const { incident } = record(`closed: ${text}`, zone);
    expect([incident.closedAt, incident.precision.closedAt]).toEqual([at(instant), precision]);
  });

  test("a day that never was is a problem", () => {
    const { incident, told } = record("closed: 2011-12-30", "Pacific/Apia");
    expect(incident.closedAt).toBeNull();
    expect(told).toEqual([
      expect.stringMatching(/^x\.md:3 closed: found "2011-12-30": that day never was in Pacific\/Apia/),
    ]);
  });

  test("both ends of a duration are minutes, and one within the other is no contradiction", () => {
    const { incident, problems } = record("duration: 2026-11-03T10:00:30Z to 10:00Z");
    expect(problems).toEqual([]);
    expect(incident).toMatchObject({
      occurredAt: at("2026-11-03T10:00:30Z"),
      resolvedAt: at("2026-11-03T10:00Z"),
      precision: { occurredAt: 1_000, resolvedAt: MINUTE },
    });
  });

  test("a day without a zone may end half a day later than in UTC", () => {
    const text = "---\ntype: review\nincident: INC-1\nauthor: Anna\ndate: 2026-11-24\n---\n";
    const { facts } = found(markdownIncidents, text, "text/markdown; charset=utf-8", "r.md", { words: {} });
    expect(facts).toMatchObject([{ date: at("2026-11-24T00:00Z"), precision: { date: 36 * HOUR } }]);
  });

  test("a timestamp of a database is exact however it is printed, its dates are days, its text is as written", () => {
    const { incident, told } = row(
      {
        id: [20, "7"],
        detectedAt: [EXACT, "2026-11-03 11:00:00+01"],
        respondedAt: [NAIVE, "2026-11-03 11:05:00"],
        resolvedAt: [TEXT, "2026-11-03 12:00"],
        closedAt: [DATE, "2026-10-25"],
      },
      "Europe/Berlin",
    );
    expect(told).toEqual([]);
    expect(incident).toMatchObject({ detectedAt: at("2026-11-03T10:00Z"), respondedAt: at("2026-11-03T10:05Z") });
    expect(incident.precision).toEqual({ resolvedAt: MINUTE, closedAt: 25 * HOUR });
  });
});

describe("what a record may say", () => {
  test.each([
    ["responded", "respondedAt"],
    ["first response", "respondedAt"],
    ["triaged_at", "triagedAt"],
    ["commander assigned", "commanderAt"],
    ["awareSince", "awareAt"],
    ["eradicated", "eradicatedAt"],
    ["recovered", "recoveredAt"],
    ["fix verified", "verifiedAt"],
    ["published", "publishedAt"],
    ["recorded", "createdAt"],
    ["opened at", "createdAt"],
    ["personal data decided at", "personalDataAt"],
  ] as const)("%s is read as %s", (name, field) => {
    const { incident, problems } = record(`${name}: 2026-11-03T12:00Z`);
    expect(problems).toEqual([]);
    expect([incident[field], incident.precision[field]]).toEqual([at("2026-11-03T12:00Z"), MINUTE]);
  });

  test("one word may stand for two things: a response acknowledges, a recovery resolves, an entry is when it was noticed", () => {
    const { incident } = record("responded: 2026-11-03T10:05Z\nrestored: 2026-11-03T11:00Z");
    expect(incident).toMatchObject({ acknowledgedAt: at("2026-11-03T10:05Z"), resolvedAt: at("2026-11-03T11:00Z") });
    const own = record(
      "acknowledged: 2026-11-03T10:01Z\nresponded: 2026-11-03T10:05Z\nresolved: 2026-11-03T12:00Z\nrecovered: 2026-11-03T11:00Z",
    );
    expect(own.incident).toMatchObject({
      acknowledgedAt: at("2026-11-03T10:01Z"),
      resolvedAt: at("2026-11-03T12:00Z"),
      recoveredAt: at("2026-11-03T11:00Z"),
    });
    const text = "---\ncreated: 2026-11-03T10:00Z\n---\n";
    const { facts } = found(markdownIncidents, text, "text/markdown; charset=utf-8", "y.md", { words: {} });
    expect(facts).toMatchObject([{ detectedAt: at("2026-11-03T10:00Z"), createdAt: at("2026-11-03T10:00Z") }]);
  });

  test("a mistake in a word that stands for two things is told once", () => {
    expect(record("responded: soon").told).toEqual([expect.stringMatching(/^x\.md:3 responded: expected a time/)]);
  });

  test("words, marks, numbers and people", () => {
    const { incident, problems } = record(`
tags: [key-compromise, "#customer-data", key-compromise]
detected by: customer-report
root cause: expired certificate
cause key: certificates
vendor: Example Cloud
customers affected: 1,200
confidentiality: low
impact: { integrity: none, availability: high }
personal data: yes
personal data by: Anna
closed by: Jo
closure reason: all done
reopened: yes`);
    expect(problems).toEqual([]);
    expect(incident).toMatchObject({
      tags: ["key-compromise", "customer-data"],
      detectedBy: "customer-report",
      cause: "expired certificate",
      causeKey: "certificates",
      supplier: "Example Cloud",
      affected: 1_200,
      impact: { confidentiality: "low", integrity: "none", availability: "high" },
      personalDataBy: "Anna",
      closedBy: "Jo",
      closureReason: "all done",
      reopened: 1,
    });
    expect(record("tags: a; b\nsupplier: none\naffected: nobody").incident).toMatchObject({
      tags: ["a", "b"],
      supplier: null,
      affected: 0,
    });
  });

  test("a number that is none is a problem; a status page's list of what is affected is not", () => {
    expect(record("people affected: about 40\nreopened: 2026-11-04T10:00Z").told).toEqual([
      'x.md:3 people affected: expected a number, found "about 40"',
      'x.md:4 reopened: expected a number, found "2026-11-04T10:00Z"',
    ]);
    expect(record("affected: [API, Web]")).toMatchObject({ problems: [], incident: { affected: null } });
  });

  test("a review says when it was approved and published", () => {
    const { review } = record(
      "approved by: Carla\napproved at: 2026-11-05\npublished: 2026-11-06T10:00Z",
      "UTC",
      "## Root cause\nx\n## Timeline\ny\n",
    );
    expect(review).toMatchObject({
      approvedAt: at("2026-11-05T00:00Z"),
      publishedAt: at("2026-11-06T10:00Z"),
      precision: { approvedAt: 24 * HOUR, publishedAt: MINUTE, date: MINUTE },
    });
  });
});

const LISTS = `
severities:
  - { level: Sev2, at: 2026-11-03T10:04Z, by: Anna }
  - level: Sev1
    at: 2026-11-03T10:20:00.000Z
    reason: customer data seen
escalations:
  - { at: 2026-11-03T10:21Z, from: on-call, to: leadership, reason: Sev1 }
  - head of support
messages:
  - { at: 2026-11-03T10:30Z, channel: status-page, audience: public, purpose: notice }
  - { at: 2026-11-03T11:30Z, channel: email, audience: Customers, recipients: 8, of: 9 }
measures:
  - { name: rotate-credentials, at: 2026-11-03 }
  - revoke-access
`;
const READ: Partial<FactOf<"incident">> = {
  severity: "Sev1",
  severities: [
    { at: at("2026-11-03T10:04Z"), severity: "Sev2", by: "Anna", reason: null },
    { at: at("2026-11-03T10:20Z"), severity: "Sev1", by: null, reason: "customer data seen" },
  ],
  escalations: [
    { at: at("2026-11-03T10:21Z"), from: "on-call", to: "leadership", reason: "Sev1" },
    { at: null, from: null, to: "head of support", reason: null },
  ],
  messages: [
    {
      at: at("2026-11-03T10:30Z"),
      channel: "status-page",
      audience: "public",
      purpose: "notice",
      reached: null,
      of: null,
    },
    { at: at("2026-11-03T11:30Z"), channel: "email", audience: "customers", purpose: null, reached: 8, of: 9 },
  ],
  measures: ["rotate-credentials", "revoke-access"],
  measuresAt: [at("2026-11-02T23:00Z"), null],
};
const EXACTLY = {
  "severities.0": MINUTE,
  "escalations.0": MINUTE,
  "messages.0": MINUTE,
  "messages.1": MINUTE,
  "measuresAt.0": 24 * HOUR,
};

describe("lists of a record", () => {
  test("severities, escalations, messages and measures, each with its times", () => {
    const { incident, problems } = record(LISTS);
    expect(problems).toEqual([]);
    expect(incident).toMatchObject(READ);
    expect(incident.precision).toEqual(EXACTLY);
  });

  test("the severity that the record names itself is the one it has now", () => {
    expect(record(`severity: Sev3\n${LISTS}`).incident.severity).toBe("Sev3");
  });

  test.each([
    [
      "severities: [{ levl: Sev1 }]",
      /:3 severities, entry 1: there is no key "levl" here; did you mean "level"\?; it may have at, level/,
    ],
    ["severities: [{ at: 2026-11-03T10:00Z }]", /:3 severities, entry 1: expected a level, such as/],
    [
      "severities:\n  - level: Sev1\n    at: yesterday",
      /:5 severities, entry 1: at: expected a time such as .* found "yesterday"/,
    ],
    ["severities:\n  - { level: Sev1, severity: Sev2 }", /:4 .*level and severity mean the same/],
    ["severities:\n  - { level: Sev1, Level: Sev2 }", /:4 .*"Level" stands twice/],
    ["severities: Sev1", /:3 severities: expected a list, found "Sev1"/],
    ["severities: { Sev1: 2026-11-03 }", /:3 severities, entry 1: there is no key "Sev1"/],
    ["escalations: [{ reason: x }]", /:3 escalations, entry 1: expected to whom or when/],
    ["escalations:\n  -", /escalations, entry 1: expected to whom or when/],
    ["escalations: [[a]]", /:3 escalations, entry 1: there is no key "\(nested\)"/],
    [
      "messages: [{ channel: email, audience: [customers, internal] }]",
      /:3 messages, entry 1: audience: expected one value/,
    ],
    [
      "messages: [{ channel: email, audience: clients }]",
      /:3 .*audience: expected one of customers, public, .*; found "clients"/,
    ],
    ["messages: [{ channel: email, purpose: fyi }]", /:3 .*purpose: expected one of acknowledgement, .*; found "fyi"/],
    ["messages: [{ channel: email, reached: most }]", /:3 .*reached: expected a number, found "most"/],
    ["messages: [{ audience: public }]", /:3 messages, entry 1: expected when and how/],
    ["measures:\n  - { at: 2026-11-03T10:00Z }", /:4 measures, entry 1: expected a name/],
    ["measures: &all [a]\nmessages: *all", /:4 "messages" refers to another value/],
    ["measures: [a]\nMeasures: [b]", /:4 "Measures" stands here and in line 3/],
    ["severities: [{ level: Sev1 }]\nSeverities: [{ level: Sev2 }]", /:4 "Severities" stands here and in line 3/],
    ["severities: [Sev1]\nSeverities: none", /:4 "Severities" stands here and in line 3/],
    ["impact: { availibility: high }", /:3 impact: there is no key "availibility" here; did you mean "availability"/],
    [
      `measures: [${Array.from({ length: 201 }, (_, i) => `m${i}`).join(", ")}]`,
      /measures: 201 entries; only the first 200 were read/,
    ],
  ])("mistake %# is told with its line", (front, said) => {
    expect(record(front).told.join("\n")).toMatch(said);
  });

  test("of too many entries the first are read", () => {
    const names = Array.from({ length: 201 }, (_, i) => `m${i}`);
    expect(record(`measures: [${names.join(", ")}]`).incident.measures).toEqual(names.slice(0, 200));
  });

  test("what stands on top comes before a line of the same name below", () => {
    const { incident, problems } = record(
      "impact: { integrity: low }",
      "UTC",
      "# Outage\nImpact: nobody could sign in\n",
    );
    expect([incident.impact?.integrity, problems]).toEqual(["low", []]);
  });

  test("what is wrong in one entry leaves the others, and the rest of its own", () => {
    const { incident, told } = record(
      "severities:\n  - { level: Sev2, at: soon, by: Anna }\n  - { level: Sev1, at: 2026-11-03T11:00Z }",
    );
    expect(told).toHaveLength(1);
    expect(incident.severities).toMatchObject([
      { severity: "Sev2", at: null, by: "Anna" },
      { severity: "Sev1", at: at("2026-11-03T11:00Z") },
    ]);
  });

  test("a line of prose under the heading is none of them, as before", () => {
    expect(record("title: x", "UTC", "# Outage\nMeasures: we rotated everything\nMessages: several\n")).toMatchObject({
      problems: [],
      incident: { measures: [], messages: [] },
    });
  });

  test("lists above several incidents belong to none of them", () => {
    const body = "## Incident: One\nDate: 2026-11-01T08:00Z\n## Incident: Two\nDate: 2026-11-02T08:00Z\n";
    expect(record("severities: [Sev1]", "UTC", body).told).toEqual([
      'x.md:3 "severities" is about one incident, and this file holds several; give it a file of its own',
    ]);
  });

  test("a database gives the same as JSON", () => {
    const { incident, told } = row(
      {
        id: [20, "7"],
        tags: [ARRAY, '{key-compromise,"customer data"}'],
        affected: [20, "12"],
        reopened: [16, "t"],
        availability: [TEXT, "high"],
        severities: [
          JSONB,
          JSON.stringify([
            { level: "Sev2", at: "2026-11-03T10:04Z", by: "Anna" },
            { level: "Sev1", at: "2026-11-03T10:20:00.000Z", reason: "customer data seen" },
          ]),
        ],
        escalations: [
          JSONB,
          '[{"at":"2026-11-03T10:21Z","from":"on-call","to":"leadership","reason":"Sev1"},"head of support"]',
        ],
        messages: [
          JSONB,
          JSON.stringify([
            { at: "2026-11-03T10:30Z", channel: "status-page", audience: "public", purpose: "notice" },
            { at: "2026-11-03T11:30Z", channel: "email", audience: "customers", reached: 8, of: 9 },
          ]),
        ],
        measures: [JSONB, '[{"name":"rotate-credentials","at":"2026-11-03"},"revoke-access"]'],
      },
      "Europe/Berlin",
    );
    expect(told).toEqual([]);
    expect(incident).toMatchObject({
      ...READ,
      tags: ["key-compromise", "customer data"],
      affected: 12,
      reopened: 1,
      impact: { confidentiality: null, integrity: null, availability: "high" },
    });
    expect(incident.precision).toEqual(EXACTLY);
  });

  test.each([
    ["severities", '{"level":"Sev1"}', /rows, row 1: severities: expected a list in JSON/],
    ["severities", "Sev1, Sev2", /rows, row 1: severities: expected a list in JSON/],
    ["severities", '[{"level":"Sev1","when":1}]', /row 1: severities, entry 1: there is no key "when"/],
    ["messages", '[{"channel":"email","audience":["public"]}]', /audience: expected one value/],
    ["affected", "some", /affected: expected a number, found "some"/],
  ])("a column %s with %s is a problem of its row", (column, value, said) => {
    expect(row({ id: [20, "7"], [column]: [TEXT, value] }).told.join("\n")).toMatch(said);
  });
});

describe("a file that says when somebody responded is judged by the rules", () => {
  const target = (responded: string, severity = "Sev1", policy: PolicyName = "sev1-4") =>
    word(
      policy,
      "a526.response.timely",
      [from("files", record(`severity: ${severity}\nresponded: ${responded}`).incident)],
      { sources: [{ id: "files", family: "incident-log", use: "incident-log/markdown" }], register: false },
    );

  test.each([
    ["2026-11-03T10:14Z", "met"],
    ["2026-11-03T10:15:00.000Z", "met"],
    ["2026-11-03T10:15:00Z", "indeterminate"],
    ["2026-11-03T10:15Z", "indeterminate"],
    ["2026-11-03T10:15:00.001Z", "not_met"],
    ["2026-11-03T10:16Z", "not_met"],
    ["2026-11-03", "indeterminate"],
    ["2026-11-04", "not_met"],
  ])("%s, within 15 minutes of 10:00: %s", (responded, result) => {
    expect(target(responded)).toBe(result);
  });
});

test("the page about registers shows records that are read as it says", () => {
  const page = readFileSync(join(import.meta.dirname, "../docs/registers.md"), "utf8");
  const [, text = ""] = /```markdown\n(.*?)```/s.exec(page) ?? [];
  const { facts, problems } = found(markdownIncidents, text, "text/markdown; charset=utf-8", "INC-7.md", { words: {} });
  expect(problems).toEqual([]);
  expect(facts).toMatchObject([
    {
      id: "INC-7",
      severity: "Sev1",
      respondedAt: at("2026-11-03T07:20Z"),
      measures: ["rotate-credentials", "revoke-access"],
    },
  ]);
});
