import type { FactOf, Observed } from "../evidence/fact.ts";
import { idsOf, placesOf } from "./one-id.ts";
import { linkKey, sharedIds } from "./population.ts";

/**
 * Incidents of one source that bear one id: a review, a step or a piece of evidence that names that id may mean either. Nothing is
 * attached to one of them as if that were known.
 */

/** What stands for "which of them is meant" among the values of a record that nobody can tell. */
const MEANT = "meant by its id";

/** Files named in a sentence; how many more there are is always said. */
const FEW = 5;

/** `INC-5 (a.md, b.md)`: which records of a source bear one id, by their files. */
export function sharingInWords(words: readonly Observed[]): string {
  const placeOf = placesOf(words);
  const places = words.map((one) => placeOf(one) ?? `record ${one.entry}`);
  const more = places.length > FEW ? ` and ${places.length - FEW} more` : "";
  return `${words[0]?.fact.id.slice(0, 120)} (${places.slice(0, FEW).join(", ")}${more})`;
}

export const SHARED_REMEDY = "Give each a number of its own at the source and collect again";

/** The facts, where those that share an id know that nobody can tell what names it: who asks for that cannot decide. */
export function withSharedIds(facts: readonly Observed[]): readonly Observed[] {
  const groups = sharedIds(facts.filter(({ fact }) => fact.kind === "incident"));
  if (groups.length === 0) return facts;
  const shared = new Map<Observed, Observed>();
  for (const words of groups) {
    const where = sharingInWords(words);
    const message = `${words.length} records bear this id, and what names it may mean any of them. ${SHARED_REMEDY}`;
    for (const one of words)
      shared.set(one, { ...one, unread: [...(one.unread ?? []), { field: MEANT, where, message }] });
  }
  return facts.map((one) => shared.get(one) ?? one);
}

/** True where something that names an incident by its id names this one, or a record that is linked as the same. Of an id that several bear it is noticed who asks. */
export function isNamed(incident: Pick<FactOf<"incident">, "id" | "linked">, name: string | null): boolean {
  if (name === null || !idsOf(incident).some((id) => linkKey(id) === linkKey(name))) return false;
  Reflect.get(incident, MEANT);
  return true;
}
