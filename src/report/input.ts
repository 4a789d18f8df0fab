import type { ControlAssessment } from "../assess/assess.ts";
import type { NilReturn } from "../assess/nil-return.ts";
import type { SignOff, VoidSignOff } from "../assess/sign-off.ts";
import type { RecordedAct } from "../evidence/act.ts";
import type { EntryOf } from "../evidence/entry.ts";
import type { Doubted, FactKind, Observed } from "../evidence/fact.ts";
import type { Conditions } from "../gaps/conditions.ts";
import type { Law } from "../law/shape.ts";
import type { Digest } from "../lib/digest.ts";
import type { Instant, Interval } from "../lib/time.ts";
import type { PolicyTimeline } from "../policy/timeline.ts";
import type { History } from "../slots/history.ts";
import type { VerifyResult } from "../verify/verify.ts";
import type { CasesInput, EventsInput } from "./cases-input.ts";
import type { CustodyInput } from "./custody.ts";
import type { ExceptionsInput } from "./exceptions.ts";
import type { LearningInput } from "./learning.ts";
import type { KeyRow } from "./ledger-shape.ts";
import type { SamplesInput } from "./sample-rows.ts";
import type { StatementInput } from "./statement.ts";
import type { People, WhoInput } from "./who.ts";

/**
 * What a report is built from: everything as of one size of the ledger. Whoever calls gathers it from the ledger itself,
 * never from the index.
 */
export interface ReportInput {
  readonly organisation: {
    readonly name: string;
    readonly zone: string;
    readonly soa?: { readonly version: string } | undefined;
  };
  readonly scope: readonly {
    readonly system: string;
    readonly sources?: readonly string[] | undefined;
    readonly notConnected?: string | undefined;
  }[];
  /** People by ID with their role, and whether they hold the signing key. */
  readonly people?: People | undefined;
  readonly period: Interval & { readonly label: string };
  readonly size: number;
  /** Root of the tree at that size, 32 bytes. */
  readonly root: Uint8Array;
  readonly origin: string;
  /** The trusted key of the log, in its verifier form. */
  readonly vkey: string;
  /** SHA-256 of the bytes of entry `size - 1`. */
  readonly chainHead: Digest;
  /** `at` of entry `size - 1`. */
  readonly asOf: Instant;
  readonly genesis: Pick<EntryOf<"genesis">, "at" | "simulatedUntil" | "predecessor">;
  readonly catalogue?: { readonly name: string; readonly version: number; readonly digest: Digest } | undefined;
  /** The organisation's own rules and the laws; left out where there are none. */
  readonly rules?: RulesInput | undefined;
  readonly software: string;
  /** The fold over the first `size` entries. */
  readonly history: Pick<History, "instances" | "unreadable">;
  /** The fold of conditions of Custody itself over the same entries; without it none are shown. */
  readonly conditions?: Conditions | undefined;
  /** What a collector says of itself, by its name; undefined for one that this build does not have. */
  readonly about: (use: string) => CollectorAbout | undefined;
  /** All facts of the entries up to `size`, in any order. */
  readonly facts: readonly Observed[];
  readonly problems: readonly ObservedProblem[];
  /** All captures of runs, messages and imports up to `size`. */
  readonly evidence: readonly EvidenceItem[];
  readonly uploads: readonly UploadInput[];
  /** What people recorded, for the files that they added to it; left out where that was not read. */
  readonly acts?: readonly RecordedAct[] | undefined;
  /** Evidence files that were lawfully deleted, once for each record that names one. */
  readonly disposed?: readonly DisposedInput[] | undefined;
  readonly controls: readonly ControlAssessment[];
  /** Also prints requirements that are only recommended; they stay out otherwise. */
  readonly recommended?: boolean | undefined;
  /** The controls that were asked for, where not all were. */
  readonly onlyControls?: readonly string[] | undefined;
  /** The earliest outside anchor, where there is one. */
  readonly anchor?: { readonly at: Instant; readonly what: string } | undefined;
  /** Every claim of the period that nothing happened, month by month. */
  readonly nilReturns?: readonly NilReturn[] | undefined;
  /** What people signed, and what counts for nothing although somebody wrote that they did. */
  readonly signOffs?: readonly SignOff[] | undefined;
  readonly voidSignOffs?: readonly VoidSignOff[] | undefined;
  readonly verification?: Pick<VerifyResult, "ok" | "asOf" | "verdicts" | "checked" | "findings" | "found"> | undefined;
  /** Every key of the log, oldest first. */
  readonly keys?: readonly KeyRow[] | undefined;
  /** The register of incidents that is kept in the log itself; left out where none is. */
  readonly register?: RegisterInput | undefined;
  /** Every hold that was ever placed, in order. */
  readonly holds?: readonly HoldInput[] | undefined;
  /** What people learned, accepted, kept and did, as their records tell it; each left out where none is. */
  readonly learning?: LearningInput | undefined;
  readonly exceptions?: ExceptionsInput | undefined;
  readonly custody?: CustodyInput | undefined;
  readonly who?: WhoInput | undefined;
  readonly statement?: StatementInput | undefined;
  /** What people's records say of single incidents, and what was decided about events; each left out where nobody gathered it. */
  readonly cases?: CasesInput | undefined;
  readonly events?: EventsInput | undefined;
  /** The samples of the log. */
  readonly samples?: SamplesInput | undefined;
}

