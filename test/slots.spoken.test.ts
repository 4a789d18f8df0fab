import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { CustodyError, isCustodyError } from "../src/lib/errors.ts";
import { parseCadence } from "../src/slots/cadence.ts";
import { EXAMPLES, readCadence } from "../src/slots/spoken.ts";

function refusal(text: string): CustodyError {
  try {
    return new CustodyError("BUG", `was read as ${readCadence(text)}`);
  } catch (thrown) {
    if (isCustodyError(thrown)) return thrown;
    throw thrown;
  }
}

describe("a cadence in plain words", () => {
  test.each([
    ["every minute", "1m"],
    ["every 15 minutes", "15m"],
    ["every 60 minutes", "hourly"],
    ["every hour", "hourly"],
    ["every 6 hours", "6h"],
    ["every day", "daily"],
    ["every 24 hours", "daily"],
    ["each week", "weekly"],
    ["every 3 months", "quarterly"],
    ["every 6 months", "0 0 1 1,7 *"],
    ["once a day", "daily"],
    ["twice a day", "12h"],
    ["three times a day", "8h"],
    ["twice an hour", "30m"],
    ["twice a year", "0 0 1 1,7 *"],
    ["Daily", "daily"],
    ["every day at 06:00", "0 6 * * *"],
    ["daily at noon", "0 12 * * *"],
    ["every day at 06:00 and 18:00", "0 6,18 * * *"],
    ["every day at 6am, 12pm and 6 pm", "0 6,12,18 * * *"],
    ["every weekday at 07:30", "30 7 * * 1-5"],
    ["on weekdays at 7:30", "30 7 * * 1-5"],
    ["every weekend at midnight", "0 0 * * 0,6"],
    ["every Monday at 09:00", "0 9 * * 1"],
    ["weekly on Monday at 9 am", "0 9 * * 1"],
    ["every Monday, Tuesday and Friday at 6pm", "0 18 * * 1,2,5"],
    ["on the 1st of each month at 02:00", "0 2 1 * *"],
    ["monthly on the 15th", "0 0 15 * *"],
    ["every month on the first at 02:00", "0 2 1 * *"],
    ["on the 1st and 15th of each month at 02:00", "0 2 1,15 * *"],
    ["every quarter at 03:00", "0 3 1 1,4,7,10 *"],
    ["every year on 1 January at 06:00", "0 6 1 1 *"],
    ["on 29 February", "0 0 29 2 *"],
    ["*/15 * * * *", "0,15,30,45 * * * *"],
    ["15m", "15m"],
  ])("%j is kept as %j", (text, kept) => {
    expect(readCadence(text)).toBe(kept);
    expect(parseCadence(kept, "Europe/Berlin").text).toBe(kept);
    expect(readCadence(kept)).toBe(kept);
  });

  test.each([
    ["evry monday at 9:00", /did you mean "every monday at 9:00"\?/],
    ["every every day", /did you mean "every day"\?/],
    ["every mondya at 09:00", /did you mean "every monday at 09:00"\?/],
    ["dayly", /did you mean "daily"\?/],
    ["@daily", /did you mean "daily"\?/],
    ["fortnightly", /is not a cadence/],
    ["2d", /is not a cadence/],
    ["7h", /does not divide a day/],
    ["every 7 hours", /does not divide a day/],
    ["7 times a day", /does not divide a day/],
    ["every 0 minutes", /does not divide a day/],
    ["every 2 weeks", /no fixed place in the calendar/],
    ["twice a week", /which days\?/],
    ["on the 31st of each month", /not every month has this day/],
    ["on the 30th of February", /never comes/],
    ["on the 1st at 02:00", /of which month\?/],
    ["every day at 25:00", /"25:00" is not a time of day/],
    ["every day at 06:00 and 18:30", /the same minute/],
    ["every 15 minutes at 06:00", /no time of day of its own/],
    ["0 0 31 2 *", /never comes/],
    ["", /is not a cadence/],
    ["every constructor", /is not a cadence/],
    ["toString", /is not a cadence/],
    ["x".repeat(10_000), /too long/],
  ])("that is none is refused with what is wrong and what is possible: %j", (text, why) => {
    const { code, message, remedy } = refusal(text);
    expect(code).toBe("INPUT_INVALID");
    expect(message).toMatch(why);
    expect(message.length).toBeLessThan(300);
    expect(remedy).toBeTruthy();
  });

  test("names what can be written", () => {
    for (const example of EXAMPLES) expect(readCadence(example)).toBeTruthy();
    expect(refusal("sometimes").remedy).toContain("every weekday at 07:30");
  });

  test("gives a cadence or a refusal for anything, and the same for what it gave", () => {
    const words = fc.constantFrom(
      "every",
      "each",
      "on",
      "at",
      "the",
      "1st",
      "15",
      "Monday",
      "day",
      "month",
      "and",
      "06:00",
      "twice",
      "a",
      "6",
      "hours",
      "*",
      "0",
      "*/5",
      "1-5",
      "January",
      "weekday",
      "of",
      "__proto__",
    );
    const texts = fc.oneof(
      fc.array(words, { maxLength: 8 }).map((list) => list.join(" ")),
      fc.string(),
    );
    fc.assert(
      fc.property(texts, (text) => {
        try {
          const kept = readCadence(text);
          expect(readCadence(kept)).toBe(kept);
          expect(parseCadence(kept, "UTC").text).toBe(kept);
        } catch (thrown) {
          expect(isCustodyError(thrown, "INPUT_INVALID")).toBe(true);
        }
      }),
      { numRuns: 500 },
    );
  });
});
