import { rulesOf, severitiesOf } from "../assess/case.ts";
import { type ToldAs, toldAsBy } from "../assess/linked.ts";
import { oneCase } from "../assess/one-case.ts";
import { placesOf } from "../assess/one-id.ts";
import { linkKey, newestOf } from "../assess/population.ts";
import { recordName } from "../events/name.ts";
import type { FactOf, Observed } from "../evidence/fact.ts";
import type { RegisterIncident } from "../incidents/incident.ts";
import { OWN_REGISTER } from "../incidents/register.ts";
import type { Instant } from "../lib/time.ts";
import { severityOf } from "../policy/policy.ts";
import type { PolicyTimeline } from "../policy/timeline.ts";
import { keyOf, type Links, type Ref } from "../reviews/links.ts";
import type { CaseRecords } from "./cases-input.ts";
import { clean, cleanOrNull } from "./clean.ts";
import type { PolicyUse, ToldBy } from "./incidents-shape.ts";
import { sortedBy } from "./order.ts";

/** One incident as a report tells of it: the record that counts, and the others of which a link says that they are the same. */

export type Seen = Omit<Observed, "fact"> & { readonly fact: FactOf<"incident"> };

export interface IncidentCase {
  /**
   * The incident as it counts. Where several records tell of it, it bears the name of the one of our own register, else of the
   * first that was told, and holds what any of them tells.
   */
  readonly told: Seen;
  /** The record whose name it bears, as that alone tells it; left out where there is no other one. */
  readonly first?: Seen;
  readonly also: readonly Seen[];
  /** Its file, where its source tells of another record under the same id; only so the two can be told apart. */
  readonly place?: string;
  /** The incident of our own register with all its records; undefined where none of them is. */
  readonly own: RegisterIncident | undefined;
}

export const isIncident = (one: Observed): one is Seen => one.fact.kind === "incident";

/** A record as links name it. */
export function refOf({ instance, fact, entry }: Seen): Ref {
  return instance === OWN_REGISTER
    ? { type: "incident", id: fact.id }
    : { instance, kind: "incident", id: recordName("incident", fact.id), entry };
}

/** Which facts are one incident by these links; undefined where no link says so. */
export function toldAsIn(facts: readonly Observed[], links: Links): ToldAs | undefined {
  const byLinks = (one: Observed) => (isIncident(one) ? links.toldAs(refOf(one)) : "");
  return links.groups.length === 0 ? undefined : toldAsBy(facts, byLinks);
}

/**
 * The incidents of a period, each once. `records` are those that meet the period; a record outside it is told beside the
 * one of the same incident that meets it.
 */
export function casesOf(
  records: readonly Observed[],
  { links, register }: Pick<CaseRecords, "links" | "register">,
  facts: readonly Observed[],
): IncidentCase[] {
  const inside = records.filter(isIncident);
  const groups = new Map<string, Seen[]>();
  const newest = newestOf(facts.filter(isIncident)) as Seen[];
  const placeOf = placesOf(newest);
  // Of two records that share an id nobody can say which of them a link means: each is told by itself.
  const groupOf = (one: Seen): string => {
    const place = placeOf(one);
    return place === undefined ? links.toldAs(refOf(one)) : JSON.stringify([keyOf(refOf(one)), place]);
  };
  const joined = new Map<string, Seen>();
  for (const one of inside) {
    if (one.fact.linked === undefined) put(groups, groupOf(one), one);
    else {
      joined.set(groupOf(one), one);
      groups.set(groupOf(one), []);
    }
  }
  if (links.groups.length > 0) {
    const known = new Set([...groups.values()].flat().map((one) => keyOf(refOf(one))));
    for (const one of newest) {
      const group = groupOf(one);
      if (groups.has(group) && !known.has(keyOf(refOf(one)))) put(groups, group, one);
    }
  }
  return [...groups].map(([group, all]) => {
    const first = (all.find(({ instance }) => instance === OWN_REGISTER) ?? all[0]) as Seen;
    const told = joined.get(group) ?? oneCase(all);
    const also = sortedBy(
      all.filter((one) => one !== first),
      (one) => one.instance,
      (one) => one.fact.id,
    );
    const place = placeOf(told);
    return {
      told,
      ...(all.length > 1 ? { first } : {}),
      also,
      ...(place === undefined ? {} : { place }),
      own: told.instance === OWN_REGISTER ? register.get(told.fact.id) : undefined,
    };
  });
}

function put<T>(groups: Map<string, T[]>, key: string, one: T): void {
  const own = groups.get(key);
  if (own === undefined) groups.set(key, [one]);
  else own.push(one);
}

