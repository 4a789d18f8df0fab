import { recordId } from "../assess/preservation.ts";
import type { InstanceConfig } from "../collector/define.ts";
import type { RunResult } from "../collector/run.ts";
import type { Custody } from "../custody.ts";
import { publish } from "../daemon/mirroring.ts";
import { Notifying } from "../daemon/notifying.ts";
import { Publishing } from "../daemon/publishing.ts";
import { many, spanInTable } from "../duties/words.ts";
import type { Outcome } from "../heads/send.ts";
import { CustodyError, ERROR_CODES, type ErrorKind, EXIT_CODES, isCustodyError } from "../lib/errors.ts";
import { didYouMean } from "../lib/nearest.ts";
import type { Instant, Interval } from "../lib/time.ts";
import { dateForPeople } from "../lib/zone.ts";
import { clean } from "../report/clean.ts";
import { readyTasks } from "../schedule/backoff.ts";
import { backfillTasks, lostIn, runTasks, type Task, tasksNow } from "../schedule/collect.ts";
import { isListening } from "../schedule/listening.ts";
import { beforeOf } from "../slots/before.ts";
import { gapsOf } from "../slots/gap.ts";
import type { History } from "../slots/history.ts";
import { requireClock } from "../telling-time.ts";
import { doubtLines, doubtsIn } from "../views/doubting.ts";
import { declareNow, noteGaps, runParts } from "../work.ts";
import { type GlobalFlags, stopSignal, withCustody } from "./context.ts";
import { printDryRun } from "./dry-run.ts";
import { tellOutcome } from "./heads.ts";
import { parseMoment } from "./moment.ts";
import type { Output } from "./output.ts";
import { type Ran, RunLines } from "./run-lines.ts";
import { whileWaiting } from "./waiting.ts";

interface Flags extends GlobalFlags {
  readonly from?: string;
  readonly to?: string;
  readonly backfill?: boolean;
  readonly dryRun?: boolean;
  readonly incident?: string;
}

/**
 * `custody collect [ID…]`: collects, then sends the heads that are due. Exit 2 when a person must mend something, 3 when it is
 * worth trying again later, else 0. A head that could not be sent makes it 3 at most: what was collected is safe.
 */
export function collect(flags: Flags, ...ids: string[]): Promise<number> {
  return withCustody(flags, async (custody, output) => {
    const { config, clock } = custody;
    const instances = chosen(config.instances, ids);
    const period = periodOf(flags, config.organisation.zone, clock.now());
    const about = incidentOf(flags);
    const signal = stopSignal();
    for (const trouble of custody.secretTroubles()) output.note(`custody: ${trouble}`);
    if (!flags.dryRun) {
      await requireClock(custody, signal);
      await declareNow(custody);
      await noteGaps(custody);
    }
    const history = await custody.history();
    const now = clock.now();
    // By hand everything is tried at once, but not what was tried several times and can no longer be had.
    const tasks = period
      ? backfillTasks(instances, history, period, now).map((task) => ({ ...task, ...about }))
      : readyTasks(tasksNow(instances, history, now, 0), history, now, true);
    if (period !== undefined) tellLost(lostIn(instances, period, now), instances, tasks, output);
    if (flags.dryRun) {
      if (instances.length === 0) output.line(whyNothing(instances, false));
      printDryRun(tasks, instances, history, now, period !== undefined, output);
      return 0;
    }
    if (tasks.length === 0) output.line(whyNothing(config.instances, period !== undefined));
    const results = await run(custody, tasks, signal, output);
    await noteGaps(custody);
    let head = await publish(custody, output.note);
    for (const line of beforeLines(tasks, await custody.history(), now)) output.line(line);
    if (period)
      for (const line of stillMissing(tasks, await custody.history(), now, config.organisation.zone)) output.line(line);
    const doubts = await doubtsIn(custody, new Set(tasks.map(({ instance }) => instance.id)));
    for (const line of doubtLines(doubts)) output.line(clean(line, 600));
    const publishing = new Publishing(custody, async () => {
      head = await publish(custody);
      return head;
    });
    const heads = signal.aborted ? [] : await sendDue(publishing, signal, output);
    output.line(`The log has ${head.size} records now, signed.`);
    await tellPeople(custody, signal, output);
    const runs = results.map(({ task, result }) => ({
      slot: task.slot.id,
      trigger: task.trigger,
      outcome: result.outcome,
      entry: result.appended.index,
      message: result.message,
    }));
    output.object({
      ok: runs.every(({ outcome }) => outcome === "collected"),
      size: head.size,
      runs,
      heads: heads ?? [],
      ...(doubts.length > 0 ? { doubts } : {}),
    });
    if (signal.aborted) return EXIT_CODES.temporary;
    const kinds = [
      ...results.map(({ result }) => whatIsLeft(result)),
      ...(heads?.every(({ result }) => result !== "failed") ? [] : ["temporary" as const]),
    ];
    return kinds.includes("input") ? EXIT_CODES.input : kinds.includes("temporary") ? EXIT_CODES.temporary : 0;
  });
}

