import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onTestFinished } from "vitest";
import type { Recorded } from "../../src/evidence/batch.ts";
import type { Draft } from "../../src/evidence/entry.ts";
import { createLedger } from "../../src/ledger/create.ts";
import { fileGuard, type Guard } from "../../src/ledger/guard.ts";
import { Ledger, type LedgerParts } from "../../src/ledger/ledger.ts";
import type { Clock } from "../../src/lib/clock.ts";
import { MemoryStore } from "../../src/store/memory.ts";
import type { Store } from "../../src/store/store.ts";
import type { Head } from "../../src/tlog/checkpoint.ts";
import { generateKey, newSigner } from "../../src/tlog/note.ts";
import { SkippingClock } from "./clock.ts";

/** A folder that is gone when the test ends. */
export async function temporaryFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "custody-test-"));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

/** What a ledger is made of: a store in memory, a new key, a guard file of its own, a clock that does not wait. */
export async function ledgerParts(over: { store?: Store; clock?: Clock; origin?: string } = {}): Promise<LedgerParts> {
  const folder = await temporaryFolder();
  return {
    store: over.store ?? new MemoryStore(),
    signer: newSigner(over.origin ?? "example-0a1b2c3d", generateKey()),
    guard: fileGuard(join(folder, "head")),
    clock: over.clock ?? new SkippingClock(),
    software: "custody/test",
  };
}

/** A ledger with its genesis entry. */
export async function newLedger(over: Parameters<typeof ledgerParts>[0] = {}) {
  const parts = await ledgerParts(over);
  return { ledger: await createLedger(parts, { zone: "Europe/Berlin" }), parts, reopen: () => Ledger.open(parts) };
}

/** A small valid draft: a note that something was read. */
export function accessDraft(purpose: string, once?: string): Draft {
  return {
    kind: "access",
    actor: { type: "system", id: "test" },
    purpose,
    digests: [],
    ...(once === undefined ? {} : { once }),
  };
}

/** A guard that ends with its process; `all` is every head it was ever told. */
export function memoryGuard(): Guard & { readonly all: Head[] } {
  const all: Head[] = [];
  return {
    place: "the guard",
    all,
    newest: async () => all.reduce<Head | undefined>((a, b) => (a === undefined || b.size > a.size ? b : a), undefined),
    add: async (head) => void all.push(head),
  };
}

export type StoreMethod = "get" | "create" | "replace";

/** A store in which something happens before a call is carried out, or after that and before it is answered. */
export function interruptedStore(
  inner: Store,
  interrupt: (when: "before" | "after", method: StoreMethod, key: string, bytes?: Uint8Array) => void | Promise<void>,
): Store {
  const around = async <T>(method: StoreMethod, key: string, act: () => Promise<T>, bytes?: Uint8Array): Promise<T> => {
    await interrupt("before", method, key, bytes);
    const result = await act();
    await interrupt("after", method, key, bytes);
    return result;
  };
  return {
    place: inner.place,
    get: (key) => around("get", key, () => inner.get(key)),
    create: (key, bytes) => around("create", key, () => inner.create(key, bytes), bytes),
    replace: (key, bytes) => around("replace", key, () => inner.replace(key, bytes), bytes),
    read: (key) => inner.read(key),
    createFrom: (key, source) => inner.createFrom(key, source),
    list: (prefix) => inner.list(prefix),
    sibling: (name) => inner.sibling(name),
    close: () => inner.close(),
  };
}

/** Everything that a log holds, by index. */
export async function entriesOf(ledger: Ledger, from = 0): Promise<Recorded[]> {
  const found: Recorded[] = [];
  for await (const recorded of ledger.read(from)) found.push(recorded);
  return found;
}
