import { Temporal } from "temporal-polyfill";
import { CustodyError } from "../lib/errors.ts";
import type { Instant } from "../lib/time.ts";
import { atWallClock, startOfDay, wallClock } from "../lib/zone.ts";

/**
 * Times by the wall clock, as a cron expression of five fields gives them: minute, hour, day of the month, month, day of
 * the week. A day counts if both day fields allow it where one of them is `*`, and if either does where both name days.
 */
export interface Cron {
  /** Minutes after local midnight, in order, at least one. */
  readonly times: readonly number[];
  readonly fields: Readonly<Record<Field, Values>>;
}

type Field = "minute" | "hour" | "day of the month" | "month" | "day of the week";
/** In order; undefined for `*`, so never all that are possible. */
type Values = readonly number[] | undefined;

interface Range {
  readonly low: number;
  readonly high: number;
  readonly names?: readonly string[];
}

const MONTHS = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];
const WEEKDAYS = ["sun", "mon", "tue", "wed", "thu", "fri", "sat"];
const RANGES: Readonly<Record<Field, Range>> = {
  minute: { low: 0, high: 59 },
  hour: { low: 0, high: 23 },
  "day of the month": { low: 1, high: 31 },
  month: { low: 1, high: 12, names: MONTHS },
  "day of the week": { low: 0, high: 6, names: WEEKDAYS },
};
const FIELDS = Object.keys(RANGES) as readonly Field[];
/** In a leap year. */
const MONTH_DAYS = [31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31] as const;

const MAX_LENGTH = 500;
const DAY = 86_400_000;
const MINUTE = 60_000;
/** 29 February is at most eight years away; nothing that exists at all is rarer. */
const RAREST_DAYS = 9 * 366;

function unreadable(text: string, why: string): CustodyError {
  return new CustodyError("INPUT_INVALID", `"${text.slice(0, 60)}"${why.startsWith(":") ? "" : " "}${why}`, {
    remedy:
      'write five fields: minute, hour, day of the month, month, day of the week, such as "30 7 * * 1-5" for 07:30 on weekdays',
  });
}

/**
 * Reads a cron expression: `*`, numbers, ranges, lists, steps, names of months and days (0 and 7 are Sunday). Throws
 * INPUT_INVALID for anything else, for a date that no year has, and for what different crons read differently.
 */
export function parseCron(text: string): Cron {
  const parts = text.trim().split(/\s+/);
  if (text.length > MAX_LENGTH) throw unreadable(text, "… is too long");
  if (parts.length !== 5) {
    const seconds = parts.length === 6 ? "; a field for seconds or years is not read" : "";
    throw unreadable(text, `has ${parts.length} fields instead of five${seconds}`);
  }
  const [minute, hour, day, month, weekday] = FIELDS.map((field, i) => readField(text, field, parts[i] ?? "")) as [
    Values,
    Values,
    Values,
    Values,
    Values,
  ];
  const given = { minute, hour, month, "day of the month": day, "day of the week": weekday };
  const fields = { ...given, ...dayFields(text, parts, day, weekday) };
  const possible = { days: fields["day of the month"], weekdays: fields["day of the week"], months: month };
  if (possible.weekdays === undefined && possible.days !== undefined) checkDates(text, possible.days, possible.months);
  const hours = hour ?? upTo(23);
  const times = hours.flatMap((h) => (minute ?? upTo(59)).map((m) => h * 60 + m));
  return { times, fields };
}

const upTo = (high: number): number[] => Array.from({ length: high + 1 }, (_, i) => i);

function readField(text: string, field: Field, part: string): Values {
  const { low, high } = RANGES[field];
  const values = new Set<number>();
  for (const item of part.split(",")) for (const value of readItem(text, field, item)) values.add(value);
  const whole = values.size === high - low + 1;
  return whole ? undefined : [...values].sort((a, b) => a - b);
}

function readItem(text: string, field: Field, item: string): number[] {
  const { low, high } = RANGES[field];
  const [, span = "", stepText] = /^([^/]+)(?:\/(\d{1,3}))?$/.exec(item) ?? [];
  const step = stepText === undefined ? 1 : Number(stepText);
  const [, first = "", last] = /^([^-]+)(?:-([^-]+))?$/.exec(span) ?? [];
  let [from, to] = [low, high];
  if (first !== "*" || last !== undefined) {
    from = readValue(text, field, first);
    to = last === undefined ? (stepText === undefined ? from : high) : readValue(text, field, last);
    // Sunday ends a week as well as it begins one.
    if (field === "day of the week" && last !== undefined && to === 0 && from > 0) to = 7;
  }
  if (step < 1 || step > high) throw unreadable(text, `: ${field}: a step is from 1 to ${high}, not "${item}"`);
  if (to < from) throw unreadable(text, `: ${field}: "${item}" goes down; write two ranges with a comma between`);
  const values: number[] = [];
  for (let value = from; value <= to; value += step) values.push(field === "day of the week" ? value % 7 : value);
  return values;
}

