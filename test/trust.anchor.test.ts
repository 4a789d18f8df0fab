import { describe, expect, test } from "vitest";
import { blobKey } from "../src/evidence/blob.ts";
import { isKind } from "../src/evidence/entry.ts";
import type { Ledger } from "../src/ledger/ledger.ts";
import { base64, concat, fromBase64, sha256 } from "../src/lib/digest.ts";
import { iso } from "../src/lib/time.ts";
import type { MemoryStore } from "../src/store/memory.ts";
import { signCheckpoint } from "../src/tlog/checkpoint.ts";
import { newCosigner } from "../src/tlog/cosignature.ts";
import { generateKey, newSigner } from "../src/tlog/note.ts";
import { type HeadRecord, MAX_PROOFS, type Outside, verifyAnchors } from "../src/trust/anchor.ts";
import { keyRing } from "../src/trust/keyring.ts";
import { encode, encodeInteger, TAG } from "../src/tsp/der.ts";
import { verifyLedger } from "../src/verify/verify.ts";
import { FakeClock } from "./support/clock.ts";
import { accessDraft, newLedger } from "./support/ledger.ts";
import { checkpointIn, cosigned, recordHead, stampHead, witnessHead } from "./support/outside.ts";
import { StampService } from "./support/stamp-service.ts";

const DAY = 86_400_000;
const START = Date.parse("2026-01-05T10:00:00.000Z");
const text = (s: string) => new TextEncoder().encode(s);

/** A log of a few records, a service and a witness that are trusted. */
async function watchedLog() {
  const clock = new FakeClock(START);
  const { ledger, parts } = await newLedger({ clock });
  const store = parts.store as MemoryStore;
  const tsa = new StampService();
  const witness = newCosigner("witness.example", generateKey());
  const outside: Outside = { stampRoots: [tsa.root], witnesses: [witness.cosigner.vkey] };
  await ledger.append([accessDraft("a"), accessDraft("b")]);
  const verified = async (over: { outside?: Outside; now?: number } = {}) =>
    verifyLedger(store, { keys: [parts.signer.verifier], outside, now: clock.now(), ...over });
  const stamp = () => stampHead(ledger, store, (bytes) => tsa.stamp(bytes, clock.now()));
  const cosignNow = () => witnessHead(ledger, store, witness, clock.now());
  return { clock, ledger, parts, store, tsa, witness, outside, verified, stamp, cosignNow };
}

const codes = (result: { findings: readonly { code: string }[] }) => [...new Set(result.findings.map((f) => f.code))];

describe("a time stamp that is kept", () => {
  test("dates the head, says how much it covers and until when it stands", async () => {
    const { ledger, stamp, verified, tsa, clock } = await watchedLog();
    tsa.certify(START - DAY, START + 100 * DAY);
    await stamp();
    clock.advance(DAY);
    await stamp();
    await ledger.append([accessDraft("later")]);
    await ledger.publish();
    const result = await verified();
    expect(result.findings).toEqual([]);
    expect(result.verdicts.time).toEqual({
      word: "anchored",
      reason:
        "the first 4 of 6 records were there by 2026-01-06 10:00:01 UTC, says the time stamping service CN=Example TSA; the first outside proof is of 2026-01-05 10:00:01 UTC (the first 3 of 6 records); times before the first proof, and records from number 4 on, rest on the operator's word alone; this holds until 2026-04-15 10:00:00 UTC, when the last time stamp ends",
      until: "2026-04-15T10:00:00.000Z",
      earliest: "2026-01-05T10:00:01.000Z",
      latest: "2026-01-06T10:00:01.000Z",
    });
    expect(result.verdicts.independence).toEqual({
      word: "timestamped",
      reason: "the time stamping service CN=Example TSA stamped it, with up to the first 4 of 6 records",
      until: "2026-04-15T10:00:00.000Z",
    });
  });

  test("is unknown, never wrong, where no root or another one is given, and the reason says what to do", async () => {
    const { stamp, verified, ledger } = await watchedLog();
    await stamp();
    await stamp();
    await ledger.publish();
    for (const [stampRoots, says] of [
      [[], "name the service's root certificate with --tsa-roots"],
      [[new StampService("Example TSA").root], "which none of the given root certificates vouches for"],
      [[new StampService("Other").root], "which none of the given root certificates vouches for"],
    ] as const) {
      const result = await verified({ outside: { stampRoots, witnesses: [] } });
      expect(result.findings).toEqual([]);
      expect(result.verdicts.time.word).toBe("unanchored");
      expect(result.verdicts.independence.word).toBe("self-attested");
      expect(result.verdicts.time.reason).toContain("2 time stamps that are kept here do not count (record 3: made by");
      expect(result.verdicts.time.reason).toContain(says);
    }
  });

  test("that is none, or one of something else, is a finding whether or not a root is given", async () => {
    const other = new StampService();
    for (const receipt of [
      (bytes: Uint8Array) => other.stamp(concat([bytes, text("x")]), START),
      () => text("<html>sign in</html>"),
      () => new Uint8Array(),
      () => encode(TAG.sequence, encode(TAG.sequence, encodeInteger(2n))),
    ]) {
      const { ledger, store, verified, tsa } = await watchedLog();
      await stampHead(ledger, store, receipt);
      await ledger.publish();
      for (const stampRoots of [[], [tsa.root], [other.root]]) {
        const result = await verified({ outside: { stampRoots, witnesses: [] } });
        expect(codes(result)).toEqual(["receipt-invalid"]);
        expect(result.findings[0]?.where).toMatch(/^blob\/sha256\/.* named by entry 3$/);
        expect(result.verdicts.time.word).toBe("unanchored");
      }
    }
  });

  test("made before its certificate or after it is wrong even where the root is not known", async () => {
    const { ledger, store, verified, tsa } = await watchedLog();
    tsa.certify(START + DAY, START + 2 * DAY);
    await stampHead(ledger, store, (bytes) => tsa.stamp(bytes, START));
    await ledger.publish();
    expect(codes(await verified())).toEqual(["receipt-invalid"]);
    expect(codes(await verified({ outside: { stampRoots: [], witnesses: [] } }))).toEqual(["receipt-invalid"]);
  });
});

