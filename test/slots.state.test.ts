import { describe, expect, test } from "vitest";
import type { Entry } from "../src/evidence/entry.ts";
import { iso } from "../src/lib/time.ts";
import { beforeOf } from "../src/slots/before.ts";
import { slotsOf, tally } from "../src/slots/state.ts";
import {
  config,
  genesis,
  importOf,
  instance,
  instanceOf,
  plan,
  run,
  type Span,
  t,
  type When,
} from "./support/entries.ts";

const ALL = { from: Number.NEGATIVE_INFINITY, to: Number.POSITIVE_INFINITY };

/** Configured and first run at 10:00 on 1 November, from the start of that day. Daily in UTC, six hours of grace. */
const setUp = (fields: Parameters<typeof instance>[0] = {}): Entry[] => [
  genesis("2026-11-01T09:00Z"),
  config("2026-11-01T09:00Z", [instance(fields)]),
];
const first = run("2026-11-01T10:00Z", { trigger: "interim", covered: [["2026-11-01", "2026-11-01T10:00Z"]] });
const day = (n: number) => `2026-11-${String(n).padStart(2, "0")}`;
/** The run that ends a day, ten minutes after it. */
const daily = (n: number, at: When = `${day(n + 1)}T00:10Z`) =>
  run(at, { covered: [[day(n), day(n + 1)]], slot: `jobs@${day(n)}T00:00:00.000Z` });
const states = (entries: readonly Entry[], asOf: When, id = "jobs") =>
  slotsOf(instanceOf(entries, id), ALL, t(asOf)).map((slot) => `${iso(slot.from).slice(8, 10)} ${slot.state}`);

describe("a slot in time", () => {
  test("is open until its end, due until its grace ends, and collected once it is covered", () => {
    const entries = [...setUp(), first];
    expect(states(entries, "2026-11-01T10:00Z")).toEqual(["01 open"]);
    expect(states(entries, "2026-11-01T23:59Z")).toEqual(["01 open"]);
    expect(states(entries, "2026-11-02T00:00Z")).toEqual(["01 due", "02 open"]);
    expect(states(entries, "2026-11-02T06:00Z")).toEqual(["01 due", "02 open"]);
    expect(states([...entries, daily(1)], "2026-11-02T00:10Z")).toEqual(["01 collected", "02 open"]);
  });

  test("still counts what is logged at the very end of the grace, and not a millisecond later", () => {
    const end = t("2026-11-02T06:00Z");
    expect(states([...setUp(), first, daily(1, end)], end + 1)).toEqual(["01 collected", "02 open"]);
    expect(states([...setUp(), first, daily(1, end + 1)], end + 1)).toEqual(["01 late", "02 open"]);
  });

  test("is covered by several runs together", () => {
    const parts: Span[] = [
      ["2026-11-01T10:00Z", "2026-11-01T18:00Z"],
      ["2026-11-01T17:00Z", "2026-11-02"],
    ];
    const runs = parts.map((span) => run("2026-11-02T01:00Z", { trigger: "interim", covered: [span] }));
    const [slot] = slotsOf(instanceOf([...setUp(), first, ...runs]), ALL, t("2026-11-02T02:00Z"));
    expect(slot).toMatchObject({
      id: "jobs@2026-11-01T00:00:00.000Z",
      state: "collected",
      runs: [2, 3, 4],
      fullAt: t("2026-11-02T01:00Z"),
    });
    expect(slot?.covered).toEqual([{ from: t("2026-11-01"), to: t("2026-11-02") }]);
  });

  test("counts by when a run was logged, also where the clock went back and logged-at stood still", () => {
    const same = "2026-11-02T00:10:00.000Z";
    const stood = run(same, {
      covered: [["2026-11-01", "2026-11-02"]],
      started: "2026-11-01T23:40:00.000Z",
      ended: "2026-11-01T23:41:00.000Z",
      clock: "2026-11-01T23:41:00.000Z",
    });
    expect(states([...setUp(), first, run(same), stood], same)).toEqual(["01 collected", "02 open"]);
  });

  test("names the runs that covered it or tried to, and no others", () => {
    const elsewhere = run("2026-11-02T01:00Z", {
      covered: [["2026-11-02", "2026-11-02T01:00Z"]],
      instants: ["2026-11-01T12:00Z"],
    });
    const [slot] = slotsOf(instanceOf([...setUp(), first, elsewhere, daily(1)]), ALL, t("2026-11-02T02:00Z"));
    expect(slot).toMatchObject({ state: "collected", runs: [2, 4], instants: [] });
  });

  test("is not covered ahead of its time by a run that claims the future", () => {
    const greedy = run("2026-11-01T12:00Z", { covered: [["2026-11-01", "2026-12-01"]] });
    expect(states([...setUp(), first, greedy], "2026-11-02T07:00Z")).toEqual(["01 partial", "02 open"]);
  });
});

