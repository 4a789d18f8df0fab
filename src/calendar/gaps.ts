import { lengthForPeople } from "../lib/length.ts";
import type { Instant, Interval } from "../lib/time.ts";
import { holes, union } from "../lib/time.ts";
import { type Due, dueAt, dueBetween, endingDay, isAfter } from "./bounds.ts";
import { type BusinessDate, businessDates, calendarReason, holidaysLacking } from "./business.ts";
import { type Calendar, DAY } from "./calendar.ts";
import { dueOf } from "./due.ts";
import { AHEAD, isAbsurd, lastOf, type Stamp } from "./stamp.ts";
import type { Term } from "./term.ts";
import type { TermWord, VerdictCode } from "./verdict.ts";

/** Something that must happen again and again while a case runs, such as telling those affected how it stands. */
export interface Rhythm {
  /** When the case began. */
  readonly from: Stamp | undefined;
  /** When it ended; undefined while it runs. */
  readonly to: Stamp | undefined;
  /** What happened, in any order. */
  readonly events: readonly Stamp[];
  readonly asOf: Instant;
  /** The case is closed: an end that is missing now is missing for good. */
  readonly over: boolean;
  readonly calendar: Calendar;
  /** Milliseconds allowed beyond the rhythm. Default 0. */
  readonly grace?: number;
}

export interface RhythmVerdict {
  readonly word: TermWord;
  readonly code: VerdictCode;
  /** Plain words, one sentence. */
  readonly reason: string;
  /** The longest time without an event, by the times as given; undefined where the case cannot be placed in time. */
  readonly longest: Interval | undefined;
  /** For business days: the dates without an event, `2026-11-20`. */
  readonly missing: readonly string[];
  /** While it runs: when the next event is due. */
  readonly due: Due | undefined;
}

/**
 * Judges a rhythm: no silence, from the beginning to the first event, between events and from the last one to the end, may be
 * longer than the term; for `every 1bd` each business date that the case meets must have an event. Only what is certain is
 * decided, as in `judgeTerm`.
 */
export function judgeEvery(rhythm: Rhythm & { readonly term: Term }): RhythmVerdict {
  const { from, to, asOf, over, events, calendar, term } = rhythm;
  const none = { longest: undefined, missing: [], due: undefined } as const;
  const wrong = whatIsWrong(rhythm);
  if (wrong !== undefined) return { word: "invalid", ...wrong, ...none };
  if (from === undefined)
    return { word: "no_data", code: "start-missing", reason: "the start is not recorded", ...none };
  if (to === undefined && over)
    return { word: "no_data", code: "end-missing", reason: "it is over, but when it ended is not recorded", ...none };
  const byDate = term.op !== "at-once" && term.unit === "bd" && term.amount === 1;
  const end = to ?? { at: Math.max(asOf, from.at), precision: 1 };
  const seen: Case = {
    running: to === undefined,
    from: { from: from.at, to: lastOf(from, calendar) },
    to: { from: end.at, to: lastOf(end, calendar) },
    events: events
      .map((event) => ({ from: event.at, to: lastOf(event, calendar) }))
      // A date has its event also where that came before the case began on it.
      .filter((event) => byDate || event.to >= from.at)
      .sort((a, b) => a.from - b.from),
    asOf,
    calendar,
    grace: rhythm.grace ?? 0,
  };
  const longest = longestOf(seen);
  if (term.op === "at-once")
    return { word: "no_target", code: "no-number", reason: "no number is set", longest, missing: [], due: undefined };
  const judged = byDate ? judgeDates(seen) : judgeSilences(seen, term);
  return { longest, ...judged };
}

/** What every time can mean, first and last millisecond. */
type Range = Interval;

interface Case {
  readonly running: boolean;
  readonly from: Range;
  readonly to: Range;
  /** In order of their first millisecond. */
  readonly events: readonly Range[];
  readonly asOf: Instant;
  readonly calendar: Calendar;
  readonly grace: number;
}