/** Who runs Custody by a scheduler of their own has nobody else to tell what is due. Where the daemon runs, it does. */
async function tellPeople(custody: Custody, signal: AbortSignal, output: Output): Promise<void> {
  const { config, clock } = custody;
  if (config.notify.length === 0 || isListening(config.folders.state, clock.now())) return;
  const sent = await new Notifying(custody).sendDue(signal).catch((error: unknown) => {
    if (!isCustodyError(error) || error.kind === "fatal") throw error;
    output.note(`custody: nobody could be told what is due: ${error.message}`);
    return [];
  });
  for (const { notice, delivery } of sent) {
    const { channel } = delivery;
    if (delivery.outcome === "delivered") output.line(`Told by ${channel}: ${notice}`);
    else output.note(`custody: ${notice} could not be told by ${channel}: ${delivery.error.message}`);
  }
  if ((await custody.ledger()).dirty) await publish(custody, output.note);
}

/** Sends the heads that are due; undefined where the log itself could not take in what came of it. Throws only what halts a writer. */
async function sendDue(publishing: Publishing, signal: AbortSignal, output: Output): Promise<Outcome[] | undefined> {
  try {
    const outcomes = await publishing.sendDue(signal);
    for (const outcome of outcomes) tellOutcome(outcome, output);
    return outcomes;
  } catch (error) {
    if (!isCustodyError(error) || error.kind === "fatal") throw error;
    output.note(`custody: heads could not be sent: ${error.message}${error.remedy ? `\n  ${error.remedy}` : ""}`);
    return undefined;
  }
}

async function run(custody: Custody, tasks: readonly Task[], signal: AbortSignal, output: Output): Promise<Ran[]> {
  const ran: Ran[] = [];
  const lines = new RunLines(tasks, output);
  const progress = () => `collecting ${ran.length} of ${tasks.length} …`;
  if (tasks.length > 0) output.progress(`collecting ${tasks.length} …`);
  const done = (task: Task, result: RunResult) => {
    ran.push({ task, result });
    lines.add({ task, result });
    output.progress(progress());
  };
  const asking = () =>
    `${tasks.length > 1 ? `${progress().replace(" …", "")}; ` : ""}asking ${lines.waiting.join(", ")}`;
  const collecting = () => runTasks(tasks, runParts(custody, signal), signal, done, custody.config.schedule.atOnce);
  await whileWaiting(output, asking, collecting).finally(() => lines.end());
  return ran;
}

/** What a person or a later attempt has to do after a run; undefined where neither can change anything. */
export function whatIsLeft({ outcome, draft: { reason } }: RunResult): ErrorKind | undefined {
  if (outcome === "collected") return undefined;
  switch (reason) {
    // What a source no longer has, or nobody listened to, comes back by no attempt: it stays a gap, and says so.
    case "retention":
    case "not-listening":
      return undefined;
    case "interrupted":
    case "truncated":
      return "temporary";
    default:
      return ERROR_CODES[reason as keyof typeof ERROR_CODES] === "temporary" ? "temporary" : "input";
  }
}

/** What was asked about the time before anything was required. */
function beforeLines(tasks: readonly Task[], history: History, now: Instant): string[] {
  return [...new Set(tasks.map(({ instance }) => instance))].flatMap(({ id, zone }) => {
    const known = history.instances.get(id);
    const until = known && beforeOf(known, now).until;
    const earlier = tasks.filter(
      ({ instance, slot, trigger }) =>
        instance.id === id && trigger === "backfill" && slot.from < (until ?? Number.POSITIVE_INFINITY),
    ).length;
    if (earlier === 0) return [];
    const since = until === undefined ? "" : ` (${dateForPeople(until, zone)})`;
    const periods = earlier === 1 ? "1 period is" : `${earlier} periods are`;
    return [
      `${id}: ${periods} from before Custody watched it${since}. Reports show them apart: neither in time nor late.`,
    ];
  });
}

