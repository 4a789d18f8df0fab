import type { Clock } from "../lib/clock.ts";
import { sameBytes } from "../lib/digest.ts";
import { CustodyError } from "../lib/errors.ts";
import type { Store } from "../store/store.ts";
import { type Head, signCheckpoint } from "../tlog/checkpoint.ts";
import { verifyConsistency } from "../tlog/merkle.ts";
import type { Signer } from "../tlog/note.ts";
import { consistencyProof } from "../tlog/proof.ts";
import { ensure } from "./claim.ts";
import type { Guard } from "./guard.ts";
import type { Log } from "./log.ts";
import { readCheckpoint } from "./open.ts";

const WRITE_ATTEMPTS = 5;

/** Writes everything under `tile/` that a checkpoint of the log's size needs. Any process may, any number of times: the bytes follow from the entries. */
export async function integrate(store: Store, log: Log, clock: Clock): Promise<void> {
  const objects = log.derived();
  for (const object of objects) await ensure(store, object.key, object.bytes, clock);
  log.written(objects);
}

/** Refuses to sign a head that does not extend the newest one in the guard. Needs the tiles of `head` in the store. */
async function guardAllows(store: Store, guard: Guard, head: Head): Promise<"sign" | "behind"> {
  const newest = await guard.newest();
  if (newest === undefined) throw new CustodyError("NO_GUARD", `${guard.place} disappeared`, { remedy: "Put it back from a backup." });
  if (newest.size > head.size) return "behind";
  const proof = await consistencyProof((key) => store.get(key), newest.size, head.size);
  if (!verifyConsistency(newest, head, proof)) {
    throw new CustodyError("LEDGER_FORKED", `the log at entry ${head.size} does not continue what ${guard.place} recorded at entry ${newest.size}; nothing was signed`, {
      remedy: "Run `custody verify`; keep the guard file as evidence.",
    });
  }
  return "sign";
}

/**
 * Signs the log's end and puts the checkpoint, larger sizes winning: integrate, guard, sign, put, read back.
 * Returns `behind` when another process of this installation has signed a larger size meanwhile; follow and call again.
 */
export async function publishLog(store: Store, log: Log, signer: Signer, guard: Guard, clock: Clock): Promise<Head | "behind"> {
  await integrate(store, log, clock);
  const head = log.head();
  if ((await guardAllows(store, guard, head)) === "behind") return "behind";
  await guard.add(head);
  const bytes = await signCheckpoint(signer.verifier.name, head, [signer]);
  for (let attempt = 1; attempt <= WRITE_ATTEMPTS; attempt += 1) {
    const stored = await currentCheckpoint(store, signer);
    if (stored !== undefined && stored.size > head.size) return head;
    if (stored?.size === head.size) {
      if (sameBytes(stored.root, head.root)) return head;
      throw new CustodyError("LEDGER_FORKED", `${store.place}: checkpoint of size ${head.size} signs another root than the log has`);
    }
    await store.replace("checkpoint", bytes);
  }
  throw new CustodyError("STORE_UNREACHABLE", `${store.place}: the checkpoint of size ${head.size} was put ${WRITE_ATTEMPTS} times and does not stay`, {
    remedy: "What was collected is safe in seq/. Another program may be writing this object; find it, then run the command again.",
  });
}

async function currentCheckpoint(store: Store, signer: Signer) {
  return (await store.get("checkpoint")) === undefined ? undefined : readCheckpoint(store, signer.verifier);
}
