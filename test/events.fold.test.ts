import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { bulkOf } from "../src/events/bulk.ts";
import { eventFacts } from "../src/events/facts.ts";
import { type EventInput, type EventState, foldEvents } from "../src/events/fold.ts";
import { eventName, eventsNamed } from "../src/events/name.ts";
import { backlogOf, isInPeriod, reconcile } from "../src/events/reconcile.ts";
import { type RuleSet, RuleTimeline, ruleKey } from "../src/events/rules.ts";
import type { RecordedAct, Words } from "../src/evidence/act.ts";
import { type FactOf, type Observed, wholeFact } from "../src/evidence/fact.ts";
import { iso } from "../src/lib/time.ts";
import { IntakeRule } from "../src/policy/intake-rule.ts";

const REGISTER = "custody:register";
const t = (text: string) => Date.parse(text.length === 10 ? `${text}T00:00:00Z` : text);
const DAY = 86_400_000;
const AS_OF = t("2026-11-20T12:00:00Z");

// ---------------------------------------------------------------------------------------------------- what happened

/** A word of a source about an alert, in this record. */
function alert(id: string, entry: number, over: Partial<FactOf<"alert">> = {}, more: Partial<Observed> = {}): Observed {
  const startsAt = over.startsAt ?? t("2026-11-10T08:00:00Z");
  return {
    fact: wholeFact({
      kind: "alert",
      id,
      name: "DiskSpaceLow",
      severity: "warning",
      startsAt,
      endsAt: null,
      state: "firing",
      labels: {},
      ...over,
    }),
    instance: "prom",
    entry,
    position: 0,
    ordinal: 0,
    item: "a".repeat(64),
    at: startsAt + 60_000,
    ...more,
  };
}

interface ActOver {
  readonly at?: string;
  readonly by?: string;
  readonly auth?: string;
  readonly type?: string;
  readonly words?: Words;
  readonly [field: string]: unknown;
}

function act(kind: string, index: number, over: ActOver): RecordedAct {
  const { at = "2026-11-11T09:00:00Z", by = "p-1", auth = "token", type = "person", words = {}, ...fields } = over;
  const logged = t(at);
  return {
    index,
    at: logged,
    words,
    entry: { kind, actor: { type, id: by, auth }, at: iso(logged), index, happened: iso(logged), ...fields },
  } as unknown as RecordedAct;
}

const decide = (index: number, seen: Observed | readonly Observed[], decision: string, over: ActOver = {}) =>
  act("event-decision", index, {
    words: { reason: "Looked at it." },
    decision,
    facts: [seen].flat().map(({ instance, fact, entry, item, ordinal }) => ({
      instance,
      kind: fact.kind,
      id: fact.id,
      entry,
      item,
      ordinal,
    })),
    ...over,
  });

const RULE = {
  id: "disk",
  version: "1",
  owner: "anna",
  approvedBy: "anna",
  approvedAt: "2026-11-01",
  until: "2026-12-31",
  when: { name: "DiskSpaceLow", severity: "warning" },
  decision: "event-only",
  reason: "The clean-up job takes care of it.",
};

const setOf = (rules: readonly object[], over: Partial<RuleSet> = {}): RuleSet => ({
  entry: 1,
  policy: "ours 1",
  start: t("2026-11-01"),
  logged: t("2026-11-01"),
  zone: "Europe/Berlin",
  rules: rules.map((rule) => IntakeRule.parse(rule)),
  ...over,
});

function fold(over: Partial<Omit<EventInput, "rules">> & { readonly sets?: readonly RuleSet[] }) {
  const { sets = [], ...rest } = over;
  return foldEvents({
    acts: [],
    facts: [],
    rules: new RuleTimeline(sets),
    families: new Map([["prom", "alert-history"]]),
    incidents: new Set(["INC-2026-001"]),
    register: REGISTER,
    asOf: AS_OF,
    ...rest,
  });
}

function only(log: { readonly events: readonly EventState[] }): EventState {
  expect(log.events).toHaveLength(1);
  return log.events[0] as EventState;
}

// ------------------------------------------------------------------------------------------------------------ people

