import { describe, expect, test } from "vitest";
import { waiversDue } from "../src/findings/due.ts";
import {
  endedFor,
  LONGEST_WAIVER,
  standingAt,
  type Waiver,
  Waivers,
  waivedBy,
  whyNotWaivable,
} from "../src/findings/waiver.ts";
import { iso } from "../src/lib/time.ts";
import { ActLog, AUDITOR, OPERATOR, SHELL } from "./support/acts.ts";
import { assessIn, catalogueOf, fact, PERIOD, seen, wholeRegister } from "./support/assessing.ts";
import { t } from "./support/entries.ts";

const GRANTED = "2026-11-01T10:00Z";
const UNTIL = "2026-12-01T00:00:00.000Z";

/** What is folded from these records: fields, and by whom and when where that matters. */
function fold(...records: (readonly [fields: Record<string, unknown>, over?: Parameters<ActLog["add"]>[2]])[]) {
  const log = new ActLog();
  const waivers = new Waivers();
  for (const [fields, over] of records) {
    const act = log.add("waiver", grant(fields), { at: GRANTED, ...over });
    waivers.add(act.index, act.entry);
  }
  return waivers;
}

const grant = (fields: Record<string, unknown> = {}) => ({
  waiver: "WVR-2026-001",
  act: "grant",
  requirement: "x.test",
  owner: "p-anna",
  until: UNTIL,
  ...fields,
});

const failed = (id: string, since: string | undefined) => ({ id, since: since === undefined ? undefined : t(since) });
const LATER = failed("INC-1", "2026-11-05");
const BEFORE = failed("INC-0", "2026-10-05");
const covers = ({ all }: Waivers, one: typeof LATER, at: string, requirement = "x.test") =>
  waivedBy(all, requirement, one, t(at));

describe("a waiver", () => {
  test("counts from when it was logged until the moment it names, and not at that moment", () => {
    const waivers = fold([{}]);
    const at = (when: number) => waivedBy(waivers.all, "x.test", LATER, when)?.waiver.id;
    expect([t(GRANTED) - 1, t(GRANTED), t(UNTIL) - 1, t(UNTIL)].map(at)).toEqual([
      undefined,
      "WVR-2026-001",
      "WVR-2026-001",
      undefined,
    ]);
  });

  test("counts for nothing else than it names", () => {
    const waivers = fold([{ incidents: ["INC-1"] }]);
    expect(covers(waivers, LATER, "2026-11-06")?.later).toBe(false);
    expect(covers(waivers, failed("INC-1#2", "2026-11-05"), "2026-11-06")).toBeDefined();
    expect(covers(waivers, failed("INC-2", "2026-11-05"), "2026-11-06")).toBeUndefined();
    expect(covers(waivers, failed("INC-11", "2026-11-05"), "2026-11-06")).toBeUndefined();
    expect(covers(waivers, LATER, "2026-11-06", "y.test")).toBeUndefined();
  });

  test("is not for what had failed before it, unless it names that or says so, and then that is shown", () => {
    expect(covers(fold([{}]), BEFORE, "2026-11-06")).toBeUndefined();
    expect(covers(fold([{}]), failed("INC-9", undefined), "2026-11-06")).toBeUndefined();
    expect(covers(fold([{ incidents: ["INC-0"] }]), BEFORE, "2026-11-06")?.later).toBe(true);
    expect(covers(fold([{ earlier: true }]), BEFORE, "2026-11-06")?.later).toBe(true);
    expect(covers(fold([{ earlier: true }]), LATER, "2026-11-06")?.later).toBe(false);
    // What began at the very moment began after it was granted, not before.
    expect(covers(fold([{}]), failed("INC-1", GRANTED), "2026-11-06")?.later).toBe(false);
  });

  test("counts no more from when it is taken back, by whomever", () => {
    const waivers = fold([{}], [{ act: "revoke" }, { at: "2026-11-10T00:00Z", by: SHELL }]);
    expect(covers(waivers, LATER, "2026-11-09T23:59Z")).toBeDefined();
    expect(covers(waivers, LATER, "2026-11-10T00:00Z")).toBeUndefined();
    const [one] = waivers.all;
    expect(one && standingAt(one, t("2026-11-10"))).toBe("revoked");
    expect(endedFor(waivers.all, "x.test", LATER, t("2026-11-10")).map(({ id }) => id)).toEqual(["WVR-2026-001"]);
    expect(fold([{}], [{ act: "revoke" }], [{ act: "revoke" }]).troubles).toMatchObject([{ index: 2 }]);
    expect(fold([{ act: "revoke" }]).troubles).toMatchObject([{ text: expect.stringContaining("never granted") }]);
  });

  test.each([
    ["at a shell", SHELL],
    ["by an operator", OPERATOR],
    ["by an auditor", AUDITOR],
  ])("%s counts for nothing", (_, by) => {
    const { all, troubles } = fold([{}, { by }]);
    expect([all, troubles.length]).toEqual([[], 1]);
  });

  test("is at most 366 days long, to the millisecond", () => {
    const until = (ms: number) => iso(t(GRANTED) + ms);
    expect(fold([{ until: until(LONGEST_WAIVER) }]).all).toHaveLength(1);
    expect(fold([{ until: until(LONGEST_WAIVER + 1) }]).troubles).toHaveLength(1);
    expect(fold([{ until: until(0) }]).troubles).toHaveLength(1);
  });

  test("of the same number counts once; a correction counts from its own time on", () => {
    expect(fold([{}], [{}]).troubles).toMatchObject([{ index: 1, text: expect.stringContaining("already") }]);
    const corrected = fold(
      [{ incidents: ["INC-1"] }],
      [{ incidents: ["INC-2"], corrects: 0 }, { at: "2026-11-10T00:00Z" }],
    );
    const two = failed("INC-2", "2026-11-05");
    expect([covers(corrected, two, "2026-11-09"), covers(corrected, two, "2026-11-10")?.waiver.index]).toEqual([
      undefined,
      1,
    ]);
    expect([covers(corrected, LATER, "2026-11-09")?.waiver.index, covers(corrected, LATER, "2026-11-10")]).toEqual([
      0,
      undefined,
    ]);
  });

  test("that was there before the failure is taken first, then the one that lasts longest", () => {
    const waivers = fold(
      [{ waiver: "A", incidents: ["INC-1"], until: "2026-12-20T00:00:00.000Z" }, { at: "2026-11-06T00:00Z" }],
      [{ waiver: "B" }],
      [{ waiver: "C", until: "2026-12-10T00:00:00.000Z" }],
    );
    expect(covers(waivers, LATER, "2026-11-07")?.waiver.id).toBe("C");
  });
});

