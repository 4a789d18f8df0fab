import { canonicalBytes } from "../lib/canonical.ts";
import { viewsOf } from "./escapes.ts";
import { compilePattern } from "./pattern.ts";
import { addresses, emails, ibans, phones, READS, type Stretch } from "./personal-data.ts";

/** Masking of personal data by rule, before anything is stored. What a rule hides is gone for good: no digest of it is kept. */

export const MASKING_KINDS = ["email", "iban", "phone", "ip", "pattern"] as const;

/** A rule as it is configured and recorded. */
export interface MaskingRule {
  readonly id: string;
  readonly kind: (typeof MASKING_KINDS)[number];
  /** With kind `pattern`: what to hide, in the dialect of `compilePattern`. */
  readonly pattern?: string | undefined;
  /** What stands in place of what was hidden; `(masked:<id>)` unless given. */
  readonly replace?: string | undefined;
  /** Only what these collectors take; without it all but those of the family `incident-log`. */
  readonly collectors?: readonly string[] | undefined;
  readonly title?: string | undefined;
}

/** The rules that hold for a collector. An incident log is evidence of who did what, so it is masked only where a rule names it. */
export function rulesFor(
  rules: readonly MaskingRule[],
  instance: { readonly id: string; readonly family: string },
): MaskingRule[] {
  return rules.filter(({ collectors }) =>
    collectors === undefined ? instance.family !== "incident-log" : collectors.includes(instance.id),
  );
}

/** The bytes of a rule as they are recorded: all that decides what it hides, and what it is called. */
export function encodeRule({ id, kind, pattern, replace, title }: MaskingRule): Uint8Array {
  return canonicalBytes({
    v: 1,
    rule: id,
    kind,
    ...(kind === "pattern" ? { pattern: pattern ?? "" } : { reads: READS[kind] }),
    replace: replace ?? `(masked:${id})`,
    ...(title === undefined ? {} : { title }),
  });
}

export type Search = (text: string) => Iterable<Stretch>;

/** How to look for what a rule hides. Throws INPUT_INVALID for a pattern that is not taken. */
export function searchOf({ kind, pattern = "" }: MaskingRule): Search {
  switch (kind) {
    case "email":
      return emails;
    case "iban":
      return ibans;
    case "phone":
      return phones;
    case "ip":
      return addresses;
    case "pattern": {
      const compiled = compilePattern(pattern);
      return function* (text) {
        for (const { 0: found, index } of text.matchAll(compiled)) yield { from: index, to: index + found.length };
      };
    }
  }
}

/** Where a search finds something, be it written plainly or with the escapes of JSON or of an address. */
export function* stretches(text: string, searches: readonly { readonly rule: string; readonly search: Search }[]) {
  if (searches.length === 0) return;
  const views = viewsOf(text);
  for (const { rule, search } of searches) {
    for (const found of search(text)) {
      // A piece of an escape is no character of what is hidden, and half an escape would break the text around it.
      const { from, to } = views.reduce((at, view) => view.align(at.from, at.to), found);
      if (from < to) yield { from, to, rule };
    }
    for (const view of views) for (const { from, to } of search(view.text)) yield { ...view.span(from, to), rule };
  }
}