describe("what people decide", () => {
  test("an alert is an event that waits, and says for how long, until somebody decides", () => {
    const seen = alert("a", 3);
    const waiting = only(fold({ facts: [seen] }));
    expect([waiting.decided, waiting.age]).toEqual([undefined, AS_OF - t("2026-11-10T08:00:00Z")]);
    const state = only(fold({ facts: [seen], acts: [decide(5, seen, "incident", { incident: "INC-2026-001" })] }));
    expect(state.decided).toMatchObject({ decision: "incident", incident: "INC-2026-001", index: 5 });
    expect(state.decided?.by).toEqual({ type: "person", id: "p-1", auth: "token", role: undefined });
    expect([state.age, state.again]).toEqual([undefined, []]);
    expect(state.lag).toEqual({ least: 25 * 3_600_000, most: 25 * 3_600_000 });
  });

  test("a decision known to the day only has a lag of at least and at most", () => {
    const seen = alert("a", 3);
    const dated = decide(5, seen, "event-only", { happened: "2026-11-11T00:00:00.000Z", precision: DAY });
    expect(only(fold({ facts: [seen], acts: [dated] })).lag).toEqual({
      least: 16 * 3_600_000,
      most: 40 * 3_600_000 - 1,
    });
  });

  test("a later decision takes the place of the earlier one, and both stay readable with their reasons", () => {
    const seen = alert("a", 3);
    const acts = [
      decide(5, seen, "false-positive", { words: { reason: "A glitch." } }),
      decide(6, seen, "incident", {
        incident: "INC-2026-001",
        at: "2026-11-12T09:00:00Z",
        by: "p-2",
        words: { reason: "No glitch." },
      }),
    ];
    const { decided, past, again } = only(fold({ facts: [seen], acts }));
    expect(decided?.decision).toBe("incident");
    expect(past.map(({ decision, reason, supersededAt }) => [decision, reason, supersededAt])).toEqual([
      ["false-positive", "A glitch.", t("2026-11-12T09:00:00Z")],
      ["incident", "No glitch.", undefined],
    ]);
    expect(again).toEqual([]);
  });

  test("decisions of two people about one moment that differ are to be looked at again", () => {
    const seen = alert("a", 3);
    const acts = [
      decide(5, seen, "false-positive", { happened: "2026-11-11T00:00:00.000Z", precision: DAY }),
      decide(6, seen, "event-only", { by: "p-2", at: "2026-11-11T10:00:00Z" }),
    ];
    expect(only(fold({ facts: [seen], acts })).again).toEqual([
      "records 5 and 6 of two people say different things about the same moment",
    ]);
    const backdated = [
      decide(5, seen, "incident", { incident: "INC-2026-001", at: "2026-11-12T09:00:00Z" }),
      decide(6, seen, "event-only", { at: "2026-11-13T09:00:00Z", happened: "2026-11-11T09:00:00.000Z" }),
    ];
    expect(only(fold({ facts: [seen], acts: backdated })).again).toEqual([
      "record 5, which was recorded earlier, is dated later and says something else",
    ]);
  });

  test("a severity that was raised after the decision, even for a while, is to be looked at again", () => {
    const seen = alert("a", 3);
    const facts = [seen, alert("a", 7, { severity: "critical" }), alert("a", 8)];
    const state = only(fold({ facts, acts: [decide(5, seen, "event-only")] }));
    expect(state.decided?.decision).toBe("event-only");
    expect(state.again).toEqual(["its severity was warning then, and became critical"]);
    // Whoever looked at the raised one has seen it.
    const after = alert("a", 7, { severity: "critical" });
    expect(only(fold({ facts: [seen, after], acts: [decide(9, after, "event-only")] })).again).toEqual([]);
  });

  test("of two words in one file, only the one that was looked at was known", () => {
    const [first, second] = [alert("a", 3), alert("a", 3, { severity: "critical" }, { ordinal: 1 })];
    const again = (seen: Observed) =>
      only(fold({ facts: [first, second], acts: [decide(5, seen, "event-only")] })).again;
    expect(again(first)).toEqual(["its severity was warning then, and became critical"]);
    expect(again(second)).toEqual([]);
  });

  test("an older firing that is told of afterwards is an event of its own, and takes nothing from the newer one", () => {
    const newer = alert("7", 3, { startsAt: t("2026-11-12T08:00:00Z") });
    const older = alert("7", 8, { state: "resolved", endsAt: t("2026-11-10T09:00:00Z") });
    const decision = decide(5, newer, "event-only", { at: "2026-11-13T09:00:00Z" });
    const { events } = fold({ facts: [newer, older], acts: [decision] });
    expect(events.map(({ when, decided }) => [iso(when), decided?.decision])).toEqual([
      ["2026-11-10T08:00:00.000Z", undefined],
      ["2026-11-12T08:00:00.000Z", "event-only"],
    ]);
    // Facts tell them apart: under the plain id stands the one that was spoken of last.
    const told = eventFacts(fold({ facts: [newer, older], acts: [decision] }), REGISTER, new Map());
    expect(told.map(({ fact }) => fact.kind === "decision" && fact.about.id)).toEqual([
      eventName("prom", "alert", "7"),
    ]);
  });

  test("an end that becomes known after the decision changes nothing", () => {
    const seen = alert("a", 3);
    const facts = [seen, alert("a", 7, { state: "resolved", endsAt: t("2026-11-10T09:00:00Z") })];
    expect(only(fold({ facts, acts: [decide(5, seen, "event-only")] })).again).toEqual([]);
  });

  test("an alert that fires again under the same id is an event of its own, and undecided", () => {
    const first = alert("7", 3, { state: "resolved", endsAt: t("2026-11-10T09:00:00Z") });
    const second = alert("7", 8, { startsAt: t("2026-11-12T08:00:00Z") });
    // The source tells the whole story each time it is read.
    const facts = [first, { ...first, entry: 8, ordinal: 0 }, { ...second, ordinal: 1 }];
    const { events } = fold({ facts, acts: [decide(5, first, "event-only")] });
    expect(events.map(({ when, decided, shadowed }) => [iso(when), decided?.decision, shadowed])).toEqual([
      ["2026-11-10T08:00:00.000Z", "event-only", true],
      ["2026-11-12T08:00:00.000Z", undefined, false],
    ]);
    expect(new Set(events.map(({ event }) => event)).size).toBe(2);
    // A decision about the second one is found by the revision that it names.
    const both = fold({
      facts,
      acts: [
        decide(5, first, "event-only"),
        decide(9, facts[2] as Observed, "false-positive", { at: "2026-11-13T09:00:00Z" }),
      ],
    });
    expect(both.events.map(({ decided }) => decided?.decision)).toEqual(["event-only", "false-positive"]);
  });

  test("an alert that its source moves to a later beginning, after the decision, is to be looked at again", () => {
    const seen = alert("7", 3);
    const facts = [seen, alert("7", 8, { startsAt: t("2026-11-15T08:00:00Z") })];
    expect(only(fold({ facts, acts: [decide(5, seen, "event-only")] })).again).toEqual([
      "its source says that it began again after the decision",
    ]);
  });

  test("what cannot be is named and decides nothing", () => {
    const seen = alert("a", 3);
    const wrongs: [RecordedAct, string][] = [
      [
        decide(5, alert("b", 3), "event-only"),
        "it decides about alert b of prom, which nothing that can be read here tells of",
      ],
      [decide(5, { ...seen, entry: 2 }, "event-only"), "it names record 2, in which nothing told of the event yet"],
      [
        decide(5, seen, "event-only", { happened: "2026-11-09T09:00:00.000Z" }),
        "it is dated 2026-11-09T09:00:00.000Z, before the event began (2026-11-10T08:00:00.000Z)",
      ],
      [
        decide(5, seen, "event-only", { happened: "2026-11-12T09:00:00.000Z" }),
        "it is dated to a time that had not come when it was recorded (2026-11-12T09:00:00.000Z)",
      ],
      [decide(5, seen, "duplicate"), "it is called a duplicate, and nothing says of what"],
      [
        decide(5, seen, "duplicate", { duplicateOf: eventName("prom", "alert", "a") }),
        "it is called a duplicate of itself",
      ],
      [
        decide(5, seen, "duplicate", { duplicateOf: "EVT-2026-404" }),
        "it is called a duplicate of EVT-2026-404, which nobody knows",
      ],
      [
        decide(5, seen, "event-only", { type: "system", by: "daemon" }),
        "it was decided by no person (system daemon); what rules decide follows from them and is not recorded",
      ],
      [decide(5, [], "event-only"), "it decides about nothing: it names no event"],
    ];
    for (const [wrong, words] of wrongs) {
      const log = fold({ facts: [seen], acts: [wrong] });
      expect(log.troubles.map((one) => [one.index, one.words])).toEqual([[5, words]]);
      expect(only(log).decided, words).toBeUndefined();
    }
  });

  test("an impossible decision takes no place of a good one", () => {
    const seen = alert("a", 3);
    const acts = [decide(5, seen, "event-only"), decide(6, seen, "duplicate")];
    const { decided, past } = only(fold({ facts: [seen], acts }));
    expect([decided?.index, past[1]?.void]).toEqual([5, "it is called a duplicate, and nothing says of what"]);
  });

  test("duplicates of each other are all undecided; a duplicate of a duplicate is to be looked at again", () => {
    const facts = ["a", "b", "c", "d"].map((id, ordinal) => alert(id, 3, {}, { ordinal }));
    const [a, b, c, d] = facts as [Observed, Observed, Observed, Observed];
    const name = ({ fact }: Observed) => eventName("prom", "alert", fact.id);
    const acts = [
      decide(5, a, "duplicate", { duplicateOf: name(b) }),
      decide(6, b, "duplicate", { duplicateOf: name(a) }),
      decide(7, c, "duplicate", { duplicateOf: name(a) }),
      decide(8, d, "duplicate", { duplicateOf: name(c) }),
    ];
    const log = fold({ facts, acts });
    const of = (seen: Observed) => log.events.find(({ id }) => id === seen.fact.id) as EventState;
    expect([of(a).decided, of(b).decided]).toEqual([undefined, undefined]);
    expect(log.troubles.map(({ index }) => index)).toEqual([5, 6]);
    expect(of(c).decided?.decision).toBe("duplicate");
    expect(of(d).again).toEqual([`${name(c)} is itself called a duplicate, of ${name(a)}`]);
  });

  test("an incident that does not exist, and one that an event-only alert belongs to, are to be looked at again", () => {
    const seen = alert("a", 3);
    const missing = decide(5, seen, "incident", { incident: "INC-2026-009" });
    expect(only(fold({ facts: [seen], acts: [missing] })).again).toEqual(["there is no incident INC-2026-009"]);
    const link = (index: number, way: string) =>
      act("link", index, {
        relation: "alert",
        act: way,
        from: { type: "incident", id: "INC-2026-001" },
        to: { instance: "prom", kind: "alert", id: "a", entry: 3 },
      });
    const acts = [decide(5, seen, "event-only"), link(6, "add")];
    expect(only(fold({ facts: [seen], acts })).again).toEqual([
      "it belongs to INC-2026-001 as an alert, and was decided to be no incident",
    ]);
    expect(only(fold({ facts: [seen], acts: [...acts, link(7, "remove")] })).again).toEqual([]);
    // A link is no decision.
    expect(only(fold({ facts: [seen], acts: [link(6, "add")] })).decided).toBeUndefined();
  });
});

