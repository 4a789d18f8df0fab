import type { Assignment } from "../calendar/severity.ts";
import type { Stamp } from "../calendar/stamp.ts";
import type { IncidentTime } from "../evidence/case-facts.ts";
import type { FactOf, Observed } from "../evidence/fact.ts";
import type { Instant } from "../lib/time.ts";
import type { CaseView } from "../policy/condition.ts";
import { type Policy, severityOf, severityOrder } from "../policy/policy.ts";
import type { PolicyInForce, PolicyTimeline } from "../policy/timeline.ts";
import { linkKey } from "./population.ts";
import { isNamed } from "./shared-id.ts";

/** What an incident, as its source tells it, is to the rules of the organisation. */

export type Incident = FactOf<"incident">;

/** The rules that count for an incident, named so that a report can tell of which version it speaks. */
export interface PolicyRef {
  readonly name: string;
  readonly version: string;
  readonly digest: string;
  /** Record that put them in force. */
  readonly entry: number;
  /** True where they were logged only after the clock started. */
  readonly reachesBack: boolean;
}

export function refOf({ name, version, digest, entry, reachesBack }: PolicyInForce): PolicyRef {
  return { name, version, digest, entry, reachesBack };
}

/** The rules, or why there are none to judge by: the word of the verdict and the reason. */
export type RulesAt =
  | { readonly ref: PolicyRef; readonly policy: Policy }
  | { readonly ref?: PolicyRef; readonly word: "no_data" | "unclear"; readonly what: string };

/** Where no rules were ever put in force. */
export const NO_POLICY =
  "needs your rules: set `policy:` in custody.yaml to a shipped name (`custody policy new` lists them) or a file of your own";

/** The rules in force at an instant. */
export function rulesAt(policies: PolicyTimeline, at: Instant): RulesAt {
  const inForce = policies.policyAt(at);
  if (inForce === undefined) return { word: "no_data", what: NO_POLICY };
  const ref = refOf(inForce);
  if (inForce.policy !== undefined) return { ref, policy: inForce.policy };
  const what = `the text of the rules of then is gone (${ref.name} ${ref.version}, record ${ref.entry})`;
  return { ref, word: "unclear", what };
}

/** When an incident begins for the rules: when it was noticed, else the first time that is recorded. Undefined where none is. */
export function caseStart(incident: Incident): Stamp | undefined {
  const detected = stampOf(incident, "detectedAt");
  if (detected !== undefined) return detected;
  const known = (["createdAt", "acknowledgedAt", "respondedAt", "triagedAt", "occurredAt"] as const)
    .map((field) => stampOf(incident, field))
    .filter((stamp) => stamp !== undefined);
  const assigned = severityHistory(incident).flatMap(({ stamp }) => stamp ?? []);
  return [...known, ...assigned].sort((a, b) => a.at - b.at)[0];
}

/**
 * The rules in force when an incident was noticed; for what has no clock of its own. Where they changed while that may have
 * been, nobody can say which.
 */
export function rulesOf(policies: PolicyTimeline, incident: Incident, asOf: Instant): RulesAt {
  const { at, precision } = caseStart(incident) ?? { at: asOf, precision: 0 };
  const rules = rulesAt(policies, at);
  const last = rulesAt(policies, at + Math.max(0, Math.ceil(precision) - 1));
  if (last.ref?.entry === rules.ref?.entry) return rules;
  const what = "the rules changed while it may have been noticed, which is not recorded exactly";
  return { ...(rules.ref === undefined ? {} : { ref: rules.ref }), word: "unclear", what };
}

/** By how much a time of a fact may be later than it says; the name as the fact's `precision` has it: `detectedAt`, `messages.0`. */
export function precisionOf(
  { precision }: { readonly precision: Readonly<Record<string, number>> },
  name: string,
): number {
  return Object.hasOwn(precision, name) ? (precision[name] ?? 0) : 0;
}

/** A time of an incident with how exactly it is known; undefined where it is not recorded. */
export function stampOf(incident: Incident, field: IncidentTime): Stamp | undefined {
  const at = incident[field];
  return at === null ? undefined : { at, precision: precisionOf(incident, field) };
}

/** One word of severity, as the source has it, with when it was given as far as that is recorded. */
export interface GivenSeverity {
  readonly word: string;
  readonly stamp: Stamp | undefined;
}

