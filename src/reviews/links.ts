import { actsOfKind, type RecordedAct, wordOf } from "../evidence/act.ts";
import type { FactRef, RecordRef } from "../evidence/acts.ts";
import type { EntryOf } from "../evidence/entry.ts";
import { type Deed, deedOf, type Trouble } from "./stamp.ts";

/**
 * Which records belong together. Only a link says so: two records of different sources that look alike stay two, until
 * somebody has said that they are the same.
 */

export type Ref = RecordRef | FactRef;
export type Relation = EntryOf<"link">["relation"];

export interface Link extends Deed {
  readonly from: Ref;
  readonly to: Ref;
  readonly relation: Relation;
  readonly reason: string | undefined;
}

/** Records that are one and the same thing, by all the links between them. */
export interface SameGroup {
  /** Keys of the things, in the order in which they were linked. */
  readonly keys: readonly string[];
  readonly refs: readonly Ref[];
  /** Two or more records of one source in it: what that source tells as two would be told as one. */
  readonly doubled: readonly { readonly source: string; readonly keys: readonly string[] }[];
}

export interface Links {
  /** Those that stand. */
  readonly all: readonly Link[];
  /** Those that name this thing on either side. */
  of(ref: Ref): readonly Link[];
  /** Everything that is the same as this one, itself included. */
  sameAs(ref: Ref): readonly Ref[];
  /**
   * Under which key this one is told together with others. Where links make one of two that a single source tells apart,
   * somebody is wrong and nobody knows who: then each of them is told by itself, and none hides behind another.
   */
  toldAs(ref: Ref): string;
  readonly groups: readonly SameGroup[];
  /** Chains of causes, duplicates or follow-ups that end where they began, each once. */
  readonly circles: readonly { readonly relation: Relation; readonly keys: readonly string[] }[];
  readonly troubles: readonly Trouble[];
}

export const isFactRef = (ref: Ref): ref is FactRef => "instance" in ref;

/** What a thing is known by, whichever of its revisions was looked at. */
export function keyOf(ref: Ref): string {
  return isFactRef(ref) ? `${ref.instance}/${ref.kind}/${ref.id}` : `${ref.type}:${ref.id}`;
}

/** Who tells of a thing: a collector and a kind of its facts, or our own records of a type. */
const sourceOf = (ref: Ref): string => (isFactRef(ref) ? `${ref.instance}/${ref.kind}` : `our own ${ref.type}s`);

/** These say which way they go; a circle of them says nothing. */
const DIRECTED: readonly Relation[] = ["duplicate", "follows", "cause"];

/** Name of one link, either way round where the relation has no direction. */
function nameOf(from: Ref, to: Ref, relation: Relation): string {
  const ends = [keyOf(from), keyOf(to)];
  if (relation === "same") ends.sort();
  return JSON.stringify([relation, ...ends]);
}

/** Folds the records of kind `link`, in the order of the log. Takes time linear in their number. */
export function linksOf(acts: readonly RecordedAct[]): Links {
  const troubles: Trouble[] = [];
  const standing = new Map<string, Link>();
  for (const act of actsOfKind(acts, "link")) {
    const { from, to, relation } = act.entry;
    const name = nameOf(from, to, relation);
    const trouble = (why: string) => troubles.push({ entry: act.index, about: keyOf(from), why });
    if (keyOf(from) === keyOf(to)) trouble(`it links ${keyOf(from)} with itself`);
    else if (act.entry.act === "remove") {
      if (!standing.delete(name)) trouble(`it removes a link "${relation}" to ${keyOf(to)} that is not there`);
    } else if (!standing.has(name))
      standing.set(name, { ...deedOf(act), from, to, relation, reason: wordOf(act, "reason") });
  }
  const all = [...standing.values()];
  const byKey = new Map<string, Link[]>();
  for (const link of all)
    for (const key of [keyOf(link.from), keyOf(link.to)]) {
      const list = byKey.get(key);
      if (list === undefined) byKey.set(key, [link]);
      else list.push(link);
    }
  const groups = groupsOf(all);
  const groupOf = new Map(groups.flatMap((group) => group.keys.map((key) => [key, group] as const)));
  return {
    all,
    of: (ref) => byKey.get(keyOf(ref)) ?? [],
    sameAs: (ref) => groupOf.get(keyOf(ref))?.refs ?? [ref],
    toldAs: (ref) => {
      const group = groupOf.get(keyOf(ref));
      return group === undefined || group.doubled.length > 0 ? keyOf(ref) : (group.keys[0] ?? keyOf(ref));
    },
    groups,
    circles: DIRECTED.flatMap((relation) => circlesOf(all, relation)),
    troubles,
  };
}

