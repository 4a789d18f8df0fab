import type { NilState } from "../assess/nil.ts";
import type { ResultWord } from "../assess/vocabulary.ts";
import type { SlotState } from "../slots/state.ts";

/**
 * The report as data. Everything that is printed is in it, and nothing else is printed: numbers, strings and times in the
 * spelling of records. It is canonical JSON, so `--out x.json` and the PDF say the same.
 */
export type Iso = string;

export interface Span {
  readonly from: Iso;
  readonly to: Iso;
}

/** A verdict of the verification: a word from a closed list and why. */
export interface Verdict {
  readonly word: string;
  readonly reason: string;
}

export interface ReportModel {
  readonly v: 1;
  readonly kind: "custody.report";
  /** Follows from period, size and root: equal reports have equal IDs. */
  readonly id: string;
  readonly organisation: { readonly name: string; readonly zone: string; readonly soa: string | null };
  readonly period: Span & { readonly label: string };
  readonly ledger: LedgerState;
  /** Set where the ledger's clock was simulated: said on every page. */
  readonly demo: { readonly simulatedUntil: Iso } | null;
  readonly software: string;
  readonly catalogue: { readonly name: string; readonly version: number; readonly digest: string } | null;
  readonly policy: { readonly name: string; readonly digest: string | null } | null;
  readonly cover: Cover;
  readonly scope: readonly SystemRow[];
  readonly sources: readonly SourceReport[];
  readonly gaps: readonly GapRow[];
  readonly controls: readonly ControlReport[];
  /** The claims that nothing happened, one for each requirement and month of the period. */
  readonly nilReturns: readonly NilRow[];
  /** What people signed about the period. */
  readonly signOffs: readonly SignOffRow[];
  readonly incidents: IncidentRegister;
  readonly alerts: AlertSummary;
  readonly jobs: JobSummary;
  readonly reviews: readonly ReviewRow[];
  readonly actions: readonly ActionRow[];
  readonly problems: readonly ProblemRow[];
  /** Records that a later version wrote and this one could not read although they decide about coverage. */
  readonly unreadable: readonly number[];
  /** Earlier records taken over, and files that a person handed in: neither late nor contemporaneous. */
  readonly imported: readonly EvidenceRow[];
  readonly uploads: readonly UploadRow[];
  /** Evidence files of the period, or handed in, that were lawfully deleted: what they said is not in this report. */
  readonly disposed: DisposedPart;
  /** The same by register: from its counts and rows what these files said is missing. */
  readonly erased: { readonly [R in RegisterName]: Erased };
  /** Orders that evidence must not be deleted, in force at any time in the period. */
  readonly holds: readonly HoldRow[];
  readonly verification: Verification | null;
  /** Every evidence file of the period, one row per distinct content and source. */
  readonly evidence: readonly EvidenceRow[];
}

export interface DisposedPart {
  readonly files: number;
  readonly bytes: number;
  readonly reasons: readonly { readonly reason: string; readonly files: number }[];
  readonly rows: readonly {
    readonly digest: string;
    readonly size: number;
    /** The first and the last record that names it. */
    readonly firstEntry: number;
    readonly lastEntry: number;
    /** The record of its disposal, and when, by which authority and why. */
    readonly entry: number;
    readonly at: Iso;
    readonly authority: string;
    readonly reason: string;
  }[];
}

export type RegisterName = "incidents" | "reviews" | "alerts" | "jobs";

export interface Erased {
  readonly files: number;
  /** Records of their disposal. */
  readonly entries: readonly number[];
}

export interface HoldRow {
  readonly id: string;
  /** The record that placed it, when, who, and by whose order. */
  readonly entry: number;
  readonly since: Iso;
  readonly by: string;
  readonly authority: string;
  /** The record that released it; null while it stands. */
  readonly releasedEntry: number | null;
  readonly released: Iso | null;
  /** What it covers: all that are given must match; where none is, everything. */
  readonly digests: readonly string[];
  readonly instances: readonly string[];
  readonly window: Span | null;
  readonly incident: string | null;
}

