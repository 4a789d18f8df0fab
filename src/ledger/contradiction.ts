import { CustodyError } from "../lib/errors.ts";
import type { Store } from "../store/store.ts";
import type { Head } from "../tlog/checkpoint.ts";
import { verifyConsistency } from "../tlog/merkle.ts";
import { consistencyProof } from "../tlog/proof.ts";

/** The way out when it cannot be mended. */
export const SUCCESSOR =
  "If it cannot be mended, `custody init DIR --successor-of .` begins a new log that names this one and what was found.";

/** An object does not hold what the ledger gives it. */
export function altered(store: Store, key: string, what: string): CustodyError {
  return new CustodyError("LEDGER_ALTERED", `${store.place}: ${key} ${what}`, {
    remedy: `Nothing was overwritten. Run \`custody verify\` for the whole picture. ${SUCCESSOR}`,
  });
}

/** The store holds less than `place` has seen of it. */
export function rolledBack(store: Store, size: number, place: string, seen: number): CustodyError {
  return new CustodyError(
    "LEDGER_ROLLED_BACK",
    `${store.place} ends at entry ${size}; ${place} has already seen ${seen} entries, so ${seen - size} are gone`,
    {
      remedy:
        "Somebody put back an older state, or the wrong bucket is configured. Nothing was signed. Restore the newest state. " +
        SUCCESSOR,
    },
  );
}

/**
 * Refuses a head that does not continue an earlier one which `place` has seen. Reads tiles of the tree of `head`, so they
 * must be in the store unless both sizes are the same. Throws LEDGER_ROLLED_BACK or LEDGER_FORKED.
 */
export async function requireContinued(store: Store, earlier: Head, place: string, head: Head): Promise<void> {
  if (earlier.size > head.size) throw rolledBack(store, head.size, place, earlier.size);
  const proof = await consistencyProof((key) => store.get(key), earlier.size, head.size);
  if (verifyConsistency(earlier, head, proof)) return;
  throw new CustodyError(
    "LEDGER_FORKED",
    `${store.place} is not a continuation of what ${place} has seen at entry ${earlier.size}: history was rewritten`,
    { remedy: `Nothing was signed. Run \`custody verify\`; keep ${place} as evidence. ${SUCCESSOR}` },
  );
}
