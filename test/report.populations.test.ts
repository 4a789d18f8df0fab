import { describe, expect, test } from "vitest";
import type { Interval } from "../src/lib/time.ts";
import type { Block } from "../src/report/blocks.ts";
import { buildReport } from "../src/report/model.ts";
import { populationsPages } from "../src/report/part-populations.ts";
import type { SamplesInput } from "../src/report/sample-rows.ts";
import type { ReportModel } from "../src/report/shape.ts";
import { drawRows, seedOf } from "../src/samples/draw.ts";
import { foldSamples } from "../src/samples/sample.ts";
import { ActLog, AUDITOR, OWNER, SHELL } from "./support/acts.ts";
import { incident, reportInput, wording } from "./support/report-input.ts";
import { seen } from "./support/ruled-report.ts";

const page = (model: ReportModel) => JSON.stringify(populationsPages(model, wording) satisfies Block[]);
const INPUT = { ...reportInput(), controls: [] };
const model = buildReport(INPUT);
const kind = (of: string, from = model) => from.populations.kinds.find((one) => one.kind === of);
const PERIOD: Interval = INPUT.period;

describe("populations", () => {
  test("each record is counted once: began in the period, carried in, or without a beginning", () => {
    expect(kind("incident")).toMatchObject({
      total: 4,
      began: 2,
      carriedIn: 1,
      elsewhere: 0,
      undated: 1,
      byCustody: 0,
    });
    for (const { total, began, carriedIn, elsewhere, undated, sources } of model.populations.kinds) {
      expect(began + carriedIn + elsewhere + undated).toBe(total);
      expect(sources.reduce((sum, { found }) => sum + found, 0)).toBe(total);
    }
  });

  test("name by source what was asked, for which time, by how many runs and which records", () => {
    const [prom] = kind("alert")?.sources ?? [];
    expect(prom).toMatchObject({
      instance: "prom",
      use: "alert-history/prometheus",
      query: ["http://127.0.0.1:9090/api/v1/query_range?query=ALERTS&step=60"],
      asked: { from: "2026-06-30T22:00:00.000Z", to: "2026-09-30T22:00:00.000Z" },
      // 92 days but for three missed, two late, one refused and one broken; and one run that made up for the late ones.
      runs: 86,
      found: 40,
      expected: 92,
      covered: 86,
    });
    expect(page(model)).toContain("query_range?query=ALERTS&step=60");
    expect(page(model)).toContain("86 of 92");
  });

  test("a count of the source's own that was not read to its end is a difference, with the places by their names", () => {
    const history = structuredClone(
      [...INPUT.history.instances.values()].find(({ id }) => id === "incidents")?.runs ?? [],
    );
    const last = history.findLast(({ window }) => window.from < PERIOD.to);
    const instances = new Map(INPUT.history.instances);
    const own = instances.get("incidents");
    if (own === undefined || last === undefined) throw new Error("the fixture has no register");
    Object.assign(last, { total: 6, facts: 4, problems: 1 });
    instances.set("incidents", { ...own, runs: history });
    const problems = [
      { instance: "incidents", entry: last.index, where: "incidents/INC-9.md:4", message: "no zone" },
      { instance: "incidents", entry: 1, where: "elsewhere", message: "of another run" },
    ];
    const told = buildReport({ ...INPUT, problems, history: { instances, unreadable: INPUT.history.unreadable } });
    const [source] = kind("incident", told)?.sources ?? [];
    expect(source).toMatchObject({
      reconciled: "differs",
      counted: { entry: last.index, own: 6, read: 4, unread: 1 },
      differences: ["incidents/INC-9.md:4: no zone"],
      runsBy: { same: 91, differs: 1, uncounted: 0 },
    });
    expect(page(told)).toContain("6 by its own count, 4 read");
    expect(page(told)).toContain("2 not read; 1 place could not be read");
    expect(kind("incident")?.sources[0]?.reconciled).toBe("same");
  });

  test("a value that cannot be read is no other count: the counts agree, and that is said with the value by its name", () => {
    const instances = new Map(INPUT.history.instances);
    const own = instances.get("incidents");
    if (own === undefined) throw new Error("the fixture has no register");
    const runs = structuredClone(own.runs);
    const last = runs.findLast(({ window }) => window.from < PERIOD.to);
    if (last === undefined) throw new Error("the register was never read");
    Object.assign(last, { total: 3, facts: 3, problems: 1 });
    instances.set("incidents", { ...own, runs });
    const place = { instance: "incidents", entry: last.index, where: "INC-3.md:4", message: "closedAt: no zone" };
    const about = [{ kind: "incident" as const, id: "INC-3", fields: ["closedAt"] }];
    const told = (problem: (typeof INPUT.problems)[number], more: object = {}) => {
      Object.assign(last, { total: 3, facts: 3, ...more });
      return buildReport({
        ...INPUT,
        problems: [problem],
        history: { instances, unreadable: INPUT.history.unreadable },
      });
    };
    const value = told({ ...place, about });
    expect(kind("incident", value)?.sources[0]).toMatchObject({
      reconciled: "agrees",
      counted: { own: 3, read: 3, unread: 1 },
      differences: ["INC-3.md:4: closedAt: no zone"],
    });
    expect(page(value)).toContain("the counts agree, and 1 value in these records cannot be read");
    expect(page(value)).not.toContain("not reconciled");
    // A place that may hide a whole record, and a record that is lacking, stay what they are.
    expect(kind("incident", told(place))?.sources[0]?.reconciled).toBe("differs");
    expect(kind("incident", told({ ...place, about }, { facts: 2 }))?.sources[0]?.reconciled).toBe("differs");
  });

  test("incidents that Custody opened itself are counted apart", () => {
    const facts = [seen(incident("INC-1"), 0), seen(incident("INC-2", { origin: "custody" }), 1)];
    const told = buildReport({ ...INPUT, facts });
    expect(kind("incident", told)).toMatchObject({ total: 2, byCustody: 1 });
    expect(page(told)).toContain("of all these, 1 opened by Custody itself");
  });

  test("the register of the log itself is a source also while it is empty", () => {
    const register = { instance: "custody:register", kept: { from: PERIOD.from, to: undefined }, mistaken: [] };
    const told = buildReport({ ...INPUT, facts: [], register });
    expect(kind("incident", told)?.sources.map((one) => [one.instance, one.reconciled, one.found])).toEqual([
      ["custody:register", "own", 0],
      ["incidents", "same", 0],
    ]);
    expect(page(told)).toContain("kept in this log: its records are all that there is");
  });

  test("say what nothing connected can show, and which systems are not connected and why", () => {
    expect(model.populations.withoutSource).toContain("decision");
    expect(page(model)).toContain("of these nothing is known");
    expect(page(model)).toContain("IMAP not enabled yet");
  });
});

