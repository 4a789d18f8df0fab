import { describe, expect, test } from "vitest";
import type { Draft, Entry } from "../src/evidence/entry.ts";
import { Conditions } from "../src/gaps/conditions.ts";
import { type AnyGap, gapsIn } from "../src/gaps/gap.ts";
import type { LevelRule } from "../src/gaps/level.ts";
import { gapNotes } from "../src/gaps/note.ts";
import { standingOf } from "../src/gaps/standing.ts";
import { wordsOf } from "../src/gaps/words.ts";
import { iso } from "../src/lib/time.ts";
import { gapId } from "../src/slots/gap.ts";
import {
  ANNA,
  config,
  entry,
  gap,
  genesis,
  historyOf,
  instance,
  instanceOf,
  plan,
  run,
  SYSTEM,
  t,
  type When,
} from "./support/entries.ts";

const START = "2026-11-01T09:00Z";
const delivery = (at: When, outcome: "delivered" | "failed", fields: Record<string, unknown> = {}) =>
  entry("delivery", at, {
    notice: "digest-2026-11-02",
    about: "digest",
    channel: "mail",
    use: "email",
    outcome,
    ...(outcome === "failed" ? { cause: "refused" } : {}),
    attempts: 5,
    sent: iso(t(at)),
    ...fields,
  });
const check = (at: When, name: string, result: "good" | "bad" | "unknown", codes?: string[]) =>
  entry("self-check", at, { check: name, result, started: iso(t(at)), ended: iso(t(at)), ...(codes ? { codes } : {}) });

function conditionsOf(entries: readonly Entry[]): Conditions {
  const conditions = new Conditions();
  entries.forEach((one, index) => {
    conditions.add(index, one);
  });
  return conditions;
}

const gapsAt = (entries: readonly Entry[], asOf: When, rules: readonly LevelRule[] = []): AnyGap[] =>
  gapsIn(historyOf(entries), conditionsOf(entries), t(asOf), rules);
const notesAt = (entries: readonly Entry[], asOf: When, rules: readonly LevelRule[] = []) =>
  gapNotes(historyOf(entries), conditionsOf(entries), t(asOf), rules);
const said = (notes: readonly { action: string; requirement: string }[]) =>
  notes.map(({ action, requirement }) => `${requirement} ${action}`);
/** The ledger after these notes were logged; `once` as the ledger takes it. */
function logged(entries: readonly Entry[], at: When, notes: readonly Extract<Draft, { kind: "gap" }>[]): Entry[] {
  const taken = new Set(entries.map(({ once }) => once));
  const fresh = notes.filter(({ once }) => !taken.has(once));
  return [...entries, ...fresh.map(({ kind, ...fields }) => entry(kind, at, { ...fields, actor: SYSTEM }))];
}
/** Notes what is to be noted at each of these moments, and gives what was. */
function noting(entries: readonly Entry[], ...moments: When[]): string[] {
  let ledger: Entry[] = [];
  const told: string[] = [];
  const rest = [...entries];
  for (const moment of moments) {
    while (rest[0] && t(rest[0].at) <= t(moment)) ledger.push(rest.shift() as Entry);
    const notes = notesAt(ledger, moment);
    told.push(...said(notes));
    ledger = logged(ledger, moment, notes);
    // Whoever else looks at the same time finds nothing more to say.
    expect(notesAt(ledger, moment)).toEqual([]);
  }
  return told;
}

