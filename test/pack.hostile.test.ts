import { execFile } from "node:child_process";
import { mkdir, symlink, truncate, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { deflateRawSync } from "node:zlib";
import fc from "fast-check";
import { beforeEach, describe, expect, test } from "vitest";
import { MANIFEST_TYPE } from "../src/evidence/blob.ts";
import { canonicalBytes } from "../src/lib/canonical.ts";
import { zipFiles } from "../src/pack/reader.ts";
import { Selector } from "../src/pack/select.ts";
import { verifyPack } from "../src/pack/verify.ts";
import { type ByteSource, readZip } from "../src/pack/zip.ts";
import { generateKey, newSigner } from "../src/tlog/signer.ts";
import { parseVkey } from "../src/tlog/verifier.ts";
import { temporaryFolder } from "./support/ledger.ts";
import { builtVerifiers, examplePack, forged, sourceOf, type TestPack, zipOf } from "./support/packing.ts";
import { rounds } from "./support/tools.ts";
import { extra64, type ForgedEnd, type ForgedMember, forgeEnd64, forgeZip } from "./support/zip-forge.ts";

const text = (words: string) => new TextEncoder().encode(words);
const member = (name: string, over: Partial<ForgedMember> = {}): ForgedMember => ({ name, bytes: text("x"), ...over });

const MIB = 1024 ** 2;
const LOCATED = /^byte \d+: expected .{1,300}; found .{1,400}$/s;

/** ZIP files that nobody should make sense of, and a word of why not. */
const HOSTILE: Readonly<Record<string, readonly [Uint8Array, RegExp]>> = (() => {
  const bomb = deflateRawSync(new Uint8Array(10 * MIB));
  const end = (over: ForgedEnd, members: readonly ForgedMember[] = [member("p/a"), member("p/b")]) =>
    forgeZip(members, over);
  const name = (bytes: string | Uint8Array) => forgeZip([{ name: bytes, bytes: text("x") }]);
  const central = (over: ForgedMember["central"], rest: Partial<ForgedMember> = {}) =>
    forgeZip([member("p/a", { ...rest, central: over ?? {} })]);
  const both = (over: ForgedMember["local"]) => forgeZip([member("p/a", { local: over ?? {}, central: over ?? {} })]);
  const cd = (n: number) => forgeZip(Array.from({ length: n }, (_, i) => member(`p/${String(i).padStart(6, "0")}`)));
  const with64 = (fields: Parameters<typeof forgeEnd64>[1], over: ForgedEnd = {}) => {
    const plain = forgeZip([member("p/a")]);
    return forgeZip([member("p/a")], {
      before: forgeEnd64(plain.length - 22, fields),
      count: 0xffff,
      bytes: 0xffffffff,
      at: 0xffffffff,
      ...over,
    });
  };
  const flat = forgeZip([member("p/a")]);
  return {
    nothing: [new Uint8Array(), /at least 22 bytes/],
    noise: [new Uint8Array(1000).fill(7), /end of a ZIP/],
    "a bomb: deflate": [both({ method: 8, stored: bomb.length, size: 10 * MIB }), /compressed/],
    "a bomb: bzip2": [both({ method: 12 }), /method 12/],
    "a bomb: more bytes than stored": [both({ stored: 1, size: 0xfffffff0 }), /bytes/],
    "a size past the end": [both({ stored: 0x7fffffff, size: 0x7fffffff }), /within the/],
    "an exabyte": [
      forgeZip([
        member("p/a", {
          local: { version: 45, stored: 0xffffffff, size: 0xffffffff, extra: extra64(1n << 60n, 1n << 60n) },
          central: {
            version: 45,
            madeBy: 45,
            stored: 0xffffffff,
            size: 0xffffffff,
            extra: extra64(1n << 60n, 1n << 60n),
          },
        }),
      ]),
      /below 2\^53/,
    ],
    encrypted: [both({ flags: 1 }), /encrypted/],
    "a length told later": [both({ flags: 8 }), /told later/],
    "a strange flag": [both({ flags: 0x40 }), /flags/],
    "a path out of the folder": [name("p/../../etc/passwd"), /within the pack/],
    "an absolute path": [name("/etc/passwd"), /within the pack/],
    "a drive": [name("C:/windows"), /within the pack/],
    "a backslash": [name("p\\a"), /within the pack/],
    "a dot": [name("p/./a"), /within the pack/],
    "an empty step": [name("p//a"), /within the pack/],
    "a folder": [name("p/a/"), /within the pack/],
    "no name": [forgeZip([{ name: "", bytes: text("x") }, member("p/abc")]), /a name of 1/],
    "a NUL in a name": [name("p/a\0b"), /within the pack/],
    "a name that turns writing round": [name("p/\u202ecod.exe"), /within the pack/],
    "a name that is no text": [name(Uint8Array.of(0x70, 0x2f, 0xff, 0xfe)), /within the pack/],
    "a long name": [name(`p/${"a".repeat(60_000)}`), /a name of 1 to 1000 bytes/],
    "a name longer than the directory": [central({ nameLength: 0xfff }), /name/],
    "a symbolic link": [central({ external: (0o120777 << 16) >>> 0 }), /symbolic link/],
    "a device": [central({ external: (0o020666 << 16) >>> 0 }), /ordinary file/],
    "a folder by its attributes": [central({ external: 0x10 }), /ordinary file/],
    "the same name twice": [forgeZip([member("p/a"), member("p/a")]), /same name twice/],
    "names out of order": [forgeZip([member("p/b"), member("p/a")]), /ascending order/],
    "members that overlap": [
      forgeZip([member("p/a", { bytes: text("xxxxxxxx") }), member("p/b", { central: { offset: 2 } })]),
      /after the file before it/,
    ],
    "a member twice over the same bytes": [
      forgeZip([member("p/a"), member("p/b", { central: { offset: 0 } })]),
      /after the file/,
    ],
    "something between members": [
      forgeZip([member("p/a", { behind: text("hidden") }), member("p/b")]),
      /after the file before it/,
    ],
    "something before the directory": [
      forgeZip([member("p/a", { behind: text("hidden") })]),
      /directory after the last file/,
    ],
    "something in front": [Buffer.concat([text("#!/bin/sh\n"), flat]), /directory that ends at/],
    "something behind": [end({ behind: text("more") }), /end of a ZIP/],
    "a comment": [end({ comment: text("hello") }), /end of a ZIP/],
    "a comment that is a ZIP": [end({ comment: flat }), /comment|directory/],
    "something before the end record": [end({ before: text("hidden") }), /directory that ends at/],
    "another name in the header": [forgeZip([member("p/a", { local: { name: text("p/b") } })]), /name "p\/a"/],
    "another size in the header": [forgeZip([member("p/a", { local: { size: 7 } })]), /as the directory says|bytes/],
    "another checksum in the header": [forgeZip([member("p/a", { local: { crc: 7 } })]), /checksum/],
    "another method in the header": [forgeZip([member("p/a", { local: { method: 8 } })]), /compressed/],
    "a time": [both({ time: 1 }), /time/],
    "an extra field": [both({ extra: text("abcd") }), /extra/],
    "a comment of a member": [central({ comment: text("hi") }), /comment/],
    "another disk": [central({ disk: 1 }), /disk/],
    "version 99": [both({ version: 99 }), /version/],
    "a billion members": [end({ count: 0xffff }), /ZIP64/],
    "a billion members in ZIP64": [with64({ count: 1_000_000_000n, bytes: 49n, begin: 34n }), /at most 2000000/],
    "a million members without a directory": [with64({ count: 1_000_000n, bytes: 49n, begin: 34n }), /directory/],
    "2^63 members": [with64({ count: 1n << 63n, bytes: 49n, begin: 32n }), /below 2\^53/],
    "a directory at 2^52": [with64({ count: 1n, bytes: 49n, begin: 1n << 52n }), /directory/],
    "a ZIP64 record elsewhere": [with64({ count: 1n, bytes: 49n, begin: 32n, place: 3n }), /ZIP64/],
    "more members than there are": [end({ count: 3 }), /directory/],
    "fewer members than there are": [end({ count: 1 }), /end of the directory|file before/],
    "a directory that begins too early": [end({ at: 0 }), /directory/],
    "cut off in the middle": [cd(50).slice(0, 2000), /end of a ZIP/],
  };
})();

describe("a ZIP that is no pack", () => {
  test.each(Object.entries(HOSTILE))("%s is refused with the place", async (_name, [zip, why]) => {
    const source = sourceOf(zip);
    const error = await readZip(source).then(
      () => new Error("was read"),
      (thrown: Error) => thrown,
    );
    expect(error.message).toMatch(LOCATED);
    expect(error.message).toMatch(why);
    expect(error.message.length).toBeLessThan(500);
    expect((error as { code?: string }).code).toBe("INPUT_INVALID");
    // Whatever it claims, no more is asked for than it has, and never much at once.
    expect(source.asked.most).toBeLessThanOrEqual(256 * 1024);
  });

  test("of any bytes gives an answer: refused with the place, or members that lie within it", async () => {
    const good = forgeZip([member("p/a"), member("p/b", { bytes: text("hello") }), member("q")]);
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.tuple(fc.nat(good.length - 1), fc.nat(255)), { maxLength: 4 }),
        fc.nat(good.length),
        async (flips, cut) => {
          const zip = Uint8Array.from(flips.length === 0 ? good.subarray(0, cut) : good);
          for (const [at, byte] of flips) zip[at] = byte;
          const members = await readZip(sourceOf(zip)).catch((thrown: Error) => {
            expect(thrown.message).toMatch(LOCATED);
            return [];
          });
          for (const { at, size } of members) expect(at + size).toBeLessThanOrEqual(zip.length);
        },
      ),
      { numRuns: rounds(500, 120) },
    );
  });

  test("without one folder at its top is refused by name", async () => {
    for (const members of [[member("a")], [member("p/a"), member("q/a")], []])
      await expect(zipFiles(sourceOf(forgeZip(members)))).rejects.toThrow("one folder at its top");
  });

  test("of two million claimed files in a sparse file of terabytes costs neither time nor memory", async () => {
    const size = 4 * 1024 ** 4;
    const asked = { bytes: 0 };
    // Zeros, and an end record that claims the whole file as its directory.
    const tail = forgeEnd64(0, { count: 2_000_000n, bytes: BigInt(size - 98), begin: 0n, place: BigInt(size - 98) });
    const record = Buffer.alloc(22);
    record.writeUInt32LE(0x06054b50, 0);
    record.fill(0xff, 8, 20);
    const last = Buffer.concat([tail, record]);
    const source: ByteSource = {
      size,
      slice: async (from, to) => {
        asked.bytes += to - from;
        const bytes = new Uint8Array(to - from);
        for (let at = Math.max(from, size - last.length); at < to; at += 1)
          bytes[at - from] = last[at - (size - last.length)] as number;
        return bytes;
      },
    };
    await expect(readZip(source)).rejects.toThrow("byte 0: expected a file of the directory; found other bytes");
    expect(asked.bytes).toBeLessThan(2 * MIB);
  });
});

