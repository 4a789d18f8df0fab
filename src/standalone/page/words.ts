import type { VerifyResult } from "../../verify/verify.ts";

type Verdicts = VerifyResult["verdicts"];

/** `good` needs nothing, `fair` should be known, `bad` needs an explanation. Always beside the word, never instead of it. */
export type Tone = "good" | "fair" | "bad";

interface Wording {
  readonly question: string;
  /** For each word of the verdict its tone and what it means to somebody who reads it for the first time. */
  readonly words: Readonly<Record<string, readonly [Tone, string]>>;
}

/** The five questions, in the order in which they are answered. */
export const QUESTIONS: Readonly<Record<keyof Verdicts, Wording>> = {
  integrity: {
    question: "Is everything as it was signed?",
    words: {
      intact: ["good", "Yes. No record, evidence file or proof was changed, added or taken away."],
      broken: ["bad", "No. What differs is listed below."],
    },
  },
  time: {
    question: "When did it exist, by somebody else's clock?",
    words: {
      anchored: ["good", "Somebody outside has dated it."],
      expired: ["fair", "It was dated outside, but the proof has run out and was not renewed."],
      unanchored: ["fair", "Nobody outside has dated it: its times are the operator's word."],
    },
  },
  independence: {
    question: "Who besides the operator vouches for it?",
    words: {
      witnessed: ["good", "An independent witness has followed the log."],
      published: ["good", "It continues a state that you know from elsewhere."],
      timestamped: ["good", "A time stamp service has seen it."],
      "self-attested": ["fair", "Nobody so far. Compare the fingerprint below with one you know from elsewhere."],
    },
  },
  completeness: {
    question: "Is every expected piece of evidence there?",
    words: {
      complete: ["good", "Every expected period is covered."],
      accounted: ["fair", "Not every period is covered, and the log says for each of these what happened."],
      holes: ["bad", "Something is missing, and the log does not say why."],
    },
  },
  freshness: {
    question: "Was the newest evidence as new as required?",
    words: {
      current: ["good", "Yes, when its last record was made."],
      stale: ["fair", "No, some of it was older than required."],
      never: ["bad", "Some of it was never collected."],
    },
  },
};
