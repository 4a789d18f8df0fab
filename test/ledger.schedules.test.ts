import fc from "fast-check";
import { expect, test } from "vitest";
import { createLedger } from "../src/ledger/create.ts";
import { Ledger, type LedgerParts } from "../src/ledger/ledger.ts";
import { isCustodyError } from "../src/lib/errors.ts";
import { MemoryStore } from "../src/store/memory.ts";
import { parseCheckpoint } from "../src/tlog/checkpoint.ts";
import { Crash, faultyStore, type StoreFault } from "./support/faulty-store.ts";
import { accessDraft, interruptedStore, ledgerParts, memoryGuard } from "./support/ledger.ts";
import { judgeLedger, Told } from "./support/ledger-oracle.ts";

type Act =
  | { readonly do: "append"; readonly keys: readonly (number | undefined)[] }
  | { readonly do: "publish" | "reopen" };

/** What one process does, one after the other, and which of its store calls go wrong. */
interface Script {
  readonly acts: readonly Act[];
  readonly faults: ReadonlyMap<number, StoreFault>;
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
const fault = fc.tuple(
  fc.integer({ min: 1, max: 60 }),
  fc.constantFrom<StoreFault>("before", "after", "crash-before", "crash-after"),
);
const script: fc.Arbitrary<Script> = fc.record({
  acts: fc.array(act, { minLength: 1, maxLength: 6 }),
  faults: fc.array(fault, { maxLength: 4 }).map((faults) => new Map(faults)),
});

/** One process: it goes on after an error, and a new one takes over where it died. */
async function run(parts: LedgerParts, { acts, faults }: Script, who: string, told: Told): Promise<void> {
  let calls = 0;
  const nextFault = () => {
    calls += 1;
    return faults.get(calls);
  };
  const start = () => Ledger.open({ ...parts, store: faultyStore(parts.store, nextFault) });
  let ledger: Ledger | undefined;
  for (const [n, act] of acts.entries()) {
    try {
      ledger = act.do === "reopen" || ledger === undefined ? await start() : ledger;
      if (act.do === "publish") told.heads.push(await ledger.publish());
      if (act.do === "append") {
        const drafts = act.keys.map((key, i) => ({
          name: `${who}.${n}.${i}`,
          once: key === undefined ? undefined : `key:${key}`,
        }));
        const appended = await ledger.append(drafts.map(({ name, once }) => accessDraft(name, once)));
        expect(appended).toHaveLength(drafts.length);
        for (const [i, answer] of appended.entries())
          told.appended.push({ ...answer, ...(drafts[i] as (typeof drafts)[0]) });
      }
    } catch (error) {
      if (error instanceof Crash) ledger = undefined;
      else if (!isCustodyError(error, "STORE_UNREACHABLE")) throw error;
    }
  }
}

/** Logs to begin with: new, and just before a tile is full. */
const beginnings = () =>
  Promise.all(
    [0, 252].map(async (more) => {
      const parts = { ...(await ledgerParts()), guard: memoryGuard() };
      const ledger = await createLedger(parts, { zone: "UTC" });
      await ledger.append(Array.from({ length: more }, (_, i) => accessDraft(`n${i}`)));
      await ledger.publish();
      return { parts, objects: new Map((parts.store as MemoryStore).objects), heads: parts.guard.all };
    }),
  );

test("any interleaving of two to four writers with faults, deaths and checkpoints in between loses, doubles and forks nothing", async () => {
  const logs = await beginnings();
  await fc.assert(
    fc.asyncProperty(
      fc.scheduler(),
      fc.array(script, { minLength: 2, maxLength: 4 }),
      fc.constantFrom(...logs),
      async (scheduler, scripts, { parts: begun, objects, heads }) => {
        const memory = new MemoryStore();
        for (const [key, bytes] of objects) memory.objects.set(key, bytes);
        const guard = memoryGuard();
        guard.all.push(...heads);
        const told = new Told();
        // Between any two store calls of one process any other may go on.
        const store = interruptedStore(memory, async (when, method, key, bytes) => {
          await scheduler.schedule(Promise.resolve(), `${when} ${method} ${key}`);
          const checkpoint = method === "replace" && bytes ? parseCheckpoint(bytes) : undefined;
          if (checkpoint) told.heads.push(checkpoint);
        });
        const parts = { ...begun, guard, store };
        await scheduler.waitFor(Promise.all(scripts.map((script, i) => run(parts, script, `w${i}`, told))));
        told.heads.push(...guard.all);
        await judgeLedger({ ...parts, store: memory }, told);
      },
    ),
    { numRuns: 150 },
  );
}, 120_000);
