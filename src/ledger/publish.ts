import { batchKey } from "../evidence/batch.ts";
import type { Clock } from "../lib/clock.ts";
import { sameBytes } from "../lib/digest.ts";
import { CustodyError } from "../lib/errors.ts";
import type { Store } from "../store/store.ts";
import { type Head, signCheckpoint } from "../tlog/checkpoint.ts";
import { ensure } from "./claim.ts";
import { requireContinued, rolledBack } from "./contradiction.ts";
import { headsOf, noGuard } from "./guard.ts";
import type { LedgerParts } from "./ledger.ts";
import type { Log } from "./log.ts";
import type { Keys } from "./signing.ts";

const WRITE_ATTEMPTS = 5;

/**
 * Signs the log's end and puts the checkpoint: integrate, check, guard, sign, put, read back. Returns the head that the
 * checkpoint in the store has then, which covers all that was committed when it was called. `follow` brings the log up to
 * everything committed by anybody.
 *
 * A plain put can overwrite a larger checkpoint that another process has put a moment before. That one had told the guard
 * first, so the guard is asked again after the put, and whoever finds it ahead signs again.
 */
export async function publishLog(parts: LedgerParts, keys: Keys, log: Log, follow: () => Promise<void>): Promise<Head> {
  const { store, guard, clock } = parts;
  let put: Head | undefined;
  for (let puts = 0; ; puts += 1) {
    // Before the log is followed: what others signed was committed earlier, so the log must then reach it.
    const guarded = await headsOf(guard);
    const stored = await keys.checkpoint(store);
    if (guarded.length === 0) throw noGuard(guard, stored);
    // Who told the guard and died, or is slow, must not hold up the others for ever.
    const settled = puts === WRITE_ATTEMPTS || guarded.every(({ size }) => size <= (stored?.size ?? 0));
    if (put && stored && settled && sameHead(put, stored)) return put;

    await follow();
    await keys.learn(log.statements);
    await integrate(store, log, clock);
    const head = log.head();
    await requireBatch(store, stored?.size ?? 0, head.size);
    if (stored) await requireContinued(store, stored, "its checkpoint", head);
    for (const seen of guarded) {
      if (!stored || !sameHead(seen, stored)) await requireContinued(store, seen, guard.place, head);
    }
    const covering =
      stored && settled && stored.size >= (put ?? head).size && keys.satisfiedBy(stored) ? stored : undefined;
    if (guarded.some(({ size }) => size < (covering ?? head).size)) await guard.add(covering ?? head);
    if (covering) return { size: covering.size, root: covering.root };

    if (puts === WRITE_ATTEMPTS) throw unstable(store, head);
    await store.replace("checkpoint", await signCheckpoint(keys.signer.verifier.name, head, keys.signers));
    put = head;
  }
}

/** Writes everything under `tile/` that a checkpoint of the log's size needs. Any process may, any number of times: the bytes follow from the entries. */
async function integrate(store: Store, log: Log, clock: Clock): Promise<void> {
  const { size } = log;
  for (const { key, bytes } of log.derived()) await ensure(store, key, bytes, clock);
  log.written(size);
}

/** A checkpoint that is behind is followed by a batch; a store set back under a running writer has none there. */
async function requireBatch(store: Store, stored: number, size: number): Promise<void> {
  if (stored < size && (await store.get(batchKey(stored))) === undefined)
    throw rolledBack(store, stored, "this process", size);
}

function sameHead(a: Head, b: Head): boolean {
  return a.size === b.size && sameBytes(a.root, b.root);
}

function unstable(store: Store, { size }: Head): CustodyError {
  return new CustodyError(
    "STORE_UNREACHABLE",
    `${store.place}: the checkpoint of size ${size} was put ${WRITE_ATTEMPTS} times and does not stay`,
    {
      remedy:
        "What was collected is safe in seq/. Another program may be writing this object; find it, then run the command again.",
    },
  );
}