describe("a condition of Custody itself", () => {
  test("begins with the first notice that could not be delivered, and ends with the next that was", () => {
    const failing = [delivery("2026-11-02T08:00Z", "failed"), delivery("2026-11-03T08:00Z", "failed")];
    const id = gapId("channel:mail", "delivery", "2026-11-02T08:00:00.000Z");
    expect(gapsAt(failing, "2026-11-03T09:00Z")).toMatchObject([
      { id, instance: "channel:mail", requirement: "delivery", state: "open", cause: "refused", level: "normal" },
    ]);
    const mended = [...failing, delivery("2026-11-04T08:00Z", "delivered")];
    expect(gapsAt(mended, "2026-11-04T09:00Z")).toMatchObject([
      { id, state: "closed", closedAt: t("2026-11-04T08:00Z"), settled: false },
    ]);
    expect(noting(mended, "2026-11-02T08:01Z", "2026-11-03T08:01Z", "2026-11-04T08:01Z", "2026-11-05T08:01Z")).toEqual([
      "delivery open",
      "delivery close",
    ]);
  });

  test("of one channel says nothing of another", () => {
    const two = [
      delivery("2026-11-02T08:00Z", "failed"),
      delivery("2026-11-02T08:00Z", "delivered", { channel: "chat" }),
    ];
    expect(gapsAt(two, "2026-11-02T09:00Z").map((one) => [one.instance, one.state])).toEqual([
      ["channel:mail", "open"],
    ]);
  });

  test("that comes back within a day is the same one, told once, and its end once it stays away", () => {
    const hours = Array.from({ length: 30 }, (_, i) => t("2026-11-02T08:00Z") + i * 3_600_000);
    const flapping = hours.map((at, i) => delivery(at, i % 2 === 0 ? "failed" : "delivered"));
    const end = hours.at(-1) ?? 0;
    expect(gapsAt(flapping, end)).toMatchObject([{ times: 15, state: "closed", settled: false }]);
    expect(noting(flapping, ...hours, end + 23 * 3_600_000, end + 24 * 3_600_000, end + 90 * 3_600_000)).toEqual([
      "delivery open",
      "delivery close",
    ]);
    const later = [...flapping, delivery(end + 25 * 3_600_000, "failed")];
    expect(gapsAt(later, end + 26 * 3_600_000)).toHaveLength(2);
  });

  test("of the top level is told each time, at once, and so is its end", () => {
    const checks = [
      check("2026-11-02T03:00Z", "integrity", "bad", ["blob-altered"]),
      check("2026-11-02T04:00Z", "integrity", "good"),
      check("2026-11-02T05:00Z", "integrity", "bad", ["blob-missing"]),
    ];
    expect(gapsAt(checks, "2026-11-02T06:00Z")).toMatchObject([
      { requirement: "integrity", level: "urgent", state: "closed", settled: true, cause: "blob-altered" },
      { requirement: "integrity", level: "urgent", state: "open", cause: "blob-missing" },
    ]);
    expect(noting(checks, "2026-11-02T03:01Z", "2026-11-02T04:01Z", "2026-11-02T05:01Z")).toEqual([
      "integrity open",
      "integrity close",
      "integrity open",
    ]);
  });

  test("that comes back at the same moment, as by a clock that was set back, is bad again", () => {
    const at = "2026-11-02T08:00Z";
    const three = [check(at, "integrity", "bad", ["blob-altered"]), check(at, "integrity", "good")];
    expect(gapsAt([...three, check(at, "integrity", "bad", ["rolled-back"])], at)).toMatchObject([
      { state: "open", cause: "rolled-back", times: 2 },
    ]);
    const noted = logged(three, at, notesAt(three, at));
    const ended = logged(noted, at, notesAt(noted, at));
    const back = [...ended, check(at, "integrity", "bad", ["rolled-back"])];
    expect(said(notesAt(back, at))).toEqual(["integrity open"]);
    const two = [
      entry("key", at, { action: "revoke", key: "a", reason: "lost" }),
      entry("key", at, { action: "revoke", key: "b", compromisedSince: iso(t(at)) }),
      entry("key", at, { action: "attest", key: "a" }),
    ];
    expect(gapsAt(two, at)).toMatchObject([{ requirement: "key", state: "open" }]);
    expect(gapsAt([...two, entry("key", at, { action: "attest", key: "b" })], at)).toMatchObject([{ state: "closed" }]);
  });

  test("is neither bad nor good by a check that could not be made", () => {
    expect(gapsAt([check("2026-11-02T03:00Z", "disk", "unknown")], "2026-11-02T04:00Z")).toEqual([]);
    const bad = [check("2026-11-02T03:00Z", "disk", "bad"), check("2026-11-02T04:00Z", "disk", "unknown")];
    expect(gapsAt(bad, "2026-11-02T05:00Z")).toMatchObject([{ requirement: "disk", state: "open" }]);
  });

  test("is a wrong clock from the run that was refused for it to the one whose clock was compared", () => {
    const setUp = [genesis(START), config(START, [instance()])];
    const refused = run("2026-11-01T10:00Z", { reason: "clock-wrong" });
    const silent = run("2026-11-01T11:00Z", { covered: [["2026-11-01", "2026-11-01T11:00Z"]] });
    const compared = run("2026-11-01T12:00Z", {
      covered: [["2026-11-01", "2026-11-01T12:00Z"]],
      reference: { use: "ntp", offset: 12, uncertainty: 5 },
    });
    const clock = (entries: Entry[]) => gapsAt([...setUp, ...entries], "2026-11-01T12:30Z").map((one) => one.state);
    expect(clock([refused, silent])).toEqual(["open"]);
    expect(clock([refused, silent, compared])).toEqual(["closed"]);
    expect(clock([silent, compared])).toEqual([]);
  });

  test("is a revoked key until what was signed with it is attested, or, where it was only lost, until somebody saw it", () => {
    const key = (at: When, fields: Record<string, unknown>) => entry("key", at, { key: "example+01+AA", ...fields });
    const stolen = key("2026-11-02T10:00Z", {
      action: "revoke",
      reason: "compromised",
      compromisedSince: "2026-11-01T00:00:00.000Z",
    });
    const [open] = gapsAt([stolen], "2026-11-02T11:00Z");
    expect(open).toMatchObject({ requirement: "key", level: "urgent", state: "open", cause: "compromised" });
    const seen = gap("2026-11-02T11:00Z", open?.id ?? "", "acknowledge", { instance: "custody", requirement: "key" });
    expect(gapsAt([stolen, seen], "2026-11-02T12:00Z")).toMatchObject([
      { state: "open", acknowledged: { actor: ANNA } },
    ]);
    const attested = key("2026-11-02T12:00Z", { action: "attest", records: { from: 0, to: 4 } });
    expect(gapsAt([stolen, seen, attested], "2026-11-02T13:00Z")).toMatchObject([{ state: "closed" }]);
    const lost = key("2026-11-02T10:00Z", { action: "revoke", reason: "lost" });
    expect(gapsAt([lost, seen], "2026-11-02T12:00Z")).toMatchObject([{ state: "closed" }]);
  });

  test("that another part noted by itself is shown as it was noted", () => {
    const noted = gap("2026-11-02T10:00Z", "gap-0123456789ab", "open", { instance: "custody", requirement: "watch" });
    expect(gapsAt([noted], "2026-11-02T11:00Z")).toMatchObject([{ requirement: "watch", state: "open" }]);
    const over = gap("2026-11-02T12:00Z", "gap-0123456789ab", "close", { instance: "custody", requirement: "watch" });
    expect(gapsAt([noted, over], "2026-11-02T13:00Z")).toMatchObject([{ requirement: "watch", state: "closed" }]);
    expect(notesAt([noted, over], "2026-11-09T13:00Z")).toEqual([]);
  });
});

