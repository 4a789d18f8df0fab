import type { Acts } from "../acts/acting.ts";
import { type RulesInLog, rulesIn } from "../acts/intake-rules.ts";
import { handledItems, itemFacts } from "../acts/keeping-custody.ts";
import type { Custody } from "../custody.ts";
import { eventFacts } from "../events/facts.ts";
import { type EventLog, foldEvents } from "../events/fold.ts";
import { recordName } from "../events/name.ts";
import { actsOfKind } from "../evidence/act.ts";
import type { Observed } from "../evidence/fact.ts";
import type { EvidenceItem, HandlingInput } from "../handling/item.ts";
import { incidentFacts } from "../incidents/facts.ts";
import type { RegisterIncident } from "../incidents/incident.ts";
import { foldRegister, OWN_REGISTER } from "../incidents/register.ts";
import type { Instant } from "../lib/time.ts";
import { reviewFacts } from "../reviews/facts.ts";

/** What the log holds beside its own records. */
export interface Beside extends Pick<HandlingInput, "holds" | "accesses"> {
  /** What sources told, in the order of the log. */
  readonly told: readonly Observed[];
  /** The families of the collectors, by their ids. */
  readonly families: ReadonlyMap<string, string>;
  readonly asOf: Instant;
}

/** Facts out of what people recorded in this log, the same kinds as a source tells; and incidents that were opened by mistake, which are none. */
export async function ownFacts(
  custody: Custody,
  records: Pick<Acts, "acts" | "names">,
  { told, families, asOf, holds, accesses }: Beside,
): Promise<{
  readonly facts: Observed[];
  readonly mistaken: RegisterIncident[];
  readonly events: EventsInLog;
  readonly items: EvidenceItem[];
}> {
  const { acts, names } = records;
  const events = await eventsIn(custody, records, told, families, asOf);
  const register = foldRegister(actsOfKind(acts, "incident"));
  const items = await handledItems(custody, records, { holds, accesses });
  const facts = [
    ...incidentFacts(register, names),
    ...reviewFacts(acts, OWN_REGISTER, names),
    ...eventFacts(events.log, OWN_REGISTER, names),
    ...itemFacts(items, { names, zone: custody.config.organisation.zone }),
  ];
  const mistaken = [...register.incidents.values()].filter(({ state }) => state === "withdrawn");
  return { facts, mistaken, events, items };
}

/** Every event that the log tells of with what was decided about it, and the rules by which some were. */
export interface EventsInLog {
  readonly log: EventLog;
  readonly rules: RulesInLog;
}

/** Reports and decisions as facts. `told` is what sources told, in the order of the log. */
export async function decisionFacts(
  custody: Custody,
  records: Pick<Acts, "acts" | "names">,
  told: readonly Observed[],
  families: ReadonlyMap<string, string>,
  asOf: Instant,
): Promise<Observed[]> {
  const { log } = await eventsIn(custody, records, told, families, asOf);
  return eventFacts(log, OWN_REGISTER, records.names);
}

async function eventsIn(
  custody: Custody,
  { acts }: Pick<Acts, "acts">,
  told: readonly Observed[],
  families: ReadonlyMap<string, string>,
  asOf: Instant,
): Promise<EventsInLog> {
  const rules = await rulesIn(custody, acts);
  const incidents = new Set(actsOfKind(acts, "incident").map(({ entry }) => entry.incident));
  for (const { fact } of told) if (fact.kind === "incident") incidents.add(recordName("incident", fact.id));
  const input = { acts, facts: told, rules: rules.timeline, families, incidents, register: OWN_REGISTER, asOf };
  return { log: foldEvents(input), rules };
}
