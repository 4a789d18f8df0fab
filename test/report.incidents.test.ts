import { describe, expect, test } from "vitest";
import { populationsOf } from "../src/assess/population.ts";
import type { Words } from "../src/evidence/act.ts";
import { actsOfKind } from "../src/evidence/act.ts";
import type { FactOf, Observed } from "../src/evidence/fact.ts";
import { incidentFacts } from "../src/incidents/facts.ts";
import { foldRegister, OWN_REGISTER } from "../src/incidents/register.ts";
import { shippedLaws } from "../src/laws.ts";
import { digestOf } from "../src/lib/digest.ts";
import type { Block } from "../src/report/blocks.ts";
import { caseParts } from "../src/report/case-parts.ts";
import type { ReportInput } from "../src/report/input.ts";
import { buildReport } from "../src/report/model.ts";
import { incidentsPart } from "../src/report/part-incidents.ts";
import { notificationsPart } from "../src/report/part-notifications.ts";
import { SHEETS_PRINTED, sheetsPart } from "../src/report/part-sheets.ts";
import type { ReportModel } from "../src/report/shape.ts";
import { linksOf } from "../src/reviews/links.ts";
import { ActLog, SHELL } from "./support/acts.ts";
import { t } from "./support/entries.ts";
import { incident, reportInput, wording } from "./support/report-input.ts";
import { inForce } from "./support/rules.ts";

const NAMES = new Map([
  ["p-anna", "Anna"],
  ["p-otto", "Otto"],
]);

const LAWS = shippedLaws().map((law) => ({ law, digest: digestOf(new TextEncoder().encode(law.law)) }));

/** Words of the source: its own incident, in one revision for each of `words`, from record 5 on. */
function toldBy(instance: string, ...words: FactOf<"incident">[]): Observed[] {
  return words.map((fact, i) => ({
    fact,
    instance,
    entry: 5 + i,
    item: String(i).repeat(64),
    ordinal: 0,
    at: t("2026-07-15T06:00:00Z") + i * 3_600_000,
  }));
}

/** A breach that was noticed on 14 July at 09:00 UTC, with everything that a sheet tells. */
function whole(): ActLog {
  const log = new ActLog("2026-07-14T08:00Z");
  const at = (time: string, act: string, values = {}, words: Words = {}, more = {}) =>
    log.add("incident", { incident: "INC-1", act, values, ...more }, { at: `2026-07-14T${time}Z`, words });
  at("09:00:00", "open", { severity: "Sev3", nature: "security", owner: "p-anna" }, { title: "Exports were readable" });
  const stamp = { incident: "INC-1", act: "stamp", values: { time: "acknowledged" } };
  log.add("incident", stamp, { at: "2026-07-14T09:10:00Z", by: SHELL });
  at("09:20:00", "classify", { severity: "Sev1" }, { reason: "two tenants" });
  at("09:25:00", "assign", { role: "commander", person: "p-otto" });
  at("09:30:00", "escalate", { to: "founder", from: "on-call" }, { reason: "customer data" });
  at("10:00:00", "communicate", { channel: "email", audience: "customers", reached: 3 }, { to: "the owners" });
  at("10:10:00", "impact", { affected: 4, confidentiality: "high", type: "data-exposure" });
  at("10:20:00", "personal-data", { decision: "yes" }, { reason: "names in it" });
  at(
    "11:00:00",
    "breach",
    { role: "controller", risk: "unlikely", awareAt: "2026-07-14T09:05:00.000Z", riskAt: "2026-07-14T11:00:00.000Z" },
    { riskReason: "test data" },
  );
  at("12:00:00", "resolve");
  log.add(
    "incident",
    {
      incident: "INC-1",
      act: "stamp",
      values: { time: "acknowledged" },
      happened: "2026-07-14T09:40:00.000Z",
      corrects: 1,
    },
    { at: "2026-07-20T08:00Z", words: { correction: "the mail was sent later" }, by: SHELL },
  );
  return log;
}

interface Given {
  readonly log?: ActLog;
  readonly facts?: readonly Observed[];
  readonly policy?: boolean;
}

