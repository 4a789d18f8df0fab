import { describe, expect, test } from "vitest";
import type { Policy } from "../src/policy/policy.ts";
import { PolicyTimeline } from "../src/policy/timeline.ts";
import type { Block } from "../src/report/blocks.ts";
import { buildReport } from "../src/report/model.ts";
import { coverPart } from "../src/report/part-cover.ts";
import { rulesPage } from "../src/report/part-rules.ts";
import { changesBetween, clausesOf } from "../src/report/rules-clauses.ts";
import type { ReportModel } from "../src/report/shape.ts";
import { reportInput, wording } from "./support/report-input.ts";
import { ruledInput, STRICTER, timeline, version } from "./support/ruled-report.ts";
import { shippedPolicy } from "./support/rules.ts";

/** Only what is printed of the rules is looked at: nothing is judged anew. */
const rulesOf = (...later: Parameters<typeof timeline>) => ({
  policies: timeline(...later),
  laws: [],
  shipped: new Set<string>(),
});
const textOf = (blocks: readonly Block[]) => JSON.stringify(blocks);
const page = (model: ReportModel) => textOf(rulesPage(model, wording));
const versions = (model: ReportModel) =>
  model.rules.versions.map((one) => [one.version, one.standing, one.judged.map(({ id }) => id)]);
const without = <T extends object>(model: T, ...members: (keyof T)[]) =>
  Object.fromEntries(Object.entries(model).filter(([name]) => !members.includes(name as keyof T)));

const alone = buildReport(ruledInput(timeline()));
/** Changed in the middle of the period. */
const halfway = buildReport(ruledInput(timeline(version(STRICTER, "2026-08-01T00:00:00Z", 90))));
/** Changed on the day of the report, after the period. */
const today = buildReport(ruledInput(timeline(version(STRICTER, "2026-10-02T07:00:00Z", 90))));

