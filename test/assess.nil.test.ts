import { describe, expect, test } from "vitest";
import { assessControls } from "../src/assess/assess.ts";
import { countInWords } from "../src/assess/nil.ts";
import {
  type Alike,
  claimInWords,
  joinAlike,
  type NilReturn,
  nilReturnsDue,
  nilReturnsOf,
  windowAsFlag,
  windowInWords,
} from "../src/assess/nil-return.ts";
import { SignOffs } from "../src/assess/sign-off.ts";
import type { Entry } from "../src/evidence/entry.ts";
import { catalogueOf, fact, REGISTER, type Setting, seen, signOff, yields } from "./support/assessing.ts";
import { blobRef, config, entry, genesis, historyOf, instance, plan, run, t } from "./support/entries.ts";

const NIL = { kind: "nil", over: "incident" } as const;
const OCTOBER = { from: t("2026-10-01"), to: t("2026-11-01") };
const days = (month: string, from: number, to: number, but: number[] = []) =>
  Array.from({ length: to - from + 1 }, (_, i) => i + from)
    .filter((n) => !but.includes(n))
    .map((n) => {
      const begin = t(`2026-${month}-${String(n).padStart(2, "0")}`);
      const end = begin + 86_400_000;
      return run(end + 3_600_000, { instance: "register", covered: [[begin, end]], total: 0 });
    });
const begun = [genesis("2026-08-20"), config("2026-08-31", [REGISTER])];
const confirmed = signOff({ at: t("2026-11-02"), window: OCTOBER });

function nils(entries: Entry[], over: Setting = {}): NilReturn[] {
  return nilReturnsOf({
    catalogue: catalogueOf(NIL, { from: { families: ["incident-log"], facts: ["incident"] } }),
    period: OCTOBER,
    asOf: t("2026-11-03"),
    facts: [],
    problems: [],
    yields,
    histories: historyOf(entries),
    ...over,
  });
}
const only = (entries: Entry[], over: Setting = {}) => nils(entries, over)[0] as NilReturn;
const whole = [...begun, ...days("09", 1, 30), ...days("10", 1, 31)];

