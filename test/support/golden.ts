import { readFileSync } from "node:fs";
import { assessControls } from "../../src/assess/assess.ts";
import type { CheckKind, Requirement } from "../../src/assess/catalogue.ts";
import type { Subject, Verdict } from "../../src/assess/judgement.ts";
import { parseCalendar } from "../../src/calendar/shape.ts";
import type { FactInput, Observed } from "../../src/evidence/fact.ts";
import { wholeFact } from "../../src/evidence/fact.ts";
import { loadLaw } from "../../src/law/load.ts";
import type { Instant } from "../../src/lib/time.ts";
import { atWallClock, wallClock } from "../../src/lib/zone.ts";
import { loadPolicy } from "../../src/policy/load.ts";
import type { Policy } from "../../src/policy/policy.ts";
import type { SHIPPED_POLICIES } from "../../src/policy/shipped.ts";
import { type LoggedPolicy, PolicyTimeline } from "../../src/policy/timeline.ts";
import { fact, seen, shippedCatalogue, yields } from "./assessing.ts";
import { config, genesis, historyOf, instance } from "./entries.ts";
import { logged } from "./rules.ts";

/** The incidents of test/golden/, made into facts as a register gives them, and judged as a report judges. */

type PolicyName = (typeof SHIPPED_POLICIES)[number];

type Severity = "critical" | "high" | "medium" | "low" | { readonly word: string } | null;

interface Place {
  readonly zone: string;
  /** `MM-DD` of each year. */
  readonly holidays?: Readonly<Record<string, string>>;
  readonly validTo?: string;
  readonly always?: boolean;
}

/** An incident without the words of any policy. A time has seconds, or is known to the minute, or to the day. */
interface Neutral {
  readonly id: string;
  readonly about: string;
  readonly severity: Severity;
  readonly history?: readonly {
    readonly at: string | null;
    readonly severity: Severity;
    readonly by: string | null;
    readonly reason: string | null;
  }[];
  readonly place?: string;
  readonly source?: string;
  readonly nature?: string;
  readonly tags?: readonly string[];
  /** Stands for every kind of first answer that is not named apart. */
  readonly answered?: string;
  readonly messages?: readonly { readonly at: string; readonly channel: string; readonly audience: string }[];
  readonly breach?: Readonly<Record<string, string>>;
  readonly [time: string]: unknown;
}

/** A report of something, and what was decided about it. */
interface Report {
  readonly id: string;
  readonly about: string;
  readonly received?: string;
  readonly decided?: string;
  /** What it became. */
  readonly incident?: string;
}

interface Shared {
  readonly now: string;
  readonly rulesSince: string;
  readonly places: Readonly<Record<string, Place>>;
  readonly incidents: readonly Neutral[];
  readonly reports: readonly Report[];
}

const FOLDER = new URL("../golden/", import.meta.url);
const text = (name: string) => readFileSync(new URL(name, FOLDER), "utf8");

export const shared = JSON.parse(text("incidents.json")) as Shared;

/** A verdict as the table has it. */
interface Golden {
  readonly incident: string;
  readonly judged: string;
  readonly word: string;
  readonly level: string;
  readonly due: Instant | undefined;
  readonly words: string;
}

export function goldenTable(policy: PolicyName): Golden[] {
  const lines = text(`verdicts.${policy}.txt`).trimEnd().split("\n").slice(1);
  return lines.map((line) => {
    const [incident = "", judged = "", word = "", level = "", due = "", ...words] = line.split(" | ");
    const at = due === "-" ? undefined : Date.parse(due.replace(">=", ""));
    return { incident, judged, word, level, due: at, words: words.join(" | ") };
  });
}

const RANKS = ["critical", "high", "medium", "low"];

/** A severity in the words of a policy; where it has no such low level, its lowest. */
function labelIn(policy: Policy, severity: Exclude<Severity, null>): string {
  if (typeof severity !== "string") return severity.word;
  const place = Math.min(RANKS.indexOf(severity), policy.severities.length - 1);
  return policy.severities[place]?.label ?? severity;
}

