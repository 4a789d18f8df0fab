import { expect, test } from "vitest";
import { lengthForPeople } from "../src/lib/length.ts";

const S = 1_000;
const MIN = 60 * S;
const H = 60 * MIN;
const D = 24 * H;

test("a length is told as exactly as people ask: seconds within an hour, minutes within a week, then hours, then days", () => {
  expect(
    [0, 20 * S, 8 * MIN, 8 * MIN + S, H, 2 * H + 5 * MIN, D, 3 * D + 4 * H + 5 * MIN].map((ms) => lengthForPeople(ms)),
  ).toEqual(["0 min", "20 s", "8 min", "8 min 1 s", "1 h", "2 h 5 min", "1 d", "3 d 4 h 5 min"]);
  const gone = 218 * H + 13 * MIN + 49_672;
  expect(lengthForPeople(gone), "never 218:13:49.672").toBe("9 d 3 h");
  expect(lengthForPeople(gone, { round: "down" })).toBe("9 d 2 h");
  expect(lengthForPeople(171 * D + 4 * H, { round: "down" })).toBe("171 d");
});

test("what somebody took is never told shorter, what is left never longer", () => {
  expect([1, 480_001, H + 1, D - 1].map((ms) => lengthForPeople(ms))).toEqual(["1 s", "8 min 1 s", "1 h 1 min", "1 d"]);
  const down = (ms: number) => lengthForPeople(ms, { round: "down" });
  expect([999, 480_999, 2 * H - 1, 7 * D - 1].map(down)).toEqual([
    "under 1 s",
    "8 min",
    "1 h 59 min",
    "6 d 23 h 59 min",
  ]);
});

test("where it decides, a length is told so exactly that nobody mistakes missed for kept", () => {
  expect(lengthForPeople(15 * MIN + 1, { deciding: 1 }), "a millisecond too late").toBe("15 min 0.001 s");
  expect(lengthForPeople(72 * H + 5 * S, { deciding: 5 * S })).toBe("3 d 5 s");
  expect(lengthForPeople(30 * D - 10 * S, { deciding: 10 * S })).toBe("29 d 23 h 59 min 50 s");
  expect(lengthForPeople(72 * H - 20 * MIN, { deciding: 20 * MIN })).toBe("2 d 23 h 40 min");
});

test("no sign, and no more digits than a clock has", () => {
  expect(lengthForPeople(-90 * S)).toBe("1 min 30 s");
  expect(lengthForPeople(500_000 / 3)).toBe("2 min 47 s");
});
