import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { base64, hex } from "../src/lib/digest.ts";
import { parseCheckpoint, signCheckpoint } from "../src/tlog/checkpoint.ts";
import { Frontier } from "../src/tlog/frontier.ts";
import {
  EMPTY_ROOT,
  type Hash,
  leafHash,
  nodeHash,
  rootOf,
  verifyConsistency,
  verifyInclusion,
} from "../src/tlog/merkle.ts";
import { checkNote, generateKey, newSigner, parseNote, parseVkey, signNote } from "../src/tlog/note.ts";
import { consistencyProof, edgeTiles, encodeReceipt, inclusionProof, parseReceipt } from "../src/tlog/proof.ts";
import { bundleKey, decodeBundle, encodeBundle, encodeTile, parseTileKey, tileKey, tilesOf } from "../src/tlog/tile.ts";

const text = (s: string) => new TextEncoder().encode(s);

describe("RFC 6962 hashing", () => {
  test("the published vectors hold", () => {
    expect(hex(EMPTY_ROOT)).toBe("e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    expect(hex(leafHash(text("")))).toBe("6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d");
    expect(hex(leafHash(text("L123456")))).toBe("395aa064aa4c29f7010acfe3f25db9485bbd4b91897b6ad7ad547639252b4d56");
    expect(hex(nodeHash(text("N123"), text("N456")))).toBe(
      "aa217fe888e47007fa15edab33c2b492a722cb106c64667fc2b044444de66bbb",
    );
  });
});

/** Trees of these sizes take long to grow; none is changed afterwards. */
const grown = new Map<number, ReturnType<typeof grow>>();

function tree(size: number) {
  const known = grown.get(size) ?? grow(size);
  if (size >= 65_535) grown.set(size, known);
  return known;
}

/** Leaves of a tree of this size, and every tile that its growth wrote. */
function grow(size: number) {
  const leaves: Hash[] = [];
  const tiles = new Map<string, Uint8Array>();
  const frontier = Frontier.empty();
  for (let i = 0; i < size; i += 1) {
    const leaf = leafHash(text(`entry ${i}`));
    leaves.push(leaf);
    for (const tile of frontier.append(leaf)) tiles.set(tileKey(tile.level, tile.n), encodeTile(tile.hashes));
  }
  for (const tile of frontier.partials())
    tiles.set(tileKey(tile.level, tile.n, tile.hashes.length), encodeTile(tile.hashes));
  return { leaves, tiles, frontier, fetch: async (key: string) => tiles.get(key) };
}

describe("the frontier", () => {
  test.each([0, 1, 2, 3, 255, 256, 257, 511, 512, 513, 1000, 65_535, 65_536, 65_537, 70_000])(
    "gives the RFC's root at size %i",
    (size) => {
      const { leaves, frontier } = tree(size);
      expect(hex(frontier.root())).toBe(hex(rootOf(leaves)));
    },
  );

  test.each([1, 256, 257, 65_536, 70_000])("writes exactly the tiles that C2SP names for size %i", (size) => {
    const { tiles } = tree(size);
    expect([...tiles.keys()].sort()).toEqual([...tilesOf(size)].map((t) => tileKey(t.level, t.n, t.width)).sort());
  });

  test("knows the tiles of the worked cases", () => {
    expect([...tilesOf(256)].map((t) => tileKey(t.level, t.n, t.width))).toEqual(["tile/0/000", "tile/1/000.p/1"]);
    const big = [...tilesOf(70_000)].map((t) => tileKey(t.level, t.n, t.width));
    expect(big).toHaveLength(273 + 1 + 1 + 1 + 1);
    expect(big).toEqual(
      expect.arrayContaining(["tile/0/273.p/112", "tile/1/000", "tile/1/001.p/17", "tile/2/000.p/1"]),
    );
  });

  test("is restored from the tiles of its size", async () => {
    for (const size of [1, 255, 256, 300, 65_537]) {
      const { fetch, frontier } = grow(size);
      const restored = Frontier.from(size, await edgeTiles(fetch, size));
      const leaf = leafHash(text("next"));
      restored.append(leaf);
      frontier.append(leaf);
      expect(hex(restored.root())).toBe(hex(frontier.root()));
    }
  });
});

describe("proofs from tiles", () => {
  test("inclusion holds for the entry, and for no other index, size, leaf or root", async () => {
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 1, max: 700 }), fc.nat(), async (size, pick) => {
        const index = pick % size;
        const { leaves, fetch, frontier } = grow(size);
        const proof = await inclusionProof(fetch, index, size);
        const leaf = leaves[index] as Hash;
        const root = frontier.root();
        expect(verifyInclusion(index, size, leaf, proof, root)).toBe(true);
        expect(verifyInclusion(index, size, leafHash(text("other")), proof, root)).toBe(false);
        expect(verifyInclusion(index + 1, size, leaf, proof, root)).toBe(false);
        expect(verifyInclusion(index, size, leaf, [...proof, root], root)).toBe(false);
        if (proof.length > 0) expect(verifyInclusion(index, size, leaf, proof.slice(1), root)).toBe(false);
      }),
      { numRuns: 60 },
    );
  });

  test("consistency holds for a prefix, and not for another history", async () => {
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 0, max: 700 }), fc.integer({ min: 0, max: 300 }), async (first, more) => {
        const old = grow(first).frontier;
        const now = grow(first + more);
        const proof = await consistencyProof(now.fetch, first, first + more);
        const head = { size: first + more, root: now.frontier.root() };
        expect(verifyConsistency({ size: first, root: old.root() }, head, proof)).toBe(true);
        expect(verifyConsistency({ size: first, root: leafHash(text("forged")) }, head, proof)).toBe(false);
        if (proof.length > 0)
          expect(verifyConsistency({ size: first, root: old.root() }, head, proof.slice(0, -1))).toBe(false);
      }),
      { numRuns: 60 },
    );
  });

  test("sizes around the tile borders, up to three levels", async () => {
    const big = tree(65_800);
    for (const first of [1, 255, 256, 257, 65_535, 65_536, 65_537]) {
      const proof = await consistencyProof(big.fetch, first, 65_800);
      expect(
        verifyConsistency(
          { size: first, root: tree(first).frontier.root() },
          { size: 65_800, root: big.frontier.root() },
          proof,
        ),
      ).toBe(true);
    }
  });
});

