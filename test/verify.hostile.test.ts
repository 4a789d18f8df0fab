import { execFileSync } from "node:child_process";
import { mkdir, rename, rm, symlink, truncate, writeFile } from "node:fs/promises";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, test, vi } from "vitest";
import { verify } from "../src/cli/verify.ts";
import { batchKey } from "../src/evidence/batch.ts";
import { blobKey, blobRefs, MANIFEST_TYPE } from "../src/evidence/blob.ts";
import { type Draft, decodeEntry, type Entry, encodeEntry, NO_PREVIOUS } from "../src/evidence/entry.ts";
import { canonicalBytes } from "../src/lib/canonical.ts";
import { digestOf } from "../src/lib/digest.ts";
import { CustodyError } from "../src/lib/errors.ts";
import { FolderStore } from "../src/store/folder.ts";
import type { MemoryStore } from "../src/store/memory.ts";
import { signCheckpoint } from "../src/tlog/checkpoint.ts";
import { encodeBundle } from "../src/tlog/tile.ts";
import type { LogReader } from "../src/verify/reader.ts";
import { verifyLedger } from "../src/verify/verify.ts";
import { asFolder, exampleSigner, frozenLedger } from "./support/example-ledger.ts";
import { accessDraft, newLedger } from "./support/ledger.ts";
import { findProgram, rounds } from "./support/tools.ts";

const text = (words: string) => new TextEncoder().encode(words);
const decode = (bytes: Uint8Array | undefined) => new TextDecoder().decode(bytes);
const codes = async (store: LogReader, keys: Parameters<typeof verifyLedger>[1]["keys"]) => [
  ...new Set((await verifyLedger(store, { keys })).findings.map((f) => f.code)),
];
const { objects: good, keys, vkey } = await frozenLedger();

/** The good log as a reader; `change` plays the part of whoever can write to the medium. */
function tampered(change: (objects: Map<string, Uint8Array>) => void): LogReader {
  const objects = new Map(good);
  change(objects);
  return readerOf(objects);
}

function readerOf(objects: ReadonlyMap<string, Uint8Array>): LogReader {
  return {
    get: async (key) => objects.get(key),
    read: async (key) => {
      const bytes = objects.get(key);
      return bytes && pieces(bytes);
    },
    list: async function* () {
      for (const [key, { length }] of objects) yield { key, size: length };
    },
  };
}

async function* pieces(bytes: Uint8Array) {
  yield bytes;
}

/** A log signed by its rightful key over whatever entries, canonical or not: the operator as the adversary. */
async function signedLog(lines: readonly Uint8Array[], more: Record<string, Uint8Array> = {}): Promise<LogReader> {
  const { Log } = await import("../src/ledger/log.ts");
  const log = new Log();
  const seq = lines.map((bytes, index): [string, Uint8Array] => {
    log.apply([{ index, digest: digestOf(bytes), bytes, entry: { at: "" } as Entry }]);
    return [batchKey(index), Buffer.concat([bytes, text("\n")])];
  });
  const checkpoint = await signCheckpoint("example-0a1b2c3d", log.head(), [exampleSigner()]);
  const tiles = log.derived().map(({ key, bytes }): [string, Uint8Array] => [key, bytes]);
  return readerOf(new Map([...seq, ...tiles, ["checkpoint", checkpoint], ...Object.entries(more)]));
}

/** Entries of these kinds and fields in a right chain, each a batch of its own. */
function chained(entries: readonly Record<string, unknown>[]): Uint8Array[] {
  let prev = NO_PREVIOUS;
  return entries.map((fields, index) => {
    const batch = String(index).padStart(32, "0");
    const common = {
      v: 1,
      index,
      prev,
      batch,
      at: "2026-03-01T10:00:00.000Z",
      actor: { type: "system", id: "x" },
      software: "x",
    };
    const bytes = canonicalBytes({ ...common, ...fields });
    prev = digestOf(bytes);
    return bytes;
  });
}