/** The parts about incidents, in a report that has nothing else. */
function report({ log = new ActLog(), facts = [], policy = true }: Given = {}): ReportModel {
  const register = foldRegister(actsOfKind(log.acts, "incident"));
  const all = [...facts, ...incidentFacts(register, NAMES)];
  const closing = { needs: ["owner", "cause"], open: [{ need: "cause", text: "its cause is not recorded" }] };
  const input: ReportInput = {
    ...INPUT,
    facts: all,
    ...(policy ? { rules: { policies: RULES, laws: LAWS, shipped: new Set() } } : {}),
    cases: {
      register: register.incidents,
      names: NAMES,
      links: linksOf(log.acts),
      waivers: [],
      closing: new Map([["INC-1", closing]]),
    },
  };
  const populations = populationsOf(all, new Map(), () => undefined, input.period, input.asOf);
  const claim = { confirmedBy: null, claim: null };
  return {
    ...EMPTY,
    ...caseParts(input, populations, { imported: new Set(), gone: () => null, sources: [], unread: 0, claim }),
  };
}

const INPUT = reportInput({ facts: [], problems: [] });
const EMPTY = buildReport(INPUT);
const RULES = inForce("sev1-4");

/** Everything that blocks print. */
const print = (blocks: readonly Block[]): string => JSON.stringify(blocks);
const WHOLE = report({ log: whole() });

