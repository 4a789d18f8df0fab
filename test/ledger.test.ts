import { readFile, writeFile } from "node:fs/promises";
import { describe, expect, test } from "vitest";
import { batchKey, parseBatch } from "../src/evidence/batch.ts";
import { NO_PREVIOUS } from "../src/evidence/entry.ts";
import { createLedger } from "../src/ledger/create.ts";
import { Ledger } from "../src/ledger/ledger.ts";
import { digestOf, hex } from "../src/lib/digest.ts";
import { MemoryStore } from "../src/store/memory.ts";
import { parseCheckpoint } from "../src/tlog/checkpoint.ts";
import { leafHash, rootOf } from "../src/tlog/merkle.ts";
import { generateKey, newSigner } from "../src/tlog/note.ts";
import { FakeClock } from "./support/clock.ts";
import { accessDraft, ledgerParts, newLedger } from "./support/ledger.ts";

async function indexes(ledger: Ledger, from = 0): Promise<number[]> {
  const found: number[] = [];
  for await (const { index } of ledger.read(from)) found.push(index);
  return found;
}

describe("a new ledger", () => {
  test("begins with its genesis and a signed checkpoint over it", async () => {
    const { parts } = await newLedger();
    const bytes = (await parts.store.get(batchKey(0))) as Uint8Array;
    const [first] = parseBatch(bytes, { index: 0, prev: NO_PREVIOUS, at: "" });
    expect(first?.entry).toMatchObject({
      kind: "genesis",
      index: 0,
      origin: "example-0a1b2c3d",
      zone: "Europe/Berlin",
    });
    const checkpoint = parseCheckpoint((await parts.store.get("checkpoint")) as Uint8Array);
    expect(checkpoint?.size).toBe(1);
    expect(hex(checkpoint?.root as Uint8Array)).toBe(hex(leafHash(first?.bytes as Uint8Array)));
  });

  test("is refused where a ledger is already, and where other objects are", async () => {
    const { parts } = await newLedger();
    await expect(createLedger(parts, { zone: "UTC" })).rejects.toMatchObject({ code: "STORE_EXISTS" });
    const used = new MemoryStore();
    await used.create("somebody/elses", new Uint8Array(1));
    await expect(createLedger(await ledgerParts({ store: used }), { zone: "UTC" })).rejects.toMatchObject({
      code: "STORE_EXISTS",
    });
  });

  test("opening an empty store never creates one", async () => {
    const parts = await ledgerParts();
    await expect(Ledger.open(parts)).rejects.toMatchObject({ code: "NOT_A_STORE" });
    expect((parts.store as MemoryStore).objects.size).toBe(0);
  });
});

