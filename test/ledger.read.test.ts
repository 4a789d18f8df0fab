import { describe, expect, test } from "vitest";
import { batchKey } from "../src/evidence/batch.ts";
import { Ledger } from "../src/ledger/ledger.ts";
import type { MemoryStore } from "../src/store/memory.ts";
import { bundleKey, decodeBundle, encodeBundle } from "../src/tlog/tile.ts";
import { faultyStore } from "./support/faulty-store.ts";
import { accessDraft, entriesOf, newLedger } from "./support/ledger.ts";

const indexes = async (ledger: Ledger, from?: number) => (await entriesOf(ledger, from)).map(({ index }) => index);
const range = (from: number, to: number) => Array.from({ length: Math.max(0, to - from) }, (_, i) => from + i);
const many = (count: number) => Array.from({ length: count }, (_, i) => accessDraft(`n${i}`));

/** A log of 600 signed entries and three more in two batches. */
async function longLedger() {
  const made = await newLedger();
  await made.ledger.append(many(599));
  await made.ledger.publish();
  await made.ledger.append(many(1));
  await made.ledger.append(many(2));
  return made;
}

describe("reading", () => {
  test("from any index gives exactly what follows, also in the unsigned tail and past the end", async () => {
    const { ledger, reopen } = await longLedger();
    for (const reader of [ledger, await reopen()]) {
      for (const from of [-1, 0, 1, 255, 256, 257, 511, 512, 599, 600, 601, 602, 603, 604, 10_000]) {
        expect(await indexes(reader, from), `from ${from}`).toEqual(range(Math.max(0, from), 603));
      }
    }
  });

  test("the newest entries does not read the whole log for them, also behind a full bundle", async () => {
    const { ledger, parts } = await newLedger();
    await ledger.append(many(511));
    await ledger.publish();
    await ledger.append(many(1));
    const store = faultyStore(parts.store, () => undefined);
    const reader = await Ledger.open({ ...parts, store });
    const before = store.calls.length;
    expect(await indexes(reader, 512)).toEqual([512]);
    expect(store.calls.slice(before).map(({ key }) => key)).toEqual([batchKey(513), batchKey(512)]);
    expect(await indexes(reader, 513)).toEqual([]);
    expect(store.calls.slice(before)).toHaveLength(3);
  });

  test("gives the bytes that were committed, with their digests", async () => {
    const { ledger, parts } = await longLedger();
    const store = parts.store as MemoryStore;
    const lines = [...store.objects]
      .filter(([key]) => key.startsWith("seq/"))
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .flatMap(([, bytes]) => new TextDecoder().decode(bytes).trimEnd().split("\n"));
    expect((await entriesOf(ledger)).map(({ bytes }) => new TextDecoder().decode(bytes))).toEqual(lines);
  });

  test("ends at what was there when it began, while others append and sign", async () => {
    const { ledger, parts } = await longLedger();
    const other = await Ledger.open(parts);
    const found: number[] = [];
    for await (const { index } of ledger.read(500)) {
      found.push(index);
      if (index % 50 === 0) {
        await other.append(many(3));
        await ledger.append(many(1));
        await (index % 100 === 0 ? ledger : other).publish();
      }
    }
    expect(found).toEqual(range(500, 603));
  });

  test("and opening do without partial bundles and tiles once the full ones are there, as C2SP allows", async () => {
    const { ledger, parts } = await longLedger();
    const store = parts.store as MemoryStore;
    const checkpoint = store.objects.get("checkpoint") as Uint8Array;
    await ledger.append(many(300));
    await ledger.publish();
    for (const key of [...store.objects.keys()]) if (/\/002\.p\//.test(key)) store.objects.delete(key);
    store.objects.set("checkpoint", checkpoint);
    const reader = await Ledger.open(parts);
    expect(await indexes(reader)).toEqual(range(0, 903));
    expect(await indexes(ledger)).toEqual(range(0, 903));
    expect((await reader.publish()).size).toBe(903);
  });
});

describe("a store that was altered", () => {
  const alter = async (key: string, change: (bytes: Uint8Array) => Uint8Array | undefined) => {
    const { parts } = await longLedger();
    const ledger = await Ledger.open(parts);
    const store = parts.store as MemoryStore;
    const changed = change(store.objects.get(key) as Uint8Array);
    if (changed) store.objects.set(key, changed);
    else store.objects.delete(key);
    return { ledger, parts };
  };
  /** The same entry with another word of the same length in it: canonical, chained, and not what was signed. */
  const reworded = (bytes: Uint8Array) =>
    Uint8Array.from(
      Buffer.from(Buffer.from(bytes).toString("latin1").replace('"purpose":"n', '"purpose":"m'), "latin1"),
    );

  /** So is this, in the last entry. */
  const relabelled = (bytes: Uint8Array) => bytes.with(Buffer.from(bytes).lastIndexOf('"purpose":"n') + 11, 0x6d);

  test.each([
    ["a signed bundle", bundleKey(0), reworded],
    ["the last signed bundle", bundleKey(2, 88), reworded],
    ["a signed bundle that is no JSON any more", bundleKey(1), (b: Uint8Array) => b.with(100, 0x7f)],
    ["a signed bundle that is gone", bundleKey(1), () => undefined],
    ["a batch of the tail", batchKey(600), reworded],
    ["the newest entry of all", batchKey(601), (b: Uint8Array) => relabelled(b)],
    ["a batch of the tail that is gone", batchKey(601), () => undefined],
  ])("%s: reading to the end says so, and the ledger halts", async (_, key, change) => {
    const { ledger } = await alter(key, change);
    await expect(entriesOf(ledger)).rejects.toMatchObject({ code: "LEDGER_ALTERED" });
    await expect(ledger.append([accessDraft("a")])).rejects.toMatchObject({ code: "LEDGER_ALTERED" });
    await expect(entriesOf(ledger, 603)).rejects.toMatchObject({ code: "LEDGER_ALTERED" });
  });

  test("any entry of the unfinished bundle: opening refuses, or it would be written again in the full one", async () => {
    const key = bundleKey(2, 88);
    for (const which of [0, 40, 87]) {
      const { parts } = await alter(key, (bytes) => {
        const entries = decodeBundle(bytes, 88, key);
        entries[which] = reworded(entries[which] as Uint8Array);
        return encodeBundle(entries);
      });
      await expect(Ledger.open(parts), `entry ${which}`).rejects.toMatchObject({ code: "LEDGER_ALTERED" });
    }
  });

  test("the last entry at a size that fills its bundle", async () => {
    const { ledger, parts } = await newLedger();
    await ledger.append(many(255));
    await ledger.publish();
    const store = parts.store as MemoryStore;
    await expect(Ledger.open(parts)).resolves.toBeDefined();
    const entries = decodeBundle(store.objects.get(bundleKey(0)) as Uint8Array, 256, "");
    entries[255] = reworded(entries[255] as Uint8Array);
    store.objects.set(bundleKey(0), encodeBundle(entries));
    await expect(Ledger.open(parts)).rejects.toMatchObject({ code: "LEDGER_ALTERED" });
  });
});
