import { Temporal } from "temporal-polyfill";
import { type Instant, parseDuration } from "../../src/lib/time.ts";
import { startOfDay, wallClock } from "../../src/lib/zone.ts";

/** How often a job reports: a word of the calendar, or a duration. */
const WORDS = {
  hourly: { step: { hours: 1 }, longest: 3_600_000 },
  daily: { step: { days: 1 }, longest: 25 * 3_600_000 },
  weekly: { step: { weeks: 1 }, longest: 169 * 3_600_000 },
  monthly: { step: { months: 1 }, longest: 31 * 86_400_000 + 3_600_000 },
  quarterly: { step: { months: 3 }, longest: 92 * 86_400_000 + 3_600_000 },
  yearly: { step: { years: 1 }, longest: 366 * 86_400_000 + 3_600_000 },
} as const;
type Word = keyof typeof WORDS;

const isWord = (text: string): text is Word => Object.hasOwn(WORDS, text);

export interface Rhythm {
  /** The longest one step can last, in milliseconds. */
  readonly longest: number;
  /** One step later. */
  after(at: Instant): Instant;
  /** Boundaries of the calendar that are at or after `from` and before `to`, in order. */
  boundaries(from: Instant, to: Instant): Generator<Instant>;
}

/** Reads `daily` or `6h` (at least a minute). Undefined for anything else. */
export function parseRhythm(text: string, zone: string): Rhythm | undefined {
  if (isWord(text)) return calendarRhythm(text, zone);
  const ms = parseDuration(text);
  if (ms === undefined || ms < 60_000) return undefined;
  return {
    longest: ms,
    after: (at) => at + ms,
    *boundaries(from, to) {
      for (let at = Math.ceil(from / ms) * ms; at < to; at += ms) yield at;
    },
  };
}

function calendarRhythm(word: Word, zone: string): Rhythm {
  const { step, longest } = WORDS[word];
  const hour = WORDS.hourly.longest;
  return {
    longest,
    after: (at) => wallClock(at, zone).add(step).epochMilliseconds,
    *boundaries(from, to) {
      if (word === "hourly") {
        for (let at = Math.ceil(from / hour) * hour; at < to; at += hour) yield at;
        return;
      }
      for (let date = firstDate(word, from, zone); ; date = date.add(step)) {
        const at = startOfDay(date, zone);
        if (at >= to) return;
        if (at >= from) yield at;
      }
    },
  };
}

/** First day of the week, month, quarter or year that holds an instant. */
function firstDate(word: Word, at: Instant, zone: string): Temporal.PlainDate {
  const date = wallClock(at, zone).toPlainDate();
  if (word === "daily") return date;
  if (word === "weekly") return date.subtract({ days: date.dayOfWeek - 1 });
  const month = word === "monthly" ? date.month : word === "quarterly" ? date.month - ((date.month - 1) % 3) : 1;
  return Temporal.PlainDate.from({ year: date.year, month, day: 1 });
}
