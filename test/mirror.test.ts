import { createHash, randomBytes } from "node:crypto";
import { describe, expect, test } from "vitest";
import { blobKey, MANIFEST_TYPE } from "../src/evidence/blob.ts";
import type { Ledger, LedgerParts } from "../src/ledger/ledger.ts";
import { type MirrorParts, mirrorLedger } from "../src/ledger/mirror.ts";
import { canonicalBytes } from "../src/lib/canonical.ts";
import { MemoryStore } from "../src/store/memory.ts";
import type { Store } from "../src/store/store.ts";
import { parseCheckpoint } from "../src/tlog/checkpoint.ts";
import { checkNote } from "../src/tlog/note.ts";
import { compareMirror, readMirror } from "../src/verify/mirror.ts";
import { verifyLedger } from "../src/verify/verify.ts";
import { Crash, faultyStore } from "./support/faulty-store.ts";
import { accessDraft, newLedger } from "./support/ledger.ts";

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
const hashOf = (content: Uint8Array) => createHash("sha256").update(content).digest("hex");

/** A ledger with uploads: small and large files, and a manifest that names a file. */
async function evidenceLedger(large = 1_000) {
  const { ledger, parts } = await newLedger();
  await addUpload(ledger, "first", large);
  return { ledger, parts, source: parts.store as MemoryStore };
}

async function addUpload(ledger: Ledger, text: string, size = 1_000): Promise<string[]> {
  const evidence = await ledger.put(bytes(`evidence ${text}`), "text/plain");
  const large = await ledger.put(randomBytes(size), "application/octet-stream");
  const inner = await ledger.put(bytes(`only the manifest names this: ${text}`), "text/plain");
  const manifest = await ledger.put(canonicalBytes({ v: 1, files: [{ ...inner, name: "a" }] }), MANIFEST_TYPE);
  await ledger.append([
    {
      kind: "upload",
      actor: { type: "system", id: "test" },
      evidence: [evidence, large],
      controls: ["A.5.28"],
      manifest,
    },
  ]);
  await ledger.publish();
  return [evidence, large, inner, manifest].map(({ digest }) => digest);
}

/** Records without evidence, in batches. */
async function grow(ledger: Ledger, records: number): Promise<void> {
  for (let left = records; left > 0; left -= 100)
    await ledger.append(Array.from({ length: Math.min(left, 100) }, (_, n) => accessDraft(`record-${left}-${n}`)));
  await ledger.publish();
}

function mirroring(parts: LedgerParts, mirror: Store, more: Partial<MirrorParts> = {}): MirrorParts {
  const key = parts.signer.verifier;
  return {
    source: parts.store,
    mirror,
    trusted: ({ note }) => {
      const { signedBy, bad } = checkNote(note, [key]);
      return signedBy.length > 0 && bad.length === 0;
    },
    ...more,
  };
}

/** What `custody verify --mirror` finds. */
async function findings(parts: LedgerParts, mirror: Store) {
  const keys = [parts.signer.verifier];
  const reading = await readMirror(mirror, { keys });
  const result = await verifyLedger(parts.store, {
    keys,
    since: reading.head ? [reading.head] : [],
    further: [async (known, found) => void (await compareMirror(parts.store, mirror, reading, known, found))],
  });
  return result.findings.map(({ code, where }) => `${code} ${where.replace(`mirror ${mirror.place}: `, "")}`);
}

const sizeOf = (store: MemoryStore) => parseCheckpoint(store.objects.get("checkpoint") ?? new Uint8Array())?.size ?? 0;

