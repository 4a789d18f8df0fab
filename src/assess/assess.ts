import type { Observed } from "../evidence/fact.ts";
import type { Instant, Interval } from "../lib/time.ts";
import type { History, Unreadable } from "../slots/history.ts";
import type { Catalogue, CheckKind, Control, Requirement } from "./catalogue.ts";
import { runCheck } from "./check.ts";
import { type EvidenceItem, evidenceOf } from "./evidence.ts";
import {
  type Feeding,
  feedingOf,
  feedings,
  type RequirementFreshness,
  requirementFreshness,
  type Unread,
} from "./feeding.ts";
import { type Circumstances, type Failing, type Held, type Judgement, plain } from "./judgement.ts";
import type { NilFinding } from "./nil.ts";
import { populationsOf, type Yields } from "./population.ts";
import type { SignOff } from "./sign-off.ts";
import { type Basis, NOUNS, RESULTS, type ResultWord } from "./vocabulary.ts";

export interface RequirementAssessment {
  readonly id: string;
  readonly text: string;
  readonly basis: Basis;
  readonly note: string;
  readonly check: CheckKind;
  readonly result: ResultWord;
  /** In plain words. */
  readonly reason: string;
  readonly n: number;
  readonly of: number;
  readonly failing: readonly Failing[];
  /** Indexes of all ledger entries behind the result, in order. */
  readonly entries: readonly number[];
  readonly evidence: readonly EvidenceItem[];
  readonly freshness: RequirementFreshness;
  /** The instances that feed it. */
  readonly instances: readonly string[];
  /** Of a check of the kind nil: how the claim that nothing happened stands. */
  readonly nil?: NilFinding;
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
  /** What the readers could not read, of the same entries. */
  readonly problems: readonly Unread[];
  /** "Now": the time of the last entry that is assessed. */
  readonly asOf: Instant;
  /** The kinds of facts that each collector can find. */
  readonly yields: Yields;
  /** What people signed with a known identity. */
  readonly signOffs?: readonly SignOff[];
  /** Every hold that was ever placed; left out where they are not known. */
  readonly holds?: readonly Held[] | undefined;
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
): RequirementAssessment {
  const { requirement, feeding, asOf } = circumstances;
  const { id, text, basis, note, check, minimum } = requirement;
  const judged = judge(circumstances);
  const evidence = judgedHere(check.kind) ? evidenceOf(circumstances, judged) : [];
  const readable = demandReadable(histories.unreadable, judged);
  const { result, reason, n, of, failing } = soften(basis, demandMinimum(minimum, evidence, readable));
  const behind = [
    ...evidence.map((item) => item.entry),
    ...failing.flatMap((f) => f.entries),
    ...(judged.signed ?? []),
  ];
  return {
    id,
    text,
    basis,
    note,
    check: check.kind,
    result,
    reason,
    n,
    of,
    failing,
    entries: [...new Set(behind)].sort((a, b) => a - b),
    evidence,
    freshness: requirementFreshness(requirement.freshness, feeding, asOf),
    instances: feeding.map((f) => f.instance),
    ...(check.kind === "nil" ? { nil: settleNil(check.over, judged, { result, reason }, circumstances.period) } : {}),
  };
}

/** Numbers per result; their sum is the number of requirements. */
export function countResults(requirements: readonly RequirementAssessment[]): ResultCounts {
  const counts = Object.fromEntries(RESULTS.map((word) => [word, 0])) as Record<ResultWord, number>;
  for (const { result } of requirements) counts[result] += 1;
  return counts;
}

/**
 * Judges every requirement of the catalogue for a period, from what the ledger holds up to `asOf` and from nothing else.
 * Results are counted and never added up: there is no word for a control as a whole.
 */
export function assessControls(input: AssessmentInput): ControlAssessment[] {
  const { catalogue, period, histories, facts, asOf, yields, signOffs = [], holds } = input;
  const populations = populationsOf(facts, histories.instances, yields, period, asOf);
  const all = feedings(input);
  const zone = histories.zone ?? "UTC";
  return catalogue.controls.map((control: Control) => {
    const requirements = control.requirements.map((requirement) => {
      const feeding = feedingOf(requirement, all);
      const circumstances = { requirement, feeding, populations, signOffs, holds, period, asOf, zone };
      return assessRequirement(circumstances, histories);
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
