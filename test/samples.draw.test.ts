import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { hex } from "../src/lib/digest.ts";
import { drawRows, plainWords, type SeedParts, seedOf } from "../src/samples/draw.ts";
import { adHocSize, scheduledSize } from "../src/samples/sizes.ts";
import { describeWith } from "./support/tools.ts";

interface Vector extends SeedParts {
  readonly name: string;
  readonly seed: string;
  readonly rows: readonly string[];
  readonly n: number;
  readonly drawn: readonly string[];
}

const vectors: readonly Vector[] = JSON.parse(
  readFileSync(new URL("vectors/samples/draws.json", import.meta.url), "utf8"),
);

test.each(vectors)("$name: the rows of the vector are drawn", ({ seed, rows, n, drawn, ...parts }) => {
  expect(hex(seedOf(parts))).toBe(seed);
  expect(drawRows(rows, seedOf(parts), n)).toEqual(drawn);
});

const word = fc.string({ unit: "grapheme", maxLength: 30 }).filter((text) => !/[\p{Cc}\p{Cs}]/u.test(text));
const row = fc.stringMatching(/^[A-Za-z0-9][A-Za-z0-9._:@/-]{0,20}$/);
const draw = fc.record({
  population: fc.stringMatching(/^[0-9a-f]{64}$/),
  size: fc.nat(),
  root: fc.base64String({ minLength: 44, maxLength: 44 }),
  words: word,
  rows: fc.uniqueArray(row, { maxLength: 40 }),
  n: fc.nat(45),
});

describeWith(["python3"], "a second reader, of ten lines", () => {
  test("draws what ours draws", () => {
    const draws = [
      ...vectors.map(({ head, ...rest }) => ({ ...rest, ...head })),
      ...fc.sample(draw, 200),
      {
        population: "0".repeat(64),
        size: 3,
        root: "x",
        words: "  e\u0301 \u00a0\u3000\u2028 \ufeffb\u1680 ",
        rows: ["a", "b", "c"],
        n: 2,
      },
    ];
    const script = new URL("readers/python/sample.py", import.meta.url).pathname;
    const theirs = JSON.parse(execFileSync("python3", [script], { input: JSON.stringify(draws), encoding: "utf8" }));
    const ours = draws.map(({ population, size, root, words, rows, n }) =>
      drawRows(rows, seedOf({ population, head: { size, root }, words }), n),
    );
    expect(theirs).toEqual(ours);
  });
});

describe("a draw", () => {
  const seed = fc.uint8Array({ minLength: 32, maxLength: 32 });
  const rows = fc.uniqueArray(row, { minLength: 1, maxLength: 60 });

  test("does not depend on the order of the rows", () => {
    fc.assert(
      fc.property(rows, seed, fc.nat(60), fc.infiniteStream(fc.nat()), (all, by, n, random) => {
        const shuffled = all
          .map((one) => ({ one, key: random.next().value as number }))
          .sort((a, b) => a.key - b.key)
          .map(({ one }) => one);
        expect(drawRows(shuffled, by, n)).toEqual(drawRows(all, by, n));
      }),
    );
  });

  test("of more rows begins with that of fewer, and names each once", () => {
    fc.assert(
      fc.property(rows, seed, fc.nat(60), (all, by, n) => {
        const whole = drawRows(all, by, all.length);
        expect(drawRows(all, by, n)).toEqual(whole.slice(0, n));
        expect(new Set(whole)).toEqual(new Set(all));
      }),
    );
  });

  test("does not change among the rest when a row that was not drawn goes", () => {
    fc.assert(
      fc.property(rows, seed, (all, by) => {
        const half = Math.ceil(all.length / 2);
        const drawn = drawRows(all, by, half);
        const fewer = all.filter((one, i) => drawn.includes(one) || i % 2 === 0);
        expect(drawRows(fewer, by, half)).toEqual(drawn);
      }),
    );
  });

  test("takes every row about as often", () => {
    const all = Array.from({ length: 50 }, (_, i) => `register/INC-2026-${String(i + 1).padStart(3, "0")}`);
    const times = new Map(all.map((one) => [one, 0]));
    const draws = 4_000;
    for (let i = 0; i < draws; i += 1) {
      const by = seedOf({ population: "a".repeat(64), head: { size: 7, root: "r" }, words: `words ${i}` });
      for (const one of drawRows(all, by, 5)) times.set(one, (times.get(one) ?? 0) + 1);
    }
    // 400 expected of each; five standard deviations are about 95.
    const expected = (draws * 5) / all.length;
    const chi = [...times.values()].reduce((sum, n) => sum + (n - expected) ** 2 / expected, 0);
    expect(Math.max(...times.values()) - expected).toBeLessThan(95);
    expect(expected - Math.min(...times.values())).toBeLessThan(95);
    expect(chi).toBeLessThan(90);
  });

  test("is another one for another word, fingerprint or population", () => {
    const all = Array.from({ length: 200 }, (_, i) => `r/${i}`);
    const parts: SeedParts = { population: "a".repeat(64), head: { size: 7, root: "root" }, words: "seven bridges" };
    const drawn = (over: Partial<SeedParts>) => drawRows(all, seedOf({ ...parts, ...over }), 10);
    const same = drawn({});
    expect(drawn({ words: " seven\n bridges " })).toEqual(same);
    for (const over of [
      { words: "seven bridge" },
      { words: "Seven bridges" },
      { population: "b".repeat(64) },
      { head: { size: 8, root: "root" } },
      { head: { size: 7, root: "Root" } },
      // No line runs into the next one.
      { head: { size: 7, root: "root\nseven" }, words: "bridges" },
    ])
      expect(drawn(over), JSON.stringify(over)).not.toEqual(same);
  });

  test("of 100,000 rows takes seconds", { timeout: 20_000 }, () => {
    const all = Array.from({ length: 100_000 }, (_, i) => `prom/${i.toString(16)}`);
    const by = seedOf({ population: "a".repeat(64), head: { size: 7, root: "r" }, words: "x" });
    expect(new Set(drawRows(all, by, 60)).size).toBe(60);
  });
});

test("words that look alike count as the same", () => {
  expect(plainWords("  Stra\u00dfe \t e\u0301te\u0301\u00a0\u3000x\u2028")).toBe("Straße été x");
});

test.each([
  [0, 0],
  [4, 4],
  [5, 1],
  [14, 2],
  [250, 25],
  [100_000, 25],
])("of %i that happen now and then others take %i", (rows, size) => {
  expect(adHocSize(rows)).toBe(size);
});

test.each([
  [1, 366, "yearly"],
  [4, 365, "quarterly"],
  [12, 365, "monthly"],
  [3, 92, "monthly"],
  [52, 365, "weekly"],
  [366, 366, "daily"],
  [4000, 365, "many a day"],
])("%i rows in %i days are %s", (rows, days, frequency) => {
  expect(scheduledSize(rows, days).frequency).toBe(frequency);
});
