import { type RecordedAct, wordOf } from "../evidence/act.ts";
import { type GoneWords, goneWords } from "../evidence/gone-words.ts";
import { fromIso, type Instant } from "../lib/time.ts";
import type { IntakeRule } from "../policy/intake-rule.ts";
import { AHEAD } from "./reports.ts";
import { type BoundRule, ruleInWords } from "./rules.ts";

/** A decision about one event: by a person, as it was recorded, or by a rule, as it follows from the rules. */

export const DECISIONS = ["incident", "event-only", "false-positive", "duplicate"] as const;
export type DecisionWord = (typeof DECISIONS)[number];

/** Who decided. A person is a random ID. */
export type Decider =
  | {
      readonly type: "person";
      readonly id: string;
      readonly role: string | undefined;
      readonly auth: string | undefined;
    }
  | { readonly type: "rule"; readonly bound: BoundRule; readonly reachesBack: boolean };

export interface Decision {
  readonly decision: DecisionWord;
  readonly by: Decider;
  /** When it was decided; for a rule, when the log knew of the event and of the rule. Null where nobody can know. */
  readonly at: Instant | null;
  /** Milliseconds by which that may be later. */
  readonly precision: number;
  /** Index of the record, and when it was logged; undefined for a rule. */
  readonly index: number | undefined;
  readonly logged: Instant | undefined;
  /** Which incident it became, or belongs to. */
  readonly incident: string | undefined;
  /** Of which event, as it was written. */
  readonly duplicateOf: string | undefined;
  readonly reason: string | undefined;
  /** Where the words of the record, the reason among them, are gone. */
  readonly gone?: GoneWords | undefined;
  /** Events that were decided by the same act. */
  readonly together: number;
  /** True where whoever decided about several says that each was looked at. */
  readonly each: boolean;
  /** What it was decided about, in the order of the log: words that came later were not known. */
  readonly known: { readonly entry: number; readonly item: string | undefined; readonly ordinal: number | undefined };
}

/** A decision in the past of an event: whether it counts, and what became of it. */
export interface PastDecision extends Decision {
  /** Why it counts for nothing; undefined where it does, or did. */
  readonly void: string | undefined;
  /** When a later one took its place. */
  readonly supersededAt: Instant | undefined;
  /** True where the later one says that this one was a mistake of the record. */
  readonly corrected: boolean;
}

/** A recorded decision, for one of the events that it names; what of it nobody can take for one is in `wrong`. */
export function recordedDecision(
  act: RecordedAct<"event-decision">,
  known: Decision["known"],
): { readonly decision: Decision; readonly wrong: string | undefined } {
  const { index, at: logged, entry } = act;
  const { actor, decision, incident, duplicateOf, happened, precision = 1, rule } = entry;
  const at = fromIso(happened);
  const count = (entry.facts?.length ?? 0) + (entry.events?.length ?? 0);
  const wrong =
    actor.type !== "person"
      ? `it was decided by no person (${actor.type} ${actor.id}); what rules decide follows from them and is not recorded`
      : rule !== undefined && decision === "duplicate"
        ? `rule ${rule} cannot know of what it would be a duplicate`
        : at > logged + AHEAD
          ? `it is dated to a time that had not come when it was recorded (${happened})`
          : decision === "duplicate" && duplicateOf === undefined
            ? "it is called a duplicate, and nothing says of what"
            : undefined;
  return {
    wrong,
    decision: {
      decision,
      by: { type: "person", id: actor.id, role: actor.role, auth: actor.auth },
      at,
      precision,
      index,
      logged,
      incident,
      duplicateOf,
      reason: wordOf(act, "reason"),
      gone: goneWords(act),
      together: Math.max(entry.together ?? 1, count),
      each: entry.each ?? false,
      known,
    },
  };
}

/** What a rule decided. `at` is null where nobody knows since when the log knew of the event. */
export function ruleDecision(
  bound: BoundRule,
  decision: Exclude<IntakeRule["decision"], "person">,
  reachesBack: boolean,
  at: Instant | null,
  known: Decision["known"],
): Decision {
  return {
    decision,
    by: { type: "rule", bound, reachesBack },
    at,
    precision: 1,
    index: undefined,
    logged: undefined,
    incident: undefined,
    duplicateOf: undefined,
    reason: bound.rule.reason,
    together: 1,
    each: false,
    known,
  };
}

/** Who decided, in a record's words. */
export function deciderInWords({ by }: Pick<Decision, "by">, names: ReadonlyMap<string, string>): string {
  return by.type === "rule" ? ruleInWords(by.bound.rule) : (names.get(by.id) ?? by.id);
}

/** True where two decisions say the same. */
export function agree(a: Decision, b: Decision): boolean {
  return a.decision === b.decision && a.incident === b.incident && a.duplicateOf === b.duplicateOf;
}

const WORDS: Readonly<Record<DecisionWord, string>> = {
  incident: "an incident",
  "event-only": "an event only, not an incident",
  "false-positive": "a false positive",
  duplicate: "a duplicate",
};

/** What was decided, in words: `a duplicate of EVT-2026-001`. */
export function decisionInWords({ decision, incident, duplicateOf }: Decision): string {
  const which =
    decision === "incident" && incident !== undefined
      ? ` (${incident})`
      : duplicateOf === undefined
        ? ""
        : ` of ${duplicateOf}`;
  return `${WORDS[decision]}${which}`;
}
