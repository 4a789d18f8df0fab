import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { canonicalBytes } from "../src/lib/canonical.ts";
import { base64, digestOf } from "../src/lib/digest.ts";
import { drawRows, seedOf } from "../src/samples/draw.ts";
import {
  decodePopulation,
  encodePopulation,
  MAX_ROWS,
  type Population,
  type PopulationParts,
  populationOf,
  populationOrProblem,
  rowName,
} from "../src/samples/population.ts";
import { replaySample } from "../src/samples/replay.ts";
import { fieldsOfRow } from "../src/samples/rows.ts";
import { chosenRows, foldSamples } from "../src/samples/sample.ts";
import { ActLog, AUDITOR, OWNER, SHELL } from "./support/acts.ts";
import { fact } from "./support/assessing.ts";
import { t } from "./support/entries.ts";

const ROOT = base64(new Uint8Array(32));
const item = "a".repeat(64);
const FIELDS = fieldsOfRow(fact("incident", "x", { title: "x", detectedAt: t("2026-11-05T10:00Z") }));

const source = (instance: string, rows: number): Population["sources"][number] => ({
  instance,
  use: "incident-log/markdown",
  query: ["incidents/"],
  runs: 2,
  first: 3,
  last: 4,
  rows,
  began: rows,
  counted: { entry: 4, own: rows, read: rows, unread: 0 },
  reconciled: "same",
  expected: 30,
  covered: 30,
  unread: 0,
});

function parts(ids: readonly string[], over: Partial<PopulationParts> = {}): PopulationParts {
  return {
    of: "incidents",
    period: { from: "2026-11-01T00:00:00.000Z", to: "2026-12-01T00:00:00.000Z" },
    zone: "Europe/Berlin",
    only: [],
    seen: { size: 1, root: ROOT },
    asOf: "2026-12-02T00:00:00.000Z",
    undated: 0,
    sources: [source("register", ids.length)],
    excluded: [],
    rows: ids.map((id) => ({
      instance: "register",
      id,
      revision: { entry: 0, item, ordinal: 0 },
      fields: { ...FIELDS, title: `title of ${id}` },
    })),
    ...over,
  };
}

const TEN = Array.from({ length: 10 }, (_, i) => `INC-2026-${String(i + 1).padStart(3, "0")}`);

