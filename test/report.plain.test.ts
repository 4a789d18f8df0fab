import { describe, expect, test } from "vitest";
import type { Block } from "../src/report/blocks.ts";
import { withdrawnSignOffs } from "../src/report/confirmations.ts";
import { buildReport } from "../src/report/model.ts";
import { confirmationsPart } from "../src/report/part-confirmations.ts";
import { controlsPart } from "../src/report/part-controls.ts";
import { coverPart } from "../src/report/part-cover.ts";
import { gapsPart } from "../src/report/part-coverage.ts";
import { findingBlocks } from "../src/report/part-findings.ts";
import { causeInReviews } from "../src/report/part-sheet.ts";
import { sheetsPart } from "../src/report/part-sheets.ts";
import { summaryPart } from "../src/report/part-summary.ts";
import { whoPart } from "../src/report/part-who.ts";
import type { ReportModel } from "../src/report/shape.ts";
import { printed } from "./support/account.ts";
import { reportInput, wording } from "./support/report-input.ts";

const model = buildReport(reportInput());
type Part = (model: ReportModel, words: typeof wording) => Block[];
const page = (part: Part, over: object = {}): string => printed(part({ ...model, ...over } as ReportModel, wording));

describe("numbers that look alike say what they count", () => {
  test("incidents: those of the list, those that Custody opened, and all", () => {
    const [row] = model.incidents.rows;
    const incidents = { ...model.incidents, nil: null, byCustody: [row, row], undated: [] };
    const n = model.incidents.rows.length;
    expect(page(summaryPart, { incidents })).toContain(
      `${n + 2}: these, 2 that Custody opened itself and 0 without any`,
    );
  });

  test("captures are not called files, and their distinct contents stand beside", () => {
    const { collected, imported, uploaded } = model.cover.files;
    expect(page(coverPart)).toContain(`of ${collected + imported + uploaded} captures`);
    expect(page(coverPart)).toContain(`${model.evidence.length} distinct contents`);
  });
});

test("nobody who is not named as key holder is said to hold the key", () => {
  const several = [{ name: "jonas", parts: ["operates", "key"] }];
  const of = (said: boolean) =>
    page(whoPart, { who: { ...model.who, onePerson: null, several, keyHolders: { said, names: ["jonas"] } } });
  expect(of(false)).toContain("jonas operates the installation and can reach the signing key.");
  expect(of(true)).toContain("jonas operates the installation and holds the signing key.");
});

test("a confirmation that a later record contradicts does not count", () => {
  const period = { from: model.period.from, to: model.period.to, label: "July 2026" };
  const signed = {
    entry: 544,
    at: model.period.from,
    subject: "nil-return",
    period,
    by: "katrin",
    requirements: [],
    void: null,
  };
  const nil = (state: string) => ({
    requirement: "x",
    about: "incident",
    period,
    state,
    reason: "1 incident since",
    holes: [],
    sources: [],
    confirmed: [{ by: "katrin", at: model.period.from, entry: 544 }],
    entries: [],
  });
  const of = (state: string) => page(confirmationsPart, { signOffs: [signed], nilReturns: [nil(state)] }).split("\n");
  expect(of("withdrawn")).toContain("no: withdrawn, 1 incident since");
  expect(of("confirmed")).toContain("yes");
  // One whose month is not wholly in the period has no claim here that could say how it stands.
  expect(page(confirmationsPart, { signOffs: [signed], nilReturns: [] })).toContain("not judged here");
});

test("what of a confirmation was withdrawn whole is no sign-off in any count", () => {
  const nil = (state: string, ...entries: number[]) =>
    ({ state, signed: entries.map((entry) => ({ entry })) }) as never;
  const found = withdrawnSignOffs([
    nil("withdrawn", 5, 7),
    nil("confirmed", 7),
    nil("confirmable"),
    nil("withdrawn", 9),
  ]);
  expect([...found]).toEqual([5, 9]);
});

test("an acceptance of a gap that ran out stays beside the one in force", () => {
  const [gap] = model.gaps;
  const acceptances = [
    { at: "2026-09-01T10:00:00.000Z", until: "2026-09-11T10:00:00.000Z", by: "katrin", entry: 7 },
    { at: "2026-09-15T10:00:00.000Z", until: "2026-12-01T10:00:00.000Z", by: "jonas", entry: 9 },
  ];
  expect(page(gapsPart, { gaps: [{ ...gap, acceptances }] })).toContain(
    "Accepted 1 Sep 2026, 12:00 until 11 Sep 2026, 12:00 by katrin (record 7).",
  );
});

