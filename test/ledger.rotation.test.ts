import { chmod, cp, mkdir, readdir, readFile, rename, rm, symlink } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { isKind } from "../src/evidence/entry.ts";
import type { Ledger } from "../src/ledger/ledger.ts";
import { repin } from "../src/ledger/pin.ts";
import { attestRecords, findKey, retireKey, revokeKey, rotateKey } from "../src/ledger/rotate.ts";
import { COSIGNED_FOR, readLogKeys } from "../src/ledger/signers.ts";
import { hex } from "../src/lib/digest.ts";
import { signCheckpoint } from "../src/tlog/checkpoint.ts";
import type { Verifier } from "../src/tlog/note.ts";
import { checkReceipt, makeReceipt } from "../src/verify/receipt.ts";
import { verifyLedger } from "../src/verify/verify.ts";
import { Crash, faultyStore } from "./support/faulty-store.ts";
import { newKey } from "./support/key-log.ts";
import { accessDraft, entriesOf } from "./support/ledger.ts";
import { KeyedLedger } from "./support/rotation.ts";
import { THOROUGH } from "./support/tools.ts";

const CRASHES = ["crash-before", "crash-after"] as const;

const DAY = 24 * 60 * 60 * 1000;
const id = (key: Verifier) => hex(key.id);

/** Every pin from which the log can be followed finds it intact. */
async function intactFor(log: KeyedLedger, ...pins: Verifier[]) {
  for (const pin of pins) {
    const result = await verifyLedger(log.store, { keys: [pin] });
    expect(result.findings, id(pin)).toEqual([]);
    expect(result.checked.unsigned).toBe(0);
  }
}

async function write(ledger: Ledger, name: string): Promise<void> {
  await ledger.append([accessDraft(name)]);
  await ledger.publish();
}

describe("rotation", () => {
  test("the new key signs at once, the old one beside it for 30 days; either pin verifies, for ever", async () => {
    const log = await KeyedLedger.begin();
    const ledger = await log.open();
    await write(ledger, "before");
    const { key, index } = await rotateKey(await log.work(ledger));
    expect(index).toBe(2);
    expect(log.signers()).toEqual([id(key), id(log.first)]);
    expect(ledger.vkey).toBe(key.vkey);
    await repin(log.pinFile, key);
    expect(await readFile(log.pinFile, "utf8")).toBe(`${key.vkey}\n`);
    expect(await readFile(`${log.pinFile}.${id(log.first)}`, "utf8")).toBe(`${log.first.vkey}\n`);
    await intactFor(log, log.first, key);

    log.clock.advance(29 * DAY);
    await write(await log.open(), "soon");
    expect(log.signers()).toEqual([id(key), id(log.first)]);
    log.clock.advance(2 * DAY);
    await write(await log.open(), "later");
    expect(log.signers()).toEqual([id(key)]);
    await intactFor(log, log.first, key);
    expect(COSIGNED_FOR).toBe(30 * DAY);
  });

  test("a chain of rotations is followed from the first pin, by writers and readers, wherever the pin is kept", async () => {
    const log = await KeyedLedger.begin();
    const keys = [log.first];
    for (let n = 0; n < 4; n += 1) {
      keys.push((await rotateKey(await log.work())).key);
      log.clock.advance(40 * DAY);
      await write(await log.open(), `n${n}`);
    }
    await intactFor(log, ...keys);
    // The workspace never replaced its pin: it is followed all the same.
    expect((await log.pinned()).vkey).toBe(log.first.vkey);
    expect((await log.open()).vkey).toBe(keys[4]?.vkey);
    expect(log.signers()).toEqual([id(keys[4] as Verifier)]);
  });

  test("a process that was open meanwhile learns of it and signs with the new key", async () => {
    const log = await KeyedLedger.begin();
    const daemon = await log.open();
    await write(daemon, "one");
    const { key } = await rotateKey(await log.work());
    await write(daemon, "two");
    expect(daemon.vkey).toBe(key.vkey);
    expect(log.signers()).toEqual([id(key), id(log.first)]);
    await intactFor(log, log.first, key);
  });

  test("a machine without the new key's file goes on with the old one until it is retired, then says what it needs", async () => {
    const log = await KeyedLedger.begin();
    const elsewhere = `${log.keys}-elsewhere`;
    await cp(log.keys, elsewhere, { recursive: true });
    await chmod(elsewhere, 0o700);
    const { key } = await rotateKey(await log.work());
    await repin(log.pinFile, key);
    const other = await log.open({ keys: elsewhere, pin: log.first });
    await write(other, "other-machine");
    expect(log.signers()).toEqual([id(log.first)]);
    // The one with the new key takes this as it is, and signs again.
    await (await log.open()).publish();
    expect(log.signers()).toEqual([id(key), id(log.first)]);

    await retireKey(await log.work(), log.first);
    expect(log.signers()).toEqual([id(key)]);
    await expect(write(other, "late")).rejects.toMatchObject({
      code: "KEY_UNUSABLE",
      message: expect.stringContaining(id(key)),
    });
    await expect(log.open({ keys: elsewhere, pin: log.first })).rejects.toMatchObject({ code: "KEY_UNUSABLE" });
    await (await log.open()).publish();
    await intactFor(log, log.first, key);
  });
});

