import { describe, expect, test } from "vitest";
import { blobKey, MANIFEST_TYPE } from "../src/evidence/blob.ts";
import { Duplicate } from "../src/ledger/duplicate.ts";
import type { Ledger } from "../src/ledger/ledger.ts";
import { canonicalBytes } from "../src/lib/canonical.ts";
import { digestOf } from "../src/lib/digest.ts";
import { MemoryStore } from "../src/store/memory.ts";
import type { Store } from "../src/store/store.ts";
import { verifyLedger } from "../src/verify/verify.ts";
import { Crash, faultyStore } from "./support/faulty-store.ts";
import { accessDraft, interruptedStore, newLedger } from "./support/ledger.ts";

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

async function ledgerOf(records: number) {
  const { ledger, parts } = await newLedger();
  const ref = await ledger.put(bytes("evidence"), "text/plain");
  const manifest = await ledger.put(canonicalBytes({ v: 1, files: [] }), MANIFEST_TYPE);
  const actor = { type: "system", id: "test" } as const;
  await ledger.append([{ kind: "upload", actor, evidence: [ref], controls: ["A.5.28"], manifest }]);
  await grow(ledger, records);
  return { ledger, parts, source: parts.store as MemoryStore, blob: blobKey(ref.digest) };
}

async function grow(ledger: Ledger, records: number): Promise<void> {
  for (let n = 0; n < records; n += 50)
    await ledger.append(Array.from({ length: Math.min(50, records - n) }, (_, i) => accessDraft(`record-${n + i}`)));
  await ledger.publish();
}

async function duplicate(source: Store, target: Store) {
  const work = new Duplicate({ source, target });
  await work.checkTarget();
  return work.run();
}

const contents = (store: MemoryStore) =>
  [...store.objects].map(([key, content]) => `${key} ${digestOf(content)}`).sort();

