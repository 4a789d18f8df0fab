import type { DecisionWord } from "../events/decision.ts";
import type { Iso } from "./shape.ts";
import type { SheetTime } from "./sheets-shape.ts";

/** The part of a report about what was decided of alerts and reports. */

export type ByDecision = { readonly [D in DecisionWord]: number };

export interface EventDecisions {
  /** Events of the period: each is decided or undecided, and counted once. */
  readonly events: number;
  /** False where nobody gathered what was decided; everything else is then empty. */
  readonly known: boolean;
  /** For each source that told of an event, or could have. */
  readonly sources: readonly {
    readonly instance: string;
    readonly told: number;
    readonly byPerson: ByDecision;
    readonly byRule: ByDecision;
    readonly undecided: number;
    readonly again: number;
  }[];
  /** For each person whose decisions count. */
  readonly people: readonly { readonly name: string; readonly decisions: ByDecision; readonly unproven: number }[];
  /** From when an event began until it was decided. */
  readonly lags: readonly LagRow[];
  readonly rules: readonly IntakeRuleRow[];
  /** What people decided, as it counts; the first ones of `decidedByPeople`. */
  readonly decisions: readonly DecisionRow[];
  readonly decidedByPeople: number;
  /** The oldest of those that wait, and how many wait in all. */
  readonly undecided: readonly UndecidedRow[];
  readonly undecidedTotal: number;
  readonly backlog: readonly {
    readonly severity: string | null;
    readonly count: number;
    readonly oldest: Iso;
    readonly age: number;
  }[];
  /** Decisions that a later one took the place of. */
  readonly changed: readonly ChangedRow[];
  /** Decisions that were recorded again and say what they said before. */
  readonly repeated: number;
  /** Decided events at which somebody has to look again, and why. */
  readonly again: readonly { readonly event: string; readonly instance: string; readonly why: readonly string[] }[];
  readonly bulk: {
    /** From how many on a burst is told; null where no rule says. */
    readonly burst: { readonly more: number; readonly within: string } | null;
    readonly late: { readonly last: number; readonly more: number } | null;
    readonly bursts: readonly {
      readonly by: string;
      readonly from: Iso;
      readonly to: Iso;
      readonly count: number;
      readonly most: number;
      readonly entries: readonly number[];
    }[];
    readonly lateShare: {
      readonly from: Iso;
      readonly count: number;
      readonly of: number;
      readonly over: boolean;
    } | null;
    /** Decisions of the period that were made for several events by one act, and how many of these say that each was looked at. */
    readonly together: number;
    readonly each: number;
    /** Half of these were decided within so many milliseconds after they began; null where that is known of none. */
    readonly median: number | null;
  };
  /** Records that do not fit, in words. */
  readonly troubles: readonly { readonly entry: number; readonly text: string }[];
}

/** Lengths in milliseconds, of those that are recorded exactly. */
export interface LagRow {
  /** `alert`, `event` for a person's report, `job-run`. */
  readonly kind: string;
  readonly by: "person" | "rule";
  readonly exact: number;
  /** How many more were decided whose lag is not known exactly. */
  readonly inexact: number;
  readonly median: number | null;
  readonly p90: number | null;
  readonly worst: number | null;
}

/** One version of an intake rule that held in the period, or decided about an event of it. */
export interface IntakeRuleRow {
  readonly id: string;
  readonly version: string;
  readonly decision: string;
  readonly reason: string;
  readonly owner: string;
  /** Null: nobody approved it, and it decides nothing. */
  readonly approvedBy: string | null;
  readonly from: Iso | null;
  readonly until: Iso;
  readonly reviewed: string | null;
  readonly policy: string;
  readonly entry: number;
  /** At the end of the report's log: `holds`, `not-approved`, `not-yet`, `over`, or `replaced` by a later version of the rules. */
  readonly standing: string;
  /** Events of the period that it decided. */
  readonly decided: number;
}

export interface DecisionRow {
  readonly event: string;
  readonly instance: string;
  readonly title: string;
  readonly began: SheetTime;
  readonly decision: DecisionWord;
  readonly incident: string | null;
  readonly duplicateOf: string | null;
  readonly decided: SheetTime;
  readonly by: string;
  /** Whether somebody checked who that was. */
  readonly proven: boolean;
  readonly reason: string | null;
  readonly together: number;
  readonly each: boolean;
  readonly entry: number | null;
  readonly logged: Iso | null;
}

export interface UndecidedRow {
  readonly event: string;
  /** As its source calls it, and as the checks name it. */
  readonly id: string;
  readonly instance: string;
  readonly title: string;
  readonly severity: string | null;
  readonly began: SheetTime;
  /** Milliseconds until the last record of the log. */
  readonly age: number;
  /** Why rules did not decide about it, where one might have. */
  readonly why: readonly string[];
  readonly entry: number;
}

export interface ChangedRow {
  readonly event: string;
  readonly instance: string;
  readonly was: DecisionWord;
  readonly wasEntry: number | null;
  readonly became: DecisionWord | null;
  readonly becameEntry: number | null;
  readonly at: Iso;
  readonly by: string | null;
  readonly reason: string | null;
  /** The later one says that the earlier was a mistake of the record. */
  readonly corrected: boolean;
}
