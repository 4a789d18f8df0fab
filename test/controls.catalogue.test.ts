import { readFileSync, writeFileSync } from "node:fs";
import { Ajv2020 } from "ajv/dist/2020.js";
import { describe, expect, test } from "vitest";
import { parse, parseDocument } from "yaml";
import { z } from "zod";
import { CatalogueSchema, loadCatalogue } from "../src/assess/catalogue.ts";
import { BASES, FACT_KINDS } from "../src/assess/vocabulary.ts";
import type { Family } from "../src/collector/define.ts";
import { isCustodyError } from "../src/lib/errors.ts";

const text = readFileSync(new URL("../controls/iso27001-2022.yaml", import.meta.url), "utf8");
const schemaFile = new URL("../controls/catalogue.schema.json", import.meta.url);
const catalogue = loadCatalogue(text);
const requirements = catalogue.controls.flatMap((control) => control.requirements);

/** The message of the refusal; fails where the text is accepted. */
function refusal(changed: string): string {
  try {
    loadCatalogue(changed);
  } catch (thrown) {
    if (isCustodyError(thrown, "INPUT_INVALID")) return thrown.message;
    throw thrown;
  }
  return expect.fail("accepted");
}

/** The shipped file with one piece of text replaced, which must be there. */
function changed(from: string | RegExp, to: string): string {
  const result = text.replace(from, to);
  expect(result).not.toBe(text);
  return result;
}

describe("the shipped catalogue", () => {
  test("has the controls of incident management, compliance and monitoring", () => {
    expect(catalogue.controls.map((c) => c.id)).toEqual([
      "A.5.24",
      "A.5.25",
      "A.5.26",
      "A.5.27",
      "A.5.28",
      "A.5.36",
      "A.8.13",
      "A.8.15",
      "A.8.16",
    ]);
  });

  test("knows every family that a collector can have", () => {
    // A family added to the type is missed here by the compiler.
    const families: Record<Family, true> = { "incident-log": true, "alert-history": true, "cron-health": true };
    for (const family of Object.keys(families)) expect(catalogue.families).toHaveProperty(family);
  });

  test("rests every requirement on a basis, and says which", () => {
    for (const { basis, note } of requirements) {
      expect(BASES).toContain(basis);
      expect(note.length).toBeGreaterThan(5);
    }
    expect(new Set(requirements.map((r) => r.basis))).toEqual(new Set(BASES));
  });

  test("names no number in an id after the control, and no id twice", () => {
    const ids = requirements.map((r) => r.id);
    expect(new Set(ids).size).toBe(ids.length);
    for (const id of ids) expect(id).toMatch(/^a\d+(\.[a-z_]+)+$/);
  });

  test("speaks in short sentences", () => {
    for (const { text: sentence, note } of requirements) {
      expect(sentence.length, sentence).toBeLessThanOrEqual(130);
      expect(note.length, note).toBeLessThanOrEqual(150);
    }
  });

  test("calls nothing required by law or rules that only good practice asks for", () => {
    const mere = ["exercise.held", "contacts.checked", "recurrence.reviewed", "trends.reviewed", "alerts.tested"];
    for (const name of mere) expect(requirements.find((r) => r.id.endsWith(name))?.basis, name).toBe("recommended");
  });

  test("leaves the health of the log itself out of the evidence for A.5.28", () => {
    const evidence = catalogue.controls.find((c) => c.id === "A.5.28");
    expect(
      evidence?.requirements
        .map((r) => r.check.kind)
        .filter((kind) => !["policy", "unobservable", "conduct"].includes(kind)),
    ).toEqual(["holds"]);
    expect(JSON.stringify(evidence)).not.toMatch(/chain|checkpoint|head/i);
  });
});

describe("the structure", () => {
  const structure = { ...z.toJSONSchema(CatalogueSchema, { io: "input" }) };
  const file: object = JSON.parse(readFileSync(schemaFile, "utf8"));
  const ajv = new Ajv2020({ allErrors: true }).compile(file);

  test("is the same for editors as for the program (UPDATE_DOCS=1 writes it anew)", () => {
    if (process.env.UPDATE_DOCS) writeFileSync(schemaFile, `${JSON.stringify(structure, null, 2)}\n`);
    expect(file).toEqual(structure);
  });

  test("accepts the shipped file in both", () => {
    expect(ajv(parse(text)), JSON.stringify(ajv.errors)).toBe(true);
    expect(CatalogueSchema.safeParse(parse(text)).success).toBe(true);
  });

  const first = ["controls", 0, "requirements", 0];
  const owner = ["controls", 2, "requirements", 2];
  test.each<[string, (string | number)[], unknown]>([
    ["no controls", ["controls"], []],
    ["an unknown key at the top", ["owner"], "me"],
    ["an unknown key in a requirement", [...first, "severity"], "high"],
    ["a requirement without a basis", [...first, "basis"], undefined],
    ["a basis that is none", [...first, "basis"], "habit"],
    ["a requirement without a note", [...first, "note"], undefined],
    ["a number in an id", [...first, "id"], "a524.commander.15m"],
    ["a number at the end of an id", [...first, "id"], "a524.verified_90d"],
    ["an unknown fact", [...owner, "check", "over"], "ticket"],
    ["an unknown fact in from", [...owner, "from", "facts"], ["ticket"]],
    ["an unknown kind of check", [...first, "check"], { kind: "guess" }],
    ["a check without its parameters", [...owner, "check"], { kind: "present" }],
    ["a check with a parameter too many", [...first, "check"], { kind: "slots", over: "alert" }],
    ["a condition that is none", [...owner, "check", "where"], { severity: "high" }],
    ["a freshness that is no cadence", [...first, "freshness"], "often"],
    ["a minimum below nothing", [...first, "minimum"], -1],
    ["a minimum that is no whole number", [...first, "minimum"], 1.5],
    ["an empty title", ["controls", 0, "title"], ""],
    ["a family without a title", ["families", "incident-log"], { keeps: true }],
  ])("refuses %s in both", (_, path, value) => {
    const document = parseDocument(text);
    if (value === undefined) document.deleteIn(path);
    else document.setIn(path, value);
    const broken: unknown = document.toJS();
    expect(ajv(broken)).toBe(false);
    expect(CatalogueSchema.safeParse(broken).success).toBe(false);
  });
});

