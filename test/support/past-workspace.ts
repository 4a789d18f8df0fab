import { join } from "node:path";
import { beginWorkspace } from "../../src/cli/init.ts";
import { runTasks, tasksNow } from "../../src/schedule/collect.ts";
import { declareNow, runParts } from "../../src/work.ts";
import { FakeClock } from "./clock.ts";

const DAY = 86_400_000;

/**
 * Begins the workspace of a configuration as it would have been so many days ago and collects once then; from there on
 * nothing was collected any more. What a command finds now is a past with holes in it.
 */
export async function beginInThePast(folder: string, days: number): Promise<void> {
  const clock = new FakeClock(Date.now() - days * DAY);
  const custody = await beginWorkspace(join(folder, "custody.yaml"), clock, { origin: "example.com/evidence" });
  try {
    await declareNow(custody);
    const history = await custody.history();
    const tasks = tasksNow(custody.config.instances, history, clock.now(), 0);
    await runTasks(tasks, runParts(custody, new AbortController().signal), new AbortController().signal, () => {});
    await (await custody.ledger()).publish();
  } finally {
    await custody.close();
  }
}
