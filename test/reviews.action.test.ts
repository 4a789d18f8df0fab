import { describe, expect, test } from "vitest";
import { readDue } from "../src/acts/tracking.ts";
import { Fact } from "../src/evidence/fact.ts";
import { iso } from "../src/lib/time.ts";
import {
  type ActionAct,
  type ActionState,
  actionsOf,
  inOrder,
  stateAfter,
  type VerifyResult,
} from "../src/reviews/action.ts";
import { dueAhead } from "../src/reviews/due.ts";
import { reviewFacts } from "../src/reviews/facts.ts";
import { ActLog } from "./support/acts.ts";
import { t } from "./support/entries.ts";

const ACTS: readonly ActionAct[] = ["open", "assign", "replan", "done", "verify", "cancel", "reopen", "follow"];

function log(
  ...records: [act: ActionAct, at: string, fields?: Record<string, unknown>, words?: Record<string, string>][]
) {
  const kept = new ActLog();
  for (const [act, at, fields = {}, words = {}] of records)
    kept.add("action", { action: "ACT-2026-001", act, ...fields }, { at, words });
  return kept.acts;
}
const fold = (acts: ReturnType<typeof log>, asOf: string) => actionsOf(acts as never, t(asOf));
const only = (acts: ReturnType<typeof log>, asOf = "2027-01-01T00:00Z") => {
  const { all, troubles } = fold(acts, asOf);
  return { action: all.get("ACT-2026-001"), troubles };
};

describe("the states of an action", () => {
  const NEXT: Record<ActionState, Partial<Record<ActionAct, ActionState>>> = {
    none: { open: "open" },
    open: { assign: "open", replan: "open", follow: "open", done: "done", cancel: "cancelled" },
    done: { verify: "verified", reopen: "open", follow: "done" },
    verified: { verify: "verified", reopen: "open", follow: "verified" },
    cancelled: { reopen: "open" },
  };
  for (const state of Object.keys(NEXT) as ActionState[])
    for (const act of ACTS)
      test(`${act} after ${state} ${NEXT[state][act] === undefined ? "does not fit" : `is ${NEXT[state][act]}`}`, () => {
        expect(stateAfter(state, act, "effective")).toBe(NEXT[state][act]);
      });

  test("what did not help is to be done again, also where it had been found to help before", () => {
    for (const state of ["done", "verified"] as const)
      expect(stateAfter(state, "verify", "not-effective")).toBe("open");
  });

  test("every order of up to four acts gives a state, and a trouble for each act that does not fit", () => {
    const paths: ActionAct[][] = [[]];
    let looked = 0;
    for (let length = 1; length <= 4; length += 1) {
      const longer = paths
        .filter((path) => path.length === length - 1)
        .flatMap((path) => ACTS.map((act) => [...path, act]));
      paths.push(...longer);
      for (const path of longer) {
        const kept = new ActLog();
        let state: ActionState = "none";
        let misfits = 0;
        for (const act of path) {
          const result: VerifyResult | undefined = act === "verify" ? "effective" : undefined;
          kept.add("action", { action: "ACT-2026-001", act, ...(result ? { result } : {}) });
          const next = stateAfter(state, act, result);
          if (next === undefined) misfits += 1;
          else state = next;
        }
        const { all, troubles } = actionsOf(kept.acts as never, t("2027-01-01T00:00Z"));
        expect(all.get("ACT-2026-001")?.state ?? "none", path.join()).toBe(state);
        expect(troubles, path.join()).toHaveLength(misfits);
        looked += 1;
      }
    }
    expect(looked).toBe(8 + 64 + 512 + 4096);
  });

  test("a verification without a result, and one before it was done, are told", () => {
    const { action, troubles } = only(
      log(
        ["open", "2026-11-01T08:00Z"],
        ["done", "2026-11-03T08:00Z"],
        ["verify", "2026-11-04T08:00Z"],
        ["verify", "2026-11-05T08:00Z", { happened: "2026-11-02T08:00:00.000Z", result: "effective" }],
      ),
    );
    expect(action?.state).toBe("verified");
    expect(troubles.map(({ entry, why }) => [entry, why])).toEqual([
      [2, "it verifies ACT-2026-001 and says no result"],
      [3, "it verifies ACT-2026-001 before it was done"],
    ]);
  });

  test("words that were disposed of leave an action that says so", () => {
    const acts = log(["open", "2026-11-01T08:00Z"]);
    (acts[0] as { gone?: string }).gone = "disposed";
    expect(only(acts).action?.title).toBe("ACT-2026-001 (its words are disposed)");
  });
});

