import { resolve } from "node:path";
import { didYouMean } from "../lib/nearest.ts";
import { isShipped, SHIPPED_POLICIES, type ShippedPolicy } from "../policy/shipped.ts";
import type { Mistake } from "./mistakes.ts";

/** Where the rules of an organisation are: one of the shipped policies, or a file, absolute. */
export type PolicyPlace =
  | { readonly kind: "shipped"; readonly name: ShippedPolicy }
  | { readonly kind: "file"; readonly path: string };

/** A name alone is that of a shipped policy; whatever has a folder or an ending is a file. */
const isName = (given: string) => !/[\\/]|\.ya?ml$/i.test(given);

/** The place that `policy:` names, relative to the configuration. */
export function policyPlace(given: string | undefined, root: string): PolicyPlace | undefined {
  if (given === undefined) return undefined;
  return isShipped(given) ? { kind: "shipped", name: given } : { kind: "file", path: resolve(root, given) };
}

/** A name that none of the shipped policies has. */
export function checkPolicy(data: unknown, mistakes: Mistake[]): void {
  const given = typeof data === "object" && data !== null ? (data as { policy?: unknown }).policy : undefined;
  if (typeof given !== "string" || given === "" || !isName(given) || isShipped(given)) return;
  const hint = didYouMean(given, SHIPPED_POLICIES);
  mistakes.push({
    path: ["policy"],
    text: `there is no shipped policy of this name; expected ${SHIPPED_POLICIES.join(", ")}, or a path such as ./policy.yaml${hint}`,
  });
}
