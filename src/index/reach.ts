import type { Clock } from "../lib/clock.ts";
import { CustodyError, isCustodyError, messageOf } from "../lib/errors.ts";
import type { Instant } from "../lib/time.ts";

/** A database that does not answer within this long counts as out of reach: a record does not wait for it. */
const PATIENCE = 10_000;
/** It is not asked again before. */
const REST = 5_000;

/** Whether a given database can be reached, as far as its uses tell. */
export class Reach {
  readonly #clock: Clock;
  readonly #place: () => string;
  #away: { readonly since: Instant; readonly error: CustodyError } | undefined;
  #restsUntil = 0;

  /** `place` names it for messages, without any secret. */
  constructor(clock: Clock, place: () => string) {
    this.#clock = clock;
    this.#place = place;
  }

  /** Since when it cannot be reached, and why; undefined while it can. */
  get away(): { readonly since: Instant; readonly message: string } | undefined {
    return this.#away && { since: this.#away.since, message: messageOf(this.#away.error) };
  }

  /** It was seen to be out of reach. */
  failed(error: CustodyError): void {
    const now = this.#clock.now();
    this.#away = { since: this.#away?.since ?? now, error };
    this.#restsUntil = now + REST;
  }

  /**
   * Asks it. Throws INDEX_UNREACHABLE when it does not answer in time, and at once for a while after it did not; what else
   * `work` throws.
   */
  async ask<T>(work: () => Promise<T>): Promise<T> {
    const now = this.#clock.now();
    // A clock that was set back is no reason to wait for hours.
    if (this.#away && now < this.#restsUntil && this.#restsUntil - now <= REST) throw this.#away.error;
    const done = new AbortController();
    try {
      const answer = await Promise.race([work(), this.#late(done.signal)]);
      this.#away = undefined;
      return answer;
    } catch (error) {
      if (isCustodyError(error, "INDEX_UNREACHABLE")) this.failed(error);
      throw error;
    } finally {
      done.abort();
    }
  }

  async #late(signal: AbortSignal): Promise<never> {
    try {
      await this.#clock.sleep(PATIENCE, signal);
    } catch {
      // It answered in time; nobody waits for this any more.
      return new Promise<never>(() => {});
    }
    throw new CustodyError(
      "INDEX_UNREACHABLE",
      `the index at ${this.#place()} does not answer: nothing within ${PATIENCE / 1000} s`,
      { remedy: "Nothing is lost: the index is made from the ledger. Try again later." },
    );
  }
}