/** What of these collectors is missing after they were asked again, also beside what was asked for. */
function stillMissing(tasks: readonly Task[], history: History, now: Instant, zone: string): string[] {
  return [...new Set(tasks.map(({ instance }) => instance.id))].flatMap((id) => {
    const known = history.instances.get(id);
    const open = known ? gapsOf(known, Math.max(now, history.asOf)).filter(({ state }) => state === "open") : [];
    const missing = open.flatMap(({ slots }) => slots.filter(({ state }) => state !== "late"));
    const [first] = missing;
    const last = missing.at(-1);
    if (first === undefined || last === undefined) return [];
    const span = spanInTable({ from: first.from, to: last.to }, zone);
    return [`${id}: ${many(missing.length, "period")} still missing: ${span}; \`custody gaps\` lists them.`];
  });
}

/** Says what no backfill brings back. Throws NOT_FOUND where that is all that was asked for. */
function tellLost(
  lost: readonly InstanceConfig[],
  instances: readonly InstanceConfig[],
  tasks: readonly Task[],
  output: Output,
): void {
  const asked = (id: string) => tasks.some(({ instance }) => instance.id === id);
  const words = lost.map(({ id }) =>
    asked(id)
      ? `${id}: only the present can be taken, as this source knows nothing else; of the time before there is nothing to get, and its gaps stay.`
      : `${id}: this source knows only the present; there is nothing of that time to get, and its gaps stay.`,
  );
  if (tasks.length === 0 && lost.length > 0 && lost.length === instances.length)
    throw new CustodyError("NOT_FOUND", words.join("\n"), {
      remedy: "What somebody kept of that time comes in with `custody import`. Nothing was asked.",
    });
  for (const text of words) output.note(`custody: ${text}`);
}

/** The incident that a backfill is for, as records name it. Throws USAGE without a backfill. */
function incidentOf({ incident, backfill, from }: Flags): { incident?: string } {
  if (incident === undefined) return {};
  if (backfill || from !== undefined) return { incident: recordId(incident) };
  throw new CustodyError("USAGE", "--incident goes with --backfill", {
    remedy: `\`custody preserve ${incident}\` collects everything about its time.`,
  });
}

/** The period that a person asks for again; undefined where only what is due is asked for. Throws USAGE. */
function periodOf(flags: Flags, zone: string, now: Instant): Interval | undefined {
  if (!flags.backfill && flags.from === undefined && flags.to === undefined) return undefined;
  if (flags.from === undefined) {
    throw new CustodyError("USAGE", "--from is missing: from which day on is to be asked again?", {
      remedy: "Name the first day, such as --from 2026-11-01.",
    });
  }
  const from = parseMoment(flags.from, zone);
  const to = flags.to === undefined ? now : parseMoment(flags.to, zone);
  if (from >= now) throw new CustodyError("USAGE", `--from ${flags.from} is still to come`);
  if (to <= from) throw new CustodyError("USAGE", `--to ${flags.to} is not after --from ${flags.from}`);
  return { from, to };
}

function whyNothing(instances: readonly InstanceConfig[], again: boolean): string {
  if (instances.length === 0) return "No collectors are configured. `custody sources` lists what can be connected.";
  return again
    ? "Nothing to ask again: in this period nothing was expected yet. Records from before come in with `custody import`."
    : "Nothing to collect now: what was named is paused or retired. `custody status` says until when.";
}

/** The instances of these IDs, each once, or all. Throws USAGE. */
export function chosen(instances: readonly InstanceConfig[], ids: readonly string[]): readonly InstanceConfig[] {
  if (ids.length === 0) return instances;
  return [...new Set(ids)].map((id) => {
    const found = instances.find((i) => i.id === id);
    if (found) return found;
    const known = instances.map((i) => i.id);
    throw new CustodyError("USAGE", `there is no collector "${id}"${didYouMean(id, known)}`, {
      remedy:
        known.length > 0
          ? `Configured are: ${known.join(", ")}.`
          : "None is configured; `custody sources` lists what can be connected.",
    });
  });
}