describe("a stamp whose certificates have ended", () => {
  test("no longer counts, and what it said while it stood is told", async () => {
    const { ledger, stamp, verified, tsa } = await watchedLog();
    tsa.certify(START - DAY, START + 10 * DAY);
    await stamp();
    await ledger.publish();
    expect((await verified({ now: START + 10 * DAY })).verdicts.time.word).toBe("anchored");
    const { time, independence } = (await verified({ now: START + 10 * DAY + 1 })).verdicts;
    expect(time).toMatchObject({ word: "expired", earliest: "2026-01-05T10:00:01.000Z" });
    expect(time.reason).toContain("the last time stamp stood until 2026-01-15 10:00:00 UTC and was not renewed before");
    expect(time.until).toBe(undefined);
    expect(independence.word).toBe("self-attested");
  });

  test("stands on, as far back as the chain reaches, when each was renewed while it stood", async () => {
    const { ledger, stamp, verified, tsa, clock } = await watchedLog();
    for (let i = 0; i < 5; i += 1) {
      tsa.certify(clock.now() - DAY, clock.now() + 10 * DAY);
      await stamp();
      clock.advance(9 * DAY);
    }
    await ledger.publish();
    const { time } = (await verified({ now: START + 44 * DAY })).verdicts;
    expect(time).toMatchObject({
      word: "anchored",
      earliest: "2026-01-05T10:00:01.000Z",
      until: iso(START + 46 * DAY),
    });
    expect((await verified({ now: START + 47 * DAY })).verdicts.time.word).toBe("expired");
  });

  test("is not saved by a renewal that came too late, nor by one that does not cover its record", async () => {
    const { ledger, store, stamp, verified, tsa, clock } = await watchedLog();
    tsa.certify(START - DAY, START + 10 * DAY);
    await ledger.publish();
    const early = await checkpointIn(store);
    await stamp();
    // In time, over a head from before the record of the first stamp.
    clock.advance(DAY);
    tsa.certify(START, START + 90 * DAY);
    await recordHead(ledger, "timestamp", early, tsa.stamp(early, clock.now()));
    clock.set(START + 11 * DAY);
    await stamp();
    await ledger.publish();
    const { time } = (await verified()).verdicts;
    expect(time).toMatchObject({ word: "anchored", earliest: iso(START + DAY + 1000) });
    expect(time.reason).toContain("1 time stamp has ended and no longer counts");
  });

  test("is renewed by a witness as well, for ever", async () => {
    const { ledger, stamp, cosignNow, verified, tsa, clock } = await watchedLog();
    tsa.certify(START - DAY, START + 10 * DAY);
    await stamp();
    clock.advance(DAY);
    await cosignNow();
    await ledger.publish();
    const { time, independence } = (await verified({ now: START + 9000 * DAY })).verdicts;
    expect(time).toMatchObject({ word: "anchored", earliest: iso(START + 1000) });
    expect(time.until).toBe(undefined);
    expect(independence.word).toBe("witnessed");
    expect(independence.reason).toContain("stamped it");
  });
});

