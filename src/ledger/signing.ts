import { batchKey, type Recorded } from "../evidence/batch.ts";
import type { Store } from "../store/store.ts";
import { type Checkpoint, parseCheckpoint } from "../tlog/checkpoint.ts";
import { checkNote, type Signer, type Verifier } from "../tlog/note.ts";
import { type KeyRing, newestKey } from "../trust/keyring.ts";
import { altered } from "./contradiction.ts";
import { readCheckpoint } from "./open.ts";
import { Seal } from "./seal.ts";

/** Keys at hand, and those that count. */
export interface LedgerKeys {
  /** Signs: of the keys that count and are here the one introduced last. */
  readonly signer: Signer;
  /** Sign checkpoints beside it for a while, for those who still have an older key pinned. */
  readonly cosigners?: readonly Signer[];
  /** All others that count and are here: they sign statements about keys, so that every older pin can follow. */
  readonly others?: readonly Signer[];
  /** Gave up signing, and are here: what they had committed by entry `until` may have to be taken in still. */
  readonly former?: readonly { readonly signer: Signer; readonly until: number }[];
  /** The log's keys, walked forward from the pinned one. Without it `signer` and those beside it are all that count. */
  readonly ring?: KeyRing;
  /** None of them can sign: the ledger was opened for reading, and takes what is not signed yet as it is. */
  readonly blind?: true;
}

/** Checkpoints of this size count when one of these has signed them: also a key before the pinned one that was never given up. */
function trustedAt({ signer, cosigners = [], ring }: LedgerKeys, size: number): Verifier[] {
  if (ring === undefined) return [signer, ...cosigners].map(({ verifier }) => verifier);
  return ring.keys
    .filter(({ retired, revoked }) => size <= Math.min(retired ?? size, revoked?.index ?? size))
    .map(({ verifier }) => verifier);
}

/**
 * The keys of an open ledger. When the log says something about keys, or a checkpoint is signed by one that is not known, they
 * are asked for again: another process may have rotated them.
 */
export class Keys {
  #held: LedgerKeys;
  readonly #again: (() => Promise<LedgerKeys>) | undefined;
  /** Statements in the log when they were asked for last. */
  #statements = 0;
  readonly #seals = new Map<string, Seal>();

  constructor(held: LedgerKeys, again: (() => Promise<LedgerKeys>) | undefined) {
    this.#held = held;
    this.#again = again;
  }

  get signer(): Signer {
    return this.#held.signer;
  }

  /** Sign a checkpoint. */
  get signers(): Signer[] {
    return [this.#held.signer, ...(this.#held.cosigners ?? [])];
  }

  /** Sign a statement about keys. */
  get voices(): Signer[] {
    return [this.#held.signer, ...(this.#held.others ?? [])];
  }

  get ring(): KeyRing | undefined {
    return this.#held.ring;
  }

  /** The store's checkpoint; undefined where there is none. Throws as `readCheckpoint` does. */
  async checkpoint(store: Store): Promise<Checkpoint | undefined> {
    const bytes = await store.get("checkpoint");
    const parsed = bytes && parseCheckpoint(bytes);
    if (parsed && this.#again && !this.#trusts(parsed)) await this.#ask();
    return readCheckpoint(store, this.signer.verifier.name, (size) => trustedAt(this.#held, size), bytes);
  }

  /** Asks again if the log holds more statements about keys than were known. */
  async learn(statements: number): Promise<void> {
    if (statements === this.#statements) return;
    if (this.#again) await this.#ask();
    this.#statements = statements;
  }

  /** Seals what is committed. */
  seal(): Promise<Seal> {
    return this.#sealOf(this.signer);
  }

  /** Gives back a batch that is not signed yet. Throws LEDGER_ALTERED when no holder of a key that is here has made it. */
  async requireSealed(store: Store, batch: readonly Recorded[]): Promise<readonly Recorded[]> {
    if (this.#held.blind || (await this.#sealed(batch))) return batch;
    await this.#ask();
    if (await this.#sealed(batch)) return batch;
    const first = batch[0]?.index ?? 0;
    throw altered(
      store,
      batchKey(first),
      `holds ${batch.length} records that nobody made who has a signing key of this folder, so they were not signed. ` +
        "Somebody with access to the store put them there, or another machine of yours writes with a key that is not here",
    );
  }

  /** True unless the checkpoint lacks the signature of the key that should have signed it and that is here. */
  satisfiedBy({ note }: Checkpoint): boolean {
    const newest = this.ring && newestKey(this.ring)?.verifier;
    if (newest?.vkey !== this.signer.verifier.vkey) return true;
    return checkNote(note, [newest]).signedBy.length > 0;
  }

  async #sealed(batch: readonly Recorded[]): Promise<boolean> {
    const { signer, cosigners = [], others = [], former = [] } = this.#held;
    const first = batch[0]?.index ?? 0;
    const then = former.filter(({ until }) => first <= until).map((key) => key.signer);
    for (const key of [signer, ...cosigners, ...others, ...then])
      if ((await this.#sealOf(key)).holds(batch)) return true;
    return false;
  }

  async #sealOf(signer: Signer): Promise<Seal> {
    const { vkey } = signer.verifier;
    const seal = this.#seals.get(vkey) ?? (await Seal.of(signer));
    this.#seals.set(vkey, seal);
    return seal;
  }

  #trusts({ origin, size, note }: Checkpoint): boolean {
    return origin !== this.signer.verifier.name || checkNote(note, trustedAt(this.#held, size)).signedBy.length > 0;
  }

  async #ask(): Promise<void> {
    if (this.#again) this.#held = await this.#again();
  }
}