describe("a mirror", () => {
  test("holds everything that records name, manifests and what they name included, and verifies by itself", async () => {
    const { parts, source } = await evidenceLedger(5_000_000);
    const mirror = new MemoryStore("the mirror");
    const done = await mirrorLedger(mirroring(parts, mirror));
    expect(done).toMatchObject({ before: 0, size: 2, missing: [], differs: [] });
    expect([...mirror.objects.keys()].sort()).toStrictEqual(
      // Partial tiles of sizes that were published before are not needed again.
      [...source.objects.keys()].filter((key) => !/\.p\/1$/.test(key)).sort(),
    );
    for (const [key, content] of mirror.objects)
      expect(hashOf(content), key).toBe(hashOf(source.objects.get(key) ?? bytes("")));
    expect(await verifyLedger(mirror, { keys: [parts.signer.verifier] })).toMatchObject({ ok: true, size: 2 });
    expect(await findings(parts, mirror)).toStrictEqual([]);
  });

  test("goes on from its own checkpoint: what it has is not read again", async () => {
    const { ledger, parts, source } = await evidenceLedger();
    const mirror = new MemoryStore();
    await grow(ledger, 700);
    await mirrorLedger(mirroring(parts, mirror));
    await addUpload(ledger, "second");
    const counted = faultyStore(source, () => undefined);
    const done = await mirrorLedger(mirroring({ ...parts, store: counted }, mirror));
    expect(done).toMatchObject({ before: 702, size: 703 });
    expect(done.copied).toBeLessThan(12);
    const records = counted.calls.map(({ key }) => key).filter((key) => key.startsWith("seq/"));
    expect(new Set(records)).toStrictEqual(new Set(["seq/00000000/000000000702"]));
    expect(await findings(parts, mirror)).toStrictEqual([]);
    const again = faultyStore(mirror, () => undefined);
    expect(await mirrorLedger(mirroring(parts, again))).toMatchObject({ copied: 0 });
    expect(again.calls.filter(({ method }) => method === "create" || method === "replace")).toStrictEqual([]);
  });

  test("is brought up over full tiles on more than one level, in parts and at once, to the same objects", async () => {
    const { ledger, parts } = await newLedger();
    const stepwise = new MemoryStore();
    for (const records of [254, 1, 1, 300, 5_000]) {
      await grow(ledger, records);
      await mirrorLedger(mirroring(parts, stepwise));
      expect(await findings(parts, stepwise)).toStrictEqual([]);
    }
    const atOnce = new MemoryStore();
    await mirrorLedger(mirroring(parts, atOnce));
    const kept = (store: MemoryStore) => [...store.objects.keys()].filter((key) => !key.includes(".p/")).sort();
    expect(kept(atOnce)).toStrictEqual(kept(stepwise));
    expect(await findings(parts, atOnce)).toStrictEqual([]);
  });

  test("interrupted at whatever call is whole as far as it says, and is finished by the next run", async () => {
    const { ledger, parts } = await evidenceLedger();
    const first = new MemoryStore();
    await mirrorLedger(mirroring(parts, first));
    await addUpload(ledger, "second");
    await grow(ledger, 30);
    let calls = 1;
    for (let n = 1; n <= calls; n += 1) {
      for (const fault of ["crash-before", "crash-after"] as const) {
        const mirror = new MemoryStore();
        for (const [key, content] of first.objects) mirror.objects.set(key, content);
        const dying = faultyStore(mirror, (call) => (call.n === n ? fault : undefined));
        const thrown = await mirrorLedger(mirroring(parts, dying)).then(
          () => undefined,
          (error: unknown) => error,
        );
        calls = Math.max(calls, dying.calls.length, n + (thrown instanceof Crash ? 1 : 0));
        const half = await verifyLedger(mirror, { keys: [parts.signer.verifier] });
        expect(half.findings, `${fault} at call ${n}`).toStrictEqual([]);
        await mirrorLedger(mirroring(parts, mirror));
        expect(sizeOf(mirror)).toBe(33);
        expect(await findings(parts, mirror)).toStrictEqual([]);
      }
      if (n > 400) throw new Error("no end");
    }
    expect(calls).toBeGreaterThan(20);
  });

  test("that is filled by two at once ends with one set of objects", async () => {
    const { ledger, parts } = await evidenceLedger();
    await grow(ledger, 300);
    const mirror = new MemoryStore();
    await Promise.all([mirrorLedger(mirroring(parts, mirror)), mirrorLedger(mirroring(parts, mirror))]);
    expect(await findings(parts, mirror)).toStrictEqual([]);
  });

  test("on a server that overwrites is never made to: what lies there with other bytes stays and is told", async () => {
    const { ledger, parts } = await evidenceLedger();
    const [digest = ""] = await addUpload(ledger, "second");
    const overwriting = new MemoryStore("overwriting");
    const create: Store["create"] = async (key, content) => {
      overwriting.objects.set(key, content);
      return "created";
    };
    overwriting.create = create;
    overwriting.objects.set(blobKey(digest), bytes("not the evidence"));
    const done = await mirrorLedger(mirroring(parts, overwriting));
    expect(done.differs).toStrictEqual([blobKey(digest)]);
    expect(overwriting.objects.get(blobKey(digest))).toStrictEqual(bytes("not the evidence"));
    expect(await findings(parts, overwriting)).toContainEqual(expect.stringMatching(`^mirror-differs .*${digest}`));
  });

  test.each(["seq/00000000/000000000001", "tile/entries/000.p/2", "tile/0/000.p/2"])(
    "in which %s has other bytes is left as it is, without a new checkpoint",
    async (key) => {
      const { parts } = await evidenceLedger();
      const mirror = new MemoryStore("the mirror");
      mirror.objects.set(key, bytes("forged"));
      await expect(mirrorLedger(mirroring(parts, mirror))).rejects.toMatchObject({
        code: "LEDGER_ALTERED",
        message: expect.stringContaining("the mirror"),
      });
      expect(mirror.objects.get(key)).toStrictEqual(bytes("forged"));
      expect(sizeOf(mirror)).toBe(0);
    },
  );

  test("of another log, of strange things, or suddenly empty is not filled", async () => {
    const { parts } = await evidenceLedger();
    const other = await newLedger({ origin: "other-ffffffff" });
    await expect(mirrorLedger(mirroring(parts, other.parts.store))).rejects.toMatchObject({ code: "STORE_EXISTS" });
    const home = new MemoryStore();
    home.objects.set("photos/holiday.jpg", bytes("x"));
    await expect(mirrorLedger(mirroring(parts, home))).rejects.toMatchObject({ code: "STORE_EXISTS" });
    expect(home.objects.size).toBe(1);
    const emptied = new MemoryStore();
    await expect(mirrorLedger(mirroring(parts, emptied, { had: 2 }))).rejects.toMatchObject({
      code: "LEDGER_ROLLED_BACK",
      remedy: expect.stringContaining("--anew"),
    });
    expect(emptied.objects.size).toBe(0);
  });

  test("does not follow a store that was set back or rewritten", async () => {
    const { ledger, parts, source } = await evidenceLedger();
    const old = new Map(source.objects);
    await addUpload(ledger, "second");
    const mirror = new MemoryStore("the mirror");
    await mirrorLedger(mirroring(parts, mirror));
    const held = new Map(mirror.objects);
    source.objects.clear();
    for (const [key, content] of old) source.objects.set(key, content);
    await expect(mirrorLedger(mirroring(parts, mirror))).rejects.toMatchObject({ code: "LEDGER_ROLLED_BACK" });
    expect(await findings(parts, mirror)).toContain("rolled-back seq/");

    const rewritten = await newLedger({ origin: parts.signer.verifier.name });
    await grow(rewritten.ledger, 10);
    await expect(
      mirrorLedger(mirroring({ ...rewritten.parts, signer: rewritten.parts.signer }, mirror)),
    ).rejects.toMatchObject({ code: "LEDGER_FORKED" });
    expect(mirror.objects).toStrictEqual(held);
  });

  test("takes nothing from a checkpoint that no key that counts has signed, nor records that it does not sign", async () => {
    const { parts, source } = await evidenceLedger();
    const mirror = new MemoryStore();
    await expect(mirrorLedger(mirroring(parts, mirror, { trusted: () => false }))).rejects.toMatchObject({
      code: "LEDGER_ALTERED",
    });
    const batch = source.objects.get("seq/00000000/000000000001") ?? bytes("");
    source.objects.set("seq/00000000/000000000001", bytes(new TextDecoder().decode(batch).replace("A.5.28", "A.5.27")));
    await expect(mirrorLedger(mirroring(parts, mirror))).rejects.toMatchObject({ code: "LEDGER_ALTERED" });
    expect(sizeOf(mirror)).toBe(0);
  });

  test("is told which files the store has lost, and gets them when they are back", async () => {
    const { parts, source } = await evidenceLedger();
    const mirror = new MemoryStore();
    const [key = ""] = [...source.objects.keys()].filter((k) => k.startsWith("blob/"));
    const kept = source.objects.get(key) ?? bytes("");
    source.objects.set(key, bytes("altered"));
    const done = await mirrorLedger(mirroring(parts, mirror));
    expect(done.missing.map(({ digest }) => blobKey(digest))).toStrictEqual([key]);
    expect(mirror.objects.has(key)).toBe(false);
    source.objects.set(key, kept);
    const again = await mirrorLedger(mirroring(parts, mirror, { missing: done.missing }));
    expect(again).toMatchObject({ missing: [], copied: 1 });
    expect(await findings(parts, mirror)).toStrictEqual([]);
  });

  test("is not given what is disposed of, though it is still in the store; what is recorded again later is", async () => {
    const { ledger, parts } = await newLedger();
    const [gone = "", , inner = "", manifest = ""] = await addUpload(ledger, "gone");
    const dispose = (digest: string) =>
      ledger.append([
        {
          kind: "disposal",
          actor: { type: "system", id: "test" },
          items: [{ digest, size: 1, entries: [1] }],
          authority: "GDPR",
          reason: "erasure-request",
        },
      ]);
    await dispose(gone);
    await dispose(inner);
    await ledger.publish();
    const mirror = new MemoryStore();
    await mirrorLedger(mirroring(parts, mirror));
    expect([gone, inner, manifest].map((digest) => mirror.objects.has(blobKey(digest)))).toStrictEqual([
      false,
      false,
      true,
    ]);
    await addUpload(ledger, "gone");
    await mirrorLedger(mirroring(parts, mirror));
    expect([gone, inner].map((digest) => mirror.objects.has(blobKey(digest)))).toStrictEqual([true, true]);
    expect(await findings(parts, mirror)).toStrictEqual([]);
    const atOnce = new MemoryStore();
    await mirrorLedger(mirroring(parts, atOnce));
    expect(await findings(parts, atOnce)).toStrictEqual([]);
  });

  test("stops when it is told to", async () => {
    const { parts } = await evidenceLedger();
    const stopped = AbortSignal.abort(new Error("enough"));
    await expect(mirrorLedger(mirroring(parts, new MemoryStore(), { signal: stopped }))).rejects.toThrow("enough");
  });
});

