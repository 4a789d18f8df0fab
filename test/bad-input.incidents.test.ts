import { existsSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { freezePopulation } from "../src/acts/freezing.ts";
import { openRegister } from "../src/acts/open-register.ts";
import { clocksFor, recordIncident } from "../src/acts/registering.ts";
import { newestOf, sharedIds } from "../src/assess/population.ts";
import type { ResultWord } from "../src/assess/vocabulary.ts";
import { initTo } from "../src/cli/init.ts";
import { newOutput } from "../src/cli/output.ts";
import type { FactOf, Observed } from "../src/evidence/fact.ts";
import { CustodyError } from "../src/lib/errors.ts";
import { readPolicy } from "../src/policy/load.ts";
import { PolicyTimeline } from "../src/policy/timeline.ts";
import { readLedger } from "../src/views/gathering.ts";
import { assessOne, fact, seen } from "./support/assessing.ts";
import { FakeClock } from "./support/clock.ts";
import { datedIncidents } from "./support/dated-incidents.ts";
import { t } from "./support/entries.ts";
import { temporaryFolder } from "./support/ledger.ts";
import { logged, shippedPolicy } from "./support/rules.ts";
import { newWorkspace } from "./support/workspace.ts";

/** The message of what is thrown, with the error; fails where nothing is. */
async function refusal(asked: Promise<unknown>): Promise<CustodyError> {
  const thrown = await asked.then(
    () => undefined,
    (error: unknown) => error,
  );
  if (!(thrown instanceof CustodyError)) throw new Error(`expected a refusal, found ${String(thrown)}`);
  return thrown;
}

describe("rules that cannot be", () => {
  const contradictory = `policy: ours
version: one
title: Ours
document: { owner: head, effectiveFrom: 2026-02-30 }
severities:
  - { label: Small, rank: low, means: Small., says: x }
  - { label: Bad, rank: critical, means: Bad., says: x }
  - { label: BAD, rank: high, means: Bad again., says: x }
targets:
  acknowledge: { from: detectedAt, to: acknowledgedAt, terms: { Bad: soon }, says: x }
  respond: { from: detectedAt, to: detectedAt, terms: { Bad: within 8bh, Huge: within 1h }, says: x }
communications:
  channels: [{ id: email, title: Mail }]
  required: [{ id: told, channels: [pigeon], says: x }]
`;

  test("are refused with every mistake and its line", () => {
    const { policy, mistakes } = readPolicy(contradictory, { zone: "Europe/Berlin" });
    expect(policy).toBeUndefined();
    const said = mistakes.map(({ line, path }) => `${line} ${path}`);
    expect(said.sort()).toEqual(
      [
        "4 document.effectiveFrom",
        "7 severities.1.rank",
        "8 severities.2.label",
        "10 targets.acknowledge.terms.Bad",
        "11 targets.respond.to",
        "11 targets.respond.terms.Huge",
        "11 targets.respond.terms.Bad",
        "14 communications.required.0.channels.0",
      ].sort(),
    );
  });

  test("begin no workspace: nothing is written", async () => {
    const folder = await temporaryFolder();
    const policy = join(folder, "bad.yaml");
    await writeFile(policy, contradictory);
    const root = join(folder, "workspace");
    const flags = { name: "Example GmbH", zone: "UTC", policy } as never;
    const { message, code } = await refusal(initTo(newOutput(false), flags, root));
    expect(code).toBe("INPUT_INVALID");
    expect(message.split("\n").length).toBeGreaterThan(7);
    expect(existsSync(root)).toBe(false);
  });

  test("are told what they leave out: a calendar that ends, and holidays that nobody listed", () => {
    const text = `policy: ours
version: one
title: Ours
document: {}
calendars:
  office: { hours: { mon: [["09:00", "17:00"]] }, holidays: [{ date: 2026-01-01, name: New Year }], validTo: 2026-12-31, says: x }
severities: [{ label: Bad, rank: critical, means: Bad., says: x }]
targets: { respond: { from: detectedAt, to: respondedAt, terms: { Bad: within 5bd }, calendar: office, says: x } }
`;
    const { mistakes, remarks } = readPolicy(text, { asOf: t("2027-01-10") });
    expect(mistakes).toEqual([]);
    const said = remarks.map(({ text: words }) => words).join("\n");
    expect(said).toMatch(/ended on 2026-12-31; what is due after it stays undecided/);
  });
});

describe("a record of our own", () => {
  const NOW = "2026-11-20T12:00:00Z";
  const later = "2027-01-01T00:00:00.000Z";
  const [morning, noon] = ["2026-11-19T08:00:00.000Z", "2026-11-19T12:00:00.000Z"];

  async function aRegister() {
    const clock = new FakeClock(NOW);
    const custody = await newWorkspace("policy: sev1-4\ncollectors: []", clock);
    const record = (request: Parameters<typeof recordIncident>[1]) => recordIncident(custody, request);
    const { incident } = await record({
      act: "open",
      words: { title: "a" },
      values: { severity: "Sev1", detectedAt: noon },
    });
    const size = async () => {
      const ledger = await custody.view();
      let count = 0;
      for await (const _ of ledger.read()) count += 1;
      return count;
    };
    return { custody, clock, record, incident, size };
  }

  test("is refused with everything that is wrong, and nothing is written", async () => {
    const { record, incident, size } = await aRegister();
    const before = await size();
    const said = async (request: Parameters<typeof recordIncident>[1]) => {
      const { message, code } = await refusal(record(request));
      expect(code).toBe("INPUT_INVALID");
      return message;
    };
    const opened = await said({
      act: "open",
      incident: incident.toLowerCase(),
      values: { occurredAt: noon, detectedAt: morning, severity: "P9", nature: "weather" },
      words: { title: " " },
    });
    for (const one of [
      "5 things are wrong",
      'nature is "weather"; expected availability, security, both',
      "title is missing",
      `the register has ${incident} already`,
      'the severity "P9", which is none of your rules',
      "it was noticed (19 Nov 2026, 08:00:00 UTC) before it began (19 Nov 2026, 12:00:00 UTC)",
    ])
      expect(opened).toContain(one);
    const breach = await said({
      act: "breach",
      incident,
      values: { role: "controller", awareAt: later, authorityAt: morning, risk: "huge" },
    });
    for (const one of ["risk is", "awareAt lies in the future", "the authority was told"])
      expect(breach).toContain(one);
    expect(await said({ act: "exposure", incident, values: { from: later, to: "2026-12-31T00:00:00.000Z" } })).toMatch(
      /from lies in the future\n {2}- to lies in the future/,
    );
    const ended = { at: t(morning), precision: 1 };
    expect(await said({ act: "resolve", incident, at: ended })).toMatch(/was resolved .* before it was noticed/);
    expect(await said({ act: "note", incident, at: { at: t(later), precision: 1 }, words: { text: "x" } })).toMatch(
      /after it was logged/,
    );
    expect(await size()).toBe(before);
  });

  test("of ten years ago is taken, counted to its end, and asked about", async () => {
    const { record, custody, clock } = await aRegister();
    const at = { at: t("2016-11-20T12:00:00Z"), precision: 1 };
    const done = await record({ act: "open", at, words: { title: "old" }, values: { severity: "Sev1" } });
    expect(done.longAgo).toBe(at.at);
    const opened = await openRegister(custody);
    const [first] = clocksFor(opened, opened.find(done.incident), clock.now());
    expect(first?.text).toMatch(/^TOO LATE: not responded to after 36\d\d d/);
    expect((await record({ act: "open", words: { title: "new" } })).longAgo).toBeUndefined();
  });
});

describe("a record of a source", () => {
  const policies = new PolicyTimeline([logged(shippedPolicy("sev1-4"))]);
  const incident = (fields: Partial<FactOf<"incident">>, over: Partial<Observed> = {}) =>
    seen(fact("incident", "INC-1", { detectedAt: t("2026-11-03T10:00Z"), severity: "Sev1", ...fields }), over);

  test.each<[string, Partial<FactOf<"incident">>, object, ResultWord, RegExp]>([
    [
      "an end before its start",
      { respondedAt: t("2026-11-03T09:00Z") },
      { kind: "target", target: "respond" },
      "invalid",
      /before/,
    ],
    [
      "an end before its start, in another order",
      { resolvedAt: t("2026-11-03T09:00Z") },
      { kind: "ordered", over: "incident", pairs: [["detectedAt", "resolvedAt"]] },
      "not_met",
      /time detected is after time resolved/,
    ],
    [
      "an end in the future",
      { respondedAt: t("2027-11-03T10:00Z") },
      { kind: "target", target: "respond" },
      "invalid",
      /lies in the future/,
    ],
    [
      "an unknown severity",
      { severity: "Huge" },
      { kind: "target", target: "respond" },
      "indeterminate",
      /"Huge" is none of your rules/,
    ],
    [
      "a beginning ten years ago",
      { detectedAt: t("2016-11-03T10:00Z") },
      { kind: "target", target: "respond" },
      "not_met",
      /these rules were logged only later/,
    ],
  ])("with %s is named", (_, fields, check, result, why) => {
    const answer = assessOne(check as never, { facts: [incident(fields)], policies });
    expect(answer.result).toBe(result);
    expect(answer.failing.map(({ what }) => what).join()).toMatch(why);
  });

  test("under the id of another one is no revision of it: both are judged", () => {
    const two = [
      incident({ respondedAt: t("2026-11-03T10:05Z") }, { item: "a".repeat(64) }),
      incident({ severity: "Sev2" }, { item: "b".repeat(64), position: 1 }),
    ];
    expect(sharedIds(two)).toEqual([two]);
    const answer = assessOne({ kind: "target", target: "respond" } as never, { facts: two, policies });
    expect([answer.result, answer.n, answer.of]).toEqual(["not_met", 1, 2]);
    // The same words twice, and a later look, are one record.
    const again = incident({ severity: "Sev2" }, { position: 2 });
    expect(newestOf([...two, again])).toEqual([two[0], again]);
    const mended = incident({ severity: "Sev2" }, { entry: 9 });
    expect(newestOf([...two, mended])).toEqual([mended]);
    expect(sharedIds([...two, mended])).toEqual([]);
  });

  test("under the id of another one, or dated in the future, is a place that nobody can read for certain", async () => {
    const dated = await datedIncidents(1);
    await dated.write("INC-7", "2026-10-02", {});
    await writeFile(
      join(dated.custody.config.root, "incidents", "other.md"),
      `---\nid: INC-7\ntitle: Another\nseverity: Low\ndetected_at: 2026-10-03T09:00:00Z\n---\nx\n`,
    );
    await dated.write("INC-8", "2029-10-02", {});
    dated.clock.advance(40 * 86_400_000);
    await dated.collect();
    // Both are rows, under names that tell them apart, and are read back.
    const period = { from: t("2026-10-01"), to: t("2026-11-01") };
    const { population } = await freezePopulation(dated.custody, { of: "incidents", period, only: [] });
    const shared = population.rows.filter(({ id }) => id === "INC-7");
    expect(shared.map(({ place }) => place)).toEqual(["INC-7.md", "other.md"]);
    expect(new Set(population.rows.map(({ row }) => row)).size).toBe(population.rows.length);
    const { problems } = await readLedger(dated.custody, Number.POSITIVE_INFINITY);
    expect(problems.map(({ where, message }) => `${where}: ${message}`)).toEqual([
      expect.stringMatching(/^INC-7: 2 records are called INC-7 and say different things: INC-7.md, other.md\./),
      expect.stringMatching(/^INC-8: it begins on 2029-10-02, which was still to come when it was seen/),
    ]);
  });
});
