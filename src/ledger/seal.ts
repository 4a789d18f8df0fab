import { createHash, createHmac, randomBytes, timingSafeEqual } from "node:crypto";
import type { Recorded } from "../evidence/batch.ts";
import { canonicalBytes } from "../lib/canonical.ts";
import type { Signer } from "../tlog/note.ts";

const DOMAIN = "custody/batch-seal/v1\n";

/**
 * Makes batch IDs that nobody can make who does not hold the signing key. Whoever opens the ledger next signs what is committed and
 * not signed yet; without a seal, records that somebody with access to the store alone has put there would be signed along.
 * Readers need none of it: what is signed counts, and for them an ID is random.
 *
 * An ID is 8 random bytes, then the first 8 bytes of HMAC-SHA-256 over them, the hash that the batch continues, and each
 * entry without its `prev` and `batch`. The HMAC's key is the hash of the signing key's signature of a text that is never
 * published, so that a key service that only signs is enough.
 */
export class Seal {
  readonly #key: Uint8Array;

  private constructor(key: Uint8Array) {
    this.#key = key;
  }

  static async of(signer: Signer): Promise<Seal> {
    const secret = await signer.sign(new TextEncoder().encode(`${DOMAIN}${signer.verifier.name}\n`));
    return new Seal(createHash("sha256").update(secret).digest());
  }

  /** A new ID for entries that continue `prev`; of each entry all members but `prev` and `batch`. */
  make(prev: string, contents: readonly object[]): string {
    return this.#id(randomBytes(8), prev, contents);
  }

  /** Whether a batch, as it was read, was made by a holder of this key. */
  holds(batch: readonly Recorded[]): boolean {
    const [first] = batch;
    if (first === undefined) return false;
    const { batch: id, prev } = first.entry;
    const contents = batch.map(({ entry: { prev: _prev, batch: _batch, ...content } }) => content);
    const made = this.#id(Buffer.from(id.slice(0, 16), "hex"), prev, contents);
    return timingSafeEqual(Buffer.from(made), Buffer.from(id));
  }

  #id(nonce: Uint8Array, prev: string, contents: readonly object[]): string {
    const mac = createHmac("sha256", this.#key).update(nonce).update(prev);
    // Canonical JSON holds no line feed: entries cannot run into each other.
    for (const content of contents) mac.update("\n").update(canonicalBytes(content));
    return Buffer.from(nonce).toString("hex") + mac.digest("hex").slice(0, 16);
  }
}
