import type { InstanceConfig } from "../collector/define.ts";
import type { Instant } from "../lib/time.ts";
import type { History, InstanceHistory } from "../slots/history.ts";
import { slotsOf } from "../slots/state.ts";
import { currentSlot } from "../slots/unsettled.ts";
import { readyAt, restsUntil } from "./backoff.ts";
import { nextLookOf, pullOf, tasksNow } from "./collect.ts";

const MINUTE = 60_000;

/**
 * When the daemon, which wakes at every full minute, asks an instance of these next: at a time of its own, at the end of its period, or
 * when it has waited long enough after failures.
 */
export function nextRunOf(
  instance: InstanceConfig,
  instances: readonly InstanceConfig[],
  history: History,
  now: Instant,
): Instant {
  const known = history.instances.get(instance.id);
  const regular = nextLookOf(instance, instances.length, now);
  if (known === undefined) return atMinute(regular, now);
  const rest = restsUntil(known);
  const waiting = tasksNow(instances, history, now, undefined, instance.id).map((task) =>
    readyAt(task, known, now, rest),
  );
  const end = endOf(known, now) + pullOf(instance, instances.length).shift;
  return atMinute(Math.min(...waiting, Math.max(rest, Math.min(regular, end))), now);
}

/** End of the period that runs, unless all of it is collected already, as a source that knows only the present can be. */
function endOf(known: InstanceHistory, now: Instant): Instant {
  const slot = currentSlot(known, now);
  if (slot === undefined) return Number.POSITIVE_INFINITY;
  const state = slotsOf(known, slot, now)[0]?.state;
  return state === "open" ? slot.to : Number.POSITIVE_INFINITY;
}

const atMinute = (at: Instant, now: Instant): Instant =>
  Math.max(Math.ceil(at / MINUTE), Math.floor(now / MINUTE) + 1) * MINUTE;
