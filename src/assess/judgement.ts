import type { FactKind, Observed } from "../evidence/fact.ts";
import type { Instant, Interval } from "../lib/time.ts";
import { dateForPeople } from "../lib/zone.ts";
import type { Requirement, Where } from "./catalogue.ts";
import type { Feeding } from "./feeding.ts";
import type { NilFinding } from "./nil.ts";
import type { Population } from "./population.ts";
import type { SignOff } from "./sign-off.ts";
import { counted, fieldOf, isFilled, NOUNS, type ResultWord } from "./vocabulary.ts";

/** What failed, is still open, or cannot be decided, so that a reader finds it. */
export interface Failing {
  /** Id of the record as its source has it, of the slot, or of the period that was not signed. */
  readonly id: string;
  readonly instance: string | undefined;
  /** In plain words. */
  readonly what: string;
  /** Why it could not be collected: a closed code, as the run's entry has it. */
  readonly cause?: string;
  /** The ledger entries behind it. */
  readonly entries: readonly number[];
}

/** The answer to one check. */
export interface Judgement {
  readonly result: ResultWord;
  /** Why, in plain words. */
  readonly reason: string;
  /** How many of those that were judged are as required. */
  readonly n: number;
  readonly of: number;
  readonly failing: readonly Failing[];
  /** The records that were judged. */
  readonly records: readonly Observed[];
  /** Entries by which people signed, or placed a hold. */
  readonly signed?: readonly number[];
  /** Of a check of the kind nil: what it rests on. */
  readonly nil?: NilFinding;
}

/** An order that evidence must not be deleted. */
export interface Held {
  readonly id: string;
  /** Index of the entry that placed it, and its time. */
  readonly entry: number;
  readonly from: Instant;
  /** When it was released; undefined where it still stands. */
  readonly to: Instant | undefined;
}

/** All that a check may look at. */
export interface Circumstances {
  readonly requirement: Requirement;
  readonly feeding: readonly Feeding[];
  readonly populations: ReadonlyMap<FactKind, Population>;
  readonly signOffs: readonly SignOff[];
  readonly holds?: readonly Held[] | undefined;
  readonly period: Interval;
  readonly asOf: Instant;
  readonly zone: string;
}

/** An answer about nothing that could be counted. */
export function plain(result: ResultWord, reason: string): Judgement {
  return { result, reason, n: 0, of: 0, failing: [], records: [] };
}

/** Whether a record is one that `where` means. */
export function isMeant(observed: Observed, where: Where | undefined): boolean {
  return Object.entries(where ?? {}).every(([field, wanted]) => {
    const value = fieldOf(observed.fact, field);
    if (wanted === "present") return isFilled(value);
    if (wanted === "absent") return !isFilled(value);
    const word = String(value ?? "")
      .trim()
      .toLowerCase();
    return wanted.some((accepted) => accepted.toLowerCase() === word);
  });
}

/** The records of a kind that the feeding instances showed. */
export function recordsOf(circumstances: Circumstances, kind: FactKind): Observed[] {
  const feeding = new Set(circumstances.feeding.map((f) => f.instance));
  return (circumstances.populations.get(kind)?.records ?? []).filter((o) => feeding.has(o.instance));
}

/** What was not seen of the period, in words; undefined where everything was. */
export function notSeen(circumstances: Circumstances): string | undefined {
  const feeding = circumstances.feeding.filter((f) => f.expected);
  const silent = feeding.filter((f) => !f.delivered).map((f) => f.instance);
  const without = feeding.filter((f) => f.delivered && f.slots.length === 0).map((f) => f.instance);
  const holes = feeding
    .filter((f) => f.unseen.length > 0)
    .map((f) => `${f.instance}: ${f.unseen.length} of ${f.slots.length}`);
  const unread = feeding.filter((f) => f.unread > 0).map((f) => `${f.instance}: ${f.unread}`);
  const parts = [
    ...(feeding.length === 0 ? ["it is no longer collected"] : []),
    ...(unread.length > 0 ? [`places in the evidence could not be read (${unread.join(", ")})`] : []),
    ...(holes.length > 0 ? [`expected evidence is missing (${holes.join(", ")})`] : []),
    ...(silent.length > 0 ? [`${silent.join(", ")} never delivered anything`] : []),
    ...(without.length > 0 ? [`no evidence was expected from ${without.join(", ")} in this period`] : []),
  ];
  return parts.length > 0 ? parts.join("; ") : undefined;
}

