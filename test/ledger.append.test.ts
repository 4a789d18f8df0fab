import { open, writeFile } from "node:fs/promises";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { batchKey, encodeBatch } from "../src/evidence/batch.ts";
import { blobKey } from "../src/evidence/blob.ts";
import { type Draft, MAX_BATCH_BYTES, measureDraft } from "../src/evidence/entry.ts";
import { buildEntries, type Checked } from "../src/ledger/append.ts";
import { Ledger, MAX_FILE_BYTES } from "../src/ledger/ledger.ts";
import { Seal } from "../src/ledger/seal.ts";
import { digestOf } from "../src/lib/digest.ts";
import { CustodyError } from "../src/lib/errors.ts";
import type { MemoryStore } from "../src/store/memory.ts";
import { FakeClock, type SkippingClock } from "./support/clock.ts";
import { faultyStore, type StoreCall } from "./support/faulty-store.ts";
import { accessDraft, entriesOf, interruptedStore, newLedger, temporaryFolder } from "./support/ledger.ts";

const text = (s: string) => new TextEncoder().encode(s);
const unreachable = () => new CustodyError("STORE_UNREACHABLE", "made to fail");
const purposes = async (ledger: Ledger) =>
  (await entriesOf(ledger, 1)).map(({ entry }) => (entry as unknown as { purpose: string }).purpose);

/** A draft of about this many bytes. */
const largeDraft = (bytes: number): Draft => ({
  kind: "access",
  actor: { type: "system", id: "test" },
  purpose: "large",
  digests: Array.from({ length: Math.floor(bytes / 67) }, () => "0".repeat(64)),
});

describe("a claim whose outcome stays unknown", () => {
  test("that was carried out: its key is taken, whatever the caller was told", async () => {
    const { parts } = await newLedger();
    const lost = ({ method, key }: StoreCall) => method === "create" && key === batchKey(1);
    let losses = 0;
    const store = faultyStore(parts.store, (call) => {
      if (lost(call)) losses += 1;
      return lost(call) && losses <= 5 ? "after" : undefined;
    });
    const ledger = await Ledger.open({ ...parts, store });
    await expect(ledger.append([accessDraft("a", "slot:x")])).rejects.toMatchObject({ code: "STORE_UNREACHABLE" });
    expect(store.calls.filter(lost)).toHaveLength(5);
    expect(await ledger.append([accessDraft("b", "slot:x"), accessDraft("c")])).toMatchObject([
      { index: 1, repeated: true },
      { index: 2, repeated: false },
    ]);
    expect(await purposes(ledger)).toEqual(["a", "c"]);
  });

  test.each(["before", "after"] as const)(
    "that lands late, %s the next claim: one of the two stands, never both under one index or key",
    async (when) => {
      const { parts } = await newLedger();
      let late: Uint8Array | undefined;
      let down = true;
      const store = interruptedStore(parts.store, async (now, method, key, bytes) => {
        if (method !== "create" || key !== batchKey(1)) return;
        if (down) {
          late ??= bytes;
          expect(bytes, "the same bytes are offered again, never others").toEqual(late);
          throw unreachable();
        }
        if (now === when && late)
          expect(await parts.store.create(key, late)).toBe(when === "before" ? "created" : "exists");
      });
      const ledger = await Ledger.open({ ...parts, store });
      await expect(ledger.append([accessDraft("late", "slot:x")])).rejects.toMatchObject({ code: "STORE_UNREACHABLE" });
      down = false;
      const [again] = await ledger.append([accessDraft("again", "slot:x")]);
      expect(again).toMatchObject({ index: 1, repeated: when === "before" });
      expect(await purposes(ledger)).toEqual([when === "before" ? "late" : "again"]);
      await ledger.publish();
      expect((await Ledger.open(parts)).size).toBe(2);
    },
  );

  test("a place that is taken and cannot be read stops nothing for ever: the store is called unfit", async () => {
    const { parts } = await newLedger();
    const store: typeof parts.store = {
      ...interruptedStore(parts.store, () => {}),
      create: async () => "exists",
    };
    const ledger = await Ledger.open({ ...parts, store });
    await expect(ledger.append([accessDraft("a")])).rejects.toMatchObject({ code: "STORE_UNFIT" });
    expect((parts.clock as SkippingClock).slept, "nothing was unknown, so nothing is tried again").toEqual([]);
  });
});