describe("appending", () => {
  test("links each entry to the bytes of the one before it", async () => {
    const { ledger } = await newLedger();
    await ledger.append([accessDraft("a"), accessDraft("b")]);
    await ledger.append([accessDraft("c")]);
    let prev = NO_PREVIOUS;
    for await (const { bytes, entry, digest } of ledger.read()) {
      expect(entry.prev).toBe(prev);
      expect(digest).toBe(digestOf(bytes));
      prev = digest;
    }
    expect(ledger.size).toBe(4);
  });

  test.each([1, 254, 255, 256, 257, 600])(
    "%i entries: root, tiles and reading agree, also after reopening",
    async (count) => {
      const { ledger, reopen } = await newLedger();
      const drafts = Array.from({ length: count }, (_, i) => accessDraft(`n${i}`));
      const appended = await ledger.append(drafts);
      expect(appended.map((a) => a.index)).toEqual(drafts.map((_, i) => i + 1));
      const head = await ledger.publish();
      const again = await reopen();
      const leaves: Uint8Array[] = [];
      for await (const { bytes } of again.read()) leaves.push(leafHash(bytes));
      expect(hex(rootOf(leaves))).toBe(hex(head.root));
      expect(again.size).toBe(count + 1);
      expect(again.dirty).toBe(false);
      for (const from of [1, 255, 256, count])
        expect(await indexes(again, from)).toEqual(drafts.map((_, i) => i + 1).filter((i) => i >= from));
    },
  );

  test("what is committed but not yet signed is read and signed by the next to open", async () => {
    const { ledger, reopen } = await newLedger();
    await ledger.append([accessDraft("a")]);
    const again = await reopen();
    expect(again.dirty).toBe(true);
    expect(await indexes(again, 1)).toEqual([1]);
    expect((await again.publish()).size).toBe(2);
  });

  test("an idempotency key is taken once, by whoever asks first, also across restarts", async () => {
    const { ledger, reopen } = await newLedger();
    const [first] = await ledger.append([accessDraft("a", "slot:x")]);
    expect(
      await ledger.append([accessDraft("b", "slot:x"), accessDraft("c", "slot:y"), accessDraft("d", "slot:y")]),
    ).toEqual([
      { ...first, repeated: true },
      expect.objectContaining({ index: 2, repeated: false }),
      expect.objectContaining({ index: 2, repeated: true }),
    ]);
    const again = await reopen();
    expect((await again.append([accessDraft("e", "slot:x")]))[0]).toEqual({ ...first, repeated: true });
    expect(again.size).toBe(3);
  });

  test("calls that wait together share a batch, and one bad draft fails alone", async () => {
    const { ledger, parts } = await newLedger();
    const bad = { ...accessDraft("a"), purpose: "x".repeat(300) };
    const results = await Promise.allSettled([
      ledger.append([accessDraft("a")]),
      ledger.append([bad]),
      ledger.append([accessDraft("b")]),
      ledger.append([accessDraft("c")]),
    ]);
    expect(results.map((r) => r.status)).toEqual(["fulfilled", "rejected", "fulfilled", "fulfilled"]);
    expect(await indexes(ledger)).toEqual([0, 1, 2, 3]);
    expect([...(parts.store as MemoryStore).objects.keys()].filter((k) => k.startsWith("seq/")).length).toBeLessThan(4);
  });

  test("time in the record never goes back, and a clock that did is written down", async () => {
    const clock = new FakeClock("2026-03-01T10:00:00.000Z");
    const { ledger } = await newLedger({ clock });
    clock.set("2026-03-01T09:00:00.000Z");
    await ledger.append([accessDraft("a")]);
    const { value: entry } = await ledger.read(1).next();
    expect(entry?.entry).toMatchObject({ at: "2026-03-01T10:00:00.000Z", clock: "2026-03-01T09:00:00.000Z" });
  });

  test("an entry of 65,536 bytes is refused before anything is written", async () => {
    const { ledger } = await newLedger();
    const digests = Array.from({ length: 1000 }, (_, i) => String(i).padStart(64, "0"));
    await expect(ledger.append([{ ...accessDraft("a"), digests } as never])).rejects.toMatchObject({
      code: "INPUT_TOO_LARGE",
    });
    expect(ledger.size).toBe(1);
  });
});

describe("many writers on one store", () => {
  test("lose nothing, use no index twice, and never fork", async () => {
    const { ledger, parts } = await newLedger();
    const writers = [ledger, await Ledger.open(parts), await Ledger.open(parts), await Ledger.open(parts)];
    const appended = await Promise.all(
      writers.flatMap((writer, w) =>
        Array.from({ length: 25 }, async (_, i) => {
          const [mine] = await writer.append([accessDraft(`w${w}.${i}`), accessDraft(`w${w}.${i}`)]);
          if (i % 5 === 0) await writer.publish();
          return mine?.index as number;
        }),
      ),
    );
    await Promise.all(writers.map((w) => w.publish()));
    expect(new Set(appended).size).toBe(100);
    const purposes = new Map<string, number[]>();
    const last = await Ledger.open(parts);
    for await (const { index, entry } of last.read(1)) {
      const purpose = String((entry as unknown as { purpose: string }).purpose);
      purposes.set(purpose, [...(purposes.get(purpose) ?? []), index]);
    }
    expect(purposes.size).toBe(100);
    for (const pair of purposes.values()) expect(pair[1]).toBe((pair[0] ?? 0) + 1);
    expect(last.size).toBe(201);
    expect(last.dirty).toBe(false);
  });

  test("take one result for one slot, whoever raced", async () => {
    const { ledger, parts } = await newLedger();
    const writers = [ledger, await Ledger.open(parts), await Ledger.open(parts)];
    const results = await Promise.all(writers.map((w, i) => w.append([accessDraft(`w${i}`, "slot:jobs@2026-01-01")])));
    expect(results.filter(([r]) => r?.repeated === false)).toHaveLength(1);
    expect(new Set(results.map(([r]) => r?.index)).size).toBe(1);
  });
});