describe("a collector that never delivered anything", () => {
  const never = [genesis(START), config(START, [instance()])];
  const due = t("2026-11-02T15:00Z");

  test("is a gap when a window and its grace have passed, until its first success", () => {
    expect(gapsAt(never, due)).toEqual([]);
    const id = gapId("jobs", "first", "2026-11-01T09:00:00.000Z");
    expect(gapsAt(never, due + 1)).toMatchObject([
      { id, instance: "jobs", requirement: "first", state: "open", opened: due },
    ]);
    const at = "2026-11-04T10:00Z";
    const success = run(at, { covered: [["2026-11-04", at]] });
    const told = noting(
      [...never, run("2026-11-02T10:00Z", { reason: "SOURCE_REFUSED" }), success],
      due,
      due + 1,
      "2026-11-03",
      at,
    );
    expect(told).toEqual(["first open", "first close"]);
  });

  test("is none where it was not missed: with a success in time, retired, or paused", () => {
    const success = run("2026-11-02T14:00Z", { covered: [["2026-11-02", "2026-11-02T14:00Z"]] });
    expect(gapsAt([...never, success], "2026-11-02T16:00Z")).toEqual([]);
    expect(gapsAt([...never, plan("2026-11-01T10:00Z", "retire")], "2026-11-20")).toEqual([]);
    const paused = [...never, plan("2026-11-01T10:00Z", "pause", { to: "2026-11-10T10:00Z" })];
    expect(gapsAt(paused, "2026-11-11T15:59Z")).toEqual([]);
    // A window and its grace, 30 hours, after the pause.
    expect(gapsAt(paused, "2026-11-11T16:01Z").map((one) => one.requirement)).toEqual(["first"]);
  });

  test("is not noted afterwards where nobody noticed while it lasted", () => {
    const success = run("2026-11-04T10:00Z", { covered: [["2026-11-04", "2026-11-04T10:00Z"]] });
    expect(notesAt([...never, success], "2026-11-04T11:00Z")).toEqual([]);
  });
});

