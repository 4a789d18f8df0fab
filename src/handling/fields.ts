import type { EntryOf } from "../evidence/entry.ts";

/**
 * The fields of a custody record: what anybody who is to rely on a piece of evidence asks about it. Identifiers, times and
 * counts stay in the log for ever; words of people are in a blob that can be disposed of.
 */

/** Where a field is kept, and how it is written: `words` in the blob; all others in the record itself. */
export type FieldKind = "words" | "person" | "time" | "count" | "label" | "yes-no" | "zone" | "digest";

/** Of what a record without it is incomplete; `optional`: of nothing. */
export type Expected = "always" | "file" | "physical" | "optional";

export interface Field {
  readonly name: string;
  /** For people: what it says, in a few words. */
  readonly label: string;
  readonly kind: FieldKind;
  readonly expected: Expected;
}

const field = (name: string, label: string, kind: FieldKind, expected: Expected = "optional"): Field => ({
  name,
  label,
  kind,
  expected,
});

/** In the order in which a custody sheet prints them. */
export const FIELDS: readonly Field[] = [
  field("title", "what it is", "words", "always"),
  field("description", "description", "words"),
  field("purpose", "what it is kept for", "words"),
  field("source", "where it comes from", "words", "always"),
  field("account", "account or tenant", "words"),
  field("host", "machine", "words"),
  field("url", "address asked", "words"),
  field("query", "what was asked for (query, filter)", "words"),
  field("windowFrom", "covers the time from", "time"),
  field("windowTo", "covers the time to", "time"),
  field("rows", "number of rows or records in it", "count"),
  field("sourceTotal", "the source's own count", "count"),
  field("method", "how it was taken", "label", "always"),
  field("tool", "program and version", "words", "file"),
  field("toolConfig", "hash of the program's settings", "label"),
  field("collectedBy", "collected by", "person", "always"),
  field("authorisedBy", "on whose authority", "person", "always"),
  field("legalBasis", "legal basis", "words"),
  field("sourceZone", "time zone of the source", "zone"),
  field("clockOffset", "source's clock was ahead of ours by (ms)", "count"),
  field("format", "original format", "words"),
  field("secondHash", "second hash", "label"),
  field("location", "where it lies", "words", "physical"),
  field("serial", "make and serial number", "words"),
  field("seal", "seal or bag number", "words"),
  field("encryption", "how it is encrypted where it lies", "words"),
  field("classification", "classification", "label"),
  field("personalData", "holds personal data", "yes-no", "always"),
  field("changes", "changes that could not be avoided, and why", "words"),
  field("changedBy", "who made these changes", "person"),
  field("disposalMethod", "how it was disposed of", "words"),
];

const KNOWN = new Map(FIELDS.map((one) => [one.name, one]));
export const FIELD_NAMES: readonly string[] = FIELDS.map(({ name }) => name);

export function fieldNamed(name: string): Field | undefined {
  return KNOWN.get(name);
}

/** How a thing may have been taken; `other` needs words. */
export const METHODS = [
  "api",
  "export",
  "image",
  "copy",
  "screenshot",
  "photograph",
  "recording",
  "upload",
  "seizure",
  "handed-in",
  "other",
] as const;

export type FieldValue = string | number | boolean | readonly string[];

/** What a record says about fields, by name; those that this version does not know are left alone. */
export function fieldsIn(
  values: EntryOf<"custody">["values"],
  words: Readonly<Record<string, string | readonly string[]>>,
): Map<string, FieldValue> {
  const found = new Map<string, FieldValue>();
  for (const { name, kind } of FIELDS) {
    const from = kind === "words" ? words : (values ?? {});
    const value = Object.hasOwn(from, name) ? from[name] : undefined;
    if (value !== undefined) found.set(name, value);
  }
  return found;
}

/** True for what says something: spaces, and a field that was emptied, say nothing. */
export function isFilled(value: FieldValue | undefined): boolean {
  return typeof value === "string" ? value.trim() !== "" : value !== undefined;
}
