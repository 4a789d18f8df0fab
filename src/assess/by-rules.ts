import type { FactKind, FactOf, Observed } from "../evidence/fact.ts";
import type { Instant } from "../lib/time.ts";
import type { Policy } from "../policy/policy.ts";
import { holidaysNote, withAdmissions } from "./admitted.ts";
import { NO_POLICY } from "./case.ts";
import type { CheckKind } from "./catalogue.ts";
import {
  type Circumstances,
  type Failing,
  hiddenIn,
  type Judgement,
  madeByCustody,
  plain,
  recordsOf,
  type Subject,
  type Verdict,
  watchedWhen,
} from "./judgement.ts";
import { noRuleOn } from "./no-rule.ts";
import { counted, NOUNS, noneOf, type ResultWord } from "./vocabulary.ts";

/** One answer from the verdicts by the organisation's own rules, which know more words than a check of fields. */

/** The kinds of checks that the organisation's own rules decide. Each of them answers through `judgeByRules`. */
const BY_RULES: readonly CheckKind[] = ["target", "updates", "review-deadline", "public-review", "decision-time"];

export const isByRules = (kind: CheckKind): boolean => BY_RULES.includes(kind);

/** The words that differ between these checks. */
export interface RuleWording {
  /** What is judged, one and many. */
  readonly noun: readonly [one: string, many: string];
  /** After "3 of 5 incidents ": what the failing ones are, and the good ones. */
  readonly bad: string;
  readonly ok: string;
  /** What `noRuleOn` is told: what is missing where they have none. */
  readonly rule: string;
}

const failingOf = (subjects: readonly Subject[], word: Verdict["word"]): Failing[] =>
  subjects
    .filter(({ verdict }) => verdict.word === word)
    .map(({ id, observed, verdict }) => ({
      id,
      instance: observed.instance,
      what: verdict.what ?? "",
      entries: [observed.entry],
    }));

/** What is told beside the numbers of those that were judged. */
const BESIDE: readonly (readonly [word: Verdict["word"], words: string])[] = [
  ["open", "not due or not finished yet"],
  ["unclear", "cannot be decided"],
  ["invalid", "with records that contradict themselves"],
  ["no_data", "without the times that it takes"],
  ["no_target", "without a number in your rules"],
];

/** The incidents that the feeding instances showed. */
export function incidentsOf(circumstances: Circumstances): Incident[] {
  return recordsOf(circumstances, "incident").filter(
    (observed): observed is Incident => observed.fact.kind === "incident",
  );
}

type Incident = Observed & { readonly fact: FactOf<"incident"> };

/**
 * Verdicts on incidents that were over before the period, on what was not settled when it began and was or is due in it: a review
 * that was still to come is in the numbers of the period in which it did not. `judge` is asked with the moment that counts as now.
 */
export function carriedOver<T>(
  { earlier = [], feeding, period, asOf }: Circumstances,
  judge: (observed: Incident, now: Instant) => readonly T[],
  verdictOf: (one: T) => Verdict,
): readonly T[] {
  const feeds = new Set(feeding.map(({ instance }) => instance));
  const incidents = earlier.filter((one): one is Incident => one.fact.kind === "incident" && feeds.has(one.instance));
  return incidents.flatMap((observed) => {
    const now = judge(observed, asOf);
    const isDue = (one: T) => {
      const { due } = verdictOf(one);
      return due !== undefined && due >= period.from && due < period.to;
    };
    if (!now.some(isDue)) return [];
    const before = judge(observed, Math.min(period.from, asOf));
    return now.filter((one, i) => {
      const then = before[i];
      return isDue(one) && then !== undefined && !SETTLED.includes(verdictOf(then).word);
    });
  });
}

const SETTLED: readonly Verdict["word"][] = ["ok", "bad", "skip"];

/** True where some version of the rules that counts for the period has a rule, or may have it because its text is gone. */
function someHas({ policies, period }: Circumstances, has: (policy: Policy) => boolean): boolean {
  return policies.between(period.from, period.to).some(({ policy }) => policy === undefined || has(policy));
}

/**
 * One answer from verdicts by rules. `n` of `of` are those that were decided one way or the other; everything else is counted
 * beside them in the reason and decides before a good result can be said. A failure always shows. `has` says whether rules have
 * the rule at all; left out where none is needed.
 */