describe("a gap that grows after its end", () => {
  const daily = (n: number, at: When) => run(at, { covered: [[`2026-11-0${n}`, `2026-11-0${n + 1}`]] });
  // 2 November came late and 3 November, next to it, later still; 4 November came in time.
  const entries = [
    genesis(START),
    config(START, [instance()]),
    run("2026-11-01T10:00Z", { covered: [["2026-11-01", "2026-11-01T10:00Z"]] }),
    daily(1, "2026-11-02T00:10Z"),
    run("2026-11-02T23:00Z", { outcome: "unavailable", reason: "SOURCE_UNREACHABLE" }),
    daily(2, "2026-11-03T09:00Z"),
    daily(4, "2026-11-05T00:10Z"),
    daily(3, "2026-11-05T09:00Z"),
  ];

  test("is opened and closed again, once each, with the reason of what is missing then", () => {
    const moments = ["2026-11-03T07:01Z", "2026-11-03T09:01Z", "2026-11-04T06:01Z", "2026-11-05T09:01Z"];
    expect(noting(entries, ...moments, "2026-11-06T05:00Z")).toEqual([
      "cadence open",
      "cadence close-late",
      "cadence open",
      "cadence close-late",
    ]);
    const first = logged(entries.slice(0, 5), "2026-11-03T07:01Z", notesAt(entries.slice(0, 5), "2026-11-03T07:01Z"));
    const closed = [...first, entries[5] as Entry];
    const ended = logged(closed, "2026-11-03T09:01Z", notesAt(closed, "2026-11-03T09:01Z"));
    const id = gapId("jobs", "cadence", "jobs@2026-11-02T00:00:00.000Z");
    // Who saw the end has seen nothing of what came then.
    const seen = [...ended, gap("2026-11-03T10:00Z", id, "acknowledge")];
    const again = notesAt(seen, "2026-11-04T06:01Z");
    const once = `gap:${id}:open:${ended.length - 1}`;
    expect(again).toMatchObject([{ action: "open", once, cause: "custody-not-running" }]);
    const open = gapsAt(logged(seen, "2026-11-04T06:01Z", again), "2026-11-04T07:00Z");
    expect(open.map((one) => [one.id, one.state, one.acknowledged])).toEqual([[id, "open", undefined]]);
  });
});

describe("an acceptance", () => {
  const hole = [
    genesis(START),
    config(START, [instance()]),
    run("2026-11-01T10:00Z", { covered: [["2026-11-01", "2026-11-02"]] }),
    run("2026-11-02T00:10Z", { covered: [["2026-11-01", "2026-11-02"]] }),
    run("2026-11-04T00:10Z", { covered: [["2026-11-03", "2026-11-04"]] }),
  ];
  const id = gapId("jobs", "cadence", "jobs@2026-11-02T00:00:00.000Z");
  const opened = logged(hole, "2026-11-04T00:11Z", notesAt(hole, "2026-11-04T00:11Z"));
  const accepted = [...opened, gap("2026-11-04T09:00Z", id, "accept", { until: "2026-11-10T00:00:00.000Z" })];

  test("that ran out is open again, and told again, once, whoever notices", () => {
    expect(gapsAt(accepted, "2026-11-09T23:00Z").find((one) => one.id === id)).toMatchObject({
      state: "accepted",
      accepted: { actor: ANNA },
      acceptedUntil: t("2026-11-10"),
    });
    expect(said(notesAt(accepted, "2026-11-05T05:00Z"))).toEqual([]);
    const after = "2026-11-10T00:01Z";
    const again = notesAt(accepted, after).filter((one) => one.gap === id);
    expect(said(again)).toEqual(["cadence open"]);
    expect(again[0]?.once).toBe(`gap:${id}:open:${accepted.length - 1}`);
    const told = logged(accepted, after, again);
    expect(notesAt(told, "2026-11-20").filter((one) => one.gap === id)).toEqual([]);
    const longer = [...told, gap("2026-11-11T09:00Z", id, "accept", { until: "2026-11-12T00:00:00.000Z" })];
    expect(notesAt(longer, "2026-11-12T00:01Z").filter((one) => one.gap === id)).toHaveLength(1);
  });

  test("makes what was seen before its end unseen", () => {
    const seen = [...accepted, gap("2026-11-04T10:00Z", id, "acknowledge")];
    const find = (entries: Entry[], asOf: When) => gapsAt(entries, asOf).find((one) => one.id === id);
    expect(find(seen, "2026-11-05")?.acknowledged).toBeDefined();
    expect(find(seen, "2026-11-11")?.acknowledged).toBeUndefined();
    const anew = [...seen, gap("2026-11-10T10:00Z", id, "acknowledge")];
    expect(find(anew, "2026-11-11")?.acknowledged?.at).toBe(t("2026-11-10T10:00Z"));
  });

  test("is over with the gap: what was covered late is not opened again", () => {
    const covered = [...accepted, run("2026-11-05T00:10Z", { covered: [["2026-11-02", "2026-11-03"]] })];
    expect(said(notesAt(covered, "2026-11-05T00:11Z"))).toEqual(["cadence close-late"]);
    const closed = logged(covered, "2026-11-05T00:11Z", notesAt(covered, "2026-11-05T00:11Z"));
    expect(notesAt(closed, "2026-11-10T00:01Z").filter((one) => one.gap === id)).toEqual([]);
  });
});