describe("calls that wait together", () => {
  test("are each told the truth when the second of two batches fails", async () => {
    const { parts } = await newLedger();
    const store = interruptedStore(parts.store, (when, method, key) => {
      if (when === "before" && method === "create" && key === batchKey(257)) throw unreachable();
    });
    const ledger = await Ledger.open({ ...parts, store });
    const full = Array.from({ length: 256 }, (_, i) => accessDraft(`f${i}`));
    const results = await Promise.allSettled([
      ledger.append([]),
      ledger.append(full),
      ledger.append([accessDraft("b")]),
      ledger.append([accessDraft("c")]),
    ]);
    expect(results.map((r) => r.status)).toEqual(["fulfilled", "fulfilled", "rejected", "rejected"]);
    expect(await purposes(await Ledger.open(parts))).toEqual(full.map((d) => (d as { purpose: string }).purpose));
  });

  test("one that arrives while another fails is tried in its own turn", async () => {
    const { parts } = await newLedger();
    let attempts = 0;
    let second: Promise<unknown> | undefined;
    const store = interruptedStore(parts.store, (when, method) => {
      if (when !== "before" || method !== "create" || attempts === 5) return;
      attempts += 1;
      second ??= ledger.append([accessDraft("second")]);
      throw unreachable();
    });
    const ledger = await Ledger.open({ ...parts, store });
    await expect(ledger.append([accessDraft("first")])).rejects.toMatchObject({ code: "STORE_UNREACHABLE" });
    await expect(second).resolves.toMatchObject([{ index: 1, repeated: false }]);
  });

  test("an append of nothing adds nothing, alone or in company", async () => {
    const { ledger } = await newLedger();
    expect(await ledger.append([])).toEqual([]);
    const [none, some] = await Promise.all([ledger.append([]), ledger.append([accessDraft("a")])]);
    expect([none, some?.length, ledger.size]).toEqual([[], 1, 2]);
  });

  test("closing waits for them", async () => {
    const { parts } = await newLedger();
    let open: () => void = () => {};
    const gate = new Promise<void>((resolve) => {
      open = resolve;
    });
    const ledger = await Ledger.open({
      ...parts,
      store: interruptedStore(parts.store, (when, method) =>
        when === "before" && method === "create" ? gate : undefined,
      ),
    });
    const answered: string[] = [];
    const appends = ["a", "b", "c"].map((name) => ledger.append([accessDraft(name)]).then(() => answered.push(name)));
    const closed = ledger.close().then(() => answered.push("closed"));
    open();
    await Promise.all([...appends, closed]);
    expect(answered).toEqual(["a", "b", "c", "closed"]);
  });
});

describe("batches", () => {
  test("hold at most 4 MiB; what is more becomes several, in order", async () => {
    const { ledger, parts } = await newLedger();
    const appended = await ledger.append(Array.from({ length: 150 }, () => largeDraft(60_000)));
    expect(appended.map((a) => a.index)).toEqual(appended.map((_, i) => i + 1));
    const sizes = [...(parts.store as MemoryStore).objects]
      .filter(([key]) => key.startsWith("seq/"))
      .map(([, b]) => b.length);
    expect(Math.max(...sizes)).toBeLessThanOrEqual(MAX_BATCH_BYTES);
    expect(sizes).toHaveLength(1 + 3);
    expect((await Ledger.open(parts)).size).toBe(151);
  });

  test("a draft is never measured smaller than its entry gets", () => {
    const clock = new FakeClock("2026-03-01T10:00:00.000Z");
    return fc.assert(
      fc.asyncProperty(fc.string({ unit: "binary" }), fc.boolean(), async (words, late) => {
        const { ledger } = await newLedger({ clock });
        const draft = { ...accessDraft("a", "once"), actor: { type: "person" as const, id: "p", role: words } };
        if (/[\ud800-\udfff]/.test(words)) return;
        clock.set(late ? "2026-03-01T09:00:00.000Z" : "2026-03-01T10:00:00.000Z");
        await ledger.append([draft]);
        clock.set("2026-03-01T10:00:00.000Z");
        const [recorded] = await entriesOf(ledger, 1);
        expect(recorded?.bytes.length).toBeLessThanOrEqual(measureDraft(draft));
      }),
      { numRuns: 25 },
    );
  });

  test("a key that a foreign writer used twice belongs to the first who had it", async () => {
    const { ledger, parts } = await newLedger();
    const [one, two] = ["one", "two"].map((name) => ({ draft: accessDraft(name, "slot:x"), now: 0, size: 0 }));
    const [genesis] = await entriesOf(ledger);
    const link = { index: 1, prev: genesis?.digest ?? "", at: genesis?.entry.at ?? "" };
    const foreign = buildEntries([one as Checked, two as Checked], link, "foreign", await Seal.of(parts.signer));
    await parts.store.create(batchKey(1), encodeBatch(foreign.map(({ bytes }) => bytes)));
    for (const writer of [ledger, await Ledger.open(parts)])
      expect(await writer.append([accessDraft("three", "slot:x")])).toMatchObject([{ index: 1, repeated: true }]);
  });

  test("a draft cannot say what is the ledger's to say", async () => {
    const { ledger } = await newLedger();
    const forged = {
      ...accessDraft("a"),
      v: 2,
      index: 7,
      prev: "0".repeat(64),
      batch: "x",
      at: "later",
      software: "y",
    };
    await ledger.append([forged as Draft]);
    expect((await entriesOf(ledger, 1))[0]?.entry).toMatchObject({ v: 1, index: 1, software: "custody/test" });
  });

  test("time stays in order within a batch, and after a clock that was far ahead", async () => {
    const clock = new FakeClock("2026-03-01T10:00:00.000Z");
    const { ledger, reopen } = await newLedger({ clock });
    clock.set("2036-01-01T00:00:00.000Z");
    await ledger.append([accessDraft("ahead")]);
    clock.set("2026-03-01T10:00:01.000Z");
    await ledger.append([accessDraft("a"), accessDraft("b")]);
    const again = await reopen();
    expect((await entriesOf(again, 1)).map(({ entry }) => [entry.at, entry.clock])).toEqual([
      ["2036-01-01T00:00:00.000Z", undefined],
      ["2036-01-01T00:00:00.000Z", "2026-03-01T10:00:01.000Z"],
      ["2036-01-01T00:00:00.000Z", "2026-03-01T10:00:01.000Z"],
    ]);
  });
});

