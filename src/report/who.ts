import type { Interval } from "../lib/time.ts";
import { clean } from "./clean.ts";
import { doerOf, type Names, nameOf } from "./doer.ts";
import type { HumanAct, HumanActs } from "./human-acts.ts";
import { byText, groupedBy, sortedBy } from "./order.ts";
import type { PersonActs, WhoPart, WhoWord } from "./who-shape.ts";

/** Who signs, operates and holds the key, and what people did, counted by how they were recognised. Pure. */

export interface WhoInput {
  readonly names: Names;
  readonly acts: readonly HumanAct[];
  /** Records that gave somebody an ID, up to the reported size. */
  readonly identities?: HumanActs["identities"] | undefined;
}

/** People by their short names, as the configuration has them. */
export type People = Readonly<Record<string, { readonly role: string; readonly holdsKey?: true | undefined }>>;

/** Those of whom the configuration says that they hold the signing key. */
export const keyHoldersIn = (people: People): string[] =>
  sorted(Object.entries(people).flatMap(([name, { holdsKey }]) => (holdsKey ? [clean(name, 120)] : [])));

/** `signers`: names of those whose sign-offs in this report count. */
export function whoPart(
  input: WhoInput | undefined,
  about: {
    readonly signers: readonly string[];
    readonly people: People;
    readonly voidSignOffs: ReadonlySet<number>;
    readonly period: Interval;
  },
): WhoPart {
  const { names, acts, identities = [] } = input ?? { names: new Map(), acts: [] };
  const { people, period, voidSignOffs } = about;
  const signers = sorted(about.signers);
  const operators = operatorsIn(people);
  const said = keyHoldersIn(people);
  const keyHolders = said.length === 0 ? { said: false, names: operators } : { said: true, names: said };
  const parts = new Map<string, WhoWord[]>();
  const all = [
    ["signs", signers],
    ["operates", operators],
    ["key", keyHolders.names],
  ] as const;
  for (const [word, who] of all) for (const name of who) parts.set(name, [...(parts.get(name) ?? []), word]);
  const [only, second] = [...parts.keys()];
  // Whoever alone may sign, operate and reach the key is one person whether they signed yet or not.
  const onePerson = only !== undefined && second === undefined && maySign(people, only, signers) ? only : null;
  const inside = acts.filter(({ at }) => at >= period.from && at < period.to);
  const counts = (one: HumanAct) => one.signs === "yes" && !voidSignOffs.has(one.entry);
  return {
    signers,
    operators,
    keyHolders,
    onePerson,
    several: sortedBy(
      [...parts].filter(([, of]) => of.length > 1).map(([name, of]) => ({ name, parts: of })),
      ({ name }) => name,
    ),
    sameName: sameNames(identities, names, acts),
    acts: inside.length,
    people: peopleRows(inside, names, counts),
    byRecognition: sortedBy(
      [...groupedBy(inside, ({ actor: { auth } }) => JSON.stringify(auth ?? null)).values()].map((of) => {
        const { recognised, proven } = doerOf((of[0] as HumanAct).actor, names);
        return { recognised, proven, acts: of.length, ...signingOf(of, counts) };
      }),
      ({ proven }) => (proven ? 0 : 1),
      ({ recognised }) => recognised ?? "",
    ),
  };
}

/** Names that stand for more than one ID: that these are one person is what the names say, and no record. */
function sameNames(
  identities: NonNullable<WhoInput["identities"]>,
  names: Names,
  acts: readonly HumanAct[],
): WhoPart["sameName"] {
  const acted = new Set(acts.map(({ actor }) => actor.id));
  const known = identities.filter(({ id }, i) => names.has(id) && identities.findIndex((one) => one.id === id) === i);
  return sortedBy(
    [...groupedBy(known, ({ id }) => nameOf(id, names))]
      .filter(([, of]) => of.length > 1)
      .map(([name, of]) => ({ name, ids: of.map(({ id, entry }) => ({ id, acts: acted.has(id), entry })) })),
    ({ name }) => name,
  );
}

const sorted = (names: Iterable<string>) => [...new Set(names)].sort(byText);

/** Those with the role; where nobody has it, the owners, who then do it themselves. */
function operatorsIn(people: People): string[] {
  const inRole = (role: string) => Object.entries(people).flatMap(([name, one]) => (one.role === role ? [name] : []));
  const operators = inRole("operator");
  return sorted((operators.length > 0 ? operators : inRole("owner")).map((name) => clean(name, 120)));
}

function maySign(people: People, name: string, signers: readonly string[]): boolean {
  if (signers.includes(name)) return true;
  return Object.entries(people).every(([id, { role }]) => (role === "owner") === (clean(id, 120) === name));
}

function peopleRows(inside: readonly HumanAct[], names: Names, counts: (one: HumanAct) => boolean): PersonActs[] {
  const groups = groupedBy(inside, ({ actor: { id, role, auth } }) => JSON.stringify([id, role ?? null, auth ?? null]));
  const rows = [...groups.values()].map((of): PersonActs => {
    const entries = of.map(({ entry }) => entry).sort((a, b) => a - b);
    return {
      by: doerOf((of[0] as HumanAct).actor, names),
      acts: of.length,
      ...signingOf(of, counts),
      kinds: sortedBy(
        [...groupedBy(of, ({ kind }) => kind)].map(([kind, own]) => ({ kind: clean(kind, 40), acts: own.length })),
        (one) => -one.acts,
        (one) => one.kind,
      ),
      firstEntry: entries[0] ?? 0,
      lastEntry: entries.at(-1) ?? 0,
    };
  });
  return sortedBy(
    rows,
    ({ by }) => (by.proven ? 0 : 1),
    ({ by }) => by.name,
    ({ firstEntry }) => firstEntry,
  );
}

function signingOf(of: readonly HumanAct[], counts: (one: HumanAct) => boolean) {
  return {
    signing: of.filter(({ signs }) => signs !== undefined).length,
    counting: of.filter(counts).length,
  };
}