describe("tile names", () => {
  test.each([
    [5, "tile/0/005"],
    [1234, "tile/0/x001/234"],
    [1_234_067, "tile/0/x001/x234/067"],
  ])("number %i is %s", (n, key) => {
    expect(tileKey(0, n)).toBe(key);
    expect(parseTileKey(key)).toEqual({ level: 0, n, width: 256 });
  });

  test.each([
    "tile/00/005",
    "tile/64/000",
    "tile/0/5",
    "tile/0/x000/001",
    "tile/0/005.p/0",
    "tile/0/005.p/256",
    "tile/0/005.p/01",
    "tile/data/000",
    "tile/0/000/001",
  ])("%s is not one", (key) => {
    expect(parseTileKey(key)).toBeUndefined();
  });
});

describe("entry bundles", () => {
  test("carry empty and the largest entries, and refuse one byte more", () => {
    const entries = [new Uint8Array(0), new Uint8Array(65_535), text("x")];
    expect(decodeBundle(encodeBundle(entries), 3, bundleKey(0, 3)).map((e) => e.length)).toEqual([0, 65_535, 1]);
    expect(() => encodeBundle([new Uint8Array(65_536)])).toThrow(expect.objectContaining({ code: "INPUT_TOO_LARGE" }));
  });

  test("a bundle that is cut, too long or too wide is refused", () => {
    const bytes = encodeBundle([text("a"), text("b")]);
    for (const bad of [bytes.subarray(0, -1), Uint8Array.from([...bytes, 0]), encodeBundle([text("a")])]) {
      expect(() => decodeBundle(bad, 2, "k")).toThrow(expect.objectContaining({ code: "LEDGER_ALTERED" }));
    }
  });
});

