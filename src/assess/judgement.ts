import type { FactKind, FactOf, Observed } from "../evidence/fact.ts";
import { countPlaces } from "../evidence/place.ts";
import type { Waiver } from "../findings/waiver.ts";
import type { AnyGap } from "../gaps/gap.ts";
import type { Law } from "../law/shape.ts";
import { holes, type Instant, type Interval } from "../lib/time.ts";
import { dateForPeople } from "../lib/zone.ts";
import type { PolicyTimeline } from "../policy/timeline.ts";
import type { PolicyRef } from "./case.ts";
import type { Requirement, Where } from "./catalogue.ts";
import type { AddedFile } from "./conduct-shown.ts";
import type { Noun } from "./counted.ts";
import type { Feeding } from "./feeding.ts";
import type { NilFinding } from "./nil.ts";
import type { Population } from "./population.ts";
import type { SignOff } from "./sign-off.ts";
import { placesInWords } from "./unread.ts";
import { counted, fieldOf, isFilled, NOUNS, noneOf, type ResultWord } from "./vocabulary.ts";

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
  /** Why, in plain words: what decides, and nothing else. */
  readonly reason: string;
  /** What whoever relies on it must know besides, most of it the same for many checks: each whole words of its own. */
  readonly notes?: readonly string[];
  /** How many of those that were judged are as required. */
  readonly n: number;
  readonly of: number;
  /** What these are; left out where nothing was counted. */
  readonly noun?: Noun;
  readonly failing: readonly Failing[];
  /** The records that were judged. */
  readonly records: readonly Observed[];
  /** Entries by which people signed, or placed a hold. */
  readonly signed?: readonly number[];
  /** Of a check of the kind nil: what it rests on. */
  readonly nil?: NilFinding;
  /** Of a check by the organisation's rules: every record that they are about, with its verdict. */
  readonly cases?: readonly Subject[];
  /** Of a failure: what the answer would be without those that failed, where that is no good one. */
  readonly besides?: "indeterminate" | "no_data";
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

/** A review as it was read. */
export type Reviewed = Observed & { readonly fact: FactOf<"review"> };

