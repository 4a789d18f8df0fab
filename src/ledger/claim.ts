import type { Clock } from "../lib/clock.ts";
import { sameBytes } from "../lib/digest.ts";
import { CustodyError, isCustodyError } from "../lib/errors.ts";
import type { Store } from "../store/store.ts";
import { altered } from "./contradiction.ts";

const ATTEMPTS = 5;
const FIRST_PAUSE = 100;

/**
 * Creates an object and finds out for certain what lies under its key: these bytes, or those of whoever was first. After
 * an unknown outcome (lost answer, time-out) the same bytes are offered again, never others, as the first offer may still
 * land. Throws STORE_UNREACHABLE when it stays unknown.
 */
export async function claim(store: Store, key: string, bytes: Uint8Array, clock: Clock): Promise<Uint8Array> {
  let pause = FIRST_PAUSE;
  for (let attempt = 1; ; attempt += 1) {
    try {
      if ((await store.create(key, bytes)) === "created") return bytes;
      const there = await store.get(key);
      if (there !== undefined) return there;
      throw new CustodyError("STORE_UNFIT", `${store.place}: ${key} exists and cannot be read`);
    } catch (error) {
      if (!isCustodyError(error, "STORE_UNREACHABLE") || attempt === ATTEMPTS) throw error;
    }
    await clock.sleep(pause);
    pause *= 2;
  }
}

/** Creates an object whose bytes follow from its key. Other bytes under it contradict the ledger: LEDGER_ALTERED. */
export async function ensure(store: Store, key: string, bytes: Uint8Array, clock: Clock): Promise<void> {
  if (!sameBytes(await claim(store, key, bytes, clock), bytes))
    throw altered(store, key, "holds other bytes than the ledger gives it");
}