describe("what people report", () => {
  const report = (index: number, over: ActOver = {}) =>
    act("event", index, { event: "EVT-2026-001", channel: "mail", words: { title: "Strange login" }, ...over });

  test("is an event with a number, a channel, and the time of the first answer", () => {
    const acts = [
      report(5),
      act("event", 6, { event: "EVT-2026-001", channel: "mail", act: "acknowledge", at: "2026-11-11T10:00:00Z" }),
      act("event", 7, { event: "EVT-2026-001", channel: "mail", act: "acknowledge", at: "2026-11-12T10:00:00Z" }),
    ];
    const log = fold({ acts });
    const state = only(log);
    expect([state.event, state.title]).toEqual(["EVT-2026-001", "Strange login"]);
    expect(state.newest.fact).toMatchObject({ channel: "mail", acknowledgedAt: t("2026-11-11T10:00:00Z") });
    expect(log.troubles).toEqual([]);
  });

  test("is decided by its number; a later correction of it is to be looked at again", () => {
    const decision = act("event-decision", 6, {
      events: ["EVT-2026-001"],
      decision: "event-only",
      words: { reason: "A test." },
    });
    expect(only(fold({ acts: [report(5), decision] }))).toMatchObject({
      decided: { decision: "event-only" },
      again: [],
    });
    const corrected = report(7, { corrects: 5, words: { title: "Strange logins of many people" } });
    expect(only(fold({ acts: [report(5), decision, corrected] })).again).toEqual([
      "what was reported was corrected since",
    ]);
  });

  test("is never decided by a rule", () => {
    const log = fold({ acts: [report(5)], sets: [setOf([{ ...RULE, when: { instance: REGISTER } }])] });
    expect(only(log).decided).toBeUndefined();
  });

  test("two reports of one number, answers to nothing and answers before it came in are named", () => {
    const acts = [
      report(5),
      report(6, { words: { title: "Another" } }),
      act("event", 7, { event: "EVT-2026-002", channel: "mail", act: "acknowledge" }),
      act("event", 8, {
        event: "EVT-2026-001",
        channel: "mail",
        act: "acknowledge",
        happened: "2026-11-10T09:00:00.000Z",
      }),
    ];
    const log = fold({ acts });
    expect(only(log).title).toBe("Strange login");
    expect(log.troubles.map(({ index, words }) => [index, words])).toEqual([
      [6, "it has the number EVT-2026-001, which an earlier report has"],
      [7, "it says that EVT-2026-002 was answered, which nobody reported"],
      [8, "it says that EVT-2026-001 was answered before it came in"],
    ]);
  });

  test("words that are disposed of leave the event and its decision", () => {
    const { words: _, ...rest } = report(5);
    const decision = act("event-decision", 6, { events: ["EVT-2026-001"], decision: "event-only", words: {} });
    const state = only(fold({ acts: [{ ...rest, words: {}, gone: "disposed" } as RecordedAct, decision] }));
    expect([state.title, state.decided?.decision]).toEqual(["(its words are disposed)", "event-only"]);
    expect(state.again).toEqual(["the decision bears no reason that can be read"]);
  });
});

