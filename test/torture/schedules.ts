import fc from "fast-check";
import { createLedger } from "../../src/ledger/create.ts";
import { Ledger, type LedgerParts } from "../../src/ledger/ledger.ts";
import { isCustodyError } from "../../src/lib/errors.ts";
import type { MemoryStore } from "../../src/store/memory.ts";
import type { Store } from "../../src/store/store.ts";
import { parseCheckpoint } from "../../src/tlog/checkpoint.ts";
import { accessDraft, interruptedStore, memoryGuard } from "../support/ledger.ts";
import { Crash, Disturbance, LateWrites, type Trouble } from "./disturbance.ts";
import { append, newParts, type Parts, publish } from "./life.ts";
import { Account, askSecondReader, copyOf, judge } from "./oracle.ts";
import type { Scenario } from "./scenario.ts";
import type { Tally } from "./tally.ts";

type Act =
  | { readonly do: "append"; readonly keys: readonly (number | undefined)[] }
  | { readonly do: "publish" | "reopen" };

/** What one process does, one after the other, and which of its calls go wrong. */
interface Script {
  readonly acts: readonly Act[];
  readonly troubles: ReadonlyMap<number, Trouble>;
}

const act: fc.Arbitrary<Act> = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.record({
      do: fc.constant("append" as const),
      keys: fc.array(fc.option(fc.nat(4), { nil: undefined }), { minLength: 1, maxLength: 3 }),
    }),
  },
  { weight: 3, arbitrary: fc.constant({ do: "publish" as const }) },
  { weight: 1, arbitrary: fc.constant({ do: "reopen" as const }) },
);
const trouble = fc.tuple(
  fc.integer({ min: 1, max: 60 }),
  fc.oneof(
    fc.constantFrom<Trouble>("before", "after", "crash-before", "crash-after"),
    fc.integer({ min: 1, max: 80 }).map((n): Trouble => `late:${n}`),
    fc.integer({ min: 1, max: 80 }).map((n): Trouble => `crash-late:${n}`),
  ),
);
const script: fc.Arbitrary<Script> = fc.record({
  acts: fc.array(act, { minLength: 1, maxLength: 6 }),
  troubles: fc.array(trouble, { maxLength: 4 }).map((troubles) => new Map(troubles)),
});

/** One process: it goes on after an error, and a new one takes over where it died. */
async function run(start: () => Promise<Ledger>, { acts }: Script, who: string, account: Account): Promise<void> {
  let ledger: Ledger | undefined;
  for (const [n, act] of acts.entries()) {
    try {
      ledger = act.do === "reopen" || ledger === undefined ? await start() : ledger;
      if (act.do === "publish") await publish({ ledger }, account);
      if (act.do === "append") await appendKeyed(ledger, account, `${who}.${n}`, act.keys);
    } catch (error) {
      if (error instanceof Crash) ledger = undefined;
      else if (!isCustodyError(error, "STORE_UNREACHABLE")) throw error;
    }
  }
}

async function appendKeyed(
  ledger: Ledger,
  account: Account,
  who: string,
  keys: readonly (number | undefined)[],
): Promise<void> {
  const drafts = keys.map((key, i) => ({ name: `${who}.${i}`, once: key === undefined ? undefined : `key:${key}` }));
  const answers = await ledger.append(drafts.map(({ name, once }) => accessDraft(name, once)));
  if (answers.length !== drafts.length) throw new Error(`${drafts.length} appended, ${answers.length} answered`);
  for (const [i, answer] of answers.entries())
    account.appended.push({ ...answer, ...(drafts[i] as (typeof drafts)[0]) });
}

/** Logs to begin with: new, and just before a tile is full. */
async function beginnings(): Promise<Parts[]> {
  return Promise.all(
    [0, 252].map(async (more) => {
      const parts = newParts();
      const ledger = await createLedger(parts, { zone: "UTC" });
      if (more > 0)
        await append(
          { ledger },
          new Account(),
          Array.from({ length: more }, (_, i) => `n${i}`),
        );
      await ledger.publish();
      return parts;
    }),
  );
}

/** Writers on copies of one log; between any two calls of one of them any other may go on. */
async function interleave(
  begun: Parts,
  scripts: readonly Script[],
  scheduler: fc.Scheduler,
  medium: (inner: MemoryStore) => Store,
  tally: Tally,
) {
  const memory = copyOf(begun.store);
  const guard = memoryGuard();
  guard.all.push(...begun.guard.all);
  const account = new Account();
  const late = new LateWrites();
  const store = interruptedStore(medium(memory), async (when, method, key, bytes) => {
    await scheduler.schedule(Promise.resolve(), `${when} ${method} ${key}`);
    const checkpoint = method === "replace" && bytes ? parseCheckpoint(bytes) : undefined;
    if (checkpoint) account.heads.push(checkpoint);
  });
  const work = scripts.map((script, i) => {
    let calls = 0;
    const start = () => {
      const disturbance = new Disturbance(() => {
        calls += 1;
        const trouble = script.troubles.get(calls);
        if (trouble !== undefined) tally.add("callsFailed");
        return trouble;
      }, late);
      return Ledger.open({ ...begun, store: disturbance.store(store), guard: disturbance.guard(guard) });
    };
    return run(start, script, `w${i}`, account);
  });
  await scheduler.waitFor(Promise.all(work));
  await scheduler.waitFor(late.landAll());
  account.heads.push(...guard.all);
  const parts: LedgerParts = { ...begun, guard, store: memory };
  await judge(parts, account, tally);
  return { parts, account };
}

interface Trial {
  readonly seed: number;
  readonly runs: number;
  /** At most so many at once. */
  readonly writers: number;
  readonly isLeft?: () => boolean;
  /** What stands in for the medium: one that does not keep its promises must be found out. */
  readonly medium?: (inner: MemoryStore) => Store;
}

/** Throws with the smallest failing case that could be found. `check` is told of each log that was judged. */
export async function tryInterleavings(
  { seed, runs, writers, isLeft = () => true, medium = (inner) => inner }: Trial,
  tally: Tally,
  check: (parts: LedgerParts, account: Account) => Promise<void> = async () => {},
): Promise<void> {
  const logs = await beginnings();
  const property = fc.asyncProperty(
    fc.scheduler(),
    fc.array(script, { minLength: 2, maxLength: writers }),
    fc.constantFrom(...logs),
    async (scheduler, scripts, begun) => {
      if (!isLeft()) return;
      tally.add("schedules");
      const { parts, account } = await interleave(begun, scripts, scheduler, medium, tally);
      await check(parts, account);
    },
  );
  await fc.assert(property, { seed, numRuns: runs });
}

const AT_ONCE = 100;

/** Any order in which the calls of several writers can happen, with faults in them; a failing one is made smaller by itself. */
export const schedules: Scenario = {
  name: "schedules",
  about: "random interleavings of two to eight writers with faults, deaths and late writes; shrunk when one fails",
  async run(random, budget, tally, place) {
    for (const round of budget.rounds()) {
      tally.add("rounds");
      const seed = random.of(round).between(0, 2 ** 31 - 1);
      let judged = 0;
      await tryInterleavings(
        { seed, runs: AT_ONCE, writers: 8, isLeft: () => budget.isLeft || judged === 0 },
        tally,
        async (parts, account) => {
          judged += 1;
          if (judged === 1) await askSecondReader(parts, account, tally, place);
        },
      );
    }
  },
};
