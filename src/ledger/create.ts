import { randomBytes } from "node:crypto";
import { batchKey, encodeBatch, parseBatch } from "../evidence/batch.ts";
import { type Draft, isKind, measureDraft } from "../evidence/entry.ts";
import { CustodyError } from "../lib/errors.ts";
import { iso } from "../lib/time.ts";
import type { Store } from "../store/store.ts";
import { EMPTY_ROOT } from "../tlog/merkle.ts";
import { buildEntries, timeForRecord } from "./append.ts";
import { claim } from "./claim.ts";
import { rolledBack } from "./contradiction.ts";
import { Ledger, type LedgerParts } from "./ledger.ts";
import { START } from "./log.ts";
import { Seal } from "./seal.ts";

export interface Genesis {
  /** The organisation's zone. */
  readonly zone: string;
  /** For demonstrations: up to when the clock is made up. Printed on every page for ever. */
  readonly simulatedUntil?: number;
  /** The log that this one goes on from: its newest head that was known, and why it ended. */
  readonly predecessor?: {
    readonly origin: string;
    readonly size: number;
    readonly root: string;
    readonly reason: string;
  };
}

/**
 * Begins a ledger in an empty store: the genesis entry and the first checkpoint. Refuses a store that holds anything
 * (STORE_EXISTS), except what an earlier call with the same key left when it was stopped half-way, which is finished.
 */
export async function createLedger(parts: LedgerParts, genesis: Genesis): Promise<Ledger> {
  const { store, signer, guard, clock, software } = parts;
  await refuseUsed(parts);
  const draft: Draft = {
    kind: "genesis",
    actor: { type: "system", id: "custody" },
    origin: signer.verifier.name,
    key: signer.verifier.vkey,
    nonce: randomBytes(16).toString("hex"),
    zone: genesis.zone,
    ...(genesis.simulatedUntil === undefined ? {} : { simulatedUntil: iso(genesis.simulatedUntil) }),
    ...(genesis.predecessor === undefined ? {} : { predecessor: genesis.predecessor }),
  };
  const checked = { draft, now: timeForRecord(clock), size: measureDraft(draft) };
  const entries = buildEntries([checked], START, software, await Seal.of(signer));
  await guard.add({ size: 0, root: EMPTY_ROOT });
  // Claimed in its place or not at all: a genesis is never put behind that of somebody who was first.
  const there = await claim(store, batchKey(0), encodeBatch(entries.map((e) => e.bytes)), clock);
  const first = parseBatch(there, START)[0]?.entry;
  if (first === undefined || !isKind(first, "genesis") || first.key !== signer.verifier.vkey)
    throw exists(store, "the beginning of another ledger");
  const ledger = Ledger.empty(parts);
  await ledger.publish();
  return ledger;
}

/** A new origin: `<slug>-<8 hex>`, without the characters that separate fields in the formats that carry it. */
export function newOrigin(name: string): string {
  const slug = name
    .normalize("NFKD")
    .replaceAll(/\p{M}/gu, "")
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, "-")
    .replaceAll(/^-+|-+$/g, "")
    .slice(0, 40);
  return `${slug || "ledger"}-${randomBytes(4).toString("hex")}`;
}

async function refuseUsed({ store, guard }: LedgerParts): Promise<void> {
  if ((await store.get("checkpoint")) !== undefined) throw exists(store, "a ledger already");
  // A beginning of our own may be finished; whose it is shows when it is claimed.
  if ((await store.get(batchKey(0))) !== undefined) return;
  for await (const { key } of store.list("")) {
    // It may also arrive only now, as the late write of a process that was stopped.
    if (key !== batchKey(0)) throw exists(store, key);
    return;
  }
  const seen = (await guard.newest())?.size ?? 0;
  if (seen > 0) throw rolledBack(store, 0, guard.place, seen);
}

function exists(store: Store, what: string): CustodyError {
  return new CustodyError("STORE_EXISTS", `${store.place} is not empty: it holds ${what}`, {
    remedy: "A ledger is begun once. Use the workspace that belongs to this store, or name an empty place.",
  });
}
