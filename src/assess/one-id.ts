import type { FactOf, Observed } from "../evidence/fact.ts";
import { canonical, type Json } from "../lib/canonical.ts";

/** Records of one source that bear one id and are not the same: they stay apart, each known by where it stands. */

const identityOf = ({ instance, fact }: Observed) => JSON.stringify([instance, fact.kind, fact.id]);
const inFile = (one: Observed) => one.origin ?? `file ${(one.position ?? 0) + 1}`;
const nameOf = (one: Observed) => JSON.stringify([identityOf(one), one.entry, one.position ?? 0, one.ordinal]);

/** What makes two words of one look two records: another status is a later word about the same one. */
export function contents({ fact }: Observed): string {
  return canonical((fact.kind === "incident" ? { ...fact, status: null } : fact) as Json);
}

/** The ids of all records that an incident is made of, its own first; only that where nothing is linked. */
export function idsOf({ id, linked }: Pick<FactOf<"incident">, "id" | "linked">): readonly string[] {
  return linked === undefined ? [id] : [...new Set([id, ...linked.map((one) => one.id)])];
}

/** The places of the records of one look that bear one id: their file, and which one of several in it. */
function standing<T extends Observed>(look: readonly T[]): { readonly one: T; readonly place: string }[] {
  const inOrder = [...look].sort((a, b) => (a.position ?? 0) - (b.position ?? 0) || a.ordinal - b.ordinal);
  const before = new Map<string, string[]>();
  return inOrder.map((one) => {
    const file = inFile(one);
    const known = before.get(file) ?? [];
    before.set(file, known);
    const same = known.indexOf(contents(one));
    const nth = same < 0 ? known.push(contents(one)) : same + 1;
    return { one, place: nth === 1 ? file : `${file} (${nth})` };
  });
}

/** Where each of those stands that share an id with another one, as far as the newest words go; undefined for all others. */
export function placesOf(newest: Iterable<Observed>): (one: Observed) => string | undefined {
  const groups = new Map<string, Observed[]>();
  for (const one of newest) if (one.fact.kind === "incident") put(groups, identityOf(one), one);
  const places = new Map<string, string>();
  for (const group of groups.values())
    if (group.length > 1) for (const { one, place } of standing(group)) places.set(nameOf(one), place);
  return (one) => (places.size === 0 ? undefined : places.get(nameOf(one)));
}

/**
 * Of all words under the id of a record, those about this record and not about another one of the same id: what stood where it
 * stands, and what stood where none of them stands now. `told` holds all of that id, in the order of the log.
 */
export function wordsAbout<T extends Observed>(one: T, told: readonly T[]): readonly T[] {
  const looks = new Map<number, T[]>();
  for (const word of told) put(looks, word.entry, word);
  if ([...looks.values()].every((look) => look.length < 2)) return told;
  const now = standing<Observed>(looks.get(one.entry) ?? [one]);
  const here = now.find((other) => nameOf(other.one) === nameOf(one))?.place;
  const taken = new Set(now.map(({ place }) => place));
  return [...looks.values()].flatMap((look) => {
    const there = standing(look);
    const own = there.filter(({ place }) => place === here);
    return (own.length > 0 ? own : there.filter(({ place }) => !taken.has(place))).map((word) => word.one);
  });
}

function put<K, T>(groups: Map<K, T[]>, key: K, one: T): void {
  const own = groups.get(key);
  if (own === undefined) groups.set(key, [one]);
  else own.push(one);
}
