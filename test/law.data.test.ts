import { readFileSync, writeFileSync } from "node:fs";
import { Ajv2020 } from "ajv/dist/2020.js";
import { describe, expect, test } from "vitest";
import { parse, parseDocument } from "yaml";
import { z } from "zod";
import { loadLaw } from "../src/law/load.ts";
import { LawShape } from "../src/law/shape.ts";
import { stepNamed, stepOn } from "../src/law/steps.ts";
import { shippedLaws } from "../src/laws.ts";
import { isCustodyError } from "../src/lib/errors.ts";
import { LAWS } from "../src/policy/afterwards.ts";
import { shippedCatalogue } from "./support/assessing.ts";

const textOf = (law: string) => readFileSync(new URL(`../controls/laws/${law}.yaml`, import.meta.url), "utf8");

function refusal(text: string): string {
  try {
    loadLaw(text);
  } catch (thrown) {
    if (isCustodyError(thrown, "INPUT_INVALID")) return thrown.message;
    throw thrown;
  }
  return expect.fail("accepted");
}

describe("the shipped laws", () => {
  const laws = shippedLaws();

  test("are those that rules can switch on, each under its own name", () => {
    expect(laws.map(({ law }) => law)).toEqual([...LAWS]);
    expect(laws.filter(({ standing }) => standing === "on").map(({ law }) => law)).toEqual(["gdpr"]);
    for (const { why, binds } of laws) expect(why.length * binds.length).toBeGreaterThan(100);
  });

  test("say of each step by which article, since when, and whether its text was checked", () => {
    for (const { steps, law } of laws)
      for (const { article, checked, validFrom } of steps) {
        expect(article).toMatch(/^Art\. \d/);
        expect(validFrom).toMatch(/^20\d\d-/);
        expect(checked !== false, law).toBe(law !== "dora");
      }
  });

  test("are asked for by requirements that exist, each step by one", () => {
    const asked = shippedCatalogue()
      .controls.flatMap(({ requirements }) => requirements)
      .flatMap(({ check }) => (check.kind === "law" ? [check.step] : []));
    const known = laws.flatMap(({ law, steps }) => steps.map(({ id }) => `${law}.${id}`));
    expect(asked.toSorted()).toEqual(known.toSorted());
    for (const step of asked) expect(stepNamed(laws, step), step).toBeDefined();
  });

  test("hold no number in an id", () => {
    for (const { steps, moments } of laws) for (const { id } of [...steps, ...moments]) expect(id).not.toMatch(/\d/);
  });
});

describe("a law that cannot be used", () => {
  const text = textOf("dora");
  const lineOf = (piece: string) => text.slice(0, text.indexOf(piece)).split("\n").length;
  const change = (from: string, to: string) => {
    expect(text).toContain(from);
    return refusal(text.replace(from, to));
  };

  test.each<[string, string, string, RegExp]>([
    [
      "a moment that is none",
      "from: dora.initial,",
      "from: dora.intial,",
      /dora\.intial.*no step or moment.*dora\.initial/,
    ],
    ["a time that no incident has", "from: awareAt", "from: knownAt", /no incident has a time "knownAt"/],
    ["a period that is none", "term: 72h", "term: three days", /expected a period such as 72h/],
    ["business days, which law does not know", "term: 72h", "term: 3bd", /expected a period such as 72h/],
    [
      "an unknown key",
      "noon: true }\n    checked: false\n    note: From when",
      "nooon: true }\n    checked: false\n    note: From when",
      /unknown key.*noon/,
    ],
    ["a number in an id", "id: initial\n", "id: initial4\n", /no digits/],
    ["a start that is its own end", "from: dora.initial,", "from: dora.intermediate,", /starts with its own end/],
    ["a day that there is not", "validFrom: 2025-01-17", "validFrom: 2025-02-30", /there is no day 2025-02-30/],
    ["an end before the start", "validFrom: 2025-01-17", "validFrom: 2025-01-17\n    validTo: 2024-01-01", /is before/],
    ["nothing that says whom it concerns", "marks: [major-incident]", "marks: []", /which incidents it is about/],
  ])("says the line of %s", (_, from, to, reason) => {
    const message = change(from, to);
    expect(message).toMatch(reason);
    expect(message).toMatch(/line \d+: /);
  });

  test("says all that is wrong at once, each with its line", () => {
    const message = refusal(
      text.replace("term: 72h", "term: soon").replace("article: Art. 19(4)(c)", "artikel: Art. 19"),
    );
    expect(message).toContain(`line ${lineOf("term: 72h")}: steps.1.clocks.0.term`);
    expect(message).toContain(`line ${lineOf("article: Art. 19(4)(c)")}: steps.2.artikel`);
  });

  test.each(["", "just a word", "[]", "42", "law: gdpr\nlaw: nis2"])("%j is no law", (nothing) => {
    expect(refusal(nothing)).toMatch(/cannot be used/);
  });

  test("is not read where it is too large", () => {
    expect(() => loadLaw("x".repeat(300_000))).toThrow(/at most 256 KiB/);
  });
});

describe("versions of a rule", () => {
  const dated = textOf("gdpr").replace(
    "  - id: authority-content",
    `  - id: authority
    title: The supervisory authority is told
    article: Art. 33(1) as amended
    validFrom: 2030-01-01
    roles: [controller]
    risks: [high]
    done: authorityAt
    clocks: [{ from: awareAt, term: 96h }]
    checked: false
  - id: authority-content`,
  );

  test("must not overlap", () => {
    expect(refusal(dated)).toMatch(/"authority" is there twice for 2030-01-01; end the earlier one/);
  });

  test("count from their day to the last one", () => {
    const law = loadLaw(dated.replace("validFrom: 2018-05-25", "validFrom: 2018-05-25\n    validTo: 2029-12-31"));
    const term = (day: string) => stepOn(law, "authority", day)?.clocks[0]?.term;
    expect([term("2018-05-24"), term("2018-05-25"), term("2029-12-31"), term("2030-01-01")]).toEqual([
      undefined,
      "72h",
      "72h",
      "96h",
    ]);
  });
});

describe("the structure", () => {
  const file = new URL("../controls/law.schema.json", import.meta.url);
  const structure = z.toJSONSchema(LawShape, { io: "input" });

  test("is the same for editors as for the program (UPDATE_DOCS=1 writes it anew)", () => {
    if (process.env.UPDATE_DOCS) writeFileSync(file, `${JSON.stringify(structure, null, 2)}\n`);
    expect(JSON.parse(readFileSync(file, "utf8"))).toEqual(structure);
  });

  test.each(LAWS)("accepts %s in both, and refuses an unknown key", (law) => {
    const ajv = new Ajv2020({ allErrors: true }).compile(JSON.parse(readFileSync(file, "utf8")));
    expect(ajv(parse(textOf(law))), JSON.stringify(ajv.errors)).toBe(true);
    const document = parseDocument(textOf(law));
    document.setIn(["steps", 0, "deadline"], "72h");
    expect(ajv(document.toJS())).toBe(false);
  });
});
