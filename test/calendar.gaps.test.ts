import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { openCalendar } from "../src/calendar/calendar.ts";
import { judgeEvery, type RhythmVerdict } from "../src/calendar/gaps.ts";
import { defaultCalendar } from "../src/calendar/shape.ts";
import { parseTerm } from "../src/calendar/term.ts";
import { BERLIN_HOLIDAYS, office } from "./support/calendar.ts";
import { t } from "./support/entries.ts";

const berlin = office("Europe/Berlin", BERLIN_HOLIDAYS);
const MINUTE = 60_000;

interface Options {
  readonly asOf?: string;
  readonly over?: boolean;
  readonly grace?: number;
  readonly precision?: number;
  readonly calendar?: typeof berlin;
}
function judge(
  term: string,
  from: string | undefined,
  to: string | undefined,
  events: readonly string[],
  options: Options = {},
): RhythmVerdict {
  const { asOf = "2027-06-01", over = false, precision = 1, calendar = berlin, grace = 0 } = options;
  const stamp = (text: string) => ({ at: t(text), precision });
  return judgeEvery({
    from: from === undefined ? undefined : stamp(from),
    to: to === undefined ? undefined : stamp(to),
    events: events.map(stamp),
    asOf: t(asOf),
    over,
    grace,
    calendar,
    term: parseTerm(term),
  });
}
const d = (day: number, time: string) => `2026-11-${day}T${time}Z`;

