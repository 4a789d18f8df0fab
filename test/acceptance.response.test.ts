import { expect, test } from "vitest";
import type { FactOf } from "../src/evidence/fact.ts";
import type { AnyGap } from "../src/gaps/gap.ts";
import { closingProblems } from "../src/incidents/closing.ts";
import { foldRegister } from "../src/incidents/register.ts";
import { revokeKey } from "../src/ledger/rotate.ts";
import { gapsOf } from "../src/slots/gap.ts";
import { slotsOf } from "../src/slots/state.ts";
import { signCheckpoint } from "../src/tlog/checkpoint.ts";
import { verifyLedger } from "../src/verify/verify.ts";
import { at, from, HOUR, incident, judged, type PolicyName, type Setting, said, word } from "./support/acceptance.ts";
import { item, OVER, review, steps, tagged } from "./support/acceptance-records.ts";
import { ActLog } from "./support/acts.ts";
import { assessIn, shippedCatalogue } from "./support/assessing.ts";
import { config, genesis, historyOf, instance, run, t } from "./support/entries.ts";
import { accessDraft } from "./support/ledger.ts";
import { KeyedLedger } from "./support/rotation.ts";

const CONTAINED = "a526.containment.measures";
const REPAIRED = "a526.eradication.measures";
const CHECKED = "a526.recovery.verified";
const CLOSED = "a526.closed.complete";

type Case = readonly [expected: string, fields: Partial<FactOf<"incident">>];

/** One incident each, and what is said of it. */
function each(policy: PolicyName, requirement: string, about: Partial<FactOf<"incident">>, cases: readonly Case[]) {
  for (const [expected, fields] of cases) {
    const answer = judged(policy, requirement, [incident({ ...about, ...fields })]);
    expect(answer.result, `${expected}: ${said(answer)}`).toBe(expected);
  }
}

/** What sev1-4 asks of every Sev1 beside what a test is about. */
const SEV1 = { severity: "Sev1", ...OVER };
const ALWAYS = { "correlate-records": "03T11:00", "pull-evidence": "03T11:00" };
const CONTAINING = { "rotate-credentials": "03T10:20", "revoke-access": "03T10:30", ...ALWAYS };
const without = (name: string) => Object.fromEntries(Object.entries(CONTAINING).filter(([id]) => id !== name));

test("C-01 suspect credentials are rotated in a Sev1 or Sev2, or ruled out with a reason", () => {
  each("sev1-4", CONTAINED, SEV1, [
    ["met", steps(CONTAINING)],
    ["met", steps({ ...without("rotate-credentials"), "not-applicable:rotate-credentials": "03T10:20" })],
    ["not_met", steps(without("rotate-credentials"))],
    ["met", { severity: "Sev3", ...steps(ALWAYS) }],
    ["pending", { ...steps(without("rotate-credentials")), resolvedAt: null, closedAt: null }],
  ]);
  const elsewhere = from("tickets", incident(SEV1));
  const sources = [{ id: "tickets", family: "incident-log" }];
  expect(word("sev1-4", CONTAINED, [elsewhere], { sources, register: false }), "a source without steps").toBe(
    "no_data",
  );
});

test("C-02 affected access is revoked in a Sev1 or Sev2", () => {
  each("sev1-4", CONTAINED, SEV1, [
    ["met", steps(CONTAINING)],
    ["not_met", steps(without("revoke-access"))],
  ]);
  const answer = judged("sev1-4", CONTAINED, [incident({ ...SEV1, ...steps(without("revoke-access")) })]);
  expect(said(answer)).toContain('"revoke-access" is neither done nor ruled out');
});