describe("the register", () => {
  test("tells of severity first and at worst, of kind, of who decided about personal data", () => {
    const [row] = WHOLE.incidents.rows;
    expect(row).toMatchObject({
      severityFirst: "Sev3",
      severityPeak: "Sev1",
      type: "data-exposure",
      personalDataBy: "Anna",
      breaches: 1,
      owner: "Anna",
      commander: "Otto",
      sheet: true,
    });
  });

  test("makes one row of records only where a link says that they are the same, and names the other", () => {
    const facts = toldBy("incidents", incident("INC-7", { title: "Exports" }));
    expect(report({ log: whole(), facts }).incidents.rows).toHaveLength(2);
    const log = whole();
    const to = { instance: "incidents", kind: "incident", id: "INC-7", entry: 5 };
    log.add("link", { from: { type: "incident", id: "INC-1" }, to, relation: "same", act: "add" });
    const linked = report({ log, facts });
    expect(linked.incidents.rows.map(({ id, also }) => [id, also.map((one) => one.id)])).toEqual([
      ["INC-1", ["INC-7"]],
    ]);
    expect([linked.incidents.records, linked.notifications.incidents, linked.sheets.incidents]).toEqual([2, 1, 1]);
    // The times of both stand in its timeline, each with its source.
    const sources = linked.sheets.rows[0]?.timeline.map(({ told }) => told.instance);
    expect(new Set(sources)).toEqual(new Set([OWN_REGISTER, "incidents"]));
    expect(print(incidentsPart(linked, wording))).toContain("2 records of sources are 1 incidents here");
  });

  test("names an ID that two sources tell of, and one under which a source tells of two things at once", () => {
    const [first, later] = [incident("INC-7"), incident("INC-7", { title: "Another", detectedAt: t("2026-08-01") })];
    const twice = toldBy("incidents", first, later).map((one, ordinal) => ({ ...one, entry: 5, ordinal }));
    const { doubles } = report({ facts: [...twice, ...toldBy("tickets", first)] }).incidents;
    expect(doubles.map(({ id, kind, records }) => [id, kind, records.length])).toEqual([
      ["INC-7", "one-source", 2],
      ["INC-7", "sources", 3],
    ]);
    // A later word about the same one is none.
    expect(report({ facts: toldBy("incidents", first, { ...first, status: "open" }) }).incidents.doubles).toEqual([]);
  });

  test("tells two records of one source under one ID apart, in rows and sheets, however often they are read again", () => {
    const [first, other] = [
      incident("INC-7", { severity: "Sev1", detectedAt: t("2026-07-02T08:00Z") }),
      incident("INC-7", { title: "Another", severity: "Sev2", detectedAt: t("2026-07-05T08:00Z") }),
    ];
    const look = (entry: number, words = [first, other]) =>
      words.map((fact, position) => {
        const origin = fact.title === "Another" ? "b.md" : "a.md";
        return { fact, instance: "incidents", entry, item: String(position).repeat(64), position, origin, ordinal: 0 };
      });
    const link = { from: { type: "incident" as const, id: "INC-1" }, relation: "same" as const, act: "add" as const };
    const log = whole();
    // Which of the two it means, nobody can say.
    log.add("link", { ...link, to: { instance: "incidents", kind: "incident", id: "INC-7", entry: 9 } });
    const { incidents, sheets } = report({ log, facts: [...look(5), ...look(7), ...look(9)] });
    expect(incidents.rows.map(({ id, place, also }) => [id, place, also.length])).toEqual([
      ["INC-7", "a.md", 0],
      ["INC-7", "b.md", 0],
      ["INC-1", null, 0],
    ]);
    expect(incidents.records).toBe(3);
    expect(incidents.doubles.map(({ kind, records }) => [kind, records.map(({ place }) => place)])).toEqual([
      ["one-source", ["a.md", "b.md"]],
    ]);
    const told = sheets.rows.filter(({ id }) => id === "INC-7");
    expect(told.map(({ place, severityFirst, severityPeak }) => [place, severityFirst, severityPeak])).toEqual([
      ["a.md", "Sev1", "Sev1"],
      ["b.md", "Sev2", "Sev2"],
    ]);
    for (const { timeline } of told) expect(timeline.flatMap(({ replaced }) => replaced)).toEqual([]);
    // Mended at the source: what was read of the other one is no earlier word about it.
    const mended = report({ facts: [...look(5), ...look(9, [first])] });
    expect(mended.incidents.doubles).toEqual([]);
    const [alone] = mended.sheets.rows.filter(({ id }) => id === "INC-7");
    expect([alone?.place, alone?.severityPeak, alone?.timeline.flatMap(({ replaced }) => replaced)]).toEqual([
      null,
      "Sev1",
      [],
    ]);
    const looks = [...look(5, [other]).map((one) => ({ ...one, origin: "c.md" })), ...look(9, [first])];
    // The same file name is not needed where there was only ever one.
    expect(report({ facts: looks }).sheets.rows[0]?.timeline.flatMap(({ replaced }) => replaced)).not.toEqual([]);
  });

  test("keeps what Custody opened itself, and what has no time, out of the rows", () => {
    const none = { detectedAt: null, acknowledgedAt: null, containedAt: null, resolvedAt: null, closedAt: null };
    const facts = [incident("INC-8", { origin: "custody" }), incident("INC-9", none)].flatMap((one) =>
      toldBy("incidents", one),
    );
    const { rows, byCustody, undated } = report({ facts }).incidents;
    expect([rows, byCustody, undated].map((some) => some.map(({ id }) => id))).toEqual([[], ["INC-8"], ["INC-9"]]);
  });

  test("prints a time no more exactly than it is known", () => {
    const fact = incident("INC-7", { detectedAt: t("2026-07-13T22:00Z"), precision: { detectedAt: 86_400_000 } });
    const text = print(incidentsPart(report({ facts: toldBy("incidents", fact) }), wording));
    expect(text).toContain("the day only");
    expect(text).not.toContain("22:00:00Z");
  });
});