describe("a pack with hostile contents", () => {
  let pack: TestPack;
  let key: ReturnType<typeof parseVkey>;
  beforeEach(async () => {
    pack ??= await examplePack();
    key = parseVkey(pack.vkey);
  });

  async function answerTo(changes: Parameters<typeof forged>[1], edit?: Parameters<typeof forged>[2]) {
    const before = process.memoryUsage().rss;
    const started = performance.now();
    const files = await zipFiles(sourceOf(await zipOf(forged(pack.files, changes, edit))));
    const result = await verifyPack(files, { keys: [key] });
    expect(performance.now() - started).toBeLessThan(10_000);
    expect((process.memoryUsage().rss - before) / MIB).toBeLessThan(400);
    return result;
  }

  const checkpoint = (edit: (lines: string[]) => void) => {
    const lines = new TextDecoder().decode(pack.files.get("store/checkpoint")).split("\n");
    edit(lines);
    return text(lines.join("\n"));
  };
  const receipt = (edit: (lines: string[]) => void) => {
    const path = [...pack.files.keys()].find((name) => name.startsWith("receipts/")) as string;
    const lines = new TextDecoder().decode(pack.files.get(path)).split("\n");
    edit(lines);
    return { [path]: text(lines.join("\n")) };
  };

  test.each([
    ["a size of sixteen digits", (lines: string[]) => lines.splice(1, 1, "9007199254740993")],
    ["a size of a megabyte of digits", (lines: string[]) => lines.splice(1, 1, "9".repeat(60_000))],
    ["a size with a sign", (lines: string[]) => lines.splice(1, 1, "-3")],
    ["a root that is no base64", (lines: string[]) => lines.splice(2, 1, "!!!!")],
    ["a root with spare bits", (lines: string[]) => lines.splice(2, 1, `${(lines[2] ?? "").slice(0, -2)}d=`)],
    ["a signature that is no base64", (lines: string[]) => lines.splice(4, 1, "— example-0a1b2c3d %%%")],
    ["sixty-five signatures", (lines: string[]) => lines.splice(4, 1, ...Array<string>(65).fill(lines[4] ?? ""))],
    [
      "a hundred thousand signatures",
      (lines: string[]) => lines.splice(4, 1, ...Array<string>(100_000).fill(lines[4] ?? "")),
    ],
    ["no signature", (lines: string[]) => lines.splice(4, 1)],
    ["an extension line", (lines: string[]) => lines.splice(3, 0, "extension")],
  ])("a checkpoint with %s is malformed", async (_name, edit) => {
    const result = await answerTo({ "store/checkpoint": checkpoint((lines) => void edit(lines)) });
    expect(result.ok).toBe(false);
    expect(result.findings.map(({ code }) => code)).toContain("checkpoint-malformed");
  });

  test("a checkpoint of a size that is not there, and sixty-four signatures, are looked at and refused", async () => {
    const large = await answerTo({
      "store/checkpoint": checkpoint((lines) => void lines.splice(1, 1, "4503599627370495")),
    });
    expect(large.findings.map(({ code }) => code)).toContain("signature-invalid");
    const many = await answerTo({
      "store/checkpoint": checkpoint(
        (lines) => void lines.splice(5, 0, ...Array<string>(63).fill(`— other ${Buffer.alloc(68).toString("base64")}`)),
      ),
    });
    // Lines by strangers count for nothing; receipts hold the checkpoint without them.
    expect(many.findings.map(({ code }) => code)).toEqual(["receipt-invalid", "receipt-invalid"]);
  });

  test.each([
    ["an index of sixteen digits", (lines: string[]) => lines.splice(2, 1, "index 9007199254740993")],
    ["an index past the log", (lines: string[]) => lines.splice(2, 1, "index 7")],
    ["a hash that is no base64", (lines: string[]) => lines.splice(3, 1, "????")],
    ["a hash of two bytes", (lines: string[]) => lines.splice(3, 1, "AAA=")],
    ["sixty-four hashes", (lines: string[]) => lines.splice(3, 0, ...Array<string>(64).fill(`${"A".repeat(43)}=`))],
    [
      "a hundred thousand hashes",
      (lines: string[]) => lines.splice(3, 0, ...Array<string>(20_000).fill(`${"A".repeat(43)}=`)),
    ],
    ["no proof", (lines: string[]) => lines.splice(3, 2)],
  ])("a receipt with %s is invalid", async (_name, edit) => {
    const result = await answerTo(receipt((lines) => void edit(lines)));
    expect(result.findings.map(({ code }) => code)).toEqual(["receipt-invalid"]);
  });

  test("an empty store, and none at all, are found as missing and not as intact", async () => {
    const all = [...pack.files.keys()].filter((path) => path.startsWith("store/"));
    const gone = Object.fromEntries(all.map((path) => [path, undefined]));
    const empty = await answerTo(gone);
    expect(empty).toMatchObject({ ok: false, size: 0 });
    expect(empty.findings.map(({ code }) => code)).toEqual(["checkpoint-missing"]);
    const headless = await answerTo({ ...gone, "store/checkpoint": pack.files.get("store/checkpoint") });
    expect(headless.findings.map(({ code }) => code)).toContain("entry-missing");
  });

  test("a manifest that is named anew, through others, by record after record is followed once", async () => {
    const records = 1_500;
    const digestAt = (n: number) => n.toString(16).padStart(64, "0");
    const ref = (n: number, mediaType = MANIFEST_TYPE) => ({ digest: digestAt(n), size: 1, mediaType });
    // Each names the one before it, the first a long one: what names it last comes to it one step later each time.
    const long = Array.from({ length: 50_000 }, (_, i) => ref(1e6 + i, "text/plain"));
    const manifests = new Map<string, Uint8Array>([[digestAt(0), canonicalBytes(long)]]);
    for (let n = 1; n <= records; n += 1) manifests.set(digestAt(n), canonicalBytes([ref(n - 1)]));
    const selector = new Selector({ from: 0, to: 1 });
    const actor = { type: "system", id: "custody" };
    const common = {
      v: 1,
      prev: digestAt(0),
      batch: "0".repeat(32),
      at: "2026-11-20T16:40:10.123Z",
      software: "x",
    } as const;
    for (let index = 1; index <= records; index += 1)
      selector.add(index, { ...common, index, kind: "later", actor, list: ref(index) });
    const begun = performance.now();
    const { blobs } = await selector.select(async ({ digest }) => manifests.get(digest));
    expect(performance.now() - begun).toBeLessThan(4_000);
    expect([blobs.size, blobs.get(digestAt(1e6))?.last]).toEqual([records + 1 + long.length, records]);
  });

  test("lists that are huge, deep, or no lists at all", async () => {
    expect((await answerTo({ "pack.json": text("[".repeat(1_000_000)) })).ok).toBe(false);
    expect((await answerTo({ "pack.json": text('{"a":'.repeat(100_000)) })).ok).toBe(false);
    expect((await answerTo({}, (json) => void Object.assign(json, { size: 1e15 }))).findings[0]?.code).toBe(
      "pack-altered",
    );
    const omitted = Array.from({ length: 50_000 }, (_, i) => ({
      digest: i.toString(16).padStart(64, "0"),
      reason: "withheld",
      size: 1,
    }));
    const many = await answerTo({}, (json) => void Object.assign(json, { omitted }));
    expect(many.found).toBe(50_000);
    expect(many.findings.length).toBeLessThanOrEqual(200);
    const sums = await zipFiles(
      sourceOf(await zipOf(new Map([...pack.files, ["SHA256SUMS", new Uint8Array(20 * MIB).fill(0x61)]]))),
    );
    const long = await verifyPack(sums, { keys: [key] });
    expect(long.ok).toBe(false);
    expect(Math.max(...long.findings.map(({ found }) => found.length))).toBeLessThan(700);
  });
});

