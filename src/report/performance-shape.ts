import type { PerformanceRow as Measured } from "../assess/performance.ts";
import type { Iso } from "./shape.ts";

/** How fast incidents were dealt with, as numbers. */

export interface PerformancePart {
  /** Incidents of the period, of which all clocks are counted. */
  readonly incidents: number;
  /** Oldest version of the rules first, its clocks as they stand there, the worst severity first. */
  readonly rows: readonly PerformanceRow[];
  readonly unnoticed: UnnoticedPart;
}

/** How long incidents went on before they were noticed: no clock of the rules, which start then. */
export interface UnnoticedPart {
  /** Of people and their sources, and apart from them those that Custody opened itself. */
  readonly people: NoticeTimes;
  readonly custody: NoticeTimes;
  /** Every incident that Custody opened itself. */
  readonly rows: readonly UnnoticedRow[];
}

/** Milliseconds; nothing is rounded down, and what is known too inexactly is not counted. */
export interface NoticeTimes {
  readonly n: number;
  readonly median: number | null;
  readonly p90: number | null;
  readonly worst: number | null;
  readonly worstId: string | null;
  readonly inexact: number;
  readonly unknown: number;
  readonly invalid: number;
}

export interface UnnoticedRow {
  readonly id: string;
  readonly instance: string;
  readonly entry: number;
  /** Null where it is only known to have been so when it was noticed. */
  readonly began: Iso | null;
  readonly noticed: Iso | null;
  readonly took: number | null;
  /** Answered in the moment in which it was noticed; then there is no length of it. */
  readonly atOnce: boolean;
  /** From when it was noticed. */
  readonly responded: number | null;
  readonly over: boolean;
}

/** Clocks of incidents in the words of results; all of them add up to `n`. */
type Counts = Pick<
  Measured,
  | "byCustody"
  | "n"
  | "met"
  | "notMet"
  | "pending"
  | "indeterminate"
  | "invalid"
  | "noData"
  | "noTarget"
  | "began"
  | "carriedIn"
>;

export interface PerformanceRow extends Counts {
  /** The version of the rules; null where there are none. */
  readonly rules: {
    readonly name: string;
    readonly version: string;
    readonly entry: number;
  } | null;
  /** Its name in the rules, and from when to when it runs. */
  readonly target: string;
  readonly from: string | null;
  readonly to: string | null;
  readonly severity: string | null;
  /** As spelled, and in words. */
  readonly term: string | null;
  readonly words: string | null;
  /** By which calendar business time is counted; null where only the clock is. */
  readonly calendar: string | null;
  /** Milliseconds by the clock, of those that are known exactly and those that are known to the minute. */
  readonly lengths: {
    readonly exact: number;
    readonly toMinute: number;
    readonly inexact: number;
    readonly median: number | null;
    readonly p90: number | null;
    readonly worst: number | null;
  };
  readonly misses: readonly MissRow[];
}

export interface MissRow {
  readonly id: string;
  readonly instance: string;
  readonly entry: number;
  readonly due: Iso | null;
  readonly took: number | null;
  readonly what: string;
}
