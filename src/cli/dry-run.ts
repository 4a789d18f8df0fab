import type { InstanceConfig } from "../collector/define.ts";
import { type Instant, type Interval, iso } from "../lib/time.ts";
import { forPeople } from "../lib/zone.ts";
import { type Task, windowOf } from "../schedule/collect.ts";
import { parseCadence, windowAt } from "../slots/cadence.ts";
import type { History } from "../slots/history.ts";
import { expectationOf } from "../slots/plan.ts";
import type { Output } from "./output.ts";
import { wrapped } from "./wrap.ts";

/** One thing that would be asked. */
interface Asked {
  readonly instance: InstanceConfig;
  readonly slot: string;
  readonly trigger: string;
  readonly window: Interval;
  readonly why: string;
}

/**
 * `custody collect --dry-run`: what would be asked of whom, about which time, and why. Writes nothing, asks no source, and
 * tells nobody. `again`: a person asks for a period again.
 */
export function printDryRun(
  tasks: readonly Task[],
  instances: readonly InstanceConfig[],
  history: History,
  now: Instant,
  again: boolean,
  output: Output,
): void {
  const fresh = again ? [] : instances.filter(({ id }) => !history.instances.has(id));
  const asked = [...tasks.map((task) => askedFor(task, now)), ...fresh.map((one) => askedFirst(one, now))];
  for (const { instance, slot, trigger, window, why } of asked) {
    output.line(`${slot} (${trigger})`);
    const at = (moment: Instant) => forPeople(moment, instance.zone).replace(` ${instance.zone}`, "");
    output.line(`  asks   ${at(window.from)} to ${at(window.to)} ${instance.zone}`);
    for (const [i, line] of wrapped(why, "         ").entries())
      output.line(i === 0 ? line.replace(/^ {9}/, "  why    ") : line);
  }
  const busy = new Set(asked.map(({ instance }) => instance.id));
  const idle = instances.filter(({ id }) => !busy.has(id));
  for (const { id } of idle) output.line(`${id}: nothing would be asked; ${idleWords(id, history, now, again)}`);
  if (asked.length > 0) output.line("Nothing was asked and nothing was written.");
  output.object({
    ok: true,
    tasks: tasks.map((task) => {
      const { slot, trigger, window, why } = askedFor(task, now);
      return { instance: task.instance.id, slot, trigger, window: { from: iso(window.from), to: iso(window.to) }, why };
    }),
    fresh: fresh.map(({ id }) => id),
    nothing: idle.map(({ id }) => id),
  });
}

function askedFor(task: Task, now: Instant): Asked {
  const { instance, slot, trigger } = task;
  return { instance, slot: slot.id, trigger, window: windowOf(task, now), why: whyAsked(task) };
}

function askedFirst(instance: InstanceConfig, now: Instant): Asked {
  const slot = windowAt(parseCadence(instance.cadence, instance.zone), now);
  const why = "it was configured and never ran; what is required counts from the first period watched from its start";
  return { instance, slot: instance.id, trigger: "for the first time", window: windowOf({ instance, slot }, now), why };
}

function whyAsked({ instance, slot, trigger, attempts = 0, incident }: Task): string {
  const tried = attempts === 0 ? "" : `; tried ${attempts} ${attempts === 1 ? "time" : "times"} since it ended`;
  switch (trigger) {
    case "schedule":
      return `the period is over and its evidence not complete; in time until ${forPeople(slot.due, instance.zone)}${tried}`;
    case "catch-up":
      return `the period ended without its evidence; what comes now is kept and stays marked as late${tried}`;
    case "backfill":
      return `you ask for it again${incident === undefined ? "" : `, for ${incident}`}; what comes stays marked as late where it is`;
    default:
      return "the period still runs: how things stand now may be gone or changed at its end";
  }
}

function idleWords(id: string, history: History, now: Instant, again: boolean): string {
  const known = history.instances.get(id);
  const expectation = known === undefined ? "expected" : expectationOf(known, now);
  if (expectation !== "expected") return `it is ${expectation}`;
  return again
    ? "nothing was expected of it in this period"
    : "what is missing can no longer be had, or was tried several times";
}
