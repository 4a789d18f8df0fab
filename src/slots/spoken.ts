import { CustodyError, isCustodyError } from "../lib/errors.ts";
import { nearest } from "../lib/nearest.ts";
import { parseCadence, possible } from "./cadence.ts";
import { parseCron, spellCron } from "./cron.ts";

/**
 * Cadences as people write them, turned into what records hold. Only configuration is read this way: an entry has the
 * result, so that nobody who verifies it needs to know these words.
 */

const NUMBERS: Readonly<Record<string, number>> = { once: 1, one: 1, twice: 2, two: 2, three: 3, four: 4, six: 6 };
const WORDS = ["hourly", "daily", "weekly", "monthly", "quarterly", "yearly"] as const;
const UNITS: Readonly<Record<string, (typeof WORDS)[number]>> = {
  hour: "hourly",
  day: "daily",
  week: "weekly",
  month: "monthly",
  quarter: "quarterly",
  year: "yearly",
};
const unitOf = (word: string): string | undefined => (Object.hasOwn(UNITS, word) ? UNITS[word] : undefined);
const WEEKDAYS = ["sunday", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday"];
const MONTHS = [
  "january",
  "february",
  "march",
  "april",
  "may",
  "june",
  "july",
  "august",
  "september",
  "october",
  "november",
  "december",
];
const SMALL = ["every", "each", "on", "at", "and", "the", "of", "times", "minutes", "hours", "weekday", "weekend"];
const VOCABULARY = [
  ...SMALL,
  ...Object.keys(NUMBERS),
  ...Object.keys(UNITS),
  ...WORDS,
  ...WEEKDAYS,
  ...MONTHS,
  "noon",
  "midnight",
];

/** Plain words that are read, for messages and documentation. */
export const EXAMPLES = [
  "every 15 minutes",
  "twice a day",
  "every day at 06:00",
  "every weekday at 07:30",
  "every Monday at 09:00",
  "on the 1st of each month at 02:00",
] as const;

const MAX_LENGTH = 500;
const DAY_MINUTES = 24 * 60;

/**
 * Reads a cadence as people write it and gives the spelling that records hold: a word or an interval (`daily`, `15m`), a
 * cron expression of five fields, or plain words such as those of EXAMPLES. Where words name no time of day, windows begin
 * at midnight. Throws INPUT_INVALID with what is possible, and with what was most likely meant.
 */
export function readCadence(text: string): string {
  if (text.length > MAX_LENGTH) throw unreadable(text.slice(0, 60), undefined, "is too long");
  const words = wordsOf(text);
  const own = words.length === 1 ? words[0] : undefined;
  if (own !== undefined) {
    if (own.startsWith("@")) throw unreadable(text, WORDS.find((word) => own === `@${word}`) ?? "daily");
    try {
      return parseCadence(own, "UTC").text;
    } catch (thrown) {
      if (!isCustodyError(thrown) || /\d/.test(own)) throw thrown;
    }
  }
  if (words.length >= 3 && words.slice(0, 2).every((word) => /^[\d*][\d*/,-]*$/.test(word)))
    return spellCron(parseCron(text));
  const found = readWords(words);
  if (found !== undefined) return found;
  throw unreadable(text, guessOf(words));
}

/** What was most likely meant: mistyped words mended, a word said twice said once, a plain hour as a time. */
function guessOf(words: readonly string[]): string | undefined {
  const mended = words.map((word, i) => {
    if (/^\d{1,2}$/.test(word) && i > 0 && i === words.length - 1) return `${word.padStart(2, "0")}:00`;
    return isKnown(word) ? word : (nearest(word, VOCABULARY) ?? word);
  });
  const guess = mended.filter((word, i) => word !== mended[i - 1]);
  if (quietly(() => readWords(guess)) !== undefined) return guess.join(" ");
  return nearest(words.join(" "), [...EXAMPLES, ...WORDS]);
}

function unreadable(text: string, meant: string | undefined, why = "is not a cadence"): CustodyError {
  const hint = meant === undefined ? "" : `; did you mean "${meant}"?`;
  return new CustodyError("INPUT_INVALID", `"${text.slice(0, 60)}" ${why}${hint}`, {
    remedy: `use one of ${possible()}, a cron expression of five fields, or words such as ${EXAMPLES.map((one) => `"${one}"`).join(", ")}`,
  });
}

function refused(words: readonly string[], why: string, instead: string): CustodyError {
  return new CustodyError("INPUT_INVALID", `"${words.join(" ").slice(0, 60)}": ${why}`, { remedy: `write ${instead}` });
}

/** Lower-case words without commas; `07:30` is one, `6 pm` too. */
function wordsOf(text: string): string[] {
  return text
    .toLowerCase()
    .replace(/,(?=\s)|[.;]$/g, " ")
    .replace(/(\d)\s+(am|pm)\b/g, "$1$2")
    .split(/\s+/)
    .filter((word) => word !== "");
}

const isKnown = (word: string): boolean => /\d/.test(word) || VOCABULARY.includes(singular(word));
const singular = (word: string): string => (word.length > 3 && word.endsWith("s") ? word.slice(0, -1) : word);

function quietly<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch (thrown) {
    if (isCustodyError(thrown)) return undefined;
    throw thrown;
  }
}