describe("a population", () => {
  test("has the same bytes in whatever order its rows, sources and exclusions come", () => {
    const excluded = [
      { instance: "register", reason: "outside-period", count: 1, named: ["INC-2025-001"] },
      { instance: "other", reason: "other-source", count: 1, named: ["X"] },
    ];
    const sources = [source("register", 10), source("none", 0)];
    const a = encodePopulation(populationOf(parts(TEN, { excluded, sources })));
    const turned = { excluded: excluded.toReversed(), sources: sources.toReversed() };
    const b = encodePopulation(populationOf(parts(TEN.toReversed(), turned)));
    expect(digestOf(a)).toBe(digestOf(b));
    expect(decodePopulation(a).rows.map(({ row }) => row)).toEqual(TEN.map((id) => `register/${id}`));
  });

  test("keeps of a fact what tells rows apart, and no names of people", () => {
    const fields = fieldsOfRow(
      fact("incident", "INC-1", { title: "x".repeat(400), owner: "Anna", detectedAt: t("2026-11-05") }),
    );
    expect(fields).toMatchObject({ detectedAt: "2026-11-05T00:00:00.000Z", resolvedAt: null });
    expect(Array.from(String(fields.title))).toHaveLength(201);
    expect(JSON.stringify(fields)).not.toContain("Anna");
  });

  test.each<[string, (p: Population) => unknown, RegExp]>([
    ["a row taken out", (p) => ({ ...p, rows: p.rows.slice(1) }), /is said to have 10 rows and has 9/],
    ["two rows exchanged", (p) => ({ ...p, rows: [p.rows[1], p.rows[0], ...p.rows.slice(2)] }), /out of order/],
    ["a row twice", (p) => ({ ...p, rows: [p.rows[0], ...p.rows] }), /out of order, or there twice/],
    [
      "a row under another name",
      (p) => ({ ...p, rows: [{ ...p.rows[0], row: "register/INC-0" }, ...p.rows.slice(1)] }),
      /is not the name of/,
    ],
    ["a source taken out", (p) => ({ ...p, sources: [] }), /is none of its sources/],
    ["a field more", (p) => ({ ...p, more: 1 }), /no population/],
    ["a time that is none", (p) => ({ ...p, asOf: "yesterday" }), /no population: asOf/],
  ])("with %s is refused", (_, change, why) => {
    const changed = change(populationOf(parts(TEN)));
    expect(populationOrProblem(canonicalBytes(changed))).toMatch(why);
  });

  test("of bytes that are no canonical JSON is refused", () => {
    const bytes = encodePopulation(populationOf(parts(TEN)));
    expect(populationOrProblem(bytes.subarray(1))).toMatch(/not JSON/);
    expect(populationOrProblem(new TextEncoder().encode(`${new TextDecoder().decode(bytes)} `))).toMatch(/canonical/);
  });

  test("of 100,000 rows is made, read and drawn from in seconds; of more it is refused", { timeout: 180_000 }, () => {
    const ids = Array.from({ length: MAX_ROWS }, (_, i) => `alert-${i}`);
    // Other work on the machine must not count.
    const before = process.cpuUsage();
    const bytes = encodePopulation(populationOf(parts(ids)));
    const { rows } = decodePopulation(bytes);
    const seed = seedOf({ population: digestOf(bytes), head: { size: 2, root: ROOT }, words: "x" });
    const drawn = drawRows(
      rows.map(({ row }) => row),
      seed,
      60,
    );
    const { user, system } = process.cpuUsage(before);
    expect(drawn).toHaveLength(60);
    expect((user + system) / 1e6).toBeLessThan(30);
    expect(bytes.length).toBeLessThan(60 * 1024 ** 2);
    expect(() => populationOf(parts([...ids, "one-more"]))).toThrow(/100001 rows/);
  });
});

describe("the name of a row", () => {
  test.each([
    ["register", "INC-2026-001", "register/INC-2026-001"],
    ["a/b", "c", /^a\/b\/c\+[0-9a-f]{16}$/],
    ["prom", "api is down", /^prom\/api-is-down\+[0-9a-f]{16}$/],
    ["prom", "c++", /^prom\/c-\+[0-9a-f]{16}$/],
    ["prom", "", "prom/"],
    ["prom", "ÄÖÜ", /^prom\/-\+[0-9a-f]{16}$/],
  ])("of %s and %s", (instance, id, name) => {
    expect(rowName(instance, id)).toEqual(typeof name === "string" ? name : expect.stringMatching(name));
  });

  test("is one that records can hold, and never that of another row", () => {
    const text = fc.oneof(fc.string({ unit: "grapheme", maxLength: 250 }), fc.stringMatching(/^[a-c/+ -]{0,5}$/));
    const instance = fc.stringMatching(/^[a-c][a-c/+-]{0,5}$/);
    fc.assert(
      fc.property(instance, text, instance, text, (a, b, c, d) => {
        const [x, y] = [rowName(a, b), rowName(c, d)];
        expect(x).toMatch(/^[A-Za-z0-9][A-Za-z0-9._:@/+-]{0,199}$/);
        expect(x === y).toBe(a === c && b === d);
      }),
      { numRuns: 2_000 },
    );
  });
});

