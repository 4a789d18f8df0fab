import { describe, expect, test } from "vitest";
import { batchKey, type Recorded } from "../src/evidence/batch.ts";
import { Ledger } from "../src/ledger/ledger.ts";
import { Log } from "../src/ledger/log.ts";
import type { MemoryStore } from "../src/store/memory.ts";
import { bundleKey } from "../src/tlog/tile.ts";
import { accessDraft, entriesOf, newLedger } from "./support/ledger.ts";

/** Somebody changes the log while a process follows it: what it remembers of the chain makes it believe nothing. */

const many = (count: number) => Array.from({ length: count }, (_, i) => accessDraft(`n${i}`));
const ALTERED = { code: "LEDGER_ALTERED" };

/** A process that wrote 600 entries, signed, and ten single ones since, which it has read. */
async function followed() {
  const { ledger, parts } = await newLedger();
  await ledger.append(many(599));
  await ledger.publish();
  for (const draft of many(10)) await ledger.append([draft]);
  expect(await entriesOf(ledger, 600)).toHaveLength(10);
  const store = parts.store as MemoryStore;
  return { ledger, parts, objects: store.objects as Map<string, Uint8Array> };
}

/** The same bytes with one letter of the purpose another: still an entry, with the same links. */
function another(bytes: Uint8Array | undefined): Uint8Array {
  const text = new TextDecoder().decode(bytes);
  expect(text).toMatch(/"purpose":"n/);
  return new TextEncoder().encode(text.replace('"purpose":"n', '"purpose":"m'));
}

describe("a process that follows the log", () => {
  test.each([600, 604, 609])("finds entry %i altered, from wherever it reads", async (index) => {
    for (const from of [0, 600, index]) {
      const { ledger, objects } = await followed();
      const key = batchKey(index);
      objects.set(key, another(objects.get(key)));
      await expect(entriesOf(ledger, from), `from ${from}`).rejects.toMatchObject(ALTERED);
      // It stops for good: nothing is written after it.
      await expect(ledger.append(many(1))).rejects.toMatchObject(ALTERED);
    }
  });

  test("finds the newest entries taken away, and all of them signed over", async () => {
    for (const signed of [false, true]) {
      const { ledger, objects } = await followed();
      if (signed) await ledger.publish();
      for (let index = 606; index < 610; index += 1) objects.delete(batchKey(index));
      await expect(entriesOf(ledger, 604), `${signed}`).rejects.toMatchObject(ALTERED);
    }
  });

  test("finds a signed bundle altered when it reads what lies there", async () => {
    const { ledger, objects } = await followed();
    await ledger.publish();
    objects.set(bundleKey(1), another(objects.get(bundleKey(1))));
    await expect(entriesOf(ledger, 0)).rejects.toMatchObject(ALTERED);
  });

  test("sees what another one wrote and signed, and the other what it wrote", async () => {
    const { ledger, parts } = await followed();
    const other = await Ledger.open(parts);
    await other.append([accessDraft("theirs")]);
    await ledger.append([accessDraft("ours")]);
    await other.publish();
    const purposes = async (reader: Ledger, from: number) =>
      (await entriesOf(reader, from)).map(({ entry }) => (entry as unknown as { purpose: string }).purpose);
    for (const reader of [ledger, other, await Ledger.open(parts)])
      for (const from of [0, 609, 610, 611])
        expect((await purposes(reader, from)).slice(-2), `from ${from}`).toEqual(
          ["theirs", "ours"].slice(Math.max(0, from - 610)),
        );
  });
});

test("a log remembers a bounded number of places, the last ones, each where a batch begins", () => {
  const log = new Log();
  for (let index = 0; index < 9_000; index += 3) {
    const entries = [0, 1, 2].map((i) => ({
      index: index + i,
      digest: String(index + i),
      bytes: new Uint8Array(1),
      entry: { kind: "access", at: "x" },
    }));
    log.apply(entries as unknown as Recorded[]);
  }
  expect(log.placeBefore(0)).toBeUndefined();
  expect(log.placeBefore(3_000)).toBeUndefined();
  expect(log.placeBefore(8_999)).toEqual({ index: 8_997, prev: "8996", at: "x" });
  expect(log.placeBefore(9_000)).toEqual(log.link);
});
