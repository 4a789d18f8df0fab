import { execFile, spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import * as fs from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { promisify } from "node:util";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { type Disk, realDisk } from "../src/store/disk.ts";
import { createFolderStore, FolderStore } from "../src/store/folder.ts";
import { probeStore } from "../src/store/probe.ts";
import { pattern, source, textIn } from "./support/store-contract.ts";

const run = promisify(execFile);
const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

let folder: string;
let path: string;
beforeEach(async () => {
  folder = await fs.mkdtemp(join(tmpdir(), "custody-folder-"));
  path = join(folder, "store");
});
afterEach(() => fs.rm(folder, { recursive: true, force: true }));

describe("opening and making", () => {
  test("a missing folder is no store, and opening does not make it", async () => {
    await expect(FolderStore.open(path)).rejects.toMatchObject({
      code: "NOT_A_STORE",
      message: expect.stringContaining(path),
    });
    await expect(fs.lstat(path)).rejects.toThrow("ENOENT");
  });

  test("a file is no store", async () => {
    await fs.writeFile(path, "");
    await expect(FolderStore.open(path)).rejects.toMatchObject({ code: "NOT_A_STORE" });
    await expect(FolderStore.open(join(path, "below"))).rejects.toMatchObject({ code: "NOT_A_STORE" });
  });

  test("a new store is made with its parents, for this user only, and never over something", async () => {
    const deep = join(folder, "a", "b", "store");
    await createFolderStore(deep);
    expect((await fs.stat(deep)).mode & 0o777).toBe(0o700);
    await createFolderStore(deep);
    await fs.writeFile(join(deep, "something"), "");
    await expect(createFolderStore(deep)).rejects.toMatchObject({ code: "STORE_EXISTS" });
  });

  test("a key is the path of a file, and nothing but keys lies in the store", async () => {
    const store = await createFolderStore(path);
    await store.create("tile/0/x001/000.p/5", bytes("t"));
    await store.replace("checkpoint", bytes("c"));
    expect(await fs.readFile(join(path, "tile/0/x001/000.p/5"), "utf8")).toBe("t");
    expect((await fs.readdir(path)).sort()).toStrictEqual(["checkpoint", "tile"]);
    expect((await fs.readdir(folder)).sort()).toStrictEqual(["store", "store.tmp"]);
    expect(await fs.readdir(`${path}.tmp`)).toStrictEqual([]);
    expect((await fs.stat(`${path}.tmp`)).mode & 0o777).toBe(0o700);
  });

  test("a store that is only read makes nothing beside itself", async () => {
    await fs.mkdir(path);
    await fs.writeFile(join(path, "checkpoint"), "c");
    const store = await FolderStore.open(path);
    expect(await textIn(store, "checkpoint")).toBe("c");
    expect(await fs.readdir(folder)).toStrictEqual(["store"]);
  });

  test("a store that is taken away while it is open is not an empty one", async () => {
    const store = await createFolderStore(path);
    await store.create("a/b", bytes("x"));
    await fs.rename(path, `${path}.away`);
    await expect(store.get("a/c")).rejects.toMatchObject({ code: "NOT_A_STORE" });
    await expect(collect(store.list(""))).rejects.toMatchObject({ code: "NOT_A_STORE" });
    await expect(store.create("a/c", bytes("y"))).rejects.toMatchObject({ code: "NOT_A_STORE" });
    await fs.mkdir(path);
    await expect(store.get("a/c")).rejects.toMatchObject({ code: "STORE_UNREACHABLE" });
    await expect(store.create("a/c", bytes("y"))).rejects.toMatchObject({ code: "STORE_UNREACHABLE" });
    expect(await fs.readdir(path)).toStrictEqual([]);
  });
});

describe("left-overs of other processes", () => {
  const name = (host: string, pid: number, start: string) =>
    `${host}-${pid}-${start}-11111111-1111-1111-1111-111111111111`;

  test("what a dead process left goes at the next first write, what a living one is writing stays, and who only reads touches nothing", async () => {
    const store = await createFolderStore(path);
    // The name of a temporary file of this machine, as a write shows it.
    let mine = "";
    const failing: Disk = {
      ...realDisk,
      link: async (from) => {
        mine = String(from);
        throw Object.assign(new Error(), { code: "EIO" });
      },
      unlink: async () => {},
    };
    await expect((await FolderStore.open(path, failing)).create("a", bytes("a"))).rejects.toThrow();
    const [host = ""] = mine.slice(`${path}.tmp/`.length).split("-");
    const other = spawn(process.execPath, ["-e", "setInterval(() => {}, 1000)"]);
    await once(other, "spawn");
    const alive = name(host, other.pid ?? 0, "0");
    const restarted = name(host, other.pid ?? 0, "1");
    const gone = spawn(process.execPath, ["-e", ""]);
    await once(gone, "exit");
    const dead = name(host, gone.pid ?? 0, "0");
    const elsewhere = name("0000000f", 1, "1");
    const longAgo = name("0000000f", 2, "1");
    const left = [alive, restarted, dead, elsewhere, longAgo, "not-ours"];
    await store.sibling("probe").create("old/a", bytes("a"));
    await store.sibling("probe").create("new/a", bytes("a"));
    for (const file of left) await fs.writeFile(join(`${path}.tmp`, file), "");
    await fs.utimes(join(`${path}.tmp`, longAgo), 0, 0);
    await fs.utimes(join(`${path}.tmp`, "probe", "old"), 0, 0);
    const reader = await FolderStore.open(path);
    await reader.get("a");
    expect(await fs.readdir(`${path}.tmp`)).toEqual(expect.arrayContaining(left));
    await reader.create("b", bytes("b"));
    const found = await fs.readdir(`${path}.tmp`);
    const sameProcess = mine.slice(`${path}.tmp/`.length);
    const kept = [alive, elsewhere, "not-ours", sameProcess, "probe"];
    // Where the system does not tell when a process began, a number used again keeps a file until its process ends.
    const hasProc = await fs.stat("/proc/self/stat").then(
      () => true,
      () => false,
    );
    expect(found.sort()).toStrictEqual([...kept, ...(hasProc ? [] : [restarted])].sort());
    expect(await fs.readdir(join(`${path}.tmp`, "probe"))).toStrictEqual(["new"]);
    other.kill("SIGKILL");
    await once(other, "exit");
  });

  test("holds nothing of a probe any more when it is over, and none is ever swept out of the store", async () => {
    const store = await createFolderStore(path);
    await store.create("kept", bytes("a"));
    for (let i = 0; i < 3; i += 1) expect(await probeStore(store, randomBytes)).toMatchObject({ fit: true });
    expect(await fs.readdir(join(`${path}.tmp`, "probe"))).toStrictEqual([]);
    await expect(store.sweep("kept")).rejects.toThrow("only what was tried");
    await expect(store.sibling("probe").sweep("..")).rejects.toThrow("not a name");
    expect(await textIn(store, "kept")).toBe("a");
  });

  test("a failed write leaves nothing behind", async () => {
    const store = await createFolderStore(path);
    await expect(store.createFrom("a", { ...source(pattern(1_000)), digest: "0".repeat(64) })).rejects.toThrow();
    expect(await fs.readdir(`${path}.tmp`)).toStrictEqual([]);
  });
});

describe("hostile content", () => {
  test("a link is never followed, in the place of a file or of a folder, and is listed as what it is", async () => {
    const store = await createFolderStore(path);
    await fs.writeFile(join(folder, "secret"), "of the host");
    await fs.mkdir(join(folder, "outside"));
    await fs.writeFile(join(folder, "outside", "b"), "of the host");
    await fs.symlink(join(folder, "secret"), join(path, "linked"));
    await fs.symlink(join(folder, "outside"), join(path, "dir"));
    await fs.symlink("/nowhere", join(path, "dangling"));
    for (const key of ["linked", "dir/b", "dangling"]) {
      const unfit = expect.objectContaining({ code: "STORE_UNFIT", message: expect.stringContaining("symbolic link") });
      await expect(store.get(key)).rejects.toEqual(unfit);
      await expect(store.read(key)).rejects.toEqual(unfit);
      await expect(store.create(key, bytes("x"))).rejects.toEqual(unfit);
    }
    await expect(collect(store.list("dir/"))).rejects.toMatchObject({ code: "STORE_UNFIT" });
    expect(await collect(store.list(""))).toMatchObject(
      ["dangling", "dir", "linked"].map((key) => ({ key, instead: "symbolic link" })),
    );
    expect(await fs.readdir(join(folder, "outside"))).toStrictEqual(["b"]);
  });

  test("a replacement takes the place of a link and leaves its target alone", async () => {
    const store = await createFolderStore(path);
    await fs.writeFile(join(folder, "secret"), "of the host");
    await fs.symlink(join(folder, "secret"), join(path, "checkpoint"));
    await store.replace("checkpoint", bytes("c"));
    expect(await textIn(store, "checkpoint")).toBe("c");
    expect(await fs.readFile(join(folder, "secret"), "utf8")).toBe("of the host");
  });

  test("a named pipe does not make a reader wait, a folder is no file, a file is no folder", async () => {
    const store = await createFolderStore(path);
    await run("mkfifo", [join(path, "pipe")]);
    await fs.mkdir(join(path, "folder"));
    await store.create("file", bytes("f"));
    await expect(store.get("pipe")).rejects.toMatchObject({ code: "STORE_UNFIT" });
    await expect(store.get("folder")).rejects.toMatchObject({ code: "STORE_UNFIT" });
    await expect(store.create("folder", bytes("x"))).rejects.toMatchObject({ code: "STORE_UNFIT" });
    await expect(store.replace("folder", bytes("x"))).rejects.toMatchObject({ code: "STORE_UNFIT" });
    await expect(store.get("file/below")).rejects.toMatchObject({ code: "STORE_UNFIT" });
    await expect(store.create("file/below", bytes("x"))).rejects.toMatchObject({ code: "STORE_UNFIT" });
    expect(await collect(store.list(""))).toStrictEqual([
      { key: "file", size: 1 },
      { key: "pipe", size: 0, instead: "named pipe" },
    ]);
    expect(await fs.readdir(`${path}.tmp`)).toStrictEqual([]);
  });

  test("names that are no keys are listed, also those that are not text", async () => {
    const store = await createFolderStore(path);
    await fs.writeFile(join(path, "UPPER case"), "x");
    await fs.writeFile(Buffer.concat([Buffer.from(`${path}/no-text-`), Buffer.from([0xff])]), "x");
    await fs.mkdir(Buffer.concat([Buffer.from(`${path}/no-text-`), Buffer.from([0xfe])]));
    expect(await collect(store.list(""))).toMatchObject([
      { key: "UPPER case", size: 1 },
      { key: "no-text-\ufffd", instead: expect.stringContaining("not text") },
      { key: "no-text-\ufffd", instead: expect.stringContaining("not text") },
    ]);
  });

  test("a folder deeper than any key is listed and not entered", async () => {
    const store = await createFolderStore(path);
    await fs.mkdir(join(path, ...Array.from({ length: 100 }, () => "d")), { recursive: true });
    const [found, ...more] = await collect(store.list(""));
    expect(found).toMatchObject({ instead: "folder that lies too deep" });
    expect(more).toStrictEqual([]);
  });

  test("a file too large for memory is streamed, not got", async () => {
    const store = await createFolderStore(path);
    await fs.writeFile(join(path, "large"), "");
    await fs.truncate(join(path, "large"), 64 * 1024 * 1024 + 1);
    await expect(store.get("large")).rejects.toMatchObject({ code: "INPUT_TOO_LARGE" });
    let size = 0;
    for await (const piece of (await store.read("large")) ?? []) size += piece.length;
    expect(size).toBe(64 * 1024 * 1024 + 1);
  });

  test("a file that grows while it is read is read on in whole pieces, not byte by byte", async () => {
    await createFolderStore(path);
    await fs.writeFile(join(path, "log"), "x".repeat(3_000_000));
    let reads = 0;
    // As it was when it was opened: ten bytes.
    const open: Disk["open"] = async (...args) =>
      new Proxy(await realDisk.open(...args), {
        get(file, name) {
          if (name === "stat") return async () => Object.assign(await file.stat(), { size: 10 });
          if (name === "read") reads += 1;
          const found: unknown = Reflect.get(file, name);
          return typeof found === "function" ? found.bind(file) : found;
        },
      });
    const store = await FolderStore.open(path, { ...realDisk, open });
    expect((await store.get("log"))?.length).toBe(3_000_000);
    let size = 0;
    for await (const piece of (await store.read("log")) ?? []) size += piece.length;
    expect(size).toBe(3_000_000);
    expect(reads).toBeLessThan(30);
  });
});

describe("a disk that fails", () => {
  test("what is acknowledged was made durable in order: bytes, then folders, then the name", async () => {
    await createFolderStore(path);
    const log: string[] = [];
    const logged = (call: string) => log.push(call) === 0;
    const store = await FolderStore.open(path, watched(logged));
    log.length = 0;
    await store.create("a/b/c", bytes("x"));
    expect(log.filter((call) => !/^(lstat|readdir)/.test(call))).toStrictEqual([
      "mkdir ../store.tmp",
      "open temporary",
      "sync temporary",
      "mkdir a",
      "open .",
      "sync .",
      "mkdir a/b",
      "open a",
      "sync a",
      "link a/b/c",
      "unlink temporary",
      "open a/b",
      "sync a/b",
    ]);
    log.length = 0;
    await store.replace("a/b/d", bytes("x"));
    expect(log.filter((call) => !/^(lstat|readdir)/.test(call))).toStrictEqual([
      "open temporary",
      "sync temporary",
      "rename a/b/d",
      "open a/b",
      "sync a/b",
    ]);
    // What another process linked and may not have synced yet is made durable before it is built upon.
    const second = await FolderStore.open(path, watched(logged));
    log.length = 0;
    expect(await second.create("a/b/c", bytes("x"))).toBe("exists");
    expect(log.filter((call) => call.startsWith("sync"))).toStrictEqual(["sync .", "sync a", "sync a/b"]);
  });

  test.each(["create", "createFrom", "replace"] as const)(
    "%s with every single call of the disk failing in turn is an error, leaves no half object, and works the next time",
    async (method) => {
      for (let n = 1; ; n += 1) {
        const at = join(folder, `${method}-${n}`);
        await createFolderStore(at);
        let calls = 0;
        const disk = watched(() => {
          calls += 1;
          return calls === n;
        });
        const whole = pattern(300_000);
        const write = async (store: FolderStore) => {
          if (method === "createFrom") await store.createFrom("a/b", source(whole));
          else await store[method]("a/b", whole);
        };
        const failed = await FolderStore.open(at, disk)
          .then(write)
          .then(
            () => undefined,
            (thrown) => thrown,
          );
        const again = await FolderStore.open(at);
        const found = await again.get("a/b");
        expect(found === undefined || Buffer.compare(found, whole) === 0, `call ${n}`).toBe(true);
        await write(again);
        expect((await again.get("a/b"))?.length).toBe(300_000);
        if (calls < n) {
          expect(failed).toBeUndefined();
          expect(n).toBeGreaterThan(10);
          return;
        }
        // Tidying up may fail unnoticed; nothing else may.
        if (failed !== undefined) expect(failed).toMatchObject({ code: "STORE_UNREACHABLE" });
        else expect(found?.length).toBe(300_000);
      }
    },
  );

  test.each([
    ["ENOSPC", "STORE_FULL"],
    ["EDQUOT", "STORE_FULL"],
    ["EACCES", "STORE_UNFIT"],
    ["EROFS", "STORE_UNFIT"],
    ["EIO", "STORE_UNREACHABLE"],
  ])("%s is %s, with the place and what to do", async (code, expected) => {
    await createFolderStore(path);
    const store = await FolderStore.open(
      path,
      watched((call) => call === "sync temporary", code),
    );
    await expect(store.create("a", bytes("x"))).rejects.toMatchObject({
      code: expected,
      message: expect.stringContaining(path),
      remedy: expect.any(String),
    });
  });

  test("a file system without hard links is unfit", async () => {
    await createFolderStore(path);
    const store = await FolderStore.open(
      path,
      watched((call) => call.startsWith("link"), "EPERM"),
    );
    await expect(store.create("a", bytes("x"))).rejects.toMatchObject({
      code: "STORE_UNFIT",
      remedy: expect.stringContaining("hard links"),
    });
  });

  test("a full disk is said to be full, what was there is whole, and room makes it work again", async ({ skip }) => {
    await fs.mkdir(join(folder, "disk"));
    const mounted = await run("mount", ["-t", "tmpfs", "-o", "size=256k", "none", join(folder, "disk")]).then(
      () => true,
      () => false,
    );
    if (!mounted) skip("mounting a small disk is not permitted here");
    try {
      await expect((await FolderStore.open(join(folder, "disk"))).create("a", bytes("x"))).rejects.toMatchObject({
        code: "STORE_UNFIT",
        remedy: expect.stringContaining("subfolder"),
      });
      const store = await createFolderStore(join(folder, "disk", "store"));
      await store.create("a", bytes("whole"));
      await fs.writeFile(join(folder, "disk", "ballast"), Buffer.alloc(150_000));
      await expect(store.create("b", Buffer.alloc(150_000))).rejects.toMatchObject({ code: "STORE_FULL" });
      await expect(store.replace("a", Buffer.alloc(150_000))).rejects.toMatchObject({ code: "STORE_FULL" });
      expect(await textIn(store, "a")).toBe("whole");
      expect(await store.get("b")).toBeUndefined();
      await fs.rm(join(folder, "disk", "ballast"));
      expect(await store.create("b", Buffer.alloc(150_000))).toBe("created");
    } finally {
      await run("umount", [join(folder, "disk")]);
    }
  });
});

async function collect<T>(items: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const item of items) all.push(item);
  return all;
}

/** The real disk, with every call told as `link a/b`, and failing where the teller says so. */
function watched(fails: (call: string) => boolean, code = "EIO"): Disk {
  const named = (file: string) =>
    /\.tmp\/[0-9a-f]{8}-/.test(file) ? "temporary" : relative(path, file) === "" ? "." : relative(path, file);
  const tell = (call: string, file: unknown) => {
    if (fails(`${call} ${named(String(file))}`)) throw Object.assign(new Error(code), { code });
  };
  const names = ["open", "link", "rename", "unlink", "mkdir", "lstat", "readdir", "realpath", "rm"] as const;
  const calls = names.map((name) => {
    const act = realDisk[name] as (...args: unknown[]) => Promise<unknown>;
    const call = async (...args: unknown[]) => {
      tell(name, name === "link" || name === "rename" ? args[1] : args[0]);
      const result = await act(...args);
      if (name === "open") watchSync(result as fs.FileHandle, () => tell("sync", args[0]));
      return result;
    };
    return [name, call];
  });
  return Object.fromEntries(calls) as Disk;
}

function watchSync(file: fs.FileHandle, told: () => void): void {
  const sync = file.sync.bind(file);
  file.sync = async () => {
    told();
    await sync();
  };
}
