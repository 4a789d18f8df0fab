import type { FactKind } from "../evidence/fact.ts";
import type { Iso, Span } from "./shape.ts";

/** What there was to judge: every population of the period, where it comes from, and what was drawn from it. */

export interface PopulationsPart {
  readonly kinds: readonly PopulationRow[];
  /** Kinds of records that nothing connected can show. */
  readonly withoutSource: readonly FactKind[];
  readonly samples: readonly SampleRow[];
  /** Records about samples that do not fit, and count for nothing. */
  readonly sampleTroubles: readonly { readonly entry: number; readonly id: string; readonly text: string }[];
}

export interface PopulationRow {
  readonly kind: FactKind;
  readonly total: number;
  readonly began: number;
  /** Began before the period and still open in it; or dated elsewhere and about something of the period. */
  readonly carriedIn: number;
  readonly elsewhere: number;
  /** Without any time by which they could be put somewhere. */
  readonly undated: number;
  /** Incidents that Custody opened itself: among the total, and counted apart. */
  readonly byCustody: number;
  readonly sources: readonly PopulationSourceRow[];
}

/**
 * `own`: kept in this log. `same`: all that the source counts was read. `agrees`: every record that it counts was read, and values of
 * them could not be. `uncounted`: it gives no count.
 */
export type Reconciled = "own" | "same" | "agrees" | "differs" | "uncounted" | "not-asked";

export interface PopulationSourceRow {
  readonly instance: string;
  readonly use: string | null;
  /** What was asked or read, as the newest run has it. */
  readonly query: readonly string[];
  /** From when to when was asked, by all runs together; null where no run asked for a time of the period. */
  readonly asked: Span | null;
  readonly runs: number;
  readonly firstEntry: number | null;
  readonly lastEntry: number | null;
  readonly found: number;
  readonly began: number;
  readonly carriedIn: number;
  readonly elsewhere: number;
  readonly undated: number;
  readonly byCustody: number;
  /** Beside these, records that links make one incident with another record, which gives it its name; left out where there are none. */
  readonly linked?: number;
  /** The newest count of the source's own, and what that run read, of whatever kind and time. */
  readonly counted: {
    readonly entry: number;
    readonly own: number;
    readonly read: number;
    readonly unread: number;
  } | null;
  /** Of all its runs: in how many everything that it counted was read, in how many not, and how many gave no count. */
  readonly runsBy: { readonly same: number; readonly differs: number; readonly uncounted: number };
  /** By the newest count; other runs that differ are told beside it. */
  readonly reconciled: Reconciled;
  /** What makes the difference, by its name. */
  readonly differences: readonly string[];
  /** Evidence expected of it in the period, and how much of it was wholly seen. */
  readonly expected: number;
  readonly covered: number;
  /** Places in its evidence of the period that could not be read: what stands there is in no row, or missing in its row. */
  readonly unread: number;
}

export interface ByRow {
  readonly entry: number;
  readonly at: Iso;
  readonly by: string;
  /** False where nobody showed who they are. */
  readonly proven: boolean;
}

export interface SampleRow {
  readonly id: string;
  /** What it is of, `incidents`; null where the population is not here. */
  readonly of: string | null;
  readonly window: Span | null;
  readonly sources: readonly string[];
  readonly frozen: ByRow;
  readonly population: { readonly digest: string; readonly rows: number };
  /** The log when it was looked at. */
  readonly seen: { readonly size: number; readonly root: string };
  readonly picks: readonly (ByRow & { readonly rows: readonly string[]; readonly reason: string | null })[];
  readonly draws: readonly SampleDraw[];
  /** The mark that counts of each row that has one. */
  readonly marks: readonly (ByRow & {
    readonly row: string;
    readonly result: "accepted" | "flagged" | "not-applicable";
    readonly note: string | null;
  })[];
  /** Rows that were chosen and bear no mark yet. */
  readonly unmarked: number;
  /** Drawn again when the report was made. */
  readonly replay: { readonly result: "same" | "different" | "unknown"; readonly lines: readonly string[] } | null;
}

export type SampleDraw = ByRow & {
  readonly asked: number;
  readonly seed: { readonly size: number; readonly root: string };
  /** The auditor's own words; null where they are gone. */
  readonly words: string | null;
  readonly rows: readonly string[];
};
