import { execFile } from "node:child_process";
import { open, readdir, readFile, stat, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { expect, test } from "vitest";
import { digestOf } from "../src/lib/digest.ts";
import { readZip } from "../src/pack/zip.ts";
import { writeZip, type ZipMember } from "../src/pack/zip-write.ts";
import { temporaryFolder } from "./support/ledger.ts";
import { describeWith } from "./support/tools.ts";

const run = promisify(execFile);
const bytes = (text: string) => new TextEncoder().encode(text);

function member(path: string, content: Uint8Array, pieces = 1): ZipMember {
  const step = Math.max(1, Math.ceil(content.length / pieces));
  return {
    path,
    size: content.length,
    digest: digestOf(content),
    open: function* () {
      for (let at = 0; at < content.length; at += step) yield content.subarray(at, at + step);
    },
  };
}

const FEW = [
  member("p/b.txt", bytes("second\n")),
  member("p/a.txt", bytes("first\n"), 3),
  member("p/empty", bytes("")),
  member("p/large.bin", new Uint8Array(3 * 1024 * 1024).fill(7), 5),
];

const target = async () => join(await temporaryFolder(), "x.zip");

/** What Python's zipfile finds after checking every checksum. */
async function python(path: string): Promise<[string, number, number[]][]> {
  const script =
    "import zipfile,json,sys\nz=zipfile.ZipFile(sys.argv[1])\nassert z.testzip() is None\nprint(json.dumps([[i.filename,i.file_size,list(i.date_time)] for i in z.infolist()]))";
  return JSON.parse((await run("python3", ["-c", script, path], { maxBuffer: 64 * 1024 * 1024 })).stdout);
}

async function membersOf(path: string) {
  const handle = await open(path);
  try {
    const slice = async (from: number, to: number) => {
      const buffer = Buffer.alloc(to - from);
      return buffer.subarray(0, (await handle.read(buffer, 0, to - from, from)).bytesRead);
    };
    return await readZip({ size: (await handle.stat()).size, slice });
  } finally {
    await handle.close();
  }
}

describeWith(["python3", "unzip"], "a pack's ZIP file", () => {
  test("is read by unzip, Python and our own reader, its files in order and dated 1980", async () => {
    const path = await target();
    const written = await writeZip(path, FEW);
    expect((await run("unzip", ["-t", path])).stdout).toContain("No errors detected");
    const found = await python(path);
    expect(found.map(([name, size]) => [name, size])).toEqual([
      ["p/a.txt", 6],
      ["p/b.txt", 7],
      ["p/empty", 0],
      ["p/large.bin", 3 * 1024 * 1024],
    ]);
    expect(found[0]?.[2]).toEqual([1980, 1, 1, 0, 0, 0]);
    expect((await membersOf(path)).map(({ name, size }) => [name, size])).toEqual(found.map(([n, s]) => [n, s]));
    const content = await readFile(path);
    expect(written).toEqual({ size: content.length, digest: digestOf(content) });
  });

  test("is the same whatever order and pieces its files come in", async () => {
    const again = [...FEW].reverse().map((one) => ({
      ...one,
      open: async function* () {
        for await (const piece of one.open())
          for (let i = 0; i < piece.length; i += 65_536) yield piece.subarray(i, i + 65_536);
      },
    }));
    const [one, two] = [await target(), await target()];
    await writeZip(one, FEW);
    await writeZip(two, again);
    expect(digestOf(await readFile(two))).toBe(digestOf(await readFile(one)));
  });

  test("says large sizes and places in ZIP64", async () => {
    const path = await target();
    await writeZip(path, FEW, { zip64From: 7 });
    expect((await python(path)).map(([name]) => name)).toEqual(["p/a.txt", "p/b.txt", "p/empty", "p/large.bin"]);
    expect((await run("unzip", ["-t", path])).stdout).toContain("No errors detected");
    expect(await membersOf(path)).toHaveLength(4);
  });

  test("holds more files than 65,535", async () => {
    const path = await target();
    const many = Array.from({ length: 65_540 }, (_, i) => member(`p/${String(i).padStart(6, "0")}`, bytes(String(i))));
    await writeZip(path, many);
    expect(await python(path)).toHaveLength(65_540);
  }, 30_000);
});

test("a file that is there is not overwritten, also one that came meanwhile", async () => {
  const path = await target();
  await writeFile(path, "mine");
  await expect(writeZip(path, FEW)).rejects.toMatchObject({ code: "USAGE", message: expect.stringContaining(path) });
  const other = await target();
  const racing = { ...member("p/z", bytes("z")), open: () => overtaken(other) };
  await expect(writeZip(other, [...FEW, racing])).rejects.toMatchObject({ code: "USAGE" });
  expect(await readFile(path, "utf8")).toBe("mine");
  expect(await readFile(other, "utf8")).toBe("theirs");
  expect(await readdir(dirname(other))).toEqual(["x.zip"]);
});

async function* overtaken(path: string) {
  await writeFile(path, "theirs");
  yield bytes("z");
}

test.each<[string, Partial<ZipMember>]>([
  ["other bytes", { digest: digestOf(bytes("else")) }],
  ["more bytes", { size: 6 }],
  ["fewer bytes", { size: 8 }],
  [
    "a failing source",
    {
      open: () => {
        throw new Error("gone");
      },
    },
  ],
])("nothing is left after a file with %s than announced", async (_name, over) => {
  const path = await target();
  await expect(writeZip(path, [...FEW, { ...member("p/x", bytes("seven b")), ...over }])).rejects.toThrow(
    /p\/x is not what was recorded|gone/,
  );
  expect(await readdir(dirname(path))).toEqual([]);
});

test("nothing is left when it is stopped", async () => {
  const path = await target();
  const controller = new AbortController();
  const stop = { signal: controller.signal, progress: () => controller.abort(new Error("stopped")) };
  await expect(writeZip(path, FEW, stop)).rejects.toThrow("stopped");
  expect(await readdir(dirname(path))).toEqual([]);
});

test.each(["../x", "/x", "a//b", "a/../b", ".x", "a/", "a b", "ä", ""])("a file named %j is refused", async (path) => {
  await expect(writeZip(await target(), [member(path, bytes("x"))])).rejects.toMatchObject({ code: "BUG" });
});

test("a full disk is told in words, and leaves nothing", async () => {
  // The one place on every Linux machine that has no room.
  if (!(await stat("/dev/full").catch(() => undefined))) return;
  const failing = { ...member("p/x", bytes("x")), open: () => noRoom() };
  await expect(writeZip(await target(), [failing])).rejects.toMatchObject({ code: "STORE_FULL" });
});

// biome-ignore lint/correctness/useYield: it fails before it yields
async function* noRoom(): AsyncGenerator<Uint8Array> {
  await writeFile("/dev/full", "x".repeat(100_000));
}
