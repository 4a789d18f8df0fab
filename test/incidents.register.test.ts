import { describe, expect, test } from "vitest";
import type { RecordedAct, Words } from "../src/evidence/act.ts";
import { closingProblems, DEFAULT_NEEDS } from "../src/incidents/closing.ts";
import { incidentFacts } from "../src/incidents/facts.ts";
import type { RegisterIncident } from "../src/incidents/incident.ts";
import { foldRegister, nextId } from "../src/incidents/register.ts";
import { iso } from "../src/lib/time.ts";

type Values = NonNullable<RecordedAct<"incident">["entry"]["values"]>;
interface Act {
  readonly act: string;
  readonly at?: string;
  readonly logged?: string;
  readonly precision?: number;
  readonly values?: Values;
  readonly words?: Words;
  readonly corrects?: number;
  readonly incident?: string;
  readonly by?: string;
  readonly auth?: string;
  readonly role?: string;
}

const ID = "INC-2026-001";
const time = (text: string) => Date.parse(/T/.test(text) ? text : `2026-11-20T${text}:00Z`);

/** Records one after the other; the index of each is its place. */
function log(...acts: Act[]): RecordedAct<"incident">[] {
  let at = time("09:00");
  return acts.map((one, index) => {
    at = Math.max(at, time(one.logged ?? one.at ?? iso(at)));
    return {
      index,
      at,
      words: one.words ?? {},
      entry: {
        v: 1,
        index,
        prev: "0".repeat(64),
        batch: "0".repeat(32),
        at: iso(at),
        software: "test",
        kind: "incident",
        actor: { type: "person", id: one.by ?? "p-anna", role: one.role ?? "owner", auth: one.auth ?? "token" },
        incident: one.incident ?? ID,
        act: one.act,
        happened: iso(time(one.at ?? iso(at))),
        ...(one.precision === undefined ? {} : { precision: one.precision }),
        ...(one.values === undefined ? {} : { values: one.values }),
        ...(one.corrects === undefined ? {} : { corrects: one.corrects }),
      },
    } as RecordedAct<"incident">;
  });
}

const open = (more: Partial<Act> = {}): Act => ({
  act: "open",
  at: "10:00",
  words: { title: "Sync is down" },
  ...more,
});
const KNOWN = { isSeverity: (severity: string) => /^Sev[1-4]$/.test(severity) };

function fold(...acts: Act[]) {
  const register = foldRegister(log(...acts), KNOWN);
  const incident = register.incidents.get(ID);
  const at = (name: keyof RegisterIncident["times"]) => {
    const found = incident?.times[name];
    return found === undefined ? undefined : iso(found.at).slice(11, 16);
  };
  return { register, incident: incident as RegisterIncident, at, troubles: register.troubles.map(({ text }) => text) };
}

const stamp = (name: string, at: string, more: Partial<Act> = {}): Act => ({
  act: "stamp",
  at,
  values: { time: name },
  ...more,
});

