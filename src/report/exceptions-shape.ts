import type { ResultWord } from "../assess/vocabulary.ts";
import type { Iso, Span } from "./shape.ts";

/** What was not as required: failed checks, those that somebody accepted, and findings with their life. */
export interface ExceptionsPart {
  /** Requirements that were tested, and how many have which result: what an empty list rests on. */
  readonly tested: number;
  readonly results: { readonly [R in ResultWord]: number };
  readonly rows: readonly ExceptionRow[];
  /** Requirements of which nothing could be said, by the word that says so. They are in the controls with the reason. */
  readonly unanswered: readonly { readonly result: ResultWord; readonly requirements: readonly string[] }[];
  /** Failed checks that were accepted at any time in the period, and older ones that a failed check rested on. */
  readonly waivers: readonly WaiverRow[];
  /** Those that had ended before the period and are not listed. */
  readonly waiversBefore: number;
  /** Records that say that something is accepted and count for nothing. */
  readonly voidWaivers: readonly Misfit[];
  /** Open at any time in the period; those of audits and other outsiders always. */
  readonly findings: readonly FindingRow[];
  /** Own ones that were closed before the period and are not listed. */
  readonly findingsBefore: number;
  readonly troubles: readonly Misfit[];
}

export interface Misfit {
  readonly entry: number;
  readonly about: string;
  readonly why: string;
}

/** A requirement that was not met, whether somebody accepted that or not. */
export interface ExceptionRow {
  readonly control: string;
  readonly requirement: string;
  readonly text: string;
  readonly basis: string;
  readonly note: string;
  /** `not_met`, `invalid` or `waived`. */
  readonly result: ResultWord;
  /** The facts, in words. */
  readonly facts: string | null;
  /** n of N that are not as required; null where nothing was counted. */
  readonly extent: { readonly failing: number; readonly of: number } | null;
  readonly failing: readonly { readonly id: string; readonly what: string; readonly cause: string | null }[];
  readonly accepted: readonly {
    readonly waiver: string;
    readonly by: string;
    readonly until: Iso;
    /** How many of the failing; of these, how many had failed before somebody accepted it. */
    readonly n: number;
    readonly later: number;
    readonly entry: number;
  }[];
  /** Findings about it. */
  readonly findings: readonly string[];
  readonly entries: readonly number[];
}

export interface WaiverRow {
  readonly id: string;
  readonly requirement: string;
  /** How it stands at the time of the report. */
  readonly state: "in-force" | "expired" | "revoked";
  readonly granted: Iso;
  readonly until: Iso;
  /** When it was taken back, and by which record. */
  readonly revoked: { readonly at: Iso; readonly entry: number } | null;
  /** Who answers for it, and who signed it. */
  readonly owner: string;
  readonly by: string;
  /** These records only; all where none is named. */
  readonly incidents: readonly string[];
  /** Also what had failed before it was granted. */
  readonly earlier: boolean;
  readonly reason: string | null;
  /** How many failed checks of this report it covers. */
  readonly covers: number;
  readonly entry: number;
}

export type FindingWord = "open" | "planned" | "done" | "verified" | "closed";

/** Something that was said in the life of a finding. */
export interface SaidRow {
  readonly at: Iso;
  readonly logged: Iso;
  readonly by: string;
  /** Whether whoever said it proved who they are. */
  readonly proven: boolean;
  readonly text: string | null;
  readonly entry: number;
}

export interface FindingRow {
  readonly id: string;
  readonly origin: string;
  /** The number under which somebody else reported it. */
  readonly reference: string | null;
  readonly state: FindingWord;
  readonly requirement: string | null;
  readonly requirementText: string | null;
  readonly control: string | null;
  readonly gap: string | null;
  readonly extent: { readonly failing: number; readonly of: number } | null;
  readonly window: Span | null;
  readonly owner: string | null;
  readonly due: Iso | null;
  /** Not done, and the date has passed. */
  readonly overdue: boolean;
  readonly opened: SaidRow;
  readonly cause: SaidRow | null;
  /** What belongs to it and happened only after somebody had looked whether it helped. */
  readonly afterLook: readonly { readonly id: string; readonly at: Iso; readonly entry: number }[];
  /** What was put right at once. */
  readonly correction: SaidRow | null;
  /** What shall keep it from happening again. */
  readonly correctiveAction: SaidRow | null;
  readonly steps: readonly { readonly action: string; readonly state: string }[];
  readonly done: SaidRow | null;
  readonly verified: (SaidRow & { readonly result: string }) | null;
  /** `without`: closed although nobody verified that it helped. */
  readonly closed: (SaidRow & { readonly without: boolean }) | null;
  readonly reopened: number;
  readonly notes: readonly SaidRow[];
  /** SHA-256 of files that show it, and records that do. */
  readonly files: readonly string[];
  readonly entries: readonly number[];
}
