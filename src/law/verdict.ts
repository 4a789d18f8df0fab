import { boundsOf } from "../calendar/bounds.ts";
import type { TermVerdict, TermWord } from "../calendar/verdict.ts";
import type { Instant } from "../lib/time.ts";

/** What comes of one clock of a law or a contract, for one role and set of data of one incident. */
export interface LawVerdict {
  /** Of the incident, with role and set of data where it has breaches. */
  readonly id: string;
  readonly word: TermWord | "not_applicable";
  /** Plain words. */
  readonly reason: string;
  /** The strict end of the clock; undefined where it has none, or has not begun. */
  readonly due?: Instant | undefined;
  /** Where `due` is only the first time at which it can end: the last one; undefined inside where nothing is known. */
  readonly dueUntil?: { readonly at: Instant | undefined } | undefined;
  /** Milliseconds from start to end, or so far. */
  readonly took?: number | undefined;
  /** The term as it is written: `72h`, `within 48h`, `no number`. */
  readonly term?: string | undefined;
  /** The organisation's own rules decided, because they are stricter. */
  readonly own?: true;
  /** Whether it is recorded that it was done. */
  readonly done: boolean;
}

/** Worst first: the order in which one of several clocks is taken. */
export const WORST: readonly LawVerdict["word"][] = [
  "not_met",
  "invalid",
  "indeterminate",
  "no_data",
  "pending",
  "no_target",
  "met",
  "not_applicable",
];

/** What a term gave, without what differs from case to case. */
export function ofTerm({ word, reason, due, took }: TermVerdict): Omit<LawVerdict, "id" | "done"> {
  return { word, reason, ...boundsOf(due), took };
}

/** The worst of several; of the same word the one that is due first. */
export function worst<V extends Pick<LawVerdict, "word" | "due">>(verdicts: readonly V[]): V | undefined {
  return verdicts.toSorted(
    (a, b) =>
      WORST.indexOf(a.word) - WORST.indexOf(b.word) ||
      (a.due ?? Number.POSITIVE_INFINITY) - (b.due ?? Number.POSITIVE_INFINITY),
  )[0];
}