describe("the level of a gap", () => {
  const hole = [
    genesis(START),
    config(START, [instance()]),
    run("2026-11-01T10:00Z", { covered: [["2026-11-01", "2026-11-01T10:00Z"]] }),
  ];

  test("is what the first line that fits says, as told when it was opened", () => {
    const urgent: LevelRule[] = [{ collectors: ["jobs"], level: "urgent" }, { level: "normal" }];
    expect(notesAt(hole, "2026-11-03", [])[0]).not.toHaveProperty("level");
    const notes = notesAt(hole, "2026-11-03", urgent);
    expect(notes[0]).toMatchObject({ action: "open", level: "urgent" });
    expect(notesAt(hole, "2026-11-03", [{ family: "incident-log", level: "urgent" }])[0]).not.toHaveProperty("level");
    expect(notesAt(hole, "2026-11-03", [{ family: "cron-health", level: "urgent" }])[0]).toMatchObject({
      level: "urgent",
    });
    expect(gapsAt(logged(hole, "2026-11-03", notes), "2026-11-03")[0]?.level).toBe("urgent");
  });

  test("of a failed verification is urgent whatever is configured", () => {
    const bad = [check("2026-11-02T03:00Z", "integrity", "bad")];
    expect(gapsAt(bad, "2026-11-02T04:00Z", [{ level: "normal" }])[0]?.level).toBe("urgent");
  });
});

describe("the standing of a collector", () => {
  const seen = [
    genesis(START),
    config(START, [instance()]),
    run("2026-11-02T00:00Z", { covered: [["2026-11-01", "2026-11-02"]] }),
  ];
  const at = (entries: readonly Entry[], asOf: When) => standingOf(instanceOf(entries), t(asOf));

  test("is current, due soon in the last quarter, late in the grace, and stale after it", () => {
    expect(at(seen, "2026-11-02T18:00Z")).toBe("current");
    expect(at(seen, "2026-11-02T18:01Z")).toBe("due-soon");
    expect(at(seen, "2026-11-03T00:00Z")).toBe("due-soon");
    expect(at(seen, "2026-11-03T00:01Z")).toBe("late");
    expect(at(seen, "2026-11-03T06:00Z")).toBe("late");
    expect(at(seen, "2026-11-03T06:01Z")).toBe("stale");
    expect(standingOf(instanceOf(seen), t("2026-11-02T23:00Z"), 0)).toBe("current");
  });

  test("keeps apart what was never collected, what is paused, and what is retired", () => {
    expect(at(seen.slice(0, 2), "2026-11-20")).toBe("never");
    expect(at([...seen, plan("2026-11-02T01:00Z", "pause")], "2026-11-20")).toBe("paused");
    expect(at([...seen, plan("2026-11-02T01:00Z", "retire")], "2026-11-20")).toBe("retired");
  });
});

test("every condition has words: what, since when, whether anything is lost, and what to do", () => {
  const names = ["first", "delivery", "integrity", "key", "clock", "disk", "certificate", "index", "mirror", "other"];
  for (const requirement of names) {
    const gap = {
      id: "gap-0123456789ab",
      instance: "channel:mail",
      requirement,
      from: t(START),
      opened: t(START),
      times: 3,
    };
    const words = wordsOf(gap, "Europe/Berlin", "it refused");
    expect(words.what).toContain("1 Nov 2026");
    for (const sentence of [words.what, words.lost]) expect(sentence).toMatch(/^[A-Z].*\.$/);
    expect(words.todo).toMatch(/:$/);
    expect(words.commands.length).toBeGreaterThan(0);
  }
});
