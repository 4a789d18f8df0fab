import { acceptMessage } from "../collector/intake.ts";
import type { Custody } from "../custody.ts";
import type { Instant, Interval } from "../lib/time.ts";
import { readyTasks } from "../schedule/backoff.ts";
import { type RunParts, runTask, tasksNow } from "../schedule/collect.ts";
import { writeListening } from "../schedule/listening.ts";
import { declareNow, noteGaps, runParts } from "../work.ts";
import { dayOf, daysBetween, timeOn } from "./calendar.ts";
import type { StoryClock } from "./clock.ts";
import { DayLedger } from "./day-ledger.ts";
import type { Deed } from "./hands.ts";
import { INBOX } from "./settings.ts";
import { sourcesAt, writtenAt } from "./sources.ts";
import { SourceTree } from "./tree.ts";
import type { Year } from "./year.ts";

const DAY = 86_400_000;
/** Custody collects what is due every day at this time; nobody needs a simulated look every hour. */
const DAILY_AT = "00:30";
/** A register that is required every month is looked at every week. */
const PULL = 7 * DAY;
/** The longest grace, and a day until the next step. */
const HOLES_SHOW_WITHIN = 5 * DAY;

/** Afternoon before the first day: key, store and configuration are made then. */
export const setUpAt = ({ from }: Interval): Instant => from - 8 * 3_600_000;

export interface Story {
  /** Begun at `setUpAt`, with `clock` as its clock. */
  readonly custody: Custody;
  readonly clock: StoryClock;
  readonly year: Year;
  readonly signal: AbortSignal;
  /** What people do in Custody, in order, and how it is done. */
  readonly deeds?: readonly Deed[];
  act?(deed: Deed): Promise<void>;
  /** Told after each day, with the number of records so far. */
  told(at: Instant, records: number): void;
}

/**
 * Lets a year pass: the sources change as they would have, and the real collectors run over them by the real rules, at
 * simulated times. Everything is durable and signed when it resolves. Throws the signal's reason between two days.
 */
export async function simulateYear(story: Story): Promise<void> {
  const { custody, clock, year, signal } = story;
  const tree = new SourceTree(custody.config.root);
  const ledger = await custody.ledger();
  const dayLedger = new DayLedger(ledger);
  await declareNow(custody);
  let last = clock.now();
  let holesUntil = Number.NEGATIVE_INFINITY;
  const arrive = async (at: Instant) => {
    let heard = last;
    for (const deed of story.deeds ?? []) {
      if (deed.at < last || deed.at >= at) continue;
      await hear(story, dayLedger, { from: heard, to: deed.at });
      clock.set(deed.at);
      await story.act?.(deed);
      heard = deed.at;
    }
    await hear(story, dayLedger, { from: heard, to: at });
    clock.set(at);
    await tree.bring(sourcesAt(year, at), (path) => writtenAt(year, path, at));
  };
  for (const at of stepsOf(year)) {
    signal.throwIfAborted();
    await arrive(at);
    // Nothing can have become a hole where everything was collected for as long as the longest grace.
    const mayHaveHoles = at - last > 2 * DAY || at <= holesUntil;
    if (mayHaveHoles) await noteGaps(custody);
    if (!(await collectDue(story, dayLedger))) holesUntil = at + HOLES_SHOW_WITHIN;
    if (mayHaveHoles) await noteGaps(custody);
    if (dayOf(at, year.zone).dayOfWeek === 1) await ledger.publish();
    last = at;
    story.told(at, ledger.size);
  }
  signal.throwIfAborted();
  await arrive(year.span.to);
  await writeListening(custody.config.folders.state, runningUntil(year, year.span.to));
  await noteGaps(custody);
  await ledger.publish();
}

/** When Custody ran, and its inbox listened. */
function runningUntil({ span, mishaps: { stopped } }: Year, at: Instant): Interval[] {
  const first = { from: setUpAt(span), to: Math.min(at, stopped.from) };
  return at <= stopped.to ? [first] : [first, { from: stopped.to, to: at }];
}

/** The moments at which Custody runs: every day while it does, and as soon as it runs again. */
function stepsOf({ span, zone, mishaps: { stopped } }: Year): Instant[] {
  const daily = daysBetween(span.from, span.to, zone).map((day) => timeOn(day, DAILY_AT, zone));
  const running = daily.filter((at) => at < stopped.from || at > stopped.to);
  return [...running, stopped.to].filter((at) => at >= span.from && at <= span.to).sort((a, b) => a - b);
}

/** True when everything was collected. Instances are asked at once, the tasks of each one after another. */
async function collectDue({ custody, clock, year, signal }: Story, ledger: DayLedger): Promise<boolean> {
  const now = clock.now();
  const history = await custody.history();
  const tasks = readyTasks(tasksNow(custody.config.instances, history, now, PULL), history, now);
  // Only the inbox is ever asked about it.
  const asksInbox = tasks.some(({ instance }) => instance.id === INBOX);
  if (asksInbox) await writeListening(custody.config.folders.state, runningUntil(year, now));
  const parts = runParts(custody, signal);
  const dayParts: RunParts = { ...parts, of: (instance, window) => ({ ...parts.of(instance, window), ledger }) };
  let whole = true;
  const chains = custody.config.instances.map(({ id }) => async () => {
    for (const task of tasks.filter(({ instance }) => instance.id === id)) {
      const { outcome } = await runTask(task, dayParts);
      whole &&= outcome === "collected";
    }
  });
  await ledger.together(chains);
  return whole;
}

/** What jobs report while the inbox listens; each report is durable before the next. */
async function hear({ custody, clock, year }: Story, ledger: DayLedger, { from, to }: Interval): Promise<void> {
  const instance = custody.config.instances.find(({ id }) => id === INBOX);
  if (instance === undefined) return;
  const { stopped } = year.mishaps;
  for (const { at, path, output } of year.pings) {
    if (at < from || at >= to || (at >= stopped.from && at < stopped.to)) continue;
    clock.set(at);
    const message = { bytes: new TextEncoder().encode(output), mediaType: "text/plain", path, receivedAt: at };
    await acceptMessage({ instance, message, ledger, secrets: custody.secrets() });
  }
}
