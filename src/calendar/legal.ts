import { CustodyError } from "../lib/errors.ts";
import type { Instant } from "../lib/time.ts";
import { atWallClock, wallClock } from "../lib/zone.ts";
import { type Due, dueAt, dueBetween } from "./bounds.ts";
import { type BusinessDay, type Calendar, DAY, EARLIEST, LATEST, numberOf } from "./calendar.ts";
import { addMonths, endOfMonthsLater } from "./month.ts";
import { type Course, judgeDue, type TermVerdict } from "./verdict.ts";

/**
 * Periods set by law of the European Union, counted as Regulation (EEC, Euratom) 1182/71 has it. Hours and days are kept apart
 * here: 72 hours end otherwise than 3 days.
 */
export interface LegalPeriod {
  readonly amount: number;
  readonly unit: "h" | "d" | "mo";
}

/** How a law lets its periods end. */
export interface LegalOptions {
  /** A deadline on a Saturday, Sunday or holiday ends at noon of the next working day (some financial entities only). */
  readonly noon?: boolean;
}

const HOUR = 3_600_000;
const MOST: Readonly<Record<LegalPeriod["unit"], number>> = { h: 8_784, d: 1_098, mo: 36 };

/** Reads `72h`, `14d`, `1mo`. Throws INPUT_INVALID for anything else. */
export function parseLegalPeriod(text: string): LegalPeriod {
  const [, digits, unit] = /^(?:within )?([1-9]\d{0,4})(h|d|mo)$/.exec(text.slice(0, 60)) ?? [];
  const period = { amount: Number(digits), unit: unit as LegalPeriod["unit"] };
  if (unit !== undefined && period.amount <= MOST[period.unit]) return period;
  const shown = text.slice(0, 60).replace(/[^\x20-\x7e]/g, "?");
  throw new CustodyError(
    "INPUT_INVALID",
    `"${shown}" is no period of law; expected \`72h\`, \`14d\` or \`1mo\`, three years at most`,
  );
}

/** The two ends of a period: the plain count, and the last moment that any reading of the law allows. */
export interface LegalMargin {
  readonly strict: Instant;
  /** Not before `strict`, itself in time: of a day its last millisecond. Undefined where the calendar ends before it. */
  readonly latest: Instant | undefined;
  /** The rules that make them differ, as articles. */
  readonly because: readonly string[];
}

/** Public holidays that a calendar without list may lack in one place: no member state has more working days off in a row. */
const HOLIDAYS_IN_A_ROW = 5;

/**
 * Strict: so many hours, or days of 24 hours, from the event; for months the same time of day. Latest: the hour or day of the
 * event is not counted (Art. 3(1)); days and months end with the end of their last day (Art. 3(2)), which moves to the end of
 * the next working day where it is a Saturday, Sunday or holiday (Art. 3(4), not for hours); and two days or more include at
 * least two working days (Art. 3(5)). Working days are those of the Regulation: all but Saturdays, Sundays and the calendar's
 * holidays, whenever the company works.
 */
export function legalMargin(
  start: Instant,
  period: LegalPeriod,
  calendar: Calendar,
  options: LegalOptions = {},
): LegalMargin {
  const { zone } = calendar.data;
  const because: string[] = [];
  const strict = strictEnd(start, period, zone);
  const zero = calendar.dayAt(start);
  const days = workingDays(calendar);
  let latest: Instant | undefined;
  if (period.unit === "h") {
    latest = nextFullHour(start, zone) + period.amount * HOUR;
    because.push("Art. 3(1): the hour of the event is not counted");
  } else {
    const last =
      period.unit === "d" ? zero + period.amount : calendar.dayAt(endOfMonthsLater(start, period.amount, zone) - 1);
    const moved = days.from(last, 1);
    latest = moved === undefined ? undefined : calendar.day(moved).end - 1;
    because.push("Art. 3(2): it ends with the last hour of its last day");
    if (moved !== last) because.push("Art. 3(4): not on a Saturday, Sunday or holiday");
  }
  const twoDays = period.unit === "mo" || (period.unit === "d" ? period.amount >= 2 : period.amount >= 48);
  if (twoDays && latest !== undefined) {
    const second = days.from(zero + 1, 2);
    const end = second === undefined ? undefined : calendar.day(second).end - 1;
    if (end === undefined || end > latest) because.push("Art. 3(5): at least two working days");
    latest = end === undefined ? undefined : Math.max(latest, end);
  }
  if (options.noon && latest !== undefined) {
    const deadline = calendar.dayAt(strict);
    const next = days.from(deadline, 1);
    if (next !== deadline) {
      const noon = next === undefined ? undefined : noonOf(calendar.day(next), zone);
      if (noon === undefined || noon > latest) because.push("noon of the next working day");
      latest = noon === undefined ? undefined : Math.max(latest, noon);
    }
  }
  if (days.guessed()) because.push("the calendar does not list the public holidays; list them to narrow it");
  return { strict, latest: latest === undefined ? undefined : Math.max(strict, latest), because };
}

