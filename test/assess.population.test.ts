import { describe, expect, test } from "vitest";
import { linkKey, newestOf, populationsOf } from "../src/assess/population.ts";
import type { FactKind, Observed } from "../src/evidence/fact.ts";
import { dailyRuns, fact, PERIOD, seen, wholeRegister, yields } from "./support/assessing.ts";
import { historyOf, t } from "./support/entries.ts";

const instances = historyOf(wholeRegister({ total: 4, found: { reader: 1, facts: 3, problems: 1 } })).instances;
const populations = (...facts: Observed[]) => populationsOf(facts, instances, yields, PERIOD);
const idsOf = (kind: FactKind, ...facts: Observed[]) =>
  populations(...facts)
    .get(kind)
    ?.records.map((o) => o.fact.id);

describe("incidents open at any time in the period", () => {
  const incident = (from: string | null, to: string | null, over = {}) =>
    fact("incident", "i", {
      detectedAt: from === null ? null : t(from),
      closedAt: to === null ? null : t(to),
      ...over,
    });

  test.each([
    ["began and ended in it", incident("2026-11-03", "2026-11-04"), true],
    ["carried in and closed in it", incident("2026-10-03", "2026-11-04"), true],
    ["lasted through all of it", incident("2026-10-03", "2026-12-04"), true],
    ["carried in and never closed", incident("2026-10-03", null), true],
    ["began in it and goes on", incident("2026-11-10T23:59Z", null), true],
    ["closed before it", incident("2026-10-03", "2026-10-31"), false],
    ["closed at its very start", incident("2026-10-03", "2026-11-01"), false],
    ["began at its very end", incident("2026-11-11", null), false],
    ["began after it", incident("2026-11-12", "2026-11-13"), false],
    ["resolved before it and never closed", incident("2026-10-03", null, { resolvedAt: t("2026-10-04") }), false],
    [
      "resolved before it and closed in it",
      incident("2026-10-03", "2026-11-02", { resolvedAt: t("2026-10-04") }),
      true,
    ],
    ["occurred before it, detected in it", incident("2026-11-02", null, { occurredAt: t("2026-10-01") }), true],
    ["without any time", incident(null, null), true],
    ["without a start, closed in it", incident(null, "2026-11-02"), true],
    ["without a start, closed before it", incident(null, "2026-10-02"), false],
    ["without a start, closed after it", incident(null, "2026-12-02"), false],
  ])("%s: %#", (_, found, included) => {
    expect(idsOf("incident", seen(found))).toEqual(included ? ["i"] : []);
  });

  test("what goes on is not known to go on in a period that is still to come", () => {
    const goes = seen(incident("2026-10-03", null));
    const ids = (asOf: string) => populationsOf([goes], instances, yields, PERIOD, t(asOf)).get("incident")?.records;
    expect(ids("2026-11-01")).toHaveLength(1);
    expect(ids("2026-10-31")).toHaveLength(0);
  });

  test("the second number counts those detected in it", () => {
    const carried = fact("incident", "a", { detectedAt: t("2026-10-01") });
    const detected = fact("incident", "b", { detectedAt: t("2026-11-02"), occurredAt: t("2026-10-02") });
    const undated = fact("incident", "c");
    const found = populations(seen(carried), seen(detected), seen(undated)).get("incident");
    expect(found).toMatchObject({ began: 1, undated: 1 });
    expect(found?.records.map((o) => o.fact.id)).toEqual(["c", "a", "b"]);
    expect(found?.parts).toMatchObject([{ instance: "register", count: 3, began: 1 }]);
  });
});

