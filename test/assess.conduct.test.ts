import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import type { ConductRule } from "../src/assess/conduct-rules.ts";
import { factsFor } from "../src/assess/conduct-rules.ts";
import type { ResultWord } from "../src/assess/vocabulary.ts";
import type { Fact, FactOf } from "../src/evidence/fact.ts";
import { loadPolicy } from "../src/policy/load.ts";
import { PolicyTimeline } from "../src/policy/timeline.ts";
import { assessIn, assessOne, fact, seen, shippedCatalogue } from "./support/assessing.ts";
import { t } from "./support/entries.ts";

const says = "A rule.";
const base = {
  policy: "ours",
  version: "one",
  title: "Ours",
  document: {
    owner: "head of security",
    approvedBy: "the founders",
    effectiveFrom: "2026-01-01",
    lastReviewed: "2026-03",
    review: { every: "12mo", after: ["Bad"], says },
  },
  zone: "UTC",
  severities: [
    { label: "Bad", rank: "critical", means: "Bad.", aliases: ["sev 1"], says },
    { label: "Middle", rank: "medium", means: "Middle.", says },
    { label: "Small", rank: "low", means: "Small.", says },
  ],
  targets: {
    respond: {
      from: "detectedAt",
      to: "respondedAt",
      terms: { Bad: "within 15m", Middle: "within 4h", Small: "within 24h" },
      says,
    },
  },
};
const rules = {
  ...base,
  severityChanges: { reason: true, says },
  minimumSeverity: [
    { id: "keys", when: { tags: ["key-compromise"] }, severity: "Bad", mayBeLowered: false, says },
    { id: "reported", when: { sources: ["outside"] }, severity: "Middle", says },
  ],
  natures: [
    { id: "security", title: "Security", aliases: ["sec"], says },
    { id: "availability", title: "Availability", says },
  ],
  sources: [{ id: "outside", title: "From outside" }],
  roles: { owner: { severities: ["Bad"], says }, commander: { severities: ["Bad"], person: false, says } },
  escalation: {
    chain: ["lead", "backup", "leadership"],
    immediate: { severities: ["Bad"], to: "lead", term: "at once", says },
    further: [{ id: "more", when: { tags: ["data-lost"] }, to: "leadership", says }],
    fields: ["at", "from", "to", "reason"],
  },
  communications: {
    channels: [
      { id: "status-page", title: "Status page", public: true, aliases: ["statuspage"] },
      { id: "email", title: "E-mail", aliases: ["mail"] },
      { id: "social-media", title: "Social media" },
    ],
    required: [
      { id: "told", when: [{ severities: ["Bad"] }], channels: ["status-page", "email"], audience: "customers", says },
      {
        id: "affected",
        when: [{ tags: ["data-lost"] }],
        channels: ["email", "status-page"],
        any: true,
        audience: "customers",
        purpose: "formal",
        everyAffected: true,
        says,
      },
    ],
    forbidden: [{ channel: "social-media", says }],
    order: { channels: ["status-page", "email"], says },
  },
  measures: [
    { id: "rotate-credentials", phase: "containment", title: "Rotate", when: [{ severities: ["Bad"] }], says },
    {
      id: "new-key",
      phase: "containment",
      title: "New key",
      when: [{ tags: ["key-compromise"] }],
      mayNotApply: false,
      says,
    },
    { id: "patch", phase: "eradication", title: "Patch", before: "closedAt", says },
  ],
  recovery: { checks: [{ id: "collects-again", title: "Collects again", says }] },
  evidence: { beforeCleanup: { when: [{ natures: ["security"] }], says } },
  breach: { decision: { says } },
  closing: {
    conditions: [
      { needs: "resolved", says },
      { needs: "cause", when: [{ severities: ["Bad"] }], says },
      { needs: "fix-verified", says },
      { needs: "break-glass-off", when: [{ tags: ["break-glass"] }], says },
    ],
    byRole: [{ severities: ["Bad"], role: "owner", says }],
  },
  review: {
    required: [{ severities: ["Bad"] }],
    from: "resolvedAt",
    sections: [{ heading: "Root cause", aliases: ["Cause"] }, { heading: "Timeline" }],
    linked: true,
    controlDecision: true,
    actionFields: ["owner", "due"],
    says,
  },
  intake: { everyReport: true },
  upkeep: { collectors: [{ family: "incident-log", cadence: "monthly", controls: ["A.5.26"], says }] },
  exceptions: [{ id: "later", rule: "Roles", reason: "Small team.", owner: "founder", until: "2026-12" }],
};

const text = (policy: object) => loadPolicy(JSON.stringify(policy), { zone: "UTC" });
type Logged = ConstructorParameters<typeof PolicyTimeline>[0][number];
const logged = (policy: object | undefined, at = "2026-10-01", index = 1, version = "one"): Logged => ({
  index,
  at: t(at),
  entry: { policy: "ours", version, effective: "2026-01-01T00:00:00.000Z", definition: { digest: "d".repeat(64) } },
  policy: policy && text(policy),
});
const OURS = new PolicyTimeline([logged(rules)]);
const BARE = new PolicyTimeline([logged(base)]);
const GONE = new PolicyTimeline([logged(undefined)]);

