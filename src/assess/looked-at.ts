import type { Observed, UnreadValue } from "../evidence/fact.ts";
import type { Circumstances, Judgement, Reviewed, Subject, Verdict } from "./judgement.ts";

/**
 * Which checks look at a value that could not be read. Nobody has to know beforehand which check reads which field: the records are
 * given to it so that it is noticed. What it makes of one record by such a value cannot be decided; where it looked at one for
 * anything else than a verdict on that record, or made a good answer of it, the place counts as one that may hide anything.
 */

/** What was looked at of one record. */
interface Looks {
  readonly unread: readonly UnreadValue[];
  readonly observed: Observed;
  /** Fields looked at since the innermost judging of the record began; outside of that, for whatever else. */
  now: Set<string>;
  /** How deep the judging of this record is nested. */
  depth: number;
  /** Fields on which a verdict on this record was asked. */
  readonly judged: Set<string>;
}

const looksAt = new WeakMap<object, Looks>();

/** The same record so that looking at what could not be read of it is noticed. */
function watched(observed: Observed, looks: Looks[]): Observed {
  const { unread = [] } = observed;
  const fields = new Set(unread.map(({ field }) => field));
  const mine: Looks = { unread, observed, now: new Set(), depth: 0, judged: new Set() };
  looks.push(mine);
  const note = (key: string | symbol) => void (typeof key === "string" && fields.has(key) && mine.now.add(key));
  const fact = new Proxy(observed.fact, {
    get(target, key) {
      note(key);
      return Reflect.get(target, key);
    },
    getOwnPropertyDescriptor(target, key) {
      note(key);
      return Reflect.getOwnPropertyDescriptor(target, key);
    },
  });
  looksAt.set(fact, mine);
  return { ...observed, fact };
}

/** What `make` gives for one record; `unsure` makes of it that it cannot be decided, where `make` looked at what could not be read. */
function noticing<T>({ fact }: Pick<Observed, "fact">, make: () => T, unsure: (found: T, what: string) => T): T {
  const looks = looksAt.get(fact);
  if (looks === undefined) return make();
  const before = looks.now;
  looks.now = new Set();
  looks.depth += 1;
  let found: T;
  try {
    found = make();
  } finally {
    looks.depth -= 1;
  }
  const mine = looks.now;
  looks.now = looks.depth === 0 ? before : new Set([...before, ...mine]);
  if (mine.size === 0) return found;
  for (const field of mine) looks.judged.add(field);
  const told = looks.unread.filter(({ field }) => mine.has(field));
  const what = [...new Set(told.map(({ where, message }) => `${where}: ${message}`))].join("; ");
  return unsure(found, `what it takes could not be read (${what})`);
}

/** The verdict on one record. */
export function unlessUnread(observed: Observed, judge: () => Verdict | undefined): Verdict | undefined {
  return noticing(observed, judge, undecided);
}

/** The same of the things inside a record, or of all verdicts on it. */
export function subjectsUnlessUnread(observed: Observed, make: () => Subject[]): Subject[] {
  return noticing(observed, make, (found, what) => {
    if (found.length === 0) return [{ id: observed.fact.id, observed, verdict: { word: "unclear", what } }];
    return found.map(({ id, observed: about, verdict }) => ({
      id,
      observed: about,
      verdict: undecided(verdict, what),
    }));
  });
}

/** How long it took is no figure any more; by when it is due, and by which rules, is kept. */
function undecided({ due, target, level, policy }: Partial<Verdict> = {}, what: string): Verdict {
  return { word: "unclear", what, due, target, level, policy };
}

const isUnread = ({ unread }: Observed): boolean => unread !== undefined && unread.length > 0;

/** The same circumstances with records that notice who looks at them. `back` gives each as it was. */
function watching(circumstances: Circumstances) {
  const looks: Looks[] = [];
  const was = new Map<Observed, Observed>();
  const now = new Map<Observed, Observed>();
  const watch = <O extends Observed>(one: O): O => {
    if (!isUnread(one)) return one;
    const known = now.get(one);
    if (known !== undefined) return known as O;
    const given = watched(one, looks);
    now.set(one, given);
    was.set(given, one);
    return given as O;
  };
  const list = <O extends Observed>(all: readonly O[]): readonly O[] => (all.some(isUnread) ? all.map(watch) : all);
  const given = (of: Circumstances): Circumstances => ({
    ...of,
    populations: new Map(
      [...of.populations].map(([kind, population]) => [kind, { ...population, records: list(population.records) }]),
    ),
    ...(of.earlier === undefined ? {} : { earlier: list(of.earlier) }),
    ...(of.runsBefore === undefined ? {} : { runsBefore: list(of.runsBefore) }),
    ...(of.reviews === undefined ? {} : { reviews: list<Reviewed>(of.reviews) }),
    ...(of.parts === undefined ? {} : { parts: of.parts.map(given) }),
  });
  const back = (one: Observed): Observed => was.get(one) ?? one;
  return { given: given(circumstances), looks, back };
}

/** Answers that a record which cannot be decided does not make better than they are. */
const STANDING: readonly Judgement["result"][] = ["not_met", "indeterminate", "invalid"];

/** What `check` says, with no more taken for known than could be read. */
export function checkUnlessUnread(circumstances: Circumstances, check: (given: Circumstances) => Judgement): Judgement {
  const { populations, earlier = [], runsBefore = [], reviews = [], parts = [] } = circumstances;
  const some = (of: Circumstances): boolean =>
    [...of.populations.values()].some(({ records }) => records.some(isUnread));
  const any = [...populations.values()].some(({ records }) => records.some(isUnread)) || parts.some(some);
  if (!any && ![...earlier, ...runsBefore, ...reviews].some(isUnread)) return check(circumstances);
  const first = watching(circumstances);
  const judgement = check(first.given);
  const hiding = first.looks.filter(
    ({ now, judged }) => now.size > 0 || (judged.size > 0 && !STANDING.includes(judgement.result)),
  );
  if (hiding.length === 0) return returned(judgement, first.back);
  const second = watching(hidden(circumstances, hiding));
  return returned(check(second.given), second.back);
}

/** The same circumstances, where the places of these values may hide anything. */
function hidden(circumstances: Circumstances, hiding: readonly Looks[]): Circumstances {
  const places = hiding.flatMap(({ unread, observed: { instance, entry }, now, judged }) =>
    unread
      .filter(({ field }) => now.has(field) || judged.has(field))
      .map(({ where, message }) => ({ instance, entry, where, message })),
  );
  const of = (feeding: Circumstances["feeding"]) =>
    feeding.map((one) => {
      const own = places.filter(({ instance }) => instance === one.instance);
      return own.length === 0 ? one : { ...one, unread: [...one.unread, ...own] };
    });
  const given = (one: Circumstances): Circumstances => ({
    ...one,
    feeding: of(one.feeding),
    ...(one.sources === undefined ? {} : { sources: of(one.sources) }),
    ...(one.parts === undefined ? {} : { parts: one.parts.map(given) }),
  });
  return given(circumstances);
}

/** The judgement with the records as they were. */
function returned(judgement: Judgement, back: (one: Observed) => Observed): Judgement {
  const { records, cases, nil } = judgement;
  return {
    ...judgement,
    records: records.map(back),
    ...(cases === undefined ? {} : { cases: cases.map((one) => ({ ...one, observed: back(one.observed) })) }),
    ...(nil === undefined ? {} : { nil: { ...nil, records: nil.records.map(back) } }),
  };
}
