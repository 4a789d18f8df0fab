import type { Incident, Situation } from "../law/case.ts";
import { type ContractVerdict, judgeContracts } from "../law/contracts.ts";
import { bad, OK, together, unclear } from "./conduct.ts";
import type { Verdict } from "./judgement.ts";

/** Formal notices that contracts ask for in an incident: whether they were given. Whether in time, their clocks judge. */

const UNKNOWN: readonly ContractVerdict["word"][] = ["no_data", "indeterminate"];

/** Those that nobody gave, and those of which nobody can tell; none where no breach is recorded. */
export function noticesMissing(incident: Incident, situation: Situation): ContractVerdict[] {
  return judgeContracts(incident, situation).filter(
    ({ about, done, word }) => about.breach !== undefined && !done && word !== "met" && word !== "not_applicable",
  );
}

export function noticesVerdict(incident: Incident, situation: Situation): Verdict {
  const verdicts = noticesMissing(incident, situation).map(({ word, reason }) =>
    UNKNOWN.includes(word) ? unclear(reason) : bad(`no notice by contract: ${reason}`),
  );
  return together(verdicts) ?? OK;
}
