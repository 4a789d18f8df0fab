import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { readerOf } from "../src/attack/carry-out.ts";
import { batchesOf, findEntry } from "../src/attack/forge.ts";
import { loadRange } from "../src/attack/load.ts";
import type { Objects } from "../src/attack/range.ts";
import type { Recorded } from "../src/evidence/batch.ts";
import { MANIFEST_TYPE } from "../src/evidence/blob.ts";
import { rotateKey } from "../src/ledger/rotate.ts";
import { References } from "../src/verify/blobs.ts";
import { keyLines, unjudgedLines, verdictLines } from "../src/verify/say.ts";
import { type VerifyOptions, verifyLedger } from "../src/verify/verify.ts";
import { newKey } from "./support/key-log.ts";
import { accessDraft } from "./support/ledger.ts";
import { KeyedLedger } from "./support/rotation.ts";

const range = await loadRange(fileURLToPath(new URL("../assets/attack-range", import.meta.url)));
const { key: disposalKey, entry: disposal } = findEntry(range.objects, ({ kind }) => kind === "disposal");
const records = batchesOf(range.objects).flatMap(({ key, entries }) => entries.map((entry) => ({ key, entry })));
const DAY = 24 * 3_600_000;

const verified = (objects: Objects, over: Partial<VerifyOptions> = {}) =>
  verifyLedger(readerOf(objects), { keys: [range.pinned], outside: range.outside, ...over });
const codes = ({ findings }: { findings: readonly { code: string }[] }) => [...new Set(findings.map((f) => f.code))];

/** The range with one letter of a record's software changed, in `seq/` alone. */
function touched(index: number): Map<string, Uint8Array> {
  const { key } = records[index] ?? expect.fail();
  const text = new TextDecoder().decode(range.objects.get(key));
  const lines = text.split("\n");
  const at = lines.findIndex((one) => one.includes(`"index":${index},`));
  lines[at] = (lines[at] ?? "").replace('"software":"custody/0.1.0"', '"software":"custody/0.1.1"');
  return new Map(range.objects).set(key, new TextEncoder().encode(lines.join("\n")));
}