export function judgeByRules(
  circumstances: Circumstances,
  kind: FactKind,
  subjects: readonly Subject[],
  wording: RuleWording,
  has?: (policy: Policy) => boolean,
): Judgement {
  if (has !== undefined && circumstances.policies.all.length === 0) return plain("no_data", NO_POLICY);
  const cases = withAdmissions(subjects, circumstances).filter(({ verdict }) => verdict.word !== "skip");
  if (has !== undefined && cases.length === 0 && !someHas(circumstances, has))
    return plain("not_applicable", noRuleOn(wording.rule));
  const count = (word: Verdict["word"]) => cases.filter(({ verdict }) => verdict.word === word).length;
  const [n, bad] = [count("ok"), count("bad")];
  const of = n + bad;
  const hidden = hiddenIn(circumstances);
  const beside = (but?: Verdict["word"]) => {
    const others = BESIDE.filter(([word]) => word !== but && count(word) > 0);
    return others.length > 0 ? [`besides, ${others.map(([word, words]) => `${count(word)} ${words}`).join(", ")}`] : [];
  };
  const over = new Set(circumstances.earlier);
  const carried = cases.filter(({ observed }) => over.has(observed)).length;
  const besides = [
    ...(carried > 0 ? [`${carried} of all these over before the period, and due in it`] : []),
    ...madeByCustody(cases),
  ];
  const notes = [...versionsOf(cases), ...holidaysNote(cases, wording.noun), ...watchedWhen(circumstances)];
  const answer = (result: ResultWord, text: string, about?: Verdict["word"]): Judgement => ({
    result,
    reason: [text, ...beside(about), ...besides].join("; "),
    notes: notes.filter((note) => !text.includes(note)),
    n,
    of,
    noun: wording.noun,
    failing: about === undefined ? [] : failingOf(cases, about),
    records: [...new Set(cases.map(({ observed }) => observed))],
    cases,
  });
  const share = (some: number, all: number) => `${some} of ${counted(all, wording.noun)}`;
  const others = (word: Verdict["word"]) => share(count(word), cases.length);

  if (bad > 0) {
    const text = `${share(bad, of)} ${wording.bad}${hidden ? `; besides, ${hidden}` : ""}`;
    const failed = answer("not_met", text, "bad");
    if (hidden || count("unclear") + count("invalid") > 0) return { ...failed, besides: "indeterminate" };
    return count("no_data") > 0 ? { ...failed, besides: "no_data" } : failed;
  }
  if (recordsOf(circumstances, kind).length === 0 && cases.length === 0) {
    const text = `no ${NOUNS[kind][0]} was seen in the period`;
    return answer("no_data", `${text}${hidden ? `; ${hidden}` : ", so there is nothing to judge"}`);
  }
  if (count("invalid") > 0)
    return answer("invalid", `${others("invalid")} with records that contradict themselves`, "invalid");
  if (count("unclear") > 0) return answer("indeterminate", `cannot be decided for ${others("unclear")}`, "unclear");
  if (count("no_data") > 0)
    return answer("no_data", `what it takes is not recorded of ${others("no_data")}`, "no_data");
  const seen = of > 0 ? `${share(n, of)} ${wording.ok}` : "none could be judged so far";
  if (hidden) return answer("indeterminate", `${seen}, but ${hidden}`);
  if (cases.length === 0) {
    const none = noneOf(recordsOf(circumstances, kind).length, NOUNS[kind]);
    return answer("not_applicable", `${none} that your rules are about here`);
  }
  if (count("open") > 0) return answer("pending", `${others("open")} not due or not finished yet`, "open");
  if (of === 0)
    return answer(
      "no_target",
      `your rules set no number for ${share(cases.length, cases.length)}; how long it took is told`,
    );
  return answer("met", seen);
}

/** Which versions of the rules were used, where there was more than one, or one that was logged later. */
function versionsOf(cases: readonly Subject[]): string[] {
  const used = new Map(
    cases.flatMap(({ verdict: { policy } }) => (policy === undefined ? [] : [[policy.entry, policy]])),
  );
  const back = cases.filter(({ verdict }) => verdict.policy?.reachesBack).length;
  const names = [...used.values()]
    .sort((a, b) => a.entry - b.entry)
    .map(({ name, version, entry }) => `${name} ${version}, record ${entry}`);
  return [
    ...(names.length > 1 ? [`judged by the rules of then (${names.join("; ")})`] : []),
    ...(back > 0 ? [`your rules were logged only after what they judge had begun (for ${back})`] : []),
  ];
}
