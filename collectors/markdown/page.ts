import type { Exactness } from "../incident-log/exactness.ts";
import {
  type ItemRules,
  LISTS,
  type ListName,
  type Lists,
  readLists,
  type WrittenItem,
  type WrittenValue,
} from "../incident-log/items.ts";
import { cleanText, isUnknown, readCount, readMarks, readYesNo } from "../incident-log/text.ts";
import { readClock, readWrittenTime, type SettledTime, settleTime } from "../incident-log/times.ts";
import { type Field, MAX_VALUE, type NestedField, plainKey } from "./front-matter.ts";
import type { Section } from "./sections.ts";
import type { Term } from "./vocabulary.ts";

const MAX_MARKS = 50;
/** By how much later than in UTC a day ends where it ends last. */
const WESTERNMOST = 12 * 3_600_000;

/** One record of a file: its fields, its sections, and how to read them. */
export interface Page {
  readonly fields: readonly Field[];
  /** Lists of the front matter. */
  readonly nested?: readonly NestedField[];
  /** Lines that the front matter has, its fences included. */
  readonly bodyStart?: number;
  /** The sections below the heading that names the record. */
  readonly sections: readonly Section[];
  readonly heading: string | undefined;
  /** Line that a problem with the whole record names. */
  readonly line: number;
  readonly zone: string | undefined;
  readonly words: ReadonlyMap<Term, readonly string[]>;
}

/** What is wrong with a page. `terms`: those that the place stands for; left out where it is no single value. */
export interface PageProblem {
  readonly line: number;
  readonly message: string;
  readonly terms?: readonly Term[];
}

/** Reads single terms of a page and gathers what is wrong with them. */
export class PageReader {
  readonly problems: PageProblem[] = [];
  readonly #byKey = new Map<string, Field>();
  readonly #nested = new Map<string, NestedField>();
  readonly #page: Page;

  constructor(page: Page) {
    this.#page = page;
    for (const field of page.fields) {
      const key = plainKey(field.key);
      const first = this.#byKey.get(key);
      if (!first) this.#byKey.set(key, field);
      else if (first.value !== field.value) this.#repeated(field, first);
    }
    for (const list of page.nested ?? []) {
      const key = plainKey(list.key);
      const first = this.#nested.get(key) ?? this.#byKey.get(key);
      if (!first) this.#nested.set(key, list);
      else if (first.line !== list.line) this.#repeated(list, first);
      else this.#nested.set(key, list);
    }
  }

  /** The field of a term, unless it is absent or empty. */
  field(term: Term): Field | undefined {
    return this.#fields(term)[0];
  }

  /** Text of a term; null where it is absent, or a placeholder nobody filled in. */
  text(term: Term): string | null {
    const field = this.field(term);
    return field && !isUnknown(field.value) ? cleanText(field.value) || null : null;
  }

  severity(): string | null {
    const field = this.field("severity");
    if (field && /^\w+ \/ \w+$/.test(field.value)) {
      this.#report(field, `expected one severity, found "${cleanText(field.value)}"; leave the one that applies`);
      return null;
    }
    return this.text("severity");
  }

  /** Time of a term; null where it is absent or cannot be placed, which is then a problem. */
  time(term: Term): SettledTime | null {
    // `resolved: true` says that, not when; the time may stand under another word.
    const field = this.#fields(term).find(({ value }) => !isUnknown(value) && !/^(true|false|yes|no)$/i.test(value));
    return field ? this.#settle(field, field.value) : null;
  }

  /**
   * Day of a review: a date alone is precise enough. Where no zone is declared it counts from its start in UTC, and may have
   * ended half a day later than there.
   */
  day(term: Term): SettledTime | null {
    const field = this.field(term);
    if (!field || isUnknown(field.value)) return null;
    const { zone } = this.#page;
    if (zone !== undefined || readWrittenTime(field.value).is !== "date") return this.#settle(field, field.value);
    const day = this.#settle(field, field.value, "UTC");
    return day && { at: day.at, precision: day.precision + WESTERNMOST };
  }

  /** Marks of a term, as a list or with commas between them. */
  marks(term: Term): string[] {
    const field = this.field(term);
    if (!field) return [];
    const marks = readMarks(field.value);
    if (field.value.length < MAX_VALUE && marks.length <= MAX_MARKS) return marks;
    this.#report(field, `expected at most ${MAX_MARKS} short words; only the first were read`);
    return marks.slice(0, MAX_MARKS);
  }

  /** Number of a term; null where it is absent. What is no number is a problem. */
  count(term: Term, read = readCount): number | null {
    const field = this.field(term);
    if (!field || isUnknown(field.value)) return null;
    const count = read(field.value);
    // Status pages list under this key what is affected, not how many.
    const listed = count === undefined && term === "affected" && plainKey(field.key) === "affected";
    if (count === undefined && !listed)
      this.#report(field, `${cleanText(field.key)}: expected a number, found "${cleanText(field.value).slice(0, 60)}"`);
    return count ?? null;
  }

