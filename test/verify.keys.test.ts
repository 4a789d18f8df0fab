import { describe, expect, test } from "vitest";
import { encodeBatch } from "../src/evidence/batch.ts";
import type { Draft } from "../src/evidence/entry.ts";
import { Ledger } from "../src/ledger/ledger.ts";
import { attestRecords, retireKey, revokeKey, rotateKey } from "../src/ledger/rotate.ts";
import { base64, hex } from "../src/lib/digest.ts";
import { parseCheckpoint, signCheckpoint } from "../src/tlog/checkpoint.ts";
import type { Signer, Verifier } from "../src/tlog/note.ts";
import type { Anchor } from "../src/trust/anchor.ts";
import { keyRing } from "../src/trust/keyring.ts";
import { signStatement } from "../src/trust/statement.ts";
import { Findings } from "../src/verify/finding.ts";
import { judgeRevocations } from "../src/verify/revocation.ts";
import { verifyLedger } from "../src/verify/verify.ts";
import { KeyLog, newKey, ORIGIN, rootAt } from "./support/key-log.ts";
import { accessDraft, entriesOf } from "./support/ledger.ts";
import { KeyedLedger, PERSON } from "./support/rotation.ts";

const DAY = 24 * 60 * 60 * 1000;
const codesFor = async (log: KeyedLedger, ...pins: Verifier[]) =>
  (await verifyLedger(log.store, { keys: pins })).findings.map(({ code }) => code);

async function write(ledger: Ledger, ...names: string[]): Promise<void> {
  await ledger.append(names.map((name) => accessDraft(name)));
  await ledger.publish();
}

/** An entry of kind `key` as a thief with the right to write would append it, signed by whom they like. */
async function stated(ledger: Ledger, key: Verifier, signers: readonly Signer[]): Promise<Draft> {
  const { size, root } = await ledger.publish();
  const statement = { action: "introduce", key: key.vkey, after: { size, root: base64(root) } } as const;
  const signatures = await signStatement(ORIGIN, statement, signers);
  return { kind: "key", actor: { type: "system", id: "custody" }, ...statement, signatures };
}

/** Signs the end of the log with these keys alone. */
async function signAs(log: KeyedLedger, signers: readonly Signer[]) {
  const head = await (await log.open()).publish();
  log.store.objects.set("checkpoint", await signCheckpoint(ORIGIN, head, signers));
}

describe("a key that the store planted for itself", () => {
  test.each<[string, (planted: Signer) => readonly Signer[]]>([
    ["without any signature", () => []],
    ["signed by itself", (planted) => [planted]],
    ["signed by a stranger and itself", (planted) => [newKey(), planted]],
  ])("%s counts for nothing and is named", async (_, signers) => {
    const log = await KeyedLedger.begin();
    const ledger = await log.open();
    const planted = newKey();
    await ledger.append([await stated(ledger, planted.verifier, signers(planted))]);
    await ledger.publish();
    const result = await verifyLedger(log.store, { keys: [log.first] });
    expect(result.findings.map(({ code, where }) => [code, where])).toEqual([
      ["key-untrusted", expect.stringContaining("entry 1")],
    ]);
    log.store.objects.set("checkpoint", await signCheckpoint(ORIGIN, await ledger.publish(), [planted]));
    expect(await codesFor(log, log.first)).toEqual(["key-untrusted", "key-untrusted"]);
    await expect(Ledger.open(await log.parts())).rejects.toMatchObject({ code: "LEDGER_ALTERED" });
  });

  test("a checkpoint signed with the right key's name by another key is no signature of it", async () => {
    const log = await KeyedLedger.begin();
    await signAs(log, [newKey()]);
    expect(await codesFor(log, log.first)).toEqual(["key-untrusted"]);
  });
});