// ------------------------------------------------------------------------------------------------------------- rules

describe("what approved rules decide", () => {
  test("follows from the rule while it is approved and not over, and names it", () => {
    const { decided, lag } = only(fold({ facts: [alert("a", 3)], sets: [setOf([RULE])] }));
    expect(decided).toMatchObject({ decision: "event-only", index: undefined, reason: RULE.reason });
    expect(decided?.by).toMatchObject({
      type: "rule",
      reachesBack: false,
      bound: { rule: { id: "disk", version: "1" } },
    });
    // Nobody decides before the log knows of it.
    expect(lag?.most).toBe(60_000);
  });

  test("is nothing without approval, before it, and after its last day", () => {
    const { approvedBy: _, approvedAt: __, ...unapproved } = RULE;
    expect(only(fold({ facts: [alert("a", 3)], sets: [setOf([unapproved])] })).decided).toBeUndefined();
    const decided = (when: string, rule = RULE) =>
      only(fold({ facts: [alert("a", 3, { startsAt: t(when) })], sets: [setOf([rule])], asOf: t("2027-02-01") }))
        .decided;
    // A day counts from its end on, by the clock of the organisation (Berlin).
    expect(decided("2026-11-01T22:59:59.999Z")).toBeUndefined();
    expect(decided("2026-11-01T23:00:00.000Z")).toBeDefined();
    expect(decided("2026-12-31T22:59:59.999Z")).toBeDefined();
    expect(decided("2026-12-31T23:00:00.000Z")).toBeUndefined();
    // Clocks were put back on 25 October: that day has 25 hours.
    const october = { ...RULE, approvedAt: "2026-10-25", until: "2026-10-26" };
    expect(decided("2026-10-25T22:59:59.999Z", october)).toBeUndefined();
    expect(decided("2026-10-25T23:00:00.000Z", october)).toBeDefined();
  });

  test("is that of the policy in force when the event began; one that is changed later changes nothing", () => {
    const first = setOf([RULE]);
    const second = setOf([{ ...RULE, version: "2", decision: "false-positive" }], {
      entry: 9,
      policy: "ours 2",
      start: t("2026-11-12"),
      logged: t("2026-11-12"),
    });
    const facts = [alert("a", 3), alert("b", 10, { startsAt: t("2026-11-12T00:00:00Z") })];
    const { events } = fold({ facts, sets: [second, first] });
    expect(events.map(({ decided }) => decided?.decision)).toEqual(["event-only", "false-positive"]);
    // Taken out later: what it decided stays, what comes after waits.
    const without = fold({ facts, sets: [first, { ...second, rules: [] }] });
    expect(without.events.map(({ decided }) => decided?.decision)).toEqual(["event-only", undefined]);
  });

  test("an approval without a date never reaches back, one with a date does in the first policy and says so", () => {
    const late = { start: t("2026-11-15"), logged: t("2026-11-15") };
    const { approvedAt: _, ...undated } = RULE;
    expect(only(fold({ facts: [alert("a", 3)], sets: [setOf([undated], late)] })).decided).toBeUndefined();
    const { decided, lag } = only(fold({ facts: [alert("a", 3)], sets: [setOf([RULE], late)] }));
    expect(decided?.by).toMatchObject({ type: "rule", reachesBack: true });
    expect([decided?.at, lag?.most]).toEqual([t("2026-11-15"), t("2026-11-15") - t("2026-11-10T08:00:00Z")]);
  });

  test("a person's decision counts before a rule's, which stays to be seen", () => {
    const seen = alert("a", 3);
    const acts = [decide(5, seen, "incident", { incident: "INC-2026-001" })];
    const { decided, byRule } = only(fold({ facts: [seen], acts, sets: [setOf([RULE])] }));
    expect([decided?.by.type, byRule?.decision]).toEqual(["person", "event-only"]);
  });

  test("ends with a severity that the rule does not speak of", () => {
    const facts = [alert("a", 3), alert("a", 4, { severity: "critical" })];
    expect(only(fold({ facts, sets: [setOf([RULE])] })).decided).toBeUndefined();
    // And begins anew when it speaks of it again.
    const back = alert("a", 5, {}, { at: t("2026-11-10T20:00:00Z") });
    expect(only(fold({ facts: [...facts, back], sets: [setOf([RULE])] })).decided?.at).toBe(t("2026-11-10T20:00:00Z"));
  });

  test("two that disagree decide nothing, whichever comes first; one that asks for a person always wins", () => {
    const other = { ...RULE, id: "all-disks", decision: "false-positive", when: { name: "Disk*" } };
    for (const rules of [
      [RULE, other],
      [other, RULE],
    ]) {
      const { decided, again } = only(fold({ facts: [alert("a", 3)], sets: [setOf(rules)] }));
      expect(decided).toBeUndefined();
      expect(again[0]).toMatch(/^the intake rules disagree about it: /);
    }
    const person = { ...RULE, id: "look", decision: "person", when: { labels: { team: "db" } } };
    const facts = [alert("a", 3, { labels: { team: "db" } })];
    expect(only(fold({ facts, sets: [setOf([RULE, person])] }))).toMatchObject({ decided: undefined, again: [] });
  });

  test("an incident by rule that names none is to be looked at until a link says which", () => {
    const rule = { ...RULE, decision: "incident" };
    const facts = [alert("a", 3)];
    expect(only(fold({ facts, sets: [setOf([rule])] })).again).toEqual([
      "it was decided to be an incident, and nothing says which",
    ]);
    const link = act("link", 6, {
      relation: "alert",
      act: "add",
      from: { type: "incident", id: "INC-2026-001" },
      to: { instance: "prom", kind: "alert", id: "a", entry: 3 },
    });
    expect(only(fold({ facts, acts: [link], sets: [setOf([rule])] })).again).toEqual([]);
  });

  test("raw telemetry is no event but through a rule", () => {
    const job = (id: string, outcome: "failure" | "success"): Observed => ({
      ...alert("x", 3),
      instance: "jobs",
      fact: wholeFact({
        kind: "job-run",
        id,
        job: "backup",
        startedAt: t("2026-11-10T02:00:00Z"),
        endedAt: null,
        outcome,
        detail: null,
      }),
    });
    const facts = [job("1", "failure"), job("2", "success")];
    expect(fold({ facts }).events).toEqual([]);
    const takeIn = {
      ...RULE,
      id: "backups",
      when: { kind: "job-run", name: "backup", state: "failure" },
      decision: "person",
    };
    const { events } = fold({ facts, sets: [setOf([takeIn])] });
    expect(events.map(({ id, kind, decided }) => [id, kind, decided])).toEqual([["1", "job-run", undefined]]);
    // And what no rule takes in, nobody can decide about.
    const log = fold({ facts, acts: [decide(5, facts[1] as Observed, "event-only")], sets: [setOf([takeIn])] });
    expect(log.events.map(({ id }) => id)).toEqual(["1"]);
  });

  test("a rule for what was short waits for its end", () => {
    const rule = { ...RULE, when: { name: "DiskSpaceLow", shorterThan: "5m" } };
    const ended = (minutes: number) =>
      alert("a", 4, { state: "resolved", endsAt: t("2026-11-10T08:00:00Z") + minutes * 60_000 });
    const decided = (facts: Observed[]) => only(fold({ facts, sets: [setOf([rule])] })).decided?.decision;
    expect(decided([alert("a", 3)])).toBeUndefined();
    expect(decided([alert("a", 3), ended(4)])).toBe("event-only");
    expect(decided([alert("a", 3), ended(5)])).toBeUndefined();
  });

  test("how often each rule was asked for is counted, also where it decided nothing", () => {
    const never = { ...RULE, id: "never", when: { name: "Nothing" } };
    const sets = [setOf([RULE, never])];
    const seen = alert("a", 3);
    const facts = [seen, alert("b", 3, {}, { ordinal: 1 })];
    const { uses } = fold({ facts, sets, acts: [decide(5, seen, "event-only")] });
    const bound = new RuleTimeline(sets).at(AS_OF);
    expect(bound.map((one) => uses.get(ruleKey(one))?.matched)).toEqual([2, undefined]);
    expect([...uses.values()][0]).toMatchObject({ matched: 2, decided: 1 });
  });
});

