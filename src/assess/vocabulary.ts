import { Fact, type FactKind } from "../evidence/fact.ts";

/**
 * The closed list of results. They are never added up to one verdict. `no_target` is also the word for a recommended
 * practice that is not followed: no rule sets it, so it cannot be `not_met`.
 */
export const RESULTS = [
  "met",
  "not_met",
  "pending",
  "no_data",
  "indeterminate",
  "invalid",
  "not_applicable",
  "nil",
  "waived",
  "no_target",
] as const;
export type ResultWord = (typeof RESULTS)[number];

/** Why a requirement is one. Only the first three can be `not_met`. */
export const BASES = ["policy", "law", "contract", "recommended"] as const;
export type Basis = (typeof BASES)[number];

/** How old evidence may grow before it is replaced; `on-event` has no clock of its own. */
export const FRESHNESS = ["hourly", "daily", "weekly", "monthly", "quarterly", "yearly", "on-event"] as const;

const shapes = new Map(Fact.options.map((option) => [option.shape.kind.value, option.shape]));

/** Every kind of fact that a reader can find, in the order of their definition. */
export const FACT_KINDS = [...shapes.keys()] as [FactKind, ...FactKind[]];

/** The fields of a kind of fact. */
export function fieldsOf(kind: FactKind): readonly string[] {
  return Object.keys(shapes.get(kind) ?? {}).filter((field) => field !== "kind");
}

/** The fields of the items of a list inside a kind of fact (the actions of a review); undefined where it is no such list. */
export function itemFieldsOf(kind: FactKind, list: string): readonly string[] | undefined {
  const field: unknown = (shapes.get(kind) as Record<string, unknown> | undefined)?.[list];
  const item = (field as { element?: { shape?: object } } | undefined)?.element?.shape;
  return item && Object.keys(item);
}

/** The value of a field, whatever the kind of the fact. */
export function fieldOf(fact: Fact, field: string): unknown {
  return (fact as unknown as Readonly<Record<string, unknown>>)[field];
}

/** False for what the source left empty: null, white space, an empty list. */
export function isFilled(value: unknown): boolean {
  if (value === null || value === undefined) return false;
  if (typeof value === "string") return value.trim() !== "";
  return !Array.isArray(value) || value.length > 0;
}

/** What people call the things of a kind, one and many. */
export const NOUNS: Readonly<Record<FactKind, readonly [one: string, many: string]>> = {
  incident: ["incident", "incidents"],
  review: ["review", "reviews"],
  alert: ["alert", "alerts"],
  silence: ["silence", "silences"],
  "alert-rule": ["alert rule", "alert rules"],
  "job-run": ["job run", "job runs"],
  action: ["action", "actions"],
  event: ["report", "reports"],
  decision: ["decision", "decisions"],
  activity: ["exercise, training or review", "exercises, trainings and reviews"],
  evidence: ["piece of evidence", "pieces of evidence"],
};

/** A field in plain words: `personalData` is "personal data", `detectedAt` is "time detected". */
export function wordsOf(field: string): string {
  const words = field.replace(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`);
  return words.endsWith(" at") ? `time ${words.slice(0, -3)}` : words;
}

/** `1 incident`, `3 incidents`. */
export function counted(n: number, [one, many]: readonly [string, string]): string {
  return `${n} ${n === 1 ? one : many}`;
}

/** `none of the 3 incidents is one`, `the only incident is not one`. */
export const noneOf = (n: number, [one, many]: readonly [string, string]): string =>
  n === 1 ? `the only ${one} is not one` : `none of the ${n} ${many} is one`;
