import type { Temporal } from "temporal-polyfill";
import type { Instant, Interval } from "../lib/time.ts";
import { dayOf, timeOn } from "./calendar.ts";
import type { Actor, Deed, Hands } from "./hands.ts";
import { ownIncidents } from "./own-incidents.ts";
import { routine } from "./routine.ts";
import { ZONE } from "./settings.ts";
import { upkeep } from "./upkeep.ts";

/** Notes what somebody does on such a day of the story, at a local time. */
export type Note = (day: number, time: string, by: Actor, does: (hands: Hands) => Promise<void>) => void;

/** The days of a story as people count them who do not work on weekends. */
export class Days {
  readonly span: Interval;

  constructor(span: Interval) {
    this.span = span;
  }

  /** So many days after the first Monday; before the end where negative, and then not on a weekend. */
  on(day: number): Temporal.PlainDate {
    if (day >= 0) {
      const first = dayOf(this.span.from, ZONE);
      return first.add({ days: ((8 - first.dayOfWeek) % 7) + day });
    }
    const found = dayOf(this.span.to, ZONE).subtract({ days: -day });
    return found.subtract({ days: Math.max(0, found.dayOfWeek - 5) });
  }

  at(day: number, time: string): Instant {
    return timeOn(this.on(day), time, ZONE);
  }
}

/** Everything that people do in Custody during a span, in order. Follows from the span alone. */
export function makeDeeds(span: Interval): Deed[] {
  const days = new Days(span);
  const deeds: Deed[] = [];
  const note: Note = (day, time, by, does) => deeds.push({ at: days.at(day, time), by, does });
  ownIncidents(days, note);
  upkeep(days, note);
  deeds.push(...routine(span));
  return deeds.filter(({ at }) => at >= span.from && at < span.to).sort((a, b) => a.at - b.at);
}
