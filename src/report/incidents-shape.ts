import type { Iso } from "./shape.ts";

/** The part of a report that lists incidents, and what an empty list shows. */

/** A version of the organisation's rules, as results name it. */
export interface PolicyUse {
  readonly name: string;
  readonly version: string;
  /** SHA-256 of its text. */
  readonly digest: string;
  /** The record that put it in force. */
  readonly entry: number;
  /** True where it was logged only after what it is applied to. */
  readonly reachesBack: boolean;
}

/** Where something was read: our own record, or a file of a source. */
export interface ToldBy {
  readonly instance: string;
  readonly entry: number;
  /** SHA-256 of the evidence file; null for our own records, which are the evidence. */
  readonly digest: string | null;
}

export interface IncidentRow {
  readonly id: string;
  readonly instance: string;
  /** Its file, where another record of its source bears the same id; null otherwise. */
  readonly place: string | null;
  readonly title: string;
  /** As it is now: as the rules that counted spell it; in the word of its source where they do not have it. */
  readonly severity: string | null;
  /** The one that was given first and the worst it ever had: in the words of the rules that counted, where there are rules. */
  readonly severityFirst: string | null;
  readonly severityPeak: string | null;
  /** Words of the source that the rules do not have. */
  readonly severityUnknown: readonly string[];
  readonly status: string | null;
  readonly nature: string | null;
  /** Kind of incident, in the words of the organisation. */
  readonly type: string | null;
  readonly occurred: Iso | null;
  readonly detected: Iso | null;
  readonly acknowledged: Iso | null;
  readonly contained: Iso | null;
  readonly resolved: Iso | null;
  readonly closed: Iso | null;
  /** By how many milliseconds each of these may be later; what is not here is exact. */
  readonly precision: { readonly [time: string]: number };
  readonly owner: string | null;
  readonly commander: string | null;
  readonly personalData: "yes" | "no" | null;
  /** Who decided that, and when, as far as it is recorded. */
  readonly personalDataBy: string | null;
  readonly personalDataAt: Iso | null;
  /** Roles and sets of data for which a breach is recorded. */
  readonly breaches: number;
  /** As the record of the incident names it. */
  readonly review: string | null;
  /** Those that were found. */
  readonly reviews: readonly {
    readonly id: string;
    readonly date: Iso | null;
    readonly approved: Iso | null;
    readonly approvedBy: string | null;
    readonly entry: number;
  }[];
  readonly linked: {
    readonly alerts: number;
    readonly evidence: number;
    readonly actions: number;
    readonly actionsOpen: number;
  };
  /** Other records of the same incident: a link says that they are. They are in no other row. */
  readonly also: readonly (ToldBy & { readonly id: string; readonly severity: string | null })[];
  readonly imported: boolean;
  readonly entry: number;
  readonly digest: string;
  /** Began before the period. */
  readonly carriedIn: boolean;
  /** Not closed or resolved when the period ended. */
  readonly carriedOut: boolean;
  /** The first record of a complete look at its source that no longer found it; null where it is still there or that is not known. */
  readonly goneSince: number | null;
  /** Whether there is a sheet of it. */
  readonly sheet: boolean;
}

export interface IncidentRegister {
  /** By when they were detected. */
  readonly rows: readonly IncidentRow[];
  /** Those that Custody opened itself, by rule: counted apart. */
  readonly byCustody: readonly IncidentRow[];
  /** Records without any usable time: they cannot be put into a period, so they are in every report. */
  readonly undated: readonly IncidentRow[];
  /** How many records of sources these are together: more than incidents where links make one of several. */
  readonly records: number;
  readonly bySeverity: readonly { readonly severity: string; readonly incidents: number }[];
  readonly nil: NilStatement | null;
  /** Several records under one ID, of which no link says that they are the same. */
  readonly doubles: readonly DoubleId[];
  /** Opened by mistake and withdrawn: counted nowhere else. */
  readonly mistaken: readonly MistakenRow[];
}

/** One ID that several records bear. */
export interface DoubleId {
  readonly id: string;
  /** `one-source`: one source tells two different incidents under it, and both count, told apart by their files. `sources`: two sources do, and both count. */
  readonly kind: "one-source" | "sources";
  readonly records: readonly (ToldBy & {
    readonly title: string;
    readonly detected: Iso | null;
    /** Its file, where it is the other records of its own source that bear the id; null otherwise. */
    readonly place: string | null;
  })[];
}

/** An incident that somebody opened by mistake. */
export interface MistakenRow {
  readonly id: string;
  readonly title: string;
  readonly opened: string;
  readonly reason: string | null;
  readonly by: string;
  readonly entry: number;
}

/** What an empty register proves, and what not. */
export interface NilStatement {
  readonly sources: number;
  readonly slots: number;
  readonly slotsCovered: number;
  /** Of the covered ones, how many came after their time. */
  readonly slotsLate: number;
  /** Sources whose own total was zero in their newest run, and sources that gave no count. */
  readonly zeroTotals: number;
  readonly uncounted: number;
  readonly unread: number;
  /** Since when the register is kept in the log itself; null where it is not. */
  readonly own: { readonly since: string } | null;
  /** Who confirmed that nothing happened; null: nobody, or it holds no more. */
  readonly confirmedBy: string | null;
  /** Why it cannot be confirmed, with the hole by its name; null where nothing speaks against it. */
  readonly claim: string | null;
}
