import type { FactKind, FactOf, Observed } from "../evidence/fact.ts";
import type { CaseView, Holds } from "../policy/condition.ts";
import type { Policy } from "../policy/policy.ts";
import { judgeByRules } from "./by-rules.ts";
import { caseView, type Incident, type RulesAt, rulesAt, rulesOf } from "./case.ts";
import { eitherWay } from "./gone-words.ts";
import {
  type Circumstances,
  type Judgement,
  judgeSubjects,
  plain,
  recordsOf,
  type Subject,
  type Verdict,
  type Wording,
} from "./judgement.ts";
import { NOUNS } from "./vocabulary.ts";

/** What all checks of conduct share: whether somebody did what the organisation's own rules ask, time limits aside. */

/** An incident under the rules that were in force when it was noticed. */
export interface Governed {
  readonly incident: Incident;
  readonly observed: Observed;
  readonly policy: Policy;
  readonly view: CaseView;
  readonly circumstances: Circumstances;
}

/** What is asked, of one record. Undefined where it is not about this one. */
export type Ask<T> = (about: T) => Verdict | undefined;

/** The words of a check of conduct. */
export interface Conduct {
  /** What the rules do not set, where they do not: as `noRuleOn` is told it. */
  readonly rule: string;
  /** Whether rules say anything of it. */
  readonly set: (policy: Policy) => boolean;
  /** After "3 of 5 incidents ". */
  readonly bad: string;
  readonly ok: string;
}

export const OK: Verdict = { word: "ok" };
export const bad = (what: string): Verdict => ({ word: "bad", what });
export const unclear = (what: string): Verdict => ({ word: "unclear", what });
export const open = (what: string): Verdict => ({ word: "open", what });

const WORST = ["bad", "unclear", "open", "ok"] as const;

/** Several answers about one record as one: the worst counts, and all that is wrong is said. Undefined where there is none. */
export function together(verdicts: readonly Verdict[]): Verdict | undefined {
  const word = WORST.find((one) => verdicts.some((verdict) => verdict.word === one));
  if (word === undefined) return verdicts[0];
  const what = verdicts.filter((one) => one.word !== "ok" && one.what !== undefined).map((one) => one.what as string);
  return what.length === 0 ? { word } : { word, what: [...new Set(what)].join("; ") };
}

/** An answer that only counts where a condition holds; where that is not known, a failure is none yet. */
export function under(condition: Holds, verdict: Verdict): Verdict | undefined {
  if (condition === "no") return undefined;
  if (condition === "yes" || verdict.word === "ok") return verdict;
  return unclear(`${verdict.what ?? "not done"}; it is not known whether your rules ask for it here`);
}

/** As it is compared: case, spaces, dots and underlines aside. */
export const alike = (text: string): string =>
  text
    .trim()
    .toLowerCase()
    .replace(/[\s_.-]+/g, "-");

/** The verdict with the version of the rules that it rests on. */
function byRules(rules: RulesAt, ask: (policy: Policy) => Verdict | undefined): Verdict | undefined {
  if (!("policy" in rules)) return { word: rules.word, what: rules.what, policy: rules.ref };
  const verdict = ask(rules.policy);
  return verdict && { ...verdict, policy: rules.ref };
}

/** One verdict on each record of a kind, by the rules in force when its clock started. */
export function judgeBy(
  circumstances: Circumstances,
  kind: FactKind,
  { set, ...wording }: Conduct,
  rulesFor: (observed: Observed) => RulesAt,
  ask: (observed: Observed, policy: Policy) => Verdict | undefined,
): Judgement {
  const subjects = recordsOf(circumstances, kind).flatMap((observed): Subject[] => {
    const verdict = eitherWay(observed, (seen) =>
      byRules(rulesFor(seen), (policy) => (set(policy) ? ask(seen, policy) : undefined)),
    );
    return verdict === undefined ? [] : [{ id: observed.fact.id, observed, verdict }];
  });
  return withRules(judgeByRules(circumstances, kind, subjects, { noun: NOUNS[kind], ...wording }, set), subjects);
}

