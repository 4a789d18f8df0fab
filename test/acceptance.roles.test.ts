import { expect, test } from "vitest";
import { actsOfKind } from "../src/evidence/act.ts";
import type { Fact, FactOf } from "../src/evidence/fact.ts";
import { incidentFacts } from "../src/incidents/facts.ts";
import { foldRegister } from "../src/incidents/register.ts";
import { iso } from "../src/lib/time.ts";
import { at, fact, HOUR, incident, judged, MINUTE, said, word } from "./support/acceptance.ts";
import { ActLog } from "./support/acts.ts";
import { shippedPolicy } from "./support/rules.ts";

/** Logging, roles and escalation: the rules E of the acceptance list, by the policies that have them. */

const NOTICED = at("03T10:00");
type Fields = Partial<FactOf<"incident">>;
type Escalation = FactOf<"incident">["escalations"][number];

const escalation = (to: string | null, fields: Partial<Escalation> = {}): Escalation => ({
  at: NOTICED + 5 * MINUTE,
  from: "triage-owner",
  to,
  reason: "customers cannot sign in",
  ...fields,
});

const action = (fields: Partial<FactOf<"action">>) =>
  fact("action", "ACT-1", {
    kind: "action",
    title: "rotate",
    type: "containment",
    incident: "INC-1",
    finding: null,
    activity: null,
    owner: "anna",
    due: at("09T10:00"),
    createdAt: at("03T11:00"),
    doneAt: at("03T12:00"),
    verifiedAt: null,
    cancelledAt: null,
    precision: {},
    result: null,
    evidence: 1,
    replanned: [],
    tracker: null,
    ...fields,
  });

/** An incident of our own register, out of the records themselves: opened and noted when each was logged. */
function register(severity: string | undefined, ...lines: readonly (readonly [happened: number, logged: number])[]) {
  const log = new ActLog();
  for (const [i, [happened, logged]] of lines.entries())
    log.add(
      "incident",
      i === 0
        ? { incident: "INC-1", act: "open", happened: iso(happened), ...(severity ? { values: { severity } } : {}) }
        : { incident: "INC-1", act: "note", happened: iso(happened) },
      { at: logged, words: i === 0 ? { title: "Sign-in fails" } : { text: "looked at the logs" } },
    );
  return incidentFacts(foldRegister(actsOfKind(log.acts, "incident")), new Map());
}

test("E-01 recorded with severity and status open; how long after it was noticed is told", () => {
  const kept = register("Sev2", [NOTICED, NOTICED + 20 * MINUTE]);
  expect(kept[0]?.fact).toMatchObject({ status: "open", severity: "Sev2", createdAt: NOTICED + 20 * MINUTE });
  expect(shippedPolicy("sev1-4").closing?.initialStatus).toBe("open");
  const recorded = judged("sev1-4", "a526.record.timely", kept);
  expect(recorded.result).toBe("no_target");
  expect(recorded.cases?.[0]?.verdict.what).toMatch(/^recorded after 20 min; your rules set no number \(Sev2\)/);
  const severity = (facts: ReturnType<typeof register>) => word("sev1-4", "a525.severity.in_taxonomy", facts);
  expect(severity(kept)).toBe("met");
  expect(severity(register("urgent", [NOTICED, NOTICED]))).toBe("not_met");
  expect(severity(register(undefined, [NOTICED, NOTICED]))).toBe("indeterminate");
});

test("E-01 written down while it is handled, and not in one sitting afterwards", () => {
  const written = (...lines: (readonly [number, number])[]) =>
    judged("sev1-4", "a526.timeline.contemporaneous", register("Sev2", ...lines));
  const soon = [NOTICED, NOTICED + MINUTE] as const;
  expect(written(soon, [NOTICED + HOUR, NOTICED + 25 * HOUR]).result, "a day later to the minute").toBe("met");
  const late = written(soon, [NOTICED + HOUR, NOTICED + 25 * HOUR + 1]);
  expect(late.result, "good practice: told, and no failure").toBe("no_target");
  expect(said(late)).toMatch(/1 of 2 lines written more than 1 d later, the latest after 1 d .*\(note\)/);
  const elsewhere = judged("sev1-4", "a526.timeline.contemporaneous", [incident({ severity: "Sev2" })]);
  expect(elsewhere.result, "a source that does not show it").toBe("no_data");
});

