import { describe, expect, test } from "vitest";
import { iso } from "../src/lib/time.ts";
import { anyHolds, type CaseView, holds, type When } from "../src/policy/condition.ts";
import { effectiveAt } from "../src/policy/effective.ts";
import type { Policy } from "../src/policy/policy.ts";
import { type LoggedPolicy, PolicyTimeline } from "../src/policy/timeline.ts";

const at = (text: string) => Date.parse(text);
const JAN = at("2026-01-10T09:00:00Z");
const FEB = at("2026-02-10T09:00:00Z");
const MARCH = at("2026-03-01T00:00:00Z");
const DAY = 86_400_000;

const logged = (index: number, when: number, effective: number, version: string): LoggedPolicy => ({
  index,
  at: when,
  entry: { policy: "ours", version, effective: iso(effective), definition: { digest: `${index}` } },
  policy: { version } as Policy,
});
const versionAt = (timeline: PolicyTimeline, when: number) => {
  const found = timeline.policyAt(when);
  return found && `${found.version}${found.reachesBack ? " back" : ""}`;
};

describe("which rules are in force", () => {
  test("none where none were ever logged", () => {
    expect(new PolicyTimeline([]).policyAt(JAN)).toBeUndefined();
    expect(new PolicyTimeline([]).all).toEqual([]);
  });

  test("the first of a log reach back, and say so", () => {
    const timeline = new PolicyTimeline([logged(2, JAN, at("2020-01-01T00:00:00Z"), "1")]);
    expect(versionAt(timeline, JAN)).toBe("1");
    expect(versionAt(timeline, JAN - 1)).toBe("1 back");
    expect(versionAt(timeline, at("2019-01-01T00:00:00Z"))).toBe("1 back");
  });

  test("a day before they were logged counts for nothing", () => {
    const timeline = new PolicyTimeline([logged(2, JAN, JAN, "1"), logged(9, FEB, JAN - DAY, "2")]);
    expect(versionAt(timeline, FEB - 1)).toBe("1");
    expect(versionAt(timeline, FEB)).toBe("2");
  });

  test("a day that is still to come is waited for", () => {
    const timeline = new PolicyTimeline([logged(2, JAN, JAN, "1"), logged(9, FEB, MARCH, "2")]);
    expect(versionAt(timeline, MARCH - 1)).toBe("1");
    expect(versionAt(timeline, MARCH)).toBe("2");
  });

  test("rules that change today leave last month's as they were", () => {
    const before = new PolicyTimeline([logged(2, JAN, JAN, "1")]);
    for (const effective of [0, JAN - DAY, FEB, MARCH]) {
      const after = new PolicyTimeline([logged(2, JAN, JAN, "1"), logged(9, FEB, effective, "2")]);
      for (const when of [JAN - DAY, JAN, JAN + DAY, FEB - 1])
        expect(after.policyAt(when)).toMatchObject({ version: before.policyAt(when)?.version, entry: 2 });
    }
  });

  test("also where the first ones had not begun yet", () => {
    const timeline = new PolicyTimeline([logged(2, JAN, MARCH, "1"), logged(9, FEB, FEB, "2")]);
    expect(versionAt(timeline, JAN)).toBe("1 back");
    expect(versionAt(timeline, FEB - 1)).toBe("1 back");
    expect(versionAt(timeline, FEB)).toBe("2");
    // The latest beginning counts, whichever was logged later.
    expect(versionAt(timeline, MARCH)).toBe("1");
  });

  test("of two that begin at one moment the later record counts", () => {
    const timeline = new PolicyTimeline([logged(9, JAN, MARCH, "2"), logged(2, JAN, MARCH, "1")]);
    expect(versionAt(timeline, MARCH)).toBe("2");
    expect(timeline.all.map(({ version, from, to }) => [version, from, to])).toEqual([
      ["1", MARCH, MARCH],
      ["2", MARCH, undefined],
    ]);
  });

  test("the order in which they are given is of no matter", () => {
    const [one, two, three] = [logged(2, JAN, JAN, "1"), logged(9, FEB, FEB, "2"), logged(11, FEB + DAY, MARCH, "3")];
    const expected = new PolicyTimeline([one, two, three]).all;
    expect(new PolicyTimeline([three, one, two]).all).toEqual(expected);
  });

  test("a period names all that counted in it", () => {
    const timeline = new PolicyTimeline([
      logged(2, JAN, JAN, "1"),
      logged(9, FEB, FEB, "2"),
      logged(12, FEB, MARCH, "3"),
    ]);
    const versions = (from: number, to: number) =>
      timeline.between(from, to).map(({ version, reachesBack }) => `${version}${reachesBack ? " back" : ""}`);
    expect(versions(JAN, FEB)).toEqual(["1"]);
    expect(versions(JAN, FEB + 1)).toEqual(["1", "2"]);
    expect(versions(JAN - DAY, MARCH + 1)).toEqual(["1 back", "1", "2", "3"]);
    expect(new PolicyTimeline([]).between(JAN, FEB)).toEqual([]);
  });

  test("rules whose text is gone stay in force, and others do not take their place", () => {
    const timeline = new PolicyTimeline([logged(2, JAN, JAN, "1"), { ...logged(9, FEB, FEB, "2"), policy: undefined }]);
    expect(timeline.policyAt(FEB)).toMatchObject({ version: "2", policy: undefined });
  });
});