/** By which rules the report judges. */
export interface RulesInput {
  readonly policies: PolicyTimeline;
  /** Each with the SHA-256 of its data. */
  readonly laws: readonly { readonly law: Law; readonly digest: Digest }[];
  /** SHA-256 of the rules that ship with this build. */
  readonly shipped: ReadonlySet<Digest>;
}

/** Since when the register is kept in the log itself, and what was opened in it by mistake. */
export interface RegisterInput {
  readonly instance: string;
  readonly kept: { readonly from: Instant; readonly to: Instant | undefined } | undefined;
  readonly mistaken: readonly {
    readonly id: string;
    readonly title: string;
    readonly opened: Instant;
    readonly reason: string | undefined;
    readonly by: string;
    /** Index of the record that withdrew it. */
    readonly entry: number;
  }[];
}

/** An order that evidence must not be deleted. */
export interface HoldInput {
  readonly id: string;
  readonly entry: number;
  readonly at: Instant;
  readonly by: string;
  readonly authority: string;
  readonly digests: readonly string[];
  readonly instances: readonly string[];
  readonly window: Interval | undefined;
  readonly incident: string | undefined;
  readonly released: { readonly entry: number; readonly at: Instant } | undefined;
}

/** The part of a collector that is printed. */
export interface CollectorAbout {
  readonly title: string;
  readonly blindSpots: readonly string[];
  readonly facts: readonly FactKind[];
  /** Each complete look shows all that the source holds, whatever window was asked for. */
  readonly whole?: true;
}

export interface ObservedProblem {
  readonly instance: string;
  readonly entry: number;
  readonly where: string;
  readonly message: string;
  /** The values that it makes uncertain, of records that were read; left out where it may hide anything. */
  readonly about?: readonly Doubted[];
}

/** One capture as its entry and manifest describe it. */
export interface EvidenceItem {
  readonly instance: string;
  readonly use: string;
  readonly kind: "run" | "intake" | "import";
  readonly entry: number;
  readonly capturedAt: Instant;
  readonly digest: Digest;
  readonly size: number;
  readonly mediaType: string;
  readonly origin: string;
  /** The window that was asked for. */
  readonly covers?: Interval | undefined;
  /** Collected by a backfill, or asked for later because it was missing. */
  readonly late: boolean;
  /** The incident because of which it was asked for again, later than usual; that is no repair of a gap. */
  readonly incident?: string | undefined;
  /** How many spans were masked in it. */
  readonly masked: number;
}

export interface UploadInput {
  readonly entry: number;
  readonly at: Instant;
  readonly by: string;
  readonly controls: readonly string[];
  readonly captured?: Instant | undefined;
  readonly incident?: string | undefined;
  readonly files: readonly { readonly name: string; readonly digest: Digest; readonly size: number }[];
  readonly reason?: string | undefined;
}

/** An evidence file that was lawfully deleted, as one record names it. */
export interface DisposedInput {
  readonly digest: Digest;
  readonly size: number;
  readonly entry: number;
  /** When it was captured or handed in. */
  readonly at: Instant;
  /** Whose evidence it was; undefined for what a person handed in. */
  readonly source: { readonly instance: string; readonly use: string } | undefined;
  /** The window that was asked for; undefined for what a person handed in. */
  readonly covers: Interval | undefined;
  readonly disposal: {
    readonly index: number;
    readonly at: string;
    readonly authority: string;
    readonly reason: string;
    readonly unproven?: true;
  };
}