const incident = (fields: Partial<FactOf<"incident">> = {}, id = "INC-1") =>
  fact("incident", id, { detectedAt: t("2026-11-03T10:00Z"), severity: "Bad", ...fields });
const at = (time: string) => t(`2026-11-${time}Z`);
const over = { resolvedAt: at("03T14:00"), closedAt: at("04T10:00") };
const message = (fields: Partial<FactOf<"incident">["messages"][number]> = {}) => ({
  at: at("03T11:00"),
  channel: "email",
  audience: "customers" as const,
  purpose: "update" as const,
  reached: null,
  of: null,
  ...fields,
});
const escalation = (fields: Partial<FactOf<"incident">["escalations"][number]> = {}) => ({
  at: at("03T10:05"),
  from: "triage",
  to: "lead",
  reason: "bad",
  ...fields,
});
const review = (fields: Partial<FactOf<"review">> = {}) =>
  fact("review", "REV-1", {
    incident: "INC-1",
    date: at("05T10:00"),
    author: "anna",
    approvedBy: "bert",
    sections: ["cause", "timeline"],
    controlChange: "no",
    ...fields,
  });
const decision = (fields: Partial<FactOf<"decision">> = {}) =>
  fact("decision", "9:a", {
    kind: "decision",
    about: { instance: "register", kind: "alert", id: "a" },
    decision: "event-only",
    decidedAt: at("03T11:00"),
    by: "anna",
    rule: null,
    reason: "a test",
    incident: null,
    duplicateOf: null,
    together: 1,
    ...fields,
  });
const alert = (id = "a") => fact("alert", id, { startsAt: at("03T10:00"), endsAt: at("03T10:05") });
const item = (fields: Partial<FactOf<"evidence">> = {}) =>
  fact("evidence", "EVD-1", {
    kind: "evidence",
    title: "disk",
    incident: "INC-1",
    physical: false,
    holder: "anna",
    collectedAt: at("03T11:00"),
    collectedBy: "anna",
    hashedAt: at("03T11:00"),
    verifiedAt: null,
    released: false,
    disposedAt: null,
    digests: ["a".repeat(64)],
    filled: ["title", "source", "method", "collectedBy", "collectedAt", "authorisedBy", "personalData", "tool"],
    events: [
      {
        at: at("03T11:00"),
        act: "collect",
        by: "anna",
        from: null,
        to: "anna",
        reason: "incident",
        result: null,
        entry: 3,
        loggedAt: null,
        allowed: "yes",
      },
    ],
    holes: [],
    ...fields,
  });

function judge(rule: ConductRule, facts: readonly Fact[], policies = OURS, asOf?: number) {
  const found = facts.map((one, ordinal) => seen(one, { ordinal }));
  const needed = factsFor(rule);
  const from = { families: ["incident-log"], ...(needed.length > 0 ? { facts: [...needed] } : {}) };
  return assessOne(
    { kind: "conduct", rule },
    { facts: found, policies, ...(asOf === undefined ? {} : { asOf }) },
    { from },
  );
}

type Row = [name: string, facts: readonly Fact[], result: ResultWord, what: RegExp];
function table(
  rule: ConductRule,
  rows: readonly Row[],
  unset: ResultWord = "not_applicable",
  none: ResultWord = "no_data",
) {
  describe(rule, () => {
    test.each(rows)("%s", (_, facts, result, what) => {
      const answer = judge(rule, facts);
      expect(answer.result, answer.reason).toBe(result);
      const said = `${answer.reason} | ${answer.failing.map((one) => one.what).join(" | ")}`;
      expect(said).toMatch(what);
      if (result === "not_met" || result === "indeterminate") {
        expect(answer.failing.length).toBeGreaterThan(0);
        for (const one of answer.failing) expect(one.entries.length).toBeGreaterThan(0);
      }
    });
    const good = rows.find(([, , result]) => result === "met")?.[1] ?? [];
    const wrong = rows.find(([, , result]) => result === "not_met")?.[1] ?? [];
    test("without rules, without this rule, and with rules whose text is gone", () => {
      expect(judge(rule, wrong, new PolicyTimeline([])).result).toBe(none);
      expect(judge(rule, wrong, BARE).result).toBe(unset);
      if (none === "no_data") expect(judge(rule, good, GONE).result).not.toMatch(/^(met|not_met)$/);
    });
    test("rules that come later change nothing", () => {
      const later = new PolicyTimeline([logged(base, "2026-10-01"), logged(rules, "2026-11-09", 8, "two")]);
      if (factsFor(rule).length > 0 && unset === "not_applicable" && none === "no_data")
        expect(judge(rule, wrong, later).result).toBe("not_applicable");
      const loosened = new PolicyTimeline([logged(rules, "2026-10-01"), logged(base, "2026-11-09", 8, "two")]);
      if (factsFor(rule).length > 0) expect(judge(rule, wrong, loosened).result).toBe("not_met");
    });
  });
}

