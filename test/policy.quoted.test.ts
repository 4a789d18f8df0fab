import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { beginPolicy } from "../src/policy/begin.ts";
import { hoursIn } from "../src/policy/hours.ts";
import { mistakesInWords, readPolicy } from "../src/policy/load.ts";
import { SHIPPED_POLICIES } from "../src/policy/shipped.ts";

const textOf = (name: string) => readFileSync(new URL(`../controls/policies/${name}.yaml`, import.meta.url), "utf8");
const SHIPPED = textOf("sev1-4");
const TERMS = "terms: { Sev1: within 15m, Sev2: within 2h, Sev3: within 24h, Sev4: within 72h }";

describe("a sentence that quotes another number than the rule beside it", () => {
  const quotes = (text: string) =>
    mistakesInWords(readPolicy(text).remarks).filter((line) => line.includes("is no number of"));

  test.each(SHIPPED_POLICIES)("is in none that ships: %s", (name) => {
    expect(quotes(textOf(name))).toEqual([]);
  });

  test("is found where the number was changed, also in severities and choices", () => {
    const found = quotes(
      SHIPPED.replace(TERMS, TERMS.replace("within 2h", "within 90m").replace("within 24h", "no number")),
    );
    expect(found).toEqual([
      expect.stringMatching(/severities\.1\.says: says "2 hours", which is no number of the rules for Sev2/),
      expect.stringMatching(/severities\.2\.says: says "24 hours"/),
      expect.stringMatching(
        /targets\.respond\.says: says "2 hours" for Sev2, "24 hours" for Sev3, which is no number of this rule/,
      ),
      expect.stringMatching(/choices\.\d+\.taken: says "24 h"/),
      expect.stringMatching(/choices\.\d+\.says: says "24 hours"/),
    ]);
  });

  test("is found in a choice about the rule that was changed, also where another rule has the old number", () => {
    const changed = SHIPPED.replace(/^( {2}deadline: within )5bd\n( {2}from: resolvedAt)/m, "$110bd\n$2");
    expect(changed).not.toBe(SHIPPED);
    const found = quotes(changed.replace("Sev4: within 72h }", "Sev4: within 5bd }\n    calendar: office"));
    expect(found.filter((line) => line.includes("choices."))).toEqual([
      expect.stringMatching(/choices\.0\.question: says "5 business days", which is no number of the rule on review/),
      expect.stringMatching(/choices\.0\.says: says "5 business days"/),
    ]);
    const worst = quotes(SHIPPED.replace("Sev1: within 15m,", "Sev1: within 10m,"));
    expect(worst.filter((line) => line.includes("choices."))).toEqual([
      expect.stringMatching(/choices\.1\.question: says "15 minutes"/),
      expect.stringMatching(/choices\.1\.taken: says "15 minutes"/),
      expect.stringMatching(/choices\.1\.says: says "15 min"/),
    ]);
  });
});

describe("mistakes inside one line", () => {
  test("are told in one pass, whatever else is wrong there and whether a key is there twice", () => {
    const text = SHIPPED.replace(
      TERMS,
      "terms: { Sev1: soon, Sev2: within 8bh, Sev5: within 24h, Sev3: within 3h, Sev4: within 1h }",
    ).replace(
      "phase: containment, title: Suspect",
      "phase: contain, color: red, when: [{ severities: [Sev9] }], title: Suspect",
    );
    const { mistakes } = readPolicy(text);
    const found = mistakesInWords(mistakes).join("\n");
    for (const words of [
      /respond\.terms\.Sev1: .*soon/,
      /respond\.terms\.Sev5: there is no severity "Sev5"/,
      /respond\.terms\.Sev2: "within 8bh" counts business time/,
      /respond\.terms\.Sev4: Sev4 has within 1h, which leaves less time than the worse Sev3/,
      /measures\.0\.phase: expected investigation/,
      /measures\.0\.color: unknown key/,
      /Map keys must be unique: "when" is there twice/,
    ])
      expect(found).toMatch(words);
    expect(new Set(mistakes.map(({ line }) => line)).size).toBe(2);
  });

  test("are told of the right part of a list from which another was left out", () => {
    const text = SHIPPED.replace("id: rotate-credentials, phase: containment", "id: 7, phase: containment").replace(
      /(id: revoke-access,.*when: \[\{ severities: \[)Sev1/,
      "$1Sev9",
    );
    expect(mistakesInWords(readPolicy(text).mistakes)).toEqual([
      expect.stringMatching(/measures\.0\.id/),
      expect.stringMatching(/measures\.1\.when\.0\.severities\.0: there is no severity "Sev9"/),
    ]);
  });
});

describe("rules of one's own", () => {
  const begun = (more: object) => beginPolicy(SHIPPED, "sev1-4", { name: "ours", zone: "UTC", ...more });

  test("have no ids of the list by which what ships is checked", () => {
    expect(SHIPPED).toMatch(/\brefs:/);
    expect(begun({})).not.toMatch(/\brefs:/);
  });

  test("count business time with a calendar, by hours of one's own where they are given", () => {
    const deadlines = ["within 15m", "within 1h", "within 8bh", "within 5bd"];
    const { policy } = readPolicy(
      begun({ deadlines, hours: hoursIn("mon-thu 09:00-12:00 13:00-17:00, fri 09:00-15:00") }),
    );
    expect(policy?.targets.respond?.calendar).toBe("office");
    expect(policy?.calendars.office?.hours).toMatchObject({
      mon: [
        ["09:00", "12:00"],
        ["13:00", "17:00"],
      ],
      fri: [["09:00", "15:00"]],
    });
    const bare = beginPolicy(
      SHIPPED.replace(/^calendars:\n(?: .*\n)*/m, "")
        .replace(/^ {2}calendar: office\n/m, "")
        .replace("within 5bd", "within 5d"),
      "x",
      { name: "ours", zone: "UTC", deadlines },
    );
    expect(readPolicy(bare).policy?.calendars.office?.hours.mon).toEqual([["09:00", "17:00"]]);
  });

  test.each(["9-17", "mon-fri", "fri-mon 09:00-17:00", "mon 9:00-17:00", ""])("%j are no hours", (text) => {
    expect(hoursIn(text)).toBeUndefined();
  });
});