const ROOT = "CzBVep/E6Q4zWH2ix+wRNluApcrvFDleg6jN8hc8YYY=";
const ROWS = ["incidents/INC-2026-001", "incidents/INC-2026-002", "incidents/INC-2026-003", "incidents/INC-2026-004"];
const DIGEST = "ab".repeat(32);
const WORDS = "rain on the harbour";
const SEED = { size: 1, root: ROOT };
const DRAWN = drawRows(ROWS, seedOf({ population: DIGEST, head: SEED, words: WORDS }), 2);

/** Of the third quarter, frozen after it; one of another time. */
function samples(): SamplesInput {
  const log = new ActLog("2026-10-01T06:00:00Z");
  const freeze = (sample: string, window: { from: string; to: string }) =>
    log.add(
      "sample",
      {
        sample,
        act: "freeze",
        population: { digest: DIGEST, size: 9, mediaType: "x" },
        window,
        size: 4,
        seen: { size: 0, root: ROOT },
      },
      { by: AUDITOR },
    );
  freeze("SMP-2026-001", { from: "2026-06-30T22:00:00.000Z", to: "2026-09-30T22:00:00.000Z" });
  const id = { sample: "SMP-2026-001" };
  log.add("sample", { ...id, act: "pick", chosen: ROWS.slice(3) }, { by: SHELL, words: { reason: "it has no time" } });
  log.add(
    "sample",
    { ...id, act: "draw", size: 2, seed: SEED, chosen: DRAWN },
    { by: AUDITOR, words: { words: WORDS } },
  );
  log.add(
    "sample",
    { ...id, act: "mark", chosen: ROWS.slice(3), result: "flagged" },
    { by: AUDITOR, words: { note: "undated" } },
  );
  freeze("SMP-2026-002", { from: "2025-01-01T00:00:00.000Z", to: "2025-02-01T00:00:00.000Z" });
  log.add("sample", { sample: "SMP-2026-009", act: "pick", chosen: ROWS }, { by: OWNER });
  const line = { what: "draw" as const, entry: 2, result: "same" as const, text: "the same 2 rows in the same order" };
  return {
    ...foldSamples(log.acts),
    names: new Map([["p-audi", "audi"]]),
    populations: new Map([["SMP-2026-001", { of: "incidents", only: [] }]]),
    replayed: new Map([["SMP-2026-001", { sample: "SMP-2026-001", result: "same" as const, lines: [line] }]]),
  };
}

describe("samples", () => {
  const told = buildReport({ ...INPUT, samples: samples() });
  const [sample, ...others] = told.populations.samples;

  test("of the period are told, also where they were frozen after it; others are not", () => {
    expect([sample?.id, sample?.of, others.length]).toEqual(["SMP-2026-001", "incidents", 0]);
  });

  test("the page holds everything that draws the same rows again", () => {
    const [draw] = sample?.draws ?? [];
    if (sample === undefined || draw === undefined || draw.words === null) throw new Error("nothing was drawn");
    const seed = seedOf({ population: sample.population.digest, head: draw.seed, words: draw.words });
    expect(drawRows(ROWS, seed, draw.asked)).toEqual(draw.rows);
    const text = page(told);
    for (const part of [
      sample.population.digest,
      `${draw.seed.size}:${draw.seed.root}`,
      draw.words,
      draw.rows.join(", "),
    ])
      expect(text).toContain(part);
    expect(text).toContain('\\"custody/sample/v1\\"');
  });

  test("rows picked by hand stand first, with who, why and whether they showed who they are", () => {
    const text = page(told);
    expect(text.indexOf("Picked by hand")).toBeLessThan(text.indexOf("The auditor's words"));
    expect(text).toContain("by p-shell (nobody checked who that was): it has no time");
    expect(text).toContain("1 row marked, 1 of them flagged");
    expect(sample?.unmarked).toBe(DRAWN.filter((row) => row !== ROWS[3]).length);
  });

  test("a draw that comes out differently, and records that do not fit, are said", () => {
    const bad = samples();
    const replay = { sample: "SMP-2026-001", result: "different" as const, lines: [] };
    const text = page(buildReport({ ...INPUT, samples: { ...bad, replayed: new Map([["SMP-2026-001", replay]]) } }));
    expect(text).toContain(wording.populations.replayed.different);
    expect(text).toContain("SMP-2026-009, record 5: its population was never frozen");
  });

  test("without any it is said in one line", () => {
    expect(page(model)).toContain(wording.populations.noSamples);
  });
});
