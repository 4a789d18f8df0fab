import type { ResultWord } from "../assess/vocabulary.ts";
import type { EvidenceRow } from "./evidence-shape.ts";
import type { Iso } from "./shape.ts";

/** Controls and their requirements, as the report has them. */

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
  /** Of a check that has a verdict on each record: how many have which, and each that is not good by its name. */
  readonly cases: Cases | null;
  /** The versions of the rules by which its records were judged, oldest first; empty where none was. */
  readonly judgedBy: readonly JudgedBy[];
  /** What of the failing somebody accepted, by whom and until when. It stays in `failing`. */
  readonly accepted: readonly AcceptedPart[];
  readonly entries: readonly number[];
}

/** The verdicts on single records, in words of results; what is waived stays what it was. */
export const CASE_WORDS = ["met", "not_met", "invalid", "indeterminate", "no_data", "pending", "no_target"] as const;
export type CaseWord = (typeof CASE_WORDS)[number];

export interface Cases {
  readonly counts: { readonly [W in CaseWord]: number };
  /** Of all these, about incidents that Custody opened itself. */
  readonly byCustody: number;
  /** All but the good ones, in the order of the words above. */
  readonly rows: readonly CaseRow[];
}

export interface CaseRow {
  readonly id: string;
  readonly instance: string;
  /** Record with the newest word about it. */
  readonly entry: number;
  readonly word: CaseWord;
  /** In the words of the rules. */
  readonly severity: string | null;
  readonly target: string | null;
  readonly due: Iso | null;
  /** Milliseconds by the clock. */
  readonly took: number | null;
  readonly what: string;
  /** Record of the version of the rules by which it was judged. */
  readonly rules: number | null;
}

export interface JudgedBy {
  readonly name: string;
  readonly version: string;
  /** The record that put them in force. */
  readonly entry: number;
  /** How many records were judged by it, and of how many it was logged only after their clock had started. */
  readonly cases: number;
  readonly reachesBack: number;
}

export interface AcceptedPart {
  readonly waiver: string;
  readonly entry: number;
  readonly owner: string;
  readonly granted: Iso;
  readonly until: Iso;
  readonly n: number;
  /** Empty where the requirement as a whole is accepted. */
  readonly ids: readonly string[];
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