describe("a witness's cosignature that is kept", () => {
  test("dates the head and vouches for it", async () => {
    const { ledger, cosignNow, verified } = await watchedLog();
    await cosignNow();
    await ledger.publish();
    const { time, independence } = (await verified()).verdicts;
    expect([time.word, independence.word]).toEqual(["anchored", "witnessed"]);
    expect(independence.reason).toBe("the witness witness.example watched it grow to the first 3 of 4 records");
  });

  test("by nobody who is named is unknown", async () => {
    const { ledger, cosignNow, verified } = await watchedLog();
    await cosignNow();
    await ledger.publish();
    const other = newCosigner("witness.example", generateKey()).cosigner.vkey;
    for (const [witnesses, says] of [
      [[], "name its key with --witness"],
      [[other], "signed by none of the named witnesses"],
    ] as const) {
      const result = await verified({ outside: { stampRoots: [], witnesses } });
      expect(result.ok).toBe(true);
      expect(result.verdicts.independence.word).toBe("self-attested");
      expect(result.verdicts.time.reason).toContain(says);
    }
  });

  test("in whose name stands a wrong one, or over another text, is a finding", async () => {
    const { ledger, store, verified, witness, clock } = await watchedLog();
    await ledger.publish();
    const good = await checkpointIn(store);
    const other = await cosigned(text("example\n1\nAAAA\n\n— a AAAAAAA=\n"), witness, START);
    await ledger.append([accessDraft("c")]);
    await ledger.publish();
    const later = await cosigned(await checkpointIn(store), witness, clock.now());
    const wrong = await cosigned(good, witness, clock.now());
    wrong[wrong.length - 10] = wrong[wrong.length - 10] === 0x41 ? 0x42 : 0x41;
    for (const receipt of [other, later, wrong, good.subarray(1)]) {
      await recordHead(ledger, "witness", good, receipt);
    }
    await ledger.publish();
    const result = await verified();
    expect(result.findings.map((f) => f.code)).toEqual(Array(4).fill("receipt-invalid"));
    expect(result.verdicts.time.word).toBe("unanchored");
  });

  test("is nobody outside when it is made with the log's own key", async () => {
    const key = generateKey();
    const clock = new FakeClock(START);
    const { ledger, parts } = await newLedger({ clock });
    const own = newCosigner("independent.example", key);
    const signer = newSigner(ledger.origin, key);
    const ring = keyRing([signer.verifier], [], () => undefined);
    await ledger.publish();
    const head = { size: 1, root: sha256(text("x")) };
    const checkpoint = await signCheckpoint(ledger.origin, head, [signer]);
    const receipt = await cosigned(checkpoint, own, START);
    const index = await recordHead(ledger, "witness", checkpoint, receipt);
    await ledger.publish();
    const found = await verifyAnchors(
      await collect(ledger, [index]),
      (digest) => parts.store.get(blobKey(digest)),
      () => head.root,
      ring,
      { stampRoots: [], witnesses: [own.cosigner.vkey] },
      START,
    );
    expect(found.anchors).toEqual([]);
    expect(found.unknown).toHaveLength(1);
  });
});

