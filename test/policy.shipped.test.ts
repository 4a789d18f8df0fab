import { readFileSync, writeFileSync } from "node:fs";
import { Ajv2020 } from "ajv/dist/2020.js";
import { beforeAll, describe, expect, test } from "vitest";
import { parse, parseDocument } from "yaml";
import { z } from "zod";
import { templateOf } from "../src/policy/begin.ts";
import { loadPolicy, mistakesInWords, readPolicy } from "../src/policy/load.ts";
import {
  channelOf,
  labelsOf,
  type Policy,
  PolicyFile,
  severityOf,
  severityOrder,
  worstOf,
} from "../src/policy/policy.ts";
import { SHIPPED_POLICIES } from "../src/policy/shipped.ts";

const textOf = (name: string) => readFileSync(new URL(`../controls/policies/${name}.yaml`, import.meta.url), "utf8");
const read = (name: string) =>
  readPolicy(textOf(name), { zone: "Europe/Berlin", asOf: Date.parse("2026-11-21T12:00:00Z") });
const load = (name: string): Policy => loadPolicy(textOf(name), { zone: "Europe/Berlin" });

/** Ids of the acceptance list by the policy whose procedure has the rule; `N-05` is law, `V-5` and `N-04` are everybody's. */
const ACCEPTANCE: Record<(typeof SHIPPED_POLICIES)[number], string> = {
  "critical-low": "D-01 D-02 D-03 D-04 V-0 V-5 V-6 M-01 M-02 M-03 M-14 N-03 N-04 N-05 P-01 B-03 B-04 B-05 B-10",
  "critical-low-untimed":
    "G-04 G-06 G-07 G-08 D-07 V-1 V-5 V-10 E-02 E-03 E-04 E-05 E-10 C-05 C-13 M-09 M-10 M-11 N-04 N-05 P-07 B-09",
  "sev1-4":
    "G-01 G-02 G-13 D-05 D-08 D-09 V-2 V-5 V-7 V-9 E-01 C-01 C-02 C-03 C-04 C-14 C-15 C-19 N-01 N-02 N-04 N-05 P-02 P-08 B-01 B-02 B-08 B-11 B-12",
  "p0-p2": "G-11 G-12 D-10 D-11 V-3 V-5 V-8 C-07 C-08 C-16 M-04 M-05 M-06 M-07 M-08 M-13 N-04 N-05 P-03 P-04 B-06 B-07",
  "p1-p4":
    "G-03 G-05 G-09 G-10 D-06 D-12 D-13 D-14 V-4 V-5 V-11 E-06 E-07 E-08 E-09 E-11 C-06 C-08 C-09 C-10 C-11 C-12 C-17 C-18 C-20 M-12 N-04 N-05 P-05 P-06 P-09 B-09",
};

/** Everything in a value, deepest last. */
function* objectsIn(value: unknown): Generator<Record<string, unknown>> {
  if (typeof value !== "object" || value === null) return;
  if (!Array.isArray(value)) yield value as Record<string, unknown>;
  for (const inner of Object.values(value)) yield* objectsIn(inner);
}

