import { describe, expect, test } from "vitest";
import { type FactOf, wholeFact } from "../src/evidence/fact.ts";
import { lengthForPeople } from "../src/lib/length.ts";
import { causesOf, quarterOf, trendsOf } from "../src/reviews/trends.ts";
import { t } from "./support/entries.ts";

const ZONE = "Europe/Berlin";
const MINUTE = 60_000;

function incident(id: string, detected: string | null, over: Partial<FactOf<"incident">> = {}): FactOf<"incident"> {
  const blank = wholeFact<"incident">({
    kind: "incident",
    id,
    title: id,
    severity: null,
    status: null,
    nature: null,
    occurredAt: null,
    detectedAt: detected === null ? null : t(detected),
    acknowledgedAt: null,
    containedAt: null,
    resolvedAt: null,
    closedAt: null,
    owner: null,
    commander: null,
    personalData: null,
    review: null,
  });
  return { ...blank, ...over };
}
const action = (incidentId: string, doneAt: string | null): FactOf<"action"> =>
  wholeFact<"action">({
    kind: "action",
    id: `a-${incidentId}`,
    title: "a",
    type: null,
    incident: incidentId,
    finding: null,
    activity: null,
    owner: null,
    due: null,
    createdAt: null,
    doneAt: doneAt === null ? null : t(doneAt),
    verifiedAt: null,
    cancelledAt: null,
    precision: {},
    result: null,
    evidence: 0,
    replanned: [],
    tracker: null,
  });

test("quarters are those of the zone", () => {
  expect(quarterOf(t("2026-12-31T23:00Z"), ZONE)).toBe("2027-Q1");
  expect(quarterOf(t("2026-12-31T23:00Z"), "UTC")).toBe("2026-Q4");
  expect(quarterOf(t("2026-06-30T22:00Z"), ZONE)).toBe("2026-Q3");
});

test("counts are by quarter, severity, nature and how it was noticed; what has no time is named apart", () => {
  const { counts, undated, n } = trendsOf(
    [
      incident("a", "2026-01-05T10:00Z", { severity: "Sev1", nature: "security", detectedBy: "alert" }),
      incident("b", "2026-02-05T10:00Z", { severity: "Sev1", nature: "security", detectedBy: "alert" }),
      incident("c", "2026-02-05T10:00Z"),
      incident("d", null, { createdAt: t("2026-07-01T00:00Z") }),
      incident("e", null),
    ],
    [],
    ZONE,
  );
  expect(counts).toEqual([
    { quarter: "2026-Q1", severity: "Sev1", nature: "security", detectedBy: "alert", n: 2 },
    { quarter: "2026-Q1", severity: null, nature: null, detectedBy: null, n: 1 },
    { quarter: "2026-Q3", severity: null, nature: null, detectedBy: null, n: 1 },
  ]);
  expect([undated, n]).toEqual([["e"], 4]);
});

