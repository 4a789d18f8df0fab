import { describe, expect, test } from "vitest";
import { createMask } from "../src/collector/mask.ts";
import { encodeRule, type MaskingRule, rulesFor } from "../src/collector/masking-rule.ts";
import { compilePattern } from "../src/collector/pattern.ts";

const bytes = (text: string) => new TextEncoder().encode(text);
const text = (found: Uint8Array) => new TextDecoder().decode(found);
const rule = (kind: MaskingRule["kind"], more: Partial<MaskingRule> = {}): MaskingRule => ({ id: "r", kind, ...more });
const hide = (source: string, ...rules: MaskingRule[]) => text(createMask([], rules).bytes(bytes(source)).bytes);

describe("what a rule hides", () => {
  test.each([
    ["anna@example.com", "(masked:r)"],
    ["<anna.b+x@mail.example.co.uk>,", "<(masked:r)>,"],
    ["user=anna@example.com&x=1", "user=(masked:r)&x=1"],
    ["anna%40example.com", "(masked:r)"],
    ["?m=anna%40example.com%20b", "?m=(masked:r)%20b"],
    ['{"a":"line\\nanna@example.com\\"q"}', '{"a":"line\\n(masked:r)\\"q"}'],
    ['{"a":"anna\\u0040example.com"}', '{"a":"(masked:r)"}'],
    ["J\u00fcrgen@m\u00fcller.de an K\u00e4the", "(masked:r) an K\u00e4the"],
    ["„anna@example.com“", "„(masked:r)“"],
    ["not an address: @here, a@b, 5 @ 3.50", "not an address: @here, a@b, 5 @ 3.50"],
  ])("email: %s", (source, expected) => expect(hide(source, rule("email"))).toBe(expected));

  test.each([
    ["DE89 3704 0044 0532 0130 00 paid", "(masked:r) paid"],
    ["DE89370400440532013000", "(masked:r)"],
    ["AT61 1904 3002 3457 3201 TEXT", "(masked:r) TEXT"],
    ["wrong digits DE88370400440532013000", "wrong digits DE88370400440532013000"],
    ["GB82-WEST-1234-5698-7654-32", "(masked:r)"],
  ])("iban: %s", (source, expected) => expect(hide(source, rule("iban"))).toBe(expected));

  test.each([
    ["+49 (0)30 123 45-67", "(masked:r)"],
    ["call 030/1234567.", "call (masked:r)."],
    ["0049301234567", "(masked:r)"],
    ['{"t":"x\\n+49301234567"}', '{"t":"x\\n(masked:r)"}'],
    [
      "2026-01-02T03:04:05.678+01:00 1-800 01-02-2026 12/11/2026",
      "2026-01-02T03:04:05.678+01:00 1-800 01-02-2026 12/11/2026",
    ],
  ])("phone: %s", (source, expected) => expect(hide(source, rule("phone"))).toBe(expected));

  test.each([
    ["10.0.0.1:443", "(masked:r):443"],
    ["[2001:db8::1]:443 fe80::1%eth0", "[(masked:r)]:443 (masked:r)%eth0"],
    ['{"x":"a\\n10.1.2.3"}', '{"x":"a\\n(masked:r)"}'],
    ["12:30:45 v1.2.3 300.1.1.1 std::vector 1.2.3.4.5", "12:30:45 v1.2.3 300.1.1.1 std::vector 1.2.3.4.5"],
  ])("ip: %s", (source, expected) => expect(hide(source, rule("ip"))).toBe(expected));

  test("a pattern, written plainly or with the escapes of JSON; no escape is cut in two", () => {
    const name = rule("pattern", { pattern: "M\u00fcller", replace: "(name)" });
    expect(hide("Herr M\u00fcller", name)).toBe("Herr (name)");
    expect(hide('"Herr M\\u00fcller"', name)).toBe('"Herr (name)"');
    expect(hide("Herr M%C3%BCller", name)).toBe("Herr (name)");
    expect(JSON.parse(hide('{"a":"KD12\\"rest"}', rule("pattern", { pattern: "KD.{3}" })))).toBeTruthy();
    expect(JSON.parse(hide('{"a":"\\nKD1234"}', rule("pattern", { pattern: "n?KD\\d{4}" })))).toEqual({
      a: "\n(masked:r)",
    });
  });

  test("text that is not UTF-8 stays what it was, and is searched all the same", () => {
    const mask = createMask([], [rule("email")]);
    const latin1 = Buffer.from("K\u00e4the anna@example.com \u00e9", "latin1");
    expect(Buffer.from(mask.bytes(latin1).bytes).toString("latin1")).toBe("K\u00e4the (masked:r) \u00e9");
    const utf16 = Buffer.from("\ufeffanna@example.com \u20ac", "utf16le");
    expect(Buffer.from(mask.bytes(utf16).bytes).toString("utf16le")).toBe("\ufeff(masked:r) \u20ac");
    const marked = Buffer.from("\ufeffanna@example.com", "utf8");
    expect(Buffer.from(mask.bytes(marked).bytes).toString("utf8")).toBe("\ufeff(masked:r)");
    const plain = bytes("nothing here");
    expect(mask.bytes(plain).bytes).toBe(plain);
  });

  test("what was hidden is counted by rule, secrets beside it, and titles are told", () => {
    const mask = createMask(
      ["s3cr3t-value"],
      [rule("email", { id: "mail", title: "Addresses" }), rule("ip", { id: "net" })],
    );
    expect(mask.bytes(bytes("a@example.com b@example.com s3cr3t-value 10.0.0.1")).masked).toEqual([
      { rule: "mail", count: 2, title: "Addresses" },
      { rule: "net", count: 1 },
      { rule: "secret", count: 1 },
    ]);
    expect(mask.json({ "a@example.com": ["10.0.0.1"] })).toEqual({ "(masked:mail)": ["(masked:net)"] });
  });

  test("hostile text of megabytes takes time in proportion to its length", () => {
    const all = [
      rule("email"),
      rule("iban"),
      rule("phone"),
      rule("ip"),
      rule("pattern", { pattern: "(?:a{1,10}b?){1,2}cd" }),
    ];
    const mask = createMask(
      [],
      all.map((one, i) => ({ ...one, id: `r${i}` })),
    );
    for (const piece of ["@", "a@", "+49 ", "1.", ":", "a", "DE89", "%41", "\\u0061", "\\", "0"]) {
      const started = process.hrtime.bigint();
      mask.bytes(bytes(piece.repeat(1_000_000 / piece.length)));
      expect(Number(process.hrtime.bigint() - started) / 1e6, piece).toBeLessThan(5_000);
    }
  });
});

