import { describe, expect, test } from "vitest";
import { batchKey, type Recorded } from "../src/evidence/batch.ts";
import { Ledger } from "../src/ledger/ledger.ts";
import { Log } from "../src/ledger/log.ts";
import { base64, sha256 } from "../src/lib/digest.ts";
import type { MemoryStore } from "../src/store/memory.ts";
import { parseCheckpoint, signCheckpoint } from "../src/tlog/checkpoint.ts";
import { EMPTY_ROOT, leafHash } from "../src/tlog/merkle.ts";
import { bundleKey, tileKey, tilesOf } from "../src/tlog/tile.ts";
import { faultyStore } from "./support/faulty-store.ts";
import { accessDraft, entriesOf, interruptedStore, newLedger } from "./support/ledger.ts";
import { judgeLedger, Told } from "./support/ledger-oracle.ts";

const text = (s: string) => new TextEncoder().encode(s);

/** Size of the checkpoint that lies in the store. */
async function storedSize(store: { get(key: string): Promise<Uint8Array | undefined> }): Promise<number | undefined> {
  return parseCheckpoint((await store.get("checkpoint")) ?? text(""))?.size;
}

describe("a checkpoint in the store", () => {
  test("is not left behind by a slow process that overwrites a larger one", async () => {
    const { ledger: fast, parts } = await newLedger();
    let late = false;
    const store = interruptedStore(parts.store, async (when, method) => {
      if (method !== "replace" || when !== "before" || late) return;
      late = true;
      await fast.append([accessDraft("fast")]);
      expect((await fast.publish()).size).toBe(3);
    });
    const slow = await Ledger.open({ ...parts, store });
    await slow.append([accessDraft("slow")]);
    expect((await slow.publish()).size).toBe(3);
    expect(await storedSize(parts.store)).toBe(3);
  });

  test("covers what each of many publishers was told, whoever was last", async () => {
    const { ledger, parts } = await newLedger();
    const writers = [ledger, await Ledger.open(parts), await Ledger.open(parts), await Ledger.open(parts)];
    for (let round = 0; round < 10; round += 1) {
      const heads = await Promise.all(
        writers.map(async (writer, i) => {
          if (i % 2 === round % 2) await writer.append([accessDraft(`w${i}`)]);
          return writer.publish();
        }),
      );
      expect(await storedSize(parts.store)).toBe(Math.max(...heads.map((head) => head.size)));
    }
  });

  test("that never stays is an error, and the entries are safe", async () => {
    const { parts } = await newLedger();
    let puts = 0;
    const replace = async () => {
      puts += 1;
    };
    const store = { ...interruptedStore(parts.store, () => {}), replace };
    const ledger = await Ledger.open({ ...parts, store });
    await ledger.append([accessDraft("a")]);
    await expect(ledger.publish()).rejects.toMatchObject({ code: "STORE_UNREACHABLE" });
    expect(puts).toBe(5);
    expect((await (await Ledger.open(parts)).publish()).size).toBe(2);
  });

  test("is enough even where a process told the guard of more and is never heard of again", async () => {
    const { ledger, parts } = await newLedger();
    await ledger.append([accessDraft("a")]);
    // Whoever it is always tells the guard of one entry more, just after it was asked.
    const talker = await Ledger.open(parts);
    const store = interruptedStore(parts.store, async (when, method) => {
      if (method === "replace" && when === "after") {
        const [more] = await talker.append([accessDraft("more")]);
        await parts.guard.add({ size: (more?.index ?? 0) + 1, root: await rootNow() });
      }
    });
    async function rootNow() {
      const log = new Log();
      log.apply(await entriesOf(talker));
      return log.head().root;
    }
    const busy = await Ledger.open({ ...parts, store });
    expect((await busy.publish()).size).toBeGreaterThanOrEqual(2);
  });

  test("is not touched, nor anything else written, when there is nothing new", async () => {
    const { ledger, parts } = await newLedger();
    await ledger.append([accessDraft("a")]);
    expect(ledger.dirty).toBe(true);
    const head = await ledger.publish();
    expect(ledger.dirty).toBe(false);
    const store = faultyStore(parts.store, () => undefined);
    const idle = await Ledger.open({ ...parts, store });
    for (const again of [await idle.publish(), await idle.publish()]) {
      expect([again.size, base64(again.root)]).toEqual([head.size, base64(head.root)]);
    }
    expect(store.calls.filter(({ method }) => method !== "get")).toEqual([]);
  });

  test("that was deleted under a running writer is put again", async () => {
    const { ledger, parts } = await newLedger();
    (parts.store as MemoryStore).objects.delete("checkpoint");
    expect((await ledger.publish()).size).toBe(1);
    expect(await storedSize(parts.store)).toBe(1);
  });

  test.each([
    ["more than there is", 9, "LEDGER_ROLLED_BACK"],
    ["another history", 2, "LEDGER_FORKED"],
    ["another state of this very size", 3, "LEDGER_FORKED"],
  ])("that signs %s stops the writer: nothing is signed over it", async (_, size, code) => {
    const { ledger, parts } = await newLedger();
    await ledger.append([accessDraft("a")]);
    await ledger.append([accessDraft("b")]);
    const forged = await signCheckpoint(ledger.origin, { size, root: sha256(text("x")) }, [parts.signer]);
    await parts.store.replace("checkpoint", forged);
    await expect(ledger.publish()).rejects.toMatchObject({ code });
    expect(await parts.store.get("checkpoint")).toEqual(forged);
    expect((await parts.guard.newest())?.size).toBe(1);
  });

  test("with a second signature by the same key that is wrong is refused", async () => {
    const { ledger, parts } = await newLedger();
    const good = new TextDecoder().decode(await parts.store.get("checkpoint"));
    const forged = await signCheckpoint(ledger.origin, { size: 1, root: sha256(text("x")) }, [parts.signer]);
    const bad = new TextDecoder().decode(forged).split("\n").at(-2);
    await parts.store.replace("checkpoint", text(`${good}${bad}\n`));
    await expect(Ledger.open(parts)).rejects.toMatchObject({ code: "LEDGER_ALTERED" });
    await expect(ledger.publish()).rejects.toMatchObject({ code: "LEDGER_ALTERED" });
  });

  test("of size 0 opens where it signs the empty tree, and only there", async () => {
    const { ledger, parts } = await newLedger();
    await ledger.append([accessDraft("a")]);
    const put = async (root: Uint8Array) =>
      parts.store.replace("checkpoint", await signCheckpoint(ledger.origin, { size: 0, root }, [parts.signer]));
    await put(EMPTY_ROOT);
    const opened = await Ledger.open(parts);
    expect((await entriesOf(opened)).map(({ index }) => index)).toEqual([0, 1]);
    expect((await opened.publish()).size).toBe(2);
    await put(sha256(text("x")));
    await expect(Ledger.open(parts)).rejects.toMatchObject({ code: "LEDGER_ALTERED" });
  });
});

