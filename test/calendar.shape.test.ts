import { describe, expect, test } from "vitest";
import { openCalendar } from "../src/calendar/calendar.ts";
import { calendarDigest, defaultCalendar, parseCalendar } from "../src/calendar/shape.ts";
import { CustodyError } from "../src/lib/errors.ts";
import { weekdays } from "./support/calendar.ts";

const GOOD = {
  zone: "Europe/Berlin",
  hours: weekdays(["09:00", "12:00"], ["13:00", "24:00"]),
  holidays: [{ date: "2028-02-29", name: "leap day off" }],
};

function troublesOf(written: unknown): string[] {
  try {
    parseCalendar(written);
  } catch (thrown) {
    if (thrown instanceof CustodyError && thrown.code === "INPUT_INVALID") return thrown.message.split("\n");
    throw thrown;
  }
  return [];
}

describe("a calendar", () => {
  test("as it should be is read", () => {
    expect(troublesOf(GOOD)).toEqual([]);
    expect(
      troublesOf({ ...GOOD, id: "berlin", validFrom: "2026-01-01", validTo: "2028-12-31", says: "handbook" }),
    ).toEqual([]);
    expect(troublesOf(defaultCalendar("UTC"))).toEqual([]);
    expect(troublesOf({ ...GOOD, hours: weekdays(["12:00", "17:00"], ["09:00", "12:00"]) })).toEqual([]);
    expect(troublesOf({ ...GOOD, holidays: "none", dayEnds: "close", afterHours: "roll" })).toEqual([]);
  });

  test.each<[string, object, string]>([
    [
      "a mistyped zone",
      { zone: "Europe/Berln" },
      "calendar.zone: expected a time zone such as Europe/Berlin; did you mean Europe/Berlin?",
    ],
    ["a mistyped key", { holdays: [] }, 'calendar.holdays: unknown key; did you mean "holidays"?'],
    ["a mistyped weekday", { hours: { monn: [] } }, "calendar.hours"],
    ["no hours at all", { hours: {} }, "calendar.hours: has no working time on any weekday"],
    ["empty hours", { hours: { mon: [], tue: [] } }, "calendar.hours: has no working time on any weekday"],
    [
      "parts that overlap",
      {
        hours: {
          mon: [
            ["09:00", "13:00"],
            ["12:00", "17:00"],
          ],
        },
      },
      "calendar.hours.mon: 12:00-17:00 overlaps 09:00-13:00",
    ],
    [
      "a part inside another",
      {
        hours: {
          mon: [
            ["09:00", "17:00"],
            ["10:00", "11:00"],
            ["16:00", "18:00"],
          ],
        },
      },
      "16:00-18:00 overlaps 09:00-17:00",
    ],
    [
      "the same part twice",
      {
        hours: {
          mon: [
            ["09:00", "17:00"],
            ["09:00", "17:00"],
          ],
        },
      },
      "overlaps",
    ],
    [
      "a night shift",
      { hours: { mon: [["22:00", "06:00"]] } },
      "22:00-06:00 ends before it begins; a shift over midnight is two parts",
    ],
    ["a part without length", { hours: { mon: [["09:00", "09:00"]] } }, "ends before it begins"],
    ["a time that is none", { hours: { mon: [["9", "24:01"]] } }, "expected a time of day from 00:00 to 24:00"],
    [
      "no leap year",
      { holidays: [{ date: "2027-02-29", name: "x" }] },
      "calendar.holidays.0.date: 2027-02-29 does not exist: 2027 is no leap year",
    ],
    ["a day that is none", { holidays: [{ date: "2027-04-31", name: "x" }] }, "2027-04-31 does not exist"],
    ["a month that is none", { holidays: [{ date: "2027-13-01", name: "x" }] }, "2027-13-01 does not exist"],
    ["a date in other words", { holidays: [{ date: "1.1.2027", name: "x" }] }, "expected a date such as 2026-12-25"],
    [
      "a year mistyped",
      { holidays: [{ date: "0206-01-01", name: "x" }] },
      "expected a year from 1970 to 2199, found 206",
    ],
    [
      "a date twice",
      {
        holidays: [
          { date: "2027-01-01", name: "x" },
          { date: "2027-01-01", name: "y" },
        ],
      },
      "calendar.holidays.1.date: 2027-01-01 is listed twice",
    ],
    [
      "a holiday that is worked",
      {
        holidays: [{ date: "2027-12-24", name: "x" }],
        days: [{ date: "2027-12-24", name: "short", hours: [["09:00", "12:00"]] }],
      },
      "calendar.days.0.date: 2027-12-24 is listed as a holiday and as a working day",
    ],
    [
      "a holiday outside",
      { validTo: "2027-12-31", holidays: [{ date: "2028-01-01", name: "x" }] },
      "2028-01-01 is after validTo 2027-12-31",
    ],
    [
      "a working day outside",
      { validFrom: "2027-01-01", holidays: [], days: [{ date: "2026-12-31", name: "x", hours: [["09:00", "12:00"]] }] },
      "2026-12-31 is before validFrom 2027-01-01",
    ],
    [
      "an end before its beginning",
      { validFrom: "2027-01-01", validTo: "2026-12-31", holidays: [] },
      "calendar.validTo: 2026-12-31 is before validFrom 2027-01-01",
    ],
    [
      "all holidays and none",
      { holidays: "none", unlistedHolidays: true },
      "calendar.unlistedHolidays: says that holidays are missing, but holidays says `none`",
    ],
    ["no holidays said", { holidays: undefined }, "calendar.holidays: is missing"],
  ])("with %s is refused", (_, change, words) => {
    expect(troublesOf({ ...GOOD, ...change }).join("\n")).toContain(words);
  });

  test("says all its troubles at once, up to twenty", () => {
    const troubles = troublesOf({
      ...GOOD,
      hours: {
        mon: [["12:00", "09:00"]],
        tue: [
          ["09:00", "12:00"],
          ["11:00", "13:00"],
        ],
      },
      holidays: [
        { date: "2027-02-29", name: "x" },
        { date: "2027-01-01", name: "y" },
        { date: "2027-01-01", name: "z" },
      ],
    });
    expect(troubles).toHaveLength(4);
    const many = Array.from({ length: 50 }, () => ({ date: "2027-02-30", name: "x" }));
    expect(troublesOf({ ...GOOD, holidays: many }).at(-1)).toBe("and 30 more");
    expect(troublesOf({ ...GOOD, holidays: Array.from({ length: 2_001 }, () => many[0]) })[0]).toContain("2000");
    expect(troublesOf(null)).toHaveLength(1);
    expect(troublesOf([])).toHaveLength(1);
  });

  test("has a digest that follows from what it says, in whatever order", () => {
    const hours = Object.fromEntries(Object.entries(GOOD.hours).toReversed());
    const turned = parseCalendar({ holidays: GOOD.holidays, hours, zone: GOOD.zone });
    expect(calendarDigest({ zone: turned.zone, hours, holidays: turned.holidays })).toBe(
      calendarDigest(parseCalendar(GOOD)),
    );
    expect(calendarDigest(parseCalendar({ ...GOOD, holidays: "none" }))).not.toBe(calendarDigest(parseCalendar(GOOD)));
  });

  test("works out a day once, and shares nothing with another calendar", () => {
    const [one, other] = [
      openCalendar(parseCalendar(GOOD)),
      openCalendar(parseCalendar({ ...GOOD, holidays: "none" })),
    ];
    expect(one.day(20_000)).toBe(one.day(20_000));
    expect(one.day(20_000)).not.toBe(other.day(20_000));
  });
});