describe("the shape of a rule", () => {
  const refused = (over: object) => IntakeRule.safeParse({ ...RULE, ...over }).error?.issues[0]?.message;
  test("is closed, and refuses what would decide about everything or could explode", () => {
    expect(refused({ when: {} })).toMatch(/would decide about everything/);
    expect(refused({ when: { severity: "*", shorterThan: "5m", kind: "alert" } })).toMatch(
      /would decide about everything/,
    );
    expect(refused({ when: { name: "*Disk" } })).toMatch(/a star stands at the end only/);
    expect(refused({ when: { name: "x", nane: "y" } })).toMatch(/nane/);
    expect(refused({ decision: "duplicate" })).toBeDefined();
    expect(refused({ until: "2026-02-30" })).toMatch(/expected a day/);
    expect(refused({ until: "2026-10-30" })).toMatch(/ends before it was approved/);
    expect(refused({ until: undefined })).toBeDefined();
    expect(refused({ approvedBy: undefined })).toMatch(/nothing says by whom/);
    expect(refused({})).toBeUndefined();
  });

  test("matches by the text itself or its beginning, and labels whatever their names", () => {
    const decided = (when: object, over: Partial<FactOf<"alert">> = {}) =>
      only(fold({ facts: [alert("a", 3, over)], sets: [setOf([{ ...RULE, when }])] })).decided !== undefined;
    expect(decided({ name: "Disk*" })).toBe(true);
    expect(decided({ name: "disk*" })).toBe(false);
    expect(decided({ name: ["Nothing", "DiskSpaceLow"] })).toBe(true);
    expect(decided({ name: "DiskSpaceLo" })).toBe(false);
    expect(decided({ name: "Disk.*" })).toBe(false);
    expect(decided({ family: "alert-history", instance: "prom" })).toBe(true);
    expect(decided({ severity: "*", name: "Disk*" }, { severity: null })).toBe(false);
    expect(decided({ labels: { toString: "*", team: "db" } }, { labels: { team: "db" } })).toBe(false);
    expect(decided({ labels: { team: "d*" } }, { labels: { team: "db", x: "y" } })).toBe(true);
  });
});