describe("rules that changed", () => {
  test("a policy changed today leaves every verdict on last month's incidents, and the report prints both versions", () => {
    expect(without(today, "rules", "id")).toEqual(without(alone, "rules", "id"));
    expect(versions(today)).toEqual([
      ["1", "in-force", ["INC-1", "INC-2", "INC-3", "INC-4", "INC-5", "INC-6", "INC-7"]],
      ["2", "later", []],
    ]);
    expect(page(today)).toContain("sev1-4, version 1");
    expect(page(today)).toContain("sev1-4, version 2");
    expect(page(today)).toContain("later: nothing in this report is judged by it");
  });

  test("changed in the period, each incident is judged by the version of its time, and both are printed", () => {
    expect(versions(halfway)).toEqual([
      ["1", "in-force", ["INC-1", "INC-2", "INC-5"]],
      ["2", "in-force", ["INC-3", "INC-4", "INC-6", "INC-7"]],
    ]);
    expect(halfway.rules.versions.map(({ from, to }) => [from, to])).toEqual([
      ["2026-01-01T00:00:00.000Z", "2026-08-01T00:00:00.000Z"],
      ["2026-08-01T00:00:00.000Z", null],
    ]);
    expect(page(halfway)).toContain("Judged by it: INC-1, INC-2, INC-5.");
  });

  test("a version that ended before the period is told where something of the period began under it, else counted", () => {
    const change = version(STRICTER, "2026-06-25T00:00:00Z", 90);
    const old = buildReport(ruledInput(timeline(change)));
    expect(versions(old).map(([of, standing, ids]) => [of, standing, ids?.length])).toEqual([
      ["1", "earlier", 1],
      ["2", "in-force", 6],
    ]);
    expect(page(old)).toContain("before the period; what began under it is judged by it");
    const none = buildReport({ ...reportInput({ facts: [] }), rules: rulesOf(change) });
    expect([none.rules.versions.map((one) => one.version), none.rules.others]).toEqual([["2"], 1]);
  });

  test("page 1 names the versions that count, with their records", () => {
    const cover = textOf(coverPart(halfway, wording));
    expect(cover).toContain("sev1-4, version 1 (record 3), from 1 Jan 2026, 01:00 until 1 Aug 2026, 02:00");
    expect(cover).toContain("sev1-4, version 2 (record 90), from 1 Aug 2026, 02:00");
    expect(textOf(coverPart(today, wording))).not.toContain("version 2");
  });

  test("a later version prints what is different, and counts what stands above already", () => {
    const blocks = rulesPage(halfway, wording);
    const second = blocks.findLastIndex((one) => one.kind === "heading" && one.text === "sev1-4, version 2");
    const [before, after] = [textOf(blocks.slice(0, second)), textOf(blocks.slice(second))];
    expect(before).toContain("Sev2: within 2 hours");
    expect(after).toContain("Sev2: within 30 minutes");
    expect(after).toContain("From when it was closed.");
    expect(after).toContain("4 of 4 word for word as in version 1 (record 3).");
    expect(after).not.toContain("Is immediately stricter than within 15 minutes?");
  });

  test("rules that were logged only later say so, with the incidents that rest on it", () => {
    const model = buildReport(ruledInput(new PolicyTimeline([version(STRICTER, "2026-08-15T00:00:00Z", 90)])));
    const [only] = model.rules.versions;
    expect(only?.reachesBack).toBe(true);
    expect(only?.judged.filter((one) => one.reachesBack).map(({ id }) => id)).toEqual([
      "INC-1",
      "INC-2",
      "INC-3",
      "INC-5",
    ]);
    expect(page(model)).toContain("INC-3 (reaches back)");
  });

  test("a text that is gone is said, and nothing is judged by it", () => {
    const gone = { ...version(STRICTER, "2026-08-01T00:00:00Z", 90), policy: undefined };
    const model = buildReport(ruledInput(timeline(gone)));
    expect(model.rules.versions.map(({ text }) => text === null)).toEqual([false, true]);
    expect(page(model)).toContain(wording.rules.gone);
    const words = model.controls.flatMap(({ requirements }) =>
      requirements.flatMap(({ cases }) => cases?.rows.filter(({ rules }) => rules === 90) ?? []),
    );
    expect(new Set(words.map(({ word }) => word))).toEqual(new Set(["indeterminate"]));
  });
});

