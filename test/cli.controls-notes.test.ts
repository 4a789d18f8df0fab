import { expect, test } from "vitest";
import { legendOf } from "../src/cli/controls-notes.ts";

const LATE = "watched only in part of the period (custody:register since 22 Nov 2026)";
const CORRECTED = "records of incidents were corrected afterwards, and count as corrected (INC-1)";

test("what many results have in common is said once, and each line names it by its number", () => {
  const { marks, lines } = legendOf([
    [LATE],
    [],
    [CORRECTED, LATE],
    ["watched only in part of the period (logs since 3 Nov 2026)"],
  ]);
  expect([marks([LATE]), marks([]), marks([CORRECTED, LATE])]).toEqual(["  [1]", "", "  [1 2]"]);
  expect(lines).toEqual([
    "[1] watched only in part of the period (custody:register since 22 Nov 2026, logs since 3 Nov 2026)",
    "[2] records of incidents were corrected afterwards, and count as corrected (INC-1)",
  ]);
});

test("numbers that differ from line to line are left to the line", () => {
  const later = (n: number) => `your rules were logged only after the clock had started (for ${n})`;
  const { lines } = legendOf([1, 2, 7, 8].map((n) => [later(n)]));
  expect(lines).toEqual([
    "[1] your rules were logged only after the clock had started; name a requirement to see where",
  ]);
  expect(legendOf([]).lines).toEqual([]);
});
