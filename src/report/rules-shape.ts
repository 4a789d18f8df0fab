import type { Iso } from "./shape.ts";

/** By which rules the report judges: the organisation's own, laws and contracts. */

export interface RulesPart {
  /** Every version that counts for the period, and those that came after it, oldest first. */
  readonly versions: readonly RulesVersion[];
  /** How many more are in the log, which neither held in the period nor judged anything of it. */
  readonly others: number;
  readonly laws: readonly LawRow[];
}

/**
 * `in-force`: at some time in the period. `earlier`: before it, and something of the period began under it. `later`: after the
 * period or the last record, so nothing here is judged by it. `never`: another one began no later.
 */
export type RulesStanding = "in-force" | "earlier" | "later" | "never";

export interface RulesVersion {
  readonly name: string;
  readonly version: string;
  /** SHA-256 of the text as it is stored. */
  readonly digest: string;
  /** The record that put it in force, and its time. */
  readonly entry: number;
  readonly logged: Iso;
  /** The later of that time and the day that the document names; until another one came. */
  readonly from: Iso;
  readonly to: Iso | null;
  readonly standing: RulesStanding;
  /** True for the first rules of a log where something of the period began before them. */
  readonly reachesBack: boolean;
  /** `shipped`: word for word as this build ships it. `shipped-name`: named like a shipped one, another text. */
  readonly origin: "shipped" | "shipped-name" | "own";
  /** What was judged by it: incidents of the period, each by its clocks. */
  readonly judged: readonly JudgedIncident[];
  /** Null where the text is gone or cannot be read: nothing can be judged by it. */
  readonly text: RulesText | null;
  /** Against the version that was logged before it; null for the first, and where one of the two cannot be read. */
  readonly changes: RulesChanges | null;
}

/** By the places of the rules that differ: `upkeep.backups`, `intake.rules.everyday-alerts`. */
export interface RulesChanges {
  /** Of the version before, and its record. */
  readonly version: string;
  readonly entry: number;
  readonly added: readonly string[];
  readonly changed: readonly string[];
  readonly removed: readonly string[];
}

/** One place of the rules with all that stands there. */
export interface Clause {
  readonly path: string;
  readonly text: string;
}

export interface JudgedIncident {
  readonly id: string;
  readonly instance: string;
  readonly entry: number;
  /** The rules were logged only after its clock had started. */
  readonly reachesBack: boolean;
}

/** What a report has to say of the text of rules. */
export interface RulesText {
  readonly title: string;
  readonly note: string | null;
  readonly zone: string;
  readonly document: RulesDocument;
  /** Worst first. */
  readonly severities: readonly SeverityRow[];
  readonly deadlines: readonly DeadlineRow[];
  readonly calendars: readonly CalendarRow[];
  readonly contracts: readonly ContractRow[];
  /** Every place that can be read in more than one way, and how it is read. */
  readonly choices: readonly ChoiceRow[];
  readonly exceptions: readonly ExceptionRow[];
  /** Everything that has no table of its own, and of deadlines and severities what their tables have no column for. */
  readonly clauses: readonly Clause[];
  /** What stands open in the text: places not filled in, promises without a number, lists that end. */
  readonly notes: readonly string[];
}

/** Null where it is not written, or its place is not filled in. */
export interface RulesDocument {
  readonly id: string | null;
  readonly owner: string | null;
  readonly approvedBy: string | null;
  readonly effectiveFrom: string | null;
  readonly lastEdited: string | null;
  readonly lastReviewed: string | null;
  readonly review: string | null;
}

export interface SeverityRow {
  readonly label: string;
  readonly rank: string;
  readonly title: string | null;
  readonly means: string;
  readonly examples: readonly string[];
  readonly aliases: readonly string[];
  readonly says: string;
}

/** Something that must be done in time. */
export interface DeadlineRow {
  /** Where it stands in the rules: `targets.acknowledge`, `review`. */
  readonly id: string;
  readonly about: string;
  /** In words; null where the rules do not say. */
  readonly from: string | null;
  readonly to: string | null;
  /** As spelled, and in words; null stands for every severity. */
  readonly terms: readonly { readonly severity: string | null; readonly term: string; readonly words: string }[];
  /** Only for which incidents; null for all. */
  readonly when: string | null;
  /** Name of the calendar where business time is counted; null where only the clock is. */
  readonly calendar: string | null;
  readonly says: string;
}

export interface CalendarRow {
  readonly name: string;
  /** SHA-256 of its canonical form. */
  readonly digest: string;
  readonly zone: string;
  /** `mon, tue 09:00-17:00`. */
  readonly hours: readonly string[];
  readonly holidays: {
    /** `none`: work goes on on all of them. `listed`: these. `unknown`: none is listed. */
    readonly state: "none" | "listed" | "unknown";
    readonly rows: readonly { readonly date: string; readonly name: string }[];
    /** Years for which some are listed. */
    readonly years: readonly string[];
    /** The list itself says that it is not complete. */
    readonly incomplete: boolean;
  };
  /** Days with hours of their own. */
  readonly days: readonly { readonly date: string; readonly name: string; readonly hours: string }[];
  readonly validFrom: string | null;
  readonly validTo: string | null;
  readonly dayEnds: "midnight" | "close";
  readonly afterHours: "no-roll" | "roll";
  readonly says: string | null;
}

export interface ContractRow {
  readonly id: string;
  readonly title: string | null;
  readonly role: string;
  readonly term: string;
  readonly words: string;
  readonly from: string;
  readonly calendar: string | null;
  readonly validFrom: string | null;
  readonly validTo: string | null;
  readonly document: string | null;
  /** Sets of data that it is for, beside its own name. */
  readonly datasets: readonly string[];
  readonly says: string;
}

export interface ChoiceRow {
  readonly id: string;
  readonly question: string;
  readonly taken: string;
  readonly alternatives: readonly string[];
  readonly says: string;
  /** The rules themselves mark this as a place to mend in the procedure. */
  readonly mend: boolean;
}

export interface ExceptionRow {
  readonly id: string;
  readonly kind: "exception" | "accepted-gap";
  readonly about: string;
  readonly reason: string;
  readonly owner: string;
  readonly until: string | null;
}

export interface LawRow {
  readonly law: string;
  readonly title: string;
  /** Its number. */
  readonly act: string;
  readonly binds: string;
  /** SHA-256 of the data by which it is judged. */
  readonly digest: string;
  /** By each version of the rules that counts; one with `entry` null where none says anything. */
  readonly standings: readonly LawStanding[];
  /** What it asks for, as far as it holds in the period; empty where it is off. */
  readonly steps: readonly LawStepRow[];
}

export interface LawStanding {
  readonly entry: number | null;
  readonly on: boolean;
  readonly why: string;
  /** The rules say so, or nobody does and the data of the law stands. */
  readonly by: "rules" | "default";
  readonly decidedBy: string | null;
  readonly from: string | null;
}

export interface LawStepRow {
  readonly id: string;
  readonly title: string;
  readonly article: string;
  readonly validFrom: string;
  readonly validTo: string | null;
  /** `72h from when somebody knew`; empty for texts that must be there. */
  readonly terms: readonly string[];
  /** By what its text was checked; null where it was not. */
  readonly checked: string | null;
  readonly note: string | null;
}