table(
  "severity-known",
  [
    ["one of ours", [incident()], "met", /1 of 1/],
    ["an alias", [incident({ severity: "SEV-1" })], "met", /1 of 1/],
    [
      "none of ours",
      [incident({ severity: "Sev9" })],
      "not_met",
      /"Sev9" is no severity of your rules \(Bad, Middle, Small\)/,
    ],
    [
      "one it had before",
      [incident({ severities: [{ at: at("03T10:00"), severity: "Huge", by: "a", reason: null }] })],
      "not_met",
      /"Huge"/,
    ],
    ["none at all", [incident({ severity: null })], "indeterminate", /no severity is recorded/],
  ],
  "not_met",
);
const changed = (reason: string | null, by: string | null = "anna") => ({
  severities: [
    { at: at("03T10:00"), severity: "Bad", by: "anna", reason: null },
    { at: at("03T12:00"), severity: "Small", by, reason },
  ],
  severity: "Small",
});
table("severity-reasons", [
  ["with a reason", [incident(changed("a false alarm"))], "met", /1 of 1/],
  ["without", [incident(changed(null))], "not_met", /change to Small does not say why/],
  ["without a name", [incident(changed("x", null))], "not_met", /by whom/],
  [
    "never changed",
    [incident({ severities: changed(null).severities.slice(0, 1) })],
    "not_applicable",
    /the only incident is not one/,
  ],
  ["nobody tells of changes", [incident()], "no_data", /not observable/],
  [
    "changed, and the source does not show it",
    [incident({ severities: changed(null).severities.slice(0, 1), severity: "Small" })],
    "indeterminate",
    /does not show/,
  ],
]);
table("severity-minimum", [
  ["as bad as it must be", [incident({ tags: ["key-compromise"] })], "met", /1 of 1/],
  [
    "below",
    [incident({ tags: ["key-compromise"], severity: "Small" })],
    "not_met",
    /Small, and at least Bad by your rule "keys"/,
  ],
  [
    "lowered where it may not be",
    [incident({ tags: ["key-compromise"], ...changed("x") })],
    "indeterminate",
    /lowered to Small/,
  ],
  [
    "nobody knows whether the rule is meant",
    [incident({ severity: "Small" })],
    "indeterminate",
    /it is not known whether your rules ask/,
  ],
  ["good whether it is meant or not", [incident({ severity: "Middle" })], "met", /1 of 1/],
  ["no word of ours", [incident({ tags: ["key-compromise"], severity: "Huge" })], "indeterminate", /not known/],
]);
table("nature-decided", [
  ["decided, by an alias", [incident({ nature: "Sec" })], "met", /1 of 1/],
  ["undecided when it is over", [incident(over)], "not_met", /nobody decided/],
  ["undecided while it goes on", [incident()], "pending", /nobody decided/],
  ["a word that the rules do not have", [incident({ nature: "weather" })], "not_met", /"weather" is no kind/],
]);
table("personal-data-decided", [
  [
    "by whom and when",
    [incident({ personalData: "no", personalDataBy: "anna", personalDataAt: at("03T12:00") })],
    "met",
    /1 of 1/,
  ],
  [
    "not by whom",
    [incident({ personalData: "no", personalDataAt: at("03T12:00") })],
    "not_met",
    /not recorded by whom/,
  ],
  ["undecided when it is over", [incident(over)], "not_met", /nobody decided/],
  ["undecided while it goes on", [incident()], "pending", /nobody decided/],
]);
table("owner-named", [
  ["a person", [incident({ owner: "Anna Bell" })], "met", /1 of 1/],
  ["nobody", [incident()], "not_met", /without somebody who is responsible/],
  ["a post", [incident({ owner: "Backup" })], "not_met", /a post and no person/],
  ["a queue", [incident({ owner: "platform-team" })], "indeterminate", /looks like a team/],
  ["severity unknown", [incident({ severity: null })], "indeterminate", /not known whether your rules ask/],
  ["a lesser one needs none", [incident({ severity: "Small" })], "not_applicable", /the only incident is not one/],
]);
table("commander-named", [
  ["a team may lead here", [incident({ commander: "platform-team" })], "met", /1 of 1/],
  ["nobody", [incident()], "not_met", /leads the response/],
]);
table("escalations-made", [
  ["to the lead", [incident({ escalations: [escalation()] })], "met", /1 of 1/],
  ["to the next one up", [incident({ escalations: [escalation({ to: "Backup" })] })], "met", /1 of 1/],
  [
    "to somebody by name",
    [incident({ escalations: [escalation({ to: "carla" })] })],
    "indeterminate",
    /escalated to carla/,
  ],
  [
    "only to the lead where leadership must know",
    [incident({ tags: ["data-lost"], escalations: [escalation()] })],
    "not_met",
    /not escalated to leadership/,
  ],
  ["nobody tells of escalations", [incident()], "no_data", /not observable/],
]);
table("escalations-complete", [
  ["all there", [incident({ escalations: [escalation()] })], "met", /1 of 1/],
  [
    "without a reason",
    [incident({ escalations: [escalation(), escalation({ reason: null, from: "" })] })],
    "not_met",
    /escalation 2 does not say from whom, why/,
  ],
  ["nobody tells of escalations", [incident()], "no_data", /not observable/],
]);
const both = [message({ channel: "Statuspage", audience: "public", at: at("03T10:30") }), message()];
table("messages-sent", [
  ["both channels", [incident({ ...over, messages: both })], "met", /1 of 1/],
  [
    "one of two",
    [incident({ ...over, messages: [message()] })],
    "not_met",
    /no message to customers by status-page \("told"\)/,
  ],
  ["one of two while it goes on", [incident({ messages: [message()] })], "pending", /by status-page/],
  [
    "a channel that nobody knows",
    [incident({ ...over, messages: [message(), message({ channel: "pigeon" })] })],
    "indeterminate",
    /does not say enough/,
  ],
  [
    "an audience that nobody recorded",
    [incident({ ...over, messages: [message(), message({ channel: "status-page", audience: null })] })],
    "indeterminate",
    /does not say enough/,
  ],
  [
    "to the wrong people",
    [incident({ ...over, messages: [both[0] as never, message({ audience: "internal" })] })],
    "not_met",
    /by email/,
  ],
  [
    "not everybody reached",
    [
      incident({
        ...over,
        severity: "Small",
        tags: ["data-lost"],
        affected: 10,
        messages: [message({ purpose: "formal", reached: 9, of: 9 })],
      }),
    ],
    "not_met",
    /9 of 10 affected/,
  ],
  [
    "everybody reached",
    [
      incident({
        ...over,
        severity: "Small",
        tags: ["data-lost"],
        affected: 10,
        messages: [message({ purpose: "formal", reached: 10, of: 9 })],
      }),
    ],
    "met",
    /1 of 1/,
  ],
  [
    "reached, and nobody counted",
    [incident({ ...over, severity: "Small", tags: ["data-lost"], messages: [message({ purpose: "formal" })] })],
    "indeterminate",
    /not recorded whether everybody/,
  ],
  ["nobody tells of messages", [incident(over)], "no_data", /not observable/],
]);
table("channels-allowed", [
  ["none forbidden", [incident({ messages: both })], "met", /1 of 1/],
  ["forbidden", [incident({ messages: [message({ channel: "Social Media" })] })], "not_met", /went over social-media/],
  [
    "a channel that nobody knows",
    [incident({ messages: [message({ channel: "pigeon" })] })],
    "indeterminate",
    /"pigeon"/,
  ],
  ["nobody tells of messages", [incident()], "no_data", /not observable/],
]);
table("channels-in-order", [
  ["page first", [incident({ messages: both })], "met", /1 of 1/],
  [
    "page last",
    [incident({ messages: [message({ at: at("03T10:00") }), both[0] as never] })],
    "not_met",
    /told over email before status-page/,
  ],
  ["page never", [incident({ messages: [message()] })], "not_met", /never over status-page/],
  [
    "at the same minute",
    [
      incident({
        messages: [message({ at: at("03T10:30") }), both[0] as never],
        precision: { "messages.0": 60_000, "messages.1": 60_000 },
      }),
    ],
    "indeterminate",
    /not recorded exactly/,
  ],
  [
    "without a time",
    [incident({ messages: [message({ at: null }), both[0] as never] })],
    "indeterminate",
    /when it was told/,
  ],
]);
table("containment-measures", [
  ["done", [incident({ ...over, measures: ["rotate-credentials"] })], "met", /1 of 1/],
  [
    "ruled out with a reason",
    [incident({ ...over, measures: ["not-applicable:rotate-credentials"] })],
    "met",
    /1 of 1/,
  ],
  [
    "not done",
    [incident({ containedAt: at("03T11:00"), measures: ["patch"] })],
    "not_met",
    /"rotate-credentials" is neither done/,
  ],
  ["not done yet", [incident({ measures: ["patch"] })], "pending", /not done yet/],
  [
    "ruled out where that may not be",
    [incident({ tags: ["key-compromise"], measures: ["rotate-credentials", "not-applicable:new-key"] })],
    "not_met",
    /do not allow/,
  ],
  ["nobody tells of steps", [incident(over)], "no_data", /not observable/],
]);
table("eradication-measures", [
  ["done", [incident({ ...over, measures: ["patch"] })], "met", /1 of 1/],
  [
    "resolved, and time until it is closed",
    [incident({ resolvedAt: over.resolvedAt, measures: ["x"] })],
    "pending",
    /"patch" is not done yet/,
  ],
  ["closed without", [incident({ ...over, measures: ["x"] })], "not_met", /"patch"/],
]);
table("recovery-verified", [
  ["checked", [incident({ ...over, verifiedAt: at("03T13:00"), measures: ["collects-again"] })], "met", /1 of 1/],
  [
    "checked too late",
    [incident({ ...over, verifiedAt: at("03T15:00"), measures: ["collects-again"] })],
    "not_met",
    /only after it was called resolved/,
  ],
  ["a check is missing", [incident({ ...over, verifiedAt: at("03T13:00") })], "not_met", /"collects-again"/],
  ["the fix was not verified", [incident({ ...over, measures: ["collects-again"] })], "not_met", /nobody verified/],
  [
    "in the same minute",
    [
      incident({
        ...over,
        verifiedAt: at("03T14:00"),
        measures: ["collects-again"],
        precision: { verifiedAt: 60_000 },
      }),
    ],
    "indeterminate",
    /exactly enough/,
  ],
]);
table("evidence-first", [
  ["taken before", [incident({ ...over, nature: "security", eradicatedAt: at("03T12:00") }), item()], "met", /1 of 1/],
  [
    "taken after",
    [incident({ ...over, nature: "security", eradicatedAt: at("03T10:30") }), item()],
    "not_met",
    /EVD-1, was collected only after it was cleaned up/,
  ],
  ["none taken", [incident({ ...over, nature: "security" }, "INC-2"), item()], "not_met", /no evidence of it is kept/],
  [
    "nobody recorded when it was cleaned up",
    [incident({ ...over, nature: "security" }), item()],
    "indeterminate",
    /when it was cleaned up is not recorded/,
  ],
  ["nature unknown", [incident({ ...over }, "INC-2"), item()], "indeterminate", /not known whether your rules ask/],
  ["no evidence kept here at all", [incident({ ...over, nature: "security" })], "no_data", /not observable/],
]);
table("closer-named", [
  [
    "by somebody, for a reason",
    [incident({ ...over, severity: "Small", closedBy: "anna", closureReason: "done" })],
    "met",
    /1 of 1/,
  ],
  ["nobody", [incident(over)], "not_met", /who closed it and why/],
  [
    "a role is asked for and not shown",
    [incident({ ...over, closedBy: "anna", closureReason: "done" })],
    "indeterminate",
    /role owner/,
  ],
  ["still open", [incident()], "not_applicable", /the only incident is not one/],
]);
const closed = { ...over, cause: "a bug", verifiedAt: at("03T13:00"), closedBy: "anna", closureReason: "done" };
table("closing-complete", [
  ["all there", [incident(closed)], "met", /1 of 1/],
  [
    "no cause",
    [incident({ ...closed, cause: null }), incident(closed, "INC-2")],
    "not_met",
    /its cause is not recorded/,
  ],
  ["the cause stands in the review", [incident({ ...closed, cause: null }), review()], "met", /1 of 1/],
  ["waived", [incident({ ...closed, cause: null, waived: ["cause"] }), incident(closed, "INC-2")], "met", /2 of 2/],
  ["never resolved", [incident({ ...closed, resolvedAt: null })], "not_met", /never resolved/],
  ["what no record tells", [incident({ ...closed, tags: ["break-glass"] })], "indeterminate", /emergency access/],
]);
table("review-exists", [
  ["there is one", [incident(over), review()], "met", /1 of 1/],
  ["there is none", [incident(over)], "not_met", /no review/],
  ["not closed yet", [incident({ resolvedAt: over.resolvedAt })], "pending", /no review yet/],
  ["severity unknown", [incident({ ...over, severity: "Huge" })], "indeterminate", /not known whether/],
]);
table("review-sections", [
  ["all there", [incident(over), review({ sections: ["1. Root Cause:", "timeline"] })], "met", /1 of 1/],
  [
    "one empty, one missing",
    [incident(over), review({ sections: [], empty: ["cause"] })],
    "not_met",
    /"Root cause" is empty; no part "Timeline"/,
  ],
  [
    "about an incident that was not seen",
    [incident(over), review({ incident: "INC-9", sections: [] })],
    "indeterminate",
    /not known whether/,
  ],
]);
table("review-approved", [
  ["approved", [incident(over), review()], "met", /1 of 1/],
  ["not", [incident(over), review({ approvedBy: null })], "not_met", /nobody approved/],
]);
table("review-linked", [
  ["named by both", [incident({ ...over, review: "rev-1.md" }), review()], "met", /1 of 1/],
  ["by the review alone", [incident(over), review()], "not_met", /names no review/],
  [
    "names none",
    [incident({ ...over, review: "REV-1" }), review({ incident: null })],
    "not_met",
    /it names no incident/,
  ],
]);
table("review-control-decision", [
  ["decided", [incident(over), review()], "met", /1 of 1/],
  ["not", [incident(over), review({ controlChange: null })], "not_met", /whether controls/],
]);
table("review-actions", [
  [
    "with owner and day",
    [incident(over), review({ actions: [{ item: "a", owner: "b", due: "2026-12-01" }] })],
    "met",
    /1 of 1/,
  ],
  [
    "without",
    [incident(over), review({ actions: [{ item: "a", owner: null, due: "" }] })],
    "not_met",
    /action 1 does not say who does it, by when/,
  ],
]);
table("alerts-decided", [
  ["decided", [alert(), decision()], "met", /1 of 1/],
  ["decided after the period", [alert(), decision({ decidedAt: at("11T08:00") })], "met", /1 of 1/],
  ["not decided", [alert(), alert("b"), decision()], "not_met", /1 of 2/],
  [
    "a decision that was superseded",
    [alert(), decision({ supersededAt: at("04T00:00") })],
    "not_met",
    /nobody decided/,
  ],
  ["to be looked at again", [alert(), decision({ again: "it fired again" })], "indeterminate", /it fired again/],
]);
table(
  "decision-complete",
  [
    ["complete", [alert(), decision()], "met", /1 of 1/],
    [
      "without reason and name",
      [alert(), decision({ reason: null, by: null })],
      "not_met",
      /by whom or by which rule, why/,
    ],
    ["by a rule", [alert(), decision({ reason: null, by: null, rule: "short" })], "met", /1 of 1/],
    ["without the incident", [alert(), decision({ decision: "incident" })], "not_met", /which incident/],
  ],
  "not_met",
  "not_met",
);
const report = (id = "EVT-1") =>
  fact("event", id, {
    kind: "event",
    title: "a report",
    channel: "email",
    receivedAt: at("03T09:00"),
    acknowledgedAt: null,
  });
