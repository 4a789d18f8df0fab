import { describe, expect, test } from "vitest";
import { limitForPeople } from "../src/lib/zone.ts";
import { limitCell, localLimit } from "../src/report/words.ts";

const zone = "Europe/Berlin";

describe("until when something is to be done", () => {
  test("is the day with whose end it ends, kept either way", () => {
    for (const due of ["2026-11-13T22:59:59.999Z", "2026-11-13T23:00:00.000Z"]) {
      expect(limitForPeople(Date.parse(due), zone)).toBe("by the end of 13 Nov 2026");
      expect(localLimit(due, zone)).toBe("by the end of 13 Nov 2026");
    }
    expect(limitCell("2026-11-13T23:00:00.000Z", zone).map(({ text }) => text)).toEqual([
      "2026-11-13 23:00:00Z",
      "by the end of 13 Nov 2026",
    ]);
  });

  test("is the day before a change of the clock too", () => {
    expect(limitForPeople(Date.parse("2026-03-28T23:00:00Z"), zone)).toBe("by the end of 28 Mar 2026");
    expect(limitForPeople(Date.parse("2026-03-29T22:00:00Z"), zone)).toBe("by the end of 29 Mar 2026");
  });

  test("is a time of day otherwise", () => {
    expect(limitForPeople(Date.parse("2026-11-13T22:59:00Z"), zone)).toBe("13 Nov 2026, 23:59 Europe/Berlin");
    expect(localLimit("2026-11-13T16:40:00.000Z", zone)).toBe("13 Nov 2026, 17:40");
  });
});