type Judged = Omit<RhythmVerdict, "longest">;

/** The longest silence by the times as given; the first of equals. */
function longestOf({ from, to, events }: Case): Interval {
  let longest = { from: from.from, to: from.from };
  let last = from.from;
  for (const at of [...events.map((event) => event.from).filter((at) => at > from.from && at < to.from), to.from]) {
    if (at - last > longest.to - longest.from) longest = { from: last, to: at };
    last = at;
  }
  return longest;
}

function judgeSilences(seen: Case, term: Term): Judged {
  const { from, to, events, calendar, grace, running } = seen;
  // A later day's month can be up to a day shorter (30 January 23:00, 31 January 01:00), so vague times need that room.
  const isVague = [from, to, ...events].some((range) => range.to > range.from);
  const jump = isVague && term.op !== "at-once" && (term.unit === "mo" || term.unit === "y") ? DAY : 0;
  for (const silence of certainSilences(seen)) {
    const due = dueOf(silence.from, term, calendar);
    if (due?.latest === undefined || !isAfter(silence.to, due.latest + grace + jump, due.exclusive)) continue;
    const length = `${isVague ? "at least " : ""}${lengthForPeople(silence.to - silence.from, { round: "down", deciding: silence.to - due.latest })}`;
    return { word: "not_met", code: "late", reason: `silent for ${length}`, missing: [], due: undefined };
  }
  const tooLong = possibleSilences(seen)
    .map((silence) => ({ until: silence.to, due: dueOf(silence.from, term, calendar) }))
    .filter(({ until, due }) => due !== undefined && isAfter(until, due.earliest + grace - jump, due.exclusive));
  const last = events.findLast((event) => event.from > from.from)?.from ?? from.from;
  const next = running ? dueOf(last, term, calendar) : undefined;
  const due = next && later(next, grace);
  if (tooLong.length > 0) {
    const unsure = tooLong.find((silence) => silence.due?.at === undefined)?.due;
    const reason = unsure?.words ?? "the times are not recorded exactly enough to decide";
    return { word: "indeterminate", code: unsure?.reason ?? "precision", reason, missing: [], due };
  }
  if (running) return { word: "pending", code: "waiting", reason: "in time so far; it still runs", missing: [], due };
  return { word: "met", code: "in-time", reason: "no silence was longer", missing: [], due };
}

/** What no event can have fallen into, whatever the vague times mean: an event takes up its whole range. */
function certainSilences({ from, to, events }: Case): Interval[] {
  if (from.to >= to.from) return [];
  const busy = union(events.map((event) => ({ from: event.from, to: event.to + 1 })));
  // A hole begins one past the last millisecond of an event, but the silence with the event.
  return holes({ from: from.to, to: to.from }, busy).map((hole) => ({
    from: hole.from === from.to ? hole.from : hole.from - 1,
    to: hole.to,
  }));
}

/** The longest silence that can have begun with each event: until the last moment of the first that cannot lie before it. */
function possibleSilences({ from, to, events }: Case): Interval[] {
  const soonest: Instant[] = [];
  for (let i = events.length - 1; i >= 0; i -= 1)
    soonest[i] = Math.min(events[i]?.to ?? to.to, soonest[i + 1] ?? to.to);
  let next = 0;
  return [from.from, ...events.map((event) => event.from).filter((at) => at > from.from && at < to.to)].map((start) => {
    while (next < events.length && (events[next]?.from ?? 0) <= start) next += 1;
    return { from: start, to: Math.min(to.to, soonest[next] ?? to.to) };
  });
}

/** A due time with its grace. */
function later(due: Due, grace: number): Due {
  const add = (at: Instant | undefined) => (at === undefined ? undefined : at + grace);
  return { ...due, at: add(due.at), earliest: due.earliest + grace, latest: add(due.latest) };
}

