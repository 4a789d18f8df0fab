import { describe, expect, test } from "vitest";
import { businessDates, workedBetween } from "../src/calendar/business.ts";
import { openCalendar } from "../src/calendar/calendar.ts";
import { dueOf } from "../src/calendar/due.ts";
import { defaultCalendar } from "../src/calendar/shape.ts";
import { parseTerm } from "../src/calendar/term.ts";
import { iso } from "../src/lib/time.ts";
import { BERLIN_HOLIDAYS, office, weekdays } from "./support/calendar.ts";
import { t } from "./support/entries.ts";

const CALENDARS = {
  berlin: office("Europe/Berlin", BERLIN_HOLIDAYS),
  "berlin to close": office("Europe/Berlin", BERLIN_HOLIDAYS, { dayEnds: "close" }),
  "berlin rolling": office("Europe/Berlin", BERLIN_HOLIDAYS, { afterHours: "roll" }),
  "berlin with lunch": office("Europe/Berlin", BERLIN_HOLIDAYS, {
    hours: weekdays(["09:00", "12:00"], ["13:00", "17:00"]),
    days: [
      { date: "2026-12-24", name: "short day", hours: [["09:00", "12:00"]] },
      { date: "2026-12-19", name: "extra Saturday", hours: [["10:00", "14:00"]] },
    ],
  }),
  "berlin nights": office("Europe/Berlin", "none", {
    hours: { sun: [["00:00", "06:00"]], sat: [["22:00", "24:00"]] },
  }),
  "new york": office("America/New_York", "none"),
  utc: office("UTC", "none"),
  "around the clock": office("UTC", "none", { hours: weekdays(["00:00", "24:00"]) }),
  beirut: office("Asia/Beirut", "none", { hours: { ...weekdays(["09:00", "17:00"]), sun: [["00:00", "24:00"]] } }),
  cairo: office("Africa/Cairo", "none", { hours: { ...weekdays(["00:00", "08:00"]) } }),
  "sao paulo": office("America/Sao_Paulo", "none", { hours: { sun: [["00:00", "04:00"]], mon: [["09:00", "17:00"]] } }),
  "st johns": office("America/St_Johns", "none", {
    hours: { ...weekdays(["09:00", "17:00"]), sun: [["09:00", "17:00"]] },
  }),
  apia: office("Pacific/Apia", "none"),
};

const short = (at: number) => iso(at).replace(/(:00)?\.000Z$/, "Z");

