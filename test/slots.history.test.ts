import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { decodeEntry, encodeEntry } from "../src/evidence/entry.ts";
import {
  chain,
  config,
  entry,
  gap,
  genesis,
  historyOf,
  importOf,
  instance,
  instanceOf,
  plan,
  run,
  t,
} from "./support/entries.ts";

const START = [genesis("2026-11-01"), config("2026-11-01T00:01Z", [instance()])];

describe("a history", () => {
  test("is the same from the bytes of the ledger as from the entries", () => {
    const entries = chain([
      ...START,
      run("2026-11-02T00:10Z", { covered: [["2026-11-01", "2026-11-02"]] }),
      importOf("2026-11-02T01:00Z", ["2026-10-01", "2026-11-01"]),
      plan("2026-11-03", "pause", { to: "2026-11-04" }),
      gap("2026-11-04", "gap-000000000000", "open", { cause: "daemon-down" }),
    ]);
    const read = entries.map((one) => decodeEntry(encodeEntry(one)));
    expect(instanceOf(read)).toEqual(instanceOf(entries));
    expect(instanceOf(read)).toMatchObject({
      runs: [{ index: 2 }],
      imports: [{ index: 3 }],
      plans: [{ index: 4 }],
      gaps: [{ index: 5 }],
    });
  });

  test("knows origin, zone and simulated time from the first entry, and the newest zone from the configuration", () => {
    const first = genesis("2026-11-01", {
      origin: "acme-1a2b3c4d",
      zone: "UTC",
      simulatedUntil: "2026-11-20T00:00:00.000Z",
    });
    const history = historyOf([
      first,
      genesis("2026-11-01", { origin: "other" }),
      config("2026-11-01", [], { zone: "Europe/Berlin" }),
    ]);
    expect(history).toMatchObject({ origin: "acme-1a2b3c4d", zone: "Europe/Berlin", simulatedUntil: t("2026-11-20") });
  });

  test("ends at the newest entry, whatever its kind", () => {
    expect(historyOf([]).asOf).toBe(0);
    expect(historyOf([...START, entry("from-the-future", "2026-12-24")]).asOf).toBe(t("2026-12-24"));
  });

  test("keeps an instance that the newest configuration leaves out, and says so", () => {
    const gone = instanceOf([...START, config("2026-11-05", [instance({ id: "prom" })])]);
    expect(gone).toMatchObject({ id: "jobs", configured: false, configuredSince: t("2026-11-01T00:01Z") });
    const back = instanceOf([...START, config("2026-11-05", []), config("2026-11-06", [instance()])]);
    expect(back).toMatchObject({ configured: true, configuredSince: t("2026-11-01T00:01Z") });
  });

  test("takes a configuration that says the same again as one", () => {
    const again = [...START, config("2026-11-02", [instance()]), config("2026-11-03", [instance({ grace: "1h" })])];
    expect(instanceOf(again).configs.map((c) => [c.index, c.grace])).toEqual([
      [1, 6 * 3_600_000],
      [3, 3_600_000],
    ]);
    expect(instanceOf(again).record.grace).toBe("1h");
  });

  test("has no instance that was never configured, and has its runs once it is", () => {
    const early = run("2026-11-01", { covered: [["2026-10-31", "2026-11-01"]] });
    expect(historyOf([early]).instances.size).toBe(0);
    expect(instanceOf([early, config("2026-11-01T00:01Z", [instance()])]).runs).toHaveLength(1);
  });

  test("passes over unknown kinds and tolerates unknown fields", () => {
    const odd = [
      entry("weather", "2026-11-02", { instance: "jobs", covered: "everything" }),
      { ...run("2026-11-02T00:10Z", { covered: [["2026-11-01", "2026-11-02"]] }), mood: { good: true } },
    ];
    const history = historyOf([...START, ...odd]);
    expect(history.instances.get("jobs")?.runs).toHaveLength(1);
    expect(history.unreadable).toEqual([]);
  });

  test("says which deciding entries it could not read, and goes on", () => {
    const odd = [
      entry("run", "2026-11-02", { instance: "jobs", outcome: "wonderful" }),
      config("2026-11-03", [instance({ cadence: "every full moon" }), instance({ id: "prom" })]),
    ];
    const history = historyOf([...START, ...odd]);
    expect(history.unreadable).toEqual([
      { index: 2, kind: "run" },
      { index: 3, kind: "config", instance: "jobs" },
    ]);
    expect(history.instances.get("jobs")).toMatchObject({ record: { cadence: "daily" }, configured: true });
    expect([...history.instances.keys()]).toEqual(["jobs", "prom"]);
  });
});

describe("a run", () => {
  const runOf = (fields: Parameters<typeof run>[1], at = "2026-11-02T12:00Z") =>
    instanceOf([...START, run(at, fields)]).runs[0];

  test("claims nothing about time after it was logged", () => {
    expect(runOf({ covered: [["2026-11-02", "2026-11-09"]] })?.covered).toEqual([
      { from: t("2026-11-02"), to: t("2026-11-02T12:00Z") },
    ]);
    expect(runOf({ covered: [["2026-11-05", "2026-11-09"]] })?.covered).toEqual([]);
    expect(runOf({ instants: ["2026-11-05", "2026-11-01"] })?.instants).toEqual([t("2026-11-01")]);
  });

  test("claims nothing when it failed", () => {
    expect(runOf({ outcome: "failed", covered: [["2026-11-01", "2026-11-02"]] })?.covered).toEqual([]);
  });

  test("covers the same whatever the order of its intervals", () => {
    const pieces = fc.uniqueArray(fc.nat(20), { minLength: 1 });
    fc.assert(
      fc.property(pieces, fc.infiniteStream(fc.nat()), (hours, order) => {
        const spans = hours.map(
          (hour) => [t("2026-11-01") + hour * 3_600_000, t("2026-11-01") + (hour + 1) * 3_600_000] as const,
        );
        const shuffled = spans.map((span) => [order.next().value as number, span] as const).sort((a, b) => a[0] - b[0]);
        expect(runOf({ covered: shuffled.map(([, span]) => span) })?.covered).toEqual(
          runOf({ covered: spans })?.covered,
        );
      }),
    );
  });

  test("counts as the first success when it covered something and was no backfill", () => {
    const covered = [["2026-10-01", "2026-11-01"]] as const;
    const entries = [
      ...START,
      run("2026-11-02"),
      run("2026-11-03", { covered, trigger: "backfill" }),
      run("2026-11-04", { covered, outcome: "partial" }),
      run("2026-11-05", { covered }),
    ];
    expect(instanceOf(entries.slice(0, 4)).firstSuccess).toBeUndefined();
    expect(instanceOf(entries).firstSuccess).toBe(t("2026-11-04"));
  });
});
