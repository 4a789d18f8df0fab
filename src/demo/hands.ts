import type { Instant } from "../lib/time.ts";

/** People of the made-up company who act in Custody, by their short names in its configuration. */
export type Actor = "katrin" | "jonas" | "lena" | "ines";

/** What a person types into a record: values, and words. Names of people are short names, or full names of anybody else. */
export interface Said {
  readonly values?: Readonly<Record<string, string | number | boolean | readonly string[]>>;
  readonly people?: Readonly<Record<string, string>>;
  readonly words?: Readonly<Record<string, string>>;
  /** When it happened; now where left out. Known to the minute. */
  readonly at?: Instant;
}

export type Handled = "transfer" | "access" | "verify";

/**
 * What people can do in the story: the same as with the commands of the same names, each act recorded as that of the person who
 * does it. Things that are begun get a name of the story, by which later acts find them; which number they have in the log is
 * none of its business.
 */
export interface Hands {
  /** `incident open`, `incident classify` and so on. */
  incident(story: string, act: string, said: Said): Promise<void>;
  /** `incident close`, with the reason why it is closed although conditions do not hold, where there is one. */
  close(story: string, reason: string, waive?: string): Promise<void>;
  /** `action open`, `action done` and so on. */
  action(story: string, act: string, said: Readonly<Record<string, string | readonly string[]>>): Promise<void>;
  /** `review record`: the text of the file is made from what is known then, with these sections. */
  review(story: string, file: string, text: string, controls: string, reason: string): Promise<void>;
  /** `review approve`. */
  approve(story: string): Promise<void>;
  /** `activity record`. */
  held(type: string, said: Readonly<Record<string, string | readonly string[]>>): Promise<void>;
  /** `evidence add` of a file with these words in it. */
  keep(story: string, file: string, text: string, said: Said): Promise<void>;
  /** `evidence transfer`, `access`, `verify`. */
  handle(story: string, act: Handled, said: { readonly to?: string; readonly reason: string }): Promise<void>;
  /** `hold place`. */
  hold(id: string, authority: string, story: string): Promise<void>;
  /** `event add`: somebody reported something. */
  report(
    story: string,
    said: Readonly<Record<string, string>>,
    received: Instant,
    acknowledged: Instant,
  ): Promise<void>;
  /** `event decide` about a report, or about what is undecided and like this; several after one look at the list. */
  decide(...decisions: readonly Decided[]): Promise<void>;
  /** `gap ack` of all that nobody has seen; `gap accept` of those that stay. */
  gaps(act: "acknowledge" | "accept", reason: string, until?: Instant): Promise<void>;
  /** Resolves and closes what Custody opened for gaps that are over. */
  settle(reason: string): Promise<void>;
  /** `sign`: the review of a month, and its nil returns as far as they can be confirmed. */
  signMonth(month: string): Promise<void>;
  /** `finding open`, and its further life. */
  finding(story: string, act: string, said: Readonly<Record<string, string>>): Promise<void>;
  /** `waive`. */
  waive(requirement: string, stories: readonly string[], until: Instant, reason: string): Promise<void>;
  /** `sample freeze`, `draw` and `mark`. */
  sample(period: string, size: number, words: string): Promise<void>;
  /** The organisation's own rules are changed: a file in the workspace, and the line that names it. */
  rules(change: (text: string) => string): Promise<void>;
}

/** A decision about a report of the story; or about undecided alerts of a name or a severity, that began before a moment. */
export interface Decided {
  readonly report?: string;
  readonly name?: string;
  readonly severity?: string;
  readonly before?: Instant;
  readonly decision: "incident" | "event-only" | "false-positive" | "duplicate";
  readonly reason: string;
  /** The incident that it became, or the report that it repeats. */
  readonly story?: string;
}

/** Something that somebody does at a moment of the story. */
export interface Deed {
  readonly at: Instant;
  readonly by: Actor;
  does(hands: Hands): Promise<void>;
}
