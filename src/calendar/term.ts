import { CustodyError } from "../lib/errors.ts";
import { nearest } from "../lib/nearest.ts";

/**
 * How long something may take, or how often it must happen. Clock time (milliseconds) and business time are never mixed: a
 * business day is not 24 hours. `bh` counts hours (whole minutes, so 4.5 is possible), `bd` days, `mo` and `y` calendar months
 * and years.
 */
export type TermUnit = "ms" | "bh" | "bd" | "mo" | "y";

/** A term with a number. `within` includes the due instant, `under` does not; `every` is for what must be repeated. */
export interface NumberedTerm {
  readonly op: "within" | "under" | "every";
  /** Greater than zero. */
  readonly amount: number;
  readonly unit: TermUnit;
}

/** `at-once`: the rules name no number, so the time taken can be told but not judged. */
export type Term = NumberedTerm | { readonly op: "at-once" };

const MINUTE = 60_000;

/** What each written unit means, and the largest number that a rule can sensibly mean (about ten years). */
const UNITS: Readonly<Record<string, { unit: TermUnit; times: number; most: number; words: string }>> = {
  s: { unit: "ms", times: 1_000, most: 86_400, words: "second" },
  m: { unit: "ms", times: MINUTE, most: 527_040, words: "minute" },
  h: { unit: "ms", times: 60 * MINUTE, most: 87_840, words: "hour" },
  d: { unit: "ms", times: 1_440 * MINUTE, most: 3_660, words: "day" },
  bh: { unit: "bh", times: 1, most: 5_000, words: "business hour" },
  bd: { unit: "bd", times: 1, most: 1_000, words: "business day" },
  mo: { unit: "mo", times: 1, most: 120, words: "month" },
  y: { unit: "y", times: 1, most: 10, words: "year" },
};

/** Other spellings of the units that people write. */
const SPELLINGS: Readonly<Record<string, string>> = {
  sec: "s",
  second: "s",
  min: "m",
  minute: "m",
  hr: "h",
  hour: "h",
  day: "d",
  week: "w",
  businesshour: "bh",
  businessday: "bd",
  workinghour: "bh",
  workingday: "bd",
  workday: "bd",
  month: "mo",
  year: "y",
};

/** Words that name urgency and no number. */
const AT_ONCE = new Set([
  "at once",
  "immediately",
  "immediate",
  "as soon as possible",
  "as soon as practicable",
  "asap",
  "without delay",
  "without undue delay",
  "promptly",
  "best effort",
  "no number",
]);

const OPS: Readonly<Record<string, NumberedTerm["op"]>> = {
  within: "within",
  "<=": "within",
  "≤": "within",
  under: "under",
  "<": "under",
  "less than": "under",
  every: "every",
  "once every": "every",
  "at least every": "every",
};

const FORMS =
  "`within 15m`, `under 1h`, `within 8bh` (business hours), `within 5bd` (business days), `within 1mo`, `every 60m`, `every 1bd` or `at once`";

/** Longest text that is looked at. */
const MAX_TEXT = 60;

/**
 * Reads a term as rules spell it; a number with a unit alone means `within`. A `d` is 24 hours. Throws INPUT_INVALID and says
 * what was most likely meant.
 */
export function parseTerm(text: string): Term {
  const read = termOrProblem(text);
  if (typeof read !== "string") return read;
  throw new CustodyError("INPUT_INVALID", read);
}

/** As `parseTerm`, with what is wrong in words instead of an error, for those who tell of several mistakes at once. */
export function termOrProblem(text: string): Term | string {
  const shown = `"${text.slice(0, MAX_TEXT).replace(/[^\x20-\x7e≤]/g, "?")}"`;
  const plain = text.trim().replace(/\s+/g, " ");
  const problem = (why: string, meant?: string) =>
    `${shown} ${why}; ${meant === undefined ? `expected ${FORMS}` : `write \`${meant}\``}`;
  if (text.length > MAX_TEXT) return problem("is too long for a term");
  if (AT_ONCE.has(plain.toLowerCase())) return { op: "at-once" };
  const parts = /^([a-z ]+?|<=|≤|<)? ?(\d{1,9})([.,]\d{1,3})? ?([a-z ]+?)(?: ?(\d{1,2}) ?(?:m|min))?$/i.exec(plain);
  if (parts === null) return problem("is no term", likelyForm(plain));
  const [, before = "within", digits = "", fraction, after = "", minutes] = parts;
  const op = lookUp(OPS, before.toLowerCase());
  const name = unitOf(after);
  const known = lookUp(UNITS, name);
  if (op === undefined) {
    const meant = nearest(before, Object.keys(OPS)) ?? "within";
    return problem(
      `begins with "${before}", which is none of within, under and every`,
      known && `${OPS[meant]} ${digits}${name}`,
    );
  }
  if (after === "M") return problem("could mean minutes or months", `${op} ${digits}m\` or \`${op} ${digits}mo`);
  if (name === "w") return problem("counts in weeks", `${op} ${Number(digits) * 7}d`);
  if (known === undefined) return problem(`has no unit that is known (s, m, h, d, bh, bd, mo, y)`);
  if (fraction !== undefined) return problem("has a fraction", wholeForm(op, `${digits}.${fraction.slice(1)}`, name));
  if (minutes !== undefined && (name !== "bh" || Number(minutes) > 59 || Number(minutes) === 0))
    return problem("has two numbers", name === "h" ? `${op} ${Number(digits) * 60 + Number(minutes)}m` : undefined);
  const amount = Number(digits);
  if (amount === 0 && minutes === undefined) return problem("allows no time at all", "at once");
  if (amount > known.most) return problem(`is more than ${known.most} ${known.words}s, about ten years at most`);
  return { op, amount: amount * known.times + Number(minutes ?? 0) / 60, unit: known.unit };
}