describe("a mirror that lies", () => {
  const lies: [string, (inner: MemoryStore) => Partial<Store>][] = [
    ["that it wrote what it forgot", () => ({ create: async () => "created" })],
    [
      "by giving other bytes for a record",
      (inner) => ({
        get: async (key) => (key.startsWith("seq/") && inner.objects.has(key) ? bytes("lie") : inner.get(key)),
      }),
    ],
    ["by keeping an old checkpoint", () => ({ replace: async () => {} })],
  ];
  test.each(lies)("%s is never called up to date", async (_, lie) => {
    const { parts } = await evidenceLedger();
    const inner = new MemoryStore("liar");
    const liar: Store = Object.assign(Object.create(inner) as MemoryStore, { place: "liar" }, lie(inner));
    for (const method of ["get", "read", "create", "createFrom", "replace", "list"] as const) {
      if (!Object.hasOwn(liar, method)) Object.assign(liar, { [method]: inner[method].bind(inner) });
    }
    const outcome = await mirrorLedger(mirroring(parts, liar)).then(
      ({ differs }) => differs.length,
      (error: unknown) => (error as { code?: string }).code,
    );
    expect(outcome === 0).toBe(false);
    expect(await findings(parts, liar)).not.toStrictEqual([]);
  });

  const wrongs: [string, (mirror: MemoryStore) => void, RegExp][] = [
    ["evidence altered", (m) => m.objects.set(first(m, "blob/"), bytes("x")), /blob\//],
    ["evidence gone", (m) => m.objects.delete(first(m, "blob/")), /blob\//],
    ["a batch altered", (m) => alter(m, "seq/00000000/000000000001"), /seq\//],
    ["a batch gone", (m) => m.objects.delete("seq/00000000/000000000001"), /seq\//],
    ["a tile altered", (m) => alter(m, "tile/0/000.p/2"), /tile\//],
    ["an additional file", (m) => m.objects.set(blobKey(hashOf(bytes("more"))), bytes("more")), /blob\//],
    ["an additional batch", (m) => m.objects.set("seq/00000000/000000000002", bytes("{}\n")), /seq\//],
    ["a stray", (m) => m.objects.set("notes", bytes("x")), /notes/],
    ["no checkpoint", (m) => m.objects.delete("checkpoint"), /checkpoint/],
    ["a checkpoint by somebody else", (m) => alter(m, "checkpoint"), /checkpoint/],
  ];
  test.each(wrongs)("%s is found by `verify --mirror`", async (_, wrong, where) => {
    const { parts } = await evidenceLedger();
    const mirror = new MemoryStore("the mirror");
    await mirrorLedger(mirroring(parts, mirror));
    wrong(mirror);
    const found = await findings(parts, mirror);
    expect(found.length).toBeGreaterThan(0);
    for (const one of found) expect(one).toMatch(/^mirror-differs /);
    expect(found.some((one) => where.test(one))).toBe(true);
  });

  test("a forged head of a mirror says nothing about the store", async () => {
    const { parts } = await evidenceLedger();
    const stranger = await newLedger({ origin: parts.signer.verifier.name });
    await grow(stranger.ledger, 500);
    const found = await findings(parts, stranger.parts.store);
    expect(found.some((one) => one.startsWith("rolled-back"))).toBe(false);
    expect(found.every((one) => one.startsWith("mirror-differs"))).toBe(true);
  });

  test("what the store lost and the mirror has is told with the way back", async () => {
    const { parts, source } = await evidenceLedger();
    const mirror = new MemoryStore("the mirror");
    await mirrorLedger(mirroring(parts, mirror));
    const key = first(source, "blob/");
    source.objects.delete(key);
    expect((await findings(parts, mirror)).sort()).toStrictEqual([
      expect.stringContaining(`blob-missing ${key}`),
      `mirror-differs ${key}`,
    ]);
  });
});

function first(store: MemoryStore, prefix: string): string {
  return [...store.objects.keys()].sort().find((key) => key.startsWith(prefix)) ?? "";
}

function alter(store: MemoryStore, key: string): void {
  const content = Uint8Array.from(store.objects.get(key) ?? bytes(""));
  content[content.length - 9] = (content[content.length - 9] ?? 0) ^ 1;
  store.objects.set(key, content);
}