describe.each(SHIPPED_POLICIES)("%s", (name) => {
  const policy = load(name);

  test("can be used, under its own name", () => {
    expect(mistakesInWords(read(name).mistakes)).toEqual([]);
    expect(policy.policy).toBe(name);
  });

  test("is approved by nobody, and says so", () => {
    expect(mistakesInWords(read(name).remarks).join("\n")).toMatch(/document\.approvedBy: not filled in yet/);
  });

  test("has every rule of the acceptance list that its procedure has", () => {
    const refs = new Set([...objectsIn(policy)].flatMap((one) => (Array.isArray(one.refs) ? one.refs : [])));
    const wanted = ACCEPTANCE[name].split(" ");
    expect(wanted.filter((id) => !refs.has(id))).toEqual([]);
  });

  test("says of every rule what the procedure says", () => {
    const mute = [...objectsIn(policy)].filter(
      (one) => Array.isArray(one.refs) && !("says" in one) && !("reason" in one) && !("why" in one),
    );
    expect(mute.filter((one) => !("title" in one))).toEqual([]);
  });

  test("has no number in the id of a rule", () => {
    const ids = [...objectsIn(policy)].flatMap((one) => (typeof one.id === "string" ? [one.id] : []));
    expect(ids.filter((id) => /\d/.test(id))).toEqual([]);
  });

  test("prints each choice with what was taken and what else could have been", () => {
    expect(policy.choices.length).toBeGreaterThan(8);
    for (const { question, taken, alternatives } of policy.choices) {
      expect(question).toMatch(/\?$/);
      expect(taken.length).toBeGreaterThan(5);
      expect(alternatives.length).toBeGreaterThan(0);
    }
  });

  test("switches the GDPR on and the others off, with the reason", () => {
    expect(policy.laws.map(({ law, on }) => [law, on])).toEqual([
      ["gdpr", true],
      ["nis2", false],
      ["dora", false],
      ["cra", false],
    ]);
    for (const { why } of policy.laws) expect(why.length).toBeGreaterThan(30);
  });

  test("names no company and no product of anybody", () => {
    const names =
      /codebahn|opensense|murzin|updown|scaleway|sentry|render\.com|infisical|clerk|cloudflare|github|discord|slack|telegram|postmark|hetzner|wrangler|\bR2\b|\bk6\b|dependabot|twitter|mastodon|@[a-z]/i;
    expect(names.exec(textOf(name))?.[0]).toBeUndefined();
  });

  test("leaves the zone and the holidays to the owner", () => {
    expect(parse(textOf(name)).zone).toBeUndefined();
    for (const { zone, holidays } of Object.values(policy.calendars)) {
      expect(zone).toBe("Europe/Berlin");
      expect(holidays).toEqual([]);
    }
  });

  test("can be begun from", () => {
    const { severities, deadlines } = templateOf(textOf(name));
    expect(severities).toEqual(policy.severities.map(({ label }) => label));
    expect(deadlines).toHaveLength(severities.length);
  });
});

describe("the numbers of the procedures", () => {
  test.each<[string, string, Record<string, string>]>([
    ["critical-low", "respond", { Critical: "within 1h", High: "within 4h", Medium: "within 1bd", Low: "within 5bd" }],
    [
      "critical-low-untimed",
      "respond",
      { Critical: "no number", High: "no number", Medium: "no number", Low: "no number" },
    ],
    ["sev1-4", "respond", { Sev1: "within 15m", Sev2: "within 2h", Sev3: "within 24h", Sev4: "within 72h" }],
    ["p0-p2", "acknowledge", { P0: "within 30m", P1: "within 30m", P2: "within 4bh" }],
    ["p0-p2", "resolve", { P0: "no number", P1: "within 8bh", P2: "within 5bd" }],
    ["p1-p4", "triage", { P1: "under 15m", P2: "under 1h", P3: "under 4h", P4: "within 1bd" }],
    ["p1-p4", "commander", { P1: "within 15m", P2: "within 15m" }],
  ])("%s, %s", (name, target, terms) => {
    expect(load(name).targets[target]?.terms).toEqual(terms);
  });

  test("reviews, breaches, updates and thresholds", () => {
    expect(load("critical-low").review?.deadline).toBe("within 5bd");
    expect(load("critical-low").breach?.controllers).toMatchObject({ term: "within 48h", basis: "contract" });
    expect(load("sev1-4").breach?.authority).toMatchObject({
      term: "within 72h",
      from: "awareAt",
      orFrom: "detectedAt",
    });
    expect(load("sev1-4").gaps.find(({ kind }) => kind === "stale-evidence")).toMatchObject({
      severity: "Sev3",
      opensIncident: true,
    });
    expect(load("p0-p2").publicReview).toMatchObject({ deadline: "within 7bd", from: "resolvedAt" });
    expect(load("p0-p2").publicReview?.required).toContainEqual({ severities: ["P1"], longerThan: "1h" });
    expect(load("p0-p2").updates.public?.terms).toEqual({ P0: "every 60m", P1: "every 60m", P2: "every 1bd" });
    expect(load("p0-p2").signals.map(({ longerThan }) => longerThan)).toEqual([
      "5m",
      "5m",
      "15m",
      undefined,
      undefined,
    ]);
    expect(load("p1-p4").review?.sections).toHaveLength(8);
    expect(load("critical-low").review?.sections).toHaveLength(5);
  });
});