table("reports-decided", [
  ["decided", [report(), decision({ about: { instance: "register", kind: "event", id: "EVT-1" } })], "met", /1 of 1/],
  ["not decided", [report(), decision()], "not_met", /nobody decided/],
]);
test("an incident that a person reported, by its own words, is named where no report is recorded", () => {
  const decided = decision({ about: { instance: "register", kind: "event", id: "EVT-1" } });
  const way = OURS.all[0]?.policy?.sources.find(({ families }) => families.length === 0)?.id ?? "";
  expect(way).not.toBe("");
  const told = judge("reports-decided", [report(), decided, incident({ ...over, detectedBy: way })]);
  expect(told.notes?.join()).toContain(`(${way})`);
});
test("what is not decided is only open while its own time runs, whenever the period ends", () => {
  const early = judge("alerts-decided", [alert()], OURS, at("03T10:05"));
  expect(early.result, early.reason).toBe("pending");
  expect(judge("alerts-decided", [alert()], OURS, at("10T12:00")).result).toBe("not_met");
});
table(
  "decision-single",
  [
    ["alone", [alert(), decision()], "met", /1 of 1/],
    ["with others", [alert(), decision({ together: 12 })], "not_met", /together with 11 others/],
    ["by a rule", [alert(), decision({ together: 12, rule: "short" }), decision({ id: "1:b" })], "met", /1 of 1/],
  ],
  "not_met",
  "not_met",
);
table(
  "review-cause",
  [
    ["in the review", [incident(over), review()], "met", /1 of 1/],
    ["in the record", [incident({ ...over, cause: "a bug" }), review({ sections: [] })], "met", /1 of 1/],
    ["nowhere", [incident(over), review({ sections: ["timeline"] })], "not_met", /names the cause/],
  ],
  "not_met",
  "not_met",
);
table(
  "review-approver-differs",
  [
    ["two people", [incident(over), review()], "met", /1 of 1/],
    ["one", [incident(over), review({ approvedBy: " Anna" })], "not_met", /written and approved by anna/],
    ["author unknown", [incident(over), review({ author: null })], "indeterminate", /who wrote it/],
  ],
  "not_met",
  "not_met",
);
table(
  "custody-original",
  [
    ["kept", [item({ originalKept: "yes" })], "met", /1 of 1/],
    ["gone", [item({ originalKept: "no" })], "not_met", /not there/],
  ],
  "not_met",
  "not_met",
);
table(
  "custody-contiguous",
  [
    ["whole", [item()], "met", /1 of 1/],
    ["a hole", [item({ holes: ["On its way nobody had it."] })], "not_met", /nobody had it/],
    ["never collected", [item({ events: [] })], "not_met", /how it was collected/],
  ],
  "not_met",
  "not_met",
);
table(
  "custody-reasons",
  [
    ["whole", [item()], "met", /1 of 1/],
    [
      "none given",
      [
        item({
          events: [
            ...item().events,
            { ...(item().events[0] as never as object), act: "transfer", reason: null, entry: 7 } as never,
          ],
        }),
      ],
      "not_met",
      /transfer \(record 7\) does not say why/,
    ],
  ],
  "not_met",
  "not_met",
);
table(
  "custody-fields",
  [
    ["whole", [item()], "met", /1 of 1/],
    ["without", [item({ filled: ["title"] })], "not_met", /without source, method/],
  ],
  "not_met",
  "not_met",
);
table(
  "custody-hashed",
  [
    ["at once", [item()], "met", /1 of 1/],
    [
      "in the minute that is recorded",
      [item({ hashedAt: at("03T11:00") + 59_999, precision: { collectedAt: 60_000 } })],
      "met",
      /1 of 1/,
    ],
    ["a day later", [item({ hashedAt: at("05T11:00") })], "not_met", /hashed 2 d after/],
    ["never", [item({ hashedAt: null })], "not_met", /never hashed/],
  ],
  "not_met",
  "not_met",
);
table(
  "custody-allowed",
  [
    ["allowed", [item()], "met", /1 of 1/],
    [
      "not",
      [item({ events: item().events.map((one) => ({ ...one, allowed: "no" as const })) })],
      "not_met",
      /not allowed to/,
    ],
    [
      "nobody knows",
      [item({ events: item().events.map((one) => ({ ...one, allowed: null })) })],
      "indeterminate",
      /not known/,
    ],
  ],
  "not_met",
  "not_met",
);