describe("a due time", () => {
  test.each<[keyof typeof CALENDARS, string, string, string, string]>([
    // clock time: no calendar, no change of clocks
    [
      "berlin",
      "24h",
      "2026-03-28T12:00Z",
      "2026-03-29T12:00Z",
      "24 hours over the short Sunday stay 24 hours (14:00 on the wall then)",
    ],
    ["berlin", "24h", "2026-10-24T12:00Z", "2026-10-25T12:00Z", "24 hours over the long Sunday"],
    ["berlin", "15m", "2026-12-31T22:50Z", "2026-12-31T23:05Z", "23:50 + 15 min = 00:05 in the new year, Berlin"],
    ["berlin", "72h", "2026-04-02T14:00Z", "2026-04-05T14:00Z", "Easter counts for clock time"],
    ["utc", "1d", "2028-02-28T10:00Z", "2028-02-29T10:00Z", "leap day"],
    // business days
    [
      "berlin",
      "1bd",
      "2026-04-02T21:59Z",
      "2026-04-07T22:00Z",
      "Thu 23:59; Good Friday, weekend, Easter Monday; end of Tue 7",
    ],
    ["berlin", "1bd", "2026-04-03T10:00Z", "2026-04-07T22:00Z", "day zero is Good Friday itself; next is Tue 7"],
    ["berlin", "2bd", "2026-04-02T14:00Z", "2026-04-08T22:00Z", "Tue 7 (1), Wed 8 (2)"],
    ["berlin", "1bd", "2026-04-07T00:00Z", "2026-04-08T22:00Z", "Tue 02:00 is day zero, Wed 8"],
    ["berlin", "1bd", "2026-04-06T22:00Z", "2026-04-08T22:00Z", "Tue 00:00 local: day zero is Tue"],
    [
      "berlin",
      "1bd",
      "2026-04-06T21:59:59.999Z",
      "2026-04-07T22:00Z",
      "the last ms of Easter Monday: day zero is Monday, so Tue",
    ],
    [
      "berlin",
      "5bd",
      "2026-12-23T10:00Z",
      "2026-12-31T23:00Z",
      "Thu 24 (1), Fri 25 holiday, Mon 28 to Thu 31 (2 to 5)",
    ],
    ["berlin", "1bd", "2026-04-30T10:00Z", "2026-05-04T22:00Z", "Fri 1 May is a holiday; Mon 4 May"],
    [
      "berlin",
      "5bd",
      "2026-05-13T10:00Z",
      "2026-05-21T22:00Z",
      "Thu 14 is Ascension: Fri 15, Mon 18, Tue 19, Wed 20, Thu 21",
    ],
    ["berlin", "7bd", "2026-05-15T16:00Z", "2026-05-27T22:00Z", "18 19 20 21 22, Mon 25 is Whit Monday, 26, 27"],
    ["berlin", "1bd", "2026-10-23T10:00Z", "2026-10-26T23:00Z", "Fri; clocks back on Sun 25; end of Mon 26 is 23:00Z"],
    [
      "berlin",
      "1bd",
      "2026-03-27T10:00Z",
      "2026-03-30T22:00Z",
      "Fri; clocks forward on Sun 29; end of Mon 30 is 22:00Z",
    ],
    ["berlin to close", "1bd", "2026-10-23T10:00Z", "2026-10-26T16:00Z", "Mon 26 Oct 17:00 is 16:00Z (CET)"],
    ["berlin to close", "1bd", "2026-03-27T10:00Z", "2026-03-30T15:00Z", "Mon 30 Mar 17:00 is 15:00Z (CEST)"],
    ["berlin rolling", "1bd", "2026-04-02T14:59Z", "2026-04-07T22:00Z", "Thu 16:59, before close: day zero Thu; Tue 7"],
    [
      "berlin rolling",
      "1bd",
      "2026-04-02T15:00Z",
      "2026-04-08T22:00Z",
      "Thu 17:00 is at close: arrives Tue 7 09:00; Wed 8",
    ],
    ["berlin rolling", "1bd", "2026-04-04T10:00Z", "2026-04-08T22:00Z", "Sat arrives Tue 7; Wed 8"],
    [
      "berlin rolling",
      "1bd",
      "2026-04-07T05:00Z",
      "2026-04-08T22:00Z",
      "Tue 07:00, before opening: Tue is day zero anyway",
    ],
    ["berlin with lunch", "1bd", "2026-12-18T10:00Z", "2026-12-19T23:00Z", "the extra Saturday counts"],
    [
      "new york",
      "1bd",
      "2026-03-06T20:00Z",
      "2026-03-10T04:00Z",
      "Fri 15:00; forward on Sun 8; end of Mon 9 is 04:00Z",
    ],
    ["new york", "1bd", "2026-10-30T20:00Z", "2026-11-03T05:00Z", "Fri; back on Sun 1 Nov; end of Mon 2 is 05:00Z"],
    ["new york", "1bd", "2026-03-07T04:30Z", "2026-03-10T04:00Z", "Sat 04:30Z is still Fri 23:30 there; Mon 9"],
    ["utc", "1bd", "2028-02-28T10:00Z", "2028-03-01T00:00Z", "Mon; Tue 29 February counts; its end is 1 March 00:00"],
    ["utc", "1bd", "2027-02-26T10:00Z", "2027-03-02T00:00Z", "Fri in a year without 29 February; Mon 1 March"],
    ["utc", "5bd", "2026-12-30T10:00Z", "2027-01-07T00:00Z", "31, 1, 4, 5, 6: no holidays at all here"],
    [
      "beirut",
      "1bd",
      "2026-03-27T10:00Z",
      "2026-03-29T21:00Z",
      "Sun works there; it begins at 01:00 as midnight is skipped; ends 21:00Z",
    ],
    ["beirut", "1bd", "2026-10-23T10:00Z", "2026-10-25T22:00Z", "Sat 24 has 25 hours and no work; Sun 25 counts"],
    ["cairo", "1bd", "2026-04-23T10:00Z", "2026-04-24T21:00Z", "Fri 24 April begins at 01:00 there and ends at 21:00Z"],
    [
      "apia",
      "1bd",
      "2011-12-29T20:00Z",
      "2012-01-02T10:00Z",
      "Thu 29, 10:00; the zone left Fri 30 out; Mon 2 January is next, 24:00 there is 10:00Z (+14)",
    ],
    [
      "st johns",
      "1bd",
      "2006-10-29T03:00Z",
      "2006-10-30T03:30Z",
      "00:01 went back to 23:01: it is Sat 28 23:30 once more, day zero; Sun 29 is worked there and ends 03:30Z",
    ],
    // business hours
    [
      "berlin",
      "8bh",
      "2026-04-02T07:00Z",
      "2026-04-02T15:00Z",
      "09:00 + 8 h is exactly close: due then, not on Tuesday",
    ],
    ["berlin", "8bh", "2026-04-02T07:00:00.001Z", "2026-04-07T07:00:00.001Z", "one ms late: Tue 09:00 and one ms"],
    ["berlin", "1bh", "2026-04-02T15:00Z", "2026-04-07T08:00Z", "exactly at close: begins Tue 09:00; 10:00"],
    ["berlin", "1bh", "2026-04-02T05:00Z", "2026-04-02T08:00Z", "07:00 waits for 09:00; 10:00"],
    ["berlin", "16bh", "2026-10-23T13:00Z", "2026-10-27T14:00Z", "Fri 2 h, Mon 8 h, Tue 6 h: 15:00 CET"],
    [
      "berlin",
      "40bh",
      "2026-03-27T07:00Z",
      "2026-04-02T15:00Z",
      "a whole week over the change of clocks: Fri, Mon, Tue, Wed, Thu at close",
    ],
    [
      "berlin with lunch",
      "4bh",
      "2026-04-02T09:00Z",
      "2026-04-02T14:00Z",
      "11:00: 1 h to lunch, then 3 h from 13:00: 16:00",
    ],
    ["berlin with lunch", "3bh", "2026-04-02T07:00Z", "2026-04-02T10:00Z", "exactly at the lunch break: due at 12:00"],
    ["berlin with lunch", "1bh", "2026-04-02T10:00Z", "2026-04-02T12:00Z", "12:00 is lunch: from 13:00 to 14:00"],
    [
      "berlin with lunch",
      "4bh30m",
      "2026-12-24T08:00Z",
      "2026-12-28T09:30Z",
      "Thu 24: 3 h to 12:00; 25 holiday; Mon 28: 1.5 h to 10:30",
    ],
    [
      "berlin with lunch",
      "2bh",
      "2026-12-18T15:00Z",
      "2026-12-19T10:00Z",
      "Fri 16:00: 1 h; Sat 19 extra from 10:00: 11:00",
    ],
    ["berlin nights", "3bh", "2026-03-28T21:00Z", "2026-03-29T00:00Z", "Sat 22:00-24:00 is 2 h; Sun 00:00-01:00"],
    [
      "berlin nights",
      "5bh",
      "2026-03-28T21:00Z",
      "2026-03-29T02:00Z",
      "2 h, then 3 h of the short Sunday: 00-02 and 03-04 on the wall, 02:00Z",
    ],
    [
      "berlin nights",
      "7bh",
      "2026-03-28T21:00Z",
      "2026-03-29T04:00Z",
      "the short Sunday has 5 h to 06:00: 2 + 5 = 7, at close 04:00Z",
    ],
    [
      "berlin nights",
      "9bh",
      "2026-10-24T20:00Z",
      "2026-10-25T05:00Z",
      "the long Sunday has 7 h to 06:00: 2 + 7 = 9, at close 05:00Z",
    ],
    ["around the clock", "24bh", "2026-11-20T12:00Z", "2026-11-23T12:00Z", "12 h on Fri, weekend, 12 h on Mon"],
    ["around the clock", "12bh", "2026-11-20T12:00Z", "2026-11-21T00:00Z", "exactly at Friday's 24:00, not Monday"],
    [
      "sao paulo",
      "4bh",
      "2018-11-03T12:00Z",
      "2018-11-05T12:00Z",
      "Sun 4 Nov begins at 01:00: 3 h to 04:00; Mon 09:00-10:00 (-02:00)",
    ],
    ["new york", "8bh", "2026-11-27T21:30Z", "2026-11-30T21:30Z", "Fri 16:30: 0.5 h; Mon 7.5 h: 16:30"],
    // months and years
    ["berlin", "1mo", "2026-01-31T10:00Z", "2026-02-28T10:00Z", "no 31 February: the last day"],
    ["berlin", "1mo", "2028-01-31T10:00Z", "2028-02-29T10:00Z", "leap year"],
    ["berlin", "1mo", "2026-03-15T10:00Z", "2026-04-15T09:00Z", "11:00 on the wall both times, clocks forward between"],
    ["berlin", "1mo", "2026-02-28T10:00Z", "2026-03-28T10:00Z", "28 March, not the last of March"],
    ["berlin", "1mo", "2026-02-28T23:30Z", "2026-03-31T22:30Z", "it is 1 March 00:30 in Berlin: 1 April 00:30"],
    [
      "berlin",
      "1mo",
      "2026-09-25T00:30Z",
      "2026-10-25T00:30Z",
      "02:30 comes twice on 25 October: the first, still in summer time as the start",
    ],
    ["berlin", "1mo", "2026-02-28T01:30Z", "2026-03-28T01:30Z", "02:30, the day before the change"],
    [
      "berlin",
      "1mo",
      "2027-02-28T01:30Z",
      "2027-03-28T01:00Z",
      "02:30 is skipped on 28 March 2027: 03:00, the next valid moment",
    ],
    ["utc", "1y", "2028-02-29T10:00Z", "2029-02-28T10:00Z", "a year after a leap day"],
    ["utc", "12mo", "2026-12-31T23:59Z", "2027-12-31T23:59Z", "year end"],
  ])("%s, %s from %s is %s: %s", (calendar, term, start, due) => {
    const found = dueOf(t(start), parseTerm(term), CALENDARS[calendar]);
    expect(found?.at === undefined ? found : short(found.at)).toBe(due);
  });

  test("at once has none", () => expect(dueOf(t("2026-04-02"), { op: "at-once" }, CALENDARS.utc)).toBeUndefined());
});

