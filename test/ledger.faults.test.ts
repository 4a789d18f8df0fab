import { describe, expect, test } from "vitest";
import { createLedger } from "../src/ledger/create.ts";
import { Ledger } from "../src/ledger/ledger.ts";
import { isCustodyError } from "../src/lib/errors.ts";
import { MemoryStore } from "../src/store/memory.ts";
import { verifyLedger } from "../src/verify/verify.ts";
import { Crash, faultyStore, type StoreFault } from "./support/faulty-store.ts";
import { accessDraft, ledgerParts } from "./support/ledger.ts";
import { rounds } from "./support/tools.ts";

/** Every so many calls a fault is tried. */
const STEP = rounds(1, 3);

const text = (s: string) => new TextEncoder().encode(s);

/** The work that is disturbed: evidence, entries with and without a key, across a tile border, two checkpoints. */
async function work(ledger: Ledger, acknowledged: string[]): Promise<void> {
  const once = async (name: string) => {
    await ledger.append([{ ...accessDraft(name, `once:${name}`), actor: { type: "system", id: name } }]);
    acknowledged.push(name);
  };
  const evidence = await ledger.put(text("evidence"), "text/plain");
  await ledger.append([
    {
      kind: "upload",
      actor: { type: "system", id: "upload" },
      once: "once:upload",
      evidence: [evidence],
      controls: ["A.5.28"],
      manifest: evidence,
    },
  ]);
  acknowledged.push("upload");
  await once("a");
  await ledger.publish();
  await ledger.append(Array.from({ length: 254 }, (_, i) => accessDraft(`n${i}`, `once:n${i}`)));
  acknowledged.push("n0", "n253");
  await once("b");
  await ledger.publish();
}

/** Everything acknowledged is there exactly once, and the store verifies. */
async function checkAfter(
  parts: Awaited<ReturnType<typeof ledgerParts>>,
  acknowledged: readonly string[],
  place: string,
): Promise<void> {
  const ledger = await Ledger.open(parts);
  await ledger.publish();
  const seen = new Map<string, number>();
  for await (const { entry } of ledger.read(1)) {
    const name = entry.once?.slice("once:".length) ?? "";
    seen.set(name, (seen.get(name) ?? 0) + 1);
  }
  for (const name of acknowledged) expect(seen.get(name), `${place}: ${name}`).toBe(1);
  for (const [name, count] of seen) expect(count, `${place}: ${name} twice`).toBe(1);
  const result = await verifyLedger(parts.store, { keys: [parts.signer.verifier] });
  expect(result.findings, place).toEqual([]);
  expect(result.checked.unsigned, place).toBe(0);
}

/** Number of store calls that the undisturbed work makes. */
async function countCalls(): Promise<number> {
  const parts = await ledgerParts();
  await createLedger(parts, { zone: "UTC" });
  const store = faultyStore(parts.store, () => undefined);
  await work(await Ledger.open({ ...parts, store }), []);
  return store.calls.length;
}

describe("every store call of opening, storing, appending and signing", () => {
  const faults: [StoreFault, string][] = [
    ["before", "fails and was not carried out; the caller goes on"],
    ["after", "was carried out and the answer is lost; the caller goes on"],
    ["crash-before", "is never made: the process died; another opens"],
    ["crash-after", "was carried out and the process died; another opens"],
  ];
  test.each(faults)(
    "%s: %s",
    async (fault) => {
      // Each call has some of the faults everywhere, and all of them in CI.
      const first = 1 + (faults.findIndex(([name]) => name === fault) % STEP);
      const calls = await countCalls();
      expect(calls).toBeGreaterThan(20);
      for (let n = first; n <= calls; n += STEP) {
        const parts = await ledgerParts({ store: new MemoryStore() });
        await createLedger(parts, { zone: "UTC" });
        const store = faultyStore(parts.store, (call) => (call.n === n ? fault : undefined));
        const acknowledged: string[] = [];
        const place = `${fault} at call ${n} (${store.calls[n - 1]?.method})`;
        try {
          await work(await Ledger.open({ ...parts, store }), acknowledged);
        } catch (error) {
          const expected = error instanceof Crash || isCustodyError(error, "STORE_UNREACHABLE");
          expect(expected, `${place}: ${error}`).toBe(true);
        }
        await checkAfter(parts, acknowledged, place);
        // Whoever was not answered does the same again: keys keep it from counting twice.
        await work(await Ledger.open(parts), []);
        await checkAfter(parts, ["upload", "a", "b", "n0", "n253"], `${place}, again`);
      }
    },
    60_000,
  );

  test("a call that fails once in place of every third is ridden out by the writer itself", async () => {
    const parts = await ledgerParts();
    await createLedger(parts, { zone: "UTC" });
    const store = faultyStore(parts.store, (call) => {
      const writes = call.method === "create" ? call.n % 3 : 1;
      return writes === 0 ? (call.n % 2 === 0 ? "before" : "after") : undefined;
    });
    const acknowledged: string[] = [];
    await work(await Ledger.open({ ...parts, store }), acknowledged);
    await checkAfter(parts, acknowledged, "every third create");
  });
});

test("beginning a ledger that was stopped half-way is finished by the next init, at whatever call it stopped", async () => {
  for (const fault of ["crash-before", "crash-after"] as const) {
    for (let n = 1; ; n += 1) {
      const parts = await ledgerParts();
      const store = faultyStore(parts.store, (call) => (call.n === n ? fault : undefined));
      const finished = await createLedger({ ...parts, store }, { zone: "UTC" }).then(
        () => true,
        (error: unknown) => {
          if (!(error instanceof Crash)) throw error;
          return false;
        },
      );
      if (finished) break;
      const again = await createLedger(parts, { zone: "UTC" }).catch((error: unknown) => {
        // It had been finished: only the answer was lost.
        if (!isCustodyError(error, "STORE_EXISTS")) throw error;
        return Ledger.open(parts);
      });
      expect(again.size, `${fault} ${n}`).toBe(1);
      await checkAfter(parts, [], `${fault} ${n}`);
    }
  }
});

test("a store whose full disk refuses a write loses nothing and goes on once there is room", async () => {
  const parts = await ledgerParts();
  await createLedger(parts, { zone: "UTC" });
  const ledger = await Ledger.open(parts);
  const memory = parts.store as MemoryStore;
  const create = memory.create.bind(memory);
  const { CustodyError } = await import("../src/lib/errors.ts");
  memory.create = async () => {
    throw new CustodyError("STORE_FULL", "no room");
  };
  await expect(ledger.append([accessDraft("a")])).rejects.toMatchObject({ code: "STORE_FULL" });
  memory.create = create;
  await expect(ledger.append([accessDraft("a")])).resolves.toHaveLength(1);
  await checkAfter(parts, [], "full disk");
});