describe("the longest silence", () => {
  test.each<[string, string, string, string[], string, string]>([
    ["every 60m", d(20, "10:00"), d(20, "12:00"), [d(20, "11:00")], "met", "60 and 60 minutes"],
    ["every 60m", d(20, "10:00"), d(20, "12:00"), [d(20, "11:00:00.001")], "not_met", "the first one came 1 ms late"],
    ["every 60m", d(20, "10:00"), d(20, "12:00:00.001"), [d(20, "11:00")], "not_met", "from the last to the end"],
    ["every 60m", d(20, "10:00"), d(20, "10:59"), [], "met", "over before one was due"],
    ["every 60m", d(20, "10:00"), d(20, "11:01"), [], "not_met", "none at all"],
    [
      "every 60m",
      d(20, "10:00"),
      d(20, "13:00"),
      [d(20, "12:00"), d(20, "11:00"), d(20, "11:00")],
      "met",
      "in any order, twice the same",
    ],
    [
      "every 60m",
      d(20, "10:00"),
      d(20, "12:00"),
      [d(20, "09:59"), d(20, "11:30")],
      "not_met",
      "what came before the start does not count",
    ],
    ["every 4bh", d(20, "15:00"), d(23, "11:00"), [], "met", "Fri 16:00 to Mon 12:00 is 1 + 3 business hours"],
    ["every 4bh", d(20, "15:00"), d(23, "11:01"), [], "not_met", "and one minute more"],
    ["every 2bd", d(20, "15:00"), d(24, "20:00"), [], "met", "Tue is the second business day"],
    ["every 2bd", d(20, "15:00"), d(25, "08:00"), [], "not_met", "Wed is not"],
    ["every 1mo", "2026-01-31T10:00Z", "2026-03-28T10:00Z", ["2026-02-28T10:00Z"], "met", "28 February, then 28 March"],
    ["at once", d(20, "10:00"), d(20, "20:00"), [], "no_target", "no number"],
    ["every 60m", d(20, "12:00"), d(20, "10:00"), [], "invalid", "backwards"],
  ])("%s from %s to %s with %j is %s: %s", (term, from, to, events, word) => {
    expect(judge(term, from, to, events).word).toBe(word);
  });

  test("is told with where it was", () => {
    const { longest } = judge("every 60m", d(20, "10:00"), d(20, "15:00"), [d(20, "11:00"), d(20, "14:00")]);
    expect(longest).toEqual({ from: t(d(20, "11:00")), to: t(d(20, "14:00")) });
  });

  test("is judged while it runs: what was missed stays missed, the rest is pending", () => {
    const asOf = d(20, "12:00");
    expect(judge("every 60m", d(20, "10:00"), undefined, [d(20, "11:30")], { asOf }).word).toBe("not_met");
    expect(judge("every 60m", d(20, "10:00"), undefined, [d(20, "11:00")], { asOf })).toMatchObject({
      word: "pending",
      due: { at: t(d(20, "12:00")) },
    });
    expect(judge("every 60m", d(20, "10:00"), undefined, [], { asOf: d(20, "11:00:00.001") }).word).toBe("not_met");
    expect(judge("every 60m", d(20, "10:00"), undefined, [], { asOf: d(20, "11:00") })).toMatchObject({
      word: "pending",
      due: { at: t(d(20, "11:00")) },
    });
  });

  test("has its grace", () => {
    expect(judge("every 60m", d(20, "10:00"), d(20, "11:05"), [], { grace: 5 * MINUTE }).word).toBe("met");
    expect(judge("every 60m", d(20, "10:00"), d(20, "11:05:00.001"), [], { grace: 5 * MINUTE }).word).toBe("not_met");
  });

  test("has its grace while it runs, and says how long it was silent", () => {
    const options = { asOf: d(20, "11:04"), grace: 5 * MINUTE };
    expect(judge("every 60m", d(20, "10:00"), undefined, [], options).due?.at).toBe(t(d(20, "11:05")));
    expect(judge("every 60m", d(20, "10:00"), d(20, "12:30"), [d(20, "10:30")]).reason).toBe("silent for 2 h");
    expect(judge("every 60m", d(20, "10:00"), d(20, "12:30"), [d(20, "10:30")], { precision: MINUTE }).reason).toBe(
      "silent for at least 1 h 59 min",
    );
  });

  test("of months is undecided where a vague day can be the last or the last but one", () => {
    // 30 January 23:59 is due on 28 February 23:59, 31 January 00:00 on 28 February 00:00.
    const judged = (to: string) =>
      judge("every 1mo", "2026-01-30T22:59:30Z", to, [], { precision: MINUTE, asOf: "2026-06-01" }).word;
    expect(judged("2026-02-28T12:00Z")).toBe("indeterminate");
    expect(judged("2026-03-03T12:00Z")).toBe("not_met");
    expect(judged("2026-02-26T12:00Z")).toBe("met");
  });

  test("is undecided where minutes could decide", () => {
    const precision = MINUTE;
    const judged = (end: string) => judge("every 60m", d(20, "10:00"), d(20, end), [], { precision });
    expect(judged("10:58").word).toBe("met");
    expect(judged("11:00")).toMatchObject({ word: "indeterminate", code: "precision" });
    expect(judged("11:02").word).toBe("not_met");
  });

  test("without its start or end", () => {
    expect(judge("every 60m", undefined, d(20, "10:00"), []).word).toBe("no_data");
    expect(judge("every 60m", d(20, "10:00"), undefined, [], { over: true }).word).toBe("no_data");
    expect(judge("every 60m", d(20, "10:00"), undefined, [], { asOf: d(20, "09:00") }).word).toBe("invalid");
    expect(judge("every 60m", d(20, "10:00"), d(20, "11:00"), ["2028-01-01"], {}).word).toBe("invalid");
  });

  test("what vague times leave decided holds for every time that they can mean", () => {
    const Times = fc.array(fc.tuple(fc.nat(400), fc.constantFrom(0, 1, 5, 30, 120), fc.nat(120)), { maxLength: 7 });
    const calendar = office("UTC");
    fc.assert(
      fc.property(Times, fc.integer({ min: 1, max: 400 }), fc.boolean(), (times, length, running) => {
        const base = t(d(20, "00:00"));
        const at = (minute: number, width: number) => ({
          at: base + minute * MINUTE,
          precision: Math.max(1, width * MINUTE),
        });
        const judged = (events: { at: number; precision: number }[]) =>
          judgeEvery({
            from: at(0, 0),
            to: running ? undefined : at(length, 0),
            events,
            asOf: base + (running ? length : 900) * MINUTE,
            over: false,
            calendar,
            term: parseTerm("every 60m"),
          }).word;
        const within = times.filter(([minute, width]) => !running || minute + width <= length);
        const vague = judged(within.map(([minute, width]) => at(minute, width)));
        const truths = within.map(([minute, width, inside]) => minute + (width === 0 ? 0 : inside % width));
        // Slowly: every minute of silence, one after another.
        let last = 0;
        let longest = 0;
        for (const minute of truths
          .filter((m) => m > 0 && m < length)
          .toSorted((a, b) => a - b)
          .concat(length)) {
          longest = Math.max(longest, minute - last);
          last = minute;
        }
        const truth = longest > 60 ? "not_met" : running ? "pending" : "met";
        expect([truth, "indeterminate"]).toContain(vague);
        expect(judged(truths.map((minute) => at(minute, 0)))).toBe(truth);
      }),
      { numRuns: 400 },
    );
  });
});

