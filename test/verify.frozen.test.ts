import { cp } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { fileGuard } from "../src/ledger/guard.ts";
import { Ledger } from "../src/ledger/ledger.ts";
import { fromBase64 } from "../src/lib/digest.ts";
import { FolderStore } from "../src/store/folder.ts";
import { MemoryStore } from "../src/store/memory.ts";
import { checkReceipt, makeReceipt } from "../src/verify/receipt.ts";
import { verifyLedger } from "../src/verify/verify.ts";
import { SkippingClock } from "./support/clock.ts";
import { exampleSigner, frozenLedger } from "./support/example-ledger.ts";
import { accessDraft, temporaryFolder } from "./support/ledger.ts";
import { mutate, readMutations } from "./support/mutations.ts";

const { objects, keys, vkey } = await frozenLedger();
const mutations = await readMutations();
const ROOT = "/905oWNEBUiNrfJWLRYLzUKbm1Y10sy44Q/ahMWfP+o=";

function storeOf(content: ReadonlyMap<string, Uint8Array>): MemoryStore {
  const store = new MemoryStore();
  for (const [key, bytes] of content) store.objects.set(key, bytes);
  return store;
}

test("what version 1 wrote verifies, with every verdict it had then", async () => {
  const result = await verifyLedger(storeOf(objects), { keys });
  expect(result).toMatchObject({
    ok: true,
    origin: "example-0a1b2c3d",
    size: 263,
    root: ROOT,
    asOf: "2026-03-05T00:10:00.000Z",
    verdicts: {
      integrity: { word: "intact" },
      // The third of four days has no run, and no entry says why.
      completeness: { word: "holes", reason: expect.stringContaining("3 of 4") },
      freshness: { word: "current" },
    },
    checked: { entries: 263, unsigned: 0, blobs: 12, bytes: 1911 },
    findings: [],
  });
  expect(vkey).toBe(exampleSigner().verifier.vkey);
});

test("what version 1 wrote is proven, read and continued", async () => {
  const receipt = await makeReceipt(storeOf(objects), 5, keys);
  expect(checkReceipt(receipt, keys)).toMatchObject({ index: 5, entry: { kind: "from-the-future" } });

  const folder = await temporaryFolder();
  await cp(fileURLToPath(new URL("ledgers/v1-small/store", import.meta.url)), join(folder, "store"), {
    recursive: true,
  });
  const store = await FolderStore.open(join(folder, "store"));
  const guard = fileGuard(join(folder, "head"));
  const head = { size: 263, root: fromBase64(ROOT) as Uint8Array };
  await guard.add(head);
  const ledger = await Ledger.open({
    store,
    guard,
    signer: exampleSigner(),
    clock: new SkippingClock(),
    software: "custody/test",
  });
  await ledger.append([accessDraft("later")]);
  await ledger.publish();
  expect(await verifyLedger(store, { keys, since: [{ ...head, from: "version 1", held: "outside" }] })).toMatchObject({
    ok: true,
    size: 264,
  });
});

test.each(mutations)("$name", async (mutation) => {
  const { ok, findings } = await verifyLedger(storeOf(mutate(objects, mutation)), { keys });
  const codes = new Set(findings.map((f) => f.code as string));
  expect([...codes]).toEqual(expect.arrayContaining([...mutation.codes]));
  expect(ok).toBe(mutation.codes.length === 0);
});
