import type { Link } from "../evidence/batch.ts";
import { decodeEntry } from "../evidence/entry.ts";
import { base64, digestOf, sameBytes } from "../lib/digest.ts";
import { CustodyError } from "../lib/errors.ts";
import type { Store } from "../store/store.ts";
import { type Checkpoint, type Head, parseCheckpoint } from "../tlog/checkpoint.ts";
import { Frontier } from "../tlog/frontier.ts";
import { leafHash, rootFromInclusion, verifyConsistency } from "../tlog/merkle.ts";
import { checkNote, type Verifier } from "../tlog/note.ts";
import { consistencyProof, edgeTiles, inclusionProof } from "../tlog/proof.ts";
import { bundleKey, decodeBundle, TILE_WIDTH } from "../tlog/tile.ts";
import type { Guard } from "./guard.ts";
import { Log } from "./log.ts";

/** The store's checkpoint, signed by the pinned key. Throws NOT_A_STORE where there is none, LEDGER_ALTERED for one that nobody we trust signed. */
export async function readCheckpoint(store: Store, key: Verifier): Promise<Checkpoint> {
  const bytes = await store.get("checkpoint");
  if (bytes === undefined) {
    throw new CustodyError("NOT_A_STORE", `${store.place} holds no checkpoint, so it is not a Custody store`, {
      remedy: "Check `store:` in custody.yaml for a typing mistake; `custody init` makes a new store.",
    });
  }
  const checkpoint = parseCheckpoint(bytes);
  if (checkpoint === undefined) throw altered(store, "checkpoint", "is not a signed checkpoint");
  if (checkpoint.origin !== key.name) {
    throw new CustodyError("KEY_NOT_PINNED", `${store.place} belongs to the log "${checkpoint.origin}"; the pinned key is of "${key.name}"`, {
      remedy: "Check `store:` and ledger.vkey: they belong to different ledgers.",
    });
  }
  const { signedBy, bad } = checkNote(checkpoint.note, [key]);
  if (signedBy.length === 0 || bad.length > 0) throw altered(store, "checkpoint", `is not signed by the pinned key ${key.vkey}`);
  return checkpoint;
}

function altered(store: Store, key: string, what: string): CustodyError {
  return new CustodyError("LEDGER_ALTERED", `${store.place}: ${key} ${what}`, {
    remedy: "Nothing was written. Run `custody verify` for the whole picture.",
  });
}

/** The end of the log as the checkpoint signs it, from the tree's right edge and the last bundle. */
export async function restoreLog(store: Store, { size, root }: Head): Promise<Log> {
  if (size === 0) return new Log();
  const fetch = (key: string) => store.get(key);
  const frontier = Frontier.from(size, await edgeTiles(fetch, size));
  if (!sameBytes(frontier.root(), root)) throw altered(store, "tile/", `does not hash to the root of the checkpoint of size ${size}`);

  const n = Math.floor((size - 1) / TILE_WIDTH);
  const width = size - n * TILE_WIDTH;
  const bytes = (await store.get(bundleKey(n, width))) ?? (await store.get(bundleKey(n)));
  if (bytes === undefined) throw altered(store, bundleKey(n, width), "is missing");
  const entries = decodeBundle(bytes, Math.max(width, 1), bundleKey(n, width)).slice(0, width);
  const last = entries.at(-1);
  const proof = await inclusionProof(fetch, size - 1, size);
  const proven = last && rootFromInclusion(size - 1, size, leafHash(last), proof);
  if (last === undefined || proven === undefined || !sameBytes(proven, root)) {
    throw altered(store, bundleKey(n, width), "does not hold the entry that the checkpoint signs");
  }
  const link: Link = { index: size, prev: digestOf(last), at: decodeEntry(last).at };
  return new Log(link, frontier, width === TILE_WIDTH ? [] : entries);
}

/**
 * Refuses a store that does not extend the newest head that this installation has seen. `before` is the head of the
 * checkpoint that the log was restored from, `log` has been followed to the end of what is committed.
 */
export async function checkGuard(store: Store, guard: Guard, before: Head, log: Log, known: ReadonlyMap<number, Uint8Array>): Promise<void> {
  const newest = await guard.newest();
  if (newest === undefined) {
    throw new CustodyError("NO_GUARD", `${guard.place} is missing: it keeps the newest state of the log that this installation has seen`, {
      remedy: `Put it back from a backup, or, if this store is known to be right, accept its state once with --accept-head ${before.size}:${base64(before.root)}`,
    });
  }
  if (newest.size > log.size) {
    throw new CustodyError(
      "LEDGER_ROLLED_BACK",
      `${store.place} ends at entry ${log.size}; this installation has already seen ${newest.size} entries, so ${newest.size - log.size} are gone`,
      { remedy: "Somebody put back an older state, or the wrong bucket is configured. Nothing was written. Restore the newest state." },
    );
  }
  const root = newest.size === before.size ? before.root : known.get(newest.size);
  const same =
    root !== undefined
      ? sameBytes(root, newest.root)
      : newest.size < before.size &&
        verifyConsistency(newest, before, await consistencyProof((key) => store.get(key), newest.size, before.size));
  if (!same) {
    throw new CustodyError(
      "LEDGER_FORKED",
      `${store.place} is not a continuation of what this installation saw at entry ${newest.size}: history was rewritten`,
      { remedy: `Nothing was written. Run \`custody verify\`; keep ${guard.place} as evidence.` },
    );
  }
}
