import { boundsOf } from "../calendar/bounds.ts";
import { judgeLevels, type LevelTarget, type LevelVerdict } from "../calendar/severity.ts";
import { earliestOf, latestOf, type Stamp } from "../calendar/stamp.ts";
import { type Course, judgeTerm } from "../calendar/verdict.ts";
import { wasOneDeed } from "../evidence/one-deed.ts";
import type { Instant } from "../lib/time.ts";
import { anyHolds } from "../policy/condition.ts";
import { channelOf, type Policy, severityOf } from "../policy/policy.ts";
import type { PolicyTimeline } from "../policy/timeline.ts";
import {
  assignmentsOf,
  caseView,
  closedWithout,
  type Incident,
  isOver,
  type PolicyRef,
  precisionOf,
  reaches,
  type Severities,
  severitiesOf,
  stampOf,
} from "./case.ts";
import {
  areRules,
  backNote,
  calendarOf,
  DONE,
  gravest,
  isExactly,
  rulesForClock,
  tell,
  verdictWord,
  type Written,
  writtenTerm,
} from "./clock.ts";
import type { Verdict } from "./judgement.ts";
import { unnoticedInWords } from "./unnoticed.ts";

/** Judging the clocks of an incident by the organisation's own rules: in which time something must be done, by severity. */

export type Target = Policy["targets"][string];

/** One clock that ran, for one severity. */
export interface TargetClock extends Verdict {
  /** `first`: for the severity given first; `peak`: for the worst, where that was given later. */
  readonly as: "first" | "peak" | "unknown";
}

export interface TargetVerdict {
  /** What a rule is to the incident: there is none of this name, it is not about it, or it is. */
  readonly rule: "none" | "elsewhere" | "applies";
  /** The gravest of its clocks. */
  readonly verdict: Verdict;
  readonly clocks: readonly TargetClock[];
  readonly policy: PolicyRef | undefined;
}

/** How the end of a clock stands: when it was, and whether it can still come. */
interface Ending {
  readonly end: Stamp | undefined;
  readonly over: boolean;
  /** When it was closed, where its end would have been told. */
  readonly closed?: Stamp | undefined;
  /** What is missing, or what came before, in words. */
  readonly note?: string | undefined;
  /** It was done in the moment in which Custody noticed it: no length. */
  readonly atOnce?: boolean;
  /** Nothing can be said of it. */
  readonly unknown?: string;
}

/**
 * Judges one clock of an incident, named as the rules name it (`acknowledge`). `tellsMessages` is false where its source cannot
 * say what was sent, so that no message is no sign that there was none.
 */
export function judgeTarget(
  incident: Incident,
  name: string,
  policies: PolicyTimeline,
  asOf: Instant,
  { tellsMessages = true }: { readonly tellsMessages?: boolean } = {},
): TargetVerdict {
  const targetIn = (policy: Policy) => (Object.hasOwn(policy.targets, name) ? policy.targets[name] : undefined);
  const startIn = (policy: Policy) => {
    const target = targetIn(policy);
    return target && startOf(incident, target);
  };
  const rules = rulesForClock(policies, incident, startIn, asOf);
  if (!areRules(rules)) {
    const { ref, word, what } = rules;
    return { rule: "applies", verdict: { word, what, policy: ref }, clocks: [], policy: ref };
  }
  const { policy, ref, start } = rules;
  const target = targetIn(policy);
  const none = (rule: TargetVerdict["rule"]): TargetVerdict => ({
    rule,
    verdict: { word: "skip", policy: ref },
    clocks: [],
    policy: ref,
  });
  if (target === undefined) return none("none");
  const about = target.when === undefined ? "yes" : anyHolds(target.when, caseView(incident, policy, asOf));
  const severities = severitiesOf(incident, policy);
  const isAbout = [...severities.given.map(({ level }) => level), ...severities.seen].some((level) =>
    Object.hasOwn(target.terms, level),
  );
  if (about === "no") return none("elsewhere");
  if (severities.unknown.length === 0 && severities.given.length > 0 && !isAbout) return none("elsewhere");
  const whole = (verdict: Verdict, clocks: readonly TargetClock[] = []): TargetVerdict => {
    const what = `${verdict.what ?? ""}${backNote(ref)}`;
    return { rule: "applies", verdict: { ...verdict, what, policy: ref }, clocks, policy: ref };
  };
  if (about === "unknown") {
    return whole({ word: "unclear", what: "whether your rules are about this incident is not recorded" });
  }
  const ending = endOf(incident, target, policy, tellsMessages);
  const clocks = clocksOf({ incident, target, policy, severities, start, ending, asOf }).map((clock) => ({
    ...clock,
    policy: ref,
  }));
  const unknown = unknownSeverity(severities);
  const all: Verdict[] = [...clocks, ...(unknown === undefined ? [] : [unknown])];
  return whole(gravest(all) ?? { word: "skip" }, clocks);
}

