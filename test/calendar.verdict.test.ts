import { describe, expect, test } from "vitest";
import { openCalendar } from "../src/calendar/calendar.ts";
import { defaultCalendar } from "../src/calendar/shape.ts";
import { parseTerm } from "../src/calendar/term.ts";
import { judgeTerm, type TermVerdict } from "../src/calendar/verdict.ts";
import { BERLIN_HOLIDAYS, office } from "./support/calendar.ts";
import { t } from "./support/entries.ts";

const berlin = office("Europe/Berlin", BERLIN_HOLIDAYS);
const unlisted = openCalendar(defaultCalendar("Europe/Berlin"));
const SECOND = 1_000;
const MINUTE = 60_000;
const DAY = 86_400_000;

/** A time, and its precision after `~`. */
function stamp(text: string | undefined) {
  if (text === undefined) return undefined;
  const [at = "", precision = "1"] = text.split("~");
  const unit = { s: SECOND, m: MINUTE, d: DAY }[precision] ?? Number(precision);
  return { at: t(at), precision: unit };
}

interface Options {
  readonly asOf?: string;
  readonly over?: boolean;
  readonly calendar?: typeof berlin;
}
function judge(term: string, start?: string, end?: string, options: Options = {}): TermVerdict {
  const { asOf = "2026-12-01T00:00Z", over = false, calendar = berlin } = options;
  return judgeTerm({ start: stamp(start), end: stamp(end), asOf: t(asOf), over, calendar, term: parseTerm(term) });
}

