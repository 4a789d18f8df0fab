import type { Output } from "./output.ts";

/** How often a person is told that something still runs. */
const EVERY = 1_000;
/** What answers at once is not worth a line. */
const SILENT = 2;

/** Says on a terminal, every second until the work is done, what is being waited for and for how long. `what` is asked each time. */
export async function whileWaiting<T>(output: Output, what: () => string, work: () => Promise<T>): Promise<T> {
  let text = "";
  let seconds = 0;
  const timer = setInterval(() => {
    const now = what();
    seconds = now === text ? seconds + 1 : 1;
    text = now;
    if (seconds > SILENT) output.progress(`${text}… ${seconds} s`);
  }, EVERY);
  try {
    return await work();
  } finally {
    clearInterval(timer);
  }
}