function judgeDates(seen: Case): Judged {
  const { from, to, events, calendar, grace, running, asOf } = seen;
  // `to` does not belong to the case, but a case without length has its own date.
  const possible = businessDates({ from: from.from, to: Math.max(to.to, from.from + 1) }, calendar);
  const certainTo = Math.max(to.from, from.to + 1);
  const missing: string[] = [];
  let unlisted = 0;
  let unknown: "before-calendar" | "after-calendar" | undefined;
  let imprecise = false;
  let open: Due | undefined;
  for (const candidate of possible) {
    const { date, start, end, sure, standing } = candidate;
    const until = end + grace;
    if (events.some((event) => event.from >= start && event.to < until)) continue;
    if (running && asOf < until) {
      open ??= endOf(candidate, calendar, grace);
      continue;
    }
    const surelyIn = start < certainTo && end > from.to;
    if (!surelyIn || events.some((event) => event.from < until && event.to >= start)) imprecise = true;
    else if (sure) missing.push(date);
    else if (standing === "unlisted") {
      unlisted += 1;
      missing.push(date);
    } else {
      unknown ??= standing === "before" ? "before-calendar" : "after-calendar";
    }
  }
  const due = running ? (open ?? nextDateDue(seen)) : undefined;
  const excused = Math.min(unlisted, holidaysLacking(possible.length));
  if (missing.length > excused) {
    const days = missing.length === 1 ? "one business day" : `${missing.length} business days`;
    return { word: "not_met", code: "late", reason: `nothing on ${days}: ${namely(missing)}`, missing, due };
  }
  const code = unknown ?? (unlisted > 0 ? "holidays-unlisted" : undefined);
  if (code !== undefined) return { word: "indeterminate", code, reason: calendarReason(code, calendar), missing, due };
  if (imprecise) {
    const reason = "the times are not recorded exactly enough to decide";
    return { word: "indeterminate", code: "precision", reason, missing, due };
  }
  if (running) return { word: "pending", code: "waiting", reason: "in time so far; it still runs", missing, due };
  return { word: "met", code: "in-time", reason: "something on every business day", missing, due };
}

/** The end of the next business day after the one that has its event. */
function nextDateDue({ asOf, calendar, grace }: Case): Due | undefined {
  const next = businessDates({ from: asOf, to: asOf + LOOK_AHEAD }, calendar).find(({ start }) => start > asOf);
  return next && endOf(next, calendar, grace);
}

/** Weekends, the longest runs of holidays, and a company that closes in August. */
const LOOK_AHEAD = 60 * DAY;

/** Due with the end of a date; where nobody knows whether it is a business day, not before it. */
function endOf({ end, sure, standing }: BusinessDate, calendar: Calendar, grace: number): Due {
  if (sure) return endingDay(dueAt(end + grace));
  const reason =
    standing === "unlisted" ? "holidays-unlisted" : standing === "before" ? "before-calendar" : "after-calendar";
  return endingDay(dueBetween(end + grace, undefined, reason, calendarReason(reason, calendar)));
}

function namely(dates: readonly string[]): string {
  const first = dates.slice(0, 5).join(", ");
  return dates.length > 5 ? `${first} and ${dates.length - 5} more` : first;
}

function whatIsWrong({ from, to, events, asOf, calendar }: Rhythm): { code: VerdictCode; reason: string } | undefined {
  const stamps = [from, to, ...events].filter((stamp) => stamp !== undefined);
  if (stamps.some(isAbsurd))
    return { code: "time-out-of-range", reason: "a time is outside the years 1900 to 2400; correct it" };
  if (from !== undefined && from.at > asOf + AHEAD)
    return { code: "start-in-future", reason: "the start lies in the future; correct it" };
  if (stamps.some(({ at }) => at > asOf + AHEAD))
    return { code: "end-in-future", reason: "a time lies in the future; correct it" };
  if (from !== undefined && to !== undefined && lastOf(to, calendar) < from.at)
    return { code: "end-before-start", reason: "the end is before the start; correct one of them" };
  return undefined;
}
