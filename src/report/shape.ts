import type { NilRow, SignOffRow } from "./confirmations-shape.ts";
import type { ControlReport } from "./controls-shape.ts";
import type { Cover, GapRow, SourceReport, SystemRow } from "./coverage-shape.ts";
import type { CustodyPart } from "./custody-shape.ts";
import type { EventDecisions } from "./decisions-shape.ts";
import type {
  AttachedRow,
  DisposedPart,
  Erased,
  EvidenceRow,
  HoldRow,
  ProblemRow,
  RegisterName,
  UploadRow,
} from "./evidence-shape.ts";
import type { ExceptionsPart } from "./exceptions-shape.ts";
import type { GlanceRow } from "./glance-shape.ts";
import type { IncidentRegister } from "./incidents-shape.ts";
import type { LearningPart } from "./learning-shape.ts";
import type { LedgerState, Verification } from "./ledger-shape.ts";
import type { Notifications } from "./notifications-shape.ts";
import type { AlertSummary, JobSummary } from "./operations-shape.ts";
import type { PerformancePart } from "./performance-shape.ts";
import type { PopulationsPart } from "./populations-shape.ts";
import type { RulesPart } from "./rules-shape.ts";
import type { IncidentSheets } from "./sheets-shape.ts";
import type { CompletenessStatement, EarlierReport, WhoPart } from "./who-shape.ts";

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
  /** What it was asked for beside period and size: these controls only (null: all), and what is only recommended. */
  readonly asked: { readonly controls: readonly string[] | null; readonly recommended: boolean };
  readonly catalogue: { readonly name: string; readonly version: number; readonly digest: string } | null;
  /** By which rules: the organisation's own in every version that counts, laws, contracts. */
  readonly rules: RulesPart;
  readonly cover: Cover;
  /** What is not as it should be, and what is open. */
  readonly glance: readonly GlanceRow[];
  readonly scope: readonly SystemRow[];
  readonly sources: readonly SourceReport[];
  readonly gaps: readonly GapRow[];
  /** What there was to judge, source by source, and what was drawn from it. */
  readonly populations: PopulationsPart;
  readonly controls: readonly ControlReport[];
  /** How fast incidents were dealt with, by version of the rules, clock and severity. */
  readonly performance: PerformancePart;
  /** The claims that nothing happened, one for each requirement and month of the period. */
  readonly nilReturns: readonly NilRow[];
  /** What people signed about the period. */
  readonly signOffs: readonly SignOffRow[];
  readonly incidents: IncidentRegister;
  /** Single incidents from beginning to end: the worst ones, or all where there are few. */
  readonly sheets: IncidentSheets;
  /** What was decided about alerts and reports. */
  readonly decisions: EventDecisions;
  /** Who had to be told of incidents, and when they were; breaches of personal data, also those of which nobody was told. */
  readonly notifications: Notifications;
  readonly alerts: AlertSummary;
  readonly jobs: JobSummary;
  /** What was learned from incidents: reviews, actions, exercises, trends. */
  readonly learning: LearningPart;
  /** What was not as required, what somebody accepted of it, and findings. */
  readonly exceptions: ExceptionsPart;
  /** Things kept as evidence of incidents, and whose hands they passed through. */
  readonly custody: CustodyPart;
  /** Who signs, operates and holds the key, and what people did. */
  readonly who: WhoPart;
  /** What the organisation is asked to sign, and what the machine can say to that. */
  readonly completeness: CompletenessStatement;
  /** Reports and packs that were recorded before this one, for a time that meets the period. */
  readonly earlier: readonly EarlierReport[];
  readonly problems: readonly ProblemRow[];
  /** Records that a later version wrote and this one could not read although they decide about coverage. */
  readonly unreadable: readonly number[];
  /** Earlier records taken over, and files that a person handed in: neither late nor contemporaneous. */
  readonly imported: readonly EvidenceRow[];
  readonly uploads: readonly UploadRow[];
  /** Files that people added to messages, reviews, steps, findings and things kept as evidence. */
  readonly attached: readonly AttachedRow[];
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