describe("a nil return", () => {
  test("says since when something is open that began before the period", () => {
    const long = { detectedAt: t("2026-09-12") };
    const ended = { ...long, resolvedAt: t("2026-11-02") };
    const said = (over: object) => only(whole, { facts: [seen(fact("incident", "INC-7", over), { entry: 5 })] }).reason;
    expect(said(long)).toBe("1 incident from register (INC-7 still open since 12 Sep 2026), so nothing to confirm");
    expect(said(ended)).toBe("1 incident from register (INC-7 open since 12 Sep 2026), so nothing to confirm");
    expect(said({ detectedAt: t("2026-10-12") })).toBe("1 incident from register, so nothing to confirm");
  });

  test("tells what a register holds of other times from what happened", () => {
    expect(countInWords(0, "incident")).toBe("its own count is 0");
    expect(countInWords(1, "incident")).toBe("it holds 1 record by its own count, no incident of this time among them");
    expect(countInWords(undefined, "incident")).toBe("uncounted: it gives no number of its own");
  });

  test("that several controls ask for is one line with the names of all of them", () => {
    const one = only(whole);
    const other = { ...one, requirement: "b", control: "A.8.16" };
    const [alike, ...rest] = joinAlike([{ ...one, control: "A.5.25" }, other, { ...other, state: "confirmed" }]);
    expect(claimInWords(alike as Alike, "UTC")).toBe("October 2026, no incident (A.5.25 and A.8.16)");
    expect(rest.map((own) => claimInWords(own, "UTC"))).toEqual(["October 2026, no incident (A.8.16)"]);
    const [duty] = nilReturnsDue([one, other], "UTC", t("2026-11-03"));
    expect(duty?.what).toContain("No incident was seen in October 2026,");
  });

  test("of a time before anybody watched says since when somebody does, not that it is over", () => {
    const { state, reason } = only([genesis("2026-11-01"), config("2026-11-02", [REGISTER])]);
    expect([state, reason]).toEqual(["unwatched", "nobody watched yet (register since 2 Nov 2026)"]);
  });

  test("is confirmable when every slot is covered and nothing was found, and confirmed once a person said so", () => {
    expect(only(whole)).toMatchObject({ state: "confirmable", holes: [], over: "incident" });
    expect(only(whole, { signOffs: [confirmed] })).toMatchObject({ state: "confirmed" });
    expect(only(whole, { signOffs: [confirmed] }).sources).toEqual([
      expect.objectContaining({ instance: "register", slots: 31, covered: 31, late: 0, total: 0 }),
    ]);
  });

  test("names the day that one missing slot is of, and what it withdraws", () => {
    const entries = [...begun, ...days("09", 1, 30), ...days("10", 1, 31, [12])];
    expect(only(entries)).toMatchObject({
      state: "refused",
      reason:
        "cannot be confirmed: register was not collected on 12 Oct 2026 (30 of 31 pieces of expected evidence came)",
      holes: [{ instance: "register", from: t("2026-10-12"), to: t("2026-10-13"), state: "missed", slots: 1 }],
    });
    const withdrawn = only(entries, { signOffs: [confirmed] });
    expect(withdrawn.state).toBe("withdrawn");
    expect(withdrawn.reason).toMatch(
      /12 Oct 2026.*; what anna \(owner\) confirmed on 2 Nov 2026 \(record 20\) is withdrawn$/,
    );
    expect(withdrawn.signed).toEqual([confirmed]);
  });

  test("joins days that were missed side by side, and counts holes beyond the first few", () => {
    const entries = [...begun, ...days("09", 1, 30), ...days("10", 1, 31, [3, 4, 5, 10, 12, 14, 16])];
    expect(only(entries).reason).toMatch(
      /^cannot be confirmed: register was not collected from 3 Oct 2026 to 5 Oct 2026; register was not collected on 10 Oct 2026; register was not collected on 12 Oct 2026; and 2 more /,
    );
  });

  test("is withdrawn by what turns up afterwards, and both records stay", () => {
    const late = seen(fact("incident", "INC-9", { detectedAt: t("2026-10-12T10:00Z") }), { entry: 99 });
    const found = only(whole, { signOffs: [confirmed], facts: [late] });
    expect(found).toMatchObject({ state: "withdrawn", signed: [confirmed], records: [late] });
    expect(found.reason).toMatch(/^1 incident from register, so nothing to confirm; what anna .* is withdrawn$/);
    expect(only(whole, { facts: [late] }).state).toBe("occupied");
  });

  test("is withdrawn by places that cannot be read any more", () => {
    const found = only(whole, { signOffs: [confirmed], problems: [{ instance: "register", entry: 62 }] });
    expect([found.state, found.reason]).toEqual([
      "withdrawn",
      expect.stringContaining("could not be read (register: record 62)"),
    ]);
  });

  test("that is withdrawn names the file and the record of what could not be read", () => {
    const problems = ["INC-1.md:8", "INC-2.md", "INC-3.md", "INC-4.md"].map((where, i) => ({
      instance: "register",
      entry: 62,
      where,
      message: `${i}`,
    }));
    expect(only(whole, { signOffs: [confirmed], problems }).reason).toContain(
      "(register: INC-1.md:8 (record 62), INC-2.md (record 62), INC-3.md (record 62) and 1 more)",
    );
  });

  test("does not rest on what came after somebody confirmed it", () => {
    const [last, ...before] = days("10", 1, 31).reverse() as [Entry, ...Entry[]];
    const late = { ...last, at: "2026-11-05T00:00:00.000Z" } as Entry;
    const entries = [...begun, ...days("09", 1, 30), ...before.reverse(), late];
    const found = only(entries, { signOffs: [confirmed], asOf: t("2026-11-06") });
    expect(found).toMatchObject({ state: "confirmable" });
    expect(found.reason).toContain("what was confirmed before all of it had come counts no more");
    expect(
      only(entries, { signOffs: [signOff({ at: t("2026-11-06"), window: OCTOBER })], asOf: t("2026-11-06") }),
    ).toMatchObject({ state: "confirmed", sources: [{ late: 1 }] });
  });

  test("is not taken back by a source that was connected later, but by what that source finds", () => {
    const later = instance({ id: "second", use: "incident-log/markdown", family: "incident-log" });
    const entries = [...whole, config("2026-11-02T00:00Z", [REGISTER, later])];
    expect(only(entries, { signOffs: [confirmed] }).state).toBe("confirmed");
    const found = seen(fact("incident", "X", { detectedAt: t("2026-10-02") }), { instance: "second", entry: 80 });
    expect(only(entries, { signOffs: [confirmed], facts: [found] }).state).toBe("withdrawn");
  });

  test("needs somebody who watched to the end: a source that was retired saw nothing afterwards", () => {
    const until = [...begun, ...days("09", 1, 30), ...days("10", 1, 9)];
    const retire = plan("2026-10-10T12:00Z", "retire", { instance: "register" });
    expect(only([...until, ...days("10", 10, 10), retire])).toMatchObject({
      state: "refused",
      reason: "cannot be confirmed: nobody watched from 11 Oct 2026 to 31 Oct 2026",
    });
    expect(only([...until, ...days("10", 10, 10), retire], { signOffs: [confirmed] }).state).toBe("withdrawn");
    // Nor between its end and another beginning.
    const resume = plan("2026-10-20T12:00Z", "resume", { instance: "register" });
    expect(only([...until, ...days("10", 10, 10), retire, resume, ...days("10", 21, 31)]).reason).toBe(
      "cannot be confirmed: nobody watched from 11 Oct 2026 to 20 Oct 2026",
    );
    // Another one that watched all the time is enough: what was retired is not required any more.
    const second = instance({ id: "second", use: "incident-log/markdown", family: "incident-log" });
    const too = days("09", 1, 30)
      .concat(days("10", 1, 31))
      .map((one) => ({ ...one, instance: "second" }) as Entry);
    const both = [genesis("2026-08-20"), config("2026-08-31", [REGISTER, second]), ...days("09", 1, 30)];
    expect(only([...both, ...days("10", 1, 10), retire, ...too]).state).toBe("confirmable");
  });

  test("says where it rests on moments only", () => {
    const shot = { ...REGISTER, mode: "snapshot" as const };
    const looks = (month: string, last: number) =>
      days(month, 1, last).map((one) => ({ ...one, covered: [], instants: [one.at] }) as unknown as Entry);
    const moments = [genesis("2026-08-20"), config("2026-08-31", [shot]), ...looks("09", 30), ...looks("10", 31)];
    const found = only(moments);
    expect(found).toMatchObject({ state: "confirmable", sources: [{ instance: "register", moments: 31 }] });
    expect(found.reason).toContain("; register knows only the present, and was seen at 31 moments");
    expect(only(moments, { signOffs: [confirmed] }).reason).toContain("register knows only the present");
    expect(only(whole).sources[0]).not.toHaveProperty("moments");
    expect(only(whole).reason).not.toContain("present");
  });

  test("of a month stays when another month of the quarter has an incident", () => {
    const facts = [seen(fact("incident", "A", { detectedAt: t("2026-09-03"), resolvedAt: t("2026-09-04") }))];
    const found = nils(whole, { facts, signOffs: [confirmed], period: { from: t("2026-09-01"), to: t("2026-11-01") } });
    expect(found.map(({ window, state }) => [windowInWords(window, "UTC"), state])).toEqual([
      ["September 2026", "occupied"],
      ["October 2026", "confirmed"],
    ]);
  });

  test("of a month that runs, or that nobody watched, is neither", () => {
    expect(only(whole, { asOf: t("2026-10-20") }).state).toBe("running");
    expect(only(begun)).toMatchObject({ state: "unwatched" });
    expect(only([genesis("2026-08-20")])).toMatchObject({ state: "unwatched", sources: [] });
  });
});