describe("once every business day", () => {
  const every = "every 1bd";
  test.each<[string, string, string[], string, string[], string]>([
    [d(20, "10:00"), d(23, "10:00"), [d(20, "16:00"), d(23, "09:00")], "met", [], "Fri and Mon"],
    [d(20, "10:00"), d(23, "10:00"), [d(20, "16:00")], "not_met", ["2026-11-23"], "Monday is met by the interval"],
    [d(20, "10:00"), d(22, "23:00"), [d(20, "16:00")], "met", [], "it ended with Sunday's last instant: Monday is not"],
    [d(20, "10:00"), d(22, "23:00:00.001"), [d(20, "16:00")], "not_met", ["2026-11-23"], "one ms of Monday"],
    [
      d(20, "10:00"),
      d(23, "10:00"),
      [d(21, "16:00"), d(23, "09:00")],
      "not_met",
      ["2026-11-20"],
      "Saturday's does not count for Friday",
    ],
    [d(21, "10:00"), d(22, "10:00"), [], "met", [], "a weekend has no business day"],
    [d(20, "15:00"), d(20, "16:00"), [], "not_met", ["2026-11-20"], "an hour of a business day is one"],
    ["2026-04-02T10:00Z", "2026-04-07T10:00Z", ["2026-04-02T11:00Z", "2026-04-07T08:00Z"], "met", [], "Easter between"],
    [d(20, "10:00"), d(20, "22:59"), [d(20, "22:59:59")], "met", [], "later on the same date"],
    [d(20, "10:00"), d(20, "12:00"), [d(20, "09:00")], "met", [], "before it began, on the same date"],
    [d(20, "10:00"), d(20, "12:00"), [d(19, "22:59")], "not_met", ["2026-11-20"], "before that date"],
    [
      d(20, "10:00"),
      d(24, "10:00"),
      [d(20, "22:59:59.999"), d(22, "23:00"), d(24, "09:00")],
      "met",
      [],
      "last ms of Fri, first of Mon",
    ],
  ])("%s to %s with %j is %s, missing %j: %s", (from, to, events, word, missing) => {
    expect(judge(every, from, to, events)).toMatchObject({ word, missing });
  });

  test("the day that still runs is pending, one that is over is not", () => {
    const judged = (asOf: string, events: string[]) => judge(every, d(20, "10:00"), undefined, events, { asOf });
    expect(judged(d(20, "20:00"), [])).toMatchObject({ word: "pending", due: { at: t(d(20, "23:00")) } });
    expect(judged(d(20, "23:00"), [])).toMatchObject({ word: "not_met", missing: ["2026-11-20"] });
    expect(judged(d(21, "10:00"), [d(20, "12:00")])).toMatchObject({ word: "pending", due: { at: t(d(23, "23:00")) } });
    expect(judged(d(20, "20:00"), [d(20, "12:00")])).toMatchObject({ word: "pending", due: { at: t(d(23, "23:00")) } });
  });

  test("a date that may be an unlisted holiday is undecided, too many of them are not", () => {
    const calendar = openCalendar(defaultCalendar("Europe/Berlin"));
    const judged = (to: string) => judge(every, d(20, "10:00"), to, [d(20, "12:00")], { calendar });
    expect(judged(d(23, "10:00"))).toMatchObject({
      word: "indeterminate",
      code: "holidays-unlisted",
      missing: ["2026-11-23"],
    });
    expect(judged("2027-01-20T10:00Z").word).toBe("not_met");
    expect(judge(every, d(20, "10:00"), d(23, "10:00"), [d(20, "12:00"), d(23, "08:00")], { calendar }).word).toBe(
      "met",
    );
  });

  test("outside the calendar's validity only an event on every date decides", () => {
    const calendar = office("Europe/Berlin", ["2026-01-01"], { validTo: "2026-11-20" });
    const judged = (events: string[]) => judge(every, d(20, "10:00"), d(22, "10:00"), events, { calendar });
    expect(judged([d(20, "12:00")])).toMatchObject({ word: "indeterminate", code: "after-calendar" });
    expect(judged([d(20, "12:00"), d(21, "12:00"), d(22, "09:00")]).word).toBe("met");
    expect(judged([d(21, "12:00"), d(22, "09:00")])).toMatchObject({ word: "not_met", missing: ["2026-11-20"] });
  });

  test("an end that may lie on either side of midnight leaves the last day open", () => {
    const options = { precision: MINUTE };
    const judged = (to: string) => judge(every, d(20, "10:00"), to, [d(20, "12:00")], options).word;
    expect(judged(d(22, "22:58"))).toBe("met");
    expect(judged(d(22, "22:59:30"))).toBe("indeterminate");
    expect(judged(d(22, "23:01"))).toBe("not_met");
  });

  test("a time that may lie on either side of midnight leaves it open", () => {
    const events = [d(20, "22:59:30"), d(23, "09:00")];
    expect(judge(every, d(20, "10:00"), d(23, "10:00"), events, { precision: MINUTE })).toMatchObject({
      word: "indeterminate",
      code: "precision",
    });
  });
});