describe("a slot past its grace", () => {
  const quiet = [...setUp(), first, daily(1)];
  const at = "2026-11-03T07:00Z";

  test("is missed when nobody tried", () => {
    expect(states(quiet, at)).toEqual(["01 collected", "02 missed", "03 open"]);
  });

  test("is partial when some of it was covered, with the reason", () => {
    const some = run("2026-11-03T00:10Z", {
      outcome: "partial",
      reason: "truncated",
      covered: [["2026-11-02", "2026-11-02T08:00Z"]],
      window: ["2026-11-02", "2026-11-03"],
    });
    const slot = slotsOf(instanceOf([...quiet, some]), ALL, t(at))[1];
    expect(slot).toMatchObject({ state: "partial", reason: "truncated", runs: [4] });
  });

  test("gives the reason of the attempt at what is missing, not of one that was made good", () => {
    const failed = run("2026-11-02T09:00Z", {
      outcome: "failed",
      reason: "refused",
      window: ["2026-11-02", "2026-11-02T09:00Z"],
    });
    const good = run("2026-11-02T10:00Z", { covered: [["2026-11-02", "2026-11-02T10:00Z"]] });
    const reasonOf = (runs: Entry[]) => slotsOf(instanceOf([...quiet, ...runs]), ALL, t(at))[1];
    expect(reasonOf([failed, good])).toMatchObject({ state: "partial" });
    expect(reasonOf([failed, good])).not.toHaveProperty("reason");
    const cut = run("2026-11-02T08:00Z", {
      outcome: "partial",
      reason: "truncated",
      window: ["2026-11-02", "2026-11-02T08:00Z"],
      covered: [["2026-11-02", "2026-11-02T05:00Z"]],
    });
    const rest = run("2026-11-03T00:10Z", { covered: [["2026-11-02T08:00Z", "2026-11-03"]] });
    expect(reasonOf([cut, rest])).toMatchObject({ state: "partial", reason: "truncated" });
  });

  test.each([
    [["failed", "unavailable"], "unavailable"],
    [["unavailable", "failed"], "failed"],
  ] as const)("after %j it is what the last attempt said", (outcomes, expected) => {
    const tries = outcomes.map((outcome, i) =>
      run(`2026-11-03T0${i + 1}:00Z`, {
        outcome,
        reason: `r${i}`,
        slot: "jobs@2026-11-02T00:00:00.000Z",
        window: ["2026-11-02", "2026-11-03"],
      }),
    );
    const slot = slotsOf(instanceOf([...quiet, ...tries]), ALL, t(at))[1];
    expect(slot).toMatchObject({ state: expected, reason: "r1", runs: [4, 5] });
  });

  test("is not failed by an attempt that came after the grace, or for another slot", () => {
    const after = run("2026-11-03T06:30Z", { outcome: "failed", window: ["2026-11-02", "2026-11-03"] });
    const other = run("2026-11-03T01:00Z", {
      outcome: "failed",
      window: ["2026-11-02", "2026-11-03T01:00Z"],
      slot: "jobs@2026-11-03T00:00:00.000Z",
    });
    expect(states([...quiet, other, after], at)).toEqual(["01 collected", "02 missed", "03 open"]);
  });

  test("stays partial when more, but not all, is covered later", () => {
    const some = run("2026-11-03T00:10Z", { outcome: "partial", covered: [["2026-11-02", "2026-11-02T08:00Z"]] });
    const more = run("2026-11-03T09:00Z", {
      outcome: "partial",
      covered: [["2026-11-02T08:00Z", "2026-11-02T20:00Z"]],
      trigger: "backfill",
    });
    const slot = slotsOf(instanceOf([...quiet, some, more]), ALL, t("2026-11-03T10:00Z"))[1];
    expect(slot).toMatchObject({ state: "partial", covered: [{ from: t("2026-11-02"), to: t("2026-11-02T20:00Z") }] });
  });

  test("is late once it is covered after all, for ever, and says how it stood", () => {
    const filled = daily(2, "2026-11-05T12:00Z");
    const slot = slotsOf(instanceOf([...quiet, filled]), ALL, t("2027-11-05"))[1];
    expect(slot).toMatchObject({ state: "late", was: "missed", fullAt: t("2026-11-05T12:00Z") });
    expect(states([...quiet, filled, daily(2, "2026-11-05T13:00Z")], "2027-11-05")[1]).toBe("02 late");
  });

  test("three slots of downtime are three missed ones, and three late ones after they were caught up", () => {
    const down = [...quiet, daily(2)];
    expect(tally(slotsOf(instanceOf(down), ALL, t("2026-11-06T06:30Z")))).toMatchObject({
      collected: 2,
      missed: 3,
      open: 1,
    });
    const up = [...down, ...[3, 4, 5].map((n) => daily(n, `2026-11-06T07:0${n}Z`))];
    expect(states(up, "2026-11-06T08:00Z")).toEqual([
      "01 collected",
      "02 collected",
      "03 late",
      "04 late",
      "05 late",
      "06 open",
    ]);
  });

  test("down for less than the grace costs nothing", () => {
    expect(states([...quiet, daily(2, "2026-11-03T05:59Z")], at)).toEqual(["01 collected", "02 collected", "03 open"]);
  });
});