describe("what is due", () => {
  test("is one duty for a month that can be confirmed, with the command to type", () => {
    const [duty, ...more] = nilReturnsDue(nils(whole), "UTC", t("2026-11-03"));
    expect(more).toEqual([]);
    expect(duty).toMatchObject({
      kind: "confirm",
      title: "October 2026: confirm that nothing happened",
      commands: ["custody sign nil-return --month 2026-10"],
    });
  });

  test("is nothing once it was confirmed, cannot be, or has nothing to confirm", () => {
    expect(nilReturnsDue(nils(whole, { signOffs: [confirmed] }), "UTC", t("2026-11-03"))).toEqual([]);
    const holed = [...begun, ...days("09", 1, 30), ...days("10", 1, 31, [12])];
    expect(nilReturnsDue(nils(holed), "UTC", t("2026-11-03"))).toEqual([]);
  });

  test("is to look at what was withdrawn, for a quarter of a year", () => {
    const holed = nils([...begun, ...days("09", 1, 30), ...days("10", 1, 31, [12])], { signOffs: [confirmed] });
    expect(nilReturnsDue(holed, "UTC", t("2026-11-03"))).toMatchObject([{ kind: "withdrawn" }]);
    expect(nilReturnsDue(holed, "UTC", t("2027-03-03"))).toEqual([]);
  });
});