test("C-03 a compromised signing key is revoked, a new one made, and what only the old one signed no longer counts", async () => {
  const KEY = { ...SEV1, tags: ["key-compromise"] };
  each("sev1-4", CONTAINED, KEY, [
    ["met", steps({ ...CONTAINING, "revoke-signing-key": "03T10:40" })],
    ["not_met", steps(CONTAINING)],
    ["not_met", steps({ ...CONTAINING, "not-applicable:revoke-signing-key": "03T10:40" })],
  ]);
  const log = await KeyedLedger.begin();
  const ledger = await log.open();
  const [thief] = ledger.voices;
  if (thief === undefined) throw new Error("no key");
  await ledger.append([accessDraft("before")]);
  await ledger.publish();
  const since = log.clock.now();
  const { key } = await revokeKey(await log.work(), log.first, { reason: "compromised", compromisedSince: since });
  const found = async () => (await verifyLedger(log.store, { keys: [key] })).findings;
  const ofHead = async () => (await found()).filter(({ where }) => where === "checkpoint").map(({ code }) => code);
  // Nobody dated the records before it outside: they wait for a person to attest them.
  expect(new Set((await found()).map(({ code }) => code))).toEqual(new Set(["key-revoked"]));
  expect(await ofHead()).toEqual([]);
  const head = await (await log.open()).publish();
  log.store.objects.set("checkpoint", await signCheckpoint("example-0a1b2c3d", head, [thief]));
  expect(await ofHead()).toEqual([expect.stringMatching(/^key-/)]);
  expect((await verifyLedger(log.store, { keys: [log.first] })).verdicts.integrity.word).toBe("broken");
});

test("C-04 emergency access that was switched on is off again before closing", () => {
  const SEV3 = { severity: "Sev3", cause: "x", personalData: "no" as const, ...OVER };
  const answers = (measures: Readonly<Record<string, string>>) =>
    judged("sev1-4", CLOSED, [incident({ ...SEV3, ...steps(measures) })]);
  expect(answers({ "break-glass": "03T11:00", "break-glass-off": "03T12:00" }).result).toBe("met");
  const on = answers({ "break-glass": "03T11:00" });
  expect([on.result, said(on)]).toEqual(["not_met", expect.stringContaining("emergency access")]);
  expect(answers({}).result, "never switched on").toBe("met");
  expect(answers({ "break-glass-off": "03T11:00", "break-glass": "03T12:00" }).result, "on again").toBe("not_met");
  each("sev1-4", CONTAINED, { ...SEV1, tags: ["break-glass-needed"] }, [
    ["met", steps({ ...CONTAINING, "break-glass": "03T10:25" })],
    ["not_met", steps(CONTAINING)],
  ]);
});

test("C-05 an incident is contained with a time, with steps against it, and evidence is kept first", () => {
  const security = { severity: "High", nature: "security", resolvedAt: at("03T14:00") };
  each("critical-low-untimed", "a526.containment.recorded", security, [
    ["met", { containedAt: at("03T12:00") }],
    ["not_met", {}],
  ]);
  each("critical-low-untimed", CONTAINED, security, [
    ["met", steps({ "limit-impact": "03T10:30" })],
    ["not_met", {}],
  ]);
  const FIRST = "a526.evidence_before_cleanup";
  const cleaned = incident({ ...security, eradicatedAt: at("03T12:00") });
  expect(word("critical-low-untimed", FIRST, [cleaned, item()])).toBe("met");
  expect(word("critical-low-untimed", FIRST, [cleaned, item({ collectedAt: at("03T12:30") })])).toBe("not_met");
});