const keyList = [...good.keys()];
const anyKey = fc.constantFrom(...keyList);
/** What tampering may leave untouched without loss: an orphan's absence, and partial tiles that fuller ones replace. */
const expendable = (key: string) => /^tile\/(0|entries)\/00\d\.p\/[1-5]$/.test(key) || isOrphan(key);
const isOrphan = (key: string) => key.startsWith("blob/") && decode(good.get(key)).startsWith("an orphan");

describe("whatever is done to the objects of a store, verification answers, and finds it", () => {
  const runs = { numRuns: rounds(150, 40) };

  test("bytes changed", async () => {
    await fc.assert(
      fc.asyncProperty(
        anyKey,
        fc.array(fc.tuple(fc.nat(), fc.integer({ min: 1, max: 255 })), { minLength: 1, maxLength: 4 }),
        async (key, changes) => {
          const bytes = Uint8Array.from(good.get(key) as Uint8Array);
          for (const [at, mask] of changes) bytes[at % bytes.length] = (bytes[at % bytes.length] ?? 0) ^ mask;
          fc.pre(Buffer.compare(bytes, good.get(key) as Uint8Array) !== 0);
          const result = await verifyLedger(
            tampered((o) => o.set(key, bytes)),
            { keys },
          );
          expect(result.ok).toBe(false);
          expect(result.findings.map((f) => f.where).join("\n")).toContain(key);
        },
      ),
      runs,
    );
  });

  test("bytes inserted, removed, doubled, cut", async () => {
    const edit = fc.oneof(
      fc.record({
        what: fc.constant("insert" as const),
        at: fc.nat(),
        bytes: fc.uint8Array({ minLength: 1, maxLength: 40 }),
      }),
      fc.record({
        what: fc.constant("insert" as const),
        at: fc.nat(),
        bytes: fc.constantFrom("\n", "\r\n", "\ufeff", " ", "\0", "{}").map(text),
      }),
      fc.record({
        what: fc.constant("remove" as const),
        at: fc.nat(),
        bytes: fc.uint8Array({ minLength: 1, maxLength: 40 }),
      }),
      fc.record({ what: fc.constant("cut" as const), at: fc.nat(), bytes: fc.constant(new Uint8Array()) }),
    );
    await fc.assert(
      fc.asyncProperty(anyKey, edit, async (key, { what, at, bytes }) => {
        const old = good.get(key) as Uint8Array;
        const i = at % (old.length + (what === "insert" ? 1 : 0));
        const rest =
          what === "insert" ? old.subarray(i) : what === "remove" ? old.subarray(i + bytes.length) : new Uint8Array();
        const next = Buffer.concat([old.subarray(0, i), what === "insert" ? bytes : new Uint8Array(), rest]);
        const result = await verifyLedger(
          tampered((o) => o.set(key, next)),
          { keys },
        );
        expect(result.ok).toBe(false);
        expect(result.findings.map((f) => f.where).join("\n")).toContain(key);
      }),
      runs,
    );
  });

  test("objects deleted, exchanged, copied over one another, added under any name", async () => {
    const anyName = fc.oneof(
      anyKey.map((key) => `${key}x`),
      fc.stringMatching(/^[a-z0-9._/\u0000\u001b-]{1,30}$/),
      fc.nat({ max: 2 ** 31 }).map((n) => batchKey(n * 400)),
      fc
        .tuple(fc.constantFrom("0", "1", "7", "63", "entries"), fc.nat({ max: 999 }))
        .map(([l, n]) => `tile/${l}/x999/x999/x999/${String(n).padStart(3, "0")}`),
      fc.constantFrom(
        "tile/0/x090/x071/x992/x547/409",
        "tile/entries/x090/x071/x992/x547/409",
        "tile/63/000",
        "tile/1/000",
        "tile/0/002.p/1",
        "seq/99999999/999999999999",
        "__proto__",
        "constructor",
        "",
      ),
    );
    const act = fc.oneof(
      fc.record({ act: fc.constant("delete" as const), key: anyKey, other: fc.constant("") }),
      fc.record({ act: fc.constant("exchange" as const), key: anyKey, other: anyKey }),
      fc.record({ act: fc.constant("copy" as const), key: anyKey, other: anyKey }),
      fc.record({ act: fc.constant("copy" as const), key: anyKey, other: anyName }),
    );
    await fc.assert(
      fc.asyncProperty(act, async ({ act, key, other }) => {
        const reader = tampered((o) => {
          const [a, b] = [good.get(key) as Uint8Array, good.get(other)];
          if (act === "delete") o.delete(key);
          else o.set(other, a);
          if (act === "exchange" && b) o.set(key, b);
        });
        const same =
          act === "delete"
            ? expendable(key)
            : good.has(other) && Buffer.compare(good.get(key) as Uint8Array, good.get(other) as Uint8Array) === 0;
        expect((await verifyLedger(reader, { keys })).ok).toBe(same);
      }),
      { numRuns: rounds(300, 80) },
    );
  });

  test("any bytes at all in place of any object", async () => {
    await fc.assert(
      fc.asyncProperty(
        anyKey,
        fc.oneof(fc.uint8Array(), fc.json().map(text), fc.constant(new Uint8Array())),
        async (key, bytes) => {
          expect(
            (
              await verifyLedger(
                tampered((o) => o.set(key, bytes)),
                { keys },
              )
            ).ok,
          ).toBe(false);
        },
      ),
      runs,
    );
  });
});