/** All records of an incident. */
export const recordsOf = ({
  told,
  first = told,
  also,
}: Pick<IncidentCase, "told" | "first" | "also">): readonly Seen[] => [first, ...also];

/** The names under which other records may speak of it. */
export function namesOfCase(one: Pick<IncidentCase, "told" | "first" | "also">): ReadonlySet<string> {
  return new Set(recordsOf(one).flatMap(({ fact }) => [linkKey(fact.id), linkKey(recordName("incident", fact.id))]));
}

/** When it begins for a list: when it was detected, else the first time that is recorded; null where none is. */
export function begun({ fact }: Seen): Instant | null {
  return (
    fact.detectedAt ?? fact.occurredAt ?? fact.acknowledgedAt ?? fact.containedAt ?? fact.resolvedAt ?? fact.closedAt
  );
}

/** Where a record was read. */
export function toldBy({ instance, entry, item }: Pick<Observed, "instance" | "entry" | "item">): ToldBy {
  return { instance: clean(instance), entry, digest: instance === OWN_REGISTER || item === "" ? null : item };
}

export interface CaseSeverities {
  readonly first: string | null;
  readonly peak: string | null;
  readonly unknown: readonly string[];
  /** Place of the peak among the rules' severities, 0 the worst; undefined where that is not known. */
  readonly rank: number | undefined;
}

/** First and worst severity by the rules in force when it began; by the source's own words where there are no rules. */
export function severitiesFor({ fact }: Seen, policies: PolicyTimeline, asOf: Instant): CaseSeverities {
  const rules = rulesOf(policies, fact, asOf);
  const policy = "policy" in rules ? rules.policy : undefined;
  if (policy === undefined) {
    const words = [
      ...new Set([
        ...fact.severities.map(({ severity }) => severity),
        ...((fact.severity ?? "") ? [fact.severity as string] : []),
      ]),
    ];
    const [first = null] = words;
    // Of two words without rules nobody can say which is worse.
    return { first, peak: words.length === 1 ? first : null, unknown: [], rank: undefined };
  }
  const { first, peak, unknown } = severitiesOf(fact, policy);
  const rank = policy.severities.findIndex(({ label }) => label === peak);
  return { first: first ?? null, peak: peak ?? null, unknown, rank: rank < 0 ? undefined : rank };
}

/** A word of a source for how grave it is, as the rules in force when it began spell it; as it is where they do not have it. */
export function asRulesSpell(word: string, { fact }: Seen, policies: PolicyTimeline, asOf: Instant): string {
  const rules = rulesOf(policies, fact, asOf);
  return ("policy" in rules ? severityOf(rules.policy, word)?.label : undefined) ?? word;
}

/**
 * The same of an incident that several records tell of: the worst that any of them says. That somebody links it with a milder
 * record makes it no milder. The first is that of the record that counts.
 */
export function caseSeverities(one: IncidentCase, policies: PolicyTimeline, asOf: Instant): CaseSeverities {
  const each = recordsOf(one).map((seen) => severitiesFor(seen, policies, asOf));
  const [told] = each as [CaseSeverities, ...CaseSeverities[]];
  const worst = each.reduce((most, other) => (rankOf(other) < rankOf(most) ? other : most), told);
  const unknown = [...new Set(each.flatMap((other) => other.unknown))];
  const words = new Set(each.flatMap(({ peak, first }) => peak ?? first ?? []));
  // Without rules nobody can say which of two words is worse.
  if (worst.rank === undefined) return { ...told, peak: words.size > 1 ? null : told.peak, unknown };
  return { first: told.first, peak: worst.peak, unknown, rank: worst.rank };
}

const rankOf = ({ rank }: CaseSeverities): number => rank ?? Number.POSITIVE_INFINITY;

/** What the other records of an incident are, and how grave each of them says that it is. */
export function alsoRows({ also }: Pick<IncidentCase, "also">): (ToldBy & { id: string; severity: string | null })[] {
  return also.map((other) => ({
    id: clean(other.fact.id),
    severity: cleanOrNull(other.fact.severity, 80),
    ...toldBy(other),
  }));
}

export function policyUse(
  ref:
    | {
        readonly name: string;
        readonly version: string;
        readonly digest: string;
        readonly entry: number;
        readonly reachesBack: boolean;
      }
    | undefined,
): PolicyUse | null {
  if (ref === undefined) return null;
  const { name, version, digest, entry, reachesBack } = ref;
  return { name: clean(name), version: clean(version), digest, entry, reachesBack };
}