function strictEnd(start: Instant, { amount, unit }: LegalPeriod, zone: string): Instant {
  if (unit === "mo") return addMonths(start, amount, zone);
  return start + amount * (unit === "h" ? HOUR : DAY);
}

/** Where the hour after that of the instant begins on the wall; also an instant on the full hour lies in the hour it begins. */
function nextFullHour(at: Instant, zone: string): Instant {
  const { minute, second, millisecond } = wallClock(at, zone);
  return at + HOUR - (minute * 60_000 + second * 1_000 + millisecond);
}

function noonOf(day: BusinessDay, zone: string): Instant {
  return atWallClock(
    wallClock(day.end - 1, zone)
      .toPlainDate()
      .toPlainDateTime({ hour: 12 }),
    zone,
  );
}

interface WorkingDays {
  from(first: number, count: number): number | undefined;
  /** Whether a day was taken for a holiday that is not listed. */
  guessed(): boolean;
}

/** Working days as the Regulation has them; unlisted holidays are taken to lie where they delay most. */
function workingDays({ data }: Calendar): WorkingDays {
  const listed = data.holidays === "none" ? [] : data.holidays;
  const holidays = new Set(listed.map(({ date }) => numberOf(date)));
  const years = new Set(listed.map(({ date }) => date.slice(0, 4)));
  const begins = data.validFrom === undefined ? Number.NEGATIVE_INFINITY : numberOf(data.validFrom);
  const ends = data.validTo === undefined ? Number.POSITIVE_INFINITY : numberOf(data.validTo);
  const isKnown = (number: number) =>
    number >= begins &&
    !data.unlistedHolidays &&
    // Who works on public holidays (`none`) has not said when they are.
    years.has(new Date(number * DAY).toISOString().slice(0, 4));
  let guessed = false;
  return {
    guessed: () => guessed,
    /** The `count`-th working day from this one on, itself included; undefined beyond the end of the calendar. */
    from(first, count) {
      let left = count;
      let spare = HOLIDAYS_IN_A_ROW;
      for (let number = first; ; number += 1) {
        // 1970-01-01 was a Thursday; 5 and 6 are Saturday and Sunday.
        if ((((number + 3) % 7) + 7) % 7 >= 5 || holidays.has(number)) continue;
        if (number > ends) return undefined;
        if (!isKnown(number) && spare > 0) {
          spare -= 1;
          guessed = true;
          continue;
        }
        left -= 1;
        if (left === 0) return number;
      }
    },
  };
}

/** A period of law as a due time: not before the plain count, not after what the widest reading allows. */
export function legalDue(start: Instant, period: LegalPeriod, calendar: Calendar, options: LegalOptions = {}): Due {
  if (!(start >= EARLIEST && start < LATEST))
    return dueBetween(start, undefined, "time-out-of-range", "the time is outside the years 1900 to 2400; correct it");
  const { strict, latest, because } = legalMargin(start, period, calendar, options);
  if (latest === strict) return dueAt(strict);
  const words = `after the plain count, but perhaps in time as EU law counts periods (Regulation 1182/71: ${because.join("; ")}); a lawyer has to say`;
  return dueBetween(strict, latest, "legal-counting", words);
}

/**
 * Judges a period of law: done by the plain count is `met`; after the last moment that any reading allows `not_met`; between
 * them `indeterminate`, never a false miss.
 */
export function judgeLegal(
  course: Course & { readonly period: LegalPeriod; readonly options?: LegalOptions },
): TermVerdict {
  const { period, calendar, options } = course;
  return judgeDue(course, (start) => legalDue(start, period, calendar, options), false);
}