// ---------------------------------------------------------------------------------------------------------- counting

describe("counting", () => {
  test("told is the sum of decided and undecided, for every source, whatever was recorded", () => {
    const decisions = fc.constantFrom("incident", "event-only", "false-positive", "duplicate");
    const scenario = fc.record({
      alerts: fc.array(
        fc.record({
          id: fc.constantFrom("a", "b", "c", "d"),
          instance: fc.constantFrom("prom", "am"),
          severity: fc.constantFrom("warning", "critical", null),
          start: fc.nat(20),
          lasts: fc.option(fc.nat(5), { nil: undefined }),
        }),
        { maxLength: 20 },
      ),
      acts: fc.array(
        fc.record({ of: fc.nat(19), decision: decisions, other: fc.nat(19), by: fc.constantFrom("p-1", "p-2") }),
        {
          maxLength: 12,
        },
      ),
      ruled: fc.boolean(),
    });
    fc.assert(
      fc.property(scenario, ({ alerts, acts, ruled }) => {
        const facts = alerts.map(({ id, instance, severity, start, lasts }, i) => {
          const startsAt = t("2026-11-10T08:00:00Z") + start * 60_000;
          const endsAt = lasts === undefined ? null : startsAt + lasts * 60_000;
          const state = lasts === undefined ? "firing" : "resolved";
          return alert(id, 3 + i, { severity, startsAt, endsAt, state }, { instance });
        });
        const records = acts.flatMap(({ of, decision, other, by }, i) => {
          const [one, two] = [facts[of], facts[other]];
          if (one === undefined) return [];
          const more =
            decision === "duplicate" && two !== undefined
              ? { duplicateOf: eventName(two.instance, "alert", two.fact.id) }
              : {};
          return [decide(100 + i, one, decision, { by, ...more })];
        });
        const log = fold({ facts, acts: records, sets: ruled ? [setOf([RULE])] : [] });
        for (const account of reconcile(log.events, ["prom", "am", "quiet"])) {
          const sum = [...Object.values(account.byPerson), ...Object.values(account.byRule)].reduce((a, b) => a + b, 0);
          expect(account.told).toBe(sum + account.undecided);
          expect(account.told).toBe(log.events.filter(({ instance }) => instance === account.instance).length);
        }
        // Every id that was told of is there, and each decision is in the past of an event or named.
        expect(new Set(log.events.map(({ instance, id }) => `${instance} ${id}`))).toEqual(
          new Set(facts.map(({ instance, fact }) => `${instance} ${fact.id}`)),
        );
        const inPast = log.events.flatMap(({ past }) => past.map(({ index }) => index));
        for (const { index } of records)
          expect(inPast.includes(index) || log.troubles.some((one) => one.index === index)).toBe(true);
        expect(log.events.every(({ decided, age }) => (decided === undefined) === (age !== undefined))).toBe(true);
        expect(backlogOf(log.events).reduce((sum, { count }) => sum + count, 0)).toBe(
          log.events.filter(({ decided }) => decided === undefined).length,
        );
      }),
      { numRuns: 200 },
    );
  });

  test("the backlog is by severity, whatever waits longest first", () => {
    const facts = [
      alert("a", 3, { startsAt: t("2026-11-12T08:00:00Z") }),
      alert("b", 3, { severity: "critical", startsAt: t("2026-11-09T08:00:00Z") }, { ordinal: 1 }),
      alert("c", 3, { startsAt: t("2026-11-10T08:00:00Z") }, { ordinal: 2 }),
    ];
    expect(
      backlogOf(fold({ facts }).events).map(({ severity, count, oldest }) => [severity, count, oldest.id]),
    ).toEqual([
      ["critical", 1, "b"],
      ["warning", 2, "c"],
    ]);
  });

  test("an event belongs to every period in which it was open, and to no other", () => {
    const period = { from: t("2026-11-10"), to: t("2026-11-11") };
    const isIn = (startsAt: string, endsAt: string | null) => {
      const over = { startsAt: t(startsAt), endsAt: endsAt === null ? null : t(endsAt) };
      return isInPeriod(only(fold({ facts: [alert("a", 3, over)] })), period, AS_OF);
    };
    expect(isIn("2026-11-09", "2026-11-10")).toBe(false);
    expect(isIn("2026-11-10", "2026-11-10")).toBe(true);
    expect(isIn("2026-11-09", "2026-11-10T00:00:00.001Z")).toBe(true);
    expect(isIn("2026-11-01", null)).toBe(true);
    expect(isIn("2026-11-11", null)).toBe(false);
  });

  test("bursts and late decisions are told by the limits of the rules, and by none where there are none", () => {
    const facts = Array.from({ length: 6 }, (_, i) => alert(`a${i}`, 3, {}, { ordinal: i }));
    const acts = facts.map((seen, i) =>
      decide(5 + i, seen, "event-only", {
        at: iso(t("2026-11-19T20:00:00Z") + i * 15_000),
        by: i === 5 ? "p-2" : "p-1",
      }),
    );
    const { events } = fold({ facts, acts });
    const period = { from: t("2026-11-01"), to: t("2026-11-20") };
    const limits = { burst: { more: 4, within: "60s" }, late: { last: 5, more: 20 } };
    expect(bulkOf(events, limits, period)).toEqual({
      bursts: [
        {
          by: "p-1",
          from: t("2026-11-19T20:00:00Z"),
          to: t("2026-11-19T20:01:00Z"),
          count: 5,
          most: 5,
          entries: [5, 6, 7, 8, 9],
        },
      ],
      late: { from: t("2026-11-19T01:12:00Z"), count: 6, of: 6, over: true },
    });
    expect(bulkOf(events, { ...limits, burst: { more: 5, within: "60s" } }, period).bursts).toEqual([]);
    expect(bulkOf(events, {}, period)).toEqual({ bursts: [], late: undefined });
  });

  test("facts tell each decision with who, when, why and how many together, and leave out what decides nothing", () => {
    const facts = [
      alert("a", 3),
      alert("b", 3, {}, { ordinal: 1 }),
      alert("c", 3, { severity: "info" }, { ordinal: 2 }),
    ];
    const [a, b] = facts as [Observed, Observed];
    const acts = [
      decide(5, [a, b], "false-positive"),
      decide(6, a, "duplicate"),
      decide(7, b, "event-only", { by: "p-2" }),
    ];
    const sets = [setOf([{ ...RULE, when: { severity: "info" } }])];
    const told = eventFacts(fold({ facts, acts, sets }), REGISTER, new Map([["p-1", "anna"]]));
    const decisions = told
      .map(({ fact }) => fact)
      .filter((fact) => fact.kind === "decision")
      .sort((x, y) => (x.about.id < y.about.id ? -1 : 1));
    expect(
      decisions.map(({ about, decision, by, rule, together, supersededAt }) => [
        about.id,
        decision,
        by,
        rule,
        together,
        supersededAt !== null,
      ]),
    ).toEqual([
      ["a", "false-positive", "anna", null, 2, false],
      ["b", "false-positive", "anna", null, 2, true],
      ["b", "event-only", "p-2", null, 1, false],
      ["c", "event-only", "rule disk, version 1, approved by anna", "disk", 1, false],
    ]);
    for (const fact of decisions) expect(wholeFact(fact)).toEqual(fact);
  });
});

