import type { Observed } from "../evidence/fact.ts";
import type { Waiver } from "../findings/waiver.ts";
import type { AnyGap } from "../gaps/gap.ts";
import type { Law } from "../law/shape.ts";
import type { Instant, Interval } from "../lib/time.ts";
import { PolicyTimeline } from "../policy/timeline.ts";
import type { History, Unreadable } from "../slots/history.ts";
import { boundBy } from "./binding.ts";
import { runsBefore } from "./border-spans.ts";
import { isByRules } from "./by-rules.ts";
import { NO_POLICY } from "./case.ts";
import type { Catalogue, CheckKind, Control, Requirement } from "./catalogue.ts";
import { runCheck } from "./check.ts";
import { factsFor } from "./conduct-rules.ts";
import type { AddedFile } from "./conduct-shown.ts";
import { tellCorrected } from "./corrected.ts";
import type { Noun } from "./counted.ts";
import { type EvidenceItem, evidenceOf } from "./evidence.ts";
import {
  type Feeding,
  feedingOf,
  feedings,
  type RequirementFreshness,
  requirementFreshness,
  type Unread,
} from "./feeding.ts";
import {
  type Circumstances,
  type Failing,
  type Held,
  type Judgement,
  plain,
  type Reviewed,
  type Subject,
} from "./judgement.ts";
import { type ToldAs, withLinked } from "./linked.ts";
import type { NilFinding } from "./nil.ts";
import { periodsOf } from "./nil-periods.ts";
import { type OwnRegister, ownFeeding, populationWith } from "./own-register.ts";
import { knownOf, newestOf, overBefore, populationsAmong, type Yields } from "./population.ts";
import { withSharedIds } from "./shared-id.ts";
import type { SignOff } from "./sign-off.ts";
import { withUnread } from "./unread-values.ts";
import { type Basis, NOUNS, RESULTS, type ResultWord } from "./vocabulary.ts";
import { applyWaivers, type WaivedPart } from "./waived.ts";

export interface RequirementAssessment {
  readonly id: string;
  readonly text: string;
  readonly basis: Basis;
  readonly note: string;
  readonly check: CheckKind;
  readonly result: ResultWord;
  /** In plain words, what decides first, with all its notes. */
  readonly reason: string;
  /** The beginning of the reason: what decides, and nothing else. */
  readonly deciding: string;
  /** The rest of it: what must be known besides, most of it the same for many requirements. */
  readonly notes: readonly string[];
  readonly n: number;
  readonly of: number;
  /** What these are; left out where nothing was counted. */
  readonly noun?: Noun;
  readonly failing: readonly Failing[];
  /** Indexes of all ledger entries behind the result, in order. */
  readonly entries: readonly number[];
  readonly evidence: readonly EvidenceItem[];
  readonly freshness: RequirementFreshness;
  /** The instances that feed it. */
  readonly instances: readonly string[];
  /** Of a check of the kind nil: how the claim that nothing happened stands. */
  readonly nil?: NilFinding;
  /** Of a check by the organisation's rules: every record that they are about, with its verdict. */
  readonly cases?: readonly Subject[];
  /** What of the failing somebody accepted, by whom and until when; left out where nothing is. */
  readonly waived?: readonly WaivedPart[];
}

/** How many requirements have each result. */
export type ResultCounts = Readonly<Record<ResultWord, number>>;

export interface ControlAssessment {
  readonly id: string;
  readonly title: string;
  readonly plain: string;
  readonly purpose: string;
  /** In the order of the catalogue; the recommended ones among them. */
  readonly requirements: readonly RequirementAssessment[];
  /** Of the requirements with the basis policy, law or contract. There is no verdict on the control as a whole. */
  readonly counts: ResultCounts;
  /** Of the recommended ones, which a report leaves out unless asked. */
  readonly recommended: ResultCounts;
}

export interface AssessmentInput {
  readonly catalogue: Catalogue;
  readonly period: Interval;
  readonly histories: Pick<History, "instances" | "zone" | "unreadable">;
  /** All facts of the entries up to `asOf`, in any order. */
  readonly facts: readonly Observed[];
  /** Which of them are one incident, by the links; left out where there are none. */
  readonly toldAs?: ToldAs | undefined;
  /** What the readers could not read, of the same entries. */
  readonly problems: readonly Unread[];
  /** "Now": the time of the last entry that is assessed. */
  readonly asOf: Instant;
  /** The kinds of facts that each collector can find. */
  readonly yields: Yields;
  /** What people signed with a known identity. */
  readonly signOffs?: readonly SignOff[];
  /** Every gap that is known at `asOf`; left out where they are not looked at. */
  readonly gaps?: readonly AnyGap[] | undefined;
  /** Every hold that was ever placed; left out where they are not known. */
  readonly holds?: readonly Held[] | undefined;
  /** Records of incidents that are kept in the log itself; left out where none are. */
  readonly own?: OwnRegister | undefined;
  /** Failed checks that were ever accepted; which of them count is judged at `asOf`. */
  readonly waivers?: readonly Waiver[];
  /** The organisation's own rules, as they were in force; left out where there are none. */
  readonly policies?: PolicyTimeline | undefined;
  /** Files that people added, in the order of the log; left out where they were not read. */
  readonly files?: readonly AddedFile[] | undefined;
  /** The laws as data; left out where none are at hand. */
  readonly laws?: readonly Law[] | undefined;
}