describe("an incident as its records tell it", () => {
  test("everything that can be recorded is in its state and in its fact", () => {
    const { incident, troubles, register } = fold(
      open({
        values: {
          severity: "Sev3",
          nature: "availability",
          owner: "p-anna",
          detectedBy: "customer_report",
          occurredAt: "2026-11-20T09:40:00.000Z",
          occurredAtPrecision: 60_000,
        },
      }),
      stamp("acknowledged", "10:04", { precision: 60_000 }),
      { act: "assign", at: "10:05", values: { role: "commander", team: "on-call" } },
      { act: "assign", at: "10:12", values: { role: "commander", person: "p-ben" } },
      { act: "assign", at: "10:40", values: { role: "commander", person: "p-cleo" } },
      {
        act: "classify",
        at: "10:20",
        values: { severity: "Sev1", nature: "both" },
        words: { reason: "customer data seen" },
      },
      {
        act: "escalate",
        at: "10:21",
        values: { from: "triage", to: "leadership", toPerson: "p-dora" },
        words: { reason: "data" },
      },
      {
        act: "communicate",
        at: "10:30",
        precision: 60_000,
        values: { channel: "email", audience: "customers", purpose: "notice", reached: 8, of: 9 },
        words: { text: "we look", to: ["A", "B"] },
      },
      { act: "measure", at: "10:31", values: { measure: "rotate-credentials", result: "planned" } },
      { act: "measure", at: "10:50", values: { measure: "rotate-credentials", result: "done" } },
      {
        act: "measure",
        at: "10:51",
        values: { measure: "break-glass", result: "not-applicable" },
        words: { reason: "no lock-out" },
      },
      {
        act: "impact",
        at: "11:00",
        values: { confidentiality: "high", availability: "medium", affected: 9, type: "leak" },
      },
      { act: "supplier", at: "11:00", values: { supplier: "hoster", ticket: "T-1" }, words: { name: "Hoster Ltd" } },
      { act: "personal-data", at: "11:01", values: { decision: "yes" }, words: { reason: "mail addresses" } },
      {
        act: "breach",
        at: "11:02",
        values: { role: "controller", dataset: "crm", awareAt: "2026-11-20T10:20:00.000Z", risk: "risk", people: 9 },
        words: { riskReason: "addresses" },
      },
      {
        act: "breach",
        at: "12:00",
        values: {
          role: "controller",
          dataset: "crm",
          authorityAt: "2026-11-20T11:55:00.000Z",
          authorityAtPrecision: 60_000,
        },
        words: { facts: "f", effects: "e", remedy: "r" },
      },
      { act: "law-step", at: "12:10", values: { step: "nis2.early-warning" } },
      { act: "tag", at: "12:11", values: { tags: ["customer-data-accessed", "secret"] } },
      { act: "untag", at: "12:12", values: { tags: ["secret"] }, words: { reason: "none was" } },
      { act: "exposure", at: "12:13", values: { from: "2026-11-20T09:00:00.000Z", to: "2026-11-20T10:50:00.000Z" } },
      { act: "deploy", at: "12:14", values: { correlated: true, deploy: "v12" } },
      stamp("contained", "10:55"),
      { act: "cause", at: "13:00", values: { key: "missing-check" }, words: { text: "a check was missing" } },
      stamp("verified", "13:10"),
      { act: "resolve", at: "13:20" },
      { act: "close", at: "14:00", words: { reason: "all done" } },
    );
    expect(troubles).toEqual([]);
    expect(incident.state).toBe("closed");
    const names = new Map([
      ["p-anna", "anna"],
      ["p-cleo", "cleo"],
      ["p-dora", "dora"],
    ]);
    const [seen] = incidentFacts(register, names);
    expect(seen).toMatchObject({ instance: "custody:register", entry: 25 });
    expect(seen?.fact).toMatchObject({
      id: ID,
      title: "Sync is down",
      severity: "Sev1",
      status: "closed",
      nature: "both",
      occurredAt: time("09:40"),
      detectedAt: time("10:00"),
      createdAt: time("10:00"),
      acknowledgedAt: time("10:04"),
      // The first person, not the rota before them, and not who took over.
      commanderAt: time("10:12"),
      awareAt: time("10:20"),
      containedAt: time("10:55"),
      verifiedAt: time("13:10"),
      resolvedAt: time("13:20"),
      closedAt: time("14:00"),
      precision: { occurredAt: 60_000, acknowledgedAt: 60_000, "messages.0": 60_000, "breaches.0.authorityAt": 60_000 },
      owner: "anna",
      commander: "cleo",
      personalData: "yes",
      personalDataBy: "anna",
      detectedBy: "customer_report",
      tags: ["customer-data-accessed"],
      severities: [
        { at: time("10:00"), severity: "Sev3", by: "anna", reason: null },
        { at: time("10:20"), severity: "Sev1", by: "anna", reason: "customer data seen" },
      ],
      escalations: [{ at: time("10:21"), from: "triage", to: "leadership", reason: "data" }],
      messages: [{ at: time("10:30"), channel: "email", audience: "customers", purpose: "notice", reached: 8, of: 9 }],
      measures: ["rotate-credentials", "not-applicable:break-glass"],
      breaches: [
        {
          role: "controller",
          dataset: "crm",
          awareAt: time("10:20"),
          risk: "risk",
          riskBy: "anna",
          riskAt: time("11:02"),
          authorityAt: time("11:55"),
          facts: "f",
          people: 9,
        },
      ],
      lawSteps: [{ step: "nis2.early-warning", at: time("12:10") }],
      impact: { confidentiality: "high", integrity: null, availability: "medium" },
      affected: 9,
      supplier: "Hoster Ltd",
      cause: "a check was missing",
      causeKey: "missing-check",
      closedBy: "anna",
      closureReason: "all done",
      reopened: 0,
      origin: null,
    });
    expect(incident.exposure?.from.at).toBe(time("09:00"));
    expect(incident.deploy).toEqual({ correlated: true, deploy: "v12" });
    expect(incident.history).toHaveLength(26);
  });

  test("a name that is gone leaves the random ID, never nothing", () => {
    const { register } = fold(open({ values: { owner: "p-gone" } }));
    expect(incidentFacts(register, new Map())[0]?.fact).toMatchObject({ owner: "p-gone" });
  });

  test.each<[string, Act[], string, string | undefined]>([
    [
      "opened later than noticed",
      [open({ at: "10:30", values: { detectedAt: "2026-11-20T10:05:00.000Z" } })],
      "detectedAt",
      "10:05",
    ],
    [
      "noticed is by the opening at the latest",
      [open({ at: "10:30" }), stamp("detected", "10:45")],
      "detectedAt",
      "10:30",
    ],
    [
      "two words about noticing: the earlier",
      [open({ at: "10:30" }), stamp("detected", "10:20"), stamp("detected", "10:10")],
      "detectedAt",
      "10:10",
    ],
    [
      "two words about an end: the later",
      [open(), stamp("acknowledged", "10:05"), stamp("acknowledged", "10:15")],
      "acknowledgedAt",
      "10:15",
    ],
    [
      "a day and a time of it: the time",
      [open({ at: "10:00" }), stamp("contained", "00:00", { precision: 86_400_000 }), stamp("contained", "11:00")],
      "containedAt",
      "11:00",
    ],
    [
      "reopened: not resolved any more",
      [open(), { act: "resolve", at: "11:00" }, { act: "reopen", at: "12:00", words: { reason: "again" } }],
      "resolvedAt",
      undefined,
    ],
    [
      "resolved again: the second time",
      [
        open(),
        { act: "resolve", at: "11:00" },
        { act: "reopen", at: "12:00", words: { reason: "again" } },
        { act: "resolve", at: "13:00" },
      ],
      "resolvedAt",
      "13:00",
    ],
    [
      "acknowledged again after a reopening: the first answer",
      [
        open(),
        stamp("acknowledged", "10:05"),
        { act: "resolve", at: "11:00" },
        { act: "reopen", at: "12:00", words: { reason: "again" } },
        stamp("acknowledged", "12:10"),
      ],
      "acknowledgedAt",
      "10:05",
    ],
    [
      "a verification before a reopening counts no more",
      [
        open(),
        stamp("verified", "10:50"),
        { act: "resolve", at: "11:00" },
        { act: "reopen", at: "12:00", words: { reason: "again" } },
      ],
      "verifiedAt",
      undefined,
    ],
    [
      "a correction moves a time",
      [open(), stamp("contained", "10:50"), stamp("contained", "11:50", { corrects: 1 })],
      "containedAt",
      "11:50",
    ],
    [
      "a struck out time is none",
      [open(), stamp("contained", "10:50"), { act: "void", corrects: 1, at: "12:00" }],
      "containedAt",
      undefined,
    ],
  ])("%s", (_, acts, name, expected) => {
    expect(fold(...acts).at(name as "detectedAt")).toBe(expected);
  });

  test("reopenings are counted, and undoing a withdrawal is none", () => {
    const again: Act = { act: "reopen", at: "12:00", words: { reason: "again" } };
    expect(fold(open(), { act: "resolve", at: "11:00" }, again).incident).toMatchObject({ state: "open", reopened: 1 });
    expect(fold(open(), { act: "withdraw", at: "11:00", words: { reason: "drill" } }, again).incident).toMatchObject({
      state: "open",
      reopened: 0,
    });
  });
});

