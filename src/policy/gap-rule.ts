import type { Policy } from "./policy.ts";

/** What a gap in the evidence, or something that Custody found out about itself, is to the organisation's own rules. */

type GapRule = Policy["gaps"][number];
export type GapKind = GapRule["kind"];

/** What of a gap decides it. */
export interface GapAbout {
  /** What is lacking, as records of gaps name it: `cadence`, `first`, `integrity`, `key`, `delivery`, … */
  readonly requirement: string;
  readonly cause?: string | undefined;
  /** Of its collector, where it is one's. */
  readonly family?: string | undefined;
}

export interface GapMeaning {
  readonly kind: GapKind;
  /** A label of the rules. */
  readonly severity: string;
  /** The rule that says so; undefined where it follows without one, because it is as grave as can be. */
  readonly rule: GapRule | undefined;
}

/** Whatever rules say, nothing is graver: nobody knows any more what the records are worth. */
const WORST: ReadonlySet<GapKind> = new Set(["log-altered", "key-compromised"]);
/** Collectors whose evidence is the logs of others. */
const LOGS: ReadonlySet<string> = new Set(["audit-log", "log-retention"]);
const OTHERS: Readonly<Record<string, readonly GapKind[]>> = {
  integrity: ["log-altered"],
  delivery: ["alert-path-down"],
  clock: ["control-failure"],
  index: ["control-failure"],
  mirror: ["control-failure"],
};

/** The kinds that such a gap is of, the closest one first; none for what only warns of something to come. */
export function gapKindsOf({ requirement, cause, family }: GapAbout): readonly GapKind[] {
  if (requirement === "cadence" || requirement === "first")
    return family !== undefined && LOGS.has(family) ? ["logging-gap", "stale-evidence"] : ["stale-evidence"];
  // A key that was lost or replaced is known to nobody else.
  if (requirement === "key") return cause === "compromised" ? ["key-compromised"] : [];
  return OTHERS[requirement] ?? [];
}

/** How grave a gap is by these rules; undefined where they do not speak of it. */
export function gapMeaning(policy: Policy, about: GapAbout): GapMeaning | undefined {
  const kinds = gapKindsOf(about);
  for (const kind of kinds) {
    const rule = policy.gaps.find((one) => one.kind === kind);
    if (rule !== undefined) return { kind, severity: severityFor(policy, kind, rule.severity), rule };
  }
  const kind = kinds.find((one) => WORST.has(one));
  return kind && { kind, severity: severityFor(policy, kind, ""), rule: undefined };
}

function severityFor(policy: Policy, kind: GapKind, label: string): string {
  return WORST.has(kind) ? (policy.severities[0]?.label ?? label) : label;
}

/** Rules that call the gravest less than that: what they say does not count there. */
export function understated(policy: Policy): readonly { readonly place: number; readonly kind: GapKind }[] {
  return policy.gaps.flatMap(({ kind, severity }, place) =>
    WORST.has(kind) && severity !== policy.severities[0]?.label ? [{ place, kind }] : [],
  );
}

/** Words by which conditions of rules know such an incident, beside the kind itself. */
const MARKS: Readonly<Partial<Record<GapKind, string>>> = {
  "log-altered": "audit-trail-altered",
  "key-compromised": "key-compromise",
};

/** The marks of an incident that was opened for a gap of this kind. */
export function marksOf(kind: GapKind): readonly string[] {
  const also = MARKS[kind];
  return also === undefined ? [kind] : [kind, also];
}

/**
 * What the rules for gaps ask of incidents: one that is marked as such a gap, by Custody or by hand, has at least the severity
 * of its rule. So a kind that no source can see, as a backup that cannot be restored, counts once a person says so.
 */
export function minimaOfGaps(policy: Policy): Policy["minimumSeverity"] {
  return policy.gaps.map(({ id, kind, severity, mayBeLowered, says, refs }) => ({
    id,
    when: { tags: [kind] },
    severity: severityFor(policy, kind, severity),
    mayBeLowered,
    says,
    refs,
  }));
}

type Target = Policy["targets"][string];

/** The ends of a first answer, the one that says most first. */
const ANSWERS = ["respondedAt", "acknowledgedAt", "triagedAt"] as const;

/** The target of the rules for a first answer to something of this severity; undefined where they have none. */
export function answerTarget(
  { targets }: Policy,
  severity: string,
): { readonly name: string; readonly target: Target; readonly term: string } | undefined {
  for (const end of ANSWERS)
    for (const [name, target] of Object.entries(targets)) {
      const term = Object.hasOwn(target.terms, severity) ? target.terms[severity] : undefined;
      const isMeant = target.to === end && target.from === "detectedAt" && target.when === undefined;
      if (isMeant && term !== undefined) return { name, target, term };
    }
  return undefined;
}

/** How the rules call the way by which such an incident was noticed; undefined where they name none. */
export function gapSource({ sources }: Policy): string | undefined {
  const isOfGaps = (word: string) => /(^|[\s_-])gap-?alerts?$/i.test(word);
  const named = sources.find(({ id, aliases }) => [id, ...aliases].some(isOfGaps));
  return (named ?? sources.find(({ families }) => families.includes("cron-health")))?.id;
}
