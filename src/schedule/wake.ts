import { schedule } from "node-cron";
import { messageOf } from "../lib/errors.ts";
import type { DaemonLog } from "./daemon.ts";

/**
 * Wakes the daemon at every full minute, never while it is still awake. What it does then is not decided here: a minute
 * that was slept through is made up for by the next one. Returns how to end it.
 */
export function everyMinute(tick: () => Promise<void>, log: DaemonLog): () => Promise<void> {
  const say = (message: string | Error) => ({ message: messageOf(message) });
  const task = schedule("* * * * *", tick, {
    name: "custody",
    timezone: "UTC",
    noOverlap: true,
    suppressMissedWarning: true,
    logger: {
      info: () => {},
      debug: () => {},
      warn: (message) => log.warn(say(message), "the clock of the schedule"),
      error: (message) => log.error(say(message), "the clock of the schedule"),
    },
  });
  return async () => {
    await task.destroy();
  };
}
