import type { FactOf, Observed } from "../evidence/fact.ts";
import type { Instant } from "../lib/time.ts";
import type { Policy } from "../policy/policy.ts";
import { carriedOver, incidentsOf, judgeByRules, type RuleWording } from "./by-rules.ts";
import { rulesOf, tellers } from "./case.ts";
import type { CheckOf } from "./catalogue.ts";
import { DONE, gravest } from "./clock.ts";
import type { Circumstances, Judgement, Subject, Verdict } from "./judgement.ts";
import { subjectsUnlessUnread } from "./looked-at.ts";
import { judgeReview } from "./review-clock.ts";
import { judgeTarget, type TargetVerdict } from "./targets.ts";
import { judgeUpdates } from "./updates.ts";
import { NOUNS } from "./vocabulary.ts";

/** Checks by the organisation's own rules about how fast, how often and until when. */

const verdictOf = ({ verdict }: Subject): Verdict => verdict;

function subjectOf(observed: Observed, { verdict, clocks }: TargetVerdict): Subject {
  return { id: observed.fact.id, observed, verdict, clocks };
}

export function checkTarget(check: CheckOf<"target">, circumstances: Circumstances): Judgement {
  const { target } = check;
  const { policies, asOf } = circumstances;
  const incidents = incidentsOf(circumstances);
  const tells = tellers(incidents);
  const judge = (observed: (typeof incidents)[number], now: Instant) =>
    subjectsUnlessUnread(observed, () => [
      subjectOf(
        observed,
        judgeTarget(observed.fact, target, policies, now, { tellsMessages: tells(observed.instance) }),
      ),
    ]);
  const subjects = [
    ...incidents.flatMap((observed) => judge(observed, asOf)),
    ...carriedOver(circumstances, judge, verdictOf),
  ];
  const ends = policies.all.flatMap(({ policy }) => policy?.targets[target]?.to ?? []);
  const done = DONE[ends.at(-1) ?? ""] ?? "done";
  const wording: RuleWording = {
    noun: NOUNS.incident,
    bad: `not ${done} in time`,
    ok: `${done} in time`,
    rule: `time for this (\`targets.${target}\`)`,
  };
  return judgeByRules(circumstances, "incident", subjects, wording, ({ targets }) => Object.hasOwn(targets, target));
}

export function checkUpdates(_: CheckOf<"updates">, circumstances: Circumstances): Judgement {
  const { policies, asOf } = circumstances;
  const incidents = incidentsOf(circumstances);
  const tells = tellers(incidents);
  const judge = (observed: (typeof incidents)[number]): Subject => {
    const rules = rulesOf(policies, observed.fact, asOf);
    if (!("policy" in rules))
      return { id: observed.fact.id, observed, verdict: { word: rules.word, what: rules.what, policy: rules.ref } };
    const verdicts = namesOf(
      policies.all.flatMap(({ policy }) => policy ?? []),
      "updates",
    )
      .map((name) => judgeUpdates(observed.fact, name, policies, asOf, { tellsMessages: tells(observed.instance) }))
      .map(({ verdict }) => verdict);
    return { id: observed.fact.id, observed, verdict: gravest(verdicts) ?? { word: "skip" }, clocks: verdicts };
  };
  const subjects = incidents.flatMap((observed) => subjectsUnlessUnread(observed, () => [judge(observed)]));
  const wording: RuleWording = {
    noun: NOUNS.incident,
    bad: "without an update as often as your rules ask",
    ok: "with updates as often as your rules ask",
    rule: "rhythm for updates",
  };
  return judgeByRules(circumstances, "incident", subjects, wording, ({ updates }) => Object.keys(updates).length > 0);
}

function namesOf(policies: readonly Policy[], part: "targets" | "updates"): string[] {
  return [...new Set(policies.flatMap((policy) => Object.keys(policy[part])))];
}

/** Of all sources: one that has no incidents may hold the reviews of them. */
function allReviews({ populations }: Circumstances): readonly Observed[] {
  return populations.get("review")?.records ?? [];
}

function reviewsIn(circumstances: Circumstances): FactOf<"review">[] {
  return allReviews(circumstances).flatMap(({ fact }) => (fact.kind === "review" ? [fact] : []));
}

function checkReviews(kind: "review" | "publicReview", circumstances: Circumstances, wording: RuleWording): Judgement {
  const { policies, asOf } = circumstances;
  const reviews = reviewsIn(circumstances);
  const earlierReviews = circumstances.reviews?.map(({ fact }) => fact);
  const incidents = incidentsOf(circumstances);
  const judge = (observed: (typeof incidents)[number], known: readonly FactOf<"review">[], now: Instant) =>
    subjectsUnlessUnread(observed, () => [subjectOf(observed, judgeReview(observed.fact, kind, known, policies, now))]);
  const subjects = [
    ...incidents.flatMap((observed) => judge(observed, reviews, asOf)),
    ...carriedOver(circumstances, (observed, now) => judge(observed, earlierReviews ?? reviews, now), verdictOf),
  ];
  const judged = judgeByRules(circumstances, "incident", subjects, wording, (policy) => policy[kind] !== undefined);
  return judged.cases === undefined
    ? judged
    : { ...judged, records: [...judged.records, ...allReviews(circumstances)] };
}

export function checkReviewDeadline(_: CheckOf<"review-deadline">, circumstances: Circumstances): Judgement {
  return checkReviews("review", circumstances, {
    noun: NOUNS.incident,
    bad: "without a review in time",
    ok: "with a review in time",
    rule: "review of incidents (`review`)",
  });
}

export function checkPublicReview(_: CheckOf<"public-review">, circumstances: Circumstances): Judgement {
  return checkReviews("publicReview", circumstances, {
    noun: NOUNS.incident,
    bad: "without a published review in time",
    ok: "with a published review in time",
    rule: "review for the public (`publicReview`)",
  });
}