/** Where its clock starts. */
function startOf(incident: Incident, { from, orFrom }: Target): Stamp | undefined {
  return stampOf(incident, from) ?? (orFrom === undefined ? undefined : stampOf(incident, orFrom));
}

/** Why an incident cannot be judged by its severity; undefined where it can. */
export function unknownSeverity({ given, unknown }: Severities): Verdict | undefined {
  if (unknown.length > 0) {
    const words = unknown.map((word) => `"${word}"`).join(", ");
    return { word: "unclear", what: `the severity ${words} is none of your rules` };
  }
  return given.length === 0 ? { word: "unclear", what: "no severity is recorded" } : undefined;
}

function clocksOf(of: {
  incident: Incident;
  target: Target;
  policy: Policy;
  severities: Severities;
  start: Stamp | undefined;
  ending: Ending;
  asOf: Instant;
}): TargetClock[] {
  const { target, policy, severities, start, ending, asOf } = of;
  const written = (level: string): Written | undefined =>
    Object.hasOwn(target.terms, level) ? writtenTerm(target.terms[level]) : undefined;
  const levels: LevelTarget[] = policy.severities.map(({ label }) => ({ level: label, term: written(label)?.term }));
  const done = DONE[target.to] ?? "done";
  if (start === undefined) {
    const level = severities.peak ?? severities.first;
    const own = level === undefined ? undefined : written(level);
    if (level === undefined || own === undefined) return [];
    const what = `when it was ${DONE[target.from] ?? (target.from === "detectedAt" ? "noticed" : "begun")} is not recorded; your rules say ${own.text} (${level})`;
    const base = { level, target: own.text, as: "first" as const };
    return [{ ...base, ...withoutStart(of, own, what) }];
  }
  const calendar = calendarOf(policy, target.calendar);
  const course = { start, end: ending.end, asOf, over: ending.over, closed: ending.closed, calendar };
  const { verdicts } = judgeLevels(course, assignmentsOf(severities, start), levels);
  const clocks = verdicts.flatMap((one): TargetClock[] => {
    const own = written(one.level);
    if (one.as === "unknown" || own === undefined) return [];
    return [told(one, own, ending, { done, policy, severities })];
  });
  return [...clocks, ...seenClocks(of, course, written, done)];
}

/**
 * The verdict where the beginning is not recorded. Where its source tells such times and it is closed all the same, it was left out:
 * what is late for the moment in which it was entered is late for whenever it began, and of all else nobody can say that it was in
 * time.
 */
function withoutStart(
  { incident, target: { from }, ending, policy, target, asOf }: Parameters<typeof clocksOf>[0],
  { term }: Written,
  what: string,
): Pick<Verdict, "word" | "what"> {
  // When it began may never be known; that it was noticed is certain of what is closed.
  if (from !== "detectedAt" || closedWithout(incident, from) === undefined || term === undefined)
    return { word: "no_data", what };
  const told = `${what}; it was left out, and the incident is closed`;
  const entered = stampOf(incident, "createdAt");
  if (entered === undefined) return { word: "no_data", what: told };
  const { end, over, closed } = ending;
  const calendar = calendarOf(policy, target.calendar);
  const bounded = judgeTerm({ start: entered, end, asOf, over, closed, calendar, term });
  if (bounded.word !== "not_met") return { word: "no_data", what: told };
  return { word: "bad", what: `${told}; too late even from when it was entered at its source` };
}

/** Clocks for what was said before and is said no more: what that would make late is late, or was never so. */
function seenClocks(
  { incident, policy, severities, ending }: Parameters<typeof clocksOf>[0],
  course: Course & { readonly start: Stamp },
  written: (level: string) => Written | undefined,
  done: string,
): TargetClock[] {
  return severities.seen.flatMap((level): TargetClock[] => {
    const own = written(level);
    const said = incident.severitiesSeen?.find(({ severity }) => severityOf(policy, severity)?.label === level);
    if (own === undefined || said === undefined) return [];
    const verdict = judgeTerm({ ...course, term: own.term });
    if (verdict.word !== "not_met") return [];
    const clock = { level, term: own.term, start: course.start, as: "first" as const, verdict };
    const { what, ...late } = told(clock, own, ending, { done, policy, severities });
    return [{ ...late, word: "unclear", what: `record ${said.entry} said ${level} before: ${what}` }];
  });
}

