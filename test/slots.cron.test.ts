import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { isCustodyError } from "../src/lib/errors.ts";
import { iso } from "../src/lib/time.ts";
import { densityOf, parseCadence, windowAt, windows } from "../src/slots/cadence.ts";
import { parseCron, spellCron } from "../src/slots/cron.ts";
import { slotsOf } from "../src/slots/state.ts";
import { firesByMinute } from "./support/cron-oracle.ts";
import { config, instance, instanceOf, run, t } from "./support/entries.ts";

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const normal = (text: string) => spellCron(parseCron(text));
const cadence = (text: string, zone: string) => parseCadence(normal(text), zone);
const bounds = (text: string, zone: string, from: string, to: string) =>
  [...windows(cadence(text, zone), { from: t(from), to: t(to) })].map((w) => iso(w.from).replace(":00.000Z", "Z"));

describe("a cron expression", () => {
  test.each([
    ["*/15 * * * *", "0,15,30,45 * * * *"],
    ["0-59/1 * * * *", "* * * * *"],
    ["30 7 * * MON-FRI", "30 7 * * 1-5"],
    ["0 0 * * sat-sun", "0 0 * * 0,6"],
    ["0 0 * * 5-7", "0 0 * * 0,5,6"],
    ["0 0 * * 7", "0 0 * * 0"],
    ["0 2 1 jan,Jul *", "0 2 1 1,7 *"],
    ["5/20 8-18/5 * * *", "5,25,45 8,13,18 * * *"],
    ["0 9,8,10,8 * * *", "0 8-10 * * *"],
    ["0 9,8 * * *", "0 8,9 * * *"],
    ["  0   6  *  *  * ", "0 6 * * *"],
    // all days of the one beside some of the other are all days
    ["0 0 1-31 * 1", "0 0 * * *"],
    ["0 0 13 * 0-6", "0 0 * * *"],
    ["0 0 */2 * *", "0 0 1,3,5,7,9,11,13,15,17,19,21,23,25,27,29,31 * *"],
    ["0 0 13 * 5", "0 0 13 * 5"],
  ])("%j means %j", (text, expected) => {
    expect(normal(text)).toBe(expected);
    expect(normal(expected)).toBe(expected);
  });

  test.each([
    ["0 0 31 2 *", /"0 0 31 2 \*" never comes: no year has such a date/],
    ["0 0 30 2 *", /never comes/],
    ["0 0 31 4,6,9,11 *", /never comes/],
    ["61 * * * *", /minute: expected 0 to 59, found "61"/],
    ["0 24 * * *", /hour: expected 0 to 23/],
    ["0 0 0 * *", /day of the month: expected 1 to 31/],
    ["0 0 * 13 *", /month: expected 1 to 12 or jan, feb …, found "13"/],
    ["0 0 * * 8", /day of the week: expected 0 to 7 or sun, mon …/],
    ["* * * *", /has 4 fields instead of five/],
    ["0 0 0 * * *", /has 6 fields instead of five; a field for seconds or years is not read/],
    ["0 0 L * *", /L, W, # and \? are not read/],
    ["0 22-4 * * *", /"22-4" goes down; write two ranges/],
    ["*/0 * * * *", /a step is from 1 to 59/],
    ["*/60 * * * *", /a step is from 1 to 59/],
    ["0 0 */2 * 1", /some crons ask for both of these day fields/],
    ["1,,2 * * * *", /minute: expected 0 to 59, found ""/],
    ["-5 * * * *", /minute/],
    ["1-2-3 * * * *", /minute/],
    [`${"1,".repeat(400)}1 * * * *`, /too long/],
  ])("that nobody can follow is refused: %j", (text, why) => {
    let thrown: unknown;
    try {
      parseCron(text);
    } catch (error) {
      thrown = error;
    }
    expect(isCustodyError(thrown, "INPUT_INVALID") && thrown.message).toMatch(why);
    expect(isCustodyError(thrown) && thrown.remedy).toMatch(/five fields: minute, hour/);
  });

  test("of records is one in its normal form, and nothing else", () => {
    expect(() => parseCadence("*/15 * * * *", "UTC")).toThrow(/not the normal form/);
    expect(() => parseCadence("30 7 * * MON-FRI", "UTC")).toThrow(/not the normal form/);
    expect(() => parseCadence(" 0 6 * * *", "UTC")).toThrow();
    expect(parseCadence("0 6 * * *", "UTC").text).toBe("0 6 * * *");
  });
});

describe("windows from one time of a cron expression to the next", () => {
  test("go by the wall clock: 06:00 stays 06:00 when clocks change", () => {
    expect(bounds("0 6 * * *", "Europe/Berlin", "2026-03-28T05:00Z", "2026-03-31T00:00Z")).toEqual([
      "2026-03-28T05:00Z",
      "2026-03-29T04:00Z",
      "2026-03-30T04:00Z",
    ]);
  });

  test("fire a skipped time at the next valid minute, and a repeated one once", () => {
    // 02:30 does not exist on 29 March 2026 in Berlin, and comes twice on 25 October.
    expect(bounds("30 2 * * *", "Europe/Berlin", "2026-03-28T01:30Z", "2026-03-31T00:00Z")).toEqual([
      "2026-03-28T01:30Z",
      "2026-03-29T01:00Z",
      "2026-03-30T00:30Z",
    ]);
    expect(bounds("30 2 * * *", "Europe/Berlin", "2026-10-24T00:30Z", "2026-10-27T00:00Z")).toEqual([
      "2026-10-24T00:30Z",
      "2026-10-25T00:30Z",
      "2026-10-26T01:30Z",
    ]);
    // Samoa had no 30 December 2011: what was to come on it comes at the first minute of the 31st.
    expect(bounds("0 12 30 12 *", "Pacific/Apia", "2011-12-30T10:00Z", "2011-12-30T11:00Z")).toEqual([
      "2011-12-30T10:00Z",
    ]);
  });

  test("take either of two day fields, or the one that is given", () => {
    // 13 November 2026 is a Friday; the Fridays of that month are 6, 13, 20 and 27.
    const days = (text: string) =>
      bounds(text, "UTC", "2026-11-01", "2026-12-01").flatMap((at) =>
        at >= "2026-11" ? [Number(at.slice(8, 10))] : [],
      );
    expect(days("0 0 14 * 5")).toEqual([6, 13, 14, 20, 27]);
    expect(days("0 0 14 * *")).toEqual([14]);
    expect(days("0 0 * * 5")).toEqual([6, 13, 20, 27]);
  });

  test("of the leap day are found over eight years without one, and quickly", () => {
    const leap = cadence("0 0 29 2 *", "Europe/Berlin");
    const started = performance.now();
    expect(iso(windowAt(leap, t("2026-11-20")).from)).toBe("2024-02-28T23:00:00.000Z");
    expect(iso(windowAt(leap, t("2026-11-20")).to)).toBe("2028-02-28T23:00:00.000Z");
    const century = windowAt(leap, t("2098-01-01"));
    expect([iso(century.from), iso(century.to)]).toEqual(["2096-02-28T23:00:00.000Z", "2104-02-28T23:00:00.000Z"]);
    expect([...windows(leap, { from: t("2000-06-01"), to: t("2100-01-01") })]).toHaveLength(25);
    expect(performance.now() - started).toBeLessThan(1_000);
  });

  test("are never lost: a weekly check over 120 days has each of its slots, however late in the day it runs", () => {
    const monday = (week: number) => t("2026-05-04T07:00Z") + week * 7 * DAY;
    const weeks = Array.from({ length: 18 }, (_, week) => week);
    const entries = [
      config(monday(0), [instance({ cadence: "0 9 * * 1", grace: "1d", zone: "Europe/Berlin" })]),
      // Each ends later than the one before: by "seven days since the last" one of them would be pushed out.
      ...weeks.map((week) => run(monday(week) + week * HOUR, { covered: [[monday(week - 1), monday(week)]] })),
    ];
    const slots = slotsOf(instanceOf(entries), { from: monday(0), to: monday(0) + 120 * DAY }, monday(0) + 120 * DAY);
    expect(slots.map(({ from, state }) => `${iso(from)} ${state}`)).toEqual(
      weeks.map((week) => `${iso(monday(week))} ${week < 17 ? "collected" : "open"}`),
    );
  });

  const zones = fc.constantFrom(...Intl.supportedValuesOf("timeZone"), "UTC");
  const instants = fc.integer({ min: t("1973-01-01"), max: t("2040-01-01") });
  const value = (low: number, high: number) => fc.integer({ min: low, max: high }).map(String);
  const item = (low: number, high: number) =>
    fc.oneof(
      { weight: 4, arbitrary: value(low, high) },
      fc.tuple(fc.integer({ min: low, max: high }), fc.nat(high)).map(([a, b]) => `${a}-${Math.min(high, a + b)}`),
      fc
        .tuple(fc.integer({ min: low, max: high }), fc.integer({ min: 1, max: high }))
        .map(([a, n]) => `${a}-${high}/${n}`),
    );
  const field = (low: number, high: number) =>
    fc.oneof(
      fc.constant("*"),
      fc.array(item(low, high), { minLength: 1, maxLength: 3 }).map((items) => items.join(",")),
    );
  const crons = fc
    .tuple(
      field(0, 59),
      field(0, 23),
      field(1, 28),
      fc.oneof({ weight: 3, arbitrary: fc.constant("*") }, field(1, 12)),
      field(0, 6),
    )
    .map((fields) => fields.join(" "));

  test("tile any period in any zone, and have one spelling", () => {
    fc.assert(
      fc.property(zones, crons, instants, fc.nat(3 * DAY), (zone, text, from, length) => {
        const own = cadence(text, zone);
        expect(normal(own.text)).toBe(own.text);
        const found: { from: number; to: number }[] = [];
        for (const window of windows(own, { from, to: from + 1 + length })) if (found.push(window) > 300) break;
        expect(found[0]?.from).toBeLessThanOrEqual(from);
        const { shortest } = densityOf(own);
        found.forEach((window, i) => {
          expect(window.to).toBeGreaterThan(window.from);
          if (i > 0) expect(window.from).toBe(found[i - 1]?.to);
          if (i % 50 === 0) expect(windowAt(own, window.from)).toEqual(window);
        });
        expect(shortest).toBeGreaterThan(0);
      }),
      { numRuns: 120 },
    );
  });

  // Days on which clocks change, and others: a minute-by-minute walk over the wall clock that `Intl` shows.
  const changes = [
    ["Europe/Berlin", "2026-03-29"],
    ["Europe/Berlin", "2026-10-25"],
    ["America/New_York", "2026-03-08"],
    ["America/New_York", "2026-11-01"],
    ["Australia/Lord_Howe", "2026-10-04"],
    ["Australia/Lord_Howe", "2026-04-05"],
    ["America/Santiago", "2026-09-06"],
    ["Africa/Cairo", "2026-04-24"],
    ["America/Havana", "2026-11-01"],
    ["America/St_Johns", "2006-10-29"],
    ["America/Nuuk", "2024-03-31"],
    ["Pacific/Apia", "2011-12-30"],
    ["Asia/Kathmandu", "2026-07-01"],
    ["UTC", "2028-02-29"],
  ] as const;

  test("begin when a walk over every minute of the wall clock says", () => {
    fc.assert(
      fc.property(fc.constantFrom(...changes), crons, fc.nat(1_440), ([zone, day], text, shift) => {
        const from = t(day) - shift * 60_000;
        const to = from + 2 * DAY;
        const own = cadence(text, zone);
        const found: number[] = [];
        for (const window of windows(own, { from, to })) if (window.from >= from) found.push(window.from);
        expect(found.map(iso)).toEqual(firesByMinute(own.text, zone, from, to).map(iso));
      }),
      { numRuns: 60 },
    );
  });

  test.each([
    ["0 0 * * *", "daily"],
    ["0 * * * *", "hourly"],
    ["*/15 * * * *", "15m"],
    ["0 */6 * * *", "6h"],
    ["0 0 * * 1", "weekly"],
    ["0 0 1 * *", "monthly"],
    ["0 0 1 1,4,7,10 *", "quarterly"],
    ["0 0 1 1 *", "yearly"],
  ])("of %j are those of %j in every zone", (text, word) => {
    fc.assert(
      fc.property(zones, instants, (zone, at) => {
        expect(windowAt(cadence(text, zone), at)).toEqual(windowAt(parseCadence(word, zone), at));
      }),
      { numRuns: 40 },
    );
  });

  test("are no closer together, and no more in a day and a year, than said", () => {
    fc.assert(
      fc.property(crons, (text) => {
        const own = cadence(text, "UTC");
        const { shortest, perDay, perYear } = densityOf(own);
        let count = 0;
        for (const window of windows(own, { from: t("2028-01-01"), to: t("2028-02-01") })) {
          expect(window.to - window.from).toBeGreaterThanOrEqual(shortest);
          count += 1;
        }
        expect(count).toBeLessThanOrEqual(Math.min(31 * perDay, perYear) + 1);
      }),
      { numRuns: 40 },
    );
  });
});