/** One of the keys that ever signed the log, as its own records say. */
export interface KeyRow {
  readonly keyId: string;
  readonly vkey: string;
  /** The record from which on it signs, and its time; null where no record says. */
  readonly entry: number | null;
  readonly since: Iso | null;
  /** IDs of the keys that signed its introduction. Empty for the first one. */
  readonly introducedBy: readonly string[];
  readonly retired: { readonly entry: number; readonly at: Iso } | null;
  readonly revoked: {
    readonly entry: number;
    readonly at: Iso;
    readonly reason: string | null;
    readonly compromisedSince: Iso | null;
  } | null;
}

export interface LedgerState {
  readonly origin: string;
  readonly size: number;
  /** Root of the tree at that size, base64 as in the checkpoint. */
  readonly root: string;
  /** SHA-256 of the last record's bytes, hex. */
  readonly chainHead: string;
  readonly vkey: string;
  readonly keyId: string;
  /** Every key of the log, oldest first. */
  readonly keys: readonly KeyRow[];
  /** Logged-at of the last record: the report's "now". */
  readonly asOf: Iso;
  readonly since: Iso;
  readonly predecessor: {
    readonly origin: string;
    readonly size: number;
    readonly root: string;
    readonly reason: string;
  } | null;
}

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
  };
  readonly files: number;
  readonly facts: number;
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
  /** Records of the runs that tried; of a gap without slots, the records about it. */
  readonly entries: readonly number[];
}

export interface RequirementRow {
  readonly id: string;
  readonly text: string;
  readonly basis: string;
  /** Which rule, article or practice it rests on. */
  readonly note: string;
  readonly result: ResultWord;
  /** n of N; null where nothing was counted. */
  readonly met: number | null;
  readonly of: number | null;
  readonly reason: string | null;
  readonly failing: readonly { readonly id: string; readonly what: string; readonly cause: string | null }[];
  readonly entries: readonly number[];
}

export interface ControlReport {
  readonly id: string;
  readonly title: string;
  readonly asks: string;
  readonly requirements: readonly RequirementRow[];
  readonly results: { readonly [R in ResultWord]: number };
  /** The sources that feed it. */
  readonly instances: readonly string[];
  /** Its evidence files in the period: number of captures, of distinct contents, and the newest ones. */
  readonly files: number;
  readonly distinct: number;
  readonly evidence: readonly EvidenceRow[];
}

export interface EvidenceRow {
  readonly instance: string;
  readonly use: string;
  readonly origin: string;
  readonly digest: string;
  readonly size: number;
  readonly mediaType: string;
  readonly covers: Span | null;
  readonly firstCollected: Iso;
  readonly lastCollected: Iso;
  readonly captures: number;
  readonly firstEntry: number;
  readonly lastEntry: number;
  /** Collected after its slot was fixed, by a backfill. */
  readonly late: boolean;
  readonly masked: number;
}

export interface IncidentRow {
  readonly id: string;
  readonly instance: string;
  readonly title: string;
  readonly severity: string | null;
  readonly status: string | null;
  readonly nature: string | null;
  readonly occurred: Iso | null;
  readonly detected: Iso | null;
  readonly acknowledged: Iso | null;
  readonly contained: Iso | null;
  readonly resolved: Iso | null;
  readonly closed: Iso | null;
  readonly owner: string | null;
  readonly commander: string | null;
  readonly personalData: "yes" | "no" | null;
  readonly review: string | null;
  readonly imported: boolean;
  readonly entry: number;
  readonly digest: string;
  /** Began before the period. */
  readonly carriedIn: boolean;
  /** Not closed or resolved when the period ended. */
  readonly carriedOut: boolean;
  /** The first record of a complete look at its source that no longer found it; null where it is still there or that is not known. */
  readonly goneSince: number | null;
}

export interface IncidentRegister {
  readonly rows: readonly IncidentRow[];
  /** Records without any usable time: they cannot be put into a period, so they are in every report. */
  readonly undated: readonly IncidentRow[];
  readonly bySeverity: readonly { readonly severity: string; readonly incidents: number }[];
  readonly nil: NilStatement | null;
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
  /** Who confirmed that nothing happened; null: nobody, or it holds no more. */
  readonly confirmedBy: string | null;
  /** Why it cannot be confirmed, with the hole by its name; null where nothing speaks against it. */
  readonly claim: string | null;
}