  /** Lists of the front matter, of those terms that may have one. */
  lists(exactness: Exactness): Lists {
    const written: Partial<Record<ListName | "impact", readonly WrittenItem[]>> = {};
    for (const term of LISTS) written[term] = this.#items(term);
    const impact = (["confidentiality", "integrity", "availability"] as const).flatMap((term): WrittenValue[] => {
      const field = this.field(term);
      return field ? [{ key: term, text: field.value, line: field.line }] : [];
    });
    const nested = this.#list("impact")?.items ?? [];
    const whole = nested.flatMap(({ values }) => (typeof values === "string" ? [] : values));
    if (impact.length + whole.length > 0)
      written.impact = [{ line: (whole[0] ?? impact[0])?.line ?? 1, values: [...whole, ...impact] }];
    const rules: ItemRules = {
      settle: (text) => settleTime(readWrittenTime(text), cleanText(text), this.#page.zone),
      report: (line, message, list) => this.#tell(line, message, [list, ...this.#termsOf(list)]),
    };
    return readLists(written, rules, exactness);
  }

  #list(term: Term): NestedField | undefined {
    const keys = this.#page.words.get(term) ?? [];
    return keys.flatMap((key) => this.#nested.get(key) ?? [])[0];
  }

  #items(term: ListName): readonly WrittenItem[] {
    const list = this.#list(term);
    if (list) return list.items;
    const field = this.field(term);
    if (!field || isUnknown(field.value) || /^(none|no)$/i.test(field.value)) return [];
    // Below the heading it is prose, as anybody may write it.
    if (field.line <= (this.#page.bodyStart ?? 0))
      this.#report(field, `${cleanText(field.key)}: expected a list, found "${cleanText(field.value).slice(0, 60)}"`);
    return [];
  }

  personalData(): "yes" | "no" | null {
    const field = this.field("personalData");
    if (!field || isUnknown(field.value)) return null;
    const answer = readYesNo(field.value);
    if (!answer) this.#report(field, `${cleanText(field.key)}: expected yes or no, found "${cleanText(field.value)}"`);
    return answer ?? null;
  }

  /** `Duration: <start> to <end>`, where an end without date belongs to the day of the start, and a start without date to `Date:`. */
  duration(): { start: SettledTime | null; end: SettledTime | null } {
    const field = this.field("duration");
    const parts = field?.value.split(/\s+(?:to|until|bis)\s+|\s*(?:–|—|->|→)\s*|\s+-\s+/);
    // "45 minutes" is a length: true, and no time.
    if (!field || parts?.length !== 2 || parts.some(isUnknown) || !parts.some((part) => /\d:\d\d/.test(part))) {
      return { start: null, end: null };
    }
    const [from = "", to = ""] = parts;
    const day = (text: string | undefined) => /^\d{4}-\d\d-\d\d/.exec(text ?? "")?.[0];
    const zoneOf = (text: string) => readClock(text.replace(/^\d{4}-\d\d-\d\d[T\s]+/i, ""))?.rest ?? "";
    const date = day(this.field("date")?.value);
    // The zone is written once, after the end or after the start.
    const complete = (text: string, onDay: string | undefined, zone: string) => {
      const dated = readClock(text) && onDay ? `${onDay} ${text}` : text;
      return zoneOf(text) === "" && zone !== "" ? `${dated} ${zone}` : dated;
    };
    const start = this.#settle(field, complete(from, date, zoneOf(to)));
    const end = this.#settle(field, complete(to, day(from) ?? date, zoneOf(from)));
    if (start !== null && end !== null && end.at + end.precision <= start.at) {
      this.#report(field, `the end of "${cleanText(field.value)}" is before its start; write the end with its date`);
      return { start, end: null };
    }
    return { start, end };
  }

  #fields(term: Term): Field[] {
    const named = (this.#page.words.get(term) ?? []).map((key) => this.#byKey.get(key));
    return named.filter((field) => field !== undefined && field.value !== "") as Field[];
  }

  #settle(field: Field, text: string, zone = this.#page.zone): SettledTime | null {
    const settled = settleTime(readWrittenTime(text), cleanText(text), zone);
    if (typeof settled === "object") return settled;
    this.#report(field, `${cleanText(field.key)}: ${settled}`);
    return null;
  }

  #repeated({ key, line }: Pick<Field, "key" | "line">, first: { readonly line: number }): void {
    const message = `"${cleanText(key)}" stands here and in line ${first.line}; the first counts, remove one`;
    this.#tell(line, message, this.#termsOf(key));
  }

  #report(field: Field, message: string): void {
    this.#tell(field.line, message, this.#termsOf(field.key));
  }

  /** All terms that a key can stand for, whichever was asked for. */
  #termsOf(key: string): Term[] {
    const wanted = plainKey(key);
    return [...this.#page.words].flatMap(([term, keys]) => (keys.includes(wanted) ? [term] : []));
  }

  /** One field may stand for several terms; what is wrong with it is said once. */
  #tell(line: number, message: string, terms: readonly Term[]): void {
    const same = this.problems.findIndex((one) => one.line === line && one.message === message);
    const told = same < 0 ? [] : this.problems[same]?.terms;
    const all = told && [...new Set([...told, ...terms])];
    const problem = { line, message, ...(all === undefined ? {} : { terms: all }) };
    if (same < 0) this.problems.push(problem);
    else this.problems[same] = problem;
  }
}
