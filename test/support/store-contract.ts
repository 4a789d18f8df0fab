import { randomBytes } from "node:crypto";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { digestOf } from "../../src/lib/digest.ts";
import { probeStore, requireFit } from "../../src/store/probe.ts";
import type { Store, StoreSource } from "../../src/store/store.ts";

export interface StoreUnderTest {
  /** Two handles on one empty place, as two processes have them. */
  readonly store: Store;
  readonly other: Store;
  /** Called when all tests are done, before both are closed. */
  readonly tearDown?: () => Promise<void>;
}

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

/** What every store promises, whatever it is made of. */
export function describeStore(name: string, factory: () => Promise<StoreUnderTest>): void {
  describe(`${name} keeps the promise of a store`, () => {
    let at: StoreUnderTest;
    let store: Store;
    let other: Store;
    beforeAll(async () => {
      at = await factory();
      ({ store, other } = at);
    }, 120_000);
    afterAll(async () => {
      await at?.tearDown?.();
      await at?.store.close();
      await at?.other.close();
    });

    test("an object that nobody created is undefined, and creating it makes it readable at once, by everybody", async () => {
      expect(await store.get("read/one")).toBeUndefined();
      expect(await store.read("read/one")).toBeUndefined();
      expect(await other.get("read/one")).toBeUndefined();
      expect(await store.create("read/one", bytes("one"))).toBe("created");
      for (const handle of [store, other]) {
        expect(await textIn(handle, "read/one")).toBe("one");
        expect(String(await readAll(handle, "read/one"))).toBe("one");
      }
    });

    test("every byte value and the empty object come back as they were", async () => {
      const all = Uint8Array.from({ length: 256 }, (_, n) => n);
      await store.create("bytes/all", all);
      await store.create("bytes/none", new Uint8Array());
      expect(Buffer.compare((await store.get("bytes/all")) ?? bytes(""), all)).toBe(0);
      expect((await store.get("bytes/none"))?.length).toBe(0);
      expect((await readAll(store, "bytes/none"))?.length).toBe(0);
    });

    test("a second creation is told `exists` and changes nothing, even with the same bytes", async () => {
      expect(await store.create("once/a", bytes("first"))).toBe("created");
      expect(await other.create("once/a", bytes("second"))).toBe("exists");
      expect(await store.create("once/a", bytes("first"))).toBe("exists");
      expect(await store.createFrom("once/a", source(bytes("third")))).toBe("exists");
      expect(await textIn(other, "once/a")).toBe("first");
    });

    test("of 16 creators at once exactly one is told `created`, and its bytes stay", async () => {
      for (const round of ["race/1", "race/2", "race/3"]) {
        const outcomes = await Promise.all(
          Array.from({ length: 16 }, (_, n) => (n % 2 ? store : other).create(round, bytes(`racer ${n}`))),
        );
        expect(outcomes.filter((outcome) => outcome === "created")).toHaveLength(1);
        expect(await textIn(store, round)).toBe(`racer ${outcomes.indexOf("created")}`);
      }
    });

    test("neither the bytes given nor the bytes got are shared with the caller", async () => {
      const mine = bytes("mine");
      await store.create("copy/a", mine);
      mine.fill(0);
      (await store.get("copy/a"))?.fill(0);
      expect(await textIn(store, "copy/a")).toBe("mine");
    });

    test("a stream of any size is stored whole, once", async () => {
      for (const size of [0, 1, 100_000, 6 * 1024 * 1024 + 1]) {
        const content = pattern(size);
        expect(await store.createFrom(`stream/${size}`, source(content))).toBe("created");
        expect(await other.createFrom(`stream/${size}`, source(content))).toBe("exists");
        const found = await readAll(other, `stream/${size}`);
        expect(found?.length).toBe(size);
        expect(digestOf(found ?? bytes("?"))).toBe(digestOf(content));
      }
    });

    test.each([
      ["short", { size: 8_000_001 }],
      ["long", { size: 7_999_999 }],
      ["altered", { digest: "0".repeat(64) }],
    ])("a large source that turns out %s is refused, and nothing is stored", async (name, wrong) => {
      await expect(
        store.createFrom(`wrong/${name}`, { ...source(pattern(8_000_000)), ...wrong }),
      ).rejects.toMatchObject({
        code: "INPUT_INVALID",
      });
      expect(await store.get(`wrong/${name}`)).toBeUndefined();
      expect(await store.createFrom(`wrong/${name}`, source(bytes("right")))).toBe("created");
    });

    test.each([1_000, 8_000_000])(
      "a source of %i bytes that fails passes its error on, and nothing is stored",
      async (size) => {
        const failing: StoreSource = {
          ...source(pattern(size)),
          async *open() {
            yield pattern(size).subarray(0, size - 1);
            throw new TypeError("the file went away");
          },
        };
        await expect(store.createFrom(`failing/${size}`, failing)).rejects.toThrow("the file went away");
        expect(await store.get(`failing/${size}`)).toBeUndefined();
      },
    );

    test("a reader may break off, or never begin", async () => {
      await store.create("broken-off", pattern(1_000_000));
      await store.read("broken-off");
      for await (const piece of (await store.read("broken-off")) ?? []) {
        expect(piece.length).toBeGreaterThan(0);
        break;
      }
      expect((await store.get("broken-off"))?.length).toBe(1_000_000);
    });

    test("a replacement is read at once by everybody", async () => {
      for (const text of ["one", "two, which is longer", "3"]) {
        await store.replace("replaced", bytes(text));
        expect(await textIn(other, "replaced")).toBe(text);
      }
      expect(await store.create("replaced", bytes("four"))).toBe("exists");
    });

    test("the list gives every object under a prefix with its size, in order of key", async () => {
      // In the order of code units, `.` and `-` come before `/`.
      const keys = ["l/a", "l/a-b", "l/a.b/c", "l/a0", "l/b.p/1", "l/b0/x", "l/c/000/1", "l/c/000.p/2", "l/c/001"];
      for (const key of [...keys].reverse()) await store.create(key, bytes(key));
      const sorted = [...keys].sort();
      expect(await listed(other, "l/")).toStrictEqual(sorted.map((key) => `${key} ${key.length}`));
      expect(await listed(store, "l/c/000")).toStrictEqual(["l/c/000.p/2 11", "l/c/000/1 9"]);
      expect(await listed(store, "l/c/000/")).toStrictEqual(["l/c/000/1 9"]);
      expect(await listed(store, "l/none")).toStrictEqual([]);
      expect((await listed(store, "")).length).toBeGreaterThan(sorted.length);
    });

    test("a list longer than a page is complete", async () => {
      const keys = Array.from({ length: 1_050 }, (_, n) => `many/${String(n).padStart(5, "0")}`);
      for (let from = 0; from < keys.length; from += 50) {
        await Promise.all(keys.slice(from, from + 50).map((key) => store.create(key, bytes(key))));
      }
      expect(await listed(other, "many/")).toStrictEqual(keys.map((key) => `${key} 10`));
    }, 60_000);

    test("what is no key is refused by every method, before anything happens", async () => {
      const bad = [
        "",
        "/",
        "/a",
        "a/",
        "a//b",
        ".",
        "..",
        "a/../b",
        "a/./b",
        "A",
        "a b",
        "a\\b",
        "a\0b",
        "ä",
        "-a",
        ".a",
      ];
      for (const key of [...bad, `${"a/".repeat(256)}a`, "a".repeat(201)]) {
        const refused = expect.objectContaining({ code: "INPUT_INVALID" });
        await expect(store.get(key), key).rejects.toEqual(refused);
        await expect(store.read(key), key).rejects.toEqual(refused);
        await expect(store.create(key, bytes("x")), key).rejects.toEqual(refused);
        await expect(store.createFrom(key, source(bytes("x"))), key).rejects.toEqual(refused);
        await expect(store.replace(key, bytes("x")), key).rejects.toEqual(refused);
      }
      await expect(listed(store, "../")).rejects.toMatchObject({ code: "INPUT_INVALID" });
      await expect(listed(store, "/")).rejects.toMatchObject({ code: "INPUT_INVALID" });
    });

    test("the longest key works", async () => {
      const key = ["a".repeat(200), "b".repeat(200), "c".repeat(110)].join("/");
      expect(key).toHaveLength(512);
      expect(await store.create(key, bytes("long"))).toBe("created");
      expect(await listed(other, "aaaa")).toStrictEqual([`${key} 4`]);
    });

    test("what is announced as too large is refused before a byte of it is read", async () => {
      const unread: StoreSource = {
        size: 5 * 1024 ** 3 + 1,
        digest: "0".repeat(64),
        open() {
          throw new Error("was opened");
        },
      };
      await expect(store.createFrom("too-large", unread)).rejects.toMatchObject({ code: "INPUT_TOO_LARGE" });
    });

    test("a sibling is another store: neither sees the other's objects, and the same name is the same one", async () => {
      const before = await listed(store, "");
      const sibling = store.sibling("beside");
      expect(await sibling.get("a")).toBeUndefined();
      expect(await listed(sibling, "")).toStrictEqual([]);
      expect(await sibling.create("a", bytes("there"))).toBe("created");
      expect(await sibling.create("deep/b", bytes("there"))).toBe("created");
      expect(await textIn(other.sibling("beside"), "a")).toBe("there");
      expect(await listed(sibling, "")).toStrictEqual(["a 5", "deep/b 5"]);
      expect(await listed(store, "")).toStrictEqual(before);
      expect(await store.get("a")).toBeUndefined();
      expect(() => store.sibling("../up")).toThrow(expect.objectContaining({ code: "INPUT_INVALID" }));
    });

    test("the probe passes and leaves no stray in the store", async () => {
      const before = await listed(store, "");
      const report = await probeStore(store, randomBytes);
      expect(report.checks.filter(({ ok }) => !ok)).toStrictEqual([]);
      expect(report).toMatchObject({ place: store.place, fit: true });
      requireFit(report);
      expect(await listed(store, "")).toStrictEqual(before);
    });
  });
}

