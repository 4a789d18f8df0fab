import { setTimeout as delay } from "node:timers/promises";

/** The only way to the time of day; handed in everywhere, so that tests and the demo can tell the time themselves. */
export interface Clock {
  /** Milliseconds since 1970-01-01T00:00:00Z. May go back: nothing that decides an order relies on it alone. */
  now(): number;
  /** Resolves after this many milliseconds, or rejects with the signal's reason. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
}

/** The machine's time, for programs that never wait. */
export const systemNow = (): number => Date.now();

/** The machine's clock. */
export const systemClock: Clock = {
  now: systemNow,
  sleep: (ms, signal) => delay(ms, undefined, signal ? { signal } : undefined),
};