describe("slots count", () => {
  const counted = (entries: readonly Entry[], asOf: When) => states(entries, asOf);

  test("never before the first success", () => {
    const failing = [...setUp(), run("2026-11-02"), run("2026-11-03", { outcome: "unavailable" })];
    expect(counted(failing, "2026-11-09")).toEqual([]);
    const backfilled = [
      ...failing,
      run("2026-11-04", { trigger: "backfill", covered: [["2026-11-01", "2026-11-04"]] }),
    ];
    expect(counted(backfilled, "2026-11-09")).toEqual([]);
  });

  test("from the slot of the first success when it was covered from its start, else from the next", () => {
    expect(counted([...setUp(), first], "2026-11-02T01:00Z")).toEqual(["01 due", "02 open"]);
    const midday = run("2026-11-01T10:00Z", { covered: [["2026-11-01T09:00Z", "2026-11-01T10:00Z"]] });
    expect(counted([...setUp(), midday], "2026-11-02T01:00Z")).toEqual(["02 open"]);
  });

  test("from a slot that had ended when the first success was still in time for it", () => {
    const failing = [...setUp(), run("2026-11-01T10:00Z"), daily(1, "2026-11-02T00:10Z")];
    expect(counted(failing, "2026-11-02T01:00Z")).toEqual(["01 collected", "02 open"]);
  });

  test("not for time past its grace at the first success, nor for time before the configuration", () => {
    const far = run("2026-11-03T10:00Z", { covered: [["2026-01-01", "2026-11-03T10:00Z"]] });
    expect(counted([...setUp(), far], "2026-11-03T12:00Z")).toEqual(["03 open"]);
    const early = run("2026-11-01T09:01Z", { covered: [["2026-10-01", "2026-11-01T09:01Z"]] });
    expect(counted([...setUp({ grace: "30d" }), early], "2026-11-01T12:00Z")).toEqual(["01 open"]);
  });

  test("and what is known of the time before is told apart", () => {
    const entries = [
      ...setUp(),
      importOf("2026-11-01T09:30Z", ["2026-06-01", "2026-09-01"]),
      run("2026-11-01T10:00Z", { covered: [["2026-10-30", "2026-11-01T10:00Z"]] }),
      run("2026-11-01T11:00Z", { covered: [["2026-10-01", "2026-10-15"]], trigger: "backfill" }),
      importOf("2026-11-02T12:00Z", ["2026-10-20", "2026-11-03"]),
    ];
    const history = instanceOf(entries);
    expect(beforeOf(history, t("2026-11-04"))).toMatchObject({
      until: t("2026-11-01"),
      imported: [
        { from: t("2026-06-01"), to: t("2026-09-01") },
        { from: t("2026-10-20"), to: t("2026-11-01") },
      ],
      collected: [
        { from: t("2026-10-01"), to: t("2026-10-15") },
        { from: t("2026-10-30"), to: t("2026-11-01") },
      ],
      imports: [{ index: 2 }, { index: 5 }],
    });
    // An import covers all of 1 and 2 November, and changes nothing about their slots.
    expect(states(entries, "2026-11-03T07:00Z")).toEqual(["01 partial", "02 missed", "03 open"]);
  });
});

