import { expect, test } from "vitest";
import { batchKey, encodeBatch } from "../src/evidence/batch.ts";
import type { Entry } from "../src/evidence/entry.ts";
import type { Ledger } from "../src/ledger/ledger.ts";
import { Seal } from "../src/ledger/seal.ts";
import { canonicalBytes } from "../src/lib/canonical.ts";
import { digestOf } from "../src/lib/digest.ts";
import { generateKey, newSigner } from "../src/tlog/signer.ts";
import { accessDraft, entriesOf, newLedger } from "./support/ledger.ts";

/** A batch as anybody can make it who reads the store. */
async function forgedBatch(ledger: Ledger, like: Entry, batch: string): Promise<Uint8Array> {
  const last = (await entriesOf(ledger)).at(-1);
  const entry = { ...like, index: (last?.index ?? 0) + 1, prev: last?.digest, at: last?.entry.at, batch };
  return encodeBatch([canonicalBytes(entry)]);
}

test("records that somebody without the key has put behind the signed end are never signed", async () => {
  const { ledger, parts, reopen } = await newLedger();
  await ledger.append([accessDraft("a")]);
  await ledger.publish();
  const like = (await entriesOf(ledger)).at(-1)?.entry as Entry;
  // The ID of a real batch too: it is bound to its place and content.
  for (const batch of ["e".repeat(32), like.batch]) {
    const writer = await reopen();
    const place = batchKey(writer.size);
    const forged = await forgedBatch(ledger, { ...like, purpose: "forged" }, batch);
    expect(await parts.store.create(place, forged)).toBe("created");
    const refusal = { code: "LEDGER_ALTERED", message: expect.stringContaining(place) };
    await expect(writer.append([accessDraft("b")])).rejects.toMatchObject(refusal);
    await expect(reopen()).rejects.toMatchObject(refusal);
    expect((await parts.guard.newest())?.size).toBe(2);
    (parts.store as unknown as { objects: Map<string, Uint8Array> }).objects.delete(place);
  }
  expect((await reopen()).size).toBe(2);
});

test("a batch that was committed and not signed yet is taken in by the next writer, and is its maker's alone", async () => {
  const { ledger, parts, reopen } = await newLedger();
  await ledger.append([accessDraft("a"), accessDraft("b")]);
  const batch = (await entriesOf(ledger)).slice(1);
  expect((await (await reopen()).publish()).size).toBe(3);
  const seal = await Seal.of(parts.signer);
  expect(seal.holds(batch)).toBe(true);
  expect(seal.holds(batch.slice(0, 1))).toBe(false);
  expect(seal.holds([...batch].reverse())).toBe(false);
  const [one, two] = batch.map(({ entry }) => entry) as [Entry, Entry];
  expect(one.batch).toBe(two.batch);
  const other = await Seal.of(newSigner(parts.signer.verifier.name, generateKey()));
  expect(other.holds(batch)).toBe(false);
  // The same words twice are two batches.
  expect(seal.make(digestOf(new Uint8Array()), [{}])).not.toBe(seal.make(digestOf(new Uint8Array()), [{}]));
});
