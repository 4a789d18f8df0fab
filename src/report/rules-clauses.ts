import { canonical } from "../lib/canonical.ts";
import type { Policy } from "../policy/policy.ts";
import { clean } from "./clean.ts";
import { byText } from "./order.ts";
import type { Clause, RulesChanges } from "./rules-shape.ts";

/**
 * Rules clause by clause, each under the place where it stands: whatever a check reads is here, also what no table of the report
 * has a column for. Pure.
 */

/** Printed by tables of their own, with every member that they have; or no promise. */
const TABLED: ReadonlySet<string> = new Set([
  "$schema",
  "policy",
  "version",
  "title",
  "note",
  "zone",
  "document",
  "calendars",
  "contracts",
  "choices",
  "exceptions",
  "acceptedGaps",
]);

/** Everything beside the tables, in the order of the rules. */
export function clausesOf(policy: Policy): Clause[] {
  return Object.entries(policy)
    .filter(([key]) => !TABLED.has(key))
    .flatMap(([key, value]) => partsOf(key, value))
    .map(({ path, value }) => ({ path, text: clean(inWords(value), 2_000) }));
}

/** Which places of the rules differ, whatever table prints them; the version's own name and number aside. */
export function changesBetween(before: Policy, after: Policy): Omit<RulesChanges, "version" | "entry"> {
  const placesIn = (policy: Policy) =>
    new Map(
      Object.entries(policy)
        .filter(([key]) => !["$schema", "policy", "version"].includes(key))
        .flatMap(([key, value]) => partsOf(key, value))
        .map(({ path, value }) => [path, canonical(JSON.parse(JSON.stringify(value ?? null)))]),
    );
  const [was, is] = [placesIn(before), placesIn(after)];
  return {
    added: [...is.keys()].filter((path) => !was.has(path)).sort(byText),
    changed: [...is.keys()].filter((path) => was.has(path) && was.get(path) !== is.get(path)).sort(byText),
    removed: [...was.keys()].filter((path) => !is.has(path)).sort(byText),
  };
}

interface Place {
  readonly path: string;
  readonly value: unknown;
}

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null && !Array.isArray(value);
const isList = (value: unknown): value is readonly Readonly<Record<string, unknown>>[] =>
  Array.isArray(value) && value.length > 0 && value.every(isObject);

/** A rule is a place of its own: one of a list by its name, one of a record by its key; what stands beside them is another. */
function partsOf(path: string, value: unknown, inner = false): Place[] {
  if (value === undefined || (Array.isArray(value) && value.length === 0)) return [];
  if (isList(value)) return namesOf(value).map((name, i) => ({ path: `${path}.${name}`, value: value[i] }));
  if (!isObject(value) || inner) return [{ path, value }];
  const entries = Object.entries(value).filter(([, one]) => one !== undefined);
  const isPlace = ([, one]: [string, unknown]) => isList(one) || isObject(one);
  const own = entries.filter((entry) => !isPlace(entry));
  return [
    ...(own.length === 0 ? [] : [{ path, value: Object.fromEntries(own) }]),
    ...entries.filter(isPlace).flatMap(([key, one]) => partsOf(`${path}.${key}`, one, true)),
  ];
}

/** Of two that bear one name the second says so. */
function namesOf(list: readonly Readonly<Record<string, unknown>>[]): string[] {
  const names = list.map(nameOf);
  return names.map((name, i) => (names.indexOf(name) === i ? name : `${name}#${i + 1}`));
}

function nameOf(one: Readonly<Record<string, unknown>>, place: number): string {
  const name = one.id ?? one.label ?? one.name ?? one.law ?? one.word;
  return typeof name === "string" ? name : String(place + 1);
}

/** `every: 7d; for: Sev1, Sev2; “as the procedure says it”`. */
function inWords(value: unknown, inside = false): string {
  if (Array.isArray(value)) return value.length === 0 ? "none" : value.map((one) => inWords(one, true)).join(", ");
  if (!isObject(value)) return value === true ? "yes" : value === false ? "no" : String(value);
  const entries = Object.entries(value).filter(
    ([key, one]) =>
      one !== undefined && !["says", "id", "label"].includes(key) && !(Array.isArray(one) && one.length === 0),
  );
  const text = [
    ...entries.map(([key, one]) => `${key}: ${inWords(one, true)}`),
    ...(typeof value.says === "string" ? [`“${value.says}”`] : []),
  ].join("; ");
  return inside ? `(${text})` : text;
}