describe("signed notes", () => {
  const vkey = "example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k";
  const signature = "Uw2QOkn8srV1yJGh2VYRlL1Tnagv1YEq6TfXppzi2ONncAlTgK7Ztg1ERYNZXsYjOBH3mFXmRKuwHjG1Yu72IneyaQM=";
  const sample = `This is an example message.\n\n— example.com/foo ${signature}\n`;

  test("the specification's sample verifies", () => {
    const key = parseVkey(vkey);
    const note = parseNote(text(sample));
    expect(note && checkNote(note, [key])).toEqual({ signedBy: [key], bad: [] });
  });

  test("no changed byte of a note passes", () => {
    const key = parseVkey(vkey);
    const bytes = text(sample);
    for (let i = 0; i < bytes.length; i += 1) {
      for (const flip of [1, 2, 128]) {
        const changed = Uint8Array.from(bytes);
        changed[i] = (changed[i] ?? 0) ^ flip;
        const note = parseNote(changed);
        const checked = note && checkNote(note, [key]);
        expect(
          checked === undefined || checked.signedBy.length === 0 || checked.bad.length > 0,
          `byte ${i} flip ${flip}`,
        ).toBe(true);
      }
    }
  });

  test("a second signature by an unknown key is ignored, a bad one by a known key is not", async () => {
    const a = newSigner("log-1", generateKey());
    const b = newSigner("log-1", generateKey());
    const note = parseNote(text(await signNote("hello\n", [a, b])));
    expect(note && checkNote(note, [a.verifier])).toEqual({ signedBy: [a.verifier], bad: [] });
    const forged = parseNote(text((await signNote("hello\n", [a, b])).replace("hello", "jello")));
    expect(forged && checkNote(forged, [a.verifier])).toEqual({ signedBy: [], bad: [a.verifier] });
  });

  test.each([
    "",
    "a+b+c",
    "n+00000000+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k",
    vkey.replace("foo", "bar"),
    `${vkey}=`,
  ])("the key %j is refused", (key) => {
    expect(() => parseVkey(key)).toThrow(expect.objectContaining({ code: "KEY_UNUSABLE" }));
  });
});

describe("checkpoints", () => {
  test("signing is deterministic and reads back", async () => {
    const signer = newSigner("log-1", generateKey());
    const head = { size: 3, root: leafHash(text("x")) };
    const bytes = await signCheckpoint("log-1", head, [signer]);
    expect(await signCheckpoint("log-1", head, [signer])).toEqual(bytes);
    expect(parseCheckpoint(bytes)).toMatchObject({ origin: "log-1", size: 3 });
  });

  test.each([
    "log\n03\nROOT\n",
    "log\n3\nROOT\nextension\n",
    "\n3\nROOT\n",
    "log\n3\nAAAA\n",
    "log\n-1\nROOT\n",
    "log\n9007199254740993\nROOT\n",
  ])("%j is refused", async (body) => {
    const note = await signNote(body.replace("ROOT", base64(EMPTY_ROOT)), [newSigner("log", generateKey())]);
    expect(parseCheckpoint(text(note))).toBeUndefined();
  });
});

test("a receipt reads back, and a cut one is refused", async () => {
  const { fetch, leaves } = grow(300);
  const proof = await inclusionProof(fetch, 77, 300);
  const receipt = encodeReceipt({ extra: text("entry 77"), index: 77, proof, checkpoint: "log\n300\nx\n\n— log x\n" });
  expect(receipt.startsWith("c2sp.org/tlog-proof@v1\nextra ")).toBe(true);
  const read = parseReceipt(receipt);
  expect(read?.index).toBe(77);
  expect(leafHash(read?.extra ?? text(""))).toEqual(leaves[77]);
  expect(read?.proof.map(hex)).toEqual(proof.map(hex));
  expect(parseReceipt(receipt.slice(0, 100))).toBeUndefined();
});
