import { describe, expect, test } from "vitest";
import { foldEvents } from "../src/events/fold.ts";
import { RuleTimeline } from "../src/events/rules.ts";
import { type Observed, wholeFact } from "../src/evidence/fact.ts";
import { OWN_REGISTER } from "../src/incidents/register.ts";
import type { IntakeRule } from "../src/policy/intake-rule.ts";
import type { EventsInput } from "../src/report/cases-input.ts";
import { decisionsOf } from "../src/report/decisions.ts";
import { decisionsPart } from "../src/report/part-decisions.ts";
import { ActLog, SHELL } from "./support/acts.ts";
import { t } from "./support/entries.ts";
import { wording } from "./support/report-input.ts";

const PERIOD = { from: t("2026-11-01"), to: t("2026-12-01"), label: "2026-11" };
const AS_OF = t("2026-11-30T12:00Z");
const DAY = 86_400_000;

/** One alert a day from 1 November on, over after ten minutes; each in a record of its own. */
function alert(day: number, name: string): Observed {
  const startsAt = t("2026-11-01T06:00Z") + (day - 1) * DAY;
  return {
    fact: wholeFact<"alert">({
      kind: "alert",
      id: `a${day}`,
      name,
      severity: "warning",
      startsAt,
      endsAt: startsAt + 600_000,
      state: "resolved",
      labels: {},
    }),
    instance: "prom",
    entry: 100 + day,
    item: "a".repeat(64),
    ordinal: 0,
    at: startsAt + 3_600_000,
  };
}

const RULE: IntakeRule = {
  id: "certificates",
  version: "2",
  when: { name: "Certificate*" },
  decision: "event-only",
  reason: "renewed by itself",
  owner: "otto",
  approvedBy: "anna",
  approvedAt: "2026-10-01T00:00:00Z",
  until: "2026-12-31",
};

function events(log: ActLog, alerts: readonly Observed[], more: Partial<EventsInput> = {}): EventsInput {
  const rules = new RuleTimeline([
    { entry: 3, policy: "ours 1", start: t("2026-10-01"), logged: t("2026-10-01"), zone: "UTC", rules: [RULE] },
  ]);
  const folded = foldEvents({
    acts: log.acts,
    facts: alerts,
    rules,
    families: new Map(),
    incidents: new Set(["INC-1"]),
    register: OWN_REGISTER,
    asOf: AS_OF,
  });
  return { log: folded, rules, limits: {}, troubles: folded.troubles, names: new Map([["p-anna", "Anna"]]), ...more };
}

const about = (day: number) => [{ instance: "prom", kind: "alert", id: `a${day}`, entry: 100 + day }];

/** Five alerts: one by rule, two by Anna, of which she changed one, one on a bare shell, one that waits. */
function decided() {
  const log = new ActLog("2026-11-05T00:00Z");
  const decide = (day: number, decision: string, at: string, more = {}, by = {}) =>
    log.add("event-decision", { facts: about(day), decision, ...more }, { at, words: { reason: "seen" }, ...by });
  decide(2, "false-positive", "2026-11-02T07:00:00Z");
  decide(3, "event-only", "2026-11-03T08:00:00Z");
  decide(3, "incident", "2026-11-04T08:00:00Z", { incident: "INC-1" });
  decide(4, "event-only", "2026-11-04T09:00:00Z", { together: 7 }, { by: SHELL });
  return events(log, [alert(1, "CertificateEnds"), ...[2, 3, 4, 5].map((day) => alert(day, "DiskFull"))]);
}

const part = (given: EventsInput | undefined) =>
  decisionsOf({ events: given, period: PERIOD, asOf: AS_OF }, ["prom", "idle"]);
const print = (given: EventsInput | undefined) =>
  JSON.stringify(
    decisionsPart(
      { decisions: part(given), controls: [], organisation: { zone: "Europe/Berlin" } } as unknown as Parameters<
        typeof decisionsPart
      >[0],
      wording,
    ),
  );

