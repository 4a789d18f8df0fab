import { describe, expect, test } from "vitest";
import { canonical } from "../src/lib/canonical.ts";
import { clean, MAX_TEXT } from "../src/report/clean.ts";
import { buildReport } from "../src/report/model.ts";
import { otherCounts } from "../src/report/part-summary.ts";
import type { History } from "../src/slots/history.ts";
import { completenessOf } from "../src/verify/verdict.ts";
import { ActLog } from "./support/acts.ts";
import { incident, reportInput } from "./support/report-input.ts";

const report = (over = {}) => buildReport(reportInput(over));

describe("the report as data", () => {
  test("is canonical JSON, the same for the same input", () => {
    expect(canonical(report())).toBe(canonical(report()));
  });

  test("gives every expected slot of a source exactly one state, and the states add up", () => {
    for (const source of report().sources) {
      const sum = Object.values(source.states).reduce((a, b) => a + b, 0);
      expect([source.instance, sum, source.bar.reduce((n, b) => n + b.slots, 0)]).toEqual([source.instance, 92, 92]);
    }
  });

  test("counts holes, late evidence and gaps as the slots have them", () => {
    const { cover } = report();
    expect(cover.slots).toMatchObject({ expected: 276, collected: 268, late: 2, holes: 6, paused: 0, pending: 0 });
    // Verification counts what is over in the whole log, the controls the months of the register too: the report says how they meet.
    const verified = completenessOf(reportInput().history as History).reason;
    expect([verified, cover.slots.register]).toEqual([
      expect.stringContaining(`of ${cover.slots.inLog} expected periods`),
      0,
    ]);
    expect(otherCounts(report())).toEqual([
      "276 = 276 that are over + 0 not due yet.",
      "Verification counts what is over in the whole log: 285 = 276 + 9 outside this period.",
    ]);
    const kept = { from: Date.parse("2026-08-15T00:00:00Z"), to: undefined };
    const own = buildReport(reportInput({ register: { instance: "custody:register", kept, mistaken: [] } }));
    expect(otherCounts(own).at(-1)).toBe(
      "The controls count the months of the register in the log itself too: 278 = 276 + 2.",
    );
    expect([cover.gaps.total, cover.gaps.open, cover.gaps.longest?.slots]).toEqual([4, 2, 3]);
  });

  test("says of each gap what, since when, why and how it stands", () => {
    const gaps = report().gaps.map((g) => [g.from, g.to, g.states, g.state, g.cause]);
    expect(gaps).toEqual([
      [
        "2026-07-20T22:00:00.000Z",
        "2026-07-23T22:00:00.000Z",
        { missed: 3 },
        "open",
        "the machine that collects was switched off from 20 to 23 July",
      ],
      ["2026-08-10T22:00:00.000Z", "2026-08-11T22:00:00.000Z", { partial: 1 }, "open", "retention"],
      [
        "2026-08-24T22:00:00.000Z",
        "2026-08-26T22:00:00.000Z",
        { late: 2 },
        "closed-late",
        "token expired 23 Aug 14:02 Europe/Berlin",
      ],
      [
        "2026-09-08T22:00:00.000Z",
        "2026-09-10T22:00:00.000Z",
        { failed: 1, unavailable: 1 },
        "accepted",
        "SOURCE_ANSWER",
      ],
    ]);
  });

  test("lists the newest word on every incident that was open in the period, and undated ones apart", () => {
    const { rows, undated } = report().incidents;
    expect(rows.map((r) => [r.id, r.carriedIn, r.carriedOut])).toEqual([
      ["INC-2026-003", true, false],
      ["INC-2026-001", false, false],
      ["INC-2026-002", false, true],
    ]);
    expect(rows[1]?.title).toContain("Überlast");
    expect(undated.map((r) => r.id)).toEqual(["INC-2026-004"]);
  });

  test("counts a control over the same records as the register shows", () => {
    const { controls, incidents } = report();
    const owner = controls.flatMap((c) => c.requirements).find((r) => r.id === "a525.severity.stated");
    expect(owner?.of).toBe(incidents.rows.length + incidents.undated.length);
  });

  test("leaves out what is only recommended, unless asked", () => {
    const bases = (recommended: boolean) =>
      report({ recommended }).controls.flatMap((c) => c.requirements.map((r) => r.basis));
    expect(bases(false)).not.toContain("recommended");
    expect(bases(true).length).toBeGreaterThanOrEqual(bases(false).length);
  });

  test("keeps imported evidence apart from collected", () => {
    const { cover, imported, evidence } = report();
    expect([cover.files.imported, imported.length, imported[0]?.origin]).toEqual([1, 1, "old-register.csv"]);
    expect(evidence.filter((e) => e.late).length).toBe(1);
  });

  test("names a problem of a file once, with the first and last record that showed it", () => {
    const { problems } = report();
    expect(problems).toHaveLength(1);
    expect(problems[0]?.firstEntry).toBeLessThan(problems[0]?.lastEntry ?? 0);
    expect(problems[0]?.mendedBy).toBeGreaterThan(problems[0]?.lastEntry ?? 0);
    // Mended since: it is told of, and counted nowhere any more.
    const counted = (model: ReturnType<typeof report>) => [
      model.problems.map(({ mended }) => mended),
      model.glance.find(({ about }) => about === "problems")?.n,
      model.populations.kinds.find(({ kind }) => kind === "incident")?.sources.map(({ unread }) => unread),
    ];
    expect(counted(report())).toEqual([[true], 0, [0]]);
    const newest = Math.max(
      ...(reportInput().history.instances.get("incidents")?.runs ?? []).map(({ index }) => index),
    );
    const place = { instance: "incidents", entry: newest, where: "a.md:3", message: "no zone" };
    const again = [place, place, { ...place, where: "b.md:3" }, { ...place, entry: newest - 3, where: "c.md:3" }];
    expect(counted(report({ problems: again }))[1]).toBe(2);
  });

  test("counts two records under one ID as two among what was read", () => {
    const { facts } = reportInput();
    const [one] = facts
      .filter(({ fact, instance }) => fact.kind === "incident" && instance === "incidents")
      .sort((a, b) => b.entry - a.entry);
    if (one === undefined) throw new Error("the fixture has no register");
    const other = { ...one, ordinal: 90, fact: { ...one.fact, title: "Another" } as typeof one.fact };
    const read = (more: typeof facts) =>
      report({ facts: [...facts, ...more] }).sources.find(({ instance }) => instance === "incidents")?.facts ?? 0;
    expect(read([other]) - read([])).toBe(1);
  });

  test("tells evidence that is kept because of an incident from what fills a gap, and counts files that people added", () => {
    const input = reportInput();
    const rest = input.evidence.filter(({ kind, instance }) => kind === "run" && instance === "incidents");
    const first = rest[40];
    if (first === undefined) throw new Error("the fixture has no evidence");
    const kept = { ...first, digest: "e".repeat(64), late: false, incident: "INC-1" };
    const ref = { digest: "f".repeat(64), size: 5, mediaType: "message/rfc822" };
    const log = new ActLog("2026-07-14T08:00Z");
    log.add("incident", { incident: "INC-1", act: "communicate", values: { channel: "email" }, evidence: [ref] });
    const model = report({ evidence: [...rest, kept], acts: log.acts });
    expect(model.evidence.find(({ digest }) => digest === kept.digest)).toMatchObject({
      late: false,
      keptFor: "INC-1",
    });
    expect(model.cover.files.uploaded - report().cover.files.uploaded).toBe(1);
    expect(model.attached).toMatchObject([{ kind: "incident", about: "INC-1", digest: ref.digest }]);
  });

  test("an empty register says what is proven and that nobody confirmed it", () => {
    const { nil } = report({ facts: [], problems: [] }).incidents;
    expect(nil).toEqual({
      own: null,
      sources: 1,
      slots: 92,
      slotsCovered: 92,
      slotsLate: 0,
      zeroTotals: 0,
      uncounted: 0,
      unread: 0,
      confirmedBy: null,
      claim: null,
    });
  });

  test("has one ID for one state of the log and period", () => {
    const [a, b, c] = [report(), report(), report({ root: new Uint8Array(32) })].map((r) => r.id);
    expect(a).toBe(b);
    expect(c).not.toBe(a);
  });
});

describe("text from sources", () => {
  test.each([
    ["line\nbreaks\tand\u2028others", "line breaks and others"],
    ["a\u0000b\u001b[31m", "a[U+0000]b[U+001B][31m"],
    ["abc\u202edcba", "abc[U+202E]dcba"],
    ["zero\u200bwidth", "zero[U+200B]width"],
    ["half \ud83d pair", "half \ufffd pair"],
    ["<b>kept</b>", "<b>kept</b>"],
  ])("%j becomes one harmless line", (text, expected) => expect(clean(text)).toBe(expected));

  test("is cut with a count of what was left out", () => {
    expect(clean("x".repeat(10_000))).toBe(`${"x".repeat(MAX_TEXT)}… (${10_000 - MAX_TEXT} more characters)`);
  });

  test("goes through the model cleaned, also in identifiers", () => {
    const { rows } = report({
      facts: [
        {
          fact: incident("INC\u202e-1", { title: "a\u0007b" }),
          instance: "incidents",
          entry: 5,
          item: "0".repeat(64),
          ordinal: 0,
        },
      ],
    }).incidents;
    expect([rows[0]?.id, rows[0]?.title]).toEqual(["INC[U+202E]-1", "a[U+0007]b"]);
  });
});
