import type { Finding } from "./finding.ts";

/** How findings are told to people. */

const STATE_WORDS: Readonly<Record<Finding["state"], string>> = {
  open: "open",
  planned: "open; what is to be done is known",
  done: "done; whether it helped has to be looked at",
  verified: "done and found to help; it can be closed",
  closed: "closed",
};

/** How a finding stands; that something is to be done is said only where somebody said what. */
export const stateWords = ({ state, plan }: Pick<Finding, "state" | "plan">): string =>
  state === "planned" && plan === undefined
    ? "open; why it happened is known, what is to be done is not"
    : STATE_WORDS[state];
