import type { CheckKind, CheckOf } from "./catalogue.ts";
import { checkConduct } from "./conduct-check.ts";
import { checkActionsDeadline, checkDecisionTime } from "./deadline-checks.ts";
import { checkGapResponse } from "./gap-response.ts";
import { type Circumstances, type Judgement, plain } from "./judgement.ts";
import { checkContract, checkLaw } from "./law-checks.ts";
import { checkUnlessUnread } from "./looked-at.ts";
import { checkHolds, checkHuman, checkNil, checkSlots } from "./period-checks.ts";
import { checkExists, checkLinked, checkOrdered, checkOutcome, checkPresent } from "./record-checks.ts";
import { checkPublicReview, checkReviewDeadline, checkTarget, checkUpdates } from "./target-checks.ts";

/**
 * The kinds of checks: pure functions from what is known to one result. None of them says `met` or `nil` when nothing
 * feeds it, nor of a population of which something was not seen.
 */
type Checks = { readonly [K in CheckKind]: (check: CheckOf<K>, circumstances: Circumstances) => Judgement };

const CHECKS: Checks = {
  slots: checkSlots,
  exists: checkExists,
  present: checkPresent,
  ordered: checkOrdered,
  linked: checkLinked,
  outcome: checkOutcome,
  nil: checkNil,
  human: checkHuman,
  holds: checkHolds,
  target: checkTarget,
  updates: checkUpdates,
  "review-deadline": checkReviewDeadline,
  "public-review": checkPublicReview,
  "actions-deadline": checkActionsDeadline,
  "decision-time": checkDecisionTime,
  "gap-response": checkGapResponse,
  law: checkLaw,
  contract: checkContract,
  conduct: checkConduct,
  policy: (check) => plain("no_data", `needs your rules: ${check.needs}`),
  unobservable: (check) => plain("no_data", `not observable: ${check.why}`),
};

/** Runs the check of a requirement. */
export function runCheck(circumstances: Circumstances): Judgement {
  const { check } = circumstances.requirement;
  const run = CHECKS[check.kind] as (check: unknown, circumstances: Circumstances) => Judgement;
  return checkUnlessUnread(circumstances, (given) => run(check, given));
}
