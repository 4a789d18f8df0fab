import { CustodyError } from "../lib/errors.ts";
import { nearest } from "../lib/nearest.ts";
import type { InstanceConfig } from "../collector/define.ts";
import { declareNow, noteGaps, runParts } from "../work.ts";
import { backfillTasks, runTasks, tasksNow } from "../schedule/collect.ts";
import { type GlobalFlags, stopSignal, withCustody } from "./context.ts";
import { parseMoment } from "./moment.ts";

interface Flags extends GlobalFlags {
  readonly from?: string;
  readonly to?: string;
  readonly backfill?: boolean;
  readonly dryRun?: boolean;
}

/** `custody collect [ID…]`: exit 3 when a source could not be asked, 2 when a person must mend something, else 0. */
export function collect(flags: Flags, ...ids: string[]): Promise<number> {
  return withCustody(flags, async (custody, output) => {
    const { config, clock } = custody;
    const instances = chosen(config.instances, ids);
    const signal = stopSignal();
    await declareNow(custody);
    await noteGaps(custody);
    const history = await custody.history();
    const now = clock.now();
    const again = flags.backfill || flags.from !== undefined || flags.to !== undefined;
    if (again && flags.from === undefined) throw new CustodyError("USAGE", "--backfill needs --from", { remedy: "Name the first day, such as --from 2026-11-01." });
    const zone = config.organisation.zone;
    const tasks = again
      ? backfillTasks(instances, history, { from: parseMoment(flags.from ?? "", zone), to: flags.to === undefined ? now : parseMoment(flags.to, zone) }, now)
      : tasksNow(instances, history, now, 0);
    if (flags.dryRun) {
      for (const task of tasks) output.line(`${task.slot.id} (${task.trigger})`);
      output.object({ ok: true, tasks: tasks.map((t) => ({ slot: t.slot.id, trigger: t.trigger })) });
      return 0;
    }
    if (instances.length === 0) output.line("No collectors are configured. `custody sources` lists what can be connected.");
    const results: { slot: string; trigger: string; outcome: string; entry: number; message: string }[] = [];
    output.progress(`collecting ${tasks.length} …`);
    await runTasks(tasks, runParts(custody, signal), signal, (task, result) => {
      output.line(`${word(result.outcome)} ${task.slot.id}  ${result.message}`);
      for (const problem of result.problems.slice(0, 5)) output.line(`           ${problem.where}: ${problem.message}`);
      if (result.problems.length > 5) output.line(`           … and ${result.problems.length - 5} more; they are in the record's manifest`);
      results.push({ slot: task.slot.id, trigger: task.trigger, outcome: result.outcome, entry: result.appended.index, message: result.message });
      output.progress(`collecting ${results.length} of ${tasks.length} …`);
    });
    await noteGaps(custody);
    const head = await (await custody.ledger()).publish();
    output.line(`The log has ${head.size} records now, signed.`);
    output.object({ ok: results.every((r) => r.outcome === "collected"), size: head.size, runs: results });
    if (signal.aborted) return 3;
    return results.some((r) => r.outcome === "failed") ? 2 : results.some((r) => r.outcome !== "collected") ? 3 : 0;
  });
}

const word = (outcome: string) => outcome.padEnd(11);

/** The instances of these IDs, or all. */
export function chosen(instances: readonly InstanceConfig[], ids: readonly string[]): readonly InstanceConfig[] {
  if (ids.length === 0) return instances;
  return ids.map((id) => {
    const found = instances.find((i) => i.id === id);
    if (found) return found;
    const known = instances.map((i) => i.id);
    const hint = nearest(id, known);
    throw new CustodyError("USAGE", `there is no collector "${id}"${hint ? `; did you mean "${hint}"?` : ""}`, {
      remedy: known.length > 0 ? `Configured are: ${known.join(", ")}.` : "None is configured.",
    });
  });
}
