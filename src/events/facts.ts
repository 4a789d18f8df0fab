import type { FactOf, Observed } from "../evidence/fact.ts";
import { GONE_TEXT } from "../evidence/gone-words.ts";
import { type Decision, deciderInWords, type PastDecision } from "./decision.ts";
import type { EventLog, EventState } from "./fold.ts";

/** What people reported and what was decided, as the facts that checks and the report read. */

const EXACT: Readonly<Record<string, number>> = Object.freeze({});

/**
 * Facts of kind `event` (reports of our own records, each wording) and `decision`: each decision of a person about each event, also
 * those that were superseded, and of a rule where it is the one that counts. Decisions that count for nothing are no facts; they are
 * among the troubles. `register` is the instance of all of them, `names` gives the names behind random IDs.
 */
export function eventFacts(log: EventLog, register: string, names: ReadonlyMap<string, string>): Observed[] {
  const found: Observed[] = [...log.reports];
  for (const event of log.events) {
    for (const past of event.past) if (past.void === undefined) found.push(pastFact(event, past, register, names));
    const { decided } = event;
    if (decided?.by.type === "rule") found.push(ruleFact(event, decided, register, names));
  }
  return found;
}

function pastFact(
  event: EventState,
  past: PastDecision,
  register: string,
  names: ReadonlyMap<string, string>,
): Observed {
  const entry = past.index ?? 0;
  const fact = factOf(event, past, `${entry}:${event.event}`, past.supersededAt ?? null, names);
  const { gone } = past;
  return {
    fact,
    ...(gone === undefined ? {} : { ifKept: { fact: { ...fact, reason: fact.reason ?? GONE_TEXT }, gone: [gone] } }),
    instance: register,
    entry,
    item: event.newest.item,
    ordinal: 0,
    ...(past.logged === undefined ? {} : { at: past.logged }),
  };
}

/** A rule's decision rests on the record that told of the event. */
function ruleFact(
  event: EventState,
  decided: Decision,
  register: string,
  names: ReadonlyMap<string, string>,
): Observed {
  const { entry, item, ordinal, position, at, capturedAt } = event.newest;
  return {
    fact: factOf(event, decided, `rule:${event.event}`, null, names),
    instance: register,
    entry,
    item,
    ordinal,
    ...(position === undefined ? {} : { position }),
    ...(at === undefined ? {} : { at }),
    ...(capturedAt === undefined ? {} : { capturedAt }),
  };
}

function factOf(
  { event, instance, kind, id, again, shadowed, decided }: EventState,
  one: Decision,
  name: string,
  supersededAt: number | null,
  names: ReadonlyMap<string, string>,
): FactOf<"decision"> {
  return {
    kind: "decision",
    id: name,
    // Under the plain id stands the firing that the source told of last; the others have only names of ours.
    about: { instance, kind, id: shadowed ? event : id },
    decision: one.decision,
    decidedAt: one.at,
    by: deciderInWords(one, names),
    rule: one.by.type === "rule" ? one.by.bound.rule.id : null,
    reason: one.reason ?? null,
    incident: one.incident ?? null,
    duplicateOf: one.duplicateOf ?? null,
    together: one.together,
    precision: one.precision > 1 ? { decidedAt: one.precision } : EXACT,
    supersededAt,
    again: supersededAt === null && decided !== undefined && again.length > 0 ? again.join("; ") : null,
  };
}
