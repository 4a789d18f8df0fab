import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { workedBetween } from "../src/calendar/business.ts";
import { openCalendar } from "../src/calendar/calendar.ts";
import { dueOf } from "../src/calendar/due.ts";
import { type CalendarData, parseCalendar, WEEKDAYS } from "../src/calendar/shape.ts";
import { judgeTerm } from "../src/calendar/verdict.ts";
import { iso } from "../src/lib/time.ts";
import { slowCalendar, slowWalls } from "./support/calendar-oracle.ts";

const MINUTE = 60_000;
const DAY = 1_440 * MINUTE;

/** A zone and a week in which its clocks change, or nothing does. Midnight itself is skipped or repeated in several. */
const PLACES = [
  ["Europe/Berlin", "2026-03-27"],
  ["Europe/Berlin", "2026-10-23"],
  ["Europe/Berlin", "2026-12-30"],
  ["America/New_York", "2026-03-06"],
  ["America/New_York", "2026-10-30"],
  ["America/Sao_Paulo", "2018-11-02"],
  ["America/Sao_Paulo", "2018-02-16"],
  ["Asia/Beirut", "2026-03-27"],
  ["Asia/Beirut", "2026-10-23"],
  ["Africa/Cairo", "2026-04-22"],
  ["Africa/Cairo", "2026-10-28"],
  ["America/Havana", "2026-10-30"],
  ["Australia/Lord_Howe", "2026-04-03"],
  ["Australia/Lord_Howe", "2026-10-02"],
  ["Asia/Kathmandu", "2026-06-01"],
  ["Pacific/Apia", "2011-12-28"],
  ["America/Santiago", "2026-09-04"],
  ["UTC", "2028-02-27"],
] as const;

const clock = (minute: number) =>
  `${String(Math.floor(minute / 60)).padStart(2, "0")}:${String(minute % 60).padStart(2, "0")}`;

/** One or two parts of a day on quarters of an hour, long enough that no change of clocks swallows one. */
const Spans = fc
  .tuple(fc.integer({ min: 0, max: 10 }), fc.integer({ min: 3, max: 6 }), fc.integer({ min: 0, max: 3 }), fc.boolean())
  .map(([from, length, pause, two]): [string, string][] => {
    const first: [string, string] = [clock(from * 60 + 15 * pause), clock((from + length) * 60)];
    return two ? [first, [clock((from + length) * 60 + 30), "24:00"]] : [first];
  });

const Case = fc
  .record({
    place: fc.constantFrom(...PLACES),
    hours: fc.array(fc.option(Spans, { freq: 3 }), { minLength: 7, maxLength: 7 }).filter((days) => days.some(Boolean)),
    holidays: fc.uniqueArray(fc.integer({ min: -1, max: 9 }), { maxLength: 3 }),
    special: fc.option(fc.record({ day: fc.integer({ min: 10, max: 12 }), hours: Spans })),
    minute: fc.integer({ min: 0, max: 5 * 1_440 }),
  })
  .map(({ place: [zone, day], hours, holidays, special, minute }) => {
    const from = Date.parse(`${day}T00:00:00Z`);
    const dayOf = (n: number) => iso(from + n * DAY).slice(0, 10);
    const data: CalendarData = parseCalendar({
      zone,
      hours: Object.fromEntries(WEEKDAYS.flatMap((name, i) => (hours[i] ? [[name, hours[i]]] : []))),
      // One holiday in each year keeps the year listed.
      holidays: [
        ...holidays.map((n) => ({ date: dayOf(n), name: "holiday" })),
        { date: `${Number(day.slice(0, 4)) - 1}-06-15`, name: "holiday" },
        { date: `${day.slice(0, 4)}-08-15`, name: "holiday" },
        { date: `${Number(day.slice(0, 4)) + 1}-06-15`, name: "holiday" },
      ],
      ...(special ? { days: [{ date: dayOf(special.day), name: "short", hours: special.hours }] } : {}),
    });
    return { data, start: from + minute * MINUTE };
  });

const RUNS = { numRuns: 60 };
const walls = slowWalls();

describe("business time as counted minute by minute on the wall", () => {
  test("hours", () => {
    fc.assert(
      fc.property(Case, fc.integer({ min: 1, max: 16 * 60 }), ({ data, start }, minutes) => {
        const slow = slowCalendar(data, walls(data.zone)).dueHours(start, minutes);
        const due = dueOf(start, { op: "within", amount: minutes / 60, unit: "bh" }, openCalendar(data));
        expect(due?.at && iso(due.at)).toBe(iso(slow));
      }),
      RUNS,
    );
  });

  test("days", () => {
    fc.assert(
      fc.property(Case, fc.integer({ min: 1, max: 9 }), ({ data, start }, days) => {
        const slow = slowCalendar(data, walls(data.zone)).dueDays(start, days);
        const due = dueOf(start, { op: "within", amount: days, unit: "bd" }, openCalendar(data));
        expect(due?.at && iso(due.at)).toBe(iso(slow));
      }),
      { numRuns: 300 },
    );
  });

  test("time between two instants", () => {
    fc.assert(
      fc.property(Case, fc.integer({ min: 0, max: 6 * 1_440 }), ({ data, start }, minutes) => {
        const end = start + minutes * MINUTE;
        expect(workedBetween(start, end, openCalendar(data)).ms).toBe(
          slowCalendar(data, walls(data.zone)).worked(start, end),
        );
      }),
      RUNS,
    );
  });
});