describe("one by one", () => {
  test("a batch laid over others lets no forged record speak in the other verdicts", async () => {
    const lines = decode(good.get(batchKey(5)))
      .trimEnd()
      .split("\n");
    const before = text(lines.at(-1) as string);
    const { at, software } = decodeEntry(before);
    const gap = {
      v: 1,
      index: 261,
      prev: digestOf(before),
      batch: "e".repeat(32),
      kind: "gap",
      at,
      actor: { type: "person", id: "p-1" },
      software,
      gap: "g",
      instance: "jobs",
      requirement: "r",
      action: "accept",
      window: { from: "2020-01-01T00:00:00.000Z", to: "2030-01-01T00:00:00.000Z" },
      slots: 1,
    };
    // The true records 260 and 261 are read again after it, so the leaves are those that were signed.
    const laid = Buffer.concat([before, text("\n"), canonicalBytes(gap), text("\n")]);
    const result = await verifyLedger(
      tampered((objects) => objects.set(batchKey(260), laid)),
      { keys },
    );
    expect(result.verdicts.integrity.word).toBe("broken");
    expect(result.verdicts.completeness.word).toBe("holes");
    expect(result.asOf).toBeUndefined();
  });

  const first = batchKey(0);
  const line = (objects: Map<string, Uint8Array>, key: string, change: (line: string) => string) =>
    objects.set(key, text(change(decode(objects.get(key)))));

  const cases: [string, string[], (objects: Map<string, Uint8Array>) => void][] = [
    [
      "a batch far beyond the end",
      ["entry-missing"],
      (o) => o.set("seq/99999999/999999990000", o.get(batchKey(1)) as Uint8Array),
    ],
    [
      "an entry that claims to be number 2^53 - 1",
      ["chain-broken", "entry-malformed"],
      (o) => line(o, batchKey(261), (l) => l.replace('"index":261', '"index":9007199254740991')),
    ],
    [
      "an index of 2^53",
      ["entry-malformed"],
      (o) => line(o, first, (l) => l.replace('"index":0', '"index":9007199254740992')),
    ],
    [
      "an index with a fraction",
      ["entry-malformed"],
      (o) => line(o, first, (l) => l.replace('"index":0', '"index":0.0')),
    ],
    ["minus zero", ["entry-malformed"], (o) => line(o, first, (l) => l.replace('"index":0', '"index":-0'))],
    [
      "half a surrogate pair",
      ["entry-malformed"],
      (o) => line(o, first, (l) => l.replace('"software":"', '"software":"\\ud800')),
    ],
    ["a key twice", ["entry-malformed"], (o) => line(o, first, (l) => l.replace('"v":1', '"v":1,"v":1'))],
    ["CRLF at the end of lines", ["entry-malformed"], (o) => line(o, first, (l) => l.replaceAll("\n", "\r\n"))],
    ["a byte order mark", ["entry-malformed"], (o) => line(o, first, (l) => `\ufeff${l}`)],
    [
      "bytes that are not UTF-8",
      ["entry-malformed"],
      (o) => o.set(first, Buffer.concat([Buffer.from([0xff, 0xfe]), o.get(first) as Uint8Array])),
    ],
    ["an empty batch", ["entry-altered"], (o) => o.set(first, new Uint8Array())],
    ["a batch of nothing but line ends", ["entry-altered"], (o) => o.set(batchKey(263), text("\n".repeat(4_000_000)))],
    ["a batch whose last line is cut", ["entry-altered"], (o) => line(o, batchKey(5), (l) => l.slice(0, -1))],
    [
      "an entry of 60,000 opening brackets",
      ["entry-malformed"],
      (o) => o.set(batchKey(263), text(`${"[".repeat(60_000)}\n`)),
    ],
    [
      "an entry nested 80 deep",
      ["entry-malformed"],
      (o) => o.set(batchKey(263), text(`${"[".repeat(80)}${"]".repeat(80)}\n`)),
    ],
    ["an entry of 65,536 bytes", ["entry-malformed"], (o) => o.set(batchKey(263), text(`"${"x".repeat(65_534)}"\n`))],
    [
      "two batches joined into one",
      ["chain-broken"],
      (o) => {
        o.set(batchKey(1), Buffer.concat([o.get(batchKey(1)) as Uint8Array, o.get(batchKey(2)) as Uint8Array]));
        o.delete(batchKey(2));
      },
    ],
    [
      "a batch cut into two",
      ["chain-broken"],
      (o) => {
        const [a, b] = decode(o.get(batchKey(261))).split(/(?<=\n)/);
        o.set(batchKey(261), text(a ?? ""));
        o.set(batchKey(262), text(b ?? ""));
      },
    ],
    [
      "a tile that no log of ours reaches",
      ["stray"],
      (o) => o.set("tile/0/x035/x184/x372/x088/832", new Uint8Array(8192)),
    ],
    [
      "a full bundle at the edge of the countable",
      ["stray"],
      (o) => o.set("tile/entries/x035/x184/x372/x088/831", encodeBundle(Array.from({ length: 256 }, () => text("{}")))),
    ],
    [
      "a checkpoint of another size under a true signature line",
      ["signature-invalid"],
      (o) => line(o, "checkpoint", (l) => l.replace("\n263\n", "\n262\n")),
    ],
    [
      "a checkpoint with an extension line",
      ["checkpoint-malformed"],
      (o) => line(o, "checkpoint", (l) => l.replace("=\n\n", "=\nextension\n\n")),
    ],
    [
      "a checkpoint without its signature",
      ["checkpoint-malformed"],
      (o) => line(o, "checkpoint", (l) => l.slice(0, l.indexOf("—"))),
    ],
    ["a checkpoint of 80 KiB", ["checkpoint-malformed"], (o) => o.set("checkpoint", text("a\n".repeat(40_000)))],
  ];
  test.each(cases)("%s", async (_name, expected, change) => {
    const found = await codes(tampered(change), keys);
    expect(
      found.some((code) => expected.includes(code)),
      found.join(),
    ).toBe(true);
  });

  test("an unsigned entry that leaves out a number is not a continuation", async () => {
    const tail = decode(good.get(batchKey(261)))
      .trimEnd()
      .split("\n");
    const a = JSON.parse(tail[0] ?? "") as Entry & { prev: string };
    const last = digestOf(text(tail[1] ?? ""));
    const one = encodeEntry({ ...a, index: 263, prev: last, batch: "1".repeat(32) } as Entry);
    const two = encodeEntry({ ...a, index: 265, prev: digestOf(one), batch: "1".repeat(32) } as Entry);
    const reader = tampered((o) => o.set(batchKey(263), Buffer.concat([one, text("\n"), two, text("\n")])));
    expect(await codes(reader, keys)).toContain("entry-missing");
  });

  test("a bundle past all numbers does not make the comparison go on for ever", async () => {
    const reader = tampered((o) => {
      line(o, batchKey(1), (l) => l.replace('"cadence":"daily"', '"cadence":"yearly"'));
      o.set("tile/entries/x900/x071/x992/x547/409", good.get("tile/entries/000") as Uint8Array);
      o.set("tile/0/x900/x071/x992/x547/409", good.get("tile/0/000") as Uint8Array);
    });
    expect(await codes(reader, keys)).toEqual(expect.arrayContaining(["entry-altered", "stray"]));
  });

  test("an object that is listed twice is told", async () => {
    const reader = tampered(() => {});
    const list = async function* () {
      yield* reader.list("");
      yield { key: batchKey(0), size: 1 };
    };
    expect(await codes({ ...reader, list }, keys)).toEqual(["stray"]);
  });

  test("names of objects cannot write to the terminal", async () => {
    const { findings } = await verifyLedger(
      tampered((o) => o.set("\u001b[2Jgood\u202e\n", text("x"))),
      { keys },
    );
    expect(findings[0]?.where).toBe("\\u{1b}[2Jgood\\u{202e}\\u{a}");
    const long = await verifyLedger(
      tampered((o) => o.set("x".repeat(100_000), text("x"))),
      { keys },
    );
    expect(long.findings[0]?.where.length).toBeLessThan(1000);
  });

  test("a flood of one kind of finding does not wash away another", async () => {
    const { findings, found } = await verifyLedger(
      tampered((o) => {
        for (let i = 0; i < 5000; i += 1) o.set(`junk/${i}`, text("x"));
        o.delete(keyList.find((key) => key.startsWith("blob/") && !isOrphan(key)) ?? "");
      }),
      { keys },
    );
    expect(found).toBe(5001);
    expect(findings.map((f) => f.code)).toContain("blob-missing");
  });

  test("what is claimed of records that are not the signed ones is not judged", async () => {
    const { verdicts, asOf } = await verifyLedger(
      tampered((o) => line(o, batchKey(1), (l) => l.replace('"cadence":"daily"', '"cadence":"yearly"'))),
      { keys },
    );
    expect(verdicts).toMatchObject({ completeness: { word: "holes" }, freshness: { word: "never" } });
    expect(verdicts.completeness.reason).toContain("not judged");
    expect(asOf).toBeUndefined();
  });
});