describe("sign-offs of a log", () => {
  const signed = (at: string, actor: object, over: object = {}) =>
    entry("sign-off", at, {
      actor: { type: "person", id: "p-anna", role: "owner", auth: "token", ...actor },
      subject: "nil-return",
      window: { from: "2026-10-01T00:00:00.000Z", to: "2026-11-01T00:00:00.000Z" },
      requirements: ["x.test"],
      seen: { size: 3, root: "" },
      body: blobRef("words", "text/plain"),
      ...over,
    });
  const fold = (...entries: Entry[]) => {
    const signOffs = new SignOffs();
    for (const [i, one] of entries.entries()) signOffs.add(i + 10, one);
    return signOffs;
  };

  test("count only from somebody who showed who they are and may sign, after the time was over", () => {
    const found = fold(
      signed("2026-11-02", {}),
      signed("2026-11-02", { auth: "unauthenticated" }),
      signed("2026-11-02", { auth: undefined }),
      signed("2026-11-02", { role: "operator" }),
      signed("2026-11-02", { type: "system" }),
      signed("2026-10-31", {}),
      signed("2026-11-02", {}, { seen: { size: 30, root: "" } }),
    );
    expect(found.counting.map(({ entry: index }) => index)).toEqual([10]);
    expect(found.void.map(({ why }) => why)).toEqual([
      "nobody proved who signed it",
      "nobody proved who signed it",
      "who signed it is operator, and may not sign",
      "no person signed it",
      "it was signed before the time that it speaks for was over",
      "it speaks of records that came after it",
    ]);
  });
});

test("a period is spelled so that the command understands it", () => {
  expect(windowAsFlag(OCTOBER, "UTC")).toBe("--month 2026-10");
  expect(windowAsFlag({ from: t("2026-07-01"), to: t("2026-10-01") }, "UTC")).toBe("--period 2026-07-01..2026-09-30");
  expect(windowInWords({ from: t("2026-07-01"), to: t("2026-10-01") }, "UTC")).toBe("1 Jul 2026 to 30 Sep 2026");
});

describe("the requirement, over more than one month", () => {
  const BOTH = { from: t("2026-09-01"), to: t("2026-11-01") };
  const september = { ...confirmed, window: { from: t("2026-09-01"), to: t("2026-10-01") } };
  const inSeptember = seen(fact("incident", "INC-9", { detectedAt: t("2026-09-12"), closedAt: t("2026-09-13") }));
  const judged = (over: Setting = {}, entries: Entry[] = whole) =>
    assessControls({
      catalogue: catalogueOf(NIL, { from: { families: ["incident-log"], facts: ["incident"] } }),
      period: BOTH,
      asOf: t("2026-11-03"),
      facts: [],
      problems: [],
      yields,
      histories: historyOf(entries),
      ...over,
    })[0]?.requirements[0];

  test("follows from every month: one with an incident takes no confirmation from another", () => {
    const found = judged({ facts: [inSeptember], signOffs: [confirmed] });
    expect(found).toMatchObject({ result: "nil", n: 1, of: 1 });
    expect(found?.reason).toMatch(
      /^1 of 1 period confirmed to be without incident; October 2026: no incident was seen, and anna \(owner\) confirmed/,
    );
    expect(judged({ facts: [inSeptember] })).toMatchObject({ result: "pending", n: 0, of: 1 });
  });

  test("is not decided where the claim of one month is withdrawn, and names the hole", () => {
    const entries = [...begun, ...days("09", 1, 30), ...days("10", 1, 31, [12])];
    const found = judged({ facts: [inSeptember], signOffs: [confirmed] }, entries);
    expect(found).toMatchObject({ result: "indeterminate", n: 0, of: 1 });
    expect(found?.reason).toMatch(/October 2026: cannot be confirmed: register was not collected on 12 Oct 2026/);
    const other = judged({ signOffs: [confirmed, september] }, entries);
    expect(other).toMatchObject({ result: "indeterminate", n: 1, of: 2 });
  });

  test("has nothing to confirm where every month had one, and tells of a claim that turned out wrong", () => {
    const inOctober = seen(fact("incident", "INC-10", { detectedAt: t("2026-10-12") }));
    const found = judged({ facts: [inSeptember, inOctober], signOffs: [september] });
    expect(found).toMatchObject({ result: "not_applicable", n: 0, of: 0 });
    expect(found?.reason).toMatch(
      /^incidents in each of 2 periods, so nothing to confirm; September 2026: 1 incident from register.* is withdrawn$/,
    );
  });
});