/** Every severity that an incident had, in the order of its history; the one it has now is among them. */
export function severityHistory(incident: Incident): GivenSeverity[] {
  const history = incident.severities.map(({ at, severity }, i) => ({
    word: severity,
    stamp: at === null ? undefined : { at, precision: precisionOf(incident, `severities.${i}`) },
  }));
  const { severity } = incident;
  if (severity === null || severity.trim() === "" || history.some(({ word }) => word === severity)) return history;
  return [...history, { word: severity, stamp: undefined }];
}

export interface Severities {
  /** Labels of the rules, in the order in which they were given. */
  readonly given: readonly { readonly level: string; readonly stamp: Stamp | undefined }[];
  /** The same with the words of the source that the rules do not have, so that none of them is taken for another. */
  readonly course: readonly { readonly level: string; readonly stamp: Stamp | undefined }[];
  readonly first: string | undefined;
  /** The worst it ever had. */
  readonly peak: string | undefined;
  /** Words of the source that the rules do not have. */
  readonly unknown: readonly string[];
  /** Worse than the first, and said before: see `severitiesSeen` of the fact. */
  readonly seen: readonly string[];
}

/** The severities of an incident in the words of the rules. */
export function severitiesOf(incident: Incident, policy: Policy): Severities {
  const unknown: string[] = [];
  const all = severityHistory(incident).map(({ word, stamp }) => {
    const label = severityOf(policy, word)?.label;
    if (label === undefined) unknown.push(word);
    return { level: label ?? word, stamp, isKnown: label !== undefined };
  });
  const order = (level: string) => severityOrder(policy, level) ?? Number.POSITIVE_INFINITY;
  const course = inOrderOf(all);
  const inTime = course.filter(({ isKnown }) => isKnown).map(({ level, stamp }) => ({ level, stamp }));
  const peak = inTime.reduce<string | undefined>(
    (worst, { level }) => (worst === undefined || order(level) < order(worst) ? level : worst),
    undefined,
  );
  const first = inTime[0]?.level;
  const seen = seenBefore(incident, policy, first);
  return { given: inTime, course, first, peak, unknown: [...new Set(unknown)], seen };
}

/**
 * What its records said of it before and say no more, or said first and put behind something else later, in the words of the
 * rules: where that is worse than what they say it was given first. It may have been a mistake; it may have been so.
 */
function seenBefore(incident: Incident, policy: Policy, first: string | undefined): string[] {
  const order = (level: string | undefined) => severityOrder(policy, level ?? null) ?? Number.POSITIVE_INFINITY;
  const levels = (incident.severitiesSeen ?? []).flatMap(({ severity }) => severityOf(policy, severity)?.label ?? []);
  return [...new Set(levels)].filter((level) => order(level) < order(first));
}

/** By when they were given; one without a time stays behind the one that it follows in the record. */
function inOrderOf<T extends { readonly stamp: Stamp | undefined }>(given: readonly T[]): T[] {
  let last = Number.NEGATIVE_INFINITY;
  return given
    .map((one) => {
      last = one.stamp?.at ?? last;
      return { one, at: last };
    })
    .sort((a, b) => a.at - b.at)
    .map(({ one }) => one);
}

/**
 * The same as `src/calendar` counts with. Where it is not recorded when a severity was given, it is taken for given with the one
 * before it, or from the start: the earliest that it can have been.
 */
export function assignmentsOf(severities: Severities, start: Stamp): Assignment[] {
  let last = start;
  return severities.course.map(({ level, stamp }) => {
    last = stamp ?? last;
    return { level, at: last };
  });
}

const alike = (text: string) =>
  text
    .trim()
    .toLowerCase()
    .replace(/[\s_.-]+/g, "-");

type Named = { readonly id: string; readonly title: string; readonly aliases: readonly string[] };

/** What the rules call a word of a source; the word itself where they do not know it. */
function called(named: readonly Named[], word: string | null): string | null {
  if (word === null || word.trim() === "") return null;
  const wanted = alike(word);
  const found = named.find(({ id, title, aliases }) => [id, title, ...aliases].some((text) => alike(text) === wanted));
  return found?.id ?? word;
}

/**
 * How long it lasted: from when it was noticed until it was resolved. What is not known exactly stays between bounds; while it
 * goes on there is no upper one. Where only its beginning is recorded, it was noticed at some time after that.
 */