/** Words of people must not find what every object has. */
function lookUp<T>(table: Readonly<Record<string, T>>, key: string): T | undefined {
  return Object.hasOwn(table, key) ? table[key] : undefined;
}

function unitOf(written: string): string {
  const word = written.toLowerCase().replaceAll(" ", "");
  if (Object.hasOwn(UNITS, word)) return word;
  const one = word.length > 2 ? word.replace(/s$/, "") : word;
  return lookUp(SPELLINGS, one) ?? word;
}

/** The form without fraction of one with it, where it is a whole number of a smaller unit. */
function wholeForm(op: string, number: string, name: string): string | undefined {
  const smaller: Readonly<Record<string, readonly [unit: string, times: number]>> = {
    m: ["s", 60],
    h: ["m", 60],
    d: ["h", 24],
    y: ["mo", 12],
  };
  const [unit, times] = smaller[name] ?? [];
  const whole = Math.round(Number(number) * (times ?? 0) * 1000) / 1000;
  if (unit !== undefined && Number.isInteger(whole) && whole > 0) return `${op} ${whole}${unit}`;
  const minutes = Math.round(Number(number) * 60 * 1000) / 1000;
  if (name !== "bh" || !Number.isInteger(minutes) || minutes === 0) return undefined;
  return `${op} ${Math.floor(minutes / 60)}bh${minutes % 60 === 0 ? "" : `${minutes % 60}m`}`;
}

const NAMED: Readonly<Record<string, string>> = {
  "next business day": "within 1bd",
  "within the next business day": "within 1bd",
  hourly: "every 60m",
  daily: "every 24h",
  weekly: "every 7d",
  monthly: "every 1mo",
  yearly: "every 1y",
  annually: "every 1y",
  "once per business day": "every 1bd",
  "every business day": "every 1bd",
  "every hour": "every 60m",
  "every day": "every 24h",
  "every month": "every 1mo",
  "every year": "every 1y",
};

function likelyForm(plain: string): string | undefined {
  const word = plain.toLowerCase();
  const named = nearest(word, Object.keys(NAMED));
  if (named !== undefined) return NAMED[named];
  return nearest(word, [...AT_ONCE]) === undefined ? undefined : "at once";
}

/** Shortest spelling that `parseTerm` reads back. */
export function spellTerm(term: Term): string {
  if (term.op === "at-once") return "at once";
  const [count, unit] = countOf(term);
  if (unit !== "bh" || Number.isInteger(count)) return `${term.op} ${count}${unit}`;
  const minutes = Math.round(count * 60);
  return `${term.op} ${Math.floor(minutes / 60)}bh${minutes % 60}m`;
}

/** For people: `within 15 minutes`, `in less than 1 hour`, `at least every 60 minutes`. */
export function termInWords(term: Term): string {
  if (term.op === "at-once") return "at once (no number is set)";
  const amount = amountInWords(term);
  if (term.op === "within") return `within ${amount}`;
  if (term.op === "under") return `in less than ${amount}`;
  return term.unit === "bd" && term.amount === 1 ? "once every business day" : `at least every ${amount}`;
}

/** The length alone: `15 minutes`, `5 business days`, `4 business hours 30 minutes`. */
export function amountInWords(term: NumberedTerm): string {
  const [count, unit] = countOf(term);
  const whole = Math.floor(count);
  const minutes = Math.round((count - whole) * 60);
  const words = (n: number, one: string) => `${n} ${one}${n === 1 ? "" : "s"}`;
  const named = UNITS[unit]?.words ?? "";
  if (minutes === 0) return words(whole, named);
  return whole === 0 ? words(minutes, "business minute") : `${words(whole, named)} ${words(minutes, "minute")}`;
}

/** Number and unit; of clock units the largest that leaves a whole number, but hours stay hours below five days: law says 72 hours. */
function countOf({ amount, unit }: NumberedTerm): readonly [count: number, unit: string] {
  if (unit !== "ms") return [amount, unit];
  const hours = amount / (60 * MINUTE);
  if (Number.isInteger(hours) && hours >= 24 * 5 && hours % 24 === 0) return [hours / 24, "d"];
  if (Number.isInteger(hours)) return [hours, "h"];
  return amount % MINUTE === 0 ? [amount / MINUTE, "m"] : [amount / 1_000, "s"];
}

/** True for a term that only a business calendar can count. */
export function needsCalendar(term: Term): boolean {
  return term.op !== "at-once" && (term.unit === "bh" || term.unit === "bd");
}
