import type { Custody } from "../custody.ts";
import { type CustodyError, EXIT_CODES, isCustodyError, messageOf } from "../lib/errors.ts";
import { type Running, startRunning } from "../running.ts";
import type { DaemonLog } from "../schedule/daemon.ts";
import { everyMinute } from "../schedule/wake.ts";
import { type GlobalFlags, withCustody } from "./context.ts";
import { daemonLog } from "./daemon-log.ts";
import type { Output } from "./output.ts";

/** Longest time from a signal to the end of the process. */
const STOP_WITHIN = 10_000;
const SIGNALS = { SIGINT: 130, SIGTERM: 143, SIGHUP: 129 } as const;

/** `custody serve`: schedule, inbox and page, until a signal or until the ledger contradicts itself (exit 4). */
export function serve(flags: GlobalFlags): Promise<number> {
  return withCustody(flags, runDaemon);
}

/** The daemon over an open workspace; resolves with the exit code when it has ended. The caller closes the workspace. */
export async function runDaemon(custody: Custody, output: Output): Promise<number> {
  const log = daemonLog(custody);
  const running = await startRunning(custody, log);
  // From here on a signal is an orderly end; before, nothing has begun that would need one.
  const signalled = firstSignal(log);
  output.line(`Custody listens on ${running.url}`);
  output.line(`  open it in a browser on this machine; \`custody hooks\` prints what senders need`);
  output.line("  stop it with Ctrl-C");
  for (const trouble of custody.secretTroubles()) output.note(`custody: ${trouble}`);
  output.object({ ok: true, url: running.url });
  const sleep = everyMinute(() => running.tick(), log);
  void running.tick();
  const end = await Promise.race([signalled, running.halted]);
  await sleep();
  return typeof end === "string" ? endWell(running, end, log) : halt(running, end, log, output);
}

async function endWell(running: Running, signal: string, log: DaemonLog): Promise<number> {
  log.info({ signal }, "stopping: runs under way end with what they have seen");
  try {
    await running.stop();
  } catch (error) {
    log.error({ error: messageOf(error) }, "not everything could be signed; nothing is lost, the next start signs it");
    return isCustodyError(error) ? EXIT_CODES[error.kind] : EXIT_CODES.temporary;
  }
  log.info({}, "stopped");
  return 0;
}

async function halt(running: Running, error: CustodyError, log: DaemonLog, output: Output): Promise<number> {
  output.note(`custody: ${error.message}${error.remedy ? `\n  ${error.remedy}` : ""}`);
  output.note("  Nothing more is written. Run `custody verify` to see what differs, and keep the store as it is.");
  boundEnd(log, EXIT_CODES.fatal);
  await running.stop().catch(() => {});
  return EXIT_CODES.fatal;
}

/** Name of the first signal. A second one ends the process at once; so does a stop that takes too long. */
function firstSignal(log: DaemonLog): Promise<string> {
  return new Promise((resolve) => {
    let stopping = false;
    for (const [signal, code] of Object.entries(SIGNALS)) {
      process.on(signal, () => {
        if (stopping) process.exit(code);
        stopping = true;
        boundEnd(log, EXIT_CODES.temporary);
        resolve(signal);
      });
    }
  });
}

function boundEnd(log: DaemonLog, code: number): void {
  setTimeout(() => {
    log.error({}, "not everything ended in time; what was recorded is safe, the next start signs it");
    process.exit(code);
  }, STOP_WITHIN).unref();
}
