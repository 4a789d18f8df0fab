import type { ResultWord } from "../assess/vocabulary.ts";
import type { Doer } from "./doer.ts";
import type { NoticeTimes } from "./performance-shape.ts";
import type { Iso, Span } from "./shape.ts";

/** What was learned from incidents and what was done about it: reviews, actions, exercises, what comes back. */
export interface LearningPart {
  /** When the review of each incident had to be there by the rules, and what became of that. */
  readonly deadlines: readonly ReviewDeadlineRow[];
  readonly reviews: readonly ReviewDetail[];
  /** Actions that were to be done at any time in the period, as they stand at the time of the report. */
  readonly actions: readonly ActionDetail[];
  readonly actionCounts: ActionCounts;
  /** Every action that a review names, of reviews that were not withdrawn. */
  readonly followUps: readonly FollowUpRow[];
  /** Exercises, trainings and reviews of other things than incidents that were held in the period. */
  readonly held: readonly HeldRow[];
  /** Of each type of these, the newest from before the period. */
  readonly heldBefore: readonly HeldRow[];
  readonly trends: TrendsPart | null;
  /** Records about these that do not fit the others, and why. They are kept and change nothing. */
  readonly troubles: readonly { readonly entry: number; readonly about: string; readonly why: string }[];
}

/** A time as exactly as it is known: it lies in [at, at + precision). */
export interface Known {
  readonly at: Iso;
  /** Milliseconds; 1 is exact. */
  readonly precision: number;
}

/** Something that somebody did, with the record that says so. */
export interface DeedRow extends Known {
  readonly by: Doer;
  /** When it was logged, and by which record. */
  readonly logged: Iso;
  readonly entry: number;
}

export interface ReviewDeadlineRow {
  readonly incident: string;
  readonly instance: string;
  /** By which severity it was judged, and what the rules ask for then. */
  readonly level: string | null;
  readonly target: string | null;
  readonly due: Iso | null;
  /** Milliseconds that it took, or takes until the time of the report. */
  readonly took: number | null;
  /** True where its end is recorded; else it is still running, or was never there. */
  readonly ended: boolean;
  readonly result: ResultWord;
  readonly what: string | null;
  /** Version of the rules. */
  readonly rules: string | null;
  readonly entry: number;
}

export interface ReviewDetail {
  readonly id: string;
  readonly title: string;
  /** The source that has it; null where it is a record of this log. */
  readonly source: string | null;
  readonly incident: string | null;
  readonly severity: string | null;
  readonly author: string | null;
  readonly written: Iso | null;
  readonly sections: readonly string[];
  /** Sections with nothing under them. */
  readonly empty: readonly string[];
  /** How much was missing in it when it was recorded; null where nobody looked. */
  readonly missing: number | null;
  /** The approval that holds for these bytes, by somebody who proved who they are. */
  readonly approval: (DeedRow & { readonly byAuthor: boolean }) | null;
  /** Of a review that a source has: who approved it, as it says there. */
  readonly approvedAsSaid: string | null;
  /** Approvals that count for nothing, or no more, and why. */
  readonly voidApprovals: readonly (DeedRow & { readonly why: string })[];
  readonly versions: number;
  readonly withdrawn: (DeedRow & { readonly reason: string | null }) | null;
  readonly published: (DeedRow & { readonly url: string | null }) | null;
  readonly controlChange: { readonly decision: "yes" | "no"; readonly reason: string | null } | null;
  /** Actions that it names. */
  readonly named: readonly { readonly item: string; readonly owner: string | null; readonly due: string | null }[];
  /** SHA-256 of the document, or of the evidence file in which it was found. */
  readonly digest: string | null;
  readonly entry: number;
}

export interface FollowUpRow {
  readonly review: string;
  readonly incident: string | null;
  readonly item: string;
  readonly owner: string | null;
  /** As it is written there. */
  readonly due: string | null;
  /** The action of the same words of which something is recorded; null where no record tells what became of it. */
  readonly action: string | null;
}

export type ActionWord = "open" | "overdue" | "done" | "effective" | "checked" | "cancelled";

export interface ActionCounts {
  readonly total: number;
  /** To be done; of these, how many are past their date. */
  readonly open: number;
  readonly overdue: number;
  /** Done, and nobody has looked yet whether it helped. */
  readonly done: number;
  /** Done, somebody looked, and it helped. */
  readonly effective: number;
  /** Done and looked at, where there was nothing to find out. */
  readonly checked: number;
  readonly cancelled: number;
  /** Of all: with more than one date, and with a date that passed while it was to be done. */
  readonly replanned: number;
  readonly late: number;
  /** Of all: without anybody to do it, and without a date. */
  readonly unowned: number;
  readonly undated: number;
}

export interface ActionDetail {
  readonly id: string;
  readonly title: string;
  readonly type: string | null;
  readonly incident: string | null;
  readonly finding: string | null;
  readonly activity: string | null;
  readonly owner: string | null;
  readonly state: ActionWord;
  readonly opened: DeedRow;
  /** The date in force. */
  readonly due: Iso | null;
  /** Every date that was set, the first one first. */
  readonly dues: readonly {
    readonly due: Iso;
    readonly set: Iso;
    readonly reason: string | null;
    readonly entry: number;
    readonly missed: "yes" | "no" | "unclear";
  }[];
  readonly done: (DeedRow & { readonly evidence: readonly string[]; readonly text: string | null }) | null;
  readonly verified:
    | (DeedRow & {
        readonly result: string;
        readonly text: string | null;
        /** Whoever did it is who looked whether it helped. */
        readonly sameAsDone: boolean;
      })
    | null;
  readonly cancelled: (DeedRow & { readonly reason: string | null }) | null;
  readonly reopened: number;
  readonly tracker: string | null;
  readonly entries: readonly number[];
}

export interface HeldRow {
  readonly id: string;
  readonly type: string;
  readonly title: string;
  readonly held: DeedRow;
  readonly participants: readonly string[];
  readonly incidents: readonly string[];
  readonly values: readonly { readonly name: string; readonly value: string }[];
  /** SHA-256 of what shows it. */
  readonly evidence: readonly string[];
  readonly approval: DeedRow | null;
  readonly withdrawn: DeedRow | null;
  /** Actions that came of it. */
  readonly actions: readonly string[];
}

export interface TrendsPart {
  /** The time that is looked at, longer than the period: a trend needs more than one quarter. */
  readonly window: Span;
  readonly incidents: number;
  /** Incidents by quarter of the organisation's zone; by severity, nature and how they were noticed. */
  readonly quarters: readonly {
    readonly quarter: string;
    readonly incidents: number;
    readonly bySeverity: readonly Tally[];
    readonly byNature: readonly Tally[];
    readonly byDetection: readonly Tally[];
  }[];
  readonly causes: readonly {
    readonly cause: string;
    readonly incidents: readonly string[];
    readonly firstActionDone: Iso | null;
    /** Came again within the time in which it must not; before anything was done; and after that time. */
    readonly again: readonly string[];
    readonly before: readonly string[];
    readonly later: readonly string[];
  }[];
  readonly withoutCause: number;
  /** How long they went on before they were noticed; those that Custody opened itself apart. */
  readonly unnoticed: { readonly people: NoticeTimes; readonly custody: NoticeTimes; readonly byCustody: number };
  /** In no quarter: nobody wrote down when. */
  readonly undated: number;
}

export interface Tally {
  /** Null where the register says none. */
  readonly word: string | null;
  readonly n: number;
}
