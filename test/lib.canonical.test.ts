import canonicalize from "canonicalize";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { canonical, canonicalBytes, parseCanonical } from "../src/lib/canonical.ts";

const bytes = (text: string) => new TextEncoder().encode(text);

/** What may be recorded: JSON whose numbers are integers below 2^53 and whose strings are whole. */
const recordable = fc.letrec((tie) => ({
  value: fc.oneof(
    { depthSize: "small" },
    fc.constant(null),
    fc.boolean(),
    fc.maxSafeInteger(),
    fc.string({ unit: "grapheme" }),
    fc.array(tie("value"), { maxLength: 5 }),
    fc.dictionary(fc.string({ unit: "grapheme" }), tie("value"), { maxKeys: 5 }),
  ),
})).value;

test("agrees with another implementation of RFC 8785 on everything that may be recorded", () => {
  fc.assert(
    fc.property(recordable, (value) => {
      expect(canonical(value)).toBe(canonicalize(value));
    }),
  );
});

test("what was written reads back as the same value", () => {
  fc.assert(
    fc.property(recordable, (value) => {
      expect(canonical(parseCanonical(canonicalBytes(value)))).toBe(canonical(value));
    }),
  );
});

describe("what cannot be said without doubt is refused", () => {
  test.each([
    ["undefined", { a: undefined }],
    ["a fraction", 0.5],
    ["an integer beyond 2^53", 2 ** 53],
    ["not a number", Number.NaN],
    ["a date", new Date(0)],
    ["a bigint", 1n],
    ["half a UTF-16 pair", "\ud800"],
    ["half a pair in a key", { "\udc00": 1 }],
    ["a class instance", new Map()],
  ])("%s", (_name, value) => {
    expect(() => canonical(value)).toThrow(expect.objectContaining({ code: "INPUT_INVALID" }));
  });

  test("nesting that would exhaust the stack", () => {
    let deep: unknown = 1;
    for (let i = 0; i < 100_000; i += 1) deep = [deep];
    expect(() => canonical(deep)).toThrow(expect.objectContaining({ code: "INPUT_INVALID" }));
  });
});

describe("every other spelling of the same value is refused on reading", () => {
  test.each([
    ['{"a":1,"a":2}', "duplicate keys"],
    ['{"a":1, "b":2}', "white space"],
    ['{"b":1,"a":2}', "another order of keys"],
    ['"\\u0041"', "an escape that is not needed"],
    ["1.0", "a fraction that is none"],
    ["1e3", "an exponent"],
    ["-0", "minus zero"],
    ["\ufeff{}", "a byte order mark"],
    ["", "nothing"],
  ])("%s: %s", (text) => {
    expect(() => parseCanonical(bytes(text))).toThrow(expect.objectContaining({ code: "INPUT_INVALID" }));
  });

  test("bytes that are not UTF-8", () => {
    expect(() => parseCanonical(Uint8Array.of(0x22, 0xff, 0x22))).toThrow(
      expect.objectContaining({ code: "INPUT_INVALID" }),
    );
  });
});

test("keys are ordered by UTF-16 code units, integers among them", () => {
  const keys = ["10", "9", "\u20ac", "\ud83d\ude00", "\ufb33"];
  const written = canonical(Object.fromEntries(keys.map((key, i) => [key, i])));
  expect(Object.keys(JSON.parse(written)).sort()).toEqual([...keys].sort());
  expect(written).toBe('{"10":0,"9":1,"\u20ac":2,"\ud83d\ude00":3,"\ufb33":4}');
});