describe("the document", () => {
  const document = (over: object) =>
    new PolicyTimeline([logged({ ...rules, document: { ...rules.document, ...over } })]);
  const answer = (rule: ConductRule, policies: PolicyTimeline, asOf?: number) =>
    judge(rule, [incident(over)], policies, asOf);

  test("names owner, approval and day", () => {
    expect(answer("document-approved", OURS).result).toBe("met");
    const found = answer("document-approved", document({ owner: "[assign name]", approvedBy: undefined }));
    expect([found.result, found.failing.map((one) => one.what)]).toEqual([
      "not_met",
      ["the procedure names no owner", "the procedure does not say who approved it"],
    ]);
    expect(found.failing[0]?.entries).toEqual([1]);
    expect(found.entries).toContain(1);
    expect(answer("document-approved", new PolicyTimeline([])).result).toBe("no_data");
    expect(answer("document-approved", GONE).result).toBe("indeterminate");
  });

  test.each([
    ["in time by its month", "2026-03", "met"],
    ["due in a month of which the day is not known", "2025-11", "indeterminate"],
    ["overdue", "2025-10", "not_met"],
    ["on the last day", "2025-11-10", "met"],
    ["a day too late", "2025-11-09", "not_met"],
    ["in the future", "2027-01", "not_met"],
  ])("is reviewed: %s", (_, lastReviewed, result) => {
    expect(answer("document-reviewed", document({ lastReviewed })).result).toBe(result);
  });

  test("is reviewed: never, and not due yet", () => {
    expect(answer("document-reviewed", document({ lastReviewed: undefined })).result).toBe("pending");
    expect(answer("document-reviewed", document({ lastReviewed: undefined, effectiveFrom: "2024-01-01" })).result).toBe(
      "not_met",
    );
    expect(answer("document-reviewed", document({ review: undefined })).result).toBe("not_applicable");
  });

  test("is reviewed after the worst incidents", () => {
    expect(answer("document-reviewed-after", OURS).result).toBe("pending");
    expect(answer("document-reviewed-after", document({ lastReviewed: "2026-11-06" })).result).toBe("met");
    expect(answer("document-reviewed-after", document({ lastReviewed: "2026-11" })).result).toBe("indeterminate");
    const within = { review: { ...rules.document.review, within: "5d" } };
    expect(answer("document-reviewed-after", document(within)).result).toBe("not_met");
    expect(answer("document-reviewed-after", new PolicyTimeline([])).result).toBe("no_data");
  });

  test("has no place left to fill in, and deadlines", () => {
    expect(answer("document-filled-in", OURS).result).toBe("met");
    expect(answer("document-filled-in", document({ owner: "[assign name]" })).failing[0]?.what).toMatch(
      /document.owner: not filled in yet: \[assign name\]/,
    );
    expect(answer("document-targets", OURS).result).toBe("met");
    const found = answer("document-targets", new PolicyTimeline([logged({ ...rules, targets: {} })]));
    expect(found.failing.map((one) => one.what)).toEqual(
      ["Bad", "Middle", "Small"].map((label) => `no deadline with a number for ${label}`),
    );
  });

  test("says what is collected", () => {
    const family = (one: object) =>
      new PolicyTimeline([logged({ ...rules, upkeep: { collectors: [{ ...rules.upkeep.collectors[0], ...one }] } })]);
    expect(answer("collectors-reconciled", OURS).result).toBe("met");
    expect(answer("collectors-reconciled", family({ cadence: "hourly" })).failing[0]?.what).toBe(
      "incident-log: hourly by your rules, daily as it is set up",
    );
    expect(answer("collectors-reconciled", family({ family: "cron-health" })).failing[0]?.what).toMatch(
      /nothing is set up for it/,
    );
    expect(answer("collectors-reconciled", BARE).result).toBe("not_applicable");
  });

  test("has exceptions that have not run out", () => {
    const until = (day: string) =>
      new PolicyTimeline([logged({ ...rules, exceptions: [{ ...rules.exceptions[0], until: day }] })]);
    expect(answer("exceptions-current", OURS).result).toBe("met");
    expect(answer("exceptions-current", until("2026-11-10")).result).toBe("met");
    expect(answer("exceptions-current", until("2026-11-09")).failing[0]?.what).toMatch(/"later" ran out on 9 Nov/);
    expect(answer("exceptions-current", BARE).result).toBe("not_applicable");
  });
});

