import type { AnyGap } from "../gaps/gap.ts";
import type { Instant, Interval } from "../lib/time.ts";
import type { History } from "../slots/history.ts";

const NOT_RUNNING = "custody-not-running";

/**
 * When Custody itself did not run, as its own records tell: the longest time without any run that lies in one of these gaps;
 * undefined where none of them comes of it.
 */
export function silenceOf(gaps: readonly AnyGap[], history: History, now: Instant): Interval | undefined {
  const own = gaps.filter(({ cause, slots }) => cause === NOT_RUNNING && slots.length > 0);
  if (own.length === 0) return undefined;
  const from = Math.min(...own.map((gap) => gap.from));
  const to = Math.max(...own.map((gap) => gap.slots.at(-1)?.due ?? gap.to));
  const runs = [...history.instances.values()].flatMap((one) => one.runs.map(({ at }) => at));
  const moments = [...runs, now].sort((a, b) => a - b);
  let longest: Interval | undefined;
  for (const [i, at] of moments.entries()) {
    const next = moments[i + 1];
    if (next === undefined || next <= from || at >= to) continue;
    if (longest === undefined || next - at > longest.to - longest.from) longest = { from: at, to: next };
  }
  return longest;
}
