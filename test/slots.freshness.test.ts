import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Entry } from "../src/evidence/entry.ts";
import { iso } from "../src/lib/time.ts";
import { freshnessOf } from "../src/slots/freshness.ts";
import { config, genesis, importOf, instance, instanceOf, plan, run, t, type When } from "./support/entries.ts";

const setUp = (fields: Parameters<typeof instance>[0] = {}): Entry[] => [
  genesis("2026-11-01T09:00Z"),
  config("2026-11-01T09:00Z", [instance(fields)]),
];
const covering = (to: When) => run(to, { covered: [[t(to) - 3_600_000, to]] });
const dueBy = (entries: readonly Entry[]) => iso(freshnessOf(instanceOf(entries), t("2040-01-01")).dueBy ?? 0);

describe("evidence", () => {
  test("is never there before a run covered something, and says by when it should have been", () => {
    const entries = [...setUp(), run("2026-11-01T10:00Z"), importOf("2026-11-01T11:00Z", ["2026-10-01", "2026-11-01"])];
    expect(freshnessOf(instanceOf(entries), t("2026-12-01"))).toEqual({
      state: "never",
      coveredTo: undefined,
      staleSince: undefined,
      dueBy: t("2026-11-02T15:00Z"),
      overBy: t("2026-11-02T09:00Z"),
    });
  });

  test("is current for one window and the grace, and stale after that", () => {
    const history = instanceOf([...setUp(), covering("2026-11-02T10:00Z")]);
    const end = t("2026-11-03T16:00Z");
    expect(freshnessOf(history, end)).toEqual({
      state: "current",
      coveredTo: t("2026-11-02T10:00Z"),
      staleSince: undefined,
      dueBy: end,
      overBy: end - 6 * 3_600_000,
    });
    expect(freshnessOf(history, end + 1)).toMatchObject({ state: "stale", staleSince: end, dueBy: end });
  });

  test("stands by the latest moment seen, not by when somebody looked", () => {
    const backfill = run("2026-11-20", { trigger: "backfill", covered: [["2026-10-01", "2026-10-15"]] });
    const history = instanceOf([...setUp(), covering("2026-11-02T10:00Z"), backfill]);
    expect(freshnessOf(history, t("2026-11-20")).coveredTo).toBe(t("2026-11-02T10:00Z"));
    const glimpse = run("2026-11-20", { instants: ["2026-11-19T12:00Z"] });
    expect(freshnessOf(instanceOf([...setUp({ mode: "snapshot" }), glimpse]), t("2026-11-20")).coveredTo).toBe(
      t("2026-11-19T12:00Z"),
    );
  });

  test("is judged by the entries logged by then", () => {
    const history = instanceOf([...setUp(), covering("2026-11-02T10:00Z"), covering("2026-11-20T10:00Z")]);
    expect(freshnessOf(history, t("2026-11-19"))).toMatchObject({ state: "stale", coveredTo: t("2026-11-02T10:00Z") });
  });

  test("does not become newer by a pause", () => {
    const paused = [...setUp(), covering("2026-11-02T10:00Z"), plan("2026-11-02T11:00Z", "pause")];
    expect(freshnessOf(instanceOf(paused), t("2026-11-09")).state).toBe("stale");
  });

  // one window after the moment covered, and six hours of grace
  test.each([
    ["daily", "UTC", "2026-11-02", "2026-11-03T06:00:00.000Z"],
    ["monthly", "UTC", "2026-12-01", "2027-01-01T06:00:00.000Z"],
    ["monthly", "UTC", "2026-11-16", "2026-12-16T18:00:00.000Z"],
    // the day after the change of clocks is an hour shorter: covered to its midnight, due at the next one
    ["daily", "Europe/Berlin", "2027-03-27T23:00Z", "2027-03-29T04:00:00.000Z"],
  ])("required %s in %s and seen up to %s is due by %s", (cadence, zone, to, expected) => {
    expect(dueBy([...setUp({ cadence, zone }), covering(to)])).toBe(expected);
  });

  test("never becomes stale earlier by covering more", () => {
    const moments = fc.integer({ min: t("2026-11-01T10:00Z"), max: t("2028-12-01") });
    const cadences = fc.constantFrom("daily", "weekly", "monthly", "quarterly", "6h");
    const zones = fc.constantFrom("UTC", "Europe/Berlin", "America/New_York", "America/Santiago");
    fc.assert(
      fc.property(moments, moments, cadences, zones, (a, b, cadence, zone) => {
        const [early, late] = [Math.min(a, b), Math.max(a, b)];
        const start = setUp({ cadence, zone });
        expect(dueBy([...start, covering(early), covering(late)]) >= dueBy([...start, covering(early)])).toBe(true);
      }),
    );
  });
});
