import { caseView } from "../assess/case.ts";
import { BREAK_GLASS } from "../assess/conduct-closing.ts";
import { evidenceOrder } from "../assess/conduct-measures.ts";
import { messagesMissing } from "../assess/conduct-messages.ts";
import { noticesMissing } from "../assess/contract-notices.ts";
import type { FactOf, Observed } from "../evidence/fact.ts";
import { askedOf, type ClosingConditions } from "../incidents/closing.ts";
import { incidentFact, type Names } from "../incidents/facts.ts";
import type { RegisterIncident } from "../incidents/incident.ts";
import { situationOf } from "../law/clocks.ts";
import type { Instant } from "../lib/time.ts";
import type { Policy } from "../policy/policy.ts";
import type { PolicyTimeline } from "../policy/timeline.ts";
import type { InstanceHistory } from "../slots/history.ts";
import { notResumed } from "../slots/resumed.ts";

/** What must hold before an incident of the register is closed, out of everything that the log says of it. */

/** Where that is read from. What is left out is not known, and is told as that. */
export interface ClosingSources {
  /** The organisation's rules, by when they were in force. */
  readonly timeline: PolicyTimeline;
  /** Reviews and actions of our own, as facts. */
  readonly beside: readonly Observed[];
  readonly names: Names;
  /** The organisation's. */
  readonly zone: string;
  /** Time of the last record that was looked at. */
  readonly asOf: Instant;
  /** Everything that is kept as evidence of incidents. */
  readonly kept?: readonly FactOf<"evidence">[] | undefined;
  /** Every source, with its runs. */
  readonly collecting?: Iterable<InstanceHistory> | undefined;
}

type Elsewhere = NonNullable<ClosingConditions["elsewhere"]>;

/** By the rules in force when it was noticed. */
export function closingConditions(sources: ClosingSources, incident: RegisterIncident): ClosingConditions {
  const { timeline, beside } = sources;
  const policy = timeline.policyAt((incident.times.detectedAt ?? incident.opened).at)?.policy;
  const { needs, elsewhere } = askedOf(incident, policy);
  return {
    needs,
    reason: policy?.closing !== undefined,
    elsewhere: {
      ...elsewhere,
      ...saidBeside(incident, beside),
      ...saidOfMessages(sources, incident, policy),
      ...saidOfNotices(sources, incident),
      ...saidOfEvidence(sources, incident, policy),
      ...saidOfCollection(sources, incident),
      ...saidOfBreakGlass(incident),
    },
  };
}

/** What our own records of reviews and actions say of an incident. */
function saidBeside({ id }: RegisterIncident, beside: readonly Observed[]): Elsewhere {
  const facts = beside.map(({ fact }) => fact);
  const reviews = facts.filter((fact) => fact.kind === "review").filter(({ incident }) => incident === id);
  const actions = facts
    .filter((fact) => fact.kind === "action")
    .filter(({ incident, cancelledAt }) => incident === id && cancelledAt === null);
  const open = actions.filter(({ doneAt }) => doneAt === null);
  const unowned = open.filter(({ owner, due }) => owner === null || due === null);
  const approved = reviews.filter(({ approvedAt }) => approvedAt !== null);
  const state = approved.some(({ publishedAt }) => publishedAt !== null)
    ? "published"
    : approved.length > 0
      ? "approved"
      : reviews.length > 0
        ? "written"
        : "none";
  return {
    review: state,
    openActions: open.map((one) => one.id),
    unownedActions: unowned.map((one) => one.id),
    controlDecision: reviews.some(({ controlChange }) => controlChange !== null),
  };
}

/** The messages that the rules ask for, judged as the checks judge them. Without rules nobody is named. */
function saidOfMessages(
  { names, asOf }: ClosingSources,
  incident: RegisterIncident,
  policy: Policy | undefined,
): Elsewhere {
  if (policy === undefined) return {};
  const fact = incidentFact(incident, names);
  return { openMessages: messagesMissing({ incident: fact, policy, view: caseView(fact, policy, asOf) }) };
}

/** The notices by contract that nobody gave, judged as the checks judge them. */
function saidOfNotices({ names, timeline, zone, asOf }: ClosingSources, incident: RegisterIncident): Elsewhere {
  const fact = incidentFact(incident, names);
  const { lost, began: _, ...situation } = situationOf(fact, timeline, asOf, zone);
  if (lost)
    return { openNotices: ["whether contracts ask for a notice is not known: the text of the rules of then is gone"] };
  const missing = noticesMissing(fact, situation);
  // That a processor tells the controller is asked for without any contract too.
  const own = missing.filter(({ about }) => !(about.breach?.role === "processor" && fact.personalData === "yes"));
  return { openNotices: own.map(({ reason }) => `no notice by contract: ${reason}`) };
}

/** Evidence counts as preserved where it was kept before anything was cleaned up, as the checks judge it. */
function saidOfEvidence(
  { kept, names }: ClosingSources,
  incident: RegisterIncident,
  policy: Policy | undefined,
): Elsewhere {
  if (kept === undefined) return {};
  const { word, what } = evidenceOrder(incidentFact(incident, names), policy, kept, true);
  return { openEvidence: word === "ok" ? [] : [what ?? "evidence of it was not preserved"] };
}

/** The sources that failed while it went on: each came through again since it was resolved. */
function saidOfCollection({ collecting, asOf }: ClosingSources, { times, opened }: RegisterIncident): Elsewhere {
  if (collecting === undefined) return {};
  const from = Math.min(...[times.occurredAt, times.detectedAt, opened].flatMap((one) => one?.at ?? []));
  // While it goes on, nothing can have come through since.
  const to = times.resolvedAt?.at ?? asOf;
  const silent = notResumed(collecting, { from, to: Math.max(from + 1, to) }, asOf);
  return { silentSources: silent.map(({ instance, why }) => `${instance} ${why}`) };
}

/** Off where it was never switched on, and where it was switched off after that. */
function saidOfBreakGlass({ measures }: RegisterIncident): Elsewhere {
  const newest = (name: string) =>
    measures
      .filter(({ measure, result }) => measure === name && result === "done")
      .sort((a, b) => b.at - a.at || b.index - a.index)[0];
  const on = newest(BREAK_GLASS.on);
  const off = newest(BREAK_GLASS.off);
  if (on === undefined) return { breakGlassOff: true };
  if (off === undefined) return { breakGlassOff: false };
  return { breakGlassOff: off.at > on.at || (off.at === on.at && off.index > on.index) };
}