function told(
  clock: LevelVerdict,
  written: Written,
  ending: Ending,
  { done, policy, severities }: { done: string; policy: Policy; severities: Severities },
): TargetClock {
  const { level, as, start, verdict } = clock;
  const { due } = verdict;
  // Done before this severity was given: no length of this clock.
  const before = ending.end !== undefined && start !== undefined && ending.end.at < start.at;
  const took =
    as === "peak" && (before || (due === undefined && verdict.code === "in-time")) ? undefined : verdict.took;
  const precision = Math.max(start?.precision ?? 1, ending.end?.precision ?? 1);
  const exact = isExactly(start, ending.end);
  const ended = ending.end !== undefined;
  const base = { level, as, target: written.text, took, ended, exact, precision, ...boundsOf(due) };
  if (ending.unknown !== undefined && verdict.word !== "invalid")
    return { ...base, word: "no_data", took: undefined, what: ending.unknown };
  const since = as === "peak" ? `, counted from when it became ${level}` : "";
  const note = ending.note === undefined ? "" : `; ${ending.note}`;
  const told = tell(verdict, { done, written, level, ended, exact, zone: policy.zone });
  if (ending.atOnce && verdict.code === "in-time") {
    // Its clock starts when it was noticed, and nobody noticed it before: whether that was in time nobody can say.
    const unnoticed = `${done} in the moment in which it was noticed, not noticed before it was answered`;
    return { ...base, word: "unclear", what: `${unnoticed}; your rules say ${written.text} (${level})${since}${note}` };
  }
  const what = `${told}${since}${note}`;
  const word = verdictWord(verdict.word);
  if (word === "bad" && as === "peak" && severities.given.some((one) => one.level === level && one.stamp === undefined))
    return { ...base, word: "unclear", what: `when it became ${level} is not recorded; ${what}` };
  return { ...base, word, what, ...(verdict.code === "holidays-unlisted" ? { byHolidays: true } : {}) };
}

/** When it was done: by the recorded time, or by messages where the rules count only those. */
function endOf(incident: Incident, target: Target, policy: Policy, tellsMessages: boolean): Ending {
  const { to, done } = target;
  const calendar = calendarOf(policy, target.calendar);
  const recorded = stampOf(incident, to);
  const over = isOver(incident);
  if (done === undefined) {
    // What went on before anybody noticed is in no clock that starts then, and must not be hidden by a short one.
    const before =
      target.from === "detectedAt" ? { note: unnoticedInWords(incident), atOnce: wasOneDeed(incident, to) } : {};
    return { end: recorded, over, closed: closedWithout(incident, to), ...before };
  }
  const firsts = done.channels.map((channel) => earliestOf(sentOn(incident, channel, done.audience, policy), calendar));
  const sent = firsts.flatMap((one) => one ?? []);
  const missing = done.channels.filter((_, i) => firsts[i] === undefined);
  const whole = done.all && missing.length > 0 ? [] : sent;
  const end = done.all ? latestOf(whole, calendar) : earliestOf(whole, calendar);
  if (end !== undefined) return { end, over };
  const word = DONE[to] ?? "done";
  const to_ = done.audience === undefined ? "" : ` to ${done.audience}`;
  if (!tellsMessages) {
    const channels = done.channels.join(done.all ? " and " : " or ");
    return {
      end: undefined,
      over,
      unknown: `${recorded === undefined ? "" : `recorded as ${word}, but `}its source tells of no messages, and your rules count only those on ${channels}${to_}`,
    };
  }
  const vague = missing.filter((channel) =>
    incident.messages.some((one) => one.audience === null && channelOf(policy, one.channel) === channel),
  );
  if (vague.length > 0) {
    const unknown = `to whom the message on ${vague.join(" and ")} went is not recorded, and your rules count only those${to_}`;
    return { end: undefined, over, unknown };
  }
  const note = `no message on ${missing.join(done.all ? " and " : " or ")}${to_}, which your rules count`;
  // Its source tells of messages, so one that is not among them was not sent.
  return { end: undefined, over: false, note };
}

/** The messages on a channel; one without a time counts for nothing. */
function sentOn(
  incident: Incident,
  channel: string,
  audience: NonNullable<Incident["messages"][number]["audience"]> | undefined,
  policy: Policy,
): Stamp[] {
  return incident.messages.flatMap((message, i) =>
    message.at !== null &&
    channelOf(policy, message.channel) === channel &&
    (audience === undefined || reaches(message.audience, audience, channel, policy))
      ? [{ at: message.at, precision: precisionOf(incident, `messages.${i}`) }]
      : [],
  );
}
