import { termInWords } from "../calendar/term.ts";
import type { When } from "./condition.ts";
import { termOf } from "./term.ts";

/** Pieces of rules as people say them. */

const MOMENTS: Readonly<Record<string, string>> = {
  occurred: "it happened",
  detected: "it was noticed",
  created: "it was entered into the register",
  acknowledged: "it was acknowledged",
  responded: "somebody responded",
  triaged: "it was triaged",
  commander: "a commander was named",
  aware: "somebody knew",
  contained: "it was contained",
  eradicated: "its cause was removed",
  recovered: "it was recovered",
  verified: "the fix was checked",
  resolved: "it was resolved",
  published: "the review was published",
  closed: "it was closed",
};

/** After "from when": `detectedAt` is "it was noticed". */
export function momentInWords(field: string): string {
  return MOMENTS[field.replace(/At$/, "")] ?? field;
}

/** `within 15 minutes`; a deadline without a number says so. */
export function deadlineInWords(text: string): string {
  const term = termOf(text);
  if (term === undefined) return text;
  return term.op === "at-once" ? (text === "at once" ? "at once (no number)" : "no number") : termInWords(term);
}

/** Which incidents a rule is about; undefined where it is about all. */
export function conditionInWords(whens: readonly When[] | undefined): string | undefined {
  if (whens === undefined) return undefined;
  return whens.length === 0 ? "none" : whens.map(oneInWords).join("; or ");
}

function oneInWords(when: When): string {
  const parts = [
    when.severities && `severity ${when.severities.join(" or ")}`,
    when.tags && `marked ${when.tags.join(" or ")}`,
    when.natures && `of the kind ${when.natures.join(" or ")}`,
    when.sources && `noticed by ${when.sources.join(" or ")}`,
    when.longerThan && `longer than ${when.longerThan}`,
    when.personalData === undefined
      ? undefined
      : when.personalData
        ? "personal data is concerned"
        : "no personal data is concerned",
  ];
  return parts.filter((part) => part !== undefined).join(" and ");
}
