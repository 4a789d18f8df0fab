import { judgeTerm } from "../calendar/verdict.ts";
import { isOneDeed } from "../evidence/one-deed.ts";
import { answeredAt } from "../gaps/cases.ts";
import type { AnyGap } from "../gaps/gap.ts";
import type { Instant } from "../lib/time.ts";
import { answerTarget, type GapMeaning, gapMeaning } from "../policy/gap-rule.ts";
import type { PolicyTimeline } from "../policy/timeline.ts";
import type { GapRecord } from "../slots/history.ts";
import { NO_POLICY, type PolicyRef, rulesAt } from "./case.ts";
import type { CheckOf } from "./catalogue.ts";
import { backNote, calendarOf, gravest, tell, verdictWord, writtenTerm } from "./clock.ts";
import { GAP } from "./counted.ts";
import { type Circumstances, type Failing, type Judgement, plain, type Verdict } from "./judgement.ts";
import { counted, type ResultWord } from "./vocabulary.ts";

/**
 * Whether somebody dealt with each gap in the evidence as fast as the organisation's own rules, as they were in force when it was
 * noted, ask for something that grave: seen, accepted until a day, or over. Each time it is opened anew it is to be answered anew.
 */

/** One time that a gap was noted, until it was answered. */
export interface GapAnswer {
  readonly verdict: Verdict;
  readonly meaning: GapMeaning | undefined;
  /** When it was noted, and answered; undefined while nobody has. */
  readonly from: Instant;
  readonly to: Instant | undefined;
}

interface Opening {
  readonly from: Instant;
  readonly to: Instant | undefined;
}

/** By its records; where nobody has noted it yet, from when it was overdue. */
function openingsOf({ records, opened, closedAt }: AnyGap): Opening[] {
  const places = records.flatMap(({ action }, i) => (action === "open" ? [i] : []));
  if (places.length === 0) return [{ from: opened, to: closedAt }];
  return places.map((place, i) => {
    const { at: from } = records[place] as GapRecord;
    const isLast = i === places.length - 1;
    const to = answeredAt(records.slice(place + 1, places[i + 1]));
    const over = isLast && closedAt !== undefined ? Math.max(closedAt, from) : undefined;
    return { from, to: to === undefined || (over !== undefined && over < to) ? (over ?? to) : to };
  });
}

/** Each time that a gap was to be answered, oldest first. */
export function gapAnswers(
  gap: AnyGap,
  family: string | undefined,
  policies: PolicyTimeline,
  asOf: Instant,
): GapAnswer[] {
  return openingsOf(gap).map(({ from, to }) => {
    const rules = rulesAt(policies, from);
    if (!("policy" in rules))
      return { from, to, meaning: undefined, verdict: { word: rules.word, what: rules.what, policy: rules.ref } };
    const { policy, ref } = rules;
    const meaning = gapMeaning(policy, { requirement: gap.requirement, cause: gap.cause, family });
    const asked = meaning && answerTarget(policy, meaning.severity);
    const written = asked && writtenTerm(asked.term);
    if (meaning === undefined || asked === undefined || written === undefined)
      return { from, to, meaning, verdict: { word: "skip", policy: ref } };
    const start = { at: from, precision: 1 };
    const end = to === undefined ? undefined : { at: to, precision: 1 };
    const calendar = calendarOf(policy, asked.target.calendar);
    const judged = judgeTerm({ start, end, asOf, over: false, calendar, term: written.term });
    const level = meaning.severity;
    const ended = end !== undefined;
    const what = tell(judged, { done: "answered", written, level, ended, exact: true, zone: policy.zone });
    // Noted by the very deed that answered it: that it was answered at once says nothing of how soon.
    const atOnce = judged.word === "met" && to !== undefined && isOneDeed(from, to);
    const alone = `not noticed before it was answered; your rules say ${written.text} (${level})`;
    const verdict: Verdict = {
      word: atOnce ? "unclear" : verdictWord(judged.word),
      what: `${atOnce ? alone : what}${backNote(ref)}`,
      due: judged.due?.at ?? judged.due?.earliest,
      took: judged.took,
      ended,
      exact: true,
      level,
      target: written.text,
      policy: ref,
    };
    return { from, to, meaning, verdict };
  });
}

