import { describe, expect, test } from "vitest";
import { openCalendar } from "../src/calendar/calendar.ts";
import { judgeLegal, legalMargin, parseLegalPeriod } from "../src/calendar/legal.ts";
import { defaultCalendar } from "../src/calendar/shape.ts";
import { iso } from "../src/lib/time.ts";
import { BERLIN_HOLIDAYS, office, weekdays } from "./support/calendar.ts";
import { t } from "./support/entries.ts";

const berlin = office("Europe/Berlin", BERLIN_HOLIDAYS);
const short = (at: number | undefined) => (at === undefined ? undefined : iso(at).replace(/(:00)?\.000Z$/, "Z"));

describe("a period of law", () => {
  // 2026: Berlin is +02:00 from 29 March to 25 October. 20 November is a Friday.
  test.each([
    [
      "72h",
      "2026-11-16T09:30Z",
      "2026-11-19T09:30Z",
      "2026-11-19T10:00Z",
      "Mon 10:30: from 11:00, Thu 11:00; Tue and Wed are two working days",
    ],
    [
      "72h",
      "2026-11-16T10:00Z",
      "2026-11-19T10:00Z",
      "2026-11-19T11:00Z",
      "on the full hour: that hour is not counted either",
    ],
    [
      "72h",
      "2026-11-20T16:40:10Z",
      "2026-11-23T16:40:10Z",
      "2026-11-24T22:59:59.999Z",
      "Fri: Mon and Tue are the two working days, end of Tue",
    ],
    ["72h", "2026-11-19T10:00Z", "2026-11-22T10:00Z", "2026-11-23T22:59:59.999Z", "Thu: Fri and Mon, end of Mon"],
    [
      "72h",
      "2026-11-18T10:00Z",
      "2026-11-21T10:00Z",
      "2026-11-21T11:00Z",
      "Wed: ends on Saturday; Thu and Fri are in it, and hours do not move (Art. 3(4))",
    ],
    ["72h", "2026-04-01T10:00Z", "2026-04-04T10:00Z", "2026-04-07T21:59:59.999Z", "Wed before Easter: Thu 2 and Tue 7"],
    ["24h", "2026-11-20T16:40Z", "2026-11-21T16:40Z", "2026-11-21T17:00Z", "less than two days: the hour only"],
    ["4h", "2026-11-20T16:40Z", "2026-11-20T20:40Z", "2026-11-20T21:00Z", "the hour only"],
    [
      "1mo",
      "2026-11-20T10:00Z",
      "2026-12-20T10:00Z",
      "2026-12-21T22:59:59.999Z",
      "20 December is a Sunday: end of Mon 21",
    ],
    [
      "1mo",
      "2026-11-25T10:00Z",
      "2026-12-25T10:00Z",
      "2026-12-28T22:59:59.999Z",
      "25 December, then a weekend: end of Mon 28",
    ],
    [
      "1mo",
      "2026-01-31T10:00Z",
      "2026-02-28T10:00Z",
      "2026-03-02T22:59:59.999Z",
      "clamped to Sat 28 February: end of Mon 2 March",
    ],
    ["1mo", "2026-05-12T10:00Z", "2026-06-12T10:00Z", "2026-06-12T21:59:59.999Z", "a Friday: its end"],
    ["14d", "2026-11-16T10:00Z", "2026-11-30T10:00Z", "2026-11-30T22:59:59.999Z", "Mon 30: its end"],
    [
      "14d",
      "2026-03-20T10:00Z",
      "2026-04-03T10:00Z",
      "2026-04-07T21:59:59.999Z",
      "Good Friday: end of Tue 7; plain days are 24 h",
    ],
    ["1d", "2026-11-20T10:00Z", "2026-11-21T10:00Z", "2026-11-23T22:59:59.999Z", "Saturday: end of Mon"],
    [
      "3d",
      "2026-11-20T10:00Z",
      "2026-11-23T10:00Z",
      "2026-11-24T22:59:59.999Z",
      "Mon 23, but Mon and Tue are two working days",
    ],
  ])("%s from %s: strict %s, latest %s: %s", (period, start, strict, latest) => {
    const margin = legalMargin(t(start), parseLegalPeriod(period), berlin);
    expect([short(margin.strict), short(margin.latest)]).toEqual([strict, latest]);
  });

  test("noon of the next working day only where it is asked for", () => {
    // Fri 20 + 24 h is a Saturday: noon of Mon 23 is 11:00Z.
    const [start, period] = [t("2026-11-20T16:40Z"), parseLegalPeriod("24h")];
    expect(short(legalMargin(start, period, berlin).latest)).toBe("2026-11-21T17:00Z");
    expect(short(legalMargin(start, period, berlin, { noon: true }).latest)).toBe("2026-11-23T11:00Z");
    // A deadline on a working day stays.
    expect(short(legalMargin(t("2026-11-18T16:40Z"), period, berlin, { noon: true }).latest)).toBe("2026-11-19T17:00Z");
  });

  test("working days are those of the law, not those of the company", () => {
    const sundays = office("Europe/Berlin", BERLIN_HOLIDAYS, { hours: { sun: [["09:00", "17:00"]] } });
    expect(legalMargin(t("2026-11-20T16:40Z"), parseLegalPeriod("72h"), sundays).latest).toBe(
      t("2026-11-24T23:00Z") - 1,
    );
    // Who works on holidays has not said when they are: five could lie there.
    const always = office("Europe/Berlin", "none", { hours: weekdays(["00:00", "24:00"]) });
    expect(short(legalMargin(t("2026-11-16T09:30Z"), parseLegalPeriod("72h"), always).latest)).toBe(
      "2026-11-25T22:59:59.999Z",
    );
  });

  test("the hour is that of the wall, also where it is half past in UTC", () => {
    const india = office("Asia/Kolkata", ["2026-01-26"]);
    expect(short(legalMargin(t("2026-11-16T09:40Z"), parseLegalPeriod("4h"), india).latest)).toBe("2026-11-16T14:30Z");
  });

  test.each(["72", "h", "0h", "99999h", "5bd", "72 h", "within under 3h", ""])("`%s` is none", (text) => {
    expect(() => parseLegalPeriod(text)).toThrow("expected `72h`, `14d` or `1mo`");
  });
});

