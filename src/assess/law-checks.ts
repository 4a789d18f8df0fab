import type { Observed } from "../evidence/fact.ts";
import type { Incident } from "../law/case.ts";
import { situationOf } from "../law/clocks.ts";
import { judgeContracts, strictestOf } from "../law/contracts.ts";
import { judgeStep } from "../law/judge.ts";
import { ownAsks } from "../law/own-notice.ts";
import type { Law } from "../law/shape.ts";
import { lawDay, standingOf, stepNamed, stepOn } from "../law/steps.ts";
import { tellersOfBreaches } from "../law/told.ts";
import type { LawVerdict } from "../law/verdict.ts";
import type { Instant } from "../lib/time.ts";
import type { Policy } from "../policy/policy.ts";
import { carriedOver } from "./by-rules.ts";
import { refOf } from "./case.ts";
import type { CheckOf } from "./catalogue.ts";
import { eitherWay } from "./gone-words.ts";
import {
  type Circumstances,
  type Failing,
  hiddenIn,
  type Judgement,
  plain,
  recordsOf,
  type Subject,
  type Verdict,
  watchedWhen,
} from "./judgement.ts";
import { subjectsUnlessUnread } from "./looked-at.ts";
import { REGISTER_USE } from "./own-register.ts";
import { counted, noneOf, type ResultWord } from "./vocabulary.ts";

/** Checks of what laws and contracts ask for, incident by incident and role by role. */

const WORDS: Readonly<Record<LawVerdict["word"], Verdict["word"]>> = {
  met: "ok",
  not_met: "bad",
  pending: "open",
  indeterminate: "unclear",
  invalid: "invalid",
  no_data: "no_data",
  no_target: "no_target",
  not_applicable: "skip",
};

/** What is told of each beside those that were decided, worst first; the first of them gives the result. */
const BESIDE: readonly (readonly [word: Verdict["word"], result: ResultWord, words: string])[] = [
  ["invalid", "invalid", "with records that contradict themselves"],
  ["unclear", "indeterminate", "that cannot be decided"],
  ["no_data", "no_data", "without everything that is needed on record"],
  ["open", "pending", "not done or not decided yet"],
  ["no_target", "no_target", "done, without a number to judge by"],
];

/** One step of a law, for every incident that it concerns. */
export function checkLaw(check: CheckOf<"law">, circumstances: Circumstances): Judgement {
  const { laws = [], policies, asOf, zone } = circumstances;
  const named = stepNamed(laws, check.step);
  if (named === undefined) return plain("no_data", `no law that is at hand has a step "${check.step}"`);
  const { law, id } = named;
  const now = policies.policyAt(asOf)?.policy;
  const incidents = incidentsOf(circumstances);
  const standing = standingOf(law, now, lawDay(undefined, asOf, now?.zone ?? zone));
  const off = `${law.title} is off${standing.by === "rules" ? " by your rules" : " unless your rules switch it on"}: ${standing.why}`;
  const binds = standing.on || asksAlone(law, id, now, lawDay(undefined, asOf, now?.zone ?? zone));
  if (incidents.length === 0 && !binds) return plain("not_applicable", off);
  const noun = standing.on ? "duty of law" : "duty of your rules";
  return judged(circumstances, incidents, [law.title, noun], off, binds, (incident, situation) =>
    judgeStep(law, id, incident, situation),
  );
}

/** Whether rules ask by themselves for what a step of a law is about, where the law is off. */
export function asksAlone(law: Law, id: string, policy: Policy | undefined, day: string): boolean {
  const step = stepOn(law, id, day);
  return step !== undefined && law.about === "breach" && !standingOf(law, policy, day).on && ownAsks(step, policy);
}

/** What contracts ask for, for every customer whose data an incident concerns. */
export function checkContract(_check: CheckOf<"contract">, circumstances: Circumstances): Judgement {
  const { policies, period } = circumstances;
  if (policies.all.length === 0)
    return plain("no_data", "needs your rules: the times for notice in your contracts, under `contracts`");
  const has = ({ contracts, breach }: Policy) => contracts.length > 0 || breach?.controllers?.basis === "contract";
  const none = "your rules name no contract with a time for notice";
  const some = policies.between(period.from, period.to).some(({ policy }) => policy === undefined || has(policy));
  const incidents = incidentsOf(circumstances);
  if (incidents.length === 0 && !some) return plain("not_applicable", none);
  return judged(circumstances, incidents, ["contract", "duty of contract"], none, some, (incident, situation) => {
    const verdicts = judgeContracts(incident, situation);
    const strictest = verdicts.length > 1 ? strictestOf(verdicts) : undefined;
    return verdicts.map((one) =>
      one === strictest ? { ...one, reason: `${one.reason}; the first to be due of ${verdicts.length}` } : one,
    );
  });
}

type Seen = Observed & { readonly fact: Incident };

function incidentsOf(circumstances: Circumstances): Seen[] {
  return recordsOf(circumstances, "incident").filter((one): one is Seen => one.fact.kind === "incident");
}

/** Whether a source can tell of breaches and reports: it is the register in this log, has a place for them, or told of some. */
function tells({ feeding }: Circumstances, incidents: readonly Seen[]): (instance: string) => boolean {
  const own = feeding.filter(({ history }) => history.record.use === REGISTER_USE).map(({ instance }) => instance);
  const telling = tellersOfBreaches(incidents);
  return (instance) => own.includes(instance) || telling(instance);
}