describe("evidence files", () => {
  test("are durable under their hash before they are named, and the same twice is one", async () => {
    const { ledger, parts } = await newLedger();
    const file = join(await temporaryFolder(), "minutes.txt");
    await writeFile(file, "minutes");
    const ref = await ledger.putFile(file, "text/plain");
    expect(ref).toEqual({ digest: digestOf(text("minutes")), size: 7, mediaType: "text/plain" });
    expect(await ledger.put(text("minutes"), "text/plain")).toEqual(ref);
    expect(await ledger.putFile(file, "text/plain")).toEqual(ref);
    expect(await ledger.blob(ref.digest)).toEqual(text("minutes"));
    expect([...(parts.store as MemoryStore).objects.keys()].filter((k) => k.startsWith("blob/"))).toHaveLength(1);
  });

  test("a file of more than 5 GiB is refused before it is read", async () => {
    const { ledger } = await newLedger();
    const path = join(await temporaryFolder(), "huge");
    const file = await open(path, "w");
    await file.truncate(MAX_FILE_BYTES + 1);
    await file.close();
    await expect(ledger.putFile(path, "text/plain")).rejects.toMatchObject({ code: "INPUT_TOO_LARGE" });
  });

  test("a file that cannot be read is refused by its name", async () => {
    const { ledger } = await newLedger();
    const folder = await temporaryFolder();
    for (const path of [join(folder, "missing"), folder]) {
      await expect(ledger.putFile(path, "text/plain")).rejects.toMatchObject({
        code: "INPUT_INVALID",
        message: expect.stringContaining(path),
      });
    }
  });
});

describe("after the store has contradicted the ledger", () => {
  test.each(["put", "putFile", "append", "publish", "read"] as const)(
    "found by %s: nothing is written any more, and every call is refused with the reason",
    async (finder) => {
      const { parts } = await newLedger();
      const store = parts.store as MemoryStore;
      const ledger = await Ledger.open(parts);
      await ledger.append([accessDraft("a")]);
      const file = join(await temporaryFolder(), "minutes.txt");
      await writeFile(file, "minutes");
      const calls = {
        put: () => ledger.put(text("minutes"), "text/plain"),
        putFile: () => ledger.putFile(file, "text/plain"),
        append: () => ledger.append([accessDraft("b")]),
        publish: () => ledger.publish(),
        read: () => entriesOf(ledger),
      };
      if (finder === "put" || finder === "putFile")
        store.objects.set(blobKey(digestOf(text("minutes"))), text("altered"));
      if (finder === "append" || finder === "publish") store.objects.set(batchKey(2), text("{}\n"));
      if (finder === "read") store.objects.set(batchKey(1), text("{}\n"));
      const before = new Map(store.objects);
      for (const call of [calls[finder], ...Object.values(calls)]) {
        await expect(call()).rejects.toMatchObject({ code: "LEDGER_ALTERED" });
      }
      expect(store.objects).toEqual(before);
    },
  );
});