describe("corrections", () => {
  test("the earlier record stays readable, also of a correction of a correction", () => {
    const { incident, troubles } = fold(
      open(),
      stamp("contained", "10:50"),
      stamp("contained", "10:55", { corrects: 1 }),
      stamp("contained", "10:58", { corrects: 2 }),
    );
    expect(troubles).toEqual([]);
    expect(incident.history.map(({ index, replaced }) => [index, replaced.map((one) => one.index)])).toEqual([
      [0, []],
      [3, [1, 2]],
    ]);
  });

  test("a corrected opening keeps its place and the time when it was logged", () => {
    const { incident } = fold(
      open({ logged: "10:00" }),
      open({ at: "09:50", logged: "11:00", corrects: 0, words: { title: "Login is down" } }),
    );
    expect(incident).toMatchObject({ title: "Login is down", entry: 0, createdAt: time("10:00"), newest: 1 });
    expect(incident.times.detectedAt?.at).toBe(time("09:50"));
  });

  test.each<[string, Act, RegExp]>([
    [
      "something that is not there",
      stamp("contained", "10:50", { corrects: 77 }),
      /corrects record 77, which is no earlier record about INC-2026-001/,
    ],
    [
      "a record of another kind",
      { act: "note", corrects: 0, words: { text: "x" }, at: "10:50" },
      /corrects record 0, which is of another kind \("open"\)/,
    ],
    [
      "the opening, struck out",
      { act: "void", corrects: 0, at: "10:50" },
      /opened it; what was opened by mistake is withdrawn/,
    ],
  ])("of %s corrects nothing and is told", (_, act, text) => {
    const { incident, troubles } = fold(open(), act);
    expect(incident.title).toBe("Sync is down");
    expect(troubles).toEqual([expect.stringMatching(text)]);
  });

  test("a correction of another incident's record corrects nothing", () => {
    const { register } = fold(
      open(),
      { ...open(), incident: "INC-2" },
      stamp("contained", "10:50", { incident: "INC-2", corrects: 0 }),
    );
    expect(register.troubles).toEqual([
      { index: 2, incident: "INC-2", text: expect.stringContaining("no earlier record about INC-2") },
    ]);
  });
});

