/** What a review must have: its sections and the lines at its head, in the organisation's own words. */

/** What a section is for, where the check asks more of it than that something stands there. */
export type Part = "cause" | "actions";

export interface SectionRule {
  /** The heading as the organisation writes it. */
  readonly heading: string;
  /** Other headings that will do. */
  readonly also: readonly string[];
  readonly part?: Part;
}

/** What may stand at the head of a review. */
export const HEAD_LINES = ["title", "date", "severity", "duration", "author", "incident"] as const;
export type HeadLine = (typeof HEAD_LINES)[number];

export interface ReviewForm {
  /** Where it is from, in words: a file, the rules, the shipped template. */
  readonly from: string;
  readonly sections: readonly SectionRule[];
  readonly head: readonly HeadLine[];
  /** Whether a review without any action is unfinished. */
  readonly needsActions: boolean;
  /** Own words for what stands at the head, and for the columns of the table of actions. */
  readonly words: Readonly<Record<string, readonly string[]>>;
}

/**
 * Headings that say the same, by the plain name of one of them. A list of the rules names `root_cause`, an author writes
 * "Root cause": both are "root cause" here.
 */
const ALSO: Readonly<Record<string, { readonly also: readonly string[]; readonly part?: Part }>> = {
  timeline: { also: ["what happened", "chronology", "sequence of events"] },
  "what happened": { also: ["timeline", "chronology", "sequence of events"] },
  "root cause": { also: ["root causes", "cause", "causes", "root cause analysis"], part: "cause" },
  cause: { also: ["causes", "root cause", "root causes"], part: "cause" },
  detection: { also: ["how it was noticed", "how it was detected"] },
  impact: { also: ["what was affected"] },
  response: { also: ["what we did", "containment and recovery", "resolution"] },
  "containment and recovery": { also: ["containment", "response"] },
  prevention: { also: ["preventing recurrence", "how we prevent it", "preventive measures"] },
  "went well": { also: ["what went well"] },
  "what went well": { also: ["went well"] },
  "to improve": { also: ["what to improve", "what went wrong", "what can be improved", "lessons learned"] },
  "what to improve": { also: ["to improve", "what went wrong", "what can be improved", "lessons learned"] },
  "action items": {
    also: ["actions", "follow-up actions", "follow-ups", "corrective actions", "next steps"],
    part: "actions",
  },
  actions: {
    also: ["action items", "follow-up actions", "follow-ups", "corrective actions", "next steps"],
    part: "actions",
  },
};

/** A heading as it is compared: lower case, without numbering, marks and closing colon. */
export function plainHeading(heading: string): string {
  return heading
    .normalize("NFKC")
    .toLowerCase()
    .replace(/^\s*(?:(?:\d+(?:\.\d+)*|[ivx]+|[a-z])[.)]\s+|\d+(?:\.\d+)*\s+)/u, "")
    .replace(/[^\p{L}\p{N}]+/gu, " ")
    .trim();
}

/** The rule for a heading, with what else is known to say the same. `own` are further headings, and what the section is for. */
export function sectionRule(heading: string, own: { also?: readonly string[]; part?: Part } = {}): SectionRule {
  const known = ALSO[plainHeading(heading)];
  const part = own.part ?? known?.part ?? partOf(heading);
  return { heading, also: [...(own.also ?? []), ...(known?.also ?? [])], ...(part === undefined ? {} : { part }) };
}

/** What a heading is for by its words, where nobody says. */
function partOf(heading: string): Part | undefined {
  const plain = plainHeading(heading);
  if (/\b(root )?causes?\b|\bursachen?\b/.test(plain)) return "cause";
  return /^(follow up |corrective |preventive )?actions?( items| points)?$|^follow ups?$|^next steps$|^massnahmen$|^maßnahmen$/.test(
    plain,
  )
    ? "actions"
    : undefined;
}

/** True where a heading is the one that a rule asks for, also with more words behind it: "Impact on customers". */
export function isHeadingOf({ heading, also }: SectionRule, found: string): boolean {
  const plain = plainHeading(found);
  return [heading, ...also].map(plainHeading).some((one) => plain === one || plain.startsWith(`${one} `));
}

/** What rules say of reviews, as far as a document shows it. */
export interface ReviewRules {
  readonly sections: readonly {
    readonly heading: string;
    readonly aliases: readonly string[];
    readonly holds?: string | undefined;
  }[];
  readonly header: readonly HeadLine[];
  readonly actionFields: readonly string[];
}

/** The form that rules ask for; undefined where they ask for no section. */
export function formOf(from: string, { sections, header, actionFields }: ReviewRules): ReviewForm | undefined {
  if (sections.length === 0) return undefined;
  const rules = sections.map(({ heading, aliases }) => sectionRule(heading, { also: aliases }));
  return {
    from,
    sections: rules,
    head: header,
    needsActions: actionFields.length > 0 || rules.some(({ part }) => part === "actions"),
    words: {},
  };
}
