import type { SlotState } from "../slots/state.ts";
import type { Iso, Span } from "./shape.ts";

/** What was expected of every source, what came of it, and where there are holes. */

export interface Cover {
  /** When the first run of any source succeeded. */
  readonly inOperationSince: Iso | null;
  /** The earliest outside proof of the log's state. */
  readonly anchor: { readonly at: Iso; readonly what: string } | null;
  /** Evidence files of the period: collected by the machine, taken over later, handed in by people. */
  readonly files: { readonly collected: number; readonly imported: number; readonly uploaded: number };
  readonly systems: { readonly inScope: number; readonly connected: number; readonly notConnected: number };
  readonly administers: readonly string[];
  readonly keyHolder: string | null;
  readonly signed: readonly string[];
  readonly slots: {
    readonly expected: number;
    readonly collected: number;
    readonly late: number;
    readonly holes: number;
    readonly paused: number;
    readonly pending: number;
    /** Those that are over in the whole log, which is what its verification counts. */
    readonly inLog: number;
    /** Months of the register in the log, which nobody has to collect: the controls count them, the sources do not. */
    readonly register: number;
  };
  readonly gaps: { readonly total: number; readonly open: number; readonly longest: GapRow | null };
  /** How right the machine's clock was, where an outside one was asked: over the runs of the period, in milliseconds. */
  readonly clock?: {
    readonly measured: number;
    readonly runs: number;
    readonly largest: number;
    readonly uncertainty: number;
  };
  /** Sources that are configured and never answered. */
  readonly silent: readonly string[];
  /** Whether any source was watched in the period, or it begins after the last record. */
  readonly watched: "some" | "nothing" | "to come";
}

export interface SystemRow {
  readonly system: string;
  readonly sources: readonly {
    readonly id: string;
    readonly state: "collecting" | "stale" | "never" | "paused" | "retired" | "unknown";
  }[];
  /** Why it is not connected; null where it is. */
  readonly notConnected: string | null;
}

export interface SourceReport {
  readonly instance: string;
  readonly use: string;
  readonly title: string;
  readonly mode: string;
  readonly cadence: string;
  readonly grace: string;
  readonly zone: string;
  readonly configured: boolean;
  readonly expectation: "expected" | "paused" | "retired";
  readonly blindSpots: readonly string[];
  readonly firstSuccess: Iso | null;
  readonly freshness: {
    readonly state: "current" | "stale" | "never";
    readonly coveredTo: Iso | null;
    readonly staleSince: Iso | null;
  };
  readonly expected: number;
  readonly states: { readonly [S in SlotState]: number };
  /** The slots of the period in order, neighbours in the same state joined. */
  readonly bar: readonly (Span & { readonly state: SlotState; readonly slots: number })[];
  /** Stretches of the period for which nothing was expected of it: before it was watched, or after it was retired. */
  readonly unwatched: readonly Span[];
  /** What was really seen, joined. For sources that only know the present: how many moments. */
  readonly covered: readonly Span[];
  readonly moments: number;
  /** Of the period, what is known although nothing was required yet: neither late nor contemporaneous. */
  readonly before: {
    /** Start of the first period that was required; null while there is none. */
    readonly until: Iso | null;
    /** Brought in as earlier records. */
    readonly imported: readonly Span[];
    /** Read from the source itself, afterwards. */
    readonly collected: readonly Span[];
  };
  readonly runs: {
    readonly total: number;
    readonly collected: number;
    readonly partial: number;
    readonly failed: number;
    readonly unavailable: number;
    readonly backfill: number;
    /** Of time that was over already because of an incident: to keep what tells of it. */
    readonly forIncidents: number;
  };
  readonly files: number;
  readonly facts: number;
  /** Of these, how many began before the period: a look at a source tells of what was there already. */
  readonly factsBefore: number;
  /** The newest count that the source gave of itself, and what was found in that run. */
  readonly ownTotal: {
    readonly entry: number;
    readonly at: Iso;
    readonly total: number;
    readonly found: number;
  } | null;
  /** Why runs did not see everything: reason and number of runs. */
  readonly reasons: readonly { readonly reason: string; readonly runs: number }[];
}

export interface GapRow {
  readonly id: string;
  readonly instance: string;
  /** `cadence` for holes in evidence; else what was lacking or wrong. */
  readonly requirement: string;
  readonly title: string;
  /** What was wrong, for a gap that is no hole in evidence. */
  readonly what: string | null;
  readonly from: Iso;
  readonly to: Iso;
  readonly slots: number;
  readonly states: { readonly [S in SlotState]?: number };
  readonly state: string;
  readonly cause: string | null;
  readonly closed: Iso | null;
  readonly acknowledged: Iso | null;
  readonly acceptedUntil: Iso | null;
  /** Who accepted it, and how they were recognised. */
  readonly acceptedBy: { readonly id: string; readonly auth: string | null } | null;
  /** Every acceptance until a day, the first one in front: one that ran out while the gap was there is told too. */
  readonly acceptances: readonly {
    readonly at: Iso;
    readonly until: Iso;
    readonly by: string;
    readonly entry: number;
  }[];
  /** Records of the runs that tried; of a gap without slots, the records about it. */
  readonly entries: readonly number[];
}