test("C-06 evidence is kept before anything is cleaned up, under hold, and logs are not deleted", () => {
  const FIRST = "a526.evidence_before_cleanup";
  const about = incident({
    severity: "P2",
    nature: "security",
    eradicatedAt: at("03T12:00"),
    resolvedAt: at("03T14:00"),
  });
  expect(word("p1-p4", FIRST, [about, item()])).toBe("met");
  expect(word("p1-p4", FIRST, [about])).toBe("not_met");
  expect(word("p1-p4", FIRST, [about, item({ collectedAt: at("03T12:01") })])).toBe("not_met");
  const day = item({ collectedAt: at("03T00:00"), precision: { collectedAt: 24 * HOUR } });
  expect(word("p1-p4", FIRST, [about, day]), "known by its day only").toBe("indeterminate");
  expect(word("p1-p4", FIRST, [incident({ severity: "P2", nature: "availability", resolvedAt: at("03T14:00") })])).toBe(
    "not_applicable",
  );

  const HELD = "a528.hold.kept";
  const hold = (start: string, end: string | null) => ({
    hold: "h",
    from: at(start),
    to: end === null ? null : at(end),
  });
  expect(word("p1-p4", HELD, [about, item({ holds: [hold("03T11:00", null)] })])).toBe("met");
  expect(word("p1-p4", HELD, [about, item()])).toBe("not_met");
  expect(word("p1-p4", HELD, [about, item({ holds: [hold("03T11:00", "04T11:00")] })]), "released while open").toBe(
    "not_met",
  );
  const gone = item({ holds: [hold("03T11:00", null)], disposedAt: at("04T10:00") });
  expect(word("p1-p4", HELD, [about, gone])).toBe("not_met");
  const closed = incident({ severity: "P2", nature: "security", ...OVER });
  expect(word("p1-p4", HELD, [closed, item({ holds: [hold("03T11:00", "04T11:00")] })]), "released after").toBe("met");
});

test("C-07 what was recorded is never edited: corrections stand beside it, and a rewritten record shows", async () => {
  const acts = new ActLog("2026-11-03T09:00Z");
  acts.add(
    "incident",
    { incident: "INC-1", act: "open" },
    { at: "2026-11-03T10:00Z", words: { title: "Sync is down" } },
  );
  acts.add("incident", {
    incident: "INC-1",
    act: "stamp",
    values: { time: "contained" },
    happened: "2026-11-03T11:00:00.000Z",
  });
  acts.add("incident", {
    incident: "INC-1",
    act: "stamp",
    values: { time: "contained" },
    happened: "2026-11-03T11:30:00.000Z",
    corrects: 1,
  });
  const told = foldRegister(acts.acts as never).incidents.get("INC-1");
  expect(told?.times.containedAt?.at).toBe(t("2026-11-03T11:30Z"));
  expect(
    told?.history.flatMap(({ replaced }) => replaced.map(({ index }) => index)),
    "the first one stays",
  ).toEqual([1]);

  const log = await KeyedLedger.begin();
  const ledger = await log.open();
  await ledger.append([accessDraft("as-it-was")]);
  await ledger.publish();
  const verdict = async () => (await verifyLedger(log.store, { keys: [log.first] })).verdicts.integrity.word;
  expect(await verdict()).toBe("intact");
  const [key, bytes] = [...log.store.objects].findLast(([name]) => name.startsWith("seq/")) ?? [];
  if (key === undefined || bytes === undefined) throw new Error("no batch");
  log.store.objects.set(key, Buffer.from(Buffer.from(bytes).toString().replace("as-it-was", "as-we-say")));
  expect(await verdict()).toBe("broken");
});

test("C-08 a bad deployment is rolled back", () => {
  for (const [policy, severity] of [
    ["p1-p4", "P2"],
    ["p0-p2", "P1"],
  ] as const)
    each(policy, CONTAINED, { severity, tags: ["bad-deploy"], nature: "security", ...OVER }, [
      ["met", steps({ "roll-back": "03T10:10" })],
      ["not_met", {}],
    ]);
});

test("C-09 a compromised account is taken out of use, and the organisations concerned are identified", () => {
  each("p1-p4", CONTAINED, { severity: "P2", tags: ["account-compromise"], nature: "security", ...OVER }, [
    ["met", steps({ "deprovision-account": "03T10:10", "identify-organisations": "03T12:00" })],
    ["not_met", steps({ "identify-organisations": "03T12:00" })],
    ["not_met", steps({ "deprovision-account": "03T10:10" })],
    ["not_met", steps({ "deprovision-account": "03T10:10", "not-applicable:identify-organisations": "03T12:00" })],
  ]);
});

