import { describe, expect, test } from "vitest";
import { momentForPeople, momentOrProblem, readMoment } from "../src/incidents/moment.ts";
import { iso } from "../src/lib/time.ts";

const BERLIN = "Europe/Berlin";
const NOW = Date.parse("2026-11-20T16:40:10.123Z");
const read = (text: string, zone = BERLIN, now = NOW) => {
  const found = momentOrProblem(text, zone, now);
  return typeof found === "string" ? found : [iso(found.at), found.precision];
};

describe("a time that a person gives", () => {
  test.each([
    ["now", "2026-11-20T16:40:10.123Z", 1],
    ["2026-11-20T16:40", "2026-11-20T15:40:00.000Z", 60_000],
    ["2026-11-20 16:40", "2026-11-20T15:40:00.000Z", 60_000],
    ["2026-11-20 16:40:09", "2026-11-20T15:40:09.000Z", 1_000],
    ["2026-11-20T16:40:09.12", "2026-11-20T15:40:09.120Z", 10],
    ["2026-11-20T16:40:09.123456", "2026-11-20T15:40:09.123Z", 1],
    ["2026-11-20T16:40Z", "2026-11-20T16:40:00.000Z", 60_000],
    ["2026-11-20T16:40+0530", "2026-11-20T11:10:00.000Z", 60_000],
    ["2026-11-20T16:40 America/New_York", undefined, 0],
    ["2026-11-20 10:40 America/New_York", "2026-11-20T15:40:00.000Z", 60_000],
    ["16:40", "2026-11-20T15:40:00.000Z", 60_000],
    ["2026-11-20", "2026-11-19T23:00:00.000Z", 86_400_000],
    ["2026-07-01", "2026-06-30T22:00:00.000Z", 86_400_000],
    // The day the clocks are put back is 25 hours long, the other one 23.
    ["2026-10-25", "2026-10-24T22:00:00.000Z", 25 * 3_600_000],
    ["2026-03-29", "2026-03-28T23:00:00.000Z", 23 * 3_600_000],
    ["2024-02-29", "2024-02-28T23:00:00.000Z", 86_400_000],
  ])("%s", (text, at, precision) => {
    if (at === undefined) expect(read(text)).toContain("has not come yet");
    else expect(read(text)).toEqual([at, precision]);
  });

  test("one that the clocks skip is refused", () => {
    expect(read("2026-03-29T02:30")).toContain("never was in Europe/Berlin");
    expect(read("2026-03-29T03:00")).toEqual(["2026-03-29T01:00:00.000Z", 60_000]);
  });

  test("one that was twice must say which, and may", () => {
    expect(read("2026-10-25T02:30")).toMatch(
      /was twice in Europe\/Berlin.*\+02:00 for the first, \+01:00 for the second/,
    );
    expect(read("2026-10-25T02:30+02:00")).toEqual(["2026-10-25T00:30:00.000Z", 60_000]);
    expect(read("2026-10-25T02:30+01:00")).toEqual(["2026-10-25T01:30:00.000Z", 60_000]);
    expect(momentForPeople({ at: Date.parse("2026-10-25T01:30:00Z"), precision: 60_000 }, BERLIN)).toBe(
      "25 Oct 2026, 02:30 Europe/Berlin (+01:00)",
    );
  });

  test("the future is refused, five minutes of a fast clock are not", () => {
    expect(read("2026-11-20T17:45")).toEqual(["2026-11-20T16:45:00.000Z", 60_000]);
    expect(read("2026-11-20T17:46")).toContain("has not come yet; it is 20 Nov 2026, 17:40 Europe/Berlin now");
    expect(read("2026-11-21")).toContain("has not come yet");
  });

  test.each([
    "",
    "yesterday",
    "2026-02-30",
    "2026-02-29",
    "2026-13-01",
    "2026-11-20T25:00",
    "2026-11-20T16:60",
    "20.11.2026",
    "2026-11-20T16:40+25:00",
    "2026-11-20 16:40 Europe/Berlim",
    "2026-11-20Z",
    "0026-11-20",
    "1",
    "T",
    "Europe/Berlin",
    "x".repeat(5000),
    "2026-11-20T16:40\u202e",
  ])("refused with words and not with a crash: %j", (text) => {
    expect(typeof read(text)).toBe("string");
    expect(() => readMoment(text, BERLIN, NOW, "--at")).toThrow(/^--at: /);
  });

  test("a mistyped zone is helped along", () => {
    expect(read("2026-11-20 16:40 Europe/Berlim")).toContain("did you mean Europe/Berlin?");
  });

  test("is shown no more exactly than it is known", () => {
    const at = Date.parse("2026-11-20T15:40:00Z");
    expect(momentForPeople({ at, precision: 60_000 }, BERLIN)).toBe("20 Nov 2026, 16:40 Europe/Berlin");
    expect(momentForPeople({ at, precision: 1 }, BERLIN)).toBe("20 Nov 2026, 16:40:00 Europe/Berlin");
    expect(momentForPeople({ at: Date.parse("2026-11-19T23:00:00Z"), precision: 86_400_000 }, BERLIN)).toBe(
      "20 Nov 2026",
    );
  });
});