describe("dates", () => {
  const due = (text: string) => ({ due: iso(t(text)) });

  test("the first date stays, each later one has its reason, and a miss is never erased", () => {
    const { action } = only(
      log(
        ["open", "2026-11-01T08:00Z", due("2026-11-10T22:59:59.999Z")],
        ["replan", "2026-11-12T08:00Z", due("2026-11-20T22:59:59.999Z"), { reason: "supplier is late" }],
        ["replan", "2026-11-19T08:00Z", due("2026-11-30T22:59:59.999Z"), { reason: "again" }],
        ["done", "2026-11-25T08:00Z"],
      ),
    );
    expect(action?.dues.map(({ due: at, missed, reason }) => [iso(at).slice(0, 10), missed, reason])).toEqual([
      ["2026-11-10", "yes", undefined],
      ["2026-11-20", "no", "supplier is late"],
      ["2026-11-30", "no", "again"],
    ]);
  });

  test("a replan that is said to have been earlier moves no date that had passed when it was logged", () => {
    const { action } = only(
      log(
        ["open", "2026-11-01T08:00Z", due("2026-11-10T22:59:59.999Z")],
        ["replan", "2026-11-12T08:00Z", { ...due("2026-11-20T22:59:59.999Z"), happened: "2026-11-09T08:00:00.000Z" }],
      ),
      "2026-11-13T00:00Z",
    );
    expect(action?.dues.map(({ missed }) => missed)).toEqual(["yes", "no"]);
  });

  test("a corrected date does not undo that it was missed", () => {
    const { action, troubles } = only(
      log(
        ["open", "2026-11-01T08:00Z", due("2026-11-10T22:59:59.999Z"), { title: "a" }],
        ["open", "2026-11-12T08:00Z", { ...due("2026-12-10T22:59:59.999Z"), corrects: 0 }, { title: "b" }],
      ),
      "2026-11-13T00:00Z",
    );
    expect(troubles).toEqual([]);
    expect(action?.title).toBe("b");
    expect(action?.dues.map(({ missed }) => missed)).toEqual(["yes", "no"]);
    expect(action?.overdue).toBe(false);
  });

  test("a correction of when it was done from late to in time leaves it unclear", () => {
    const { action } = only(
      log(
        ["open", "2026-11-01T08:00Z", due("2026-11-10T22:59:59.999Z")],
        ["done", "2026-11-12T08:00Z"],
        ["done", "2026-11-13T08:00Z", { happened: "2026-11-09T08:00:00.000Z", corrects: 1 }],
      ),
    );
    expect(action?.dues.map(({ missed }) => missed)).toEqual(["unclear"]);
    expect(iso(action?.done?.at ?? 0)).toBe("2026-11-09T08:00:00.000Z");
  });

  test("a cancellation that is said to have been earlier counts from when it was logged", () => {
    const cancelled = (at: string) =>
      only(
        log(
          ["open", "2026-11-01T08:00Z", due("2026-11-10T22:59:59.999Z")],
          ["cancel", at, { happened: "2026-11-05T08:00:00.000Z" }],
        ),
      ).action?.dues[0]?.missed;
    expect([cancelled("2026-11-09T08:00Z"), cancelled("2026-11-11T08:00Z")]).toEqual(["no", "yes"]);
  });

  test("done at the last moment is in time, a millisecond later is not, a day that may be either is unclear", () => {
    const missed = (happened: string, precision?: number) =>
      only(
        log(
          ["open", "2026-11-01T08:00Z", due("2026-11-10T22:59:59.999Z")],
          ["done", "2026-11-20T08:00Z", { happened, ...(precision === undefined ? {} : { precision }) }],
        ),
      ).action?.dues[0]?.missed;
    expect(missed("2026-11-10T22:59:59.999Z")).toBe("no");
    expect(missed("2026-11-10T23:00:00.000Z")).toBe("yes");
    // The local day of the date, from midnight to midnight in Berlin.
    expect(missed("2026-11-09T23:00:00.000Z", 86_400_000)).toBe("no");
    // A day in UTC reaches an hour beyond the day in Berlin.
    expect(missed("2026-11-10T00:00:00.000Z", 86_400_000)).toBe("unclear");
    expect(missed("2026-11-10T23:00:00.000Z", 86_400_000)).toBe("yes");
  });

  test("what did not help is late from when that was known, where its date has passed", () => {
    const acts = log(
      ["open", "2026-11-01T08:00Z", due("2026-11-10T22:59:59.999Z")],
      ["done", "2026-11-05T08:00Z"],
      ["verify", "2026-11-20T08:00Z", { result: "not-effective" }],
    );
    expect(only(acts.slice(0, 2)).action).toMatchObject({ overdue: false, dues: [{ missed: "no" }] });
    expect(only(acts).action).toMatchObject({
      state: "open",
      overdue: true,
      reopened: 1,
      done: undefined,
      verified: { result: "not-effective" },
      dues: [{ missed: "yes" }],
    });
  });

  test("what is overdue stands first, then what is due soonest, then what has no date", () => {
    const kept = new ActLog("2026-11-01T08:00Z");
    const open = (id: string, date?: string) =>
      kept.add("action", { action: id, act: "open", ...(date === undefined ? {} : due(date)) });
    open("later", "2026-12-24T22:59:59.999Z");
    open("dateless");
    open("overdue", "2026-11-05T22:59:59.999Z");
    open("soon", "2026-12-01T22:59:59.999Z");
    open("over", "2026-11-05T22:59:59.999Z");
    kept.add("action", { action: "over", act: "done" });
    const { all } = actionsOf(kept.acts as never, t("2026-11-20T00:00Z"));
    expect(inOrder(all.values()).map(({ id }) => id)).toEqual(["overdue", "soon", "later", "dateless", "over"]);
  });

  describe("as people write them", () => {
    const BERLIN = "Europe/Berlin";
    const now = t("2026-11-20T12:00Z");
    const read = (text: string, zone = BERLIN, at = now) => {
      const found = readDue(text, zone, at);
      return typeof found === "number" ? iso(found) : found;
    };

    test.each([
      ["2026-12-01", "2026-12-01T22:59:59.999Z"],
      ["2027-03-28", "2027-03-28T21:59:59.999Z"],
      ["2027-10-31", "2027-10-31T22:59:59.999Z"],
      ["2028-02-29", "2028-02-29T22:59:59.999Z"],
      ["2026-12-01T17:00", "2026-12-01T16:00:00.000Z"],
      ["2026-12-01T17:00+09:00", "2026-12-01T08:00:00.000Z"],
      ["+1d", "2026-11-21T22:59:59.999Z"],
      ["+2w", "2026-12-04T22:59:59.999Z"],
      ["+1mo", "2026-12-20T22:59:59.999Z"],
    ])("%s is %s", (text, expected) => expect(read(text)).toBe(expected));

    test("months end where they end, and days are as long as the clock makes them", () => {
      expect(read("+1mo", BERLIN, t("2027-01-31T10:00Z"))).toBe("2027-02-28T22:59:59.999Z");
      expect(read("+1mo", BERLIN, t("2028-01-31T10:00Z"))).toBe("2028-02-29T22:59:59.999Z");
      expect(read("+1y", BERLIN, t("2028-02-29T10:00Z"))).toBe("2029-02-28T22:59:59.999Z");
      // From winter into summer: 23 hours less one day, not one hour short.
      expect(read("+1d", BERLIN, t("2027-03-27T10:00Z"))).toBe("2027-03-28T21:59:59.999Z");
      // Where midnight itself is skipped, the day before ends when the next begins.
      expect(read("2026-09-05", "America/Santiago")).toBe("2026-09-06T03:59:59.999Z");
      expect(dueAhead("+0d", BERLIN, now)).toBe(t("2026-11-20T22:59:59.999Z"));
    });

    test.each([
      "tomorrow",
      "2027-02-29",
      "2027-03-28T02:30",
      "2026-13-01",
      "31.12.2026",
      "+1",
      "2126-01-01",
      "+9999mo",
      "",
    ])("%s is refused in words", (text) => expect(readDue(text, BERLIN, now)).toEqual(expect.any(String)));
  });
});