describe("a verdict by law", () => {
  const judge = (end: string | undefined, asOf = "2026-12-01T00:00Z", calendar = berlin, precision = 1) =>
    judgeLegal({
      start: { at: t("2026-11-20T16:40:10Z"), precision: 1 },
      end: end === undefined ? undefined : { at: t(end), precision },
      asOf: t(asOf),
      over: false,
      calendar,
      period: parseLegalPeriod("72h"),
    });

  test.each([
    ["2026-11-23T16:40:10Z", "met", "the plain 72 hours"],
    ["2026-11-23T16:40:10.001Z", "indeterminate", "in the hour that may not count"],
    ["2026-11-24T22:59:59.999Z", "indeterminate", "the end of the second working day"],
    ["2026-11-24T23:00Z", "not_met", "after every reading"],
  ])("told %s is %s: %s", (end, word) => expect(judge(end).word).toBe(word));

  test("says why it is open, with the articles", () => {
    const { code, reason } = judge("2026-11-23T17:30Z");
    expect(code).toBe("legal-counting");
    expect(reason).toMatch(/Regulation 1182\/71: Art\. 3\(1\).*Art\. 3\(5\).*a lawyer has to say/);
  });

  test("runs, is open in the margin, and is missed after it", () => {
    expect(judge(undefined, "2026-11-23T16:40:10Z").word).toBe("pending");
    expect(judge(undefined, "2026-11-23T18:00Z").word).toBe("indeterminate");
    expect(judge(undefined, "2026-11-25T00:00Z").word).toBe("not_met");
  });

  test("minutes that straddle the plain end are open too", () => {
    expect(judge("2026-11-23T16:40Z", undefined, berlin, 60_000).word).toBe("indeterminate");
    expect(judge("2026-11-23T16:39Z", undefined, berlin, 60_000).word).toBe("met");
  });

  test("holidays that are not listed widen the margin only, and it says so", () => {
    const unlisted = openCalendar(defaultCalendar("Europe/Berlin"));
    expect(judge("2026-11-23T16:40:10Z", undefined, unlisted).word).toBe("met");
    expect(judge("2026-11-26T10:00Z", undefined, unlisted)).toMatchObject({ word: "indeterminate" });
    expect(judge("2026-11-26T10:00Z", undefined, unlisted).reason).toContain("does not list the public holidays");
    expect(judge("2026-12-02T10:00Z", "2026-12-03T00:00Z", unlisted).word).toBe("not_met");
  });
});