describe("a calendar that does not know a day", () => {
  const bd = (n: number) => ({ op: "within", amount: n, unit: "bd" }) as const;
  const bounds = (due: ReturnType<typeof dueOf>) => [
    due?.earliest && short(due.earliest),
    due?.latest && short(due.latest),
    due?.reason,
  ];

  test("only matters where one of its days is counted", () => {
    // 2027 lists 1 January only; 2028 lists nothing.
    const { berlin } = CALENDARS;
    expect(dueOf(t("2027-12-29T10:00Z"), bd(2), berlin)?.at).toBe(t("2027-12-31T23:00Z"));
    // Thu 30: Fri 31 (1), then Mon 3 January 2028 could be a holiday, and ten more.
    expect(bounds(dueOf(t("2027-12-30T10:00Z"), bd(2), berlin))).toEqual([
      "2028-01-03T23:00Z",
      "2028-01-18T23:00Z",
      "holidays-unlisted",
    ]);
    // Sat 1 and Sun 2 January 2028 are no working days whatever the holidays are.
    expect(dueOf(t("2028-01-01T10:00Z"), { op: "within", amount: 1, unit: "ms" }, berlin)?.at).toBeDefined();
  });

  test("by default knows no holiday, and says so", () => {
    const calendar = openCalendar(defaultCalendar("Europe/Berlin"));
    const due = dueOf(t("2026-11-20T10:00Z"), bd(1), calendar);
    // Fri 20; Mon 23 at the earliest; 1 + 11 possible holidays later Tue 8 December.
    expect(bounds(due)).toEqual(["2026-11-23T23:00Z", "2026-12-08T23:00Z", "holidays-unlisted"]);
    expect(due?.words).toBe('the calendar "default" does not list the holidays that could move this; list them');
    expect(dueOf(t("2026-11-20T10:00Z"), parseTerm("4h"), calendar)?.at).toBe(t("2026-11-20T14:00Z"));
  });

  test("may say itself that its list is not complete, or that a day is worked", () => {
    const calendar = office("Europe/Berlin", BERLIN_HOLIDAYS, {
      unlistedHolidays: true,
      days: [{ date: "2026-11-23", name: "worked whatever comes", hours: [["09:00", "17:00"]] }],
    });
    expect(dueOf(t("2026-11-20T10:00Z"), bd(1), calendar)?.at).toBe(t("2026-11-23T23:00Z"));
    expect(dueOf(t("2026-11-20T10:00Z"), bd(2), calendar)?.reason).toBe("holidays-unlisted");
  });

  test("that ends bounds nothing after it but the plain days", () => {
    const calendar = office("Europe/Berlin", BERLIN_HOLIDAYS, { validTo: "2027-01-31" });
    // Fri 29 January: Sun 31 is its last day; the second unknown day ends on Tue 2 February at the earliest.
    expect(bounds(dueOf(t("2027-01-29T10:00Z"), bd(2), calendar))).toEqual([
      "2027-02-02T23:00Z",
      undefined,
      "after-calendar",
    ]);
    expect(dueOf(t("2027-01-28T10:00Z"), bd(1), calendar)?.at).toBe(t("2027-01-29T23:00Z"));
    const hours = dueOf(t("2027-01-29T15:00Z"), parseTerm("3bh"), calendar);
    // 1 h on Friday, and 2 more on whatever Monday is: 02:00 at the earliest.
    expect(bounds(hours)).toEqual(["2027-02-01T01:00Z", undefined, "after-calendar"]);
    expect(hours?.words).toContain("ends on 2027-01-31; add the working days and holidays after that");
  });

  test("that has not begun bounds what comes before it: an incident ten years old", () => {
    const calendar = office("Europe/Berlin", BERLIN_HOLIDAYS, { validFrom: "2026-01-01" });
    expect(bounds(dueOf(t("2016-11-20T10:00Z"), bd(5), calendar))).toEqual([
      "2016-11-25T23:00Z",
      // 1 January is a holiday; Fri 2, 5, 6, 7, 8 January if nobody worked before.
      "2026-01-08T23:00Z",
      "before-calendar",
    ]);
    expect(dueOf(t("2025-12-31T10:00Z"), bd(1), calendar)?.at).toBe(t("2026-01-02T23:00Z"));
  });

  test("a time that is absurd is not counted for centuries", () => {
    for (const at of [Date.UTC(1066, 0, 1), 8.6e15, Number.NaN])
      expect(dueOf(at, bd(1000), CALENDARS.berlin)?.reason).toBe("time-out-of-range");
  });
});

