import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { parseTerm, spellTerm, type Term, termInWords, termOrProblem } from "../src/calendar/term.ts";
import { isCustodyError } from "../src/lib/errors.ts";

const M = 60_000;

describe("a term", () => {
  test.each<[string, Term, string]>([
    ["within 15m", { op: "within", amount: 15 * M, unit: "ms" }, "within 15 minutes"],
    ["under 1h", { op: "under", amount: 60 * M, unit: "ms" }, "in less than 1 hour"],
    ["< 15m", { op: "under", amount: 15 * M, unit: "ms" }, "in less than 15 minutes"],
    ["≤ 4h", { op: "within", amount: 240 * M, unit: "ms" }, "within 4 hours"],
    ["72h", { op: "within", amount: 72 * 60 * M, unit: "ms" }, "within 72 hours"],
    ["within 14d", { op: "within", amount: 14 * 1440 * M, unit: "ms" }, "within 14 days"],
    ["within 90s", { op: "within", amount: 90_000, unit: "ms" }, "within 90 seconds"],
    ["within 8bh", { op: "within", amount: 8, unit: "bh" }, "within 8 business hours"],
    ["within 4bh30m", { op: "within", amount: 4.5, unit: "bh" }, "within 4 business hours 30 minutes"],
    ["5bd", { op: "within", amount: 5, unit: "bd" }, "within 5 business days"],
    ["Within 1 business day", { op: "within", amount: 1, unit: "bd" }, "within 1 business day"],
    ["within 1mo", { op: "within", amount: 1, unit: "mo" }, "within 1 month"],
    ["every 60m", { op: "every", amount: 60 * M, unit: "ms" }, "at least every 1 hour"],
    ["every 1bd", { op: "every", amount: 1, unit: "bd" }, "once every business day"],
    ["every 1y", { op: "every", amount: 1, unit: "y" }, "at least every 1 year"],
    ["at once", { op: "at-once" }, "at once (no number is set)"],
    ["as soon as practicable", { op: "at-once" }, "at once (no number is set)"],
    ["Immediately", { op: "at-once" }, "at once (no number is set)"],
  ])("`%s` is read and said in words", (text, term, words) => {
    expect(parseTerm(text)).toEqual(term);
    expect(termInWords(term)).toBe(words);
    expect(parseTerm(spellTerm(term))).toEqual(term);
  });

  test.each([
    ["withn 15m", "write `within 15m`"],
    ["within 1.5h", "write `within 90m`"],
    ["within 2,5 days", "write `within 60h`"],
    ["within 1.5bh", "write `within 1bh30m`"],
    ["within 15M", "could mean minutes or months; write `within 15m` or `within 15mo`"],
    ["within 2 weeks", "write `within 14d`"],
    ["within 1h30m", "write `within 90m`"],
    ["within 0m", "allows no time at all; write `at once`"],
    ["next busines day", "write `within 1bd`"],
    ["hourly", "write `every 60m`"],
    ["as soon as posible", "write `at once`"],
    ["within 5 fortnights", "has no unit that is known"],
    ["within 99999999d", "is more than 3660 days"],
    ["within 1001bd", "is more than 1000 business days"],
    ["", "is no term; expected `within 15m`"],
    ["within -5m", "is no term"],
    ["within constructor", "is no term"],
    ["within 5 constructor", "has no unit"],
    ["5 __proto__", "is no term"],
    ["constructor 5m", "which is none of within"],
  ])("`%s` is refused with the right form", (text, words) => {
    expect(termOrProblem(text)).toContain(words);
    expect(() => parseTerm(text)).toThrow(words);
  });

  test("a page of text is no term", () => expect(termOrProblem("x".repeat(5_000))).toContain("is too long"));

  test("a text from elsewhere is shown without control characters, and cut", () => {
    expect(termOrProblem("\u001b[31mred\u202e")).not.toMatch(/[\u001b\u202e]/);
    expect(String(termOrProblem("é".repeat(10_000))).length).toBeLessThan(400);
  });

  test("whatever the text, it is a term that is spelled back or a refusal for people", () => {
    const word = fc.constantFrom(
      "within",
      "under",
      "every",
      "<",
      "5",
      "15",
      "0",
      "m",
      "bd",
      "bh",
      "mo",
      " ",
      ".",
      "h",
      "y",
    );
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fc.array(word, { maxLength: 6 }).map((w) => w.join(" ")),
        ),
        (text) => {
          try {
            const term = parseTerm(text);
            expect(parseTerm(spellTerm(term))).toEqual(term);
          } catch (thrown) {
            expect(isCustodyError(thrown, "INPUT_INVALID")).toBe(true);
          }
        },
      ),
    );
  });
});
