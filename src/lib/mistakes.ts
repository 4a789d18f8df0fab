import { z } from "zod";
import { didYouMean } from "./nearest.ts";

/**
 * What is wrong with a file, in words for people. Unless it is asked for, no text says what stands in the file, as it could
 * be a secret: but for a plain word where one of a few is expected.
 */

type Path = readonly PropertyKey[];

export interface Mistake {
  /** Where, from the top of the file or of the collector. */
  readonly path: Path;
  readonly text: string;
}

/** Whether a text says what was found: never where the file could hold a secret. */
export type Found = "hidden" | "shown";

/**
 * What a schema found wrong, a mistake each. `extra` are keys that are known at the top beside those of the schema, for
 * suggestions. The input must have been reported (`reportInput`) for what is missing to be told from what is wrong.
 */
export function mistakesOf(
  error: z.ZodError,
  schema: unknown,
  extra: readonly string[] = [],
  found: Found = "hidden",
): Mistake[] {
  return error.issues.flatMap((issue) => mistakes(issue, [], schema, extra, found));
}

function mistakes(
  issue: z.core.$ZodIssue,
  above: Path,
  schema: unknown,
  extra: readonly string[],
  found: Found,
): Mistake[] {
  const path = [...above, ...issue.path];
  if (issue.code === "unrecognized_keys") {
    const known = [...keysAt(schema, path), ...(path.length === 0 ? extra : [])];
    return issue.keys.map((key) => ({ path: [...path, key], text: `unknown key${didYouMean(key, known)}` }));
  }
  if (issue.code === "invalid_union") {
    if (issue.input === undefined) {
      const kinds = new Set(
        issue.errors.flat().map((inner) => (inner.code === "invalid_type" ? KINDS[inner.expected] : "")),
      );
      return [{ path, text: `is missing; expected ${[...kinds].filter(Boolean).join(" or ")}` }];
    }
    // What was tried and fits in kind says more than that nothing fits.
    const branches = issue.errors.filter((issues) => !issues.some(isOtherKind));
    const [branch] = branches;
    if (branch) return branch.flatMap((inner) => mistakes(inner, path, schema, extra, found));
    const texts = new Set(issue.errors.flat().map((inner) => textOf(inner, found)));
    return [{ path, text: [...texts].join(", or ") }];
  }
  if (issue.code === "invalid_key") {
    return issue.issues.map((inner) => ({ path, text: `the name of this key: ${textOf(inner, found)}` }));
  }
  return [{ path, text: textOf(issue, found) }];
}

const isOtherKind = (issue: z.core.$ZodIssue) => issue.path.length === 0 && issue.code === "invalid_type";

const KINDS: Readonly<Record<string, string>> = {
  string: "text",
  number: "a number",
  int: "a whole number",
  boolean: "true or false",
  array: "a list",
  object: "keys with values",
  record: "keys with values",
};

function textOf(issue: z.core.$ZodIssue, found: Found): string {
  switch (issue.code) {
    case "invalid_type": {
      const expected = KINDS[issue.expected] ?? issue.expected;
      if (issue.input === undefined) return `is missing; expected ${expected}`;
      return `expected ${expected}, found ${kindOf(issue.input)}${issue.expected === "string" && typeof issue.input === "number" ? "; put it in quotes" : ""}`;
    }
    case "invalid_value":
      return `expected ${issue.values.map((value) => String(value)).join(", ")}${foundInWords(issue.input, issue.values, found)}`;
    case "too_small":
      return Number(issue.minimum) === 1 && issue.origin === "string"
        ? "expected some text, found none"
        : `expected at least ${issue.minimum}${unitOf(issue.origin)}`;
    case "too_big":
      return `expected at most ${issue.maximum}${unitOf(issue.origin)}`;
    default:
      return issue.message;
  }
}

/** No digits, no upper case within, not long: a word that a person chose to mean something. */
const PLAIN_WORD = /^[A-Za-z][a-z]{0,15}(?:-[a-z]{1,15})?$/;

const LONGEST_SHOWN = 60;

function foundInWords(input: unknown, values: readonly unknown[], found: Found): string {
  if (found === "shown" && typeof input !== "string") return `, found ${kindOf(input)}`;
  if (typeof input !== "string") return "";
  if (found === "shown") {
    const cut = input.length > LONGEST_SHOWN ? `${input.slice(0, LONGEST_SHOWN)}…` : input;
    return `, found "${cut}"${didYouMean(input, values.map(String))}`;
  }
  if (!PLAIN_WORD.test(input)) return "";
  return `, found "${input}"${didYouMean(input, values.map(String))}`;
}

const unitOf = (origin: string) => (origin === "string" ? " characters" : origin === "array" ? " items" : "");

function kindOf(value: unknown): string {
  if (value === null) return "nothing";
  if (Array.isArray(value)) return "a list";
  return KINDS[typeof value] ?? typeof value;
}

/** Keys that a schema knows at a path, whichever of its alternatives has keys there. */
function keysAt(schema: unknown, path: Path): string[] {
  let found = unwrap(schema);
  for (const key of path) {
    const [object, list, record] = [pick(found, z.ZodObject), pick(found, z.ZodArray), pick(found, z.ZodRecord)];
    found = unwrap(object?.shape[String(key)] ?? list?.element ?? record?.valueType);
  }
  return Object.keys(pick(found, z.ZodObject)?.shape ?? {});
}

function pick<T>(schema: unknown, kind: abstract new (...args: never[]) => T): T | undefined {
  const options = schema instanceof z.ZodUnion ? schema.options.map(unwrap) : [schema];
  return options.find((option): option is T => option instanceof kind);
}

/** A schema without what only says how it is filled in or worked on afterwards. */
export function unwrap(schema: unknown): unknown {
  let inner = schema;
  for (;;) {
    if (inner instanceof z.ZodDefault || inner instanceof z.ZodOptional || inner instanceof z.ZodPrefault)
      inner = inner.unwrap();
    else if (inner instanceof z.ZodPipe) inner = inner.in;
    else return inner;
  }
}
