import type { Policy } from "../../src/policy/policy.ts";
import { type PolicyName, rulesOf } from "./acceptance.ts";

/** The shipped rules of this name. */
export function policyOf(name: PolicyName): Policy {
  const policy = rulesOf(name).all[0]?.policy;
  if (policy === undefined) throw new Error(`no rules ${name}`);
  return policy;
}

/** How a shipped policy reads what its procedure leaves open. */
export const choicesIn = (name: PolicyName): Policy["choices"] => policyOf(name).choices;
