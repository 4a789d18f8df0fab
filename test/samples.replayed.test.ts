import { expect, test } from "vitest";
import type { PackReplay, RowsAgain } from "../src/acts/replaying.ts";
import { replayLines } from "../src/cli/sample-replay.ts";

type Replay = PackReplay["replayed"][number];

const ROWS: RowsAgain = {
  result: "same",
  same: 3,
  byFile: 0,
  elsewhere: 0,
  notRead: [],
  unlike: [],
  neverRead: false,
  differ: [],
  lacking: [],
};
const line = (what: "population" | "draw" | "pick") => ({ what, entry: 7, result: "same" as const, text: "as it was" });

function told(lines: Replay["lines"], rows: Partial<RowsAgain> | undefined, result: Replay["result"] = "same") {
  return replayLines({ sample: "SMP-1", result, lines, rows: rows && { ...ROWS, ...rows } });
}

test("that the same rows come out is said only where something was drawn", () => {
  expect(told([line("population"), line("draw")], {})[0]).toBe(
    "SMP-1: its draw made again: the same rows come out; 3 of 3 rows of the population read again",
  );
  expect(told([line("draw"), line("draw")], {})[0]).toContain("its 2 draws made again");
  for (const lines of [[line("population")], [line("population"), line("pick")]])
    expect(told(lines, {})[0]).toMatch(/so nothing could be drawn again; 3 of 3/);
  expect(told([line("draw")], {}, "different")[0]).toBe("SMP-1: DIFFERENT");
});

test("where no row was read again nothing is said to be the same", () => {
  const names = ["a/1", "a/2"];
  const text = told([line("population")], {
    result: "unknown",
    same: 0,
    elsewhere: 117,
    notRead: names,
    neverRead: true,
  });
  expect(text.join("\n")).toContain("0 of 117 rows of the population read again");
  expect(text).toContain(
    "  rows: 0 of 117 read again: whether the evidence says what they say, this pack does not show",
  );
  expect(text.join("\n")).toMatch(/117 not read again: what they say follows from many records.*: a\/1, a\/2 …/);
  expect(text.join("\n")).not.toMatch(/and the same|same rows come out/);
});

test("rows that another record's copy of the file proves are told apart, and so are those it reads otherwise", () => {
  const text = told([line("draw")], { same: 3, byFile: 2, elsewhere: 1, notRead: ["a/9"], unlike: ["a/9"] }).join("\n");
  expect(text).toContain("3 of 4 read again from evidence in the pack and the same, 2 of them from the same file");
  expect(text).toContain("reads otherwise, so look at it: a/9");
});
