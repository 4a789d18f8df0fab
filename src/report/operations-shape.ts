import type { Iso } from "./shape.ts";

/** Alerts, silences and runs of jobs. */

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