test("the duty comes thirty days before the end and goes at the end, also over a change of the clocks", () => {
  // 29 March 2026 has 23 hours in Berlin: it ends at its local midnight.
  const until = t("2026-03-29T22:00Z");
  const [one] = fold([{ until: iso(until) }, { at: "2026-01-10T10:00Z" }]).all as [Waiver];
  const due = (at: number) => waiversDue([{ ...one, ownerName: "anna" }], at, "Europe/Berlin");
  expect(due(until - 30 * 86_400_000 - 1)).toEqual([]);
  expect(due(until - 30 * 86_400_000)).toMatchObject([
    {
      id: "waiver:WVR-2026-001",
      until: "30 Mar 2026, 00:00 Europe/Berlin",
      what: expect.stringContaining("anna answers for it"),
    },
  ]);
  expect([due(until - 1).length, due(until).length]).toEqual([1, 0]);
});

test.each([
  ["law", "present", /duty by law/],
  ["recommended", "present", /recommended only/],
  ["policy", "nil", /nothing happened/],
  ["policy", "integrity", /as they were signed/],
  ["policy", "unobservable", /nothing here can judge/],
])("nothing of %s, %s can be accepted", (basis, check, why) => {
  expect(whyNotWaivable({ basis, check })).toMatch(why);
  expect(whyNotWaivable({ basis: "policy", check: "present" })).toBeUndefined();
  expect(whyNotWaivable({ basis: "contract", check: "linked" })).toBeUndefined();
});