/** A recommendation that is not followed breaks no rule: it is never `not_met`, and keeps its numbers. */
function soften(basis: Basis, judgement: Judgement): Judgement {
  if (basis !== "recommended" || judgement.result !== "not_met") return judgement;
  return { ...judgement, result: "no_target", reason: `recommended only: ${judgement.reason}` };
}

/** Fewer evidence files than the least: no result but a failure stands. */
function demandMinimum(minimum: number, evidence: readonly EvidenceItem[], judgement: Judgement): Judgement {
  if (evidence.length >= minimum || judgement.result === "not_met") return judgement;
  if (judgement.result === "no_data") return judgement;
  // What the rules do not ask for needs no files.
  if (judgement.result === "not_applicable" && judgement.records.length === 0) return judgement;
  return {
    ...judgement,
    result: "no_data",
    reason: `${evidence.length} of at least ${minimum} evidence files; ${judgement.reason}`,
  };
}

/** An entry that a later version wrote and this one cannot read may hide anything. */
function demandReadable(unreadable: readonly Unreadable[], judgement: Judgement): Judgement {
  if (unreadable.length === 0 || (judgement.result !== "met" && judgement.result !== "nil")) return judgement;
  const entries = [...new Set(unreadable.map((u) => u.index))].join(", ");
  const reason = `${judgement.reason}, but a later version wrote records that this one cannot read (${entries})`;
  return { ...judgement, result: "indeterminate", reason };
}

/** What no instance gives of what the requirement wants, in words; undefined where all of it is fed. */
function unfed({ check, from }: Requirement, feeding: readonly Feeding[]): string | undefined {
  // What the rules themselves say needs no source: they are in the log.
  if (check.kind === "conduct" && factsFor(check.rule).length === 0) return undefined;
  if (check.kind === "human" || (!from.families && !from.facts)) return undefined;
  const missing = (from.facts ?? []).filter((kind) => !feeding.some((f) => f.kinds.has(kind)));
  if (feeding.length > 0 && missing.length === 0) return undefined;
  const what = missing.map((kind) => NOUNS[kind][1]).join(" or ");
  return `nothing connected feeds this${what ? `: no source of ${what}` : ""}`;
}

function judge(circumstances: Circumstances): Judgement {
  const { requirement, feeding } = circumstances;
  const hungry = unfed(requirement, feeding);
  if (hungry === undefined) return runCheck(circumstances);
  if (circumstances.policies.all.length === 0 && isByRules(requirement.check.kind))
    return plain("no_data", `${NO_POLICY}; ${hungry}`);
  if (requirement.check.kind !== "policy" && requirement.check.kind !== "unobservable") return plain("no_data", hungry);
  return plain("no_data", `${runCheck(circumstances).reason}; ${hungry}`);
}

const judgedHere = (check: CheckKind) => check !== "policy" && check !== "unobservable";

/** The claim as it stands after everything else that a result must withstand. */
function settleNil(
  over: NilFinding["over"],
  { nil }: Judgement,
  { result, reason }: Pick<Judgement, "result" | "reason">,
  window: Interval,
): NilFinding {
  if (nil === undefined)
    return { over, window, state: "unwatched", reason, holes: [], sources: [], signed: [], records: [] };
  if (nil.state === "confirmed" && result !== "nil") return { ...nil, state: "withdrawn", reason };
  if (nil.state === "confirmable" && result !== "pending") return { ...nil, state: "refused", reason };
  return nil;
}

function assessRequirement(
  circumstances: Circumstances,
  histories: AssessmentInput["histories"],
  waivers: readonly Waiver[],
): RequirementAssessment {
  const { requirement, feeding, asOf } = circumstances;
  const { id, text, basis, note, check, minimum } = requirement;
  const judged = tellCorrected(judge(circumstances));
  const evidence = judgedHere(check.kind) ? evidenceOf(circumstances, judged) : [];
  const readable = demandReadable(histories.unreadable, judged);
  const softened = soften(basis, demandMinimum(minimum, evidence, readable));
  const { judgement, waived } = applyWaivers(waivers, circumstances, softened);
  const { result, reason: deciding, notes = [], n, of, noun, failing } = judgement;
  const behind = [
    ...evidence.map((item) => item.entry),
    ...failing.flatMap((f) => f.entries),
    ...(judged.signed ?? []),
    ...waived.map((part) => part.entry),
  ];
  return {
    id,
    text,
    basis,
    note,
    check: check.kind,
    result,
    reason: [deciding, ...notes].join("; "),
    deciding,
    notes,
    n,
    of,
    ...(noun === undefined ? {} : { noun }),
    failing,
    entries: [...new Set(behind)].sort((a, b) => a - b),
    evidence,
    freshness: requirementFreshness(requirement.freshness, feeding, asOf),
    instances: feeding.map((f) => f.instance),
    ...(check.kind === "nil"
      ? { nil: settleNil(check.over, judged, { result, reason: deciding }, circumstances.period) }
      : {}),
    ...(judged.cases === undefined ? {} : { cases: judged.cases }),
    ...(waived.length > 0 ? { waived } : {}),
  };
}