describe("patterns", () => {
  test.each([
    ["(a+)+b", "say how often at most"],
    ["a*bcd", "say how often at most"],
    ["a{2,}bcd", "repetition without an end"],
    ["(a{1,20}){1,20}b", "more than 1000 ways"],
    ["\\d{1,100}\\d{1,100}x", "more than 1000 ways"],
    ["(a|b|c|d|e|f|g|h|i|j|k){4}", "more than 1000 ways"],
    ["(?=abc)abc", "other than (?:"],
    ["(?<name>abc)", "other than (?:"],
    ["(abc)\\1", "an escape that is not known"],
    ["abc{1,3}?", "a repetition of a repetition"],
    ["ab", "fewer than 3 characters"],
    ["a{0,3}", "fewer than 3 characters"],
    ["[^\\s]{100,501}", "repetition from 100 to 501"],
    ["abc)", "closed that was not opened"],
    ["(abc", "not closed"],
    ["[abc", "not closed"],
    ["[z-a]abc", "no regular expression"],
    ["x".repeat(301), "more than 300 characters"],
    [`${"(".repeat(20)}abc${")".repeat(20)}`, "too deep"],
  ])("%s is refused", (pattern, why) => expect(() => compilePattern(pattern)).toThrow(why));

  test.each([
    "KD-[0-9]{6,8}",
    "(?:Herr|Frau) \\p{Lu}\\p{Ll}{1,30}",
    "\\bID\\d{4}(?:-[A-Z]{2}){0,3}\\b",
    "M\u00fcller",
    "a\\.b\\(c",
  ])("%s is taken", (pattern) => expect(compilePattern(pattern).flags).toBe("gu"));
});

test("incident logs are masked only where a rule names them", () => {
  const all = rule("email");
  const named = rule("email", { id: "n", collectors: ["incidents"] });
  expect(rulesFor([all, named], { id: "incidents", family: "incident-log" })).toEqual([named]);
  expect(rulesFor([all, named], { id: "prom", family: "alert-history" })).toEqual([all]);
});

test("a rule's record says all that decides what it hides", () => {
  expect(text(encodeRule(rule("email", { title: "T", collectors: ["x"] })))).toBe(
    '{"kind":"email","reads":1,"replace":"(masked:r)","rule":"r","title":"T","v":1}',
  );
  expect(text(encodeRule(rule("pattern", { pattern: "abc", replace: "x" })))).toContain('"pattern":"abc"');
});
