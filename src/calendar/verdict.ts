import { lengthForPeople } from "../lib/length.ts";
import type { Instant } from "../lib/time.ts";
import { DUE_REASONS, type Due, isAfter } from "./bounds.ts";
import { businessDates } from "./business.ts";
import type { Calendar } from "./calendar.ts";
import { dueOf } from "./due.ts";
import { AHEAD, isAbsurd, isExact, lastOf, type Stamp, turnsOf } from "./stamp.ts";
import type { Term } from "./term.ts";

export type { Stamp } from "./stamp.ts";

/** The results that a term can have; a part of the closed list of results. */
export type TermWord = "met" | "not_met" | "pending" | "indeterminate" | "invalid" | "no_data" | "no_target";

/** What decided, closed. */
export const VERDICT_CODES = [
  "in-time",
  "late",
  "not-done",
  "closed-undone",
  "waiting",
  "no-number",
  "start-missing",
  "end-missing",
  "end-before-start",
  "start-in-future",
  "end-in-future",
  "level-unknown",
  "precision",
  ...DUE_REASONS,
] as const;
export type VerdictCode = (typeof VERDICT_CODES)[number];

export interface TermVerdict {
  readonly word: TermWord;
  readonly code: VerdictCode;
  /** Plain words, one sentence. */
  readonly reason: string;
  /** When it was or is due, counted from the start as given; undefined without a start or a number. */
  readonly due: Due | undefined;
  /** Clock milliseconds from start to end as given, or to `asOf` while it runs. */
  readonly took: number | undefined;
  /** Milliseconds from the end as given (or `asOf`) to the earliest time it could be due; negative: after it. */
  readonly margin: number | undefined;
}

/** What is judged: two times, and whether the second can still come. */
export interface Course {
  readonly start: Stamp | undefined;
  readonly end: Stamp | undefined;
  readonly asOf: Instant;
  /** The case is closed: an end that is missing now is missing for good. */
  readonly over: boolean;
  /**
   * When it was closed, given only where an end would have been told: still without one when it was closed after its time was
   * over, it was missed, as it was while it was open. Closed earlier, nobody knows.
   */
  readonly closed?: Stamp | undefined;
  readonly calendar: Calendar;
}

/**
 * Judges whether the end came within the term from the start. Decides only what is certain for every time that the stamps can
 * mean and for every day that the calendar does not know; anything else is `indeterminate`. A term with `every` is judged as
 * the first time it is due.
 */
export function judgeTerm(course: Course & { readonly term: Term }): TermVerdict {
  const { term, calendar } = course;
  return judgeDue(course, (start) => dueOf(start, term, calendar), term.op === "under");
}

