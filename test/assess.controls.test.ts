import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { countResults } from "../src/assess/assess.ts";
import { NO_POLICY } from "../src/assess/case.ts";
import { controlsFor, requirementsFor } from "../src/assess/mapping.ts";
import { RESULTS } from "../src/assess/vocabulary.ts";
import type { Entry } from "../src/evidence/entry.ts";
import type { FactKind, Observed } from "../src/evidence/fact.ts";
import {
  assessIn,
  assessOne,
  catalogueOf,
  dailyRuns,
  fact,
  PERIOD,
  REGISTER,
  type Setting,
  seen,
  shippedCatalogue,
  TEN_DAYS,
  wholeRegister,
} from "./support/assessing.ts";
import { config, genesis, importOf, instance, plan, t } from "./support/entries.ts";

const catalogue = shippedCatalogue();

const PROM = instance({ id: "prom", use: "alert-history/prometheus", family: "alert-history" });
const JOBS = instance({ id: "jobs", use: "cron-health/ping", family: "cron-health" });

describe("the shipped catalogue", () => {
  const everything: Entry[] = [
    genesis("2026-10-20"),
    config("2026-10-31", [REGISTER, PROM, JOBS]),
    ...["register", "prom", "jobs"].flatMap((id) => dailyRuns(id, TEN_DAYS)),
  ];

  test("on an empty ledger claims nothing", () => {
    const words = assessIn(catalogue, { entries: [] }).flatMap((c) => c.requirements.map((r) => r.result));
    expect(new Set(words)).toEqual(new Set(["no_data"]));
  });

  test("finds what is met, what is not, and what it cannot know", () => {
    const facts: Observed[] = [
      fact("incident", "INC-1", {
        severity: "Sev1",
        nature: "security",
        personalData: "no",
        owner: "p1",
        detectedAt: t("2026-11-02T10:00Z"),
        containedAt: t("2026-11-02T10:30Z"),
        resolvedAt: t("2026-11-02T12:00Z"),
        closedAt: t("2026-11-05T12:00Z"),
      }),
      fact("incident", "INC-2", { severity: "Sev3", detectedAt: t("2026-11-06T10:00Z") }),
      fact("review", "PIR-1", { incident: "INC-1", date: t("2026-11-05"), author: "p1" }),
    ].map((f, ordinal) => seen(f, { ordinal }));
    const found = Object.fromEntries(
      assessIn(catalogue, { entries: everything, facts })
        .flatMap((c) => c.requirements)
        .map((r) => [r.id, r]),
    );
    expect(found["a526.register.collected"]).toMatchObject({ result: "met", n: 10, of: 10 });
    expect(found["a525.severity.stated"]).toMatchObject({ result: "met", n: 2, of: 2 });
    expect(found["a526.owner.present"]).toMatchObject({ result: "no_data", reason: NO_POLICY });
    expect(found["a527.review.exists"]).toMatchObject({ result: "no_data", reason: NO_POLICY });
    expect(found["a527.review.approver"]).toMatchObject({ result: "no_target", n: 0, of: 1 });
    expect(found["a526.response.timely"]).toMatchObject({ result: "no_data" });
    expect(found["a816.alerts.acknowledged"]?.reason).toMatch(/^not observable: /);
    expect(found["a816.silences.explained"]?.reason).toBe("nothing connected feeds this: no source of silences");
    expect(found["a525.alerts.nil"]).toMatchObject({ result: "pending" });
    expect(found["a524.procedure.approved"]).toMatchObject({ result: "no_data", reason: NO_POLICY });
  });

  test("cannot be met for A.5.24 or A.5.28 by a register alone", () => {
    const facts = [seen(fact("incident", "INC-1", { detectedAt: t("2026-11-02"), owner: "p", severity: "Sev1" }))];
    for (const control of assessIn(catalogue, { facts })) {
      if (control.id === "A.5.24" || control.id === "A.5.28") expect(control.counts.met, control.id).toBe(0);
    }
  });
});

