import { describe, expect, test } from "vitest";
import { batchKey } from "../src/evidence/batch.ts";
import { MANIFEST_TYPE } from "../src/evidence/blob.ts";
import type { Ledger } from "../src/ledger/ledger.ts";
import { canonicalBytes } from "../src/lib/canonical.ts";
import type { MemoryStore } from "../src/store/memory.ts";
import { generateKey, newSigner } from "../src/tlog/note.ts";
import { checkReceipt, makeReceipt } from "../src/verify/receipt.ts";
import { verifyLedger } from "../src/verify/verify.ts";
import { accessDraft, newLedger } from "./support/ledger.ts";

const text = (s: string) => new TextEncoder().encode(s);

/** A log with evidence, a manifest, an orphan blob, several checkpoints and more than one tile. */
async function furnishedLog(entries = 40) {
  const { ledger, parts, reopen } = await newLedger();
  await upload(ledger, "one");
  await ledger.publish();
  await ledger.append(Array.from({ length: entries }, (_, i) => accessDraft(`n${i}`)));
  await ledger.publish();
  await upload(ledger, "two");
  await ledger.publish();
  await ledger.put(text("an orphan: stored, and then the machine stopped"), "text/plain");
  return { ledger, reopen, store: parts.store as MemoryStore, keys: [parts.signer.verifier], signer: parts.signer };
}

async function upload(ledger: Ledger, name: string) {
  const evidence = await ledger.put(text(`evidence ${name}`), "text/plain");
  const second = await ledger.put(text(`only in the manifest of ${name}`), "text/plain");
  const manifest = await ledger.put(
    canonicalBytes({ v: 1, captures: [{ ...second, origin: `${name}.txt` }] }),
    MANIFEST_TYPE,
  );
  await ledger.append([
    { kind: "upload", actor: { type: "person", id: "p-1" }, evidence: [evidence], controls: ["A.5.28"], manifest },
  ]);
}

describe("an untouched log", () => {
  test("is intact, and the other verdicts stay apart from that", async () => {
    const { store, keys } = await furnishedLog(600);
    const result = await verifyLedger(store, { keys });
    expect(result.findings).toEqual([]);
    expect(result).toMatchObject({ ok: true, size: 603, checked: { entries: 603, unsigned: 0, blobs: 7 } });
    expect(result.verdicts).toMatchObject({
      integrity: { word: "intact" },
      time: { word: "unanchored" },
      independence: { word: "self-attested" },
      freshness: { word: "never" },
    });
  });

  test("with entries that no checkpoint covers yet is intact, and says how many", async () => {
    const { ledger, store, keys } = await furnishedLog();
    await ledger.append([accessDraft("later")]);
    expect(await verifyLedger(store, { keys })).toMatchObject({ ok: true, checked: { unsigned: 1 } });
  });
});

test("kinds, fields and actors that only a later version knows are intact", async () => {
  const { ledger, store, keys } = await furnishedLog();
  const later = { kind: "oracle", actor: { type: "machine", id: "m-1", model: "x" }, answer: { of: [42] } };
  await ledger.append([later as never]);
  await ledger.publish();
  expect((await verifyLedger(store, { keys })).findings).toEqual([]);
});

test("changing any single byte of any object is found, and the place is named", async () => {
  const { store, keys } = await furnishedLog();
  const orphan = [...store.objects.keys()];
  for (const key of orphan) {
    const good = store.objects.get(key) as Uint8Array;
    // Every byte of small objects, and a spread of those of large ones.
    const step = Math.max(1, Math.floor(good.length / 40));
    for (let i = 0; i < good.length; i += step) {
      const bad = Uint8Array.from(good);
      bad[i] = (bad[i] ?? 0) ^ (1 << (i % 8));
      store.objects.set(key, bad);
      const result = await verifyLedger(store, { keys });
      expect(result.ok, `${key} byte ${i}`).toBe(false);
      const places = result.findings.map((f) => f.where).join("\n");
      expect(places, `${key} byte ${i}`).toContain(key);
    }
    store.objects.set(key, good);
  }
  expect((await verifyLedger(store, { keys })).ok).toBe(true);
});

test("removing any object is found, except an orphan and a partial tile that a fuller one replaces", async () => {
  const { store, keys } = await furnishedLog();
  const unfound: string[] = [];
  for (const key of [...store.objects.keys()]) {
    const good = store.objects.get(key) as Uint8Array;
    store.objects.delete(key);
    if ((await verifyLedger(store, { keys })).ok) unfound.push(key);
    store.objects.set(key, good);
  }
  const earlier = /^tile\/(0|entries)\/000\.p\/(1|2|42)$/;
  expect(unfound.filter((key) => !earlier.test(key)).map((key) => key.slice(0, 5))).toEqual(["blob/"]);
});

