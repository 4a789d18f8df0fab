import { parseDuration } from "../lib/time.ts";
import { type IntakeRule, listOf } from "../policy/intake-rule.ts";

/** Whether an event is like an intake rule says. */

/** What a rule can look at. */
export interface Features {
  readonly kind: string;
  readonly instance: string;
  readonly family: string | undefined;
  readonly name: string | null;
  readonly severity: string | null;
  readonly state: string | null;
  readonly labels: Readonly<Record<string, string>>;
  /** Milliseconds from its beginning to its end; undefined while it goes on, or where nobody saw the end. */
  readonly lasted: number | undefined;
}

/** Whether a text is one of those that patterns stand for. */
export type Texts = (text: string | null | undefined) => boolean;

/** What the source does not say matches nothing. */
export function textsOf(patterns: string | readonly string[]): Texts {
  const exact = new Set(listOf(patterns).filter((one) => !one.endsWith("*")));
  const begun = listOf(patterns).flatMap((one) => (one.endsWith("*") ? [one.slice(0, -1)] : []));
  return (text) =>
    text !== null && text !== undefined && (exact.has(text) || begun.some((beginning) => text.startsWith(beginning)));
}

/** Whether an event is like a rule says: all that the rule asks for must be so. To be made once for each rule. */
export function matcherOf({ when }: IntakeRule): (event: Features) => boolean {
  const { kind = "alert", shorterThan, labels = {}, ...fields } = when;
  const longest = shorterThan === undefined ? undefined : (parseDuration(shorterThan) ?? 0);
  const own = (["instance", "family", "name", "severity", "state"] as const).flatMap((field) => {
    const patterns = fields[field];
    return patterns === undefined ? [] : [{ field, matches: textsOf(patterns) }];
  });
  const labelled = Object.entries(labels).map(([label, patterns]) => ({ label, matches: textsOf(patterns) }));
  return (event) =>
    event.kind === kind &&
    (longest === undefined || (event.lasted !== undefined && event.lasted < longest)) &&
    own.every(({ field, matches }) => matches(event[field])) &&
    labelled.every(({ label, matches }) => Object.hasOwn(event.labels, label) && matches(event.labels[label]));
}
