import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { heartbeat } from "../collectors/heartbeat.ts";
import type { OwnRun } from "../src/collector/define.ts";
import { iso } from "../src/lib/time.ts";
import { runTask, tasksNow } from "../src/schedule/collect.ts";
import { writeListening } from "../src/schedule/listening.ts";
import { gapsOf } from "../src/slots/gap.ts";
import { slotsOf } from "../src/slots/state.ts";
import { declareNow, runParts } from "../src/work.ts";
import { FakeClock } from "./support/clock.ts";
import { describeCollector } from "./support/collector-contract.ts";
import { DAY, type RunOptions, runOver } from "./support/collector-run.ts";
import { newWorkspace } from "./support/workspace.ts";

const HOUR = 3_600_000;
const bytes = readFileSync(new URL("recordings/heartbeat/day.json", import.meta.url));

describeCollector(heartbeat, {
  config: {},
  recordings: [
    { bytes, mediaType: "application/vnd.custody.heartbeat+json", origin: "state:listening and ledger:runs" },
  ],
  source: async () => ({ listening: () => [{ from: DAY.from - HOUR, to: DAY.to + HOUR }] }),
  short: async () => ({ listening: () => [{ from: DAY.from + HOUR, to: DAY.to + HOUR }] }),
});

describe("what counts as lived", () => {
  const at = (hours: number) => DAY.from + hours * HOUR;
  const visits = (...hours: number[]): NonNullable<RunOptions["ownRuns"]> =>
    async function* () {
      for (const [index, hour] of hours.entries()) {
        const time = iso(at(hour));
        yield { index, instance: "x", trigger: "schedule", outcome: "collected", started: time, ended: time } as OwnRun;
      }
    };
  const everyHour = Array.from({ length: 26 }, (_, i) => i - 0.5);
  const coveredHours = async (options: RunOptions) => {
    const { draft } = await runOver(heartbeat, options);
    const hours = draft.covered.map(({ from, to }) =>
      [Date.parse(from), Date.parse(to)].map((t) => (t - DAY.from) / HOUR),
    );
    return { outcome: draft.outcome, hours };
  };

  test("calls of a scheduler that follow each other within two hours", async () => {
    expect(await coveredHours({ ownRuns: visits(...everyHour), window: { from: at(-0.5), to: DAY.to } })).toEqual({
      outcome: "collected",
      hours: [[-0.5, 24]],
    });
    const withHole = everyHour.filter((hour) => hour < 8 || hour > 14);
    expect(await coveredHours({ ownRuns: visits(...withHole), window: { from: at(-0.5), to: DAY.to } })).toEqual({
      outcome: "partial",
      hours: [
        [-0.5, 7.5],
        [14.5, 24],
      ],
    });
  });

  test("the daemon's own marks; between two of its lives nobody watched, whatever it ran", async () => {
    const listening = () => [
      { from: at(-1), to: at(10) },
      { from: at(11), to: at(25) },
    ];
    expect(await coveredHours({ listening, ownRuns: visits(...everyHour.filter((h) => h < 10 || h > 11)) })).toEqual({
      outcome: "partial",
      hours: [
        [0, 10],
        [11, 24],
      ],
    });
  });

  test("not what led up to the end of the period where the next call, or the next life, came too late", async () => {
    const late = { window: { from: at(-0.5), to: DAY.to }, clock: new FakeClock(at(26)) };
    const untilEvening = everyHour.filter((hour) => hour < 23);
    expect(await coveredHours({ ...late, ownRuns: visits(...untilEvening) })).toEqual({
      outcome: "partial",
      hours: [[-0.5, 22.5]],
    });
    const listening = () => [
      { from: at(-1), to: at(23) },
      { from: at(24.5), to: at(26) },
    ];
    expect(await coveredHours({ ...late, listening })).toEqual({ outcome: "partial", hours: [[-0.5, 23]] });
    const soon = { ...late, clock: new FakeClock(at(24.4)) };
    expect(await coveredHours({ ...soon, ownRuns: visits(...untilEvening) })).toEqual({
      outcome: "collected",
      hours: [[-0.5, 24]],
    });
  });

  test("with `visits: 0s` the daemon only", async () => {
    expect(await coveredHours({ config: { visits: "0s" }, ownRuns: visits(...everyHour) })).toMatchObject({
      hours: [],
    });
  });
});

test("a week without the daemon is a hole of the watcher: one gap, and every day of it has its state", async () => {
  const clock = new FakeClock("2026-11-02T12:00:00.000Z");
  const custody = await newWorkspace("collectors: [{ id: heartbeat, use: cron-health/heartbeat }]", clock);
  const lives = [
    { from: "2026-11-02T12:00:00.000Z", to: "2026-11-04T05:00:00.000Z" },
    { from: "2026-11-11T07:00:00.000Z", to: "2026-11-13T09:00:00.000Z" },
  ].map(({ from, to }) => ({ from: Date.parse(from), to: Date.parse(to) }));
  const first = lives[0]?.from ?? 0;
  for (let now = first; now < Date.parse("2026-11-13T09:00:00.000Z"); now += HOUR) {
    if (!lives.some(({ from, to }) => from <= now && now < to)) continue;
    clock.set(now);
    const marks = lives.map(({ from, to }) => ({ from, to: Math.min(to, now) })).filter(({ from, to }) => from < to);
    await writeListening(custody.config.folders.state, marks);
    await declareNow(custody);
    const tasks = tasksNow(custody.config.instances, await custody.history(), now);
    for (const task of tasks) await runTask(task, runParts(custody, new AbortController().signal));
  }
  const history = (await custody.history()).instances.get("heartbeat");
  if (history === undefined) throw new Error("there is no heartbeat");
  const slots = slotsOf(history, { from: 0, to: clock.now() }, clock.now());
  const states = slots.map(({ from, state }) => `${iso(from).slice(5, 10)} ${state}`);
  expect(states).toEqual([
    "11-03 collected",
    "11-04 partial",
    ...["05", "06", "07", "08", "09", "10"].map((day) => `11-${day} missed`),
    "11-11 partial",
    "11-12 collected",
    "11-13 open",
  ]);
  expect(gapsOf(history, clock.now())).toMatchObject([{ requirement: "cadence", state: "open" }]);
});