describe("one cause is told once", () => {
  test("a record that was edited makes no disposal unlawful, no key untrusted and no proof worthless", async () => {
    for (let index = 0; index < disposal.index; index += 1) {
      const result = await verified(touched(index));
      expect([index, ...codes(result).sort()]).toEqual([index, "chain-broken", "entry-altered"]);
      expect([result.disposed.length, result.unjudged.length]).toEqual([1, 0]);
    }
  });

  test("behind the disposal nobody knows what the edited record named: that is said, and not called missing", async () => {
    const last = records.length - 1;
    expect(last).toBeGreaterThan(disposal.index);
    const result = await verified(touched(last));
    expect(codes(result)).toEqual(["entry-altered"]);
    expect([result.disposed.length, result.unjudged.length]).toEqual([0, 1]);
    expect(unjudgedLines(result).join()).toContain("is not there; record");
  });

  test("an edited disposal explains nothing, and is told beside what it was to explain", async () => {
    const other = new Map(range.objects);
    const text = new TextDecoder().decode(other.get(disposalKey));
    other.set(disposalKey, new TextEncoder().encode(text.replace('"reason":"', '"reason":"x')));
    expect(codes(await verified(other))).toEqual(expect.arrayContaining(["entry-altered", "blob-missing"]));
  });

  test("nothing is measured by a checkpoint that was altered itself", async () => {
    const text = new TextDecoder().decode(range.objects.get("checkpoint"));
    const size = text.split("\n")[1] ?? "";
    const altered = text.replace(`\n${size}\n`, `\n${Number(size) - 1}\n`);
    const result = await verified(new Map(range.objects).set("checkpoint", new TextEncoder().encode(altered)));
    expect(codes(result).filter((code) => code !== "key-untrusted")).toEqual(["signature-invalid"]);
  });

  test("a wrong key is told once, with the IDs that are there, and what rests on it is not judged", async () => {
    const result = await verified(range.objects, { keys: [newKey(range.pinned.name).verifier] });
    expect(codes(result)).toEqual(["key-untrusted"]);
    expect(result.found).toBe(1);
    expect(result.findings[0]?.found).toMatch(/\(range-5eed0001\+[0-9a-f]{8}.*is it the right key\?/);
    expect(result.unjudged).toHaveLength(1);
    for (const name of ["time", "independence", "completeness", "freshness"] as const) {
      expect(result.verdicts[name]).toMatchObject({
        judged: false,
        reason: expect.stringMatching(/^not judged, because/),
      });
    }
    expect(result.verdicts).toMatchObject({ completeness: { word: "holes" }, freshness: { word: "never" } });
    const lines = verdictLines(result);
    expect(lines.filter((one) => one.includes("not judged     because the records"))).toHaveLength(4);
    expect(lines.join("\n")).not.toMatch(/holes|never/);
  });

  test("records that name a file are told each once and in order, also those that name it through a list", () => {
    const ref = (digit: string, mediaType: string) => ({ digest: digit.repeat(64), size: 1, mediaType });
    const [file, list] = [ref("a", "text/plain"), ref("b", MANIFEST_TYPE)];
    const references = new References();
    const add = (index: number, named: object) => references.add({ index, entry: { named } } as unknown as Recorded);
    for (const [index, named] of [
      [6, list],
      [10, file],
      [14, file],
      [23, file],
      [6, file],
    ] as const)
      add(index, named);
    for (const manifest of references.manifests) references.addManifest(manifest, { file });
    expect(references.namedBy(file.digest)).toBe(" named by entry 6, 10, 14, 23");
    for (let index = 30; index > 0; index -= 1) add(index, file);
    expect(references.namedBy(file.digest)).toBe(" named by entry 1, 2, 3, 4, 5");
  });
});

describe("a change of keys", () => {
  /** A log with one change of keys, the old one no longer signing. */
  async function rotated() {
    const log = await KeyedLedger.begin();
    await (await log.open()).publish();
    const before = new Map(log.store.objects);
    await rotateKey(await log.work());
    log.clock.advance(31 * DAY);
    const ledger = await log.open();
    await ledger.append([accessDraft("after")]);
    const head = await ledger.publish();
    return { log, before, head, now: ledger.verifier };
  }

  test("is told to whoever has the old key: which key was given, which one signed, and by which record", async () => {
    const { log, now } = await rotated();
    const result = await verifyLedger(log.store, { keys: [log.first] });
    expect(result.ok).toBe(true);
    const [step] = result.keys.steps;
    expect(result.keys).toMatchObject({ pinned: [log.first.vkey], steps: [{ key: now.vkey, by: [log.first.vkey] }] });
    expect(result.keys.signed).toContain(now.vkey);
    const id = (key: { vkey: string }) => key.vkey.split("+").slice(0, 2).join("+");
    expect(keyLines(result.keys).join("\n")).toContain(
      `record ${step?.index} introduces ${id(now)}, signed by ${id(log.first)}`,
    );
    expect(verdictLines(result).join("\n")).toContain(now.vkey);
    expect(keyLines((await verifyLedger(log.store, { keys: [now] })).keys)).toEqual([]);
  });

  test("undone by putting an older state back is called that, where older pins and known heads say so", async () => {
    const { log, before, head, now } = await rotated();
    const since = [{ ...head, from: "the guard", held: "guard" as const }];
    const alone = await verifyLedger(readerOf(before), { keys: [now] });
    expect(alone.findings).toMatchObject([
      { code: "key-untrusted", found: expect.stringContaining(log.first.vkey.split("+")[1] ?? "?") },
    ]);
    const known = await verifyLedger(readerOf(before), { keys: [now], earlier: [log.first], since });
    expect(codes(known)).toEqual(["key-untrusted", "rolled-back"]);
    const [old, current] = [log.first, now].map(({ vkey }) => vkey.split("+")[1]);
    expect(known.findings[0]?.found).toContain(`signed by ${old}, which ${current} replaced here: an older state`);
    // An older key lends nothing its word.
    expect(known.ok).toBe(false);
    expect(known.root).toBeUndefined();
  });
});