describe("words of registers", () => {
  const policy = load("sev1-4");

  test.each([
    ["Sev1", "Sev1"],
    ["SEV-1", "Sev1"],
    [" sev 2 ", "Sev2"],
    ["S3", "Sev3"],
    ["sev_4", "Sev4"],
    ["P1", undefined],
    ["", undefined],
    [null, undefined],
  ])("%j is %s", (word, label) => {
    expect(severityOf(policy, word)?.label).toBe(label);
  });

  test("the worst of several is the one that stands first", () => {
    expect(worstOf(policy, ["Sev3", null, "sev2", "unknown"])?.label).toBe("Sev2");
    expect(worstOf(policy, [null, "unknown"])).toBeUndefined();
    expect(severityOrder(policy, "Sev1")).toBe(0);
    expect(labelsOf(policy, "critical")).toEqual(["Sev1"]);
  });

  test("a channel is known by its other names", () => {
    expect(channelOf(load("p0-p2"), "StatusPage")).toBe("status-page");
    expect(channelOf(load("p0-p2"), "fax")).toBeUndefined();
  });
});

describe("the structure", () => {
  const file = new URL("../controls/policy.schema.json", import.meta.url);
  // The zone of a calendar may be left out: it is the policy's.
  const structure = z.toJSONSchema(PolicyFile, {
    io: "input",
    override: ({ jsonSchema }) => {
      if (jsonSchema.properties?.hours !== undefined)
        jsonSchema.required = jsonSchema.required?.filter((key) => key !== "zone") ?? [];
    },
  });

  let ajv: ReturnType<Ajv2020["compile"]>;
  beforeAll(() => {
    ajv = new Ajv2020({ allErrors: true }).compile(JSON.parse(readFileSync(file, "utf8")));
  });

  test("is the same for editors as for the program (UPDATE_DOCS=1 writes it anew)", () => {
    if (process.env.UPDATE_DOCS) writeFileSync(file, `${JSON.stringify(structure, null, 2)}\n`);
    expect(JSON.parse(readFileSync(file, "utf8"))).toEqual(structure);
  });

  test.each(SHIPPED_POLICIES)("accepts %s in both", (name) => {
    expect(ajv(parse(textOf(name))), JSON.stringify(ajv.errors)).toBe(true);
  });

  test.each<[string, (string | number)[], unknown]>([
    ["an unknown key", ["ownr"], "me"],
    ["a severity without a rank", ["severities", 0, "rank"], undefined],
    ["a time that no incident has", ["targets", "respond", "from"], "yesterday"],
    ["a rule that says nothing", ["gaps", 0, "says"], undefined],
    ["a number in an id", ["natures", 0, "id"], "type-1"],
    ["an acceptance id that is none", ["gaps", 0, "refs"], ["G1"]],
    ["a law that is none", ["laws", 0, "law"], "gpdr"],
  ])("refuses %s in both", (_, path, value) => {
    const document = parseDocument(textOf("sev1-4"));
    if (value === undefined) document.deleteIn(path);
    else document.setIn(path, value);
    expect(ajv(document.toJS())).toBe(false);
    expect(readPolicy(document.toString()).mistakes).not.toEqual([]);
  });
});