describe("verify.mjs", () => {
  let script: string;
  let pack: TestPack;
  beforeEach(async () => {
    pack ??= await examplePack();
    script = join(await builtVerifiers(), "verify.mjs");
  });

  /** Runs it with little memory and little time: whoever needs more of either is killed. */
  const run = (...args: string[]) =>
    new Promise<{ code: number | null; out: string; err: string }>((resolve) => {
      const child = execFile(
        process.execPath,
        ["--max-old-space-size=128", script, ...args],
        { timeout: 20_000, killSignal: "SIGKILL", env: {} },
        (_error, out, err) => resolve({ code: child.exitCode, out, err }),
      );
    });

  test("refuses each hostile ZIP with the place, in one line that says so, and exit code 2", async () => {
    const folder = await temporaryFolder();
    // Every one costs a process; all of them are read above.
    for (const [name, [zip, why]] of Object.entries(HOSTILE).filter((_, i) => i % 6 === 0)) {
      const path = join(folder, "pack.zip");
      await writeFile(path, zip);
      const { code, out, err } = await run(path, "--key", pack.vkey);
      expect([name, code, out]).toEqual([name, 2, ""]);
      expect(err).toMatch(why);
      expect(err).toMatch(/^verify: byte \d+: /);
      expect(err).not.toMatch(/\n\s+at /);
    }
  }, 120_000);

  test("looks at a sparse pack of four terabytes and says where it stops being one", async () => {
    const path = join(await temporaryFolder(), "large.zip");
    await writeFile(path, "PK");
    await truncate(path, 4 * 1024 ** 4);
    const { code, err } = await run(path, "--key", pack.vkey);
    expect(code).toBe(2);
    expect(err).toContain(`byte ${4 * 1024 ** 4 - 22}: expected the end of a ZIP file`);
  });

  test("does not follow links out of an unpacked pack", async () => {
    const folder = await temporaryFolder();
    const secret = join(await temporaryFolder(), "secret");
    await writeFile(secret, "secret words");
    for (const [path, bytes] of pack.files) {
      await mkdir(dirname(join(folder, path)), { recursive: true });
      if (path !== "README.txt") await writeFile(join(folder, path), bytes);
    }
    await symlink(secret, join(folder, "README.txt"));
    await symlink(dirname(secret), join(folder, "store", "elsewhere"));
    const { code, out } = await run(folder, "--key", pack.vkey);
    expect(code).toBe(1);
    expect(out).toMatch(/pack-altered[\s\S]*where: {4}README\.txt[\s\S]*found: {4}a symbolic link/);
    expect(out).toMatch(/stray[\s\S]*where: {4}elsewhere/);
    expect(out).not.toContain("secret words");
  });

  test("without the right key trusts nothing", async () => {
    const path = join(await temporaryFolder(), "pack.zip");
    await writeFile(path, pack.zip);
    const wrong = newSigner("example-0a1b2c3d", generateKey()).verifier.vkey;
    expect(await run(path, "--key", wrong)).toMatchObject({ code: 1 });
    expect((await run(path, "--key", wrong)).out).toContain("key-untrusted");
    expect(await run(path)).toMatchObject({ code: 2, out: "" });
    expect(await run(path, "--key", "nonsense")).toMatchObject({ code: 2 });
  });
});