describe("what does not fit is told and kept, never guessed", () => {
  test.each<[string, Act[], RegExp]>([
    [
      "an incident that nobody opened",
      [{ act: "note", incident: "INC-9", words: { text: "x" } }],
      /speaks of INC-9 \("note"\), which was never opened/,
    ],
    [
      "a record before the opening",
      [{ act: "note", words: { text: "x" } }, open()],
      /which was opened only by record 1/,
    ],
    [
      "two openings of one id",
      [open(), open({ words: { title: "another" } })],
      /opens INC-2026-001 once more \(record 0 did\)/,
    ],
    [
      "resolved before it began",
      [open({ values: { occurredAt: "2026-11-20T09:00:00.000Z" } }), { act: "resolve", at: "08:00", logged: "12:00" }],
      /it was resolved .* before it began/,
    ],
    [
      "resolved before it was noticed",
      [open(), { act: "resolve", at: "09:30", logged: "12:00" }],
      /it was resolved .* before it was noticed/,
    ],
    [
      "noticed before it began",
      [open({ values: { occurredAt: "2026-11-20T09:50:00.000Z" } }), stamp("detected", "09:00", { logged: "11:00" })],
      /it was noticed .* before it began/,
    ],
    [
      "acknowledged before it was noticed",
      [open(), stamp("acknowledged", "09:59", { logged: "10:30" })],
      /it was acknowledged .* before it was noticed/,
    ],
    [
      "closed before it was resolved",
      [open(), { act: "resolve", at: "12:00" }, { act: "close", at: "11:00", logged: "12:30" }],
      /it was closed .* before it was resolved/,
    ],
    [
      "the end of an exposure before its start",
      [open(), { act: "exposure", values: { from: "2026-11-20T11:00:00.000Z", to: "2026-11-20T10:00:00.000Z" } }],
      /the time of exposure: to is before from/,
    ],
    [
      "a severity that no rule knows",
      [open({ values: { severity: "P1" } })],
      /gives it the severity "P1", which is none of your rules/,
    ],
    [
      "a change of severity without a reason",
      [open({ values: { severity: "Sev2" } }), { act: "classify", at: "10:30", values: { severity: "Sev3" } }],
      /from Sev2 to Sev3 and gives no reason/,
    ],
    [
      "a change of nature without a reason",
      [open({ values: { nature: "security" } }), { act: "classify", values: { nature: "availability" } }],
      /from security to availability and gives no reason/,
    ],
    [
      "an escalation without a reason",
      [open(), { act: "escalate", values: { to: "leadership" } }],
      /an escalation: reason is missing/,
    ],
    [
      "a measure that does not apply, for no reason",
      [open(), { act: "measure", values: { measure: "x", result: "not-applicable" } }],
      /reason is missing: why it does not apply/,
    ],
    [
      "a measure that is planned after it was done",
      [
        open(),
        { act: "measure", values: { measure: "x", result: "done" } },
        { act: "measure", values: { measure: "x", result: "planned" } },
      ],
      /was done by record 1; only a correction/,
    ],
    [
      "more reached than are affected",
      [open(), { act: "communicate", values: { channel: "email", audience: "customers", reached: 9, of: 3 } }],
      /reached 9 of 3/,
    ],
    ["closed without a resolution", [open(), { act: "close" }], /closes it although it was not resolved/],
    [
      "closed against its conditions by nobody known",
      [
        open(),
        { act: "resolve" },
        { act: "close", auth: "unauthenticated", values: { waived: ["cause"] }, words: { waiver: "no time" } },
      ],
      /by somebody who did not show who they are/,
    ],
    [
      "reopened while it was open",
      [open(), { act: "reopen", words: { reason: "x" } }],
      /reopens it although it was open/,
    ],
    [
      "reopened before it was resolved",
      [
        open(),
        { act: "resolve", at: "12:00" },
        { act: "reopen", at: "11:00", logged: "13:00", words: { reason: "x" } },
      ],
      /reopened before it was resolved \(record 1\)/,
    ],
    [
      "classified after it was closed",
      [
        open({ values: { severity: "Sev1" } }),
        { act: "resolve" },
        { act: "close" },
        { act: "classify", values: { severity: "Sev4" }, words: { reason: "calmer" } },
      ],
      /^was closed by record 2, and this is a classification from after that, without a reopening$/,
    ],
    [
      "withdrawn by nobody known",
      [open(), { act: "withdraw", auth: "unauthenticated", words: { reason: "drill" } }],
      /goes on being counted/,
    ],
    [
      "withdrawn by an operator",
      [open(), { act: "withdraw", role: "operator", words: { reason: "drill" } }],
      /goes on being counted/,
    ],
    [
      "assigned after it was withdrawn",
      [
        open(),
        { act: "withdraw", words: { reason: "drill" } },
        { act: "assign", values: { role: "owner", person: "p-x" } },
      ],
      /although it was withdrawn/,
    ],
    [
      "something that is still to come",
      [open(), stamp("contained", "23:00", { logged: "12:00" })],
      /after it was logged/,
    ],
    [
      "two ends that contradict each other",
      [open(), stamp("recovered", "11:00"), stamp("recovered", "12:00")],
      /the later one counts until one corrects the other/,
    ],
    ["an act of a later version", [open(), { act: "teleport" }], /"teleport" that this version does not know/],
    [
      "a value that does not belong",
      [open({ values: { colour: "red" } })],
      /the opening: colour does not belong to the opening/,
    ],
    [
      "an authority told before anybody knew",
      [
        open(),
        {
          act: "breach",
          values: { role: "controller", awareAt: "2026-11-20T12:00:00.000Z", authorityAt: "2026-11-20T11:00:00.000Z" },
        },
      ],
      /authority was told .* before anybody knew/,
    ],
    [
      "two times at which the authority was told",
      [
        open(),
        { act: "breach", values: { role: "controller", authorityAt: "2026-11-20T11:00:00.000Z" } },
        { act: "breach", values: { role: "controller", authorityAt: "2026-11-20T12:00:00.000Z" } },
      ],
      /for "authority was told" of the same breach/,
    ],
    [
      "a risk that changes without a reason",
      [
        open(),
        { act: "breach", values: { role: "controller", risk: "high" } },
        { act: "breach", values: { role: "controller", risk: "unlikely" } },
      ],
      /changes the risk of the breach and gives no reason/,
    ],
    [
      "a decision on personal data without a reason",
      [open(), { act: "personal-data", values: { decision: "no" } }],
      /reason is missing/,
    ],
  ])("%s", (_, acts, text) => {
    const { register } = fold(...acts);
    expect(register.troubles.map((one) => one.text)).toContainEqual(expect.stringMatching(text));
    // Every record is still there, in the history or among the troubles.
    const all = [...register.incidents.values()].flatMap(({ history }) =>
      history.flatMap((one) => [one, ...one.replaced]),
    );
    const told = new Set([...all.map(({ index }) => index), ...register.troubles.map(({ index }) => index)]);
    expect([...told].sort((a, b) => a - b)).toEqual(acts.map((_one, index) => index));
  });

  test("words that are gone are told, and what was disposed of is no trouble", () => {
    const [first] = log(open());
    const gone = (why: "missing" | "disposed") =>
      foldRegister([{ ...(first as RecordedAct<"incident">), words: {}, gone: why }]);
    expect(gone("missing").troubles).toEqual([
      expect.objectContaining({ text: expect.stringContaining("its words are missing") }),
    ]);
    expect(gone("disposed").troubles).toEqual([]);
    expect(gone("disposed").incidents.get(ID)?.title).toBe("(title disposed of)");
  });

  test("a time known to the minute does not contradict one within that minute", () => {
    const { troubles } = fold(
      open({ at: "2026-11-20T10:00:30.000Z" }),
      stamp("acknowledged", "10:00", { precision: 60_000, logged: "10:05" }),
    );
    expect(troubles).toEqual([]);
  });
});