describe("event decisions", () => {
  test("count each event of each source once: by people, by rule, or undecided", () => {
    const { events: all, sources, undecidedTotal } = part(decided());
    expect([all, undecidedTotal]).toEqual([5, 1]);
    const [idle, prom] = sources;
    expect([idle?.instance, idle?.told]).toEqual(["idle", 0]);
    expect(prom).toMatchObject({
      told: 5,
      byPerson: { incident: 1, "event-only": 1, "false-positive": 1, duplicate: 0 },
      byRule: { incident: 0, "event-only": 1, "false-positive": 0, duplicate: 0 },
      undecided: 1,
    });
  });

  test("leave out what was over before the period, and name how long the others wait as of the last record", () => {
    const before = { ...alert(5, "DiskFull"), fact: { ...alert(5, "DiskFull").fact, id: "old" } } as Observed;
    const moved = {
      ...before,
      fact: { ...before.fact, startsAt: t("2026-10-05"), endsAt: t("2026-10-06") },
    } as Observed;
    const { events: all, undecided } = part(events(new ActLog(), [alert(5, "DiskFull"), moved]));
    expect(all).toBe(1);
    expect(undecided[0]).toMatchObject({ title: "DiskFull", age: AS_OF - t("2026-11-05T06:00Z"), entry: 105 });
  });

  test("tell by whom, and whether anybody checked who that was", () => {
    expect(part(decided()).people).toEqual([
      { name: "Anna", decisions: { incident: 1, "event-only": 0, "false-positive": 1, duplicate: 0 }, unproven: 0 },
      { name: "p-shell", decisions: { incident: 0, "event-only": 1, "false-positive": 0, duplicate: 0 }, unproven: 1 },
    ]);
    expect(print(decided())).toContain("together with 6 others");
  });

  test("tell of a rule its version, owner, approval, end and how many events it decided", () => {
    expect(part(decided()).rules).toEqual([
      expect.objectContaining({
        id: "certificates",
        version: "2",
        owner: "otto",
        approvedBy: "anna",
        until: "2027-01-01T00:00:00.000Z",
        standing: "holds",
        decided: 1,
      }),
    ]);
  });

  test("measure from when an event began, only where that is known exactly", () => {
    const byPeople = part(decided()).lags.find(({ by }) => by === "person");
    // 1 h, 3 h and, for the decision that counts, 26 h.
    expect(byPeople).toMatchObject({ exact: 3, inexact: 0, median: 3 * 3_600_000, worst: 26 * 3_600_000 });
  });

  test("keep a decision that was changed, with the records of both", () => {
    expect(part(decided()).changed).toEqual([
      expect.objectContaining({ was: "event-only", wasEntry: 1, became: "incident", becameEntry: 2, by: "Anna" }),
    ]);
  });

  test("that were recorded again with the same outcome are no change", () => {
    const log = new ActLog("2026-11-05T00:00Z");
    for (const at of ["2026-11-03T08:00:00Z", "2026-11-04T08:00:00Z"])
      log.add("event-decision", { facts: about(3), decision: "event-only" }, { at, words: { reason: "seen" } });
    const given = events(log, [alert(3, "DiskFull")]);
    expect(part(given)).toMatchObject({ changed: [], repeated: 1 });
    expect(print(given)).toContain("1 decision was recorded again and says what it said before.");
  });

  test("made for several events at once are told with how long these had waited", () => {
    const log = new ActLog("2026-11-05T00:00Z");
    const facts = [...about(2), ...about(3), ...about(4)];
    log.add(
      "event-decision",
      { facts, decision: "event-only" },
      { at: "2026-11-04T07:00:00Z", words: { reason: "seen" } },
    );
    const given = events(
      log,
      [2, 3, 4].map((day) => alert(day, "DiskFull")),
    );
    expect(part(given).bulk).toMatchObject({ together: 3, each: 0, median: 25 * 3_600_000 });
    expect(print(given)).toContain("Half of these were decided within 1 d 1 h after they began.");
  });

  test("name bursts only where the rules say how many are many", () => {
    expect(part(decided()).bulk.bursts).toEqual([]);
    expect(print(decided())).toContain("The rules do not say from how many");
    const limited = { ...decided(), limits: { burst: { more: 1, within: "3d" } } };
    expect(part(limited).bulk.bursts).toEqual([expect.objectContaining({ by: "Anna", count: 3, entries: [0, 1, 2] })]);
  });

  test("of nothing are one line that says what was looked at", () => {
    const text = print(events(new ActLog(), []));
    expect(text).toContain("0 events: no alert and no report");
    expect(text).toContain("idle, prom");
    expect(JSON.parse(print(undefined)) as unknown[]).toHaveLength(2);
  });
});
