import { CustodyError } from "./errors.ts";

/**
 * The one canonical JSON form of everything hashed: RFC 8785 (JCS).
 *
 * Stricter than the RFC where a reader in another language could differ: numbers are integers below 2^53 (decimals are
 * strings in Custody), and `undefined`, dates, class instances and lone surrogates are errors instead of surprises.
 */
export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };

/** Deepest nesting accepted; hostile input could otherwise exhaust the stack. */
const MAX_DEPTH = 64;

const LONE_SURROGATE = /[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/;

function fail(path: string, found: string): never {
  throw new CustodyError("INPUT_INVALID", `not canonical JSON at ${path || "the top"}: ${found}`);
}

function text(value: string, path: string): string {
  if (LONE_SURROGATE.test(value)) fail(path, "a string with half a UTF-16 pair");
  return JSON.stringify(value);
}

function write(value: unknown, path: string, depth: number): string {
  if (depth > MAX_DEPTH) fail(path, `nested deeper than ${MAX_DEPTH}`);
  if (value === null) return "null";
  switch (typeof value) {
    case "boolean":
      return value ? "true" : "false";
    case "number":
      if (!Number.isSafeInteger(value)) fail(path, `the number ${value} (integers below 2^53 only)`);
      return Object.is(value, -0) ? "0" : String(value);
    case "string":
      return text(value, path);
    case "object":
      break;
    default:
      fail(path, typeof value);
  }
  if (Array.isArray(value)) {
    return `[${value.map((item, i) => write(item, `${path}[${i}]`, depth + 1)).join(",")}]`;
  }
  const prototype = Object.getPrototypeOf(value);
  if (prototype !== Object.prototype && prototype !== null) fail(path, "an object of a class");
  const record = value as Record<string, unknown>;
  // RFC 8785 §3.2.3 sorts by UTF-16 code units, which is what a default sort compares.
  const members = Object.keys(record)
    .sort()
    .map((key) => `${text(key, path)}:${write(record[key], `${path}.${key}`, depth + 1)}`);
  return `{${members.join(",")}}`;
}

/** Canonical text of a value. Throws INPUT_INVALID with the path of what JSON cannot say without doubt. */
export function canonical(value: unknown): string {
  return write(value, "", 0);
}

const encoder = new TextEncoder();
const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** Canonical UTF-8 bytes of a value. */
export function canonicalBytes(value: unknown): Uint8Array {
  return encoder.encode(canonical(value));
}

/**
 * Reads canonical JSON and refuses every other spelling of it: duplicate keys, white space, other key orders, other
 * escapes, fractions. Two different byte strings can therefore never read as the same value.
 */
export function parseCanonical(bytes: Uint8Array): Json {
  let source: string;
  let value: unknown;
  try {
    source = decoder.decode(bytes);
    value = JSON.parse(source);
  } catch (cause) {
    throw new CustodyError("INPUT_INVALID", `not JSON in UTF-8: ${(cause as Error).message}`, { cause });
  }
  if (canonical(value) !== source) throw new CustodyError("INPUT_INVALID", "JSON, but not in its canonical form");
  return value as Json;
}
