import type { ResultWord } from "../assess/vocabulary.ts";
import type { PolicyUse, ToldBy } from "./incidents-shape.ts";
import type { Iso } from "./shape.ts";
import type { SheetTime } from "./sheets-shape.ts";

/** The part of a report about who had to be told, and when they were. */

export interface Notifications {
  /** Incidents of the register. */
  readonly incidents: number;
  /** Of these, those of which it is recorded whether personal data was concerned, and how that was decided. */
  readonly decided: number;
  readonly yes: number;
  readonly no: number;
  /** Nobody decided, or it is still unclear. */
  readonly undecided: readonly {
    readonly incident: string;
    readonly title: string;
    readonly closed: boolean;
    readonly unclear: boolean;
    readonly told: ToldBy;
  }[];
  /** One for each role and set of data of a breach, also where nobody was told; one for an incident with personal data and no record of the breach. */
  readonly breaches: readonly BreachRow[];
  /** Reports of laws that are about incidents, where these are on. */
  readonly reports: readonly DutyRow[];
  /** What law and contract ask for and is not done, where the time still runs; those due first in front. */
  readonly running: readonly RunningDuty[];
  /** Incidents that nothing was judged of, because the text of the rules that counted is gone. */
  readonly unjudged: readonly string[];
  /** Every law that is at hand, and whether it is on. */
  readonly laws: readonly {
    readonly law: string;
    readonly title: string;
    readonly act: string;
    readonly on: boolean;
    readonly why: string;
    readonly by: "rules" | "default";
    /** Versions of the rules in the period that say otherwise about it. */
    readonly changed: boolean;
  }[];
}

/** What law or contract asked for in one case, and what came of it. */
export interface DutyRow {
  readonly incident: string;
  readonly told: ToldBy;
  readonly basis: "law" | "contract";
  /** `gdpr.authority`, `contract:acme`. */
  readonly name: string;
  readonly title: string;
  /** The article, or the contract. */
  readonly source: string;
  /** False where the text of the law was not checked. */
  readonly checked: boolean;
  readonly role: string | null;
  readonly dataset: string | null;
  /** The strict end; null where there is no number, or the time has not begun. */
  readonly due: Iso | null;
  /** When it was done. */
  readonly done: Iso | null;
  /** By how many milliseconds that may be later. */
  readonly precision: number;
  readonly took: number | null;
  readonly term: string | null;
  readonly word: ResultWord;
  readonly reason: string;
  readonly policy: PolicyUse | null;
}

export interface RunningDuty {
  readonly incident: string;
  readonly told: ToldBy;
  /** `gdpr.authority`, `contract:acme`; in words; and the article or contract. */
  readonly name: string;
  readonly title: string;
  readonly source: string;
  /** The strict end; null where there is no number, or nothing recorded starts it. */
  readonly due: Iso | null;
  readonly term: string | null;
  /** True where nobody decided yet whether personal data is concerned: it is due then if it is. */
  readonly undecided: boolean;
  readonly reason: string;
}

export interface BreachRow {
  readonly incident: string;
  readonly title: string;
  readonly told: ToldBy;
  /** False where personal data was concerned and nobody recorded the breach. */
  readonly recorded: boolean;
  readonly role: string | null;
  readonly dataset: string | null;
  readonly people: number | null;
  readonly aware: SheetTime;
  readonly decision: { readonly by: string | null; readonly at: Iso | null };
  readonly risk: {
    readonly word: string | null;
    readonly by: string | null;
    readonly decided: SheetTime;
    readonly reason: string | null;
  };
  readonly authority: SheetTime;
  readonly controller: SheetTime;
  readonly subjects: SheetTime;
  /** Why the people concerned need not be told. */
  readonly exemption: string | null;
  readonly delay: string | null;
  readonly facts: string | null;
  readonly effects: string | null;
  readonly remedy: string | null;
  readonly duties: readonly DutyRow[];
}