describe("a kept checkpoint", () => {
  test("that the key signed and the log contradicts shows a fork", async () => {
    const { ledger, parts, verified, tsa } = await watchedLog();
    await ledger.publish();
    const forged = await signCheckpoint(ledger.origin, { size: 2, root: sha256(text("another log")) }, [parts.signer]);
    await recordHead(ledger, "timestamp", forged, tsa.stamp(forged, START));
    await ledger.publish();
    const result = await verified();
    expect(codes(result)).toEqual(["forked"]);
    expect(result.verdicts.time.word).toBe("unanchored");
  });

  test("that nobody signed who counts never counts itself: without a signature it could be made beforehand", async () => {
    const { ledger, store, verified, tsa, parts } = await watchedLog();
    const { size, root } = await ledger.publish();
    const stranger = newSigner(ledger.origin, generateKey());
    const planted = await signCheckpoint(ledger.origin, { size, root }, [stranger]);
    await recordHead(ledger, "timestamp", planted, tsa.stamp(planted, START));
    const unsigned = await signCheckpoint(ledger.origin, { size, root: sha256() }, [stranger]);
    await recordHead(ledger, "timestamp", unsigned, tsa.stamp(unsigned, START));
    const signed = new TextDecoder().decode(await checkpointIn(store));
    const broken = text(signed.replace(/(.{8})=\n$/, "AAAAAAAA=\n"));
    await recordHead(ledger, "timestamp", broken, tsa.stamp(broken, START));
    await recordHead(ledger, "timestamp", text("hello"), tsa.stamp(text("hello"), START), { size, root: base64(root) });
    await ledger.publish();
    const result = await verified();
    expect(result.findings.map((f) => f.code)).toEqual(Array(3).fill("receipt-invalid"));
    expect(result.verdicts.time.word).toBe("unanchored");
    expect(result.verdicts.time.reason).toContain("signed by none of the keys that count here");
    expect(parts.signer.verifier.name).toBe(ledger.origin);
  });

  test("of a head that is newer than its own record is wrong", async () => {
    const { ledger, verified } = await watchedLog();
    const { root } = await ledger.publish();
    const [{ index } = { index: 0 }] = await ledger.append([
      { kind: "head", actor: { type: "system", id: "custody" }, use: "file", size: 4, root: base64(root) },
    ]);
    await ledger.append([accessDraft("c")]);
    await ledger.publish();
    const result = await verified();
    expect(result.findings).toMatchObject([{ code: "receipt-invalid", where: `entry ${index}`, found: "one of 4" }]);
  });

  test("of another head of this very log proves nothing about the one it is kept for", async () => {
    const { ledger, store, verified, tsa } = await watchedLog();
    await ledger.publish();
    const earlier = await checkpointIn(store);
    await ledger.append([accessDraft("c")]);
    const { size, root } = await ledger.publish();
    await recordHead(ledger, "timestamp", earlier, tsa.stamp(earlier, START), { size, root: base64(root) });
    await ledger.publish();
    const result = await verified();
    expect(result.findings.map((f) => f.code)).toEqual(["receipt-invalid"]);
    expect(result.verdicts.time.word).toBe("unanchored");
  });

  test("whose files are gone counts for nothing, and only the files are reported", async () => {
    const { ledger, store, stamp, verified } = await watchedLog();
    const index = await stamp();
    await ledger.publish();
    const [receipt = ""] = [...store.objects.keys()].filter((key) => key.startsWith("blob/")).slice(-1);
    expect(receipt).not.toBe("");
    store.objects.delete(receipt);
    const result = await verified();
    expect(codes(result)).toEqual(["blob-missing"]);
    expect(result.verdicts.time.reason).toContain(`record ${index}: its files are not here`);
  });
});

test("flipping any byte of a receipt or a kept checkpoint never leaves the proof counted", async () => {
  const { ledger, parts, store, outside, verified, stamp, cosignNow } = await watchedLog();
  const indexes = [await stamp(), await cosignNow()];
  await ledger.publish();
  expect((await verified()).verdicts.independence.word).toBe("witnessed");
  const ring = keyRing([parts.signer.verifier], [], () => undefined);
  let flips = 0;
  for await (const { index, entry } of ledger.read()) {
    if (!indexes.includes(index) || !isKind(entry, "head")) continue;
    const root = fromBase64(entry.root);
    const judge = (blob: (digest: string) => Promise<Uint8Array | undefined>) =>
      verifyAnchors([{ index, entry }], blob, () => root, ring, outside, START);
    expect((await judge((digest) => store.get(blobKey(digest)))).anchors).toHaveLength(1);
    for (const { digest } of [entry.checkpoint, entry.receipt].filter((ref) => ref !== undefined)) {
      const whole = (await store.get(blobKey(digest))) as Uint8Array;
      for (let at = 0; at < whole.length; at += 1) {
        const bad = Uint8Array.from(whole);
        bad[at] = (bad[at] ?? 0) ^ (1 << (at % 8));
        const { anchors } = await judge(async (d) => (d === digest ? bad : store.get(blobKey(d))));
        // Granted, or granted with changes: the one byte of an answer that says nothing about the stamp. The file's hash covers it.
        if (entry.use === "timestamp" && digest === entry.receipt?.digest && at === 8) continue;
        expect(anchors, `${blobKey(digest)} byte ${at}`).toEqual([]);
        flips += 1;
      }
    }
  }
  expect(flips).toBeGreaterThan(1300);
});

test("in the store any changed byte of them has the file's own code, and the proof does not count", async () => {
  const { ledger, store, verified, stamp } = await watchedLog();
  await stamp();
  await ledger.publish();
  for (const name of [...store.objects.keys()].filter((key) => key.startsWith("blob/"))) {
    const good = store.objects.get(name) as Uint8Array;
    for (const at of [0, 8, good.length >> 1, good.length - 1]) {
      const bad = Uint8Array.from(good);
      bad[at] = (bad[at] ?? 0) ^ 1;
      store.objects.set(name, bad);
      const result = await verified();
      expect(codes(result)).toEqual(["blob-altered"]);
      expect(result.verdicts.time.word).toBe("unanchored");
    }
    store.objects.set(name, good);
  }
  expect((await verified()).verdicts.time.word).toBe("anchored");
});