describe("the assessment", () => {
  const incident = (id: string, detected: string, owner: string | null) =>
    seen(fact("incident", id, { detectedAt: t(detected), resolvedAt: t(detected) + 1000, owner }));
  const facts = [
    incident("INC-1", "2026-11-05", null),
    incident("INC-2", "2026-11-06", null),
    incident("INC-3", "2026-11-07", "anna"),
  ];
  const check = { kind: "present", over: "incident", fields: ["owner"] } as const;
  const assess = (waivers: readonly Waiver[], over: Record<string, unknown> = {}, basis = "policy") => {
    const catalogue = catalogueOf({ ...check, fields: ["owner"] }, { basis: basis as "policy" });
    const [control] = assessIn(catalogue, { facts, waivers, ...over });
    const found = control?.requirements[0];
    if (control === undefined || found === undefined) throw new Error("one requirement");
    return { ...found, counts: control.counts };
  };

  test("says waived only where everything that failed is accepted, and keeps the numbers", () => {
    expect(assess([])).toMatchObject({ result: "not_met", n: 1, of: 3 });
    const one = assess(fold([{ incidents: ["INC-1"] }]).all);
    expect(one).toMatchObject({ result: "not_met", n: 1, of: 3, failing: [{ id: "INC-1" }, { id: "INC-2" }] });
    expect(one.waived).toMatchObject([
      { waiver: "WVR-2026-001", n: 1, ids: ["INC-1"], owner: "p-anna", until: t(UNTIL) },
    ]);
    expect(one.reason).toContain("1 of them accepted by p-anna until the end of 30 Nov 2026 (WVR-2026-001)");
    const all = assess(fold([{}]).all);
    expect(all).toMatchObject({ result: "waived", n: 1, of: 3, failing: [{ id: "INC-1" }, { id: "INC-2" }] });
    expect(all.counts).toMatchObject({ waived: 1, not_met: 0, met: 0 });
    expect(all.entries).toContain(0);
  });

  test("shows what was accepted only later", () => {
    const late = assess(fold([{ incidents: ["INC-1", "INC-2"] }, { at: "2026-11-10T00:00Z" }]).all);
    expect(late).toMatchObject({ result: "waived", waived: [{ later: 2 }] });
    expect(late.reason).toContain("granted later, on 10 Nov 2026");
    expect(assess(fold([{}, { at: "2026-11-10T00:00Z" }]).all).result).toBe("not_met");
    expect(assess(fold([{ earlier: true }, { at: "2026-11-10T00:00Z" }]).all).result).toBe("waived");
  });

  test("is not met again once it is over, and says what ended", () => {
    const waivers = fold([{ until: "2026-11-11T12:00:00.000Z" }]).all;
    expect(assess(waivers, { asOf: t("2026-11-11T11:59:59.999Z") }).result).toBe("waived");
    const over = assess(waivers, { asOf: t("2026-11-11T12:00Z") });
    expect(over).toMatchObject({ result: "not_met" });
    expect(over.waived).toBeUndefined();
    expect(over.reason).toContain("WVR-2026-001 held until 11 Nov 2026, 12:00 UTC and counts no more");
  });

  test("accepts nothing that is a duty by law, whatever the log holds", () => {
    expect(assess(fold([{}]).all, {}, "law").result).toBe("not_met");
    expect(assess(fold([{}]).all, {}, "contract").result).toBe("waived");
  });

  test("does not let an accepted failure hide what was not seen", () => {
    const entries = wholeRegister().filter((_, i) => i !== 6);
    const hidden = assess(fold([{}]).all, { entries });
    expect(assess([], { entries }).result).toBe("not_met");
    // A register looked at later shows what a missed day would have: a place that cannot be read stays unknown.
    const unread = assess(fold([{}]).all, { problems: [{ instance: "register", entry: 11 }] });
    expect(["waived", "indeterminate"]).toContain(hidden.result);
    expect(unread).toMatchObject({ result: "indeterminate", waived: [{ n: 2 }] });
  });

  test("leaves alone what is no failure, and a period in which nothing was named", () => {
    const met = assess(fold([{}]).all, { facts: [facts[2]] });
    expect([met.result, met.waived]).toEqual(["met", undefined]);
    const exists = (waivers: readonly Waiver[]) =>
      assessIn(catalogueOf({ kind: "exists", over: "incident", atLeast: 4 }), { facts, waivers })[0]?.requirements[0];
    expect(exists([])?.result).toBe("not_met");
    expect(exists(fold([{}]).all)).toMatchObject({ result: "waived", waived: [{ n: 1, ids: [] }] });
    expect(exists(fold([{ incidents: ["INC-1"] }]).all)?.result).toBe("not_met");
    expect(PERIOD.to).toBe(t("2026-11-11"));
  });
});
