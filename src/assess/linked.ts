import type { Observed } from "../evidence/fact.ts";
import type { InstanceHistory } from "../slots/history.ts";
import { type IncidentRecord, oneCase } from "./one-case.ts";
import { knownOf, sharedIds } from "./population.ts";

/** Records of which a link says that they are the same incident: one case, before anything is counted or judged. */

/** Under which name a record is told together with others; the same for all records of one incident. */
export type ToldAs = (one: Observed) => string;

const isIncident = (one: Observed): one is IncidentRecord => one.fact.kind === "incident";

/**
 * The facts with each incident once: in place of all that was ever said of records that are linked as the same stands one record
 * that holds what any of them tells. What earlier looks at their sources showed counts for it. Everything else stays as it is.
 */
export function withLinked(
  facts: readonly Observed[],
  toldAs: ToldAs | undefined,
  instances: ReadonlyMap<string, InstanceHistory>,
): readonly Observed[] {
  if (toldAs === undefined) return facts;
  const groups = new Map<string, Set<string>>();
  for (const one of facts) {
    if (!isIncident(one)) continue;
    const own = groups.get(toldAs(one));
    if (own === undefined) groups.set(toldAs(one), new Set([identityOf(one)]));
    else own.add(identityOf(one));
  }
  const linked = new Map([...groups].filter(([, own]) => own.size > 1));
  if (linked.size === 0) return facts;
  const members = new Map<string, IncidentRecord[]>([...linked.keys()].map((group) => [group, []]));
  for (const one of knownOf(facts.filter(isIncident), instances))
    if (isIncident(one)) members.get(toldAs(one))?.push(one);
  return [
    ...facts.filter((one) => !isIncident(one) || !linked.has(toldAs(one))),
    ...[...members.values()].map((records) => oneCase(records)),
  ];
}

const identityOf = ({ instance, fact }: Observed) => JSON.stringify([instance, fact.id]);

/** Names by links. Which of several records that share an id at their source a link means nobody can say: none of them is joined. */
export function toldAsBy(facts: readonly Observed[], byLinks: ToldAs): ToldAs {
  const shared = new Set(sharedIds(facts.filter(isIncident)).flatMap((words) => words.slice(0, 1).map(identityOf)));
  return (one) => (shared.has(identityOf(one)) ? identityOf(one) : byLinks(one));
}