/** A source that gives its bytes in uneven pieces, some of them empty. */
export function source(content: Uint8Array): StoreSource {
  return {
    size: content.length,
    digest: digestOf(content),
    async *open() {
      for (let from = 0, step = 1; from < content.length; from += step, step = Math.min(step * 3 + 1, 300_000)) {
        yield content.subarray(from, from + step);
        yield new Uint8Array();
      }
    },
  };
}

/** Bytes that repeat at no power of two, so that a piece in the wrong place shows. */
export function pattern(size: number): Uint8Array {
  const unit = Uint8Array.from({ length: 9_973 }, (_, n) => (n * 31) % 251);
  return Buffer.alloc(size, unit);
}

export async function readAll(store: Store, key: string): Promise<Buffer | undefined> {
  const pieces = await store.read(key);
  if (!pieces) return undefined;
  const parts: Uint8Array[] = [];
  for await (const piece of pieces) parts.push(piece);
  return Buffer.concat(parts);
}

/** An object as text. */
export async function textIn(store: Store, key: string): Promise<string | undefined> {
  const found = await store.get(key);
  return found && new TextDecoder().decode(found);
}

/** `key size` of every object. */
export async function listed(store: Store, prefix: string): Promise<string[]> {
  const found: string[] = [];
  for await (const { key, size } of store.list(prefix)) found.push(`${key} ${size}`);
  return found;
}
