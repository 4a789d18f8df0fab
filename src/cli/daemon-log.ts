import { type Logger, pino } from "pino";
import { createMask } from "../collector/mask.ts";
import type { Custody } from "../custody.ts";

/** The daemon's log: JSON lines on stderr. Whatever a line holds, no secret of this installation is in it. */
export function daemonLog(custody: Custody): Logger {
  const mask = createMask(new Set(custody.secrets()));
  return pino(
    {
      name: "custody",
      base: { pid: process.pid },
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (level) => ({ level }) },
      hooks: { streamWrite: (line) => mask.text(line) },
    },
    // Written at once: the last line before an end matters most.
    pino.destination({ dest: 2, sync: true }),
  );
}
