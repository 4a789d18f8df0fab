import type { Custody } from "../custody.ts";
import type { LiveClock } from "../duties/clocks.ts";
import type { FactOf } from "../evidence/fact.ts";
import { OWN_REGISTER } from "../incidents/register.ts";
import type { Instant } from "../lib/time.ts";
import { severityOrder } from "../policy/policy.ts";
import type { PolicyTimeline } from "../policy/timeline.ts";
import { incidentsOnce } from "./incident-clocks.ts";
import { type LiveRecords, liveRecords } from "./live-acts.ts";

/** Incidents as all registers have them, ours and others', each once, with what somebody has to decide about them yet. */

type Incident = FactOf<"incident">;

export interface Standing {
  /** As commands and pages name it; with its collector where another register keeps it. */
  readonly about: string;
  /** The collector whose register keeps it; undefined for our own. */
  readonly keptBy: string | undefined;
  /** The file it is kept in, where that is known. */
  readonly origin: string | undefined;
  readonly fact: Incident;
  readonly state: "open" | "resolved" | "closed";
  /** When it was noticed, or first said to be. */
  readonly since: Instant | undefined;
  /** What nobody decided yet, in words. */
  readonly undecided: readonly string[];
}

/** Every incident that is not withdrawn: open ones first, then those not closed; the gravest of each first, then the oldest. */
export async function standingIncidents(custody: Custody): Promise<Standing[]> {
  const records = await liveRecords(custody);
  const seen = await incidentsOnce(custody, records);
  return inOrder(
    seen.map((one) => standingOf(one, records)),
    records.timeline,
  );
}

const STATES = ["open", "resolved", "closed"] as const;

/** Pure. What nobody graded yet may be of the worst. */
export function inOrder(all: readonly Standing[], timeline: PolicyTimeline): Standing[] {
  const gravity = ({ fact, since }: Standing): number => {
    const policy = since === undefined ? undefined : timeline.policyAt(since)?.policy;
    return (policy && severityOrder(policy, fact.severity)) ?? 0;
  };
  return [...all].sort(
    (a, b) =>
      STATES.indexOf(a.state) - STATES.indexOf(b.state) ||
      gravity(a) - gravity(b) ||
      (a.since ?? 0) - (b.since ?? 0) ||
      (a.about < b.about ? -1 : 1),
  );
}

type Seen = Awaited<ReturnType<typeof incidentsOnce>>[number];

function standingOf({ fact, instance, origin }: Seen, { register }: Pick<LiveRecords, "register">): Standing {
  const isOwn = instance === OWN_REGISTER;
  const own = isOwn ? register.incidents.get(fact.id) : undefined;
  const told = fact.closedAt !== null ? "closed" : fact.resolvedAt !== null ? "resolved" : "open";
  return {
    about: isOwn ? fact.id : `${instance}/${fact.id}`,
    keptBy: isOwn ? undefined : instance,
    origin: isOwn ? undefined : origin,
    fact,
    // One that was taken up again is open, whatever was resolved before.
    state: own === undefined || own.state === "withdrawn" ? told : own.state,
    since: fact.detectedAt ?? fact.createdAt ?? fact.occurredAt ?? undefined,
    undecided: undecidedOf(fact),
  };
}

/** Pure. */
export function undecidedOf({ severity, owner, personalData }: Incident): string[] {
  return [
    ...(severity === null ? ["how grave it is"] : []),
    ...(owner === null ? ["who is responsible"] : []),
    ...(personalData === null ? ["whether personal data is concerned"] : []),
  ];
}

/** What runs for one of them: what is late first, then by when it is due; what has no number last. */
export function clocksAbout(clocks: readonly LiveClock[], about: string): LiveClock[] {
  const order = ({ late, due }: LiveClock) => (late ? 0 : (due ?? Number.MAX_SAFE_INTEGER));
  return clocks.filter((one) => one.about === about).sort((a, b) => order(a) - order(b) || (a.due ?? 0) - (b.due ?? 0));
}