describe("evidence cannot hide", () => {
  test("behind a disposal, when a list that was read is named again by a newer list", async () => {
    const { ledger, parts } = await newLedger();
    const actor = { type: "person", id: "p-1" } as const;
    const list = (ref: object) => ledger.put(canonicalBytes({ v: 1, files: [ref] } as never), MANIFEST_TYPE);
    const upload = (manifest: Awaited<ReturnType<typeof list>>): Draft => ({
      kind: "upload",
      actor,
      evidence: [manifest],
      controls: ["A.5.24"],
      manifest,
    });
    const file = await ledger.put(text("evidence\n"), "text/plain");
    const inner = await list(file);
    const items = [{ digest: file.digest, size: file.size, entries: [1] }];
    await ledger.append([upload(inner)]);
    await ledger.append([{ kind: "disposal", actor, items, reason: "order", authority: "dpo" }]);
    const lawful = await withoutFile();
    expect(await codes(lawful, [parts.signer.verifier])).toEqual([]);
    await ledger.append([upload(await list(inner))]);
    expect(await codes(await withoutFile(), [parts.signer.verifier])).toEqual(["blob-missing"]);

    async function withoutFile(): Promise<LogReader> {
      await ledger.publish();
      const objects = new Map<string, Uint8Array>();
      for await (const { key } of parts.store.list(""))
        if (key !== blobKey(file.digest)) objects.set(key, (await parts.store.get(key)) as Uint8Array);
      return readerOf(objects);
    }
  });

  const ref = (bytes: Uint8Array, mediaType = "text/plain") => ({
    digest: digestOf(bytes),
    size: bytes.length,
    mediaType,
  });
  const gone = ref(text("gone"));

  test.each<[string, Record<string, unknown>]>([
    ["under a field called __proto__", JSON.parse(`{"__proto__":${JSON.stringify(gone)}}`)],
    ["below a field called __proto__", { of: JSON.parse(`{"__proto__":{"deeper":[${JSON.stringify(gone)}]}}`) }],
    ["beside other fields, deep inside a kind that nobody knows", { a: [[{ b: { ...gone, more: 1 } }]] }],
  ])("%s", async (_name, fields) => {
    const reader = await signedLog(chained([{ kind: "strange", ...fields }]));
    expect(await codes(reader, keys)).toEqual(["blob-missing"]);
  });

  test.each([
    [
      "a reference",
      { kind: "head", size: 0, root: "no root", use: "file", checkpoint: { ...ref(text("x")), name: "x" } },
    ],
    ["a root", { kind: "head", size: 0, root: "r".repeat(45), use: "file" }],
    ["the head that a statement follows", { after: { size: 0, root: "no root", since: 1 } }],
    ["the range of an attestation", { action: "attest", records: { from: 0, to: 0, of: 1 } }],
    ["a signature", { signatures: [{ key: "k".repeat(500), signature: "s".repeat(500), by: "x" }] }],
  ])("a member more, or a longer one, in %s does not keep the record from being read", async (_name, fields) => {
    const entry = { kind: "key", action: "revoke", key: vkey, ...fields };
    const blobs = { [blobKey(digestOf(text("x")))]: text("x") };
    const found = await codes(await signedLog(chained([entry]), blobs), keys);
    expect(found).toEqual([entry.kind === "head" ? "receipt-invalid" : "key-untrusted"]);
  });

  test("a field called __proto__ does not lend an entry fields it has not", () => {
    const [bytes] = chained([{ kind: "strange", of: JSON.parse('{"__proto__":{"once":"slot:x"}}') }]);
    const entry = decodeEntry(bytes as Uint8Array);
    expect(entry.once).toBeUndefined();
    expect(blobRefs(JSON.parse(`{"__proto__":${JSON.stringify(gone)}}`))).toEqual([gone]);
  });

  test("in a manifest that another entry first called plain text", async () => {
    const manifest = canonicalBytes({ v: 1, captures: [gone] });
    const reader = await signedLog(
      chained([
        { kind: "a", of: ref(manifest) },
        { kind: "b", of: ref(manifest, MANIFEST_TYPE) },
      ]),
      { [blobKey(digestOf(manifest))]: manifest },
    );
    expect(await codes(reader, keys)).toEqual(["blob-missing"]);
  });

  test("in a manifest that is named by a manifest", async () => {
    const inner = canonicalBytes({ v: 1, captures: [gone] });
    const outer = canonicalBytes({ v: 1, captures: [ref(inner, MANIFEST_TYPE)] });
    const blobs = Object.fromEntries([inner, outer].map((b) => [blobKey(digestOf(b)), b]));
    const reader = await signedLog(chained([{ kind: "a", of: ref(outer, MANIFEST_TYPE) }]), blobs);
    expect(await codes(reader, keys)).toEqual(["blob-missing"]);
  });

  test("behind a second entry that gives another size", async () => {
    const bytes = text("here");
    const reader = await signedLog(
      chained([
        { kind: "a", of: ref(bytes) },
        { kind: "b", of: { ...ref(bytes), size: 5 } },
      ]),
      { [blobKey(digestOf(bytes))]: bytes },
    );
    expect(await codes(reader, keys)).toEqual(["blob-altered"]);
  });

  test("a manifest whose bytes were changed names nothing, and is itself the finding", async () => {
    const manifest = canonicalBytes({ v: 1, captures: [] });
    const reader = await signedLog(chained([{ kind: "a", of: ref(manifest, MANIFEST_TYPE) }]), {
      [blobKey(digestOf(manifest))]: canonicalBytes({ v: 2, captures: [gone] }),
    });
    expect(await codes(reader, keys)).toEqual(["blob-altered"]);
  });

  test.each([
    ["not JSON", text("{")],
    ["a million brackets deep", text("[".repeat(1_000_000))],
    ["deeper than canonical JSON goes", text(`[${JSON.stringify(gone)},${"[".repeat(65)}${"]".repeat(65)}]`)],
    ["nothing", new Uint8Array()],
  ])("a manifest that is %s verifies as the bytes it is", async (_name, manifest) => {
    const reader = await signedLog(chained([{ kind: "a", of: ref(manifest, MANIFEST_TYPE) }]), {
      [blobKey(digestOf(manifest))]: manifest,
    });
    expect(await codes(reader, keys)).toEqual([]);
  });
});