function readValue(text: string, field: Field, word: string): number {
  const { low, high, names } = RANGES[field];
  const named = names?.indexOf(word.toLowerCase()) ?? -1;
  if (named >= 0) return named + low;
  const top = field === "day of the week" ? 7 : high;
  const value = /^\d{1,2}$/.test(word) ? Number(word) : Number.NaN;
  if (value >= low && value <= top) return value % (field === "day of the week" ? 7 : 100);
  const or = names === undefined ? "" : ` or ${names.slice(0, 2).join(", ")} …`;
  const special = /[LW#?]/i.test(word) && !/[a-z]{3}/i.test(word) ? "; L, W, # and ? are not read" : "";
  throw unreadable(text, `: ${field}: expected ${low} to ${top}${or}, found "${word.slice(0, 20)}"${special}`);
}

/** All days of the one field beside some of the other are all days. */
function dayFields(text: string, parts: readonly string[], days: Values, weekdays: Values) {
  const [, , dayText = "", , weekdayText = ""] = parts;
  const stars = (part: string) => part.startsWith("*");
  const wide = (part: string, values: Values) => values === undefined && !stars(part);
  if (wide(dayText, days) || wide(weekdayText, weekdays))
    return { "day of the month": undefined, "day of the week": undefined };
  if (days !== undefined && weekdays !== undefined && (stars(dayText) || stars(weekdayText))) {
    throw unreadable(
      text,
      ": some crons ask for both of these day fields, some for either; write the days out, without * and /",
    );
  }
  return {};
}

function checkDates(text: string, days: readonly number[], months: Values): void {
  const there = (months ?? upTo(12).slice(1)).some((month) => (days[0] ?? 32) <= (MONTH_DAYS[month - 1] ?? 0));
  if (!there) throw unreadable(text, "never comes: no year has such a date");
}

/** The normal form, the same for all expressions that mean the same: FORMAT §13.1. */
export function spellCron({ fields }: Cron): string {
  return FIELDS.map((field) => spellValues(fields[field])).join(" ");
}

function spellValues(values: Values): string {
  if (values === undefined) return "*";
  const stretches: number[][] = [];
  for (const value of values) {
    const last = stretches.at(-1);
    if (last !== undefined && last.at(-1) === value - 1) last.push(value);
    else stretches.push([value]);
  }
  return stretches.map((run) => (run.length < 3 ? run.join(",") : `${run[0]}-${run.at(-1)}`)).join(",");
}

/** How many of its days a year has at most. */
export function daysPerYear({ fields }: Cron): number {
  const [days, weekdays] = [fields["day of the month"], fields["day of the week"]];
  return (fields.month ?? upTo(12).slice(1)).reduce((sum, month) => {
    const most = MONTH_DAYS[month - 1] ?? 31;
    if (days === undefined && weekdays === undefined) return sum + most;
    const dated = (days ?? []).filter((day) => day <= most).length;
    return sum + Math.min(most, dated + (weekdays ?? []).length * 5);
  }, 0);
}

/** A day is the number of days since 1 January 1970, a Thursday. */
function allows({ fields }: Cron, day: number): boolean {
  const date = new Date(day * DAY);
  if (fields.month?.includes(date.getUTCMonth() + 1) === false) return false;
  const [days, weekdays] = [fields["day of the month"], fields["day of the week"]];
  const dated = days?.includes(date.getUTCDate());
  const named = weekdays?.includes(date.getUTCDay());
  if (dated === undefined) return named ?? true;
  return named === undefined ? dated : dated || named;
}

/** The nearest day of the expression from this one on, in steps of 1 or -1. */
function nearestDay(cron: Cron, from: number, step: 1 | -1): number {
  for (let tried = 0, day = from; tried <= RAREST_DAYS; tried += 1, day += step) if (allows(cron, day)) return day;
  throw new CustodyError("BUG", `no day of "${spellCron(cron)}" near day ${from}`);
}

/**
 * When the expression fires in a zone: in order, each moment once, without end, from one at or before `at` on. A skipped
 * wall time fires at the next valid minute (once with whatever else fires then), a repeated one the first time only.
 */
export function* fireTimes(cron: Cron, zone: string, at: Instant): Generator<Instant> {
  const epoch = new Temporal.PlainDate(1970, 1, 1);
  const plain = (day: number) => epoch.add({ days: day });
  // Whatever fired on the day before has fired by now, also where clocks went back over midnight since.
  const today = wallClock(at, zone).toPlainDate();
  let day = nearestDay(cron, Math.floor(Date.UTC(today.year, today.month - 1, today.day) / DAY) - 1, -1);
  let last = Number.NEGATIVE_INFINITY;
  for (;;) {
    const date = plain(day);
    const start = startOfDay(date, zone);
    const even = startOfDay(date.add({ days: 1 }), zone) - start === DAY;
    const midnight = date.toPlainDateTime();
    for (const minutes of cron.times) {
      const fires = even ? start + minutes * MINUTE : atWallClock(midnight.add({ minutes }), zone);
      if (fires > last) yield fires;
      last = Math.max(last, fires);
    }
    day = nearestDay(cron, day + 1, 1);
  }
}
