import type { Law } from "../law/shape.ts";
import { lawDay, stepNamed } from "../law/steps.ts";
import type { Instant, Interval } from "../lib/time.ts";
import type { Policy } from "../policy/policy.ts";
import type { PolicyInForce, PolicyTimeline } from "../policy/timeline.ts";
import type { Requirement } from "./catalogue.ts";
import { asksAlone } from "./law-checks.ts";
import { FRESHNESS } from "./vocabulary.ts";

/** What the catalogue only recommends binds whom whose own rules ask for it; how often, the rules say as well. */

/** The rule that asks a person to confirm something, by the subject of the sign-off, and how often it is to be confirmed. */
const CONFIRMED: Readonly<
  Record<string, (policy: Policy) => { readonly every: string; readonly says: string } | undefined>
> = {
  "independent-channel": ({ communications }) =>
    communications?.independent && {
      every: communications.independent.attested,
      says: communications.independent.says,
    },
};

/**
 * What the newest rules that count for the period and ask people to confirm this say of it, and since when any of them has
 * asked; undefined where none does.
 */
export function confirmedBy(
  { check }: Pick<Requirement, "check">,
  policies: PolicyTimeline,
  period: Interval,
): { readonly every: string; readonly says: string; readonly since: Instant } | undefined {
  const rule = check.kind === "human" && Object.hasOwn(CONFIRMED, check.subject) ? CONFIRMED[check.subject] : undefined;
  if (rule === undefined) return undefined;
  const asking = policies.between(period.from, period.to).flatMap(({ policy, from }) => {
    const asked = policy && rule(policy);
    return asked === undefined ? [] : [{ ...asked, from }];
  });
  const newest = asking.at(-1);
  return newest && { ...newest, since: Math.min(...asking.map(({ from }) => from)) };
}

/** True where a law is off by all rules that count for the period, and the newest of them ask for the same by themselves. */
function restsOnRules(
  { check }: Requirement,
  policies: PolicyTimeline,
  { from, to }: Interval,
  laws: readonly Law[],
): boolean {
  const named = check.kind === "law" ? stepNamed(laws, check.step) : undefined;
  if (named === undefined) return false;
  const { law, id } = named;
  const versions = policies.between(from, to);
  const isAlone = ({ policy }: PolicyInForce) => {
    const day = lawDay(undefined, to - 1, policy?.zone ?? "UTC");
    return policy !== undefined && asksAlone(law, id, policy, day);
  };
  const isOff = ({ policy }: PolicyInForce) => policy?.laws.find((one) => one.law === law.law)?.on === false;
  return versions.every(isOff) && versions.some(isAlone);
}

/** The requirement as it counts for a period: its basis is the policy where that asks for it, and nothing else does. */
export function boundBy(
  requirement: Requirement,
  policies: PolicyTimeline,
  period: Interval,
  laws: readonly Law[] = [],
): Requirement {
  if (restsOnRules(requirement, policies, period, laws))
    return {
      ...requirement,
      basis: "policy",
      note: "your own rules, which ask for it although the law is off by them",
    };
  const asked = confirmedBy(requirement, policies, period);
  if (asked === undefined) return requirement;
  const freshness = FRESHNESS.find((one) => one === asked.every) ?? requirement.freshness;
  return { ...requirement, basis: "policy", freshness, note: `your rules: ${asked.says}` };
}
