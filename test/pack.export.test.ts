import { execFile } from "node:child_process";
import { appendFile, readdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { describe, expect, test, vi } from "vitest";
import type { Custody } from "../src/custody.ts";
import { blobKey, MANIFEST_TYPE } from "../src/evidence/blob.ts";
import { decodeEntry, type Entry } from "../src/evidence/entry.ts";
import { canonicalBytes } from "../src/lib/canonical.ts";
import { base64, digestOf } from "../src/lib/digest.ts";
import { decodePackJson, type PackJson } from "../src/pack/pack-json.ts";
import { Pyramid } from "../src/pack/pyramid.ts";
import { judgeOmissions, type Selection, Selector } from "../src/pack/select.ts";
import { Frontier } from "../src/tlog/frontier.ts";
import { leafHash, verifyInclusion } from "../src/tlog/merkle.ts";
import { parseVkey } from "../src/tlog/note.ts";
import { checkReceipt } from "../src/verify/receipt.ts";
import { verifyLedger } from "../src/verify/verify.ts";
import { noteExport } from "../src/views/exporting.ts";
import { temporaryFolder } from "./support/ledger.ts";
import { packOf, Q3, text, unpacked, workspaceWithEvidence } from "./support/pack.ts";
import { describeWith } from "./support/tools.ts";

// Each test makes a workspace and at least one report.
vi.setConfig({ testTimeout: 120_000 });
const run = promisify(execFile);
const person = { type: "person", id: "p-5d1f0c2a9b3e", auth: "unauthenticated" } as const;
const asPerson = async () => person;
const decode = (bytes: Uint8Array | undefined) => new TextDecoder().decode(bytes);

/** What the records in an unpacked pack require, computed as a verifier does: from the pack alone. */
async function selected(files: ReadonlyMap<string, Uint8Array>, pack: PackJson): Promise<Selection> {
  const selector = new Selector({ from: Date.parse(pack.period.from), to: Date.parse(pack.period.to) });
  for (const entry of entriesIn(files)) selector.add(entry.index, entry);
  return selector.select(async ({ digest }) => files.get(`store/${blobKey(digest)}`));
}

function entriesIn(files: ReadonlyMap<string, Uint8Array>): Entry[] {
  return [...files.keys()]
    .filter((name) => name.startsWith("store/seq/"))
    .sort()
    .flatMap((name) => decode(files.get(name)).trimEnd().split("\n"))
    .map((line) => decodeEntry(text(line)));
}

const entries = async (custody: Custody): Promise<Entry[]> => {
  const found: Entry[] = [];
  for await (const { entry } of (await custody.view()).read()) found.push(entry);
  return found;
};

describeWith(["unzip", "sha256sum", "python3"], "a pack", () => {
  test("holds all records, the evidence of the period, and a list of what is left out that its reader can recompute", async () => {
    const { custody, uploads, remark } = await workspaceWithEvidence();
    const made = await packOf(custody);
    const { files } = await unpacked(made.path);
    const pack = decodePackJson(files.get("pack.json") ?? new Uint8Array());
    expect(pack).toEqual(made.pack);
    expect(entriesIn(files).map(({ index }) => index)).toEqual(Array.from({ length: pack.size }, (_, i) => i));
    const has = (digest: string) => files.has(`store/${blobKey(digest)}`);
    expect([uploads.august, uploads.october].map(has)).toEqual([true, true]);
    expect(has(remark)).toBe(false);
    expect(pack.omitted).toEqual([{ digest: remark, size: 34, reason: "outside-period" }]);
    const selection = await selected(files, pack);
    expect(judgeOmissions(selection, pack.omitted, has)).toEqual([]);
    // The run of August names more files in its manifest than in itself.
    const required = [...selection.blobs.values()].filter((blob) => blob.required);
    expect(required.length).toBeGreaterThan(30);
    expect(required.every(({ digest }) => has(digest))).toBe(true);
  });

  test("has evidence of earlier records where its report cites them", async () => {
    const { custody, uploads } = await workspaceWithEvidence();
    const { files } = await unpacked((await packOf(custody)).path);
    const [june] = entriesIn(files).filter(({ kind }) => kind === "upload");
    const report = JSON.parse(decode(files.get("report/2026-Q3.json"))) as { uploads: { entry: number }[] };
    expect(report.uploads.map(({ entry }) => entry)).toContain(june?.index);
    expect(files.has(`store/${blobKey(uploads.june)}`)).toBe(true);
    expect(files.has(`receipts/${String(june?.index).padStart(12, "0")}.tlog-proof`)).toBe(true);
  });

  test("is a store that verifies, with receipts that do", async () => {
    const { custody } = await workspaceWithEvidence();
    const made = await packOf(custody);
    const { folder, files } = await unpacked(made.path);
    const { FolderStore } = await import("../src/store/folder.ts");
    const store = await FolderStore.open(join(folder, "store"));
    const keys = [parseVkey(decode(files.get("ledger.vkey")))];
    const omitted = new Set(made.pack.omitted.map(({ digest }) => digest));
    const result = await verifyLedger(store, { keys, omitted });
    expect(result.findings).toEqual([]);
    expect(result).toMatchObject({ ok: true, size: made.pack.size, root: made.pack.root, checked: { omitted: 1 } });
    const receipts = [...files].filter(([name]) => name.startsWith("receipts/"));
    expect(receipts).toHaveLength(made.receipts);
    for (const [name, bytes] of receipts) {
      const { index, checkpoint } = checkReceipt(decode(bytes), keys);
      expect(name).toBe(`receipts/${String(index).padStart(12, "0")}.tlog-proof`);
      expect(checkpoint.size).toBe(made.pack.size);
    }
  });

  test("lists every file with its sum, and sha256sum agrees", async () => {
    const { custody } = await workspaceWithEvidence();
    const made = await packOf(custody);
    expect((await run("unzip", ["-t", made.path])).stdout).toContain("No errors detected");
    expect(digestOf(await readFile(made.path))).toBe(made.digest);
    const { folder, files } = await unpacked(made.path);
    await run("sha256sum", ["--check", "--strict", "--quiet", "SHA256SUMS"], { cwd: folder });
    const listed = decode(files.get("SHA256SUMS"))
      .trimEnd()
      .split("\n")
      .map((line) => line.slice(66));
    expect(listed).toEqual([...files.keys()].filter((name) => name !== "SHA256SUMS").sort());
    const outside = listed.filter((name) => !name.startsWith("store/") && name !== "pack.json");
    expect(made.pack.files.map(({ path }) => path)).toEqual(outside);
    for (const { path, size, digest } of made.pack.files) {
      const bytes = files.get(path) ?? new Uint8Array();
      expect([bytes.length, digestOf(bytes)]).toEqual([size, digest]);
    }
    expect(folder.endsWith(`/${made.pack.origin}-2026-Q3`)).toBe(true);
    expect(decode(files.get("report/2026-Q3.pdf")).startsWith("%PDF")).toBe(true);
    const readme = decode(files.get("README.txt"));
    for (const told of [
      made.vkey,
      `${made.pack.size}:${made.pack.root}`,
      "verify.mjs",
      "VERIFY.md",
      "1 evidence file of",
      "If what you know is another key, it may have been replaced since.",
    ])
      expect(readme).toContain(told);
    expect(readme.split("\n").filter((line) => line.length > 84)).toEqual([]);
  });

  test("of the same size is the same to the byte, also after it was noted and the log went on", async () => {
    const { custody, clock } = await workspaceWithEvidence();
    const first = await packOf(custody);
    const named = await noteExport(custody, first, asPerson);
    expect(named).toBeTypeOf("number");
    const noted = await entries(custody);
    clock.advance(3 * 86_400_000);
    await (await custody.ledger()).append([{ kind: "access", actor: person, purpose: "later", digests: [] }]);
    const again = await packOf(custody, { at: first.pack.size });
    expect(again.digest).toBe(first.digest);
    await noteExport(custody, again, asPerson);
    expect((await entries(custody)).length).toBe(noted.length + 1);
    const [head, list, access] = noted.slice(-3) as (Entry & { report?: unknown; checkpoint?: unknown })[];
    const { size, root, period } = first.pack;
    expect(head).toMatchObject({ kind: "head", use: "pack", target: "pack", size, root });
    expect(list).toMatchObject({ kind: "report", size, period: { from: period.from, to: period.to } });
    expect(access).toMatchObject({ kind: "access", purpose: "pack", digests: [first.digest] });
    // What is noted says what was handed out, and which head.
    const blob = async (ref: unknown) => (await custody.view()).blob((ref as { digest: string }).digest);
    expect(decodePackJson((await blob(list?.report)) ?? new Uint8Array())).toEqual(first.pack);
    expect(decode(await blob(head?.checkpoint))).toContain(`\n${root}\n`);
    const later = await unpacked((await packOf(custody)).path);
    expect(decode(later.files.get("heads.txt"))).toContain(`${size}:${root} `);
    expect((await verifyLedger(await custody.store(), { keys: [await custody.pinnedKey()] })).findings).toEqual([]);
  });

  test("of an older size holds that size, and one that cuts a commit apart is refused", async () => {
    const { custody } = await workspaceWithEvidence();
    const ledger = await custody.ledger();
    const before = ledger.size;
    await ledger.append(
      ["a", "b", "c"].map((purpose) => ({ kind: "access", actor: person, purpose, digests: [] }) as const),
    );
    await ledger.publish();
    await expect(packOf(custody, { at: before + 2 })).rejects.toMatchObject({
      code: "USAGE",
      message: `--at ${before + 2}: records ${before} to ${before + 2} were committed together, so the log never had ${before + 2} records`,
      remedy: `Name ${before} or ${before + 3}.`,
    });
    for (const at of [0, before + 4]) await expect(packOf(custody, { at })).rejects.toMatchObject({ code: "USAGE" });
    // Never published, so no checkpoint of it is anywhere: it is signed anew.
    const made = await packOf(custody, { at: before - 1 });
    const { folder, files } = await unpacked(made.path);
    expect(entriesIn(files)).toHaveLength(before - 1);
    const { FolderStore } = await import("../src/store/folder.ts");
    const omitted = new Set(made.pack.omitted.map(({ digest }) => digest));
    const options = { keys: [parseVkey(made.vkey)], omitted };
    expect((await verifyLedger(await FolderStore.open(join(folder, "store")), options)).findings).toEqual([]);
  });

  test("says what was withheld and why, and refuses to withhold what nobody named", async () => {
    const { custody, uploads } = await workspaceWithEvidence();
    const withhold = new Map([[uploads.august, "names a whistle-blower"]]);
    const made = await packOf(custody, { withhold });
    const { files } = await unpacked(made.path);
    expect(files.has(`store/${blobKey(uploads.august)}`)).toBe(false);
    expect(made.pack.omitted).toContainEqual({
      digest: uploads.august,
      size: 34,
      reason: "withheld",
      why: "names a whistle-blower",
    });
    expect(decode(files.get("README.txt"))).toContain(`${uploads.august}\n      names a whistle-blower`);
    const has = (digest: string) => files.has(`store/${blobKey(digest)}`);
    expect(judgeOmissions(await selected(files, made.pack), made.pack.omitted, has)).toEqual([]);
    const unknown = packOf(custody, { withhold: new Map([["0".repeat(64), "x"]]) });
    await expect(unknown).rejects.toMatchObject({ code: "USAGE", message: expect.stringContaining("no record") });
  });

  test("leaves out a manifest that is withheld, and what only it names", async () => {
    const { custody } = await workspaceWithEvidence();
    const run = (await entries(custody)).filter((entry) => entry.kind === "run").at(-1);
    const manifest = (run as { manifest?: { digest: string } } | undefined)?.manifest?.digest ?? "";
    const made = await packOf(custody, { withhold: new Map([[manifest, "internal names"]]) });
    const { files } = await unpacked(made.path);
    const has = (digest: string) => files.has(`store/${blobKey(digest)}`);
    expect(judgeOmissions(await selected(files, made.pack), made.pack.omitted, has)).toEqual([]);
  });

  test("lacks what was disposed of, before and after the pack's size, whether or not it is deleted yet", async () => {
    const { custody, uploads } = await workspaceWithEvidence();
    const ledger = await custody.ledger();
    const size = ledger.size;
    const entry = (await entries(custody)).findLast((e) => JSON.stringify(e).includes(uploads.august))?.index ?? 0;
    await ledger.append([
      {
        kind: "disposal",
        actor: person,
        items: [{ digest: uploads.august, size: 34, entries: [entry] }],
        reason: "erasure-request",
        authority: "dpo",
      },
    ]);
    const later = await packOf(custody);
    const unpackedLater = await unpacked(later.path);
    expect(unpackedLater.files.has(`store/${blobKey(uploads.august)}`)).toBe(false);
    expect(later.pack.omitted.map(({ digest }) => digest)).not.toContain(uploads.august);
    expect(later.disposed).toBe(1);
    const has = (files: ReadonlyMap<string, Uint8Array>) => (digest: string) => files.has(`store/${blobKey(digest)}`);
    const selection = await selected(unpackedLater.files, later.pack);
    expect(judgeOmissions(selection, later.pack.omitted, has(unpackedLater.files))).toEqual([]);
    const earlier = await packOf(custody, { at: size });
    expect(earlier.pack.omitted).toContainEqual({ digest: uploads.august, size: 34, reason: "disposed" });
    const { files } = await unpacked(earlier.path);
    expect(has(files)(uploads.august)).toBe(false);
    expect(judgeOmissions(await selected(files, earlier.pack), earlier.pack.omitted, has(files))).toEqual([]);
    // Handed in again after it was deleted: it is there again.
    await ledger.append([
      {
        kind: "upload",
        actor: person,
        evidence: [{ digest: uploads.august, size: 34, mediaType: "text/plain" }],
        controls: ["A.5.24"],
        manifest: await ledger.put(canonicalBytes({ v: 1, reason: "again", files: [] }), MANIFEST_TYPE),
        captured: "2026-08-20T00:00:00.000Z",
      },
    ]);
    expect(has((await unpacked((await packOf(custody)).path)).files)(uploads.august)).toBe(true);
  });

  test("is not written where evidence of the period is gone or altered, and says which", async () => {
    const { custody, uploads } = await workspaceWithEvidence();
    const out = join(await temporaryFolder(), "pack.zip");
    const path = join(custody.config.root, "data/store", blobKey(uploads.august));
    const kept = await readFile(path);
    await rename(path, `${path}.away`);
    await rm(`${path}.away`);
    await expect(packOf(custody, { out })).rejects.toMatchObject({
      code: "VERIFICATION_FAILED",
      message: expect.stringContaining(`${uploads.august}: 34 bytes expected, no such file found`),
      remedy: expect.stringContaining("--withhold"),
    });
    await writeFile(path, "0".repeat(kept.length));
    await expect(packOf(custody, { out })).rejects.toMatchObject({
      code: "VERIFICATION_FAILED",
      message: expect.stringContaining(uploads.august),
    });
    await appendFile(path, "more");
    await expect(packOf(custody, { out })).rejects.toMatchObject({ code: "VERIFICATION_FAILED" });
    expect(await readdir(dirname(out))).toEqual([]);
    await rm(path);
    const made = await packOf(custody, { out, withhold: new Map([[uploads.august, "lost in a fire"]]) });
    expect(made.model.verification?.ok).toBe(false);
  });

  test("can be made without the signing key, where a signed head is there; that is not noted then", async () => {
    const { custody } = await workspaceWithEvidence();
    const first = await packOf(custody);
    await noteExport(custody, first, asPerson);
    await rm(custody.config.folders.keys, { recursive: true });
    const { Custody } = await import("../src/custody.ts");
    const reading = new Custody(custody.config, custody.clock);
    try {
      const again = await packOf(reading, { at: first.pack.size });
      expect(again.digest).toBe(first.digest);
      expect(await noteExport(reading, again, asPerson)).toBeUndefined();
      await expect(packOf(reading)).rejects.toMatchObject({ code: "KEY_UNUSABLE" });
      await expect(packOf(reading, { at: first.pack.size - 1 })).rejects.toMatchObject({
        code: "KEY_UNUSABLE",
        message: expect.stringContaining("no signed fingerprint of the first"),
      });
    } finally {
      await reading.close();
    }
  });

  test("needs the verifiers that belong to it", async () => {
    const { custody } = await workspaceWithEvidence();
    await expect(packOf(custody, { verifiers: await temporaryFolder() })).rejects.toMatchObject({
      code: "NOT_FOUND",
      message: expect.stringContaining("verify.mjs"),
      remedy: expect.stringContaining("npm run build"),
    });
  });
});

describe("the list of omissions", () => {
  const upload = (index: number, at: string, digest: string): Entry =>
    ({
      v: 1,
      index,
      at,
      kind: "upload",
      controls: ["A.5.24"],
      evidence: [{ digest, size: 1, mediaType: "text/plain" }],
      manifest: { digest: "f".repeat(64), size: 2, mediaType: MANIFEST_TYPE },
      actor: person,
      prev: "0".repeat(64),
      batch: "0".repeat(32),
      software: "x",
    }) as Entry;
  const inside = "a".repeat(64);
  const outside = "b".repeat(64);
  const judge = async (omitted: PackJson["omitted"], here: readonly string[]) => {
    const selector = new Selector(Q3);
    selector.add(0, upload(0, "2026-05-01T00:00:00.000Z", outside));
    selector.add(1, upload(1, "2026-07-01T00:00:00.000Z", inside));
    const selection = await selector.select(async () => undefined);
    return judgeOmissions(selection, omitted, (digest) => ["f".repeat(64), ...here].includes(digest)).map(
      ({ digest, found }) => [digest[0], found],
    );
  };
  test("goes by the last word about a file: one record of the period is enough, also behind a manifest that was seen before", async () => {
    const selector = new Selector(Q3);
    selector.add(0, upload(0, "2026-05-01T00:00:00.000Z", outside));
    selector.add(1, upload(1, "2026-07-01T00:00:00.000Z", outside));
    const manifest = canonicalBytes({ v: 1, files: [{ digest: inside, size: 1, mediaType: "text/plain" }] });
    const asked: boolean[] = [];
    const selection = await selector.select(async ({ required }) => {
      asked.push(required);
      return required ? manifest : undefined;
    });
    expect([...selection.blobs.values()].map(({ digest, required }) => [digest[0], required])).toEqual([
      ["b", true],
      ["f", true],
      ["a", true],
    ]);
    expect(asked).toEqual([true]);
  });

  const listed = (digest: string, reason: "outside-period" | "withheld" | "disposed", size = 1) => ({
    digest,
    size,
    reason,
  });

  test("is right only if it is what follows from the records", async () => {
    expect(await judge([listed(outside, "outside-period")], [inside])).toEqual([]);
    expect(await judge([], [inside, outside])).toEqual([]);
    expect(await judge([], [inside])).toEqual([["b", "neither"]]);
    expect(await judge([listed(inside, "outside-period")], [outside])).toEqual([["a", "left out"]]);
    expect(await judge([listed(inside, "withheld")], [outside])).toEqual([]);
    expect(await judge([listed(outside, "outside-period")], [inside, outside])).toEqual([["b", "an evidence file"]]);
    expect(await judge([listed(outside, "outside-period", 9)], [inside])).toEqual([["b", "9 bytes"]]);
    expect(await judge([listed("c".repeat(64), "withheld")], [inside, outside])).toEqual([
      ["c", "a file of no record"],
    ]);
  });
});

test("the tree of a pack gives the root, the tiles and the proofs that the log's own do", () => {
  const leaves = Array.from({ length: 700 }, (_, i) => leafHash(text(`entry ${i}`)));
  const frontier = Frontier.empty();
  const pyramid = new Pyramid();
  for (const [i, leaf] of leaves.entries()) {
    const full = frontier.append(leaf);
    pyramid.append(leaf);
    for (const { level, n, hashes } of full)
      expect(pyramid.tile(level, n, 256)).toEqual(new Uint8Array(Buffer.concat(hashes)));
    if (i % 37 !== 0 && i !== 699) continue;
    const root = frontier.root();
    expect(base64(pyramid.root())).toBe(base64(root));
    for (const { level, n, hashes } of frontier.partials())
      expect(pyramid.tile(level, n, hashes.length)).toEqual(new Uint8Array(Buffer.concat(hashes)));
    for (const index of [0, i >> 1, i])
      expect(verifyInclusion(index, i + 1, leaves[index] as Uint8Array, pyramid.proof(index), root)).toBe(true);
  }
});
