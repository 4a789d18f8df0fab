import { describe, expect, test } from "vitest";
import { judgeTarget } from "../src/assess/targets.ts";
import type { FactOf } from "../src/evidence/fact.ts";
import type { Waiver } from "../src/findings/waiver.ts";
import type { Block } from "../src/report/blocks.ts";
import { buildReport } from "../src/report/model.ts";
import { controlsPart } from "../src/report/part-controls.ts";
import { performancePages } from "../src/report/part-performance.ts";
import type { ReportModel } from "../src/report/shape.ts";
import { incident, reportInput, wording } from "./support/report-input.ts";
import { ruledInput, STRICTER, seen, timeline, version } from "./support/ruled-report.ts";

const page = (model: ReportModel) => JSON.stringify(performancePages(model, wording) satisfies Block[]);
const INPUT = ruledInput(timeline(version(STRICTER, "2026-08-01T00:00:00Z", 90)));
const model = buildReport(INPUT);
const MINUTE = 60_000;
const at = (text: string) => Date.parse(text);

describe("performance", () => {
  test("is told by version of the rules, clock and severity, with incidents of Custody's own apart", () => {
    const rows = model.performance.rows.filter(({ target }) => target === "respond");
    expect(rows.map((row) => [row.rules?.version, row.severity, row.byCustody, row.n, row.met, row.notMet])).toEqual([
      ["1", "Sev2", false, 3, 3, 0],
      ["2", "Sev2", false, 2, 0, 2],
      ["2", "Sev3", true, 1, 0, 1],
      ["2", null, false, 1, 0, 0],
    ]);
    expect(rows[0]).toMatchObject({
      words: "within 2 hours",
      calendar: null,
      from: "it was noticed",
      to: "somebody responded",
      began: 2,
      carriedIn: 1,
      lengths: { exact: 3, toMinute: 0, inexact: 0, median: 50 * MINUTE, p90: 50 * MINUTE, worst: 50 * MINUTE },
    });
    expect(rows[3]?.indeterminate).toBe(1);
  });

  test("the words of a row add up to its clocks", () => {
    for (const row of model.performance.rows) {
      const { met, notMet, pending, indeterminate, invalid, noData, noTarget } = row;
      expect(met + notMet + pending + indeterminate + invalid + noData + noTarget).toBe(row.n);
      expect(row.began + row.carriedIn).toBe(row.n);
      expect(row.misses.length).toBe(row.notMet);
    }
  });

  test("every miss is printed with when it was due and how long it took", () => {
    const misses = model.performance.rows.flatMap((row) => row.misses);
    expect(misses.map(({ id, due, took }) => [id, due, took])).toEqual([
      ["INC-3", "2026-08-05T08:30:00.000Z", 180 * MINUTE],
      ["INC-4", "2026-08-20T08:30:00.000Z", 50 * MINUTE],
      ["INC-6", "2026-09-02T08:00:00.000Z", INPUT.asOf - Date.parse("2026-09-01T08:00:00.000Z")],
    ]);
    for (const { id, what } of misses) {
      expect(page(model)).toContain(id);
      expect(page(model)).toContain(what);
    }
    expect(page(model)).toContain("incidents; opened by Custody");
    expect(page(model)).toContain("2026-08-05 08:30:00Z");
    expect(page(model)).toContain("Incidents that Custody opened itself");
    const shown = performancePages(model, wording).flatMap((block) =>
      block.kind === "table" ? [block.rows.length] : [],
    );
    expect(shown).toEqual([6, 2, 2, 1, 3, 3]);
  });

  test("how long it went on before it was noticed is a figure; what Custody opened stands apart from what people did", () => {
    const noticed = at("2026-09-01T08:00:00.000Z");
    const gap = (id: string, over: Partial<FactOf<"incident">>) =>
      seen(incident(id, { detectedAt: noticed, severity: "Sev3", origin: "custody", ...over }), 0);
    const began = noticed - 7 * 86_400_000;
    const facts = [
      seen(incident("INC-1", { occurredAt: noticed - 30 * MINUTE, detectedAt: noticed, respondedAt: noticed }), 0),
      gap("INC-gap-1", { occurredAt: began, respondedAt: noticed + 400 }),
      gap("INC-gap-2", { occurredAt: began, respondedAt: noticed + 60 * MINUTE }),
      // As it was logged before the begin was: nothing is made up for it.
      gap("INC-gap-3", { respondedAt: noticed }),
      gap("INC-gap-4", { occurredAt: noticed, closedAt: noticed + MINUTE }),
    ].map((one, ordinal) => ({ ...one, ordinal }));
    const told = buildReport({ ...ruledInput(timeline()), facts });
    const { people, custody, rows } = told.performance.unnoticed;
    expect(people).toMatchObject({ n: 1, median: 30 * MINUTE, worstId: "INC-1" });
    expect(custody).toMatchObject({ n: 2, median: noticed - began, unknown: 2 });
    expect(rows.map(({ id, took, atOnce, responded }) => [id, took, atOnce, responded])).toEqual([
      ["INC-gap-1", noticed - began, true, null],
      ["INC-gap-2", noticed - began, false, 60 * MINUTE],
      ["INC-gap-3", null, true, null],
      ["INC-gap-4", null, false, null],
    ]);
    expect(page(told)).toContain("in the moment in which it was noticed: one deed, which is no length");
    expect(page(told)).toContain("not known; when it was noticed at the latest");
    const words = facts.map(({ fact }) => judgeTarget(fact as FactOf<"incident">, "respond", timeline(), INPUT.asOf));
    expect(words.map(({ verdict: { word } }) => word)).toEqual(["ok", "unclear", "ok", "unclear", "no_data"]);
    expect(words.map(({ verdict: { what } }) => what)).toEqual([
      expect.stringContaining("responded to after 0 min"),
      "responded to in the moment in which it was noticed, not noticed before it was answered; your rules say within 24h (Sev3); before that it went on for 7 d and was not noticed",
      expect.stringMatching(/^responded to after 1 h; .*; before that it went on for 7 d and was not noticed$/),
      "responded to in the moment in which it was noticed, not noticed before it was answered; your rules say within 24h (Sev3)",
      expect.not.stringContaining("before that"),
    ]);
  });

  test("a second severity that is none of the rules' is counted, whatever the first one gave", () => {
    const start = Date.parse("2026-07-10T08:00:00.000Z");
    const severities = ["Sev2", "Weird"].map((severity, i) => ({ at: start + i, severity, by: null, reason: null }));
    const fact = incident("INC-1", { detectedAt: start, respondedAt: start + MINUTE, severity: "Sev2", severities });
    const told = buildReport({ ...ruledInput(timeline()), facts: [seen(fact, 0)] });
    const rows = told.performance.rows.filter(({ target }) => target === "respond");
    expect(rows.map((row) => [row.severity, row.met, row.indeterminate])).toEqual([
      ["Sev2", 1, 0],
      [null, 0, 1],
    ]);
  });

  test("no miss is said as a number, and no rules in one line", () => {
    const good = buildReport({ ...INPUT, facts: INPUT.facts.slice(0, 2), controls: [] });
    expect(page(good)).toContain("0 of 4 clocks missed.");
    const bare = performancePages(buildReport({ ...reportInput(), controls: [] }), wording);
    expect(bare).toEqual([
      { kind: "heading", level: 1, text: "Performance against the deadlines" },
      { kind: "paragraph", text: wording.performance.noRules },
    ]);
  });
});

