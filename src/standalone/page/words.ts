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
      intact: ["good", "Yes. Nothing differs from what was signed, and nothing is gone that no record accounts for."],
      broken: ["bad", "No. What differs is listed below."],
    },
  },
  time: {
    question: "When did it exist, by somebody else's clock?",
    words: {
      anchored: ["good", "Somebody outside has dated it."],
      expired: ["fair", "It was dated outside, but the proof has run out and was not renewed."],
      unanchored: ["fair", "Nobody that you trust has dated it: its times are the operator's word."],
    },
  },
  independence: {
    question: "Who besides the operator vouches for it?",
    words: {
      witnessed: ["good", "An independent witness has followed the log."],
      published: ["good", "It continues a state that you know from elsewhere."],
      timestamped: ["good", "A time stamp service has seen it."],
      "self-attested": ["fair", "Nobody that you trust, so far."],
    },
  },
  completeness: {
    question: "Is every expected piece of evidence there?",
    words: {
      complete: ["good", "Of what was expected so far nothing is missing."],
      accounted: ["fair", "Not every period is covered, and the log says for each of these what happened."],
      holes: ["bad", "Something is missing, or cannot be judged here, and the log does not say why."],
    },
  },
  freshness: {
    question: "Was the newest evidence as new as required?",
    words: {
      current: ["good", "Yes, when its last record was made."],
      stale: ["fair", "No, some of it was older than required."],
      never: ["bad", "There is none yet, of some of it or of all."],
    },
  },
};

/** Flags of the command line that answers speak of, and the fields of this page that take the same. */
const FIELDS: Readonly<Record<string, string>> = {
  key: "The key of the organisation",
  since: "Earlier states of the log",
  witness: "Witnesses that you trust",
  "tsa-roots": "Time stamp services that you trust",
};

/** A sentence of the verifier for somebody who has this page and no command line. */
export function forPage(text: string): string {
  return text.replaceAll(/\bwith --(key|since|witness|tsa-roots)\b/g, (_, flag: string) => `under “${FIELDS[flag]}”`);
}