describe("what is written under tile/", () => {
  test("comes after its entries are committed, never before", async () => {
    const { parts } = await newLedger();
    const store = faultyStore(parts.store, () => undefined);
    const ledger = await Ledger.open({ ...parts, store });
    await ledger.append(Array.from({ length: 300 }, () => accessDraft("a")));
    expect(store.calls.filter(({ key, method }) => method === "create" && key.startsWith("tile/"))).toEqual([]);
    await ledger.publish();
    const created = store.calls
      .filter(({ method }) => method === "create" || method === "replace")
      .map(({ key }) => key);
    expect(created.at(-1)).toBe("checkpoint");
    expect(created).toContain("tile/0/000");
  });

  test("is there for each size that was published, one after another across a tile border", async () => {
    const { ledger, parts } = await newLedger();
    await ledger.append(Array.from({ length: 253 }, () => accessDraft("a")));
    for (const size of [254, 255, 256, 257, 258]) {
      expect((await ledger.publish()).size).toBe(size);
      for (const { level, n, width } of tilesOf(size)) {
        expect(await parts.store.get(tileKey(level, n, width)), `size ${size}`).toHaveLength(width * 32);
        if (level === 0) expect(await parts.store.get(bundleKey(n, width)), `size ${size}`).toBeDefined();
      }
      await ledger.append([accessDraft("b")]);
    }
  });

  test.each([254, 255, 256, 511])("is right when another process goes on at size %i + 1", async (count) => {
    const { ledger, parts } = await newLedger();
    await ledger.append(Array.from({ length: count }, (_, i) => accessDraft(`a${i}`)));
    const told = new Told();
    told.heads.push(await ledger.publish());
    const next = await Ledger.open(parts);
    const names = Array.from({ length: 260 }, (_, i) => `b${i}`);
    const appended = await next.append(names.map((name) => accessDraft(name)));
    told.appended.push(...appended.map((answer, i) => ({ ...answer, name: names[i] ?? "" })));
    told.heads.push(await next.publish());
    expect(await judgeLedger(parts, told)).toBe(count + 261);
  });

  test("is due at each size up to the third level, and no longer once it is written", () => {
    const log = new Log();
    const all = new Set<string>();
    const bytes = text("entry");
    for (let index = 0; index < 65_537; index += 1) {
      log.apply([{ index, digest: "", bytes, entry: { at: "" } } as unknown as Recorded]);
      if (index < 65_534 && index % 20_000 !== 0) continue;
      const due = log.derived().map(({ key }) => key);
      for (const key of due) expect(all.has(key) && !key.includes(".p/"), `${key} twice`).toBe(false);
      for (const key of due) all.add(key);
      log.written(log.size);
      expect(log.derived()).toEqual([]);
      for (const { level, n, width } of tilesOf(log.size)) expect(all).toContain(tileKey(level, n, width));
    }
    expect(all).toContain("tile/2/000.p/1");
    expect(all).toContain("tile/entries/256.p/1");
  });

  test("stays due when the log grew while it was written", () => {
    const log = new Log();
    const apply = (index: number) =>
      log.apply([{ index, digest: "", bytes: text("x"), entry: { at: "" } } as unknown as Recorded]);
    for (let index = 0; index < 256; index += 1) apply(index);
    const { size } = log;
    apply(256);
    log.written(size);
    expect(log.derived().map(({ key }) => key)).toContain("tile/0/000");
  });

  test("other bytes there stop the writer before it signs", async () => {
    const { ledger, parts } = await newLedger();
    await ledger.append([accessDraft("a")]);
    await parts.store.create("tile/0/000.p/2", text("poison"));
    await expect(ledger.publish()).rejects.toMatchObject({
      code: "LEDGER_ALTERED",
      message: expect.stringContaining("tile/0/000.p/2"),
    });
    expect(await storedSize(parts.store)).toBe(1);
  });
});

test("the signed root is that of the entries' own hashes, and the guard is told before the store", async () => {
  const { ledger, parts } = await newLedger();
  let guardAtPut: number | undefined;
  const store = interruptedStore(parts.store, async (when, method) => {
    if (method === "replace" && when === "before") guardAtPut = (await parts.guard.newest())?.size;
  });
  await ledger.append([accessDraft("a")]);
  const head = await (await Ledger.open({ ...parts, store })).publish();
  const [first, second] = await entriesOf(ledger);
  const node = sha256(Uint8Array.of(1), leafHash(first?.bytes as Uint8Array), leafHash(second?.bytes as Uint8Array));
  expect(base64(head.root)).toBe(base64(node));
  expect(guardAtPut).toBe(2);
  expect(await parts.store.get(batchKey(1))).toBeDefined();
});
