import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { parsePeriod } from "../src/cli/moment.ts";
import { nearest } from "../src/lib/nearest.ts";
import {
  formatDuration,
  fromIso,
  holes,
  type Interval,
  iso,
  parseDuration,
  parseSourceTime,
  union,
} from "../src/lib/time.ts";
import { dateForPeople, forPeople, isZone } from "../src/lib/zone.ts";

const intervals = fc.array(
  fc
    .tuple(fc.nat(200), fc.integer({ min: 1, max: 30 }))
    .map(([from, length]): Interval => ({ from, to: from + length })),
  { maxLength: 12 },
);
const inside = (list: readonly Interval[], at: number) => list.some(({ from, to }) => from <= at && at < to);

describe("intervals", () => {
  test("a union covers exactly what its parts cover, in order, without touching pieces", () => {
    fc.assert(
      fc.property(intervals, (list) => {
        const joined = union(list);
        for (let at = 0; at < 240; at += 1) expect(inside(joined, at)).toBe(inside(list, at));
        for (let i = 1; i < joined.length; i += 1) expect(joined[i]?.from).toBeGreaterThan(joined[i - 1]?.to ?? 0);
      }),
    );
  });

  test("holes are what is in the whole and in no part", () => {
    fc.assert(
      fc.property(intervals, (list) => {
        const whole = { from: 50, to: 150 };
        const open = holes(whole, list);
        for (let at = 0; at < 240; at += 1) expect(inside(open, at)).toBe(inside([whole], at) && !inside(list, at));
      }),
    );
  });
});

describe("times of sources", () => {
  test.each([
    ["2026-11-20T16:40:10.123Z", "2026-11-20T16:40:10.123Z"],
    ["2026-11-20 17:40+01:00", "2026-11-20T16:40:00.000Z"],
    ["2026-11-20T09:15:02.123+0100", "2026-11-20T08:15:02.123Z"],
    ["2026-11-20T16:40:10.123456789Z", "2026-11-20T16:40:10.123Z"],
    ["2028-02-29T00:00:00Z", "2028-02-29T00:00:00.000Z"],
  ])("%s is %s", (text, expected) => {
    expect(iso(parseSourceTime(text) ?? 0)).toBe(expected);
  });

  test.each([
    "2026-11-20T16:40:10",
    "2026-11-20",
    "2026-02-30T00:00:00Z",
    "2027-02-29T00:00:00Z",
    "2026-11-20T25:00:00Z",
    "yesterday",
    "",
  ])("%j is not guessed at", (text) => {
    expect(parseSourceTime(text)).toBeUndefined();
  });

  test("a record's own spelling is the only one that is read back", () => {
    expect(fromIso("2026-11-20T16:40:10.123Z")).toBe(Date.parse("2026-11-20T16:40:10.123Z"));
    for (const bad of ["2026-11-20T16:40:10Z", "2026-11-20T16:40:10.123+00:00", "2026-02-30T00:00:00.000Z"]) {
      expect(() => fromIso(bad)).toThrow(expect.objectContaining({ code: "INPUT_INVALID" }));
    }
  });
});

test("durations read back as they are written", () => {
  for (const text of ["500ms", "90s", "15m", "6h", "3d"]) expect(formatDuration(parseDuration(text) ?? 0)).toBe(text);
  for (const bad of ["", "1w", "-1h", "1.5h", "1h30m"]) expect(parseDuration(bad)).toBeUndefined();
});

test("people see the zone, whatever zone the machine is in", () => {
  const at = Date.parse("2026-11-20T23:40:10.000Z");
  expect(forPeople(at, "Europe/Berlin")).toBe("21 Nov 2026, 00:40 Europe/Berlin");
  expect(dateForPeople(at, "America/New_York")).toBe("20 Nov 2026");
  expect(isZone("Europe/Berlin") && isZone("UTC")).toBe(true);
  expect(isZone("Berlin") || isZone("+01:00") || isZone("")).toBe(false);
});

describe("periods", () => {
  test.each([
    ["2026", "2025-12-31T23:00:00.000Z", "2026-12-31T23:00:00.000Z"],
    ["2026-Q1", "2025-12-31T23:00:00.000Z", "2026-03-31T22:00:00.000Z"],
    ["2028-02", "2028-01-31T23:00:00.000Z", "2028-02-29T23:00:00.000Z"],
    ["2026-03-29", "2026-03-28T23:00:00.000Z", "2026-03-29T22:00:00.000Z"],
    ["2026-10-01..2026-10-31", "2026-09-30T22:00:00.000Z", "2026-10-31T23:00:00.000Z"],
  ])("%s in Berlin is %s up to %s", (text, from, to) => {
    const period = parsePeriod(text, "Europe/Berlin");
    expect([iso(period.from), iso(period.to)]).toEqual([from, to]);
  });

  test.each(["", "2026-13", "2026-Q5", "2026-02-30", "2026-03-02..2026-03-01", "last month"])(
    "%j is refused",
    (text) => {
      expect(() => parsePeriod(text, "UTC")).toThrow(expect.objectContaining({ code: "USAGE" }));
    },
  );
});

test("the nearest known word is suggested, and none where none is near", () => {
  expect(nearest("colectors", ["collectors", "portal", "store"])).toBe("collectors");
  expect(nearest("xyz", ["collectors", "portal"])).toBeUndefined();
});