test("E-02 every Critical and High incident has an owner, and that is a person", () => {
  const owner = (fields: Fields) => word("critical-low-untimed", "a526.owner.present", [incident(fields)]);
  for (const severity of ["Critical", "High"]) {
    expect(owner({ severity, owner: "Anna Muster" })).toBe("met");
    expect(owner({ severity, owner: null })).toBe("not_met");
    expect(owner({ severity, owner: "incident-lead" }), "a post").toBe("not_met");
    expect(owner({ severity, owner: "on-call team" }), "looks like a queue").toBe("indeterminate");
  }
  expect(owner({ severity: "Medium", owner: null })).toBe("not_applicable");
});

const escalated = (fields: Fields, mend?: (text: string) => string) =>
  judged("critical-low-untimed", "a526.escalations.made", [incident(fields)], mend ? { mend } : {});

test("E-03 Critical and High go to the incident lead at once, or to the next backup; how long it took is told", () => {
  for (const severity of ["Critical", "High"]) {
    const lead = escalated({ severity, escalations: [escalation("incident-lead")] });
    expect(lead.result, said(lead)).toBe("met");
    expect(lead.reason).toMatch(/escalated: INC-1 after 5 min/);
    expect(escalated({ severity, escalations: [escalation("next-backup")] }).result).toBe("met");
    expect(escalated({ severity }).result).toBe("not_met");
    expect(escalated({ severity, escalations: [escalation("Bert Beispiel")] }).result).toBe("indeterminate");
  }
  expect(escalated({ severity: "Low" }).result).toBe("not_applicable");
  // With a number of one's own instead of "at once" it is judged as well.
  const within = (text: string) =>
    text.replace("to: incident-lead, term: at once", "to: incident-lead, term: within 15m");
  const after = (minutes: number) =>
    escalated(
      { severity: "High", escalations: [escalation("incident-lead", { at: NOTICED + minutes * MINUTE })] },
      within,
    ).result;
  expect([after(15), after(16)]).toEqual(["met", "not_met"]);
});

test("E-04 leadership is told once customer data or a full outage is confirmed on a Critical incident", () => {
  const both = [escalation("incident-lead"), escalation("leadership", { at: NOTICED + HOUR })];
  for (const tag of ["customer-data-accessed", "full-outage"]) {
    const told = (escalations: Escalation[], severity = "Critical") =>
      escalated({ severity, tags: [tag], escalations });
    expect(told(both).result).toBe("met");
    const without = told([escalation("incident-lead")]);
    expect(without.result).toBe("not_met");
    expect(said(without)).toMatch(/not escalated to leadership/);
    expect(told([escalation("incident-lead")], "High").result, "High needs no leadership").toBe("met");
  }
});

test("E-05 every escalation says when, from whom, to whom and why", () => {
  const complete = (...escalations: Escalation[]) =>
    judged("critical-low-untimed", "a526.escalation.recorded", [incident({ severity: "High", escalations })]);
  expect(complete(escalation("incident-lead"), escalation("leadership")).result).toBe("met");
  for (const lacks of [{ at: null }, { from: null }, { to: null }, { reason: null }]) {
    const answer = complete(escalation("incident-lead"), escalation("leadership", lacks));
    expect(answer.result).toBe("not_met");
    expect(said(answer)).toMatch(/escalation 2 does not say (when|from whom|to whom|why)/);
  }
  expect(complete().result, "none was made").toBe("not_applicable");
});

test("E-06 P1 and P2 have a named commander within 15 minutes of being noticed", () => {
  const named = (fields: Fields) => word("p1-p4", "a526.commander.present", [incident(fields)]);
  const inTime = (severity: string, after: number | null, precision = 1) =>
    word("p1-p4", "a526.commander.in_time", [
      incident({
        severity,
        commander: "Anna Muster",
        commanderAt: after === null ? null : NOTICED + after,
        precision: precision > 1 ? { commanderAt: precision } : {},
      }),
    ]);
  for (const severity of ["P1", "P2"]) {
    expect(named({ severity, commander: "Anna Muster" })).toBe("met");
    expect(named({ severity })).toBe("not_met");
    expect(named({ severity, commander: "primary-on-call" }), "a post").toBe("not_met");
    expect(inTime(severity, 15 * MINUTE), "its last moment counts").toBe("met");
    expect(inTime(severity, 15 * MINUTE + 1)).toBe("not_met");
    expect(inTime(severity, 15 * MINUTE, MINUTE), "known by the minute only").toBe("indeterminate");
    expect(inTime(severity, null)).toBe("not_met");
  }
  expect(inTime("P3", null)).toBe("not_applicable");
});

