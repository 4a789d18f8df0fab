import { readdirSync, readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { shippedCatalogue } from "./support/assessing.ts";

/** Nothing of the acceptance list is forgotten: each rule has its row in the docs, and a test or the reason why there is none. */

/** How many rules each part has, from which number on. */
const PARTS: readonly (readonly [letter: string, first: number, last: number])[] = [
  ["G", 1, 13],
  ["D", 1, 14],
  ["V", 0, 11],
  ["E", 1, 11],
  ["C", 1, 20],
  ["M", 1, 14],
  ["N", 1, 5],
  ["P", 1, 9],
  ["B", 1, 12],
];
const IDS = PARTS.flatMap(([letter, first, last]) =>
  Array.from({ length: last - first + 1 }, (_, i) => {
    const number = `${first + i}`;
    return `${letter}-${letter === "V" ? number : number.padStart(2, "0")}`;
  }),
);

const page = readFileSync(new URL("../docs/acceptance.md", import.meta.url), "utf8");
const ROWS = new Map<string, string>();
const doubled: string[] = [];
for (const [row, id = ""] of page.matchAll(/^\| ([A-Z]-\d+) \|.*$/gm)) {
  if (ROWS.has(id)) doubled.push(id);
  ROWS.set(id, row);
}

/** Titles of tests, by the file without its ends: `roles`. */
const TITLES = new Map(
  readdirSync(new URL(".", import.meta.url)).flatMap((name) => {
    const [, part] = /^acceptance\.([a-z]+)\.test\.ts$/.exec(name) ?? [];
    if (part === undefined) return [];
    const text = readFileSync(new URL(name, import.meta.url), "utf8");
    return [[part, [...text.matchAll(/\btest(?:\.each\([^)]*\))?\(\s*["'`]([A-Z]-\d+)\b/g)].map(([, id = ""]) => id)]];
  }),
);
const tested = new Set([...TITLES.values()].flat());

test("every rule of the acceptance list has its row, once, and no row is about something else", () => {
  expect(IDS).toHaveLength(110);
  expect(IDS.filter((id) => !ROWS.has(id))).toEqual([]);
  expect([...ROWS.keys()].filter((id) => !IDS.includes(id))).toEqual([]);
  expect(doubled).toEqual([]);
});

test("every rule has a test that begins with its ID, or a row that says why it cannot be machine-checked", () => {
  expect(IDS.filter((id) => !tested.has(id) && !ROWS.get(id)?.includes("not machine-checked"))).toEqual([]);
  expect([...tested].filter((id) => !IDS.includes(id))).toEqual([]);
});

test("every row names the file that holds its test", () => {
  const wrong = [...ROWS].filter(([id, row]) => {
    const named = [...row.matchAll(/\bacceptance\.([a-z]+)\b/g)].map(([, part = ""]) => part);
    return tested.has(id) && !named.some((part) => TITLES.get(part)?.includes(id));
  });
  expect(wrong.map(([id]) => id)).toEqual([]);
});

test("every requirement that a row names is in the shipped catalogue", () => {
  const known = new Set(shippedCatalogue().controls.flatMap(({ requirements }) => requirements.map(({ id }) => id)));
  const named = [...page.matchAll(/`(a\d+\.[a-z_.]+)`/g)].map(([, id = ""]) => id);
  expect(named.length).toBeGreaterThan(50);
  expect(named.filter((id) => !known.has(id))).toEqual([]);
});

test("names no company and no product of anybody", () => {
  const names =
    /codebahn|opensense|murzin|updown|scaleway|sentry|render\.com|infisical|clerk|cloudflare|discord|slack|telegram|postmark|hetzner|wrangler|dependabot/i;
  expect(names.exec(page)?.[0]).toBeUndefined();
});
