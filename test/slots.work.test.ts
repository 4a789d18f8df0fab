import { describe, expect, test } from "vitest";
import type { Entry } from "../src/evidence/entry.ts";
import { iso } from "../src/lib/time.ts";
import { dueWork } from "../src/slots/work.ts";
import { config, genesis, instance, instanceOf, plan, run, t, type When } from "./support/entries.ts";

const HOUR = 3_600_000;
const day = (n: number) => `2026-11-${String(n).padStart(2, "0")}`;
const daily = (n: number, at: When = `${day(n + 1)}T00:10Z`) => run(at, { covered: [[day(n), day(n + 1)]] });
const setUp = (fields: Parameters<typeof instance>[0] = {}): Entry[] => [
  genesis("2026-11-01T09:00Z"),
  config("2026-11-01T09:00Z", [instance(fields)]),
];
const first = run("2026-11-01T10:00Z", { covered: [["2026-11-01", "2026-11-01T10:00Z"]] });
const workAt = (entries: readonly Entry[], asOf: When) =>
  dueWork(instanceOf(entries), t(asOf), HOUR).map(({ slot, why }) => `${iso(slot.from).slice(8, 10)} ${why}`);

describe("what is to be done", () => {
  test("is a first run at once, for the current window", () => {
    const [work, ...rest] = dueWork(instanceOf(setUp({ cadence: "monthly" })), t("2026-11-20T12:00Z"), HOUR);
    expect(rest).toEqual([]);
    expect(work).toEqual({
      slot: {
        id: "jobs@2026-11-01T00:00:00.000Z",
        instance: "jobs",
        from: t("2026-11-01"),
        to: t("2026-12-01"),
        due: t("2026-12-01T06:00Z"),
      },
      why: "interim",
      attempts: 0,
    });
  });

  test("is another try after an hour where nothing was ever delivered, however seldom the source is asked", () => {
    const entries = [...setUp(), run("2026-11-01T10:00Z")];
    const whys = (all: readonly Entry[], asOf: When) =>
      dueWork(instanceOf(all), t(asOf), 24 * HOUR).map(({ why }) => why);
    expect(whys(entries, "2026-11-01T10:59Z")).toEqual([]);
    expect(whys(entries, "2026-11-01T11:00Z")).toEqual(["interim"]);
    expect(whys([...setUp(), first], "2026-11-01T11:00Z")).toEqual([]);
  });

  test("is an interim run whenever the last one is as old as the pull rate, also when it failed", () => {
    const entries = [...setUp(), first];
    expect(workAt(entries, "2026-11-01T10:59Z")).toEqual([]);
    expect(workAt(entries, "2026-11-01T11:00Z")).toEqual(["01 interim"]);
    const failed = [...setUp(), run("2026-11-01T10:00Z")];
    expect(workAt(failed, "2026-11-01T10:59Z")).toEqual([]);
    expect(workAt(failed, "2026-11-01T11:00Z")).toEqual(["01 interim"]);
  });

  test("is a slot that is over, within its grace, whatever the pull rate", () => {
    const late = run("2026-11-01T23:59Z", { covered: [["2026-11-01T10:00Z", "2026-11-01T23:59Z"]] });
    const entries = [...setUp(), first, late];
    expect(workAt(entries, "2026-11-02T00:00Z")).toEqual(["01 due"]);
    expect(workAt(entries, "2026-11-02T06:00Z")).toEqual(["01 due", "02 interim"]);
    expect(workAt([...entries, daily(1)], "2026-11-02T00:20Z")).toEqual([]);
  });

  test("is to catch up the oldest first, after what is due", () => {
    const entries = [...setUp(), first, daily(1)];
    expect(workAt(entries, "2026-11-05T05:00Z")).toEqual(["04 due", "02 catch-up", "03 catch-up", "05 interim"]);
    expect(workAt([...entries, daily(2, "2026-11-05T05:00Z")], "2026-11-05T05:01Z")).toEqual(["04 due", "03 catch-up"]);
  });

  test.each(["snapshot", "inbox"] as const)("is not to catch up what a source of mode %s can no longer say", (mode) => {
    const entries = [
      ...setUp({ mode }),
      run("2026-11-01T10:00Z", { covered: [["2026-11-01", "2026-11-01T10:00Z"]], instants: ["2026-11-01T10:00Z"] }),
    ];
    expect(workAt(entries, "2026-11-05T05:00Z")).toEqual(["04 due", "05 interim"]);
  });

  test("counts the attempts since a slot was over, so that the next can wait", () => {
    const tries = ["01:00", "02:00", "07:00"].map((at) =>
      run(`2026-11-02T${at}Z`, { slot: "jobs@2026-11-01T00:00:00.000Z", window: ["2026-11-01", "2026-11-02"] }),
    );
    const found = dueWork(instanceOf([...setUp(), first, ...tries]), t("2026-11-02T07:30Z"), HOUR);
    expect(found).toMatchObject([{ why: "catch-up", attempts: 3, lastAttempt: t("2026-11-02T07:00Z") }]);
  });

  test("is nothing while paused, and what was due before the pause afterwards", () => {
    const paused = [...setUp(), first, daily(1), plan("2026-11-03T01:00Z", "pause", { to: "2026-11-05T01:00Z" })];
    expect(workAt(paused, "2026-11-03T02:00Z")).toEqual([]);
    expect(workAt(paused, "2026-11-05T02:00Z")).toEqual(["02 catch-up", "05 interim"]);
  });

  test("is nothing for an instance that is retired, not configured, or not yet configured", () => {
    const entries = [...setUp(), first, daily(1)];
    expect(workAt([...entries, plan("2026-11-03T01:00Z", "retire")], "2026-11-03T02:00Z")).toEqual([]);
    expect(workAt([...entries, config("2026-11-03T01:00Z", [])], "2026-11-03T02:00Z")).toEqual([]);
    expect(workAt(setUp(), "2026-10-01")).toEqual([]);
  });
});
