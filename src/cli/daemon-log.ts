import { type Logger, pino } from "pino";
import { createMask } from "../collector/mask.ts";
import type { Custody } from "../custody.ts";

/** Secrets change while a daemon runs: they are looked up again after this long. */
const LOOK_AGAIN = 30_000;

/** The daemon's log: JSON lines on stderr. Whatever a line holds, no secret of this installation is in it. */
export function daemonLog(custody: Custody, level: string = custody.config.log.level): Logger {
  return pino(
    {
      name: "custody",
      level,
      base: { pid: process.pid },
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
      hooks: { streamWrite: lineMask(custody) },
    },
    // Written at once: the last line before an end matters most.
    pino.destination({ dest: 2, sync: true }),
  );
}

/**
 * Hides every secret of a workspace in a line, for as long as a daemon runs: what is renewed or comes with another
 * configuration is known within half a minute, and what was valid before stays hidden.
 */
export function lineMask(custody: Pick<Custody, "clock" | "config" | "secrets">): (line: string) => string {
  const known = new Set<string>();
  let mask = createMask(known);
  let looked: { readonly at: number; readonly config: unknown } | undefined;
  return (line) => {
    const now = custody.clock.now();
    if (looked === undefined || looked.config !== custody.config || Math.abs(now - looked.at) >= LOOK_AGAIN) {
      looked = { at: now, config: custody.config };
      const before = known.size;
      for (const secret of custody.secrets()) known.add(secret);
      if (known.size > before) mask = createMask(known);
    }
    return mask.text(line);
  };
}