test("C-10 an attack that goes on is blocked at the edge", () => {
  each("p1-p4", CONTAINED, { severity: "P1", tags: ["active-attack"], nature: "security", ...OVER }, [
    ["met", steps({ "block-at-edge": "03T10:10" })],
    ["not_met", {}],
  ]);
});

const MENDED = { "cause-patched": "03T12:00", "rotate-exposed-secrets": "03T12:10", "remove-access": "03T12:20" };

test("C-11 the cause is mended, secrets are rotated and access removed before it is called resolved", () => {
  each("p1-p4", REPAIRED, { severity: "P2", nature: "security", ...OVER }, [
    ["met", steps(MENDED)],
    ["not_met", steps({ ...MENDED, "remove-access": "03T14:01" })],
    ["not_met", steps({ "cause-patched": "03T12:00", "remove-access": "03T12:20" })],
    ["met", steps({ ...MENDED, "remove-access": null })],
    ["met", { nature: "availability", ...steps({ "cause-patched": "03T12:00" }) }],
  ]);
  const unsure = { ...steps({ ...MENDED, "remove-access": "03T13:30" }), precision: { "measuresAt.2": HOUR } };
  each("p1-p4", REPAIRED, { severity: "P2", nature: "security", ...OVER }, [["indeterminate", unsure]]);
});

const PASSED = {
  redeployed: "03T13:00",
  health: "03T13:10",
  ready: "03T13:10",
  "smoke-test": "03T13:20",
  "alerts-baseline": "03T13:50",
};

test("C-12 the clean version, health, readiness, the smoke test and alerts are checked before it is called resolved", () => {
  each("p1-p4", CHECKED, { severity: "P2", nature: "security", ...OVER }, [
    ["met", steps(PASSED)],
    ["not_met", steps({ ...PASSED, "smoke-test": "03T14:10" })],
    ["not_met", steps({ redeployed: "03T13:00", health: "03T13:10" })],
    // A check that was made before there was anything to check is none; one that was made again is.
    ["met", { eradicatedAt: at("03T13:00"), ...steps(PASSED) }],
    ["not_met", { eradicatedAt: at("03T13:15"), ...steps(PASSED) }],
    ["indeterminate", { eradicatedAt: at("03T12:30"), precision: { eradicatedAt: HOUR }, ...steps(PASSED) }],
    [
      "met",
      {
        eradicatedAt: at("03T13:15"),
        measures: [...Object.keys(PASSED), ...Object.keys(PASSED)],
        measuresAt: [...Object.values(PASSED), ...Object.keys(PASSED).map(() => "03T13:55")].map((when) => at(when)),
      },
    ],
  ]);
  const early = judged("p1-p4", CHECKED, [
    incident({ severity: "P2", nature: "security", ...OVER, eradicatedAt: at("03T13:15"), ...steps(PASSED) }),
  ]);
  expect(said(early)).toContain('the check "health" was made before the fix');
  const open = incident({ severity: "P2", nature: "security", ...steps({ redeployed: "03T13:00" }) });
  expect(word("p1-p4", CHECKED, [open])).toBe("not_applicable");
});

test("C-13 a fix is verified, service, data and access confirmed, before it is called resolved", () => {
  const whole = steps({ "service-restored": "03T13:25", "data-integrity": "03T13:25", "access-confirmed": "03T13:25" });
  const about = { severity: "High", nature: "availability", ...OVER, ...whole };
  each("critical-low-untimed", CHECKED, about, [
    ["met", { verifiedAt: at("03T13:30") }],
    ["not_met", {}],
    ["not_met", { verifiedAt: at("03T15:00") }],
    ["met", { eradicatedAt: at("03T13:20"), verifiedAt: at("03T13:30") }],
    // Looked at before there was anything to look at.
    ["not_met", { eradicatedAt: at("03T13:40"), verifiedAt: at("03T13:30") }],
    ["not_met", { verifiedAt: at("03T13:30"), ...steps({ "service-restored": "03T13:00" }) }],
  ]);
});

