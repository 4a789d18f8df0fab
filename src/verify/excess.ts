import { densityOf } from "../slots/cadence.ts";
import type { History, InstanceHistory } from "../slots/history.ts";

/** Slots of all instances together: 10 instances that owe something every hour for 50 years. */
const MAX_SLOTS = 5_000_000;
const MAX_SLOTS_OF_ONE = 2_000_000;
/** How often runs and slots may meet. */
const MAX_MEETINGS = 50_000_000;
/** Changes of configuration, pauses and retirements of one instance. */
const MAX_CHANGES = 10_000;

const DAY = 86_400_000;

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
    const densities = instance.configs.map(({ cadence }) => densityOf(cadence));
    const most = (of: (one: ReturnType<typeof densityOf>) => number) => Math.max(...densities.map(of));
    const years = (history.asOf - instance.configuredSince) / (365 * DAY);
    const own = years * most(({ perYear }) => perYear) + most(({ perDay }) => perDay);
    slots += own;
    const met = (from: number, to: number) => {
      const byTime = (to - from) * most(({ shortest }) => 1 / shortest);
      const byDay = (Math.ceil((to - from) / DAY) + 1) * most(({ perDay }) => perDay);
      return Math.min(byTime, byDay, own) + 2;
    };
    meetings += meetingsOf(instance, met);
    if (own > MAX_SLOTS_OF_ONE || slots > MAX_SLOTS) return `more than ${MAX_SLOTS_OF_ONE} expected periods`;
    if (meetings > MAX_MEETINGS) return "its runs claim too many periods at once";
  }
  return undefined;
}

/** At most how many slots the runs of an instance touch, all added up. */
function meetingsOf(instance: InstanceHistory, met: (from: number, to: number) => number): number {
  const grace = instance.configs.reduce((longest, config) => Math.max(longest, config.grace), 0);
  let meetings = 0;
  for (const run of instance.runs) {
    for (const { from, to } of run.covered) meetings += met(from, to);
    meetings += run.instants.length * met(0, grace);
    if (run.slot === undefined) meetings += met(run.window.from, Math.max(run.window.from, run.window.to));
  }
  return meetings;
}