describe("evidence", () => {
  const digest = (seed: string) => seed.repeat(64);

  test("of records names the file, its entry, its instance and both times", () => {
    const facts = [
      seen(fact("incident", "1", { detectedAt: t("2026-11-03") }), {
        entry: 4,
        item: digest("b"),
        capturedAt: t("2026-11-04T00:30Z"),
      }),
      seen(fact("incident", "2", { detectedAt: t("2026-11-03") }), { entry: 3, item: digest("c") }),
      seen(fact("incident", "3", { detectedAt: t("2026-11-03") }), { entry: 3, item: digest("c"), ordinal: 1 }),
    ];
    const answer = assessOne({ kind: "present", over: "incident", fields: ["detectedAt"] }, { facts });
    expect(answer.entries).toEqual([3, 4]);
    const run = { instance: "register", imported: false };
    expect(answer.evidence).toEqual([
      { ...run, entry: 3, digest: digest("c"), capturedAt: t("2026-11-03T01:00Z"), loggedAt: t("2026-11-03T01:00Z") },
      { ...run, entry: 4, digest: digest("b"), capturedAt: t("2026-11-04T00:30Z"), loggedAt: t("2026-11-04T01:00Z") },
    ]);
  });

  test("of an empty population are the runs that looked", () => {
    const answer = assessOne({ kind: "nil", over: "incident" });
    expect(answer.entries).toEqual([2, 3, 4, 5, 6, 7, 8, 9, 10, 11]);
    expect(answer.evidence).toHaveLength(10);
  });

  test("beyond what an entry holds is named by its manifest", () => {
    const manifest = { digest: digest("d"), size: 1, mediaType: "application/json" };
    const answer = assessOne({ kind: "slots" }, { entries: wholeRegister({ evidence: [], manifest }) });
    expect(new Set(answer.evidence.map((e) => e.digest))).toEqual(new Set([digest("d")]));
  });

  test("that was imported says so, and alone cannot make anything met", () => {
    const imported = importOf("2026-11-11T05:00Z", ["2026-11-01", "2026-11-11"], {
      instance: "register",
      use: "incident-log/markdown",
    });
    const entries = [genesis("2026-10-20"), config("2026-10-31", [REGISTER]), imported];
    const facts = [seen(fact("incident", "1", { detectedAt: t("2026-11-03") }))];
    const answer = assessOne({ kind: "present", over: "incident", fields: ["detectedAt"] }, { entries, facts });
    expect(answer).toMatchObject({
      result: "indeterminate",
      reason: expect.stringMatching(/no evidence was expected from register/),
    });
    expect(answer.evidence).toMatchObject([{ imported: true }]);
  });

  test("from an inbox is found by the entry of its message", () => {
    const facts = [
      seen(fact("incident", "1", { detectedAt: t("2026-11-03") }), { entry: 99, at: t("2026-11-03T10:00Z") }),
    ];
    const answer = assessOne({ kind: "present", over: "incident", fields: ["detectedAt"] }, { facts });
    expect(answer.evidence).toMatchObject([{ entry: 99, loggedAt: t("2026-11-03T10:00Z"), capturedAt: undefined }]);
  });
});