test("facts tell the first date, the later ones, and only what is known", () => {
  const acts = log(
    [
      "open",
      "2026-11-01T08:00Z",
      { due: iso(t("2026-11-10T22:59:59.999Z")), owner: "p-anna", incident: "INC-2026-001", type: "corrective" },
      { title: "Rotate the key" },
    ],
    ["replan", "2026-11-12T08:00Z", { due: iso(t("2026-11-30T22:59:59.999Z")) }, { reason: "late" }],
    [
      "done",
      "2026-11-20T08:00Z",
      {
        happened: "2026-11-19T23:00:00.000Z",
        precision: 86_400_000,
        tracker: "github:o/n#12",
        evidence: [{ digest: "a".repeat(64), size: 1, mediaType: "text/plain" }],
      },
    ],
  );
  const [one] = reviewFacts(acts as never, "custody:register", new Map([["p-anna", "anna"]]));
  expect(one).toMatchObject({ instance: "custody:register", entry: 2, ordinal: 0 });
  expect(Fact.parse(one?.fact)).toEqual({
    kind: "action",
    id: "ACT-2026-001",
    title: "Rotate the key",
    type: "corrective",
    incident: "INC-2026-001",
    finding: null,
    activity: null,
    owner: "anna",
    due: t("2026-11-10T22:59:59.999Z"),
    createdAt: t("2026-11-01T08:00Z"),
    doneAt: t("2026-11-19T23:00Z"),
    verifiedAt: null,
    cancelledAt: null,
    precision: { doneAt: 86_400_000 },
    result: null,
    evidence: 1,
    replanned: [{ at: t("2026-11-12T08:00Z"), due: t("2026-11-30T22:59:59.999Z"), reason: "late" }],
    tracker: "github:o/n#12",
  });
});
