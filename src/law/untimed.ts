import type { Calendar } from "../calendar/calendar.ts";
import { judgeTerm, type Stamp } from "../calendar/verdict.ts";
import { lengthForPeople } from "../lib/length.ts";
import type { Instant } from "../lib/time.ts";
import { type Incident, isPast } from "./case.ts";
import { type LawVerdict, ofTerm } from "./verdict.ts";

type Answer = Omit<LawVerdict, "id" | "done">;

/** "It is closed" and the like, in words; undefined while it goes on. */
export function isOver(incident: Incident, asOf: Instant): string | undefined {
  if (isPast(incident, "closedAt", asOf)) return "the incident is closed";
  return isPast(incident, "resolvedAt", asOf) ? "the incident is over" : undefined;
}

/**
 * A duty without a number. Done: how long it took is told, without a verdict. Not done: it waits while the incident goes on,
 * and is missed where that is over and nobody was told.
 */
export function judgeUntimed(
  incident: Incident,
  {
    start,
    end,
    asOf,
    calendar,
  }: { start: Stamp | undefined; end: Stamp | undefined; asOf: Instant; calendar: Calendar },
): Answer {
  const told = ofTerm(judgeTerm({ start, end, asOf, over: false, term: { op: "at-once" }, calendar }));
  const term = "no number";
  if (told.word === "invalid") return { ...told, term };
  if (end !== undefined) {
    if (start === undefined) return { ...told, term, reason: "done, but not recorded from when the time counts" };
    return {
      ...told,
      term,
      reason: `done after ${lengthForPeople(told.took ?? 0)}; no number is set, so whether that was without undue delay a person has to say`,
    };
  }
  const over = isOver(incident, asOf);
  const since = told.took === undefined ? "" : `, ${lengthForPeople(told.took)} after it began`;
  if (over !== undefined) return { ...told, word: "not_met", term, reason: `not done, and ${over}${since}` };
  return { ...told, word: "pending", term, reason: `not done yet${since}; no number is set, so without undue delay` };
}