describe("what is counted", () => {
  test("one that was opened by mistake is not, and stays readable", () => {
    const { register, incident } = fold(open(), { act: "withdraw", words: { reason: "it was a drill" } });
    expect(incident).toMatchObject({ state: "withdrawn", withdrawal: { reason: "it was a drill" } });
    expect(incidentFacts(register, new Map())).toEqual([]);
  });

  test("a withdrawal without a known person takes nothing out", () => {
    const { register } = fold(open(), {
      act: "withdraw",
      auth: "unauthenticated",
      words: { reason: "it was a drill" },
    });
    expect(incidentFacts(register, new Map())).toHaveLength(1);
  });
});

describe("before it is closed", () => {
  const problems = (...acts: Act[]) =>
    closingProblems(fold(...acts).incident, { needs: DEFAULT_NEEDS }).map(({ need }) => need);

  test("a fresh one lacks everything", () => {
    expect(problems(open())).toEqual([
      "resolved",
      "owner",
      "nature",
      "severity-reasons",
      "personal-data-decision",
      "fix-verified",
      "cause",
    ]);
  });

  const done: Act[] = [
    open({ values: { severity: "Sev2", nature: "security", owner: "p-anna" } }),
    { act: "personal-data", values: { decision: "no" }, words: { reason: "only metrics" } },
    { act: "cause", words: { text: "a typo" } },
    stamp("verified", "11:00"),
    { act: "resolve", at: "11:30" },
  ];

  test("one with everything can be closed", () => {
    expect(problems(...done)).toEqual([]);
  });

  test.each<[string, Act[], string[]]>([
    [
      "an unclear decision on personal data",
      [{ act: "personal-data", values: { decision: "unclear" }, words: { reason: "x" } }],
      ["personal-data-decision"],
    ],
    [
      "personal data without a breach",
      [{ act: "personal-data", values: { decision: "yes" }, words: { reason: "x" } }],
      ["breach-notices"],
    ],
    [
      "a controller who told nobody",
      [
        { act: "personal-data", values: { decision: "yes" }, words: { reason: "x" } },
        { act: "breach", values: { role: "controller", risk: "risk" } },
      ],
      ["breach-notices"],
    ],
    [
      "a high risk: authority and people",
      [
        { act: "personal-data", values: { decision: "yes" }, words: { reason: "x" } },
        { act: "breach", values: { role: "controller", risk: "high" } },
      ],
      ["breach-notices", "breach-notices"],
    ],
    [
      "no risk, and no reason for that",
      [
        { act: "personal-data", values: { decision: "yes" }, words: { reason: "x" } },
        { act: "breach", values: { role: "controller", risk: "unlikely" } },
      ],
      ["breach-notices"],
    ],
    [
      "a processor who did not tell the controller",
      [
        { act: "personal-data", values: { decision: "yes" }, words: { reason: "x" } },
        { act: "breach", values: { role: "processor", dataset: "acme" } },
      ],
      ["breach-notices"],
    ],
    [
      "a measure that is only planned",
      [{ act: "measure", values: { measure: "rotate-credentials", result: "planned" } }],
      ["measures"],
    ],
    ["a reopening", [{ act: "reopen", at: "12:00", words: { reason: "back" } }], ["resolved", "fix-verified"]],
    ["a measure that is done", [{ act: "measure", values: { measure: "rotate-credentials", result: "done" } }], []],
  ])("%s", (_, more, expected) => {
    expect(problems(...done, ...more)).toEqual(expected);
  });

  test("what is not known here is said, and not taken for done", () => {
    const { incident } = fold(...done);
    const needs = ["review-approved", "actions-done", "messages", "collection-resumed", "evidence-preserved"] as const;
    expect(closingProblems(incident, { needs })).toHaveLength(needs.length);
    const elsewhere = {
      review: "approved",
      openActions: [],
      openMessages: [],
      silentSources: [],
      openEvidence: [],
    } as const;
    expect(closingProblems(incident, { needs, elsewhere })).toEqual([]);
    expect(
      closingProblems(incident, { needs: ["actions-done"], elsewhere: { openActions: ["ACT-2026-003"] } }),
    ).toEqual([{ need: "actions-done", text: "ACT-2026-003 is not done" }]);
  });
});