describe("retired keys", () => {
  test("a checkpoint beyond the retirement that only the retired key signed is refused, with words", async () => {
    const log = await KeyedLedger.begin();
    const [old] = (await log.open()).voices;
    if (old === undefined) throw new Error("no key");
    await rotateKey(await log.work());
    await retireKey(await log.work(), log.first);
    expect(await codesFor(log, log.first)).toEqual([]);
    await signAs(log, [old]);
    const { findings } = await verifyLedger(log.store, { keys: [log.first] });
    expect(findings).toEqual([
      expect.objectContaining({
        code: "key-untrusted",
        found: expect.stringContaining("which was retired at entry 2"),
      }),
    ]);
  });

  test("an older key than the pinned one makes no checkpoint count, and the words say which it is", async () => {
    const log = await KeyedLedger.begin();
    const [old] = (await log.open()).voices;
    if (old === undefined) throw new Error("no key");
    const { key } = await rotateKey(await log.work());
    await signAs(log, [old]);
    const { findings } = await verifyLedger(log.store, { keys: [key] });
    expect(findings).toEqual([
      expect.objectContaining({
        code: "key-untrusted",
        found: expect.stringContaining("an older key than the trusted one"),
      }),
    ]);
  });
});

describe("a key revoked as compromised", () => {
  async function stolen() {
    const log = await KeyedLedger.begin();
    const [thief] = (await log.open()).voices;
    if (thief === undefined) throw new Error("no key");
    await write(await log.open(), "one", "two");
    const since = log.clock.now();
    log.clock.advance(DAY);
    await write(await log.open(), "three");
    const { key, index } = await revokeKey(await log.work(), log.first, {
      reason: "compromised",
      compromisedSince: since,
    });
    return { log, thief, key, revoked: index + 1, since };
  }

  test("whoever has only that key pinned is told to pin the new one", async () => {
    const { log } = await stolen();
    const { findings, verdicts, ok } = await verifyLedger(log.store, { keys: [log.first] });
    expect(ok).toBe(false);
    expect(verdicts.integrity.word).toBe("broken");
    expect(findings[0]).toMatchObject({
      code: "key-revoked",
      where: "checkpoint",
      expected: expect.stringContaining("pin the new key"),
    });
    expect(new Set(findings.map(({ code }) => code))).toEqual(new Set(["key-revoked"]));
  });

  test("a checkpoint that only it signed stands for nothing beyond the safe size", async () => {
    const { log, thief } = await stolen();
    await signAs(log, [thief]);
    const { findings } = await verifyLedger(log.store, { keys: [log.first] });
    expect(findings[0]).toMatchObject({
      code: "key-revoked",
      where: "checkpoint",
      found: expect.stringContaining("first 0 records"),
    });
  });

  test("its records are named one stretch at a time, until a person has attested them all", async () => {
    const { log, key, revoked } = await stolen();
    await attestRecords(await log.work(undefined, PERSON), log.first, { from: 1, to: 2 });
    const result = await verifyLedger(log.store, { keys: [key] });
    expect(result.findings.map(({ code, where }) => [code, where])).toEqual([
      ["key-revoked", expect.stringContaining("entry 0")],
      ["key-revoked", `seq/ entries 2 to ${revoked - 1}`],
    ]);
    expect(result.findings[1]?.expected).toContain(
      `custody keys attest --key ${hex(log.first.id)} --from 2 --to ${revoked}`,
    );
    await attestRecords(await log.work(), log.first, { from: 2, to: revoked });
    await attestRecords(await log.work(), log.first, { from: 0, to: 1 });
    expect(await codesFor(log, key)).toEqual([]);
  });

  test("what a thief let in through it is no key for anybody, and attested records do not make it one", async () => {
    const log = await KeyedLedger.begin();
    const [thief] = (await log.open()).voices;
    if (thief === undefined) throw new Error("no key");
    const theirs = newKey();
    const ledger = await log.open();
    await ledger.append([await stated(ledger, theirs.verifier, [thief, theirs])]);
    await ledger.publish();
    const { key, index } = await revokeKey(await log.work(), log.first, {
      reason: "compromised",
      compromisedSince: log.clock.now(),
    });
    await attestRecords(await log.work(undefined), log.first, { from: 0, to: index + 1 });
    expect(await codesFor(log, key)).toEqual([]);
    await signAs(log, [theirs]);
    expect(await codesFor(log, key)).toEqual(["key-untrusted"]);
    expect(await codesFor(log, log.first)).toContain("key-revoked");
  });
});

