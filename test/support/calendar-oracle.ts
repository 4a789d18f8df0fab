import type { CalendarData, Weekday } from "../../src/calendar/shape.ts";

/**
 * Business time counted slowly, minute by minute, from what the wall clock shows (`Intl`), for calendars whose holidays are
 * known. Shares nothing with what it is held against but the shape of the data.
 */
export interface SlowCalendar {
  dueHours(start: number, minutes: number): number;
  dueDays(start: number, days: number): number;
  worked(from: number, to: number): number;
}

const MINUTE = 60_000;
const NAMES: Readonly<Record<string, Weekday>> = {
  Mon: "mon",
  Tue: "tue",
  Wed: "wed",
  Thu: "thu",
  Fri: "fri",
  Sat: "sat",
  Sun: "sun",
};

export interface Wall {
  readonly date: string;
  readonly minute: number;
}

const minutesOf = (clock: string) => Number(clock.slice(0, 2)) * 60 + Number(clock.slice(3));

/** What the wall clocks of zones show. Looks are remembered, because asking takes long. */
export function slowWalls(): (zone: string) => (at: number) => Wall {
  const walls = new Map<string, (at: number) => Wall>();
  return (zone) => {
    const wall = walls.get(zone) ?? wallOf(zone);
    walls.set(zone, wall);
    return wall;
  };
}

function wallOf(timeZone: string): (at: number) => Wall {
  const format = new Intl.DateTimeFormat("en-CA", {
    timeZone,
    year: "numeric",
    month: "2-digit",
    day: "2-digit",
    hour: "2-digit",
    minute: "2-digit",
    hourCycle: "h23",
  });
  // Clocks change on quarters of an hour only, so one look holds for a quarter.
  const quarters = new Map<number, Wall>();
  return (at) => {
    const quarter = Math.floor(at / (15 * MINUTE));
    let wall = quarters.get(quarter);
    if (wall === undefined) {
      const parts = Object.fromEntries(format.formatToParts(quarter * 15 * MINUTE).map((p) => [p.type, p.value]));
      const date = `${parts.year}-${parts.month}-${parts.day}`;
      wall = { date, minute: Number(parts.hour) * 60 + Number(parts.minute) };
      quarters.set(quarter, wall);
    }
    return { date: wall.date, minute: wall.minute + Math.floor((at - quarter * 15 * MINUTE) / MINUTE) };
  };
}

type MinuteSpans = readonly (readonly [from: number, to: number])[];

export function slowCalendar(data: CalendarData, wallAt: (at: number) => Wall): SlowCalendar {
  const holidays = new Set(data.holidays === "none" ? [] : data.holidays.map(({ date }) => date));
  const known = new Map<string, MinuteSpans>();

  function spansOf(date: string): MinuteSpans {
    const found = known.get(date) ?? writtenFor(date).map(([from, to]) => [minutesOf(from), minutesOf(to)] as const);
    known.set(date, found);
    return found;
  }

  function writtenFor(date: string): readonly (readonly [string, string])[] {
    const special = data.days?.find((day) => day.date === date);
    if (special !== undefined) return special.hours;
    if (holidays.has(date)) return [];
    const weekday = new Date(`${date}T12:00:00Z`).toLocaleDateString("en", { timeZone: "UTC", weekday: "short" });
    const name = NAMES[weekday];
    return (name && data.hours[name]) ?? [];
  }

  /** Minutes in order from the start of the local day of `at`, each with whether it is working time. */
  function* minutesFrom(at: number): Generator<{ at: number; works: boolean; date: string }> {
    const today = wallAt(at).date;
    let cursor = Math.floor(at / MINUTE) * MINUTE;
    while (wallAt(cursor - MINUTE).date === today) cursor -= MINUTE;
    let date = "";
    let furthest = -1;
    for (; ; cursor += MINUTE) {
      const wall = wallAt(cursor);
      if (wall.date !== date) {
        date = wall.date;
        furthest = -1;
      }
      // What the clock shows a second time is no earlier than it was.
      furthest = Math.max(furthest, wall.minute);
      const works = spansOf(date).some(([from, to]) => furthest >= from && furthest < to);
      yield { at: cursor, works, date };
    }
  }

  return {
    dueHours(start, minutes) {
      let left = minutes;
      for (const minute of minutesFrom(start)) {
        if (minute.at < start || !minute.works) continue;
        left -= 1;
        if (left === 0) return minute.at + MINUTE;
      }
      throw new Error("without end");
    },
    dueDays(start, days) {
      let date = wallAt(start).date;
      let left = days;
      let at = start;
      // Quarters of an hour are fine enough to see every local date come.
      for (;;) {
        while (wallAt(at).date === date) at += 15 * MINUTE;
        if (left === 0) break;
        date = wallAt(at).date;
        if (spansOf(date).length > 0) left -= 1;
      }
      at = Math.floor(at / (15 * MINUTE)) * 15 * MINUTE;
      return at;
    },
    worked(from, to) {
      let sum = 0;
      for (const minute of minutesFrom(from)) {
        if (minute.at >= to) return sum;
        if (minute.at >= from && minute.works) sum += MINUTE;
      }
      return sum;
    },
  };
}
