import { isatty } from "node:tty";
import { collectors } from "../../collectors/index.ts";
import { loadConfig } from "../config/config.ts";
import { LOG_LEVELS } from "../config/file.ts";
import type { Custody } from "../custody.ts";
import { type Running, startRunning } from "../daemon/running.ts";
import { CustodyError, EXIT_CODES, isCustodyError, messageOf } from "../lib/errors.ts";
import type { DaemonLog } from "../schedule/daemon.ts";
import { everyMinute } from "../schedule/wake.ts";
import { SOFTWARE } from "../software.ts";
import { type GlobalFlags, withCustody } from "./context.ts";
import { daemonLog } from "./daemon-log.ts";
import type { Output } from "./output.ts";

/** Longest time from a signal to the end of the process. */
const STOP_WITHIN = 10_000;
const SIGNALS = { SIGINT: 130, SIGTERM: 143 } as const;

interface Flags extends GlobalFlags {
  readonly logLevel?: string;
}

/** `custody serve`: schedule, inbox and page, until a signal or until the ledger contradicts itself (exit 4). */
export function serve(flags: Flags): Promise<number> {
  const level = flags.logLevel;
  if (level !== undefined && !LOG_LEVELS.some((known) => known === level)) {
    throw new CustodyError("USAGE", `--log-level: expected ${LOG_LEVELS.join(", ")}`, {
      remedy:
        "`info` says what it does, `warn` only what a person may want to know, `error` what went wrong in Custody.",
    });
  }
  return withCustody(flags, (custody, output) => runDaemon(custody, output, level));
}

/**
 * The daemon over an open workspace; resolves with the exit code when it has ended. The caller closes the workspace. `level`
 * takes the place of the configured one.
 */
export async function runDaemon(custody: Custody, output: Output, level?: string): Promise<number> {
  const log = daemonLog(custody, level);
  // Whoever asks for another configuration before all is ready has it as soon as it is.
  let asked = false;
  const ask = () => {
    asked = true;
  };
  process.on("SIGHUP", ask);
  const running = await startRunning(custody, log);
  const reload = async () => {
    await reloadConfig(custody, running, log);
    log.level = level ?? custody.config.log.level;
  };
  // From here on a signal is an orderly end; before, nothing has begun that would need one.
  const signalled = firstSignal(log, reload);
  process.off("SIGHUP", ask);
  log.info({ url: running.url, software: SOFTWARE, collectors: custody.config.instances.length }, "started");
  output.line(`Custody listens on ${running.url}`);
  output.line(`  open it in a browser on this machine; \`custody hooks\` prints what senders need`);
  output.line("  stop it with Ctrl-C");
  for (const trouble of custody.secretTroubles()) output.note(`custody: ${trouble}`);
  output.object({ ok: true, url: running.url });
  const sleep = everyMinute(() => running.tick(), custody.clock);
  void running.tick();
  if (asked) void reload();
  const end = await Promise.race([signalled, running.halted]);
  sleep();
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

/**
 * Reads the configuration again and puts it in force. One that is broken is refused with everything that is wrong with it, and the
 * one before goes on.
 */
async function reloadConfig(custody: Custody, running: Running, log: DaemonLog): Promise<void> {
  try {
    await running.reconfigure(await loadConfig(custody.config.path, collectors));
  } catch (error) {
    running.refused();
    const about = isCustodyError(error)
      ? { code: error.code, mistakes: error.message.split("\n") }
      : { error: messageOf(error) };
    log.error(about, "the configuration was read again and is refused; the one before goes on");
  }
}

/**
 * Name of the first signal that ends it. A second one ends the process at once; so does a stop that takes too long. SIGHUP reads
 * the configuration again, one after the other, unless it comes because the terminal is gone.
 */
function firstSignal(log: DaemonLog, reload: () => Promise<void>): Promise<string> {
  const inTerminal = isatty(2);
  return new Promise((resolve) => {
    let stopping = false;
    const end = (signal: string, code: number) => {
      if (stopping) process.exit(code);
      stopping = true;
      boundEnd(log, EXIT_CODES.temporary);
      resolve(signal);
    };
    for (const [signal, code] of Object.entries(SIGNALS)) process.on(signal, () => end(signal, code));
    let reloading: Promise<void> = Promise.resolve();
    process.on("SIGHUP", () => {
      if (inTerminal && !isatty(2)) end("SIGHUP", 129);
      else if (!stopping) reloading = reloading.then(reload);
    });
  });
}

function boundEnd(log: DaemonLog, code: number): void {
  setTimeout(() => {
    log.error({}, "not everything ended in time; what was recorded is safe, the next start signs it");
    process.exit(code);
  }, STOP_WITHIN).unref();
}
