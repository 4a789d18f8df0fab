import type { Fact, FactOf, Observed, UnreadValue } from "../evidence/fact.ts";
import type { Instant, Interval } from "../lib/time.ts";
import { linkKey, meetsPeriod, newestOf, wasOverBefore } from "./population.ts";
import type { UnreadPlace } from "./unread.ts";

/**
 * Places that could not be read and hide a value of a record, and nothing else: the record is known and counted, and only who asks
 * for that value cannot tell. Whatever is not known to be such a place may hide anything.
 */

type Told = Pick<Observed, "instance" | "entry" | "item">;

const keyOf = ({ instance, entry, item }: Told, kind: string, id: string) =>
  JSON.stringify([instance, entry, item, kind, id]);

/** The facts with the values of them that could not be read, and the places that may hide anything. */
export function withUnread<P extends UnreadPlace>(
  facts: readonly Observed[],
  problems: readonly P[],
): { readonly facts: readonly Observed[]; readonly problems: readonly P[] } {
  const sure = problems.filter(
    ({ about, item }) => about !== undefined && about.length > 0 && typeof item === "string",
  );
  if (sure.length === 0) return { facts, problems };
  const wanted = new Map<string, UnreadValue[]>();
  const keyIn = ({ instance, entry, item }: P, kind: string, id: string) =>
    keyOf({ instance, entry, item: item ?? "" }, kind, id);
  for (const problem of sure) {
    const { where = "", message = "", about = [] } = problem;
    for (const { kind, id, fields } of about) {
      const key = keyIn(problem, kind, id);
      const values = wanted.get(key) ?? [];
      wanted.set(key, values);
      for (const field of fields) values.push({ field, where, message });
    }
  }
  const found = new Set<string>();
  const told = facts.map((one) => {
    const key = keyOf(one, one.fact.kind, one.fact.id);
    const values = wanted.get(key);
    if (values === undefined) return one;
    found.add(key);
    return values.length === 0 ? one : { ...one, unread: [...(one.unread ?? []), ...values] };
  });
  const isFound = (problem: P) => (problem.about ?? []).every(({ kind, id }) => found.has(keyIn(problem, kind, id)));
  const known = new Set(sure.filter(isFound));
  return { facts: told, problems: problems.filter((one) => !known.has(one)) };
}

const SPANNING: Readonly<Partial<Record<Fact["kind"], readonly string[]>>> = {
  incident: ["occurredAt", "detectedAt", "acknowledgedAt", "containedAt", "resolvedAt", "closedAt"],
  review: ["date"],
};
/** More than these in one record are not tried out. */
const MOST_TRIED = 3;

/**
 * Of the values that could not be read, those that may decide whether their record is one of the period: they are places that may
 * hide anything of it. One that cannot, whatever it is, is left out.
 */
export function unsurePlaces(facts: readonly Observed[], period: Interval, asOf: Instant): UnreadPlace[] {
  const doubted = facts.filter(({ unread }) => unread !== undefined);
  if (doubted.length === 0) return [];
  const incidents = new Set(
    newestOf(facts.filter(({ fact }) => fact.kind === "incident"))
      .filter(({ fact }) => meetsPeriod(fact, period, asOf))
      .map(({ fact }) => linkKey(fact.id)),
  );
  return doubted.flatMap(({ fact, instance, entry, unread = [] }) => {
    const values = deciding(fact, unread, incidents, period, asOf);
    return values.map(({ where, message }) => ({ instance, entry, where, message }));
  });
}

function deciding(
  fact: Fact,
  unread: readonly UnreadValue[],
  incidents: ReadonlySet<string>,
  period: Interval,
  asOf: Instant,
): readonly UnreadValue[] {
  const spanning = SPANNING[fact.kind];
  if (spanning === undefined) return unread;
  const fields = new Set(unread.map(({ field }) => field));
  const link = fact.kind === "review" && fields.has("incident");
  // A review of an incident of the period is among those of the period, whenever it was.
  if (!link && isAboutOneOf(fact, incidents)) return [];
  const times = spanning.filter((field) => fields.has(field));
  const isIn = fitsAlways(fact, times, period, asOf);
  if (isIn === undefined) return unread.filter(({ field }) => times.includes(field) || field === "incident");
  return link && !isIn ? unread.filter(({ field }) => field === "incident") : [];
}

const isAboutOneOf = (fact: Fact, incidents: ReadonlySet<string>): boolean =>
  fact.kind === "review" && fact.incident !== null && incidents.has(linkKey((fact as FactOf<"review">).incident ?? ""));

/** Whether a record is one of the period whatever these times of it are; undefined where that depends on them. */
function fitsAlways(fact: Fact, times: readonly string[], period: Interval, asOf: Instant): boolean | undefined {
  if (times.length > MOST_TRIED) return undefined;
  const { from, to } = period;
  // Between these nothing changes.
  const tried = [null, from - 1, from, from + 1, to - 1, to];
  const all = times.reduce<Fact[]>(
    (facts, field) => facts.flatMap((one) => tried.map((at) => ({ ...one, [field]: at }) as Fact)),
    [fact],
  );
  const isIn = meetsPeriod(fact, period, asOf);
  const wasOver = wasOverBefore(fact, period);
  const isSame = (one: Fact) => meetsPeriod(one, period, asOf) === isIn && wasOverBefore(one, period) === wasOver;
  return all.every(isSame) ? isIn : undefined;
}