describe("a catalogue that cannot be used", () => {
  const lineOf = (piece: string) => text.slice(0, text.indexOf(piece)).split("\n").length;

  test.each([
    ["a basis that is none", "basis: policy", "basis: polisy", /basis: .*expected/],
    [
      "an unknown field",
      "over: incident, fields: [severity]",
      "over: incident, fields: [severty]",
      /unknown field "severty"; expected one of /,
    ],
    ["an unknown family", "families: [policy-docs]", "families: [policy-dogs]", /unknown family "policy-dogs"/],
    ["an unknown key", "minimum: 1", "minimumm: 1", /minimum/],
    [
      "an id that is there twice",
      "id: a526.commander.present",
      "id: a526.owner.present",
      /"a526.owner.present" is there twice/,
    ],
    ["an id of another control", "id: a526.owner.present", "id: a527.owner.present", /should begin with "a526\."/],
    ["a number in an id", "id: a526.owner.present", "id: a526.owner.15m", /words without digits/],
    [
      "a list that is none",
      "over: alert, fields: [severity]",
      "over: alert, each: labels, fields: [severity]",
      /"labels" is not a list of items in a alert/,
    ],
    ["a time that no record has", "pairs: [[occurredAt,", "pairs: [[startedAt,", /unknown field "startedAt"/],
    [
      "an outcome field that no record has",
      "field: outcome, bad: [missed]",
      "field: result, bad: [missed]",
      /unknown field "result"/,
    ],
  ])("says line, place and what is wrong: %s", (_, from, to, words) => {
    const message = refusal(changed(from, to));
    expect(message).toMatch(words);
    const lines = [...message.matchAll(/^line (\d+): /gm)].map((m) => Number(m[1]));
    expect(
      lines.some((line) => Math.abs(line - lineOf(from)) <= 1),
      message,
    ).toBe(true);
  });

  test("a check about a fact that nothing would feed is refused", () => {
    const message = refusal(
      changed(
        "facts: [review] }\n        freshness: monthly\n        minimum: 1",
        "facts: [incident] }\n        freshness: monthly\n        minimum: 1",
      ),
    );
    expect(message).toMatch(/the check is about the fact "review"/);
  });

  test("a file that is not YAML is refused with the line", () => {
    expect(refusal("catalogue: x\ncontrols: [\n  }")).toMatch(/line [23]: not YAML: /);
  });

  test("a key that stands there twice is refused with the line", () => {
    expect(refusal("catalogue: x\nversion: 1\ncatalogue: y\n")).toMatch(/line 3: not YAML: .*unique/i);
  });

  test("aliases that grow without end are refused", () => {
    const rows = ["a: &a [x, x, x, x, x, x, x, x, x, x]"];
    for (let i = 0; i < 8; i++) {
      const name = String.fromCharCode(98 + i);
      const before = `*${String.fromCharCode(97 + i)}`;
      rows.push(`${name}: &${name} [${Array(10).fill(before).join(", ")}]`);
    }
    expect(refusal(rows.join("\n"))).toMatch(/not YAML: .*alias/i);
  });

  test.each(["", "just a word", "[]", "42", "null"])("%j is no catalogue", (nothing) => {
    expect(refusal(nothing)).toMatch(/line 1: the file: /);
  });

  test("a file beyond the limit is refused before it is parsed", () => {
    expect(() => loadCatalogue("#".repeat(1024 * 1024 + 1))).toThrow(/at most 1 MiB/);
  });

  test("at most twenty problems are listed", () => {
    const message = refusal(text.replaceAll("basis: policy", "basis: habit"));
    expect(message.match(/^line /gm)).toHaveLength(20);
    expect(message).toMatch(/and \d+ more$/);
  });
});

describe("a catalogue of one's own", () => {
  test("may hold any control, family and kind of check", () => {
    const own = loadCatalogue(`
catalogue: soc2
version: 3
framework: SOC 2
families: { tickets: { title: tickets, keeps: true } }
controls:
  - id: CC7.3
    title: Events
    plain: Events
    purpose: Judge events.
    requirements:
      - { id: cc73.tickets.there, text: There are tickets., basis: contract, note: annex, from: { families: [tickets] }, freshness: weekly, minimum: 1, check: { kind: slots } }
      - { id: cc73.runs.there, text: There are runs., basis: contract, note: annex, from: { facts: [job-run] }, freshness: weekly, minimum: 1, check: { kind: exists, over: job-run, atLeast: 2, where: { job: [backup], endedAt: present } } }
`);
    expect(own.controls[0]?.requirements).toHaveLength(2);
  });

  test("may ask for every kind of fact there is", () => {
    expect(FACT_KINDS).toEqual([
      "incident",
      "review",
      "action",
      "event",
      "decision",
      "activity",
      "evidence",
      "alert",
      "silence",
      "alert-rule",
      "job-run",
    ]);
  });
});
