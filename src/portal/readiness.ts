import type { Instant } from "../lib/time.ts";
import type { Operation } from "./parts.ts";

/** One thing that must be well for this process to do its work. */
export interface ReadyCheck {
  readonly check: "log" | "store" | "clock" | "database" | "running";
  readonly ok: boolean;
  /** Does not keep it from being ready: it is made up for later. */
  readonly bearable: boolean;
  /** A closed code, and the same in words; neither holds an address or a secret. */
  readonly reason?: string;
  readonly words?: string;
}

/** Whoever is turned away cannot find out that the store is back: after so long without an attempt they may try. */
const TRIED_AGAIN = 2 * 60_000;

/** Whether this process can take in evidence now. `log`: why the log could not be read, a code; undefined where it could. */
export function readiness(log: string | undefined, operation: Operation, now: Instant): ReadyCheck[] {
  const { meter, clock, databaseAway } = operation;
  const bad = (check: ReadyCheck["check"], reason: string, words: string, bearable = false): ReadyCheck => ({
    check,
    ok: false,
    bearable,
    reason,
    words,
  });
  const good = (check: ReadyCheck["check"]): ReadyCheck => ({ check, ok: true, bearable: false });
  return [
    meter.halted === undefined
      ? good("running")
      : bad("running", meter.halted, "The log contradicts itself; nothing is written any more."),
    log === undefined ? good("log") : bad("log", log, "The ledger cannot be read now."),
    meter.failing === undefined || Math.abs(now - meter.failing.last) >= TRIED_AGAIN
      ? good("store")
      : bad("store", meter.failing.code, "The store took no records at the last attempt."),
    clock?.forbidden === true
      ? bad("clock", "CLOCK_WRONG", "The clock of this machine is wrong; nothing is recorded.")
      : good("clock"),
    databaseAway === undefined
      ? good("database")
      : bad("database", "INDEX_UNREACHABLE", "The database does not answer; recording goes on.", true),
  ];
}

/** True where nothing is wrong that would keep it from taking in evidence. */
export const isReady = (checks: readonly ReadyCheck[]): boolean => checks.every(({ ok, bearable }) => ok || bearable);