/** A sample with one draw, its population, and the root of the log at each size. */
function sampled(over: { population?: Population; seed?: { size: number; root: string }; of?: PopulationParts } = {}) {
  const bytes = encodePopulation(populationOf(over.of ?? parts(TEN)));
  const digest = digestOf(bytes);
  const rootAt = (size: number) => (size > 9 ? undefined : base64(new Uint8Array(32).fill(size - 1)));
  const log = new ActLog();
  log.add("link", { from: { type: "entry", id: "1" }, to: { type: "entry", id: "2" }, relation: "about", act: "add" });
  const population = { digest, size: bytes.length, mediaType: "application/json" };
  log.add("sample", { sample: "SMP-1", act: "freeze", population, size: 10, seen: { size: 1, root: ROOT } });
  const seed = over.seed ?? { size: 2, root: rootAt(2) ?? "" };
  const rows = decodePopulation(bytes).rows.map(({ row }) => row);
  const chosen = drawRows(rows, seedOf({ population: digest, head: seed, words: "my words" }), 4);
  log.add(
    "sample",
    { sample: "SMP-1", act: "draw", size: 4, seed, chosen },
    { words: { words: "my words" }, by: AUDITOR },
  );
  return { log, rootAt, population: over.population ?? decodePopulation(bytes), chosen, rows };
}

const sampleIn = ({ acts }: ActLog) => {
  const [sample] = foldSamples(acts).samples;
  if (sample === undefined) throw new Error("one sample");
  return sample;
};

describe("a replay", () => {
  test("gives the same rows", () => {
    const { log, ...parts } = sampled();
    const replayed = replaySample(sampleIn(log), parts);
    expect(replayed).toMatchObject({ result: "same", sample: "SMP-1" });
    expect(replayed.lines.map(({ what }) => what)).toEqual(["population", "seed", "draw"]);
  });

  test("gives the same rows where two records of one id are told apart by the place of each", () => {
    const { rows, ...rest } = parts([...TEN.slice(0, 8), "INC-5", "INC-5"]);
    const files = ["a/INC-5.md", "INC-5.md (2)"];
    const of = { ...rest, rows: rows.map((row, i) => (i < 8 ? row : { ...row, place: files[i - 8] as string })) };
    const { log, ...known } = sampled({ of });
    expect(known.rows.filter((row) => row.includes("INC-5"))).toHaveLength(2);
    expect(replaySample(sampleIn(log), known)).toMatchObject({ result: "same" });
    const { population } = known;
    const moved = population.rows.map((row) => (row.place === files[0] ? { ...row, place: "b/INC-5.md" } : row));
    expect(populationOrProblem(canonicalBytes({ ...population, rows: moved }))).toMatch(/is not the name of/);
    const without = population.rows.map(({ place: _, ...row }) => row);
    expect(populationOrProblem(canonicalBytes({ ...population, rows: without }))).toMatch(/is not the name of/);
  });

  test("finds a population that is not the one that was frozen", () => {
    const { log, population, ...rest } = sampled();
    const fewer = { ...population, rows: population.rows.slice(1) };
    expect(replaySample(sampleIn(log), { ...rest, population: fewer })).toMatchObject({ result: "different" });
    const later = {
      ...population,
      rows: population.rows.map((row) => ({ ...row, revision: { ...row.revision, entry: 1 } })),
    };
    expect(replaySample(sampleIn(log), { ...rest, population: later }).lines[0]).toMatchObject({
      result: "different",
      text: expect.stringContaining("rest on records that came later"),
    });
    expect(replaySample(sampleIn(log), { ...rest, population: { wrong: "altered" } }).result).toBe("different");
    expect(replaySample(sampleIn(log), { ...rest, population: { missing: "not here" } }).result).toBe("unknown");
  });

  test("finds a log with another root, and a fingerprint that was waited for", () => {
    const { log, ...parts } = sampled();
    expect(replaySample(sampleIn(log), { ...parts, rootAt: () => "another" }).result).toBe("different");
    expect(replaySample(sampleIn(log), { ...parts, rootAt: () => undefined }).result).toBe("unknown");
    const root = base64(new Uint8Array(32).fill(1));
    const waited = sampled({ seed: { size: 2, root } });
    waited.log.add("sample", {
      sample: "SMP-1",
      act: "draw",
      size: 1,
      seed: { size: 3, root: waited.rootAt(3) },
      chosen: ["x"],
    });
    const lines = replaySample(sampleIn(waited.log), waited).lines;
    expect(lines.find(({ what, entry }) => what === "seed" && entry === 3)?.text).toContain("could have waited");
  });

  test.each<[string, (chosen: string[], rows: string[]) => string[]]>([
    ["another row", (chosen, rows) => [...chosen.slice(1), rows.find((one) => !chosen.includes(one)) ?? ""]],
    ["another order", (chosen) => chosen.toReversed()],
    ["a row fewer", (chosen) => chosen.slice(1)],
    ["a stranger", (chosen) => [...chosen.slice(1), "register/INC-2027-001"]],
  ])("finds %s", (_, change) => {
    const { log, chosen, rows, ...rest } = sampled();
    const seed = { size: 2, root: rest.rootAt(2) };
    log.add(
      "sample",
      { sample: "SMP-1", act: "draw", size: 4, seed, chosen: change(chosen, rows) },
      { words: { words: "my words" } },
    );
    expect(replaySample(sampleIn(log), rest).lines.at(-1)).toMatchObject({ what: "draw", result: "different" });
  });

  test("finds a row picked by hand that is not of the population, and says when words are gone", () => {
    const { log, ...rest } = sampled();
    log.add("sample", { sample: "SMP-1", act: "pick", chosen: ["register/INC-2027-001"] });
    expect(replaySample(sampleIn(log), rest).lines.at(-1)).toMatchObject({ what: "pick", result: "different" });
    const gone = sampled();
    (gone.log.acts as { words: object }[]).at(-1)!.words = {};
    expect(replaySample(sampleIn(gone.log), gone)).toMatchObject({ result: "unknown" });
  });
});

