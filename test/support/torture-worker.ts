import { writeSync } from "node:fs";
import type { FileHandle } from "node:fs/promises";
import { createLedger } from "../../src/ledger/create.ts";
import { fileGuard, type Guard } from "../../src/ledger/guard.ts";
import { loadKey } from "../../src/ledger/keys.ts";
import { Ledger, type LedgerParts } from "../../src/ledger/ledger.ts";
import { systemClock } from "../../src/lib/clock.ts";
import { base64 } from "../../src/lib/digest.ts";
import { isCustodyError } from "../../src/lib/errors.ts";
import { type Disk, realDisk } from "../../src/store/disk.ts";
import { FolderStore } from "../../src/store/folder.ts";
import { S3Store, type S3StoreOptions } from "../../src/store/s3.ts";
import type { Store, StoreSource } from "../../src/store/store.ts";
import { parseVkey } from "../../src/tlog/note.ts";

/** What a process is told, as JSON in its first argument. */
export interface KilledTask {
  readonly store: { readonly folder: string } | { readonly s3: Omit<S3StoreOptions, "clock"> };
  readonly guard: string;
  readonly keys: string;
  readonly vkey: string;
  /** Begins the names of its entries. */
  readonly who: string;
  /** It kills itself when it is about to make this call: of the disk where the store is a folder, of the store where it is a bucket. */
  readonly killAt: number;
  /** Begins the ledger, instead of opening it. */
  readonly begin: boolean;
}

/** What it says, a line of JSON each, once the ledger has said so. */
export type KilledLine =
  | { readonly appended: { index: number; digest: string; repeated: boolean; name: string; once?: string }[] }
  | { readonly blob: { digest: string; size: number; mediaType: string } }
  | { readonly size: number; readonly root: string }
  | { readonly calls: number };

const task = JSON.parse(process.argv[2] ?? "") as KilledTask;
let calls = 0;

/** Written at once: what was said is not lost when this process is killed. */
function say(line: KilledLine): void {
  writeSync(1, `${JSON.stringify(line)}\n`);
}

/** Counts a call; the one that was named never returns. */
async function step(): Promise<void> {
  calls += 1;
  if (calls !== task.killAt) return;
  process.kill(process.pid, "SIGKILL");
  await new Promise(() => {});
}

/** Every function of an object counted before it is called. */
function counted<T extends object>(inner: T, wrap: (name: string, result: unknown) => unknown = (_, r) => r): T {
  return new Proxy(inner, {
    get(target, name) {
      const value = Reflect.get(target, name, target) as unknown;
      if (typeof value !== "function" || typeof name !== "string") return value;
      return async (...args: unknown[]) => {
        await step();
        if (name === "writeFile") return halfAtATime(target as unknown as FileHandle, args[0] as Uint8Array);
        return wrap(name, await (value as (...all: unknown[]) => unknown).apply(target, args));
      };
    },
  });
}

/** A file may be cut anywhere: death comes between its halves, too. */
async function halfAtATime(file: FileHandle, bytes: Uint8Array): Promise<void> {
  await file.writeFile(bytes.subarray(0, bytes.length >> 1));
  await step();
  await file.writeFile(bytes.subarray(bytes.length >> 1));
}

async function openStore(): Promise<Store> {
  if ("s3" in task.store) return countedStore(await S3Store.open({ ...task.store.s3, clock: systemClock }));
  const disk: Disk = counted(realDisk, (name, result) => (name === "open" ? counted(result as FileHandle) : result));
  return FolderStore.open(task.store.folder, disk);
}

/** The calls that carry the ledger. */
function countedStore(inner: Store): Store {
  const before =
    <A extends unknown[], T>(act: (...args: A) => Promise<T>) =>
    async (...args: A): Promise<T> => {
      await step();
      return act(...args);
    };
  return {
    place: inner.place,
    get: before((key: string) => inner.get(key)),
    read: before((key: string) => inner.read(key)),
    create: before((key: string, bytes: Uint8Array) => inner.create(key, bytes)),
    createFrom: before((key: string, source: StoreSource) => inner.createFrom(key, source)),
    replace: before((key: string, bytes: Uint8Array) => inner.replace(key, bytes)),
    list: (prefix) => inner.list(prefix),
    sibling: (name) => inner.sibling(name),
    close: () => inner.close(),
  };
}

async function append(ledger: Ledger, names: readonly string[], once?: string): Promise<void> {
  const actor = { type: "system", id: "worker" } as const;
  const keys = names.map((_, i) => (once === undefined ? {} : { once: `${once}:${i}` }));
  const drafts = names.map((purpose, i) => ({ kind: "access" as const, actor, purpose, digests: [], ...keys[i] }));
  const answers = await ledger.append(drafts);
  say({ appended: answers.map((answer, i) => ({ ...answer, name: names[i] ?? "", ...keys[i] })) });
}

async function publish(ledger: Ledger): Promise<void> {
  const { size, root } = await ledger.publish();
  say({ size, root: base64(root) });
}

async function beginOrOpen(parts: LedgerParts): Promise<Ledger> {
  if (!task.begin) return Ledger.open(parts);
  try {
    return await createLedger(parts, { zone: "UTC" });
  } catch (error) {
    if (!isCustodyError(error, "STORE_EXISTS")) throw error;
    return Ledger.open(parts);
  }
}

const guard: Guard = counted(fileGuard(task.guard));
const signer = await loadKey(task.keys, parseVkey(task.vkey));
const ledger = await beginOrOpen({ store: await openStore(), signer, guard, clock: systemClock, software: "worker" });
const { who } = task;
say({ blob: await ledger.put(new TextEncoder().encode(`evidence ${who}`), "text/plain") });
await append(ledger, [`${who}.a`]);
await append(ledger, [`${who}.b`, `${who}.c`], "key:shared");
await publish(ledger);
await Promise.all([append(ledger, [`${who}.d`], `key:${who}`), append(ledger, [`${who}.e`])]);
await append(
  ledger,
  Array.from({ length: 12 }, (_, i) => `${who}.many.${i}`),
);
await publish(ledger);
await ledger.close();
say({ calls });
