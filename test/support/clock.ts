import type { Clock } from "../../src/lib/clock.ts";

interface Sleeper {
  readonly until: number;
  readonly wake: () => void;
}

/** A clock that stands still until the test moves it. */
export class FakeClock implements Clock {
  #now: number;
  #sleepers: Sleeper[] = [];
  #waiting: (() => void)[] = [];

  constructor(now: number | string = "2026-11-20T12:00:00.000Z") {
    this.#now = typeof now === "string" ? Date.parse(now) : now;
  }

  now(): number {
    return this.#now;
  }

  /** Sets the time, also backwards. Sleepers whose time has come wake up. */
  set(now: number | string): void {
    this.#now = typeof now === "string" ? Date.parse(now) : now;
    const due = this.#sleepers.filter((s) => s.until <= this.#now).sort((a, b) => a.until - b.until);
    this.#sleepers = this.#sleepers.filter((s) => s.until > this.#now);
    for (const sleeper of due) sleeper.wake();
  }

  /** Moves the time on by milliseconds. */
  advance(ms: number): void {
    this.set(this.#now + ms);
  }

  /** Milliseconds that those asleep still have to wait, shortest first. */
  get sleeping(): number[] {
    return this.#sleepers.map((s) => s.until - this.#now).sort((a, b) => a - b);
  }

  /** Resolves once somebody is asleep: what a test awaits before it moves the time. */
  async asleep(): Promise<void> {
    while (this.#sleepers.length === 0) await new Promise<void>((resolve) => this.#waiting.push(resolve));
  }

  sleep(ms: number, signal?: AbortSignal): Promise<void> {
    if (signal?.aborted) return Promise.reject(signal.reason);
    if (ms <= 0) return Promise.resolve();
    return new Promise((resolve, reject) => {
      const abort = () => {
        this.#sleepers = this.#sleepers.filter((s) => s !== sleeper);
        reject(signal?.reason);
      };
      const wake = () => {
        signal?.removeEventListener("abort", abort);
        resolve();
      };
      const sleeper: Sleeper = { until: this.#now + ms, wake };
      this.#sleepers.push(sleeper);
      signal?.addEventListener("abort", abort, { once: true });
      for (const waiting of this.#waiting.splice(0)) waiting();
    });
  }
}

/** A clock whose sleeps take no time: it jumps to the end of each, and remembers how long they would have been. */
export class SkippingClock extends FakeClock {
  readonly slept: number[] = [];

  override async sleep(ms: number, signal?: AbortSignal): Promise<void> {
    signal?.throwIfAborted();
    this.slept.push(ms);
    this.advance(ms);
  }
}
