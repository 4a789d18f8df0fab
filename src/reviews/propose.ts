import type { FactOf, Observed } from "../evidence/fact.ts";
import type { Instant } from "../lib/time.ts";
import { dateForPeople } from "../lib/zone.ts";

/** Two incidents of different sources that look like one. Nothing is joined by that: a person says so with a link. */
export interface Proposal {
  readonly from: Observed;
  readonly to: Observed;
  readonly relation: "same" | "review";
  readonly why: string;
}

/** More records under one key are no sign that they are the same. */
const MAX_ALIKE = 20;

/** The newest word about each thing, in the order in which they were first told. */
export function newestOf(facts: readonly Observed[]): Observed[] {
  const newest = new Map<string, Observed>();
  for (const one of facts) {
    const key = JSON.stringify([one.instance, one.fact.kind, one.fact.id]);
    const before = newest.get(key);
    if (before === undefined || isLater(one, before)) newest.set(key, one);
  }
  return [...newest.values()];
}

function isLater(a: Observed, b: Observed): boolean {
  return (
    a.entry > b.entry ||
    (a.entry === b.entry &&
      ((a.position ?? 0) > (b.position ?? 0) || ((a.position ?? 0) === (b.position ?? 0) && a.ordinal >= b.ordinal)))
  );
}

/** When it began to be an incident, as far as that is known. */
export function momentOf({ detectedAt, occurredAt, createdAt }: FactOf<"incident">): Instant | null {
  return detectedAt ?? occurredAt ?? createdAt;
}

const byWord = (a: string, b: string) => (a < b ? -1 : a > b ? 1 : 0);
const plain = (text: string) => text.normalize("NFKC").toLowerCase().replace(/\s+/g, " ").trim();

/**
 * Incidents of different sources with the same number, or with the same title on the same day of the zone; and reviews that
 * name an incident of another source by its number. What is linked already, or has a key that too many share, is left out.
 */
export function proposeLinks(
  facts: readonly Observed[],
  zone: string,
  isLinked: (from: Observed, to: Observed) => boolean = () => false,
): Proposal[] {
  const newest = newestOf(facts);
  // Every zone changes its offset at a quarter of an hour, so that within one it is one day.
  const days = new Map<number, string>();
  const dayOf = (at: Instant) => {
    const quarter = Math.floor(at / 900_000);
    const day = days.get(quarter) ?? dateForPeople(at, zone);
    days.set(quarter, day);
    return day;
  };
  const keyed = new Map<string, { why: string; own: Observed[] }>();
  const put = (key: string, why: string, one: Observed) => {
    const list = keyed.get(key);
    if (list === undefined) keyed.set(key, { why, own: [one] });
    else list.own.push(one);
  };
  const byId = new Map<string, Observed[]>();
  for (const one of newest) {
    if (one.fact.kind !== "incident") continue;
    const id = plain(one.fact.id);
    const list = byId.get(id);
    if (list === undefined) byId.set(id, [one]);
    else list.push(one);
    put(`id ${id}`, "they have the same number", one);
    const at = momentOf(one.fact);
    const title = plain(one.fact.title);
    if (at === null || title === "" || title === id) continue;
    const day = dayOf(at);
    put(`title ${day} ${title}`, `they have the same title on ${day}`, one);
  }
  const told = new Set<string>();
  const proposals: Proposal[] = [];
  const propose = (from: Observed, to: Observed, relation: Proposal["relation"], why: string) => {
    const name = JSON.stringify([relation, from.instance, from.fact.id, to.instance, to.fact.id]);
    if (from.instance === to.instance || told.has(name) || isLinked(from, to)) return;
    told.add(name);
    proposals.push({ from, to, relation, why });
  };
  for (const { why, own } of keyed.values()) {
    if (own.length > MAX_ALIKE) continue;
    own.sort((a, b) => byWord(a.instance, b.instance) || byWord(a.fact.id, b.fact.id));
    for (const [i, one] of own.entries()) for (const other of own.slice(i + 1)) propose(one, other, "same", why);
  }
  for (const one of newest) {
    if (one.fact.kind !== "review" || one.fact.incident === null) continue;
    const named = byId.get(plain(one.fact.incident)) ?? [];
    // A source that has both ties them together itself.
    if (named.some(({ instance }) => instance === one.instance) || named.length > MAX_ALIKE) continue;
    for (const incident of named) propose(incident, one, "review", "the review names this incident");
  }
  return proposals;
}