describe("whatever the calendar", () => {
  const Term = fc.oneof(
    fc.integer({ min: 1, max: 20 }).map((amount) => ({ op: "within", amount, unit: "bd" }) as const),
    fc.integer({ min: 1, max: 80 }).map((amount) => ({ op: "under", amount, unit: "bh" }) as const),
    fc.integer({ min: 1, max: 14 }).map((amount) => ({ op: "within", amount, unit: "mo" }) as const),
  );

  test("a later start is never due earlier", () => {
    fc.assert(
      fc.property(
        Case,
        Term,
        fc.integer({ min: 0, max: 3 * 1_440 }),
        fc.boolean(),
        ({ data, start }, term, later, roll) => {
          // A month from 30 March 23:00 is due after one from 31 March: both on 30 April.
          fc.pre(term.unit !== "mo");
          const calendar = openCalendar({ ...data, afterHours: roll ? "roll" : "no-roll" });
          const [first, second] = [dueOf(start, term, calendar), dueOf(start + later * MINUTE, term, calendar)];
          expect(second?.earliest).toBeGreaterThanOrEqual(first?.earliest ?? 0);
          expect(second?.latest).toBeGreaterThanOrEqual(first?.latest ?? 0);
        },
      ),
    );
  });

  test("due times add up to the working time that they were given", () => {
    fc.assert(
      fc.property(Case, fc.integer({ min: 1, max: 200 }), ({ data, start }, hours) => {
        const calendar = openCalendar(data);
        const due = dueOf(start, { op: "within", amount: hours, unit: "bh" }, calendar)?.at ?? 0;
        expect(workedBetween(start, due, calendar).ms).toBe(hours * 3_600_000);
        expect(workedBetween(start, due - 1, calendar).ms).toBe(hours * 3_600_000 - 1);
      }),
    );
  });

  test("forgetting to list a few holidays never turns a verdict round, it only leaves it open", () => {
    fc.assert(
      fc.property(Case, Term, fc.integer({ min: 0, max: 40 * 1_440 }), ({ data, start }, term, took) => {
        const known = openCalendar(data);
        const forgetful = openCalendar({ ...data, holidays: [], unlistedHolidays: true });
        const [at, end] = [
          { at: start, precision: 1 },
          { at: start + took * MINUTE, precision: 1 },
        ];
        const course = { start: at, end, asOf: end.at, over: true, term };
        const sure = judgeTerm({ ...course, calendar: known }).word;
        expect([sure, "indeterminate"]).toContain(judgeTerm({ ...course, calendar: forgetful }).word);
      }),
    );
  });

  test("what vague times leave decided holds for every time that they can mean", () => {
    const Precision = fc.constantFrom(1, 1_000, MINUTE, 60 * MINUTE, DAY);
    fc.assert(
      fc.property(
        Case,
        Term,
        fc.integer({ min: 0, max: 20 * 1_440 }),
        fc.tuple(Precision, Precision),
        fc.tuple(fc.double({ min: 0, max: 1, noNaN: true }), fc.double({ min: 0, max: 1, noNaN: true })),
        ({ data, start }, term, took, [p, q], [x, y]) => {
          const calendar = openCalendar(data);
          const end = start + took * MINUTE;
          const vague = { start: { at: start, precision: p }, end: { at: end, precision: q } };
          const asOf = end + 30 * DAY;
          const word = judgeTerm({ ...vague, asOf, over: true, term, calendar }).word;
          const truth = {
            start: { at: start + Math.floor(x * (p - 1)), precision: 1 },
            end: { at: end + Math.floor(y * (q - 1)), precision: 1 },
          };
          // The end cannot truly lie before the start.
          if (truth.end.at < truth.start.at) return;
          const real = judgeTerm({ ...truth, asOf, over: true, term, calendar }).word;
          expect([real, "indeterminate"]).toContain(word);
        },
      ),
      { numRuns: 300 },
    );
  });
});

test("100,000 due times take a few seconds at most, also of incidents ten years old", () => {
  const calendar = openCalendar(
    parseCalendar({
      zone: "Europe/Berlin",
      hours: Object.fromEntries(WEEKDAYS.slice(0, 5).map((day) => [day, [["09:00", "17:00"]]])),
      holidays: "none",
    }),
  );
  const first = Date.parse("2016-01-01T00:00:00Z");
  const started = process.cpuUsage();
  for (let i = 0; i < 50_000; i += 1) {
    const start = first + ((i * 7_919_000_003) % (10 * 365 * DAY));
    dueOf(start, { op: "within", amount: 5, unit: "bd" }, calendar);
    dueOf(start, { op: "within", amount: 8, unit: "bh" }, calendar);
  }
  expect(process.cpuUsage(started).user / 1e6).toBeLessThan(3);
});