/** Numbers per result; their sum is the number of requirements. */
export function countResults(requirements: readonly RequirementAssessment[]): ResultCounts {
  const counts = Object.fromEntries(RESULTS.map((word) => [word, 0])) as Record<ResultWord, number>;
  for (const { result } of requirements) counts[result] += 1;
  return counts;
}

/** What was seen in a part of the period; of each part only once, however many requirements ask. */
function partsSeen(input: AssessmentInput, newest: readonly Observed[], zone: string) {
  const { histories, facts, asOf, yields } = input;
  const found = new Map<string, Required<Pick<Circumstances, "sources" | "populations">>>();
  return (part: Interval) => {
    const key = `${part.from} ${part.to}`;
    const before = found.get(key);
    if (before !== undefined) return before;
    const own = input.own && ownFeeding(input.own, facts, part, asOf, zone);
    const known = populationWith(own, histories.instances, yields);
    const seen = {
      sources: [...feedings({ ...input, period: part }), ...(own === undefined ? [] : [own])],
      populations: populationsAmong(newest, known.instances, known.yields, part, asOf),
    };
    found.set(key, seen);
    return seen;
  };
}

/**
 * Judges every requirement of the catalogue for a period, from what the ledger holds up to `asOf` and from nothing else.
 * Results are counted and never added up: there is no word for a control as a whole.
 */
export function assessControls(given: AssessmentInput): ControlAssessment[] {
  const input = { ...given, ...withUnread(withSharedIds(given.facts), given.problems) };
  const { catalogue, period, histories, facts, asOf, yields, signOffs = [], holds, waivers = [] } = input;
  const policies = input.policies ?? new PolicyTimeline([]);
  const zone = histories.zone ?? "UTC";
  const own = input.own && ownFeeding(input.own, facts, period, asOf, zone);
  const known = populationWith(own, histories.instances, yields);
  const joined = withLinked(facts, input.toldAs, known.instances);
  const newest = knownOf(joined, known.instances);
  const populations = populationsAmong(newest, known.instances, known.yields, period, asOf);
  const before = runsBefore(newest, period);
  const earlier = overBefore(joined, period, known.instances);
  const activities = newestOf(facts.filter(({ fact }) => fact.kind === "activity")).flatMap(({ fact }) =>
    fact.kind === "activity" ? [fact] : [],
  );
  const reviews = newestOf(facts.filter(({ fact }) => fact.kind === "review")).filter(
    (one): one is Reviewed => one.fact.kind === "review",
  );
  const all = [...feedings(input), ...(own === undefined ? [] : [own])];
  const seenIn = partsSeen(input, newest, zone);
  const within = (part: Interval, requirement: Requirement) => {
    const { sources, populations: shown } = seenIn(part);
    return { period: part, feeding: feedingOf(requirement, sources), sources, populations: shown };
  };
  return catalogue.controls.map((control: Control) => {
    const requirements = control.requirements.map((recommended) => {
      const requirement = boundBy(recommended, policies, period, input.laws);
      const feeding = feedingOf(requirement, all);
      const circumstances: Circumstances = {
        requirement,
        feeding,
        sources: all,
        populations,
        earlier,
        runsBefore: before,
        reviews,
        activities,
        files: input.files,
        signOffs,
        gaps: input.gaps,
        holds,
        waivers,
        policies,
        laws: input.laws,
        period,
        asOf,
        zone,
      };
      const parts = requirement.check.kind === "nil" ? periodsOf(requirement, period, zone) : [];
      const own = parts.length < 2 ? [] : parts.map((part) => ({ ...circumstances, ...within(part, requirement) }));
      return assessRequirement(own.length > 0 ? { ...circumstances, parts: own } : circumstances, histories, waivers);
    });
    const { id, title, plain: plainName, purpose } = control;
    return {
      id,
      title,
      plain: plainName,
      purpose,
      requirements,
      counts: countResults(requirements.filter((r) => r.basis !== "recommended")),
      recommended: countResults(requirements.filter((r) => r.basis === "recommended")),
    };
  });
}