function judged(
  circumstances: Circumstances,
  incidents: readonly Seen[],
  [, noun]: readonly [string, string],
  none: string,
  some: boolean,
  judge: (incident: Incident, situation: Parameters<typeof judgeStep>[3]) => readonly LawVerdict[],
): Judgement {
  const { policies, asOf, zone } = circumstances;
  const isTelling = tells(circumstances, incidents);
  const subjectsOf = (observed: Seen, now: Instant): Subject[] =>
    subjectsUnlessUnread(observed, () => dutiesOf(observed, now));
  const dutiesOf = (observed: Seen, now: Instant): Subject[] => {
    const { fact, instance } = observed;
    const { lost, began, ...situation } = situationOf(fact, policies, now, zone);
    const inForce = policies.policyAt(began);
    const ref = inForce && refOf(inForce);
    if (lost) {
      const what = `the text of the rules of then is gone (record ${ref?.entry})`;
      return [{ id: fact.id, observed, verdict: { word: "unclear", what, policy: ref } }];
    }
    const verdicts = (incident: Incident) => judge(incident, { ...situation, tells: isTelling(instance) });
    return verdicts(fact).map(({ id }, i) => ({
      id,
      observed,
      verdict: eitherWay(observed, (seen) => asVerdict(verdicts(seen.fact as Incident)[i], ref)) ?? { word: "skip" },
    }));
  };
  const subjects = [
    ...incidents.flatMap((observed) => subjectsOf(observed, asOf)),
    ...carriedOver(circumstances, subjectsOf, ({ verdict }) => verdict),
  ];
  return summed(circumstances, subjects, noun, none, some);
}

const asVerdict = (one: LawVerdict | undefined, policy: Verdict["policy"]): Verdict | undefined =>
  one && { word: WORDS[one.word], what: one.reason, due: one.due, took: one.took, target: one.term, policy };

/** One answer from all of them: a failure always shows; whatever is undecided stands before a good result. */
function summed(
  circumstances: Circumstances,
  all: readonly Subject[],
  noun: string,
  none: string,
  some: boolean,
): Judgement {
  const cases = all.filter(({ verdict }) => verdict.word !== "skip");
  const of = cases.filter(({ verdict: { word } }) => word === "ok" || word === "bad").length;
  const share = (count: number, total: number) => `${count} of ${counted(total, [noun, `duties${noun.slice(4)}`])}`;
  const those = (word: Verdict["word"]) => cases.filter(({ verdict }) => verdict.word === word);
  const [n, bad] = [those("ok").length, those("bad")];
  const hidden = hiddenIn(circumstances);
  const beside = BESIDE.flatMap(([word, , words]) => {
    const count = those(word).length;
    return count > 0 ? [`${count} ${words}`] : [];
  });
  const answer = (result: ResultWord, text: string, failing: readonly Subject[] = []): Judgement => ({
    result,
    reason: text,
    notes: watchedWhen(circumstances),
    n,
    of,
    noun: [noun, `duties${noun.slice(4)}`],
    failing: failing.map(failingOf),
    records: [...new Set(cases.map(({ observed }) => observed))],
    cases,
  });
  const besides = (words: readonly string[]) => (words.length > 0 ? `; besides, ${words.join(", ")}` : "");
  if (bad.length > 0) {
    const notes = [...beside, ...(hidden === undefined ? [] : [hidden])];
    const failed = answer("not_met", `${share(bad.length, of)} not fulfilled${besides(notes)}`, bad);
    const unsure = hidden !== undefined || those("unclear").length + those("invalid").length > 0;
    if (unsure) return { ...failed, besides: "indeterminate" };
    return those("no_data").length > 0 ? { ...failed, besides: "no_data" } : failed;
  }
  if (all.length === 0)
    return answer(
      "no_data",
      `no incident was seen in the period${hidden ? `; ${hidden}` : ", so there is nothing to judge"}`,
    );
  if (cases.length === 0 && !some) return answer("not_applicable", none);
  const [worst] = BESIDE.filter(([word]) => those(word).length > 0);
  if (worst !== undefined && (hidden === undefined || ["invalid", "unclear", "no_data"].includes(worst[0]))) {
    const [word, result, words] = worst;
    const rest = beside.filter((text) => !text.endsWith(words));
    const fulfilled = of > 0 ? [`${share(n, of)} fulfilled`] : [];
    return answer(
      result,
      `${share(those(word).length, cases.length)} ${words}${besides([...fulfilled, ...rest])}`,
      those(word),
    );
  }
  const seen = of > 0 ? `${share(n, of)} fulfilled` : "nothing to judge was seen";
  if (hidden) return answer("indeterminate", `${seen}, but ${hidden}`);
  if (cases.length === 0) {
    const why = new Set(all.flatMap(({ verdict: { what } }) => what ?? []));
    const single = why.size === 1 ? `: ${[...why][0]}` : "";
    return answer("not_applicable", `${noneOf(all.length, ["case", "cases"])} that this is about${single}`);
  }
  return answer("met", seen);
}

const failingOf = ({ id, observed, verdict }: Subject): Failing => ({
  id,
  instance: observed.instance,
  what: verdict.what ?? "",
  entries: [observed.entry],
});