describe("safe sizes", () => {
  const anchor = (size: number, latest: string): Anchor => ({
    kind: "timestamp",
    index: size + 1,
    by: "tsa",
    size,
    root: rootAt(size),
    earliest: Date.parse(latest) - 1_000,
    latest: Date.parse(latest),
    standing: false,
  });

  /** A log of 100 records in which `a` was revoked at record 61 as stolen since 1 March; `b` took its place at record 60. */
  async function judged(
    anchors: readonly Anchor[],
    pins: (a: Signer, b: Signer) => Signer[],
    attest?: [number, number],
  ) {
    const [a, b] = [newKey(), newKey()];
    const log = new KeyLog();
    await log.add({ action: "introduce", key: b }, [a, b], { at: 60 });
    const compromisedSince = "2026-03-01T00:00:00.000Z";
    await log.add({ action: "revoke", key: a, reason: "compromised", compromisedSince }, [b], { at: 61 });
    if (attest)
      await log.add({ action: "attest", key: a, records: { from: attest[0], to: attest[1] } }, [b], { at: 70 });
    const head = { size: 100, root: rootAt(100) };
    const bytes = await signCheckpoint(ORIGIN, head, [b]);
    const pinned = pins(a, b).map(({ verifier }) => verifier);
    const settle = (safe?: ReadonlyMap<string, number>) => keyRing(pinned, log.records, rootAt, safe);
    const findings = new Findings();
    const checkpoint = parseCheckpoint(bytes);
    judgeRevocations({ ring: settle(), settle, place: (index) => `entry ${index}` }, anchors, checkpoint, findings);
    return findings.list.map(({ code, where }) => `${code} ${where}`);
  }

  test("are the largest head that was dated outside before the theft, standing or not", async () => {
    const [feb, march] = [anchor(40, "2026-02-28T23:59:59.999Z"), anchor(55, "2026-03-01T00:00:00.000Z")];
    expect(await judged([], (_, b) => [b])).toEqual(["key-revoked seq/ entries 0 to 60"]);
    expect(await judged([feb, march], (_, b) => [b])).toEqual(["key-revoked seq/ entries 40 to 60"]);
    expect(await judged([feb, march], (_, b) => [b], [40, 61])).toEqual([]);
    expect(await judged([feb], (_, b) => [b], [41, 61])).toEqual(["key-revoked entry 40"]);
  });

  test("a pin on the stolen key leads on only where the introduction was dated before the theft", async () => {
    expect(await judged([anchor(60, "2026-02-01T00:00:00.000Z")], (a) => [a], [60, 61])).toEqual([
      "key-revoked checkpoint",
      "key-revoked entry 60",
    ]);
    expect(await judged([anchor(61, "2026-02-01T00:00:00.000Z")], (a) => [a])).toEqual([]);
  });
});

test("an altered record before a statement about keys is named itself, and the key is reached all the same", async () => {
  const log = await KeyedLedger.begin();
  await write(await log.open(), "one");
  await rotateKey(await log.work());
  log.clock.advance(31 * DAY);
  await write(await log.open(), "two");
  expect(await codesFor(log, log.first)).toEqual([]);
  const [, first] = await entriesOf(await log.open());
  if (first === undefined) throw new Error("no record");
  const changed = new TextDecoder().decode(first.bytes).replace('"one"', '"two"');
  log.store.objects.set("seq/00000000/000000000001", encodeBatch([new TextEncoder().encode(changed)]));
  const codes = await codesFor(log, log.first);
  expect(codes).toContain("entry-altered");
  expect(codes).not.toContain("key-untrusted");
});

test("a log with thousands of statements by strangers is verified in bounded time, and they are named", async () => {
  const log = await KeyedLedger.begin();
  const ledger = await log.open();
  const draft = await stated(ledger, newKey().verifier, [newKey()]);
  for (let n = 0; n < 40; n += 1) await ledger.append(Array.from({ length: 250 }, () => draft));
  await ledger.publish();
  const begun = process.hrtime.bigint();
  const result = await verifyLedger(log.store, { keys: [log.first] });
  expect(Number(process.hrtime.bigint() - begun) / 1e6).toBeLessThan(20_000);
  expect(new Set(result.findings.map(({ code }) => code))).toEqual(new Set(["key-untrusted"]));
  expect(result).toMatchObject({ ok: false, size: 10_001, found: 1_001 });
}, 60_000);
