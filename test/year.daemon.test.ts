import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Entry, EntryOf } from "../src/evidence/entry.ts";
import { isKind } from "../src/evidence/entry.ts";
import type { History } from "../src/slots/history.ts";
import { slotsOf, tally } from "../src/slots/state.ts";
import { SimulatedDaemon, simulatedCollectors } from "./support/simulated-daemon.ts";
import { THOROUGH } from "./support/tools.ts";
import { oracle } from "./support/year-oracle.ts";

/**
 * A year of a daemon: 1 December 2027, 10:00 UTC, to 1 December 2028, 22:20 UTC, with 29 February 2028 in it. The schedule,
 * the runs, the notes and the ledger are the real ones; only sources and time are played.
 */
const at = (text: string) => Date.parse(`${text}Z`);
const MINUTE = 60_000;
const START = "2027-12-01T10:00:00.000Z";
const END = at("2028-12-01T22:20");
const HEALTHY_UNTIL = at(START.slice(0, 16)) + 90 * 1440 * MINUTE;
/** The source of two collectors answers nobody. */
const DEAD = { from: at("2028-06-05T00:00"), to: at("2028-06-12T00:00") };
/** Nobody runs Custody. */
const DOWN = { from: at("2028-07-10T00:00"), to: at("2028-07-17T00:00") };
/** A source that nobody could reach when its collector was set up. */
const CONNECTED = at("2028-03-27T12:00");
const ALL = { from: Number.NEGATIVE_INFINITY, to: Number.POSITIVE_INFINITY };

const ONCE = "pull: 400d";
const STEADY = `
  - { id: berlin-daily, use: cron-health/past, source: own, zone: Europe/Berlin, cadence: daily, grace: 6h, ${ONCE} }
  - { id: new-york-daily, use: cron-health/past, source: prod, zone: America/New_York, cadence: daily, grace: 6h, ${ONCE} }
  - { id: lord-howe-6h, use: cron-health/past, source: prod, zone: Australia/Lord_Howe, cadence: 6h, grace: 2h, ${ONCE} }
  - { id: utc-weekly, use: cron-health/past, source: own, zone: UTC, cadence: weekly, grace: 1d, ${ONCE} }
  - { id: berlin-weekly, use: cron-health/past, source: own, zone: Europe/Berlin, cadence: weekly, grace: 2d, ${ONCE} }
  - { id: havana-present, use: cron-health/present, source: own, zone: America/Havana, cadence: daily, grace: 3h, pull: 12h }
  - { id: kathmandu-monthly, use: cron-health/past, source: own, zone: Asia/Kathmandu, cadence: monthly, grace: 3d, ${ONCE} }
  - { id: berlin-quarterly, use: cron-health/past, source: own, zone: Europe/Berlin, cadence: quarterly, grace: 10d, ${ONCE} }`;
const berlin = (cadence: string) => `
  - { id: berlin-changing, use: cron-health/past, source: own, zone: Europe/Berlin, cadence: ${cadence}, grace: 1h, ${ONCE} }`;
const santiago = (cadence: string) => `
  - { id: santiago-changing, use: cron-health/past, source: own, zone: America/Santiago, cadence: ${cadence}, grace: 6h, ${ONCE} }`;
const late = (pull: string) => `
  - { id: connected-later, use: cron-health/past, source: later, zone: UTC, cadence: daily, grace: 6h, pull: ${pull} }`;
const HOURLY = `
  - { id: new-york-hourly, use: cron-health/past, source: own, zone: America/New_York, cadence: hourly, grace: 1h, ${ONCE} }`;

