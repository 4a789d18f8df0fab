import { didYouMean } from "../../src/lib/nearest.ts";
import { cleanText, isUnknown, readCount } from "./text.ts";
import type { SettledTime } from "./times.ts";

/** One entry of a list inside a record: its keys and what stands behind each, or one bare word. */
export interface WrittenItem {
  /** 1-based where the record has lines. */
  readonly line: number;
  readonly values: readonly WrittenValue[] | string;
}

export interface WrittenValue {
  readonly key: string;
  /** Null where it is no single value: a list, or a reference to another one. */
  readonly text: string | null;
  readonly line: number;
}

/** What the source knows of reading: where a time without a zone is, and how to tell what is wrong. */
export interface ItemRules {
  settle(text: string): SettledTime | string;
  /** `list`: the one that it is in; `impact` is read as one too. */
  report(line: number, message: string, list: ListName | "impact"): void;
}

/** Lists that a record of an incident may have. */
export const LISTS = ["severities", "escalations", "messages", "measures", "breaches", "lawSteps"] as const;
export type ListName = (typeof LISTS)[number];

const plain = (key: string) => key.toLowerCase().replace(/[^\p{L}\p{N}]/gu, "");

/** Reads the keys of one entry and remembers which it was asked for: the others are nothing that an entry can say. */
export class ItemReader {
  readonly #item: WrittenItem;
  readonly #rules: ItemRules;
  readonly #where: string;
  readonly #list: ListName | "impact";
  readonly #byKey = new Map<string, WrittenValue>();
  readonly #asked: string[] = [];

  /** `bare` is the key that a single word stands for. */
  constructor(item: WrittenItem, rules: ItemRules, list: ListName | "impact", where: string, bare: string) {
    this.#item = item;
    this.#rules = rules;
    this.#list = list;
    this.#where = where;
    const { line } = item;
    const values =
      typeof item.values === "string" ? [{ key: bare, text: item.values, line } satisfies WrittenValue] : item.values;
    for (const value of values) {
      const key = plain(value.key);
      if (this.#byKey.has(key)) this.report(`"${cleanText(value.key)}" stands twice; the first counts`, value.line);
      else this.#byKey.set(key, value);
    }
  }

  report(message: string, line = this.#item.line): void {
    this.#rules.report(line, `${this.#where}: ${message}`, this.#list);
  }

  text(...keys: readonly [string, ...string[]]): string | null {
    const found = this.#value(keys);
    return found === undefined ? null : cleanText(found.text) || null;
  }

  time(...keys: readonly [string, ...string[]]): SettledTime | null {
    const found = this.#value(keys);
    if (found === undefined) return null;
    const settled = this.#rules.settle(found.text);
    if (typeof settled === "object") return settled;
    this.report(`${keys[0]}: ${settled}`, found.line);
    return null;
  }

  count(...keys: readonly [string, ...string[]]): number | null {
    const found = this.#value(keys);
    if (found === undefined) return null;
    const count = readCount(found.text);
    if (count === undefined) this.report(`${keys[0]}: expected a number, found ${shown(found.text)}`, found.line);
    return count ?? null;
  }

  /** One of the words of a closed list. */
  word<W extends string>(words: Readonly<Record<W, true>>, ...keys: readonly [string, ...string[]]): W | null {
    const found = this.#value(keys);
    if (found === undefined) return null;
    const said = found.text.trim().toLowerCase();
    if (Object.hasOwn(words, said)) return said as W;
    const expected = Object.keys(words).join(", ");
    this.report(`${keys[0]}: expected one of ${expected}; found ${shown(found.text)}`, found.line);
    return null;
  }

  /** Names every key that nobody asked for. */
  end(): void {
    for (const [key, value] of this.#byKey) {
      if (this.#asked.some((name) => plain(name) === key)) continue;
      const known = this.#asked.join(", ");
      const meant = didYouMean(value.key, this.#asked);
      this.report(`there is no key ${shown(value.key)} here${meant}; it may have ${known}`, value.line);
    }
  }

  #value(keys: readonly string[]): { text: string; line: number } | undefined {
    this.#asked.push(...keys);
    const [value, further] = keys.flatMap((key) => this.#byKey.get(plain(key)) ?? []);
    if (further) this.report(`${keys.join(" and ")} mean the same; the first counts, remove one`, further.line);
    if (value === undefined || value.text === "") return undefined;
    if (value.text === null) this.report(`${value.key}: expected one value, found more or a reference`, value.line);
    return value.text === null || isUnknown(value.text) ? undefined : { text: value.text, line: value.line };
  }
}

export const shown = (text: string) => `"${cleanText(text).slice(0, 60)}"`;
