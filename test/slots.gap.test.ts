import { createHash } from "node:crypto";
import { describe, expect, test } from "vitest";
import type { Entry } from "../src/evidence/entry.ts";
import { gapId, gapsOf } from "../src/slots/gap.ts";
import { ANNA, config, gap, genesis, instance, instanceOf, run, t, type When } from "./support/entries.ts";

const day = (n: number) => `2026-11-${String(n).padStart(2, "0")}`;
const daily = (n: number, at: When = `${day(n + 1)}T00:10Z`) => run(at, { covered: [[day(n), day(n + 1)]] });
const setUp: Entry[] = [
  genesis("2026-11-01T09:00Z"),
  config("2026-11-01T09:00Z", [instance()]),
  run("2026-11-01T10:00Z", { covered: [["2026-11-01", "2026-11-01T10:00Z"]] }),
  daily(1),
];
/** 2, 3 and 4 November were never collected; 5 November was. */
const outage = [...setUp, daily(5)];
const id = gapId("jobs", "cadence", "jobs@2026-11-02T00:00:00.000Z");
const gapsAt = (entries: readonly Entry[], asOf: When) => gapsOf(instanceOf(entries), t(asOf));
const only = (entries: readonly Entry[], asOf: When) => {
  const found = gapsAt(entries, asOf);
  expect(found).toHaveLength(1);
  return found[0];
};

