import { randomBytes } from "node:crypto";
import { parseBatch } from "../evidence/batch.ts";
import { isKind } from "../evidence/entry.ts";
import { CustodyError } from "../lib/errors.ts";
import { iso } from "../lib/time.ts";
import { EMPTY_ROOT } from "../tlog/merkle.ts";
import { Ledger, type LedgerParts } from "./ledger.ts";
import { Log, START } from "./log.ts";

export interface Genesis {
  /** The organisation's zone. */
  readonly zone: string;
  /** For demonstrations: up to when the clock is made up. Printed on every page for ever. */
  readonly simulatedUntil?: number;
}

/**
 * Begins a ledger in an empty store: the genesis entry and the first checkpoint. Refuses a store that holds anything
 * (STORE_EXISTS), except what an earlier call with the same key left when it was stopped half-way, which is finished.
 */
export async function createLedger(parts: LedgerParts, genesis: Genesis): Promise<Ledger> {
  const { store, signer, guard } = parts;
  await refuseUsed(parts);
  if ((await guard.newest()) === undefined) await guard.add({ size: 0, root: EMPTY_ROOT });
  const ledger = Ledger.empty(parts, new Log());
  if ((await store.get(new Log().nextKey)) === undefined) {
    await ledger.append([
      {
        kind: "genesis",
        actor: { type: "system", id: "custody" },
        origin: signer.verifier.name,
        key: signer.verifier.vkey,
        nonce: randomBytes(16).toString("hex"),
        zone: genesis.zone,
        ...(genesis.simulatedUntil === undefined ? {} : { simulatedUntil: iso(genesis.simulatedUntil) }),
      },
    ]);
  }
  await ledger.publish();
  return ledger;
}

/** A new origin: `<slug>-<8 hex>`, without the characters that separate fields in the formats that carry it. */
export function newOrigin(name: string): string {
  const slug = name
    .normalize("NFKD").replaceAll(/\p{M}/gu, "")
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, "-")
    .replaceAll(/^-+|-+$/g, "")
    .slice(0, 40);
  return `${slug || "ledger"}-${randomBytes(4).toString("hex")}`;
}

async function refuseUsed({ store, signer }: LedgerParts): Promise<void> {
  const exists = (what: string) =>
    new CustodyError("STORE_EXISTS", `${store.place} is not empty: it holds ${what}`, {
      remedy: "A ledger is begun once. Use the workspace that belongs to this store, or name an empty place.",
    });
  if ((await store.get("checkpoint")) !== undefined) throw exists("a ledger already");
  const first = await store.get(new Log().nextKey);
  if (first === undefined) {
    for await (const object of store.list("")) throw exists(object.key);
    return;
  }
  const genesis = parseBatch(first, START)[0]?.entry;
  if (genesis === undefined || !isKind(genesis, "genesis") || genesis.key !== signer.verifier.vkey) {
    throw exists("the beginning of another ledger");
  }
}