describe("a snapshot source", () => {
  const seen = (at: When, instants: readonly When[] = [at], outcome: "collected" | "partial" = "collected") =>
    run(at, { instants, outcome });
  const start = [...setUp({ mode: "snapshot" }), seen("2026-11-01T10:00Z")];

  test("is counted from the slot that contains its first moment, which it collects at once", () => {
    expect(states(start, "2026-11-01T10:00Z")).toEqual(["01 collected"]);
  });

  test("collects a slot by a moment inside it", () => {
    expect(states([...start, seen("2026-11-02T23:59:59Z")], "2026-11-03T07:00Z")).toEqual([
      "01 collected",
      "02 collected",
      "03 open",
    ]);
  });

  test("collects a slot by a moment in its grace when there is none inside", () => {
    const grace = [...start, seen("2026-11-03T06:00Z")];
    expect(states(grace, "2026-11-03T07:00Z")).toEqual(["01 collected", "02 collected", "03 collected"]);
    const after = [...start, seen("2026-11-03T06:01Z")];
    expect(states(after, "2026-11-03T07:00Z")).toEqual(["01 collected", "02 missed", "03 collected"]);
  });

  test("is late when the moment was in time but its record was not", () => {
    const slow = [...start, seen("2026-11-03T08:00Z", ["2026-11-02T20:00Z"])];
    expect(states(slow, "2026-11-03T09:00Z")).toEqual(["01 collected", "02 late", "03 open"]);
  });

  test("is failed by an attempt in its grace that names it, with the reason", () => {
    const failed = run("2026-11-03T02:00Z", {
      reason: "refused",
      slot: "jobs@2026-11-02T00:00:00.000Z",
      window: ["2026-11-03T01:00Z", "2026-11-03T02:00Z"],
    });
    const slots = slotsOf(instanceOf([...start, failed]), ALL, t("2026-11-03T07:00Z"));
    expect(slots[1]).toMatchObject({ state: "failed", reason: "refused", runs: [3] });
    expect(slots[2]).toMatchObject({ state: "open", runs: [] });
  });

  test("is partial when not all of the moment was seen", () => {
    const some = [...start, seen("2026-11-02T12:00Z", undefined, "partial")];
    expect(states(some, "2026-11-03T09:00Z")).toEqual(["01 collected", "02 partial", "03 open"]);
  });
});