function groupsOf(links: readonly Link[]): SameGroup[] {
  const parent = new Map<string, string>();
  const refs = new Map<string, Ref>();
  const find = (key: string): string => {
    let root = key;
    for (let up = parent.get(root); up !== undefined && up !== root; up = parent.get(root)) root = up;
    for (let at = key; at !== root; ) {
      const up = parent.get(at) ?? root;
      parent.set(at, root);
      at = up;
    }
    return root;
  };
  for (const { from, to, relation } of links) {
    if (relation !== "same") continue;
    for (const ref of [from, to]) {
      const key = keyOf(ref);
      if (!parent.has(key)) parent.set(key, key);
      // The revision that was looked at last.
      refs.set(key, ref);
    }
    const [a, b] = [find(keyOf(from)), find(keyOf(to))];
    if (a !== b) parent.set(b, a);
  }
  const members = new Map<string, string[]>();
  for (const key of parent.keys()) {
    const root = find(key);
    const list = members.get(root);
    if (list === undefined) members.set(root, [key]);
    else list.push(key);
  }
  return [...members.values()].map((keys) => {
    const own = keys.map((key) => refs.get(key) as Ref);
    const bySource = groupBy(own, sourceOf);
    const doubled = [...bySource].flatMap(([source, some]) =>
      some.length > 1 ? [{ source, keys: some.map(keyOf) }] : [],
    );
    return { keys, refs: own, doubled };
  });
}

function groupBy<T>(items: readonly T[], keyed: (item: T) => string): Map<string, T[]> {
  const groups = new Map<string, T[]>();
  for (const item of items) {
    const key = keyed(item);
    const list = groups.get(key);
    if (list === undefined) groups.set(key, [item]);
    else list.push(item);
  }
  return groups;
}

/** Depth first without recursion: a chain may be as long as there are links. */
function circlesOf(links: readonly Link[], relation: Relation): { relation: Relation; keys: string[] }[] {
  const next = new Map<string, string[]>();
  for (const link of links)
    if (link.relation === relation) {
      const list = next.get(keyOf(link.from));
      if (list === undefined) next.set(keyOf(link.from), [keyOf(link.to)]);
      else list.push(keyOf(link.to));
    }
  const found: { relation: Relation; keys: string[] }[] = [];
  const seen = new Map<string, "on" | "off">();
  for (const start of next.keys()) {
    if (seen.has(start)) continue;
    const path: { key: string; at: number }[] = [{ key: start, at: 0 }];
    seen.set(start, "on");
    for (let top = path.at(-1); top !== undefined; top = path.at(-1)) {
      const to = next.get(top.key)?.[top.at++];
      if (to === undefined) {
        seen.set(top.key, "off");
        path.pop();
      } else if (seen.get(to) === "on") {
        const keys = path.map(({ key }) => key);
        found.push({ relation, keys: keys.slice(keys.indexOf(to)) });
      } else if (!seen.has(to)) {
        seen.set(to, "on");
        path.push({ key: to, at: 0 });
      }
    }
  }
  return found;
}

/** What is wrong with the links as they stand, in words. */
export function linkWarnings({ groups, circles }: Pick<Links, "groups" | "circles">): string[] {
  return [
    ...groups.flatMap(({ keys, doubled }) =>
      doubled.map(
        ({ source, keys: own }) =>
          `${own.join(" and ")} are both told by ${source}, and the links make one of them (with ${keys.filter((key) => !own.includes(key)).join(", ") || "nothing else"}): one incident would be counted where ${source} has ${own.length}.`,
      ),
    ),
    ...circles.map(
      ({ relation, keys }) => `The links "${relation}" go in a circle: ${[...keys, keys[0]].join(" → ")}.`,
    ),
  ];
}