describe("each way of tampering has its name", () => {
  const cases: [string, string, (store: MemoryStore) => void | Promise<void>][] = [
    [
      "an evidence file deleted",
      "blob-missing",
      (s) => void s.objects.delete([...s.objects.keys()].find((k) => k.startsWith("blob/")) ?? ""),
    ],
    [
      "an evidence file swapped for another",
      "blob-altered",
      (s) => void s.objects.set([...s.objects.keys()].find((k) => k.startsWith("blob/")) ?? "", text("forged")),
    ],
    ["the newest records cut off", "entry-missing", (s) => void s.objects.delete(batchKey(42))],
    ["records in the middle cut out", "entry-missing", (s) => void s.objects.delete(batchKey(2))],
    [
      "a record rewritten consistently within its batch",
      "entry-altered",
      (s) => {
        const key = batchKey(2);
        const batch = new TextDecoder().decode(s.objects.get(key));
        s.objects.set(key, text(batch.replace('"purpose":"n39"', '"purpose":"n40"')));
      },
    ],
    ["a foreign object put beside the log", "stray", (s) => void s.objects.set("notes/readme.txt", text("hello"))],
    [
      "an evidence file under another name",
      "stray",
      (s) => void s.objects.set(`blob/sha256/ff/${"00".repeat(32)}`, text("x")),
    ],
    ["the checkpoint removed", "checkpoint-missing", (s) => void s.objects.delete("checkpoint")],
    ["the checkpoint made unreadable", "checkpoint-malformed", (s) => void s.objects.set("checkpoint", text("hello"))],
    [
      "a batch beyond the signed end that does not continue the chain",
      "chain-broken",
      (s) =>
        void s.objects.set(
          batchKey(43),
          text(new TextDecoder().decode(s.objects.get(batchKey(42))).replace('"index":42', '"index":43')),
        ),
    ],
    [
      "white space added to a record",
      "entry-malformed",
      (s) =>
        void s.objects.set(batchKey(1), text(new TextDecoder().decode(s.objects.get(batchKey(1))).replace("{", "{ "))),
    ],
  ];
  test.each(cases)("%s → %s", async (_name, code, tamper) => {
    const { store, keys } = await furnishedLog();
    await tamper(store);
    const result = await verifyLedger(store, { keys });
    expect(result.verdicts.integrity.word).toBe("broken");
    expect(result.findings.map((f) => f.code)).toContain(code);
  });

  test("signed by a key planted in the store → key-untrusted", async () => {
    const { store } = await furnishedLog();
    const other = newSigner("example-0a1b2c3d", generateKey()).verifier;
    expect((await verifyLedger(store, { keys: [other] })).findings.map((f) => f.code)).toContain("key-untrusted");
  });

  test("set back against a head known from elsewhere → rolled-back; another history → forked", async () => {
    const { ledger, store, keys } = await furnishedLog();
    const head = await ledger.publish();
    const known = { size: head.size + 5, root: head.root, from: "the report of March", held: "outside" as const };
    expect((await verifyLedger(store, { keys, since: [known] })).findings.map((f) => f.code)).toEqual(["rolled-back"]);
    const forked = { size: 3, root: head.root, from: "the report of March", held: "outside" as const };
    expect((await verifyLedger(store, { keys, since: [forked] })).findings.map((f) => f.code)).toEqual(["forked"]);
    expect((await verifyLedger(store, { keys, since: [{ ...head, from: "today", held: "outside" }] })).ok).toBe(true);
  });
});

describe("receipts", () => {
  test("prove one record offline, for every record", async () => {
    const { store, keys } = await furnishedLog(300);
    for (const index of [0, 1, 255, 256, 302]) {
      const receipt = await makeReceipt(store, index, keys);
      expect(checkReceipt(receipt, keys)).toMatchObject({ index, entry: { index } });
    }
    await expect(makeReceipt(store, 303, keys)).rejects.toMatchObject({ code: "NOT_FOUND" });
  });

  test("no changed character of a receipt passes", async () => {
    const { store, keys } = await furnishedLog(300);
    const receipt = await makeReceipt(store, 77, keys);
    for (let i = 0; i < receipt.length; i += 1) {
      const changed = receipt.slice(0, i) + (receipt[i] === "A" ? "B" : "A") + receipt.slice(i + 1);
      expect(() => checkReceipt(changed, keys), `character ${i}`).toThrow(
        expect.objectContaining({ code: "VERIFICATION_FAILED" }),
      );
    }
  });
});