describe("names", () => {
  test("are short and stay the same; a beginning is enough where only one has it, more than one is never guessed", () => {
    const facts = ["an alert with words", "b"].map((id, ordinal) => alert(id, 3, {}, { ordinal }));
    const { events } = fold({ facts });
    const [one] = events.filter(({ id }) => id === "an alert with words") as [EventState];
    expect(one.event).toMatch(/^alert-[0-9a-f]{16}$/);
    const named = (text: string) => eventsNamed(events, text).map(({ id }) => id);
    expect(named(one.event)).toEqual([one.id]);
    expect(named(one.event.slice(0, 12))).toEqual([one.id]);
    expect(named(one.event.slice(6, 14).toUpperCase())).toEqual([one.id]);
    expect(named("an alert with words")).toEqual([one.id]);
    expect(named("prom/b")).toEqual(["b"]);
    expect(named(one.event.slice(6, 9))).toEqual([]);
    const twice = [
      { event: "alert-aaaaaaaaaaaaaaaa", instance: "x", id: "1" },
      { event: "alert-aaaaaabbbbbbbbbb", instance: "y", id: "1" },
    ];
    expect(eventsNamed(twice, "aaaaaa")).toHaveLength(2);
    expect(eventsNamed(twice, "1")).toHaveLength(2);
    expect(eventsNamed(twice, "y/1")).toHaveLength(1);
  });

  test("a decision names an alert whose id no record can hold by a name made of it", () => {
    const seen = alert("an alert with words", 3);
    const ref = decide(5, { ...seen, fact: { ...seen.fact, id: "alert-2a3a7f28a4e3a4a2" } }, "event-only");
    expect(fold({ facts: [seen], acts: [ref] }).troubles).toHaveLength(1);
  });
});

