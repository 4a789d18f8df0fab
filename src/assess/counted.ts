import { NOUNS } from "./vocabulary.ts";

/** What an `n of N` counts, so that nobody has to guess what the N are. */

/** One and many of what is counted. */
export type Noun = readonly [one: string, many: string];

export const SLOT: Noun = ["piece of expected evidence", "pieces of expected evidence"];
export const PERIOD: Noun = ["period", "periods"];
export const GAP: Noun = ["gap", "gaps"];
export const RULE: Noun = ["thing that your rules must say", "things that your rules must say"];

const AT_SOME_TIME = "at some time in the period";

/** Which of them belong to the period, by what they are called. */
const WHICH: ReadonlyMap<string, string> = new Map([
  [
    NOUNS.incident[1],
    `open ${AT_SOME_TIME}, whenever they began; and what was due in it of those that were over before`,
  ],
  [NOUNS.alert[1], `firing ${AT_SOME_TIME}`],
  [NOUNS.silence[1], `in force ${AT_SOME_TIME}`],
  [NOUNS.action[1], `not settled ${AT_SOME_TIME}`],
  [NOUNS.evidence[1], `kept ${AT_SOME_TIME}`],
  [NOUNS.review[1], "dated in the period, or without a date"],
  [NOUNS["job-run"][1], "begun in the period"],
  [NOUNS["alert-rule"][1], "in force when the sources were asked last"],
  [NOUNS.event[1], "received in the period"],
  [NOUNS.decision[1], "made in the period"],
  [NOUNS.activity[1], "held in the period"],
  [SLOT[1], "due in the period by the cadence of each source"],
  [PERIOD[1], "the hours, days, weeks, months or years, as often as it is asked for, that end in the period"],
  [GAP[1], "that somebody was to answer in the period by the rules"],
  [RULE[1], "of each version in force that the requirement asks about"],
]);

/** Which things of this name are counted; undefined for one that says so itself, such as a duty by a law. */
export const whichOf = ([, many]: Noun): string | undefined => WHICH.get(many);