describe("what the rules say", () => {
  test("every clause is printed, and a change of rules names each place that differs, in the rules and among the changes", () => {
    const before = shippedPolicy("sev1-4");
    const { backups: _, ...upkeep } = before.upkeep;
    const after: Policy = {
      ...before,
      version: "2",
      upkeep: { ...upkeep, restores: { every: "7d", says: "Each week we restore." } as never },
      measures: before.measures.slice(1),
    };
    const paths = clausesOf(before).map(({ path }) => path);
    for (const part of ["measures", "closing", "recovery", "evidence", "intake", "upkeep", "targets", "severities"])
      if (part in before && JSON.stringify(before[part as keyof Policy] ?? []) !== "[]")
        expect(
          paths.some((path) => path.startsWith(part)),
          part,
        ).toBe(true);
    expect(new Set(paths).size).toBe(paths.length);
    const said = changesBetween(before, after);
    expect(said.changed.concat(said.added)).toContain("upkeep.restores");
    expect(said.removed).toEqual([
      `measures.${before.measures[0]?.id}`,
      ...(before.upkeep.backups === undefined ? [] : ["upkeep.backups"]),
    ]);
    expect(changesBetween(before, { ...before, version: "3" })).toEqual({ added: [], changed: [], removed: [] });
    const model = buildReport(ruledInput(timeline(version(after, "2026-08-01T00:00:00Z", 90))));
    const text = page(model);
    expect(text).toMatch(/Against version 1 \(record \d+\): [^"]*upkeep\.restores/);
    expect(text).toContain("every: 7d; “Each week we restore.”");
    for (const path of paths) expect(text, path).toContain(path);
  });

  test("every choice is printed with what was taken and what else could be", () => {
    const [one] = alone.rules.versions;
    expect(one?.text?.choices.length).toBeGreaterThan(10);
    for (const { question, taken, alternatives } of one?.text?.choices ?? [])
      for (const text of [question, taken, ...alternatives]) expect(page(alone)).toContain(JSON.stringify(text));
  });

  test("severities with definition, deadlines by severity and the calendar with its holidays are printed", () => {
    const text = alone.rules.versions[0]?.text;
    for (const { label, means } of text?.severities ?? []) {
      expect(page(alone)).toContain(JSON.stringify(label));
      expect(page(alone)).toContain(JSON.stringify(means));
    }
    expect(text?.deadlines.find(({ id }) => id === "targets.respond")).toMatchObject({
      from: "it was noticed",
      to: "somebody responded",
      calendar: null,
      terms: [
        { severity: "Sev1", term: "within 15m", words: "within 15 minutes" },
        { severity: "Sev2", term: "within 2h", words: "within 2 hours" },
        { severity: "Sev3", term: "within 24h", words: "within 24 hours" },
        { severity: "Sev4", term: "within 72h", words: "within 72 hours" },
      ],
    });
    expect(text?.deadlines.find(({ id }) => id === "review")?.calendar).toBe(text?.calendars[0]?.name);
    expect(page(alone)).toContain("2026-04-06 Easter Monday");
    expect(page(alone)).toContain("years 2026, 2027");
  });

  test("a calendar without holidays says that they are not known", () => {
    const bare = shippedPolicy("sev1-4", (text) => text.replace(/^version: .*$/m, 'version: "3"'), false);
    const model = buildReport({ ...ruledInput(timeline()), rules: rulesOf(version(bare, "2026-08-01T00:00:00Z", 90)) });
    expect(model.rules.versions[1]?.text?.calendars[0]?.holidays.state).toBe("unknown");
    expect(page(model)).toContain(wording.rules.holidaysUnknown);
    expect(page(alone)).not.toContain(wording.rules.holidaysUnknown);
  });

  test("what nobody filled in of the document is told as not filled in", () => {
    expect(alone.rules.versions[0]?.text?.document).toMatchObject({ approvedBy: null, lastReviewed: null });
    expect(page(alone)).toContain("not filled in");
  });

  test("laws are on or off with the reason, their data by its digest, and the articles of those that are on", () => {
    const laws = alone.rules.laws.map(({ law, standings, steps }) => [law, standings[0]?.on, steps.length > 0]);
    expect(laws).toEqual([
      ["gdpr", true, true],
      ["nis2", false, false],
      ["dora", false, false],
      ["cra", false, false],
    ]);
    for (const { digest } of alone.rules.laws) expect(digest).toMatch(/^[0-9a-f]{64}$/);
    expect(page(alone)).toContain("Art. 33(1)");
    expect(page(alone)).toContain("72h from when somebody knew, or when it was noticed where that is not recorded");
  });

  test("a workspace without rules says so in a few lines", () => {
    const model = buildReport(reportInput());
    expect(rulesPage(model, wording)).toEqual([
      { kind: "heading", level: 1, text: "By which rules" },
      { kind: "paragraph", text: wording.rules.none },
    ]);
    expect(textOf(coverPart(model, wording))).toContain("no rules of the organisation are in the log");
  });

  test("text of the rules is cleaned before it is printed", () => {
    const [first] = alone.rules.versions;
    const sly = structuredClone(STRICTER) as { title: string };
    sly.title = "Rules\u202eselur";
    const rules = rulesOf(version(sly as never, "2026-08-01T00:00:00Z", 90));
    const model = buildReport({ ...reportInput(), rules });
    expect(first?.text?.title).not.toContain("[U+");
    expect(model.rules.versions[1]?.text?.title).toBe("Rules[U+202E]selur");
  });
});
