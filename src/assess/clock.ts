import { type Calendar, openCalendar } from "../calendar/calendar.ts";
import { defaultCalendar } from "../calendar/shape.ts";
import type { Stamp } from "../calendar/stamp.ts";
import type { Term } from "../calendar/term.ts";
import type { TermVerdict, TermWord } from "../calendar/verdict.ts";
import { lengthForPeople } from "../lib/length.ts";
import type { Instant } from "../lib/time.ts";
import { limitForPeople, wallClock } from "../lib/zone.ts";
import type { Policy } from "../policy/policy.ts";
import { termOf } from "../policy/term.ts";
import type { PolicyTimeline } from "../policy/timeline.ts";
import { caseStart, type Incident, type PolicyRef, type RulesAt, rulesAt } from "./case.ts";
import type { Verdict } from "./judgement.ts";

/** What all clocks by the organisation's rules share: which version counts, which calendar, and how they are told to people. */

/** What a term's result is called among the verdicts on records. */
const WORDS: Readonly<Record<TermWord, Verdict["word"]>> = {
  met: "ok",
  not_met: "bad",
  pending: "open",
  indeterminate: "unclear",
  invalid: "invalid",
  no_data: "no_data",
  no_target: "no_target",
};

export const verdictWord = (word: TermWord): Verdict["word"] => WORDS[word];

/** What shows where several clocks of one incident differ: the gravest first. */
const GRAVITY: readonly Verdict["word"][] = ["bad", "invalid", "unclear", "no_data", "open", "ok", "no_target", "skip"];

/** The one that shows. */
export function gravest(verdicts: readonly Verdict[]): Verdict | undefined {
  return verdicts.toSorted((a, b) => GRAVITY.indexOf(a.word) - GRAVITY.indexOf(b.word))[0];
}

/** Rules that can be judged by, with where their clock starts. */
export interface ClockRules {
  readonly policy: Policy;
  readonly ref: PolicyRef;
  readonly start: Stamp | undefined;
}

const isReadable = (rules: RulesAt): rules is Extract<RulesAt, { policy: Policy }> => "policy" in rules;

/**
 * The rules in force when a clock started. Where it starts is said by the rules themselves: those in force when the incident was
 * noticed are asked first, and where the clock starts under a later version, that one counts. Undefined start: it is not recorded.
 */
export function rulesForClock(
  policies: PolicyTimeline,
  incident: Incident,
  startOf: (policy: Policy) => Stamp | undefined,
  asOf: Instant,
): ClockRules | Exclude<RulesAt, { policy: Policy }> {
  const noticed = rulesAt(policies, caseStart(incident)?.at ?? asOf);
  if (!isReadable(noticed)) return noticed;
  const { policy, ref } = noticed;
  const start = startOf(policy);
  if (start === undefined) return { policy, ref, start };
  const then = rulesAt(policies, start.at);
  // A time that is known by its day only may lie on both sides of a change.
  const last = start.at + Math.max(0, Math.ceil(start.precision) - 1);
  const later = rulesAt(policies, last);
  if (later.ref?.entry !== then.ref?.entry && last !== start.at)
    return {
      ref,
      word: "unclear",
      what: "the rules changed while its clock may have started, which is not recorded exactly",
    };
  if (then.ref?.entry === ref.entry) return { policy, ref, start };
  if (!isReadable(then)) return then;
  const again = startOf(then.policy);
  // By the later rules the clock starts elsewhere: the answer stays with those of when it was noticed unless they agree.
  if (again === undefined || rulesAt(policies, again.at).ref?.entry !== then.ref.entry) return { policy, ref, start };
  return { policy: then.policy, ref: then.ref, start: again };
}

export function areRules(found: ClockRules | Exclude<RulesAt, { policy: Policy }>): found is ClockRules {
  return "policy" in found;
}

const opened = new WeakMap<Policy, Map<string, Calendar>>();

/** A calendar of the rules by its name; where none is named, one that is used for clock time only. */
export function calendarOf(policy: Policy, name: string | undefined): Calendar {
  const known = opened.get(policy) ?? new Map<string, Calendar>();
  opened.set(policy, known);
  const key = name !== undefined && Object.hasOwn(policy.calendars, name) ? name : "";
  const found = known.get(key);
  if (found !== undefined) return found;
  const data = key === "" ? undefined : policy.calendars[key];
  const made = openCalendar(data === undefined ? defaultCalendar(policy.zone) : { ...data, id: data.id ?? key });
  known.set(key, made);
  return made;
}