describe("a source that was retired", () => {
  const retired = [
    ...wholeRegister(),
    plan("2026-11-11T02:00Z", "retire", { instance: "register" }),
    config("2026-11-11T03:00Z", []),
  ];
  const later = { entries: retired, period: { from: t("2026-11-15"), to: t("2026-11-20") }, asOf: t("2026-11-21") };

  test("still shows the failures of its open records, and nothing of it is met", () => {
    const check = { kind: "present" as const, over: "incident" as const, fields: ["owner"] };
    const open = (owner: string | null) => [seen(fact("incident", "1", { detectedAt: t("2026-11-03"), owner }))];
    expect(assessOne(check, { ...later, facts: open(null) })).toMatchObject({
      result: "not_met",
      failing: [{ id: "1" }],
    });
    const owned = assessOne(check, { ...later, facts: open("p") });
    expect(owned).toMatchObject({ result: "indeterminate", reason: expect.stringMatching(/no longer collected/) });
    expect(assessOne({ kind: "slots" }, { ...later, facts: open("p") }).result).toBe("no_data");
  });

  test("in the middle of the period leaves the rest of it unknown, and what follows it says until when it was watched", () => {
    const check = { kind: "present" as const, over: "incident" as const, fields: ["owner"] };
    const facts = [seen(fact("incident", "1", { detectedAt: t("2026-11-03"), owner: "p" }))];
    const over = { ...later, period: { from: t("2026-11-05"), to: t("2026-11-20") }, facts };
    expect(assessOne(check, over)).toMatchObject({
      result: "indeterminate",
      reason: expect.stringMatching(
        /nobody watched from 12 Nov 2026 to 20 Nov 2026; no longer collected \(register until 12 Nov/,
      ),
    });
    const second = { ...REGISTER, id: "second" };
    const days = [11, 12, 13, 14, 15, 16, 17, 18, 19];
    const entries = [...retired, config("2026-11-11T04:00Z", [second]), ...dailyRuns("second", days)];
    const { reason } = assessOne(check, { ...over, entries });
    expect(reason).toMatch(/second since 11 Nov 2026.*register until 12 Nov 2026/);
    expect(reason).not.toMatch(/nobody watched/);
  });

  test("takes nothing from the one that follows it", () => {
    const second = { ...REGISTER, id: "second" };
    const entries = [
      ...retired,
      config("2026-11-11T04:00Z", [second]),
      ...dailyRuns("second", [11, 12, 13, 14, 15, 16, 17, 18, 19]),
    ];
    const facts = [seen(fact("incident", "1", { detectedAt: t("2026-11-03"), owner: "p" }))];
    const check = { kind: "present" as const, over: "incident" as const, fields: ["owner"] };
    expect(assessOne(check, { ...later, entries, facts })).toMatchObject({
      result: "met",
      instances: ["register", "second"],
    });
    expect(assessOne({ kind: "slots" }, { ...later, entries, facts })).toMatchObject({
      result: "met",
      n: 5,
      of: 5,
      freshness: { instances: [{ instance: "second" }] },
    });
  });
});

describe("freshness", () => {
  test("is current where the newest period of the requirement is covered", () => {
    const { freshness } = assessOne({ kind: "slots" }, {}, { freshness: "daily" });
    expect(freshness).toEqual({
      required: "daily",
      state: "current",
      instances: [{ instance: "register", state: "current", coveredTo: t("2026-11-11") }],
    });
  });

  test("is stale where the source is", () => {
    expect(assessOne({ kind: "slots" }, { asOf: t("2026-11-20") }).freshness.state).toBe("stale");
  });

  test("is stale where the source is current by its own cadence but too slow for the requirement", () => {
    const slow = { ...REGISTER, cadence: "monthly" };
    const runs = dailyRuns("register", [1]).map((entry) => ({ ...entry, at: "2026-11-02T01:00:00.000Z" }));
    const setting: Setting = { entries: [genesis("2026-10-20"), config("2026-10-31", [slow]), ...runs] };
    expect(assessOne({ kind: "slots" }, setting, { freshness: "daily" }).freshness.state).toBe("stale");
    expect(assessOne({ kind: "slots" }, setting, { freshness: "monthly" }).freshness.state).toBe("current");
    expect(assessOne({ kind: "slots" }, setting, { freshness: "on-event" }).freshness.state).toBe("current");
  });

  test("is never where nothing came, and none where nothing feeds", () => {
    expect(assessOne({ kind: "slots" }, { entries: wholeRegister().slice(0, 2) }).freshness.state).toBe("never");
    expect(assessOne({ kind: "slots" }, {}, { from: { families: ["roster"] } }).freshness.state).toBe("none");
  });
});

describe("which controls a piece of evidence serves", () => {
  test.each<[string, FactKind[] | undefined, string[]]>([
    ["incident-log", ["incident"], ["A.5.24", "A.5.25", "A.5.26", "A.5.27", "A.5.28", "A.5.36", "A.8.16"]],
    ["incident-log", ["review"], ["A.5.27", "A.5.36"]],
    ["alert-history", ["alert"], ["A.5.25", "A.5.36", "A.8.16"]],
    ["cron-health", ["job-run"], ["A.5.36", "A.8.13", "A.8.16"]],
    ["policy-docs", undefined, ["A.5.24", "A.5.28"]],
    ["nothing-known", undefined, []],
  ])("%s with %j", (family, kinds, controls) => {
    expect(controlsFor(catalogue, family, kinds)).toEqual(controls);
  });

  test("leaves out what no source can show", () => {
    const served = requirementsFor(catalogue, "alert-history", ["alert"]).map((r) => r.id);
    expect(served).toContain("a816.alerts.collected");
    expect(served).not.toContain("a816.alerts.acknowledged");
  });
});

describe("whatever the ledger and the sources say", () => {
  const when = fc.option(fc.integer({ min: t("2026-10-20"), max: t("2026-11-20") }), { nil: null });
  const word = fc.constantFrom(null, "", "Sev1", "high", "security");
  const kinds: readonly FactKind[] = ["incident", "review", "alert", "silence", "alert-rule", "job-run"];
  const observed = fc
    .record({
      kind: fc.constantFrom(...kinds),
      id: fc.constantFrom("1", "2", "3", "4"),
      instance: fc.constantFrom("register", "prom", "jobs", "ghost"),
      entry: fc.integer({ min: 0, max: 40 }),
      a: when,
      b: when,
      word,
      outcome: fc.constantFrom("success", "failure", "started", "missed"),
    })
    .map(({ kind, id, instance: of, entry, a, b, word: said, outcome }): Observed => {
      const times = {
        occurredAt: b,
        detectedAt: a,
        resolvedAt: b,
        closedAt: a,
        startsAt: a ?? 0,
        endsAt: b ?? 1,
        date: a,
        startedAt: a,
      };
      const texts = { severity: said, owner: said, nature: said, author: said, incident: id, by: said, outcome };
      const blank = fact(kind, id) as unknown as Record<string, unknown>;
      const fields = Object.entries({ ...times, ...texts }).filter(([field]) => field in blank);
      return seen({ ...blank, ...Object.fromEntries(fields) } as unknown as Observed["fact"], { instance: of, entry });
    });
  const setting = fc.record({
    facts: fc.array(observed, { maxLength: 25 }),
    connected: fc.subarray([REGISTER, PROM, JOBS]),
    days: fc.subarray([...TEN_DAYS]),
    asOf: fc.integer({ min: PERIOD.from, max: t("2026-11-20") }),
    problems: fc.array(fc.record({ instance: fc.constantFrom("register", "prom"), entry: fc.nat(40) }), {
      maxLength: 2,
    }),
  });
  type Made = typeof setting extends fc.Arbitrary<infer T> ? T : never;
  const assessMade = ({ facts, connected, days, asOf, problems }: Made) => {
    const runs = connected.flatMap((one) => dailyRuns(one.id, days)).filter((e) => Date.parse(e.at) <= asOf);
    const entries = [genesis("2026-10-20"), config("2026-10-31", connected), ...runs];
    return assessIn(catalogue, { entries, facts: facts.filter((o) => o.instance !== "ghost"), asOf, problems });
  };
  const each = (property: (made: Made, controls: ReturnType<typeof assessMade>) => void) =>
    fc.assert(
      fc.property(setting, (made) => property(made, assessMade(made))),
      { numRuns: 60, seed: 20261121 },
    );

  test("nothing is met or nil where nothing feeds it, where nothing came, or of nothing", () => {
    each((made, controls) => {
      for (const r of controls.flatMap((c) => c.requirements)) {
        if (r.result !== "met" && r.result !== "nil") continue;
        expect(r.instances.length).toBeGreaterThan(0);
        // A record that is there exists, also before the first run was whole.
        if (r.check !== "exists") expect(made.days.length).toBeGreaterThan(0);
        expect(r.evidence.length).toBeGreaterThan(0);
        expect(r.n).toBe(r.of);
        expect(r.of).toBeGreaterThan(0);
        expect(r.failing).toEqual([]);
      }
    });
  });

  test("the counts add up, and show every not_met", () => {
    each((_, controls) => {
      for (const control of controls) {
        const sum = [control.counts, control.recommended].flatMap((c) => Object.values(c)).reduce((a, b) => a + b, 0);
        expect(sum).toBe(control.requirements.length);
        expect(control.counts.not_met).toBe(control.requirements.filter((r) => r.result === "not_met").length);
        expect(control.recommended.not_met).toBe(0);
        for (const r of control.requirements) {
          expect(RESULTS).toContain(r.result);
          expect(r.reason).not.toBe("");
          expect(r.n).toBeLessThanOrEqual(r.of);
          if (r.result === "not_met" && r.check !== "exists") expect(r.failing.length).toBeGreaterThan(0);
        }
      }
    });
  });

  test("a failure seen once stays however many good records come beside it", () => {
    each((made) => {
      const bad = seen(fact("incident", "bad", { detectedAt: t("2026-11-03") }), { entry: 41 });
      const connected = made.connected.includes(REGISTER) ? made.connected : [REGISTER, ...made.connected];
      const controls = assessMade({ ...made, connected, facts: [...made.facts, bad] });
      const owner = controls.flatMap((c) => c.requirements).find((r) => r.id === "a525.severity.stated");
      expect(owner?.result).toBe("not_met");
      expect(owner?.failing.map((f) => f.id)).toContain("bad");
    });
  });

  test("the order in which the facts are told does not matter", () => {
    each((made, controls) => {
      // Two words about a thing from the very same place cannot be; the first of them is kept here.
      const unique = [
        ...new Map(made.facts.map((o) => [`${o.instance} ${o.fact.kind} ${o.fact.id} ${o.entry}`, o])).values(),
      ];
      expect(assessMade({ ...made, facts: [...unique].reverse() })).toEqual(assessMade({ ...made, facts: unique }));
      expect(controls).toHaveLength(catalogue.controls.length);
    });
  });
});

test("the result of a control is its counts, and there is no word for the whole", () => {
  const [control] = assessIn(catalogueOf({ kind: "slots" }));
  expect(control).not.toHaveProperty("result");
  expect(control?.counts).toEqual(countResults(control?.requirements ?? []));
});