/** From when which configuration was in force. */
const CONFIGURATIONS: readonly (readonly [number, string])[] = [
  [at(START.slice(0, 16)), STEADY + berlin("6h") + santiago("6h")],
  [at("2028-03-20T10:00"), STEADY + berlin("15m") + santiago("6h") + late("6h")],
  [at("2028-04-03T10:05"), STEADY + berlin("6h") + santiago("6h") + late("400d")],
  [at("2028-06-20T15:00"), STEADY + berlin("6h") + santiago("daily") + late("400d")],
  [at("2028-10-20T12:05"), STEADY + berlin("6h") + santiago("daily") + late("400d") + HOURLY],
];

/**
 * Counted by hand; `collected` is what remains of `slots`. The days from 1 December 2027 to 1 December 2028, both included,
 * are 367: 31 of December, 31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30 of the months, and one.
 */
const BY_HAND: Readonly<
  Record<string, { slots: number; late?: number; missed?: number; paused?: number; open?: number }>
> = {
  // 367 days, the last one open. Paused from 8 May 08:00 to 15 May 00:00 local time: 8 to 14 May. Away from 10 July 02:00 to 17 July 02:00 local time: the days 10 to
  // 15 July end and are past their six hours meanwhile, 16 July is still in them.
  "berlin-daily": { slots: 367, paused: 7, late: 6, open: 1 },
  // 367 days, the last one open. The source is dead from 4 June 20:00 to 11 June 20:00 local time: 4 to 10 June, 7 days.
  // Away from 9 July 20:00 to 16 July 20:00: 9 to 15 July, 7 days.
  "new-york-daily": { slots: 367, late: 7 + 7, open: 1 },
  // From 1 December 18:00 (it is 21:00 there) to 2 December 06:00 (it is 09:20) are 366.5 days of 4, and the open one.
  // Dead from 5 June 10:30 to 12 June 10:30 local time: those that begin from 5 June 06:00 to 12 June 00:00, 6.75 days
  // of 4 and one. Away at the same times of day in July: as many.
  "lord-howe-6h": { slots: 1466 + 1, late: 28 + 28, open: 1 },
  // Mondays from 29 November 2027 to 27 November 2028: 52 weeks, and the open one. Custody stops as the week of 3 July
  // ends, and the day of grace passes; it is there again as the week of 10 July ends.
  "utc-weekly": { slots: 53, late: 1, open: 1 },
  // The same weeks, two hours earlier: one ends just before, the other is still in its two days of grace.
  "berlin-weekly": { slots: 53, open: 1 },
  // 367 days; the last one was seen already (it is 17:20). Away from 9 July 20:00 to 16 July 20:00 local time: nothing was
  // seen from 10 July on until 16 July 03:00, so 10 to 15 July are lost; 9 and 16 July were seen.
  "havana-present": { slots: 367, missed: 6 },
  // December 2027 to December 2028, the last one open.
  "kathmandu-monthly": { slots: 13, open: 1 },
  // The last quarter of 2027 to the last one of 2028, which is open.
  "berlin-quarterly": { slots: 5, open: 1 },
  // By 6 hours from 1 December 06:00 to 20 March 06:00, 110 days of 4, and the one to noon, at which the change acts. By the
  // quarter of an hour to 3 April 12:15: 14 days of 96 and one, less the four that 26 March does not have. Then one to
  // 18:00, and from there to 1 December 18:00 242 days of 4, and the open one.
  // Away from 10 July 02:00 to 17 July 02:00 local time: 10 July 00:00 to 16 July 18:00, 7 days of 4.
  "berlin-changing": { slots: 441 + (14 * 96 + 1 - 4) + 1 + 242 * 4 + 1, late: 28, open: 1 },
  // By 6 hours from 1 December 06:00 to 20 June 06:00, 202 days of 4, and the one to noon. Then half a day, then the days 21
  // June to 1 December: 10, 31, 31, 30, 31, 30 and 1. Away from 9 July 20:00 to 16 July 20:00: 9 to 15 July.
  "santiago-changing": { slots: 202 * 4 + 1 + 1 + (10 + 31 + 31 + 30 + 31 + 30 + 1), late: 7, open: 1 },
  // Reached on 27 March for the first time: 5 days of March, 30, 31, 30, 31, 31, 30, 31, 30 of the months, and 1 December.
  // Away from 10 July 00:00 to 17 July 00:00: 9 July to 15 July.
  "connected-later": { slots: 5 + 30 + 31 + 30 + 31 + 31 + 30 + 31 + 30 + 1, late: 7, open: 1 },
  // From 20 October 12:00 UTC (it is set up five minutes later) to 1 December 22:00 UTC are 42 days and 10 hours; 5 November has two hours in one; and the
  // open one.
  "new-york-hourly": { slots: 42 * 24 + 10 - 1 + 1, open: 1 },
};