describe("other kinds", () => {
  test.each([
    ["2026-10-01", "2026-11-01", false],
    ["2026-10-01", "2026-11-01T00:00:00.001Z", true],
    ["2026-11-01", "2026-11-01", true],
    ["2026-11-10T23:59Z", null, true],
    ["2026-11-11", null, false],
  ])("an alert from %s to %s meets the period: %s", (from, to, included) => {
    const alert = fact("alert", "a", { startsAt: t(from), endsAt: to === null ? null : t(to) });
    expect(idsOf("alert", seen(alert))).toEqual(included ? ["a"] : []);
  });

  test.each([
    ["2026-10-31T23:59Z", "2026-11-02", false],
    ["2026-11-01", null, true],
    [null, "2026-11-01", true],
    [null, null, true],
    ["2026-11-11", null, false],
  ])("a job that started %s and ended %s belongs to the period: %s", (from, to, included) => {
    const times = { startedAt: from === null ? null : t(from), endedAt: to === null ? null : t(to) };
    expect(idsOf("job-run", seen(fact("job-run", "j", times)))).toEqual(included ? ["j"] : []);
  });

  test("a review belongs to the period by its date, or because of its incident, or because it has no date", () => {
    const facts = [
      fact("incident", "INC-1", { detectedAt: t("2026-11-10") }),
      fact("review", "dated", { date: t("2026-11-02") }),
      fact("review", "about", { date: t("2026-11-20"), incident: "incidents/inc-1.md" }),
      fact("review", "undated"),
      fact("review", "other", { date: t("2026-11-20"), incident: "INC-2" }),
      fact("review", "early", { date: t("2026-10-20") }),
    ].map((f, ordinal) => seen(f, { ordinal }));
    expect(idsOf("review", ...facts)).toEqual(["undated", "dated", "about"]);
  });

  test("alert rules are there as they were last seen", () => {
    expect(idsOf("alert-rule", seen(fact("alert-rule", "r")))).toEqual(["r"]);
  });
});

describe("the newest word", () => {
  const word = (name: string, over: Partial<Observed>) =>
    seen(fact("alert", "a", { name, startsAt: t("2026-11-02") }), over);

  test("is the one of the latest entry, capture and place, in whatever order they are told", () => {
    const words = [
      word("1", { entry: 3, position: 9, ordinal: 9 }),
      word("2", { entry: 4, position: 0, ordinal: 9 }),
      word("3", { entry: 4, position: 1, ordinal: 0 }),
      word("4", { entry: 4, position: 1, ordinal: 1 }),
    ];
    for (const order of [words, [...words].reverse()]) {
      expect(newestOf(order).map((o) => o.fact.kind === "alert" && o.fact.name)).toEqual(["4"]);
    }
  });

  test("is kept for each instance and kind on its own", () => {
    const other = seen(fact("review", "a"), {});
    expect(newestOf([word("1", {}), word("1", { instance: "second" }), other])).toHaveLength(3);
  });

  test("of a thing that left the period takes it out of the population", () => {
    const before = seen(fact("alert", "a", { startsAt: t("2026-10-02") }), { entry: 3 });
    const after = seen(fact("alert", "a", { startsAt: t("2026-10-02"), endsAt: t("2026-10-03") }), { entry: 4 });
    expect(idsOf("alert", before)).toEqual(["a"]);
    expect(idsOf("alert", before, after)).toEqual([]);
  });
});

describe("the source's own numbers", () => {
  test("stand beside what was read, for each run that meets the period", () => {
    const part = populations().get("incident")?.parts[0];
    expect(part?.counts).toHaveLength(10);
    expect(part?.counts[0]).toMatchObject({ entry: 2, facts: 3, problems: 1, total: 4 });
  });

  test("are there for an empty population too, and for no instance that cannot show the kind", () => {
    expect(populations().get("incident")?.parts).toMatchObject([{ instance: "register", count: 0 }]);
    expect(populations().get("alert")?.parts).toEqual([]);
  });

  test("of runs outside the period and of failed ones do not count", () => {
    const entries = [
      ...wholeRegister().slice(0, 2),
      ...dailyRuns("register", [12, 13]),
      ...dailyRuns("register", [3], { outcome: "failed" }),
    ];
    const parts = populationsOf([], historyOf(entries).instances, yields, PERIOD).get("incident")?.parts;
    expect(parts?.[0]?.counts).toEqual([]);
  });
});

test.each([
  ["INC-7", "inc-7"],
  [" reviews/2026/INC-7.md ", "inc-7"],
  ["reviews\\INC-7.markdown", "inc-7"],
  ["INC-7.2", "inc-7.2"],
])("%j is known as %j", (written, key) => {
  expect(linkKey(written)).toBe(key);
});
