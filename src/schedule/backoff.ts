import type { Instant } from "../lib/time.ts";
import type { History, InstanceHistory, RunRecord } from "../slots/history.ts";
import { slotAt } from "../slots/slot.ts";
import { LONGEST_WAIT } from "../slots/waiting.ts";
import type { Task } from "./collect.ts";

/**
 * How long the daemon waits before it tries again, so that neither a source that is down nor the ledger is flooded. All
 * of it follows from the ledger, so a restart or a second process does not start over.
 */

const FIRST_WAIT = 60_000;
/** A slot past its grace is late in any case: asking for it once a day is enough. */
const LONGEST_CATCH_UP_WAIT = 24 * 60 * 60_000;
/**
 * What a source did not have, or nobody heard, it will not have later either. In time there are some tries, in case it was
 * our mistake; once a slot is past its grace one is enough.
 */
const HOPELESS = new Set(["not-listening", "retention", "sampled"]);
const HOPELESS_AFTER = 3;

/** Milliseconds to wait after so many failures: a minute, then twice as long each time. */
export function waitAfter(failures: number, longest: number = LONGEST_WAIT): number {
  return failures <= 0 ? 0 : Math.min(longest, FIRST_WAIT * 2 ** Math.min(failures - 1, 30));
}

const failed = (run: RunRecord): boolean => run.outcome === "failed" || run.outcome === "unavailable";

/**
 * When the instance may be asked again: after its last runs have failed, later each time; a source that asked to be left alone, when
 * it said so, after an hour at the latest.
 */
export function restsUntil(history: InstanceHistory): Instant {
  const { runs } = history;
  const last = runs.at(-1);
  if (last === undefined) return 0;
  const good = runs.findLastIndex((run) => !failed(run));
  // By the clock of that run: what was logged may be later, where the clock was set back since.
  const rest = withinPeriod(history, last.started, last.ended + waitAfter(runs.length - 1 - good - spared(history)));
  const { notBefore } = last;
  return failed(last) && notBefore !== undefined
    ? Math.max(rest, Math.min(notBefore, last.ended + LONGEST_WAIT))
    : rest;
}

/** What a source that knows only the present is not asked for in a period is lost: there no wait is longer than until its end. */
function withinPeriod(history: InstanceHistory, tried: Instant, until: Instant): Instant {
  if (history.record.mode !== "snapshot") return until;
  return Math.min(until, slotAt(history, tried, history.log.asOf)?.to ?? until);
}

/**
 * 1 where the last run was stopped before its end: that says nothing about the source, and whoever takes over from a process that
 * was told to stop need not wait. A source that never comes to an end is stopped again, and then it counts.
 */
function spared({ runs }: InstanceHistory): number {
  return runs.at(-1)?.reason === "interrupted" ? 1 : 0;
}

function isHopeless(task: Task, history: InstanceHistory): boolean {
  if ((task.attempts ?? 0) < (task.trigger === "catch-up" ? 1 : HOPELESS_AFTER)) return false;
  const last = history.runs.findLast((run) => run.slot === task.slot.id && run.at >= task.slot.to);
  return last?.reason !== undefined && HOPELESS.has(last.reason);
}

/** When a task may be tried, by what failed before; Infinity where it is of no use any more. */
export function readyAt(task: Task, known: InstanceHistory, now: Instant, rest: Instant = restsUntil(known)): Instant {
  if (isHopeless(task, known)) return Number.POSITIVE_INFINITY;
  const longest = task.trigger === "catch-up" ? LONGEST_CATCH_UP_WAIT : LONGEST_WAIT;
  const lastAttempt = task.lastAttempt ?? 0;
  const wait = waitAfter((task.attempts ?? 0) - spared(known), longest);
  // An attempt that is still to come was made before the clock was set back: nobody knows how long ago.
  const rested = (known.runs.at(-1)?.ended ?? 0) > now ? 0 : rest;
  const own = lastAttempt > now || wait === 0 ? 0 : withinPeriod(known, lastAttempt, lastAttempt + wait);
  return Math.max(rested, own);
}

/**
 * The tasks whose time has come, those tried least often first: one slot that can never be had must not keep an instance
 * from all others. `fresh`: after a start every instance is tried once, because somebody may have mended it.
 */
export function readyTasks(tasks: readonly Task[], history: History, now: Instant, fresh = false): Task[] {
  const rests = new Map<string, Instant>();
  const ready = tasks.filter((task) => {
    const known = history.instances.get(task.instance.id);
    if (known === undefined) return false;
    if (fresh) return !isHopeless(task, known);
    const rest = rests.get(known.id) ?? restsUntil(known);
    rests.set(known.id, rest);
    return readyAt(task, known, now, rest) <= now;
  });
  return ready.sort((a, b) => (a.attempts ?? 0) - (b.attempts ?? 0));
}
