import type { ResultWord } from "../assess/vocabulary.ts";
import type { PolicyUse, ToldBy } from "./incidents-shape.ts";
import type { Iso } from "./shape.ts";

/** The part of a report that tells of single incidents from beginning to end. */

export interface IncidentSheets {
  /** Incidents of the register, and how many of them have no whole sheet. */
  readonly incidents: number;
  readonly without: number;
  /** The worst first, of the same severity by when they were detected. */
  readonly rows: readonly IncidentSheet[];
  /** All others, in a few lines each: of lesser severities, or opened by Custody; in the order of the register. */
  readonly brief: readonly BriefSheet[];
}

/** What came of an incident that has no whole sheet; its times are in the register. */
export interface BriefSheet {
  readonly id: string;
  readonly title: string;
  readonly told: ToldBy;
  readonly place: string | null;
  readonly byCustody: boolean;
  readonly policy: PolicyUse | null;
  readonly clocks: readonly SheetClock[];
  /** Every record that tells of it. */
  readonly entries: readonly number[];
}

/** A time with how exactly it is known: it may be later by so many milliseconds. */
export interface SheetTime {
  readonly at: Iso | null;
  readonly precision: number;
}

export interface IncidentSheet {
  readonly id: string;
  readonly title: string;
  readonly told: ToldBy;
  /** Its file, where another record of its source bears the same id; null otherwise. */
  readonly place: string | null;
  /** Other records of the same incident, of which a link says that they are. */
  readonly also: readonly (ToldBy & { readonly id: string; readonly severity: string | null })[];
  /** Why it has a sheet, in words. */
  readonly because: string;
  readonly byCustody: boolean;
  /** The rules by which it was judged; null where there are none. */
  readonly policy: PolicyUse | null;
  readonly status: string | null;
  readonly severityFirst: string | null;
  readonly severityPeak: string | null;
  readonly nature: string | null;
  readonly type: string | null;
  readonly detectedBy: string | null;
  readonly tags: readonly string[];
  readonly impact: {
    readonly confidentiality: string | null;
    readonly integrity: string | null;
    readonly availability: string | null;
    readonly affected: number | null;
  };
  readonly supplier: string | null;
  readonly ticket: string | null;
  readonly cause: string | null;
  readonly causeKey: string | null;
  readonly reopened: number;
  readonly personalData:
    | ({
        readonly decision: string;
        readonly by: string | null;
        readonly reason: string | null;
        readonly told: ToldBy;
      } & SheetTime)
    | null;
  readonly timeline: readonly TimelineRow[];
  readonly severities: readonly (SheetTime & {
    readonly severity: string;
    readonly by: string | null;
    readonly reason: string | null;
    readonly told: ToldBy;
  })[];
  readonly people: readonly (SheetTime & { readonly role: string; readonly who: string; readonly told: ToldBy })[];
  readonly escalations: readonly (SheetTime & {
    readonly from: string | null;
    readonly to: string | null;
    readonly reason: string | null;
    readonly told: ToldBy;
  })[];
  readonly messages: readonly (SheetTime & {
    readonly channel: string | null;
    readonly audience: string | null;
    readonly purpose: string | null;
    readonly reached: number | null;
    /** Of how many that are affected; null where nobody said. */
    readonly of: number | null;
    readonly recipients: string | null;
    readonly text: string | null;
    readonly told: ToldBy;
  })[];
  readonly measures: readonly (SheetTime & {
    readonly measure: string;
    readonly result: string;
    readonly reason: string | null;
    readonly told: ToldBy;
  })[];
  readonly actions: readonly {
    readonly id: string;
    readonly title: string;
    readonly type: string | null;
    readonly owner: string | null;
    readonly due: Iso | null;
    /** The date in force, where a later one took the place of the first. */
    readonly replanned: Iso | null;
    readonly done: Iso | null;
    readonly verified: Iso | null;
    readonly cancelled: Iso | null;
    readonly result: string | null;
    readonly files: number;
    readonly entry: number;
  }[];
  readonly reviews: readonly {
    readonly id: string;
    readonly title: string;
    readonly author: string | null;
    readonly date: Iso | null;
    /** By how many milliseconds it may be later: a day where only the day is written. */
    readonly precision: number;
    readonly approvedBy: string | null;
    readonly approved: Iso | null;
    readonly empty: readonly string[];
    readonly told: ToldBy;
  }[];
  readonly evidence: readonly {
    readonly id: string;
    readonly title: string;
    readonly physical: boolean;
    readonly holder: string | null;
    readonly collected: Iso | null;
    readonly digests: readonly string[];
    readonly holes: number;
    readonly entry: number;
  }[];
  /** Files that people handed in for it. */
  readonly uploads: readonly { readonly entry: number; readonly name: string; readonly digest: string }[];
  readonly links: readonly {
    readonly relation: string;
    readonly other: string;
    readonly reason: string | null;
    readonly entry: number;
  }[];
  readonly waivers: readonly {
    readonly id: string;
    readonly requirement: string;
    readonly owner: string;
    readonly until: Iso;
    readonly revoked: number | null;
    readonly entry: number;
  }[];
  /** What the rules ask before it is closed; null for an incident of another register. */
  readonly closing: {
    readonly needs: readonly string[];
    readonly open: readonly { readonly need: string; readonly text: string }[];
    readonly closed: {
      readonly by: string;
      readonly reason: string | null;
      readonly waived: readonly string[];
      readonly waiver: string | null;
      readonly entry: number;
    } | null;
  } | null;
  readonly clocks: readonly SheetClock[];
  /** Records that do not fit, in words. */
  readonly troubles: readonly { readonly entry: number; readonly text: string }[];
}

export interface TimelineRow extends SheetTime {
  readonly what: string;
  readonly by: string | null;
  readonly told: ToldBy;
  /** When this was in the log first, with this time. */
  readonly logged: Iso | null;
  /** What earlier records said in its place, oldest first, and why that was changed as far as it is said. */
  readonly replaced: readonly (SheetTime & { readonly what: string; readonly entry: number })[];
  readonly because: string | null;
}

/** One clock that ran for the incident, with what came of it. */
export interface SheetClock {
  readonly basis: "policy" | "law" | "contract";
  /** As rules or laws name it. */
  readonly name: string;
  readonly level: string | null;
  readonly target: string | null;
  readonly due: Iso | null;
  /** Milliseconds, of clock time. */
  readonly took: number | null;
  readonly ended: boolean;
  readonly word: ResultWord;
  /** The arithmetic in words. */
  readonly what: string;
  readonly policy: PolicyUse | null;
}
