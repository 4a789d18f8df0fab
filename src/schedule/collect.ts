import type { InstanceConfig } from "../collector/define.ts";
import { type RunRequest, type RunResult, runCollector } from "../collector/run.ts";
import type { Clock } from "../lib/clock.ts";
import { CustodyError } from "../lib/errors.ts";
import { type Instant, type Interval, parseDuration } from "../lib/time.ts";
import { parseCadence } from "../slots/cadence.ts";
import type { History, InstanceHistory } from "../slots/history.ts";
import { lookAfter, type Pull, shiftOf } from "../slots/pull.ts";
import type { Slot } from "../slots/slot.ts";
import { slotAt, slotsFrom } from "../slots/slot.ts";
import { dueWork } from "../slots/work.ts";

/** One run to make. */
export interface Task {
  readonly instance: InstanceConfig;
  readonly slot: Slot;
  readonly trigger: RunRequest["trigger"];
  /** The incident for which it is asked, as records name it. */
  readonly incident?: string;
  /** Runs that tried since the slot was over, and when the last of them ended. */
  readonly attempts?: number;
  readonly lastAttempt?: Instant;
}

/** What a run needs beside its task; the composition root gives it. */
export interface RunParts {
  readonly clock: Clock;
  of(instance: InstanceConfig, window: Interval): Omit<RunRequest, "instance" | "slot" | "window" | "trigger">;
}

/** By how much runs are moved at most where nothing is said. */
const DEFAULT_JITTER = 10 * 60_000;

/** When an instance is looked at, among so many. */
export function pullOf(instance: InstanceConfig, instances: number): Pull {
  const { id, pull, pullTimes, zone, grace, jitter = DEFAULT_JITTER } = instance;
  const shift = shiftOf(id, instances - 1, jitter, parseDuration(grace) ?? 0, pull);
  return pullTimes === undefined ? { every: pull, shift } : { cadence: parseCadence(pullTimes, zone), shift };
}

/** When an instance, among so many, is looked at next, if nothing is due before. */
export function nextLookOf(instance: InstanceConfig, instances: number, now: Instant): Instant {
  return lookAfter(pullOf(instance, instances), now);
}

/**
 * What is to be collected now, per instance in the order in which to do it. `pull` in milliseconds takes the place of what
 * is configured; 0 asks for an interim run in any case. Where the clock is behind the newest record, what was collected by
 * a later clock is not collected again. `only`: of this instance.
 */
export function tasksNow(
  instances: readonly InstanceConfig[],
  history: History,
  now: Instant,
  pull?: number,
  only?: string,
): Task[] {
  const asOf = Math.max(now, history.asOf);
  return instances.flatMap((instance) => {
    if (only !== undefined && instance.id !== only) return [];
    const known = history.instances.get(instance.id);
    if (known === undefined) return [];
    return dueWork(known, asOf, pull ?? pullOf(instance, instances.length), now).map(({ slot, why, ...tried }) => ({
      instance,
      slot,
      trigger: why === "due" ? "schedule" : why,
      ...tried,
    }));
  });
}

/** More periods of one instance than this are a mistyped year. */
const MAX_PERIODS = 5_000;

/**
 * Every slot of the instances in a period that a person asks for again; of sources that know only the present one at most, which the
 * present still counts for. Throws USAGE for more than 5,000 of one instance. */
export function backfillTasks(
  instances: readonly InstanceConfig[],
  history: History,
  period: Interval,
  now: Instant,
): Task[] {
  return instances.flatMap((instance) => {
    const known = history.instances.get(instance.id);
    const tasks: Task[] = [];
    if (known === undefined || slotAt(known, period.from, now) === undefined) return tasks;
    if (isPresentOnly(instance)) return presentTask(instance, known, period, now);
    for (const { id, instance: of, from, to, due } of slotsFrom(known, period.from, now)) {
      if (from >= Math.min(period.to, now)) break;
      if (tasks.length === MAX_PERIODS) {
        throw new CustodyError(
          "USAGE",
          `${of}: more than ${MAX_PERIODS} periods of ${instance.cadence} evidence to ask for again`,
          {
            remedy: "Name a later --from, or an earlier --to, and go on from there.",
          },
        );
      }
      tasks.push({ instance, slot: { id, instance: of, from, to, due }, trigger: "backfill" });
    }
    return tasks;
  });
}

/** What it once was cannot be asked of it later. */
const isPresentOnly = ({ collector }: InstanceConfig): boolean => collector.mode === "snapshot";

/** From when on a slot can still be filled by what a source is like now. */
const reachOf = ({ grace }: InstanceConfig, now: Instant): Instant => now - (parseDuration(grace) ?? 0);

function presentTask(instance: InstanceConfig, known: InstanceHistory, period: Interval, now: Instant): Task[] {
  let slot: Slot | undefined;
  for (const one of slotsFrom(known, Math.max(period.from, reachOf(instance, now)), now)) {
    if (one.from >= Math.min(period.to, now)) break;
    slot = { id: one.id, instance: one.instance, from: one.from, to: one.to, due: one.due };
  }
  return slot === undefined ? [] : [{ instance, slot, trigger: "backfill" }];
}

/** Those of which some of a period cannot be asked any more, because they know only the present. */
export function lostIn(instances: readonly InstanceConfig[], period: Interval, now: Instant): InstanceConfig[] {
  return instances.filter((one) => isPresentOnly(one) && period.from < reachOf(one, now));
}

/** What a run of this task would ask about now. */
export function windowOf(
  { instance, slot }: { readonly instance: InstanceConfig; readonly slot: Interval },
  now: Instant,
): Interval {
  const overlap = parseDuration(instance.collector.overlap ?? "0s") ?? 0;
  return { from: slot.from - overlap, to: Math.min(slot.to, Math.max(now, slot.from + 1)) };
}

/** Runs one task. The window is the slot as far as it has passed, with what the collector wants to see again before it. */
export function runTask(task: Task, parts: RunParts): Promise<RunResult> {
  const { instance, slot, trigger } = task;
  const window = windowOf(task, parts.clock.now());
  const limits = instance.timeout === undefined ? {} : { limits: { runTimeout: instance.timeout } };
  const about = task.incident === undefined ? {} : { incident: task.incident };
  return runCollector({ ...parts.of(instance, window), ...limits, ...about, instance, slot, window, trigger });
}

/** How many sources are asked at once where nothing is said. */
const AT_ONCE = 4;

/**
 * Runs tasks: those of one instance one after another, several instances at once. `done` is told of each as it ends. Stops
 * beginning new ones when the signal fires. What the ledger throws ends everything: it is thrown once the runs that were
 * under way have ended too.
 */
export async function runTasks(
  tasks: readonly Task[],
  parts: RunParts,
  signal: AbortSignal,
  done: (task: Task, result: RunResult) => void,
  atOnce: number = AT_ONCE,
): Promise<void> {
  const ids = [...new Set(tasks.map((task) => task.instance.id))];
  const byInstance = ids.map((id) => tasks.filter((task) => task.instance.id === id));
  const failures: unknown[] = [];
  const worker = async (): Promise<void> => {
    for (let own = byInstance.shift(); own !== undefined; own = byInstance.shift()) {
      for (const task of own) {
        if (signal.aborted || failures.length > 0) return;
        done(task, await runTask(task, parts));
      }
    }
  };
  const caught = () => worker().catch((thrown: unknown) => void failures.push(thrown));
  await Promise.all(Array.from({ length: atOnce }, caught));
  if (failures.length > 0) throw failures[0];
}