describe("the holder of the key as the adversary gets an answer in time, too", () => {
  test.each([1000, 2 ** 40, Number.MAX_SAFE_INTEGER])("a signed size of %i over three entries", async (size) => {
    const objects = new Map(good);
    objects.set(
      "checkpoint",
      await signCheckpoint("example-0a1b2c3d", { size, root: new Uint8Array(32) }, [exampleSigner()]),
    );
    const result = await verifyLedger(readerOf(objects), { keys });
    expect(result.findings.map((f) => f.code)).toEqual(expect.arrayContaining(["entry-missing", "tree-mismatch"]));
  });

  test("every minute of ten thousand years required", async () => {
    const instance = { id: "jobs", use: "x", family: "x", mode: "window", cadence: "1m", grace: "1m", zone: "UTC" };
    const blob = text("{}");
    const config = {
      kind: "config",
      config: { digest: digestOf(blob), size: 2, mediaType: "application/json" },
      zone: "UTC",
      instances: [instance],
    };
    const span = { from: "0001-01-01T00:00:00.000Z", to: "9999-01-01T00:00:00.000Z" };
    const run = {
      kind: "run",
      instance: "jobs",
      use: "x",
      trigger: "schedule",
      window: span,
      started: span.to,
      ended: span.to,
      outcome: "collected",
      covered: [span],
      requests: 0,
      found: { reader: 1, facts: 0, problems: 0 },
      items: 0,
      evidence: [],
    };
    const reader = await signedLog(
      chained([
        { ...config, at: span.from },
        { ...run, at: span.to },
      ]),
      { [blobKey(digestOf(blob))]: blob },
    );
    const { verdicts, ok } = await verifyLedger(reader, { keys });
    expect(ok).toBe(true);
    expect(verdicts.completeness.reason).toContain("not judged");
  });

  test("one manifest named by every entry is read once", async () => {
    const { ledger, parts } = await newLedger();
    const manifest = await ledger.put(
      canonicalBytes({ v: 1, captures: Array.from({ length: 20_000 }, (_, i) => ({ n: i })) }),
      MANIFEST_TYPE,
    );
    await ledger.append(
      Array.from({ length: 3000 }, () => ({ ...accessDraft("x"), of: manifest }) as unknown as Draft),
    );
    await ledger.publish();
    let reads = 0;
    const store = parts.store as MemoryStore;
    const reader: LogReader = {
      get: (key) => {
        if (key.startsWith("blob/")) reads += 1;
        return store.get(key);
      },
      read: (key) => store.read(key),
      list: (prefix) => store.list(prefix),
    };
    expect((await verifyLedger(reader, { keys: [parts.signer.verifier] })).ok).toBe(true);
    expect(reads).toBe(1);
  });
});

