import type { Instant } from "../lib/time.ts";
import type { Check, SelfCheck, WatchLog } from "./log.ts";

const HOUR = 3_600_000;
const DAY = 24 * HOUR;

/** How often each is made. The clock is measured all the time; its record is made daily, or when its result changes. */
const EVERY: Readonly<Record<Check, number>> = {
  integrity: DAY,
  disk: DAY,
  certificate: DAY,
  clock: DAY,
  index: 7 * DAY,
  mirror: 7 * DAY,
};
/** What could not be looked at is tried again after this long. */
const AGAIN = 6 * HOUR;
/** These are hard work: they wait while collectors run, but not for ever. */
const HEAVY: readonly Check[] = ["integrity", "index", "mirror"];
const PATIENCE = 6 * HOUR;

/** A workspace that was just made has nothing to look at yet. */
const FIRST_AFTER = HOUR;

/**
 * Which checks are due now, of those that this workspace has something for; the light ones first. `since`: when it was first
 * configured. Pure.
 */
export function checksDue(
  log: WatchLog,
  possible: readonly Check[],
  since: Instant | undefined,
  now: Instant,
  busy: boolean,
): Check[] {
  if (since === undefined || now - since < FIRST_AFTER) return [];
  return possible
    .filter((check) => {
      const last = log.newest(check);
      if (last === undefined) return !(busy && HEAVY.includes(check));
      const over = now - last.at - waitAfter(check, last.result);
      return over >= (busy && HEAVY.includes(check) ? PATIENCE : 0);
    })
    .sort((a, b) => Number(HEAVY.includes(a)) - Number(HEAVY.includes(b)));
}

const waitAfter = (check: Check, result: SelfCheck["result"]): number => (result === "unknown" ? AGAIN : EVERY[check]);

/**
 * Two processes that make the same check at the same time leave one record: its name by the time until it is due again, so
 * that the next one is never taken for the same.
 */
export function onceOf(check: Check, result: SelfCheck["result"], now: Instant): string {
  return `self-check:${check}:${result}:${Math.floor(now / waitAfter(check, result))}`;
}
