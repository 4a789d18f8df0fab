import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onTestFinished } from "vitest";
import type { Draft } from "../../src/evidence/entry.ts";
import { createLedger } from "../../src/ledger/create.ts";
import { fileGuard } from "../../src/ledger/guard.ts";
import { Ledger, type LedgerParts } from "../../src/ledger/ledger.ts";
import type { Clock } from "../../src/lib/clock.ts";
import { MemoryStore } from "../../src/store/memory.ts";
import type { Store } from "../../src/store/store.ts";
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