export function lastedOf(incident: Incident, asOf: Instant): CaseView["lasted"] {
  const detected = stampOf(incident, "detectedAt");
  const from = detected ?? stampOf(incident, "occurredAt");
  if (from === undefined) return null;
  const to = stampOf(incident, "resolvedAt");
  const spread = ({ precision }: Stamp) => Math.max(0, Math.ceil(precision) - 1);
  const least = detected === undefined ? 0 : Math.max(0, (to?.at ?? asOf) - detected.at - spread(detected));
  if (to === undefined) return isOver(incident) ? null : { least, most: Number.POSITIVE_INFINITY };
  return { least, most: Math.max(least, to.at + spread(to) - from.at) };
}

/** What conditions of the rules ask about. Severity is the worst it ever had; unknown while any of its words is none of ours. */
export function caseView(incident: Incident, policy: Policy, asOf: Instant): CaseView {
  return {
    get severity() {
      return worstOf(incident, policy);
    },
    get tags() {
      return incident.tags.map((tag) => alike(tag));
    },
    get nature() {
      return called(policy.natures, incident.nature);
    },
    get detectedBy() {
      return called(policy.sources, incident.detectedBy);
    },
    get lasted() {
      return lastedOf(incident, asOf);
    },
    get personalData() {
      return incident.personalData === null ? null : incident.personalData === "yes";
    },
  };
}

/** The worst severity it ever had; null while a word that is none of ours may be a worse one. */
function worstOf(incident: Incident, policy: Policy): string | null {
  const { peak, unknown, seen } = severitiesOf(incident, policy);
  const worst = policy.severities[0]?.label;
  const order = (level: string | undefined) => severityOrder(policy, level ?? null) ?? Number.POSITIVE_INFINITY;
  const isUnsure = unknown.length > 0 || seen.some((level) => order(level) < order(peak));
  return isUnsure && peak !== worst ? null : (peak ?? null);
}

/** True for an incident that can have no more times: it is closed. */
export function isOver({ closedAt }: Incident): boolean {
  return closedAt !== null;
}

/**
 * When it was closed, where its source would have told a time such as this: one that is missing then is known to be missing.
 * Undefined where it goes on, or its source may not be able to tell.
 */
export function closedWithout(incident: Incident, field: IncidentTime): Stamp | undefined {
  return incident.untold?.includes(field) ? undefined : stampOf(incident, "closedAt");
}

/** The reviews of an incident: those that name it, and the one that it names. */
export function reviewsFor(incident: Incident, reviews: readonly FactOf<"review">[]): FactOf<"review">[] {
  const named = reviewsNamed(incident);
  return reviews.filter(
    (review) =>
      isNamed(incident, review.incident) ||
      named.some((name) => linkKey(review.id) === linkKey(name) || review.id.startsWith(`${name}+`)),
  );
}

/** The reviews that its records name: one, or one for each record that is linked as the same incident. */
export function reviewsNamed({ review, linked }: Pick<Incident, "review" | "linked">): string[] {
  const all = [review, ...(linked ?? []).map((one) => one.review)];
  return [...new Set(all.flatMap((name) => (name === null || name.trim() === "" ? [] : [name])))];
}

/** Whether a message was for an audience: said so, or on a channel that everybody can read. */
export function reaches(
  said: Incident["messages"][number]["audience"],
  wanted: NonNullable<Incident["messages"][number]["audience"]>,
  channel: string,
  policy: Policy,
): boolean {
  if (said === wanted) return true;
  const isPublic = policy.communications?.channels.find(({ id }) => id === channel)?.public ?? false;
  return isPublic && (said === null || said === "public") && (wanted === "customers" || wanted === "public");
}

/** Whether its source can say what was sent: it has a place for that, or told of a message. */
export const tellsOfMessages = ({ messages, tellsOf }: Incident): boolean =>
  messages.length > 0 || tellsOf?.includes("messages") === true;

/**
 * The sources that can say what was sent: our own records, those with a place for it, and those of which some incident has a message. Of any other one no
 * message is no sign that there was none.
 */
export function tellers(incidents: readonly Observed[]): (instance: string) => boolean {
  const telling = new Set(
    incidents.flatMap(({ fact, instance }) => (fact.kind === "incident" && tellsOfMessages(fact) ? [instance] : [])),
  );
  return (instance) => instance.startsWith("custody:") || telling.has(instance);
}
