import { symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import fc from "fast-check";
import { expect, test } from "vitest";
import { readerOf } from "../src/attack/carry-out.ts";
import { loadRange } from "../src/attack/load.ts";
import { blobKey } from "../src/evidence/blob.ts";
import { digestOf } from "../src/lib/digest.ts";
import { zipFiles } from "../src/pack/reader.ts";
import { verifyPack } from "../src/pack/verify.ts";
import { FolderStore } from "../src/store/folder.ts";
import { parseVkey } from "../src/tlog/verifier.ts";
import { verifyLedger } from "../src/verify/verify.ts";
import { asFolder, frozenLedger, logOf } from "./support/example-ledger.ts";
import { temporaryFolder } from "./support/ledger.ts";
import { mutate, readMutations } from "./support/mutations.ts";
import { examplePack, forged, packFrom, sourceOf, zipOf } from "./support/packing.ts";
import { type Answer, askSecond, codesIn, storedIn } from "./support/second-verifier.ts";
import { describeWith, rounds, THOROUGH } from "./support/tools.ts";

const second = (folders: readonly string[], vkey: string, heads: readonly string[] = []) =>
  askSecond(folders.map((path) => ({ path, vkey, heads })));

const { objects, vkey, keys } = await frozenLedger();
const range = await loadRange(fileURLToPath(new URL("../assets/attack-range", import.meta.url)));
const known = { vkey: range.pinned.vkey, roots: range.stampRootsPem, witnesses: range.outside.witnesses };

async function first(folder: string) {
  return verifyLedger(await FolderStore.open(folder), { keys });
}

describeWith(["python3", "openssl"], "the second verifier, written from docs/FORMAT.md", () => {
  // The conformance vectors hold the same variants, and what is to be said of them.
  test.skipIf(!THOROUGH)("says of every broken variant of the frozen ledger what ours says (in CI only)", async () => {
    const mutations = await readMutations();
    const folders = await Promise.all(mutations.map((mutation) => asFolder(mutate(objects, mutation))));
    const answers = await second(folders, vkey);
    for (const [i, mutation] of mutations.entries()) {
      const answer = answers[i] as Answer;
      expect(answer.ok, mutation.name).toBe(mutation.codes.length === 0);
      expect(codesIn(answer), mutation.name).toEqual(codesIn(await first(folders[i] as string)));
    }
  });

  test("gives the same verdict on stores broken at random", { timeout: 120_000 }, async () => {
    const key = fc.constantFrom(...objects.keys());
    const change = fc.oneof(
      fc.record({ key, what: fc.constant("flip"), at: fc.nat(), bytes: fc.uint8Array({ minLength: 1, maxLength: 1 }) }),
      fc.record({
        key,
        what: fc.constant("insert"),
        at: fc.nat(),
        bytes: fc.uint8Array({ minLength: 1, maxLength: 8 }),
      }),
      fc.record({
        key,
        what: fc.constant("insert"),
        at: fc.nat(),
        bytes: fc.constantFrom("\n", "0", " ", "\\u0061", "﻿").map((s) => Buffer.from(s)),
      }),
      fc.record({
        key,
        what: fc.constant("remove"),
        at: fc.nat(),
        bytes: fc.uint8Array({ minLength: 1, maxLength: 8 }),
      }),
      fc.record({ key, what: fc.constant("delete"), at: fc.nat(), bytes: fc.constant(new Uint8Array()) }),
    );
    const changes = fc.sample(change, rounds(40, 12));
    const folders = await Promise.all(
      changes.map(({ key, what, at, bytes }) => {
        const broken = new Map(objects);
        const old = Buffer.from(objects.get(key) as Uint8Array);
        const i = at % old.length;
        if (what === "delete") broken.delete(key);
        else if (what === "insert") broken.set(key, Buffer.concat([old.subarray(0, i), bytes, old.subarray(i)]));
        else if (what === "remove")
          broken.set(key, Buffer.concat([old.subarray(0, i), old.subarray(i + bytes.length)]));
        else {
          old[i] = (old[i] ?? 0) ^ ((bytes[0] ?? 0) || 1);
          broken.set(key, old);
        }
        return asFolder(broken);
      }),
    );
    const answers = await second(folders, vkey);
    for (const [i, folder] of folders.entries()) {
      const ours = await first(folder);
      expect(answers[i]?.ok, JSON.stringify(changes[i])).toBe(ours.ok);
    }
  });

  test.each([1, 255, 256, 257, 600])("finds the same root in a log of %i entries", async (size) => {
    const log = await logOf(
      size,
      [1, 100, 200, 300].filter((n) => n < size),
    );
    const [answer] = await second([await asFolder(log.store.objects)], log.keys[0]?.vkey ?? "");
    const ours = await verifyLedger(log.store, { keys: log.keys });
    expect(answer).toMatchObject({ ok: true, size, root: ours.root, entries: size, findings: [] });
  });

  test("holds the log against heads known from elsewhere, and refuses another key", async () => {
    const folder = await asFolder(objects);
    const other = "/905oWNEBUiNrfJWLRYLzUKbm1Y10sy44Q/ahMWfP+o=";
    expect((await second([folder], vkey, [`263:${other}`]))[0]).toMatchObject({ ok: true });
    expect(codesIn((await second([folder], vkey, [`264:${other}`, `3:${other}`]))[0] as Answer)).toEqual([
      "forked",
      "rolled-back",
    ]);
    const { keys: strangers } = await logOf(1);
    expect(codesIn((await second([folder], strangers[0]?.vkey ?? ""))[0] as Answer)).toEqual(["key-untrusted"]);
  });

  test("does not follow links", async () => {
    const broken = new Map(objects);
    broken.delete("checkpoint");
    const folder = await asFolder(broken);
    await symlink(
      fileURLToPath(new URL("ledgers/v1-small/store/checkpoint", import.meta.url)),
      join(folder, "checkpoint"),
    );
    expect(codesIn((await second([folder], vkey))[0] as Answer)).toEqual(["checkpoint-missing", "stray"]);
  });

  test("names the same damage of each object of a ledger with rotated keys and outside proofs", {
    timeout: 120_000,
  }, async () => {
    const flips = [...range.objects].flatMap(([key, bytes], n) => spreadOver(key, bytes, n));
    expect(flips.filter(({ key }) => isStatement(key)).length).toBeGreaterThanOrEqual(rounds(60, 15));
    const broken = flips.map(({ key, at, bit }) => {
      const bytes = Buffer.from(range.objects.get(key) as Uint8Array);
      bytes[at] = (bytes[at] as number) ^ (1 << bit);
      return new Map(range.objects).set(key, bytes);
    });
    const stored = await Promise.all(broken.map(storedIn));
    try {
      const answers = await askSecond(stored.map(({ folder }) => ({ ...known, path: folder })));
      for (const [i, flip] of flips.entries()) {
        const ours = await verifyLedger(readerOf(broken[i] as Map<string, Uint8Array>), {
          keys: [range.pinned],
          outside: range.outside,
        });
        const answer = answers[i] as Answer;
        expect([answer.ok, ours.ok], JSON.stringify(flip)).toEqual([false, false]);
        expect(about(flip.key, answer), JSON.stringify(flip)).toEqual(about(flip.key, ours));
      }
    } finally {
      for (const { remove } of stored) await remove();
    }
  });

  test("reads packs, zipped and unpacked, and finds in them what ours finds", { timeout: 120_000 }, async () => {
    const march = { from: Date.UTC(2026, 2, 1), to: Date.UTC(2026, 2, 10), label: "2026-03..a", zone: "Europe/Berlin" };
    const pack = await packFrom(readerOf(range.objects), range.pinned.vkey, { period: march });
    const folder = await temporaryFolder();
    await writeFile(`${folder}/pack.zip`, pack.zip);
    const unpacked = await storedIn(pack.files);
    const cases = [`${folder}/pack.zip`, unpacked.folder].map((path) => ({ ...known, path }));
    const words = { integrity: { word: "intact" }, time: { word: "anchored" }, independence: { word: "witnessed" } };
    for (const answer of await askSecond(cases)) {
      expect(answer).toMatchObject({ ok: true, size: 27, findings: [], verdicts: words });
    }
    await unpacked.remove();
    const heads = new TextDecoder().decode(pack.files.get("heads.txt")).replace(/^15:.*witness.*\n/m, "");
    const fewer = await zipOf(
      forged(pack.files, { "heads.txt": new TextEncoder().encode(heads) }),
      "range-5eed0001-2026-03--a/",
    );
    await writeFile(`${folder}/fewer.zip`, fewer);
    const [answer] = await askSecond([{ ...known, path: `${folder}/fewer.zip` }]);
    const { outside } = range;
    const ours = await verifyPack(await zipFiles(sourceOf(fewer)), { keys: [range.pinned], outside });
    expect([codesIn(answer as Answer), codesIn(ours)]).toEqual([["pack-altered"], ["pack-altered"]]);
  });

  test("finds or refuses every byte of a pack that is not what it was, as ours does", {
    timeout: 120_000,
  }, async () => {
    const pack = await examplePack();
    const folder = await temporaryFolder();
    const zips = fc.sample(fc.nat(pack.zip.length - 1), rounds(80, 20)).map((at) => {
      const zip = Uint8Array.from(pack.zip);
      zip[at] = (zip[at] as number) ^ (1 << (at % 8));
      return { at, zip };
    });
    const paths = await Promise.all(
      zips.map(async ({ at, zip }) => {
        await writeFile(`${folder}/${at}.zip`, zip);
        return `${folder}/${at}.zip`;
      }),
    );
    const answers = await askSecond(paths.map((path) => ({ path, vkey: pack.vkey })));
    for (const [i, { at, zip }] of zips.entries())
      expect(saidOf(answers[i] as Answer), `byte ${at}`).toEqual(await oursOf(zip, pack.vkey));
  });

  test("finds what a careful forger does to a pack, under the same codes", { timeout: 120_000 }, async () => {
    const pack = await examplePack();
    const bytes = (words: string) => new TextEncoder().encode(words);
    const paths = [...pack.files.keys()];
    const blob = paths.find((path) => path.includes("blob/")) as string;
    const receipt = paths.find((path) => path.startsWith("receipts/")) as string;
    const flipped = (path: string, at: number) => {
      const found = Uint8Array.from(pack.files.get(path) as Uint8Array);
      found[at] = (found[at] as number) ^ 1;
      return found;
    };
    const digest = blob.slice(-64);
    const omission = { digest, size: pack.files.get(blob)?.length, reason: "outside-period" };
    const heads = new TextDecoder().decode(pack.files.get("heads.txt"));
    const sums = new TextDecoder().decode(pack.files.get("SHA256SUMS")).split("\n");
    const forgeries: ReadonlyMap<string, Uint8Array>[] = [
      forged(pack.files, {}),
      forged(pack.files, { [blob]: undefined }),
      forged(pack.files, { [blob]: undefined }, (list) => Object.assign(list, { omitted: [omission] })),
      forged(pack.files, { [blob]: undefined }, (list) =>
        Object.assign(list, { omitted: [{ ...omission, reason: "withheld", why: "personal" }] }),
      ),
      forged(pack.files, {}, (list) => Object.assign(list, { omitted: [omission] })),
      forged(pack.files, {}, (list) => Object.assign(list, { size: 2 })),
      forged(pack.files, {}, (list) => Object.assign(list, { asOf: "2026-11-20T16:41:10.124Z" })),
      forged(pack.files, {}, (list) => Object.assign(list, { origin: "example" })),
      forged(pack.files, {}, (list) => Object.assign(list, { more: 1 })),
      forged(pack.files, { [blob]: flipped(blob, 3) }),
      forged(pack.files, { [receipt]: flipped(receipt, 40) }),
      forged(pack.files, { "store/checkpoint": flipped("store/checkpoint", 20) }),
      forged(pack.files, { "store/rogue": bytes("x") }),
      forged(pack.files, { "extra.txt": bytes("x") }),
      forged(pack.files, { "readme.txt": bytes("x") }),
      forged(pack.files, { "heads.txt": bytes("9:AAAA 2026-11-20T16:41:10.123Z pack pack -\n") }),
      forged(pack.files, { "heads.txt": bytes("# nothing\n") }),
      forged(pack.files, { "ledger.vkey": bytes("nothing\n") }),
      forged(pack.files, { "receipts/000000000000.tlog-proof": pack.files.get(receipt) as Uint8Array }),
      new Map([...pack.files].filter(([path]) => path !== "VERIFY.md")),
      new Map([...pack.files].filter(([path]) => path !== "SHA256SUMS")),
      new Map([...pack.files].filter(([path]) => path !== "pack.json")),
      new Map([...pack.files, ["SHA256SUMS", bytes("nonsense\n")]]),
      new Map([...pack.files, ["SHA256SUMS", bytes(sums.toReversed().join("\n"))]]),
      new Map([...pack.files, ["SHA256SUMS", bytes(sums.join("\n").trim())]]),
      forged(pack.files, { "heads.txt": undefined }),
      forged(pack.files, { "heads.txt": bytes(`\ufeff${heads}`) }),
      forged(pack.files, { "heads.txt": bytes(heads.trim()) }),
      forged(pack.files, { "ledger.vkey": undefined }),
      forged(pack.files, { "README.txt": undefined }),
      forged(pack.files, { [receipt]: bytes(`\ufeff${new TextDecoder().decode(pack.files.get(receipt))}`) }),
      forged(pack.files, { "PACK.json": bytes("{}") }),
      forged(pack.files, { "Store/note.txt": bytes("x") }),
      forged(pack.files, { "README.txt/note.txt": bytes("x") }),
      forged(pack.files, { [`store/${blobKey(digestOf(bytes("x")))}`]: bytes("x") }),
      forged(pack.files, {}, (list) => (list.files as object[]).reverse()),
      forged(pack.files, {}, (list) => (list.files as object[]).push((list.files as object[]).at(-1) as object)),
      forged(pack.files, { [blob]: undefined }, (list) =>
        Object.assign(list, { omitted: [1, 2].map(() => ({ ...omission, reason: "withheld" })) }),
      ),
      forged(pack.files, {}, (list) =>
        Object.assign(list, { period: { ...(list.period as object), to: "2026-10-01T00:00:00.000Z" } }),
      ),
    ];
    const folder = await temporaryFolder();
    const zips = await Promise.all(forgeries.map((files) => zipOf(files)));
    zips.push(await zipOf(pack.files, "example-0a1b2c3d-2026-10/"));
    await Promise.all(zips.map((zip, i) => writeFile(`${folder}/${i}.zip`, zip)));
    const answers = await askSecond(zips.map((_, i) => ({ path: `${folder}/${i}.zip`, vkey: pack.vkey })));
    for (const [i, zip] of zips.entries())
      expect.soft(saidOf(answers[i] as Answer), `forgery ${i}`).toEqual(await oursOf(zip, pack.vkey));
  });
});

/** Whether an object of the range holds a statement about a key: there a bit decides the most. */
const isStatement = (key: string) =>
  key.startsWith("seq/") && Buffer.from(range.objects.get(key) ?? []).includes('"kind":"key"');

/** Bits to flip in a statement from its first byte to its last, and of how many other objects one is flipped in one. */
const FLIPS = rounds(12, 4);
const OTHERS = rounds(2, 8);

/** Bits to flip in one object, always the same; in a statement one more, which cuts a line in two. */
function spreadOver(key: string, bytes: Uint8Array, n: number) {
  if (!isStatement(key)) return n % OTHERS !== 1 ? [] : [{ key, at: (n * 7919) % bytes.length, bit: (n >> 1) % 8 }];
  const last = bytes.length - 1;
  const even = Array.from({ length: FLIPS }, (_, i) => ({
    key,
    at: Math.floor((i * last) / (FLIPS - 1)),
    bit: (i + n) % 8,
  }));
  const cut = bytes.indexOf("\n".charCodeAt(0) ^ (1 << 6));
  return cut < 0 ? even : [...even, { key, at: cut, bit: 6 }];
}

/** The codes found in one object, each once. */
const about = (key: string, { findings }: Pick<Answer, "findings">) =>
  codesIn({ findings: findings.filter(({ where }) => where.split(" ")[0] === key) });

/** `pack-altered` beside other codes is left out: whether sums are told as well that cannot fit is a verifier's own affair. */
function saidOf(answer: Pick<Answer, "findings" | "refused">) {
  if (answer.refused !== undefined) return "refused";
  const codes = codesIn(answer);
  return codes.length > 1 ? codes.filter((code) => code !== "pack-altered") : codes;
}

async function oursOf(zip: Uint8Array, key: string) {
  try {
    return saidOf(await verifyPack(await zipFiles(sourceOf(zip)), { keys: [parseVkey(key)] }));
  } catch {
    return "refused";
  }
}