describe("a store that was changed behind the writer's back", () => {
  test("set back to an older state: refused, nothing written", async () => {
    const { ledger, parts } = await newLedger();
    const store = parts.store as MemoryStore;
    await ledger.append([accessDraft("a")]);
    await ledger.publish();
    const old = new Map(store.objects);
    await ledger.append([accessDraft("b")]);
    await ledger.publish();
    store.objects.clear();
    for (const [key, bytes] of old) store.objects.set(key, bytes);
    await expect(Ledger.open(parts)).rejects.toMatchObject({ code: "LEDGER_ROLLED_BACK" });
    expect(store.objects).toEqual(old);
  });

  test("rewritten with the stolen key: refused as a fork", async () => {
    const { ledger, parts } = await newLedger();
    await ledger.append([accessDraft("a")]);
    await ledger.publish();
    const forged = await ledgerParts();
    const rewritten = await createLedger({ ...forged, signer: parts.signer }, { zone: "UTC" });
    await rewritten.append([accessDraft("b"), accessDraft("c")]);
    await rewritten.publish();
    await expect(Ledger.open({ ...parts, store: forged.store })).rejects.toMatchObject({ code: "LEDGER_FORKED" });
  });

  test("another log, another key, a cut checkpoint, an altered tile: each refused under its name", async () => {
    const { ledger, parts } = await newLedger();
    const store = parts.store as MemoryStore;
    await ledger.append(Array.from({ length: 300 }, () => accessDraft("a")));
    await ledger.publish();
    const other = newSigner("other-11111111", generateKey());
    await expect(Ledger.open({ ...parts, signer: other })).rejects.toMatchObject({ code: "KEY_NOT_PINNED" });
    const thief = newSigner(parts.signer.verifier.name, generateKey());
    await expect(Ledger.open({ ...parts, signer: thief })).rejects.toMatchObject({ code: "LEDGER_ALTERED" });
    for (const key of ["checkpoint", "tile/0/001.p/45", "tile/entries/001.p/45"]) {
      const good = store.objects.get(key) as Uint8Array;
      const bad = Uint8Array.from(good);
      bad[good.length - 30] = (bad[good.length - 30] ?? 0) ^ 1;
      store.objects.set(key, bad);
      await expect(Ledger.open(parts), key).rejects.toMatchObject({ code: "LEDGER_ALTERED" });
      store.objects.set(key, good);
    }
    await expect(Ledger.open(parts)).resolves.toBeDefined();
  });

  test("without its guard file a writer does not go on", async () => {
    const { parts } = await newLedger();
    await writeFile(parts.guard.place, "");
    await expect(Ledger.open(parts)).rejects.toMatchObject({ code: "NO_GUARD" });
  });

  test("a guard line cut by a crash is passed over, the one before it counts", async () => {
    const { ledger, parts } = await newLedger();
    await ledger.append([accessDraft("a")]);
    await ledger.publish();
    await writeFile(parts.guard.place, `${await readFile(parts.guard.place, "utf8")}\n99 AAA`);
    expect((await parts.guard.newest())?.size).toBe(2);
    await expect(Ledger.open(parts)).resolves.toBeDefined();
  });
});