test("C-14 evidence is collected again as usual after an incident", () => {
  const RESUMED = "a526.collection.resumed";
  const about = incident({ severity: "Sev2", ...OVER });
  const source = (days: readonly number[]): Setting => ({ sources: [{ id: "alerts", family: "alert-history", days }] });
  expect(word("sev1-4", RESUMED, [about], source([1, 2, 3, 4, 5, 6, 7, 8, 9, 10])), "never interrupted").toBe("met");
  expect(word("sev1-4", RESUMED, [about], source([1, 2, 4, 5, 6, 7, 8, 9, 10])), "again").toBe("met");
  const silent = judged("sev1-4", RESUMED, [about], source([1, 2]));
  expect([silent.result, said(silent)]).toEqual(["not_met", expect.stringContaining("alerts")]);
  const early = { ...source([1, 2]), asOf: at("04T09:00") };
  expect(word("sev1-4", RESUMED, [about], early), "not due yet").toBe("pending");
  expect(word("p1-p4", RESUMED, [incident({ severity: "P2", ...OVER })], source([1, 2]))).toBe("not_applicable");

  // The runs decide: what somebody said before the first of them came through is untrue, whatever came later.
  const claim = (when: string) =>
    incident({
      severity: "Sev2",
      ...OVER,
      detectedAt: at("02T12:00"),
      occurredAt: at("02T12:00"),
      measures: ["collection-resumes"],
      measuresAt: [at(when)],
    });
  const gap = source([1, 5, 6, 7, 8, 9, 10]);
  const untrue = judged("sev1-4", RESUMED, [claim("03T18:00")], gap);
  expect([untrue.result, said(untrue)]).toEqual(["not_met", expect.stringContaining("said for 2026-11-03T18:00")]);
  expect(word("sev1-4", RESUMED, [claim("07T18:00")], gap), "said when it was so").toBe("met");
  expect(word("sev1-4", RESUMED, [claim("03T18:00")], source([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]))).toBe("met");

  // Calling resolved what Custody opened for missing evidence says the same, whoever says no word of it.
  const own = (when: string, setting = gap) => {
    const times = {
      occurredAt: at("02T00:00"),
      detectedAt: at("03T09:00"),
      resolvedAt: at(when),
      closedAt: at("08T10:00"),
    };
    const about = { id: "gap-1", instance: "alerts", requirement: "cadence" } as AnyGap;
    const opened = incident({ severity: "Sev3", origin: "custody", ...times }, "INC-gap-1");
    return judged("sev1-4", RESUMED, [opened], { ...setting, gaps: [about] });
  };
  const hasty = own("03T18:00");
  expect([hasty.result, said(hasty)]).toEqual([
    "not_met",
    expect.stringMatching(
      /resolved 2026-11-03T18:00.* no run of alerts .* had come through; the next one did 2026-11-06/,
    ),
  ]);
  expect(own("07T18:00").result, "resolved when it was so").toBe("met");

  const told = { id: "INC-1", times: {} } as unknown as Parameters<typeof closingProblems>[0];
  const problems = (silentSources: readonly string[]) =>
    closingProblems(told, { needs: ["collection-resumed"], elsewhere: { silentSources } }).map(({ text }) => text);
  expect(problems([])).toEqual([]);
  expect(problems(["alerts was not asked"])).toEqual([expect.stringContaining("alerts was not asked")]);
});