describe("crashes", () => {
  const changes: [string, (log: KeyedLedger, ledger: Ledger) => Promise<unknown>][] = [
    ["rotate", async (log, ledger) => rotateKey(await log.work(ledger))],
    [
      "revoke",
      async (log, ledger) =>
        revokeKey(await log.work(ledger), log.first, {
          reason: "compromised",
          compromisedSince: log.clock.now() - DAY,
        }),
    ],
  ];
  test.each(changes)(
    "%s: at every store call, before and after it is carried out, the workspace goes on",
    async (_, change) => {
      let n = 0;
      for (let done = false; !done; ) {
        n += 1;
        // Before and after in turn; in CI both of every call.
        for (const fault of THOROUGH ? CRASHES : CRASHES.slice(n % 2).slice(0, 1)) {
          const log = await KeyedLedger.begin();
          await write(await log.open(), "before");
          const store = faultyStore(log.store, (call) => (call.n === n ? fault : undefined));
          try {
            const ledger = await log.open({ store });
            await change(log, ledger);
            await repin(log.pinFile, ledger.verifier);
            done = store.calls.length < n;
          } catch (error) {
            if (!(error instanceof Crash)) throw error;
          }
          const ledger = await log.open();
          await write(ledger, "after");
          await repin(log.pinFile, ledger.verifier);
          const keys = (await entriesOf(ledger)).filter(({ entry }) => isKind(entry, "key"));
          // Not half of it: a key that signs was introduced, and one that was introduced signs.
          expect(keys.length === 0, `call ${n} ${fault}`).toBe(ledger.vkey === log.first.vkey);
          const result = await verifyLedger(log.store, { keys: [ledger.verifier] });
          expect(
            result.findings.filter(({ code }) => code !== "key-revoked"),
            `call ${n} ${fault}`,
          ).toEqual([]);
          expect(result.size).toBe(ledger.size);
        }
      }
      expect(n).toBeGreaterThan(10);
    },
  );

  test("a key file that was never introduced signs nothing", async () => {
    const log = await KeyedLedger.begin();
    const work = await log.work();
    await work.makeKey();
    expect(await readdir(log.keys)).toHaveLength(2);
    const ledger = await log.open();
    expect(ledger.vkey).toBe(log.first.vkey);
    await write(ledger, "goes-on");
    const { key } = await rotateKey(await log.work());
    expect((await log.open()).vkey).toBe(key.vkey);
  });
});

describe("revocation", () => {
  test("a lost key: another one that is here says so and signs on", async () => {
    const log = await KeyedLedger.begin();
    const { key } = await rotateKey(await log.work());
    await rm(join(log.keys, `${id(key)}.pem`));
    const ledger = await log.open();
    expect(ledger.vkey).toBe(log.first.vkey);
    // The newest that is here signs; the lost one is revoked by it.
    await revokeKey(await log.work(ledger), key, { reason: "lost" });
    await write(await log.open(), "on");
    await intactFor(log, log.first);
    const result = await verifyLedger(log.store, { keys: [key] });
    expect(result.findings.map(({ code }) => code)).toEqual(["key-untrusted"]);
  });

  test("a stolen key signs nothing any more, not even beside the new one, and a process that is open follows", async () => {
    const log = await KeyedLedger.begin();
    const daemon = await log.open();
    await write(daemon, "one");
    const { key } = await revokeKey(await log.work(), log.first, {
      reason: "compromised",
      compromisedSince: log.clock.now() - DAY,
      incident: "INC-7",
    });
    await write(daemon, "two");
    expect(log.signers()).toEqual([id(key)]);
    const { ring } = await readLogKeys(log.store, log.first);
    expect(findKey(ring.keys, id(log.first)).vkey).toBe(log.first.vkey);
    expect(ring.keys[0]?.revoked).toMatchObject({ reason: "compromised", incident: "INC-7" });
    expect(() => findKey(ring.keys, "00000000")).toThrow(expect.objectContaining({ code: "NOT_FOUND" }));
  });

  test("a checkpoint that only the stolen key signed stops a writer", async () => {
    const log = await KeyedLedger.begin();
    const stolen = await log.open();
    const [signer] = stolen.voices;
    if (signer === undefined) throw new Error("no signer");
    await revokeKey(await log.work(), log.first, { reason: "compromised", compromisedSince: log.clock.now() });
    const head = await (await log.open()).publish();
    log.store.objects.set("checkpoint", await signCheckpoint(log.first.name, head, [signer]));
    await expect(log.open()).rejects.toMatchObject({ code: "LEDGER_ALTERED" });
  });

  test("the records in question are attested by a person, and only then is the log intact", async () => {
    const log = await KeyedLedger.begin();
    await write(await log.open(), "one");
    const { key, index } = await revokeKey(await log.work(), log.first, {
      reason: "compromised",
      compromisedSince: log.clock.now() - DAY,
    });
    await repin(log.pinFile, key);
    const codes = async () => (await verifyLedger(log.store, { keys: [key] })).findings.map((f) => f.code);
    expect(await codes()).toEqual(["key-revoked"]);
    const revoked = index + 1;
    await expect(attestRecords(await log.work(), log.first, { from: 3, to: 99 })).rejects.toMatchObject({
      code: "USAGE",
    });
    await attestRecords(await log.work(), log.first, { from: 0, to: 2 });
    expect(await codes()).toEqual(["key-revoked"]);
    await attestRecords(await log.work(), log.first, { from: 2, to: revoked });
    expect(await codes()).toEqual([]);
    const result = await verifyLedger(log.store, { keys: [key] });
    expect(result.attested).toHaveLength(2);
    expect(result.verdicts.integrity.reason).toContain("attested by p-1 (nobody checked who that is)");
  });
});