test("rules that were logged later are named as such", () => {
  const found = judge("owner-named", [incident()], new PolicyTimeline([logged(rules, "2026-11-08", 6)]));
  expect(found.result).toBe("not_met");
  expect(found.reason).toMatch(/logged only after what they judge had begun/);
  expect(found.entries).toContain(6);
});

describe("less information never looks better", () => {
  const full = incident({
    ...closed,
    nature: "security",
    owner: "Anna Bell",
    commander: "Bert",
    personalData: "no",
    personalDataBy: "anna",
    personalDataAt: at("03T12:00"),
    eradicatedAt: at("03T12:00"),
    containedAt: at("03T11:00"),
    escalations: [escalation()],
    messages: both,
    measures: ["rotate-credentials", "patch", "collects-again"],
    severities: changed("x").severities,
    severity: "Small",
    review: "REV-1",
    detectedBy: "outside",
  });
  const RULES: ConductRule[] = [
    "severity-known",
    "severity-reasons",
    "severity-minimum",
    "nature-decided",
    "personal-data-decided",
    "owner-named",
    "commander-named",
    "escalations-made",
    "escalations-complete",
    "messages-sent",
    "channels-allowed",
    "channels-in-order",
    "containment-measures",
    "eradication-measures",
    "recovery-verified",
    "evidence-first",
    "review-exists",
    "review-sections",
    "review-approved",
    "closer-named",
    "closing-complete",
  ];
  const NULLED = [
    "nature",
    "owner",
    "commander",
    "personalData",
    "personalDataBy",
    "personalDataAt",
    "eradicatedAt",
    "containedAt",
    "verifiedAt",
    "cause",
    "closedBy",
    "closureReason",
    "review",
    "detectedBy",
    "severity",
  ] as const;
  const starts: Partial<FactOf<"incident">>[] = [
    {},
    { severity: "Huge" },
    { measures: ["patch"] },
    { messages: [message({ channel: "social-media" })] },
    { verifiedAt: at("03T15:00") },
    { escalations: [escalation({ reason: null, to: "carla" })] },
  ];
  const poorer = (one: FactOf<"incident">): FactOf<"incident">[] => [
    ...NULLED.map((field) => ({ ...one, [field]: null })),
    ...(["at", "channel", "audience", "purpose"] as const).map((field) => ({
      ...one,
      messages: one.messages.map((m) => ({ ...m, [field]: null })),
    })),
    ...(["at", "from", "to", "reason"] as const).map((field) => ({
      ...one,
      escalations: one.escalations.map((m) => ({ ...m, [field]: null })),
    })),
    ...(["at", "by", "reason"] as const).map((field) => ({
      ...one,
      severities: one.severities.map((m) => ({ ...m, [field]: null })),
    })),
    { ...one, measures: one.measures.slice(1) },
  ];
  test.each(RULES)("%s", (rule) => {
    for (const start of starts) {
      const rich = { ...full, ...start };
      const before = judge(rule, [rich, review(), item()]).result;
      if (before !== "not_met" && before !== "indeterminate") continue;
      for (const less of poorer(rich))
        expect(judge(rule, [less, review(), item()]).result, `${rule} ${JSON.stringify(start)}`).not.toBe("met");
    }
  });
});

describe("the shipped catalogue under shipped rules", () => {
  test.each(["critical-low", "critical-low-untimed", "sev1-4", "p0-p2", "p1-p4"])("%s", (name) => {
    const policy = loadPolicy(readFileSync(new URL(`../controls/policies/${name}.yaml`, import.meta.url), "utf8"), {
      zone: "UTC",
    });
    const worst = policy.severities[0]?.label ?? "";
    const policies = new PolicyTimeline([{ ...logged(rules), policy }]);
    const facts = [incident({ ...over, severity: worst }), review()].map((one, ordinal) => seen(one, { ordinal }));
    const found = assessIn(shippedCatalogue(), { facts, policies })
      .flatMap(({ requirements }) => requirements)
      .filter(({ check }) => check === "conduct");
    expect(found.length).toBeGreaterThan(35);
    for (const one of found) expect(one.reason, one.id).not.toMatch(/needs your rules|undefined/);
    const result = Object.fromEntries(found.map((one) => [one.id, one.result]));
    expect(result["a525.severity.in_taxonomy"]).toBe("met");
    expect(result["a527.review.exists"]).toBe("met");
    expect(result["a526.owner.present"]).toBe(policy.roles.owner === undefined ? "not_applicable" : "not_met");
  });
});