/** A deadline as the rules spell it, and what it means. */
export interface Written {
  readonly text: string;
  readonly term: Term;
}

/** Undefined where the rules name none. */
export function writtenTerm(text: string | undefined): Written | undefined {
  const term = text === undefined ? undefined : termOf(text);
  return text === undefined || term === undefined ? undefined : { text, term };
}

/** A time of the wall clock, with what tells a time that is shown twice apart: `2026-11-20 14:30 (+01:00)`. */
export function timeForPeople(at: Instant, zone: string): string {
  const wall = wallClock(at, zone);
  const exact = at % 60_000 === 0 ? 16 : at % 1_000 === 0 ? 19 : 23;
  return `${wall.toPlainDateTime().toString({ smallestUnit: "millisecond" }).slice(0, exact).replace("T", " ")} (${wall.offset})`;
}

/** When something is due, in words; the end of a day is told as that day. */
export function dueForPeople({ due }: Pick<TermVerdict, "due">, zone: string): string | undefined {
  if (due === undefined) return undefined;
  if (due.at === undefined) return `not before ${timeForPeople(due.earliest, zone)}`;
  if (!due.exclusive) return `by ${timeForPeople(due.at, zone)}`;
  return limitForPeople(due.at, zone, (at) => `by ${timeForPeople(at, zone)}`);
}

/** True where start and end are recorded to the millisecond. */
export function isExactly(start: Stamp | undefined, end: Stamp | undefined): boolean {
  return start !== undefined && end !== undefined && start.precision <= 1 && end.precision <= 1;
}

/** What is done at a clock's end, after "was": `acknowledged`. */
export const DONE: Readonly<Record<string, string>> = {
  detectedAt: "noticed",
  createdAt: "recorded",
  acknowledgedAt: "acknowledged",
  respondedAt: "responded to",
  triagedAt: "triaged",
  commanderAt: "given a commander",
  awareAt: "known",
  containedAt: "contained",
  eradicatedAt: "eradicated",
  recoveredAt: "recovered",
  verifiedAt: "verified",
  resolvedAt: "resolved",
  publishedAt: "published",
  closedAt: "closed",
};

interface Telling {
  /** What is done at its end, after "was". */
  readonly done: string;
  readonly written: Written;
  readonly level: string | undefined;
  /** Its end is recorded. */
  readonly ended: boolean;
  readonly exact: boolean;
  readonly zone: string;
}

/** One clock in one sentence, with what the rules say. */
export function tell(verdict: TermVerdict, { done, written, level, ended, exact, zone }: Telling): string {
  const of = level === undefined ? "" : ` (${level})`;
  const rule = written.term.op === "at-once" ? `your rules set no number${of}` : `your rules say ${written.text}${of}`;
  const took = verdict.took === undefined ? "" : lengthForPeople(verdict.took, { deciding: verdict.margin });
  const as = exact ? "" : ", as far as it is recorded";
  const due = dueForPeople(verdict, zone);
  switch (verdict.code) {
    case "in-time":
    case "late":
      return verdict.due === undefined
        ? `${verdict.reason}; ${rule}`
        : `${done} after ${took}${as}; ${rule}${verdict.word === "not_met" && due !== undefined ? `, ${due}` : ""}`;
    case "not-done":
      return `not ${done} after ${took}; ${rule}, ${due}`;
    case "closed-undone":
      return `closed after ${took} without the time recorded at which it was ${done}; ${rule}, ${due}`;
    case "waiting":
      return `not ${done} yet; ${rule}, ${due}`;
    case "no-number":
      if (verdict.reason.startsWith("done before")) return `${verdict.reason}; ${rule}`;
      return ended ? `${done} after ${took}${as}; ${rule}` : `not ${done} yet after ${took}; ${rule}`;
    case "start-missing":
      return `when its clock starts is not recorded; ${rule}`;
    case "end-missing":
      return `closed without the time recorded: when it was ${done} is not known; ${rule}`;
    default:
      return `${verdict.reason}; ${rule}`;
  }
}

/** Said where the rules were logged only after the clock started. */
export function backNote({ reachesBack, entry }: PolicyRef): string {
  return reachesBack ? `; these rules were logged only later (record ${entry})` : "";
}
