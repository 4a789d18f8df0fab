import type { Cadence } from "../slots/cadence.ts";
import type { History, InstanceHistory } from "../slots/history.ts";

/** Slots of all instances together: 10 instances that owe something every hour for 50 years. */
const MAX_SLOTS = 5_000_000;
const MAX_SLOTS_OF_ONE = 2_000_000;
/** How often runs and slots may meet. */
const MAX_MEETINGS = 50_000_000;
/** Changes of configuration, pauses and retirements of one instance. */
const MAX_CHANGES = 10_000;

const HOUR = 3_600_000;
const SHORTEST: Record<Cadence["unit"], number> = {
  minute: 60_000,
  day: 22 * HOUR,
  week: 166 * HOUR,
  month: 670 * HOUR,
};

/**
 * Why the expected evidence of a log cannot be counted in reasonable time; undefined when it can. Whoever holds the key can
 * sign entries that ask for every minute of ten thousand years; whoever verifies them must get an answer all the same.
 */
export function excessOf(history: History): string | undefined {
  let slots = 0;
  let meetings = 0;
  for (const instance of history.instances.values()) {
    if (instance.configs.length + instance.plans.length > MAX_CHANGES) {
      return `${instance.id} was changed or paused more than ${MAX_CHANGES} times`;
    }
    const shortest = Math.min(...instance.configs.map(({ cadence }) => SHORTEST[cadence.unit] * cadence.count));
    const own = (history.asOf - instance.configuredSince) / shortest;
    slots += own;
    meetings += meetingsOf(instance, shortest, own);
    if (own > MAX_SLOTS_OF_ONE || slots > MAX_SLOTS) return `more than ${MAX_SLOTS_OF_ONE} expected periods`;
    if (meetings > MAX_MEETINGS) return "its runs claim too many periods at once";
  }
  return undefined;
}

/** At most how many slots the runs of an instance touch, all added up. */
function meetingsOf(instance: InstanceHistory, shortest: number, slots: number): number {
  const grace = instance.configs.reduce((longest, config) => Math.max(longest, config.grace), 0);
  const met = (from: number, to: number) => Math.min((to - from) / shortest, slots) + 2;
  let meetings = 0;
  for (const run of instance.runs) {
    for (const { from, to } of run.covered) meetings += met(from, to);
    meetings += run.instants.length * met(0, grace);
    if (run.slot === undefined) meetings += met(run.window.from, Math.max(run.window.from, run.window.to));
  }
  return meetings;
}