describe("a hostile key holder", () => {
  test("with thousands of records is answered in bounded time: the first and the newest are looked at, the rest is counted", async () => {
    const { ledger, store, parts, tsa, outside, clock } = await watchedLog();
    const { size, root } = await ledger.publish();
    const checkpoint = await checkpointIn(store);
    const first = await recordHead(ledger, "timestamp", checkpoint, tsa.stamp(checkpoint, clock.now()));
    const [record] = await collect(ledger, [first]);
    if (record === undefined) throw new Error("no record");
    const heads = Array.from({ length: 3 * MAX_PROOFS }, (_, i) => ({ ...record, index: first + i }));
    let reads = 0;
    const found = await verifyAnchors(
      heads,
      (digest) => {
        reads += 1;
        return store.get(blobKey(digest));
      },
      (n) => (n === size ? root : undefined),
      keyRing([parts.signer.verifier], [], () => undefined),
      outside,
      clock.now(),
    );
    expect(found.skipped).toBe(2 * MAX_PROOFS);
    expect(found.anchors).toHaveLength(MAX_PROOFS);
    expect([found.anchors[0]?.index, found.anchors.at(-1)?.index]).toEqual([first, first + 3 * MAX_PROOFS - 1]);
    expect(reads).toBe(2);
  });

  test.each([
    ["4 MiB of zeros", new Uint8Array(4 * 1024 ** 2)],
    ["a length of 2^63", Uint8Array.of(0x30, 0x88, 0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff)],
    ["an endless length", Uint8Array.of(0x30, 0x80, 0x30, 0x80)],
    ["sequences in sequences", nested(60_000)],
    [
      "a quarter of a million empty elements",
      concat([Uint8Array.of(0x30, 0x83, 0x03, 0xd0, 0x90), new Uint8Array(250_000)]),
    ],
  ])("with %s for a receipt gets a finding at once", async (_, receipt) => {
    const { ledger, store, verified } = await watchedLog();
    await ledger.publish();
    const checkpoint = await checkpointIn(store);
    for (const use of ["timestamp", "witness"]) await recordHead(ledger, use, checkpoint, receipt);
    await ledger.publish();
    const began = performance.now();
    expect((await verified()).findings.map((f) => f.code)).toEqual(["receipt-invalid", "receipt-invalid"]);
    expect(performance.now() - began).toBeLessThan(3000);
  });

  test("with 64 signatures on a checkpoint, or one of 60 KiB, gets a finding", async () => {
    const { ledger, store, verified, tsa } = await watchedLog();
    await ledger.publish();
    const good = new TextDecoder().decode(await checkpointIn(store));
    const line = good.slice(good.indexOf("\n\n") + 2);
    const stranger = `— x ${Buffer.alloc(40_000, 1).toString("base64")}\n`;
    for (const bytes of [text(good + line.repeat(63)), text(good + stranger)]) {
      await recordHead(ledger, "timestamp", bytes, tsa.stamp(bytes, START));
    }
    await ledger.publish();
    expect((await verified()).findings.map((f) => f.code)).toEqual(["receipt-invalid", "receipt-invalid"]);
  });
});

function nested(depth: number): Uint8Array {
  const bytes = new Uint8Array(depth * 4);
  for (let i = 0; i < depth; i += 1) {
    const left = Math.min(0xffff, (depth - i - 1) * 4);
    bytes.set([0x30, 0x82, left >> 8, left & 0xff], i * 4);
  }
  return bytes;
}

async function collect(ledger: Ledger, indexes: readonly number[]): Promise<HeadRecord[]> {
  const found: HeadRecord[] = [];
  for await (const { index, entry } of ledger.read()) {
    if (indexes.includes(index) && isKind(entry, "head")) found.push({ index, entry });
  }
  return found;
}

test("a head of no records that somebody names is no publication: every log continues it", async () => {
  const { ledger, parts, store } = await watchedLog();
  const { size, root } = await ledger.publish();
  const named = async (head: { size: number; root: Uint8Array }, held: "outside" | "guard") => {
    const since = [{ ...head, held, from: "a note" }];
    const result = await verifyLedger(store, { keys: [parts.signer.verifier], since });
    return [result.ok, result.verdicts.independence.word];
  };
  expect(await named({ size: 0, root: sha256() }, "outside")).toEqual([true, "self-attested"]);
  expect(await named({ size, root }, "guard")).toEqual([true, "self-attested"]);
  expect(await named({ size, root }, "outside")).toEqual([true, "published"]);
});
