import { describe, expect, test } from "vitest";
import { blobKey } from "../src/evidence/blob.ts";
import { decodeEntry } from "../src/evidence/entry.ts";
import { canonicalBytes } from "../src/lib/canonical.ts";
import { digestOf } from "../src/lib/digest.ts";
import { zipFiles } from "../src/pack/reader.ts";
import { packLines } from "../src/pack/say.ts";
import { keyInPack, verifyPack } from "../src/pack/verify.ts";
import { generateKey, newSigner } from "../src/tlog/signer.ts";
import { parseVkey } from "../src/tlog/verifier.ts";
import { frozenLedger } from "./support/example-ledger.ts";
import { examplePack, forged, packFrom, sourceOf, type TestPack, zipOf } from "./support/packing.ts";

async function verified(zip: Uint8Array, vkey: string) {
  return verifyPack(await zipFiles(sourceOf(zip)), { keys: [parseVkey(vkey)] });
}

const codes = (result: { findings: readonly { code: string; where: string }[] }) =>
  result.findings.map(({ code, where }) => `${code} ${where}`);

/** A pack whose lists were made to fit again after files of it were changed. */
async function afterForging(
  pack: TestPack,
  changes: Parameters<typeof forged>[1],
  edit?: Parameters<typeof forged>[2],
) {
  return codes(await verified(await zipOf(forged(pack.files, changes, edit)), pack.vkey));
}

const text = (words: string) => new TextEncoder().encode(words);