const DAYS = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"] as const;
const shipped = new Map<PolicyName, Policy>();
const placed = new Map<string, Policy>();

/** Rules of a shipped policy at a place: its zone, and its holidays in the place of the empty list. */
function policyAt(name: PolicyName, place: Place): Policy {
  const key = JSON.stringify([name, place]);
  const known = placed.get(key);
  if (known !== undefined) return known;
  const file = new URL(`../../controls/policies/${name}.yaml`, import.meta.url);
  const policy = shipped.get(name) ?? loadPolicy(readFileSync(file, "utf8"), { zone: "Europe/Berlin" });
  shipped.set(name, policy);
  const { zone } = place;
  const calendars = Object.entries(policy.calendars).map(([id, data]) => [
    id,
    parseCalendar({ ...data, ...daysOf(place), zone }),
  ]);
  const made = { ...policy, zone, calendars: Object.fromEntries(calendars) };
  placed.set(key, made);
  return made;
}

/** Of a calendar, what differs from place to place. */
function daysOf({ holidays = {}, validTo, always }: Place) {
  if (always) return { holidays: "none", hours: Object.fromEntries(DAYS.map((day) => [day, [["00:00", "24:00"]]])) };
  const listed = Object.entries(holidays).flatMap(([year, list]) => list.split(" ").map((day) => `${year}-${day}`));
  return { holidays: listed.map((date) => ({ date, name: "holiday" })), ...(validTo === undefined ? {} : { validTo }) };
}

/** Reads times and remembers how exactly each is known. */
class Times {
  readonly precision: Record<string, number> = {};
  readonly #zone: string;

  constructor(zone: string) {
    this.#zone = zone;
  }