describe("times", () => {
  const responded = (id: string, minutes: number, over: Partial<FactOf<"incident">> = {}) =>
    incident(id, "2026-01-05T10:00Z", { acknowledgedAt: t("2026-01-05T10:00Z") + minutes * MINUTE, ...over });
  const respond = (...incidents: FactOf<"incident">[]) => trendsOf(incidents, [], ZONE).times[0]?.respond;

  test("mean and median are rounded up, nine of ten is a time that there was, the worst has a name", () => {
    expect(respond(responded("a", 1), responded("b", 2), responded("c", 4), responded("d", 10))).toEqual({
      n: 4,
      mean: 4.25 * MINUTE,
      median: 3 * MINUTE,
      p90: 10 * MINUTE,
      worst: 10 * MINUTE,
      worstId: "d",
      inexact: 0,
      unknown: 0,
      invalid: 0,
    });
    const ten = Array.from({ length: 10 }, (_, i) => responded(`i${i}`, i + 1));
    expect(respond(...ten)).toMatchObject({ n: 10, median: 5.5 * MINUTE, p90: 9 * MINUTE, worst: 10 * MINUTE });
    expect(respond(...ten, responded("x", 11))).toMatchObject({ p90: 10 * MINUTE });
    const odd = [
      incident("a", "2026-01-05T10:00Z", { acknowledgedAt: t("2026-01-05T10:00Z") }),
      incident("b", "2026-01-05T10:00Z", { acknowledgedAt: t("2026-01-05T10:00Z") + 1 }),
    ];
    expect(respond(...odd)).toMatchObject({ mean: 1, median: 1 });
  });

  test("what Custody opened itself is in no time of people; how long it went on unnoticed is counted for both", () => {
    const DAY = 86_400_000;
    const noticed = t("2026-01-05T10:00Z");
    const gap = (id: string, days: number, minutes: number) =>
      incident(id, "2026-01-05T10:00Z", {
        origin: "custody",
        severity: "Sev3",
        occurredAt: noticed - days * DAY,
        respondedAt: noticed + minutes * MINUTE,
      });
    const { times, byCustody, n } = trendsOf(
      [
        responded("a", 10, { occurredAt: noticed - 20 * MINUTE, severity: "Sev1" }),
        gap("g1", 7, 0),
        gap("g2", 2, 30),
        gap("g3", 0, 45),
      ],
      [],
      ZONE,
    );
    expect(n).toBe(4);
    expect(times.map(({ severity }) => severity)).toEqual([null, "Sev1"]);
    expect(times[0]).toMatchObject({ notice: { n: 1, median: 20 * MINUTE }, respond: { n: 1, median: 10 * MINUTE } });
    expect(byCustody).toMatchObject({
      n: 3,
      atOnce: 1,
      // The last is only known to have been so when it was noticed: no length of it is made up.
      notice: { n: 2, worst: 7 * DAY, worstId: "g1", unknown: 1 },
      respond: { n: 2, median: 37.5 * MINUTE },
    });
  });

  test("the response counts, not the acknowledgement; across a change of the clocks it is as long as it was", () => {
    const both = responded("a", 3, { respondedAt: t("2026-01-05T10:20Z") });
    expect(respond(both)).toMatchObject({ worst: 20 * MINUTE });
    const dst = incident("a", "2026-03-29T01:50+01:00", { acknowledgedAt: t("2026-03-29T03:10+02:00") });
    expect(respond(dst)).toMatchObject({ worst: 20 * MINUTE });
  });

  test("what is known too inexactly, is missing or ends before it began is counted apart, and nothing is rounded down", () => {
    const minutes = responded("a", 10, { precision: { acknowledgedAt: MINUTE, detectedAt: MINUTE } });
    expect(respond(minutes)).toMatchObject({ n: 1, worst: 10 * MINUTE });
    const day = responded("b", 10, { precision: { detectedAt: 86_400_000 } });
    const backwards = incident("c", "2026-01-05T10:00Z", { acknowledgedAt: t("2026-01-05T09:00Z") });
    expect(respond(day, backwards, incident("d", "2026-01-05T10:00Z"), incident("e", null))).toMatchObject({
      n: 0,
      mean: null,
      p90: null,
      worst: null,
      inexact: 1,
      invalid: 1,
      unknown: 1,
    });
    // A day is exact enough where it took months.
    const months = incident("f", "2026-01-05", { resolvedAt: t("2026-06-05"), precision: { resolvedAt: 86_400_000 } });
    expect(trendsOf([months], [], ZONE).times[0]?.resolve).toMatchObject({ n: 1, inexact: 0 });
  });
});

test("eight minutes to the second are told as eight minutes", () => {
  const seconds = incident("a", "2026-01-05T10:00:00Z", {
    respondedAt: t("2026-01-05T10:08:00Z"),
    precision: { detectedAt: 1_000, respondedAt: 1_000 },
  });
  expect(lengthForPeople(trendsOf([seconds], [], ZONE).times[0]?.respond.worst ?? 0)).toBe("8 min");
});

describe("causes that come back", () => {
  const of = (id: string, at: string) => incident(id, at, { causeKey: "Lock " });
  const causes = (incidents: FactOf<"incident">[], ...actions: FactOf<"action">[]) =>
    causesOf(incidents, actions, ZONE)[0];

  test("within twelve months after the first action was done, to the minute", () => {
    const list = [
      of("a", "2026-01-01T10:00Z"),
      of("b", "2026-02-28T10:00Z"),
      of("c", "2026-03-01T10:01Z"),
      of("d", "2027-03-01T10:00Z"),
      of("e", "2027-03-01T10:01Z"),
    ];
    expect(causes(list, action("a", "2026-03-01T10:00Z"), action("b", "2026-05-01T10:00Z"))).toEqual({
      causeKey: "lock",
      incidents: ["a", "b", "c", "d", "e"],
      firstClosed: t("2026-03-01T10:00Z"),
      before: ["b"],
      repeats: ["c", "d"],
      later: ["e"],
    });
  });

  test("twelve months from a leap day end with February", () => {
    const list = [of("a", "2028-01-01T10:00Z"), of("b", "2029-02-28T10:00Z"), of("c", "2029-03-01T10:00Z")];
    expect(causes(list, action("a", "2028-02-29T12:00Z"))).toMatchObject({ repeats: ["b"], later: ["c"] });
  });

  test("while nothing was done it only comes again; once is no repeat", () => {
    expect(causes([of("a", "2026-01-01T10:00Z"), of("b", "2026-02-01T10:00Z")], action("a", null))).toMatchObject({
      firstClosed: null,
      before: ["b"],
      repeats: [],
    });
    expect(causes([of("a", "2026-01-01T10:00Z")])).toBeUndefined();
  });

  test("a cause is told where one of its incidents is in the period, with those before", () => {
    const list = [of("a", "2025-01-01T10:00Z"), of("b", "2026-02-01T10:00Z")];
    const period = (from: string, to: string) => trendsOf(list, [], ZONE, { from: t(from), to: t(to) }).causes.length;
    expect([period("2026-01-01", "2027-01-01"), period("2024-01-01", "2025-01-01")]).toEqual([1, 0]);
  });
});