/** The records that put the rules in force stand behind the answer. */
function withRules(judgement: Judgement, subjects: readonly Subject[]): Judgement {
  const used = subjects.flatMap(({ verdict: { policy } }) => (policy === undefined ? [] : [policy.entry]));
  return used.length === 0 ? judgement : { ...judgement, signed: [...new Set([...(judgement.signed ?? []), ...used])] };
}

/** The same of incidents. */
export function judgeIncidents(circumstances: Circumstances, conduct: Conduct, ask: Ask<Governed>): Judgement {
  const { policies, asOf } = circumstances;
  return judgeBy(
    circumstances,
    "incident",
    conduct,
    ({ fact }) => rulesOf(policies, fact as Incident, asOf),
    (observed, policy) => ask(governed(circumstances, observed, policy)),
  );
}

export function governed(circumstances: Circumstances, observed: Observed, policy: Policy): Governed {
  const incident = observed.fact as Incident;
  return { incident, observed, policy, view: caseView(incident, policy, circumstances.asOf), circumstances };
}

/** The same of records without rules: what is asked of them holds for everybody. */
export function judgeAll<K extends FactKind>(
  circumstances: Circumstances,
  kind: K,
  wording: Pick<Wording, "bad" | "ok"> & { readonly skipped?: string },
  ask: Ask<FactOf<K>>,
): Judgement {
  const subjects = recordsOf(circumstances, kind).flatMap((observed): Subject[] => {
    const verdict = eitherWay(observed, ({ fact }) => ask(fact as FactOf<K>));
    return verdict === undefined ? [] : [{ id: observed.fact.id, observed, verdict }];
  });
  const skipped = wording.skipped ?? "nothing to compare is recorded";
  return {
    ...judgeSubjects(circumstances, kind, subjects, { noun: NOUNS[kind], ...wording, skipped }),
    cases: subjects,
  };
}

/** All facts of a kind in the period, whichever source they are from. */
export function allOf<K extends FactKind>({ populations }: Circumstances, kind: K): readonly FactOf<K>[] {
  return (populations.get(kind)?.records ?? []).map(({ fact }) => fact as FactOf<K>);
}

/** Whether a record is one of our own register, in which everything can be recorded. */
export function isOwn({ feeding }: Circumstances, { instance }: Observed): boolean {
  return feeding.some((one) => one.instance === instance && one.history.record.use === "custody/register");
}

/** Whether the source of a record tells of something at all: it is our own register, or it told of it once. */
export function tells(circumstances: Circumstances, observed: Observed, of: (incident: Incident) => boolean): boolean {
  return isOwn(circumstances, observed) || tellersOf(circumstances, of).has(observed.instance);
}

const known = new WeakMap<Circumstances, WeakMap<(incident: Incident) => boolean, ReadonlySet<string>>>();

/** The sources that told of it. Every incident asks, so they are found once for each question. */
function tellersOf(circumstances: Circumstances, of: (incident: Incident) => boolean): ReadonlySet<string> {
  const asked = known.get(circumstances) ?? new WeakMap();
  known.set(circumstances, asked);
  const before: ReadonlySet<string> | undefined = asked.get(of);
  if (before !== undefined) return before;
  const telling = recordsOf(circumstances, "incident").filter(({ fact }) => of(fact as Incident));
  const found = new Set(telling.map(({ instance }) => instance));
  asked.set(of, found);
  return found;
}

/**
 * The answer, unless no source tells of such a thing at all: then nothing can be said of it. What nobody could see was not
 * missed.
 */
export function ifTold(
  circumstances: Circumstances,
  judged: Judgement,
  what: string,
  of: (incident: Incident) => boolean,
): Judgement {
  if (judged.result === "not_applicable" || judged.result === "no_data") return judged;
  if (recordsOf(circumstances, "incident").some((one) => tells(circumstances, one, of))) return judged;
  return plain("no_data", `not observable: no connected source tells of ${what}`);
}

/** The rules in force when something else than an incident began. */
export const rulesWhen = ({ policies, asOf }: Circumstances, at: number | null): RulesAt =>
  rulesAt(policies, at ?? asOf);