/** All that a check may look at. */
export interface Circumstances {
  readonly requirement: Requirement;
  readonly feeding: readonly Feeding[];
  /** Every instance, whatever it feeds: for what is asked of all of them together. */
  readonly sources?: readonly Feeding[];
  readonly populations: ReadonlyMap<FactKind, Population>;
  /** Incidents that were over before the period: they are in no population of it, but what is due after an end may be due in it. */
  readonly earlier?: readonly Observed[];
  /** Runs of jobs before the period, for spans that began before it and end in it. */
  readonly runsBefore?: readonly Observed[];
  /** Reviews of whatever time, each in its newest state. */
  readonly reviews?: readonly Reviewed[];
  /** What was held at whatever time: a review of the procedure counts long after the period in which it was. */
  readonly activities?: readonly FactOf<"activity">[];
  /** Files that people added, in the order of the log; left out where they were not read. */
  readonly files?: readonly AddedFile[] | undefined;
  readonly signOffs: readonly SignOff[];
  /** Every gap that is known, also what was wrong with Custody itself; left out where they are not looked at. */
  readonly gaps?: readonly AnyGap[] | undefined;
  readonly holds?: readonly Held[] | undefined;
  /** Failed checks that were ever accepted: whoever accepts that something is not met has said so. */
  readonly waivers?: readonly Waiver[];
  /** The organisation's own rules, as they were in force; empty where there are none. */
  readonly policies: PolicyTimeline;
  /** The laws as data; left out where none are at hand. */
  readonly laws?: readonly Law[] | undefined;
  readonly period: Interval;
  readonly asOf: Instant;
  readonly zone: string;
  /** The same for each period of the requirement's own cadence; left out where the whole is not more than one. */
  readonly parts?: readonly Circumstances[];
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

/**
 * What was not seen of the period, in words; undefined where everything was. `named` adds where each place stands that could not
 * be read: for a claim that such a place undoes.
 */
export function notSeen(circumstances: Circumstances, named = false): string | undefined {
  const feeding = circumstances.feeding.filter((f) => f.expected);
  const silent = feeding.filter((f) => !f.delivered).map((f) => f.instance);
  const without = feeding.filter((f) => f.delivered && f.slots.length === 0).map((f) => f.instance);
  const holes = feeding
    .filter((f) => f.unseen.length > 0)
    .map((f) => `${f.instance}: ${f.unseen.length} of ${f.slots.length}`);
  const places = named ? placesInWords : countPlaces;
  const unread = feeding.filter((f) => f.unread.length > 0).map((f) => `${f.instance}: ${places(f.unread)}`);
  const parts = [
    ...(feeding.length === 0 ? ["it is no longer collected"] : []),
    ...(unread.length > 0 ? [`places in the evidence could not be read (${unread.join(", ")})`] : []),
    ...(holes.length > 0 ? [`expected evidence is missing (${holes.join(", ")})`] : []),
    ...(silent.length > 0 ? [`${silent.join(", ")} never delivered anything`] : []),
    ...(without.length > 0 ? [`no evidence was expected from ${without.join(", ")} in this period`] : []),
  ];
  return parts.length > 0 ? parts.join("; ") : undefined;
}

/** What of the period is not known of the records of all sources together, in words; undefined where all of it is. */
export function hiddenIn(circumstances: Circumstances): string | undefined {
  const { zone } = circumstances;
  const stretches = unwatched(circumstances).map(
    ({ from, to }) => `nobody watched from ${dateForPeople(from, zone)} to ${dateForPeople(to, zone)}`,
  );
  // Time before anybody watched hides as much as a month of it alone would.
  const late = sinceWhen(circumstances).slice(2);
  const parts = [notSeen(circumstances) ?? [], stretches, late === "" ? [] : late].flat();
  return parts.length > 0 ? parts.join("; ") : undefined;
}

/** Stretches of the period, after it was watched first, of which no evidence was expected from any source: all were retired. */
function unwatched({ feeding, period, asOf }: Circumstances): Interval[] {
  const slots = feeding.filter((f) => f.expected).flatMap((f) => f.slots);
  if (slots.length === 0) return [];
  const from = Math.max(period.from, Math.min(...slots.map((slot) => slot.from)));
  return holes({ from, to: Math.min(period.to, asOf) }, slots);
}

/** Since when it was watched, where that is later than the start of the period; "" otherwise. */
export function sinceWhen({ feeding, zone }: Circumstances): string {
  const late = feeding.flatMap((f) =>
    f.since === undefined ? [] : [`${f.instance} since ${dateForPeople(f.since, zone)}`],
  );
  return late.length > 0 ? `; watched only in part of the period (${late.join(", ")})` : "";
}

/** Until when, where a source was retired before the period was over; "" otherwise. */
export function untilWhen({ feeding, period, asOf, zone }: Circumstances): string {
  const ended = feeding.flatMap(({ instance, slots, expected }) => {
    const end = slots.at(-1)?.to;
    if (!expected || end === undefined || end >= Math.min(period.to, asOf)) return [];
    return [`${instance} until ${dateForPeople(end, zone)}`];
  });
  return ended.length > 0 ? `; no longer collected (${ended.join(", ")})` : "";
}

/** The word of one verdict, in the words of results. */
export const RESULT_OF: Readonly<Record<Verdict["word"], ResultWord>> = {
  ok: "met",
  bad: "not_met",
  open: "pending",
  unclear: "indeterminate",
  skip: "not_applicable",
  no_target: "no_target",
  invalid: "invalid",
  no_data: "no_data",
};

/** What was not watched from the start of the period to its end, for the notes of an answer. */
export const watchedWhen = (circumstances: Circumstances): string[] =>
  [sinceWhen(circumstances), untilWhen(circumstances)].flatMap((text) => (text === "" ? [] : [text.slice(2)]));

/** What a check says about one record or item. `skip`: it holds nothing that this check could compare. */
export interface Verdict {
  readonly word: "ok" | "bad" | "open" | "unclear" | "skip" | "no_target" | "invalid" | "no_data";
  readonly what?: string;
  /** Where a clock ran: when it was or is due, as far as that is known. */
  readonly due?: Instant | undefined;
  /** Where `due` is only the first time at which it can be due: the last one; undefined inside where nothing is known. */
  readonly dueUntil?: { readonly at: Instant | undefined } | undefined;
  /** Milliseconds that it took, by the times as recorded; or takes until now. */
  readonly took?: number | undefined;
  /** True where its end is recorded. */
  readonly ended?: boolean;
  /** True where both its times are recorded, and exactly. */
  readonly exact?: boolean;
  /** Milliseconds: how exactly the less exact of its two times is known. */
  readonly precision?: number;
  /** The deadline as the rules spell it. */
  readonly target?: string | undefined;
  /** The severity by which it was judged, in the words of the rules. */
  readonly level?: string | undefined;
  /** True where holidays that the calendar does not list could decide it. */
  readonly byHolidays?: boolean;
  /** The version of the rules by which it was judged. */
  readonly policy?: PolicyRef | undefined;
}

/** One thing that is judged: a record, or an item inside one. */
export interface Subject {
  readonly id: string;
  readonly observed: Observed;
  readonly verdict: Verdict;
  /** Each clock that ran for it, where there is more than one or a report wants them. */
  readonly clocks?: readonly Verdict[];
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

/** That Custody opened some of these incidents itself, out of a gap, and what came of those. Nothing where it opened none. */
export function madeByCustody(subjects: readonly Subject[]): string[] {
  const own = subjects.filter(({ observed: { fact } }) => fact.kind === "incident" && fact.origin === "custody");
  const made = new Set(own.map(({ observed }) => observed)).size;
  if (made === 0) return [];
  const count = (word: Verdict["word"]) =>
    new Set(own.flatMap(({ observed, verdict }) => (verdict.word === word ? [observed] : []))).size;
  const [ok, bad] = [count("ok"), count("bad")];
  // Where some failed, whose these are must be clear: those of Custody's would make either share look other than it is.
  const parts = [...(ok > 0 ? [`${ok} as required`] : []), ...(bad > 0 ? [`${bad} not`] : [])];
  const told =
    subjects.some(({ verdict }) => verdict.word === "bad") && parts.length > 0 ? ` (${parts.join(", ")})` : "";
  return [`${made} of all these opened by Custody itself${told}`];
}

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
    reason: [reason, ...madeByCustody(compared)].join("; "),
    notes: watchedWhen(circumstances).filter((note) => !reason.includes(note)),
    n,
    of,
    noun: wording.noun,
    failing,
    records,
  });
  const hidden = hiddenIn(circumstances);
  const share = (count: number) => `${count} of ${counted(of, wording.noun)}`;

  const bad = failingOf(subjects, "bad");
  if (bad.length > 0) {
    const failed = answer("not_met", `${share(bad.length)} ${wording.bad}${hidden ? `; besides, ${hidden}` : ""}`, bad);
    return hidden || subjects.some((s) => s.verdict.word === "unclear")
      ? { ...failed, besides: "indeterminate" }
      : failed;
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
    return answer("not_applicable", `${noneOf(population.length, NOUNS[kind])} that this is about`);
  }
  const open = failingOf(subjects, "open");
  if (open.length > 0) return answer("pending", `${share(open.length)} not finished yet`, open);
  if (of === 0) return answer("no_data", wording.skipped);
  const skipped = subjects.length - of;
  return answer("met", `${seen}${skipped > 0 ? `; ${skipped} more hold nothing to compare` : ""}`);
}
