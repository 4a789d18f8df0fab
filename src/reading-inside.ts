import { type FoundProblem, readFacts } from "./collector/facts.ts";
import type { Custody } from "./custody.ts";
import type { Observed } from "./evidence/fact.ts";
import type { ProblemView } from "./index/query.ts";
import type { Instant } from "./lib/time.ts";
import type { History } from "./slots/history.ts";

/** What is written inside the evidence of the last year, read from the log itself: for who must not need the index. */
export interface Inside {
  readonly facts: readonly Observed[];
  /** In the newest evidence of every instance. */
  readonly problems: readonly ProblemView[];
  readonly allProblems: readonly ProblemView[];
  /** From then on everything was read; of the time before only the newest evidence of every instance. */
  readonly from: Instant;
}

const YEAR = 365 * 86_400_000;
/** Records read at most: nobody waits for more in front of a terminal. */
const MOST = 1_000;

/** Reads the newest records that hold facts or problems, and the newest of every instance. */
export async function readInside(custody: Custody, history: History, now: Instant): Promise<Inside> {
  const telling: { readonly index: number; readonly at: Instant }[] = [];
  const newest = new Map<string, number>();
  const wanted = new Set<number>();
  const seen = (instance: string, index: number) => newest.set(instance, Math.max(index, newest.get(instance) ?? -1));
  for (const { id, runs, imports } of history.instances.values()) {
    // A run that could not look says nothing about what is still there.
    const look = runs.findLast(({ items }) => items > 0);
    for (const { index } of [...imports, ...(look === undefined ? [] : [look])]) {
      seen(id, index);
      wanted.add(index);
    }
    for (const { index, at, facts, problems } of runs) if (facts + problems > 0) telling.push({ index, at });
  }
  for (const { instance, index, at } of await custody.letters()) {
    seen(instance, index);
    telling.push({ index, at });
  }
  telling.sort((a, b) => b.index - a.index);
  const read = telling.filter(({ at }) => at >= now - YEAR).slice(0, MOST);
  for (const { index } of read) wanted.add(index);
  const cut = read.length === MOST ? read.at(-1) : undefined;
  const { facts, problems } = await factsIn(custody, wanted);
  const views = problems.map(({ entry, instance, item = null, where, message }) => ({
    entry,
    instance,
    item,
    where,
    message,
  }));
  return {
    facts,
    problems: views.filter(({ instance, entry }) => newest.get(instance) === entry),
    allProblems: views,
    from: cut?.at ?? now - YEAR,
  };
}

async function factsIn(
  custody: Custody,
  wanted: ReadonlySet<number>,
): Promise<{ facts: Observed[]; problems: FoundProblem[] }> {
  const ledger = await custody.view();
  const disposals = await custody.disposals();
  const facts: Observed[] = [];
  const problems: FoundProblem[] = [];
  let missing = wanted.size;
  for await (const { index, entry } of ledger.read(Math.min(...wanted, ledger.size))) {
    if (missing === 0) break;
    if (!wanted.has(index)) continue;
    missing -= 1;
    const found = await readFacts(
      entry,
      (digest) => ledger.blob(digest),
      custody.config.collectors,
      (digest, named) => disposals.explains(digest, named),
    );
    facts.push(...found.facts);
    problems.push(...found.problems);
  }
  return { facts, problems };
}