  at(name: string, written: unknown): Instant | null {
    if (typeof written !== "string") return null;
    const isDate = !written.includes("T");
    const exact = /T\d\d:\d\d:\d\d/.test(written);
    if (!exact) this.precision[name] = isDate ? 86_400_000 : 60_000;
    if (!isDate) return Date.parse(written);
    return atWallClock(wallClock(Date.parse(written), "UTC").toPlainDateTime(), this.#zone);
  }
}

/** An incident in the words of a policy, and its review where it has one. */
function factsOf(neutral: Neutral, policy: Policy, place: Place): Observed[] {
  const { id, answered, source = "register" } = neutral;
  const times = new Times(place.zone);
  const one = (name: string, field = name) => times.at(`${field}At`, neutral[name]);
  const answer = (name: string) => times.at(`${name}At`, neutral[name] ?? answered);
  const told = [
    { at: answered, channel: "status-page", audience: "public" },
    { at: answered, channel: "email", audience: "customers" },
  ];
  const messages = neutral.messages ?? (answered === undefined ? [] : told);
  const given = neutral.history ?? (neutral.severity === null ? [] : [{ at: null, severity: neutral.severity }]);
  const severities = given.flatMap(({ severity, ...how }, i) => {
    const { by = "Anna", reason = null } = how as { by?: string | null; reason?: string | null };
    const at = times.at(`severities.${i}`, how.at);
    return severity === null ? [] : [{ at, severity: labelIn(policy, severity), by, reason }];
  });
  const { breach } = neutral;
  const incident = wholeFact({
    ...fact("incident", id),
    severity: severities.at(-1)?.severity ?? null,
    severities,
    nature: neutral.nature ?? "security",
    tags: [...(neutral.tags ?? [])],
    occurredAt: one("occurred"),
    detectedAt: one("detected"),
    detectedBy: "monitoring",
    createdAt: answer("created"),
    acknowledgedAt: answer("acknowledged"),
    respondedAt: answer("responded"),
    triagedAt: answer("triaged"),
    commanderAt: answer("commander"),
    containedAt: one("contained"),
    resolvedAt: one("resolved"),
    publishedAt: one("published"),
    closedAt: one("closed"),
    personalData: breach === undefined ? "no" : "yes",
    messages: messages.map(({ at, channel, audience }, i) => ({
      at: times.at(`messages.${i}`, at),
      channel,
      audience,
      purpose: null,
    })),
    breaches: breach === undefined ? [] : [breachOf(breach, times)],
    precision: times.precision,
  } as unknown as FactInput & { kind: "incident" });
  if (neutral.review === undefined) return [seen(incident, { instance: source })];
  const own = new Times(place.zone);
  const approvedAt = own.at("approvedAt", neutral.review);
  const review = fact("review", `review-of-${id}`, {
    incident: id,
    date: own.at("date", neutral.review),
    approvedBy: "Bert",
    approvedAt,
    precision: own.precision,
  });
  return [seen(incident, { instance: source }), seen(review, { instance: source })];
}

function reportFacts({ id, received, decided, incident }: Report, place: Place): Observed[] {
  const [times, own] = [new Times(place.zone), new Times(place.zone)];
  const receivedAt = times.at("receivedAt", received);
  const event = fact("event", id, { title: id, channel: null, receivedAt, precision: times.precision });
  if (decided === undefined) return [seen(event)];
  const decision = fact("decision", `decision-on-${id}`, {
    about: { instance: "register", kind: "event", id },
    decision: incident === undefined ? "event-only" : "incident",
    decidedAt: own.at("decidedAt", decided),
    incident: incident ?? null,
    together: 1,
    by: "Anna",
    rule: null,
    reason: "seen",
    duplicateOf: null,
    precision: own.precision,
  });
  return [seen(event), seen(decision)];
}

function breachOf(breach: Readonly<Record<string, string>>, times: Times): object {
  const at = (name: string) => times.at(`breaches.0.${name}At`, breach[name]);
  const { role, risk, riskBy, riskReason, delayReason } = breach;
  const words = { risk, riskBy, riskReason, delayReason };
  const told = Object.fromEntries(Object.entries(words).map(([name, word]) => [name, word ?? null]));
  const none = { dataset: null, exemption: null, facts: null, effects: null, remedy: null, subjectsAt: null };
  return {
    ...none,
    ...told,
    role,
    awareAt: at("aware"),
    riskAt: times.at("breaches.0.riskAt", breach.riskAt),
    authorityAt: at("authority"),
    controllerAt: at("controller"),
  };
}

/** What the table calls each check of the catalogue that it holds; undefined for the others. */
function judgedBy({ check }: Requirement, policy: Policy): string | undefined {
  switch (check.kind) {
    case "target":
      return check.target;
    case "updates":
      return `updates:${Object.keys(policy.updates)[0]}`;
    case "review-deadline":
      return "review";
    case "public-review":
      return "publicReview";
    case "contract":
      return "contract";
    case "decision-time":
      return "decision";
    case "ordered":
      return "order";
    case "law":
      return { "gdpr.authority": "authority", "gdpr.controller": "controllers" }[check.step];
    case "conduct":
      return { "severity-known": "severity", "severity-reasons": "reason", "severity-minimum": "minimum" }[
        check.rule as string
      ];
    default:
      return undefined;
  }
}

/** Checks of which the table lists only what is not as it should be. */
const QUESTIONS: readonly CheckKind[] = ["ordered", "conduct"];

const WORDS: Readonly<Record<Verdict["word"], string>> = {
  ok: "met",
  bad: "not_met",
  open: "pending",
  unclear: "indeterminate",
  skip: "none",
  no_target: "no_target",
  invalid: "invalid",
  no_data: "no_data",
};

/** What was found of one incident: the verdicts by what is judged. */
type Found = ReadonlyMap<string, Verdict>;

export const said = (verdict: Pick<Verdict, "word"> | undefined): string => WORDS[verdict?.word ?? "skip"];

const catalogue = shippedCatalogue();
const GDPR = loadLaw(readFileSync(new URL("../../controls/laws/gdpr.yaml", import.meta.url), "utf8"));
export const NOW = Date.parse(shared.now);
const DAY = 86_400_000;

/** Another version of the rules, and when it was logged. */
export interface Change {
  readonly at: Instant;
  readonly mend: (policy: Policy) => Policy;
}

/**
 * Judges all incidents under one policy, each with the calendar of its place, by the requirements of the shipped catalogue.
 * After a change the rules are others. `at`: the places, all of them where nothing else is said.
 */
export function verdictsUnder(
  name: PolicyName,
  change?: Change,
  at: readonly string[] = Object.keys(shared.places),
): ReadonlyMap<string, Found> {
  const found = new Map<string, Map<string, Verdict>>();
  for (const [named, place] of Object.entries(shared.places)) {
    if (!at.includes(named)) continue;
    const policy = policyAt(name, place);
    const incidents = shared.incidents.filter((one) => (one.place ?? "berlin") === named);
    const reports = named === "berlin" ? shared.reports : [];
    for (const { id } of [...incidents, ...reports]) found.set(id, new Map());
    const put = (id: string, judged: string, verdict: Verdict) => {
      if (verdict.word !== "skip") found.get(id)?.set(judged, verdict);
    };
    const later = change && logged(change.mend(policy), change.at, 9);
    for (const control of assessed(policy, later, place, [
      ...incidents.flatMap((one) => factsOf(one, policy, place)),
      ...reports.flatMap((one) => reportFacts(one, place)),
    ])) {
      for (const { requirement, assessment } of control) {
        const judged = judgedBy(requirement, policy);
        if (judged === undefined) continue;
        if (requirement.check.kind === "ordered")
          for (const { id } of assessment.failing) put(id, judged, { word: "bad" });
        for (const { observed, verdict, clocks } of assessment.cases ?? []) {
          if (QUESTIONS.includes(requirement.check.kind) && verdict.word === "ok") continue;
          put(observed.fact.id, judged, verdict);
          if (requirement.check.kind === "target") putClocks(observed.fact.id, judged, clocks, put);
        }
      }
    }
  }
  return found;
}

function putClocks(
  id: string,
  judged: string,
  clocks: Subject["clocks"],
  put: (id: string, judged: string, verdict: Verdict) => void,
): void {
  if (clocks === undefined || clocks.length < 2) return;
  for (const clock of clocks) put(id, `${judged}/${(clock as Verdict & { as: string }).as}`, clock);
}

function assessed(policy: Policy, later: LoggedPolicy | undefined, place: Place, facts: readonly Observed[]) {
  const controls = catalogue.controls.map((control) => ({
    ...control,
    requirements: control.requirements.filter((one) => judgedBy(one, policy) !== undefined),
  }));
  const sources = ["register", "tickets"].map((id) =>
    instance({ id, use: "incident-log/markdown", family: "incident-log", cadence: "monthly", zone: place.zone }),
  );
  const judged = assessControls({
    catalogue: { ...catalogue, controls },
    period: { from: Date.parse("2015-01-01T00:00:00Z"), to: NOW + 10 * DAY },
    asOf: NOW,
    facts,
    problems: [],
    yields: (use) => [...(yields(use) ?? []), "event", "decision"],
    histories: historyOf([genesis("2026-10-20", { zone: place.zone }), config("2026-10-31", sources)]),
    policies: new PolicyTimeline([
      logged(policy, Date.parse(shared.rulesSince)),
      ...(later === undefined ? [] : [later]),
    ]),
    laws: [GDPR],
  });
  return judged.map(({ requirements }, i) =>
    requirements.map((assessment, n) => {
      const requirement = controls[i]?.requirements[n] as Requirement;
      return { requirement, assessment };
    }),
  );
}