test("C-15 evidence that is made up for later closes the gap as late and never turns it into collected in time", () => {
  const alerts = instance({ id: "alerts", family: "alert-history", use: "alert-history/test", cadence: "daily" });
  const day = (n: number) => `2026-11-0${n}`;
  const daily = (n: number) => run(`${day(n + 1)}T01:00Z`, { instance: "alerts", covered: [[day(n), day(n + 1)]] });
  const late = run("2026-11-05T12:00Z", { instance: "alerts", covered: [[day(2), day(3)]], trigger: "backfill" });
  const entries = [genesis("2026-10-20"), config("2026-10-31", [alerts]), daily(1), daily(3), daily(4), late];
  const found = historyOf(entries).instances.get("alerts");
  if (found === undefined) throw new Error("no history");
  const asOf = t("2026-11-05T13:00Z");
  expect(gapsOf(found, asOf)).toEqual([
    expect.objectContaining({ state: "closed-late", from: t(day(2)), to: t(day(3)), closedAt: t("2026-11-05T12:00Z") }),
  ]);
  const states = slotsOf(found, { from: t(day(1)), to: t(day(5)) }, asOf).map(({ state }) => state);
  expect(states).toEqual(["collected", "late", "collected", "collected"]);
  const period = { from: t(day(1)), to: t(day(5)) };
  const [control] = assessIn(onlyOf("a525.alerts.collected"), { entries, period, asOf, yields: () => ["alert"] });
  expect(control?.requirements[0]).toMatchObject({ result: "not_met", n: 3, of: 4, failing: [{ what: "came late" }] });
  each("sev1-4", REPAIRED, { severity: "Sev3", ...OVER }, [
    ["met", steps({ "deploy-fix": "03T12:00", "regenerate-evidence": "03T15:00" })],
    ["not_met", steps({ "deploy-fix": "03T12:00" })],
    ["not_met", steps({ "deploy-fix": "03T12:00", "regenerate-evidence": "03T19:00" })],
  ]);
});

function onlyOf(id: string) {
  const whole = shippedCatalogue();
  const controls = whole.controls.flatMap((control) => {
    const requirements = control.requirements.filter((one) => one.id === id);
    return requirements.length === 0 ? [] : [{ ...control, requirements }];
  });
  return { ...whole, controls };
}

test("C-16 nothing is called resolved before it is: verified first, and what was opened again is told", () => {
  const about = { severity: "P1", ...OVER, ...steps({ "really-resolved": "03T13:00" }) };
  each("p0-p2", CHECKED, about, [
    ["met", { verifiedAt: at("03T13:30") }],
    ["not_met", {}],
    ["not_met", { verifiedAt: at("03T14:30") }],
  ]);
  const STAYED = "a526.resolved.stayed";
  expect(word("p0-p2", STAYED, [incident({ severity: "P1", ...OVER })])).toBe("met");
  const again = judged("p0-p2", STAYED, [incident({ severity: "P1", ...OVER, reopened: 2 })]);
  expect([again.result, again.n, again.of, said(again)]).toEqual([
    "no_target",
    0,
    1,
    expect.stringContaining("opened again 2 times"),
  ]);
});

test("C-17 a secret is removed from code history, and logs of the time of exposure are collected and audited", () => {
  const SECRET = { severity: "P2", tags: ["secret-compromise"], nature: "security" };
  each("p1-p4", CONTAINED, { ...SECRET, ...OVER }, [
    ["met", steps({ "revoke-credential": "03T10:05", "exposure-window": "03T12:00" })],
    ["not_met", steps({ "revoke-credential": "03T10:05" })],
  ]);
  each("p1-p4", REPAIRED, { ...SECRET, ...OVER }, [
    ["met", steps({ ...MENDED, "remove-secret": "03T13:00" })],
    ["not_met", steps(MENDED)],
  ]);
  const WINDOW = "a528.evidence.window";
  const exposed = incident({ ...SECRET, occurredAt: at("01T08:00"), containedAt: at("03T10:05") });
  const covers = (start: string, end: string) => ({ covers: { from: at(start), to: at(end) } });
  expect(word("p1-p4", WINDOW, [exposed, item(covers("01T00:00", "03T11:00"))])).toBe("met");
  const short = judged("p1-p4", WINDOW, [exposed, item(covers("02T00:00", "03T11:00"))]);
  expect([short.result, said(short)]).toEqual(["not_met", expect.stringContaining("2026-11-01 09:00 (+01:00)")]);
  expect(word("p1-p4", WINDOW, [exposed, item()]), "of which time is not recorded").toBe("indeterminate");
  expect(word("p1-p4", WINDOW, [exposed])).toBe("not_met");
  expect(word("p1-p4", WINDOW, [tagged("P2", ["secret-compromise"])]), "still going on").toBe("pending");
  expect(word("p1-p4", WINDOW, [incident({ severity: "P2", nature: "security" })])).toBe("not_applicable");
});