describe("a pause", () => {
  const running = [...setUp(), first, daily(1)];

  test("accounts for the slots whose end it covers", () => {
    const paused = [...running, plan("2026-11-02T12:00Z", "pause", { to: "2026-11-04T12:00Z" })];
    expect(states(paused, "2026-11-03T07:00Z")).toEqual(["01 collected", "02 paused", "03 paused"]);
    expect(states(paused, "2026-11-05T07:00Z")).toEqual([
      "01 collected",
      "02 paused",
      "03 paused",
      "04 missed",
      "05 open",
    ]);
  });

  test("excuses nothing afterwards, whatever start it names", () => {
    const excuse = [...running, plan("2026-11-03T00:30Z", "pause", { from: "2026-11-02", to: "2026-11-03" })];
    expect(states(excuse, "2026-11-03T07:00Z")).toEqual(["01 collected", "02 missed", "03 open"]);
  });

  test("planned for later does not change an open slot before it begins", () => {
    const planned = [
      ...running,
      plan("2026-11-02T08:00Z", "pause", { from: "2026-11-02T18:00Z", to: "2026-11-03T12:00Z" }),
    ];
    expect(states(planned, "2026-11-02T12:00Z")[1]).toBe("02 open");
    expect(states(planned, "2026-11-02T18:00Z")[1]).toBe("02 paused");
  });

  test("ends with a resume, and slots that were paused stay so even when they are filled", () => {
    const resumed = [
      ...running,
      plan("2026-11-02T12:00Z", "pause"),
      plan("2026-11-03T12:00Z", "resume"),
      daily(2, "2026-11-04T01:00Z"),
    ];
    expect(states(resumed, "2026-11-04T07:00Z")).toEqual(["01 collected", "02 paused", "03 missed", "04 open"]);
  });

  test("does not take away what was collected all the same", () => {
    const both = [...running, plan("2026-11-02T12:00Z", "pause"), daily(2)];
    expect(states(both, "2026-11-03T07:00Z").slice(0, 2)).toEqual(["01 collected", "02 collected"]);
  });
});

describe("a retired instance", () => {
  const retired = [...setUp(), first, daily(1), plan("2026-11-03T12:00Z", "retire")];

  test("has no slots from then on; the last one is accounted for, and earlier holes stay holes", () => {
    expect(states(retired, "2026-12-24")).toEqual(["01 collected", "02 missed", "03 paused"]);
  });

  test("stays expected when it only disappears from the configuration", () => {
    const gone = [...setUp(), first, daily(1), config("2026-11-02T12:00Z", [])];
    expect(states(gone, "2026-11-04T07:00Z")).toEqual(["01 collected", "02 missed", "03 missed", "04 open"]);
  });

  test("is expected again after a resume", () => {
    const again = [...retired, plan("2026-11-05T12:00Z", "resume")];
    expect(states(again, "2026-11-07T07:00Z")).toEqual([
      "01 collected",
      "02 missed",
      "03 paused",
      "06 missed",
      "07 open",
    ]);
  });
});

describe("a change of cadence", () => {
  const windowsOf = (entries: readonly Entry[], asOf: When) =>
    slotsOf(instanceOf(entries), ALL, t(asOf)).map(({ from, to, due }) =>
      [from, to, due].map((at) => iso(at).slice(5, 13)).join(" "),
    );

  test("acts at the next boundary of the cadence before it", () => {
    const toMonthly = [...setUp(), first, config("2026-11-03T15:00Z", [instance({ cadence: "monthly", grace: "3d" })])];
    expect(windowsOf(toMonthly, "2026-12-02")).toEqual([
      "11-01T00 11-02T00 11-02T06",
      "11-02T00 11-03T00 11-03T06",
      "11-03T00 11-04T00 11-04T06",
      "11-04T00 12-01T00 12-04T00",
      "12-01T00 01-01T00 01-04T00",
    ]);
    const toDaily = [...setUp({ cadence: "monthly" }), first, config("2026-11-03T15:00Z", [instance()])];
    expect(windowsOf(toDaily, "2026-12-02T01:00Z")).toEqual([
      "11-01T00 12-01T00 12-01T06",
      "12-01T00 12-02T00 12-02T06",
      "12-02T00 12-03T00 12-03T06",
    ]);
  });

  test("is the last of several that were logged up to the boundary", () => {
    const weekly = config("2026-11-02T01:00Z", [instance({ cadence: "weekly" })]);
    const sixHours = config("2026-11-03", [instance({ cadence: "6h", grace: "1h" })]);
    expect(windowsOf([...setUp(), first, weekly, sixHours], "2026-11-03T07:00Z")).toEqual([
      "11-01T00 11-02T00 11-02T06",
      "11-02T00 11-03T00 11-03T06",
      "11-03T00 11-03T06 11-03T07",
      "11-03T06 11-03T12 11-03T13",
    ]);
  });

  test("logged exactly at the only boundary before it acts there", () => {
    const weekly = config("2026-11-02", [instance({ cadence: "weekly" })]);
    expect(windowsOf([...setUp(), first, weekly], "2026-11-05")).toEqual([
      "11-01T00 11-02T00 11-02T06",
      "11-02T00 11-09T00 11-09T06",
    ]);
  });

  test("of zone leaves no hole: the first slot begins where the last one ended", () => {
    const moved = [...setUp(), first, config("2026-11-02T15:00Z", [instance({ zone: "America/New_York" })])];
    expect(windowsOf(moved, "2026-11-04T06:00Z")).toEqual([
      "11-01T00 11-02T00 11-02T06",
      "11-02T00 11-03T00 11-03T06",
      "11-03T00 11-03T05 11-03T11",
      "11-03T05 11-04T05 11-04T11",
      "11-04T05 11-05T05 11-05T11",
    ]);
  });

  test("of the grace alone does not reach back: what was missed stays missed", () => {
    const softer = [...setUp(), first, daily(1), config("2026-11-03T07:00Z", [instance({ grace: "20d" })])];
    expect(states(softer, "2026-11-05T07:00Z")).toEqual([
      "01 collected",
      "02 missed",
      "03 missed",
      "04 due",
      "05 open",
    ]);
  });
});