/** Days of a cron expression: day of the month, month, day of the week. */
type Days = readonly [string, string, string];

/** The spelling of records for plain words; undefined where they are none. */
function readWords(words: readonly string[]): string | undefined {
  const at = words.indexOf("at");
  const head = (at < 0 ? words : words.slice(0, at)).filter((word) => word !== "the");
  if (head.length === 0) return undefined;
  const rest = at < 0 ? undefined : words.slice(at + 1);
  const steady = readSteady(words, head);
  if (steady !== undefined && rest === undefined) return steady;
  const days = readDays(words, head, steady, rest !== undefined);
  if (days === undefined) return undefined;
  const times = rest === undefined ? { minute: "0", hours: "0" } : readTimes(words, rest);
  return times && spellCron(parseCron(`${times.minute} ${times.hours} ${days.join(" ")}`));
}

/** `every 15 minutes`, `twice a day`, `every week`: words that need no time of day. */
function readSteady(words: readonly string[], head: readonly string[]): string | undefined {
  const [first = "", second = "", third = ""] = head;
  if (head.length === 1) return WORDS.find((word) => word === first);
  if (first === "every" || first === "each") {
    if (head.length === 2) return second === "minute" ? "1m" : unitOf(second);
    const count = numberOf(second);
    return head.length === 3 && count !== undefined ? readEvery(words, count, singular(third)) : undefined;
  }
  const times = head.length === 4 && second === "times" ? [first, third, head[3]] : head.length === 3 ? head : [];
  const [often = "", , unit = ""] = times;
  const count = numberOf(often);
  if (count === undefined || count === 0 || !["a", "an", "per", "each", "every"].includes(times[1] ?? ""))
    return undefined;
  if (count === 1) return unitOf(unit);
  const minutes = unit === "day" ? DAY_MINUTES : unit === "hour" ? 60 : undefined;
  if (minutes !== undefined) return readEvery(words, minutes / count, "minute");
  if (unit === "week") throw refused(words, "which days?", '"every Monday and Thursday", or other days');
  if (unit === "month") throw refused(words, "which days?", '"on the 1st and 15th of each month", or other days');
  if (unit === "year") return readEvery(words, 12 / count, "month");
  return undefined;
}

/** Every so many units; only what divides the next larger unit, so that windows begin at the same times each day or year. */
function readEvery(words: readonly string[], count: number, unit: string): string | undefined {
  if (count === 1 && unitOf(unit) !== undefined) return unitOf(unit);
  if (unit === "minute" || unit === "hour") {
    const minutes = count * (unit === "hour" ? 60 : 1);
    if (minutes > DAY_MINUTES || minutes === 0 || DAY_MINUTES % minutes !== 0 || !Number.isInteger(minutes))
      throw refused(words, "this does not divide a day", `one of ${possible()}`);
    if (minutes === 60) return "hourly";
    if (minutes === DAY_MINUTES) return "daily";
    return minutes % 60 === 0 ? `${minutes / 60}h` : `${minutes}m`;
  }
  if (unit === "month" && count === 3) return "quarterly";
  if (unit === "month" && count === 12) return "yearly";
  if (unit === "month" && Number.isInteger(count) && count > 0 && 12 % count === 0) return `0 0 1 ${months(count)} *`;
  if (unit === "day" || unit === "week" || unit === "month" || unit === "year")
    throw refused(words, `periods of ${count} ${unit}s have no fixed place in the calendar`, `"every ${unit}"`);
  return undefined;
}

const months = (step: number): string => Array.from({ length: 12 / step }, (_, i) => 1 + i * step).join(",");