/** Real gaps, counted by hand: [opened, closed]. */
const GAPS: Readonly<Record<string, readonly [number, number]>> = {
  "berlin-daily cadence": [1, 1],
  "new-york-daily cadence": [2, 2],
  "lord-howe-6h cadence": [2, 2],
  "utc-weekly cadence": [1, 1],
  // What only the present showed is lost for ever.
  "havana-present cadence": [1, 0],
  "berlin-changing cadence": [1, 1],
  "santiago-changing cadence": [1, 1],
  "connected-later cadence": [1, 1],
  // Due a day and six hours after 20 March 10:00, first collected on 27 March.
  "connected-later first": [1, 1],
};

/** Random, and the same every time. */
function dice(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

let simulated: SimulatedDaemon;
let entries: Entry[];
let history: History;
let restarts = 0;

beforeAll(async () => {
  const away = (source: string, now: number) =>
    (source === "prod" && now >= DEAD.from && now < DEAD.to) || (source === "later" && now < CONNECTED);
  const yaml = (list: string) => `collectors:${list}\n`;
  simulated = await SimulatedDaemon.begin(START, simulatedCollectors(away), yaml(CONFIGURATIONS[0]?.[1] ?? ""));
  const roll = dice(20280229);
  const changes = new Map(CONFIGURATIONS.slice(1));
  const fixed = [...changes.keys(), DOWN.to, at("2028-05-02T09:00"), END];
  const ticks: number[] = [];
  // Not every minute, as it would be woken, but every half an hour and up to 12 minutes late.
  for (let half = at(START.slice(0, 16)); half < END; half += 30 * MINUTE) {
    const tick = half + Math.floor(roll() * 13) * MINUTE;
    if (tick < END) ticks.push(tick);
  }
  const all = [...new Set([...ticks, ...fixed])].sort((a, b) => a - b);
  let running = true;
  let signed = 0;
  for (const tick of all) {
    if (tick >= DOWN.from && tick < DOWN.to) {
      if (running) await simulated.stop();
      running = false;
      continue;
    }
    const list = changes.get(tick);
    if (!running) {
      simulated.clock.set(tick);
      await simulated.start();
      running = true;
    } else if (list !== undefined || roll() < 1 / 2_500) {
      await simulated.stop();
      simulated.clock.set(tick);
      await simulated.start(list === undefined ? undefined : yaml(list));
      if (list === undefined) restarts += 1;
    }
    await simulated.wake(tick);
    if (tick === at("2028-05-02T09:00")) {
      await simulated.append({
        kind: "plan",
        actor: { type: "person", id: "p-anna", auth: "token" },
        instance: "berlin-daily",
        action: "pause",
        from: "2028-05-08T06:00:00.000Z",
        to: "2028-05-14T22:00:00.000Z",
      });
    }
    if (tick - signed > 180 * MINUTE) {
      await simulated.sign();
      signed = tick;
    }
  }
  entries = await simulated.entries();
  history = await simulated.custody.history();
}, 240_000);

afterAll(() => simulated?.end());

const states = (id: string, asOf: number) => {
  const one = history.instances.get(id);
  return one ? slotsOf(one, ALL, asOf).map(({ from, to, state }) => ({ from, to, state: state as string })) : [];
};

describe.skipIf(!THOROUGH)("a simulated year (in CI only)", () => {
  test("ran without complaint, and was interrupted at random times", () => {
    expect(simulated.complaints).toEqual([]);
    expect(restarts).toBeGreaterThan(5);
    expect(Object.keys(BY_HAND)).toHaveLength(12);
  });

  test.each(Object.entries(BY_HAND))(
    "%s: every slot has one state, and they add up to what was counted by hand",
    (id, hand) => {
      const { slots, ...rest } = hand;
      const counted = tally(states(id, END) as Parameters<typeof tally>[0]);
      const others = Object.values(rest).reduce((a, b) => a + b, 0);
      const none = { partial: 0, failed: 0, unavailable: 0, missed: 0, paused: 0, late: 0, due: 0, open: 0 };
      expect(counted).toEqual({ ...none, ...rest, collected: slots - others });
      const all = states(id, END);
      expect(new Set(all.map(({ from }) => from)).size).toBe(slots);
      all.slice(1).forEach(({ from }, i) => {
        expect(from).toBe(all[i]?.to);
      });
    },
  );

  test("is what the oracle makes of its records, at the end and before it", () => {
    const ask = oracle(entries as unknown as Record<string, unknown>[]);
    const moments = [END, DOWN.to - MINUTE, at("2028-03-26T01:07")];
    for (const moment of moments) {
      for (const id of Object.keys(BY_HAND)) expect([id, states(id, moment)]).toEqual([id, ask(id, moment)]);
    }
  });

  test("what was due while the source was dead was tried, and what was due while nobody ran Custody was missed", () => {
    const was = (id: string, { from, to }: typeof DEAD) => {
      const one = history.instances.get(id);
      const found = one
        ? slotsOf(one, ALL, END).filter((slot) => slot.was && slot.due >= from && slot.due <= to + 90 * MINUTE)
        : [];
      return found.map((slot) => slot.was);
    };
    expect(was("new-york-daily", DEAD)).toEqual(Array(7).fill("unavailable"));
    expect(was("lord-howe-6h", DEAD)).toEqual(Array(28).fill("unavailable"));
    expect(was("new-york-daily", DOWN)).toEqual(Array(7).fill("missed"));
    expect(was("lord-howe-6h", DOWN)).toEqual(Array(28).fill("missed"));
  });

  test("has no note of a gap in 90 healthy days", () => {
    const early = entries.filter((entry) => Date.parse(entry.at) < HEALTHY_UNTIL);
    expect(early.length).toBeGreaterThan(1_000);
    expect(early.filter(({ kind }) => kind === "gap")).toEqual([]);
  });

  test("has exactly one note of each real gap, and one of its end", () => {
    const notes = entries.filter((entry): entry is EntryOf<"gap"> => isKind(entry, "gap"));
    const counted: Record<string, [number, number]> = {};
    for (const { instance, requirement, action } of notes) {
      counted[`${instance} ${requirement}`] ??= [0, 0];
      const count = counted[`${instance} ${requirement}`] ?? [0, 0];
      count[action === "open" ? 0 : 1] += 1;
    }
    expect(counted).toEqual(GAPS);
    expect(new Set(notes.map(({ gap, action }) => `${gap} ${action}`)).size).toBe(notes.length);
  });

  test("a collector that is due every week has every one of its slots in 120 days", () => {
    // 120 days from Monday 29 November 2027 on end on 27 March 2028: 17 weeks, and a Monday.
    const end = at("2027-11-29T00:00") + 120 * 1440 * MINUTE;
    const mondays = Array.from({ length: 18 }, (_, week) => at("2027-11-29T00:00") + week * 7 * 1440 * MINUTE);
    expect(states("utc-weekly", end - MINUTE)).toEqual(
      mondays.map((from, week) => ({
        from,
        to: from + 7 * 1440 * MINUTE,
        state: week === 17 ? "open" : "collected",
      })),
    );
  });
});