describe("slots of a period", () => {
  test("are those that meet it, and begun", () => {
    const entries = [...setUp(), first];
    const some = slotsOf(instanceOf(entries), { from: t("2026-11-03T12:00Z"), to: t("2026-11-05") }, t("2026-11-20"));
    expect(some.map((slot) => slot.id)).toEqual(["jobs@2026-11-03T00:00:00.000Z", "jobs@2026-11-04T00:00:00.000Z"]);
    expect(
      slotsOf(instanceOf(entries), { from: t("2026-11-03T12:00Z"), to: t("2026-11-03T12:00Z") }, t("2026-11-20")),
    ).toEqual([]);
    expect(slotsOf(instanceOf(entries), { from: t("2026-10-03"), to: t("2026-10-03") }, t("2026-11-20"))).toEqual([]);
    expect(slotsOf(instanceOf(entries), { from: t("2027-01-01"), to: t("2027-02-01") }, t("2026-11-20"))).toEqual([]);
  });

  test("over both changes of clocks have one state each", () => {
    const berlin = instance({ cadence: "hourly", grace: "15m", zone: "Europe/Berlin" });
    for (const [from, to, count] of [
      ["2026-03-28T23:00Z", "2026-03-29T22:00Z", 23],
      ["2026-10-24T22:00Z", "2026-10-25T23:00Z", 24],
    ] as const) {
      const started = run(t(from) + 60_000, { covered: [[from, t(from) + 60_000]] });
      const all = run(t(to) + 60_000, { covered: [[from, to]] });
      const period = { from: t(from), to: t(to) };
      const slots = slotsOf(instanceOf([config(from, [berlin]), started, all]), period, t(to) + 3_600_000);
      expect(tally(slots)).toMatchObject({ collected: 1, late: count - 1 });
    }
  });

  test("of a year by the quarter of an hour with as many runs come within seconds", () => {
    const quarter = 900_000;
    const start = t("2026-01-01");
    const runs = Array.from({ length: 35_040 }, (_, i) => {
      const end = start + (i + 1) * quarter;
      return run(end + 1000, { covered: [[end - 2 * quarter, end]] });
    });
    const history = instanceOf([config(start, [instance({ cadence: "15m", grace: "1h" })]), ...runs]);
    // A few hundred milliseconds; comparing every run with every slot would take a minute.
    const started = performance.now();
    expect(tally(slotsOf(history, ALL, t("2027-01-01T00:00:01Z")))).toMatchObject({ collected: 35_040, open: 1 });
    expect(performance.now() - started).toBeLessThan(3000);
  });
});
