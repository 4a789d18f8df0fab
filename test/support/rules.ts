import { readFileSync } from "node:fs";
import { iso } from "../../src/lib/time.ts";
import { loadPolicy } from "../../src/policy/load.ts";
import type { Policy } from "../../src/policy/policy.ts";
import type { SHIPPED_POLICIES } from "../../src/policy/shipped.ts";
import { type LoggedPolicy, PolicyTimeline } from "../../src/policy/timeline.ts";

type Name = (typeof SHIPPED_POLICIES)[number];

const HOLIDAYS = [
  ["2026-01-01", "New Year"],
  ["2026-04-03", "Good Friday"],
  ["2026-04-06", "Easter Monday"],
  ["2026-12-25", "Christmas Day"],
  ["2026-12-26", "Second day of Christmas"],
  ["2027-01-01", "New Year"],
];
const LISTED = `holidays: [${HOLIDAYS.map(([date, name]) => `{ date: ${date}, name: ${name} }`).join(", ")}]`;

/** A shipped policy in Berlin, with the holidays of the place filled in; `mend` changes its text. */
export function shippedPolicy(name: Name, mend: (text: string) => string = (text) => text, listed = true): Policy {
  const text = readFileSync(new URL(`../../controls/policies/${name}.yaml`, import.meta.url), "utf8");
  return loadPolicy(mend(listed ? text.replaceAll("holidays: []", LISTED) : text), { zone: "Europe/Berlin" });
}

/** As it was logged; at the start of 2026 where nothing else is said. */
export function logged(policy: Policy, at = Date.parse("2026-01-01T00:00:00Z"), index = 3): LoggedPolicy {
  return {
    index,
    at,
    entry: {
      policy: policy.policy,
      version: policy.version,
      effective: iso(at),
      definition: { digest: `${index}`.padStart(64, "0") },
    },
    policy,
  };
}

/** Rules that are in force all through 2026. */
export function inForce(name: Name, mend?: (text: string) => string, listed?: boolean): PolicyTimeline {
  return new PolicyTimeline([logged(shippedPolicy(name, mend, listed))]);
}
