import type { Custody } from "../custody.ts";
import { isCustodyError } from "../lib/errors.ts";
import { requireClock } from "../telling-time.ts";
import { declareNow } from "../work.ts";

/** Who records is not kept waiting longer than this for somebody who knows the time. */
const CLOCK_WITHIN = 10_000;

/**
 * Puts into the log what is configured, so that clocks start under rules that stand there already. What is wrong with the
 * configuration keeps nobody from recording what happened: the rules of before stay in force then, and what is wrong comes
 * back in words.
 */
export async function declareFirst(custody: Custody): Promise<string | undefined> {
  // Nothing is written by a clock that is known to be ahead.
  await requireClock(custody, AbortSignal.timeout(CLOCK_WITHIN));
  const wrong: string[] = [];
  try {
    await declareNow(custody, ({ message }) => wrong.push(message));
  } catch (error) {
    if (!isCustodyError(error) || error.kind !== "input") throw error;
    wrong.push(error.message);
  }
  return wrong.length === 0
    ? undefined
    : `Your configuration is not in the log, and what stood there before counts: ${wrong.join("; ")}`;
}