describe("a sheet", () => {
  const [sheet] = WHOLE.sheets.rows;

  test("has of each statement its record, when it happened and when it was logged", () => {
    const corrected = sheet?.timeline.find(({ told }) => told.entry === 10);
    expect(corrected).toMatchObject({
      at: "2026-07-14T09:40:00.000Z",
      logged: "2026-07-20T08:00:00.000Z",
      by: "p-shell (nobody checked who that was)",
      because: "the mail was sent later",
      replaced: [{ at: "2026-07-14T09:10:00.000Z", entry: 1 }],
    });
  });

  test("has times that a record names beside its own, with that record", () => {
    const aware = sheet?.timeline.find(({ what }) => what === "somebody knew what is concerned");
    expect(aware).toMatchObject({ at: "2026-07-14T09:05:00.000Z", told: { entry: 8 }, by: "Anna" });
  });

  test("has severities, escalations, messages against those affected, decisions and closing", () => {
    expect(sheet?.severities.map(({ severity, reason }) => [severity, reason])).toEqual([
      ["Sev3", null],
      ["Sev1", "two tenants"],
    ]);
    expect(sheet?.escalations[0]).toMatchObject({ to: "founder", reason: "customer data", told: { entry: 4 } });
    expect(sheet?.personalData).toMatchObject({ decision: "yes", by: "Anna", reason: "names in it" });
    expect(sheet?.closing).toMatchObject({ open: [{ need: "cause" }], closed: null });
    const text = print(sheetsPart(WHOLE, wording));
    expect(text).toContain("3 of 4 affected");
    expect(text).toContain("0 records of it: measures, actions, reviews");
  });

  test("has each clock with level, term, result and the version of the rules", () => {
    const responses = sheet?.clocks.filter(({ name }) => name === "respond") ?? [];
    expect(responses.map(({ level, word, policy }) => [level, word, policy?.name])).toContainEqual([
      "Sev1",
      "not_met",
      "sev1-4",
    ]);
    expect(sheet?.clocks.some(({ basis, name }) => basis === "law" && name.startsWith("gdpr.authority"))).toBe(true);
  });

  test("of a source says with which record a time was known first, and what was said before", () => {
    const [before, after] = [incident("INC-7", { resolvedAt: t("2026-07-14T11:00Z") }), incident("INC-7")];
    const { rows } = report({
      facts: toldBy("incidents", before, after, { ...after, status: "closed for good" }),
    }).sheets;
    const resolved = rows[0]?.timeline.find(({ what }) => what === "resolved");
    expect(resolved).toMatchObject({ told: { entry: 6, digest: "1".repeat(64) }, logged: "2026-07-15T07:00:00.000Z" });
    expect(resolved?.replaced).toEqual([{ at: "2026-07-14T11:00:00.000Z", precision: 1, what: "resolved", entry: 5 }]);
  });

  test("is there for the two worst severities, for breaches and for words that are none of the rules", () => {
    const facts = [
      ...Array.from({ length: 9 }, (_, i) => incident(`LOW-${i}`, { severity: "Sev4", personalData: "no" })),
      incident("TOP", { severity: "Sev1" }),
      incident("SECOND", { severity: "Sev2" }),
      incident("DATA", { severity: "Sev4", personalData: "yes" }),
      incident("ODD", { severity: "Purple" }),
    ].flatMap((one) => toldBy("incidents", one));
    const { rows, without } = report({ facts }).sheets;
    expect(rows.map(({ id }) => id)).toEqual(["TOP", "SECOND", "DATA", "ODD"]);
    expect(rows.slice(0, 2).every(({ because }) => because.includes("worst severities"))).toBe(true);
    expect(without).toBe(9);
    const few = report({ facts: facts.slice(0, 3) }).sheets;
    expect([few.rows.length, few.without]).toEqual([0, 3]);
  });

  test("of lesser severities is a few lines with its times, what came of each clock, and its records", () => {
    const facts = toldBy("incidents", incident("LOW", { severity: "Sev4", personalData: "no" }));
    const model = report({ facts });
    const [brief, ...more] = model.sheets.brief;
    expect([brief?.id, brief?.entries, more]).toEqual(["LOW", [brief?.told.entry], []]);
    const text = print(sheetsPart(model, wording));
    expect(text).toContain("LOW");
    expect(text).toContain(`Records: ${brief?.told.entry}`);
    expect(text).toMatch(/detected 2026-\d\d-\d\d/);
    for (const { name } of brief?.clocks ?? []) expect(text).toContain(`${name}`);
    expect(brief?.clocks.length).toBeGreaterThan(0);
  });

  test("is printed for a limited number, and the others are counted and named", () => {
    const facts = Array.from({ length: SHEETS_PRINTED + 2 }, (_, i) =>
      incident(`INC-${String(i + 10)}`, { detectedAt: t("2026-07-14") + i }),
    ).flatMap((one) => toldBy("incidents", one));
    const blocks = sheetsPart(report({ facts }), wording);
    const heads = blocks.filter((block) => block.kind === "heading" && block.level === 2);
    expect(heads).toHaveLength(SHEETS_PRINTED);
    expect(print(blocks)).toContain(`2 more incidents have a sheet, which are not printed here: INC-50, INC-51`);
  });
});

