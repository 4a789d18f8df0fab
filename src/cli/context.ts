import { readFileSync, statSync } from "node:fs";
import { collectors } from "../../collectors/index.ts";
import { type Config, configPath, loadConfig } from "../config/config.ts";
import { Custody } from "../custody.ts";
import { systemClock } from "../lib/clock.ts";
import { CustodyError, messageOf } from "../lib/errors.ts";
import { parseHead } from "./head.ts";
import { newOutput, type Output } from "./output.ts";

/** Flags that every command takes. */
export interface GlobalFlags {
  readonly config?: string;
  readonly json?: boolean;
  readonly acceptHead?: string;
  readonly tokenFile?: string;
}

/** Runs a command over an open workspace and closes it, whatever happens. */
export async function withCustody<T>(
  flags: GlobalFlags,
  work: (custody: Custody, output: Output) => Promise<T>,
): Promise<T> {
  const output = newOutput(flags.json ?? false);
  const config = await loadConfig(configPath(flags.config), collectors);
  const custody = new Custody(withToken(config, flags.tokenFile), systemClock);
  try {
    if (flags.acceptHead !== undefined) await acceptHead(custody, flags.acceptHead);
    return await work(custody, output);
  } finally {
    await custody.close();
  }
}

/** The personal token out of a file, in place of CUSTODY_TOKEN. Throws USAGE for a file that cannot be read. */
function withToken(config: Config, path: string | undefined): Config {
  if (path === undefined) return config;
  return { ...config, personalToken: () => readTokenFile(path) };
}

function readTokenFile(path: string): string {
  try {
    if (statSync(path).size > MAX_TOKEN_BYTES) throw new Error("it is too large to hold a token");
    return readFileSync(path, "utf8").trim();
  } catch (cause) {
    const why = (cause as NodeJS.ErrnoException).code ?? messageOf(cause);
    throw new CustodyError("USAGE", `--token-file ${path}: cannot be read (${why})`, {
      cause,
      remedy: "Name a file that holds the personal token and nothing else.",
    });
  }
}

const MAX_TOKEN_BYTES = 4096;

/** Begins a guard anew from a head that a person vouches for. Only where there is none: one that is there is never replaced. */
async function acceptHead(custody: Custody, text: string): Promise<void> {
  const guard = await custody.guard();
  if ((await guard.newest()) !== undefined) {
    throw new CustodyError("USAGE", `${guard.place} is there, so no head needs to be accepted`, {
      remedy: "Leave out --accept-head.",
    });
  }
  const { size, root } = parseHead(text);
  await guard.add({ size, root });
}

/** A signal that fires on SIGINT and SIGTERM, once; a second one ends the process at once. */
export function stopSignal(): AbortSignal {
  const controller = new AbortController();
  const stop = () => controller.abort(new Error("stopped"));
  process.once("SIGINT", stop);
  process.once("SIGTERM", stop);
  return controller.signal;
}
