import { dueAt } from "../calendar/bounds.ts";
import type { Calendar } from "../calendar/calendar.ts";
import {
  judgeLegal,
  type LegalOptions,
  type LegalPeriod,
  legalDue,
  legalMargin,
  parseLegalPeriod,
} from "../calendar/legal.ts";
import { judgeDue, type Stamp } from "../calendar/verdict.ts";
import { type Found, type LawCase, momentOf, stamped } from "./case.ts";
import type { Law, LawClock, LawStep } from "./shape.ts";
import { judgeUntimed } from "./untimed.ts";
import { type LawVerdict, ofTerm } from "./verdict.ts";

/** One clock of a step: where it starts, whether it counts at all, and what comes of it. */

export interface Setting {
  readonly law: Law;
  readonly step: LawStep;
  readonly about: LawCase;
  /** The end: undefined where nothing is recorded, its stamp undefined where it is recorded without time. */
  readonly end: Found | undefined;
  readonly asOf: number;
  readonly calendar: Calendar;
}

/** `not-begun`: what it starts with is not recorded. `unsure`: whether it counts is itself a matter of how law counts. */
export interface ClockAnswer {
  readonly state: "counts" | "not-begun" | "unsure";
  readonly verdict: Omit<LawVerdict, "id" | "done">;
}

const optionsOf = ({ noon }: LawClock): LegalOptions => ({ noon });

/** Where the clock starts, and where that was taken from if not from its own moment. */
function startOf({ law, about }: Setting, { from, orFrom }: LawClock): (Found & { readonly stamp: Stamp }) | undefined {
  const own = momentOf(about, law, from)?.stamp;
  if (own !== undefined) return { stamp: own };
  const other = orFrom === undefined ? undefined : momentOf(about, law, orFrom)?.stamp;
  if (other === undefined || orFrom === undefined) return undefined;
  const instead = insteadOf(about, from, orFrom);
  return instead === undefined ? { stamp: other } : { stamp: other, instead };
}

/** Times and moments in plain words. */
export const MOMENTS: Readonly<Record<string, string>> = {
  awareAt: "when somebody knew",
  detectedAt: "when it was noticed",
  resolvedAt: "when it was over",
};

function insteadOf({ incident }: LawCase, from: string, orFrom: string): string | undefined {
  if (from.includes(".")) return undefined;
  const words = `${MOMENTS[from] ?? from} is not recorded; counted from ${MOMENTS[orFrom] ?? orFrom}`;
  return incident.supplier === null || from !== "awareAt" ? words : `${words} (record when the supplier told you)`;
}

/** Whether the incident still went on at the moment that the step asks about; undefined where that is not known yet. */
function goesOn({ law, step, about, asOf, calendar }: Setting): { on: boolean; sure: boolean } | undefined {
  if (step.ongoingAt === undefined) return undefined;
  const { from, term } = step.ongoingAt;
  const start = momentOf(about, law, from)?.stamp;
  if (start === undefined || term === "no number") return undefined;
  const { strict, latest = Number.POSITIVE_INFINITY } = legalMargin(start.at, parseLegalPeriod(term), calendar);
  const over = about.incident.resolvedAt;
  if (over !== null && over <= strict) return { on: false, sure: true };
  const seen = Math.min(over ?? asOf, asOf);
  return seen > strict ? { on: true, sure: seen > latest } : undefined;
}

/** What one clock gives; undefined where it does not count for this incident. */
export function judgeClock(setting: Setting, clock: LawClock): ClockAnswer | undefined {
  const { about, asOf, calendar, end } = setting;
  const { tags } = about.incident;
  if (clock.marks?.some((mark) => tags.includes(mark)) === false) return undefined;
  if (clock.notMarks?.some((mark) => tags.includes(mark))) return undefined;
  const going = goesOn(setting);
  if (clock.ongoing === true && going?.on !== true) return undefined;
  if (clock.ongoing === false && going?.on === true) return undefined;
  const start = startOf(setting, clock);
  const { term } = clock;
  const period = term === "no number" ? undefined : parseLegalPeriod(term);
  const course = { start: start?.stamp, end: end?.stamp, asOf, over: false, calendar };
  if (period === undefined) {
    const untimed = judgeUntimed(about.incident, course);
    return { state: "counts", verdict: said(untimed, start?.instead) };
  }
  if (start === undefined) {
    const missed = missedAnyway(setting, clock, period);
    if (missed !== undefined) return { state: "counts", verdict: { ...missed, term } };
    const verdict = { ...ofTerm(judgeLegal({ ...course, period })), term };
    return { state: "not-begun", verdict: { ...verdict, reason: `${startInWords(setting, clock)} is not recorded` } };
  }
  const isLater = laterThan(setting, clock, start.stamp.at);
  if (isLater === true) return undefined;
  const judged =
    clock.counting === "strict"
      ? judgeDue(course, (from) => dueAt(legalMargin(from, period, calendar).strict), false)
      : judgeLegal({ ...course, period, options: optionsOf(clock) });
  const unsure = isLater === "unsure" || going?.sure === false;
  return { state: unsure ? "unsure" : "counts", verdict: said({ ...ofTerm(judged), term }, start.instead) };
}

/** Not done, and late whenever it began: that was before the incident was over. Undefined where that cannot be said. */
function missedAnyway(
  { about: { incident }, end, asOf, calendar }: Setting,
  clock: LawClock,
  period: LegalPeriod,
): Pick<LawVerdict, "word" | "reason"> | undefined {
  if (end !== undefined || clock.from.includes(".")) return undefined;
  const start =
    stamped(incident, incident.closedAt, "closedAt") ?? stamped(incident, incident.resolvedAt, "resolvedAt");
  if (start === undefined) return undefined;
  const { word } = judgeLegal({ start, end, asOf, over: false, calendar, period, options: optionsOf(clock) });
  if (word !== "not_met") return undefined;
  const reason = `not done; ${MOMENTS[clock.from] ?? clock.from} is not recorded, but it is late even counted from when the incident was over`;
  return { word, reason };
}

/** Where a clock starts, for people: "when it was noticed", "dora.classified (The incident is classified as major)". */
export function startInWords({ law }: Pick<Setting, "law">, { from }: Pick<LawClock, "from">): string {
  const known = [...law.moments, ...law.steps].find(({ id }) => `${law.law}.${id}` === from);
  return known === undefined ? (MOMENTS[from] ?? from) : `${from} (${known.title})`;
}

function said<V extends { readonly reason: string }>(verdict: V, instead: string | undefined): V {
  return instead === undefined ? verdict : { ...verdict, reason: `${verdict.reason}; ${instead}` };
}

/** Whether the moment that lifts this clock came only after it was due. */
function laterThan({ law, about, calendar }: Setting, clock: LawClock, start: number): boolean | "unsure" {
  const moment = clock.notWhereLater && momentOf(about, law, clock.notWhereLater);
  if (!moment || moment.stamp === undefined || clock.term === "no number") return false;
  const due = legalDue(start, parseLegalPeriod(clock.term), calendar, optionsOf(clock));
  const { at } = moment.stamp;
  if (at <= due.earliest) return false;
  return due.latest !== undefined && at > due.latest ? true : "unsure";
}
