import type { Clock } from "../lib/clock.ts";

const MINUTE = 60_000;

/**
 * Wakes the daemon at every full minute, never while it is still awake. What it does then is not decided here: a minute
 * that was slept through is made up for by the next one. It never sleeps longer than a minute, wherever the clock is set
 * meanwhile. `tick` never throws. Returns how to end it.
 */
export function everyMinute(tick: () => Promise<void>, clock: Clock): () => void {
  const ended = new AbortController();
  void keepWaking(tick, clock, ended.signal);
  return () => ended.abort();
}

async function keepWaking(tick: () => Promise<void>, clock: Clock, signal: AbortSignal): Promise<void> {
  for (;;) {
    try {
      await clock.sleep(MINUTE - (clock.now() % MINUTE), signal);
    } catch {
      return;
    }
    await tick();
  }
}
