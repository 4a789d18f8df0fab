import type { Clock } from "../lib/clock.ts";
import type { Instant } from "../lib/time.ts";

/** The clock of the simulated year: it stands still until the story moves it on, and nobody waits. */
export class StoryClock implements Clock {
  #now: Instant;

  constructor(now: Instant) {
    this.#now = now;
  }

  now(): Instant {
    return this.#now;
  }

  /** Moves on; never back. */
  set(now: Instant): void {
    this.#now = Math.max(this.#now, now);
  }

  async sleep(ms: number, signal?: AbortSignal): Promise<void> {
    signal?.throwIfAborted();
    this.#now += Math.max(0, ms);
  }
}