test("E-07 the alert is acknowledged first, for P1 in the first 15 minutes", () => {
  const acknowledged = (severity: string, after: number) =>
    word("p1-p4", "a526.acknowledgement.timely", [incident({ severity, acknowledgedAt: NOTICED + after })]);
  expect(acknowledged("P1", 15 * MINUTE)).toBe("met");
  expect(acknowledged("P1", 15 * MINUTE + 1)).toBe("not_met");
  expect(acknowledged("P2", 5 * HOUR), "no number").toBe("no_target");
  // Who took on the alert itself, no source tells: that is never claimed.
  const alerts = { sources: [{ id: "monitor", family: "alert-history" }] };
  expect(word("p1-p4", "a816.alerts.acknowledged", [], alerts)).toBe("no_data");
});

test("E-08 triage says whether it is an outage, a security incident or both", () => {
  const over = { resolvedAt: at("03T12:00"), closedAt: at("04T12:00") };
  const nature = (fields: Fields) => word("p1-p4", "a525.nature.stated", [incident({ severity: "P2", ...fields })]);
  for (const one of ["availability", "security", "both"]) expect(nature({ nature: one, ...over })).toBe("met");
  expect(nature(over)).toBe("not_met");
  expect(nature({ nature: "weather", ...over })).toBe("not_met");
  expect(nature({}), "while it goes on it can still be decided").toBe("pending");
});

test("E-09 during an outage status is kept up to date in the chat; the longest silence is told", () => {
  const message = (minutes: number, fields: Partial<FactOf<"incident">["messages"][number]> = {}) => ({
    at: NOTICED + minutes * MINUTE,
    channel: "chat",
    audience: "internal" as const,
    purpose: "update" as const,
    reached: null,
    of: null,
    ...fields,
  });
  const updates = (nature: string | null, messages: FactOf<"incident">["messages"]) =>
    judged("p1-p4", "a526.updates.cadence", [
      incident({ severity: "P1", nature, resolvedAt: NOTICED + 3 * HOUR, messages }),
    ]);
  const kept = updates("availability", [message(20), message(140)]);
  expect(kept.result, said(kept)).toBe("met");
  expect(kept.cases?.[0]?.verdict.what).toMatch(/2 updates on chat; longest silence 2 h/);
  expect(updates("both", []).result).toBe("not_met");
  expect(updates("both", [message(20, { channel: "email" })]).result, "elsewhere").toBe("not_met");
  expect(updates("security", []).result, "no outage").toBe("not_applicable");
  expect(updates(null, []).result, "nobody said whether it is one").toBe("indeterminate");
});

test("E-10 security and availability incidents are both in scope, and both are counted", () => {
  const over = { severity: "High", resolvedAt: at("03T12:00"), closedAt: at("04T12:00") };
  const kinds = ["security", "abuse", "availability", "both"];
  expect(shippedPolicy("critical-low-untimed").natures.map(({ id }) => id)).toEqual(kinds);
  const all = kinds.map((nature) => incident({ ...over, nature }, `INC-${nature}`));
  const answer = judged("critical-low-untimed", "a525.nature.stated", all);
  expect(answer).toMatchObject({ result: "met", n: 4, of: 4 });
  expect(word("critical-low-untimed", "a525.nature.stated", [...all, incident(over, "INC-5")])).toBe("not_met");
});

test("E-11 vulnerabilities stand in their list, and rotated secrets in the record", () => {
  const mended = (...more: Fact[]) =>
    word("p1-p4", "a526.vulnerabilities.fixed", [
      incident({
        severity: "P2",
        detectedBy: "dependency-alert",
        tags: ["vulnerability-reachable"],
        eradicatedAt: at("03T20:00"),
        resolvedAt: at("03T21:00"),
      }),
      ...more,
    ]);
  expect(mended(action({ tracker: "github:example/app#12" }))).toBe("met");
  expect(mended(action({}))).toBe("not_met");
  const secret = (...measures: string[]) =>
    word("p1-p4", "a526.containment.measures", [
      incident({
        severity: "P1",
        nature: "security",
        tags: ["secret-compromise"],
        measures: [...measures, "exposure-window"],
        containedAt: at("03T11:00"),
        resolvedAt: at("03T21:00"),
        closedAt: at("04T21:00"),
      }),
    ]);
  expect(secret("revoke-credential")).toBe("met");
  expect(secret()).toBe("not_met");
});