describe("working time between two instants", () => {
  test.each<[keyof typeof CALENDARS, string, string, number, string]>([
    ["berlin", "2026-04-02T14:00Z", "2026-04-07T10:00Z", 4, "1 h Thu, 3 h Tue"],
    ["berlin", "2026-04-07T10:00Z", "2026-04-02T14:00Z", 0, "nothing backwards"],
    ["berlin", "2026-04-02T15:00Z", "2026-04-07T07:00Z", 0, "from close to opening"],
    ["berlin nights", "2026-03-28T20:00Z", "2026-03-29T10:00Z", 7, "2 h and the short night's 5 h"],
    ["berlin nights", "2026-10-24T20:00Z", "2026-10-25T10:00Z", 9, "2 h and the long night's 7 h"],
    ["berlin with lunch", "2026-12-24T00:00Z", "2026-12-25T00:00Z", 3, "the short day"],
  ])("%s, %s to %s: %i h, %s", (calendar, from, to, hours) => {
    expect(workedBetween(t(from), t(to), CALENDARS[calendar])).toEqual({
      ms: hours * 3_600_000,
      least: hours * 3_600_000,
      most: hours * 3_600_000,
    });
  });

  test("has bounds where holidays are not listed", () => {
    const calendar = openCalendar(defaultCalendar("UTC"));
    expect(workedBetween(t("2026-11-19T12:00Z"), t("2026-11-20T12:00Z"), calendar)).toEqual({
      ms: undefined,
      least: 0,
      most: 8 * 3_600_000,
      reason: "holidays-unlisted",
    });
  });

  test("the business dates of an interval are those that it meets", () => {
    const dates = (from: string, to: string) =>
      businessDates({ from: t(from), to: t(to) }, CALENDARS.berlin).map(({ date }) => date);
    expect(dates("2026-04-02T21:00Z", "2026-04-07T22:00Z")).toEqual(["2026-04-02", "2026-04-07"]);
    expect(dates("2026-04-02T22:00Z", "2026-04-07T22:00:00.001Z")).toEqual(["2026-04-07", "2026-04-08"]);
    expect(dates("2026-04-07T22:00Z", "2026-04-07T22:00Z")).toEqual([]);
  });
});