test("numbers go on after the highest, also past three digits", () => {
  expect(nextId("INC", 2026, [])).toBe("INC-2026-001");
  expect(nextId("INC", 2026, ["INC-2026-001", "INC-2026-009", "INC-2025-100", "outage-7"])).toBe("INC-2026-010");
  expect(nextId("INC", 2026, ["INC-2026-999"])).toBe("INC-2026-1000");
});

test("2,000 incidents with 30,000 records are folded in less than two seconds", () => {
  const acts: Act[] = [];
  for (let i = 0; i < 2_000; i++) acts.push(open({ incident: `INC-${i}`, values: { severity: "Sev3" } }));
  for (let j = 0; j < 14; j++)
    for (let i = 0; i < 2_000; i++) {
      const incident = `INC-${i}`;
      if (j === 3) acts.push(stamp("contained", "11:00", { incident }));
      else if (j === 7) acts.push(stamp("contained", "11:30", { incident, corrects: 2_000 * 4 + i }));
      else if (j === 13) acts.push({ act: "resolve", incident, at: "12:00" });
      else acts.push({ act: "note", incident, words: { text: `step ${j}` }, at: "10:30" });
    }
  const recorded = log(...acts);
  expect(recorded).toHaveLength(30_000);
  // Of its own work: what else the machine does at this moment is no matter of the fold.
  const started = process.cpuUsage();
  const register = foldRegister(recorded, KNOWN);
  const facts = incidentFacts(register, new Map());
  const { user, system } = process.cpuUsage(started);
  const took = (user + system) / 1000;
  expect(facts).toHaveLength(2_000);
  expect(register.troubles).toEqual([]);
  expect(took).toBeLessThan(2_000);
});