/** Exit code of `custody verify STORE --key VKEY`, which must say why in an answer and never throw. */
async function exitOfVerify(folder: string): Promise<number> {
  const written: string[] = [];
  const stdout = vi.spyOn(process.stdout, "write").mockImplementation((part) => written.push(String(part)) > 0);
  try {
    const code = await verify({ key: vkey }, folder);
    expect(written.join("")).toContain(code === 0 ? "INTEGRITY     intact" : "INTEGRITY     broken");
    // Nothing in a hostile name reaches the terminal as it is.
    expect(written.join("")).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202a-\u202e]/);
    return code;
  } finally {
    stdout.mockRestore();
  }
}

describe("a folder that somebody prepared", () => {
  const cases: [string, string, (folder: string) => Promise<unknown>][] = [
    [
      "the checkpoint is a link to itself",
      "checkpoint-missing",
      async (f) => {
        await rm(join(f, "checkpoint"));
        await symlink("checkpoint", join(f, "checkpoint"));
      },
    ],
    [
      "the checkpoint is a link to the true one elsewhere",
      "checkpoint-missing",
      async (f) => {
        await rename(join(f, "checkpoint"), `${f}-checkpoint`);
        await symlink(`${f}-checkpoint`, join(f, "checkpoint"));
      },
    ],
    [
      "the checkpoint is a folder",
      "checkpoint-missing",
      async (f) => {
        await rm(join(f, "checkpoint"));
        await mkdir(join(f, "checkpoint"));
      },
    ],
    [
      "a batch is a link to the true one elsewhere",
      "entry-missing",
      async (f) => {
        await rename(join(f, batchKey(1)), `${f}-batch`);
        await symlink(`${f}-batch`, join(f, batchKey(1)));
      },
    ],
    [
      "all of seq is a link",
      "entry-missing",
      async (f) => {
        await rename(join(f, "seq"), `${f}-seq`);
        await symlink(`${f}-seq`, join(f, "seq"));
      },
    ],
    [
      "the tiles are a link to the root of the disk",
      "tile-missing",
      async (f) => {
        await rm(join(f, "tile"), { recursive: true });
        await symlink("/", join(f, "tile"));
      },
    ],
    ["a folder contains itself", "stray", (f) => symlink(f, join(f, "blob/again"))],
    ["a file of 65 MiB as a batch", "stray", (f) => truncate(join(f, batchKey(1)), 65 * 1024 * 1024)],
    [
      "a file of 1 TiB as evidence",
      "blob-altered",
      (f) => truncate(join(f, keyList.find((k) => k.startsWith("blob/")) ?? ""), 2 ** 40),
    ],
    ["a name that is no key", "stray", (f) => writeFile(join(f, "Ärger & \u001b[31m"), "x")],
    ["a hidden file", "stray", (f) => writeFile(join(f, "seq/.DS_Store"), "x")],
    [
      "a named pipe as evidence",
      "stray",
      async (f) => {
        if (findProgram("mkfifo") === undefined) return writeFile(join(f, "no-mkfifo"), "x");
        return execFileSync("mkfifo", [join(f, "blob/pipe")]);
      },
    ],
  ];
  test.each(cases)("%s", async (_name, code, prepare) => {
    const folder = await asFolder(good);
    await prepare(folder);
    const store = await FolderStore.open(folder);
    const result = await verifyLedger(store, { keys });
    expect(result.ok).toBe(false);
    expect(result.findings.map((f) => f.code)).toContain(code);
    expect(await exitOfVerify(folder)).toBe(1);
  });

  test("as it was, is intact on the command line too", async () => {
    expect(await exitOfVerify(await asFolder(good))).toBe(0);
  });

  test("a store that does not answer is not called altered", async () => {
    const down = new CustodyError("STORE_UNREACHABLE", "no answer");
    const reader = { ...tampered(() => {}), get: () => Promise.reject(down) };
    await expect(verifyLedger(reader, { keys })).rejects.toBe(down);
  });
});