describe("a gap", () => {
  test("has an ID that anybody can compute", () => {
    const text = '["jobs","cadence","jobs@2026-11-02T00:00:00.000Z"]';
    expect(id).toBe(`gap-${createHash("sha256").update(text).digest("hex").slice(0, 12)}`);
  });

  test("is one contiguous hole, and keeps its ID while it grows", () => {
    expect(gapsAt(setUp, "2026-11-03T06:00Z")).toEqual([]);
    const found = [day(3), day(4), day(5)].map((date) => only(setUp, `${date}T06:01Z`));
    expect(found.map((one) => [one?.id, one?.slots.length])).toEqual([
      [id, 1],
      [id, 2],
      [id, 3],
    ]);
    expect(found[2]).toMatchObject({
      instance: "jobs",
      requirement: "cadence",
      from: t(day(2)),
      to: t(day(5)),
      state: "open",
      opened: t("2026-11-03T06:00Z"),
    });
  });

  test("ends, once it is accepted, with what was known of it then; what follows is another", () => {
    const known = { from: "2026-11-02T00:00:00.000Z", to: "2026-11-04T00:00:00.000Z" };
    const until = "2026-12-31T00:00:00.000Z";
    const accepted = [...setUp, gap("2026-11-04T07:00Z", id, "accept", { window: known, until })];
    const states = (entries: readonly Entry[], asOf: When) =>
      gapsAt(entries, asOf).map((one) => [one.id, one.state, one.slots.length]);
    expect(states(accepted, "2026-11-05T01:00Z")).toEqual([[id, "accepted", 2]]);
    const next = gapId("jobs", "cadence", "jobs@2026-11-04T00:00:00.000Z");
    expect(states(accepted, "2026-11-06T07:00Z")).toEqual([
      [id, "accepted", 2],
      [next, "open", 2],
    ]);
    // Before it was given, and where it has no end, it is one.
    expect(states(accepted, "2026-11-04T06:30Z")).toEqual([[id, "open", 2]]);
    const endless = [...setUp, gap("2026-11-04T07:00Z", id, "accept", { window: known })];
    expect(states(endless, "2026-11-06T07:00Z")).toEqual([[id, "open", 4]]);
    // Another acceptance of more covers more.
    const more = { ...known, to: "2026-11-06T00:00:00.000Z" };
    const again = [...accepted, gap("2026-11-07T07:00Z", id, "accept", { window: more, until })];
    expect(states(again, "2026-11-07T07:30Z")).toEqual([
      [id, "accepted", 4],
      [gapId("jobs", "cadence", "jobs@2026-11-06T00:00:00.000Z"), "open", 1],
    ]);
  });

  test("is there whether or not an entry noted it", () => {
    expect(only(outage, "2026-11-07T01:00Z")?.noted).toBeUndefined();
    const noted = [...outage, gap("2026-11-06T01:00Z", id, "open", { cause: "daemon-down", slots: 3 })];
    expect(only(noted, "2026-11-07T01:00Z")).toMatchObject({ id, cause: "daemon-down", noted: { index: 5, slots: 3 } });
  });

  test("is two where a slot between was collected", () => {
    const entries = [...setUp, daily(3), daily(5)];
    expect(gapsAt(entries, "2026-11-06T01:00Z").map((one) => one.from)).toEqual([t(day(2)), t(day(4))]);
  });

  test("names the cause that the last attempt gave, where nobody noted one", () => {
    const failed = run("2026-11-03T01:00Z", {
      outcome: "unavailable",
      reason: "refused",
      window: ["2026-11-02", "2026-11-03"],
    });
    expect(only([...setUp, failed], "2026-11-04T07:00Z")?.cause).toBe("refused");
  });

  test("is closed late when all of it was covered afterwards, and open until then", () => {
    const two = [...outage, daily(2, "2026-11-08T01:00Z"), daily(3, "2026-11-08T02:00Z")];
    expect(gapsAt(two, "2026-11-08T02:30Z")[0]).toMatchObject({
      id,
      state: "open",
      slots: [{ state: "late" }, { state: "late" }, { state: "missed" }],
    });
    const all = [...two, daily(4, "2026-11-08T03:00Z")];
    const closed = gapsAt(all, "2026-11-08T03:00Z")[0];
    expect(closed).toMatchObject({ id, state: "closed-late", closedAt: t("2026-11-08T03:00Z") });
    expect(closed?.slots.map((slot) => slot.state)).toEqual(["late", "late", "late"]);
  });

  test("is acknowledged by the first who did, and stays open", () => {
    const acts = ["2026-11-06T01:00Z", "2026-11-06T02:00Z"].map((at) => gap(at, id, "acknowledge"));
    const found = only([...outage, ...acts], "2026-11-06T05:00Z");
    expect(found).toMatchObject({ state: "open", acknowledged: { index: 5, at: t("2026-11-06T01:00Z"), actor: ANNA } });
  });

  test("is accepted until the date that was named, and not a moment longer", () => {
    const accepted = [...outage, gap("2026-11-06T01:00Z", id, "accept", { until: "2026-11-06T04:00:00.000Z" })];
    expect(only(accepted, "2026-11-06T03:59Z")).toMatchObject({
      state: "accepted",
      acceptedUntil: t("2026-11-06T04:00Z"),
    });
    expect(only(accepted, "2026-11-06T04:00Z")).toMatchObject({ state: "open", acceptedUntil: t("2026-11-06T04:00Z") });
  });

  test("is not accepted without an end, by an act about another gap, or before the act was logged", () => {
    const endless = [...outage, gap("2026-11-06T01:00Z", id, "accept")];
    expect(only(endless, "2026-11-06T02:00Z")?.state).toBe("open");
    const bounded = gap("2026-11-06T00:30Z", id, "accept", { until: "2026-12-24T00:00:00.000Z" });
    expect(
      only([...outage, bounded, gap("2026-11-06T01:00Z", id, "accept")], "2026-11-06T02:00Z")?.accepted?.index,
    ).toBe(5);
    const until = { until: "2026-12-24T00:00:00.000Z" };
    expect(
      only([...outage, gap("2026-11-06T01:00Z", "gap-000000000000", "accept", until)], "2026-11-06T02:00Z")?.state,
    ).toBe("open");
    expect(only([...outage, gap("2026-11-06T03:00Z", id, "accept", until)], "2026-11-06T02:00Z")?.state).toBe("open");
  });

  test("is not closed by an entry that says so", () => {
    expect(only([...outage, gap("2026-11-06T01:00Z", id, "close")], "2026-11-06T02:00Z")?.state).toBe("open");
  });

  test("starts anew where a shorter grace ends before the one of the slot before", () => {
    const shorter = config("2026-11-02T12:00Z", [instance({ grace: "0s" })]);
    const start = [
      genesis("2026-11-01T09:00Z"),
      config("2026-11-01T09:00Z", [instance({ grace: "3d" })]),
      setUp[2],
      daily(1),
      shorter,
    ] as Entry[];
    const before = gapsAt(start, "2026-11-04T12:00Z").map((one) => one.id);
    const after = gapsAt(start, "2026-11-06T12:00Z").map((one) => one.id);
    expect(before).toHaveLength(1);
    expect(after).toEqual([id, ...before]);
  });
});