/** As `judgeTerm`, for any way to count. Within a local day without a change of clocks `dueFrom` must never give an earlier due time for a later start; undefined: no number. */
export function judgeDue(
  course: Course,
  dueFrom: (start: Instant) => Due | undefined,
  exclusive: boolean,
): TermVerdict {
  const { start, end, asOf, over, calendar } = course;
  const wrong = whatIsWrong(course);
  if (wrong !== undefined) return { word: "invalid", ...wrong, ...UNKNOWN };
  if (start === undefined)
    return { word: "no_data", code: "start-missing", reason: "the start is not recorded", ...UNKNOWN };
  const due = dueFrom(start.at);
  const { closed } = course;
  const dues =
    due === undefined ? [] : isExact(start) ? [due] : turnsOf(start, calendar).map((at) => dueFrom(at) ?? due);
  const latest = Math.max(...dues.map((each) => each.latest ?? Number.POSITIVE_INFINITY));
  const isLate = (at: Instant, limit: Instant) => isAfter(at, limit, exclusive || due?.exclusive);
  if (end === undefined && over) {
    const at = Math.min(closed?.at ?? Number.NEGATIVE_INFINITY, asOf);
    if (due !== undefined && at >= start.at && isLate(at, latest)) {
      const reason = "closed without a time at which this was done, after it was due";
      return { word: "not_met", code: "closed-undone", reason, due, took: at - start.at, margin: due.earliest - at };
    }
    const reason = "it is over, but when this was done is not recorded";
    return { word: "no_data", code: "end-missing", reason, ...UNKNOWN, due };
  }
  const until = end?.at ?? asOf;
  const took = Math.max(0, until - start.at);
  if (due === undefined) {
    const done = end === undefined ? "not done yet" : `it took ${lengthForPeople(took)}`;
    const reason = `no number is set; ${done}`;
    return { word: "no_target", code: "no-number", reason, due, took, margin: undefined };
  }
  const earliest = Math.min(...dues.map((each) => each.earliest));
  const decided = (): Decision => {
    if (isLate(until, latest)) return missed(until - latest);
    const last = end === undefined ? asOf : lastOf(end, calendar);
    return isLate(last, earliest) ? undecided(dues, end && holidaysIt(end)) : inTime(earliest - last);
  };
  // Each holiday moves a day of work by one: as many as lie after the day by which it was due without any.
  const holidaysIt = (late: Stamp): number | undefined =>
    due.exclusive &&
    due.reason === "holidays-unlisted" &&
    dues.every((one) => one.earliest === earliest) &&
    late.at >= earliest
      ? businessDates({ from: earliest, to: late.at + 1 }, calendar).length
      : undefined;
  const exact = isExact(start) && (end === undefined || isExact(end)) && due.at !== undefined;
  // What it hangs on: told in full where it is short, never as more than it is.
  const length = (ms: number) => `${exact ? "" : "at least "}${lengthForPeople(ms, { round: "down", deciding: ms })}`;

  function missed(by: number): Decision {
    if (end === undefined) return { word: "not_met", code: "not-done", reason: `not done, and due ${length(by)} ago` };
    if (by === 0) return { word: "not_met", code: "late", reason: "done when it was due, not before" };
    // As a reader counts it from the due time that is shown; the least that it can be stands beside it.
    const shown = until - earliest;
    const least =
      shown - by < 60_000
        ? ""
        : `, at least ${lengthForPeople(by, { round: "down", deciding: by })} however it is counted`;
    return {
      word: "not_met",
      code: "late",
      reason: `done ${least === "" ? length(by) : lengthForPeople(shown)} after it was due${least}`,
    };
  }
  function inTime(left: number): Decision {
    if (end === undefined) return { word: "pending", code: "waiting", reason: `not done yet; due in ${length(left)}` };
    const reason = left === 0 ? "done just when it was due" : `done ${length(left)} before it was due`;
    return { word: "met", code: "in-time", reason };
  }
  return { ...decided(), due, took, margin: due.earliest - until };
}

type Decision = Pick<TermVerdict, "word" | "code" | "reason">;

const missed = (holidays: number) =>
  holidays === 1
    ? "; it was in time only if at least one more of these days was a holiday"
    : `; it was in time only if at least ${holidays} more of these days were holidays`;

const UNKNOWN = { due: undefined, took: undefined, margin: undefined } as const;

function undecided(dues: readonly Due[], holidays?: number): Decision {
  const unsure = dues.find(({ reason }) => reason !== undefined);
  if (unsure?.reason !== undefined)
    return {
      word: "indeterminate",
      code: unsure.reason,
      reason: `${unsure.words ?? "the due time is not known"}${holidays === undefined ? "" : missed(holidays)}`,
    };
  const reason = "the times are not recorded exactly enough to decide";
  return { word: "indeterminate", code: "precision", reason };
}

function whatIsWrong({ start, end, asOf, calendar }: Course): { code: VerdictCode; reason: string } | undefined {
  for (const stamp of [start, end]) {
    if (stamp !== undefined && isAbsurd(stamp))
      return { code: "time-out-of-range", reason: "a time is outside the years 1900 to 2400; correct it" };
  }
  if (start !== undefined && start.at > asOf + AHEAD)
    return { code: "start-in-future", reason: "the start lies in the future; correct it" };
  if (end !== undefined && end.at > asOf + AHEAD)
    return { code: "end-in-future", reason: "the end lies in the future; correct it" };
  if (start !== undefined && end !== undefined && lastOf(end, calendar) < start.at) {
    const apart = start.at - lastOf(end, calendar);
    const before = lengthForPeople(apart, { deciding: apart });
    return { code: "end-before-start", reason: `the end is ${before} before the start; correct one of them` };
  }
  return undefined;
}
