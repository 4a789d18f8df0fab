import type { AppendedEntry, RunLedger } from "../collector/run.ts";
import type { BlobRef } from "../evidence/blob.ts";
import type { Draft } from "../evidence/entry.ts";
import type { Ledger } from "../ledger/ledger.ts";
import { digestOf } from "../lib/digest.ts";

interface Waiting {
  readonly drafts: readonly Draft[];
  resolve(appended: AppendedEntry[]): void;
  reject(error: unknown): void;
}

/**
 * The ledger as the simulated year writes to it: as durable as always, with fewer trips to the disk. What the runs of one
 * moment store goes to the disk at once, what they append is one commit, begun when all of that is there; and what this
 * process has stored already is not stored again every day.
 */
export class DayLedger implements RunLedger {
  readonly #ledger: Ledger;
  readonly #stored = new Set<string>();
  #storing: Promise<BlobRef>[] = [];
  #waiting: Waiting[] = [];
  #running = 0;

  constructor(ledger: Ledger) {
    this.#ledger = ledger;
  }

  /** Resolves before the bytes are durable; nothing that names them is appended before they are. */
  readonly put = async (bytes: Uint8Array, mediaType: string): Promise<BlobRef> => {
    const digest = digestOf(bytes);
    if (!this.#stored.has(digest)) {
      const storing = this.#ledger.put(bytes, mediaType);
      // The commit that waits for it throws what it throws.
      storing.catch(() => undefined);
      this.#storing.push(storing);
      this.#stored.add(digest);
    }
    return { digest, size: bytes.length, mediaType };
  };

  readonly append = (drafts: readonly Draft[]): Promise<AppendedEntry[]> => {
    const appended = new Promise<AppendedEntry[]>((resolve, reject) => this.#waiting.push({ drafts, resolve, reject }));
    this.#commitIfAllWait();
    return appended;
  };

  /** Runs all at once and waits for all. Commits whenever each that is under way waits for its entry. */
  async together(chains: readonly (() => Promise<void>)[]): Promise<void> {
    this.#running += chains.length;
    await Promise.all(
      chains.map((chain) =>
        chain().finally(() => {
          this.#running -= 1;
          this.#commitIfAllWait();
        }),
      ),
    );
  }

  #commitIfAllWait(): void {
    if (this.#waiting.length === 0 || this.#waiting.length < this.#running) return;
    const waiting = this.#waiting.splice(0);
    this.#commit(waiting).catch((error: unknown) => {
      for (const { reject } of waiting) reject(error);
    });
  }

  async #commit(waiting: readonly Waiting[]): Promise<void> {
    await Promise.all(this.#storing.splice(0));
    const appended = await this.#ledger.append(waiting.flatMap(({ drafts }) => drafts));
    for (const { drafts, resolve } of waiting) resolve(appended.splice(0, drafts.length));
  }
}
