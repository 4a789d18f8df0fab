import { readdir, readFile, stat, utimes, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { describe, expect, test } from "vitest";
import { createLedger } from "../src/ledger/create.ts";
import { fileGuard, type Guard, headsOf, joinGuards } from "../src/ledger/guard.ts";
import { Ledger } from "../src/ledger/ledger.ts";
import { base64, sha256 } from "../src/lib/digest.ts";
import { CustodyError, isCustodyError } from "../src/lib/errors.ts";
import { MemoryStore } from "../src/store/memory.ts";
import { parseCheckpoint } from "../src/tlog/checkpoint.ts";
import { generateKey, newSigner } from "../src/tlog/note.ts";
import { Crash, faultyStore } from "./support/faulty-store.ts";
import {
  accessDraft,
  entriesOf,
  interruptedStore,
  ledgerParts,
  memoryGuard,
  newLedger,
  temporaryFolder,
} from "./support/ledger.ts";

const root = (label: string) => Uint8Array.from(sha256(new TextEncoder().encode(label)));

/** A copy of the objects, to be put back later. */
function snapshot(store: MemoryStore): () => void {
  const old = new Map(store.objects);
  return () => {
    store.objects.clear();
    for (const [key, bytes] of old) store.objects.set(key, bytes);
  };
}

describe("a guard file that has grown long", () => {
  test("is shortened while others write to it, and no head that was added is forgotten", async () => {
    const path = join(await temporaryFolder(), "head");
    let newest = 0;
    const writer = async (n: number) => {
      const guard = fileGuard(path, 400);
      for (let i = 1; i <= 150; i += 1) {
        const size = i * 10 + n;
        await guard.add({ size, root: root(`${size}`) });
        newest = Math.max(newest, size);
        const expected = newest;
        const found = await guard.newest();
        expect(found?.size, `${expected} was added`).toBeGreaterThanOrEqual(expected);
      }
    };
    await Promise.all(Array.from({ length: 8 }, (_, n) => writer(n)));
    expect((await stat(path)).size).toBeLessThan(4_000);
    expect(await readdir(dirname(path))).toEqual(["head"]);
  });

  test("is whole where somebody died in the middle of shortening it, and is tidied by the next one", async () => {
    const path = join(await temporaryFolder(), "head");
    const guard = fileGuard(path, 60);
    const line = (size: number) => `${size} ${base64(root(`${size}`))}\n`;
    // After the exchange, before the head that came late was carried over.
    await writeFile(path, line(5));
    await writeFile(`${path}.long`, `${line(5)}${line(9)}`);
    await writeFile(`${path}.next`, "12");
    expect((await guard.newest())?.size).toBe(9);
    for (const size of [6, 7]) await guard.add({ size, root: root(`${size}`) });
    expect((await guard.newest())?.size).toBe(9);
    expect(await readFile(path, "utf8")).toBe(line(9));
    expect(await readdir(dirname(path))).toEqual(["head"]);
  });

  test("stays long where it cannot be shortened: the head is kept all the same", async () => {
    const path = join(await temporaryFolder(), "head");
    const guard = fileGuard(path, 60);
    // Somebody died while shortening it, a moment ago.
    await writeFile(`${path}.lock`, "");
    for (const size of [1, 2, 3]) await guard.add({ size, root: root(`${size}`) });
    expect((await guard.newest())?.size).toBe(3);
    expect((await stat(path)).size).toBeGreaterThan(120);
    // It was long ago.
    await utimes(`${path}.lock`, new Date(0), new Date(0));
    for (const size of [4, 5]) await guard.add({ size, root: root(`${size}`) });
    expect((await guard.newest())?.size).toBe(5);
    expect((await stat(path)).size).toBeLessThan(120);
    expect(await readdir(dirname(path))).toEqual(["head"]);
  });
});

describe("a guard ahead of the checkpoint", () => {
  test("is what a process leaves that died between the two: the next one opens and signs", async () => {
    const { parts } = await newLedger();
    const store = faultyStore(parts.store, ({ method }) => (method === "replace" ? "crash-before" : undefined));
    const dying = await Ledger.open({ ...parts, store });
    await dying.append([accessDraft("a")]);
    await dying.append([accessDraft("b")]);
    await expect(dying.publish()).rejects.toThrow(Crash);
    expect((await parts.guard.newest())?.size).toBe(3);
    const next = await Ledger.open(parts);
    expect([next.size, next.dirty]).toEqual([3, true]);
    expect((await next.publish()).size).toBe(3);
  });

  test("is no fork and no rollback when others sign while this one opens, at whatever moment", async () => {
    for (let moment = 1; ; moment += 1) {
      const { ledger, parts } = await newLedger();
      let steps = 0;
      let happened = false;
      const step = async () => {
        steps += 1;
        if (steps !== moment) return;
        happened = true;
        await ledger.append([accessDraft("meanwhile")]);
        await ledger.publish();
      };
      const guard: Guard = {
        ...parts.guard,
        newest: async () => {
          await step();
          const newest = await parts.guard.newest();
          await step();
          return newest;
        },
      };
      const opened = await Ledger.open({ ...parts, guard, store: interruptedStore(parts.store, step) });
      const [mine] = await opened.append([accessDraft("mine")]);
      expect((await opened.publish()).size).toBeGreaterThan(mine?.index ?? 99);
      if (!happened) break;
      expect(moment).toBeLessThan(100);
    }
  });
});

describe("a running writer signs nothing", () => {
  test("when the store was set back to an older state under it, even where its own tail is there", async () => {
    const { ledger, parts } = await newLedger();
    const store = parts.store as MemoryStore;
    const setBack = snapshot(store);
    await ledger.append([accessDraft("a")]);
    await ledger.publish();
    setBack();
    const before = parseCheckpoint((await store.get("checkpoint")) as Uint8Array);
    await ledger.append([accessDraft("b")]);
    await expect(ledger.publish()).rejects.toMatchObject({ code: "LEDGER_ROLLED_BACK" });
    expect(parseCheckpoint((await store.get("checkpoint")) as Uint8Array)).toEqual(before);
    await expect(ledger.append([accessDraft("c")])).rejects.toMatchObject({ code: "LEDGER_ROLLED_BACK" });
  });

  test("when the store was emptied under it", async () => {
    const { ledger, parts } = await newLedger();
    (parts.store as MemoryStore).objects.clear();
    await ledger.append([accessDraft("a")]);
    await expect(ledger.publish()).rejects.toMatchObject({ code: "LEDGER_ROLLED_BACK" });
    expect(await parts.store.get("checkpoint")).toBe(undefined);
  });

  test.each([
    ["was lost", undefined, "NO_GUARD"],
    ["knows more than there is", { size: 9, root: root("x") }, "LEDGER_ROLLED_BACK"],
    ["knows another history", { size: 2, root: root("x") }, "LEDGER_FORKED"],
    ["knows another state of this very size", { size: 3, root: root("x") }, "LEDGER_FORKED"],
  ])("when its guard %s", async (_, known, code) => {
    const { ledger, parts } = await newLedger();
    await ledger.append([accessDraft("a")]);
    await ledger.append([accessDraft("b")]);
    await writeFile(parts.guard.place, "");
    if (known) await parts.guard.add(known);
    const checkpoint = await parts.store.get("checkpoint");
    await expect(ledger.publish()).rejects.toMatchObject({ code });
    expect(await parts.store.get("checkpoint")).toEqual(checkpoint);
    expect(await parts.guard.newest()).toEqual(known);
    await expect(Ledger.open(parts)).rejects.toMatchObject({ code });
  });
});

describe("beginning a ledger", () => {
  test("in a store that was emptied is refused by a guard that knows more, and nothing is written", async () => {
    const { parts } = await newLedger();
    const store = new MemoryStore();
    await expect(createLedger({ ...parts, store }, { zone: "UTC" })).rejects.toMatchObject({
      code: "LEDGER_ROLLED_BACK",
    });
    expect(store.objects.size).toBe(0);
  });

  test("twice at once with two keys: one begins, the other one's genesis stands nowhere", async () => {
    const store = new MemoryStore();
    const winner = await ledgerParts({ store });
    let second: Promise<unknown> | undefined;
    const loserParts = await ledgerParts({ store, origin: "other-11111111" });
    const interrupted = interruptedStore(store, async (when, method) => {
      if (when !== "before" || method !== "create" || second) return;
      second = createLedger(winner, { zone: "UTC" });
      await second;
    });
    const loser = createLedger({ ...loserParts, store: interrupted }, { zone: "UTC" });
    await expect(loser).rejects.toMatchObject({ code: "STORE_EXISTS" });
    const ledger = await Ledger.open(winner);
    expect((await entriesOf(ledger)).map(({ entry }) => entry.kind)).toEqual(["genesis"]);
  });
});

describe("two guards", () => {
  const unreachable = (error: unknown) => isCustodyError(error, "INDEX_UNREACHABLE");

  test("are both told, and the log must continue both, also the smaller one", async () => {
    const row = memoryGuard();
    const { parts } = await newLedger();
    const guard = joinGuards(parts.guard, row, unreachable);
    expect(guard.place).toContain(parts.guard.place);
    const ledger = await Ledger.open({ ...parts, guard });
    await ledger.append([accessDraft("a")]);
    await ledger.publish();
    expect([(await parts.guard.newest())?.size, (await row.newest())?.size]).toEqual([2, 2]);

    await row.add({ size: 1, root: root("x") });
    await expect(Ledger.open({ ...parts, guard })).resolves.toBeDefined();
    await ledger.append([accessDraft("b")]);
    await ledger.publish();
    await writeFile(parts.guard.place, `1 ${base64(root("x"))}\n`);
    expect((await guard.newest())?.size).toBe(3);
    await expect(Ledger.open({ ...parts, guard })).rejects.toMatchObject({ code: "LEDGER_FORKED" });
    await expect(ledger.publish()).rejects.toMatchObject({ code: "LEDGER_FORKED" });
  });

  test("one that is behind is brought up, also when there is nothing new to sign", async () => {
    const row = memoryGuard();
    const { ledger, parts } = await newLedger();
    await ledger.append([accessDraft("a")]);
    await ledger.publish();
    await (await Ledger.open({ ...parts, guard: joinGuards(parts.guard, row, unreachable) })).publish();
    expect((await row.newest())?.size).toBe(2);
  });

  test("the second may be out of reach, but not broken", async () => {
    const { parts } = await newLedger();
    const failing = (code: "INDEX_UNREACHABLE" | "INDEX_UNUSABLE"): Guard => ({
      place: "the row",
      newest: () => Promise.reject(new CustodyError(code, "no")),
      add: () => Promise.reject(new CustodyError(code, "no")),
    });
    const alone = await Ledger.open({
      ...parts,
      guard: joinGuards(parts.guard, failing("INDEX_UNREACHABLE"), unreachable),
    });
    await alone.append([accessDraft("a")]);
    expect((await alone.publish()).size).toBe(2);
    const broken = joinGuards(parts.guard, failing("INDEX_UNUSABLE"), unreachable);
    await expect(Ledger.open({ ...parts, guard: broken })).rejects.toMatchObject({ code: "INDEX_UNUSABLE" });
    await expect(headsOf(joinGuards(memoryGuard(), memoryGuard(), unreachable))).resolves.toEqual([]);
  });
});

describe("the guard file", () => {
  test("stays small, for its owner only, and loses nothing but what was smaller", async () => {
    const folder = await temporaryFolder();
    const guard = fileGuard(join(folder, "head"));
    const line = (size: number) => `${size} ${base64(root(String(size)))}\n`;
    await guard.add({ size: 1, root: root("1") });
    expect((await stat(guard.place)).mode & 0o777).toBe(0o600);
    await writeFile(guard.place, Array.from({ length: 6_000 }, (_, i) => line(i)).join(""));
    await guard.add({ size: 5, root: root("5") });
    expect(await readFile(guard.place, "utf8")).toBe(line(5_999));
    expect((await stat(guard.place)).mode & 0o777).toBe(0o600);
    expect(await readdir(folder)).toEqual(["head"]);
  });

  test("loses no line to one that a crash cut", async () => {
    const guard = fileGuard(join(await temporaryFolder(), "head"));
    await writeFile(guard.place, `7 ${base64(root("7"))}\n12 ${base64(root("12")).slice(0, 20)}`);
    expect((await guard.newest())?.size).toBe(7);
    await guard.add({ size: 9, root: root("9") });
    expect(await guard.newest()).toEqual({ size: 9, root: root("9") });
  });

  test("is made small by many at once without an error and without a left-over", async () => {
    const folder = await temporaryFolder();
    const guards = Array.from({ length: 8 }, () => fileGuard(join(folder, "head")));
    await writeFile(join(folder, "head"), `7 ${base64(root("7"))}\n`.repeat(6_000));
    await Promise.all(guards.map((guard, i) => guard.add({ size: 8 + i, root: root("x") })));
    expect((await guards[0]?.newest())?.size).toBeGreaterThanOrEqual(7);
    expect(await readdir(folder)).toEqual(["head"]);
  });

  test("one that holds nothing readable is begun anew by accepting a head, as its message says", async () => {
    const { ledger, parts } = await newLedger();
    const head = await ledger.publish();
    await writeFile(parts.guard.place, "garbage\n");
    await expect(Ledger.open(parts)).rejects.toMatchObject({
      code: "NO_GUARD",
      remedy: expect.stringContaining(`--accept-head 1:${base64(head.root)}`),
    });
    expect(await parts.guard.newest()).toBe(undefined);
    await parts.guard.add(head);
    await expect(Ledger.open(parts)).resolves.toBeDefined();
  });

  test("that cannot be read or written is an error with its path, and nothing is signed", async () => {
    const { ledger, parts } = await newLedger();
    const folder = fileGuard(dirname(parts.guard.place));
    await expect(folder.newest()).rejects.toMatchObject({
      code: "NO_GUARD",
      message: expect.stringContaining(folder.place),
    });
    const full: Guard = { ...parts.guard, add: fileGuard(join(parts.guard.place, "below")).add };
    await ledger.append([accessDraft("a")]);
    const other = await Ledger.open({ ...parts, guard: full });
    await expect(other.publish()).rejects.toMatchObject({
      code: "STORE_UNFIT",
      message: expect.stringContaining("below"),
    });
    expect(parseCheckpoint((await parts.store.get("checkpoint")) as Uint8Array)?.size).toBe(1);
  });
});

test("another key of the same name signs nothing that counts", async () => {
  const { parts } = await newLedger();
  const thief = newSigner(parts.signer.verifier.name, generateKey());
  await expect(createLedger({ ...parts, signer: thief }, { zone: "UTC" })).rejects.toMatchObject({
    code: "STORE_EXISTS",
  });
});