test("C-18 for access between organisations the audit logs are pulled, with what was asked for", () => {
  const CROSS = { severity: "P1", tags: ["cross-org-access"], nature: "security", ...OVER };
  each("p1-p4", CONTAINED, CROSS, [
    ["met", steps({ "pull-audit-logs": "03T12:00", "identify-organisations": "03T12:30" })],
    ["not_met", steps({ "identify-organisations": "03T12:30" })],
    ["not_met", steps({ "not-applicable:pull-audit-logs": "03T12:00", "identify-organisations": "03T12:30" })],
  ]);
  const about = incident({ ...CROSS, occurredAt: at("03T09:00"), containedAt: at("03T10:30") });
  const covers = { from: at("03T09:00"), to: at("03T10:30") };
  expect(word("p1-p4", "a528.evidence.window", [about, item({ covers })])).toBe("met");
  const bare = judged("p1-p4", "a528.evidence.window", [about, item({ covers, filled: ["title"] })]);
  expect([bare.result, said(bare)]).toEqual(["not_met", expect.stringContaining("EVD-1 does not say what was asked")]);
});

test("C-19 what happened is compared with the records, evidence of the time is pulled, and the cause is found", () => {
  each("sev1-4", CONTAINED, { severity: "Sev3", ...OVER }, [
    ["met", steps(ALWAYS)],
    ["not_met", steps({ "correlate-records": "03T11:00" })],
    ["not_met", steps({ "pull-evidence": "03T11:00" })],
  ]);
  const about = { severity: "Sev3", ...OVER, occurredAt: at("03T09:00"), containedAt: at("03T11:00") };
  const covers = { from: at("03T08:00"), to: at("03T12:00") };
  expect(word("sev1-4", "a528.evidence.window", [incident(about), item({ covers })])).toBe("met");
  expect(word("sev1-4", "a528.evidence.window", [incident(about)])).toBe("not_met");
  each("sev1-4", CLOSED, { severity: "Sev3", personalData: "no", ...OVER }, [
    ["met", { cause: "a certificate ran out" }],
    ["not_met", {}],
  ]);
  const ROOT = "a527.review.root_cause";
  expect(word("sev1-4", ROOT, [incident({ severity: "Sev1" }), review({ sections: ["root cause"] })])).toBe("met");
  // Good practice where the rules do not name it: told, and no failure.
  expect(word("sev1-4", ROOT, [incident({ severity: "Sev1" }), review({ sections: ["timeline"] })])).toBe("no_target");
});

test("C-20 an outage is compared with the last deployment, and the provider is told where it is theirs", () => {
  each("p1-p4", CONTAINED, { severity: "P2", nature: "availability", ...OVER }, [
    ["met", steps({ "deploy-correlated": "03T10:20" })],
    ["met", steps({ "not-applicable:deploy-correlated": "03T10:20" })],
    ["not_met", {}],
    ["not_met", { tags: ["infrastructure"], ...steps({ "deploy-correlated": "03T10:20" }) }],
    [
      "met",
      { tags: ["infrastructure"], ...steps({ "deploy-correlated": "03T10:20", "provider-notified": "03T10:40" }) },
    ],
  ]);
});