/** A claim that nothing happened, and everything that it rests on. */
export interface NilRow {
  readonly requirement: string;
  readonly about: string;
  readonly period: Span & { readonly label: string };
  readonly state: NilState;
  readonly reason: string;
  readonly holes: readonly (Span & {
    readonly instance: string;
    readonly state: SlotState;
    readonly slots: number;
    readonly cause: string | null;
    readonly entries: readonly number[];
  })[];
  readonly sources: readonly {
    readonly instance: string;
    readonly use: string;
    readonly slots: number;
    readonly covered: number;
    readonly late: number;
    /** The source's own count; null where it gives none. */
    readonly total: number | null;
    readonly entries: readonly number[];
  }[];
  /** Also of a claim that was withdrawn since. */
  readonly confirmed: readonly { readonly by: string; readonly at: Iso; readonly entry: number }[];
  /** Records that show that something happened after all. */
  readonly entries: readonly number[];
}

export interface SignOffRow {
  readonly entry: number;
  readonly at: Iso;
  readonly subject: string;
  readonly period: Span & { readonly label: string };
  readonly by: string;
  readonly requirements: readonly string[];
  /** Why it counts for nothing; null where it counts. */
  readonly void: string | null;
}

export interface AlertSummary {
  readonly total: number;
  readonly firing: number;
  readonly rows: readonly {
    readonly instance: string;
    readonly name: string;
    readonly severity: string | null;
    readonly alerts: number;
    readonly first: Iso;
    readonly last: Iso;
    readonly unended: number;
    readonly entries: readonly number[];
  }[];
  readonly silences: readonly {
    readonly id: string;
    readonly by: string | null;
    readonly comment: string | null;
    readonly matches: string;
    readonly from: Iso;
    readonly to: Iso;
    readonly entry: number;
  }[];
  readonly rules: number;
  /** Who confirmed that there was none, and why it cannot be confirmed; as for the register. */
  readonly confirmedBy: string | null;
  readonly claim: string | null;
}

export interface JobSummary {
  readonly jobs: readonly {
    readonly instance: string;
    readonly job: string;
    readonly runs: number;
    readonly success: number;
    readonly failure: number;
    readonly missed: number;
    readonly unfinished: number;
  }[];
  readonly failures: readonly {
    readonly instance: string;
    readonly job: string;
    readonly at: Iso | null;
    readonly outcome: "failure" | "missed";
    readonly detail: string | null;
    readonly entry: number;
  }[];
}

export interface ReviewRow {
  readonly id: string;
  readonly title: string;
  readonly incident: string | null;
  readonly severity: string | null;
  readonly author: string | null;
  readonly date: Iso | null;
  readonly approvedBy: string | null;
  readonly sections: readonly string[];
  readonly empty: readonly string[];
  readonly actions: number;
  readonly entry: number;
  readonly digest: string;
}

export interface ActionRow {
  readonly review: string;
  readonly item: string;
  readonly owner: string | null;
  readonly due: string | null;
  readonly entry: number;
}

export interface ProblemRow {
  readonly instance: string;
  readonly where: string;
  readonly message: string;
  readonly firstEntry: number;
  readonly lastEntry: number;
}

export interface UploadRow {
  readonly entry: number;
  readonly at: Iso;
  readonly by: string;
  readonly controls: readonly string[];
  readonly captured: Iso | null;
  readonly incident: string | null;
  readonly files: readonly { readonly name: string; readonly digest: string; readonly size: number }[];
  readonly reason: string | null;
}

export interface Verification {
  readonly ok: boolean;
  /** False where the records are not those that were signed: what they say proves nothing. */
  readonly proven: boolean;
  readonly verdicts: readonly (Verdict & { readonly about: string })[];
  readonly checked: { readonly entries: number; readonly blobs: number; readonly bytes: number };
  /** All findings, also those beyond the listed ones. */
  readonly found: number;
  readonly findings: readonly {
    readonly code: string;
    readonly where: string;
    readonly expected: string;
    readonly found: string;
  }[];
}
