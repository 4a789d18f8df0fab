import type { InstanceConfig } from "../collector/define.ts";
import { type RunRequest, type RunResult, runCollector } from "../collector/run.ts";
import type { Clock } from "../lib/clock.ts";
import { CustodyError } from "../lib/errors.ts";
import { type Instant, type Interval, parseDuration } from "../lib/time.ts";
import type { History } from "../slots/history.ts";
import type { Slot } from "../slots/slot.ts";
import { slotAt, slotsFrom } from "../slots/slot.ts";
import { dueWork } from "../slots/work.ts";

/** One run to make. */
export interface Task {
  readonly instance: InstanceConfig;
  readonly slot: Slot;
  readonly trigger: RunRequest["trigger"];
  /** Runs that tried since the slot was over, and when the last of them was logged. */
  readonly attempts?: number;
  readonly lastAttempt?: Instant;
}

/** What a run needs beside its task; the composition root gives it. */
export interface RunParts {
  readonly clock: Clock;
  of(instance: InstanceConfig, window: Interval): Omit<RunRequest, "instance" | "slot" | "window" | "trigger">;
}

/** What is to be collected now, per instance in the order in which to do it. `pull` of 0 asks for an interim run in any case. */
export function tasksNow(instances: readonly InstanceConfig[], history: History, now: Instant, pull?: number): Task[] {
  return instances.flatMap((instance) => {
    const known = history.instances.get(instance.id);
    if (known === undefined) return [];
    return dueWork(known, now, pull ?? instance.pull).map(({ slot, why, ...tried }) => ({
      instance,
      slot,
      trigger: why === "due" ? "schedule" : why,
      ...tried,
    }));
  });
}

/** More periods of one instance than this are a mistyped year. */
const MAX_PERIODS = 5_000;

/** Every slot of the instances in a period that a person asks for again. Throws USAGE for more than 5,000 of one instance. */
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

/** Runs one task. The window is the slot as far as it has passed, with what the collector wants to see again before it. */
export function runTask(task: Task, parts: RunParts): Promise<RunResult> {
  const { instance, slot, trigger } = task;
  const overlap = parseDuration(instance.collector.overlap ?? "0s") ?? 0;
  const window = { from: slot.from - overlap, to: Math.min(slot.to, Math.max(parts.clock.now(), slot.from + 1)) };
  return runCollector({ ...parts.of(instance, window), instance, slot, window, trigger });
}

/** How many sources are asked at once. */
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
  await Promise.all(Array.from({ length: AT_ONCE }, caught));
  if (failures.length > 0) throw failures[0];
}
