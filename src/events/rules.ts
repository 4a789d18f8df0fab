import { type Instant, iso } from "../lib/time.ts";
import { type IntakeRule, spanOfRule } from "../policy/intake-rule.ts";
import { type Features, matcherOf } from "./rule.ts";

/** Which intake rules hold at a time: those of the policy that was in force then, while they are approved and not over. */

/** The intake rules of one version of the policy. */
export interface RuleSet {
  /** Index of the record that put it into the log. */
  readonly entry: number;
  /** `sev1-4 3`: name and version of the policy. */
  readonly policy: string;
  /** The later of when it was to hold from and when it was put into the log. */
  readonly start: Instant;
  /** When it was put into the log. */
  readonly logged: Instant;
  /** Whoever put it there: a random ID, and whether they showed who they are. */
  readonly by?: { readonly id: string; readonly auth: string | undefined };
  /** The zone of its days. */
  readonly zone: string;
  readonly rules: readonly IntakeRule[];
}

/** A rule with its span as instants. */
export interface BoundRule {
  readonly rule: IntakeRule;
  readonly set: RuleSet;
  /** Undefined for one that nobody has approved. */
  readonly from: Instant | undefined;
  readonly until: Instant;
  /** Whether an event is like it says, whenever that was. */
  readonly matches: (event: Features) => boolean;
}

/** What the rules say about an event. */
export type RuleWord =
  | { readonly word: "decided"; readonly bound: BoundRule; readonly reachesBack: boolean }
  /** A rule says that somebody has to look at it. */
  | { readonly word: "person"; readonly bound: BoundRule }
  | { readonly word: "disagree"; readonly rules: readonly BoundRule[] };

/** The versions of the rules in the order in which they hold. The first one of a log reaches back to before it. */
export class RuleTimeline {
  readonly #sets: readonly { readonly set: RuleSet; readonly bound: readonly BoundRule[] }[];
  readonly #first: { readonly bound: readonly BoundRule[] } | undefined;

  constructor(sets: readonly RuleSet[]) {
    const inOrder = [...sets].sort((a, b) => a.start - b.start || a.entry - b.entry);
    this.#sets = inOrder.map((set) => ({ set, bound: set.rules.map((rule) => bind(rule, set)) }));
    this.#first = this.#sets.find(({ set }) => sets.every(({ entry }) => set.entry <= entry));
  }

  get sets(): readonly RuleSet[] {
    return this.#sets.map(({ set }) => set);
  }

  /** The rules of the version in force at a time; none where there is no policy. */
  at(when: Instant): readonly BoundRule[] {
    return (this.#sets.findLast(({ set }) => set.start <= when) ?? this.#first)?.bound ?? [];
  }

  /** True where any version has a rule that takes this kind of fact in. */
  takesIn(kind: string): boolean {
    return this.#sets.some(({ set }) => set.rules.some(({ when }) => (when.kind ?? "alert") === kind));
  }

  /** The rules that bound at a time and match, whatever they say. */
  matching(event: Features, when: Instant): BoundRule[] {
    return this.at(when).filter((bound) => binds(bound, when) && bound.matches(event));
  }
}

function bind(rule: IntakeRule, set: RuleSet): BoundRule {
  const { from, until } = spanOfRule(rule, set.zone);
  const matches = matcherOf(rule);
  if (rule.approvedBy === undefined) return { rule, set, from: undefined, until, matches };
  // An approval that nobody dated is known to be there since it was recorded, and reaches back to nothing.
  return { rule, set, from: from ?? set.logged, until, matches };
}

/** True while a rule is approved and not over. */
export function binds({ from, until }: Pick<BoundRule, "from" | "until">, when: Instant): boolean {
  return from !== undefined && when >= from && when < until;
}

/** What rules that match say together; their order in the list decides nothing. Undefined where none matches. */
export function ruleWord(matching: readonly BoundRule[], when: Instant): RuleWord | undefined {
  const [first] = matching;
  if (first === undefined) return undefined;
  const asks = matching.find(({ rule }) => rule.decision === "person");
  if (asks !== undefined) return { word: "person", bound: asks };
  if (matching.some(({ rule }) => rule.decision !== first.rule.decision)) return { word: "disagree", rules: matching };
  return { word: "decided", bound: first, reachesBack: when < first.set.start };
}

/** `rule watchdog, version 2, approved by anna`. */
export function ruleInWords({ id, version, approvedBy }: IntakeRule): string {
  return `rule ${id}, version ${version}${approvedBy === undefined ? "" : `, approved by ${approvedBy}`}`;
}

/** Where a rule stands now. */
export type RuleStanding = "holds" | "not-approved" | "not-yet" | "over";

export function standingOfRule({ from, until }: BoundRule, asOf: Instant): RuleStanding {
  if (from === undefined) return "not-approved";
  if (asOf >= until) return "over";
  return asOf < from ? "not-yet" : "holds";
}

/** Names one version of one rule for counting. */
export const ruleKey = ({ rule, set }: BoundRule) => `${set.entry} ${rule.id} ${rule.version} ${iso(set.start)}`;
