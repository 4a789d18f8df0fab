/** What a reader should know first, each as a number of all that was looked at. The gravest stand first. */

export const GLANCE_WORDS = [
  "duties",
  "breaches",
  "running",
  "personal-data",
  "gravest",
  "events",
  "deadlines",
  "reviews",
  "failed",
  "follow-ups",
  "actions",
  "findings",
  "waivers",
  "handovers",
  "chains",
  "gaps",
  "jobs",
  "systems",
  "problems",
  "unanswered",
  "open",
] as const;
export type GlanceWord = (typeof GLANCE_WORDS)[number];

export interface GlanceRow {
  readonly about: GlanceWord;
  /** How many are not as they should be, or are open; the parts of the report name each. */
  readonly n: number;
  /**
   * Of how many of which that can be said; null where these are not counted. Of what must be done in time it is only what is
   * decided: what cannot be shown and what still runs stands beside it.
   */
  readonly of: number | null;
  /** Of which the records show neither. */
  readonly unknown: number;
  /** Whose time is not over: neither missed nor kept. */
  readonly running: number;
  /** What they are, the gravest first. */
  readonly named: readonly GlanceName[];
}

export interface GlanceName {
  /** An incident, an action, a finding, an event. */
  readonly id: string;
  /** In the words of the rules; null where it has none, or is no incident. */
  readonly severity: string | null;
  readonly what: string | null;
  readonly due: string | null;
  /** Since when it is so. */
  readonly since: string | null;
  /** The record from which it is. */
  readonly entry: number | null;
}