describe("notifications", () => {
  test("list a breach of which nobody was told, with who decided it, when and why", () => {
    const { breaches, yes, decided } = WHOLE.notifications;
    expect([yes, decided, breaches.length]).toEqual([1, 1, 1]);
    expect(breaches[0]).toMatchObject({
      recorded: true,
      role: "controller",
      risk: { word: "unlikely", by: "Anna", reason: "test data", decided: { at: "2026-07-14T11:00:00.000Z" } },
      authority: { at: null },
    });
    expect(print(notificationsPart(WHOLE, wording))).toContain("not notified: the risk was decided to be unlikely");
  });

  test("name due and done for each duty, and a breach that nobody recorded", () => {
    const told = { ...BREACH, risk: "risk" as const, authorityAt: t("2026-07-18T10:00Z") };
    const facts = [
      incident("INC-7", { personalData: "yes", breaches: [told] }),
      incident("INC-8", { personalData: "yes" }),
    ].flatMap((one) => toldBy("incidents", one));
    const { breaches } = report({ facts }).notifications;
    const duty = breaches[0]?.duties.find(({ name }) => name === "gdpr.authority");
    expect(duty).toMatchObject({ due: "2026-07-17T09:00:00.000Z", done: "2026-07-18T10:00:00.000Z", word: "not_met" });
    expect([breaches[1]?.incident, breaches[1]?.recorded]).toEqual(["INC-8", false]);
  });

  test("of none say so with n of N, and name what nobody decided", () => {
    const facts = [incident("INC-7"), incident("INC-8", { personalData: null })].flatMap((one) => toldBy("x", one));
    const model = report({ facts });
    expect(model.notifications.undecided.map(({ incident: id }) => id)).toEqual(["INC-8"]);
    expect(print(notificationsPart(model, wording))).toContain(
      "No incident of the period was recorded as a breach of personal data; 1 of 2 have a recorded decision.",
    );
  });

  test("tell of laws that are off that they are, and of nothing they would ask", () => {
    const { laws, reports } = WHOLE.notifications;
    expect(laws.map(({ law, on }) => [law, on])).toEqual(
      expect.arrayContaining([
        ["gdpr", true],
        ["nis2", false],
      ]),
    );
    expect(reports).toEqual([]);
  });
});

test("without rules the register has all that a source tells, so only incidents of the log itself have a sheet", () => {
  const { sheets } = report({ facts: toldBy("incidents", incident("INC-7", { personalData: "yes" })), policy: false });
  expect([sheets.incidents, sheets.rows]).toEqual([1, []]);
  const own = report({ log: whole(), policy: false }).sheets;
  expect(own.rows.map(({ because }) => because)).toEqual([
    "no rules of the organisation say which severities are the worst",
  ]);
});

test("without incidents, rules or records the three parts are lines on one page", () => {
  const model = report({ policy: false });
  const blocks = [sheetsPart(model, wording), notificationsPart(model, wording)].flat();
  expect(blocks.filter(({ kind }) => kind === "part")).toHaveLength(0);
  expect(blocks.filter(({ kind }) => kind === "table")).toHaveLength(0);
});

const BREACH: FactOf<"incident">["breaches"][number] = {
  role: "controller",
  dataset: null,
  awareAt: t("2026-07-14T09:00Z"),
  risk: null,
  riskBy: null,
  riskAt: null,
  riskReason: null,
  authorityAt: null,
  controllerAt: null,
  subjectsAt: null,
  exemption: null,
  delayReason: null,
  facts: null,
  effects: null,
  remedy: null,
  people: null,
};