test("100,000 alerts, hourly polls of the last ones and thousands of decisions are folded in seconds", {
  timeout: 120_000,
}, () => {
  const facts = Array.from({ length: 100_000 }, (_, i) =>
    alert(
      `id-${i}`,
      3 + Math.floor(i / 100),
      { startsAt: t("2026-01-01") + i * 60_000, labels: { host: `h${i % 50}` } },
      { ordinal: i % 100 },
    ),
  );
  const again = facts.map((seen, i) => ({ ...seen, entry: 2_000 + Math.floor(i / 100) }));
  const acts = Array.from({ length: 500 }, (_, i) =>
    decide(5_000 + i, facts.slice(i * 64, i * 64 + 64), "event-only", { at: "2026-11-19T09:00:00Z" }),
  );
  const rules = Array.from({ length: 40 }, (_, i) => ({
    ...RULE,
    approvedAt: "2025-12-01",
    id: `rule-${i}`,
    when: { labels: { host: `h${i}` } },
  }));
  const started = process.cpuUsage();
  const log = fold({
    facts: [...facts, ...again],
    acts,
    sets: [setOf(rules, { start: t("2025-12-01"), logged: t("2025-12-01") })],
  });
  const told = eventFacts(log, REGISTER, new Map());
  const { user, system } = process.cpuUsage(started);
  const took = (user + system) / 1e3;
  expect(log.events).toHaveLength(100_000);
  expect(reconcile(log.events)[0]?.told).toBe(100_000);
  expect(log.events.filter(({ decided }) => decided?.by.type === "person")).toHaveLength(32_000);
  expect(told.length).toBeGreaterThan(32_000);
  process.stdout.write(`      100,000 alerts, 200,000 words: ${Math.round(took)} ms of processor\n`);
  expect(took).toBeLessThan(20_000);
});
