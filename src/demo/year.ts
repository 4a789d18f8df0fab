import type { Instant, Interval } from "../lib/time.ts";
import { makeAlerts } from "./alerts.ts";
import { dayOf, monthOf, startOfDay, timeOn } from "./calendar.ts";
import { type Incident, makeIncidents } from "./incidents.ts";
import { makeJobRuns, makePings, type Ping } from "./jobs.ts";
import { alertLog, jobLog, type LogLine } from "./logs.ts";
import { ZONE } from "./settings.ts";

/** What goes wrong with the collecting itself, so that there are gaps to find. */
export interface Mishaps {
  /** Custody was not running. */
  readonly stopped: Interval;
  /** The export of alerts was not there; it came back whole. */
  readonly alertsGone: Interval;
  /** The folder with the register was somewhere else. */
  readonly registerGone: Interval;
  /** The log of jobs was deleted; it begins anew with what is logged from the end of this on. */
  readonly jobsLost: Interval;
}

/** Everything that happened at a made-up company, and when it was written down. Follows from span and seed alone. */
export interface Year {
  readonly seed: string;
  readonly zone: string;
  /** From when Custody is meant to run, to when the story ends. */
  readonly span: Interval;
  readonly mishaps: Mishaps;
  readonly incidents: readonly Incident[];
  readonly alerts: readonly LogLine[];
  readonly jobLog: readonly LogLine[];
  readonly pings: readonly Ping[];
}

/** What had happened before Custody came; logs reach back that far. */
const BEFORE_DAYS = 25;

/** The story of a span. A seed is any word. */
export function makeYear(span: Interval, seed: string, mishaps: Mishaps = mishapsOf(span)): Year {
  const story = { from: startOfDay(dayOf(span.from, ZONE).subtract({ days: BEFORE_DAYS }), ZONE), to: span.to };
  const incidents = makeIncidents(span, seed);
  return {
    seed,
    zone: ZONE,
    span,
    mishaps,
    incidents,
    alerts: alertLog(makeAlerts(story, seed, incidents)),
    jobLog: jobLog(makeJobRuns(story, seed)),
    pings: makePings(span, seed),
  };
}

/** A year and the month so far: from the first day of this month last year to the last full hour. */
export function yearUntil(now: Instant): Interval {
  const hour = 3_600_000;
  return { from: startOfDay(monthOf(now, ZONE, -12), ZONE), to: Math.floor(now / hour) * hour };
}

/** Nine days in spring, three days of the third month after the first, a turn of months, and two days of the ninth. */
export function mishapsOf({ from }: Interval): Mishaps {
  const month = (months: number, day: number, time: string) =>
    timeOn(monthOf(from, ZONE, months).with({ day }), time, ZONE);
  const spring = dayOf(from, ZONE).with({ month: 4, day: 13 });
  const stop = startOfDay(spring, ZONE) >= from + 10 * 86_400_000 ? spring : spring.add({ years: 1 });
  return {
    stopped: { from: timeOn(stop, "17:40", ZONE), to: timeOn(stop.add({ days: 9 }), "16:20", ZONE) },
    alertsGone: { from: month(3, 2, "14:05"), to: month(3, 5, "11:20") },
    registerGone: { from: month(6, 27, "16:30"), to: month(7, 6, "09:15") },
    jobsLost: { from: month(8, 8, "10:20"), to: month(8, 10, "12:00") },
  };
}