const RESULTS: readonly (readonly [Verdict["word"], ResultWord])[] = [
  ["bad", "not_met"],
  ["invalid", "invalid"],
  ["unclear", "indeterminate"],
  ["no_data", "no_data"],
  ["open", "pending"],
  ["ok", "met"],
  ["no_target", "no_target"],
];

export function checkGapResponse(_: CheckOf<"gap-response">, circumstances: Circumstances): Judgement {
  const { gaps, sources = [], policies, period, asOf } = circumstances;
  if (policies.all.length === 0) return plain("no_data", NO_POLICY);
  if (gaps === undefined) return plain("no_data", "gaps are not looked at here");
  const families = new Map(sources.map(({ instance, history }) => [instance, history.record.family]));
  const met = gaps.flatMap((gap) => {
    const answers = gapAnswers(gap, families.get(gap.instance), policies, asOf).filter(
      ({ from, to }) => from < period.to && (to === undefined || to >= period.from),
    );
    const verdict = gravest(answers.map((one) => one.verdict));
    return verdict === undefined ? [] : [{ gap, verdict }];
  });
  if (met.length === 0) return plain("not_applicable", "no gap was open in the period");
  const cases = met.filter(({ verdict }) => verdict.word !== "skip");
  if (cases.length === 0)
    return plain(
      "not_applicable",
      `your rules set no time for dealing with any of the ${counted(met.length, GAP)} (\`gaps\` and \`targets\`)`,
    );
  const count = (word: Verdict["word"]) => cases.filter(({ verdict }) => verdict.word === word).length;
  const [word, result] = RESULTS.find(([one]) => count(one) > 0) ?? ["ok", "met"];
  const [n, bad] = [count("ok"), count("bad")];
  const beside = met.length - n - bad;
  const failing = cases
    .filter(({ verdict }) => verdict.word === word && !["ok", "no_target"].includes(word))
    .map(
      ({ gap, verdict }): Failing => ({
        id: gap.id,
        instance: gap.instance,
        what: verdict.what ?? "",
        ...(gap.cause === undefined ? {} : { cause: gap.cause }),
        entries: gap.records.map(({ index }) => index),
      }),
    );
  const reason = [
    bad > 0
      ? `${bad} of ${counted(n + bad, GAP)} not answered in time`
      : `${n} of ${counted(n + bad, GAP)} answered in time`,
    ...(beside > 0 ? [`besides, ${BESIDE(count, met.length - cases.length).join(", ")}`] : []),
  ].join("; ");
  const unsure = count("unclear") + count("invalid") > 0;
  return {
    result,
    reason,
    n,
    of: n + bad,
    noun: GAP,
    failing,
    records: [],
    signed: [...new Set([...entriesOf(cases.map(({ verdict }) => verdict.policy)), ...recordsOf(cases)])],
    ...(bad > 0 && unsure ? { besides: "indeterminate" as const } : {}),
  };
}

const BESIDE = (count: (word: Verdict["word"]) => number, unsaid: number): string[] =>
  (
    [
      [count("open"), "not answered yet and not due"],
      [count("unclear") + count("invalid"), "cannot be decided"],
      [count("no_data"), "without rules to judge by"],
      [count("no_target"), "without a number in your rules"],
      [unsaid, "of which your rules say nothing"],
    ] as const
  ).flatMap(([n, words]) => (n > 0 ? [`${n} ${words}`] : []));

const entriesOf = (refs: readonly (PolicyRef | undefined)[]): number[] => refs.flatMap((ref) => ref?.entry ?? []);
const recordsOf = (cases: readonly { readonly gap: AnyGap }[]): number[] =>
  cases.flatMap(({ gap }) => gap.records.map(({ index }) => index));