function numberOf(word: string): number | undefined {
  if (/^\d{1,4}$/.test(word)) return Number(word);
  return Object.hasOwn(NUMBERS, word) ? NUMBERS[word] : undefined;
}

/** `every day`, `every weekday`, `every Monday and Friday`, `on the 1st and 15th of each month`, `every year on 1 May`. */
function readDays(
  words: readonly string[],
  head: readonly string[],
  steady: string | undefined,
  timed: boolean,
): Days | undefined {
  switch (steady) {
    case "daily":
      return ["*", "*", "*"];
    case "weekly":
      return ["*", "*", "1"];
    case "monthly":
      return ["1", "*", "*"];
    case "quarterly":
      return ["1", "1,4,7,10", "*"];
    case "yearly":
      return ["1", "1", "*"];
    case undefined:
      break;
    default:
      if (timed) throw refused(words, "an interval within a day has no time of day of its own", `"${steady}" alone`);
      return undefined;
  }
  const plain = head.filter((word) => !["every", "each", "on", "of", "and", "a"].includes(word));
  const monthly = plain.filter((word) => !["month", "monthly", "weekly", "week", "year", "yearly"].includes(word));
  if (monthly.length === 0) return undefined;
  const weekly = monthly.map(weekdayOf);
  if (weekly.every((day) => day !== undefined)) return ["*", "*", weekly.join(",")];
  const named = monthly.filter((word) => monthOf(word) !== undefined);
  const days = monthly.filter((word) => monthOf(word) === undefined).map(dayOf);
  if (days.length === 0 || days.some((day) => day === undefined)) return undefined;
  const dates = days as readonly number[];
  if (named.length === 0) {
    if (plain.length === monthly.length) throw refused(words, "of which month?", '"on the 1st of each month"');
    if (dates.some((day) => day > 28))
      throw refused(words, "not every month has this day", '"on the 1st of each month", or "monthly"');
    return [dates.join(","), "*", "*"];
  }
  return [dates.join(","), named.map(monthOf).join(","), "*"];
}

function weekdayOf(word: string): string | undefined {
  const one = singular(word);
  if (one === "weekday" || one === "workday") return "1-5";
  if (one === "weekend") return "0,6";
  const found = WEEKDAYS.findIndex((day) => day === one || (word.length === 3 && day.startsWith(word)));
  return found < 0 ? undefined : String(found);
}

function monthOf(word: string): number | undefined {
  const found = MONTHS.findIndex((month) => month === word || (word.length === 3 && month.startsWith(word)));
  return found < 0 ? undefined : found + 1;
}

function dayOf(word: string): number | undefined {
  const [, digits] = /^(\d{1,2})(st|nd|rd|th)?$/.exec(word) ?? [];
  if (word === "first") return 1;
  const day = Number(digits);
  return day >= 1 && day <= 31 ? day : undefined;
}

/** `06:00`, `6pm`, `noon`, several with `and`. One expression has one minute for all its hours. */
function readTimes(words: readonly string[], rest: readonly string[]): { minute: string; hours: string } | undefined {
  const times = rest.filter((word) => word !== "and" && word !== "at").map(timeOf);
  if (times.length === 0 || times.some((time) => time === undefined)) {
    const wrong = rest.find(
      (word) => word !== "and" && word !== "at" && timeOf(word) === undefined && /^\d/.test(word),
    );
    if (wrong !== undefined)
      throw refused(words, `"${wrong.slice(0, 20)}" is not a time of day`, "it like 09:00 or 18:30");
    return undefined;
  }
  const known = times as readonly (readonly [number, number])[];
  const minutes = new Set(known.map(([, minute]) => minute));
  if (minutes.size > 1)
    throw refused(words, "the times of one cadence have the same minute", '"every day at 06:00 and 18:00"');
  return { minute: [...minutes].join(""), hours: known.map(([hour]) => hour).join(",") };
}

function timeOf(word: string): readonly [number, number] | undefined {
  if (word === "noon") return [12, 0];
  if (word === "midnight") return [0, 0];
  const [, hourText, minuteText, half] = /^(\d{1,2})(?::(\d\d))?(am|pm)?$/.exec(word) ?? [];
  if (hourText === undefined || (minuteText === undefined && half === undefined)) return undefined;
  const [hour, minute] = [Number(hourText), Number(minuteText ?? 0)];
  if (minute > 59 || hour > 23 || (half !== undefined && (hour < 1 || hour > 12))) return undefined;
  return [half === undefined ? hour : (hour % 12) + (half === "pm" ? 12 : 0), minute];
}