test("a finding that whoever did it looked at alone says so", () => {
  const said = (by: string) => ({
    at: model.period.from,
    logged: model.period.from,
    by,
    proven: true,
    text: null,
    entry: 3,
  });
  const finding = (verifier: string) => ({
    id: "FND-1",
    origin: "own",
    state: "closed",
    steps: [],
    notes: [],
    files: [],
    entries: [3],
    reopened: 0,
    due: null,
    extent: null,
    window: null,
    opened: said("katrin"),
    cause: null,
    correction: null,
    correctiveAction: null,
    done: said("katrin"),
    verified: { ...said(verifier), result: "effective" },
    closed: { ...said("katrin"), without: false },
    afterLook: [],
    gap: null,
  });
  const of = (by: string) => page(findingBlocks, { exceptions: { ...model.exceptions, findings: [finding(by)] } });
  expect(of("katrin")).toContain("whoever did it is who looked whether it helped");
  expect(of("ines")).not.toContain("whoever did it is who looked");
});

test("whatever fails is named on paper, however many", () => {
  const [control] = model.controls;
  const [requirement] = control?.requirements ?? [];
  const failing = Array.from({ length: 40 }, (_, i) => ({ id: `INC-${i}`, what: "late", cause: null }));
  const controls = [{ ...control, requirements: [{ ...requirement, failing, cases: null }] }];
  const text = page(controlsPart, { controls });
  for (const { id } of failing) expect(text).toMatch(new RegExp(`\\b${id}\\b`));
});

test("incidents without a whole sheet stand in a few lines where the sheets are", () => {
  const told = { instance: "incidents", entry: 3, digest: null };
  const brief = { id: "INC-MILD", title: "mild", told, place: null, byCustody: false, policy: null, clocks: [] };
  const text = page(sheetsPart, { sheets: { ...model.sheets, rows: [], brief: [{ ...brief, entries: [3, 9] }] } });
  expect(text).toContain("INC-MILD");
  expect(text).toContain("Records: 3, 9");
});

test("what several reasons have in common is said once, and each refers to it", () => {
  const tail = "watched only in part of the period (incidents; since 1 Nov 2026)";
  const [control] = model.controls;
  const [requirement] = control?.requirements ?? [];
  const requirements = ["a", "b", "c"].map((id) => ({
    ...requirement,
    id,
    failing: [],
    cases: null,
    reason: `1 of 1 ${id}; ${tail}`,
  }));
  const text = page(controlsPart, { controls: [{ ...control, requirements }] });
  expect(text.split("atched only in part of the period (incidents; since 1 Nov 2026)").length).toBe(2);
  for (const id of ["a", "b", "c"]) expect(text).toContain(`1 of 1 ${id} [a]`);
});

test("a cause that only the review has is pointed at", () => {
  const reviews = [
    { id: "PIR-1", sections: ["timeline", "root cause"] },
  ] as unknown as ReportModel["learning"]["reviews"];
  const sheet = { reviews: [{ id: "PIR-1" }] } as unknown as Parameters<typeof causeInReviews>[0];
  expect(causeInReviews(sheet, reviews)).toBe('; its review PIR-1 says one under "root cause"');
  expect(causeInReviews({ reviews: [] }, reviews)).toBe("");
});

test("a finding stands with the control that it names, whoever found it, the overdue first", () => {
  const [control] = model.controls;
  const finding = (id: string, over: object) => ({
    id,
    origin: "external-audit",
    reference: "NC-3",
    state: "open",
    overdue: false,
    due: "2026-07-21T21:59:59.999Z",
    requirement: null,
    requirementText: null,
    control: null,
    gap: null,
    opened: { entry: 7 },
    ...over,
  });
  const findings = [
    finding("FND-1", { control: "A.9.99" }),
    finding("FND-2", { requirement: control?.requirements[0]?.id, origin: "own", reference: null }),
    finding("FND-3", { control: control?.id, overdue: true, gap: "No rota" }),
  ];
  const text = page(controlsPart, { controls: [control], exceptions: { ...model.exceptions, findings } });
  expect(text).toMatch(
    /FND-3 \(.*, no\. NC-3\): overdue, .*, due by the end of 21 Jul 2026.*\. No rota \(record 7\)[\s\S]*FND-2 \(/,
  );
  expect(text).not.toContain("FND-1");
});
