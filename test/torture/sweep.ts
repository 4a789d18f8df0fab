import { Ledger } from "../../src/ledger/ledger.ts";
import { isCustodyError } from "../../src/lib/errors.ts";
import { parseCheckpoint } from "../../src/tlog/checkpoint.ts";
import { interruptedStore } from "../support/ledger.ts";
import { type Call, Crash, Disturbance, LateWrites, type Trouble } from "./disturbance.ts";
import { beginOrOpen, type Hand, LIFE, newParts, type Parts } from "./life.ts";
import { Account, askSecondReader, inspect, judge } from "./oracle.ts";
import { at, type Scenario } from "./scenario.ts";
import { Tally } from "./tally.ts";

const SINGLE: readonly Trouble[] = [
  "before",
  "after",
  "crash-before",
  "crash-after",
  "late:1",
  "late:7",
  "late:60",
  "late:100000",
  "crash-late:3",
  "crash-late:25",
  "crash-late:100000",
];

/** Every store and guard call of a whole life, in every way; then two to four of them at once, by chance. */
export const sweep: Scenario = {
  name: "sweep",
  about: "every store and guard call of a ledger's life fails, loses its answer, dies or lands late",
  async run(random, budget, tally, place) {
    const calls = await countCalls();
    const points = SINGLE.flatMap((trouble) => calls.map(({ n }) => ({ n, trouble })));
    let lives = 0;
    const round = async (troubles: ReadonlyMap<number, Trouble>) => {
      const where = [...troubles].map(
        ([n, t]) => `${t} at call ${n}${troubles.size === 1 ? ` (${calls[n - 1]?.method})` : ""}`,
      );
      await at(where.join(", "), async () => {
        const { parts, account, failed } = await live(troubles, tally);
        tally.add("rounds");
        tally.add("callsFailed", failed);
        await judge(parts, account, tally);
        lives += 1;
        if (lives % 100 === 1) await askSecondReader(parts, account, tally, place);
      });
    };
    for (const { n, trouble } of budget.through(points, random.of("points"), tally, "single faults", 8)) {
      await round(new Map([[n, trouble]]));
    }
    const pairs = random.of("several");
    while (budget.isLeft) {
      const several = Array.from({ length: pairs.between(2, 5) }, () => {
        return [pairs.between(1, calls.length), pairs.pick(SINGLE)] as const;
      });
      await round(new Map(several));
    }
  },
};

async function countCalls(): Promise<readonly Call[]> {
  return (await live(new Map(), new Tally())).calls;
}

/** One life, in which each process that dies is followed by another, which goes on with the next step. */
async function live(troubles: ReadonlyMap<number, Trouble>, tally: Tally) {
  const parts = newParts();
  const account = new Account();
  const late = new LateWrites();
  const signed = interruptedStore(parts.store, (when, method, _key, bytes) => {
    const checkpoint = when === "before" && method === "replace" && bytes ? parseCheckpoint(bytes) : undefined;
    if (checkpoint) account.heads.push(checkpoint);
  });
  // Calls are counted on when another process takes over.
  const calls: Call[] = [];
  let failed = 0;
  const decide = (call: Call) => {
    calls.push(call);
    const trouble = troubles.get(calls.length);
    if (trouble !== undefined) failed += 1;
    return trouble;
  };
  const start = async () => {
    const disturbance = new Disturbance(decide, late);
    const own = { ...parts, store: disturbance.store(signed), guard: disturbance.guard(parts.guard) };
    const hand: Hand = {
      ledger: await beginOrOpen(own),
      reopen: async () => {
        hand.ledger = await Ledger.open(own);
      },
    };
    return hand;
  };

  let hand: Hand | undefined;
  for (const [i, step] of LIFE.entries()) {
    // What failed is not repeated under its name: it may have been heard, and the oracle believes answers only.
    try {
      hand ??= await start();
      await step(hand, account, `s${i}`);
    } catch (error) {
      if (error instanceof Crash) {
        hand = undefined;
        await inspectBegun(parts, account, tally);
      } else if (!isCustodyError(error, "STORE_UNREACHABLE")) throw error;
    }
  }
  await late.landAll();
  account.heads.push(...parts.guard.all);
  await inspectBegun(parts, account, tally);
  await beginOrOpen(parts);
  return { parts, account, calls, failed };
}

/** As it lies there, before a new process mends it. Before the first checkpoint there is nothing to verify yet. */
async function inspectBegun({ store, signer }: Parts, account: Account, tally: Tally): Promise<void> {
  if (store.objects.has("checkpoint")) await inspect(store, signer.verifier, account, tally);
  else if (account.appended.length > 0) throw new Error("something was acknowledged before there was a checkpoint");
}