describe("requirements with a verdict on each record", () => {
  const requirements = model.controls.flatMap((control) => control.requirements);
  const respond = requirements.find(({ cases }) => cases?.rows.some(({ what }) => what.includes("responded to after")));
  const text = JSON.stringify(controlsPart(model, wording));

  test("count what was not decided apart from n of N, and name it", () => {
    expect(respond).toMatchObject({ result: "not_met", met: 3, of: 6 });
    expect(respond?.cases).toMatchObject({
      byCustody: 1,
      counts: { met: 3, not_met: 3, indeterminate: 1, pending: 0, invalid: 0, no_data: 0, no_target: 0 },
    });
    expect(respond?.cases?.rows.map(({ id, word }) => [id, word])).toEqual([
      ["INC-3", "not_met"],
      ["INC-4", "not_met"],
      ["INC-6", "not_met"],
      ["INC-7", "indeterminate"],
    ]);
    const rows = controlsPart(model, wording).flatMap((block) => (block.kind === "table" ? block.rows : []));
    const share = rows.find((row) => row[0]?.some((one) => one.text.startsWith(`${respond?.id};`)))?.[2];
    expect(share?.map((one) => one.text)).toEqual(["3 of 6", "1 indeterminate", "1 by Custody"]);
    expect(text).toContain(
      "INC-3 (record 60): responded to after 3 h; your rules say within 30m (Sev2), by 2026-08-05 10:30",
    );
    expect(text).toContain('INC-7 (record 60): the severity \\"Terrible\\" is none of your rules');
  });

  test("name the versions of the rules, with how many records each judged", () => {
    expect(respond?.judgedBy.map(({ version: of, entry, cases }) => [of, entry, cases])).toEqual([
      ["1", 3, 3],
      ["2", 90, 4],
    ]);
    expect(text).toContain("judged by sev1-4 1 (record 3): 3; sev1-4 2 (record 90): 4");
  });

  test("what somebody accepted keeps its failures in sight", () => {
    const id = respond?.id ?? "";
    const waiver: Waiver = {
      id: "WVR-2026-001",
      index: 95,
      requirement: id,
      granted: Date.parse("2026-09-20T10:00:00Z"),
      until: Date.parse("2026-12-31T00:00:00Z"),
      owner: "p-anna",
      ownerName: "anna",
    } as never;
    const waived = [
      {
        waiver: waiver.id,
        entry: 95,
        granted: waiver.granted,
        until: waiver.until,
        owner: "p-anna",
        ownerName: "anna",
        n: 3,
        ids: ["INC-3", "INC-4", "INC-6"],
        later: 3,
      },
    ];
    const controls = INPUT.controls.map((control) => ({
      ...control,
      requirements: control.requirements.map((one) =>
        one.id === id ? { ...one, result: "waived" as const, waived } : one,
      ),
    }));
    const told = buildReport({ ...INPUT, controls });
    const row = told.controls.flatMap((control) => control.requirements).find((one) => one.id === id);
    expect([row?.result, row?.failing.length, row?.cases?.counts.not_met]).toEqual(["waived", 3, 3]);
    expect(JSON.stringify(controlsPart(told, wording))).toContain(
      "Accepted by anna until 31 Dec 2026, 01:00 (WVR-2026-001, record 95): INC-3, INC-4, INC-6",
    );
  });
});