describe("a ledger is copied to another place", () => {
  test("object by object, the checkpoint last, so that an unfinished copy is no store yet", async () => {
    const { parts, source } = await ledgerOf(300);
    const target = new MemoryStore("target");
    const watched = faultyStore(target, () => undefined);
    const done = await duplicate(source, watched);
    expect(done).toMatchObject({ size: 302, strays: [], damaged: [] });
    expect(contents(target)).toStrictEqual(contents(source));
    const written = watched.calls.filter(({ method }) => method === "create" || method === "replace");
    expect(written.at(-1)).toMatchObject({ method: "replace", key: "checkpoint" });
    expect(written.filter(({ key }) => key === "checkpoint")).toHaveLength(1);
    expect(await verifyLedger(target, { keys: [parts.signer.verifier] })).toMatchObject({ ok: true, size: 302 });
  });

  test("stopped at whatever call, it is finished by the next run without writing anything twice", async () => {
    const { source } = await ledgerOf(20);
    let calls = 1;
    for (let n = 1; n <= calls; n += 1) {
      const target = new MemoryStore("target");
      const dying = faultyStore(target, (call) =>
        call.n === n ? (n % 2 ? "crash-after" : "crash-before") : undefined,
      );
      const thrown = await duplicate(source, dying).then(
        () => undefined,
        (error: unknown) => error,
      );
      if (thrown instanceof Crash) calls = n + 1;
      const watched = faultyStore(target, () => undefined);
      const before = new Set(target.objects.keys());
      await duplicate(source, watched);
      expect(contents(target)).toStrictEqual(contents(source));
      const written = watched.calls.filter(({ method }) => method !== "get" && method !== "read" && method !== "list");
      expect(written.filter(({ key }) => before.has(key))).toStrictEqual([]);
    }
    expect(calls).toBeGreaterThan(10);
  });

  test("what is written meanwhile is copied as well", async () => {
    const { ledger, parts, source } = await ledgerOf(20);
    const target = new MemoryStore("target");
    let writes = 0;
    const busy = interruptedStore(target, async (when, method) => {
      if (when === "after" && method === "create" && ++writes === 5) await grow(ledger, 100);
    });
    expect(await duplicate(source, busy)).toMatchObject({ size: 122 });
    expect(contents(target)).toStrictEqual(contents(source));
    expect(await verifyLedger(target, { keys: [parts.signer.verifier] })).toMatchObject({ ok: true, size: 122 });
  });

  test("a checkpoint that came after the last look is not put before its objects", async () => {
    const { ledger, source } = await ledgerOf(20);
    const target = new MemoryStore("target");
    let reads = 0;
    // The fourth is the one after a round that found nothing new.
    const late: Store = interruptedStore(source, async (when, method, key) => {
      if (when === "before" && method === "get" && key === "checkpoint" && ++reads === 4) await grow(ledger, 30);
    });
    expect(await duplicate(late, target)).toMatchObject({ size: 52 });
    expect(contents(target)).toStrictEqual(contents(source));
  });

  test("a source that does not come to rest is told to be stopped, and the target is no store", async () => {
    const { ledger, source } = await ledgerOf(20);
    const target = new MemoryStore("target");
    const restless: Store = interruptedStore(source, async (when, method, key) => {
      if (when === "after" && method === "get" && key === "checkpoint") await grow(ledger, 1);
    });
    await expect(duplicate(restless, target)).rejects.toMatchObject({
      code: "ABORTED",
      remedy: expect.stringContaining("custody serve"),
    });
    expect(target.objects.has("checkpoint")).toBe(false);
  });

  const occupied: [string, (target: MemoryStore, source: MemoryStore) => Promise<void> | void][] = [
    [
      "another ledger",
      async (target) => {
        const other = await newLedger({ origin: "other-00000000" });
        for (const [key, content] of (other.parts.store as MemoryStore).objects) target.objects.set(key, content);
      },
    ],
    [
      "a ledger of the same name with other records",
      async (target) => {
        const other = await newLedger();
        await grow(other.ledger, 3);
        for (const [key, content] of (other.parts.store as MemoryStore).objects) target.objects.set(key, content);
      },
    ],
    ["somebody's photos", (target) => void target.objects.set("photos/1", bytes("x"))],
    ["a checkpoint that is none", (target) => void target.objects.set("checkpoint", bytes("x"))],
    [
      "evidence that the source does not have",
      (target) => void target.objects.set(blobKey("ef".repeat(32)), bytes("x")),
    ],
    ["a record with other bytes", (target) => void target.objects.set("seq/00000000/000000000001", bytes("x"))],
  ];
  test.each(occupied)("a place that holds %s is refused, and nothing in it is overwritten", async (_, fill) => {
    const { source } = await ledgerOf(5);
    const target = new MemoryStore("target");
    await fill(target, source);
    const before = new Map(target.objects);
    await expect(duplicate(source, target)).rejects.toMatchObject({ code: "STORE_EXISTS" });
    for (const [key, content] of before) expect(target.objects.get(key)).toStrictEqual(content);
    expect(target.objects.get("checkpoint")).toStrictEqual(before.get("checkpoint"));
  });

  test("a place that holds an earlier state of it is brought up to date", async () => {
    const { ledger, source } = await ledgerOf(5);
    const target = new MemoryStore("target");
    await duplicate(source, target);
    await grow(ledger, 300);
    expect(await duplicate(source, target)).toMatchObject({ size: 307 });
    expect(contents(target)).toStrictEqual(contents(source));
  });

  test("strays stay behind and altered evidence is not carried on; both are named", async () => {
    const { parts, source, blob } = await ledgerOf(5);
    source.objects.set("notes", bytes("x"));
    source.objects.set("seq/latest", bytes("x"));
    source.objects.set(blob, bytes("altered"));
    const target = new MemoryStore("target");
    const done = await duplicate(source, target);
    expect(done).toMatchObject({ damaged: [blob] });
    expect([...done.strays].sort()).toStrictEqual(["notes", "seq/latest"]);
    const { findings } = await verifyLedger(target, { keys: [parts.signer.verifier] });
    expect(findings.map(({ code }) => code)).toStrictEqual(["blob-missing"]);
  });

  test("a target that forgets what it took is never called a copy", async () => {
    const { source } = await ledgerOf(5);
    const target = new MemoryStore("target");
    const forgetful = interruptedStore(target, (when, method, key) => {
      if (when === "after" && method === "create" && key.startsWith("tile/")) target.objects.delete(key);
    });
    await expect(duplicate(source, forgetful)).rejects.toMatchObject({ code: "STORE_EXISTS" });
    expect(target.objects.has("checkpoint")).toBe(false);
  });
});
