import type { Instant } from "../lib/time.ts";

/**
 * How grave an auditor might call a finding, by what certification bodies usually do (ISO/IEC 17021-1, in our own words). A
 * suggestion for the owner and for nobody else: it is in no record, no report and no pack.
 */

/** The numbers of the rules below. They are habits, not requirements of a standard. */
export const CLASS_NUMBERS = {
  /** More than this share of the gravest incidents fail the same check, in percent … */
  gravestFailing: 20,
  /** … where there are at least so many of them. */
  gravestAtLeast: 5,
  /** A waiver that ends within so many days. */
  waiverDays: 30,
} as const;

export const SUGGESTED = "suggested, yours to decide";

export interface SuggestedClass {
  readonly word: "major" | "minor" | "observation";
  readonly why: string;
}

/** What is known about a finding. Leave out what is not: a rule about it then says nothing. */
export interface Graveness {
  /** The result of its check, as the assessment gives it. */
  readonly result?: string | undefined;
  readonly basis?: string | undefined;
  /** Evidence files that the whole control has for the period. */
  readonly controlEvidence?: number | undefined;
  /** Of the incidents of the gravest level, how many fail this check. */
  readonly gravest?: { readonly failing: number; readonly of: number } | undefined;
  /** The records are not as they were signed, and nobody has explained it. */
  readonly isBroken?: boolean | undefined;
  /** Duties to tell an authority of which nothing is recorded. */
  readonly untold?: number | undefined;
  /** The rule can be read in more than one way, or the target was only just met. */
  readonly isUnclear?: boolean | undefined;
  readonly waiverUntil?: Instant | undefined;
}

/** The gravest class that a rule gives; undefined where none of them says anything. Pure. */
export function suggestedClass(finding: Graveness, at: Instant): SuggestedClass | undefined {
  const { result, basis, controlEvidence, gravest, isBroken, untold = 0, isUnclear, waiverUntil } = finding;
  const { gravestFailing, gravestAtLeast, waiverDays } = CLASS_NUMBERS;
  const major = (why: string): SuggestedClass => ({ word: "major", why });
  if (isBroken) return major("the records are not as they were signed, and nothing explains it");
  if (untold > 0) return major("a duty to tell an authority has nothing recorded about it");
  if (controlEvidence === 0 && basis !== "recommended" && (result === "no_data" || result === "not_met"))
    return major("the whole control has no evidence for the period");
  // Whole numbers, so that exactly the share itself is not more than it.
  if (gravest && gravest.of >= gravestAtLeast && gravest.failing * 100 > gravestFailing * gravest.of)
    return major(`${gravest.failing} of ${gravest.of} of the gravest incidents fail the same check`);
  if (result === "not_met" || result === "no_data")
    return { word: "minor", why: "a single lapse, as far as the records show" };
  if (waiverUntil !== undefined && waiverUntil > at && waiverUntil - at <= waiverDays * 86_400_000)
    return { word: "observation", why: "it is accepted, and that ends soon" };
  if (result === "no_target") return { word: "observation", why: "no rule sets a target" };
  return isUnclear ? { word: "observation", why: "the rule can be read in more than one way" } : undefined;
}