describe("retirement", () => {
  test("of the key that signs is refused", async () => {
    const log = await KeyedLedger.begin();
    await expect(retireKey(await log.work(), log.first)).rejects.toMatchObject({ code: "USAGE" });
  });
});

describe("receipts of a rotated log", () => {
  test("one signed by both keys is checked with either; later ones are made with the old pin too", async () => {
    const log = await KeyedLedger.begin();
    await write(await log.open(), "one");
    const { key } = await rotateKey(await log.work());
    const both = await makeReceipt(log.store, 1, [log.first]);
    for (const pin of [log.first, key]) expect(checkReceipt(both, [pin])).toMatchObject({ index: 1 });

    log.clock.advance(31 * DAY);
    await write(await log.open(), "two");
    const later = await makeReceipt(log.store, 1, [log.first]);
    expect(checkReceipt(later, [key])).toMatchObject({ index: 1 });
    expect(() => checkReceipt(later, [log.first])).toThrow(expect.objectContaining({ code: "VERIFICATION_FAILED" }));
    await expect(makeReceipt(log.store, 1, [newKey().verifier])).rejects.toMatchObject({ code: "VERIFICATION_FAILED" });
  });

  test("nothing is proven over a key that was stolen", async () => {
    const log = await KeyedLedger.begin();
    const { key } = await revokeKey(await log.work(), log.first, {
      reason: "compromised",
      compromisedSince: log.clock.now() - DAY,
    });
    expect(checkReceipt(await makeReceipt(log.store, 0, [key]), [key])).toMatchObject({ index: 0 });
    await expect(makeReceipt(log.store, 0, [log.first])).rejects.toMatchObject({
      code: "VERIFICATION_FAILED",
      remedy: expect.stringContaining("published"),
    });
  });
});

describe("key files", () => {
  test("a folder that others can write to, and links in place of folder or file, are refused", async () => {
    const log = await KeyedLedger.begin();
    await chmod(log.keys, 0o770);
    await expect(log.open()).rejects.toMatchObject({
      code: "KEY_UNUSABLE",
      remedy: expect.stringContaining("chmod 700"),
    });
    await chmod(log.keys, 0o700);
    const file = join(log.keys, `${id(log.first)}.pem`);
    await rename(file, `${file}.moved`);
    await symlink(`${file}.moved`, file);
    await expect(log.open()).rejects.toMatchObject({ message: expect.stringContaining("symbolic link") });
    await rename(log.keys, `${log.keys}-moved`);
    await rename(
      join(`${log.keys}-moved`, `${id(log.first)}.pem.moved`),
      join(`${log.keys}-moved`, `${id(log.first)}.pem`),
    );
    await symlink(`${log.keys}-moved`, log.keys);
    await expect(log.open()).rejects.toMatchObject({ message: expect.stringContaining("symbolic link") });
    await rm(log.keys);
    await mkdir(log.keys, { mode: 0o700 });
    await expect(log.open()).rejects.toMatchObject({ remedy: expect.stringContaining("keys restore") });
  });
});