describe("a verdict", () => {
  test.each<[string, string, string, string, string, string]>([
    ["within 15m", "2026-11-20T10:00Z", "2026-11-20T10:15Z", "met", "in-time", "exactly 15 min is within"],
    ["under 15m", "2026-11-20T10:00Z", "2026-11-20T10:15Z", "not_met", "late", "exactly 15 min is not less"],
    ["under 15m", "2026-11-20T10:00Z", "2026-11-20T10:14:59.999Z", "met", "in-time", "one ms less is"],
    ["within 15m", "2026-11-20T10:00Z", "2026-11-20T10:15:00.001Z", "not_met", "late", "one ms more"],
    ["within 15m", "2026-11-20T10:00Z", "2026-11-20T10:00Z", "met", "in-time", "at the same instant"],
    ["under 15m", "2026-11-20T10:00Z~m", "2026-11-20T10:14Z~m", "met", "in-time", "13:00.001 to 14:59.999"],
    ["under 15m", "2026-11-20T10:00Z", "2026-11-20T10:14Z~m", "met", "in-time", "14:00 to 14:59.999"],
    ["within 15m", "2026-11-20T10:00Z", "2026-11-20T10:15Z~m", "indeterminate", "precision", "15:00 to 15:59.999"],
    ["within 15m", "2026-11-20T10:00Z~m", "2026-11-20T10:16Z", "not_met", "late", "15:00.001 to 16:00"],
    ["within 15m", "2026-11-20T10:00Z~m", "2026-11-20T10:15:59Z", "indeterminate", "precision", "14:59.001 to 15:59"],
    [
      "within 15m",
      "2026-11-20T10:00Z~s",
      "2026-11-20T10:15:00Z~s",
      "indeterminate",
      "precision",
      "14:59.001 to 15:00.999",
    ],
    ["within 15m", "2026-11-20T10:00Z~m", "2026-11-20T10:17Z~m", "not_met", "late", "16:00.001 at least"],
    [
      "within 24h",
      "2026-11-20T10:00Z",
      "2026-11-20T23:00Z~d",
      "indeterminate",
      "precision",
      "Sat 21 as a date: 13 h to 37 h",
    ],
    [
      "within 72h",
      "2026-11-19T23:00Z~d",
      "2026-11-20T23:00Z~d",
      "met",
      "in-time",
      "two dates next to each other: 48 h at most",
    ],
    [
      "within 1bd",
      "2026-11-19T23:00Z~d",
      "2026-11-22T23:00Z~d",
      "met",
      "in-time",
      "dates: Fri, then Mon until its end",
    ],
    ["within 1bd", "2026-11-19T23:00Z~d", "2026-11-23T23:00Z~d", "not_met", "late", "dates: Fri, then Tue"],
    [
      "within 1bd",
      "2026-03-28T23:00Z~d",
      "2026-03-29T22:00Z~d",
      "met",
      "in-time",
      "the short Sunday as a date is 23 h, so it does not reach into Monday",
    ],
    [
      "within 1bd",
      "2026-10-22T22:00Z~d",
      "2026-10-25T23:00Z~d",
      "met",
      "in-time",
      "Fri, and Mon 26 after the long Sunday",
    ],
    [
      "within 1bd",
      "2026-04-02T14:00Z",
      "2026-04-07T21:59:59.999Z",
      "met",
      "in-time",
      "the last ms of Easter's Tuesday",
    ],
    ["within 1bd", "2026-04-02T14:00Z", "2026-04-07T22:00Z", "not_met", "late", "24:00 is Wednesday already"],
    ["within 8bh", "2026-10-23T15:00Z", "2026-10-26T16:00Z", "met", "in-time", "Mon 17:00 in winter"],
    ["within 8bh", "2026-10-23T15:00Z", "2026-10-26T16:00:01Z", "not_met", "late", "a second after close"],
    [
      "within 1bd",
      "2026-04-02T21:59Z~m",
      "2026-04-08T10:00Z",
      "not_met",
      "late",
      "Thu 23:59 to 23:59:59.999: Tue whatever",
    ],
    [
      "within 1bd",
      "2026-04-07T21:59:30Z~m",
      "2026-04-09T10:00Z",
      "indeterminate",
      "precision",
      "Tue 23:59:30 or Wed 00:00:20: due end of Wed or of Thu",
    ],
    ["within 15m", "2026-11-20T10:05Z", "2026-11-20T10:00Z", "invalid", "end-before-start", "backwards"],
    ["within 15m", "2026-11-20T10:05Z", "2026-11-20T10:05Z~m", "met", "in-time", "the same minute"],
    [
      "within 15m",
      "2026-11-20T10:05:30Z",
      "2026-11-20T10:05Z~m",
      "met",
      "in-time",
      "the end's minute goes on after the start",
    ],
    [
      "within 15m",
      "2026-11-20T10:06Z",
      "2026-11-20T10:05Z~m",
      "invalid",
      "end-before-start",
      "the end's minute is over",
    ],
    ["at once", "2026-11-20T10:05Z", "2026-11-20T10:35Z", "no_target", "no-number", "told, not judged"],
    ["at once", "2026-11-20T10:05Z", "2026-11-20T10:00Z", "invalid", "end-before-start", "wrong also without a number"],
    ["every 60m", "2026-11-20T10:00Z", "2026-11-20T11:00Z", "met", "in-time", "the first time it is due"],
    [
      "within 1mo",
      "2026-03-30T21:59:30Z~m",
      "2026-04-30T12:00Z",
      "indeterminate",
      "precision",
      "30 March 23:59:30 is due on 30 April 23:59:30, 31 March 00:00:20 on 30 April 00:00:20",
    ],
    ["within 1mo", "2026-03-30T21:59:30Z~m", "2026-04-29T21:59Z", "met", "in-time", "before both"],
    ["within 1mo", "2026-03-30T21:59:30Z~m", "2026-04-30T22:00:00Z", "not_met", "late", "after both"],
    [
      "within 1mo",
      "2026-10-25T00:59:30Z~m",
      "2026-11-25T01:30Z",
      "indeterminate",
      "precision",
      "the clock shows 02:59:30, then 02:00:20 once more",
    ],
    [
      "within 1mo",
      "2026-03-30T21:59:30Z~m",
      "2026-04-29T22:00:10Z",
      "indeterminate",
      "precision",
      "30 April 00:00:10: late for one of 31 March 00:00:05",
    ],
    [
      "within 1mo",
      "2026-10-25T00:59:30Z~m",
      "2026-11-25T01:00:10Z",
      "indeterminate",
      "precision",
      "02:00:10: late for 02:00:05 of the second time",
    ],
    [
      "within 1bd",
      "2026-03-28T23:00Z~d",
      "2026-03-31T08:00Z",
      "not_met",
      "late",
      "the short Sunday as a date ends before Monday begins: due with the end of Monday",
    ],
    [
      "within 24h",
      "2026-10-24T22:30Z",
      "2026-10-24T22:00Z~d",
      "indeterminate",
      "precision",
      "the long Sunday as a date has 25 hours: up to 24.5 after 00:30",
    ],
    ["within 1mo", "2026-01-31T10:00Z", "2026-02-28T10:00Z", "met", "in-time", "the last of February"],
    ["within 1mo", "2026-01-31T10:00Z", "2026-02-28T10:00:00.001Z", "not_met", "late", "and no more"],
  ])("%s from %s to %s is %s (%s): %s", (term, start, end, word, code) => {
    expect(judge(term, start, end)).toMatchObject({ word, code });
  });

  test.each<[string, string | undefined, Options, string, string, string]>([
    [
      "within 15m",
      "2026-11-20T10:00Z",
      { asOf: "2026-11-20T10:15Z" },
      "pending",
      "waiting",
      "the last instant is left",
    ],
    ["under 15m", "2026-11-20T10:00Z", { asOf: "2026-11-20T10:15Z" }, "not_met", "not-done", "none is left"],
    ["within 15m", "2026-11-20T10:00Z", { asOf: "2026-11-20T10:15:00.001Z" }, "not_met", "not-done", "due has passed"],
    [
      "within 15m",
      "2026-11-20T10:00Z~m",
      { asOf: "2026-11-20T10:15:30Z" },
      "indeterminate",
      "precision",
      "due has passed or not",
    ],
    ["within 15m", "2026-11-20T10:00Z", { over: true }, "no_data", "end-missing", "closed without"],
    [
      "within 15m",
      "2026-11-20T10:00Z",
      { over: true, asOf: "2026-11-20T10:01Z" },
      "no_data",
      "end-missing",
      "closed at once",
    ],
    ["within 15m", undefined, {}, "no_data", "start-missing", "no start"],
    ["at once", "2026-11-20T10:00Z", {}, "no_target", "no-number", "no number, not done"],
    ["at once", "2026-11-20T10:00Z", { over: true }, "no_data", "end-missing", "no number, and never recorded"],
    [
      "within 15m",
      "2026-11-20T10:00Z",
      { asOf: "2026-11-20T09:55Z" },
      "pending",
      "waiting",
      "5 min ahead: clocks differ",
    ],
    [
      "within 15m",
      "2026-11-20T10:00Z",
      { asOf: "2026-11-20T09:54:59Z" },
      "invalid",
      "start-in-future",
      "more is wrong",
    ],
    [
      "within 1bd",
      "2026-11-20T10:00Z",
      { calendar: unlisted, asOf: "2026-11-23T22:00Z" },
      "pending",
      "waiting",
      "before the earliest",
    ],
    [
      "within 1bd",
      "2026-11-20T10:00Z",
      { calendar: unlisted, asOf: "2026-11-24T10:00Z" },
      "indeterminate",
      "holidays-unlisted",
      "Mon may have been a holiday",
    ],
    [
      "within 1bd",
      "2026-11-20T10:00Z",
      { calendar: unlisted, asOf: "2026-12-09T10:00Z" },
      "not_met",
      "not-done",
      "eleven holidays in a row there are not",
    ],
    ["within 4h", "0988-11-20T10:00Z", {}, "invalid", "time-out-of-range", "a year mistyped"],
  ])("%s from %s not done, %o is %s (%s): %s", (term, start, options, word, code) => {
    expect(judge(term, start, undefined, options)).toMatchObject({ word, code });
  });

  test.each([
    ["2026-11-23T22:59Z", "met", "Mon 23 at the earliest"],
    ["2026-11-24T10:00Z", "indeterminate", "Tue: in time if Mon was a holiday"],
    ["2026-12-08T22:59Z", "indeterminate", "the last day it could be due"],
    ["2026-12-09T10:00Z", "not_met", "late whatever the holidays are"],
  ])("holidays unlisted, 1bd from Fri 20 Nov, done %s is %s: %s", (end, word) => {
    expect(judge("within 1bd", "2026-11-20T10:00Z", end, { calendar: unlisted, asOf: "2027-01-01" })).toMatchObject({
      word,
    });
  });

  test("an end in the future is wrong, up to five minutes are the clocks'", () => {
    const asOf = "2026-11-20T10:00Z";
    expect(judge("within 1h", "2026-11-20T09:30Z", "2026-11-20T10:05Z", { asOf })).toMatchObject({ word: "met" });
    expect(judge("within 1h", "2026-11-20T09:30Z", "2026-11-20T10:05:01Z", { asOf })).toMatchObject({
      word: "invalid",
      code: "end-in-future",
    });
  });

  test("says in words how long and how late, as exactly as it decides", () => {
    expect(judge("within 15m", "2026-11-20T10:00Z", "2026-11-20T10:15:00.001Z")).toMatchObject({
      reason: "done 0.001 s after it was due",
      took: 15 * MINUTE + 1,
      margin: -1,
    });
    expect(judge("within 15m", "2026-11-20T10:00Z", "2026-11-20T10:10Z").reason).toBe("done 5 min before it was due");
    expect(judge("within 15m", "2026-11-20T10:00Z", "2026-11-20T10:10Z~m").reason).toBe(
      "done at least 4 min before it was due",
    );
    expect(judge("under 15m", "2026-11-20T10:00Z", "2026-11-20T10:15Z").reason).toBe(
      "done when it was due, not before",
    );
    expect(judge("at once", "2026-11-20T10:00Z", "2026-11-20T10:35Z").reason).toBe("no number is set; it took 35 min");
    expect(judge("within 1bd", "2026-11-20T10:00Z", "2026-11-24T10:00Z", { calendar: unlisted }).reason).toBe(
      'the calendar "default" does not list the holidays that could move this; list them; it was in time only if at least one more of these days was a holiday',
    );
    expect(judge("within 15m", "2026-11-20T10:05Z", "2026-11-20T10:00Z").reason).toBe(
      "the end is 5 min before the start; correct one of them",
    );
  });

  test("of an incident ten years old is the same as ever where the calendar holds", () => {
    expect(
      judge("within 1bd", "2016-03-24T14:00Z", "2016-03-25T14:00Z", { calendar: office("Europe/Berlin") }).word,
    ).toBe("met");
  });
});