describe("the records of a sample", () => {
  test("that do not fit are told and change nothing", () => {
    const { log, rootAt } = sampled();
    log.add("sample", { sample: "SMP-9", act: "pick", chosen: ["x"] });
    log.add("sample", {
      sample: "SMP-1",
      act: "freeze",
      population: { digest: item, size: 1, mediaType: "a/b" },
      seen: { size: 1, root: ROOT },
    });
    log.add("sample", { sample: "SMP-1", act: "draw", size: 1, seed: { size: 1, root: rootAt(1) }, chosen: ["x"] });
    log.add("sample", { sample: "SMP-1", act: "draw", size: 1, seed: { size: 99, root: ROOT }, chosen: ["x"] });
    log.add("sample", { sample: "SMP-1", act: "draw", size: 1, chosen: ["x"] });
    log.add("sample", { sample: "SMP-1", act: "mark", chosen: ["x"] });
    log.add("sample", { sample: "SMP-1", act: "pick" });
    const { samples, troubles } = foldSamples(log.acts);
    expect(samples).toMatchObject([{ id: "SMP-1", draws: [{ index: 2 }], picks: [] }]);
    expect(troubles.map(({ index }) => index)).toEqual([3, 4, 5, 6, 7, 8, 9]);
    expect(troubles.map(({ text }) => text)).toContain("its fingerprint is from before the population was frozen");
  });

  test("say what was chosen how; an auditor's mark stands whatever the organisation marks after it", () => {
    const { log, chosen } = sampled();
    const [first = "", second = ""] = chosen;
    log.add(
      "sample",
      { sample: "SMP-1", act: "pick", chosen: [second, "register/INC-2026-001"] },
      { words: { reason: "odd" } },
    );
    const mark = (row: string, result: string, by: typeof OWNER) =>
      log.add("sample", { sample: "SMP-1", act: "mark", chosen: [row], result }, { by });
    mark(first, "accepted", OWNER);
    mark(first, "flagged", AUDITOR);
    mark(first, "accepted", OWNER);
    mark(second, "accepted", { ...AUDITOR, auth: "unauthenticated" });
    mark(second, "not-applicable", SHELL);
    const rows = new Map(chosenRows(sampleIn(log)).map((row) => [row.row, row]));
    expect(rows.get(first)).toMatchObject({ picked: [], drawn: [2], mark: { result: "flagged", by: "p-audi" } });
    // Who did not prove to be an auditor is none.
    expect(rows.get(second)).toMatchObject({ picked: [3], drawn: [2], mark: { result: "not-applicable" } });
    expect(sampleIn(log).allMarks).toHaveLength(5);
  });
});