describe("the day from which a document holds", () => {
  const from = (effectiveFrom: string | undefined, zone = "Europe/Berlin") => {
    const found = effectiveAt({ document: { effectiveFrom, references: [] }, zone } as unknown as Policy);
    return found === undefined ? undefined : iso(found);
  };
  test.each([
    ["2026-01-01", "Europe/Berlin", "2025-12-31T23:00:00.000Z"],
    ["2026-07-01", "Europe/Berlin", "2026-06-30T22:00:00.000Z"],
    ["2026-07-01", "UTC", "2026-07-01T00:00:00.000Z"],
    ["2027-03", "America/New_York", "2027-03-01T05:00:00.000Z"],
    ["2028-02-29", "UTC", "2028-02-29T00:00:00.000Z"],
    // Midnight is skipped there on that day.
    ["2018-11-04", "America/Sao_Paulo", "2018-11-04T03:00:00.000Z"],
  ])("%s in %s", (day, zone, expected) => {
    expect(from(day, zone)).toBe(expected);
  });
  test("none where none is filled in", () => {
    expect(from(undefined)).toBeUndefined();
    expect(from("[day from which it holds]")).toBeUndefined();
  });
});

describe("conditions", () => {
  const CASE: CaseView = {
    severity: "P1",
    tags: ["bad-deploy"],
    nature: "availability",
    detectedBy: "manual",
    lasted: { least: 3_600_000, most: 3_600_000 },
    personalData: null,
  };
  test.each<[string, When, Partial<CaseView>, string]>([
    ["a severity", { severities: ["P0", "P1"] }, {}, "yes"],
    ["another severity", { severities: ["P0"] }, {}, "no"],
    ["a severity nobody gave", { severities: ["P0"] }, { severity: null }, "unknown"],
    ["one of the marks", { tags: ["x", "bad-deploy"] }, {}, "yes"],
    ["none of the marks", { tags: ["x"] }, {}, "no"],
    ["exactly as long as the limit", { longerThan: "1h" }, {}, "no"],
    ["a millisecond longer", { longerThan: "1h" }, { lasted: { least: 3_600_001, most: 3_600_001 } }, "yes"],
    ["perhaps longer", { longerThan: "1h" }, { lasted: { least: 3_599_999, most: 3_660_000 } }, "unknown"],
    ["nobody knows how long", { longerThan: "1h" }, { lasted: null }, "unknown"],
    ["personal data, undecided", { personalData: true }, {}, "unknown"],
    ["no personal data", { personalData: true }, { personalData: false }, "no"],
    ["all that is said must hold", { severities: ["P1"], tags: ["x"] }, {}, "no"],
    ["what does not hold outweighs what is unknown", { personalData: true, tags: ["x"] }, {}, "no"],
    ["what is unknown outweighs what holds", { personalData: true, severities: ["P1"] }, {}, "unknown"],
  ])("%s", (_, when, more, expected) => {
    expect(holds(when, { ...CASE, ...more })).toBe(expected);
  });
  test("of several one is enough; none at all is everything", () => {
    expect(anyHolds([{ tags: ["x"] }, { severities: ["P1"] }], CASE)).toBe("yes");
    expect(anyHolds([{ tags: ["x"] }, { personalData: true }], CASE)).toBe("unknown");
    expect(anyHolds([], CASE)).toBe("no");
    expect(anyHolds(undefined, CASE)).toBe("yes");
  });
});
