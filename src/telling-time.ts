import type { Custody } from "./custody.ts";
import { clockWrong } from "./watch/clock.ts";

/** Whether what the machine takes for the time may be recorded. */

/**
 * Throws CLOCK_WRONG where the configured reference says that our clock is ahead by more than is allowed: whatever was
 * recorded now would push the time of every later record ahead as well. One that is behind does no such harm.
 */
export async function requireClock(custody: Custody, signal: AbortSignal): Promise<void> {
  if (custody.config.clock.reference === undefined) return;
  await custody.clockWatch?.look(signal);
  requireKnownClock(custody);
}

/** The same by what was measured last, for who cannot wait for an answer. */
export function requireKnownClock(custody: Custody): void {
  const sight = custody.clockWatch?.last;
  if (sight !== undefined && clockForbids(custody)) throw clockWrong(sight.reading, custody.config.clock.limit);
}

/** True where, by what was measured last, nothing may be recorded. */
export function clockForbids({ config, clockWatch }: Custody): boolean {
  const sight = clockWatch?.last;
  return config.clock.reference !== undefined && sight?.state === "wrong" && sight.reading.offset < 0;
}

/** What a run is told of the clock. Only a reference that a person named may forbid collecting. */
export async function clockReference(custody: Custody, signal: AbortSignal) {
  const sight = await custody.clockWatch?.look(signal);
  if (sight === undefined) return undefined;
  const { clock } = custody.config;
  const { use, offset, uncertainty } = sight.reading;
  const forbidden = sight.state === "wrong" && clock.reference !== undefined;
  return { use, offset, uncertainty, ...(forbidden ? { wrong: clockWrong(sight.reading, clock.limit) } : {}) };
}
