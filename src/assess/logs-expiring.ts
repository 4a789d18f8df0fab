import type { FactOf } from "../evidence/fact.ts";
import { type Instant, parseDuration } from "../lib/time.ts";
import { anyHolds } from "../policy/condition.ts";
import type { Policy } from "../policy/policy.ts";
import { caseView, type Incident } from "./case.ts";
import { isNamed } from "./shared-id.ts";

/** Logs that the rules keep for a while only, and open incidents of which nothing is kept yet. Pure. */

const DAY = 86_400_000;

/** How long before somebody is told, where the rules do not say. */
const WARN = 5 * DAY;

export interface LogsExpiring {
  /** When logs of the beginning are gone; as early as it may be. */
  readonly due: Instant;
  /** Milliseconds before that. */
  readonly warn: number;
  /** As the rules write it: `30d`. */
  readonly keep: string;
}

/**
 * When logs of the beginning of an incident are gone. Undefined where the rules name no time, the incident is over, when it
 * began is not known, evidence of it is kept, or the rules ask for none of such an incident; where they may ask for it, it counts.
 */
export function logsExpiring(
  incident: Incident,
  kept: readonly FactOf<"evidence">[],
  policy: Policy,
  now: Instant,
): LogsExpiring | undefined {
  const { keep, warnBefore } = policy.upkeep.logs ?? {};
  const length = parseDuration(keep ?? "");
  const began = incident.occurredAt ?? incident.detectedAt;
  if (keep === undefined || length === undefined || began === null) return undefined;
  if (incident.resolvedAt !== null || incident.closedAt !== null) return undefined;
  const isKept = kept.some((one) => isNamed(incident, one.incident));
  if (isKept || !mayAsk(incident, policy, now)) return undefined;
  return { due: began + length, warn: parseDuration(warnBefore ?? "") ?? WARN, keep };
}

/** Whether the rules want evidence of it, or nobody knows yet. */
function mayAsk(incident: Incident, policy: Policy, now: Instant): boolean {
  const { beforeCleanup, window, hold } = policy.evidence ?? {};
  const rules = [beforeCleanup, window, hold].filter((rule) => rule !== undefined);
  const view = caseView(incident, policy, now);
  const whens = rules.length === 0 ? [[{ natures: ["security", "both"] }]] : rules.map(({ when }) => when);
  return whens.some((when) => anyHolds(when, view) !== "no");
}
