import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { batchKey, encodeBatch, type Link, parseBatch, parseBatchKey } from "../src/evidence/batch.ts";
import { encodeEntry, MAX_BATCH_BYTES, NO_PREVIOUS } from "../src/evidence/entry.ts";
import { Ledger } from "../src/ledger/ledger.ts";
import { START } from "../src/ledger/log.ts";
import { canonicalBytes } from "../src/lib/canonical.ts";
import { digestOf } from "../src/lib/digest.ts";
import { accessDraft, newLedger } from "./support/ledger.ts";

const AT = "2026-03-01T10:00:00.000Z";
const text = (s: string) => new TextEncoder().encode(s);
const common = { v: 1, batch: "0".repeat(32), at: AT, software: "custody/test", ...accessDraft("a") } as const;

/** Two entries that continue `link`, each changed as told. */
function two(link: Link, first: object = {}, second: object = {}): Uint8Array {
  const a = canonicalBytes({ ...common, index: link.index, prev: link.prev, ...first });
  return encodeBatch([a, canonicalBytes({ ...common, index: link.index + 1, prev: digestOf(a), ...second })]);
}

describe("a batch is refused by its key and entry", () => {
  const link: Link = { index: 7, prev: "a".repeat(64), at: AT };

  test.each<[string, Uint8Array]>([
    ["expected index 7, found 8", two(link, { index: 8 })],
    ["entry 8: expected index 8, found 9", two(link, {}, { index: 9 })],
    ["expected prev", two(link, { prev: NO_PREVIOUS })],
    ["entry 8: expected prev", two(link, {}, { prev: "b".repeat(64) })],
    ["is before that of the entry before it", two(link, { at: "2026-03-01T09:59:59.999Z" })],
    ["entry 8: its time", two(link, { at: "2026-03-01T10:00:01.000Z" })],
    ["two batch IDs", two(link, {}, { batch: "1".repeat(32) })],
    ["a batch of 0 bytes", new Uint8Array()],
    ["the last line has no end", two(link).subarray(0, -1)],
    ["not JSON", text("\n")],
    ["not in its canonical form", text(`{ "v":1}\n`)],
    ["not JSON", Uint8Array.of(0xff, 0x0a)],
    ["a batch of", new Uint8Array(MAX_BATCH_BYTES + 257).fill(0x0a)],
    ["more than 256 entries", chainOf(257, link)],
  ])("%s", (message, bytes) => {
    expect(() => parseBatch(bytes, link)).toThrow(
      expect.objectContaining({ code: "LEDGER_ALTERED", message: expect.stringContaining(message) }),
    );
    expect(() => parseBatch(bytes, link)).toThrow(batchKey(7));
  });

  function chainOf(count: number, { index, prev }: Link): Uint8Array {
    const lines: Uint8Array[] = [];
    for (let i = 0; i < count; i += 1) {
      const line = encodeEntry({ ...common, index: index + i, prev } as never);
      lines.push(line);
      prev = digestOf(line);
    }
    return encodeBatch(lines);
  }

  test("and read as it was written where it is right, with kinds and fields of the future", () => {
    const bytes = two(link, { kind: "telepathy", thought: { "\u{1f525}": [1] } }, { at: "2026-03-01T10:00:01.000Z" });
    const found = parseBatch(bytes, link);
    expect(found.map(({ index, entry }) => [index, entry.kind])).toEqual([
      [7, "telepathy"],
      [8, "access"],
    ]);
    expect(Buffer.from(encodeBatch(found.map((e) => e.bytes))).equals(bytes)).toBe(true);
    expect(parseBatch(chainOf(256, START), START)).toHaveLength(256);
  });

  test("whoever finds one that is bad in a claimed place halts: it can never be replaced", async () => {
    const { parts } = await newLedger();
    await parts.store.create(batchKey(1), text("{}\n"));
    await expect(Ledger.open(parts)).rejects.toMatchObject({ code: "LEDGER_ALTERED" });
  });
});

test("keys of batches read back, and nothing else is one", () => {
  fc.assert(
    fc.property(fc.nat(999_999_999_999), (first) => {
      expect(parseBatchKey(batchKey(first))).toBe(first);
    }),
  );
  expect(batchKey(12_345)).toBe("seq/00000001/000000012345");
  for (const key of ["seq/00000000/000000012345", "seq/1/1", "seq/00000000/00000000000x", "xseq/00000000/000000000000"])
    expect(parseBatchKey(key)).toBe(undefined);
});