/** Since when it was watched, where that is later than the start of the period; "" otherwise. */
export function sinceWhen({ feeding, zone }: Circumstances): string {
  const late = feeding.flatMap((f) =>
    f.since === undefined ? [] : [`${f.instance} since ${dateForPeople(f.since, zone)}`],
  );
  return late.length > 0 ? `; watched only in part of the period (${late.join(", ")})` : "";
}

/** What a check says about one record or item. `skip`: it holds nothing that this check could compare. */
export interface Verdict {
  readonly word: "ok" | "bad" | "open" | "unclear" | "skip";
  readonly what?: string;
}

/** One thing that is judged: a record, or an item inside one. */
export interface Subject {
  readonly id: string;
  readonly observed: Observed;
  readonly verdict: Verdict;
}

const failingOf = (subjects: readonly Subject[], word: Verdict["word"]): Failing[] =>
  subjects
    .filter((s) => s.verdict.word === word)
    .map((s) => ({
      id: s.id,
      instance: s.observed.instance,
      what: s.verdict.what ?? "",
      entries: [s.observed.entry],
    }));

/** The words that differ between the checks of records. */
export interface Wording {
  /** What is judged, one and many. */
  readonly noun: readonly [one: string, many: string];
  /** After "3 of 5 incidents ": what the failing ones are. */
  readonly bad: string;
  /** After "5 of 5 incidents ": what the good ones are. */
  readonly ok: string;
  /** Where all were skipped. */
  readonly skipped: string;
}

/**
 * One answer from the verdicts on the records of a kind. A failure always shows; after it come what cannot be decided
 * and what was not seen, so that `met` is said only of a population that is wholly known.
 */
export function judgeSubjects(
  circumstances: Circumstances,
  kind: FactKind,
  subjects: readonly Subject[],
  wording: Wording,
): Judgement {
  const population = recordsOf(circumstances, kind);
  const compared = subjects.filter((s) => s.verdict.word !== "skip");
  const n = compared.filter((s) => s.verdict.word === "ok").length;
  const of = compared.length;
  const records = [...new Set(subjects.map((s) => s.observed))];
  const answer = (result: ResultWord, reason: string, failing: readonly Failing[] = []): Judgement => ({
    result,
    reason: reason + sinceWhen(circumstances),
    n,
    of,
    failing,
    records,
  });
  const hidden = notSeen(circumstances);
  const share = (count: number) => `${count} of ${counted(of, wording.noun)}`;

  const bad = failingOf(subjects, "bad");
  if (bad.length > 0) {
    return answer("not_met", `${share(bad.length)} ${wording.bad}${hidden ? `; besides, ${hidden}` : ""}`, bad);
  }
  if (population.length === 0) {
    return answer(
      "no_data",
      `no ${NOUNS[kind][0]} was seen in the period${hidden ? `; ${hidden}` : ", so there is nothing to judge"}`,
    );
  }
  const unclear = failingOf(subjects, "unclear");
  if (unclear.length > 0) return answer("indeterminate", `cannot be decided for ${share(unclear.length)}`, unclear);
  const seen = `${share(n)} ${wording.ok}`;
  if (hidden) return answer("indeterminate", `${of > 0 ? seen : "nothing to judge was seen"}, but ${hidden}`);
  if (subjects.length === 0) {
    return answer("not_applicable", `none of the ${counted(population.length, NOUNS[kind])} is one that this is about`);
  }
  const open = failingOf(subjects, "open");
  if (open.length > 0) return answer("pending", `${share(open.length)} not finished yet`, open);
  if (of === 0) return answer("no_data", wording.skipped);
  const skipped = subjects.length - of;
  return answer("met", `${seen}${skipped > 0 ? `; ${skipped} more hold nothing to compare` : ""}`);
}