describe("a pack", () => {
  test("as it was exported is intact, and says what it is and what is not in it", async () => {
    const pack = await examplePack();
    const result = await verified(pack.zip, pack.vkey);
    expect(codes(result)).toEqual([]);
    expect(result.ok).toBe(true);
    expect(result.size).toBe(3);
    expect(result.checked.blobs).toBe(3);
    expect(result.pack).toMatchObject({
      period: { label: "2026-11" },
      outsidePeriod: 0,
      withheldCount: 0,
      receipts: 2,
    });
    // No record can name a report that was made from it: what is not proven is said, file by file.
    expect(result.pack?.reports.length).toBeGreaterThan(0);
    expect(result.pack?.reports.every(({ record }) => record === undefined)).toBe(true);
    expect(packLines(result).filter((line) => line.includes("NOT proven by the signature"))).toHaveLength(
      result.pack?.reports.length ?? 0,
    );
    expect((await keyInPack(await zipFiles(sourceOf(pack.zip))))?.vkey).toBe(pack.vkey);
    // The test's own forger changes nothing where it is told to change nothing.
    expect(await afterForging(pack, {})).toEqual([]);
  });

  test("calls a report proven only where the record that names it is the signed one", async () => {
    const pack = await examplePack();
    const [path = ""] = [...pack.files.keys()].filter((name) => name.startsWith("report/"));
    const sha256 = digestOf(pack.files.get(path) ?? text(""));
    const place = "store/seq/00000000/000000000001";
    const lines = new TextDecoder().decode(pack.files.get(place)).trimEnd().split("\n");
    const { v, index, at, prev, batch, software } = JSON.parse(lines.at(-1) ?? "") as Record<string, string | number>;
    const report = { digest: sha256, size: 1, mediaType: "application/vnd.custody.report+json" };
    const made = {
      ...{ v, index, at, prev, batch, software, kind: "report", actor: { type: "system", id: "custody" } },
      ...{ period: { from: at, to: at }, size: 1, report, files: [{ form: "pdf", sha256 }] },
    };
    const last = new TextDecoder().decode(canonicalBytes(made as never));
    const files = forged(pack.files, { [place]: text(`${[...lines.slice(0, -1), last].join("\n")}\n`) });
    const result = await verified(await zipOf(files), pack.vkey);
    expect(codes(result).join()).toMatch(/entry-altered/);
    expect(result.pack?.reports.find((one) => one.path === path)).toMatchObject({ digest: sha256, record: undefined });
  });

  test("changing any byte of its ZIP is found or refused with the place", async () => {
    const pack = await examplePack();
    const kinds = new Map<string, string>();
    // Every byte of the headers and of the small files; large ones at some places.
    const step = Math.max(1, Math.floor(pack.zip.length / 800));
    for (let at = 0; at < pack.zip.length; at += step) {
      const altered = Uint8Array.from(pack.zip);
      altered[at] = (altered[at] as number) ^ (1 << (at % 8));
      let found: string;
      try {
        const result = await verified(altered, pack.vkey);
        found = result.ok ? "NOT FOUND" : "finding";
      } catch (thrown) {
        found = /^byte \d+: expected .*; found /.test((thrown as Error).message) ? "refused" : String(thrown);
      }
      kinds.set(found, `byte ${at}`);
    }
    expect([...kinds.keys()].sort()).toEqual(["finding", "refused"]);
  });

  test("says evidence, records, checkpoint and receipts apart when a forger has made the lists fit", async () => {
    const pack = await examplePack();
    const flipped = (path: string, at = 3) =>
      pack.files.get(path)?.map((byte, i, all) => (i === (at + all.length) % all.length ? byte ^ 1 : byte));
    const [blob = ""] = [...pack.files.keys()].filter((path) => path.includes("blob/"));
    const digest = blob.split("/").at(-1) as string;
    const [receipt = ""] = [...pack.files.keys()].filter((path) => path.startsWith("receipts/"));
    expect(await afterForging(pack, { [blob]: flipped(blob) })).toEqual([
      `blob-altered blob/sha256/${digest.slice(0, 2)}/${digest} named by entry 2`,
    ]);
    expect(
      (
        await afterForging(pack, { "store/seq/00000000/000000000001": flipped("store/seq/00000000/000000000001", 60) })
      ).join(),
    ).toMatch(/entry-altered/);
    expect((await afterForging(pack, { "store/checkpoint": flipped("store/checkpoint", 20) })).join()).toMatch(
      /checkpoint-malformed|signature-invalid/,
    );
    expect(await afterForging(pack, { [receipt]: flipped(receipt, 40) })).toEqual([`receipt-invalid ${receipt}`]);
    expect(await afterForging(pack, { "store/tile/0/000.p/3": flipped("store/tile/0/000.p/3") })).toEqual([
      "tile-altered tile/0/000.p/3",
    ]);
    expect(await afterForging(pack, { [blob]: undefined })).toEqual([
      `blob-missing blob/sha256/${digest.slice(0, 2)}/${digest} named by entry 2`,
    ]);
    expect(await afterForging(pack, { "store/rogue": text("x") })).toEqual(["stray rogue"]);
    const heads = text("# nothing\n9:AAAA 2026-11-20T16:41:10.123Z pack pack -\n");
    expect(await afterForging(pack, { "heads.txt": heads })).toEqual(["pack-altered heads.txt"]);
  });

  test("is altered when a file is not what its lists say, is in no list, or is gone", async () => {
    const pack = await examplePack();
    const without = async (change: (files: Map<string, Uint8Array>) => void) => {
      const files = new Map(pack.files);
      change(files);
      return codes(await verified(await zipOf(files), pack.vkey));
    };
    expect(await without((f) => f.set("README.txt", text("Trust me.\n")))).toEqual([
      "pack-altered README.txt",
      "pack-altered SHA256SUMS: README.txt",
    ]);
    expect(await without((f) => f.set("extra.txt", text("Me too.\n")))).toEqual([
      "pack-altered extra.txt",
      "pack-altered SHA256SUMS",
    ]);
    const digest = digestOf(text("Contact list checked on 20 November.\n"));
    expect(
      await without((f) => f.set(`store/${blobKey(digest)}`, text("Contact list checked on 21 November.\n"))),
    ).toEqual([
      `blob-altered ${blobKey(digest)} named by entry 2`,
      `pack-altered SHA256SUMS: store/${blobKey(digest)}`,
    ]);
    expect(await without((f) => f.delete("VERIFY.md"))).toEqual(["pack-altered VERIFY.md", "pack-altered SHA256SUMS"]);
    expect(await without((f) => f.delete("SHA256SUMS"))).toEqual(["pack-altered SHA256SUMS"]);
    expect((await without((f) => f.delete("pack.json"))).join()).toContain("pack-altered pack.json");
    expect(await without((f) => f.set("SHA256SUMS", text("nonsense\n")))).toHaveLength(pack.files.size);
  });

  test("holds no records that nobody signed, no evidence of no record, and no name twice", async () => {
    const pack = await examplePack();
    const evil = text("Minutes that nobody took.\n");
    const digest = digestOf(evil);
    const blob = `store/${blobKey(digest)}`;
    expect(await afterForging(pack, { [blob]: evil })).toEqual([`pack-altered ${blob}`]);

    const before = Uint8Array.from(pack.files.get("store/seq/00000000/000000000001") ?? []);
    const line = before.subarray(before.lastIndexOf(0x0a, -2) + 1, -1);
    const { index, at, software } = decodeEntry(line);
    const ref = { digest, size: evil.length, mediaType: "text/plain" };
    const entry = canonicalBytes({
      v: 1,
      index: index + 1,
      prev: digestOf(line),
      batch: "f".repeat(32),
      kind: "upload",
      at,
      actor: { type: "person", id: "p-1" },
      software,
      controls: ["A.5.24"],
      evidence: [ref],
      manifest: ref,
    });
    const seq = `store/seq/00000000/${String(index + 1).padStart(12, "0")}`;
    const added = { [blob]: evil, [seq]: Buffer.concat([entry, text("\n")]) };
    expect(await afterForging(pack, added)).toEqual(["pack-altered store/seq/", `pack-altered ${blob}`]);

    expect(await afterForging(pack, { "PACK.json": text("{}") })).toEqual(["pack-altered pack.json"]);
    expect(await afterForging(pack, { "Store/note.txt": text("x") })).toEqual(["pack-altered store"]);
  });

  test("may not leave out evidence of its period, and may only leave out what records name", async () => {
    const pack = await examplePack();
    const blob = [...pack.files.keys()].find((path) => path.includes("blob/")) as string;
    const digest = blob.split("/").at(-1) as string;
    const size = pack.files.get(blob)?.length;
    const omitted =
      (reason: string, over = {}) =>
      (json: Record<string, unknown>) => {
        json.omitted = [{ digest, size, reason, ...over }];
      };
    expect(await afterForging(pack, { [blob]: undefined }, omitted("outside-period"))).toEqual([
      `pack-altered pack.json omitted ${digest}`,
    ]);
    // What was withheld is told, and is for a person to judge.
    expect(await afterForging(pack, { [blob]: undefined }, omitted("withheld", { why: "privileged" }))).toEqual([]);
    expect(await afterForging(pack, {}, omitted("withheld"))).toEqual([`pack-altered pack.json omitted ${digest}`]);
    expect(await afterForging(pack, {}, omitted("withheld", { digest: "f".repeat(64) }))).toEqual([
      `pack-altered pack.json omitted ${"f".repeat(64)}`,
    ]);
    const withheld = await examplePack({ withhold: new Map([[digest, "privileged"]]) });
    const result = await verified(withheld.zip, withheld.vkey);
    expect(result.ok).toBe(true);
    expect(result.pack).toMatchObject({ withheldCount: 1, withheld: [{ digest, why: "privileged" }] });
    expect(result.verdicts.integrity.reason).toContain("1 are not in this pack");
  });

  test("of another log than it says, or under another name, is altered", async () => {
    const pack = await examplePack();
    const said = (key: string, value: unknown) => (json: Record<string, unknown>) => {
      json[key] = value;
    };
    expect(await afterForging(pack, {}, said("size", 2))).toEqual(["pack-altered pack.json size"]);
    expect(await afterForging(pack, {}, said("asOf", "2026-11-21T16:40:10.123Z"))).toContain(
      "pack-altered pack.json asOf",
    );
    expect(await afterForging(pack, {}, said("root", Buffer.alloc(32).toString("base64")))).toContain(
      "pack-altered pack.json root",
    );
    expect(codes(await verified(await zipOf(pack.files, "other-2026-11/"), pack.vkey))).toEqual([
      "pack-altered other-2026-11/",
    ]);
  });

  test("under another key is nothing, whatever key lies in it", async () => {
    const pack = await examplePack();
    const { vkey } = newSigner("example-0a1b2c3d", generateKey()).verifier;
    const result = await verified(pack.zip, vkey);
    expect(result).toMatchObject({ ok: false, size: 0, root: undefined });
    expect(codes(result)).toContain("key-untrusted checkpoint");
  });

  test("of a larger log: evidence outside its period is left out, and the log is whole", async () => {
    const { objects, vkey } = await frozenLedger();
    const reader = {
      get: async (key: string) => objects.get(key),
      read: async (key: string) => (objects.has(key) ? [objects.get(key) as Uint8Array] : undefined) as never,
      list: async function* (prefix: string) {
        for (const [key, { length }] of objects) if (key.startsWith(prefix)) yield { key, size: length };
      },
    };
    const whole = await packFrom(reader, vkey, {
      period: { from: 0, to: Date.UTC(2100, 0, 1), label: "all", zone: "UTC" },
    });
    const none = await packFrom(reader, vkey, {
      period: { from: Date.UTC(1990, 0, 1), to: Date.UTC(1991, 0, 1), label: "none", zone: "UTC" },
    });
    for (const pack of [whole, none]) {
      const result = await verified(pack.zip, vkey);
      expect(codes(result)).toEqual([]);
      expect(result.size).toBeGreaterThan(256);
    }
    expect((await verified(none.zip, vkey)).pack?.outsidePeriod).toBeGreaterThan(0);
    expect(none.zip.length).toBeLessThan(whole.zip.length);
  });
});
